/* Making a trace in memory: maps, tensors and layers appended one by one. Used by the compiler and the importers.
 *
 * Everything belongs to the trace (malloc) and is released by trace_clear. All fail only with STATUS_MEMORY.
 */
#ifndef WORKLOADS_TRACE_BUILD_H
#define WORKLOADS_TRACE_BUILD_H

#include "sim/base/status.h"
#include "sim/input/trace.h"

/* Appends a map named base + suffix. */
enum status trace_build_map(struct trace *trace, const char *base, const char *suffix, enum trace_map_kind kind,
                            uint32_t height, uint32_t width, uint32_t channels, uint32_t value_bits, uint32_t *index,
                            struct error *error);

/* Appends a tensor of zeros named base + suffix; *data is its memory (int16_t, int32_t, or rows of bits). */
enum status trace_build_tensor(struct trace *trace, const char *base, const char *suffix, enum trace_tensor_type type,
                               uint32_t rows, uint32_t columns, uint32_t *index, void **data, struct error *error);

/* Appends an empty layer (no skip, no output map). The pointer holds until the next append. */
enum status trace_build_layer(struct trace *trace, const char *name, struct trace_layer **layer, struct error *error);

/* Sets bit `column` of row `row` of a bits tensor's data. */
void trace_build_set_bit(void *data, uint32_t columns, uint32_t row, uint32_t column);

#endif
