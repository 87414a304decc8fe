/* See stream_record.h. Pushes and takes of a FIFO come each by rising cycle, but not in the order of each other; two
 * short queues a FIFO put them together. Left out: the words that lie in the pipelines of stages. */
#include "sim/run/stream_record.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { STEPS = 4096, PID_STAGES = 1, PID_FIFOS = 2 };
#define UNTOUCHED UINT32_MAX

struct cycles {
	uint64_t *items;
	size_t head, count, capacity; /* items[head .. count) wait */
};

struct fills {
	struct cycles pushes, takes;
	uint32_t fill;
	uint32_t *highest, *last; /* of each step, after its events; UNTOUCHED: it has none */
};

struct span {
	uint32_t stage, frame;
	uint64_t begin_cycle, end_cycle;
};

struct stream_record {
	const struct pipeline *pipeline;
	struct fills *fifos;
	uint64_t *begin_cycle; /* of each stage's present frame */
	struct span *spans;
	size_t span_count, span_capacity;
	uint32_t shift; /* a step is 1 << shift cycles */
	uint64_t total_cycles;
	int failed_memory;
};

void stream_record_free(struct stream_record *record) {
	if (!record) return;
	for (uint32_t f = 0; record->fifos && f < record->pipeline->fifo_count; f++) {
		free(record->fifos[f].pushes.items);
		free(record->fifos[f].takes.items);
		free(record->fifos[f].highest);
		free(record->fifos[f].last);
	}
	free(record->fifos);
	free(record->begin_cycle);
	free(record->spans);
	free(record);
}

static int begin_fills(struct fills *fills) {
	fills->highest = malloc(STEPS * sizeof *fills->highest);
	fills->last = malloc(STEPS * sizeof *fills->last);
	if (!fills->highest || !fills->last) return 0;
	memset(fills->highest, 0xff, STEPS * sizeof *fills->highest);
	return 1;
}

enum status stream_record_create(struct stream_record **made, const struct pipeline *pipeline, struct error *error) {
	struct stream_record *record = calloc(1, sizeof *record);
	int is_complete = record != NULL;
	if (record) {
		record->pipeline = pipeline;
		record->fifos = calloc(pipeline->fifo_count, sizeof *record->fifos);
		record->begin_cycle = calloc(pipeline->stage_count, sizeof *record->begin_cycle);
		is_complete = record->fifos && record->begin_cycle;
		for (uint32_t f = 0; is_complete && f < pipeline->fifo_count; f++)
			is_complete = begin_fills(&record->fifos[f]);
	}
	*made = is_complete ? record : NULL;
	if (is_complete) return STATUS_OK;
	stream_record_free(record);
	return error_set(error, STATUS_MEMORY, "out of memory for the record of the FIFOs");
}

/* ---- fills */

/* Steps of twice the length, for all FIFOs. */
static void halve_steps(struct stream_record *record) {
	for (uint32_t f = 0; f < record->pipeline->fifo_count; f++) {
		struct fills *fills = &record->fifos[f];
		for (uint32_t i = 0; i < STEPS / 2; i++) {
			uint32_t a = fills->highest[2 * i], b = fills->highest[2 * i + 1];
			fills->last[i] = b != UNTOUCHED ? fills->last[2 * i + 1] : fills->last[2 * i];
			fills->highest[i] = a == UNTOUCHED || (b != UNTOUCHED && b > a) ? b : a;
		}
		memset(fills->highest + STEPS / 2, 0xff, STEPS / 2 * sizeof *fills->highest);
	}
	record->shift++;
}

static void note_fill(struct stream_record *record, struct fills *fills, uint64_t cycle) {
	while (cycle >> record->shift >= STEPS) halve_steps(record);
	uint64_t step = cycle >> record->shift;
	if (fills->highest[step] == UNTOUCHED || fills->fill > fills->highest[step]) fills->highest[step] = fills->fill;
	fills->last[step] = fills->fill;
}

/* Puts the queues' heads together, as long as nothing earlier can come; `is_end`: nothing comes. */
static void merge(struct stream_record *record, struct fills *fills, int is_end) {
	struct cycles *pushes = &fills->pushes, *takes = &fills->takes;
	for (;;) {
		int has_push = pushes->head < pushes->count, has_take = takes->head < takes->count;
		if (!has_push && !has_take) break;
		if (!(has_push && has_take) && !is_end) break;
		uint64_t push = has_push ? pushes->items[pushes->head] : STREAM_NEVER;
		uint64_t take = has_take ? takes->items[takes->head] : STREAM_NEVER;
		if (push <= take) {
			pushes->head++;
			fills->fill++;
		}
		if (take <= push) {
			takes->head++;
			fills->fill--;
		}
		note_fill(record, fills, push < take ? push : take);
	}
}

static int append(struct cycles *cycles, uint64_t cycle) {
	if (cycles->head == cycles->count) cycles->head = cycles->count = 0;
	if (cycles->count == cycles->capacity) {
		size_t capacity = cycles->capacity ? 2 * cycles->capacity : 64;
		uint64_t *grown = realloc(cycles->items, capacity * sizeof *grown);
		if (!grown) return 0;
		cycles->items = grown;
		cycles->capacity = capacity;
	}
	cycles->items[cycles->count++] = cycle;
	return 1;
}

/* ---- events */

static int append_span(struct stream_record *record, const struct stream_event *event) {
	if (record->span_count == record->span_capacity) {
		size_t capacity = record->span_capacity ? 2 * record->span_capacity : 256;
		struct span *grown = realloc(record->spans, capacity * sizeof *grown);
		if (!grown) return 0;
		record->spans = grown;
		record->span_capacity = capacity;
	}
	record->spans[record->span_count++] =
	    (struct span){event->index, event->frame, record->begin_cycle[event->index], event->cycle};
	return 1;
}

void stream_record_event(void *context, const struct stream_event *event) {
	struct stream_record *record = context;
	int is_kept = 1;
	switch (event->kind) {
	case STREAM_PUSH:
		is_kept = append(&record->fifos[event->index].pushes, event->cycle);
		merge(record, &record->fifos[event->index], 0);
		break;
	case STREAM_TAKE:
		is_kept = append(&record->fifos[event->index].takes, event->cycle);
		merge(record, &record->fifos[event->index], 0);
		break;
	case STREAM_FRAME_BEGIN: record->begin_cycle[event->index] = event->cycle; break;
	case STREAM_FRAME_END: is_kept = append_span(record, event); break;
	case STREAM_STATE: break;
	}
	if (!is_kept) record->failed_memory = 1;
}

static int compare_spans(const void *a, const void *b) {
	const struct span *x = a, *y = b;
	if (x->stage != y->stage) return x->stage < y->stage ? -1 : 1;
	return x->frame < y->frame ? -1 : x->frame > y->frame;
}

enum status stream_record_end(struct stream_record *record, uint64_t total_cycles, struct error *error) {
	for (uint32_t f = 0; f < record->pipeline->fifo_count; f++) merge(record, &record->fifos[f], 1);
	while (total_cycles >> record->shift > STEPS) halve_steps(record);
	record->total_cycles = total_cycles;
	if (record->span_count) qsort(record->spans, record->span_count, sizeof *record->spans, compare_spans);
	return record->failed_memory ? error_set(error, STATUS_MEMORY, "out of memory for the record of the FIFOs")
	                             : STATUS_OK;
}

uint64_t stream_record_step_cycles(const struct stream_record *record) {
	return (uint64_t)1 << record->shift;
}

/* ---- output */

/* Calls `write` for every change of a FIFO's fill. */
static void walk(const struct stream_record *record, uint32_t fifo,
                 void (*write)(FILE *out, const char *name, uint64_t cycle, uint32_t fill), FILE *out) {
	const struct fills *fills = &record->fifos[fifo];
	const char *name = record->pipeline->fifos[fifo].name;
	uint32_t carried = 0, shown = 0;
	for (uint32_t i = 0; i < STEPS; i++) {
		uint64_t cycle = (uint64_t)i << record->shift;
		uint32_t fill = carried;
		if (cycle >= record->total_cycles) break;
		if (fills->highest[i] != UNTOUCHED) {
			fill = record->shift && carried > fills->highest[i] ? carried : fills->highest[i];
			carried = fills->last[i];
		}
		if (i == 0 || fill != shown) write(out, name, cycle, fill);
		shown = fill;
	}
	write(out, name, record->total_cycles, fills->fill);
}

static void write_csv_line(FILE *out, const char *name, uint64_t cycle, uint32_t fill) {
	fprintf(out, "%s,%" PRIu64 ",%" PRIu32 "\n", name, cycle, fill);
}

void stream_record_write_fills(const struct stream_record *record, FILE *out) {
	fputs("fifo,cycle,fill\n", out);
	for (uint32_t f = 0; f < record->pipeline->fifo_count; f++) walk(record, f, write_csv_line, out);
}

static void write_counter(FILE *out, const char *name, uint64_t cycle, uint32_t fill) {
	fprintf(out,
	        ",\n{\"ph\":\"C\",\"name\":\"%s\",\"pid\":%d,\"tid\":0,\"ts\":%" PRIu64 ",\"args\":{\"words\":%" PRIu32
	        "}}",
	        name, PID_FIFOS, cycle, fill);
}

static void write_name(FILE *out, const char *what, int process, uint32_t track, const char *name) {
	fprintf(out, "{\"ph\":\"M\",\"name\":\"%s\",\"pid\":%d,\"tid\":%" PRIu32 ",\"args\":{\"name\":\"%s\"}}", what,
	        process, track, name);
}

void stream_record_write_timeline(const struct stream_record *record, const struct config *config, FILE *out) {
	const struct pipeline *pipeline = record->pipeline;
	fprintf(out,
	        "{\"displayTimeUnit\":\"ms\",\n\"otherData\":{\"producer\":\"nbsim\",\"time_unit\":\"1 us shown = 1 "
	        "cycle\",\"clock_khz\":%" PRIu32 ",\"frames\":%" PRIu32 ",\"stages\":%" PRIu32 ",\"fifos\":%" PRIu32
	        ",\"step_cycles\":%" PRIu64 "},\n\"traceEvents\":[\n",
	        config->clock_khz, config->frames, pipeline->stage_count, pipeline->fifo_count,
	        stream_record_step_cycles(record));
	write_name(out, "process_name", PID_STAGES, 0, "stages");
	fputs(",\n", out);
	write_name(out, "process_name", PID_FIFOS, 0, "fifos");
	for (uint32_t i = 0; i < pipeline->stage_count; i++) {
		fputs(",\n", out);
		write_name(out, "thread_name", PID_STAGES, i + 1, pipeline->stages[i].name);
	}
	for (size_t s = 0; s < record->span_count; s++) {
		const struct span *span = &record->spans[s];
		uint64_t cycles = span->end_cycle - span->begin_cycle + 1;
		fprintf(out,
		        ",\n{\"ph\":\"X\",\"name\":\"frame %" PRIu32 "\",\"pid\":%d,\"tid\":%" PRIu32 ",\"ts\":%" PRIu64
		        ",\"dur\":%" PRIu64 ",\"args\":{\"frame\":%" PRIu32 ",\"cycles\":%" PRIu64 "}}",
		        span->frame, PID_STAGES, span->stage + 1, span->begin_cycle, cycles, span->frame, cycles);
	}
	for (uint32_t f = 0; f < pipeline->fifo_count; f++) walk(record, f, write_counter, out);
	fputs("\n]}\n", out);
}
