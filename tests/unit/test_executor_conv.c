/* Does the functional executor compute BINARY_CONV and FIXED_CONV as PROGRAM.md defines them? By hand on a 4x4 map, and
 * against naive loops on random shapes (of +1 and -1). Errors: test_executor_conv_bad.c. */
#include "tests/unit/conv_shapes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* 4x4 map of two channels, all +1 but channel 0 of pixel (0, 0); 3x3 kernel of +1, pad 1. Masked taps count 0. */
static void binary_4x4_by_hand(void **state) {
	(void)state;
	static const int32_t expected[4][4] = {{6, 10, 12, 8}, {10, 16, 18, 12}, {12, 18, 18, 12}, {8, 12, 12, 8}};
	for (int window = 0; window < 2; window++) {
		struct config config;
		struct rig rig;
		rig_config(&config);
		rig_start(&rig, &config);
		struct shape s = {
		    .height = 4, .width = 4, .channels = 2, .outputs = 1, .kernel = 3, .stride = 1, .pad = 1};
		finish_shape(&s, NULL);
		int16_t map[4 * 4 * 2], weights[9 * 2];
		for (size_t i = 0; i < 32; i++) map[i] = i != 0;
		for (size_t i = 0; i < 18; i++) weights[i] = 1;
		load_map(&rig, &s, map, 1, 0, 0, 4);
		load_binary_weights(&rig, &s, weights, window, 0);
		load_border(&rig, &s, weights, 0);
		const uint32_t base[4] = {0};
		assert_int_equal(
		    rig_run(&rig, conv_command(&rig, &s, OPCODE_BINARY_CONV, window ? CONV_WINDOW_PACKED : 0, base)),
		    STATUS_OK);
		int32_t sums[16 * 4];
		rig_read_sums(&rig, BUFFER_ACCUMULATORS, 0, 16, sums);
		for (int i = 0; i < 16; i++) assert_int_equal(sums[4 * i], expected[i / 4][i % 4]);
		rig_stop(&rig);
	}
}

/* A 4x4 map of one channel, value 4 y + x. */
static void fixed_4x4_by_hand(void **state) {
	(void)state;
	struct config config;
	struct rig rig;
	rig_config(&config);
	rig_start(&rig, &config);
	struct shape s = {.height = 4, .width = 4, .channels = 1, .outputs = 1, .kernel = 2, .stride = 2};
	finish_shape(&s, NULL);
	int16_t map[16], weights[4] = {1, 10, -1, 2};
	for (int16_t i = 0; i < 16; i++) map[i] = i;
	load_map(&rig, &s, map, 0, 0, 0, 4);
	load_fixed_weights(&rig, &s, weights, 0, 0);
	const uint32_t base[4] = {0};
	/* 0 1 / 4 5: 0 + 10 - 4 + 10; average (10 + 2) >> 2 = 3, weight 1; taps shared: 10. */
	static const int32_t expected[3][4] = {{16, 40, 112, 136}, {3, 5, 11, 13}, {10, 18, 42, 50}};
	static const uint32_t flags[3] = {0, CONV_AVERAGE2, CONV_TAP_SHARED};
	for (int i = 0; i < 3; i++) {
		assert_int_equal(rig_run(&rig, conv_command(&rig, &s, OPCODE_FIXED_CONV, flags[i], base)), STATUS_OK);
		int32_t sums[4 * 4];
		rig_read_sums(&rig, BUFFER_SKIP_SUMS, 0, 4, sums);
		for (int pixel = 0; pixel < 4; pixel++) assert_int_equal(sums[4 * pixel], expected[i][pixel]);
	}
	rig_stop(&rig);
}

/* Average2 rounds half up, also below zero: -6 / 4 = -1.5 -> -1, -7 / 4 -> -2. */
static void average_rounds_half_up(void **state) {
	(void)state;
	struct config config;
	struct rig rig;
	rig_config(&config);
	rig_start(&rig, &config);
	struct shape s = {.height = 2, .width = 2, .channels = 2, .outputs = 2, .kernel = 2, .stride = 2};
	finish_shape(&s, NULL);
	const int16_t map[8] = {-6, -7, 0, 0, 0, 0, 0, 0};
	int16_t weights[16] = {0};
	weights[weight_at(&s, 0, 0, 0, 0)] = 1;
	weights[weight_at(&s, 1, 0, 0, 1)] = 1;
	load_map(&rig, &s, map, 0, 0, 0, 2);
	load_fixed_weights(&rig, &s, weights, 1, 0);
	const uint32_t base[4] = {0};
	assert_int_equal(rig_run(&rig, conv_command(&rig, &s, OPCODE_FIXED_CONV, CONV_AVERAGE2, base)), STATUS_OK);
	int32_t sums[4];
	rig_read_sums(&rig, BUFFER_SKIP_SUMS, 0, 1, sums);
	assert_int_equal(sums[0], -1);
	assert_int_equal(sums[1], -2);
	rig_stop(&rig);
}

static void random_shape(struct shape *s, uint64_t *seed, int fixed) {
	memset(s, 0, sizeof *s);
	s->kernel = (uint32_t)random_in(seed, 1, 4);
	s->stride = (uint32_t)random_in(seed, 1, 3);
	/* Binary: a class of border constants is one set of outside taps only with pad 1. */
	s->pad = s->kernel > 1 ? (uint32_t)random_in(seed, 0, s->kernel == 2 || !fixed ? 1 : 2) : 0;
	s->height = (uint32_t)random_in(seed, (int32_t)s->kernel, 8);
	s->width = (uint32_t)random_in(seed, (int32_t)s->kernel, 8);
	s->channels = (uint32_t)random_in(seed, 1, fixed ? 20 : 130);
	s->outputs = (uint32_t)random_in(seed, 1, 18);
	s->padding = (enum padding)random_in(seed, 0, 2);
}

static void random_engines(struct config *config, uint64_t *seed) {
	static const uint32_t words[] = {1, 2, 3, 4, 6, 12};
	rig_config(config);
	config->binary_pes = 2u << random_in(seed, 0, 3);
	config->binary_words = words[random_in(seed, 0, 5)];
	config->binary_window_bits = 65536;
	config->fixed_rows = 2u << random_in(seed, 0, 6);
	config->fixed_columns = 2u << random_in(seed, 0, 3);
	config->fixed_activation_bits = (uint32_t)random_in(seed, 2, 16);
	config->fixed_weight_bits = (uint32_t)random_in(seed, 2, config->fixed_activation_bits > 12 ? 12 : 14);
	config->post_lanes = 1u << random_in(seed, 0, 1);
}

static void binary_random(void **state) {
	(void)state;
	uint64_t seed = 0x9e3779b97f4a7c15;
	for (int round = 0; round < 300; round++) {
		struct config config;
		struct rig rig;
		struct shape s;
		random_engines(&config, &seed);
		rig_start(&rig, &config);
		random_shape(&s, &seed, 0);
		finish_shape(&s, &seed);
		int16_t *map = calloc((size_t)s.height * s.width * s.channels, sizeof *map),
		        *weights = calloc(weight_at(&s, s.outputs, 0, 0, 0), sizeof *weights);
		for (size_t i = 0; i < (size_t)s.height * s.width * s.channels; i++)
			map[i] = (int16_t)(random_next(&seed) & 1);
		for (size_t i = 0; i < weight_at(&s, s.outputs, 0, 0, 0); i++)
			weights[i] = (int16_t)(random_next(&seed) & 1);
		const int window = random_in(&seed, 0, 1);
		const uint32_t base[4] = {3, 2, 1, 5};
		load_map(&rig, &s, map, 1, base[0], s.low_row, s.high_row);
		load_binary_weights(&rig, &s, weights, window, base[1]);
		load_border(&rig, &s, weights, base[2]);
		const enum status status =
		    rig_run(&rig, conv_command(&rig, &s, OPCODE_BINARY_CONV, window ? CONV_WINDOW_PACKED : 0, base));
		/* A window that is outside on both sides is refused, as PROGRAM.md says; nothing else is. */
		if (status == STATUS_OK)
			check_sums(&rig, &s, map, weights, 1, 0, base[3]);
		else if (!strstr(rig.error.text, "at both ends"))
			fail_msg("round %d: %s", round, rig.error.text);
		/* The last row of the band missing: poison. */
		if (status == STATUS_OK) {
			struct rig less;
			rig_start(&less, &config);
			if (s.high_row - s.low_row > 1) load_map(&less, &s, map, 1, base[0], s.low_row, s.high_row - 1);
			load_binary_weights(&less, &s, weights, window, base[1]);
			load_border(&less, &s, weights, base[2]);
			rig_fails(&less,
			          conv_command(&less, &s, OPCODE_BINARY_CONV, window ? CONV_WINDOW_PACKED : 0, base),
			          "bit_activations word");
			rig_stop(&less);
		}
		free(map);
		free(weights);
		rig_stop(&rig);
	}
}

static void fixed_random(void **state) {
	(void)state;
	uint64_t seed = 0x243f6a8885a308d3;
	for (int round = 0; round < 300; round++) {
		struct config config;
		struct rig rig;
		struct shape s;
		random_engines(&config, &seed);
		rig_start(&rig, &config);
		random_shape(&s, &seed, 1);
		static const uint32_t choices[] = {0, 0, CONV_AVERAGE2, CONV_TAP_SHARED};
		const uint32_t flags = choices[random_in(&seed, 0, 3)];
		if (flags == CONV_AVERAGE2) {
			s.kernel = s.stride = 2;
			s.pad = 0;
			if (s.height < 2) s.height = 2;
			if (s.width < 2) s.width = 2;
		}
		finish_shape(&s, &seed);
		const int32_t activation_limit = 1 << (config.fixed_activation_bits - 1),
		              weight_limit = 1 << (config.fixed_weight_bits - 1);
		int16_t *map = calloc((size_t)s.height * s.width * s.channels, sizeof *map),
		        *weights = calloc(weight_at(&s, s.outputs, 0, 0, 0), sizeof *weights);
		const int extreme = random_in(&seed, 0, 3) == 0;
		for (size_t i = 0; i < (size_t)s.height * s.width * s.channels; i++)
			map[i] = (int16_t)(extreme ? -activation_limit
			                           : random_in(&seed, -activation_limit, activation_limit - 1));
		for (size_t i = 0; i < weight_at(&s, s.outputs, 0, 0, 0); i++)
			weights[i] =
			    (int16_t)(extreme ? -weight_limit : random_in(&seed, -weight_limit, weight_limit - 1));
		/* 320 products need 9 bits beyond the product's: keep what the naive loop can hold. */
		const int fits = (uint64_t)s.kernel * s.kernel * s.channels
		                     << (config.fixed_activation_bits + config.fixed_weight_bits - 2) <
		                 UINT64_C(1) << 31;
		const uint32_t base[4] = {4, 3, 0, 7};
		load_map(&rig, &s, map, 0, base[0], s.low_row, s.high_row);
		load_fixed_weights(&rig, &s, weights, flags != 0, base[1]);
		if (fits) {
			if (rig_run(&rig, conv_command(&rig, &s, OPCODE_FIXED_CONV, flags, base)) != STATUS_OK)
				fail_msg("round %d: %s", round, rig.error.text);
			check_sums(&rig, &s, map, weights, 0, flags, base[3]);
		}
		free(map);
		free(weights);
		rig_stop(&rig);
	}
}

/* 2^15 2^15 8 = 2^33: more than 32 bits, not more than 48; and 2^31 exactly, one more than fits. */
static void fixed_sums_are_not_wrapped(void **state) {
	(void)state;
	for (uint32_t channels = 1; channels <= 8; channels++)
		for (uint32_t bits = 32; bits <= 48; bits += 16) {
			struct config config;
			struct rig rig;
			rig_config(&config);
			config.fixed_activation_bits = config.fixed_weight_bits = 16;
			config.fixed_accumulator_bits = bits;
			rig_start(&rig, &config);
			struct shape s = {
			    .height = 1, .width = 1, .channels = channels, .outputs = 2, .kernel = 1, .stride = 1};
			finish_shape(&s, NULL);
			int16_t map[8], weights[16];
			for (int i = 0; i < 8; i++) map[i] = -32768;
			for (int i = 0; i < 16; i++) weights[i] = (uint32_t)i < channels ? 1 : -32768;
			load_map(&rig, &s, map, 0, 0, 0, 1);
			load_fixed_weights(&rig, &s, weights, 0, 0);
			const uint32_t base[4] = {0};
			const struct command command = conv_command(&rig, &s, OPCODE_FIXED_CONV, 0, base);
			if (channels >= 2 && bits == 32)
				rig_fails(&rig, command, "skip_sums word 0 lane 1 with sum");
			else
				assert_int_equal(rig_run(&rig, command), STATUS_OK);
			rig_stop(&rig);
		}
}

/* Border -32768: the sum is 32768, one more than 16 bits hold, and fits 24. */
static void binary_sums_are_not_wrapped(void **state) {
	(void)state;
	for (uint32_t bits = 16; bits <= 24; bits += 8)
		for (int border = -32768; border <= -32767; border++) {
			struct config config;
			struct rig rig;
			rig_config(&config);
			config.binary_accumulator_bits = bits;
			rig_start(&rig, &config);
			struct shape s = {
			    .height = 1, .width = 1, .channels = 1, .outputs = 1, .kernel = 1, .stride = 1};
			finish_shape(&s, NULL);
			const int16_t zero = 0, one = 1;
			uint8_t constants[8] = {0};
			put_little(constants + 2, border, 2);
			load_map(&rig, &s, &zero, 1, 0, 0, 1);
			load_binary_weights(&rig, &s, &one, 0, 0);
			rig_load(&rig, BUFFER_BORDER, 0, 1, constants);
			const uint32_t base[4] = {0};
			const struct command command = conv_command(&rig, &s, OPCODE_BINARY_CONV, 0, base);
			if (bits == 16 && border == -32768)
				rig_fails(&rig, command,
				          "accumulators word 0 lane 1 with sum 32768; expected at most 16 bits");
			else
				assert_int_equal(rig_run(&rig, command), STATUS_OK);
			rig_stop(&rig);
		}
}

int main(void) {
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(binary_4x4_by_hand),
	    cmocka_unit_test(fixed_4x4_by_hand),
	    cmocka_unit_test(average_rounds_half_up),
	    cmocka_unit_test(binary_random),
	    cmocka_unit_test(fixed_random),
	    cmocka_unit_test(fixed_sums_are_not_wrapped),
	    cmocka_unit_test(binary_sums_are_not_wrapped),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
