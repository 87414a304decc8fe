/* Private to the rows_table*.c files: reading rows for the table. */
#ifndef SIM_RUN_ROWS_TABLE_H
#define SIM_RUN_ROWS_TABLE_H

#include "sim/run/rows.h"

enum { TABLE_RESOURCES = 5 };
extern const char *const table_resources[TABLE_RESOURCES]; /* columns: "lut", "ff", ... */

double table_number(const struct rows *rows, const char *scope, const char *name); /* 0 where there is none */
const char *table_text(const struct rows *rows, const char *scope, const char *name);
/* 1234567 as 1,234,567; returns buffer. */
const char *table_grouped(double value, char *buffer, size_t bytes);

/* Lines "Values", "Does it fit", "Draws", and the columns of resources of one scope and their sums. */
void table_print_values(const struct rows *rows, FILE *out);
void table_print_fit(const struct rows *rows, FILE *out);
void table_print_amounts(const struct rows *rows, const char *scope, FILE *out);
void table_print_totals(const struct rows *rows, FILE *out);

void table_print_streaming(const struct rows *rows, int layers, FILE *out);

#endif
