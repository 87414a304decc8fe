/* The values of a trace that was read: weights within weight_bits, parameters within theirs, no stray bits. */
#include "sim/input/trace_check.h"

enum status trace_check_weights(struct check *check, const struct trace_layer *layer, const char *key,
                                const struct trace_conv *conv) {
	const struct trace_tensor *tensor = &check->trace->tensors[conv->weight_tensor];
	if (!tensor->data) return STATUS_OK;
	if (tensor->type == TRACE_TENSOR_BITS) {
		const size_t row_bytes = trace_bits_row_bytes(tensor->columns);
		for (uint32_t row = 0; row < tensor->rows; row++) {
			const uint8_t *bytes = (const uint8_t *)tensor->data + row * row_bytes;
			uint32_t stray = (uint32_t)bytes[tensor->columns / 8 % row_bytes] >> tensor->columns % 8;
			if (tensor->columns / 8 == row_bytes) stray = 0;
			for (size_t i = tensor->columns / 8 + 1; i < row_bytes; i++) stray |= bytes[i];
			if (stray)
				return BAD_LAYER(key, tensor->name,
				                 "a bit behind the last column of row %" PRIu32 " is 1, expected 0",
				                 row);
		}
		return STATUS_OK;
	}
	const int signs = conv->weight_bits == 1;
	const int32_t least = signs ? -1 : -((int32_t)1 << (conv->weight_bits - 1)), most = -least - !signs;
	const int16_t *weights = tensor->data;
	for (uint64_t i = 0; i < (uint64_t)tensor->rows * tensor->columns; i++)
		if (weights[i] < least || weights[i] > most || (signs && weights[i] == 0))
			return BAD_LAYER(key, tensor->name,
			                 "%d in row %" PRIu64 ", column %" PRIu64 ", expected %" PRId32 " %s %" PRId32
			                 " (%" PRIu32 " %s)",
			                 weights[i], i / tensor->columns, i % tensor->columns, least,
			                 signs ? "or" : "to", most, conv->weight_bits, signs ? "bit" : "bits");
	return STATUS_OK;
}

enum status trace_check_parameters(struct check *check, const struct trace_layer *layer) {
	static const struct {
		const char *name;
		int32_t minimum, maximum;
	} affine[] = {{"A", INT16_MIN, INT16_MAX},  {"B", INT32_MIN, INT32_MAX}, {"MP", INT16_MIN, INT16_MAX},
	              {"MN", INT16_MIN, INT16_MAX}, {"C", INT32_MIN, INT32_MAX}, {"E", 0, 31}},
	  threshold = {"D", 0, 1};
	const struct trace_tensor *tensor = &check->trace->tensors[layer->parameter_tensor];
	const int32_t *values = tensor->data;
	if (!values) return STATUS_OK;
	const bool is_affine = layer->post == TRACE_POST_AFFINE;
	for (uint32_t row = 0; row < tensor->rows; row++) {
		for (uint32_t k = 0; k < (is_affine ? 6 : 1); k++) {
			const int32_t value = values[(size_t)row * tensor->columns + k];
			const int32_t minimum = is_affine ? affine[k].minimum : threshold.minimum;
			const int32_t maximum = is_affine ? affine[k].maximum : threshold.maximum;
			if (value < minimum || value > maximum)
				return BAD_LAYER(
				    "parameters", tensor->name,
				    "%s of output %" PRIu32 " is %" PRId32 ", expected %" PRId32 " to %" PRId32,
				    is_affine ? affine[k].name : threshold.name, row, value, minimum, maximum);
		}
	}
	return STATUS_OK;
}
