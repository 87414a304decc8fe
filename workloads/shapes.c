/* Shape inference, and binding of float tensors to layers.
 *
 * Convolution and maximum pool: out = (in + 2 pad - kernel) / stride + 1, rounded down. Seeded tensors are scaled so
 * that activations keep about unit size: the variance of a batch norm behind a convolution of K terms with weights +1 /
 * -1 is K, other fixed weights are uniform in +-sqrt(3 / K). */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "workloads/network.h"

static enum status refuse(const struct network *network, const struct network_layer *layer, struct error *error,
                          const char *what) {
	return error_set(error, STATUS_INPUT, "%s: [%s]: %s", network->path, layer->name, what);
}

static enum status convolution(const struct network *network, struct network_layer *layer,
                               const struct network_layer *input, struct error *error) {
	const uint32_t height = input->height + 2 * layer->pad_height, width = input->width + 2 * layer->pad;
	if (layer->kernel_height > height || layer->kernel > width)
		return error_set(error, STATUS_INPUT,
		                 "%s: [%s]: a kernel of %u x %u does not fit the map of %u x %u with pad %u",
		                 network->path, layer->name, layer->kernel_height, layer->kernel, input->height,
		                 input->width, layer->pad);
	if (layer->pad >= layer->kernel) return refuse(network, layer, error, "pad must be smaller than kernel");
	if (layer->pad_height >= layer->kernel_height)
		return refuse(network, layer, error, "pad_height must be smaller than kernel_height");
	if (layer->depthwise && layer->outputs != input->channels)
		return error_set(error, STATUS_INPUT,
		                 "%s: [%s]: a depthwise layer of %u channels has %u outputs, not %u", network->path,
		                 layer->name, input->channels, input->channels, layer->outputs);
	layer->height = (height - layer->kernel_height) / layer->stride_height + 1;
	layer->width = (width - layer->kernel) / layer->stride + 1;
	layer->channels = layer->outputs;
	return STATUS_OK;
}

static enum status average_pool(const struct network *network, struct network_layer *layer,
                                const struct network_layer *input, struct error *error) {
	if (layer->kernel != 2 || layer->stride != 2)
		return refuse(network, layer, error,
		              "an average_pool has kernel = 2 and stride = 2 (all positions: global_average_pool)");
	if (input->height % 2 || input->width % 2)
		return refuse(network, layer, error, "an average_pool needs a map of even height and width");
	layer->height = input->height / 2;
	layer->width = input->width / 2;
	return STATUS_OK;
}

static enum status max_pool(const struct network *network, struct network_layer *layer,
                            const struct network_layer *input, struct error *error) {
	const uint32_t height = input->height + 2 * layer->pad, width = input->width + 2 * layer->pad;
	if (layer->kernel_height > height || layer->kernel > width)
		return error_set(error, STATUS_INPUT,
		                 "%s: [%s]: the map of %u x %u is smaller than the pool of %u x %u", network->path,
		                 layer->name, height, width, layer->kernel_height, layer->kernel);
	if (layer->pad >= layer->kernel || layer->pad >= layer->kernel_height)
		return refuse(network, layer, error, "pad must be smaller than the pool's sides");
	if (layer->stride != layer->stride_height &&
	    (layer->stride != layer->kernel || layer->stride_height != layer->kernel_height))
		return refuse(network, layer, error,
		              "a pool's strides are equal, or those of its sides: stride = kernel, stride_height = "
		              "kernel_height");
	layer->height = (height - layer->kernel_height) / layer->stride_height + 1;
	layer->width = (width - layer->kernel) / layer->stride + 1;
	return STATUS_OK;
}

static enum status layer_shape(const struct network *network, struct network_layer *layer, struct error *error) {
	const struct network_layer *input = &network->layers[layer->inputs[0]];
	const struct network_layer *other = &network->layers[layer->inputs[1]];
	uint32_t height = layer->height, width = layer->width, channels = layer->channels;
	layer->height = input->height;
	layer->width = input->width;
	layer->channels = input->channels;
	if (input->is_bits && layer->type != LAYER_BINARY_CONV && layer->type != LAYER_MAX_POOL &&
	    layer->type != LAYER_TRANSPOSE && layer->type != LAYER_RESHAPE && layer->type != LAYER_FIXED_CONV &&
	    layer->type != LAYER_FULLY_CONNECTED)
		return error_set(error, STATUS_INPUT, "%s: [%s]: %s cannot read the +1 / -1 map %s", network->path,
		                 layer->name, network_type_word(layer->type), input->name);
	switch (layer->type) {
	case LAYER_BINARY_CONV:
		if (!input->is_bits)
			return error_set(
			    error, STATUS_INPUT,
			    "%s: [%s]: binary_conv reads a +1 / -1 map, but %s is not one (put a sign layer before it)",
			    network->path, layer->name, input->name);
		return convolution(network, layer, input, error);
	case LAYER_FIXED_CONV: return convolution(network, layer, input, error);
	case LAYER_FULLY_CONNECTED:
		if (input->height != 1 || input->width != 1)
			return refuse(network, layer, error,
			              "fully_connected reads a 1 x 1 map (pool before it, or use a convolution as "
			              "large as the map)");
		layer->kernel = layer->stride = layer->kernel_height = layer->stride_height = 1;
		layer->pad_height = 0;
		layer->channels = layer->outputs;
		return STATUS_OK;
	case LAYER_ADD:
		if (input->height != other->height || input->width != other->width ||
		    input->channels != other->channels)
			return error_set(error, STATUS_INPUT, "%s: [%s]: %s is %ux%ux%u but %s is %ux%ux%u",
			                 network->path, layer->name, input->name, input->height, input->width,
			                 input->channels, other->name, other->height, other->width, other->channels);
		return other->is_bits ? refuse(network, layer, error, "cannot add a +1 / -1 map") : STATUS_OK;
	case LAYER_AVERAGE_POOL: return average_pool(network, layer, input, error);
	case LAYER_MAX_POOL: layer->is_bits = input->is_bits; return max_pool(network, layer, input, error);
	case LAYER_GLOBAL_AVERAGE_POOL: layer->height = layer->width = 1; return STATUS_OK;
	case LAYER_SIGN: layer->is_bits = 1; return STATUS_OK;
	case LAYER_TRANSPOSE:
		layer->is_bits = input->is_bits;
		layer->height = input->channels;
		layer->width = 1;
		layer->channels = input->height * input->width;
		return STATUS_OK;
	case LAYER_RESHAPE:
		layer->is_bits = input->is_bits;
		layer->height = height;
		layer->width = width;
		layer->channels = channels;
		if ((uint64_t)height * width * channels == (uint64_t)input->height * input->width * input->channels)
			return STATUS_OK;
		return error_set(error, STATUS_INPUT, "%s: [%s]: %ux%ux%u values cannot become %ux%ux%u", network->path,
		                 layer->name, input->height, input->width, input->channels, height, width, channels);
	default: return STATUS_OK;
	}
}

enum status network_shapes(struct network *network, struct error *error) {
	network->layers[0].is_bits = network->pixel == TRACE_PIXEL_BIPOLAR;
	for (uint32_t i = 0; i < network->layer_count; i++) network->layers[i].consumers = 0;
	for (uint32_t i = 1; i < network->layer_count; i++) {
		struct network_layer *layer = &network->layers[i];
		enum status status = layer_shape(network, layer, error);
		if (status) return status;
		if ((uint64_t)layer->height * layer->width * layer->channels > 1u << 26)
			return refuse(network, layer, error, "its map has more than 2^26 values");
		for (uint32_t k = 0; k < layer->input_count; k++) network->layers[layer->inputs[k]].consumers++;
	}
	uint32_t last = UINT32_MAX;
	for (uint32_t i = 0; i < network->layer_count; i++) {
		const struct network_layer *layer = &network->layers[i];
		if (layer->consumers) continue;
		if (last != UINT32_MAX)
			return error_set(error, STATUS_INPUT,
			                 "%s: nothing reads %s and %s; expected one last layer, the scores",
			                 network->path, network->layers[last].name, layer->name);
		last = i;
	}
	const struct network_layer *scores = &network->layers[last];
	if (scores->height != 1 || scores->width != 1 || scores->channels < network->classes || scores->is_bits)
		return error_set(error, STATUS_INPUT,
		                 "%s: the last layer %s is %ux%ux%u; expected 1x1 scores of %u classes", network->path,
		                 scores->name, scores->height, scores->width, scores->channels, network->classes);
	return STATUS_OK;
}

struct binding {
	struct network *network;
	int seeded;
	uint64_t seed;
	struct arena *arena;
	struct error *error;
};

static enum status bind(const struct binding *binding, const struct network_layer *layer, const char *suffix,
                        uint32_t sides, const uint32_t *side, enum float_seed kind, double scale,
                        const struct float_tensor **tensor) {
	char name[TRACE_NAME_BYTES + 8];
	struct float_tensors *tensors = &binding->network->tensors;
	snprintf(name, sizeof name, "%s%s", layer->name, suffix);
	if (binding->seeded) {
		enum status status = float_tensors_seed(tensors, name, sides, side, kind, scale, binding->seed,
		                                        binding->arena, binding->error);
		if (status) return status;
	}
	return float_tensors_find(tensors, name, sides, side, tensor, binding->error);
}

static int has_signs_as_weights(const struct network_layer *layer) {
	return layer->type == LAYER_BINARY_CONV || layer->weight_bits == 1;
}

static enum status bind_convolution(const struct binding *binding, struct network_layer *layer) {
	uint32_t inputs = layer->depthwise ? 1 : binding->network->layers[layer->inputs[0]].channels;
	uint32_t side[4] = {layer->outputs, inputs, layer->kernel_height, layer->kernel};
	int is_binary = has_signs_as_weights(layer);
	double terms = (double)inputs * layer->kernel_height * layer->kernel;
	enum status status = bind(binding, layer, ".weight", layer->type == LAYER_FULLY_CONNECTED ? 2 : 4, side,
	                          is_binary ? FLOAT_SEED_SIGN : FLOAT_SEED_UNIFORM, sqrt(3.0 / terms), &layer->weight);
	if (!status && layer->bias)
		status = bind(binding, layer, ".bias", 1, side, FLOAT_SEED_UNIFORM, 0.1, &layer->bias_tensor);
	return status;
}

static enum status bind_batch_norm(const struct binding *binding, struct network_layer *layer) {
	const struct network_layer *input = &binding->network->layers[layer->inputs[0]];
	double variance = 1.0;
	if (has_signs_as_weights(input))
		variance = (double)(input->depthwise ? 1 : binding->network->layers[input->inputs[0]].channels) *
		           input->kernel_height * input->kernel;
	enum status status = bind(binding, layer, ".gamma", 1, &layer->channels, FLOAT_SEED_GAMMA, 1.0, &layer->gamma);
	if (!status) status = bind(binding, layer, ".beta", 1, &layer->channels, FLOAT_SEED_UNIFORM, 0.5, &layer->beta);
	if (!status)
		status = bind(binding, layer, ".mean", 1, &layer->channels, FLOAT_SEED_UNIFORM, sqrt(variance) / 4,
		              &layer->mean);
	if (!status)
		status = bind(binding, layer, ".var", 1, &layer->channels, FLOAT_SEED_CONSTANT, variance, &layer->var);
	for (uint32_t c = 0; !status && c < layer->channels; c++)
		if (layer->var->data[c] < 0 || (double)layer->var->data[c] + layer->epsilon <= 0)
			status =
			    error_set(binding->error, STATUS_INPUT, "%s: %s: the variance of channel %u is negative",
			              binding->network->tensors.path, layer->var->name, c);
	return status;
}

enum status network_bind(struct network *network, const char *folder, uint64_t seed, struct arena *arena,
                         struct error *error) {
	struct binding binding = {network, folder == NULL, seed, arena, error};
	enum status status = STATUS_OK;
	memset(&network->tensors, 0, sizeof network->tensors);
	snprintf(network->tensors.path, sizeof network->tensors.path, "%s", network->path);
	if (folder) status = float_tensors_read(&network->tensors, folder, arena, error);
	for (uint32_t i = 1; !status && i < network->layer_count; i++) {
		struct network_layer *layer = &network->layers[i];
		switch (layer->type) {
		case LAYER_BINARY_CONV:
		case LAYER_FIXED_CONV:
		case LAYER_FULLY_CONNECTED: status = bind_convolution(&binding, layer); break;
		case LAYER_BATCH_NORM: status = bind_batch_norm(&binding, layer); break;
		case LAYER_PRELU:
			status =
			    bind(&binding, layer, "", 1, &layer->channels, FLOAT_SEED_CONSTANT, 0.25, &layer->scale);
			break;
		case LAYER_SHIFT:
			status =
			    bind(&binding, layer, "", 1, &layer->channels, FLOAT_SEED_UNIFORM, 0.25, &layer->scale);
			break;
		default: break;
		}
	}
	if (!status && folder) status = float_tensors_all_used(&network->tensors, error);
	network->has_values = folder != NULL;
	return status;
}
