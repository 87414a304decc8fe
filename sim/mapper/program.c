/* Commands and programs: one table of fields, from which encoding, decoding, range checks and printing follow.
 *
 * The places of the fields are the table of PROGRAM.md section 3, the step counts its sections 6 and 7. Left out: what
 * a command does (the machine and the executor) and whether its values make sense (the mapper). */
#include "sim/mapper/program.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum { BIT_END = 1, BIT_BARRIER = 2, BIT_TRANSFER = 4 | 8, BIT_CONV = 16 | 32, BIT_POST = 64 };
enum { BIT_ALL = 127, BIT_UNITS = BIT_TRANSFER | BIT_CONV | BIT_POST };

enum field_form { FORM_NUMBER, FORM_SIGNED, FORM_UNITS, FORM_BUFFER, FORM_FLAGS };

struct field {
	const char *name;
	uint32_t opcodes; /* bit o: opcode o has it */
	size_t offset;    /* of a uint32_t (FORM_SIGNED: int32_t) in struct command */
	uint32_t word, low, bits;
	enum field_form form;
};

#define AT(member) offsetof(struct command, member)
#define TRANSFER(name, word, low, bits, form)                                                                          \
	{ #name, BIT_TRANSFER, AT(f.transfer.name), word, low, bits, form }
#define CONV(name, word, low, bits)                                                                                    \
	{ #name, BIT_CONV, AT(f.conv.name), word, low, bits, FORM_NUMBER }
#define POST(name, word, low, bits)                                                                                    \
	{ #name, BIT_POST, AT(f.post.name), word, low, bits, FORM_NUMBER }

static const struct field fields[] = {
    {"layer", BIT_ALL, AT(layer), 0, 4, 12, FORM_NUMBER},
    {"flags", BIT_UNITS, AT(flags), 0, 16, 16, FORM_FLAGS},
    {"take_data", BIT_UNITS, AT(take_data), 1, 0, 5, FORM_UNITS},
    {"take_room", BIT_UNITS, AT(take_room), 1, 5, 5, FORM_UNITS},
    {"give_data", BIT_UNITS, AT(give_data), 1, 10, 5, FORM_UNITS},
    {"give_room", BIT_UNITS, AT(give_room), 1, 15, 5, FORM_UNITS},
    {"frame_start", BIT_END, AT(f.frame_start), 2, 0, 32, FORM_NUMBER},
    TRANSFER(ddr_address, 2, 0, 32, FORM_NUMBER),
    TRANSFER(channel, 3, 0, 4, FORM_NUMBER),
    TRANSFER(buffer, 3, 8, 4, FORM_BUFFER),
    TRANSFER(buffer_address, 4, 0, 32, FORM_NUMBER),
    TRANSFER(row_words, 5, 0, 32, FORM_NUMBER),
    TRANSFER(rows, 6, 0, 32, FORM_NUMBER),
    TRANSFER(pitch_bytes, 7, 0, 32, FORM_NUMBER),
    CONV(input_base, 2, 0, 32),
    CONV(weight_base, 3, 0, 32),
    CONV(border_base, 4, 0, 32),
    CONV(output_base, 5, 0, 32),
    CONV(input_width, 6, 0, 16),
    CONV(input_height, 6, 16, 16),
    CONV(output_width, 7, 0, 16),
    CONV(rows, 7, 16, 16),
    CONV(first_row, 8, 0, 16),
    CONV(input_first_row, 8, 16, 16),
    CONV(kernel, 9, 0, 4),
    CONV(stride, 9, 4, 4),
    CONV(pad, 9, 8, 4),
    CONV(input_words, 9, 16, 16),
    CONV(groups, 10, 0, 16),
    CONV(steps, 10, 16, 16),
    CONV(channels, 11, 0, 16),
    POST(a_base, 2, 0, 32),
    POST(b_base, 3, 0, 32),
    POST(parameter_base, 4, 0, 32),
    POST(fixed_base, 5, 0, 32),
    POST(bits_base, 6, 0, 32),
    POST(output_base, 7, 0, 32),
    POST(width, 8, 0, 16),
    POST(rows, 8, 16, 16),
    POST(channels, 9, 0, 16),
    POST(a_groups, 9, 16, 16),
    POST(b_groups, 10, 0, 16),
    POST(sums_width, 10, 16, 16),
    POST(fixed_words, 11, 0, 16),
    POST(bits_words, 11, 16, 16),
    POST(first_channel, 12, 0, 16),
    POST(shift, 12, 16, 5),
    POST(value_bits, 12, 24, 8),
    {"threshold_base", BIT_POST, AT(f.post.threshold_base), 13, 0, 32, FORM_SIGNED},
};
enum { FIELD_COUNT = sizeof fields / sizeof fields[0] };

static const char *const opcode_names[OPCODE_COUNT] = {"END",         "BARRIER",    "LOAD", "STORE",
                                                       "BINARY_CONV", "FIXED_CONV", "POST"};
static const char *const unit_names[UNIT_COUNT] = {"binary", "fixed", "post", "load", "store"};

/* Flags that mean something: of each opcode, and their names by bit (conv, then post). */
static const uint32_t known_flags[OPCODE_COUNT] = {
    0, 0, 0, 0, CONV_WINDOW_PACKED, CONV_AVERAGE2 | CONV_TAP_SHARED, 255 | 3 << POST_THRESHOLD_COUNT_SHIFT};
static const char *const conv_flags[] = {"window_packed", "average2", "tap_shared", NULL};
static const char *const post_flags[] = {"a_from_skip", "use_b",        "threshold", "pool_max2", "write_fixed",
                                         "write_bits",  "write_output", "transpose", NULL};

static int has_field(const struct field *field, enum opcode opcode) {
	return (field->opcodes >> opcode & 1) != 0;
}

static uint32_t field_mask(const struct field *field) {
	return field->bits == 32 ? UINT32_MAX : (UINT32_C(1) << field->bits) - 1;
}

static uint32_t field_get(const struct field *field, const struct command *command) {
	uint32_t value;
	memcpy(&value, (const char *)command + field->offset, sizeof value);
	return value;
}

void program_clear(struct program *program) {
	for (uint32_t i = 0; i < program->segment_count; i++) free(program->segments[i].data);
	free(program->segments);
	free(program->commands);
	*program = (struct program){0};
}

enum unit_id command_unit(const struct command *command) {
	switch (command->opcode) {
	case OPCODE_BINARY_CONV: return UNIT_BINARY;
	case OPCODE_FIXED_CONV: return UNIT_FIXED;
	case OPCODE_POST: return UNIT_POST;
	case OPCODE_LOAD: return UNIT_LOAD;
	case OPCODE_STORE: return UNIT_STORE;
	case OPCODE_END:
	case OPCODE_BARRIER:
	case OPCODE_COUNT: break;
	}
	return UNIT_COUNT;
}

const char *command_field_overflow(const struct command *command) {
	for (size_t i = 0; i < FIELD_COUNT; i++)
		if (has_field(&fields[i], command->opcode) && field_get(&fields[i], command) > field_mask(&fields[i]))
			return fields[i].name;
	return NULL;
}

void command_encode(const struct command *command, uint32_t words[COMMAND_WORDS]) {
	memset(words, 0, COMMAND_BYTES);
	words[0] = (uint32_t)command->opcode;
	for (size_t i = 0; i < FIELD_COUNT; i++) {
		const struct field *field = &fields[i];
		if (!has_field(field, command->opcode)) continue;
		words[field->word] |= (field_get(field, command) & field_mask(field)) << field->low;
	}
}

enum status command_decode(struct command *command, const uint32_t words[COMMAND_WORDS], struct error *error) {
	uint32_t known[COMMAND_WORDS] = {15};
	memset(command, 0, sizeof *command);
	if ((words[0] & 15) >= OPCODE_COUNT)
		return error_set(error, STATUS_INPUT, "command: opcode %" PRIu32 ", expected 0 to %d", words[0] & 15,
		                 OPCODE_COUNT - 1);
	command->opcode = (enum opcode)(words[0] & 15);
	for (size_t i = 0; i < FIELD_COUNT; i++) {
		const struct field *field = &fields[i];
		if (!has_field(field, command->opcode)) continue;
		const uint32_t value = words[field->word] >> field->low & field_mask(field);
		memcpy((char *)command + field->offset, &value, sizeof value);
		known[field->word] |= field_mask(field) << field->low;
	}
	const char *name = opcode_names[command->opcode];
	for (int i = 0; i < COMMAND_WORDS; i++)
		if (words[i] & ~known[i])
			return error_set(error, STATUS_INPUT,
			                 "command %s: word %d is 0x%08" PRIx32 ", expected 0 in the bits 0x%08" PRIx32,
			                 name, i, words[i], ~known[i]);
	if (command->flags & ~known_flags[command->opcode])
		return error_set(error, STATUS_INPUT,
		                 "command %s: flags 0x%04" PRIx32 ", expected 0 outside 0x%04" PRIx32, name,
		                 command->flags, known_flags[command->opcode]);
	return STATUS_OK;
}

uint64_t command_window_cycles(const struct conv_fields *conv, const struct config *config, uint32_t columns) {
	const uint64_t words = (uint64_t)conv->kernel * conv->input_words, reads = config->binary_window_reads;
	return columns * ((words + reads - 1) / reads);
}

static uint64_t window_steps(const struct conv_fields *conv, const struct config *config) {
	const uint32_t fresh = conv->kernel < conv->stride ? conv->kernel : conv->stride;
	const uint64_t first = command_window_cycles(conv, config, conv->kernel);
	const uint64_t next = command_window_cycles(conv, config, fresh);
	const uint64_t lanes = (uint64_t)conv->groups * conv->steps;
	return conv->rows * (first + (conv->output_width - UINT64_C(1)) * (next > lanes ? next : lanes) + lanes);
}

uint64_t command_steps(const struct command *command, const struct config *config) {
	const struct conv_fields *conv = &command->f.conv;
	const struct post_fields *post = &command->f.post;
	switch (command->opcode) {
	case OPCODE_BINARY_CONV:
	case OPCODE_FIXED_CONV:
		if (command->flags & CONV_WINDOW_PACKED) return window_steps(conv, config);
		return (uint64_t)conv->rows * conv->output_width * conv->groups * conv->kernel * conv->kernel *
		       conv->input_words;
	case OPCODE_POST:
		if (command->flags & POST_TRANSPOSE) return (uint64_t)post->rows * post->width * post->channels;
		return (uint64_t)post->rows * post->width *
		       ((post->channels + config->post_lanes - 1) / config->post_lanes) *
		       (command->flags & POST_POOL_MAX2 ? 4 : 1);
	case OPCODE_END:
	case OPCODE_BARRIER:
	case OPCODE_LOAD:
	case OPCODE_STORE:
	case OPCODE_COUNT: break;
	}
	return 0;
}

/* The names of the bits that are set, with commas. */
static void print_set(FILE *out, const char *name, uint32_t set, const char *const *names, uint32_t count) {
	if (!set) return;
	fprintf(out, " %s=", name);
	for (uint32_t i = 0, printed = 0; i < count && names[i]; i++)
		if (set >> i & 1) fprintf(out, "%s%s", printed++ ? "," : "", names[i]);
}

static void print_field(FILE *out, const struct field *field, const struct command *command) {
	const uint32_t value = field_get(field, command);
	const int is_post = command->opcode == OPCODE_POST;
	switch (field->form) {
	case FORM_NUMBER: fprintf(out, " %s=%" PRIu32, field->name, value); break;
	case FORM_SIGNED: fprintf(out, " %s=%" PRId32, field->name, (int32_t)value); break;
	case FORM_UNITS: print_set(out, field->name, value, unit_names, UNIT_COUNT); break;
	case FORM_BUFFER:
		fprintf(out, " %s=%s", field->name, value < BUFFER_COUNT ? config_buffer_names[value] : "?");
		break;
	case FORM_FLAGS:
		print_set(out, field->name, value, is_post ? post_flags : conv_flags, is_post ? 8 : 3);
		if (is_post && value & POST_THRESHOLD)
			fprintf(out, " thresholds=%" PRIu32, value >> POST_THRESHOLD_COUNT_SHIFT & 3);
		break;
	}
}

void program_print(const struct program *program, FILE *out) {
	for (uint32_t i = 0; i < program->command_count; i++) {
		const struct command *command = &program->commands[i];
		if ((uint32_t)command->opcode >= OPCODE_COUNT) continue;
		fprintf(out, "%" PRIu32 " %s", i, opcode_names[command->opcode]);
		for (size_t k = 0; k < FIELD_COUNT; k++)
			if (has_field(&fields[k], command->opcode)) print_field(out, &fields[k], command);
		fputc('\n', out);
	}
}
