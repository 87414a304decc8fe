/* libFuzzer target: arbitrary words as commands. What is accepted must encode to the same words, and the functional
 * executor must take any sequence of such commands with an error at worst: never a crash, never an access outside its
 * images. The first 256 bytes are DDR contents, so that values are there to compute with. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/machine/executor.h"
#include "sim/mapper/program.h"

enum { DDR_BYTES = 256, COMMANDS_MAX = 16, STEPS_MAX = 20000 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static void set_machine(struct config *config) {
	config_defaults(config);
	config->binary_pes = config->fixed_rows = config->fixed_columns = config->post_lanes = 4;
	config->fixed_weight_bits = config->fixed_activation_bits = 8;
	config->dma_axi_bytes = 16;
	for (int i = 0; i < BUFFER_COUNT; i++) config->buffer[i].depth_words = 64;
}

/* 1 where the command is accepted and worth running. */
static int decode(struct command *command, const uint8_t *bytes, const struct config *config) {
	uint32_t words[COMMAND_WORDS], again[COMMAND_WORDS];
	struct error error = {""};
	memcpy(words, bytes, sizeof words);
	if (command_decode(command, words, &error) != STATUS_OK) {
		if (!error.text[0]) abort();
		return 0;
	}
	command_encode(command, again);
	if (memcmp(words, again, sizeof words) != 0 || command_field_overflow(command)) abort();
	if (command->opcode == OPCODE_LOAD || command->opcode == OPCODE_STORE)
		return (uint64_t)command->f.transfer.rows * command->f.transfer.row_words <= STEPS_MAX;
	return command_unit(command) == UNIT_COUNT || command_steps(command, config) <= STEPS_MAX;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes) {
	struct config config;
	struct command commands[COMMANDS_MAX + 1];
	uint8_t contents[DDR_BYTES];
	struct program_segment segment = {.bytes = DDR_BYTES, .data = contents};
	struct program program = {
	    .commands = commands, .segments = &segment, .segment_count = 1, .layer_count = 1, .has_values = 1};
	struct executor *executor;
	struct error error = {""};
	if (bytes < DDR_BYTES) return 0;
	memcpy(contents, data, DDR_BYTES);
	set_machine(&config);
	for (size_t at = DDR_BYTES; at + COMMAND_BYTES <= bytes && program.command_count < COMMANDS_MAX;
	     at += COMMAND_BYTES)
		if (decode(&commands[program.command_count], data + at, &config)) program.command_count++;
	commands[program.command_count++] = (struct command){.opcode = OPCODE_END};
	for (uint32_t c = 0; c < config.dram_channels; c++) program.ddr_bytes[c] = 4 * DDR_BYTES;
	if (executor_create(&executor, &config, &program, &error)) abort();
	for (uint32_t i = 0; i < program.command_count; i++)
		if (executor_command(executor, i, &error) != STATUS_OK && !error.text[0]) abort();
	executor_free(executor);
	return 0;
}
