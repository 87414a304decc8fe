/* Inside sweep_store*.c only: the open store and its statements. */
#ifndef EXPLORE_SWEEP_STORE_SQL_H
#define EXPLORE_SWEEP_STORE_SQL_H

#include "explore/sweep_store.h"
#include "sim/store/database_sql.h"

struct gathered {
	struct point_row row;
	char *setting;
	char run[RUN_ID_BYTES]; /* empty: none */
};

struct sweep_store {
	struct database *database;
	sqlite3_stmt *insert, *insert_run, *has, *has_run;
	struct gathered *rows; /* SWEEP_STORE_BATCH of them */
	size_t row_count;
	char name[SWEEP_NAME_BYTES]; /* of the sweep they belong to */
};

enum { SWEEP_STORE_BATCH = 1000 };

void sweep_store_drop_rows(struct sweep_store *store);

void sweep_store_bind_text(sqlite3_stmt *statement, int index, const char *text);

/* As database_prepare; a missing table is STATUS_INPUT: the database holds no sweep. */
enum status sweep_store_prepare(struct sweep_store *store, const char *sql, sqlite3_stmt **statement, const char *doing,
                                struct error *error);

/* Runs a bound statement without rows and resets it. */
enum status sweep_store_run(struct sweep_store *store, sqlite3_stmt *statement, const char *doing, struct error *error);

/* One statement with texts as its parameters and no rows. */
enum status sweep_store_run_texts(struct sweep_store *store, const char *sql, const char *const *texts, int count,
                                  struct error *error);

/* Begins a transaction; commits it after success and rolls it back after a failure. */
enum status sweep_store_transact(struct sweep_store *store, struct error *error);
enum status sweep_store_finish(struct sweep_store *store, enum status status, struct error *error);

#endif
