/* Internal to sim/streaming's sizing: runs of a pipeline with other depths than its own, and where words wait for the
 * other branch of a join. */
#ifndef SIM_STREAMING_SIZING_TRIAL_H
#define SIM_STREAMING_SIZING_TRIAL_H

#include "sim/streaming/stream.h"

/* The pipeline with FIFOs of its own; stages are the original's. */
struct trial {
	struct pipeline pipeline;
	uint32_t runs;
	const volatile sig_atomic_t *stop; /* may be NULL */
};

enum status trial_begin(struct trial *trial, const struct pipeline *pipeline, struct error *error);
void trial_end(struct trial *trial);

/* One run; `unbounded` may be NULL. A stuck run is STATUS_OK here: result->is_stuck says so. The result is the
 * caller's. */
enum status trial_run(struct trial *trial, uint32_t frames, const uint8_t *unbounded, struct stream_result *result,
                      struct error *error);

/* The same with the input DMA at a pace of so many cycles for so many frames. */
enum status trial_run_at_pace(struct trial *trial, uint32_t frames, uint64_t pace_cycles, uint32_t pace_frames,
                              struct stream_result *result, struct error *error);

/* FIFOs in which words wait for a join's other branch: one a join, or both of its inputs where no choice of one runs.
 * depth_words: with which they cost no time (not less than built). */
struct waits {
	uint32_t count;
	uint32_t *fifos, *depth_words;
};

/* `keep_named`: FIFOs whose depth is named are no place to wait. */
enum status waits_find(struct waits *waits, struct trial *trial, int keep_named, struct error *error);
void waits_apply(const struct waits *waits, struct pipeline *pipeline);
void waits_clear(struct waits *waits);

/* Smallest depth from `low` to `high` words of FIFO `fifo` for which `is_enough` is 1, by halving; `high` is enough
 * (not asked). The trial's FIFO has that depth afterwards. */
enum status trial_halve(struct trial *trial, uint32_t fifo, uint32_t low, uint32_t high,
                        enum status (*is_enough)(void *context, int *is, struct error *error), void *context,
                        struct error *error);

#endif
