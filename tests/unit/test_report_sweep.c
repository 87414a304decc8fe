/* Are the figures of a sweep made of the points that are stored: best of a place, front, accuracy of a network; and is
 * what cannot be drawn said? The points are those of report_samples.h, the expected lines worked out by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/report_samples.h"

static void assert_data(struct report_fixture *fixture, const char *name, const char *expected) {
	char *data = report_file(fixture, name, NULL);
	assert_non_null(data);
	assert_string_equal(data, expected);
	free(data);
}

static void assert_refused(struct report_fixture *fixture, const char *figure, enum status status, const char *words) {
	assert_int_equal(report_draw(fixture, figure), status);
	if (!strstr(fixture->error.text, words)) fail_msg("'%s' has no '%s'", fixture->error.text, words);
}

/* Latency does not depend on the bits, so the lines are those of the words, and each point is the best over the bits.
 */
static void lines_are_of_what_matters(void **state) {
	struct report_fixture *fixture = *state;
	report_store_sweep(fixture, 0);
	assert_int_equal(report_draw(fixture, "latency"), STATUS_OK);
	assert_data(fixture, "latency.csv",
	            "binary_engine.words,binary_engine.pes,latency_ms,fits,point\n"
	            "1,4,16,1,1\n"
	            "1,8,8,1,4\n"
	            "1,16,4,1,8\n"
	            "2,4,8,1,2\n"
	            "2,8,4,1,6\n"
	            "2,16,2,0,10\n");
	assert_non_null(strstr(fixture->result.note, "each point the best over compile.skip_weight_bits"));
	char *script = report_file(fixture, "latency.gp", NULL);
	assert_non_null(strstr(script, "'Best latency (ms)'"));
	assert_non_null(strstr(script, "set xtics (4, 8, 16)"));
	assert_non_null(strstr(script, "strcol(1) eq '2' && $4 == 0")); /* the open point */
	assert_null(strstr(script, "strcol(1) eq '1' && $4 == 0"));
	free(script);
}

static void lines_that_coincide_are_said(void **state) {
	struct report_fixture *fixture = *state;
	report_store_sweep(fixture, 0);
	fixture->request.line = "compile.skip_weight_bits";
	fixture->request.where = "binary_engine.words = 2";
	assert_int_equal(report_draw(fixture, "latency"), STATUS_OK);
	assert_non_null(strstr(fixture->result.note, "all lines coincide"));
	char *data = report_file(fixture, "latency.csv", NULL);
	assert_non_null(strstr(data, "\n8,4,8,1,3\n"));
	free(data);
}

/* More accuracy is better; of pes = 16 a machine that does not fit has as much as one that does. */
static void a_place_with_a_machine_that_fits_shows_it(void **state) {
	struct report_fixture *fixture = *state;
	report_store_sweep(fixture, 1);
	fixture->request.y = "top1";
	fixture->request.line = "compile.map_bits";
	assert_int_equal(report_draw(fixture, "latency"), STATUS_OK);
	assert_data(fixture, "latency.csv",
	            "compile.map_bits,binary_engine.pes,top1,fits,point\n"
	            "16,4,0.9,1,1\n"
	            "16,8,0.9,1,5\n"
	            "16,16,0.9,1,9\n");
}

/* Of what fits: latency 64 / n, power 1 + n / 100, n = pes x words: none beats another, equal n share a place. */
static void the_front_is_marked(void **state) {
	struct report_fixture *fixture = *state;
	report_store_sweep(fixture, 0);
	fixture->request.objectives = "latency_ms,lut";
	assert_int_equal(report_draw(fixture, "pareto"), STATUS_OK);
	assert_data(fixture, "pareto.csv",
	            "point,latency_ms,lut,fits,front,drawn\n"
	            "6,4,800,1,1,1\n"
	            "7,4,800,1,1,1\n"
	            "2,8,400,1,1,1\n"
	            "3,8,400,1,1,1\n"
	            "1,16,400,1,0,1\n"
	            "4,8,800,1,0,1\n"
	            "5,8,800,1,0,0\n"
	            "8,4,1600,1,0,1\n"
	            "9,4,1600,1,0,0\n");
	assert_non_null(strstr(fixture->result.note, "where fits = 1: 4 of 9 points on the front, at 2 places"));
}

/* Maximised latency turns the staircase. All points: those that do not fit too. */
static void directions_can_be_turned(void **state) {
	struct report_fixture *fixture = *state;
	report_store_sweep(fixture, 0);
	fixture->request.objectives = "max:latency_ms,max:lut";
	fixture->request.where = "1";
	assert_int_equal(report_draw(fixture, "pareto"), STATUS_OK);
	char *data = report_file(fixture, "pareto.csv", NULL), *script = report_file(fixture, "pareto.gp", NULL);
	assert_non_null(strstr(data, "\n1,16,400,1,1,1\n"));
	assert_non_null(strstr(data, "\n10,2,1600,0,0,1\n"));
	assert_non_null(strstr(script, "with fsteps"));
	free(data);
	free(script);
}

static void accuracy_belongs_to_networks(void **state) {
	struct report_fixture *fixture = *state;
	report_store_sweep(fixture, 1);
	assert_int_equal(report_draw(fixture, "accuracy"), STATUS_OK);
	assert_data(fixture, "accuracy.csv",
	            "compile.map_bits,compile.skip_weight_bits,top1,standard_error,fits,point\n"
	            "16,2,0.5,0.05,1,2\n"
	            "16,8,0.9,0.03,1,1\n");
	assert_non_null(strstr(fixture->result.note, "2 networks on 100 images each, bars are one standard error"));
}

static void two_networks_in_one_place_are_refused(void **state) {
	struct report_fixture *fixture = *state;
	report_store_sweep(fixture, 1);
	fixture->request.x = "binary_engine.pes";
	assert_refused(fixture, "accuracy", STATUS_USAGE, "different networks; expected another --line, or --where");
}

static void points_that_straddle_are_counted(void **state) {
	struct report_fixture *fixture = *state;
	report_store_sweep(fixture, 1);
	fixture->request.where = "top1 >= 0.85";
	assert_int_equal(report_draw(fixture, "pareto"), STATUS_OK);
	assert_non_null(strstr(fixture->result.note, "6 straddle the condition within two standard errors"));
}

static void what_cannot_be_drawn_is_said(void **state) {
	struct report_fixture *fixture = *state;
	report_store_run(fixture, 1, 0);
	assert_refused(fixture, "latency", STATUS_INPUT, "holds no sweep");
	report_store_sweep(fixture, 0);
	fixture->request.sweep = "gird";
	assert_refused(fixture, "latency", STATUS_INPUT, "holds no sweep 'gird'; it holds grid");
	fixture->request.sweep = NULL;
	assert_refused(fixture, "accuracy", STATUS_INPUT, "accuracy of none of the 11 chosen points is measured");
	fixture->request.where = "latency_ms < 0";
	assert_refused(fixture, "latency", STATUS_INPUT,
	               "no point fulfils --where; nothing to draw (12 stored, 11 ok)");
	assert_refused(fixture, "pareto", STATUS_INPUT, "none of 11 ok points fulfils 'latency_ms < 0'");
	fixture->request.where = "latency_sm < 0";
	assert_refused(fixture, "latency", STATUS_USAGE, "latency_ms");
	fixture->request.where = NULL;
	fixture->request.objectives = "latency_ms";
	assert_refused(fixture, "pareto", STATUS_USAGE, "1 were given; expected two");
	fixture->request.objectives = "latency_ms,top1";
	assert_refused(fixture, "pareto", STATUS_INPUT, "latency_ms or top1 is not known of any of 9 points");
	fixture->request.x = "binary_engine.pse";
	assert_refused(fixture, "latency", STATUS_USAGE, "the nearest is 'binary_engine.pes'");
	fixture->request.x = "post_unit.lanes";
	assert_refused(fixture, "latency", STATUS_INPUT,
	               "in every point; expected --x to be one of its axes "
	               "(binary_engine.pes, binary_engine.words, "
	               "compile.skip_weight_bits)");
	fixture->request.x = "machine.device";
	assert_refused(fixture, "latency", STATUS_INPUT, "machine.device or latency_ms is not a number");
	assert_null(figure_find("paretto", &fixture->error));
	assert_non_null(strstr(fixture->error.text, "nearest: pareto"));
}

static void pictures_are_drawn(void **state) {
	static const char *const names[] = {"latency.svg", "latency.pdf", "latency.png"};
	struct report_fixture *fixture = *state;
	if (!report_has_gnuplot()) {
		print_message("gnuplot is not installed: pictures are not tested\n");
		skip();
	}
	report_store_sweep(fixture, 1);
	for (size_t i = 0; i < figure_count; i++)
		if (figures[i].need != FIGURE_OF_RUN)
			if (figures[i].draw(&fixture->request, &fixture->result, &fixture->error) != STATUS_OK)
				fail_msg("%s: %s", figures[i].name, fixture->error.text);
	for (int i = 0; i < 3; i++) {
		char *picture = report_file(fixture, names[i], NULL);
		assert_non_null(picture);
		free(picture);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, report_setup, report_teardown)

int main(void) {
	const struct CMUnitTest tests[] = {
	    TEST(lines_are_of_what_matters),
	    TEST(lines_that_coincide_are_said),
	    TEST(a_place_with_a_machine_that_fits_shows_it),
	    TEST(the_front_is_marked),
	    TEST(directions_can_be_turned),
	    TEST(accuracy_belongs_to_networks),
	    TEST(two_networks_in_one_place_are_refused),
	    TEST(points_that_straddle_are_counted),
	    TEST(what_cannot_be_drawn_is_said),
	    TEST(pictures_are_drawn),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
