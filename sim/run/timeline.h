/* Timeline of a run as trace-event JSON, for Perfetto (ui.perfetto.dev) and chrome://tracing. Fed with machine events
 * by any kernel.
 *
 * One cycle is shown as one microsecond. Each unit is a process of the view, with these tracks:
 *
 *   port      complete events (ph X): `run`, a transaction that has its ports, and `port wait`, from the first cycle of
 *             a request to the cycle of its grant
 *   commands  one complete event a command, from its acceptance to the cycle in which its tokens are visible; where the
 *             commands of a unit overlap (a pipeline drains, bursts are under way), on as many tracks as it takes
 *
 * All carry args command, layer and cycles. Counters (ph C) of the process `machine`: `running_units`, and
 * `ddr_read_bytes` and `ddr_written_bytes`, which grow when a LOAD or STORE completes. otherData states clock, unit and
 * program size. The same run gives the same bytes with every kernel and in every order of waking.
 */
#ifndef SIM_RUN_TIMELINE_H
#define SIM_RUN_TIMELINE_H

#include "sim/base/status.h"
#include "sim/machine/machine.h"

struct timeline; /* opaque */

/* Creates the file and writes its head. config and program must outlive it. STATUS_IO, STATUS_MEMORY; then *timeline is
 * NULL. */
enum status timeline_open(struct timeline **timeline, const char *path, const struct config *config,
                          const struct program *program, struct error *error);

/* Takes an event: hand it to a kernel as observer, with the timeline as its context. Failures are kept for
 * timeline_close. */
void timeline_event(void *timeline, const struct machine_event *event);

/* Completes the JSON (also of a run that failed: total_cycles 0), closes the file and frees timeline, which may be
 * NULL. STATUS_IO names the file. */
enum status timeline_close(struct timeline *timeline, uint64_t total_cycles, struct error *error);

#endif
