/* Folding, FIFO depths and latencies of the streaming mapper: what a list may say and how it is refused, what is chosen
 * for a target or a budget, and which setting a stage's latency follows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sim/mapper/pipeline.h"
#include "tests/unit/shipped_network.h"

/* ---- what is refused, and in which words */

struct refusal {
	const char *network, *setting, *words[4];
};

static void check_refusals(const struct refusal *rows, size_t count) {
	for (size_t i = 0; i < count; i++) {
		struct error error = {""};
		struct trace trace;
		struct config config;
		struct pipeline pipeline;
		config_defaults(&config);
		shipped_set(&config, rows[i].setting);
		shipped_trace(rows[i].network, &trace);
		assert_int_equal(pipeline_map(&trace, &config, &pipeline, &error), STATUS_INPUT);
		for (int k = 0; k < 4 && rows[i].words[k]; k++)
			if (!strstr(error.text, rows[i].words[k]))
				fail_msg("'%s' is not in: %s", rows[i].words[k], error.text);
		assert_null(pipeline.stages);
		trace_clear(&trace);
	}
}

static void wrong_foldings(void **state) {
	(void)state;
	static const struct refusal rows[] = {
	    {"lfc-w1a1", "streaming.folding=32/64 64/32 32/64 16/7", {"layer L3", "SIMD 7", "1024", "1, 2, 4, 8"}},
	    {"lfc-w1a1",
	     "streaming.folding=32/64 64/32 48/64 16/8",
	     {"layer L2", "PE 48", "output channels", "32, 64"}},
	    {"lfc-w1a1", "streaming.folding=32/64 64/32 32/64", {"3 foldings", "4 layers", "auto"}},
	    {"lfc-w1a1", "streaming.folding=32/64 64/32 32/64 16/8 1/1", {"5 foldings", "4 layers"}},
	    {"lfc-w1a1", "streaming.folding=32/64 64 32/64 16/8", {"layer L1", "'64'", "PE/SIMD"}},
	    {"lfc-w1a1", "streaming.folding=0/64 64/32 32/64 16/8", {"layer L0", "'0/64'"}},
	    {"lfc-w1a1", "streaming.folding=32/64+1/1 64/32 32/64 16/8", {"layer L0", "skip path", "lacks"}},
	    /* three taps of 32 channels may be taken at once, two and a half may not */
	    {"vgg10-radio",
	     "streaming.folding=32/6 16/80 8/96 4/96 2/96 1/96 1/96 2/32 1/32 1/8",
	     {"layer L1", "SIMD 80", "96 input channels of all taps"}},
	    {"vgg10-radio",
	     "streaming.folding=32/6 16/24 8/96 4/96 2/96 1/96 1/96 2/32 1/32 1/8",
	     {"layer L1", "SIMD 24", "32 input channels;"}},
	};
	check_refusals(rows, sizeof rows / sizeof rows[0]);
}

static void wrong_depths(void **state) {
	(void)state;
	static const struct refusal rows[] = {
	    {"lfc-w1a1", "streaming.fifo_words=inpt:16", {"'inpt'", "nearest", "'input'"}},
	    {"lfc-w1a1", "streaming.fifo_words=input:16 L1.matrx:4", {"'L1.matrx'", "nearest", "'L1.matrix'"}},
	    {"lfc-w1a1", "streaming.fifo_words=somewhere:4", {"'somewhere'", "no FIFO", "--emit-commands"}},
	    {"lfc-w1a1", "streaming.fifo_words=L1", {"'L1'", "NAME:DEPTH"}},
	    {"lfc-w1a1", "streaming.fifo_words=L1:x", {"'L1:x'", "NAME:DEPTH"}},
	    {"lfc-w1a1", "streaming.fifo_words=L1:1048577", {"'L1:1048577'", "1048576"}},
	    {"lfc-w1a1", "streaming.fifo_words=L1.pool:2", {"'L1.pool'"}},
	};
	check_refusals(rows, sizeof rows / sizeof rows[0]);
}

/* Masked padding has one valid bit a word: a word cannot hold several taps. */
static void masked_taps(void **state) {
	(void)state;
	static const struct refusal rows[] = {
	    {"neuroblend20-fashion",
	     "streaming.folding=1/1 1/48 1/1 1/1 1/1 1/1 1/1 1/1 1/1 1/1 1/1 1/1 1/1 1/1 1/1 1/1 1/1 1/1 1/1 1/1",
	     {"layer m1", "SIMD 48", "16 input channels;"}},
	};
	check_refusals(rows, sizeof rows / sizeof rows[0]);
}

static void transposed_maps(void **state) {
	(void)state;
	struct error error = {""};
	struct trace trace;
	struct config config;
	struct pipeline pipeline;
	config_defaults(&config);
	shipped_trace("blendmixer", &trace);
	assert_int_equal(pipeline_map(&trace, &config, &pipeline, &error), STATUS_UNMAPPABLE);
	assert_non_null(strstr(error.text, "transposed"));
	trace_clear(&trace);
}

static void dma_word_rule(void **state) {
	(void)state;
	struct error error = {""};
	struct config config;
	config_defaults(&config);
	shipped_set(&config, "streaming.dma_word_bits=60");
	assert_int_equal(config_check(&config, "x.ini", &error), STATUS_INPUT);
	assert_non_null(strstr(error.text, "x.ini: [streaming] dma_word_bits: 60"));
	shipped_set(&config, "streaming.dma_word_bits=72");
	assert_int_equal(config_check(&config, "x.ini", &error), STATUS_OK);
}

/* ---- what is chosen */

static uint64_t slowest(const struct pipeline *pipeline) {
	uint64_t cycles = 0;
	for (uint32_t i = 0; i < pipeline->layer_count; i++)
		if (pipeline->foldings[i].cycles > cycles) cycles = pipeline->foldings[i].cycles;
	return cycles;
}

static uint64_t lanes_of(const struct pipeline *pipeline) {
	uint64_t lanes = 0;
	for (uint32_t i = 0; i < pipeline->layer_count; i++) {
		const struct folding *folding = &pipeline->foldings[i];
		lanes += (uint64_t)folding->pe * folding->simd + (uint64_t)folding->skip_pe * folding->skip_simd;
	}
	return lanes;
}

/* A target is met wherever it can be, and no more lanes are spent on a slower one. */
static void targets(void **state) {
	(void)state;
	static const char *const networks[] = {"cnv-w1a1", "neuroblend20-fashion", "mobilenet-v1-w4a4"};
	for (size_t n = 0; n < sizeof networks / sizeof networks[0]; n++) {
		struct trace trace;
		shipped_trace(networks[n], &trace);
		uint64_t before = 0;
		for (uint32_t rate = 50; rate <= 2500; rate += 245) {
			struct error error = {""};
			struct config config;
			struct pipeline pipeline;
			config_defaults(&config);
			config.streaming_target_frames_per_s = rate;
			if (pipeline_map(&trace, &config, &pipeline, &error)) fail_msg("%s", error.text);
			assert_true(slowest(&pipeline) <= 300000000u / rate);
			assert_true(lanes_of(&pipeline) >= before);
			assert_non_null(strstr(pipeline.reason, "target met"));
			before = lanes_of(&pipeline);
			pipeline_clear(&pipeline);
		}
		trace_clear(&trace);
	}
}

struct budget {
	uint64_t lanes;
	uint32_t calls;
};

static int fits_lanes(void *context, const struct pipeline *pipeline) {
	struct budget *budget = context;
	budget->calls++;
	assert_true(pipeline->stage_count > 0 && pipeline->fifo_count > 0);
	return lanes_of(pipeline) <= budget->lanes;
}

/* Every budget is kept, a larger one is never slower, and one lane less than what was used gives another folding. */
static void budgets(void **state) {
	(void)state;
	struct error error = {""};
	struct trace trace;
	struct config config;
	config_defaults(&config);
	shipped_trace("neuroblend20-fashion", &trace);
	uint64_t cycles = UINT64_MAX;
	for (uint64_t lanes = 39; lanes < 20000; lanes = lanes * 3 / 2) {
		struct budget budget = {lanes, 0};
		struct pipeline pipeline, tighter;
		if (pipeline_fold(&trace, &config, fits_lanes, &budget, &pipeline, &error)) fail_msg("%s", error.text);
		const uint64_t used = lanes_of(&pipeline);
		assert_true(used <= lanes);
		assert_true(slowest(&pipeline) <= cycles);
		assert_true(budget.calls <= 16);
		cycles = slowest(&pipeline);
		budget.lanes = used - 1;
		if (pipeline_fold(&trace, &config, fits_lanes, &budget, &tighter, &error)) fail_msg("%s", error.text);
		assert_true(used == 38 || lanes_of(&tighter) < used);
		pipeline_clear(&pipeline);
		pipeline_clear(&tighter);
	}
	struct budget none = {1, 0};
	struct pipeline pipeline;
	if (pipeline_fold(&trace, &config, fits_lanes, &none, &pipeline, &error)) fail_msg("%s", error.text);
	assert_int_equal(lanes_of(&pipeline), 38);
	assert_non_null(strstr(pipeline.reason, "over the budget"));
	pipeline_clear(&pipeline);
	trace_clear(&trace);
}

/* Skip paths: as the list says; else the fewest lanes that are not slower than the main path. */
static void skip_foldings(void **state) {
	(void)state;
	struct error error = {""};
	struct trace trace;
	struct config config;
	struct pipeline pipeline;
	config_defaults(&config);
	shipped_set(&config,
	            "streaming.folding=16/3 16/16+4/8 16/16 16/16 16/16 16/16 16/1 8/16 8/32 8/32 8/32 8/32 8/32 4/32 "
	            "4/64 4/64 4/64 4/64 4/64 1/1");
	shipped_trace("neuroblend20-fashion", &trace);
	if (pipeline_map(&trace, &config, &pipeline, &error)) fail_msg("%s", error.text);
	assert_int_equal(pipeline.foldings[1].skip_pe, 4);
	assert_int_equal(pipeline.foldings[1].skip_simd, 8);
	/* two lanes are enough beside 16/1; sixteen would do without a converter: the fewer, and of equal ones the
	 * wider */
	assert_int_equal(pipeline.foldings[6].skip_pe, 1);
	assert_int_equal(pipeline.foldings[6].skip_simd, 2);
	for (uint32_t i = 2; i <= 18; i++) {
		/* 1 x 1 instead of 3 x 3: a ninth of the lanes would do, but divisors are powers of two here */
		const struct folding *folding = &pipeline.foldings[i];
		if (i == 6) continue;
		assert_int_equal(folding->skip_pe, folding->pe);
		assert_int_equal(folding->skip_pe * folding->skip_simd, folding->pe * folding->simd / 8);
	}
	pipeline_clear(&pipeline);
	trace_clear(&trace);
}

/* Each kind of stage has the latency of its setting; a converter that narrows by the ratio or more has a cycle more. */
static void latencies_are_those_of_the_settings(void **state) {
	(void)state;
	static const char *const settings[] = {
	    "streaming.link=pixel",
	    "streaming.window_latency_cycles=11",
	    "streaming.matrix_latency_cycles=12",
	    "streaming.converter_latency_cycles=13",
	    "streaming.pool_latency_cycles=15",
	    "streaming.point_latency_cycles=16",
	    "streaming.converter_step_ratio=4",
	};
	static const uint32_t expected[STAGE_KIND_COUNT] = {
	    [STAGE_INPUT] = 1, [STAGE_OUTPUT] = 1, [STAGE_PAD] = 16,   [STAGE_WINDOW] = 11,  [STAGE_MATRIX] = 12,
	    [STAGE_FORK] = 16, [STAGE_JOIN] = 16,  [STAGE_POINT] = 16, [STAGE_CONVERT] = 13, [STAGE_AVERAGE_POOL] = 15};
	struct error error = {""};
	struct trace trace;
	struct config config;
	struct pipeline pipeline;
	config_defaults(&config);
	for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++) shipped_set(&config, settings[i]);
	shipped_trace("neuroblend20-fashion", &trace);
	if (pipeline_map(&trace, &config, &pipeline, &error)) fail_msg("%s", error.text);
	uint32_t seen[STAGE_KIND_COUNT] = {0}, slow = 0, quick = 0;
	for (uint32_t i = 0; i < pipeline.stage_count; i++) {
		const struct stage *stage = &pipeline.stages[i];
		const int is_slow = stage->kind == STAGE_CONVERT && stage->input_lanes >= 4 * stage->output_lanes;
		if (stage->latency_cycles != expected[stage->kind] + (uint32_t)is_slow)
			fail_msg("%s: %u cycles", stage->name, stage->latency_cycles);
		seen[stage->kind]++;
		slow += (uint32_t)is_slow;
		quick += stage->kind == STAGE_CONVERT && !is_slow;
	}
	for (int kind = 0; kind < STAGE_KIND_COUNT; kind++) assert_int_equal(seen[kind] > 0, expected[kind] > 0);
	assert_true(slow > 0 && quick > 0);
	pipeline_clear(&pipeline);
	trace_clear(&trace);
}

/* Weights of 2 bits are -2 .. 1, pixels -128 .. 127: 27 products of at most 256 need 14 bits. */
static void sums_hold_signed_weights(void **state) {
	(void)state;
	struct error error = {""};
	struct trace trace;
	struct config config;
	struct pipeline pipeline;
	uint32_t found = 0;
	config_defaults(&config);
	shipped_trace("cnv-w2a2", &trace);
	if (pipeline_map(&trace, &config, &pipeline, &error)) fail_msg("%s", error.text);
	for (uint32_t i = 0; i < pipeline.stage_count; i++) {
		if (strcmp(pipeline.stages[i].name, "L0.matrix") != 0) continue;
		assert_int_equal(pipeline.stages[i].weight_bits, 2);
		assert_int_equal(pipeline.stages[i].accumulator_bits, 14);
		found++;
	}
	assert_int_equal(found, 1);
	pipeline_clear(&pipeline);
	trace_clear(&trace);
}

int main(void) {
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(wrong_foldings),
	    cmocka_unit_test(wrong_depths),
	    cmocka_unit_test(masked_taps),
	    cmocka_unit_test(transposed_maps),
	    cmocka_unit_test(dma_word_rule),
	    cmocka_unit_test(targets),
	    cmocka_unit_test(budgets),
	    cmocka_unit_test(skip_foldings),
	    cmocka_unit_test(sums_hold_signed_weights),
	    cmocka_unit_test(latencies_are_those_of_the_settings),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
