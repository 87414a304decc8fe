/* Does a small run's energy equal the sum worked by hand, is no joule counted twice or lost, and does more work, or
 * more time, never cost less? */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "sim/estimate/energy.h"
#include "tests/unit/estimate_machine.h"

struct setting {
	struct config config;
	struct device device;
	struct technology technology;
	struct resources resources;
	struct energy_activity activity;
};

static void load(const char *name, struct setting *setting) {
	char path[2048];
	struct error error = {""};
	struct config *config = &setting->config;
	memset(setting, 0, sizeof *setting);
	estimate_machine(name, config, &setting->device);
	snprintf(path, sizeof path, "%s/configs/tech/%s.ini", NBSIM_SOURCE_DIR, config->technology);
	if (technology_read(&setting->technology, path, &error) != STATUS_OK) fail_msg("%s", error.text);
	estimate_resources(config, &setting->device, &setting->resources);
}

/* A run of two frames in which everything happens. */
static void work(struct energy_activity *activity) {
	memset(activity, 0, sizeof *activity);
	activity->total_cycles = 120000;
	activity->frames = 2;
	for (int unit = 0; unit < ENERGY_ACTIVE_UNITS; unit++) activity->busy_cycles[unit] = 40000;
	activity->binary_issued_bits = 30000 * 768;
	activity->binary_valid_bits = 25000 * 768;
	activity->fixed_issued_macs = 10000 * 256;
	activity->post_issued_values = 20000 * 16;
	for (int buffer = 0; buffer < BUFFER_COUNT; buffer++) {
		activity->buffer_reads[buffer] = 30000;
		activity->buffer_writes[buffer] = 1000;
	}
	activity->ddr_read_bytes = 640000;
	activity->ddr_write_bytes = 64000;
	activity->row_activations = 120;
	activity->refreshes = 51;
}

static void run(const struct setting *setting, struct energy *energy) {
	struct error error = {""};
	if (estimate_energy(&setting->config, &setting->resources, &setting->technology, &setting->device,
	                    &setting->activity, energy, &error) != STATUS_OK)
		fail_msg("%s", error.text);
}

static void expect_near(double value, double expected) {
	if (fabs(value - expected) > 1e-9 * fabs(expected)) fail_msg("%.12g, expected %.12g", value, expected);
}

/* Technology: row k is worth k + 1 units, so that no two rows can be confused. */
static void plain_technology(struct technology *technology) {
	memset(technology, 0, sizeof *technology);
	for (int event = 0; event < TECHNOLOGY_EVENT_COUNT; event++) {
		struct technology_value *value = &technology->values[event];
		value->value = event + 1;
		value->low = 0.5 * value->value;
		value->high = 2 * value->value;
		value->grade = TECHNOLOGY_STATED;
	}
}

static double row_sum_pj(const struct energy_row *row) {
	return row->clock_pj + row->toggle_pj + row->memory_pj + row->constant_pj;
}

/* By hand. 3,000 cycles at 300 MHz are 10 us. Binary engine: 100 FF, 10 DSP, 70 LUT of which 20 memory, busy 2,000
 * cycles, 500 operations of 48 bits of which 400 are valid. One buffer of 3 RAMB36, 2 enabled by an access, 40
 * accesses, no fabric. 64 bytes read from DDR, 2 activations, 1 refresh, 2 channels. Device 3 W static, no shell. */
static void a_small_run_by_hand(void **state) {
	struct setting setting;
	struct energy energy;
	(void)state;
	load("u250", &setting);
	plain_technology(&setting.technology);
	memset(&setting.resources, 0, sizeof setting.resources);
	struct resource_row *binary = &setting.resources.rows[RESOURCE_BINARY_ENGINE];
	struct resource_row *weights = &setting.resources.rows[RESOURCE_BUFFERS + BUFFER_BIT_WEIGHTS];
	binary->amounts[RESOURCE_FF].count = 100;
	binary->amounts[RESOURCE_DSP].count = 10;
	binary->amounts[RESOURCE_LUT].count = 70;
	binary->memory_luts = 20;
	weights->amounts[RESOURCE_BRAM18].count = 6;
	setting.resources.memories[BUFFER_BIT_WEIGHTS].access_bram36s = 2;
	setting.config.dram_channels = 2;
	memset(setting.device.shell, 0, sizeof setting.device.shell);
	setting.device.static_low_w = 2;
	setting.device.static_typical_w = 3;
	setting.device.static_high_w = 5;
	setting.activity.total_cycles = 3000;
	setting.activity.frames = 2;
	setting.activity.busy_cycles[RESOURCE_BINARY_ENGINE] = 2000;
	setting.activity.binary_issued_bits = 500 * 48;
	setting.activity.binary_valid_bits = 400 * 48;
	setting.activity.buffer_reads[BUFFER_BIT_WEIGHTS] = 30;
	setting.activity.buffer_writes[BUFFER_BIT_WEIGHTS] = 10;
	setting.resources.memories[MEMORY_LOAD_DATA].access_bram18s = 3;
	setting.activity.ddr_read_bytes = 96;
	setting.activity.ddr_write_bytes = 32;
	setting.activity.row_activations = 2;
	setting.activity.refreshes = 1;
	run(&setting, &energy);

	expect_near(energy.time_s, 1e-5);
	/* clock_ff is 1, dsp_frozen 4: 3,000 x (100 x 1 + 10 x 4) */
	expect_near(energy.rows[RESOURCE_BINARY_ENGINE].clock_pj, 420000);
	/* lut_active 2, dsp_logic48 5, dsp_operand_nets 6: 2,000 x 50 x 2 + 500 x 5 + 400 x 6 */
	expect_near(energy.rows[RESOURCE_BINARY_ENGINE].toggle_pj, 204900);
	expect_near(energy.rows[RESOURCE_BINARY_ENGINE].memory_pj, 0);
	/* 624,900 pJ over 10 us and two frames */
	expect_near(energy.rows[RESOURCE_BINARY_ENGINE].power_w, 0.06249);
	expect_near(energy.rows[RESOURCE_BINARY_ENGINE].energy_uj, 0.31245);
	expect_near(energy.rows[RESOURCE_BINARY_ENGINE].energy_low_uj, 0.156225);
	expect_near(energy.rows[RESOURCE_BINARY_ENGINE].energy_high_uj, 0.6249);
	/* ramb36_access 10: 40 x 2 x 10; idle 3 blocks x 3,000 x 0.2 / 7 x 10 */
	expect_near(energy.rows[RESOURCE_BUFFERS + BUFFER_BIT_WEIGHTS].memory_pj, 800);
	expect_near(energy.rows[RESOURCE_BUFFERS + BUFFER_BIT_WEIGHTS].clock_pj, 18000.0 / 7);
	/* ramb18_access 11: 2 beats in and out */
	expect_near(energy.rows[RESOURCE_LOAD].memory_pj, 4 * 3 * 11);
	/* ddr_read_bit 13, write_bit 14, activate 15, refresh 16: 768 x 13 + 256 x 14 + 2 x 15 + 16; background 17 W x
	 * 2 channels x 10 us = 340 uJ */
	expect_near(energy.rows[ENERGY_DRAM].memory_pj, 13614);
	expect_near(energy.rows[ENERGY_DRAM].constant_pj, 340e6);
	/* ddr_phy 18 W x 2, mmcm 19 W, static 3 W */
	expect_near(energy.rows[RESOURCE_MEMORY_CONTROLLERS].power_w, 36);
	expect_near(energy.rows[ENERGY_CLOCK_MANAGER].power_w, 19);
	expect_near(energy.rows[ENERGY_DEVICE_STATIC].power_w, 3);
	expect_near(energy.rows[ENERGY_DEVICE_STATIC].energy_uj, 15);
	expect_near(energy.rows[ENERGY_DEVICE_STATIC].energy_low_uj, 10);
	expect_near(energy.rows[ENERGY_DEVICE_STATIC].energy_high_uj, 25);
	expect_near(energy.fpga.power_w, 36 + 19 + 3 + (624900 + 800 + 132 + 18000.0 / 7) * 1e-7);
	expect_near(energy.total.power_w, energy.fpga.power_w + 34 + 13614e-7);
	assert_int_equal(energy.partial, 0);
}

/* Sums are sums of the rows, and the typical value lies between low and high. */
static void sums_and_bounds_hold(void **state) {
	struct setting setting;
	struct energy energy;
	(void)state;
	load("u250", &setting);
	work(&setting.activity);
	run(&setting, &energy);
	double total = 0, fpga = 0;
	for (int unit = 0; unit < ENERGY_UNIT_COUNT; unit++) {
		const struct energy_row *row = &energy.rows[unit];
		total += row_sum_pj(row);
		if (unit != ENERGY_DRAM && unit != ENERGY_PROCESSOR) fpga += row_sum_pj(row);
		expect_near(row->power_w, row_sum_pj(row) * 1e-12 / energy.time_s);
		assert_true(row->energy_low_uj <= row->energy_uj && row->energy_uj <= row->energy_high_uj);
		if (unit < RESOURCE_MEMORY_CONTROLLERS) assert_true(row->energy_low_uj < row->energy_high_uj);
	}
	expect_near(row_sum_pj(&energy.total), total);
	expect_near(row_sum_pj(&energy.fpga), fpga);
	expect_near(energy.total.energy_uj, total * 1e-6 / 2);
	expect_near(energy.total.energy_uj, energy.total.power_w * energy.time_s * 1e6 / 2);
}

/* Every count of the activity costs something (the frames alone divide). */
static void more_of_anything_costs_more(void **state) {
	static const size_t members[] = {
	    offsetof(struct energy_activity, total_cycles),
	    offsetof(struct energy_activity, busy_cycles[RESOURCE_BINARY_ENGINE]),
	    offsetof(struct energy_activity, busy_cycles[RESOURCE_FIXED_ENGINE]),
	    offsetof(struct energy_activity, busy_cycles[RESOURCE_POST_UNIT]),
	    offsetof(struct energy_activity, busy_cycles[RESOURCE_LOAD]),
	    offsetof(struct energy_activity, busy_cycles[RESOURCE_STORE]),
	    offsetof(struct energy_activity, busy_cycles[RESOURCE_SEQUENCER]),
	    offsetof(struct energy_activity, binary_issued_bits),
	    offsetof(struct energy_activity, binary_valid_bits),
	    offsetof(struct energy_activity, fixed_issued_macs),
	    offsetof(struct energy_activity, post_issued_values),
	    offsetof(struct energy_activity, ddr_read_bytes),
	    offsetof(struct energy_activity, ddr_write_bytes),
	    offsetof(struct energy_activity, row_activations),
	    offsetof(struct energy_activity, refreshes),
	};
	struct setting setting;
	struct energy before, after;
	(void)state;
	load("u250", &setting);
	work(&setting.activity);
	run(&setting, &before);
	for (size_t i = 0; i < sizeof members / sizeof members[0] + 2 * BUFFER_COUNT; i++) {
		size_t named = sizeof members / sizeof members[0];
		size_t offset = i < named
		                    ? members[i]
		                    : offsetof(struct energy_activity, buffer_reads) + (i - named) * sizeof(uint64_t);
		work(&setting.activity);
		*(uint64_t *)(void *)((char *)&setting.activity + offset) += 1000;
		run(&setting, &after);
		if (!(after.total.energy_uj > before.total.energy_uj))
			fail_msg("member at offset %zu costs nothing", offset);
	}
}

/* A machine that only waits pays its clock and its constant power, and nothing else; twice the time, twice that. */
static void waiting_costs_clock_and_constant_power(void **state) {
	struct setting setting;
	struct energy once, twice;
	(void)state;
	load("u250", &setting);
	setting.activity.frames = 1;
	setting.activity.total_cycles = 1000;
	run(&setting, &once);
	setting.activity.total_cycles = 2000;
	run(&setting, &twice);
	assert_true(once.total.clock_pj > 0 && once.total.constant_pj > 0);
	expect_near(once.total.toggle_pj, 0);
	expect_near(once.total.memory_pj, 0);
	expect_near(twice.total.energy_uj, 2 * once.total.energy_uj);
	expect_near(twice.total.power_w, once.total.power_w);
	/* a waiting engine: 0.018 pJ a flip-flop and 1 pJ a DSP block, in every cycle */
	const struct resource_amount *binary = setting.resources.rows[RESOURCE_BINARY_ENGINE].amounts;
	expect_near(once.rows[RESOURCE_BINARY_ENGINE].clock_pj,
	            1000 * (0.018 * (double)binary[RESOURCE_FF].count + (double)binary[RESOURCE_DSP].count));
}

/* Events of fixed-point products: a pair an event at 8 x 8 bits on a DSP48E2, one at 8 x 16, none where LUTs multiply.
 */
static void products_cost_by_their_packing(void **state) {
	static const struct {
		uint32_t weight_bits, activation_bits;
		double expected_pj;
	} points[] = {{8, 8, 500 * 9}, {8, 16, 1000 * 8}, {4, 4, 0}};
	struct setting setting;
	struct energy energy;
	(void)state;
	load("u250", &setting);
	plain_technology(&setting.technology);
	setting.activity.frames = 1;
	setting.activity.total_cycles = 1000;
	setting.activity.fixed_issued_macs = 1000;
	for (size_t i = 0; i < 3; i++) {
		setting.config.fixed_weight_bits = points[i].weight_bits;
		setting.config.fixed_activation_bits = points[i].activation_bits;
		estimate_resources(&setting.config, &setting.device, &setting.resources);
		run(&setting, &energy);
		expect_near(energy.rows[RESOURCE_FIXED_ENGINE].toggle_pj, points[i].expected_pj);
	}
}

/* A hard memory controller is the processor system's: no row pays it a second time. */
static void hard_controllers_are_paid_once(void **state) {
	struct setting setting;
	struct energy energy;
	(void)state;
	load("ultra96", &setting);
	work(&setting.activity);
	run(&setting, &energy);
	expect_near(energy.rows[RESOURCE_MEMORY_CONTROLLERS].power_w, 0);
	expect_near(energy.rows[ENERGY_PROCESSOR].power_w, setting.device.processor_w);
	expect_near(energy.rows[ENERGY_SHELL].power_w, 0);
}

static void missing_parts_make_a_partial_total(void **state) {
	struct setting setting;
	struct energy energy;
	(void)state;
	load("u250", &setting);
	setting.config.binary_window_bits = 576; /* inside the range of the fit */
	estimate_resources(&setting.config, &setting.device, &setting.resources);
	work(&setting.activity);
	run(&setting, &energy);
	assert_int_equal(energy.partial, 0);
	assert_int_equal(energy.total.grade, GRADE_ASSUMED); /* shell, PHY */
	assert_int_equal(energy.rows[RESOURCE_BINARY_ENGINE].toggle_grade, GRADE_FORMULA);
	setting.config.fixed_weight_bits = 0;
	estimate_resources(&setting.config, &setting.device, &setting.resources);
	run(&setting, &energy);
	assert_int_equal(energy.partial, 1);
	assert_int_equal(energy.missing_units, (uint64_t)1 << RESOURCE_FIXED_ENGINE |
	                                           (uint64_t)1 << (RESOURCE_BUFFERS + BUFFER_FIXED_WEIGHTS));
	assert_int_equal(energy.total.grade, GRADE_MISSING);
}

static void expect_refused(const struct setting *setting, const char *member) {
	struct energy energy;
	struct error error = {""};
	assert_int_equal(estimate_energy(&setting->config, &setting->resources, &setting->technology, &setting->device,
	                                 &setting->activity, &energy, &error),
	                 STATUS_FAILED);
	assert_non_null(strstr(error.text, member));
}

static void contradictions_are_refused(void **state) {
	struct setting setting;
	(void)state;
	load("u250", &setting);
	expect_refused(&setting, "total_cycles");
	work(&setting.activity);
	setting.activity.frames = 0;
	expect_refused(&setting, "frames");
	work(&setting.activity);
	setting.activity.busy_cycles[RESOURCE_LOAD] = setting.activity.total_cycles + 1;
	expect_refused(&setting, "busy_cycles of load");
	work(&setting.activity);
	setting.activity.binary_valid_bits = setting.activity.binary_issued_bits + 1;
	expect_refused(&setting, "binary_valid_bits");
}

static void every_row_and_column_has_a_name(void **state) {
	(void)state;
	for (int unit = 0; unit < ENERGY_UNIT_COUNT; unit++) assert_non_null(energy_unit_names[unit]);
	assert_string_equal(energy_unit_names[ENERGY_DRAM], "dram");
	assert_string_equal(energy_unit_names[ENERGY_PROCESSOR], "processor");
	for (size_t i = 0; i < energy_column_count; i++) {
		assert_true(energy_columns[i].offset + sizeof(double) <= sizeof(struct energy_row));
		for (size_t j = 0; j < i; j++) assert_true(energy_columns[j].offset != energy_columns[i].offset);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_small_run_by_hand),
	    cmocka_unit_test(sums_and_bounds_hold),
	    cmocka_unit_test(more_of_anything_costs_more),
	    cmocka_unit_test(waiting_costs_clock_and_constant_power),
	    cmocka_unit_test(products_cost_by_their_packing),
	    cmocka_unit_test(hard_controllers_are_paid_once),
	    cmocka_unit_test(missing_parts_make_a_partial_total),
	    cmocka_unit_test(contradictions_are_refused),
	    cmocka_unit_test(every_row_and_column_has_a_name),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
