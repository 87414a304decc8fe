/* Reading of config.h: defaults, the INI file, --set. All three go through set_value, so a value is read by one piece
 * of code wherever it comes from. The rules between parameters are in config.c. For a whole number or a time, `words`
 * of the table names the value 0 ("auto", "off"); the range then holds for the others. */
#include <stdio.h>
#include <string.h>

#include "sim/base/ini.h"
#include "sim/base/text.h"
#include "sim/input/config.h"

enum { WHERE_BYTES = 512, EXPECTED_BYTES = 160, NAME_BYTES = 160 };

static unsigned decimals_of(const struct config_parameter *parameter) {
	return parameter->type == CONFIG_MHZ || parameter->type == CONFIG_NS ? 3 : 0;
}

/* "auto or 2 to 16 bits, written without the unit" */
static void expected_number(const struct config_parameter *parameter, char *text) {
	char low[32], high[32];
	int has_unit = strcmp(parameter->unit, "1") != 0;
	text_decimal_print(parameter->minimum, decimals_of(parameter), low, sizeof low);
	text_decimal_print(parameter->maximum, decimals_of(parameter), high, sizeof high);
	snprintf(text, EXPECTED_BYTES, "%s%s%s to %s%s%s%s", parameter->words ? parameter->words : "",
	         parameter->words ? " or " : "", low, high, has_unit ? " " : "", has_unit ? parameter->unit : "",
	         has_unit ? ", written without the unit" : "");
}

static enum status wrong(const struct config_parameter *parameter, const char *where, const char *value,
                         const char *what, const char *expected, struct error *error) {
	return error_set(error, STATUS_INPUT, "%s: [%s] %s: '%.200s' %s; expected %s", where, parameter->section,
	                 parameter->key, value, what, expected);
}

static const char *number_fault(const struct config_parameter *parameter, enum text_number form) {
	switch (form) {
	case TEXT_NUMBER_MALFORMED:
		return decimals_of(parameter) > 0 ? "is not a decimal number" : "is not a whole number";
	case TEXT_NUMBER_TOO_FINE: return "has more than 3 digits behind the point";
	case TEXT_NUMBER_OK:
	case TEXT_NUMBER_TOO_LARGE: break;
	}
	return "is out of range";
}

static enum status set_number(uint32_t *member, const struct config_parameter *parameter, const char *value,
                              const char *where, struct error *error) {
	char expected[EXPECTED_BYTES];
	uint64_t number = 0;
	if (parameter->words && strcmp(value, parameter->words) == 0) {
		*member = 0;
		return STATUS_OK;
	}
	enum text_number form = text_decimal(value, decimals_of(parameter), &number);
	int is_zero_word = number == 0 && parameter->words;
	if (form == TEXT_NUMBER_OK &&
	    (is_zero_word || (number >= parameter->minimum && number <= parameter->maximum))) {
		*member = (uint32_t)number;
		return STATUS_OK;
	}
	expected_number(parameter, expected);
	return wrong(parameter, where, value, number_fault(parameter, form), expected, error);
}

static enum status set_word(uint32_t *member, const struct config_parameter *parameter, const char *value,
                            const char *where, struct error *error) {
	char list[EXPECTED_BYTES - 8], expected[EXPECTED_BYTES];
	int index = text_word_index(parameter->words, value);
	if (index >= 0) {
		*member = (uint32_t)index;
		return STATUS_OK;
	}
	text_word_list(parameter->words, list, sizeof list);
	snprintf(expected, sizeof expected, "one of %s", list);
	return wrong(parameter, where, value, "is not known", expected, error);
}

/* Texts are printed in double quotes, so they may not hold one, nor what would end the line. */
static enum status set_text(char *member, const struct config_parameter *parameter, const char *value,
                            const char *where, struct error *error) {
	size_t bytes = strlen(value);
	int printable = 1;
	for (size_t i = 0; i < bytes; i++) printable = printable && (unsigned char)value[i] >= ' ' && value[i] != '"';
	if (bytes == 0 || bytes >= CONFIG_TEXT_BYTES || !printable)
		return wrong(parameter, where, value, "cannot be used",
		             "1 to 767 bytes without double quotes and control characters", error);
	memset(member, 0, CONFIG_TEXT_BYTES); /* equal configurations are equal in memory */
	memcpy(member, value, bytes);
	return STATUS_OK;
}

static enum status set_value(struct config *config, const struct config_parameter *parameter, const char *value,
                             const char *where, struct error *error) {
	void *member = (char *)config + parameter->offset;
	if (parameter->type == CONFIG_TEXT) return set_text(member, parameter, value, where, error);
	if (parameter->type == CONFIG_WORD) return set_word(member, parameter, value, where, error);
	return set_number(member, parameter, value, where, error);
}

static const struct config_parameter *find(const char *section, const char *key) {
	for (size_t i = 0; i < config_parameter_count; i++)
		if (strcmp(config_parameters[i].key, key) == 0 && strcmp(config_parameters[i].section, section) == 0)
			return &config_parameters[i];
	return NULL;
}

static enum status unknown_section(const char *where, const char *section, struct error *error) {
	struct text_nearest nearest;
	text_nearest_start(&nearest, section);
	for (size_t i = 0; i < config_parameter_count; i++) text_nearest_offer(&nearest, config_parameters[i].section);
	const char *best = text_nearest_best(&nearest);
	return error_set(error, STATUS_INPUT, "%s: unknown section [%s]%s%s%s", where, section,
	                 best ? "; the nearest known one is [" : "; nbsim --describe lists all", best ? best : "",
	                 best ? "]" : "");
}

static int has_section(const char *section) {
	for (size_t i = 0; i < config_parameter_count; i++)
		if (strcmp(config_parameters[i].section, section) == 0) return 1;
	return 0;
}

/* The nearest key of the section, else the same key of another section. */
static enum status unknown_key(const char *where, const char *section, const char *key, struct error *error) {
	struct text_nearest nearest;
	if (!has_section(section)) return unknown_section(where, section, error);
	text_nearest_start(&nearest, key);
	for (size_t i = 0; i < config_parameter_count; i++)
		if (strcmp(config_parameters[i].section, section) == 0)
			text_nearest_offer(&nearest, config_parameters[i].key);
	const char *best = text_nearest_best(&nearest);
	if (best)
		return error_set(error, STATUS_INPUT, "%s: [%s] %s: unknown key; the nearest known one is '%s'", where,
		                 section, key, best);
	for (size_t i = 0; i < config_parameter_count; i++)
		if (strcmp(config_parameters[i].key, key) == 0)
			return error_set(error, STATUS_INPUT, "%s: [%s] %s: unknown key; it belongs to [%s]", where,
			                 section, key, config_parameters[i].section);
	return error_set(error, STATUS_INPUT, "%s: [%s] %s: unknown key; nbsim --describe lists all", where, section,
	                 key);
}

void config_defaults(struct config *config) {
	struct error ignored;
	memset(config, 0, sizeof *config);
	for (size_t i = 0; i < config_parameter_count; i++)
		set_value(config, &config_parameters[i], config_parameters[i].standard, "default", &ignored);
}

static enum status read_entries(struct config *config, const struct ini *ini, struct error *error) {
	char where[WHERE_BYTES];
	for (size_t i = 0; i < ini_section_count(ini); i++) {
		const struct ini_section *section = ini_section(ini, i);
		snprintf(where, sizeof where, "%s:%u", ini_path(ini), section->line);
		if (!has_section(section->name)) return unknown_section(where, section->name, error);
	}
	for (size_t i = 0; i < ini_entry_count(ini); i++) {
		const struct ini_entry *entry = ini_entry(ini, i);
		const struct config_parameter *parameter = find(entry->section, entry->key);
		snprintf(where, sizeof where, "%s:%u", ini_path(ini), entry->line);
		if (!parameter) return unknown_key(where, entry->section, entry->key, error);
		enum status status = set_value(config, parameter, entry->value, where, error);
		if (status != STATUS_OK) return status;
	}
	return STATUS_OK;
}

enum status config_read(struct config *config, const char *path, struct error *error) {
	struct ini *ini;
	config_defaults(config);
	enum status status = ini_open(&ini, path, error);
	if (status != STATUS_OK) return status;
	status = read_entries(config, ini, error);
	ini_close(ini);
	return status;
}

enum status config_set(struct config *config, const char *assignment, struct error *error) {
	char name[NAME_BYTES], where[WHERE_BYTES];
	const char *equals = strchr(assignment, '=');
	size_t bytes = equals ? (size_t)(equals - assignment) : 0;
	snprintf(where, sizeof where, "--set %.200s", assignment);
	snprintf(name, sizeof name, "%.*s", bytes < sizeof name ? (int)bytes : 0, assignment);
	char *dot = strrchr(name, '.');
	if (!dot || dot == name || dot[1] == '\0')
		return error_set(error, STATUS_USAGE, "%s: expected section.key=value, such as binary_engine.pes=32",
		                 where);
	*dot = '\0';
	const struct config_parameter *parameter = find(name, dot + 1);
	enum status status = parameter ? set_value(config, parameter, equals + 1, where, error)
	                               : unknown_key(where, name, dot + 1, error);
	return status == STATUS_INPUT ? STATUS_USAGE : status;
}

void config_value_text(const struct config *config, const struct config_parameter *parameter, char *text,
                       size_t text_bytes) {
	const void *member = (const char *)config + parameter->offset;
	if (parameter->type == CONFIG_TEXT) {
		snprintf(text, text_bytes, "%s", (const char *)member);
		return;
	}
	uint32_t value = *(const uint32_t *)member;
	if (parameter->type == CONFIG_WORD)
		text_word_at(parameter->words, value, text, text_bytes);
	else if (value == 0 && parameter->words)
		snprintf(text, text_bytes, "%s", parameter->words);
	else
		text_decimal_print(value, decimals_of(parameter), text, text_bytes);
}
