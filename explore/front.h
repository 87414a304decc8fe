/* Pareto fronts: points of which no other is at least as good in every objective and better in one. */
#ifndef EXPLORE_FRONT_H
#define EXPLORE_FRONT_H

#include <stddef.h>
#include <stdint.h>

#include "explore/condition.h"
#include "explore/point.h"
#include "explore/sweep.h"
#include "explore/sweep_store.h"

enum { FRONT_OBJECTIVES_MAX = 8 };

/* An objective is a figure of the point: a column of explore/point.c, `top1`, `top1_standard_error`, `image_count`, or
 * the value of an axis that is a number. Columns say which way is better; min:NAME and max:NAME say it for any. */
struct front_objective {
	int variable; /* of the names below */
	int is_maximised;
	char name[SWEEP_AXIS_BYTES];
};

/* Figures of one point: what conditions and objectives are made of. */
struct front_figures {
	const struct sweep *sweep;
	const struct point_row *row;
	const struct sweep_accuracy *accuracy; /* NULL: not measured */
	double top1_shift;                     /* added to top1, to see who straddles a limit */
};

/* The names of figures: columns, accuracy, then the axes. `context` of the names is the sweep. */
struct condition_names front_names(const struct sweep *sweep);
struct condition_value front_value(void *figures, int variable);
/* NULL behind the last. */
const char *front_name(const struct sweep *sweep, int variable);
const char *front_unit(const struct sweep *sweep, int variable);

/* "latency_ms, max:top1, lut". STATUS_USAGE with the nearest name. */
enum status front_objectives(const struct sweep *sweep, const char *text, struct front_objective *objectives,
                             size_t *count, struct error *error);

/* Values to be minimised (negated where more is better); 0 where one is not known. */
int front_costs(struct front_figures *figures, const struct front_objective *objectives, size_t count, double *costs);

/* Whether a is at least as good as b everywhere (equal costs dominate each other). */
int front_covers(const double *a, const double *b, size_t count);

/* The front as it grows. Equal costs are both kept. */
struct front {
	size_t objective_count;
	struct front_member {
		uint64_t point;
		double costs[FRONT_OBJECTIVES_MAX];
	} * members;
	size_t count, capacity;
	int failed; /* out of memory */
};
void front_add(struct front *front, uint64_t point, const double *costs);
/* Sorts by the first objective, the second ..., then by point. */
void front_sort(struct front *front);
void front_clear(struct front *front);

/* The accuracy of a network in a list sorted by hash, or NULL. */
const struct sweep_accuracy *front_accuracy(const struct sweep_accuracy *list, size_t count, uint64_t network);

#endif
