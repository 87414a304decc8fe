/* Do the values equal the golden scores and per-layer checksums of the trained networks? Needs the data folder. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "sim/input/file_bytes.h"
#include "sim/input/image.h"
#include "sim/values/values.h"
#include "tests/unit/golden_networks.h"
#include "workloads/compile.h"

enum { REFERENCE_IMAGES = 1, PORTABLE_IMAGES = 5, COMPILED_IMAGES = 200 };

/* The checksum a golden trace file has on the line that begins so, or skips nothing: fails where there is no such line.
 */
static uint32_t golden_crc32(const char *text, const char *line) {
	const char *found = strstr(text, line);
	assert_non_null(found);
	const char *at = strstr(found, "crc32 ");
	assert_non_null(at);
	return (uint32_t)strtoul(at + 6, NULL, 16);
}

struct watch {
	const struct trace *trace;
	const struct values_network *network;
	const char *golden;
	int compared;
};

static void compare(struct watch *watch, const char *line, const int32_t *values, size_t count) {
	assert_int_equal(file_bytes_crc32(0, values, count * sizeof *values), golden_crc32(watch->golden, line));
	watch->compared++;
}

static void compare_fixed_map(struct watch *watch, const char *line, uint32_t index) {
	const struct trace_map *map = &watch->trace->maps[index];
	const size_t count = (size_t)map->height * map->width * map->channels;
	const int16_t *values = values_network_fixed_map(watch->network, index);
	int32_t *wide = malloc(count * sizeof *wide);
	assert_non_null(wide);
	for (size_t i = 0; i < count; i++) wide[i] = values[i];
	compare(watch, line, wide, count);
	free(wide);
}

static void watch_blend20(void *context, const struct values_layer_sums *sums) {
	struct watch *watch = context;
	char line[64];
	const size_t count = (size_t)sums->height * sums->width * sums->channels;
	if (sums->layer == 19) return; /* its outputs are the scores */
	if (sums->layer > 0) {
		snprintf(line, sizeof line, "module %u acc ", sums->layer);
		compare(watch, line, sums->main, count);
		snprintf(line, sizeof line, "module %u skip ", sums->layer);
		compare(watch, line, sums->skip, count);
	}
	snprintf(line, sizeof line, sums->layer ? "module %u out " : "layer %u out ", sums->layer);
	compare_fixed_map(watch, line, watch->trace->layers[sums->layer].fixed_map);
}

/* acc of a BNN-PYNQ layer from the sum: as in golden_networks.c. */
static void watch_bnn(void *context, const struct values_layer_sums *sums) {
	struct watch *watch = context;
	char line[64];
	const struct trace_conv *conv = &watch->trace->layers[sums->layer].main;
	const int32_t columns = (int32_t)watch->trace->tensors[conv->weight_tensor].columns;
	const size_t count = (size_t)sums->height * sums->width * sums->channels;
	int32_t *acc = malloc(count * sizeof *acc);
	assert_non_null(acc);
	for (size_t i = 0; i < count; i++)
		acc[i] = conv->kind == TRACE_CONV_BINARY ? (sums->main[i] + columns) / 2
		                                         : sums->main[i] * (sums->layer ? 1 : 2);
	snprintf(line, sizeof line, "layer %u acc ", sums->layer);
	compare(watch, line, acc, count);
	free(acc);
}

/* Scores of the first `count` images against a golden file of [1000][classes]; returns how many are right by top-1. */
static uint32_t compare_scores(const struct trace *trace, enum values_path path, const char *images, const char *golden,
                               uint32_t count) {
	struct error error = {0};
	char file[512];
	struct image_set *set;
	struct values_network *network;
	size_t bytes;
	const uint32_t channels = trace->maps[trace->scores_map].channels;
	snprintf(file, sizeof file, "%s/images/%s", NBSIM_DATA_DIR, images);
	if (image_set_open(&set, file, count, &error)) fail_msg("%s", error.text);
	if (image_set_check(set, trace, &error)) fail_msg("%s", error.text);
	if (values_network_create(&network, trace, path, &error)) fail_msg("%s", error.text);
	const int32_t *expected = golden_file(NBSIM_DATA_DIR "/golden", golden, &bytes);
	assert_non_null(expected);
	const uint32_t classes = (uint32_t)(bytes / 4000);
	int16_t *map = malloc(image_map_values(trace) * sizeof *map);
	int32_t *scores = malloc(channels * sizeof *scores), label;
	uint32_t right = 0;
	assert_int_equal(image_set_count(set), count);
	for (uint32_t i = 0; i < count; i++) {
		image_to_map(trace, image_set_read(set, i, &label), map);
		values_network_run(network, map, scores);
		assert_memory_equal(scores, expected + (size_t)i * classes, classes * sizeof *scores);
		right += values_top1(scores, trace->classes) == (uint32_t)label;
	}
	free(map);
	free(scores);
	free((void *)(uintptr_t)expected);
	values_network_free(network);
	image_set_close(set);
	return right;
}

static int compare_layers(const struct trace *trace, enum values_path path, const char *images, const char *golden,
                          values_observer *observer) {
	struct error error = {0};
	char file[512];
	struct image_set *set;
	struct values_network *network;
	size_t bytes;
	snprintf(file, sizeof file, "%s/images/%s", NBSIM_DATA_DIR, images);
	if (image_set_open(&set, file, 1, &error)) fail_msg("%s", error.text);
	if (values_network_create(&network, trace, path, &error)) fail_msg("%s", error.text);
	char *text = golden_file(NBSIM_DATA_DIR "/golden", golden, &bytes);
	assert_non_null(text);
	struct watch watch = {trace, network, text, 0};
	values_network_observe(network, observer, &watch);
	int16_t *map = malloc(image_map_values(trace) * sizeof *map);
	int32_t *scores = malloc(trace->maps[trace->scores_map].channels * sizeof *scores);
	image_to_map(trace, image_set_read(set, 0, NULL), map);
	values_network_run(network, map, scores);
	free(map);
	free(scores);
	free(text);
	values_network_free(network);
	image_set_close(set);
	return watch.compared;
}

/* Replaces the trace by what was written and read again. */
static void through_files(struct trace *trace) {
	char folder[] = "/tmp/nbsim_golden_XXXXXX", text[64], weights[64];
	struct error error = {0};
	assert_non_null(mkdtemp(folder));
	snprintf(text, sizeof text, "%s/a.nbt", folder);
	snprintf(weights, sizeof weights, "%s/a.nbw", folder);
	enum status status = trace_write(trace, text, &error);
	trace_clear(trace);
	if (!status) status = trace_read(trace, text, &error);
	unlink(text);
	unlink(weights);
	rmdir(folder);
	if (status) fail_msg("%s", error.text);
}

static void blend20_scores_and_layers(void **state) {
	(void)state;
	static const char images[] = "cifar10-test-first1000.bin", golden[] = "blend20-cifar10.scores.i32";
	struct trace trace;
	if (!golden_blend20(&trace, NBSIM_DATA_DIR)) {
		print_message("skipped: no %s/blend20-cifar10\n", NBSIM_DATA_DIR);
		skip();
	}
	through_files(&trace);
	assert_int_equal(compare_layers(&trace, VALUES_REFERENCE, images, "blend20-cifar10.trace.txt", watch_blend20),
	                 55);
	assert_int_equal(compare_layers(&trace, VALUES_FAST, images, "blend20-cifar10.trace.txt", watch_blend20), 55);
	compare_scores(&trace, VALUES_REFERENCE, images, golden, REFERENCE_IMAGES);
	compare_scores(&trace, VALUES_PORTABLE, images, golden, PORTABLE_IMAGES);
	assert_int_equal(compare_scores(&trace, VALUES_FAST, images, golden, 1000), 838);
	trace_clear(&trace);
}

/* `right` of the first 1000 images are right, or 0 where the published class is not the largest score. */
static void bnn_pynq(const char *network, const char *images, const char *layers, uint32_t right) {
	struct trace trace;
	struct error error = {0};
	char golden[128];
	if (!golden_bnn_pynq(&trace, NBSIM_DATA_DIR, network)) {
		print_message("skipped: no %s/bnn-pynq\n", NBSIM_DATA_DIR);
		skip();
	}
	if (trace_check(&trace, network, &error)) fail_msg("%s", error.text);
	if (layers) assert_int_equal(compare_layers(&trace, VALUES_FAST, images, layers, watch_bnn), 9);
	snprintf(golden, sizeof golden, "%s.scores.i32", network);
	compare_scores(&trace, VALUES_PORTABLE, images, golden, PORTABLE_IMAGES);
	const uint32_t found = compare_scores(&trace, VALUES_FAST, images, golden, right ? 1000 : 200);
	if (right) assert_int_equal(found, right);
	trace_clear(&trace);
}

/* The same networks as the compiler makes them from their folders. */
static void compiled_traces_give_the_same(void **state) {
	(void)state;
	static const struct {
		const char *folder, *images, *golden;
	} rows[] = {
	    {"blend20-cifar10", "cifar10-test-first1000.bin", "blend20-cifar10.scores.i32"},
	    {"bnn-pynq/cifar10-cnvW1A1", "cifar10-test-first1000.bin", "cifar10-cnvW1A1.scores.i32"},
	    {"bnn-pynq/cifar10-cnvW1A2", "cifar10-test-first1000.bin", "cifar10-cnvW1A2.scores.i32"},
	    {"bnn-pynq/cifar10-cnvW2A2", "cifar10-test-first1000.bin", "cifar10-cnvW2A2.scores.i32"},
	    {"bnn-pynq/mnist-lfcW1A1", "mnist-t10k-images-idx3-ubyte", "mnist-lfcW1A1.scores.i32"},
	    {"bnn-pynq/mnist-lfcW1A2", "mnist-t10k-images-idx3-ubyte", "mnist-lfcW1A2.scores.i32"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char folder[512];
		struct trace trace;
		struct error error = {0};
		snprintf(folder, sizeof folder, "%s/%s", NBSIM_DATA_DIR, rows[i].folder);
		if (access(folder, F_OK) != 0) {
			print_message("skipped: no %s\n", folder);
			skip();
		}
		const struct compile_options options = {.network = folder};
		if (compile_network(&options, &trace, NULL, &error)) fail_msg("%s", error.text);
		through_files(&trace);
		compare_scores(&trace, VALUES_FAST, rows[i].images, rows[i].golden, COMPILED_IMAGES);
		trace_clear(&trace);
	}
}

/* Scores that a real board printed for two pictures. */
static void board_scores(void **state) {
	(void)state;
	static const struct {
		const char *network;
		uint32_t picture;
		int32_t scores[10];
	} rows[] = {
	    {"cifar10-cnvW1A1", 0, {234, 231, 265, 248, 410, 257, 224, 262, 226, 233}},
	    {"cifar10-cnvW1A2", 0, {-20, -46, -38, -6, 268, 6, -14, -28, -38, -30}},
	    {"cifar10-cnvW2A2", 0, {-24, -34, -21, -13, 244, 4, -7, -20, -27, -13}},
	    {"cifar10-cnvW1A1", 1, {258, 417, 233, 206, 238, 215, 222, 238, 236, 249}},
	};
	struct error error = {0};
	struct image_set *set;
	if (image_set_open(&set, NBSIM_DATA_DIR "/images/bnn-pynq-pictures.bin", 0, &error)) {
		print_message("skipped: %s\n", error.text);
		skip();
	}
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct trace trace;
		struct values_network *network;
		int16_t map[32 * 32 * 3];
		int32_t scores[64];
		assert_true(golden_bnn_pynq(&trace, NBSIM_DATA_DIR, rows[i].network));
		assert_int_equal(values_network_create(&network, &trace, VALUES_FAST, &error), STATUS_OK);
		image_to_map(&trace, image_set_read(set, rows[i].picture, NULL), map);
		values_network_run(network, map, scores);
		assert_memory_equal(scores, rows[i].scores, sizeof rows[i].scores);
		values_network_free(network);
		trace_clear(&trace);
	}
	image_set_close(set);
}

#define CIFAR "cifar10-test-first1000.bin"
#define MNIST "mnist-t10k-images-idx3-ubyte"

static void cnv_w1a1(void **state) {
	(void)state;
	bnn_pynq("cifar10-cnvW1A1", CIFAR, "cifar10-cnvW1A1.trace.txt", 805);
}
static void cnv_w1a2(void **state) {
	(void)state;
	bnn_pynq("cifar10-cnvW1A2", CIFAR, "cifar10-cnvW1A2.trace.txt", 849);
}
static void cnv_w2a2(void **state) {
	(void)state;
	bnn_pynq("cifar10-cnvW2A2", CIFAR, "cifar10-cnvW2A2.trace.txt", 853);
}
static void lfc_w1a1(void **state) {
	(void)state;
	bnn_pynq("mnist-lfcW1A1", MNIST, NULL, 0);
}
static void lfc_w1a2(void **state) {
	(void)state;
	bnn_pynq("mnist-lfcW1A2", MNIST, NULL, 0);
}

int main(void) {
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(blend20_scores_and_layers),
	    cmocka_unit_test(cnv_w1a1),
	    cmocka_unit_test(cnv_w1a2),
	    cmocka_unit_test(cnv_w2a2),
	    cmocka_unit_test(lfc_w1a1),
	    cmocka_unit_test(lfc_w1a2),
	    cmocka_unit_test(board_scores),
	    cmocka_unit_test(compiled_traces_give_the_same),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
