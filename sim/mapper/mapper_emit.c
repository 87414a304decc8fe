/* Commands of a plan, in an order that is right when they are performed one after the other; the token tracker makes it
 * right under any timing.
 *
 * Order of a frame, tile by tile: what the tile needs and is not yet loaded (weights, input rows), then ahead of time the
 * next band's input rows and the next weights (only where their buffer has two halves), then the engine commands, the
 * post command, and, when a band of a spilled map is whole, its store. A resident input map is loaded in the rows that
 * the first layer's bands need. Sums buffers used in halves change halves with every tile. */
#include "sim/mapper/mapper_plan.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "sim/mapper/mapper_tokens.h"

enum { TOUCHES_MAX = 8 };

struct tile {
	uint32_t layer, band, block;
};

/* One loading of a content into a weight buffer during the frame. */
struct weight_use {
	const struct layer_plan *layer;
	const struct content *content;
	uint32_t tile, base; /* first tile that reads it; buffer word */
};

struct weight_uses {
	struct weight_use *items;
	uint32_t count, loaded, present; /* loads emitted; uses begun */
};

struct emitter {
	struct plan *plan;
	struct program *program;
	uint32_t capacity;
	struct token_tracker *tracker;
	struct tile *tiles;
	uint32_t tile_count;
	struct weight_uses uses[WEIGHT_BUFFERS];
	uint32_t sums_turn[2]; /* uses of accumulators, skip_sums so far */
	struct touch touches[TOUCHES_MAX];
	uint32_t touch_count;
};

static enum status out_of_memory(const struct emitter *emitter) {
	return error_set(emitter->plan->error, STATUS_MEMORY, "mapper: out of memory");
}

static void touch(struct emitter *emitter, uint32_t space, uint32_t writes, uint64_t first, uint64_t count) {
	if (count) emitter->touches[emitter->touch_count++] = (struct touch){space, writes, first, count};
	if (count && space < BUFFER_COUNT && first + count > emitter->program->used_words[space])
		emitter->program->used_words[space] = (uint32_t)(first + count);
}

/* Appends the command, which touches what was announced since the last one. */
static enum status append(struct emitter *emitter, const struct command *command) {
	struct program *program = emitter->program;
	const struct plan *plan = emitter->plan;
	const char *field = command_field_overflow(command);
	if (field)
		return plan_refuse(plan, &plan->layers[command->layer], "a command's field %s does not fit its bits", field);
	if (program->command_count == plan->config.sequencer_program_commands)
		return plan_refuse(plan, &plan->layers[command->layer],
		                   "the program memory is full; it holds %" PRIu32 " commands (sequencer.program_commands)",
		                   program->command_count);
	if (program->command_count == emitter->capacity) {
		const uint32_t capacity = emitter->capacity ? 2 * emitter->capacity : 256;
		struct command *commands = realloc(program->commands, capacity * sizeof *commands);
		if (!commands) return out_of_memory(emitter);
		program->commands = commands;
		emitter->capacity = capacity;
	}
	const uint32_t index = program->command_count++, touches = emitter->touch_count;
	program->commands[index] = *command;
	emitter->touch_count = 0;
	if (command_unit(command) == UNIT_COUNT) {
		token_tracker_barrier(emitter->tracker, index);
		return STATUS_OK;
	}
	if (token_tracker_add(emitter->tracker, program->commands, index, emitter->touches, touches) != STATUS_OK)
		return out_of_memory(emitter);
	return STATUS_OK;
}

/* --- loads and stores ---------------------------------------------------------------------------------------------- */

static enum status append_transfer(struct emitter *emitter, enum opcode opcode, uint32_t layer,
                                   struct transfer_fields fields) {
	const uint64_t word_bytes = config_word_bytes(&emitter->plan->config, (enum buffer_id)fields.buffer);
	const uint64_t row_bytes = fields.row_words * word_bytes, axi = emitter->plan->config.dma_axi_bytes;
	/* rows that touch in DDR are one row */
	if (fields.rows > 1 && fields.pitch_bytes == row_bytes) {
		fields.row_words *= fields.rows;
		fields.rows = 1;
	}
	if (fields.rows == 1) fields.pitch_bytes = (uint32_t)((fields.row_words * word_bytes + axi - 1) / axi * axi);
	const uint64_t end = (uint64_t)(fields.rows - 1) * fields.pitch_bytes + fields.row_words * word_bytes;
	touch(emitter, fields.buffer, opcode == OPCODE_LOAD, fields.buffer_address, (uint64_t)fields.rows * fields.row_words);
	touch(emitter, SPACE_DDR + fields.channel, opcode == OPCODE_STORE, fields.ddr_address, end);
	const struct command command = {.opcode = opcode, .layer = layer, .f.transfer = fields};
	return append(emitter, &command);
}

/* Rows first .. first + rows - 1 of a map between its DDR area and buffer words from `buffer_address` on. */
static enum status append_map_rows(struct emitter *emitter, enum opcode opcode, uint32_t layer, uint32_t map,
                                   uint32_t first, uint32_t rows, uint32_t buffer_address) {
	const struct map_plan *plan = &emitter->plan->maps[map];
	return append_transfer(emitter, opcode, layer,
	                       (struct transfer_fields){.ddr_address = plan->ddr.address + first * plan->ddr.pitch_bytes,
	                                                .channel = plan->ddr.channel,
	                                                .buffer = (uint32_t)plan->buffer,
	                                                .buffer_address = buffer_address,
	                                                .row_words = plan->row_words,
	                                                .rows = rows,
	                                                .pitch_bytes = plan->ddr.pitch_bytes});
}

static enum status append_words(struct emitter *emitter, uint32_t layer, enum buffer_id buffer, uint32_t buffer_address,
                                uint32_t words, uint32_t ddr_address) {
	return append_transfer(emitter, OPCODE_LOAD, layer,
	                       (struct transfer_fields){.ddr_address = ddr_address,
	                                                .channel = emitter->plan->weights_channel,
	                                                .buffer = (uint32_t)buffer,
	                                                .buffer_address = buffer_address,
	                                                .row_words = words,
	                                                .rows = 1});
}

static enum status load_use(struct emitter *emitter, uint32_t i) {
	struct weight_uses *uses = &emitter->uses[i];
	const struct weight_use *use = &uses->items[uses->loaded++];
	return append_words(emitter, use->layer->index, (enum buffer_id)(FIRST_WEIGHTS + i), use->base, use->content->words[i],
	                    use->content->ddr_address[i]);
}

/* Weights that begin to be used with this tile. */
static enum status load_weights_now(struct emitter *emitter, uint32_t tile) {
	enum status status = STATUS_OK;
	for (uint32_t i = 0; i < WEIGHT_BUFFERS; i++) {
		struct weight_uses *uses = &emitter->uses[i];
		while (status == STATUS_OK && uses->present < uses->count && uses->items[uses->present].tile <= tile) {
			if (uses->loaded == uses->present) status = load_use(emitter, i);
			uses->present++;
		}
	}
	return status;
}

/* The next weights, into the half that the present ones leave free. */
static enum status load_weights_ahead(struct emitter *emitter) {
	enum status status = STATUS_OK;
	for (uint32_t i = 0; i < WEIGHT_BUFFERS; i++) {
		struct weight_uses *uses = &emitter->uses[i];
		const int is_free = emitter->plan->halves[i] == 2 && uses->loaded == uses->present;
		if (status == STATUS_OK && is_free && uses->loaded < uses->count) status = load_use(emitter, i);
	}
	return status;
}

/* --- input rows ---------------------------------------------------------------------------------------------------- */

static const struct conv_plan *staged_conv(const struct layer_plan *layer, enum staging_use use) {
	return use == STAGING_MAIN_INPUT ? &layer->main : &layer->skip;
}

/* Loads of the spilled inputs for one band. */
static enum status load_band(struct emitter *emitter, const struct layer_plan *layer, uint32_t band, uint32_t halves) {
	enum status status = STATUS_OK;
	for (enum staging_use use = STAGING_MAIN_INPUT; use <= STAGING_SKIP_INPUT && status == STATUS_OK; use++) {
		const struct staging *staging = &layer->staging[use];
		if (staging->halves != halves) continue;
		uint32_t first, low, high;
		const uint32_t rows = plan_band(layer, band, &first);
		plan_input_rows(staged_conv(layer, use), first, rows, &low, &high);
		status = append_map_rows(emitter, OPCODE_LOAD, layer->index, staged_conv(layer, use)->conv->input_map, low,
		                         high - low + 1, staging->base + band % halves * staging->half_words);
	}
	return status;
}

/* Inputs that this tile needs, and where there are two halves those of the next band. */
static enum status load_inputs(struct emitter *emitter, const struct layer_plan *layer, const struct tile *tile) {
	if (tile->block != 0) return STATUS_OK;
	enum status status = load_band(emitter, layer, tile->band, 1);
	if (status == STATUS_OK && tile->band == 0) status = load_band(emitter, layer, 0, 2);
	if (status == STATUS_OK && tile->band + 1 < layer->bands) status = load_band(emitter, layer, tile->band + 1, 2);
	return status;
}

/* The resident input map, in pieces that the first layer's bands wait for. */
static enum status load_input_map(struct emitter *emitter) {
	const struct plan *plan = emitter->plan;
	const uint32_t map = plan->trace->input_map, height = plan->trace->maps[map].height;
	const struct layer_plan *layer = &plan->layers[0];
	const uint32_t pieces = layer->layer->main.input_map == map ? layer->bands : 1;
	enum status status = STATUS_OK;
	if (plan->maps[map].spilled) return STATUS_OK;
	for (uint32_t band = 0, done = 0; band < pieces && done < height && status == STATUS_OK; band++) {
		uint32_t first, low, high = height - 1;
		const uint32_t rows = plan_band(layer, band, &first);
		if (band + 1 < pieces) plan_input_rows(&layer->main, first, rows, &low, &high);
		if (high < done) continue;
		status = append_map_rows(emitter, OPCODE_LOAD, 0, map, done, high + 1 - done,
		                         plan->maps[map].base + done * plan->maps[map].row_words);
		done = high + 1;
	}
	return status;
}

/* --- computing ----------------------------------------------------------------------------------------------------- */

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

/* Where the sums of a convolution go; `taken` words of the buffer's part are used by this tile's other convolution. */
static uint32_t sums_base(const struct emitter *emitter, int skip_sums) {
	const enum buffer_id buffer = skip_sums ? BUFFER_SKIP_SUMS : BUFFER_ACCUMULATORS;
	if (!plan_sums_halved(emitter->plan, buffer)) return 0;
	return emitter->sums_turn[skip_sums] % 2 * (emitter->plan->config.buffer[buffer].depth_words / 2);
}

static enum status append_conv(struct emitter *emitter, const struct layer_plan *layer, const struct tile *tile,
                               enum staging_use use, uint32_t weights, uint32_t sums) {
	const struct conv_plan *conv = staged_conv(layer, use);
	const struct map_plan *map = &emitter->plan->maps[conv->conv->input_map];
	const struct staging *staging = &layer->staging[use];
	const int is_binary = conv->conv->kind == TRACE_CONV_BINARY;
	const uint32_t channels = plan_block(layer, tile->block), groups = divide_round_up(channels, conv->lanes);
	uint32_t first, low, high;
	const uint32_t rows = plan_band(layer, tile->band, &first);
	plan_input_rows(conv, first, rows, &low, &high);
	struct command command = {.opcode = is_binary ? OPCODE_BINARY_CONV : OPCODE_FIXED_CONV,
	                          .layer = layer->index,
	                          .flags = conv->flags};
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
	touch(emitter, map->buffer, 0, fields->input_base + (low - fields->input_first_row) * map->row_words,
	      (uint64_t)(high - low + 1) * map->row_words);
	touch(emitter, is_binary ? BUFFER_BIT_WEIGHTS : BUFFER_FIXED_WEIGHTS, 0, weights, (uint64_t)groups * conv->group_words);
	touch(emitter, is_binary ? BUFFER_ACCUMULATORS : BUFFER_SKIP_SUMS, 1, sums, (uint64_t)rows * layer->width * groups);
	if (is_binary) {
		fields->border_base = weight_base(emitter, layer, tile->block, BUFFER_BORDER - FIRST_WEIGHTS);
		touch(emitter, BUFFER_BORDER, 0, fields->border_base, (uint64_t)layer->classes * groups);
	}
	return append(emitter, &command);
}

/* A map output of a post command: where the band begins. */
static uint32_t output_base(struct emitter *emitter, const struct layer_plan *layer, uint32_t map_index,
                            enum staging_use use, uint32_t band, uint32_t first, uint32_t rows) {
	const struct map_plan *map = &emitter->plan->maps[map_index];
	const struct staging *staging = &layer->staging[use];
	const uint32_t base = staging->halves ? staging->base + band % staging->halves * staging->half_words
	                                      : map->base + first * map->row_words;
	touch(emitter, map->buffer, 1, base, (uint64_t)rows * map->row_words);
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
	*fields = (struct post_fields){.a_base = a_base, .width = layer->width / layer->unit_rows, .rows = rows,
	                               .channels = channels, .sums_width = layer->width,
	                               .a_groups = divide_round_up(channels, layer->main.lanes),
	                               .first_channel = tile->block * layer->block_channels};
	fields->parameter_base = weight_base(emitter, layer, tile->block, BUFFER_PARAMETERS - FIRST_WEIGHTS);
	touch(emitter, BUFFER_PARAMETERS, 0, fields->parameter_base, divide_round_up(channels, plan->config.post_lanes));
	const int a_from_skip = trace->main.kind == TRACE_CONV_FIXED;
	if (a_from_skip) command.flags |= POST_A_FROM_SKIP;
	touch(emitter, a_from_skip ? BUFFER_SKIP_SUMS : BUFFER_ACCUMULATORS, 0, a_base,
	      (uint64_t)sums_rows * layer->width * fields->a_groups);
	if (layer->skip.conv) {
		command.flags |= POST_USE_B;
		fields->b_base = b_base;
		fields->b_groups = divide_round_up(channels, layer->skip.lanes);
		touch(emitter, BUFFER_SKIP_SUMS, 0, b_base, (uint64_t)sums_rows * layer->width * fields->b_groups);
	}
	if (trace->pool == TRACE_POOL_MAX2) command.flags |= POST_POOL_MAX2;
	set_affine_or_threshold(plan, trace, &command);
	first /= layer->unit_rows;
	if (trace->bits_map != UINT32_MAX) {
		command.flags |= POST_WRITE_BITS;
		fields->bits_words = plan->maps[trace->bits_map].pixel_words;
		fields->bits_base = output_base(emitter, layer, trace->bits_map, STAGING_BITS_OUTPUT, tile->band, first, rows);
	}
	if (trace->fixed_map != UINT32_MAX && trace->fixed_map == plan->trace->scores_map) {
		command.flags |= POST_WRITE_OUTPUT;
		fields->output_base = fields->first_channel / plan->config.post_lanes;
		touch(emitter, BUFFER_OUTPUT, 1, fields->output_base, divide_round_up(channels, plan->config.post_lanes));
	} else if (trace->fixed_map != UINT32_MAX) {
		command.flags |= POST_WRITE_FIXED;
		fields->fixed_words = plan->maps[trace->fixed_map].pixel_words;
		fields->fixed_base = output_base(emitter, layer, trace->fixed_map, STAGING_FIXED_OUTPUT, tile->band, first, rows);
	}
	return append(emitter, &command);
}

/* Engines and post unit of a tile. */
static enum status append_compute(struct emitter *emitter, const struct layer_plan *layer, const struct tile *tile) {
	const int main_is_fixed = layer->main.conv->kind == TRACE_CONV_FIXED;
	const uint32_t channels = plan_block(layer, tile->block);
	uint32_t first;
	const uint32_t pixels = plan_band(layer, tile->band, &first) * layer->width;
	uint32_t weights = weight_base(emitter, layer, tile->block, BUFFER_FIXED_WEIGHTS - FIRST_WEIGHTS);
	const uint32_t a_base = sums_base(emitter, main_is_fixed), groups = divide_round_up(channels, layer->main.lanes);
	uint32_t b_base = sums_base(emitter, 1);
	enum status status;
	if (main_is_fixed) {
		status = append_conv(emitter, layer, tile, STAGING_MAIN_INPUT, weights, a_base);
		weights += groups * layer->main.group_words;
		b_base += pixels * groups;
	} else {
		const uint32_t bit_weights = weight_base(emitter, layer, tile->block, BUFFER_BIT_WEIGHTS - FIRST_WEIGHTS);
		status = append_conv(emitter, layer, tile, STAGING_MAIN_INPUT, bit_weights, a_base);
		emitter->sums_turn[0]++;
	}
	if (status == STATUS_OK && layer->skip.conv)
		status = append_conv(emitter, layer, tile, STAGING_SKIP_INPUT, weights, b_base);
	if (main_is_fixed || layer->skip.conv) emitter->sums_turn[1]++;
	return status == STATUS_OK ? append_post(emitter, layer, tile, a_base, b_base) : status;
}

/* What leaves the chip after this tile. */
static enum status store_outputs(struct emitter *emitter, const struct layer_plan *layer, const struct tile *tile) {
	const struct plan *plan = emitter->plan;
	const uint32_t scores = plan->trace->scores_map;
	const int last_block = tile->block + 1 == layer->blocks;
	enum status status = STATUS_OK;
	if (layer->layer->fixed_map == scores && last_block && tile->band + 1 == layer->bands)
		status = append_map_rows(emitter, OPCODE_STORE, layer->index, scores, 0, 1, 0);
	for (enum staging_use use = STAGING_FIXED_OUTPUT; use <= STAGING_BITS_OUTPUT && status == STATUS_OK; use++) {
		const struct staging *staging = &layer->staging[use];
		if (!staging->halves || !last_block) continue;
		uint32_t first;
		const uint32_t rows = plan_band(layer, tile->band, &first) / layer->unit_rows;
		const uint32_t map = use == STAGING_FIXED_OUTPUT ? layer->layer->fixed_map : layer->layer->bits_map;
		status = append_map_rows(emitter, OPCODE_STORE, layer->index, map, first / layer->unit_rows, rows,
		                         staging->base + tile->band % staging->halves * staging->half_words);
	}
	return status;
}

/* --- order --------------------------------------------------------------------------------------------------------- */

static enum status list_tiles(struct emitter *emitter) {
	const struct plan *plan = emitter->plan;
	uint64_t count = 0;
	for (uint32_t i = 0; i < plan->trace->layer_count; i++) count += (uint64_t)plan->layers[i].bands * plan->layers[i].blocks;
	if (2 * count > plan->config.sequencer_program_commands)
		return plan_refuse(plan, NULL,
		                   "%" PRIu64 " tiles need more commands than the program memory holds: %" PRIu32
		                   " (sequencer.program_commands)",
		                   count, plan->config.sequencer_program_commands);
	emitter->tiles = calloc(count, sizeof *emitter->tiles);
	if (!emitter->tiles) return out_of_memory(emitter);
	for (uint32_t i = 0; i < plan->trace->layer_count; i++) {
		const struct layer_plan *layer = &plan->layers[i];
		const uint32_t inner = layer->bands_outer ? layer->blocks : layer->bands;
		for (uint32_t k = 0; k < layer->bands * layer->blocks; k++)
			emitter->tiles[emitter->tile_count++] = (struct tile){i, layer->bands_outer ? k / inner : k % inner,
			                                                      layer->bands_outer ? k % inner : k / inner};
	}
	return STATUS_OK;
}

/* Which content of each weight buffer is loaded for which tile, and into which half. */
static enum status list_uses(struct emitter *emitter) {
	const struct plan *plan = emitter->plan;
	for (uint32_t i = 0; i < WEIGHT_BUFFERS; i++) {
		struct weight_uses *uses = &emitter->uses[i];
		const struct content *last = NULL;
		uses->items = calloc(emitter->tile_count, sizeof *uses->items);
		if (!uses->items) return out_of_memory(emitter);
		for (uint32_t t = 0; t < emitter->tile_count; t++) {
			const struct layer_plan *layer = &plan->layers[emitter->tiles[t].layer];
			const struct content *content = &layer->contents[layer->content_count > 1 ? emitter->tiles[t].block : 0];
			if (layer->weights == RESIDENCY_RESIDENT || !content->words[i] || content == last) continue;
			last = content;
			const uint32_t half = 0 & plan->halves[i];
			uses->items[uses->count++] = (struct weight_use){
			    layer, content, t, plan->resident_words[i] + half * plan->region_words[i]};
		}
	}
	return STATUS_OK;
}

static enum status append_preamble(struct emitter *emitter) {
	const struct plan *plan = emitter->plan;
	enum status status = STATUS_OK;
	for (uint32_t i = 0; i < WEIGHT_BUFFERS && status == STATUS_OK; i++)
		if (plan->resident_words[i])
			status = append_words(emitter, 0, (enum buffer_id)(FIRST_WEIGHTS + i), 0, plan->resident_words[i],
			                      plan->resident_ddr[i]);
	const struct command barrier = {.opcode = OPCODE_BARRIER};
	if (status == STATUS_OK && emitter->program->command_count) status = append(emitter, &barrier);
	emitter->program->frame_start = emitter->program->command_count;
	return status;
}

static enum status append_frame(struct emitter *emitter) {
	const struct plan *plan = emitter->plan;
	enum status status = STATUS_OK;
	for (uint32_t t = 0; t < emitter->tile_count && status == STATUS_OK; t++) {
		const struct tile *tile = &emitter->tiles[t];
		const struct layer_plan *layer = &plan->layers[tile->layer];
		status = load_weights_now(emitter, t);
		if (status == STATUS_OK && t == 0) status = load_input_map(emitter);
		if (status == STATUS_OK) status = load_inputs(emitter, layer, tile);
		if (status == STATUS_OK) status = load_weights_ahead(emitter);
		if (status == STATUS_OK) status = append_compute(emitter, layer, tile);
		if (status == STATUS_OK) status = store_outputs(emitter, layer, tile);
	}
	const struct command end = {.opcode = OPCODE_END,
	                            .layer = plan->trace->layer_count - 1,
	                            .f.frame_start = emitter->program->frame_start};
	return status == STATUS_OK ? append(emitter, &end) : status;
}

enum status plan_emit(struct plan *plan, struct program *program) {
	struct emitter emitter = {.plan = plan, .program = program, .tracker = token_tracker_create()};
	enum status status = emitter.tracker ? STATUS_OK : out_of_memory(&emitter);
	if (status == STATUS_OK) status = list_tiles(&emitter);
	if (status == STATUS_OK) status = list_uses(&emitter);
	if (status == STATUS_OK) status = append_preamble(&emitter);
	if (status == STATUS_OK) status = append_frame(&emitter);
	token_tracker_free(emitter.tracker);
	free(emitter.tiles);
	for (uint32_t i = 0; i < WEIGHT_BUFFERS; i++) free(emitter.uses[i].items);
	return status;
}
