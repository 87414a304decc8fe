/* --keep layers: every layer and counter of a point, stored as the run that nbsim would store for its configuration. */
#ifndef EXPLORE_KEEP_H
#define EXPLORE_KEEP_H

#include "explore/evaluate.h"
#include "explore/sweep_store.h"

/* Runs the point again, whole and with nothing shared, writes the run and gives its id. STATUS_FAILED if its cycles
 * are not those of `row`. */
enum status keep_run(struct evaluator *evaluator, const struct sweep *sweep, struct sweep_store *store,
                     const struct point_row *row, char run[RUN_ID_BYTES], struct error *error);

/* STATUS_INPUT for a sweep whose points a run cannot hold: factors on the energy table are no parameters. */
enum status keep_check(const struct sweep *sweep, struct error *error);

#endif
