/* See measurement.h. One table of columns; what is not compared (year, power, accuracy ...) is for readers and
 * is not looked at, but for numbers that others may want to compute with. */
#include "reports/measurement.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/text.h"

const char *const measurement_use_names[] = {"fitted", "blind", "context"};
const char *const measurement_resource_names[] = {"lut", "ff", "bram36", "dsp"};

enum column {
	ROW_ID,
	GRADE,
	PROJECT,
	YEAR,
	BOARD,
	DEVICE,
	NETWORK,
	WEIGHT_BITS,
	ACTIVATION_BITS,
	CLOCK_MHZ,
	CLOCK_STATUS,
	BATCH_FRAMES,
	TOTAL_TIME_US,
	FRAMES_PER_S,
	FOLDING_STATUS,
	LUT,
	FF,
	BRAM36,
	URAM,
	DSP,
	POWER_W,
	POWER_SCOPE,
	ENERGY_UJ,
	TOP1_PERCENT,
	CONFIG,
	BUILD,
	USE,
	REASON,
	SOURCE,
	NOTES
};

static const struct csv_column columns[] = {
    [ROW_ID] = {"row_id", 1},
    [GRADE] = {"grade", 1},
    [PROJECT] = {"project", 0},
    [YEAR] = {"year", 0},
    [BOARD] = {"board", 1},
    [DEVICE] = {"device", 0},
    [NETWORK] = {"network", 0},
    [WEIGHT_BITS] = {"weight_bits", 0},
    [ACTIVATION_BITS] = {"activation_bits", 0},
    [CLOCK_MHZ] = {"clock_mhz", 1},
    [CLOCK_STATUS] = {"clock_status", 0},
    [BATCH_FRAMES] = {"batch_frames", 1},
    [TOTAL_TIME_US] = {"total_time_us", 1},
    [FRAMES_PER_S] = {"frames_per_s", 0},
    [FOLDING_STATUS] = {"folding_status", 0},
    [LUT] = {"lut", 0},
    [FF] = {"ff", 0},
    [BRAM36] = {"bram36", 0},
    [URAM] = {"uram", 0},
    [DSP] = {"dsp", 0},
    [POWER_W] = {"power_w", 0},
    [POWER_SCOPE] = {"power_scope", 0},
    [ENERGY_UJ] = {"energy_uj_per_frame", 0},
    [TOP1_PERCENT] = {"top1_percent", 0},
    [CONFIG] = {"config", 1},
    [BUILD] = {"build", 0},
    [USE] = {"use", 1},
    [REASON] = {"reason", 0},
    [SOURCE] = {"source", 1},
    [NOTES] = {"notes", 0},
};

static const enum column resource_columns[MEASURED_RESOURCE_COUNT] = {LUT, FF, BRAM36, DSP};

static enum status read_word(const struct csv_file *file, size_t row, enum column column, const char *words, int *index,
                             struct error *error) {
	char list[120];
	const char *text = csv_file_text(file, row, column);
	*index = text_word_index(words, text);
	if (*index >= 0) return STATUS_OK;
	text_word_list(words, list, sizeof list);
	return error_set(error, STATUS_INPUT, "%.600s: line %u: %s: '%.60s'; expected one of %s", file->path,
	                 csv_file_line(file, row), columns[column].name, text, list);
}

/* stated, inferred, unknown; without the column: stated, as of one's own board. */
static enum status read_stated(const struct csv_file *file, size_t row, enum column column, int *stated,
                               struct error *error) {
	int index = 0;
	enum status status = STATUS_OK;
	if (csv_file_has(file, column)) status = read_word(file, row, column, "stated|inferred|unknown", &index, error);
	*stated = index == 0;
	return status;
}

static enum status read_frames(const struct csv_file *file, size_t row, uint32_t *frames, struct error *error) {
	enum { FRAMES_MAX = 1000000 };
	const char *text = csv_file_text(file, row, BATCH_FRAMES);
	uint64_t value = 0;
	*frames = 0;
	if (!*text) return STATUS_OK;
	if (text_unsigned(text, &value) != TEXT_NUMBER_OK || value < 1 || value > FRAMES_MAX)
		return error_set(error, STATUS_INPUT,
		                 "%.600s: line %u: batch_frames: '%.60s' is not a whole number from 1 to %d",
		                 file->path, csv_file_line(file, row), text, FRAMES_MAX);
	*frames = (uint32_t)value;
	return STATUS_OK;
}

static enum status read_numbers(const struct csv_file *file, size_t row, struct measurement *measurement,
                                struct error *error) {
	static const enum column checked[] = {FRAMES_PER_S, URAM, ENERGY_UJ};
	double value;
	enum status status = csv_file_number(file, row, CLOCK_MHZ, 1, &measurement->clock_mhz, error);
	if (!status) status = csv_file_number(file, row, TOTAL_TIME_US, 1, &measurement->total_time_us, error);
	if (!status) status = read_frames(file, row, &measurement->batch_frames, error);
	for (int r = 0; !status && r < MEASURED_RESOURCE_COUNT; r++)
		status = csv_file_number(file, row, resource_columns[r], 0, &measurement->resources[r], error);
	for (size_t i = 0; !status && i < sizeof checked / sizeof checked[0]; i++)
		status = csv_file_number(file, row, checked[i], 0, &value, error);
	return status;
}

/* What a row of its use has to say. */
static enum status check_row(const struct csv_file *file, const struct measurement *measurement, struct error *error) {
	const char *missing = NULL;
	if (measurement->use == MEASUREMENT_CONTEXT) {
		if (!*measurement->reason) missing = "reason";
	} else if (!*measurement->config) {
		missing = "config";
	} else if (isnan(measurement->clock_mhz)) {
		missing = "clock_mhz";
	} else if (!measurement->batch_frames) {
		missing = "batch_frames";
	} else if (isnan(measurement->total_time_us)) {
		missing = "total_time_us";
	}
	if (!*measurement->row_id) missing = "row_id";
	if (!missing) return STATUS_OK;
	return error_set(error, STATUS_INPUT, "%.600s: line %u: %.60s: %s is empty; a row of use %s needs it",
	                 file->path, measurement->line, measurement->row_id, missing,
	                 measurement_use_names[measurement->use]);
}

static enum status read_row(const struct csv_file *file, size_t row, struct measurement *measurement,
                            struct error *error) {
	int grade = 0, use = 0;
	measurement->line = csv_file_line(file, row);
	measurement->row_id = csv_file_text(file, row, ROW_ID);
	measurement->board = csv_file_text(file, row, BOARD);
	measurement->network = csv_file_text(file, row, NETWORK);
	measurement->build = csv_file_text(file, row, BUILD);
	measurement->config = csv_file_text(file, row, CONFIG);
	measurement->reason = csv_file_text(file, row, REASON);
	measurement->source = csv_file_text(file, row, SOURCE);
	enum status status = read_word(file, row, GRADE, "A|B|C", &grade, error);
	if (!status) status = read_word(file, row, USE, "fitted|blind|context", &use, error);
	measurement->grade = (char)('A' + grade);
	measurement->use = (enum measurement_use)use;
	if (!status) status = read_stated(file, row, CLOCK_STATUS, &measurement->clock_stated, error);
	if (!status) status = read_stated(file, row, FOLDING_STATUS, &measurement->folding_stated, error);
	if (!status) status = read_numbers(file, row, measurement, error);
	return status ? status : check_row(file, measurement, error);
}

enum status measurements_read(struct measurements *measurements, const char *path, struct error *error) {
	memset(measurements, 0, sizeof *measurements);
	struct csv_file *file = &measurements->file;
	enum status status = csv_file_read(file, path, columns, sizeof columns / sizeof columns[0], error);
	if (status) return status;
	measurements->rows = calloc(file->row_count + 1, sizeof *measurements->rows);
	if (!measurements->rows) return error_set(error, STATUS_MEMORY, "%.900s: out of memory", path);
	for (size_t r = 0; !status && r < file->row_count; r++) {
		struct measurement *row = &measurements->rows[r];
		status = read_row(file, r, row, error);
		for (size_t k = 0; !status && k < r; k++)
			if (!strcmp(measurements->rows[k].row_id, row->row_id))
				status = error_set(error, STATUS_INPUT,
				                   "%.600s: line %u: row_id '%.60s' stands in line %u too", path,
				                   row->line, row->row_id, measurements->rows[k].line);
		measurements->count = r + 1;
	}
	if (!status && !measurements->count)
		return error_set(error, STATUS_INPUT, "%.900s: has no row behind its header", path);
	return status;
}

void measurements_clear(struct measurements *measurements) {
	free(measurements->rows);
	csv_file_clear(&measurements->file);
	memset(measurements, 0, sizeof *measurements);
}

int measurement_is_named(const char *list, const char *row_id) {
	for (const char *at = list; *at;) {
		size_t bytes = strcspn(at, ",");
		size_t fixed = bytes && at[bytes - 1] == '*' ? bytes - 1 : bytes;
		int is_open = fixed < bytes;
		if (bytes && !strncmp(at, row_id, fixed) && (is_open || row_id[fixed] == '\0')) return 1;
		at += bytes;
		at += *at == ',';
	}
	return 0;
}
