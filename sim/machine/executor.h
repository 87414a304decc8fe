/* Functional executor: runs the commands of a program on byte images of DDR and of every buffer.
 *
 * It knows PROGRAM.md, the program and the machine's structural parameters, and nothing of the trace. Bytes that were
 * never written are poison: reading one is an error that names command, unit, buffer (or channel) and word. So a wrong
 * address, halo or ping-pong half cannot hide behind plausible cycles.
 */
#ifndef SIM_MACHINE_EXECUTOR_H
#define SIM_MACHINE_EXECUTOR_H

#include <stddef.h>
#include <stdint.h>

#include "sim/base/status.h"
#include "sim/input/config.h"
#include "sim/mapper/program.h"

struct executor;

/* Loads the program's segments into DDR images. config and program must outlive it. */
enum status executor_create(struct executor **executor, const struct config *config, const struct program *program,
                            struct error *error);
void executor_free(struct executor *executor);

/* DDR access for the host: image in, scores out, and dumps. Reading poison is STATUS_FAILED. */
enum status executor_write_ddr(struct executor *executor, uint32_t channel, uint32_t address, const void *data,
                               size_t bytes, struct error *error);
enum status executor_read_ddr(const struct executor *executor, uint32_t channel, uint32_t address, void *data,
                              size_t bytes, struct error *error);

/* Performs command `index` whole. The order of calls is the caller's: program order, or the order in which a timed run
 * began them (so that a missing token shows). END and BARRIER do nothing. */
enum status executor_command(struct executor *executor, uint32_t index, struct error *error);

/* All commands in program order: preamble and one frame. Each input image needs its own executor_write_ddr before. */
enum status executor_preamble(struct executor *executor, struct error *error);
enum status executor_frame(struct executor *executor, struct error *error);

/* Host side: writes an input map (values[height][width][channels]; bits: -1 / +1) as the program's input layout, and
 * reads `count` scores. */
enum status executor_put_input(struct executor *executor, const int16_t *values, uint32_t height, uint32_t width,
                               uint32_t channels, int is_bits, struct error *error);
enum status executor_get_scores(const struct executor *executor, int32_t *scores, uint32_t count, struct error *error);

#endif
