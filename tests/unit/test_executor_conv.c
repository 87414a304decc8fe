/* Does the functional executor compute BINARY_CONV and FIXED_CONV as PROGRAM.md defines them? By hand on a 4x4 map,
 * against naive loops on random shapes (of +1 and -1, without a word, a lane or a border constant), and every error. */
#include "tests/unit/test_executor_machine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum padding { PADDING_MASKED, PADDING_MINUS, PADDING_PLUS };

/* A convolution on plain tensors. Computes output rows first_row .. first_row + rows - 1. */
struct shape {
	uint32_t height, width, channels, outputs, kernel, stride, pad, first_row, rows, output_width;
	uint32_t low_row, high_row; /* input rows its windows touch, high_row excluded */
	enum padding padding;
};

static uint32_t ceil_div(uint32_t a, uint32_t b) {
	return (a + b - 1) / b;
}

static void finish_shape(struct shape *s, uint64_t *seed) {
	const uint32_t output_height = (s->height + 2 * s->pad - s->kernel) / s->stride + 1;
	s->output_width = (s->width + 2 * s->pad - s->kernel) / s->stride + 1;
	s->first_row = seed ? (uint32_t)random_in(seed, 0, (int32_t)output_height - 1) : 0;
	s->rows = seed ? (uint32_t)random_in(seed, 1, (int32_t)(output_height - s->first_row)) : output_height;
	const uint32_t top = s->first_row * s->stride, bottom = (s->first_row + s->rows - 1) * s->stride + s->kernel;
	s->low_row = top > s->pad ? top - s->pad : 0;
	s->high_row = bottom - s->pad < s->height ? bottom - s->pad : s->height;
}

/* weights[output][ky][kx][channel], map[y][x][channel] */
static size_t weight_at(const struct shape *s, uint32_t o, uint32_t ky, uint32_t kx, uint32_t c) {
	return (((size_t)o * s->kernel + ky) * s->kernel + kx) * s->channels + c;
}

static size_t map_at(const struct shape *s, uint32_t y, uint32_t x, uint32_t c) {
	return ((size_t)y * s->width + x) * s->channels + c;
}

/* Is tap (ky, kx) of output (y, x) in the map? Its place. */
static int tap_inside(const struct shape *s, uint32_t y, uint32_t x, uint32_t ky, uint32_t kx, uint32_t *row,
                      uint32_t *column) {
	const int r = (int)(y * s->stride + ky) - (int)s->pad, c = (int)(x * s->stride + kx) - (int)s->pad;
	*row = (uint32_t)r;
	*column = (uint32_t)c;
	return r >= 0 && c >= 0 && r < (int)s->height && c < (int)s->width;
}

static int32_t naive_binary(const struct shape *s, const int16_t *map, const int16_t *weights, uint32_t o, uint32_t y,
                            uint32_t x) {
	int32_t sum = 0;
	for (uint32_t ky = 0; ky < s->kernel; ky++)
		for (uint32_t kx = 0; kx < s->kernel; kx++)
			for (uint32_t c = 0, row, column; c < s->channels; c++) {
				const int32_t outside = s->padding == PADDING_MASKED ? 0
				                        : s->padding == PADDING_PLUS ? 1
				                                                     : -1;
				const int inside = tap_inside(s, y, x, ky, kx, &row, &column);
				const int32_t activation = inside ? 2 * map[map_at(s, row, column, c)] - 1 : outside;
				sum += activation * (2 * weights[weight_at(s, o, ky, kx, c)] - 1);
			}
	return sum;
}

static int32_t naive_fixed(const struct shape *s, const int16_t *map, const int16_t *weights, uint32_t o, uint32_t y,
                           uint32_t x, uint32_t flags) {
	int32_t sum = 0;
	for (uint32_t c = 0; c < s->channels; c++) {
		int32_t total = 0;
		for (uint32_t ky = 0, row, column; ky < s->kernel; ky++)
			for (uint32_t kx = 0; kx < s->kernel; kx++) {
				const int32_t value =
				    tap_inside(s, y, x, ky, kx, &row, &column) ? map[map_at(s, row, column, c)] : 0;
				total += value;
				const int shared = (flags & CONV_TAP_SHARED) != 0;
				if (!(flags & CONV_AVERAGE2))
					sum += value * weights[weight_at(s, o, shared ? 0 : ky, shared ? 0 : kx, c)];
			}
		const int32_t shifted = total + 2, average = shifted >= 0 ? shifted / 4 : -((3 - shifted) / 4);
		if (flags & CONV_AVERAGE2) sum += average * weights[weight_at(s, o, 0, 0, c)];
	}
	return sum;
}

/* --- packing, from PROGRAM.md section 2 -----------------------------------------------------------------------------
 */

static void load_map(struct rig *rig, const struct shape *s, const int16_t *map, int is_bits, uint32_t base,
                     uint32_t low_row, uint32_t high_row) {
	const enum buffer_id buffer = is_bits ? BUFFER_BIT_ACTIVATIONS : BUFFER_FIXED_ACTIVATIONS;
	const uint32_t lanes = is_bits ? 48 * rig->config.binary_words : rig->config.fixed_rows,
	               value_bytes = rig->config.fixed_activation_bits <= 8 ? 1 : 2;
	const uint32_t bytes = config_word_bytes(&rig->config, buffer), words = ceil_div(s->channels, lanes),
	               count = (high_row - low_row) * s->width * words;
	uint8_t *image = calloc(count, bytes);
	for (uint32_t y = low_row; y < high_row; y++)
		for (uint32_t x = 0; x < s->width; x++)
			for (uint32_t c = 0; c < s->channels; c++) {
				uint8_t *word =
				    image + (size_t)(((y - low_row) * s->width + x) * words + c / lanes) * bytes;
				if (is_bits)
					put_word_bit(word, c % lanes, (uint32_t)map[map_at(s, y, x, c)]);
				else
					put_little(word + c % lanes * value_bytes, map[map_at(s, y, x, c)],
					           value_bytes);
			}
	rig_load(rig, buffer, base, count, image);
	free(image);
}

static void load_binary_weights(struct rig *rig, const struct shape *s, const int16_t *weights, int window,
                                uint32_t base) {
	const uint32_t pes = rig->config.binary_pes, bits = 48 * rig->config.binary_words,
	               bytes = config_word_bytes(&rig->config, BUFFER_BIT_WEIGHTS);
	const uint32_t taps = s->kernel * s->kernel, pixel_words = ceil_div(s->channels, bits),
	               groups = ceil_div(s->outputs, pes);
	const uint32_t group_words = window ? ceil_div(taps * s->channels, bits) : taps * pixel_words;
	uint8_t *image = calloc((size_t)groups * group_words, bytes);
	for (size_t word = 0; word < (size_t)groups * group_words; word++)
		for (uint32_t bit = 0; bit < pes * bits; bit++) put_word_bit(image + word * bytes, bit, 1);
	for (uint32_t o = 0; o < s->outputs; o++)
		for (uint32_t ky = 0; ky < s->kernel; ky++)
			for (uint32_t kx = 0; kx < s->kernel; kx++)
				for (uint32_t c = 0; c < s->channels; c++) {
					const uint32_t n = (kx * s->kernel + ky) * s->channels + c;
					const uint32_t step = window ? n / bits
					                             : (ky * s->kernel + kx) * pixel_words + c / bits,
					               bit = window ? n % bits : c % bits;
					put_word_bit(image + (size_t)(o / pes * group_words + step) * bytes,
					             o % pes * bits + bit,
					             (uint32_t)weights[weight_at(s, o, ky, kx, c)]);
				}
	rig_load(rig, BUFFER_BIT_WEIGHTS, base, groups * group_words, image);
	free(image);
}

/* One output pixel of each class: its row and column classes say which taps are outside. */
static int32_t border_constant(const struct shape *s, const int16_t *weights, uint32_t o, uint32_t y, uint32_t x) {
	uint32_t outside = 0, zeros = 0, row, column;
	for (uint32_t ky = 0; ky < s->kernel; ky++)
		for (uint32_t kx = 0; kx < s->kernel; kx++) {
			if (tap_inside(s, y, x, ky, kx, &row, &column)) continue;
			outside++;
			for (uint32_t c = 0; c < s->channels; c++) zeros += !weights[weight_at(s, o, ky, kx, c)];
		}
	const int32_t all = (int32_t)(s->kernel * s->kernel * s->channels), out = (int32_t)(outside * s->channels);
	if (s->padding == PADDING_MASKED) return all - out + 2 * (int32_t)zeros;
	return s->padding == PADDING_MINUS ? all : all - out + 4 * (int32_t)zeros - out;
}

static void load_border(struct rig *rig, const struct shape *s, const int16_t *weights, uint32_t base) {
	const uint32_t pes = rig->config.binary_pes, groups = ceil_div(s->outputs, pes), classes = s->pad ? 9 : 1;
	uint8_t *image = calloc((size_t)classes * groups * pes, 2);
	const uint32_t output_height = (s->height + 2 * s->pad - s->kernel) / s->stride + 1;
	for (uint32_t y = 0; y < output_height; y++)
		for (uint32_t x = 0; x < s->output_width; x++) {
			const uint32_t row_class = y * s->stride < s->pad                           ? 1
			                           : y * s->stride + s->kernel > s->height + s->pad ? 2
			                                                                            : 0;
			const uint32_t column_class = x * s->stride < s->pad                          ? 1
			                              : x * s->stride + s->kernel > s->width + s->pad ? 2
			                                                                              : 0;
			for (uint32_t o = 0; o < s->outputs; o++)
				put_little(image + 2 * (size_t)((3 * row_class + column_class) * groups * pes + o),
				           border_constant(s, weights, o, y, x), 2);
		}
	rig_load(rig, BUFFER_BORDER, base, classes * groups, image);
	free(image);
}

static void load_fixed_weights(struct rig *rig, const struct shape *s, const int16_t *weights, int one_tap,
                               uint32_t base) {
	const uint32_t rows = rig->config.fixed_rows, columns = rig->config.fixed_columns,
	               value_bytes = rig->config.fixed_weight_bits <= 8 ? 1 : 2;
	const uint32_t taps = one_tap ? 1 : s->kernel * s->kernel, words = ceil_div(s->channels, rows),
	               groups = ceil_div(s->outputs, columns);
	uint8_t *image = calloc((size_t)groups * taps * words, (size_t)rows * columns * value_bytes);
	for (uint32_t o = 0; o < s->outputs; o++)
		for (uint32_t tap = 0; tap < taps; tap++)
			for (uint32_t c = 0; c < s->channels; c++) {
				const uint32_t word = (o / columns * taps + tap) * words + c / rows;
				const size_t value = (size_t)word * rows * columns + o % columns * rows + c % rows;
				put_little(image + value * value_bytes,
				           weights[weight_at(s, o, tap / s->kernel, tap % s->kernel, c)], value_bytes);
			}
	rig_load(rig, BUFFER_FIXED_WEIGHTS, base, groups * taps * words, image);
	free(image);
}

static struct command conv_command(const struct rig *rig, const struct shape *s, enum opcode opcode, uint32_t flags,
                                   const uint32_t base[4]) {
	const int binary = opcode == OPCODE_BINARY_CONV;
	const uint32_t bits = 48 * rig->config.binary_words;
	struct command command = {.opcode = opcode, .layer = 2, .flags = flags};
	command.f.conv = (struct conv_fields){
	    .input_base = base[0],
	    .weight_base = base[1],
	    .border_base = base[2],
	    .output_base = base[3],
	    .input_width = s->width,
	    .input_height = s->height,
	    .output_width = s->output_width,
	    .rows = s->rows,
	    .first_row = s->first_row,
	    .input_first_row = s->low_row,
	    .kernel = s->kernel,
	    .stride = s->stride,
	    .pad = s->pad,
	    .input_words = ceil_div(s->channels, binary ? bits : rig->config.fixed_rows),
	    .groups = ceil_div(s->outputs, binary ? rig->config.binary_pes : rig->config.fixed_columns),
	    .channels = s->channels};
	if (binary && flags & CONV_WINDOW_PACKED)
		command.f.conv.steps = ceil_div(s->kernel * s->kernel * s->channels, bits);
	return command;
}

/* The sums of the command against the naive loop. */
static void check_sums(struct rig *rig, const struct shape *s, const int16_t *map, const int16_t *weights, int binary,
                       uint32_t flags, uint32_t base) {
	const uint32_t lanes = binary ? rig->config.binary_pes : rig->config.fixed_columns,
	               groups = ceil_div(s->outputs, lanes);
	const uint32_t words = s->rows * s->output_width * groups;
	int32_t *sums = calloc((size_t)words * lanes, sizeof *sums);
	rig_read_sums(rig, binary ? BUFFER_ACCUMULATORS : BUFFER_SKIP_SUMS, base, words, sums);
	for (uint32_t row = 0; row < s->rows; row++)
		for (uint32_t x = 0; x < s->output_width; x++)
			for (uint32_t o = 0; o < s->outputs; o++) {
				const uint32_t y = s->first_row + row;
				const int32_t expected = binary ? naive_binary(s, map, weights, o, y, x)
				                                : naive_fixed(s, map, weights, o, y, x, flags);
				const int32_t got = sums[((row * s->output_width + x) * groups) * lanes + o];
				if (got != expected)
					fail_msg("output (%u, %u) channel %u: %d, expected %d", y, x, o, got, expected);
			}
	free(sums);
}

/* --- tests ---------------------------------------------------------------------------------------------------------
 */

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

/* A binary rig of the 4x4 map with everything in place: what each test below leaves out or spoils. */
struct binary_rig {
	struct rig rig;
	struct shape s;
	struct command command;
};

enum part { PART_NONE, PART_MAP, PART_WEIGHTS, PART_BORDER };

static void binary_rig_start(struct binary_rig *b, uint32_t flags, enum part missing) {
	struct config config;
	rig_config(&config);
	rig_start(&b->rig, &config);
	b->s =
	    (struct shape){.height = 4, .width = 4, .channels = 20, .outputs = 8, .kernel = 3, .stride = 1, .pad = 1};
	finish_shape(&b->s, NULL);
	int16_t map[4 * 4 * 20] = {0}, weights[8 * 9 * 20] = {0};
	const uint32_t base[4] = {10, 20, 30, 40};
	if (missing != PART_MAP) load_map(&b->rig, &b->s, map, 1, base[0], 0, 4);
	if (missing != PART_WEIGHTS)
		load_binary_weights(&b->rig, &b->s, weights, (flags & CONV_WINDOW_PACKED) != 0, base[1]);
	if (missing != PART_BORDER) load_border(&b->rig, &b->s, weights, base[2]);
	b->command = conv_command(&b->rig, &b->s, OPCODE_BINARY_CONV, flags, base);
}

static void binary_poison_is_named(void **state) {
	(void)state;
	static const uint32_t flags[] = {0, CONV_WINDOW_PACKED};
	static const char *const expected[] = {
	    NULL, "binary_engine reads bit_activations word 10, which was never written",
	    "binary_engine reads bit_weights word 20, which was never written",
	    "binary_engine reads border word 38, which was never written" /* class 4: the corner */};
	for (int i = 0; i < 2; i++)
		for (int missing = PART_NONE; missing <= PART_BORDER; missing++) {
			struct binary_rig b;
			binary_rig_start(&b, flags[i], (enum part)missing);
			if (missing == PART_NONE)
				assert_int_equal(rig_run(&b.rig, b.command), STATUS_OK);
			else
				rig_fails(&b.rig, b.command, expected[missing]);
			if (missing == PART_MAP) assert_non_null(strstr(b.rig.error.text, "(BINARY_CONV, layer 2)"));
			rig_stop(&b.rig);
		}
}

/* Every address shifted by one word, and bounds of every buffer. */
static void binary_addresses_are_checked(void **state) {
	(void)state;
	for (uint32_t flags = 0; flags < 2; flags++) {
		struct binary_rig b;
		binary_rig_start(&b, flags, PART_NONE);
		struct command c = b.command;
		c.f.conv.input_base++;
		rig_fails(&b.rig, c, "bit_activations word 26, which was never written");
		c = b.command, c.f.conv.input_base--;
		rig_fails(&b.rig, c, "bit_activations word 9, which was never written");
		c = b.command, c.f.conv.input_first_row = 1;
		rig_fails(&b.rig, c, "bit_activations word 6, which was never written");
		c = b.command, c.f.conv.input_base = 3, c.f.conv.input_first_row = 1;
		rig_fails(&b.rig, c, "bit_activations word -1; expected 0 to 2047");
		c = b.command, c.f.conv.weight_base++;
		rig_fails(&b.rig, c,
		          flags ? "bit_weights word 28, which was never" : "bit_weights word 38, which was never");
		c = b.command, c.f.conv.weight_base--;
		rig_fails(&b.rig, c, "bit_weights word 19, which was never written");
		c = b.command, c.f.conv.weight_base = RIG_DEPTH_WORDS;
		rig_fails(&b.rig, c, "bit_weights word 2048; expected 0 to 2047");
		c = b.command, c.f.conv.border_base += 10;
		rig_fails(&b.rig, c, "border word 48, which was never written");
		c = b.command, c.f.conv.output_base = RIG_DEPTH_WORDS - 31;
		rig_fails(&b.rig, c, "writes accumulators word 2048; expected 0 to 2047");
		c = b.command, c.f.conv.output_base = RIG_DEPTH_WORDS - 32;
		assert_int_equal(rig_run(&b.rig, c), STATUS_OK);
		c = b.command, c.f.conv.output_base = UINT32_MAX;
		rig_fails(&b.rig, c, "writes accumulators word 4294967295");
		rig_stop(&b.rig);
	}
}

static void binary_fields_are_checked(void **state) {
	(void)state;
	struct binary_rig b;
	binary_rig_start(&b, CONV_WINDOW_PACKED, PART_NONE);
	struct command c = b.command;
	c.flags = CONV_AVERAGE2;
	rig_fails(&b.rig, c, "has flags 2");
	c = b.command, c.f.conv.groups = 0;
	rig_fails(&b.rig, c, "expected at least 1");
	c = b.command, c.f.conv.steps = 3;
	rig_fails(&b.rig, c, "has 3 steps; expected ceil(180 / 48)");
	c = b.command, c.f.conv.channels = 49;
	rig_fails(&b.rig, c, "has 49 channels in 1 words a pixel");
	c = b.command, c.f.conv.pad = 0;
	rig_fails(&b.rig, c, "expected none with pad 0");
	c = b.command, c.f.conv.input_height = 2, c.f.conv.kernel = 4, c.f.conv.steps = 7, c.f.conv.weight_base = 0;
	rig_fails(&b.rig, c, "bit_weights word 0");
	c = b.command, c.f.conv.kernel = 16;
	rig_fails(&b.rig, c, "wider than its place");
	b.rig.config.binary_window_bits = 179;
	rig_fails(&b.rig, b.command, "has a window of 180 bits; expected at most 179");
	b.rig.config.binary_window_bits = 180;
	assert_int_equal(rig_run(&b.rig, b.command), STATUS_OK);
	b.rig.config.binary_packing = PACKING_CHANNEL;
	rig_fails(&b.rig, b.command, "expected [binary_engine] packing = window");
	rig_stop(&b.rig);
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

static void fixed_errors(void **state) {
	(void)state;
	struct config config;
	struct rig rig;
	rig_config(&config);
	rig_start(&rig, &config);
	struct shape s = {.height = 4, .width = 4, .channels = 4, .outputs = 4, .kernel = 2, .stride = 2};
	finish_shape(&s, NULL);
	const int16_t map[64] = {0}, weights[64] = {0};
	const uint32_t base[4] = {8, 9, 0, 10};
	const struct command command = conv_command(&rig, &s, OPCODE_FIXED_CONV, 0, base);
	struct command c = command;
	rig_fails(&rig, c, "fixed_engine reads fixed_weights word 9, which was never written");
	load_fixed_weights(&rig, &s, weights, 0, base[1]);
	rig_fails(&rig, c, "fixed_engine reads fixed_activations word 8, which was never written");
	load_map(&rig, &s, map, 0, base[0], 0, 4);
	assert_int_equal(rig_run(&rig, c), STATUS_OK);
	c.f.conv.input_base = 9;
	rig_fails(&rig, c, "fixed_activations word 24, which was never written");
	c = command, c.f.conv.weight_base = 10;
	rig_fails(&rig, c, "fixed_weights word 13, which was never written");
	c.flags = CONV_TAP_SHARED; /* one word only */
	assert_int_equal(rig_run(&rig, c), STATUS_OK);
	c = command, c.f.conv.output_base = RIG_DEPTH_WORDS - 3;
	rig_fails(&rig, c, "writes skip_sums word 2048");
	c = command, c.flags = CONV_WINDOW_PACKED;
	rig_fails(&rig, c, "has flags 1");
	c = command, c.flags = CONV_AVERAGE2, c.f.conv.stride = 1;
	rig_fails(&rig, c, "averages with K 2, stride 1, pad 0");
	rig_stop(&rig);
}

int main(void) {
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(binary_4x4_by_hand),
	    cmocka_unit_test(fixed_4x4_by_hand),
	    cmocka_unit_test(average_rounds_half_up),
	    cmocka_unit_test(binary_random),
	    cmocka_unit_test(fixed_random),
	    cmocka_unit_test(fixed_sums_are_not_wrapped),
	    cmocka_unit_test(binary_poison_is_named),
	    cmocka_unit_test(binary_addresses_are_checked),
	    cmocka_unit_test(binary_fields_are_checked),
	    cmocka_unit_test(binary_sums_are_not_wrapped),
	    cmocka_unit_test(fixed_errors),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
