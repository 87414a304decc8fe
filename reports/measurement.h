/* Measured rows: what was run on a board, how long it took, which configuration of ours is the same machine.
 *
 * The columns of such a file (reports/reference/boards.csv) are in reports/README.md. A row of `use` fitted or blind is
 * simulated; a row of use context is listed with its reason.
 */
#ifndef REPORTS_MEASUREMENT_H
#define REPORTS_MEASUREMENT_H

#include "reports/csv_file.h"

enum measurement_use { MEASUREMENT_FITTED, MEASUREMENT_BLIND, MEASUREMENT_CONTEXT };
extern const char *const measurement_use_names[MEASUREMENT_CONTEXT + 1]; /* "fitted", "blind", "context" */

/* Resources a row may state, as rows of a run are called. */
enum measurement_resource { MEASURED_LUT, MEASURED_FF, MEASURED_BRAM36, MEASURED_DSP, MEASURED_RESOURCE_COUNT };
extern const char *const measurement_resource_names[MEASURED_RESOURCE_COUNT]; /* "lut", "ff", "bram36", "dsp" */

struct measurement {
	/* Texts of the file; never NULL. */
	const char *row_id, *board, *network, *build, *config, *reason, *source;
	char grade; /* A: folding, clock and time stated; B: after one inference; C: context, never in an error */
	enum measurement_use use;
	int clock_stated, folding_stated;
	double clock_mhz, total_time_us;           /* NAN: not stated */
	uint32_t batch_frames;                     /* 0: not stated */
	double resources[MEASURED_RESOURCE_COUNT]; /* NAN: not stated */
	uint32_t line;
};

struct measurements {
	struct csv_file file;
	struct measurement *rows;
	size_t count;
};

/* Statuses of csv_file_read; STATUS_INPUT also for a word that is not offered, an id that stands twice, and a fitted or
 * blind row without configuration, clock, batch or time, or a context row without reason and configuration. `path` must
 * outlive it. measurements_clear in every case. */
enum status measurements_read(struct measurements *measurements, const char *path, struct error *error);
void measurements_clear(struct measurements *measurements);

/* Whether an id is named by a list "ID,ID,PRE*" (a * at the end stands for any rest). */
int measurement_is_named(const char *list, const char *row_id);

#endif
