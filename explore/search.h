/* Strategies that look at what they found: successive refinement around a front, and NSGA-II. Both ask for points of
 * the sweep's grid through a session, so what they computed is stored, shared with every other strategy, and found
 * again when they are resumed. */
#ifndef EXPLORE_SEARCH_H
#define EXPLORE_SEARCH_H

#include "explore/session.h"

/* Runs the strategy of the sweep: grid, random, latin (session_run), refine or nsga2. */
enum status search_run(const struct sweep *sweep, struct sweep_store *store, const struct session_options *options,
                       struct session_counts *counts, struct error *error);

/* One step on each axis, both ways, from `point`: up to 2 x axes points. */
size_t search_neighbours(const struct sweep *sweep, uint64_t point, uint64_t *neighbours);

#endif
