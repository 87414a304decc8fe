/* What the drawn cases of an equality run had in them, and whether that was often enough to believe the run. */
#ifndef TESTS_EQUAL_COVERAGE_H
#define TESTS_EQUAL_COVERAGE_H

#include <stdint.h>
#include <stdio.h>

#include "sim/input/trace.h"
#include "sim/machine/machine.h"
#include "sim/mapper/mapper.h"
#include "sim/values/values.h"

enum coverage_feature {
	COVERAGE_PORT_WAITS,   /* a port request that was not granted in its first cycle */
	COVERAGE_BLOCKED,      /* a cycle attributed as blocked, of one of the five units */
	COVERAGE_REFRESH,      /* a refresh that moved a cycle: without refresh the total or an attribution differs */
	COVERAGE_ROW_CONFLICT, /* a burst that closed another row of its bank */
	COVERAGE_TRAS,         /* one that had to wait for tRAS: with a tRAS of 1 ps a cycle moves */
	COVERAGE_SPILLED,      /* a map other than the input and the scores goes through DDR */
	COVERAGE_MASKED,       /* a binary convolution with masked borders */
	COVERAGE_PARTIAL_BAND, /* a last band of fewer rows than the others */
	COVERAGE_PARTIAL_CHANNELS, /* output channels that do not fill the last group of PEs or columns */
	COVERAGE_NEGATIVE_GAMMA,   /* a threshold with D = 1, or an affine step with A < 0 */
	COVERAGE_SKIP,             /* a skip convolution beside the main one */
	COVERAGE_AVERAGE2,         /* with averages of 2 x 2 pixels */
	COVERAGE_TAP_SHARED,       /* one weight for all taps */
	COVERAGE_WINDOW_PACKED,    /* a command with window packing */
	COVERAGE_WINDOW_READS,     /* one whose former reads more than one word in a cycle */
	COVERAGE_WINDOW_TAIL,      /* and fewer at the end of each column */
	COVERAGE_WINDOW_GAPS,      /* one that leaves columns out between the windows of a row */
	COVERAGE_VARIED_BITS, /* a binary convolution of a map that layers made, in which most channels differ between
	                         pixels */
	COVERAGE_POOL,        /* pooling */
	COVERAGE_TRANSPOSE,   /* a transposed output */
	COVERAGE_PAD_SIGN,    /* borders of -1 or of +1 */
	COVERAGE_WEIGHTS_RELOADED, /* weights by the layer or by the block */
	COVERAGE_SEPARATE_POST,    /* a post pass of its own */
	COVERAGE_FRAMES,           /* more than one frame */
	COVERAGE_FEATURES
};

struct coverage {
	uint32_t cases, with[COVERAGE_FEATURES];
};

/* `network` holds the maps of the case's frame. `without_refresh` is the same run with refresh off, `without_tras` with
 * a tRAS of 1 ps. */
void coverage_add(struct coverage *coverage, const struct config *config, const struct trace *trace,
                  const struct program *program, const struct mapping *mapping, const struct values_network *network,
                  const struct machine_result *result, const struct machine_result *without_refresh,
                  const struct machine_result *without_tras);

/* `feature NAME WITH CASES LEAST` a line; LEAST is the percentage a run must reach. */
void coverage_print(const struct coverage *coverage, FILE *out);

#endif
