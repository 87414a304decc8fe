/* See recurrence.h. A state is a list of numbers: the next cycle of every stage; then what is no time or one relative
 * to the stage's own, and how many words and places of each FIFO follow; then the cycles from which these can be taken
 * and used. Lists are compared number by number; the hash only spares comparisons. */
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

static void append_stage(struct list *list, const struct stream *stream, const struct stage_state *stage) {
	const struct cursor *cursor = &stage->cursor;
	uint32_t cursor_words[] = {cursor->block,      cursor->block_left, cursor->group,
	                           cursor->group_left, cursor->segment,    cursor->left};
	for (size_t i = 0; i < sizeof cursor_words / sizeof cursor_words[0]; i++) append(list, cursor_words[i]);
	append(list, stream->released_frames - stage->frame);
	append(list, stage->due_count);
	for (uint32_t d = 0; d < stage->due_count; d++) {
		uint64_t due = stage->due[(stage->due_head + d) % PIPE_MAX];
		append(list, stream->pipeline->flushing ? due + stage->made_holds - stage->next_cycle
		                                        : due - stage->advances);
	}
	append(list, stage->made_holds - stage->issue_holds);
	append(list, stage->hold_count);
	for (uint32_t h = 0; h < stage->hold_count; h++) {
		const struct hold *hold = &stage->holds[(stage->hold_head + h) % (PIPE_MAX + 1)];
		append(list, hold->from_cycle - stage->next_cycle);
		append(list, hold->to_cycle - stage->next_cycle);
	}
}

/* Places that can matter: of the words taken last. */
static uint64_t place_count(const struct fifo_state *fifo) {
	uint64_t room = fifo->depth - (fifo->pushed - fifo->taken);
	if (fifo->depth > UINT32_MAX) room = fifo_takes_ahead(fifo); /* unbounded: for the fills of later pushes */
	return fifo->taken > room ? room : fifo->taken;
}

static void append_fifo(struct list *list, const struct fifo_state *fifo) {
	for (uint64_t n = fifo->taken; n < fifo->pushed; n++) append(list, fifo->push_cycle[n % fifo->capacity] + 1);
	for (uint64_t n = fifo->taken - place_count(fifo); n < fifo->taken; n++)
		append(list, fifo->take_cycle[n % fifo->capacity] + 1);
}

static void append_state(struct list *list, const struct stream *stream, uint32_t *mark_count) {
	const struct pipeline *pipeline = stream->pipeline;
	for (uint32_t i = 0; i < pipeline->stage_count; i++) append(list, stream->stages[i].next_cycle);
	for (uint32_t i = 0; i < pipeline->stage_count; i++) append_stage(list, stream, &stream->stages[i]);
	for (uint32_t f = 0; f < pipeline->fifo_count; f++) {
		append(list, stream->fifos[f].pushed - stream->fifos[f].taken);
		append(list, place_count(&stream->fifos[f]));
	}
	append(list, stream->released_frames - stream->frames_done);
	*mark_count = list->count;
	for (uint32_t f = 0; f < pipeline->fifo_count; f++) append_fifo(list, &stream->fifos[f]);
}

/* Of all but the FIFOs' cycles, relative to the input DMA. */
static uint64_t hash_of(const struct stream *stream, const uint64_t *words, uint32_t mark_count) {
	uint64_t hash = 0xcbf29ce484222325u;
	for (uint32_t i = 0; i < mark_count; i++) {
		const uint64_t base = i < stream->pipeline->stage_count ? words[stream->input_stage] : 0;
		hash = (hash ^ (words[i] - base)) * 0x100000001b3u;
	}
	return hash;
}

static uint64_t shift_of(const struct recurrence_point *now, const struct recurrence_point *before, uint32_t stage) {
	return now->words[stage] - before->words[stage];
}

/* How often the frame can be repeated until the FIFO, whose maker gets later by `from` a frame and whose taker by `to`,
 * could decide an advance. */
static uint64_t times_within_margin(const struct fifo_state *fifo, uint64_t from, uint64_t to) {
	if (fifo->depth > UINT32_MAX || fifo->word_margin < 0 || fifo->room_margin < 0) return 0;
	return from > to ? (uint64_t)fifo->word_margin / (from - to) : (uint64_t)fifo->room_margin / (to - from);
}

/* How often what happened between the states happens again, each stage later by its own shift: UINT64_MAX where all
 * have the same. Of different shifts, the states must be a frame apart (margins are those of the last frame). */
static uint64_t repeats(const struct stream *stream, const struct recurrence_point *now,
                        const struct recurrence_point *before) {
	const uint32_t stage_count = stream->pipeline->stage_count, marks = now->mark_count;
	const uint64_t *here = now->words + marks, *there = before->words + marks;
	const int is_clipped = !stream->pipeline->flushing;
	uint64_t times = UINT64_MAX;
	if (now->count != before->count || marks != before->mark_count ||
	    memcmp(now->words + stage_count, before->words + stage_count, (marks - stage_count) * sizeof *now->words))
		return 0;
	for (uint32_t f = 0; f < stream->pipeline->fifo_count; f++) {
		const struct fifo_state *fifo = &stream->fifos[f];
		const uint64_t from = shift_of(now, before, fifo->from), to = shift_of(now, before, fifo->to);
		const uint64_t taker = from == to ? now->words[fifo->to] : 0;
		/* A maker's next word is never made before the cycle it last made one in, which its next cycle does
		 * not say for a flushing stage, so those places stay as they are. */
		const uint64_t maker = from == to && is_clipped ? now->words[fifo->from] : 0;
		for (uint64_t n = fifo->pushed - fifo->taken; n; n--)
			if (later(*here++, taker) - later(*there++, taker ? taker - to : 0) != from) return 0;
		for (uint64_t n = place_count(fifo); n; n--)
			if (later(*here++, maker) - later(*there++, maker ? maker - from : 0) != to) return 0;
		if (from == to) continue;
		const uint64_t within = times_within_margin(fifo, from, to);
		if (within < times) times = within;
	}
	return times;
}

/* ---- repeating */

static void move_stage(struct stage_state *stage, const struct stream_stage_counters *again, uint64_t times,
                       uint64_t cycles, uint64_t frames) {
	for (int s = 0; s < STATE_COUNT; s++) stage->counters.cycles[s] += times * again->cycles[s];
	stage->counters.words_taken += times * again->words_taken;
	stage->counters.words_made += times * again->words_made;
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
	stage->frame += (uint32_t)(times * frames);
}

static void move_fifo(struct fifo_state *fifo, uint64_t words, uint64_t push_cycles, uint64_t take_cycles) {
	fifo->words += words;
	fifo->seen = fifo->seen_at = 0;
	for (uint64_t n = 0; n < fifo->capacity; n++) {
		fifo->push_cycle[n] += push_cycles;
		fifo->take_cycle[n] += take_cycles;
	}
}

static void move_on(struct recurrence *recurrence, struct stream *stream, const struct repetition *again,
                    uint32_t times) {
	for (uint32_t i = 0; i < stream->pipeline->stage_count; i++)
		move_stage(&stream->stages[i], &again->stages[i], times, again->cycles[i], again->frames);
	for (uint32_t f = 0; f < stream->pipeline->fifo_count; f++) {
		struct fifo_state *fifo = &stream->fifos[f];
		move_fifo(fifo, times * again->fifo_words[f], times * again->cycles[fifo->from],
		          times * again->cycles[fifo->to]);
	}
	for (uint32_t i = 0; i < times * again->frames; i++, stream->frames_done++)
		stream->frame_end_cycle[stream->frames_done] =
		    stream->frame_end_cycle[stream->frames_done - again->frames] + again->cycles[stream->output_stage];
	stream->released_frames += times * again->frames;
	recurrence->skipped_frames += times * again->frames;
}

static enum status out_of_memory(struct error *error) {
	return error_set(error, STATUS_MEMORY, "out of memory for the recurrence of the streaming machine");
}

static void clear_repetition(struct repetition *repetition) {
	free(repetition->cycles);
	free(repetition->stages);
	free(repetition->fifo_words);
	memset(repetition, 0, sizeof *repetition);
}

static struct stream_stage_counters minus(const struct stream_stage_counters *a,
                                          const struct stream_stage_counters *b) {
	struct stream_stage_counters difference = *a;
	for (int s = 0; s < STATE_COUNT; s++) difference.cycles[s] -= b->cycles[s];
	difference.words_taken -= b->words_taken;
	difference.words_made -= b->words_made;
	return difference;
}

/* What happened between two states. */
static enum status take_repetition(struct repetition *again, const struct stream *stream,
                                   const struct recurrence_point *now, const struct recurrence_point *before,
                                   struct error *error) {
	const uint32_t stage_count = stream->pipeline->stage_count, fifo_count = stream->pipeline->fifo_count;
	*again = (struct repetition){.frames = now->frame - before->frame,
	                             .cycles = calloc(stage_count, sizeof *again->cycles),
	                             .stages = calloc(stage_count, sizeof *again->stages),
	                             .fifo_words = calloc(fifo_count, sizeof *again->fifo_words)};
	if (!again->cycles || !again->stages || !again->fifo_words) return out_of_memory(error);
	for (uint32_t i = 0; i < stage_count; i++) {
		again->cycles[i] = shift_of(now, before, i);
		again->stages[i] = minus(&now->counters[i], &before->counters[i]);
	}
	for (uint32_t f = 0; f < fifo_count; f++) again->fifo_words[f] = now->fifo_words[f] - before->fifo_words[f];
	return STATUS_OK;
}

/* ---- meeting */

static void clear_point(struct recurrence_point *point) {
	free(point->words);
	free(point->counters);
	free(point->fifo_words);
	memset(point, 0, sizeof *point);
}

/* The state of the moment, in the place of one that is too old. */
static enum status remember(struct recurrence *recurrence, const struct stream *stream, struct recurrence_point **made,
                            struct error *error) {
	const struct pipeline *pipeline = stream->pipeline;
	struct recurrence_point *point = &recurrence->points[stream->released_frames % RECURRENCE_POINTS];
	struct list list = {0};
	clear_point(point);
	append_state(&list, stream, &point->mark_count);
	point->words = list.words;
	point->count = list.count;
	point->frame = stream->released_frames;
	point->counters = calloc(pipeline->stage_count, sizeof *point->counters);
	point->fifo_words = calloc(pipeline->fifo_count, sizeof *point->fifo_words);
	if (!point->counters || !point->fifo_words || list.failed) return out_of_memory(error);
	point->hash = hash_of(stream, point->words, point->mark_count);
	for (uint32_t i = 0; i < pipeline->stage_count; i++) point->counters[i] = stream->stages[i].counters;
	for (uint32_t f = 0; f < pipeline->fifo_count; f++) point->fifo_words[f] = stream->fifos[f].words;
	*made = point;
	return STATUS_OK;
}

/* The last frame that drifts is left to be run: where a FIFO fills, it is the one with the highest fill. The states
 * before it are remembered, as if they had been run. */
static enum status drift(struct recurrence *recurrence, struct stream *stream, const struct recurrence_point *now,
                         const struct recurrence_point *before, uint64_t times, struct error *error) {
	struct repetition again;
	struct recurrence_point *point;
	const uint32_t most = stream->frames - 1 - stream->released_frames;
	uint32_t left = times < most ? (uint32_t)times : most;
	if (left < 2) return STATUS_OK;
	left--;
	enum status status = take_repetition(&again, stream, now, before, error);
	while (left && !status) {
		const uint32_t step = left > RECURRENCE_FRAMES ? left - RECURRENCE_FRAMES : 1;
		move_on(recurrence, stream, &again, step);
		status = remember(recurrence, stream, &point, error);
		left -= step;
	}
	clear_repetition(&again);
	return status;
}

static void forget_margins(struct stream *stream) {
	for (uint32_t f = 0; f < stream->pipeline->fifo_count; f++)
		stream->fifos[f].word_margin = stream->fifos[f].room_margin = INT64_MAX;
}

static const struct recurrence_point *point_before(const struct recurrence *recurrence,
                                                   const struct recurrence_point *now, uint32_t frames) {
	const struct recurrence_point *point =
	    &recurrence->points[(now->frame + RECURRENCE_POINTS - frames) % RECURRENCE_POINTS];
	return point->frame && point->frame + frames == now->frame ? point : NULL;
}

enum status recurrence_meet(struct recurrence *recurrence, struct stream *stream, struct error *error) {
	struct recurrence_point *now;
	const struct recurrence_point *before;
	enum status status = remember(recurrence, stream, &now, error);
	if (status) return status;
	for (uint32_t back = 1; back <= RECURRENCE_FRAMES; back++) { /* the shortest period first */
		before = point_before(recurrence, now, back);
		if (!before || before->hash != now->hash || repeats(stream, now, before) != UINT64_MAX) continue;
		status = take_repetition(&recurrence->period, stream, now, before, error);
		recurrence->at_frame = stream->released_frames;
		if (!status)
			move_on(recurrence, stream, &recurrence->period,
			        (stream->frames - 1 - stream->released_frames) / back);
		return status;
	}
	before = recurrence->no_drift ? NULL : point_before(recurrence, now, 1);
	if (before) status = drift(recurrence, stream, now, before, repeats(stream, now, before), error);
	forget_margins(stream);
	return status;
}

void recurrence_clear(struct recurrence *recurrence) {
	for (uint32_t p = 0; p < RECURRENCE_POINTS; p++) clear_point(&recurrence->points[p]);
	clear_repetition(&recurrence->period);
	memset(recurrence, 0, sizeof *recurrence);
}
