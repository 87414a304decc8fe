/* Do points come back from the database as they were, and are databases only merged where they agree? */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "explore/sweep_store.h"

struct fixture {
	char folder[64], path[2][96];
	struct sweep sweep;
	struct sweep_head head;
	struct error error;
};

static int setup(void **state) {
	struct fixture *fixture = calloc(1, sizeof *fixture);
	snprintf(fixture->folder, sizeof fixture->folder, "/tmp/nbsim-store-XXXXXX");
	if (!mkdtemp(fixture->folder)) return 1;
	for (int i = 0; i < 2; i++) snprintf(fixture->path[i], sizeof fixture->path[i], "%s/%d.db", fixture->folder, i);
	config_defaults(&fixture->sweep.base);
	snprintf(fixture->sweep.name, sizeof fixture->sweep.name, "some");
	sweep_add_axis(&fixture->sweep, "dma.outstanding", "1..64", "here", NULL);
	sweep_add_axis(&fixture->sweep, "dram.controller_cycles", "1..64", "here", NULL);
	snprintf(fixture->head.fingerprint, sizeof fixture->head.fingerprint, "0123456789abcdef");
	*state = fixture;
	return sweep_complete(&fixture->sweep, "here", NULL);
}

static int teardown(void **state) {
	struct fixture *fixture = *state;
	static const char *const endings[] = {"", "-wal", "-shm"};
	for (int i = 0; i < 2; i++)
		for (int e = 0; e < 3; e++) {
			char path[128];
			snprintf(path, sizeof path, "%s%s", fixture->path[i], endings[e]);
			unlink(path);
		}
	rmdir(fixture->folder);
	sweep_clear(&fixture->sweep);
	free(fixture);
	return 0;
}

/* A row in which every column has a value of its own. */
static void make_row(struct point_row *row, uint64_t point) {
	memset(row, 0, sizeof *row);
	row->point = point;
	row->has_network = 1;
	row->network = INT64_MAX - point;
	for (size_t i = 0; i < point_column_count; i++) {
		void *member = (char *)row + point_columns[i].offset;
		switch (point_columns[i].type) {
		case POINT_UNSIGNED: *(uint64_t *)member = 1000 * i + point; break;
		case POINT_REAL: *(double *)member = (double)i + (double)point / 3; break;
		case POINT_TEXT: snprintf(member, POINT_WORD_BYTES, "w%zu", i); break;
		case POINT_FITS: *(int64_t *)member = (int64_t)(point % 3) - 1; break;
		}
	}
}

static struct sweep_store *open_store(struct fixture *fixture, int number) {
	struct sweep_store *store;
	if (sweep_store_open(&store, fixture->path[number], 1, &fixture->error)) fail_msg("%s", fixture->error.text);
	if (sweep_store_begin(store, &fixture->sweep, &fixture->head, 0, &fixture->error))
		fail_msg("%s", fixture->error.text);
	return store;
}

static void put(struct sweep_store *store, uint64_t first, uint64_t count) {
	for (uint64_t p = first; p < first + count; p++) {
		struct point_row row;
		make_row(&row, p);
		assert_int_equal(sweep_store_add(store, "some", &row, "{}", NULL), STATUS_OK);
	}
	assert_int_equal(sweep_store_flush(store, NULL), STATUS_OK);
}

struct reading {
	uint64_t next;
};

static enum status check_row(void *context, const struct point_row *row, struct error *error) {
	struct reading *reading = context;
	struct point_row expected;
	(void)error;
	make_row(&expected, reading->next++);
	assert_memory_equal(row, &expected, sizeof expected);
	return STATUS_OK;
}

static void points_come_back_as_they_were(void **state) {
	struct fixture *fixture = *state;
	struct sweep_store *store = open_store(fixture, 0);
	struct reading reading = {0};
	struct point_row row, expected;
	int has;
	put(store, 0, 2500);
	sweep_store_close(store);
	store = open_store(fixture, 0);
	assert_int_equal(sweep_store_each(store, "some", check_row, &reading, NULL), STATUS_OK);
	assert_int_equal(reading.next, 2500);
	assert_int_equal(sweep_store_point(store, "some", 1234, &row, NULL), STATUS_OK);
	make_row(&expected, 1234);
	assert_memory_equal(&row, &expected, sizeof row);
	assert_int_equal(sweep_store_has(store, "some", 2499, &has, NULL), STATUS_OK);
	assert_true(has);
	assert_int_equal(sweep_store_has(store, "some", 2500, &has, NULL), STATUS_OK);
	assert_false(has);
	assert_int_equal(sweep_store_point(store, "some", 2500, &row, &fixture->error), STATUS_INPUT);
	sweep_store_close(store);
}

static void a_point_that_is_no_result_has_a_reason_and_no_figures(void **state) {
	struct fixture *fixture = *state;
	struct sweep_store *store = open_store(fixture, 0);
	struct point_row row, read;
	make_row(&row, 5);
	row.status = POINT_UNMAPPABLE;
	snprintf(row.reason, sizeof row.reason, "layer 'x': too large, \"really\"");
	assert_int_equal(sweep_store_add(store, "some", &row, "{}", NULL), STATUS_OK);
	assert_int_equal(sweep_store_flush(store, NULL), STATUS_OK);
	assert_int_equal(sweep_store_point(store, "some", 5, &read, NULL), STATUS_OK);
	assert_int_equal(read.status, POINT_UNMAPPABLE);
	assert_string_equal(read.reason, row.reason);
	assert_int_equal(read.lut, 0);
	sweep_store_close(store);
}

static void another_sweep_of_the_name_is_refused_or_replaced(void **state) {
	struct fixture *fixture = *state;
	struct sweep_store *store = open_store(fixture, 0);
	uint64_t count;
	put(store, 0, 10);
	fixture->sweep.base.binary_pes = 32;
	assert_int_equal(sweep_store_begin(store, &fixture->sweep, &fixture->head, 0, &fixture->error), STATUS_INPUT);
	assert_non_null(
	    strstr(fixture->error.text, "there 'base binary_engine.pes=16', here 'base binary_engine.pes=32'"));
	assert_int_equal(sweep_store_count(store, "some", &count, NULL), STATUS_OK);
	assert_int_equal(count, 10);
	assert_int_equal(sweep_store_begin(store, &fixture->sweep, &fixture->head, 1, &fixture->error), STATUS_OK);
	assert_int_equal(sweep_store_count(store, "some", &count, NULL), STATUS_OK);
	assert_int_equal(count, 0);
	fixture->head.fingerprint[0] = 'f'; /* a device file changed */
	assert_int_equal(sweep_store_begin(store, &fixture->sweep, &fixture->head, 0, &fixture->error), STATUS_INPUT);
	sweep_store_close(store);
}

static void a_sweep_comes_back_from_the_database(void **state) {
	struct fixture *fixture = *state;
	struct sweep read;
	struct sweep_head head;
	snprintf(fixture->sweep.where, sizeof fixture->sweep.where, "fits = 1");
	struct sweep_store *store = open_store(fixture, 0);
	assert_int_equal(sweep_store_load(store, NULL, &read, &head, &fixture->error), STATUS_OK);
	assert_string_equal(read.name, "some");
	assert_string_equal(read.where, "fits = 1");
	assert_string_equal(head.fingerprint, fixture->head.fingerprint);
	assert_int_equal(read.space, 64 * 64);
	assert_memory_equal(&read.base, &fixture->sweep.base, sizeof read.base);
	sweep_clear(&read);
	assert_int_equal(sweep_store_load(store, "other", &read, &head, &fixture->error), STATUS_INPUT);
	assert_non_null(strstr(fixture->error.text, "it holds some"));
	sweep_store_close(store);
}

static void accuracies_of_the_most_images_count(void **state) {
	struct fixture *fixture = *state;
	struct sweep_store *store = open_store(fixture, 0);
	struct sweep_accuracy *list;
	uint64_t *points;
	size_t count;
	put(store, 0, 3); /* three networks */
	assert_int_equal(sweep_store_unmeasured(store, "some", "aaaa", &points, &count, NULL), STATUS_OK);
	assert_int_equal(count, 3);
	free(points);
	struct sweep_accuracy few = {INT64_MAX - 1, 100, 90, 0.9, 0.03}, many = {INT64_MAX - 1, 1000, 880, 0.88, 0.01};
	assert_int_equal(sweep_store_put_accuracy(store, &few, "aaaa", "f", NULL), STATUS_OK);
	assert_int_equal(sweep_store_put_accuracy(store, &many, "bbbb", "f", NULL), STATUS_OK);
	assert_int_equal(sweep_store_accuracies(store, "some", &list, &count, NULL), STATUS_OK);
	assert_int_equal(count, 1);
	assert_memory_equal(&list[0], &many, sizeof many);
	free(list);
	assert_int_equal(sweep_store_unmeasured(store, "some", "aaaa", &points, &count, NULL), STATUS_OK);
	assert_int_equal(count, 2);
	assert_int_equal(points[0], 0);
	assert_int_equal(points[1], 2);
	free(points);
	sweep_store_close(store);
}

static void parts_are_merged_where_they_agree(void **state) {
	struct fixture *fixture = *state;
	struct sweep_store *store = open_store(fixture, 0), *part = open_store(fixture, 1);
	struct reading reading = {0};
	struct point_row row;
	uint64_t added;
	put(store, 0, 60);
	put(part, 50, 50); /* ten in both */
	sweep_store_close(part);
	if (sweep_store_merge(store, fixture->path[1], &added, &fixture->error)) fail_msg("%s", fixture->error.text);
	assert_int_equal(added, 40);
	assert_int_equal(sweep_store_each(store, "some", check_row, &reading, NULL), STATUS_OK);
	assert_int_equal(reading.next, 100);
	part = open_store(fixture, 1);
	make_row(&row, 70);
	row.power_w += 1e-9;
	assert_int_equal(sweep_store_add(part, "some", &row, "{}", NULL), STATUS_OK);
	assert_int_equal(sweep_store_flush(part, NULL), STATUS_OK);
	sweep_store_close(part);
	assert_int_equal(sweep_store_merge(store, fixture->path[1], &added, &fixture->error), STATUS_INPUT);
	assert_non_null(strstr(fixture->error.text, "point 70 of sweep some differs"));
	sweep_store_close(store);
}

static void a_dead_point_gives_way(void **state) {
	struct fixture *fixture = *state;
	struct sweep_store *store = open_store(fixture, 0), *part = open_store(fixture, 1);
	struct point_row dead = {.point = 3, .status = POINT_DIED}, row;
	uint64_t added;
	assert_int_equal(sweep_store_add(store, "some", &dead, "{}", NULL), STATUS_OK);
	assert_int_equal(sweep_store_flush(store, NULL), STATUS_OK);
	put(part, 3, 1);
	sweep_store_close(part);
	assert_int_equal(sweep_store_merge(store, fixture->path[1], &added, NULL), STATUS_OK);
	assert_int_equal(sweep_store_point(store, "some", 3, &row, NULL), STATUS_OK);
	assert_int_equal(row.status, POINT_OK);
	assert_int_equal(sweep_store_add(store, "some", &dead, "{}", NULL), STATUS_OK);
	assert_int_equal(sweep_store_flush(store, NULL), STATUS_OK);
	assert_int_equal(sweep_store_forget_dead(store, "some", NULL), STATUS_OK);
	assert_int_equal(sweep_store_point(store, "some", 3, &row, NULL), STATUS_INPUT);
	sweep_store_close(store);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
int main(void) {
	const struct CMUnitTest tests[] = {
	    TEST(points_come_back_as_they_were),
	    TEST(a_point_that_is_no_result_has_a_reason_and_no_figures),
	    TEST(another_sweep_of_the_name_is_refused_or_replaced),
	    TEST(a_sweep_comes_back_from_the_database),
	    TEST(accuracies_of_the_most_images_count),
	    TEST(parts_are_merged_where_they_agree),
	    TEST(a_dead_point_gives_way),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
