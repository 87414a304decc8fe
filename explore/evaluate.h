/* One point: configuration, compiled network, program or pipeline, cycles, estimates, row. What a worker process holds.
 *
 * A network is compiled once per distinct set of [compile] parameters and workload and kept without its values, which
 * time does not depend on. Devices and technologies are read once.
 */
#ifndef EXPLORE_EVALUATE_H
#define EXPLORE_EVALUATE_H

#include <stdint.h>

#include "explore/point.h"
#include "explore/sweep.h"
#include "sim/input/trace.h"
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

/* Hash of what the points depend on beside the sweep: every device, technology and network that its axes and base name
 * (networks as compiled at the base's widths). STATUS_INPUT, STATUS_IO where one cannot be read. */
enum status evaluator_fingerprint(const struct sweep *sweep, uint64_t *fingerprint, struct error *error);

/* Hash (FNV-1a, its lower 63 bits, which SQLite can hold) of a network: layers, maps, tensors and their values. */
uint64_t evaluator_network_hash(const struct trace *trace);

/* The network of a configuration, compiled with its values (.nbt: read; without parameter files: with seeded weights,
 * and has_values 0). trace_clear. */
enum status evaluator_compile(const struct config *config, struct trace *trace, struct error *error);

#endif
