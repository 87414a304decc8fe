/* The passes of one operator in order: widths, weights (quantise_weights.c), post step (quantise_post.c), maps, layer.
 */
#include "workloads/quantise_work.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "workloads/trace_build.h"

static struct trace_conv convolution(const struct quantiser *quantiser, const struct fused_conv *conv, uint32_t bits,
                                     uint32_t tensor) {
	const struct source *source = &quantiser->sources[conv->source];
	struct trace_conv made = {.kind = conv->kind,
	                          .kernel = conv->kernel,
	                          .stride = conv->stride,
	                          .pad = conv->pad,
	                          .kernel_height = conv->kernel_height,
	                          .stride_height = conv->stride_height,
	                          .pad_height = conv->pad_height,
	                          .depthwise = conv->depthwise,
	                          .pad_value = conv->pad_value,
	                          .pre_pool = conv->pre_pool,
	                          .tap_shared = conv->tap_shared,
	                          .weight_bits = bits,
	                          .weight_tensor = tensor,
	                          .input_map = conv->reads_bits ? source->bits_map : source->fixed_map};
	if (trace_conv_is_square(&made)) made.kernel_height = made.stride_height = made.pad_height = 0;
	return made;
}

static void write_pool(const struct fused_pool *pool, struct trace_layer *layer) {
	const int is_square =
	    pool->height == 2 && pool->width == 2 && pool->stride_height == 2 && pool->stride_width == 2;
	if (!pool->height) return;
	layer->pool = is_square && !pool->pad ? TRACE_POOL_MAX2 : TRACE_POOL_MAX;
	if (layer->pool == TRACE_POOL_MAX2) return;
	const int own = pool->stride_height == pool->height && pool->stride_width == pool->width;
	layer->pool_height = pool->height;
	layer->pool_width = pool->width;
	layer->pool_stride = own ? 0 : pool->stride_width;
	layer->pool_pad = pool->pad;
}

/* Names of the layers with commas between; what does not fit is counted: ",+3". */
static void write_from(const struct fused_network *fused, const struct fused_layer *layer, char *from) {
	size_t length = 0;
	for (uint32_t i = 0; i < layer->member_count; i++) {
		const char *name = fused->network->layers[layer->members[i]].name;
		if (length + strlen(name) + 8 > TRACE_FROM_BYTES) {
			snprintf(from + length, TRACE_FROM_BYTES - length, ",+%u", layer->member_count - i);
			return;
		}
		length += (size_t)snprintf(from + length, TRACE_FROM_BYTES - length, "%s%s", i ? "," : "", name);
	}
}

static enum status output_maps(const struct quantiser *quantiser, const struct work *work, struct source *source) {
	const struct fused_layer *from = work->from;
	const struct fused_activation *activation = &from->activation;
	enum status status = STATUS_OK;
	*source = (struct source){
	    UINT32_MAX,   UINT32_MAX,      ldexp(1.0, -(int)work->fraction_bits), ldexp(1.0, (int)work->map_bits - 1),
	    work->centre, from->statistics};
	if (activation->is_unsigned) source->magnitude = activation->levels - 1.0;
	const uint32_t channels = from->transpose ? from->sums_height * from->sums_width : from->post.channels;
	if (from->fixed_read)
		status = trace_build_map(quantiser->trace, from->is_scores ? "scores" : from->name, "", TRACE_MAP_FIXED,
		                         from->height, from->width, channels, work->map_bits, &source->fixed_map,
		                         quantiser->error);
	if (!status && from->fixed_read)
		quantiser->trace->maps[source->fixed_map].is_unsigned = activation->is_unsigned;
	if (!status && from->bits_read)
		status = trace_build_map(quantiser->trace, from->name, ".bits", TRACE_MAP_BITS, from->height,
		                         from->width, channels, 1, &source->bits_map, quantiser->error);
	return status;
}

/* The identity matrix, which adds one map to another, has zeros: 1 bit cannot hold it. */
static uint32_t least_bits(const struct fused_conv *conv, uint32_t bits) {
	return bits == 1 && conv->layer == UINT32_MAX && !conv->depthwise ? 2 : bits;
}

static uint32_t main_weight_bits(const struct quantiser *quantiser, const struct fused_layer *from) {
	const struct config *config = quantiser->widths->config;
	uint32_t standard = config->compile_stem_weight_bits;
	if (from->main.kind == TRACE_CONV_BINARY) return 1;
	if (from->is_scores) standard = config->compile_head_weight_bits;
	if (from->main.layer == UINT32_MAX) standard = config->compile_skip_weight_bits;
	if (from->main.weight_bits) standard = from->main.weight_bits;
	return least_bits(&from->main,
	                  widths_of_weights(quantiser->widths, quantiser->fused, from, &from->main, standard));
}

static uint32_t skip_weight_bits(const struct quantiser *quantiser, const struct work *work) {
	const struct fused_layer *from = work->from;
	uint32_t standard = quantiser->widths->config->compile_skip_weight_bits;
	if (from->skip.weight_bits > 1) standard = from->skip.weight_bits;
	if (quantise_plain_skip_shift(quantiser, work) >= 0) standard = 1;
	return least_bits(&from->skip,
	                  widths_of_weights(quantiser->widths, quantiser->fused, from, &from->skip, standard));
}

static void choose_map_widths(const struct quantiser *quantiser, struct work *work) {
	const struct fused_layer *from = work->from;
	const struct config *config = quantiser->widths->config;
	if (from->is_scores) {
		work->map_bits = 32;
		work->fraction_bits = SCORES_FRACTION_BITS;
		return;
	}
	if (from->activation.bits) {
		work->map_bits = from->activation.bits;
		work->fraction_bits = from->activation.fraction_bits;
		return;
	}
	work->map_bits =
	    widths_of_operator(quantiser->widths, quantiser->fused, from, WIDTH_MAP, config->compile_map_bits);
	uint32_t fraction_bits = config->compile_map_fraction_bits;
	if (!fraction_bits) fraction_bits = work->map_bits > INTEGER_BITS ? work->map_bits - INTEGER_BITS : 1;
	work->fraction_bits =
	    widths_of_operator(quantiser->widths, quantiser->fused, from, WIDTH_MAP_FRACTION, fraction_bits);
}

static enum status quantise_layer(const struct quantiser *quantiser, uint32_t index, struct quantise_note *note) {
	const struct fused_layer *from = quantiser->fused->layers[index];
	const struct config *config = quantiser->widths->config;
	uint32_t outputs = from->post.channels;
	struct work work = {.from = from, .note = note};
	work.unit_z = arena_take(quantiser->arena, (size_t)outputs * 4, sizeof *work.unit_z);
	work.skip_shift = arena_take(quantiser->arena, outputs, sizeof *work.skip_shift);
	if (!work.unit_z || !work.skip_shift) return quantise_no_memory(quantiser);
	work.sum_max = work.unit_z + outputs;
	work.zb = work.sum_max + outputs;
	work.skip_rounding = work.zb + outputs;
	work.centre = from->fixed_read && from->bits_read ? 0.5 : 0.0;
	memcpy(work.zb, from->post.zb, outputs * sizeof *work.zb);
	work.parameter_bits = widths_of_operator(quantiser->widths, quantiser->fused, from, WIDTH_PARAMETER,
	                                         config->compile_parameter_bits);
	choose_map_widths(quantiser, &work);
	work.main_bits = main_weight_bits(quantiser, from);
	work.is_linear =
	    from->is_scores && from->main.kind == TRACE_CONV_FIXED && !from->post.is_bent && work.main_bits > 1;
	uint32_t skip_bits = 0, skip_tensor = 0, post_shift = 0, thresholds = 0;
	enum status status = from->main.kind == TRACE_CONV_BINARY ? quantise_binary_weights(quantiser, &work)
	                                                          : quantise_fixed_weights(quantiser, &work);
	if (!status && (!from->fixed_read || from->activation.bits) && from->skip.kind == TRACE_CONV_NONE)
		status = quantise_threshold_post(quantiser, &work, &thresholds);
	if (!status && from->activation.bits && !thresholds && from->activation.levels != 1u << from->activation.bits)
		status =
		    error_set(quantiser->error, STATUS_INPUT,
		              "%s: %s: an activation of %u levels needs thresholds, but its value does not rise or "
		              "fall with the sums alone; 2^bits levels do without",
		              quantiser->fused->network->path, from->name, from->activation.levels);
	if (!status && from->skip.kind != TRACE_CONV_NONE) {
		skip_bits = skip_weight_bits(quantiser, &work);
		status = quantise_skip_weights(quantiser, &work, skip_bits, &skip_tensor);
	}
	if (!status && !thresholds) status = quantise_affine_post(quantiser, &work, &post_shift);
	struct trace_layer *layer = NULL;
	struct source *source = &quantiser->sources[index + 1];
	if (!status) status = output_maps(quantiser, &work, source);
	if (!status) status = trace_build_layer(quantiser->trace, from->name, &layer, quantiser->error);
	if (status) return status;
	write_from(quantiser->fused, from, layer->from);
	layer->main = convolution(quantiser, &from->main, work.main_bits, work.weights);
	if (skip_bits) layer->skip = convolution(quantiser, &from->skip, skip_bits, skip_tensor);
	layer->output_channels = outputs;
	layer->sums_height = from->sums_height;
	layer->sums_width = from->sums_width;
	layer->post = thresholds ? TRACE_POST_THRESHOLD : TRACE_POST_AFFINE;
	layer->post_shift = post_shift;
	layer->threshold_count = thresholds;
	layer->threshold_base = thresholds ? from->activation.low : 0;
	write_pool(&from->pool, layer);
	layer->transpose = from->transpose;
	layer->parameter_tensor = work.parameters;
	layer->fixed_map = source->fixed_map;
	layer->bits_map = source->bits_map;
	if (from->is_scores) quantiser->trace->scores_map = source->fixed_map;
	return STATUS_OK;
}

enum status quantise_network(const struct fused_network *fused, const struct widths *widths, struct trace *trace,
                             struct quantise_note *notes, struct arena *arena, struct error *error) {
	const struct network *network = fused->network;
	struct quantiser quantiser = {fused, widths, trace, NULL, arena, error};
	quantiser.sources = arena_take(arena, (size_t)fused->layer_count + 1, sizeof *quantiser.sources);
	if (!quantiser.sources) return quantise_no_memory(&quantiser);
	int is_bits = network->pixel == TRACE_PIXEL_BIPOLAR;
	enum status status =
	    trace_build_map(trace, "image", "", is_bits ? TRACE_MAP_BITS : TRACE_MAP_FIXED, network->layers[0].height,
	                    network->layers[0].width, network->layers[0].channels, 8, &trace->input_map, error);
	quantiser.sources[0] =
	    (struct source){trace->input_map, trace->input_map, 1.0 / network->pixel_scale, 128.0, 0.0, NULL};
	for (uint32_t i = 0; !status && i < fused->layer_count; i++) status = quantise_layer(&quantiser, i, &notes[i]);
	return status;
}
