/* Is the timeline JSON, and does it say what the run did? Its entries, one a line, are read back and held against the
 * counters of the run. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "sim/run/native.h"
#include "sim/run/timeline.h"
#include "tests/unit/hand_program.h"

enum { SPANS_MAX = 20000, PID_OF_UNITS = 2, TID_PORT = 1 };

struct span {
	char name[24];
	int process, track;
	unsigned long long from, cycles;
	unsigned layer, command;
};

struct view {
	struct span *spans;
	uint32_t count;
	unsigned long long read_bytes, written_bytes, running_units, running_unit_cycles, running_since;
};

static void read_counter(struct view *view, const char *line) {
	char name[24];
	unsigned long long cycle, value;
	if (sscanf(line,
	           "{\"ph\":\"C\",\"name\":\"%23[^\"]\",\"pid\":1,\"tid\":0,\"ts\":%llu,\"args\":{\"%*[^\"]\":%llu}}",
	           name, &cycle, &value) != 3)
		return;
	if (!strcmp(name, "ddr_read_bytes")) view->read_bytes = value;
	if (!strcmp(name, "ddr_written_bytes")) view->written_bytes = value;
	if (strcmp(name, "running_units") != 0) return;
	assert_true(cycle >= view->running_since);
	view->running_unit_cycles += view->running_units * (cycle - view->running_since);
	view->running_units = value;
	view->running_since = cycle;
}

static void read_view(const char *path, struct view *view) {
	char line[512];
	FILE *file = fopen(path, "r");
	assert_non_null(file);
	memset(view, 0, sizeof *view);
	view->spans = calloc(SPANS_MAX, sizeof *view->spans);
	assert_non_null(view->spans);
	while (fgets(line, sizeof line, file)) {
		struct span span;
		unsigned long long cycles;
		read_counter(view, line);
		if (sscanf(line,
		           "{\"ph\":\"X\",\"name\":\"%23[^\"]\",\"pid\":%d,\"tid\":%d,\"ts\":%llu,\"dur\":%llu,"
		           "\"args\":{\"layer\":%u,"
		           "\"command\":%u,\"cycles\":%llu}}",
		           span.name, &span.process, &span.track, &span.from, &span.cycles, &span.layer, &span.command,
		           &cycles) != 8)
			continue;
		assert_int_equal(cycles, span.cycles);
		assert_true(view->count < SPANS_MAX);
		view->spans[view->count++] = span;
	}
	fclose(file);
}

static int by_track(const void *a, const void *b) {
	const struct span *x = a, *y = b;
	if (x->process != y->process) return x->process - y->process;
	if (x->track != y->track) return x->track - y->track;
	return x->from < y->from ? -1 : x->from > y->from;
}

/* Complete events of one track must not overlap, or a viewer shows them wrongly. */
static void check_tracks(struct view *view) {
	qsort(view->spans, view->count, sizeof *view->spans, by_track);
	for (uint32_t i = 1; i < view->count; i++) {
		const struct span *before = &view->spans[i - 1], *span = &view->spans[i];
		if (before->process != span->process || before->track != span->track) continue;
		assert_true(before->from + before->cycles <= span->from);
	}
}

struct account {
	struct timeline *timeline;
	uint64_t running[UNIT_COUNT], commands[UNIT_COUNT];
};

static void observe(void *context, const struct machine_event *event) {
	struct account *account = context;
	timeline_event(account->timeline, event);
	if (event->kind == EVENT_START) account->running[event->unit] += event->end_cycle - event->cycle + 1;
	if (event->kind == EVENT_ACCEPT) account->commands[event->unit]++;
}

static void check_view(const struct hand_program *hand, const struct account *account,
                       const struct machine_result *result, const struct view *view) {
	uint64_t running[UNIT_COUNT] = {0}, waiting[UNIT_COUNT] = {0}, commands[UNIT_COUNT] = {0}, all_running = 0;
	uint64_t read_bytes = 0, written_bytes = 0;
	for (uint32_t i = 0; i < view->count; i++) {
		const struct span *span = &view->spans[i];
		int unit = span->process - PID_OF_UNITS;
		assert_true(unit >= 0 && unit < UNIT_COUNT);
		assert_true(span->from + span->cycles <= result->total_cycles + 1);
		assert_int_equal(hand->program.commands[span->command].layer, span->layer);
		assert_int_equal(command_unit(&hand->program.commands[span->command]), unit);
		if (span->track != TID_PORT)
			commands[unit]++;
		else if (!strcmp(span->name, "run"))
			running[unit] += span->cycles;
		else
			waiting[unit] += span->cycles;
	}
	for (int unit = 0; unit < UNIT_COUNT; unit++) {
		assert_int_equal(running[unit], account->running[unit]);
		assert_int_equal(waiting[unit], result->port_wait_cycles[unit]);
		assert_int_equal(commands[unit], account->commands[unit]);
		all_running += running[unit];
	}
	for (uint32_t layer = 0; layer < result->layer_count; layer++) {
		read_bytes += result->layers[layer].ddr_read_bytes;
		written_bytes += result->layers[layer].ddr_write_bytes;
	}
	assert_int_equal(view->read_bytes, read_bytes);
	assert_int_equal(view->written_bytes, written_bytes);
	assert_int_equal(view->running_unit_cycles, all_running);
}

static void check_json(const char *path) {
	char command[256];
	if (system("python3 -c pass >/dev/null 2>&1")) return;
	snprintf(command, sizeof command, "python3 -m json.tool %s >/dev/null", path);
	assert_int_equal(system(command), 0);
}

static void run_and_check(const struct hand_program *hand) {
	struct account account = {0};
	struct machine_result result;
	struct view view;
	struct error error;
	char path[] = "/tmp/nbsim_timeline_XXXXXX";
	close(mkstemp(path));
	struct native_options options = {.context = &account, .event = observe};
	assert_int_equal(timeline_open(&account.timeline, path, &hand->config, &hand->program, &error), STATUS_OK);
	assert_int_equal(native_run(&hand->config, &hand->program, &options, &result, &error), STATUS_OK);
	assert_int_equal(timeline_close(account.timeline, result.total_cycles, &error), STATUS_OK);
	check_json(path);
	read_view(path, &view);
	check_tracks(&view);
	check_view(hand, &account, &result, &view);
	free(view.spans);
	machine_result_clear(&result);
	unlink(path);
}

static void chain_is_shown(void **state) {
	(void)state;
	struct hand_program hand;
	hand_chain(&hand);
	run_and_check(&hand);
}

static void random_programs_are_shown(void **state) {
	(void)state;
	static struct hand_program hand;
	for (uint64_t seed = 200; seed < 208; seed++) {
		hand_random(&hand, seed);
		run_and_check(&hand);
	}
}

static void failed_run_is_json(void **state) {
	(void)state;
	struct hand_program hand;
	struct account account = {0};
	struct machine_result result;
	struct view view;
	struct error error;
	char path[] = "/tmp/nbsim_timeline_XXXXXX";
	close(mkstemp(path));
	hand_stuck(&hand);
	struct native_options options = {.context = &account, .event = observe};
	assert_int_equal(timeline_open(&account.timeline, path, &hand.config, &hand.program, &error), STATUS_OK);
	assert_int_equal(native_run(&hand.config, &hand.program, &options, &result, &error), STATUS_STUCK);
	assert_int_equal(timeline_close(account.timeline, 0, &error), STATUS_OK);
	check_json(path);
	read_view(path, &view);
	assert_true(view.count > 0);
	free(view.spans);
	unlink(path);
}

static void bad_files_are_told(void **state) {
	(void)state;
	struct hand_program hand;
	struct timeline *timeline;
	struct error error;
	hand_chain(&hand);
	assert_int_equal(timeline_open(&timeline, "/nonexistent/x.json", &hand.config, &hand.program, &error),
	                 STATUS_IO);
	assert_null(timeline);
	assert_non_null(strstr(error.text, "/nonexistent/x.json: "));
	assert_int_equal(timeline_close(NULL, 0, &error), STATUS_OK);
	if (access("/dev/full", W_OK)) skip();
	assert_int_equal(timeline_open(&timeline, "/dev/full", &hand.config, &hand.program, &error), STATUS_OK);
	assert_int_equal(timeline_close(timeline, 10, &error), STATUS_IO);
	assert_non_null(strstr(error.text, "/dev/full: "));
}

int main(void) {
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(chain_is_shown),
	    cmocka_unit_test(random_programs_are_shown),
	    cmocka_unit_test(failed_run_is_json),
	    cmocka_unit_test(bad_files_are_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
