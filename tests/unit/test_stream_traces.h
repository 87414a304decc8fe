/* Random small networks for the streaming machine, of every kind of layer it has stages for. */
#ifndef TESTS_UNIT_TEST_STREAM_TRACES_H
#define TESTS_UNIT_TEST_STREAM_TRACES_H

#include "sim/input/config.h"
#include "sim/input/trace.h"

struct stream_random {
	uint64_t state;
};

uint32_t stream_draw(struct stream_random *random, uint32_t low, uint32_t high);

/* Two to six layers, ending in scores; every layer's map is read. Passes trace_check; release with trace_clear. */
void stream_random_trace(struct trace *trace, struct stream_random *random);

/* A streaming configuration with a folding drawn for the trace. */
void stream_random_config(struct config *config, const struct trace *trace, struct stream_random *random);

/* Values of the input map, from malloc. */
int16_t *stream_random_input(const struct trace *trace, struct stream_random *random);

#endif
