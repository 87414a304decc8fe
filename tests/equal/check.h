/* One case of the equality suites: machine, network, program and input; and its check by everything but the RTL. */
#ifndef TESTS_EQUAL_CHECK_H
#define TESTS_EQUAL_CHECK_H

#include <stdio.h>

#include "sim/machine/machine.h"
#include "sim/mapper/mapper.h"
#include "tests/equal/coverage.h"
#include "tests/equal/plan.h"

struct drawn {
	struct config config;
	struct trace trace;
	struct program program;
	struct mapping mapping;
	int16_t *input;
};

/* Builds and maps the plan. STATUS_UNMAPPABLE where the mapper refuses; other failures mean a malformed draw. On
 * failure nothing is kept. */
enum status drawn_prepare(struct drawn *drawn, const struct plan *plan, struct error *error);

/* Draws case `number` of a seed: plans, until the mapper accepts one. `plan` may be NULL. Returns how many were
 * refused, or -1: a malformed draw, or 1,000 refusals. */
int drawn_draw(struct drawn *drawn, struct plan *plan, const struct structure *structure, uint64_t seed,
               uint32_t number, struct error *error);

void drawn_clear(struct drawn *drawn);

/* Runs the case on the native kernel (with the executor beside it), again with shuffled wakes, and in SystemC (in a
 * child process, every second case with shuffled wakes), and compares the executor's scores with the layer kernels'.
 * Writes the case for the RTL bench and the result it must give. Counts what the case covers; `coverage` may be NULL.
 * Returns 1 when all agree; else 0 and a sentence. */
int check_case(const struct drawn *drawn, uint32_t number, FILE *cases, FILE *expected, struct coverage *coverage,
               struct error *error);

#endif
