/* The network: its maps, one prepared step per layer, and the run over them. The kernels are in binary_conv.c,
 * fixed_conv.c and post.c, the plain formulas in reference.c. All maps are kept until the next run, so that each can be
 * looked at; their memory is not shared between layers. */
#include "sim/values/values.h"

#include <stdlib.h>
#include <string.h>

#include "sim/values/layer.h"

struct layer_step {
	struct conv_shape main_shape, skip_shape;
	struct binary_conv *binary; /* of the main convolution, or */
	struct fixed_conv *fixed;   /* this one; both NULL: the reference's */
	struct fixed_conv *skip;    /* NULL: none, or the reference's */
	struct post *post;          /* NULL: the reference's */
	struct post_range range;    /* of the fixed map */
};

struct values_network {
	const struct trace *trace;
	enum values_path path;
	struct map_values *maps;
	struct layer_step *steps;
	int32_t *main_sums, *skip_sums, *scores;
	values_observer *observer;
	void *context;
};

static bool has_avx2(void) {
#if defined(__x86_64__)
	return __builtin_cpu_supports("avx2");
#else
	return false;
#endif
}

static bool allocate_maps(struct values_network *network) {
	const struct trace *trace = network->trace;
	network->maps = calloc(trace->map_count, sizeof *network->maps);
	if (!network->maps) return false;
	for (uint32_t i = 0; i < trace->map_count; i++) {
		const struct trace_map *map = &trace->maps[i];
		const size_t pixels = (size_t)map->height * map->width;
		if (map->kind == TRACE_MAP_BITS) {
			network->maps[i].bits =
			    calloc(pixels * values_words_per_pixel(map->channels), sizeof(uint64_t));
			if (!network->maps[i].bits) return false;
		} else if (map->value_bits <= 16) {
			network->maps[i].fixed = calloc(pixels * map->channels, sizeof(int16_t));
			if (!network->maps[i].fixed) return false;
		}
	}
	return true;
}

static size_t scores_count(const struct trace *trace) {
	const struct trace_map *map = &trace->maps[trace->scores_map];
	return (size_t)map->height * map->width * map->channels;
}

static bool allocate_sums(struct values_network *network) {
	const struct trace *trace = network->trace;
	size_t most = 1;
	for (uint32_t i = 0; i < trace->layer_count; i++) {
		const struct trace_layer *layer = &trace->layers[i];
		const size_t sums = (size_t)layer->sums_height * layer->sums_width * layer->output_channels;
		if (sums > most) most = sums;
	}
	network->main_sums = malloc(most * sizeof *network->main_sums);
	network->skip_sums = malloc(most * sizeof *network->skip_sums);
	network->scores = calloc(scores_count(trace), sizeof *network->scores);
	return network->main_sums && network->skip_sums && network->scores;
}

static struct conv_shape shape_of(const struct trace *trace, const struct trace_layer *layer,
                                  const struct trace_conv *conv) {
	return (struct conv_shape){.conv = conv,
	                           .input = &trace->maps[conv->input_map],
	                           .weights = &trace->tensors[conv->weight_tensor],
	                           .outputs = layer->output_channels,
	                           .sums_height = layer->sums_height,
	                           .sums_width = layer->sums_width};
}

/* Largest magnitude a sum can have: 2^31 where it may wrap. */
static uint64_t sums_limit(const struct conv_shape *shape) {
	const struct trace_tensor *tensor = shape->weights;
	const uint64_t most_sum = (uint64_t)1 << 31;
	if (tensor->type == TRACE_TENSOR_BITS) return tensor->columns;
	const uint64_t window = (uint64_t)trace_rows_of_conv(shape->conv).kernel * shape->conv->kernel;
	const uint64_t taps = shape->conv->tap_shared ? window : 1;
	const int16_t *weights = tensor->data;
	uint64_t most = 0;
	for (uint32_t row = 0; row < tensor->rows; row++) {
		uint64_t sum = 0;
		for (uint32_t column = 0; column < tensor->columns; column++) sum += (uint64_t)abs(*weights++);
		if (sum > most) most = sum;
	}
	/* below 2^24 * 2^15 * 2^15; the values of a map of bits are -1 and +1 */
	const uint32_t magnitude_bits = shape->input->value_bits - !shape->input->is_unsigned;
	const uint64_t limit = (most * taps) << magnitude_bits;
	return limit < most_sum ? limit : most_sum;
}

static struct post_range range_of(const struct trace_map *map) {
	const int64_t values = (int64_t)1 << map->value_bits, low = map->is_unsigned ? 0 : -values / 2;
	return (struct post_range){(int32_t)low, (int32_t)(low + values - 1)};
}

static const struct post_range *step_range(const struct trace_layer *layer, const struct layer_step *step) {
	return layer->fixed_map == UINT32_MAX ? NULL : &step->range;
}

/* Whether fixed_conv.c computes a fixed convolution. */
static bool is_prepared(const struct conv_shape *shape) {
	return !shape->conv->depthwise && shape->input->kind == TRACE_MAP_FIXED;
}

static bool create_step(struct values_network *network, uint32_t index) {
	const struct trace *trace = network->trace;
	const struct trace_layer *layer = &trace->layers[index];
	struct layer_step *step = &network->steps[index];
	const bool wide = network->path == VALUES_FAST && has_avx2(), skip = layer->skip.kind != TRACE_CONV_NONE;
	step->main_shape = shape_of(trace, layer, &layer->main);
	if (skip) step->skip_shape = shape_of(trace, layer, &layer->skip);
	if (layer->fixed_map != UINT32_MAX) step->range = range_of(&trace->maps[layer->fixed_map]);
	if (network->path == VALUES_REFERENCE) return true;
	bool made = true;
	if (layer->main.kind == TRACE_CONV_BINARY)
		made = (step->binary = binary_conv_create(&step->main_shape, wide));
	else if (is_prepared(&step->main_shape))
		made = (step->fixed = fixed_conv_create(&step->main_shape, wide));
	if (made && skip && is_prepared(&step->skip_shape))
		made = (step->skip = fixed_conv_create(&step->skip_shape, wide));
	if (made && layer->pool != TRACE_POOL_MAX)
		made = (step->post =
		            post_create(layer, trace->tensors[layer->parameter_tensor].data, step_range(layer, step),
		                        sums_limit(&step->main_shape), skip ? sums_limit(&step->skip_shape) : 0, wide));
	return made;
}

enum status values_network_create(struct values_network **network_out, const struct trace *trace, enum values_path path,
                                  struct error *error) {
	*network_out = NULL;
	for (uint32_t i = 0; i < trace->tensor_count; i++)
		if (!trace->tensors[i].data)
			return error_set(error, STATUS_INPUT,
			                 "network %s: tensor %s has no values, expected some to compute with",
			                 trace->name, trace->tensors[i].name);
	struct values_network *network = calloc(1, sizeof *network);
	if (!network) return error_set(error, STATUS_MEMORY, "network %s: out of memory", trace->name);
	network->trace = trace;
	network->path = path;
	network->steps = calloc(trace->layer_count, sizeof *network->steps);
	bool made = network->steps && allocate_maps(network) && allocate_sums(network);
	for (uint32_t i = 0; made && i < trace->layer_count; i++) made = create_step(network, i);
	if (!made) {
		values_network_free(network);
		return error_set(error, STATUS_MEMORY, "network %s: out of memory", trace->name);
	}
	*network_out = network;
	return STATUS_OK;
}

void values_network_observe(struct values_network *network, values_observer *observer, void *context) {
	network->observer = observer;
	network->context = context;
}

static void load_input(struct values_network *network, const int16_t *input) {
	const struct trace_map *map = &network->trace->maps[network->trace->input_map];
	const struct map_values *values = &network->maps[network->trace->input_map];
	const size_t pixels = (size_t)map->height * map->width;
	if (values->fixed) {
		memcpy(values->fixed, input, pixels * map->channels * sizeof *input);
		return;
	}
	uint64_t *word = values->bits;
	for (size_t pixel = 0; pixel < pixels; pixel++) {
		for (uint32_t first = 0; first < map->channels; first += 64, word++) {
			*word = 0;
			for (uint32_t c = first; c < map->channels && c < first + 64; c++)
				*word |= (uint64_t)(*input++ >= 0) << (c - first);
		}
	}
}

static void compute_sums(struct values_network *network, const struct trace_layer *layer, struct layer_step *step) {
	const struct map_values *main_map = &network->maps[layer->main.input_map];
	const bool skip = layer->skip.kind != TRACE_CONV_NONE;
	const struct map_values *skip_map = skip ? &network->maps[layer->skip.input_map] : NULL;
	if (!step->binary && !step->fixed) reference_sums(&step->main_shape, main_map, network->main_sums);
	if (skip && !step->skip) reference_sums(&step->skip_shape, skip_map, network->skip_sums);
	const size_t row = (size_t)layer->sums_width * layer->output_channels;
	for (uint32_t y = 0; y < layer->sums_height; y++) {
		if (step->binary)
			binary_conv_row(step->binary, main_map->bits, y, network->main_sums + y * row);
		else if (step->fixed)
			fixed_conv_row(step->fixed, main_map->fixed, y, network->main_sums + y * row);
		if (step->skip) fixed_conv_row(step->skip, skip_map->fixed, y, network->skip_sums + y * row);
	}
}

static void run_layer(struct values_network *network, uint32_t index) {
	const struct trace *trace = network->trace;
	const struct trace_layer *layer = &trace->layers[index];
	struct layer_step *step = &network->steps[index];
	const bool skip = layer->skip.kind != TRACE_CONV_NONE;
	const struct post_data data = {
	    .main_sums = network->main_sums,
	    .skip_sums = skip ? network->skip_sums : NULL,
	    .fixed = layer->fixed_map == UINT32_MAX ? NULL : network->maps[layer->fixed_map].fixed,
	    .scores = layer->fixed_map == trace->scores_map ? network->scores : NULL,
	    .bits = layer->bits_map == UINT32_MAX ? NULL : network->maps[layer->bits_map].bits,
	};
	compute_sums(network, layer, step);
	if (step->post)
		post_run(step->post, &data);
	else
		reference_post(layer, trace->tensors[layer->parameter_tensor].data, step_range(layer, step), &data);
	if (!network->observer) return;
	const struct values_layer_sums sums = {index,
	                                       layer->sums_height,
	                                       layer->sums_width,
	                                       layer->output_channels,
	                                       network->main_sums,
	                                       skip ? network->skip_sums : NULL};
	network->observer(network->context, &sums);
}

void values_network_run(struct values_network *network, const int16_t *input_map, int32_t *scores) {
	const struct trace *trace = network->trace;
	load_input(network, input_map);
	for (uint32_t i = 0; i < trace->layer_count; i++) run_layer(network, i);
	memcpy(scores, network->scores, scores_count(trace) * sizeof *scores);
}

const int16_t *values_network_fixed_map(const struct values_network *network, uint32_t map) {
	return map < network->trace->map_count ? network->maps[map].fixed : NULL;
}

const uint64_t *values_network_bits_map(const struct values_network *network, uint32_t map) {
	return map < network->trace->map_count ? network->maps[map].bits : NULL;
}

uint32_t values_top1(const int32_t *scores, uint32_t classes) {
	uint32_t best = 0;
	for (uint32_t i = 1; i < classes; i++)
		if (scores[i] > scores[best]) best = i;
	return best;
}

void values_network_free(struct values_network *network) {
	if (!network) return;
	for (uint32_t i = 0; network->steps && i < network->trace->layer_count; i++) {
		binary_conv_free(network->steps[i].binary);
		fixed_conv_free(network->steps[i].fixed);
		fixed_conv_free(network->steps[i].skip);
		post_free(network->steps[i].post);
	}
	for (uint32_t i = 0; network->maps && i < network->trace->map_count; i++) {
		free(network->maps[i].fixed);
		free(network->maps[i].bits);
	}
	free(network->steps);
	free(network->maps);
	free(network->main_sums);
	free(network->skip_sums);
	free(network->scores);
	free(network);
}
