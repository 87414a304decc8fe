/* See stream_plan.h: the draw, and the text. */
#include "tests/equal/stream_plan.h"

#include <stddef.h>
#include <string.h>

#include "tests/equal/plan_text.h"

static uint32_t draw_latency(struct random_source *random, uint32_t low, uint32_t usual) {
	return random_chance(random, 88) ? random_between(random, low, low + 6) : random_spread(random, low, 64, usual);
}

static void draw_config(struct random_source *random, struct config *config) {
	config_defaults(config);
	config->organisation = ORGANISATION_STREAMING;
	config->streaming_pipeline = random_below(random, 2);
	config->streaming_link = random_below(random, 3);
	config->streaming_budget_percent = random_spread(random, 1, 100, 70);
	config->streaming_vector_bits = random_chance(random, 50) ? 64 : random_spread(random, 1, 256, 16);
	config->streaming_fifo_depth_words =
	    random_chance(random, 85) ? random_spread(random, 0, 6, 2) : random_spread(random, 7, 600, 32);
	config->streaming_dma_word_bits = 8 * random_spread(random, 1, 64, 8);
	config->streaming_dma_start_cycles = random_spread(random, 0, 200, 60);
	config->streaming_converter_latency_cycles =
	    random_chance(random, 60) ? random_between(random, 1, 2) : draw_latency(random, 1, 1);
	config->streaming_converter_step_ratio = random_chance(random, 40) ? 0 : random_spread(random, 2, 16, 2);
	config->streaming_window_latency_cycles = draw_latency(random, 2, 4);
	config->streaming_matrix_latency_cycles = draw_latency(random, 3, 7);
	config->streaming_pool_latency_cycles = draw_latency(random, 1, 2);
	config->streaming_point_latency_cycles = draw_latency(random, 1, 3);
	config->streaming_pool_overhead_cycles =
	    random_chance(random, 85) ? random_below(random, 8) : random_spread(random, 8, 64, 8);
}

static void draw_shape(struct random_source *random, struct stream_plan_layer *layer) {
	layer->kernel = random_chance(random, 70) ? 3 : random_between(random, 1, 4);
	layer->stride = random_chance(random, 75) ? 1 : random_between(random, 2, 3);
	layer->pad = random_chance(random, 50) ? (layer->kernel - 1) / 2 : random_below(random, layer->kernel);
	layer->pad_value = random_below(random, 3);
	if (random_chance(random, 25)) {
		layer->kernel_height = random_between(random, 1, 4);
		layer->stride_height = random_between(random, 1, 2);
		layer->pad_height = random_below(random, layer->kernel_height);
	}
	layer->conv = random_chance(random, 65) ? STREAM_CONV_PLAIN : random_between(random, 1, 3);
}

static void draw_layer(struct random_source *random, struct stream_plan_layer *layer) {
	memset(layer, 0, sizeof *layer);
	layer->binary = random_chance(random, 65);
	draw_shape(random, layer);
	layer->channels = random_chance(random, 50) ? random_power(random, 1, 4) : random_between(random, 1, 18);
	layer->weight_bits = random_between(random, 1, 8);
	if (random_chance(random, 38))
		layer->thresholds =
		    random_chance(random, 80) ? random_between(random, 1, 3) : random_between(random, 4, 20);
	layer->base_minus = random_below(random, 3);
	layer->shift = random_below(random, random_chance(random, 85) ? 14 : 32);
	layer->is_wild = random_chance(random, 15);
	layer->skip = random_chance(random, 70);
	layer->skip_back = random_chance(random, 60) ? 0 : random_below(random, 3);
	layer->skip_kernel = random_chance(random, 75) ? 1 : random_between(random, 2, 3);
	layer->skip_conv = random_chance(random, 30) ? STREAM_CONV_DEPTHWISE : STREAM_CONV_AVERAGE2;
	layer->skip_weight_bits = random_between(random, 1, 8);
	if (random_chance(random, 35)) layer->pool = random_chance(random, 50) ? TRACE_POOL_MAX2 : TRACE_POOL_MAX;
	layer->pool_height = random_between(random, 1, 3);
	layer->pool_width = random_between(random, 1, 3);
	layer->pool_stride = random_chance(random, 40) ? 0 : random_between(random, 1, 2);
	layer->pool_pad = random_below(random, 2);
	layer->write_bits = random_chance(random, 60);
	layer->write_fixed = random_chance(random, 65);
	layer->map_bits = random_spread(random, 2, 15, 8);
	layer->is_unsigned = random_chance(random, 30);
	layer->pe = random_below(random, 60);
	layer->simd = random_below(random, 60);
	layer->skip_pe = random_below(random, 60);
	layer->skip_simd = random_below(random, 60);
}

void stream_plan_draw(struct stream_plan *plan, struct random_source *random) {
	memset(plan, 0, sizeof *plan);
	draw_config(random, &plan->config);
	plan->value_seed = random_below(random, UINT32_MAX);
	plan->input_is_bits = random_chance(random, 25);
	plan->input_height = random_chance(random, 12) ? 1 : random_between(random, 3, 8);
	plan->input_width = random_chance(random, 50) ? plan->input_height : random_between(random, 3, 8);
	if (random_chance(random, 30)) { /* halves well */
		plan->input_height += plan->input_height % 2;
		plan->input_width += plan->input_width % 2;
	}
	plan->input_channels = random_between(random, 1, plan->input_is_bits ? 12 : 3);
	if (plan->input_height * plan->input_width == 1) plan->input_channels = random_between(random, 4, 40);
	plan->input_bits = plan->input_is_bits ? 1 : random_chance(random, 70) ? 8 : random_between(random, 9, 12);
	plan->classes = random_between(random, 2, 12);
	plan->frames = random_chance(random, 25) ? 1 : random_between(random, 2, 4);
	plan->lanes_most = random_chance(random, 85) ? 24 : 96;
	plan->is_folding_auto = random_chance(random, 15);
	if (plan->is_folding_auto && random_chance(random, 70))
		plan->config.streaming_target_frames_per_s = random_spread(random, 1, 1000000, 20000);
	plan->is_sized = random_chance(random, 25);
	plan->named_depths = random_chance(random, 50) ? 0 : random_between(random, 1, 4);
	if (!plan->is_sized && random_chance(random, 75)) { /* shallow: where paths meet, many get stuck */
		plan->config.streaming_fifo_depth_words = random_below(random, 3);
		plan->named_depths = 0;
	}
	plan->has_label = random_chance(random, 15);
	plan->layer_count = random_chance(random, 35)   ? 1
	                    : random_chance(random, 70) ? 2
	                                                : random_between(random, 3, 4);
	for (uint32_t i = 0; i < plan->layer_count; i++) draw_layer(random, &plan->layers[i]);
}

/* ---- text */

#define PLAN_FIELD(member)                                                                                             \
	{ #member, offsetof(struct stream_plan, member) }
static const struct plan_field plan_fields[] = {
    PLAN_FIELD(value_seed),     PLAN_FIELD(input_is_bits),   PLAN_FIELD(input_height), PLAN_FIELD(input_width),
    PLAN_FIELD(input_channels), PLAN_FIELD(input_bits),      PLAN_FIELD(classes),      PLAN_FIELD(frames),
    PLAN_FIELD(lanes_most),     PLAN_FIELD(is_folding_auto), PLAN_FIELD(is_sized),     PLAN_FIELD(named_depths),
    PLAN_FIELD(has_label),
};

#define LAYER_FIELD(member)                                                                                            \
	{ #member, offsetof(struct stream_plan_layer, member) }
static const struct plan_field layer_fields[] = {
    LAYER_FIELD(binary),      LAYER_FIELD(conv),        LAYER_FIELD(kernel),        LAYER_FIELD(stride),
    LAYER_FIELD(pad),         LAYER_FIELD(pad_value),   LAYER_FIELD(kernel_height), LAYER_FIELD(stride_height),
    LAYER_FIELD(pad_height),  LAYER_FIELD(channels),    LAYER_FIELD(weight_bits),   LAYER_FIELD(thresholds),
    LAYER_FIELD(base_minus),  LAYER_FIELD(shift),       LAYER_FIELD(is_wild),       LAYER_FIELD(skip),
    LAYER_FIELD(skip_back),   LAYER_FIELD(skip_kernel), LAYER_FIELD(skip_conv),     LAYER_FIELD(skip_weight_bits),
    LAYER_FIELD(pool),        LAYER_FIELD(pool_height), LAYER_FIELD(pool_width),    LAYER_FIELD(pool_stride),
    LAYER_FIELD(pool_pad),    LAYER_FIELD(write_fixed), LAYER_FIELD(write_bits),    LAYER_FIELD(map_bits),
    LAYER_FIELD(is_unsigned), LAYER_FIELD(pe),          LAYER_FIELD(simd),          LAYER_FIELD(skip_pe),
    LAYER_FIELD(skip_simd),
};

static const struct plan_text text = {
    .fields = plan_fields,
    .field_count = sizeof plan_fields / sizeof plan_fields[0],
    .layer_fields = layer_fields,
    .layer_field_count = sizeof layer_fields / sizeof layer_fields[0],
    .plan_bytes = sizeof(struct stream_plan),
    .layer_bytes = sizeof(struct stream_plan_layer),
    .config_at = offsetof(struct stream_plan, config),
    .layer_count_at = offsetof(struct stream_plan, layer_count),
    .layers_at = offsetof(struct stream_plan, layers),
    .layers_most = STREAM_PLAN_LAYERS_MAX,
};

void stream_plan_write(const struct stream_plan *plan, FILE *out) {
	plan_text_write(&text, plan, out);
}

int stream_plan_read(struct stream_plan *plan, FILE *in, const char *path, enum status *status, struct error *error) {
	return plan_text_read(&text, plan, in, path, status, error);
}
