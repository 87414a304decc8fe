/* See sweep_points.h. Tables and their reading are those of explore/sweep_store, names and conditions those of
 * explore/front and explore/condition; this module puts parameters that are no axis beside them. */
#include "reports/sweep_points.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "explore/condition.h"
#include "explore/sweep_store.h"

struct sweep_points {
	struct sweep_store *store;
	struct sweep sweep;
	int has_sweep;
	struct sweep_accuracy *accuracies; /* sorted by network */
	size_t accuracy_count;
	int front_variables; /* names of explore/front.h; parameters come behind them */
};

enum status sweep_points_open(struct sweep_points **out, const char *db, const char *name, struct error *error) {
	struct sweep_head head;
	struct sweep_points *points = calloc(1, sizeof *points);
	*out = points;
	if (!points) return error_set(error, STATUS_MEMORY, "%.500s: out of memory", db);
	enum status status = sweep_store_open(&points->store, db, 0, error);
	if (!status) status = sweep_store_load(points->store, name, &points->sweep, &head, error);
	if (status) return status;
	points->has_sweep = 1;
	while (front_name(&points->sweep, points->front_variables)) points->front_variables++;
	return sweep_store_accuracies(points->store, points->sweep.name, &points->accuracies, &points->accuracy_count,
	                              error);
}

void sweep_points_close(struct sweep_points *points) {
	if (!points) return;
	if (points->has_sweep) sweep_clear(&points->sweep);
	sweep_store_close(points->store);
	free(points->accuracies);
	free(points);
}

const struct sweep *sweep_points_sweep(const struct sweep_points *points) {
	return &points->sweep;
}

/* Names for conditions: those of the front, then every parameter. */
static int find(const void *context, const char *name) {
	const struct sweep_points *points = context;
	struct condition_names front = front_names(&points->sweep);
	int variable = front.find(front.context, name);
	if (variable >= 0) return variable;
	variable = sweep_parameter_names.find(sweep_parameter_names.context, name);
	return variable < 0 ? -1 : points->front_variables + variable;
}

static int name_at(const void *context, int variable, char *text, size_t bytes) {
	const struct sweep_points *points = context;
	struct condition_names front = front_names(&points->sweep);
	if (variable < points->front_variables) return front.name(front.context, variable, text, bytes);
	return sweep_parameter_names.name(sweep_parameter_names.context, variable - points->front_variables, text,
	                                  bytes);
}

static struct condition_names names_of(const struct sweep_points *points) {
	return (struct condition_names){points, find, name_at};
}

enum status sweep_points_variable(const struct sweep_points *points, const char *name, const char *option,
                                  int *variable, struct error *error) {
	char best[SWEEP_AXIS_BYTES];
	struct condition_names names = names_of(points);
	*variable = find(points, name);
	if (*variable >= 0) return STATUS_OK;
	if (condition_nearest(&names, name, best, sizeof best))
		return error_set(error, STATUS_USAGE, "%s '%.80s' is not known; the nearest is '%s'", option, name,
		                 best);
	return error_set(error, STATUS_USAGE,
	                 "%s '%.80s' is not known; expected SECTION.KEY (nbsim --describe) or a figure (nbexplore "
	                 "figures)",
	                 option, name);
}

const char *sweep_points_unit(const struct sweep_points *points, int variable) {
	if (variable < points->front_variables) return front_unit(&points->sweep, variable);
	return config_parameters[variable - points->front_variables].unit;
}

uint32_t sweep_points_axis_values(const struct sweep_points *points, const char *name) {
	int axis = sweep_axis_index(&points->sweep, name);
	return axis < 0 ? 1 : points->sweep.axes[axis].count;
}

/* What one point is evaluated with. */
struct evaluation {
	const struct sweep_points *points;
	struct front_figures figures;
	struct config config;
	int has_config; /* 0: not yet made, -1: a tie fails */
	struct sweep_variables variables;
};

static struct condition_value fetch(void *context, int variable) {
	struct evaluation *evaluation = context;
	const struct sweep_points *points = evaluation->points;
	struct error ignored;
	if (variable < points->front_variables) return front_value(&evaluation->figures, variable);
	if (!evaluation->has_config)
		evaluation->has_config =
		    sweep_configure(&points->sweep, evaluation->figures.row->point, &evaluation->config, &ignored) ? -1
		                                                                                                   : 1;
	if (evaluation->has_config < 0) return (struct condition_value){NAN, NULL};
	evaluation->variables.config = &evaluation->config;
	return sweep_parameter_value(&evaluation->variables, variable - points->front_variables);
}

struct reading {
	struct sweep_points *points;
	struct condition *where;
	const int *variables;
	size_t count;
	enum status (*take)(void *context, const struct sweep_point *point, struct error *error);
	void *context;
	struct sweep_points_counts counts;
};

static int is_straddling(const struct condition *where, struct evaluation *evaluation) {
	if (!where || !evaluation->figures.accuracy) return 0;
	evaluation->figures.top1_shift = -2;
	int low = condition_holds(where, fetch, evaluation);
	evaluation->figures.top1_shift = 2;
	int high = condition_holds(where, fetch, evaluation);
	evaluation->figures.top1_shift = 0;
	return low != high;
}

static struct sweep_point_value value_of(struct evaluation *evaluation, int variable) {
	struct sweep_point_value value;
	struct condition_value fetched = fetch(evaluation, variable);
	value.number = fetched.text ? NAN : fetched.number;
	if (fetched.text)
		snprintf(value.text, sizeof value.text, "%s", fetched.text);
	else
		snprintf(value.text, sizeof value.text, "%.9g", fetched.number);
	return value;
}

static enum status take_row(void *context, const struct point_row *row, struct error *error) {
	struct reading *reading = context;
	struct sweep_points *points = reading->points;
	const struct sweep_accuracy *accuracy =
	    front_accuracy(points->accuracies, points->accuracy_count, row->network);
	struct evaluation evaluation = {.points = points, .figures = {&points->sweep, row, accuracy, 0}};
	struct sweep_point point = {.point = row->point, .network = row->network, .fits = row->fits};
	reading->counts.stored++;
	if (row->status != POINT_OK) return STATUS_OK;
	reading->counts.ok++;
	point.is_straddling = is_straddling(reading->where, &evaluation);
	if (point.is_straddling) reading->counts.straddling++;
	if (reading->where && !condition_holds(reading->where, fetch, &evaluation)) return STATUS_OK;
	reading->counts.chosen++;
	point.image_count = accuracy ? accuracy->image_count : 0;
	point.top1 = accuracy ? accuracy->top1 : NAN;
	point.top1_standard_error = accuracy ? accuracy->top1_standard_error : NAN;
	for (size_t i = 0; i < reading->count; i++) point.values[i] = value_of(&evaluation, reading->variables[i]);
	return reading->take(reading->context, &point, error);
}

enum status sweep_points_each(struct sweep_points *points, const char *where, const int *variables, size_t count,
                              enum status (*take)(void *context, const struct sweep_point *point, struct error *error),
                              void *context, struct sweep_points_counts *counts, struct error *error) {
	struct reading reading = {
	    .points = points, .variables = variables, .count = count, .take = take, .context = context};
	struct condition_names names = names_of(points);
	enum status status = STATUS_OK;
	if (where && where[0]) status = condition_create(&reading.where, where, "--where", &names, error);
	if (status == STATUS_INPUT) status = STATUS_USAGE;
	if (!status) status = sweep_store_each(points->store, points->sweep.name, take_row, &reading, error);
	condition_free(reading.where);
	*counts = reading.counts;
	return status;
}
