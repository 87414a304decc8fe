/* Does a run come back from the database as it was written, and is it the same run again when it is written again? */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/store_runs.h"

struct fixture {
	struct folder folder;
	char path[512];
	struct database *database;
	struct error error;
};

static int setup(void **state) {
	struct fixture *fixture = calloc(1, sizeof *fixture);
	folder_create(&fixture->folder);
	folder_file(&fixture->folder, "runs.db", fixture->path, sizeof fixture->path);
	*state = fixture;
	return database_open(&fixture->database, fixture->path, 1, &fixture->error);
}

static int teardown(void **state) {
	struct fixture *fixture = *state;
	database_close(fixture->database);
	folder_remove(&fixture->folder);
	free(fixture);
	return 0;
}

static void assert_same_rows(const struct rows *a, const struct rows *b) {
	assert_int_equal(a->count, b->count);
	for (size_t i = 0; i < a->count; i++) {
		char a_text[ROW_TEXT_BYTES], b_text[ROW_TEXT_BYTES];
		const struct row *x = &a->items[i], *y = &b->items[i];
		row_value_text(x, a_text, sizeof a_text);
		row_value_text(y, b_text, sizeof b_text);
		assert_string_equal(x->scope, y->scope);
		assert_string_equal(x->name, y->name);
		assert_string_equal(x->unit, y->unit);
		assert_string_equal(x->grade, y->grade);
		assert_int_equal(x->kind, y->kind);
		assert_string_equal(a_text, b_text);
		assert_memory_equal(x, y, sizeof *x); /* every bit of a real, too */
	}
}

static void a_run_comes_back_as_it_was(void **state) {
	struct fixture *fixture = *state;
	struct sample sample;
	struct stored_run stored;
	sample_create(&sample, 7, 3);
	sample.config.clock_khz = 333333;
	sample.config.binary_pes = 64;
	sample.config.dram_trefi_ps = 0;
	assert_int_equal(config_set(&sample.config, "run.workload=a folder; 'quoted' = x # \\", &fixture->error),
	                 STATUS_OK);
	run_id(&sample.run, sample.run.id);
	assert_int_equal(database_write_run(fixture->database, &sample.run, &fixture->error), STATUS_OK);
	assert_int_equal(database_read_run(fixture->database, sample.run.id, &stored, &fixture->error), STATUS_OK);
	assert_string_equal(stored.id, sample.run.id);
	assert_string_equal(stored.workload, sample.run.workload);
	assert_string_equal(stored.images, sample.run.images);
	assert_string_equal(stored.kernel, "native");
	assert_string_equal(stored.program_version, "0.1.0");
	assert_string_equal(stored.network, "neuroblend20");
	assert_int_equal(stored.trace_checksum, 0xfedcba98);
	assert_int_equal(stored.image_count, 1000);
	assert_memory_equal(&stored.config, &sample.config, sizeof stored.config);
	assert_string_equal(stored.mapping_text, sample.run.mapping_text);
	assert_same_rows(&stored.rows, &sample.rows);
	stored_run_clear(&stored);
	sample_clear(&sample);
}

/* SQLite keeps whole reals apart from integers only in a column without a declared type. */
static void every_kind_of_value_comes_back(void **state) {
	static const double reals[] = {
	    0.0, -0.0, 1.0, 84211.0, 1e15, 1e300, 5e-324, 0.1, 1.0 / 3, -2.5, 1.7976931348623157e308};
	static const uint64_t integers[] = {0, 1, UINT32_MAX, (uint64_t)1 << 53, INT64_MAX};
	static const char *const texts[] = {"", "12", "1e5", "NULL", "comma, \"quote\"", "\xc3\xa4 \xff", "x'00'"};
	struct fixture *fixture = *state;
	struct sample sample;
	struct stored_run stored;
	char name[32];
	sample_create(&sample, 1, 0);
	for (size_t i = 0; i < sizeof reals / sizeof reals[0]; i++) {
		snprintf(name, sizeof name, "real%zu", i);
		rows_real(&sample.rows, "unit:dma", name, reals[i], "pJ");
		rows_grade(&sample.rows, "assumed");
	}
	for (size_t i = 0; i < sizeof integers / sizeof integers[0]; i++) {
		snprintf(name, sizeof name, "integer%zu", i);
		rows_integer(&sample.rows, "device", name, integers[i], "luts");
	}
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		snprintf(name, sizeof name, "text%zu", i);
		rows_text(&sample.rows, "layer:a/b", name, texts[i]);
	}
	rows_empty(&sample.rows, "run", "nothing", "1");
	assert_int_equal(database_write_run(fixture->database, &sample.run, &fixture->error), STATUS_OK);
	assert_int_equal(database_read_run(fixture->database, sample.run.id, &stored, &fixture->error), STATUS_OK);
	assert_same_rows(&stored.rows, &sample.rows);
	stored_run_clear(&stored);
	sample_clear(&sample);
}

static void what_cannot_come_back_is_refused(void **state) {
	struct fixture *fixture = *state;
	for (int i = 0; i < 5; i++) {
		static const char *const expected[] = {"2^63 - 1", "finite", "finite", "given twice",
		                                       "at most 1023 bytes"};
		char workload[1100];
		struct sample sample;
		sample_create(&sample, 1, 2);
		memset(workload, 'w', sizeof workload);
		workload[1024] = '\0';
		if (i == 0) rows_integer(&sample.rows, "unit:dma", "busy_cycles", (uint64_t)INT64_MAX + 1, "cycles");
		if (i == 1) rows_real(&sample.rows, "run", "energy_uj", NAN, "uJ");
		if (i == 2) rows_real(&sample.rows, "run", "energy_uj", INFINITY, "uJ");
		if (i == 3) rows_integer(&sample.rows, "run", "total_cycles", 3, "cycles");
		if (i == 4) sample.run.workload = workload;
		assert_int_equal(database_write_run(fixture->database, &sample.run, &fixture->error),
		                 i == 4 ? STATUS_INPUT : STATUS_FAILED);
		assert_non_null(strstr(fixture->error.text, expected[i]));
		assert_non_null(strstr(fixture->error.text, fixture->path));
		sample_clear(&sample);
	}
	assert_int_equal(count_whole_runs(fixture->path, 1, 1, 2), 0);
	assert_int_equal(store_sample(fixture->path, 1, 1, 2, &fixture->error), STATUS_OK);
	assert_int_equal(count_whole_runs(fixture->path, 1, 1, 2), 1);
}

static void the_same_run_is_replaced(void **state) {
	struct fixture *fixture = *state;
	char value[64];
	assert_int_equal(store_sample(fixture->path, 1, 1, 40, &fixture->error), STATUS_OK);
	assert_int_equal(store_sample(fixture->path, 1, 2, 40, &fixture->error), STATUS_OK);
	assert_int_equal(store_sample(fixture->path, 1, 1, 5, &fixture->error), STATUS_OK);
	assert_int_equal(count_whole_runs(fixture->path, 1, 1, 5), 1);
	assert_int_equal(count_whole_runs(fixture->path, 2, 1, 40), 1);
	assert_true(sql_run(fixture->path, "SELECT count(*) FROM runs", value, sizeof value));
	assert_string_equal(value, "2");
	assert_true(sql_run(fixture->path, "SELECT count(*) FROM results", value, sizeof value));
	assert_string_equal(value, "55"); /* 5 + 5 and 5 + 40 */
}

/* Every table but host: the rows, in the order of the file, of two databases made by the same runs in another order. */
static void two_databases_of_the_same_runs_are_equal(void **state) {
	static const char *const tables[] = {"meta", "runs", "parameters", "results", "mapping"};
	struct fixture *fixture = *state;
	char other[512];
	folder_file(&fixture->folder, "other.db", other, sizeof other);
	for (unsigned i = 0; i < 5; i++) {
		assert_int_equal(store_sample(fixture->path, 1, i, 9, &fixture->error), STATUS_OK);
		assert_int_equal(store_sample(other, 1, 4 - i, 9, &fixture->error), STATUS_OK);
	}
	for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
		char sql[64], value[64];
		snprintf(sql, sizeof sql, "SELECT count(*) FROM %s", tables[i]);
		assert_true(sql_run(fixture->path, sql, value, sizeof value));
		assert_string_not_equal(value, "0");
	}
	char command[2000];
	snprintf(command, sizeof command,
	         "a=$(sqlite3 '%s' .dump | grep -v 'INTO host') && b=$(sqlite3 '%s' .dump | grep -v 'INTO host') && [ "
	         "\"$a\" = \"$b\" ]",
	         fixture->path, other);
	assert_int_equal(system(command), 0);
}

static void the_id_follows_what_the_run_was_made_of(void **state) {
	struct sample sample;
	char id[RUN_ID_BYTES], other[RUN_ID_BYTES];
	(void)state;
	sample_create(&sample, 1, 0);
	run_id(&sample.run, id);
	assert_int_equal(strlen(id), 16);
	assert_int_equal(strspn(id, "0123456789abcdef"), 16);
	sample.config.kernel = KERNEL_NATIVE;
	sample.run.workload = "elsewhere.nbt";
	sample.run.wall_s = 9;
	run_id(&sample.run, other);
	assert_string_equal(id, other);
	for (int i = 0; i < 6; i++) {
		struct sample changed;
		sample_create(&changed, 1, 0);
		if (i == 0) changed.run.program_version = "0.1.1";
		if (i == 1) changed.run.trace_checksum ^= 1;
		if (i == 2) changed.run.image_count++;
		if (i == 3) changed.run.images = "";
		if (i == 4) changed.config.seed++;
		if (i == 5) changed.config.compile_parameter_bits++;
		run_id(&changed.run, other);
		assert_string_not_equal(id, other);
		sample_clear(&changed);
	}
	sample_clear(&sample);
}

/* Twelve runs under ids that are made up. */
static void write_named(struct fixture *fixture, const char *const *ids, size_t count) {
	for (size_t i = 0; i < count; i++) {
		struct sample sample;
		sample_create(&sample, 1, 1);
		snprintf(sample.run.id, sizeof sample.run.id, "%s", ids[i]);
		assert_int_equal(database_write_run(fixture->database, &sample.run, &fixture->error), STATUS_OK);
		sample_clear(&sample);
	}
}

static void a_unique_prefix_is_enough(void **state) {
	static const char *const ids[] = {"00000000000000aa", "00000000000000ab", "0f00000000000000",
	                                  "ffffffffffffffff", "fffffffffffffffe"};
	static const char *const none[] = {"", "1", "g", "AA", "0f00000000000000a", "0%", "0f*", "' OR 1=1 --"};
	static const char *const unique[][2] = {{"0f", "0f00000000000000"},
	                                        {"ffffffffffffffff", "ffffffffffffffff"},
	                                        {"00000000000000aa", "00000000000000aa"}};
	struct fixture *fixture = *state;
	struct stored_run stored;
	write_named(fixture, ids, 5);
	for (size_t i = 0; i < sizeof unique / sizeof unique[0]; i++) {
		assert_int_equal(database_read_run(fixture->database, unique[i][0], &stored, &fixture->error),
		                 STATUS_OK);
		assert_string_equal(stored.id, unique[i][1]);
		stored_run_clear(&stored);
	}
	for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
		assert_int_equal(database_read_run(fixture->database, none[i], &stored, &fixture->error), STATUS_INPUT);
	assert_int_equal(database_read_run(fixture->database, "00", &stored, &fixture->error), STATUS_INPUT);
	assert_non_null(strstr(fixture->error.text, "00000000000000aa 00000000000000ab"));
	assert_null(strstr(fixture->error.text, "0f00000000000000"));
	assert_int_equal(database_read_run(fixture->database, "f", &stored, &fixture->error), STATUS_INPUT);
	assert_non_null(strstr(fixture->error.text, "fffffffffffffffe ffffffffffffffff"));
}

static void print_runs(struct fixture *fixture, int csv, char *text, size_t text_bytes) {
	FILE *out = fmemopen(text, text_bytes, "w");
	assert_non_null(out);
	assert_int_equal(database_print_runs(fixture->database, out, csv, &fixture->error), STATUS_OK);
	fclose(out);
}

static void runs_are_listed_in_100_columns(void **state) {
	struct fixture *fixture = *state;
	char text[4096], *line, *rest = text;
	struct sample sample;
	sample_create(&sample, 1, 1);
	sample.run.network = "a network with a name that is longer than its column";
	sample.rows.items[0].integer = INT64_MAX;
	sample.rows.items[1].real = -1.2345678901234e-300;
	sample.rows.items[3].kind = ROW_EMPTY;
	memset(sample.config.device, 'd', sizeof sample.config.device - 1);
	assert_int_equal(database_write_run(fixture->database, &sample.run, &fixture->error), STATUS_OK);
	sample_clear(&sample);
	assert_int_equal(store_sample(fixture->path, 1, 3, 1, &fixture->error), STATUS_OK);
	print_runs(fixture, 0, text, sizeof text);
	int lines = 0;
	while ((line = strsep(&rest, "\n")) && *line) {
		assert_in_range(strlen(line), 1, 100);
		lines++;
		if (lines == 3) assert_non_null(strstr(line, ">=9.125 yes"));
	}
	assert_int_equal(lines, 3);
}

static void the_csv_of_runs_has_full_figures(void **state) {
	struct fixture *fixture = *state;
	char text[4096], expected[512];
	struct sample sample;
	sample_create(&sample, 3, 1);
	assert_int_equal(database_write_run(fixture->database, &sample.run, &fixture->error), STATUS_OK);
	print_runs(fixture, 1, text, sizeof text);
	snprintf(expected, sizeof expected,
	         "id,network,device,clock_mhz,total_cycles,latency_ms,power_w,fits,energy_is_partial\n%s,neuroblend20,"
	         "u250,300,84214,3.28070333,9.125,1,1\n",
	         sample.run.id);
	assert_string_equal(text, expected);
	sample_clear(&sample);
}

static void scopes_are_taken_apart_in_the_views(void **state) {
	struct fixture *fixture = *state;
	char value[128];
	assert_int_equal(store_sample(fixture->path, 1, 1, 2, &fixture->error), STATUS_OK);
	assert_true(sql_run(fixture->path,
	                    "SELECT group_concat(layer || ' ' || machine_unit || ' ' || value) FROM layers", value,
	                    sizeof value));
	assert_string_equal(value, "conv0 dma 1000,conv1 dma 1001");
	assert_true(sql_run(fixture->path,
	                    "SELECT count(*) || ' ' || count(layer) || ' ' || count(machine_unit) FROM counters", value,
	                    sizeof value));
	assert_string_equal(value, "6 2 2");
	assert_true(
	    sql_run(fixture->path, "SELECT name || ' ' || value || ' ' || grade FROM estimates", value, sizeof value));
	assert_string_equal(value, "power_w 9.125 missing");
	assert_true(sql_run(fixture->path, "PRAGMA journal_mode", value, sizeof value));
	assert_string_equal(value, "wal");
	assert_true(sql_run(fixture->path, "SELECT group_concat(value, ' ') FROM meta", value, sizeof value));
	assert_string_equal(value, "nbsim 1 1");
}

static void one_file_is_left(void **state) {
	struct fixture *fixture = *state;
	assert_int_equal(store_sample(fixture->path, 1, 1, 500, &fixture->error), STATUS_OK);
	database_close(fixture->database);
	fixture->database = NULL;
	assert_int_equal(folder_count(&fixture->folder), 1);
	assert_int_equal(count_whole_runs(fixture->path, 1, 1, 500), 1);
	assert_int_equal(folder_count(&fixture->folder), 1);
}

/* A younger program has a parameter the stored run has not: its default. One that is not known any more: refused. */
static void parameters_may_be_added_but_not_lost(void **state) {
	struct fixture *fixture = *state;
	struct stored_run stored;
	struct sample sample;
	sample_create(&sample, 1, 1);
	assert_int_equal(database_write_run(fixture->database, &sample.run, &fixture->error), STATUS_OK);
	assert_true(
	    sql_run(fixture->path, "DELETE FROM parameters WHERE section = 'binary_engine' AND key = 'pes'", NULL, 0));
	assert_int_equal(database_read_run(fixture->database, sample.run.id, &stored, &fixture->error), STATUS_INPUT);
	assert_non_null(strstr(fixture->error.text, "parameters are not all there"));
	assert_true(sql_run(fixture->path, "UPDATE runs SET parameters = parameters - 1", NULL, 0));
	assert_int_equal(database_read_run(fixture->database, sample.run.id, &stored, &fixture->error), STATUS_OK);
	assert_memory_equal(&stored.config, &sample.config, sizeof stored.config);
	stored_run_clear(&stored);
	assert_true(sql_run(fixture->path,
	                    "UPDATE parameters SET key = 'peas' WHERE key = 'words' AND section = 'binary_engine'",
	                    NULL, 0));
	assert_int_equal(database_read_run(fixture->database, sample.run.id, &stored, &fixture->error), STATUS_INPUT);
	assert_non_null(strstr(fixture->error.text, "unknown key"));
	assert_non_null(strstr(fixture->error.text, "stored by 0.1.0"));
	sample_clear(&sample);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void) {
	const struct CMUnitTest tests[] = {
	    IN_FOLDER(a_run_comes_back_as_it_was),
	    IN_FOLDER(every_kind_of_value_comes_back),
	    IN_FOLDER(what_cannot_come_back_is_refused),
	    IN_FOLDER(the_same_run_is_replaced),
	    IN_FOLDER(two_databases_of_the_same_runs_are_equal),
	    cmocka_unit_test(the_id_follows_what_the_run_was_made_of),
	    IN_FOLDER(a_unique_prefix_is_enough),
	    IN_FOLDER(runs_are_listed_in_100_columns),
	    IN_FOLDER(the_csv_of_runs_has_full_figures),
	    IN_FOLDER(scopes_are_taken_apart_in_the_views),
	    IN_FOLDER(one_file_is_left),
	    IN_FOLDER(parameters_may_be_added_but_not_lost),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
