/* The values that draws gave the parameters of a configuration, held against the column `proven` of their table. */
#ifndef TESTS_EQUAL_SEEN_H
#define TESTS_EQUAL_SEEN_H

#include <stdint.h>

#include "sim/input/config.h"

enum { SEEN_VALUES_MAX = 1024 };

/* Distinct values of one parameter, sorted. More than SEEN_VALUES_MAX are not kept: the column would differ. */
struct seen {
	uint32_t count, value[SEEN_VALUES_MAX];
};

void seen_add(struct seen *seen, uint32_t value);

/* Adds the configuration's own value of a parameter, which is not a text. */
void seen_add_from(struct seen *seen, const struct config_parameter *parameter, const struct config *config);

/* seen[i] is of config_parameters[i]. Compares the rows for which is_row returns 1, rows of text aside: what was drawn
 * must be what the column says. The column is a list of values where few were drawn ("4,8,16"), and a range from the
 * least to the largest where many were, or where the value is a depth or a target; 0 stands by itself where it means
 * auto or off. Prints a line for each row that differs and raises *failed by it. Returns the number of rows that agree.
 */
uint32_t seen_compare(const struct seen *seen, int (*is_row)(const struct config_parameter *parameter),
                      uint32_t *failed);

#endif
