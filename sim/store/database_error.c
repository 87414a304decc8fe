/* What SQLite reports, as one sentence and a status; and the few steps that can report. The result codes are those of
 * https://www.sqlite.org/rescode.html. A full disk reaches SQLite as SQLITE_FULL or, on a limit of file size or quota,
 * as a failed write whose reason only the system's error number knows. */
#include "sim/store/database_sql.h"

#include <errno.h>
#include <string.h>

enum { DETAIL_BYTES = 200 };

void database_printable(char *text, size_t text_bytes, const char *from) {
	size_t bytes = 0;
	for (; *from && bytes < text_bytes - 1; from++)
		text[bytes++] = (char)(*from < ' ' || *from > '~' ? '?' : *from);
	text[bytes] = '\0';
}

/* The system's error number: SQLite passes it on for most failures, but not for a failed COMMIT; then the file that
 * failed, log or database, still knows it. 0: nobody knows. */
static int system_error(struct database *database) {
	sqlite3_file *log = NULL;
	int number = sqlite3_system_errno(database->connection);
	if (!number) sqlite3_file_control(database->connection, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log);
	if (log && log->pMethods) log->pMethods->xFileControl(log, SQLITE_FCNTL_LAST_ERRNO, &number);
	if (!number) sqlite3_file_control(database->connection, "main", SQLITE_FCNTL_LAST_ERRNO, &number);
	return number;
}

static enum status io_fault(struct database *database, const char *doing, struct error *error) {
	int number = system_error(database);
	const char *reason = number ? strerror(number) : sqlite3_errmsg(database->connection);
	if (number == ENOSPC || number == EDQUOT || number == EFBIG)
		return error_set(
		    error, STATUS_IO,
		    "%.500s: %s failed: the disk, quota or size limit is exhausted (%s); expected room to write",
		    database->path, doing, reason);
	return error_set(error, STATUS_IO,
	                 "%.500s: %s failed: %s; expected a file and folder that can be read and written",
	                 database->path, doing, reason);
}

enum status database_fault(struct database *database, const char *doing, struct error *error) {
	char detail[DETAIL_BYTES];
	const char *path = database->path;
	database_printable(detail, sizeof detail, sqlite3_errmsg(database->connection));
	database->fault = sqlite3_extended_errcode(database->connection);
	switch (database->fault & 0xff) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return error_set(
		    error, STATUS_IO,
		    "%.500s: %s failed: locked by another process; expected it to be free within %d seconds", path,
		    doing, DATABASE_BUSY_MS / 1000);
	case SQLITE_FULL:
		return error_set(error, STATUS_IO, "%.500s: %s failed: the disk is full; expected room to write", path,
		                 doing);
	case SQLITE_READONLY:
	case SQLITE_PERM:
		return error_set(error, STATUS_IO,
		                 "%.500s: %s failed: the file or its folder is read-only; expected to be able to write",
		                 path, doing);
	case SQLITE_CANTOPEN:
	case SQLITE_IOERR: return io_fault(database, doing, error);
	case SQLITE_NOMEM: return error_set(error, STATUS_MEMORY, "%.500s: %s failed: out of memory", path, doing);
	case SQLITE_INTERRUPT: return error_set(error, STATUS_INTERRUPTED, "%.500s: %s was interrupted", path, doing);
	case SQLITE_NOTADB:
		return error_set(error, STATUS_INPUT, "%.500s: not an SQLite database; expected one written by nbsim",
		                 path);
	default: return database_damaged(database, detail, error);
	}
}

enum status database_damaged(struct database *database, const char *what, struct error *error) {
	return error_set(error, STATUS_INPUT,
	                 "%.500s: the database is damaged (%s); expected one written by nbsim, schema version %d",
	                 database->path, what, DATABASE_SCHEMA_VERSION);
}

enum status database_execute(struct database *database, const char *sql, const char *doing, struct error *error) {
	if (sqlite3_exec(database->connection, sql, NULL, NULL, NULL) == SQLITE_OK) return STATUS_OK;
	return database_fault(database, doing, error);
}

enum status database_prepare(struct database *database, const char *sql, sqlite3_stmt **statement, const char *doing,
                             struct error *error) {
	if (sqlite3_prepare_v2(database->connection, sql, -1, statement, NULL) == SQLITE_OK) return STATUS_OK;
	return database_fault(database, doing, error);
}

enum status database_step(struct database *database, sqlite3_stmt *statement, int *has_row, const char *doing,
                          struct error *error) {
	int code = sqlite3_step(statement);
	*has_row = code == SQLITE_ROW;
	return code == SQLITE_ROW || code == SQLITE_DONE ? STATUS_OK : database_fault(database, doing, error);
}

int database_column_text(sqlite3_stmt *statement, int column, char *text, size_t text_bytes) {
	if (sqlite3_column_type(statement, column) != SQLITE_TEXT) return 0;
	const unsigned char *value = sqlite3_column_text(statement, column);
	size_t bytes = (size_t)sqlite3_column_bytes(statement, column);
	if (!value || bytes >= text_bytes || memchr(value, 0, bytes)) return 0;
	memcpy(text, value, bytes);
	text[bytes] = '\0';
	return 1;
}

int database_column_value(sqlite3_stmt *statement, int column, struct row *row) {
	switch (sqlite3_column_type(statement, column)) {
	case SQLITE_INTEGER:
		row->kind = ROW_INTEGER;
		row->integer = (uint64_t)sqlite3_column_int64(statement, column);
		return sqlite3_column_int64(statement, column) >= 0;
	case SQLITE_FLOAT:
		row->kind = ROW_REAL;
		row->real = sqlite3_column_double(statement, column);
		return 1;
	case SQLITE_TEXT:
		row->kind = ROW_TEXT;
		return database_column_text(statement, column, row->text, sizeof row->text);
	case SQLITE_NULL: row->kind = ROW_EMPTY; return 1;
	default: return 0;
	}
}
