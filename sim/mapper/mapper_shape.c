/* Shapes of layers and maps on this machine, and what no buffer size could make possible: widths of fields, lanes,
 * accumulators and the window register, and border classes (PROGRAM.md sections 1 to 3). Left out: whether the sums of
 * the fixed engine can overflow, which depends on values (sim/values/values.h). */
#include "sim/mapper/mapper_plan.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

enum { FIELD_4_BITS = 15, FIELD_16_BITS = 65535, THRESHOLDS_MAX = 3 };

enum status plan_refuse(const struct plan *plan, const struct layer_plan *layer, const char *format, ...) {
	char text[ERROR_TEXT_BYTES];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	return error_set(plan->error, STATUS_UNMAPPABLE, "%s%s%s%.*s", layer ? "layer " : "",
	                 layer ? layer->layer->name : "", layer ? ": " : "", ERROR_TEXT_BYTES - TRACE_NAME_BYTES - 16,
	                 text);
}

struct mapping_layer plan_wish(const struct plan *plan, const struct layer_plan *layer) {
	if (plan->wish && layer->index < plan->wish->layer_count) return plan->wish->layers[layer->index];
	return (struct mapping_layer){0};
}

void plan_input_rows(const struct conv_plan *conv, uint32_t first, uint32_t rows, uint32_t *low, uint32_t *high) {
	const int64_t start = (int64_t)first * conv->stride - conv->pad;
	const int64_t end = (int64_t)(first + rows - 1) * conv->stride - conv->pad + conv->kernel - 1;
	*low = start < 0 ? 0 : (uint32_t)start;
	*high = end < conv->map->height ? (uint32_t)end : conv->map->height - 1;
}

uint32_t plan_band(const struct layer_plan *layer, uint32_t band, uint32_t *first) {
	*first = band * layer->band_rows;
	return least(layer->band_rows, layer->rows - *first);
}

uint32_t plan_block(const struct layer_plan *layer, uint32_t block) {
	return least(layer->block_channels, layer->layer->output_channels - block * layer->block_channels);
}

void plan_block_words(const struct plan *plan, const struct layer_plan *layer, uint32_t channels,
                      uint32_t words[WEIGHT_BUFFERS]) {
	for (int i = 0; i < WEIGHT_BUFFERS; i++) words[i] = 0;
	const struct conv_plan *convs[] = {&layer->main, &layer->skip};
	for (int i = 0; i < 2; i++) {
		if (!convs[i]->conv) continue;
		const uint32_t groups = divide_round_up(channels, convs[i]->lanes);
		const int is_binary = convs[i]->conv->kind == TRACE_CONV_BINARY;
		words[(is_binary ? BUFFER_BIT_WEIGHTS : BUFFER_FIXED_WEIGHTS) - FIRST_WEIGHTS] +=
		    groups * convs[i]->group_words;
		if (is_binary) words[BUFFER_BORDER - FIRST_WEIGHTS] = layer->classes * groups;
	}
	words[BUFFER_PARAMETERS - FIRST_WEIGHTS] = divide_round_up(channels, plan->config.post_lanes);
}

int plan_sums_halved(const struct plan *plan, enum buffer_id buffer) {
	return plan->config.post_mode == POST_INLINE && plan->config.buffer[buffer].ping_pong;
}

uint32_t plan_sums_rows(const struct plan *plan, const struct layer_plan *layer, uint32_t channels) {
	uint64_t row_words[2] = {0, 0}; /* accumulators, skip_sums */
	const struct conv_plan *convs[] = {&layer->main, &layer->skip};
	for (int i = 0; i < 2; i++)
		if (convs[i]->conv)
			row_words[convs[i]->conv->kind != TRACE_CONV_BINARY] +=
			    (uint64_t)layer->width * divide_round_up(channels, convs[i]->lanes);
	uint64_t rows = layer->rows;
	for (int i = 0; i < 2; i++) {
		const enum buffer_id buffer = i ? BUFFER_SKIP_SUMS : BUFFER_ACCUMULATORS;
		const uint32_t depth =
		    plan->config.buffer[buffer].depth_words / (plan_sums_halved(plan, buffer) ? 2 : 1);
		if (row_words[i] && depth / row_words[i] < rows) rows = depth / row_words[i];
	}
	if (rows == layer->rows) return layer->rows;
	return (uint32_t)rows / layer->step_rows * layer->step_rows;
}

/* Both ends of a window outside, or windows of one class that are outside by different amounts: one constant a class
 * cannot serve them. */
static enum status check_classes(const struct plan *plan, const struct layer_plan *layer, uint32_t size,
                                 uint32_t outputs, const char *side) {
	const struct conv_plan *conv = &layer->main;
	const int any_amount = conv->conv->pad_value == TRACE_PAD_MINUS;
	int64_t behind = 0;
	for (uint32_t y = 0; y < outputs; y++) {
		const int64_t start = (int64_t)y * conv->stride - conv->pad, over = start + conv->kernel - size;
		if (start < 0 && over > 0)
			return plan_refuse(plan, layer,
			                   "a window of kernel %" PRIu32
			                   " leaves the map at both ends of its %s of %" PRIu32
			                   "; the border constants serve one end only",
			                   conv->kernel, side, size);
		const int differs =
		    (start < 0 && start != -(int64_t)conv->pad) || (over > 0 && behind && over != behind);
		if (differs && !any_amount)
			return plan_refuse(
			    plan, layer,
			    "windows of kernel %" PRIu32 ", stride %" PRIu32 ", pad %" PRIu32
			    " leave the map by different amounts; the border constants serve one amount an end",
			    conv->kernel, conv->stride, conv->pad);
		if (over > 0) behind = over;
	}
	return STATUS_OK;
}

static enum status check_binary(const struct plan *plan, const struct layer_plan *layer) {
	const struct conv_plan *conv = &layer->main;
	const uint64_t window = (uint64_t)conv->kernel * conv->kernel * conv->map->channels;
	const uint64_t largest = (UINT64_C(1) << (plan->config.binary_accumulator_bits - 1)) - 1;
	if (window > largest)
		return plan_refuse(plan, layer,
		                   "sums of %" PRIu64 " products; %" PRIu32 "-bit accumulators hold at most %" PRIu64,
		                   window, plan->config.binary_accumulator_bits, largest);
	const uint32_t inside = conv->kernel - conv->pad, outside = conv->kernel * conv->kernel - inside * inside;
	const uint32_t factor = conv->conv->pad_value == TRACE_PAD_PLUS ? 2 : conv->conv->pad_value == TRACE_PAD_MASKED;
	const uint64_t border = window + (uint64_t)factor * outside * conv->map->channels;
	if (border > INT16_MAX)
		return plan_refuse(plan, layer, "border constants up to %" PRIu64 "; 16 bits hold at most %d", border,
		                   INT16_MAX);
	enum status status = check_classes(plan, layer, conv->map->height, layer->rows, "height");
	if (status == STATUS_OK) status = check_classes(plan, layer, conv->map->width, layer->width, "width");
	return status;
}

/* Cycles of one output row in both packings (PROGRAM.md section 6). Lanes built for window packing take whole words of
 * one tap as well, so a layer whose window does not fit the register, or that would wait for it to be filled, is
 * channel packed. */
static int window_is_faster(const struct plan *plan, const struct layer_plan *layer, const struct conv_plan *conv) {
	const struct config *config = &plan->config;
	const uint64_t window = (uint64_t)conv->kernel * conv->kernel * conv->map->channels;
	if (config->binary_packing != PACKING_WINDOW || window > config->binary_window_bits) return 0;
	const uint64_t groups = divide_round_up(layer->layer->output_channels, config->binary_pes),
	               width = layer->width;
	const struct conv_fields fields = {.kernel = conv->kernel, .input_words = conv->input_words};
	const uint64_t taps = (uint64_t)conv->kernel * conv->kernel * conv->input_words;
	const uint64_t first = command_window_cycles(&fields, config, conv->kernel);
	const uint64_t fresh =
	    command_window_cycles(&fields, config, conv->kernel < conv->stride ? conv->kernel : conv->stride);
	const uint64_t lanes = groups * ((window + 48 * config->binary_words - 1) / (48 * config->binary_words));
	return first + (width - 1) * (fresh > lanes ? fresh : lanes) + lanes < width * groups * taps;
}

/* What a trace may hold and this organisation has no command for. */
static enum status check_organisation(const struct plan *plan, const struct layer_plan *layer) {
	const struct trace_layer *trace = layer->layer;
	const struct trace_map *map = trace->fixed_map == UINT32_MAX ? NULL : &plan->trace->maps[trace->fixed_map];
	const struct trace_conv *convs[] = {&trace->main, &trace->skip};
	const char *what = NULL;
	for (int i = 0; i < 2 && !what; i++) {
		if (convs[i]->kind == TRACE_CONV_NONE) continue;
		if (convs[i]->depthwise) what = "a depthwise convolution";
		if (!trace_conv_is_square(convs[i]))
			what = "a kernel, stride or pad that differs along rows and columns";
		if (convs[i]->kind == TRACE_CONV_FIXED && plan->trace->maps[convs[i]->input_map].kind == TRACE_MAP_BITS)
			what = "a fixed convolution of a map of bits";
	}
	if (!what && trace->pool == TRACE_POOL_MAX) what = "a maximum pool that is not 2 x 2";
	if (!what && map && map->is_unsigned) what = "an unsigned output map";
	if (!what && trace->post == TRACE_POST_THRESHOLD && trace->threshold_count > THRESHOLDS_MAX)
		return plan_refuse(plan, layer,
		                   "%" PRIu32 " thresholds; organisation = time_shared has at most %d, organisation = "
		                   "streaming runs it",
		                   trace->threshold_count, THRESHOLDS_MAX);
	if (!what) return STATUS_OK;
	return plan_refuse(plan, layer,
	                   "%s; organisation = time_shared has no such unit, organisation = streaming runs it", what);
}

static enum status plan_conv(const struct plan *plan, const struct layer_plan *layer, const struct trace_conv *conv,
                             struct conv_plan *out) {
	const struct config *config = &plan->config;
	const int is_binary = conv->kind == TRACE_CONV_BINARY, average = conv->pre_pool == TRACE_PRE_POOL_AVERAGE2;
	*out = (struct conv_plan){.conv = conv, .map = &plan->trace->maps[conv->input_map]};
	out->kernel = average ? 2 : conv->kernel;
	out->stride = conv->stride;
	out->pad = conv->pad;
	out->lanes = is_binary ? config->binary_pes : config->fixed_columns;
	out->input_words = plan->maps[conv->input_map].pixel_words;
	if (out->kernel > FIELD_4_BITS || out->stride > FIELD_4_BITS || out->pad > FIELD_4_BITS)
		return plan_refuse(plan, layer,
		                   "kernel %" PRIu32 ", stride %" PRIu32 ", pad %" PRIu32 "; each may be at most %d",
		                   out->kernel, out->stride, out->pad, FIELD_4_BITS);
	if (!is_binary && conv->weight_bits > config->fixed_weight_bits)
		return plan_refuse(plan, layer,
		                   "weights of %" PRIu32 " bits; the fixed engine's lanes are built for %" PRIu32,
		                   conv->weight_bits, config->fixed_weight_bits);
	const uint32_t taps = out->kernel * out->kernel, once = average || conv->tap_shared;
	const uint64_t words = (uint64_t)(once ? 1 : taps) * out->input_words;
	out->group_words = (uint32_t)words;
	if (average) out->flags |= CONV_AVERAGE2;
	if (!average && conv->tap_shared) out->flags |= CONV_TAP_SHARED;
	if (is_binary && window_is_faster(plan, layer, out)) {
		out->flags |= CONV_WINDOW_PACKED;
		out->steps = divide_round_up(taps * out->map->channels, 48 * config->binary_words);
		out->group_words = out->steps;
	}
	if (out->map->channels > FIELD_16_BITS || out->steps > FIELD_16_BITS)
		return plan_refuse(plan, layer, "%" PRIu32 " input channels, %" PRIu32 " steps; each may be at most %d",
		                   out->map->channels, out->steps, FIELD_16_BITS);
	return STATUS_OK;
}

static enum status plan_layer(struct plan *plan, uint32_t index) {
	struct layer_plan *out = &plan->layers[index];
	const struct trace_layer *layer = &plan->trace->layers[index];
	out->layer = layer;
	out->index = index;
	out->unit_rows = layer->pool == TRACE_POOL_MAX2 ? 2 : 1;
	out->rows = layer->sums_height / out->unit_rows * out->unit_rows;
	out->width = layer->sums_width / out->unit_rows * out->unit_rows;
	out->step_rows = out->unit_rows;
	if (layer->transpose && layer->bits_map != UINT32_MAX)
		while (out->step_rows * out->width % plan->config.post_lanes) out->step_rows++;
	if (layer->output_channels > FIELD_16_BITS)
		return plan_refuse(plan, out, "%" PRIu32 " output channels; at most %d", layer->output_channels,
		                   FIELD_16_BITS);
	enum status status = check_organisation(plan, out);
	if (status == STATUS_OK) status = plan_conv(plan, out, &layer->main, &out->main);
	/* a threshold reads the main sums only: a skip convolution beside it would compute nothing */
	if (status == STATUS_OK && layer->skip.kind != TRACE_CONV_NONE && layer->post != TRACE_POST_THRESHOLD)
		status = plan_conv(plan, out, &layer->skip, &out->skip);
	if (status != STATUS_OK) return status;
	out->channel_step = out->main.lanes;
	if (out->skip.conv && out->skip.lanes > out->channel_step) out->channel_step = out->skip.lanes;
	if (layer->main.kind != TRACE_CONV_BINARY) return STATUS_OK;
	out->classes = out->main.pad ? 9 : 1;
	return check_binary(plan, out);
}

static enum status plan_map(struct plan *plan, uint32_t index) {
	const struct trace_map *map = &plan->trace->maps[index];
	struct map_plan *out = &plan->maps[index];
	const int is_bits = map->kind == TRACE_MAP_BITS;
	out->in_buffer = index != plan->trace->scores_map;
	out->buffer = is_bits ? BUFFER_BIT_ACTIVATIONS : BUFFER_FIXED_ACTIVATIONS;
	if (!out->in_buffer) out->buffer = BUFFER_OUTPUT;
	const uint32_t lanes = is_bits ? 48 * plan->config.binary_words : plan->config.fixed_rows;
	out->pixel_words = divide_round_up(map->channels, out->in_buffer ? lanes : plan->config.post_lanes);
	if (out->in_buffer && !is_bits && map->value_bits > plan->config.fixed_activation_bits)
		return plan_refuse(plan, NULL,
		                   "map %s: values of %" PRIu32
		                   " bits; the fixed engine's activations are built for %" PRIu32,
		                   map->name, map->value_bits, plan->config.fixed_activation_bits);
	const uint64_t row_words = (uint64_t)map->width * out->pixel_words;
	if (row_words * map->height > UINT32_MAX || map->width > FIELD_16_BITS || map->height > FIELD_16_BITS)
		return plan_refuse(plan, NULL, "map %s: %" PRIu64 " words; more than an address reaches", map->name,
		                   row_words * map->height);
	out->row_words = (uint32_t)row_words;
	return STATUS_OK;
}

enum status plan_shapes(struct plan *plan) {
	enum status status = STATUS_OK;
	const uint32_t scores = plan->trace->scores_map, output_depth = plan->config.buffer[BUFFER_OUTPUT].depth_words;
	for (uint32_t i = 0; i < plan->trace->map_count && status == STATUS_OK; i++) status = plan_map(plan, i);
	if (status == STATUS_OK && plan->maps[scores].row_words > output_depth)
		return plan_refuse(plan, NULL,
		                   "map %s: %" PRIu32 " words of scores do not fit buffer.output (%" PRIu32 " words)",
		                   plan->trace->maps[scores].name, plan->maps[scores].row_words, output_depth);
	for (uint32_t i = 0; i < plan->trace->layer_count && status == STATUS_OK; i++) {
		status = plan_layer(plan, i);
		const struct layer_plan *layer = &plan->layers[i];
		if (status == STATUS_OK && (layer->layer->main.input_map == scores ||
		                            (layer->skip.conv && layer->layer->skip.input_map == scores)))
			return plan_refuse(plan, layer, "reads the scores map, which leaves through the output buffer");
	}
	return status;
}
