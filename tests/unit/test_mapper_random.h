/* Random small networks and random machines. */
#ifndef TESTS_UNIT_TEST_MAPPER_RANDOM_H
#define TESTS_UNIT_TEST_MAPPER_RANDOM_H

#include "sim/input/config.h"
#include "sim/input/trace.h"
#include "tests/unit/test_mapper_run.h"

/* One to six layers of every kind the trace knows, ending in scores. Passes trace_check; release with trace_clear. */
void random_trace(struct trace *trace, struct random *random);

/* A small NeuroBlend: a fixed stem, four binary layers with skip convolutions (one of stride 2 with an average, one
 * with a pool), and a fully connected layer. Every map and every weight counts in the scores. */
void blend_trace(struct trace *trace, struct random *random);

/* A configuration that passes config_check: any structure, buffers from too small to ample, any mapper options. */
void random_machine(struct config *config, struct random *random);

#endif
