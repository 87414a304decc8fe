/* What a result database holds, without its figures: how many runs and sweeps, and their names. */
#ifndef REPORTS_CATALOGUE_H
#define REPORTS_CATALOGUE_H

#include <stdint.h>
#include <stdio.h>

#include "sim/base/status.h"
#include "sim/store/database.h"

enum { CATALOGUE_AXES = 3 };

struct catalogue {
	uint64_t runs;
	char first_run[RUN_ID_BYTES];      /* in the order of ids; empty if there is none */
	uint64_t runs_by_layer;            /* of the runs, those that hold their layers */
	char first_by_layer[RUN_ID_BYTES]; /* of these */
	uint64_t sweeps;
	char first_sweep[64];
	char varied[CATALOGUE_AXES][64]; /* first sweep that varies what a figure has on its axis; empty: none */
	uint64_t points;                 /* ok, of all sweeps */
	uint64_t networks_known;         /* networks whose accuracy is measured */
};

/* STATUS_IO, STATUS_INPUT as database_open. A database without the tables of nbexplore has no sweeps. */
enum status catalogue_read(const char *db, struct catalogue *catalogue, struct error *error);

/* Runs, sweeps, and for each figure the command that draws it, or what is missing. */
enum status catalogue_print(const char *db, FILE *out, struct error *error);

#endif
