/* See comparison.h. error = simulated / measured - 1. Measured time is the host's, from start to done; ours is that of
 * the machine alone. */
#include "reports/comparison.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "reports/comparison_machine.h"

const char *const comparison_group_names[] = {"single image", "short batch", "steady state"};

/* A row may differ from its configuration's clock by what oscillators and printed figures do. */
static const double clock_tolerance = 0.005;

static enum comparison_group group_of(uint32_t frames) {
	if (frames >= GROUP_STEADY_FRAMES) return GROUP_STEADY;
	return frames > 1 ? GROUP_SHORT : GROUP_SINGLE;
}

static double number_of(const struct row *row) {
	if (!row || row->kind == ROW_EMPTY || row->kind == ROW_TEXT) return NAN;
	return row->kind == ROW_INTEGER ? (double)row->integer : row->real;
}

/* Grades from the surest to the least sure, as sim/estimate names them. */
static int grade_rank(const char *grade) {
	static const char *const grades[] = {"", "synthesised", "formula", "assumed", "missing", "partial"};
	for (int i = 0; i < (int)(sizeof grades / sizeof grades[0]); i++)
		if (!strcmp(grade, grades[i])) return i;
	return 0;
}

static void take_resources(const struct rows *rows, struct comparison_row *row) {
	row->resource_grade[0] = '\0';
	for (int r = 0; r < MEASURED_RESOURCE_COUNT; r++) {
		const struct row *found = rows_find(rows, "run", measurement_resource_names[r]);
		row->resources[r] = number_of(found);
		if (found && grade_rank(found->grade) > grade_rank(row->resource_grade))
			memcpy(row->resource_grade, found->grade, sizeof row->resource_grade);
	}
}

static int has_resources(const struct measurement *measurement) {
	for (int r = 0; r < MEASURED_RESOURCE_COUNT; r++)
		if (!isnan(measurement->resources[r])) return 1;
	return 0;
}

static enum status check_clock(const struct comparison *comparison, const struct measurement *measurement,
                               const struct config *config, struct error *error) {
	double clock_mhz = config->clock_khz / 1000.0;
	if (isnan(measurement->clock_mhz) || fabs(clock_mhz / measurement->clock_mhz - 1) <= clock_tolerance)
		return STATUS_OK;
	return error_set(error, STATUS_INPUT,
	                 "%.500s: line %u: %.60s: clock_mhz is %.9g, but %.200s has %.9g; expected the same clock",
	                 comparison->measurements.file.path, measurement->line, measurement->row_id,
	                 measurement->clock_mhz, measurement->config, clock_mhz);
}

static void take_time(uint64_t cycles, struct comparison_row *row) {
	const struct measurement *measurement = row->measurement;
	row->simulated_cycles = cycles;
	row->simulated_us = (double)cycles / measurement->clock_mhz;
	row->error_percent = 100 * (row->simulated_us / measurement->total_time_us - 1);
	row->is_counted = measurement->use == MEASUREMENT_BLIND && measurement->grade != 'C' &&
	                  measurement->clock_stated && measurement->folding_stated;
}

/* A row of the machine that cannot be built or run is a result. */
static int is_of_machine(enum status status) {
	return status == STATUS_UNMAPPABLE || status == STATUS_STUCK || status == STATUS_INPUT || status == STATUS_IO;
}

/* What the row is compared in: time where it states one, resources where it states some. */
static enum status run_machine(struct comparison_machines *machines, struct comparison_row *row, struct error *error) {
	const struct measurement *measurement = row->measurement;
	enum status status = STATUS_OK;
	if (measurement->use != MEASUREMENT_CONTEXT) {
		uint64_t cycles = 0;
		status =
		    comparison_machine_time(machines, measurement->config, measurement->batch_frames, &cycles, error);
		if (!status) take_time(cycles, row);
	}
	if (!status && has_resources(measurement)) {
		struct rows rows = {0};
		status = comparison_machine_rows(machines, measurement->config, &rows, error);
		if (!status) take_resources(&rows, row);
		rows_clear(&rows);
	}
	return status;
}

static enum status name_row(const struct comparison *comparison, const struct measurement *measurement,
                            enum status status, struct error *error) {
	struct error cause = *error;
	return error_set(error, status, "%.300s: line %u: %.60s: %.600s", comparison->measurements.file.path,
	                 measurement->line, measurement->row_id, cause.text);
}

static enum status run_row(struct comparison *comparison, struct comparison_machines *machines,
                           struct comparison_row *row, struct error *error) {
	const struct measurement *measurement = row->measurement;
	const struct config *config;
	int is_timed = measurement->use != MEASUREMENT_CONTEXT;
	row->group = group_of(measurement->batch_frames);
	for (int r = 0; r < MEASURED_RESOURCE_COUNT; r++) row->resources[r] = NAN;
	snprintf(row->reason, sizeof row->reason, "%s", measurement->reason);
	if (!is_timed && !(*measurement->config && has_resources(measurement))) return STATUS_OK;
	enum status status = comparison_machine_find(machines, measurement->config, &config, error);
	if (status) return name_row(comparison, measurement, status, error);
	status = check_clock(comparison, measurement, config, error);
	if (status) return status;
	status = run_machine(machines, row, error);
	if (!status || !is_of_machine(status)) return status;
	snprintf(row->reason, sizeof row->reason, "%s", error->text);
	error->text[0] = '\0';
	if (is_timed && !comparison->failures++) comparison->failure = status;
	return STATUS_OK;
}

enum status comparison_make(struct comparison *comparison, const char *path, const char *chosen,
                            const struct comparison_watch *watch, struct error *error) {
	struct error own;
	if (!error) error = &own;
	memset(comparison, 0, sizeof *comparison);
	enum status status = measurements_read(&comparison->measurements, path, error);
	if (status) return status;
	struct comparison_machines *machines = comparison_machines_create(path, watch->stop);
	comparison->rows = calloc(comparison->measurements.count, sizeof *comparison->rows);
	if (!machines || !comparison->rows) status = error_set(error, STATUS_MEMORY, "out of memory");
	for (size_t i = 0; !status && i < comparison->measurements.count; i++) {
		const struct measurement *measurement = &comparison->measurements.rows[i];
		if (chosen && !measurement_is_named(chosen, measurement->row_id)) continue;
		if (watch->stop && *watch->stop) status = error_set(error, STATUS_INTERRUPTED, "interrupted");
		if (status) break;
		comparison->rows[comparison->count].measurement = measurement;
		status = run_row(comparison, machines, &comparison->rows[comparison->count++], error);
		if (watch->progress)
			watch->progress(watch->context, (uint32_t)i + 1, (uint32_t)comparison->measurements.count);
	}
	comparison_machines_free(machines);
	if (!status && !comparison->count)
		status = error_set(error, STATUS_USAGE, "--rows '%.200s' names no row of %.400s", chosen ? chosen : "",
		                   path);
	return status;
}

void comparison_clear(struct comparison *comparison) {
	free(comparison->rows);
	measurements_clear(&comparison->measurements);
	memset(comparison, 0, sizeof *comparison);
}

static int compare_doubles(const void *left, const void *right) {
	double a = *(const double *)left, b = *(const double *)right;
	return a < b ? -1 : a > b;
}

struct comparison_statistics comparison_statistics(const struct comparison *comparison, enum comparison_group group) {
	struct comparison_statistics statistics = {0, NAN, NAN, NAN, NULL};
	double *errors = calloc(comparison->count + 1, sizeof *errors);
	if (!errors) return statistics;
	for (size_t i = 0; i < comparison->count; i++) {
		const struct comparison_row *row = &comparison->rows[i];
		double error = fabs(row->error_percent);
		if (!row->is_counted || (group != GROUP_COUNT && row->group != group)) continue;
		errors[statistics.count++] = error;
		if (statistics.worst_row && error <= statistics.worst) continue;
		statistics.worst = error;
		statistics.worst_row = row;
	}
	qsort(errors, statistics.count, sizeof *errors, compare_doubles);
	size_t n = statistics.count;
	if (n) statistics.median = (errors[(n - 1) / 2] + errors[n / 2]) / 2;
	if (n) statistics.percentile90 = errors[(9 * n + 9) / 10 - 1];
	free(errors);
	return statistics;
}
