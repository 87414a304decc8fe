/* See comparison_plot.h. Blind rows that count are filled and dark, fitted ones open, blind ones that do not count
 * grey: told apart by shape as well as by colour. A series is found in the CSV by its name, which must have no comma.
 * Cycles, so that boards of different clocks share the axes. */
#include "reports/comparison_plot.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "reports/plot.h"
#include "sim/base/text.h"

static const double height_mm = 80;

enum series { SERIES_BLIND, SERIES_FITTED, SERIES_OTHER, SERIES_COUNT };
static const struct {
	const char *name, *colour;
	int point;
	double size;
} styles[SERIES_COUNT] = {
    {"blind", PLOT_BLUE, 7, 0.45},
    {"fitted", PLOT_VERMILLION, 8, 0.6},
    {"not counted", "#707070", 1, 0.6},
};

static enum series series_of(const struct comparison_row *row) {
	if (row->measurement->use == MEASUREMENT_FITTED) return SERIES_FITTED;
	return row->is_counted ? SERIES_BLIND : SERIES_OTHER;
}

/* Splits FOLDER/NAME.ENDING. */
static enum status split_path(const char *path, char folder[PATH_MAX], char name[PLOT_NAME_BYTES],
                              struct error *error) {
	const char *slash = strrchr(path, '/'), *file = slash ? slash + 1 : path, *dot = strrchr(file, '.');
	if (!dot || dot == file || text_word_index("svg|png|pdf", dot + 1) < 0 || dot - file >= PLOT_NAME_BYTES ||
	    strlen(path) >= PATH_MAX)
		return error_set(error, STATUS_USAGE,
		                 "--plot '%.200s': expected a file name that ends in .svg, .png or "
		                 ".pdf",
		                 path);
	snprintf(folder, PATH_MAX, "%.*s", slash ? (int)(slash - path) : 1, slash ? path : ".");
	if (slash == path) snprintf(folder, PATH_MAX, "/");
	snprintf(name, PLOT_NAME_BYTES, "%.*s", (int)(dot - file), file);
	return STATUS_OK;
}

enum status comparison_plot_check(const char *path, struct error *error) {
	char folder[PATH_MAX], name[PLOT_NAME_BYTES];
	return split_path(path, folder, name, error);
}

static double measured_cycles(const struct comparison_row *row) {
	return row->measurement->total_time_us * row->measurement->clock_mhz / row->measurement->batch_frames;
}

static double simulated_cycles(const struct comparison_row *row) {
	return (double)row->simulated_cycles / row->measurement->batch_frames;
}

struct extent {
	double low, high;
	size_t counts[SERIES_COUNT], total;
};

/* The CSV: all rows of a series behind each other. */
static void write_data(const struct comparison *comparison, FILE *out, struct extent *extent) {
	*extent = (struct extent){.low = INFINITY};
	fputs("series,row_id,frames,measured_cycles_per_frame,simulated_cycles_per_frame,error_percent\n", out);
	for (int s = 0; s < SERIES_COUNT; s++)
		for (size_t i = 0; i < comparison->count; i++) {
			const struct comparison_row *row = &comparison->rows[i];
			if (!row->simulated_cycles || series_of(row) != (enum series)s) continue;
			plot_csv_text(out, styles[s].name);
			fputc(',', out);
			plot_csv_text(out, row->measurement->row_id);
			fprintf(out, ",%u,%.9g,%.9g,%.9g\n", row->measurement->batch_frames, measured_cycles(row),
			        simulated_cycles(row), row->error_percent);
			extent->low = fmin(extent->low, fmin(measured_cycles(row), simulated_cycles(row)));
			extent->high = fmax(extent->high, fmax(measured_cycles(row), simulated_cycles(row)));
			extent->counts[s]++;
			extent->total++;
		}
}

/* Ticks at powers of ten, in words. */
static void write_axis(char axis, double low, double high, FILE *out) {
	static const char *const words[] = {"1", "10", "100", "1 k", "10 k", "100 k", "1 M", "10 M", "100 M", "1 G"};
	const char *between = "";
	fprintf(out, "set logscale %c\nset %crange [%.9g:%.9g]\nset %ctics (", axis, axis, low, high, axis);
	for (int power = 0; power < (int)(sizeof words / sizeof words[0]); power++) {
		double tick = pow(10, power);
		if (tick < low || tick > high) continue;
		fprintf(out, "%s'%s' %.9g", between, words[power], tick);
		between = ", ";
	}
	fputs(")\n", out);
}

static void write_command(const struct extent *extent, double low, double high, struct plot *plot) {
	FILE *out = plot->command;
	fprintf(out, "plot [%.9g:%.9g] x with lines linecolor rgb '#909090' linewidth 1 notitle", low, high);
	for (int s = SERIES_COUNT - 1; s >= 0; s--) { /* those that count lie on top */
		if (!extent->counts[s]) continue;
		fprintf(out, ", \\\n     '%s.csv' skip 1 using (strcol(1) eq ", plot->name);
		plot_quote(out, styles[s].name);
		fprintf(out,
		        " ? $4 : NaN):5 with points pointtype %d pointsize %.2f linewidth 1.2 linecolor rgb '%s' "
		        "title ",
		        styles[s].point, styles[s].size, styles[s].colour);
		plot_quote(out, styles[s].name);
	}
}

enum status comparison_plot(const struct comparison *comparison, const char *path, struct error *error) {
	char folder[PATH_MAX], name[PLOT_NAME_BYTES];
	struct plot plot;
	struct extent extent;
	enum status status = split_path(path, folder, name, error);
	if (status) return status;
	status = plot_open(&plot, folder, name, height_mm, error);
	if (!status) {
		write_data(comparison, plot.data, &extent);
		double low = extent.low / 2, high = extent.high * 2;
		if (!extent.total) status = error_set(error, STATUS_INPUT, "no row was simulated; nothing to draw");
		if (extent.total) {
			write_axis('x', low, high, plot.settings);
			write_axis('y', low, high, plot.settings);
			plot_labels(&plot, "Measured (cycles per frame)", "Simulated (cycles per frame)");
			/* above the diagonal is room: a machine is seldom slower than its simulation by much */
			fputs("set grid xtics\nset size square\n"
			      "set key inside top left vertical Left reverse samplen 1 spacing 1.1\n",
			      plot.settings);
			write_command(&extent, low, high, &plot);
			status = plot_draw(&plot, error);
		}
	}
	plot_close(&plot);
	return status;
}
