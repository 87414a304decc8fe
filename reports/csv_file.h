/* A CSV file as a table of texts: one header line, then rows; fields may be quoted ("a, ""b""").
 *
 * Strict: every row has as many fields as the header, every column is one of the caller's list and stands once, every
 * required one is there. Messages name file, line and column.
 */
#ifndef REPORTS_CSV_FILE_H
#define REPORTS_CSV_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "sim/base/status.h"

enum { CSV_COLUMNS_MAX = 64, CSV_BYTES_MAX = 4 << 20 };

/* A column that may stand in the file. */
struct csv_column {
	const char *name;
	int required;
};

struct csv_file {
	const char *path; /* the caller's */
	const struct csv_column *columns;
	size_t column_count;
	size_t row_count;
	char *bytes; /* private: the file, cut into fields */
	const char **fields;
	uint32_t *lines;
	size_t place[CSV_COLUMNS_MAX]; /* private: where a column stands in the file; SIZE_MAX: nowhere */
	size_t width;                  /* private: fields a row has in the file */
};

/* STATUS_IO: cannot be read; STATUS_INPUT: what does not hold, in one sentence; STATUS_MEMORY. `path` and `columns`
 * must outlive it. csv_file_clear in every case. */
enum status csv_file_read(struct csv_file *file, const char *path, const struct csv_column *columns,
                          size_t column_count, struct error *error);
void csv_file_clear(struct csv_file *file);

/* Field of a row by the column's index in the caller's list; "" where the file has no such column. Never NULL. */
const char *csv_file_text(const struct csv_file *file, size_t row, size_t column);

/* Whether the file has the column. */
int csv_file_has(const struct csv_file *file, size_t column);

/* Line of a row in the file, from 1. */
uint32_t csv_file_line(const struct csv_file *file, size_t row);

/* The field as a number (decimal digits, '.', no sign, no exponent), NAN where it is empty; is_positive: above 0.
 * STATUS_INPUT names file, line, column and value. */
enum status csv_file_number(const struct csv_file *file, size_t row, size_t column, int is_positive, double *value,
                            struct error *error);

#endif
