/* Imported networks give the golden class scores bit for bit; blend20-cifar10 from its float parameters stays within a
 * point of its float accuracy (85.00 %). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "sim/input/image.h"
#include "sim/values/values.h"
#include "workloads/compile.h"

enum { COUNT = 200 }; /* images compared; tests/unit/test_values_golden.c and --long run them all */

static void need_data(void) {
	struct stat facts;
	if (stat(NBSIM_DATA_DIR, &facts) == 0) return;
	print_message("skipped: %s is absent\n", NBSIM_DATA_DIR);
	skip();
}

/* Runs `count` images and compares with `golden` (NULL: nothing); returns how many are classed right. */
static uint32_t run(const struct trace *trace, const char *images, uint32_t count, const char *golden) {
	struct error error = {""};
	struct image_set *set;
	struct values_network *values;
	FILE *file = golden ? fopen(golden, "rb") : NULL;
	if (golden && !file) fail_msg("%s is absent", golden);
	if (image_set_open(&set, images, count, &error) || image_set_check(set, trace, &error) ||
	    values_network_create(&values, trace, VALUES_FAST, &error))
		fail_msg("%s", error.text);
	int16_t *map = calloc(image_map_values(trace), sizeof *map);
	uint32_t right = 0;
	for (uint32_t i = 0; i < count; i++) {
		int32_t scores[256], expected[256], label;
		image_to_map(trace, image_set_read(set, i, &label), map);
		values_network_run(values, map, scores);
		right += values_top1(scores, trace->classes) == (uint32_t)label;
		if (!file) continue;
		assert_int_equal(fread(expected, sizeof *expected, trace->classes, file), trace->classes);
		assert_memory_equal(scores, expected, trace->classes * sizeof *scores);
	}
	if (file) fclose(file);
	free(map);
	values_network_free(values);
	image_set_close(set);
	return right;
}

static void golden(const char *folder, const char *name, const char *images) {
	char network[512], pictures[512], scores[512];
	struct trace trace;
	struct error error = {""};
	need_data();
	snprintf(network, sizeof network, NBSIM_DATA_DIR "/%s%s", folder, name);
	snprintf(pictures, sizeof pictures, NBSIM_DATA_DIR "/images/%s", images);
	snprintf(scores, sizeof scores, NBSIM_DATA_DIR "/golden/%s.scores.i32", name);
	if (compile_network(&(struct compile_options){.network = network}, &trace, NULL, &error))
		fail_msg("%s", error.text);
	run(&trace, pictures, COUNT, scores);
	trace_clear(&trace);
}

#define CIFAR "cifar10-test-first1000.bin"
#define MNIST "mnist-t10k-images-idx3-ubyte"
static void blend20(void **state) {
	(void)state;
	golden("", "blend20-cifar10", CIFAR);
}
static void cnv_w1a1(void **state) {
	(void)state;
	golden("bnn-pynq/", "cifar10-cnvW1A1", CIFAR);
}
static void cnv_w1a2(void **state) {
	(void)state;
	golden("bnn-pynq/", "cifar10-cnvW1A2", CIFAR);
}
static void cnv_w2a2(void **state) {
	(void)state;
	golden("bnn-pynq/", "cifar10-cnvW2A2", CIFAR);
}
static void lfc_w1a1(void **state) {
	(void)state;
	golden("bnn-pynq/", "mnist-lfcW1A1", MNIST);
}
static void lfc_w1a2(void **state) {
	(void)state;
	golden("bnn-pynq/", "mnist-lfcW1A2", MNIST);
}

static void blend20_float(void **state) {
	(void)state;
	struct trace trace;
	struct error error = {""};
	need_data();
	const char *folder = NBSIM_DATA_DIR "/blend20-cifar10";
	if (compile_network(&(struct compile_options){.network = "blend20-cifar10", .parameters = folder}, &trace, NULL,
	                    &error))
		fail_msg("%s", error.text);
	assert_int_equal(trace.layer_count, 20);
	assert_string_equal(trace.layers[1].from,
	                    "m1.main.conv,m1.main.bn,m1.main.shift_in,m1.main.prelu,m1.main.shift_out,m1.skip.conv,"
	                    "m1.skip.bn,m1.add,m1.out.bn,m2.main.sign");
	uint32_t right = run(&trace, NBSIM_DATA_DIR "/images/" CIFAR, 1000, NULL);
	print_message("blend20-cifar10 from float: %.2f %% (float 85.00)\n", right / 10.0);
	assert_true(right >= 840);
	trace_clear(&trace);
	struct trace again; /* --float finds the shipped description by the folder's name */
	if (compile_network(&(struct compile_options){.network = folder, .from_float = 1}, &again, NULL, &error))
		fail_msg("%s", error.text);
	assert_string_equal(again.layers[1].name, "m1");
	trace_clear(&again);
}

int main(void) {
	const struct CMUnitTest tests[] = {cmocka_unit_test(blend20),      cmocka_unit_test(cnv_w1a1),
	                                   cmocka_unit_test(cnv_w1a2),     cmocka_unit_test(cnv_w2a2),
	                                   cmocka_unit_test(lfc_w1a1),     cmocka_unit_test(lfc_w1a2),
	                                   cmocka_unit_test(blend20_float)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
