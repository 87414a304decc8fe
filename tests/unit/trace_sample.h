/* A tiny hand-made network for the tests of traces and values: a fixed 3x3 stem on a 4 x 4 grey image, a binary layer
 * with a skip convolution of stride 2, a binary threshold layer with pooling, and a tap-shared fully connected layer.
 */
#ifndef TESTS_UNIT_TRACE_SAMPLE_H
#define TESTS_UNIT_TRACE_SAMPLE_H

#include "sim/input/trace.h"

/* Fills *trace with memory from malloc, so that trace_clear releases it. Aborts when out of memory. */
void trace_sample(struct trace *trace);

/* Adds a map, a tensor (zeros) and returns its index. */
uint32_t trace_sample_map(struct trace *trace, const char *name, enum trace_map_kind kind, uint32_t height,
                          uint32_t width, uint32_t channels, uint32_t bits);
uint32_t trace_sample_tensor(struct trace *trace, const char *name, enum trace_tensor_type type, uint32_t rows,
                             uint32_t columns);

/* Adds a layer of zeros with its name, and returns it (valid until the next one is added). */
struct trace_layer *trace_sample_layer(struct trace *trace, const char *name);

#endif
