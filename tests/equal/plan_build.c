/* See plan.h: from a plan to a network with values. A network is a chain: each layer reads the maps of the one before.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/equal/case_trace.h"
#include "tests/equal/plan.h"

enum { MAPS_MAX = 2 * PLAN_LAYERS_MAX + 2, TENSORS_MAX = 3 * PLAN_LAYERS_MAX, KERNEL_MAX = 15, NONE = UINT32_MAX };

struct builder {
	const struct plan *plan;
	struct trace *trace;
	struct random_source random;
	uint32_t fixed_map, bits_map; /* what the layer before wrote, or NONE */
};

/* Bits of a weight with which no sum leaves the 32 bits a trace allows, whatever the map holds. */
static uint32_t safe_weight_bits(const struct trace_conv *conv, const struct trace_map *map) {
	uint32_t products = conv->kernel * conv->kernel * map->channels, bits = 32 - map->value_bits;
	for (; products > 1 && bits > 1; products = (products + 1) / 2) bits--;
	return conv->weight_bits < bits ? conv->weight_bits : bits;
}

static int add_weights(struct builder *builder, struct trace_conv *conv, uint32_t outputs) {
	const uint32_t inputs = builder->trace->maps[conv->input_map].channels;
	const uint32_t columns = conv->tap_shared ? inputs : conv->kernel * conv->kernel * inputs;
	const int is_binary = conv->kind == TRACE_CONV_BINARY;
	const uint32_t bits = safe_weight_bits(conv, &builder->trace->maps[conv->input_map]);
	conv->weight_tensor = builder->trace->tensor_count;
	struct trace_tensor *tensor =
	    case_trace_add_tensor(builder->trace, is_binary ? TRACE_TENSOR_BITS : TRACE_TENSOR_INT16, outputs, columns);
	if (!tensor) return 0;
	for (uint32_t o = 0; o < outputs; o++)
		for (uint32_t j = 0; j < columns; j++)
			if (conv->weight_bits == 1 && !is_binary)
				((int16_t *)tensor->data)[o * columns + j] =
				    random_chance(&builder->random, 50) ? 1 : -1;
			else if (!is_binary)
				((int16_t *)tensor->data)[o * columns + j] =
				    (int16_t)random_signed(&builder->random, bits);
			else if (random_chance(&builder->random, 50))
				((uint8_t *)tensor->data)[o * trace_bits_row_bytes(columns) + j / 8] |=
				    (uint8_t)(1 << j % 8);
	return 1;
}

/* About the standard deviation of a main convolution's sums, of uniform weights and inputs. */
static uint64_t sum_spread(const struct trace_conv *conv, const struct trace_map *map) {
	const uint64_t products = (uint64_t)conv->kernel * conv->kernel * map->channels;
	uint64_t root = 1;
	while ((root + 1) * (root + 1) <= products) root++;
	if (conv->kind == TRACE_CONV_BINARY) return root;
	return ((root << (safe_weight_bits(conv, map) - 1)) << (map->value_bits - 1)) / 3 + 1;
}

static int32_t random_within(struct random_source *random, uint64_t bound) {
	const uint32_t most = bound < INT32_MAX ? (uint32_t)bound : INT32_MAX;
	return (int32_t)((int64_t)random_below(random, 2 * most + 1) - most);
}

/* Offsets of an affine row within the spread of what they are added to, and mostly slopes of one sign: the sign of a
 * result depends on the pixel. */
static void balance_row(struct random_source *random, uint64_t spread, uint32_t shift, int32_t *row) {
	const uint64_t scaled = spread * (uint64_t)abs(row[0]);
	row[1] = random_within(random, scaled / 2);
	if ((row[2] < 0) != (row[3] < 0) && random_chance(random, 80)) row[3] = -row[3];
	row[4] = random_within(random, (scaled * (uint64_t)abs(row[2])) >> shift >> 2);
}

static int add_parameters(struct builder *builder, struct trace_layer *layer, const struct plan_layer *from) {
	const uint32_t scale_bits = from->scale_bits;
	const uint64_t spread = sum_spread(&layer->main, &builder->trace->maps[layer->main.input_map]);
	struct random_source *random = &builder->random;
	const int is_threshold = layer->post == TRACE_POST_THRESHOLD;
	const uint32_t columns = is_threshold ? 1 + layer->threshold_count : 6;
	layer->parameter_tensor = builder->trace->tensor_count;
	struct trace_tensor *tensor =
	    case_trace_add_tensor(builder->trace, TRACE_TENSOR_INT32, layer->output_channels, columns);
	if (!tensor) return 0;
	for (uint32_t o = 0; o < layer->output_channels; o++) {
		int32_t *row = (int32_t *)tensor->data + (size_t)o * columns;
		if (is_threshold) {
			row[0] = (int32_t)random_below(random, 2);
			for (uint32_t k = 1; k < columns; k++)
				row[k] =
				    from->balanced ? random_within(random, spread) : random_signed(random, scale_bits);
			continue;
		}
		row[0] = random_signed(random, scale_bits);                                  /* A */
		row[1] = random_signed(random, 2 * scale_bits);                              /* B */
		row[2] = random_signed(random, scale_bits);                                  /* MP */
		row[3] = random_signed(random, scale_bits);                                  /* MN */
		row[4] = random_signed(random, scale_bits);                                  /* C */
		row[5] = (int32_t)random_below(random, random_chance(random, 90) ? 10 : 32); /* E */
		if (from->balanced) balance_row(random, spread, layer->post_shift, row);
	}
	return 1;
}

static uint32_t least(uint32_t a, uint32_t b) {
	return a < b ? a : b;
}

static uint32_t out_size(uint32_t in, const struct trace_conv *conv) {
	return (in + 2 * conv->pad - conv->kernel) / conv->stride + 1;
}

static void set_main(struct builder *builder, const struct plan_layer *from, int is_last, struct trace_layer *layer) {
	struct trace_conv *conv = &layer->main;
	const int is_binary = builder->bits_map != NONE && (from->binary || builder->fixed_map == NONE);
	conv->kind = is_binary ? TRACE_CONV_BINARY : TRACE_CONV_FIXED;
	conv->input_map = is_binary ? builder->bits_map : builder->fixed_map;
	conv->weight_bits = is_binary ? 1 : from->weight_bits;
	conv->tap_shared = !is_binary && from->tap_shared;
	const struct trace_map *in = &builder->trace->maps[conv->input_map];
	const uint32_t low = least(in->height, in->width), high = in->height + in->width - low;
	if (is_last) {
		conv->kernel = least(low, KERNEL_MAX);
		conv->stride = least(high - conv->kernel + 1, KERNEL_MAX);
	} else {
		conv->pad = least(from->pad, from->kernel - 1);
		conv->kernel = least(from->kernel, low + 2 * conv->pad);
		conv->pad = least(conv->pad, conv->kernel - 1);
		conv->stride = from->stride;
		if (is_binary && conv->pad) conv->pad_value = (enum trace_pad_value)from->pad_value;
	}
	layer->sums_height = out_size(in->height, conv);
	layer->sums_width = out_size(in->width, conv);
}

/* 1x1, or 1x1 on 2x2 averages where the layer halves the map. */
static void set_skip(const struct builder *builder, const struct plan_layer *from, struct trace_layer *layer) {
	if (!from->skip || builder->fixed_map == NONE || layer->main.kind != TRACE_CONV_BINARY) return;
	const struct trace_map *fixed = &builder->trace->maps[builder->fixed_map];
	struct trace_conv *skip = &layer->skip;
	if (fixed->height == layer->sums_height && fixed->width == layer->sums_width) {
		skip->stride = 1;
	} else if (fixed->height == 2 * layer->sums_height && fixed->width == 2 * layer->sums_width) {
		skip->stride = 2;
		skip->pre_pool = TRACE_PRE_POOL_AVERAGE2;
	} else {
		return;
	}
	skip->kernel = 1;
	skip->kind = TRACE_CONV_FIXED;
	skip->input_map = builder->fixed_map;
	skip->weight_bits = from->skip_weight_bits;
}

static void set_post(const struct plan_layer *from, struct trace_layer *layer) {
	const int is_threshold = from->thresholds && layer->skip.kind == TRACE_CONV_NONE;
	layer->post = is_threshold ? TRACE_POST_THRESHOLD : TRACE_POST_AFFINE;
	layer->threshold_count = is_threshold ? from->thresholds : 0;
	layer->threshold_base = is_threshold ? -(int32_t)from->threshold_base_minus : 0;
	layer->post_shift = is_threshold ? 0 : from->shift;
	if (from->pool && layer->sums_height >= 2 && layer->sums_width >= 2) layer->pool = TRACE_POOL_MAX2;
}

/* Pixels of a transposed map for so many output channels: about as wide as high. */
static uint32_t turned_width(uint32_t channels) {
	uint32_t width = 1;
	while ((width + 1) * (width + 1) <= channels) width++;
	return width;
}

static void set_transpose(const struct plan_layer *from, struct trace_layer *layer) {
	const uint32_t width = turned_width(layer->output_channels);
	if (!from->transpose || layer->pool != TRACE_POOL_NONE) return;
	layer->transpose = 1;
	layer->output_channels = layer->output_channels / width * width;
}

static void add_outputs(struct builder *builder, const struct plan_layer *from, int is_last,
                        struct trace_layer *layer) {
	struct trace *trace = builder->trace;
	const uint32_t shrink = layer->pool == TRACE_POOL_MAX2 ? 2 : 1;
	uint32_t height = layer->sums_height / shrink, width = layer->sums_width / shrink;
	uint32_t channels = layer->output_channels;
	if (layer->transpose) {
		channels = height * width;
		width = turned_width(layer->output_channels);
		height = layer->output_channels / width;
	}
	const int writes_fixed = from->write_fixed || !from->write_bits;
	layer->fixed_map = layer->bits_map = NONE;
	if (is_last) {
		trace->scores_map = layer->fixed_map =
		    case_trace_add_map(trace, "scores", TRACE_MAP_FIXED, height, width, layer->output_channels, 32);
		return;
	}
	if (writes_fixed)
		layer->fixed_map =
		    case_trace_add_map(trace, "fixed", TRACE_MAP_FIXED, height, width, channels, from->map_bits);
	if (from->write_bits)
		layer->bits_map = case_trace_add_map(trace, "bits", TRACE_MAP_BITS, height, width, channels, 1);
	builder->fixed_map = layer->fixed_map;
	builder->bits_map = layer->bits_map;
}

static int add_layer(struct builder *builder, uint32_t index) {
	struct trace *trace = builder->trace;
	const struct plan_layer *from = &builder->plan->layers[index];
	const int is_last = index + 1 == builder->plan->layer_count;
	struct trace_layer *layer = &trace->layers[trace->layer_count++];
	snprintf(layer->name, sizeof layer->name, "layer%u", index);
	snprintf(layer->from, sizeof layer->from, "layer%u", index);
	layer->output_channels = is_last ? builder->plan->classes : from->channels;
	set_main(builder, from, is_last, layer);
	if (!is_last) {
		set_skip(builder, from, layer);
		set_post(from, layer);
		set_transpose(from, layer);
	}
	int good = add_weights(builder, &layer->main, layer->output_channels);
	if (good && layer->skip.kind != TRACE_CONV_NONE)
		good = add_weights(builder, &layer->skip, layer->output_channels);
	if (good) good = add_parameters(builder, layer, from);
	if (good) add_outputs(builder, from, is_last, layer);
	return good;
}

static int build_trace(struct builder *builder) {
	const struct plan *plan = builder->plan;
	struct trace *trace = builder->trace;
	trace->maps = calloc(MAPS_MAX, sizeof *trace->maps);
	trace->layers = calloc(PLAN_LAYERS_MAX, sizeof *trace->layers);
	trace->tensors = calloc(TENSORS_MAX, sizeof *trace->tensors);
	if (!trace->maps || !trace->layers || !trace->tensors) return 0;
	snprintf(trace->name, sizeof trace->name, "random");
	trace->classes = plan->classes;
	trace->has_values = 1;
	trace->float_top1 = -1;
	trace->pixel = plan->input_is_bits ? TRACE_PIXEL_BIPOLAR : TRACE_PIXEL_MINUS128;
	trace->image_height = plan->input_height;
	trace->image_width = plan->input_width;
	trace->image_channels = least(plan->input_channels, 3);
	trace->image_repeat = 1;
	trace->input_map =
	    case_trace_add_map(trace, "input", plan->input_is_bits ? TRACE_MAP_BITS : TRACE_MAP_FIXED,
	                       plan->input_height, plan->input_width, plan->input_channels, plan->input_bits);
	*(plan->input_is_bits ? &builder->bits_map : &builder->fixed_map) = trace->input_map;
	for (uint32_t i = 0; i < plan->layer_count; i++)
		if (!add_layer(builder, i)) return 0;
	trace_lifetimes(trace);
	return 1;
}

static int16_t *build_input(struct random_source *random, const struct trace *trace) {
	const struct trace_map *map = &trace->maps[trace->input_map];
	const size_t count = (size_t)map->height * map->width * map->channels;
	int16_t *values = malloc(count * sizeof *values);
	for (size_t i = 0; values && i < count; i++)
		values[i] = (int16_t)(map->kind == TRACE_MAP_BITS ? (int32_t)random_below(random, 2) * 2 - 1
		                                                  : random_signed(random, map->value_bits));
	return values;
}

enum status plan_build(const struct plan *plan, struct trace *trace, int16_t **input, struct error *error) {
	struct builder builder = {plan, trace, {plan->value_seed}, NONE, NONE};
	memset(trace, 0, sizeof *trace);
	*input = NULL;
	enum status status = config_check(&plan->config, "random machine", error);
	if (!status && !build_trace(&builder)) status = error_set(error, STATUS_MEMORY, "out of memory");
	if (!status) status = trace_check(trace, "random network", error);
	if (!status) {
		*input = build_input(&builder.random, trace);
		if (!*input) status = error_set(error, STATUS_MEMORY, "out of memory");
	}
	if (status) trace_clear(trace);
	return status;
}
