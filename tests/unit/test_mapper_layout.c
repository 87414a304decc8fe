/* Are weights, border constants and parameters laid out as PROGRAM.md says? Against formulas written here once more,
 * and border constants against brute force. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "sim/mapper/mapper.h"
#include "tests/unit/one_layer.h"
#include "tests/unit/test_mapper_random.h"
#include "tests/unit/trace_sample.h"

static uint32_t weight_of(const struct trace_tensor *tensor, uint32_t output, uint32_t column) {
	return ((const uint8_t *)tensor->data)[output * trace_bits_row_bytes(tensor->columns) + column / 8] >>
	           column % 8 &
	       1;
}

/* The bytes that the LOAD of `buffer` in the preamble brings. */
static const uint8_t *loaded(const struct program *program, enum buffer_id buffer) {
	for (uint32_t i = 0; i < program->frame_start; i++) {
		const struct transfer_fields *load = &program->commands[i].f.transfer;
		if (program->commands[i].opcode != OPCODE_LOAD || load->buffer != (uint32_t)buffer) continue;
		for (uint32_t k = 0; k < program->segment_count; k++)
			if (program->segments[k].channel == load->channel &&
			    program->segments[k].address == load->ddr_address)
				return program->segments[k].data;
	}
	fail_msg("the preamble loads nothing into buffer %d", (int)buffer);
	return NULL;
}

static const struct conv_fields *first_conv(const struct program *program, enum opcode opcode) {
	for (uint32_t i = program->frame_start; i < program->command_count; i++)
		if (program->commands[i].opcode == opcode) return &program->commands[i].f.conv;
	fail_msg("no command %d", (int)opcode);
	return NULL;
}

static int64_t signed_at(const uint8_t *bytes, uint32_t count) {
	uint64_t value = 0;
	for (uint32_t i = 0; i < count; i++) value |= (uint64_t)bytes[i] << 8 * i;
	return (int64_t)(value << (64 - 8 * count)) >> (64 - 8 * count);
}

/* Every weight at its place; every other bit of a lane 1; everything else 0. */
static void check_bit_weights(const struct trace *trace, const struct config *config, const struct program *program) {
	const struct trace_tensor *tensor = &trace->tensors[0];
	const uint32_t kernel = trace->layers[0].main.kernel, channels = trace->maps[0].channels,
	               word_bits = 48 * config->binary_words;
	const uint32_t word_bytes = config_word_bytes(config, BUFFER_BIT_WEIGHTS), pes = config->binary_pes;
	const uint32_t bw = (channels + word_bits - 1) / word_bits, taps = kernel * kernel;
	const uint32_t group_words =
	    one_layer_is_window_packed(program) ? (taps * channels + word_bits - 1) / word_bits : taps * bw;
	const uint8_t *bytes = loaded(program, BUFFER_BIT_WEIGHTS);
	uint32_t zeros = 0, found = 0;
	for (uint32_t o = 0; o < tensor->rows; o++)
		for (uint32_t ky = 0; ky < kernel; ky++)
			for (uint32_t kx = 0; kx < kernel; kx++)
				for (uint32_t c = 0; c < channels; c++) {
					uint32_t word = o / pes * group_words + (ky * kernel + kx) * bw + c / word_bits,
					         bit = c % word_bits;
					if (one_layer_is_window_packed(program)) {
						const uint32_t n = (kx * kernel + ky) * channels + c;
						word = o / pes * group_words + n / word_bits;
						bit = n % word_bits;
					}
					const uint8_t *lane = bytes + (size_t)word * word_bytes +
					                      (o % pes * config->binary_words + bit / 48) * 8;
					const uint32_t weight = weight_of(tensor, o, (ky * kernel + kx) * channels + c);
					assert_int_equal(lane[bit % 48 / 8] >> bit % 8 & 1, weight);
					zeros += !weight;
				}
	const uint32_t words = (tensor->rows + pes - 1) / pes * group_words, lanes = pes * config->binary_words;
	for (uint32_t word = 0; word < words; word++)
		for (uint32_t byte = 0; byte < word_bytes; byte++) {
			const uint32_t is_lane = byte < 8 * lanes && byte % 8 < 6,
			               value = bytes[(size_t)word * word_bytes + byte];
			if (!is_lane) assert_int_equal(value, 0);
			for (uint32_t bit = 0; is_lane && bit < 8; bit++) found += !(value >> bit & 1);
		}
	assert_int_equal(found, zeros);
}

/* 2 popcount - border over a random map, against the dot product with the padding's values, at every place. */
static void check_border(const struct trace *trace, const struct config *config, const struct program *program,
                         struct random *random) {
	const struct trace_conv *conv = &trace->layers[0].main;
	const struct conv_fields *fields = first_conv(program, OPCODE_BINARY_CONV);
	const int32_t side = (int32_t)trace->maps[0].height;
	const uint32_t channels = trace->maps[0].channels, sums = trace->layers[0].sums_height;
	const uint8_t *border = loaded(program, BUFFER_BORDER);
	int16_t *map = random_input(trace, random);
	const int32_t outside_value = conv->pad_value == TRACE_PAD_MINUS  ? -1
	                              : conv->pad_value == TRACE_PAD_PLUS ? 1
	                                                                  : 0;
	for (uint32_t o = 0; o < trace->layers[0].output_channels; o++)
		for (uint32_t y = 0; y < sums; y++)
			for (uint32_t x = 0; x < sums; x++) {
				int32_t dot = 0, popcount = 0;
				const int32_t top = (int32_t)(y * conv->stride) - (int32_t)conv->pad,
				              left = (int32_t)(x * conv->stride) - (int32_t)conv->pad;
				for (uint32_t tap = 0; tap < conv->kernel * conv->kernel; tap++)
					for (uint32_t c = 0; c < channels; c++) {
						const int32_t row = top + (int32_t)(tap / conv->kernel),
						              column = left + (int32_t)(tap % conv->kernel);
						const int outside =
						    row < 0 || column < 0 || row >= side || column >= side;
						const int32_t value =
						    outside ? outside_value
						            : map[((uint32_t)(row * side + column)) * channels + c];
						const uint32_t weight =
						    weight_of(&trace->tensors[0], o, tap * channels + c);
						dot += value * (weight ? 1 : -1);
						popcount += (outside ? 0u : value > 0) == weight;
					}
				const int32_t end = (int32_t)conv->kernel - side;
				const uint32_t rows = top < 0         ? 1
				                      : top + end > 0 ? 2
				                                      : 0,
				               columns = left < 0         ? 1
				                         : left + end > 0 ? 2
				                                          : 0;
				const uint32_t word = fields->border_base + (3 * rows + columns) * fields->groups +
				                      o / config->binary_pes;
				const size_t at = (size_t)word * 2 * config->binary_pes + 2 * (o % config->binary_pes);
				assert_int_equal(2 * popcount - signed_at(border + at, 2), dot);
			}
	free(map);
}

static void check_fixed_and_parameters(const struct trace *trace, const struct config *config,
                                       const struct program *program) {
	const struct trace_tensor *weights = &trace->tensors[2], *parameters = &trace->tensors[1];
	const uint32_t channels = trace->maps[1].channels, rows = config->fixed_rows, columns = config->fixed_columns;
	const uint32_t fw = (channels + rows - 1) / rows, v = config->fixed_weight_bits <= 8 ? 1 : 2;
	const uint8_t *bytes = loaded(program, BUFFER_FIXED_WEIGHTS);
	for (uint32_t o = 0; o < weights->rows; o++)
		for (uint32_t column = 0; column < weights->columns; column++) {
			const uint32_t word = column / channels * fw + column % channels / rows;
			const size_t at = ((size_t)word * rows * columns + o * rows + column % channels % rows) * v;
			assert_int_equal(signed_at(bytes + at, v),
			                 ((int16_t *)weights->data)[(size_t)o * weights->columns + column]);
		}
	bytes = loaded(program, BUFFER_PARAMETERS);
	for (uint32_t c = 0; c < parameters->rows; c++, bytes += 16) {
		const int32_t *row = (const int32_t *)parameters->data + c * 6;
		assert_int_equal(signed_at(bytes, 2), row[0]);      /* A */
		assert_int_equal(signed_at(bytes + 2, 2), row[2]);  /* MP */
		assert_int_equal(signed_at(bytes + 4, 2), row[3]);  /* MN */
		assert_int_equal(signed_at(bytes + 6, 2), row[5]);  /* E, 0 */
		assert_int_equal(signed_at(bytes + 8, 4), row[1]);  /* B */
		assert_int_equal(signed_at(bytes + 12, 4), row[4]); /* C */
	}
}

static void tensors_are_laid_out_as_the_manual_says(void **state) {
	(void)state;
	static const struct one_layer shapes[] = {
	    {16, 16, 3, 1, 1, 5, TRACE_PAD_MASKED}, {50, 11, 3, 1, 1, 5, TRACE_PAD_PLUS},
	    {7, 20, 3, 2, 1, 8, TRACE_PAD_MINUS},   {100, 9, 2, 2, 1, 6, TRACE_PAD_MASKED},
	    {30, 8, 5, 3, 2, 8, TRACE_PAD_PLUS},    {48, 8, 1, 1, 0, 3, TRACE_PAD_MASKED},
	    {33, 24, 4, 2, 0, 8, TRACE_PAD_PLUS},   {20, 8, 5, 1, 2, 9, TRACE_PAD_MINUS},
	    {145, 17, 3, 3, 1, 7, TRACE_PAD_MASKED}};
	struct random random = {4711};
	for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++)
		for (uint32_t words = 1; words <= 3; words++)
			for (uint32_t packing = 0; packing < 2; packing++) {
				struct trace trace;
				struct config config;
				struct program program;
				struct mapping mapping;
				struct error error = {""};
				one_layer_trace(&trace, &shapes[i], &random);
				one_layer_machine(&config, packing, words);
				mapper_resolve_widths(&config, &trace);
				if (mapper_map(&trace, &config, NULL, &program, &mapping, &error))
					fail_msg("shape %zu: %s", i, error.text);
				check_bit_weights(&trace, &config, &program);
				check_border(&trace, &config, &program, &random);
				check_fixed_and_parameters(&trace, &config, &program);
				program_clear(&program);
				mapping_clear(&mapping);
				trace_clear(&trace);
			}
}

int main(void) {
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(tensors_are_laid_out_as_the_manual_says),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
