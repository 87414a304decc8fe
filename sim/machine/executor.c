/* executor: runs a program on byte images, and the host's side of them. See executor.h.
 *
 * The commands are in executor_memory.c (LOAD, STORE), executor_conv.c and executor_post.c. The order of commands,
 * tokens and time are not modelled here: who calls decides the order. */
#include "sim/machine/executor_memory.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static enum status check_machine(const struct config *config, struct error *error) {
	if (!config->binary_pes || !config->binary_words || !config->fixed_rows || !config->fixed_columns ||
	    !config->dma_axi_bytes)
		return error_set(error, STATUS_INPUT,
		                 "executor: a structural parameter is 0; expected a checked configuration");
	if (config->post_lanes < 1 || config->post_lanes > POST_LANES_MAX || config->binary_pes % config->post_lanes ||
	    config->fixed_columns % config->post_lanes)
		return error_set(error, STATUS_INPUT,
		                 "executor: [post_unit] lanes is %" PRIu32
		                 "; expected a divisor of pes and columns, at most %d",
		                 config->post_lanes, POST_LANES_MAX);
	const uint32_t activation_bits = config->fixed_activation_bits, weight_bits = config->fixed_weight_bits;
	if (activation_bits < 1 || activation_bits > 16 || weight_bits < 1 || weight_bits > 16)
		return error_set(error, STATUS_INPUT,
		                 "executor: [fixed_engine] activation_bits is %" PRIu32 ", weight_bits %" PRIu32
		                 "; expected 1 to 16, resolved",
		                 activation_bits, weight_bits);
	return STATUS_OK;
}

static enum status load_segments(struct executor *executor, struct error *error) {
	const struct program *program = executor->program;
	for (uint32_t i = 0; i < program->segment_count; i++) {
		const struct program_segment *segment = &program->segments[i];
		if (!program->has_values || !segment->data)
			return error_set(error, STATUS_INPUT,
			                 "executor: segment %" PRIu32
			                 " of the program holds no values; expected a program with values",
			                 i);
		enum status status = executor_write_ddr(executor, segment->channel, segment->address, segment->data,
		                                        segment->bytes, error);
		if (status != STATUS_OK) return status;
	}
	return STATUS_OK;
}

enum status executor_create(struct executor **executor, const struct config *config, const struct program *program,
                            struct error *error) {
	*executor = NULL;
	enum status status = check_machine(config, error);
	if (status != STATUS_OK) return status;
	struct executor *created = calloc(1, sizeof *created);
	if (!created) return error_set(error, STATUS_MEMORY, "executor: out of memory");
	created->config = config;
	created->program = program;
	status = executor_memory_init(created, error);
	if (status == STATUS_OK) status = load_segments(created, error);
	if (status == STATUS_OK)
		*executor = created;
	else
		executor_free(created);
	return status;
}

void executor_free(struct executor *executor) {
	if (!executor) return;
	executor_memory_clear(executor);
	free(executor);
}

/* --- the host's side -----------------------------------------------------------------------------------------------
 */

static enum status check_access(const struct executor *executor, uint32_t channel, uint64_t address, uint64_t bytes,
                                struct error *error) {
	if (channel >= CONFIG_CHANNELS_MAX)
		return error_set(error, STATUS_FAILED, "host: DDR channel %" PRIu32 "; expected less than %d", channel,
		                 CONFIG_CHANNELS_MAX);
	const uint32_t size_bytes = executor->channels[channel].size_bytes;
	if (address <= size_bytes && bytes <= size_bytes - address) return STATUS_OK;
	return error_set(error, STATUS_FAILED,
	                 "host: %" PRIu64 " bytes at byte %" PRIu64 " of DDR channel %" PRIu32
	                 "; expected to end within its %" PRIu32 " bytes",
	                 bytes, address, channel, size_bytes);
}

enum status executor_write_ddr(struct executor *executor, uint32_t channel, uint32_t address, const void *data,
                               size_t bytes, struct error *error) {
	enum status status = check_access(executor, channel, address, bytes, error);
	if (status != STATUS_OK || bytes == 0) return status;
	memcpy(executor->channels[channel].bytes + address, data, bytes);
	ddr_mark_written(&executor->channels[channel], address, bytes);
	return STATUS_OK;
}

enum status executor_read_ddr(const struct executor *executor, uint32_t channel, uint32_t address, void *data,
                              size_t bytes, struct error *error) {
	enum status status = check_access(executor, channel, address, bytes, error);
	if (status != STATUS_OK || bytes == 0) return status;
	const uint64_t poison = ddr_first_poison(&executor->channels[channel], address, bytes);
	if (poison != (uint64_t)address + bytes)
		return error_set(error, STATUS_FAILED,
		                 "host: byte %" PRIu64 " of DDR channel %" PRIu32 " was never written", poison,
		                 channel);
	memcpy(data, executor->channels[channel].bytes + address, bytes);
	return STATUS_OK;
}

/* Puts one pixel's channels into its words, which are 0. */
static enum status pack_pixel(const struct executor *executor, const int16_t *values, uint32_t channels, int is_bits,
                              uint8_t *bytes, struct error *error) {
	const uint32_t word_bytes = executor->program->input.word_bytes;
	const struct executor_buffer *buffer =
	    &executor->buffers[is_bits ? BUFFER_BIT_ACTIVATIONS : BUFFER_FIXED_ACTIVATIONS];
	const uint32_t word_channels = is_bits ? LANE_BITS * buffer->lanes : buffer->lanes;
	for (uint32_t c = 0; c < channels; c++) {
		uint8_t *word = bytes + (size_t)(c / word_channels) * word_bytes;
		const uint32_t place = c % word_channels;
		if (is_bits && values[c] != -1 && values[c] != 1)
			return error_set(error, STATUS_INPUT,
			                 "input: value %d of channel %" PRIu32 "; expected -1 or +1", values[c], c);
		if (!is_bits && !fits_bits(values[c], buffer->value_bits))
			return error_set(error, STATUS_INPUT,
			                 "input: value %d of channel %" PRIu32 "; expected at most %" PRIu32 " bits",
			                 values[c], c, buffer->value_bits);
		if (is_bits)
			word[place / LANE_BITS * 8 + place % LANE_BITS / 8] |=
			    (uint8_t)((values[c] > 0 ? 1 : 0) << (place % LANE_BITS % 8));
		else
			for (uint32_t i = 0; i < buffer->value_bytes; i++)
				word[place * buffer->value_bytes + i] = (uint8_t)((uint16_t)values[c] >> (8 * i));
	}
	return STATUS_OK;
}

enum status executor_put_input(struct executor *executor, const int16_t *values, uint32_t height, uint32_t width,
                               uint32_t channels, int is_bits, struct error *error) {
	const struct program_map *map = &executor->program->input;
	const struct executor_buffer *buffer =
	    &executor->buffers[is_bits ? BUFFER_BIT_ACTIVATIONS : BUFFER_FIXED_ACTIVATIONS];
	const uint32_t pixel_words = divide_up(channels, is_bits ? LANE_BITS * buffer->lanes : buffer->lanes);
	if (map->pixel_words != pixel_words || map->word_bytes != buffer->word_bytes)
		return error_set(error, STATUS_FAILED,
		                 "input: the program's map has %" PRIu32 " words of %" PRIu32
		                 " bytes a pixel; expected %" PRIu32 " of %" PRIu32,
		                 map->pixel_words, map->word_bytes, pixel_words, buffer->word_bytes);
	const uint64_t pixel_bytes = (uint64_t)pixel_words * map->word_bytes, row_bytes = width * pixel_bytes;
	if (height > 1 && map->pitch_bytes < row_bytes)
		return error_set(error, STATUS_FAILED,
		                 "input: the program's map has rows of %" PRIu32 " bytes; expected at least %" PRIu64,
		                 map->pitch_bytes, row_bytes);
	if (height == 0 || row_bytes == 0) return STATUS_OK;
	const uint64_t last_row = map->address + (uint64_t)(height - 1) * map->pitch_bytes;
	enum status status = check_access(executor, map->channel, last_row, row_bytes, error);
	if (status != STATUS_OK) return status;
	struct ddr_image *image = &executor->channels[map->channel];
	for (uint32_t y = 0; y < height && status == STATUS_OK; y++) {
		const uint64_t address = map->address + (uint64_t)y * map->pitch_bytes;
		memset(image->bytes + address, 0, row_bytes);
		for (uint32_t x = 0; x < width && status == STATUS_OK; x++)
			status = pack_pixel(executor, values + ((size_t)y * width + x) * channels, channels, is_bits,
			                    image->bytes + address + x * pixel_bytes, error);
		ddr_mark_written(image, address, row_bytes);
	}
	return status;
}

enum status executor_get_scores(const struct executor *executor, int32_t *scores, uint32_t count, struct error *error) {
	const struct program_map *map = &executor->program->scores;
	const uint32_t lanes = executor->config->post_lanes;
	if (divide_up(count, lanes) > map->pixel_words || map->word_bytes != 4 * lanes)
		return error_set(error, STATUS_FAILED,
		                 "scores: the program's map has %" PRIu32 " words of %" PRIu32
		                 " bytes; expected %" PRIu32 " of %" PRIu32 " for %" PRIu32 " scores",
		                 map->pixel_words, map->word_bytes, divide_up(count, lanes), 4 * lanes, count);
	/* Words lie one behind the other and are full: score i is at 4 i. */
	for (uint32_t i = 0; i < count; i++) {
		uint8_t bytes[4] = {0};
		enum status status =
		    executor_read_ddr(executor, map->channel, map->address + 4 * i, bytes, sizeof bytes, error);
		if (status != STATUS_OK) return status;
		scores[i] = (int32_t)((uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
		                      (uint32_t)bytes[3] << 24);
	}
	return STATUS_OK;
}

/* --- commands ------------------------------------------------------------------------------------------------------
 */

enum status executor_command(struct executor *executor, uint32_t index, struct error *error) {
	if (index >= executor->program->command_count)
		return error_set(error, STATUS_FAILED, "command %" PRIu32 " of a program of %" PRIu32 " commands",
		                 index, executor->program->command_count);
	const struct executor_call call = {executor, &executor->program->commands[index], index, error};
	switch (call.command->opcode) {
	case OPCODE_END:
	case OPCODE_BARRIER: return STATUS_OK;
	case OPCODE_LOAD: return executor_load(&call);
	case OPCODE_STORE: return executor_store(&call);
	case OPCODE_BINARY_CONV: return executor_binary_conv(&call);
	case OPCODE_FIXED_CONV: return executor_fixed_conv(&call);
	case OPCODE_POST: return executor_post(&call);
	case OPCODE_COUNT: break;
	}
	return executor_fail(&call, "has opcode %d; expected less than %d", (int)call.command->opcode, OPCODE_COUNT);
}

static enum status run_commands(struct executor *executor, uint32_t first, uint32_t end, struct error *error) {
	enum status status = STATUS_OK;
	for (uint32_t i = first; i < end && status == STATUS_OK; i++) status = executor_command(executor, i, error);
	return status;
}

enum status executor_preamble(struct executor *executor, struct error *error) {
	return run_commands(executor, 0, executor->program->frame_start, error);
}

enum status executor_frame(struct executor *executor, struct error *error) {
	return run_commands(executor, executor->program->frame_start, executor->program->command_count, error);
}
