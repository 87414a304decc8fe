/* See device.h. The shares of the dies are taken as equal; where a shell takes more of one die than of another the
 * figure of a die is an average, which is left out of account on purpose. */
#include "sim/input/device.h"

#include <stddef.h>
#include <string.h>

#include "sim/base/ini.h"

const char *const device_resource_names[DEVICE_RESOURCE_COUNT] = {"lut", "ff", "bram36", "uram", "dsp"};

#define AT(member) offsetof(struct device, member)
#define COUNT(array, index, key)                                                                                       \
	{ key, INI_UNSIGNED, 1, AT(array[index]), 0, 100000000, NULL }
#define COUNTS(array)                                                                                                  \
	COUNT(array, DEVICE_LUT, "lut"), COUNT(array, DEVICE_FF, "ff"), COUNT(array, DEVICE_BRAM36, "bram36"),         \
	    COUNT(array, DEVICE_URAM, "uram"), COUNT(array, DEVICE_DSP, "dsp")
#define PERCENT(index, key)                                                                                            \
	{ key, INI_UNSIGNED, 1, AT(usable_percent[index]), 1, 100, NULL }
#define NAME(member, key)                                                                                              \
	{ key, INI_TEXT, 1, AT(member), 0, DEVICE_NAME_BYTES - 1, NULL }
#define SOURCE(member)                                                                                                 \
	{ "source", INI_TEXT, 1, AT(member), 0, DEVICE_SOURCE_BYTES - 1, NULL }
#define WATTS(member, key)                                                                                             \
	{ key, INI_REAL, 1, AT(member), 0, 1000, NULL }

static const struct ini_field device_fields[] = {
    NAME(name, "name"),
    NAME(part, "part"),
    {"dsp_kind", INI_WORD, 1, AT(dsp_kind), 0, 0, "dsp48e1|dsp48e2"},
    {"slrs", INI_UNSIGNED, 1, AT(slrs), 1, 16, NULL},
    {"process_nm", INI_UNSIGNED, 1, AT(process_nm), 1, 250, NULL},
};
static const struct ini_field total_fields[] = {COUNTS(total), SOURCE(total_source)};
static const struct ini_field shell_fields[] = {COUNTS(shell), SOURCE(shell_source)};
static const struct ini_field controller_fields[] = {COUNTS(dram_controller), SOURCE(dram_controller_source)};
static const struct ini_field usable_fields[] = {
    PERCENT(DEVICE_LUT, "lut_percent"),   PERCENT(DEVICE_FF, "ff_percent"),   PERCENT(DEVICE_BRAM36, "bram36_percent"),
    PERCENT(DEVICE_URAM, "uram_percent"), PERCENT(DEVICE_DSP, "dsp_percent"), SOURCE(usable_source)};
static const struct ini_field power_fields[] = {
    WATTS(static_low_w, "static_low_w"), WATTS(static_typical_w, "static_typical_w"),
    WATTS(static_high_w, "static_high_w"), WATTS(processor_w, "processor_w"), SOURCE(static_source)};

static const struct section {
	const char *name;
	const struct ini_field *fields;
	size_t field_count;
} sections[] = {
    {"device", device_fields, sizeof device_fields / sizeof device_fields[0]},
    {"total", total_fields, sizeof total_fields / sizeof total_fields[0]},
    {"shell", shell_fields, sizeof shell_fields / sizeof shell_fields[0]},
    {"dram_controller", controller_fields, sizeof controller_fields / sizeof controller_fields[0]},
    {"usable", usable_fields, sizeof usable_fields / sizeof usable_fields[0]},
    {"power", power_fields, sizeof power_fields / sizeof power_fields[0]},
};
enum { SECTION_COUNT = sizeof sections / sizeof sections[0] };

static enum status check(const struct device *device, const char *path, struct error *error) {
	for (int r = 0; r < DEVICE_RESOURCE_COUNT; r++)
		if (device->shell[r] > device->total[r])
			return error_set(error, STATUS_INPUT,
			                 "%s: [shell] %s: %u is more than the device has, which is %u", path,
			                 device_resource_names[r], device->shell[r], device->total[r]);
	if (device->static_low_w > device->static_typical_w || device->static_typical_w > device->static_high_w)
		return error_set(
		    error, STATUS_INPUT,
		    "%s: [power] static_typical_w: %.9g is not between static_low_w = %.9g and static_high_w = %.9g",
		    path, device->static_typical_w, device->static_low_w, device->static_high_w);
	return STATUS_OK;
}

enum status device_read(struct device *device, const char *path, struct error *error) {
	const char *known[SECTION_COUNT];
	struct ini *ini;
	memset(device, 0, sizeof *device);
	enum status status = ini_open(&ini, path, error);
	if (status != STATUS_OK) return status;
	for (size_t i = 0; i < SECTION_COUNT; i++) known[i] = sections[i].name;
	status = ini_check_sections(ini, known, SECTION_COUNT, error);
	for (size_t i = 0; i < SECTION_COUNT && status == STATUS_OK; i++)
		status =
		    ini_read_record(ini, sections[i].name, sections[i].fields, sections[i].field_count, device, error);
	ini_close(ini);
	return status == STATUS_OK ? check(device, path, error) : status;
}

uint32_t device_usable(const struct device *device, enum device_resource resource) {
	uint64_t left = device->total[resource] - device->shell[resource];
	return (uint32_t)(left * device->usable_percent[resource] / 100);
}

uint32_t device_usable_per_slr(const struct device *device, enum device_resource resource) {
	return device_usable(device, resource) / device->slrs;
}
