/* Resources of each unit, one function a unit; estimate_resources (resource.h) calls them. Each fills a cleared row. */
#ifndef SIM_ESTIMATE_RESOURCE_UNITS_H
#define SIM_ESTIMATE_RESOURCE_UNITS_H

#include "sim/estimate/resource.h"

/* Adds an amount; the grade of the sum is the worse one. Memory LUTs are LUTs too. */
void resource_row_add(struct resource_row *row, enum resource_kind kind, uint64_t count, enum estimate_grade grade);
void resource_row_add_memory_luts(struct resource_row *row, uint64_t count, enum estimate_grade grade);
void resource_row_add_blocks(struct resource_row *row, const struct memory_blocks *blocks, enum estimate_grade grade);

void resource_of_binary_engine(const struct config *config, struct resource_row *row);
/* Part of the binary engine where packing = window. */
void resource_of_window_former(const struct config *config, struct resource_row *row);
void resource_of_fixed_engine(const struct config *config, enum device_dsp dsp, struct fixed_packing *packing,
                              struct resource_row *row);
/* Part of the post unit: `lanes` lanes for sums of `sum_bits`. */
void resource_of_post_lane(uint64_t sum_bits, enum device_dsp dsp, uint64_t lanes, struct resource_row *row);
void resource_of_post_unit(const struct config *config, enum device_dsp dsp, uint64_t *products_per_value,
                           struct resource_row *row);
void resource_of_load(const struct config *config, struct memory_blocks *data, struct resource_row *row);
void resource_of_store(const struct config *config, struct memory_blocks *data, struct resource_row *row);
void resource_of_sequencer(const struct config *config, struct resource_row *row);
void resource_of_ports(struct resource_row *row);
/* What the top has beside its units and buffers: the tokens' compares and the choice of what the store master takes. A
 * part of the row of the ports. */
void resource_of_glue(const struct config *config, struct resource_row *row);
/* Of it, the choice among the three buffers that the store master reads. */
uint64_t resource_store_choice_luts(const struct config *config);
void resource_of_program_memory(const struct config *config, struct memory_blocks *blocks, struct resource_row *row);
void resource_of_buffer(const struct config *config, enum buffer_id buffer, struct memory_blocks *blocks,
                        struct resource_row *row);
void resource_of_memory_controllers(const struct config *config, const struct device *device, struct resource_row *row);

#endif
