/* A case of the equality suites as a short description: a machine and a random network, small enough for RTL
 * simulation.
 *
 * A plan is drawn from a seed, shrunk when its case fails, and written to tests/equal/regressions.txt as text. It holds
 * shapes and choices only; weights, parameters and the input are drawn from value_seed when the network is built.
 * Building is forgiving: what a map is too small for, or what its inputs do not allow, is left out, so that a plan
 * stays buildable when a layer before is taken away.
 */
#ifndef TESTS_EQUAL_PLAN_H
#define TESTS_EQUAL_PLAN_H

#include <stdint.h>
#include <stdio.h>

#include "sim/base/status.h"
#include "sim/input/config.h"
#include "sim/input/trace.h"
#include "tests/equal/random.h"
#include "tests/equal/structure.h"

enum { PLAN_LAYERS_MAX = 6 };

struct plan_layer {
	uint32_t binary; /* 1: a binary convolution where a bits map is there */
	uint32_t kernel, stride, pad, pad_value;
	uint32_t tap_shared; /* fixed only */
	uint32_t channels;
	uint32_t weight_bits; /* of a fixed main convolution */
	uint32_t skip;        /* 1: a skip convolution where the fixed map fits */
	uint32_t skip_weight_bits;
	uint32_t thresholds; /* 0: affine; else their count */
	uint32_t threshold_base_minus;
	uint32_t shift;
	uint32_t scale_bits; /* magnitude of A, MP, MN and of thresholds */
	uint32_t balanced; /* 1: offsets and thresholds within the spread of the sums, so that maps differ from pixel to
	                      pixel */
	uint32_t pool;
	uint32_t write_fixed, write_bits, map_bits;
	uint32_t transpose; /* where there is no pool; rounds `channels` down to h x w, at most 15 each */
};

/* The last layer makes the scores: its kernel covers the map, its post step is affine without parameters of its own. */
struct plan {
	struct config config;
	uint32_t value_seed;
	uint32_t input_is_bits, input_height, input_width, input_channels, input_bits, classes;
	uint32_t layer_count; /* 1 .. PLAN_LAYERS_MAX */
	struct plan_layer layers[PLAN_LAYERS_MAX];
};

void plan_draw(struct plan *plan, struct random_source *random, const struct structure *structure);

/* The network and its input ([height][width][channels]; of a bits map -1 or +1), all allocated: trace_clear, free.
 * STATUS_MEMORY, or STATUS_INPUT where trace_check or config_check refuses the plan. On failure nothing is kept. */
enum status plan_build(const struct plan *plan, struct trace *trace, int16_t **input, struct error *error);

/* A plan as text, from a line `case` to a line `end`. */
void plan_write(const struct plan *plan, FILE *out);

/* Reads the next plan. Returns 1, or 0 at the end of the file; STATUS_INPUT in *status with a sentence. Lines that
 * begin with # are left out. */
int plan_read(struct plan *plan, FILE *in, const char *path, enum status *status, struct error *error);

#endif
