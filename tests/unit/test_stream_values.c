/* simulation_evaluate of a streaming machine: are the first images compared with the words of the pipeline, and does a
 * word that goes wrong end the evaluation with the documented status and sentence? */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "sim/run/simulation.h"
#include "workloads/compile.h"

enum { IMAGES = 3, SIDE = 28 };

struct bench {
	struct config config;
	struct trace trace;
	struct device device;
	struct technology technology;
	struct simulation simulation;
	struct image_set *images;
};

/* Pictures in the form of an idx file, without labels. */
static void open_images(struct image_set **images) {
	char path[] = "/tmp/nbsim_images_XXXXXX";
	const uint8_t head[16] = {0, 0, 8, 3, 0, 0, 0, IMAGES, 0, 0, 0, SIDE, 0, 0, 0, SIDE};
	struct error error = {""};
	const int descriptor = mkstemp(path);
	assert_true(descriptor >= 0);
	FILE *file = fdopen(descriptor, "wb");
	assert_non_null(file);
	fwrite(head, 1, sizeof head, file);
	for (uint32_t i = 0, value = 1; i < IMAGES * SIDE * SIDE; i++, value = value * 1103515245u + 12345u)
		fputc((int)(value >> 16 & 0xff), file);
	assert_int_equal(fclose(file), 0);
	if (image_set_open(images, path, 0, &error)) fail_msg("%s", error.text);
	unlink(path);
}

static void set_up(struct bench *bench) {
	struct error error = {""};
	const struct compile_options options = {.network = NBSIM_SOURCE_DIR "/workloads/networks/neuroblend20-fashion"};
	if (compile_network(&options, &bench->trace, NULL, &error)) fail_msg("%s", error.text);
	if (config_read(&bench->config, NBSIM_SOURCE_DIR "/configs/neuroblend20-streaming-u250.ini", &error) ||
	    device_read(&bench->device, NBSIM_SOURCE_DIR "/configs/devices/u250.ini", &error) ||
	    technology_read(&bench->technology, NBSIM_SOURCE_DIR "/configs/tech/ultrascale_plus_16nm.ini", &error))
		fail_msg("%s", error.text);
	if (simulation_create(&bench->simulation, &bench->config, &bench->trace, &bench->device, &bench->technology,
	                      NULL, &error))
		fail_msg("%s", error.text);
	open_images(&bench->images);
}

static void tear_down(struct bench *bench) {
	image_set_close(bench->images);
	simulation_clear(&bench->simulation);
	trace_clear(&bench->trace);
}

static enum status evaluate(struct bench *bench, uint32_t verify, struct error *error) {
	error->text[0] = 0;
	return simulation_evaluate(&bench->simulation, bench->images, IMAGES, verify, NULL, NULL, NULL, error);
}

static void first_images_are_compared(void **state) {
	(void)state;
	struct bench *bench = calloc(1, sizeof *bench);
	struct error error;
	set_up(bench);
	const struct simulation_values *values = &bench->simulation.values;
	assert_int_equal(evaluate(bench, 2, &error), STATUS_OK);
	assert_int_equal(values->images, IMAGES);
	assert_int_equal(values->compared, 2);
	assert_int_equal(evaluate(bench, 0, &error), STATUS_OK);
	assert_int_equal(values->compared, 0);
	assert_int_equal(evaluate(bench, 1000, &error), STATUS_OK);
	assert_int_equal(values->compared, IMAGES);
	tear_down(bench);
	free(bench);
}

static struct stage *find_stage(struct bench *bench, enum stage_kind kind) {
	struct pipeline *pipeline = &bench->simulation.streaming.pipeline;
	for (uint32_t i = 0; i < pipeline->stage_count; i++)
		if (pipeline->stages[i].kind == kind) return &pipeline->stages[i];
	fail_msg("no %s", stage_kind_names[kind]);
	return NULL;
}

static void wrong_words_are_told(void **state) {
	(void)state;
	struct bench *bench = calloc(1, sizeof *bench);
	struct error error;
	set_up(bench);
	struct stage *pad = find_stage(bench, STAGE_PAD), *convert = find_stage(bench, STAGE_CONVERT);
	pad->pad_top++; /* the picture one row lower: other values */
	pad->pad_bottom--;
	assert_int_equal(evaluate(bench, 1, &error), STATUS_FAILED);
	int got, want;
	assert_int_equal(sscanf(error.text,
	                        "image 0, class %*u: the emitted program gives %d, the layer kernels give %d", &got,
	                        &want),
	                 2);
	assert_int_not_equal(got, want);
	assert_int_equal(bench->simulation.values.compared, 0);
	assert_int_equal(evaluate(bench, 0, &error), STATUS_OK); /* nobody looks */
	pad->pad_top--;
	pad->pad_bottom++;
	convert->words--; /* a word is missing */
	assert_int_equal(evaluate(bench, 1, &error), STATUS_FAILED);
	assert_non_null(strstr(error.text, "image 0: "));
	assert_non_null(strstr(error.text, " of the "));
	convert->words++;
	assert_int_equal(evaluate(bench, 1, &error), STATUS_OK);
	tear_down(bench);
	free(bench);
}

int main(void) {
	const struct CMUnitTest tests[] = {cmocka_unit_test(first_images_are_compared),
	                                   cmocka_unit_test(wrong_words_are_told)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
