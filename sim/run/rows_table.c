/* The table for people, made from rows alone, so that a stored run prints like a fresh one. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "sim/run/rows_table.h"

static const char *const state_columns[] = {"busy", "fill_drain", "dispatch", "blocked", "memory", "starved", "idle"};
enum { STATES = 7 };
const char *const table_resources[TABLE_RESOURCES] = {"lut", "ff", "dsp", "bram36", "uram"};

double table_number(const struct rows *rows, const char *scope, const char *name) {
	const struct row *row = rows_find(rows, scope, name);
	if (!row) return 0;
	return row->kind == ROW_INTEGER ? (double)row->integer : row->kind == ROW_REAL ? row->real : 0;
}

const char *table_text(const struct rows *rows, const char *scope, const char *name) {
	const struct row *row = rows_find(rows, scope, name);
	return row && row->kind == ROW_TEXT ? row->text : "";
}

const char *table_grouped(double value, char *buffer, size_t bytes) {
	char digits[32];
	int length = snprintf(digits, sizeof digits, "%.0f", value);
	size_t used = 0;
	for (int i = 0; i < length && used + 2 < bytes; i++) {
		if (i && (length - i) % 3 == 0 && digits[i - 1] != '-') buffer[used++] = ',';
		buffer[used++] = digits[i];
	}
	buffer[used] = 0;
	return buffer;
}

void table_print_values(const struct rows *rows, FILE *out) {
	char a[32];
	const struct row *top1 = rows_find(rows, "run", "top1");
	if (rows_find(rows, "run", "images")) {
		fputs("Values        ", out);
		if (top1 && top1->kind != ROW_EMPTY) fprintf(out, "top-1 %.4f of ", table_number(rows, "run", "top1"));
		fprintf(out, "%s images%s", table_grouped(table_number(rows, "run", "images"), a, sizeof a),
		        top1 && top1->kind != ROW_EMPTY ? "" : ", no labels");
		if (rows_find(rows, "run", "float_top1"))
			fprintf(out, " (as trained, float, its whole test set: %.4f)",
			        table_number(rows, "run", "float_top1"));
		if (rows_find(rows, "run", "images_on_program"))
			fprintf(out, "\n              %s of them through the emitted program, bit-exact",
			        table_grouped(table_number(rows, "run", "images_on_program"), a, sizeof a));
		fputc('\n', out);
	}
}

static int is_empty(const struct rows *rows, const char *scope, const char *name) {
	const struct row *row = rows_find(rows, scope, name);
	return row && row->kind == ROW_EMPTY;
}

void table_print_fit(const struct rows *rows, FILE *out) {
	char a[32], b[32], c[32];
	const struct row *fits = rows_find(rows, "run", "fits");
	const char *tightest = table_text(rows, "device", "tightest_resource");
	char name[ROW_TEXT_BYTES + 16];
	snprintf(name, sizeof name, "%s_utilisation", tightest);
	fprintf(out, "Does it fit   %s; tightest: %s, ",
	        !fits || fits->kind == ROW_EMPTY ? "unknown"
	        : fits->integer                  ? "yes"
	                                         : "no",
	        tightest);
	if (is_empty(rows, "device", name))
		fprintf(out, "of which the device has none\n");
	else
		fprintf(out, "%.1f %% of what is usable\n", 100 * table_number(rows, "device", name));
	fprintf(out, "Draws         %s%.3g W (FPGA %.3g W), %s uJ a frame (%s to %s)\n",
	        table_number(rows, "run", "energy_is_partial") > 0 ? ">= " : "", table_number(rows, "run", "power_w"),
	        table_number(rows, "run", "fpga_power_w"),
	        table_grouped(table_number(rows, "run", "energy_uj"), a, sizeof a),
	        table_grouped(table_number(rows, "run", "energy_low_uj"), b, sizeof b),
	        table_grouped(table_number(rows, "run", "energy_high_uj"), c, sizeof c));
}

static void print_head(const struct rows *rows, FILE *out) {
	char a[32], b[32];
	const char *basis = table_text(rows, "run", "frames_per_s_basis");
	fprintf(out, "%s on %s at %.9g MHz (exactness: %s)\n\n", table_text(rows, "run", "network"),
	        table_text(rows, "device", "name"), table_number(rows, "run", "clock_mhz"),
	        table_text(rows, "run", "exactness"));
	fprintf(out, "How long      %s cycles a frame, %.4g ms; %s frames/s (%s)\n",
	        table_grouped(table_number(rows, "run", "latency_cycles"), a, sizeof a),
	        table_number(rows, "run", "latency_ms"),
	        table_grouped(table_number(rows, "run", "frames_per_s"), b, sizeof b),
	        strcmp(basis, "single_frame") ? "mean of frames" : "single frame: 1 / latency");
	fprintf(out, "              %s cycles in all, %s of them once before the first frame (resident weights)\n",
	        table_grouped(table_number(rows, "run", "total_cycles"), a, sizeof a),
	        table_grouped(table_number(rows, "run", "preamble_cycles"), b, sizeof b));
	table_print_values(rows, out);
	double unlimited = table_number(rows, "run", "unlimited_bandwidth_cycles"),
	       total = table_number(rows, "run", "total_cycles");
	fprintf(out, "Memory        %s bytes, %.3g GB/s; unlimited bandwidth: %s cycles (%.1f %% less)",
	        table_grouped(table_number(rows, "run", "ddr_bytes"), a, sizeof a),
	        table_number(rows, "run", "ddr_bandwidth"), table_grouped(unlimited, b, sizeof b),
	        total > 0 ? 100 * (1 - unlimited / total) : 0);
	if (table_number(rows, "run", "sufficient_bandwidth") > 0)
		fprintf(out, "\n              met with %.3g GB/s", table_number(rows, "run", "sufficient_bandwidth"));
	fputc('\n', out);
	table_print_fit(rows, out);
}

static void print_attribution(const struct rows *rows, FILE *out) {
	static const char *const units[] = {"binary_engine", "fixed_engine", "post_unit", "load", "store", "sequencer"};
	fprintf(out, "\nWhat each unit does, cycles\n%-16s", "unit");
	for (int s = 0; s < STATES; s++) fprintf(out, "%11s", state_columns[s]);
	fprintf(out, "\n");
	for (size_t u = 0; u < sizeof units / sizeof units[0]; u++) {
		char scope[ROW_SCOPE_BYTES], buffer[32];
		snprintf(scope, sizeof scope, "unit:%s", units[u]);
		fprintf(out, "%-16s", units[u]);
		for (int s = 0; s < STATES; s++) {
			char name[ROW_NAME_BYTES];
			snprintf(name, sizeof name, "%s_cycles", state_columns[s]);
			fprintf(out, "%11s", table_grouped(table_number(rows, scope, name), buffer, sizeof buffer));
		}
		fprintf(out, "\n");
	}
	fprintf(out, "utilisation of the lanes, issued / valid: binary %.3f / %.3f, fixed %.3f / %.3f\n",
	        table_number(rows, "unit:binary_engine", "utilisation_issued"),
	        table_number(rows, "unit:binary_engine", "utilisation_valid"),
	        table_number(rows, "unit:fixed_engine", "utilisation_issued"),
	        table_number(rows, "unit:fixed_engine", "utilisation_valid"));
}

void table_print_amounts(const struct rows *rows, const char *scope, FILE *out) {
	char buffer[32];
	for (int r = 0; r < TABLE_RESOURCES; r++) {
		const struct row *row = rows_find(rows, scope, table_resources[r]);
		if (!row)
			fprintf(out, "%10s", "");
		else if (row->kind == ROW_EMPTY)
			fprintf(out, "%10s", "missing");
		else if (row->kind == ROW_REAL)
			fprintf(out, "%10.1f", row->real);
		else
			fprintf(out, "%10s", table_grouped((double)row->integer, buffer, sizeof buffer));
	}
}

void table_print_totals(const struct rows *rows, FILE *out) {
	char buffer[32];
	static const char *const totals[][2] = {
	    {"total", ""}, {"usable on the device", "_usable"}, {"of usable, %", "_utilisation"}};
	for (int t = 0; t < 3; t++) {
		fprintf(out, "%-28s", totals[t][0]);
		for (int r = 0; r < TABLE_RESOURCES; r++) {
			char name[ROW_NAME_BYTES];
			snprintf(name, sizeof name, "%s%s", table_resources[r], totals[t][1]);
			double value = table_number(rows, t ? "device" : "run", name);
			if (t == 2 && is_empty(rows, "device", name))
				fprintf(out, "%10s", "none");
			else if (t == 2)
				fprintf(out, "%10.1f", 100 * value);
			else
				fprintf(out, "%10s", table_grouped(value, buffer, sizeof buffer));
		}
		if (t == 0)
			fprintf(out, "%10.4f%11.2f", table_number(rows, "run", "power_w"),
			        table_number(rows, "run", "energy_uj"));
		fprintf(out, "\n");
	}
	fprintf(out, "grades: lut %s, dsp %s, energy %s (see README, estimates)\n",
	        rows_find(rows, "run", "lut") ? rows_find(rows, "run", "lut")->grade : "",
	        rows_find(rows, "run", "dsp") ? rows_find(rows, "run", "dsp")->grade : "",
	        rows_find(rows, "run", "power_w") ? rows_find(rows, "run", "power_w")->grade : "");
}

/* Scopes with a lut row, in order: the units. Amounts, power and energy of each. */
static void print_units(const struct rows *rows, FILE *out) {
	fprintf(out, "\n%-28s", "Resources and energy");
	for (int r = 0; r < TABLE_RESOURCES; r++) fprintf(out, "%10s", table_resources[r]);
	fprintf(out, "%10s%11s\n", "power W", "uJ/frame");
	for (size_t i = 0; i < rows->count; i++) {
		const char *scope = rows->items[i].scope;
		if (strncmp(scope, "unit:", 5) || strcmp(rows->items[i].name, "power_w")) continue;
		fprintf(out, "%-28s", scope + 5);
		table_print_amounts(rows, scope, out);
		fprintf(out, "%10.4f%11.2f\n", table_number(rows, scope, "power_w"),
		        table_number(rows, scope, "energy_uj"));
	}
	table_print_totals(rows, out);
}

static void print_layers(const struct rows *rows, FILE *out) {
	static const char *const columns[] = {"binary_engine", "fixed_engine", "post_unit", "load"};
	fprintf(out,
	        "\nLayers, cycles; span: cycles the post unit spends on the layer (all states; sums to the total)\n");
	fprintf(out, "%-14s%9s%9s%9s%9s%9s |%9s%9s%9s%9s\n", "layer", "span", "binary", "fixed", "post", "load",
	        "blocked", "memory", "starved", "dispatch");
	fprintf(out, "%-14s%9s%36s |%36s\n", "", "", "busy", "binary engine (or fixed) waits");
	for (size_t i = 0; i < rows->count; i++) {
		const char *scope = rows->items[i].scope;
		char buffer[32], unit[2 * ROW_SCOPE_BYTES];
		if (strncmp(scope, "layer:", 6) || strchr(scope, '/') || strcmp(rows->items[i].name, "binary_issued"))
			continue;
		snprintf(unit, sizeof unit, "%s/unit:post_unit", scope);
		fprintf(out, "%-14.14s%9s", scope + 6,
		        table_grouped(table_number(rows, unit, "total_cycles"), buffer, sizeof buffer));
		for (int c = 0; c < 4; c++) {
			snprintf(unit, sizeof unit, "%s/unit:%s", scope, columns[c]);
			fprintf(out, "%9s",
			        table_grouped(table_number(rows, unit, "busy_cycles"), buffer, sizeof buffer));
		}
		fprintf(out, " |");
		snprintf(unit, sizeof unit, "%s/unit:%s", scope,
		         rows->items[i].integer ? "binary_engine" : "fixed_engine");
		fprintf(out, "%9s", table_grouped(table_number(rows, unit, "blocked_cycles"), buffer, sizeof buffer));
		fprintf(out, "%9s", table_grouped(table_number(rows, unit, "memory_cycles"), buffer, sizeof buffer));
		fprintf(out, "%9s", table_grouped(table_number(rows, unit, "starved_cycles"), buffer, sizeof buffer));
		fprintf(out, "%9s\n",
		        table_grouped(table_number(rows, unit, "dispatch_cycles"), buffer, sizeof buffer));
	}
}

void rows_print_table(const struct rows *rows, int layers, FILE *out) {
	if (!strcmp(table_text(rows, "run", "organisation"), "streaming")) {
		table_print_streaming(rows, layers, out);
		return;
	}
	print_head(rows, out);
	print_attribution(rows, out);
	print_units(rows, out);
	if (layers) print_layers(rows, out);
}
