/* Does the functional executor compute POST as PROGRAM.md defines it? Each flag by hand, the rule that a write of lane
 * 0 clears the rest of its word, random commands against a naive model, and every error. */
#include "tests/unit/test_executor_machine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* --- sums by hand ---------------------------------------------------------------------------------------------------
 */

/* Activation 0, weight 1, border -v: the sum is v. */
static void put_accumulators(struct rig *rig, uint32_t word, const int32_t *values) {
	uint8_t *zeros = calloc(1, config_word_bytes(&rig->config, BUFFER_BIT_ACTIVATIONS));
	uint8_t *ones = calloc(1, config_word_bytes(&rig->config, BUFFER_BIT_WEIGHTS));
	uint8_t *border = calloc(rig->config.binary_pes, 2);
	for (uint32_t bit = 0; bit < 48 * rig->config.binary_words * rig->config.binary_pes; bit++)
		put_word_bit(ones, bit, 1);
	for (uint32_t pe = 0; pe < rig->config.binary_pes; pe++) put_little(border + (size_t)2 * pe, -values[pe], 2);
	rig_load(rig, BUFFER_BIT_ACTIVATIONS, RIG_DEPTH_WORDS - 1, 1, zeros);
	rig_load(rig, BUFFER_BIT_WEIGHTS, 0, 1, ones);
	rig_load(rig, BUFFER_BORDER, 0, 1, border);
	struct command conv = {.opcode = OPCODE_BINARY_CONV};
	conv.f.conv = (struct conv_fields){.input_base = RIG_DEPTH_WORDS - 1,
	                                   .output_base = word,
	                                   .input_width = 1,
	                                   .input_height = 1,
	                                   .output_width = 1,
	                                   .rows = 1,
	                                   .kernel = 1,
	                                   .stride = 1,
	                                   .input_words = 1,
	                                   .groups = 1};
	assert_int_equal(rig_run(rig, conv), STATUS_OK);
	free(zeros);
	free(ones);
	free(border);
}

/* One activation of 1: the sum is the weight (the rig has 16-bit weights here). */
static void put_skip_sums(struct rig *rig, uint32_t word, const int32_t *values) {
	const uint32_t rows = rig->config.fixed_rows, columns = rig->config.fixed_columns;
	uint8_t *one = calloc(1, config_word_bytes(&rig->config, BUFFER_FIXED_ACTIVATIONS)),
	        *weights = calloc((size_t)rows * columns, 2);
	one[0] = 1;
	for (uint32_t column = 0; column < columns; column++)
		put_little(weights + (size_t)2 * column * rows, values[column], 2);
	rig_load(rig, BUFFER_FIXED_ACTIVATIONS, RIG_DEPTH_WORDS - 1, 1, one);
	rig_load(rig, BUFFER_FIXED_WEIGHTS, 0, 1, weights);
	struct command conv = {.opcode = OPCODE_FIXED_CONV};
	conv.f.conv = (struct conv_fields){.input_base = RIG_DEPTH_WORDS - 1,
	                                   .output_base = word,
	                                   .input_width = 1,
	                                   .input_height = 1,
	                                   .output_width = 1,
	                                   .rows = 1,
	                                   .kernel = 1,
	                                   .stride = 1,
	                                   .input_words = 1,
	                                   .groups = 1};
	assert_int_equal(rig_run(rig, conv), STATUS_OK);
	free(one);
	free(weights);
}

static void start(struct rig *rig) {
	struct config config;
	rig_config(&config);
	config.fixed_weight_bits = 16;
	config.fixed_activation_bits = 12;
	rig_start(rig, &config);
}

static void load_affine(struct rig *rig, uint32_t word, const struct affine *records) {
	uint8_t *bytes = calloc(rig->config.post_lanes, 16);
	for (uint32_t lane = 0; lane < rig->config.post_lanes; lane++)
		put_affine(bytes + (size_t)16 * lane, records[lane]);
	rig_load(rig, BUFFER_PARAMETERS, word, 1, bytes);
	free(bytes);
}

/* One pixel of four channels from accumulators word 0, parameters word 0, to output word 0. */
static struct command one_pixel(uint32_t flags) {
	struct command post = {.opcode = OPCODE_POST, .layer = 3, .flags = flags};
	post.f.post = (struct post_fields){.width = 1,
	                                   .rows = 1,
	                                   .channels = 4,
	                                   .a_groups = 1,
	                                   .b_groups = 1,
	                                   .sums_width = 1,
	                                   .fixed_words = 1,
	                                   .bits_words = 1,
	                                   .value_bits = 16};
	return post;
}

static void expect_output(struct rig *rig, struct command post, const int32_t *expected) {
	if (rig_run(rig, post) != STATUS_OK) fail_msg("%s", rig->error.text);
	uint8_t bytes[16];
	rig_store(rig, BUFFER_OUTPUT, post.f.post.output_base, 1, bytes);
	for (size_t lane = 0; lane < 4; lane++) assert_int_equal(get_little(bytes + 4 * lane, 4), expected[lane]);
}

static void affine_by_hand(void **state) {
	(void)state;
	struct rig rig;
	start(&rig);
	put_accumulators(&rig, 0, (int32_t[4]){10, -10, 5, -32767});
	/* z = 2 10 + 1 = 21, m = rs(3 21, 2) = 63 / 4 = 15.75 -> 16, + 100; z = 2 -10 + 1 = -19, m = rs(5 -19, 2) =
	 * -23.75 -> -24, - 100; z = 0 takes MP: 0; z = -98301: m = -74963.25 rounds and saturates to -32768. */
	load_affine(
	    &rig, 0,
	    (struct affine[4]){{2, 3, 7, 0, 1, 100}, {2, 3, 5, 0, 1, -100}, {-2, 9, 5, 0, 10, 4}, {3, 1, 3, 0, 0, 0}});
	struct command post = one_pixel(POST_WRITE_OUTPUT);
	post.f.post.shift = 2;
	expect_output(&rig, post, (int32_t[4]){116, -124, 4, -32768});
	/* Half up: 2.5 -> 3, -2.5 -> -2. */
	put_accumulators(&rig, 0, (int32_t[4]){5, -5, 7, -7});
	load_affine(&rig, 0,
	            (struct affine[4]){{1, 1, 1, 0, 0, 0}, {1, 1, 1, 0, 0, 0}, {1, 1, 1, 0, 0, 0}, {1, 1, 1, 0, 0, 0}});
	post.f.post.shift = 1;
	expect_output(&rig, post, (int32_t[4]){3, -2, 4, -3});
	/* value_bits 3: -4 .. 3. */
	post.f.post.value_bits = 3, post.f.post.shift = 0;
	expect_output(&rig, post, (int32_t[4]){3, -4, 3, -4});
	rig_stop(&rig);
}

static void skip_sums_by_hand(void **state) {
	(void)state;
	struct rig rig;
	start(&rig);
	put_accumulators(&rig, 0, (int32_t[4]){1, 2, 3, 4});
	put_skip_sums(&rig, 0, (int32_t[4]){10, 20, -30, 40});
	put_skip_sums(&rig, 7, (int32_t[4]){100, 200, 300, 400});
	/* E: 1, 0, 2, 3: rs(100, 1) = 50; 200; 75; 50 */
	load_affine(&rig, 0,
	            (struct affine[4]){{1, 1, 1, 1, 0, 0}, {1, 1, 1, 0, 0, 0}, {1, 1, 1, 2, 0, 0}, {1, 1, 1, 3, 0, 1}});
	struct command post = one_pixel(POST_WRITE_OUTPUT);
	post.f.post.b_base = 7;
	expect_output(&rig, post, (int32_t[4]){1, 2, 3, 5});
	post.flags |= POST_USE_B;
	expect_output(&rig, post, (int32_t[4]){51, 202, 78, 55});
	post.flags |= POST_A_FROM_SKIP;
	expect_output(&rig, post, (int32_t[4]){60, 220, 45, 91});
	post.flags &= ~(uint32_t)POST_USE_B;
	expect_output(&rig, post, (int32_t[4]){10, 20, -30, 41});
	rig_stop(&rig);
}

static void thresholds_by_hand(void **state) {
	(void)state;
	struct rig rig;
	start(&rig);
	put_accumulators(&rig, 0, (int32_t[4]){5, 5, 6, -1});
	uint8_t records[64];
	put_thresholds(records, 4, 5, 6, 2); /* only bit 0 is D */
	put_thresholds(records + 16, 4, 5, 6, 1);
	put_thresholds(records + 32, 4, 5, 6, 0);
	put_thresholds(records + 48, 4, 5, 6, 3);
	rig_load(&rig, BUFFER_PARAMETERS, 0, 1, records);
	static const int32_t counts[4][4] = {{0, 0, 0, 0}, {1, 0, 1, 1}, {1, 0, 2, 2}, {1, 1, 2, 3}};
	for (uint32_t count = 0; count < 4; count++) {
		struct command post = one_pixel(POST_WRITE_OUTPUT | POST_WRITE_BITS | POST_THRESHOLD |
		                                count << POST_THRESHOLD_COUNT_SHIFT);
		post.f.post.threshold_base = -3;
		post.f.post.value_bits = 0; /* not used */
		int32_t expected[4];
		for (int lane = 0; lane < 4; lane++) expected[lane] = counts[count][lane] - 3;
		expect_output(&rig, post, expected);
		uint8_t word[8];
		rig_store(&rig, BUFFER_BIT_ACTIVATIONS, 0, 1, word);
		for (uint32_t lane = 0; lane < 4; lane++)
			assert_int_equal(get_word_bit(word, lane), counts[count][lane] >= 1);
	}
	rig_stop(&rig);
}

/* A 4x4 map of sums, value 16 - 8 y - x, pooled to 2x2; channels 1 to 3 are 0, -1, 0 but at one pixel. */
static void pool_4x4_by_hand(void **state) {
	(void)state;
	struct rig rig;
	start(&rig);
	for (int32_t y = 0; y < 4; y++)
		for (int32_t x = 0; x < 4; x++)
			put_accumulators(
			    &rig, 20 + (uint32_t)(4 * y + x),
			    (int32_t[4]){16 - 8 * y - x, y == 3 && x == 2 ? 9 : 0, -1, y == 1 && x == 1 ? 0 : -5});
	const struct affine same = {1, 1, 1, 0, 0, 0};
	load_affine(&rig, 3, (struct affine[4]){same, same, same, same});
	struct command post = one_pixel(POST_WRITE_OUTPUT | POST_WRITE_BITS | POST_WRITE_FIXED | POST_POOL_MAX2);
	post.f.post.a_base = 20, post.f.post.parameter_base = 3, post.f.post.fixed_base = 50,
	post.f.post.bits_base = 60, post.f.post.output_base = 70;
	post.f.post.width = post.f.post.rows = 2;
	post.f.post.sums_width = 4;
	assert_int_equal(rig_run(&rig, post), STATUS_OK);
	static const int32_t expected[4][4] = {{16, 0, -1, 0}, {14, 0, -1, -5}, {0, 0, -1, -5}, {-2, 9, -1, -5}};
	uint8_t output[4 * 16], fixed[4 * 8], bits[4 * 8];
	rig_store(&rig, BUFFER_OUTPUT, 70, 4, output);
	rig_store(&rig, BUFFER_FIXED_ACTIVATIONS, 50, 4, fixed);
	rig_store(&rig, BUFFER_BIT_ACTIVATIONS, 60, 4, bits);
	for (size_t pixel = 0; pixel < 4; pixel++)
		for (size_t lane = 0; lane < 4; lane++) {
			assert_int_equal(get_little(output + 16 * pixel + 4 * lane, 4), expected[pixel][lane]);
			assert_int_equal(get_little(fixed + 8 * pixel + 2 * lane, 2), expected[pixel][lane]);
			assert_int_equal(get_word_bit(bits + 8 * pixel, (uint32_t)lane), expected[pixel][lane] >= 0);
		}
	rig_stop(&rig);
}

/* --- partial words --------------------------------------------------------------------------------------------------
 */

static void expect_fixed(struct rig *rig, const int32_t *expected) {
	uint8_t word[16];
	rig_store(rig, BUFFER_FIXED_ACTIVATIONS, 0, 1, word);
	for (size_t lane = 0; lane < 8; lane++) assert_int_equal(get_little(word + 2 * lane, 2), expected[lane]);
}

static void first_lane_clears_the_rest_of_a_fixed_word(void **state) {
	(void)state;
	struct config config;
	struct rig rig;
	rig_config(&config);
	config.fixed_rows = 8;
	config.fixed_weight_bits = config.fixed_activation_bits = 16;
	rig_start(&rig, &config);
	const struct affine same = {1, 1, 1, 0, 0, 0};
	load_affine(&rig, 0, (struct affine[4]){same, same, same, same});
	put_accumulators(&rig, 0, (int32_t[4]){1, 2, 3, 4});
	struct command low = one_pixel(POST_WRITE_FIXED), high = one_pixel(POST_WRITE_FIXED);
	high.f.post.first_channel = 4;
	assert_int_equal(rig_run(&rig, high), STATUS_OK);
	rig_fails(&rig, rig_transfer(OPCODE_STORE, BUFFER_FIXED_ACTIVATIONS, 0, 1, 0),
	          "store reads fixed_activations word 0, of which lane 0 was never written");
	assert_int_equal(rig_run(&rig, low), STATUS_OK);
	expect_fixed(&rig, (int32_t[8]){1, 2, 3, 4, 0, 0, 0, 0});
	put_accumulators(&rig, 0, (int32_t[4]){5, 6, 7, 8});
	assert_int_equal(rig_run(&rig, high), STATUS_OK);
	expect_fixed(&rig, (int32_t[8]){1, 2, 3, 4, 5, 6, 7, 8});
	high.f.post.channels = 2; /* lanes 6 and 7: 0 */
	assert_int_equal(rig_run(&rig, high), STATUS_OK);
	expect_fixed(&rig, (int32_t[8]){1, 2, 3, 4, 5, 6, 0, 0});
	assert_int_equal(rig_run(&rig, low), STATUS_OK);
	expect_fixed(&rig, (int32_t[8]){5, 6, 7, 8, 0, 0, 0, 0});
	rig_stop(&rig);
}

static void first_bit_clears_the_rest_of_a_bit_word(void **state) {
	(void)state;
	struct config config;
	struct rig rig;
	rig_config(&config);
	config.binary_words = 2;
	config.fixed_weight_bits = 16;
	rig_start(&rig, &config);
	const struct affine same = {1, 1, 1, 0, 0, 0};
	load_affine(&rig, 0, (struct affine[4]){same, same, same, same});
	put_accumulators(&rig, 0, (int32_t[4]){1, -2, 3, 4});
	struct command low = one_pixel(POST_WRITE_BITS), high = one_pixel(POST_WRITE_BITS);
	high.f.post.first_channel = 92; /* the last 4 of 96 */
	assert_int_equal(rig_run(&rig, high), STATUS_OK);
	rig_fails(&rig, rig_transfer(OPCODE_STORE, BUFFER_BIT_ACTIVATIONS, 0, 1, 0),
	          "store reads bit_activations word 0, of which bit 0 was never written");
	assert_int_equal(rig_run(&rig, low), STATUS_OK);
	uint8_t word[16];
	rig_store(&rig, BUFFER_BIT_ACTIVATIONS, 0, 1, word);
	for (uint32_t bit = 0; bit < 96; bit++)
		assert_int_equal(get_word_bit(word, bit), bit == 0 || bit == 2 || bit == 3);
	assert_int_equal(rig_run(&rig, high), STATUS_OK);
	rig_store(&rig, BUFFER_BIT_ACTIVATIONS, 0, 1, word);
	for (uint32_t bit = 0; bit < 96; bit++)
		assert_int_equal(get_word_bit(word, bit), bit % 92 == 0 || bit % 92 == 2 || bit % 92 == 3);
	put_accumulators(&rig, 0, (int32_t[4]){-1, 2, -3, 4}); /* 1 becomes 0 as well */
	assert_int_equal(rig_run(&rig, high), STATUS_OK);
	rig_store(&rig, BUFFER_BIT_ACTIVATIONS, 0, 1, word);
	for (uint32_t bit = 0; bit < 96; bit++)
		assert_int_equal(get_word_bit(word, bit), bit == 0 || bit == 2 || bit == 3 || bit == 93 || bit == 95);
	assert_int_equal(get_little(word + 6, 2), 0); /* bits 48 to 63 of both units */
	assert_int_equal(get_little(word + 14, 2), 0);
	rig_stop(&rig);
}

/* All parts of a word but the first: not whole, and the missing bit is named. */
static void a_missing_part_is_poison(void **state) {
	(void)state;
	struct config config;
	struct rig rig;
	rig_config(&config);
	config.fixed_weight_bits = 16;
	rig_start(&rig, &config);
	const struct affine same = {1, 1, 1, 0, 0, 0};
	load_affine(&rig, 0, (struct affine[4]){same, same, same, same});
	put_accumulators(&rig, 0, (int32_t[4]){1, 1, 1, 1});
	struct command post = one_pixel(POST_WRITE_BITS);
	for (uint32_t first = 4; first < 48; first += 4) {
		post.f.post.first_channel = first;
		assert_int_equal(rig_run(&rig, post), STATUS_OK);
	}
	rig_fails(&rig, rig_transfer(OPCODE_STORE, BUFFER_BIT_ACTIVATIONS, 0, 1, 0),
	          "of which bit 0 was never written");
	rig_stop(&rig);
}

/* --- errors ---------------------------------------------------------------------------------------------------------
 */

static void errors_are_named(void **state) {
	(void)state;
	struct rig rig;
	start(&rig);
	const struct affine same = {1, 1, 1, 0, 0, 0};
	struct command ok = one_pixel(POST_WRITE_OUTPUT | POST_WRITE_FIXED | POST_WRITE_BITS | POST_USE_B), c = ok;
	rig_fails(&rig, c, "(POST, layer 3): post_unit reads parameters word 0, which was never written");
	load_affine(&rig, 0, (struct affine[4]){same, same, same, same});
	rig_fails(&rig, c, "post_unit reads accumulators word 0, which was never written");
	put_accumulators(&rig, 0, (int32_t[4]){1, 2, 3, 2047});
	rig_fails(&rig, c, "post_unit reads skip_sums word 0, which was never written");
	put_skip_sums(&rig, 0, (int32_t[4]){0, 0, 0, 0});
	assert_int_equal(rig_run(&rig, c), STATUS_OK);
	c.f.post.a_base = 1;
	rig_fails(&rig, c, "accumulators word 1, which was never written");
	c = ok, c.f.post.a_base = UINT32_MAX;
	rig_fails(&rig, c, "accumulators word 4294967295; expected 0 to 2047");
	c = ok, c.f.post.b_base = 1;
	rig_fails(&rig, c, "skip_sums word 1, which was never written");
	c = ok, c.f.post.parameter_base = RIG_DEPTH_WORDS;
	rig_fails(&rig, c, "reads parameters word 2048; expected 0 to 2047");
	c = ok, c.f.post.fixed_base = RIG_DEPTH_WORDS;
	rig_fails(&rig, c, "writes fixed_activations word 2048; expected 0 to 2047");
	c = ok, c.f.post.bits_base = RIG_DEPTH_WORDS;
	rig_fails(&rig, c, "writes bit_activations word 2048; expected 0 to 2047");
	c = ok, c.f.post.output_base = RIG_DEPTH_WORDS;
	rig_fails(&rig, c, "writes output word 2048; expected 0 to 2047");
	c = ok, c.f.post.first_channel = 4;
	rig_fails(&rig, c, "writes channel 7 of fixed_activations pixels of 1 words; expected less than 4");
	c = ok, c.f.post.fixed_words = 20, c.f.post.first_channel = 48;
	rig_fails(&rig, c, "writes channel 51 of bit_activations pixels of 1 words; expected less than 48");
	c = ok, c.f.post.width = 2;
	rig_fails(&rig, c, "reads 2 columns of sums; expected at most sums_width, 1");
	c = ok, c.f.post.channels = 5;
	rig_fails(&rig, c, "has a_groups 1 for 5 channels; expected at least 2");
	c = ok, c.f.post.channels = 5, c.f.post.a_groups = 2;
	rig_fails(&rig, c, "has b_groups 1 for 5 channels; expected at least 2");
	c = ok, c.f.post.value_bits = 0;
	rig_fails(&rig, c, "has value_bits 0; expected 1 to 32");
	c = ok, c.f.post.rows = 0;
	rig_fails(&rig, c, "expected at least 1");
	c = ok, c.f.post.channels = 65536;
	rig_fails(&rig, c, "wider than its place");
	c = ok, c.flags |= 1024;
	rig_fails(&rig, c, "has flags");
	c = ok, c.flags |= POST_TRANSPOSE | POST_WRITE_OUTPUT;
	rig_fails(&rig, c, "has transpose with write_output; expected without");
	c = ok, c.flags = (c.flags & ~(uint32_t)POST_WRITE_OUTPUT) | POST_TRANSPOSE | POST_POOL_MAX2;
	rig_fails(&rig, c, "has transpose with pool_max2; expected without");
	c = ok, c.flags = (c.flags & ~(uint32_t)POST_WRITE_OUTPUT) | POST_TRANSPOSE | POST_WRITE_BITS;
	c.f.post.first_channel = 1;
	rig_fails(&rig, c, "transposes bits from pixel 1; expected a multiple of 4");
	c.f.post.first_channel = 0, c.f.post.channels = 1025;
	rig_fails(&rig, c, "transposes bits of 1025 channels; expected at most 1024");
	/* 2048 needs 13 bits, the lanes have 12. */
	load_affine(&rig, 0, (struct affine[4]){same, same, same, {1, 1, 1, 0, 1, 0}});
	rig_fails(&rig, ok, "writes fixed_activations word 0 lane 3 with value 2048; expected at most 12 bits");
	c = ok, c.f.post.value_bits = 12;
	assert_int_equal(rig_run(&rig, c), STATUS_OK);
	load_affine(&rig, 0, (struct affine[4]){same, {1, 1, 1, 64, 0, 0}, same, same});
	rig_fails(&rig, ok, "parameters word 0 lane 1 with E 64; expected at most 63");
	c = ok, c.flags = POST_WRITE_OUTPUT | POST_THRESHOLD | 1 << POST_THRESHOLD_COUNT_SHIFT,
	c.f.post.threshold_base = INT32_MAX;
	uint8_t records[64] = {0};
	rig_load(&rig, BUFFER_PARAMETERS, 0, 1, records);
	rig_fails(&rig, c, "writes output word 0 lane 0 with value 2147483648; expected at most 32 bits");
	rig_stop(&rig);
}

/* 64 products of 2^30 are 2^36; times A = MP = -2^15: 2^66. */
static void arithmetic_stays_in_64_bits(void **state) {
	(void)state;
	struct config config;
	struct rig rig;
	rig_config(&config);
	config.fixed_weight_bits = config.fixed_activation_bits = 16;
	config.fixed_accumulator_bits = 48;
	rig_start(&rig, &config);
	uint8_t map[16 * 8], weights[16 * 32];
	for (size_t i = 0; i < sizeof map / 2; i++) put_little(map + 2 * i, -32768, 2);
	for (size_t i = 0; i < sizeof weights / 2; i++) put_little(weights + 2 * i, -32768, 2);
	rig_load(&rig, BUFFER_FIXED_ACTIVATIONS, 0, 16, map);
	rig_load(&rig, BUFFER_FIXED_WEIGHTS, 0, 16, weights);
	struct command conv = {.opcode = OPCODE_FIXED_CONV};
	conv.f.conv = (struct conv_fields){.input_width = 1,
	                                   .input_height = 1,
	                                   .output_width = 1,
	                                   .rows = 1,
	                                   .kernel = 1,
	                                   .stride = 1,
	                                   .input_words = 16,
	                                   .groups = 1};
	assert_int_equal(rig_run(&rig, conv), STATUS_OK);
	struct affine large = {-32768, 1, -32768, 0, 0, 0};
	load_affine(&rig, 0, (struct affine[4]){large, large, large, large});
	struct command post = one_pixel(POST_A_FROM_SKIP | POST_WRITE_OUTPUT);
	rig_fails(&rig, post, "leaves 64 bits with sum 68719476736 and the record of parameters word 0 lane 0");
	large.mn = 4096; /* -2^51 2^12 = -2^63 */
	load_affine(&rig, 0, (struct affine[4]){large, large, large, large});
	expect_output(&rig, post, (int32_t[4]){-32768, -32768, -32768, -32768});
	rig_stop(&rig);
}

/* --- random commands ------------------------------------------------------------------------------------------------
 */

static int64_t divide_down(int64_t value, int64_t divisor) {
	return value >= 0 ? value / divisor : -((divisor - 1 - value) / divisor);
}
static int64_t naive_round(int64_t value, int32_t shift) {
	const int64_t unit = INT64_C(1) << shift;
	return shift ? divide_down(value + unit / 2, unit) : value;
}

struct model {
	struct rig rig;
	uint32_t sums_rows, sums_width, channels, split; /* split: channels of the first command, or all */
	uint32_t a_lanes, a_groups, b_groups, flags, shift, value_bits, fixed_words, bits_words;
	int32_t threshold_base;
	int32_t *a, *b; /* [pixel][group x lanes] */
	struct affine *affine;
	int32_t (*thresholds)[4];
};

/* Random sums through both engines (1x1 convolutions), read back. */
static void make_sums(struct model *m, uint64_t *seed) {
	struct config *config = &m->rig.config;
	const uint32_t pixels = m->sums_rows * m->sums_width, pes = config->binary_pes, columns = config->fixed_columns;
	const uint32_t binary_groups = (m->channels + pes - 1) / pes,
	               fixed_groups = (m->channels + columns - 1) / columns;
	const struct {
		enum buffer_id id;
		uint32_t words;
	} parts[] = {{BUFFER_BIT_ACTIVATIONS, pixels},
	             {BUFFER_BIT_WEIGHTS, binary_groups},
	             {BUFFER_BORDER, binary_groups},
	             {BUFFER_FIXED_ACTIVATIONS, pixels},
	             {BUFFER_FIXED_WEIGHTS, fixed_groups}};
	for (size_t part = 0; part < 5; part++) {
		const uint32_t bytes = config_word_bytes(config, parts[part].id);
		uint8_t *image = calloc(parts[part].words, bytes);
		for (size_t i = 0; i < (size_t)parts[part].words * bytes; i++) {
			const int is_bits = part < 2,
			          lanes_bytes = (int)(8 * config->binary_words * (part == 1 ? pes : 1));
			if (!is_bits || (i % 8 < 6 && (int)(i % bytes) < lanes_bytes))
				image[i] = (uint8_t)random_next(seed);
			if (part == 2 && i % 2) image[i] = (uint8_t)random_in(seed, -2, 1); /* constants of 10 bits */
		}
		rig_load(&m->rig, parts[part].id, 0, parts[part].words, image);
		free(image);
	}
	struct command conv = {.opcode = OPCODE_BINARY_CONV};
	conv.f.conv = (struct conv_fields){.input_width = m->sums_width,
	                                   .input_height = m->sums_rows,
	                                   .output_width = m->sums_width,
	                                   .rows = m->sums_rows,
	                                   .kernel = 1,
	                                   .stride = 1,
	                                   .input_words = 1,
	                                   .groups = binary_groups};
	assert_int_equal(rig_run(&m->rig, conv), STATUS_OK);
	conv.opcode = OPCODE_FIXED_CONV, conv.f.conv.groups = fixed_groups;
	assert_int_equal(rig_run(&m->rig, conv), STATUS_OK);
	const int a_is_skip = (m->flags & POST_A_FROM_SKIP) != 0;
	m->a_lanes = a_is_skip ? columns : pes;
	m->a_groups = a_is_skip ? fixed_groups : binary_groups, m->b_groups = fixed_groups;
	m->a = calloc((size_t)pixels * m->a_groups * m->a_lanes, sizeof *m->a);
	m->b = calloc((size_t)pixels * fixed_groups * columns, sizeof *m->b);
	rig_read_sums(&m->rig, a_is_skip ? BUFFER_SKIP_SUMS : BUFFER_ACCUMULATORS, 0, pixels * m->a_groups, m->a);
	rig_read_sums(&m->rig, BUFFER_SKIP_SUMS, 0, pixels * fixed_groups, m->b);
}

static void make_parameters(struct model *m, uint64_t *seed) {
	const uint32_t lanes = m->rig.config.post_lanes, words = (m->channels + lanes - 1) / lanes;
	m->affine = calloc(m->channels, sizeof *m->affine);
	m->thresholds = calloc(m->channels, sizeof *m->thresholds);
	uint8_t *bytes = calloc((size_t)words * lanes, 16);
	for (uint32_t c = 0; c < m->channels; c++) {
		m->affine[c] = (struct affine){random_in(seed, -32768, 32767),
		                               random_in(seed, -32768, 32767),
		                               random_in(seed, -32768, 32767),
		                               random_in(seed, 0, 20),
		                               random_in(seed, INT32_MIN / 2, INT32_MAX / 2),
		                               random_in(seed, -60, 60)};
		for (int k = 0; k < 3; k++) m->thresholds[c][k] = random_in(seed, -150, 150);
		m->thresholds[c][3] = random_in(seed, 0, 1);
		if (m->flags & POST_THRESHOLD)
			put_thresholds(bytes + (size_t)16 * c, m->thresholds[c][0], m->thresholds[c][1],
			               m->thresholds[c][2], (uint32_t)m->thresholds[c][3]);
		else
			put_affine(bytes + (size_t)16 * c, m->affine[c]);
	}
	rig_load(&m->rig, BUFFER_PARAMETERS, 3, words, bytes);
	free(bytes);
}

/* Value and bit of one channel of one pixel of sums. */
static int64_t naive_value(const struct model *m, uint32_t pixel, uint32_t c, int *bit) {
	const int64_t a = m->a[(size_t)pixel * m->a_groups * m->a_lanes + c],
	              b = m->b[(size_t)pixel * m->b_groups * m->rig.config.fixed_columns + c];
	if (m->flags & POST_THRESHOLD) {
		int passed = 0;
		for (uint32_t k = 0; k < (m->flags >> 8 & 3); k++)
			passed += m->thresholds[c][3] ? a < m->thresholds[c][k] : a > m->thresholds[c][k];
		*bit = passed > 0;
		return m->threshold_base + passed;
	}
	const struct affine *p = &m->affine[c];
	const int64_t z = p->a * a + p->b, slope = z >= 0 ? p->mp : p->mn;
	int64_t v = naive_round(slope * z, (int32_t)m->shift) + p->c;
	if (m->flags & POST_USE_B) v += naive_round(b, p->e);
	const int64_t limit = INT64_C(1) << (m->value_bits - 1);
	v = v < -limit ? -limit : v > limit - 1 ? limit - 1 : v;
	*bit = v >= 0;
	return v;
}

static int64_t naive_pooled(const struct model *m, uint32_t y, uint32_t x, uint32_t c, int *bit) {
	if (!(m->flags & POST_POOL_MAX2)) return naive_value(m, y * m->sums_width + x, c, bit);
	int64_t best = INT64_MIN;
	*bit = 0;
	for (uint32_t i = 0; i < 4; i++) {
		int one;
		const int64_t v = naive_value(m, (2 * y + i / 2) * m->sums_width + 2 * x + i % 2, c, &one);
		if (v > best) best = v;
		*bit |= one;
	}
	return best;
}

/* Rows first_row .. of the sums, transposed: the base of the block's pixels, the number of the first pixel. */
static void run_transposed(struct model *m, struct command post, uint32_t first_row, uint32_t rows) {
	struct post_fields *f = &post.f.post;
	const uint32_t pixel = first_row * m->sums_width, first = f->first_channel;
	f->a_base += pixel * m->a_groups;
	f->b_base += pixel * m->b_groups;
	f->rows = rows;
	f->fixed_base += first * m->fixed_words;
	f->bits_base += first * m->bits_words;
	f->first_channel = pixel;
	if (rig_run(&m->rig, post) != STATUS_OK) fail_msg("%s", m->rig.error.text);
}

static void run_block(struct model *m, uint32_t first, uint32_t channels) {
	const struct config *config = &m->rig.config;
	const uint32_t scale = m->flags & POST_POOL_MAX2 ? 2 : 1;
	struct command post = {.opcode = OPCODE_POST, .flags = m->flags};
	post.f.post = (struct post_fields){.a_base = first / m->a_lanes,
	                                   .b_base = first / config->fixed_columns,
	                                   .parameter_base = 3 + first / config->post_lanes,
	                                   .fixed_base = 900,
	                                   .bits_base = 800,
	                                   .output_base = first ? 1000 : 0,
	                                   .width = m->sums_width / scale,
	                                   .rows = m->sums_rows / scale,
	                                   .channels = channels,
	                                   .a_groups = m->a_groups,
	                                   .b_groups = m->b_groups,
	                                   .sums_width = m->sums_width,
	                                   .fixed_words = m->fixed_words,
	                                   .bits_words = m->bits_words,
	                                   .first_channel = first,
	                                   .shift = m->shift,
	                                   .value_bits = m->value_bits,
	                                   .threshold_base = m->threshold_base};
	if (m->flags & POST_TRANSPOSE) { /* in two bands, where the second can begin at a whole lane group of pixels */
		uint32_t rows = m->sums_rows - 1;
		while (rows * m->sums_width % config->post_lanes) rows--;
		if (rows) run_transposed(m, post, 0, rows);
		run_transposed(m, post, rows, m->sums_rows - rows);
		return;
	}
	if (rig_run(&m->rig, post) != STATUS_OK) fail_msg("%s", m->rig.error.text);
}

/* Value and bit of one channel of one pixel of the maps; beyond the channels 0. */
static int64_t map_value(const struct model *m, uint32_t pixel, uint32_t c, uint32_t width, int *bit) {
	const int is_turned = (m->flags & POST_TRANSPOSE) != 0;
	const uint32_t from = is_turned ? c : pixel, output = is_turned ? pixel : c;
	*bit = 0;
	if (c >= (is_turned ? m->sums_rows * m->sums_width : m->channels)) return 0;
	return naive_pooled(m, from / width, from % width, output, bit);
}

/* The maps: every lane of every word, unused ones 0. */
static void check_maps(struct model *m, uint32_t width, uint32_t rows) {
	const struct config *config = &m->rig.config;
	const uint32_t fixed_bytes = config_word_bytes(config, BUFFER_FIXED_ACTIVATIONS),
	               bits_bytes = config_word_bytes(config, BUFFER_BIT_ACTIVATIONS);
	const uint32_t word_bits = 48 * config->binary_words,
	               pixels = m->flags & POST_TRANSPOSE ? m->channels : width * rows;
	uint8_t *fixed = calloc((size_t)pixels * m->fixed_words, fixed_bytes),
	        *bits = calloc((size_t)pixels * m->bits_words, bits_bytes);
	rig_store(&m->rig, BUFFER_FIXED_ACTIVATIONS, 900, pixels * m->fixed_words, fixed);
	rig_store(&m->rig, BUFFER_BIT_ACTIVATIONS, 800, pixels * m->bits_words, bits);
	for (uint32_t pixel = 0; pixel < pixels; pixel++) {
		for (uint32_t c = 0; c < m->fixed_words * config->fixed_rows; c++) {
			int bit;
			const uint8_t *value = fixed + ((size_t)pixel * m->fixed_words * config->fixed_rows + c) * 2;
			assert_int_equal(get_little(value, 2), map_value(m, pixel, c, width, &bit));
		}
		for (uint32_t c = 0; c < m->bits_words * word_bits; c++) {
			int bit;
			map_value(m, pixel, c, width, &bit);
			assert_int_equal(
			    get_word_bit(bits + ((size_t)pixel * m->bits_words + c / word_bits) * bits_bytes,
			                 c % word_bits),
			    bit);
		}
	}
	free(fixed);
	free(bits);
}

static void check_output(struct model *m, uint32_t width, uint32_t rows, uint32_t first, uint32_t channels) {
	const uint32_t lanes = m->rig.config.post_lanes, groups = (channels + lanes - 1) / lanes;
	uint8_t *output = calloc((size_t)width * rows * groups * lanes, 4);
	rig_store(&m->rig, BUFFER_OUTPUT, first ? 1000 : 0, width * rows * groups, output);
	for (uint32_t pixel = 0; pixel < width * rows; pixel++)
		for (uint32_t c = 0; c < groups * lanes; c++) {
			int bit;
			const int64_t expected =
			    c < channels ? naive_pooled(m, pixel / width, pixel % width, first + c, &bit) : 0;
			assert_int_equal(get_little(output + ((size_t)pixel * groups * lanes + c) * 4, 4), expected);
		}
	free(output);
}

static void random_model(struct model *m, uint64_t *seed) {
	static const uint32_t words[] = {1, 2, 3, 4, 6, 12};
	struct config config;
	rig_config(&config);
	config.post_lanes = 1u << random_in(seed, 0, 4);
	config.binary_words = words[random_in(seed, 0, 5)];
	config.binary_pes = config.post_lanes << random_in(seed, 0, 2);
	config.fixed_columns = config.post_lanes << random_in(seed, 0, 2);
	config.fixed_rows = config.post_lanes << random_in(seed, 0, 4);
	config.fixed_activation_bits = 16;
	config.fixed_weight_bits = 8;
	rig_start(&m->rig, &config);
	const uint32_t block = config.binary_pes > config.fixed_columns ? config.binary_pes : config.fixed_columns;
	m->sums_rows = (uint32_t)random_in(seed, 2, 5), m->sums_width = (uint32_t)random_in(seed, 2, 5);
	m->channels = (uint32_t)random_in(seed, 1, 2 * (int32_t)block);
	m->split = m->channels > block && random_in(seed, 0, 1) ? block : m->channels;
	m->flags = POST_WRITE_FIXED | POST_WRITE_BITS | POST_WRITE_OUTPUT |
	           (random_next(seed) & (POST_A_FROM_SKIP | POST_USE_B | POST_POOL_MAX2));
	if (random_in(seed, 0, 2) == 0)
		m->flags |= POST_THRESHOLD | (uint32_t)random_in(seed, 0, 3) << POST_THRESHOLD_COUNT_SHIFT;
	m->shift = (uint32_t)random_in(seed, 0, 31);
	m->value_bits = (uint32_t)random_in(seed, 1, 16);
	m->threshold_base = random_in(seed, -4, 4);
	uint32_t map_channels = m->channels;
	if (random_in(seed, 0, 2) == 0) {
		m->flags = (m->flags & ~(uint32_t)(POST_POOL_MAX2 | POST_WRITE_OUTPUT)) | POST_TRANSPOSE;
		map_channels = m->sums_rows * m->sums_width;
	}
	m->fixed_words = (map_channels + config.fixed_rows - 1) / config.fixed_rows;
	m->bits_words = (map_channels + 48 * config.binary_words - 1) / (48 * config.binary_words);
}

static void random_commands(void **state) {
	(void)state;
	uint64_t seed = 0x13198a2e03707344;
	for (int round = 0; round < 200; round++) {
		struct model m;
		memset(&m, 0, sizeof m);
		random_model(&m, &seed);
		make_sums(&m, &seed);
		make_parameters(&m, &seed);
		run_block(&m, 0, m.split);
		if (m.split < m.channels) run_block(&m, m.split, m.channels - m.split);
		const uint32_t scale = m.flags & POST_POOL_MAX2 ? 2 : 1, width = m.sums_width / scale,
		               rows = m.sums_rows / scale;
		check_maps(&m, width, rows);
		if (m.flags & POST_WRITE_OUTPUT) check_output(&m, width, rows, 0, m.split);
		if (m.flags & POST_WRITE_OUTPUT && m.split < m.channels)
			check_output(&m, width, rows, m.split, m.channels - m.split);
		free(m.a);
		free(m.b);
		free(m.affine);
		free(m.thresholds);
		rig_stop(&m.rig);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(affine_by_hand),
	    cmocka_unit_test(skip_sums_by_hand),
	    cmocka_unit_test(thresholds_by_hand),
	    cmocka_unit_test(pool_4x4_by_hand),
	    cmocka_unit_test(first_lane_clears_the_rest_of_a_fixed_word),
	    cmocka_unit_test(first_bit_clears_the_rest_of_a_bit_word),
	    cmocka_unit_test(a_missing_part_is_poison),
	    cmocka_unit_test(errors_are_named),
	    cmocka_unit_test(arithmetic_stays_in_64_bits),
	    cmocka_unit_test(random_commands),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
