/* Two objectives of the points of a sweep: the front as dark points on the staircase that bounds what can be had, the
 * points it dominates faint. The front is that of explore/front.h over these two objectives alone. Of dominated points
 * that fall on one spot of the picture (a grid of GRID_X x GRID_Y spots) the first is drawn, so that a hundred thousand
 * points make a file of moderate size; all of them are in the data, with `drawn`. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "reports/figure.h"
#include "reports/label.h"
#include "reports/plot.h"
#include "reports/sweep_points.h"

enum { GRID_X = 260, GRID_Y = 170 };

struct spot {
	uint64_t point;
	double value[2];
	int64_t fits;
	int is_front, is_drawn;
};

struct cloud {
	struct front_objective objectives[FRONT_OBJECTIVES_MAX];
	struct spot *items;
	size_t count, capacity, front_count;
	size_t different_count; /* of the front, without points equal in both */
	uint64_t unknown;       /* points of which an objective is not known */
	double smallest[2], largest[2];
};

static enum status take(void *context, const struct sweep_point *point, struct error *error) {
	struct cloud *cloud = context;
	struct spot spot = {.point = point->point, .fits = point->fits};
	for (int i = 0; i < 2; i++) spot.value[i] = point->values[i].number;
	if (isnan(spot.value[0]) || isnan(spot.value[1])) {
		cloud->unknown++;
		return STATUS_OK;
	}
	if (cloud->count == cloud->capacity) {
		size_t capacity = cloud->capacity ? 2 * cloud->capacity : 1024;
		struct spot *items = realloc(cloud->items, capacity * sizeof *items);
		if (!items) return error_set(error, STATUS_MEMORY, "out of memory");
		cloud->items = items;
		cloud->capacity = capacity;
	}
	for (int i = 0; i < 2; i++) {
		cloud->smallest[i] = cloud->count ? fmin(cloud->smallest[i], spot.value[i]) : spot.value[i];
		cloud->largest[i] = cloud->count ? fmax(cloud->largest[i], spot.value[i]) : spot.value[i];
	}
	cloud->items[cloud->count++] = spot;
	return STATUS_OK;
}

static int compare_points(const void *key, const void *item) {
	uint64_t point = *(const uint64_t *)key, other = ((const struct spot *)item)->point;
	return point < other ? -1 : point > other;
}

/* Points come in order, so a member is found by bisection. */
static enum status mark_front(struct cloud *cloud, struct error *error) {
	struct front front = {.objective_count = 2};
	for (size_t i = 0; i < cloud->count; i++) {
		double costs[2];
		for (int k = 0; k < 2; k++)
			costs[k] =
			    cloud->objectives[k].is_maximised ? -cloud->items[i].value[k] : cloud->items[i].value[k];
		front_add(&front, cloud->items[i].point, costs);
	}
	cloud->front_count = front.count;
	for (size_t i = 0; i < front.count; i++) {
		struct spot *spot =
		    bsearch(&front.members[i].point, cloud->items, cloud->count, sizeof *cloud->items, compare_points);
		if (spot) spot->is_front = spot->is_drawn = 1;
	}
	int failed = front.failed;
	front_clear(&front);
	return failed ? error_set(error, STATUS_MEMORY, "out of memory for the front") : STATUS_OK;
}

static int is_log(const struct cloud *cloud, int axis) {
	return cloud->smallest[axis] > 0 && cloud->largest[axis] / cloud->smallest[axis] >= 20;
}

/* Column of the grid in which a value lies. */
static size_t cell(const struct cloud *cloud, int axis, double value, size_t cells) {
	double low = cloud->smallest[axis], high = cloud->largest[axis];
	if (is_log(cloud, axis)) {
		low = log(low);
		high = log(high);
		value = log(value);
	}
	return high > low ? (size_t)((value - low) / (high - low) * (double)(cells - 1) + 0.5) : 0;
}

static enum status thin_out(struct cloud *cloud, struct error *error) {
	unsigned char *taken = calloc(GRID_X * GRID_Y, 1);
	if (!taken) return error_set(error, STATUS_MEMORY, "out of memory");
	for (size_t i = 0; i < cloud->count; i++) {
		struct spot *spot = &cloud->items[i];
		size_t index = cell(cloud, 0, spot->value[0], GRID_X) * GRID_Y + cell(cloud, 1, spot->value[1], GRID_Y);
		if (!spot->is_front && !taken[index]) spot->is_drawn = taken[index] = 1;
	}
	free(taken);
	return STATUS_OK;
}

/* The front first, by x, for the staircase; then the others in order. */
static int compare_spots(const void *left, const void *right) {
	const struct spot *a = left, *b = right;
	if (a->is_front != b->is_front) return b->is_front - a->is_front;
	for (int i = 0; a->is_front && i < 2; i++)
		if (a->value[i] != b->value[i]) return a->value[i] < b->value[i] ? -1 : 1;
	return a->point < b->point ? -1 : a->point > b->point;
}

static void write_data(const struct cloud *cloud, FILE *out) {
	fputs("point", out);
	for (int i = 0; i < 2; i++) {
		fputc(',', out);
		plot_csv_text(out, cloud->objectives[i].name);
	}
	fputs(",fits,front,drawn\n", out);
	for (size_t i = 0; i < cloud->count; i++) {
		const struct spot *spot = &cloud->items[i];
		fprintf(out, "%" PRIu64 ",%.9g,%.9g,", spot->point, spot->value[0], spot->value[1]);
		if (spot->fits >= 0) fprintf(out, "%d", (int)spot->fits);
		fprintf(out, ",%d,%d\n", spot->is_front, spot->is_drawn);
	}
}

static void write_axis(const struct cloud *cloud, int axis, const struct label *label, FILE *out) {
	char name = axis ? 'y' : 'x';
	double low = cloud->smallest[axis] * label->factor, high = cloud->largest[axis] * label->factor;
	if (is_log(cloud, axis)) {
		plot_log_axis(out, name, low, high);
	} else {
		double margin = high > low ? (high - low) * 0.05 : fabs(high) * 0.05 + 0.5;
		double start = low - margin < 0 && low >= 0 ? 0 : low - margin;
		fprintf(out, "set %crange [%.9g:%.9g]\n", name, start, high + margin);
	}
}

/* Dominated space lies on the side of the larger costs; the staircase leaves a point on that side first. */
static void write_command(const struct cloud *cloud, const struct label *labels, const struct plot *plot) {
	FILE *out = plot->command;
	fprintf(out, "plot '%s.csv' skip 1 using ($5 == 0 && $6 == 1 ? $2*%.9g : NaN):($3*%.9g) title 'dominated' ",
	        plot->name, labels[0].factor, labels[1].factor);
	fputs("with points pointtype 7 pointsize 0.22 linecolor rgb '#C8C8C8', \\\n", out);
	fprintf(
	    out,
	    "     '%s.csv' skip 1 every ::0::%zu using ($2*%.9g):($3*%.9g) notitle with %s linecolor rgb '" PLOT_BLUE
	    "' linetype 1 linewidth 1, \\\n",
	    plot->name, cloud->front_count - 1, labels[0].factor, labels[1].factor,
	    cloud->objectives[0].is_maximised ? "fsteps" : "steps");
	fprintf(out,
	        "     '%s.csv' skip 1 every ::0::%zu using ($2*%.9g):($3*%.9g) title 'front' with points linestyle 1 "
	        "pointsize 0.38",
	        plot->name, cloud->front_count - 1, labels[0].factor, labels[1].factor);
}

static enum status draw(const struct figure_request *request, struct sweep_points *points, const int *variables,
                        struct cloud *cloud, const struct sweep_points_counts *counts, const char *where,
                        struct figure_result *result, struct error *error) {
	struct plot plot;
	struct label labels[2];
	char unknown[64] = "", straddling[96] = "";
	qsort(cloud->items, cloud->count, sizeof *cloud->items, compare_spots);
	for (size_t i = 0; i < cloud->front_count; i++)
		if (!i || memcmp(cloud->items[i].value, cloud->items[i - 1].value, sizeof cloud->items[i].value))
			cloud->different_count++;
	for (int i = 0; i < 2; i++)
		label_make(&labels[i], cloud->objectives[i].name, sweep_points_unit(points, variables[i]),
		           cloud->largest[i]);
	enum status status = plot_open(&plot, request->out, request->file ? request->file : "pareto", 62, error);
	if (!status) {
		write_data(cloud, plot.data);
		fputs("set grid xtics\n", plot.settings);
		plot_labels(&plot, labels[0].text, labels[1].text);
		plot_key(&plot, 2, 9, NULL, 0);
		for (int i = 0; i < 2; i++) write_axis(cloud, i, &labels[i], plot.settings);
		write_command(cloud, labels, &plot);
		status = plot_draw(&plot, error);
		plot_base(&plot, result->base);
		if (cloud->unknown)
			snprintf(unknown, sizeof unknown, "; %" PRIu64 " without an objective are left out",
			         cloud->unknown);
		if (counts->straddling)
			snprintf(straddling, sizeof straddling,
			         "; %" PRIu64 " straddle the condition within two standard errors", counts->straddling);
		snprintf(result->note, sizeof result->note,
		         "sweep %s%s%.100s: %zu of %zu points on the front, at %zu places%s%s; the clock is an input, "
		         "not derived",
		         sweep_points_sweep(points)->name, where[0] ? " where " : "", where, cloud->front_count,
		         cloud->count, cloud->different_count, unknown, straddling);
	}
	plot_close(&plot);
	return status;
}

/* The two objectives and their variables. */
static enum status choose(const struct figure_request *request, const struct sweep_points *points, struct cloud *cloud,
                          int *variables, struct error *error) {
	const struct sweep *sweep = sweep_points_sweep(points);
	size_t count = 0;
	const char *text = request->objectives    ? request->objectives
	                   : sweep->objectives[0] ? sweep->objectives
	                                          : "latency_ms,power_w";
	enum status status = front_objectives(sweep, text, cloud->objectives, &count, error);
	if (!status && (count < 2 || (count > 2 && request->objectives)))
		return error_set(error, STATUS_USAGE, "--objectives '%.100s': %zu were given; expected two, x,y", text,
		                 count);
	for (int i = 0; !status && i < 2; i++)
		status = sweep_points_variable(points, cloud->objectives[i].name, "--objectives", &variables[i], error);
	return status;
}

static enum status check(const struct figure_request *request, const struct sweep *sweep, const struct cloud *cloud,
                         const struct sweep_points_counts *counts, const char *where, struct error *error) {
	if (cloud->count) return STATUS_OK;
	if (!counts->ok)
		return error_set(error, STATUS_INPUT,
		                 "%.300s: sweep %s: no point is ok (%" PRIu64 " stored); nothing to draw", request->db,
		                 sweep->name, counts->stored);
	if (!counts->chosen)
		return error_set(error, STATUS_INPUT,
		                 "%.300s: sweep %s: none of %" PRIu64 " ok points fulfils '%.200s'; nothing to draw",
		                 request->db, sweep->name, counts->ok, where);
	return error_set(error, STATUS_INPUT,
	                 "%.300s: sweep %s: %s or %s is not known of any of %" PRIu64 " points; nothing to draw",
	                 request->db, sweep->name, cloud->objectives[0].name, cloud->objectives[1].name,
	                 counts->chosen);
}

enum status figure_pareto(const struct figure_request *request, struct figure_result *result, struct error *error) {
	struct sweep_points *points;
	struct cloud cloud = {.items = NULL};
	struct sweep_points_counts counts;
	const char *where = "";
	int variables[2];
	memset(result, 0, sizeof *result);
	enum status status = sweep_points_open(&points, request->db, request->sweep, error);
	if (!status) status = choose(request, points, &cloud, variables, error);
	if (!status) {
		where = request->where ? request->where : sweep_points_sweep(points)->where;
		status = sweep_points_each(points, where, variables, 2, take, &cloud, &counts, error);
	}
	if (!status) status = check(request, sweep_points_sweep(points), &cloud, &counts, where, error);
	if (!status) status = mark_front(&cloud, error);
	if (!status) status = thin_out(&cloud, error);
	if (!status) status = draw(request, points, variables, &cloud, &counts, where, result, error);
	free(cloud.items);
	sweep_points_close(points);
	return status;
}
