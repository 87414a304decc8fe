/* A failing plan made smaller. */
#ifndef TESTS_EQUAL_STREAM_SHRINK_H
#define TESTS_EQUAL_STREAM_SHRINK_H

#include "tests/equal/stream_plan.h"

/* Makes *plan as small as it gets while it still fails: its kernels disagree, or the RTL
 * (tests/rtl/streaming/run_case.sh, from the present folder) gives another result. Each try is a Verilator build, so
 * there are at most 60. Returns 0 where the plan does not fail at all. */
int stream_shrink(struct stream_plan *plan);

#endif
