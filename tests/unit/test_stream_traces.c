/* See test_stream_traces.h. */
#include "test_stream_traces.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/trace_sample.h"

enum { DIVISORS_MAX = 256 };

uint32_t stream_draw(struct stream_random *random, uint32_t low, uint32_t high) {
	random->state = random->state * 6364136223846793005u + 1442695040888963407u;
	return low + (uint32_t)((random->state >> 33) % (high - low + 1));
}

static int chance(struct stream_random *random, uint32_t percent) {
	return stream_draw(random, 1, 100) <= percent;
}

static int32_t around_zero(struct stream_random *random, int32_t limit) {
	return (int32_t)stream_draw(random, 0, 2 * (uint32_t)limit) - limit;
}

/* ---- tensors */

static uint32_t add_weights(struct trace *trace, struct stream_random *random, enum trace_conv_kind kind, uint32_t rows,
                            uint32_t columns, uint32_t bits) {
	char name[TRACE_NAME_BYTES];
	snprintf(name, sizeof name, "t%u", trace->tensor_count);
	const enum trace_tensor_type type = kind == TRACE_CONV_BINARY ? TRACE_TENSOR_BITS : TRACE_TENSOR_INT16;
	const uint32_t index = trace_sample_tensor(trace, name, type, rows, columns);
	struct trace_tensor *tensor = &trace->tensors[index];
	for (uint32_t row = 0; row < rows; row++)
		for (uint32_t column = 0; column < columns; column++) {
			const int32_t value = (int32_t)stream_draw(random, 0, (1u << bits) - 1);
			if (type == TRACE_TENSOR_INT16)
				((int16_t *)tensor->data)[(size_t)row * columns + column] =
				    (int16_t)(bits == 1 ? 2 * value - 1 : value - (1 << (bits - 1)));
			else if (value)
				((uint8_t *)tensor->data)[row * trace_bits_row_bytes(columns) + column / 8] |=
				    (uint8_t)(1u << column % 8);
		}
	return index;
}

/* Parameters that spread sums of about `spread` over the outputs. */
static uint32_t add_parameters(struct trace *trace, struct stream_random *random, const struct trace_layer *layer,
                               int32_t spread, int32_t skip_spread, uint32_t bits) {
	char name[TRACE_NAME_BYTES];
	snprintf(name, sizeof name, "t%u", trace->tensor_count);
	const int affine = layer->post == TRACE_POST_AFFINE;
	const uint32_t columns = affine ? 6 : 1 + layer->threshold_count;
	const uint32_t index = trace_sample_tensor(trace, name, TRACE_TENSOR_INT32, layer->output_channels, columns);
	for (uint32_t row = 0; row < layer->output_channels; row++) {
		int32_t *p = (int32_t *)trace->tensors[index].data + (size_t)row * columns;
		if (!affine) {
			p[0] = (int32_t)stream_draw(random, 0, 1);
			for (uint32_t k = 1; k < columns; k++) p[k] = around_zero(random, spread);
			continue;
		}
		const double range = bits >= 32 ? 1e6 : (double)(1u << (bits - 1));
		double slope = range / (3.0 * spread) * (double)(UINT64_C(1) << layer->post_shift);
		slope = slope < 1 ? 1 : slope > 32000 ? 32000 : slope;
		p[0] = chance(random, 50) ? 1 : -1;
		p[1] = around_zero(random, spread / 4 + 1);
		p[2] = (int32_t)slope;
		p[3] = chance(random, 50) ? (int32_t)slope : -(int32_t)(slope / 2);
		p[4] = around_zero(random, range > 1e5 ? 1000 : (int32_t)range / 2);
		while (p[5] < 20 && (double)(skip_spread >> p[5]) > range / 2) p[5]++;
	}
	return index;
}

/* ---- shapes */

static uint32_t sums_of(uint32_t size, uint32_t kernel, uint32_t stride, uint32_t pad) {
	return size + 2 * pad < kernel ? 0 : (size + 2 * pad - kernel) / stride + 1;
}

static uint32_t sums_height(const struct trace *trace, const struct trace_conv *conv) {
	const struct trace_conv_rows rows = trace_rows_of_conv(conv);
	return sums_of(trace->maps[conv->input_map].height, rows.kernel, rows.stride, rows.pad);
}

static uint32_t sums_width(const struct trace *trace, const struct trace_conv *conv) {
	return sums_of(trace->maps[conv->input_map].width, conv->kernel, conv->stride, conv->pad);
}

static void draw_shape(const struct trace *trace, struct stream_random *random, struct trace_conv *conv) {
	const struct trace_map *map = &trace->maps[conv->input_map];
	conv->kernel = chance(random, 60) ? 3 : stream_draw(random, 1, 4);
	conv->stride = chance(random, 70) ? 1 : stream_draw(random, 2, 3);
	conv->pad = chance(random, 60) ? (conv->kernel - 1) / 2 : stream_draw(random, 0, conv->kernel - 1);
	conv->kernel_height = chance(random, 20) ? stream_draw(random, 1, 4) : 0;
	if (conv->kernel_height) {
		conv->stride_height = stream_draw(random, 1, 2);
		conv->pad_height = stream_draw(random, 0, conv->kernel_height - 1);
	}
	conv->pad_value = conv->kind == TRACE_CONV_BINARY ? stream_draw(random, 0, 2) : TRACE_PAD_MASKED;
	conv->depthwise = conv->tap_shared = 0;
	conv->pre_pool = TRACE_PRE_POOL_NONE;
	if (conv->kind != TRACE_CONV_FIXED || map->kind != TRACE_MAP_FIXED) return;
	if (chance(random, 25) && map->height % 2 == 0 && map->width % 2 == 0) {
		conv->pre_pool = TRACE_PRE_POOL_AVERAGE2;
		conv->kernel = 1;
		conv->stride = 2;
		conv->pad = conv->kernel_height = 0;
	} else if (chance(random, 10) && map->height >= 2 && map->width >= 2) {
		conv->tap_shared = 1;
		conv->kernel = conv->stride = 2;
		conv->pad = conv->kernel_height = 0;
	}
}

/* A shape with sums of height x width; 0: any. Returns 0 when none was found. */
static int shape_conv(const struct trace *trace, struct stream_random *random, struct trace_conv *conv, uint32_t height,
                      uint32_t width) {
	for (int attempt = 0; attempt < 60; attempt++) {
		draw_shape(trace, random, conv);
		const uint32_t h = sums_height(trace, conv), w = sums_width(trace, conv);
		if (h && w && (!height || (h == height && w == width))) return 1;
	}
	return 0;
}

static int32_t fill_conv(struct trace *trace, struct stream_random *random, struct trace_conv *conv, uint32_t outputs) {
	const uint32_t taps = conv->tap_shared ? 1 : trace_rows_of_conv(conv).kernel * conv->kernel;
	const uint32_t columns = taps * trace_conv_inputs(trace, conv),
	               value_bits = trace->maps[conv->input_map].value_bits;
	uint32_t root = 1;
	conv->weight_bits = conv->kind == TRACE_CONV_BINARY ? 1 : stream_draw(random, 1, 6);
	conv->weight_tensor = add_weights(trace, random, conv->kind, outputs, columns, conv->weight_bits);
	while (root * root < columns) root++;
	return (
	    int32_t)((root + 1) << (conv->weight_bits + value_bits - (conv->weight_bits > 1) - (value_bits > 1) - 1));
}

static void draw_pool(struct stream_random *random, struct trace_layer *layer) {
	if (!chance(random, 30) || layer->sums_height < 2 || layer->sums_width < 2) return;
	layer->pool = TRACE_POOL_MAX2;
	if (chance(random, 40)) return;
	layer->pool = TRACE_POOL_MAX;
	layer->pool_height = stream_draw(random, 1, layer->sums_height < 3 ? layer->sums_height : 3);
	layer->pool_width = stream_draw(random, 1, layer->sums_width < 3 ? layer->sums_width : 3);
	layer->pool_stride = chance(random, 50) ? 0 : stream_draw(random, 1, 2);
	if (layer->pool_stride && layer->pool_height > 1 && layer->pool_width > 1)
		layer->pool_pad = stream_draw(random, 0, 1);
}

/* ---- layers */

static uint32_t add_map(struct trace *trace, const struct trace_layer *layer, enum trace_map_kind kind, uint32_t bits) {
	char name[TRACE_NAME_BYTES];
	snprintf(name, sizeof name, "%c%u", kind == TRACE_MAP_FIXED ? 'f' : 'b', trace->layer_count);
	return trace_sample_map(trace, name, kind, trace_pooled_height(layer), trace_pooled_width(layer),
	                        layer->output_channels, bits);
}

/* `outputs`: 1 a fixed map, 2 a bits map, 3 both. */
static void finish_layer(struct trace *trace, struct stream_random *random, struct trace_layer layer, int is_last,
                         uint32_t outputs) {
	char name[TRACE_NAME_BYTES];
	const int32_t spread = fill_conv(trace, random, &layer.main, layer.output_channels);
	const int32_t skip_spread =
	    layer.skip.kind == TRACE_CONV_NONE ? 1 : fill_conv(trace, random, &layer.skip, layer.output_channels);
	uint32_t bits = is_last ? 32 : stream_draw(random, 4, 12);
	const uint32_t is_unsigned = !is_last && chance(random, 30);
	if (layer.post == TRACE_POST_AFFINE) layer.post_shift = stream_draw(random, 0, 12);
	if (layer.post == TRACE_POST_THRESHOLD) {
		for (bits = 2; 1u << (bits - 1) <= layer.threshold_count + 1; bits++) continue;
		layer.threshold_base = is_unsigned ? (int32_t)stream_draw(random, 0, 1) : -1;
	}
	if (outputs & 1) layer.fixed_map = add_map(trace, &layer, TRACE_MAP_FIXED, bits);
	if (outputs & 1) trace->maps[layer.fixed_map].is_unsigned = is_unsigned;
	if (outputs & 2) layer.bits_map = add_map(trace, &layer, TRACE_MAP_BITS, 1);
	layer.parameter_tensor = add_parameters(trace, random, &layer, spread, skip_spread, bits);
	snprintf(name, sizeof name, "layer%u", trace->layer_count);
	struct trace_layer *added = trace_sample_layer(trace, name);
	memcpy(layer.name, added->name, sizeof layer.name);
	*added = layer;
}

/* A fixed map written before, the newest likeliest; UINT32_MAX: none. */
static uint32_t pick_fixed(const struct trace *trace, struct stream_random *random) {
	uint32_t best = UINT32_MAX;
	for (uint32_t i = 0; i < trace->map_count; i++)
		if (trace->maps[i].kind == TRACE_MAP_FIXED && (best == UINT32_MAX || chance(random, 60))) best = i;
	return best;
}

/* Reads a map of the layer before, so that none is left out. */
static void add_layer(struct trace *trace, struct stream_random *random) {
	struct trace_layer layer = {.fixed_map = UINT32_MAX, .bits_map = UINT32_MAX};
	const struct trace_layer *before = trace->layer_count ? &trace->layers[trace->layer_count - 1] : NULL;
	const uint32_t fixed = before ? before->fixed_map : trace->input_map,
	               bits = before ? before->bits_map : UINT32_MAX;
	layer.main.input_map = bits != UINT32_MAX && (fixed == UINT32_MAX || chance(random, 60)) ? bits : fixed;
	const struct trace_map map = trace->maps[layer.main.input_map];
	layer.main.kind = map.kind == TRACE_MAP_BITS && chance(random, 80) ? TRACE_CONV_BINARY : TRACE_CONV_FIXED;
	if (!shape_conv(trace, random, &layer.main, 0, 0)) return;
	layer.sums_height = sums_height(trace, &layer.main);
	layer.sums_width = sums_width(trace, &layer.main);
	layer.output_channels = stream_draw(random, 1, chance(random, 30) ? 70 : 16);
	if (layer.main.kind == TRACE_CONV_FIXED && !layer.main.tap_shared &&
	    layer.main.pre_pool == TRACE_PRE_POOL_NONE && chance(random, 30)) {
		layer.main.depthwise = 1;
		layer.output_channels = map.channels;
	}
	layer.post = chance(random, 60) ? TRACE_POST_AFFINE : TRACE_POST_THRESHOLD;
	if (layer.post == TRACE_POST_THRESHOLD)
		layer.threshold_count = stream_draw(random, 1, chance(random, 20) ? 255 : 3);
	draw_pool(random, &layer);
	layer.skip.input_map = pick_fixed(trace, random);
	if (layer.skip.input_map != UINT32_MAX && layer.post == TRACE_POST_AFFINE && chance(random, 70)) {
		layer.skip.kind = TRACE_CONV_FIXED;
		if (!shape_conv(trace, random, &layer.skip, layer.sums_height, layer.sums_width))
			layer.skip.kind = TRACE_CONV_NONE;
	}
	if (layer.skip.kind == TRACE_CONV_NONE) layer.skip = (struct trace_conv){0};
	finish_layer(trace, random, layer, 0, stream_draw(random, 1, 3));
}

static void add_head(struct trace *trace, struct stream_random *random) {
	struct trace_layer layer = {.fixed_map = UINT32_MAX, .bits_map = UINT32_MAX, .sums_height = 1, .sums_width = 1};
	layer.main.input_map = trace->map_count - 1;
	const struct trace_map *map = &trace->maps[layer.main.input_map];
	layer.main.kind = map->kind == TRACE_MAP_BITS ? TRACE_CONV_BINARY : TRACE_CONV_FIXED;
	layer.main.kernel = map->width;
	layer.main.kernel_height = map->height;
	layer.main.stride = layer.main.stride_height = 1;
	layer.main.tap_shared = layer.main.kind == TRACE_CONV_FIXED && chance(random, 50);
	layer.output_channels = trace->classes;
	finish_layer(trace, random, layer, 1, 1);
	trace->scores_map = trace->map_count - 1;
}

void stream_random_trace(struct trace *trace, struct stream_random *random) {
	*trace = (struct trace){.image_repeat = 1, .has_values = 1, .float_top1 = -1};
	snprintf(trace->name, sizeof trace->name, "random");
	const int is_bits = chance(random, 20);
	trace->classes = stream_draw(random, 2, 20);
	trace->pixel = is_bits ? TRACE_PIXEL_BIPOLAR : TRACE_PIXEL_MINUS128;
	trace->image_height = stream_draw(random, 3, 9);
	trace->image_width = stream_draw(random, 3, 9);
	trace->image_channels = is_bits ? 1 : stream_draw(random, 1, 3);
	trace->input_map =
	    trace_sample_map(trace, "image", is_bits ? TRACE_MAP_BITS : TRACE_MAP_FIXED, trace->image_height,
	                     trace->image_width, trace->image_channels, is_bits ? 1 : 8);
	for (uint32_t layers = stream_draw(random, 1, 5); layers; layers--) {
		if (trace->layer_count || !is_bits) {
			add_layer(trace, random);
			continue;
		}
		struct trace_layer layer = {.fixed_map = UINT32_MAX, .bits_map = UINT32_MAX, .output_channels = 8};
		layer.main = (struct trace_conv){.kind = TRACE_CONV_BINARY, .input_map = trace->input_map};
		if (!shape_conv(trace, random, &layer.main, 0, 0)) continue;
		layer.sums_height = sums_height(trace, &layer.main);
		layer.sums_width = sums_width(trace, &layer.main);
		finish_layer(trace, random, layer, 0, stream_draw(random, 1, 3));
	}
	add_head(trace, random);
	trace_lifetimes(trace);
}

/* ---- machines */

static uint32_t draw_divisor(struct stream_random *random, uint32_t number) {
	uint32_t divisors[DIVISORS_MAX], count = 0;
	for (uint32_t i = 1; i <= number && count < DIVISORS_MAX; i++)
		if (number % i == 0) divisors[count++] = i;
	return divisors[stream_draw(random, 0, count - 1)];
}

/* SIMD: of the channels, now and then of several taps. */
static uint32_t draw_simd(struct stream_random *random, const struct trace *trace, const struct trace_conv *conv) {
	const struct trace_map *map = &trace->maps[conv->input_map];
	const struct trace_conv_rows rows = trace_rows_of_conv(conv);
	const int has_valid =
	    map->kind == TRACE_MAP_BITS && conv->pad_value == TRACE_PAD_MASKED && (rows.pad || conv->pad);
	if (conv->depthwise) return 1;
	if (conv->tap_shared || has_valid || chance(random, 60)) return draw_divisor(random, map->channels);
	for (;;) {
		const uint32_t simd = draw_divisor(random, map->channels * rows.kernel * conv->kernel);
		if (simd >= map->channels || map->channels % simd == 0) return simd;
	}
}

void stream_random_config(struct config *config, const struct trace *trace, struct stream_random *random) {
	static const uint32_t word_bits[] = {8, 32, 64, 512};
	char *text = config->streaming_folding;
	size_t used = 0;
	config_defaults(config);
	config->organisation = ORGANISATION_STREAMING;
	config->streaming_link = chance(random, 50) ? LINK_DIRECT : LINK_PIXEL;
	config->streaming_dma_word_bits = word_bits[stream_draw(random, 0, 3)];
	config->streaming_pipeline = stream_draw(random, 0, 1);
	config->streaming_fifo_depth_words = stream_draw(random, 2, 8);
	for (uint32_t i = 0; i < trace->layer_count; i++) {
		const struct trace_layer *layer = &trace->layers[i];
		used += (size_t)snprintf(text + used, CONFIG_TEXT_BYTES - used, "%s%u/%u", i ? " " : "",
		                         draw_divisor(random, layer->output_channels),
		                         draw_simd(random, trace, &layer->main));
		if (layer->skip.kind == TRACE_CONV_NONE) continue;
		used += (size_t)snprintf(text + used, CONFIG_TEXT_BYTES - used, "+%u/%u",
		                         draw_divisor(random, layer->output_channels),
		                         draw_simd(random, trace, &layer->skip));
	}
}

int16_t *stream_random_input(const struct trace *trace, struct stream_random *random) {
	const struct trace_map *map = &trace->maps[trace->input_map];
	const size_t values = (size_t)map->height * map->width * map->channels;
	int16_t *input = malloc(values * sizeof *input);
	for (size_t i = 0; input && i < values; i++) {
		const uint32_t byte = stream_draw(random, 0, 255);
		input[i] = map->kind == TRACE_MAP_BITS ? (byte & 1 ? 1 : -1) : (int16_t)(byte - 128);
	}
	return input;
}
