/* Commands of a plan, in an order that is right when they are performed one after the other; the token tracker makes it
 * right under any timing.
 *
 * Order of a frame, tile by tile: what the tile needs and is not yet loaded (weights, input rows), then ahead of time
 * the next band's input rows and the next weights (only where their buffer has two halves), then the engine commands,
 * the post command, and, when a band of a spilled map is whole, its store. A resident input map is loaded in the rows
 * that the first layer's bands need. Sums buffers used in halves change halves with every tile. */
#include "sim/mapper/mapper_emit.h"

#include <inttypes.h>
#include <stdlib.h>

static enum status out_of_memory(const struct emitter *emitter) {
	return error_set(emitter->plan->error, STATUS_MEMORY, "mapper: out of memory");
}

void emitter_touch(struct emitter *emitter, uint32_t space, uint32_t writes, uint64_t first, uint64_t count) {
	if (count) emitter->touches[emitter->touch_count++] = (struct touch){space, writes, first, count};
	if (count && space < BUFFER_COUNT && first + count > emitter->program->used_words[space])
		emitter->program->used_words[space] = (uint32_t)(first + count);
}

int emitter_may_overflow(const struct command *command) {
	const struct transfer_fields *transfer = &command->f.transfer;
	const struct conv_fields *conv = &command->f.conv;
	const struct post_fields *post = &command->f.post;
	uint32_t wide = command->flags >> 16 | command->layer >> 12;
	wide |= (command->take_data | command->take_room | command->give_data | command->give_room) >> 5;
	switch (command->opcode) {
	case OPCODE_LOAD:
	case OPCODE_STORE: return wide || (transfer->channel | transfer->buffer) >> 4;
	case OPCODE_BINARY_CONV:
	case OPCODE_FIXED_CONV:
		wide |= (conv->input_width | conv->input_height | conv->output_width | conv->rows | conv->first_row |
		         conv->input_first_row | conv->input_words | conv->groups | conv->steps | conv->channels) >>
		        16;
		return wide || (conv->kernel | conv->stride | conv->pad) >> 4;
	case OPCODE_POST:
		wide |= (post->width | post->rows | post->channels | post->a_groups | post->b_groups |
		         post->sums_width | post->fixed_words | post->bits_words | post->first_channel) >>
		        16;
		return wide || post->shift >> 5 || post->value_bits >> 8;
	case OPCODE_END:
	case OPCODE_BARRIER:
	case OPCODE_COUNT: break;
	}
	return 1;
}

enum status emitter_append(struct emitter *emitter, const struct command *command) {
	struct program *program = emitter->program;
	const struct plan *plan = emitter->plan;
	const char *field = emitter_may_overflow(command) ? command_field_overflow(command) : NULL;
	if (field)
		return plan_refuse(plan, &plan->layers[command->layer], "a command's field %s does not fit its bits",
		                   field);
	if (program->command_count == plan->config.sequencer_program_commands)
		return plan_refuse(plan, &plan->layers[command->layer],
		                   "the program memory is full; it holds %" PRIu32
		                   " commands (sequencer.program_commands)",
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

/* --- loads and stores ----------------------------------------------------------------------------------------------
 */

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
	emitter_touch(emitter, fields.buffer, opcode == OPCODE_LOAD, fields.buffer_address,
	              (uint64_t)fields.rows * fields.row_words);
	emitter_touch(emitter, SPACE_DDR + fields.channel, opcode == OPCODE_STORE, fields.ddr_address, end);
	const struct command command = {.opcode = opcode, .layer = layer, .f.transfer = fields};
	return emitter_append(emitter, &command);
}

/* Rows first .. first + rows - 1 of a map between its DDR area and buffer words from `buffer_address` on. */
static enum status append_map_rows(struct emitter *emitter, enum opcode opcode, uint32_t layer, uint32_t map,
                                   uint32_t first, uint32_t rows, uint32_t buffer_address) {
	const struct map_plan *plan = &emitter->plan->maps[map];
	return append_transfer(
	    emitter, opcode, layer,
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
	return append_words(emitter, use->layer->index, (enum buffer_id)(FIRST_WEIGHTS + i), use->base,
	                    use->content->words[i], use->content->ddr_address[i]);
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

/* --- input rows ----------------------------------------------------------------------------------------------------
 */

/* Loads of the spilled inputs for one band. */
static enum status load_band(struct emitter *emitter, const struct layer_plan *layer, uint32_t band, uint32_t halves) {
	enum status status = STATUS_OK;
	for (enum staging_use use = STAGING_MAIN_INPUT; use <= STAGING_SKIP_INPUT && status == STATUS_OK; use++) {
		const struct staging *staging = &layer->staging[use];
		if (staging->halves != halves) continue;
		uint32_t first, low, high;
		const uint32_t rows = plan_band(layer, band, &first);
		plan_input_rows(plan_input_conv(layer, use), first, rows, &low, &high);
		status =
		    append_map_rows(emitter, OPCODE_LOAD, layer->index, plan_input_conv(layer, use)->conv->input_map,
		                    low, high - low + 1, staging->base + band % halves * staging->half_words);
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
		uint32_t rows = plan_band(layer, tile->band, &first) / layer->unit_rows;
		const uint32_t map = use == STAGING_FIXED_OUTPUT ? layer->layer->fixed_map : layer->layer->bits_map;
		if (layer->layer->transpose) { /* whole, when all bands are there */
			if (tile->band + 1 < layer->bands) continue;
			first = 0;
			rows = plan->trace->maps[map].height;
		}
		status = append_map_rows(emitter, OPCODE_STORE, layer->index, map, first / layer->unit_rows, rows,
		                         staging->base + tile->band % staging->halves * staging->half_words);
	}
	return status;
}

/* --- order ---------------------------------------------------------------------------------------------------------
 */

static enum status list_tiles(struct emitter *emitter) {
	const struct plan *plan = emitter->plan;
	uint64_t count = 0;
	for (uint32_t i = 0; i < plan->trace->layer_count; i++)
		count += (uint64_t)plan->layers[i].bands * plan->layers[i].blocks;
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
			emitter->tiles[emitter->tile_count++] = (struct tile){
			    i, layer->bands_outer ? k / inner : k % inner, layer->bands_outer ? k % inner : k / inner};
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
			const struct content *content =
			    &layer->contents[layer->content_count > 1 ? emitter->tiles[t].block : 0];
			if (layer->weights == RESIDENCY_RESIDENT || !content->words[i] || content == last) continue;
			last = content;
			const uint32_t half = uses->count % plan->halves[i];
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
			status = append_words(emitter, 0, (enum buffer_id)(FIRST_WEIGHTS + i), 0,
			                      plan->resident_words[i], plan->resident_ddr[i]);
	const struct command barrier = {.opcode = OPCODE_BARRIER};
	if (status == STATUS_OK && emitter->program->command_count) status = emitter_append(emitter, &barrier);
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
		if (status == STATUS_OK) status = emitter_append_tile(emitter, layer, tile);
		if (status == STATUS_OK) status = store_outputs(emitter, layer, tile);
	}
	const struct command end = {.opcode = OPCODE_END,
	                            .layer = plan->trace->layer_count - 1,
	                            .f.frame_start = emitter->program->frame_start};
	return status == STATUS_OK ? emitter_append(emitter, &end) : status;
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
