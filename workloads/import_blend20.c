/* blend20-cifar10, folded. Layer 0: x = sat16(rs(A sum + B, 12)). Module: z = A acc + B,
 * x' = sat16(rs((z >= 0 ? MP : MN) z, 12) + rs(sum s8 k, E) + C), k = x or the 2 x 2 average. Last: logit = FW p + FB
 * with p the sum over all positions. */
#include <stdio.h>
#include <string.h>

#include "workloads/import.h"
#include "workloads/trace_build.h"

enum { POST_SHIFT = 12, MAP_BITS = 16, RECORD = 6 };

struct maps {
	uint32_t fixed, bits, side, channels; /* the latest maps */
};

/* Rows of a .p32 file, [row][output], into columns of the records. */
static enum status parameters(const struct net_text *net, const struct net_layer *layer, const uint32_t *columns,
                              uint32_t rows, int32_t *records, struct error *error) {
	struct file_bytes file;
	if (layer->rows != rows)
		return net_text_refuse(net, layer, "has another number of parameter rows than its kind", error);
	enum status status = net_text_tensor(net, layer->parameters, 4ull * rows * layer->oc, &file, error);
	for (uint32_t r = 0; !status && r < rows; r++)
		for (uint32_t o = 0; o < layer->oc; o++)
			records[RECORD * o + columns[r]] = net_text_int32(&file, (uint64_t)r * layer->oc + o);
	file_bytes_clear(&file);
	return status;
}

static enum status output_maps(struct trace *trace, struct trace_layer *layer, struct maps *maps, uint32_t side,
                               uint32_t channels, int with_bits, struct error *error) {
	enum status status = trace_build_map(trace, layer->name, "", TRACE_MAP_FIXED, side, side, channels, MAP_BITS,
	                                     &layer->fixed_map, error);
	if (!status && with_bits)
		status = trace_build_map(trace, layer->name, ".bits", TRACE_MAP_BITS, side, side, channels, 1,
		                         &layer->bits_map, error);
	layer->output_channels = channels;
	layer->sums_height = layer->sums_width = side;
	layer->post = TRACE_POST_AFFINE;
	layer->post_shift = POST_SHIFT;
	*maps = (struct maps){layer->fixed_map, layer->bits_map, side, channels};
	return status;
}

static enum status stem(const struct net_text *net, const struct net_layer *from, struct trace *trace,
                        struct maps *maps, struct error *error) {
	static const uint32_t columns[] = {0, 1};
	uint32_t weights, tensor;
	int32_t *records;
	struct trace_layer *layer;
	enum status status = import_int8(net, from->weights, trace, "conv0", ".main", from->oc,
	                                 from->k * from->k * from->ic, &weights, error);
	if (!status) status = import_affine(trace, "conv0", from->oc, &tensor, &records, error);
	if (!status) status = parameters(net, from, columns, 2, records, error);
	if (!status) status = trace_build_layer(trace, "conv0", &layer, error);
	if (status) return status;
	strcpy(layer->from, "conv0");
	layer->main = (struct trace_conv){.kind = TRACE_CONV_FIXED,
	                                  .input_map = trace->input_map,
	                                  .kernel = from->k,
	                                  .stride = from->stride,
	                                  .pad = from->pad,
	                                  .weight_bits = 8,
	                                  .weight_tensor = weights};
	layer->parameter_tensor = tensor;
	return output_maps(trace, layer, maps, from->oh, from->oc, 1, error);
}

static enum status module(const struct net_text *net, const struct net_layer *from, int with_bits, struct trace *trace,
                          struct maps *maps, struct error *error) {
	static const uint32_t columns[] = {0, 1, 2, 3, 4, 5};
	char name[32];
	snprintf(name, sizeof name, "module%u", (unsigned)(from - net->layers));
	uint32_t weights, skip, tensor, terms = from->k * from->k * from->ic;
	int32_t *records;
	void *data;
	struct file_bytes file;
	struct trace_layer *layer;
	uint64_t bytes = (uint64_t)from->oc * trace_bits_row_bytes(terms);
	if (from->ic != maps->channels || from->ih != maps->side || (from->stride != 1 && from->stride != 2))
		return net_text_refuse(net, from, "does not fit the layer before it", error);
	enum status status = net_text_tensor(net, from->weights, bytes, &file, error);
	if (!status)
		status = trace_build_tensor(trace, name, ".main", TRACE_TENSOR_BITS, from->oc, terms, &weights, &data,
		                            error);
	if (!status) memcpy(data, file.data, file.bytes);
	file_bytes_clear(&file);
	if (!status) status = import_int8(net, from->skip, trace, name, ".skip", from->oc, from->ic, &skip, error);
	if (!status) status = import_affine(trace, name, from->oc, &tensor, &records, error);
	if (!status) status = parameters(net, from, columns, RECORD, records, error);
	if (!status) status = trace_build_layer(trace, name, &layer, error);
	if (status) return status;
	strcpy(layer->from, name);
	layer->main = (struct trace_conv){.kind = TRACE_CONV_BINARY,
	                                  .input_map = maps->bits,
	                                  .kernel = from->k,
	                                  .stride = from->stride,
	                                  .pad = from->pad,
	                                  .pad_value = TRACE_PAD_MASKED,
	                                  .weight_bits = 1,
	                                  .weight_tensor = weights};
	layer->skip = (struct trace_conv){.kind = TRACE_CONV_FIXED,
	                                  .input_map = maps->fixed,
	                                  .kernel = 1,
	                                  .stride = from->stride,
	                                  .pre_pool = from->stride == 2 ? TRACE_PRE_POOL_AVERAGE2 : TRACE_PRE_POOL_NONE,
	                                  .weight_bits = 8,
	                                  .weight_tensor = skip};
	layer->parameter_tensor = tensor;
	return output_maps(trace, layer, maps, from->oh, from->oc, with_bits, error);
}

static enum status head(const struct net_text *net, const struct net_layer *from, struct trace *trace,
                        const struct maps *maps, struct error *error) {
	uint32_t weights, tensor, count = from->oc * from->ic, weight_bits = 2;
	int32_t *records;
	void *data = NULL;
	struct file_bytes file;
	struct trace_layer *layer;
	if (from->ic != maps->channels) return net_text_refuse(net, from, "does not fit the layer before it", error);
	enum status status = net_text_tensor(net, from->parameters, 4ull * (count + from->oc), &file, error);
	if (!status)
		status = trace_build_tensor(trace, "fc", ".main", TRACE_TENSOR_INT16, from->oc, from->ic, &weights,
		                            &data, error);
	if (!status) status = import_affine(trace, "fc", from->oc, &tensor, &records, error);
	for (uint32_t i = 0; !status && i < count; i++) {
		int32_t weight = net_text_int32(&file, i);
		while (weight_bits < 17 && (weight < -(1 << (weight_bits - 1)) || weight >= 1 << (weight_bits - 1)))
			weight_bits++;
		((int16_t *)data)[i] = (int16_t)weight;
	}
	for (uint32_t o = 0; !status && o < from->oc; o++) {
		records[RECORD * o] = 1;
		records[RECORD * o + 1] = net_text_int32(&file, count + o);
	}
	file_bytes_clear(&file);
	if (!status && weight_bits > 16) status = net_text_refuse(net, from, "has weights wider than 16 bits", error);
	if (!status) status = trace_build_layer(trace, "fc", &layer, error);
	if (status) return status;
	strcpy(layer->from, "fc");
	layer->main = (struct trace_conv){.kind = TRACE_CONV_FIXED,
	                                  .input_map = maps->fixed,
	                                  .kernel = maps->side,
	                                  .stride = 1,
	                                  .tap_shared = 1,
	                                  .weight_bits = weight_bits,
	                                  .weight_tensor = weights};
	layer->output_channels = from->oc;
	layer->sums_height = layer->sums_width = 1;
	layer->parameter_tensor = tensor;
	status = trace_build_map(trace, "scores", "", TRACE_MAP_FIXED, 1, 1, from->oc, 32, &layer->fixed_map, error);
	trace->scores_map = layer->fixed_map;
	return status;
}

enum status import_blend20(const struct net_text *net, struct trace *trace, struct error *error) {
	struct maps maps = {0};
	enum status status = import_input(net, trace, error);
	uint32_t last = net->layer_count - 1;
	for (uint32_t i = 0; !status && i <= last; i++) {
		const struct net_layer *from = &net->layers[i];
		if (i == 0 && strcmp(from->kind, "conv") == 0)
			status = stem(net, from, trace, &maps, error);
		else if (i > 0 && i < last && strcmp(from->kind, "blend") == 0)
			status = module(net, from, strcmp(net->layers[i + 1].kind, "blend") == 0, trace, &maps, error);
		else if (i == last && strcmp(from->kind, "fc") == 0)
			status = head(net, from, trace, &maps, error);
		else
			status = net_text_refuse(net, from, "expected one conv, then blend layers, then one fc", error);
	}
	return status;
}
