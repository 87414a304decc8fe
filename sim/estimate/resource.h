/* Resources of a machine: LUT, flip-flops, block RAM, UltraRAM and DSP of each unit, and whether the device has them.
 *
 * Every amount carries the grade of how it is known. What is counted is the machine of sim/machine/PROGRAM.md as its
 * reference RTL builds it; the formulas and the numbers fitted to its synthesis stand in resource_units.c. Left out,
 * and so not in any row: PLL, I/O, the AXI interconnect between the DMA masters and the memory controllers.
 */
#ifndef SIM_ESTIMATE_RESOURCE_H
#define SIM_ESTIMATE_RESOURCE_H

#include <stddef.h>
#include <stdint.h>

#include "sim/base/status.h"
#include "sim/estimate/memory_blocks.h"
#include "sim/input/config.h"
#include "sim/input/device.h"

/* How a figure is known, best first. A sum has the worst grade of its parts; an amount of 0 without parts, of which
 * none is built, has the first. */
enum estimate_grade {
	GRADE_SYNTHESISED, /* read off a synthesis of the RTL at this very setting */
	GRADE_FORMULA,     /* counted from the structure, or fitted to synthesised points around this setting */
	GRADE_ASSUMED,     /* a guess with a reason, or a fit outside its points */
	GRADE_MISSING      /* not known: the amount is 0 and stands for "at least" */
};
/* "synthesised", "formula", "assumed", "missing" */
extern const char *const estimate_grade_names[GRADE_MISSING + 1];

/* The order is that of enum device_resource; block RAM is counted in halves, RAMB18. */
enum resource_kind { RESOURCE_LUT, RESOURCE_FF, RESOURCE_BRAM18, RESOURCE_URAM, RESOURCE_DSP, RESOURCE_KIND_COUNT };

enum resource_unit {
	RESOURCE_BINARY_ENGINE,
	RESOURCE_FIXED_ENGINE,
	RESOURCE_POST_UNIT,
	RESOURCE_LOAD,
	RESOURCE_STORE,
	RESOURCE_SEQUENCER, /* fetch, decode, five queues, tokens */
	RESOURCE_PORTS,     /* arbiter of the buffer ports, tokens' compares, choice of the store's buffer */
	RESOURCE_PROGRAM_MEMORY,
	RESOURCE_BUFFERS,                                              /* + enum buffer_id */
	RESOURCE_MEMORY_CONTROLLERS = RESOURCE_BUFFERS + BUFFER_COUNT, /* of the device file, one a channel */
	RESOURCE_UNIT_COUNT
};

/* Iteration: names for tables and databases, in the order of the enums; "bram36" stands for RAMB18 counts / 2. */
#define RESOURCE_UNIT_NAMES                                                                                            \
	"binary_engine", "fixed_engine", "post_unit", "load", "store", "sequencer", "ports", "program_memory",         \
	    "buffer.bit_activations", "buffer.fixed_activations", "buffer.bit_weights", "buffer.fixed_weights",        \
	    "buffer.parameters", "buffer.border", "buffer.accumulators", "buffer.skip_sums", "buffer.output",          \
	    "memory_controllers"
extern const char *const resource_unit_names[RESOURCE_UNIT_COUNT];
extern const char *const resource_kind_names[RESOURCE_KIND_COUNT]; /* "lut", "ff", "bram36", "uram", "dsp" */

struct resource_amount {
	uint64_t count;
	enum estimate_grade grade;
};

struct resource_row {
	struct resource_amount amounts[RESOURCE_KIND_COUNT];
	uint64_t memory_luts; /* of the LUTs, those used as memory or shift register */
};

/* Memories made of blocks, for the energy of an access: the buffers, then the program memory and the DMA's data FIFOs.
 */
enum { MEMORY_PROGRAM = BUFFER_COUNT, MEMORY_LOAD_DATA, MEMORY_STORE_DATA, MEMORY_COUNT };

/* How fixed-point products are made for the widths of the lanes. */
struct fixed_packing {
	uint32_t products_per_dsp; /* 2: two share a block; 1; 0: see below */
	uint32_t dsps_per_product; /* >= 1 where operands are wider than the multiplier; 0: products are made in LUTs */
};

struct resources {
	struct resource_row rows[RESOURCE_UNIT_COUNT];
	struct memory_blocks memories[MEMORY_COUNT];
	struct fixed_packing packing;
	uint64_t post_products_per_value; /* DSP blocks a post unit lane uses for one value */
};

/* The amount a table prints: RAMB18 in halves of a BRAM36, all else as it is. */
double resource_units(enum resource_kind kind, uint64_t count);

/* Fills all rows. `config` is checked; while the fixed engine's widths are still auto (0), what depends on them is
 * missing. The device decides the multiplier (27 x 18 of a DSP48E2, 25 x 18 of a DSP48E1) and the memory controllers.
 */
void estimate_resources(const struct config *config, const struct device *device, struct resources *resources);

/* Fabric of one array of XNOR-popcount lanes: `lanes` accumulators, each over `bits` bits (a multiple of 6; of 48 where
 * DSP blocks are used; of 3 fused). Equal to synthesis on 34 points in LUT and DSP; FF 0 to 2 a lane high.
 * `operand_registers`: LUT lanes with a register for both operands in front, which this machine does not have (its
 * buffers are registered). */
struct lane_fabric {
	uint64_t luts, ffs, dsps;
};
struct lane_fabric resource_lane_fabric(enum config_fabric fabric, uint64_t bits, uint64_t accumulator_bits,
                                        uint64_t lanes, int operand_registers);

/* DSP blocks of one signed a x b bit product: tiles of the multiplier, of which all but the upper ones hold one bit
 * less (unsigned), the better of the two ways round. */
uint32_t resource_product_dsps(enum device_dsp dsp, uint32_t a_bits, uint32_t b_bits);

/* Packing rules of the fixed engine's lanes, for products of weight_bits x activation_bits with `columns` output
 * channels: both at most 4 bits: LUTs (a 4x4 product is not worth a block); w1 2^s + w0 and the shared activation fit
 * the multiplier, s = sum of the bits + 2 (WP486), two columns: two in a block, which on a DSP48E2 holds to 8 x 8 (and
 * 7 x 9) bits, on a DSP48E1 to 7 x 7; else the tiles of resource_product_dsps. */
struct fixed_packing resource_fixed_packing(enum device_dsp dsp, uint32_t weight_bits, uint32_t activation_bits,
                                            uint32_t columns);

enum resource_fits { FITS_NO, FITS_YES, FITS_UNKNOWN };
extern const char *const resource_fits_names[FITS_UNKNOWN + 1]; /* "no", "yes", "unknown" */

struct resource_total {
	uint64_t count;            /* RAMB18 in halves */
	uint64_t usable;           /* in the same unit: what the shell leaves, times the usable share */
	double utilisation;        /* count / usable; 0 where neither is there, infinite where only usable is 0 */
	enum estimate_grade grade; /* worst of the rows that have any, or are missing */
	int partial;               /* a row is missing: count means "at least" */
};

struct resource_fit {
	struct resource_total totals[RESOURCE_KIND_COUNT];
	enum resource_fits fits;
	enum resource_kind worst; /* highest utilisation; where fits is no, the resource that overflows most */
	uint64_t missing_units;   /* bit u: unit u is missing an amount */
	/* The unit that needs the largest share of one SLR (of its resource `slr_kind`); share above 1 means it must
	 * cross a die boundary, which costs registers and clock that are not modelled. Devices of one die: share of the
	 * device. */
	enum resource_unit slr_unit;
	enum resource_kind slr_kind;
	double slr_share;
};

/* Sums the rows and holds them against the device. fits is no where a sum is above what is usable even if rows are
 * missing, unknown where all sums are below and a row is missing, else yes. */
void estimate_fit(const struct resources *resources, const struct device *device, struct resource_fit *fit);

#endif
