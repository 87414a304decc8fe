/* trace_check: a trace is consistent when every member is in the range of its key (trace_keys.c), every shape follows
 * from the shapes before it, every map is written once and before it is read, and every weight and parameter is within
 * its width. What is not checked: whether the 32-bit sums of a fixed-point convolution can wrap (see
 * sim/values/values.h), and whether the numbers make a good network. */
#include "sim/input/trace_check.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static size_t word_count(const char *const *words) {
	size_t count = 0;
	while (words[count]) count++;
	return count;
}

/* One member against its row of the table. */
static enum status check_field(struct check *check, enum trace_record record, uint32_t index,
                               const struct trace_field *field, const void *data) {
	const char *text = (const char *)data + field->offset;
	if (field->type == TRACE_FIELD_NAME || field->type == TRACE_FIELD_FROM) {
		const bool commas = field->type == TRACE_FIELD_FROM;
		const size_t limit = commas ? TRACE_FROM_BYTES : TRACE_NAME_BYTES;
		if ((field->optional && !*text) || trace_name_valid(text, limit, commas)) return STATUS_OK;
		return BAD(record, index, field->key, NULL,
		           "expected 1 to %zu letters, digits or _ . - + / :", limit - 1);
	}
	if (field->type == TRACE_FIELD_FRACTION) {
		double fraction;
		memcpy(&fraction, text, sizeof fraction);
		if (fraction <= 1) return STATUS_OK; /* negative: unknown */
		return BAD(record, index, field->key, NULL,
		           "expected 0 to 1, or a negative number where it is not known");
	}
	const int64_t value = trace_field_get(field, data);
	if (field->optional && value == field->absent_value) return STATUS_OK;
	if (field->type == TRACE_FIELD_MAP || field->type == TRACE_FIELD_TENSOR) {
		const bool map = field->type == TRACE_FIELD_MAP;
		const uint32_t count = map ? check->trace->map_count : check->trace->tensor_count;
		if (value < count) return STATUS_OK;
		return BAD(record, index, field->key, TEXT(value), "expected one of the %" PRIu32 " %s", count,
		           map ? "maps" : "tensors");
	}
	if (field->type == TRACE_FIELD_WORD) {
		if (value < (int64_t)word_count(field->words)) return STATUS_OK;
		return BAD(record, index, field->key, TEXT(value), "expected 0 to %zu", word_count(field->words) - 1);
	}
	if (value < field->minimum || value > field->maximum)
		return BAD(record, index, field->key, TEXT(value), "expected %" PRId64 " to %" PRId64, field->minimum,
		           field->maximum);
	return STATUS_OK;
}

static enum status check_record(struct check *check, enum trace_record record, uint32_t index, const void *data) {
	for (const struct trace_field *field = trace_fields(record); field->key; field++) {
		if (field->file_only || !trace_field_applies(field, data)) continue;
		const enum status status = check_field(check, record, index, field, data);
		if (status) return status;
	}
	return STATUS_OK;
}

static enum status check_tables(struct check *check) {
	const struct trace *trace = check->trace;
	struct trace_network_record network = {.trace = *trace};
	enum status status = check_record(check, TRACE_RECORD_NETWORK, 0, &network);
	for (uint32_t i = 0; !status && i < trace->map_count; i++)
		status = check_record(check, TRACE_RECORD_MAP, i, &trace->maps[i]);
	for (uint32_t i = 0; !status && i < trace->tensor_count; i++) {
		const struct trace_tensor_record tensor = {.tensor = trace->tensors[i]};
		status = check_record(check, TRACE_RECORD_TENSOR, i, &tensor);
	}
	for (uint32_t i = 0; !status && i < trace->layer_count; i++)
		status = check_record(check, TRACE_RECORD_LAYER, i, &trace->layers[i]);
	return status;
}

static enum status check_counts(struct check *check) {
	const struct trace *trace = check->trace;
	const struct {
		const char *key;
		uint32_t count, maximum;
	} rows[] = {{"maps", trace->map_count, TRACE_MAPS_MAX},
	            {"tensors", trace->tensor_count, TRACE_TENSORS_MAX},
	            {"layers", trace->layer_count, TRACE_LAYERS_MAX}};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (rows[i].count < 1 || rows[i].count > rows[i].maximum)
			return BAD(TRACE_RECORD_NETWORK, 0, rows[i].key, TEXT(rows[i].count), "expected 1 to %" PRIu32,
			           rows[i].maximum);
	return STATUS_OK;
}

static int compare_names(const void *one, const void *two) {
	return strcmp(*(const char *const *)one, *(const char *const *)two);
}

static enum status check_unique(struct check *check, enum trace_record record, const void *first, uint32_t count,
                                size_t stride_bytes) {
	const char **names = malloc(count * sizeof *names);
	if (!names) return error_set(check->error, STATUS_MEMORY, "%s: out of memory", check->places->path);
	for (uint32_t i = 0; i < count; i++) names[i] = (const char *)first + i * stride_bytes;
	qsort(names, count, sizeof *names, compare_names);
	const char *twice = NULL;
	for (uint32_t i = 1; i < count && !twice; i++)
		if (strcmp(names[i - 1], names[i]) == 0) twice = names[i - 1] > names[i] ? names[i - 1] : names[i];
	free(names);
	if (!twice) return STATUS_OK;
	const uint32_t index = (uint32_t)((size_t)(twice - (const char *)first) / stride_bytes);
	return BAD(record, index, "name", twice, "used twice, expected a name of its own for every %s",
	           trace_record_word(record));
}

static enum status check_maps(struct check *check) {
	const struct trace *trace = check->trace;
	uint64_t all = 0;
	for (uint32_t i = 0; i < trace->map_count; i++) {
		const struct trace_map *map = &trace->maps[i];
		const uint64_t values = (uint64_t)map->height * map->width * map->channels;
		const bool wide = i == trace->scores_map && map->value_bits == 32;
		if (map->kind == TRACE_MAP_BITS && map->value_bits != 1)
			return BAD(TRACE_RECORD_MAP, i, "bits", TEXT(map->value_bits),
			           "expected 1 for a map of kind bits");
		if (map->kind == TRACE_MAP_FIXED && (map->value_bits < 2 || map->value_bits > 16) && !wide)
			return BAD(TRACE_RECORD_MAP, i, "bits", TEXT(map->value_bits),
			           "expected 2 to 16 for a map of kind fixed, or 32 for the scores map");
		if (map->is_unsigned && (map->kind != TRACE_MAP_FIXED || map->value_bits > 15 ||
		                         i == trace->input_map || i == trace->scores_map))
			return BAD(TRACE_RECORD_MAP, i, "unsigned", TEXT(1),
			           "expected 0 but for a map of kind fixed and at most 15 bits between two layers");
		if (values > TRACE_MAP_VALUES_MAX)
			return BAD(TRACE_RECORD_MAP, i, "channels", TEXT(map->channels),
			           "%" PRIu64 " values, expected at most %d", values, (int)TRACE_MAP_VALUES_MAX);
		all += values;
	}
	if (all > TRACE_ALL_VALUES_MAX)
		return BAD(TRACE_RECORD_NETWORK, 0, "maps", NULL, "%" PRIu64 " values in all maps, expected at most %d",
		           all, (int)TRACE_ALL_VALUES_MAX);
	return STATUS_OK;
}

static enum status check_tensors(struct check *check) {
	const struct trace *trace = check->trace;
	uint64_t all = 0;
	for (uint32_t i = 0; i < trace->tensor_count; i++) {
		const struct trace_tensor *tensor = &trace->tensors[i];
		const uint64_t bytes = trace_tensor_bytes(tensor);
		if (tensor->bytes != bytes)
			return BAD(TRACE_RECORD_TENSOR, i, "bytes", TEXT(tensor->bytes),
			           "expected %" PRIu64 " for %" PRIu32 " rows of %" PRIu32 " columns", bytes,
			           tensor->rows, tensor->columns);
		all += (bytes + TRACE_ALIGN_BYTES - 1) / TRACE_ALIGN_BYTES * TRACE_ALIGN_BYTES;
		if (all > TRACE_WEIGHTS_BYTES_MAX)
			return BAD(TRACE_RECORD_TENSOR, i, "bytes", TEXT(bytes),
			           "expected at most %d bytes in all tensors together", (int)TRACE_WEIGHTS_BYTES_MAX);
	}
	return STATUS_OK;
}

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

static enum status check_layer(struct check *check, const struct trace_layer *layer) {
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

/* The image, padded and repeated, is the input map: pixel by pixel, or as the channels of a 1 x 1 map. */
static enum status check_image(struct check *check) {
	const struct trace *trace = check->trace;
	const struct trace_map *map = &trace->maps[trace->input_map];
	const uint32_t height = trace->image_height + 2 * trace->image_pad,
	               width = trace->image_width + 2 * trace->image_pad;
	const uint32_t channels = trace->image_channels * trace->image_repeat;
	const bool bipolar = trace->pixel == TRACE_PIXEL_BIPOLAR;
	if (trace->image_repeat > 1 && trace->image_channels > 1)
		return BAD(TRACE_RECORD_NETWORK, 0, "image_repeat", TEXT(trace->image_repeat),
		           "expected 1 for images of %" PRIu32 " channels", trace->image_channels);
	if (bipolar ? map->kind != TRACE_MAP_BITS : map->kind != TRACE_MAP_FIXED)
		return BAD(TRACE_RECORD_NETWORK, 0, "input", map->name, "expected a map of kind %s for this pixel rule",
		           bipolar ? "bits" : "fixed");
	if (!bipolar && map->value_bits < 8)
		return BAD(TRACE_RECORD_NETWORK, 0, "input", map->name, "a map of %" PRIu32 " bits, expected 8 or more",
		           map->value_bits);
	const bool flat = map->height == 1 && map->width == 1;
	const uint64_t values = flat ? (uint64_t)height * width * channels : channels;
	if ((!flat && (map->height != height || map->width != width)) || map->channels < values ||
	    (!bipolar && map->channels != values))
		return BAD(TRACE_RECORD_NETWORK, 0, "input", map->name,
		           "a map of %" PRIu32 " x %" PRIu32 " x %" PRIu32 ", expected the padded image of %" PRIu32
		           " x %" PRIu32 " x %" PRIu32,
		           map->height, map->width, map->channels, height, width, channels);
	return STATUS_OK;
}

static enum status check_uses(struct check *check) {
	const struct trace *trace = check->trace;
	const struct trace_map *scores = &trace->maps[trace->scores_map];
	for (uint32_t i = 0; i < trace->map_count; i++)
		if (!check->map_written[i])
			return BAD(TRACE_RECORD_MAP, i, "name", trace->maps[i].name,
			           "no layer writes it, expected a layer that does");
	for (uint32_t i = 0; i < trace->tensor_count; i++)
		if (!check->tensor_used[i])
			return BAD(TRACE_RECORD_TENSOR, i, "name", trace->tensors[i].name,
			           "no layer uses it, expected a layer that does");
	if (trace->scores_map == trace->input_map)
		return BAD(TRACE_RECORD_NETWORK, 0, "scores", scores->name, "expected a map that a layer writes");
	if (scores->kind != TRACE_MAP_FIXED || scores->height != 1 || scores->width != 1 ||
	    scores->channels < trace->classes)
		return BAD(TRACE_RECORD_NETWORK, 0, "scores", scores->name,
		           "expected a map of kind fixed, 1 x 1, with at least %" PRIu32 " channels", trace->classes);
	return STATUS_OK;
}

static enum status check_layers(struct check *check) {
	const struct trace *trace = check->trace;
	enum status status = STATUS_OK;
	check->map_written[trace->input_map] = 1;
	for (uint32_t i = 0; !status && i < trace->layer_count; i++) {
		const struct trace_layer *layer = &trace->layers[i];
		status = check_layer(check, layer);
		if (!status) status = trace_check_weights(check, layer, "main_weights", &layer->main);
		if (!status && layer->skip.kind != TRACE_CONV_NONE)
			status = trace_check_weights(check, layer, "skip_weights", &layer->skip);
		if (!status) status = trace_check_parameters(check, layer);
	}
	return status;
}

enum status trace_check_at(const struct trace *trace, const struct trace_places *places, struct error *error) {
	struct check state = {.trace = trace, .places = places, .error = error}, *check = &state;
	enum status status = check_counts(check);
	if (!status) status = check_tables(check);
	if (!status) status = check_unique(check, TRACE_RECORD_MAP, trace->maps, trace->map_count, sizeof *trace->maps);
	if (!status)
		status = check_unique(check, TRACE_RECORD_TENSOR, trace->tensors, trace->tensor_count,
		                      sizeof *trace->tensors);
	if (!status)
		status =
		    check_unique(check, TRACE_RECORD_LAYER, trace->layers, trace->layer_count, sizeof *trace->layers);
	if (!status) status = check_maps(check);
	if (!status) status = check_tensors(check);
	if (!status) status = check_image(check);
	if (status) return status;
	check->map_written = calloc(trace->map_count, 1);
	check->tensor_used = calloc(trace->tensor_count, 1);
	if (!check->map_written || !check->tensor_used)
		status = error_set(error, STATUS_MEMORY, "%s: out of memory", places->path);
	if (!status) status = check_layers(check);
	if (!status) status = check_uses(check);
	free(check->map_written);
	free(check->tensor_used);
	return status;
}

enum status trace_check(const struct trace *trace, const char *path, struct error *error) {
	const struct trace_places places = {.path = path};
	return trace_check_at(trace, &places, error);
}
