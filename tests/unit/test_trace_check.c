/* Are traces in memory checked member by member, each with its sentence, and do maps live as long as they are read? */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/trace_sample.h"

static void lifetimes(void **state) {
	(void)state;
	struct trace trace;
	trace_sample(&trace);
	static const uint32_t expected[6][2] = {{UINT32_MAX, 0}, {0, 1}, {0, 1}, {1, 2}, {2, 3}, {3, 3}};
	for (uint32_t i = 0; i < 6; i++) {
		assert_int_equal(trace.maps[i].first_layer, expected[i][0]);
		assert_int_equal(trace.maps[i].last_layer, expected[i][1]);
	}
	trace_clear(&trace);
}

static void expect_bad(const struct trace *trace, const char *part) {
	struct error error = {0};
	const enum status found = trace_check(trace, "memory", &error);
	if (found != STATUS_INPUT || !strstr(error.text, part) || strncmp(error.text, "memory: ", 8) != 0)
		fail_msg("expected \"%s\", found status %d and \"%s\"", part, found, error.text);
}

static void values_outside_their_range(void **state) {
	(void)state;
	struct trace trace;
	struct error error = {0};
	trace_sample(&trace);
	assert_int_equal(trace_check(&trace, "memory", &error), STATUS_OK);
	int32_t *affine = trace.tensors[trace.layers[0].parameter_tensor].data;
	static const struct {
		int place;
		int32_t value;
		const char *part;
	} rows[] = {
	    {6, 32768, "layer stem: parameters=stem.p: A of output 1 is 32768, expected -32768 to 32767"},
	    {8, -32769, "MP of output 1 is -32769"},
	    {9, 99999, "MN of output 1 is 99999"},
	    {5, 32, "E of output 0 is 32, expected 0 to 31"},
	    {17, -1, "E of output 2 is -1"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const int32_t kept = affine[rows[i].place];
		affine[rows[i].place] = rows[i].value;
		expect_bad(&trace, rows[i].part);
		affine[rows[i].place] = kept;
	}
	((int32_t *)trace.tensors[trace.layers[2].parameter_tensor].data)[3] = 2;
	expect_bad(&trace, "layer levels: parameters=levels.t: D of output 1 is 2, expected 0 to 1");
	((int32_t *)trace.tensors[trace.layers[2].parameter_tensor].data)[3] = 1;
	uint8_t *bits = trace.tensors[trace.layers[1].main.weight_tensor].data;
	for (size_t place = 27; place < 64; place++) {
		bits[8 + place / 8] ^= (uint8_t)(1 << place % 8);
		expect_bad(&trace, "main_weights=blend.w: a bit behind the last column of row 1 is 1, expected 0");
		bits[8 + place / 8] ^= (uint8_t)(1 << place % 8);
	}
	((int16_t *)trace.tensors[trace.layers[1].skip.weight_tensor].data)[14] = 128;
	expect_bad(&trace, "skip_weights=blend.s: 128 in row 4, column 2, expected -128 to 127 (8 bits)");
	trace_clear(&trace);
}

static void members_outside_their_range(void **state) {
	(void)state;
	struct trace trace;
	struct error error = {0};
	trace_sample(&trace);
#define WITH(member, value, part)                                                                                      \
	do {                                                                                                           \
		const uint32_t kept = (uint32_t)(member);                                                              \
		(member) = (value);                                                                                    \
		expect_bad(&trace, part);                                                                              \
		(member) = kept;                                                                                       \
	} while (0)
	WITH(trace.input_map, 6, "network sample: input=6: expected one of the 6 maps");
	WITH(trace.scores_map, UINT32_MAX, "expected one of the 6 maps");
	WITH(trace.layers[1].main.input_map, 77, "main_input=77: expected one of the 6 maps");
	WITH(trace.layers[1].skip.weight_tensor, 77, "skip_weights=77: expected one of the 9 tensors");
	WITH(trace.layers[1].main.kind, 3, "main=3: expected 0 to 2");
	WITH(trace.layers[0].main.stride, 0, "main_stride=0: expected 1 to 4096");
	WITH(trace.layers[0].main.tap_shared, 2, "main_tap_shared=2: expected 0 to 1");
	WITH(trace.layers[0].bits_map, 9, "bits_map=9: expected one of the 6 maps");
	WITH(trace.layers[3].fixed_map, 4, "fixed_map=x2: a map of 2 x 2 x 4, expected 1 x 1 x 3");
	WITH(trace.tensors[0].type, 3, "type=3: expected 0 to 2");
	WITH(trace.tensors[0].bytes, 55, "bytes=55: expected 54");
	WITH(trace.image_channels, 4, "image_channels=4: expected 1 to 3");
	WITH(trace.layer_count, 4097, "layers=4097: expected 1 to 4096");
	WITH(trace.layer_count, 0, "layers=0: expected 1 to 4096");
	WITH(trace.layer_count, 3, "no layer writes it");
	memset(trace.maps[1].name, 'x', sizeof trace.maps[1].name); /* no end */
	expect_bad(&trace, "expected 1 to 63 letters");
	snprintf(trace.maps[1].name, sizeof trace.maps[1].name, "s0");
	expect_bad(&trace, "map s0: name=s0: used twice");
	snprintf(trace.maps[1].name, sizeof trace.maps[1].name, "x0");
	assert_int_equal(trace_check(&trace, "memory", &error), STATUS_OK);
	trace_clear(&trace);
}

/* Scores leave through the output buffer, pixel by pixel. */
static void transposed_scores(void **state) {
	(void)state;
	struct trace trace;
	trace_sample(&trace);
	struct trace_layer *head = &trace.layers[3];
	trace.classes = head->output_channels = trace.maps[head->fixed_map].channels = 1;
	trace.tensors[head->main.weight_tensor].rows = trace.tensors[head->parameter_tensor].rows = 1;
	trace.tensors[head->main.weight_tensor].bytes = 8;
	trace.tensors[head->parameter_tensor].bytes = 24;
	struct error error = {0};
	assert_int_equal(trace_check(&trace, "memory", &error), STATUS_OK);
	head->transpose = 1;
	expect_bad(&trace, "layer head: transpose=1: expected 0 for the layer that writes the scores");
	trace_clear(&trace);
}

int main(void) {
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(lifetimes),
	    cmocka_unit_test(values_outside_their_range),
	    cmocka_unit_test(members_outside_their_range),
	    cmocka_unit_test(transposed_scores),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
