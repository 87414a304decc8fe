/* The float network as it is described, layer by layer, in plain loops and double: what the compiler's passes must
 * keep. Maps are [y][x][channel]. Knows nothing of fusion, folding or integers. */
#ifndef TESTS_UNIT_TEST_COMPILE_REFERENCE_H
#define TESTS_UNIT_TEST_COMPILE_REFERENCE_H

#include <math.h>
#include <stdlib.h>

#include "workloads/network.h"

static inline double *reference_convolution(const struct network_layer *layer, const struct network_layer *input,
                                            const double *x) {
	double *y = calloc((size_t)layer->height * layer->width * layer->channels, sizeof *y);
	if (!y) abort();
	double outside = layer->pad_value == TRACE_PAD_MINUS ? -1 : layer->pad_value == TRACE_PAD_PLUS ? 1 : 0;
	for (uint32_t p = 0; p < layer->height * layer->width; p++)
		for (uint32_t o = 0; o < layer->outputs; o++) {
			double sum = layer->bias ? (double)layer->bias_tensor->data[o] : 0;
			uint32_t first = layer->depthwise ? o : 0, inputs = layer->depthwise ? 1 : input->channels;
			for (uint32_t ky = 0; ky < layer->kernel_height; ky++)
				for (uint32_t kx = 0; kx < layer->kernel; kx++)
					for (uint32_t i = 0; i < inputs; i++) {
						int64_t row = (int64_t)(p / layer->width * layer->stride_height + ky) -
						              layer->pad_height;
						int64_t column =
						    (int64_t)(p % layer->width * layer->stride + kx) - layer->pad;
						int in = row >= 0 && column >= 0 && row < input->height &&
						         column < input->width;
						double value =
						    in ? x[(row * input->width + column) * input->channels + first + i]
						       : outside;
						sum +=
						    value * (double)layer->weight
						                ->data[((o * inputs + i) * layer->kernel_height + ky) *
						                           layer->kernel +
						                       kx];
					}
			y[p * layer->channels + o] = sum;
		}
	return y;
}

static inline double reference_pool(const struct network_layer *layer, const struct network_layer *input,
                                    const double *x, uint32_t row, uint32_t column, uint32_t c) {
	double sum = 0, most = -INFINITY;
	int all = layer->type == LAYER_GLOBAL_AVERAGE_POOL;
	uint32_t high = all ? input->height : layer->kernel_height, wide = all ? input->width : layer->kernel;
	for (uint32_t dy = 0; dy < high; dy++)
		for (uint32_t dx = 0; dx < wide; dx++) {
			int64_t y = (int64_t)row * (all ? 1 : layer->stride_height) + dy - layer->pad_height;
			int64_t at = (int64_t)column * (all ? 1 : layer->stride) + dx - layer->pad;
			if (y < 0 || at < 0 || y >= input->height || at >= input->width) continue;
			double value = x[(y * input->width + at) * input->channels + c];
			sum += value;
			most = fmax(most, value);
		}
	return layer->type == LAYER_MAX_POOL ? most : sum / (high * wide);
}

static inline double reference_value(const struct network_layer *layer, double x, double other, uint32_t c) {
	switch (layer->type) {
	case LAYER_BATCH_NORM:
		return (double)layer->gamma->data[c] * (x - (double)layer->mean->data[c]) /
		           sqrt((double)layer->var->data[c] + layer->epsilon) +
		       (double)layer->beta->data[c];
	case LAYER_PRELU: return x >= 0 ? x : x * (double)layer->scale->data[c];
	case LAYER_SHIFT: return x + (double)layer->scale->data[c];
	case LAYER_SIGN: return x >= 0 ? 1 : -1;
	case LAYER_ADD: return x + other;
	case LAYER_QUANTISED_ACTIVATION: {
		double least = layer->is_unsigned ? 0 : -floor(layer->levels / 2);
		double level =
		    fmin(fmax(floor(ldexp(x, (int)layer->fraction_bits) + 0.5), least), least + layer->levels - 1);
		return ldexp(level, -(int)layer->fraction_bits);
	}
	default: abort();
	}
}

/* Index into the input's values of value k of the output, where no value changes. */
static inline size_t reference_place(const struct network_layer *layer, const struct network_layer *input, uint32_t k) {
	if (layer->type != LAYER_TRANSPOSE) return k;
	return (size_t)(k % layer->channels) * input->channels + k / layer->channels;
}

/* maps[i] is the output of layer i; maps[0] is the caller's input, the others are allocated. */
static inline void reference_run(const struct network *network, double **maps) {
	for (uint32_t i = 1; i < network->layer_count; i++) {
		const struct network_layer *layer = &network->layers[i], *input = &network->layers[layer->inputs[0]];
		const double *x = maps[layer->inputs[0]],
		             *other = layer->input_count == 2 ? maps[layer->inputs[1]] : NULL;
		if (layer->weight) {
			maps[i] = reference_convolution(layer, input, x);
			continue;
		}
		size_t count = (size_t)layer->height * layer->width * layer->channels;
		int is_pool = layer->type == LAYER_AVERAGE_POOL || layer->type == LAYER_MAX_POOL ||
		              layer->type == LAYER_GLOBAL_AVERAGE_POOL;
		maps[i] = calloc(count, sizeof **maps);
		if (!maps[i]) abort();
		for (uint32_t k = 0; k < count; k++) {
			uint32_t c = k % layer->channels, p = k / layer->channels;
			if (layer->type == LAYER_TRANSPOSE || layer->type == LAYER_RESHAPE)
				maps[i][k] = x[reference_place(layer, input, k)];
			else
				maps[i][k] =
				    is_pool ? reference_pool(layer, input, x, p / layer->width, p % layer->width, c)
				            : reference_value(layer, x[k], other ? other[k] : 0, c);
		}
	}
}

static inline void reference_free(const struct network *network, double **maps) {
	for (uint32_t i = 1; i < network->layer_count; i++) free(maps[i]);
}

#endif
