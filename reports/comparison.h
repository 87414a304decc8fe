/* Measured rows beside what the configuration of the same machine gives: runs, errors, statistics.
 *
 * A row's machine is its configuration file: its network is compiled, its batch is run natively, and the cycles become
 * microseconds by the row's clock. Nothing but configuration and batch goes into a run: there is no constant of a row.
 */
#ifndef REPORTS_COMPARISON_H
#define REPORTS_COMPARISON_H

#include <stdio.h>

#include "reports/comparison_machine.h"
#include "reports/measurement.h"
#include "sim/run/rows.h"

/* By what decides the time: fill and drain of one frame, a batch before its steady state, the steady state. */
enum comparison_group { GROUP_SINGLE, GROUP_SHORT, GROUP_STEADY, GROUP_COUNT };
extern const char *const comparison_group_names[GROUP_COUNT]; /* "single image", ... */

enum { GROUP_STEADY_FRAMES = 100 }; /* from so many frames on */

struct comparison_row {
	const struct measurement *measurement;
	enum comparison_group group;
	uint64_t simulated_cycles; /* of the batch; 0: not simulated, then `reason` */
	double simulated_us, error_percent;
	int is_counted; /* in the statistics: blind, graded A or B, folding and clock stated */
	double resources[MEASURED_RESOURCE_COUNT]; /* ours, NAN: none */
	char resource_grade[ROW_UNIT_BYTES];       /* the least certain of them */
	char reason[ERROR_TEXT_BYTES];
};

struct comparison {
	struct measurements measurements;
	struct comparison_row *rows;
	size_t count;        /* chosen rows, in the order of the file */
	size_t failures;     /* of those to be simulated, how many could not be */
	enum status failure; /* of the first */
};

/* Reads the file and runs every chosen row (`chosen`: list of measurement_is_named, or NULL for all). A row whose
 * network cannot be mapped, or that gets stuck, keeps the reason. STATUS_INPUT for a file or configuration that is
 * malformed or missing, STATUS_USAGE when `chosen` names no row, STATUS_INTERRUPTED. `path` must outlive it;
 * comparison_clear in every case. */
enum status comparison_make(struct comparison *comparison, const char *path, const char *chosen,
                            const struct comparison_watch *watch, struct error *error);
void comparison_clear(struct comparison *comparison);

/* Absolute errors of counted rows. Percentile 90: the smallest error that at least 90 % of the rows do not exceed. */
struct comparison_statistics {
	size_t count;
	double median, percentile90, worst;
	const struct comparison_row *worst_row; /* NULL: no row */
};

/* Of one group, or of all counted rows (GROUP_COUNT). */
struct comparison_statistics comparison_statistics(const struct comparison *comparison, enum comparison_group group);

#endif
