/* Does every item get its row, whatever happens to the workers? */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "explore/pool.h"

enum { ITEMS = 500 };

struct fixture {
	uint64_t next;
	uint64_t seen[ITEMS]; /* row value of each item, 0: none */
	int died[ITEMS];
	uint64_t fail_at; /* result fails at this many rows; 0: never */
	uint64_t rows;
	volatile sig_atomic_t stop;
	uint64_t stop_at;
	atomic_int *deaths; /* in shared memory: times each item killed its worker */
	int kills[ITEMS];   /* times it is to */
	int exits;          /* it leaves instead */
	uint64_t endless;   /* item that never ends; 0: none */
};

static void *begin(void *context) {
	return context;
}

static void work(void *state, uint64_t item, void *row) {
	struct fixture *fixture = state;
	if (atomic_load(&fixture->deaths[item]) < fixture->kills[item]) {
		atomic_fetch_add(&fixture->deaths[item], 1);
		if (fixture->exits) _exit(3);
		kill(getpid(), SIGKILL);
	}
	while (fixture->endless && item == fixture->endless) pause();
	*(uint64_t *)row = 1000 + item * item;
}

static void count(void *state, uint64_t counts[POOL_COUNTS]) {
	(void)state;
	counts[0]++;
}

static size_t next(void *context, uint64_t *items, size_t most) {
	struct fixture *fixture = context;
	size_t given = 0;
	while (given < most && fixture->next < ITEMS) items[given++] = fixture->next++;
	return given;
}

static enum status result(void *context, uint64_t item, const void *row, struct error *error) {
	struct fixture *fixture = context;
	assert_int_equal(fixture->seen[item], 0);
	fixture->seen[item] = *(const uint64_t *)row;
	fixture->rows++;
	if (fixture->stop_at && fixture->rows >= fixture->stop_at) fixture->stop = 1;
	return fixture->fail_at && fixture->rows >= fixture->fail_at ? error_set(error, STATUS_IO, "disk full")
	                                                             : STATUS_OK;
}

static void died(void *context, uint64_t item, int signal_number, void *row) {
	struct fixture *fixture = context;
	fixture->died[item] = signal_number ? signal_number : -1;
	*(uint64_t *)row = 1;
}

static struct fixture *make(void) {
	struct fixture *fixture = calloc(1, sizeof *fixture);
	fixture->deaths =
	    mmap(NULL, ITEMS * sizeof(atomic_int), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(fixture->deaths != MAP_FAILED);
	return fixture;
}

static void drop(struct fixture *fixture) {
	munmap(fixture->deaths, ITEMS * sizeof(atomic_int));
	free(fixture);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* nobody is left */
	assert_int_equal(errno, ECHILD);
}

static enum status run(struct fixture *fixture, uint32_t workers, uint32_t chunk, struct error *error) {
	uint64_t counts[POOL_COUNTS];
	struct pool_job job = {.row_bytes = sizeof(uint64_t),
	                       .chunk_items = chunk,
	                       .workers = workers,
	                       .context = fixture,
	                       .begin = begin,
	                       .work = work,
	                       .count = count,
	                       .next = next,
	                       .result = result,
	                       .died = died,
	                       .stop = &fixture->stop};
	return pool_run(&job, counts, error);
}

static void every_item_has_its_row(void **state) {
	(void)state;
	for (uint32_t workers = 1; workers <= 5; workers += 2)
		for (uint32_t chunk = 1; chunk <= 33; chunk += 16) {
			struct fixture *fixture = make();
			assert_int_equal(run(fixture, workers, chunk, NULL), STATUS_OK);
			for (uint64_t i = 0; i < ITEMS; i++) assert_int_equal(fixture->seen[i], 1000 + i * i);
			drop(fixture);
		}
}

static void a_death_costs_nothing_but_time(void **state) {
	(void)state;
	for (uint32_t workers = 1; workers <= 3; workers++) {
		struct fixture *fixture = make();
		for (int i = 0; i < ITEMS; i += 37) fixture->kills[i] = 1;
		fixture->kills[ITEMS - 1] = fixture->kills[1] = 1;
		assert_int_equal(run(fixture, workers, 16, NULL), STATUS_OK);
		for (uint64_t i = 0; i < ITEMS; i++) {
			assert_int_equal(fixture->seen[i], 1000 + i * i);
			assert_int_equal(fixture->died[i], 0);
		}
		drop(fixture);
	}
}

static void the_second_death_is_a_row(void **state) {
	(void)state;
	for (int exits = 0; exits <= 1; exits++) {
		struct fixture *fixture = make();
		fixture->exits = exits;
		fixture->kills[0] = fixture->kills[77] = fixture->kills[78] = fixture->kills[ITEMS - 1] = 9;
		assert_int_equal(run(fixture, 2, 16, NULL), STATUS_OK);
		for (uint64_t i = 0; i < ITEMS; i++) {
			int is_killer = fixture->kills[i] > 0;
			assert_int_equal(fixture->seen[i], is_killer ? 1 : 1000 + i * i);
			assert_int_equal(fixture->died[i], is_killer ? (exits ? -1 : SIGKILL) : 0);
			if (is_killer) assert_int_equal(atomic_load(&fixture->deaths[i]), 2); /* one retry */
		}
		drop(fixture);
	}
}

static void a_failure_of_the_parent_ends_it(void **state) {
	struct error error = {""};
	(void)state;
	struct fixture *fixture = make();
	fixture->fail_at = 100;
	assert_int_equal(run(fixture, 3, 8, &error), STATUS_IO);
	assert_string_equal(error.text, "disk full");
	assert_int_equal(fixture->rows, 100);
	drop(fixture);
}

static void a_stop_keeps_what_was_done(void **state) {
	(void)state;
	struct fixture *fixture = make();
	fixture->stop_at = 60;
	assert_int_equal(run(fixture, 2, 8, NULL), STATUS_INTERRUPTED);
	assert_true(fixture->rows >= 60 && fixture->rows <= 60 + 2 * 2 * 8);
	uint64_t rows = 0;
	for (uint64_t i = 0; i < ITEMS; i++) {
		if (fixture->seen[i]) assert_int_equal(fixture->seen[i], 1000 + i * i);
		rows += fixture->seen[i] != 0;
	}
	assert_int_equal(rows, fixture->rows);
	drop(fixture);
}

/* One worker is at an item without end, the other goes on until the stop. */
static void a_stop_does_not_wait_for_a_long_item(void **state) {
	(void)state;
	struct fixture *fixture = make();
	fixture->stop_at = 60;
	fixture->endless = 5;
	assert_int_equal(run(fixture, 2, 8, NULL), STATUS_INTERRUPTED);
	assert_true(fixture->rows >= 60);
	assert_int_equal(fixture->seen[5], 0);
	assert_int_equal(fixture->died[5], 0);
	for (uint64_t i = 0; i < 5; i++) assert_int_equal(fixture->seen[i], 1000 + i * i);
	drop(fixture);
}

static void *begin_nothing(void *context) {
	(void)context;
	return NULL;
}

static void workers_that_cannot_begin_are_an_error(void **state) {
	struct error error = {""};
	(void)state;
	struct fixture *fixture = make();
	struct pool_job job = {.row_bytes = 8,
	                       .chunk_items = 4,
	                       .workers = 2,
	                       .context = fixture,
	                       .begin = begin_nothing,
	                       .work = work,
	                       .next = next,
	                       .result = result,
	                       .died = died,
	                       .stop = &fixture->stop};
	enum status status = pool_run(&job, NULL, &error);
	assert_true(status == STATUS_FAILED || status == STATUS_OK);
	if (status == STATUS_OK) /* every item was tried twice and has its row */
		for (int i = 0; i < ITEMS; i++) assert_int_equal(fixture->died[i], -1);
	drop(fixture);
}

int main(void) {
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_item_has_its_row),
	    cmocka_unit_test(a_death_costs_nothing_but_time),
	    cmocka_unit_test(the_second_death_is_a_row),
	    cmocka_unit_test(a_failure_of_the_parent_ends_it),
	    cmocka_unit_test(a_stop_keeps_what_was_done),
	    cmocka_unit_test(a_stop_does_not_wait_for_a_long_item),
	    cmocka_unit_test(workers_that_cannot_begin_are_an_error),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
