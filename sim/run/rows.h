/* Result rows: scope, name, value, unit. The CSV and JSON output, the database and comparisons are these rows.
 *
 * scope is `run`, `device`, `layer:NAME`, `unit:NAME` or `layer:NAME/unit:NAME`. Names never change without a schema
 * version.
 */
#ifndef SIM_RUN_ROWS_H
#define SIM_RUN_ROWS_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "sim/base/status.h"

enum { ROW_SCOPE_BYTES = 128, ROW_NAME_BYTES = 48, ROW_UNIT_BYTES = 16, ROW_TEXT_BYTES = 96, ROWS_SCHEMA_VERSION = 1 };

enum row_kind { ROW_INTEGER, ROW_REAL, ROW_TEXT, ROW_EMPTY };

struct row {
	char scope[ROW_SCOPE_BYTES];
	char name[ROW_NAME_BYTES];
	char unit[ROW_UNIT_BYTES];  /* "1" for fractions and counts of nothing */
	char grade[ROW_UNIT_BYTES]; /* of an estimate; empty for what is counted */
	enum row_kind kind;
	uint64_t integer;
	double real;
	char text[ROW_TEXT_BYTES];
};

struct rows {
	struct row *items;
	size_t count, capacity;
	int failed; /* out of memory: rows are missing */
};

void rows_integer(struct rows *rows, const char *scope, const char *name, uint64_t value, const char *unit);
void rows_real(struct rows *rows, const char *scope, const char *name, double value, const char *unit);
void rows_text(struct rows *rows, const char *scope, const char *name, const char *value);
void rows_empty(struct rows *rows, const char *scope, const char *name, const char *unit);
/* Grade of the row added last. */
void rows_grade(struct rows *rows, const char *grade);
void rows_clear(struct rows *rows);

/* The row or NULL. */
const struct row *rows_find(const struct rows *rows, const char *scope, const char *name);

/* The value as text: integers without exponent, reals %.9g with '.', empty for ROW_EMPTY. */
void row_value_text(const struct row *row, char *text, size_t bytes);

/* The table for people, 100 columns: how long, what it waits for, does it fit, what does it draw; `layers`: a line a
 * layer too. */
void rows_print_table(const struct rows *rows, int layers, FILE *out);

/* Header `scope,name,value,unit`, then the rows. Fields with a comma or quote are quoted. */
void rows_print_csv(const struct rows *rows, FILE *out);
/* {"schema": 1, "rows": [{"scope": ..., "name": ..., "value": ..., "unit": ..., "grade": ...}, ...]} */
void rows_print_json(const struct rows *rows, FILE *out);

#endif
