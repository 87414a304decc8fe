/* Whole-number expressions of network descriptions: 12, depth, i-1, channels*4, (size/patch)*(size/patch).
 *
 * Operators + - * / (division must leave no rest), parentheses, whole numbers, names. Spaces are ignored.
 */
#ifndef WORKLOADS_EXPRESSION_H
#define WORKLOADS_EXPRESSION_H

#include <stddef.h>
#include <stdint.h>

#include "sim/base/status.h"

struct expression_name {
	const char *name;
	int64_t value;
};

/* Value of the first `length` characters of `text`. STATUS_INPUT with `place` (file and section) in front: unknown name
 * (with the nearest known one), syntax, a division with a rest or by 0, a value beyond +-10^12. */
enum status expression_value(const char *text, size_t length, const struct expression_name *names, size_t name_count,
                             const char *place, int64_t *value, struct error *error);

#endif
