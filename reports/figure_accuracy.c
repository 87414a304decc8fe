/* Top-1 with its standard error against one width, a line for each value of another. Accuracy belongs to a network, and
 * every point of the sweep that uses the network shares it: a network is drawn once. Two networks in one place would
 * make the figure a lie by choice; that is refused, with what tells them apart to be fixed by --where. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "reports/figure.h"
#include "reports/label.h"
#include "reports/series.h"

struct gathering {
	struct series series;
	uint64_t unmeasured; /* points */
	uint32_t fewest_images, most_images;
};

static enum status take(void *context, const struct sweep_point *point, struct error *error) {
	struct gathering *gathering = context;
	struct series_item item = {.line = point->values[1],
	                           .x = point->values[0].number,
	                           .y = point->top1,
	                           .y_error = point->top1_standard_error,
	                           .point = point->point,
	                           .network = point->network};
	if (!point->image_count || isnan(item.x)) {
		gathering->unmeasured++;
		return STATUS_OK;
	}
	struct series *series = &gathering->series;
	for (size_t i = series->count; i-- > 0;)
		if (series->items[i].network == item.network && series->items[i].x == item.x &&
		    series_is_same_line(&series->items[i], &item))
			return STATUS_OK;
	if (!gathering->fewest_images || point->image_count < gathering->fewest_images)
		gathering->fewest_images = point->image_count;
	if (point->image_count > gathering->most_images) gathering->most_images = point->image_count;
	return series_add(series, &item) ? STATUS_OK : error_set(error, STATUS_MEMORY, "out of memory");
}

static enum status check(const struct figure_request *request, const struct sweep *sweep, const char *const *names,
                         const struct gathering *gathering, const struct sweep_points_counts *counts,
                         struct error *error) {
	const struct series *series = &gathering->series;
	double smallest, largest;
	if (!counts->chosen)
		return error_set(error, STATUS_INPUT,
		                 "%.300s: sweep %s: %s; nothing to draw (%" PRIu64 " stored, %" PRIu64 " ok)",
		                 request->db, sweep->name, counts->ok ? "no point fulfils --where" : "no point is ok",
		                 counts->stored, counts->ok);
	if (!series->count)
		return error_set(error, STATUS_INPUT,
		                 "%.300s: sweep %s: accuracy of none of the %" PRIu64
		                 " chosen points is measured; expected [accuracy] images in the sweep file",
		                 request->db, sweep->name, counts->chosen);
	for (size_t i = 1; i < series->count; i++)
		if (series->items[i].x == series->items[i - 1].x &&
		    series_is_same_line(&series->items[i], &series->items[i - 1]))
			return error_set(error, STATUS_USAGE,
			                 "sweep %s: points %" PRIu64 " and %" PRIu64
			                 " have %s = %.9g, %s = %s and different networks; expected another --line, or "
			                 "--where to fix what else changes the network",
			                 sweep->name, series->items[i - 1].point, series->items[i].point, names[0],
			                 series->items[i].x, names[1], series->items[i].line.text);
	if (series_x_values(series, &smallest, &largest) < 2)
		return error_set(error, STATUS_INPUT,
		                 "%.300s: sweep %s: %s is %.9g in every point with an accuracy; expected --x to vary",
		                 request->db, sweep->name, names[0], smallest);
	return STATUS_OK;
}

static enum status draw(const struct figure_request *request, const struct sweep_points *points,
                        const char *const *names, const int *variables, const struct gathering *gathering,
                        struct figure_result *result, struct error *error) {
	struct plot plot;
	struct label x, line;
	char y[64];
	const struct sweep *sweep = sweep_points_sweep(points);
	label_make(&x, names[0], sweep_points_unit(points, variables[0]), 0);
	label_make(&line, names[1], sweep_points_unit(points, variables[1]), 0);
	snprintf(y, sizeof y, "Top-1 accuracy (%%)");
	enum status status = plot_open(&plot, request->out, request->file ? request->file : "accuracy", 60, error);
	if (!status) {
		struct series_words words = {names[0], names[1], "top1", x.text, line.text, y, 100, 1, 0};
		size_t drawn = series_write(&gathering->series, &words, &plot);
		status = plot_draw(&plot, error);
		plot_base(&plot, result->base);
		size_t lines = series_lines(&gathering->series);
		char images[48], unmeasured[64] = "";
		if (gathering->fewest_images == gathering->most_images)
			snprintf(images, sizeof images, "%u", gathering->most_images);
		else
			snprintf(images, sizeof images, "%u to %u", gathering->fewest_images, gathering->most_images);
		if (gathering->unmeasured)
			snprintf(unmeasured, sizeof unmeasured, "; %" PRIu64 " points without accuracy are left out",
			         gathering->unmeasured);
		snprintf(result->note, sizeof result->note,
		         "sweep %s, %zu networks on %s images each, bars are one standard error%s%s%s", sweep->name,
		         gathering->series.count, images,
		         lines > 1 ? "; lines are shifted sideways to be told apart" : "", unmeasured,
		         drawn < lines ? "; only 8 lines are drawn, all are in the data" : "");
	}
	plot_close(&plot);
	return status;
}

enum status figure_accuracy(const struct figure_request *request, struct figure_result *result, struct error *error) {
	struct sweep_points *points;
	struct gathering gathering = {0};
	struct sweep_points_counts counts;
	const char *names[2] = {request->x ? request->x : "compile.skip_weight_bits",
	                        request->line ? request->line : "compile.map_bits"};
	int variables[2];
	memset(result, 0, sizeof *result);
	enum status status = sweep_points_open(&points, request->db, request->sweep, error);
	if (!status) status = sweep_points_variable(points, names[0], "--x", &variables[0], error);
	if (!status) status = sweep_points_variable(points, names[1], "--line", &variables[1], error);
	if (!status) status = sweep_points_each(points, request->where, variables, 2, take, &gathering, &counts, error);
	series_sort(&gathering.series);
	if (!status) status = check(request, sweep_points_sweep(points), names, &gathering, &counts, error);
	if (!status) status = draw(request, points, names, variables, &gathering, result, error);
	series_clear(&gathering.series);
	sweep_points_close(points);
	return status;
}
