/* Random networks and machines for the equality suites: small enough for RTL simulation, drawn so that every command, flag,
 * pad value and wait occurs. The same seed gives the same case. */
#ifndef TESTS_EQUAL_RANDOM_CASE_H
#define TESTS_EQUAL_RANDOM_CASE_H

#include <stdint.h>

#include "sim/input/config.h"
#include "sim/input/trace.h"

struct random_source { uint64_t state; };

uint32_t random_below(struct random_source *random, uint32_t limit);              /* 0 .. limit - 1 */
uint32_t random_between(struct random_source *random, uint32_t low, uint32_t high); /* low .. high */
int random_chance(struct random_source *random, uint32_t percent);

/* Structural settings: what a Verilator build is made for. */
struct structure {
	const char *name;
	uint32_t pes, words, rows, columns, lanes, axi_bytes, outstanding, queue_depth, channels;
	uint32_t packing, fabric, popcount;
	uint32_t weight_bits, activation_bits, window_bits;
	uint32_t depth_words[BUFFER_COUNT], banks[BUFFER_COUNT];
};

extern const struct structure structures[];
extern const uint32_t structure_count;

enum { RANDOM_ACCUMULATOR_BITS = 16, RANDOM_SUM_BITS = 32 };

/* A machine with this structure and random run-time parameters (memory, bursts, fetch, ports, mapper choices, frames). */
void random_config(struct random_source *random, const struct structure *structure, struct config *config);

/* A random network that fits the structure's widths. Everything is allocated (trace_clear). Returns 0 when out of memory. */
int random_trace(struct random_source *random, const struct structure *structure, struct trace *trace);

/* Values of the input map, [height][width][channels]; of a bits map -1 or +1. free() them. */
int16_t *random_input(struct random_source *random, const struct trace *trace);

#endif
