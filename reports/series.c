/* See series.h. gnuplot picks a line's rows out of the one CSV file by the text of its first column, so the file stays
 * a plain table. An axis of counts over more than a factor of 8 is drawn in powers of two, with a tick at each value
 * that was simulated. */
#include "reports/series.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { TICKS_MAX = 10, X_MAX = 4096 };

int series_add(struct series *series, const struct series_item *item) {
	if (series->count == series->capacity) {
		size_t capacity = series->capacity ? 2 * series->capacity : 256;
		struct series_item *items = realloc(series->items, capacity * sizeof *items);
		if (!items) return 0;
		series->items = items;
		series->capacity = capacity;
	}
	series->items[series->count++] = *item;
	return 1;
}

void series_clear(struct series *series) {
	free(series->items);
	memset(series, 0, sizeof *series);
}

static int compare_numbers(double a, double b) {
	return a < b ? -1 : a > b;
}

static int compare_lines(const struct sweep_point_value *a, const struct sweep_point_value *b) {
	if (isnan(a->number) != isnan(b->number)) return isnan(a->number) ? 1 : -1;
	if (isnan(a->number)) return strcmp(a->text, b->text);
	return compare_numbers(a->number, b->number);
}

static int compare_items(const void *left, const void *right) {
	const struct series_item *a = left, *b = right;
	int order = compare_lines(&a->line, &b->line);
	if (!order) order = compare_numbers(a->x, b->x);
	if (!order) order = a->is_open - b->is_open;
	if (!order) order = compare_numbers(a->y, b->y);
	return order ? order : a->point < b->point ? -1 : a->point > b->point;
}

void series_sort(struct series *series) {
	if (series->count) qsort(series->items, series->count, sizeof *series->items, compare_items);
}

int series_is_same_line(const struct series_item *a, const struct series_item *b) {
	return !compare_lines(&a->line, &b->line);
}

size_t series_lines(const struct series *series) {
	size_t lines = 0;
	for (size_t i = 0; i < series->count; i++)
		if (!i || !series_is_same_line(&series->items[i - 1], &series->items[i])) lines++;
	return lines;
}

static int compare_doubles(const void *left, const void *right) {
	return compare_numbers(*(const double *)left, *(const double *)right);
}

/* Different values of x in order, at most X_MAX of them. */
static size_t x_values(const struct series *series, double *values) {
	size_t count = 0;
	for (size_t i = 0; i < series->count && count < X_MAX; i++) {
		size_t k = 0;
		while (k < count && values[k] != series->items[i].x) k++;
		if (k == count) values[count++] = series->items[i].x;
	}
	qsort(values, count, sizeof *values, compare_doubles);
	return count;
}

size_t series_x_values(const struct series *series, double *smallest, double *largest) {
	double values[X_MAX];
	size_t count = x_values(series, values);
	*smallest = count ? values[0] : NAN;
	*largest = count ? values[count - 1] : NAN;
	return count;
}

static void write_data(const struct series *series, const struct series_words *words, FILE *out) {
	plot_csv_text(out, words->line_name);
	fputc(',', out);
	plot_csv_text(out, words->x_name);
	fputc(',', out);
	plot_csv_text(out, words->y_name);
	fputs(words->has_error ? ",standard_error" : "", out);
	fputs(",fits,point\n", out);
	for (size_t i = 0; i < series->count; i++) {
		const struct series_item *item = &series->items[i];
		plot_csv_text(out, item->line.text);
		fputc(',', out);
		plot_csv_number(out, item->x);
		fputc(',', out);
		plot_csv_number(out, item->y);
		if (words->has_error) fputc(',', out);
		if (words->has_error) plot_csv_number(out, item->y_error);
		fprintf(out, ",%d,%llu\n", !item->is_open, (unsigned long long)item->point);
	}
}

static int is_log_x(const double *values, size_t count) {
	return count > 2 && values[0] > 0 && values[count - 1] / values[0] >= 8;
}

/* How far apart lines with error bars are drawn, so that bars in one place can be told apart. */
static double shift_of(const struct series *series, const struct series_words *words) {
	double values[X_MAX], nearest = INFINITY;
	size_t count = x_values(series, values);
	if (!words->has_error || is_log_x(values, count)) return 0;
	for (size_t i = 1; i < count; i++) nearest = fmin(nearest, values[i] - values[i - 1]);
	return nearest * 0.06;
}

static void write_x_axis(const struct series *series, FILE *out) {
	double values[X_MAX];
	size_t count = x_values(series, values);
	double first = values[0], last = values[count - 1];
	if (is_log_x(values, count)) {
		fprintf(out, "set logscale x 2\nset xrange [%.9g:%.9g]\n", first / 1.2, last * 1.2);
	} else {
		double margin = (last - first) * 0.06;
		fprintf(out, "set xrange [%.9g:%.9g]\n", first - margin, last + margin);
	}
	if (count > TICKS_MAX) return;
	fputs("set xtics (", out);
	for (size_t i = 0; i < count; i++) fprintf(out, "%s%.9g", i ? ", " : "", values[i]);
	fputs(")\n", out);
}

static void write_settings(const struct series *series, const struct series_words *words, size_t lines,
                           struct plot *plot) {
	FILE *out = plot->settings;
	double smallest = INFINITY, largest = -INFINITY;
	size_t letters = 1;
	for (size_t i = 0; i < series->count; i++) {
		smallest = fmin(smallest, series->items[i].y * words->y_factor);
		largest = fmax(largest, series->items[i].y * words->y_factor);
		size_t length = strlen(series->items[i].line.text);
		if (length > letters) letters = length;
	}
	write_x_axis(series, out);
	if (words->is_log && smallest > 0 && largest / smallest >= 10)
		plot_log_axis(out, 'y', smallest, largest);
	else if (words->is_log)
		fputs("set yrange [0:*]\n", out);
	plot_labels(plot, words->x_label, words->y_label);
	fputs("set grid xtics\nset errorbars 0.7\n", out);
	if (lines > 1) plot_key(plot, lines < PLOT_SERIES_MAX ? lines : PLOT_SERIES_MAX, letters, words->line_label, 0);
}

/* Whether line `index` of `lines` is one of the PLOT_SERIES_MAX drawn ones. */
static int is_drawn(size_t index, size_t lines) {
	if (lines <= PLOT_SERIES_MAX) return 1;
	for (size_t k = 0; k < PLOT_SERIES_MAX; k++)
		if (index == (k * (lines - 1) + (PLOT_SERIES_MAX - 1) / 2) / (PLOT_SERIES_MAX - 1)) return 1;
	return 0;
}

static void write_line(const struct series_words *words, const struct plot *plot, const char *line, size_t style,
                       int has_open, double shift, const char *before) {
	FILE *out = plot->command;
	int fits_column = words->has_error ? 5 : 4;
	for (int part = 0; part < 1 + has_open; part++) {
		fprintf(out, "%s'%s.csv' skip 1 using (strcol(1) eq ", part ? ", \\\n     " : before, plot->name);
		plot_quote(out, line);
		if (part) fprintf(out, " && $%d == 0", fits_column);
		fputs(" ? $2", out);
		if (shift != 0) fprintf(out, "%+.4g", shift);
		fprintf(out, " : NaN):($3*%.9g)", words->y_factor);
		if (!part && words->has_error) fprintf(out, ":($4*%.9g)", words->y_factor);
		if (part) {
			fputs(" with points pointtype 7 pointsize 0.2 linecolor rgb '#FFFFFF' notitle", out);
			continue;
		}
		fprintf(out, " with %s linestyle %zu%s title ", words->has_error ? "yerrorlines" : "linespoints", style,
		        words->has_error ? " linewidth 1.2" : "");
		plot_quote(out, line);
	}
}

size_t series_write(const struct series *series, const struct series_words *words, struct plot *plot) {
	size_t lines = series_lines(series), drawn = 0, index = 0;
	double most = (double)(lines < PLOT_SERIES_MAX ? lines : PLOT_SERIES_MAX), step = shift_of(series, words);
	write_data(series, words, plot->data);
	write_settings(series, words, lines, plot);
	for (size_t i = 0; i < series->count;) {
		size_t end = i;
		int has_open = 0;
		for (; end < series->count && series_is_same_line(&series->items[i], &series->items[end]); end++)
			has_open |= series->items[end].is_open;
		if (is_drawn(index++, lines)) {
			drawn++;
			write_line(words, plot, series->items[i].line.text, drawn, has_open,
			           step * ((double)drawn - (most + 1) / 2), drawn > 1 ? ", \\\n     " : "plot ");
		}
		i = end;
	}
	return drawn;
}
