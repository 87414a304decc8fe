/* See front.h. The front is a plain list: a new point is compared with every member. For the fronts at hand (a few
 * hundred of a hundred thousand points) that is a second's work at most. */
#include "explore/front.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Figures beside the columns, before the axes. */
enum extra { EXTRA_POINT, EXTRA_TOP1, EXTRA_TOP1_ERROR, EXTRA_IMAGES, EXTRA_COUNT };
static const char *const extra_names[EXTRA_COUNT] = {"point", "top1", "top1_standard_error", "image_count"};

static const char *name_of(const void *context, int variable) {
	const struct sweep *sweep = context;
	size_t index = (size_t)variable;
	if (index < point_column_count) return point_columns[index].name;
	index -= point_column_count;
	if (index < EXTRA_COUNT) return extra_names[index];
	index -= EXTRA_COUNT;
	return index < sweep->axis_count ? sweep->axes[index].name : NULL;
}

static int write_name(const void *context, int variable, char *text, size_t bytes) {
	const char *name = name_of(context, variable);
	if (name) snprintf(text, bytes, "%s", name);
	return name != NULL;
}

static int find(const void *context, const char *name) {
	const char *known;
	for (int i = 0; (known = name_of(context, i)); i++)
		if (!strcmp(known, name)) return i;
	return -1;
}

struct condition_names front_names(const struct sweep *sweep) {
	return (struct condition_names){sweep, find, write_name};
}

const char *front_name(const struct sweep *sweep, int variable) {
	return name_of(sweep, variable);
}

const char *front_unit(const struct sweep *sweep, int variable) {
	size_t index = (size_t)variable;
	if (index < point_column_count) return point_columns[index].unit;
	index -= point_column_count;
	if (index < EXTRA_COUNT) return "1";
	const struct sweep_axis *axis = &sweep->axes[index - EXTRA_COUNT];
	return axis->parameter ? axis->parameter->unit : "1";
}

static struct condition_value number(double value) {
	return (struct condition_value){value, NULL};
}

static struct condition_value extra_value(const struct front_figures *figures, enum extra extra) {
	const struct sweep_accuracy *accuracy = figures->accuracy;
	if (extra == EXTRA_POINT) return number((double)figures->row->point);
	if (!accuracy) return number(NAN);
	if (extra == EXTRA_TOP1) return number(accuracy->top1 + figures->top1_shift * accuracy->top1_standard_error);
	if (extra == EXTRA_TOP1_ERROR) return number(accuracy->top1_standard_error);
	return number(accuracy->image_count);
}

struct condition_value front_value(void *context, int variable) {
	const struct front_figures *figures = context;
	const struct point_row *row = figures->row;
	size_t index = (size_t)variable;
	if (index >= point_column_count && index < point_column_count + EXTRA_COUNT)
		return extra_value(figures, (enum extra)(index - point_column_count));
	if (index >= point_column_count) {
		uint32_t choices[SWEEP_AXES_MAX];
		size_t a = index - point_column_count - EXTRA_COUNT;
		sweep_choices(figures->sweep, row->point, choices);
		const struct sweep_value *value = &figures->sweep->axes[a].values[choices[a]];
		return isnan(value->number) ? (struct condition_value){NAN, value->text} : number(value->number);
	}
	const struct point_column *column = &point_columns[index];
	const void *member = (const char *)row + column->offset;
	if (row->status != POINT_OK) return number(NAN);
	switch (column->type) {
	case POINT_UNSIGNED: return number((double)*(const uint64_t *)member);
	case POINT_REAL: return number(*(const double *)member);
	case POINT_FITS: {
		int64_t fits = *(const int64_t *)member;
		return number(fits < 0 ? NAN : (double)fits);
	}
	case POINT_TEXT: break;
	}
	return (struct condition_value){NAN, member};
}

static enum status add_objective(const struct sweep *sweep, char *word, struct front_objective *objective,
                                 struct error *error) {
	int is_forced = !strncmp(word, "min:", 4) || !strncmp(word, "max:", 4);
	const char *name = is_forced ? word + 4 : word;
	objective->variable = find(sweep, name);
	if (objective->variable < 0) {
		struct condition_names names = front_names(sweep);
		char best[SWEEP_AXIS_BYTES];
		int is_near = condition_nearest(&names, name, best, sizeof best);
		return error_set(error, STATUS_USAGE, "objective '%.80s' is not known%s%s%s", name,
		                 is_near ? "; the nearest is '" : "; nbexplore figures lists them", is_near ? best : "",
		                 is_near ? "'" : "");
	}
	size_t index = (size_t)objective->variable;
	snprintf(objective->name, sizeof objective->name, "%s", name);
	objective->is_maximised = word[0] == 'm' && is_forced  ? word[1] == 'a'
	                          : index < point_column_count ? point_columns[index].larger_is_better
	                                                       : index == point_column_count + EXTRA_TOP1;
	if (index < point_column_count && point_columns[index].type == POINT_TEXT)
		return error_set(error, STATUS_USAGE, "objective '%.80s' is a word; expected a number", name);
	return STATUS_OK;
}

enum status front_objectives(const struct sweep *sweep, const char *text, struct front_objective *objectives,
                             size_t *count, struct error *error) {
	char copy[SWEEP_TEXT_BYTES], *rest = NULL;
	enum status status = STATUS_OK;
	*count = 0;
	if (strlen(text) >= sizeof copy) return error_set(error, STATUS_USAGE, "the list of objectives is too long");
	snprintf(copy, sizeof copy, "%s", text);
	for (char *word = strtok_r(copy, ", ", &rest); word && !status; word = strtok_r(NULL, ", ", &rest)) {
		if (*count == FRONT_OBJECTIVES_MAX)
			return error_set(error, STATUS_USAGE, "more than %d objectives", FRONT_OBJECTIVES_MAX);
		status = add_objective(sweep, word, &objectives[(*count)++], error);
	}
	if (!status && !*count)
		return error_set(error, STATUS_USAGE, "no objective; expected, say, latency_ms,power_w");
	return status;
}

int front_costs(struct front_figures *figures, const struct front_objective *objectives, size_t count, double *costs) {
	for (size_t i = 0; i < count; i++) {
		double value = front_value(figures, objectives[i].variable).number;
		if (isnan(value)) return 0;
		costs[i] = objectives[i].is_maximised ? -value : value;
	}
	return 1;
}

int front_covers(const double *a, const double *b, size_t count) {
	for (size_t i = 0; i < count; i++)
		if (a[i] > b[i]) return 0;
	return 1;
}

static int is_equal(const double *a, const double *b, size_t count) {
	return front_covers(a, b, count) && front_covers(b, a, count);
}

void front_add(struct front *front, uint64_t point, const double *costs) {
	size_t kept = 0, count = front->objective_count;
	for (size_t i = 0; i < front->count; i++)
		if (front_covers(front->members[i].costs, costs, count) &&
		    !is_equal(front->members[i].costs, costs, count))
			return;
	for (size_t i = 0; i < front->count; i++)
		if (!front_covers(costs, front->members[i].costs, count) ||
		    is_equal(front->members[i].costs, costs, count))
			front->members[kept++] = front->members[i];
	front->count = kept;
	if (front->count == front->capacity) {
		size_t capacity = front->capacity ? 2 * front->capacity : 64;
		struct front_member *members = realloc(front->members, capacity * sizeof *members);
		if (!members) {
			front->failed = 1;
			return;
		}
		front->members = members;
		front->capacity = capacity;
	}
	struct front_member *member = &front->members[front->count++];
	memset(member, 0, sizeof *member);
	member->point = point;
	memcpy(member->costs, costs, count * sizeof *costs);
}

static int compare(const void *left, const void *right) {
	const struct front_member *a = left, *b = right;
	for (size_t i = 0; i < FRONT_OBJECTIVES_MAX; i++) {
		if (a->costs[i] < b->costs[i]) return -1;
		if (a->costs[i] > b->costs[i]) return 1;
	}
	return a->point < b->point ? -1 : a->point > b->point;
}

void front_sort(struct front *front) {
	if (front->count) qsort(front->members, front->count, sizeof *front->members, compare);
}

void front_clear(struct front *front) {
	free(front->members);
	memset(front, 0, sizeof *front);
}

const struct sweep_accuracy *front_accuracy(const struct sweep_accuracy *list, size_t count, uint64_t network) {
	size_t low = 0, high = count;
	while (low < high) {
		size_t middle = (low + high) / 2;
		if (list[middle].network < network)
			low = middle + 1;
		else
			high = middle;
	}
	return low < count && list[low].network == network ? &list[low] : NULL;
}
