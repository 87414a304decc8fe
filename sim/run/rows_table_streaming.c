/* The table of a streaming machine: how long, what limits it and why, fit, power, a line a layer; --layers: a line a
 * stage and a FIFO. Waits are shares of the steady state. */
#include <string.h>

#include "sim/base/text.h"
#include "sim/run/rows_table.h"

enum { STATES = 6 };
static const char *const states[STATES] = {"busy", "fill_drain", "blocked", "memory", "starved", "idle"};
static const char *const state_columns[STATES] = {"busy %", "fill %", "blocked %", "memory %", "starved %", "idle %"};

static double percent(const struct rows *rows, const char *name) {
	return 100 * table_number(rows, "run", name);
}

static void print_time(const struct rows *rows, FILE *out) {
	char a[32], b[32];
	double frames = table_number(rows, "run", "frames"), period = table_number(rows, "run", "cycles_per_frame");
	fprintf(out, "%s on %s at %.9g MHz, streaming: %.0f stages, %.0f FIFOs (exactness: %s)\n\n",
	        table_text(rows, "run", "network"), table_text(rows, "device", "name"),
	        table_number(rows, "run", "clock_mhz"), table_number(rows, "run", "stages"),
	        table_number(rows, "run", "fifos"), table_text(rows, "run", "exactness"));
	fprintf(out, "How long      %s cycles a single frame, %.4g ms",
	        table_grouped(table_number(rows, "run", "latency_cycles"), a, sizeof a),
	        table_number(rows, "run", "latency_ms"));
	if (frames > 1)
		fprintf(out, "\n              a batch of %s: %s cycles, %.4g ms", table_grouped(frames, a, sizeof a),
		        table_grouped(table_number(rows, "run", "total_cycles"), b, sizeof b),
		        table_number(rows, "run", "batch_ms"));
	fprintf(out, "\nThroughput    %s frames/s: %.9g cycles a frame",
	        table_grouped(table_number(rows, "run", "frames_per_s"), a, sizeof a), period);
	const struct row *recurs = rows_find(rows, "run", "recurs_at_frame");
	double period_frames = table_number(rows, "run", "period_frames");
	if (recurs && recurs->kind == ROW_INTEGER && period_frames > 1)
		fprintf(out, " (exact: %.0f frames recur, from frame %.0f on)\n", period_frames,
		        (double)recurs->integer);
	else if (recurs && recurs->kind == ROW_INTEGER)
		fprintf(out, " (exact: every frame recurs, from frame %.0f on)\n", (double)recurs->integer);
	else
		fprintf(out, " (mean of %.0f frames: FIFOs still fill)\n", period_frames);
}

static void print_bottleneck(const struct rows *rows, FILE *out) {
	char line[256];
	int used = snprintf(line, sizeof line, "%.64s: busy %.1f %% of the time", table_text(rows, "run", "bottleneck"),
	                    percent(rows, "bottleneck_busy"));
	static const char *const waits[][2] = {{"bottleneck_fill_drain", "fills and drains"},
	                                       {"bottleneck_memory", "waits for the input DMA"},
	                                       {"bottleneck_starved", "starves"},
	                                       {"bottleneck_blocked", "is blocked"}};
	for (size_t w = 0; w < sizeof waits / sizeof waits[0]; w++)
		if (percent(rows, waits[w][0]) >= 0.05)
			used += snprintf(line + used, sizeof line - (size_t)used, ", %s %.1f %%", waits[w][1],
			                 percent(rows, waits[w][0]));
	fprintf(out, "Bottleneck    ");
	text_wrap(out, line, 14, 14, 100);
	const char *starved = table_text(rows, "run", "most_starved"),
	           *blocked = table_text(rows, "run", "most_blocked");
	if (starved[0])
		fprintf(out, "              starves most: %s, %.1f %%\n", starved, percent(rows, "most_starved_share"));
	if (!blocked[0]) return;
	fprintf(out, "              blocked most: %s, %.1f %%\n", blocked, percent(rows, "most_blocked_share"));
	fprintf(out, "              the jam begins in front of %s: FIFO %s is full\n",
	        table_text(rows, "run", "jam_reader"), table_text(rows, "run", "jam_fifo"));
}

static void print_depths(const struct rows *rows, FILE *out) {
	char a[32];
	double period = table_number(rows, "run", "cycles_per_frame"),
	       unbounded = table_number(rows, "run", "least_cycles_per_frame"),
	       latency = table_number(rows, "run", "latency_cycles"),
	       unbounded_latency = table_number(rows, "run", "unbounded_fifo_latency_cycles");
	fprintf(out, "FIFO depths   ");
	if (unbounded < 0.9999 * period)
		fprintf(out, "cost %.2f %% of the throughput: any depth gives %.9g cycles a frame",
		        100 * (1 - unbounded / period), unbounded);
	else
		fprintf(out, "cost no throughput");
	if (unbounded_latency < latency)
		fprintf(out, "%sany depth gives %s cycles a single frame",
		        unbounded < 0.9999 * period ? "\n              " : "; ",
		        table_grouped(unbounded_latency, a, sizeof a));
	fprintf(out, "\n");
	if (unbounded < 0.9999 * period) fprintf(out, "              nbsim --size-fifos --fastest finds the depths\n");
}

/* Shares of the steady state, six columns of ten. */
static void print_states(const struct rows *rows, const char *scope, FILE *out) {
	double period = table_number(rows, "run", "period_cycles");
	for (int s = 0; s < STATES; s++) {
		char name[ROW_NAME_BYTES];
		snprintf(name, sizeof name, "period_%s_cycles", states[s]);
		fprintf(out, "%10.1f", period > 0 ? 100 * table_number(rows, scope, name) / period : 0);
	}
	fputc('\n', out);
}

static int is_layer(const struct row *row) {
	return !strncmp(row->scope, "layer:", 6) && !strcmp(row->name, "pe");
}

/* PE x SIMD, with a skip path's behind. */
static void print_folding(const struct rows *rows, const char *scope, FILE *out) {
	char text[64];
	int used = snprintf(text, sizeof text, "%.0f x %.0f", table_number(rows, scope, "pe"),
	                    table_number(rows, scope, "simd"));
	if (table_number(rows, scope, "skip_pe") > 0 && used > 0 && used < (int)sizeof text)
		snprintf(text + used, sizeof text - (size_t)used, "+%.0fx%.0f", table_number(rows, scope, "skip_pe"),
		         table_number(rows, scope, "skip_simd"));
	fprintf(out, "%13.13s", text);
}

static void print_layer_times(const struct rows *rows, FILE *out) {
	char buffer[32];
	fprintf(out, "\nWhat the stage of each layer that waits least does, steady state\n");
	fprintf(out, "%-14s%13s%12s", "layer", "PE x SIMD", "cycles");
	for (int s = 0; s < STATES; s++) fprintf(out, "%10s", state_columns[s]);
	fputc('\n', out);
	for (size_t i = 0; i < rows->count; i++) {
		const char *scope = rows->items[i].scope;
		if (!is_layer(&rows->items[i])) continue;
		fprintf(out, "%-14.13s", scope + 6);
		print_folding(rows, scope, out);
		fprintf(out, "%12s",
		        table_grouped(table_number(rows, scope, "unstalled_cycles"), buffer, sizeof buffer));
		print_states(rows, scope, out);
	}
	fprintf(out, "cycles: of a frame when nothing stalls");
	if (table_number(rows, "run", "recurs_at_frame") <= 0)
		fprintf(out, "; idle: runs ahead of the bottleneck while FIFOs fill");
	fprintf(out, "\nfolding %.91s\n", table_text(rows, "run", "folding"));
}

/* Layers with their FIFOs, then what is of no layer. */
static void print_resources(const struct rows *rows, FILE *out) {
	static const char *const others[] = {"unit:input.dma",     "unit:output.dma",    "unit:memory_controllers",
	                                     "unit:dram",          "unit:device_static", "unit:shell",
	                                     "unit:clock_manager", "unit:processor"};
	fprintf(out, "\n%-28s", "Resources and energy");
	for (int r = 0; r < TABLE_RESOURCES; r++) fprintf(out, "%10s", table_resources[r]);
	fprintf(out, "%10s%11s\n", "power W", "uJ/frame");
	for (size_t i = 0; i < rows->count; i++) {
		const char *scope = rows->items[i].scope;
		if (!is_layer(&rows->items[i])) continue;
		fprintf(out, "%-28.27s", scope + 6);
		table_print_amounts(rows, scope, out);
		fprintf(out, "%10.4f%11.2f\n", table_number(rows, scope, "power_w"),
		        table_number(rows, scope, "energy_uj"));
	}
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
		fprintf(out, "%-28s", others[i] + 5);
		table_print_amounts(rows, others[i], out);
		fprintf(out, "%10.4f%11.2f\n", table_number(rows, others[i], "power_w"),
		        table_number(rows, others[i], "energy_uj"));
	}
	table_print_totals(rows, out);
}

static void print_stages(const struct rows *rows, FILE *out) {
	char buffer[32];
	fprintf(out, "\nWhat each stage does, steady state\n%-28s%12s", "stage", "cycles");
	for (int s = 0; s < STATES; s++) fprintf(out, "%10s", state_columns[s]);
	fputc('\n', out);
	for (size_t i = 0; i < rows->count; i++) {
		const char *scope = rows->items[i].scope;
		if (strncmp(scope, "unit:", 5) || strcmp(rows->items[i].name, "kind")) continue;
		fprintf(out, "%-28.27s%12s", scope + 5,
		        table_grouped(table_number(rows, scope, "unstalled_cycles"), buffer, sizeof buffer));
		print_states(rows, scope, out);
	}
}

/* `any depth`: how full it gets within a frame when it, like the others, holds any number of words. */
static void print_fifos(const struct rows *rows, FILE *out) {
	fprintf(out, "\n%-44s%9s%9s%9s%6s%11s%10s\n", "FIFO", "bits", "depth", "highest", "full", "any depth",
	        "bram36");
	for (size_t i = 0; i < rows->count; i++) {
		const char *scope = rows->items[i].scope;
		if (strncmp(scope, "fifo:", 5) || strcmp(rows->items[i].name, "width_bits")) continue;
		fprintf(out, "%-44.43s%9.0f%9.0f%9.0f%6s%11.0f%10.1f\n", scope + 5,
		        table_number(rows, scope, "width_bits"), table_number(rows, scope, "depth_words"),
		        table_number(rows, scope, "highest_fill_words"),
		        table_number(rows, scope, "was_full") > 0 ? "yes" : "no",
		        table_number(rows, scope, "unbounded_fill_words"), table_number(rows, scope, "bram36"));
	}
}

void table_print_streaming(const struct rows *rows, int layers, FILE *out) {
	char a[32];
	print_time(rows, out);
	print_bottleneck(rows, out);
	print_depths(rows, out);
	table_print_values(rows, out);
	if (table_number(rows, "run", "shapes_only") > 0)
		fprintf(out, "Values        none: shapes with seeded weights\n");
	fprintf(out, "Memory        %s bytes, %.3g GB/s\n",
	        table_grouped(table_number(rows, "run", "ddr_bytes"), a, sizeof a),
	        table_number(rows, "run", "ddr_bandwidth"));
	table_print_fit(rows, out);
	print_layer_times(rows, out);
	print_resources(rows, out);
	if (layers) {
		print_stages(rows, out);
		print_fifos(rows, out);
	}
}
