/* Do commands keep their fields through encoding, in the places of PROGRAM.md, and are steps what its loops count? */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sim/mapper/program.h"
#include "tests/unit/test_mapper_run.h"

static struct command binary_command(void) {
	return (struct command){.opcode = OPCODE_BINARY_CONV,
	                        .layer = 0xabc,
	                        .flags = CONV_WINDOW_PACKED,
	                        .take_data = 0x11,
	                        .take_room = 0x0a,
	                        .give_data = 0x04,
	                        .give_room = 0x1f,
	                        .f.conv = {.input_base = 1,
	                                   .weight_base = 2,
	                                   .border_base = 3,
	                                   .output_base = 4,
	                                   .input_width = 0x1111,
	                                   .input_height = 0x2222,
	                                   .output_width = 0x3333,
	                                   .rows = 0x4444,
	                                   .first_row = 0x5555,
	                                   .input_first_row = 0x6666,
	                                   .kernel = 3,
	                                   .stride = 2,
	                                   .pad = 1,
	                                   .input_words = 0x7777,
	                                   .groups = 0x8888,
	                                   .steps = 0x9999,
	                                   .channels = 0xaaaa}};
}

static void fields_are_in_their_places(void **state) {
	(void)state;
	uint32_t words[COMMAND_WORDS];
	const struct command conv = binary_command();
	command_encode(&conv, words);
	const uint32_t expected[COMMAND_WORDS] = {4u | 0xabcu << 4 | 1u << 16,
	                                          0x11u | 0x0au << 5 | 0x04u << 10 | 0x1fu << 15,
	                                          1,
	                                          2,
	                                          3,
	                                          4,
	                                          0x22221111u,
	                                          0x44443333u,
	                                          0x66665555u,
	                                          0x77770123u,
	                                          0x99998888u,
	                                          0xaaaau};
	assert_memory_equal(words, expected, sizeof words);

	const struct command load = {.opcode = OPCODE_LOAD,
	                             .f.transfer = {.ddr_address = 0x80000040u,
	                                            .channel = 3,
	                                            .buffer = 5,
	                                            .buffer_address = 7,
	                                            .row_words = 8,
	                                            .rows = 9,
	                                            .pitch_bytes = 64}};
	command_encode(&load, words);
	const uint32_t transfer[COMMAND_WORDS] = {2, 0, 0x80000040u, 3u | 5u << 8, 7, 8, 9, 64};
	assert_memory_equal(words, transfer, sizeof words);

	const struct command post = {.opcode = OPCODE_POST,
	                             .flags = POST_THRESHOLD | 2u << POST_THRESHOLD_COUNT_SHIFT,
	                             .f.post = {.a_base = 1,
	                                        .b_base = 2,
	                                        .parameter_base = 3,
	                                        .fixed_base = 4,
	                                        .bits_base = 5,
	                                        .output_base = 6,
	                                        .width = 7,
	                                        .rows = 8,
	                                        .channels = 9,
	                                        .a_groups = 10,
	                                        .b_groups = 11,
	                                        .sums_width = 12,
	                                        .fixed_words = 13,
	                                        .bits_words = 14,
	                                        .first_channel = 15,
	                                        .shift = 31,
	                                        .value_bits = 32,
	                                        .threshold_base = -2}};
	command_encode(&post, words);
	const uint32_t posted[COMMAND_WORDS] = {6u | 0x204u << 16,
	                                        0,
	                                        1,
	                                        2,
	                                        3,
	                                        4,
	                                        5,
	                                        6,
	                                        7u | 8u << 16,
	                                        9u | 10u << 16,
	                                        11u | 12u << 16,
	                                        13u | 14u << 16,
	                                        15u | 31u << 16 | 32u << 24,
	                                        0xfffffffeu};
	assert_memory_equal(words, posted, sizeof words);

	const struct command end = {.opcode = OPCODE_END, .layer = 19, .f.frame_start = 77};
	command_encode(&end, words);
	const uint32_t ended[COMMAND_WORDS] = {19u << 4, 0, 77};
	assert_memory_equal(words, ended, sizeof words);
}

/* Random words that decode also encode to themselves; the bits in use are all that may be set. */
static void decoding_is_the_inverse(void **state) {
	(void)state;
	struct random random = {77};
	uint32_t decoded_count[OPCODE_COUNT] = {0};
	for (int i = 0; i < 200000; i++) {
		uint32_t words[COMMAND_WORDS], again[COMMAND_WORDS], probe[COMMAND_WORDS];
		struct command command, second;
		struct error error;
		/* bits that the opcode uses: those whose single bit decodes */
		const uint32_t opcode = random_below(&random, OPCODE_COUNT);
		memset(words, 0, sizeof words);
		words[0] = opcode;
		for (int bits = 0; bits < 12; bits++) {
			memcpy(probe, words, sizeof probe);
			const uint32_t word = random_below(&random, COMMAND_WORDS), bit = random_below(&random, 32);
			probe[word] |= 1u << bit;
			if ((probe[0] & 15) == opcode && command_decode(&command, probe, &error) == STATUS_OK)
				memcpy(words, probe, sizeof words);
		}
		assert_int_equal(command_decode(&command, words, &error), STATUS_OK);
		assert_null(command_field_overflow(&command));
		command_encode(&command, again);
		assert_memory_equal(words, again, sizeof words);
		assert_int_equal(command_decode(&second, again, &error), STATUS_OK);
		assert_memory_equal(&command, &second, sizeof command);
		decoded_count[opcode]++;
	}
	for (int i = 0; i < OPCODE_COUNT; i++) assert_true(decoded_count[i] > 1000);
}

static void expect_refused(uint32_t word, uint32_t bit, const struct command *command, const char *text) {
	uint32_t words[COMMAND_WORDS];
	struct command decoded;
	struct error error = {""};
	command_encode(command, words);
	words[word] |= 1u << bit;
	assert_int_equal(command_decode(&decoded, words, &error), STATUS_INPUT);
	if (!strstr(error.text, text)) fail_msg("'%s' does not hold '%s'", error.text, text);
}

static void unknown_bits_are_refused(void **state) {
	(void)state;
	const struct command conv = binary_command(), barrier = {.opcode = OPCODE_BARRIER},
	                     load = {.opcode = OPCODE_LOAD};
	const struct command post = {.opcode = OPCODE_POST};
	expect_refused(0, 3, &conv, "opcode 12");
	expect_refused(1, 20, &conv, "word 1");
	expect_refused(15, 0, &conv, "word 15");
	expect_refused(9, 12, &conv, "word 9");
	expect_refused(0, 17, &conv, "flags"); /* average2 is the fixed engine's */
	expect_refused(1, 0, &barrier, "word 1");
	expect_refused(2, 0, &barrier, "word 2");
	expect_refused(3, 12, &load, "word 3");
	expect_refused(0, 16, &load, "flags");
	expect_refused(0, 26, &post, "flags");
	expect_refused(12, 21, &post, "word 12");
}

static void overflow_names_the_field(void **state) {
	(void)state;
	struct command command = binary_command();
	command.f.conv.kernel = 16;
	assert_string_equal(command_field_overflow(&command), "kernel");
	command = (struct command){.opcode = OPCODE_POST, .f.post.threshold_base = -32768};
	assert_null(command_field_overflow(&command));
	command.f.post.channels = 65536;
	assert_string_equal(command_field_overflow(&command), "channels");
}

static void units_are_right(void **state) {
	(void)state;
	static const enum unit_id units[OPCODE_COUNT] = {UNIT_COUNT,  UNIT_COUNT, UNIT_LOAD, UNIT_STORE,
	                                                 UNIT_BINARY, UNIT_FIXED, UNIT_POST};
	for (int i = 0; i < OPCODE_COUNT; i++) {
		const struct command command = {.opcode = (enum opcode)i};
		assert_int_equal(command_unit(&command), units[i]);
	}
}

/* By hand: a 4 x 4 map, 3 x 3 kernel, pad 1, one word, one group. */
static void steps_are_those_of_the_loops(void **state) {
	(void)state;
	struct config config;
	config_defaults(&config);
	struct command command = {.opcode = OPCODE_BINARY_CONV,
	                          .f.conv = {.rows = 4,
	                                     .output_width = 4,
	                                     .groups = 1,
	                                     .kernel = 3,
	                                     .stride = 1,
	                                     .pad = 1,
	                                     .input_words = 1,
	                                     .channels = 16}};
	assert_int_equal(command_steps(&command, &config), 4 * 4 * 9);
	/* window packed, 3 steps a window: 9 words first, then 3 a pixel, and 3 steps behind the last */
	command.flags = CONV_WINDOW_PACKED;
	command.f.conv.steps = 3;
	assert_int_equal(command_steps(&command, &config), 4 * (9 + 3 * 3 + 3));
	command.f.conv.groups = 2; /* the lanes are slower than the former */
	assert_int_equal(command_steps(&command, &config), 4 * (9 + 3 * 6 + 6));
	command.f.conv.stride = 4; /* all columns are new */
	command.f.conv.groups = 1;
	assert_int_equal(command_steps(&command, &config), 4 * (9 + 3 * 9 + 3));
	config.binary_window_reads = 2; /* a column of 3 words takes 2 cycles */
	assert_int_equal(command_steps(&command, &config), 4 * (6 + 3 * 6 + 3));
	command.f.conv.stride = 1;
	assert_int_equal(command_steps(&command, &config), 4 * (6 + 3 * 3 + 3)); /* the lanes are slower */
	command.f.conv.steps = 1;
	assert_int_equal(command_steps(&command, &config), 4 * (6 + 3 * 2 + 1));
	config.binary_window_reads = 4; /* 1 cycle, one memory idle */
	assert_int_equal(command_steps(&command, &config), 4 * (3 + 3 * 1 + 1));
	command.f.conv.input_words = 2; /* 6 words of a column in 2 cycles */
	assert_int_equal(command_steps(&command, &config), 4 * (6 + 3 * 2 + 1));
	command.flags = 0; /* channel packed: one word a cycle whatever there is */
	assert_int_equal(command_steps(&command, &config), 4 * 4 * 18);
	command = (struct command){
	    .opcode = OPCODE_FIXED_CONV,
	    .flags = CONV_AVERAGE2,
	    .f.conv = {.rows = 2, .output_width = 3, .groups = 5, .kernel = 2, .stride = 2, .input_words = 7}};
	assert_int_equal(command_steps(&command, &config), 2 * 3 * 5 * 4 * 7);
	command = (struct command){.opcode = OPCODE_POST, .f.post = {.rows = 2, .width = 3, .channels = 17}};
	config.post_lanes = 16;
	assert_int_equal(command_steps(&command, &config), 2 * 3 * 2);
	command.flags = POST_POOL_MAX2;
	assert_int_equal(command_steps(&command, &config), 2 * 3 * 2 * 4);
	command.flags = POST_TRANSPOSE;
	assert_int_equal(command_steps(&command, &config), 2 * 3 * 17);
	command.opcode = OPCODE_END;
	assert_int_equal(command_steps(&command, &config), 0);
}

static void print_names_what_is_set(void **state) {
	(void)state;
	struct command commands[] = {
	    {.opcode = OPCODE_LOAD,
	     .layer = 3,
	     .give_data = 1u << UNIT_BINARY | 1u << UNIT_POST,
	     .take_room = 1u << UNIT_FIXED,
	     .f.transfer = {.ddr_address = 64,
	                    .channel = 1,
	                    .buffer = BUFFER_BORDER,
	                    .row_words = 5,
	                    .rows = 1,
	                    .pitch_bytes = 64}},
	    {.opcode = OPCODE_POST,
	     .flags = POST_THRESHOLD | POST_WRITE_BITS | POST_TRANSPOSE | 2u << POST_THRESHOLD_COUNT_SHIFT,
	     .f.post.threshold_base = -1},
	    {.opcode = OPCODE_END, .f.frame_start = 1}};
	const struct program program = {.commands = commands, .command_count = 3};
	char *text = NULL;
	size_t bytes = 0;
	FILE *out = open_memstream(&text, &bytes);
	assert_non_null(out);
	program_print(&program, out);
	fclose(out);
	assert_non_null(strstr(text, "0 LOAD layer=3 take_room=fixed give_data=binary,post ddr_address=64 channel=1 "
	                             "buffer=border buffer_address=0 row_words=5 rows=1 pitch_bytes=64\n"));
	assert_non_null(strstr(text, "1 POST layer=0 flags=threshold,write_bits,transpose thresholds=2 a_base=0"));
	assert_non_null(strstr(text, "threshold_base=-1\n2 END layer=0 frame_start=1\n"));
	free(text);
}

/* Cycles of one row, cycle by cycle: the former reads up to `reads` words of the present column, the lanes take a
 * finished window when they are free, and in that cycle the former goes on with the next pixel. */
static uint64_t row_by_cycle(const struct conv_fields *conv, uint32_t reads) {
	const uint32_t kept = conv->stride >= conv->kernel ? 0 : conv->kernel - conv->stride;
	uint32_t word = 0, column = 0, pixel_read = 0, pixels_done = 0, step = 0;
	int is_reading = 1, is_ready = 0, is_stepping = 0;
	for (uint64_t cycle = 1;; cycle++) {
		const int starts = is_ready && !is_stepping;
		if (starts) is_ready = 0, is_stepping = 1, step = 0;
		if (is_reading || (starts && pixel_read < conv->output_width)) {
			is_reading = 1;
			word += reads;
			if (word >= conv->kernel * conv->input_words) word = 0, column++;
			if (column == conv->kernel) column = kept, is_reading = 0, is_ready = 1, pixel_read++;
		}
		if (!is_stepping || ++step < conv->groups * conv->steps) continue;
		is_stepping = 0;
		if (++pixels_done == conv->output_width) return cycle;
	}
}

static void window_steps_are_those_of_a_former(void **state) {
	(void)state;
	struct config config;
	config_defaults(&config);
	uint32_t random = 5;
	for (int n = 0; n < 5000; n++) {
		uint32_t draw[7];
		for (int i = 0; i < 7; i++) {
			random = random * 1664525u + 1013904223u;
			draw[i] = random >> 20;
		}
		struct command command = {.opcode = OPCODE_BINARY_CONV,
		                          .flags = CONV_WINDOW_PACKED,
		                          .f.conv = {.rows = 1,
		                                     .output_width = 1 + draw[0] % 9,
		                                     .kernel = 1 + draw[1] % 5,
		                                     .stride = 1 + draw[2] % 6,
		                                     .input_words = 1 + draw[3] % 4,
		                                     .groups = 1 + draw[4] % 3,
		                                     .steps = 1 + draw[5] % 9}};
		config.binary_window_reads = 1 + draw[6] % 4;
		assert_int_equal(command_steps(&command, &config),
		                 row_by_cycle(&command.f.conv, config.binary_window_reads));
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(fields_are_in_their_places),
	    cmocka_unit_test(decoding_is_the_inverse),
	    cmocka_unit_test(unknown_bits_are_refused),
	    cmocka_unit_test(overflow_names_the_field),
	    cmocka_unit_test(units_are_right),
	    cmocka_unit_test(steps_are_those_of_the_loops),
	    cmocka_unit_test(window_steps_are_those_of_a_former),
	    cmocka_unit_test(print_names_what_is_set),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
