/* Runs a program on the functional executor in any legal order: an abstract machine of a sequencer that fetches in
 * order, one queue per unit, and token counters; every command is performed whole, at once, and which ready unit goes
 * next is a matter of chance. What a correct program computes does not depend on it. */
#ifndef TESTS_UNIT_TEST_MAPPER_RUN_H
#define TESTS_UNIT_TEST_MAPPER_RUN_H

#include <stdint.h>

#include "sim/input/trace.h"
#include "sim/machine/executor.h"

struct random {
	uint64_t state; /* not 0 */
};

uint32_t random_below(struct random *random, uint32_t limit); /* 0 .. limit - 1 */
uint32_t random_between(struct random *random, uint32_t low, uint32_t high);

/* Runs the preamble and `frames` frames. Before each frame the input map values[height][width][channels] of the trace
 * is written, after it scores[frame][classes] are read. `executor` may be NULL: then only tokens are counted. In half
 * of the runs the choice is by a fixed random order of the units, so that one is far ahead of another. STATUS_STUCK
 * when nothing can go on; STATUS_FAILED when a token is left at END or a counter exceeds 255. */
enum status run_program(struct executor *executor, const struct config *config, const struct program *program,
                        struct random *random, const struct trace *trace, const int16_t *const *inputs, uint32_t frames,
                        int32_t *scores, struct error *error);

/* Random values of the trace's input map, of a bits map -1 or +1; from malloc. */
int16_t *random_input(const struct trace *trace, struct random *random);

#endif
