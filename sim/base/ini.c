/* See ini.h. The scan keeps names and line numbers; the values come from iniparser's dictionary, and a file of which
 * the two do not see the same number of keys is refused. iniparser keeps one process-wide setting, its error callback,
 * which is set to one that prints nothing. Left out: continued lines, nested sections, writing. */
#include "sim/base/ini.h"

#include <errno.h>
#include <iniparser/iniparser.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { INI_KEY_BYTES = 128 };

struct ini {
	char *path;
	dictionary *values;
	struct ini_section *sections;
	size_t section_count;
	struct ini_entry *entries;
	size_t entry_count;
	size_t section_start; /* first entry of the section being scanned */
};

struct scan {
	struct ini *ini;
	uint32_t line;
	struct error *error;
};

static enum status fail(const struct scan *scan, const char *what) {
	return error_set(scan->error, STATUS_INPUT, "%s:%u: %s", scan->ini->path, scan->line, what);
}

static enum status no_memory(const struct scan *scan) {
	return error_set(scan->error, STATUS_MEMORY, "%s: out of memory", scan->ini->path);
}

static int is_space(char letter) {
	return letter == ' ' || (letter >= '\t' && letter <= '\r');
}

/* Cuts white space off both ends, in place. */
static char *trim(char *text) {
	size_t bytes = strlen(text);
	while (bytes > 0 && is_space(text[bytes - 1])) text[--bytes] = '\0';
	while (is_space(*text)) text++;
	return text;
}

static int is_name(const char *text) {
	size_t bytes = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_.-");
	return bytes > 0 && text[bytes] == '\0' && bytes < INI_KEY_BYTES;
}

static enum status scan_section(const struct scan *scan, char *text) {
	struct ini *ini = scan->ini;
	size_t bytes = strlen(text);
	if (text[bytes - 1] != ']')
		return fail(scan, "a section line must end with ']' (comments go on a line of their own)");
	text[bytes - 1] = '\0';
	text = trim(text + 1);
	if (!is_name(text))
		return error_set(scan->error, STATUS_INPUT,
		                 "%s:%u: section '%.60s' is not a name of a-z, 0-9, '_', '.', '-'", ini->path,
		                 scan->line, text);
	for (size_t i = 0; i < ini->section_count; i++)
		if (strcmp(ini->sections[i].name, text) == 0)
			return error_set(scan->error, STATUS_INPUT, "%s:%u: section [%s] was already given in line %u",
			                 ini->path, scan->line, text, ini->sections[i].line);
	if (ini->section_count == INI_ENTRIES_MAX) return fail(scan, "too many sections");
	if ((ini->section_count & (ini->section_count + 1)) == 0) {
		void *grown = realloc(ini->sections, 2 * (ini->section_count + 1) * sizeof *ini->sections);
		if (!grown) return no_memory(scan);
		ini->sections = grown;
	}
	char *name = strdup(text);
	if (!name) return no_memory(scan);
	ini->sections[ini->section_count++] = (struct ini_section){name, scan->line};
	ini->section_start = ini->entry_count;
	return STATUS_OK;
}

/* iniparser drops what stands behind a closing quote; here only a comment may. */
static enum status check_quotes(const struct scan *scan, const char *value) {
	if (*value != '"' && *value != '\'') return STATUS_OK;
	const char *end = strchr(value + 1, *value);
	if (!end) return fail(scan, "the quote is not closed");
	for (end++; is_space(*end); end++) {
	}
	if (*end != '\0' && *end != ';' && *end != '#') return fail(scan, "only a comment may follow a closing quote");
	return STATUS_OK;
}

static enum status scan_entry(const struct scan *scan, char *text) {
	struct ini *ini = scan->ini;
	char *equals = strchr(text, '=');
	if (!equals)
		return error_set(scan->error, STATUS_INPUT, "%s:%u: '%.60s' is neither [section] nor key = value",
		                 ini->path, scan->line, text);
	*equals = '\0';
	text = trim(text);
	if (!is_name(text))
		return error_set(scan->error, STATUS_INPUT,
		                 "%s:%u: key '%.60s' is not a name of a-z, 0-9, '_', '.', '-'", ini->path, scan->line,
		                 text);
	if (ini->section_count == 0)
		return error_set(scan->error, STATUS_INPUT, "%s:%u: key '%s' stands before the first [section]",
		                 ini->path, scan->line, text);
	const char *section = ini->sections[ini->section_count - 1].name;
	for (size_t i = ini->section_start; i < ini->entry_count; i++)
		if (strcmp(ini->entries[i].key, text) == 0)
			return error_set(scan->error, STATUS_INPUT, "%s:%u: [%s] %s was already given in line %u",
			                 ini->path, scan->line, section, text, ini->entries[i].line);
	if (ini->entry_count == INI_ENTRIES_MAX) return fail(scan, "too many keys");
	if ((ini->entry_count & (ini->entry_count + 1)) == 0) {
		void *grown = realloc(ini->entries, 2 * (ini->entry_count + 1) * sizeof *ini->entries);
		if (!grown) return no_memory(scan);
		ini->entries = grown;
	}
	char *key = strdup(text);
	if (!key) return no_memory(scan);
	ini->entries[ini->entry_count++] = (struct ini_entry){section, key, NULL, scan->line};
	return check_quotes(scan, trim(equals + 1));
}

static enum status scan_line(const struct scan *scan, char *line, size_t bytes) {
	if (memchr(line, '\0', bytes)) return fail(scan, "the line holds a zero byte; expected text");
	if (bytes > INI_LINE_BYTES)
		return error_set(scan->error, STATUS_INPUT, "%s:%u: the line has %zu bytes; at most %d are read",
		                 scan->ini->path, scan->line, bytes, INI_LINE_BYTES);
	if (strncmp(line, "\xEF\xBB\xBF", 3) == 0)
		return fail(scan, "the file starts with a byte-order mark; expected plain text");
	char *text = trim(line);
	if (*text == '\0') return STATUS_OK;
	if (text[strlen(text) - 1] == '\\') return fail(scan, "a line must not end in a backslash");
	if (*text == '#' || *text == ';') return STATUS_OK;
	return *text == '[' ? scan_section(scan, text) : scan_entry(scan, text);
}

static enum status scan_file(struct ini *ini, struct error *error) {
	struct scan scan = {ini, 0, error};
	enum status status = STATUS_OK;
	struct stat facts;
	char *line = NULL;
	size_t capacity = 0;
	FILE *file = fopen(ini->path, "re");
	if (!file) return error_set(error, STATUS_IO, "%s: cannot be opened: %s", ini->path, strerror(errno));
	if (fstat(fileno(file), &facts) != 0 || !S_ISREG(facts.st_mode)) {
		fclose(file);
		return error_set(error, STATUS_IO, "%s: is not a regular file", ini->path);
	}
	for (ssize_t bytes; status == STATUS_OK && (bytes = getline(&line, &capacity, file)) >= 0;) {
		if (bytes > 0 && line[bytes - 1] == '\n') line[--bytes] = '\0';
		scan.line++;
		status = scan_line(&scan, line, (size_t)bytes);
	}
	if (status == STATUS_OK && ferror(file)) status = error_set(error, STATUS_IO, "%s: cannot be read", ini->path);
	free(line);
	fclose(file);
	return status;
}

static int print_nothing(const char *format, ...) {
	(void)format;
	return 0;
}

/* Fetches every value; the names were scanned, so a missing one means that the two readings differ. */
static enum status load_values(struct ini *ini, struct error *error) {
	size_t seen = 0;
	iniparser_set_error_callback(print_nothing);
	ini->values = iniparser_load(ini->path);
	if (!ini->values) return error_set(error, STATUS_INPUT, "%s: iniparser cannot read this file", ini->path);
	for (size_t i = 0; i < ini->section_count; i++)
		seen += (size_t)iniparser_getsecnkeys(ini->values, ini->sections[i].name);
	for (size_t i = 0; i < ini->entry_count; i++) {
		struct ini_entry *entry = &ini->entries[i];
		char name[2 * INI_KEY_BYTES + 2];
		snprintf(name, sizeof name, "%s:%s", entry->section, entry->key);
		entry->value = iniparser_getstring(ini->values, name, NULL);
		if (!entry->value)
			return error_set(error, STATUS_INPUT, "%s:%u: [%s] %s: iniparser does not find this key",
			                 ini->path, entry->line, entry->section, entry->key);
	}
	if (seen != ini->entry_count)
		return error_set(error, STATUS_INPUT, "%s: iniparser finds %zu keys, expected %zu", ini->path, seen,
		                 ini->entry_count);
	return STATUS_OK;
}

enum status ini_open(struct ini **result, const char *path, struct error *error) {
	*result = NULL;
	struct ini *ini = calloc(1, sizeof *ini);
	if (!ini || !(ini->path = strdup(path))) {
		free(ini);
		return error_set(error, STATUS_MEMORY, "%s: out of memory", path);
	}
	enum status status = scan_file(ini, error);
	if (status == STATUS_OK) status = load_values(ini, error);
	if (status != STATUS_OK) {
		ini_close(ini);
		return status;
	}
	*result = ini;
	return STATUS_OK;
}

void ini_close(struct ini *ini) {
	if (!ini) return;
	for (size_t i = 0; i < ini->section_count; i++) free((void *)(uintptr_t)ini->sections[i].name);
	for (size_t i = 0; i < ini->entry_count; i++) free((void *)(uintptr_t)ini->entries[i].key);
	free(ini->sections);
	free(ini->entries);
	if (ini->values) iniparser_freedict(ini->values);
	free(ini->path);
	free(ini);
}

const char *ini_path(const struct ini *ini) {
	return ini->path;
}
size_t ini_section_count(const struct ini *ini) {
	return ini->section_count;
}
const struct ini_section *ini_section(const struct ini *ini, size_t index) {
	return &ini->sections[index];
}
size_t ini_entry_count(const struct ini *ini) {
	return ini->entry_count;
}
const struct ini_entry *ini_entry(const struct ini *ini, size_t index) {
	return &ini->entries[index];
}

const struct ini_entry *ini_find(const struct ini *ini, const char *section, const char *key) {
	for (size_t i = 0; i < ini->entry_count; i++)
		if (strcmp(ini->entries[i].key, key) == 0 && strcmp(ini->entries[i].section, section) == 0)
			return &ini->entries[i];
	return NULL;
}
