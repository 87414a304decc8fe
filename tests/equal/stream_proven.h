/* The drawn cases of a run, and whether the column `proven` of the parameter table says what they cover. */
#ifndef TESTS_EQUAL_STREAM_PROVEN_H
#define TESTS_EQUAL_STREAM_PROVEN_H

#include <stdint.h>

#include "tests/equal/stream_case.h"

/* The draws of a normal run (tests/equal/run_stream_equal.sh), of which the column speaks. */
enum { STREAM_PROVEN_COUNT = 80, STREAM_PROVEN_SEED = 4 };

/* Draws case `number` of a seed, again until the mapper accepts it; *refused is raised by those it does not. The case
 * is the caller's (stream_case_clear). *plan (may be NULL) gets the plan, also of a failure: one that is no refusal. */
enum status stream_proven_draw(struct stream_case *made, struct stream_plan *plan, uint64_t seed, uint32_t number,
                               uint32_t *refused, struct error *error);

/* Compares the rows [streaming] of config_parameters with the draws: what was drawn must be what the column says, rows
 * of text aside. Prints a line for each row that differs. Returns the number of rows that agree; *failed those that do
 * not. */
uint32_t stream_proven_check(uint32_t *failed);

#endif
