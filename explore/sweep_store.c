/* See sweep_store.h. Opening, identity of the file and the sentences of SQLite's codes are those of sim/store. A point's
 * columns are written and read by the table of explore/point.c; that it agrees with sweep.sql is tested. */
#include "explore/sweep_store.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sim/store/database_sql.h"

enum { BATCH_ROWS = 1000, SQL_BYTES = 2048, FIXED_COLUMNS = 6 };

extern const char sweep_schema[]; /* sweep.sql; written by the build */

static const char storing[] = "storing points", reading[] = "reading points";

struct gathered {
	struct point_row row;
	char *setting;
};

struct sweep_store {
	struct database *database;
	sqlite3_stmt *insert, *has;
	struct gathered *rows;
	size_t row_count;
	char name[SWEEP_NAME_BYTES];
};

enum status sweep_store_open(struct sweep_store **out, const char *path, int create, struct error *error) {
	*out = NULL;
	struct sweep_store *store = calloc(1, sizeof *store);
	if (store) store->rows = calloc(BATCH_ROWS, sizeof *store->rows);
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

static void drop_rows(struct sweep_store *store) {
	for (size_t i = 0; i < store->row_count; i++) free(store->rows[i].setting);
	store->row_count = 0;
}

void sweep_store_close(struct sweep_store *store) {
	if (!store) return;
	if (store->rows) drop_rows(store);
	free(store->rows);
	sqlite3_finalize(store->insert);
	sqlite3_finalize(store->has);
	database_close(store->database);
	free(store);
}

static void bind_text(sqlite3_stmt *statement, int index, const char *text) {
	sqlite3_bind_text(statement, index, text, -1, SQLITE_STATIC);
}

static enum status prepare(struct sweep_store *store, const char *sql, sqlite3_stmt **statement, const char *doing,
                           struct error *error) {
	enum status status = database_prepare(store->database, sql, statement, doing, error);
	if (status && strstr(error ? error->text : "", "no such table"))
		return error_set(error, STATUS_INPUT, "%.500s: holds no sweep; nbexplore FILE.ini --db makes one",
		                 store->database->path);
	return status;
}

static enum status step_once(struct sweep_store *store, sqlite3_stmt *statement, const char *doing,
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

static enum status begin(struct sweep_store *store, struct error *error) {
	return database_execute(store->database, "BEGIN IMMEDIATE", storing, error);
}

/* Commits after success, rolls back after a failure. */
static enum status end(struct sweep_store *store, enum status status, struct error *error) {
	if (!status) status = database_execute(store->database, "COMMIT", storing, error);
	roll_back(store);
	return status;
}

/* One statement with texts as its parameters and no rows. */
static enum status run_texts(struct sweep_store *store, const char *sql, const char *const *texts, int count,
                             struct error *error) {
	sqlite3_stmt *statement;
	enum status status = prepare(store, sql, &statement, storing, error);
	if (status) return status;
	for (int i = 0; i < count; i++) bind_text(statement, i + 1, texts[i]);
	status = step_once(store, statement, storing, error);
	sqlite3_finalize(statement);
	return status;
}

/* --- sweeps ------------------------------------------------------------------------------------------------------- */

static enum status put_axes(struct sweep_store *store, const struct sweep *sweep, struct error *error) {
	sqlite3_stmt *statement;
	enum status status = prepare(store, "INSERT OR REPLACE INTO sweep_axes VALUES (?, ?, ?, ?, ?, ?)", &statement,
	                             storing, error);
	if (status) return status;
	for (uint32_t a = 0; a < sweep->axis_count; a++)
		for (uint32_t v = 0; !status && v < sweep->axes[a].count; v++) {
			const struct sweep_axis *axis = &sweep->axes[a];
			bind_text(statement, 1, sweep->name);
			sqlite3_bind_int64(statement, 2, a);
			bind_text(statement, 3, axis->name);
			bind_text(statement, 4, axis->parameter ? axis->parameter->unit : "1");
			sqlite3_bind_int64(statement, 5, v);
			bind_text(statement, 6, axis->values[v].text);
			status = step_once(store, statement, storing, error);
		}
	sqlite3_finalize(statement);
	return status;
}

static enum status put_sweep(struct sweep_store *store, const struct sweep *sweep, const struct sweep_head *head,
                             const char *definition, struct error *error) {
	const char *const texts[] = {sweep->name,       definition,   head->fingerprint, head->program_version,
	                             sweep->question,   sweep->objectives, sweep->where, sweep->images,
	                             head->images_hash};
	sqlite3_stmt *statement;
	enum status status = prepare(store, "INSERT OR REPLACE INTO sweeps VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
	                             &statement, storing, error);
	if (status) return status;
	for (int i = 0; i < 9; i++) bind_text(statement, i + 1, texts[i]);
	sqlite3_bind_int64(statement, 10, sweep->images[0] ? sweep->image_count : 0);
	sqlite3_bind_int64(statement, 11, (sqlite3_int64)sweep->space);
	status = step_once(store, statement, storing, error);
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
	enum status status = prepare(store, "SELECT definition, fingerprint FROM sweeps WHERE name = ?", &statement,
	                             reading, error);
	*is_known = *is_same = 0;
	if (status) return status;
	bind_text(statement, 1, sweep->name);
	status = database_step(store->database, statement, is_known, reading, error);
	if (!status && *is_known) {
		const char *stored = (const char *)sqlite3_column_text(statement, 0);
		const char *fingerprint = (const char *)sqlite3_column_text(statement, 1);
		char was[160], is[160];
		*is_same = stored && fingerprint && !strcmp(stored, definition) &&
		           !strcmp(fingerprint, head->fingerprint);
		if (!*is_same) {
			first_difference(stored ? stored : "", definition, was, is, sizeof was);
			error_set(error, STATUS_INPUT,
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
	enum status status = run_texts(store, "DELETE FROM sweep_points WHERE sweep = ?", &name, 1, error);
	if (!status) status = run_texts(store, "DELETE FROM sweep_axes WHERE sweep = ?", &name, 1, error);
	if (!status) status = run_texts(store, "DELETE FROM sweep_host WHERE sweep = ?", &name, 1, error);
	if (!status) status = run_texts(store, "DELETE FROM sweeps WHERE name = ?", &name, 1, error);
	return status;
}

enum status sweep_store_begin(struct sweep_store *store, const struct sweep *sweep, const struct sweep_head *head,
                              int replace, struct error *error) {
	int is_known, is_same;
	char *definition = sweep_text(sweep);
	if (!definition) return error_set(error, STATUS_MEMORY, "%s: out of memory", sweep->place);
	enum status status = begin(store, error);
	if (!status) status = check_same(store, sweep, head, definition, &is_known, &is_same, error);
	if (!status && is_known && !is_same) status = replace ? delete_sweep(store, sweep->name, error) : STATUS_INPUT;
	if (!status) status = put_sweep(store, sweep, head, definition, error);
	if (!status) status = put_axes(store, sweep, error);
	free(definition);
	return end(store, status, error);
}

enum status sweep_store_forget_dead(struct sweep_store *store, const char *name, struct error *error) {
	return run_texts(store, "DELETE FROM sweep_points WHERE sweep = ? AND status = 'died'", &name, 1, error);
}

static enum status unknown_sweep(struct sweep_store *store, const char *name, struct error *error) {
	char names[512] = "";
	size_t used = 0;
	sqlite3_stmt *statement;
	int has_row = 0;
	enum status status = prepare(store, "SELECT name FROM sweeps ORDER BY name", &statement, reading, error);
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
	return error_set(error, STATUS_INPUT, "%.300s: holds no sweep '%.60s'; it holds %s", store->database->path, name,
	                 names);
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

enum status sweep_store_load(struct sweep_store *store, const char *name, struct sweep *sweep,
                             struct sweep_head *head, struct error *error) {
	sqlite3_stmt *statement;
	int has_row = 0, has_more = 0;
	enum status status = prepare(store,
	                             "SELECT name, definition, fingerprint, program_version, question, objectives, "
	                             "condition, images, images_hash, image_count FROM sweeps "
	                             "WHERE name = ?1 OR ?1 IS NULL ORDER BY name",
	                             &statement, reading, error);
	memset(head, 0, sizeof *head);
	if (status) return status;
	if (name) bind_text(statement, 1, name);
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
	    prepare(store, "SELECT count(*) FROM sweep_points WHERE sweep = ?", &statement, reading, error);
	if (status) return status;
	bind_text(statement, 1, name);
	status = database_step(store->database, statement, &has_row, reading, error);
	*count = (uint64_t)sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return status;
}

enum status sweep_store_has(struct sweep_store *store, const char *name, uint64_t point, int *has,
                            struct error *error) {
	enum status status = STATUS_OK;
	if (!store->has)
		status = prepare(store, "SELECT 1 FROM sweep_points WHERE sweep = ? AND point = ?", &store->has, reading,
		                 error);
	if (status) return status;
	bind_text(store->has, 1, name);
	sqlite3_bind_int64(store->has, 2, (sqlite3_int64)point);
	status = database_step(store->database, store->has, has, reading, error);
	sqlite3_reset(store->has);
	return status;
}

/* --- points ------------------------------------------------------------------------------------------------------- */

static enum status prepare_insert(struct sweep_store *store, struct error *error) {
	char sql[SQL_BYTES];
	size_t used = (size_t)snprintf(sql, sizeof sql,
	                               "INSERT OR REPLACE INTO sweep_points (sweep, point, setting, status, reason, "
	                               "network");
	for (size_t i = 0; i < point_column_count; i++)
		used += (size_t)snprintf(sql + used, sizeof sql - used, ", %s", point_columns[i].name);
	used += (size_t)snprintf(sql + used, sizeof sql - used, ") VALUES (?, ?, ?, ?, ?, ?");
	for (size_t i = 0; i < point_column_count; i++)
		used += (size_t)snprintf(sql + used, sizeof sql - used, ", ?");
	snprintf(sql + used, sizeof sql - used, ")");
	return prepare(store, sql, &store->insert, storing, error);
}

static void bind_column(sqlite3_stmt *statement, int index, const struct point_column *column,
                        const struct point_row *row) {
	const void *member = (const char *)row + column->offset;
	switch (column->type) {
	case POINT_UNSIGNED: sqlite3_bind_int64(statement, index, (sqlite3_int64) * (const uint64_t *)member); break;
	case POINT_REAL: sqlite3_bind_double(statement, index, *(const double *)member); break;
	case POINT_TEXT: bind_text(statement, index, member); break;
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
	bind_text(statement, 1, store->name);
	sqlite3_bind_int64(statement, 2, (sqlite3_int64)row->point);
	bind_text(statement, 3, gathered->setting);
	bind_text(statement, 4, point_status_names[row->status]);
	bind_text(statement, 5, row->reason);
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
	return step_once(store, statement, storing, error);
}

enum status sweep_store_flush(struct sweep_store *store, struct error *error) {
	enum status status = STATUS_OK;
	if (!store->row_count) return STATUS_OK;
	if (!store->insert) status = prepare_insert(store, error);
	if (!status) status = begin(store, error);
	for (size_t i = 0; !status && i < store->row_count; i++) status = insert_row(store, &store->rows[i], error);
	status = end(store, status, error);
	drop_rows(store);
	return status;
}

enum status sweep_store_add(struct sweep_store *store, const char *name, const struct point_row *row,
                            const char *setting, struct error *error) {
	enum status status = STATUS_OK;
	if (store->row_count == BATCH_ROWS || (store->row_count && strcmp(store->name, name) != 0))
		status = sweep_store_flush(store, error);
	if (status) return status;
	snprintf(store->name, sizeof store->name, "%s", name);
	struct gathered *gathered = &store->rows[store->row_count];
	gathered->row = *row;
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
	enum status status = prepare(store, sql, statement, reading, error);
	if (!status) bind_text(*statement, 1, name);
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

/* --- accuracy ----------------------------------------------------------------------------------------------------- */

enum status sweep_store_put_accuracy(struct sweep_store *store, const struct sweep_accuracy *accuracy,
                                     const char *images_hash, const char *images, struct error *error) {
	sqlite3_stmt *statement;
	enum status status = prepare(store, "INSERT OR REPLACE INTO sweep_accuracy VALUES (?, ?, ?, ?, ?, ?, ?)",
	                             &statement, storing, error);
	if (status) return status;
	sqlite3_bind_int64(statement, 1, (sqlite3_int64)accuracy->network);
	bind_text(statement, 2, images_hash);
	sqlite3_bind_int64(statement, 3, accuracy->image_count);
	bind_text(statement, 4, images);
	sqlite3_bind_int64(statement, 5, accuracy->correct);
	sqlite3_bind_double(statement, 6, accuracy->top1);
	sqlite3_bind_double(statement, 7, accuracy->top1_standard_error);
	status = step_once(store, statement, storing, error);
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
	enum status status = prepare(store,
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
	enum status status = prepare(store,
	                             "SELECT min(point) FROM sweep_points p WHERE sweep = ?1 AND status = 'ok' AND NOT "
	                             "EXISTS (SELECT 1 FROM sweep_accuracy a WHERE a.network = p.network "
	                             "AND a.images_hash = ?2) GROUP BY network ORDER BY 1",
	                             &statement, reading, error);
	if (status) return status;
	bind_text(statement, 1, name);
	bind_text(statement, 2, images_hash);
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
	enum status status =
	    prepare(store, "INSERT INTO sweep_host VALUES (?, ?, ?, ?, ?, ?, ?)", &statement, storing, error);
	if (status) return status;
	bind_text(statement, 1, name);
	bind_text(statement, 2, written_at);
	sqlite3_bind_int64(statement, 3, workers);
	sqlite3_bind_double(statement, 4, wall_s);
	sqlite3_bind_int64(statement, 5, (sqlite3_int64)points);
	sqlite3_bind_int64(statement, 6, (sqlite3_int64)mapped);
	sqlite3_bind_int64(statement, 7, (sqlite3_int64)simulated);
	status = step_once(store, statement, storing, error);
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
	enum status status = prepare(store, sql, &statement, reading, error);
	if (!status) status = database_step(store->database, statement, &has_row, reading, error);
	if (!status && has_row) {
		database_printable(text, bytes, (const char *)sqlite3_column_text(statement, 0));
		*number = sqlite3_column_int64(statement, 1);
	}
	sqlite3_finalize(statement);
	return status;
}

static enum status merge_attached(struct sweep_store *store, const char *part, uint64_t *added, struct error *error) {
	char name[SWEEP_NAME_BYTES];
	int64_t number, before, after;
	enum status status = query(store,
	                           "SELECT a.name FROM main.sweeps a JOIN part.sweeps b USING (name) WHERE a.definition "
	                           "<> b.definition OR a.fingerprint <> b.fingerprint",
	                           name, sizeof name, &number, error);
	if (!status && name[0])
		return error_set(error, STATUS_INPUT, "%.300s: its sweep %s is another than the one in %.300s", part, name,
		                 store->database->path);
	if (!status)
		status = query(store,
		               "SELECT sweep, point FROM (SELECT b.* FROM part.sweep_points b JOIN main.sweep_points a USING "
		               "(sweep, point) WHERE a.status <> 'died' AND b.status <> 'died' EXCEPT SELECT * FROM "
		               "main.sweep_points) ORDER BY 1, 2",
		               name, sizeof name, &number, error);
	if (!status && name[0])
		return error_set(error, STATUS_INPUT, "%.300s: point %" PRId64 " of sweep %s differs from the one in %.300s",
		                 part, number, name, store->database->path);
	if (!status)
		status = query(store, "SELECT '', count(*) FROM main.sweep_points", name, sizeof name, &before, error);
	if (!status)
		status = database_execute(store->database,
		                          "INSERT OR IGNORE INTO main.sweeps SELECT * FROM part.sweeps;"
		                          "INSERT OR IGNORE INTO main.sweep_axes SELECT * FROM part.sweep_axes;"
		                          "DELETE FROM main.sweep_points WHERE status = 'died' AND EXISTS (SELECT 1 FROM "
		                          "part.sweep_points b WHERE b.sweep = sweep_points.sweep AND b.point = "
		                          "sweep_points.point);"
		                          "INSERT OR IGNORE INTO main.sweep_points SELECT * FROM part.sweep_points;"
		                          "INSERT OR IGNORE INTO main.sweep_accuracy SELECT * FROM part.sweep_accuracy;"
		                          "INSERT INTO main.sweep_host SELECT * FROM part.sweep_host",
		                          "merging", error);
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
	status = prepare(other, "SELECT 1 FROM sweeps", &probe, reading, error);
	sqlite3_finalize(probe);
	sweep_store_close(other);
	if (!status) status = run_texts(store, "ATTACH DATABASE ? AS part", &part, 1, error);
	if (status) return status;
	status = begin(store, error);
	if (!status) status = merge_attached(store, part, added, error);
	status = end(store, status, error);
	struct error ignored;
	database_execute(store->database, "DETACH DATABASE part", "merging", status ? &ignored : error);
	return status;
}

enum status sweep_store_list(struct sweep_store *store, FILE *out, struct error *error) {
	sqlite3_stmt *statement;
	int has_row;
	enum status status = prepare(store,
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
		fprintf(out, "%-20s %10lld %10lld %12lld  %s\n", name, (long long)sqlite3_column_int64(statement, 1),
		        (long long)sqlite3_column_int64(statement, 2), (long long)sqlite3_column_int64(statement, 3),
		        question);
	}
	sqlite3_finalize(statement);
	return status;
}
