/* Energy of a run; the equations stand in energy.h. Every part is computed three times, with the technology's typical,
 * low and high values; the low and the high are bounds as if all rows erred the same way. Left out: temperature, and
 * voltage other than that of the technology table. */
#include "sim/estimate/energy.h"

#include <string.h>

enum bound { TYPICAL, LOW, HIGH, BOUND_COUNT };

/* A disabled block RAM takes 0.2 of the 7 pJ of an access (K26 report: under 0.5 mW for 3 tiles at 100 MHz); inferred.
 */
static const double idle_share = 0.2 / 7;

const char *const energy_unit_names[ENERGY_UNIT_COUNT] = {RESOURCE_UNIT_NAMES, "dram",     "device_static", "shell",
                                                          "clock_manager",     "processor"};

#define COLUMN(member, unit)                                                                                           \
	{ #member, unit, offsetof(struct energy_row, member) }
const struct energy_column energy_columns[] = {
    COLUMN(clock_pj, "pJ"), COLUMN(toggle_pj, "pJ"), COLUMN(memory_pj, "pJ"),     COLUMN(constant_pj, "pJ"),
    COLUMN(power_w, "W"),   COLUMN(energy_uj, "uJ"), COLUMN(energy_low_uj, "uJ"), COLUMN(energy_high_uj, "uJ")};
const size_t energy_column_count = sizeof energy_columns / sizeof energy_columns[0];

/* All that one pass over the rows reads. */
struct pass {
	const struct config *config;
	const struct resources *resources;
	const struct technology *technology;
	const struct device *device;
	const struct energy_activity *activity;
	struct energy *energy;
	enum bound bound;
};

enum part { CLOCK, TOGGLE, MEMORY, CONSTANT };

static void add(struct energy_row *row, enum part part, double picojoules, enum estimate_grade grade) {
	double *values[] = {&row->clock_pj, &row->toggle_pj, &row->memory_pj, &row->constant_pj};
	enum estimate_grade *grades[] = {&row->clock_grade, &row->toggle_grade, &row->memory_grade,
	                                 &row->constant_grade};
	*values[part] += picojoules;
	if (grade > *grades[part]) *grades[part] = grade;
}

/* `events` times the technology row, with the worse of the row's and the events' grades. */
static void add_events(const struct pass *pass, int unit, enum part part, double events, enum technology_event event,
                       enum estimate_grade grade) {
	const struct technology_value *value = &pass->technology->values[event];
	double each = pass->bound == LOW ? value->low : pass->bound == HIGH ? value->high : value->value;
	if (events == 0 && grade != GRADE_MISSING) return;
	if (grade < GRADE_FORMULA) grade = GRADE_FORMULA;
	if (grade < GRADE_ASSUMED && value->grade != TECHNOLOGY_STATED && value->grade != TECHNOLOGY_INFERRED)
		grade = GRADE_ASSUMED;
	add(&pass->energy->rows[unit], part, events * each, grade);
}

static void add_watts(const struct pass *pass, int unit, double watts, enum estimate_grade grade) {
	if (watts != 0) add(&pass->energy->rows[unit], CONSTANT, watts * pass->energy->time_s * 1e12, grade);
}

/* The clock of one unit, in every cycle. */
static void add_clock(const struct pass *pass, int unit) {
	const struct resource_amount *amounts = pass->resources->rows[unit].amounts;
	double cycles = (double)pass->activity->total_cycles;
	double idle_cycles = cycles * idle_share;
	add_events(pass, unit, CLOCK, cycles * (double)amounts[RESOURCE_FF].count, TECHNOLOGY_CLOCK_FF,
	           amounts[RESOURCE_FF].grade);
	add_events(pass, unit, CLOCK, cycles * (double)amounts[RESOURCE_DSP].count, TECHNOLOGY_DSP_FROZEN,
	           amounts[RESOURCE_DSP].grade);
	add_events(pass, unit, CLOCK, idle_cycles * (double)amounts[RESOURCE_BRAM18].count / 2,
	           TECHNOLOGY_RAMB36_ACCESS, amounts[RESOURCE_BRAM18].grade);
	add_events(pass, unit, CLOCK, idle_cycles * (double)amounts[RESOURCE_URAM].count, TECHNOLOGY_URAM_ACCESS,
	           amounts[RESOURCE_URAM].grade);
}

/* Fabric of a unit in `cycles` in which it works. */
static void add_fabric(const struct pass *pass, int unit, uint64_t cycles) {
	const struct resource_row *row = &pass->resources->rows[unit];
	uint64_t luts = row->amounts[RESOURCE_LUT].count - row->memory_luts;
	add_events(pass, unit, TOGGLE, (double)cycles * (double)luts, TECHNOLOGY_LUT_ACTIVE,
	           row->amounts[RESOURCE_LUT].grade);
}

static void add_accesses(const struct pass *pass, int unit, int memory, uint64_t accesses) {
	const struct memory_blocks *blocks = &pass->resources->memories[memory];
	const struct resource_amount *amounts = pass->resources->rows[unit].amounts;
	double words = (double)accesses;
	add_events(pass, unit, MEMORY, words * (double)blocks->access_bram36s, TECHNOLOGY_RAMB36_ACCESS,
	           amounts[RESOURCE_BRAM18].grade);
	add_events(pass, unit, MEMORY, words * (double)blocks->access_bram18s, TECHNOLOGY_RAMB18_ACCESS,
	           amounts[RESOURCE_BRAM18].grade);
	add_events(pass, unit, MEMORY, words * (double)blocks->access_urams, TECHNOLOGY_URAM_ACCESS,
	           amounts[RESOURCE_URAM].grade);
	add_events(pass, unit, MEMORY, words * (double)blocks->access_luts, TECHNOLOGY_LUTRAM_ACCESS,
	           amounts[RESOURCE_LUT].grade);
}

static void add_binary_operations(const struct pass *pass) {
	const struct config *config = pass->config;
	enum estimate_grade grade = pass->resources->rows[RESOURCE_BINARY_ENGINE].amounts[RESOURCE_DSP].grade;
	double operations = (double)pass->activity->binary_issued_bits / 48;
	double valid_operations = (double)pass->activity->binary_valid_bits / 48;
	if (config->binary_fabric == FABRIC_DSP) {
		add_events(pass, RESOURCE_BINARY_ENGINE, TOGGLE, operations, TECHNOLOGY_DSP_LOGIC48, grade);
		add_events(pass, RESOURCE_BINARY_ENGINE, TOGGLE, valid_operations, TECHNOLOGY_DSP_OPERAND_NETS, grade);
	}
	if (config->binary_popcount == POPCOUNT_DSP) {
		uint64_t pes = config->binary_pes, blocks = (pes + 1) / 2;
		double steps = operations / (double)(pes * config->binary_words);
		add_events(pass, RESOURCE_BINARY_ENGINE, TOGGLE, steps * (double)blocks, TECHNOLOGY_DSP_LOGIC48, grade);
	}
}

static void add_fixed_operations(const struct pass *pass) {
	const struct config *config = pass->config;
	const struct fixed_packing *packing = &pass->resources->packing;
	enum estimate_grade grade = pass->resources->rows[RESOURCE_FIXED_ENGINE].amounts[RESOURCE_DSP].grade;
	double products = (double)pass->activity->fixed_issued_macs;
	enum technology_event event = TECHNOLOGY_DSP_MAC_16X16;
	if (packing->products_per_dsp == 2) {
		products /= 2;
		event = TECHNOLOGY_DSP_MAC_PAIR_8X8;
	} else {
		products *= packing->dsps_per_product;
		if (config->fixed_weight_bits <= 8 && config->fixed_activation_bits <= 8)
			event = TECHNOLOGY_DSP_MAC_8X8;
	}
	add_events(pass, RESOURCE_FIXED_ENGINE, TOGGLE, products, event, grade);
}

static void add_units(const struct pass *pass) {
	const struct energy_activity *activity = pass->activity;
	uint64_t beats[2] = {(activity->ddr_read_bytes + pass->config->dma_axi_bytes - 1) / pass->config->dma_axi_bytes,
	                     (activity->ddr_write_bytes + pass->config->dma_axi_bytes - 1) /
	                         pass->config->dma_axi_bytes};
	for (int unit = 0; unit < RESOURCE_MEMORY_CONTROLLERS; unit++) add_clock(pass, unit);
	for (int unit = 0; unit < ENERGY_ACTIVE_UNITS; unit++) add_fabric(pass, unit, activity->busy_cycles[unit]);
	/* The arbiter moves when commands and bursts do; the cycles of the fetches stand for that. */
	add_fabric(pass, RESOURCE_PORTS, activity->busy_cycles[RESOURCE_SEQUENCER]);
	add_fabric(pass, RESOURCE_PROGRAM_MEMORY, activity->busy_cycles[RESOURCE_SEQUENCER]);
	add_binary_operations(pass);
	add_fixed_operations(pass);
	add_events(pass, RESOURCE_POST_UNIT, TOGGLE,
	           (double)activity->post_issued_values * (double)pass->resources->post_products_per_value,
	           TECHNOLOGY_DSP_MAC_16X16, pass->resources->rows[RESOURCE_POST_UNIT].amounts[RESOURCE_DSP].grade);
	add_accesses(pass, RESOURCE_LOAD, MEMORY_LOAD_DATA, 2 * beats[0]);
	add_accesses(pass, RESOURCE_STORE, MEMORY_STORE_DATA, 2 * beats[1]);
	add_accesses(pass, RESOURCE_PROGRAM_MEMORY, MEMORY_PROGRAM, activity->busy_cycles[RESOURCE_SEQUENCER]);
	for (int buffer = 0; buffer < BUFFER_COUNT; buffer++) {
		uint64_t accesses = activity->buffer_reads[buffer] + activity->buffer_writes[buffer];
		add_accesses(pass, RESOURCE_BUFFERS + buffer, buffer, accesses);
		add_fabric(pass, RESOURCE_BUFFERS + buffer, accesses);
	}
}

/* The memory figures are those of DDR4; another kind of memory is assumed to be alike. */
static void add_dram(const struct pass *pass) {
	const struct energy_activity *activity = pass->activity;
	enum estimate_grade grade = pass->config->dram_kind == DRAM_DDR4 ? GRADE_FORMULA : GRADE_ASSUMED;
	double seconds_pj = pass->energy->time_s * 1e12 * pass->config->dram_channels;
	int soft_controller = pass->device->dram_controller[DEVICE_LUT] > 0 || pass->device->processor_w <= 0;
	add_events(pass, ENERGY_DRAM, MEMORY, 8 * (double)activity->ddr_read_bytes, TECHNOLOGY_DDR_READ_BIT, grade);
	add_events(pass, ENERGY_DRAM, MEMORY, 8 * (double)activity->ddr_write_bytes, TECHNOLOGY_DDR_WRITE_BIT, grade);
	add_events(pass, ENERGY_DRAM, MEMORY, (double)activity->row_activations, TECHNOLOGY_DDR_ACTIVATE, grade);
	add_events(pass, ENERGY_DRAM, MEMORY, (double)activity->refreshes, TECHNOLOGY_DDR_REFRESH, grade);
	add_events(pass, ENERGY_DRAM, CONSTANT, seconds_pj, TECHNOLOGY_DDR_BACKGROUND, grade);
	if (soft_controller)
		add_events(pass, RESOURCE_MEMORY_CONTROLLERS, CONSTANT, seconds_pj, TECHNOLOGY_DDR_PHY, grade);
}

static void add_constant(const struct pass *pass) {
	const struct device *device = pass->device;
	double statics[BOUND_COUNT] = {device->static_typical_w, device->static_low_w, device->static_high_w};
	add_watts(pass, ENERGY_DEVICE_STATIC, statics[pass->bound], GRADE_FORMULA);
	add_watts(pass, ENERGY_PROCESSOR, device->processor_w, GRADE_FORMULA);
	add_events(pass, ENERGY_CLOCK_MANAGER, CONSTANT, pass->energy->time_s * 1e12, TECHNOLOGY_MMCM, GRADE_FORMULA);
	add_events(pass, ENERGY_SHELL, CLOCK, (double)pass->activity->total_cycles * device->shell[DEVICE_FF],
	           TECHNOLOGY_CLOCK_FF, GRADE_ASSUMED);
}

static double row_pj(const struct energy_row *row) {
	return row->clock_pj + row->toggle_pj + row->memory_pj + row->constant_pj;
}

static enum estimate_grade worst(enum estimate_grade a, enum estimate_grade b) {
	return a > b ? a : b;
}

static void add_row(struct energy_row *sum, const struct energy_row *row) {
	add(sum, CLOCK, row->clock_pj, row->clock_grade);
	add(sum, TOGGLE, row->toggle_pj, row->toggle_grade);
	add(sum, MEMORY, row->memory_pj, row->memory_grade);
	add(sum, CONSTANT, row->constant_pj, row->constant_grade);
}

static void finish_row(struct energy_row *row, double time_s, uint64_t frames) {
	row->power_w = row_pj(row) * 1e-12 / time_s;
	row->energy_uj = row_pj(row) * 1e-6 / (double)frames;
	row->grade = worst(worst(row->clock_grade, row->toggle_grade), worst(row->memory_grade, row->constant_grade));
}

static void fill(struct pass *pass) {
	struct energy *energy = pass->energy;
	memset(energy, 0, sizeof *energy);
	energy->time_s = (double)pass->activity->total_cycles / (1e3 * pass->config->clock_khz);
	add_units(pass);
	add_dram(pass);
	add_constant(pass);
	for (int unit = 0; unit < ENERGY_UNIT_COUNT; unit++) {
		struct energy_row *row = &energy->rows[unit];
		finish_row(row, energy->time_s, pass->activity->frames);
		add_row(&energy->total, row);
		if (unit != ENERGY_DRAM && unit != ENERGY_PROCESSOR) add_row(&energy->fpga, row);
		if (row->grade == GRADE_MISSING) energy->missing_units |= (uint64_t)1 << unit;
	}
	finish_row(&energy->fpga, energy->time_s, pass->activity->frames);
	finish_row(&energy->total, energy->time_s, pass->activity->frames);
	energy->partial = energy->missing_units != 0;
}

static enum status check(const struct energy_activity *activity, struct error *error) {
	if (activity->total_cycles == 0)
		return error_set(error, STATUS_FAILED, "activity: total_cycles is 0; expected at least 1");
	if (activity->frames == 0) return error_set(error, STATUS_FAILED, "activity: frames is 0; expected at least 1");
	for (int unit = 0; unit < ENERGY_ACTIVE_UNITS; unit++)
		if (activity->busy_cycles[unit] > activity->total_cycles)
			return error_set(error, STATUS_FAILED,
			                 "activity: busy_cycles of %s: %llu is more than total_cycles, which is %llu",
			                 energy_unit_names[unit], (unsigned long long)activity->busy_cycles[unit],
			                 (unsigned long long)activity->total_cycles);
	if (activity->binary_valid_bits > activity->binary_issued_bits)
		return error_set(error, STATUS_FAILED,
		                 "activity: binary_valid_bits: %llu is more than binary_issued_bits, which is %llu",
		                 (unsigned long long)activity->binary_valid_bits,
		                 (unsigned long long)activity->binary_issued_bits);
	return STATUS_OK;
}

static void copy_bound(struct energy *energy, const struct energy *bound_energy, enum bound bound) {
	for (int unit = 0; unit < ENERGY_UNIT_COUNT; unit++) {
		struct energy_row *row = &energy->rows[unit];
		*(bound == LOW ? &row->energy_low_uj : &row->energy_high_uj) = bound_energy->rows[unit].energy_uj;
	}
	*(bound == LOW ? &energy->fpga.energy_low_uj : &energy->fpga.energy_high_uj) = bound_energy->fpga.energy_uj;
	*(bound == LOW ? &energy->total.energy_low_uj : &energy->total.energy_high_uj) = bound_energy->total.energy_uj;
}

enum status estimate_energy(const struct config *config, const struct resources *resources,
                            const struct technology *technology, const struct device *device,
                            const struct energy_activity *activity, struct energy *energy, struct error *error) {
	enum status status = check(activity, error);
	struct energy bound_energy;
	struct pass pass = {config, resources, technology, device, activity, energy, TYPICAL};
	if (status != STATUS_OK) return status;
	fill(&pass);
	pass.energy = &bound_energy;
	for (pass.bound = LOW; pass.bound < BOUND_COUNT; pass.bound++) {
		fill(&pass);
		copy_bound(energy, &bound_energy, pass.bound);
	}
	return STATUS_OK;
}
