/* State and messages that the trace_check*.c files share. Private to them. */
#ifndef SIM_INPUT_TRACE_CHECK_H
#define SIM_INPUT_TRACE_CHECK_H

#include <inttypes.h>
#include <stdio.h>

#include "sim/input/trace_keys.h"

struct check {
	const struct trace *trace;
	const struct trace_places *places;
	struct error *error;
	uint8_t *map_written, *tensor_used; /* one byte each */
};

#define BAD(record, index, key, value, ...)                                                                            \
	trace_place_error(check->places, check->trace, record, index, key, value, check->error, __VA_ARGS__)
#define BAD_LAYER(key, value, ...)                                                                                     \
	BAD(TRACE_RECORD_LAYER, (uint32_t)(layer - check->trace->layers), key, value, __VA_ARGS__)

/* A number as text for a message; the buffer lives as long as the enclosing block. */
#define TEXT(number) number_text((int64_t)(number), (char[24]){0})
static inline const char *number_text(int64_t number, char buffer[24]) {
	snprintf(buffer, 24, "%" PRId64, number);
	return buffer;
}

/* Shapes, kinds and uses of one layer; the maps of the layers before it are marked as written. */
enum status trace_check_layer(struct check *check, const struct trace_layer *layer);

/* Every weight of a convolution, or parameter of a layer, is within its width; `key` names the convolution's tensor.
 * STATUS_OK where the tensor has no values. */
enum status trace_check_weights(struct check *check, const struct trace_layer *layer, const char *key,
                                const struct trace_conv *conv);
enum status trace_check_parameters(struct check *check, const struct trace_layer *layer);

#endif
