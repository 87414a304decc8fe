/* Shapes of the stages that one layer becomes, and the widths between them. What has no stage is refused here:
 * transposed maps, averages over windows that overlap. A maximum pool whose windows overlap or are padded is a pad, a
 * window unit and a depthwise stage without weights, as in the FINN compiler.
 *
 * Widths are what the trace's own widths need at worst, never what its values happen to need, so that a trace without
 * values gives the same machine. Sums are 32-bit two's complement (sim/values/values.h), so no accumulator is wider. */
#include "sim/mapper/pipeline_plan.h"

#include <inttypes.h>
#include <stdlib.h>

uint32_t bits_of_range(int64_t low, int64_t high) {
	uint32_t bits = 1;
	while (bits < 63 && (low < -(INT64_C(1) << (bits - 1)) || high > (INT64_C(1) << (bits - 1)) - 1)) bits++;
	return bits;
}

uint32_t bits_of_unsigned(uint64_t high) {
	uint32_t bits = 1;
	while (bits < 63 && high >> bits) bits++;
	return bits;
}

/* Smallest and largest value of so many bits; 1 bit is +1 / -1. */
static void range_of_bits(uint32_t bits, uint32_t is_unsigned, int64_t *low, int64_t *high) {
	*low = bits == 1 ? -1 : is_unsigned ? 0 : -(INT64_C(1) << (bits - 1));
	*high = bits == 1 ? 1 : is_unsigned ? (INT64_C(1) << bits) - 1 : -*low - 1;
}

/* |A| <= 2^15, |B| <= 2^31, |M| <= 2^15: |m| <= rs(2^15 (2^15 |a| + 2^31), shift). */
uint32_t bits_of_affine(uint32_t accumulator_bits, uint32_t post_shift) {
	const int64_t z = (INT64_C(1) << (accumulator_bits - 1 + 15)) + (INT64_C(1) << 31);
	const int64_t half = post_shift ? INT64_C(1) << (post_shift - 1) : 0;
	const int64_t m = ((z << 15) + half) >> post_shift;
	return bits_of_range(-m, m);
}

uint32_t greatest_divisor(uint32_t a, uint32_t b) {
	while (b) {
		const uint32_t rest = a % b;
		a = b;
		b = rest;
	}
	return a;
}

uint32_t latency_of_kind(const struct config *config, enum stage_kind kind) {
	switch (kind) {
	case STAGE_WINDOW: return config->streaming_window_latency_cycles;
	case STAGE_MATRIX:
	case STAGE_DEPTHWISE: return config->streaming_matrix_latency_cycles;
	case STAGE_CONVERT: return config->streaming_converter_latency_cycles;
	case STAGE_MAX_POOL:
	case STAGE_AVERAGE_POOL: return config->streaming_pool_latency_cycles;
	case STAGE_PAD:
	case STAGE_FORK:
	case STAGE_JOIN:
	case STAGE_POINT:
	case STAGE_LABEL: return config->streaming_point_latency_cycles;
	case STAGE_INPUT:
	case STAGE_OUTPUT:
	case STAGE_KIND_COUNT: break;
	}
	return 1;
}

/* ---- one convolution */

static uint32_t sums_bits(const struct conv_shape *shape) {
	const int64_t low = shape->low, high = shape->high;
	int64_t weight_low, weight_high;
	range_of_bits(shape->weight_bits, 0, &weight_low, &weight_high);
	const int64_t products[] = {low * weight_low, low * weight_high, high * weight_low, high * weight_high};
	int64_t least = 0, most = 0;
	for (int i = 0; i < 4; i++) {
		if (products[i] < least) least = products[i];
		if (products[i] > most) most = products[i];
	}
	const int64_t terms =
	    (int64_t)shape->kernel_height * shape->kernel_width * (shape->is_depthwise ? 1 : shape->channels);
	const int64_t limit = INT64_MAX / 2 / terms; /* far beyond 32 bits */
	if (most > limit || least < -limit) return 32;
	const uint32_t bits = bits_of_range(least * terms, most * terms);
	return bits < 32 ? bits : 32;
}

/* An average in front of the convolution, which then has kernel 1. */
static void shape_average(struct conv_shape *shape, uint32_t height, uint32_t width, uint32_t shift) {
	shape->pool_height = height;
	shape->pool_width = width;
	shape->shift = shift;
	shape->input_height = shape->map_height / height;
	shape->input_width = shape->map_width / width;
	shape->kernel_height = shape->kernel_width = shape->stride_height = shape->stride_width = 1;
	if (shift) return; /* an average of values is no wider than they are */
	shape->low *= (int64_t)height * width;
	shape->high *= (int64_t)height * width;
	shape->bits =
	    shape->map_unsigned ? bits_of_unsigned((uint64_t)shape->high) : bits_of_range(shape->low, shape->high);
}

static enum status shape_conv(const struct trace *trace, const struct trace_layer *layer, const struct trace_conv *conv,
                              struct conv_shape *shape, struct error *error) {
	const struct trace_map *map = &trace->maps[conv->input_map];
	const struct trace_conv_rows rows = trace_rows_of_conv(conv);
	*shape = (struct conv_shape){.conv = conv,
	                             .map_height = map->height,
	                             .map_width = map->width,
	                             .map_bits = map->value_bits,
	                             .map_unsigned = map->is_unsigned,
	                             .input_height = map->height,
	                             .input_width = map->width,
	                             .channels = map->channels,
	                             .bits = map->value_bits,
	                             .is_unsigned = map->is_unsigned,
	                             .pad_height = rows.pad,
	                             .pad_width = conv->pad,
	                             .kernel_height = rows.kernel,
	                             .kernel_width = conv->kernel,
	                             .stride_height = rows.stride,
	                             .stride_width = conv->stride,
	                             .output_height = layer->sums_height,
	                             .output_width = layer->sums_width,
	                             .outputs = layer->output_channels,
	                             .weight_bits = conv->weight_bits,
	                             .is_depthwise = conv->depthwise};
	range_of_bits(shape->bits, shape->is_unsigned, &shape->low, &shape->high);
	if (conv->pre_pool == TRACE_PRE_POOL_AVERAGE2) shape_average(shape, 2, 2, 2);
	if (conv->tap_shared && (rows.kernel > 1 || conv->kernel > 1)) {
		const int is_whole = rows.kernel == map->height && conv->kernel == map->width;
		const int is_apart = rows.kernel == rows.stride && conv->kernel == conv->stride;
		if (rows.pad || conv->pad || (!is_whole && !is_apart))
			return error_set(error, STATUS_UNMAPPABLE,
			                 "layer %s: an average over windows that overlap or are padded; organisation = "
			                 "streaming has no such stage",
			                 layer->name);
		shape_average(shape, rows.kernel, conv->kernel, 0);
	}
	shape->has_window =
	    shape->kernel_height > 1 || shape->kernel_width > 1 || shape->stride_height > 1 || shape->stride_width > 1;
	shape->has_valid = map->kind == TRACE_MAP_BITS && conv->pad_value == TRACE_PAD_MASKED &&
	                   (shape->pad_height || shape->pad_width);
	shape->accumulator_bits = sums_bits(shape);
	return STATUS_OK;
}

static void shape_window_pool(const struct trace_layer *layer, struct layer_shape *shape) {
	const struct trace_pool_window pool = trace_window_of_pool(layer);
	const int is_apart = pool.stride_height == pool.height && pool.stride_width == pool.width && !pool.pad;
	shape->has_window_pool = layer->pool != TRACE_POOL_NONE && !is_apart;
	shape->pool = (struct conv_shape){.input_height = layer->sums_height,
	                                  .input_width = layer->sums_width,
	                                  .channels = layer->output_channels,
	                                  .bits = 1,
	                                  .pad_height = pool.pad,
	                                  .pad_width = pool.pad,
	                                  .kernel_height = pool.height,
	                                  .kernel_width = pool.width,
	                                  .stride_height = pool.stride_height,
	                                  .stride_width = pool.stride_width,
	                                  .output_height = trace_pooled_height(layer),
	                                  .output_width = trace_pooled_width(layer),
	                                  .outputs = layer->output_channels,
	                                  .is_depthwise = 1,
	                                  .has_window = 1};
}

static enum status shape_layer(const struct trace *trace, const struct trace_layer *layer, struct layer_shape *shape,
                               struct error *error) {
	if (layer->transpose)
		return error_set(error, STATUS_UNMAPPABLE,
		                 "layer %s: a transposed output map; organisation = streaming has no such stage",
		                 layer->name);
	shape->layer = layer;
	shape_window_pool(layer, shape);
	/* a threshold reads the main sums only: a skip convolution beside it would compute nothing */
	shape->has_skip = layer->skip.kind != TRACE_CONV_NONE && layer->post == TRACE_POST_AFFINE;
	enum status status = shape_conv(trace, layer, &layer->main, &shape->main, error);
	if (!status && shape->has_skip) status = shape_conv(trace, layer, &layer->skip, &shape->skip, error);
	return status;
}

enum status pipeline_shapes(const struct trace *trace, struct layer_shape **shapes, struct error *error) {
	enum status status = STATUS_OK;
	*shapes = calloc(trace->layer_count, sizeof **shapes);
	if (!*shapes) return error_set(error, STATUS_MEMORY, "out of memory for the shapes of a pipeline");
	for (uint32_t i = 0; i < trace->layer_count && !status; i++)
		status = shape_layer(trace, &trace->layers[i], &(*shapes)[i], error);
	if (!status) return STATUS_OK;
	free(*shapes);
	*shapes = NULL;
	return status;
}

/* ---- stages */

uint32_t shape_lanes(const struct conv_shape *shape, uint32_t pe, uint32_t simd) {
	if (shape->is_depthwise) return pe;
	return simd < shape->channels ? simd : shape->channels;
}

/* SIMD of more than all channels takes several taps at once: a window word then holds so many whole pixels, or all of
 * them where the taps are no multiple. */
static uint32_t window_lanes(const struct conv_shape *shape, uint32_t pe, uint32_t simd) {
	if (shape->is_depthwise) return pe;
	if (simd <= shape->channels || simd % shape->channels == 0) return simd;
	return shape->channels * shape->kernel_height * shape->kernel_width;
}

void shape_window(const struct conv_shape *shape, uint32_t pe, uint32_t simd, struct stage *stage) {
	stage->input_height = shape->input_height + 2 * shape->pad_height;
	stage->input_width = shape->input_width + 2 * shape->pad_width;
	stage->output_height = shape->output_height;
	stage->output_width = shape->output_width;
	stage->input_channels = stage->output_channels = shape->channels;
	stage->input_lanes = shape_lanes(shape, pe, simd);
	stage->output_lanes = window_lanes(shape, pe, simd);
	stage->input_bits = stage->output_bits = shape->bits;
	stage->input_unsigned = stage->output_unsigned = shape->is_unsigned;
	stage->kernel_height = shape->kernel_height;
	stage->kernel_width = shape->kernel_width;
	stage->stride = shape->stride_height;
	stage->stride_width = shape->stride_width;
	stage->has_valid = shape->has_valid;
	if (stage->input_height > 1 || stage->kernel_height > 1) return;
	/* a map of one row is one of one column: the same words in the same order, and no wait for the whole row */
	stage->input_height = stage->input_width;
	stage->output_height = stage->output_width;
	stage->kernel_height = stage->kernel_width;
	stage->stride = stage->stride_width;
	stage->input_width = stage->output_width = stage->kernel_width = stage->stride_width = 1;
}

void shape_matrix(const struct conv_shape *shape, uint32_t pe, uint32_t simd, struct stage *stage) {
	stage->input_height = shape->input_height + 2 * shape->pad_height;
	stage->input_width = shape->input_width + 2 * shape->pad_width;
	stage->output_height = shape->output_height;
	stage->output_width = shape->output_width;
	stage->input_channels = shape->channels;
	stage->output_channels = shape->outputs;
	stage->input_lanes = shape->is_depthwise ? pe : simd;
	stage->output_lanes = pe;
	stage->input_bits = shape->bits;
	stage->output_bits = shape->accumulator_bits;
	stage->input_unsigned = shape->is_unsigned;
	stage->kernel_height = shape->kernel_height;
	stage->kernel_width = shape->kernel_width;
	stage->has_valid = shape->has_valid;
	stage->weight_bits = shape->weight_bits;
	stage->accumulator_bits = shape->accumulator_bits;
}

void shape_max_pool(const struct trace_layer *layer, uint32_t lanes, struct stage *stage) {
	const struct trace_pool_window pool = trace_window_of_pool(layer);
	stage->input_height = layer->sums_height;
	stage->input_width = layer->sums_width;
	stage->output_height = trace_pooled_height(layer);
	stage->output_width = trace_pooled_width(layer);
	stage->input_channels = stage->output_channels = layer->output_channels;
	stage->input_lanes = stage->output_lanes = lanes;
	stage->kernel_height = pool.height;
	stage->kernel_width = pool.width;
}
