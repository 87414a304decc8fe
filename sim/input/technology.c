/* See technology.h. A file is one [technology] section and one section per event. A table for another process may name
 * a base and a factor: the base's rows inside the FPGA are multiplied (value, low, high) and called inferred; the
 * memory's rows are kept. Left out: temperature and voltage, which the estimate applies to power if it knows them. */
#include "sim/input/technology.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "sim/base/ini.h"

const struct technology_row technology_rows[TECHNOLOGY_EVENT_COUNT] = {
    {"clock_ff", "pJ", "flip-flop and clocked cycle", 1},
    {"lut_active", "pJ", "LUT and cycle of its unit's work, with its net", 1},
    {"lutram_access", "pJ", "memory LUT and access", 1},
    {"dsp_frozen", "pJ", "DSP block and clocked cycle", 1},
    {"dsp_logic48", "pJ", "48-bit operation, beside dsp_frozen", 1},
    {"dsp_operand_nets", "pJ", "48-bit operation", 1},
    {"dsp_mac_8x8", "pJ", "multiply-accumulate, beside dsp_frozen", 1},
    {"dsp_mac_16x16", "pJ", "multiply-accumulate, beside dsp_frozen", 1},
    {"dsp_mac_pair_8x8", "pJ", "two multiply-accumulates in one block, beside dsp_frozen", 1},
    {"ramb36_access", "pJ", "enabled access of 72 bits", 1},
    {"ramb18_access", "pJ", "enabled access of 36 bits", 1},
    {"uram_access", "pJ", "enabled access of 72 bits", 1},
    {"ddr_read_bit", "pJ", "bit", 0},
    {"ddr_write_bit", "pJ", "bit", 0},
    {"ddr_activate", "pJ", "activate and precharge of a rank's row", 0},
    {"ddr_refresh", "pJ", "refresh command of a rank", 0},
    {"ddr_background", "W", "channel", 0},
    {"ddr_phy", "W", "channel", 0},
    {"mmcm", "W", "clock manager", 0},
};

#define GRADES "stated|inferred|recollection|assumed"

static const struct ini_field head_fields[] = {
    {"name", INI_TEXT, 1, offsetof(struct technology, name), 0, TECHNOLOGY_NAME_BYTES - 1, NULL},
    {"process_nm", INI_UNSIGNED, 1, offsetof(struct technology, process_nm), 1, 250, NULL},
    {"core_v", INI_REAL, 1, offsetof(struct technology, core_v), 0.3, 2, NULL},
    {"base", INI_TEXT, 0, offsetof(struct technology, base), 0, TECHNOLOGY_NAME_BYTES - 1, NULL},
    {"factor", INI_REAL, 0, offsetof(struct technology, factor), 0.01, 100, NULL},
    {"source", INI_TEXT, 1, offsetof(struct technology, source), 0, TECHNOLOGY_SOURCE_BYTES - 1, NULL},
};

static const struct ini_field value_fields[] = {
    {"value", INI_REAL, 1, offsetof(struct technology_value, value), 0, 100000000, NULL},
    {"low", INI_REAL, 1, offsetof(struct technology_value, low), 0, 100000000, NULL},
    {"high", INI_REAL, 1, offsetof(struct technology_value, high), 0, 100000000, NULL},
    {"grade", INI_WORD, 1, offsetof(struct technology_value, grade), 0, 0, GRADES},
    {"source", INI_TEXT, 1, offsetof(struct technology_value, source), 0, TECHNOLOGY_SOURCE_BYTES - 1, NULL},
};

enum {
	HEAD_FIELDS = sizeof head_fields / sizeof head_fields[0],
	VALUE_FIELDS = sizeof value_fields / sizeof value_fields[0]
};

static int has_section(const struct ini *ini, const char *name) {
	for (size_t i = 0; i < ini_section_count(ini); i++)
		if (strcmp(ini_section(ini, i)->name, name) == 0) return 1;
	return 0;
}

static enum status read_value(const struct ini *ini, size_t event, struct technology_value *value,
                              struct error *error) {
	const char *name = technology_rows[event].name;
	enum status status = ini_read_record(ini, name, value_fields, VALUE_FIELDS, value, error);
	if (status != STATUS_OK) return status;
	if (value->low > value->value || value->value > value->high)
		return error_set(error, STATUS_INPUT, "%s: [%s] value: %.9g is not between low = %.9g and high = %.9g",
		                 ini_path(ini), name, value->value, value->low, value->high);
	if ((value->grade == TECHNOLOGY_ASSUMED) != (strncmp(value->source, "assumed", 7) == 0))
		return error_set(
		    error, STATUS_INPUT,
		    "%s: [%s] source: '%.60s' does not agree with grade %s; a source begins with 'assumed' exactly "
		    "where the grade is assumed",
		    ini_path(ini), name, value->source, technology_grade_name(value->grade));
	return STATUS_OK;
}

static void scale(struct technology *technology) {
	for (int event = 0; event < TECHNOLOGY_EVENT_COUNT; event++) {
		struct technology_value *value = &technology->values[event];
		if (!technology_rows[event].in_fpga) continue;
		value->value *= technology->factor;
		value->low *= technology->factor;
		value->high *= technology->factor;
		if (value->grade == TECHNOLOGY_STATED) value->grade = TECHNOLOGY_INFERRED;
	}
}

static enum status read_file(struct technology *technology, const char *path, int is_base, struct error *error);

/* Fills the values from the base file in the folder of `path`. */
static enum status read_base(struct technology *technology, const char *path, struct error *error) {
	struct technology base;
	char base_path[1024];
	const char *slash = strrchr(path, '/');
	int folder_bytes = slash ? (int)(slash - path) + 1 : 0;
	if (technology->base[0] == '.' || strchr(technology->base, '/'))
		return error_set(
		    error, STATUS_INPUT,
		    "%s: [technology] base: '%s' is not a plain name; expected a file's name without folder and .ini",
		    path, technology->base);
	int bytes = snprintf(base_path, sizeof base_path, "%.*s%s.ini", folder_bytes, path, technology->base);
	if (bytes < 0 || (size_t)bytes >= sizeof base_path)
		return error_set(error, STATUS_INPUT, "%.200s...: the path is too long", path);
	enum status status = read_file(&base, base_path, 1, error);
	if (status != STATUS_OK) return status;
	memcpy(technology->values, base.values, sizeof base.values);
	scale(technology);
	return STATUS_OK;
}

static enum status read_events(const struct ini *ini, struct technology *technology, struct error *error) {
	const char *known[TECHNOLOGY_EVENT_COUNT + 1];
	for (int event = 0; event < TECHNOLOGY_EVENT_COUNT; event++) known[event] = technology_rows[event].name;
	known[TECHNOLOGY_EVENT_COUNT] = "technology";
	enum status status = ini_check_sections(ini, known, TECHNOLOGY_EVENT_COUNT + 1, error);
	for (size_t event = 0; event < TECHNOLOGY_EVENT_COUNT && status == STATUS_OK; event++)
		if (technology->base[0] == '\0' || has_section(ini, technology_rows[event].name))
			status = read_value(ini, event, &technology->values[event], error);
	return status;
}

static enum status read_file(struct technology *technology, const char *path, int is_base, struct error *error) {
	struct ini *ini;
	memset(technology, 0, sizeof *technology);
	technology->factor = 1;
	enum status status = ini_open(&ini, path, error);
	if (status != STATUS_OK) return status;
	status = ini_read_record(ini, "technology", head_fields, HEAD_FIELDS, technology, error);
	if (status == STATUS_OK && technology->base[0] == '\0' && technology->factor != 1)
		status = error_set(error, STATUS_INPUT, "%s: [technology] factor: %.9g needs a base to be applied to",
		                   path, technology->factor);
	if (status == STATUS_OK && technology->base[0] != '\0')
		status = is_base
		             ? error_set(error, STATUS_INPUT, "%s: [technology] base: '%s': a base has no base itself",
		                         path, technology->base)
		             : read_base(technology, path, error);
	if (status == STATUS_OK) status = read_events(ini, technology, error);
	ini_close(ini);
	return status;
}

enum status technology_read(struct technology *technology, const char *path, struct error *error) {
	return read_file(technology, path, 0, error);
}

const char *technology_grade_name(uint32_t grade) {
	static const char *const names[] = {"stated", "inferred", "recollection", "assumed"};
	return grade < sizeof names / sizeof names[0] ? names[grade] : "unknown";
}
