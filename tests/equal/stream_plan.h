/* A case of the streaming equality suite as a short description: a machine ([streaming] of a configuration) and a
 * random network, small enough for RTL simulation.
 *
 * A plan is drawn from a seed and written to tests/equal/stream_regressions.txt as text. It holds shapes and choices
 * only; weights, parameters and images are drawn from value_seed when the network is built. Building is forgiving: what
 * a map is too small for, or what its inputs do not allow, is left out or made smaller.
 */
#ifndef TESTS_EQUAL_STREAM_PLAN_H
#define TESTS_EQUAL_STREAM_PLAN_H

#include <stdint.h>
#include <stdio.h>

#include "sim/base/status.h"
#include "sim/input/config.h"
#include "sim/input/trace.h"
#include "tests/equal/random.h"

enum { STREAM_PLAN_LAYERS_MAX = 5 };

enum stream_plan_conv { STREAM_CONV_PLAIN, STREAM_CONV_DEPTHWISE, STREAM_CONV_TAP_SHARED, STREAM_CONV_AVERAGE2 };

struct stream_plan_layer {
	uint32_t binary;                         /* 1: a binary convolution where a bits map is there */
	uint32_t conv;                           /* enum stream_plan_conv, where it fits */
	uint32_t kernel, stride, pad, pad_value; /* along the columns, and along the rows where kernel_height is 0 */
	uint32_t kernel_height, stride_height, pad_height;
	uint32_t channels, weight_bits;
	uint32_t thresholds; /* 0: affine; else their count */
	uint32_t base_minus; /* thresholds: base is minus this, 0 of an unsigned map */
	uint32_t shift;
	uint32_t is_wild; /* affine: parameters from the whole of their ranges */
	uint32_t skip;    /* 1: a skip convolution where one fits */
	uint32_t skip_back, skip_kernel, skip_conv, skip_weight_bits; /* skip_back: of the fixed maps, how many back */
	uint32_t pool;                                                /* enum trace_pool */
	uint32_t pool_height, pool_width, pool_stride, pool_pad;
	uint32_t write_fixed, write_bits, map_bits, is_unsigned;
	uint32_t pe, simd, skip_pe, skip_simd; /* which of the possible ones, counted round */
};

/* The last layer makes the scores: its kernel covers the map. */
struct stream_plan {
	struct config config; /* folding and fifo_words are set when the case is built */
	uint32_t value_seed;
	uint32_t input_is_bits, input_height, input_width, input_channels, input_bits, classes;
	uint32_t frames;
	uint32_t lanes_most;      /* PE x SIMD of a layer, where that can be kept */
	uint32_t is_folding_auto; /* 1: the mapper chooses the folding, for the configuration's target */
	uint32_t is_sized; /* 1: skip paths get depths that run (stream_size_skips); 0: as configured, may be stuck */
	uint32_t named_depths; /* FIFOs that get a depth of their own */
	uint32_t has_label;    /* 1: a label stage, made by hand, in place of the scores' converters */
	uint32_t layer_count;
	struct stream_plan_layer layers[STREAM_PLAN_LAYERS_MAX];
};

void stream_plan_draw(struct stream_plan *plan, struct random_source *random);

/* The network, allocated (trace_clear), and the folding in *config, a copy of the plan's. STATUS_MEMORY, or
 * STATUS_INPUT where trace_check refuses the plan. On failure nothing is kept. */
enum status stream_plan_build(const struct stream_plan *plan, struct trace *trace, struct config *config,
                              struct error *error);

/* A plan as text, from a line `case` to a line `end`. */
void stream_plan_write(const struct stream_plan *plan, FILE *out);

/* Reads the next plan. Returns 1, or 0 at the end of the file; STATUS_INPUT in *status with a sentence. Lines that
 * begin with # are left out. */
int stream_plan_read(struct stream_plan *plan, FILE *in, const char *path, enum status *status, struct error *error);

#endif
