/* Points of a sweep, read for a figure: chosen figures of those that are ok and fulfil a condition.
 *
 * A figure of a point is what explore/front.h names (columns, accuracy, axes) and, beyond that, any parameter of the
 * configuration with the value the point has (axes, ties, base).
 */
#ifndef REPORTS_SWEEP_POINTS_H
#define REPORTS_SWEEP_POINTS_H

#include <stdint.h>

#include "explore/front.h"
#include "explore/sweep.h"

enum { SWEEP_POINTS_VALUES_MAX = 4, SWEEP_POINTS_TEXT_BYTES = 32 };

struct sweep_points; /* opaque */

/* A value: a number (NAN where it is a word, or not known) and the word, or the number as the sweep writes it. */
struct sweep_point_value {
	double number;
	char text[SWEEP_POINTS_TEXT_BYTES];
};

/* One point. `values` are the asked ones; dominated comparisons and accuracies are the caller's. */
struct sweep_point {
	uint64_t point;
	uint64_t network;
	int64_t fits;                     /* 0, 1, -1: unknown */
	uint32_t image_count;             /* of its accuracy; 0: not measured */
	double top1, top1_standard_error; /* NAN: not measured */
	int is_straddling; /* two standard errors of its accuracy more or less decide whether the condition holds */
	struct sweep_point_value values[SWEEP_POINTS_VALUES_MAX];
};

struct sweep_points_counts {
	uint64_t stored, ok, chosen;
	uint64_t straddling; /* of all ok ones */
};

/* `name` NULL: the only sweep. STATUS_IO, STATUS_INPUT as sweep_store_load. sweep_points_close in every case (NULL is
 * allowed). */
enum status sweep_points_open(struct sweep_points **points, const char *db, const char *name, struct error *error);
void sweep_points_close(struct sweep_points *points);

/* Lives as long as the points. */
const struct sweep *sweep_points_sweep(const struct sweep_points *points);

/* The number of a figure, for sweep_points_each. `option` ("--x") begins the message. STATUS_USAGE with the nearest. */
enum status sweep_points_variable(const struct sweep_points *points, const char *name, const char *option,
                                  int *variable, struct error *error);
/* Its unit, "1" for a count or fraction. */
const char *sweep_points_unit(const struct sweep_points *points, int variable);

/* Different values a parameter takes among the stored points' axes: 1 if it is no axis. */
uint32_t sweep_points_axis_values(const struct sweep_points *points, const char *name);

/* Calls `take` for every point that is ok and fulfils `where` (NULL: all), in order. STATUS_USAGE for a condition that
 * cannot be read. */
enum status sweep_points_each(struct sweep_points *points, const char *where, const int *variables, size_t count,
                              enum status (*take)(void *context, const struct sweep_point *point, struct error *error),
                              void *context, struct sweep_points_counts *counts, struct error *error);

#endif
