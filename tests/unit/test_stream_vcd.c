/* stream_vcd: the file is read back and counted. States summed over the cycles are the counters of the result, the
 * highest fill is its highest fill, the last time is total_cycles: on random pipelines, both handshakes, stuck ones
 * too, the same bytes in every order of steps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "sim/run/stream_vcd.h"
#include "test_stream_made.h"

enum { PIPELINES = 150, SIGNALS_MAX = 2 * MADE_STAGES_MAX + MADE_FIFOS_MAX, NAME_BYTES = 200 };

/* What is counted of one signal. */
struct wave {
	char code[8], name[NAME_BYTES]; /* with its modules, dots between */
	uint32_t bits;
	uint64_t value, since_cycle, highest;
	uint64_t cycles[8]; /* with the values 0 .. 7 */
	int is_set;
};

struct waves {
	struct wave items[SIGNALS_MAX];
	uint32_t count;
	uint64_t cycle, times;
};

static void read_definition(struct waves *waves, const char *line, char *path) {
	char word[NAME_BYTES], code[8];
	unsigned bits;
	if (sscanf(line, "$scope module %199s $end", word) == 1) {
		assert_true(strlen(path) + strlen(word) + 2 < NAME_BYTES);
		strcat(strcat(path, word), ".");
	} else if (strncmp(line, "$upscope", 8) == 0) {
		assert_true(path[0]);
		path[strlen(path) - 1] = 0;
		char *dot = strrchr(path, '.');
		*(dot ? dot + 1 : path) = 0;
	} else if (sscanf(line, "$var wire %u %7s %199s", &bits, code, word) == 3) {
		assert_true(waves->count < SIGNALS_MAX);
		struct wave *wave = &waves->items[waves->count++];
		for (uint32_t i = 0; i + 1 < waves->count; i++) assert_string_not_equal(waves->items[i].code, code);
		memcpy(wave->code, code, sizeof code);
		snprintf(wave->name, sizeof wave->name, "%.120s%.40s", path, word);
		wave->bits = bits;
	}
}

/* The value so far has been there until now. */
static void count_value(const struct waves *waves, struct wave *wave) {
	if (wave->is_set && wave->value < 8) wave->cycles[wave->value] += waves->cycle - wave->since_cycle;
	wave->since_cycle = waves->cycle;
}

static void read_change(struct waves *waves, char *line) {
	char *code = line[0] == 'b' ? strchr(line, ' ') + 1 : line + 1;
	uint64_t value = line[0] == '1';
	code[strcspn(code, "\n")] = 0;
	if (line[0] == 'b') value = strtoull(line + 1, NULL, 2);
	for (uint32_t i = 0; i < waves->count; i++) {
		struct wave *wave = &waves->items[i];
		if (strcmp(wave->code, code) != 0) continue;
		assert_int_equal(line[0] == 'b', wave->bits > 1);
		assert_true(value >> wave->bits == 0);
		assert_true(!wave->is_set || value != wave->value);
		count_value(waves, wave);
		wave->value = value;
		wave->is_set = 1;
		if (value > wave->highest) wave->highest = value;
		return;
	}
	fail_msg("undeclared code %s", code);
}

static void read_waves(const char *path, struct waves *waves) {
	char line[256], scopes[NAME_BYTES] = "";
	int is_head = 1;
	FILE *file = fopen(path, "r");
	assert_non_null(file);
	memset(waves, 0, sizeof *waves);
	while (fgets(line, sizeof line, file)) {
		if (is_head) {
			read_definition(waves, line, scopes);
			is_head = strcmp(line, "$enddefinitions $end\n") != 0;
		} else if (line[0] == '#') {
			const uint64_t cycle = strtoull(line + 1, NULL, 10);
			assert_true(waves->times++ ? cycle > waves->cycle : cycle == 0);
			waves->cycle = cycle;
		} else if (line[0] != '$') {
			read_change(waves, line);
		}
	}
	assert_string_equal(scopes, "");
	for (uint32_t i = 0; i < waves->count; i++) {
		assert_true(waves->items[i].is_set);
		count_value(waves, &waves->items[i]);
	}
	fclose(file);
}

static const struct wave *wave_of(const struct waves *waves, const char *group, const char *name, const char *signal) {
	char full[NAME_BYTES];
	snprintf(full, sizeof full, "nbsim.%s.%.100s.%s", group, name, signal);
	for (uint32_t i = 0; i < waves->count; i++)
		if (strcmp(waves->items[i].name, full) == 0) return &waves->items[i];
	fail_msg("no %s", full);
	return NULL;
}

static void check_waves(const struct waves *waves, const struct pipeline *pipeline,
                        const struct stream_result *result) {
	assert_int_equal(waves->count, 2 * pipeline->stage_count + pipeline->fifo_count);
	assert_int_equal(waves->cycle, result->total_cycles);
	for (uint32_t i = 0; i < pipeline->stage_count; i++) {
		const char *name = pipeline->stages[i].name;
		const struct wave *states = wave_of(waves, "stages", name, "state");
		for (int s = 0; s < STATE_COUNT; s++)
			if (states->cycles[s] != result->stages[i].cycles[s])
				fail_msg("%s %s: %llu cycles, in the result %llu", name, unit_state_names[s],
				         (unsigned long long)states->cycles[s],
				         (unsigned long long)result->stages[i].cycles[s]);
		if (!result->is_stuck)
			assert_int_equal(wave_of(waves, "stages", name, "frame")->value, result->frames - 1);
	}
	for (uint32_t f = 0; f < pipeline->fifo_count; f++) {
		const struct wave *fill = wave_of(waves, "fifos", pipeline->fifos[f].name, "fill");
		assert_int_equal(fill->highest, result->fifos[f].highest_fill);
		if (result->is_stuck) assert_int_equal(fill->value, result->fifos[f].fill_at_end);
	}
}

static enum status run(const struct pipeline *pipeline, uint32_t frames, uint64_t seed, const char *path,
                       struct stream_result *result) {
	struct stream_vcd *vcd;
	struct error error = {""}, closing = {""};
	assert_int_equal(stream_vcd_open(&vcd, path, pipeline, 300000, frames, &error), STATUS_OK);
	const struct stream_options options = {.shuffle_seed = seed, .context = vcd, .event = stream_vcd_event};
	const enum status status = stream_run(pipeline, frames, &options, result, &error);
	if (stream_vcd_close(vcd, result->total_cycles, &closing)) fail_msg("%s", closing.text);
	return status;
}

static void expect_same(const char *one, const char *other) {
	FILE *a = fopen(one, "r"), *b = fopen(other, "r");
	int c;
	assert_true(a && b);
	do {
		c = getc(a);
		assert_int_equal(c, getc(b));
	} while (c != EOF);
	fclose(a);
	fclose(b);
}

/* In two orders of steps; returns the status. */
static enum status check_pipeline(const struct pipeline *pipeline, uint32_t frames, uint64_t seed) {
	static struct waves waves;
	char path[] = "/tmp/nbsim_stream_vcd_XXXXXX", other[] = "/tmp/nbsim_stream_vcd_XXXXXX";
	struct stream_result result, again;
	close(mkstemp(path));
	close(mkstemp(other));
	const enum status status = run(pipeline, frames, 0, path, &result);
	assert_true(status == STATUS_OK || status == STATUS_STUCK);
	read_waves(path, &waves);
	check_waves(&waves, pipeline, &result);
	assert_int_equal(run(pipeline, frames, seed * 977, other, &again), status);
	expect_same(path, other);
	stream_result_clear(&result);
	stream_result_clear(&again);
	unlink(path);
	unlink(other);
	return status;
}

static void random_waves_are_the_counters(void **state) {
	(void)state;
	struct made *made = malloc(sizeof *made);
	uint32_t stuck = 0, flushing = 0;
	for (uint64_t seed = 1; seed <= PIPELINES; seed++) {
		made_random(made, seed, 3);
		stuck += check_pipeline(&made->pipeline, 1 + (uint32_t)(seed % 5), seed) == STATUS_STUCK;
		flushing += made->pipeline.flushing;
	}
	assert_true(stuck > 2 && stuck < PIPELINES / 2);
	assert_true(flushing > PIPELINES / 4);
	free(made);
}

/* A pool over 4 x 4 of a map of 7 long rows: it takes three of them after the run's end. Long enough for changes to be
 * written while the run goes on, and after it. */
static void the_end_is_the_end(void **state) {
	(void)state;
	struct made *made = malloc(sizeof *made);
	for (uint32_t flushing = 0; flushing < 2; flushing++)
		for (uint32_t frames = 1; frames <= 10; frames *= 10) {
			made_begin(made, frames);
			made->pipeline.flushing = flushing;
			made->pipeline.start_cycles = 3;
			made_add(made, STAGE_INPUT)->words = 7 * 2000;
			struct stage *pool = made_add(made, STAGE_MAX_POOL);
			pool->input_height = 7;
			pool->input_width = 2000;
			pool->kernel_width = pool->kernel_height = 4;
			pool->output_height = pool->output_width = pool->input_channels = pool->output_channels = 1;
			pool->input_lanes = pool->output_lanes = 1;
			made_add(made, STAGE_OUTPUT)->words = 1;
			made_link(made, 0, 0, 1, 0, 3);
			made_link(made, 1, 0, 2, 0, 2);
			assert_int_equal(check_pipeline(&made->pipeline, frames, frames), STATUS_OK);
		}
	free(made);
}

static void bad_files_are_told(void **state) {
	(void)state;
	struct made *made = malloc(sizeof *made);
	struct stream_vcd *vcd;
	struct error error = {""};
	made_random(made, 2, 1);
	assert_int_equal(stream_vcd_open(&vcd, "/nonexistent/x.vcd", &made->pipeline, 1, 1, &error), STATUS_IO);
	assert_null(vcd);
	assert_non_null(strstr(error.text, "/nonexistent/x.vcd: "));
	assert_int_equal(stream_vcd_close(NULL, 0, &error), STATUS_OK);
	if (!access("/dev/full", W_OK)) {
		assert_int_equal(stream_vcd_open(&vcd, "/dev/full", &made->pipeline, 1, 1, &error), STATUS_OK);
		assert_int_equal(stream_vcd_close(vcd, 10, &error), STATUS_IO);
		assert_non_null(strstr(error.text, "/dev/full: "));
	}
	free(made);
}

int main(void) {
	const struct CMUnitTest tests[] = {cmocka_unit_test(random_waves_are_the_counters),
	                                   cmocka_unit_test(the_end_is_the_end), cmocka_unit_test(bad_files_are_told)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
