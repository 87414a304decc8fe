/* Operators of the streaming organisation: kernels that differ along rows and columns, depthwise convolutions, maximum
 * pools of any size, unsigned maps, many thresholds, fixed convolutions of bits. Numbers worked by hand, and rules that
 * need no kernel to be true: a depthwise convolution is a full one with zeros beside the diagonal, a kernel of one row
 * is a square one with zeros above and below. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sim/values/values.h"
#include "tests/unit/trace_sample.h"

enum { SUMS_MAX = 4096, RANDOM_LAYERS = 200 };

static const enum values_path paths[] = {VALUES_REFERENCE, VALUES_PORTABLE, VALUES_FAST};

/* One layer that the test fills between `begin` and `finish`. */
struct bench {
	struct trace trace;
	struct trace_layer *layer;
	int32_t sums[SUMS_MAX], skip_sums[SUMS_MAX], values[SUMS_MAX];
};

static struct trace_layer *begin(struct bench *bench, enum trace_map_kind kind, uint32_t height, uint32_t width,
                                 uint32_t channels) {
	memset(bench, 0, sizeof *bench);
	struct trace *trace = &bench->trace;
	trace->input_map = trace_sample_map(trace, "in", kind, height, width, channels, kind == TRACE_MAP_BITS ? 1 : 8);
	bench->layer = trace_sample_layer(trace, "layer");
	bench->layer->main = (struct trace_conv){.kind = TRACE_CONV_FIXED, .stride = 1, .weight_bits = 16};
	bench->layer->output_channels = 1;
	return bench->layer;
}

static uint32_t weights(struct bench *bench, const struct trace_conv *conv) {
	const uint32_t columns =
	    trace_rows_of_conv(conv).kernel * conv->kernel * trace_conv_inputs(&bench->trace, conv);
	return trace_sample_tensor(&bench->trace, conv == &bench->layer->main ? "w" : "k",
	                           conv->kind == TRACE_CONV_BINARY ? TRACE_TENSOR_BITS : TRACE_TENSOR_INT16,
	                           bench->layer->output_channels, columns);
}

/* Shapes, tensors of zeros, an identity as affine step, and an output map. */
static void finish(struct bench *bench, uint32_t output_bits, uint32_t is_unsigned) {
	struct trace *trace = &bench->trace;
	struct trace_layer *layer = bench->layer;
	const struct trace_map *input = &trace->maps[trace->input_map];
	const struct trace_conv_rows rows = trace_rows_of_conv(&layer->main);
	layer->sums_height = (input->height + 2 * rows.pad - rows.kernel) / rows.stride + 1;
	layer->sums_width = (input->width + 2 * layer->main.pad - layer->main.kernel) / layer->main.stride + 1;
	layer->main.weight_tensor = weights(bench, &layer->main);
	if (layer->skip.kind != TRACE_CONV_NONE) layer->skip.weight_tensor = weights(bench, &layer->skip);
	const uint32_t outputs = layer->output_channels;
	const int affine = layer->post == TRACE_POST_AFFINE;
	layer->parameter_tensor =
	    trace_sample_tensor(trace, "p", TRACE_TENSOR_INT32, outputs, affine ? 6 : 1 + layer->threshold_count);
	int32_t *parameters = trace->tensors[layer->parameter_tensor].data;
	for (uint32_t o = 0; affine && o < outputs; o++)
		parameters[6 * o] = parameters[6 * o + 2] = parameters[6 * o + 3] = 1;
	layer->fixed_map = trace_sample_map(trace, "out", TRACE_MAP_FIXED, trace_pooled_height(layer),
	                                    trace_pooled_width(layer), outputs, output_bits);
	trace->maps[layer->fixed_map].is_unsigned = is_unsigned;
	trace->scores_map = layer->fixed_map;
}

static int16_t *main_weights(const struct bench *bench) {
	return bench->trace.tensors[bench->layer->main.weight_tensor].data;
}

static void keep_sums(void *context, const struct values_layer_sums *sums) {
	struct bench *bench = context;
	const size_t count = (size_t)sums->height * sums->width * sums->channels;
	assert_true(count <= SUMS_MAX);
	memcpy(bench->sums, sums->main, count * sizeof *bench->sums);
	if (sums->skip) memcpy(bench->skip_sums, sums->skip, count * sizeof *bench->skip_sums);
}

static void run(struct bench *bench, enum values_path path, const int16_t *input) {
	struct values_network *network;
	struct error error = {0};
	if (values_network_create(&network, &bench->trace, path, &error)) fail_msg("%s", error.text);
	values_network_observe(network, keep_sums, bench);
	values_network_run(network, input, bench->values);
	values_network_free(network);
}

static void expect(const int32_t *found, const int32_t *expected, size_t count, const char *what) {
	for (size_t i = 0; i < count; i++)
		if (found[i] != expected[i])
			fail_msg("%s %zu is %d, expected %d", what, i, (int)found[i], (int)expected[i]);
}

static void one_row(void **state) {
	(void)state;
	static const int16_t input[5] = {1, 2, 3, 4, 5}, taps[3] = {1, 10, 100};
	static const int32_t sums[5] = {210, 321, 432, 543, 54}, pooled[2] = {321, 543};
	for (int path = 0; path < 3; path++) {
		struct bench bench;
		struct trace_layer *layer = begin(&bench, TRACE_MAP_FIXED, 1, 5, 1);
		layer->main.kernel = 3;
		layer->main.pad = 1;
		layer->main.kernel_height = layer->main.stride_height = 1;
		layer->pool = TRACE_POOL_MAX;
		layer->pool_height = 1;
		layer->pool_width = 2;
		finish(&bench, 16, 0);
		memcpy(main_weights(&bench), taps, sizeof taps);
		run(&bench, paths[path], input);
		expect(bench.sums, sums, 5, "sum");
		expect(bench.values, pooled, 2, "value");
		trace_clear(&bench.trace);
	}
}

static void rows_apart_from_columns(void **state) {
	(void)state;
	static const int16_t input[12] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}, taps[2] = {1, 100};
	static const int32_t sums[6] = {401, 502, 603, 1007, 1108, 1209},
	                     padded[9] = {100, 200, 300, 704, 805, 906, 10, 11, 12};
	for (int path = 0; path < 3; path++) {
		for (uint32_t pad = 0; pad < 2; pad++) {
			struct bench bench;
			struct trace_layer *layer = begin(&bench, TRACE_MAP_FIXED, 4, 3, 1);
			layer->main.kernel = 1;
			layer->main.kernel_height = layer->main.stride_height = 2;
			layer->main.pad_height = pad;
			finish(&bench, 16, 0);
			memcpy(main_weights(&bench), taps, sizeof taps);
			assert_int_equal(layer->sums_height, 2 + pad);
			run(&bench, paths[path], input);
			expect(bench.sums, pad ? padded : sums, pad ? 9 : 6, "sum");
			trace_clear(&bench.trace);
		}
	}
}

static void depthwise(void **state) {
	(void)state;
	static const int16_t input[8] = {1, 10, 2, 20, 3, 30, 4, 40}; /* 2 x 2 pixels of 2 channels */
	static const int16_t taps[8] = {1, 2, 3, 4, 1, 0, 0, -1}, plus[2] = {1, -1};
	static const int32_t sums[2] = {1 + 4 + 9 + 16, 10 - 40}, skip_sums[2] = {1, -10},
	                     values[2] = {31, -40}; /* of the skip the first pixel: kernel 1, stride 2 */
	for (int path = 0; path < 3; path++) {
		struct bench bench;
		struct trace_layer *layer = begin(&bench, TRACE_MAP_FIXED, 2, 2, 2);
		layer->output_channels = 2;
		layer->main.kernel = 2;
		layer->main.depthwise = 1;
		layer->skip = layer->main;
		layer->skip.kernel = 1;
		layer->skip.stride = 2;
		layer->skip.weight_bits = 1;
		finish(&bench, 16, 0);
		memcpy(main_weights(&bench), taps, sizeof taps);
		memcpy(bench.trace.tensors[layer->skip.weight_tensor].data, plus, sizeof plus);
		run(&bench, paths[path], input);
		expect(bench.sums, sums, 2, "sum");
		expect(bench.skip_sums, skip_sums, 2, "skip sum");
		expect(bench.values, values, 2, "value");
		trace_clear(&bench.trace);
	}
}

/* All values are negative: padding must not win. */
static void overlapping_pool(void **state) {
	(void)state;
	static const int16_t input[16] = {-9, -8, -7, -6, -5, -4, -3, -2, -10, -20, -30, -40, -11, -21, -31, -41};
	static const int32_t pooled[4] = {-4, -2, -4, -2};
	for (int path = 0; path < 3; path++) {
		struct bench bench;
		struct trace_layer *layer = begin(&bench, TRACE_MAP_FIXED, 4, 4, 1);
		layer->main.kernel = 1;
		layer->pool = TRACE_POOL_MAX;
		layer->pool_height = layer->pool_width = 3;
		layer->pool_stride = 2;
		layer->pool_pad = 1;
		finish(&bench, 16, 0);
		main_weights(&bench)[0] = 1;
		assert_int_equal(trace_pooled_height(layer), 2);
		run(&bench, paths[path], input);
		expect(bench.values, pooled, 4, "value");
		trace_clear(&bench.trace);
	}
}

static void unsigned_values(void **state) {
	(void)state;
	static const int16_t input[4] = {-5, 0, 15, 16};
	static const int32_t narrow[4] = {0, 0, 15, 15}, wide[4] = {0, 0, 15000, 16000};
	for (int path = 0; path < 3; path++) {
		for (int is_wide = 0; is_wide < 2; is_wide++) {
			struct bench bench;
			struct trace_layer *layer = begin(&bench, TRACE_MAP_FIXED, 1, 4, 1);
			layer->main.kernel = 1;
			finish(&bench, is_wide ? 15 : 4, 1);
			main_weights(&bench)[0] = is_wide ? 1000 : 1;
			run(&bench, paths[path], input);
			expect(bench.values, is_wide ? wide : narrow, 4, "value");
			trace_clear(&bench.trace);
		}
	}
}

static void many_thresholds(void **state) {
	(void)state;
	static const int16_t input[5] = {-100, 0, 1, 64, 127};
	static const int32_t up[5] = {0, 0, 1, 64, 127}, down[5] = {100, 0, 0, 0, 0};
	for (int path = 0; path < 3; path++) {
		for (int32_t falls = 0; falls < 2; falls++) {
			struct bench bench;
			struct trace_layer *layer = begin(&bench, TRACE_MAP_FIXED, 1, 5, 1);
			layer->main.kernel = 1;
			layer->post = TRACE_POST_THRESHOLD;
			layer->threshold_count = TRACE_THRESHOLDS_MAX;
			finish(&bench, 8, 1);
			main_weights(&bench)[0] = 1;
			int32_t *row = bench.trace.tensors[layer->parameter_tensor].data;
			row[0] = falls;
			for (int32_t k = 0; k < TRACE_THRESHOLDS_MAX; k++) row[1 + k] = falls ? -k : k;
			run(&bench, paths[path], input);
			expect(bench.values, falls ? down : up, 5, "value");
			trace_clear(&bench.trace);
		}
	}
}

/* A bit is -1 or +1, and nothing outside the map. */
static void fixed_of_bits(void **state) {
	(void)state;
	static const int16_t input[3] = {-1, 1, 1}, taps[3] = {3, 5, 7};
	static const int32_t sums[3] = {-5 + 7, -3 + 5 + 7, 3 + 5};
	for (int path = 0; path < 3; path++) {
		struct bench bench;
		struct trace_layer *layer = begin(&bench, TRACE_MAP_BITS, 1, 3, 1);
		layer->main.kernel = 3;
		layer->main.pad = 1;
		layer->main.kernel_height = layer->main.stride_height = 1;
		finish(&bench, 16, 0);
		memcpy(main_weights(&bench), taps, sizeof taps);
		run(&bench, paths[path], input);
		expect(bench.sums, sums, 3, "sum");
		trace_clear(&bench.trace);
	}
}

/* ---- rules */

static uint32_t below(uint64_t *state, uint32_t limit) {
	*state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(*state >> 33) % limit;
}

static void depthwise_is_a_diagonal(void **unused) {
	(void)unused;
	uint64_t state = 1;
	for (int n = 0; n < RANDOM_LAYERS; n++) {
		struct bench one, full;
		const uint32_t height = 1 + below(&state, 7), width = 1 + below(&state, 7),
		               channels = 1 + below(&state, 9);
		struct trace_layer *layer = begin(&one, TRACE_MAP_FIXED, height, width, channels);
		layer->output_channels = channels;
		layer->main.kernel = 1 + below(&state, width);
		layer->main.kernel_height = 1 + below(&state, height);
		layer->main.stride = 1 + below(&state, 3);
		layer->main.stride_height = 1 + below(&state, 3);
		layer->main.pad = below(&state, layer->main.kernel);
		layer->main.pad_height = below(&state, layer->main.kernel_height);
		begin(&full, TRACE_MAP_FIXED, height, width, channels)->main = layer->main;
		full.layer->output_channels = channels;
		layer->main.depthwise = 1;
		finish(&one, 16, 0);
		finish(&full, 16, 0);
		const uint32_t taps = layer->main.kernel * layer->main.kernel_height;
		int16_t input[7 * 7 * 9];
		for (uint32_t i = 0; i < height * width * channels; i++) input[i] = (int16_t)(below(&state, 256) - 128);
		for (uint32_t o = 0; o < channels; o++)
			for (uint32_t tap = 0; tap < taps; tap++)
				main_weights(&full)[(o * taps + tap) * channels + o] =
				    main_weights(&one)[o * taps + tap] = (int16_t)(below(&state, 200) - 100);
		const size_t count = (size_t)layer->sums_height * layer->sums_width * channels;
		run(&full, VALUES_FAST, input);
		for (int path = 0; path < 3; path++) {
			run(&one, paths[path], input);
			expect(one.sums, full.sums, count, "sum");
		}
		trace_clear(&one.trace);
		trace_clear(&full.trace);
	}
}

/* 1 x K with pad P is K x K with pad P and zeros in all rows but the one that is not padded. */
static void a_row_is_a_square(void **unused) {
	(void)unused;
	uint64_t state = 2;
	for (int n = 0; n < RANDOM_LAYERS; n++) {
		struct bench row, square;
		const uint32_t kernel = 1 + below(&state, 5), width = kernel + below(&state, 8), height = kernel + 2;
		const uint32_t channels = 1 + below(&state, 5), pad = below(&state, kernel);
		begin(&row, TRACE_MAP_FIXED, height, width, channels);
		begin(&square, TRACE_MAP_FIXED, height, width, channels);
		row.layer->output_channels = square.layer->output_channels = 3;
		row.layer->main.kernel = square.layer->main.kernel = kernel;
		row.layer->main.pad = square.layer->main.pad = pad;
		row.layer->main.kernel_height = row.layer->main.stride_height = 1;
		finish(&row, 16, 0);
		finish(&square, 16, 0);
		int16_t input[7 * 13 * 5];
		for (uint32_t i = 0; i < height * width * channels; i++) input[i] = (int16_t)(below(&state, 256) - 128);
		for (uint32_t o = 0; o < 3; o++)
			for (uint32_t i = 0; i < kernel * channels; i++)
				main_weights(&square)[o * kernel * kernel * channels + pad * kernel * channels + i] =
				    main_weights(&row)[o * kernel * channels + i] = (int16_t)(below(&state, 200) - 100);
		run(&square, VALUES_REFERENCE, input);
		const size_t sums_row = (size_t)square.layer->sums_width * 3;
		const size_t rows = square.layer->sums_height < height ? square.layer->sums_height : height;
		for (int path = 0; path < 3; path++) {
			run(&row, paths[path], input);
			expect(row.sums, square.sums, rows * sums_row, "sum");
		}
		trace_clear(&row.trace);
		trace_clear(&square.trace);
	}
}

/* Binary kernels have no zeros: here the three ways must agree. */
static void binary_rows(void **unused) {
	(void)unused;
	uint64_t state = 3;
	for (int n = 0; n < RANDOM_LAYERS; n++) {
		struct bench bench;
		const uint32_t height = 1 + below(&state, 6), width = 1 + below(&state, 6),
		               channels = 1 + below(&state, 80);
		struct trace_layer *layer = begin(&bench, TRACE_MAP_BITS, height, width, channels);
		layer->output_channels = 5;
		layer->main = (struct trace_conv){.kind = TRACE_CONV_BINARY, .weight_bits = 1};
		layer->main.pad_value = (enum trace_pad_value)below(&state, 3);
		layer->main.kernel = 1 + below(&state, width);
		layer->main.kernel_height = 1 + below(&state, height);
		layer->main.stride = 1 + below(&state, 2);
		layer->main.stride_height = 1 + below(&state, 2);
		layer->main.pad = below(&state, layer->main.kernel);
		layer->main.pad_height = below(&state, layer->main.kernel_height);
		finish(&bench, 16, 0);
		const struct trace_tensor *tensor = &bench.trace.tensors[layer->main.weight_tensor];
		int16_t input[6 * 6 * 80];
		for (uint32_t i = 0; i < height * width * channels; i++) input[i] = below(&state, 2) ? 1 : -1;
		for (uint32_t o = 0; o < 5; o++)
			for (uint32_t i = 0; i < tensor->columns; i++)
				((uint8_t *)tensor->data)[o * trace_bits_row_bytes(tensor->columns) + i / 8] |=
				    (uint8_t)(below(&state, 2) << i % 8);
		const size_t count = (size_t)layer->sums_height * layer->sums_width * 5;
		int32_t kept[SUMS_MAX];
		run(&bench, VALUES_REFERENCE, input);
		memcpy(kept, bench.sums, sizeof kept);
		for (int path = 1; path < 3; path++) {
			run(&bench, paths[path], input);
			expect(bench.sums, kept, count, "sum");
		}
		trace_clear(&bench.trace);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(one_row),         cmocka_unit_test(rows_apart_from_columns),
	    cmocka_unit_test(depthwise),       cmocka_unit_test(overlapping_pool),
	    cmocka_unit_test(unsigned_values), cmocka_unit_test(many_thresholds),
	    cmocka_unit_test(fixed_of_bits),   cmocka_unit_test(depthwise_is_a_diagonal),
	    cmocka_unit_test(binary_rows),     cmocka_unit_test(a_row_is_a_square),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
