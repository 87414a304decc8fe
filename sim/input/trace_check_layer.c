/* One layer of a trace: its convolutions, pool and outputs against the maps they read and write, its tensors against
 * their shapes. Marks the maps it writes and the tensors it uses. */
#include "sim/input/trace_check.h"

/* Name of a key of the main or skip convolution. */
struct conv_check {
	const struct trace_layer *layer;
	const struct trace_conv *conv;
	const char *prefix;
};
#define KEY(name) conv_key(at, name, (char[32]){0})
static const char *conv_key(const struct conv_check *at, const char *name, char buffer[32]) {
	snprintf(buffer, 32, "%s%s", at->prefix, name);
	return buffer;
}

static enum status check_conv_kind(struct check *check, const struct conv_check *at) {
	const struct trace_layer *layer = at->layer;
	const struct trace_conv *conv = at->conv;
	const struct trace_map *map = &check->trace->maps[conv->input_map];
	const bool binary = conv->kind == TRACE_CONV_BINARY;
	if (!check->map_written[conv->input_map])
		return BAD_LAYER(KEY("_input"), map->name,
		                 "used before it is written, expected the input or a map of an earlier layer");
	if (binary && map->kind != TRACE_MAP_BITS)
		return BAD_LAYER(KEY("_input"), map->name, "expected a map of kind bits for a binary convolution");
	if (!binary && map->value_bits > 16)
		return BAD_LAYER(KEY("_input"), map->name, "expected a map of at most 16 bits for a fixed convolution");
	if (binary && conv->weight_bits != 1)
		return BAD_LAYER(KEY("_weight_bits"), TEXT(conv->weight_bits), "expected 1 for a binary convolution");
	if (!binary && conv->pad_value != TRACE_PAD_MASKED)
		return BAD_LAYER(KEY("_pad_value"), TEXT(conv->pad_value), "expected masked for a fixed convolution");
	if (conv->tap_shared && binary)
		return BAD_LAYER(KEY("_tap_shared"), TEXT(1), "expected 0 for a binary convolution");
	if (conv->depthwise && (binary || conv->tap_shared))
		return BAD_LAYER(KEY("_depthwise"), TEXT(1),
		                 "expected 0 but for a fixed convolution that is not tap_shared");
	if (conv->depthwise && layer->output_channels != map->channels)
		return BAD_LAYER("output_channels", TEXT(layer->output_channels),
		                 "expected the %" PRIu32 " channels of the map that a depthwise convolution reads",
		                 map->channels);
	if (conv->pre_pool != TRACE_PRE_POOL_AVERAGE2) return STATUS_OK;
	if (binary || conv->kernel != 1 || conv->stride != 2 || conv->pad != 0 || conv->tap_shared || conv->depthwise ||
	    !trace_conv_is_square(conv))
		return BAD_LAYER(KEY("_pre_pool"), "average2",
		                 "expected a fixed convolution of kernel 1, stride 2, pad 0, not tap_shared or "
		                 "depthwise");
	if (map->kind == TRACE_MAP_BITS)
		return BAD_LAYER(KEY("_pre_pool"), "average2", "expected a map of kind fixed, not bits");
	if (map->height % 2 || map->width % 2)
		return BAD_LAYER(KEY("_pre_pool"), "average2",
		                 "expected a map of even height and width, not %" PRIu32 " x %" PRIu32, map->height,
		                 map->width);
	return STATUS_OK;
}

/* The keys and sizes of a convolution along one side of its map. */
struct side_check {
	const char *kernel_key, *pad_key, *sums_key;
	uint32_t size, kernel, stride, pad, sums;
};

static enum status check_conv_side(struct check *check, const struct conv_check *at, const struct side_check *side) {
	const struct trace_layer *layer = at->layer;
	const uint32_t padded = side->size + 2 * side->pad;
	if (side->pad >= side->kernel)
		return BAD_LAYER(KEY(side->pad_key), TEXT(side->pad), "expected less than the kernel of %" PRIu32,
		                 side->kernel);
	if (side->kernel > padded)
		return BAD_LAYER(KEY(side->kernel_key), TEXT(side->kernel),
		                 "expected at most %" PRIu32 ", a side of the padded map", padded);
	const uint32_t sums = (padded - side->kernel) / side->stride + 1;
	if (side->sums != sums)
		return BAD_LAYER(side->sums_key, TEXT(side->sums), "expected %" PRIu32 " from the %s convolution", sums,
		                 at->prefix);
	return STATUS_OK;
}

static enum status check_conv_shape(struct check *check, const struct conv_check *at) {
	const struct trace_layer *layer = at->layer;
	const struct trace_conv *conv = at->conv;
	const struct trace_conv_rows rows = trace_rows_of_conv(conv);
	const struct trace_map *map = &check->trace->maps[conv->input_map];
	const int own = conv->kernel_height != 0;
	const struct side_check height = {own ? "_kernel_height" : "_kernel",
	                                  own ? "_pad_height" : "_pad",
	                                  "sums_height",
	                                  map->height,
	                                  rows.kernel,
	                                  rows.stride,
	                                  rows.pad,
	                                  layer->sums_height};
	const struct side_check width = {"_kernel",    "_pad",       "sums_width", map->width,
	                                 conv->kernel, conv->stride, conv->pad,    layer->sums_width};
	enum status status = check_conv_side(check, at, &height);
	if (!status) status = check_conv_side(check, at, &width);
	if (status) return status;
	const uint64_t taps = (uint64_t)rows.kernel * conv->kernel, window = taps * map->channels;
	if (window > TRACE_COLUMNS_MAX)
		return BAD_LAYER(KEY("_kernel"), TEXT(conv->kernel),
		                 "%" PRIu64 " values in one window, expected at most %d", window,
		                 (int)TRACE_COLUMNS_MAX);
	return STATUS_OK;
}

static enum status check_tensor_shape(struct check *check, const struct trace_layer *layer, const char *key,
                                      uint32_t index, enum trace_tensor_type type, uint64_t columns) {
	const struct trace_tensor *tensor = &check->trace->tensors[index];
	static const char *const types[] = {"bits", "int16", "int32"};
	check->tensor_used[index] = 1;
	if (tensor->type != type || tensor->rows != layer->output_channels || tensor->columns != columns)
		return BAD_LAYER(
		    key, tensor->name,
		    "%s of %" PRIu32 " rows and %" PRIu32 " columns, expected %s of %" PRIu32 " and %" PRIu64,
		    types[tensor->type], tensor->rows, tensor->columns, types[type], layer->output_channels, columns);
	return STATUS_OK;
}

static enum status check_conv(struct check *check, const struct conv_check *at) {
	const struct trace_conv *conv = at->conv;
	enum status status = check_conv_kind(check, at);
	if (!status) status = check_conv_shape(check, at);
	if (status) return status;
	const uint64_t taps = conv->tap_shared ? 1 : (uint64_t)trace_rows_of_conv(conv).kernel * conv->kernel;
	return check_tensor_shape(check, at->layer, KEY("_weights"), conv->weight_tensor,
	                          conv->kind == TRACE_CONV_BINARY ? TRACE_TENSOR_BITS : TRACE_TENSOR_INT16,
	                          taps * trace_conv_inputs(check->trace, conv));
}

static enum status check_output(struct check *check, const struct trace_layer *layer, const char *key, uint32_t index,
                                enum trace_map_kind kind) {
	if (index == UINT32_MAX) return STATUS_OK;
	const struct trace_map *map = &check->trace->maps[index];
	const uint32_t height = trace_pooled_height(layer), width = trace_pooled_width(layer);
	if (map->kind != kind)
		return BAD_LAYER(key, map->name, "expected a map of kind %s",
		                 kind == TRACE_MAP_BITS ? "bits" : "fixed");
	if (layer->transpose &&
	    ((uint64_t)map->height * map->width != layer->output_channels || map->channels != height * width))
		return BAD_LAYER(key, map->name,
		                 "a map of %" PRIu32 " x %" PRIu32 " x %" PRIu32 ", expected %" PRIu32
		                 " pixels of %" PRIu32 " channels, the layer being transposed",
		                 map->height, map->width, map->channels, layer->output_channels, height * width);
	if (layer->transpose && index == check->trace->scores_map)
		return BAD_LAYER("transpose", TEXT(1), "expected 0 for the layer that writes the scores");
	if (!layer->transpose &&
	    (map->height != height || map->width != width || map->channels != layer->output_channels))
		return BAD_LAYER(key, map->name,
		                 "a map of %" PRIu32 " x %" PRIu32 " x %" PRIu32 ", expected %" PRIu32 " x %" PRIu32
		                 " x %" PRIu32,
		                 map->height, map->width, map->channels, height, width, layer->output_channels);
	if (check->map_written[index]) return BAD_LAYER(key, map->name, "expected a map that nothing wrote before");
	check->map_written[index] = 1;
	const int64_t least = map->is_unsigned ? 0 : -((int64_t)1 << (map->value_bits - 1));
	const int64_t most = least + ((int64_t)1 << map->value_bits) - 1, base = layer->threshold_base;
	if (kind == TRACE_MAP_FIXED && layer->post == TRACE_POST_THRESHOLD &&
	    (base < least || base + layer->threshold_count > most))
		return BAD_LAYER("threshold_base", TEXT(base),
		                 "expected base to base + %" PRIu32 " within the map's %" PRIu32 " %sbits",
		                 layer->threshold_count, map->value_bits, map->is_unsigned ? "unsigned " : "");
	return STATUS_OK;
}

static enum status check_pool(struct check *check, const struct trace_layer *layer) {
	const struct trace_pool_window pool = trace_window_of_pool(layer);
	const uint32_t height = layer->sums_height + 2 * pool.pad, width = layer->sums_width + 2 * pool.pad;
	if (layer->pool == TRACE_POOL_MAX2 && (height < 2 || width < 2))
		return BAD_LAYER("pool", "max2", "expected sums of at least 2 x 2, not %" PRIu32 " x %" PRIu32, height,
		                 width);
	if (pool.pad >= pool.height || pool.pad >= pool.width)
		return BAD_LAYER("pool_pad", TEXT(pool.pad), "expected less than the pool's %" PRIu32 " x %" PRIu32,
		                 pool.height, pool.width);
	if (pool.height > height)
		return BAD_LAYER("pool_height", TEXT(pool.height), "expected at most the padded sums' %" PRIu32,
		                 height);
	if (pool.width > width)
		return BAD_LAYER("pool_width", TEXT(pool.width), "expected at most the padded sums' %" PRIu32, width);
	if (layer->transpose && layer->pool != TRACE_POOL_NONE)
		return BAD_LAYER("transpose", TEXT(1), "expected 0 for a layer with a pool");
	return STATUS_OK;
}

enum status trace_check_layer(struct check *check, const struct trace_layer *layer) {
	const struct conv_check main_at = {layer, &layer->main, "main"}, skip_at = {layer, &layer->skip, "skip"};
	if (layer->main.kind == TRACE_CONV_NONE) return BAD_LAYER("main", "none", "expected binary or fixed");
	if (layer->skip.kind == TRACE_CONV_BINARY) return BAD_LAYER("skip", "binary", "expected none or fixed");
	enum status status = check_conv(check, &main_at);
	if (!status && layer->skip.kind != TRACE_CONV_NONE) status = check_conv(check, &skip_at);
	if (status) return status;
	const uint64_t sums = (uint64_t)layer->sums_height * layer->sums_width * layer->output_channels;
	if (sums > TRACE_MAP_VALUES_MAX)
		return BAD_LAYER("output_channels", TEXT(layer->output_channels),
		                 "%" PRIu64 " sums, expected at most %d", sums, (int)TRACE_MAP_VALUES_MAX);
	status = check_pool(check, layer);
	if (status) return status;
	if (layer->fixed_map == UINT32_MAX && layer->bits_map == UINT32_MAX)
		return BAD_LAYER("fixed_map", NULL, "missing, expected fixed_map or bits_map or both");
	status = check_output(check, layer, "fixed_map", layer->fixed_map, TRACE_MAP_FIXED);
	if (!status) status = check_output(check, layer, "bits_map", layer->bits_map, TRACE_MAP_BITS);
	if (status) return status;
	return check_tensor_shape(check, layer, "parameters", layer->parameter_tensor, TRACE_TENSOR_INT32,
	                          layer->post == TRACE_POST_AFFINE ? 6 : 1 + layer->threshold_count);
}
