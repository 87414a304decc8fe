/* See walk.h. The permutation is a balanced Feistel network of six rounds over the least even number of bits that holds
 * the count; what falls outside is permuted again until it falls inside (cycle walking, Black and Rogaway 2002), fewer
 * than four times on average. The round function is the finaliser of SplitMix64. */
#include "explore/walk.h"

enum { ROUNDS = 6 };

static uint64_t mix(uint64_t value) {
	value += UINT64_C(0x9e3779b97f4a7c15);
	value = (value ^ (value >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	value = (value ^ (value >> 27)) * UINT64_C(0x94d049bb133111eb);
	return value ^ (value >> 31);
}

uint64_t walk_permute(uint64_t index, uint64_t count, uint64_t seed) {
	unsigned half_bits = 1;
	if (count < 2) return 0;
	while (half_bits < 32 && (count - 1) >> (2 * half_bits)) half_bits++;
	uint64_t mask = (UINT64_C(1) << half_bits) - 1;
	do {
		uint64_t left = index >> half_bits, right = index & mask;
		for (uint64_t round = 0; round < ROUNDS; round++) {
			uint64_t swapped = left ^ (mix(right ^ mix(seed * ROUNDS + round)) & mask);
			left = right;
			right = swapped;
		}
		index = left << half_bits | right;
	} while (index >= count);
	return index;
}

uint64_t walk_count(const struct sweep *sweep) {
	if (sweep->strategy == SWEEP_LATIN) return sweep->count;
	if (sweep->strategy == SWEEP_RANDOM || sweep->strategy == SWEEP_REFINE)
		return sweep->count < sweep->space ? sweep->count : sweep->space;
	return sweep->space;
}

static uint64_t latin_point(const struct sweep *sweep, uint64_t position) {
	uint32_t choices[SWEEP_AXES_MAX];
	for (uint32_t a = 0; a < sweep->axis_count; a++) {
		uint64_t place = walk_permute(position, sweep->count, mix(sweep->seed) + a);
		choices[a] = (uint32_t)(place * sweep->axes[a].count / sweep->count);
	}
	return sweep_point(sweep, choices);
}

uint64_t walk_point(const struct sweep *sweep, uint64_t position) {
	if (sweep->strategy == SWEEP_LATIN) return latin_point(sweep, position);
	if (sweep->strategy == SWEEP_RANDOM || sweep->strategy == SWEEP_REFINE)
		return walk_permute(position, sweep->space, mix(sweep->seed));
	return position;
}
