/* Does the functional executor compute POST as PROGRAM.md defines it? Each flag by hand, the rule that a write of lane
 * 0 clears the rest of its word, and every error. Random commands: test_executor_post_random.c. */
#include "tests/unit/test_executor_machine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

/* A convolution of one pixel by weights word 0: the last word of the activations, border word 0, sums to `word`. */
static void one_product(struct rig *rig, enum opcode opcode, uint32_t word) {
	struct command conv = {.opcode = opcode};
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
}

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
	one_product(rig, OPCODE_BINARY_CONV, word);
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
	one_product(rig, OPCODE_FIXED_CONV, word);
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

/* Values that are their sums. */
static void load_same(struct rig *rig, uint32_t word) {
	const struct affine same = {1, 1, 1, 0, 0, 0};
	load_affine(rig, word, (struct affine[4]){same, same, same, same});
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
	load_same(&rig, 3);
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
	load_same(&rig, 0);
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
	load_same(&rig, 0);
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
	load_same(&rig, 0);
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
	load_same(&rig, 0);
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
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
