/* Energy of a run; the equations stand in energy.h. Every part is computed three times, with the technology's typical,
 * low and high values; the low and the high are bounds as if all rows erred the same way. Left out: temperature, and
 * voltage other than that of the technology table. */
#include "sim/estimate/energy_rows.h"

#include <string.h>

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
	const struct energy_activity *activity;
	struct energy *energy;
	struct energy_prices prices;
};

static void add_events(const struct pass *pass, int unit, enum energy_part part, double events,
                       enum technology_event event, enum estimate_grade grade) {
	energy_add_events(&pass->prices, &pass->energy->rows[unit], part, events, event, grade);
}

static void add_fabric(const struct pass *pass, int unit, uint64_t cycles) {
	energy_add_fabric(&pass->prices, &pass->energy->rows[unit], &pass->resources->rows[unit], cycles);
}

static void add_accesses(const struct pass *pass, int unit, int memory, uint64_t accesses) {
	energy_add_accesses(&pass->prices, &pass->energy->rows[unit], &pass->resources->rows[unit],
	                    &pass->resources->memories[memory], accesses);
}

static void add_binary_operations(const struct pass *pass) {
	const struct config *config = pass->config;
	enum estimate_grade grade = pass->resources->rows[RESOURCE_BINARY_ENGINE].amounts[RESOURCE_DSP].grade;
	double operations = (double)pass->activity->binary_issued_bits / 48;
	double valid_operations = (double)pass->activity->binary_valid_bits / 48;
	if (config->binary_fabric == FABRIC_DSP) {
		add_events(pass, RESOURCE_BINARY_ENGINE, PART_TOGGLE, operations, TECHNOLOGY_DSP_LOGIC48, grade);
		add_events(pass, RESOURCE_BINARY_ENGINE, PART_TOGGLE, valid_operations, TECHNOLOGY_DSP_OPERAND_NETS,
		           grade);
	}
	if (config->binary_popcount == POPCOUNT_DSP) {
		uint64_t pes = config->binary_pes, blocks = (pes + 1) / 2;
		double steps = operations / (double)(pes * config->binary_words);
		add_events(pass, RESOURCE_BINARY_ENGINE, PART_TOGGLE, steps * (double)blocks, TECHNOLOGY_DSP_LOGIC48,
		           grade);
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
	add_events(pass, RESOURCE_FIXED_ENGINE, PART_TOGGLE, products, event, grade);
}

static void add_units(const struct pass *pass) {
	const struct energy_activity *activity = pass->activity;
	uint64_t beats[2] = {(activity->ddr_read_bytes + pass->config->dma_axi_bytes - 1) / pass->config->dma_axi_bytes,
	                     (activity->ddr_write_bytes + pass->config->dma_axi_bytes - 1) /
	                         pass->config->dma_axi_bytes};
	for (int unit = 0; unit < RESOURCE_MEMORY_CONTROLLERS; unit++)
		energy_add_clock(&pass->prices, &pass->energy->rows[unit], &pass->resources->rows[unit],
		                 activity->total_cycles);
	for (int unit = 0; unit < ENERGY_ACTIVE_UNITS; unit++) add_fabric(pass, unit, activity->busy_cycles[unit]);
	/* The arbiter moves when commands and bursts do; the cycles of the fetches stand for that. */
	add_fabric(pass, RESOURCE_PORTS, activity->busy_cycles[RESOURCE_SEQUENCER]);
	add_fabric(pass, RESOURCE_PROGRAM_MEMORY, activity->busy_cycles[RESOURCE_SEQUENCER]);
	add_binary_operations(pass);
	add_fixed_operations(pass);
	add_events(pass, RESOURCE_POST_UNIT, PART_TOGGLE,
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
	add_events(pass, ENERGY_DRAM, PART_MEMORY, 8 * (double)activity->ddr_read_bytes, TECHNOLOGY_DDR_READ_BIT,
	           grade);
	add_events(pass, ENERGY_DRAM, PART_MEMORY, 8 * (double)activity->ddr_write_bytes, TECHNOLOGY_DDR_WRITE_BIT,
	           grade);
	add_events(pass, ENERGY_DRAM, PART_MEMORY, (double)activity->row_activations, TECHNOLOGY_DDR_ACTIVATE, grade);
	add_events(pass, ENERGY_DRAM, PART_MEMORY, (double)activity->refreshes, TECHNOLOGY_DDR_REFRESH, grade);
	add_events(pass, ENERGY_DRAM, PART_CONSTANT, seconds_pj, TECHNOLOGY_DDR_BACKGROUND, grade);
	if (energy_has_soft_controller(pass->prices.device))
		add_events(pass, RESOURCE_MEMORY_CONTROLLERS, PART_CONSTANT, seconds_pj, TECHNOLOGY_DDR_PHY, grade);
}

static void fill(struct pass *pass) {
	struct energy *energy = pass->energy;
	memset(energy, 0, sizeof *energy);
	energy->time_s = (double)pass->activity->total_cycles / (1e3 * pass->config->clock_khz);
	add_units(pass);
	add_dram(pass);
	energy_add_board(&pass->prices, energy, pass->activity->total_cycles);
	for (int unit = 0; unit < ENERGY_UNIT_COUNT; unit++) {
		struct energy_row *row = &energy->rows[unit];
		energy_finish_row(row, energy->time_s, pass->activity->frames);
		energy_add_row(&energy->total, row);
		if (unit != ENERGY_DRAM && unit != ENERGY_PROCESSOR) energy_add_row(&energy->fpga, row);
		if (row->grade == GRADE_MISSING) energy->missing_units |= (uint64_t)1 << unit;
	}
	energy_finish_row(&energy->fpga, energy->time_s, pass->activity->frames);
	energy_finish_row(&energy->total, energy->time_s, pass->activity->frames);
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

static void copy_bound(struct energy *energy, const struct energy *other, enum energy_bound bound) {
	for (int unit = 0; unit < ENERGY_UNIT_COUNT; unit++)
		energy_copy_bound(&energy->rows[unit], &other->rows[unit], bound);
	energy_copy_bound(&energy->fpga, &other->fpga, bound);
	energy_copy_bound(&energy->total, &other->total, bound);
}

enum status estimate_energy(const struct config *config, const struct resources *resources,
                            const struct technology *technology, const struct device *device,
                            const struct energy_activity *activity, struct energy *energy, struct error *error) {
	enum status status = check(activity, error);
	struct energy bound_energy;
	struct pass pass = {config, resources, activity, energy, {technology, device, BOUND_TYPICAL}};
	if (status != STATUS_OK) return status;
	fill(&pass);
	pass.energy = &bound_energy;
	for (int bound = BOUND_LOW; bound < BOUND_COUNT; bound++) {
		pass.prices.bound = (enum energy_bound)bound;
		fill(&pass);
		copy_bound(energy, &bound_energy, pass.prices.bound);
	}
	return STATUS_OK;
}
