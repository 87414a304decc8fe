/* Equality of the streaming machine's kernels (native in any order, by recurrence, SystemC) and of the words of
 * sim/streaming/words.h with the RTL of tests/rtl/streaming, on random networks and machines. Writes the pipelines the
 * RTL is built from and what is expected of them, and compares. The commands are in the table at the end; last line of
 * those that check: N passed, N failed. tests/equal/run_stream_equal.sh runs it all.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "sim/input/image.h"
#include "sim/streaming/sizing.h"
#include "tests/equal/command.h"
#include "tests/equal/stream_case.h"
#include "tests/equal/stream_compare.h"
#include "tests/equal/stream_coverage.h"
#include "tests/equal/stream_proven.h"
#include "tests/equal/stream_shrink.h"
#include "workloads/compile.h"

enum { PATH_BYTES = 512, NAME_BYTES = 64 };

static int said(enum status status, const struct error *error) {
	return command_failed("nb_stream_equal", status, error);
}

static enum status make_folder(const char *path, struct error *error) {
	if (!mkdir(path, 0777) || errno == EEXIST) return STATUS_OK;
	return error_set(error, STATUS_IO, "%s cannot be made", path);
}

static FILE *open_expected(const char *folder, struct error *error) {
	char path[PATH_BYTES];
	FILE *out = NULL;
	if (!make_folder(folder, error)) {
		snprintf(path, sizeof path, "%s/expected", folder);
		out = fopen(path, "w");
		if (!out) error_set(error, STATUS_IO, "%s cannot be written", path);
	}
	return out;
}

/* The case's folder, its expected result, and whether all kernels agree. */
static enum status write_case(const struct stream_case *made, const char *folder, const char *name, FILE *expected,
                              struct stream_coverage *coverage, struct error *error) {
	char path[PATH_BYTES];
	struct stream_result result;
	snprintf(path, sizeof path, "%s/%s", folder, name);
	enum status status = make_folder(path, error);
	if (!status) status = stream_case_write(made, path, error);
	if (!status) status = stream_case_expect(made, name, expected, &result, error);
	if (status) return status;
	status = stream_case_agree(made, 1 + strlen(name) * 977, &result, error);
	if (coverage) stream_coverage_add(coverage, made, &result);
	stream_result_clear(&result);
	return status;
}

static int end_of_checks(FILE *expected, uint32_t passed, uint32_t failed) {
	const int is_bad = fclose(expected) != 0;
	printf("%u passed, %u failed\n", passed, failed + (uint32_t)is_bad);
	return failed || is_bad || !passed ? STATUS_FAILED : STATUS_OK;
}

/* COUNT SEED FOLDER */
static int command_write(int count, char **words) {
	struct stream_coverage coverage = {0};
	struct error error = {""};
	const uint32_t cases = (uint32_t)command_number(words[0]);
	const uint64_t seed = command_number(words[1]);
	uint32_t failed = 0, refused = 0, enough = 0;
	FILE *expected = open_expected(words[2], &error);
	(void)count;
	if (!expected) return said(STATUS_IO, &error);
	for (uint32_t number = 0; number < cases; number++) {
		char name[NAME_BYTES];
		struct stream_case made;
		enum status status = stream_proven_draw(&made, NULL, seed, number, &refused, &error);
		snprintf(name, sizeof name, "s%" PRIu64 "c%u", seed, number);
		if (!status) {
			status = write_case(&made, words[2], name, expected, &coverage, &error);
			stream_case_clear(&made);
		}
		if (!status) continue;
		failed++;
		printf("case %s: %s\n", name, error.text);
	}
	failed += stream_coverage_print(&coverage, stdout, &enough);
	printf("%u cases, %u draws refused or too large\n", cases, refused);
	return end_of_checks(expected, cases + enough, failed);
}

/* SEED NUMBER */
static int command_plan(int count, char **words) {
	struct stream_plan plan;
	struct stream_case made;
	struct error error = {""};
	uint32_t refused = 0;
	(void)count;
	const enum status status = stream_proven_draw(&made, &plan, command_number(words[0]),
	                                              (uint32_t)command_number(words[1]), &refused, &error);
	stream_plan_write(&plan, stdout);
	if (status) return said(status, &error);
	stream_case_clear(&made);
	return STATUS_OK;
}

/* FILE: its first plan */
static int command_shrink(int count, char **words) {
	struct stream_plan plan;
	struct error error = {""};
	enum status status = STATUS_OK;
	FILE *in = fopen(words[0], "r");
	(void)count;
	if (!in) return said(error_set(&error, STATUS_IO, "%s cannot be read", words[0]), &error);
	const int is_there = stream_plan_read(&plan, in, words[0], &status, &error);
	fclose(in);
	if (status || !is_there) return said(status ? status : STATUS_INPUT, &error);
	if (!stream_shrink(&plan)) return STATUS_FAILED;
	stream_plan_write(&plan, stdout);
	return STATUS_OK;
}

/* FILE FOLDER [PREFIX]: all plans of a file */
static int command_replay(int count, char **words) {
	struct stream_plan plan;
	struct error error = {""};
	enum status status = STATUS_OK;
	uint32_t number = 0, failed = 0;
	FILE *in = fopen(words[0], "r"), *expected = open_expected(words[1], &error);
	if (!in || !expected) return said(STATUS_IO, &error);
	for (; stream_plan_read(&plan, in, words[0], &status, &error) && !status; number++) {
		char name[NAME_BYTES];
		struct stream_case made;
		snprintf(name, sizeof name, "%s%u", count > 2 ? words[2] : "r", number);
		enum status one = stream_case_prepare(&made, &plan, &error);
		if (!one) {
			one = write_case(&made, words[1], name, expected, NULL, &error);
			stream_case_clear(&made);
		}
		if (!one) continue;
		failed++;
		printf("case %s: %s\n", name, error.text);
	}
	fclose(in);
	if (status) return said(status, &error);
	return end_of_checks(expected, number - failed, failed);
}

static enum status network_prepare(struct stream_case *made, int count, char **words, struct error *error) {
	struct image_set *images = NULL;
	memset(made, 0, sizeof *made);
	made->frames = (uint32_t)command_number(words[3]);
	enum status status = config_read(&made->config, words[0], error);
	for (int i = 6; i < count && !status; i++) status = config_set(&made->config, words[i], error);
	if (!status) status = config_check(&made->config, words[0], error);
	struct compile_options options = {.network = words[1], .config = &made->config};
	if (!status) status = compile_network(&options, &made->trace, NULL, error);
	if (!status) status = pipeline_map(&made->trace, &made->config, &made->pipeline, error);
	if (!status) status = stream_size_skips(&made->pipeline, error);
	if (!status) status = image_set_open(&images, words[2], made->frames, error);
	if (!status) status = image_set_check(images, &made->trace, error);
	const size_t values = status ? 0 : image_map_values(&made->trace);
	if (!status) {
		made->inputs = calloc(values * made->frames, sizeof *made->inputs);
		if (!made->inputs) status = error_set(error, STATUS_MEMORY, "out of memory");
	}
	for (uint32_t i = 0; i < made->frames && !status; i++)
		image_to_map(&made->trace, image_set_read(images, i % image_set_count(images), NULL),
		             made->inputs + i * values);
	image_set_close(images);
	if (status) stream_case_clear(made);
	return status;
}

/* CONFIG NETWORK IMAGES FRAMES FOLDER NAME [SECTION.KEY=VALUE ...]: real images through a trained network */
static int command_network(int count, char **words) {
	struct stream_case made;
	struct error error = {""};
	enum status status = network_prepare(&made, count, words, &error);
	FILE *expected = status ? NULL : open_expected(words[4], &error);
	if (!expected) return said(status ? status : STATUS_IO, &error);
	status = write_case(&made, words[4], words[5], expected, NULL, &error);
	if (status) printf("%s\n", error.text);
	stream_case_clear(&made);
	return end_of_checks(expected, !status, status != STATUS_OK);
}

/* EXPECTED GOT... */
static int command_compare(int count, char **words) {
	uint32_t passed, failed;
	struct error error = {""};
	const enum status status =
	    stream_compare_files(words[0], words + 1, count - 1, stdout, &passed, &failed, &error);
	if (status) return said(status, &error);
	printf("%u passed, %u failed\n", passed, failed);
	return failed || !passed ? STATUS_FAILED : STATUS_OK;
}

static int command_proven(int count, char **words) {
	uint32_t failed;
	(void)count;
	(void)words;
	const uint32_t passed = stream_proven_check(&failed);
	printf("%u passed, %u failed\n", passed, failed);
	return failed || !passed ? STATUS_FAILED : STATUS_OK;
}

static const struct suite_command commands[] = {
    {"write", "COUNT SEED FOLDER", 3, 3, command_write},
    {"plan", "SEED NUMBER", 2, 2, command_plan},
    {"shrink", "FILE", 1, 1, command_shrink},
    {"replay", "FILE FOLDER [PREFIX]", 2, 3, command_replay},
    {"network", "CONFIG NETWORK IMAGES FRAMES FOLDER NAME [SECTION.KEY=VALUE ...]", 6, 64, command_network},
    {"compare", "EXPECTED GOT...", 2, 64, command_compare},
    {"proven", "", 0, 0, command_proven},
};

int main(int argc, char **argv) {
	return command_run("nb_stream_equal", commands, sizeof commands / sizeof commands[0], argc, argv);
}
