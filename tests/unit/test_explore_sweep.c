/* Is a space what its axes say, does it come back from its text, and does each walk visit what it promises? */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "explore/sweep.h"
#include "explore/walk.h"

static struct sweep *make(void) {
	struct sweep *sweep = calloc(1, sizeof *sweep);
	config_defaults(&sweep->base);
	assert_int_equal(sweep_add_axis(sweep, "machine.device", "u250, ultra96", "here", NULL), STATUS_OK);
	assert_int_equal(sweep_add_axis(sweep, "binary_engine.pes", "4..64 times 2", "here", NULL), STATUS_OK);
	assert_int_equal(sweep_add_axis(sweep, "machine.clock_mhz", "100..300 step 50, 333.333", "here", NULL),
	                 STATUS_OK);
	assert_int_equal(sweep_add_axis(sweep, "technology.mmcm", "0.5, 1, 2", "here", NULL), STATUS_OK);
	assert_int_equal(sweep_add_tie(sweep, "post_unit.lanes", "min(16, binary_engine.pes)", "here", NULL),
	                 STATUS_OK);
	assert_int_equal(
	    sweep_add_constraint(sweep, "c", "binary_engine.pes * machine.clock_mhz <= 9600", "here", NULL), STATUS_OK);
	assert_int_equal(sweep_complete(sweep, "here", NULL), STATUS_OK);
	return sweep;
}

static void drop(struct sweep *sweep) {
	sweep_clear(sweep);
	free(sweep);
}

static void axes_hold_their_values(void **state) {
	struct sweep *sweep = make();
	(void)state;
	static const char *const clocks[] = {"100", "150", "200", "250", "300", "333.333"};
	assert_int_equal(sweep->axes[1].count, 5);
	assert_int_equal(sweep->axes[1].values[4].stored, 64);
	assert_int_equal(sweep->axes[2].count, 6);
	for (int i = 0; i < 6; i++) assert_string_equal(sweep->axes[2].values[i].text, clocks[i]);
	assert_int_equal(sweep->axes[2].values[5].stored, 333333);
	assert_int_equal(sweep->space, 2 * 5 * 6 * 3);
	drop(sweep);
}

static void points_and_choices_are_one(void **state) {
	struct sweep *sweep = make();
	uint32_t choices[SWEEP_AXES_MAX];
	(void)state;
	for (uint64_t point = 0; point < sweep->space; point++) {
		sweep_choices(sweep, point, choices);
		assert_int_equal(sweep_point(sweep, choices), point);
	}
	sweep_choices(sweep, 1, choices); /* the last axis is the fastest */
	assert_int_equal(choices[3], 1);
	assert_int_equal(choices[0] + choices[1] + choices[2], 0);
	drop(sweep);
}

static void a_point_has_its_configuration(void **state) {
	struct sweep *sweep = make();
	struct config config;
	struct technology technology = {0};
	char setting[512];
	(void)state;
	const uint32_t choices[] = {1, 0, 5, 2};
	uint64_t point = sweep_point(sweep, choices);
	assert_int_equal(sweep_configure(sweep, point, &config, NULL), STATUS_OK);
	assert_string_equal(config.device, "ultra96");
	assert_int_equal(config.binary_pes, 4);
	assert_int_equal(config.clock_khz, 333333);
	assert_int_equal(config.post_lanes, 4); /* the tie */
	assert_true(sweep_admits(sweep, &config));
	config.binary_pes = 64;
	assert_false(sweep_admits(sweep, &config));
	technology.values[TECHNOLOGY_MMCM] = (struct technology_value){.value = 3, .low = 2, .high = 4};
	technology.values[TECHNOLOGY_CLOCK_FF].value = 5;
	sweep_scale_technology(sweep, point, &technology);
	assert_true(fabs(technology.values[TECHNOLOGY_MMCM].value - 6) < 1e-12);
	assert_true(fabs(technology.values[TECHNOLOGY_MMCM].high - 8) < 1e-12);
	assert_true(fabs(technology.values[TECHNOLOGY_CLOCK_FF].value - 5) < 1e-12);
	sweep_setting_json(sweep, point, &config, setting, sizeof setting);
	assert_string_equal(
	    setting, "{\"machine.device\": \"ultra96\", \"binary_engine.pes\": 4, \"machine.clock_mhz\": 333.333, "
	             "\"technology.mmcm\": 2, \"post_unit.lanes\": 4}");
	drop(sweep);
}

static void a_space_comes_back_from_its_text(void **state) {
	struct sweep *sweep = make(), *again = calloc(1, sizeof *again);
	struct error error = {""};
	struct config a, b;
	(void)state;
	memset(sweep->base.workload, 0, sizeof sweep->base.workload);
	snprintf(sweep->base.workload, sizeof sweep->base.workload, "some where/else");
	sweep->base.fixed_weight_bits = 0;
	char *text = sweep_text(sweep);
	if (sweep_parse(again, text, "there", &error)) fail_msg("%s", error.text);
	char *twice = sweep_text(again);
	assert_string_equal(text, twice);
	for (uint64_t point = 0; point < sweep->space; point++) {
		sweep_configure(sweep, point, &a, NULL);
		sweep_configure(again, point, &b, NULL);
		assert_memory_equal(&a, &b, sizeof a);
	}
	free(text);
	free(twice);
	drop(sweep);
	drop(again);
	struct sweep damaged;
	assert_int_equal(sweep_parse(&damaged, "sweep 2\n", "there", &error), STATUS_INPUT);
	assert_int_equal(sweep_parse(&damaged, "sweep 1\nwhatever\n", "there", &error), STATUS_INPUT);
	assert_int_equal(sweep_parse(&damaged, "sweep 1\naxis binary_engine.pes=\n", "there", &error), STATUS_INPUT);
}

static void a_tie_that_gives_nonsense_is_a_reason(void **state) {
	struct sweep *sweep = make();
	struct config config;
	struct error error = {""};
	(void)state;
	assert_int_equal(sweep_add_tie(sweep, "dma.outstanding", "binary_engine.pes / 3", "here", NULL), STATUS_OK);
	assert_int_equal(sweep_configure(sweep, 0, &config, &error), STATUS_INPUT);
	assert_non_null(strstr(
	    error.text, "tie dma.outstanding = binary_engine.pes / 3 gives 1.33333333; expected a whole number"));
	drop(sweep);
}

static void random_points_are_all_different(void **state) {
	struct sweep *sweep = make();
	unsigned char seen[180] = {0};
	(void)state;
	sweep->strategy = SWEEP_RANDOM;
	sweep->count = 1000; /* more than there are: all */
	sweep->seed = 3;
	assert_int_equal(walk_count(sweep), 180);
	for (uint64_t i = 0; i < 180; i++) {
		uint64_t point = walk_point(sweep, i);
		assert_true(point < 180);
		assert_false(seen[point]++);
	}
	uint64_t first = walk_point(sweep, 0), second = walk_point(sweep, 1);
	sweep->seed = 4;
	assert_true(first != walk_point(sweep, 0) || second != walk_point(sweep, 1));
	drop(sweep);
}

static void permutations_are_permutations(void **state) {
	static const uint64_t counts[] = {1, 2, 3, 4, 5, 16, 17, 64, 1000, 4096, 4097};
	unsigned char *seen = malloc(4097);
	(void)state;
	for (size_t c = 0; c < sizeof counts / sizeof counts[0]; c++)
		for (uint64_t seed = 0; seed < 5; seed++) {
			memset(seen, 0, 4097);
			for (uint64_t i = 0; i < counts[c]; i++) {
				uint64_t place = walk_permute(i, counts[c], seed);
				assert_true(place < counts[c]);
				assert_false(seen[place]++);
			}
		}
	free(seen);
	assert_true(walk_permute(5, UINT64_C(1) << 62, 1) < UINT64_C(1) << 62);
}

static void a_latin_hypercube_takes_every_value_evenly(void **state) {
	struct sweep *sweep = make();
	uint32_t taken[4][8] = {{0}}, choices[SWEEP_AXES_MAX];
	(void)state;
	sweep->strategy = SWEEP_LATIN;
	sweep->count = 60; /* a multiple of 2, 5, 6, 3 */
	for (uint64_t i = 0; i < walk_count(sweep); i++) {
		sweep_choices(sweep, walk_point(sweep, i), choices);
		for (uint32_t a = 0; a < 4; a++) taken[a][choices[a]]++;
	}
	for (uint32_t a = 0; a < 4; a++)
		for (uint32_t v = 0; v < sweep->axes[a].count; v++)
			assert_int_equal(taken[a][v], 60 / sweep->axes[a].count);
	drop(sweep);
}

int main(void) {
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(axes_hold_their_values),
	    cmocka_unit_test(points_and_choices_are_one),
	    cmocka_unit_test(a_point_has_its_configuration),
	    cmocka_unit_test(a_space_comes_back_from_its_text),
	    cmocka_unit_test(a_tie_that_gives_nonsense_is_a_reason),
	    cmocka_unit_test(random_points_are_all_different),
	    cmocka_unit_test(permutations_are_permutations),
	    cmocka_unit_test(a_latin_hypercube_takes_every_value_evenly),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
