/* See rows.h. Numbers are printed with '.', whatever the locale of the process: the programs never call setlocale. */
#include "sim/run/rows.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static struct row *add(struct rows *rows, const char *scope, const char *name, const char *unit, enum row_kind kind) {
	if (rows->count == rows->capacity) {
		size_t capacity = rows->capacity ? 2 * rows->capacity : 256;
		struct row *grown = realloc(rows->items, capacity * sizeof *grown);
		if (!grown) {
			rows->failed = 1;
			return NULL;
		}
		rows->items = grown;
		rows->capacity = capacity;
	}
	struct row *row = &rows->items[rows->count++];
	memset(row, 0, sizeof *row);
	snprintf(row->scope, sizeof row->scope, "%s", scope);
	snprintf(row->name, sizeof row->name, "%s", name);
	snprintf(row->unit, sizeof row->unit, "%s", unit);
	row->kind = kind;
	return row;
}

void rows_integer(struct rows *rows, const char *scope, const char *name, uint64_t value, const char *unit) {
	struct row *row = add(rows, scope, name, unit, ROW_INTEGER);
	if (row) row->integer = value;
}

void rows_real(struct rows *rows, const char *scope, const char *name, double value, const char *unit) {
	struct row *row = add(rows, scope, name, unit, ROW_REAL);
	if (row) row->real = value;
}

void rows_text(struct rows *rows, const char *scope, const char *name, const char *value) {
	struct row *row = add(rows, scope, name, "text", ROW_TEXT);
	if (row) snprintf(row->text, sizeof row->text, "%s", value);
}

void rows_empty(struct rows *rows, const char *scope, const char *name, const char *unit) {
	add(rows, scope, name, unit, ROW_EMPTY);
}

void rows_grade(struct rows *rows, const char *grade) {
	if (rows->count) snprintf(rows->items[rows->count - 1].grade, ROW_UNIT_BYTES, "%s", grade);
}

void rows_clear(struct rows *rows) {
	free(rows->items);
	memset(rows, 0, sizeof *rows);
}

const struct row *rows_find(const struct rows *rows, const char *scope, const char *name) {
	for (size_t i = 0; i < rows->count; i++)
		if (!strcmp(rows->items[i].scope, scope) && !strcmp(rows->items[i].name, name)) return &rows->items[i];
	return NULL;
}

void row_value_text(const struct row *row, char *text, size_t bytes) {
	switch (row->kind) {
	case ROW_INTEGER: snprintf(text, bytes, "%" PRIu64, row->integer); break;
	case ROW_REAL: snprintf(text, bytes, "%.9g", row->real); break;
	case ROW_TEXT: snprintf(text, bytes, "%s", row->text); break;
	case ROW_EMPTY: snprintf(text, bytes, "%s", ""); break;
	}
}

static void print_csv_field(const char *text, FILE *out) {
	if (!strpbrk(text, ",\"\n")) {
		fputs(text, out);
		return;
	}
	fputc('"', out);
	for (; *text; text++) {
		if (*text == '"') fputc('"', out);
		fputc(*text, out);
	}
	fputc('"', out);
}

void rows_print_csv(const struct rows *rows, FILE *out) {
	fprintf(out, "scope,name,value,unit\n");
	for (size_t i = 0; i < rows->count; i++) {
		const struct row *row = &rows->items[i];
		char value[ROW_TEXT_BYTES];
		row_value_text(row, value, sizeof value);
		print_csv_field(row->scope, out);
		fprintf(out, ",%s,", row->name);
		print_csv_field(value, out);
		fprintf(out, ",%s\n", row->unit);
	}
}

static void print_json_text(const char *text, FILE *out) {
	fputc('"', out);
	for (; *text; text++) {
		unsigned char byte = (unsigned char)*text;
		if (byte == '"' || byte == '\\')
			fprintf(out, "\\%c", byte);
		else if (byte < 32)
			fprintf(out, "\\u%04x", byte);
		else
			fputc(byte, out);
	}
	fputc('"', out);
}

void rows_print_json(const struct rows *rows, FILE *out) {
	fprintf(out, "{\"schema\": %d, \"rows\": [\n", ROWS_SCHEMA_VERSION);
	for (size_t i = 0; i < rows->count; i++) {
		const struct row *row = &rows->items[i];
		char value[ROW_TEXT_BYTES];
		row_value_text(row, value, sizeof value);
		fprintf(out, "  {\"scope\": ");
		print_json_text(row->scope, out);
		fprintf(out, ", \"name\": \"%s\", \"value\": ", row->name);
		if (row->kind == ROW_TEXT)
			print_json_text(value, out);
		else
			fputs(row->kind == ROW_EMPTY ? "null" : value, out);
		fprintf(out, ", \"unit\": \"%s\"", row->unit);
		if (row->grade[0]) fprintf(out, ", \"grade\": \"%s\"", row->grade);
		fprintf(out, "}%s\n", i + 1 < rows->count ? "," : "");
	}
	fprintf(out, "]}\n");
}
