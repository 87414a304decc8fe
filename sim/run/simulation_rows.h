/* Private to the simulation_rows*.c files: rows that both organisations have. */
#ifndef SIM_RUN_SIMULATION_ROWS_H
#define SIM_RUN_SIMULATION_ROWS_H

#include "sim/run/simulation.h"

double rows_ratio(double part, double whole); /* 0 where the whole is 0 */
double rows_cycles_to_ms(const struct simulation *simulation, double cycles);

/* lut, ff, bram36, uram, dsp of one scope. */
void rows_add_resources(const struct resource_row *resources, const char *scope, struct rows *rows);

/* power_w and energies; `parts`: clock_pj, toggle_pj, memory_pj, constant_pj too. */
void rows_add_energy(const struct energy_row *row, const char *scope, int parts, struct rows *rows);

#endif
