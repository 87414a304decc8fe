/* Does the column `proven` of the parameter table say what the equality suite covers? */
#ifndef TESTS_EQUAL_PROVEN_H
#define TESTS_EQUAL_PROVEN_H

#include <stdint.h>

/* The draws of a normal run (tests/run_tests.sh), of which the column speaks. */
enum { PROVEN_COUNT = 60, PROVEN_SEED = 1 };

/* Draws PROVEN_COUNT cases of each structure from PROVEN_SEED, as the suite does, and compares every row of
 * config_parameters that can influence cycles: what was drawn must be what the column says. Prints a line for each row
 * that differs. Returns the number of rows that agree; *failed those that do not. */
uint32_t proven_check(uint32_t *failed);

#endif
