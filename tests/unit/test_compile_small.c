/* Small networks, compiled and run bit for bit, against the float network in plain loops.
 *
 * threshold network: every sign follows a batch norm (gammas positive, negative, 0), so both binary layers must become
 * thresholds and every bit must be equal. path network: PReLU, shift, skip, max pool, average pool, a batch norm before
 * a fixed convolution, a residual addition; its scores must be proportional to the float ones. turned networks: the
 * same two questions with maps that are transposed and given a new shape. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/small_network.h"
#include "tests/unit/test_compile_reference.h"

static const char *const threshold_layers =
    "[a.conv]\ntype = fixed_conv\ninputs = input\noutputs = 4\nkernel = 3\npad = 1\n"
    "[a.bn]\ntype = batch_norm\ninputs = a.conv\n"
    "[a.sign]\ntype = sign\ninputs = a.bn\n"
    "[b.conv]\ntype = binary_conv\ninputs = a.sign\noutputs = 6\nkernel = 3\npad = 1\npad_value = minus\n"
    "[b.bn]\ntype = batch_norm\ninputs = b.conv\n"
    "[b.sign]\ntype = sign\ninputs = b.bn\n"
    "[b.pool]\ntype = max_pool\ninputs = b.sign\nkernel = 2\nstride = 2\n"
    "[c]\ntype = binary_conv\ninputs = b.pool\noutputs = 3\nkernel = 4\n";

static void threshold_network(void **state) {
	(void)state;
	struct small_network small;
	small_open_layers(&small, 7, threshold_layers);
	small_weights(&small, "a.conv.weight", "4x1x3x3", 36, 0);
	small_batch_norm(&small, "a.bn", 4, 1.0, 1);
	small_weights(&small, "b.conv.weight", "6x4x3x3", 216, 1);
	small_batch_norm(&small, "b.bn", 6, 6.0, 1);
	small_weights(&small, "c.weight", "3x6x4x4", 288, 1);
	small_compile(&small, 8);
	assert_int_equal(small.trace.layer_count, 3);
	assert_string_equal(small.trace.layers[0].from, "a.conv,a.bn,a.sign");
	assert_string_equal(small.trace.layers[1].from, "b.conv,b.bn,b.sign,b.pool");
	assert_int_equal(small.trace.layers[0].post, TRACE_POST_THRESHOLD);
	assert_int_equal(small.trace.layers[1].post, TRACE_POST_THRESHOLD);
	assert_int_equal(small.trace.layers[1].pool, TRACE_POOL_MAX2);
	assert_int_equal(small.trace.layers[0].fixed_map, UINT32_MAX);
	unsigned plus = 0, minus = 0;
	for (int n = 0; n < SMALL_IMAGES; n++) {
		double real[64], *maps[SMALL_LAYERS_MAX];
		int32_t scores[3];
		small_run(&small, small.values, real, maps, scores);
		const uint64_t *bits = values_network_bits_map(small.values, small.trace.layers[1].bits_map);
		uint32_t pool = network_find(&small.network, "b.pool");
		for (uint32_t i = 0; i < 4 * 4 * 6; i++) {
			int bit = (int)(bits[i / 6] >> (i % 6) & 1);
			assert_int_equal(bit, maps[pool][i] > 0);
			plus += (unsigned)bit;
			minus += (unsigned)!bit;
		}
		for (int o = 0; o < 3; o++)
			assert_int_equal(scores[o], (int32_t)maps[8][o] * 65536); /* 16 fraction bits */
		reference_free(&small.network, maps);
	}
	assert_true(plus > 300 && minus > 300);
	small_close(&small);
}

static const char *const path_layers =
    "[a.conv]\ntype = fixed_conv\ninputs = input\noutputs = 4\nkernel = 3\npad = 1\nbias = 1\n"
    "[a.bn]\ntype = batch_norm\ninputs = a.conv\n"
    "[a.shift]\ntype = shift\ninputs = a.bn\n"
    "[a.prelu]\ntype = prelu\ninputs = a.shift\n"
    "[a.skip]\ntype = fixed_conv\ninputs = input\noutputs = 4\nkernel = 1\n"
    "[a.add]\ntype = add\ninputs = a.skip, a.prelu\n" /* the skip stands first */
    "[a.out]\ntype = batch_norm\ninputs = a.add\n"
    "[b.conv]\ntype = fixed_conv\ninputs = a.out\noutputs = 4\nkernel = 3\npad = 1\n"
    "[b.prelu]\ntype = prelu\ninputs = b.conv\n"
    "[b.add]\ntype = add\ninputs = b.prelu, a.out\n" /* residual */
    "[c.pool]\ntype = average_pool\ninputs = b.add\nkernel = 2\nstride = 2\n"
    "[c.before]\ntype = batch_norm\ninputs = c.pool\n"
    "[c.conv]\ntype = fixed_conv\ninputs = c.before\noutputs = 5\nkernel = 1\n"
    "[c.max]\ntype = max_pool\ninputs = c.conv\nkernel = 2\nstride = 2\n"
    "[d.pool]\ntype = global_average_pool\ninputs = c.max\n"
    "[d.fc]\ntype = fully_connected\ninputs = d.pool\noutputs = 3\nbias = 1\n";

static void path_network(void **state) {
	(void)state;
	struct small_network small;
	float slope[4] = {0.25f, -0.5f, 0.0f, 1.5f}, shift[4] = {0.2f, -0.3f, 0, 0.1f},
	      bias[4] = {0.5f, -0.25f, 0.125f, 0};
	small_open_layers(&small, 3, path_layers);
	small_weights(&small, "a.conv.weight", "4x1x3x3", 36, 0);
	test_folder_tensor(&small.folder, "a.conv.bias", "4", bias, 4);
	small_batch_norm(&small, "a.bn", 4, 1.5, 1);
	test_folder_tensor(&small.folder, "a.shift", "4", shift, 4);
	test_folder_tensor(&small.folder, "a.prelu", "4", slope, 4);
	small_weights(&small, "a.skip.weight", "4x1x1x1", 4, 0);
	small_batch_norm(&small, "a.out", 4, 1.0, 0);
	small_weights(&small, "b.conv.weight", "4x4x3x3", 144, 0);
	test_folder_tensor(&small.folder, "b.prelu", "4", slope, 4);
	small_batch_norm(&small, "c.before", 4, 3.0, 0);
	small_weights(&small, "c.conv.weight", "5x4x1x1", 20, 0);
	small_weights(&small, "d.fc.weight", "3x5", 15, 0);
	test_folder_tensor(&small.folder, "d.fc.bias", "3", bias, 3);
	small_compile(&small, 12);
	assert_int_equal(small.trace.layer_count, 4);
	assert_string_equal(small.trace.layers[0].from, "a.conv,a.bn,a.shift,a.prelu,a.skip,a.add,a.out");
	assert_string_equal(small.trace.layers[1].from, "b.conv,b.prelu,b.add");
	assert_string_equal(small.trace.layers[2].from, "c.pool,c.before,c.conv,c.max");
	assert_string_equal(small.trace.layers[3].from, "d.pool,d.fc");
	assert_int_equal(small.trace.layers[2].main.pre_pool, TRACE_PRE_POOL_AVERAGE2);
	assert_int_equal(small.trace.layers[3].main.tap_shared, 1);
	small_scores_are_proportional(&small, small.values, 0.001);
	small_compile(&small, 1);
	assert_int_equal(small.trace.layers[0].skip.weight_bits, 1);
	assert_int_equal(small.trace.layers[1].skip.weight_bits, 2); /* the identity matrix has zeros */
	small_close(&small);
}

static const char *const sign_layers = "[a.conv]\ntype = fixed_conv\ninputs = input\noutputs = 4\nkernel = 3\npad = 1\n"
                                       "[a.prelu]\ntype = prelu\ninputs = a.conv\n"
                                       "[a.skip]\ntype = fixed_conv\ninputs = input\noutputs = 4\nkernel = 1\n"
                                       "[a.add]\ntype = add\ninputs = a.prelu, a.skip\n"
                                       "[d.pool]\ntype = global_average_pool\ninputs = a.add\n"
                                       "[d.fc]\ntype = fully_connected\ninputs = d.pool\noutputs = 3\n";

/* Weights that are +s or -s already lose nothing at 1 bit: any s for the main convolutions, powers of two for the skip
 * path. A scale that were not the row's mean magnitude would show at once. */
static void sign_network(void **state) {
	(void)state;
	struct small_network small;
	float slope[4] = {0.25f, -0.5f, 0.0f, 1.5f}, stem[36], skip[4], fc[12];
	for (int i = 0; i < 36; i++) stem[i] = (small_random(&small) < 0 ? -0.3f : 0.3f) * (float)(1 + i / 9);
	for (int i = 0; i < 4; i++) skip[i] = (i % 2 ? -0.125f : 0.125f) / (float)(1 << i);
	for (int i = 0; i < 12; i++) fc[i] = (small_random(&small) < 0 ? -1.7f : 1.7f) * (float)(3 - i / 4);
	small_open_layers(&small, 13, sign_layers);
	test_folder_tensor(&small.folder, "a.conv.weight", "4x1x3x3", stem, 36);
	test_folder_tensor(&small.folder, "a.prelu", "4", slope, 4);
	test_folder_tensor(&small.folder, "a.skip.weight", "4x1x1x1", skip, 4);
	test_folder_tensor(&small.folder, "d.fc.weight", "3x4", fc, 12);
	small_compile(&small, 1);
	assert_int_equal(small.trace.layer_count, 2);
	assert_int_equal(small.trace.layers[0].main.weight_bits, 1);
	assert_int_equal(small.trace.layers[0].skip.weight_bits, 1);
	assert_int_equal(small.trace.layers[1].main.weight_bits, 1);
	small_scores_are_proportional(&small, small.values, 0.005);
	small_close(&small);
}

static const char *const turned_bits =
    "[a.conv]\ntype = fixed_conv\ninputs = input\noutputs = 5\nkernel = 3\nstride = 2\n"
    "[a.bn]\ntype = batch_norm\ninputs = a.conv\n"
    "[a.turn]\ntype = transpose\ninputs = a.bn\n" /* before the sign */
    "[a.sign]\ntype = sign\ninputs = a.turn\n"
    "[b.conv]\ntype = binary_conv\ninputs = a.sign\noutputs = 9\nkernel = 1\n"
    "[b.bn]\ntype = batch_norm\ninputs = b.conv\n"
    "[b.sign]\ntype = sign\ninputs = b.bn\n"
    "[b.turn]\ntype = transpose\ninputs = b.sign\n" /* behind it */
    "[b.grid]\ntype = reshape\ninputs = b.turn\nheight = 3\nwidth = 3\nchannels = 5\n"
    "[c]\ntype = binary_conv\ninputs = b.grid\noutputs = 3\nkernel = 3\n";

static void turned_bits_network(void **state) {
	(void)state;
	struct small_network small;
	small_open_layers(&small, 11, turned_bits);
	small_weights(&small, "a.conv.weight", "5x1x3x3", 45, 0);
	small_batch_norm(&small, "a.bn", 5, 1.0, 1);
	small_weights(&small, "b.conv.weight", "9x9x1x1", 81, 1);
	small_batch_norm(&small, "b.bn", 9, 3.0, 1);
	small_weights(&small, "c.weight", "3x5x3x3", 135, 1);
	small_compile(&small, 8);
	assert_int_equal(small.trace.layer_count, 3);
	assert_string_equal(small.trace.layers[0].from, "a.conv,a.bn,a.turn,a.sign");
	assert_string_equal(small.trace.layers[1].from, "b.conv,b.bn,b.sign,b.turn,b.grid");
	assert_string_equal(small.trace.layers[1].name, "b");
	assert_true(small.trace.layers[0].transpose && small.trace.layers[1].transpose &&
	            !small.trace.layers[2].transpose);
	unsigned plus = 0;
	for (int n = 0; n < SMALL_IMAGES; n++) {
		double real[64], *maps[SMALL_LAYERS_MAX];
		int32_t scores[3];
		small_run(&small, small.values, real, maps, scores);
		const uint64_t *turned = values_network_bits_map(small.values, small.trace.layers[0].bits_map);
		const uint64_t *grid = values_network_bits_map(small.values, small.trace.layers[1].bits_map);
		for (uint32_t i = 0; i < 5 * 9; i++)
			assert_int_equal(turned[i / 9] >> (i % 9) & 1,
			                 maps[network_find(&small.network, "a.sign")][i] > 0);
		for (uint32_t i = 0; i < 9 * 5; i++)
			assert_int_equal(grid[i / 5] >> (i % 5) & 1,
			                 maps[network_find(&small.network, "b.grid")][i] > 0);
		plus += (unsigned)(grid[4] & 1);
		for (int o = 0; o < 3; o++) assert_int_equal(scores[o], (int32_t)maps[10][o] * 65536);
		reference_free(&small.network, maps);
	}
	assert_true(plus > 0 && plus < SMALL_IMAGES);
	small_close(&small);
}

static const char *const turned_path =
    "[a.conv]\ntype = fixed_conv\ninputs = input\noutputs = 8\nkernel = 2\nstride = 2\n"
    "[a.bn]\ntype = batch_norm\ninputs = a.conv\n"
    "[a.turn]\ntype = transpose\ninputs = a.bn\n"
    "[b.before]\ntype = batch_norm\ninputs = a.turn\n" /* over positions */
    "[b.conv]\ntype = fixed_conv\ninputs = b.before\noutputs = 6\nkernel = 1\n"
    "[b.prelu]\ntype = prelu\ninputs = b.conv\n"
    "[b.skip]\ntype = fixed_conv\ninputs = a.turn\noutputs = 6\nkernel = 1\n"
    "[b.add]\ntype = add\ninputs = b.prelu, b.skip\n"
    "[c.conv]\ntype = fixed_conv\ninputs = b.add\noutputs = 16\nkernel = 1\n"
    "[c.turn]\ntype = transpose\ninputs = c.conv\n"
    "[c.grid]\ntype = reshape\ninputs = c.turn\nheight = 4\nwidth = 4\nchannels = 8\n"
    "[d.pool]\ntype = average_pool\ninputs = c.grid\nkernel = 2\nstride = 2\n"
    "[d.conv]\ntype = fixed_conv\ninputs = d.pool\noutputs = 5\nkernel = 1\n"
    "[e.pool]\ntype = global_average_pool\ninputs = d.conv\n"
    "[e.fc]\ntype = fully_connected\ninputs = e.pool\noutputs = 3\n";

static void turned_path_network(void **state) {
	(void)state;
	struct small_network small;
	float slope[6] = {0.25f, -0.5f, 0.0f, 1.5f, 0.75f, 0.1f};
	small_open_layers(&small, 5, turned_path);
	small_weights(&small, "a.conv.weight", "8x1x2x2", 32, 0);
	small_batch_norm(&small, "a.bn", 8, 1.5, 0);
	small_batch_norm(&small, "b.before", 16, 3.0, 0);
	small_weights(&small, "b.conv.weight", "6x16x1x1", 96, 0);
	test_folder_tensor(&small.folder, "b.prelu", "6", slope, 6);
	small_weights(&small, "b.skip.weight", "6x16x1x1", 96, 0);
	small_weights(&small, "c.conv.weight", "16x6x1x1", 96, 0);
	small_weights(&small, "d.conv.weight", "5x8x1x1", 40, 0);
	small_weights(&small, "e.fc.weight", "3x5", 15, 0);
	small_compile(&small, 12);
	assert_int_equal(small.trace.layer_count, 5);
	assert_string_equal(small.trace.layers[0].from, "a.conv,a.bn,a.turn");
	assert_string_equal(small.trace.layers[2].from, "c.conv,c.turn,c.grid");
	assert_int_equal(small.trace.maps[small.trace.layers[0].fixed_map].channels, 16);
	assert_int_equal(small.trace.maps[small.trace.layers[2].fixed_map].height, 4);
	assert_int_equal(small.trace.layers[3].main.pre_pool, TRACE_PRE_POOL_AVERAGE2);
	small_scores_are_proportional(&small, small.values, 0.004); /* five layers of rounding */
	small_close(&small);
}

/* rs(sum of 4, 2) lies 1/8 above the mean of four integers on average (rests 0, 1, 2, 3 give 0, -1/4, +1/2, +1/4). By
 * hand: one pixel unit is 1/1024, scores have 16 fraction bits, so a unit weighs 64 and C must be -64 / 8 = -8. */
static void average_is_centred(void **state) {
	(void)state;
	struct small_network small;
	float zeros[4] = {0}, one = 1;
	small_open(&small, 1,
	           "[network]\nname = average\nclasses = 1\n"
	           "[input]\npixel = minus128\nscale = 1024\nimage_height = 2\nimage_width = 2\n"
	           "image_channels = 1\n"
	           "[main]\ntype = fixed_conv\ninputs = input\noutputs = 1\nkernel = 2\n"
	           "[pool]\ntype = average_pool\ninputs = input\nkernel = 2\nstride = 2\n"
	           "[skip]\ntype = fixed_conv\ninputs = pool\noutputs = 1\nkernel = 1\n"
	           "[sum]\ntype = add\ninputs = main, skip\n");
	test_folder_tensor(&small.folder, "main.weight", "1x1x2x2", zeros, 4);
	test_folder_tensor(&small.folder, "skip.weight", "1x1x1x1", &one, 1);
	small_compile(&small, 8);
	const int32_t *record = small.trace.tensors[small.trace.layers[0].parameter_tensor].data;
	const int16_t *weight = small.trace.tensors[small.trace.layers[0].skip.weight_tensor].data;
	assert_int_equal(small.trace.layers[0].skip.pre_pool, TRACE_PRE_POOL_AVERAGE2);
	assert_int_equal(weight[0], 64 << record[5]);
	assert_int_equal(record[4], -8);
	small_close(&small);
}

int main(void) {
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(threshold_network),   cmocka_unit_test(path_network),
	    cmocka_unit_test(sign_network),        cmocka_unit_test(average_is_centred),
	    cmocka_unit_test(turned_bits_network), cmocka_unit_test(turned_path_network),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
