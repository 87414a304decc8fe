/* A random network in memory, piece by piece: what both builders (plan_build.c, stream_build.c) add to a trace. The
 * arrays of maps and tensors are the builder's, large enough; an added piece is named after its number.
 */
#ifndef TESTS_EQUAL_CASE_TRACE_H
#define TESTS_EQUAL_CASE_TRACE_H

#include <stdint.h>

#include "sim/input/trace.h"

/* Returns the map's number. */
uint32_t case_trace_add_map(struct trace *trace, const char *name, enum trace_map_kind kind, uint32_t height,
                            uint32_t width, uint32_t channels, uint32_t bits);

/* A tensor of zeros, its data allocated (trace_clear). NULL where there is no memory; nothing is added then. */
struct trace_tensor *case_trace_add_tensor(struct trace *trace, enum trace_tensor_type type, uint32_t rows,
                                           uint32_t columns);

#endif
