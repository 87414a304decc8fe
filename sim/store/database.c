/* Opening and closing. See database.h; writing and reading are in database_write.c, database_read.c, database_runs.c.
 *
 * Write-ahead log, synchronous NORMAL: a killed program loses nothing that was committed, a power cut at most the last
 * runs, never half of one. A file is only touched once it is known to be ours: its application id is read first, and a
 * foreign file's own log is not even checkpointed. The schema is made in one transaction before the log is switched on,
 * so that a file is either empty or complete whenever another process looks. Left out: migration of older schemas. */
#include "sim/store/database_sql.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char opening[] = "opening the database";

/* The page size is that of new files. Rows of sweeps have some 550 bytes, and a table WITHOUT ROWID should hold a score
 * of its rows in a page (https://www.sqlite.org/withoutrowid.html). It also makes the log's thousand pages 16 MB,
 * copied into the file with fewer waits for the disk. */
static const char pragmas[] = "PRAGMA page_size = 16384; PRAGMA synchronous = NORMAL; PRAGMA cell_size_check = ON";

enum identity { IDENTITY_EMPTY, IDENTITY_OURS };

/* 0, or the system's error number that says why no file can be made in the file's folder. */
static int folder_fault(const char *path) {
	const char *slash = strrchr(path, '/');
	char *folder = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");
	int number = !folder ? ENOMEM : access(folder, W_OK | X_OK) != 0 ? errno : 0;
	free(folder);
	return number;
}

/* Refuses what SQLite would take: a folder, a device, and, where nothing is to be created, a file that is not there. */
static enum status check_file(const char *path, int create, struct error *error) {
	struct stat file;
	if (path[0] == '\0') return error_set(error, STATUS_USAGE, "'': expected the name of a database file");
	if (stat(path, &file) != 0) {
		int number = errno == ENOENT && create ? folder_fault(path) : errno;
		if (!number) return STATUS_OK;
		if (create)
			return error_set(error, STATUS_IO,
			                 "%.500s: cannot be created: %s; expected a folder that can be written", path,
			                 strerror(number));
		return error_set(error, STATUS_IO, "%.500s: cannot be opened: %s; expected a database written by nbsim",
		                 path, strerror(number));
	}
	if (!S_ISREG(file.st_mode))
		return error_set(error, STATUS_IO, "%.500s: is a %s; expected a database file", path,
		                 S_ISDIR(file.st_mode) ? "folder" : "device or pipe");
	if (access(path, R_OK) != 0)
		return error_set(error, STATUS_IO, "%.500s: cannot be read: %s; expected a database written by nbsim",
		                 path, strerror(errno));
	int is_writable = access(path, W_OK) == 0 && !folder_fault(path);
	if (create && !is_writable)
		return error_set(error, STATUS_IO,
		                 "%.500s: the file or its folder is read-only; expected to be able to write", path);
	return STATUS_OK;
}

/* A file: URI of the path; '%', '?' and '#' are written as %XX. Free it. NULL without memory. */
static char *file_uri(const char *path, const char *query) {
	static const char hex[] = "0123456789abcdef";
	char *uri = malloc(3 * strlen(path) + strlen(query) + sizeof "file:");
	if (!uri) return NULL;
	char *end = uri + sprintf(uri, "file:");
	for (; *path; path++) {
		unsigned char byte = (unsigned char)*path;
		if (strchr("%?#", byte)) {
			*end++ = '%';
			*end++ = hex[byte >> 4];
			*end++ = hex[byte & 15];
		} else {
			*end++ = *path;
		}
	}
	strcpy(end, query);
	return uri;
}

/* ":memory:" and "file:" mean something to SQLite, "./:memory:" is a file. */
static char *plain_path(const char *path) {
	size_t bytes = strlen(path) + sizeof "./";
	char *plain = malloc(bytes);
	if (plain) snprintf(plain, bytes, "%s%s", path[0] == '/' ? "" : "./", path);
	return plain;
}

/* `immutable`: neither log nor lock files are made or read. */
static enum status connect_file(struct database *database, int create, int immutable, struct error *error) {
	char *plain = plain_path(database->path);
	char *uri = plain ? file_uri(plain, immutable ? "?immutable=1" : "") : NULL;
	int flags = SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
	flags |= immutable ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
	flags |= create ? SQLITE_OPEN_CREATE : 0;
	int code = uri ? sqlite3_open_v2(uri, &database->connection, flags, NULL) : SQLITE_NOMEM;
	free(plain);
	free(uri);
	if (!database->connection) return error_set(error, STATUS_MEMORY, "%.500s: out of memory", database->path);
	if (code != SQLITE_OK) return database_fault(database, opening, error);
	sqlite3_busy_timeout(database->connection, DATABASE_BUSY_MS);
	/* A damaged or hostile file must not run code of its own. */
	sqlite3_db_config(database->connection, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(database->connection, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	sqlite3_db_config(database->connection, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
	sqlite3_db_config(database->connection, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
	return database_execute(database, pragmas, opening, error);
}

static enum status read_number(struct database *database, const char *sql, int64_t *number, struct error *error) {
	sqlite3_stmt *statement;
	int has_row = 0;
	enum status status = database_prepare(database, sql, &statement, opening, error);
	if (!status) status = database_step(database, statement, &has_row, opening, error);
	*number = has_row ? sqlite3_column_int64(statement, 0) : 0;
	sqlite3_finalize(statement);
	return status;
}

static enum status foreign(const struct database *database, int64_t application, struct error *error) {
	return error_set(
	    error, STATUS_INPUT,
	    "%.500s: an SQLite database of another program (application id %lld); expected one written by nbsim",
	    database->path, (long long)application);
}

/* Looks at a file's application id without making or touching a log or lock beside it. Our files have theirs from the
 * first byte on; whatever else is wrong is for the proper look. It goes through SQLite and not through read(), since
 * closing a file would drop the locks another connection of this process has on it. */
static enum status refuse_foreign(struct database *database, struct error *error) {
	struct stat file;
	struct error ignored;
	int64_t application = DATABASE_APPLICATION_ID;
	if (stat(database->path, &file) != 0 || file.st_size == 0) return STATUS_OK;
	enum status status = connect_file(database, 0, 1, &ignored);
	if (!status) status = read_number(database, "PRAGMA application_id", &application, &ignored);
	sqlite3_close(database->connection);
	database->connection = NULL;
	return !status && application != DATABASE_APPLICATION_ID ? foreign(database, application, error) : STATUS_OK;
}

/* Whose file is it? To be called inside a transaction: the three numbers must be of one moment. */
static enum status read_identity(struct database *database, enum identity *identity, struct error *error) {
	int64_t application, version, objects;
	*identity = IDENTITY_EMPTY;
	enum status status = read_number(database, "PRAGMA application_id", &application, error);
	if (!status) status = read_number(database, "PRAGMA user_version", &version, error);
	if (!status) status = read_number(database, "SELECT count(*) FROM sqlite_schema", &objects, error);
	if (status) return status;
	if (application == 0 && version == 0 && objects == 0) return STATUS_OK;
	*identity = IDENTITY_OURS;
	if (application != DATABASE_APPLICATION_ID) return foreign(database, application, error);
	if (version != DATABASE_SCHEMA_VERSION)
		return error_set(error, STATUS_INPUT,
		                 "%.500s: has schema version %lld, of %s nbsim; expected version %d", database->path,
		                 (long long)version, version > DATABASE_SCHEMA_VERSION ? "a newer" : "an older",
		                 DATABASE_SCHEMA_VERSION);
	return STATUS_OK;
}

static enum status identify(struct database *database, const char *begin, enum identity *identity,
                            struct error *error) {
	enum status status = database_execute(database, begin, opening, error);
	return status ? status : read_identity(database, identity, error);
}

static void roll_back(struct database *database) {
	if (!sqlite3_get_autocommit(database->connection))
		sqlite3_exec(database->connection, "ROLLBACK", NULL, NULL, NULL);
}

/* Two programs may find the same empty file: the second one in sees what the first one made. */
static enum status create_schema(struct database *database, struct error *error) {
	static const char creating[] = "creating the database";
	enum identity identity;
	enum status status = identify(database, "BEGIN IMMEDIATE", &identity, error);
	if (!status && identity == IDENTITY_EMPTY)
		status = database_execute(database, database_schema, creating, error);
	if (!status) status = database_execute(database, "COMMIT", creating, error);
	roll_back(database);
	return status;
}

/* Needs the file for itself for a moment. Where it cannot have it, or the file system cannot share memory, the database
 * works without a write-ahead log, only slower: no failure. */
static void use_write_ahead_log(struct database *database) {
	sqlite3_exec(database->connection, "PRAGMA journal_mode = WAL", NULL, NULL, NULL);
}

static enum status prepare_file(struct database *database, int create, struct error *error) {
	enum identity identity;
	enum status status = identify(database, "BEGIN", &identity, error);
	roll_back(database);
	if (status) return status;
	if (identity == IDENTITY_EMPTY && !create)
		return error_set(error, STATUS_INPUT, "%.500s: is empty; expected a database written by nbsim",
		                 database->path);
	if (identity == IDENTITY_EMPTY) status = create_schema(database, error);
	if (status) return status;
	if (create) use_write_ahead_log(database);
	return STATUS_OK;
}

/* A log beside the file that holds something: the file alone is not the whole database. */
static int has_log(const char *path) {
	static const char *const endings[] = {"-wal", "-journal"};
	struct stat file;
	size_t bytes = strlen(path) + sizeof "-journal";
	char *log = malloc(bytes);
	int found = !log;
	for (size_t i = 0; !found && i < sizeof endings / sizeof endings[0]; i++) {
		snprintf(log, bytes, "%s%s", path, endings[i]);
		found = stat(log, &file) == 0 && file.st_size > 0;
	}
	free(log);
	return found;
}

/* Without the right to write, SQLite could not make its lock file, or would leave one that shuts the owner out. Such a
 * file is read without locks, which is right as long as nobody writes; database_check_unchanged looks whether. */
static int is_read_without_locks(const char *path) {
	return (access(path, W_OK) != 0 || folder_fault(path)) && !has_log(path);
}

enum status database_check_unchanged(struct database *database, struct error *error) {
	struct stat now;
	if (!database->is_immutable) return STATUS_OK;
	if (stat(database->path, &now) == 0 && now.st_size == database->file.st_size &&
	    now.st_ino == database->file.st_ino && now.st_mtim.tv_sec == database->file.st_mtim.tv_sec &&
	    now.st_mtim.tv_nsec == database->file.st_mtim.tv_nsec)
		return STATUS_OK;
	return error_set(error, STATUS_IO,
	                 "%.500s: was written to while it was read without a lock; expected it to stay as it was",
	                 database->path);
}

enum status database_open(struct database **opened, const char *path, int create, struct error *error) {
	*opened = NULL;
	enum status status = check_file(path, create, error);
	if (status) return status;
	struct database *database = calloc(1, sizeof *database);
	if (database) database->path = strdup(path);
	if (!database || !database->path) {
		free(database);
		return error_set(error, STATUS_MEMORY, "%.500s: out of memory", path);
	}
	status = refuse_foreign(database, error);
	database->is_immutable = !create && is_read_without_locks(path) && stat(path, &database->file) == 0;
	if (!status) status = connect_file(database, create, database->is_immutable, error);
	if (!status) status = prepare_file(database, create, error);
	if (status) {
		database_close(database);
		return status;
	}
	if (error) error->text[0] = '\0';
	*opened = database;
	return STATUS_OK;
}

void database_close(struct database *database) {
	if (!database) return;
	sqlite3_close(database->connection);
	free(database->path);
	free(database);
}
