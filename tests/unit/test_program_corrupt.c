/* Would the executor notice a wrong program? One field of one command of a good program is changed, an address shifted
 * or a count halved, and the program must then be refused with an error or give other scores. Every field that the
 * command uses is taken in turn, the amount is drawn. A change that leaves the scores of all images as they are is
 * printed and fails. Counts are not raised: a row too many may be computed into words that nobody reads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sim/machine/executor.h"
#include "sim/mapper/mapper.h"
#include "sim/values/values.h"
#include "tests/unit/trace_sample.h"

enum { SIDE = 9, CHANNELS = 20, CLASSES = 6, IMAGES = 3, SETTINGS_MAX = 12, FIELDS_MAX = 12 };

static uint32_t draw(uint64_t *state, uint32_t limit) {
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return (uint32_t)((*state >> 16) % limit);
}

/* ---- a small network in which every pixel, channel and weight reaches the scores */

static uint32_t random_weights(struct trace *trace, uint64_t *random, enum trace_tensor_type type, uint32_t rows,
                               uint32_t columns) {
	char name[16];
	snprintf(name, sizeof name, "t%u", trace->tensor_count);
	const uint32_t index = trace_sample_tensor(trace, name, type, rows, columns);
	struct trace_tensor *tensor = &trace->tensors[index];
	for (uint32_t row = 0; row < rows; row++)
		for (uint32_t column = 0; column < columns; column++) {
			if (type == TRACE_TENSOR_INT16)
				((int16_t *)tensor->data)[row * columns + column] = (int16_t)(draw(random, 255) - 127);
			else if (draw(random, 2))
				((uint8_t *)tensor->data)[row * trace_bits_row_bytes(columns) + column / 8] |=
				    (uint8_t)(1 << column % 8);
		}
	return index;
}

/* Factors that keep values within 16 bits: no saturation hides a difference. */
static uint32_t random_parameters(struct trace *trace, uint64_t *random, uint32_t rows, int32_t scale) {
	char name[16];
	snprintf(name, sizeof name, "t%u", trace->tensor_count);
	const uint32_t index = trace_sample_tensor(trace, name, TRACE_TENSOR_INT32, rows, 6);
	int32_t *row = trace->tensors[index].data;
	for (uint32_t i = 0; i < rows; i++, row += 6) {
		row[0] = scale + (int32_t)draw(random, 8);
		row[1] = (int32_t)draw(random, 2000) - 1000;
		row[2] = 4 + (int32_t)draw(random, 4);
		row[3] = -1 - (int32_t)draw(random, 3);
		row[4] = (int32_t)draw(random, 200) - 100;
		row[5] = 4;
	}
	return index;
}

static struct trace_layer *add_conv(struct trace *trace, uint64_t *random, enum trace_conv_kind kind, uint32_t map,
                                    uint32_t kernel, uint32_t outputs, uint32_t sums_side) {
	char name[16];
	snprintf(name, sizeof name, "layer%u", trace->layer_count);
	struct trace_layer *layer = trace_sample_layer(trace, name);
	const uint32_t inputs = trace->maps[map].channels;
	const int is_binary = kind == TRACE_CONV_BINARY;
	layer->main = (struct trace_conv){.kind = kind,
	                                  .input_map = map,
	                                  .kernel = kernel,
	                                  .stride = 1,
	                                  .pad = kernel == 3,
	                                  .weight_bits = is_binary ? 1 : 8};
	layer->main.weight_tensor = random_weights(trace, random, is_binary ? TRACE_TENSOR_BITS : TRACE_TENSOR_INT16,
	                                           outputs, kernel * kernel * inputs);
	layer->output_channels = outputs;
	layer->sums_height = layer->sums_width = sums_side;
	layer->post_shift = is_binary ? 2 : 8;
	layer->parameter_tensor = random_parameters(trace, random, outputs, is_binary ? 24 : 3);
	return layer;
}

static void make_trace(struct trace *trace) {
	uint64_t random = 20;
	*trace = (struct trace){.classes = CLASSES,
	                        .pixel = TRACE_PIXEL_MINUS128,
	                        .image_height = SIDE,
	                        .image_width = SIDE,
	                        .image_channels = 3,
	                        .image_repeat = 1,
	                        .has_values = 1,
	                        .float_top1 = -1};
	snprintf(trace->name, sizeof trace->name, "small");
	trace->input_map = trace_sample_map(trace, "image", TRACE_MAP_FIXED, SIDE, SIDE, 3, 8);
	struct trace_layer *layer = add_conv(trace, &random, TRACE_CONV_FIXED, 0, 3, CHANNELS, SIDE);
	layer->fixed_map = trace_sample_map(trace, "x0", TRACE_MAP_FIXED, SIDE, SIDE, CHANNELS, 16);
	layer->bits_map = trace_sample_map(trace, "s0", TRACE_MAP_BITS, SIDE, SIDE, CHANNELS, 1);
	layer = add_conv(trace, &random, TRACE_CONV_BINARY, 2, 3, CHANNELS, SIDE);
	layer->skip =
	    (struct trace_conv){.kind = TRACE_CONV_FIXED, .input_map = 1, .kernel = 1, .stride = 1, .weight_bits = 8};
	layer->skip.weight_tensor = random_weights(trace, &random, TRACE_TENSOR_INT16, CHANNELS, CHANNELS);
	layer->fixed_map = trace_sample_map(trace, "x1", TRACE_MAP_FIXED, SIDE, SIDE, CHANNELS, 16);
	layer->bits_map = trace_sample_map(trace, "s1", TRACE_MAP_BITS, SIDE, SIDE, CHANNELS, 1);
	layer = add_conv(trace, &random, TRACE_CONV_BINARY, 4, 3, CHANNELS, SIDE);
	layer->skip =
	    (struct trace_conv){.kind = TRACE_CONV_FIXED, .input_map = 3, .kernel = 1, .stride = 1, .weight_bits = 8};
	layer->skip.weight_tensor = random_weights(trace, &random, TRACE_TENSOR_INT16, CHANNELS, CHANNELS);
	layer->fixed_map = trace_sample_map(trace, "x2", TRACE_MAP_FIXED, SIDE, SIDE, CHANNELS, 16);
	layer = add_conv(trace, &random, TRACE_CONV_FIXED, 5, SIDE, CLASSES, 1);
	layer->fixed_map = trace_sample_map(trace, "scores", TRACE_MAP_FIXED, 1, 1, CLASSES, 32);
	trace->scores_map = layer->fixed_map;
	trace_lifetimes(trace);
}

/* ---- fields */

enum change { SHIFT, SHIFT_BEAT, HALVE };

struct field {
	const char *name;
	size_t offset; /* of a uint32_t in struct command */
	enum change change;
};

#define FIELD(name, change)                                                                                            \
	(struct field) {                                                                                               \
#name, offsetof(struct command, f.name), change                                                        \
	}

/* Fields that this command reads. Counts that are one row (halving gives none) are left out by the caller. */
static uint32_t fields_of(const struct command *command, struct field fields[FIELDS_MAX]) {
	uint32_t count = 0;
	switch (command->opcode) {
	case OPCODE_LOAD:
	case OPCODE_STORE:
		fields[count++] = FIELD(transfer.ddr_address, SHIFT_BEAT);
		fields[count++] = FIELD(transfer.buffer_address, SHIFT);
		fields[count++] = FIELD(transfer.row_words, HALVE);
		fields[count++] = FIELD(transfer.rows, HALVE);
		if (command->f.transfer.rows > 1) fields[count++] = FIELD(transfer.pitch_bytes, SHIFT_BEAT);
		break;
	case OPCODE_BINARY_CONV: fields[count++] = FIELD(conv.border_base, SHIFT); /* fall through */
	case OPCODE_FIXED_CONV:
		fields[count++] = FIELD(conv.input_base, SHIFT);
		fields[count++] = FIELD(conv.weight_base, SHIFT);
		fields[count++] = FIELD(conv.output_base, SHIFT);
		fields[count++] = FIELD(conv.first_row, SHIFT);
		fields[count++] = FIELD(conv.input_first_row, SHIFT);
		fields[count++] = FIELD(conv.rows, HALVE);
		fields[count++] = FIELD(conv.groups, HALVE);
		fields[count++] = FIELD(conv.output_width, HALVE);
		break;
	case OPCODE_POST:
		fields[count++] = FIELD(post.a_base, SHIFT);
		fields[count++] = FIELD(post.parameter_base, SHIFT);
		if (command->flags & POST_USE_B) fields[count++] = FIELD(post.b_base, SHIFT);
		if (command->flags & POST_WRITE_FIXED) fields[count++] = FIELD(post.fixed_base, SHIFT);
		if (command->flags & POST_WRITE_BITS) fields[count++] = FIELD(post.bits_base, SHIFT);
		if (command->flags & POST_WRITE_OUTPUT) fields[count++] = FIELD(post.output_base, SHIFT);
		fields[count++] = FIELD(post.rows, HALVE);
		fields[count++] = FIELD(post.width, HALVE);
		fields[count++] = FIELD(post.channels, HALVE);
		break;
	default: break;
	}
	return count;
}

/* Another value for the field; 0 where there is none. */
static int change_field(struct command *command, const struct field *field, uint32_t beat_bytes, uint64_t *random) {
	uint32_t *value = (uint32_t *)(void *)((char *)command + field->offset);
	const uint32_t step = field->change == SHIFT_BEAT ? beat_bytes : 1, amount = step * (1 + draw(random, 4));
	if (field->change == HALVE) {
		if (*value < 2) return 0;
		*value /= 2;
	} else if (draw(random, 2) && *value >= amount) {
		*value -= amount;
	} else {
		*value += amount;
	}
	return 1;
}

/* ---- running */

struct subject {
	const char *name;
	struct config config;
	struct program program;
	const struct trace *trace;
	int16_t images[IMAGES][SIDE * SIDE * 3];
	int32_t expected[IMAGES][CLASSES];
	uint32_t tried, errors, other_scores, unseen;
};

/* STATUS_OK and the scores, or the executor's error. Every image begins with poisoned buffers. */
static enum status run_image(const struct subject *subject, uint32_t image, int32_t scores[CLASSES],
                             struct error *error) {
	struct executor *executor;
	enum status status = executor_create(&executor, &subject->config, &subject->program, error);
	if (status) return status;
	status = executor_put_input(executor, subject->images[image], SIDE, SIDE, 3, 0, error);
	if (!status) status = executor_preamble(executor, error);
	if (!status) status = executor_frame(executor, error);
	if (!status) status = executor_get_scores(executor, scores, CLASSES, error);
	executor_free(executor);
	return status;
}

static void try_one(struct subject *subject, uint32_t index, const struct field *field, uint64_t *random) {
	struct command *command = &subject->program.commands[index];
	const struct command good = *command;
	struct error error = {""};
	enum status status = STATUS_OK;
	int differs = 0;
	if (!change_field(command, field, subject->config.dma_axi_bytes, random)) return;
	subject->tried++;
	for (uint32_t i = 0; i < IMAGES && !status && !differs; i++) {
		int32_t scores[CLASSES];
		status = run_image(subject, i, scores, &error);
		differs = !status && memcmp(scores, subject->expected[i], sizeof scores) != 0;
	}
	subject->errors += status != STATUS_OK;
	subject->other_scores += (uint32_t)differs;
	if (!status && !differs) {
		print_message("%s: command %u opcode %d layer %u: %s changed from %u to %u, scores as before\n",
		              subject->name, index, (int)good.opcode, good.layer, field->name,
		              *(const uint32_t *)(const void *)((const char *)&good + field->offset),
		              *(const uint32_t *)(const void *)((const char *)command + field->offset));
		subject->unseen++;
	}
	*command = good;
}

static void begin(struct subject *subject, const char *name, const char *const *settings, const struct trace *trace) {
	struct error error = {""};
	struct mapping mapping;
	struct values_network *network;
	uint64_t random = 5;
	memset(subject, 0, sizeof *subject);
	subject->name = name;
	subject->trace = trace;
	config_defaults(&subject->config);
	for (; *settings; settings++)
		if (config_set(&subject->config, *settings, &error)) fail_msg("%s", error.text);
	if (config_check(&subject->config, name, &error)) fail_msg("%s", error.text);
	mapper_resolve_widths(&subject->config, trace);
	if (mapper_map(trace, &subject->config, NULL, &subject->program, &mapping, &error)) fail_msg("%s", error.text);
	mapping_clear(&mapping);
	if (values_network_create(&network, trace, VALUES_PORTABLE, &error)) fail_msg("%s", error.text);
	for (uint32_t i = 0; i < IMAGES; i++) {
		int32_t scores[CLASSES];
		for (size_t k = 0; k < sizeof subject->images[i] / sizeof subject->images[i][0]; k++)
			subject->images[i][k] = (int16_t)(draw(&random, 256) - 128);
		values_network_run(network, subject->images[i], subject->expected[i]);
		if (run_image(subject, i, scores, &error)) fail_msg("%s", error.text);
		assert_memory_equal(scores, subject->expected[i], sizeof scores);
	}
	values_network_free(network);
}

static void check_machine(const char *name, const char *const *settings) {
	struct trace trace;
	struct subject *subject = malloc(sizeof *subject);
	struct error error = {""};
	uint64_t random = 77;
	assert_non_null(subject);
	make_trace(&trace);
	if (trace_check(&trace, "small network", &error)) fail_msg("%s", error.text);
	begin(subject, name, settings, &trace);
	for (uint32_t i = 0; i < subject->program.command_count; i++) {
		struct field fields[FIELDS_MAX];
		const uint32_t count = fields_of(&subject->program.commands[i], fields);
		for (uint32_t k = 0; k < count; k++) try_one(subject, i, &fields[k], &random);
	}
	print_message("%s: %u of %u wrong programs noticed (%u by an error, %u by other scores)\n", name,
	              subject->errors + subject->other_scores, subject->tried, subject->errors, subject->other_scores);
	assert_true(subject->tried >= 100);
	assert_int_equal(subject->unseen, 0);
	program_clear(&subject->program);
	free(subject);
	trace_clear(&trace);
}

static void resident(void **state) {
	(void)state;
	static const char *const settings[] = {"mapper.band_rows=3", NULL};
	check_machine("resident", settings);
}

static void spilled_and_tiled(void **state) {
	(void)state;
	static const char *const settings[] = {"mapper.maps=spilled",
	                                       "mapper.weights=tile",
	                                       "mapper.band_rows=3",
	                                       "binary_engine.packing=channel",
	                                       "binary_engine.pes=8",
	                                       "post_unit.lanes=8",
	                                       "buffer.bit_weights.ping_pong=on",
	                                       "buffer.fixed_activations.ping_pong=on",
	                                       "buffer.bit_activations.ping_pong=on",
	                                       NULL};
	check_machine("spilled, tiled", settings);
}

int main(void) {
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(resident),
	    cmocka_unit_test(spilled_and_tiled),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
