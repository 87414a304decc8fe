/* Equality of the native kernel, its shuffled self, the functional executor and the layer kernels on random cases; and the
 * expected results for the RTL bench.
 *
 *   nb_equal write STRUCTURE COUNT SEED CASES EXPECTED   draws COUNT cases, checks all but RTL, writes both files
 *   nb_equal network CONFIG NETWORK IMAGES COUNT CASES EXPECTED [SECTION.KEY=VALUE ...]
 *                                                        the same for a trained network on real images, one case an image
 *   nb_equal compare EXPECTED GOT                        compares case by case; prints the first difference of each
 *   nb_equal structures                                  prints the parameters of each structure, one a line
 * Last line: N passed, N failed. A case that the mapper refuses is drawn again.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/input/image.h"
#include "sim/mapper/mapper.h"
#include "sim/run/native.h"
#include "sim/values/values.h"
#include "tests/equal/case_file.h"
#include "tests/equal/random_case.h"
#include "workloads/compile.h"

struct drawn { struct config config; struct trace trace; struct program program; struct mapping mapping; int16_t *input; };

static void drawn_clear(struct drawn *drawn) {
	program_clear(&drawn->program);
	mapping_clear(&drawn->mapping);
	trace_clear(&drawn->trace);
	free(drawn->input);
	drawn->input = NULL;
}

/* Draws until the mapper accepts. Returns the number of refused draws, or -1 when none was accepted. */
static int draw(struct random_source *random, const struct structure *structure, struct drawn *drawn, struct error *error) {
	for (int refused = 0; refused < 200; refused++) {
		memset(drawn, 0, sizeof *drawn);
		random_config(random, structure, &drawn->config);
		if (!random_trace(random, structure, &drawn->trace)) return -1;
		drawn->input = random_input(random, &drawn->trace);
		enum status status = config_check(&drawn->config, "random machine", error);
		if (!status) status = trace_check(&drawn->trace, "random network", error);
		if (status) {
			fprintf(stderr, "nb_equal: a drawn case is malformed: %s\n", error->text);
			return -1;
		}
		status = mapper_map(&drawn->trace, &drawn->config, NULL, &drawn->program, &drawn->mapping, error);
		if (!status) return refused;
		if (getenv("NB_EQUAL_VERBOSE")) fprintf(stderr, "refused: %s\n", error->text);
		drawn_clear(drawn);
	}
	return -1;
}

static int results_equal(const struct machine_result *a, const struct machine_result *b) {
	return a->total_cycles == b->total_cycles && a->layer_count == b->layer_count &&
	       !memcmp(a->layers, b->layers, a->layer_count * sizeof *a->layers) && !memcmp(a->channels, b->channels, sizeof a->channels) &&
	       !memcmp(a->frame_end_cycle, b->frame_end_cycle, a->frame_count * sizeof *a->frame_end_cycle);
}

/* Sum over states and layers is the total, for each row. */
static int attribution_sums(const struct machine_result *result) {
	for (int row = 0; row < ATTRIBUTION_ROWS; row++) {
		uint64_t sum = 0;
		for (uint32_t layer = 0; layer < result->layer_count; layer++)
			for (int state = 0; state < STATE_COUNT; state++) sum += result->layers[layer].cycles[row][state];
		if (sum != result->total_cycles) return 0;
	}
	return 1;
}

/* The executor in the order in which the timed run began the commands. */
struct timed_executor { struct executor *executor; enum status status; struct error error; };

static void run_started(void *context, const struct machine_event *event) {
	struct timed_executor *timed = context;
	if (event->kind != EVENT_ACCEPT || timed->status) return;
	timed->status = executor_command(timed->executor, event->command, &timed->error);
}

static int scores_equal_kernels(const struct drawn *drawn, const struct executor *executor, struct error *error) {
	uint32_t count = drawn->trace.classes;
	int32_t *got = calloc(count, sizeof *got), *expected = calloc(count, sizeof *expected);
	struct values_network *network = NULL;
	int equal = 0;
	enum status status = values_network_create(&network, &drawn->trace, VALUES_FAST, error);
	if (!status) {
		values_network_run(network, drawn->input, expected);
		status = executor_get_scores(executor, got, count, error);
	}
	if (!status) {
		equal = !memcmp(got, expected, count * sizeof *got);
		if (!equal) error_set(error, STATUS_FAILED, "scores of the executor differ from the layer kernels (class 0: %d, expected %d)", got[0], expected[0]);
	}
	values_network_free(network);
	free(got);
	free(expected);
	return equal;
}

static int check_case(const struct drawn *drawn, uint32_t number, FILE *cases, FILE *expected, struct error *error) {
	const struct trace_map *input = &drawn->trace.maps[drawn->trace.input_map];
	struct timed_executor timed = {0};
	struct machine_result result, shuffled;
	struct native_options options = {.context = &timed, .event = run_started};
	enum status status = executor_create(&timed.executor, &drawn->config, &drawn->program, error);
	if (!status) status = executor_put_input(timed.executor, drawn->input, input->height, input->width, input->channels, input->kind == TRACE_MAP_BITS, error);
	if (status) return 0;
	case_write(cases, &drawn->config, &drawn->program, timed.executor);
	status = native_run(&drawn->config, &drawn->program, &options, &result, error);
	int passed = !status;
	if (passed && timed.status) {
		*error = timed.error;
		passed = 0;
	}
	if (passed) {
		case_result_write(expected, number, &drawn->config, &drawn->program, &result, timed.executor);
		struct native_options other = {.shuffle_seed = number + 1};
		status = native_run(&drawn->config, &drawn->program, &other, &shuffled, error);
		if (status || !results_equal(&result, &shuffled)) {
			if (!status) error_set(error, STATUS_FAILED, "another wake order gives another result");
			passed = 0;
		}
		if (!status) machine_result_clear(&shuffled);
		if (passed && !attribution_sums(&result)) {
			error_set(error, STATUS_FAILED, "attribution does not sum to the total");
			passed = 0;
		}
		machine_result_clear(&result);
	} else {
		fprintf(expected, "case %u\nfailed\nend\n", number);
	}
	if (passed) passed = scores_equal_kernels(drawn, timed.executor, error);
	executor_free(timed.executor);
	return passed;
}

static int write_cases(const struct structure *structure, uint32_t count, uint64_t seed, FILE *cases, FILE *expected) {
	uint32_t failed = 0, refused = 0;
	struct error error;
	for (uint32_t number = 0; number < count; number++) {
		struct random_source random = {seed * 1000003u + number};
		struct drawn drawn;
		int draws = draw(&random, structure, &drawn, &error);
		if (draws < 0) return STATUS_FAILED;
		refused += (uint32_t)draws;
		if (!check_case(&drawn, number, cases, expected, &error)) {
			failed++;
			printf("%s seed %llu case %u: %s\n", structure->name, (unsigned long long)seed, number, error.text);
		}
		drawn_clear(&drawn);
	}
	printf("%s: %u cases, %u draws refused by the mapper\n", structure->name, count, refused);
	printf("%u passed, %u failed\n", count - failed, failed);
	return failed ? STATUS_FAILED : STATUS_OK;
}

static enum status network_prepare(struct drawn *drawn, const char *config, const char *network, int count, char **settings, struct error *error) {
	memset(drawn, 0, sizeof *drawn);
	enum status status = config_read(&drawn->config, config, error);
	for (int i = 0; i < count && !status; i++) status = config_set(&drawn->config, settings[i], error);
	if (!status) status = config_check(&drawn->config, config, error);
	struct compile_options options = {.network = network, .config = &drawn->config};
	if (!status) status = compile_network(&options, &drawn->trace, NULL, error);
	if (status) return status;
	mapper_resolve_widths(&drawn->config, &drawn->trace);
	return mapper_map(&drawn->trace, &drawn->config, NULL, &drawn->program, &drawn->mapping, error);
}

/* Real images through a trained network; its frames must be equal like any other case. */
static int write_network(int argc, char **argv) {
	struct drawn drawn;
	struct error error;
	struct image_set *images = NULL;
	uint32_t count = (uint32_t)strtoul(argv[5], NULL, 10), failed = 0;
	FILE *cases = fopen(argv[6], "w"), *expected = fopen(argv[7], "w");
	enum status status = cases && expected ? STATUS_OK : error_set(&error, STATUS_IO, "%s or %s cannot be written", argv[6], argv[7]);
	if (!status) status = network_prepare(&drawn, argv[2], argv[3], argc - 8, argv + 8, &error);
	if (!status) status = image_set_open(&images, argv[4], count, &error);
	if (!status) status = image_set_check(images, &drawn.trace, &error);
	if (status) {
		fprintf(stderr, "nb_equal: %s\n", error.text);
		return status;
	}
	drawn.input = calloc(image_map_values(&drawn.trace), sizeof *drawn.input);
	count = image_set_count(images);
	for (uint32_t i = 0; i < count && drawn.input; i++) {
		image_to_map(&drawn.trace, image_set_read(images, i, NULL), drawn.input);
		if (check_case(&drawn, i, cases, expected, &error)) continue;
		failed++;
		printf("image %u: %s\n", i, error.text);
	}
	printf("machine %s\n%u passed, %u failed\n", argv[2], count - failed, failed);
	image_set_close(images);
	drawn_clear(&drawn);
	if (fclose(cases) || fclose(expected)) return STATUS_IO;
	return failed ? STATUS_FAILED : STATUS_OK;
}

/* Reads up to and including the line `end`; returns 0 at the end of the file. */
static int read_case(FILE *file, char **text, size_t *bytes) {
	char *line = NULL;
	size_t line_bytes = 0, used = 0;
	ssize_t got;
	while ((got = getline(&line, &line_bytes, file)) > 0) {
		if (used + (size_t)got + 1 > *bytes) {
			*bytes = 2 * (used + (size_t)got + 1);
			*text = realloc(*text, *bytes);
			if (!*text) abort();
		}
		memcpy(*text + used, line, (size_t)got + 1);
		used += (size_t)got;
		if (!strcmp(line, "end\n")) break;
	}
	free(line);
	return used > 0;
}

static void print_difference(const char *a, const char *b) {
	while (*a && *b) {
		size_t la = strcspn(a, "\n"), lb = strcspn(b, "\n");
		if (la != lb || memcmp(a, b, la)) break;
		a += la + (a[la] ? 1 : 0);
		b += lb + (b[lb] ? 1 : 0);
	}
	printf("  model: %.*s\n  rtl:   %.*s\n", (int)(strcspn(a, "\n") > 90 ? 90 : strcspn(a, "\n")), a, (int)(strcspn(b, "\n") > 90 ? 90 : strcspn(b, "\n")), b);
}

static int compare(const char *expected_path, const char *got_path) {
	FILE *expected = fopen(expected_path, "r"), *got = fopen(got_path, "r");
	char *a = NULL, *b = NULL;
	size_t a_bytes = 0, b_bytes = 0;
	uint32_t passed = 0, failed = 0;
	if (!expected || !got) {
		fprintf(stderr, "nb_equal: %s or %s cannot be read\n", expected_path, got_path);
		return STATUS_IO;
	}
	while (read_case(expected, &a, &a_bytes)) {
		int there = read_case(got, &b, &b_bytes);
		if (there && !strcmp(a, b)) {
			passed++;
			continue;
		}
		failed++;
		printf("case %u differs:\n", passed + failed - 1);
		print_difference(a, there ? b : "(missing)\n");
	}
	printf("%u passed, %u failed\n", passed, failed);
	fclose(expected);
	fclose(got);
	free(a);
	free(b);
	return failed || !passed ? STATUS_FAILED : STATUS_OK;
}

static void print_structures(void) {
	for (uint32_t i = 0; i < structure_count; i++) {
		const struct structure *s = &structures[i];
		printf("%s P=%u W=%u R=%u Q=%u L=%u X=%u S=%u QD=%u channels=%u packing=%u fabric=%u popcount=%u weight_bits=%u activation_bits=%u "
		       "acc_bits=%d sum_bits=%d window_bits=%u",
		       s->name, s->pes, s->words, s->rows, s->columns, s->lanes, s->axi_bytes, s->outstanding, s->queue_depth, s->channels,
		       s->packing, s->fabric, s->popcount, s->weight_bits, s->activation_bits, RANDOM_ACCUMULATOR_BITS, RANDOM_SUM_BITS, s->window_bits);
		for (int b = 0; b < BUFFER_COUNT; b++) printf(" depth%d=%u banks%d=%u", b, s->depth_words[b], b, s->banks[b]);
		printf("\n");
	}
}

int main(int argc, char **argv) {
	if (argc == 2 && !strcmp(argv[1], "structures")) {
		print_structures();
		return STATUS_OK;
	}
	if (argc == 4 && !strcmp(argv[1], "compare")) return compare(argv[2], argv[3]);
	if (argc >= 8 && !strcmp(argv[1], "network")) return write_network(argc, argv);
	if (argc != 7 || strcmp(argv[1], "write")) {
		fprintf(stderr, "usage: nb_equal write STRUCTURE COUNT SEED CASES EXPECTED | network CONFIG NETWORK IMAGES COUNT CASES EXPECTED | compare EXPECTED GOT | structures\n");
		return STATUS_USAGE;
	}
	const struct structure *structure = NULL;
	for (uint32_t i = 0; i < structure_count; i++)
		if (!strcmp(structures[i].name, argv[2])) structure = &structures[i];
	FILE *cases = fopen(argv[5], "w"), *expected = fopen(argv[6], "w");
	if (!structure || !cases || !expected) {
		fprintf(stderr, "nb_equal: unknown structure '%s', or a file cannot be written\n", argv[2]);
		return STATUS_USAGE;
	}
	int status = write_cases(structure, (uint32_t)strtoul(argv[3], NULL, 10), strtoull(argv[4], NULL, 10), cases, expected);
	if (fclose(cases) || fclose(expected)) status = STATUS_IO;
	return status;
}
