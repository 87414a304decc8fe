/* Internal to sim/streaming: registers of stages and FIFOs. */
#ifndef SIM_STREAMING_STATE_H
#define SIM_STREAMING_STATE_H

#include "sim/mapper/schedule.h"
#include "sim/streaming/stream.h"

/* Cycles of the last `depth` pushes and takes, word n at n % depth. `pushed` and `taken` are of this run's own steps
 * (frames skipped by recurrence are not in them). */
struct fifo_state {
	uint64_t depth, pushed, taken;
	uint64_t *push_cycle, *take_cycle;
	uint64_t capacity; /* places of the rings: depth, or as far as grown where depth is unbounded */
	uint64_t push_at, take_at, evaluate_at; /* pushed, taken and evaluated modulo capacity */
	uint64_t evaluated;                     /* pushes whose fill is known */
	uint64_t seen, seen_at;                 /* takes known to be no later than the last of these; modulo capacity */
	uint64_t words, highest_fill;
	/* Stalling: by how many cycles at least a word, a place was there before the stage came to it, since the last
	 * frame was sent; negative where a stage waited. */
	int64_t word_margin, room_margin;
	uint32_t from, to;
};

enum { PIPE_MAX = 64 };

/* A time in which a flushing stage held because it was full. */
struct hold {
	uint64_t from_cycle, to_cycle; /* held in [from, to) */
};

struct stage_state {
	struct cursor cursor;
	struct fifo_state *input[STAGE_PORTS_MAX], *output[STAGE_PORTS_MAX]; /* NULL: none; the first comes first */
	int input_is_memory[STAGE_PORTS_MAX];                                /* filled by the input DMA */
	uint32_t latency_cycles;
	uint32_t frame;      /* of the next iteration */
	uint32_t empty_left; /* empty iterations after the last frame */
	int has_ended;
	int frame_begun;     /* an iteration of the present frame was issued */
	uint64_t next_cycle; /* cycles before it are accounted; the next iteration is not issued earlier */
	struct stream_stage_counters counters;
	uint64_t advances; /* stalling: advances done */
	uint64_t made_holds,
	    issue_holds; /* flushing: cycles held up to the last word made, the last iteration issued */
	/* Iterations with W in the pipeline, oldest first: the advance that makes their word (stalling: counted in
	 * advances; flushing: in cycles without holds, of which `made_holds` have been added so far). */
	uint32_t due_head, due_count, hold_head, hold_count;
	uint64_t due[PIPE_MAX];
	struct hold holds[PIPE_MAX + 1]; /* flushing: not yet passed by the issue */
	struct schedule schedule;
};

struct stream {
	const struct pipeline *pipeline;
	struct stream_hooks hooks;
	uint32_t frames;          /* of the batch */
	uint32_t released_frames; /* the input DMA sends no more for now */
	struct stage_state *stages;
	struct fifo_state *fifos;
	uint32_t frames_done;
	uint64_t *frame_end_cycle;
	uint32_t output_stage, input_stage;
	int failed_memory;
};

/* fifo.c */
enum status fifo_begin(struct fifo_state *fifo, const struct fifo *built, int is_unbounded);
void fifo_free(struct fifo_state *fifo);
/* Cycle from which the next word can be taken, the next one pushed; STREAM_NEVER: not known yet. */
static inline uint64_t fifo_word_cycle(const struct fifo_state *fifo) {
	return fifo->pushed == fifo->taken ? STREAM_NEVER : fifo->push_cycle[fifo->take_at] + 1;
}
static inline uint64_t fifo_room_cycle(const struct fifo_state *fifo) {
	if (fifo->pushed - fifo->taken >= fifo->depth) return STREAM_NEVER;
	/* Bounded: the place of word pushed - depth is that of the next one. */
	return fifo->pushed < fifo->depth ? 0 : fifo->take_cycle[fifo->push_at] + 1;
}
int fifo_grow(struct fifo_state *fifo); /* 0: out of memory, as for the next two */

static inline uint64_t fifo_next_place(const struct fifo_state *fifo, uint64_t place) {
	return place + 1 == fifo->capacity ? 0 : place + 1;
}

static inline void fifo_note_fill(struct fifo_state *fifo, uint64_t fill) {
	if (fill > fifo->highest_fill) fifo->highest_fill = fill;
	fifo->evaluated++;
	fifo->evaluate_at = fifo_next_place(fifo, fifo->evaluate_at);
}

/* Notes the fill of the last push, made in this cycle; the last take is later. */
void fifo_evaluate_push(struct fifo_state *fifo, uint64_t cycle);

static inline int fifo_push(struct fifo_state *fifo, uint64_t cycle) {
	if (fifo->pushed - fifo->taken == fifo->capacity && !fifo_grow(fifo)) return 0;
	fifo->push_cycle[fifo->push_at] = cycle;
	fifo->push_at = fifo_next_place(fifo, fifo->push_at);
	fifo->pushed++;
	fifo->words++;
	if (fifo->evaluated + 1 != fifo->pushed || !fifo->taken) return 1;
	/* Takes later than this push that are known already: it found them not yet done. */
	uint64_t last = fifo->take_at ? fifo->take_at - 1 : fifo->capacity - 1;
	if (fifo->take_cycle[last] > cycle) fifo_evaluate_push(fifo, cycle);
	return 1;
}

/* Whether the take that the next one overwrites comes later than a push that is still to come may come: a FIFO with
 * room for any number of words may be fuller in time than it ever is in the order of the steps. */
static inline int fifo_take_is_needed(const struct fifo_state *fifo) {
	return fifo->depth > UINT32_MAX && fifo->taken >= fifo->capacity &&
	       fifo->take_cycle[fifo->taken % fifo->capacity] > fifo->push_cycle[(fifo->pushed - 1) % fifo->capacity];
}

static inline int fifo_take(struct fifo_state *fifo, uint64_t cycle) {
	if (fifo_take_is_needed(fifo) && !fifo_grow(fifo)) return 0;
	while (fifo->evaluated < fifo->pushed && fifo->push_cycle[fifo->evaluate_at] < cycle)
		fifo_note_fill(fifo, fifo->evaluated + 1 - fifo->taken);
	fifo->take_cycle[fifo->take_at] = cycle;
	fifo->take_at = fifo_next_place(fifo, fifo->take_at);
	fifo->taken++;
	return 1;
}

/* Takes that come later than the last push: with them its fill, and that of pushes to come, is counted. */
uint64_t fifo_takes_ahead(const struct fifo_state *fifo);
/* The run has ended: fills of the pushes that no later take decides. */
void fifo_finish(struct fifo_state *fifo);

/* stage.c */
uint64_t stage_step(struct stream *stream, uint32_t index, uint64_t until_cycle);
/* Tells the observer, if there is one, of cycles [cycle, end_cycle). */
void stage_note_state(const struct stream *stream, uint32_t index, enum unit_state state, uint64_t cycle,
                      uint64_t end_cycle);
/* Accounts the cycles up to `cycle`, in all of which the stage waits. */
void stage_wait(struct stream *stream, uint32_t index, uint64_t cycle);

#endif
