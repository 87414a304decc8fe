/* The three arrays of a trace grow by doubling: their room is the next power of two of their count. */
#include "workloads/trace_build.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *grow(void *array, uint32_t count, size_t element_bytes) {
	if (count & (count - 1)) return array;
	return realloc(array, (count ? 2 * (size_t)count : 1) * element_bytes);
}

static enum status no_memory(const char *name, struct error *error) {
	return error_set(error, STATUS_MEMORY, "%s: out of memory", name);
}

static void join(char *name, const char *base, const char *suffix) {
	int room = TRACE_NAME_BYTES - 1 - (int)strlen(suffix);
	snprintf(name, TRACE_NAME_BYTES, "%.*s%s", room, base, suffix);
}

enum status trace_build_map(struct trace *trace, const char *base, const char *suffix, enum trace_map_kind kind,
                            uint32_t height, uint32_t width, uint32_t channels, uint32_t value_bits, uint32_t *index,
                            struct error *error) {
	struct trace_map *maps = grow(trace->maps, trace->map_count, sizeof *maps);
	if (!maps) return no_memory(base, error);
	trace->maps = maps;
	struct trace_map *map = &maps[trace->map_count];
	memset(map, 0, sizeof *map);
	join(map->name, base, suffix);
	map->kind = kind;
	map->height = height;
	map->width = width;
	map->channels = channels;
	map->value_bits = kind == TRACE_MAP_BITS ? 1 : value_bits;
	*index = trace->map_count++;
	return STATUS_OK;
}

enum status trace_build_tensor(struct trace *trace, const char *base, const char *suffix, enum trace_tensor_type type,
                               uint32_t rows, uint32_t columns, uint32_t *index, void **data, struct error *error) {
	struct trace_tensor *tensors = grow(trace->tensors, trace->tensor_count, sizeof *tensors);
	if (!tensors) return no_memory(base, error);
	trace->tensors = tensors;
	size_t row_bytes = type == TRACE_TENSOR_BITS ? trace_bits_row_bytes(columns)
	                                             : (size_t)columns * (type == TRACE_TENSOR_INT16 ? 2 : 4);
	struct trace_tensor *tensor = &tensors[trace->tensor_count];
	memset(tensor, 0, sizeof *tensor);
	tensor->data = calloc(rows, row_bytes);
	if (!tensor->data) return no_memory(base, error);
	join(tensor->name, base, suffix);
	tensor->type = type;
	tensor->rows = rows;
	tensor->columns = columns;
	tensor->bytes = (uint64_t)rows * row_bytes;
	*data = tensor->data;
	*index = trace->tensor_count++;
	return STATUS_OK;
}

enum status trace_build_layer(struct trace *trace, const char *name, struct trace_layer **layer, struct error *error) {
	struct trace_layer *layers = grow(trace->layers, trace->layer_count, sizeof *layers);
	if (!layers) return no_memory(name, error);
	trace->layers = layers;
	*layer = &layers[trace->layer_count++];
	memset(*layer, 0, sizeof **layer);
	join((*layer)->name, name, "");
	(*layer)->fixed_map = (*layer)->bits_map = UINT32_MAX;
	return STATUS_OK;
}

void trace_build_set_bit(void *data, uint32_t columns, uint32_t row, uint32_t column) {
	unsigned char *bytes = (unsigned char *)data + row * trace_bits_row_bytes(columns);
	bytes[column >> 3] = (unsigned char)(bytes[column >> 3] | 1u << (column & 7));
}
