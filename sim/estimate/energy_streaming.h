/* Energy of a run of a streaming machine: the equations and the board's rows of energy.h, with a row a stage.
 *
 *  clock     all flip-flops and blocks of a stage, in every cycle of the run
 *  toggle    LUTs that are not memory, in the cycles in which the stage is busy or fills and drains; products in DSP
 *            blocks x the technology row of their widths; point stages: values x DSP blocks x dsp_mac_16x16
 *  memory    weights: a word in each busy cycle. Input vector, row buffer, running values of pools: each word written
 *            and read. Thresholds, parameters: a word for each word made. FIFOs: a word pushed and taken. All x what
 * one access enables dram      bits the DMAs move; row activations as if every frame were read and written in order
 * (assumed); refreshes at the interval of [dram]; background and controller of one channel
 *
 * A shift register of a FIFO is taken as a LUT memory that is accessed (assumed). Products in LUTs have no row of their
 * own: their LUTs toggle.
 */
#ifndef SIM_ESTIMATE_ENERGY_STREAMING_H
#define SIM_ESTIMATE_ENERGY_STREAMING_H

#include "sim/estimate/energy.h"
#include "sim/estimate/resource_streaming.h"

/* What happened in a run, all frames together; arrays are the caller's. */
struct stage_activity {
	uint64_t busy_cycles, fill_drain_cycles;
	uint64_t words_taken, words_made; /* of one input, one output FIFO */
};

struct streaming_activity {
	uint64_t total_cycles, frames;
	const struct stage_activity *stages;
	const uint64_t *fifo_words;
};

struct streaming_energy {
	uint32_t stage_count;
	struct energy_row *stages;
	struct energy_row fifos; /* all of them */
};

/* Products of one lane issued by a matrix or depthwise stage: lanes x busy cycles; 0 for other kinds. */
uint64_t stage_issued_macs(const struct stage *stage, uint64_t busy_cycles);

/* Bytes that the input DMA reads, or the output DMA writes, in `frames` frames. */
uint64_t streaming_ddr_bytes(const struct pipeline *pipeline, uint64_t frames, int is_write);

/* Fills `streaming` (the caller's: streaming_energy_clear, also after a failure) and in `energy` what is not of a stage
 * or FIFO: dram, memory_controllers, the board; and fpga and total, which are the sums of all. STATUS_FAILED for an
 * activity without a cycle or frame, or with a stage busy for longer than the run; STATUS_MEMORY. */
enum status estimate_streaming_energy(const struct config *config, const struct pipeline *pipeline,
                                      const struct streaming_resources *resources, const struct technology *technology,
                                      const struct device *device, const struct streaming_activity *activity,
                                      struct streaming_energy *streaming, struct energy *energy, struct error *error);
void streaming_energy_clear(struct streaming_energy *streaming);

#endif
