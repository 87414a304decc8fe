/* Expansion of network.ini over the strict reader of sim/base/ini.h. Left out: repetitions inside repetitions. */
#include "workloads/description.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "sim/base/ini.h"
#include "sim/base/text.h"
#include "workloads/expression.h"

enum { NAMES_MAX = 128, VALUE_BYTES = 1024, REPEAT_MAX = 1024, SECTIONS_MAX = 8192 };

struct expansion {
	struct description *description;
	const struct ini *ini;
	struct expression_name names[NAMES_MAX + 1]; /* [geometry], and the running number of a repetition */
	size_t name_count;
	struct arena *arena;
	struct error *error;
};

const char *description_value(const struct description_section *section, const char *key) {
	for (size_t i = 0; i < section->entry_count; i++)
		if (strcmp(section->entries[i].key, key) == 0) return section->entries[i].value;
	return NULL;
}

static enum status no_memory(const struct expansion *expansion) {
	return error_set(expansion->error, STATUS_MEMORY, "%s: out of memory", expansion->description->path);
}

static void entry_place(const struct expansion *expansion, const struct ini_entry *entry, char *place,
                        size_t place_bytes) {
	snprintf(place, place_bytes, "%.400s:%" PRIu32 ": [%s] %s", expansion->description->path, entry->line,
	         entry->section, entry->key);
}

/* Replaces every {EXPRESSION} of the entry's value; the result belongs to the arena. */
static enum status substitute(struct expansion *expansion, const struct ini_entry *entry, const char **result) {
	char place[640], text[VALUE_BYTES];
	size_t length = 0;
	entry_place(expansion, entry, place, sizeof place);
	for (const char *at = entry->value; *at;) {
		int written = 1;
		if (*at == '{') {
			const char *end = strchr(at, '}');
			int64_t value;
			if (!end) return error_set(expansion->error, STATUS_INPUT, "%s: '{' is not closed", place);
			enum status status = expression_value(at + 1, (size_t)(end - at - 1), expansion->names,
			                                      expansion->name_count, place, &value, expansion->error);
			if (status) return status;
			written = snprintf(text + length, sizeof text - length, "%" PRId64, value);
			at = end + 1;
		} else if (length < sizeof text) {
			text[length] = *at++;
		}
		length += (size_t)written;
		if (length >= sizeof text)
			return error_set(expansion->error, STATUS_INPUT, "%s: the expanded value is too long", place);
	}
	*result = arena_text(expansion->arena, text, length);
	return *result ? STATUS_OK : no_memory(expansion);
}

static enum status add_section(struct expansion *expansion, const struct ini_section *source) {
	struct description *description = expansion->description;
	if (description->section_count == SECTIONS_MAX)
		return error_set(expansion->error, STATUS_INPUT, "%s: more than %d layers", description->path,
		                 SECTIONS_MAX);
	if (description->section_count == description->section_room) {
		size_t room = description->section_room ? 2 * description->section_room : 64;
		struct description_section *larger = arena_take(expansion->arena, room, sizeof *larger);
		if (!larger) return no_memory(expansion);
		if (description->section_count)
			memcpy(larger, description->sections, description->section_count * sizeof *larger);
		description->sections = larger;
		description->section_room = room;
	}
	size_t total = ini_entry_count(expansion->ini), count = 0;
	struct description_entry *entries = NULL;
	const char *name = NULL;
	for (size_t i = 0; i < total; i++) count += strcmp(ini_entry(expansion->ini, i)->section, source->name) == 0;
	entries = arena_take(expansion->arena, count, sizeof *entries);
	name = arena_text(expansion->arena, source->name, strlen(source->name));
	if (!entries || !name) return no_memory(expansion);
	int is_layer = strcmp(name, "network") != 0 && strcmp(name, "input") != 0;
	count = 0;
	for (size_t i = 0; i < total; i++) {
		const struct ini_entry *entry = ini_entry(expansion->ini, i);
		if (strcmp(entry->section, source->name) != 0 || strcmp(entry->key, "repeat") == 0) continue;
		const char *value;
		enum status status = substitute(expansion, entry, &value);
		if (status) return status;
		if (is_layer && strcmp(entry->key, "name") == 0) {
			name = value;
			continue;
		}
		entries[count].key = arena_text(expansion->arena, entry->key, strlen(entry->key));
		if (!entries[count].key) return no_memory(expansion);
		entries[count++].value = value;
	}
	if (name[0] == '\0' ||
	    strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-") != strlen(name))
		return error_set(expansion->error, STATUS_INPUT,
		                 "%s:%" PRIu32 ": [%s] name: '%.60s' is not a name of A-Z, a-z, 0-9, _ . -",
		                 description->path, source->line, source->name, name);
	for (size_t i = 0; i < description->section_count; i++)
		if (strcmp(description->sections[i].name, name) == 0)
			return error_set(expansion->error, STATUS_INPUT,
			                 "%s:%" PRIu32 ": [%s]: a layer named %s was already given", description->path,
			                 source->line, source->name, name);
	description->sections[description->section_count++] = (struct description_section){name, entries, count};
	return STATUS_OK;
}

/* "i FIRST..LAST" */
static enum status repeat_section(struct expansion *expansion, const struct ini_section *source,
                                  const struct ini_entry *repeat) {
	char place[640], name[32];
	int64_t first = 0, last = 0;
	entry_place(expansion, repeat, place, sizeof place);
	size_t letters = strcspn(repeat->value, " ");
	const char *bounds = repeat->value + letters, *dots = strstr(bounds, "..");
	if (letters == 0 || letters >= sizeof name || !dots)
		return error_set(expansion->error, STATUS_INPUT, "%s: '%.100s' is not of the form 'i FIRST..LAST'",
		                 place, repeat->value);
	memcpy(name, repeat->value, letters);
	name[letters] = '\0';
	enum status status = expression_value(bounds, (size_t)(dots - bounds), expansion->names, expansion->name_count,
	                                      place, &first, expansion->error);
	if (!status)
		status = expression_value(dots + 2, strlen(dots + 2), expansion->names, expansion->name_count, place,
		                          &last, expansion->error);
	if (status) return status;
	if (last - first >= REPEAT_MAX)
		return error_set(expansion->error, STATUS_INPUT, "%s: more than %d repetitions", place, REPEAT_MAX);
	for (int64_t number = first; !status && number <= last; number++) {
		expansion->names[expansion->name_count++] = (struct expression_name){name, number};
		status = add_section(expansion, source);
		expansion->name_count--;
	}
	return status;
}

/* The value that --set geometry.NAME=VALUE gives, or NULL. */
static const char *replaced(const char *const *geometry, size_t geometry_count, const char *name) {
	size_t length = strlen(name);
	for (size_t i = geometry_count; i-- > 0;)
		if (strncmp(geometry[i], name, length) == 0 && geometry[i][length] == '=')
			return geometry[i] + length + 1;
	return NULL;
}

static enum status read_geometry(struct expansion *expansion, const char *const *geometry, size_t geometry_count) {
	for (size_t i = 0; i < ini_entry_count(expansion->ini); i++) {
		const struct ini_entry *entry = ini_entry(expansion->ini, i);
		if (strcmp(entry->section, "geometry") != 0) continue;
		char place[640];
		entry_place(expansion, entry, place, sizeof place);
		if (expansion->name_count == NAMES_MAX)
			return error_set(expansion->error, STATUS_INPUT, "%s: more than %d names", place, NAMES_MAX);
		const char *given = replaced(geometry, geometry_count, entry->key);
		const char *text = given ? given : entry->value;
		int64_t value;
		enum status status = expression_value(text, strlen(text), expansion->names, expansion->name_count,
		                                      place, &value, expansion->error);
		if (status) return status;
		expansion->names[expansion->name_count++] = (struct expression_name){entry->key, value};
	}
	return STATUS_OK;
}

/* Every --set geometry.NAME=VALUE must meet a name of [geometry]. */
static enum status check_geometry(const struct expansion *expansion, const char *const *geometry,
                                  size_t geometry_count) {
	for (size_t i = 0; i < geometry_count; i++) {
		char name[64];
		size_t length = strcspn(geometry[i], "=");
		snprintf(name, sizeof name, "%.*s", (int)(length < 63 ? length : 63), geometry[i]);
		struct text_nearest nearest;
		text_nearest_start(&nearest, name);
		int found = 0;
		for (size_t k = 0; k < expansion->name_count; k++) {
			found |= strcmp(expansion->names[k].name, name) == 0;
			text_nearest_offer(&nearest, expansion->names[k].name);
		}
		const char *best = text_nearest_best(&nearest);
		if (!found)
			return error_set(expansion->error, STATUS_INPUT, "%s: [geometry] has no key %s%s%s",
			                 expansion->description->path, name, best ? "; did you mean " : "",
			                 best ? best : "");
	}
	return STATUS_OK;
}

enum status description_read(struct description *description, const char *path, const char *const *geometry,
                             size_t geometry_count, struct arena *arena, struct error *error) {
	memset(description, 0, sizeof *description);
	description->path = path;
	struct ini *ini;
	enum status status = ini_open(&ini, path, error);
	if (status) return status;
	struct expansion expansion = {.description = description, .ini = ini, .arena = arena, .error = error};
	status = read_geometry(&expansion, geometry, geometry_count);
	if (!status) status = check_geometry(&expansion, geometry, geometry_count);
	for (size_t i = 0; !status && i < ini_section_count(ini); i++) {
		const struct ini_section *section = ini_section(ini, i);
		const struct ini_entry *repeat = ini_find(ini, section->name, "repeat");
		if (strcmp(section->name, "geometry") == 0) continue;
		status = repeat ? repeat_section(&expansion, section, repeat) : add_section(&expansion, section);
	}
	ini_close(ini);
	return status;
}
