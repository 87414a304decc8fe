/* Random numbers of the equality suites: splitmix64, so that a seed gives the same draws everywhere. */
#ifndef TESTS_EQUAL_RANDOM_H
#define TESTS_EQUAL_RANDOM_H

#include <stdint.h>

struct random_source {
	uint64_t state;
};

uint32_t random_below(struct random_source *random, uint32_t limit);                /* 0 .. limit - 1 */
uint32_t random_between(struct random_source *random, uint32_t low, uint32_t high); /* low .. high */
uint32_t random_chance(struct random_source *random, uint32_t percent);

/* low .. high, with both ends and `usual` drawn often: they are where things go wrong, and what is used. */
uint32_t random_spread(struct random_source *random, uint32_t low, uint32_t high, uint32_t usual);

/* 2^low .. 2^high */
uint32_t random_power(struct random_source *random, uint32_t low, uint32_t high);

/* A signed value of `bits` bits, 1 .. 31. */
int32_t random_signed(struct random_source *random, uint32_t bits);

#endif
