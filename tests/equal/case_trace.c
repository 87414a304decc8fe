/* See case_trace.h. */
#include "tests/equal/case_trace.h"

#include <stdio.h>
#include <stdlib.h>

uint32_t case_trace_add_map(struct trace *trace, const char *name, enum trace_map_kind kind, uint32_t height,
                            uint32_t width, uint32_t channels, uint32_t bits) {
	struct trace_map *map = &trace->maps[trace->map_count];
	snprintf(map->name, sizeof map->name, "%s%u", name, trace->map_count);
	map->kind = kind;
	map->height = height;
	map->width = width;
	map->channels = channels;
	map->value_bits = bits;
	return trace->map_count++;
}

struct trace_tensor *case_trace_add_tensor(struct trace *trace, enum trace_tensor_type type, uint32_t rows,
                                           uint32_t columns) {
	struct trace_tensor *tensor = &trace->tensors[trace->tensor_count];
	snprintf(tensor->name, sizeof tensor->name, "t%u", trace->tensor_count);
	tensor->type = type;
	tensor->rows = rows;
	tensor->columns = columns;
	tensor->bytes = type == TRACE_TENSOR_BITS ? (uint64_t)rows * trace_bits_row_bytes(columns)
	                                          : (uint64_t)rows * columns * (type == TRACE_TENSOR_INT16 ? 2 : 4);
	tensor->data = calloc(1, tensor->bytes);
	if (!tensor->data) return NULL;
	trace->tensor_count++;
	return tensor;
}
