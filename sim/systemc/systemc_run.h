/* SystemC kernel: the machine's processes as SystemC modules, its memory behind a TLM-2.0 socket.
 *
 * Gives the same machine_result as native_run, byte for byte, but for `wakes`, which counts the calls a kernel happens
 * to make: the two merge wakes differently.
 *
 * Simulated time: one clock period is a whole number of the time resolution (1 ps unless set otherwise), rounded, so
 * that cycles are exact and SystemC's nanoseconds are off by at most half a picosecond a cycle.
 *
 * SystemC elaborates once in a process: a sweep uses native_run, or a process a run. The program keeps its own main.
 */
#ifndef SIM_SYSTEMC_SYSTEMC_RUN_H
#define SIM_SYSTEMC_SYSTEMC_RUN_H

#ifdef __cplusplus
extern "C" {
#endif

#include "sim/run/native.h"

/* A memory model other than the machine's own. Defined in memory_target.h, for C++. */
struct systemc_memory;

struct systemc_options {
	struct native_options run; /* observer, shuffle seed, stop flag: as for native_run. The shuffle puts every
	                              process off by 0 to 3 delta cycles, the arbiter by 4. */
	const char *vcd_path;      /* file for vcd.h; NULL: none. Written as far as it got when the run fails. */
	const struct systemc_memory
	    *memory; /* NULL: the machine's channels. Else such a run is marked (systemc_memory_mark), its
	                channel counters stay 0 and its cycles are that model's. */
};

/* Runs the program on the machine to its end. `options` may be NULL. The result is the caller's (machine_result_clear);
 * untouched on failure.
 * STATUS_STUCK, STATUS_INTERRUPTED, STATUS_MEMORY as native_run; STATUS_IO (VCD); STATUS_FAILED: a second run in this
 * process, an error that SystemC reports, or a memory model that breaks its contract. */
enum status systemc_run(const struct config *config, const struct program *program,
                        const struct systemc_options *options, struct machine_result *result, struct error *error);

/* The same with the options of native_run only: both kernels have this type (simulation_kernel). */
enum status systemc_kernel(const struct config *config, const struct program *program,
                           const struct native_options *options, struct machine_result *result, struct error *error);

/* How a result of a run with these options is to be marked under `memory`: "machine" or "external". `options` may be
 * NULL. */
const char *systemc_memory_mark(const struct systemc_options *options);

#ifdef __cplusplus
}
#endif

#endif
