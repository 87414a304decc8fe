/* See recurrence.h. States are compared word by word; the hash only spares comparisons. */
#include "sim/streaming/recurrence.h"

#include <stdlib.h>
#include <string.h>

/* A list of numbers that grows. */
struct list {
	uint64_t *words;
	uint32_t count, capacity;
	int failed;
};

static void append(struct list *list, uint64_t word) {
	if (list->count == list->capacity) {
		uint32_t capacity = list->capacity ? 2 * list->capacity : 1024;
		uint64_t *words = realloc(list->words, capacity * sizeof *words);
		if (!words) {
			list->failed = 1;
			return;
		}
		list->words = words;
		list->capacity = capacity;
	}
	list->words[list->count++] = word;
}

static uint64_t later(uint64_t a, uint64_t b) {
	return a > b ? a : b;
}

static void append_stage(struct list *list, const struct stream *stream, const struct stage_state *stage,
                         uint64_t base_cycle) {
	const struct cursor *cursor = &stage->cursor;
	uint32_t cursor_words[] = {cursor->block,      cursor->block_left, cursor->group,
	                           cursor->group_left, cursor->segment,    cursor->left};
	for (size_t i = 0; i < sizeof cursor_words / sizeof cursor_words[0]; i++) append(list, cursor_words[i]);
	append(list, stream->released_frames - stage->frame);
	append(list, stage->next_cycle - base_cycle);
	append(list, stage->due_count);
	for (uint32_t d = 0; d < stage->due_count; d++) {
		uint64_t due = stage->due[(stage->due_head + d) % PIPE_MAX];
		append(list, stream->pipeline->flushing ? due + stage->made_holds - base_cycle : due - stage->advances);
	}
	append(list, stage->made_holds - stage->issue_holds);
	append(list, stage->hold_count);
	for (uint32_t h = 0; h < stage->hold_count; h++) {
		const struct hold *hold = &stage->holds[(stage->hold_head + h) % (PIPE_MAX + 1)];
		append(list, hold->from_cycle - base_cycle);
		append(list, hold->to_cycle - base_cycle);
	}
}

static void append_fifo(struct list *list, const struct stream *stream, const struct fifo_state *fifo,
                        uint64_t base_cycle) {
	uint64_t taker = stream->stages[fifo->to].next_cycle;
	append(list, fifo->pushed - fifo->taken);
	for (uint64_t n = fifo->taken; n < fifo->pushed; n++)
		append(list, later(fifo->push_cycle[n % fifo->capacity] + 1, taker) - base_cycle);
	/* Places: of the words taken last; a maker's next word is never made before the cycle it last made one in,
	 * which next_cycle does not say for a flushing stage, so those cycles stay as they are. */
	uint64_t room = fifo->depth - (fifo->pushed - fifo->taken);
	if (fifo->depth > UINT32_MAX) room = fifo_takes_ahead(fifo); /* unbounded: for the fills of later pushes */
	uint64_t maker = stream->pipeline->flushing ? 0 : stream->stages[fifo->from].next_cycle;
	for (uint64_t n = fifo->taken > room ? fifo->taken - room : 0; n < fifo->taken; n++)
		append(list, later(fifo->take_cycle[n % fifo->capacity] + 1, maker) - base_cycle);
}

static void append_state(struct list *list, const struct stream *stream, uint64_t base_cycle) {
	for (uint32_t i = 0; i < stream->pipeline->stage_count; i++)
		append_stage(list, stream, &stream->stages[i], base_cycle);
	for (uint32_t f = 0; f < stream->pipeline->fifo_count; f++)
		append_fifo(list, stream, &stream->fifos[f], base_cycle);
	append(list, stream->released_frames - stream->frames_done);
}

static uint64_t hash_of(const struct list *list) {
	uint64_t hash = 0xcbf29ce484222325u;
	for (uint32_t i = 0; i < list->count; i++) hash = (hash ^ list->words[i]) * 0x100000001b3u;
	return hash;
}

static void move_stage(struct stage_state *stage, const struct stream_stage_counters *before, uint64_t times,
                       uint64_t cycles, uint32_t frames) {
	for (int s = 0; s < STATE_COUNT; s++)
		stage->counters.cycles[s] += times * (stage->counters.cycles[s] - before->cycles[s]);
	stage->counters.words_taken += times * (stage->counters.words_taken - before->words_taken);
	stage->counters.words_made += times * (stage->counters.words_made - before->words_made);
	stage->next_cycle += times * cycles;
	/* Flushing: cycles without holds and cycles held grow by different shares; only their sum is a cycle. Due words
	 * and the next issue are moved by adding all to the holds. */
	stage->made_holds += times * cycles;
	stage->issue_holds += times * cycles;
	for (uint32_t h = 0; h < stage->hold_count; h++) {
		struct hold *hold = &stage->holds[(stage->hold_head + h) % (PIPE_MAX + 1)];
		hold->from_cycle += times * cycles;
		hold->to_cycle += times * cycles;
	}
	stage->frame += (uint32_t)times * frames;
}

static void move_fifo(struct fifo_state *fifo, uint64_t words_before, uint64_t times, uint64_t cycles) {
	fifo->words += times * (fifo->words - words_before);
	for (uint64_t n = 0; n < fifo->capacity; n++) {
		fifo->push_cycle[n] += times * cycles;
		fifo->take_cycle[n] += times * cycles;
	}
}

static void move_on(struct recurrence *recurrence, struct stream *stream, const struct recurrence_point *before,
                    uint64_t base_cycle) {
	uint32_t period = stream->released_frames - before->frame;
	uint32_t times = (stream->frames - 1 - stream->released_frames) / period;
	uint64_t cycles = base_cycle - before->cycle;
	recurrence->period_frames = period;
	recurrence->period_cycles = cycles;
	recurrence->at_frame = stream->released_frames;
	recurrence->skipped_frames = times * period;
	for (uint32_t i = 0; i < stream->pipeline->stage_count; i++)
		move_stage(&stream->stages[i], &before->counters[i], times, cycles, period);
	for (uint32_t f = 0; f < stream->pipeline->fifo_count; f++)
		move_fifo(&stream->fifos[f], before->fifo_words[f], times, cycles);
	for (uint32_t i = 0; i < times * period; i++, stream->frames_done++)
		stream->frame_end_cycle[stream->frames_done] =
		    stream->frame_end_cycle[stream->frames_done - period] + cycles;
}

static void clear_point(struct recurrence_point *point) {
	free(point->words);
	free(point->counters);
	free(point->fifo_words);
	memset(point, 0, sizeof *point);
}

static enum status remember(struct recurrence *recurrence, const struct stream *stream, struct list *list,
                            uint64_t hash, uint64_t base_cycle, struct error *error) {
	const struct pipeline *pipeline = stream->pipeline;
	struct recurrence_point *point = &recurrence->points[stream->released_frames % RECURRENCE_POINTS];
	clear_point(point);
	*point = (struct recurrence_point){.words = list->words,
	                                   .count = list->count,
	                                   .hash = hash,
	                                   .cycle = base_cycle,
	                                   .frame = stream->released_frames,
	                                   .counters = calloc(pipeline->stage_count, sizeof *point->counters),
	                                   .fifo_words = calloc(pipeline->fifo_count, sizeof *point->fifo_words)};
	if (!point->counters || !point->fifo_words || list->failed)
		return error_set(error, STATUS_MEMORY, "out of memory for the recurrence of the streaming machine");
	for (uint32_t i = 0; i < pipeline->stage_count; i++) point->counters[i] = stream->stages[i].counters;
	for (uint32_t f = 0; f < pipeline->fifo_count; f++) point->fifo_words[f] = stream->fifos[f].words;
	return STATUS_OK;
}

enum status recurrence_meet(struct recurrence *recurrence, struct stream *stream, struct error *error) {
	struct list list = {0};
	uint64_t base_cycle = stream->stages[stream->input_stage].next_cycle;
	append_state(&list, stream, base_cycle);
	uint64_t hash = hash_of(&list);
	for (uint32_t back = 1; back <= RECURRENCE_POINTS && !list.failed; back++) { /* the shortest period first */
		const struct recurrence_point *point =
		    &recurrence->points[(stream->released_frames + RECURRENCE_POINTS - back) % RECURRENCE_POINTS];
		if (point->hash != hash || point->count != list.count) continue;
		if (memcmp(point->words, list.words, list.count * sizeof *list.words)) continue;
		free(list.words);
		move_on(recurrence, stream, point, base_cycle);
		return STATUS_OK;
	}
	return remember(recurrence, stream, &list, hash, base_cycle, error);
}

void recurrence_clear(struct recurrence *recurrence) {
	for (uint32_t p = 0; p < RECURRENCE_POINTS; p++) clear_point(&recurrence->points[p]);
	memset(recurrence, 0, sizeof *recurrence);
}
