/* See one_layer.h. */
#include "tests/unit/one_layer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "tests/unit/trace_sample.h"

static void fill_tensor(struct trace_tensor *tensor, struct random *random) {
	for (uint32_t row = 0; row < tensor->rows; row++)
		for (uint32_t column = 0; column < tensor->columns; column++) {
			const uint32_t drawn = random_below(random, 200);
			const size_t place = (size_t)row * tensor->columns + column;
			if (tensor->type == TRACE_TENSOR_INT32)
				((int32_t *)tensor->data)[place] = (int32_t)drawn - 100;
			else if (tensor->type == TRACE_TENSOR_INT16)
				((int16_t *)tensor->data)[place] = (int16_t)((int32_t)drawn - 100);
			else if (drawn & 1)
				((uint8_t *)tensor->data)[row * trace_bits_row_bytes(tensor->columns) + column / 8] |=
				    (uint8_t)(1u << column % 8);
		}
}

/* Input bits, a layer to a fixed map of the same channels, and 1 x 1 scores. The shapes fit; values are random. */
void one_layer_trace(struct trace *trace, const struct one_layer *shape, struct random *random) {
	const uint32_t sums = (shape->side + 2 * shape->pad - shape->kernel) / shape->stride + 1;
	const uint32_t window = shape->kernel * shape->kernel * shape->channels;
	*trace = (struct trace){.classes = 2,
	                        .has_values = 1,
	                        .pixel = TRACE_PIXEL_BIPOLAR,
	                        .image_height = shape->side,
	                        .image_width = shape->side,
	                        .image_channels = 1,
	                        .image_repeat = 1,
	                        .float_top1 = -1};
	snprintf(trace->name, sizeof trace->name, "one");
	trace->input_map = trace_sample_map(trace, "in", TRACE_MAP_BITS, shape->side, shape->side, shape->channels, 1);
	struct trace_layer *layer = trace_sample_layer(trace, "one");
	layer->output_channels = shape->outputs;
	layer->sums_height = layer->sums_width = sums;
	layer->main = (struct trace_conv){.kind = TRACE_CONV_BINARY,
	                                  .input_map = 0,
	                                  .kernel = shape->kernel,
	                                  .stride = shape->stride,
	                                  .pad = shape->pad,
	                                  .pad_value = shape->pad_value,
	                                  .weight_bits = 1};
	layer->main.weight_tensor = trace_sample_tensor(trace, "w", TRACE_TENSOR_BITS, shape->outputs, window);
	layer->post_shift = 3;
	layer->parameter_tensor = trace_sample_tensor(trace, "p", TRACE_TENSOR_INT32, shape->outputs, 6);
	layer->fixed_map = trace_sample_map(trace, "x", TRACE_MAP_FIXED, sums, sums, shape->outputs, 12);
	layer = trace_sample_layer(trace, "head");
	layer->output_channels = 2;
	layer->sums_height = layer->sums_width = 1;
	layer->main = (struct trace_conv){
	    .kind = TRACE_CONV_FIXED, .input_map = 1, .kernel = sums, .stride = 1, .weight_bits = 8};
	layer->main.weight_tensor =
	    trace_sample_tensor(trace, "hw", TRACE_TENSOR_INT16, 2, sums * sums * shape->outputs);
	layer->parameter_tensor = trace_sample_tensor(trace, "hp", TRACE_TENSOR_INT32, 2, 6);
	layer->fixed_map = trace_sample_map(trace, "scores", TRACE_MAP_FIXED, 1, 1, 2, 32);
	trace->scores_map = 2;
	trace_lifetimes(trace);
	for (uint32_t i = 0; i < trace->tensor_count; i++) fill_tensor(&trace->tensors[i], random);
	for (uint32_t row = 0; row < shape->outputs; row++)
		((int32_t *)trace->tensors[1].data)[row * 6 + 5] = (int32_t)row % 4;
}

void one_layer_machine(struct config *config, uint32_t packing, uint32_t words) {
	config_defaults(config);
	config->binary_pes = 8;
	config->binary_words = words;
	config->binary_packing = packing;
	config->binary_window_bits = 4608;
	config->fixed_rows = 4;
	config->fixed_columns = 8;
	config->post_lanes = 4;
	for (int i = 0; i < BUFFER_COUNT; i++) config->buffer[i].depth_words = 4096;
}

int one_layer_is_window_packed(const struct program *program) {
	for (uint32_t i = 0; i < program->command_count; i++)
		if (program->commands[i].opcode == OPCODE_BINARY_CONV)
			return program->commands[i].flags & CONV_WINDOW_PACKED;
	fail();
	return 0;
}
