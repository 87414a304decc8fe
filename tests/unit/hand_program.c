/* See hand_program.h. A command only takes tokens that earlier commands of the program give, which is enough to be free
 * of deadlock: queues are in order, and so is the sequencer. */
#include "tests/unit/hand_program.h"

#include <string.h>

struct source {
	uint64_t state;
	uint32_t given[2][UNIT_COUNT][UNIT_COUNT]; /* data, room: given and not taken, in program order */
};

static uint32_t below(struct source *source, uint32_t limit) {
	source->state ^= source->state << 13;
	source->state ^= source->state >> 7;
	source->state ^= source->state << 17;
	return (uint32_t)((source->state >> 11) % limit);
}

static uint32_t between(struct source *source, uint32_t low, uint32_t high) {
	return low + below(source, high - low + 1);
}

static void random_machine(struct source *source, struct config *config) {
	config->clock_khz = between(source, 100, 400) * 1000 + below(source, 1000);
	config->frames = between(source, 1, 3);
	config->sequencer_fetch_cycles = 1u << below(source, 4);
	config->sequencer_queue_depth = between(source, 1, 4);
	config->dma_axi_bytes = 8u << below(source, 4);
	config->dma_burst_beats = between(source, 1, 16);
	config->dma_outstanding = between(source, 1, 6);
	config->dram_kind = between(source, DRAM_DDR4, DRAM_UNLIMITED);
	config->dram_channels = between(source, 1, CONFIG_CHANNELS_MAX);
	config->dram_controller_cycles = below(source, 20);
	config->dram_fixed_latency_cycles = below(source, 30);
	config->dram_fixed_bytes_per_cycle = between(source, 1, 64);
	config->dram_trefi_ps = below(source, 4) ? between(source, 500000, 3000000) : 0;
	config->binary_pes = 4;
	config->binary_words = 1;
	config->fixed_rows = config->fixed_columns = 4;
	config->fixed_weight_bits = config->fixed_activation_bits = 8;
	config->post_lanes = 4;
	for (int i = 0; i < BUFFER_COUNT; i++) {
		config->buffer[i].banks = 1;
		config->buffer[i].ports = between(source, 1, 2);
	}
}

static void random_transfer(struct source *source, const struct config *config, struct command *command) {
	static const uint32_t loads[] = {BUFFER_BIT_ACTIVATIONS, BUFFER_FIXED_ACTIVATIONS, BUFFER_BIT_WEIGHTS,
	                                 BUFFER_FIXED_WEIGHTS,   BUFFER_PARAMETERS,        BUFFER_BORDER};
	static const uint32_t stores[] = {BUFFER_BIT_ACTIVATIONS, BUFFER_FIXED_ACTIVATIONS, BUFFER_OUTPUT};
	struct transfer_fields *f = &command->f.transfer;
	f->buffer = command->opcode == OPCODE_LOAD ? loads[below(source, 6)] : stores[below(source, 3)];
	f->channel = below(source, config->dram_channels);
	f->ddr_address = below(source, 2000) * config->dma_axi_bytes;
	f->row_words = between(source, 1, 60);
	f->rows = between(source, 1, 4);
	uint32_t row_bytes = f->row_words * config_word_bytes(config, (enum buffer_id)f->buffer);
	uint32_t row_beats = (row_bytes + config->dma_axi_bytes - 1) / config->dma_axi_bytes;
	f->pitch_bytes = (row_beats + below(source, 3)) * config->dma_axi_bytes;
}

static void random_work(struct source *source, const struct config *config, struct command *command) {
	if (command->opcode == OPCODE_LOAD || command->opcode == OPCODE_STORE) {
		random_transfer(source, config, command);
	} else if (command->opcode == OPCODE_POST) {
		struct post_fields *f = &command->f.post;
		command->flags = 1u << between(source, 4, 6) | (below(source, 4) ? 0 : POST_POOL_MAX2);
		f->rows = between(source, 1, 4);
		f->width = between(source, 1, 8);
		f->channels = between(source, 1, 12);
		f->a_groups = f->b_groups = 3;
		f->sums_width = f->width;
		f->fixed_words = 3;
		f->bits_words = 1;
		f->value_bits = 8;
	} else {
		struct conv_fields *f = &command->f.conv;
		f->kernel = 2 * below(source, 2) + 1;
		f->stride = between(source, 1, 2);
		f->input_words = between(source, 1, 3);
		f->groups = between(source, 1, 3);
		f->steps = f->kernel * f->kernel * f->input_words;
		f->channels = f->groups * 4;
		f->rows = between(source, 1, 3);
		f->output_width = between(source, 1, 6);
		f->input_width = f->input_height = 16;
	}
}

static uint32_t take(struct source *source, int kind, enum unit_id unit) {
	uint32_t mask = 0;
	for (uint32_t from = 0; from < UNIT_COUNT; from++) {
		if (!source->given[kind][from][unit] || !below(source, 3)) continue;
		source->given[kind][from][unit]--;
		mask |= 1u << from;
	}
	return mask;
}

static uint32_t give(struct source *source, int kind, enum unit_id unit) {
	uint32_t mask = 0;
	for (uint32_t to = 0; to < UNIT_COUNT; to++) {
		if (to == unit || below(source, 3)) continue;
		source->given[kind][unit][to]++;
		mask |= 1u << to;
	}
	return mask;
}

static void random_command(struct source *source, const struct config *config, struct command *command) {
	static const enum opcode opcodes[] = {OPCODE_LOAD, OPCODE_STORE, OPCODE_BINARY_CONV, OPCODE_FIXED_CONV,
	                                      OPCODE_POST};
	memset(command, 0, sizeof *command);
	command->layer = below(source, HAND_LAYERS);
	if (!below(source, 16)) {
		command->opcode = OPCODE_BARRIER;
		memset(source->given, 0, sizeof source->given);
		return;
	}
	command->opcode = opcodes[below(source, 5)];
	random_work(source, config, command);
	enum unit_id unit = command_unit(command);
	command->take_data = take(source, 0, unit);
	command->take_room = take(source, 1, unit);
	command->give_data = give(source, 0, unit);
	command->give_room = give(source, 1, unit);
}

static void start(struct hand_program *hand) {
	memset(hand, 0, sizeof *hand);
	config_defaults(&hand->config);
	hand->config.fixed_weight_bits = hand->config.fixed_activation_bits = 8;
	hand->program.commands = hand->commands;
	hand->program.layer_count = HAND_LAYERS;
}

void hand_random(struct hand_program *hand, uint64_t seed) {
	struct source source = {.state = seed * 0x9e3779b97f4a7c15u + 1};
	for (int i = 0; i < 8; i++) below(&source, 2);
	start(hand);
	random_machine(&source, &hand->config);
	uint32_t count = between(&source, 4, 120);
	uint32_t preamble = below(&source, 2) ? between(&source, 1, 3) : 0;
	for (uint32_t i = 0; i < count; i++) {
		random_command(&source, &hand->config, &hand->commands[i]);
		if (i + 1 != preamble) continue;
		hand->commands[i] = (struct command){.opcode = OPCODE_BARRIER};
		memset(source.given, 0, sizeof source.given);
	}
	hand->commands[count] = (struct command){.opcode = OPCODE_END, .f.frame_start = preamble};
	hand->program.frame_start = preamble;
	hand->program.command_count = count + 1;
}

void hand_chain(struct hand_program *hand) {
	start(hand);
	hand->commands[0] = (struct command){.opcode = OPCODE_LOAD,
	                                     .give_data = 1u << UNIT_BINARY,
	                                     .f.transfer = {.row_words = 16, .rows = 1, .pitch_bytes = 4096}};
	hand->commands[1] = (struct command){.opcode = OPCODE_BINARY_CONV,
	                                     .take_data = 1u << UNIT_LOAD,
	                                     .give_data = 1u << UNIT_POST,
	                                     .f.conv = {.kernel = 3,
	                                                .stride = 1,
	                                                .pad = 1,
	                                                .input_words = 1,
	                                                .groups = 1,
	                                                .steps = 9,
	                                                .channels = 4,
	                                                .rows = 4,
	                                                .output_width = 4,
	                                                .input_width = 4,
	                                                .input_height = 4}};
	hand->commands[2] = (struct command){
	    .opcode = OPCODE_POST,
	    .layer = 1,
	    .flags = POST_WRITE_OUTPUT,
	    .take_data = 1u << UNIT_BINARY,
	    .give_data = 1u << UNIT_STORE,
	    .f.post = {.rows = 4, .width = 4, .channels = 4, .a_groups = 1, .sums_width = 4, .value_bits = 8}};
	hand->commands[3] = (struct command){
	    .opcode = OPCODE_STORE,
	    .layer = 2,
	    .take_data = 1u << UNIT_POST,
	    .f.transfer = {
	        .ddr_address = 8192, .buffer = BUFFER_OUTPUT, .row_words = 16, .rows = 1, .pitch_bytes = 4096}};
	hand->commands[4] = (struct command){.opcode = OPCODE_END};
	hand->program.command_count = 5;
}

void hand_stuck(struct hand_program *hand) {
	hand_chain(hand);
	hand->commands[2].take_data |= 1u << UNIT_FIXED;
}
