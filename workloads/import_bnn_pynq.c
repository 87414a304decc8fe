/* BNN-PYNQ networks (cnv, lfc). A layer of 1-bit weights on a bit map is a binary convolution (a fully connected layer
 * is 1 x 1 on a 1 x 1 map); every other layer is a fixed convolution of 1- or 2-bit weights. Left out: the shipped lfc
 * host's rule (highest set output bit): the scores are the counts, their argmax the class. */
#include <stdio.h>
#include <string.h>

#include "workloads/import.h"
#include "workloads/trace_build.h"

struct step { /* one layer on its way */
	const struct net_text *net;
	const struct net_layer *from;
	struct trace *trace;
	char name[16];
	uint32_t terms, input_map;
	int is_binary, is_last;
	uint32_t weights, parameters;
	struct error *error;
};

/* Packed bits as they are, or as +1 / -1 in int16. */
static enum status weights_of_bits(struct step *step) {
	const struct net_layer *from = step->from;
	size_t row_bytes = trace_bits_row_bytes(step->terms);
	struct file_bytes file;
	void *data;
	enum status status =
	    net_text_tensor(step->net, from->weights, (uint64_t)from->oc * row_bytes, &file, step->error);
	if (!status)
		status = trace_build_tensor(step->trace, step->name, ".main",
		                            step->is_binary ? TRACE_TENSOR_BITS : TRACE_TENSOR_INT16, from->oc,
		                            step->terms, &step->weights, &data, step->error);
	if (!status && step->is_binary) memcpy(data, file.data, file.bytes);
	for (uint32_t o = 0; !status && !step->is_binary && o < from->oc; o++)
		for (uint32_t j = 0; j < step->terms; j++)
			((int16_t *)data)[(size_t)o * step->terms + j] =
			    file.data[o * row_bytes + (j >> 3)] >> (j & 7) & 1 ? 1 : -1;
	file_bytes_clear(&file);
	return status;
}

static enum status scores_post(struct step *step) {
	int32_t *records;
	enum status status =
	    import_affine(step->trace, step->name, step->from->oc, &step->parameters, &records, step->error);
	for (uint32_t o = 0; !status && o < step->from->oc; o++) {
		records[6 * o] = 1;
		records[6 * o + 1] =
		    step->is_binary && strcmp(step->from->acc, "match") == 0 ? (int32_t)step->terms : 0;
	}
	return status;
}

/* A threshold on acc as one on the sums of the trace. */
static int32_t threshold(const struct step *step, int32_t value) {
	if (strcmp(step->from->acc, "sum8") == 0) return value >= 0 ? value / 2 : -((1 - value) / 2);
	if (strcmp(step->from->acc, "match") == 0) return 2 * value - (int32_t)step->terms;
	return value;
}

static enum status threshold_post(struct step *step) {
	const struct net_layer *from = step->from;
	struct file_bytes file;
	void *data;
	enum status status =
	    net_text_tensor(step->net, from->thresholds, 4ull * from->oc * from->nth, &file, step->error);
	if (!status)
		status = trace_build_tensor(step->trace, step->name, ".post", TRACE_TENSOR_INT32, from->oc,
		                            1 + from->nth, &step->parameters, &data, step->error);
	for (uint32_t o = 0; !status && o < from->oc; o++) {
		for (uint32_t k = 0; k < from->nth; k++) {
			int32_t value = net_text_int32(&file, (uint64_t)o * from->nth + k);
			if (value < -(1 << 29) || value > 1 << 29)
				status =
				    net_text_refuse(step->net, from, "has a threshold beyond 30 bits", step->error);
			((int32_t *)data)[(size_t)o * (1 + from->nth) + 1 + k] = status ? 0 : threshold(step, value);
		}
	}
	file_bytes_clear(&file);
	return status;
}

static enum status output_map(struct step *step, struct trace_layer *layer, uint32_t *map) {
	const struct net_layer *from = step->from;
	uint32_t height = from->pool ? from->oh / 2 : from->oh, width = from->pool ? from->ow / 2 : from->ow;
	enum status status;
	if (step->is_last) {
		status = trace_build_map(step->trace, "scores", "", TRACE_MAP_FIXED, height, width, from->oc, 32, map,
		                         step->error);
		step->trace->scores_map = *map;
	} else {
		status = trace_build_map(step->trace, step->name, from->abits == 1 ? ".bits" : "",
		                         from->abits == 1 ? TRACE_MAP_BITS : TRACE_MAP_FIXED, height, width, from->oc,
		                         from->abits, map, step->error);
	}
	*(from->abits == 1 && !step->is_last ? &layer->bits_map : &layer->fixed_map) = *map;
	return status;
}

static enum status import_layer(struct step *step, uint32_t *map) {
	const struct net_layer *from = step->from;
	struct trace_layer *layer;
	enum status status = from->wbits == 1 ? weights_of_bits(step)
	                                      : import_int8(step->net, from->weights, step->trace, step->name, ".main",
	                                                    from->oc, step->terms, &step->weights, step->error);
	if (!status) status = step->is_last ? scores_post(step) : threshold_post(step);
	if (!status) status = trace_build_layer(step->trace, step->name, &layer, step->error);
	if (status) return status;
	snprintf(layer->from, sizeof layer->from, "%s", step->name);
	layer->main = (struct trace_conv){.kind = step->is_binary ? TRACE_CONV_BINARY : TRACE_CONV_FIXED,
	                                  .input_map = *map,
	                                  .kernel = from->k,
	                                  .stride = from->stride,
	                                  .pad = from->pad,
	                                  .weight_bits = from->wbits,
	                                  .weight_tensor = step->weights};
	layer->output_channels = from->oc;
	layer->sums_height = from->oh;
	layer->sums_width = from->ow;
	layer->pool = from->pool ? TRACE_POOL_MAX2 : TRACE_POOL_NONE;
	layer->parameter_tensor = step->parameters;
	if (step->is_last) {
		layer->post = TRACE_POST_AFFINE;
		layer->post_shift = step->is_binary && strcmp(from->acc, "match") == 0 ? 1 : 0;
	} else {
		layer->post = TRACE_POST_THRESHOLD;
		layer->threshold_count = from->nth;
		layer->threshold_base = from->abits == 1 ? 0 : -1;
	}
	return output_map(step, layer, map);
}

static enum status check_layer(const struct step *step) {
	const struct net_layer *from = step->from;
	const char *reason = NULL;
	if (!from->k || !from->ic || !from->oc || !from->stride || !from->oh || !from->ow)
		reason = "lacks k, ic, oc, stride, oh or ow";
	else if (from->wbits != 1 && from->wbits != 2)
		reason = "wbits is neither 1 nor 2";
	else if (strcmp(from->acc, "sum8") != 0 && strcmp(from->acc, "match") != 0 && strcmp(from->acc, "sum") != 0)
		reason = "acc is none of sum8, match, sum";
	else if (strcmp(from->acc, "match") == 0 && !step->is_binary)
		reason = "acc=match needs 1-bit weights on a 1-bit map";
	else if (!step->is_last &&
	         (from->nth < 1 || from->nth > 3 || (from->abits == 1 ? from->nth != 1 : from->abits != 2)))
		reason = "nth and abits do not belong together";
	else if (from->pool != 0 && from->pool != 2)
		reason = "pool is neither 0 nor 2";
	else if ((uint64_t)from->k * from->k * from->ic > 1u << 20)
		reason = "has more than 2^20 weights in an output";
	return reason ? net_text_refuse(step->net, from, reason, step->error) : STATUS_OK;
}

enum status import_bnn_pynq(const struct net_text *net, struct trace *trace, struct error *error) {
	enum status status = import_input(net, trace, error);
	uint32_t map = trace->input_map;
	for (uint32_t i = 0; !status && i < net->layer_count; i++) {
		struct step step = {.net = net, .from = &net->layers[i], .trace = trace, .error = error};
		snprintf(step.name, sizeof step.name, "L%u", i);
		step.terms = step.from->k * step.from->k * step.from->ic;
		step.is_binary = step.from->wbits == 1 && trace->maps[map].kind == TRACE_MAP_BITS;
		step.is_last = i + 1 == net->layer_count;
		status = check_layer(&step);
		if (!status) status = import_layer(&step, &map);
	}
	return status;
}
