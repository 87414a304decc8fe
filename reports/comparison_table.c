/* See comparison_table.h. Errors stand as they are: simulated / measured - 1, in percent, with its sign. */
#include "reports/comparison_table.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "reports/plot.h"
#include "sim/base/text.h"

enum { WIDTH = 100, INDENT = 4 };

static int is_simulated(const struct comparison_row *row) {
	return row->simulated_cycles > 0;
}

/* Why a blind row that was simulated is not in the statistics; NULL: it is, or is fitted. */
static const char *why_not_counted(const struct comparison_row *row) {
	const struct measurement *measurement = row->measurement;
	if (!is_simulated(row) || row->is_counted || measurement->use == MEASUREMENT_FITTED) return NULL;
	if (measurement->grade == 'C') return "grade C";
	if (!measurement->clock_stated) return "clock";
	return "folding";
}

static void print_rows(const struct comparison *comparison, FILE *out) {
	fprintf(out, "%-27s %-5s %-6s %7s %13s %13s %9s  %s\n", "row", "grade", "use", "frames", "measured us",
	        "simulated us", "error %", "counted");
	for (size_t i = 0; i < comparison->count; i++) {
		const struct comparison_row *row = &comparison->rows[i];
		const struct measurement *measurement = row->measurement;
		if (!is_simulated(row)) continue;
		fprintf(out, "%-27s %-5c %-6s %7" PRIu32 " %13.2f %13.2f %+9.2f", measurement->row_id,
		        measurement->grade, measurement_use_names[measurement->use], measurement->batch_frames,
		        measurement->total_time_us, row->simulated_us, row->error_percent);
		const char *why = why_not_counted(row);
		if (row->is_counted) fprintf(out, "  %s", comparison_group_names[row->group]);
		if (why) fprintf(out, "  no: %s", why);
		fputc('\n', out);
	}
	fputs("\nus: the whole batch, from start to done. counted: blind, graded A or B, folding and clock stated;\n"
	      "no: not counted, as this is not stated. fitted: a parameter of its build was chosen on this row.\n"
	      "blind: nothing was.\n",
	      out);
}

static void print_statistics_line(const struct comparison *comparison, enum comparison_group group, FILE *out) {
	struct comparison_statistics statistics = comparison_statistics(comparison, group);
	fprintf(out, "%-14s %5zu", group == GROUP_COUNT ? "all" : comparison_group_names[group], statistics.count);
	if (statistics.worst_row)
		fprintf(out, " %9.2f %14.2f %9.2f  %s", statistics.median, statistics.percentile90, statistics.worst,
		        statistics.worst_row->measurement->row_id);
	fputc('\n', out);
}

static void print_ids(const struct comparison *comparison, enum comparison_group group, FILE *out) {
	char *text = NULL;
	size_t bytes = 0, count = 0;
	FILE *memory = open_memstream(&text, &bytes);
	if (!memory) return;
	fprintf(memory, "%s:", comparison_group_names[group]);
	for (size_t i = 0; i < comparison->count; i++)
		if (comparison->rows[i].is_counted && comparison->rows[i].group == group)
			fprintf(memory, "%s %s", count++ ? "," : "", comparison->rows[i].measurement->row_id);
	if (!count) fputs(" no row", memory);
	if (!fclose(memory)) text_wrap(out, text, 0, INDENT, WIDTH);
	free(text);
}

static void print_statistics(const struct comparison *comparison, FILE *out) {
	fprintf(out, "\n%-14s %5s %9s %14s %9s  %s\n", "blind |error| %", "rows", "median", "90th percentile", "worst",
	        "worst row");
	for (int group = 0; group <= GROUP_COUNT; group++)
		print_statistics_line(comparison, (enum comparison_group)group, out);
	fputs("\nrows counted\n", out);
	for (int group = 0; group < GROUP_COUNT; group++) print_ids(comparison, (enum comparison_group)group, out);
}

static int has_same_reason(const struct comparison_row *a, const struct comparison_row *b) {
	const char *why = why_not_counted(a), *other = why_not_counted(b);
	return why && other && !strcmp(why, other) && !strcmp(a->reason, b->reason);
}

/* "ID (3.1 us too short), ID (2 us too long): not counted: why: reason" for the rows with the reason of row `first`. */
static void print_reason(const struct comparison *comparison, size_t first, FILE *out) {
	const struct comparison_row *rows = comparison->rows;
	char *text = NULL;
	size_t bytes = 0;
	FILE *memory = open_memstream(&text, &bytes);
	if (!memory) return;
	for (size_t i = first; i < comparison->count; i++) {
		if (!has_same_reason(&rows[first], &rows[i])) continue;
		double short_us = rows[i].measurement->total_time_us - rows[i].simulated_us;
		fprintf(memory, "%s%s (%.4g us too %s)", i > first ? ", " : "", rows[i].measurement->row_id,
		        fabs(short_us), short_us < 0 ? "long" : "short");
	}
	fprintf(memory, ": not counted: %s%s%s", why_not_counted(&rows[first]), *rows[first].reason ? ": " : "",
	        rows[first].reason);
	if (!fclose(memory)) text_wrap(out, text, 0, INDENT, WIDTH);
	free(text);
}

static void print_not_counted(const struct comparison *comparison, FILE *out) {
	size_t count = 0;
	for (size_t i = 0; i < comparison->count; i++) {
		size_t before = 0;
		if (!why_not_counted(&comparison->rows[i])) continue;
		while (!has_same_reason(&comparison->rows[before], &comparison->rows[i])) before++;
		if (before < i) continue;
		if (!count++) fputc('\n', out);
		print_reason(comparison, i, out);
	}
}

static void print_not_simulated(const struct comparison *comparison, FILE *out) {
	size_t count = 0;
	for (size_t i = 0; i < comparison->count; i++) {
		const struct comparison_row *row = &comparison->rows[i];
		char line[ERROR_TEXT_BYTES + 200];
		if (is_simulated(row)) continue;
		if (!count++) fputc('\n', out);
		snprintf(line, sizeof line, "%s: not simulated: %s", row->measurement->row_id, row->reason);
		text_wrap(out, line, 0, INDENT, WIDTH);
	}
}

static int has_both(const struct comparison_row *row, int resource) {
	return !isnan(row->measurement->resources[resource]) && !isnan(row->resources[resource]);
}

static int has_resources(const struct comparison_row *row) {
	for (int r = 0; r < MEASURED_RESOURCE_COUNT; r++)
		if (has_both(row, r)) return 1;
	return 0;
}

/* "26072 24711 0.95" in a column: published, ours, ratio. */
static void print_pair(const struct comparison_row *row, int resource, int width, FILE *out) {
	char text[96] = "-";
	if (has_both(row, resource)) {
		const double published = row->measurement->resources[resource], ours = row->resources[resource];
		int length = snprintf(text, sizeof text, "%.9g %.9g", published, ours);
		if (published > 0) snprintf(text + length, sizeof text - (size_t)length, " %5.2f", ours / published);
	}
	fprintf(out, " %*s", width, text);
}

static void print_resources(const struct comparison *comparison, FILE *out) {
	static const int widths[MEASURED_RESOURCE_COUNT] = {18, 18, 18, 12};
	static const char *const heads[MEASURED_RESOURCE_COUNT] = {"LUT", "FF", "BRAM36", "DSP"};
	size_t count = 0;
	for (size_t i = 0; i < comparison->count; i++) {
		const struct comparison_row *row = &comparison->rows[i];
		if (!has_resources(row)) continue;
		if (!count++) {
			fprintf(out, "\npublished, ours, ours / published\n%-19s", "row");
			for (int r = 0; r < MEASURED_RESOURCE_COUNT; r++) fprintf(out, " %*s", widths[r], heads[r]);
			fputs("  grade\n", out);
		}
		fprintf(out, "%-19s", row->measurement->row_id);
		for (int r = 0; r < MEASURED_RESOURCE_COUNT; r++) print_pair(row, r, widths[r], out);
		fprintf(out, "  %s\n", row->resource_grade);
	}
	if (count)
		text_wrap(
		    out,
		    "Published: the whole placed design, with its bus interfaces, parameter loading and the parts "
		    "that join it to the processor; ours: the stages, FIFOs and DMA. grade: of ours, the least sure of "
		    "the four.",
		    0, 0, WIDTH);
}

static void print_paper(const struct paper_figures *paper, FILE *out) {
	fprintf(out, "\n%-46s %10s %10s %7s %s %s\n", "figures of the NeuroBlend paper", "paper", "ours", "ratio",
	        "mark", "configuration");
	for (size_t i = 0; i < paper->count; i++) {
		const struct paper_figure *figure = &paper->items[i];
		char value[32], ours[32] = "-", ratio[32] = "-";
		snprintf(value, sizeof value, "%.5g %s", figure->value, figure->unit);
		if (!isnan(figure->ours)) {
			snprintf(ours, sizeof ours, "%.5g %s", figure->ours, figure->unit);
			snprintf(ratio, sizeof ratio, "%.2f", figure->ours / figure->value);
		}
		fprintf(out, "%-46s %10s %10s %7s %4s%s%s\n", figure->meaning, value, ours, ratio, figure->mark,
		        *figure->config ? " " : "", figure->config);
		if (*figure->reason) fprintf(out, "%*s", INDENT, "");
		if (*figure->reason) text_wrap(out, figure->reason, INDENT, INDENT, WIDTH);
	}
	text_wrap(
	    out,
	    "Device and clock of the paper are not known, so a ratio is a distance and no error; nothing is fitted "
	    "to it. mark a: stated by the paper's abstract; b: inferred from it.",
	    0, 0, WIDTH);
}

void comparison_print_table(const struct comparison *comparison, const struct paper_figures *paper, FILE *out) {
	print_rows(comparison, out);
	print_statistics(comparison, out);
	print_not_counted(comparison, out);
	print_not_simulated(comparison, out);
	fputc('\n', out);
	text_wrap(out,
	          "Not modelled: the time of the host's driver (start, polling, copies), which every measured time "
	          "contains, and contention for the memory.",
	          0, 0, WIDTH);
	print_resources(comparison, out);
	if (paper) print_paper(paper, out);
}

/* ---- CSV */

static void csv_head(const struct comparison_row *row, const char *block, const char *name, const char *unit,
                     FILE *out) {
	const struct measurement *measurement = row->measurement;
	fprintf(out, "%s,", block);
	plot_csv_text(out, measurement->row_id);
	fprintf(out, ",%c,%s,", measurement->grade, measurement_use_names[measurement->use]);
	plot_csv_text(out, measurement->build);
	fputc(',', out);
	plot_csv_text(out, measurement->config);
	fputc(',', out);
	if (measurement->batch_frames) fprintf(out, "%" PRIu32, measurement->batch_frames);
	fprintf(out, ",%s,%s,", name, unit);
}

static void csv_values(double reference, double ours, int is_error, FILE *out) {
	plot_csv_number(out, reference);
	fputc(',', out);
	plot_csv_number(out, ours);
	fputc(',', out);
	if (is_error) plot_csv_number(out, 100 * (ours / reference - 1));
	fputc(',', out);
}

static void csv_row(const struct comparison_row *row, FILE *out) {
	csv_head(row, "time", "batch_time", "us", out);
	csv_values(row->measurement->total_time_us, is_simulated(row) ? row->simulated_us : NAN, is_simulated(row),
	           out);
	fprintf(out, "%d,", row->is_counted);
	if (!row->is_counted) plot_csv_text(out, row->reason);
	fputc('\n', out);
	for (int r = 0; r < MEASURED_RESOURCE_COUNT; r++) {
		if (!has_both(row, r)) continue;
		csv_head(row, "resources", measurement_resource_names[r], "1", out);
		csv_values(row->measurement->resources[r], row->resources[r], 1, out);
		fputs("0,\n", out);
	}
}

void comparison_print_csv(const struct comparison *comparison, const struct paper_figures *paper, FILE *out) {
	fputs("block,row_id,grade,use,build,config,frames,name,unit,reference,ours,error_percent,counted,reason\n",
	      out);
	for (size_t i = 0; i < comparison->count; i++) csv_row(&comparison->rows[i], out);
	for (size_t i = 0; paper && i < paper->count; i++) {
		const struct paper_figure *figure = &paper->items[i];
		fputs("paper,", out);
		plot_csv_text(out, figure->figure_id);
		fprintf(out, ",%s,context,,", figure->mark);
		plot_csv_text(out, figure->config);
		fprintf(out, ",,%s,%s,", figure->result, figure->unit);
		csv_values(figure->value, figure->ours, 0, out);
		fputs("0,", out);
		plot_csv_text(out, figure->reason);
		fputc('\n', out);
	}
}
