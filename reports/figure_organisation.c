/* The best that can be had for a share of the device: a figure of the points (latency, or throughput) against the share
 * that the fullest resource takes, a staircase for each organisation (or each value of another parameter). A step is a
 * point: the best of all that take no more than its share. Between two of them the step goes on level, for a larger
 * budget can hold the smaller machine; nothing is interpolated. The last one goes on to the right edge. Points that are
 * no step are left out of the data too: they are in the database. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "reports/figure.h"
#include "reports/label.h"
#include "reports/series.h"

struct budgets {
	struct series series;
	const char *line, *y;
	int variables[3]; /* share, y, line */
	int is_maximised;
	size_t left_out;
};

static enum status take(void *context, const struct sweep_point *point, struct error *error) {
	struct budgets *budgets = context;
	double y = point->values[1].number;
	struct series_item item = {.line = point->values[2],
	                           .x = point->values[0].number,
	                           .y = budgets->is_maximised ? -y : y,
	                           .y_error = NAN,
	                           .point = point->point};
	if (isnan(item.x) || isnan(y) || point->fits == 0) return STATUS_OK;
	return series_add(&budgets->series, &item) ? STATUS_OK : error_set(error, STATUS_MEMORY, "out of memory");
}

/* Of each line, in order of their shares, those that are better than all before. */
static void keep_steps(struct budgets *budgets) {
	struct series *series = &budgets->series;
	size_t kept = 0, before = series->count;
	series_sort(series);
	for (size_t i = 0; i < before; i++) {
		const struct series_item *last = kept ? &series->items[kept - 1] : NULL;
		if (last && series_is_same_line(last, &series->items[i]) && series->items[i].y >= last->y) continue;
		series->items[kept++] = series->items[i];
	}
	series->count = kept;
	for (size_t i = 0; budgets->is_maximised && i < kept; i++) series->items[i].y = -series->items[i].y;
	budgets->left_out = before - kept;
}

static void write_data(const struct budgets *budgets, double right, FILE *out) {
	plot_csv_text(out, budgets->line);
	fputs(",point,worst_utilisation,", out);
	plot_csv_text(out, budgets->y);
	fputs(",to_utilisation\n", out);
	const struct series *series = &budgets->series;
	for (size_t i = 0; i < series->count; i++) {
		const struct series_item *item = &series->items[i], *next = item + 1;
		const int is_last = i + 1 == series->count || !series_is_same_line(item, next);
		plot_csv_text(out, item->line.text);
		fprintf(out, ",%" PRIu64 ",%.9g,%.9g,%.9g\n", item->point, item->x, item->y, is_last ? right : next->x);
	}
}

/* Level lines from each share to the next, and points; the step up or down is the next point's. */
static void write_command(const struct budgets *budgets, double factor, struct plot *plot, size_t *lines,
                          size_t *letters) {
	const struct series *series = &budgets->series;
	*lines = *letters = 0;
	for (size_t first = 0, end; first < series->count && *lines < PLOT_SERIES_MAX; first = end) {
		const char *name = series->items[first].line.text;
		for (end = first + 1; end < series->count; end++)
			if (!series_is_same_line(&series->items[first], &series->items[end])) break;
		++*lines;
		if (strlen(name) > *letters) *letters = strlen(name);
		fprintf(plot->command, "%s'%s.csv' skip 1 every ::%zu::%zu using ($3*100):($4*%.9g):(100*($5-$3)):(0) ",
		        first ? ", \\\n     " : "plot ", plot->name, first, end - 1, factor);
		fprintf(plot->command, "notitle with vectors nohead linestyle %zu, \\\n", *lines);
		fprintf(plot->command, "     '%s.csv' skip 1 every ::%zu::%zu using ($3*100):($4*%.9g) notitle ",
		        plot->name, first, end - 1, factor);
		fprintf(plot->command, "with steps linestyle %zu, \\\n", *lines);
		fprintf(plot->command, "     '%s.csv' skip 1 every ::%zu::%zu using ($3*100):($4*%.9g) title ",
		        plot->name, first, end - 1, factor);
		plot_quote(plot->command, name);
		fprintf(plot->command, " with points linestyle %zu pointsize 0.45", *lines);
	}
}

static void find_ranges(const struct series *series, double x[2], double y[2]) {
	x[0] = x[1] = series->items[0].x;
	y[0] = y[1] = series->items[0].y;
	for (size_t i = 1; i < series->count; i++) {
		x[0] = fmin(x[0], series->items[i].x);
		x[1] = fmax(x[1], series->items[i].x);
		y[0] = fmin(y[0], series->items[i].y);
		y[1] = fmax(y[1], series->items[i].y);
	}
}

static enum status draw(const struct figure_request *request, const struct sweep_points *points,
                        const struct budgets *budgets, struct figure_result *result, struct error *error) {
	struct plot plot;
	struct label y, line;
	char best[LABEL_BYTES + 8];
	double shares[2], values[2];
	size_t lines, letters;
	find_ranges(&budgets->series, shares, values);
	label_make(&y, budgets->y, sweep_points_unit(points, budgets->variables[1]), values[1]);
	label_make(&line, budgets->line, sweep_points_unit(points, budgets->variables[2]), 0);
	snprintf(best, sizeof best, "Best %s", y.text);
	if (y.text[1] >= 'a' && y.text[1] <= 'z') best[5] |= 0x20;
	enum status status = plot_open(&plot, request->out, request->file ? request->file : "organisation", 60, error);
	if (!status) {
		write_data(budgets, 1.15 * shares[1], plot.data);
		fputs("set grid xtics\n", plot.settings);
		if (shares[0] > 0 && shares[1] >= 20 * shares[0])
			plot_log_axis(plot.settings, 'x', 100 * shares[0], 115 * shares[1]);
		else
			fprintf(plot.settings, "set xrange [0:%.9g]\n", shares[1] > 0 ? 115 * shares[1] : 1.0);
		plot_log_axis(plot.settings, 'y', values[0] * y.factor, values[1] * y.factor);
		plot_labels(&plot, "Budget: fullest resource (% of usable)", best);
		write_command(budgets, y.factor, &plot, &lines, &letters);
		plot_key(&plot, lines, letters, lines > 1 ? line.text : NULL, 0);
		status = plot_draw(&plot, error);
		plot_base(&plot, result->base);
		snprintf(
		    result->note, sizeof result->note,
		    "sweep %s: each step is the best point that takes no more of the device, %zu of %zu points; the "
		    "clock is an input, not derived",
		    sweep_points_sweep(points)->name, budgets->series.count, budgets->series.count + budgets->left_out);
	}
	plot_close(&plot);
	return status;
}

static enum status choose(const struct figure_request *request, const struct sweep_points *points,
                          struct budgets *budgets, struct error *error) {
	budgets->y = request->y ? request->y : "latency_ms";
	budgets->line = request->line ? request->line : "machine.organisation";
	enum status status = sweep_points_variable(points, "worst_utilisation", "share", &budgets->variables[0], error);
	if (!status) status = sweep_points_variable(points, budgets->y, "--y", &budgets->variables[1], error);
	if (!status) status = sweep_points_variable(points, budgets->line, "--line", &budgets->variables[2], error);
	int column = point_column_index(budgets->y);
	budgets->is_maximised = column >= 0 ? point_columns[column].larger_is_better : !strcmp(budgets->y, "top1");
	return status;
}

enum status figure_organisation(const struct figure_request *request, struct figure_result *result,
                                struct error *error) {
	struct sweep_points *points;
	struct budgets budgets = {.left_out = 0};
	struct sweep_points_counts counts;
	memset(result, 0, sizeof *result);
	enum status status = sweep_points_open(&points, request->db, request->sweep, error);
	if (!status) status = choose(request, points, &budgets, error);
	if (!status)
		status =
		    sweep_points_each(points, request->where, budgets.variables, 3, take, &budgets, &counts, error);
	if (!status) keep_steps(&budgets);
	if (!status && (!budgets.series.count || budgets.series.items[0].y <= 0))
		status = error_set(error, STATUS_INPUT,
		                   "%.300s: sweep %s: %s of none of %" PRIu64
		                   " chosen points that fit is a number above 0; nothing to draw",
		                   request->db, sweep_points_sweep(points)->name, budgets.y, counts.chosen);
	if (!status) status = draw(request, points, &budgets, result, error);
	series_clear(&budgets.series);
	sweep_points_close(points);
	return status;
}
