/* Are weights, border constants and parameters laid out as PROGRAM.md says (against formulas written here once more,
 * and border constants against brute force)? Does the mapper keep its rules, follow wishes, and refuse with a reason?
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "sim/mapper/mapper.h"
#include "tests/unit/test_mapper_random.h"
#include "tests/unit/trace_sample.h"

/* --- one binary layer with a skip convolution ----------------------------------------------------------------------
 */

struct one_layer {
	uint32_t channels, outputs, kernel, stride, pad, side;
	enum trace_pad_value pad_value;
};

static void fill_tensor(struct trace_tensor *tensor, struct random *random) {
	for (uint32_t row = 0; row < tensor->rows; row++)
		for (uint32_t column = 0; column < tensor->columns; column++) {
			const uint32_t drawn = random_below(random, 200);
			const size_t place = (size_t)row * tensor->columns + column;
			if (tensor->type == TRACE_TENSOR_INT32)
				((int32_t *)tensor->data)[place] = (int32_t)drawn - 100;
			else if (tensor->type == TRACE_TENSOR_INT16)
				((int16_t *)tensor->data)[place] = (int16_t)((int32_t)drawn - 100);
			else if (drawn & 1)
				((uint8_t *)tensor->data)[row * trace_bits_row_bytes(tensor->columns) + column / 8] |=
				    (uint8_t)(1u << column % 8);
		}
}

/* Input bits, a layer to a fixed map of the same channels, and 1 x 1 scores. The shapes fit; values are random. */
static void make_trace(struct trace *trace, const struct one_layer *shape, struct random *random) {
	const uint32_t sums = (shape->side + 2 * shape->pad - shape->kernel) / shape->stride + 1;
	const uint32_t window = shape->kernel * shape->kernel * shape->channels;
	*trace = (struct trace){.classes = 2,
	                        .has_values = 1,
	                        .pixel = TRACE_PIXEL_BIPOLAR,
	                        .image_height = shape->side,
	                        .image_width = shape->side,
	                        .image_channels = 1,
	                        .image_repeat = 1,
	                        .float_top1 = -1};
	snprintf(trace->name, sizeof trace->name, "one");
	trace->input_map = trace_sample_map(trace, "in", TRACE_MAP_BITS, shape->side, shape->side, shape->channels, 1);
	struct trace_layer *layer = trace_sample_layer(trace, "one");
	layer->output_channels = shape->outputs;
	layer->sums_height = layer->sums_width = sums;
	layer->main = (struct trace_conv){.kind = TRACE_CONV_BINARY,
	                                  .input_map = 0,
	                                  .kernel = shape->kernel,
	                                  .stride = shape->stride,
	                                  .pad = shape->pad,
	                                  .pad_value = shape->pad_value,
	                                  .weight_bits = 1};
	layer->main.weight_tensor = trace_sample_tensor(trace, "w", TRACE_TENSOR_BITS, shape->outputs, window);
	layer->post_shift = 3;
	layer->parameter_tensor = trace_sample_tensor(trace, "p", TRACE_TENSOR_INT32, shape->outputs, 6);
	layer->fixed_map = trace_sample_map(trace, "x", TRACE_MAP_FIXED, sums, sums, shape->outputs, 12);
	layer = trace_sample_layer(trace, "head");
	layer->output_channels = 2;
	layer->sums_height = layer->sums_width = 1;
	layer->main = (struct trace_conv){
	    .kind = TRACE_CONV_FIXED, .input_map = 1, .kernel = sums, .stride = 1, .weight_bits = 8};
	layer->main.weight_tensor =
	    trace_sample_tensor(trace, "hw", TRACE_TENSOR_INT16, 2, sums * sums * shape->outputs);
	layer->parameter_tensor = trace_sample_tensor(trace, "hp", TRACE_TENSOR_INT32, 2, 6);
	layer->fixed_map = trace_sample_map(trace, "scores", TRACE_MAP_FIXED, 1, 1, 2, 32);
	trace->scores_map = 2;
	trace_lifetimes(trace);
	for (uint32_t i = 0; i < trace->tensor_count; i++) fill_tensor(&trace->tensors[i], random);
	for (uint32_t row = 0; row < shape->outputs; row++)
		((int32_t *)trace->tensors[1].data)[row * 6 + 5] = (int32_t)row % 4;
}

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

static void layout_machine(struct config *config, uint32_t packing, uint32_t words) {
	config_defaults(config);
	config->binary_pes = 8;
	config->binary_words = words;
	config->binary_packing = packing;
	config->binary_window_bits = 4608;
	config->fixed_rows = 4;
	config->fixed_columns = 8;
	config->post_lanes = 4;
	for (int i = 0; i < BUFFER_COUNT; i++) config->buffer[i].depth_words = 4096;
}

static int window_packed(const struct program *program) {
	for (uint32_t i = 0; i < program->command_count; i++)
		if (program->commands[i].opcode == OPCODE_BINARY_CONV)
			return program->commands[i].flags & CONV_WINDOW_PACKED;
	fail();
	return 0;
}

/* Every weight at its place; every other bit of a lane 1; everything else 0. */
static void check_bit_weights(const struct trace *trace, const struct config *config, const struct program *program) {
	const struct trace_tensor *tensor = &trace->tensors[0];
	const uint32_t kernel = trace->layers[0].main.kernel, channels = trace->maps[0].channels,
	               word_bits = 48 * config->binary_words;
	const uint32_t word_bytes = config_word_bytes(config, BUFFER_BIT_WEIGHTS), pes = config->binary_pes;
	const uint32_t bw = (channels + word_bits - 1) / word_bits, taps = kernel * kernel;
	const uint32_t group_words = window_packed(program) ? (taps * channels + word_bits - 1) / word_bits : taps * bw;
	const uint8_t *bytes = loaded(program, BUFFER_BIT_WEIGHTS);
	uint32_t zeros = 0, found = 0;
	for (uint32_t o = 0; o < tensor->rows; o++)
		for (uint32_t ky = 0; ky < kernel; ky++)
			for (uint32_t kx = 0; kx < kernel; kx++)
				for (uint32_t c = 0; c < channels; c++) {
					uint32_t word = o / pes * group_words + (ky * kernel + kx) * bw + c / word_bits,
					         bit = c % word_bits;
					if (window_packed(program)) {
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
				make_trace(&trace, &shapes[i], &random);
				layout_machine(&config, packing, words);
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

/* --- refusals ------------------------------------------------------------------------------------------------------
 */

static const struct one_layer plain = {32, 32, 3, 1, 1, 8, TRACE_PAD_MASKED};

static void expect_refusal(const struct one_layer *shape, void (*change)(struct config *, struct trace *),
                           const char *text) {
	struct random random = {99};
	struct trace trace;
	struct config config;
	struct program program;
	struct mapping mapping;
	struct error error = {""};
	make_trace(&trace, shape, &random);
	layout_machine(&config, PACKING_WINDOW, 1);
	if (change) change(&config, &trace);
	mapper_resolve_widths(&config, &trace);
	const enum status status = mapper_map(&trace, &config, NULL, &program, &mapping, &error);
	if (status != STATUS_UNMAPPABLE || !strstr(error.text, text))
		fail_msg("status %d, '%s'; expected unmappable with '%s'", (int)status, error.text, text);
	assert_null(program.commands);
	assert_null(mapping.layers);
	trace_clear(&trace);
}

static void narrow_weights(struct config *c, struct trace *t) {
	(void)t, c->fixed_weight_bits = 4;
}
static void narrow_maps(struct config *c, struct trace *t) {
	(void)t, c->fixed_activation_bits = 8;
}
static void small_window(struct config *c, struct trace *t) {
	(void)t, c->binary_window_bits = 48;
}
static void large_window(struct config *c, struct trace *t) {
	(void)t, c->binary_window_bits = 65536;
}
static void few_commands(struct config *c, struct trace *t) {
	(void)t, c->sequencer_program_commands = 16;
}
static void small_bands(struct config *c, struct trace *t) {
	few_commands(c, t), c->mapper_band_rows = 1;
}
static void small_sums(struct config *c, struct trace *t) {
	(void)t, c->buffer[BUFFER_ACCUMULATORS].depth_words = 14;
}
static void small_output(struct config *c, struct trace *t) {
	(void)t, c->buffer[BUFFER_OUTPUT].depth_words = 0;
}
static void small_maps(struct config *c, struct trace *t) {
	(void)t, c->buffer[BUFFER_BIT_ACTIVATIONS].depth_words = 20;
}
static void resident_maps(struct config *c, struct trace *t) {
	small_maps(c, t), c->mapper_maps = RESIDENCY_RESIDENT;
}
static void few_weights(struct config *c, struct trace *t) {
	(void)t, c->buffer[BUFFER_BIT_WEIGHTS].depth_words = 5;
}
static void resident_weights(struct config *c, struct trace *t) {
	(void)t;
	c->buffer[BUFFER_BORDER].depth_words = 35;
	c->mapper_weights = RESIDENCY_RESIDENT;
}
static void no_change_of_layers(struct config *c, struct trace *t) {
	(void)c, t->layers[1].main.input_map = t->scores_map;
}

static void what_cannot_run_is_refused_with_its_reason(void **state) {
	(void)state;
	const struct one_layer wide = {4000, 8, 3, 1, 1, 8, TRACE_PAD_MASKED},
	                       border = {3000, 8, 3, 1, 1, 8, TRACE_PAD_PLUS};
	const struct one_layer both = {16, 8, 5, 1, 1, 3, TRACE_PAD_MASKED},
	                       amounts = {16, 8, 5, 1, 2, 9, TRACE_PAD_MASKED};
	const struct one_layer large = {4, 8, 16, 1, 0, 20, TRACE_PAD_MASKED};
	expect_refusal(&plain, narrow_weights, "weights of 8 bits");
	expect_refusal(&plain, narrow_maps, "map x: values of 12 bits");
	expect_refusal(&plain, few_commands, "program memory");
	expect_refusal(&plain, small_bands, "program memory");
	expect_refusal(&plain, small_sums, "the sums of 1 row(s) of 8 pixels and 8 channels");
	expect_refusal(&plain, small_output, "buffer.output");
	expect_refusal(&plain, small_maps, "words do not hold the rows");
	expect_refusal(&plain, resident_maps, "map in: 64 words do not fit buffer.bit_activations");
	expect_refusal(&plain, few_weights, "buffer.bit_weights");
	expect_refusal(&plain, resident_weights, "buffer.border: 36 words for resident");
	expect_refusal(&plain, no_change_of_layers, "reads the scores map");
	expect_refusal(&wide, NULL, "16-bit accumulators");
	expect_refusal(&border, large_window, "border constants");
	expect_refusal(&both, NULL, "both ends");
	expect_refusal(&amounts, NULL, "different amounts");
	expect_refusal(&large, NULL, "kernel 16");
}

/* --- rules and wishes ----------------------------------------------------------------------------------------------
 */

struct mapped {
	struct trace trace;
	struct config config;
	struct program program;
	struct mapping mapping;
};

static void mapped_clear(struct mapped *mapped) {
	program_clear(&mapped->program);
	mapping_clear(&mapped->mapping);
	trace_clear(&mapped->trace);
}

static enum status map_blend(struct mapped *mapped, const struct mapping *wish,
                             void (*change)(struct config *, struct trace *), struct error *error) {
	struct random random = {31};
	blend_trace(&mapped->trace, &random);
	config_defaults(&mapped->config);
	if (change) change(&mapped->config, &mapped->trace);
	mapper_resolve_widths(&mapped->config, &mapped->trace);
	return mapper_map(&mapped->trace, &mapped->config, wish, &mapped->program, &mapped->mapping, error);
}

static void separate_posts(struct config *c, struct trace *t) {
	(void)t, c->post_mode = POST_SEPARATE;
}
static void layer_weights(struct config *c, struct trace *t) {
	(void)t;
	c->mapper_weights = RESIDENCY_LAYER;
	for (int i = 0; i < BUFFER_COUNT; i++) c->buffer[i].ping_pong = 1;
}

static uint32_t count_commands(const struct program *program, enum opcode opcode, uint32_t layer) {
	uint32_t count = 0;
	for (uint32_t i = program->frame_start; i < program->command_count; i++)
		count += program->commands[i].opcode == opcode && program->commands[i].layer == layer;
	return count;
}

/* A window machine packs by window where that is faster and the register holds the window; else by channel. */
static void packing_is_chosen_by_cycles(void **state) {
	(void)state;
	struct mapped mapped;
	struct error error = {""};
	assert_int_equal(map_blend(&mapped, NULL, NULL, &error), STATUS_OK);
	assert_true(window_packed(&mapped.program));
	mapped_clear(&mapped);
	assert_int_equal(map_blend(&mapped, NULL, small_window, &error), STATUS_OK);
	assert_false(window_packed(&mapped.program));
	mapped_clear(&mapped);
}

static void bands_follow_the_post_units_mode(void **state) {
	(void)state;
	struct mapped mapped;
	struct error error = {""};
	assert_int_equal(map_blend(&mapped, NULL, NULL, &error), STATUS_OK);
	assert_int_equal(mapped.mapping.layers[1].band_rows, 3); /* a quarter of 12 */
	assert_int_equal(count_commands(&mapped.program, OPCODE_BINARY_CONV, 1), 4);
	assert_int_equal(count_commands(&mapped.program, OPCODE_FIXED_CONV, 1), 4);
	assert_int_equal(count_commands(&mapped.program, OPCODE_POST, 1), 4);
	assert_int_equal(mapped.mapping.layers[4].band_rows, 2); /* pool */
	/* engines use the halves of the sums in turn */
	uint32_t bases[2] = {0, 0}, seen = 0;
	for (uint32_t i = 0; i < mapped.program.command_count; i++)
		if (mapped.program.commands[i].opcode == OPCODE_BINARY_CONV)
			bases[seen++ % 2] |= mapped.program.commands[i].f.conv.output_base;
	assert_true((bases[0] == 0) != (bases[1] == 0));
	mapped_clear(&mapped);
	assert_int_equal(map_blend(&mapped, NULL, separate_posts, &error), STATUS_OK);
	assert_int_equal(mapped.mapping.layers[1].band_rows, 12);
	assert_int_equal(count_commands(&mapped.program, OPCODE_POST, 1), 1);
	mapped_clear(&mapped);
}

/* 6 x 6 sums of 9 channels become a map of 3 x 3 pixels of 36. Bits are written in columns of `lanes`, so that a band
 * is whole columns of pixels; fixed-point values are not. */
static void make_turned(struct mapped *mapped, uint32_t lanes, int with_bits) {
	struct random random = {17};
	const struct one_layer shape = {16, 9, 1, 1, 0, 6, TRACE_PAD_MASKED};
	make_trace(&mapped->trace, &shape, &random);
	mapped->trace.layers[0].transpose = 1;
	mapped->trace.maps[1].height = mapped->trace.maps[1].width = mapped->trace.layers[1].main.kernel = 3;
	mapped->trace.maps[1].channels = 36;
	if (with_bits)
		mapped->trace.layers[0].bits_map = trace_sample_map(&mapped->trace, "b", TRACE_MAP_BITS, 3, 3, 36, 1);
	trace_lifetimes(&mapped->trace);
	config_defaults(&mapped->config);
	mapped->config.post_lanes = lanes;
	mapper_resolve_widths(&mapped->config, &mapped->trace);
}

static void transposed_bits_take_whole_columns(void **state) {
	(void)state;
	static const struct {
		uint32_t lanes, with_bits, band_rows;
	} rows[] = {{4, 1, 2}, {16, 1, 6}, {16, 0, 2}, {1, 1, 2}};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct mapped mapped;
		struct error error = {""};
		make_turned(&mapped, rows[i].lanes, (int)rows[i].with_bits);
		if (mapper_map(&mapped.trace, &mapped.config, NULL, &mapped.program, &mapped.mapping, &error))
			fail_msg("row %zu: %s", i, error.text);
		assert_int_equal(mapped.mapping.layers[0].band_rows, rows[i].band_rows);
		uint32_t pixel = 0;
		for (uint32_t k = 0; k < mapped.program.command_count; k++) {
			const struct command *command = &mapped.program.commands[k];
			if (command->opcode != OPCODE_POST || command->layer != 0) continue;
			assert_true(command->flags & POST_TRANSPOSE);
			assert_int_equal(command->f.post.first_channel, pixel);
			pixel += 6 * rows[i].band_rows;
		}
		assert_int_equal(pixel, 36);
		mapped_clear(&mapped);
	}
	struct mapped mapped;
	struct error error = {""};
	make_turned(&mapped, 16, 1);
	mapped.config.buffer[BUFFER_ACCUMULATORS].depth_words = 70; /* a half is 35 */
	assert_int_equal(mapper_map(&mapped.trace, &mapped.config, NULL, &mapped.program, &mapped.mapping, &error),
	                 STATUS_UNMAPPABLE);
	assert_non_null(strstr(error.text, "the sums of 6 row(s) of 6 pixels and 16 channels"));
	mapped_clear(&mapped);
}

static void weights_are_loaded_where_they_should_be(void **state) {
	(void)state;
	struct mapped mapped;
	struct error error = {""};
	assert_int_equal(map_blend(&mapped, NULL, NULL, &error), STATUS_OK);
	assert_int_equal(mapped.program.frame_start, 5); /* four loads and the barrier */
	assert_int_equal(mapped.program.commands[4].opcode, OPCODE_BARRIER);
	assert_int_equal(mapped.program.commands[mapped.program.command_count - 1].opcode, OPCODE_END);
	assert_int_equal(mapped.program.commands[mapped.program.command_count - 1].f.frame_start, 5);
	for (uint32_t layer = 1; layer < 5; layer++)
		assert_int_equal(count_commands(&mapped.program, OPCODE_LOAD, layer), 0);
	mapped_clear(&mapped);
	assert_int_equal(map_blend(&mapped, NULL, layer_weights, &error), STATUS_OK);
	assert_int_equal(mapped.program.frame_start, 0);
	uint32_t first_load = 0, first_conv_before = 0;
	for (uint32_t i = mapped.program.command_count; i-- > 0;) {
		const struct command *command = &mapped.program.commands[i];
		if (command->opcode == OPCODE_LOAD && command->layer == 2) first_load = i;
		if (command->opcode == OPCODE_BINARY_CONV && command->layer == 1) first_conv_before = i;
	}
	assert_int_equal(count_commands(&mapped.program, OPCODE_LOAD, 2), 4);
	assert_true(first_load < first_conv_before); /* ahead: while the layer before computes */
	mapped_clear(&mapped);
}

static void wishes_are_followed_or_refused(void **state) {
	(void)state;
	struct mapping_layer layers[6] = {{0}};
	const struct mapping wish = {layers, 6};
	struct mapped mapped;
	struct error error = {""};
	layers[1] = (struct mapping_layer){.band_rows = 5, .weights = RESIDENCY_LAYER};
	layers[2] = (struct mapping_layer){.block_channels = 16, .input_spilled = 1};
	layers[3] = (struct mapping_layer){.output_spilled = 1, .weights = RESIDENCY_TILE};
	assert_int_equal(map_blend(&mapped, &wish, NULL, &error), STATUS_OK);
	assert_int_equal(mapped.mapping.layers[1].band_rows, 5);
	assert_int_equal(mapped.mapping.layers[1].weights, RESIDENCY_LAYER);
	assert_int_equal(mapped.mapping.layers[2].weights, RESIDENCY_RESIDENT);
	assert_int_equal(mapped.mapping.layers[2].block_channels, 16);
	assert_int_equal(mapped.mapping.layers[2].input_spilled, 1);
	assert_int_equal(mapped.mapping.layers[3].weights, RESIDENCY_TILE);
	assert_int_equal(mapped.mapping.layers[3].output_spilled, 1);
	assert_int_equal(mapped.mapping.layers[4].input_spilled, 1);
	mapped_clear(&mapped);
	layers[1] = (struct mapping_layer){.band_rows = 9000};
	assert_int_equal(map_blend(&mapped, &wish, NULL, &error), STATUS_UNMAPPABLE);
	assert_non_null(strstr(error.text, "band_rows 9000"));
	mapped_clear(&mapped);
	layers[1] = (struct mapping_layer){.block_channels = 5};
	assert_int_equal(map_blend(&mapped, &wish, NULL, &error), STATUS_UNMAPPABLE);
	assert_non_null(strstr(error.text, "multiple of 16"));
	mapped_clear(&mapped);
}

/* Writes `text` to a file of its own and reads it as a mapping of the blend network. */
static enum status read_text(const char *text, struct mapping *wish, struct error *error) {
	struct random random = {31};
	struct trace trace;
	char path[] = "/tmp/nbsim-mapping-XXXXXX";
	const int file = mkstemp(path);
	assert_true(file >= 0);
	assert_int_equal(write(file, text, strlen(text)), (ssize_t)strlen(text));
	close(file);
	blend_trace(&trace, &random);
	const enum status status = mapping_read(wish, &trace, path, error);
	unlink(path);
	trace_clear(&trace);
	return status;
}

static void mapping_files_are_read_strictly(void **state) {
	(void)state;
	struct mapping wish;
	struct error error = {""};
	assert_int_equal(
	    read_text("[layer2]\nband_rows = 4\nweights = tile\ninput = spilled\n[layer0]\nblock_channels = 16\n"
	              "output = spilled\nskip_input = auto\n",
	              &wish, &error),
	    STATUS_OK);
	assert_int_equal(wish.layer_count, 6);
	assert_int_equal(wish.layers[2].band_rows, 4);
	assert_int_equal(wish.layers[2].weights, RESIDENCY_TILE);
	assert_int_equal(wish.layers[2].input_spilled, 1);
	assert_int_equal(wish.layers[0].block_channels, 16);
	assert_int_equal(wish.layers[0].output_spilled, 1);
	assert_int_equal(wish.layers[1].band_rows, 0);
	mapping_clear(&wish);
	static const char *const bad[][2] = {{"[layer9]\nband_rows = 4\n", "layer9"},
	                                     {"[layer1]\nband_row = 4\n", "band_rows"},
	                                     {"[layer1]\nband_rows = 4x\n", "4x"},
	                                     {"[layer1]\nband_rows = 0\n", "band_rows"},
	                                     {"[layer1]\nweights = tiles\n", "tiles"}};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		assert_int_equal(read_text(bad[i][0], &wish, &error), STATUS_INPUT);
		if (!strstr(error.text, bad[i][1])) fail_msg("'%s' does not name '%s'", error.text, bad[i][1]);
		assert_null(wish.layers);
	}
}

static void tables_are_100_columns_wide(void **state) {
	(void)state;
	struct mapped mapped;
	struct error error = {""};
	char *text = NULL;
	size_t bytes = 0;
	assert_int_equal(map_blend(&mapped, NULL, layer_weights, &error), STATUS_OK);
	FILE *out = open_memstream(&text, &bytes);
	assert_non_null(out);
	mapping_print(&mapped.mapping, &mapped.trace, out);
	fclose(out);
	uint32_t lines = 0;
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"), lines++)
		assert_true(strlen(line) <= 100);
	assert_int_equal(lines, 1 + mapped.trace.layer_count);
	free(text);
	mapped_clear(&mapped);
}

/* Shapes alone: the same commands, segments without data. */
static void values_are_not_needed(void **state) {
	(void)state;
	struct mapped with, without;
	struct error error = {""};
	assert_int_equal(map_blend(&with, NULL, NULL, &error), STATUS_OK);
	struct random random = {31};
	blend_trace(&without.trace, &random);
	for (uint32_t i = 0; i < without.trace.tensor_count; i++) {
		free(without.trace.tensors[i].data);
		without.trace.tensors[i].data = NULL;
	}
	assert_int_equal(mapper_map(&without.trace, &with.config, NULL, &without.program, &without.mapping, &error),
	                 STATUS_OK);
	assert_int_equal(with.program.has_values, 1);
	assert_int_equal(without.program.has_values, 0);
	assert_int_equal(with.program.command_count, without.program.command_count);
	assert_memory_equal(with.program.commands, without.program.commands,
	                    with.program.command_count * sizeof(struct command));
	assert_int_equal(with.program.segment_count, without.program.segment_count);
	for (uint32_t i = 0; i < without.program.segment_count; i++) {
		assert_null(without.program.segments[i].data);
		assert_int_equal(without.program.segments[i].bytes, with.program.segments[i].bytes);
	}
	mapped_clear(&with);
	mapped_clear(&without);
}

static void macs_are_those_of_the_trace(void **state) {
	(void)state;
	struct mapped mapped;
	struct error error = {""};
	assert_int_equal(map_blend(&mapped, NULL, NULL, &error), STATUS_OK);
	assert_int_equal(mapped.program.binary_macs,
	                 144 * 9 * 12 * 12 + 36 * 9 * 12 * 20 + 36 * 9 * 20 * 20 + 36 * 9 * 20 * 24);
	assert_int_equal(mapped.program.fixed_macs,
	                 144 * 9 * 3 * 12 + 144 * 12 * 12 + 36 * 12 * 20 + 36 * 20 * 20 + 36 * 20 * 24 + 9 * 24 * 10);
	mapped_clear(&mapped);
}

int main(void) {
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(tensors_are_laid_out_as_the_manual_says),
	    cmocka_unit_test(what_cannot_run_is_refused_with_its_reason),
	    cmocka_unit_test(packing_is_chosen_by_cycles),
	    cmocka_unit_test(bands_follow_the_post_units_mode),
	    cmocka_unit_test(transposed_bits_take_whole_columns),
	    cmocka_unit_test(weights_are_loaded_where_they_should_be),
	    cmocka_unit_test(wishes_are_followed_or_refused),
	    cmocka_unit_test(mapping_files_are_read_strictly),
	    cmocka_unit_test(tables_are_100_columns_wide),
	    cmocka_unit_test(values_are_not_needed),
	    cmocka_unit_test(macs_are_those_of_the_trace),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
