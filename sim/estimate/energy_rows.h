/* Private to the energy*.c files: adding events, watts and rows, for a typical, a low and a high technology. */
#ifndef SIM_ESTIMATE_ENERGY_ROWS_H
#define SIM_ESTIMATE_ENERGY_ROWS_H

#include "sim/estimate/energy.h"

enum energy_bound { BOUND_TYPICAL, BOUND_LOW, BOUND_HIGH, BOUND_COUNT };
enum energy_part { PART_CLOCK, PART_TOGGLE, PART_MEMORY, PART_CONSTANT };

/* What prices events. */
struct energy_prices {
	const struct technology *technology;
	const struct device *device;
	enum energy_bound bound;
};

/* `events` times the technology row, with the worse of the row's and the events' grades. */
void energy_add_events(const struct energy_prices *prices, struct energy_row *row, enum energy_part part, double events,
                       enum technology_event event, enum estimate_grade grade);

/* The clock of resources in every cycle: flip-flops, DSP blocks, idle memory blocks. */
void energy_add_clock(const struct energy_prices *prices, struct energy_row *row, const struct resource_row *resources,
                      uint64_t cycles);

/* Logic (LUTs that are not memory) in the cycles in which it works. */
void energy_add_fabric(const struct energy_prices *prices, struct energy_row *row, const struct resource_row *resources,
                       uint64_t cycles);

/* Accesses of one word; grades of `resources`, the row that has the memory. */
void energy_add_accesses(const struct energy_prices *prices, struct energy_row *row,
                         const struct resource_row *resources, const struct memory_blocks *blocks, uint64_t accesses);

/* Rows of struct energy that belong to the board: device_static, processor, clock_manager, shell. */
void energy_add_board(const struct energy_prices *prices, struct energy *energy, uint64_t total_cycles);

/* 1: the memory controller is built of the FPGA's fabric, so the row memory_controllers owns its power. */
int energy_has_soft_controller(const struct device *device);

/* Adds the parts of `row` to `sum`, then power, energy a frame and grade from the parts. */
void energy_add_row(struct energy_row *sum, const struct energy_row *row);
void energy_finish_row(struct energy_row *row, double time_s, uint64_t frames);

/* Copies energy_uj of a pass with the low or high bound. */
void energy_copy_bound(struct energy_row *row, const struct energy_row *bound_row, enum energy_bound bound);

#endif
