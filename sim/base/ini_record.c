/* Records of ini.h: one section read into a struct by a table of fields. */
#include <stdio.h>
#include <string.h>

#include "sim/base/ini.h"
#include "sim/base/text.h"

static enum status fail(const struct ini *ini, const struct ini_entry *entry, struct error *error,
                        const char *expected) {
	return error_set(error, STATUS_INPUT, "%s:%u: [%s] %s: '%.200s' is wrong; expected %s", ini_path(ini),
	                 entry->line, entry->section, entry->key, entry->value, expected);
}

static enum status read_number(const struct ini *ini, const struct ini_entry *entry, const struct ini_field *field,
                               void *member, struct error *error) {
	char expected[96];
	uint64_t whole = 0;
	double real = 0;
	enum text_number form =
	    field->type == INI_REAL ? text_real(entry->value, &real) : text_unsigned(entry->value, &whole);
	if (field->type == INI_UNSIGNED) real = (double)whole;
	if (form != TEXT_NUMBER_OK || real < field->minimum || real > field->maximum) {
		snprintf(expected, sizeof expected, "a %snumber from %.9g to %.9g, without a unit",
		         field->type == INI_REAL ? "" : "whole ", field->minimum, field->maximum);
		return fail(ini, entry, error, expected);
	}
	if (field->type == INI_REAL)
		*(double *)member = real;
	else
		*(uint32_t *)member = (uint32_t)whole;
	return STATUS_OK;
}

static enum status read_field(const struct ini *ini, const struct ini_entry *entry, const struct ini_field *field,
                              void *target, struct error *error) {
	void *member = (char *)target + field->offset;
	char expected[192];
	if (field->type == INI_TEXT) {
		size_t bytes = strlen(entry->value);
		if (bytes == 0 || bytes > (size_t)field->maximum) {
			snprintf(expected, sizeof expected, "a text of 1 to %.0f bytes", field->maximum);
			return fail(ini, entry, error, expected);
		}
		memcpy(member, entry->value, bytes + 1);
		return STATUS_OK;
	}
	if (field->type == INI_WORD) {
		int index = text_word_index(field->words, entry->value);
		if (index < 0) {
			char list[160];
			text_word_list(field->words, list, sizeof list);
			snprintf(expected, sizeof expected, "one of %s", list);
			return fail(ini, entry, error, expected);
		}
		*(uint32_t *)member = (uint32_t)index;
		return STATUS_OK;
	}
	return read_number(ini, entry, field, member, error);
}

static enum status unknown_key(const struct ini *ini, const struct ini_entry *entry, const struct ini_field *fields,
                               size_t field_count, struct error *error) {
	struct text_nearest nearest;
	text_nearest_start(&nearest, entry->key);
	for (size_t i = 0; i < field_count; i++) text_nearest_offer(&nearest, fields[i].key);
	const char *best = text_nearest_best(&nearest);
	return error_set(error, STATUS_INPUT, "%s:%u: [%s] %s: unknown key%s%s%s", ini_path(ini), entry->line,
	                 entry->section, entry->key, best ? "; the nearest known one is '" : "", best ? best : "",
	                 best ? "'" : "");
}

enum status ini_read_record(const struct ini *ini, const char *section, const struct ini_field *fields,
                            size_t field_count, void *target, struct error *error) {
	for (size_t i = 0; i < ini_entry_count(ini); i++) {
		const struct ini_entry *entry = ini_entry(ini, i);
		size_t f = 0;
		if (strcmp(entry->section, section) != 0) continue;
		while (f < field_count && strcmp(fields[f].key, entry->key) != 0) f++;
		if (f == field_count) return unknown_key(ini, entry, fields, field_count, error);
		enum status status = read_field(ini, entry, &fields[f], target, error);
		if (status != STATUS_OK) return status;
	}
	for (size_t f = 0; f < field_count; f++)
		if (fields[f].required && !ini_find(ini, section, fields[f].key))
			return error_set(error, STATUS_INPUT, "%s: [%s] %s is missing", ini_path(ini), section,
			                 fields[f].key);
	return STATUS_OK;
}

enum status ini_check_sections(const struct ini *ini, const char *const *known, size_t known_count,
                               struct error *error) {
	for (size_t i = 0; i < ini_section_count(ini); i++) {
		const struct ini_section *section = ini_section(ini, i);
		struct text_nearest nearest;
		size_t k = 0;
		while (k < known_count && strcmp(known[k], section->name) != 0) k++;
		if (k < known_count) continue;
		text_nearest_start(&nearest, section->name);
		for (k = 0; k < known_count; k++) text_nearest_offer(&nearest, known[k]);
		const char *best = text_nearest_best(&nearest);
		return error_set(error, STATUS_INPUT, "%s:%u: unknown section [%s]%s%s%s", ini_path(ini), section->line,
		                 section->name, best ? "; the nearest known one is [" : "", best ? best : "",
		                 best ? "]" : "");
	}
	return STATUS_OK;
}
