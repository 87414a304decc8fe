/* Points of sweep_store.h: gathered, written, read. The columns are those of the table in explore/point.c; that it
 * agrees with sweep.sql is tested. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "explore/sweep_store_sql.h"

enum { SQL_BYTES = 2048, FIXED_COLUMNS = 6 };

static const char storing[] = "storing points", reading[] = "reading points";

static enum status prepare_insert(struct sweep_store *store, struct error *error) {
	char sql[SQL_BYTES];
	size_t used = (size_t)snprintf(sql, sizeof sql,
	                               "INSERT OR REPLACE INTO sweep_points (sweep, point, setting, status, reason, "
	                               "network");
	for (size_t i = 0; i < point_column_count; i++)
		used += (size_t)snprintf(sql + used, sizeof sql - used, ", %s", point_columns[i].name);
	used += (size_t)snprintf(sql + used, sizeof sql - used, ") VALUES (?, ?, ?, ?, ?, ?");
	for (size_t i = 0; i < point_column_count; i++) used += (size_t)snprintf(sql + used, sizeof sql - used, ", ?");
	snprintf(sql + used, sizeof sql - used, ")");
	return sweep_store_prepare(store, sql, &store->insert, storing, error);
}

static void bind_column(sqlite3_stmt *statement, int index, const struct point_column *column,
                        const struct point_row *row) {
	const void *member = (const char *)row + column->offset;
	switch (column->type) {
	case POINT_UNSIGNED: sqlite3_bind_int64(statement, index, (sqlite3_int64) * (const uint64_t *)member); break;
	case POINT_REAL: sqlite3_bind_double(statement, index, *(const double *)member); break;
	case POINT_TEXT: sweep_store_bind_text(statement, index, member); break;
	case POINT_FITS:
		if (*(const int64_t *)member < 0)
			sqlite3_bind_null(statement, index);
		else
			sqlite3_bind_int64(statement, index, *(const int64_t *)member);
		break;
	}
}

static enum status insert_row(struct sweep_store *store, const struct gathered *gathered, struct error *error) {
	const struct point_row *row = &gathered->row;
	sqlite3_stmt *statement = store->insert;
	sqlite3_bind_int64(statement, 2, (sqlite3_int64)row->point);
	sweep_store_bind_text(statement, 3, gathered->setting);
	sweep_store_bind_text(statement, 4, point_status_names[row->status]);
	sweep_store_bind_text(statement, 5, row->reason);
	if (row->has_network)
		sqlite3_bind_int64(statement, 6, (sqlite3_int64)row->network);
	else
		sqlite3_bind_null(statement, 6);
	for (size_t i = 0; i < point_column_count; i++) {
		int index = FIXED_COLUMNS + 1 + (int)i;
		if (row->status == POINT_OK)
			bind_column(statement, index, &point_columns[i], row);
		else
			sqlite3_bind_null(statement, index);
	}
	return sweep_store_run(store, statement, storing, error);
}

static enum status insert_run(struct sweep_store *store, const struct gathered *gathered, struct error *error) {
	enum status status = STATUS_OK;
	if (!gathered->run[0]) return STATUS_OK;
	if (!store->insert_run)
		status = sweep_store_prepare(store, "INSERT OR REPLACE INTO sweep_runs VALUES (?, ?, ?)",
		                             &store->insert_run, storing, error);
	if (status) return status;
	sweep_store_bind_text(store->insert_run, 1, store->name);
	sqlite3_bind_int64(store->insert_run, 2, (sqlite3_int64)gathered->row.point);
	sweep_store_bind_text(store->insert_run, 3, gathered->run);
	return sweep_store_run(store, store->insert_run, storing, error);
}

enum status sweep_store_flush(struct sweep_store *store, struct error *error) {
	enum status status = STATUS_OK;
	if (!store->row_count) return STATUS_OK;
	if (!store->insert) status = prepare_insert(store, error);
	if (!status) status = sweep_store_transact(store, error);
	if (!status) sweep_store_bind_text(store->insert, 1, store->name); /* stays bound */
	for (size_t i = 0; !status && i < store->row_count; i++) {
		status = insert_row(store, &store->rows[i], error);
		if (!status) status = insert_run(store, &store->rows[i], error);
	}
	status = sweep_store_finish(store, status, error);
	sweep_store_drop_rows(store);
	return status;
}

enum status sweep_store_add(struct sweep_store *store, const char *name, const struct point_row *row,
                            const char *setting, struct error *error) {
	return sweep_store_add_with_run(store, name, row, setting, NULL, error);
}

enum status sweep_store_add_with_run(struct sweep_store *store, const char *name, const struct point_row *row,
                                     const char *setting, const char *run, struct error *error) {
	enum status status = STATUS_OK;
	if (store->row_count == SWEEP_STORE_BATCH || (store->row_count && strcmp(store->name, name) != 0))
		status = sweep_store_flush(store, error);
	if (status) return status;
	if (!store->row_count) snprintf(store->name, sizeof store->name, "%s", name);
	struct gathered *gathered = &store->rows[store->row_count];
	gathered->row = *row;
	gathered->run[0] = 0;
	if (run) snprintf(gathered->run, sizeof gathered->run, "%s", run);
	gathered->setting = strdup(setting);
	if (!gathered->setting) return error_set(error, STATUS_MEMORY, "out of memory for the rows");
	store->row_count++;
	return STATUS_OK;
}

static int read_column(sqlite3_stmt *statement, int index, const struct point_column *column, struct point_row *row) {
	void *member = (char *)row + column->offset;
	int is_null = sqlite3_column_type(statement, index) == SQLITE_NULL;
	switch (column->type) {
	case POINT_UNSIGNED: *(uint64_t *)member = (uint64_t)sqlite3_column_int64(statement, index); break;
	case POINT_REAL: *(double *)member = is_null ? NAN : sqlite3_column_double(statement, index); break;
	case POINT_TEXT: return database_column_text(statement, index, member, POINT_WORD_BYTES);
	case POINT_FITS: *(int64_t *)member = is_null ? -1 : sqlite3_column_int64(statement, index); break;
	}
	return 1;
}

static int read_row(sqlite3_stmt *statement, struct point_row *row) {
	memset(row, 0, sizeof *row);
	const char *status = (const char *)sqlite3_column_text(statement, 1);
	int known = -1;
	for (int s = 0; status && s < POINT_STATUS_COUNT; s++)
		if (!strcmp(status, point_status_names[s])) known = s;
	if (known < 0) return 0;
	row->point = (uint64_t)sqlite3_column_int64(statement, 0);
	row->status = (enum point_status)known;
	database_printable(row->reason, sizeof row->reason, (const char *)sqlite3_column_text(statement, 2));
	row->has_network = sqlite3_column_type(statement, 3) != SQLITE_NULL;
	row->network = (uint64_t)sqlite3_column_int64(statement, 3);
	for (size_t i = 0; row->status == POINT_OK && i < point_column_count; i++)
		if (!read_column(statement, 4 + (int)i, &point_columns[i], row)) return 0;
	return 1;
}

static enum status select_rows(struct sweep_store *store, const char *name, const char *condition,
                               sqlite3_stmt **statement, struct error *error) {
	char sql[SQL_BYTES];
	size_t used = (size_t)snprintf(sql, sizeof sql, "SELECT point, status, reason, network");
	for (size_t i = 0; i < point_column_count; i++)
		used += (size_t)snprintf(sql + used, sizeof sql - used, ", %s", point_columns[i].name);
	snprintf(sql + used, sizeof sql - used, " FROM sweep_points WHERE sweep = ? %s", condition);
	enum status status = sweep_store_prepare(store, sql, statement, reading, error);
	if (!status) sweep_store_bind_text(*statement, 1, name);
	return status;
}

enum status sweep_store_each(struct sweep_store *store, const char *name,
                             enum status (*take)(void *context, const struct point_row *row, struct error *error),
                             void *context, struct error *error) {
	sqlite3_stmt *statement;
	struct point_row row;
	int has_row;
	enum status status = select_rows(store, name, "ORDER BY point", &statement, error);
	while (!status && !(status = database_step(store->database, statement, &has_row, reading, error)) && has_row)
		status = read_row(statement, &row) ? take(context, &row, error)
		                                   : database_damaged(store->database, "a point", error);
	sqlite3_finalize(statement);
	return status;
}

enum status sweep_store_point(struct sweep_store *store, const char *name, uint64_t point, struct point_row *row,
                              struct error *error) {
	sqlite3_stmt *statement;
	int has_row = 0;
	enum status status = select_rows(store, name, "AND point = ?", &statement, error);
	if (status) return status;
	sqlite3_bind_int64(statement, 2, (sqlite3_int64)point);
	status = database_step(store->database, statement, &has_row, reading, error);
	if (!status && !has_row)
		status = error_set(error, STATUS_INPUT, "%.300s: sweep %s has no point %" PRIu64, store->database->path,
		                   name, point);
	else if (!status && !read_row(statement, row))
		status = database_damaged(store->database, "a point", error);
	sqlite3_finalize(statement);
	return status;
}

/* --- runs --------------------------------------------------------------------------------------------------------- */

enum status sweep_store_put_run(struct sweep_store *store, const struct run_record *run, struct error *error) {
	return database_write_run(store->database, run, error);
}

enum status sweep_store_run_of(struct sweep_store *store, const char *name, uint64_t point, char run[RUN_ID_BYTES],
                               struct error *error) {
	sqlite3_stmt *statement;
	int has_row = 0;
	run[0] = 0;
	/* a database of an earlier version has no such table, and is opened for reading only */
	enum status status =
	    sweep_store_prepare(store, "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'sweep_runs'",
	                        &statement, reading, error);
	if (!status) status = database_step(store->database, statement, &has_row, reading, error);
	sqlite3_finalize(statement);
	if (status || !has_row) return status;
	status = sweep_store_prepare(store, "SELECT run FROM sweep_runs WHERE sweep = ? AND point = ?", &statement,
	                             reading, error);
	if (status) return status;
	sweep_store_bind_text(statement, 1, name);
	sqlite3_bind_int64(statement, 2, (sqlite3_int64)point);
	status = database_step(store->database, statement, &has_row, reading, error);
	if (!status && has_row && !database_column_text(statement, 0, run, RUN_ID_BYTES))
		status = database_damaged(store->database, "the run of a point", error);
	sqlite3_finalize(statement);
	return status;
}
