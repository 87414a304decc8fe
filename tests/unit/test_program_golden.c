/* Does the emitted program, run on byte images of DDR and buffers, give the golden scores of the trained networks and
 * the scores that a real board printed? Bit for bit, on the shipped machines. Needs the data folder. With NBSIM_LONG
 * set, blend20-cifar10 runs all 1000 images that have golden scores. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "sim/input/image.h"
#include "sim/machine/executor.h"
#include "sim/mapper/mapper.h"
#include "workloads/compile.h"

enum { SETTINGS_MAX = 4, GOLDEN_IMAGES = 1000, BOARD_CLASSES = 10, LINE_BYTES = 512 };

static const char cifar[] = NBSIM_DATA_DIR "/images/cifar10-test-first1000.bin";
static const char mnist[] = NBSIM_DATA_DIR "/images/mnist-t10k-images-idx3-ubyte";
static const char pictures[] = NBSIM_DATA_DIR "/images/bnn-pynq-pictures.bin";

/* A shipped configuration and what a network needs changed in it. */
struct machine_case {
	const char *file, *settings[SETTINGS_MAX];
};

static const struct machine_case u250 = {NBSIM_SOURCE_DIR "/configs/u250.ini", {NULL}};
/* the windows of the BNN-PYNQ networks are wider than the default window register */
static const struct machine_case u250_channel = {NBSIM_SOURCE_DIR "/configs/u250.ini",
                                                 {"binary_engine.packing=channel"}};
static const struct machine_case u250_wide = {NBSIM_SOURCE_DIR "/configs/u250.ini", {"binary_engine.window_bits=4608"}};
static const struct machine_case ultra96 = {NBSIM_SOURCE_DIR "/configs/ultra96.ini", {NULL}};

/* A network compiled and mapped, ready to run images. */
struct run {
	struct config config;
	struct trace trace;
	struct program program;
	struct mapping mapping;
	struct executor *executor;
	int16_t *map;
};

static void need_data(const char *path) {
	if (access(path, F_OK) == 0) return;
	print_message("skipped: no %s\n", path);
	skip();
}

static void run_begin(struct run *run, const char *network, const struct machine_case *machine) {
	struct error error = {""};
	char folder[LINE_BYTES];
	snprintf(folder, sizeof folder, "%s/%s", NBSIM_DATA_DIR, network);
	need_data(folder);
	const struct compile_options options = {.network = folder};
	enum status status = compile_network(&options, &run->trace, NULL, &error);
	if (!status) status = config_read(&run->config, machine->file, &error);
	for (int i = 0; i < SETTINGS_MAX && machine->settings[i] && !status; i++)
		status = config_set(&run->config, machine->settings[i], &error);
	if (!status) status = config_check(&run->config, machine->file, &error);
	if (status) fail_msg("%s", error.text);
	mapper_resolve_widths(&run->config, &run->trace);
	status = mapper_map(&run->trace, &run->config, NULL, &run->program, &run->mapping, &error);
	if (!status) status = executor_create(&run->executor, &run->config, &run->program, &error);
	if (!status) status = executor_preamble(run->executor, &error);
	if (status) fail_msg("%s on %s: %s", network, machine->file, error.text);
	run->map = malloc(image_map_values(&run->trace) * sizeof *run->map);
	assert_non_null(run->map);
}

static void run_end(struct run *run) {
	free(run->map);
	executor_free(run->executor);
	program_clear(&run->program);
	mapping_clear(&run->mapping);
	trace_clear(&run->trace);
}

static void run_image(struct run *run, const uint8_t *pixels, int32_t *scores, uint32_t count) {
	struct error error = {""};
	const struct trace_map *map = &run->trace.maps[run->trace.input_map];
	image_to_map(&run->trace, pixels, run->map);
	enum status status = executor_put_input(run->executor, run->map, map->height, map->width, map->channels,
	                                        map->kind == TRACE_MAP_BITS, &error);
	if (!status) status = executor_frame(run->executor, &error);
	if (!status) status = executor_get_scores(run->executor, scores, count, &error);
	if (status) fail_msg("%s", error.text);
}

/* int32 [GOLDEN_IMAGES][*classes], from malloc. */
static int32_t *read_golden(const char *network, uint32_t *classes) {
	char path[LINE_BYTES];
	snprintf(path, sizeof path, "%s/golden/%s.scores.i32", NBSIM_DATA_DIR, network);
	FILE *file = fopen(path, "rb");
	if (!file || fseek(file, 0, SEEK_END)) fail_msg("%s cannot be read", path);
	const size_t bytes = (size_t)ftell(file);
	*classes = (uint32_t)(bytes / (GOLDEN_IMAGES * sizeof(int32_t)));
	rewind(file);
	int32_t *scores = malloc(bytes);
	if (!scores || fread(scores, 1, bytes, file) != bytes) fail_msg("%s cannot be read", path);
	fclose(file);
	return scores;
}

/* The first `count` images of the file against the golden scores. */
static void check_golden(const char *network, const char *golden, const struct machine_case *machine,
                         const char *images, uint32_t count) {
	struct run run;
	struct error error = {""};
	struct image_set *set;
	uint32_t classes;
	run_begin(&run, network, machine);
	if (image_set_open(&set, images, count, &error)) fail_msg("%s", error.text);
	int32_t *expected = read_golden(golden, &classes), *scores = malloc(classes * sizeof *scores);
	assert_non_null(scores);
	assert_true(classes >= run.trace.classes);
	assert_int_equal(image_set_count(set), count);
	for (uint32_t i = 0; i < count; i++) {
		run_image(&run, image_set_read(set, i, NULL), scores, run.trace.classes);
		if (memcmp(scores, expected + (size_t)i * classes, run.trace.classes * sizeof *scores) != 0)
			fail_msg("%s on %s: scores of image %u differ; class 0 has %d, golden is %d", network,
			         machine->file, i, scores[0], expected[(size_t)i * classes]);
	}
	free(scores);
	free(expected);
	image_set_close(set);
	run_end(&run);
}

static void blend20_on_u250(void **state) {
	(void)state;
	check_golden("blend20-cifar10", "blend20-cifar10", &u250, cifar, getenv("NBSIM_LONG") ? 1000 : 200);
}
static void blend20_on_ultra96(void **state) {
	(void)state;
	check_golden("blend20-cifar10", "blend20-cifar10", &ultra96, cifar, getenv("NBSIM_LONG") ? 1000 : 50);
}
static void cnv_w1a1_on_u250(void **state) {
	(void)state;
	check_golden("bnn-pynq/cifar10-cnvW1A1", "cifar10-cnvW1A1", &u250_channel, cifar, 8);
	check_golden("bnn-pynq/cifar10-cnvW1A1", "cifar10-cnvW1A1", &u250_wide, cifar, 8);
}
static void cnv_w1a1_on_ultra96(void **state) {
	(void)state;
	check_golden("bnn-pynq/cifar10-cnvW1A1", "cifar10-cnvW1A1", &ultra96, cifar, 8);
}
static void cnv_w1a2(void **state) {
	(void)state;
	check_golden("bnn-pynq/cifar10-cnvW1A2", "cifar10-cnvW1A2", &u250_channel, cifar, 8);
	check_golden("bnn-pynq/cifar10-cnvW1A2", "cifar10-cnvW1A2", &ultra96, cifar, 8);
}
static void cnv_w2a2(void **state) {
	(void)state;
	check_golden("bnn-pynq/cifar10-cnvW2A2", "cifar10-cnvW2A2", &u250_channel, cifar, 8);
	check_golden("bnn-pynq/cifar10-cnvW2A2", "cifar10-cnvW2A2", &ultra96, cifar, 8);
}
static void lfc_w1a1(void **state) {
	(void)state;
	check_golden("bnn-pynq/mnist-lfcW1A1", "mnist-lfcW1A1", &u250_channel, mnist, 50);
	check_golden("bnn-pynq/mnist-lfcW1A1", "mnist-lfcW1A1", &u250_wide, mnist, 50);
	check_golden("bnn-pynq/mnist-lfcW1A1", "mnist-lfcW1A1", &ultra96, mnist, 50);
}

/* `record N picture net NAME scores s0 .. s9`; 0 where the line is another. */
static int parse_board_line(const char *line, uint32_t *record, char network[64], int32_t scores[BOARD_CLASSES]) {
	int used = 0;
	if (sscanf(line, "record %u %*s net %63s scores%n", record, network, &used) != 2 || !used) return 0;
	for (int i = 0; i < BOARD_CLASSES; i++) {
		char *end;
		scores[i] = (int32_t)strtol(line + used, &end, 10);
		if (end == line + used) return 0;
		used = (int)(end - line);
	}
	return 1;
}

static void check_board_line(const char *line, const struct machine_case *machine) {
	struct run run;
	struct error error = {""};
	struct image_set *set;
	uint32_t record;
	char network[64], folder[LINE_BYTES];
	int32_t expected[BOARD_CLASSES], scores[BOARD_CLASSES];
	if (!parse_board_line(line, &record, network, expected)) fail_msg("board_scores.txt: cannot read: %s", line);
	snprintf(folder, sizeof folder, "bnn-pynq/%s", network);
	run_begin(&run, folder, machine);
	if (image_set_open(&set, pictures, 0, &error)) fail_msg("%s", error.text);
	assert_true(record < image_set_count(set));
	run_image(&run, image_set_read(set, record, NULL), scores, BOARD_CLASSES);
	if (memcmp(scores, expected, sizeof scores) != 0)
		fail_msg("%s on %s: class 0 has %d, the board printed %d", network, machine->file, scores[0],
		         expected[0]);
	image_set_close(set);
	run_end(&run);
}

static void board_scores(void **state) {
	(void)state;
	static const char path[] = NBSIM_DATA_DIR "/golden/board_scores.txt";
	char line[LINE_BYTES];
	int lines = 0;
	need_data(path);
	FILE *file = fopen(path, "r");
	assert_non_null(file);
	while (fgets(line, sizeof line, file)) {
		check_board_line(line, &u250_channel);
		check_board_line(line, &ultra96);
		lines++;
	}
	fclose(file);
	assert_int_equal(lines, 4);
}

int main(void) {
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(blend20_on_u250),  cmocka_unit_test(blend20_on_ultra96),
	    cmocka_unit_test(cnv_w1a1_on_u250), cmocka_unit_test(cnv_w1a1_on_ultra96),
	    cmocka_unit_test(cnv_w1a2),         cmocka_unit_test(cnv_w2a2),
	    cmocka_unit_test(lfc_w1a1),         cmocka_unit_test(board_scores),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
