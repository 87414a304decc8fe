/* Sweep files: INI through the strict reader. Sections:
 *
 *   [sweep]        name, question, config, strategy, count, seed
 *   [set]          SECTION.KEY = VALUE: changes of the base configuration
 *   [axes]         SECTION.KEY = values; technology.ROW = factors
 *   [ties]         SECTION.KEY = expression over parameters
 *   [constraints]  NAME = condition over parameters
 *   [accuracy]     images, count
 *   [search]       objectives, where, rounds, population, generations
 */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "explore/sweep.h"
#include "sim/base/ini.h"
#include "sim/base/shipped.h"

#define AT(member) offsetof(struct sweep, member)
static const struct ini_field sweep_fields[] = {
    {"name", INI_TEXT, 0, AT(name), 0, SWEEP_NAME_BYTES - 1, NULL},
    {"question", INI_TEXT, 0, AT(question), 0, SWEEP_TEXT_BYTES - 1, NULL},
    {"config", INI_TEXT, 0, AT(config_path), 0, SWEEP_TEXT_BYTES - 1, NULL},
    {"strategy", INI_WORD, 0, AT(strategy), 0, 0, SWEEP_STRATEGIES},
    {"count", INI_UNSIGNED, 0, AT(count), 1, 100000000, NULL},
    {"seed", INI_UNSIGNED, 0, AT(seed), 0, 4294967295.0, NULL},
};
static const struct ini_field accuracy_fields[] = {
    {"images", INI_TEXT, 1, AT(images), 0, SWEEP_TEXT_BYTES - 1, NULL},
    {"count", INI_UNSIGNED, 0, AT(image_count), 1, 1000000, NULL},
};
static const struct ini_field search_fields[] = {
    {"objectives", INI_TEXT, 0, AT(objectives), 0, SWEEP_TEXT_BYTES - 1, NULL},
    {"where", INI_TEXT, 0, AT(where), 0, SWEEP_TEXT_BYTES - 1, NULL},
    {"rounds", INI_UNSIGNED, 0, AT(rounds), 1, 1000, NULL},
    {"population", INI_UNSIGNED, 0, AT(population), 8, 4096, NULL},
    {"generations", INI_UNSIGNED, 0, AT(generations), 1, 100000, NULL},
};
static const char *const sections[] = {"sweep", "set", "axes", "ties", "constraints", "accuracy", "search"};

static int has_section(const struct ini *ini, const char *name) {
	for (size_t i = 0; i < ini_section_count(ini); i++)
		if (!strcmp(ini_section(ini, i)->name, name)) return 1;
	return 0;
}

#define COUNT(list) (sizeof(list) / sizeof(list)[0])

static enum status read_records(struct sweep *sweep, const struct ini *ini, struct error *error) {
	enum status status = ini_read_record(ini, "sweep", sweep_fields, COUNT(sweep_fields), sweep, error);
	if (!status && has_section(ini, "accuracy"))
		status = ini_read_record(ini, "accuracy", accuracy_fields, COUNT(accuracy_fields), sweep, error);
	if (!status && has_section(ini, "search"))
		status = ini_read_record(ini, "search", search_fields, COUNT(search_fields), sweep, error);
	return status;
}

static void set_standards(struct sweep *sweep, const char *path) {
	const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
	size_t length = strlen(base);
	if (length > 4 && !strcmp(base + length - 4, ".ini")) length -= 4;
	snprintf(sweep->name, sizeof sweep->name, "%.*s", (int)length, base);
	snprintf(sweep->place, sizeof sweep->place, "%s", path);
	snprintf(sweep->config_path, sizeof sweep->config_path, "u250.ini");
	snprintf(sweep->objectives, sizeof sweep->objectives, "latency_ms, power_w, lut");
	sweep->count = 1000;
	sweep->seed = 1;
	sweep->image_count = 1000;
	sweep->rounds = 8;
	sweep->population = 64;
	sweep->generations = 40;
}

static enum status check_name(const struct sweep *sweep, struct error *error) {
	if (sweep->name[0] && strspn(sweep->name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") ==
	                          strlen(sweep->name))
		return STATUS_OK;
	return error_set(error, STATUS_INPUT, "%s: [sweep] name: '%s' is wrong; expected letters, digits, '_' and '-'",
	                 sweep->place, sweep->name);
}

static enum status read_base(struct sweep *sweep, struct error *error) {
	char path[4096];
	enum status status = shipped_find("configs", sweep->config_path, path, sizeof path, error);
	return status ? status : config_read(&sweep->base, path, error);
}

static enum status read_entry(struct sweep *sweep, const struct ini_entry *entry, const char *path,
                              struct error *error) {
	char place[SWEEP_TEXT_BYTES + 64];
	snprintf(place, sizeof place, "%s:%u: [%s]", path, entry->line, entry->section);
	if (!strcmp(entry->section, "axes")) return sweep_add_axis(sweep, entry->key, entry->value, place, error);
	if (!strcmp(entry->section, "ties")) return sweep_add_tie(sweep, entry->key, entry->value, place, error);
	if (!strcmp(entry->section, "constraints"))
		return sweep_add_constraint(sweep, entry->key, entry->value, place, error);
	if (strcmp(entry->section, "set") != 0) return STATUS_OK;
	char assignment[SWEEP_AXIS_BYTES + 1024];
	struct error why = {""};
	snprintf(assignment, sizeof assignment, "%s=%s", entry->key, entry->value);
	enum status status = config_set(&sweep->base, assignment, &why);
	return status ? error_set(error, status, "%s %.900s", place, why.text) : STATUS_OK;
}

enum status sweep_read(struct sweep *sweep, const char *path, struct error *error) {
	char found[SWEEP_TEXT_BYTES];
	struct ini *ini;
	memset(sweep, 0, sizeof *sweep);
	enum status status = shipped_find("configs/sweeps", path, found, sizeof found, error);
	if (!status) status = ini_open(&ini, found, error);
	if (status) return status;
	set_standards(sweep, found);
	status = ini_check_sections(ini, sections, COUNT(sections), error);
	if (!status) status = read_records(sweep, ini, error);
	if (!status) status = check_name(sweep, error);
	if (!status) status = read_base(sweep, error);
	for (size_t i = 0; !status && i < ini_entry_count(ini); i++)
		status = read_entry(sweep, ini_entry(ini, i), found, error);
	if (!status) status = sweep_complete(sweep, found, error);
	ini_close(ini);
	if (status) sweep_clear(sweep);
	return status;
}
