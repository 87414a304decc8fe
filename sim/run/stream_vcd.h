/* Value change dump (IEEE 1364) of a streaming machine: opens in GTKWave. Fed with stream events by any kernel; the
 * same run gives the same bytes with every kernel and in every order of steps.
 *
 * One time step is one clock period ("1 ns" in the file, whatever the clock); time 0 is cycle 0, the last time is
 * total_cycles. Below `stages` a module a stage, below `fifos` one a FIFO; a dot in their names is a level (L0.window
 * is module window in module L0).
 *
 *   state   3 bits   the attribution of the cycle (STREAMING.md section 6): 0 busy, 1 fill_drain, 3 blocked, 4 memory,
 *                    5 starved, 6 idle. Summed over the cycles they are the counters of the result.
 *   frame  32 bits   the frame whose iteration was issued last (0 before the first)
 *   fill             words in the FIFO at the beginning of the cycle (`count` of STREAMING.md section 2)
 *
 * At total_cycles only fills may change: the state then has no cycle.
 */
#ifndef SIM_RUN_STREAM_VCD_H
#define SIM_RUN_STREAM_VCD_H

#include "sim/base/status.h"
#include "sim/mapper/pipeline.h"
#include "sim/streaming/stream.h"

struct stream_vcd; /* opaque */

/* Creates the file and writes its head. pipeline must outlive it; `frames` is the batch that will be run. STATUS_IO,
 * STATUS_MEMORY; then *vcd is NULL. */
enum status stream_vcd_open(struct stream_vcd **vcd, const char *path, const struct pipeline *pipeline,
                            uint32_t clock_khz, uint32_t frames, struct error *error);

/* An observer for struct stream_options, with the vcd as its context. Failures are kept for stream_vcd_close. */
void stream_vcd_event(void *vcd, const struct stream_event *event);

/* Writes the rest up to total_cycles (of a stuck run: those until it stuck; 0: the run failed, up to the last cycle all
 * is known of), closes the file and frees *vcd, which may be NULL. STATUS_IO names the file. */
enum status stream_vcd_close(struct stream_vcd *vcd, uint64_t total_cycles, struct error *error);

#endif
