/* The text in which a machine, its program and its memory are given to the RTL bench, and in which a result is
 * compared. */
#ifndef TESTS_EQUAL_CASE_FILE_H
#define TESTS_EQUAL_CASE_FILE_H

#include <stdio.h>

#include "sim/machine/executor.h"
#include "sim/machine/machine.h"

/* The `machine` line that names the hardware: all that a Verilator build depends on, with the keys of
 * tests/rtl/build.sh. */
void case_machine_write(FILE *out, const struct config *config);

/* Writes `machine`, `command`, `ddr`, `dump`, `end` lines. The DDR contents include the input the caller put there:
 * `input` bytes at program->input. The dump covers the scores. */
void case_write(FILE *out, const struct config *config, const struct program *program, struct executor *before);

/* Writes `case`, `total_cycles`, `frame`, `attribution`, `dump`, `end` lines. */
void case_result_write(FILE *out, uint32_t number, const struct config *config, const struct program *program,
                       const struct machine_result *result, const struct executor *after);

/* Bytes of the scores in DDR. */
uint32_t case_scores_bytes(const struct config *config, const struct program *program);

#endif
