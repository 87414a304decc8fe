/* What holds of every pipeline, on every network that is shipped or in the data folder, with random foldings, links and
 * widths. Networks that cannot be mapped must say why. */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "sim/mapper/pipeline.h"
#include "workloads/compile.h"

enum { RANDOM_MACHINES = 30, DIVISORS_MAX = 256 };

static uint32_t draw(uint64_t *random, uint32_t below) {
	*random = *random * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(*random >> 33) % below;
}

static uint32_t draw_divisor(uint64_t *random, uint32_t number) {
	uint32_t divisors[DIVISORS_MAX], count = 0;
	for (uint32_t i = 1; i <= number && count < DIVISORS_MAX; i++)
		if (number % i == 0) divisors[count++] = i;
	return divisors[draw(random, count)];
}

static int draw_entry(uint64_t *random, const struct trace *trace, const struct trace_layer *layer, char *text,
                      size_t text_bytes) {
	const uint32_t channels = trace->maps[layer->main.input_map].channels;
	int used = snprintf(text, text_bytes, "%u/%u", draw_divisor(random, layer->output_channels),
	                    layer->main.depthwise ? 1 : draw_divisor(random, channels));
	if (layer->skip.kind == TRACE_CONV_NONE || draw(random, 2)) return used;
	const uint32_t skip_channels = trace->maps[layer->skip.input_map].channels;
	return used + snprintf(text + used, text_bytes - (size_t)used, "+%u/%u",
	                       draw_divisor(random, layer->output_channels),
	                       layer->skip.depthwise ? 1 : draw_divisor(random, skip_channels));
}

static void draw_folding(uint64_t *random, const struct trace *trace, char text[CONFIG_TEXT_BYTES]) {
	size_t used = 0;
	for (uint32_t i = 0; i < trace->layer_count; i++) {
		char entry[64];
		draw_entry(random, trace, &trace->layers[i], entry, sizeof entry);
		if (used + strlen(entry) + 2 >= CONFIG_TEXT_BYTES) fail_msg("%s: too many layers", trace->name);
		used += (size_t)snprintf(text + used, CONFIG_TEXT_BYTES - used, "%s%s", i ? " " : "", entry);
	}
}

/* The slowest stage of each layer is what the folding says, and bits are neither lost nor made between two stages of
 * which none computes. */
static void check_pipeline(const struct pipeline *pipeline, const char *what) {
	struct error error = {""};
	if (pipeline_check(pipeline, &error)) fail_msg("%s: %s", what, error.text);
	for (uint32_t i = 0; i < pipeline->stage_count; i++) {
		const struct stage *stage = &pipeline->stages[i];
		if (stage->layer == PIPELINE_NONE) continue;
		const uint64_t cycles = stage_cycles(stage, pipeline->pool_overhead_cycles);
		assert_true(stage->layer < pipeline->layer_count);
		if (cycles > pipeline->foldings[stage->layer].cycles || cycles < stage_words_taken(stage) ||
		    cycles < stage_words_made(stage))
			fail_msg("%s: %s: %llu cycles", what, stage->name, (unsigned long long)cycles);
		if (stage->kind != STAGE_CONVERT) continue;
		const uint64_t in =
		    stage_words_taken(stage) * (pipeline->fifos[stage->input[0]].width_bits - stage->has_valid);
		const uint64_t out =
		    stage_words_made(stage) * (pipeline->fifos[stage->output[0]].width_bits - stage->has_valid);
		assert_int_equal(in, out);
	}
}

static void check_random(const struct trace *trace, uint64_t *random) {
	static const uint32_t dma_bits[] = {8, 16, 24, 64, 72, 128, 512};
	for (int i = 0; i < RANDOM_MACHINES; i++) {
		struct error error = {""};
		struct config config;
		struct pipeline pipeline;
		char what[2 * CONFIG_TEXT_BYTES];
		config_defaults(&config);
		config.streaming_link = draw(random, 2);
		config.streaming_vector_bits = 1 + draw(random, 128);
		config.streaming_dma_word_bits = dma_bits[draw(random, sizeof dma_bits / sizeof dma_bits[0])];
		draw_folding(random, trace, config.streaming_folding);
		snprintf(what, sizeof what, "%s, link %u, vector %u, dma %u, %s", trace->name, config.streaming_link,
		         config.streaming_vector_bits, config.streaming_dma_word_bits, config.streaming_folding);
		if (pipeline_map(trace, &config, &pipeline, &error)) fail_msg("%s: %s", what, error.text);
		check_pipeline(&pipeline, what);
		pipeline_clear(&pipeline);
	}
}

/* Returns 1 where the network can be mapped. */
static int check_network(const struct trace *trace) {
	struct error error = {""};
	struct config config;
	struct pipeline pipeline;
	uint64_t random = 20240501;
	config_defaults(&config);
	const enum status status = pipeline_map(trace, &config, &pipeline, &error);
	if (status == STATUS_UNMAPPABLE) {
		print_message("%s: refused: %s\n", trace->name, error.text);
		return 0;
	}
	if (status) fail_msg("%s: %s", trace->name, error.text);
	check_pipeline(&pipeline, trace->name);
	pipeline_clear(&pipeline);
	check_random(trace, &random);
	return 1;
}

/* Every folder in `path` with one of the files; returns how many were mapped. */
static int check_folder(const char *path, const char *file, int shape_only) {
	int mapped = 0;
	DIR *folder = opendir(path);
	if (!folder) return -1;
	for (struct dirent *entry; (entry = readdir(folder));) {
		char name[1024], inside[1400];
		struct error error = {""};
		struct trace trace;
		struct stat about;
		snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
		snprintf(inside, sizeof inside, "%s/%s", name, file);
		if (entry->d_name[0] == '.' || stat(inside, &about) != 0) continue;
		const struct compile_options options = {.network = name, .shape_only = shape_only, .seed = 1};
		if (compile_network(&options, &trace, NULL, &error)) fail_msg("%s", error.text);
		mapped += check_network(&trace);
		trace_clear(&trace);
	}
	closedir(folder);
	return mapped;
}

static void shipped_networks(void **state) {
	(void)state;
	assert_true(check_folder(NBSIM_SOURCE_DIR "/workloads/networks", "network.ini", 1) >= 3);
}

static void imported_networks(void **state) {
	(void)state;
	const int pynq = check_folder(NBSIM_DATA_DIR "/bnn-pynq", "net.txt", 0);
	if (pynq < 0) {
		print_message("skipped: no bnn-pynq in %s\n", NBSIM_DATA_DIR);
		skip();
	}
	assert_true(pynq >= 5);
}

static void imported_blend20(void **state) {
	(void)state;
	struct error error = {""};
	struct trace trace;
	struct stat about;
	if (stat(NBSIM_DATA_DIR "/blend20-cifar10/net.txt", &about) != 0) {
		print_message("skipped: no blend20-cifar10 in %s\n", NBSIM_DATA_DIR);
		skip();
	}
	const struct compile_options options = {.network = NBSIM_DATA_DIR "/blend20-cifar10", .seed = 1};
	if (compile_network(&options, &trace, NULL, &error)) fail_msg("%s", error.text);
	assert_true(check_network(&trace));
	trace_clear(&trace);
}

int main(void) {
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(shipped_networks),
	    cmocka_unit_test(imported_networks),
	    cmocka_unit_test(imported_blend20),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
