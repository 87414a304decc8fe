/* Do the kernels compute the formulas? Numbers worked by hand, on all three ways to compute. Random networks:
 * test_values_random.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sim/values/values.h"
#include "tests/unit/trace_sample.h"

static const enum values_path paths[] = {VALUES_REFERENCE, VALUES_PORTABLE, VALUES_FAST};

struct by_hand {
	struct trace trace;
	int32_t sums[256];
	int16_t fixed[256];
	uint64_t bits[256];
	int32_t scores[256];
};

static struct trace_layer *one_layer(struct by_hand *hand, enum trace_map_kind kind, uint32_t side, uint32_t channels) {
	memset(hand, 0, sizeof *hand);
	struct trace *trace = &hand->trace;
	trace->input_map = trace_sample_map(trace, "in", kind, side, side, channels, kind == TRACE_MAP_BITS ? 1 : 16);
	struct trace_layer *layer = trace_sample_layer(trace, "layer");
	layer->main.kind = kind == TRACE_MAP_BITS ? TRACE_CONV_BINARY : TRACE_CONV_FIXED;
	layer->main.stride = 1;
	layer->main.weight_bits = kind == TRACE_MAP_BITS ? 1 : 16;
	return layer;
}

static uint32_t layer_outputs(struct by_hand *hand, uint32_t fixed_bits) {
	struct trace *trace = &hand->trace;
	struct trace_layer *layer = &trace->layers[0];
	const struct trace_map *input = &trace->maps[0];
	const uint32_t side = (input->height + 2 * layer->main.pad - layer->main.kernel) / layer->main.stride + 1;
	const uint32_t shrink = layer->pool == TRACE_POOL_MAX2 ? 2 : 1, outputs = layer->output_channels;
	const bool binary = layer->main.kind == TRACE_CONV_BINARY;
	layer->sums_height = layer->sums_width = side;
	layer->main.weight_tensor =
	    trace_sample_tensor(trace, "w", binary ? TRACE_TENSOR_BITS : TRACE_TENSOR_INT16, outputs,
	                        layer->main.kernel * layer->main.kernel * input->channels);
	layer->parameter_tensor = trace_sample_tensor(
	    trace, "p", TRACE_TENSOR_INT32, outputs, layer->post == TRACE_POST_AFFINE ? 6 : 1 + layer->threshold_count);
	layer->fixed_map =
	    trace_sample_map(trace, "x", TRACE_MAP_FIXED, side / shrink, side / shrink, outputs, fixed_bits);
	layer->bits_map = trace_sample_map(trace, "s", TRACE_MAP_BITS, side / shrink, side / shrink, outputs, 1);
	trace->scores_map = layer->fixed_map;
	trace->classes = 1;
	return side;
}

static void keep_sums(void *context, const struct values_layer_sums *sums) {
	struct by_hand *hand = context;
	memcpy(hand->sums, sums->main, (size_t)sums->height * sums->width * sums->channels * sizeof *hand->sums);
}

static void run_by_hand(struct by_hand *hand, enum values_path path, const int16_t *input) {
	struct values_network *network;
	struct error error = {0};
	int32_t *scores = calloc(65536, sizeof *scores);
	assert_non_null(scores);
	if (values_network_create(&network, &hand->trace, path, &error)) fail_msg("%s", error.text);
	values_network_observe(network, keep_sums, hand);
	values_network_run(network, input, scores);
	const struct trace_layer *layer = &hand->trace.layers[0];
	const struct trace_map *map = &hand->trace.maps[layer->fixed_map];
	const size_t pixels = (size_t)map->height * map->width;
	memcpy(hand->scores, scores, pixels * map->channels * sizeof *scores);
	if (map->value_bits <= 16)
		memcpy(hand->fixed, values_network_fixed_map(network, layer->fixed_map),
		       pixels * map->channels * sizeof(int16_t));
	memcpy(hand->bits, values_network_bits_map(network, layer->bits_map), pixels * sizeof(uint64_t));
	values_network_free(network);
	free(scores);
}

/* 1 x 1 convolution of one value by one weight; post by the affine formula. */
static void affine_by_hand(void **state) {
	(void)state;
	static const struct {
		int16_t input, weight;
		int32_t parameters[6]; /* A, B, MP, MN, C, E */
		uint32_t post_shift, output_bits;
		int32_t value;
		uint64_t bit;
	} rows[] = {
	    {3, 5, {2, 1, 4, -7, 0, 0}, 0, 16, 124, 1},                 /* z = 31, m = 4 * 31 */
	    {3, -5, {2, 1, 4, -7, 0, 0}, 0, 16, 203, 1},                /* z = -29, m = -7 * -29 */
	    {3, -5, {2, 1, 4, 7, 0, 0}, 0, 16, -203, 0},                /* m = 7 * -29 */
	    {1, 3, {1, 0, 1, 1, 0, 0}, 1, 16, 2, 1},                    /* 1.5 rounds up */
	    {1, -3, {1, 0, 1, 1, 0, 0}, 1, 16, -1, 0},                  /* -1.5 rounds up */
	    {1, -1, {1, 0, 1, 1, 0, 0}, 1, 16, 0, 1},                   /* -0.5 rounds to 0, whose sign is + */
	    {1, 5, {1, 0, 1, 1, 100, 0}, 0, 4, 7, 1},                   /* 105 saturates */
	    {1, 5, {1, 0, 1, 1, -100, 0}, 0, 4, -8, 0},                 /* -95 saturates */
	    {0, 5, {1, 0, 1, 2, 0, 0}, 3, 16, 0, 1},                    /* z = 0 is on the MP side: same value */
	    {-32768, -32768, {32767, 0, 1, 1, 0, 0}, 31, 16, 16384, 1}, /* 2^30 * (2^15 - 1) / 2^31 = 16383.5 */
	    {-32768, -32768, {32767, 0, 32767, 1, 0, 0}, 31, 32, 536838145, 1}, /* 2^30 (2^15-1)^2 / 2^31 = 536838144.5
	                                                                         */
	    {-32768, -32768, {32767, 0, 32767, 1, 0, 0}, 0, 32, 2147483647, 1},
	    {-32768, 32767, {32767, 0, 1, 32767, 0, 0}, 0, 32, -2147483647 - 1, 0},
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		for (size_t path = 0; path < 3; path++) {
			struct by_hand hand;
			struct trace_layer *layer = one_layer(&hand, TRACE_MAP_FIXED, 1, 1);
			layer->main.kernel = 1;
			layer->output_channels = 1;
			layer->post_shift = rows[i].post_shift;
			layer_outputs(&hand, rows[i].output_bits);
			memcpy(hand.trace.tensors[0].data, &rows[i].weight, sizeof rows[i].weight);
			memcpy(hand.trace.tensors[1].data, rows[i].parameters, sizeof rows[i].parameters);
			run_by_hand(&hand, paths[path], &rows[i].input);
			assert_int_equal(hand.sums[0], rows[i].input * rows[i].weight);
			if (hand.scores[0] != rows[i].value) fail_msg("row %zu, way %zu: %d", i, path, hand.scores[0]);
			if (rows[i].output_bits <= 16) assert_int_equal(hand.fixed[0], rows[i].value);
			assert_int_equal(hand.bits[0], rows[i].bit);
			trace_clear(&hand.trace);
		}
	}
}

/* 3 x 3, pad 1 on a 3 x 3 map of +1 with weights +1: a corner has 4 taps inside, an edge 6, the middle 9. */
static void binary_padding_by_hand(void **state) {
	(void)state;
	static const int32_t expected[3][9] = {
	    {4, 6, 4, 6, 9, 6, 4, 6, 4}, {-1, 3, -1, 3, 9, 3, -1, 3, -1}, {9, 9, 9, 9, 9, 9, 9, 9, 9}};
	static const int16_t plus[9] = {1, 1, 1, 1, 1, 1, 1, 1, 1};
	for (int pad_value = 0; pad_value < 3; pad_value++) {
		for (size_t path = 0; path < 3; path++) {
			struct by_hand hand;
			struct trace_layer *layer = one_layer(&hand, TRACE_MAP_BITS, 3, 1);
			layer->main.kernel = 3;
			layer->main.pad = 1;
			layer->main.pad_value = (enum trace_pad_value)pad_value;
			layer->output_channels = 1;
			layer_outputs(&hand, 16);
			((uint16_t *)hand.trace.tensors[0].data)[0] = 0x1ff;
			memcpy(hand.trace.tensors[1].data, ((const int32_t[]){1, 0, 1, 1, 0, 0}), 24);
			run_by_hand(&hand, paths[path], plus);
			assert_memory_equal(hand.sums, expected[pad_value], sizeof expected[0]);
			trace_clear(&hand.trace);
		}
	}
}

/* More words of differing bits than a byte can count, beside equal ones: values -1, weights +1 and -1. */
static void long_windows_by_hand(void **state) {
	(void)state;
	enum { CHANNELS = 64 * 70 + 3 };
	int16_t input[CHANNELS];
	for (int i = 0; i < CHANNELS; i++) input[i] = -1;
	for (size_t path = 0; path < 3; path++) {
		struct by_hand hand;
		struct trace_layer *layer = one_layer(&hand, TRACE_MAP_BITS, 1, CHANNELS);
		layer->main.kernel = 1;
		layer->output_channels = 2;
		layer_outputs(&hand, 16);
		uint8_t *weights = hand.trace.tensors[0].data;
		for (int i = 0; i < CHANNELS; i++) weights[i / 8] |= (uint8_t)(1 << i % 8);
		run_by_hand(&hand, paths[path], input);
		assert_int_equal(hand.sums[0], -CHANNELS);
		assert_int_equal(hand.sums[1], CHANNELS);
		trace_clear(&hand.trace);
	}
}

/* Thresholds in both directions, strict comparison, and the maximum over 2 x 2. */
static void thresholds_by_hand(void **state) {
	(void)state;
	static const int16_t input[4] = {-2, 0, 1, 5};
	for (int pool = 0; pool < 2; pool++) {
		for (size_t path = 0; path < 3; path++) {
			struct by_hand hand;
			struct trace_layer *layer = one_layer(&hand, TRACE_MAP_FIXED, 2, 1);
			layer->main.kernel = 1;
			layer->output_channels = 2;
			layer->post = TRACE_POST_THRESHOLD;
			layer->threshold_count = 2;
			layer->threshold_base = -1;
			layer->pool = pool ? TRACE_POOL_MAX2 : TRACE_POOL_NONE;
			layer_outputs(&hand, 2);
			memcpy(hand.trace.tensors[0].data, ((const int16_t[]){1, 1}), 4);
			/* output 0: a > -2, a > 1; output 1: a < 1, a < -1 */
			memcpy(hand.trace.tensors[1].data, ((const int32_t[]){0, -2, 1, 1, 1, -1}), 24);
			run_by_hand(&hand, paths[path], input);
			static const int16_t values[8] = {-1, 1, 0, 0, 0, -1, 1, -1}, most[2] = {1, 1};
			static const uint64_t bits[4] = {2, 3, 1, 1};
			assert_memory_equal(hand.fixed, pool ? most : values, pool ? sizeof most : sizeof values);
			if (pool)
				assert_int_equal(hand.bits[0], 3);
			else
				assert_memory_equal(hand.bits, bits, sizeof bits);
			trace_clear(&hand.trace);
		}
	}
}

/* The same layer without pool, pixels and channels exchanged: [output][pixel]. */
static void transpose_by_hand(void **state) {
	(void)state;
	static const int16_t input[4] = {-2, 0, 1, 5};
	for (size_t path = 0; path < 3; path++) {
		struct by_hand hand;
		struct trace_layer *layer = one_layer(&hand, TRACE_MAP_FIXED, 2, 1);
		layer->main.kernel = 1;
		layer->output_channels = 2;
		layer->post = TRACE_POST_THRESHOLD;
		layer->threshold_count = 2;
		layer->threshold_base = -1;
		layer->transpose = 1;
		layer_outputs(&hand, 2);
		for (uint32_t i = 1; i < 3; i++) {
			hand.trace.maps[i].height = 2;
			hand.trace.maps[i].width = 1;
			hand.trace.maps[i].channels = 4;
		}
		memcpy(hand.trace.tensors[0].data, ((const int16_t[]){1, 1}), 4);
		memcpy(hand.trace.tensors[1].data, ((const int32_t[]){0, -2, 1, 1, 1, -1}), 24);
		run_by_hand(&hand, paths[path], input);
		static const int16_t values[8] = {-1, 0, 0, 1, 1, 0, -1, -1};
		static const uint64_t bits[2] = {14, 3};
		assert_memory_equal(hand.fixed, values, sizeof values);
		assert_memory_equal(hand.bits, bits, sizeof bits);
		trace_clear(&hand.trace);
	}
}

/* 32-bit accumulators: two products of 2^30 make 2^31, which is -2^31. */
static void sums_wrap_at_32_bits(void **state) {
	(void)state;
	static const int16_t input[2] = {-32768, -32768};
	for (size_t path = 0; path < 3; path++) {
		struct by_hand hand;
		struct trace_layer *layer = one_layer(&hand, TRACE_MAP_FIXED, 1, 2);
		layer->main.kernel = 1;
		layer->output_channels = 1;
		layer_outputs(&hand, 32);
		memcpy(hand.trace.tensors[0].data, input, sizeof input);
		memcpy(hand.trace.tensors[1].data, ((const int32_t[]){1, 0, 1, 1, 0, 0}), 24);
		run_by_hand(&hand, paths[path], input);
		assert_int_equal(hand.scores[0], INT32_MIN);
		trace_clear(&hand.trace);
	}
}

static void top1_takes_the_first(void **state) {
	(void)state;
	assert_int_equal(values_top1((const int32_t[]){-5, 7, 3, 7}, 4), 1);
	assert_int_equal(values_top1((const int32_t[]){-5, 7, 3, 8}, 3), 1);
	assert_int_equal(values_top1((const int32_t[]){INT32_MIN}, 1), 0);
}

static void needs_values(void **state) {
	(void)state;
	struct trace trace;
	struct values_network *network;
	struct error error = {0};
	trace_sample(&trace);
	free(trace.tensors[2].data);
	trace.tensors[2].data = NULL;
	assert_int_equal(values_network_create(&network, &trace, VALUES_FAST, &error), STATUS_INPUT);
	assert_null(network);
	assert_non_null(strstr(error.text, "tensor blend.w has no values"));
	values_network_free(NULL);
	trace_clear(&trace);
}

int main(void) {
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(affine_by_hand),       cmocka_unit_test(binary_padding_by_hand),
	    cmocka_unit_test(thresholds_by_hand),   cmocka_unit_test(sums_wrap_at_32_bits),
	    cmocka_unit_test(top1_takes_the_first), cmocka_unit_test(long_windows_by_hand),
	    cmocka_unit_test(needs_values),         cmocka_unit_test(transpose_by_hand),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
