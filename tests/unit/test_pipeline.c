/* Does the streaming mapper build the stages, words and FIFOs that the published designs have, and does pipeline_check
 * notice a pipeline that is wrong? Only shipped networks, shapes alone. */
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

static const char cnv_folding[] = "streaming.folding=16/3 32/32 16/32 16/32 4/32 1/32 1/4 1/8 4/1";

/* Compiles, maps with settings (ends with NULL) and checks. */
static void map(const char *name, const char *const *settings, struct trace *trace, struct pipeline *pipeline) {
	struct error error = {""};
	struct config config;
	config_defaults(&config);
	for (; *settings; settings++) shipped_set(&config, *settings);
	shipped_trace(name, trace);
	if (pipeline_map(trace, &config, pipeline, &error)) fail_msg("%s: %s", name, error.text);
	if (pipeline_check(pipeline, &error)) fail_msg("%s: %s", name, error.text);
}

static void clear(struct trace *trace, struct pipeline *pipeline) {
	pipeline_clear(pipeline);
	trace_clear(trace);
}

static const struct stage *stage_named(const struct pipeline *pipeline, const char *name) {
	for (uint32_t i = 0; i < pipeline->stage_count; i++)
		if (strcmp(pipeline->stages[i].name, name) == 0) return &pipeline->stages[i];
	fail_msg("no stage %s", name);
	return NULL;
}

static const struct fifo *fifo_named(const struct pipeline *pipeline, const char *name) {
	for (uint32_t i = 0; i < pipeline->fifo_count; i++)
		if (strcmp(pipeline->fifos[i].name, name) == 0) return &pipeline->fifos[i];
	fail_msg("no FIFO %s", name);
	return NULL;
}

/* One stage of a chain and the FIFO behind it. */
struct expected {
	const char *name;
	enum stage_kind kind;
	uint64_t words, cycles; /* made, of a frame */
	uint32_t width_bits, depth_words;
};

static void check_chain(const struct pipeline *pipeline, const struct expected *expected, uint32_t count) {
	assert_int_equal(pipeline->stage_count, count);
	assert_int_equal(pipeline->fifo_count, count - 1);
	for (uint32_t i = 0; i < count; i++) {
		const struct stage *stage = &pipeline->stages[i];
		assert_string_equal(stage->name, expected[i].name);
		assert_int_equal(stage->kind, expected[i].kind);
		if (stage_cycles(stage, pipeline->pool_overhead_cycles) != expected[i].cycles)
			fail_msg("%s: %llu cycles", stage->name,
			         (unsigned long long)stage_cycles(stage, pipeline->pool_overhead_cycles));
		if (i + 1 == count) break;
		const struct fifo *fifo = &pipeline->fifos[stage->output[0]];
		assert_int_equal(fifo->to, i + 1);
		if (stage_words_made(stage) != expected[i].words || fifo->width_bits != expected[i].width_bits ||
		    fifo->depth_words != expected[i].depth_words)
			fail_msg("%s: %llu words of %u bits, depth %u", fifo->name,
			         (unsigned long long)stage_words_made(stage), fifo->width_bits, fifo->depth_words);
	}
}

/* The chain of the BNN-PYNQ board, with its published FIFO depths (0 and 1 are built as 2). Cycles by hand: window
 * fill 3 rows + rows of nine words a pixel + 3 empty; pool a row of reads and one of writes, 1 + 3 empty, for each. */
static void cnv_is_the_published_chain(void **state) {
	(void)state;
	static const struct expected expected[] = {
	    {"input.dma", STAGE_INPUT, 384, 384, 64, 2},
	    {"input.widen", STAGE_CONVERT, 128, 384, 192, 2},
	    {"input.narrow", STAGE_CONVERT, 1024, 1024, 24, 128},
	    {"L0.window", STAGE_WINDOW, 8100, 96 + 30 * 270 + 3, 24, 2},
	    {"L0.matrix", STAGE_MATRIX, 3600, 32400, 16, 2},
	    {"L0.widen_out", STAGE_CONVERT, 900, 3600, 64, 128},
	    {"L1.narrow_in", STAGE_CONVERT, 1800, 1800, 32, 2},
	    {"L1.window", STAGE_WINDOW, 14112, 180 + 28 * 504 + 3, 32, 2},
	    {"L1.matrix", STAGE_MATRIX, 1568, 28224, 32, 2},
	    {"L1.widen_out", STAGE_CONVERT, 784, 1568, 64, 2},
	    {"L1.pool", STAGE_MAX_POOL, 196, 14 * (56 + 14 + 1 + 3), 64, 128},
	    {"L2.narrow_in", STAGE_CONVERT, 392, 392, 32, 2},
	    {"L2.window", STAGE_WINDOW, 2592, 84 + 12 * 216 + 3, 32, 2},
	    {"L2.matrix", STAGE_MATRIX, 1152, 20736, 16, 2},
	    {"L2.widen_out", STAGE_CONVERT, 144, 1152, 128, 128},
	    {"L3.narrow_in", STAGE_CONVERT, 576, 576, 32, 2},
	    {"L3.window", STAGE_WINDOW, 3600, 144 + 10 * 360 + 3, 32, 2},
	    {"L3.matrix", STAGE_MATRIX, 800, 28800, 16, 2},
	    {"L3.widen_out", STAGE_CONVERT, 100, 800, 128, 2},
	    {"L3.pool", STAGE_MAX_POOL, 25, 5 * (20 + 5 + 1 + 3), 128, 81},
	    {"L4.narrow_in", STAGE_CONVERT, 100, 100, 32, 2},
	    {"L4.window", STAGE_WINDOW, 324, 60 + 3 * 108 + 3, 32, 2},
	    {"L4.matrix", STAGE_MATRIX, 576, 20736, 4, 2},
	    {"L4.widen_out", STAGE_CONVERT, 9, 576, 256, 2},
	    {"L5.narrow_in", STAGE_CONVERT, 72, 72, 32, 2},
	    {"L5.window", STAGE_WINDOW, 72, 72 + 72 + 3, 32, 2},
	    {"L5.matrix", STAGE_MATRIX, 256, 18432, 1, 2},
	    {"L5.widen_out", STAGE_CONVERT, 1, 256, 256, 2},
	    {"L6.narrow_in", STAGE_CONVERT, 64, 64, 4, 2},
	    {"L6.matrix", STAGE_MATRIX, 512, 32768, 1, 2},
	    {"L6.widen_out", STAGE_CONVERT, 8, 512, 64, 128},
	    {"L7.narrow_in", STAGE_CONVERT, 64, 64, 8, 2},
	    {"L7.matrix", STAGE_MATRIX, 512, 32768, 1, 2},
	    {"L7.widen_out", STAGE_CONVERT, 8, 512, 64, 3},
	    {"L8.narrow_in", STAGE_CONVERT, 512, 512, 1, 2},
	    {"L8.matrix", STAGE_MATRIX, 16, 8192, 64, 2},
	    {"output.dma", STAGE_OUTPUT, 0, 16, 0, 0},
	};
	const char *const settings[] = {"streaming.link=pixel", cnv_folding,
	                                "streaming.fifo_words=input:128 L0:128 L1:2 L1.pool:128 L2:128 L3:2 L3.pool:81 "
	                                "L4:1 L5:1 L6:128 L7:3",
	                                NULL};
	struct trace trace;
	struct pipeline pipeline;
	map("cnv-w1a1", settings, &trace, &pipeline);
	check_chain(&pipeline, expected, sizeof expected / sizeof expected[0]);
	assert_int_equal(pipeline.foldings[0].cycles, 32400);
	assert_int_equal(pipeline.foldings[8].cycles, 8192);
	assert_int_equal(stage_named(&pipeline, "L0.matrix")->threshold_count, 1);
	assert_int_equal(stage_named(&pipeline, "L8.matrix")->threshold_count, 0);
	assert_int_equal(stage_named(&pipeline, "L1.matrix")->latency_cycles, 7);
	assert_int_equal(stage_named(&pipeline, "L1.window")->latency_cycles, 4);
	assert_int_equal(pipeline.start_cycles, 60);
	/* 27 products of at most 128: 3456 needs 13 bits; 576 and 512 of +1 / -1 need 11 */
	assert_int_equal(stage_named(&pipeline, "L0.matrix")->accumulator_bits, 13);
	assert_int_equal(stage_named(&pipeline, "L1.matrix")->accumulator_bits, 11);
	assert_int_equal(stage_named(&pipeline, "L8.matrix")->accumulator_bits, 11);
	assert_true(fifo_named(&pipeline, "L1.pool")->is_link);
	assert_false(fifo_named(&pipeline, "L1.widen_out")->is_link);
	assert_true(fifo_named(&pipeline, "input.narrow")->is_link);
	clear(&trace, &pipeline);
}

/* Vectors of 64 bits between fully connected layers; equal words have no converter. */
static void lfc_is_the_published_chain(void **state) {
	(void)state;
	static const struct expected expected[] = {
	    {"input.dma", STAGE_INPUT, 13, 13, 64, 1024},    {"L0.matrix", STAGE_MATRIX, 32, 416, 32, 2},
	    {"L0.widen_out", STAGE_CONVERT, 16, 32, 64, 16}, {"L1.narrow_in", STAGE_CONVERT, 32, 32, 32, 2},
	    {"L1.matrix", STAGE_MATRIX, 16, 512, 64, 8},     {"L2.matrix", STAGE_MATRIX, 32, 512, 32, 2},
	    {"L2.widen_out", STAGE_CONVERT, 16, 32, 64, 16}, {"L3.narrow_in", STAGE_CONVERT, 128, 128, 8, 2},
	    {"L3.matrix", STAGE_MATRIX, 4, 512, 256, 2},     {"output.narrow", STAGE_CONVERT, 16, 16, 64, 1024},
	    {"output.dma", STAGE_OUTPUT, 0, 16, 0, 0},
	};
	const char *const settings[] = {"streaming.link=pixel", "streaming.folding=32/64,64/32,32/64,16/8",
	                                "streaming.fifo_words=input:1024 L0:16 L1:8 L2:16 L3:1024", NULL};
	struct trace trace;
	struct pipeline pipeline;
	map("lfc-w1a1", settings, &trace, &pipeline);
	check_chain(&pipeline, expected, sizeof expected / sizeof expected[0]);
	clear(&trace, &pipeline);
}

/* link = direct: PE words to SIMD words in one converter, pools on PE words. 490 bytes are no whole number of 64-bit
 * words: the DMA's are gcd(3920, 64) = 16 bits wide. */
static void direct_links(void **state) {
	(void)state;
	const char *const cnv[] = {cnv_folding, NULL};
	struct trace trace;
	struct pipeline pipeline;
	map("cnv-w1a1", cnv, &trace, &pipeline);
	const struct stage *pool = stage_named(&pipeline, "L1.pool");
	assert_int_equal(pool->input_lanes, 32);
	assert_int_equal(stage_words_taken(pool), 1568);
	const struct stage *next = &pipeline.stages[pipeline.fifos[pool->output[0]].to];
	assert_string_equal(next->name, "L2.window");
	assert_int_equal(fifo_named(&pipeline, "L0.matrix")->width_bits, 16);
	assert_string_equal(pipeline.stages[fifo_named(&pipeline, "L0.matrix")->to].name, "L1.widen_in");
	clear(&trace, &pipeline);
	const char *const kws[] = {"streaming.folding=32/10 32/8 32/8 1/8", NULL};
	map("kws-w3a3", kws, &trace, &pipeline);
	const struct stage *dma = stage_named(&pipeline, "input.dma");
	assert_int_equal(dma->words, 245);
	assert_int_equal(fifo_named(&pipeline, "input.dma")->width_bits, 16);
	assert_int_equal(fifo_named(&pipeline, "input.widen")->width_bits, 80);
	clear(&trace, &pipeline);
}

/* A window unit for more than a pixel a word, and a map of one row built as one of one column. */
static void one_row_and_wide_windows(void **state) {
	(void)state;
	const char *const settings[] = {"streaming.folding=32/6 16/96 8/96 4/96 2/96 1/96 1/96 2/32 1/32 1/8", NULL};
	struct trace trace;
	struct pipeline pipeline;
	map("vgg10-radio", settings, &trace, &pipeline);
	const struct stage *window = stage_named(&pipeline, "L1.window");
	assert_int_equal(window->input_height, 514);
	assert_int_equal(window->input_width, 1);
	assert_int_equal(window->kernel_height, 3);
	assert_int_equal(window->input_lanes, 32);
	assert_int_equal(window->output_lanes, 96);
	assert_int_equal(stage_words_made(window), 512);
	assert_int_equal(stage_cycles(window, 3), 3 + 512 + 3);
	assert_int_equal(stage_cycles(stage_named(&pipeline, "L1.matrix"), 3), 512 * 2);
	assert_int_equal(fifo_named(&pipeline, "L1.window")->width_bits, 384);
	clear(&trace, &pipeline);
}

/* Depthwise layers: PE words, a pad on the window's words, one accumulator a channel. */
static void depthwise_layers(void **state) {
	(void)state;
	const char *const settings[] = {"streaming.target_frames_per_s=1000", NULL};
	struct trace trace;
	struct pipeline pipeline;
	map("mobilenet-v1-w4a4", settings, &trace, &pipeline);
	const struct stage *depthwise = stage_named(&pipeline, "dw2.depthwise");
	const struct stage *pad = stage_named(&pipeline, "dw2.pad"), *window = stage_named(&pipeline, "dw2.window");
	assert_int_equal(depthwise->input_lanes, pipeline.foldings[5].pe);
	assert_int_equal(pipeline.foldings[5].simd, 1);
	assert_int_equal(pad->input_lanes, depthwise->input_lanes);
	assert_int_equal(window->output_lanes, depthwise->input_lanes);
	assert_int_equal(pad->output_height, 58);
	assert_int_equal(depthwise->input_unsigned, 1);
	assert_int_equal(depthwise->threshold_count, 15);
	/* nine products of 0..15 with -8..7: -1080 needs 12 bits */
	assert_int_equal(depthwise->accumulator_bits, 12);
	/* the mean is a sum of 49 pixels of 0..15 (735: 10 bits), then one weight a channel */
	const struct stage *average = stage_named(&pipeline, "fc.average");
	assert_int_equal(average->output_bits, 10);
	assert_int_equal(average->output_unsigned, 1);
	assert_int_equal(average->shift, 0);
	assert_int_equal(stage_named(&pipeline, "fc.matrix")->kernel_height, 1);
	clear(&trace, &pipeline);
}

/* Forks and joins: the map read twice, its bits by the main path, its values by the skip path. */
static void skip_paths(void **state) {
	(void)state;
	const char *const settings[] = {"streaming.link=pixel", "streaming.target_frames_per_s=2000", NULL};
	struct trace trace;
	struct pipeline pipeline;
	map("neuroblend20-fashion", settings, &trace, &pipeline);
	uint32_t forks = 0, joins = 0;
	for (uint32_t i = 0; i < pipeline.stage_count; i++) {
		forks += pipeline.stages[i].kind == STAGE_FORK;
		joins += pipeline.stages[i].kind == STAGE_JOIN;
	}
	assert_int_equal(forks, 18);
	assert_int_equal(joins, 18);
	assert_int_equal(fifo_named(&pipeline, "stem.fork")->width_bits, 16);
	assert_int_equal(fifo_named(&pipeline, "stem.fork.skip")->width_bits, 16 * 16);
	/* masked padding: one valid bit from the pad to the matrix unit */
	assert_int_equal(fifo_named(&pipeline, "m1.pad")->width_bits, 16 + 1);
	assert_int_equal(fifo_named(&pipeline, "m1.window")->width_bits, pipeline.foldings[1].simd + 1);
	assert_true(stage_named(&pipeline, "m1.matrix")->has_valid);
	assert_false(stage_named(&pipeline, "stem.pad")->has_valid);
	/* stride 2: the skip path averages 2 x 2, the main path has a window of stride 2 */
	const struct stage *average = stage_named(&pipeline, "m7.skip.average");
	assert_int_equal(average->shift, 2);
	assert_int_equal(average->output_height, 16);
	assert_int_equal(average->output_bits, 16);
	assert_int_equal(average->is_skip, 1);
	assert_int_equal(stage_named(&pipeline, "m7.window")->stride, 2);
	const struct stage *join = stage_named(&pipeline, "m7.join");
	assert_string_equal(pipeline.stages[pipeline.fifos[join->input[0]].from].name, "m7.point");
	assert_int_equal(pipeline.stages[pipeline.fifos[join->input[1]].from].is_skip, 1);
	assert_int_equal(join->output_bits, 16);
	for (uint32_t i = 1; i <= 18; i++) {
		const struct folding *folding = &pipeline.foldings[i];
		assert_true(folding->skip_pe > 0 && folding->skip_simd > 0);
	}
	/* m: 144 terms, |a| <= 2^8: |m| <= 2^15 (2^15 2^8 + 2^31) / 2^post_shift, rounded */
	const uint64_t largest = ((UINT64_C(1) << 38) + (UINT64_C(1) << 46)) >> trace.layers[1].post_shift;
	const uint32_t bits = stage_named(&pipeline, "m1.point")->output_bits;
	assert_true(largest >> (bits - 1) == 0 && largest >> (bits - 2) != 0);
	/* the last layer's sums do not fit 16 bits */
	assert_int_equal(stage_named(&pipeline, "fc.matrix")->output_bits, 32);
	clear(&trace, &pipeline);
}

/* Three readers: two forks. A stream carries values only as far as one of its readers wants them. */
static void forked_maps(void **state) {
	(void)state;
	struct trace trace;
	struct config config;
	struct pipeline pipeline;
	struct error error = {""};
	config_defaults(&config);
	shipped_trace("neuroblend20-fashion", &trace);
	const uint32_t values = trace.layers[1].fixed_map, bits = trace.layers[1].bits_map;
	trace.layers[2].main.kind = TRACE_CONV_FIXED;
	trace.layers[2].main.input_map = values;
	trace.layers[2].skip.input_map = bits;
	trace.layers[3].skip.input_map = bits;
	if (pipeline_map(&trace, &config, &pipeline, &error)) fail_msg("%s", error.text);
	const uint32_t lanes = pipeline.foldings[1].pe;
	assert_int_equal(fifo_named(&pipeline, "m1.join")->width_bits, 16 * lanes);
	assert_int_equal(fifo_named(&pipeline, "m1.fork")->width_bits, 16 * lanes);
	assert_int_equal(fifo_named(&pipeline, "m1.fork.skip")->width_bits, lanes);
	assert_int_equal(fifo_named(&pipeline, "m1.fork2")->width_bits, lanes);
	assert_int_equal(fifo_named(&pipeline, "m1.fork2.skip")->width_bits, lanes);
	/* one reader is left to m2, of bits: no fork, and bits leave the join */
	assert_int_equal(fifo_named(&pipeline, "m2.join")->width_bits, pipeline.foldings[2].pe);
	clear(&trace, &pipeline);
}

/* An overlapping, padded maximum pool: pad, window, depthwise stage without weights. */
static void window_pools(void **state) {
	(void)state;
	const char *const settings[] = {"streaming.target_frames_per_s=200",
	                                "streaming.fifo_words=conv1.pool:77 conv1:5", NULL};
	struct trace trace;
	struct pipeline pipeline;
	map("resnet50-w1a2", settings, &trace, &pipeline);
	const struct stage *pool = stage_named(&pipeline, "conv1.pool.depthwise");
	assert_int_equal(pool->weight_bits, 0);
	assert_int_equal(pool->output_height, 56);
	assert_int_equal(stage_named(&pipeline, "conv1.pool.window")->stride, 2);
	assert_int_equal(stage_named(&pipeline, "conv1.pool.pad")->output_width, 114);
	assert_int_equal(fifo_named(&pipeline, "conv1.pool.depthwise")->depth_words, 77);
	assert_int_equal(fifo_named(&pipeline, "conv1.matrix")->depth_words, 5);
	clear(&trace, &pipeline);
}

/* ---- pipeline_check sees what is wrong */

static void wrong_words(struct pipeline *pipeline) {
	pipeline->stages[2].words++;
}
static void wrong_width(struct pipeline *pipeline) {
	pipeline->fifos[5].width_bits++;
}
static void wrong_depth(struct pipeline *pipeline) {
	pipeline->fifos[5].depth_words = 1;
}
static void wrong_order(struct pipeline *pipeline) {
	struct fifo *fifo = &pipeline->fifos[7];
	const uint32_t from = fifo->from;
	fifo->from = fifo->to;
	fifo->to = from;
}
static void lost_end(struct pipeline *pipeline) {
	pipeline->stages[4].output[0] = PIPELINE_NONE;
}
static void two_readers(struct pipeline *pipeline) {
	pipeline->stages[6].input[0] = pipeline->stages[5].input[0];
}
static void same_name(struct pipeline *pipeline) {
	memcpy(pipeline->stages[8].name, pipeline->stages[3].name, STAGE_NAME_BYTES);
}
static void wrong_lanes(struct pipeline *pipeline) {
	pipeline->stages[4].output_lanes = 24;
}
static void no_latency(struct pipeline *pipeline) {
	pipeline->stages[3].latency_cycles = 0;
}
static void two_outputs(struct pipeline *pipeline) {
	pipeline->stages[pipeline->stage_count - 2].kind = STAGE_OUTPUT;
}

static void check_notices(void **state) {
	(void)state;
	void (*const faults[])(struct pipeline * pipeline) = {wrong_words, wrong_width, wrong_depth, wrong_order,
	                                                      lost_end,    two_readers, same_name,   wrong_lanes,
	                                                      no_latency,  two_outputs};
	const char *const settings[] = {"streaming.link=pixel", cnv_folding, NULL};
	for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
		struct trace trace;
		struct pipeline pipeline;
		struct error error = {""};
		map("cnv-w1a1", settings, &trace, &pipeline);
		faults[i](&pipeline);
		if (pipeline_check(&pipeline, &error) != STATUS_FAILED) fail_msg("fault %zu was not noticed", i);
		assert_true(strlen(error.text) > 10);
		clear(&trace, &pipeline);
	}
}

/* ---- printing */

static void printed(void **state) {
	(void)state;
	const char *const settings[] = {"streaming.target_frames_per_s=1000", NULL};
	struct trace trace;
	struct pipeline pipeline;
	char line[1024];
	uint32_t lines = 0, stages = 0, slowest = 0, marked = 0;
	map("neuroblend20-fashion", settings, &trace, &pipeline);
	FILE *file = tmpfile();
	assert_non_null(file);
	pipeline_print(&pipeline, &trace, file);
	rewind(file);
	while (fgets(line, sizeof line, file)) {
		lines++;
		if (strlen(line) > 101) fail_msg("%zu columns: %s", strlen(line), line);
		if (lines > 1 && lines <= 21 && strstr(line, " *\n")) marked |= 1u << (lines - 2);
	}
	assert_int_equal(lines, 1 + 20 + 2);
	uint64_t most = 0;
	for (uint32_t i = 0; i < 20; i++)
		if (pipeline.foldings[i].cycles > most) most = pipeline.foldings[i].cycles;
	for (uint32_t i = 0; i < 20; i++)
		if (pipeline.foldings[i].cycles == most) slowest |= 1u << i;
	assert_int_equal(marked, slowest);
	fclose(file);
	file = tmpfile();
	assert_non_null(file);
	pipeline_print_stages(&pipeline, file);
	rewind(file);
	for (lines = 0; fgets(line, sizeof line, file); lines++) stages += strncmp(line, "stage ", 6) == 0;
	assert_int_equal(stages, pipeline.stage_count);
	assert_int_equal(lines, 1 + pipeline.stage_count + pipeline.fifo_count);
	fclose(file);
	clear(&trace, &pipeline);
}

int main(void) {
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(cnv_is_the_published_chain),
	    cmocka_unit_test(lfc_is_the_published_chain),
	    cmocka_unit_test(direct_links),
	    cmocka_unit_test(one_row_and_wide_windows),
	    cmocka_unit_test(depthwise_layers),
	    cmocka_unit_test(skip_paths),
	    cmocka_unit_test(forked_maps),
	    cmocka_unit_test(window_pools),
	    cmocka_unit_test(check_notices),
	    cmocka_unit_test(printed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
