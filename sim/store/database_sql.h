/* Inside sim/store, and for explore/sweep_store*.c: the open database and the one place where an SQLite code becomes a status and a sentence. */
#ifndef SIM_STORE_DATABASE_SQL_H
#define SIM_STORE_DATABASE_SQL_H

#include <sqlite3.h>
#include <sys/stat.h>

#include "sim/store/database.h"

enum {
	DATABASE_APPLICATION_ID = 0x4e42534d, /* 'NBSM'; both numbers are those of schema.sql */
	DATABASE_SCHEMA_VERSION = 1,
	DATABASE_BUSY_MS = 5000
};

extern const char database_schema[]; /* schema.sql; written by the build */

struct database {
	sqlite3 *connection;
	char *path;       /* as given, for messages */
	int fault;        /* SQLite code of the last database_fault */
	int is_immutable; /* read without locks, being read-only: */
	struct stat file; /* as it was when it was opened */
};

/* The sentence and status of what SQLite last reported on the connection. `doing` continues "FILE: ... " where the
 * fault alone says too little ("storing run 12ab"). */
enum status database_fault(struct database *database, const char *doing, struct error *error);

/* To be called after reading. STATUS_IO if a file that is read without locks was written to since it was opened. */
enum status database_check_unchanged(struct database *database, struct error *error);

/* Runs statements without results or parameters. */
enum status database_execute(struct database *database, const char *sql, const char *doing, struct error *error);

/* *statement is NULL on failure; sqlite3_finalize takes it in either case. */
enum status database_prepare(struct database *database, const char *sql, sqlite3_stmt **statement, const char *doing,
                             struct error *error);

/* Takes the next row: *has_row is 0 at the end. */
enum status database_step(struct database *database, sqlite3_stmt *statement, int *has_row, const char *doing,
                          struct error *error);

/* STATUS_INPUT: the file holds what this program does not write. */
enum status database_damaged(struct database *database, const char *what, struct error *error);

/* Copies words that may come out of a damaged file; what is not printable ASCII becomes '?'. */
void database_printable(char *text, size_t text_bytes, const char *from);

/* Copies a text column of at most text_bytes - 1 bytes without zero bytes; 0 if it is anything else. */
int database_column_text(sqlite3_stmt *statement, int column, char *text, size_t text_bytes);

/* The value of a row of table results in a column, into kind, integer, real and text of `row`; 0 if it cannot be one.
 */
int database_column_value(sqlite3_stmt *statement, int column, struct row *row);

#endif
