/* Random pipelines with forks and joins, made by hand, for the tests of sim/streaming that need no network. */
#ifndef TESTS_UNIT_TEST_STREAM_MADE_H
#define TESTS_UNIT_TEST_STREAM_MADE_H

#include "sim/mapper/pipeline.h"

enum { MADE_STAGES_MAX = 96, MADE_FIFOS_MAX = 128 };

struct made {
	struct pipeline pipeline;
	struct stage stages[MADE_STAGES_MAX];
	struct fifo fifos[MADE_FIFOS_MAX];
	uint64_t random;
	uint32_t latency_high, depth_high; /* draws of latencies and depths */
};

uint32_t made_draw(struct made *made, uint32_t low, uint32_t high);

/* An empty pipeline over the arrays. */
void made_begin(struct made *made, uint64_t seed);

/* A stage with no ports set; then the FIFO from a port to a port. */
struct stage *made_add(struct made *made, enum stage_kind kind);
uint32_t made_link(struct made *made, uint32_t from, uint32_t from_port, uint32_t to, uint32_t to_port, uint32_t depth);

/* Input, 1 to `parts` parts (chains, and forks whose branches meet, up to two of them inside one another), output.
 * Flushing where the seed is odd. */
void made_random(struct made *made, uint64_t seed, uint32_t parts);

uint32_t made_joins(const struct made *made);

#endif
