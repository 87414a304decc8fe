/* Simulations and programs shared between points. Three keys, all compared byte for byte, never by a hash alone:
 *
 *   inputs   network (its number in this process) and every parameter that can change the program or its time, or
 * whether there is one: parameters of timing class `none` (device, technology, what buffers are made of) are left out,
 * but for the size of the program memory. A hit saves the mapping too. program  the commands, and every parameter that
 * the machine reads, times in cycles of the clock: two machines that get the same program and differ in nothing the
 * machine sees. A hit saves the run.
 *
 *   machine  network and every parameter but those that the machine alone reads (clock, memory timing, bursts, queues,
 * frames): what the mapper sees. A hit saves the mapping, and the run is looked for by its program.
 *
 * What is kept is the run's counters summed over the layers: all that estimates and a row need. Memory is bounded: a
 * place that is taken is overwritten, programs beyond a budget are not kept.
 */
#ifndef EXPLORE_SHARE_H
#define EXPLORE_SHARE_H

#include "sim/input/config.h"
#include "sim/machine/machine.h"
#include "sim/mapper/program.h"

struct share; /* opaque */

/* What a shared simulation gives. */
struct share_result {
	enum status status; /* STATUS_OK, STATUS_UNMAPPABLE (by inputs only) or STATUS_STUCK, with its sentence */
	char reason[320];
	struct machine_result machine; /* one layer, the sum of all; its arrays belong to the share */
	uint64_t binary_macs;
};

/* `budget_bytes` bounds the memory of both tables. NULL when out of memory. */
struct share *share_create(size_t budget_bytes);
void share_free(struct share *share); /* NULL is allowed */

/* The result kept for these inputs (widths resolved), or NULL. It is valid until the next share_keep_*. */
const struct share_result *share_find_inputs(struct share *share, const struct config *config, uint64_t network);
const struct share_result *share_find_program(struct share *share, const struct config *config,
                                              const struct program *program);

/* Keeps what came out; `result` may be of any number of layers and stays the caller's. share_keep_inputs is to be
 * called for every point that was not found by inputs. */
void share_keep_inputs(struct share *share, const struct config *config, uint64_t network,
                       const struct share_result *result);
void share_keep_program(struct share *share, const struct config *config, const struct program *program,
                        const struct share_result *result);

/* The program kept for this machine, or NULL; valid until the next share_keep_map. */
const struct program *share_find_map(struct share *share, const struct config *config, uint64_t network);
/* Takes the program over (it is empty then) and returns it as share_find_map does; NULL, and the program is the
 * caller's still, where there is no room. */
const struct program *share_keep_map(struct share *share, const struct config *config, uint64_t network,
                                     struct program *program);

/* Adds the layers of a result into its first one and leaves one layer. */
void share_sum_layers(struct machine_result *result);

#endif
