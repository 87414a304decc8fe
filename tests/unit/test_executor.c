/* Does the functional executor keep its header's promises? DDR and its poison, LOAD and STORE with every error, the
 * host's input and scores, preamble and frame. */
#include "tests/unit/test_executor_machine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void start(struct rig *rig) {
	struct config config;
	rig_config(&config);
	config.binary_words = 3; /* a DDR word of 32 bytes, 8 of them 0 */
	rig_start(rig, &config);
}

static void expect_error(const struct rig *rig, enum status got, enum status status, const char *text) {
	if (got != status || !strstr(rig->error.text, text))
		fail_msg("status %d, '%s'; expected status %d and '%s'", (int)got, rig->error.text, (int)status, text);
}

static void ddr_bytes_are_poison_until_written(void **state) {
	(void)state;
	struct rig rig;
	start(&rig);
	uint8_t bytes[300], data[300];
	for (size_t i = 0; i < sizeof data; i++) data[i] = (uint8_t)(i * 7);
	struct error *error = &rig.error;
	expect_error(&rig, executor_read_ddr(rig.executor, 0, 0, bytes, 1, error), STATUS_FAILED,
	             "byte 0 of DDR channel 0 was never written");
	assert_int_equal(executor_write_ddr(rig.executor, 0, 61, data, 200, error), STATUS_OK);
	assert_int_equal(executor_read_ddr(rig.executor, 0, 61, bytes, 200, error), STATUS_OK);
	assert_memory_equal(bytes, data, 200);
	expect_error(&rig, executor_read_ddr(rig.executor, 0, 60, bytes, 2, error), STATUS_FAILED, "byte 60 of DDR");
	expect_error(&rig, executor_read_ddr(rig.executor, 0, 61, bytes, 201, error), STATUS_FAILED, "byte 261 of DDR");
	expect_error(&rig, executor_read_ddr(rig.executor, 1, 61, bytes, 1, error), STATUS_FAILED,
	             "byte 61 of DDR channel 1 was never written");
	/* Every start and length around the units of the bitmap. */
	for (uint32_t first = 1000; first < 1070; first++)
		for (uint32_t count = 1; count < 70; count += 3) {
			struct rig other;
			if ((first + count) % 17) continue;
			start(&other);
			assert_int_equal(executor_write_ddr(other.executor, 0, first, data, count, error), STATUS_OK);
			assert_int_equal(executor_read_ddr(other.executor, 0, first, bytes, count, error), STATUS_OK);
			assert_int_equal(executor_read_ddr(other.executor, 0, first - 1, bytes, 1, error),
			                 STATUS_FAILED);
			assert_int_equal(executor_read_ddr(other.executor, 0, first + count, bytes, 1, error),
			                 STATUS_FAILED);
			rig_stop(&other);
		}
	rig_stop(&rig);
}

static void ddr_has_an_end(void **state) {
	(void)state;
	struct rig rig;
	start(&rig);
	const uint8_t data[8] = {0};
	struct error *error = &rig.error;
	assert_int_equal(executor_write_ddr(rig.executor, 1, 4088, data, 8, error), STATUS_OK);
	expect_error(&rig, executor_write_ddr(rig.executor, 1, 4089, data, 8, error), STATUS_FAILED,
	             "8 bytes at byte 4089 of DDR channel 1; expected to end within its 4096");
	expect_error(&rig, executor_write_ddr(rig.executor, 1, UINT32_MAX, data, 8, error), STATUS_FAILED,
	             "byte 4294967295");
	expect_error(&rig, executor_write_ddr(rig.executor, 2, 0, data, 1, error), STATUS_FAILED, "within its 0 bytes");
	expect_error(&rig, executor_write_ddr(rig.executor, 4, 0, data, 1, error), STATUS_FAILED,
	             "channel 4; expected less than 4");
	rig_stop(&rig);
}

/* A window of 2 rows x 3 words out of DDR rows of 8 words; back with another pitch; bytes between stay poison. */
static void rows_and_pitch(void **state) {
	(void)state;
	static const enum buffer_id buffers[] = {BUFFER_BIT_ACTIVATIONS, BUFFER_FIXED_ACTIVATIONS};
	for (int i = 0; i < 2; i++) {
		struct rig rig;
		start(&rig);
		const uint32_t bytes = i ? 4 : 32;
		uint8_t image[16 * 32], out[12 * 32];
		for (uint32_t k = 0; k < 16 * bytes; k++)
			image[k] = (uint8_t)(i || (k % 8 < 6 && k % 32 < 24) ? k * 5 + 1 : 0);
		executor_write_ddr(rig.executor, 1, 0, image, (size_t)16 * bytes, &rig.error);
		struct command load = rig_transfer(OPCODE_LOAD, buffers[i], 100, 3, 2 * bytes),
		               store = rig_transfer(OPCODE_STORE, buffers[i], 100, 3, 1024);
		load.f.transfer.channel = store.f.transfer.channel = 1;
		load.f.transfer.rows = store.f.transfer.rows = 2;
		load.f.transfer.pitch_bytes = 8 * bytes, store.f.transfer.pitch_bytes = 6 * bytes;
		assert_int_equal(rig_run(&rig, load), STATUS_OK);
		assert_int_equal(rig_run(&rig, store), STATUS_OK);
		for (uint32_t row = 0; row < 2; row++) {
			assert_int_equal(executor_read_ddr(rig.executor, 1, 1024 + row * 6 * bytes, out,
			                                   (size_t)3 * bytes, &rig.error),
			                 STATUS_OK);
			assert_memory_equal(out, image + (2 + 8 * row) * bytes, (size_t)3 * bytes);
			expect_error(
			    &rig, executor_read_ddr(rig.executor, 1, 1024 + (row * 6 + 3) * bytes, out, 1, &rig.error),
			    STATUS_FAILED, "never written");
		}
		/* The words lie one behind the other: 100 .. 105, and no others. */
		rig_fails(&rig, rig_transfer(OPCODE_STORE, buffers[i], 99, 1, 0), "word 99, which was never written");
		rig_fails(&rig, rig_transfer(OPCODE_STORE, buffers[i], 100, 7, 0), "word 106, which was never written");
		assert_int_equal(rig_run(&rig, rig_transfer(OPCODE_STORE, buffers[i], 103, 3, 0)), STATUS_OK);
		rig_stop(&rig);
	}
}

/* 8 and 16 bits of either sign come back as they were. */
static void values_keep_their_sign(void **state) {
	(void)state;
	for (uint32_t bits = 8; bits <= 16; bits += 8) {
		struct config config;
		struct rig rig;
		rig_config(&config);
		config.fixed_activation_bits = bits;
		rig_start(&rig, &config);
		const uint32_t value_bytes = bits / 8, limit = 1u << (bits - 1);
		const int64_t values[4] = {-(int64_t)limit, -1, 0, limit - 1};
		uint8_t word[8], out[8];
		for (uint32_t lane = 0; lane < 4; lane++)
			put_little(word + lane * value_bytes, values[lane], value_bytes);
		rig_load(&rig, BUFFER_FIXED_ACTIVATIONS, 0, 1, word);
		rig_store(&rig, BUFFER_FIXED_ACTIVATIONS, 0, 1, out);
		assert_memory_equal(word, out, 4 * value_bytes);
		rig_stop(&rig);
	}
}

static void load_errors(void **state) {
	(void)state;
	struct rig rig;
	start(&rig);
	uint8_t zeros[4096] = {0};
	executor_write_ddr(rig.executor, 0, 0, zeros, 200, &rig.error);
	const struct command ok = rig_transfer(OPCODE_LOAD, BUFFER_BIT_ACTIVATIONS, 5, 6, 0);
	assert_int_equal(rig_run(&rig, ok), STATUS_OK);
	struct command c = ok;
	c.f.transfer.row_words = 7;
	rig_fails(
	    &rig, c,
	    "(LOAD, layer 1): load reads channel 0 byte 200 (for bit_activations word 11), which was never written");
	c = ok, c.f.transfer.channel = 1;
	rig_fails(&rig, c, "load reads channel 1 byte 0 (for bit_activations word 5)");
	c = ok, c.f.transfer.buffer_address = RIG_DEPTH_WORDS - 5;
	rig_fails(&rig, c, "load writes bit_activations word 2048; expected 0 to 2047");
	c.f.transfer.buffer_address = RIG_DEPTH_WORDS - 6;
	assert_int_equal(rig_run(&rig, c), STATUS_OK);
	c.f.transfer.buffer_address = UINT32_MAX;
	rig_fails(&rig, c, "word 4294967295");
	c = ok, c.f.transfer.ddr_address = 4;
	rig_fails(&rig, c, "DDR address 4 and pitch 0; expected multiples of 8");
	c = ok, c.f.transfer.pitch_bytes = 12;
	rig_fails(&rig, c, "DDR address 0 and pitch 12; expected multiples of 8");
	c = ok, c.f.transfer.rows = 0;
	rig_fails(&rig, c, "moves 0 rows of 6 words; expected at least 1");
	c = ok, c.f.transfer.channel = 2;
	rig_fails(&rig, c, "names channel 2; expected less than 2");
	c = ok, c.f.transfer.ddr_address = RIG_DDR_BYTES - 6 * 32 + 8;
	rig_fails(&rig, c, "reaches channel 0 byte 1048583; expected at most 1048576 bytes");
	c = ok, c.f.transfer.rows = UINT32_MAX, c.f.transfer.row_words = UINT32_MAX,
	c.f.transfer.pitch_bytes = UINT32_MAX - 7;
	rig_fails(&rig, c, "reaches channel 0");
	c = ok, c.flags = 1;
	rig_fails(&rig, c, "has flags 1; expected 0");
	for (uint32_t buffer = BUFFER_ACCUMULATORS; buffer <= BUFFER_COUNT; buffer++) {
		c = ok, c.f.transfer.buffer = buffer;
		rig_fails(&rig, c, "which it does not reach");
	}
	rig_stop(&rig);
}

static void wrong_bytes_are_found(void **state) {
	(void)state;
	struct config config;
	struct rig rig;
	rig_config(&config);
	config.binary_words = 3;
	config.fixed_activation_bits = 12;
	config.fixed_weight_bits = 4;
	rig_start(&rig, &config);
	uint8_t word[32] = {0};
	static const uint32_t spoiled[] = {6, 15, 24, 31};
	for (int i = 0; i < 4; i++) {
		memset(word, 0, sizeof word);
		word[spoiled[i]] = 1;
		executor_write_ddr(rig.executor, 0, 0, word, 32, &rig.error);
		rig_fails(&rig, rig_transfer(OPCODE_LOAD, BUFFER_BIT_ACTIVATIONS, 0, 1, 0),
		          "word 0 from bytes that are not 0 beyond its 48-bit lanes");
	}
	put_little(word + 4, 2048, 2);
	memset(word, 0, 4);
	executor_write_ddr(rig.executor, 0, 0, word, 32, &rig.error);
	rig_fails(&rig, rig_transfer(OPCODE_LOAD, BUFFER_FIXED_ACTIVATIONS, 0, 1, 0),
	          "fixed_activations word 0 value 2, which is 2048; expected at most 12 bits");
	memset(word, 0, sizeof word);
	word[9] = 0xf7;
	executor_write_ddr(rig.executor, 0, 0, word, 32, &rig.error);
	rig_fails(&rig, rig_transfer(OPCODE_LOAD, BUFFER_FIXED_WEIGHTS, 0, 1, 0),
	          "fixed_weights word 0 value 9, which is -9; expected at most 4 bits");
	rig_stop(&rig);
}

static void store_errors(void **state) {
	(void)state;
	struct rig rig;
	start(&rig);
	const uint8_t word[4] = {1, 2, 3, 4};
	rig_load(&rig, BUFFER_FIXED_ACTIVATIONS, 7, 1, word);
	const struct command ok = rig_transfer(OPCODE_STORE, BUFFER_FIXED_ACTIVATIONS, 7, 1, 0);
	assert_int_equal(rig_run(&rig, ok), STATUS_OK);
	struct command c = ok;
	c.f.transfer.buffer_address = 6;
	rig_fails(&rig, c, "(STORE, layer 1): store reads fixed_activations word 6, which was never written");
	c.f.transfer.buffer_address = 7, c.f.transfer.rows = 2;
	rig_fails(&rig, c, "fixed_activations word 8, which was never written");
	c = ok, c.f.transfer.buffer_address = RIG_DEPTH_WORDS;
	rig_fails(&rig, c, "reads fixed_activations word 2048; expected 0 to 2047");
	c = ok, c.f.transfer.buffer = BUFFER_OUTPUT;
	rig_fails(&rig, c, "output word 7, which was never written");
	for (uint32_t buffer = BUFFER_BIT_WEIGHTS; buffer <= BUFFER_SKIP_SUMS; buffer++) {
		c = ok, c.f.transfer.buffer = buffer;
		rig_fails(&rig, c, "which it does not reach");
	}
	c = ok, c.opcode = (enum opcode)OPCODE_COUNT;
	rig_fails(&rig, c, "has opcode 7");
	assert_int_equal(executor_command(rig.executor, rig.program.command_count, &rig.error), STATUS_FAILED);
	rig_stop(&rig);
}

static void input_lies_as_the_program_says(void **state) {
	(void)state;
	struct rig rig;
	start(&rig);
	/* Bits: 2 x 2 pixels of 150 channels, two words of 32 bytes. */
	rig.program.input =
	    (struct program_map){.channel = 1, .address = 64, .pitch_bytes = 256, .pixel_words = 2, .word_bytes = 32};
	int16_t values[2 * 2 * 150];
	uint64_t seed = 1;
	for (size_t i = 0; i < 600; i++) values[i] = (int16_t)(random_next(&seed) & 1 ? 1 : -1);
	assert_int_equal(executor_put_input(rig.executor, values, 2, 2, 150, 1, &rig.error), STATUS_OK);
	for (uint32_t pixel = 0; pixel < 4; pixel++) {
		uint8_t bytes[64];
		assert_int_equal(
		    executor_read_ddr(rig.executor, 1, 64 + pixel / 2 * 256 + pixel % 2 * 64, bytes, 64, &rig.error),
		    STATUS_OK);
		for (uint32_t c = 0; c < 288; c++)
			assert_int_equal(get_word_bit(bytes + c / 144 * 32, c % 144),
			                 c < 150 ? values[pixel * 150 + c] > 0 : 0);
	}
	uint8_t byte;
	expect_error(&rig, executor_read_ddr(rig.executor, 1, 64 + 128, &byte, 1, &rig.error), STATUS_FAILED,
	             "byte 192 of DDR channel 1 was never");
	struct command load = rig_transfer(OPCODE_LOAD, BUFFER_BIT_ACTIVATIONS, 0, 4, 64);
	load.f.transfer.channel = 1, load.f.transfer.rows = 2, load.f.transfer.pitch_bytes = 256;
	assert_int_equal(rig_run(&rig, load), STATUS_OK);
	values[5] = 2;
	expect_error(&rig, executor_put_input(rig.executor, values, 2, 2, 150, 1, &rig.error), STATUS_INPUT,
	             "value 2 of channel 5; expected -1 or +1");
	expect_error(&rig, executor_put_input(rig.executor, values, 2, 2, 144, 1, &rig.error), STATUS_FAILED,
	             "2 words of 32 bytes a pixel; expected 1 of 32");
	expect_error(&rig, executor_put_input(rig.executor, values, 2, 5, 150, 1, &rig.error), STATUS_FAILED,
	             "rows of 256 bytes; expected at least 320");
	/* Values: 3 channels of 4 lanes. */
	rig.program.input = (struct program_map){.address = 0, .pitch_bytes = 8, .pixel_words = 1, .word_bytes = 4};
	static const int16_t pixels[6] = {1, -2, 127, -128, 5, 6};
	static const uint8_t expected[8] = {1, 0xfe, 127, 0, 0x80, 5, 6, 0};
	uint8_t bytes[8];
	assert_int_equal(executor_put_input(rig.executor, pixels, 1, 2, 3, 0, &rig.error), STATUS_OK);
	assert_int_equal(executor_read_ddr(rig.executor, 0, 0, bytes, 8, &rig.error), STATUS_OK);
	assert_memory_equal(bytes, expected, 8);
	static const int16_t wide[3] = {0, 0, 128};
	expect_error(&rig, executor_put_input(rig.executor, wide, 1, 1, 3, 0, &rig.error), STATUS_INPUT,
	             "value 128 of channel 2; expected at most 8 bits");
	rig_stop(&rig);
}

static void scores_are_read(void **state) {
	(void)state;
	struct rig rig;
	start(&rig);
	rig.program.scores = (struct program_map){.channel = 1, .address = 32, .pixel_words = 2, .word_bytes = 16};
	uint8_t bytes[32];
	int32_t scores[8];
	for (size_t i = 0; i < 8; i++) put_little(bytes + 4 * i, -100000 * (int64_t)i, 4);
	executor_write_ddr(rig.executor, 1, 32, bytes, 24, &rig.error);
	assert_int_equal(executor_get_scores(rig.executor, scores, 6, &rig.error), STATUS_OK);
	for (int i = 0; i < 6; i++) assert_int_equal(scores[i], -100000 * i);
	expect_error(&rig, executor_get_scores(rig.executor, scores, 7, &rig.error), STATUS_FAILED,
	             "byte 56 of DDR channel 1 was never written");
	expect_error(&rig, executor_get_scores(rig.executor, scores, 9, &rig.error), STATUS_FAILED,
	             "expected 3 of 16 for 9 scores");
	rig_stop(&rig);
}

static void preamble_and_frame_run_their_commands(void **state) {
	(void)state;
	struct config config;
	rig_config(&config);
	uint8_t first[4] = {1, 2, 3, 4}, second[4] = {5, 6, 7, 8};
	struct program_segment segments[2] = {{0, 0, 4, first}, {1, 64, 4, second}};
	struct command commands[5] = {rig_transfer(OPCODE_LOAD, BUFFER_FIXED_ACTIVATIONS, 0, 1, 0),
	                              {.opcode = OPCODE_BARRIER},
	                              rig_transfer(OPCODE_LOAD, BUFFER_FIXED_ACTIVATIONS, 1, 1, 64),
	                              rig_transfer(OPCODE_STORE, BUFFER_FIXED_ACTIVATIONS, 0, 2, 128),
	                              {.opcode = OPCODE_END, .f.frame_start = 2}};
	commands[2].f.transfer.channel = 1;
	struct program program = {.commands = commands,
	                          .command_count = 5,
	                          .frame_start = 2,
	                          .segments = segments,
	                          .segment_count = 2,
	                          .ddr_bytes = {256, 256},
	                          .has_values = 1};
	struct executor *executor;
	struct error error;
	uint8_t bytes[8];
	assert_int_equal(executor_create(&executor, &config, &program, &error), STATUS_OK);
	/* Without the preamble word 0 is poison. */
	assert_int_equal(executor_frame(executor, &error), STATUS_FAILED);
	assert_non_null(strstr(error.text, "command 3 (STORE, layer 1): store reads fixed_activations word 0"));
	assert_int_equal(executor_read_ddr(executor, 0, 128, bytes, 8, &error), STATUS_FAILED);
	assert_int_equal(executor_preamble(executor, &error), STATUS_OK);
	assert_int_equal(executor_read_ddr(executor, 0, 128, bytes, 8, &error), STATUS_FAILED);
	assert_int_equal(executor_frame(executor, &error), STATUS_OK);
	assert_int_equal(executor_read_ddr(executor, 0, 128, bytes, 8, &error), STATUS_OK);
	assert_memory_equal(bytes, first, 4);
	assert_memory_equal(bytes + 4, second, 4);
	executor_free(executor);
}

static void create_refuses(void **state) {
	(void)state;
	struct config config;
	struct executor *executor;
	struct error error;
	uint8_t byte = 0;
	struct program_segment segment = {0, 256, 1, &byte};
	struct program program = {.segments = &segment, .segment_count = 1, .ddr_bytes = {256}, .has_values = 1};
	rig_config(&config);
	assert_int_equal(executor_create(&executor, &config, &program, &error), STATUS_FAILED);
	assert_null(executor);
	segment.address = 255;
	program.has_values = 0;
	assert_int_equal(executor_create(&executor, &config, &program, &error), STATUS_INPUT);
	assert_non_null(strstr(error.text, "holds no values"));
	program.has_values = 1;
	config.fixed_weight_bits = 0; /* auto, not resolved */
	assert_int_equal(executor_create(&executor, &config, &program, &error), STATUS_INPUT);
	assert_non_null(strstr(error.text, "weight_bits 0; expected 1 to 16, resolved"));
	config.fixed_weight_bits = 8;
	config.post_lanes = 8;
	assert_int_equal(executor_create(&executor, &config, &program, &error), STATUS_INPUT);
	assert_non_null(strstr(error.text, "lanes is 8"));
	executor_free(NULL);
}

int main(void) {
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(ddr_bytes_are_poison_until_written),
	    cmocka_unit_test(ddr_has_an_end),
	    cmocka_unit_test(rows_and_pitch),
	    cmocka_unit_test(values_keep_their_sign),
	    cmocka_unit_test(load_errors),
	    cmocka_unit_test(wrong_bytes_are_found),
	    cmocka_unit_test(store_errors),
	    cmocka_unit_test(input_lies_as_the_program_says),
	    cmocka_unit_test(scores_are_read),
	    cmocka_unit_test(preamble_and_frame_run_their_commands),
	    cmocka_unit_test(create_refuses),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
