/* Folding of per-channel layers into a convolution's sums, in real numbers.
 *
 * The post step of a fused operator, per output channel and before quantisation:
 *     z = za * a + zb;    v = (z >= 0 ? mp : mn) * z + skip + c
 * with a the main sums and skip the skip convolution's sums times its row scale. Folding a layer into it changes the
 * five arrays so that v is what that layer would give.
 */
#ifndef WORKLOADS_FOLD_H
#define WORKLOADS_FOLD_H

#include <stddef.h>
#include <stdint.h>

#include "workloads/network.h"

struct fold_post {
	uint32_t channels;
	double *za, *zb, *mp, *mn, *c;
	double *skip_scale; /* factor of the skip sums; NULL: no skip */
	int is_bent;        /* mp and mn differ, or something was added behind them: z is fixed from then on */
};

/* gain and offset of a batch norm, shift (gain 1): y = gain * x + offset, per channel. */
void fold_layer_affine(const struct network_layer *layer, double *gain, double *offset);

/* v' = gain * v + offset. A gain of 0 leaves the constant `offset`. */
void fold_affine(struct fold_post *post, const double *gain, const double *offset);

/* v' = v >= 0 ? v : slope * v. Possible only while !is_bent (returns 0 otherwise, and changes nothing). */
int fold_slope(struct fold_post *post, const float *slope);

/* Per-channel threshold of sign(v): direction 0: v >= 0 <=> a > *threshold; 1: v >= 0 <=> a < *threshold. Sums that can
 * never (or always) reach it give INT32_MAX / INT32_MIN with direction 0. Returns 0 where v is not monotone in a
 * (slopes of different sign), so that no single threshold exists. Needs a post without skip. */
int fold_threshold(const struct fold_post *post, uint32_t channel, uint32_t *direction, int32_t *threshold);

/* y = conv(gain * x + offset) as a convolution of x: weights [output][tap][input] are multiplied by gain[input], and
 * bias[output] grows by the sum over taps and inputs of weight * offset. Right only where no padding is read. */
void fold_before_convolution(float *weights, uint32_t outputs, uint32_t taps, uint32_t inputs, const double *gain,
                             const double *offset, double *bias);

#endif
