/* See conv_shapes.h. */
#include "tests/unit/conv_shapes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static uint32_t ceil_div(uint32_t a, uint32_t b) {
	return (a + b - 1) / b;
}

void finish_shape(struct shape *s, uint64_t *seed) {
	const uint32_t output_height = (s->height + 2 * s->pad - s->kernel) / s->stride + 1;
	s->output_width = (s->width + 2 * s->pad - s->kernel) / s->stride + 1;
	s->first_row = seed ? (uint32_t)random_in(seed, 0, (int32_t)output_height - 1) : 0;
	s->rows = seed ? (uint32_t)random_in(seed, 1, (int32_t)(output_height - s->first_row)) : output_height;
	const uint32_t top = s->first_row * s->stride, bottom = (s->first_row + s->rows - 1) * s->stride + s->kernel;
	s->low_row = top > s->pad ? top - s->pad : 0;
	s->high_row = bottom - s->pad < s->height ? bottom - s->pad : s->height;
}

/* weights[output][ky][kx][channel], map[y][x][channel] */
size_t weight_at(const struct shape *s, uint32_t o, uint32_t ky, uint32_t kx, uint32_t c) {
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

void load_map(struct rig *rig, const struct shape *s, const int16_t *map, int is_bits, uint32_t base, uint32_t low_row,
              uint32_t high_row) {
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

void load_binary_weights(struct rig *rig, const struct shape *s, const int16_t *weights, int window, uint32_t base) {
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

void load_border(struct rig *rig, const struct shape *s, const int16_t *weights, uint32_t base) {
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

void load_fixed_weights(struct rig *rig, const struct shape *s, const int16_t *weights, int one_tap, uint32_t base) {
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

struct command conv_command(const struct rig *rig, const struct shape *s, enum opcode opcode, uint32_t flags,
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
void check_sums(struct rig *rig, const struct shape *s, const int16_t *map, const int16_t *weights, int binary,
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
