/* Does a VCD say what the run did? The file is read back by a small parser that knows only the format, and its signals
 * are held against the counters of the run and the events. */
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
#include "sim/run/vcd.h"
#include "tests/unit/hand_program.h"

enum { SIGNALS = 8, UNKNOWN = -1 };
enum { STATE, REQUEST, GRANTED, RUNNING, DONE, COMMAND, LAYER, PORT_COMMAND };

static const char *const names[SIGNALS] = {"state", "request", "granted", "running",
                                           "done",  "command", "layer",   "port_command"};
static const int widths[SIGNALS] = {3, 1, 1, 1, 1, 32, 12, 32};

/* Value of every signal in every cycle. */
struct waves {
	char codes[UNIT_COUNT][SIGNALS][8];
	int64_t *values[UNIT_COUNT][SIGNALS];
	uint64_t cycles; /* of the last time mark */
	uint64_t time_marks;
};

static void waves_clear(struct waves *waves) {
	for (int unit = 0; unit < UNIT_COUNT; unit++)
		for (int i = 0; i < SIGNALS; i++) free(waves->values[unit][i]);
}

static void read_definitions(FILE *file, struct waves *waves) {
	char line[256], code[8], name[32];
	int unit = -1, width, found = 0;
	while (fgets(line, sizeof line, file) && strcmp(line, "$enddefinitions $end\n") != 0) {
		if (sscanf(line, "$scope module %31s $end", name) == 1) {
			for (int i = 0; i < UNIT_COUNT; i++)
				if (!strcmp(name, attribution_row_names[i])) unit = i;
		} else if (sscanf(line, "$var wire %d %7s %31s", &width, code, name) == 3) {
			assert_true(unit >= 0);
			for (int i = 0; i < SIGNALS; i++) {
				if (strcmp(names[i], name) != 0) continue;
				assert_int_equal(width, widths[i]);
				memcpy(waves->codes[unit][i], code, sizeof code);
				found++;
			}
		}
	}
	assert_int_equal(found, UNIT_COUNT * SIGNALS);
}

static int64_t *place_of(struct waves *waves, int64_t (*now)[SIGNALS], const char *code, int *width) {
	for (int unit = 0; unit < UNIT_COUNT; unit++)
		for (int i = 0; i < SIGNALS; i++)
			if (!strcmp(waves->codes[unit][i], code)) {
				*width = widths[i];
				return &now[unit][i];
			}
	fail_msg("undeclared code %s", code);
	return NULL;
}

static void read_change(struct waves *waves, int64_t (*now)[SIGNALS], char *line) {
	int width = 0;
	line[strcspn(line, "\n")] = 0;
	if (line[0] == 'b') {
		char *code = strchr(line, ' ');
		assert_non_null(code);
		*code++ = 0;
		int64_t *place = place_of(waves, now, code, &width);
		assert_true(width > 1 && (int)strlen(line + 1) <= width);
		*place = line[1] == 'x' ? UNKNOWN : (int64_t)strtoull(line + 1, NULL, 2);
	} else {
		assert_true(line[0] == '0' || line[0] == '1');
		int64_t *place = place_of(waves, now, line + 1, &width);
		assert_int_equal(width, 1);
		*place = line[0] - '0';
	}
}

static void read_waves(const char *path, uint64_t total_cycles, struct waves *waves) {
	char line[256];
	int64_t now[UNIT_COUNT][SIGNALS];
	memset(now, 0x55, sizeof now); /* no value: every signal must be given one in cycle 0 */
	memset(waves, 0, sizeof *waves);
	FILE *file = fopen(path, "r");
	assert_non_null(file);
	read_definitions(file, waves);
	for (int unit = 0; unit < UNIT_COUNT; unit++)
		for (int i = 0; i < SIGNALS; i++) {
			waves->values[unit][i] = calloc(total_cycles, sizeof(int64_t));
			assert_non_null(waves->values[unit][i]);
		}
	while (fgets(line, sizeof line, file)) {
		if (line[0] == '$') continue;
		if (line[0] != '#') {
			read_change(waves, now, line);
			continue;
		}
		uint64_t cycle = strtoull(line + 1, NULL, 10);
		assert_true(waves->time_marks ? cycle > waves->cycles : cycle == 0);
		assert_true(cycle <= total_cycles);
		for (uint64_t c = waves->cycles; c < cycle; c++)
			for (int unit = 0; unit < UNIT_COUNT; unit++)
				for (int i = 0; i < SIGNALS; i++) waves->values[unit][i][c] = now[unit][i];
		waves->cycles = cycle;
		waves->time_marks++;
	}
	fclose(file);
}

/* The run's own account. */
struct account {
	struct vcd *vcd;
	const struct program *program;
	uint64_t grants[UNIT_COUNT], running[UNIT_COUNT];
	struct machine_event accepts[16384];
	uint32_t accept_count;
};

static void observe(void *context, const struct machine_event *event) {
	struct account *account = context;
	vcd_event(account->vcd, event);
	if (event->kind == EVENT_GRANT) account->grants[event->unit]++;
	if (event->kind == EVENT_START) account->running[event->unit] += event->end_cycle - event->cycle + 1;
	if (event->kind == EVENT_ACCEPT && account->accept_count < 16384)
		account->accepts[account->accept_count++] = *event;
}

static uint64_t count(const struct waves *waves, int unit, int signal) {
	uint64_t sum = 0;
	for (uint64_t c = 0; c < waves->cycles; c++) sum += waves->values[unit][signal][c] == 1;
	return sum;
}

static void check_states(const struct waves *waves, int unit) {
	for (uint64_t c = 0; c < waves->cycles; c++) {
		int64_t *const *v = waves->values[unit];
		int64_t state = v[STATE][c];
		assert_true(state >= 0 && state <= 5);
		assert_int_equal(state == 4, v[RUNNING][c]);
		if (v[GRANTED][c]) assert_true(v[REQUEST][c] && (state == 3 || v[RUNNING][c]));
		if (v[REQUEST][c] && !v[GRANTED][c]) assert_true(state == 2 || state == 4);
		if (state >= 1) assert_true(v[COMMAND][c] != UNKNOWN && v[LAYER][c] != UNKNOWN);
	}
	assert_int_equal(waves->values[unit][STATE][waves->cycles - 1], 0);
}

static void check_run(const struct account *account, const struct machine_result *result, const struct waves *waves) {
	assert_int_equal(waves->cycles, result->total_cycles);
	for (int unit = 0; unit < UNIT_COUNT; unit++) {
		uint64_t asked = count(waves, unit, REQUEST), granted = count(waves, unit, GRANTED);
		assert_int_equal(granted, account->grants[unit]);
		assert_int_equal(asked - granted, result->port_wait_cycles[unit]);
		assert_int_equal(count(waves, unit, RUNNING), account->running[unit]);
		check_states(waves, unit);
		if (unit > UNIT_POST) continue;
		uint64_t busy = 0;
		for (uint32_t layer = 0; layer < result->layer_count; layer++)
			busy += result->layers[layer].cycles[unit][STATE_BUSY];
		assert_int_equal(count(waves, unit, RUNNING), busy);
		assert_int_equal(count(waves, unit, DONE), account->grants[unit]);
	}
	for (uint32_t i = 0; i < account->accept_count; i++) {
		const struct machine_event *accept = &account->accepts[i];
		int64_t *const *v = waves->values[accept->unit];
		assert_int_equal(v[COMMAND][accept->cycle], accept->command);
		assert_int_equal(v[LAYER][accept->cycle], account->program->commands[accept->command].layer);
	}
}

static void run_and_check(const struct hand_program *hand) {
	static struct account account;
	struct machine_result result;
	struct waves waves;
	struct error error;
	char path[] = "/tmp/nbsim_vcd_XXXXXX";
	close(mkstemp(path));
	memset(&account, 0, sizeof account);
	account.program = &hand->program;
	struct native_options options = {.context = &account, .event = observe};
	assert_int_equal(vcd_open(&account.vcd, path, &hand->config, &hand->program, &error), STATUS_OK);
	assert_int_equal(native_run(&hand->config, &hand->program, &options, &result, &error), STATUS_OK);
	assert_int_equal(vcd_close(account.vcd, result.total_cycles, &error), STATUS_OK);
	assert_true(account.accept_count > 0);
	read_waves(path, result.total_cycles, &waves);
	check_run(&account, &result, &waves);
	waves_clear(&waves);
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
	for (uint64_t seed = 100; seed < 110; seed++) {
		hand_random(&hand, seed);
		run_and_check(&hand);
	}
}

static void run_without_events_is_whole(void **state) {
	(void)state;
	struct hand_program hand;
	struct waves waves;
	struct vcd *vcd;
	struct error error;
	char path[] = "/tmp/nbsim_vcd_XXXXXX";
	close(mkstemp(path));
	hand_chain(&hand);
	assert_int_equal(vcd_open(&vcd, path, &hand.config, &hand.program, &error), STATUS_OK);
	assert_int_equal(vcd_close(vcd, 12, &error), STATUS_OK);
	read_waves(path, 12, &waves);
	assert_int_equal(waves.cycles, 12);
	for (int unit = 0; unit < UNIT_COUNT; unit++) {
		assert_int_equal(waves.values[unit][STATE][11], 0);
		assert_int_equal(waves.values[unit][COMMAND][11], UNKNOWN);
	}
	waves_clear(&waves);
	unlink(path);
}

static void bad_files_are_told(void **state) {
	(void)state;
	struct hand_program hand;
	struct vcd *vcd;
	struct error error;
	hand_chain(&hand);
	assert_int_equal(vcd_open(&vcd, "/nonexistent/x.vcd", &hand.config, &hand.program, &error), STATUS_IO);
	assert_null(vcd);
	assert_non_null(strstr(error.text, "/nonexistent/x.vcd: "));
	assert_int_equal(vcd_close(NULL, 0, &error), STATUS_OK);
	if (access("/dev/full", W_OK)) skip();
	assert_int_equal(vcd_open(&vcd, "/dev/full", &hand.config, &hand.program, &error), STATUS_OK);
	assert_int_equal(vcd_close(vcd, 10, &error), STATUS_IO);
	assert_non_null(strstr(error.text, "/dev/full: "));
}

int main(void) {
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(chain_is_shown),
	    cmocka_unit_test(random_programs_are_shown),
	    cmocka_unit_test(run_without_events_is_whole),
	    cmocka_unit_test(bad_files_are_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
