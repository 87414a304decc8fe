/* Are the files of a figure what reports/plot.h says: data and script whole, pictures of the same bytes each time, none
 * left over from an earlier figure when gnuplot is missing or fails? */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "reports/label.h"
#include "reports/plot.h"

static char *written(void (*write)(FILE *out, const char *text), const char *text) {
	char *result = NULL;
	size_t bytes;
	FILE *out = open_memstream(&result, &bytes);
	write(out, text);
	fclose(out);
	return result;
}

static void assert_written(void (*write)(FILE *out, const char *text), const char *text, const char *expected) {
	char *result = written(write, text);
	assert_string_equal(result, expected);
	free(result);
}

static void texts_are_quoted(void **state) {
	(void)state;
	assert_written(plot_quote, "a'b`c$d", "'a''b`c$d'");
	assert_written(plot_quote, "two\nlines", "'two?lines'");
	assert_written(plot_csv_text, "plain", "plain");
	assert_written(plot_csv_text, "a,\"b\"", "\"a,\"\"b\"\"\"");
}

static void assert_log_axis(double smallest, double largest, const char *expected) {
	char *result = NULL;
	size_t bytes;
	FILE *out = open_memstream(&result, &bytes);
	plot_log_axis(out, 'y', smallest, largest);
	fclose(out);
	assert_string_equal(result, expected);
	free(result);
}

static void log_axes_hold_their_values(void **state) {
	(void)state;
	assert_log_axis(0.3, 7, "set logscale y\nset ytics (0.2, 0.5, 1, 2, 5, 10)\nset yrange [0.2:10]\n");
	assert_log_axis(1, 20, "set logscale y\nset ytics (1, 2, 5, 10, 20)\nset yrange [1:20]\n");
	assert_log_axis(60, 900, "set logscale y\nset ytics (50, 100, 200, 500, 1000)\nset yrange [50:1000]\n");
}

static void assert_label(const char *name, const char *unit, double largest, const char *text, double factor) {
	struct label label;
	label_make(&label, name, unit, largest);
	assert_string_equal(label.text, text);
	assert_true(fabs(label.factor - factor) < 1e-12);
}

static void labels_have_units(void **state) {
	(void)state;
	assert_label("latency_ms", "ms", 0.2, "Latency (ms)", 1);
	assert_label("lut", "1", 5000, "LUTs", 1);
	assert_label("lut", "1", 250000, "LUTs (thousand)", 1e-3);
	assert_label("latency_cycles", "cycles", 66242, "Latency (thousand cycles)", 1e-3);
	assert_label("top1", "1", 0.9, "Top-1 accuracy (%)", 100);
	assert_label("ddr_bytes", "bytes", 1e6, "DDR traffic of the run (MB)", 1e-6);
	assert_label("buffer.output.depth_words", "words", 0, "Buffer output depth words (words)", 1);
}

struct place {
	char folder[256];
};

static int setup(void **state) {
	struct place *place = calloc(1, sizeof *place);
	snprintf(place->folder, sizeof place->folder, "/tmp/nbsim_plot_XXXXXX");
	*state = place;
	return mkdtemp(place->folder) == NULL;
}

static int teardown(void **state) {
	struct place *place = *state;
	char command[300];
	snprintf(command, sizeof command, "rm -r '%s'", place->folder);
	int failed = system(command);
	free(place);
	return failed;
}

static enum status draw(const struct place *place, const char *command, struct error *error) {
	struct plot plot;
	enum status status = plot_open(&plot, place->folder, "sample", 60, error);
	if (!status) {
		fputs("x,y\n1,2\n3,4\n", plot.data);
		plot_labels(&plot, "X (ms)", "Y (W)");
		plot_key(&plot, 1, 3, "Key", 0);
		fputs(command, plot.command);
		status = plot_draw(&plot, error);
	}
	plot_close(&plot);
	return status;
}

static char *file(const struct place *place, const char *ending, size_t *bytes) {
	char path[300];
	snprintf(path, sizeof path, "%s/sample.%s", place->folder, ending);
	FILE *in = fopen(path, "rb");
	char *text = in ? calloc(1, 1 << 20) : NULL;
	*bytes = text ? fread(text, 1, (1 << 20) - 1, in) : 0;
	if (in) fclose(in);
	return text;
}

static const char good[] = "plot 'sample.csv' skip 1 using 1:2 with linespoints linestyle 1 title 'sum'";
static const char *const pictures[] = {"svg", "pdf", "png"};

static void need_gnuplot(void) {
	if (system("gnuplot --version >/dev/null 2>&1") == 0) return;
	print_message("gnuplot is not installed: pictures are not tested\n");
	skip();
}

static void same_data_give_the_same_bytes(void **state) {
	need_gnuplot();
	struct place *place = *state;
	struct error error;
	char *first[3];
	size_t bytes[3], again_bytes;
	assert_int_equal(draw(place, good, &error), STATUS_OK);
	for (int i = 0; i < 3; i++) {
		first[i] = file(place, pictures[i], &bytes[i]);
		assert_non_null(first[i]);
		assert_true(bytes[i] > 1000);
	}
	assert_non_null(strstr(first[0], "width=\"88mm\" height=\"60mm\""));
	assert_non_null(memmem(first[1], bytes[1], "(D:20000101000000", 17));
	assert_int_equal(system("sleep 1.1"), 0); /* a picture must not know when it was made */
	setenv("LC_ALL", "de_DE.UTF-8", 1);
	setenv("GNUTERM", "dumb", 1);
	assert_int_equal(draw(place, good, &error), STATUS_OK);
	unsetenv("LC_ALL");
	unsetenv("GNUTERM");
	for (int i = 0; i < 3; i++) {
		char *again = file(place, pictures[i], &again_bytes);
		assert_int_equal(again_bytes, bytes[i]);
		assert_memory_equal(again, first[i], bytes[i]);
		free(again);
		free(first[i]);
	}
}

static void the_kept_script_draws_again(void **state) {
	need_gnuplot();
	struct place *place = *state;
	struct error error;
	char command[400];
	size_t bytes, again_bytes;
	assert_int_equal(draw(place, good, &error), STATUS_OK);
	char *first = file(place, "png", &bytes);
	snprintf(command, sizeof command, "cd '%s' && rm sample.png && LC_ALL=C.UTF-8 gnuplot -d sample.gp",
	         place->folder);
	assert_int_equal(system(command), 0);
	char *again = file(place, "png", &again_bytes);
	assert_int_equal(bytes, again_bytes);
	assert_memory_equal(first, again, bytes);
	free(first);
	free(again);
}

static void a_missing_gnuplot_is_named(void **state) {
	struct place *place = *state;
	struct error error;
	size_t bytes;
	char path[300], *was = strdup(getenv("PATH") ? getenv("PATH") : "");
	snprintf(path, sizeof path, "%s/sample.svg", place->folder);
	FILE *old = fopen(path, "w");
	fputs("of another figure", old);
	fclose(old);
	setenv("PATH", "/nowhere", 1);
	enum status status = draw(place, good, &error);
	setenv("PATH", was, 1);
	free(was);
	assert_int_equal(status, STATUS_IO);
	assert_non_null(strstr(error.text, "gnuplot: cannot be started: No such file or directory; expected Debian's "
	                                   "gnuplot-nox"));
	char *data = file(place, "csv", &bytes), *script = file(place, "gp", &bytes),
	     *left = file(place, "svg", &bytes);
	assert_string_equal(data, "x,y\n1,2\n3,4\n");
	assert_non_null(strstr(script, good));
	assert_null(left);
	free(data);
	free(script);
}

static void a_failing_gnuplot_is_reported(void **state) {
	need_gnuplot();
	struct error error;
	assert_int_equal(draw(*state, "plot 'nothing.csv' using 1:2", &error), STATUS_IO);
	assert_non_null(strstr(error.text, "sample.gp failed: "));
	assert_non_null(strstr(error.text, "nothing.csv"));
}

static void bad_places_are_refused(void **state) {
	struct place *place = *state;
	struct place file_place;
	struct plot plot;
	struct error error;
	assert_int_equal(plot_open(&plot, place->folder, "../x", 60, &error), STATUS_USAGE);
	plot_close(&plot);
	assert_int_equal(plot_open(&plot, place->folder, "", 60, &error), STATUS_USAGE);
	plot_close(&plot);
	snprintf(file_place.folder, sizeof file_place.folder, "/proc/nowhere");
	assert_int_equal(draw(&file_place, good, &error), STATUS_IO);
	assert_non_null(strstr(error.text, "/proc/nowhere: cannot be made"));
}

int main(void) {
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(texts_are_quoted),
	    cmocka_unit_test(log_axes_hold_their_values),
	    cmocka_unit_test(labels_have_units),
	    cmocka_unit_test_setup_teardown(same_data_give_the_same_bytes, setup, teardown),
	    cmocka_unit_test_setup_teardown(the_kept_script_draws_again, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_missing_gnuplot_is_named, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_failing_gnuplot_is_reported, setup, teardown),
	    cmocka_unit_test_setup_teardown(bad_places_are_refused, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
