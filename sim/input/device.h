/* Board files (configs/devices/NAME.ini): what the FPGA has, what the shell takes, what may be used, static power. */
#ifndef SIM_INPUT_DEVICE_H
#define SIM_INPUT_DEVICE_H

#include <stdint.h>

#include "sim/base/status.h"

enum { DEVICE_NAME_BYTES = 64, DEVICE_SOURCE_BYTES = 400 };

enum device_resource { DEVICE_LUT, DEVICE_FF, DEVICE_BRAM36, DEVICE_URAM, DEVICE_DSP, DEVICE_RESOURCE_COUNT };
enum device_dsp { DEVICE_DSP48E1, DEVICE_DSP48E2 };

/* "lut", "ff", "bram36", "uram", "dsp" */
extern const char *const device_resource_names[DEVICE_RESOURCE_COUNT];

struct device {
	char name[DEVICE_NAME_BYTES]; /* "Alveo U250" */
	char part[DEVICE_NAME_BYTES]; /* "xcu250-figd2104-2L-e" */
	uint32_t dsp_kind;            /* enum device_dsp */
	uint32_t slrs;                /* dies; 1: monolithic */
	uint32_t process_nm;
	uint32_t total[DEVICE_RESOURCE_COUNT];
	char total_source[DEVICE_SOURCE_BYTES];
	uint32_t shell[DEVICE_RESOURCE_COUNT]; /* taken by the shell; 0 without one */
	char shell_source[DEVICE_SOURCE_BYTES];
	uint32_t dram_controller[DEVICE_RESOURCE_COUNT]; /* of each memory channel used, where it is not in the shell;
	                                                    0: hard */
	char dram_controller_source[DEVICE_SOURCE_BYTES];
	uint32_t usable_percent[DEVICE_RESOURCE_COUNT]; /* of what the shell leaves; above it timing closure is not
	                                                   expected */
	char usable_source[DEVICE_SOURCE_BYTES];
	double static_low_w, static_typical_w, static_high_w; /* FPGA device, near 40 C */
	char static_source[DEVICE_SOURCE_BYTES];
	double processor_w; /* hard processor system while running, 0 if there is none; not part of static_*_w */
};

/* Reads the file and checks it: the shell leaves something, every value in range. STATUS_IO, STATUS_INPUT with file,
 * line, section, key, value and what was expected. */
enum status device_read(struct device *device, const char *path, struct error *error);

/* Whole units a design may use: floor((total - shell) x percent / 100). Memory controllers are not taken off. */
uint32_t device_usable(const struct device *device, enum device_resource resource);

/* The same for one SLR, taken as an equal share (floor). */
uint32_t device_usable_per_slr(const struct device *device, enum device_resource resource);

#endif
