/* Resources of a streaming machine: LUT, flip-flops, block RAM, DSP of each stage and FIFO, and whether the device has
 * them.
 *
 * Counted from the shapes of struct pipeline, with the packing and memory-block rules of resource.h, and constants from
 * the synthesis of the stages' RTL (configs/tech/streaming_synthesis.csv; the errors stand in
 * resource_streaming_stages.c). What is built: a DMA stage has an AXI master and its FIFO of 256 words; a matrix unit
 * has PE x SIMD lanes, an accumulator a PE, weights as deep as its folds, its input vector, thresholds and their
 * compares; a window its row buffer; a FIFO registers, shift registers, LUT memory or block RAM.
 *
 * Weights, thresholds and parameters are memories that can be loaded. streaming.memories = shared: one of weights and
 * one of thresholds a stage, as wide as its lanes; block RAM where that saves more than 150 LUTs for each RAMB18
 * (assumed: the devices here have 160 to 320 LUTs for each). partitioned, as BNN-PYNQ's public source makes Vivado HLS
 * build them: weights a memory a PE (ARRAY_PARTITION of dimension 1 in top.cpp), thresholds a memory of 16-bit words a
 * PE and threshold (dimensions 1 and 3), the rows of a window a memory for each stride of rows (inputBuf in
 * slidingwindow.h), the input vector in registers (inputBuf in mvau.hpp); block RAM from 1,024 bits on (what Vivado was
 * observed to do: YosysHQ/yosys pull request 1533), as deep blocks side by side (UG901, RAM_DECOMP).
 * UltraRAM is not used (assumed).
 */
#ifndef SIM_ESTIMATE_RESOURCE_STREAMING_H
#define SIM_ESTIMATE_RESOURCE_STREAMING_H

#include "sim/estimate/resource.h"
#include "sim/mapper/pipeline.h"

struct stage_resources {
	struct resource_row row;
	struct memory_blocks weights;    /* matrix, depthwise; point: its parameters */
	struct memory_blocks thresholds; /* matrix, depthwise */
	struct memory_blocks data;       /* window: rows; matrix: its input vector; pools: running values; DMA: FIFO */
	struct fixed_packing packing;    /* matrix, depthwise: products in DSP blocks; 0, 0: in LUTs */
	uint64_t dsps_per_value;         /* point: DSP blocks that work for one value */
};

struct fifo_resources {
	struct resource_row row;
	struct memory_blocks memory;
};

struct streaming_resources {
	uint32_t stage_count, fifo_count;
	struct stage_resources *stages;
	struct fifo_resources *fifos;
	struct resource_row controller; /* of the one memory channel */
	struct resource_row fifo_total; /* all FIFOs */
	struct resource_row total;      /* all stages, FIFOs and the controller */
};

/* Fills `resources`, the caller's (streaming_resources_clear, also after a failure). STATUS_MEMORY. */
enum status estimate_streaming_resources(const struct pipeline *pipeline, const struct device *device,
                                         struct streaming_resources *resources, struct error *error);
void streaming_resources_clear(struct streaming_resources *resources);

/* Adds a row to a sum; the grade is the worse one. */
void resource_row_sum(struct resource_row *sum, const struct resource_row *row);

/* The sums against the device, as estimate_fit. slr_share is the largest stage's share of one die; slr_unit has no
 * meaning, *largest_stage (may be NULL) is that stage. */
void estimate_streaming_fit(const struct streaming_resources *resources, const struct device *device,
                            struct resource_fit *fit, uint32_t *largest_stage);

/* One memory of `width_bits` x `depth_words` by the rules above (`memories`: enum config_memories); one word is a
 * register. */
void streaming_ram(uint32_t memories, uint64_t width_bits, uint64_t depth_words, struct memory_blocks *blocks);
/* A FIFO's: registers for two words, else shift registers or LUT memory, whichever takes fewer LUTs, or block RAM. */
void streaming_fifo_memory(uint32_t memories, uint64_t width_bits, uint64_t depth_words, struct memory_blocks *blocks);
/* A FIFO: its memory (filled) and all it takes (added to the row). */
void streaming_fifo(uint32_t memories, uint64_t width_bits, uint64_t depth_words, struct memory_blocks *memory,
                    struct resource_row *row);

/* resource_streaming_stages.c: fills one cleared stage. */
void resource_of_stage(const struct stage *stage, uint32_t memories, enum device_dsp dsp,
                       struct stage_resources *resources);

#endif
