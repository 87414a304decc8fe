/* Engine and post commands of one tile: fields as in PROGRAM.md section 3, and what each command reads and writes.
 *
 * Sums of a tile begin at word 0 of their buffer or of the half whose turn it is; a layer with two fixed convolutions
 * puts the skip sums behind the main ones. */
#include "sim/mapper/mapper_emit.h"

/* First word of a block's weights in buffer i. */
static uint32_t weight_base(const struct emitter *emitter, const struct layer_plan *layer, uint32_t block, uint32_t i) {
	uint32_t words[WEIGHT_BUFFERS];
	const struct content *content = &layer->contents[layer->content_count > 1 ? block : 0];
	plan_block_words(emitter->plan, layer, plan_block(layer, 0), words);
	const uint32_t offset = (block - content->first_block) * words[i];
	if (layer->weights == RESIDENCY_RESIDENT) return content->resident_base[i] + offset;
	const struct weight_uses *uses = &emitter->uses[i];
	return uses->present ? uses->items[uses->present - 1].base + offset : offset;
}

/* First word of a tile's sums in the accumulators (0) or in skip_sums (1). */
static uint32_t sums_base(const struct emitter *emitter, int skip_sums) {
	const enum buffer_id buffer = skip_sums ? BUFFER_SKIP_SUMS : BUFFER_ACCUMULATORS;
	if (!plan_sums_halved(emitter->plan, buffer)) return 0;
	return emitter->sums_turn[skip_sums] % 2 * (emitter->plan->config.buffer[buffer].depth_words / 2);
}

static enum status append_conv(struct emitter *emitter, const struct layer_plan *layer, const struct tile *tile,
                               enum staging_use use, uint32_t weights, uint32_t sums) {
	const struct conv_plan *conv = plan_input_conv(layer, use);
	const struct map_plan *map = &emitter->plan->maps[conv->conv->input_map];
	const struct staging *staging = &layer->staging[use];
	const int is_binary = conv->conv->kind == TRACE_CONV_BINARY;
	const uint32_t channels = plan_block(layer, tile->block), groups = divide_round_up(channels, conv->lanes);
	uint32_t first, low, high;
	const uint32_t rows = plan_band(layer, tile->band, &first);
	plan_input_rows(conv, first, rows, &low, &high);
	struct command command = {
	    .opcode = is_binary ? OPCODE_BINARY_CONV : OPCODE_FIXED_CONV, .layer = layer->index, .flags = conv->flags};
	command.f.conv = (struct conv_fields){.input_base = map->base,
	                                      .weight_base = weights,
	                                      .output_base = sums,
	                                      .input_width = conv->map->width,
	                                      .input_height = conv->map->height,
	                                      .output_width = layer->width,
	                                      .rows = rows,
	                                      .first_row = first,
	                                      .kernel = conv->kernel,
	                                      .stride = conv->stride,
	                                      .pad = conv->pad,
	                                      .input_words = conv->input_words,
	                                      .groups = groups,
	                                      .steps = conv->steps,
	                                      .channels = conv->map->channels};
	struct conv_fields *fields = &command.f.conv;
	if (staging->halves) {
		fields->input_base = staging->base + tile->band % staging->halves * staging->half_words;
		fields->input_first_row = low;
	}
	emitter_touch(emitter, map->buffer, 0, fields->input_base + (low - fields->input_first_row) * map->row_words,
	              (uint64_t)(high - low + 1) * map->row_words);
	emitter_touch(emitter, is_binary ? BUFFER_BIT_WEIGHTS : BUFFER_FIXED_WEIGHTS, 0, weights,
	              (uint64_t)groups * conv->group_words);
	emitter_touch(emitter, is_binary ? BUFFER_ACCUMULATORS : BUFFER_SKIP_SUMS, 1, sums,
	              (uint64_t)rows * layer->width * groups);
	if (is_binary) {
		fields->border_base = weight_base(emitter, layer, tile->block, BUFFER_BORDER - FIRST_WEIGHTS);
		emitter_touch(emitter, BUFFER_BORDER, 0, fields->border_base, (uint64_t)layer->classes * groups);
	}
	return emitter_append(emitter, &command);
}

/* A transposed map output: where the block's pixels begin. The band writes some channels of all of them, that is, words
 * all over the range; the range as a whole is said to be written. */
static uint32_t transposed_base(struct emitter *emitter, const struct layer_plan *layer, uint32_t map_index,
                                enum staging_use use, uint32_t block) {
	const struct map_plan *map = &emitter->plan->maps[map_index];
	const struct staging *staging = &layer->staging[use];
	const uint32_t base =
	    (staging->halves ? staging->base : map->base) + block * layer->block_channels * map->pixel_words;
	emitter_touch(emitter, map->buffer, 1, base, (uint64_t)plan_block(layer, block) * map->pixel_words);
	return base;
}

/* A map output of a post command: where the band begins. */
static uint32_t output_base(struct emitter *emitter, const struct layer_plan *layer, uint32_t map_index,
                            enum staging_use use, const struct tile *tile, uint32_t first, uint32_t rows) {
	const uint32_t band = tile->band;
	if (layer->layer->transpose) return transposed_base(emitter, layer, map_index, use, tile->block);
	const struct map_plan *map = &emitter->plan->maps[map_index];
	const struct staging *staging = &layer->staging[use];
	const uint32_t base = staging->halves ? staging->base + band % staging->halves * staging->half_words
	                                      : map->base + first * map->row_words;
	emitter_touch(emitter, map->buffer, 1, base, (uint64_t)rows * map->row_words);
	return base;
}

static void set_affine_or_threshold(const struct plan *plan, const struct trace_layer *layer, struct command *command) {
	struct post_fields *fields = &command->f.post;
	/* a layer without a fixed map does not saturate: its bit is the sign, which 32 bits keep */
	fields->value_bits = layer->fixed_map == UINT32_MAX ? 32 : plan->trace->maps[layer->fixed_map].value_bits;
	if (layer->post == TRACE_POST_THRESHOLD) {
		command->flags |= POST_THRESHOLD | layer->threshold_count << POST_THRESHOLD_COUNT_SHIFT;
		fields->threshold_base = layer->threshold_base;
		fields->value_bits = 0;
	} else {
		fields->shift = layer->post_shift;
	}
}

static enum status append_post(struct emitter *emitter, const struct layer_plan *layer, const struct tile *tile,
                               uint32_t a_base, uint32_t b_base) {
	const struct plan *plan = emitter->plan;
	const struct trace_layer *trace = layer->layer;
	const uint32_t channels = plan_block(layer, tile->block);
	uint32_t first;
	const uint32_t sums_rows = plan_band(layer, tile->band, &first), rows = sums_rows / layer->unit_rows;
	struct command command = {.opcode = OPCODE_POST, .layer = layer->index};
	struct post_fields *fields = &command.f.post;
	*fields = (struct post_fields){.a_base = a_base,
	                               .width = layer->width / layer->unit_rows,
	                               .rows = rows,
	                               .channels = channels,
	                               .sums_width = layer->width,
	                               .a_groups = divide_round_up(channels, layer->main.lanes),
	                               .first_channel = tile->block * layer->block_channels};
	fields->parameter_base = weight_base(emitter, layer, tile->block, BUFFER_PARAMETERS - FIRST_WEIGHTS);
	emitter_touch(emitter, BUFFER_PARAMETERS, 0, fields->parameter_base,
	              divide_round_up(channels, plan->config.post_lanes));
	const int a_from_skip = trace->main.kind == TRACE_CONV_FIXED;
	if (a_from_skip) command.flags |= POST_A_FROM_SKIP;
	emitter_touch(emitter, a_from_skip ? BUFFER_SKIP_SUMS : BUFFER_ACCUMULATORS, 0, a_base,
	              (uint64_t)sums_rows * layer->width * fields->a_groups);
	if (layer->skip.conv) {
		command.flags |= POST_USE_B;
		fields->b_base = b_base;
		fields->b_groups = divide_round_up(channels, layer->skip.lanes);
		emitter_touch(emitter, BUFFER_SKIP_SUMS, 0, b_base,
		              (uint64_t)sums_rows * layer->width * fields->b_groups);
	}
	if (trace->pool == TRACE_POOL_MAX2) command.flags |= POST_POOL_MAX2;
	set_affine_or_threshold(plan, trace, &command);
	first /= layer->unit_rows;
	if (trace->transpose) {
		command.flags |= POST_TRANSPOSE;
		fields->first_channel = first * layer->width;
	}
	if (trace->bits_map != UINT32_MAX) {
		command.flags |= POST_WRITE_BITS;
		fields->bits_words = plan->maps[trace->bits_map].pixel_words;
		fields->bits_base =
		    output_base(emitter, layer, trace->bits_map, STAGING_BITS_OUTPUT, tile, first, rows);
	}
	if (trace->fixed_map != UINT32_MAX && trace->fixed_map == plan->trace->scores_map) {
		command.flags |= POST_WRITE_OUTPUT;
		fields->output_base = fields->first_channel / plan->config.post_lanes;
		emitter_touch(emitter, BUFFER_OUTPUT, 1, fields->output_base,
		              divide_round_up(channels, plan->config.post_lanes));
	} else if (trace->fixed_map != UINT32_MAX) {
		command.flags |= POST_WRITE_FIXED;
		fields->fixed_words = plan->maps[trace->fixed_map].pixel_words;
		fields->fixed_base =
		    output_base(emitter, layer, trace->fixed_map, STAGING_FIXED_OUTPUT, tile, first, rows);
	}
	return emitter_append(emitter, &command);
}

/* Engines and post unit of a tile. */
enum status emitter_append_tile(struct emitter *emitter, const struct layer_plan *layer, const struct tile *tile) {
	const int main_is_fixed = layer->main.conv->kind == TRACE_CONV_FIXED;
	const uint32_t channels = plan_block(layer, tile->block);
	uint32_t first;
	const uint32_t pixels = plan_band(layer, tile->band, &first) * layer->width;
	uint32_t weights = weight_base(emitter, layer, tile->block, BUFFER_FIXED_WEIGHTS - FIRST_WEIGHTS);
	const uint32_t a_base = sums_base(emitter, main_is_fixed),
	               groups = divide_round_up(channels, layer->main.lanes);
	uint32_t b_base = sums_base(emitter, 1);
	enum status status;
	if (main_is_fixed) {
		status = append_conv(emitter, layer, tile, STAGING_MAIN_INPUT, weights, a_base);
		weights += groups * layer->main.group_words;
		b_base += pixels * groups;
	} else {
		const uint32_t bit_weights =
		    weight_base(emitter, layer, tile->block, BUFFER_BIT_WEIGHTS - FIRST_WEIGHTS);
		status = append_conv(emitter, layer, tile, STAGING_MAIN_INPUT, bit_weights, a_base);
		emitter->sums_turn[0]++;
	}
	if (status == STATUS_OK && layer->skip.conv)
		status = append_conv(emitter, layer, tile, STAGING_SKIP_INPUT, weights, b_base);
	if (main_is_fixed || layer->skip.conv) emitter->sums_turn[1]++;
	return status == STATUS_OK ? append_post(emitter, layer, tile, a_base, b_base) : status;
}
