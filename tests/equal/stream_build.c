/* See stream_plan.h: from a plan to a network with values, and its folding. Each layer reads a map of the one before;
 * skip convolutions read that or an older one. */
#include <stdlib.h>
#include <string.h>

#include "tests/equal/case_trace.h"
#include "tests/equal/stream_plan.h"

enum {
	MAPS_MAX = 2 * STREAM_PLAN_LAYERS_MAX + 2,
	TENSORS_MAX = 3 * STREAM_PLAN_LAYERS_MAX,
	CHOICES_MAX = 64,
	NONE = UINT32_MAX
};

struct builder {
	const struct stream_plan *plan;
	struct trace *trace;
	struct config *config;
	struct random_source random;
	uint32_t fixed_map, bits_map; /* what the layer before wrote, or NONE */
};

static uint32_t least(uint32_t a, uint32_t b) {
	return a < b ? a : b;
}

/* ---- tensors */

static uint32_t columns_of(const struct trace *trace, const struct trace_conv *conv) {
	const uint32_t taps = conv->tap_shared ? 1 : trace_rows_of_conv(conv).kernel * conv->kernel;
	return taps * trace_conv_inputs(trace, conv);
}

static int add_weights(struct builder *builder, struct trace_conv *conv, uint32_t outputs) {
	const uint32_t columns = columns_of(builder->trace, conv), bits = conv->weight_bits;
	const int is_binary = conv->kind == TRACE_CONV_BINARY;
	conv->weight_tensor = builder->trace->tensor_count;
	struct trace_tensor *tensor =
	    case_trace_add_tensor(builder->trace, is_binary ? TRACE_TENSOR_BITS : TRACE_TENSOR_INT16, outputs, columns);
	if (!tensor) return 0;
	for (uint32_t o = 0; o < outputs; o++)
		for (uint32_t j = 0; j < columns; j++) {
			const uint32_t sign = random_chance(&builder->random, 50);
			if (!is_binary)
				((int16_t *)tensor->data)[o * columns + j] =
				    (int16_t)(bits == 1 ? (sign ? 1 : -1) : random_signed(&builder->random, bits));
			else if (sign)
				((uint8_t *)tensor->data)[o * trace_bits_row_bytes(columns) + j / 8] |=
				    (uint8_t)(1 << j % 8);
		}
	return 1;
}

/* About how large the sums are. */
static uint32_t spread_of(const struct trace *trace, const struct trace_conv *conv) {
	const uint32_t columns = columns_of(trace, conv), value_bits = trace->maps[conv->input_map].value_bits;
	uint32_t root = 1, bits = conv->weight_bits - 1 + value_bits - 1;
	while (root * root < columns) root++;
	if (bits) bits--;
	return (root + 1) << least(bits, 24);
}

static int32_t around_zero(struct random_source *random, uint32_t limit) {
	return (int32_t)random_below(random, 2 * limit + 1) - (int32_t)limit;
}

/* Affine parameters that spread the sums over the map's values. */
static void draw_affine(struct builder *builder, const struct trace_layer *layer, uint32_t bits, int32_t *row) {
	struct random_source *random = &builder->random;
	const uint32_t spread = spread_of(builder->trace, &layer->main), range = 1u << (least(bits, 20) - 1);
	uint64_t slope = ((uint64_t)range << layer->post_shift) / (3 * spread);
	slope = slope < 1 ? 1 : slope > 32000 ? 32000 : slope;
	row[0] = random_chance(random, 50) ? 1 : -1;
	row[1] = around_zero(random, spread / 4 + 1);
	row[2] = (int32_t)slope;
	row[3] = random_chance(random, 50) ? (int32_t)slope : -(int32_t)(slope / 2);
	row[4] = around_zero(random, range / 2 + 1);
	if (layer->skip.kind != TRACE_CONV_NONE)
		while (row[5] < 20 && spread_of(builder->trace, &layer->skip) >> row[5] > range / 2) row[5]++;
}

static void draw_wild(struct random_source *random, int32_t *row) {
	row[0] = random_signed(random, 16);
	row[1] = random_signed(random, 31);
	row[2] = random_signed(random, 16);
	row[3] = random_signed(random, 16);
	row[4] = random_signed(random, random_between(random, 2, 31));
	row[5] = (int32_t)random_below(random, 32);
}

static int add_parameters(struct builder *builder, const struct stream_plan_layer *from, struct trace_layer *layer,
                          uint32_t bits) {
	const int is_threshold = layer->post == TRACE_POST_THRESHOLD;
	const uint32_t columns = is_threshold ? 1 + layer->threshold_count : 6;
	layer->parameter_tensor = builder->trace->tensor_count;
	struct trace_tensor *tensor =
	    case_trace_add_tensor(builder->trace, TRACE_TENSOR_INT32, layer->output_channels, columns);
	if (!tensor) return 0;
	for (uint32_t o = 0; o < layer->output_channels; o++) {
		int32_t *row = (int32_t *)tensor->data + (size_t)o * columns;
		if (!is_threshold && from->is_wild) {
			draw_wild(&builder->random, row);
		} else if (!is_threshold) {
			draw_affine(builder, layer, bits, row);
		} else {
			row[0] = (int32_t)random_below(&builder->random, 2);
			for (uint32_t k = 1; k < columns; k++)
				row[k] = around_zero(&builder->random, spread_of(builder->trace, &layer->main));
		}
	}
	return 1;
}

/* ---- shapes */

struct side {
	uint32_t kernel, stride, pad;
};

static uint32_t sums_of(uint32_t size, const struct side *side) {
	return (size + 2 * side->pad - side->kernel) / side->stride + 1;
}

/* Makes a side fit a map. */
static void fit(uint32_t size, struct side *side) {
	side->pad = least(side->pad, side->kernel - 1);
	side->kernel = least(side->kernel, size + 2 * side->pad);
	side->pad = least(side->pad, side->kernel - 1);
}

/* A stride and a pad with which a kernel, or a smaller one, makes `sums` of `size`. Returns 0 where there is none. */
static int find_side(uint32_t size, uint32_t sums, uint32_t kernel, struct side *side) {
	for (side->kernel = kernel; side->kernel; side->kernel--)
		for (side->pad = 0; side->pad < side->kernel; side->pad++)
			for (side->stride = 1; side->stride <= 8; side->stride++)
				if (side->kernel <= size + 2 * side->pad && sums_of(size, side) == sums) return 1;
	return 0;
}

static void set_sides(struct trace_conv *conv, const struct side *rows, const struct side *columns) {
	conv->kernel = columns->kernel;
	conv->stride = columns->stride;
	conv->pad = columns->pad;
	if (!memcmp(rows, columns, sizeof *rows)) return;
	conv->kernel_height = rows->kernel;
	conv->stride_height = rows->stride;
	conv->pad_height = rows->pad;
}

static void set_average2(struct trace_conv *conv) {
	const struct side side = {1, 2, 0};
	set_sides(conv, &side, &side);
	conv->pre_pool = TRACE_PRE_POOL_AVERAGE2;
}

static void set_head(const struct stream_plan_layer *from, const struct trace_map *in, struct trace_conv *conv) {
	const struct side rows = {in->height, 1, 0}, columns = {in->width, 1, 0};
	set_sides(conv, &rows, &columns);
	conv->tap_shared = conv->kind == TRACE_CONV_FIXED && from->conv == STREAM_CONV_TAP_SHARED;
}

static void set_main_shape(const struct stream_plan_layer *from, const struct trace_map *in,
                           struct trace_layer *layer) {
	struct trace_conv *conv = &layer->main;
	struct side columns = {from->kernel, from->stride, from->pad}, rows = columns;
	const int is_fixed = conv->kind == TRACE_CONV_FIXED && in->kind == TRACE_MAP_FIXED;
	if (is_fixed && from->conv == STREAM_CONV_AVERAGE2 && in->height % 2 == 0 && in->width % 2 == 0) {
		set_average2(conv);
		return;
	}
	if (conv->kind == TRACE_CONV_FIXED && from->conv == STREAM_CONV_TAP_SHARED && in->height >= 2 &&
	    in->width >= 2) {
		columns = rows = (struct side){2, 2, 0};
		set_sides(conv, &rows, &columns);
		conv->tap_shared = 1;
		return;
	}
	if (from->kernel_height) rows = (struct side){from->kernel_height, from->stride_height, from->pad_height};
	fit(in->height, &rows);
	fit(in->width, &columns);
	set_sides(conv, &rows, &columns);
	if (conv->kind == TRACE_CONV_BINARY) conv->pad_value = (enum trace_pad_value)from->pad_value;
	conv->depthwise = conv->kind == TRACE_CONV_FIXED && from->conv == STREAM_CONV_DEPTHWISE;
	if (conv->depthwise) layer->output_channels = in->channels;
}

static void set_main(struct builder *builder, const struct stream_plan_layer *from, int is_last,
                     struct trace_layer *layer) {
	struct trace_conv *conv = &layer->main;
	const int reads_bits = builder->bits_map != NONE && (from->binary || builder->fixed_map == NONE);
	conv->input_map = reads_bits ? builder->bits_map : builder->fixed_map;
	conv->kind = reads_bits && from->binary ? TRACE_CONV_BINARY : TRACE_CONV_FIXED;
	conv->weight_bits = conv->kind == TRACE_CONV_BINARY ? 1 : from->weight_bits;
	const struct trace_map *in = &builder->trace->maps[conv->input_map];
	if (is_last)
		set_head(from, in, conv);
	else
		set_main_shape(from, in, layer);
	const struct trace_conv_rows rows = trace_rows_of_conv(conv);
	const struct side row_side = {rows.kernel, rows.stride, rows.pad},
	                  column_side = {conv->kernel, conv->stride, conv->pad};
	layer->sums_height = sums_of(in->height, &row_side);
	layer->sums_width = sums_of(in->width, &column_side);
}

/* The fixed map that is `back` fixed maps before the newest, or the oldest; NONE where there is none. */
static uint32_t older_fixed(const struct trace *trace, uint32_t back) {
	uint32_t found = NONE;
	for (uint32_t i = trace->map_count; i-- > 0;) {
		if (trace->maps[i].kind != TRACE_MAP_FIXED) continue;
		found = i;
		if (back-- == 0) break;
	}
	return found;
}

static void set_skip(const struct builder *builder, const struct stream_plan_layer *from, struct trace_layer *layer) {
	const uint32_t map = older_fixed(builder->trace, from->skip_back);
	struct trace_conv skip = {.kind = TRACE_CONV_FIXED, .input_map = map, .weight_bits = from->skip_weight_bits};
	struct side rows, columns;
	if (!from->skip || from->thresholds || map == NONE) return;
	const struct trace_map *in = &builder->trace->maps[map];
	if (from->skip_conv == STREAM_CONV_AVERAGE2 && in->height == 2 * layer->sums_height &&
	    in->width == 2 * layer->sums_width) {
		set_average2(&skip);
	} else {
		const uint32_t side = layer->sums_height * layer->sums_width == 1 ? 8 : from->skip_kernel;
		if (!find_side(in->height, layer->sums_height, side, &rows) ||
		    !find_side(in->width, layer->sums_width, side, &columns))
			return;
		set_sides(&skip, &rows, &columns);
		skip.depthwise = from->skip_conv == STREAM_CONV_DEPTHWISE && in->channels == layer->output_channels;
	}
	layer->skip = skip;
}

static void set_pool(const struct stream_plan_layer *from, struct trace_layer *layer) {
	const uint32_t pad = from->pool == TRACE_POOL_MAX && from->pool_stride ? from->pool_pad : 0;
	layer->pool = TRACE_POOL_NONE;
	if (from->pool == TRACE_POOL_MAX2 && layer->sums_height > 1 && layer->sums_width > 1)
		layer->pool = TRACE_POOL_MAX2;
	if (from->pool != TRACE_POOL_MAX) return;
	layer->pool = TRACE_POOL_MAX;
	layer->pool_height = least(from->pool_height, layer->sums_height);
	layer->pool_width = least(from->pool_width, layer->sums_width);
	layer->pool_stride = from->pool_stride;
	layer->pool_pad = pad && layer->pool_height > 1 && layer->pool_width > 1;
}

/* ---- folding */

static uint32_t taps_of(const struct trace_conv *conv) {
	return conv->tap_shared ? 1 : trace_rows_of_conv(conv).kernel * conv->kernel;
}

/* Whether a matrix unit of the convolution may take so many values a word. */
static int is_simd(const struct trace *trace, const struct trace_conv *conv, uint32_t simd) {
	const struct trace_map *map = &trace->maps[conv->input_map];
	const int has_valid = map->kind == TRACE_MAP_BITS && conv->pad_value == TRACE_PAD_MASKED &&
	                      (conv->pad || trace_rows_of_conv(conv).pad);
	if (map->channels % simd == 0) return 1;
	return !has_valid && simd > map->channels && map->channels * taps_of(conv) % simd == 0;
}

/* PE and SIMD by their numbers among the possible ones of at most `most` lanes together. */
static void choose_folding(const struct builder *builder, const struct trace_conv *conv, uint32_t outputs, uint32_t pe,
                           uint32_t simd, char *text, size_t text_bytes) {
	uint32_t choices[CHOICES_MAX], count = 0;
	const uint32_t most = builder->plan->lanes_most;
	for (uint32_t i = 1; i <= outputs && i <= most && count < CHOICES_MAX; i++)
		if (outputs % i == 0) choices[count++] = i;
	const uint32_t chosen = choices[pe % count];
	count = 0;
	for (uint32_t i = 1; i * chosen <= most && count < CHOICES_MAX; i++)
		if (is_simd(builder->trace, conv, i)) choices[count++] = i;
	snprintf(text, text_bytes, "%u/%u", chosen, conv->depthwise ? 1 : choices[simd % count]);
}

static void add_folding(const struct builder *builder, const struct stream_plan_layer *from,
                        const struct trace_layer *layer, int is_first) {
	char *text = builder->config->streaming_folding, one[32], both[80];
	if (builder->plan->is_folding_auto) return;
	if (is_first) text[0] = '\0';
	choose_folding(builder, &layer->main, layer->output_channels, from->pe, from->simd, one, sizeof one);
	snprintf(both, sizeof both, "%s%s", is_first ? "" : " ", one);
	strncat(text, both, CONFIG_TEXT_BYTES - 1 - strlen(text));
	if (layer->skip.kind == TRACE_CONV_NONE) return;
	choose_folding(builder, &layer->skip, layer->output_channels, from->skip_pe, from->skip_simd, one, sizeof one);
	snprintf(both, sizeof both, "+%s", one);
	strncat(text, both, CONFIG_TEXT_BYTES - 1 - strlen(text));
}

/* ---- layers */

static void set_post(const struct stream_plan_layer *from, struct trace_layer *layer) {
	layer->post = from->thresholds ? TRACE_POST_THRESHOLD : TRACE_POST_AFFINE;
	layer->threshold_count = from->thresholds;
	layer->post_shift = from->thresholds ? 0 : from->shift;
	layer->threshold_base = from->thresholds && !from->is_unsigned ? -(int32_t)from->base_minus : 0;
}

/* Bits of the fixed map: thresholds need enough for their values. */
static uint32_t map_bits(const struct stream_plan_layer *from, uint32_t least_bits) {
	uint32_t bits = least_bits;
	if (from->thresholds)
		for (bits = 2; 1u << (bits - 1) <= from->thresholds + from->base_minus; bits++) continue;
	return bits;
}

static uint32_t add_outputs(struct builder *builder, const struct stream_plan_layer *from, int is_last,
                            struct trace_layer *layer) {
	struct trace *trace = builder->trace;
	const uint32_t height = trace_pooled_height(layer), width = trace_pooled_width(layer);
	const uint32_t channels = layer->output_channels;
	layer->fixed_map = layer->bits_map = NONE;
	if (is_last) {
		const uint32_t bits = from->map_bits == 8 || from->write_bits ? 32 : map_bits(from, from->map_bits);
		trace->scores_map = layer->fixed_map =
		    case_trace_add_map(trace, "scores", TRACE_MAP_FIXED, height, width, channels, bits);
		return bits;
	}
	const uint32_t bits = map_bits(from, from->map_bits);
	if (from->write_fixed || !from->write_bits) {
		layer->fixed_map = case_trace_add_map(trace, "fixed", TRACE_MAP_FIXED, height, width, channels, bits);
		trace->maps[layer->fixed_map].is_unsigned = from->is_unsigned;
	}
	if (from->write_bits)
		layer->bits_map = case_trace_add_map(trace, "bits", TRACE_MAP_BITS, height, width, channels, 1);
	builder->fixed_map = layer->fixed_map;
	builder->bits_map = layer->bits_map;
	return bits;
}

static int add_layer(struct builder *builder, uint32_t index) {
	struct trace *trace = builder->trace;
	const struct stream_plan_layer *from = &builder->plan->layers[index];
	const int is_last = index + 1 == builder->plan->layer_count;
	struct trace_layer *layer = &trace->layers[trace->layer_count++];
	snprintf(layer->name, sizeof layer->name, "L%u", index);
	snprintf(layer->from, sizeof layer->from, "L%u", index);
	layer->output_channels = is_last ? builder->plan->classes : from->channels;
	set_main(builder, from, is_last, layer);
	set_skip(builder, from, layer);
	set_post(from, layer);
	if (!is_last) set_pool(from, layer);
	int good = add_weights(builder, &layer->main, layer->output_channels);
	if (good && layer->skip.kind != TRACE_CONV_NONE)
		good = add_weights(builder, &layer->skip, layer->output_channels);
	add_folding(builder, from, layer, index == 0);
	const uint32_t bits = add_outputs(builder, from, is_last, layer);
	return good && add_parameters(builder, from, layer, bits);
}

static void set_image(const struct stream_plan *plan, struct trace *trace) {
	const int is_flat = plan->input_height * plan->input_width == 1;
	trace->pixel = plan->input_is_bits ? TRACE_PIXEL_BIPOLAR : TRACE_PIXEL_MINUS128;
	trace->image_height = is_flat ? plan->input_channels : plan->input_height;
	trace->image_width = is_flat ? 1 : plan->input_width;
	trace->image_channels = is_flat ? 1 : least(plan->input_channels, 3);
	trace->image_repeat = 1;
	trace->input_map =
	    case_trace_add_map(trace, "input", plan->input_is_bits ? TRACE_MAP_BITS : TRACE_MAP_FIXED,
	                       plan->input_height, plan->input_width, plan->input_channels, plan->input_bits);
}

static int build_trace(struct builder *builder) {
	const struct stream_plan *plan = builder->plan;
	struct trace *trace = builder->trace;
	trace->maps = calloc(MAPS_MAX, sizeof *trace->maps);
	trace->layers = calloc(STREAM_PLAN_LAYERS_MAX, sizeof *trace->layers);
	trace->tensors = calloc(TENSORS_MAX, sizeof *trace->tensors);
	if (!trace->maps || !trace->layers || !trace->tensors) return 0;
	snprintf(trace->name, sizeof trace->name, "random");
	trace->classes = plan->classes;
	trace->has_values = 1;
	trace->float_top1 = -1;
	set_image(plan, trace);
	*(plan->input_is_bits ? &builder->bits_map : &builder->fixed_map) = trace->input_map;
	for (uint32_t i = 0; i < plan->layer_count; i++)
		if (!add_layer(builder, i)) return 0;
	trace_lifetimes(trace);
	return 1;
}

enum status stream_plan_build(const struct stream_plan *plan, struct trace *trace, struct config *config,
                              struct error *error) {
	struct builder builder = {plan, trace, config, {plan->value_seed}, NONE, NONE};
	enum status status = STATUS_OK;
	memset(trace, 0, sizeof *trace);
	*config = plan->config;
	if (!build_trace(&builder)) status = error_set(error, STATUS_MEMORY, "out of memory");
	if (!status) status = trace_check(trace, "random network", error);
	if (!status) status = config_check(config, "random machine", error);
	if (status) trace_clear(trace);
	return status;
}
