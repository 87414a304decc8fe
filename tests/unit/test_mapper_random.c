/* See test_mapper_random.h. */
#include "tests/unit/test_mapper_random.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/trace_sample.h"

static int chance(struct random *random, uint32_t percent) {
	return random_below(random, 100) < percent;
}

/* --- tensors -------------------------------------------------------------------------------------------------------
 */

static uint32_t weights(struct trace *trace, struct random *random, uint32_t rows, uint32_t columns, uint32_t bits) {
	char name[TRACE_NAME_BYTES];
	snprintf(name, sizeof name, "t%u", trace->tensor_count);
	const uint32_t index =
	    trace_sample_tensor(trace, name, bits == 1 ? TRACE_TENSOR_BITS : TRACE_TENSOR_INT16, rows, columns);
	struct trace_tensor *tensor = &trace->tensors[index];
	for (uint32_t row = 0; row < rows; row++)
		for (uint32_t column = 0; column < columns; column++) {
			const int32_t value = (int32_t)random_below(random, 1u << bits);
			if (bits > 1)
				((int16_t *)tensor->data)[(size_t)row * columns + column] =
				    (int16_t)(value - (1 << (bits - 1)));
			else if (value)
				((uint8_t *)tensor->data)[row * trace_bits_row_bytes(columns) + column / 8] |=
				    (uint8_t)(1u << column % 8);
		}
	return index;
}

static int32_t around_zero(struct random *random, int32_t limit) {
	return (int32_t)random_below(random, 2 * (uint32_t)limit + 1) - limit;
}

/* Parameters that spread the sums (about `spread` large) over the outputs, so that what goes wrong shows. */
static uint32_t parameters(struct trace *trace, struct random *random, const struct trace_layer *layer, int32_t spread,
                           int32_t skip_spread, uint32_t bits) {
	char name[TRACE_NAME_BYTES];
	snprintf(name, sizeof name, "t%u", trace->tensor_count);
	const int affine = layer->post == TRACE_POST_AFFINE;
	const uint32_t columns = affine ? 6 : 1 + layer->threshold_count, shift = layer->post_shift;
	const uint32_t index = trace_sample_tensor(trace, name, TRACE_TENSOR_INT32, layer->output_channels, columns);
	for (uint32_t row = 0; row < layer->output_channels; row++) {
		int32_t *p = (int32_t *)trace->tensors[index].data + (size_t)row * columns;
		if (!affine) {
			p[0] = (int32_t)random_below(random, 2);
			for (uint32_t k = 1; k < columns; k++) p[k] = around_zero(random, spread / 2);
			continue;
		}
		/* slopes so that the output reaches about the whole range of `bits` bits */
		const double range = bits >= 32 ? 1e6 : (double)(1u << (bits - 1));
		double slope = range / (3.0 * spread) * (double)(UINT64_C(1) << shift);
		slope = slope < 1 ? 1 : slope > 32000 ? 32000 : slope;
		p[0] = chance(random, 50) ? 1 : -1;
		p[1] = around_zero(random, spread / 4 + 1);
		p[2] = (int32_t)slope;
		p[3] = chance(random, 50) ? (int32_t)slope : -(int32_t)(slope / 2);
		p[4] = around_zero(random, range > 1e5 ? 1000 : (int32_t)range / 2);
		uint32_t right = 0;
		while (right < 20 && (double)(skip_spread >> right) > range / 2) right++;
		p[5] = (int32_t)right;
	}
	return index;
}

/* --- layers --------------------------------------------------------------------------------------------------------
 */

/* A shape for the convolution on map; 0: none found with the sums of height x width (0: any). */
static int shape_conv(const struct trace *trace, struct random *random, struct trace_conv *conv, uint32_t height,
                      uint32_t width) {
	const struct trace_map *map = &trace->maps[conv->input_map];
	for (int attempt = 0; attempt < 60; attempt++) {
		conv->kernel = chance(random, 50) ? 3 : random_between(random, 1, 5);
		conv->stride = chance(random, 60) ? 1 : random_between(random, 2, 3);
		conv->pad = chance(random, 50) ? (conv->kernel - 1) / 2 : random_below(random, conv->kernel);
		conv->pre_pool = TRACE_PRE_POOL_NONE;
		conv->tap_shared = conv->kind == TRACE_CONV_FIXED && chance(random, 10);
		conv->pad_value = conv->kind == TRACE_CONV_BINARY ? random_below(random, 3) : TRACE_PAD_MASKED;
		if (conv->kind == TRACE_CONV_FIXED && chance(random, 30) && map->height % 2 == 0 &&
		    map->width % 2 == 0) {
			conv->pre_pool = TRACE_PRE_POOL_AVERAGE2;
			conv->kernel = 1;
			conv->stride = 2;
			conv->pad = conv->tap_shared = 0;
		}
		/* a binary window may leave the map at one end only: seldom ask for what the mapper refuses */
		const int one_end = conv->pad <= 1 && conv->kernel <= map->height && conv->kernel <= map->width;
		if (conv->kind == TRACE_CONV_BINARY && conv->pad && !one_end && chance(random, 95)) continue;
		const uint32_t h = map->height + 2 * conv->pad, w = map->width + 2 * conv->pad;
		if (conv->kernel > h || conv->kernel > w) continue;
		const uint32_t sums_h = (h - conv->kernel) / conv->stride + 1,
		               sums_w = (w - conv->kernel) / conv->stride + 1;
		if (!height || (sums_h == height && sums_w == width)) return 1;
	}
	return 0;
}

/* A random map of the kind that a layer may read; UINT32_MAX: none. Late ones are likelier. */
static uint32_t pick_map(const struct trace *trace, struct random *random, enum trace_map_kind kind) {
	uint32_t best = UINT32_MAX;
	for (uint32_t i = 0; i < trace->map_count; i++)
		if (trace->maps[i].kind == kind && (best == UINT32_MAX || chance(random, 60))) best = i;
	return best;
}

static int32_t fill_conv(struct trace *trace, struct random *random, struct trace_conv *conv, uint32_t outputs) {
	const struct trace_map map = trace->maps[conv->input_map];
	const uint32_t taps = conv->tap_shared ? 1 : conv->kernel * conv->kernel;
	conv->weight_bits = conv->kind == TRACE_CONV_BINARY ? 1 : random_between(random, 2, 8);
	conv->weight_tensor = weights(trace, random, outputs, taps * map.channels, conv->weight_bits);
	const uint32_t terms = conv->kernel * conv->kernel * map.channels;
	uint32_t root = 1;
	while (root * root < terms) root++;
	const uint32_t bits = conv->kind == TRACE_CONV_BINARY ? 0 : conv->weight_bits + map.value_bits - 3;
	return (int32_t)((root + 1) << bits);
}

static void finish_layer(struct trace *trace, struct random *random, struct trace_layer layer, int is_last,
                         uint32_t outputs) {
	char name[TRACE_NAME_BYTES];
	const int32_t spread = fill_conv(trace, random, &layer.main, layer.output_channels);
	const int32_t skip_spread =
	    layer.skip.kind == TRACE_CONV_NONE ? 1 : fill_conv(trace, random, &layer.skip, layer.output_channels);
	const uint32_t bits = is_last ? 32 : random_between(random, 4, 12), number = trace->layer_count;
	if (layer.post == TRACE_POST_AFFINE) layer.post_shift = random_below(random, 12);
	const uint32_t shrink = layer.pool == TRACE_POOL_MAX2 ? 2 : 1;
	uint32_t height = layer.sums_height / shrink, width = layer.sums_width / shrink;
	uint32_t channels = layer.output_channels;
	if (layer.transpose) {
		channels = height * width;
		for (height = 12; layer.output_channels % height; height--) continue;
		width = layer.output_channels / height;
	}
	if (outputs & 1) {
		snprintf(name, sizeof name, "f%u", number);
		layer.fixed_map = trace_sample_map(trace, name, TRACE_MAP_FIXED, height, width, channels, bits);
	}
	if (outputs & 2) {
		snprintf(name, sizeof name, "b%u", number);
		layer.bits_map = trace_sample_map(trace, name, TRACE_MAP_BITS, height, width, channels, 1);
	}
	layer.parameter_tensor = parameters(trace, random, &layer, spread, skip_spread, bits);
	snprintf(name, sizeof name, "layer%u", number);
	struct trace_layer *added = trace_sample_layer(trace, name);
	memcpy(layer.name, added->name, sizeof layer.name);
	*added = layer;
}

static void add_layer(struct trace *trace, struct random *random) {
	struct trace_layer layer = {.fixed_map = UINT32_MAX, .bits_map = UINT32_MAX};
	layer.main.kind = chance(random, 60) ? TRACE_CONV_BINARY : TRACE_CONV_FIXED;
	for (int turn = 0; turn < 2; turn++) {
		layer.main.input_map =
		    pick_map(trace, random, layer.main.kind == TRACE_CONV_BINARY ? TRACE_MAP_BITS : TRACE_MAP_FIXED);
		if (layer.main.input_map != UINT32_MAX) break;
		layer.main.kind = layer.main.kind == TRACE_CONV_BINARY ? TRACE_CONV_FIXED : TRACE_CONV_BINARY;
	}
	if (!shape_conv(trace, random, &layer.main, 0, 0)) return;
	const struct trace_map *map = &trace->maps[layer.main.input_map];
	layer.sums_height = (map->height + 2 * layer.main.pad - layer.main.kernel) / layer.main.stride + 1;
	layer.sums_width = (map->width + 2 * layer.main.pad - layer.main.kernel) / layer.main.stride + 1;
	layer.output_channels = chance(random, 30) ? random_between(random, 40, 110) : random_between(random, 1, 40);
	layer.post = chance(random, 70) ? TRACE_POST_AFFINE : TRACE_POST_THRESHOLD;
	if (layer.post == TRACE_POST_THRESHOLD) {
		layer.threshold_count = random_between(random, 1, 3);
		layer.threshold_base = -1;
	}
	if (layer.sums_height > 1 && layer.sums_width > 1 && chance(random, 25)) layer.pool = TRACE_POOL_MAX2;
	if (layer.pool == TRACE_POOL_NONE && chance(random, 25)) {
		layer.transpose = 1;
		layer.output_channels = random_between(random, 1, 10) * random_between(random, 1, 8);
	}
	const uint32_t skip = pick_map(trace, random, TRACE_MAP_FIXED);
	if (skip != UINT32_MAX && layer.post == TRACE_POST_AFFINE && chance(random, 70)) {
		layer.skip.kind = TRACE_CONV_FIXED;
		layer.skip.input_map = skip;
		if (!shape_conv(trace, random, &layer.skip, layer.sums_height, layer.sums_width))
			layer.skip = (struct trace_conv){0};
	}
	finish_layer(trace, random, layer, 0, random_between(random, 1, 3));
}

/* Scores: a kernel as large as the last map that some layer wrote. */
static void add_head(struct trace *trace, struct random *random) {
	struct trace_layer layer = {.fixed_map = UINT32_MAX, .bits_map = UINT32_MAX, .sums_height = 1, .sums_width = 1};
	layer.main.input_map = trace->map_count - 1;
	const struct trace_map *map = &trace->maps[layer.main.input_map];
	layer.main.kind = map->kind == TRACE_MAP_BITS ? TRACE_CONV_BINARY : TRACE_CONV_FIXED;
	layer.main.kernel = map->height < map->width ? map->height : map->width;
	layer.main.stride = map->height > map->width ? map->height : map->width;
	layer.main.tap_shared = layer.main.kind == TRACE_CONV_FIXED && chance(random, 60);
	layer.output_channels = trace->classes;
	finish_layer(trace, random, layer, 1, 1);
	trace->scores_map = trace->map_count - 1;
}

void random_trace(struct trace *trace, struct random *random) {
	*trace = (struct trace){.image_repeat = 1, .has_values = 1, .float_top1 = -1};
	snprintf(trace->name, sizeof trace->name, "random");
	const int is_bits = chance(random, 30);
	trace->classes = random_between(random, 2, 40);
	trace->pixel = is_bits ? TRACE_PIXEL_BIPOLAR : TRACE_PIXEL_MINUS128;
	trace->image_height = random_between(random, 3, 12);
	trace->image_width = random_between(random, 3, 12);
	trace->image_channels = random_between(random, 1, 3);
	const uint32_t channels = is_bits ? random_between(random, 3, 100) : trace->image_channels;
	trace->input_map = trace_sample_map(trace, "image", is_bits ? TRACE_MAP_BITS : TRACE_MAP_FIXED,
	                                    trace->image_height, trace->image_width, channels, is_bits ? 1 : 8);
	for (uint32_t layers = random_between(random, 1, 5); layers; layers--) add_layer(trace, random);
	add_head(trace, random);
	trace_lifetimes(trace);
}

void blend_trace(struct trace *trace, struct random *random) {
	*trace = (struct trace){
	    .classes = 10, .image_repeat = 1, .has_values = 1, .float_top1 = -1, .pixel = TRACE_PIXEL_MINUS128};
	snprintf(trace->name, sizeof trace->name, "blend");
	trace->image_height = trace->image_width = 12;
	trace->image_channels = 3;
	uint32_t fixed = trace->input_map = trace_sample_map(trace, "image", TRACE_MAP_FIXED, 12, 12, 3, 8), bits = 0;
	static const uint32_t channels[] = {12, 12, 20, 20, 24}, strides[] = {1, 1, 2, 1, 1}, pools[] = {0, 0, 0, 0, 1};
	for (uint32_t i = 0; i < 5; i++) {
		struct trace_layer layer = {
		    .fixed_map = UINT32_MAX, .bits_map = UINT32_MAX, .output_channels = channels[i]};
		const uint32_t side = trace->maps[fixed].height / strides[i];
		layer.main = (struct trace_conv){.kind = i ? TRACE_CONV_BINARY : TRACE_CONV_FIXED,
		                                 .input_map = i ? bits : fixed,
		                                 .kernel = 3,
		                                 .stride = strides[i],
		                                 .pad = 1};
		if (i)
			layer.skip = (struct trace_conv){
			    .kind = TRACE_CONV_FIXED, .input_map = fixed, .kernel = 1, .stride = strides[i]};
		if (strides[i] == 2) layer.skip.pre_pool = TRACE_PRE_POOL_AVERAGE2;
		if (i == 3) layer.main.pad_value = TRACE_PAD_PLUS;
		layer.sums_height = layer.sums_width = side;
		layer.pool = pools[i] ? TRACE_POOL_MAX2 : TRACE_POOL_NONE;
		finish_layer(trace, random, layer, 0, i < 4 ? 3 : 1); /* nothing reads the last module's bits */
		fixed = trace->layers[i].fixed_map;
		bits = trace->layers[i].bits_map;
	}
	const uint32_t side = trace->maps[fixed].height;
	struct trace_layer layer = {.fixed_map = UINT32_MAX, .bits_map = UINT32_MAX, .output_channels = 10};
	layer.main = (struct trace_conv){.kind = TRACE_CONV_FIXED, .input_map = fixed, .kernel = side, .stride = 1};
	layer.sums_height = layer.sums_width = 1;
	finish_layer(trace, random, layer, 1, 1);
	trace->scores_map = trace->map_count - 1;
	trace_lifetimes(trace);
}

/* --- machines ------------------------------------------------------------------------------------------------------
 */

static uint32_t power(struct random *random, uint32_t low, uint32_t high) {
	return 1u << random_between(random, low, high);
}

static void random_buffers(struct config *config, struct random *random) {
	/* one in three machines is ample, the others have some small buffers */
	const int ample = chance(random, 30);
	static const uint32_t smallest[BUFFER_COUNT] = {6, 6, 6, 6, 3, 6, 4, 4, 5};
	for (int i = 0; i < BUFFER_COUNT; i++) {
		struct config_buffer *buffer = &config->buffer[i];
		const uint32_t most = i == BUFFER_OUTPUT ? 6 : 12;
		buffer->depth_words = power(random, ample ? most : smallest[i], most);
		if (!ample && chance(random, 50))
			buffer->depth_words += 2 * random_below(random, buffer->depth_words / 2);
		buffer->banks = 1;
		buffer->ports = random_between(random, 1, 2);
		buffer->ping_pong = random_below(random, 2);
	}
}

void random_machine(struct config *config, struct random *random) {
	static const uint32_t words[] = {1, 1, 2, 3, 4, 6};
	struct error error;
	do {
		config_defaults(config);
		config->post_lanes = power(random, 0, 4);
		config->binary_pes = power(random, 2, 5);
		config->binary_words = words[random_below(random, 6)];
		config->binary_packing = random_below(random, 2);
		config->binary_window_bits = 65536;
		config->fixed_rows = power(random, 1, 5);
		config->fixed_columns = power(random, 1, 5);
		config->post_mode = random_below(random, 2);
		config->sequencer_queue_depth = random_between(random, 1, 8);
		config->sequencer_program_commands = 65536;
		config->dma_axi_bytes = power(random, 3, 7);
		config->dma_burst_beats =
		    1 + random_below(random, 4096 / config->dma_axi_bytes < 256 ? 4096 / config->dma_axi_bytes : 256);
		config->dram_channels = random_between(random, 1, 4);
		config->mapper_weights = random_below(random, 4);
		config->mapper_maps = chance(random, 60) ? RESIDENCY_AUTO : RESIDENCY_TILE;
		config->mapper_band_rows = chance(random, 70) ? 0 : random_between(random, 1, 6);
		random_buffers(config, random);
	} while (config_check(config, "random", &error) != STATUS_OK);
}
