/* Runs of streaming machines shared between points; the counterpart of share.h. Two keys, compared byte for byte:
 *
 *   inputs    network (its number in this process), [streaming] and run.frames, and of the others what a folding is
 *             chosen by: the device where it is auto, the clock where it has a target. A hit saves folding and run.
 *   pipeline  every stage and FIFO, and the frames: two machines that come out the same. A hit saves the run.
 *
 * What is kept is all that a row needs but the estimates: pipeline, batch, latency, steady state. Memory is bounded: a
 * place that is taken is overwritten, runs beyond the budget push out others.
 */
#ifndef EXPLORE_SHARE_STREAM_H
#define EXPLORE_SHARE_STREAM_H

#include "sim/input/config.h"
#include "sim/run/simulation.h"

struct share_stream; /* opaque */

/* What a shared run gives. */
struct stream_share_result {
	enum status status; /* STATUS_OK, STATUS_UNMAPPABLE or STATUS_INPUT (by inputs only), or STATUS_STUCK */
	char reason[320];   /* its sentence */
	struct simulation_streaming streaming; /* without estimates; its arrays belong to the share */
};

/* `budget_bytes` bounds the memory of the runs. NULL when out of memory. */
struct share_stream *share_stream_create(size_t budget_bytes);
void share_stream_free(struct share_stream *share); /* NULL is allowed */

/* The result kept for these inputs, or for this pipeline and number of frames; or NULL. Valid until the next
 * share_stream_keep or share_stream_link. */
const struct stream_share_result *share_stream_find_inputs(struct share_stream *share, const struct config *config,
                                                           uint64_t network);
const struct stream_share_result *share_stream_find_pipeline(struct share_stream *share, uint32_t frames,
                                                             const struct pipeline *pipeline);

/* Lets the inputs find a result that was found by its pipeline. */
void share_stream_link(struct share_stream *share, const struct config *config, uint64_t network,
                       const struct stream_share_result *result);

/* Keeps what came out for these inputs. Where there is room it takes `made`'s arrays over and returns 1: they are the
 * share's then and may still be read; else 0. A `made` without stages is a failure to map. */
int share_stream_keep(struct share_stream *share, const struct config *config, uint64_t network,
                      const struct stream_share_result *made);

#endif
