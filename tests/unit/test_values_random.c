/* Do all three ways to compute agree in every sum, map and score of random networks? */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sim/input/file_bytes.h"
#include "sim/values/values.h"
#include "tests/unit/trace_sample.h"

enum { RANDOM_NETWORKS = 400, IMAGES = 2, LAYERS_MAX = 8 };

static const enum values_path paths[] = {VALUES_REFERENCE, VALUES_PORTABLE, VALUES_FAST};

static uint32_t random_below(uint64_t *state, uint32_t limit) {
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return (uint32_t)((*state >> 20) % limit);
}

static uint32_t random_between(uint64_t *state, uint32_t low, uint32_t high) {
	return low + random_below(state, high - low + 1);
}

/* Within `bits`, often at an end. */
static int32_t random_signed(uint64_t *state, uint32_t bits) {
	const int64_t limit = (int64_t)1 << (bits - 1);
	const uint32_t kind = random_below(state, 8);
	if (kind == 0) return (int32_t)-limit;
	if (kind == 1) return (int32_t)(limit - 1);
	return (int32_t)((int64_t)random_below(state, (uint32_t)((uint64_t)2 * (uint64_t)limit - 1)) - limit);
}

static void fill_weights(struct trace *trace, uint64_t *state, uint32_t index, uint32_t bits) {
	struct trace_tensor *tensor = &trace->tensors[index];
	for (uint32_t row = 0; row < tensor->rows; row++) {
		for (uint32_t column = 0; column < tensor->columns; column++) {
			if (tensor->type == TRACE_TENSOR_INT16)
				((int16_t *)tensor->data)[(size_t)row * tensor->columns + column] =
				    (int16_t)random_signed(state, bits);
			else if (random_below(state, 2))
				((uint8_t *)tensor->data)[row * trace_bits_row_bytes(tensor->columns) + column / 8] |=
				    (uint8_t)(1 << column % 8);
		}
	}
}

static const char *numbered(char text[32], const char *word, uint32_t number) {
	snprintf(text, 32, "%s%u", word, (unsigned)number);
	return text;
}

/* Parameters that keep 32 bits enough (narrow) or not. */
static void fill_parameters(struct trace *trace, uint64_t *state, const struct trace_layer *layer) {
	struct trace_tensor *tensor = &trace->tensors[layer->parameter_tensor];
	int32_t *values = tensor->data;
	const bool narrow = random_below(state, 2);
	for (uint32_t row = 0; row < tensor->rows; row++) {
		for (uint32_t k = 0; k < tensor->columns; k++, values++) {
			if (layer->post == TRACE_POST_THRESHOLD)
				*values =
				    k == 0 ? (int32_t)random_below(state, 2) : random_signed(state, narrow ? 6 : 32);
			else if (k == 5)
				*values = (int32_t)random_below(state, narrow ? 10 : 32);
			else if (k == 1 || k == 4)
				*values = random_signed(state, narrow ? 10 : 32);
			else
				*values = random_signed(state, narrow ? 6 : 16);
		}
	}
}

/* Size of the sums one way, or 0 where the kernel does not fit. */
static uint32_t sums_side(uint32_t side, const struct trace_conv *conv) {
	return side + 2 * conv->pad < conv->kernel ? 0 : (side + 2 * conv->pad - conv->kernel) / conv->stride + 1;
}

static bool random_conv(struct trace *trace, uint64_t *state, struct trace_conv *conv, uint32_t map) {
	const struct trace_map *input = &trace->maps[map];
	*conv = (struct trace_conv){.kind = input->kind == TRACE_MAP_BITS ? TRACE_CONV_BINARY : TRACE_CONV_FIXED,
	                            .input_map = map,
	                            .kernel = random_between(state, 1, 4),
	                            .stride = random_between(state, 1, 3)};
	conv->pad = random_below(state, conv->kernel);
	const bool binary = conv->kind == TRACE_CONV_BINARY;
	if (binary) conv->pad_value = (enum trace_pad_value)random_below(state, 3);
	conv->weight_bits = binary ? 1 : random_between(state, 2, 16);
	conv->tap_shared = !binary && random_below(state, 4) == 0;
	if (!binary && input->height % 2 == 0 && input->width % 2 == 0 && random_below(state, 3) == 0) {
		conv->pre_pool = TRACE_PRE_POOL_AVERAGE2;
		conv->kernel = 1;
		conv->stride = 2;
		conv->pad = conv->tap_shared = 0;
	}
	return sums_side(input->height, conv) && sums_side(input->width, conv);
}

static void add_weights(struct trace *trace, uint64_t *state, struct trace_conv *conv, uint32_t outputs,
                        const char *name) {
	const uint32_t taps = conv->tap_shared ? 1 : conv->kernel * conv->kernel;
	const bool binary = conv->kind == TRACE_CONV_BINARY;
	conv->weight_tensor = trace_sample_tensor(trace, name, binary ? TRACE_TENSOR_BITS : TRACE_TENSOR_INT16, outputs,
	                                          taps * trace->maps[conv->input_map].channels);
	fill_weights(trace, state, conv->weight_tensor, conv->weight_bits);
}

/* A skip convolution whose sums are as large as the main ones, if one is found in a few tries. */
static void random_skip(struct trace *trace, uint64_t *state, struct trace_layer *layer, uint32_t fixed_map) {
	const struct trace_map *input = &trace->maps[fixed_map];
	for (int tries = 0; tries < 30; tries++) {
		struct trace_conv conv;
		if (!random_conv(trace, state, &conv, fixed_map)) continue;
		if (sums_side(input->height, &conv) != layer->sums_height ||
		    sums_side(input->width, &conv) != layer->sums_width)
			continue;
		layer->skip = conv;
		return;
	}
}

static void random_post(struct trace *trace, uint64_t *state, struct trace_layer *layer, uint32_t index, bool both) {
	char name[32];
	layer->post = random_below(state, 3) ? TRACE_POST_AFFINE : TRACE_POST_THRESHOLD;
	if (layer->post == TRACE_POST_AFFINE) layer->post_shift = random_below(state, random_below(state, 2) ? 8 : 32);
	if (layer->post == TRACE_POST_THRESHOLD) layer->threshold_count = random_between(state, 1, 3);
	if (layer->sums_height > 1 && layer->sums_width > 1 && random_below(state, 3) == 0)
		layer->pool = TRACE_POOL_MAX2;
	const uint32_t shrink = layer->pool == TRACE_POOL_MAX2 ? 2 : 1;
	uint32_t height = layer->sums_height / shrink, width = layer->sums_width / shrink;
	uint32_t channels = layer->output_channels;
	if (layer->pool == TRACE_POOL_NONE && random_below(state, 3) == 0) {
		layer->transpose = 1;
		channels = height * width;
		for (height = 10; layer->output_channels % height; height--) continue;
		width = layer->output_channels / height;
	}
	const uint32_t bits = random_between(state, 4, 16), kinds = both ? 3 : random_between(state, 1, 3);
	if (layer->post == TRACE_POST_THRESHOLD) layer->threshold_base = random_signed(state, bits) / 2;
	if (kinds & 1)
		layer->fixed_map =
		    trace_sample_map(trace, numbered(name, "x", index), TRACE_MAP_FIXED, height, width, channels, bits);
	if (kinds & 2)
		layer->bits_map =
		    trace_sample_map(trace, numbered(name, "s", index), TRACE_MAP_BITS, height, width, channels, 1);
	layer->parameter_tensor =
	    trace_sample_tensor(trace, numbered(name, "p", index), TRACE_TENSOR_INT32, layer->output_channels,
	                        layer->post == TRACE_POST_AFFINE ? 6 : 1 + layer->threshold_count);
	fill_parameters(trace, state, layer);
}

/* Adds a layer on `map`, with a skip convolution on `fixed_map` (UINT32_MAX: none). */
static struct trace_layer *random_layer(struct trace *trace, uint64_t *state, uint32_t map, uint32_t fixed_map,
                                        bool both) {
	char name[32];
	const uint32_t index = trace->layer_count;
	struct trace_layer *layer = trace_sample_layer(trace, numbered(name, "layer", index));
	while (!random_conv(trace, state, &layer->main, map)) continue;
	layer->sums_height = sums_side(trace->maps[map].height, &layer->main);
	layer->sums_width = sums_side(trace->maps[map].width, &layer->main);
	layer->output_channels = random_below(state, 8) ? random_between(state, 1, 20) : random_between(state, 60, 140);
	if (fixed_map != UINT32_MAX) random_skip(trace, state, layer, fixed_map);
	add_weights(trace, state, &layer->main, layer->output_channels, numbered(name, "w", index));
	if (layer->skip.kind != TRACE_CONV_NONE)
		add_weights(trace, state, &layer->skip, layer->output_channels, numbered(name, "k", index));
	random_post(trace, state, layer, index, both);
	return layer;
}

/* The last layer: any map to 1 x 1. */
static void scores_layer(struct trace *trace, uint64_t *state, uint32_t map) {
	const struct trace_map input = trace->maps[map];
	const uint32_t least = input.height < input.width ? input.height : input.width;
	struct trace_layer *layer = trace_sample_layer(trace, "last");
	const bool binary = input.kind == TRACE_MAP_BITS;
	layer->main = (struct trace_conv){.kind = binary ? TRACE_CONV_BINARY : TRACE_CONV_FIXED,
	                                  .input_map = map,
	                                  .kernel = least,
	                                  .stride = input.height + input.width,
	                                  .tap_shared = !binary && random_below(state, 2),
	                                  .weight_bits = binary ? 1 : random_between(state, 2, 16)};
	layer->output_channels = 5;
	layer->sums_height = layer->sums_width = 1;
	add_weights(trace, state, &layer->main, 5, "last.w");
	layer->parameter_tensor = trace_sample_tensor(trace, "last.p", TRACE_TENSOR_INT32, 5, 6);
	fill_parameters(trace, state, layer);
	const uint32_t bits = random_below(state, 2) ? 32 : random_between(state, 2, 16);
	layer->fixed_map = trace_sample_map(trace, "scores", TRACE_MAP_FIXED, 1, 1, 5, bits);
	trace->scores_map = layer->fixed_map;
}

static void random_network(struct trace *trace, uint64_t *state) {
	const bool bits = random_below(state, 3) == 0;
	*trace =
	    (struct trace){.name = "random", .classes = 5, .image_channels = 3, .image_repeat = 1, .float_top1 = -1};
	trace->pixel = bits ? TRACE_PIXEL_BIPOLAR : TRACE_PIXEL_MINUS128;
	trace->image_height = random_between(state, 1, 12);
	trace->image_width = random_between(state, 1, 12);
	trace->input_map =
	    trace_sample_map(trace, "image", bits ? TRACE_MAP_BITS : TRACE_MAP_FIXED, trace->image_height,
	                     trace->image_width, bits ? random_between(state, 3, 80) : 3, bits ? 1 : 16);
	const struct trace_layer *first = random_layer(trace, state, trace->input_map, UINT32_MAX, true);
	const uint32_t fixed_map = first->fixed_map, bits_map = first->bits_map;
	const bool main_bits = random_below(state, 4) != 0;
	const struct trace_layer *second =
	    random_layer(trace, state, main_bits ? bits_map : fixed_map, fixed_map, false);
	scores_layer(trace, state, second->bits_map != UINT32_MAX ? second->bits_map : second->fixed_map);
}

struct outcome {
	const struct values_network *network;
	const struct trace *trace;
	uint32_t crc32[LAYERS_MAX][4]; /* a, b, fixed map, bits map */
	int32_t scores[5];
};

static void keep_outcome(void *context, const struct values_layer_sums *sums) {
	struct outcome *outcome = context;
	const struct trace_layer *layer = &outcome->trace->layers[sums->layer];
	const size_t count = (size_t)sums->height * sums->width * sums->channels;
	uint32_t *crc32 = outcome->crc32[sums->layer];
	crc32[0] = file_bytes_crc32(0, sums->main, count * sizeof *sums->main);
	if (sums->skip) crc32[1] = file_bytes_crc32(0, sums->skip, count * sizeof *sums->skip);
	const struct trace_map *map =
	    &outcome->trace->maps[layer->fixed_map != UINT32_MAX ? layer->fixed_map : layer->bits_map];
	const size_t pixels = (size_t)map->height * map->width;
	const int16_t *fixed = values_network_fixed_map(outcome->network, layer->fixed_map);
	const uint64_t *bits = values_network_bits_map(outcome->network, layer->bits_map);
	if (fixed) crc32[2] = file_bytes_crc32(0, fixed, pixels * map->channels * sizeof *fixed);
	if (bits) crc32[3] = file_bytes_crc32(0, bits, pixels * values_words_per_pixel(map->channels) * sizeof *bits);
}

static void three_ways_agree(void **unused) {
	(void)unused;
	uint64_t state = 20240229;
	for (uint32_t number = 0; number < RANDOM_NETWORKS; number++) {
		struct trace trace;
		struct error error = {0};
		struct outcome outcomes[3][IMAGES];
		random_network(&trace, &state);
		if (trace_check(&trace, "random", &error)) fail_msg("network %u: %s", number, error.text);
		const struct trace_map *input = &trace.maps[trace.input_map];
		const size_t values = (size_t)input->height * input->width * input->channels;
		int16_t *images = malloc(IMAGES * values * sizeof *images);
		assert_non_null(images);
		for (size_t i = 0; i < IMAGES * values; i++) images[i] = (int16_t)random_signed(&state, 16);
		memset(outcomes, 0, sizeof outcomes);
		for (size_t path = 0; path < 3; path++) {
			struct values_network *network;
			if (values_network_create(&network, &trace, paths[path], &error)) fail_msg("%s", error.text);
			for (size_t image = 0; image < IMAGES; image++) {
				struct outcome *outcome = &outcomes[path][image];
				outcome->network = network;
				outcome->trace = &trace;
				values_network_observe(network, keep_outcome, outcome);
				values_network_run(network, images + image * values, outcome->scores);
				outcome->network = NULL;
			}
			values_network_free(network);
			if (memcmp(outcomes[0], outcomes[path], sizeof outcomes[0]) != 0)
				fail_msg("network %u of this seed: way %zu differs from the reference", number, path);
		}
		free(images);
		trace_clear(&trace);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(three_ways_agree),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
