/* The machines of a comparison: configurations by name, each read and compiled once. */
#ifndef REPORTS_COMPARISON_MACHINE_H
#define REPORTS_COMPARISON_MACHINE_H

#include <signal.h>

#include "sim/input/config.h"
#include "sim/run/rows.h"

struct comparison_machines; /* opaque */

/* How a long comparison is watched; all of it may be NULL. */
struct comparison_watch {
	const volatile sig_atomic_t *stop; /* not 0: STATUS_INTERRUPTED, soon */
	void *context;
	void (*progress)(void *context, uint32_t done, uint32_t count); /* after each row */
};

/* `beside`: path of the file that names configurations; they are looked for in its folder first, then among the shipped
 * ones. `stop` may be NULL: looked at while machines run. NULL when out of memory. */
struct comparison_machines *comparison_machines_create(const char *beside, const volatile sig_atomic_t *stop);
void comparison_machines_free(struct comparison_machines *machines); /* NULL is allowed */

/* Reads the configuration and what it names. STATUS_IO where it is nowhere, STATUS_INPUT where it is malformed. */
enum status comparison_machine_find(struct comparison_machines *machines, const char *name,
                                    const struct config **config, struct error *error);

/* Cycles of a batch, from the start to the last word or write response, run natively. The network is compiled as far as
 * time needs it: shapes alone where the folder has no trained parameters. The statuses of the compiler and of
 * sim/run/simulation.h. */
enum status comparison_machine_time(struct comparison_machines *machines, const char *name, uint32_t frames,
                                    uint64_t *total_cycles, struct error *error);

/* All rows of a run of one frame: resources, latency, steady state ... */
enum status comparison_machine_rows(struct comparison_machines *machines, const char *name, struct rows *rows,
                                    struct error *error);

#endif
