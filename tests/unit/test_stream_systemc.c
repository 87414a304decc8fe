/* The SystemC kernel of the streaming machine against the native one: everything the same, the waveforms too, on random
 * pipelines, both handshakes, in shuffled order, stuck ones too, and on CNV. SystemC runs once in a process, so each
 * run is a child's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "sim/run/simulation_streaming.h"
#include "sim/run/stream_vcd.h"
#include "sim/streaming/sizing.h"
#include "sim/systemc/streaming_run.h"
#include "test_stream_made.h"
#include "workloads/compile.h"

enum { PIPELINES = 60 };

static int is_same(const struct stream_result *one, const struct stream_result *two) {
	if (one->total_cycles != two->total_cycles || one->is_stuck != two->is_stuck) return 0;
	if (!one->is_stuck && memcmp(one->frame_end_cycle, two->frame_end_cycle, one->frames * sizeof(uint64_t)))
		return 0;
	if (memcmp(one->stages, two->stages, one->stage_count * sizeof *one->stages)) return 0;
	return !memcmp(one->fifos, two->fifos, one->fifo_count * sizeof *one->fifos);
}

struct observed {
	uint64_t count, sum; /* of the events */
	struct stream_vcd *vcd;
};

/* The order of events across FIFOs and stages, and into how many pieces a state is cut, is the kernel's own: it does
 * not count. States are in the waveforms. */
static void observe(void *context, const struct stream_event *event) {
	struct observed *observed = context;
	stream_vcd_event(observed->vcd, event);
	if (event->kind == STREAM_STATE) return;
	uint64_t hash = event->cycle * 0x9e3779b97f4a7c15u + event->kind * 0xbf58476d1ce4e5b9u + event->index;
	hash = (hash ^ hash >> 29) * 0x94d049bb133111ebu + event->frame;
	observed->count++;
	observed->sum += hash ^ hash >> 32;
}

static enum status run_one(stream_kernel *kernel, const struct pipeline *pipeline, uint32_t frames,
                           uint64_t shuffle_seed, const char *path, struct stream_result *result,
                           struct observed *observed, struct error *error) {
	struct error closing;
	*observed = (struct observed){0};
	if (stream_vcd_open(&observed->vcd, path, pipeline, 300000, frames, error)) return STATUS_IO;
	const struct stream_options options = {
	    .no_recurrence = 1, .shuffle_seed = shuffle_seed, .context = observed, .event = observe};
	const enum status status = kernel(pipeline, frames, &options, result, error);
	return stream_vcd_close(observed->vcd, result->total_cycles, &closing) ? STATUS_IO : status;
}

static int is_same_file(const char *one, const char *other) {
	FILE *a = fopen(one, "r"), *b = fopen(other, "r");
	uint64_t bytes = 0;
	int c = EOF;
	while (a && b && (c = getc(a)) == getc(b) && c != EOF) bytes++;
	const int is_same = a && b && c == EOF && feof(b) && bytes;
	if (a) fclose(a);
	if (b) fclose(b);
	return is_same;
}

/* In a child: 0 the same, 1 not, 2 an error. */
static int run_both(const struct pipeline *pipeline, uint32_t frames, uint64_t shuffle_seed) {
	struct stream_result native, systemc;
	struct observed native_observed, systemc_observed;
	struct error error = {""}, other = {""};
	char native_path[] = "/tmp/nbsim_native_XXXXXX", systemc_path[] = "/tmp/nbsim_systemc_XXXXXX";
	close(mkstemp(native_path));
	close(mkstemp(systemc_path));
	const enum status wanted =
	    run_one(stream_run, pipeline, frames, 0, native_path, &native, &native_observed, &error);
	const enum status status = run_one(systemc_stream_run, pipeline, frames, shuffle_seed, systemc_path, &systemc,
	                                   &systemc_observed, &other);
	int different = !is_same_file(native_path, systemc_path);
	unlink(native_path);
	unlink(systemc_path);
	if (status != wanted || (status && status != STATUS_STUCK)) {
		fprintf(stderr, "native %d %s, SystemC %d %s\n", wanted, error.text, status, other.text);
		return 2;
	}
	different |= !is_same(&native, &systemc) || strcmp(error.text, other.text) != 0;
	if (!status)
		different |=
		    native_observed.count != systemc_observed.count || native_observed.sum != systemc_observed.sum;
	stream_result_clear(&native);
	stream_result_clear(&systemc);
	return different;
}

static void check_in_child(const struct pipeline *pipeline, uint32_t frames, uint64_t shuffle_seed, const char *what) {
	int status = 0;
	fflush(NULL);
	const pid_t child = fork();
	assert_true(child >= 0);
	if (!child) _exit(run_both(pipeline, frames, shuffle_seed));
	assert_int_equal(waitpid(child, &status, 0), child);
	if (!WIFEXITED(status) || WEXITSTATUS(status)) fail_msg("%s: status %d", what, status);
}

static void test_random_pipelines(void **state) {
	(void)state;
	struct made *made = malloc(sizeof *made);
	char what[32];
	for (uint64_t seed = 1; seed <= PIPELINES; seed++) {
		made_random(made, seed, 3);
		if (seed % 4) assert_int_equal(stream_size_skips(&made->pipeline, NULL), STATUS_OK);
		snprintf(what, sizeof what, "seed %d", (int)seed);
		check_in_child(&made->pipeline, 1 + (uint32_t)(seed % 6), seed % 3 ? seed : 0, what);
	}
	free(made);
}

static void test_cnv(void **state) {
	(void)state;
	struct trace trace;
	struct config config;
	struct pipeline pipeline;
	struct error error = {""};
	const struct compile_options options = {.network = NBSIM_SOURCE_DIR "/workloads/networks/cnv-w1a1",
	                                        .shape_only = 1};
	if (compile_network(&options, &trace, NULL, &error)) fail_msg("%s", error.text);
	if (config_read(&config, NBSIM_SOURCE_DIR "/configs/cnv-w1a1-ultra96.ini", &error)) fail_msg("%s", error.text);
	for (uint32_t flushing = 0; flushing < 2; flushing++) {
		config.streaming_pipeline = flushing;
		if (pipeline_map(&trace, &config, &pipeline, &error)) fail_msg("%s", error.text);
		check_in_child(&pipeline, 3, flushing, "CNV");
		pipeline_clear(&pipeline);
	}
	trace_clear(&trace);
}

static int refuse_second_run(const struct pipeline *pipeline) {
	struct stream_result result;
	struct error error = {""};
	const uint8_t unbounded[MADE_FIFOS_MAX] = {1};
	const struct stream_options options = {.unbounded = unbounded};
	if (systemc_stream_run(pipeline, 1, &options, &result, &error) != STATUS_USAGE) return 1;
	if (systemc_stream_run(pipeline, 1, NULL, &result, &error) != STATUS_OK) return 2;
	stream_result_clear(&result);
	return systemc_stream_run(pipeline, 1, NULL, &result, &error) == STATUS_FAILED ? 0 : 3;
}

static int stop_at_once(const struct pipeline *pipeline) {
	struct stream_result result;
	struct error error = {""};
	const volatile sig_atomic_t stop = 1;
	const struct stream_options options = {.stop = &stop};
	return systemc_stream_run(pipeline, 1, &options, &result, &error) == STATUS_INTERRUPTED ? 0 : 1;
}

static void test_refusals(void **state) {
	(void)state;
	struct made *made = malloc(sizeof *made);
	int (*const checks[])(const struct pipeline *) = {refuse_second_run, stop_at_once};
	made_random(made, 2, 1);
	assert_int_equal(stream_size_skips(&made->pipeline, NULL), STATUS_OK);
	for (size_t i = 0; i < 2; i++) {
		int status = 0;
		fflush(NULL);
		const pid_t child = fork();
		if (!child) _exit(checks[i](&made->pipeline));
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), 0);
	}
	free(made);
}

int main(void) {
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_random_pipelines), cmocka_unit_test(test_cnv),
	                                   cmocka_unit_test(test_refusals)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
