/* Are the figure and the page of a run made of the run that is stored, and is what cannot be drawn said? */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "reports/catalogue.h"
#include "reports/run_report.h"
#include "tests/unit/report_samples.h"

static void bars_are_the_stored_cycles(void **state) {
	struct report_fixture *fixture = *state;
	report_store_run(fixture, 1, 0);
	assert_int_equal(report_draw(fixture, "attribution"), STATUS_OK); /* the unit that works most */
	char *data = report_file(fixture, "attribution.csv", NULL);
	assert_string_equal(data, "layer,busy_cycles,fill_drain_cycles,dispatch_cycles,blocked_cycles,memory_cycles,"
	                          "starved_cycles,idle_cycles,total_cycles\n"
	                          "stem,0,0,5,0,0,0,0,5\n"
	                          "m1,100,3,2,0,40,50,0,195\n");
	free(data);
	char *script = report_file(fixture, "attribution.gp", NULL);
	assert_non_null(strstr(script, "title 'memory'"));
	assert_null(strstr(script, "title 'blocked'")); /* nobody was */
	assert_non_null(strstr(script, "'Binary engine (cycles)'"));
	free(script);
}

static void a_unit_can_be_chosen(void **state) {
	struct report_fixture *fixture = *state;
	report_store_run(fixture, 1, 0);
	fixture->request.unit = "post_unit";
	fixture->request.file = "post";
	assert_int_equal(report_draw(fixture, "attribution"), STATUS_OK);
	char *data = report_file(fixture, "post.csv", NULL);
	assert_non_null(strstr(data, "\nm1,1,0,0,0,0,0,0,1\n"));
	free(data);
	fixture->request.unit = "post_unti";
	assert_int_equal(report_draw(fixture, "attribution"), STATUS_USAGE);
	assert_non_null(strstr(fixture->error.text, "nearest: post_unit"));
	fixture->request.unit = "load";
	assert_int_equal(report_draw(fixture, "attribution"), STATUS_INPUT);
	assert_non_null(strstr(fixture->error.text, "no cycles of load by layer; nothing to draw"));
}

static void states_that_do_not_sum_are_refused(void **state) {
	struct report_fixture *fixture = *state;
	report_store_run(fixture, 1, 1);
	assert_int_equal(report_draw(fixture, "attribution"), STATUS_INPUT);
	assert_non_null(strstr(fixture->error.text, "in layer m1 have 195 cycles, its total is 194"));
	assert_null(report_file(fixture, "attribution.csv", NULL));
}

static void the_run_is_found(void **state) {
	struct report_fixture *fixture = *state;
	report_store_sweep(fixture, 0);
	assert_int_equal(report_draw(fixture, "attribution"), STATUS_INPUT);
	assert_non_null(strstr(fixture->error.text, "holds no run"));
	report_store_run(fixture, 1, 0);
	report_store_run(fixture, 2, 0);
	assert_int_equal(report_draw(fixture, "attribution"), STATUS_USAGE);
	assert_non_null(strstr(fixture->error.text, "holds 2 runs; expected --run ID"));
	fixture->request.run = "xyz";
	assert_int_equal(report_draw(fixture, "attribution"), STATUS_INPUT);
	fixture->request.db = "/nowhere/results.db";
	assert_int_equal(report_draw(fixture, "attribution"), STATUS_IO);
}

static void the_page_shows_the_run(void **state) {
	struct report_fixture *fixture = *state;
	report_store_run(fixture, 1, 0);
	enum status status = run_report_write(&fixture->request, &fixture->result, &fixture->error);
	if (!report_has_gnuplot()) {
		assert_int_equal(status, STATUS_IO);
		return;
	}
	assert_int_equal(status, STATUS_OK);
	char *page = report_file(fixture, "report.md", NULL);
	assert_non_null(strstr(page, "# neuroblend20, run "));
	assert_non_null(strstr(page, "![Cycles by layer and state](report_attribution.svg)"));
	assert_non_null(strstr(page, "84,212")); /* its cycles, in the table */
	assert_non_null(strstr(page, "band_rows 4"));
	free(page);
}

static char *catalogue(struct report_fixture *fixture) {
	char *text = NULL;
	size_t bytes;
	FILE *out = open_memstream(&text, &bytes);
	assert_int_equal(catalogue_print(fixture->db, out, &fixture->error), STATUS_OK);
	fclose(out);
	return text;
}

static void the_list_says_what_can_be_drawn(void **state) {
	struct report_fixture *fixture = *state;
	report_store_run(fixture, 1, 0);
	char *text = catalogue(fixture);
	assert_non_null(strstr(text, "runs: 1\n"));
	assert_non_null(strstr(text, "nbreport figure attribution --db "));
	assert_non_null(strstr(text, "not yet: no sweep has a point"));
	free(text);
	report_store_early_sweep(fixture);
	text = catalogue(fixture);
	assert_non_null(strstr(text, "--sweep early --x AXIS\n")); /* latency: no sweep varies the PEs */
	free(text);
	report_store_sweep(fixture, 0);
	text = catalogue(fixture);
	assert_non_null(strstr(text, "sweeps: 2\n"));
	assert_null(strstr(text, "--x AXIS"));
	assert_non_null(strstr(text, "--sweep grid\n"));
	assert_non_null(strstr(text, "nbreport figure pareto --db "));
	assert_non_null(strstr(text, "not yet: accuracy of no network is measured"));
	free(text);
	report_store_sweep(fixture, 1);
	text = catalogue(fixture);
	char command[600];
	snprintf(command, sizeof command, "nbreport figure accuracy --db %s --sweep grid\n", fixture->db);
	assert_non_null(strstr(text, command));
	free(text);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, report_setup, report_teardown)

int main(void) {
	const struct CMUnitTest tests[] = {
	    TEST(bars_are_the_stored_cycles), TEST(a_unit_can_be_chosen),   TEST(states_that_do_not_sum_are_refused),
	    TEST(the_run_is_found),           TEST(the_page_shows_the_run), TEST(the_list_says_what_can_be_drawn),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
