/* Programs made command by command, without a network: any mix of units, tokens, barriers and frames that cannot
 * deadlock. What is computed does not matter here, only who waits for whom. */
#ifndef TESTS_UNIT_HAND_PROGRAM_H
#define TESTS_UNIT_HAND_PROGRAM_H

#include "sim/input/config.h"
#include "sim/mapper/program.h"

enum { HAND_COMMANDS_MAX = 256, HAND_LAYERS = 3 };

struct hand_program {
	struct config config;
	struct program program; /* commands point into the array below: nothing to free */
	struct command commands[HAND_COMMANDS_MAX];
};

/* A random machine and a random program for it. The same seed gives the same case. */
void hand_random(struct hand_program *hand, uint64_t seed);

/* LOAD -> BINARY_CONV -> POST -> STORE, END: a band of 4 x 4 pixels on the default machine, every unit waiting for the
 * one before. */
void hand_chain(struct hand_program *hand);

/* As hand_chain, but POST waits for a token that nobody gives. */
void hand_stuck(struct hand_program *hand);

#endif
