/* Steady state of a streaming machine: what every stage does in one recurring period, and who limits it.
 *
 * Of a batch that recurs it is what happened between the two equal states, to the cycle (STREAMING.md section 8): a
 * batch longer by one period has just that more. A run that does not recur is measured over the second half of a longer
 * batch, and says so.
 */
#ifndef SIM_RUN_STREAM_STEADY_H
#define SIM_RUN_STREAM_STEADY_H

#include <signal.h>

#include "sim/base/states.h"
#include "sim/streaming/stream.h"

struct stream_steady_stage {
	uint64_t cycles[STATE_COUNT]; /* in one period; they sum to period_cycles */
};

struct stream_steady {
	int recurs;             /* 1: the period is exact; 0: the mean of a long batch's second half */
	uint64_t period_cycles; /* so many cycles for period_frames frames */
	uint32_t period_frames;
	uint32_t recurs_at_frame; /* frames sent when the recurrence was found; 0 without one */
	uint32_t stage_count;
	struct stream_steady_stage *stages;
	uint32_t bottleneck; /* the stage that waits least (memory + starved + blocked; idle too, which is one that runs
	                        ahead while FIFOs still fill), among equals the busiest, then the first */
	uint32_t most_starved; /* most memory + starved cycles; PIPELINE_NONE: no stage starves */
	uint32_t most_blocked; /* PIPELINE_NONE: no stage is blocked */
};

/* `batch` is a run of the pipeline, used where it recurred; otherwise one of 64 frames is made. `stop` may be NULL. The
 * result is the caller's (stream_steady_clear, also after a failure). STATUS_STUCK, STATUS_INTERRUPTED, STATUS_MEMORY.
 */
enum status stream_steady_find(const struct pipeline *pipeline, const struct stream_result *batch,
                               const volatile sig_atomic_t *stop, struct stream_steady *steady, struct error *error);
void stream_steady_clear(struct stream_steady *steady);

/* Cycles a frame. */
double stream_steady_cycles(const struct stream_steady *steady);

/* Cycles in which a stage waits, in one period. */
uint64_t stream_steady_starved(const struct stream_steady *steady, uint32_t stage); /* memory + starved */
uint64_t stream_steady_waits(const struct stream_steady *steady, uint32_t stage);   /* and blocked */

/* 1: stage a is a narrower place than b: it waits or is idle less, or as much and works more. */
int stream_steady_is_narrower(const struct stream_steady *steady, uint32_t a, uint32_t b);

#endif
