/* Commands about one point: what limits it and what one step on each axis would change, and its full configuration. The
 * steps are simulated, exactly, when they are asked for: nothing is interpolated, and they need not be stored. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "explore/command.h"
#include "explore/evaluate.h"
#include "explore/front.h"
#include "explore/sweep_store.h"
#include "sim/base/text.h"

enum { SHARE_BYTES = 8 << 20 };

struct explained {
	struct sweep_store *store;
	struct sweep sweep;
	struct sweep_accuracy *accuracies;
	size_t accuracy_count;
	struct evaluator *evaluator;
	struct point_row row;
	uint64_t point;
	char run[RUN_ID_BYTES]; /* of --keep layers, or empty */
	const char *path;
	int is_loaded;
};

static void explained_close(struct explained *explained) {
	evaluator_free(explained->evaluator);
	free(explained->accuracies);
	if (explained->is_loaded) sweep_clear(&explained->sweep);
	sweep_store_close(explained->store);
}

static enum status explained_open(struct explained *explained, const struct command_arguments *arguments,
                                  struct error *error) {
	struct sweep_head head;
	const char *word = arguments->words.items[2];
	memset(explained, 0, sizeof *explained);
	if (text_unsigned(word, &explained->point) != TEXT_NUMBER_OK)
		return error_set(error, STATUS_USAGE, "'%.60s' is not the number of a point; expected a whole number",
		                 word);
	enum status status = sweep_store_open(&explained->store, arguments->words.items[1], 0, error);
	if (!status) status = sweep_store_load(explained->store, arguments->sweep, &explained->sweep, &head, error);
	explained->is_loaded = !status;
	if (!status && explained->point >= explained->sweep.space)
		status = error_set(error, STATUS_USAGE,
		                   "point %" PRIu64 " is out of range; sweep %s has points 0 to %" PRIu64,
		                   explained->point, explained->sweep.name, explained->sweep.space - 1);
	if (!status)
		status = sweep_store_accuracies(explained->store, explained->sweep.name, &explained->accuracies,
		                                &explained->accuracy_count, error);
	if (!status)
		status = sweep_store_run_of(explained->store, explained->sweep.name, explained->point, explained->run,
		                            error);
	explained->path = arguments->words.items[1];
	if (!status && !(explained->evaluator = evaluator_create(&explained->sweep, SHARE_BYTES)))
		status = error_set(error, STATUS_MEMORY, "out of memory");
	if (!status) evaluator_point(explained->evaluator, explained->point, &explained->row);
	return status;
}

static void print_accuracy(const struct explained *explained, const struct point_row *row) {
	const struct sweep_accuracy *accuracy =
	    front_accuracy(explained->accuracies, explained->accuracy_count, row->network);
	if (accuracy)
		printf("  top-1 %.4f +- %.4f on %u images\n", accuracy->top1, accuracy->top1_standard_error,
		       accuracy->image_count);
	else
		printf("  top-1 not measured\n");
}

static double row_percent(const struct rows *rows, const char *name) {
	const struct row *row = rows_find(rows, "run", name);
	return row ? 100 * row->real : 0;
}

static const char *row_text(const struct rows *rows, const char *name) {
	const struct row *row = rows_find(rows, "run", name);
	return row ? row->text : "";
}

/* What holds a streaming machine back, from its rows (sim/README.md). */
static void print_stage_limit(const struct rows *rows) {
	const struct row *bound = rows_find(rows, "run", "unbounded_fifo_cycles_per_frame"),
	                 *period = rows_find(rows, "run", "cycles_per_frame"),
	                 *least = rows_find(rows, "run", "least_cycles_per_frame");
	printf("  folding %s\n", row_text(rows, "folding"));
	printf("  limited by stage %s in the steady state: it works in %.1f %% of the cycles, waits for words in %.1f "
	       "%%, for room in %.1f %%\n",
	       row_text(rows, "bottleneck"), row_percent(rows, "bottleneck_busy"),
	       row_percent(rows, "bottleneck_memory") + row_percent(rows, "bottleneck_starved"),
	       row_percent(rows, "bottleneck_blocked"));
	if (row_text(rows, "jam_fifo")[0])
		printf("  words queue up from FIFO %s on, in front of stage %s\n", row_text(rows, "jam_fifo"),
		       row_text(rows, "jam_reader"));
	if (bound && period && least)
		printf("  %.9g cycles a frame; with FIFOs of any depth %.9g, its slowest stage alone %" PRIu64 "\n",
		       period->real, bound->real, least->integer);
}

static void explain_stages(const struct explained *explained) {
	struct config config;
	struct simulation simulation;
	struct rows rows = {0};
	struct error error = {""};
	enum status status = sweep_configure(&explained->sweep, explained->point, &config, &error);
	if (!status) status = evaluator_simulate(explained->evaluator, explained->point, &config, &simulation, &error);
	if (status) {
		printf("  %s\n", error.text);
		return;
	}
	simulation_rows(&simulation, 0, &rows);
	print_stage_limit(&rows);
	rows_clear(&rows);
	simulation_clear(&simulation);
}

/* Which of the three things that can hold a time-shared machine back does. */
static void print_unit_limit(const struct point_row *row) {
	printf("  limited by %s: it works in %.1f %% of the cycles and waits for memory in %.1f %%\n", row->limit_unit,
	       100 * row->limit_share, 100 * row->memory_share);
}

static void print_limit(const struct explained *explained) {
	const struct point_row *row = &explained->row;
	struct config config;
	struct error ignored;
	if (!sweep_configure(&explained->sweep, explained->point, &config, &ignored) &&
	    config.organisation == ORGANISATION_STREAMING)
		explain_stages(explained);
	else
		print_unit_limit(row);
	printf("  the binary lanes do needed work in %.1f %% of their bit operations\n", 100 * row->binary_utilisation);
	if (isnan(row->worst_utilisation))
		printf("  scarcest resource %s: the device has none of it\n", row->worst_resource);
	else
		printf("  scarcest resource %s: %.1f %% of what the device may use; largest unit %.1f %% of a die\n",
		       row->worst_resource, 100 * row->worst_utilisation, 100 * row->slr_share);
}

static void print_point(const struct explained *explained) {
	const struct point_row *row = &explained->row;
	char setting[SWEEP_TEXT_BYTES * 4];
	sweep_setting_text(&explained->sweep, explained->point, setting, sizeof setting);
	printf("point %" PRIu64 " of %s: %s\n", explained->point, explained->sweep.name, setting);
	if (row->status != POINT_OK) {
		printf("  %s: %s\n", point_status_names[row->status], row->reason);
		return;
	}
	printf("  %.6g ms (%" PRIu64 " cycles at %.6g MHz, an input; exactness %s), %.6g frames a second\n",
	       row->latency_ms, row->latency_cycles, row->clock_mhz, row->exactness, row->frames_per_s);
	printf("  %s%.4g W (%s), %.4g uJ a frame (%.4g to %.4g); LUT %" PRIu64 ", FF %" PRIu64
	       ", BRAM36 %.1f, URAM %" PRIu64 ", DSP %" PRIu64 " (%s); fits: %s\n",
	       row->power_partial ? ">= " : "", row->power_w, row->power_grade, row->energy_uj, row->energy_low_uj,
	       row->energy_high_uj, row->lut, row->ff, row->bram36, row->uram, row->dsp, row->resource_grade,
	       row->fits < 0 ? "unknown"
	       : row->fits   ? "yes"
	                     : "no");
	print_accuracy(explained, row);
	print_limit(explained);
	if (explained->run[0])
		printf("  every layer and counter: run %s (nbsim show %.6s --layers --db %s)\n", explained->run,
		       explained->run, explained->path);
}

static double change(double now, double before) {
	return before > 0 || before < 0 ? 100 * (now / before - 1) : 0;
}

static void print_step(struct explained *explained, const uint32_t *choices, uint32_t a, uint32_t choice) {
	uint32_t moved[SWEEP_AXES_MAX];
	struct point_row row;
	struct config config;
	struct error error = {""};
	const struct sweep_axis *axis = &explained->sweep.axes[a];
	const struct point_row *here = &explained->row;
	memcpy(moved, choices, explained->sweep.axis_count * sizeof *moved);
	moved[a] = choice;
	uint64_t point = sweep_point(&explained->sweep, moved);
	evaluator_point(explained->evaluator, point, &row);
	printf("%10" PRIu64 "  %-32s %10s -> %-10s", point, axis->name, axis->values[choices[a]].text,
	       axis->values[choice].text);
	if (!sweep_configure(&explained->sweep, point, &config, &error) && !sweep_admits(&explained->sweep, &config))
		printf(" (excluded by a constraint)");
	if (row.status != POINT_OK) {
		printf(" %s: %.200s\n", point_status_names[row.status], row.reason);
		return;
	}
	if (here->status != POINT_OK) {
		printf(" possible: %.6g ms, %.4g W\n", row.latency_ms, row.power_w);
		return;
	}
	const struct sweep_accuracy *accuracy =
	    front_accuracy(explained->accuracies, explained->accuracy_count, row.network);
	printf(" %+8.2f %+8.2f %+8.2f %+8.2f", change(row.latency_ms, here->latency_ms),
	       change(row.power_w, here->power_w), change(row.energy_uj, here->energy_uj),
	       change((double)row.lut, (double)here->lut));
	if (accuracy)
		printf("  %.4f", accuracy->top1);
	else
		printf("  %6s", "");
	printf("  %s%s\n", row.limit_unit, row.fits == 1 ? "" : row.fits ? ", fits: unknown" : ", does not fit");
}

enum status command_explain(const struct command_arguments *arguments, struct error *error) {
	struct explained explained;
	uint32_t choices[SWEEP_AXES_MAX];
	enum status status = explained_open(&explained, arguments, error);
	if (!status) {
		print_point(&explained);
		printf(
		    "\none step on each axis, simulated: change in %%\n%10s  %-32s %10s    %-10s %8s %8s %8s %8s  %6s  "
		    "limited by\n",
		    "point", "axis", "here", "there", "latency", "power", "energy", "LUT", "top-1");
		sweep_choices(&explained.sweep, explained.point, choices);
		for (uint32_t a = 0; a < explained.sweep.axis_count; a++) {
			if (choices[a] > 0) print_step(&explained, choices, a, choices[a] - 1);
			if (choices[a] + 1 < explained.sweep.axes[a].count)
				print_step(&explained, choices, a, choices[a] + 1);
		}
	}
	explained_close(&explained);
	return status;
}

enum status command_config(const struct command_arguments *arguments, struct error *error) {
	struct explained explained;
	struct config config;
	char setting[SWEEP_TEXT_BYTES * 4];
	enum status status = explained_open(&explained, arguments, error);
	if (!status) status = sweep_configure(&explained.sweep, explained.point, &config, error);
	if (!status) {
		sweep_setting_text(&explained.sweep, explained.point, setting, sizeof setting);
		printf("# point %" PRIu64 " of sweep %s: %s\n", explained.point, explained.sweep.name, setting);
		for (uint32_t a = 0; a < explained.sweep.axis_count; a++)
			if (!explained.sweep.axes[a].parameter)
				printf("# %s is a factor of the sweep on the energy table; a configuration cannot hold "
				       "it\n",
				       explained.sweep.axes[a].name);
		config_print(&config, stdout);
	}
	explained_close(&explained);
	return status;
}
