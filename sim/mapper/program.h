/* A program: the commands of one network for one machine, and what the DDR holds before cycle 0.
 *
 * The encoding, the meaning of every field and the bit order of every tensor are in sim/machine/PROGRAM.md. The decoded
 * struct below has one member per field; program_encode / program_decode translate to the 16 words of a command.
 */
#ifndef SIM_MAPPER_PROGRAM_H
#define SIM_MAPPER_PROGRAM_H

#include <stdint.h>
#include <stdio.h>

#include "sim/base/status.h"
#include "sim/input/config.h"

enum opcode {
	OPCODE_END,
	OPCODE_BARRIER,
	OPCODE_LOAD,
	OPCODE_STORE,
	OPCODE_BINARY_CONV,
	OPCODE_FIXED_CONV,
	OPCODE_POST,
	OPCODE_COUNT
};

enum unit_id { UNIT_BINARY, UNIT_FIXED, UNIT_POST, UNIT_LOAD, UNIT_STORE, UNIT_COUNT };

enum { COMMAND_WORDS = 16, COMMAND_BYTES = 64, COMMAND_LAYERS_MAX = 4096 };

enum conv_flag { CONV_WINDOW_PACKED = 1, CONV_AVERAGE2 = 2, CONV_TAP_SHARED = 4 };
enum post_flag {
	POST_A_FROM_SKIP = 1,
	POST_USE_B = 2,
	POST_THRESHOLD = 4,
	POST_POOL_MAX2 = 8,
	POST_WRITE_FIXED = 16,
	POST_WRITE_BITS = 32,
	POST_WRITE_OUTPUT = 64,
	POST_TRANSPOSE = 128,
	POST_THRESHOLD_COUNT_SHIFT = 8 /* two bits */
};

/* Of a POST command with POST_TRANSPOSE and POST_WRITE_BITS: channels of the memory in which columns of bits grow. */
enum { POST_TURN_CHANNELS = 1024 };

struct transfer_fields {
	uint32_t ddr_address, channel, buffer, buffer_address, row_words, rows, pitch_bytes;
};

struct conv_fields {
	uint32_t input_base, weight_base, border_base, output_base;
	uint32_t input_width, input_height, output_width, rows;
	uint32_t first_row, input_first_row;
	uint32_t kernel, stride, pad, input_words;
	uint32_t groups, steps, channels;
};

struct post_fields {
	uint32_t a_base, b_base, parameter_base, fixed_base, bits_base, output_base;
	uint32_t width, rows, channels, a_groups, b_groups, sums_width, fixed_words, bits_words;
	uint32_t first_channel; /* POST_TRANSPOSE: the number of the command's first pixel */
	uint32_t shift, value_bits;
	int32_t threshold_base;
};

struct command {
	enum opcode opcode;
	uint32_t layer;                                      /* index into the trace's layers */
	uint32_t flags;                                      /* enum conv_flag or enum post_flag */
	uint32_t take_data, take_room, give_data, give_room; /* bit u: unit u */
	union {
		uint32_t frame_start; /* END */
		struct transfer_fields transfer;
		struct conv_fields conv;
		struct post_fields post;
	} f;
};

/* Contents of DDR before cycle 0 (weights, parameters, border constants). */
struct program_segment {
	uint32_t channel, address, bytes;
	uint8_t *data;
};

/* Where a map lies in DDR, for the host that writes the image and reads the scores. Pixel (y, x), word w of a pixel is
 * at address + y pitch_bytes + (x pixel_words + w) word_bytes, word layout as in PROGRAM.md section 2. */
struct program_map {
	uint32_t channel, address, pitch_bytes, pixel_words, word_bytes;
	uint32_t rows, row_pixels; /* height and width of the map */
};

struct program {
	struct command *commands;
	uint32_t command_count;
	uint32_t frame_start; /* index of the frame's first command; before it: preamble (resident weights) */
	struct program_segment *segments;
	uint32_t segment_count;
	struct program_map input;                /* of the trace's input map (bit or fixed activation words) */
	struct program_map scores;               /* output words: 4-byte values, `lanes` a word */
	uint32_t ddr_bytes[CONFIG_CHANNELS_MAX]; /* used, per channel */
	uint32_t layer_count;
	uint32_t has_values;              /* segments hold data; else bytes only, data NULL */
	uint64_t binary_macs, fixed_macs; /* valid ones of one frame, from the trace */
	/* Words of each buffer that the program touches (for --show-mapping and resources). */
	uint32_t used_words[BUFFER_COUNT];
};

/* Frees everything; leaves an empty program. */
void program_clear(struct program *program);

/* The unit a command is for; UNIT_COUNT for END and BARRIER. */
enum unit_id command_unit(const struct command *command);

void command_encode(const struct command *command, uint32_t words[COMMAND_WORDS]);
/* STATUS_INPUT on an unknown opcode or a field that is not 0 where it must be. */
enum status command_decode(struct command *command, const uint32_t words[COMMAND_WORDS], struct error *error);

/* The name of the first field whose value does not fit into its bits, or NULL: such a command cannot be encoded. */
const char *command_field_overflow(const struct command *command);

/* Steps a CONV or POST command issues (n of PROGRAM.md sections 6 and 7) on this machine. */
uint64_t command_steps(const struct command *command, const struct config *config);

/* Cycles in which the window former reads `columns` columns of a window, binary_engine.window_reads words a cycle. Of
 * `conv` only kernel and input_words matter. */
uint64_t command_window_cycles(const struct conv_fields *conv, const struct config *config, uint32_t columns);

/* One command a line: `12 BINARY_CONV layer=3 take_data=load,post ... input_base=0 ...` (--emit-commands). */
void program_print(const struct program *program, FILE *out);

#endif
