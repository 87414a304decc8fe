/* A network of one binary layer and scores, and a machine for it, for the mapper's tests. */
#ifndef TESTS_UNIT_ONE_LAYER_H
#define TESTS_UNIT_ONE_LAYER_H

#include "sim/input/config.h"
#include "sim/mapper/mapper.h"
#include "tests/unit/test_mapper_run.h"

/* Of the binary layer. The map is side x side; the sums must be square too, and the window must fit. */
struct one_layer {
	uint32_t channels, outputs, kernel, stride, pad, side;
	enum trace_pad_value pad_value;
};

/* Input bits, a layer to a fixed map of its output channels, and 1 x 1 scores of two classes; values are random.
 * Release with trace_clear. */
void one_layer_trace(struct trace *trace, const struct one_layer *shape, struct random *random);

/* 8 PEs of `words` words, 4 x 8 fixed lanes, 4 post lanes, buffers of 4,096 words; packing: enum config_packing. */
void one_layer_machine(struct config *config, uint32_t packing, uint32_t words);

/* Whether the program's first BINARY_CONV is packed by window; fails the test where it has none. */
int one_layer_is_window_packed(const struct program *program);

#endif
