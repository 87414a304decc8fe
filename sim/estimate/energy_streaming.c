/* See energy_streaming.h. */
#include "sim/estimate/energy_streaming.h"

#include <stdlib.h>
#include <string.h>

#include "sim/estimate/energy_rows.h"

struct pass {
	const struct config *config;
	const struct pipeline *pipeline;
	const struct streaming_resources *resources;
	const struct streaming_activity *activity;
	struct streaming_energy *streaming;
	struct energy *energy;
	struct energy_prices prices;
};

void streaming_energy_clear(struct streaming_energy *streaming) {
	free(streaming->stages);
	memset(streaming, 0, sizeof *streaming);
}

uint64_t stage_issued_macs(const struct stage *stage, uint64_t busy_cycles) {
	if (stage->kind == STAGE_MATRIX) return busy_cycles * stage->input_lanes * stage->output_lanes;
	return stage->kind == STAGE_DEPTHWISE ? busy_cycles * stage->output_lanes : 0;
}

uint64_t streaming_ddr_bytes(const struct pipeline *pipeline, uint64_t frames, int is_write) {
	uint64_t bits = 0;
	for (uint32_t i = 0; i < pipeline->stage_count; i++) {
		const struct stage *stage = &pipeline->stages[i];
		if (!is_write && stage->kind == STAGE_INPUT)
			bits += (uint64_t)stage->words * stage->output_lanes * stage->output_bits;
		if (is_write && stage->kind == STAGE_OUTPUT)
			bits += (uint64_t)stage->words * stage->input_lanes * stage->input_bits;
	}
	return frames * ((bits + 7) / 8);
}

static void add_products(const struct pass *pass, uint32_t index, struct energy_row *row) {
	const struct stage *stage = &pass->pipeline->stages[index];
	const struct stage_resources *resources = &pass->resources->stages[index];
	const struct stage_activity *activity = &pass->activity->stages[index];
	const enum estimate_grade grade = resources->row.amounts[RESOURCE_DSP].grade;
	double products = (double)stage_issued_macs(stage, activity->busy_cycles);
	if (resources->packing.products_per_dsp == 2)
		energy_add_events(&pass->prices, row, PART_TOGGLE, products / 2, TECHNOLOGY_DSP_MAC_PAIR_8X8, grade);
	else if (resources->packing.products_per_dsp == 1)
		energy_add_events(&pass->prices, row, PART_TOGGLE, products * resources->packing.dsps_per_product,
		                  stage->weight_bits <= 8 && stage->input_bits <= 8 ? TECHNOLOGY_DSP_MAC_8X8
		                                                                    : TECHNOLOGY_DSP_MAC_16X16,
		                  grade);
	if (resources->dsps_per_value)
		energy_add_events(&pass->prices, row, PART_TOGGLE,
		                  (double)(activity->words_made * stage->input_lanes * resources->dsps_per_value),
		                  TECHNOLOGY_DSP_MAC_16X16, grade);
}

/* Accesses of a stage's data memory: what is written is read as well. */
static uint64_t data_accesses(const struct stage *stage, const struct stage_activity *activity) {
	switch (stage->kind) {
	case STAGE_WINDOW: return activity->words_taken + activity->words_made;
	case STAGE_MATRIX: return activity->busy_cycles; /* written as it comes, read in the other cycles */
	case STAGE_INPUT: return 2 * activity->words_made;
	default: return 2 * activity->words_taken;
	}
}

static void add_stage(const struct pass *pass, uint32_t index) {
	const struct stage *stage = &pass->pipeline->stages[index];
	const struct stage_resources *resources = &pass->resources->stages[index];
	const struct stage_activity *activity = &pass->activity->stages[index];
	const struct energy_prices *prices = &pass->prices;
	struct energy_row *row = &pass->streaming->stages[index];
	int has_weights = stage->kind == STAGE_MATRIX || stage->kind == STAGE_DEPTHWISE;
	energy_add_clock(prices, row, &resources->row, pass->activity->total_cycles);
	energy_add_fabric(prices, row, &resources->row, activity->busy_cycles + activity->fill_drain_cycles);
	add_products(pass, index, row);
	energy_add_accesses(prices, row, &resources->row, &resources->weights,
	                    has_weights ? activity->busy_cycles : activity->words_made);
	energy_add_accesses(prices, row, &resources->row, &resources->thresholds, activity->words_made);
	energy_add_accesses(prices, row, &resources->row, &resources->data, data_accesses(stage, activity));
}

/* The logic of a FIFO works in the cycles of its accesses. */
static void add_fifos(const struct pass *pass) {
	const struct streaming_resources *resources = pass->resources;
	struct energy_row *row = &pass->streaming->fifos;
	energy_add_clock(&pass->prices, row, &resources->fifo_total, pass->activity->total_cycles);
	for (uint32_t f = 0; f < resources->fifo_count; f++) {
		const struct fifo_resources *fifo = &resources->fifos[f];
		uint64_t accesses = 2 * pass->activity->fifo_words[f];
		energy_add_fabric(&pass->prices, row, &fifo->row, accesses);
		energy_add_accesses(&pass->prices, row, &fifo->row, &fifo->memory, accesses);
	}
}

static void add_dram(const struct pass *pass) {
	const struct energy_prices *prices = &pass->prices;
	const struct config *config = pass->config;
	struct energy_row *dram = &pass->energy->rows[ENERGY_DRAM];
	uint64_t reads = streaming_ddr_bytes(pass->pipeline, pass->activity->frames, 0),
	         writes = streaming_ddr_bytes(pass->pipeline, pass->activity->frames, 1);
	double seconds = pass->energy->time_s, row_bytes = config->dram_row_bytes;
	double activates = (double)(reads + writes) / row_bytes + 2 * (double)pass->activity->frames;
	double refreshes = config->dram_trefi_ps ? seconds * 1e12 / config->dram_trefi_ps : 0;
	energy_add_events(prices, dram, PART_MEMORY, 8 * (double)reads, TECHNOLOGY_DDR_READ_BIT, GRADE_ASSUMED);
	energy_add_events(prices, dram, PART_MEMORY, 8 * (double)writes, TECHNOLOGY_DDR_WRITE_BIT, GRADE_ASSUMED);
	energy_add_events(prices, dram, PART_MEMORY, activates, TECHNOLOGY_DDR_ACTIVATE, GRADE_ASSUMED);
	energy_add_events(prices, dram, PART_MEMORY, refreshes, TECHNOLOGY_DDR_REFRESH, GRADE_ASSUMED);
	energy_add_events(prices, dram, PART_CONSTANT, seconds * 1e12, TECHNOLOGY_DDR_BACKGROUND, GRADE_ASSUMED);
	if (energy_has_soft_controller(prices->device))
		energy_add_events(prices, &pass->energy->rows[RESOURCE_MEMORY_CONTROLLERS], PART_CONSTANT,
		                  seconds * 1e12, TECHNOLOGY_DDR_PHY, GRADE_ASSUMED);
}

static void sum_row(const struct pass *pass, struct energy_row *row, int in_fpga) {
	energy_finish_row(row, pass->energy->time_s, pass->activity->frames);
	energy_add_row(&pass->energy->total, row);
	if (in_fpga) energy_add_row(&pass->energy->fpga, row);
	if (row->grade == GRADE_MISSING) pass->energy->partial = 1;
}

static void fill(const struct pass *pass) {
	struct energy *energy = pass->energy;
	struct streaming_energy *streaming = pass->streaming;
	memset(energy, 0, sizeof *energy);
	memset(streaming->stages, 0, pass->pipeline->stage_count * sizeof *streaming->stages);
	memset(&streaming->fifos, 0, sizeof streaming->fifos);
	energy->time_s = (double)pass->activity->total_cycles / (1e3 * pass->config->clock_khz);
	for (uint32_t i = 0; i < pass->pipeline->stage_count; i++) {
		add_stage(pass, i);
		sum_row(pass, &streaming->stages[i], 1);
	}
	add_fifos(pass);
	sum_row(pass, &streaming->fifos, 1);
	add_dram(pass);
	energy_add_board(&pass->prices, energy, pass->activity->total_cycles);
	for (int unit = RESOURCE_MEMORY_CONTROLLERS; unit < ENERGY_UNIT_COUNT; unit++)
		sum_row(pass, &energy->rows[unit], unit != ENERGY_DRAM && unit != ENERGY_PROCESSOR);
	energy_finish_row(&energy->fpga, energy->time_s, pass->activity->frames);
	energy_finish_row(&energy->total, energy->time_s, pass->activity->frames);
}

static void copy_bound(const struct pass *pass, const struct pass *other, enum energy_bound bound) {
	for (uint32_t i = 0; i < pass->pipeline->stage_count; i++)
		energy_copy_bound(&pass->streaming->stages[i], &other->streaming->stages[i], bound);
	energy_copy_bound(&pass->streaming->fifos, &other->streaming->fifos, bound);
	for (int unit = 0; unit < ENERGY_UNIT_COUNT; unit++)
		energy_copy_bound(&pass->energy->rows[unit], &other->energy->rows[unit], bound);
	energy_copy_bound(&pass->energy->fpga, &other->energy->fpga, bound);
	energy_copy_bound(&pass->energy->total, &other->energy->total, bound);
}

static enum status check(const struct pipeline *pipeline, const struct streaming_activity *activity,
                         struct error *error) {
	if (!activity->total_cycles || !activity->frames)
		return error_set(error, STATUS_FAILED,
		                 "activity: total_cycles is %llu and frames is %llu; expected at least 1",
		                 (unsigned long long)activity->total_cycles, (unsigned long long)activity->frames);
	for (uint32_t i = 0; i < pipeline->stage_count; i++) {
		const struct stage_activity *stage = &activity->stages[i];
		if (stage->busy_cycles + stage->fill_drain_cycles > activity->total_cycles)
			return error_set(error, STATUS_FAILED,
			                 "activity: %s works in %llu cycles, more than the run's %llu",
			                 pipeline->stages[i].name,
			                 (unsigned long long)(stage->busy_cycles + stage->fill_drain_cycles),
			                 (unsigned long long)activity->total_cycles);
	}
	return STATUS_OK;
}

static enum status begin(const struct pipeline *pipeline, struct streaming_energy *streaming, struct error *error) {
	memset(streaming, 0, sizeof *streaming);
	streaming->stage_count = pipeline->stage_count;
	streaming->stages = calloc(pipeline->stage_count, sizeof *streaming->stages);
	return streaming->stages ? STATUS_OK
	                         : error_set(error, STATUS_MEMORY, "out of memory for the energy of stages");
}

enum status estimate_streaming_energy(const struct config *config, const struct pipeline *pipeline,
                                      const struct streaming_resources *resources, const struct technology *technology,
                                      const struct device *device, const struct streaming_activity *activity,
                                      struct streaming_energy *streaming, struct energy *energy, struct error *error) {
	struct streaming_energy other_streaming = {0};
	struct energy other_energy;
	struct pass pass = {
	    config, pipeline, resources, activity, streaming, energy, {technology, device, BOUND_TYPICAL}};
	enum status status = begin(pipeline, streaming, error);
	if (!status) status = check(pipeline, activity, error);
	if (!status) status = begin(pipeline, &other_streaming, error);
	if (!status) fill(&pass);
	for (int bound = BOUND_LOW; !status && bound < BOUND_COUNT; bound++) {
		struct pass other = pass;
		other.streaming = &other_streaming;
		other.energy = &other_energy;
		other.prices.bound = (enum energy_bound)bound;
		fill(&other);
		copy_bound(&pass, &other, (enum energy_bound)bound);
	}
	streaming_energy_clear(&other_streaming);
	return status;
}
