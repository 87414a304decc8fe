/* One point: configuration, compiled network, program or pipeline, cycles, estimates, row. What a worker process holds.
 */
#ifndef EXPLORE_EVALUATE_H
#define EXPLORE_EVALUATE_H

#include <stdint.h>

#include "explore/point.h"
#include "explore/sweep.h"
#include "sim/run/simulation.h"

struct evaluator; /* opaque */

struct evaluator_counts {
	uint64_t points;        /* evaluated */
	uint64_t shared_inputs; /* of these, neither mapped nor run: found by their inputs */
	uint64_t shared_maps; /* not mapped: the program of another machine that the mapper cannot tell from this one */
	uint64_t shared_programs; /* not run: found by their program, or their pipeline */
	uint64_t compiled;        /* networks compiled */
};

/* The sweep must outlive it. `share_bytes` bounds what is kept of simulations for points that share them; 0: every
 * point is mapped and run. NULL when out of memory. */
struct evaluator *evaluator_create(const struct sweep *sweep, size_t share_bytes);
void evaluator_free(struct evaluator *evaluator); /* NULL is allowed */

/* Fills the row of a point. Whatever goes wrong is in the row. */
void evaluator_point(struct evaluator *evaluator, uint64_t point, struct point_row *row);

/* The same for a configuration of the caller's (with the technology factors of `point`). */
void evaluator_config(struct evaluator *evaluator, uint64_t point, const struct config *config, struct point_row *row);

/* Fills trace, device and technology of an empty simulation with what the configuration names; they are the evaluator's
 * until its next call. */
enum status evaluator_inputs(struct evaluator *evaluator, uint64_t point, const struct config *config,
                             struct simulation *simulation, struct error *error);

/* Maps, runs and estimates a configuration in full, nothing shared: all layers and counters. simulation_clear; what it
 * refers to (trace, device, technology) is the evaluator's until its next call. STATUS_FAILED ... as evaluator_point
 * puts into a row. */
enum status evaluator_simulate(struct evaluator *evaluator, uint64_t point, const struct config *config,
                               struct simulation *simulation, struct error *error);

const struct evaluator_counts *evaluator_count(const struct evaluator *evaluator);

#endif
