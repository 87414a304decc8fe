/* See energy_rows.h; the equations stand in energy.h. */
#include "sim/estimate/energy_rows.h"

/* A disabled block RAM takes 0.2 of the 7 pJ of an access (K26 report: under 0.5 mW for 3 tiles at 100 MHz); inferred.
 */
static const double idle_share = 0.2 / 7;

static void add(struct energy_row *row, enum energy_part part, double picojoules, enum estimate_grade grade) {
	double *values[] = {&row->clock_pj, &row->toggle_pj, &row->memory_pj, &row->constant_pj};
	enum estimate_grade *grades[] = {&row->clock_grade, &row->toggle_grade, &row->memory_grade,
	                                 &row->constant_grade};
	*values[part] += picojoules;
	if (grade > *grades[part]) *grades[part] = grade;
}

void energy_add_events(const struct energy_prices *prices, struct energy_row *row, enum energy_part part, double events,
                       enum technology_event event, enum estimate_grade grade) {
	const struct technology_value *value = &prices->technology->values[event];
	double each = prices->bound == BOUND_LOW    ? value->low
	              : prices->bound == BOUND_HIGH ? value->high
	                                            : value->value;
	if (events == 0 && grade != GRADE_MISSING) return;
	if (grade < GRADE_FORMULA) grade = GRADE_FORMULA;
	if (grade < GRADE_ASSUMED && value->grade != TECHNOLOGY_STATED && value->grade != TECHNOLOGY_INFERRED)
		grade = GRADE_ASSUMED;
	add(row, part, events * each, grade);
}

void energy_add_clock(const struct energy_prices *prices, struct energy_row *row, const struct resource_row *resources,
                      uint64_t total_cycles) {
	const struct resource_amount *amounts = resources->amounts;
	double cycles = (double)total_cycles, idle_cycles = cycles * idle_share;
	energy_add_events(prices, row, PART_CLOCK, cycles * (double)amounts[RESOURCE_FF].count, TECHNOLOGY_CLOCK_FF,
	                  amounts[RESOURCE_FF].grade);
	energy_add_events(prices, row, PART_CLOCK, cycles * (double)amounts[RESOURCE_DSP].count, TECHNOLOGY_DSP_FROZEN,
	                  amounts[RESOURCE_DSP].grade);
	energy_add_events(prices, row, PART_CLOCK, idle_cycles * (double)amounts[RESOURCE_BRAM18].count / 2,
	                  TECHNOLOGY_RAMB36_ACCESS, amounts[RESOURCE_BRAM18].grade);
	energy_add_events(prices, row, PART_CLOCK, idle_cycles * (double)amounts[RESOURCE_URAM].count,
	                  TECHNOLOGY_URAM_ACCESS, amounts[RESOURCE_URAM].grade);
}

void energy_add_fabric(const struct energy_prices *prices, struct energy_row *row, const struct resource_row *resources,
                       uint64_t cycles) {
	uint64_t luts = resources->amounts[RESOURCE_LUT].count - resources->memory_luts;
	energy_add_events(prices, row, PART_TOGGLE, (double)cycles * (double)luts, TECHNOLOGY_LUT_ACTIVE,
	                  resources->amounts[RESOURCE_LUT].grade);
}

void energy_add_accesses(const struct energy_prices *prices, struct energy_row *row,
                         const struct resource_row *resources, const struct memory_blocks *blocks, uint64_t accesses) {
	const struct resource_amount *amounts = resources->amounts;
	double words = (double)accesses;
	energy_add_events(prices, row, PART_MEMORY, words * (double)blocks->access_bram36s, TECHNOLOGY_RAMB36_ACCESS,
	                  amounts[RESOURCE_BRAM18].grade);
	energy_add_events(prices, row, PART_MEMORY, words * (double)blocks->access_bram18s, TECHNOLOGY_RAMB18_ACCESS,
	                  amounts[RESOURCE_BRAM18].grade);
	energy_add_events(prices, row, PART_MEMORY, words * (double)blocks->access_urams, TECHNOLOGY_URAM_ACCESS,
	                  amounts[RESOURCE_URAM].grade);
	energy_add_events(prices, row, PART_MEMORY, words * (double)blocks->access_luts, TECHNOLOGY_LUTRAM_ACCESS,
	                  amounts[RESOURCE_LUT].grade);
}

static void add_watts(struct energy *energy, int unit, double watts, enum estimate_grade grade) {
	if (watts != 0) add(&energy->rows[unit], PART_CONSTANT, watts * energy->time_s * 1e12, grade);
}

void energy_add_board(const struct energy_prices *prices, struct energy *energy, uint64_t total_cycles) {
	const struct device *device = prices->device;
	double statics[BOUND_COUNT] = {device->static_typical_w, device->static_low_w, device->static_high_w};
	add_watts(energy, ENERGY_DEVICE_STATIC, statics[prices->bound], GRADE_FORMULA);
	add_watts(energy, ENERGY_PROCESSOR, device->processor_w, GRADE_FORMULA);
	energy_add_events(prices, &energy->rows[ENERGY_CLOCK_MANAGER], PART_CONSTANT, energy->time_s * 1e12,
	                  TECHNOLOGY_MMCM, GRADE_FORMULA);
	energy_add_events(prices, &energy->rows[ENERGY_SHELL], PART_CLOCK,
	                  (double)total_cycles * device->shell[DEVICE_FF], TECHNOLOGY_CLOCK_FF, GRADE_ASSUMED);
}

int energy_has_soft_controller(const struct device *device) {
	return device->dram_controller[DEVICE_LUT] > 0 || device->processor_w <= 0;
}

static double row_pj(const struct energy_row *row) {
	return row->clock_pj + row->toggle_pj + row->memory_pj + row->constant_pj;
}

static enum estimate_grade worst(enum estimate_grade a, enum estimate_grade b) {
	return a > b ? a : b;
}

void energy_add_row(struct energy_row *sum, const struct energy_row *row) {
	add(sum, PART_CLOCK, row->clock_pj, row->clock_grade);
	add(sum, PART_TOGGLE, row->toggle_pj, row->toggle_grade);
	add(sum, PART_MEMORY, row->memory_pj, row->memory_grade);
	add(sum, PART_CONSTANT, row->constant_pj, row->constant_grade);
}

void energy_finish_row(struct energy_row *row, double time_s, uint64_t frames) {
	row->power_w = row_pj(row) * 1e-12 / time_s;
	row->energy_uj = row_pj(row) * 1e-6 / (double)frames;
	row->grade = worst(worst(row->clock_grade, row->toggle_grade), worst(row->memory_grade, row->constant_grade));
}

void energy_copy_bound(struct energy_row *row, const struct energy_row *bound_row, enum energy_bound bound) {
	*(bound == BOUND_LOW ? &row->energy_low_uj : &row->energy_high_uj) = bound_row->energy_uj;
}
