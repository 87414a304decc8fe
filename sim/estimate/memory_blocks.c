/* See memory_blocks.h. Left out: block shapes that only true dual port gives, asymmetric ports, LUT memories deeper
 * than 64 words in one primitive (RAM128X1D and up), and the mixture of RAMB36 and RAMB18 in one memory, which a vendor
 * tool may use to save one half. */
#include "sim/estimate/memory_blocks.h"

#include <string.h>

static uint64_t divide_up(uint64_t value, uint64_t divisor) {
	return (value + divisor - 1) / divisor;
}

/* Blocks of `width_bits` beside each other, for words whose columns of `column_bits` are written alone. */
static uint64_t columns_of(const struct memory_shape *shape, uint64_t width_bits, uint64_t lane_bits) {
	uint64_t column_bits = shape->column_bits;
	if (column_bits == 0 || column_bits >= shape->word_bits) return divide_up(shape->word_bits, width_bits);
	uint64_t columns = divide_up(shape->word_bits, column_bits);
	if (width_bits <= lane_bits) return columns * divide_up(column_bits, width_bits);
	return divide_up(columns * divide_up(column_bits, lane_bits), width_bits / lane_bits);
}

static uint64_t mux_luts_of(uint64_t word_bits, uint64_t depth_banks) {
	return depth_banks < 2 ? 0 : word_bits * divide_up(depth_banks - 1, 3) + depth_banks;
}

static const struct block_shape {
	uint64_t width_bits, depth_words, cost;
} block_shapes[] = {
    {72, 512, 2}, {36, 1024, 2}, {18, 2048, 2}, {9, 4096, 2}, {4, 8192, 2}, {2, 16384, 2}, {1, 32768, 2},
    {36, 512, 1}, {18, 1024, 1}, {9, 2048, 1},  {4, 4096, 1}, {2, 8192, 1}, {1, 16384, 1},
};

static void map_bram(const struct memory_shape *shape, int is_side_by_side, struct memory_blocks *blocks) {
	const struct block_shape *best = NULL;
	uint64_t best_cost = 0, best_banks = 0, best_columns = 0;
	for (size_t i = 0; i < sizeof block_shapes / sizeof block_shapes[0]; i++) {
		const struct block_shape *block = &block_shapes[i];
		uint64_t columns = columns_of(shape, block->width_bits, 9);
		uint64_t banks = divide_up(shape->depth_words, block->depth_words);
		uint64_t cost = block->cost * columns * banks;
		/* RAMB36 shapes come first, so among equals the first one stays. */
		int is_better = cost < best_cost || (cost == best_cost && banks < best_banks);
		if (is_side_by_side) is_better = banks < best_banks || (banks == best_banks && cost < best_cost);
		if (best && !is_better) continue;
		best = block;
		best_cost = cost;
		best_banks = banks;
		best_columns = columns;
	}
	blocks->bram18s = best_cost;
	blocks->mux_luts = mux_luts_of(shape->word_bits, best_banks);
	if (best->cost == 2)
		blocks->access_bram36s = best_columns;
	else
		blocks->access_bram18s = best_columns;
}

static void map_uram(const struct memory_shape *shape, struct memory_blocks *blocks) {
	uint64_t columns = columns_of(shape, 72, 8);
	if (shape->column_bits == 0 || shape->column_bits >= shape->word_bits)
		columns = divide_up(shape->word_bits, 72);
	blocks->urams = columns * divide_up(shape->depth_words, 4096);
	blocks->access_urams = columns;
}

/* The read is asynchronous: the output register and the one that makes the read take two cycles are fabric. */
static void map_lutram(const struct memory_shape *shape, struct memory_blocks *blocks) {
	uint64_t width_bits = shape->depth_words <= 32 ? 14 : 7;
	uint64_t banks = shape->depth_words <= 32 ? 1 : divide_up(shape->depth_words, 64);
	blocks->memory_luts = 8 * banks * columns_of(shape, width_bits, width_bits);
	blocks->mux_luts = mux_luts_of(shape->word_bits, banks);
	blocks->ffs = 2 * shape->word_bits;
	blocks->access_luts = blocks->memory_luts;
}

void memory_blocks_of(const struct memory_shape *shape, struct memory_blocks *blocks) {
	memset(blocks, 0, sizeof *blocks);
	if (shape->word_bits == 0 || shape->depth_words == 0) return;
	switch (shape->technology) {
	case TECHNOLOGY_URAM288: map_uram(shape, blocks); break;
	case TECHNOLOGY_LUTRAM: map_lutram(shape, blocks); break;
	default: map_bram(shape, 0, blocks); break;
	}
}

void memory_blocks_side_by_side(uint64_t word_bits, uint64_t depth_words, struct memory_blocks *blocks) {
	const struct memory_shape shape = {word_bits, depth_words, 0, TECHNOLOGY_BRAM36};
	memset(blocks, 0, sizeof *blocks);
	if (word_bits && depth_words) map_bram(&shape, 1, blocks);
}

void memory_blocks_add(struct memory_blocks *sum, const struct memory_blocks *part, uint64_t times) {
	sum->bram18s += times * part->bram18s;
	sum->urams += times * part->urams;
	sum->memory_luts += times * part->memory_luts;
	sum->mux_luts += times * part->mux_luts;
	sum->ffs += times * part->ffs;
	sum->access_bram36s = part->access_bram36s;
	sum->access_bram18s = part->access_bram18s;
	sum->access_urams = part->access_urams;
	sum->access_luts = part->access_luts;
}
