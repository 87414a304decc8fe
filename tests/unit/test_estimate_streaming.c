/* Resources and energy of streaming stages: by hand, and what must hold of sums. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "line_pipeline.h"
#include "sim/estimate/energy_streaming.h"

static void memories(void **state) {
	struct memory_blocks blocks;
	(void)state;
	streaming_ram(MEMORIES_SHARED, 14, 1, &blocks); /* a register */
	assert_int_equal(blocks.memory_luts + blocks.bram18s, 0);
	assert_int_equal(blocks.ffs, 14);
	streaming_ram(MEMORIES_SHARED, 14, 32, &blocks);
	assert_int_equal(blocks.memory_luts, 8);
	streaming_ram(MEMORIES_SHARED, 36, 512, &blocks); /* 8 LUTs for 7 x 64 bits, 384 in all, or one RAMB18 */
	assert_int_equal(blocks.bram18s, 1);
	assert_int_equal(blocks.memory_luts, 0);
	streaming_fifo_memory(MEMORIES_SHARED, 64, 2, &blocks); /* registers and the choice of one */
	assert_int_equal(blocks.memory_luts, 0);
	assert_int_equal(blocks.ffs, 128);
	streaming_fifo_memory(MEMORIES_SHARED, 64, 32,
	                      &blocks); /* LUT memory: 5 x 8, and pointers; a shift register: 64 */
	assert_int_equal(blocks.memory_luts, 40);
	streaming_fifo_memory(MEMORIES_SHARED, 8, 32, &blocks);
	assert_int_equal(blocks.memory_luts, 8);
	assert_int_equal(blocks.ffs, 0);                          /* shifted */
	streaming_fifo_memory(MEMORIES_SHARED, 72, 512, &blocks); /* 16 LUTs a bit or two RAMB18 */
	assert_int_equal(blocks.bram18s, 2);
}

/* ---- the synthesised points of configs/tech/streaming_synthesis.csv */

struct point {
	char unit[32], technology[32], parameters[512];
	uint32_t held_out, bram18s, dsps;
	double luts, memory_luts, ffs;
};

static int read_point(char *line, struct point *point) {
	memset(point, 0, sizeof *point);
	return sscanf(line, "%31[^,],%*[^,],%31[^,],%511[^,],%u,%lf,%lf,%lf,%*[^,],%u,%*[^,],%u", point->unit,
	              point->technology, point->parameters, &point->held_out, &point->luts, &point->memory_luts,
	              &point->ffs, &point->bram18s, &point->dsps) == 9;
}

/* "PE=4 SIMD=8" */
static uint32_t parameter(const struct point *point, const char *name, uint32_t otherwise) {
	size_t length = strlen(name);
	for (const char *at = point->parameters; at; at = strchr(at, ' ')) {
		if (*at == ' ') at++;
		if (!strncmp(at, name, length) && at[length] == '=')
			return (uint32_t)strtoul(at + length + 1, NULL, 10);
	}
	return otherwise;
}

static void set_lanes(const struct point *point, struct stage *stage) {
	stage->output_lanes = parameter(point, "PE", 1);
	stage->input_bits = parameter(point, "INPUT_BITS", 1);
	stage->weight_bits = parameter(point, "WEIGHT_BITS", 1);
	stage->accumulator_bits = parameter(point, "SUM", 16);
	stage->threshold_count = parameter(point, "THRESHOLDS", 0);
	stage->output_bits = parameter(point, "OUTPUT_BITS", 16);
	stage->kernel_height = stage->kernel_width = 1;
}

static int make_lanes(const struct point *point, struct stage *stage) {
	set_lanes(point, stage);
	if (!strcmp(point->unit, "matrix")) {
		stage->kind = STAGE_MATRIX;
		stage->input_lanes = parameter(point, "SIMD", 1);
		stage->input_channels = stage->input_lanes * parameter(point, "SF", 1);
		stage->output_channels = stage->output_lanes * parameter(point, "NF", 1);
		return 1;
	}
	stage->kind = STAGE_DEPTHWISE;
	stage->input_lanes = stage->output_lanes;
	stage->input_channels = stage->output_channels = stage->output_lanes * parameter(point, "F", 1);
	stage->kernel_height = parameter(point, "TAPS", 9);
	if (parameter(point, "MAXIMUM", 0)) stage->weight_bits = stage->accumulator_bits = 0;
	return 1;
}

static int make_words(const struct point *point, struct stage *stage) {
	stage->input_lanes = stage->output_lanes = parameter(point, "LANES", 1);
	stage->input_bits = parameter(point, "INPUT_BITS", parameter(point, "MAIN_BITS", parameter(point, "BITS", 1)));
	stage->output_bits = parameter(point, "OUTPUT_BITS", stage->input_bits);
	stage->input_channels = stage->input_lanes * parameter(point, "F", 1);
	stage->output_width = parameter(point, "OUT_COLUMNS", 1);
	stage->kernel_height = parameter(point, "KERNEL_HEIGHT", 2);
	stage->kernel_width = parameter(point, "KERNEL_WIDTH", 2);
	stage->kind = !strcmp(point->unit, "point")    ? STAGE_POINT
	              : !strcmp(point->unit, "join")   ? STAGE_JOIN
	              : !strcmp(point->unit, "fork")   ? STAGE_FORK
	              : parameter(point, "AVERAGE", 0) ? STAGE_AVERAGE_POOL
	                                               : STAGE_MAX_POOL;
	return 1;
}

/* The stage of a point; 0: a shape that no stage has. */
static int make_stage(const struct point *point, struct stage *stage) {
	static const char *const words[] = {"point", "join", "fork", "pool"};
	memset(stage, 0, sizeof *stage);
	if (!strcmp(point->unit, "matrix") || !strcmp(point->unit, "depthwise")) return make_lanes(point, stage);
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (!strcmp(point->unit, words[i])) return make_words(point, stage);
	if (!strcmp(point->unit, "window")) {
		stage->kind = STAGE_WINDOW;
		stage->input_bits = 1;
		stage->input_lanes = parameter(point, "ATOM", 1);
		stage->input_channels = stage->input_lanes * parameter(point, "F", 1);
		stage->input_width = parameter(point, "COLUMNS", 1);
		stage->kernel_height = parameter(point, "KERNEL_HEIGHT", 3);
		stage->stride = parameter(point, "STRIDE", 1);
		return parameter(point, "ATOMS_OUT", 1) == 1;
	}
	if (!strcmp(point->unit, "convert")) {
		stage->kind = STAGE_CONVERT;
		stage->input_bits = stage->output_bits = parameter(point, "PART", 1);
		stage->input_lanes = parameter(point, "SPLIT", 1);
		stage->output_lanes = parameter(point, "GATHER", 1);
		stage->latency_cycles = parameter(point, "LATENCY", 1);
		return stage->input_lanes == 1 || stage->output_lanes == 1;
	}
	if (!strcmp(point->unit, "label")) {
		stage->kind = STAGE_LABEL;
		stage->input_lanes = parameter(point, "LANES", 1);
		stage->input_bits = parameter(point, "BITS", 1);
		return 1;
	}
	stage->kind = !strcmp(point->unit, "read")    ? STAGE_INPUT
	              : !strcmp(point->unit, "write") ? STAGE_OUTPUT
	                                              : STAGE_PAD;
	stage->input_lanes = stage->output_lanes = stage->latency_cycles = 1;
	stage->input_bits = stage->output_bits = parameter(point, "WIDTH", 1);
	return stage->kind != STAGE_PAD || !strcmp(point->unit, "pad");
}

struct errors {
	double luts[256], ffs[256];
	size_t count, skipped;
};

/* The memory that the synthesis had to put elsewhere than we would: counted as it did. */
static void place_memory(const struct point *point, const struct stage *stage, struct stage_resources *resources) {
	const int is_window = stage->kind == STAGE_WINDOW, is_block = point->bram18s > 0;
	struct memory_blocks *at = is_window ? &resources->data : &resources->weights, blocks;
	if ((stage->kind != STAGE_MATRIX && !is_window) || (at->bram18s > 0) == is_block) return;
	const uint64_t pixel = stage->input_channels / stage->input_lanes;
	struct memory_shape shape = {is_window ? stage->input_lanes * stage->input_bits
	                                       : stage->output_lanes * stage->input_lanes * stage->weight_bits,
	                             is_window ? pixel * stage->input_width * (stage->kernel_height + stage->stride)
	                                       : pixel * (stage->output_channels / stage->output_lanes),
	                             0, is_block ? TECHNOLOGY_BRAM36 : TECHNOLOGY_LUTRAM};
	memory_blocks_of(&shape, &blocks);
	blocks.ffs = is_block ? 0 : shape.word_bits;
	uint64_t *luts = &resources->row.amounts[RESOURCE_LUT].count, *ffs = &resources->row.amounts[RESOURCE_FF].count;
	*luts = *luts + blocks.memory_luts + blocks.mux_luts - at->memory_luts - at->mux_luts;
	*ffs = *ffs + blocks.ffs - at->ffs;
	if (is_window && is_block) { /* its banks, the word that goes around it */
		*luts += 45 + blocks.mux_luts;
		*ffs += 15;
	} else if (is_window) {
		*luts -= 45 + at->mux_luts;
		*ffs -= 15;
	}
	resources->row.amounts[RESOURCE_BRAM18].count = blocks.bram18s;
}

/* A master is part of a DMA stage; the rest of that was synthesised alone. */
static void leave_master(const struct stage *stage, struct stage_resources *resources) {
	const int is_input = stage->kind == STAGE_INPUT;
	if (!is_input && stage->kind != STAGE_OUTPUT) return;
	resources->row.amounts[RESOURCE_LUT].count -= is_input ? 96 : 85;
	resources->row.amounts[RESOURCE_FF].count -= is_input ? 131 : 97;
}

/* 0: built of another memory than we would build it of. */
static int make_fifo(const struct point *point, struct stage_resources *resources) {
	uint32_t depth = parameter(point, "DEPTH", 2), kind = parameter(point, "MEMORY", 0);
	streaming_fifo(MEMORIES_SHARED, parameter(point, "WIDTH", 1), depth, &resources->data, &resources->row);
	if (depth <= 2) return kind == 0;
	return kind == (resources->data.bram18s ? 2u : resources->data.ffs ? 1u : 0u);
}

/* 0: a shape that no stage has, or another memory of a FIFO. */
static int make_point(const struct point *point, struct stage_resources *resources) {
	struct stage stage;
	memset(resources, 0, sizeof *resources);
	if (!strcmp(point->unit, "fifo")) return make_fifo(point, resources);
	if (!make_stage(point, &stage)) return 0;
	resource_of_stage(&stage, MEMORIES_SHARED, DEVICE_DSP48E2, resources);
	place_memory(point, &stage, resources);
	leave_master(&stage, resources);
	return 1;
}

static int compare_numbers(const void *a, const void *b) {
	double x = *(const double *)a, y = *(const double *)b;
	return x < y ? -1 : x > y;
}

static double relative(double value, double truth) {
	return truth > 0 ? (value > truth ? value - truth : truth - value) / truth : 0;
}

/* A point whose memories and products lie where ours would: its errors. */
static void compare_point(const struct point *point, struct errors *errors) {
	struct stage_resources resources;
	assert_true(errors->count < sizeof errors->luts / sizeof errors->luts[0]);
	const struct resource_amount *amounts = resources.row.amounts;
	if (!make_point(point, &resources) || (amounts[RESOURCE_BRAM18].count > 0) != (point->bram18s > 0) ||
	    (amounts[RESOURCE_DSP].count > 0) != (point->dsps > 0)) {
		print_message("not compared: %s %s %s\n", point->unit, point->technology, point->parameters);
		errors->skipped++;
		return;
	}
	double luts = relative((double)amounts[RESOURCE_LUT].count, point->luts);
	double ffs = relative((double)amounts[RESOURCE_FF].count, point->ffs);
	if (luts > 0.2 || ffs > 0.2)
		print_message("%s %s %s: LUT %.0f for %.0f, FF %.0f for %.0f\n", point->unit, point->technology,
		              point->parameters, (double)amounts[RESOURCE_LUT].count, point->luts,
		              (double)amounts[RESOURCE_FF].count, point->ffs);
	errors->luts[errors->count] = luts;
	errors->ffs[errors->count++] = ffs;
}

static void read_points(struct errors *all, struct errors *held_out) {
	static const char path[] = NBSIM_SOURCE_DIR "/configs/tech/streaming_synthesis.csv";
	char line[1024];
	FILE *file = fopen(path, "r");
	assert_non_null(file);
	while (fgets(line, sizeof line, file)) {
		struct point point;
		if (!read_point(line, &point)) continue;
		compare_point(&point, all);
		if (point.held_out) compare_point(&point, held_out);
	}
	fclose(file);
}

static void sort_errors(struct errors *errors, const char *which) {
	qsort(errors->luts, errors->count, sizeof errors->luts[0], compare_numbers);
	qsort(errors->ffs, errors->count, sizeof errors->ffs[0], compare_numbers);
	print_message(
	    "%zu %s points: LUT median %.3f, 90 %% %.3f, worst %.3f; FF median %.3f, 90 %% %.3f, worst %.3f\n",
	    errors->count, which, errors->luts[errors->count / 2], errors->luts[errors->count * 9 / 10],
	    errors->luts[errors->count - 1], errors->ffs[errors->count / 2], errors->ffs[errors->count * 9 / 10],
	    errors->ffs[errors->count - 1]);
}

static void stages_are_near_their_synthesis(void **state) {
	static struct errors all, held_out;
	(void)state;
	read_points(&all, &held_out);
	assert_true(all.count >= 110 && all.skipped <= 30);
	assert_true(held_out.count >= 30);
	sort_errors(&all, "compared");
	sort_errors(&held_out, "held-out");
	assert_true(all.luts[all.count / 2] < 0.04 && all.luts[all.count * 9 / 10] < 0.16);
	assert_true(all.ffs[all.count / 2] < 0.02 && all.ffs[all.count * 9 / 10] < 0.12);
}

#define LANES(kind_, pe, simd, input_bits_, weight_bits_, sum, count, out)                                             \
	.kind = kind_, .input_lanes = simd, .output_lanes = pe, .input_bits = input_bits_,                             \
	.weight_bits = weight_bits_, .accumulator_bits = sum, .threshold_count = count, .output_bits = out

static void fill_lanes(uint32_t memories, uint32_t pe, uint32_t simd, uint32_t inputs, uint32_t outputs,
                       struct stage_resources *resources) {
	const struct stage stage = {LANES(STAGE_MATRIX, pe, simd, 1, 1, 11, 1, 1), .input_channels = inputs,
	                            .output_channels = outputs, .kernel_height = 1, .kernel_width = 1};
	memset(resources, 0, sizeof *resources);
	resource_of_stage(&stage, memories, DEVICE_DSP48E1, resources);
}

/* The layers of LFC: 64, 64, 64 and 16 RAMB18 are 208, as many as BNN-PYNQ's report counts (and 6 RAMB36 of FIFOs and
 * bus). Layers of CNV: 2,304 words of 32 bits take 4 RAMB36 of 4K x 9, 18,432 words 32 of 32K x 1. */
static void partitioned_memories(void **state) {
	struct stage_resources resources;
	struct memory_blocks blocks;
	(void)state;
	fill_lanes(MEMORIES_PARTITIONED, 32, 64, 832, 1024, &resources);
	assert_int_equal(resources.weights.bram18s, 64);
	assert_int_equal(resources.thresholds.bram18s, 0); /* 32 words of 16 bits: LUTs */
	assert_int_equal(resources.thresholds.memory_luts, 32 * 16);
	assert_int_equal(resources.data.ffs, 832);
	fill_lanes(MEMORIES_PARTITIONED, 64, 32, 1024, 1024, &resources);
	assert_int_equal(resources.weights.bram18s, 64);
	assert_int_equal(resources.weights.access_bram18s, 64); /* all are read in a cycle */
	fill_lanes(MEMORIES_PARTITIONED, 32, 64, 1024, 1024, &resources);
	assert_int_equal(resources.weights.bram18s, 64);
	fill_lanes(MEMORIES_PARTITIONED, 16, 8, 1024, 64, &resources);
	assert_int_equal(resources.weights.bram18s, 16);
	fill_lanes(MEMORIES_SHARED, 16, 8, 1024, 64, &resources); /* 128 bits x 512 words */
	assert_int_equal(resources.weights.bram18s, 4);
	memory_blocks_side_by_side(32, 2304, &blocks);
	assert_int_equal(blocks.bram18s, 8);
	assert_int_equal(blocks.mux_luts, 0);
	memory_blocks_side_by_side(32, 18432, &blocks);
	assert_int_equal(blocks.bram18s, 64);
	streaming_ram(MEMORIES_PARTITIONED, 32, 32, &blocks); /* 1,024 bits */
	assert_int_equal(blocks.bram18s, 1);
	streaming_ram(MEMORIES_PARTITIONED, 31, 33, &blocks);
	assert_int_equal(blocks.bram18s, 0);
}

/* 3 x 3 over 30 columns of two 32-bit words: 4 memories of one row of 60 words. */
static void a_window_in_parts(void **state) {
	const struct stage stage = {.kind = STAGE_WINDOW,
	                            .input_bits = 1,
	                            .input_lanes = 32,
	                            .input_channels = 64,
	                            .input_width = 30,
	                            .kernel_height = 3,
	                            .stride = 1};
	struct stage_resources resources = {0};
	(void)state;
	resource_of_stage(&stage, MEMORIES_PARTITIONED, DEVICE_DSP48E1, &resources);
	assert_int_equal(resources.data.bram18s, 4);
	assert_int_equal(resources.data.access_bram18s, 1);
}

/* 8 x 8 bits: two products share a DSP48E2; 4 x 4 bits are made in LUTs. */
static void products_follow_the_packing_rules(void **state) {
	struct stage stage = {LANES(STAGE_MATRIX, 4, 4, 8, 8, 20, 0, 20), .input_channels = 8, .output_channels = 8,
	                      .kernel_height = 1, .kernel_width = 1};
	struct stage_resources wide = {0}, narrow = {0};
	(void)state;
	resource_of_stage(&stage, MEMORIES_SHARED, DEVICE_DSP48E2, &wide);
	assert_int_equal(wide.row.amounts[RESOURCE_DSP].count, 8);
	assert_int_equal(wide.packing.products_per_dsp, 2);
	stage.input_bits = stage.weight_bits = 4;
	resource_of_stage(&stage, MEMORIES_SHARED, DEVICE_DSP48E2, &narrow);
	assert_int_equal(narrow.row.amounts[RESOURCE_DSP].count, 0);
	assert_true(narrow.row.amounts[RESOURCE_LUT].count > 16 * 26);
}

static const struct device device = {.dsp_kind = DEVICE_DSP48E2,
                                     .slrs = 1,
                                     .total = {100000, 200000, 100, 0, 100},
                                     .usable_percent = {100, 100, 100, 100, 100},
                                     .static_low_w = 0.5,
                                     .static_typical_w = 1,
                                     .static_high_w = 2,
                                     .processor_w = 3};

static void sums_and_fit(void **state) {
	struct line line;
	struct streaming_resources resources;
	struct resource_fit fit;
	struct error error;
	uint64_t luts = 0;
	uint32_t largest;
	(void)state;
	line_make(&line, 2, 300);
	assert_int_equal(estimate_streaming_resources(&line.pipeline, &device, &resources, &error), STATUS_OK);
	for (uint32_t i = 0; i < LINE_STAGES; i++) luts += resources.stages[i].row.amounts[RESOURCE_LUT].count;
	for (uint32_t f = 0; f + 1 < LINE_STAGES; f++) luts += resources.fifos[f].row.amounts[RESOURCE_LUT].count;
	assert_int_equal(resources.total.amounts[RESOURCE_LUT].count, luts);
	estimate_streaming_fit(&resources, &device, &fit, &largest);
	assert_int_equal(fit.totals[RESOURCE_LUT].count, luts);
	assert_int_equal(fit.fits, FITS_YES);
	assert_true(fit.totals[RESOURCE_LUT].utilisation == (double)luts / 100000);
	assert_true(fit.slr_share > 0 && fit.slr_share < fit.totals[fit.worst].utilisation);
	struct device small = device;
	small.total[DEVICE_LUT] = (uint32_t)luts - 1;
	estimate_streaming_fit(&resources, &small, &fit, NULL);
	assert_int_equal(fit.fits, FITS_NO);
	streaming_resources_clear(&resources);
}

static void make_technology(struct technology *technology) {
	memset(technology, 0, sizeof *technology);
	for (int e = 0; e < TECHNOLOGY_EVENT_COUNT; e++)
		technology->values[e] = (struct technology_value){.value = 1, .low = 0.5, .high = 3};
}

struct estimate {
	struct line line;
	struct config config;
	struct technology technology;
	struct streaming_resources resources;
	struct stage_activity stages[LINE_STAGES];
	uint64_t fifo_words[LINE_STAGES - 1];
	struct streaming_activity activity;
	struct streaming_energy streaming;
	struct energy energy;
};

static void begin_estimate(struct estimate *estimate) {
	struct error error;
	memset(estimate, 0, sizeof *estimate);
	line_make(&estimate->line, 2, 8);
	config_defaults(&estimate->config);
	make_technology(&estimate->technology);
	for (uint32_t i = 0; i < LINE_STAGES; i++) estimate->stages[i] = (struct stage_activity){100 + i, 10, 48, 48};
	for (uint32_t f = 0; f + 1 < LINE_STAGES; f++) estimate->fifo_words[f] = 48;
	estimate->activity = (struct streaming_activity){1000, 2, estimate->stages, estimate->fifo_words};
	assert_int_equal(estimate_streaming_resources(&estimate->line.pipeline, &device, &estimate->resources, &error),
	                 STATUS_OK);
}

static enum status run_estimate(struct estimate *estimate) {
	struct error error;
	streaming_energy_clear(&estimate->streaming);
	return estimate_streaming_energy(&estimate->config, &estimate->line.pipeline, &estimate->resources,
	                                 &estimate->technology, &device, &estimate->activity, &estimate->streaming,
	                                 &estimate->energy, &error);
}

static void end_estimate(struct estimate *estimate) {
	streaming_energy_clear(&estimate->streaming);
	streaming_resources_clear(&estimate->resources);
}

static void energy_is_the_sum_of_its_rows(void **state) {
	struct estimate estimate;
	double sum, low = 0;
	(void)state;
	begin_estimate(&estimate);
	assert_int_equal(run_estimate(&estimate), STATUS_OK);
	sum = estimate.streaming.fifos.energy_uj;
	for (uint32_t i = 0; i < LINE_STAGES; i++) sum += estimate.streaming.stages[i].energy_uj;
	for (int u = 0; u < ENERGY_UNIT_COUNT; u++) sum += estimate.energy.rows[u].energy_uj;
	assert_true(sum > 0.999999 * estimate.energy.total.energy_uj &&
	            sum < 1.000001 * estimate.energy.total.energy_uj);
	for (uint32_t i = 0; i < LINE_STAGES; i++) {
		const struct energy_row *row = &estimate.streaming.stages[i];
		assert_true(row->energy_low_uj < row->energy_uj && row->energy_uj < row->energy_high_uj);
		low += row->energy_low_uj;
	}
	assert_true(low > 0);
	assert_int_equal(estimate.energy.total.grade, GRADE_ASSUMED);
	assert_false(estimate.energy.partial);
	end_estimate(&estimate);
}

/* One cycle more of work: the stage's logic and a word of its weights. */
static void work_costs_what_its_events_cost(void **state) {
	struct estimate estimate;
	(void)state;
	begin_estimate(&estimate);
	assert_int_equal(run_estimate(&estimate), STATUS_OK);
	double before = estimate.streaming.stages[LINE_MATRIX].toggle_pj;
	double memory = estimate.streaming.stages[LINE_MATRIX].memory_pj;
	const struct stage_resources *matrix = &estimate.resources.stages[LINE_MATRIX];
	uint64_t logic = matrix->row.amounts[RESOURCE_LUT].count - matrix->row.memory_luts;
	estimate.stages[LINE_MATRIX].busy_cycles++;
	assert_int_equal(run_estimate(&estimate), STATUS_OK);
	assert_true(estimate.streaming.stages[LINE_MATRIX].toggle_pj - before == (double)logic);
	assert_true(estimate.streaming.stages[LINE_MATRIX].memory_pj - memory ==
	            (double)(matrix->weights.access_luts + matrix->data.access_luts));
	end_estimate(&estimate);
}

static void bytes_and_macs(void **state) {
	struct line line;
	(void)state;
	line_make(&line, 2, 8);
	assert_int_equal(streaming_ddr_bytes(&line.pipeline, 10, 0), 10 * 24 * 3 * 2 / 8);
	assert_int_equal(streaming_ddr_bytes(&line.pipeline, 10, 1), 10);
	assert_int_equal(stage_issued_macs(&line.stages[LINE_MATRIX], 7), 7 * 3 * 4);
	assert_int_equal(stage_issued_macs(&line.stages[LINE_POOL], 7), 0);
	line.stages[LINE_MATRIX].kind = STAGE_DEPTHWISE; /* a lane has a channel of its own */
	assert_int_equal(stage_issued_macs(&line.stages[LINE_MATRIX], 7), 7 * 4);
	line_make(&line, 8, 8); /* 8 words of one bit, then 9 of them: a frame is whole bytes */
	assert_int_equal(streaming_ddr_bytes(&line.pipeline, 10, 1), 10);
	line.stages[LINE_OUTPUT].words = 9;
	assert_int_equal(streaming_ddr_bytes(&line.pipeline, 10, 1), 20);
}

static void a_contradiction_is_refused(void **state) {
	struct estimate estimate;
	(void)state;
	begin_estimate(&estimate);
	estimate.stages[LINE_POOL].busy_cycles = 991;
	assert_int_equal(run_estimate(&estimate), STATUS_FAILED);
	estimate.stages[LINE_POOL].busy_cycles = 990;
	assert_int_equal(run_estimate(&estimate), STATUS_OK);
	estimate.activity.frames = 0;
	assert_int_equal(run_estimate(&estimate), STATUS_FAILED);
	end_estimate(&estimate);
}

int main(void) {
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(memories),
	    cmocka_unit_test(stages_are_near_their_synthesis),
	    cmocka_unit_test(partitioned_memories),
	    cmocka_unit_test(a_window_in_parts),
	    cmocka_unit_test(products_follow_the_packing_rules),
	    cmocka_unit_test(sums_and_fit),
	    cmocka_unit_test(energy_is_the_sum_of_its_rows),
	    cmocka_unit_test(work_costs_what_its_events_cost),
	    cmocka_unit_test(bytes_and_macs),
	    cmocka_unit_test(a_contradiction_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
