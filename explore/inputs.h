/* What a configuration names: compiled network, device, technology. Each is read or compiled once and kept.
 *
 * A network is compiled once per distinct set of [compile] parameters, seed and workload and kept without its values,
 * which time does not depend on.
 */
#ifndef EXPLORE_INPUTS_H
#define EXPLORE_INPUTS_H

#include <stdint.h>

#include "explore/sweep.h"
#include "sim/input/trace.h"
#include "sim/run/simulation.h"

struct inputs; /* opaque */

/* The network of a configuration. */
struct inputs_network {
	uint64_t number; /* of this compilation in this process: no other has it; 0: the network is not known */
	uint64_t hash;   /* inputs_network_hash */
};

/* The sweep must outlive it. NULL when out of memory. */
struct inputs *inputs_create(const struct sweep *sweep);
void inputs_free(struct inputs *inputs); /* NULL is allowed */

/* Checks the configuration, then sets trace, device and technology of an empty simulation (with the technology factors
 * of `point`); they are kept here and valid until the next call. The order of failures is that of nbsim: rules of the
 * configuration, network, device, technology. *network is filled where it is found, whatever fails after it. */
enum status inputs_find(struct inputs *inputs, uint64_t point, const struct config *config,
                        struct simulation *simulation, struct inputs_network *network, struct error *error);

/* Networks compiled so far. */
uint64_t inputs_compiled(const struct inputs *inputs);

/* Hash of what the points depend on beside the sweep: every device, technology and network that its axes and base name
 * (networks as compiled at the base's widths). STATUS_INPUT, STATUS_IO where one cannot be read. */
enum status inputs_fingerprint(const struct sweep *sweep, uint64_t *fingerprint, struct error *error);

/* Hash (FNV-1a, its lower 63 bits, which SQLite can hold) of a network: layers, maps, tensors and their values. */
uint64_t inputs_network_hash(const struct trace *trace);

#endif
