/* Does the database fail well? Whatever file it finds, and whoever else uses it, one sentence names the file. Writers
 * that are cut off: test_store_cut.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "tests/unit/store_fixture.h"

enum { NOBODY = 65534 }; /* root may write anything: a child gives up its rights */

static void write_bytes(const char *path, const void *bytes, size_t count) {
	FILE *file = fopen(path, "wb");
	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, count, file), count);
	fclose(file);
}

static size_t read_bytes(const char *path, unsigned char **bytes) {
	struct stat file;
	assert_int_equal(stat(path, &file), 0);
	*bytes = malloc((size_t)file.st_size + 1);
	FILE *in = fopen(path, "rb");
	assert_non_null(in);
	size_t count = fread(*bytes, 1, (size_t)file.st_size, in);
	fclose(in);
	return count;
}

static void nothing_is_created_unasked(void **state) {
	struct store_fixture *fixture = *state;
	assert_int_equal(store_fixture_open(fixture, 0), STATUS_IO);
	store_fixture_said(fixture, "No such file");
	assert_int_equal(folder_count(&fixture->folder), 0);
	write_bytes(fixture->path, "", 0);
	assert_int_equal(store_fixture_open(fixture, 0), STATUS_INPUT);
	store_fixture_said(fixture, "is empty");
	assert_int_equal(folder_count(&fixture->folder), 1);
	assert_int_equal(store_sample(fixture->path, 1, 1, 1, &fixture->error), STATUS_OK);
}

static void folders_devices_and_odd_names_are_no_databases(void **state) {
	struct store_fixture *fixture = *state;
	struct database *database;
	char folder[256];
	assert_int_equal(database_open(&database, "", 1, &fixture->error), STATUS_USAGE);
	assert_int_equal(database_open(&database, "/dev/full", 1, &fixture->error), STATUS_IO);
	assert_int_equal(database_open(&database, fixture->folder.path, 1, &fixture->error), STATUS_IO);
	assert_non_null(strstr(fixture->error.text, "is a folder"));
	folder_file(&fixture->folder, "none/runs.db", fixture->path, sizeof fixture->path);
	assert_int_equal(store_fixture_open(fixture, 1), STATUS_IO);
	store_fixture_said(fixture, "No such file");
	assert_non_null(getcwd(folder, sizeof folder));
	assert_int_equal(chdir(fixture->folder.path), 0);
	enum status memory = store_sample(":memory:", 1, 1, 1, &fixture->error);
	enum status uri = store_sample("file:a?mode=memory#%41", 1, 1, 1, &fixture->error);
	int stored = count_whole_runs(":memory:", 1, 1, 1) + count_whole_runs("file:a?mode=memory#%41", 1, 1, 1);
	assert_int_equal(chdir(folder), 0);
	assert_int_equal(memory, STATUS_OK);
	assert_int_equal(uri, STATUS_OK);
	assert_int_equal(stored, 2);
	assert_int_equal(folder_count(&fixture->folder), 2);
}

static void foreign_files_are_left_as_they_are(void **state) {
	static const char text[] = "scope,name,value,unit\nrun,total_cycles,84211,cycles\n";
	struct store_fixture *fixture = *state;
	unsigned char *before, *after;
	for (int create = 0; create <= 1; create++) {
		write_bytes(fixture->path, text, sizeof text - 1);
		assert_int_equal(store_fixture_open(fixture, create), STATUS_INPUT);
		store_fixture_said(fixture, "not an SQLite database");
		unlink(fixture->path);
		assert_true(
		    sql_run(fixture->path,
		            "PRAGMA journal_mode = WAL; CREATE TABLE bookmarks (url); INSERT INTO bookmarks VALUES (1)",
		            NULL, 0));
		size_t bytes = read_bytes(fixture->path, &before);
		assert_int_equal(store_fixture_open(fixture, create), STATUS_INPUT);
		store_fixture_said(fixture, "of another program (application id 0)");
		assert_int_equal(read_bytes(fixture->path, &after), bytes);
		assert_memory_equal(before, after, bytes);
		assert_int_equal(folder_count(&fixture->folder), 1);
		free(before);
		free(after);
		unlink(fixture->path);
	}
}

/* A program that died left its log: rolling it into the file is that program's business. */
static void a_foreign_log_is_left_as_it_is(void **state) {
	struct store_fixture *fixture = *state;
	char source[512], log[520];
	unsigned char *bytes;
	sqlite3 *other;
	folder_file(&fixture->folder, "live.db", source, sizeof source);
	assert_int_equal(sqlite3_open(source, &other), SQLITE_OK);
	assert_int_equal(
	    sqlite3_exec(other, "PRAGMA journal_mode = WAL; CREATE TABLE bookmarks (url)", NULL, NULL, NULL),
	    SQLITE_OK);
	for (int i = 0; i < 2; i++) {
		snprintf(log, sizeof log, "%s%s", source, i ? "-wal" : "");
		size_t count = read_bytes(log, &bytes);
		assert_int_not_equal(count, 0);
		snprintf(log, sizeof log, "%s%s", fixture->path, i ? "-wal" : "");
		write_bytes(log, bytes, count);
		free(bytes);
	}
	sqlite3_close(other);
	unlink(source);
	assert_int_equal(folder_count(&fixture->folder), 2);
	assert_int_equal(store_fixture_open(fixture, 1), STATUS_INPUT);
	store_fixture_said(fixture, "of another program");
	assert_int_equal(folder_count(&fixture->folder), 2);
}

static void other_schema_versions_are_named(void **state) {
	struct store_fixture *fixture = *state;
	assert_int_equal(store_sample(fixture->path, 1, 1, 1, &fixture->error), STATUS_OK);
	assert_true(sql_run(fixture->path, "PRAGMA user_version = 7", NULL, 0));
	assert_int_equal(store_fixture_open(fixture, 1), STATUS_INPUT);
	store_fixture_said(fixture, "schema version 7, of a newer nbsim; expected version 1");
	assert_true(sql_run(fixture->path, "PRAGMA user_version = 0", NULL, 0));
	assert_int_equal(store_fixture_open(fixture, 0), STATUS_INPUT);
	store_fixture_said(fixture, "schema version 0, of an older nbsim; expected version 1");
}

/* In a child without rights, since root may write anything: exit status of the child's attempt, its sentence in a file.
 */
static int as_nobody(struct store_fixture *fixture, int create, int is_writing) {
	int ends[2];
	assert_int_equal(pipe(ends), 0);
	pid_t child = fork();
	if (child == 0) {
		struct error error = {""};
		if (geteuid() == 0 && setresuid(NOBODY, NOBODY, NOBODY) != 0) _exit(99);
		int status = (int)STATUS_OK;
		if (is_writing)
			status = (int)store_sample(fixture->path, create, 2, 3, &error);
		else if (count_whole_runs(fixture->path, 1, 1, 3) != 1)
			status = 98;
		_exit(write(ends[1], error.text, sizeof error.text) > 0 ? status : 97);
	}
	int status = 0;
	assert_true(read(ends[0], fixture->error.text, sizeof fixture->error.text) > 0);
	close(ends[0]);
	close(ends[1]);
	waitpid(child, &status, 0);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void read_only_files_are_read_and_not_written(void **state) {
	struct store_fixture *fixture = *state;
	assert_int_equal(store_sample(fixture->path, 1, 1, 3, &fixture->error), STATUS_OK);
	assert_int_equal(chmod(fixture->path, 0444), 0);
	assert_int_equal(chmod(fixture->folder.path, 0777), 0);
	for (int create = 0; create <= 1; create++) {
		assert_int_equal(as_nobody(fixture, create, 1), STATUS_IO);
		store_fixture_said(fixture, "read-only");
	}
	assert_int_equal(as_nobody(fixture, 0, 0), 0);
	assert_int_equal(chmod(fixture->path, 0666), 0);
	assert_int_equal(chmod(fixture->folder.path, 0555), 0);
	for (int create = 0; create <= 1; create++) {
		assert_int_equal(as_nobody(fixture, create, 1), STATUS_IO);
		store_fixture_said(fixture, "read-only");
	}
	assert_int_equal(as_nobody(fixture, 0, 0), 0);
	assert_int_equal(chmod(fixture->path, 0), 0);
	assert_int_equal(as_nobody(fixture, 0, 1), STATUS_IO);
	store_fixture_said(fixture, "Permission denied");
	unlink(fixture->path);
	assert_int_equal(as_nobody(fixture, 1, 1), STATUS_IO);
	store_fixture_said(fixture, "Permission denied");
	assert_int_equal(folder_count(&fixture->folder), 0);
}

/* As nobody: opens the read-only file, is changed by its owner (the parent) meanwhile, and reads. */
static void a_change_under_an_unlocked_reader_is_noticed(void **state) {
	struct store_fixture *fixture = *state;
	int opened[2], changed[2], status = 0;
	char byte = 0;
	assert_int_equal(store_sample(fixture->path, 1, 1, 3, &fixture->error), STATUS_OK);
	assert_int_equal(chmod(fixture->path, 0444), 0);
	assert_int_equal(chmod(fixture->folder.path, 0555), 0);
	assert_int_equal(pipe(opened), 0);
	assert_int_equal(pipe(changed), 0);
	pid_t child = fork();
	if (child == 0) {
		struct database *database;
		struct stored_run stored;
		struct error error = {""};
		char id[RUN_ID_BYTES];
		struct sample sample;
		sample_create(&sample, 1, 3);
		memcpy(id, sample.run.id, sizeof id);
		if (geteuid() == 0 && setresuid(NOBODY, NOBODY, NOBODY) != 0) _exit(99);
		if (database_open(&database, fixture->path, 0, &error)) _exit(98);
		if (database_read_run(database, id, &stored, &error)) _exit(97);
		if (write(opened[1], &byte, 1) != 1 || read(changed[0], &byte, 1) != 1) _exit(96);
		_exit((int)database_read_run(database, id, &stored, &error));
	}
	assert_int_equal(read(opened[0], &byte, 1), 1);
	assert_int_equal(chmod(fixture->path, 0644), 0);
	assert_int_equal(chmod(fixture->folder.path, 0755), 0);
	assert_int_equal(store_sample(fixture->path, 1, 2, 3, &fixture->error), STATUS_OK);
	assert_int_equal(write(changed[1], &byte, 1), 1);
	waitpid(child, &status, 0);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), STATUS_IO);
}

static void a_lock_is_waited_for_and_then_named(void **state) {
	struct store_fixture *fixture = *state;
	sqlite3 *other;
	assert_int_equal(store_sample(fixture->path, 1, 1, 3, &fixture->error), STATUS_OK);
	assert_int_equal(sqlite3_open(fixture->path, &other), SQLITE_OK);
	assert_int_equal(sqlite3_exec(other, "BEGIN EXCLUSIVE", NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(count_whole_runs(fixture->path, 1, 1, 3), 1); /* a writer does not keep readers out */
	assert_int_equal(store_sample(fixture->path, 1, 2, 3, &fixture->error), STATUS_IO);
	store_fixture_said(fixture, "locked by another process");
	assert_int_equal(sqlite3_exec(other, "COMMIT; PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE", NULL, NULL, NULL),
	                 SQLITE_OK);
	assert_int_equal(store_fixture_open(fixture, 1), STATUS_IO);
	store_fixture_said(fixture, "locked by another process");
	assert_int_equal(sqlite3_exec(other, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(other);
	assert_int_equal(count_whole_runs(fixture->path, 1, 2, 3), 1);
}

static void writers_at_the_same_time_lose_nothing(void **state) {
	enum { WRITERS = 4, RUNS = 12 };
	struct store_fixture *fixture = *state;
	for (unsigned writer = 0; writer < WRITERS; writer++) {
		if (fork() != 0) continue;
		int failures = 0;
		for (unsigned i = 0; i < RUNS; i++)
			failures += store_sample(fixture->path, 1, writer * RUNS + i, 20, &fixture->error) != STATUS_OK;
		if (failures) fprintf(stderr, "%s\n", fixture->error.text);
		_exit(failures);
	}
	for (unsigned writer = 0; writer < WRITERS; writer++) {
		int status = -1;
		wait(&status);
		assert_int_equal(status, 0);
	}
	assert_int_equal(count_whole_runs(fixture->path, 0, WRITERS * RUNS, 20), WRITERS * RUNS);
	assert_int_equal(folder_count(&fixture->folder), 1);
}

/* Opens, lists and reads whatever the file is now; it may say anything but must not crash, nor fail without a sentence.
 */
static enum status read_everything(struct store_fixture *fixture, const char *id) {
	struct database *database;
	struct stored_run stored;
	char text[4096];
	fixture->error.text[0] = '\0';
	enum status status = database_open(&database, fixture->path, 0, &fixture->error);
	if (!status) {
		fixture->error.text[0] = '\0';
		FILE *out = fmemopen(text, sizeof text, "w");
		status = database_print_runs(database, out, 0, &fixture->error);
		fclose(out);
		enum status read = database_read_run(database, id, &stored, &fixture->error);
		if (!read) stored_run_clear(&stored);
		if (read) status = read;
		database_close(database);
	}
	if (status) store_fixture_said(fixture, "expected");
	return status;
}

static void damaged_files_are_said_to_be_damaged(void **state) {
	struct store_fixture *fixture = *state;
	struct sample sample;
	unsigned char *bytes;
	const size_t rows = 400; /* so that most of the pages is in use */
	int refused = 0, rounds = 0;
	sample_create(&sample, 1, rows);
	assert_int_equal(store_sample(fixture->path, 1, 1, rows, &fixture->error), STATUS_OK);
	assert_int_equal(read_everything(fixture, sample.run.id), STATUS_OK);
	size_t count = read_bytes(fixture->path, &bytes);
	for (size_t offset = 0; offset < count; offset += offset < 200 ? 1 : 61) {
		static const unsigned char masks[] = {0xff, 0x01, 0x80};
		bytes[offset] ^= masks[offset % 3];
		write_bytes(fixture->path, bytes, count);
		bytes[offset] ^= masks[offset % 3];
		refused += read_everything(fixture, sample.run.id) != STATUS_OK;
		rounds++;
	}
	assert_in_range(refused, rounds / 10, rounds);
	for (size_t length = 1; length < count; length += 1021) { /* cut short */
		write_bytes(fixture->path, bytes, length);
		assert_int_not_equal(read_everything(fixture, sample.run.id), STATUS_OK);
	}
	free(bytes);
	sample_clear(&sample);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, store_fixture_setup, store_fixture_teardown)

int main(void) {
	const struct CMUnitTest tests[] = {
	    IN_FOLDER(nothing_is_created_unasked),
	    IN_FOLDER(folders_devices_and_odd_names_are_no_databases),
	    IN_FOLDER(foreign_files_are_left_as_they_are),
	    IN_FOLDER(a_foreign_log_is_left_as_it_is),
	    IN_FOLDER(other_schema_versions_are_named),
	    IN_FOLDER(read_only_files_are_read_and_not_written),
	    IN_FOLDER(a_change_under_an_unlocked_reader_is_noticed),
	    IN_FOLDER(a_lock_is_waited_for_and_then_named),
	    IN_FOLDER(writers_at_the_same_time_lose_nothing),
	    IN_FOLDER(damaged_files_are_said_to_be_damaged),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
