/* Does the SystemC kernel give the native kernel's results, with its own memory and with another model of the same
 * timing? Does it fail in one sentence, and print nothing? SystemC elaborates once in a process, so every run has a
 * child. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "sim/run/vcd.h"
#include "sim/systemc/systemc_run.h"
#include "tests/unit/hand_program.h"
#include "tests/unit/systemc_memories.h"

enum { FRAMES_MAX = 3, RANDOM_PROGRAMS = 40 };

/* What a run leaves, without pointers: shared with the child. */
struct outcome {
	enum status status, second_status;
	char text[ERROR_TEXT_BYTES], second_text[ERROR_TEXT_BYTES];
	uint64_t total_cycles, frame_count, preamble_cycles;
	uint64_t frame_end_cycle[FRAMES_MAX], port_wait_cycles[UNIT_COUNT];
	uint32_t layer_count;
	struct layer_counters layers[HAND_LAYERS];
	struct channel_counters channels[CONFIG_CHANNELS_MAX];
	uint64_t event_count, event_hash; /* of the set of events, whatever their order */
	long printed_bytes;
};

static void hash_event(void *context, const struct machine_event *event) {
	struct outcome *outcome = context;
	const uint64_t parts[] = {(uint64_t)event->kind, (uint64_t)event->unit, event->command, event->cycle,
	                          event->end_cycle};
	uint64_t hash = 0;
	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
		hash = (hash ^ parts[i]) * 0x9e3779b97f4a7c15u;
		hash ^= hash >> 29;
	}
	outcome->event_hash += hash;
	outcome->event_count++;
}

static void keep(struct outcome *outcome, struct machine_result *result) {
	outcome->total_cycles = result->total_cycles;
	outcome->frame_count = result->frame_count;
	outcome->preamble_cycles = result->preamble_cycles;
	memcpy(outcome->frame_end_cycle, result->frame_end_cycle,
	       result->frame_count * sizeof *result->frame_end_cycle);
	memcpy(outcome->port_wait_cycles, result->port_wait_cycles, sizeof outcome->port_wait_cycles);
	outcome->layer_count = result->layer_count;
	memcpy(outcome->layers, result->layers, result->layer_count * sizeof *result->layers);
	memcpy(outcome->channels, result->channels, sizeof outcome->channels);
	machine_result_clear(result);
}

static void run_native(const struct hand_program *hand, struct outcome *outcome) {
	struct native_options options = {.context = outcome, .event = hash_event};
	struct machine_result result;
	struct error error = {""};
	memset(outcome, 0, sizeof *outcome);
	outcome->status = native_run(&hand->config, &hand->program, &options, &result, &error);
	if (!outcome->status) keep(outcome, &result);
	memcpy(outcome->text, error.text, sizeof error.text);
}

struct wish {
	uint64_t shuffle_seed;
	const char *vcd_path;
	int has_memory, is_stopped, runs_twice;
	enum test_memory memory;
};

static volatile sig_atomic_t stop_flag; /* set by a signal */

static void on_alarm(int number) {
	(void)number;
	stop_flag = 1;
}

static void run_in_child(const struct hand_program *hand, const struct wish *wish, struct outcome *outcome) {
	struct systemc_options options = {.run = {outcome, hash_event, wish->shuffle_seed, &stop_flag},
	                                  .vcd_path = wish->vcd_path};
	struct machine_result result;
	struct error error = {""};
	if (wish->has_memory) options.memory = test_memory(wish->memory);
	stop_flag = wish->is_stopped;
	if (wish->has_memory && wish->memory == TEST_MEMORY_CLOCKED) {
		struct itimerval soon = {.it_value = {.tv_usec = 100000}};
		signal(SIGALRM, on_alarm);
		setitimer(ITIMER_REAL, &soon, NULL);
	}
	outcome->status = systemc_run(&hand->config, &hand->program, &options, &result, &error);
	if (!outcome->status) keep(outcome, &result);
	memcpy(outcome->text, error.text, sizeof error.text);
	if (!wish->runs_twice) return;
	outcome->second_status = systemc_run(&hand->config, &hand->program, &options, &result, &error);
	memcpy(outcome->second_text, error.text, sizeof error.text);
}

/* Runs in a child; the outcome with whatever the child printed (which must be nothing). */
static void run_systemc(const struct hand_program *hand, const struct wish *wish, struct outcome *outcome) {
	struct outcome *shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	FILE *printed = tmpfile();
	int status;
	assert_true(shared != MAP_FAILED && printed);
	fflush(NULL);
	pid_t child = fork();
	assert_true(child >= 0);
	if (!child) {
		dup2(fileno(printed), 1);
		dup2(fileno(printed), 2);
		run_in_child(hand, wish, shared);
		fflush(NULL);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	*outcome = *shared;
	munmap(shared, sizeof *shared);
	fseek(printed, 0, SEEK_END);
	outcome->printed_bytes = ftell(printed);
	if (outcome->printed_bytes) {
		char line[200];
		rewind(printed);
		while (fgets(line, sizeof line, printed)) print_error("printed: %s", line);
	}
	fclose(printed);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	assert_int_equal(outcome->printed_bytes, 0);
}

static void assert_same(const struct outcome *native, const struct outcome *systemc, uint64_t seed) {
	if (systemc->status || memcmp(native, systemc, sizeof *native))
		print_error("program %llu: status %s '%s', %llu and %llu cycles, %llu and %llu events\n",
		            (unsigned long long)seed, status_name(systemc->status), systemc->text,
		            (unsigned long long)native->total_cycles, (unsigned long long)systemc->total_cycles,
		            (unsigned long long)native->event_count, (unsigned long long)systemc->event_count);
	assert_int_equal(native->status, STATUS_OK);
	assert_int_equal(systemc->status, STATUS_OK);
	assert_int_equal(native->total_cycles, systemc->total_cycles);
	assert_memory_equal(native->layers, systemc->layers, sizeof native->layers);
	assert_memory_equal(native, systemc, sizeof *native);
}

static void random_programs_are_equal(void **state) {
	(void)state;
	struct hand_program hand;
	struct outcome native, systemc;
	for (uint64_t seed = 1; seed <= RANDOM_PROGRAMS; seed++) {
		hand_random(&hand, seed);
		run_native(&hand, &native);
		assert_true(native.total_cycles > 0 && native.event_count > 0);
		run_systemc(&hand, &(struct wish){.shuffle_seed = seed % 2 ? 0 : seed}, &systemc);
		assert_same(&native, &systemc, seed);
	}
}

static void same_timed_memory_is_equal(void **state) {
	(void)state;
	struct hand_program hand;
	struct outcome native, systemc;
	for (uint64_t seed = 1; seed <= RANDOM_PROGRAMS; seed++) {
		hand_random(&hand, seed);
		hand.config.dram_kind = DRAM_FIXED;
		run_native(&hand, &native);
		memset(native.channels, 0, sizeof native.channels); /* another memory has counters of its own */
		struct wish wish = {.has_memory = 1, .memory = seed % 2 ? TEST_MEMORY_FIXED : TEST_MEMORY_FOUR_PHASE};
		if (seed % 3 == 0) wish.shuffle_seed = seed;
		run_systemc(&hand, &wish, &systemc);
		assert_same(&native, &systemc, seed);
	}
}

static void run_chain(const struct wish *wish, struct outcome *outcome) {
	struct hand_program hand;
	hand_chain(&hand);
	run_systemc(&hand, wish, outcome);
}

static void reordered_answers_keep_order(void **state) {
	(void)state;
	struct hand_program hand;
	struct outcome first, second;
	for (uint64_t seed = 1; seed <= 6; seed++) {
		hand_random(&hand, seed);
		run_systemc(&hand, &(struct wish){.has_memory = 1, .memory = TEST_MEMORY_REVERSED}, &first);
		run_systemc(&hand, &(struct wish){.has_memory = 1, .memory = TEST_MEMORY_REVERSED, .shuffle_seed = 7},
		            &second);
		assert_same(&first, &second, seed);
		for (int row = 0; row < ATTRIBUTION_ROWS; row++) {
			uint64_t sum = 0;
			for (int layer = 0; layer < HAND_LAYERS; layer++)
				for (int i = 0; i < STATE_COUNT; i++) sum += first.layers[layer].cycles[row][i];
			assert_int_equal(sum, first.total_cycles);
		}
	}
}

static void second_run_is_refused(void **state) {
	(void)state;
	struct outcome outcome;
	run_chain(&(struct wish){.runs_twice = 1}, &outcome);
	assert_int_equal(outcome.status, STATUS_OK);
	assert_int_equal(outcome.second_status, STATUS_FAILED);
	assert_non_null(strstr(outcome.second_text, "only once"));
}

static void stuck_machine_says_the_same(void **state) {
	(void)state;
	struct hand_program hand;
	struct outcome native, systemc;
	hand_stuck(&hand);
	run_native(&hand, &native);
	run_systemc(&hand, &(struct wish){.shuffle_seed = 5}, &systemc);
	assert_int_equal(native.status, STATUS_STUCK);
	assert_int_equal(systemc.status, STATUS_STUCK);
	assert_string_equal(native.text, systemc.text);
}

static void stop_flag_interrupts(void **state) {
	(void)state;
	struct outcome outcome;
	run_chain(&(struct wish){.is_stopped = 1}, &outcome);
	assert_int_equal(outcome.status, STATUS_INTERRUPTED);
	assert_string_equal(outcome.text, "interrupted in cycle 0");
}

static void failing_memories_are_told(void **state) {
	(void)state;
	static const struct {
		enum test_memory memory;
		enum status status;
		const char *text;
	} cases[] = {
	    {TEST_MEMORY_DEAF, STATUS_STUCK, "the machine is stuck"},
	    {TEST_MEMORY_CLOCKED, STATUS_INTERRUPTED, "interrupted in cycle "},
	    {TEST_MEMORY_ERROR, STATUS_FAILED,
	     "nbsim.load: the memory answered TLM_ADDRESS_ERROR_RESPONSE to the burst of "},
	    {TEST_MEMORY_TWICE, STATUS_FAILED, "nbsim.load: the memory answered a burst that is not under way"},
	    {TEST_MEMORY_LATE, STATUS_FAILED,
	     "SystemC: an answer must be visible later than the cycle in which it is given"},
	    {TEST_MEMORY_THROWS, STATUS_FAILED, "row hammered"},
	    {TEST_MEMORY_BROKEN, STATUS_FAILED, "SystemC: no such DIMM"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct outcome outcome;
		run_chain(&(struct wish){.has_memory = 1, .memory = cases[i].memory}, &outcome);
		if (outcome.status != cases[i].status || !strstr(outcome.text, cases[i].text))
			print_error("memory %d: %s: %s\n", (int)cases[i].memory, status_name(outcome.status),
			            outcome.text);
		assert_int_equal(outcome.status, cases[i].status);
		assert_non_null(strstr(outcome.text, cases[i].text));
		assert_null(strchr(outcome.text, '\n'));
	}
}

static void memory_mark_tells_another_memory(void **state) {
	(void)state;
	struct systemc_options options = {0};
	assert_string_equal(systemc_memory_mark(NULL), "machine");
	assert_string_equal(systemc_memory_mark(&options), "machine");
	options.memory = test_memory(TEST_MEMORY_FIXED);
	assert_string_equal(systemc_memory_mark(&options), "external");
}

static char *file_text(const char *path) {
	FILE *file = fopen(path, "r");
	assert_non_null(file);
	fseek(file, 0, SEEK_END);
	size_t bytes = (size_t)ftell(file);
	rewind(file);
	char *text = calloc(1, bytes + 1);
	assert_non_null(text);
	assert_int_equal(fread(text, 1, bytes, file), bytes);
	fclose(file);
	return text;
}

static void vcd_is_the_native_one(void **state) {
	(void)state;
	struct hand_program hand;
	struct outcome outcome;
	struct vcd *vcd;
	struct machine_result result;
	struct error error;
	char path[] = "/tmp/nbsim_vcd_XXXXXX", other[] = "/tmp/nbsim_vcd_XXXXXX";
	close(mkstemp(path));
	close(mkstemp(other));
	hand_random(&hand, 3);
	assert_int_equal(vcd_open(&vcd, path, &hand.config, &hand.program, &error), STATUS_OK);
	struct native_options options = {.context = vcd, .event = vcd_event};
	assert_int_equal(native_run(&hand.config, &hand.program, &options, &result, &error), STATUS_OK);
	assert_int_equal(vcd_close(vcd, result.total_cycles, &error), STATUS_OK);
	machine_result_clear(&result);
	run_systemc(&hand, &(struct wish){.shuffle_seed = 11, .vcd_path = other}, &outcome);
	assert_int_equal(outcome.status, STATUS_OK);
	char *a = file_text(path), *b = file_text(other);
	assert_string_equal(a, b);
	assert_true(strlen(a) > 2000);
	free(a);
	free(b);
	unlink(path);
	unlink(other);
	run_systemc(&hand, &(struct wish){.vcd_path = "/nonexistent/waves.vcd"}, &outcome);
	assert_int_equal(outcome.status, STATUS_IO);
	assert_non_null(strstr(outcome.text, "/nonexistent/waves.vcd"));
}

int main(void) {
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(random_programs_are_equal),    cmocka_unit_test(same_timed_memory_is_equal),
	    cmocka_unit_test(reordered_answers_keep_order), cmocka_unit_test(second_run_is_refused),
	    cmocka_unit_test(stuck_machine_says_the_same),  cmocka_unit_test(stop_flag_interrupts),
	    cmocka_unit_test(failing_memories_are_told),    cmocka_unit_test(memory_mark_tells_another_memory),
	    cmocka_unit_test(vcd_is_the_native_one),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
