/* INI files, read strictly. The only module that names iniparser.
 *
 * iniparser finds the values; a scan of the same file before it finds the line numbers and refuses what iniparser takes
 * without a word: repeated keys and sections, keys before the first section, upper-case names (it would lower them),
 * text behind a closing quote, lines that end in a backslash, lines over INI_LINE_BYTES, zero bytes, a byte-order mark.
 * Names are made of a-z, 0-9, '_', '.', '-'. Comments start with ';' or '#', also behind a value.
 */
#ifndef SIM_BASE_INI_H
#define SIM_BASE_INI_H

#include <stddef.h>
#include <stdint.h>

#include "sim/base/status.h"

enum { INI_LINE_BYTES = 1000, INI_ENTRIES_MAX = 20000 };

struct ini;

struct ini_section {
	const char *name;
	uint32_t line;
};

/* One "key = value"; everything points into the struct ini. */
struct ini_entry {
	const char *section, *key, *value;
	uint32_t line;
};

/* Reads the file. STATUS_IO if it cannot be read, STATUS_INPUT with file and line if it is malformed. *ini is NULL
 * then. */
enum status ini_open(struct ini **ini, const char *path, struct error *error);
void ini_close(struct ini *ini); /* NULL is allowed */

const char *ini_path(const struct ini *ini);

/* Sections and entries in the order of the file. */
size_t ini_section_count(const struct ini *ini);
const struct ini_section *ini_section(const struct ini *ini, size_t index);
size_t ini_entry_count(const struct ini *ini);
const struct ini_entry *ini_entry(const struct ini *ini, size_t index);

/* The entry, or NULL. */
const struct ini_entry *ini_find(const struct ini *ini, const char *section, const char *key);

/* A record: one section read into a struct by a table, for files of a fixed form. */
enum ini_type {
	INI_TEXT,     /* char[maximum + 1] */
	INI_UNSIGNED, /* uint32_t */
	INI_REAL,     /* double */
	INI_WORD      /* uint32_t, index of the word in `words` */
};

struct ini_field {
	const char *key;
	enum ini_type type;
	int required;
	size_t offset;
	double minimum, maximum; /* of numbers; INI_TEXT: maximum is the most bytes */
	const char *words;
};

/* Reads a section. What is absent and not required keeps its value. STATUS_INPUT names file, line, section, key, value,
 * what was expected, and the nearest known key for an unknown one; a missing required key or section is an error too.
 */
enum status ini_read_record(const struct ini *ini, const char *section, const struct ini_field *fields,
                            size_t field_count, void *target, struct error *error);

/* Refuses sections not in `known`, with the nearest known one. */
enum status ini_check_sections(const struct ini *ini, const char *const *known, size_t known_count,
                               struct error *error);

#endif
