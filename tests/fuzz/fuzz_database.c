/* libFuzzer target: the database on arbitrary bytes: opened, listed, every run of the list read. Beyond "no crash": a
 * failure has a sentence, a run that can be read has the id that was asked for, and reading leaves the file as it was.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/store/database.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

/* A file of its own for each process; SQLite needs a name, so memory without one does not do. Removed at the end. */
static void write_file(const char *path, const uint8_t *data, size_t bytes) {
	FILE *file = fopen(path, "wb");
	if (!file || fwrite(data, 1, bytes, file) != bytes || fclose(file)) abort();
}

static void check_unchanged(const char *path, const uint8_t *data, size_t bytes) {
	FILE *file = fopen(path, "rb");
	uint8_t *now = malloc(bytes + 1);
	if (!file || !now || fread(now, 1, bytes + 1, file) != bytes || memcmp(now, data, bytes)) abort();
	fclose(file);
	free(now);
}

static void check_failure(enum status status, const struct error *error) {
	if (status && error->text[0] == '\0') abort();
	if (strchr(error->text, '\n')) abort();
}

/* The ids are the first 16 bytes of each line of the CSV, from the second on. */
static void read_runs(struct database *database, char *list) {
	char *line = strsep(&list, "\n");
	while ((line = strsep(&list, "\n"))) {
		struct stored_run run;
		struct error error = {""};
		char id[RUN_ID_BYTES];
		snprintf(id, sizeof id, "%s", line);
		enum status status = database_read_run(database, id, &run, &error);
		check_failure(status, &error);
		if (status) continue;
		if (strncmp(run.id, id, strlen(id)) || !run.mapping_text) abort();
		stored_run_clear(&run);
	}
}

static void write_good(const char *path) {
	struct config config;
	struct rows rows = {0};
	struct run_record run = {.program_version = "0.1.0",
	                         .config = &config,
	                         .network = "network",
	                         .workload = "a.nbt",
	                         .images = "",
	                         .kernel = "native",
	                         .exactness = "rtl",
	                         .memory = "model",
	                         .rows = &rows,
	                         .mapping_text = "layer a\n"};
	struct database *database;
	struct error error;
	config_defaults(&config);
	rows_integer(&rows, "run", "total_cycles", 84211, "cycles");
	rows_real(&rows, "run", "power_w", 0.5, "W");
	rows_grade(&rows, "formula");
	rows_text(&rows, "layer:a", "kind", "binary");
	rows_empty(&rows, "run", "fits", "1");
	if (database_open(&database, path, 1, &error)) abort();
	for (config.seed = 1; config.seed < 4; config.seed++) {
		run_id(&run, run.id);
		if (database_write_run(database, &run, &error)) abort();
	}
	database_close(database);
	rows_clear(&rows);
}

/* The good database's bytes, made once; a copy of them. */
static uint8_t *good_copy(const char *path, size_t *bytes) {
	static uint8_t good[1 << 18];
	static size_t good_bytes;
	if (good_bytes == 0) {
		write_good(path);
		FILE *file = fopen(path, "rb");
		if (!file) abort();
		good_bytes = fread(good, 1, sizeof good, file);
		fclose(file);
		if (good_bytes == 0 || good_bytes == sizeof good) abort();
	}
	uint8_t *copy = malloc(good_bytes);
	if (!copy) abort();
	memcpy(copy, good, good_bytes);
	*bytes = good_bytes;
	return copy;
}

static void check_database(const char *path, const uint8_t *data, size_t bytes) {
	struct database *database;
	struct error error = {""};
	char *list = NULL;
	size_t list_bytes = 0;
	write_file(path, data, bytes);
	enum status status = database_open(&database, path, 0, &error);
	check_failure(status, &error);
	if (!status) {
		FILE *out = open_memstream(&list, &list_bytes);
		if (!out) abort();
		check_failure(database_print_runs(database, out, 1, &error), &error);
		database_print_runs(database, out, 0, &error);
		fclose(out);
		read_runs(database, list);
		free(list);
		database_close(database);
		check_unchanged(path, data, bytes);
	}
	unlink(path);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes) {
	static const char magic[] = "SQLite format 3";
	char path[64];
	snprintf(path, sizeof path, "/tmp/fuzz_database_%ld.db", (long)getpid());
	if (bytes >= sizeof magic && !memcmp(data, magic, sizeof magic)) {
		check_database(path, data, bytes);
		return 0;
	}
	size_t file_bytes;
	uint8_t *file = good_copy(path, &file_bytes);
	for (; bytes >= 4; data += 4, bytes -= 4)
		file[((size_t)data[0] << 16 | (size_t)data[1] << 8 | data[2]) % file_bytes] = data[3];
	check_database(path, file, file_bytes);
	free(file);
	return 0;
}
