/* The network of a run, by the name that a configuration or a command line gives it. */
#ifndef WORKLOADS_WORKLOAD_H
#define WORKLOADS_WORKLOAD_H

#include "sim/base/status.h"
#include "sim/input/config.h"
#include "sim/input/trace.h"

/* `name` is a layer trace (.nbt), which is read; or a network folder: a path below the current folder, a bare shipped
 * name, or a path in the source tree (workloads/networks/NAME), which is found among the shipped files too. A folder is
 * compiled at the widths and with the seed of `config`; one without parameter files for its shapes alone, with seeded
 * weights (trace->has_values 0). *trace is overwritten; release it with trace_clear, also after a failure. STATUS_IO
 * where nothing of that name is found, else the statuses of trace_read and compile_network. */
enum status workload_load(const char *name, const struct config *config, struct trace *trace, struct error *error);

#endif
