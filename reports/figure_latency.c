/* A figure of the points (latency) against one parameter, a line for each value of another. Where the sweep varies more
 * than these two, many points share a place: the best of them is drawn, one that fits before one that does not, and the
 * axis says "best" with the note naming what it was chosen over. A machine that does not fit is drawn open: it is a
 * result, but not one to build. Nothing is interpolated; a line joins simulated points. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "reports/figure.h"
#include "reports/label.h"
#include "reports/series.h"

/* Second parameters worth a line, in this order; then the other axes. */
static const char *const standard_lines[] = {"compile.skip_weight_bits", "compile.map_bits", "fixed_engine.weight_bits",
                                             "fixed_engine.activation_bits", "binary_engine.words"};
enum { STANDARD_LINES = sizeof standard_lines / sizeof standard_lines[0] };

struct gathering {
	struct series series;
	size_t left_out; /* points worse than another in their place */
	int is_maximised;
	uint64_t unknown; /* points without x or y */
};

static enum status take(void *context, const struct sweep_point *point, struct error *error) {
	struct gathering *gathering = context;
	double y = point->values[1].number;
	struct series_item item = {.line = point->values[2],
	                           .x = point->values[0].number,
	                           .y = gathering->is_maximised ? -y : y,
	                           .y_error = NAN,
	                           .is_open = point->fits == 0,
	                           .point = point->point};
	if (isnan(item.x) || isnan(y)) {
		gathering->unknown++;
		return STATUS_OK;
	}
	return series_add(&gathering->series, &item) ? STATUS_OK : error_set(error, STATUS_MEMORY, "out of memory");
}

/* Keeps the best of each place. */
static void keep_best(struct gathering *gathering) {
	struct series *series = &gathering->series;
	size_t kept = 0, before = series->count;
	series_sort(series);
	for (size_t i = 0; i < series->count; i++) {
		const struct series_item *last = kept ? &series->items[kept - 1] : NULL;
		if (last && last->x == series->items[i].x && series_is_same_line(last, &series->items[i])) continue;
		series->items[kept++] = series->items[i];
	}
	series->count = kept;
	for (size_t i = 0; gathering->is_maximised && i < kept; i++) series->items[i].y = -series->items[i].y;
	gathering->left_out = before - kept;
}

/* The candidate-th parameter a line may be of by default, NULL behind the last. */
static const char *line_candidate(const struct sweep *sweep, size_t candidate) {
	if (candidate < STANDARD_LINES) return standard_lines[candidate];
	candidate -= STANDARD_LINES;
	return candidate < sweep->axis_count ? sweep->axes[candidate].name : NULL;
}

/* Whether every line has the same values. */
static int all_coincide(const struct series *series) {
	size_t length = 0;
	while (length < series->count && series_is_same_line(&series->items[0], &series->items[length])) length++;
	if (!length || series->count % length || length == series->count) return 0;
	for (size_t i = length; i < series->count; i++) {
		const struct series_item *item = &series->items[i], *first = &series->items[i % length];
		if (item->x != first->x || item->y != first->y) return 0;
	}
	return 1;
}

/* "A, B, C" of the axes that are neither x nor line. */
static void other_axes(const struct sweep *sweep, const char *x, const char *line, char *text, size_t bytes) {
	text[0] = '\0';
	for (uint32_t a = 0; a < sweep->axis_count; a++) {
		const char *name = sweep->axes[a].name;
		size_t used = strlen(text);
		if (sweep->axes[a].count > 1 && strcmp(name, x) && strcmp(name, line) && used + 8 < bytes)
			snprintf(text + used, bytes - used, "%s%s", used ? ", " : "", name);
	}
}

struct chosen {
	const char *x, *y, *line;
	int variables[3]; /* x, y, line */
};

static enum status choose(const struct figure_request *request, const struct sweep_points *points,
                          struct chosen *chosen, struct gathering *gathering, struct error *error) {
	chosen->x = request->x ? request->x : "binary_engine.pes";
	chosen->y = request->y ? request->y : "latency_ms";
	enum status status = sweep_points_variable(points, chosen->x, "--x", &chosen->variables[0], error);
	if (!status) status = sweep_points_variable(points, chosen->y, "--y", &chosen->variables[1], error);
	int column = point_column_index(chosen->y);
	gathering->is_maximised = column >= 0 ? point_columns[column].larger_is_better : !strcmp(chosen->y, "top1");
	return status;
}

static enum status check(const struct figure_request *request, const struct sweep *sweep, const struct chosen *chosen,
                         const struct gathering *gathering, const struct sweep_points_counts *counts,
                         struct error *error) {
	char axes[400];
	double smallest, largest;
	other_axes(sweep, "", "", axes, sizeof axes);
	if (!counts->chosen)
		return error_set(error, STATUS_INPUT,
		                 "%.300s: sweep %s: %s; nothing to draw (%" PRIu64 " stored, %" PRIu64 " ok)",
		                 request->db, sweep->name, counts->ok ? "no point fulfils --where" : "no point is ok",
		                 counts->stored, counts->ok);
	if (!gathering->series.count)
		return error_set(error, STATUS_INPUT,
		                 "%.300s: sweep %s: %s or %s is not a number in any of %" PRIu64
		                 " points; nothing to draw",
		                 request->db, sweep->name, chosen->x, chosen->y, counts->chosen);
	if (series_x_values(&gathering->series, &smallest, &largest) < 2)
		return error_set(error, STATUS_INPUT,
		                 "%.300s: sweep %s: %s is %.9g in every point; expected --x to be one of its axes (%s)",
		                 request->db, sweep->name, chosen->x, smallest, axes);
	return STATUS_OK;
}

/* Reads the points with a line parameter; NULL: without one. */
static enum status gather(const struct figure_request *request, struct sweep_points *points, const char *line,
                          struct chosen *chosen, struct gathering *gathering, struct error *error) {
	struct sweep_points_counts counts;
	enum status status = STATUS_OK;
	gathering->series.count = 0;
	gathering->unknown = 0;
	chosen->line = line;
	chosen->variables[2] = chosen->variables[0];
	if (line) status = sweep_points_variable(points, line, "--line", &chosen->variables[2], error);
	if (!status)
		status =
		    sweep_points_each(points, request->where, chosen->variables, 3, take, gathering, &counts, error);
	for (size_t i = 0; !line && i < gathering->series.count; i++)
		gathering->series.items[i].line = (struct sweep_point_value){NAN, "all"};
	if (!status) status = check(request, sweep_points_sweep(points), chosen, gathering, &counts, error);
	if (!status) keep_best(gathering);
	return status;
}

/* Takes the first parameter on which the lines depend. */
static enum status gather_standard(const struct figure_request *request, struct sweep_points *points,
                                   struct chosen *chosen, struct gathering *gathering, struct error *error) {
	const char *line;
	for (size_t i = 0; (line = line_candidate(sweep_points_sweep(points), i)); i++) {
		if (!strcmp(line, chosen->x) || sweep_points_axis_values(points, line) < 2) continue;
		enum status status = gather(request, points, line, chosen, gathering, error);
		if (status || (series_lines(&gathering->series) > 1 && !all_coincide(&gathering->series)))
			return status;
	}
	return gather(request, points, NULL, chosen, gathering, error);
}

static enum status draw(const struct figure_request *request, const struct sweep_points *points,
                        const struct chosen *chosen, struct gathering *gathering, struct figure_result *result,
                        struct error *error) {
	struct plot plot;
	struct label x, y, line;
	char best[LABEL_BYTES + 8], others[300];
	const struct sweep *sweep = sweep_points_sweep(points);
	const char *line_name = chosen->line ? chosen->line : "line";
	size_t left_out = gathering->left_out, lines = series_lines(&gathering->series);
	double largest = 0, smallest_x, largest_x;
	for (size_t i = 0; i < gathering->series.count; i++) largest = fmax(largest, gathering->series.items[i].y);
	series_x_values(&gathering->series, &smallest_x, &largest_x);
	label_make(&x, chosen->x, sweep_points_unit(points, chosen->variables[0]), 0);
	label_make(&y, chosen->y, sweep_points_unit(points, chosen->variables[1]), largest);
	label_make(&line, line_name, sweep_points_unit(points, chosen->variables[2]), 0);
	snprintf(best, sizeof best, "%s%s", left_out ? "Best " : "", y.text);
	if (left_out && y.text[1] >= 'a' && y.text[1] <= 'z') best[5] |= 0x20;
	other_axes(sweep, chosen->x, line_name, others, sizeof others);
	enum status status = plot_open(&plot, request->out, request->file ? request->file : "latency", 60, error);
	if (!status) {
		struct series_words words = {chosen->x, line_name, chosen->y, x.text, line.text, best, y.factor, 0, 1};
		size_t drawn = series_write(&gathering->series, &words, &plot);
		status = plot_draw(&plot, error);
		plot_base(&plot, result->base);
		snprintf(result->note, sizeof result->note,
		         "sweep %s%s%s; an open point does not fit the device; the clock is an input, not derived%s%s",
		         sweep->name, left_out ? ", each point the best over " : "",
		         !left_out   ? ""
		         : others[0] ? others
		                     : "what --where leaves",
		         all_coincide(&gathering->series) ? "; all lines coincide" : "",
		         drawn < lines ? "; only 8 lines are drawn, all are in the data" : "");
	}
	plot_close(&plot);
	return status;
}

enum status figure_latency(const struct figure_request *request, struct figure_result *result, struct error *error) {
	struct sweep_points *points;
	struct chosen chosen;
	struct gathering gathering = {0};
	memset(result, 0, sizeof *result);
	enum status status = sweep_points_open(&points, request->db, request->sweep, error);
	if (!status) status = choose(request, points, &chosen, &gathering, error);
	if (!status && request->line)
		status = gather(request, points, request->line, &chosen, &gathering, error);
	else if (!status)
		status = gather_standard(request, points, &chosen, &gathering, error);
	if (!status) status = draw(request, points, &chosen, &gathering, result, error);
	series_clear(&gathering.series);
	sweep_points_close(points);
	return status;
}
