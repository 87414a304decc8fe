/* The network that nbsim runs. */
#ifndef SIM_NBSIM_WORKLOAD_H
#define SIM_NBSIM_WORKLOAD_H

#include "sim/base/status.h"
#include "sim/input/config.h"
#include "sim/input/trace.h"

/* `name`: a layer trace (.nbt); or a network folder, found below the current folder, by a bare shipped name, or by its
 * path in the source tree among the shipped files, which is compiled at the widths of `config`. A folder without
 * parameters is compiled for its shapes alone (trace->has_values 0). Release with trace_clear, also after a failure. */
enum status nbsim_load_workload(const char *name, const struct config *config, struct trace *trace,
                                struct error *error);

#endif
