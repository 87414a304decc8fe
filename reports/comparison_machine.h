/* The machines of a comparison: configurations by name, each read and compiled once. */
#ifndef REPORTS_COMPARISON_MACHINE_H
#define REPORTS_COMPARISON_MACHINE_H

#include "sim/input/config.h"
#include "sim/run/rows.h"

struct comparison_machines; /* opaque */

/* `beside`: path of the file that names configurations; they are looked for in its folder first, then among the shipped
 * ones. NULL when out of memory. */
struct comparison_machines *comparison_machines_create(const char *beside);
void comparison_machines_free(struct comparison_machines *machines); /* NULL is allowed */

/* Reads the configuration and what it names. STATUS_IO where it is nowhere, STATUS_INPUT where it is malformed. */
enum status comparison_machine_find(struct comparison_machines *machines, const char *name,
                                    const struct config **config, struct error *error);

/* Runs a batch natively and adds all its rows of scope run. The network is compiled as far as time needs it: shapes
 * alone where the folder has no trained parameters. The statuses of the compiler and of sim/run/simulation.h. */
enum status comparison_machine_run(struct comparison_machines *machines, const char *name, uint32_t frames,
                                   struct rows *rows, struct error *error);

#endif
