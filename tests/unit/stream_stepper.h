/* A second, naive model of STREAMING.md sections 2, 3 and 6: every stage looked at in every cycle, from the registers
 * of the cycle before. Slow, and short enough to be checked by eye. */
#ifndef TESTS_UNIT_STREAM_STEPPER_H
#define TESTS_UNIT_STREAM_STEPPER_H

#include "sim/streaming/stream.h"

/* Fills total_cycles, frame_end_cycle (the caller's array of `frames`), the stages' cycles and the FIFOs' highest fill.
 * Returns 0 when the pipeline is stuck. */
int stepper_run(const struct pipeline *pipeline, uint32_t frames, struct stream_result *result);

#endif
