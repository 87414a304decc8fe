/* Is a front what brute force says, and are objectives read as they are written? */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "explore/front.h"

enum { POINTS = 300 };

static uint32_t pick(uint64_t *random, uint32_t count) {
	*random ^= *random << 13;
	*random ^= *random >> 7;
	*random ^= *random << 17;
	return (uint32_t)(*random % count);
}

static int beats(const double *a, const double *b, size_t count) {
	int better = 0;
	for (size_t i = 0; i < count; i++) {
		if (a[i] > b[i]) return 0;
		if (a[i] < b[i]) better = 1;
	}
	return better;
}

static void the_front_is_that_of_brute_force(void **state) {
	static double costs[POINTS][FRONT_OBJECTIVES_MAX];
	uint64_t random = 99;
	(void)state;
	for (int round = 0; round < 60; round++) {
		size_t objectives = 1 + pick(&random, 5), on_front = 0;
		uint32_t grain = 2 + pick(&random, 40); /* few values: many equal costs */
		struct front front = {.objective_count = objectives};
		for (size_t p = 0; p < POINTS; p++) {
			for (size_t o = 0; o < objectives; o++) costs[p][o] = pick(&random, grain) / 7.0;
			front_add(&front, p, costs[p]);
		}
		front_sort(&front);
		for (size_t p = 0; p < POINTS; p++) {
			int beaten = 0, found = 0;
			for (size_t q = 0; q < POINTS; q++) beaten |= beats(costs[q], costs[p], objectives);
			for (size_t m = 0; m < front.count; m++) found |= front.members[m].point == p;
			assert_int_equal(found, !beaten);
			on_front += !beaten;
		}
		assert_int_equal(front.count, on_front);
		front_clear(&front);
	}
}

static void objectives_have_directions(void **state) {
	struct sweep sweep = {0};
	struct error error = {""};
	struct front_objective objectives[FRONT_OBJECTIVES_MAX];
	size_t count;
	(void)state;
	config_defaults(&sweep.base);
	sweep_add_axis(&sweep, "binary_engine.pes", "8, 16", "here", NULL);
	sweep_complete(&sweep, "here", NULL);
	assert_int_equal(front_objectives(&sweep, "latency_ms, top1,max:lut , min:frames_per_s,binary_engine.pes",
	                                  objectives, &count, &error),
	                 STATUS_OK);
	static const int is_maximised[] = {0, 1, 1, 0, 0};
	assert_int_equal(count, 5);
	for (int i = 0; i < 5; i++) assert_int_equal(objectives[i].is_maximised, is_maximised[i]);
	struct point_row row = {.point = 1, .status = POINT_OK, .latency_ms = 2.5, .lut = 7, .frames_per_s = 40};
	struct sweep_accuracy accuracy = {.top1 = 0.75, .top1_standard_error = 0.01};
	struct front_figures figures = {&sweep, &row, &accuracy, 0};
	double costs[FRONT_OBJECTIVES_MAX];
	static const double expected[] = {2.5, -0.75, -7, 40, 16};
	assert_true(front_costs(&figures, objectives, count, costs));
	for (int i = 0; i < 5; i++) assert_true(fabs(costs[i] - expected[i]) < 1e-12);
	figures.accuracy = NULL; /* not known: no place on a front over it */
	assert_false(front_costs(&figures, objectives, count, costs));
	assert_int_equal(front_objectives(&sweep, "latency_mss", objectives, &count, &error), STATUS_USAGE);
	assert_non_null(strstr(error.text, "the nearest is 'latency_ms'"));
	assert_int_equal(front_objectives(&sweep, "limit_unit", objectives, &count, &error), STATUS_USAGE);
	assert_int_equal(front_objectives(&sweep, " ", objectives, &count, &error), STATUS_USAGE);
	sweep_clear(&sweep);
}

static void figures_of_a_point_that_is_no_result_are_not_known(void **state) {
	struct sweep sweep = {0};
	struct point_row row = {.status = POINT_UNMAPPABLE, .fits = 1};
	struct front_figures figures = {&sweep, &row, NULL, 0};
	(void)state;
	for (int i = 0; i < (int)point_column_count; i++) {
		struct condition_value value = front_value(&figures, i);
		assert_null(value.text);
		assert_true(isnan(value.number));
	}
	row.status = POINT_OK;
	row.fits = -1;
	assert_true(isnan(front_value(&figures, point_column_index("fits")).number));
}

static void accuracies_are_found_by_network(void **state) {
	struct sweep_accuracy list[7];
	(void)state;
	for (uint32_t i = 0; i < 7; i++) list[i] = (struct sweep_accuracy){.network = 10 * i};
	for (uint32_t i = 0; i < 7; i++) assert_ptr_equal(front_accuracy(list, 7, 10 * i), &list[i]);
	assert_null(front_accuracy(list, 7, 5));
	assert_null(front_accuracy(list, 7, 61));
	assert_null(front_accuracy(list, 0, 0));
}

int main(void) {
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_front_is_that_of_brute_force),
	    cmocka_unit_test(objectives_have_directions),
	    cmocka_unit_test(figures_of_a_point_that_is_no_result_are_not_known),
	    cmocka_unit_test(accuracies_are_found_by_network),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
