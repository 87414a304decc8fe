/* Are whole runs what is stored, wherever a writer is cut off: killed, at a limit of file size, on a full disk? */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "tests/unit/store_fixture.h"

/* Rows of runs that are not there, and runs whose counts of rows are wrong. */
static void assert_no_half_runs(const char *path) {
	static const char sql[] = "SELECT (SELECT count(*) FROM results WHERE run NOT IN (SELECT id FROM runs)) + "
	                          "(SELECT count(*) FROM parameters WHERE run NOT IN"
	                          " (SELECT id FROM runs)) + (SELECT count(*) FROM runs WHERE results <> (SELECT "
	                          "count(*) FROM results WHERE run = id) OR parameters <>"
	                          " (SELECT count(*) FROM parameters WHERE run = id) OR id NOT IN (SELECT run FROM "
	                          "host) OR id NOT IN (SELECT run FROM mapping))";
	char value[64];
	assert_true(sql_run(path, sql, value, sizeof value));
	assert_string_equal(value, "0");
	assert_true(sql_run(path, "PRAGMA integrity_check", value, sizeof value));
	assert_string_equal(value, "ok");
}

static void a_killed_writer_leaves_whole_runs(void **state) {
	enum { ROUNDS = 12, RUNS = 20 };
	struct store_fixture *fixture = *state;
	int last = 0;
	for (unsigned round = 0; round < ROUNDS; round++) {
		pid_t child = fork();
		for (unsigned i = 0; child == 0; i++)
			store_sample(fixture->path, 1, round * RUNS + i % RUNS, 300, &fixture->error);
		usleep(20000 + 7919 * round);
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
		if (access(fixture->path, F_OK) != 0) continue;
		if (store_fixture_open(fixture, 1)) fail_msg("%s", fixture->error.text);
		assert_no_half_runs(fixture->path);
		int whole = count_whole_runs(fixture->path, 0, ROUNDS * RUNS, 300);
		assert_in_range(whole, last, ROUNDS * RUNS);
		last = whole;
	}
	assert_in_range(last, 1, ROUNDS * RUNS);
	assert_int_equal(folder_count(&fixture->folder), 1);
}

/* The kernel's own refusal: no file may grow beyond `limit_bytes`. 1 if the run was stored. */
static int store_with_limit(struct store_fixture *fixture, rlim_t limit_bytes) {
	struct rlimit before, limit;
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	limit = before;
	limit.rlim_cur = limit_bytes;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	enum status status = store_sample(fixture->path, 1, 2, 300, &fixture->error);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	signal(SIGXFSZ, SIG_DFL);
	if (!status) return 1;
	assert_int_equal(status, STATUS_IO);
	store_fixture_said(fixture, "exhausted");
	return 0;
}

static void a_file_that_may_not_grow_keeps_what_it_has(void **state) {
	struct store_fixture *fixture = *state;
	int stored = 0, refused = 0;
	for (rlim_t limit_bytes = 0; limit_bytes < 220000; limit_bytes += 9001) {
		unlink(fixture->path);
		assert_int_equal(store_sample(fixture->path, 1, 1, 300, &fixture->error), STATUS_OK);
		int is_stored = store_with_limit(fixture, limit_bytes);
		assert_int_equal(count_whole_runs(fixture->path, 1, 2, 300), 1 + is_stored);
		assert_no_half_runs(fixture->path);
		stored += is_stored;
		refused += !is_stored;
	}
	assert_in_range(stored, 1, 24);
	assert_in_range(refused, 1, 24);
}

/* SQLite's system calls, the n-th write of which finds the disk full, and every one after it. */
static unsigned writes_until_full;

static ssize_t full_pwrite(int file, const void *bytes, size_t count, off_t offset) {
	if (writes_until_full > 0) {
		writes_until_full--;
		return pwrite(file, bytes, count, offset);
	}
	errno = ENOSPC;
	return -1;
}

static int full_fallocate(int file, off_t offset, off_t bytes) {
	return writes_until_full > 0 ? posix_fallocate(file, offset, bytes) : ENOSPC;
}

static void set_disk(int is_full) {
	sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);
	vfs->xSetSystemCall(vfs, "pwrite", is_full ? (sqlite3_syscall_ptr)full_pwrite : NULL);
	vfs->xSetSystemCall(vfs, "pwrite64", is_full ? (sqlite3_syscall_ptr)full_pwrite : NULL);
	vfs->xSetSystemCall(vfs, "fallocate", is_full ? (sqlite3_syscall_ptr)full_fallocate : NULL);
}

/* The disk is full from the n-th write on, for each n until one run was stored, in a new database and in an old one. */
static void a_full_disk_at_any_write_leaves_whole_runs(void **state) {
	struct store_fixture *fixture = *state;
	for (int is_old = 0; is_old <= 1; is_old++) {
		int failures = 0, is_stored = 0;
		for (unsigned n = 0; n < 2000 && !is_stored; n += 1 + n / 16) {
			unlink(fixture->path);
			if (is_old) assert_int_equal(store_sample(fixture->path, 1, 1, 60, &fixture->error), STATUS_OK);
			writes_until_full = n;
			set_disk(1);
			enum status status = store_sample(fixture->path, 1, 2, 60, &fixture->error);
			is_stored = writes_until_full > 0 && !status;
			set_disk(0);
			if (status) {
				assert_int_equal(status, STATUS_IO);
				if (!strstr(fixture->error.text, "full") && !strstr(fixture->error.text, "exhausted"))
					fail_msg("%s", fixture->error.text);
				failures++;
			}
			if (!is_old && status && store_fixture_open(fixture, 0)) continue; /* still empty */
			assert_int_equal(count_whole_runs(fixture->path, 1, 2, 60), is_old + !status);
			assert_no_half_runs(fixture->path);
		}
		assert_true(is_stored);
		assert_in_range(failures, 5, 2000);
	}
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, store_fixture_setup, store_fixture_teardown)

int main(void) {
	const struct CMUnitTest tests[] = {
	    IN_FOLDER(a_killed_writer_leaves_whole_runs),
	    IN_FOLDER(a_file_that_may_not_grow_keeps_what_it_has),
	    IN_FOLDER(a_full_disk_at_any_write_leaves_whole_runs),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
