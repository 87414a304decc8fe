/* Shipped networks by name and settings by text, for the tests of pipelines. Both fail the test where they do not work.
 */
#ifndef TESTS_UNIT_SHIPPED_NETWORK_H
#define TESTS_UNIT_SHIPPED_NETWORK_H

#include "sim/input/config.h"
#include "sim/input/trace.h"

/* SECTION.KEY=VALUE */
void shipped_set(struct config *config, const char *assignment);

/* Compiles shapes alone; release with trace_clear. */
void shipped_trace(const char *name, struct trace *trace);

#endif
