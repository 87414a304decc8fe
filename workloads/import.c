/* What the importers share. */
#include "workloads/import.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "workloads/trace_build.h"

enum status import_input(const struct net_text *net, struct trace *trace, struct error *error) {
	int is_bits = strcmp(net->input_kind, "bipolar") == 0;
	if (!is_bits && strcmp(net->input_kind, "int8") != 0)
		return error_set(error, STATUS_INPUT, "%s: input kind '%s' is neither int8 nor bipolar", net->path,
		                 net->input_kind);
	snprintf(trace->name, sizeof trace->name, "%s", net->name);
	trace->classes = net->classes;
	trace->has_values = 1;
	trace->float_top1 = -1.0;
	trace->image_repeat = 1;
	if (is_bits) { /* the digits of MNIST: 784 pixels are channels, further channels are -1 */
		trace->pixel = TRACE_PIXEL_BIPOLAR;
		trace->image_height = trace->image_width = 28;
		trace->image_channels = 1;
	} else {
		trace->pixel = strcmp(net->input_rule, "q=p-128") == 0 ? TRACE_PIXEL_MINUS128 : TRACE_PIXEL_Q7;
		trace->image_height = net->input_height;
		trace->image_width = net->input_width;
		trace->image_channels = net->input_channels;
	}
	return trace_build_map(trace, "image", "", is_bits ? TRACE_MAP_BITS : TRACE_MAP_FIXED, net->input_height,
	                       net->input_width, net->input_channels, 8, &trace->input_map, error);
}

enum status import_affine(struct trace *trace, const char *name, uint32_t outputs, uint32_t *tensor, int32_t **records,
                          struct error *error) {
	void *data;
	enum status status =
	    trace_build_tensor(trace, name, ".post", TRACE_TENSOR_INT32, outputs, 6, tensor, &data, error);
	if (status) return status;
	*records = data;
	for (uint32_t o = 0; o < outputs; o++) (*records)[6 * o + 2] = (*records)[6 * o + 3] = 1;
	return STATUS_OK;
}

enum status import_int8(const struct net_text *net, const char *file_name, struct trace *trace, const char *name,
                        const char *suffix, uint32_t rows, uint32_t columns, uint32_t *tensor, struct error *error) {
	struct file_bytes file;
	enum status status = net_text_tensor(net, file_name, (uint64_t)rows * columns, &file, error);
	void *data;
	if (!status)
		status =
		    trace_build_tensor(trace, name, suffix, TRACE_TENSOR_INT16, rows, columns, tensor, &data, error);
	for (size_t i = 0; !status && i < file.bytes; i++) ((int16_t *)data)[i] = (int8_t)file.data[i];
	file_bytes_clear(&file);
	return status;
}

enum status import_network(const char *folder, struct trace *trace, struct error *error) {
	struct net_text *net = malloc(sizeof *net);
	if (!net) return error_set(error, STATUS_MEMORY, "%s: out of memory", folder);
	enum status status = net_text_read(net, folder, error);
	int is_blend = 0;
	for (uint32_t i = 0; !status && i < net->layer_count; i++)
		is_blend |= strcmp(net->layers[i].kind, "blend") == 0;
	if (!status) status = is_blend ? import_blend20(net, trace, error) : import_bnn_pynq(net, trace, error);
	free(net);
	return status;
}
