/* stream_record against the events themselves, counted cycle by cycle; in every order of steps the same bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "line_pipeline.h"
#include "sim/run/stream_record.h"

enum { CYCLES_MAX = 40000, FRAMES_MAX = 80 };

/* Every event, and the change of each FIFO in each cycle. */
struct watch {
	struct stream_record *record;
	int32_t change[LINE_STAGES - 1][CYCLES_MAX];
	uint64_t begin_cycle[LINE_STAGES][FRAMES_MAX], end_cycle[LINE_STAGES][FRAMES_MAX];
	uint32_t spans;
};

static void watch_event(void *context, const struct stream_event *event) {
	struct watch *watch = context;
	assert_true(event->cycle < CYCLES_MAX);
	if (event->kind == STREAM_PUSH) watch->change[event->index][event->cycle]++;
	if (event->kind == STREAM_TAKE) watch->change[event->index][event->cycle]--;
	if (event->kind == STREAM_FRAME_BEGIN) watch->begin_cycle[event->index][event->frame] = event->cycle;
	if (event->kind == STREAM_FRAME_END) {
		watch->end_cycle[event->index][event->frame] = event->cycle;
		watch->spans++;
	}
	stream_record_event(watch->record, event);
}

struct texts {
	char *fills, *timeline;
	uint64_t step_cycles, total_cycles;
};

static void run(struct watch *watch, const struct line *line, uint32_t frames, uint64_t seed, struct texts *texts) {
	struct stream_options options = {.shuffle_seed = seed, .context = watch, .event = watch_event};
	struct config config;
	struct error error;
	struct stream_result result;
	size_t bytes;
	memset(watch, 0, sizeof *watch);
	config_defaults(&config);
	assert_int_equal(stream_record_create(&watch->record, &line->pipeline, &error), STATUS_OK);
	assert_int_equal(stream_run(&line->pipeline, frames, &options, &result, &error), STATUS_OK);
	assert_int_equal(stream_record_end(watch->record, result.total_cycles, &error), STATUS_OK);
	texts->total_cycles = result.total_cycles;
	texts->step_cycles = stream_record_step_cycles(watch->record);
	FILE *out = open_memstream(&texts->fills, &bytes);
	stream_record_write_fills(watch->record, out);
	fclose(out);
	out = open_memstream(&texts->timeline, &bytes);
	stream_record_write_timeline(watch->record, &config, out);
	fclose(out);
	assert_int_equal(watch->spans, frames * LINE_STAGES);
	stream_record_free(watch->record);
	stream_result_clear(&result);
}

static void free_texts(struct texts *texts) {
	free(texts->fills);
	free(texts->timeline);
}

/* The CSV line that holds in `cycle` of a FIFO; returns its fill, -1 without one. */
static int64_t fill_in(const char *csv, const char *fifo, uint64_t cycle) {
	int64_t fill = -1;
	size_t length = strlen(fifo);
	for (const char *line = strchr(csv, '\n') + 1; *line; line = strchr(line, '\n') + 1) {
		char *end;
		if (strncmp(line, fifo, length) || line[length] != ',') continue;
		if (strtoull(line + length + 1, &end, 10) > cycle) break;
		fill = strtoll(end + 1, NULL, 10);
	}
	return fill;
}

/* Step by step: the highest fill at the end of its cycles and of the one before. */
static void expect_fills(const struct watch *watch, const struct line *line, const struct texts *texts) {
	for (uint32_t f = 0; f + 1 < LINE_STAGES; f++) {
		int64_t fill = 0;
		for (uint64_t begin = 0; begin < texts->total_cycles; begin += texts->step_cycles) {
			int64_t highest = texts->step_cycles > 1 ? fill : 0;
			for (uint64_t c = begin; c < begin + texts->step_cycles; c++) {
				fill += watch->change[f][c];
				if (fill > highest) highest = fill;
			}
			assert_int_equal(fill_in(texts->fills, line->fifos[f].name, begin), highest);
		}
		assert_int_equal(fill, 0);
		assert_int_equal(fill_in(texts->fills, line->fifos[f].name, texts->total_cycles), 0);
	}
}

static void a_short_run_is_kept_to_the_cycle(void **state) {
	struct watch *watch = calloc(1, sizeof *watch);
	struct line line;
	struct texts texts;
	(void)state;
	line_make(&line, 4, 3);
	run(watch, &line, 3, 0, &texts);
	assert_int_equal(texts.step_cycles, 1);
	expect_fills(watch, &line, &texts);
	free_texts(&texts);
	free(watch);
}

static void a_long_run_is_kept_in_steps(void **state) {
	struct watch *watch = calloc(1, sizeof *watch);
	struct line line;
	struct texts texts;
	(void)state;
	line_make(&line, 4, 5);
	run(watch, &line, 60, 0, &texts);
	assert_true(texts.total_cycles > 2 * 4096);
	assert_int_equal(texts.step_cycles, 4);
	expect_fills(watch, &line, &texts);
	free_texts(&texts);
	free(watch);
}

static void count_text(const char *text, const char *part, uint32_t expected) {
	uint32_t count = 0;
	for (const char *at = text; (at = strstr(at, part)); at++) count++;
	if (count != expected) fail_msg("%u times, expected %u: %s", count, expected, part);
}

/* A track a stage, and in it a span a frame from its first cycle to its last. */
static void the_timeline_has_every_stage_and_frame(void **state) {
	enum { FRAMES = 3 };
	struct watch *watch = calloc(1, sizeof *watch);
	struct line line;
	struct texts texts;
	char part[200];
	(void)state;
	line_make(&line, 4, 3);
	run(watch, &line, FRAMES, 0, &texts);
	count_text(texts.timeline, "\"thread_name\"", LINE_STAGES);
	count_text(texts.timeline, "\"ph\":\"X\"", LINE_STAGES * FRAMES);
	for (uint32_t s = 0; s < LINE_STAGES; s++) {
		snprintf(part, sizeof part, "\"thread_name\",\"pid\":1,\"tid\":%u,\"args\":{\"name\":\"%s\"}", s + 1,
		         line.stages[s].name);
		count_text(texts.timeline, part, 1);
		for (uint32_t frame = 0; frame < FRAMES; frame++) {
			const uint64_t begin = watch->begin_cycle[s][frame], end = watch->end_cycle[s][frame];
			assert_true(end >= begin && end < texts.total_cycles);
			snprintf(part, sizeof part, "\"frame %u\",\"pid\":1,\"tid\":%u,\"ts\":%llu,\"dur\":%llu,",
			         frame, s + 1, (unsigned long long)begin, (unsigned long long)(end - begin + 1));
			count_text(texts.timeline, part, 1);
		}
	}
	free_texts(&texts);
	free(watch);
}

static void the_order_of_steps_does_not_show(void **state) {
	struct watch *watch = calloc(1, sizeof *watch);
	struct line line;
	struct texts plain, shuffled;
	(void)state;
	line_make(&line, 2, 2);
	run(watch, &line, 80, 0, &plain);
	for (uint64_t seed = 1; seed < 6; seed++) {
		run(watch, &line, 80, seed * 977, &shuffled);
		assert_string_equal(plain.fills, shuffled.fills);
		assert_string_equal(plain.timeline, shuffled.timeline);
		free_texts(&shuffled);
	}
	free_texts(&plain);
	free(watch);
}

int main(void) {
	const struct CMUnitTest tests[] = {cmocka_unit_test(a_short_run_is_kept_to_the_cycle),
	                                   cmocka_unit_test(a_long_run_is_kept_in_steps),
	                                   cmocka_unit_test(the_timeline_has_every_stage_and_frame),
	                                   cmocka_unit_test(the_order_of_steps_does_not_show)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
