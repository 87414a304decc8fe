/* See csv_file.h. The file is read whole and cut in place: a field is a text inside it, quotes taken off. */
#include "reports/csv_file.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/text.h"

static enum status read_bytes(struct csv_file *file, size_t *bytes, struct error *error) {
	FILE *in = fopen(file->path, "rb");
	if (!in)
		return error_set(error, STATUS_IO, "%.900s: cannot be opened: %s; expected a CSV file", file->path,
		                 strerror(errno));
	file->bytes = malloc(CSV_BYTES_MAX + 1);
	*bytes = file->bytes ? fread(file->bytes, 1, CSV_BYTES_MAX + 1, in) : 0;
	int failed = ferror(in);
	fclose(in);
	if (!file->bytes) return error_set(error, STATUS_MEMORY, "%.900s: out of memory", file->path);
	if (failed) return error_set(error, STATUS_IO, "%.900s: cannot be read", file->path);
	if (*bytes > CSV_BYTES_MAX)
		return error_set(error, STATUS_INPUT, "%.900s: is larger than %d bytes", file->path, CSV_BYTES_MAX);
	if (memchr(file->bytes, '\0', *bytes))
		return error_set(error, STATUS_INPUT, "%.900s: has a zero byte; expected a CSV file", file->path);
	file->bytes[*bytes] = '\0';
	return STATUS_OK;
}

/* Cuts one field off *at, quotes removed. Returns what ends it: ',', '\n', '\0'; '"' where quotes are wrong. */
static char cut_field(char **at, const char **field) {
	char *from = *at, *to = *at;
	*field = to;
	if (*from == '"') {
		for (from++; *from && *from != '\n'; from++) {
			if (*from != '"') {
				*to++ = *from;
			} else if (from[1] == '"') {
				*to++ = *from++;
			} else {
				break;
			}
		}
		if (*from != '"') return '"';
		from++;
		if (*from == '\r' && from[1] == '\n') from++;
		if (*from != ',' && *from != '\n' && *from != '\0') return '"';
	} else {
		while (*from && *from != ',' && *from != '\n') {
			if (*from == '"') return '"';
			*to++ = *from++;
		}
		if (*from != ',' && to > *field && to[-1] == '\r') to--;
	}
	char end = *from;
	*to = '\0';
	*at = end ? from + 1 : from;
	return end;
}

static size_t count_lines(const char *text) {
	size_t lines = 1;
	for (; *text; text++) lines += *text == '\n';
	return lines;
}

static enum status bad_quotes(const struct csv_file *file, uint32_t line, struct error *error) {
	return error_set(error, STATUS_INPUT,
	                 "%.900s: line %u: a quote is not closed or stands inside a field; expected \"text\" with "
	                 "inner quotes doubled",
	                 file->path, line);
}

static int is_blank(const char *at) {
	return *at == '\n' || *at == '\0' || (*at == '\r' && (at[1] == '\n' || at[1] == '\0'));
}

/* The header: which column stands where. */
static enum status read_header(struct csv_file *file, char **at, struct error *error) {
	char end = ',';
	if (is_blank(*at))
		return error_set(error, STATUS_INPUT,
		                 "%.800s: line 1 is empty; expected the names of the columns: %.60s, ...", file->path,
		                 file->columns[0].name);
	for (size_t c = 0; c < file->column_count; c++) file->place[c] = SIZE_MAX;
	for (file->width = 0; end == ','; file->width++) {
		const char *name;
		struct text_nearest nearest;
		size_t c = 0;
		end = cut_field(at, &name);
		if (end == '"') return bad_quotes(file, 1, error);
		text_nearest_start(&nearest, name);
		while (c < file->column_count && strcmp(file->columns[c].name, name) != 0)
			text_nearest_offer(&nearest, file->columns[c++].name);
		const char *best = text_nearest_best(&nearest);
		if (c == file->column_count && strchr(name, ';'))
			return error_set(error, STATUS_INPUT,
			                 "%.800s: line 1: '%.60s': expected fields separated by commas", file->path,
			                 name);
		if (c == file->column_count)
			return error_set(error, STATUS_INPUT, "%.800s: line 1: unknown column '%.60s'%s%s", file->path,
			                 name, best ? "; the nearest known one is " : "", best ? best : "");
		if (file->place[c] != SIZE_MAX)
			return error_set(error, STATUS_INPUT, "%.900s: line 1: column %s stands twice", file->path,
			                 name);
		file->place[c] = file->width;
	}
	for (size_t c = 0; c < file->column_count; c++)
		if (file->columns[c].required && file->place[c] == SIZE_MAX)
			return error_set(error, STATUS_INPUT, "%.900s: line 1: column %s is missing", file->path,
			                 file->columns[c].name);
	return STATUS_OK;
}

static enum status read_row(struct csv_file *file, char **at, uint32_t line, struct error *error) {
	const char **fields = file->fields + file->row_count * file->width;
	size_t count = 0;
	char end = ',';
	for (; end == ','; count++) {
		const char *field;
		end = cut_field(at, &field);
		if (end == '"') return bad_quotes(file, line, error);
		if (count < file->width) fields[count] = field;
	}
	if (count != file->width)
		return error_set(error, STATUS_INPUT, "%.900s: line %u: has %zu fields; expected %zu as in the header",
		                 file->path, line, count, file->width);
	file->lines[file->row_count++] = line;
	return STATUS_OK;
}

enum status csv_file_read(struct csv_file *file, const char *path, const struct csv_column *columns,
                          size_t column_count, struct error *error) {
	size_t bytes = 0;
	uint32_t line = 2;
	memset(file, 0, sizeof *file);
	file->path = path;
	file->columns = columns;
	file->column_count = column_count < CSV_COLUMNS_MAX ? column_count : CSV_COLUMNS_MAX;
	enum status status = read_bytes(file, &bytes, error);
	if (status) return status;
	char *at = file->bytes;
	if (!strncmp(at, "\xef\xbb\xbf", 3)) at += 3; /* the mark that spreadsheets put in front of UTF-8 */
	size_t lines = count_lines(at);
	status = read_header(file, &at, error);
	if (status) return status;
	file->fields = calloc(lines * file->width, sizeof *file->fields);
	file->lines = calloc(lines, sizeof *file->lines);
	if (!file->fields || !file->lines) return error_set(error, STATUS_MEMORY, "%.900s: out of memory", path);
	for (; !status && *at; line++) {
		if (is_blank(at)) {
			at += strcspn(at, "\n");
			at += *at == '\n';
		} else {
			status = read_row(file, &at, line, error);
		}
	}
	return status;
}

void csv_file_clear(struct csv_file *file) {
	free(file->bytes);
	free(file->fields);
	free(file->lines);
	memset(file, 0, sizeof *file);
}

int csv_file_has(const struct csv_file *file, size_t column) {
	return column < file->column_count && file->place[column] != SIZE_MAX;
}

const char *csv_file_text(const struct csv_file *file, size_t row, size_t column) {
	if (row >= file->row_count || !csv_file_has(file, column)) return "";
	return file->fields[row * file->width + file->place[column]];
}

uint32_t csv_file_line(const struct csv_file *file, size_t row) {
	return row < file->row_count ? file->lines[row] : 0;
}

enum status csv_file_number(const struct csv_file *file, size_t row, size_t column, int is_positive, double *value,
                            struct error *error) {
	const char *text = csv_file_text(file, row, column);
	*value = NAN;
	if (!*text) return STATUS_OK;
	if (text_real(text, value) != TEXT_NUMBER_OK || (is_positive && !(*value > 0)))
		return error_set(error, STATUS_INPUT, "%.600s: line %u: %s: '%.60s' is not a number%s", file->path,
		                 csv_file_line(file, row), file->columns[column].name, text,
		                 is_positive ? " above 0" : "");
	return STATUS_OK;
}
