/* Blocks of output channels, and where weights, parameters and border constants live.
 *
 * Rules. A block is as many output channels as the sums of one row (pool: two; see step_rows) allow; where weights go
 * by tiles, also as many as fit a region of every weight buffer. auto: all layers resident if they fit; else each layer
 * is loaded as a whole where it fits, else block by block. A weight buffer begins with the resident layers; the rest is
 * one region, or two halves where ping_pong is on. */
#include "sim/mapper/mapper_plan.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static uint32_t round_channels(const struct layer_plan *layer, uint32_t channels) {
	return divide_round_up(channels, layer->channel_step) * layer->channel_step;
}

static void set_block(struct layer_plan *layer, uint32_t channels) {
	layer->block_channels = channels;
	layer->blocks = divide_round_up(layer->layer->output_channels, channels);
}

/* The largest block that the sums buffers allow, or the one that was asked for. */
static enum status choose_block(struct plan *plan, struct layer_plan *layer) {
	const uint32_t wish = plan_wish(plan, layer).block_channels;
	uint32_t channels = round_channels(layer, wish ? wish : layer->layer->output_channels);
	if (wish && wish != channels && wish != layer->layer->output_channels)
		return plan_refuse(plan, layer,
		                   "block_channels %" PRIu32 " was asked for; expected a multiple of %" PRIu32, wish,
		                   layer->channel_step);
	if (channels > round_channels(layer, layer->layer->output_channels))
		channels = round_channels(layer, layer->layer->output_channels);
	const uint32_t rows = plan_least_rows(layer);
	const uint32_t most =
	    layer->layer->transpose && layer->layer->bits_map != UINT32_MAX ? POST_TURN_CHANNELS : UINT32_MAX;
	while (!wish && channels > layer->channel_step &&
	       (channels > most || plan_sums_rows(plan, layer, channels) < rows))
		channels -= layer->channel_step;
	if (least(channels, layer->layer->output_channels) > most)
		return plan_refuse(plan, layer,
		                   "blocks of %" PRIu32 " channels; the post unit transposes bits of at most %" PRIu32
		                   " channels at a time",
		                   channels, most);
	if (plan_sums_rows(plan, layer, channels) < rows)
		return plan_refuse(plan, layer,
		                   "the sums of %" PRIu32 " row(s) of %" PRIu32 " pixels and %" PRIu32
		                   " channels do not fit the accumulators (%" PRIu32 " words) and skip_sums (%" PRIu32
		                   " words), or a half of them",
		                   rows, layer->width, channels, plan->config.buffer[BUFFER_ACCUMULATORS].depth_words,
		                   plan->config.buffer[BUFFER_SKIP_SUMS].depth_words);
	set_block(layer, channels);
	return STATUS_OK;
}

/* Words of all blocks of a layer. */
static void layer_words(const struct plan *plan, const struct layer_plan *layer, uint64_t words[WEIGHT_BUFFERS]) {
	uint32_t full[WEIGHT_BUFFERS], last[WEIGHT_BUFFERS];
	plan_block_words(plan, layer, least(layer->block_channels, layer->layer->output_channels), full);
	plan_block_words(plan, layer, plan_block(layer, layer->blocks - 1), last);
	for (int i = 0; i < WEIGHT_BUFFERS; i++) words[i] = (uint64_t)full[i] * (layer->blocks - 1) + last[i];
}

/* Words that the layer needs at once when it is not resident. */
static void streamed_words(const struct plan *plan, const struct layer_plan *layer, enum config_residency mode,
                           uint64_t words[WEIGHT_BUFFERS]) {
	uint32_t block[WEIGHT_BUFFERS];
	if (mode == RESIDENCY_LAYER) {
		layer_words(plan, layer, words);
		return;
	}
	const uint32_t wish = plan_wish(plan, layer).block_channels;
	const uint32_t channels = least(wish ? wish : layer->channel_step, layer->layer->output_channels);
	plan_block_words(plan, layer, channels, block);
	for (int i = 0; i < WEIGHT_BUFFERS; i++) words[i] = block[i];
}

/* Divides the weight buffers: resident layers, then regions. Returns the index of a buffer that is too small, or -1. */
static int divide_buffers(struct plan *plan, uint64_t resident[WEIGHT_BUFFERS], uint64_t streamed[WEIGHT_BUFFERS]) {
	for (int i = 0; i < WEIGHT_BUFFERS; i++) resident[i] = streamed[i] = 0;
	for (uint32_t k = 0; k < plan->trace->layer_count; k++) {
		const struct layer_plan *layer = &plan->layers[k];
		uint64_t words[WEIGHT_BUFFERS];
		if (layer->weights == RESIDENCY_RESIDENT)
			layer_words(plan, layer, words);
		else
			streamed_words(plan, layer, layer->weights, words);
		for (int i = 0; i < WEIGHT_BUFFERS; i++) {
			if (layer->weights == RESIDENCY_RESIDENT)
				resident[i] += words[i];
			else if (words[i] > streamed[i])
				streamed[i] = words[i];
		}
	}
	for (int i = 0; i < WEIGHT_BUFFERS; i++) {
		const struct config_buffer *buffer = &plan->config.buffer[FIRST_WEIGHTS + i];
		plan->halves[i] = buffer->ping_pong ? 2 : 1;
		if (resident[i] + streamed[i] * plan->halves[i] > buffer->depth_words) return i;
		plan->resident_words[i] = (uint32_t)resident[i];
		plan->region_words[i] = (buffer->depth_words - plan->resident_words[i]) / plan->halves[i];
	}
	return -1;
}

/* The mode that was asked for, per layer or for all. */
static enum config_residency asked_mode(const struct plan *plan, const struct layer_plan *layer) {
	const uint32_t wish = plan_wish(plan, layer).weights;
	return (enum config_residency)(wish ? wish : plan->config.mapper_weights);
}

static int all_asked(const struct plan *plan) {
	for (uint32_t i = 0; i < plan->trace->layer_count; i++)
		if (asked_mode(plan, &plan->layers[i]) == RESIDENCY_AUTO) return 0;
	return 1;
}

static enum status choose_modes(struct plan *plan) {
	uint64_t resident[WEIGHT_BUFFERS], streamed[WEIGHT_BUFFERS];
	for (uint32_t i = 0; i < plan->trace->layer_count; i++) {
		struct layer_plan *layer = &plan->layers[i];
		layer->weights = asked_mode(plan, layer);
		if (layer->weights == RESIDENCY_AUTO) layer->weights = RESIDENCY_RESIDENT;
	}
	int small = divide_buffers(plan, resident, streamed);
	if (small < 0) return STATUS_OK;
	for (uint32_t i = 0; i < plan->trace->layer_count; i++)
		if (asked_mode(plan, &plan->layers[i]) == RESIDENCY_AUTO) plan->layers[i].weights = RESIDENCY_TILE;
	if (!all_asked(plan)) small = divide_buffers(plan, resident, streamed);
	if (small < 0) return STATUS_OK;
	return plan_refuse(plan, NULL,
	                   "buffer.%s: %" PRIu64 " words for resident weights and %" PRIu64
	                   "%s for those loaded during the frame; it holds %" PRIu32,
	                   config_buffer_names[FIRST_WEIGHTS + small], resident[small], streamed[small],
	                   plan->halves[small] == 2 ? " in each of two halves" : "",
	                   plan->config.buffer[FIRST_WEIGHTS + small].depth_words);
}

static int fits_regions(const struct plan *plan, const uint64_t words[WEIGHT_BUFFERS]) {
	for (int i = 0; i < WEIGHT_BUFFERS; i++)
		if (words[i] > plan->region_words[i]) return 0;
	return 1;
}

/* Shrinks the block until its weights fit; auto takes the whole layer where that fits. */
static void choose_tile(struct plan *plan, struct layer_plan *layer) {
	uint64_t words[WEIGHT_BUFFERS];
	const int is_auto = asked_mode(plan, layer) == RESIDENCY_AUTO;
	layer->weights_reason = is_auto ? "all fit" : plan_wish(plan, layer).weights ? "as asked" : "as set";
	if (layer->weights != RESIDENCY_TILE) return;
	if (is_auto) layer->weights_reason = "too large";
	layer_words(plan, layer, words);
	if (is_auto && fits_regions(plan, words)) {
		layer->weights = RESIDENCY_LAYER;
		return;
	}
	if (plan_wish(plan, layer).block_channels) return;
	for (uint32_t channels = layer->block_channels;; channels -= layer->channel_step) {
		uint32_t block[WEIGHT_BUFFERS];
		plan_block_words(plan, layer, least(channels, layer->layer->output_channels), block);
		for (int i = 0; i < WEIGHT_BUFFERS; i++) words[i] = block[i];
		set_block(layer, channels);
		if (fits_regions(plan, words) || channels <= layer->channel_step) return;
	}
}

static enum status make_contents(struct plan *plan, struct layer_plan *layer, uint32_t next[WEIGHT_BUFFERS]) {
	layer->content_count = layer->weights == RESIDENCY_TILE ? layer->blocks : 1;
	layer->contents = calloc(layer->content_count, sizeof *layer->contents);
	if (!layer->contents) return error_set(plan->error, STATUS_MEMORY, "mapper: out of memory");
	for (uint32_t k = 0; k < layer->content_count; k++) {
		struct content *content = &layer->contents[k];
		content->first_block = k;
		content->block_count = layer->weights == RESIDENCY_TILE ? 1 : layer->blocks;
		uint64_t words[WEIGHT_BUFFERS];
		uint32_t block[WEIGHT_BUFFERS];
		layer_words(plan, layer, words);
		plan_block_words(plan, layer, plan_block(layer, k), block);
		for (uint32_t i = 0; i < WEIGHT_BUFFERS; i++) {
			content->words[i] = layer->weights == RESIDENCY_TILE ? block[i] : (uint32_t)words[i];
			const enum buffer_id buffer = (enum buffer_id)(FIRST_WEIGHTS + i);
			const uint64_t bytes = (uint64_t)content->words[i] * config_word_bytes(&plan->config, buffer);
			if (layer->weights == RESIDENCY_RESIDENT) {
				content->resident_base[i] = next[i];
				next[i] += content->words[i];
			} else if (bytes) {
				enum status status = plan_place_ddr(plan, plan->weights_channel, bytes, "weights",
				                                    &content->ddr_address[i]);
				if (status != STATUS_OK) return status;
			}
		}
	}
	return STATUS_OK;
}

enum status plan_weights(struct plan *plan) {
	const uint32_t layers = plan->trace->layer_count;
	enum status status = STATUS_OK;
	for (uint32_t i = 0; i < layers && status == STATUS_OK; i++) status = choose_block(plan, &plan->layers[i]);
	if (status == STATUS_OK) status = choose_modes(plan);
	for (uint32_t i = 0; i < layers && status == STATUS_OK; i++) choose_tile(plan, &plan->layers[i]);
	plan->weights_channel = plan->config.dram_channels - 1;
	for (uint32_t i = 0; i < WEIGHT_BUFFERS && status == STATUS_OK; i++) {
		const uint64_t word_bytes = config_word_bytes(&plan->config, (enum buffer_id)(FIRST_WEIGHTS + i));
		if (plan->resident_words[i])
			status = plan_place_ddr(plan, plan->weights_channel, plan->resident_words[i] * word_bytes,
			                        "weights", &plan->resident_ddr[i]);
	}
	uint32_t next[WEIGHT_BUFFERS] = {0};
	for (uint32_t i = 0; i < layers && status == STATUS_OK; i++)
		status = make_contents(plan, &plan->layers[i], next);
	return status;
}
