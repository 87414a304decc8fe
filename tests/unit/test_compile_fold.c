/* Does folding keep the function? Every threshold is compared with the sign of the unfolded expression for every
 * integer sum, for gammas of both signs and 0; affine folding and folding before a convolution with direct evaluation.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "workloads/fold.h"

static double evaluate(const struct fold_post *post, uint32_t o, double a, double skip) {
	double z = post->za[o] * a + post->zb[o];
	return (z >= 0 ? post->mp[o] : post->mn[o]) * z + (post->skip_scale ? post->skip_scale[o] * skip : 0) +
	       post->c[o];
}

static int above(uint32_t direction, int32_t threshold, int32_t a) {
	return direction ? a < threshold : a > threshold;
}

static void thresholds(void **state) {
	(void)state;
	static const double scales[] = {0.37, -0.37, 1.0, -2.0, 0.0}, shifts[] = {0.0, 1.85, -1.85, 100.0, -100.0};
	static const double slopes[] = {1.0, 0.25, -0.5, 0.0};
	unsigned monotone = 0, without = 0;
	for (size_t i = 0; i < 5 * 5 * 5 * 4 * 4; i++) {
		double za = scales[i % 5], zb = shifts[i / 5 % 5], c = shifts[i / 25 % 5] / 10,
		       mp = slopes[i / 125 % 4], mn = slopes[i / 500];
		struct fold_post post = {1, &za, &zb, &mp, &mn, &c, NULL, 1};
		uint32_t direction;
		int32_t threshold;
		if (!fold_threshold(&post, 0, &direction, &threshold)) {
			assert_true(za != 0.0 && mp * mn <= 0.0);
			without++;
			continue;
		}
		monotone++;
		for (int32_t a = -300; a <= 300; a++) {
			double v = evaluate(&post, 0, a, 0);
			if (fabs(v) < 1e-9 && v != 0) continue; /* real zero up to rounding: either sign is right */
			assert_int_equal(above(direction, threshold, a), v >= 0);
		}
	}
	assert_int_equal(monotone, 1000);
	assert_int_equal(without, 1000);
}

/* By hand: sign(BN(a)) with gamma = -2, mean = 3, var = 4 (epsilon 0), beta = 1: -(a - 3) + 1 >= 0 <=> a <= 4. */
static void negative_gamma_by_hand(void **state) {
	(void)state;
	float gamma = -2, beta = 1, mean = 3, var = 4;
	struct float_tensor tensors[4] = {{.data = &gamma}, {.data = &beta}, {.data = &mean}, {.data = &var}};
	struct network_layer layer = {.type = LAYER_BATCH_NORM,
	                              .channels = 1,
	                              .gamma = &tensors[0],
	                              .beta = &tensors[1],
	                              .mean = &tensors[2],
	                              .var = &tensors[3]};
	double gain, offset, za = 1, zb = 0, mp = 1, mn = 1, c = 0;
	struct fold_post post = {1, &za, &zb, &mp, &mn, &c, NULL, 0};
	uint32_t direction;
	int32_t threshold;
	fold_layer_affine(&layer, &gain, &offset);
	assert_true(gain == -1.0 && offset == 4.0);
	fold_affine(&post, &gain, &offset);
	assert_true(fold_threshold(&post, 0, &direction, &threshold));
	assert_int_equal(direction, 1);
	assert_int_equal(threshold, 5); /* a < 5 */
	gamma = 0;                      /* the constant beta = 1: always +1 */
	za = 1, zb = 0;
	fold_layer_affine(&layer, &gain, &offset);
	fold_affine(&post, &gain, &offset);
	assert_true(fold_threshold(&post, 0, &direction, &threshold));
	assert_int_equal(direction, 0);
	assert_int_equal(threshold, INT32_MIN);
	beta = -1; /* never */
	za = 1, zb = 0;
	fold_layer_affine(&layer, &gain, &offset);
	fold_affine(&post, &gain, &offset);
	assert_true(fold_threshold(&post, 0, &direction, &threshold));
	assert_int_equal(threshold, INT32_MAX);
}

/* BN, PReLU, skip, BN with a negative gain: the folded arrays give what the layers give one after the other. */
static void module(void **state) {
	(void)state;
	double za = 1, zb = 0, mp = 1, mn = 1, c = 0, scale = 0.5;
	struct fold_post post = {1, &za, &zb, &mp, &mn, &c, NULL, 0};
	double gain = 0.3, offset = -0.7;
	float slope = 0.2f;
	fold_affine(&post, &gain, &offset);
	assert_true(fold_slope(&post, &slope));
	assert_false(fold_slope(&post, &slope)); /* a second one is not an operator */
	post.skip_scale = &scale;
	double out_gain = -1.5, out_offset = 0.4;
	fold_affine(&post, &out_gain, &out_offset);
	for (int a = -20; a <= 20; a++) {
		double x = gain * a + offset;
		double expected = out_gain * ((x >= 0 ? x : (double)slope * x) + 0.5 * 7.0) + out_offset;
		assert_true(fabs(evaluate(&post, 0, a, 7.0) - expected) < 1e-12);
	}
}

static void before_convolution(void **state) {
	(void)state;
	float weights[2 * 4 * 3], original[2 * 4 * 3];
	for (int i = 0; i < 24; i++) original[i] = weights[i] = (float)((i * 7) % 11) - 5.0f;
	double gain[3] = {2.0, -1.0, 0.0}, offset[3] = {0.5, 3.0, -1.0}, bias[2] = {0, 0};
	fold_before_convolution(weights, 2, 4, 3, gain, offset, bias);
	for (int o = 0; o < 2; o++) {
		double direct = 0, folded = bias[o];
		for (int i = 0; i < 12; i++) {
			double x = (i * 5) % 7 - 3;
			direct += (double)original[o * 12 + i] * (gain[i % 3] * x + offset[i % 3]);
			folded += (double)weights[o * 12 + i] * x;
		}
		assert_true(fabs(direct - folded) < 1e-9);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {cmocka_unit_test(thresholds), cmocka_unit_test(negative_gamma_by_hand),
	                                   cmocka_unit_test(module), cmocka_unit_test(before_convolution)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
