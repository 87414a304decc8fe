/* The networks of measured boards, shapes alone: layers and multiply-accumulates that can be done by hand from the
 * published tables, the layers of the folded networks where those are at hand, and values: the kernels agree, and no
 * activation is stuck at one level. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "sim/values/values.h"
#include "workloads/compile.h"

static const struct {
	const char *name;
	uint32_t layers, classes, image_values;
	uint64_t binary, fixed, skip, weights_bits;
	int with_reference; /* small enough for the plain loops */
} rows[] = {
    /* 900 x 27 x 64; 784 x 576 x 64 + 144 x 576 x 128 + 100 x 1152 x 128 + 9 x 1152 x 256 + 2304 x 256 + 256 x 512 +
       512 x 512 + 512 x 64 */
    {"cnv-w1a1", 9, 10, 32 * 32 * 3, 57933824, 1555200, 0, 1570496, 1},
    {"cnv-w1a2", 9, 10, 32 * 32 * 3, 0, 59489024, 0, 1570496, 1},
    {"cnv-w2a2", 9, 10, 32 * 32 * 3, 0, 59489024, 0, 2 * 1570496, 1},
    /* 832 x 1024 + 2 x 1024 x 1024 + 1024 x 64 */
    {"lfc-w1a1", 4, 10, 832, 3014656, 0, 0, 3014656, 1},
    {"lfc-w1a2", 4, 10, 832, 851968, 2162688, 0, 3014656, 1},
    /* 784 thresholds; 784 x 64 + 2 x 64 x 64 + 64 x 10 */
    {"tfc-w1a1", 5, 10, 784, 59008, 784, 0, 59008 + 784, 1},
    {"tfc-w1a2", 5, 10, 784, 0, 59008 + 784, 0, 59008 + 784, 1},
    {"tfc-w2a2", 5, 10, 784, 0, 59008 + 784, 0, 2 * 59008 + 784, 1},
    /* 490 x 256 + 2 x 256 x 256 + 256 x 12 */
    {"kws-w3a3", 4, 12, 490, 0, 259584, 0, 3 * 259584, 1},
    /* 600 x 64 + 2 x 64 x 64 + 64 */
    {"cybersecurity-w2a2", 4, 1, 600, 0, 46656, 0, 2 * 46656, 1},
    /* 1024 x 6 x 32 + (512 + 256 + 128 + 64 + 32 + 16) x 96 x 32 + 256 x 128 + 128 x 128 + 128 x 24 */
    {"vgg10-radio", 10, 24, 2048, 0, 3345408, 0, 4 * (192 + 6 * 3072 + 32768 + 16384 + 3072), 1},
    {"mobilenet-v1-w4a4", 28, 1000, 224 * 224 * 3, 0, 568026752, 0,
     8 * 864 + 4 * (9 * (32 + 64 + 2 * 128 + 2 * 256 + 6 * 512 + 1024) + 2048 + 8192 + 16384 + 32768 + 65536 + 131072 +
                    5 * 262144 + 524288 + 1048576 + 1024000),
     0},
    /* 12544 x 147 x 64; what the tables of the sixteen blocks say; 2048 x 1000; one a value for thresholds and sums */
    {"resnet50-w1a2", 85, 1000, 224 * 224 * 3, 0, 3868911616, 5519360, 39932928, 0},
};
enum { ROWS = sizeof rows / sizeof rows[0] };

static void compile(const char *name, const char *const *geometry, struct trace *trace) {
	struct error error = {""};
	const struct compile_options options = {
	    .network = name, .shape_only = 1, .seed = 1, .geometry = geometry, .geometry_count = geometry ? 1 : 0};
	if (compile_network(&options, trace, NULL, &error)) fail_msg("%s", error.text);
}

static uint64_t total(const struct trace *trace, struct compile_macs *sum) {
	uint64_t weights_bits = 0;
	*sum = (struct compile_macs){0};
	for (uint32_t i = 0; i < trace->layer_count; i++) {
		const struct compile_macs macs = compile_layer_macs(trace, i);
		const struct trace_tensor *tensor = &trace->tensors[trace->layers[i].main.weight_tensor];
		sum->binary += macs.binary;
		sum->fixed += macs.fixed;
		sum->skip += macs.skip;
		weights_bits += (uint64_t)tensor->rows * tensor->columns * trace->layers[i].main.weight_bits;
	}
	return weights_bits;
}

static void tables(void **state) {
	(void)state;
	for (int i = 0; i < ROWS; i++) {
		struct trace trace;
		struct compile_macs sum;
		compile(rows[i].name, NULL, &trace);
		const struct trace_map *input = &trace.maps[trace.input_map];
		const uint64_t weights_bits = total(&trace, &sum);
		if (trace.layer_count != rows[i].layers || trace.classes != rows[i].classes ||
		    input->height * input->width * input->channels != rows[i].image_values ||
		    sum.binary != rows[i].binary || sum.fixed != rows[i].fixed || sum.skip != rows[i].skip ||
		    weights_bits != rows[i].weights_bits)
			fail_msg("%s: %u layers, %u classes, MAC %llu %llu %llu, %llu bits", rows[i].name,
			         trace.layer_count, trace.classes, (unsigned long long)sum.binary,
			         (unsigned long long)sum.fixed, (unsigned long long)sum.skip,
			         (unsigned long long)weights_bits);
		assert_string_equal(trace.name, rows[i].name);
		assert_int_equal(trace.has_values, 0);
		assert_true(trace.float_top1 < 0);
		trace_clear(&trace);
	}
}

static const struct trace_layer *layer_named(const struct trace *trace, const char *name) {
	for (uint32_t i = 0; i < trace->layer_count; i++)
		if (strcmp(trace->layers[i].name, name) == 0) return &trace->layers[i];
	fail_msg("%s has no layer %s", trace->name, name);
	return NULL;
}

static void expect_map(const struct trace *trace, const char *layer, uint32_t height, uint32_t width, uint32_t channels,
                       uint32_t bits, uint32_t is_unsigned) {
	const struct trace_map *map = &trace->maps[layer_named(trace, layer)->fixed_map];
	if (map->height != height || map->width != width || map->channels != channels || map->value_bits != bits ||
	    map->is_unsigned != is_unsigned)
		fail_msg("%s %s: %u x %u x %u of %u bits", trace->name, layer, map->height, map->width, map->channels,
		         map->value_bits);
}

static void mobilenet(void **state) {
	(void)state;
	struct trace trace;
	compile("mobilenet-v1-w4a4", NULL, &trace);
	expect_map(&trace, "conv1", 111, 111, 32, 4, 1);
	expect_map(&trace, "dw1", 56, 56, 64, 4, 1);
	expect_map(&trace, "pw12", 7, 7, 1024, 4, 1);
	const struct trace_layer *conv = layer_named(&trace, "conv1"), *depth = layer_named(&trace, "dw5"),
	                         *fc = layer_named(&trace, "fc");
	assert_int_equal(conv->main.weight_bits, 8);
	assert_int_equal(conv->threshold_count, 15);
	assert_int_equal(conv->threshold_base, 0);
	assert_int_equal(depth->main.depthwise, 1);
	assert_int_equal(depth->main.stride, 2);
	assert_int_equal(depth->main.kernel_height, 0); /* square */
	assert_int_equal(fc->main.tap_shared, 1);
	assert_int_equal(fc->main.kernel, 7);
	trace_clear(&trace);
}

static void vgg10(void **state) {
	(void)state;
	static const char *const first[] = {"filters=64"};
	struct trace trace;
	struct compile_macs sum;
	compile("vgg10-radio", NULL, &trace);
	expect_map(&trace, "L0", 1, 512, 32, 4, 1);
	expect_map(&trace, "L6", 1, 8, 32, 4, 1);
	const struct trace_layer *conv = layer_named(&trace, "L3");
	assert_int_equal(conv->main.kernel, 3);
	assert_int_equal(conv->main.pad, 1);
	assert_int_equal(conv->main.kernel_height, 1);
	assert_int_equal(conv->main.pad_height, 0);
	assert_int_equal(conv->pool, TRACE_POOL_MAX);
	assert_int_equal(conv->pool_height, 1);
	assert_int_equal(conv->pool_width, 2);
	assert_int_equal(layer_named(&trace, "L7")->main.kernel, 8);
	trace_clear(&trace);
	compile("vgg10-radio", first, &trace);
	total(&trace, &sum);
	assert_int_equal(sum.fixed, 393216 + 1008 * 192 * 64 + 65536 + 16384 + 3072);
	trace_clear(&trace);
}

static void resnet50(void **state) {
	(void)state;
	struct trace trace;
	compile("resnet50-w1a2", NULL, &trace);
	expect_map(&trace, "conv1", 56, 56, 64, 2, 1);
	expect_map(&trace, "res3.1.s", 28, 28, 512, 4, 0);
	expect_map(&trace, "res5.3.add", 7, 7, 2048, 4, 0);
	const struct trace_layer *first = layer_named(&trace, "conv1"), *sum = layer_named(&trace, "res4.2.add");
	assert_int_equal(first->pool, TRACE_POOL_MAX);
	assert_int_equal(first->pool_stride, 2);
	assert_int_equal(first->pool_pad, 1);
	assert_int_equal(sum->post, TRACE_POST_AFFINE);
	assert_int_equal(sum->main.depthwise, 1);
	assert_int_equal(sum->skip.depthwise, 1);
	assert_int_equal(sum->main.weight_bits, 1);
	assert_int_equal(sum->skip.weight_bits, 1);
	assert_int_equal(layer_named(&trace, "res4.2.top")->main.input_map,
	                 layer_named(&trace, "res4.1.add")->fixed_map); /* read by the skip path too */
	assert_int_equal(sum->skip.input_map, layer_named(&trace, "res4.1.add")->fixed_map);
	trace_clear(&trace);
}

/* ---- values */

static void random_input(const struct trace *trace, int16_t *input) {
	const struct trace_map *map = &trace->maps[trace->input_map];
	uint64_t state = 5;
	for (uint32_t i = 0; i < map->height * map->width * map->channels; i++) {
		state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
		input[i] = (int16_t)((int32_t)(state >> 56) - 128);
	}
}

/* Every map of a quantised activation takes several of its levels. */
static void expect_levels(const struct trace *trace, const struct values_network *values) {
	for (uint32_t i = 0; i < trace->layer_count; i++) {
		const struct trace_layer *layer = &trace->layers[i];
		if (layer->fixed_map == UINT32_MAX || layer->fixed_map == trace->scores_map) continue;
		const struct trace_map *map = &trace->maps[layer->fixed_map];
		const int16_t *all = values_network_fixed_map(values, layer->fixed_map);
		const size_t count = (size_t)map->height * map->width * map->channels;
		uint32_t levels = 0;
		uint8_t seen[256] = {0};
		for (size_t k = 0; k < count; k++) {
			levels += !seen[all[k] & 255];
			seen[all[k] & 255] = 1;
		}
		const uint32_t expected = map->value_bits == 2 ? 2 : 4;
		if (levels < expected) fail_msg("%s %s: %u levels", trace->name, layer->name, levels);
	}
}

static void run(const struct trace *trace, enum values_path path, const int16_t *input, int32_t *scores) {
	struct values_network *values;
	struct error error = {""};
	if (values_network_create(&values, trace, path, &error)) fail_msg("%s", error.text);
	values_network_run(values, input, scores);
	expect_levels(trace, values);
	values_network_free(values);
}

static void seeded_values(void **state) {
	(void)state;
	for (int i = 0; i < ROWS; i++) {
		struct trace trace;
		compile(rows[i].name, NULL, &trace);
		const uint32_t count = trace.maps[trace.scores_map].channels;
		int16_t *input = calloc(rows[i].image_values, sizeof *input);
		int32_t *scores = calloc(2 * (size_t)count, sizeof *scores);
		assert_non_null(input);
		assert_non_null(scores);
		random_input(&trace, input);
		run(&trace, VALUES_FAST, input, scores);
		if (rows[i].with_reference) {
			run(&trace, VALUES_REFERENCE, input, scores + count);
			assert_memory_equal(scores, scores + count, count * sizeof *scores);
		}
		int differ = count == 1;
		for (uint32_t o = 1; o < count; o++) differ |= scores[o] != scores[0];
		if (!differ) fail_msg("%s: all scores are %d", rows[i].name, scores[0]);
		free(input);
		free(scores);
		trace_clear(&trace);
	}
}

/* ---- the folded networks: the same maps and layers, but for the constants */

static void same_layers(const struct trace *shapes, const struct trace *folded) {
	assert_int_equal(shapes->layer_count, folded->layer_count);
	assert_int_equal(shapes->map_count, folded->map_count);
	for (uint32_t i = 0; i < shapes->map_count; i++) {
		struct trace_map one = shapes->maps[i], two = folded->maps[i];
		assert_string_equal(one.name, two.name);
		assert_memory_equal(&one, &two, sizeof one);
	}
	for (uint32_t i = 0; i < shapes->layer_count; i++) {
		const struct trace_layer *one = &shapes->layers[i], *two = &folded->layers[i];
		struct trace_conv main_one = one->main, main_two = two->main;
		main_one.weight_tensor = main_two.weight_tensor = 0;
		assert_string_equal(one->name, two->name);
		assert_memory_equal(&main_one, &main_two, sizeof main_one);
		assert_int_equal(one->output_channels, two->output_channels);
		assert_int_equal(one->post, two->post);
		assert_int_equal(one->threshold_count, two->threshold_count);
		assert_int_equal(one->threshold_base, two->threshold_base);
		assert_int_equal(one->pool, two->pool);
		assert_int_equal(one->fixed_map, two->fixed_map);
		assert_int_equal(one->bits_map, two->bits_map);
	}
}

static void as_the_folded_ones(void **state) {
	(void)state;
	static const char *const pairs[][2] = {{"cnv-w1a1", "cifar10-cnvW1A1"},
	                                       {"cnv-w1a2", "cifar10-cnvW1A2"},
	                                       {"cnv-w2a2", "cifar10-cnvW2A2"},
	                                       {"lfc-w1a1", "mnist-lfcW1A1"},
	                                       {"lfc-w1a2", "mnist-lfcW1A2"}};
	char folder[512];
	snprintf(folder, sizeof folder, "%s/bnn-pynq", NBSIM_DATA_DIR);
	if (access(folder, R_OK) != 0) {
		print_message("skipped: no %s\n", folder);
		skip();
	}
	for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
		struct trace shapes, folded;
		struct error error = {""};
		compile(pairs[i][0], NULL, &shapes);
		snprintf(folder, sizeof folder, "%s/bnn-pynq/%s", NBSIM_DATA_DIR, pairs[i][1]);
		const struct compile_options options = {.network = folder};
		if (compile_network(&options, &folded, NULL, &error)) fail_msg("%s", error.text);
		same_layers(&shapes, &folded);
		trace_clear(&shapes);
		trace_clear(&folded);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {cmocka_unit_test(tables),        cmocka_unit_test(mobilenet),
	                                   cmocka_unit_test(vgg10),         cmocka_unit_test(resnet50),
	                                   cmocka_unit_test(seeded_values), cmocka_unit_test(as_the_folded_ones)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
