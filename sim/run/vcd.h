/* Value change dump (IEEE 1364) of what the units do: opens in GTKWave. Fed with machine events by any kernel. That of
 * a streaming machine is stream_vcd.h.
 *
 * One time step is one clock period of the machine ("1 ns" in the file, whatever the clock). A scope per unit with
 *
 *   state      3 bits  0 none: no command   1 accept: a command is accepted in this cycle   2 ask: a port request waits
 *                      3 grant: the request is granted in this cycle   4 run: the transaction goes on
 *                      5 open: a command is not complete (its pipeline drains, or memory is awaited)
 *                      where several hold: run, grant, ask, accept, open, in this order
 *   request    1 bit   a port request is made (its first cycle .. the cycle of the grant)
 *   granted    1 bit   the cycle of the grant
 *   running    1 bit   the transaction (an engine's or the post unit's command, a DMA's burst) has the ports
 *   done       1 bit   first cycle in which a command's tokens are visible
 *   command   32 bits  index in the program of the command accepted last     } x before the
 *   layer     12 bits  its layer                                             } first one
 *   port_command 32 bits  the command of the request or run; the DMAs accept a command while bursts of the one before
 * wait
 *
 * These are the transactions. The attribution (busy ... idle, PROGRAM.md section 11) is in the result, not here.
 * The same run gives the same bytes with every kernel and in every order of waking.
 */
#ifndef SIM_RUN_VCD_H
#define SIM_RUN_VCD_H

#include <stdio.h>

#include "sim/base/status.h"
#include "sim/machine/machine.h"

struct vcd; /* opaque */

/* Creates the file and writes its head. config and program must outlive it. STATUS_IO, STATUS_MEMORY; then *vcd is
 * NULL. */
enum status vcd_open(struct vcd **vcd, const char *path, const struct config *config, const struct program *program,
                     struct error *error);

/* Takes an event: hand it to a kernel as observer, with the vcd as its context. Failures are kept for vcd_close. */
void vcd_event(void *vcd, const struct machine_event *event);

/* Writes the rest up to total_cycles (0: the run failed; up to the last event), closes the file and frees *vcd, which
 * may be NULL. STATUS_IO names the file. */
enum status vcd_close(struct vcd *vcd, uint64_t total_cycles, struct error *error);

/* What every dump begins with, up to the scope of the machine; `comment` is one line about the values. */
void vcd_write_head(FILE *file, uint32_t clock_khz, const char *comment);

/* A value of so many bits as it stands in a dump in front of its signal's code: "1", "b101 ". */
void vcd_write_value(FILE *file, uint32_t bits, uint64_t value);

#endif
