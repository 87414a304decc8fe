/* Results in SQLite. One schema file (schema.sql), one writer at a time, WAL; a run is written whole or not at all.
 *
 * Tables: meta (schema version, application), runs, parameters, rows of layers / counters / estimates as views over
 * `results`, mapping, and host (wall-clock time and machine, apart from what is reproducible).
 */
#ifndef SIM_STORE_DATABASE_H
#define SIM_STORE_DATABASE_H

#include <stdint.h>
#include <stdio.h>

#include "sim/base/status.h"
#include "sim/input/config.h"
#include "sim/run/rows.h"

enum { RUN_ID_BYTES = 17 };

struct database;

struct run_record {
	char id[RUN_ID_BYTES]; /* run_id: 16 hex digits */
	const char *program_version;
	const struct config *config; /* full configuration, stored parameter by parameter */
	const char *network;         /* trace name */
	const char *workload;        /* as given: file or folder, for rerun */
	uint32_t trace_checksum;
	const char *images; /* path as given or "" */
	uint32_t image_count;
	const char *kernel, *exactness, *memory;
	const struct rows *rows;
	const char *mapping_text; /* --show-mapping text or "" */
	double wall_s;            /* table host only */
};

/* Hash of program version, trace checksum, images, memory, mapping and every parameter of the configuration except those that cannot
 * change a result (run_id.c). The same run has the same id. */
void run_id(const struct run_record *run, char id[RUN_ID_BYTES]);

/* Opens or creates. STATUS_IO: cannot be opened, read-only, locked, disk full; STATUS_INPUT: not a database of this
 * program, or of another schema version (both versions are named). */
enum status database_open(struct database **database, const char *path, int create, struct error *error);
void database_close(struct database *database);

/* Writes one run in one transaction; an identical id is replaced. */
enum status database_write_run(struct database *database, const struct run_record *run, struct error *error);

/* `nbsim runs`: a table of 100 columns: id, network, device, clock, cycles, latency, power, fits; as CSV also whether the power is
 * partial. */
enum status database_print_runs(struct database *database, FILE *out, int csv, struct error *error);

/* What a run was made of and what came out. Prefixes of ids that are unique are accepted; else STATUS_INPUT. */
struct stored_run {
	char id[RUN_ID_BYTES];
	char workload[1024], images[1024], kernel[16], program_version[32], network[64];
	uint32_t trace_checksum, image_count;
	struct config config;
	struct rows rows;   /* rows_clear */
	char *mapping_text; /* free */
};
enum status database_read_run(struct database *database, const char *id, struct stored_run *run, struct error *error);
void stored_run_clear(struct stored_run *run);

#endif
