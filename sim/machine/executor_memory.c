/* executor_memory: what the functional executor keeps (DDR images, buffers, poison) and the transfers between them.
 *
 * Layouts: PROGRAM.md sections 1 (DDR words) and 2 (tensors); LOAD and STORE: section 3. A transfer that hardware would
 * carry out silently but that no correct program asks for is an error here: poison, a word beyond the depth, bytes
 * beyond the channel's image, a value wider than the lane, bytes that are not 0 behind the last lane. Left out: bursts,
 * banks, order of bytes in time (sections 8 to 10); the whole transfer happens at once. */
#include "sim/machine/executor_memory.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const opcode_names[OPCODE_COUNT] = {"END",         "BARRIER",    "LOAD", "STORE",
                                                       "BINARY_CONV", "FIXED_CONV", "POST"};
static const char *const opcode_units[OPCODE_COUNT] = {"sequencer",     "sequencer",    "load",     "store",
                                                       "binary_engine", "fixed_engine", "post_unit"};

enum status executor_fail(const struct executor_call *call, const char *format, ...) {
	char text[ERROR_TEXT_BYTES];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	const enum opcode opcode = call->command->opcode;
	const int known = (unsigned)opcode < OPCODE_COUNT;
	char head[128];
	snprintf(head, sizeof head, "command %" PRIu32 " (%s, layer %" PRIu32 "): %s", call->index,
	         known ? opcode_names[opcode] : "?", call->command->layer, known ? opcode_units[opcode] : "?");
	return error_set(call->error, STATUS_FAILED, "%s %.*s", head, (int)(ERROR_TEXT_BYTES - sizeof head - 2), text);
}

/* --- poison of DDR bytes -------------------------------------------------------------------------------------------
 */

/* The bits of unit address / 64 that belong to the range. */
static uint64_t range_mask(uint64_t unit, uint64_t address, uint64_t end) {
	uint64_t mask = UINT64_MAX;
	if (unit == address / 64) mask &= UINT64_MAX << (address % 64);
	if (unit == end / 64) mask &= ~(UINT64_MAX << (end % 64));
	return mask;
}

uint64_t ddr_first_poison(const struct ddr_image *image, uint64_t address, uint64_t bytes) {
	const uint64_t end = address + bytes;
	for (uint64_t unit = address / 64; unit * 64 < end; unit++) {
		const uint64_t poison = ~image->written[unit] & range_mask(unit, address, end);
		if (poison) return unit * 64 + (uint64_t)__builtin_ctzll(poison);
	}
	return end;
}

void ddr_mark_written(struct ddr_image *image, uint64_t address, uint64_t bytes) {
	const uint64_t end = address + bytes;
	for (uint64_t unit = address / 64; unit * 64 < end; unit++)
		image->written[unit] |= range_mask(unit, address, end);
}

/* --- creation ------------------------------------------------------------------------------------------------------
 */

static void *allocate(size_t count, size_t bytes, int *failed) {
	void *memory = calloc(count ? count : 1, bytes);
	if (!memory) *failed = 1;
	return memory;
}

/* What a word of each buffer consists of. */
static void describe_buffer(struct executor_buffer *buffer, const struct config *config, enum buffer_id id) {
	buffer->id = id;
	buffer->depth_words = config->buffer[id].depth_words;
	switch (id) {
	case BUFFER_BIT_ACTIVATIONS: buffer->lanes = config->binary_words; break;
	case BUFFER_FIXED_ACTIVATIONS: buffer->lanes = config->fixed_rows; break;
	case BUFFER_BIT_WEIGHTS: buffer->lanes = config->binary_pes * config->binary_words; break;
	case BUFFER_FIXED_WEIGHTS: buffer->lanes = config->fixed_rows * config->fixed_columns; break;
	case BUFFER_PARAMETERS: buffer->lanes = config->post_lanes; break;
	case BUFFER_BORDER: buffer->lanes = config->binary_pes; break;
	case BUFFER_ACCUMULATORS: buffer->lanes = config->binary_pes; break;
	case BUFFER_SKIP_SUMS: buffer->lanes = config->fixed_columns; break;
	case BUFFER_OUTPUT: buffer->lanes = config->post_lanes; break;
	case BUFFER_COUNT: break;
	}
	if (id == BUFFER_FIXED_ACTIVATIONS) buffer->value_bits = config->fixed_activation_bits;
	if (id == BUFFER_FIXED_WEIGHTS) buffer->value_bits = config->fixed_weight_bits;
	if (id == BUFFER_BORDER) buffer->value_bits = 16;
	if (id == BUFFER_ACCUMULATORS) buffer->value_bits = config->binary_accumulator_bits;
	if (id == BUFFER_SKIP_SUMS) buffer->value_bits = config->fixed_accumulator_bits;
	buffer->value_bytes = buffer->value_bits <= 8 ? 1 : 2;
	if (id != BUFFER_ACCUMULATORS && id != BUFFER_SKIP_SUMS) buffer->word_bytes = config_word_bytes(config, id);
	if (id == BUFFER_BIT_ACTIVATIONS) {
		buffer->mask_units = buffer->lanes;
		buffer->unit_bits = LANE_BITS;
	}
	if (id == BUFFER_FIXED_ACTIVATIONS) {
		buffer->mask_units = divide_up(buffer->lanes, 64);
		buffer->unit_bits = buffer->lanes < 64 ? buffer->lanes : 64;
	}
}

static void allocate_buffer(struct executor_buffer *buffer, int *failed) {
	const size_t words = buffer->depth_words,
	             elements = (words + 1) * buffer->lanes; /* one word of zeros behind the last */
	buffer->whole = allocate(words, 1, failed);
	if (buffer->mask_units) buffer->written = allocate(words * buffer->mask_units, sizeof *buffer->written, failed);
	switch (buffer->id) {
	case BUFFER_BIT_WEIGHTS:
		buffer->used_lanes = allocate(words, sizeof *buffer->used_lanes, failed);
		buffer->used_pes = allocate(words, sizeof *buffer->used_pes, failed);
		buffer->bits = allocate(elements, sizeof *buffer->bits, failed);
		break;
	case BUFFER_BIT_ACTIVATIONS: buffer->bits = allocate(elements, sizeof *buffer->bits, failed); break;
	case BUFFER_FIXED_ACTIVATIONS:
	case BUFFER_FIXED_WEIGHTS:
	case BUFFER_BORDER: buffer->values = allocate(elements, sizeof *buffer->values, failed); break;
	case BUFFER_PARAMETERS: buffer->records = allocate(elements, sizeof *buffer->records, failed); break;
	case BUFFER_ACCUMULATORS:
	case BUFFER_SKIP_SUMS: buffer->sums = allocate(elements, sizeof *buffer->sums, failed); break;
	case BUFFER_OUTPUT: buffer->outputs = allocate(elements, sizeof *buffer->outputs, failed); break;
	case BUFFER_COUNT: break;
	}
}

enum status executor_memory_init(struct executor *executor, struct error *error) {
	int failed = 0;
	for (uint32_t i = 0; i < CONFIG_CHANNELS_MAX; i++) {
		struct ddr_image *image = &executor->channels[i];
		image->size_bytes = executor->program->ddr_bytes[i];
		image->bytes = allocate(image->size_bytes, 1, &failed);
		image->written = allocate((size_t)image->size_bytes / 64 + 1, sizeof *image->written, &failed);
	}
	for (int id = 0; id < BUFFER_COUNT; id++) {
		describe_buffer(&executor->buffers[id], executor->config, (enum buffer_id)id);
		allocate_buffer(&executor->buffers[id], &failed);
	}
	return failed ? error_set(error, STATUS_MEMORY, "executor: out of memory for the images of DDR and buffers")
	              : STATUS_OK;
}

void executor_memory_clear(struct executor *executor) {
	for (uint32_t i = 0; i < CONFIG_CHANNELS_MAX; i++) {
		free(executor->channels[i].bytes);
		free(executor->channels[i].written);
	}
	for (int id = 0; id < BUFFER_COUNT; id++) {
		struct executor_buffer *buffer = &executor->buffers[id];
		free(buffer->whole);
		free(buffer->written);
		free(buffer->bits);
		free(buffer->values);
		free(buffer->records);
		free(buffer->sums);
		free(buffer->outputs);
		free(buffer->used_lanes);
		free(buffer->used_pes);
	}
}

/* --- words of a buffer ---------------------------------------------------------------------------------------------
 */

/* Lowest lane (bit) of the word that was never written, or -1: none was written, or it is not kept by lanes. */
static int64_t first_poison_lane(const struct executor_buffer *buffer, int64_t word) {
	uint64_t any = 0;
	int64_t first = -1;
	for (uint32_t unit = 0; unit < buffer->mask_units; unit++) {
		const uint64_t mask = buffer->written[(size_t)word * buffer->mask_units + unit];
		const uint64_t missing = ~mask & (UINT64_MAX >> (64 - buffer->unit_bits));
		any |= mask;
		if (missing && first < 0) first = (int64_t)unit * buffer->unit_bits + __builtin_ctzll(missing);
	}
	return any ? first : -1;
}

static enum status range_error(const struct executor_call *call, const struct executor_buffer *buffer, const char *verb,
                               int64_t word) {
	return executor_fail(call, "%s %s word %" PRId64 "; expected 0 to %" PRIu32 ", its last word", verb,
	                     config_buffer_names[buffer->id], word, buffer->depth_words - 1);
}

enum status buffer_read_error(const struct executor_call *call, const struct executor_buffer *buffer, int64_t word) {
	const char *name = config_buffer_names[buffer->id];
	if (!buffer_in_range(buffer, word)) return range_error(call, buffer, "reads", word);
	const int64_t lane = first_poison_lane(buffer, word);
	if (lane < 0) return executor_fail(call, "reads %s word %" PRId64 ", which was never written", name, word);
	return executor_fail(call, "reads %s word %" PRId64 ", of which %s %" PRId64 " was never written", name, word,
	                     buffer->id == BUFFER_BIT_ACTIVATIONS ? "bit" : "lane", lane);
}

enum status buffer_check_range(const struct executor_call *call, const struct executor_buffer *buffer, const char *verb,
                               int64_t first, uint64_t count) {
	if (!buffer_in_range(buffer, first)) return range_error(call, buffer, verb, first);
	if (count > buffer->depth_words - (uint64_t)first)
		return range_error(call, buffer, verb, (int64_t)buffer->depth_words);
	return STATUS_OK;
}

enum status buffer_check_readable(const struct executor_call *call, const struct executor_buffer *buffer, int64_t first,
                                  uint64_t count) {
	enum status status = buffer_check_range(call, buffer, "reads", first, count);
	if (status != STATUS_OK) return status;
	const uint8_t *poison = memchr(buffer->whole + first, 0, count);
	return poison ? buffer_read_error(call, buffer, poison - buffer->whole) : STATUS_OK;
}

void buffer_mark_part(struct executor_buffer *buffer, uint32_t word, uint32_t unit, uint64_t mask) {
	uint64_t *written = buffer->written + (size_t)word * buffer->mask_units;
	const uint64_t full = UINT64_MAX >> (64 - buffer->unit_bits);
	written[unit] |= mask;
	for (uint32_t i = 0; i < buffer->mask_units; i++)
		if (written[i] != full) return;
	buffer->whole[word] = 1;
}

/* --- transfers -----------------------------------------------------------------------------------------------------
 */

static uint64_t read_little(const uint8_t *bytes, uint32_t count) {
	uint64_t value = 0;
	for (uint32_t i = 0; i < count; i++) value |= (uint64_t)bytes[i] << (8 * i);
	return value;
}

static uint64_t read_little64(const uint8_t *bytes) {
	return (uint64_t)bytes[0] | (uint64_t)bytes[1] << 8 | (uint64_t)bytes[2] << 16 | (uint64_t)bytes[3] << 24 |
	       (uint64_t)bytes[4] << 32 | (uint64_t)bytes[5] << 40 | (uint64_t)bytes[6] << 48 |
	       (uint64_t)bytes[7] << 56;
}

static void write_little(uint8_t *bytes, uint64_t value, uint32_t count) {
	for (uint32_t i = 0; i < count; i++) bytes[i] = (uint8_t)(value >> (8 * i));
}

static enum status load_bits(const struct executor_call *call, struct executor_buffer *buffer, uint32_t word,
                             const uint8_t *bytes) {
	uint64_t *lanes = buffer->bits + (size_t)word * buffer->lanes;
	uint64_t beyond = 0;
	for (uint32_t lane = 0; lane < buffer->lanes; lane++) {
		const uint64_t value = read_little64(bytes + 8 * (size_t)lane);
		beyond |= value & ~LANE_MASK;
		lanes[lane] = value & LANE_MASK;
	}
	for (uint32_t i = 8 * buffer->lanes; i < buffer->word_bytes; i++) beyond |= bytes[i];
	if (beyond)
		return executor_fail(
		    call, "loads %s word %" PRIu32 " from bytes that are not 0 beyond its 48-bit lanes; expected 0",
		    config_buffer_names[buffer->id], word);
	return STATUS_OK;
}

/* How far the bit weights of a word are not all 1 (used_lanes, used_pes). */
static void note_used_weights(struct executor_buffer *buffer, const struct config *config, uint32_t word) {
	const uint32_t words = config->binary_words;
	const uint64_t *lanes = buffer->bits + (size_t)word * buffer->lanes;
	uint32_t used_lanes = 0, used_pes = 0;
	for (uint32_t pe = 0; pe < config->binary_pes; pe++)
		for (uint32_t lane = 0; lane < words; lane++)
			if (lanes[pe * words + lane] != LANE_MASK) {
				used_pes = pe + 1;
				if (lane >= used_lanes) used_lanes = lane + 1;
			}
	buffer->used_lanes[word] = (uint16_t)used_lanes;
	buffer->used_pes[word] = used_pes;
}

static enum status load_values(const struct executor_call *call, struct executor_buffer *buffer, uint32_t word,
                               const uint8_t *bytes) {
	int16_t *values = buffer->values + (size_t)word * buffer->lanes;
	const uint32_t rows = call->executor->config->fixed_rows, columns = call->executor->config->fixed_columns;
	for (uint32_t i = 0; i < buffer->lanes; i++) {
		const uint8_t *place = bytes + (size_t)i * buffer->value_bytes;
		const int16_t value =
		    (int16_t)(buffer->value_bytes == 1 ? (int8_t)place[0] : (int16_t)(place[0] | place[1] << 8));
		if (!fits_bits(value, buffer->value_bits))
			return executor_fail(call,
			                     "loads %s word %" PRIu32 " value %" PRIu32
			                     ", which is %d; expected at most %" PRIu32 " bits",
			                     config_buffer_names[buffer->id], word, i, value, buffer->value_bits);
		const uint32_t element = buffer->id == BUFFER_FIXED_WEIGHTS ? i % rows * columns + i / rows : i;
		values[element] = value;
	}
	return STATUS_OK;
}

static void load_records(struct executor_buffer *buffer, uint32_t word, const uint8_t *bytes) {
	struct parameter_record *records = buffer->records + (size_t)word * buffer->lanes;
	for (uint32_t lane = 0; lane < buffer->lanes; lane++)
		for (uint32_t i = 0; i < 4; i++)
			records[lane].words[i] = (uint32_t)read_little(bytes + 16 * (size_t)lane + 4 * i, 4);
}

static enum status load_word(const struct executor_call *call, struct executor_buffer *buffer, uint32_t word,
                             const uint8_t *bytes) {
	enum status status = STATUS_OK;
	if (buffer->bits) status = load_bits(call, buffer, word, bytes);
	if (buffer->used_pes && status == STATUS_OK) note_used_weights(buffer, call->executor->config, word);
	if (buffer->values) status = load_values(call, buffer, word, bytes);
	if (buffer->records) load_records(buffer, word, bytes);
	if (status == STATUS_OK) buffer->whole[word] = 1;
	return status;
}

static void store_word(const struct executor_buffer *buffer, uint32_t word, uint8_t *bytes) {
	memset(bytes, 0, buffer->word_bytes);
	for (uint32_t lane = 0; lane < buffer->lanes; lane++) {
		const size_t element = (size_t)word * buffer->lanes + lane;
		if (buffer->bits) write_little(bytes + 8 * (size_t)lane, buffer->bits[element], 8);
		if (buffer->values)
			write_little(bytes + buffer->value_bytes * (size_t)lane, (uint64_t)buffer->values[element],
			             buffer->value_bytes);
		if (buffer->outputs) write_little(bytes + 4 * (size_t)lane, (uint64_t)buffer->outputs[element], 4);
	}
}

/* The fields of a LOAD or STORE, with all DDR bytes in the image; `buffers`: bit set of those it may reach. */
static enum status check_transfer(const struct executor_call *call, uint32_t buffers) {
	const struct transfer_fields *f = &call->command->f.transfer;
	const struct config *config = call->executor->config;
	if (call->command->flags) return executor_fail(call, "has flags %" PRIu32 "; expected 0", call->command->flags);
	if (f->channel >= config->dram_channels || f->channel >= CONFIG_CHANNELS_MAX)
		return executor_fail(call, "names channel %" PRIu32 "; expected less than %" PRIu32, f->channel,
		                     config->dram_channels);
	if (f->buffer >= BUFFER_COUNT || !(buffers >> f->buffer & 1))
		return executor_fail(call, "names buffer %" PRIu32 " (%s), which it does not reach", f->buffer,
		                     f->buffer < BUFFER_COUNT ? config_buffer_names[f->buffer] : "?");
	if (f->rows == 0 || f->row_words == 0)
		return executor_fail(call, "moves %" PRIu32 " rows of %" PRIu32 " words; expected at least 1", f->rows,
		                     f->row_words);
	if (f->ddr_address % config->dma_axi_bytes || f->pitch_bytes % config->dma_axi_bytes)
		return executor_fail(
		    call, "has DDR address %" PRIu32 " and pitch %" PRIu32 "; expected multiples of %" PRIu32,
		    f->ddr_address, f->pitch_bytes, config->dma_axi_bytes);
	const struct ddr_image *image = &call->executor->channels[f->channel];
	/* Each step fits 64 bits: factors of 32 bits; a row that is too long is refused before it is added. */
	const uint64_t row_bytes = (uint64_t)f->row_words * call->executor->buffers[f->buffer].word_bytes;
	const uint64_t last_row = f->ddr_address + (uint64_t)(f->rows - 1) * f->pitch_bytes;
	if (last_row > image->size_bytes || row_bytes > image->size_bytes - last_row)
		return executor_fail(
		    call, "reaches channel %" PRIu32 " byte %" PRIu64 "; expected at most %" PRIu32 " bytes",
		    f->channel, last_row > image->size_bytes ? last_row : last_row + row_bytes - 1, image->size_bytes);
	return STATUS_OK;
}

enum status executor_load(const struct executor_call *call) {
	const uint32_t reached = 1u << BUFFER_BIT_ACTIVATIONS | 1u << BUFFER_FIXED_ACTIVATIONS |
	                         1u << BUFFER_BIT_WEIGHTS | 1u << BUFFER_FIXED_WEIGHTS | 1u << BUFFER_PARAMETERS |
	                         1u << BUFFER_BORDER;
	enum status status = check_transfer(call, reached);
	if (status != STATUS_OK) return status;
	const struct transfer_fields *f = &call->command->f.transfer;
	struct executor_buffer *buffer = &call->executor->buffers[f->buffer];
	const struct ddr_image *image = &call->executor->channels[f->channel];
	const uint64_t row_bytes = (uint64_t)f->row_words * buffer->word_bytes;
	status = buffer_check_range(call, buffer, "writes", f->buffer_address, (uint64_t)f->rows * f->row_words);
	for (uint32_t row = 0; row < f->rows && status == STATUS_OK; row++) {
		const uint64_t address = f->ddr_address + (uint64_t)row * f->pitch_bytes;
		const uint64_t poison = ddr_first_poison(image, address, row_bytes);
		if (poison != address + row_bytes)
			return executor_fail(call,
			                     "reads channel %" PRIu32 " byte %" PRIu64 " (for %s word %" PRIu64
			                     "), which was never written",
			                     f->channel, poison, config_buffer_names[f->buffer],
			                     f->buffer_address + (uint64_t)row * f->row_words +
			                         (poison - address) / buffer->word_bytes);
		for (uint32_t i = 0; i < f->row_words && status == STATUS_OK; i++)
			status = load_word(call, buffer, f->buffer_address + row * f->row_words + i,
			                   image->bytes + address + (uint64_t)i * buffer->word_bytes);
	}
	return status;
}

enum status executor_store(const struct executor_call *call) {
	enum status status =
	    check_transfer(call, 1u << BUFFER_BIT_ACTIVATIONS | 1u << BUFFER_FIXED_ACTIVATIONS | 1u << BUFFER_OUTPUT);
	if (status != STATUS_OK) return status;
	const struct transfer_fields *f = &call->command->f.transfer;
	const struct executor_buffer *buffer = &call->executor->buffers[f->buffer];
	struct ddr_image *image = &call->executor->channels[f->channel];
	status = buffer_check_readable(call, buffer, f->buffer_address, (uint64_t)f->rows * f->row_words);
	for (uint32_t row = 0; row < f->rows && status == STATUS_OK; row++) {
		const uint64_t address = f->ddr_address + (uint64_t)row * f->pitch_bytes;
		for (uint32_t i = 0; i < f->row_words; i++)
			store_word(buffer, f->buffer_address + row * f->row_words + i,
			           image->bytes + address + (uint64_t)i * buffer->word_bytes);
		ddr_mark_written(image, address, (uint64_t)f->row_words * buffer->word_bytes);
	}
	return status;
}
