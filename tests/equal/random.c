/* See random.h. */
#include "tests/equal/random.h"

uint32_t random_below(struct random_source *random, uint32_t limit) {
	random->state += 0x9e3779b97f4a7c15u; /* splitmix64 */
	uint64_t z = random->state;
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	z ^= z >> 31;
	return limit ? (uint32_t)(z % limit) : 0;
}

uint32_t random_between(struct random_source *random, uint32_t low, uint32_t high) {
	return low + random_below(random, high - low + 1);
}

uint32_t random_chance(struct random_source *random, uint32_t percent) {
	return random_below(random, 100) < percent;
}

uint32_t random_spread(struct random_source *random, uint32_t low, uint32_t high, uint32_t usual) {
	switch (random_below(random, 10)) {
	case 0: return low;
	case 1: return high;
	case 2: return usual;
	default: return random_between(random, low, high);
	}
}

uint32_t random_power(struct random_source *random, uint32_t low, uint32_t high) {
	return 1u << random_between(random, low, high);
}

int32_t random_signed(struct random_source *random, uint32_t bits) {
	const int32_t half = (int32_t)(1u << (bits - 1));
	return (int32_t)random_below(random, 1u << bits) - half;
}
