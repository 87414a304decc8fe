/* Native kernel: a C event queue over the machine's processes. What sweeps use. */
#ifndef SIM_RUN_NATIVE_H
#define SIM_RUN_NATIVE_H

#include <signal.h>

#include "sim/machine/machine.h"

struct native_options {
	void *context;
	void (*event)(void *context, const struct machine_event *event); /* may be NULL */
	uint64_t shuffle_seed;             /* not 0: processes due in one cycle are woken in a random order */
	const volatile sig_atomic_t *stop; /* may be NULL; set: the run ends with STATUS_INTERRUPTED */
};

/* Runs the program on the machine to its end. `options` may be NULL. The result is the caller's (machine_result_clear).
 * STATUS_STUCK, STATUS_INTERRUPTED, STATUS_MEMORY. */
enum status native_run(const struct config *config, const struct program *program, const struct native_options *options,
                       struct machine_result *result, struct error *error);

#endif
