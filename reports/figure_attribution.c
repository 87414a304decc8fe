/* Cycles of one unit by state, a bar a layer, in the order of execution: "why is it slow?", read from a stored run. The
 * states add up to the unit's total (sim/machine: law of attribution), which is checked here, so that a bar's height is
 * the truth. A cycle belongs to the layer of the command that is executed or waited for, so a bar may be longer than
 * the layer's own work. Left out: several units in one picture; states nobody is in are not in the key. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "reports/figure.h"
#include "reports/plot.h"
#include "reports/stored_run.h"
#include "sim/base/text.h"
#include "sim/machine/machine.h"

enum { LABELS_MAX = 32, LETTERS_MAX = 16 };

struct bar {
	const char *layer;
	size_t layer_bytes;
	uint64_t cycles[STATE_COUNT];
	uint64_t total_cycles;
};

struct bars {
	struct bar *items;
	size_t count;
	uint64_t cycles[STATE_COUNT]; /* over the layers */
	uint64_t tallest_cycles;
};

/* Works: blue. Could work: yellow to red. Has nothing to do: greys. */
static const char *const state_colours[STATE_COUNT] = {
    [STATE_BUSY] = PLOT_BLUE,      [STATE_FILL_DRAIN] = PLOT_SKY,    [STATE_DISPATCH] = PLOT_YELLOW,
    [STATE_BLOCKED] = PLOT_ORANGE, [STATE_MEMORY] = PLOT_VERMILLION, [STATE_STARVED] = PLOT_GREY,
    [STATE_IDLE] = "#E4E4E4",
};
static const char *const state_words[STATE_COUNT] = {
    [STATE_BUSY] = "busy",       [STATE_FILL_DRAIN] = "fill/drain", [STATE_DISPATCH] = "dispatch",
    [STATE_BLOCKED] = "blocked", [STATE_MEMORY] = "memory",         [STATE_STARVED] = "starved",
    [STATE_IDLE] = "idle",
};

static enum status check_unit(const char *unit, struct error *error) {
	struct text_nearest nearest;
	text_nearest_start(&nearest, unit);
	char known[256] = "";
	for (int i = 0; i < ATTRIBUTION_ROWS; i++) {
		if (!strcmp(unit, attribution_row_names[i])) return STATUS_OK;
		text_nearest_offer(&nearest, attribution_row_names[i]);
		snprintf(known + strlen(known), sizeof known - strlen(known), "%s%s", i ? ", " : "",
		         attribution_row_names[i]);
	}
	const char *best = text_nearest_best(&nearest);
	return error_set(error, STATUS_USAGE, "--unit '%.60s' is not known%s%s%s; expected one of %s", unit,
	                 best ? " (nearest: " : "", best ? best : "", best ? ")" : "", known);
}

/* The state whose cycles a row counts, STATE_COUNT for the total, or -1. */
static int state_of(const char *name) {
	static const char ending[] = "_cycles";
	size_t length = strlen(name);
	if (length <= sizeof ending - 1 || strcmp(name + length - (sizeof ending - 1), ending)) return -1;
	length -= sizeof ending - 1;
	for (int i = 0; i < STATE_COUNT; i++)
		if (strlen(unit_state_names[i]) == length && !strncmp(name, unit_state_names[i], length)) return i;
	return length == 5 && !strncmp(name, "total", 5) ? STATE_COUNT : -1;
}

/* "layer:NAME/unit:UNIT": *bytes of the NAME it points to, or NULL. */
static const char *layer_of(const char *scope, const char *unit, size_t *bytes) {
	const char *separator = strstr(scope, "/unit:");
	if (strncmp(scope, "layer:", 6) || !separator || strcmp(separator + 6, unit)) return NULL;
	*bytes = (size_t)(separator - scope) - 6;
	return scope + 6;
}

static void find_busiest(const struct rows *rows, char unit[ROW_NAME_BYTES]) {
	uint64_t most = 0;
	snprintf(unit, ROW_NAME_BYTES, "%s", attribution_row_names[0]);
	for (int i = 0; i < UNIT_COUNT; i++) {
		uint64_t works = 0;
		size_t bytes;
		for (size_t r = 0; r < rows->count; r++) {
			const struct row *row = &rows->items[r];
			if (!layer_of(row->scope, attribution_row_names[i], &bytes)) continue;
			int state = state_of(row->name);
			if (state == STATE_BUSY || state == STATE_FILL_DRAIN) works += row->integer;
		}
		if (works > most) snprintf(unit, ROW_NAME_BYTES, "%s", attribution_row_names[i]);
		if (works > most) most = works;
	}
}

static struct bar *bar_of(struct bars *bars, const char *layer, size_t bytes) {
	for (size_t i = bars->count; i-- > 0;)
		if (bars->items[i].layer_bytes == bytes && !memcmp(bars->items[i].layer, layer, bytes))
			return &bars->items[i];
	struct bar *bar = &bars->items[bars->count++];
	*bar = (struct bar){.layer = layer, .layer_bytes = bytes};
	return bar;
}

static enum status gather(const struct stored_run *run, const char *unit, const char *db, struct bars *bars,
                          struct error *error) {
	memset(bars, 0, sizeof *bars);
	bars->items = calloc(run->rows.count + 1, sizeof *bars->items);
	if (!bars->items) return error_set(error, STATUS_MEMORY, "%.500s: out of memory", db);
	for (size_t i = 0; i < run->rows.count; i++) {
		const struct row *row = &run->rows.items[i];
		size_t bytes;
		const char *layer = layer_of(row->scope, unit, &bytes);
		int state = layer && row->kind == ROW_INTEGER ? state_of(row->name) : -1;
		if (state < 0) continue;
		struct bar *bar = bar_of(bars, layer, bytes);
		if (state == STATE_COUNT)
			bar->total_cycles = row->integer;
		else
			bar->cycles[state] = row->integer;
	}
	for (size_t i = 0; i < bars->count; i++) {
		const struct bar *bar = &bars->items[i];
		uint64_t sum = 0;
		for (int s = 0; s < STATE_COUNT; s++) {
			sum += bar->cycles[s];
			bars->cycles[s] += bar->cycles[s];
		}
		if (sum != bar->total_cycles)
			return error_set(error, STATUS_INPUT,
			                 "%.300s: run %s: the states of %s in layer %.*s have %" PRIu64
			                 " cycles, its total is %" PRIu64 "; expected the same",
			                 db, run->id, unit, (int)bar->layer_bytes, bar->layer, sum, bar->total_cycles);
		if (sum > bars->tallest_cycles) bars->tallest_cycles = sum;
	}
	if (!bars->tallest_cycles)
		return error_set(error, STATUS_INPUT, "%.300s: run %s has no cycles of %s by layer; nothing to draw",
		                 db, run->id, unit);
	return STATUS_OK;
}

static void write_bars(const struct bars *bars, FILE *out) {
	fputs("layer", out);
	for (int s = 0; s < STATE_COUNT; s++) fprintf(out, ",%s_cycles", unit_state_names[s]);
	fputs(",total_cycles\n", out);
	for (size_t i = 0; i < bars->count; i++) {
		char layer[ROW_SCOPE_BYTES];
		snprintf(layer, sizeof layer, "%.*s", (int)bars->items[i].layer_bytes, bars->items[i].layer);
		plot_csv_text(out, layer);
		for (int s = 0; s < STATE_COUNT; s++) fprintf(out, ",%" PRIu64, bars->items[i].cycles[s]);
		fprintf(out, ",%" PRIu64 "\n", bars->items[i].total_cycles);
	}
}

static void write_settings(const struct bars *bars, const char *unit, unsigned scale, struct plot *plot) {
	char label[ROW_NAME_BYTES + 32];
	size_t states = 0, letters = 2;
	snprintf(label, sizeof label, "%s (%scycles)", unit, scale > 1 ? "thousand " : "");
	for (char *c = label; *c; c++)
		if (*c == '_') *c = ' ';
	if (label[0] >= 'a' && label[0] <= 'z') label[0] = (char)(label[0] - 'a' + 'A');
	for (size_t i = 0; i < bars->count; i++)
		if (bars->items[i].layer_bytes > letters) letters = bars->items[i].layer_bytes;
	for (int s = 0; s < STATE_COUNT; s++) states += bars->cycles[s] > 0;
	plot->bottom_points = 21 + 4.4 * (double)(letters < LETTERS_MAX ? letters : LETTERS_MAX);
	fprintf(plot->settings,
	        "set style data histograms\nset style histogram rowstacked\nset style fill solid 1 noborder\n"
	        "set boxwidth 0.8\nset yrange [0:*]\nset xrange [-0.6:%zu.6]\n"
	        "set xtics rotate by 90 right nomirror scale 0\n",
	        bars->count - 1);
	plot_labels(plot, "Layer", label);
	plot_key(plot, states, 10, NULL, -2);
}

static void write_command(const struct plot *plot, const struct bars *bars, unsigned scale) {
	FILE *out = plot->command;
	size_t step = (bars->count + LABELS_MAX - 1) / LABELS_MAX;
	const char *before = "plot ";
	for (int s = 0; s < STATE_COUNT; s++) {
		if (!bars->cycles[s]) continue;
		fprintf(out, "%s'%s.csv' skip 1 using ($%d/%u)", before, plot->name, s + 2, scale);
		if (before[0] == 'p') fprintf(out, ":xticlabels(int($0)%%%zu==0 ? stringcolumn(1) : '')", step);
		fputs(" title ", out);
		plot_quote(out, state_words[s]);
		fprintf(out, " linecolor rgb '%s'", state_colours[s]);
		before = ", \\\n     ";
	}
}

static enum status draw(const struct figure_request *request, const struct stored_run *run, const char *unit,
                        const struct bars *bars, struct figure_result *result, struct error *error) {
	struct plot plot;
	unsigned scale = bars->tallest_cycles >= 10000 ? 1000 : 1;
	enum status status = plot_open(&plot, request->out, request->file ? request->file : "attribution", 58, error);
	if (!status) {
		write_bars(bars, plot.data);
		write_settings(bars, unit, scale, &plot);
		write_command(&plot, bars, scale);
		status = plot_draw(&plot, error);
		plot_base(&plot, result->base);
		snprintf(result->note, sizeof result->note, "run %s, network %s, unit %s", run->id, run->network, unit);
	}
	plot_close(&plot);
	return status;
}

enum status figure_attribution(const struct figure_request *request, struct figure_result *result,
                               struct error *error) {
	struct stored_run run;
	struct bars bars = {0};
	char unit[ROW_NAME_BYTES];
	memset(result, 0, sizeof *result);
	enum status status = request->unit ? check_unit(request->unit, error) : STATUS_OK;
	if (!status) status = stored_run_read(request->db, request->run, &run, error);
	if (status) return status;
	if (request->unit)
		snprintf(unit, sizeof unit, "%s", request->unit);
	else
		find_busiest(&run.rows, unit);
	status = gather(&run, unit, request->db, &bars, error);
	if (!status) status = draw(request, &run, unit, &bars, result, error);
	free(bars.items);
	stored_run_clear(&run);
	return status;
}
