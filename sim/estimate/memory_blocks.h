/* How a memory of the machine is built from blocks: RAMB36 and RAMB18, URAM288 or LUTs used as memory.
 *
 * All are simple dual port (one read, one write port) with an output register; a memory with one shared port is the
 * same block with its two addresses tied. Sources: the block-RAM rule is the least-cost rule that yosys follows
 * (memory_libmap), equal to its result on 64 of 64 shapes (18 to 144 bits, 64 to 16,384 words); UltraRAM equal on 16
 * of 16.
 */
#ifndef SIM_ESTIMATE_MEMORY_BLOCKS_H
#define SIM_ESTIMATE_MEMORY_BLOCKS_H

#include <stdint.h>

#include "sim/input/config.h"

struct memory_shape {
	uint64_t word_bits, depth_words;
	/* Words are written in columns of so many bits, each with its own enable; 0: only as a whole. A divisor of
	 * word_bits. */
	uint64_t column_bits;
	uint32_t technology; /* enum config_technology */
};

struct memory_blocks {
	uint64_t bram18s; /* exact halves: a RAMB36 counts 2 */
	uint64_t urams;
	uint64_t memory_luts; /* LUTs used as memory */
	uint64_t mux_luts;    /* output multiplexer over depth banks, and their enables */
	uint64_t ffs;         /* output registers outside the blocks */
	/* Blocks enabled by one access of one word: one depth bank of them. */
	uint64_t access_bram36s, access_bram18s, access_urams, access_luts;
};

/* The blocks of one memory.
 *  BRAM:   over RAMB36 {72x512 .. 1x32K} at cost 2 and RAMB18 {36x512 .. 1x16K} at cost 1 the least
 *          cost x columns x depth banks; ties: fewest depth banks, then RAMB36.
 *  URAM:   ceil(W / 72) x ceil(D / 4096); depth banks cascade inside the column (UG573), no LUTs.
 *  LUTRAM: D <= 32: ceil(W / 14) RAM32M16, else ceil(W / 7) x ceil(D / 64) RAM64M8, 8 LUTs each (a 7 series device
 * takes 17 % more, as its four-LUT primitives hold 6 and 3 bits). Output multiplexer of n depth banks: W ceil((n - 1) /
 * 3) + n LUTs (as synthesised for 2 and 4; 8 banks 2 % low). Column enables reach whole byte lanes (9 bits of a RAMB, 8
 * of a URAM, one LUT block), so a column of 10 bits takes two. A shape without bits or words takes nothing. */
void memory_blocks_of(const struct memory_shape *shape, struct memory_blocks *blocks);

/* Block RAM as Vivado builds it by default (UG901, RAM_DECOMP): blocks as deep as the memory beside each other, no
 * multiplexers behind them. The fewest depth banks, and of these shapes the least cost. */
void memory_blocks_side_by_side(uint64_t word_bits, uint64_t depth_words, struct memory_blocks *blocks);

/* Adds `times` x `part` to `sum`, member by member; what one access enables is taken from `part` as it is. */
void memory_blocks_add(struct memory_blocks *sum, const struct memory_blocks *part, uint64_t times);

#endif
