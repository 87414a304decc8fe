/* Energy and average power of a run: counts of events x energy per event (technology table) + constant power x time.
 *
 * One owner per watt. Each joule is in one part of one row:
 *
 *  clock     paid in every cycle of the run, whether the machine works or waits (no clock gating is modelled):
 *            FF x clock_ff + DSP x dsp_frozen + (RAMB36 + RAMB18 / 2) x 0.03 ramb36_access + URAM x 0.03 uram_access.
 *            0.03: a block whose enable is low takes 0.2 pJ (0 to 0.7), of the 7 pJ of an access. Blocks are taken as
 * enabled only where they are accessed; without enables it would be 4.7 of 7 pJ in every cycle. toggle    paid for
 * events. Fabric: (LUT - memory LUT) x lut_active x cycles in which the unit works (its net included). binary_engine:
 * 48-bit operations issued x dsp_logic48 + valid bits / 48 x dsp_operand_nets (bits that are unused are constant, so
 * their nets do not move); with popcount = dsp one more dsp_logic48 for two PEs and step. fixed_engine: pairs of 8 x 8
 * x dsp_mac_pair_8x8, or products x dsp_mac_8x8 (to 8 x 8 bits), or products x blocks x dsp_mac_16x16. post_unit:
 * values x DSP blocks a value x dsp_mac_16x16. Fabric around a buffer works in the cycles in which the buffer is
 * accessed. memory    words read and written x what one access enables: RAMB36 x ramb36_access + RAMB18 x ramb18_access
 * + URAM x uram_access + memory LUT x lutram_access. DMA data FIFOs: two accesses a beat. Program memory: one a fetch
 * cycle. Row dram: bits read x ddr_read_bit + bits written x ddr_write_bit + activations x ddr_activate + refreshes x
 *            ddr_refresh.
 *  constant  power x time: ddr_background, ddr_phy (row memory_controllers: it owns all of the controllers, so their
 * LUTs and FF are not counted again; where the controller is hard, in a processor system, the processor's power owns
 * it), static power of the device, one clock manager, the processor system, and the shell.
 *
 * The shell's power is not in any device file: its flip-flops are taken as clocked at the machine's clock and its logic
 * as idle (assumed; a PCIe link adds 0.5 to 3.4 W that is not here). Not counted: shift registers beside their unit's
 * clock, write energy other than read energy, glitches beyond what the technology rows hold, regulators (about 9 %),
 * fan. Sources: the technology table names one for each row.
 */
#ifndef SIM_ESTIMATE_ENERGY_H
#define SIM_ESTIMATE_ENERGY_H

#include <stddef.h>
#include <stdint.h>

#include "sim/base/status.h"
#include "sim/estimate/resource.h"
#include "sim/input/technology.h"

/* Units with an activity of their own: enum resource_unit up to the sequencer. */
enum { ENERGY_ACTIVE_UNITS = RESOURCE_SEQUENCER + 1 };

/* What happened in a run, all frames together. Filled by the caller from the machine's counters. */
struct energy_activity {
	uint64_t total_cycles;
	uint64_t frames;
	uint64_t busy_cycles[ENERGY_ACTIVE_UNITS]; /* cycles in which the unit works: busy + fill_drain; sequencer:
	                                              fetches */
	uint64_t binary_issued_bits;               /* 1-bit multiply-accumulates issued */
	uint64_t binary_valid_bits;                /* of these, those the network needs; at most issued */
	uint64_t fixed_issued_macs;
	uint64_t post_issued_values;
	uint64_t buffer_reads[BUFFER_COUNT], buffer_writes[BUFFER_COUNT]; /* words */
	uint64_t ddr_read_bytes, ddr_write_bytes;
	uint64_t row_activations; /* row opens and conflicts, all channels and banks */
	uint64_t refreshes;
};

/* Rows: the units of enum resource_unit, then what belongs to no unit. */
enum energy_unit {
	ENERGY_DRAM = RESOURCE_UNIT_COUNT, /* memory devices, outside the FPGA */
	ENERGY_DEVICE_STATIC,
	ENERGY_SHELL,
	ENERGY_CLOCK_MANAGER,
	ENERGY_PROCESSOR,
	ENERGY_UNIT_COUNT
};

/* Energies of the whole run, but for energy_uj, which is for one frame. The grade is the worst of the counts and of the
 * technology rows that the part uses: stated and inferred rows count as formula, the others as assumed. */
struct energy_row {
	double clock_pj, toggle_pj, memory_pj, constant_pj;
	enum estimate_grade clock_grade, toggle_grade, memory_grade, constant_grade;
	double power_w;   /* all parts over the run's time */
	double energy_uj; /* all parts, for one frame */
	double energy_low_uj,
	    energy_high_uj;        /* with every technology row (and static power) at its low and at its high */
	enum estimate_grade grade; /* worst of the four */
};

struct energy {
	struct energy_row rows[ENERGY_UNIT_COUNT];
	struct energy_row fpga;  /* all rows but dram and processor */
	struct energy_row total; /* all rows */
	double time_s;           /* of the run */
	int partial;             /* a unit's energy is missing: sums mean "at least" */
	uint64_t missing_units;  /* bit u: row u is missing a part */
};

/* Iteration: names of the rows, and the real-valued members of a row. */
extern const char
    *const energy_unit_names[ENERGY_UNIT_COUNT]; /* resource_unit_names, then "dram", "device_static", ... */
struct energy_column {
	const char *name, *unit; /* "clock_pj", "pJ" */
	size_t offset;           /* of a double in struct energy_row */
};
extern const struct energy_column energy_columns[];
extern const size_t energy_column_count;

/* Fills `energy`. `resources` are those of `config` on `device`. STATUS_FAILED when the activity contradicts itself (no
 * cycle, no frame, a unit busy for longer than the run, more valid than issued bits), with the member's name. */
enum status estimate_energy(const struct config *config, const struct resources *resources,
                            const struct technology *technology, const struct device *device,
                            const struct energy_activity *activity, struct energy *energy, struct error *error);

#endif
