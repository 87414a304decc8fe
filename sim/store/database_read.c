/* Reads a run back. All of it is read inside one transaction, so that a writer that replaces the run meanwhile is seen
 * wholly or not at all; its counts of rows must agree with the rows. A parameter that a younger program has and the
 * stored run has not keeps its default; one that is stored and no longer known is refused, for it cannot be honoured.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "sim/store/database_sql.h"

enum { CANDIDATES_MAX = 8, ASSIGNMENT_BYTES = CONFIG_TEXT_BYTES + 160 };

static const char reading[] = "reading the run";

/* A SELECT with the run's id as its only parameter. */
static enum status select_by_id(struct database *database, const char *sql, const char *id, sqlite3_stmt **statement,
                                struct error *error) {
	enum status status = database_prepare(database, sql, statement, reading, error);
	if (!status) sqlite3_bind_text(*statement, 1, id, -1, SQLITE_STATIC);
	return status;
}

/* Turns a prefix into an id. One row more than is shown is looked at, to know whether there are more. */
static enum status find_run(struct database *database, const char *prefix, char id[RUN_ID_BYTES], struct error *error) {
	char found[RUN_ID_BYTES], list[CANDIDATES_MAX * (RUN_ID_BYTES + 1) + 1] = "";
	int count = 0, has_row = 0;
	size_t length = strlen(prefix);
	if (length == 0 || length >= RUN_ID_BYTES || strspn(prefix, "0123456789abcdef") != length)
		return error_set(error, STATUS_INPUT,
		                 "%.500s: '%.100s' is no run id; expected 1 to 16 hex digits in lower case, as nbsim "
		                 "runs lists them",
		                 database->path, prefix);
	sqlite3_stmt *statement;
	enum status status = select_by_id(database, "SELECT id FROM runs WHERE id >= ?1 AND id < ?1 || 'g' ORDER BY id",
	                                  prefix, &statement, error);
	while (!status && count <= CANDIDATES_MAX) {
		status = database_step(database, statement, &has_row, reading, error);
		if (status || !has_row) break;
		if (!database_column_text(statement, 0, found, sizeof found) || strncmp(found, prefix, length) != 0)
			status = database_damaged(database, "an id of table runs", error);
		else if (count++ < CANDIDATES_MAX)
			snprintf(list + strlen(list), sizeof list - strlen(list), " %s", found);
		if (count == 1) memcpy(id, found, RUN_ID_BYTES);
	}
	sqlite3_finalize(statement);
	if (status || count == 1) return status;
	if (count == 0)
		return error_set(error, STATUS_INPUT,
		                 "%.500s: no run has an id that starts with '%s'; expected one that nbsim runs lists",
		                 database->path, prefix);
	return error_set(error, STATUS_INPUT,
	                 "%.500s: several runs have an id that starts with '%s'; expected one of:%s%s", database->path,
	                 prefix, list, count > CANDIDATES_MAX ? " ..." : "");
}

/* How many rows the run's head says there are. */
struct row_counts {
	int64_t parameters, results;
};

static int read_unsigned(sqlite3_stmt *statement, int column, uint32_t *value) {
	sqlite3_int64 number = sqlite3_column_int64(statement, column);
	*value = (uint32_t)number;
	return sqlite3_column_type(statement, column) == SQLITE_INTEGER && number >= 0 && number <= UINT32_MAX;
}

static enum status read_head(struct database *database, struct stored_run *run, struct row_counts *counts,
                             struct error *error) {
	sqlite3_stmt *statement;
	int has_row = 0;
	enum status status = select_by_id(database,
	                                  "SELECT workload, images, kernel, program_version, network, trace_checksum, "
	                                  "image_count, parameters, results"
	                                  " FROM runs WHERE id = ?",
	                                  run->id, &statement, error);
	if (!status) status = database_step(database, statement, &has_row, reading, error);
	if (!status &&
	    (!has_row || !database_column_text(statement, 0, run->workload, sizeof run->workload) ||
	     !database_column_text(statement, 1, run->images, sizeof run->images) ||
	     !database_column_text(statement, 2, run->kernel, sizeof run->kernel) ||
	     !database_column_text(statement, 3, run->program_version, sizeof run->program_version) ||
	     !database_column_text(statement, 4, run->network, sizeof run->network) ||
	     !read_unsigned(statement, 5, &run->trace_checksum) || !read_unsigned(statement, 6, &run->image_count)))
		status = database_damaged(database, "a row of table runs", error);
	counts->parameters = status ? 0 : sqlite3_column_int64(statement, 7);
	counts->results = status ? 0 : sqlite3_column_int64(statement, 8);
	sqlite3_finalize(statement);
	return status;
}

static enum status set_parameter(struct database *database, struct stored_run *run, sqlite3_stmt *statement,
                                 struct error *error) {
	char section[64], key[64], value[CONFIG_TEXT_BYTES], assignment[ASSIGNMENT_BYTES];
	char said[600];
	struct error reason;
	if (!database_column_text(statement, 0, section, sizeof section) ||
	    !database_column_text(statement, 1, key, sizeof key) ||
	    !database_column_text(statement, 2, value, sizeof value))
		return database_damaged(database, "a row of table parameters", error);
	snprintf(assignment, sizeof assignment, "%s.%s=%s", section, key, value);
	enum status status = config_set(&run->config, assignment, &reason);
	if (!status) return STATUS_OK;
	database_printable(said, sizeof said, strncmp(reason.text, "--set ", 6) ? reason.text : reason.text + 6);
	return error_set(error, STATUS_INPUT, "%.200s: run %s: %s; expected a parameter of this nbsim (stored by %s)",
	                 database->path, run->id, said, run->program_version);
}

static enum status read_parameters(struct database *database, struct stored_run *run, int64_t expected,
                                   struct error *error) {
	sqlite3_stmt *statement;
	int64_t count = 0;
	int has_row = 1;
	config_defaults(&run->config);
	enum status status = select_by_id(database, "SELECT section, key, value FROM parameters WHERE run = ?", run->id,
	                                  &statement, error);
	while (!status && count <= expected) {
		status = database_step(database, statement, &has_row, reading, error);
		if (status || !has_row) break;
		status = set_parameter(database, run, statement, error);
		count++;
	}
	sqlite3_finalize(statement);
	if (!status && count != expected)
		status = database_damaged(database, "the run's parameters are not all there", error);
	return status;
}

static int add_row(struct rows *rows, const struct row *row) {
	size_t before = rows->count;
	rows_empty(rows, row->scope, row->name, row->unit);
	if (rows->failed || rows->count == before) return 0;
	rows->items[before] = *row;
	return 1;
}

static enum status read_results(struct database *database, struct stored_run *run, int64_t expected,
                                struct error *error) {
	sqlite3_stmt *statement;
	int64_t count = 0;
	int has_row = 1;
	enum status status = select_by_id(
	    database, "SELECT position, scope, name, value, unit, grade FROM results WHERE run = ? ORDER BY position",
	    run->id, &statement, error);
	while (!status && count <= expected) {
		struct row row = {.scope = ""};
		status = database_step(database, statement, &has_row, reading, error);
		if (status || !has_row) break;
		if (sqlite3_column_int64(statement, 0) != count++ ||
		    !database_column_text(statement, 1, row.scope, sizeof row.scope) ||
		    !database_column_text(statement, 2, row.name, sizeof row.name) ||
		    !database_column_value(statement, 3, &row) ||
		    !database_column_text(statement, 4, row.unit, sizeof row.unit) ||
		    !database_column_text(statement, 5, row.grade, sizeof row.grade))
			status = database_damaged(database, "a row of table results", error);
		else if (!add_row(&run->rows, &row))
			status =
			    error_set(error, STATUS_MEMORY, "%.500s: run %s: out of memory", database->path, run->id);
	}
	sqlite3_finalize(statement);
	if (!status && count != expected)
		status = database_damaged(database, "the run's results are not all there", error);
	return status;
}

static enum status read_mapping(struct database *database, struct stored_run *run, struct error *error) {
	sqlite3_stmt *statement;
	int has_row = 0;
	enum status status =
	    select_by_id(database, "SELECT text FROM mapping WHERE run = ?", run->id, &statement, error);
	if (!status) status = database_step(database, statement, &has_row, reading, error);
	if (!status && (!has_row || sqlite3_column_type(statement, 0) != SQLITE_TEXT))
		status = database_damaged(database, "the run's row of table mapping", error);
	if (!status) {
		const char *text = (const char *)sqlite3_column_text(statement, 0);
		run->mapping_text = text ? strdup(text) : NULL;
		if (!run->mapping_text)
			status =
			    error_set(error, STATUS_MEMORY, "%.500s: run %s: out of memory", database->path, run->id);
	}
	sqlite3_finalize(statement);
	return status;
}

enum status database_read_run(struct database *database, const char *id, struct stored_run *run, struct error *error) {
	struct row_counts counts = {0, 0};
	memset(run, 0, sizeof *run);
	enum status status = database_execute(database, "BEGIN", reading, error);
	if (!status) status = find_run(database, id, run->id, error);
	if (!status) status = read_head(database, run, &counts, error);
	if (!status) status = read_parameters(database, run, counts.parameters, error);
	if (!status) status = read_results(database, run, counts.results, error);
	if (!status) status = read_mapping(database, run, error);
	if (!status || status == STATUS_INPUT) {
		enum status unchanged = database_check_unchanged(database, error);
		status = unchanged ? unchanged : status;
	}
	if (!sqlite3_get_autocommit(database->connection))
		sqlite3_exec(database->connection, "ROLLBACK", NULL, NULL, NULL);
	if (status) stored_run_clear(run);
	return status;
}

void stored_run_clear(struct stored_run *run) {
	rows_clear(&run->rows);
	free(run->mapping_text);
	memset(run, 0, sizeof *run);
}
