/* The streaming machine: stages joined by FIFOs, to the cycle of STREAMING.md.
 *
 * Timing is written once, here. A stage is a state machine that takes words and makes words at cycles it can compute
 * as soon as the words and the room it needs are known: a FIFO remembers in which cycle each word came and each place
 * became free. So a stage may be stepped at any time, in any order, and as far as its neighbours' cycles are known;
 * the result cannot depend on the order (tests shuffle it). The native runner steps stages until nothing moves; the
 * SystemC kernel steps a stage in the cycles it is woken for.
 */
#ifndef SIM_STREAMING_STREAM_H
#define SIM_STREAMING_STREAM_H

#include <signal.h>
#include <stdint.h>

#include "sim/base/states.h"
#include "sim/base/status.h"
#include "sim/mapper/pipeline.h"

#define STREAM_NEVER UINT64_MAX

struct stream_stage_counters {
	uint64_t cycles[STATE_COUNT];
	uint64_t words_taken, words_made; /* of one input, one output FIFO */
};

struct stream_fifo_counters {
	uint64_t words;
	uint32_t highest_fill;
	uint32_t fill_at_end; /* of a run that is stuck: what lies in it */
};

struct stream_result {
	uint64_t total_cycles;
	uint32_t frames;
	uint64_t *frame_end_cycle; /* cycle in which the output DMA takes the last word of frame k */
	uint64_t period_cycles;    /* steady state: so many cycles for period_frames frames; 0: it did not recur */
	uint32_t period_frames, recurs_at_frame;     /* frames sent when the recurrence was found */
	struct stream_stage_counters *period_stages; /* what each stage does in the period; NULL without one */
	uint64_t frames_simulated;                   /* the others were repetitions */
	uint32_t stage_count, fifo_count;
	struct stream_stage_counters *stages;
	struct stream_fifo_counters *fifos;
	int is_stuck; /* the counters are those of the moment it stuck */
};

enum stream_event_kind { STREAM_PUSH, STREAM_TAKE, STREAM_FRAME_BEGIN, STREAM_FRAME_END, STREAM_STATE };

struct stream_event {
	enum stream_event_kind kind;
	uint32_t index;        /* FIFO, or stage for the frame and state events */
	uint32_t frame;        /* frame events */
	enum unit_state state; /* state events: the stage is in it from `cycle` to before end_cycle */
	uint64_t cycle;        /* of the push, the take, the first and the last iteration issued */
	uint64_t end_cycle;
};

struct stream_options {
	uint64_t shuffle_seed;    /* not 0: stages are stepped in random order */
	uint32_t no_recurrence;   /* 1: every frame is simulated */
	uint32_t unbounded_fifos; /* 1: all FIFOs hold any number of words */
	const uint8_t *unbounded; /* may be NULL; one a FIFO, 1: it holds any number of words */
	/* pace_frames not 0: the input DMA begins frame k not before cycle k x pace_cycles / pace_frames (and as ever
	 * not before start_cycles), as far as the run is simulated up to its recurrence: the machine at a given pace,
	 * not at its own. Where it recurs with another period than that, it cannot keep it. */
	uint64_t pace_cycles;
	uint32_t pace_frames;
	const volatile sig_atomic_t *stop; /* may be NULL */
	void *context;
	/* May be NULL; called in the order things are decided: by rising cycle for each FIFO's pushes, for its takes
	 * and for each stage, not across them. A stage's states come without a gap from cycle 0 on, one state in any
	 * number of pieces; the last is idle, to STREAM_NEVER. No word is told of that a stage takes or makes in a
	 * cycle for which its state has been told before. What is told of cycles from total_cycles on is not part of
	 * the run. Switches the recurrence off. */
	void (*event)(void *context, const struct stream_event *event);
};

/* Runs a batch of `frames` frames. The result is the caller's (stream_result_clear), also with STATUS_STUCK, whose
 * sentence names the full FIFO that stands in the way. STATUS_INTERRUPTED, STATUS_MEMORY. `options` may be NULL. */
enum status stream_run(const struct pipeline *pipeline, uint32_t frames, const struct stream_options *options,
                       struct stream_result *result, struct error *error);
void stream_result_clear(struct stream_result *result);

/* Steady state: cycles a frame, from a run. Of a run of one frame, its cycles. */
double stream_period_cycles(const struct stream_result *result);

/* For kernels that step the stages themselves (SystemC). */
struct stream;
struct stream_hooks {
	void *context;
	/* Stage `stage` may have something to do in `cycle`, because a neighbour pushed or took. Required. */
	void (*wake)(void *context, uint32_t stage, uint64_t cycle);
	void *event_context;
	void (*event)(void *event_context, const struct stream_event *event); /* may be NULL */
};
enum status stream_create(struct stream **stream, const struct pipeline *pipeline, uint32_t frames,
                          const struct stream_hooks *hooks, struct error *error);
/* Does all that the stage does up to and including `until_cycle`; returns the cycle of its next advance where that is
 * known already, STREAM_NEVER where it waits for a neighbour or has ended. */
uint64_t stream_step(struct stream *stream, uint32_t stage, uint64_t until_cycle);
int stream_ended(const struct stream *stream); /* the output DMA has taken its last word */
enum status stream_finish(struct stream *stream, struct stream_result *result, struct error *error);
void stream_free(struct stream *stream);

#endif
