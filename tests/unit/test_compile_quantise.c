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

int main(void) {
	const struct CMUnitTest tests[] = {cmocka_unit_test(rounding), cmocka_unit_test(row_shift)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
