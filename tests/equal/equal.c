/* Equality of the native kernel, its shuffled self, SystemC, the functional executor and the layer kernels on random
 * cases; and the expected results for the RTL bench. The commands are in the table at the end; last line of those that
 * check: N passed, N failed. A case that the mapper refuses is drawn again. tests/equal/run_equal.sh runs it all.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/input/image.h"
#include "tests/equal/case_file.h"
#include "tests/equal/check.h"
#include "tests/equal/command.h"
#include "tests/equal/compare.h"
#include "tests/equal/proven.h"
#include "tests/equal/shrink.h"
#include "workloads/compile.h"

static int said(enum status status, const struct error *error) {
	return command_failed("nb_equal", status, error);
}

struct outputs {
	FILE *cases, *expected;
};

static int outputs_open(struct outputs *outputs, const char *cases, const char *expected) {
	outputs->cases = fopen(cases, "w");
	outputs->expected = fopen(expected, "w");
	if (outputs->cases && outputs->expected) return 1;
	fprintf(stderr, "nb_equal: %s or %s cannot be written\n", cases, expected);
	return 0;
}

static int outputs_close(struct outputs *outputs) {
	const int failed = fclose(outputs->cases);
	return fclose(outputs->expected) || failed ? STATUS_IO : STATUS_OK;
}

static int known_structure(struct structure *structure, const char *name) {
	if (structure_named(structure, name)) return 1;
	fprintf(stderr, "nb_equal: unknown structure '%s'\n", name);
	return 0;
}

/* STRUCTURE COUNT SEED CASES EXPECTED */
static int command_write(int count, char **words) {
	struct structure structure;
	struct coverage coverage = {0};
	struct outputs outputs;
	struct error error = {""};
	const uint32_t cases = (uint32_t)command_number(words[1]);
	const uint64_t seed = command_number(words[2]);
	uint32_t failed = 0, refused = 0;
	(void)count;
	if (!known_structure(&structure, words[0])) return STATUS_USAGE;
	if (!outputs_open(&outputs, words[3], words[4])) return STATUS_IO;
	for (uint32_t number = 0; number < cases; number++) {
		struct drawn drawn;
		const int draws = drawn_draw(&drawn, NULL, &structure, seed, number, &error);
		if (draws < 0) return said(STATUS_FAILED, &error);
		refused += (uint32_t)draws;
		if (!check_case(&drawn, number, outputs.cases, outputs.expected, &coverage, &error)) {
			failed++;
			printf("%s seed %llu case %u: %s\n", structure.name, (unsigned long long)seed, number,
			       error.text);
		}
		drawn_clear(&drawn);
	}
	coverage_print(&coverage, stdout);
	printf("%s: %u cases, %u draws refused by the mapper\n", structure.name, cases, refused);
	printf("%u passed, %u failed\n", cases - failed, failed);
	const int closed = outputs_close(&outputs);
	return closed ? closed : failed ? STATUS_FAILED : STATUS_OK;
}

/* STRUCTURE SEED NUMBER */
static int command_plan(int count, char **words) {
	struct structure structure;
	struct plan plan;
	struct drawn drawn;
	struct error error = {""};
	(void)count;
	if (!known_structure(&structure, words[0])) return STATUS_USAGE;
	if (drawn_draw(&drawn, &plan, &structure, command_number(words[1]), (uint32_t)command_number(words[2]),
	               &error) < 0)
		return said(STATUS_FAILED, &error);
	drawn_clear(&drawn);
	plan_write(&plan, stdout);
	return STATUS_OK;
}

/* Reads plan `number` of a file. */
static enum status plan_at(struct plan *plan, const char *path, uint64_t number, struct error *error) {
	FILE *in = fopen(path, "r");
	enum status status = STATUS_OK;
	if (!in) return error_set(error, STATUS_IO, "%s cannot be read", path);
	for (uint64_t i = 0; i <= number && !status; i++)
		if (!plan_read(plan, in, path, &status, error) && !status)
			status = error_set(error, STATUS_INPUT, "%s: there is no case %llu", path,
			                   (unsigned long long)number);
	fclose(in);
	return status;
}

/* FILE NUMBER CASES EXPECTED */
static int command_replay(int count, char **words) {
	struct plan plan;
	struct drawn drawn;
	struct outputs outputs;
	struct error error = {""};
	(void)count;
	enum status status = plan_at(&plan, words[0], command_number(words[1]), &error);
	if (!status) status = drawn_prepare(&drawn, &plan, &error);
	if (status) return said(status, &error);
	if (!outputs_open(&outputs, words[2], words[3])) return STATUS_IO;
	const int passed = check_case(&drawn, 0, outputs.cases, outputs.expected, NULL, &error);
	if (!passed) printf("%s\n", error.text);
	printf("%d passed, %d failed\n", passed, !passed);
	drawn_clear(&drawn);
	const int closed = outputs_close(&outputs);
	return closed ? closed : passed ? STATUS_OK : STATUS_FAILED;
}

/* FILE BENCH */
static int command_shrink(int count, char **words) {
	struct plan plan;
	struct error error = {""};
	(void)count;
	enum status status = plan_at(&plan, words[0], 0, &error);
	if (status) return said(status, &error);
	if (!shrink(&plan, words[1])) return STATUS_FAILED;
	plan_write(&plan, stdout);
	return STATUS_OK;
}

static enum status network_prepare(struct drawn *drawn, const char *config, const char *network, int count,
                                   char **settings, struct error *error) {
	memset(drawn, 0, sizeof *drawn);
	enum status status = config_read(&drawn->config, config, error);
	for (int i = 0; i < count && !status; i++) status = config_set(&drawn->config, settings[i], error);
	if (!status) status = config_check(&drawn->config, config, error);
	struct compile_options options = {.network = network, .config = &drawn->config};
	if (!status) status = compile_network(&options, &drawn->trace, NULL, error);
	if (status) return status;
	mapper_resolve_widths(&drawn->config, &drawn->trace);
	drawn->input = calloc(image_map_values(&drawn->trace), sizeof *drawn->input);
	if (!drawn->input) return error_set(error, STATUS_MEMORY, "out of memory");
	return mapper_map(&drawn->trace, &drawn->config, NULL, &drawn->program, &drawn->mapping, error);
}

/* CONFIG NETWORK IMAGES COUNT CASES EXPECTED [SECTION.KEY=VALUE ...]: real images through a trained network */
static int command_network(int count, char **words) {
	struct drawn drawn;
	struct error error = {""};
	struct image_set *images = NULL;
	struct outputs outputs;
	uint32_t failed = 0;
	enum status status = network_prepare(&drawn, words[0], words[1], count - 6, words + 6, &error);
	if (!status) status = image_set_open(&images, words[2], (uint32_t)command_number(words[3]), &error);
	if (!status) status = image_set_check(images, &drawn.trace, &error);
	if (status) return said(status, &error);
	if (!outputs_open(&outputs, words[4], words[5])) return STATUS_IO;
	const uint32_t image_count = image_set_count(images);
	for (uint32_t i = 0; i < image_count; i++) {
		image_to_map(&drawn.trace, image_set_read(images, i, NULL), drawn.input);
		if (check_case(&drawn, i, outputs.cases, outputs.expected, NULL, &error)) continue;
		failed++;
		printf("image %u: %s\n", i, error.text);
	}
	printf("machine %s\n%u passed, %u failed\n", words[0], image_count - failed, failed);
	image_set_close(images);
	drawn_clear(&drawn);
	const int closed = outputs_close(&outputs);
	return closed ? closed : failed ? STATUS_FAILED : STATUS_OK;
}

/* EXPECTED GOT */
static int command_compare(int count, char **words) {
	(void)count;
	return compare_files(words[0], words[1], stdout) == 0 ? STATUS_OK : STATUS_FAILED;
}

/* [STRUCTURE] */
static int command_structures(int count, char **words) {
	for (uint32_t i = 0; i < (count ? 1 : structure_count); i++) {
		struct structure structure;
		struct config config;
		if (!known_structure(&structure, count ? words[0] : structures[i].name)) return STATUS_USAGE;
		structure_config(&structure, &config);
		printf("%s ", structure.name);
		case_machine_write(stdout, &config);
	}
	return STATUS_OK;
}

/* STRUCTURE */
static int command_machine(int count, char **words) {
	struct structure structure;
	struct config config;
	(void)count;
	if (!known_structure(&structure, words[0])) return STATUS_USAGE;
	structure_config(&structure, &config);
	config_print(&config, stdout);
	return STATUS_OK;
}

static int command_proven(int count, char **words) {
	(void)count;
	(void)words;
	uint32_t failed, passed = proven_check(&failed);
	printf("%u passed, %u failed\n", passed, failed);
	return failed || !passed ? STATUS_FAILED : STATUS_OK;
}

static const struct suite_command commands[] = {
    {"write", "STRUCTURE COUNT SEED CASES EXPECTED", 5, 5, command_write},
    {"plan", "STRUCTURE SEED NUMBER", 3, 3, command_plan},
    {"replay", "FILE NUMBER CASES EXPECTED", 4, 4, command_replay},
    {"shrink", "FILE BENCH", 2, 2, command_shrink},
    {"network", "CONFIG NETWORK IMAGES COUNT CASES EXPECTED [SECTION.KEY=VALUE ...]", 6, 64, command_network},
    {"compare", "EXPECTED GOT", 2, 2, command_compare},
    {"structures", "[STRUCTURE]", 0, 1, command_structures},
    {"machine", "STRUCTURE", 1, 1, command_machine},
    {"proven", "", 0, 0, command_proven},
};

int main(int argc, char **argv) {
	return command_run("nb_equal", commands, sizeof commands / sizeof commands[0], argc, argv);
}
