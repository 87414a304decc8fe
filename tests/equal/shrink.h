/* From a failing case to a minimal one. */
#ifndef TESTS_EQUAL_SHRINK_H
#define TESTS_EQUAL_SHRINK_H

#include "tests/equal/plan.h"

/* Takes away layers, makes shapes and numbers smaller and puts parameters at their defaults as long as the case still
 * fails; the hardware stays, so that `bench`, the executable of its Verilator build, can run every candidate ("-":
 * none, only the model's own checks). Returns 0 when the plan does not fail in the first place. */
int shrink(struct plan *plan, const char *bench);

#endif
