/* See golden_networks.h. The formats are those of the data folder's README. */
#include "tests/unit/golden_networks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/trace_sample.h"

void *golden_file(const char *folder, const char *name, size_t *bytes) {
	char path[1024];
	snprintf(path, sizeof path, "%s/%s", folder, name);
	FILE *file = fopen(path, "rb");
	if (!file) return NULL;
	fseek(file, 0, SEEK_END);
	*bytes = (size_t)ftell(file);
	rewind(file);
	char *data = malloc(*bytes + 1);
	if (!data || fread(data, 1, *bytes, file) != *bytes) abort();
	data[*bytes] = 0;
	fclose(file);
	return data;
}

/* A file that must be there and at least so long. */
static void *needed(const char *folder, const char *name, size_t least_bytes) {
	size_t bytes = 0;
	void *data = golden_file(folder, name, &bytes);
	if (!data || bytes < least_bytes) {
		fprintf(stderr, "%s/%s: absent or short\n", folder, name);
		abort();
	}
	return data;
}

/* key=value of a line; the word ends at a space. */
static const char *field(const char *line, const char *key, char word[64]) {
	char pattern[64];
	snprintf(pattern, sizeof pattern, " %s=", key);
	const char *found = strstr(line, pattern);
	word[0] = 0;
	if (found) sscanf(found + strlen(pattern), "%63s", word);
	return word;
}

static uint32_t number(const char *line, const char *key) {
	char word[64];
	return (uint32_t)atoi(field(line, key, word));
}

static struct trace_conv plain_conv(enum trace_conv_kind kind, uint32_t map, uint32_t kernel, uint32_t weight_bits) {
	return (struct trace_conv){
	    .kind = kind, .input_map = map, .kernel = kernel, .stride = 1, .weight_bits = weight_bits};
}

/* ---- blend20-cifar10 */

/* int8 [rows][columns] of a file as an int16 tensor. */
static uint32_t int8_tensor(struct trace *trace, const char *folder, const char *name, uint32_t rows,
                            uint32_t columns) {
	const uint32_t index = trace_sample_tensor(trace, name, TRACE_TENSOR_INT16, rows, columns);
	int8_t *bytes = needed(folder, name, (size_t)rows * columns);
	for (size_t i = 0; i < (size_t)rows * columns; i++) ((int16_t *)trace->tensors[index].data)[i] = bytes[i];
	free(bytes);
	return index;
}

static uint32_t bits_tensor(struct trace *trace, const char *folder, const char *name, uint32_t rows,
                            uint32_t columns) {
	const uint32_t index = trace_sample_tensor(trace, name, TRACE_TENSOR_BITS, rows, columns);
	void *bytes = needed(folder, name, trace->tensors[index].bytes);
	memcpy(trace->tensors[index].data, bytes, trace->tensors[index].bytes);
	free(bytes);
	return index;
}

/* Rows A, B, MP, MN, C, E of `count` values each (2 rows: the factor 1 stands for MP and MN). */
static uint32_t affine_tensor(struct trace *trace, const char *folder, const char *name, uint32_t outputs,
                              uint32_t rows) {
	const uint32_t index = trace_sample_tensor(trace, name, TRACE_TENSOR_INT32, outputs, 6);
	int32_t *from = needed(folder, name, (size_t)rows * outputs * 4), *to = trace->tensors[index].data;
	for (uint32_t o = 0; o < outputs; o++) {
		for (uint32_t k = 0; k < rows; k++) to[o * 6 + k] = from[k * outputs + o];
		if (rows == 2) to[o * 6 + 2] = to[o * 6 + 3] = 1;
	}
	free(from);
	return index;
}

static void blend20_layer(struct trace *trace, const char *folder, uint32_t index, uint32_t outputs, uint32_t stride) {
	char name[32], map[32], weights[40], skips[40], parameters[40];
	const uint32_t fixed_map = trace->layers[trace->layer_count - 1].fixed_map;
	const uint32_t bits_map = trace->layers[trace->layer_count - 1].bits_map;
	const uint32_t inputs = trace->maps[fixed_map].channels, side = trace->maps[fixed_map].height / stride;
	snprintf(name, sizeof name, "module%u", index);
	snprintf(weights, sizeof weights, "%s.w1", name);
	snprintf(skips, sizeof skips, "%s.s8", name);
	snprintf(parameters, sizeof parameters, "%s.p32", name);
	struct trace_layer *layer = trace_sample_layer(trace, name);
	layer->main = plain_conv(TRACE_CONV_BINARY, bits_map, 3, 1);
	layer->main.pad = 1;
	layer->main.stride = stride;
	layer->main.weight_tensor = bits_tensor(trace, folder, weights, outputs, 9 * inputs);
	layer->skip = plain_conv(TRACE_CONV_FIXED, fixed_map, 1, 8);
	layer->skip.stride = stride;
	layer->skip.pre_pool = stride == 2 ? TRACE_PRE_POOL_AVERAGE2 : TRACE_PRE_POOL_NONE;
	layer->skip.weight_tensor = int8_tensor(trace, folder, skips, outputs, inputs);
	layer->output_channels = outputs;
	layer->sums_height = layer->sums_width = side;
	layer->post_shift = 12;
	layer->parameter_tensor = affine_tensor(trace, folder, parameters, outputs, 6);
	snprintf(map, sizeof map, "x%u", index);
	layer->fixed_map = trace_sample_map(trace, map, TRACE_MAP_FIXED, side, side, outputs, 16);
	snprintf(map, sizeof map, "s%u", index);
	if (index < 18) layer->bits_map = trace_sample_map(trace, map, TRACE_MAP_BITS, side, side, outputs, 1);
}

static void blend20_head(struct trace *trace, const char *folder) {
	const uint32_t input = trace->layers[trace->layer_count - 1].fixed_map;
	struct trace_layer *layer = trace_sample_layer(trace, "fc");
	layer->main = plain_conv(TRACE_CONV_FIXED, input, 8, 16);
	layer->main.tap_shared = 1;
	layer->main.weight_tensor = trace_sample_tensor(trace, "fc.w", TRACE_TENSOR_INT16, 10, 64);
	layer->output_channels = 10;
	layer->sums_height = layer->sums_width = 1;
	layer->parameter_tensor = trace_sample_tensor(trace, "fc.p", TRACE_TENSOR_INT32, 10, 6);
	layer->fixed_map = trace_sample_map(trace, "scores", TRACE_MAP_FIXED, 1, 1, 10, 32);
	trace->scores_map = layer->fixed_map;
	int32_t *file = needed(folder, "fc.p32", 650 * 4);
	int16_t *weights = trace->tensors[layer->main.weight_tensor].data;
	int32_t *parameters = trace->tensors[layer->parameter_tensor].data;
	for (int i = 0; i < 640; i++) weights[i] = (int16_t)file[i];
	for (int o = 0; o < 10; o++) {
		const int32_t row[6] = {1, file[640 + o], 1, 1, 0, 0};
		memcpy(parameters + o * 6, row, sizeof row);
	}
	free(file);
}

static void cifar_trace(struct trace *trace, const char *name, enum trace_pixel pixel) {
	*trace = (struct trace){.classes = 10,
	                        .pixel = pixel,
	                        .image_height = 32,
	                        .image_width = 32,
	                        .image_channels = 3,
	                        .image_repeat = 1,
	                        .has_values = 1,
	                        .float_top1 = -1};
	snprintf(trace->name, sizeof trace->name, "%s", name);
}

bool golden_blend20(struct trace *trace, const char *data_folder) {
	char folder[512];
	size_t bytes;
	snprintf(folder, sizeof folder, "%s/blend20-cifar10", data_folder);
	void *there = golden_file(folder, "net.txt", &bytes);
	if (!there) return false;
	free(there);
	cifar_trace(trace, "blend20", TRACE_PIXEL_MINUS128);
	trace->input_map = trace_sample_map(trace, "image", TRACE_MAP_FIXED, 32, 32, 3, 8);
	struct trace_layer *layer = trace_sample_layer(trace, "conv0");
	layer->main = plain_conv(TRACE_CONV_FIXED, 0, 3, 8);
	layer->main.pad = 1;
	layer->main.weight_tensor = int8_tensor(trace, folder, "conv0.w8", 16, 27);
	layer->output_channels = 16;
	layer->sums_height = layer->sums_width = 32;
	layer->post_shift = 12;
	layer->parameter_tensor = affine_tensor(trace, folder, "conv0.p32", 16, 2);
	layer->fixed_map = trace_sample_map(trace, "x0", TRACE_MAP_FIXED, 32, 32, 16, 16);
	layer->bits_map = trace_sample_map(trace, "s0", TRACE_MAP_BITS, 32, 32, 16, 1);
	for (uint32_t i = 1; i <= 18; i++)
		blend20_layer(trace, folder, i, i < 7 ? 16 : i < 13 ? 32 : 64, i == 7 || i == 13 ? 2 : 1);
	blend20_head(trace, folder);
	trace_lifetimes(trace);
	return true;
}

/* ---- BNN-PYNQ */

/* Bits as +1 / -1, or int8, as an int16 tensor. */
static uint32_t signed_tensor(struct trace *trace, const char *folder, const char *name, uint32_t rows,
                              uint32_t columns) {
	const char *end = strrchr(name, '.');
	if (strcmp(end, ".w8") == 0) return int8_tensor(trace, folder, name, rows, columns);
	const uint32_t index = trace_sample_tensor(trace, name, TRACE_TENSOR_INT16, rows, columns);
	const size_t row_bytes = trace_bits_row_bytes(columns);
	uint8_t *bits = needed(folder, name, rows * row_bytes);
	int16_t *weights = trace->tensors[index].data;
	for (uint32_t row = 0; row < rows; row++)
		for (uint32_t column = 0; column < columns; column++)
			*weights++ = bits[row * row_bytes + column / 8] >> (column % 8) & 1 ? 1 : -1;
	free(bits);
	return index;
}

/* acc > T in terms of the sum: acc = 2 * sum, (sum + columns) / 2 or sum. */
static int32_t sum_threshold(const char *acc, int32_t threshold, uint32_t columns) {
	if (strcmp(acc, "sum8") == 0) return threshold >> 1;
	return strcmp(acc, "match") == 0 ? 2 * threshold - (int32_t)columns : threshold;
}

static uint32_t bnn_parameters(struct trace *trace, const char *folder, const char *line, uint32_t outputs,
                               uint32_t columns, uint32_t count) {
	char word[64], name[80], acc[64];
	field(line, "acc", acc);
	snprintf(name, sizeof name, "%s.p", field(line, "w", word));
	const uint32_t index = trace_sample_tensor(trace, name, TRACE_TENSOR_INT32, outputs, count ? 1 + count : 6);
	int32_t *to = trace->tensors[index].data;
	if (!count) { /* the scores are acc itself */
		const bool match = strcmp(acc, "match") == 0;
		for (uint32_t o = 0; o < outputs; o++) {
			const int32_t row[6] = {1, match ? (int32_t)columns : 0, 1, 1, 0, 0};
			memcpy(to + o * 6, row, sizeof row);
		}
		return index;
	}
	int32_t *file = needed(folder, field(line, "t", word), (size_t)outputs * count * 4);
	for (uint32_t o = 0; o < outputs; o++)
		for (uint32_t k = 0; k < count; k++)
			to[o * (1 + count) + 1 + k] = sum_threshold(acc, file[o * count + k], columns);
	free(file);
	return index;
}

static void bnn_layer(struct trace *trace, const char *folder, const char *line, uint32_t input, bool last) {
	char name[32], weights[64], acc[64];
	const uint32_t kernel = number(line, "k"), outputs = number(line, "oc"), inputs = number(line, "ic");
	const uint32_t columns = kernel * kernel * inputs, bits = number(line, "abits");
	const bool binary = trace->maps[input].kind == TRACE_MAP_BITS;
	field(line, "w", weights);
	field(line, "acc", acc);
	snprintf(name, sizeof name, "layer%u", trace->layer_count);
	struct trace_layer *layer = trace_sample_layer(trace, name);
	layer->main = plain_conv(binary ? TRACE_CONV_BINARY : TRACE_CONV_FIXED, input, kernel, binary ? 1 : 2);
	layer->main.weight_tensor = binary ? bits_tensor(trace, folder, weights, outputs, columns)
	                                   : signed_tensor(trace, folder, weights, outputs, columns);
	layer->output_channels = outputs;
	layer->sums_height = number(line, "oh");
	layer->sums_width = number(line, "ow");
	layer->threshold_count = last ? 0 : number(line, "nth");
	layer->post = layer->threshold_count ? TRACE_POST_THRESHOLD : TRACE_POST_AFFINE;
	layer->post_shift = strcmp(acc, "match") == 0 && !layer->threshold_count;
	layer->threshold_base = bits == 2 ? -1 : 0;
	layer->pool = number(line, "pool") == 2 ? TRACE_POOL_MAX2 : TRACE_POOL_NONE;
	layer->parameter_tensor = bnn_parameters(trace, folder, line, outputs, columns, layer->threshold_count);
	const uint32_t side = layer->pool == TRACE_POOL_MAX2 ? 2 : 1;
	snprintf(name, sizeof name, "map%u", trace->layer_count);
	const enum trace_map_kind kind = bits == 1 && !last ? TRACE_MAP_BITS : TRACE_MAP_FIXED;
	const uint32_t map = trace_sample_map(trace, name, kind, layer->sums_height / side, layer->sums_width / side,
	                                      outputs, last ? 32 : bits);
	*(kind == TRACE_MAP_BITS ? &layer->bits_map : &layer->fixed_map) = map;
	trace->scores_map = map;
}

bool golden_bnn_pynq(struct trace *trace, const char *data_folder, const char *network) {
	char folder[512], *rest = NULL;
	size_t bytes;
	snprintf(folder, sizeof folder, "%s/bnn-pynq/%s", data_folder, network);
	char *text = golden_file(folder, "net.txt", &bytes);
	if (!text) return false;
	const bool flat = strstr(network, "lfc") != NULL;
	cifar_trace(trace, network, flat ? TRACE_PIXEL_BIPOLAR : TRACE_PIXEL_Q7);
	if (flat) trace->image_height = trace->image_width = 28;
	if (flat) trace->image_channels = 1;
	uint32_t input = flat ? trace_sample_map(trace, "image", TRACE_MAP_BITS, 1, 1, 832, 1)
	                      : trace_sample_map(trace, "image", TRACE_MAP_FIXED, 32, 32, 3, 8);
	trace->input_map = input;
	for (char *line = strtok_r(text, "\n", &rest), *next; line; line = next) {
		next = strtok_r(NULL, "\n", &rest);
		if (strncmp(line, "layer ", 6) != 0) continue;
		bnn_layer(trace, folder, line, input, !next);
		input = trace->scores_map;
	}
	free(text);
	trace_lifetimes(trace);
	return true;
}
