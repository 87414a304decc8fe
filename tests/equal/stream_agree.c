/* See stream_case.h: the other ways of running a case. SystemC elaborates once in a process, so it runs in a child. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/systemc/streaming_run.h"
#include "tests/equal/stream_case.h"

enum { LONG_FRAMES = 40, DIFFERENCE_BYTES = 256 };

/* What differs, or an empty text. */
static void difference(const struct pipeline *pipeline, const struct stream_result *a, const struct stream_result *b,
                       char *text) {
	text[0] = '\0';
	if (a->is_stuck != b->is_stuck || a->total_cycles != b->total_cycles) {
		snprintf(text, DIFFERENCE_BYTES, "%" PRIu64 "%s and %" PRIu64 "%s cycles", a->total_cycles,
		         a->is_stuck ? " (stuck)" : "", b->total_cycles, b->is_stuck ? " (stuck)" : "");
		return;
	}
	for (uint32_t k = 0; k < a->frames && !a->is_stuck; k++)
		if (a->frame_end_cycle[k] != b->frame_end_cycle[k]) {
			snprintf(text, DIFFERENCE_BYTES, "frame %" PRIu32 " ends in %" PRIu64 " and %" PRIu64, k,
			         a->frame_end_cycle[k], b->frame_end_cycle[k]);
			return;
		}
	for (uint32_t i = 0; i < a->stage_count; i++)
		if (memcmp(&a->stages[i], &b->stages[i], sizeof a->stages[i])) {
			snprintf(text, DIFFERENCE_BYTES, "the counters of %s", pipeline->stages[i].name);
			return;
		}
	for (uint32_t f = 0; f < a->fifo_count; f++)
		if (memcmp(&a->fifos[f], &b->fifos[f], sizeof a->fifos[f])) {
			snprintf(text, DIFFERENCE_BYTES, "the counters of FIFO %s", pipeline->fifos[f].name);
			return;
		}
}

typedef enum status run_function(const struct pipeline *, uint32_t, const struct stream_options *,
                                 struct stream_result *, struct error *);

/* Runs and compares with `wanted`; `text` gets what differs. */
static void run_and_compare(run_function *run, const struct pipeline *pipeline, const struct stream_options *options,
                            const struct stream_result *wanted, char *text) {
	struct stream_result got;
	struct error error = {""};
	const enum status status = run(pipeline, wanted->frames, options, &got, &error);
	if (status && status != STATUS_STUCK) {
		snprintf(text, DIFFERENCE_BYTES, "%.200s", error.text);
		return;
	}
	difference(pipeline, wanted, &got, text);
	stream_result_clear(&got);
}

static void compare_systemc(const struct pipeline *pipeline, uint64_t shuffle_seed, const struct stream_result *wanted,
                            char *text) {
	const struct stream_options options = {.shuffle_seed = shuffle_seed, .no_recurrence = 1};
	char *shared = mmap(NULL, DIFFERENCE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED) {
		snprintf(text, DIFFERENCE_BYTES, "no shared memory");
		return;
	}
	snprintf(shared, DIFFERENCE_BYTES, "the run did not come to its end");
	fflush(NULL);
	const pid_t child = fork();
	if (child == 0) {
		char found[DIFFERENCE_BYTES] = "";
		run_and_compare(systemc_stream_run, pipeline, &options, wanted, found);
		memcpy(shared, found, sizeof found);
		_exit(0);
	}
	if (child > 0) waitpid(child, NULL, 0);
	memcpy(text, shared, DIFFERENCE_BYTES);
	munmap(shared, DIFFERENCE_BYTES);
}

/* Many frames, each simulated and by recurrence. */
static void compare_long(const struct pipeline *pipeline, char *text) {
	const struct stream_options every = {.no_recurrence = 1}, recurring = {0};
	struct stream_result wanted;
	struct error error = {""};
	const enum status status = stream_run(pipeline, LONG_FRAMES, &every, &wanted, &error);
	if (status && status != STATUS_STUCK) {
		snprintf(text, DIFFERENCE_BYTES, "%.200s", error.text);
		return;
	}
	run_and_compare(stream_run, pipeline, &recurring, &wanted, text);
	stream_result_clear(&wanted);
}

enum status stream_case_agree(const struct stream_case *made, uint64_t shuffle_seed, const struct stream_result *result,
                              struct error *error) {
	const struct stream_options shuffled = {.shuffle_seed = shuffle_seed, .no_recurrence = 1},
	                            recurring = {.shuffle_seed = shuffle_seed};
	const struct pipeline *pipeline = &made->pipeline;
	char text[DIFFERENCE_BYTES] = "";
	run_and_compare(stream_run, pipeline, &shuffled, result, text);
	if (text[0]) return error_set(error, STATUS_FAILED, "shuffled: %s", text);
	run_and_compare(stream_run, pipeline, &recurring, result, text);
	if (text[0]) return error_set(error, STATUS_FAILED, "by recurrence: %s", text);
	compare_long(pipeline, text);
	if (text[0]) return error_set(error, STATUS_FAILED, "%d frames by recurrence: %s", LONG_FRAMES, text);
	compare_systemc(pipeline, shuffle_seed, result, text);
	if (text[0]) return error_set(error, STATUS_FAILED, "SystemC: %s", text);
	return STATUS_OK;
}
