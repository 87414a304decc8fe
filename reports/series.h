/* Lines of a figure: values y over x, a line for each value of another parameter. */
#ifndef REPORTS_SERIES_H
#define REPORTS_SERIES_H

#include <stdint.h>
#include <stdio.h>

#include "reports/plot.h"
#include "reports/sweep_points.h"

struct series_item {
	struct sweep_point_value line;
	double x, y, y_error; /* y_error NAN: none */
	int is_open;          /* drawn as an open point: a machine that does not fit */
	uint64_t point, network;
};

struct series {
	struct series_item *items;
	size_t count, capacity;
};

/* 0 when out of memory. */
int series_add(struct series *series, const struct series_item *item);
void series_clear(struct series *series);

/* By line (numbers before words), x, open points last, y, point. */
void series_sort(struct series *series);
int series_is_same_line(const struct series_item *a, const struct series_item *b);

/* Lines of sorted series. */
size_t series_lines(const struct series *series);
/* Different values of x; *smallest, *largest of them. */
size_t series_x_values(const struct series *series, double *smallest, double *largest);

/* Names and units of a figure of lines. */
struct series_words {
	const char *x_name, *line_name, *y_name; /* heads of the CSV */
	const char *x_label, *line_label, *y_label;
	double y_factor;
	int has_error;
	int is_log; /* y */
};

/* Writes data, settings and command of sorted series. More lines than PLOT_SERIES_MAX: as many, evenly chosen, with the
 * first and the last, are drawn, and all are in the data. Returns the number of lines drawn. */
size_t series_write(const struct series *series, const struct series_words *words, struct plot *plot);

#endif
