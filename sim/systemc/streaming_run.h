/* SystemC kernel of the streaming machine: each stage as a SystemC module around stream_step.
 *
 * Gives the same stream_result as stream_run with no_recurrence: every frame is simulated. Simulated time: one
 * nanosecond is one clock period, whatever the clock.
 *
 * SystemC elaborates once in a process: see systemc_run.h.
 */
#ifndef SIM_SYSTEMC_STREAMING_RUN_H
#define SIM_SYSTEMC_STREAMING_RUN_H

#ifdef __cplusplus
extern "C" {
#endif

#include "sim/streaming/stream.h"

/* Runs a batch. Of the options (may be NULL) `shuffle_seed` puts every stage off by 0 to 3 delta cycles, `stop` and
 * `event` are as for stream_run, `no_recurrence` is always so; unbounded FIFOs are refused with STATUS_USAGE. The
 * result is the caller's (stream_result_clear), also with STATUS_STUCK. STATUS_INTERRUPTED, STATUS_MEMORY;
 * STATUS_FAILED: a second run in this process, or an error that SystemC reports. */
enum status systemc_stream_run(const struct pipeline *pipeline, uint32_t frames, const struct stream_options *options,
                               struct stream_result *result, struct error *error);

#ifdef __cplusplus
}
#endif

#endif
