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

#include "sim/input/image.h"
#include "sim/values/values.h"
#include "tests/unit/test_compile_folder.h"
#include "tests/unit/test_compile_reference.h"

enum { IMAGES = 40, LAYERS_MAX = 20 };

static const char *const head = "[network]\nname = small\nclasses = 3\n"
                                "[input]\npixel = minus128\nscale = 128\nimage_height = 8\nimage_width = 8\n"
                                "image_channels = 1\n";

struct random {
	uint64_t state;
};
static double next(struct random *random) {
	random->state = random->state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (double)(random->state >> 33) / 2147483648.0 * 2.0 - 1.0; /* -1 .. 1 */
}

static void weights(struct test_folder *folder, const char *name, const char *shape, size_t count, int is_sign,
                    struct random *random) {
	float *values = calloc(count, sizeof *values);
	for (size_t i = 0; i < count; i++) {
		double value = next(random);
		values[i] = is_sign ? (value >= 0 ? 1.0f : -1.0f) : (float)(floor(value * 127) / 127);
	}
	for (size_t i = 0; !is_sign && i < count; i += 9)
		values[i] = i % 2 ? 1.0f : -1.0f; /* 8 bits are exact: n / 127 */
	test_folder_tensor(folder, name, shape, values, count);
	free(values);
}

static void batch_norm(struct test_folder *folder, const char *name, size_t channels, double spread, int zero,
                       struct random *random) {
	float gamma[16], beta[16], mean[16], var[16];
	for (size_t i = 0; i < channels; i++) {
		gamma[i] = (float)((i % 2 ? -1 : 1) * (0.5 + fabs(next(random))));
		beta[i] = (float)(next(random) * 0.3);
		mean[i] = (float)(next(random) * spread / 3);
		var[i] = (float)(spread * spread);
	}
	if (zero) gamma[2] = 0;
	test_folder_batch_norm(folder, name, channels, gamma, beta, mean, var);
}

static void read_network(const struct test_folder *folder, struct network *network, struct arena *arena) {
	struct error error = {""};
	enum status status = network_read(network, folder->path, NULL, 0, arena, &error);
	if (!status) status = network_shapes(network, &error);
	if (!status) status = network_bind(network, folder->path, 0, arena, &error);
	if (status) fail_msg("%s", error.text);
}

static void compile(const struct test_folder *folder, struct trace *trace, uint32_t bits) {
	struct config config;
	struct error error = {""};
	config_defaults(&config);
	config.compile_skip_weight_bits = config.compile_stem_weight_bits = config.compile_head_weight_bits = bits;
	config.compile_map_fraction_bits = 10;
	struct compile_options options = {.network = folder->path, .config = &config};
	if (compile_network(&options, trace, NULL, &error)) fail_msg("%s", error.text);
}

/* One random image in both forms. */
static void image(struct random *random, int16_t *map, double *real) {
	for (int i = 0; i < 64; i++) {
		map[i] = (int16_t)floor(next(random) * 128);
		real[i] = map[i] / 128.0;
	}
}

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
	struct random random = {7};
	struct test_folder folder;
	char ini[4096];
	snprintf(ini, sizeof ini, "%s%s", head, threshold_layers);
	test_folder_open(&folder, ini);
	weights(&folder, "a.conv.weight", "4x1x3x3", 36, 0, &random);
	batch_norm(&folder, "a.bn", 4, 1.0, 1, &random);
	weights(&folder, "b.conv.weight", "6x4x3x3", 216, 1, &random);
	batch_norm(&folder, "b.bn", 6, 6.0, 1, &random);
	weights(&folder, "c.weight", "3x6x4x4", 288, 1, &random);
	test_folder_flush(&folder);
	struct network network;
	struct arena arena = {0};
	struct trace trace;
	struct values_network *values;
	struct error error = {""};
	read_network(&folder, &network, &arena);
	compile(&folder, &trace, 8);
	assert_int_equal(trace.layer_count, 3);
	assert_string_equal(trace.layers[0].from, "a.conv,a.bn,a.sign");
	assert_string_equal(trace.layers[1].from, "b.conv,b.bn,b.sign,b.pool");
	assert_int_equal(trace.layers[0].post, TRACE_POST_THRESHOLD);
	assert_int_equal(trace.layers[1].post, TRACE_POST_THRESHOLD);
	assert_int_equal(trace.layers[1].pool, TRACE_POOL_MAX2);
	assert_int_equal(trace.layers[0].fixed_map, UINT32_MAX);
	assert_int_equal(values_network_create(&values, &trace, VALUES_REFERENCE, &error), STATUS_OK);
	unsigned plus = 0, minus = 0;
	for (int n = 0; n < IMAGES; n++) {
		int16_t map[64];
		double real[64], *maps[9] = {real};
		int32_t scores[3];
		image(&random, map, real);
		reference_run(&network, maps);
		values_network_run(values, map, scores);
		const uint64_t *bits = values_network_bits_map(values, trace.layers[1].bits_map);
		uint32_t pool = network_find(&network, "b.pool");
		for (uint32_t i = 0; i < 4 * 4 * 6; i++) {
			int bit = (int)(bits[i / 6] >> (i % 6) & 1);
			assert_int_equal(bit, maps[pool][i] > 0);
			plus += (unsigned)bit;
			minus += (unsigned)!bit;
		}
		for (int o = 0; o < 3; o++)
			assert_int_equal(scores[o], (int32_t)maps[8][o] * 65536); /* 16 fraction bits */
		reference_free(&network, maps);
	}
	assert_true(plus > 300 && minus > 300);
	values_network_free(values);
	trace_clear(&trace);
	arena_clear(&arena);
	test_folder_remove(&folder);
}

/* The scores of random images are proportional to the float network's, to a part of their usual size. */
static void scores_are_proportional(const struct network *network, struct values_network *values, struct random *random,
                                    double tolerance) {
	double dot = 0, square = 0, scores_real[IMAGES][3];
	int32_t scores[IMAGES][3];
	for (int n = 0; n < IMAGES; n++) {
		int16_t map[64];
		double real[64], *maps[LAYERS_MAX] = {real};
		image(random, map, real);
		reference_run(network, maps);
		values_network_run(values, map, scores[n]);
		for (int o = 0; o < 3; o++) {
			scores_real[n][o] = maps[network->layer_count - 1][o];
			dot += scores[n][o] * scores_real[n][o];
			square += scores_real[n][o] * scores_real[n][o];
		}
		reference_free(network, maps);
	}
	double scale = dot / square, largest = sqrt(square / (3 * IMAGES));
	assert_true(largest > 0.1);
	for (int n = 0; n < IMAGES; n++)
		for (int o = 0; o < 3; o++)
			assert_true(fabs(scores[n][o] / scale - scores_real[n][o]) < tolerance * largest);
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
	struct random random = {3};
	struct test_folder folder;
	char ini[4096];
	float slope[4] = {0.25f, -0.5f, 0.0f, 1.5f}, shift[4] = {0.2f, -0.3f, 0, 0.1f},
	      bias[4] = {0.5f, -0.25f, 0.125f, 0};
	snprintf(ini, sizeof ini, "%s%s", head, path_layers);
	test_folder_open(&folder, ini);
	weights(&folder, "a.conv.weight", "4x1x3x3", 36, 0, &random);
	test_folder_tensor(&folder, "a.conv.bias", "4", bias, 4);
	batch_norm(&folder, "a.bn", 4, 1.5, 1, &random);
	test_folder_tensor(&folder, "a.shift", "4", shift, 4);
	test_folder_tensor(&folder, "a.prelu", "4", slope, 4);
	weights(&folder, "a.skip.weight", "4x1x1x1", 4, 0, &random);
	batch_norm(&folder, "a.out", 4, 1.0, 0, &random);
	weights(&folder, "b.conv.weight", "4x4x3x3", 144, 0, &random);
	test_folder_tensor(&folder, "b.prelu", "4", slope, 4);
	batch_norm(&folder, "c.before", 4, 3.0, 0, &random);
	weights(&folder, "c.conv.weight", "5x4x1x1", 20, 0, &random);
	weights(&folder, "d.fc.weight", "3x5", 15, 0, &random);
	test_folder_tensor(&folder, "d.fc.bias", "3", bias, 3);
	test_folder_flush(&folder);
	struct network network;
	struct arena arena = {0};
	struct trace trace;
	struct values_network *values;
	struct error error = {""};
	read_network(&folder, &network, &arena);
	compile(&folder, &trace, 12);
	assert_int_equal(trace.layer_count, 4);
	assert_string_equal(trace.layers[0].from, "a.conv,a.bn,a.shift,a.prelu,a.skip,a.add,a.out");
	assert_string_equal(trace.layers[1].from, "b.conv,b.prelu,b.add");
	assert_string_equal(trace.layers[2].from, "c.pool,c.before,c.conv,c.max");
	assert_string_equal(trace.layers[3].from, "d.pool,d.fc");
	assert_int_equal(trace.layers[2].main.pre_pool, TRACE_PRE_POOL_AVERAGE2);
	assert_int_equal(trace.layers[3].main.tap_shared, 1);
	assert_int_equal(values_network_create(&values, &trace, VALUES_REFERENCE, &error), STATUS_OK);
	scores_are_proportional(&network, values, &random, 0.001);
	values_network_free(values);
	trace_clear(&trace);
	compile(&folder, &trace, 1);
	assert_int_equal(trace.layers[0].skip.weight_bits, 1);
	assert_int_equal(trace.layers[1].skip.weight_bits, 2); /* the identity matrix has zeros */
	trace_clear(&trace);
	arena_clear(&arena);
	test_folder_remove(&folder);
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
	struct random random = {13};
	struct test_folder folder;
	char ini[4096];
	float slope[4] = {0.25f, -0.5f, 0.0f, 1.5f}, stem[36], skip[4], fc[12];
	snprintf(ini, sizeof ini, "%s%s", head, sign_layers);
	for (int i = 0; i < 36; i++) stem[i] = (next(&random) < 0 ? -0.3f : 0.3f) * (float)(1 + i / 9);
	for (int i = 0; i < 4; i++) skip[i] = (i % 2 ? -0.125f : 0.125f) / (float)(1 << i);
	for (int i = 0; i < 12; i++) fc[i] = (next(&random) < 0 ? -1.7f : 1.7f) * (float)(3 - i / 4);
	test_folder_open(&folder, ini);
	test_folder_tensor(&folder, "a.conv.weight", "4x1x3x3", stem, 36);
	test_folder_tensor(&folder, "a.prelu", "4", slope, 4);
	test_folder_tensor(&folder, "a.skip.weight", "4x1x1x1", skip, 4);
	test_folder_tensor(&folder, "d.fc.weight", "3x4", fc, 12);
	test_folder_flush(&folder);
	struct network network;
	struct arena arena = {0};
	struct trace trace;
	struct values_network *values;
	struct error error = {""};
	read_network(&folder, &network, &arena);
	compile(&folder, &trace, 1);
	assert_int_equal(trace.layer_count, 2);
	assert_int_equal(trace.layers[0].main.weight_bits, 1);
	assert_int_equal(trace.layers[0].skip.weight_bits, 1);
	assert_int_equal(trace.layers[1].main.weight_bits, 1);
	assert_int_equal(values_network_create(&values, &trace, VALUES_REFERENCE, &error), STATUS_OK);
	scores_are_proportional(&network, values, &random, 0.005);
	values_network_free(values);
	trace_clear(&trace);
	arena_clear(&arena);
	test_folder_remove(&folder);
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
	struct random random = {11};
	struct test_folder folder;
	char ini[4096];
	snprintf(ini, sizeof ini, "%s%s", head, turned_bits);
	test_folder_open(&folder, ini);
	weights(&folder, "a.conv.weight", "5x1x3x3", 45, 0, &random);
	batch_norm(&folder, "a.bn", 5, 1.0, 1, &random);
	weights(&folder, "b.conv.weight", "9x9x1x1", 81, 1, &random);
	batch_norm(&folder, "b.bn", 9, 3.0, 1, &random);
	weights(&folder, "c.weight", "3x5x3x3", 135, 1, &random);
	test_folder_flush(&folder);
	struct network network;
	struct arena arena = {0};
	struct trace trace;
	struct values_network *values;
	struct error error = {""};
	read_network(&folder, &network, &arena);
	compile(&folder, &trace, 8);
	assert_int_equal(trace.layer_count, 3);
	assert_string_equal(trace.layers[0].from, "a.conv,a.bn,a.turn,a.sign");
	assert_string_equal(trace.layers[1].from, "b.conv,b.bn,b.sign,b.turn,b.grid");
	assert_string_equal(trace.layers[1].name, "b");
	assert_true(trace.layers[0].transpose && trace.layers[1].transpose && !trace.layers[2].transpose);
	assert_int_equal(values_network_create(&values, &trace, VALUES_REFERENCE, &error), STATUS_OK);
	unsigned plus = 0;
	for (int n = 0; n < IMAGES; n++) {
		int16_t map[64];
		double real[64], *maps[11] = {real};
		int32_t scores[3];
		image(&random, map, real);
		reference_run(&network, maps);
		values_network_run(values, map, scores);
		const uint64_t *turned = values_network_bits_map(values, trace.layers[0].bits_map);
		const uint64_t *grid = values_network_bits_map(values, trace.layers[1].bits_map);
		for (uint32_t i = 0; i < 5 * 9; i++)
			assert_int_equal(turned[i / 9] >> (i % 9) & 1, maps[network_find(&network, "a.sign")][i] > 0);
		for (uint32_t i = 0; i < 9 * 5; i++)
			assert_int_equal(grid[i / 5] >> (i % 5) & 1, maps[network_find(&network, "b.grid")][i] > 0);
		plus += (unsigned)(grid[4] & 1);
		for (int o = 0; o < 3; o++) assert_int_equal(scores[o], (int32_t)maps[10][o] * 65536);
		reference_free(&network, maps);
	}
	assert_true(plus > 0 && plus < IMAGES);
	values_network_free(values);
	trace_clear(&trace);
	arena_clear(&arena);
	test_folder_remove(&folder);
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
	struct random random = {5};
	struct test_folder folder;
	char ini[4096];
	float slope[6] = {0.25f, -0.5f, 0.0f, 1.5f, 0.75f, 0.1f};
	snprintf(ini, sizeof ini, "%s%s", head, turned_path);
	test_folder_open(&folder, ini);
	weights(&folder, "a.conv.weight", "8x1x2x2", 32, 0, &random);
	batch_norm(&folder, "a.bn", 8, 1.5, 0, &random);
	batch_norm(&folder, "b.before", 16, 3.0, 0, &random);
	weights(&folder, "b.conv.weight", "6x16x1x1", 96, 0, &random);
	test_folder_tensor(&folder, "b.prelu", "6", slope, 6);
	weights(&folder, "b.skip.weight", "6x16x1x1", 96, 0, &random);
	weights(&folder, "c.conv.weight", "16x6x1x1", 96, 0, &random);
	weights(&folder, "d.conv.weight", "5x8x1x1", 40, 0, &random);
	weights(&folder, "e.fc.weight", "3x5", 15, 0, &random);
	test_folder_flush(&folder);
	struct network network;
	struct arena arena = {0};
	struct trace trace;
	struct values_network *values;
	struct error error = {""};
	read_network(&folder, &network, &arena);
	compile(&folder, &trace, 12);
	assert_int_equal(trace.layer_count, 5);
	assert_string_equal(trace.layers[0].from, "a.conv,a.bn,a.turn");
	assert_string_equal(trace.layers[2].from, "c.conv,c.turn,c.grid");
	assert_int_equal(trace.maps[trace.layers[0].fixed_map].channels, 16);
	assert_int_equal(trace.maps[trace.layers[2].fixed_map].height, 4);
	assert_int_equal(trace.layers[3].main.pre_pool, TRACE_PRE_POOL_AVERAGE2);
	assert_int_equal(values_network_create(&values, &trace, VALUES_REFERENCE, &error), STATUS_OK);
	scores_are_proportional(&network, values, &random, 0.004); /* five layers of rounding */
	values_network_free(values);
	trace_clear(&trace);
	arena_clear(&arena);
	test_folder_remove(&folder);
}

/* rs(sum of 4, 2) lies 1/8 above the mean of four integers on average (rests 0, 1, 2, 3 give 0, -1/4, +1/2, +1/4). By
 * hand: one pixel unit is 1/1024, scores have 16 fraction bits, so a unit weighs 64 and C must be -64 / 8 = -8. */
static void average_is_centred(void **state) {
	(void)state;
	struct test_folder folder;
	struct trace trace;
	float zeros[4] = {0}, one = 1;
	test_folder_open(&folder, "[network]\nname = average\nclasses = 1\n"
	                          "[input]\npixel = minus128\nscale = 1024\nimage_height = 2\nimage_width = 2\n"
	                          "image_channels = 1\n"
	                          "[main]\ntype = fixed_conv\ninputs = input\noutputs = 1\nkernel = 2\n"
	                          "[pool]\ntype = average_pool\ninputs = input\nkernel = 2\nstride = 2\n"
	                          "[skip]\ntype = fixed_conv\ninputs = pool\noutputs = 1\nkernel = 1\n"
	                          "[sum]\ntype = add\ninputs = main, skip\n");
	test_folder_tensor(&folder, "main.weight", "1x1x2x2", zeros, 4);
	test_folder_tensor(&folder, "skip.weight", "1x1x1x1", &one, 1);
	test_folder_flush(&folder);
	compile(&folder, &trace, 8);
	const int32_t *record = trace.tensors[trace.layers[0].parameter_tensor].data;
	const int16_t *weight = trace.tensors[trace.layers[0].skip.weight_tensor].data;
	assert_int_equal(trace.layers[0].skip.pre_pool, TRACE_PRE_POOL_AVERAGE2);
	assert_int_equal(weight[0], 64 << record[5]);
	assert_int_equal(record[4], -8);
	trace_clear(&trace);
	test_folder_remove(&folder);
}

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
static void row_weights(struct test_folder *folder, const char *name, const char *shape, size_t rows, size_t columns,
                        struct random *random) {
	float values[64];
	assert_true(rows * columns <= 64);
	for (size_t i = 0; i < rows * columns; i++)
		values[i] = i % columns ? (float)(floor(next(random) * 127) / 127) : next(random) < 0 ? -1.0f : 1.0f;
	test_folder_tensor(folder, name, shape, values, rows * columns);
}

/* +s or -s with an s of its own in each row. */
static void sign_weights(struct test_folder *folder, const char *name, const char *shape, size_t rows, size_t columns,
                         struct random *random) {
	float values[64];
	assert_true(rows * columns <= 64);
	for (size_t i = 0; i < rows * columns; i++) {
		const float scale = 0.5f + 0.25f * (float)(i / columns);
		values[i] = next(random) < 0 ? -scale : scale;
	}
	test_folder_tensor(folder, name, shape, values, rows * columns);
}

static void quantised_network(void **state) {
	(void)state;
	struct random random = {11};
	struct test_folder folder;
	char ini[4096];
	snprintf(ini, sizeof ini, "%s%s", head, quantised_layers);
	test_folder_open(&folder, ini);
	row_weights(&folder, "a.conv.weight", "4x1x1x3", 4, 3, &random);
	batch_norm(&folder, "a.bn", 4, 0.7, 1, &random);
	row_weights(&folder, "b.conv.weight", "4x1x3x3", 4, 9, &random);
	batch_norm(&folder, "b.bn", 4, 1.2, 1, &random);
	sign_weights(&folder, "c.conv.weight", "4x4x1x1", 4, 4, &random);
	batch_norm(&folder, "c.bn", 4, 1.5, 1, &random);
	row_weights(&folder, "e.conv.weight", "4x4x1x1", 4, 4, &random);
	batch_norm(&folder, "e.bn", 4, 1.0, 0, &random);
	row_weights(&folder, "f.weight", "3x4x2x2", 3, 16, &random);
	test_folder_flush(&folder);
	struct network network;
	struct arena arena = {0};
	struct trace trace;
	struct error error = {""};
	read_network(&folder, &network, &arena);
	compile(&folder, &trace, 8);
	assert_int_equal(trace.layer_count, 7);
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
		assert_int_equal(values_network_create(&values, &trace, paths[path], &error), STATUS_OK);
		for (int n = 0; n < IMAGES; n++) {
			int16_t map[64];
			double real[64], *maps[LAYERS_MAX] = {real};
			int32_t scores[3];
			image(&random, map, real);
			reference_run(&network, maps);
			values_network_run(values, map, scores);
			for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
				seen[i] |= same_levels(&network, &trace, values, maps, rows[i].layer, rows[i].map);
			reference_free(&network, maps);
		}
		scores_are_proportional(&network, values, &random, 0.001);
		values_network_free(values);
	}
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if ((seen[i] & rows[i].levels) != seen[i] || __builtin_popcount(seen[i]) < 3)
			fail_msg("%s: levels %x of %x", rows[i].map, seen[i], rows[i].levels);
	trace_clear(&trace);
	arena_clear(&arena);
	test_folder_remove(&folder);
}

/* Levels that no sum of 32 bits reaches, or that every one does, beside one that some do: with a slope below 0 all
 * three are said for a < T, with one above 0 for a > T. One unit of the sums is gamma / (127 * 128). */
static void levels_out_of_reach(void **state) {
	(void)state;
	static const float gamma[3] = {-1.6e-6f, 1.6e-6f, 0}, beta[3] = {0.3f, 0.3f, 0.7f}, zeros[3] = {0, 0, 0},
	                   ones[3] = {1, 1, 1}, taps[3] = {1, 1, 1}, dense[576] = {1};
	struct test_folder folder;
	char ini[2048];
	snprintf(ini, sizeof ini,
	         "%s[a.conv]\ntype = fixed_conv\ninputs = input\noutputs = 3\nkernel = 1\nweight_bits = 8\n"
	         "[a.bn]\ntype = batch_norm\ninputs = a.conv\n"
	         "[a.act]\ntype = quantised_activation\ninputs = a.bn\nbits = 2\nlevels = 4\nfraction_bits = 0\n"
	         "[b]\ntype = fixed_conv\ninputs = a.act\noutputs = 3\nkernel = 8\n",
	         head);
	test_folder_open(&folder, ini);
	test_folder_tensor(&folder, "a.conv.weight", "3x1x1x1", taps, 3);
	test_folder_batch_norm(&folder, "a.bn", 3, gamma, beta, zeros, ones);
	test_folder_tensor(&folder, "b.weight", "3x3x8x8", dense, 576);
	test_folder_flush(&folder);
	struct trace trace;
	compile(&folder, &trace, 8);
	const int32_t *rows = trace.tensors[trace.layers[0].parameter_tensor].data; /* D, v >= -1.5 -> -1, -0.5, 0.5 */
	assert_int_equal(trace.layers[0].threshold_count, 3);
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
	trace_clear(&trace);
	test_folder_remove(&folder);
}

int main(void) {
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(threshold_network),   cmocka_unit_test(path_network),
	    cmocka_unit_test(sign_network),        cmocka_unit_test(average_is_centred),
	    cmocka_unit_test(turned_bits_network), cmocka_unit_test(turned_path_network),
	    cmocka_unit_test(quantised_network),   cmocka_unit_test(levels_out_of_reach)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
