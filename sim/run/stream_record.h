/* What a streaming machine did over time: the fill of every FIFO, and which frame each stage was working on. Fed with
 * stream events by any kernel; the same run gives the same bytes with every kernel and in every order of steps.
 *
 * Sampling: a run of at most 4,096 cycles is kept to the cycle. A longer one is kept in steps of 2, 4, 8 ... cycles,
 * the smallest with which 4,096 steps cover it; a step's fill is then the highest at the end of any of its cycles or of
 * the cycle before it.
 */
#ifndef SIM_RUN_STREAM_RECORD_H
#define SIM_RUN_STREAM_RECORD_H

#include <stdio.h>

#include "sim/base/status.h"
#include "sim/input/config.h"
#include "sim/mapper/pipeline.h"
#include "sim/streaming/stream.h"

struct stream_record; /* opaque */

/* The pipeline must outlive it. STATUS_MEMORY; then *record is NULL. */
enum status stream_record_create(struct stream_record **record, const struct pipeline *pipeline, struct error *error);
void stream_record_free(struct stream_record *record); /* NULL is allowed */

/* An observer for struct stream_options, with the record as its context. Failures are kept for stream_record_end. */
void stream_record_event(void *record, const struct stream_event *event);

/* After the run, also of one that is stuck. STATUS_MEMORY when events were lost. */
enum status stream_record_end(struct stream_record *record, uint64_t total_cycles, struct error *error);

/* Cycles of a sampling step: 1, 2, 4 ... */
uint64_t stream_record_step_cycles(const struct stream_record *record);

/* CSV `fifo,cycle,fill`, FIFO after FIFO in the order of the pipeline: a line where the fill changes, the first at
 * cycle 0, the last at total_cycles. `cycle` is the first of a step. */
void stream_record_write_fills(const struct stream_record *record, FILE *out);

/* Trace-event JSON for Perfetto (ui.perfetto.dev) and chrome://tracing; one cycle is shown as one microsecond. Process
 * `stages`: a track a stage with a span a frame, from the cycle of its first iteration to that of its last. Process
 * `fifos`: a counter a FIFO. */
void stream_record_write_timeline(const struct stream_record *record, const struct config *config, FILE *out);

#endif
