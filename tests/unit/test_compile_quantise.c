/* Rounding, saturation and the power-of-two scale of a row of weights. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "workloads/quantise.h"

static void rounding(void **state) {
	(void)state;
	uint64_t saturated = 0;
	assert_int_equal(quantise_round(2.5, 8, &saturated), 3);
	assert_int_equal(quantise_round(-2.5, 8, &saturated), -2); /* half up */
	assert_int_equal(quantise_round(127.4, 8, &saturated), 127);
	assert_int_equal(quantise_round(-128.5, 8, &saturated), -128);
	assert_int_equal(saturated, 0);
	assert_int_equal(quantise_round(127.5, 8, &saturated), 127);
	assert_int_equal(quantise_round(-1e30, 8, &saturated), -128);
	assert_int_equal(quantise_round(1e30, 32, &saturated), INT32_MAX);
	assert_int_equal(saturated, 3);
}

static void row_shift(void **state) {
	(void)state;
	double row[3] = {0.5, -0.25, 0.0};
	int16_t quantised[3];
	uint32_t shift;
	uint64_t saturated = 0;
	quantise_row_shift(row, NULL, 3, 8, 1e9, quantised, &shift,
	                   &saturated); /* exact at any shift up to 7: the least */
	assert_int_equal(saturated, 0);
	assert_int_equal(quantised[0], 64);
	assert_int_equal(quantised[1], -32);
	assert_int_equal(shift, 7);
	/* a bound on the sum of magnitudes lowers the shift: at most 50 -> 2^6 gives 48 */
	quantise_row_shift(row, NULL, 3, 8, 50, quantised, &shift, &saturated);
	assert_int_equal(shift, 6);
	/* many small weights and one large one: saturating the large one costs less than rounding the small ones */
	double many[65];
	int16_t result[65];
	for (int i = 0; i < 64; i++) many[i] = 0.26;
	many[64] = 1.01;
	quantise_row_shift(many, NULL, 65, 3, 1e9, result, &shift, &saturated);
	assert_int_equal(shift, 2);
	assert_int_equal(result[0], 1);
	assert_int_equal(result[64], 3);
	assert_int_equal(saturated, 1);
	/* but not where the large one matters most */
	double importance[65];
	for (int i = 0; i < 65; i++) importance[i] = i == 64 ? 1e6 : 1.0;
	quantise_row_shift(many, importance, 65, 3, 1e9, result, &shift, &saturated);
	assert_int_equal(shift, 1);
	double zeros[2] = {0, 0};
	quantise_row_shift(zeros, NULL, 2, 8, 1e9, result, &shift, &saturated);
	assert_int_equal(result[0], 0);
}

/* Squared error of the row as its signs times `scale`. */
static double sign_error(const double *row, const double *importance, int count, double scale) {
	double error = 0.0;
	for (int i = 0; i < count; i++) {
		const double difference = (row[i] >= 0 ? scale : -scale) - row[i];
		error += difference * difference * (importance ? importance[i] : 1.0);
	}
	return error;
}

static void row_sign(void **state) {
	(void)state;
	const double row[4] = {0.5, -0.25, 0.0, -0.75};
	const double importance[4] = {1, 1, 8, 1};
	int16_t quantised[16];
	uint32_t shift;
	uint64_t saturated = 0;
	assert_true(fabs(quantise_sign_scale(row, NULL, 4) - 0.375) < 1e-15); /* by hand: (1/2 + 1/4 + 0 + 3/4) / 4 */
	assert_true(fabs(quantise_sign_scale(row, importance, 4) - 1.5 / 11) < 1e-15);
	quantise_row_sign(row, NULL, 4, quantised, &shift, &saturated); /* 0.375 lies between 1/4 and 1/2: the larger */
	assert_int_equal(shift, 1);
	assert_int_equal(quantised[0], 1);
	assert_int_equal(quantised[1], -1);
	assert_int_equal(quantised[2], 1); /* sign(0) = +1 */
	assert_int_equal(quantised[3], -1);
	quantise_row_sign(row, importance, 4, quantised, &shift, &saturated); /* 0.136: 1/8 */
	assert_int_equal(shift, 3);
	assert_int_equal(saturated, 0);
	/* no other real scale, and no other power of two, has a smaller squared error */
	uint32_t random = 1;
	for (int n = 0; n < 200; n++) {
		double values[16], weights[16];
		for (int i = 0; i < 16; i++) {
			random = random * 1664525u + 1013904223u;
			values[i] = ldexp((double)(int32_t)random, -31 - n % 6);
			random = random * 1664525u + 1013904223u;
			weights[i] = (random >> 8) / 16777216.0;
		}
		const double scale = quantise_sign_scale(values, weights, 16);
		const double error = sign_error(values, weights, 16, scale);
		assert_true(error <= sign_error(values, weights, 16, scale * 1.01));
		assert_true(error <= sign_error(values, weights, 16, scale * 0.99));
		quantise_row_sign(values, weights, 16, quantised, &shift, &saturated);
		for (int e = 0; e <= 31; e++)
			assert_true(sign_error(values, weights, 16, ldexp(1, -(int)shift)) <=
			            sign_error(values, weights, 16, ldexp(1, -e)) * (1 + 1e-12));
	}
	assert_int_equal(saturated, 0);
	const double wide[2] = {2.0, -1.5}; /* a scale beyond 1 cannot be had */
	quantise_row_sign(wide, NULL, 2, quantised, &shift, &saturated);
	assert_int_equal(shift, 0);
	assert_int_equal(saturated, 2);
}

int main(void) {
	const struct CMUnitTest tests[] = {cmocka_unit_test(rounding), cmocka_unit_test(row_shift),
	                                   cmocka_unit_test(row_sign)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
