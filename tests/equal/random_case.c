/* See random_case.h. A network is a chain: an optional stem, blend or plain layers, and a last layer that makes scores. */
#include "tests/equal/random_case.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LAYERS_MAX = 6, MAPS_MAX = 16, TENSORS_MAX = 24 };

/* Depths in words, in buffer order: bit_activations, fixed_activations, bit_weights, fixed_weights, parameters, border,
 * accumulators, skip_sums, output. Small, so that maps spill and weights are loaded by the layer or the block. */
const struct structure structures[] = {
    {"fused4", 4, 1, 4, 4, 4, 8, 4, 4, 2, PACKING_CHANNEL, FABRIC_FUSED, POPCOUNT_LUT, 8, 8, 576,
     {512, 1024, 512, 1024, 64, 256, 256, 256, 64}, {1, 2, 1, 1, 1, 1, 1, 1, 1}},
    {"window8", 8, 2, 8, 4, 4, 16, 3, 2, 1, PACKING_WINDOW, FABRIC_DSP, POPCOUNT_DSP, 8, 16, 1024,
     {512, 512, 256, 1024, 64, 128, 256, 512, 64}, {1, 1, 1, 1, 1, 1, 1, 1, 1}},
    {"lut4", 4, 1, 8, 8, 4, 32, 2, 3, 3, PACKING_CHANNEL, FABRIC_LUT, POPCOUNT_LUT, 8, 16, 576,
     {96, 128, 256, 256, 32, 128, 128, 64, 64}, {2, 2, 1, 1, 1, 2, 1, 1, 1}},
    {"window4", 4, 1, 4, 4, 2, 64, 8, 6, 4, PACKING_WINDOW, FABRIC_FUSED, POPCOUNT_LUT, 4, 8, 1024,
     {256, 512, 512, 1024, 128, 256, 256, 256, 128}, {4, 8, 1, 2, 2, 4, 1, 1, 4}},
    /* configs/u250.ini with its widths resolved for NeuroBlend-20. */
    {"u250", 16, 1, 16, 16, 16, 64, 4, 8, 4, PACKING_WINDOW, FABRIC_DSP, POPCOUNT_LUT, 8, 16, 576,
     {4096, 4096, 512, 512, 512, 512, 512, 512, 512}, {1, 2, 1, 1, 1, 2, 1, 1, 1}},
};
const uint32_t structure_count = sizeof structures / sizeof structures[0];

uint32_t random_below(struct random_source *random, uint32_t limit) {
	random->state += 0x9e3779b97f4a7c15u; /* splitmix64 */
	uint64_t z = random->state;
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	z ^= z >> 31;
	return limit ? (uint32_t)(z % limit) : 0;
}

uint32_t random_between(struct random_source *random, uint32_t low, uint32_t high) { return low + random_below(random, high - low + 1); }

int random_chance(struct random_source *random, uint32_t percent) { return random_below(random, 100) < percent; }

static void random_memory(struct random_source *random, struct config *config) {
	static const uint32_t kinds[] = {DRAM_DDR4, DRAM_DDR4, DRAM_FIXED, DRAM_UNLIMITED};
	config->clock_khz = random_between(random, 100, 400) * 1000;
	config->dram_kind = kinds[random_below(random, 4)];
	config->dram_peak_megabytes_per_s = random_between(random, 1000, 20000);
	config->dram_controller_cycles = random_between(random, 0, 30);
	config->dram_fixed_latency_cycles = random_between(random, 1, 60);
	config->dram_fixed_bytes_per_cycle = random_between(random, 1, 64);
	config->dram_trcd_ps = random_between(random, 1000, 20000);
	config->dram_trp_ps = random_between(random, 1000, 20000);
	config->dram_cl_ps = random_between(random, 1000, 20000);
	config->dram_tras_ps = random_between(random, 1000, 50000);
	config->dram_trfc_ps = random_between(random, 50000, 400000);
	config->dram_trefi_ps = random_chance(random, 80) ? random_between(random, 1000000, 8000000) : 0;
	config->dram_bank_groups = 1u << random_below(random, 3);
	config->dram_banks_per_group = 1u << random_below(random, 3);
	config->dram_row_bytes = 4096u << random_below(random, 2);
}

void random_config(struct random_source *random, const struct structure *structure, struct config *config) {
	config_defaults(config);
	config->binary_pes = structure->pes;
	config->binary_words = structure->words;
	config->binary_packing = structure->packing;
	config->binary_fabric = structure->fabric;
	config->binary_popcount = structure->popcount;
	config->binary_accumulator_bits = RANDOM_ACCUMULATOR_BITS;
	config->binary_window_bits = structure->window_bits;
	config->fixed_rows = structure->rows;
	config->fixed_columns = structure->columns;
	config->fixed_weight_bits = structure->weight_bits;
	config->fixed_activation_bits = structure->activation_bits;
	config->fixed_accumulator_bits = RANDOM_SUM_BITS;
	config->post_lanes = structure->lanes;
	config->dma_axi_bytes = structure->axi_bytes;
	config->dma_outstanding = structure->outstanding;
	config->dma_burst_beats = 1u << random_below(random, 6);
	config->sequencer_queue_depth = structure->queue_depth;
	config->sequencer_fetch_cycles = 1u << random_below(random, 4);
	config->sequencer_program_commands = 4096;
	config->dram_channels = structure->channels;
	config->frames = random_chance(random, 20) ? 2 : 1;
	for (int i = 0; i < BUFFER_COUNT; i++) {
		struct config_buffer *buffer = &config->buffer[i];
		buffer->depth_words = structure->depth_words[i];
		buffer->banks = structure->banks[i];
		buffer->ports = i == BUFFER_ACCUMULATORS || i == BUFFER_SKIP_SUMS || random_chance(random, 60) ? 2 : 1;
		buffer->ping_pong = random_chance(random, 70) ? 1 : 0;
	}
	config->post_mode = random_chance(random, 70) ? POST_INLINE : POST_SEPARATE;
	config->mapper_weights = random_chance(random, 40) ? RESIDENCY_AUTO : random_chance(random, 50) ? RESIDENCY_LAYER : RESIDENCY_TILE;
	config->mapper_maps = random_chance(random, 60) ? RESIDENCY_AUTO : RESIDENCY_TILE;
	config->mapper_band_rows = random_chance(random, 50) ? 0 : random_between(random, 1, 4);
	random_memory(random, config);
}

/* Building of a trace. */

static uint32_t add_map(struct trace *trace, const char *name, enum trace_map_kind kind, uint32_t height, uint32_t width, uint32_t channels,
                        uint32_t bits) {
	struct trace_map *map = &trace->maps[trace->map_count];
	snprintf(map->name, sizeof map->name, "%s%u", name, trace->map_count);
	map->kind = kind;
	map->height = height;
	map->width = width;
	map->channels = channels;
	map->value_bits = bits;
	return trace->map_count++;
}

static struct trace_tensor *add_tensor(struct trace *trace, enum trace_tensor_type type, uint32_t rows, uint32_t columns) {
	struct trace_tensor *tensor = &trace->tensors[trace->tensor_count];
	snprintf(tensor->name, sizeof tensor->name, "t%u", trace->tensor_count);
	tensor->type = type;
	tensor->rows = rows;
	tensor->columns = columns;
	tensor->bytes = type == TRACE_TENSOR_BITS ? (uint64_t)rows * trace_bits_row_bytes(columns)
	                : (uint64_t)rows * columns * (type == TRACE_TENSOR_INT16 ? 2 : 4);
	tensor->data = calloc(1, tensor->bytes);
	if (!tensor->data) return NULL;
	trace->tensor_count++;
	return tensor;
}

static int32_t random_signed(struct random_source *random, uint32_t bits) {
	int32_t half = 1 << (bits - 1);
	return (int32_t)random_below(random, (uint32_t)half * 2) - half;
}

static int add_conv_weights(struct random_source *random, struct trace *trace, struct trace_conv *conv, uint32_t outputs, uint32_t inputs) {
	uint32_t columns = conv->tap_shared ? inputs : conv->kernel * conv->kernel * inputs;
	enum trace_tensor_type type = conv->kind == TRACE_CONV_BINARY ? TRACE_TENSOR_BITS : TRACE_TENSOR_INT16;
	conv->weight_tensor = trace->tensor_count;
	struct trace_tensor *tensor = add_tensor(trace, type, outputs, columns);
	if (!tensor) return 0;
	for (uint32_t o = 0; o < outputs; o++)
		for (uint32_t j = 0; j < columns; j++)
			if (type == TRACE_TENSOR_INT16)
				((int16_t *)tensor->data)[o * columns + j] = (int16_t)random_signed(random, conv->weight_bits);
			else if (random_chance(random, 50))
				((uint8_t *)tensor->data)[o * trace_bits_row_bytes(columns) + j / 8] |= (uint8_t)(1 << j % 8);
	return 1;
}

static int add_parameters(struct random_source *random, struct trace *trace, struct trace_layer *layer) {
	int threshold = layer->post == TRACE_POST_THRESHOLD;
	uint32_t columns = threshold ? 1 + layer->threshold_count : 6;
	layer->parameter_tensor = trace->tensor_count;
	struct trace_tensor *tensor = add_tensor(trace, TRACE_TENSOR_INT32, layer->output_channels, columns);
	if (!tensor) return 0;
	for (uint32_t o = 0; o < layer->output_channels; o++) {
		int32_t *row = (int32_t *)tensor->data + o * columns;
		if (threshold) {
			row[0] = (int32_t)random_below(random, 2);
			for (uint32_t k = 1; k < columns; k++) row[k] = random_signed(random, 5);
			continue;
		}
		row[0] = random_signed(random, 8);
		row[1] = random_signed(random, 8);
		row[2] = random_signed(random, 8);
		row[3] = random_signed(random, 12);
		row[4] = random_signed(random, 8);
		row[5] = (int32_t)random_below(random, 10);
	}
	return 1;
}

static uint32_t out_size(uint32_t in, uint32_t kernel, uint32_t stride, uint32_t pad) { return (in + 2 * pad - kernel) / stride + 1; }

/* Draws kernel, stride and pad of a convolution that fits a map of this height (square maps). */
static void draw_geometry(struct random_source *random, struct trace_conv *conv, uint32_t side) {
	conv->kernel = side >= 3 && random_chance(random, 75) ? 3 : 1;
	conv->pad = conv->kernel == 3 && random_chance(random, 70) ? 1 : 0;
	conv->stride = random_chance(random, 30) && side >= 4 ? 2 : 1;
	conv->pad_value = (enum trace_pad_value)(conv->kind == TRACE_CONV_BINARY && conv->pad ? random_below(random, 3) : TRACE_PAD_MASKED);
}

/* A skip path beside a binary convolution: 1x1, or 1x1 on 2x2 averages where it halves the map. */
static void draw_skip(struct trace_layer *layer, const struct trace_map *fixed, uint32_t fixed_map, uint32_t weight_bits) {
	struct trace_conv *skip = &layer->skip;
	memset(skip, 0, sizeof *skip);
	if (fixed->height == layer->sums_height) {
		skip->kernel = skip->stride = 1;
	} else if (fixed->height == 2 * layer->sums_height) {
		skip->kernel = 1;
		skip->stride = 2;
		skip->pre_pool = TRACE_PRE_POOL_AVERAGE2;
	} else {
		return;
	}
	skip->kind = TRACE_CONV_FIXED;
	skip->input_map = fixed_map;
	skip->weight_bits = weight_bits;
}

static void draw_post(struct random_source *random, struct trace_layer *layer) {
	layer->post = layer->skip.kind == TRACE_CONV_NONE && random_chance(random, 40) ? TRACE_POST_THRESHOLD : TRACE_POST_AFFINE;
	layer->threshold_count = layer->post == TRACE_POST_THRESHOLD ? random_between(random, 1, 3) : 0;
	layer->threshold_base = layer->post == TRACE_POST_THRESHOLD ? -(int32_t)random_below(random, 2) : 0;
	layer->post_shift = layer->post == TRACE_POST_AFFINE ? random_below(random, 13) : 0;
	layer->pool = layer->sums_height >= 2 && random_chance(random, 20) ? TRACE_POOL_MAX2 : TRACE_POOL_NONE;
}

struct builder { struct random_source *random; const struct structure *structure; struct trace *trace; uint32_t fixed_map, bits_map; };

static int add_layer(struct builder *builder, int is_last) {
	struct trace *trace = builder->trace;
	struct random_source *random = builder->random;
	struct trace_layer *layer = &trace->layers[trace->layer_count];
	memset(layer, 0, sizeof *layer);
	snprintf(layer->name, sizeof layer->name, "layer%u", trace->layer_count);
	snprintf(layer->from, sizeof layer->from, "layer%u", trace->layer_count);
	int binary = builder->bits_map != UINT32_MAX && (builder->fixed_map == UINT32_MAX || random_chance(random, 75));
	struct trace_conv *conv = &layer->main;
	conv->kind = binary ? TRACE_CONV_BINARY : TRACE_CONV_FIXED;
	conv->input_map = binary ? builder->bits_map : builder->fixed_map;
	conv->weight_bits = binary ? 1 : builder->structure->weight_bits;
	const struct trace_map in = trace->maps[conv->input_map];
	if (is_last) {
		conv->kernel = in.height;
		conv->stride = 1;
		conv->tap_shared = !binary && random_chance(random, 60);
		layer->output_channels = trace->classes;
	} else {
		draw_geometry(random, conv, in.height);
		layer->output_channels = random_between(random, 1, 20);
	}
	layer->sums_height = layer->sums_width = out_size(in.height, conv->kernel, conv->stride, conv->pad);
	if (binary && builder->fixed_map != UINT32_MAX && !is_last && random_chance(random, 70))
		draw_skip(layer, &trace->maps[builder->fixed_map], builder->fixed_map, builder->structure->weight_bits);
	if (!is_last) draw_post(random, layer);
	if (!add_conv_weights(random, trace, conv, layer->output_channels, in.channels)) return 0;
	if (layer->skip.kind != TRACE_CONV_NONE &&
	    !add_conv_weights(random, trace, &layer->skip, layer->output_channels, trace->maps[layer->skip.input_map].channels))
		return 0;
	if (!add_parameters(random, trace, layer)) return 0;
	uint32_t side = layer->pool == TRACE_POOL_MAX2 ? layer->sums_height / 2 : layer->sums_height;
	uint32_t bits = builder->structure->activation_bits;
	layer->fixed_map = layer->bits_map = UINT32_MAX;
	if (is_last) {
		trace->scores_map = layer->fixed_map = add_map(trace, "scores", TRACE_MAP_FIXED, side, side, layer->output_channels, 32);
	} else {
		int both = random_chance(random, 60);
		if (both || random_chance(random, 50)) layer->fixed_map = add_map(trace, "fixed", TRACE_MAP_FIXED, side, side, layer->output_channels, bits);
		if (both || layer->fixed_map == UINT32_MAX) layer->bits_map = add_map(trace, "bits", TRACE_MAP_BITS, side, side, layer->output_channels, 1);
		builder->fixed_map = layer->fixed_map;
		builder->bits_map = layer->bits_map;
	}
	trace->layer_count++;
	return 1;
}

int random_trace(struct random_source *random, const struct structure *structure, struct trace *trace) {
	memset(trace, 0, sizeof *trace);
	trace->maps = calloc(MAPS_MAX, sizeof *trace->maps);
	trace->layers = calloc(LAYERS_MAX, sizeof *trace->layers);
	trace->tensors = calloc(TENSORS_MAX, sizeof *trace->tensors);
	if (!trace->maps || !trace->layers || !trace->tensors) return 0;
	struct builder builder = {random, structure, trace, UINT32_MAX, UINT32_MAX};
	snprintf(trace->name, sizeof trace->name, "random");
	trace->classes = random_between(random, 2, 12);
	trace->has_values = 1;
	trace->float_top1 = -1;
	int bits = random_chance(random, 40);
	uint32_t side = random_between(random, 3, 12), channels = random_between(random, 1, bits ? 20 : 3);
	trace->pixel = bits ? TRACE_PIXEL_BIPOLAR : TRACE_PIXEL_MINUS128;
	trace->image_height = trace->image_width = side;
	trace->image_channels = channels < 3 ? channels : 3;
	trace->image_repeat = 1;
	trace->input_map = add_map(trace, "input", bits ? TRACE_MAP_BITS : TRACE_MAP_FIXED, side, side, channels, bits ? 1 : structure->activation_bits < 8 ? structure->activation_bits : 8);
	if (bits)
		builder.bits_map = trace->input_map;
	else
		builder.fixed_map = trace->input_map;
	uint32_t layers = random_between(random, 0, 3);
	for (uint32_t i = 0; i < layers; i++)
		if (!add_layer(&builder, 0)) return 0;
	if (!add_layer(&builder, 1)) return 0;
	trace_lifetimes(trace);
	return 1;
}

int16_t *random_input(struct random_source *random, const struct trace *trace) {
	const struct trace_map *map = &trace->maps[trace->input_map];
	uint32_t count = map->height * map->width * map->channels;
	int16_t *values = malloc(count * sizeof *values);
	for (uint32_t i = 0; values && i < count; i++)
		values[i] = (int16_t)(map->kind == TRACE_MAP_BITS ? (int32_t)random_below(random, 2) * 2 - 1 : random_signed(random, map->value_bits));
	return values;
}
