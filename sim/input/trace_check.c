/* trace_check: a trace is consistent when every member is in the range of its key (trace_keys.c), every shape follows
 * from the shapes before it (a layer's: trace_check_layer.c), every map is written once and before it is read, and
 * every weight and parameter is within its width (trace_check_values.c). What is not checked: whether the 32-bit sums
 * of a fixed-point convolution can wrap (see sim/values/values.h), and whether the numbers make a good network. */
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
		status = trace_check_layer(check, layer);
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
