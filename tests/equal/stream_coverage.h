/* What the drawn cases of a streaming equality run had in them, and whether that was often enough to believe the run.
 */
#ifndef TESTS_EQUAL_STREAM_COVERAGE_H
#define TESTS_EQUAL_STREAM_COVERAGE_H

#include <stdint.h>
#include <stdio.h>

#include "tests/equal/stream_case.h"

enum { STREAM_COVERAGE_MAX = 64 };

struct stream_coverage {
	uint32_t cases, with[STREAM_COVERAGE_MAX];
};

void stream_coverage_add(struct stream_coverage *coverage, const struct stream_case *made,
                         const struct stream_result *result);

/* A line for each feature: cases with it, its share, the share asked for, and TOO FEW where that is not reached, of at
 * least 60 cases. Returns the number of features that are too few; *enough those that are not. */
uint32_t stream_coverage_print(const struct stream_coverage *coverage, FILE *out, uint32_t *enough);

#endif
