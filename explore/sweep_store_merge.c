/* Accuracy, host figures and merging of sweep_store.h. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "explore/sweep_store_sql.h"

static const char storing[] = "storing figures", reading[] = "reading figures";

enum status sweep_store_put_accuracy(struct sweep_store *store, const struct sweep_accuracy *accuracy,
                                     const char *images_hash, const char *images, struct error *error) {
	sqlite3_stmt *statement;
	enum status status = sweep_store_prepare(
	    store, "INSERT OR REPLACE INTO sweep_accuracy VALUES (?, ?, ?, ?, ?, ?, ?)", &statement, storing, error);
	if (status) return status;
	sqlite3_bind_int64(statement, 1, (sqlite3_int64)accuracy->network);
	sweep_store_bind_text(statement, 2, images_hash);
	sqlite3_bind_int64(statement, 3, accuracy->image_count);
	sweep_store_bind_text(statement, 4, images);
	sqlite3_bind_int64(statement, 5, accuracy->correct);
	sqlite3_bind_double(statement, 6, accuracy->top1);
	sqlite3_bind_double(statement, 7, accuracy->top1_standard_error);
	status = sweep_store_run(store, statement, storing, error);
	sqlite3_finalize(statement);
	return status;
}

/* Room for one more; grows at powers of two. NULL when out of memory. */
static void *grow(void *list, size_t count, size_t item_bytes) {
	return count & (count - 1) ? list : realloc(list, (count ? 2 * count : 1) * item_bytes);
}

enum status sweep_store_accuracies(struct sweep_store *store, const char *name, struct sweep_accuracy **list,
                                   size_t *count, struct error *error) {
	sqlite3_stmt *statement;
	int has_row;
	*list = NULL;
	*count = 0;
	(void)name; /* a network is known by its checksum, whatever sweep it was measured for */
	enum status status = sweep_store_prepare(store,
	                                         "SELECT network, image_count, correct, top1, top1_standard_error FROM "
	                                         "sweep_accuracy ORDER BY network, image_count DESC, images_hash",
	                                         &statement, reading, error);
	while (!status && !(status = database_step(store->database, statement, &has_row, reading, error)) && has_row) {
		struct sweep_accuracy read = {(uint64_t)sqlite3_column_int64(statement, 0),
		                              (uint32_t)sqlite3_column_int64(statement, 1),
		                              (uint32_t)sqlite3_column_int64(statement, 2),
		                              sqlite3_column_double(statement, 3), sqlite3_column_double(statement, 4)};
		if (*count && (*list)[*count - 1].network == read.network) continue;
		struct sweep_accuracy *larger = grow(*list, *count, sizeof read);
		if (!larger) {
			status = error_set(error, STATUS_MEMORY, "out of memory for the accuracies");
			break;
		}
		*list = larger;
		larger[(*count)++] = read;
	}
	sqlite3_finalize(statement);
	return status;
}

enum status sweep_store_unmeasured(struct sweep_store *store, const char *name, const char *images_hash,
                                   uint64_t **points, size_t *count, struct error *error) {
	sqlite3_stmt *statement;
	int has_row;
	*points = NULL;
	*count = 0;
	enum status status =
	    sweep_store_prepare(store,
	                        "SELECT min(point) FROM sweep_points p WHERE sweep = ?1 AND status = 'ok' AND NOT "
	                        "EXISTS (SELECT 1 FROM sweep_accuracy a WHERE a.network = p.network "
	                        "AND a.images_hash = ?2) GROUP BY network ORDER BY 1",
	                        &statement, reading, error);
	if (status) return status;
	sweep_store_bind_text(statement, 1, name);
	sweep_store_bind_text(statement, 2, images_hash);
	while (!(status = database_step(store->database, statement, &has_row, reading, error)) && has_row) {
		uint64_t *larger = grow(*points, *count, sizeof **points);
		if (!larger) {
			status = error_set(error, STATUS_MEMORY, "out of memory for the accuracies");
			break;
		}
		*points = larger;
		larger[(*count)++] = (uint64_t)sqlite3_column_int64(statement, 0);
	}
	sqlite3_finalize(statement);
	return status;
}

enum status sweep_store_put_host(struct sweep_store *store, const char *name, uint32_t workers, double wall_s,
                                 uint64_t points, uint64_t mapped, uint64_t simulated, struct error *error) {
	sqlite3_stmt *statement;
	struct tm utc;
	char written_at[32] = "";
	time_t now = time(NULL);
	if (gmtime_r(&now, &utc)) strftime(written_at, sizeof written_at, "%Y-%m-%dT%H:%M:%SZ", &utc);
	enum status status = sweep_store_prepare(store, "INSERT INTO sweep_host VALUES (?, ?, ?, ?, ?, ?, ?)",
	                                         &statement, storing, error);
	if (status) return status;
	sweep_store_bind_text(statement, 1, name);
	sweep_store_bind_text(statement, 2, written_at);
	sqlite3_bind_int64(statement, 3, workers);
	sqlite3_bind_double(statement, 4, wall_s);
	sqlite3_bind_int64(statement, 5, (sqlite3_int64)points);
	sqlite3_bind_int64(statement, 6, (sqlite3_int64)mapped);
	sqlite3_bind_int64(statement, 7, (sqlite3_int64)simulated);
	status = sweep_store_run(store, statement, storing, error);
	sqlite3_finalize(statement);
	return status;
}

/* --- merging ------------------------------------------------------------------------------------------------------ */

/* The first text of a query, or an empty one; *number its second column. */
static enum status query(struct sweep_store *store, const char *sql, char *text, size_t bytes, int64_t *number,
                         struct error *error) {
	sqlite3_stmt *statement;
	int has_row = 0;
	text[0] = 0;
	*number = 0;
	enum status status = sweep_store_prepare(store, sql, &statement, reading, error);
	if (!status) status = database_step(store->database, statement, &has_row, reading, error);
	if (!status && has_row) {
		database_printable(text, bytes, (const char *)sqlite3_column_text(statement, 0));
		*number = sqlite3_column_int64(statement, 1);
	}
	sqlite3_finalize(statement);
	return status;
}

/* Runs of --keep layers; a part of an earlier version has no table of them. */
static enum status merge_runs(struct sweep_store *store, struct error *error) {
	char name[SWEEP_NAME_BYTES];
	int64_t number;
	enum status status =
	    query(store, "SELECT name, 0 FROM part.sqlite_master WHERE type = 'table' AND name = 'sweep_runs'", name,
	          sizeof name, &number, error);
	if (status || !name[0]) return status;
	return database_execute(
	    store->database,
	    "CREATE TEMP TABLE taken AS SELECT DISTINCT run FROM part.sweep_runs WHERE run NOT IN (SELECT id FROM "
	    "main.runs);"
	    "INSERT INTO main.runs SELECT * FROM part.runs WHERE id IN (SELECT run FROM temp.taken);"
	    "INSERT INTO main.parameters SELECT * FROM part.parameters WHERE run IN (SELECT run FROM temp.taken);"
	    "INSERT INTO main.results SELECT * FROM part.results WHERE run IN (SELECT run FROM temp.taken);"
	    "INSERT INTO main.mapping SELECT * FROM part.mapping WHERE run IN (SELECT run FROM temp.taken);"
	    "INSERT INTO main.host SELECT * FROM part.host WHERE run IN (SELECT run FROM temp.taken);"
	    "DROP TABLE temp.taken;"
	    "INSERT OR IGNORE INTO main.sweep_runs SELECT * FROM part.sweep_runs",
	    "merging", error);
}

static enum status merge_attached(struct sweep_store *store, const char *part, uint64_t *added, struct error *error) {
	char name[SWEEP_NAME_BYTES];
	int64_t number, before, after;
	enum status status =
	    query(store,
	          "SELECT a.name FROM main.sweeps a JOIN part.sweeps b USING (name) WHERE a.definition "
	          "<> b.definition OR a.fingerprint <> b.fingerprint",
	          name, sizeof name, &number, error);
	if (!status && name[0])
		return error_set(error, STATUS_INPUT, "%.300s: its sweep %s is another than the one in %.300s", part,
		                 name, store->database->path);
	if (!status)
		status = query(
		    store,
		    "SELECT sweep, point FROM (SELECT b.* FROM part.sweep_points b JOIN main.sweep_points a USING "
		    "(sweep, point) WHERE a.status <> 'died' AND b.status <> 'died' EXCEPT SELECT * FROM "
		    "main.sweep_points) ORDER BY 1, 2",
		    name, sizeof name, &number, error);
	if (!status && name[0])
		return error_set(error, STATUS_INPUT,
		                 "%.300s: point %" PRId64 " of sweep %s differs from the one in %.300s", part, number,
		                 name, store->database->path);
	if (!status)
		status = query(store, "SELECT '', count(*) FROM main.sweep_points", name, sizeof name, &before, error);
	if (!status)
		status =
		    database_execute(store->database,
		                     "INSERT OR IGNORE INTO main.sweeps SELECT * FROM part.sweeps;"
		                     "INSERT OR IGNORE INTO main.sweep_axes SELECT * FROM part.sweep_axes;"
		                     "DELETE FROM main.sweep_points WHERE status = 'died' AND EXISTS (SELECT 1 FROM "
		                     "part.sweep_points b WHERE b.sweep = sweep_points.sweep AND b.point = "
		                     "sweep_points.point);"
		                     "INSERT OR IGNORE INTO main.sweep_points SELECT * FROM part.sweep_points;"
		                     "INSERT OR IGNORE INTO main.sweep_accuracy SELECT * FROM part.sweep_accuracy;"
		                     "INSERT INTO main.sweep_host SELECT * FROM part.sweep_host",
		                     "merging", error);
	if (!status) status = merge_runs(store, error);
	if (!status)
		status = query(store, "SELECT '', count(*) FROM main.sweep_points", name, sizeof name, &after, error);
	if (!status) *added = (uint64_t)(after - before);
	return status;
}

enum status sweep_store_merge(struct sweep_store *store, const char *part, uint64_t *added, struct error *error) {
	struct sweep_store *other;
	*added = 0;
	enum status status = sweep_store_open(&other, part, 0, error); /* ours, and of this schema? */
	if (status) return status;
	sqlite3_stmt *probe;
	status = sweep_store_prepare(other, "SELECT 1 FROM sweeps", &probe, reading, error);
	sqlite3_finalize(probe);
	sweep_store_close(other);
	if (!status) status = sweep_store_run_texts(store, "ATTACH DATABASE ? AS part", &part, 1, error);
	if (status) return status;
	status = sweep_store_transact(store, error);
	if (!status) status = merge_attached(store, part, added, error);
	status = sweep_store_finish(store, status, error);
	struct error ignored;
	database_execute(store->database, "DETACH DATABASE part", "merging", status ? &ignored : error);
	return status;
}
