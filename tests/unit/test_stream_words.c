/* sim/streaming/words: do the words that go through a pipeline give the scores of the layer kernels? Random networks on
 * random foldings, the shipped networks, and golden scores of trained ones; and does a wrong pipeline show? */
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
#include "sim/streaming/words.h"
#include "sim/values/values.h"
#include "test_stream_traces.h"
#include "tests/unit/golden_networks.h"
#include "workloads/compile.h"

enum { NETWORKS = 1500, SCORES_MAX = 4096 };

struct tally {
	uint32_t ran, several_taps, kinds[STAGE_KIND_COUNT];
};

static void count_kinds(struct tally *tally, const struct pipeline *pipeline) {
	for (uint32_t i = 0; i < pipeline->stage_count; i++) {
		const struct stage *stage = &pipeline->stages[i];
		tally->kinds[stage->kind]++;
		tally->several_taps += stage->kind == STAGE_WINDOW && stage->output_lanes > stage->input_lanes;
	}
}

/* The scores of the layer kernels. */
static void expected_scores(const struct trace *trace, enum values_path path, const int16_t *input, int32_t *scores) {
	struct values_network *network;
	struct error error = {""};
	if (values_network_create(&network, trace, path, &error)) fail_msg("%s", error.text);
	values_network_run(network, input, scores);
	values_network_free(network);
}

static void run_random(struct tally *tally, uint64_t seed) {
	struct stream_random random = {seed};
	struct trace trace;
	struct config config;
	struct pipeline pipeline;
	struct words *words;
	struct error error = {""};
	int32_t want[SCORES_MAX], got[SCORES_MAX];
	stream_random_trace(&trace, &random);
	if (trace_check(&trace, "random", &error)) fail_msg("seed %d: %s", (int)seed, error.text);
	stream_random_config(&config, &trace, &random);
	if (pipeline_map(&trace, &config, &pipeline, &error)) fail_msg("seed %d: %s", (int)seed, error.text);
	int16_t *input = stream_random_input(&trace, &random);
	expected_scores(&trace, VALUES_REFERENCE, input, want);
	if (words_create(&words, &pipeline, &trace, &error)) fail_msg("seed %d: %s", (int)seed, error.text);
	if (words_run(words, input, got, &error)) fail_msg("seed %d: %s", (int)seed, error.text);
	if (memcmp(want, got, trace.classes * sizeof *got))
		fail_msg("seed %d: other scores than the layer kernels", (int)seed);
	tally->ran++;
	count_kinds(tally, &pipeline);
	words_free(words);
	free(input);
	pipeline_clear(&pipeline);
	trace_clear(&trace);
}

static void test_random(void **state) {
	(void)state;
	struct tally tally = {0};
	for (uint64_t seed = 1; seed <= NETWORKS; seed++) run_random(&tally, seed);
	assert_int_equal(tally.ran, NETWORKS);
	assert_true(tally.several_taps > NETWORKS / 20);
	for (int kind = 0; kind < STAGE_KIND_COUNT; kind++)
		if (kind != STAGE_LABEL) assert_true(tally.kinds[kind] > NETWORKS / 10);
}

/* ---- networks that people use */

/* A network folder; with seeded weights where it has none. */
static void compile(const char *network, struct trace *trace) {
	char parameters[1024], import[1024];
	snprintf(parameters, sizeof parameters, "%s/params.f32", network);
	snprintf(import, sizeof import, "%s/net.txt", network);
	struct error error = {""};
	const struct compile_options options = {
	    .network = network, .shape_only = access(parameters, F_OK) && access(import, F_OK), .seed = 3};
	if (compile_network(&options, trace, NULL, &error)) fail_msg("%s: %s", network, error.text);
}

static struct config configuration_of(const char *name) {
	struct config config;
	struct error error = {""};
	char path[512];
	snprintf(path, sizeof path, "%s/configs/%s.ini", NBSIM_SOURCE_DIR, name);
	if (config_read(&config, path, &error)) fail_msg("%s", error.text);
	return config;
}

static void make_words(const struct trace *trace, const char *configuration, struct pipeline *pipeline,
                       struct words **words) {
	const struct config config = configuration_of(configuration);
	struct error error = {""};
	if (pipeline_map(trace, &config, pipeline, &error)) fail_msg("%s: %s", configuration, error.text);
	if (words_create(words, pipeline, trace, &error)) fail_msg("%s: %s", configuration, error.text);
}

/* Shipped configurations on the shipped networks, with seeded weights where none are shipped. */
static void test_shipped(void **state) {
	(void)state;
	static const char *const rows[] = {
	    "cnv-w1a1-ultra96",      "cnv-w1a2-pynq-z1",           "cnv-w2a2-ultra96",   "cnv-w1a1-finn-pynq-z2",
	    "tfc-w1a1-pynq-z2",      "tfc-w2a2-pynq-z2",           "lfc-w1a1-pynq-z1",   "lfc-w1a2-ultra96",
	    "kws-w3a3-pynq-z2",      "cybersecurity-w2a2-pynq-z1", "vgg10-radio-zcu104", "neuroblend20-streaming-u250",
	    "mobilenet-v1-w4a4-u250"};
	struct stream_random random = {11};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct trace trace;
		struct pipeline pipeline;
		struct words *words;
		struct error error = {""};
		int32_t want[SCORES_MAX], got[SCORES_MAX];
		char network[CONFIG_TEXT_BYTES + sizeof NBSIM_SOURCE_DIR + 1];
		const struct config config = configuration_of(rows[i]);
		snprintf(network, sizeof network, "%s/%s", NBSIM_SOURCE_DIR, config.workload);
		compile(network, &trace);
		make_words(&trace, rows[i], &pipeline, &words);
		int16_t *input = stream_random_input(&trace, &random);
		expected_scores(&trace, VALUES_FAST, input, want);
		if (words_run(words, input, got, &error)) fail_msg("%s: %s", rows[i], error.text);
		const size_t scores = (size_t)trace.maps[trace.scores_map].channels;
		if (memcmp(want, got, scores * sizeof *got))
			fail_msg("%s: other scores than the layer kernels", rows[i]);
		free(input);
		words_free(words);
		pipeline_clear(&pipeline);
		trace_clear(&trace);
	}
}

static void check_golden(const char *network, const char *configuration, const char *images, const char *golden,
                         uint32_t count) {
	char folder[512], file[512];
	struct trace trace;
	struct pipeline pipeline;
	struct words *words;
	struct image_set *set;
	struct error error = {""};
	int32_t got[SCORES_MAX];
	size_t bytes;
	snprintf(folder, sizeof folder, "%s/%s", NBSIM_DATA_DIR, network);
	snprintf(file, sizeof file, "%s/images/%s", NBSIM_DATA_DIR, images);
	compile(folder, &trace);
	make_words(&trace, configuration, &pipeline, &words);
	if (image_set_open(&set, file, count, &error)) fail_msg("%s", error.text);
	int32_t *expected = golden_file(NBSIM_DATA_DIR "/golden", golden, &bytes);
	assert_non_null(expected);
	int16_t *map = malloc(image_map_values(&trace) * sizeof *map);
	for (uint32_t i = 0; i < count; i++) {
		image_to_map(&trace, image_set_read(set, i, NULL), map);
		if (words_run(words, map, got, &error)) fail_msg("%s: %s", network, error.text);
		assert_memory_equal(got, expected + i * trace.classes, trace.classes * sizeof *got);
	}
	free(map);
	free(expected);
	image_set_close(set);
	words_free(words);
	pipeline_clear(&pipeline);
	trace_clear(&trace);
}

/* Trained networks on real images. */
static void test_golden(void **state) {
	(void)state;
	static const char cifar[] = "cifar10-test-first1000.bin", mnist[] = "mnist-t10k-images-idx3-ubyte";
	if (access(NBSIM_DATA_DIR "/bnn-pynq", F_OK)) {
		print_message("skipped: no %s/bnn-pynq\n", NBSIM_DATA_DIR);
		skip();
	}
	check_golden("bnn-pynq/cifar10-cnvW1A1", "cnv-w1a1-ultra96", cifar, "cifar10-cnvW1A1.scores.i32", 3);
	check_golden("bnn-pynq/cifar10-cnvW1A2", "cnv-w1a2-ultra96", cifar, "cifar10-cnvW1A2.scores.i32", 2);
	check_golden("bnn-pynq/cifar10-cnvW2A2", "cnv-w2a2-pynq-z1", cifar, "cifar10-cnvW2A2.scores.i32", 2);
	check_golden("bnn-pynq/mnist-lfcW1A1", "lfc-w1a1-ultra96", mnist, "mnist-lfcW1A1.scores.i32", 10);
	check_golden("bnn-pynq/mnist-lfcW1A2", "lfc-w1a2-pynq-z1", mnist, "mnist-lfcW1A2.scores.i32", 10);
	check_golden("blend20-cifar10", "neuroblend20-streaming-u250", cifar, "blend20-cifar10.scores.i32", 2);
}

/* ---- does it notice? */

static enum status run_changed(struct trace *trace, struct pipeline *pipeline, const int16_t *input, int32_t *scores,
                               struct error *error) {
	struct words *words;
	enum status status = words_create(&words, pipeline, trace, error);
	if (!status) status = words_run(words, input, scores, error);
	words_free(words);
	return status;
}

static struct stage *find_stage(struct pipeline *pipeline, enum stage_kind kind) {
	for (uint32_t i = 0; i < pipeline->stage_count; i++)
		if (pipeline->stages[i].kind == kind) return &pipeline->stages[i];
	fail_msg("no stage of kind %s", stage_kind_names[kind]);
	return NULL;
}

static void test_wrong_pipelines(void **state) {
	(void)state;
	struct trace trace;
	struct pipeline pipeline;
	struct words *words;
	struct error error = {""};
	struct stream_random random = {5};
	int32_t want[SCORES_MAX], got[SCORES_MAX];
	compile(NBSIM_SOURCE_DIR "/workloads/networks/neuroblend20-fashion", &trace);
	make_words(&trace, "neuroblend20-streaming-u250", &pipeline, &words);
	int16_t *input = stream_random_input(&trace, &random);
	assert_int_equal(words_run(words, input, want, &error), STATUS_OK);
	words_free(words);
	struct stage *pad = find_stage(&pipeline, STAGE_PAD), *point = find_stage(&pipeline, STAGE_POINT);
	struct stage *matrix = find_stage(&pipeline, STAGE_MATRIX), *convert = find_stage(&pipeline, STAGE_CONVERT);
	struct stage was = *pad;
	pad->pad_top++; /* the picture one row lower */
	pad->pad_bottom--;
	assert_int_equal(run_changed(&trace, &pipeline, input, got, &error), STATUS_OK);
	assert_memory_not_equal(got, want, 10 * sizeof *got);
	*pad = was;
	was = *point;
	point->output_bits = 3;
	assert_int_equal(run_changed(&trace, &pipeline, input, got, &error), STATUS_FAILED);
	assert_non_null(strstr(error.text, "does not fit 3"));
	*point = was;
	was = *convert;
	convert->words--;
	assert_int_equal(run_changed(&trace, &pipeline, input, got, &error), STATUS_FAILED);
	assert_non_null(strstr(error.text, "waits for word"));
	*convert = was;
	was = *matrix;
	matrix->kernel_width++;
	assert_int_equal(run_changed(&trace, &pipeline, input, got, &error), STATUS_FAILED);
	assert_non_null(strstr(error.text, "is built for"));
	*matrix = was;
	assert_int_equal(run_changed(&trace, &pipeline, input, got, &error), STATUS_OK);
	assert_memory_equal(got, want, 10 * sizeof *got);
	free(input);
	pipeline_clear(&pipeline);
	trace_clear(&trace);
}

/* The words of the input's FIFO are the map's bytes; printed, the lowest one is the rightmost. */
static void test_print(void **state) {
	(void)state;
	struct trace trace;
	struct pipeline pipeline;
	struct words *words;
	struct error error = {""};
	struct stream_random random = {7};
	int32_t scores[SCORES_MAX];
	char line[256], byte[3];
	compile(NBSIM_SOURCE_DIR "/workloads/networks/neuroblend20-fashion", &trace);
	make_words(&trace, "neuroblend20-streaming-u250", &pipeline, &words);
	int16_t *input = stream_random_input(&trace, &random);
	assert_int_equal(words_run(words, input, scores, &error), STATUS_OK);
	const uint32_t fifo = pipeline.stages[0].output[0], bytes = pipeline.fifos[fifo].width_bits / 8;
	assert_true(bytes * 2 < sizeof line && bytes > 0);
	FILE *file = tmpfile();
	assert_non_null(file);
	words_print(words, fifo, file);
	rewind(file);
	for (uint64_t i = 0; i < words_count(words, fifo); i++) {
		assert_non_null(fgets(line, sizeof line, file));
		assert_int_equal(strlen(line), 2 * bytes + 1);
		for (uint32_t b = 0; b < bytes; b++) {
			snprintf(byte, sizeof byte, "%02x", (unsigned)(input[i * bytes + b] & 0xff));
			assert_memory_equal(line + 2 * (bytes - 1 - b), byte, 2);
		}
	}
	assert_null(fgets(line, sizeof line, file));
	fclose(file);
	free(input);
	words_free(words);
	pipeline_clear(&pipeline);
	trace_clear(&trace);
}

int main(void) {
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_random),          cmocka_unit_test(test_shipped), cmocka_unit_test(test_golden),
	    cmocka_unit_test(test_wrong_pipelines), cmocka_unit_test(test_print),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
