/* sim/streaming against the naive model of stream_stepper.c: random pipelines, both handshakes, in shuffled order, with
 * and without recurrence; and a deadlock. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sim/mapper/schedule.h"
#include "stream_stepper.h"

enum { STAGES_MAX = 24, FIFOS_MAX = 32, FRAMES_MAX = 64 };

struct made {
	struct pipeline pipeline;
	struct stage stages[STAGES_MAX];
	struct fifo fifos[FIFOS_MAX];
	uint64_t random;
};

static uint32_t draw(struct made *made, uint32_t low, uint32_t high) {
	made->random = made->random * 6364136223846793005u + 1442695040888963407u;
	return low + (uint32_t)((made->random >> 33) % (high - low + 1));
}

static struct stage *add(struct made *made, enum stage_kind kind) {
	uint32_t index = made->pipeline.stage_count++;
	struct stage *stage = &made->stages[index];
	*stage = (struct stage){.kind = kind, .layer = PIPELINE_NONE};
	snprintf(stage->name, sizeof stage->name, "s%u", index);
	for (int p = 0; p < STAGE_PORTS_MAX; p++) stage->input[p] = stage->output[p] = PIPELINE_NONE;
	stage->latency_cycles = draw(made, kind == STAGE_MATRIX ? 3 : 1, 6);
	if (kind == STAGE_INPUT || kind == STAGE_OUTPUT) stage->latency_cycles = 1;
	return stage;
}

static void join_by(struct made *made, uint32_t from, int from_port, uint32_t to, int to_port, uint32_t depth) {
	uint32_t index = made->pipeline.fifo_count++;
	struct fifo *fifo = &made->fifos[index];
	*fifo = (struct fifo){.from = from, .to = to, .depth_words = depth < 2 ? 2 : depth};
	snprintf(fifo->name, sizeof fifo->name, "f%u", index);
	made->stages[from].output[from_port] = index;
	made->stages[to].input[to_port] = index;
}

/* A stage on words of `words` a frame; returns the words it makes. */
static uint32_t add_random(struct made *made, uint32_t words) {
	struct stage *stage;
	uint32_t n;
	switch (draw(made, 0, 5)) {
	case 0:
		stage = add(made, STAGE_CONVERT);
		n = draw(made, 2, 3);
		stage->words = words;
		stage->input_lanes = n;
		stage->output_lanes = 1;
		if (words % n == 0 && draw(made, 0, 1)) {
			stage->input_lanes = 1;
			stage->output_lanes = n;
			return words / n;
		}
		return words * n;
	case 1: /* words are pixels of a square map where that can be */
	case 2:
		for (n = 1; (n + 1) * (n + 1) <= words; n++) continue;
		if (n * n == words && n >= 3) {
			stage = add(made, draw(made, 0, 1) ? STAGE_WINDOW : STAGE_MAX_POOL);
			stage->input_height = stage->input_width = n;
			stage->input_channels = stage->input_lanes = stage->output_lanes = 4;
			stage->kernel_height = stage->kernel_width = draw(made, 2, 3);
			stage->stride = stage->kind == STAGE_WINDOW ? draw(made, 1, 2) : stage->kernel_height;
			stage->output_height = stage->output_width = (n - stage->kernel_height) / stage->stride + 1;
			n = stage->output_height * stage->output_width;
			return stage->kind == STAGE_WINDOW ? n * stage->kernel_height * stage->kernel_width : n;
		}
		/* fall through */
	case 3:
		stage = add(made, STAGE_MATRIX);
		stage->input_lanes = stage->kernel_height = stage->kernel_width = 1;
		for (n = draw(made, 1, 9); words % n; n--) continue;
		stage->input_channels = n;
		stage->output_height = 1;
		stage->output_width = words / n;
		stage->output_lanes = 1;
		stage->output_channels = draw(made, 1, 4);
		return words / n * stage->output_channels;
	case 4:
		stage = add(made, STAGE_PAD);
		for (n = draw(made, 1, 5); words % n; n--) continue;
		stage->input_height = n;
		stage->input_width = words / n;
		stage->input_channels = stage->input_lanes = 1;
		stage->pad_top = stage->pad_left = draw(made, 0, 1);
		stage->pad_bottom = stage->pad_right = 1;
		stage->output_height = n + stage->pad_top + 1;
		stage->output_width = stage->input_width + stage->pad_left + 1;
		return stage->output_height * stage->output_width;
	default:
		stage = add(made, STAGE_POINT);
		stage->words = words;
		return words;
	}
}

/* fork, a chain on one side, join. */
static void add_fork(struct made *made, uint32_t *words, uint32_t depth) {
	add(made, STAGE_FORK)->words = *words;
	uint32_t fork = made->pipeline.stage_count - 1;
	for (uint32_t i = draw(made, 1, 2); i > 0; i--) {
		add(made, STAGE_POINT)->words = *words;
		join_by(made, made->pipeline.stage_count - 2, 0, made->pipeline.stage_count - 1, 0, draw(made, 2, 4));
	}
	add(made, STAGE_JOIN)->words = *words;
	uint32_t join = made->pipeline.stage_count - 1;
	join_by(made, join - 1, 0, join, 0, draw(made, 2, 4));
	join_by(made, fork, 1, join, 1, depth);
}

static void make_random(struct made *made, uint64_t seed) {
	memset(made, 0, sizeof *made);
	made->random = seed;
	made->pipeline.stages = made->stages;
	made->pipeline.fifos = made->fifos;
	made->pipeline.flushing = (uint32_t)(seed & 1);
	made->pipeline.start_cycles = draw(made, 0, 9);
	made->pipeline.pool_overhead_cycles = draw(made, 0, 3);
	uint32_t side = draw(made, 3, 7), words = side * side;
	add(made, STAGE_INPUT)->words = words;
	for (uint32_t i = draw(made, 1, 6); i > 0 && words < 600; i--) {
		uint32_t first = made->pipeline.stage_count;
		if (draw(made, 0, 5) == 0)
			add_fork(made, &words, draw(made, 8, 20));
		else
			words = add_random(made, words);
		join_by(made, first - 1, 0, first, 0, draw(made, 0, 3) ? draw(made, 1, 6) : draw(made, 1, 60));
	}
	add(made, STAGE_OUTPUT)->words = words;
	join_by(made, made->pipeline.stage_count - 2, 0, made->pipeline.stage_count - 1, 0, draw(made, 1, 6));
}

static void compare_with_stepper(struct made *made, uint32_t frames, const struct stream_options *options) {
	struct error error = {{0}};
	struct stream_result result, want = {0};
	struct stream_stage_counters stages[STAGES_MAX] = {{{0}, 0, 0}};
	struct stream_fifo_counters fifos[FIFOS_MAX] = {{0, 0, 0}};
	uint64_t ends[FRAMES_MAX] = {0};
	want.stages = stages;
	want.fifos = fifos;
	want.frame_end_cycle = ends;
	int ran = stepper_run(&made->pipeline, frames, &want);
	enum status status = stream_run(&made->pipeline, frames, options, &result, &error);
	assert_int_equal(status, ran ? STATUS_OK : STATUS_STUCK);
	if (ran) {
		assert_int_equal(result.total_cycles, want.total_cycles);
		assert_memory_equal(result.frame_end_cycle, ends, frames * sizeof *ends);
		for (uint32_t i = 0; i < made->pipeline.stage_count; i++)
			assert_memory_equal(result.stages[i].cycles, stages[i].cycles, sizeof stages[i].cycles);
		for (uint32_t f = 0; f < made->pipeline.fifo_count; f++)
			assert_int_equal(result.fifos[f].highest_fill, fifos[f].highest_fill);
	}
	stream_result_clear(&result);
}

static void test_equals_stepper(void **state) {
	(void)state;
	struct made *made = malloc(sizeof *made);
	for (uint64_t seed = 1; seed <= 600; seed++) {
		make_random(made, seed);
		struct stream_options options = {.shuffle_seed = seed & 2 ? seed : 0, .no_recurrence = 1};
		compare_with_stepper(made, 1 + (uint32_t)(seed % 5), &options);
	}
	free(made);
}

static void test_recurrence_changes_nothing(void **state) {
	(void)state;
	struct made *made = malloc(sizeof *made);
	uint32_t recurred = 0;
	for (uint64_t seed = 1; seed <= 150; seed++) {
		make_random(made, seed);
		compare_with_stepper(made, 3 + (uint32_t)(seed % 40), NULL);
		struct error error;
		struct stream_result result;
		if (!stream_run(&made->pipeline, 10000, NULL, &result, &error) && result.frames_simulated < 1000)
			recurred++;
		stream_result_clear(&result);
	}
	assert_in_range(recurred, 120, 150);
	free(made);
}

/* What the stages do in a period is what a batch that is longer by one has more. */
static void compare_period(const struct made *made, const struct stream_result *repeated) {
	struct error error;
	struct stream_result longer;
	assert_int_equal(stream_run(&made->pipeline, repeated->frames + repeated->period_frames, NULL, &longer, &error),
	                 STATUS_OK);
	assert_int_equal(longer.recurs_at_frame, repeated->recurs_at_frame);
	assert_int_equal(longer.total_cycles, repeated->total_cycles + repeated->period_cycles);
	for (uint32_t i = 0; i < made->pipeline.stage_count; i++)
		for (int s = 0; s < STATE_COUNT; s++)
			assert_int_equal(repeated->period_stages[i].cycles[s],
			                 longer.stages[i].cycles[s] - repeated->stages[i].cycles[s]);
	stream_result_clear(&longer);
}

/* Long batches, with and without recurrence, in everything that is counted; deep FIFOs make slow fills, many of which
 * are repeated as drifts. */
static void test_repetition_is_exact(void **state) {
	(void)state;
	struct made *made = malloc(sizeof *made);
	uint64_t skipped = 0, asked = 0, drifted = 0;
	for (uint64_t seed = 1; seed <= 240; seed++) {
		struct error error;
		struct stream_result repeated, whole;
		make_random(made, seed);
		for (uint32_t f = 0; f < made->pipeline.fifo_count; f++)
			made->fifos[f].depth_words *= draw(made, 0, 1) ? draw(made, 1, 400) : 1;
		const uint32_t frames = seed & 4 ? 700 : draw(made, 3, 400);
		enum status status = stream_run(&made->pipeline, frames, NULL, &repeated, &error);
		struct stream_options options = {.no_recurrence = 1};
		assert_int_equal(stream_run(&made->pipeline, frames, &options, &whole, &error), status);
		if (!status) {
			assert_int_equal(repeated.total_cycles, whole.total_cycles);
			assert_memory_equal(repeated.frame_end_cycle, whole.frame_end_cycle, frames * sizeof(uint64_t));
			assert_memory_equal(repeated.stages, whole.stages,
			                    made->pipeline.stage_count * sizeof *whole.stages);
			assert_memory_equal(repeated.fifos, whole.fifos,
			                    made->pipeline.fifo_count * sizeof *whole.fifos);
			asked += frames;
			skipped += frames - repeated.frames_simulated;
			drifted +=
			    repeated.frames_simulated < (repeated.period_frames ? repeated.recurs_at_frame : frames);
			if (repeated.period_frames) compare_period(made, &repeated);
		}
		stream_result_clear(&repeated);
		stream_result_clear(&whole);
	}
	assert_in_range(skipped, asked / 2, asked);
	assert_in_range(drifted, 20, 240);
	free(made);
}

/* The skip FIFO holds 2 words, the other branch 5 before its first comes out: stuck, and with room for them it runs. */
static void test_stuck(void **state) {
	(void)state;
	struct made *made = calloc(1, sizeof *made);
	struct error error = {{0}};
	struct stream_result result;
	made->pipeline.stages = made->stages;
	made->pipeline.fifos = made->fifos;
	add(made, STAGE_INPUT)->words = 16;
	add(made, STAGE_FORK)->words = 16;
	add(made, STAGE_CONVERT)->words = 16;
	made->stages[2].input_lanes = 1;
	made->stages[2].output_lanes = 8;
	add(made, STAGE_CONVERT)->words = 2;
	made->stages[3].input_lanes = 8;
	made->stages[3].output_lanes = 1;
	add(made, STAGE_JOIN)->words = 16;
	add(made, STAGE_OUTPUT)->words = 16;
	for (uint32_t i = 0; i < 5; i++) join_by(made, i, 0, i + 1, 0, 2);
	join_by(made, 1, 1, 4, 1, 2);
	assert_int_equal(stream_run(&made->pipeline, 1, NULL, &result, &error), STATUS_STUCK);
	assert_true(result.is_stuck);
	assert_non_null(strstr(error.text, "f5"));
	assert_int_equal(result.fifos[5].fill_at_end, 2);
	stream_result_clear(&result);
	made->fifos[5].depth_words = 16;
	assert_int_equal(stream_run(&made->pipeline, 4, NULL, &result, &error), STATUS_OK);
	stream_result_clear(&result);
	free(made);
}

int main(void) {
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_equals_stepper),
	    cmocka_unit_test(test_recurrence_changes_nothing),
	    cmocka_unit_test(test_repetition_is_exact),
	    cmocka_unit_test(test_stuck),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
