/* See stream_vcd.h. Stages are stepped as far as they can go, so events of different stages do not come in the order of
 * time. Changes wait in a heap until every stage has told its state of all cycles before; FIFOs are short, so the
 * stages stay close to each other and the heap small against the file. */
#include "sim/run/stream_vcd.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/output_file.h"
#include "sim/run/vcd.h"

/* Signals: state and frame of every stage, then the fill of every FIFO. */
enum { STAGE_SIGNALS = 2, SIGNAL_STATE = 0, SIGNAL_FRAME = 1, FIRST_WAITING = 4096, CODE_FIRST = '!', CODE_COUNT = 94 };

struct change {
	uint64_t cycle;
	uint32_t signal;
	int32_t value; /* fill: what is added; else the new value */
};

struct stream_vcd {
	FILE *file;
	char *path;
	const struct pipeline *pipeline;
	uint32_t frames, signal_count, first_fill;
	uint32_t *values;     /* of each signal */
	uint8_t *bits;        /* width of each signal */
	uint64_t *told_cycle; /* of each stage: its state is known in all cycles before */
	uint64_t end_cycle;   /* total_cycles once the output DMA has taken its last word; STREAM_NEVER before */
	struct change *heap;
	size_t count, capacity, flush_at;
	uint64_t written_cycle; /* all before it are in the file */
	int has_begun, failed_memory, failed_order;
};

/* ---- changes by rising cycle, then signal */

static int comes_before(const struct change *a, const struct change *b) {
	return a->cycle != b->cycle ? a->cycle < b->cycle : a->signal < b->signal;
}

static void push(struct stream_vcd *vcd, uint64_t cycle, uint32_t signal, int32_t value) {
	const struct change change = {cycle, signal, value};
	if (cycle < vcd->written_cycle) vcd->failed_order = 1;
	if (vcd->count == vcd->capacity) {
		const size_t capacity = vcd->capacity ? 2 * vcd->capacity : FIRST_WAITING;
		struct change *grown = realloc(vcd->heap, capacity * sizeof *grown);
		if (!grown) {
			vcd->failed_memory = 1;
			return;
		}
		vcd->heap = grown;
		vcd->capacity = capacity;
	}
	size_t at = vcd->count++;
	for (; at > 0 && comes_before(&change, &vcd->heap[(at - 1) / 2]); at = (at - 1) / 2)
		vcd->heap[at] = vcd->heap[(at - 1) / 2];
	vcd->heap[at] = change;
}

static struct change pop(struct stream_vcd *vcd) {
	const struct change first = vcd->heap[0], last = vcd->heap[--vcd->count];
	size_t at = 0;
	for (size_t child = 1; child < vcd->count; child = 2 * at + 1) {
		if (child + 1 < vcd->count && comes_before(&vcd->heap[child + 1], &vcd->heap[child])) child++;
		if (!comes_before(&vcd->heap[child], &last)) break;
		vcd->heap[at] = vcd->heap[child];
		at = child;
	}
	vcd->heap[at] = last;
	return first;
}

/* ---- the file */

static void write_code(FILE *file, uint32_t signal) {
	for (signal++; signal > 0; signal = (signal - 1) / CODE_COUNT)
		fputc((char)(CODE_FIRST + (signal - 1) % CODE_COUNT), file);
}

static void write_signal(const struct stream_vcd *vcd, uint32_t signal) {
	vcd_write_value(vcd->file, vcd->bits[signal], vcd->values[signal]);
	write_code(vcd->file, signal);
	fputc('\n', vcd->file);
}

static void write_variable(const struct stream_vcd *vcd, uint32_t signal, const char *name) {
	fprintf(vcd->file, "$var wire %u ", (unsigned)vcd->bits[signal]);
	write_code(vcd->file, signal);
	fprintf(vcd->file, " %s", name);
	if (vcd->bits[signal] > 1) fprintf(vcd->file, " [%u:0]", vcd->bits[signal] - 1u);
	fputs(" $end\n", vcd->file);
}

/* "a.b" opens module a and in it module b; returns how many. */
static uint32_t open_scopes(FILE *file, const char *name) {
	uint32_t levels = 1;
	fputs("$scope module ", file);
	for (; *name; name++) {
		if (*name != '.') {
			fputc(*name, file);
			continue;
		}
		fputs(" $end\n$scope module ", file);
		levels++;
	}
	fputs(" $end\n", file);
	return levels;
}

static void close_scopes(FILE *file, uint32_t levels) {
	while (levels-- > 0) fputs("$upscope $end\n", file);
}

static void write_head(const struct stream_vcd *vcd, uint32_t clock_khz) {
	const struct pipeline *pipeline = vcd->pipeline;
	vcd_write_head(vcd->file, clock_khz,
	               "state: 0 busy, 1 fill_drain, 3 blocked, 4 memory, 5 starved, 6 idle. fill: words.");
	fputs("$scope module stages $end\n", vcd->file);
	for (uint32_t i = 0; i < pipeline->stage_count; i++) {
		const uint32_t levels = open_scopes(vcd->file, pipeline->stages[i].name);
		write_variable(vcd, STAGE_SIGNALS * i + SIGNAL_STATE, "state");
		write_variable(vcd, STAGE_SIGNALS * i + SIGNAL_FRAME, "frame");
		close_scopes(vcd->file, levels);
	}
	fputs("$upscope $end\n$scope module fifos $end\n", vcd->file);
	for (uint32_t f = 0; f < pipeline->fifo_count; f++) {
		const uint32_t levels = open_scopes(vcd->file, pipeline->fifos[f].name);
		write_variable(vcd, vcd->first_fill + f, "fill");
		close_scopes(vcd->file, levels);
	}
	fputs("$upscope $end\n$upscope $end\n$enddefinitions $end\n", vcd->file);
}

static void apply(struct stream_vcd *vcd, const struct change *change) {
	if (change->signal >= vcd->first_fill)
		vcd->values[change->signal] += (uint32_t)change->value;
	else
		vcd->values[change->signal] = (uint32_t)change->value;
}

/* Writes all that waits of `cycle`, the earliest there is; from_signal: of these signals only. */
static void write_cycle(struct stream_vcd *vcd, uint64_t cycle, uint32_t from_signal, int is_dated) {
	while (vcd->count && vcd->heap[0].cycle == cycle) {
		const uint32_t signal = vcd->heap[0].signal, before = vcd->values[signal];
		while (vcd->count && vcd->heap[0].cycle == cycle && vcd->heap[0].signal == signal) {
			const struct change change = pop(vcd);
			apply(vcd, &change);
		}
		if (signal < from_signal || vcd->values[signal] == before) continue;
		if (!is_dated) fprintf(vcd->file, "#%" PRIu64 "\n", cycle);
		is_dated = 1;
		write_signal(vcd, signal);
	}
}

/* Writes all cycles before `cycle`. */
static void write_until(struct stream_vcd *vcd, uint64_t cycle) {
	if (cycle > 0 && !vcd->has_begun) { /* cycle 0: every signal */
		while (vcd->count && !vcd->heap[0].cycle) {
			const struct change change = pop(vcd);
			apply(vcd, &change);
		}
		fputs("#0\n$dumpvars\n", vcd->file);
		for (uint32_t s = 0; s < vcd->signal_count; s++) write_signal(vcd, s);
		fputs("$end\n", vcd->file);
		vcd->has_begun = 1;
	}
	while (vcd->count && vcd->heap[0].cycle < cycle) write_cycle(vcd, vcd->heap[0].cycle, 0, 0);
	if (cycle > vcd->written_cycle) vcd->written_cycle = cycle;
}

/* Before it, all is known; not beyond the end of the run. */
static uint64_t known_cycle(const struct stream_vcd *vcd) {
	uint64_t known = vcd->end_cycle;
	for (uint32_t i = 0; i < vcd->pipeline->stage_count; i++)
		if (vcd->told_cycle[i] < known) known = vcd->told_cycle[i];
	return known;
}

/* ---- events */

static void take_state(struct stream_vcd *vcd, const struct stream_event *event) {
	push(vcd, event->cycle, STAGE_SIGNALS * event->index + SIGNAL_STATE, (int32_t)event->state);
	vcd->told_cycle[event->index] = event->end_cycle;
}

void stream_vcd_event(void *context, const struct stream_event *event) {
	struct stream_vcd *vcd = context;
	switch (event->kind) {
	case STREAM_PUSH: push(vcd, event->cycle + 1, vcd->first_fill + event->index, 1); break;
	case STREAM_TAKE: push(vcd, event->cycle + 1, vcd->first_fill + event->index, -1); break;
	case STREAM_FRAME_BEGIN:
		push(vcd, event->cycle, STAGE_SIGNALS * event->index + SIGNAL_FRAME, (int32_t)event->frame);
		break;
	case STREAM_FRAME_END:
		if (vcd->pipeline->stages[event->index].kind == STAGE_OUTPUT && event->frame + 1 == vcd->frames)
			vcd->end_cycle = event->cycle + 1;
		break;
	case STREAM_STATE: take_state(vcd, event); break;
	}
	if (vcd->count < vcd->flush_at) return;
	write_until(vcd, known_cycle(vcd));
	vcd->flush_at = vcd->count < FIRST_WAITING / 2 ? FIRST_WAITING : 2 * vcd->count;
}

/* ---- opening and closing */

static void vcd_free(struct stream_vcd *vcd) {
	free(vcd->path);
	free(vcd->values);
	free(vcd->bits);
	free(vcd->told_cycle);
	free(vcd->heap);
	free(vcd);
}

static struct stream_vcd *vcd_create(const char *path, const struct pipeline *pipeline, uint32_t frames) {
	struct stream_vcd *vcd = calloc(1, sizeof *vcd);
	if (!vcd) return NULL;
	vcd->pipeline = pipeline;
	vcd->frames = frames;
	vcd->first_fill = STAGE_SIGNALS * pipeline->stage_count;
	vcd->signal_count = vcd->first_fill + pipeline->fifo_count;
	vcd->end_cycle = STREAM_NEVER;
	vcd->flush_at = FIRST_WAITING;
	vcd->path = strdup(path);
	vcd->values = calloc(vcd->signal_count, sizeof *vcd->values);
	vcd->bits = calloc(vcd->signal_count, sizeof *vcd->bits);
	vcd->told_cycle = calloc(pipeline->stage_count, sizeof *vcd->told_cycle);
	if (vcd->path && vcd->values && vcd->bits && vcd->told_cycle) return vcd;
	vcd_free(vcd);
	return NULL;
}

static void set_up_signals(struct stream_vcd *vcd) {
	for (uint32_t i = 0; i < vcd->pipeline->stage_count; i++) {
		vcd->bits[STAGE_SIGNALS * i + SIGNAL_STATE] = 3;
		vcd->bits[STAGE_SIGNALS * i + SIGNAL_FRAME] = 32;
		vcd->values[STAGE_SIGNALS * i + SIGNAL_STATE] = STATE_IDLE;
	}
	for (uint32_t f = 0; f < vcd->pipeline->fifo_count; f++) {
		uint8_t bits = 1;
		while (bits < 32 && vcd->pipeline->fifos[f].depth_words >> bits) bits++;
		vcd->bits[vcd->first_fill + f] = bits;
	}
}

enum status stream_vcd_open(struct stream_vcd **made, const char *path, const struct pipeline *pipeline,
                            uint32_t clock_khz, uint32_t frames, struct error *error) {
	struct stream_vcd *vcd = vcd_create(path, pipeline, frames);
	*made = NULL;
	if (!vcd) return error_set(error, STATUS_MEMORY, "%s: out of memory", path);
	vcd->file = output_open(path, error);
	if (!vcd->file) {
		vcd_free(vcd);
		return STATUS_IO;
	}
	set_up_signals(vcd);
	write_head(vcd, clock_khz);
	*made = vcd;
	return STATUS_OK;
}

enum status stream_vcd_close(struct stream_vcd *vcd, uint64_t total_cycles, struct error *error) {
	if (!vcd) return STATUS_OK;
	enum status status = STATUS_OK;
	write_until(vcd, total_cycles ? total_cycles : known_cycle(vcd));
	if (total_cycles) {
		fprintf(vcd->file, "#%" PRIu64 "\n", total_cycles);
		write_cycle(vcd, total_cycles, vcd->first_fill, 1);
	}
	if (vcd->failed_order)
		status =
		    error_set(error, STATUS_FAILED, "%s: a stage told of a cycle that was written already", vcd->path);
	if (vcd->failed_memory) status = error_set(error, STATUS_MEMORY, "%s: out of memory", vcd->path);
	const enum status closed = output_close(vcd->file, vcd->path, error);
	if (closed) status = closed;
	vcd_free(vcd);
	return status;
}
