/* See sweep_store.h: opening, and the sweeps themselves. Points are in sweep_store_points.c, accuracy, host figures and
 * merging in sweep_store_merge.c. Opening a file, its identity and the sentences of SQLite's codes are those of
 * sim/store.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "explore/sweep_store_sql.h"
#include "sim/base/text.h"

extern const char sweep_schema[]; /* sweep.sql; written by the build */

static const char storing[] = "storing points", reading[] = "reading points";

enum status sweep_store_open(struct sweep_store **out, const char *path, int create, struct error *error) {
	*out = NULL;
	struct sweep_store *store = calloc(1, sizeof *store);
	if (store) store->rows = calloc(SWEEP_STORE_BATCH, sizeof *store->rows);
	if (!store || !store->rows) {
		free(store);
		return error_set(error, STATUS_MEMORY, "%.500s: out of memory", path);
	}
	enum status status = database_open(&store->database, path, create, error);
	if (!status && create) {
		status = database_execute(store->database, "BEGIN IMMEDIATE", storing, error);
		if (!status) status = database_execute(store->database, sweep_schema, storing, error);
		if (!status) status = database_execute(store->database, "COMMIT", storing, error);
	}
	if (status) {
		sweep_store_close(store);
		return status;
	}
	*out = store;
	return STATUS_OK;
}

void sweep_store_drop_rows(struct sweep_store *store) {
	for (size_t i = 0; i < store->row_count; i++) free(store->rows[i].setting);
	store->row_count = 0;
}

void sweep_store_close(struct sweep_store *store) {
	if (!store) return;
	if (store->rows) sweep_store_drop_rows(store);
	free(store->rows);
	sqlite3_finalize(store->insert);
	sqlite3_finalize(store->insert_run);
	sqlite3_finalize(store->has);
	sqlite3_finalize(store->has_run);
	database_close(store->database);
	free(store);
}

void sweep_store_bind_text(sqlite3_stmt *statement, int index, const char *text) {
	sqlite3_bind_text(statement, index, text, -1, SQLITE_STATIC);
}

enum status sweep_store_prepare(struct sweep_store *store, const char *sql, sqlite3_stmt **statement, const char *doing,
                                struct error *error) {
	enum status status = database_prepare(store->database, sql, statement, doing, error);
	if (status && strstr(error ? error->text : "", "no such table"))
		return error_set(error, STATUS_INPUT, "%.500s: holds no sweep; nbexplore FILE.ini --db makes one",
		                 store->database->path);
	return status;
}

enum status sweep_store_run(struct sweep_store *store, sqlite3_stmt *statement, const char *doing,
                            struct error *error) {
	int has_row;
	enum status status = database_step(store->database, statement, &has_row, doing, error);
	sqlite3_reset(statement);
	return status;
}

static void roll_back(struct sweep_store *store) {
	if (!sqlite3_get_autocommit(store->database->connection))
		sqlite3_exec(store->database->connection, "ROLLBACK", NULL, NULL, NULL);
}

enum status sweep_store_transact(struct sweep_store *store, struct error *error) {
	return database_execute(store->database, "BEGIN IMMEDIATE", storing, error);
}

/* Commits after success, rolls back after a failure. */
enum status sweep_store_finish(struct sweep_store *store, enum status status, struct error *error) {
	if (!status) status = database_execute(store->database, "COMMIT", storing, error);
	roll_back(store);
	return status;
}

/* One statement with texts as its parameters and no rows. */
enum status sweep_store_run_texts(struct sweep_store *store, const char *sql, const char *const *texts, int count,
                                  struct error *error) {
	sqlite3_stmt *statement;
	enum status status = sweep_store_prepare(store, sql, &statement, storing, error);
	if (status) return status;
	for (int i = 0; i < count; i++) sweep_store_bind_text(statement, i + 1, texts[i]);
	status = sweep_store_run(store, statement, storing, error);
	sqlite3_finalize(statement);
	return status;
}

/* --- sweeps ------------------------------------------------------------------------------------------------------- */

static enum status put_axes(struct sweep_store *store, const struct sweep *sweep, struct error *error) {
	sqlite3_stmt *statement;
	enum status status = sweep_store_prepare(store, "INSERT OR REPLACE INTO sweep_axes VALUES (?, ?, ?, ?, ?, ?)",
	                                         &statement, storing, error);
	if (status) return status;
	for (uint32_t a = 0; a < sweep->axis_count; a++)
		for (uint32_t v = 0; !status && v < sweep->axes[a].count; v++) {
			const struct sweep_axis *axis = &sweep->axes[a];
			sweep_store_bind_text(statement, 1, sweep->name);
			sqlite3_bind_int64(statement, 2, a);
			sweep_store_bind_text(statement, 3, axis->name);
			sweep_store_bind_text(statement, 4, axis->parameter ? axis->parameter->unit : "1");
			sqlite3_bind_int64(statement, 5, v);
			sweep_store_bind_text(statement, 6, axis->values[v].text);
			status = sweep_store_run(store, statement, storing, error);
		}
	sqlite3_finalize(statement);
	return status;
}

static enum status put_sweep(struct sweep_store *store, const struct sweep *sweep, const struct sweep_head *head,
                             const char *definition, struct error *error) {
	const char *const texts[] = {sweep->name,           definition,      head->fingerprint,
	                             head->program_version, sweep->question, sweep->objectives,
	                             sweep->where,          sweep->images,   head->images_hash};
	sqlite3_stmt *statement;
	enum status status =
	    sweep_store_prepare(store, "INSERT OR REPLACE INTO sweeps VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
	                        &statement, storing, error);
	if (status) return status;
	for (int i = 0; i < 9; i++) sweep_store_bind_text(statement, i + 1, texts[i]);
	sqlite3_bind_int64(statement, 10, sweep->images[0] ? sweep->image_count : 0);
	sqlite3_bind_int64(statement, 11, (sqlite3_int64)sweep->space);
	status = sweep_store_run(store, statement, storing, error);
	sqlite3_finalize(statement);
	return status;
}

/* The first line in which two definitions differ. */
static void first_difference(const char *stored, const char *now, char *was, char *is, size_t bytes) {
	while (*stored && *now) {
		size_t a = strcspn(stored, "\n"), b = strcspn(now, "\n");
		if (a != b || memcmp(stored, now, a)) break;
		stored += a + (stored[a] != 0);
		now += b + (now[b] != 0);
	}
	snprintf(was, bytes, "%.*s", (int)strcspn(stored, "\n"), stored);
	snprintf(is, bytes, "%.*s", (int)strcspn(now, "\n"), now);
}

static enum status check_same(struct sweep_store *store, const struct sweep *sweep, const struct sweep_head *head,
                              const char *definition, int *is_known, int *is_same, struct error *error) {
	sqlite3_stmt *statement;
	enum status status = sweep_store_prepare(store, "SELECT definition, fingerprint FROM sweeps WHERE name = ?",
	                                         &statement, reading, error);
	*is_known = *is_same = 0;
	if (status) return status;
	sweep_store_bind_text(statement, 1, sweep->name);
	status = database_step(store->database, statement, is_known, reading, error);
	if (!status && *is_known) {
		const char *stored = (const char *)sqlite3_column_text(statement, 0);
		const char *fingerprint = (const char *)sqlite3_column_text(statement, 1);
		char was[160], is[160];
		*is_same =
		    stored && fingerprint && !strcmp(stored, definition) && !strcmp(fingerprint, head->fingerprint);
		if (!*is_same) {
			first_difference(stored ? stored : "", definition, was, is, sizeof was);
			error_set(
			    error, STATUS_INPUT,
			    "%.300s: holds another sweep %s (%s%s%s%s%s); give another --db or name, or --replace",
			    store->database->path, sweep->name, was[0] || is[0] ? "there '" : "",
			    was[0] || is[0] ? was : "other devices, technologies, networks or program version",
			    was[0] || is[0] ? "', here '" : "", is, was[0] || is[0] ? "'" : "");
		}
	}
	sqlite3_finalize(statement);
	return status;
}

static enum status delete_sweep(struct sweep_store *store, const char *name, struct error *error) {
	enum status status = sweep_store_run_texts(store, "DELETE FROM sweep_points WHERE sweep = ?", &name, 1, error);
	/* the runs themselves stay: each is right for its own configuration, and nbsim may have written it */
	if (!status) status = sweep_store_run_texts(store, "DELETE FROM sweep_runs WHERE sweep = ?", &name, 1, error);
	if (!status) status = sweep_store_run_texts(store, "DELETE FROM sweep_axes WHERE sweep = ?", &name, 1, error);
	if (!status) status = sweep_store_run_texts(store, "DELETE FROM sweep_host WHERE sweep = ?", &name, 1, error);
	if (!status) status = sweep_store_run_texts(store, "DELETE FROM sweeps WHERE name = ?", &name, 1, error);
	return status;
}

enum status sweep_store_begin(struct sweep_store *store, const struct sweep *sweep, const struct sweep_head *head,
                              int replace, struct error *error) {
	int is_known, is_same;
	char *definition = sweep_text(sweep);
	if (!definition) return error_set(error, STATUS_MEMORY, "%s: out of memory", sweep->place);
	enum status status = sweep_store_transact(store, error);
	if (!status) status = check_same(store, sweep, head, definition, &is_known, &is_same, error);
	if (!status && is_known && !is_same) status = replace ? delete_sweep(store, sweep->name, error) : STATUS_INPUT;
	if (!status) status = put_sweep(store, sweep, head, definition, error);
	if (!status) status = put_axes(store, sweep, error);
	free(definition);
	return sweep_store_finish(store, status, error);
}

enum status sweep_store_forget_dead(struct sweep_store *store, const char *name, struct error *error) {
	return sweep_store_run_texts(store, "DELETE FROM sweep_points WHERE sweep = ? AND status = 'died'", &name, 1,
	                             error);
}

static enum status unknown_sweep(struct sweep_store *store, const char *name, struct error *error) {
	char names[512] = "";
	size_t used = 0;
	sqlite3_stmt *statement;
	int has_row = 0;
	enum status status =
	    sweep_store_prepare(store, "SELECT name FROM sweeps ORDER BY name", &statement, reading, error);
	if (status) return status;
	while (!(status = database_step(store->database, statement, &has_row, reading, error)) && has_row) {
		char word[SWEEP_NAME_BYTES];
		database_printable(word, sizeof word, (const char *)sqlite3_column_text(statement, 0));
		if (used < sizeof names)
			used += (size_t)snprintf(names + used, sizeof names - used, "%s%s", used ? ", " : "", word);
	}
	sqlite3_finalize(statement);
	if (status) return status;
	if (!names[0])
		return error_set(error, STATUS_INPUT, "%.500s: holds no sweep; nbexplore FILE.ini --db makes one",
		                 store->database->path);
	if (!name)
		return error_set(error, STATUS_INPUT, "%.300s: holds several sweeps (%s); choose one with --sweep",
		                 store->database->path, names);
	return error_set(error, STATUS_INPUT, "%.300s: holds no sweep '%.60s'; it holds %s", store->database->path,
	                 name, names);
}

static enum status take_sweep(struct sweep_store *store, sqlite3_stmt *statement, struct sweep *sweep,
                              struct sweep_head *head, struct error *error) {
	char name[SWEEP_NAME_BYTES];
	const char *definition = (const char *)sqlite3_column_text(statement, 1);
	if (!definition || !database_column_text(statement, 0, name, sizeof name))
		return database_damaged(store->database, "a sweep", error);
	enum status status = sweep_parse(sweep, definition, store->database->path, error);
	if (status) return status;
	snprintf(sweep->name, sizeof sweep->name, "%s", name);
	if (!database_column_text(statement, 2, head->fingerprint, sizeof head->fingerprint) ||
	    !database_column_text(statement, 3, head->program_version, sizeof head->program_version) ||
	    !database_column_text(statement, 4, sweep->question, sizeof sweep->question) ||
	    !database_column_text(statement, 5, sweep->objectives, sizeof sweep->objectives) ||
	    !database_column_text(statement, 6, sweep->where, sizeof sweep->where) ||
	    !database_column_text(statement, 7, sweep->images, sizeof sweep->images) ||
	    !database_column_text(statement, 8, head->images_hash, sizeof head->images_hash)) {
		sweep_clear(sweep);
		return database_damaged(store->database, "a sweep", error);
	}
	sweep->image_count = (uint32_t)sqlite3_column_int64(statement, 9);
	return STATUS_OK;
}

enum status sweep_store_load(struct sweep_store *store, const char *name, struct sweep *sweep, struct sweep_head *head,
                             struct error *error) {
	sqlite3_stmt *statement;
	int has_row = 0, has_more = 0;
	enum status status =
	    sweep_store_prepare(store,
	                        "SELECT name, definition, fingerprint, program_version, question, objectives, "
	                        "condition, images, images_hash, image_count FROM sweeps "
	                        "WHERE name = ?1 OR ?1 IS NULL ORDER BY name",
	                        &statement, reading, error);
	memset(head, 0, sizeof *head);
	if (status) return status;
	if (name) sweep_store_bind_text(statement, 1, name);
	status = database_step(store->database, statement, &has_row, reading, error);
	if (!status && has_row) status = take_sweep(store, statement, sweep, head, error);
	int is_loaded = !status && has_row;
	if (is_loaded) status = database_step(store->database, statement, &has_more, reading, error);
	sqlite3_finalize(statement);
	if (is_loaded && (status || has_more)) sweep_clear(sweep);
	if (!status && (!has_row || has_more)) return unknown_sweep(store, name, error);
	return status;
}

enum status sweep_store_count(struct sweep_store *store, const char *name, uint64_t *count, struct error *error) {
	sqlite3_stmt *statement;
	int has_row;
	enum status status =
	    sweep_store_prepare(store, "SELECT count(*) FROM sweep_points WHERE sweep = ?", &statement, reading, error);
	if (status) return status;
	sweep_store_bind_text(statement, 1, name);
	status = database_step(store->database, statement, &has_row, reading, error);
	*count = (uint64_t)sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return status;
}

static enum status has(struct sweep_store *store, sqlite3_stmt **statement, const char *sql, const char *name,
                       uint64_t point, int *has_row, struct error *error) {
	enum status status = STATUS_OK;
	if (!*statement) status = sweep_store_prepare(store, sql, statement, reading, error);
	if (status) return status;
	sweep_store_bind_text(*statement, 1, name);
	sqlite3_bind_int64(*statement, 2, (sqlite3_int64)point);
	status = database_step(store->database, *statement, has_row, reading, error);
	sqlite3_reset(*statement);
	return status;
}

enum status sweep_store_has(struct sweep_store *store, const char *name, uint64_t point, int *has_row,
                            struct error *error) {
	return has(store, &store->has, "SELECT 1 FROM sweep_points WHERE sweep = ? AND point = ?", name, point, has_row,
	           error);
}

enum status sweep_store_has_run(struct sweep_store *store, const char *name, uint64_t point, int *has_row,
                                struct error *error) {
	return has(store, &store->has_run,
	           "SELECT 1 FROM sweep_points p WHERE sweep = ? AND point = ? AND (status <> 'ok' OR EXISTS (SELECT 1 "
	           "FROM sweep_runs r JOIN runs ON id = run WHERE r.sweep = p.sweep AND r.point = p.point))",
	           name, point, has_row, error);
}

enum { QUESTION_COLUMN = 57 };

enum status sweep_store_list(struct sweep_store *store, FILE *out, struct error *error) {
	sqlite3_stmt *statement;
	int has_row;
	enum status status =
	    sweep_store_prepare(store,
	                        "SELECT name, (SELECT count(*) FROM sweep_points WHERE sweep = name), (SELECT "
	                        "count(*) FROM sweep_points WHERE sweep = name AND status = 'ok'), space, question "
	                        "FROM sweeps ORDER BY name",
	                        &statement, reading, error);
	if (status) return status;
	fprintf(out, "%-20s %10s %10s %12s  %s\n", "sweep", "points", "ok", "space", "question");
	while (!(status = database_step(store->database, statement, &has_row, reading, error)) && has_row) {
		char name[SWEEP_NAME_BYTES], question[SWEEP_TEXT_BYTES];
		database_printable(name, sizeof name, (const char *)sqlite3_column_text(statement, 0));
		database_printable(question, sizeof question, (const char *)sqlite3_column_text(statement, 4));
		fprintf(out, "%-20s %10lld %10lld %12lld  ", name, (long long)sqlite3_column_int64(statement, 1),
		        (long long)sqlite3_column_int64(statement, 2), (long long)sqlite3_column_int64(statement, 3));
		text_wrap(out, question, QUESTION_COLUMN, QUESTION_COLUMN, 100);
	}
	sqlite3_finalize(statement);
	return status;
}
