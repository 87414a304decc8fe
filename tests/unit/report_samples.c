/* See report_samples.h. */
#include "tests/unit/report_samples.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "explore/sweep_store.h"

int report_setup(void **state) {
	struct report_fixture *fixture = calloc(1, sizeof *fixture);
	if (!fixture) return 1;
	folder_create(&fixture->folder);
	folder_file(&fixture->folder, "results.db", fixture->db, sizeof fixture->db);
	folder_file(&fixture->folder, "out", fixture->out, sizeof fixture->out);
	fixture->request = (struct figure_request){.db = fixture->db, .out = fixture->out};
	*state = fixture;
	return 0;
}

int report_teardown(void **state) {
	struct report_fixture *fixture = *state;
	struct folder out;
	snprintf(out.path, sizeof out.path, "%.250s", fixture->out);
	struct stat found;
	if (stat(out.path, &found) == 0 && S_ISDIR(found.st_mode)) folder_remove(&out);
	folder_remove(&fixture->folder);
	free(fixture);
	return 0;
}

static void add_states(struct rows *rows, const char *scope, const uint64_t *cycles, uint64_t total) {
	static const char *const names[] = {"busy_cycles",   "fill_drain_cycles", "dispatch_cycles", "blocked_cycles",
	                                    "memory_cycles", "starved_cycles",    "idle_cycles"};
	for (int i = 0; i < 7; i++) rows_integer(rows, scope, names[i], cycles[i], "cycles");
	rows_integer(rows, scope, "total_cycles", total, "cycles");
}

void report_store_run(struct report_fixture *fixture, unsigned number, uint64_t missing) {
	static const uint64_t stem[] = {0, 0, 5, 0, 0, 0, 0}, m1[] = {100, 3, 2, 0, 40, 50, 0}, other[7] = {1};
	struct sample sample;
	struct database *database;
	sample_create(&sample, number, 0);
	add_states(&sample.rows, "layer:stem/unit:binary_engine", stem, 5);
	add_states(&sample.rows, "layer:stem/unit:post_unit", other, 1);
	add_states(&sample.rows, "layer:m1/unit:binary_engine", m1, 195 - missing);
	add_states(&sample.rows, "layer:m1/unit:post_unit", other, 1);
	if (database_open(&database, fixture->db, 1, &fixture->error)) abort();
	if (database_write_run(database, &sample.run, &fixture->error)) abort();
	database_close(database);
	sample_clear(&sample);
}

static void fill_row(struct point_row *row, uint64_t point) {
	static const uint32_t pes_of[] = {4, 8, 16}, words_of[] = {1, 2}, bits_of[] = {2, 8};
	uint32_t pes = pes_of[point / 4], words = words_of[point / 2 % 2], bits = bits_of[point % 2];
	*row = (struct point_row){.point = point, .has_network = 1, .network = bits};
	if (pes == 4 && words == 1 && bits == 2) {
		row->status = POINT_UNMAPPABLE;
		snprintf(row->reason, sizeof row->reason, "too small");
		return;
	}
	row->status = POINT_OK;
	row->latency_ms = 64.0 / (pes * words);
	row->power_w = 1 + 0.01 * pes * words;
	row->lut = 100 * (uint64_t)pes;
	row->fits = pes * words < 32;
	snprintf(row->exactness, sizeof row->exactness, "model");
	snprintf(row->power_grade, sizeof row->power_grade, "assumed");
	snprintf(row->resource_grade, sizeof row->resource_grade, "formula");
	snprintf(row->worst_resource, sizeof row->worst_resource, "lut");
	snprintf(row->limit_unit, sizeof row->limit_unit, "binary_engine");
}

static void put_accuracy(struct sweep_store *store, struct error *error) {
	const struct sweep_accuracy accuracies[] = {{2, 100, 50, 0.5, 0.05}, {8, 100, 90, 0.9, 0.03}};
	for (int i = 0; i < 2; i++)
		if (sweep_store_put_accuracy(store, &accuracies[i], "0123456789abcdef", "images", error)) abort();
}

static void store_sweep(struct report_fixture *fixture, const char *name, const char *text, int accuracy) {
	char file[400];
	struct sweep sweep;
	struct sweep_store *store;
	struct sweep_head head = {"0123456789abcdef", "0.1.0", ""};
	struct error *error = &fixture->error;
	folder_file(&fixture->folder, "grid.ini", file, sizeof file);
	FILE *out = fopen(file, "w");
	if (!out) abort();
	fprintf(out, "[sweep]\nname = %s\nquestion = \"for the tests\"\n[axes]\n%s", name, text);
	if (fclose(out) || sweep_read(&sweep, file, error)) abort();
	if (sweep_store_open(&store, fixture->db, 1, error)) abort();
	if (sweep_store_begin(store, &sweep, &head, 0, error)) abort();
	for (uint64_t point = 0; point < 12; point++) {
		struct point_row row;
		fill_row(&row, point);
		if (sweep_store_add(store, name, &row, "{}", error)) abort();
	}
	if (sweep_store_flush(store, error)) abort();
	if (accuracy) put_accuracy(store, error);
	sweep_store_close(store);
	sweep_clear(&sweep);
}

void report_store_sweep(struct report_fixture *fixture, int accuracy) {
	store_sweep(fixture, "grid",
	            "binary_engine.pes = 4, 8, 16\nbinary_engine.words = 1, 2\ncompile.skip_weight_bits = 2, 8\n"
	            "[search]\nobjectives = latency_ms, power_w\nwhere = fits = 1\n",
	            accuracy);
}

void report_store_early_sweep(struct report_fixture *fixture) {
	store_sweep(fixture, "early", "dram.channels = 1..4\ndma.outstanding = 1, 2, 4\n", 0);
}

char *report_file(const struct report_fixture *fixture, const char *name, size_t *bytes) {
	char path[512];
	snprintf(path, sizeof path, "%.400s/%.100s", fixture->out, name);
	FILE *in = fopen(path, "rb");
	char *text = NULL;
	size_t used = 0, room = 0;
	while (in && !feof(in)) {
		if (used + 1 >= room) text = realloc(text, room += 65536);
		if (!text) abort();
		used += fread(text + used, 1, room - used - 1, in);
	}
	if (text) text[used] = '\0';
	if (in) fclose(in);
	if (bytes) *bytes = used;
	return text;
}

int report_has_gnuplot(void) {
	return system("gnuplot --version >/dev/null 2>&1") == 0;
}

enum status report_draw(struct report_fixture *fixture, const char *name) {
	const struct figure *figure = figure_find(name, &fixture->error);
	if (!figure) return STATUS_USAGE;
	enum status status = figure->draw(&fixture->request, &fixture->result, &fixture->error);
	return status == STATUS_IO && !strncmp(fixture->error.text, "gnuplot: cannot be started", 26) ? STATUS_OK
	                                                                                              : status;
}
