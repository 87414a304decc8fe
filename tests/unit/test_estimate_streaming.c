/* Resources and energy of streaming stages: by hand, and what must hold of sums. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "line_pipeline.h"
#include "sim/estimate/energy_streaming.h"

static void memories(void **state) {
	struct memory_blocks blocks;
	(void)state;
	streaming_ram(14, 1, &blocks); /* a register */
	assert_int_equal(blocks.memory_luts + blocks.bram18s, 0);
	assert_int_equal(blocks.ffs, 14);
	streaming_ram(14, 32, &blocks);
	assert_int_equal(blocks.memory_luts, 8);
	streaming_ram(36, 512, &blocks); /* 8 LUTs for 7 x 64 bits, 384 in all, or one RAMB18 */
	assert_int_equal(blocks.bram18s, 1);
	assert_int_equal(blocks.memory_luts, 0);
	streaming_fifo_memory(64, 2, &blocks); /* registers and the choice of one */
	assert_int_equal(blocks.memory_luts, 0);
	assert_int_equal(blocks.ffs, 128);
	streaming_fifo_memory(64, 32, &blocks); /* LUT memory: 5 x 8, and pointers; a shift register: 64 */
	assert_int_equal(blocks.memory_luts, 40);
	streaming_fifo_memory(8, 32, &blocks);
	assert_int_equal(blocks.memory_luts, 8);
	assert_int_equal(blocks.ffs, 0);         /* shifted */
	streaming_fifo_memory(72, 512, &blocks); /* 16 LUTs a bit or two RAMB18 */
	assert_int_equal(blocks.bram18s, 2);
}

/* Synthesised shapes of configs/tech/streaming_synthesis.csv: LUTs within 8 %, memory LUTs and DSP blocks equal,
 * flip-flops within 8 %. The larger ones of each kind that have points. */
struct point {
	struct stage stage;
	uint64_t luts, memory_luts, ffs, dsps;
};

#define LANES(kind_, pe, simd, input_bits_, weight_bits_, sum, count, out)                                             \
	.kind = kind_, .input_lanes = simd, .output_lanes = pe, .input_bits = input_bits_,                             \
	.weight_bits = weight_bits_, .accumulator_bits = sum, .threshold_count = count, .output_bits = out

static const struct point points[] = {
    {{LANES(STAGE_MATRIX, 1, 8, 1, 1, 12, 1, 1), .kernel_height = 4, .kernel_width = 4, .input_channels = 8,
      .output_channels = 4},
     184,
     32,
     106,
     0},
    {{LANES(STAGE_MATRIX, 1, 64, 1, 1, 12, 1, 1), .kernel_height = 4, .kernel_width = 4, .input_channels = 64,
      .output_channels = 4},
     486,
     128,
     218,
     0},
    {{LANES(STAGE_MATRIX, 4, 32, 1, 1, 12, 1, 1), .kernel_height = 4, .kernel_width = 4, .input_channels = 32,
      .output_channels = 16},
     876,
     208,
     328,
     0},
    {{LANES(STAGE_DEPTHWISE, 4, 4, 8, 8, 20, 0, 20), .kernel_height = 3, .kernel_width = 3, .input_channels = 16,
      .output_channels = 16},
     262,
     40,
     282,
     4},
    {{LANES(STAGE_DEPTHWISE, 4, 4, 4, 4, 12, 15, 4), .kernel_height = 3, .kernel_width = 3, .input_channels = 16,
      .output_channels = 16},
     1765,
     472,
     940,
     0},
    {{.kind = STAGE_WINDOW,
      .input_lanes = 64,
      .input_bits = 1,
      .output_lanes = 64,
      .input_width = 30,
      .input_channels = 64,
      .kernel_height = 3,
      .stride = 1},
     358,
     160,
     218,
     0},
    {{.kind = STAGE_POINT,
      .input_lanes = 4,
      .output_lanes = 4,
      .input_bits = 16,
      .output_bits = 16,
      .input_channels = 16},
     1027,
     384,
     928,
     12},
    {{.kind = STAGE_JOIN,
      .input_lanes = 4,
      .output_lanes = 4,
      .input_bits = 24,
      .output_bits = 16,
      .input_channels = 16},
     824,
     88,
     690,
     0},
    {{.kind = STAGE_PAD, .input_lanes = 64, .output_lanes = 64, .input_bits = 1, .output_bits = 1}, 116, 0, 110, 0},
    {{.kind = STAGE_CONVERT, .input_lanes = 64, .output_lanes = 8, .input_bits = 1, .output_bits = 1}, 110, 0, 102, 0},
};

static int is_near(uint64_t value, uint64_t expected) {
	double ratio = (double)value / (double)expected;
	if (ratio > 0.92 && ratio < 1.08) return 1;
	print_error("%llu, synthesised %llu\n", (unsigned long long)value, (unsigned long long)expected);
	return 0;
}

static void stages_are_near_their_synthesis(void **state) {
	(void)state;
	for (size_t i = 0; i < sizeof points / sizeof points[0]; i++) {
		struct stage_resources resources = {0};
		resource_of_stage(&points[i].stage, DEVICE_DSP48E2, &resources);
		const struct resource_amount *amounts = resources.row.amounts;
		print_message("%s\n", stage_kind_names[points[i].stage.kind]);
		assert_true(is_near(amounts[RESOURCE_LUT].count, points[i].luts));
		assert_true(is_near(amounts[RESOURCE_FF].count, points[i].ffs));
		assert_int_equal(resources.row.memory_luts, points[i].memory_luts);
		assert_int_equal(amounts[RESOURCE_DSP].count, points[i].dsps);
		assert_int_equal(amounts[RESOURCE_LUT].grade, GRADE_ASSUMED);
	}
}

/* 8 x 8 bits: two products share a DSP48E2; 4 x 4 bits are made in LUTs. */
static void products_follow_the_packing_rules(void **state) {
	struct stage stage = {LANES(STAGE_MATRIX, 4, 4, 8, 8, 20, 0, 20), .input_channels = 8, .output_channels = 8,
	                      .kernel_height = 1, .kernel_width = 1};
	struct stage_resources wide = {0}, narrow = {0};
	(void)state;
	resource_of_stage(&stage, DEVICE_DSP48E2, &wide);
	assert_int_equal(wide.row.amounts[RESOURCE_DSP].count, 8);
	assert_int_equal(wide.packing.products_per_dsp, 2);
	stage.input_bits = stage.weight_bits = 4;
	resource_of_stage(&stage, DEVICE_DSP48E2, &narrow);
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
	    cmocka_unit_test(products_follow_the_packing_rules),
	    cmocka_unit_test(sums_and_fit),
	    cmocka_unit_test(energy_is_the_sum_of_its_rows),
	    cmocka_unit_test(work_costs_what_its_events_cost),
	    cmocka_unit_test(bytes_and_macs),
	    cmocka_unit_test(a_contradiction_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
