/* Depths of FIFOs: deep enough that a fork and a join cannot deadlock, and as shallow as the throughput allows.
 *
 * Where the two branches of a fork meet again in a join, words wait in front of the join on the branch that is early.
 * If they find no room the fork holds, the late branch starves, and the pipeline is stuck. A pipeline without joins
 * cannot get stuck. The place of the wait, one FIFO a join, is the FIFO of the early branch, between the join and the
 * nearest fork or join before it, that costs the fewest bits a frame (the one nearest the fork, where several do).
 */
#ifndef SIM_STREAMING_SIZING_H
#define SIM_STREAMING_SIZING_H

#include <signal.h>
#include <stdint.h>

#include "sim/base/status.h"
#include "sim/mapper/pipeline.h"

/* Gives each join's place of waiting a depth with which it neither deadlocks nor costs time: one word more than its
 * highest fill when it holds any number of words, all other FIFOs as built. It is never made shallower. FIFOs with
 * is_named keep their depth; where that leaves a pipeline stuck, running it says so. A pipeline without joins is
 * untouched. Call it once, after pipeline_map. STATUS_MEMORY; STATUS_FAILED where words that a join needs never come
 * (not a matter of depths). */
enum status stream_size_skips(struct pipeline *pipeline, struct error *error);

/* Depths with which a stuck pipeline runs: its own, but at each join's place of waiting (named or not) the smallest
 * depth that does not get stuck, one join after the other. `depth_words` is the caller's array of fifo_count numbers;
 * of a pipeline that is not stuck they are its own. STATUS_MEMORY, STATUS_FAILED as above. */
enum status stream_feasible_depths(const struct pipeline *pipeline, uint32_t *depth_words, struct error *error);

struct fifo_sizing {
	uint32_t before_words, after_words;
	uint64_t bits_saved; /* width x words; 0 where it became deeper */
};

struct stream_sizing {
	/* To be set by the caller; all 0 is allowed. */
	uint32_t latency_tolerance_permille; /* by which the latency of frame 0 may grow; the period may not */
	uint32_t is_fastest; /* 1: every FIFO may become deeper than it is: the period is that of FIFOs that hold whole
	                        frames, the best that depths can do. 0: that of the pipeline as it is */
	const volatile sig_atomic_t *stop; /* may be NULL */
	void *context;
	void (*progress)(void *context, uint32_t done, uint32_t count); /* may be NULL; FIFOs decided */
	/* Set by stream_size_fifos. */
	uint32_t was_stuck; /* as it was; `before` figures are then of the depths that free it */
	uint64_t latency_before_cycles, latency_after_cycles; /* a batch of one frame */
	double period_before_cycles, period_after_cycles;     /* a frame, steady state; equal unless is_fastest */
	uint32_t fifo_count;
	struct fifo_sizing *fifos;
	uint64_t bits_before, bits_after; /* of all FIFOs: width x words */
	uint32_t runs;                    /* of the machine */
};

/* Finds the smallest depth, at least 2, of every FIFO that keeps the period exactly and the latency within the
 * tolerance, the most expensive FIFO (bits as built, then the lower index) first, each by halving; a stuck pipeline
 * starts from depths that free it. The pipeline gets the depths; named ones change too. One word less in any FIFO that
 * has more than 2 costs time or is stuck. Period: of a batch of `frames` frames, at least 3; where it
 * does not recur, of larger ones, and of the second half of one of 1024 or more. The same pipeline gives the same
 * depths. The sizing's result is the caller's (stream_sizing_clear, also after a failure, which leaves the pipeline as
 * it was). STATUS_INTERRUPTED, STATUS_MEMORY, STATUS_FAILED as above. */
enum status stream_size_fifos(struct pipeline *pipeline, uint32_t frames, struct stream_sizing *sizing,
                              struct error *error);
void stream_sizing_clear(struct stream_sizing *sizing);

#endif
