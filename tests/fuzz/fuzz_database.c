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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes) {
	struct database *database;
	struct error error = {""};
	char path[64], *list = NULL;
	size_t list_bytes = 0;
	snprintf(path, sizeof path, "/tmp/fuzz_database_%ld.db", (long)getpid());
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
	return 0;
}
