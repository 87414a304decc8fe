/* Equations: BN(x) = gamma (x - mean) / sqrt(var + epsilon) + beta.
 * sign(f(a)) with f(a) = (z >= 0 ? mp : mn) z + c, z = za a + zb: where mp and mn have one sign, f is monotone in z, so
 * v >= 0 is z >= zero (mp > 0) or z <= zero (mp < 0) with zero = -c / (the slope on that side); dividing by za turns
 * the comparison once more where za < 0. a is an integer: a >= x <=> a > ceil(x) - 1 and a <= x <=> a < floor(x) + 1.
 */
#include "workloads/fold.h"

#include <math.h>

void fold_layer_affine(const struct network_layer *layer, double *gain, double *offset) {
	for (uint32_t i = 0; i < layer->channels; i++) {
		if (layer->type == LAYER_SHIFT) {
			gain[i] = 1.0;
			offset[i] = (double)layer->scale->data[i];
			continue;
		}
		gain[i] = (double)layer->gamma->data[i] / sqrt((double)layer->var->data[i] + layer->epsilon);
		offset[i] = (double)layer->beta->data[i] - gain[i] * (double)layer->mean->data[i];
	}
}

void fold_affine(struct fold_post *post, const double *gain, const double *offset) {
	for (uint32_t i = 0; i < post->channels; i++) {
		if (!post->is_bent) {
			post->za[i] *= gain[i];
			post->zb[i] = post->zb[i] * gain[i] + offset[i];
			continue;
		}
		post->mp[i] *= gain[i];
		post->mn[i] *= gain[i];
		post->c[i] = post->c[i] * gain[i] + offset[i];
		if (post->skip_scale) post->skip_scale[i] *= gain[i];
	}
}

int fold_slope(struct fold_post *post, const float *slope) {
	if (post->is_bent) return 0;
	for (uint32_t i = 0; i < post->channels; i++) post->mn[i] = (double)slope[i];
	post->is_bent = 1;
	return 1;
}

static void always(int is_true, uint32_t *direction, int32_t *threshold) {
	*direction = 0;
	*threshold = is_true ? INT32_MIN : INT32_MAX;
}

/* a >= bound (at_least) or a <= bound. */
static void compare(int at_least, double bound, uint32_t *direction, int32_t *threshold) {
	double edge = at_least ? ceil(bound) - 1.0 : floor(bound) + 1.0;
	if (!(edge > (double)INT32_MIN)) {
		always(at_least, direction, threshold);
	} else if (!(edge < (double)INT32_MAX)) {
		always(!at_least, direction, threshold);
	} else {
		*direction = !at_least;
		*threshold = (int32_t)edge;
	}
}

int fold_threshold(const struct fold_post *post, uint32_t channel, uint32_t *direction, int32_t *threshold) {
	double za = post->za[channel], zb = post->zb[channel], c = post->c[channel];
	double mp = post->mp[channel], mn = post->mn[channel];
	if (za == 0.0 || (mp == 0.0 && mn == 0.0)) { /* v does not depend on a */
		always((zb >= 0 ? mp : mn) * zb + c >= 0, direction, threshold);
		return 1;
	}
	if (mp * mn <= 0.0) return 0;
	int rises = mp > 0;
	double slope = rises == (c <= 0) ? mp : mn; /* of the side on which f crosses zero */
	double zero = -c / slope;
	compare(rises == (za > 0), (zero - zb) / za, direction, threshold);
	return 1;
}

void fold_before_convolution(float *weights, uint32_t outputs, uint32_t taps, uint32_t inputs, const double *gain,
                             const double *offset, double *bias) {
	for (uint32_t o = 0; o < outputs; o++) {
		for (uint32_t i = 0; i < taps * inputs; i++) {
			float *weight = &weights[(size_t)o * taps * inputs + i];
			bias[o] += (double)*weight * offset[i % inputs];
			*weight = (float)((double)*weight * gain[i % inputs]);
		}
	}
}
