/* Where an operator begins: a convolution of a map or of signs, or one that gives a map as it is (an addition's input,
 * a quantised activation of a map). What is folded into its weights here: average pools, normalisations of the map it
 * reads, and the scale of weights of 1 bit. */
#include "workloads/fuse_walk.h"

#include <math.h>

static void mark_fixed_read(const struct walk *walk, uint32_t source) {
	if (source != FUSE_SOURCE_INPUT) walk->fused->layers[source - 1]->fixed_read = 1;
}

static struct fused_layer *new_open(const struct walk *walk, uint32_t channels, uint32_t height, uint32_t width) {
	struct fused_layer *open = arena_take(walk->arena, 1, sizeof *open);
	double *arrays = arena_take(walk->arena, (size_t)channels * 5, sizeof *arrays);
	if (!open || !arrays) return NULL;
	open->post = (struct fold_post){.channels = channels,
	                                .za = arrays,
	                                .zb = arrays + channels,
	                                .mp = arrays + 2 * (size_t)channels,
	                                .mn = arrays + 3 * (size_t)channels,
	                                .c = arrays + 4 * (size_t)channels};
	for (uint32_t o = 0; o < channels; o++) open->post.za[o] = open->post.mp[o] = open->post.mn[o] = 1.0;
	open->sums_height = open->height = height;
	open->sums_width = open->width = width;
	return open;
}

/* Weights from [o][i][ky][kx] to [o][ky][kx][i]. */
static float *reorder(const struct walk *walk, const struct network_layer *layer, uint32_t inputs) {
	uint32_t taps = layer->kernel_height * layer->kernel;
	float *weights = arena_take(walk->arena, layer->weight->count, sizeof *weights);
	if (!weights) return NULL;
	for (size_t o = 0; o < layer->outputs; o++)
		for (size_t i = 0; i < inputs; i++)
			for (size_t tap = 0; tap < taps; tap++)
				weights[(o * taps + tap) * inputs + i] =
				    layer->weight->data[(o * inputs + i) * taps + tap];
	return weights;
}

static uint32_t taps_of(const struct fused_conv *conv) {
	return conv->kernel_height * conv->kernel;
}

/* Weights of 1 bit are +s or -s with one s > 0 per output; s goes to za. */
static enum status split_binary(const struct walk *walk, uint32_t index, struct fused_layer *open) {
	size_t row = (size_t)open->main.inputs * taps_of(&open->main);
	for (uint32_t o = 0; o < open->post.channels; o++) {
		float *weights = open->main.weights + o * row;
		double scale = fabs((double)weights[0]);
		for (size_t i = 0; i < row; i++) {
			if (!(scale > 0) || fabs(fabs((double)weights[i]) - scale) > 1e-5 * scale)
				return error_set(walk->error, STATUS_INPUT,
				                 "%s: %s: output %u: a binary weight is %.9g, expected +%.9g or -%.9g",
				                 walk->network->tensors.path, walk->network->layers[index].weight->name,
				                 o, (double)weights[i], scale, scale);
			weights[i] = weights[i] > 0 ? 1.0f : -1.0f;
		}
		open->post.za[o] *= scale;
	}
	return STATUS_OK;
}

/* The normalisation of a map into the weights and bias of its reader. */
static enum status fold_gain(const struct walk *walk, uint32_t index, const struct value *value,
                             struct fused_layer *open) {
	struct fused_conv *conv = &open->main;
	const uint32_t channels = conv->depthwise ? open->post.channels : conv->inputs, taps = taps_of(conv);
	for (uint32_t i = 0; i < channels; i++)
		if ((conv->pad != 0 || conv->pad_height != 0) && value->offset[i] != 0.0)
			return fuse_refuse(
			    walk, index,
			    "reads padding of a normalised map; the normalisation's offset cannot fold into it");
	if (!conv->depthwise) {
		fold_before_convolution(conv->weights, open->post.channels, taps, conv->inputs, value->gain,
		                        value->offset, open->post.zb);
		return STATUS_OK;
	}
	for (uint32_t o = 0; o < channels; o++)
		fold_before_convolution(conv->weights + (size_t)o * taps, 1, taps, 1, value->gain + o,
		                        value->offset + o, open->post.zb + o);
	return STATUS_OK;
}

/* A fixed convolution of gain * pool(map) + offset. */
static enum status read_value(const struct walk *walk, uint32_t index, struct value *value, struct fused_layer *open) {
	struct fused_conv *conv = &open->main;
	if (value->pool != POOL_NONE && (conv->kernel != 1 || conv->kernel_height != 1 || conv->stride != 1 ||
	                                 conv->stride_height != 1 || conv->pad != 0))
		return fuse_refuse(walk, index, "of an average pool must have kernel 1, stride 1, pad 0");
	if (value->pool != POOL_NONE && conv->depthwise)
		return fuse_refuse(walk, index, "of an average pool must not be depthwise");
	if (value->gain) {
		enum status status = fold_gain(walk, index, value, open);
		if (status) return status;
	}
	if (value->pool == POOL_AVERAGE2) {
		conv->pre_pool = TRACE_PRE_POOL_AVERAGE2;
		conv->stride = conv->stride_height = 2;
	}
	if (value->pool == POOL_GLOBAL && value->map_height * value->map_width > 1) {
		conv->tap_shared = 1;
		conv->kernel_height = value->map_height;
		conv->kernel = value->map_width;
		for (uint32_t o = 0; o < open->post.channels; o++) open->post.za[o] /= (double)taps_of(conv);
	}
	conv->source = value->source;
	conv->reads_bits = value->kind == VALUE_BITS;
	if (!conv->reads_bits) mark_fixed_read(walk, value->source);
	return fuse_take_all(walk, open, value->members, value->member_count);
}

enum status fuse_convolution(const struct walk *walk, uint32_t index) {
	const struct network_layer *layer = &walk->network->layers[index];
	struct value *input = fuse_as_map(walk, layer->inputs[0]), *value = &walk->values[index];
	struct fused_layer *open = new_open(walk, layer->channels, layer->height, layer->width);
	if (!open) return fuse_no_memory(walk);
	uint32_t inputs = layer->depthwise ? 1 : walk->network->layers[layer->inputs[0]].channels;
	int is_binary = layer->type == LAYER_BINARY_CONV, has_signs = is_binary || layer->weight_bits == 1;
	open->main = (struct fused_conv){.kind = is_binary ? TRACE_CONV_BINARY : TRACE_CONV_FIXED,
	                                 .inputs = inputs,
	                                 .source = input->source,
	                                 .reads_bits = is_binary ? 1u : 0u,
	                                 .kernel = layer->kernel,
	                                 .stride = layer->stride,
	                                 .pad = layer->pad,
	                                 .kernel_height = layer->kernel_height,
	                                 .stride_height = layer->stride_height,
	                                 .pad_height = layer->pad_height,
	                                 .depthwise = layer->depthwise,
	                                 .weight_bits = layer->weight_bits,
	                                 .pad_value = is_binary ? layer->pad_value : TRACE_PAD_MASKED,
	                                 .layer = index,
	                                 .weights = reorder(walk, layer, inputs)};
	if (!open->main.weights) return fuse_no_memory(walk);
	enum status status = is_binary ? STATUS_OK : read_value(walk, index, input, open);
	if (!status && has_signs) status = split_binary(walk, index, open);
	for (uint32_t o = 0; layer->bias && o < layer->channels; o++)
		open->post.zb[o] += (double)layer->bias_tensor->data[o];
	value->kind = VALUE_OPEN;
	value->open = open;
	if (!status) status = fuse_take_in(walk, open->members, &open->member_count, index);
	return status;
}

/* An open depthwise 1 x 1 convolution that gives a map as it is. */
enum status fuse_pass_through(const struct walk *walk, uint32_t index, struct value *value, struct fused_layer **made) {
	const struct network_layer *layer = &walk->network->layers[index];
	struct fused_layer *open = new_open(walk, layer->channels, layer->height, layer->width);
	float *weights = arena_take(walk->arena, layer->channels, sizeof *weights);
	if (!open || !weights) return fuse_no_memory(walk);
	for (size_t i = 0; i < layer->channels; i++) weights[i] = 1.0f;
	open->main = (struct fused_conv){.kind = TRACE_CONV_FIXED,
	                                 .inputs = 1,
	                                 .kernel = 1,
	                                 .stride = 1,
	                                 .kernel_height = 1,
	                                 .stride_height = 1,
	                                 .depthwise = 1,
	                                 .weight_bits = value->gain ? 0 : 1,
	                                 .weights = weights,
	                                 .layer = UINT32_MAX};
	*made = open;
	return read_value(walk, index, value, open);
}

/* An addition's input that is a map becomes an open 1 x 1 convolution with the identity as weights. */
enum status fuse_identity(const struct walk *walk, uint32_t index, uint32_t read, struct fused_layer **made) {
	const struct network_layer *layer = &walk->network->layers[index];
	struct value *value = fuse_as_map(walk, read);
	uint32_t channels = layer->channels;
	if (value->pool == POOL_GLOBAL)
		return fuse_refuse(walk, index, "of a global average is not an operator of the trace");
	if (layer->depthwise) return fuse_pass_through(walk, index, value, made);
	struct fused_layer *open = new_open(walk, channels, layer->height, layer->width);
	float *weights = arena_take(walk->arena, (size_t)channels * channels, sizeof *weights);
	if (!open || !weights) return fuse_no_memory(walk);
	for (size_t i = 0; i < channels; i++) weights[i * channels + i] = 1.0f;
	open->main = (struct fused_conv){.kind = TRACE_CONV_FIXED,
	                                 .inputs = channels,
	                                 .kernel = 1,
	                                 .stride = 1,
	                                 .kernel_height = 1,
	                                 .stride_height = 1,
	                                 .weights = weights,
	                                 .layer = UINT32_MAX};
	*made = open;
	return read_value(walk, index, value, open);
}
