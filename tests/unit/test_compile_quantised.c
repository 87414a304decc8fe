/* Small networks of quantised activations, compiled and run bit for bit: is each level that of the float network? */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/small_network.h"
#include "tests/unit/test_compile_reference.h"

/* Kernels of one row, depthwise, signs as fixed weights, an activation of a map, a sum of maps, bits read by a fixed
 * convolution, pools of any size: each level must be that of the float network. */
static const char *const quantised_layers =
    "[a.conv]\ntype = fixed_conv\ninputs = input\noutputs = 4\nkernel = 3\npad = 1\nkernel_height = 1\n"
    "stride_height = 2\nweight_bits = 8\n"
    "[a.bn]\ntype = batch_norm\ninputs = a.conv\n"
    "[a.act]\ntype = quantised_activation\ninputs = a.bn\nbits = 4\nunsigned = 1\nfraction_bits = 3\n"
    "[a.pool]\ntype = max_pool\ninputs = a.act\nkernel = 2\nstride = 2\nkernel_height = 1\n"
    "[b.conv]\ntype = fixed_conv\ninputs = a.pool\noutputs = 4\nkernel = 3\npad = 1\ndepthwise = 1\n"
    "[b.bn]\ntype = batch_norm\ninputs = b.conv\n"
    "[b.act]\ntype = quantised_activation\ninputs = b.bn\nbits = 3\nlevels = 5\n"
    "[c.conv]\ntype = fixed_conv\ninputs = b.act\noutputs = 4\nkernel = 1\nweight_bits = 1\n"
    "[c.bn]\ntype = batch_norm\ninputs = c.conv\n"
    "[c.act]\ntype = quantised_activation\ninputs = c.bn\nbits = 4\nfraction_bits = 2\n"
    "[d.top]\ntype = quantised_activation\ninputs = b.act\nbits = 2\nunsigned = 1\nfraction_bits = 2\n"
    "[d.add]\ntype = add\ninputs = c.act, d.top\ndepthwise = 1\n"
    "[d.out]\ntype = quantised_activation\ninputs = d.add\nbits = 3\nfraction_bits = 2\n"
    "[d.pool]\ntype = max_pool\ninputs = d.out\nkernel = 3\nstride = 2\npad = 1\n"
    "[e.conv]\ntype = fixed_conv\ninputs = d.pool\noutputs = 4\nkernel = 1\n"
    "[e.bn]\ntype = batch_norm\ninputs = e.conv\n"
    "[e.sign]\ntype = sign\ninputs = e.bn\n"
    "[f]\ntype = fixed_conv\ninputs = e.sign\noutputs = 3\nkernel = 2\nweight_bits = 8\n";

/* Level by level; returns how many different ones there were. */
static unsigned same_levels(const struct network *network, const struct trace *trace,
                            const struct values_network *values, double **maps, const char *layer_name,
                            const char *map_name) {
	const struct network_layer *layer = &network->layers[network_find(network, layer_name)];
	const uint32_t index = network_find(network, layer_name);
	uint32_t map = UINT32_MAX, fraction_bits = layer->fraction_bits;
	for (uint32_t i = 0; i < trace->map_count; i++)
		if (strcmp(trace->maps[i].name, map_name) == 0) map = i;
	if (layer->type == LAYER_MAX_POOL) fraction_bits = network->layers[layer->inputs[0]].fraction_bits;
	const int16_t *found = values_network_fixed_map(values, map);
	assert_non_null(found);
	unsigned seen = 0;
	for (uint32_t i = 0; i < layer->height * layer->width * layer->channels; i++) {
		const int expected = (int)ldexp(maps[index][i], (int)fraction_bits);
		if (found[i] != expected) fail_msg("%s value %u is %d, expected %d", map_name, i, found[i], expected);
		seen |= 1u << (expected & 15);
	}
	return seen;
}

/* Each row holds +1 or -1, so that n / 127 is exact in 8 bits. */
static void row_weights(struct small_network *small, const char *name, const char *shape, size_t rows, size_t columns) {
	float values[64];
	assert_true(rows * columns <= 64);
	for (size_t i = 0; i < rows * columns; i++)
		values[i] = i % columns               ? (float)(floor(small_random(small) * 127) / 127)
		            : small_random(small) < 0 ? -1.0f
		                                      : 1.0f;
	test_folder_tensor(&small->folder, name, shape, values, rows * columns);
}

/* +s or -s with an s of its own in each row. */
static void sign_weights(struct small_network *small, const char *name, const char *shape, size_t rows,
                         size_t columns) {
	float values[64];
	assert_true(rows * columns <= 64);
	for (size_t i = 0; i < rows * columns; i++) {
		const float scale = 0.5f + 0.25f * (float)(i / columns);
		values[i] = small_random(small) < 0 ? -scale : scale;
	}
	test_folder_tensor(&small->folder, name, shape, values, rows * columns);
}

static void quantised_network(void **state) {
	(void)state;
	struct small_network small;
	small_open_layers(&small, 11, quantised_layers);
	row_weights(&small, "a.conv.weight", "4x1x1x3", 4, 3);
	small_batch_norm(&small, "a.bn", 4, 0.7, 1);
	row_weights(&small, "b.conv.weight", "4x1x3x3", 4, 9);
	small_batch_norm(&small, "b.bn", 4, 1.2, 1);
	sign_weights(&small, "c.conv.weight", "4x4x1x1", 4, 4);
	small_batch_norm(&small, "c.bn", 4, 1.5, 1);
	row_weights(&small, "e.conv.weight", "4x4x1x1", 4, 4);
	small_batch_norm(&small, "e.bn", 4, 1.0, 0);
	row_weights(&small, "f.weight", "3x4x2x2", 3, 16);
	small_compile(&small, 8);
	assert_int_equal(small.trace.layer_count, 7);
	struct error error = {""};
	static const enum values_path paths[] = {VALUES_REFERENCE, VALUES_FAST};
	static const struct {
		const char *layer, *map;
		unsigned levels;
	} rows[] = {{"a.pool", "a", 0xffff},
	            {"b.act", "b", 0xc007},
	            {"c.act", "c", 0xffff},
	            {"d.top", "d.top", 0x000d},
	            {"d.pool", "d.add", 0xff0f}};
	unsigned seen[sizeof rows / sizeof rows[0]] = {0};
	for (int path = 0; path < 2; path++) {
		struct values_network *values;
		assert_int_equal(values_network_create(&values, &small.trace, paths[path], &error), STATUS_OK);
		for (int n = 0; n < SMALL_IMAGES; n++) {
			double real[64], *maps[SMALL_LAYERS_MAX];
			int32_t scores[3];
			small_run(&small, values, real, maps, scores);
			for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
				seen[i] |=
				    same_levels(&small.network, &small.trace, values, maps, rows[i].layer, rows[i].map);
			reference_free(&small.network, maps);
		}
		small_scores_are_proportional(&small, values, 0.001);
		values_network_free(values);
	}
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if ((seen[i] & rows[i].levels) != seen[i] || __builtin_popcount(seen[i]) < 3)
			fail_msg("%s: levels %x of %x", rows[i].map, seen[i], rows[i].levels);
	small_close(&small);
}

/* Levels that no sum of 32 bits reaches, or that every one does, beside one that some do: with a slope below 0 all
 * three are said for a < T, with one above 0 for a > T. One unit of the sums is gamma / (127 * 128). */
static void levels_out_of_reach(void **state) {
	(void)state;
	static const float gamma[3] = {-1.6e-6f, 1.6e-6f, 0}, beta[3] = {0.3f, 0.3f, 0.7f}, zeros[3] = {0, 0, 0},
	                   ones[3] = {1, 1, 1}, taps[3] = {1, 1, 1}, dense[576] = {1};
	struct small_network small;
	small_open_layers(
	    &small, 1,
	    "[a.conv]\ntype = fixed_conv\ninputs = input\noutputs = 3\nkernel = 1\nweight_bits = 8\n"
	    "[a.bn]\ntype = batch_norm\ninputs = a.conv\n"
	    "[a.act]\ntype = quantised_activation\ninputs = a.bn\nbits = 2\nlevels = 4\nfraction_bits = 0\n"
	    "[b]\ntype = fixed_conv\ninputs = a.act\noutputs = 3\nkernel = 8\n");
	test_folder_tensor(&small.folder, "a.conv.weight", "3x1x1x1", taps, 3);
	test_folder_batch_norm(&small.folder, "a.bn", 3, gamma, beta, zeros, ones);
	test_folder_tensor(&small.folder, "b.weight", "3x3x8x8", dense, 576);
	small_compile(&small, 8);
	const int32_t *rows =
	    small.trace.tensors[small.trace.layers[0].parameter_tensor].data; /* D, v >= -1.5 -> -1, -0.5, 0.5 */
	assert_int_equal(small.trace.layers[0].threshold_count, 3);
	assert_int_equal(rows[0], 1);
	assert_int_equal(rows[1], INT32_MAX);
	assert_int_equal(rows[2], INT32_MAX);
	assert_in_range(-(int64_t)rows[3], 2000000000, 2050000000);
	assert_int_equal(rows[4], 0);
	assert_int_equal(rows[5], INT32_MIN);
	assert_int_equal(rows[6], INT32_MIN);
	assert_in_range(rows[7], 2000000000, 2050000000);
	assert_int_equal(rows[8], 0); /* 0.7 whatever the sum is */
	assert_int_equal(rows[9], INT32_MIN);
	assert_int_equal(rows[10], INT32_MIN);
	assert_int_equal(rows[11], INT32_MIN);
	small_close(&small);
}

int main(void) {
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(quantised_network),
	    cmocka_unit_test(levels_out_of_reach),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
