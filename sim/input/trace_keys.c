/* The key tables of the .nbt format and the small functions that work on one row: get, set, does it apply, nearest
 * word. The format is described in workloads/README.md; the meaning of every member in trace.h. */
#include "sim/input/trace_keys.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const record_words[] = {"network", "map", "tensor", "layer"};
static const char *const pixel_words[] = {"minus128", "q7", "bipolar", NULL};
static const char *const values_words[] = {"seeded", "trained", NULL};
static const char *const map_words[] = {"bits", "fixed", NULL};
static const char *const tensor_words[] = {"bits", "int16", "int32", NULL};
static const char *const main_words[] = {"none", "binary", "fixed", NULL};
static const char *const pad_words[] = {"masked", "minus", "plus", NULL};
static const char *const pre_pool_words[] = {"none", "average2", NULL};
static const char *const post_words[] = {"affine", "threshold", NULL};
static const char *const pool_words[] = {"none", "max2", "max", NULL};

#define NETWORK(member) .offset = offsetof(struct trace_network_record, member)
#define MAP(member) .offset = offsetof(struct trace_map, member)
#define TENSOR(member) .offset = offsetof(struct trace_tensor_record, member)
#define LAYER(member) .offset = offsetof(struct trace_layer, member)
#define RANGE(low, high) .minimum = (low), .maximum = (high)
#define ABSENT(value) .optional = true, .absent_value = (value)

static const struct trace_field network_fields[] = {
    {"name", TRACE_FIELD_NAME, NETWORK(trace.name)},
    {"classes", TRACE_FIELD_NUMBER, NETWORK(trace.classes), RANGE(1, 65536)},
    {"input", TRACE_FIELD_MAP, NETWORK(trace.input_map)},
    {"scores", TRACE_FIELD_MAP, NETWORK(trace.scores_map)},
    {"pixel", TRACE_FIELD_WORD, NETWORK(trace.pixel), .words = pixel_words},
    {"image_height", TRACE_FIELD_NUMBER, NETWORK(trace.image_height), RANGE(1, 4096)},
    {"image_width", TRACE_FIELD_NUMBER, NETWORK(trace.image_width), RANGE(1, 4096)},
    {"image_channels", TRACE_FIELD_NUMBER, NETWORK(trace.image_channels), RANGE(1, 3)},
    {"image_pad", TRACE_FIELD_NUMBER, NETWORK(trace.image_pad), RANGE(0, 1024), ABSENT(0)},
    {"image_repeat", TRACE_FIELD_NUMBER, NETWORK(trace.image_repeat), RANGE(1, 3), ABSENT(1)},
    {"values", TRACE_FIELD_WORD, NETWORK(trace.has_values), .words = values_words},
    {"float_top1", TRACE_FIELD_FRACTION, NETWORK(trace.float_top1), .optional = true},
    {"weights_bytes", TRACE_FIELD_LARGE, NETWORK(weights_bytes), RANGE(0, TRACE_WEIGHTS_BYTES_MAX), .file_only = true},
    {"weights_crc32", TRACE_FIELD_CRC, NETWORK(weights_crc32), .file_only = true},
    {.key = NULL},
};

static const struct trace_field map_fields[] = {
    {"name", TRACE_FIELD_NAME, MAP(name)},
    {"kind", TRACE_FIELD_WORD, MAP(kind), .words = map_words},
    {"height", TRACE_FIELD_NUMBER, MAP(height), RANGE(1, 4096)},
    {"width", TRACE_FIELD_NUMBER, MAP(width), RANGE(1, 4096)},
    {"channels", TRACE_FIELD_NUMBER, MAP(channels), RANGE(1, 65536)},
    {"bits", TRACE_FIELD_NUMBER, MAP(value_bits), RANGE(1, 32)},
    {"unsigned", TRACE_FIELD_NUMBER, MAP(is_unsigned), RANGE(0, 1), ABSENT(0)},
    {.key = NULL},
};

static const struct trace_field tensor_fields[] = {
    {"name", TRACE_FIELD_NAME, TENSOR(tensor.name)},
    {"type", TRACE_FIELD_WORD, TENSOR(tensor.type), .words = tensor_words},
    {"rows", TRACE_FIELD_NUMBER, TENSOR(tensor.rows), RANGE(1, 65536)},
    {"columns", TRACE_FIELD_NUMBER, TENSOR(tensor.columns), RANGE(1, TRACE_COLUMNS_MAX)},
    {"offset", TRACE_FIELD_LARGE, TENSOR(offset), RANGE(0, TRACE_WEIGHTS_BYTES_MAX), .file_only = true},
    {"bytes", TRACE_FIELD_LARGE, TENSOR(tensor.bytes), RANGE(1, TRACE_WEIGHTS_BYTES_MAX)},
    {"crc32", TRACE_FIELD_CRC, TENSOR(tensor.crc32), .file_only = true},
    {.key = NULL},
};

static const struct trace_field layer_fields[] = {
    {"name", TRACE_FIELD_NAME, LAYER(name)},
    {"from", TRACE_FIELD_FROM, LAYER(from), .optional = true},
    {"main", TRACE_FIELD_WORD, LAYER(main.kind), .words = main_words},
    {"main_input", TRACE_FIELD_MAP, LAYER(main.input_map)},
    {"main_kernel", TRACE_FIELD_NUMBER, LAYER(main.kernel), RANGE(1, 4096)},
    {"main_stride", TRACE_FIELD_NUMBER, LAYER(main.stride), RANGE(1, 4096), ABSENT(1)},
    {"main_pad", TRACE_FIELD_NUMBER, LAYER(main.pad), RANGE(0, 4095), ABSENT(0)},
    {"main_kernel_height", TRACE_FIELD_NUMBER, LAYER(main.kernel_height), RANGE(1, 4096), ABSENT(0)},
    {"main_stride_height", TRACE_FIELD_NUMBER, LAYER(main.stride_height), RANGE(1, 4096),
     .when = TRACE_WITH_MAIN_HEIGHT, ABSENT(1)},
    {"main_pad_height", TRACE_FIELD_NUMBER, LAYER(main.pad_height), RANGE(0, 4095), .when = TRACE_WITH_MAIN_HEIGHT,
     ABSENT(0)},
    {"main_pad_value", TRACE_FIELD_WORD, LAYER(main.pad_value), .words = pad_words, ABSENT(0)},
    {"main_pre_pool", TRACE_FIELD_WORD, LAYER(main.pre_pool), .words = pre_pool_words, ABSENT(0)},
    {"main_tap_shared", TRACE_FIELD_NUMBER, LAYER(main.tap_shared), RANGE(0, 1), ABSENT(0)},
    {"main_depthwise", TRACE_FIELD_NUMBER, LAYER(main.depthwise), RANGE(0, 1), ABSENT(0)},
    {"main_weight_bits", TRACE_FIELD_NUMBER, LAYER(main.weight_bits), RANGE(1, 16)},
    {"main_weights", TRACE_FIELD_TENSOR, LAYER(main.weight_tensor)},
    {"skip", TRACE_FIELD_WORD, LAYER(skip.kind), .words = main_words, ABSENT(0)},
    {"skip_input", TRACE_FIELD_MAP, LAYER(skip.input_map), .when = TRACE_WITH_SKIP},
    {"skip_kernel", TRACE_FIELD_NUMBER, LAYER(skip.kernel), RANGE(1, 4096), .when = TRACE_WITH_SKIP},
    {"skip_stride", TRACE_FIELD_NUMBER, LAYER(skip.stride), RANGE(1, 4096), .when = TRACE_WITH_SKIP, ABSENT(1)},
    {"skip_pad", TRACE_FIELD_NUMBER, LAYER(skip.pad), RANGE(0, 4095), .when = TRACE_WITH_SKIP, ABSENT(0)},
    {"skip_kernel_height", TRACE_FIELD_NUMBER, LAYER(skip.kernel_height), RANGE(1, 4096), .when = TRACE_WITH_SKIP,
     ABSENT(0)},
    {"skip_stride_height", TRACE_FIELD_NUMBER, LAYER(skip.stride_height), RANGE(1, 4096),
     .when = TRACE_WITH_SKIP_HEIGHT, ABSENT(1)},
    {"skip_pad_height", TRACE_FIELD_NUMBER, LAYER(skip.pad_height), RANGE(0, 4095), .when = TRACE_WITH_SKIP_HEIGHT,
     ABSENT(0)},
    {"skip_pad_value", TRACE_FIELD_WORD, LAYER(skip.pad_value), .words = pad_words, .when = TRACE_WITH_SKIP, ABSENT(0)},
    {"skip_pre_pool", TRACE_FIELD_WORD, LAYER(skip.pre_pool), .words = pre_pool_words, .when = TRACE_WITH_SKIP,
     ABSENT(0)},
    {"skip_tap_shared", TRACE_FIELD_NUMBER, LAYER(skip.tap_shared), RANGE(0, 1), .when = TRACE_WITH_SKIP, ABSENT(0)},
    {"skip_depthwise", TRACE_FIELD_NUMBER, LAYER(skip.depthwise), RANGE(0, 1), .when = TRACE_WITH_SKIP, ABSENT(0)},
    {"skip_weight_bits", TRACE_FIELD_NUMBER, LAYER(skip.weight_bits), RANGE(1, 16), .when = TRACE_WITH_SKIP},
    {"skip_weights", TRACE_FIELD_TENSOR, LAYER(skip.weight_tensor), .when = TRACE_WITH_SKIP},
    {"output_channels", TRACE_FIELD_NUMBER, LAYER(output_channels), RANGE(1, 65536)},
    {"sums_height", TRACE_FIELD_NUMBER, LAYER(sums_height), RANGE(1, 4096)},
    {"sums_width", TRACE_FIELD_NUMBER, LAYER(sums_width), RANGE(1, 4096)},
    {"post", TRACE_FIELD_WORD, LAYER(post), .words = post_words},
    {"post_shift", TRACE_FIELD_NUMBER, LAYER(post_shift), RANGE(0, 31), .when = TRACE_WITH_AFFINE},
    {"threshold_count", TRACE_FIELD_NUMBER, LAYER(threshold_count), RANGE(1, TRACE_THRESHOLDS_MAX),
     .when = TRACE_WITH_THRESHOLD},
    {"threshold_base", TRACE_FIELD_SIGNED, LAYER(threshold_base), RANGE(-32768, 32767), .when = TRACE_WITH_THRESHOLD},
    {"pool", TRACE_FIELD_WORD, LAYER(pool), .words = pool_words, ABSENT(0)},
    {"pool_height", TRACE_FIELD_NUMBER, LAYER(pool_height), RANGE(1, 4096), .when = TRACE_WITH_MAX_POOL},
    {"pool_width", TRACE_FIELD_NUMBER, LAYER(pool_width), RANGE(1, 4096), .when = TRACE_WITH_MAX_POOL},
    {"pool_stride", TRACE_FIELD_NUMBER, LAYER(pool_stride), RANGE(1, 4096), .when = TRACE_WITH_MAX_POOL, ABSENT(0)},
    {"pool_pad", TRACE_FIELD_NUMBER, LAYER(pool_pad), RANGE(0, 4095), .when = TRACE_WITH_MAX_POOL, ABSENT(0)},
    {"transpose", TRACE_FIELD_NUMBER, LAYER(transpose), RANGE(0, 1), ABSENT(0)},
    {"parameters", TRACE_FIELD_TENSOR, LAYER(parameter_tensor)},
    {"fixed_map", TRACE_FIELD_MAP, LAYER(fixed_map), ABSENT(UINT32_MAX)},
    {"bits_map", TRACE_FIELD_MAP, LAYER(bits_map), ABSENT(UINT32_MAX)},
    {.key = NULL},
};

const struct trace_field *trace_fields(enum trace_record record) {
	static const struct trace_field *const tables[] = {network_fields, map_fields, tensor_fields, layer_fields};
	return tables[record];
}

const char *trace_record_word(enum trace_record record) {
	return record_words[record];
}

bool trace_field_applies(const struct trace_field *field, const void *record) {
	const struct trace_layer *layer = record;
	switch (field->when) {
	case TRACE_WITH_SKIP: return layer->skip.kind != TRACE_CONV_NONE;
	case TRACE_WITH_MAIN_HEIGHT: return layer->main.kernel_height != 0;
	case TRACE_WITH_SKIP_HEIGHT: return layer->skip.kind != TRACE_CONV_NONE && layer->skip.kernel_height != 0;
	case TRACE_WITH_MAX_POOL: return layer->pool == TRACE_POOL_MAX;
	case TRACE_WITH_AFFINE: return layer->post == TRACE_POST_AFFINE;
	case TRACE_WITH_THRESHOLD: return layer->post == TRACE_POST_THRESHOLD;
	default: return true;
	}
}

int64_t trace_field_get(const struct trace_field *field, const void *record) {
	const char *member = (const char *)record + field->offset;
	uint32_t number;
	int32_t negative;
	uint64_t large;
	if (field->type == TRACE_FIELD_LARGE) {
		memcpy(&large, member, sizeof large);
		return large > INT64_MAX ? INT64_MAX : (int64_t)large;
	}
	if (field->type == TRACE_FIELD_SIGNED) {
		memcpy(&negative, member, sizeof negative);
		return negative;
	}
	memcpy(&number, member, sizeof number);
	return number;
}

void trace_field_set(const struct trace_field *field, void *record, int64_t value) {
	_Static_assert(sizeof(enum trace_pixel) == sizeof(uint32_t), "enum members are written as 32 bits");
	char *member = (char *)record + field->offset;
	const uint32_t number = (uint32_t)value;
	if (field->type == TRACE_FIELD_LARGE)
		memcpy(member, &value, sizeof value);
	else
		memcpy(member, &number, sizeof number);
}

bool trace_name_valid(const char *text, size_t limit_bytes, bool commas) {
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-+/:,";
	const size_t length = strnlen(text, limit_bytes);
	if (length == 0 || length == limit_bytes || strspn(text, letters) != length) return false;
	return commas || !memchr(text, ',', length);
}

static const char *record_name(const struct trace *trace, enum trace_record record, uint32_t index) {
	switch (record) {
	case TRACE_RECORD_MAP: return trace->maps[index].name;
	case TRACE_RECORD_TENSOR: return trace->tensors[index].name;
	case TRACE_RECORD_LAYER: return trace->layers[index].name;
	default: return trace->name;
	}
}

enum status trace_place_error(const struct trace_places *places, const struct trace *trace, enum trace_record record,
                              uint32_t index, const char *key, const char *value, struct error *error,
                              const char *format, ...) {
	char line[16] = "", what[ERROR_TEXT_BYTES / 2];
	const uint32_t *lines = places->lines[record];
	const uint32_t number = record == TRACE_RECORD_NETWORK ? places->network_line : lines ? lines[index] : 0;
	if (number) snprintf(line, sizeof line, ":%u", (unsigned)number);
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(what, sizeof what, format, arguments);
	va_end(arguments);
	return error_set(error, STATUS_INPUT, "%s%s: %s %.*s: %s%s%s: %s", places->path, line, record_words[record],
	                 TRACE_NAME_BYTES - 1, record_name(trace, record, index), key, value ? "=" : "",
	                 value ? value : "", what);
}

uint64_t trace_tensor_bytes(const struct trace_tensor *tensor) {
	const uint64_t rows = tensor->rows, columns = tensor->columns;
	switch (tensor->type) {
	case TRACE_TENSOR_BITS: return rows * trace_bits_row_bytes(tensor->columns);
	case TRACE_TENSOR_INT16: return rows * columns * 2;
	default: return rows * columns * 4;
	}
}

char *trace_weights_path(const char *path, enum status *status, struct error *error) {
	const size_t length = strlen(path);
	if (length < 5 || strcmp(path + length - 4, ".nbt") != 0) {
		*status = error_set(error, STATUS_INPUT, "%s: not the name of a trace: expected NAME.nbt", path);
		return NULL;
	}
	char *weights = malloc(length + 1);
	if (!weights) {
		*status = error_set(error, STATUS_MEMORY, "%s: out of memory", path);
		return NULL;
	}
	memcpy(weights, path, length + 1);
	weights[length - 1] = 'w';
	return weights;
}

void trace_tensor_file_order(enum trace_tensor_type type, void *data, uint64_t bytes) {
	const uint16_t one = 1;
	uint8_t first_byte;
	memcpy(&first_byte, &one, 1);
	if (first_byte == 1 || type == TRACE_TENSOR_BITS) return;
	const size_t width = type == TRACE_TENSOR_INT16 ? 2 : 4;
	uint8_t *byte = data;
	for (uint64_t i = 0; i < bytes; i += width) {
		for (size_t k = 0; k < width / 2; k++) {
			const uint8_t kept = byte[i + k];
			byte[i + k] = byte[i + width - 1 - k];
			byte[i + width - 1 - k] = kept;
		}
	}
}
