/* Do the resource formulas of lanes, memories and units give what synthesis gave, and do the packing rules hold to
 * their stated widths? Whole machines: test_estimate_fit.c. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sim/estimate/resource.h"
#include "tests/unit/estimate_machine.h"

/* Synthesised: yosys 0.23, synth_xilinx -family xcup. LUT lanes had operand registers. */
static const struct lane_point {
	enum config_fabric fabric;
	uint64_t bits, lanes, accumulator_bits, luts, ffs, dsps;
} lane_points[] = {
    {FABRIC_DSP, 48, 1, 16, 65, 72, 1},           {FABRIC_DSP, 48, 2, 16, 130, 144, 2},
    {FABRIC_DSP, 48, 4, 16, 260, 288, 4},         {FABRIC_DSP, 48, 8, 16, 520, 576, 8},
    {FABRIC_DSP, 48, 16, 16, 1040, 1152, 16},     {FABRIC_DSP, 48, 32, 16, 2080, 2304, 32},
    {FABRIC_DSP, 96, 1, 16, 120, 135, 2},         {FABRIC_DSP, 96, 2, 16, 240, 270, 4},
    {FABRIC_DSP, 96, 4, 16, 480, 540, 8},         {FABRIC_DSP, 96, 8, 16, 960, 1080, 16},
    {FABRIC_DSP, 96, 16, 16, 1920, 2160, 32},     {FABRIC_DSP, 192, 8, 16, 1848, 2096, 32},
    {FABRIC_DSP, 192, 32, 16, 7392, 8384, 128},   {FABRIC_DSP, 384, 8, 16, 3632, 4136, 64},
    {FABRIC_DSP, 384, 32, 16, 14528, 16544, 256}, {FABRIC_DSP, 144, 3, 16, 528, 615, 9},
    {FABRIC_DSP, 240, 5, 12, 1420, 1680, 25},     {FABRIC_DSP, 288, 7, 20, 2429, 2807, 42},
    {FABRIC_DSP, 336, 4, 24, 1628, 1872, 28},     {FABRIC_DSP, 768, 2, 20, 1810, 2064, 32},
    {FABRIC_DSP, 1152, 1, 16, 1349, 1549, 24},    {FABRIC_LUT, 48, 1, 16, 113, 216, 0},
    {FABRIC_LUT, 48, 2, 16, 226, 384, 0},         {FABRIC_LUT, 48, 4, 16, 452, 720, 0},
    {FABRIC_LUT, 48, 8, 16, 904, 1392, 0},        {FABRIC_LUT, 48, 16, 16, 1808, 2736, 0},
    {FABRIC_LUT, 48, 32, 16, 3616, 5424, 0},      {FABRIC_LUT, 96, 1, 16, 216, 423, 0},
    {FABRIC_LUT, 96, 2, 16, 432, 750, 0},         {FABRIC_LUT, 96, 4, 16, 864, 1404, 0},
    {FABRIC_LUT, 144, 3, 16, 960, 1911, 0},       {FABRIC_LUT, 288, 4, 20, 2540, 5060, 0},
    {FABRIC_LUT, 336, 2, 24, 1486, 2952, 0},      {FABRIC_FUSED, 48, 1, 0, 73, 184, 0},
};

static void lanes_equal_synthesis(void **state) {
	(void)state;
	for (size_t i = 0; i < sizeof lane_points / sizeof lane_points[0]; i++) {
		const struct lane_point *point = &lane_points[i];
		struct lane_fabric lane =
		    resource_lane_fabric(point->fabric, point->bits, point->accumulator_bits, point->lanes, 1);
		/* The LUT lanes up to 96 bits were flattened: one activation register for all of them. */
		uint64_t shared =
		    point->fabric == FABRIC_LUT && point->bits <= 96 ? (point->lanes - 1) * point->bits : 0;
		assert_int_equal(lane.luts, point->luts);
		assert_int_equal(lane.dsps, point->dsps);
		assert_int_equal(lane.ffs - shared, point->ffs);
	}
}

static void expect_blocks(uint64_t bits, uint64_t words, uint64_t column_bits, uint32_t technology, uint64_t bram18s,
                          uint64_t urams, uint64_t memory_luts, uint64_t mux_luts) {
	struct memory_shape shape = {bits, words, column_bits, technology};
	struct memory_blocks blocks;
	memory_blocks_of(&shape, &blocks);
	assert_int_equal(blocks.bram18s, bram18s);
	assert_int_equal(blocks.urams, urams);
	assert_int_equal(blocks.memory_luts, memory_luts);
	assert_int_equal(blocks.mux_luts, mux_luts);
}

static void memories_equal_synthesis(void **state) {
	(void)state;
	expect_blocks(48, 512, 0, TECHNOLOGY_BRAM36, 2, 0, 0, 0);
	expect_blocks(48, 1024, 0, TECHNOLOGY_BRAM36, 3, 0, 0, 0);
	expect_blocks(48, 2048, 0, TECHNOLOGY_BRAM36, 6, 0, 0, 0);
	expect_blocks(96, 2048, 0, TECHNOLOGY_BRAM36, 11, 0, 0, 0);
	expect_blocks(72, 8192, 0, TECHNOLOGY_BRAM36, 32, 0, 0, 74);
	expect_blocks(64, 4096, 0, TECHNOLOGY_URAM288, 0, 1, 0, 0);
	expect_blocks(288, 32768, 0, TECHNOLOGY_URAM288, 0, 32, 0, 0);
	expect_blocks(48, 32, 0, TECHNOLOGY_LUTRAM, 0, 0, 4 * 8, 0);
	expect_blocks(48, 64, 0, TECHNOLOGY_LUTRAM, 0, 0, 7 * 8, 0);
	/* command queue of 8 x 512 bits: 37 RAM32M16; of 64: 74 RAM64M8 */
	expect_blocks(512, 8, 0, TECHNOLOGY_LUTRAM, 0, 0, 37 * 8, 0);
	expect_blocks(512, 64, 0, TECHNOLOGY_LUTRAM, 0, 0, 74 * 8, 0);
	expect_blocks(0, 64, 0, TECHNOLOGY_BRAM36, 0, 0, 0, 0);
}

/* By hand: 48 bits in columns of 16 are 3 x 2 byte lanes of 9: 6 of the 8 of a RAMB36. Columns of 4: 12 lanes, three
 * RAMB18 of four; or, 4,096 deep, 12 blocks of 4 bits. A column as wide as the word is the plain rule. */
static void column_enables_take_whole_byte_lanes(void **state) {
	(void)state;
	expect_blocks(48, 512, 16, TECHNOLOGY_BRAM36, 2, 0, 0, 0);
	expect_blocks(48, 512, 4, TECHNOLOGY_BRAM36, 3, 0, 0, 0);
	expect_blocks(48, 512, 1, TECHNOLOGY_BRAM36, 12, 0, 0, 0);
	expect_blocks(48, 2048, 48, TECHNOLOGY_BRAM36, 6, 0, 0, 0);
	expect_blocks(256, 4096, 16, TECHNOLOGY_URAM288, 0, 4, 0, 0);
	expect_blocks(80, 4096, 10, TECHNOLOGY_URAM288, 0, 2, 0, 0);
}

/* One access of 72 x 8192 words enables one depth bank: 8 RAMB36 of 9 x 4K. */
static void an_access_enables_one_depth_bank(void **state) {
	struct memory_shape shape = {72, 8192, 0, TECHNOLOGY_BRAM36};
	struct memory_blocks blocks;
	(void)state;
	memory_blocks_of(&shape, &blocks);
	assert_int_equal(blocks.access_bram36s, 8);
	assert_int_equal(blocks.access_bram18s, 0);
	/* equal costs: RAMB36 */
	shape.depth_words = 512;
	memory_blocks_of(&shape, &blocks);
	assert_int_equal(blocks.access_bram36s, 1);
	shape.word_bits = 36;
	shape.depth_words = 1024;
	memory_blocks_of(&shape, &blocks);
	assert_int_equal(blocks.access_bram36s, 1);
	shape.word_bits = 48;
	shape.depth_words = 1024;
	memory_blocks_of(&shape, &blocks);
	assert_int_equal(blocks.access_bram36s, 0);
	assert_int_equal(blocks.access_bram18s, 3);
}

/* 27x18 in one, 32x32 in four; 16x32 in two, 16x49 in three as synthesised in the post unit's lane (5), 16x48 and 16x64
 * in 7. */
static void products_take_the_blocks_that_synthesis_takes(void **state) {
	(void)state;
	assert_int_equal(resource_product_dsps(DEVICE_DSP48E2, 16, 16), 1);
	assert_int_equal(resource_product_dsps(DEVICE_DSP48E2, 18, 27), 1);
	assert_int_equal(resource_product_dsps(DEVICE_DSP48E2, 27, 18), 1);
	assert_int_equal(resource_product_dsps(DEVICE_DSP48E1, 27, 18), 2);
	assert_int_equal(resource_product_dsps(DEVICE_DSP48E2, 32, 32), 4);
	assert_int_equal(resource_product_dsps(DEVICE_DSP48E2, 16, 32), 2);
	assert_int_equal(resource_product_dsps(DEVICE_DSP48E2, 16, 44), 2);
	assert_int_equal(resource_product_dsps(DEVICE_DSP48E2, 16, 45), 3);
	assert_int_equal(resource_product_dsps(DEVICE_DSP48E2, 49, 16), 3);
	assert_int_equal(resource_product_dsps(DEVICE_DSP48E2, 48, 16) + resource_product_dsps(DEVICE_DSP48E2, 64, 16),
	                 7);
}

static void expect_packing(enum device_dsp dsp, uint32_t weight_bits, uint32_t activation_bits, uint32_t columns,
                           uint32_t products_per_dsp, uint32_t dsps_per_product) {
	struct fixed_packing packing = resource_fixed_packing(dsp, weight_bits, activation_bits, columns);
	assert_int_equal(packing.products_per_dsp, products_per_dsp);
	assert_int_equal(packing.dsps_per_product, dsps_per_product);
}

static void packing_follows_the_widths(void **state) {
	(void)state;
	expect_packing(DEVICE_DSP48E2, 4, 4, 16, 0, 0);
	expect_packing(DEVICE_DSP48E2, 5, 4, 16, 2, 1);
	expect_packing(DEVICE_DSP48E2, 8, 8, 16, 2, 1);
	expect_packing(DEVICE_DSP48E2, 8, 9, 16, 2, 1);
	expect_packing(DEVICE_DSP48E2, 8, 10, 16, 1, 1);
	expect_packing(DEVICE_DSP48E2, 9, 8, 16, 1, 1);
	expect_packing(DEVICE_DSP48E2, 8, 8, 1, 1, 1);
	expect_packing(DEVICE_DSP48E2, 8, 16, 16, 1, 1);
	expect_packing(DEVICE_DSP48E2, 16, 16, 16, 1, 1);
	expect_packing(DEVICE_DSP48E1, 8, 8, 16, 1, 1);
	expect_packing(DEVICE_DSP48E1, 7, 7, 16, 2, 1);
}

/* nb_binary_engine, synthesised whole (configs/tech/synthesis.csv): LUTs within 1 % (control), flip-flops and DSP
 * exactly. */
static void binary_engine_is_near_its_synthesis(void **state) {
	static const struct {
		uint32_t pes, words, fabric, accumulator_bits;
		uint64_t luts, memory_luts, ffs, dsps;
	} points[] = {
	    {1, 1, FABRIC_DSP, 16, 2280, 51, 1029, 1},
	    {4, 1, FABRIC_DSP, 16, 2520, 99, 1293, 4},
	    {16, 1, FABRIC_DSP, 16, 3480, 291, 2349, 16},
	};
	struct config config;
	struct device device;
	struct resources resources;
	(void)state;
	estimate_machine("u250", &config, &device);
	config.binary_packing = PACKING_CHANNEL;
	for (size_t i = 0; i < sizeof points / sizeof points[0]; i++) {
		const struct resource_row *row = &resources.rows[RESOURCE_BINARY_ENGINE];
		config.binary_pes = points[i].pes;
		config.binary_words = points[i].words;
		config.binary_fabric = points[i].fabric;
		config.binary_accumulator_bits = points[i].accumulator_bits;
		config.post_lanes = 4;
		estimate_resources(&config, &device, &resources);
		double luts = (double)(row->amounts[RESOURCE_LUT].count - row->memory_luts);
		assert_true(luts > 0.99 * (double)points[i].luts && luts < 1.01 * (double)points[i].luts);
		assert_int_equal(row->memory_luts, points[i].memory_luts);
		assert_int_equal(row->amounts[RESOURCE_FF].count, points[i].ffs);
		assert_int_equal(row->amounts[RESOURCE_DSP].count, points[i].dsps);
		assert_int_equal(row->amounts[RESOURCE_LUT].grade, GRADE_FORMULA);
	}
}

/* nb_window at 48-bit words (configs/tech/synthesis.csv): LUTs within 4 %, flip-flops exactly. The engine's choice
 * between its addresses and those of channel packing is 102 LUTs and 9 flip-flops more. */
static void window_former_is_near_its_synthesis(void **state) {
	static const struct {
		uint32_t bits;
		uint64_t luts, ffs;
	} points[] = {{576, 3192, 541}, {4608, 3475, 556}};
	struct config config;
	struct device device;
	struct resources channel, window;
	(void)state;
	estimate_machine("u250", &config, &device);
	config.binary_packing = PACKING_CHANNEL;
	estimate_resources(&config, &device, &channel);
	config.binary_packing = PACKING_WINDOW;
	for (size_t i = 0; i < sizeof points / sizeof points[0]; i++) {
		const struct resource_amount *amounts = window.rows[RESOURCE_BINARY_ENGINE].amounts;
		const struct resource_amount *without = channel.rows[RESOURCE_BINARY_ENGINE].amounts;
		config.binary_window_bits = points[i].bits;
		estimate_resources(&config, &device, &window);
		double luts = (double)(amounts[RESOURCE_LUT].count - without[RESOURCE_LUT].count - 102);
		assert_true(fabs(luts / (double)points[i].luts - 1) < 0.04);
		assert_int_equal(amounts[RESOURCE_FF].count - without[RESOURCE_FF].count, points[i].ffs + 9);
		assert_int_equal(amounts[RESOURCE_LUT].grade, GRADE_FORMULA);
	}
}

static void popcount_in_dsp_saves_an_accumulator_and_shares_a_block(void **state) {
	struct config config;
	struct device device;
	struct resources lut, dsp;
	(void)state;
	estimate_machine("u250", &config, &device);
	estimate_resources(&config, &device, &lut);
	config.binary_popcount = POPCOUNT_DSP;
	estimate_resources(&config, &device, &dsp);
	const struct resource_amount *before = lut.rows[RESOURCE_BINARY_ENGINE].amounts;
	const struct resource_amount *after = dsp.rows[RESOURCE_BINARY_ENGINE].amounts;
	assert_int_equal(before[RESOURCE_LUT].count - after[RESOURCE_LUT].count, 16 * 16);
	assert_int_equal(after[RESOURCE_DSP].count - before[RESOURCE_DSP].count, 8);
}

/* Fixed-point lanes: 16 x 16 lanes of 8 x 16 bits are 256 blocks, of 8 x 8 bits half of that, of 4 x 4 none. */
static void fixed_lanes_follow_the_packing(void **state) {
	static const struct {
		uint32_t bits;
		uint64_t dsps;
	} points[] = {{16, 256}, {8, 128}, {4, 0}};
	struct config config;
	struct device device;
	struct resources resources;
	(void)state;
	estimate_machine("u250", &config, &device);
	for (size_t i = 0; i < 3; i++) {
		config.fixed_activation_bits = points[i].bits;
		config.fixed_weight_bits = points[i].bits < 8 ? points[i].bits : 8;
		estimate_resources(&config, &device, &resources);
		assert_int_equal(resources.rows[RESOURCE_FIXED_ENGINE].amounts[RESOURCE_DSP].count, points[i].dsps);
	}
}

/* nb_fixed_engine, synthesised whole (configs/tech/synthesis.csv): pairs in a block, single blocks, LUTs, odd shapes.
 */
static void fixed_engine_equals_synthesis(void **state) {
	static const struct {
		uint32_t rows, columns, weight_bits, activation_bits;
		uint64_t luts, ffs, dsps;
	} points[] = {
	    {2, 2, 8, 8, 2429, 1079, 2}, {2, 2, 13, 13, 2487, 1119, 4}, {2, 2, 4, 4, 2463, 1119, 0},
	    {2, 2, 1, 1, 2347, 1041, 0}, {4, 4, 8, 8, 2803, 1359, 8},
	};
	struct config config;
	struct device device;
	struct resources resources;
	(void)state;
	estimate_machine("u250", &config, &device);
	config.post_lanes = 1;
	for (size_t i = 0; i < sizeof points / sizeof points[0]; i++) {
		const struct resource_amount *amounts = resources.rows[RESOURCE_FIXED_ENGINE].amounts;
		config.fixed_rows = points[i].rows;
		config.fixed_columns = points[i].columns;
		config.fixed_weight_bits = points[i].weight_bits;
		config.fixed_activation_bits = points[i].activation_bits;
		estimate_resources(&config, &device, &resources);
		assert_int_equal(amounts[RESOURCE_FF].count, points[i].ffs);
		assert_int_equal(amounts[RESOURCE_DSP].count, points[i].dsps);
		assert_true(fabs((double)amounts[RESOURCE_LUT].count / (double)points[i].luts - 1) < 0.01);
	}
}

/* A column of 4 rows of 8 x 16 bits by hand: sums 2 x 24 + 25, accumulator 2 x 32. */
static void a_column_adds_its_tree(void **state) {
	struct config config;
	struct device device;
	struct resources four, eight;
	(void)state;
	estimate_machine("u250", &config, &device);
	config.post_lanes = 4;
	config.fixed_rows = 4;
	config.fixed_columns = 4;
	estimate_resources(&config, &device, &four);
	config.fixed_columns = 8;
	estimate_resources(&config, &device, &eight);
	assert_int_equal(eight.rows[RESOURCE_FIXED_ENGINE].amounts[RESOURCE_LUT].count -
	                     four.rows[RESOURCE_FIXED_ENGINE].amounts[RESOURCE_LUT].count,
	                 4 * (2 * 24 + 25 + 2 * 32));
}

/* nb_post_lane: 5 blocks at sums of 32 bits, 7 at 48; 358 and 407 flip-flops. A lane more has one in the control, and 8
 * lanes choose between two words of each accumulator buffer, a bit each. */
static void post_lanes_equal_synthesis(void **state) {
	struct config config;
	struct device device;
	struct resources narrow, wide, narrow_half;
	(void)state;
	estimate_machine("u250", &config, &device);
	estimate_resources(&config, &device, &narrow);
	config.fixed_accumulator_bits = 48;
	estimate_resources(&config, &device, &wide);
	config.fixed_accumulator_bits = 32;
	config.post_lanes = 8;
	estimate_resources(&config, &device, &narrow_half);
	assert_int_equal(narrow.rows[RESOURCE_POST_UNIT].amounts[RESOURCE_DSP].count, 16 * 5);
	assert_int_equal(wide.rows[RESOURCE_POST_UNIT].amounts[RESOURCE_DSP].count, 16 * 7);
	uint64_t ffs = narrow.rows[RESOURCE_POST_UNIT].amounts[RESOURCE_FF].count;
	assert_in_range(ffs - narrow_half.rows[RESOURCE_POST_UNIT].amounts[RESOURCE_FF].count, 8 * 359 - 2,
	                8 * 359 - 2);
	assert_in_range(wide.rows[RESOURCE_POST_UNIT].amounts[RESOURCE_FF].count - ffs, 16 * 49, 16 * 49);
}

int main(void) {
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(lanes_equal_synthesis),
	    cmocka_unit_test(memories_equal_synthesis),
	    cmocka_unit_test(column_enables_take_whole_byte_lanes),
	    cmocka_unit_test(an_access_enables_one_depth_bank),
	    cmocka_unit_test(products_take_the_blocks_that_synthesis_takes),
	    cmocka_unit_test(packing_follows_the_widths),
	    cmocka_unit_test(binary_engine_is_near_its_synthesis),
	    cmocka_unit_test(window_former_is_near_its_synthesis),
	    cmocka_unit_test(popcount_in_dsp_saves_an_accumulator_and_shares_a_block),
	    cmocka_unit_test(fixed_lanes_follow_the_packing),
	    cmocka_unit_test(fixed_engine_equals_synthesis),
	    cmocka_unit_test(a_column_adds_its_tree),
	    cmocka_unit_test(post_lanes_equal_synthesis),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
