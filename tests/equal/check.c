/* See check.h. What is compared: of the kernels all of machine_result but `wakes`; of the values the scores. */
#include "tests/equal/check.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/run/native.h"
#include "sim/systemc/systemc_run.h"
#include "sim/values/values.h"
#include "tests/equal/case_file.h"

enum { REFUSALS_MAX = 1000 };

void drawn_clear(struct drawn *drawn) {
	program_clear(&drawn->program);
	mapping_clear(&drawn->mapping);
	trace_clear(&drawn->trace);
	free(drawn->input);
	drawn->input = NULL;
}

enum status drawn_prepare(struct drawn *drawn, const struct plan *plan, struct error *error) {
	memset(drawn, 0, sizeof *drawn);
	drawn->config = plan->config;
	enum status status = plan_build(plan, &drawn->trace, &drawn->input, error);
	if (!status) status = mapper_map(&drawn->trace, &drawn->config, NULL, &drawn->program, &drawn->mapping, error);
	if (status) drawn_clear(drawn);
	return status;
}

/* Another sequence for every structure. */
static uint64_t seed_of(const struct structure *structure, uint64_t seed, uint32_t number) {
	uint64_t hash = 0xcbf29ce484222325u; /* FNV-1a */
	for (const char *c = structure->name; *c; c++) hash = (hash ^ (uint8_t)*c) * 0x100000001b3u;
	return hash + seed * 1000003u + number;
}

int drawn_draw(struct drawn *drawn, struct plan *plan, const struct structure *structure, uint64_t seed,
               uint32_t number, struct error *error) {
	struct random_source random = {seed_of(structure, seed, number)};
	struct plan own;
	if (!plan) plan = &own;
	for (int refused = 0; refused < REFUSALS_MAX; refused++) {
		plan_draw(plan, &random, structure);
		enum status status = drawn_prepare(drawn, plan, error);
		if (!status) return refused;
		if (status != STATUS_UNMAPPABLE) return -1;
	}
	return -1;
}

/* What differs between two results, or NULL. */
static const char *difference(const struct machine_result *a, const struct machine_result *b) {
	if (a->total_cycles != b->total_cycles) return "total cycles differ";
	if (a->frame_count != b->frame_count || a->preamble_cycles != b->preamble_cycles) return "frames differ";
	if (memcmp(a->frame_end_cycle, b->frame_end_cycle, a->frame_count * sizeof *a->frame_end_cycle))
		return "frame ends differ";
	if (a->layer_count != b->layer_count) return "layer counts differ";
	if (memcmp(a->layers, b->layers, a->layer_count * sizeof *a->layers)) return "attribution or counters differ";
	if (memcmp(a->channels, b->channels, sizeof a->channels)) return "channel counters differ";
	if (memcmp(a->port_wait_cycles, b->port_wait_cycles, sizeof a->port_wait_cycles)) return "port waits differ";
	return NULL;
}

/* In the child. Leaves `text` empty when SystemC gives the same. */
static void compare_systemc(const struct drawn *drawn, const struct machine_result *native, uint64_t shuffle_seed,
                            char *text) {
	struct native_options options = {.shuffle_seed = shuffle_seed};
	struct machine_result systemc;
	struct error error;
	if (systemc_kernel(&drawn->config, &drawn->program, &options, &systemc, &error)) {
		snprintf(text, ERROR_TEXT_BYTES, "%s", error.text);
		return;
	}
	const char *differs = difference(native, &systemc);
	snprintf(text, ERROR_TEXT_BYTES, "%s", differs ? differs : "");
	machine_result_clear(&systemc);
}

/* SystemC elaborates once in a process: each case has a child. */
static int systemc_is_equal(const struct drawn *drawn, const struct machine_result *native, uint64_t shuffle_seed,
                            struct error *error) {
	char *text = mmap(NULL, ERROR_TEXT_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (text == MAP_FAILED) return !error_set(error, STATUS_MEMORY, "no memory shared with a child");
	snprintf(text, ERROR_TEXT_BYTES, "the run did not come to its end");
	fflush(NULL);
	pid_t child = fork();
	if (child == 0) {
		compare_systemc(drawn, native, shuffle_seed, text);
		_exit(0);
	}
	if (child > 0) waitpid(child, NULL, 0);
	int is_equal = !text[0];
	if (!is_equal) error_set(error, STATUS_FAILED, "SystemC: %.200s", text);
	munmap(text, ERROR_TEXT_BYTES);
	return is_equal;
}

static int shuffled_is_equal(const struct drawn *drawn, const struct machine_result *native, uint64_t shuffle_seed,
                             struct error *error) {
	struct native_options options = {.shuffle_seed = shuffle_seed};
	struct machine_result shuffled;
	if (native_run(&drawn->config, &drawn->program, &options, &shuffled, error)) return 0;
	const char *differs = difference(native, &shuffled);
	if (differs) error_set(error, STATUS_FAILED, "another wake order gives another result: %s", differs);
	machine_result_clear(&shuffled);
	return !differs;
}

/* Sum over states and layers is the total, for each row. */
static int attribution_sums(const struct machine_result *result, struct error *error) {
	for (int row = 0; row < ATTRIBUTION_ROWS; row++) {
		uint64_t sum = 0;
		for (uint32_t layer = 0; layer < result->layer_count; layer++)
			for (int state = 0; state < STATE_COUNT; state++)
				sum += result->layers[layer].cycles[row][state];
		if (sum == result->total_cycles) continue;
		error_set(error, STATUS_FAILED, "the attribution of %s does not sum to the total",
		          attribution_row_names[row]);
		return 0;
	}
	return 1;
}

/* The executor in the order in which the timed run began the commands. */
struct timed_executor {
	struct executor *executor;
	enum status status;
	struct error error;
};

static void run_started(void *context, const struct machine_event *event) {
	struct timed_executor *timed = context;
	if (event->kind != EVENT_ACCEPT || timed->status) return;
	timed->status = executor_command(timed->executor, event->command, &timed->error);
}

static int scores_equal_kernels(const struct drawn *drawn, const struct executor *executor, struct error *error) {
	const uint32_t count = drawn->trace.classes, all = drawn->trace.maps[drawn->trace.scores_map].channels;
	int32_t *got = calloc(count, sizeof *got), *expected = calloc(all, sizeof *expected);
	struct values_network *network = NULL;
	enum status status = got && expected ? STATUS_OK : error_set(error, STATUS_MEMORY, "out of memory");
	if (!status) status = values_network_create(&network, &drawn->trace, VALUES_FAST, error);
	if (!status) {
		values_network_run(network, drawn->input, expected);
		status = executor_get_scores(executor, got, count, error);
	}
	for (uint32_t c = 0; c < count && !status; c++)
		if (got[c] != expected[c])
			status =
			    error_set(error, STATUS_FAILED, "class %u: the executor gives %d, the layer kernels %d", c,
			              got[c], expected[c]);
	values_network_free(network);
	free(got);
	free(expected);
	return !status;
}

/* The layer kernels after a frame of the drawn input. */
static enum status values_of(const struct drawn *drawn, struct values_network **network, struct error *error) {
	int32_t *scores = calloc(drawn->trace.maps[drawn->trace.scores_map].channels, sizeof *scores);
	if (!scores) return error_set(error, STATUS_MEMORY, "out of memory");
	enum status status = values_network_create(network, &drawn->trace, VALUES_FAST, error);
	if (!status) values_network_run(*network, drawn->input, scores);
	free(scores);
	return status;
}

static int count_coverage(const struct drawn *drawn, const struct machine_result *result, struct coverage *coverage,
                          struct error *error) {
	struct config no_refresh = drawn->config, no_tras = drawn->config;
	struct machine_result without_refresh, without_tras;
	struct values_network *network;
	if (!coverage) return 1;
	no_refresh.dram_trefi_ps = 0;
	no_tras.dram_tras_ps = 1;
	if (values_of(drawn, &network, error)) return 0;
	if (native_run(&no_refresh, &drawn->program, NULL, &without_refresh, error)) {
		values_network_free(network);
		return 0;
	}
	const int good = !native_run(&no_tras, &drawn->program, NULL, &without_tras, error);
	if (good) {
		coverage_add(coverage, &drawn->config, &drawn->trace, &drawn->program, &drawn->mapping, network, result,
		             &without_refresh, &without_tras);
		machine_result_clear(&without_tras);
	}
	machine_result_clear(&without_refresh);
	values_network_free(network);
	return good;
}

/* Native run with the executor; on success the result is the caller's. */
static int run_native(const struct drawn *drawn, struct timed_executor *timed, struct machine_result *result,
                      FILE *cases, struct error *error) {
	const struct trace_map *input = &drawn->trace.maps[drawn->trace.input_map];
	const struct native_options options = {.context = timed, .event = run_started};
	enum status status = executor_create(&timed->executor, &drawn->config, &drawn->program, error);
	if (!status)
		status = executor_put_input(timed->executor, drawn->input, input->height, input->width, input->channels,
		                            input->kind == TRACE_MAP_BITS, error);
	if (status) return 0;
	case_write(cases, &drawn->config, &drawn->program, timed->executor);
	if (native_run(&drawn->config, &drawn->program, &options, result, error)) return 0;
	if (!timed->status) return 1;
	*error = timed->error;
	machine_result_clear(result);
	return 0;
}

int check_case(const struct drawn *drawn, uint32_t number, FILE *cases, FILE *expected, struct coverage *coverage,
               struct error *error) {
	struct timed_executor timed = {0};
	struct machine_result result;
	int passed = run_native(drawn, &timed, &result, cases, error);
	if (passed) {
		case_result_write(expected, number, &drawn->config, &drawn->program, &result, timed.executor);
		passed = shuffled_is_equal(drawn, &result, number + 1, error) && attribution_sums(&result, error) &&
		         systemc_is_equal(drawn, &result, number % 2 ? number : 0, error) &&
		         scores_equal_kernels(drawn, timed.executor, error) &&
		         count_coverage(drawn, &result, coverage, error);
		machine_result_clear(&result);
	} else {
		fprintf(expected, "case %u\nfailed\nend\n", number);
	}
	executor_free(timed.executor);
	return passed;
}
