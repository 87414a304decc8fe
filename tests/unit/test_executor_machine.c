/* See test_executor_machine.h. */
#include "tests/unit/test_executor_machine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

void rig_config(struct config *config) {
	config_defaults(config);
	config->dma_axi_bytes = 8;
	config->dram_channels = 2;
	config->binary_pes = 4;
	config->binary_words = 1;
	config->binary_packing = PACKING_WINDOW;
	config->binary_accumulator_bits = 16;
	config->fixed_rows = 4;
	config->fixed_columns = 4;
	config->fixed_weight_bits = 8;
	config->fixed_activation_bits = 8;
	config->fixed_accumulator_bits = 32;
	config->post_lanes = 4;
	for (int id = 0; id < BUFFER_COUNT; id++) config->buffer[id].depth_words = RIG_DEPTH_WORDS;
}

void rig_start(struct rig *rig, const struct config *config) {
	memset(rig, 0, sizeof *rig);
	rig->config = *config;
	rig->program.commands = rig->commands;
	rig->program.ddr_bytes[0] = RIG_DDR_BYTES;
	rig->program.ddr_bytes[1] = 4096;
	rig->program.has_values = 1;
	assert_int_equal(executor_create(&rig->executor, &rig->config, &rig->program, &rig->error), STATUS_OK);
}

void rig_stop(struct rig *rig) {
	executor_free(rig->executor);
}

enum status rig_run(struct rig *rig, struct command command) {
	assert_true(rig->program.command_count < RIG_COMMANDS);
	rig->commands[rig->program.command_count++] = command;
	rig->error.text[0] = 0;
	return executor_command(rig->executor, rig->program.command_count - 1, &rig->error);
}

static void run_well(struct rig *rig, struct command command) {
	if (rig_run(rig, command) != STATUS_OK) fail_msg("%s", rig->error.text);
}

struct command rig_transfer(enum opcode opcode, enum buffer_id buffer, uint32_t buffer_address, uint32_t words,
                            uint32_t address) {
	struct command command = {.opcode = opcode, .layer = 1};
	command.f.transfer = (struct transfer_fields){
	    .ddr_address = address, .buffer = buffer, .buffer_address = buffer_address, .row_words = words, .rows = 1};
	return command;
}

void rig_load(struct rig *rig, enum buffer_id buffer, uint32_t buffer_address, uint32_t words, const void *bytes) {
	const uint32_t count = words * config_word_bytes(&rig->config, buffer), address = rig->next_address;
	rig->next_address += (count + 63) / 64 * 64;
	if (executor_write_ddr(rig->executor, 0, address, bytes, count, &rig->error) != STATUS_OK)
		fail_msg("%s", rig->error.text);
	run_well(rig, rig_transfer(OPCODE_LOAD, buffer, buffer_address, words, address));
}

void rig_store(struct rig *rig, enum buffer_id buffer, uint32_t buffer_address, uint32_t words, void *bytes) {
	const uint32_t count = words * config_word_bytes(&rig->config, buffer), address = rig->next_address;
	rig->next_address += (count + 63) / 64 * 64;
	run_well(rig, rig_transfer(OPCODE_STORE, buffer, buffer_address, words, address));
	if (executor_read_ddr(rig->executor, 0, address, bytes, count, &rig->error) != STATUS_OK)
		fail_msg("%s", rig->error.text);
}

void rig_fails(struct rig *rig, struct command command, const char *text) {
	const enum status status = rig_run(rig, command);
	if (status != STATUS_FAILED || !strstr(rig->error.text, text))
		fail_msg("status %d, '%s'; expected status %d and '%s'", (int)status, rig->error.text,
		         (int)STATUS_FAILED, text);
}

void put_word_bit(uint8_t *bytes, uint32_t bit, uint32_t value) {
	uint8_t *byte = bytes + 8 * (bit / 48) + bit % 48 / 8;
	*byte = (uint8_t)((*byte & ~(1u << bit % 8)) | (value & 1) << bit % 8);
}

uint32_t get_word_bit(const uint8_t *bytes, uint32_t bit) {
	return bytes[8 * (bit / 48) + bit % 48 / 8] >> bit % 8 & 1;
}

void put_little(uint8_t *bytes, int64_t value, uint32_t count) {
	for (uint32_t i = 0; i < count; i++) bytes[i] = (uint8_t)((uint64_t)value >> (8 * i));
}

int64_t get_little(const uint8_t *bytes, uint32_t count) {
	uint64_t value = 0;
	for (uint32_t i = 0; i < count; i++) value |= (uint64_t)bytes[i] << (8 * i);
	const uint64_t sign = UINT64_C(1) << (8 * count - 1);
	return (int64_t)((value ^ sign) - sign);
}

void put_affine(uint8_t record[16], struct affine affine) {
	put_little(record, affine.a, 2);
	put_little(record + 2, affine.mp, 2);
	put_little(record + 4, affine.mn, 2);
	record[6] = (uint8_t)affine.e;
	record[7] = 0;
	put_little(record + 8, affine.b, 4);
	put_little(record + 12, affine.c, 4);
}

void put_thresholds(uint8_t record[16], int32_t t0, int32_t t1, int32_t t2, uint32_t descending) {
	put_little(record, t0, 4);
	put_little(record + 4, t1, 4);
	put_little(record + 8, t2, 4);
	put_little(record + 12, descending, 4);
}

void rig_read_sums(struct rig *rig, enum buffer_id buffer, uint32_t base, uint32_t words, int32_t *sums) {
	const uint32_t lanes = buffer == BUFFER_ACCUMULATORS ? rig->config.binary_pes : rig->config.fixed_columns;
	const uint32_t groups = lanes / rig->config.post_lanes, total = words * lanes;
	uint8_t *records = calloc(lanes, 16), *output = calloc(total, 4);
	for (uint32_t lane = 0; lane < lanes; lane++)
		put_affine(records + (size_t)16 * lane, (struct affine){1, 1, 1, 0, 0, 0});
	rig_load(rig, BUFFER_PARAMETERS, 0, groups, records);
	struct command post = {.opcode = OPCODE_POST,
	                       .flags = POST_WRITE_OUTPUT | (buffer == BUFFER_SKIP_SUMS ? POST_A_FROM_SKIP : 0)};
	post.f.post = (struct post_fields){.a_base = base,
	                                   .width = words,
	                                   .rows = 1,
	                                   .channels = lanes,
	                                   .a_groups = 1,
	                                   .sums_width = words,
	                                   .value_bits = 32};
	run_well(rig, post);
	rig_store(rig, BUFFER_OUTPUT, 0, words * groups, output);
	for (uint32_t i = 0; i < total; i++) sums[i] = (int32_t)get_little(output + (size_t)4 * i, 4);
	free(records);
	free(output);
}

uint32_t random_next(uint64_t *state) {
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return (uint32_t)(*state >> 32);
}

int32_t random_in(uint64_t *state, int32_t low, int32_t high) {
	return (int32_t)(low + (int64_t)(random_next(state) % (uint32_t)((int64_t)high - low + 1)));
}
