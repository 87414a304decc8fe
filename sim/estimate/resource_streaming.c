/* See resource_streaming.h: memories, FIFOs, sums and fit. LUT memory by the rules of memory_blocks.h; a shift register
 * takes one LUT for 32 x 1 bits (UG474, UG574), its banks are joined by the slices' own multiplexers. Control of FIFOs:
 * as synthesised (configs/tech/streaming_synthesis.csv). Left out: clock-domain crossings, AXI interconnect, register
 * slices at die boundaries. */
#include "sim/estimate/resource_streaming.h"

#include <stdlib.h>
#include <string.h>

#include "sim/estimate/resource_units.h"

enum {
	LUTS_PER_BRAM18 = 150,
	BLOCK_BITS = 1024, /* partitioned: the smallest memory in block RAM */
	SHIFT_LUTS = 8,
	POINTER_LUTS = 28,
	BLOCK_LUTS = 65, /* and a bit for each of the word: the word just pushed goes around the block */
	BLOCK_FFS = 30
};

static uint64_t divide_up(uint64_t value, uint64_t divisor) {
	return (value + divisor - 1) / divisor;
}

static uint64_t log2_up(uint64_t value) {
	uint64_t bits = 0;
	while (((uint64_t)1 << bits) < value) bits++;
	return bits;
}

/* ---- memories */

static uint64_t luts_of(const struct memory_blocks *blocks) {
	return blocks->memory_luts + blocks->mux_luts;
}

/* In fabric, or in block RAM where that saves enough; partitioned: where it is large enough. */
static void choose(uint32_t memories, uint64_t width_bits, uint64_t depth_words, const struct memory_blocks *fabric,
                   struct memory_blocks *blocks) {
	const struct memory_shape shape = {width_bits, depth_words, 0, TECHNOLOGY_BRAM36};
	int is_fabric = width_bits * depth_words < BLOCK_BITS;
	if (memories == MEMORIES_PARTITIONED) {
		memory_blocks_side_by_side(width_bits, depth_words, blocks);
	} else {
		memory_blocks_of(&shape, blocks);
		is_fabric = luts_of(fabric) <= luts_of(blocks) + LUTS_PER_BRAM18 * blocks->bram18s;
	}
	if (is_fabric) *blocks = *fabric;
}

void streaming_ram(uint32_t memories, uint64_t width_bits, uint64_t depth_words, struct memory_blocks *blocks) {
	const struct memory_shape shape = {width_bits, depth_words, 0, TECHNOLOGY_LUTRAM};
	struct memory_blocks fabric;
	memset(blocks, 0, sizeof *blocks);
	if (depth_words < 2) {
		blocks->ffs = width_bits;
		return;
	}
	memory_blocks_of(&shape, &fabric);
	fabric.ffs = width_bits; /* one register behind it */
	choose(memories, width_bits, depth_words, &fabric, blocks);
}

void streaming_fifo_memory(uint32_t memories, uint64_t width_bits, uint64_t depth_words, struct memory_blocks *blocks) {
	const struct memory_shape shape = {width_bits, depth_words, 0, TECHNOLOGY_LUTRAM};
	struct memory_blocks pointed, shifted = {0};
	if (depth_words <= 2) { /* two registers and the choice of one */
		*blocks = (struct memory_blocks){.mux_luts = width_bits, .ffs = 2 * width_bits};
		return;
	}
	memory_blocks_of(&shape, &pointed);
	pointed.mux_luts += POINTER_LUTS;
	pointed.ffs = 4 * log2_up(depth_words); /* the pointers; it is read without a register */
	shifted.memory_luts = shifted.access_luts = width_bits * divide_up(depth_words, 32);
	shifted.mux_luts = SHIFT_LUTS;
	choose(memories, width_bits, depth_words, luts_of(&pointed) < luts_of(&shifted) ? &pointed : &shifted, blocks);
}

/* ---- all of them */

void streaming_fifo(uint32_t memories, uint64_t width_bits, uint64_t depth_words, struct memory_blocks *memory,
                    struct resource_row *row) {
	streaming_fifo_memory(memories, width_bits, depth_words, memory);
	resource_row_add_blocks(row, memory, GRADE_FORMULA);
	resource_row_add(row, RESOURCE_FF, log2_up(depth_words + 1), GRADE_FORMULA);
	if (memory->bram18s) {
		resource_row_add(row, RESOURCE_LUT, BLOCK_LUTS + width_bits, GRADE_FORMULA);
		resource_row_add(row, RESOURCE_FF, BLOCK_FFS + width_bits, GRADE_FORMULA);
	} else if (depth_words <= 2) {
		resource_row_add(row, RESOURCE_LUT, 4, GRADE_FORMULA);
	}
}

/* A converter to narrower words chooses between the FIFO's word and its own, shifted one: the choice that a FIFO of two
 * words makes goes into the same LUTs. */
static uint64_t merged_luts(const struct pipeline *pipeline, const struct fifo *fifo) {
	const struct stage *to = &pipeline->stages[fifo->to];
	if (fifo->depth_words > 2 || to->kind != STAGE_CONVERT || to->input_lanes <= to->output_lanes) return 0;
	return (uint64_t)(to->input_lanes - to->output_lanes) * to->input_bits;
}

void resource_row_sum(struct resource_row *sum, const struct resource_row *row) {
	for (int kind = 0; kind < RESOURCE_KIND_COUNT; kind++)
		resource_row_add(sum, (enum resource_kind)kind, row->amounts[kind].count, row->amounts[kind].grade);
	sum->memory_luts += row->memory_luts;
}

void streaming_resources_clear(struct streaming_resources *resources) {
	free(resources->stages);
	free(resources->fifos);
	memset(resources, 0, sizeof *resources);
}

enum status estimate_streaming_resources(const struct pipeline *pipeline, const struct device *device,
                                         struct streaming_resources *resources, struct error *error) {
	const struct config one_channel = {.dram_channels = 1};
	memset(resources, 0, sizeof *resources);
	resources->stage_count = pipeline->stage_count;
	resources->fifo_count = pipeline->fifo_count;
	resources->stages = calloc(pipeline->stage_count, sizeof *resources->stages);
	resources->fifos = calloc(pipeline->fifo_count, sizeof *resources->fifos);
	if (!resources->stages || !resources->fifos)
		return error_set(error, STATUS_MEMORY, "out of memory for the resources of the stages");
	for (uint32_t i = 0; i < pipeline->stage_count; i++) {
		resource_of_stage(&pipeline->stages[i], pipeline->memories, (enum device_dsp)device->dsp_kind,
		                  &resources->stages[i]);
		resource_row_sum(&resources->total, &resources->stages[i].row);
	}
	for (uint32_t f = 0; f < pipeline->fifo_count; f++) {
		const struct fifo *fifo = &pipeline->fifos[f];
		streaming_fifo(pipeline->memories, fifo->width_bits, fifo->depth_words, &resources->fifos[f].memory,
		               &resources->fifos[f].row);
		resources->fifos[f].row.amounts[RESOURCE_LUT].count -= merged_luts(pipeline, fifo);
		resource_row_sum(&resources->fifo_total, &resources->fifos[f].row);
	}
	resource_row_sum(&resources->total, &resources->fifo_total);
	resource_of_memory_controllers(&one_channel, device, &resources->controller);
	resource_row_sum(&resources->total, &resources->controller);
	return STATUS_OK;
}

/* ---- fit */

/* The largest share that a stage takes of what one die has of a resource. */
static double die_share(const struct resource_row *row, const struct device *device, enum resource_kind *kind) {
	double most = 0;
	for (int k = 0; k < RESOURCE_KIND_COUNT; k++) {
		double usable = device_usable_per_slr(device, (enum device_resource)k);
		double share = usable > 0 ? resource_units((enum resource_kind)k, row->amounts[k].count) / usable : 0;
		if (share <= most) continue;
		most = share;
		*kind = (enum resource_kind)k;
	}
	return most;
}

void estimate_streaming_fit(const struct streaming_resources *resources, const struct device *device,
                            struct resource_fit *fit, uint32_t *largest_stage) {
	struct resources sums; /* all in one row: the rules of estimate_fit hold for sums */
	uint32_t largest = 0;
	memset(&sums, 0, sizeof sums);
	sums.rows[0] = resources->total;
	estimate_fit(&sums, device, fit);
	fit->slr_share = 0;
	for (uint32_t i = 0; i < resources->stage_count; i++) {
		enum resource_kind kind = RESOURCE_LUT;
		double share = die_share(&resources->stages[i].row, device, &kind);
		if (share <= fit->slr_share) continue;
		fit->slr_share = share;
		fit->slr_kind = kind;
		largest = i;
	}
	if (largest_stage) *largest_stage = largest;
}
