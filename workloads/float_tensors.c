/* Reader of params.txt / params.f32, and seeded tensors.
 *
 * Seeded values come from splitmix64 started with seed and a hash (FNV-1a) of the tensor's name, so that a layer's
 * weights do not depend on which other layers a network has. Left out: other element types, big-endian files. */
#include "workloads/float_tensors.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/text.h"
#include "sim/input/file_bytes.h"

enum { INDEX_BYTES_MAX = 1 << 22, SIDE_MAX = 1 << 24 };
static const size_t values_bytes_max = (size_t)1 << 30;

static enum status no_memory(const struct float_tensors *tensors, struct error *error) {
	return error_set(error, STATUS_MEMORY, "%s: out of memory", tensors->path);
}

static enum status add(struct float_tensors *tensors, struct arena *arena, struct float_tensor **added,
                       struct error *error) {
	if (tensors->tensor_count == tensors->tensor_room) {
		size_t room = tensors->tensor_room ? 2 * tensors->tensor_room : 64;
		struct float_tensor *larger = arena_take(arena, room, sizeof *larger);
		if (!larger) return no_memory(tensors, error);
		if (tensors->tensor_count) memcpy(larger, tensors->tensors, tensors->tensor_count * sizeof *larger);
		tensors->tensors = larger;
		tensors->tensor_room = room;
	}
	*added = &tensors->tensors[tensors->tensor_count++];
	return STATUS_OK;
}

static int read_shape(const char *text, struct float_tensor *tensor) {
	char copy[64];
	if (strlen(text) >= sizeof copy) return 0;
	strcpy(copy, text);
	tensor->count = 1;
	for (char *side = copy; side;) {
		char *next = strchr(side, 'x');
		if (next) *next++ = '\0';
		uint64_t value;
		if (tensor->sides == FLOAT_TENSOR_SIDES_MAX || text_unsigned(side, &value) != TEXT_NUMBER_OK) return 0;
		if (value < 1 || value > SIDE_MAX || tensor->count > SIZE_MAX / 8 / value) return 0;
		tensor->side[tensor->sides++] = (uint32_t)value;
		tensor->count *= (size_t)value;
		side = next;
	}
	return 1;
}

static enum status read_line(struct float_tensors *tensors, char *line, unsigned number, const float *values,
                             size_t value_count, struct arena *arena, struct error *error) {
	char *rest = NULL, *field[5] = {0};
	for (size_t i = 0; i < 5; i++) field[i] = strtok_r(i ? NULL : line, " \t\r", &rest);
	if (!field[0]) return STATUS_OK;
	struct float_tensor tensor = {0};
	uint64_t offset = 0, count = 0;
	if (!field[3] || field[4] || strlen(field[0]) >= sizeof tensor.name || !read_shape(field[1], &tensor) ||
	    text_unsigned(field[2], &offset) != TEXT_NUMBER_OK || text_unsigned(field[3], &count) != TEXT_NUMBER_OK)
		return error_set(error, STATUS_INPUT,
		                 "%s:%u: expected NAME SHAPE OFFSET COUNT, as in 'fc.weight 10x64 432 640'",
		                 tensors->path, number);
	strcpy(tensor.name, field[0]);
	if (count != tensor.count)
		return error_set(error, STATUS_INPUT, "%s:%u: %s: shape %s holds %zu values, not %s", tensors->path,
		                 number, tensor.name, field[1], tensor.count, field[3]);
	if (offset > value_count || count > value_count - offset)
		return error_set(error, STATUS_INPUT,
		                 "%s:%u: %s: floats %s to %llu lie outside params.f32 of %zu floats", tensors->path,
		                 number, tensor.name, field[2], (unsigned long long)(offset + count), value_count);
	for (size_t i = 0; i < tensors->tensor_count; i++)
		if (strcmp(tensors->tensors[i].name, tensor.name) == 0)
			return error_set(error, STATUS_INPUT, "%s:%u: %s is given twice", tensors->path, number,
			                 tensor.name);
	tensor.data = values + offset;
	for (size_t i = 0; i < tensor.count; i++)
		if (!isfinite((double)tensor.data[i]))
			return error_set(error, STATUS_INPUT, "%s: %s: value %zu is not a finite number", tensors->path,
			                 tensor.name, i);
	struct float_tensor *added = NULL;
	enum status status = add(tensors, arena, &added, error);
	if (!status) *added = tensor;
	return status;
}

/* The floats of params.f32 in host byte order. */
static enum status read_values(const char *folder, const float **values, size_t *count, struct arena *arena,
                               struct error *error) {
	char path[1024];
	if ((size_t)snprintf(path, sizeof path, "%s/params.f32", folder) >= sizeof path)
		return error_set(error, STATUS_IO, "%s: the path is too long", folder);
	struct file_bytes file;
	enum status status = file_bytes_read(&file, path, FILE_BYTES_PLAIN, values_bytes_max, error);
	if (status) return status;
	*count = file.bytes / 4;
	float *data = arena_take(arena, *count, sizeof *data);
	if (file.bytes % 4 != 0)
		status = error_set(error, STATUS_INPUT, "%s: %zu bytes are not a whole number of float32 values", path,
		                   file.bytes);
	else if (!data)
		status = error_set(error, STATUS_MEMORY, "%s: out of memory", path);
	for (size_t i = 0; !status && i < *count; i++) {
		const uint8_t *byte = file.data + 4 * i;
		uint32_t word =
		    (uint32_t)byte[0] | (uint32_t)byte[1] << 8 | (uint32_t)byte[2] << 16 | (uint32_t)byte[3] << 24;
		memcpy(&data[i], &word, 4);
	}
	file_bytes_clear(&file);
	*values = data;
	return status;
}

enum status float_tensors_read(struct float_tensors *tensors, const char *folder, struct arena *arena,
                               struct error *error) {
	memset(tensors, 0, sizeof *tensors);
	char path[1024];
	if ((size_t)snprintf(path, sizeof path, "%s/params.txt", folder) >= sizeof path)
		return error_set(error, STATUS_IO, "%s: the path is too long", folder);
	snprintf(tensors->path, sizeof tensors->path, "%s", path);
	struct file_bytes index;
	enum status status = file_bytes_read(&index, path, FILE_BYTES_PLAIN, INDEX_BYTES_MAX, error);
	if (status) return status;
	const float *values = NULL;
	size_t value_count = 0;
	status = read_values(folder, &values, &value_count, arena, error);
	unsigned number = 0;
	for (char *line = (char *)index.data; !status && line && *line;) {
		char *next = strchr(line, '\n');
		if (next) *next++ = '\0';
		status = read_line(tensors, line, ++number, values, value_count, arena, error);
		line = next;
	}
	file_bytes_clear(&index);
	return status;
}

static uint64_t next_random(uint64_t *state) {
	uint64_t z = *state += UINT64_C(0x9E3779B97F4A7C15);
	z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
	return z ^ (z >> 31);
}

static double seeded_value(enum float_seed kind, double scale, uint64_t random) {
	double unit = (double)(random >> 11) * 0x1p-53; /* 0 .. 1 */
	switch (kind) {
	case FLOAT_SEED_SIGN: return random >> 63 ? 1.0 : -1.0;
	case FLOAT_SEED_UNIFORM: return (2.0 * unit - 1.0) * scale;
	case FLOAT_SEED_GAMMA: return (random & 7) == 0 ? -(0.5 + unit) : 0.5 + unit;
	default: return scale;
	}
}

enum status float_tensors_seed(struct float_tensors *tensors, const char *name, uint32_t sides, const uint32_t *side,
                               enum float_seed kind, double scale, uint64_t seed, struct arena *arena,
                               struct error *error) {
	struct float_tensor *tensor = NULL;
	enum status status = add(tensors, arena, &tensor, error);
	if (status || !tensor) return status;
	memset(tensor, 0, sizeof *tensor);
	snprintf(tensor->name, sizeof tensor->name, "%s", name);
	tensor->sides = sides;
	tensor->count = 1;
	for (uint32_t i = 0; i < sides; i++) {
		tensor->side[i] = side[i];
		tensor->count *= side[i];
	}
	float *data = arena_take(arena, tensor->count, sizeof *data);
	if (!data) return no_memory(tensors, error);
	uint64_t state = seed, hash = UINT64_C(0xCBF29CE484222325);
	for (const char *letter = name; *letter; letter++) hash = (hash ^ (uint8_t)*letter) * UINT64_C(0x100000001B3);
	state ^= hash;
	for (size_t i = 0; i < tensor->count; i++) data[i] = (float)seeded_value(kind, scale, next_random(&state));
	tensor->data = data;
	return STATUS_OK;
}

static void shape_text(uint32_t sides, const uint32_t *side, char *text, size_t text_bytes) {
	size_t length = 0;
	text[0] = '\0';
	for (uint32_t i = 0; i < sides && length + 12 < text_bytes; i++)
		length += (size_t)snprintf(text + length, text_bytes - length, "%s%u", i ? "x" : "", side[i]);
}

enum status float_tensors_find(const struct float_tensors *tensors, const char *name, uint32_t sides,
                               const uint32_t *side, const struct float_tensor **found, struct error *error) {
	struct text_nearest nearest;
	text_nearest_start(&nearest, name);
	*found = NULL;
	for (size_t i = 0; i < tensors->tensor_count && !*found; i++) {
		text_nearest_offer(&nearest, tensors->tensors[i].name);
		if (strcmp(tensors->tensors[i].name, name) == 0) {
			tensors->tensors[i].used = 1;
			*found = &tensors->tensors[i];
		}
	}
	const char *best = text_nearest_best(&nearest);
	if (!*found)
		return error_set(error, STATUS_INPUT, "%s: there is no tensor %s%s%s", tensors->path, name,
		                 best ? "; the nearest is " : "", best ? best : "");
	if ((*found)->sides == sides && memcmp((*found)->side, side, sides * sizeof *side) == 0) return STATUS_OK;
	char has[64], needs[64];
	shape_text((*found)->sides, (*found)->side, has, sizeof has);
	shape_text(sides, side, needs, sizeof needs);
	return error_set(error, STATUS_INPUT, "%s: %s has the shape %s, the layer needs %s", tensors->path, name, has,
	                 needs);
}

enum status float_tensors_all_used(const struct float_tensors *tensors, struct error *error) {
	for (size_t i = 0; i < tensors->tensor_count; i++)
		if (!tensors->tensors[i].used)
			return error_set(error, STATUS_INPUT, "%s: no layer of the network reads the tensor %s",
			                 tensors->path, tensors->tensors[i].name);
	return STATUS_OK;
}
