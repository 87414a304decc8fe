/* Steady state: one period of every stage, to the cycle; the bottleneck. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "line_pipeline.h"
#include "sim/run/stream_steady.h"

static void find(const struct line *line, uint32_t frames, struct stream_steady *steady) {
	struct stream_result batch;
	struct error error;
	assert_int_equal(stream_run(&line->pipeline, frames, NULL, &batch, &error), STATUS_OK);
	assert_int_equal(stream_steady_find(&line->pipeline, &batch, NULL, steady, &error), STATUS_OK);
	stream_result_clear(&batch);
}

static uint64_t sum(const struct stream_steady *steady, uint32_t stage) {
	uint64_t cycles = 0;
	for (int s = 0; s < STATE_COUNT; s++) cycles += steady->stages[stage].cycles[s];
	return cycles;
}

static void states_sum_to_the_period(void **state) {
	(void)state;
	for (uint32_t folds = 1; folds <= 8; folds *= 2) {
		struct line line;
		struct stream_steady steady;
		line_make(&line, folds, 2);
		find(&line, 1, &steady);
		assert_true(steady.recurs);
		assert_int_equal(steady.stage_count, LINE_STAGES);
		for (uint32_t i = 0; i < LINE_STAGES; i++) {
			assert_int_equal(sum(&steady, i), steady.period_cycles);
			assert_int_equal(steady.stages[i].cycles[STATE_IDLE], 0);
		}
		/* work does not depend on waits: 24 words a frame, 15 pixels x 4 taps x folds */
		assert_int_equal(steady.stages[LINE_INPUT].cycles[STATE_BUSY], 24 * steady.period_frames);
		assert_int_equal(steady.stages[LINE_MATRIX].cycles[STATE_BUSY], 60 * folds * steady.period_frames);
		stream_steady_clear(&steady);
	}
}

static void the_slowest_stage_is_the_bottleneck(void **state) {
	struct line line;
	struct stream_steady steady;
	(void)state;
	line_make(&line, 8, 2);
	find(&line, 1, &steady);
	assert_int_equal(steady.bottleneck, LINE_MATRIX);
	assert_int_equal(stream_steady_waits(&steady, LINE_MATRIX), 0);
	assert_true(stream_steady_cycles(&steady) == 480);
	assert_int_equal(steady.most_starved, LINE_OUTPUT);
	assert_int_equal(steady.most_blocked, LINE_INPUT);
	stream_steady_clear(&steady);
}

static void batch_and_probe_agree(void **state) {
	struct line line;
	struct stream_steady from_probe, from_batch;
	struct stream_result batch;
	struct error error;
	(void)state;
	line_make(&line, 2, 4);
	find(&line, 1, &from_probe);
	find(&line, 500, &from_batch);
	assert_int_equal(stream_run(&line.pipeline, 500, NULL, &batch, &error), STATUS_OK);
	assert_int_equal(from_batch.period_cycles, batch.period_cycles);
	assert_int_equal(from_batch.period_frames, batch.period_frames);
	stream_result_clear(&batch);
	assert_int_equal(from_probe.period_cycles, from_batch.period_cycles);
	assert_int_equal(from_probe.recurs_at_frame, from_batch.recurs_at_frame);
	assert_memory_equal(from_probe.stages, from_batch.stages, LINE_STAGES * sizeof *from_batch.stages);
	stream_steady_clear(&from_probe);
	stream_steady_clear(&from_batch);
}

/* FIFOs before the slow stage that take more than 64 frames to fill. */
static void what_does_not_recur_says_so(void **state) {
	struct line line;
	struct stream_steady steady;
	(void)state;
	line_make(&line, 8, 2);
	line.fifos[LINE_WINDOW].depth_words = 1000000;
	find(&line, 1, &steady);
	assert_false(steady.recurs);
	assert_int_equal(steady.period_frames, 32);
	assert_true(stream_steady_cycles(&steady) == 480);
	assert_int_equal(steady.bottleneck, LINE_MATRIX);
	for (uint32_t i = 0; i < LINE_STAGES; i++) assert_int_equal(sum(&steady, i), steady.period_cycles);
	stream_steady_clear(&steady);
}

/* Such a FIFO before stages that hold each other up: the input DMA has sent all frames long before and is idle, so it
 * waits for nothing; it is no bottleneck. */
static void who_is_idle_is_no_bottleneck(void **state) {
	struct line line;
	struct stream_steady steady;
	(void)state;
	line_make(&line, 2, 2);
	line.fifos[LINE_INPUT].depth_words = 1000000;
	find(&line, 1, &steady);
	assert_false(steady.recurs);
	assert_true(steady.stages[LINE_INPUT].cycles[STATE_IDLE] > 0);
	assert_int_equal(stream_steady_waits(&steady, LINE_INPUT), 0);
	assert_true(stream_steady_waits(&steady, steady.bottleneck) > 0);
	assert_true(steady.bottleneck == LINE_WINDOW || steady.bottleneck == LINE_MATRIX);
	stream_steady_clear(&steady);
}

int main(void) {
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(states_sum_to_the_period), cmocka_unit_test(the_slowest_stage_is_the_bottleneck),
	    cmocka_unit_test(batch_and_probe_agree), cmocka_unit_test(what_does_not_recur_says_so),
	    cmocka_unit_test(who_is_idle_is_no_bottleneck)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
