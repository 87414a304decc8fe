/* Does the mapper keep its rules, follow wishes, and refuse with a reason? */
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
#include "tests/unit/one_layer.h"
#include "tests/unit/test_mapper_random.h"
#include "tests/unit/trace_sample.h"

static const struct one_layer plain = {32, 32, 3, 1, 1, 8, TRACE_PAD_MASKED};

static void expect_refusal(const struct one_layer *shape, void (*change)(struct config *, struct trace *),
                           const char *text) {
	struct random random = {99};
	struct trace trace;
	struct config config;
	struct program program;
	struct mapping mapping;
	struct error error = {""};
	one_layer_trace(&trace, shape, &random);
	one_layer_machine(&config, PACKING_WINDOW, 1);
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
	assert_true(one_layer_is_window_packed(&mapped.program));
	mapped_clear(&mapped);
	assert_int_equal(map_blend(&mapped, NULL, small_window, &error), STATUS_OK);
	assert_false(one_layer_is_window_packed(&mapped.program));
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
	one_layer_trace(&mapped->trace, &shape, &random);
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
