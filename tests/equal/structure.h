/* Structures: the parameters that change the hardware, each set of which costs a Verilator build. */
#ifndef TESTS_EQUAL_STRUCTURE_H
#define TESTS_EQUAL_STRUCTURE_H

#include "sim/input/config.h"

struct structure {
	char name[32];
	uint32_t pes, words, rows, columns, lanes, axi_bytes, outstanding, queue_depth, channels;
	uint32_t packing, fabric, popcount;
	uint32_t weight_bits, activation_bits, accumulator_bits, sum_bits, window_bits, window_reads;
	uint32_t depth_words[BUFFER_COUNT], banks[BUFFER_COUNT];
};

/* Those of a normal run: at most eight, at most 16 PEs. */
extern const struct structure structures[];
extern const uint32_t structure_count;

/* One of structures by name, or, for `random-SEED`, one drawn from the seed: new and wider, up to 32 PEs of 12 words.
 * Returns 0 for another name. */
int structure_named(struct structure *structure, const char *name);

/* Every parameter at its default, the structural ones as in the structure. */
void structure_config(const struct structure *structure, struct config *config);

#endif
