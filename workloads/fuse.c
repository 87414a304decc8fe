/* One walk over the layers in execution order; an open operator (fuse_walk.h) is closed, that is appended to the list,
 * when its value is read as a map.
 * Left out: PReLU behind an addition, sign of a normalised copy of a map, a map that is read both as it is and
 * transposed, a reshape that is not the relabelling of a transposed map's pixels: refused with the layer's name. */
#include "workloads/fuse_walk.h"

#include <stdio.h>
#include <string.h>

enum status fuse_no_memory(const struct walk *walk) {
	return error_set(walk->error, STATUS_MEMORY, "%s: out of memory", walk->network->path);
}

enum status fuse_refuse(const struct walk *walk, uint32_t index, const char *reason) {
	const struct network_layer *layer = &walk->network->layers[index];
	return error_set(walk->error, STATUS_INPUT, "%s: [%s]: %s %s", walk->network->path, layer->name,
	                 network_type_word(layer->type), reason);
}

enum status fuse_take_in(const struct walk *walk, uint32_t *members, uint32_t *count, uint32_t layer) {
	if (*count == FUSE_MEMBERS_MAX)
		return fuse_refuse(walk, layer, "would be one layer too many in a fused operator");
	members[(*count)++] = layer;
	return STATUS_OK;
}

enum status fuse_take_all(const struct walk *walk, struct fused_layer *open, const uint32_t *members, uint32_t count) {
	enum status status = STATUS_OK;
	for (uint32_t i = 0; !status && i < count; i++)
		status = fuse_take_in(walk, open->members, &open->member_count, members[i]);
	return status;
}

void fuse_close(const struct walk *walk, struct value *value) {
	struct fused_network *fused = walk->fused;
	struct fused_layer *open = value->open;
	fused->layers[fused->layer_count++] = open;
	memset(value, 0, sizeof *value);
	value->kind = VALUE_MAP;
	value->source = fused->layer_count;
}

/* The value of `index` as a map that is about to be read. */
struct value *fuse_as_map(const struct walk *walk, uint32_t index) {
	struct value *value = &walk->values[index];
	if (value->kind == VALUE_OPEN) fuse_close(walk, value);
	return value;
}

/* Batch norm or shift of a map: kept beside it until a convolution reads it. */
static enum status normalise_map(const struct walk *walk, uint32_t index, const double *gain, const double *offset) {
	const struct network_layer *layer = &walk->network->layers[index];
	struct value *value = &walk->values[index];
	uint32_t channels = layer->channels;
	*value = *fuse_as_map(walk, layer->inputs[0]);
	double *both = arena_take(walk->arena, (size_t)channels * 2, sizeof *both);
	if (!both) return fuse_no_memory(walk);
	for (uint32_t i = 0; i < channels; i++) {
		both[i] = gain[i] * (value->gain ? value->gain[i] : 1.0);
		both[channels + i] = gain[i] * (value->gain ? value->offset[i] : 0.0) + offset[i];
	}
	value->gain = both;
	value->offset = both + channels;
	return fuse_take_in(walk, value->members, &value->member_count, index);
}

static enum status visit_affine(const struct walk *walk, uint32_t index) {
	const struct network_layer *layer = &walk->network->layers[index];
	struct value *input = &walk->values[layer->inputs[0]];
	double *gain = arena_take(walk->arena, (size_t)layer->channels * 2, sizeof *gain);
	if (!gain) return fuse_no_memory(walk);
	double *offset = gain + layer->channels;
	fold_layer_affine(layer, gain, offset);
	if (input->kind == VALUE_OPEN && input->open->activation.bits) fuse_close(walk, input);
	if (input->kind == VALUE_MAP) return normalise_map(walk, index, gain, offset);
	struct fused_layer *open = input->open;
	for (uint32_t i = 0; i < layer->channels; i++)
		if (open->pool.height && gain[i] < 0)
			return fuse_refuse(walk, index,
			                   "behind a max_pool has a negative gamma; put it before the pool");
	fold_affine(&open->post, gain, offset);
	open->statistics = layer->type == LAYER_BATCH_NORM && !open->pool.height ? layer : NULL;
	walk->values[index] = *input;
	return fuse_take_in(walk, open->members, &open->member_count, index);
}

static enum status visit_prelu(const struct walk *walk, uint32_t index) {
	const struct network_layer *layer = &walk->network->layers[index];
	struct value *input = &walk->values[layer->inputs[0]];
	if (input->kind != VALUE_OPEN)
		return fuse_refuse(walk, index, "must directly follow a convolution that nothing else reads");
	if (input->open->activation.bits)
		return fuse_refuse(walk, index, "behind a quantised_activation is no operator");
	if (input->open->pool.height || !fold_slope(&input->open->post, layer->scale->data))
		return fuse_refuse(walk, index,
		                   "behind an addition, a pool or another prelu is no operator of the trace");
	input->open->statistics = NULL;
	walk->values[index] = *input;
	return fuse_take_in(walk, input->open->members, &input->open->member_count, index);
}

/* Of an operator that nothing else reads; else an operator of its own. */
static enum status visit_activation(const struct walk *walk, uint32_t index) {
	const struct network_layer *layer = &walk->network->layers[index];
	struct value *input = &walk->values[layer->inputs[0]], *value = &walk->values[index];
	enum status status = STATUS_OK;
	if (input->kind == VALUE_OPEN && !input->open->activation.bits && !input->open->transpose) {
		*value = *input;
	} else {
		input = fuse_as_map(walk, layer->inputs[0]);
		if (input->pool == POOL_GLOBAL)
			return fuse_refuse(walk, index, "of a global average is not an operator of the trace");
		value->kind = VALUE_OPEN;
		status = fuse_pass_through(walk, index, input, &value->open);
	}
	if (status) return status;
	struct fused_layer *open = value->open;
	open->activation =
	    (struct fused_activation){layer->bits, layer->levels, layer->fraction_bits, layer->is_unsigned,
	                              layer->is_unsigned ? 0 : -(int32_t)(layer->levels / 2)};
	open->statistics = NULL;
	if (open->skip.kind != TRACE_CONV_NONE && layer->levels != 1u << layer->bits)
		return fuse_refuse(walk, index, "behind an addition has 2^bits levels: its sums are held to a width");
	return fuse_take_in(walk, open->members, &open->member_count, index);
}

static enum status visit_sign(const struct walk *walk, uint32_t index) {
	uint32_t read = walk->network->layers[index].inputs[0];
	struct value *input = fuse_as_map(walk, read), *value = &walk->values[index];
	struct value own = {.kind = VALUE_OPEN};
	if (input->kind != VALUE_BITS && input->source == FUSE_SOURCE_INPUT && input->pool == POOL_NONE) {
		enum status status = fuse_pass_through(walk, index, input, &own.open);
		if (status) return status;
		fuse_close(walk, &own);
		input = &own;
	}
	if (input->pool != POOL_NONE || input->gain)
		return fuse_refuse(
		    walk, index,
		    "of a pooled or normalised copy of a map that is also read unchanged is not an operator");
	struct fused_layer *operator= walk->fused->layers[input->source - 1];
	if (operator->activation.bits) return fuse_refuse(walk, index, "of a quantised_activation is not an operator");
	operator->bits_read = 1;
	value->kind = VALUE_BITS;
	value->source = input->source;
	return fuse_take_in(walk, operator->members, &operator->member_count, index);
}

static enum status visit_max_pool(const struct walk *walk, uint32_t index) {
	const struct network_layer *layer = &walk->network->layers[index];
	uint32_t read = layer->inputs[0];
	struct value *input = &walk->values[read];
	struct fused_layer *open = input->kind == VALUE_OPEN ? input->open : NULL;
	if (input->kind == VALUE_BITS && input->source != FUSE_SOURCE_INPUT &&
	    walk->network->layers[read].type == LAYER_SIGN && walk->network->layers[read].consumers == 1 &&
	    walk->network->layers[walk->network->layers[read].inputs[0]].consumers == 1)
		open = walk->fused->layers[input->source - 1]; /* the maximum of signs is the sign of the maximum */
	if (!open || open->pool.height || open->transpose)
		return fuse_refuse(
		    walk, index, "must follow a convolution (with its normalisation and sign) that nothing else reads");
	open->pool =
	    (struct fused_pool){layer->kernel_height, layer->kernel, layer->stride_height, layer->stride, layer->pad};
	open->statistics = NULL;
	open->height = layer->height;
	open->width = layer->width;
	walk->values[index] = *input;
	return fuse_take_in(walk, open->members, &open->member_count, index);
}

static enum status visit_average(const struct walk *walk, uint32_t index) {
	const struct network_layer *layer = &walk->network->layers[index];
	const struct network_layer *read = &walk->network->layers[layer->inputs[0]];
	struct value *value = &walk->values[index];
	*value = *fuse_as_map(walk, layer->inputs[0]);
	if (value->pool != POOL_NONE)
		return fuse_refuse(walk, index, "of an average pool is not an operator of the trace");
	value->pool = layer->type == LAYER_AVERAGE_POOL ? POOL_AVERAGE2 : POOL_GLOBAL;
	value->map_height = read->height;
	value->map_width = read->width;
	return fuse_take_in(walk, value->members, &value->member_count, index);
}

static int can_be_skip(const struct fused_layer *open) {
	return open->main.kind == TRACE_CONV_FIXED && !open->main.tap_shared && !open->post.is_bent &&
	       !open->pool.height && !open->activation.bits;
}

/* The second operator becomes the first one's skip path. */
static enum status join(const struct walk *walk, uint32_t index, struct fused_layer *first,
                        struct fused_layer *second) {
	if (second->main.weight_bits == 1 && second->main.layer != UINT32_MAX)
		return fuse_refuse(
		    walk, second->main.layer,
		    "of the skip path has weights of 2 to 16 bits (a quantised_activation behind it makes it "
		    "an operator of its own)");
	first->skip = second->main;
	first->post.skip_scale = second->post.za;
	first->post.is_bent = 1;
	first->statistics = NULL;
	for (uint32_t o = 0; o < first->post.channels; o++) first->post.c[o] += second->post.zb[o];
	struct value *value = &walk->values[index];
	value->kind = VALUE_OPEN;
	value->open = first;
	enum status status = fuse_take_all(walk, first, second->members, second->member_count);
	return status ? status : fuse_take_in(walk, first->members, &first->member_count, index);
}

static enum status visit_add(const struct walk *walk, uint32_t index) {
	const uint32_t *inputs = walk->network->layers[index].inputs;
	struct fused_layer *operand[2] = {NULL, NULL};
	int can_be_main[2] = {0, 0};
	for (int k = 0; k < 2; k++) {
		struct value *value = &walk->values[inputs[k]];
		if (value->kind != VALUE_OPEN) continue;
		operand[k] = value->open;
		can_be_main[k] = !value->open->pool.height && !value->open->activation.bits &&
		                 value->open->skip.kind == TRACE_CONV_NONE;
	}
	int swap = !can_be_main[0] || (can_be_main[1] && can_be_skip(operand[0]) && !can_be_skip(operand[1]));
	if (walk->network->layers[index].depthwise && !can_be_main[1]) swap = 0;
	int kept = swap ? 1 : 0, other = 1 - kept;
	enum status status = STATUS_OK;
	if (!operand[other] || !can_be_skip(operand[other]))
		status = fuse_identity(walk, index, inputs[other], &operand[other]);
	if (!status && !can_be_main[kept]) status = fuse_identity(walk, index, inputs[kept], &operand[kept]);
	return status ? status : join(walk, index, operand[kept], operand[other]);
}

/* The operator of a value that nothing but layer `index` reads, or, of a sign, nothing but that sign; else NULL. */
static struct fused_layer *only_reader_of(const struct walk *walk, uint32_t index) {
	const struct network_layer *layers = walk->network->layers;
	const uint32_t read = layers[index].inputs[0];
	const struct value *value = &walk->values[read];
	if (value->kind == VALUE_OPEN) return value->open;
	const int is_sign = value->kind == VALUE_BITS && value->source != FUSE_SOURCE_INPUT &&
	                    layers[read].type == LAYER_SIGN && layers[read].consumers == 1 &&
	                    layers[layers[read].inputs[0]].consumers == 1;
	return is_sign ? walk->fused->layers[value->source - 1] : NULL;
}

/* The operator's maps are written transposed; nothing can be added to it afterwards. */
static enum status visit_transpose(const struct walk *walk, uint32_t index) {
	const struct network_layer *layer = &walk->network->layers[index];
	struct value *input = &walk->values[layer->inputs[0]];
	struct fused_layer *open = only_reader_of(walk, index);
	if (!open)
		return fuse_refuse(
		    walk, index,
		    walk->network->layers[layer->inputs[0]].consumers > 1
		        ? "of a map that others read too is not an operator: all readers of a map must read it "
		          "the same way, so let them read one transpose"
		        : "must follow a convolution (with its normalisation and sign)");
	if (open->pool.height || open->transpose)
		return fuse_refuse(walk, index, "behind a max_pool or another transpose is not an operator");
	open->transpose = 1;
	open->statistics = NULL; /* they are those of its channels, which are the map's pixels */
	open->height = layer->height;
	open->width = layer->width;
	enum status status = fuse_take_in(walk, open->members, &open->member_count, index);
	if (input->kind == VALUE_OPEN) fuse_close(walk, input);
	walk->values[index] = *input;
	return status;
}

/* The same map, or a transposed map whose pixels are counted in other rows: nothing moves in memory. */
static enum status visit_reshape(const struct walk *walk, uint32_t index) {
	const struct network_layer *layer = &walk->network->layers[index];
	const struct network_layer *read = &walk->network->layers[layer->inputs[0]];
	const struct value *input = &walk->values[layer->inputs[0]];
	walk->values[index] = *input;
	if (layer->height == read->height && layer->width == read->width && layer->channels == read->channels)
		return STATUS_OK;
	if (read->type != LAYER_TRANSPOSE || read->consumers != 1 || layer->channels != read->channels)
		return fuse_refuse(
		    walk, index, "must keep the channels of a transpose that nothing else reads, or all of the shape");
	struct fused_layer *operator= walk->fused->layers[input->source - 1];
	operator->height = layer->height;
	operator->width = layer->width;
	return fuse_take_in(walk, operator->members, &operator->member_count, index);
}

static enum status visit(const struct walk *walk, uint32_t index) {
	switch (walk->network->layers[index].type) {
	case LAYER_BINARY_CONV:
	case LAYER_FIXED_CONV:
	case LAYER_FULLY_CONNECTED: return fuse_convolution(walk, index);
	case LAYER_BATCH_NORM:
	case LAYER_SHIFT: return visit_affine(walk, index);
	case LAYER_PRELU: return visit_prelu(walk, index);
	case LAYER_SIGN: return visit_sign(walk, index);
	case LAYER_QUANTISED_ACTIVATION: return visit_activation(walk, index);
	case LAYER_ADD: return visit_add(walk, index);
	case LAYER_AVERAGE_POOL:
	case LAYER_GLOBAL_AVERAGE_POOL: return visit_average(walk, index);
	case LAYER_MAX_POOL: return visit_max_pool(walk, index);
	case LAYER_TRANSPOSE: return visit_transpose(walk, index);
	case LAYER_RESHAPE: return visit_reshape(walk, index);
	default: return fuse_refuse(walk, index, "has no operator in the trace");
	}
}

/* The longest common prefix of the members' names that ends at a dot; signs belong to whoever reads them, and so do
 * transpositions. */
static void name_operator(const struct network *network, struct fused_layer *operator) {
	const char *first = NULL;
	size_t length = 0;
	for (uint32_t i = 0; i < operator->member_count; i++) {
		const struct network_layer *layer = &network->layers[operator->members[i]];
		if (layer->type == LAYER_SIGN || layer->type == LAYER_MAX_POOL || layer->type == LAYER_TRANSPOSE ||
		    layer->type == LAYER_RESHAPE || layer->type == LAYER_QUANTISED_ACTIVATION)
			continue;
		if (!first) {
			first = layer->name;
			length = strlen(first);
		}
		size_t same = 0;
		while (same < length && layer->name[same] == first[same]) same++;
		if (same < length || layer->name[same] != '\0')
			while (same > 0 && !((first[same] == '.' || first[same] == '\0') &&
			                     (layer->name[same] == '.' || layer->name[same] == '\0')))
				same--;
		length = same;
	}
	uint32_t fallback = operator->main.layer;
	if (fallback == UINT32_MAX) fallback = operator->members[operator->member_count - 1];
	if (length == 0) first = network->layers[fallback].name;
	snprintf(operator->name, sizeof operator->name, "%.*s", length ? (int)length : TRACE_NAME_BYTES - 1, first);
}

/* Operators that would have the same name are called after their convolutions, whose names are unique. */
static void name_operators(struct fused_network *fused) {
	for (uint32_t i = 0; i < fused->layer_count; i++) name_operator(fused->network, fused->layers[i]);
	for (uint32_t i = 0; i < fused->layer_count; i++) {
		char name[TRACE_NAME_BYTES];
		uint32_t same = 0;
		memcpy(name, fused->layers[i]->name, sizeof name);
		for (uint32_t k = i; k < fused->layer_count; k++) same += strcmp(name, fused->layers[k]->name) == 0;
		for (uint32_t k = i; same > 1 && k < fused->layer_count; k++) {
			struct fused_layer *twin = fused->layers[k];
			if (strcmp(twin->name, name) != 0) continue;
			uint32_t own =
			    twin->main.layer != UINT32_MAX ? twin->main.layer : twin->members[twin->member_count - 1];
			snprintf(twin->name, sizeof twin->name, "%s", fused->network->layers[own].name);
		}
	}
}

enum status fuse_network(struct fused_network *fused, const struct network *network, struct arena *arena,
                         struct error *error) {
	memset(fused, 0, sizeof *fused);
	fused->network = network;
	fused->layers = arena_take(arena, network->layer_count, sizeof *fused->layers);
	struct walk walk = {fused, network, arena_take(arena, network->layer_count, sizeof *walk.values), arena, error};
	if (!fused->layers || !walk.values) return fuse_no_memory(&walk);
	walk.values[0].kind = network->layers[0].is_bits ? VALUE_BITS : VALUE_MAP;
	walk.values[0].source = FUSE_SOURCE_INPUT;
	for (uint32_t i = 1; i < network->layer_count; i++) {
		enum status status = visit(&walk, i);
		if (status) return status;
		struct value *value = &walk.values[i];
		if (network->layers[i].consumers == 0) {
			if (value->kind != VALUE_OPEN || value->open->pool.height || value->open->activation.bits)
				return fuse_refuse(&walk, i,
				                   "cannot be the last layer: scores come from a convolution or fully "
				                   "connected layer");
			fuse_close(&walk, value);
			fused->layers[fused->layer_count - 1]->is_scores = 1;
			fused->layers[fused->layer_count - 1]->fixed_read = 1;
		} else if (network->layers[i].consumers > 1 && value->kind == VALUE_OPEN) {
			fuse_close(&walk, value);
		}
	}
	name_operators(fused);
	return STATUS_OK;
}
