/* See search.h.
 *
 * Refinement: a first round of `count` random points; then, round after round, every point one step (one axis, one
 * choice) from the front of all points so far, until nothing is new or `rounds` are over. NSGA-II: a generation is one
 * batch. Points that are no result, or that the condition `where` refuses, cost the most and are never on the front.
 */
#include "explore/search.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "explore/front.h"
#include "explore/nsga2.h"

static const double worst_cost = 1e30;

struct search {
	const struct sweep *sweep;
	struct sweep_store *store;
	struct session *session;
	struct front_objective objectives[FRONT_OBJECTIVES_MAX];
	size_t objective_count;
	struct condition *where; /* may be NULL */
	struct sweep_accuracy *accuracies;
	size_t accuracy_count;
	struct front front;
};

size_t search_neighbours(const struct sweep *sweep, uint64_t point, uint64_t *neighbours) {
	uint32_t choices[SWEEP_AXES_MAX];
	size_t count = 0;
	sweep_choices(sweep, point, choices);
	for (uint32_t a = 0; a < sweep->axis_count; a++) {
		uint32_t here = choices[a];
		for (int step = -1; step <= 1; step += 2) {
			if ((step < 0 && here == 0) || (step > 0 && here + 1 == sweep->axes[a].count)) continue;
			choices[a] = step < 0 ? here - 1 : here + 1;
			neighbours[count++] = sweep_point(sweep, choices);
		}
		choices[a] = here;
	}
	return count;
}

static enum status load_accuracies(struct search *search, struct error *error) {
	free(search->accuracies);
	search->accuracies = NULL;
	return sweep_store_accuracies(search->store, search->sweep->name, &search->accuracies, &search->accuracy_count,
	                              error);
}

/* 0 where the point does not count. */
static int find_costs(struct search *search, const struct point_row *row, double *costs) {
	struct front_figures figures = {search->sweep, row,
	                                front_accuracy(search->accuracies, search->accuracy_count, row->network), 0};
	if (row->status != POINT_OK) return 0;
	if (search->where && !condition_holds(search->where, front_value, &figures)) return 0;
	return front_costs(&figures, search->objectives, search->objective_count, costs);
}

/* Computes points and what their accuracy needs. */
static enum status compute(struct search *search, const uint64_t *points, size_t count, struct error *error) {
	enum status status = session_points(search->session, points, count, error);
	if (!status) status = session_measure(search->session, error);
	return status ? status : load_accuracies(search, error);
}

/* --- refinement --------------------------------------------------------------------------------------------------- */

static enum status take_front(void *context, const struct point_row *row, struct error *error) {
	struct search *search = context;
	double costs[FRONT_OBJECTIVES_MAX];
	if (find_costs(search, row, costs)) front_add(&search->front, row->point, costs);
	return search->front.failed ? error_set(error, STATUS_MEMORY, "out of memory for the front") : STATUS_OK;
}

static int compare_points(const void *a, const void *b) {
	uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
	return left < right ? -1 : left > right;
}

/* The neighbours of the front, sorted, each once; free *points. */
static enum status front_neighbours(const struct search *search, uint64_t **points, size_t *count,
                                    struct error *error) {
	size_t found = 0, kept = 0, most = search->front.count * 2 * SWEEP_AXES_MAX + 1;
	uint64_t *list = malloc(most * sizeof *list);
	if (!list) return error_set(error, STATUS_MEMORY, "out of memory for the search");
	for (size_t i = 0; i < search->front.count; i++)
		found += search_neighbours(search->sweep, search->front.members[i].point, list + found);
	qsort(list, found, sizeof *list, compare_points);
	for (size_t i = 0; i < found; i++)
		if (!kept || list[kept - 1] != list[i]) list[kept++] = list[i];
	*points = list;
	*count = kept;
	return STATUS_OK;
}

static enum status refine(struct search *search, struct session_counts *counts, struct error *error) {
	enum status status = session_walk(search->session, error);
	if (!status) status = session_measure(search->session, error);
	if (!status) status = load_accuracies(search, error);
	for (uint32_t round = 0; !status && round < search->sweep->rounds; round++) {
		uint64_t *points = NULL;
		size_t count = 0, front_count = search->front.count;
		front_clear(&search->front);
		search->front.objective_count = search->objective_count;
		status = sweep_store_each(search->store, search->sweep->name, take_front, search, error);
		if (!status) status = front_neighbours(search, &points, &count, error);
		uint64_t computed = counts->points;
		if (!status) status = compute(search, points, count, error);
		free(points);
		if (counts->points == computed && front_count == search->front.count) break; /* nothing new around it */
	}
	return status;
}

/* --- NSGA-II ------------------------------------------------------------------------------------------------------ */

static enum status evaluate(void *context, const uint32_t *choices, size_t count, double *costs, struct error *error) {
	struct search *search = context;
	size_t axes = search->sweep->axis_count, objectives = search->objective_count;
	uint64_t *points = malloc(2 * (count ? count : 1) * sizeof *points), *sorted = points + count;
	if (!points) return error_set(error, STATUS_MEMORY, "out of memory for the search");
	size_t kept = 0;
	for (size_t i = 0; i < count; i++) points[i] = sorted[i] = sweep_point(search->sweep, choices + i * axes);
	qsort(sorted, count, sizeof *sorted, compare_points);
	for (size_t i = 0; i < count; i++)
		if (!kept || sorted[kept - 1] != sorted[i]) sorted[kept++] = sorted[i];
	enum status status = compute(search, sorted, kept, error);
	for (size_t i = 0; !status && i < count; i++) {
		struct point_row row = {.status = POINT_INVALID};
		struct error missing; /* a point that the constraints exclude has no row */
		if (sweep_store_point(search->store, search->sweep->name, points[i], &row, &missing) ||
		    !find_costs(search, &row, costs + i * objectives))
			for (size_t o = 0; o < objectives; o++) costs[i * objectives + o] = worst_cost;
	}
	free(points);
	return status;
}

static enum status evolve(struct search *search, struct error *error) {
	uint32_t counts[SWEEP_AXES_MAX];
	for (uint32_t a = 0; a < search->sweep->axis_count; a++) counts[a] = search->sweep->axes[a].count;
	if (search->objective_count < 2)
		return error_set(error, STATUS_INPUT, "%s: NSGA-II needs two objectives or more", search->sweep->place);
	struct nsga2_problem problem = {.axes = search->sweep->axis_count,
	                                .objectives = (uint32_t)search->objective_count,
	                                .counts = counts,
	                                .population = search->sweep->population / 4 * 4,
	                                .generations = search->sweep->generations,
	                                .seed = search->sweep->seed,
	                                .context = search,
	                                .evaluate = evaluate};
	return nsga2_search(&problem, error);
}

/* ------------------------------------------------------------------------------------------------------------------ */

static enum status prepare(struct search *search, struct error *error) {
	const struct sweep *sweep = search->sweep;
	struct condition_names names = front_names(sweep);
	struct error why = {""};
	if (front_objectives(sweep, sweep->objectives, search->objectives, &search->objective_count, &why))
		return error_set(error, STATUS_INPUT, "%s: [search] objectives: %.800s", sweep->place, why.text);
	search->front.objective_count = search->objective_count;
	if (!sweep->where[0]) return STATUS_OK;
	char place[SWEEP_TEXT_BYTES + 32];
	snprintf(place, sizeof place, "%s: [search] where", sweep->place);
	return condition_create(&search->where, sweep->where, place, &names, error);
}

static double now_s(void) {
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

enum status search_run(const struct sweep *sweep, struct sweep_store *store, const struct session_options *options,
                       struct session_counts *counts, struct error *error) {
	struct search search = {.sweep = sweep, .store = store};
	double begun_s = now_s();
	memset(counts, 0, sizeof *counts);
	enum status status = prepare(&search, error);
	if (!status && sweep->strategy != SWEEP_REFINE && sweep->strategy != SWEEP_NSGA2) {
		status = session_run(sweep, store, options, counts, error);
	} else if (!status) {
		status = session_open(&search.session, sweep, store, options, counts, error);
		if (!status)
			status =
			    sweep->strategy == SWEEP_REFINE ? refine(&search, counts, error) : evolve(&search, error);
		counts->wall_s = now_s() - begun_s;
		if (!status)
			status = sweep_store_put_host(store, sweep->name, options->workers, counts->wall_s,
			                              counts->points, counts->mapped, counts->simulated, error);
	}
	session_close(search.session);
	condition_free(search.where);
	front_clear(&search.front);
	free(search.accuracies);
	return status;
}
