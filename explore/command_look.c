/* Commands that look at stored points: fronts, lists, sweeps, figures. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "explore/command.h"
#include "explore/front.h"
#include "explore/session.h"
#include "sim/base/text.h"

/* A sweep of a database, opened for reading. */
struct view {
	struct sweep_store *store;
	struct sweep sweep;
	struct sweep_head head;
	struct sweep_accuracy *accuracies;
	size_t accuracy_count;
	struct condition *where;
	int is_loaded;
};

static void view_close(struct view *view) {
	if (view->is_loaded) sweep_clear(&view->sweep);
	condition_free(view->where);
	free(view->accuracies);
	sweep_store_close(view->store);
}

static enum status view_accuracies(struct view *view, struct error *error) {
	free(view->accuracies);
	view->accuracies = NULL;
	return sweep_store_accuracies(view->store, view->sweep.name, &view->accuracies, &view->accuracy_count, error);
}

static enum status view_open(struct view *view, const struct command_arguments *arguments, int is_written,
                             struct error *error) {
	memset(view, 0, sizeof *view);
	struct sweep_store *probe;
	enum status status = sweep_store_open(&probe, arguments->words.items[1], 0, error);
	if (!status && is_written) {
		sweep_store_close(probe);
		status = sweep_store_open(&probe, arguments->words.items[1], 1, error);
	}
	if (status) return status;
	view->store = probe;
	status = sweep_store_load(view->store, arguments->sweep, &view->sweep, &view->head, error);
	view->is_loaded = !status;
	if (!status) status = view_accuracies(view, error);
	const char *where = arguments->where;
	if (!status && where) {
		struct condition_names names = front_names(&view->sweep);
		status = condition_create(&view->where, where, "--where", &names, error);
		if (status == STATUS_INPUT) status = STATUS_USAGE;
	}
	return status;
}

static struct front_figures view_figures(const struct view *view, const struct point_row *row) {
	return (struct front_figures){&view->sweep, row,
	                              front_accuracy(view->accuracies, view->accuracy_count, row->network), 0};
}

/* A number as CSV holds it; empty where it is not known. */
static void print_value(struct condition_value value, FILE *out) {
	if (value.text)
		fputs(value.text, out);
	else if (!isnan(value.number))
		fprintf(out,
		        fabs(value.number) < 1e15 && fabs(value.number - nearbyint(value.number)) < 1e-12 ? "%.0f"
		                                                                                          : "%.9g",
		        value.number);
}

/* --- points ------------------------------------------------------------------------------------------------------- */

struct listing {
	struct view *view;
	FILE *out;
};

static void print_quoted(const char *text, FILE *out) {
	fputc('"', out);
	for (; *text; text++) {
		if (*text == '"') fputc('"', out);
		fputc(*text, out);
	}
	fputc('"', out);
}

static enum status list_point(void *context, const struct point_row *row, struct error *error) {
	struct listing *listing = context;
	struct view *view = listing->view;
	struct front_figures figures = view_figures(view, row);
	(void)error;
	if (view->where && !condition_holds(view->where, front_value, &figures)) return STATUS_OK;
	fprintf(listing->out, "%" PRIu64 ",%s,", row->point, point_status_names[row->status]);
	print_quoted(row->reason, listing->out);
	const char *name;
	for (int i = 0; (name = front_name(&view->sweep, i)); i++) {
		if (!strcmp(name, "point")) continue;
		fputc(',', listing->out);
		print_value(front_value(&figures, i), listing->out);
	}
	fputc('\n', listing->out);
	return STATUS_OK;
}

/* CSV in any case: it is for programs. */
enum status command_points(const struct command_arguments *arguments, struct error *error) {
	struct view view;
	struct listing listing = {&view, stdout};
	enum status status = view_open(&view, arguments, 0, error);
	if (!status) {
		const char *name;
		printf("point,status,reason");
		for (int i = 0; (name = front_name(&view.sweep, i)); i++)
			if (strcmp(name, "point") != 0) printf(",%s", name);
		printf("\n");
		status = sweep_store_each(view.store, view.sweep.name, list_point, &listing, error);
	}
	view_close(&view);
	return status;
}

/* --- front -------------------------------------------------------------------------------------------------------- */

struct fronting {
	struct view *view;
	struct front front;
	struct front_objective objectives[FRONT_OBJECTIVES_MAX];
	size_t objective_count;
	uint64_t seen, ok, fitting, chosen, unknown, straddling;
};

/* Whether the condition holds with top1 two standard errors lower or higher, and not both. */
static int straddles(const struct view *view, struct front_figures *figures) {
	if (!view->where || !figures->accuracy) return 0;
	figures->top1_shift = -2;
	int low = condition_holds(view->where, front_value, figures);
	figures->top1_shift = 2;
	int high = condition_holds(view->where, front_value, figures);
	figures->top1_shift = 0;
	return low != high;
}

static enum status take_point(void *context, const struct point_row *row, struct error *error) {
	struct fronting *fronting = context;
	struct front_figures figures = view_figures(fronting->view, row);
	double costs[FRONT_OBJECTIVES_MAX];
	fronting->seen++;
	if (row->status != POINT_OK) return STATUS_OK;
	fronting->ok++;
	if (row->fits == 1) fronting->fitting++;
	if (straddles(fronting->view, &figures)) fronting->straddling++;
	if (fronting->view->where && !condition_holds(fronting->view->where, front_value, &figures)) return STATUS_OK;
	fronting->chosen++;
	if (!front_costs(&figures, fronting->objectives, fronting->objective_count, costs)) {
		fronting->unknown++;
		return STATUS_OK;
	}
	front_add(&fronting->front, row->point, costs);
	return fronting->front.failed ? error_set(error, STATUS_MEMORY, "out of memory for the front") : STATUS_OK;
}

static int is_objective(const struct fronting *fronting, const char *name) {
	for (size_t i = 0; i < fronting->objective_count; i++)
		if (!strcmp(fronting->objectives[i].name, name)) return 1;
	return 0;
}

static void print_front_head(const struct fronting *fronting, int csv) {
	printf(csv ? "point" : "%10s", "point");
	for (size_t i = 0; i < fronting->objective_count; i++) {
		const struct front_objective *objective = &fronting->objectives[i];
		printf(csv ? ",%s" : "  %12s", objective->name);
	}
	for (uint32_t a = 0; a < fronting->view->sweep.axis_count; a++)
		if (csv) printf(",%s", fronting->view->sweep.axes[a].name);
	if (csv)
		printf(",top1,top1_standard_error,fits");
	else
		printf("  %s", is_objective(fronting, "top1") ? "setting" : "top1 +- error   setting");
	printf("\n");
}

static enum status print_member(const struct fronting *fronting, const struct front_member *member, int csv,
                                struct error *error) {
	struct point_row row;
	const struct view *view = fronting->view;
	enum status status = sweep_store_point(view->store, view->sweep.name, member->point, &row, error);
	if (status) return status;
	struct front_figures figures = view_figures(view, &row);
	printf(csv ? "%" PRIu64 : "%10" PRIu64, member->point);
	for (size_t i = 0; i < fronting->objective_count; i++) {
		double value = front_value(&figures, fronting->objectives[i].variable).number;
		printf(csv ? ",%.9g" : "  %12.6g", value);
	}
	if (csv) {
		uint32_t choices[SWEEP_AXES_MAX];
		sweep_choices(&view->sweep, member->point, choices);
		for (uint32_t a = 0; a < view->sweep.axis_count; a++)
			printf(",%s", view->sweep.axes[a].values[choices[a]].text);
		printf(",");
		if (figures.accuracy) printf("%.9g", figures.accuracy->top1);
		printf(",");
		if (figures.accuracy) printf("%.9g", figures.accuracy->top1_standard_error);
		printf(row.fits < 0 ? ",\n" : ",%d\n", (int)row.fits);
		return STATUS_OK;
	}
	char setting[SWEEP_TEXT_BYTES * 4], accuracy[48] = "not measured ";
	sweep_setting_text(&view->sweep, member->point, setting, sizeof setting);
	if (figures.accuracy)
		snprintf(accuracy, sizeof accuracy, "%.4f +- %.4f", figures.accuracy->top1,
		         figures.accuracy->top1_standard_error);
	unsigned column = (unsigned)(10 + 14 * fronting->objective_count + 2);
	printf("  ");
	if (!is_objective(fronting, "top1")) column += (unsigned)printf("%-15s  ", accuracy);
	const char *fits = row.fits == 1 ? "" : row.fits ? " (fits: unknown)" : " (does not fit)";
	snprintf(setting + strlen(setting), sizeof setting - strlen(setting), "%s", fits);
	text_wrap(stdout, setting, column, 12, 100);
	return STATUS_OK;
}

static void print_notes(const struct fronting *fronting) {
	const struct view *view = fronting->view;
	fprintf(
	    stderr,
	    "%s: %zu points on the front of %" PRIu64 " chosen; %" PRIu64 " stored, %" PRIu64 " ok, %" PRIu64 " fit\n",
	    view->sweep.name, fronting->front.count, fronting->chosen, fronting->seen, fronting->ok, fronting->fitting);
	if (fronting->unknown)
		fprintf(stderr,
		        "%" PRIu64 " chosen points are left out: an objective is not known (accuracy not measured?)\n",
		        fronting->unknown);
	if (fronting->straddling)
		fprintf(stderr,
		        "%" PRIu64
		        " points straddle the condition within two standard errors of their accuracy; --images N "
		        "measures the front's networks on more images\n",
		        fronting->straddling);
	fprintf(stderr, "the clock of a point is an input, not derived from the design\n");
}

static enum status find_front(struct fronting *fronting, struct error *error) {
	front_clear(&fronting->front);
	fronting->front.objective_count = fronting->objective_count;
	fronting->seen = fronting->ok = fronting->fitting = fronting->chosen = fronting->unknown = 0;
	fronting->straddling = 0;
	enum status status =
	    sweep_store_each(fronting->view->store, fronting->view->sweep.name, take_point, fronting, error);
	front_sort(&fronting->front);
	return status;
}

/* Measures every distinct network of the front on `images` images; one point of each. */
static enum status measure_front(struct fronting *fronting, const struct command_arguments *arguments,
                                 struct error *error) {
	struct view *view = fronting->view;
	size_t count = 0, distinct = 0;
	uint64_t *points = malloc((fronting->front.count + 1) * sizeof *points);
	uint64_t *networks = malloc((fronting->front.count + 1) * sizeof *networks);
	enum status status =
	    points && networks ? STATUS_OK : error_set(error, STATUS_MEMORY, "out of memory for the front");
	for (; !status && count < fronting->front.count; count++) {
		struct point_row row;
		status =
		    sweep_store_point(view->store, view->sweep.name, fronting->front.members[count].point, &row, error);
		const struct sweep_accuracy *known =
		    front_accuracy(view->accuracies, view->accuracy_count, row.network);
		int is_known = known && known->image_count >= arguments->images;
		for (size_t i = 0; i < distinct; i++) is_known |= networks[i] == row.network;
		if (is_known) continue;
		networks[distinct] = row.network;
		points[distinct++] = row.point;
	}
	struct session_options options = {
	    .workers = (uint32_t)arguments->jobs, .quiet = arguments->quiet, .stop = arguments->stop, .measure = 1};
	struct session_counts counts = {0};
	struct session *session = NULL;
	if (!status && distinct) {
		status = session_attach(&session, &view->sweep, view->store, &options, &counts, error);
		if (!status)
			status = session_measure_points(session, points, distinct, (uint32_t)arguments->images, error);
		session_close(session);
	}
	free(points);
	free(networks);
	return status ? status : view_accuracies(view, error);
}

enum status command_front(const struct command_arguments *arguments, struct error *error) {
	struct view view;
	struct command_arguments filled = *arguments;
	struct fronting fronting = {.view = &view};
	enum status status = view_open(&view, &filled, arguments->images > 0, error);
	if (!status && !arguments->where && view.sweep.where[0]) {
		struct condition_names names = front_names(&view.sweep);
		status = condition_create(&view.where, view.sweep.where, "where of the sweep", &names, error);
	}
	const char *objectives = arguments->objectives ? arguments->objectives : view.sweep.objectives;
	if (!status)
		status =
		    front_objectives(&view.sweep, objectives, fronting.objectives, &fronting.objective_count, error);
	if (!status) status = find_front(&fronting, error);
	for (int round = 0; !status && arguments->images && round < 8; round++) { /* the front may move */
		status = measure_front(&fronting, arguments, error);
		if (!status) status = find_front(&fronting, error);
	}
	if (!status) print_front_head(&fronting, arguments->format == COMMAND_CSV);
	for (size_t i = 0; !status && i < fronting.front.count; i++)
		status = print_member(&fronting, &fronting.front.members[i], arguments->format == COMMAND_CSV, error);
	if (!status && !arguments->quiet) {
		fflush(stdout);
		print_notes(&fronting);
	}
	front_clear(&fronting.front);
	view_close(&view);
	return status;
}

/* ------------------------------------------------------------------------------------------------------------------ */

enum status command_sweeps(const struct command_arguments *arguments, struct error *error) {
	struct sweep_store *store;
	enum status status = sweep_store_open(&store, arguments->words.items[1], 0, error);
	if (!status) status = sweep_store_list(store, stdout, error);
	sweep_store_close(store);
	return status;
}

enum status command_figures(const struct command_arguments *arguments, struct error *error) {
	(void)arguments;
	(void)error;
	printf("%-20s %-8s %-8s %s\n", "figure", "unit", "better", "meaning");
	for (size_t i = 0; i < point_column_count; i++) {
		const struct point_column *column = &point_columns[i];
		printf("%-20s %-8s %-8s %s\n", column->name, column->type == POINT_TEXT ? "text" : column->unit,
		       column->type == POINT_TEXT ? ""
		       : column->larger_is_better ? "larger"
		                                  : "smaller",
		       column->meaning);
	}
	printf("%-20s %-8s %-8s %s\n", "top1", "1", "larger",
	       "share of images classified right, of the point's network");
	printf("%-20s %-8s %-8s %s\n", "top1_standard_error", "1", "smaller", "sqrt(p (1 - p) / images)");
	printf("%-20s %-8s %-8s %s\n", "image_count", "1", "smaller", "images it was measured on");
	printf("and every axis of the sweep by its name, in its unit\n");
	return STATUS_OK;
}
