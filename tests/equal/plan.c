/* See plan.h: the draw, and the text. */
#include "tests/equal/plan.h"

#include <stddef.h>
#include <string.h>

#include "tests/equal/plan_text.h"

static void draw_memory(struct random_source *random, struct config *config) {
	static const uint32_t kinds[] = {DRAM_DDR4, DRAM_DDR4, DRAM_DDR4, DRAM_FIXED, DRAM_UNLIMITED};
	config->clock_khz = random_spread(random, 50000, 500000, 300000);
	config->dram_kind = kinds[random_below(random, 5)];
	config->dram_peak_megabytes_per_s = random_spread(random, 500, 40000, 19200);
	config->dram_controller_cycles = random_spread(random, 0, 100, 30);
	config->dram_fixed_latency_cycles = random_spread(random, 0, 200, 40);
	config->dram_fixed_bytes_per_cycle = random_spread(random, 1, 128, 64);
	config->dram_trcd_ps = random_spread(random, 1000, 40000, 14160);
	config->dram_trp_ps = random_spread(random, 1000, 40000, 14160);
	config->dram_cl_ps = random_spread(random, 1000, 40000, 14160);
	config->dram_tras_ps = random_spread(random, 1000, 400000, 32000);
	config->dram_trfc_ps = random_spread(random, 50000, 500000, 350000);
	config->dram_trefi_ps = random_chance(random, 85) ? random_spread(random, 1000000, 10000000, 7800000) : 0;
	/* few banks half of the time: else a small network hardly ever closes a row, or waits for tRAS */
	const int is_small = random_chance(random, 60) != 0;
	config->dram_bank_groups = is_small ? 1 : random_power(random, 0, 3);
	config->dram_banks_per_group = is_small ? 1 : random_power(random, 0, 5);
	do config->dram_row_bytes = is_small ? 4096 : random_power(random, 9, 16);
	while (config->dram_row_bytes * config->dram_bank_groups < 4096);
}

static uint32_t least(uint32_t a, uint32_t b) {
	return a < b ? a : b;
}

static void draw_config(struct random_source *random, const struct structure *structure, struct config *config) {
	static const uint32_t weights[] = {RESIDENCY_AUTO, RESIDENCY_RESIDENT, RESIDENCY_LAYER, RESIDENCY_TILE};
	static const uint32_t maps[] = {RESIDENCY_AUTO, RESIDENCY_AUTO, RESIDENCY_RESIDENT, RESIDENCY_TILE,
	                                RESIDENCY_TILE};
	structure_config(structure, config);
	const uint32_t beats = least(256, 4096 / config->dma_axi_bytes);
	config->dma_burst_beats = random_spread(random, 1, beats, least(beats, 64));
	config->sequencer_fetch_cycles = random_power(random, 0, random_chance(random, 80) ? 3 : 6);
	config->frames = random_chance(random, 80) ? 1 : random_between(random, 2, 3);
	for (int i = 0; i < BUFFER_COUNT; i++) {
		struct config_buffer *buffer = &config->buffer[i];
		buffer->ports = random_chance(random, 60) ? 2 : 1;
		buffer->ping_pong = random_chance(random, 60) ? 1 : 0;
	}
	config->post_mode = random_chance(random, 70) ? POST_INLINE : POST_SEPARATE;
	config->mapper_weights = weights[random_below(random, 4)];
	config->mapper_maps = maps[random_below(random, 5)];
	config->mapper_band_rows = random_chance(random, 50) ? 0 : random_between(random, 1, 4);
	draw_memory(random, config);
}

static void draw_layer(struct random_source *random, const struct structure *structure, struct plan_layer *layer) {
	static const uint32_t kernels[] = {3, 3, 3, 3, 3, 1, 1, 2, 4, 5};
	memset(layer, 0, sizeof *layer);
	layer->binary = random_chance(random, 75);
	layer->kernel = kernels[random_below(random, 10)];
	layer->pad = layer->kernel >= 3 && random_chance(random, 70) ? 1 : 0;
	if (layer->kernel == 5 && layer->pad && random_chance(random, 50)) layer->pad = 2;
	layer->stride = random_chance(random, 60) ? 1 : random_chance(random, 75) ? 2 : 3;
	layer->pad_value = random_chance(random, 50) ? TRACE_PAD_MASKED : random_between(random, 0, 2);
	layer->tap_shared = random_chance(random, 20);
	layer->channels = random_between(random, 1, random_chance(random, 80) ? 20 : 70);
	layer->weight_bits = random_spread(random, 1, structure->weight_bits, structure->weight_bits);
	layer->skip = random_chance(random, 70);
	/* Without draws of their own, which would change all that follow: */
	layer->balanced = layer->channels % 4 != 0;
	/* Windows with columns between them; without a draw of its own, which would change all that follow. Layers with
	 * a skip convolution keep their stride, for its averages of 2 x 2 pixels. */
	if (layer->stride == 2 && (!layer->skip || layer->channels % 4 == 1)) {
		layer->kernel = 2;
		layer->stride = 3;
		layer->pad = 0;
	}
	layer->skip_weight_bits = random_spread(random, 1, structure->weight_bits, structure->weight_bits);
	layer->thresholds = random_chance(random, 40) ? random_between(random, 1, 3) : 0;
	layer->threshold_base_minus = random_below(random, 2);
	layer->shift = random_chance(random, 80) ? random_below(random, 13) : random_below(random, 32);
	layer->scale_bits = random_between(random, 4, 10);
	layer->pool = random_chance(random, 20);
	layer->write_fixed = random_chance(random, 90);
	layer->write_bits = random_chance(random, 85);
	layer->map_bits = random_spread(random, 3, structure->activation_bits, structure->activation_bits);
	layer->transpose = random_chance(random, 20) ? 1 : 0;
}

void plan_draw(struct plan *plan, struct random_source *random, const struct structure *structure) {
	memset(plan, 0, sizeof *plan);
	draw_config(random, structure, &plan->config);
	plan->value_seed = random_below(random, UINT32_MAX);
	plan->input_is_bits = structure->activation_bits < 8 || random_chance(random, 40);
	plan->input_height = random_between(random, 3, 12);
	plan->input_width = random_chance(random, 50) ? plan->input_height : random_between(random, 3, 12);
	if (random_chance(random, 50)) { /* halves well: averages of 2 x 2 pixels beside a stride of 2 */
		plan->input_height += plan->input_height % 2;
		plan->input_width += plan->input_width % 2;
	}
	plan->input_channels = random_between(random, 1, plan->input_is_bits ? 20 : 3);
	plan->input_bits = plan->input_is_bits ? 1 : 8;
	plan->classes = random_between(random, 2, 12);
	plan->layer_count = random_chance(random, 10) ? 1 : random_between(random, 2, 4);
	for (uint32_t i = 0; i < plan->layer_count; i++) draw_layer(random, structure, &plan->layers[i]);
}

/* Text. */

static const struct plan_field plan_fields[] = {
    {"value_seed", offsetof(struct plan, value_seed)},   {"is_bits", offsetof(struct plan, input_is_bits)},
    {"height", offsetof(struct plan, input_height)},     {"width", offsetof(struct plan, input_width)},
    {"channels", offsetof(struct plan, input_channels)}, {"bits", offsetof(struct plan, input_bits)},
    {"classes", offsetof(struct plan, classes)},
};

#define LAYER_FIELD(member)                                                                                            \
	{ #member, offsetof(struct plan_layer, member) }
static const struct plan_field layer_fields[] = {
    LAYER_FIELD(binary),     LAYER_FIELD(kernel),           LAYER_FIELD(stride),     LAYER_FIELD(pad),
    LAYER_FIELD(pad_value),  LAYER_FIELD(tap_shared),       LAYER_FIELD(channels),   LAYER_FIELD(weight_bits),
    LAYER_FIELD(skip),       LAYER_FIELD(skip_weight_bits), LAYER_FIELD(thresholds), LAYER_FIELD(threshold_base_minus),
    LAYER_FIELD(shift),      LAYER_FIELD(scale_bits),       LAYER_FIELD(pool),       LAYER_FIELD(write_fixed),
    LAYER_FIELD(write_bits), LAYER_FIELD(map_bits),         LAYER_FIELD(transpose),  LAYER_FIELD(balanced),
};

static const struct plan_text text = {
    .fields = plan_fields,
    .field_count = sizeof plan_fields / sizeof plan_fields[0],
    .layer_fields = layer_fields,
    .layer_field_count = sizeof layer_fields / sizeof layer_fields[0],
    .plan_bytes = sizeof(struct plan),
    .layer_bytes = sizeof(struct plan_layer),
    .config_at = offsetof(struct plan, config),
    .layer_count_at = offsetof(struct plan, layer_count),
    .layers_at = offsetof(struct plan, layers),
    .layers_most = PLAN_LAYERS_MAX,
};

void plan_write(const struct plan *plan, FILE *out) {
	plan_text_write(&text, plan, out);
}

int plan_read(struct plan *plan, FILE *in, const char *path, enum status *status, struct error *error) {
	return plan_text_read(&text, plan, in, path, status, error);
}
