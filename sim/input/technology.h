/* Energy tables (configs/tech/NAME.ini): energy per event and power of what is always on, each with its range, its
 * grade and its source.
 *
 * One owner per watt, as in Vivado's power report: clock tree, LUT logic with its net, DSP, nets of the DSP operands,
 * block RAM, memory. The rows do not overlap.
 */
#ifndef SIM_INPUT_TECHNOLOGY_H
#define SIM_INPUT_TECHNOLOGY_H

#include <stdint.h>

#include "sim/base/status.h"

enum { TECHNOLOGY_NAME_BYTES = 64, TECHNOLOGY_SOURCE_BYTES = 400 };

enum technology_event {
	TECHNOLOGY_CLOCK_FF,         /* pJ per flip-flop and clocked cycle: clock tree and clock pin */
	TECHNOLOGY_LUT_ACTIVE,       /* pJ per LUT and cycle in which its unit works: logic and its net */
	TECHNOLOGY_LUTRAM_ACCESS,    /* pJ per LUT used as memory and access */
	TECHNOLOGY_DSP_FROZEN,       /* pJ per DSP block and clocked cycle, inputs frozen */
	TECHNOLOGY_DSP_LOGIC48,      /* pJ per 48-bit bitwise operation, beside dsp_frozen */
	TECHNOLOGY_DSP_OPERAND_NETS, /* pJ per 48-bit operation: the 144 nets around the block */
	TECHNOLOGY_DSP_MAC_8X8,      /* pJ per multiply-accumulate, beside dsp_frozen */
	TECHNOLOGY_DSP_MAC_16X16,    /* the same for 16 x 16 bit (and 8 x 16) */
	TECHNOLOGY_DSP_MAC_PAIR_8X8, /* pJ per two packed 8 x 8 multiply-accumulates */
	TECHNOLOGY_RAMB36_ACCESS,    /* pJ per enabled access of a RAMB36, 72 bits */
	TECHNOLOGY_RAMB18_ACCESS,    /* pJ per enabled access of a RAMB18, 36 bits */
	TECHNOLOGY_URAM_ACCESS,      /* pJ per enabled access of a URAM288, 72 bits */
	TECHNOLOGY_DDR_READ_BIT,     /* pJ per bit read: core and I/O, without activates */
	TECHNOLOGY_DDR_WRITE_BIT,    /* pJ per bit written */
	TECHNOLOGY_DDR_ACTIVATE,     /* pJ per activate and precharge of a row of the whole rank */
	TECHNOLOGY_DDR_REFRESH,      /* pJ per refresh command of the whole rank */
	TECHNOLOGY_DDR_BACKGROUND,   /* W per channel */
	TECHNOLOGY_DDR_PHY,          /* W per channel: PHY and controller in the FPGA */
	TECHNOLOGY_MMCM,             /* W each */
	TECHNOLOGY_EVENT_COUNT
};

enum technology_grade { TECHNOLOGY_STATED, TECHNOLOGY_INFERRED, TECHNOLOGY_RECOLLECTION, TECHNOLOGY_ASSUMED };

struct technology_row {
	const char *name; /* section of the file: "clock_ff" */
	const char *unit; /* "pJ" or "W" */
	const char *per;  /* "flip-flop and clocked cycle" */
	int in_fpga;      /* 1: scaled by [technology] factor when taken from a base file */
};
extern const struct technology_row technology_rows[TECHNOLOGY_EVENT_COUNT];

struct technology_value {
	double value, low, high;              /* in the row's unit */
	uint32_t grade;                       /* enum technology_grade */
	char source[TECHNOLOGY_SOURCE_BYTES]; /* a reference, or begins with "assumed" */
};

struct technology {
	char name[TECHNOLOGY_NAME_BYTES];
	uint32_t process_nm;
	double core_v;                    /* voltage the values hold for */
	char base[TECHNOLOGY_NAME_BYTES]; /* file (without .ini, same folder) the values are derived from, or empty */
	double factor;                    /* on the base's rows inside the FPGA; 1 without a base */
	char source[TECHNOLOGY_SOURCE_BYTES];
	struct technology_value values[TECHNOLOGY_EVENT_COUNT];
};

/* Reads the file, and before it its base (a base has no base). Without a base every row must be given; with one, a row
 * that is given replaces the base's. STATUS_IO, STATUS_INPUT with file, line, section, key, value and what was
 * expected. */
enum status technology_read(struct technology *technology, const char *path, struct error *error);

/* "stated", "inferred", "recollection", "assumed" */
const char *technology_grade_name(uint32_t grade);

#endif
