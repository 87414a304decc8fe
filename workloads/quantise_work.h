/* What the files of quantise.h share: the state of a quantisation and of one operator. Private to quantise*.c. */
#ifndef WORKLOADS_QUANTISE_WORK_H
#define WORKLOADS_QUANTISE_WORK_H

#include "workloads/quantise.h"

enum {
	Z_BITS = 26, /* Sign and integer bits of a map where map_fraction_bits is auto: values up to 16. The largest
	              * magnitude in the shipped network's maps is 12.2 over 2,000 training images. */
	INTEGER_BITS = 5,
	SCORES_FRACTION_BITS = 16,
	SHIFT_MAX = 31,
	PARAMETERS = 6
};
enum { A_, B_, MP_, MN_, C_, E_ };
#define SUM_MAX 2147000000.0 /* a little below 2^31, for the rounding of the weights */

struct source {                                 /* what the reader of a map needs to know */
	uint32_t fixed_map, bits_map;           /* of the trace */
	double unit;                            /* real value of integer 1 */
	double magnitude;                       /* of the largest integer */
	double centre;                          /* integer n stands for (n + centre) units */
	const struct network_layer *statistics; /* as in struct fused_layer */
};

struct quantiser {
	const struct fused_network *fused;
	const struct widths *widths;
	struct trace *trace;
	struct source *sources; /* [0] the input, [n] operator n - 1 */
	struct arena *arena;
	struct error *error;
};

/* One operator on its way. */
struct work {
	const struct fused_layer *from;
	struct quantise_note *note;
	double *unit_z;  /* u */
	double *sum_max; /* a_max */
	uint32_t fraction_bits, map_bits, parameter_bits;
	uint32_t weights, parameters; /* tensors */
	uint32_t *skip_shift;         /* E */
	double *skip_rounding;
	uint32_t main_bits, is_linear; /* scores in proportion to the sums: one scale for all weights */
	double *zb;                    /* that of fold_post, less what centre and rounding add to the sums on average */
	double centre;                 /* of the output */
};

enum status quantise_no_memory(const struct quantiser *quantiser);

/* What a convolution reads: a map of bits holds -1 and +1. */
struct source quantise_source(const struct quantiser *quantiser, const struct fused_conv *conv);

/* Weights of the main convolution: the tensor, and unit_z, sum_max and zb of every output. */
enum status quantise_binary_weights(const struct quantiser *quantiser, struct work *work);
enum status quantise_fixed_weights(const struct quantiser *quantiser, struct work *work);

/* Skip weights, their shifts, and what rounding them adds to the output on average (in units of the output). */
enum status quantise_skip_weights(const struct quantiser *quantiser, struct work *work, uint32_t bits,
                                  uint32_t *tensor);

/* The shift E where the skip path gives its map as it is and 2^-E is one of its units in units of the output, or -1. */
int quantise_plain_skip_shift(const struct quantiser *quantiser, const struct work *work);

/* The parameters of the post step, after the weights. */
enum status quantise_affine_post(const struct quantiser *quantiser, struct work *work, uint32_t *post_shift);

/* One threshold a channel for a sign, one a level for an activation; *count = 0 (and nothing made) where the value of
 * some channel is not monotone in its sums. */
enum status quantise_threshold_post(const struct quantiser *quantiser, struct work *work, uint32_t *count);

#endif
