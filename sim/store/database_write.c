/* Writes a run: everything in one transaction, begun IMMEDIATE, so that two writers queue instead of failing half way.
 * What cannot be read back as it was is refused before anything is written: texts longer than struct stored_run holds,
 * integers of 2^63 and more (SQLite's are signed), reals that are not finite (NaN would come back empty). */
#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>

#include "sim/store/database_sql.h"

static const char storing[] = "storing the run";

static enum status check_row(struct database *database, const struct run_record *run, const struct row *row,
                             struct error *error) {
	if (row->kind == ROW_INTEGER && row->integer > INT64_MAX)
		return error_set(error, STATUS_FAILED,
		                 "%.500s: run %s: %s %s: %" PRIu64 " cannot be stored; expected at most 2^63 - 1",
		                 database->path, run->id, row->scope, row->name, row->integer);
	if (row->kind == ROW_REAL && !isfinite(row->real))
		return error_set(error, STATUS_FAILED,
		                 "%.500s: run %s: %s %s: %g cannot be stored; expected a finite number", database->path,
		                 run->id, row->scope, row->name, row->real);
	return STATUS_OK;
}

static enum status check_id(struct database *database, const char *id, struct error *error) {
	if (strlen(id) == RUN_ID_BYTES - 1 && strspn(id, "0123456789abcdef") == RUN_ID_BYTES - 1) return STATUS_OK;
	return error_set(error, STATUS_FAILED, "%.500s: '%.16s' is no run id; expected 16 hex digits", database->path,
	                 id);
}

static enum status check_run(struct database *database, const struct run_record *run, struct error *error) {
	const struct stored_run *stored = NULL;
	const struct {
		const char *name, *text;
		size_t bytes;
	} texts[] = {
	    {"program version", run->program_version, sizeof stored->program_version},
	    {"network name", run->network, sizeof stored->network},
	    {"workload", run->workload, sizeof stored->workload},
	    {"image file name", run->images, sizeof stored->images},
	    {"kernel", run->kernel, sizeof stored->kernel},
	};
	enum status status = check_id(database, run->id, error);
	for (size_t i = 0; !status && i < sizeof texts / sizeof texts[0]; i++)
		if (strlen(texts[i].text) >= texts[i].bytes)
			return error_set(error, STATUS_INPUT,
			                 "%.300s: the %s '%.200s' cannot be stored; expected at most %zu bytes",
			                 database->path, texts[i].name, texts[i].text, texts[i].bytes - 1);
	if (!status && run->rows->failed)
		return error_set(error, STATUS_MEMORY, "%.500s: run %s: rows are missing, out of memory",
		                 database->path, run->id);
	for (size_t i = 0; !status && i < run->rows->count; i++)
		status = check_row(database, run, &run->rows->items[i], error);
	return status;
}

/* A NULL text is stored as an empty one: what could not be bound fails the statement, all columns being NOT NULL. */
static void bind_text(sqlite3_stmt *statement, int index, const char *text) {
	sqlite3_bind_text(statement, index, text ? text : "", -1, SQLITE_STATIC);
}

/* Runs the bound statement and makes it ready for the next row. */
static enum status insert(struct database *database, sqlite3_stmt *statement, struct error *error) {
	int has_row;
	enum status status = database_step(database, statement, &has_row, storing, error);
	sqlite3_reset(statement);
	return status;
}

static enum status delete_run(struct database *database, const char *id, struct error *error) {
	static const char *const statements[] = {
	    "DELETE FROM host WHERE run = ?", "DELETE FROM mapping WHERE run = ?", "DELETE FROM results WHERE run = ?",
	    "DELETE FROM parameters WHERE run = ?", "DELETE FROM runs WHERE id = ?"};
	enum status status = STATUS_OK;
	for (size_t i = 0; !status && i < sizeof statements / sizeof statements[0]; i++) {
		sqlite3_stmt *statement;
		status = database_prepare(database, statements[i], &statement, storing, error);
		if (!status) bind_text(statement, 1, id);
		if (!status) status = insert(database, statement, error);
		sqlite3_finalize(statement);
	}
	return status;
}

static enum status write_head(struct database *database, const struct run_record *run, struct error *error) {
	const char *const texts[] = {run->id,     run->program_version, run->network,   run->workload,
	                             run->images, run->kernel,          run->exactness, run->memory};
	sqlite3_stmt *statement;
	enum status status =
	    database_prepare(database,
	                     "INSERT INTO runs (id, program_version, network, workload, images, kernel, exactness, "
	                     "memory, trace_checksum,"
	                     " image_count, parameters, results) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
	                     &statement, storing, error);
	if (status) return status;
	for (int i = 0; i < 8; i++) bind_text(statement, i + 1, texts[i]);
	sqlite3_bind_int64(statement, 9, run->trace_checksum);
	sqlite3_bind_int64(statement, 10, run->image_count);
	sqlite3_bind_int64(statement, 11, (sqlite3_int64)config_parameter_count);
	sqlite3_bind_int64(statement, 12, (sqlite3_int64)run->rows->count);
	status = insert(database, statement, error);
	sqlite3_finalize(statement);
	return status;
}

static enum status write_parameters(struct database *database, const struct run_record *run, struct error *error) {
	sqlite3_stmt *statement;
	enum status status =
	    database_prepare(database, "INSERT INTO parameters (run, section, key, value, unit) VALUES (?, ?, ?, ?, ?)",
	                     &statement, storing, error);
	for (size_t i = 0; !status && i < config_parameter_count; i++) {
		const struct config_parameter *parameter = &config_parameters[i];
		char value[CONFIG_TEXT_BYTES];
		config_value_text(run->config, parameter, value, sizeof value);
		bind_text(statement, 1, run->id);
		bind_text(statement, 2, parameter->section);
		bind_text(statement, 3, parameter->key);
		bind_text(statement, 4, value);
		bind_text(statement, 5, parameter->unit);
		status = insert(database, statement, error);
	}
	sqlite3_finalize(statement);
	return status;
}

static void bind_value(sqlite3_stmt *statement, int index, const struct row *row) {
	switch (row->kind) {
	case ROW_INTEGER: sqlite3_bind_int64(statement, index, (sqlite3_int64)row->integer); break;
	case ROW_REAL: sqlite3_bind_double(statement, index, row->real); break;
	case ROW_TEXT: bind_text(statement, index, row->text); break;
	case ROW_EMPTY: sqlite3_bind_null(statement, index); break;
	}
}

static enum status write_results(struct database *database, const struct run_record *run, struct error *error) {
	sqlite3_stmt *statement;
	enum status status = database_prepare(
	    database,
	    "INSERT INTO results (run, scope, name, value, unit, grade, position) VALUES (?, ?, ?, ?, ?, ?, ?)",
	    &statement, storing, error);
	for (size_t i = 0; !status && i < run->rows->count; i++) {
		const struct row *row = &run->rows->items[i];
		bind_text(statement, 1, run->id);
		bind_text(statement, 2, row->scope);
		bind_text(statement, 3, row->name);
		bind_value(statement, 4, row);
		bind_text(statement, 5, row->unit);
		bind_text(statement, 6, row->grade);
		sqlite3_bind_int64(statement, 7, (sqlite3_int64)i);
		status = insert(database, statement, error);
		if (status && database->fault == SQLITE_CONSTRAINT_PRIMARYKEY)
			status =
			    error_set(error, STATUS_FAILED,
			              "%.500s: run %s: %s %s is given twice; expected every name once in its scope",
			              database->path, run->id, row->scope, row->name);
	}
	sqlite3_finalize(statement);
	return status;
}

static enum status write_mapping(struct database *database, const struct run_record *run, struct error *error) {
	sqlite3_stmt *statement;
	enum status status =
	    database_prepare(database, "INSERT INTO mapping (run, text) VALUES (?, ?)", &statement, storing, error);
	if (status) return status;
	bind_text(statement, 1, run->id);
	bind_text(statement, 2, run->mapping_text);
	status = insert(database, statement, error);
	sqlite3_finalize(statement);
	return status;
}

static enum status write_host(struct database *database, const struct run_record *run, struct error *error) {
	struct utsname machine;
	struct tm utc;
	char written_at[32] = "", name[2 * sizeof machine.nodename] = "";
	time_t now = time(NULL);
	if (gmtime_r(&now, &utc)) strftime(written_at, sizeof written_at, "%Y-%m-%dT%H:%M:%SZ", &utc);
	if (uname(&machine) == 0) snprintf(name, sizeof name, "%.64s %.32s", machine.nodename, machine.machine);
	sqlite3_stmt *statement;
	enum status status =
	    database_prepare(database, "INSERT INTO host (run, written_at, machine, wall_s) VALUES (?, ?, ?, ?)",
	                     &statement, storing, error);
	if (status) return status;
	bind_text(statement, 1, run->id);
	bind_text(statement, 2, written_at);
	bind_text(statement, 3, name);
	sqlite3_bind_double(statement, 4, isfinite(run->wall_s) ? run->wall_s : 0);
	status = insert(database, statement, error);
	sqlite3_finalize(statement);
	return status;
}

enum status database_write_run(struct database *database, const struct run_record *run, struct error *error) {
	enum status status = check_run(database, run, error);
	if (status) return status;
	if (sqlite3_db_readonly(database->connection, "main") == 1)
		return error_set(error, STATUS_IO,
		                 "%.500s: the file or its folder is read-only; expected to be able to write",
		                 database->path);
	status = database_execute(database, "BEGIN IMMEDIATE", storing, error);
	if (!status) status = delete_run(database, run->id, error);
	if (!status) status = write_head(database, run, error);
	if (!status) status = write_parameters(database, run, error);
	if (!status) status = write_results(database, run, error);
	if (!status) status = write_mapping(database, run, error);
	if (!status) status = write_host(database, run, error);
	if (!status) status = database_execute(database, "COMMIT", storing, error);
	if (status && !sqlite3_get_autocommit(database->connection))
		sqlite3_exec(database->connection, "ROLLBACK", NULL, NULL, NULL);
	return status;
}
