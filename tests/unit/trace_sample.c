/* See trace_sample.h. The numbers are arbitrary but fixed. */
#include "tests/unit/trace_sample.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *grown(void *memory, size_t bytes) {
	void *more = realloc(memory, bytes);
	if (!more) abort();
	return more;
}

uint32_t trace_sample_map(struct trace *trace, const char *name, enum trace_map_kind kind, uint32_t height,
                          uint32_t width, uint32_t channels, uint32_t bits) {
	trace->maps = grown(trace->maps, (trace->map_count + 1) * sizeof *trace->maps);
	struct trace_map *map = &trace->maps[trace->map_count];
	*map = (struct trace_map){
	    .kind = kind, .height = height, .width = width, .channels = channels, .value_bits = bits};
	snprintf(map->name, sizeof map->name, "%s", name);
	return trace->map_count++;
}

uint32_t trace_sample_tensor(struct trace *trace, const char *name, enum trace_tensor_type type, uint32_t rows,
                             uint32_t columns) {
	trace->tensors = grown(trace->tensors, (trace->tensor_count + 1) * sizeof *trace->tensors);
	struct trace_tensor *tensor = &trace->tensors[trace->tensor_count];
	*tensor = (struct trace_tensor){.type = type, .rows = rows, .columns = columns};
	const size_t width = type == TRACE_TENSOR_INT16 ? 2 : 4;
	tensor->bytes =
	    type == TRACE_TENSOR_BITS ? rows * trace_bits_row_bytes(columns) : (uint64_t)rows * columns * width;
	tensor->data = calloc(1, tensor->bytes);
	if (!tensor->data) abort();
	snprintf(tensor->name, sizeof tensor->name, "%s", name);
	return trace->tensor_count++;
}

struct trace_layer *trace_sample_layer(struct trace *trace, const char *name) {
	trace->layers = grown(trace->layers, (trace->layer_count + 1) * sizeof *trace->layers);
	struct trace_layer *layer = &trace->layers[trace->layer_count++];
	*layer = (struct trace_layer){.fixed_map = UINT32_MAX, .bits_map = UINT32_MAX};
	snprintf(layer->name, sizeof layer->name, "%s", name);
	return layer;
}

/* Deterministic fill: weights within `bits`, bits of the columns only. */
static uint32_t filled_tensor(struct trace *trace, const char *name, enum trace_tensor_type type, uint32_t rows,
                              uint32_t columns, uint32_t bits) {
	const uint32_t index = trace_sample_tensor(trace, name, type, rows, columns);
	struct trace_tensor *tensor = &trace->tensors[index];
	const int32_t span = (int32_t)1 << bits, half = span / 2;
	for (uint32_t row = 0; row < rows; row++) {
		for (uint32_t column = 0; column < columns; column++) {
			const int32_t number = (int32_t)(row * 7 + column * 5 + row * column * 3) % span;
			if (type == TRACE_TENSOR_INT16)
				((int16_t *)tensor->data)[row * columns + column] = (int16_t)(number - half);
			else if (number & 1)
				((uint8_t *)tensor->data)[row * trace_bits_row_bytes(columns) + column / 8] |=
				    (uint8_t)(1 << column % 8);
		}
	}
	return index;
}

static uint32_t affine_tensor(struct trace *trace, const char *name, uint32_t rows) {
	const uint32_t index = trace_sample_tensor(trace, name, TRACE_TENSOR_INT32, rows, 6);
	int32_t *values = trace->tensors[index].data;
	for (int32_t row = 0; row < (int32_t)rows; row++) {
		const int32_t parameters[6] = {3 + row, 11 - 5 * row, 2, -1 - row, row - 1, row % 3};
		memcpy(values + row * 6, parameters, sizeof parameters);
	}
	return index;
}

static void conv(struct trace_conv *conv, enum trace_conv_kind kind, uint32_t input_map, uint32_t kernel, uint32_t pad,
                 uint32_t weight_bits, uint32_t weight_tensor) {
	*conv = (struct trace_conv){.kind = kind,
	                            .input_map = input_map,
	                            .kernel = kernel,
	                            .stride = 1,
	                            .pad = pad,
	                            .weight_bits = weight_bits,
	                            .weight_tensor = weight_tensor};
}

static void stem(struct trace *trace) {
	struct trace_layer *layer = trace_sample_layer(trace, "stem");
	snprintf(layer->from, sizeof layer->from, "conv0,bn0");
	conv(&layer->main, TRACE_CONV_FIXED, 0, 3, 1, 4, filled_tensor(trace, "stem.w", TRACE_TENSOR_INT16, 3, 9, 4));
	layer->output_channels = 3;
	layer->sums_height = layer->sums_width = 6;
	layer->post_shift = 4;
	layer->parameter_tensor = affine_tensor(trace, "stem.p", 3);
	layer->fixed_map = trace_sample_map(trace, "x0", TRACE_MAP_FIXED, 6, 6, 3, 12);
	layer->bits_map = trace_sample_map(trace, "s0", TRACE_MAP_BITS, 6, 6, 3, 1);
}

static void blend(struct trace *trace) {
	struct trace_layer *layer = trace_sample_layer(trace, "blend");
	conv(&layer->main, TRACE_CONV_BINARY, 2, 3, 1, 1, filled_tensor(trace, "blend.w", TRACE_TENSOR_BITS, 5, 27, 4));
	layer->main.stride = 2;
	conv(&layer->skip, TRACE_CONV_FIXED, 1, 1, 0, 8, filled_tensor(trace, "blend.s", TRACE_TENSOR_INT16, 5, 3, 8));
	layer->skip.stride = 2;
	layer->skip.pre_pool = TRACE_PRE_POOL_AVERAGE2;
	layer->output_channels = 5;
	layer->sums_height = layer->sums_width = 3;
	layer->post_shift = 2;
	layer->parameter_tensor = affine_tensor(trace, "blend.p", 5);
	layer->bits_map = trace_sample_map(trace, "s1", TRACE_MAP_BITS, 3, 3, 5, 1);
}

static void thresholds(struct trace *trace) {
	struct trace_layer *layer = trace_sample_layer(trace, "levels");
	conv(&layer->main, TRACE_CONV_BINARY, 3, 2, 1, 1,
	     filled_tensor(trace, "levels.w", TRACE_TENSOR_BITS, 4, 20, 4));
	layer->main.pad_value = TRACE_PAD_MINUS;
	layer->output_channels = 4;
	layer->sums_height = layer->sums_width = 4;
	layer->post = TRACE_POST_THRESHOLD;
	layer->threshold_count = 2;
	layer->threshold_base = -1;
	layer->pool = TRACE_POOL_MAX2;
	layer->parameter_tensor = trace_sample_tensor(trace, "levels.t", TRACE_TENSOR_INT32, 4, 3);
	static const int32_t levels[] = {0, -2, 2, 1, 3, -3, 0, 0, 4, 1, 0, 0};
	memcpy(trace->tensors[layer->parameter_tensor].data, levels, sizeof levels);
	layer->fixed_map = trace_sample_map(trace, "x2", TRACE_MAP_FIXED, 2, 2, 4, 2);
}

static void head(struct trace *trace) {
	struct trace_layer *layer = trace_sample_layer(trace, "head");
	conv(&layer->main, TRACE_CONV_FIXED, 4, 2, 0, 8, filled_tensor(trace, "head.w", TRACE_TENSOR_INT16, 3, 4, 8));
	layer->main.tap_shared = 1;
	layer->output_channels = 3;
	layer->sums_height = layer->sums_width = 1;
	layer->parameter_tensor = affine_tensor(trace, "head.p", 3);
	layer->fixed_map = trace_sample_map(trace, "scores", TRACE_MAP_FIXED, 1, 1, 3, 32);
	trace->scores_map = layer->fixed_map;
}

void trace_sample(struct trace *trace) {
	*trace = (struct trace){.classes = 3,
	                        .pixel = TRACE_PIXEL_MINUS128,
	                        .image_height = 4,
	                        .image_width = 4,
	                        .image_channels = 1,
	                        .image_pad = 1,
	                        .image_repeat = 1,
	                        .has_values = 1,
	                        .float_top1 = 0.8935};
	snprintf(trace->name, sizeof trace->name, "sample");
	trace->input_map = trace_sample_map(trace, "image", TRACE_MAP_FIXED, 6, 6, 1, 8);
	stem(trace);
	blend(trace);
	thresholds(trace);
	head(trace);
	trace_lifetimes(trace);
}
