/* See store_runs.h. */
#include "tests/unit/store_runs.h"

#include <dirent.h>
#include <inttypes.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void sample_create(struct sample *sample, unsigned number, size_t row_count) {
	struct rows *rows = &sample->rows;
	memset(sample, 0, sizeof *sample);
	config_defaults(&sample->config);
	sample->config.seed = number;
	rows_integer(rows, "run", "total_cycles", 84211 + number, "cycles");
	rows_real(rows, "run", "latency_ms", 0.28070333333333333 + number, "ms");
	rows_real(rows, "run", "power_w", 9.125, "W");
	rows_grade(rows, "missing");
	rows_integer(rows, "run", "fits", number % 2, "1");
	rows_integer(rows, "run", "energy_is_partial", 1, "1");
	for (size_t i = 0; i < row_count; i++) {
		char scope[ROW_SCOPE_BYTES];
		snprintf(scope, sizeof scope, "layer:conv%zu/unit:dma", i);
		rows_integer(rows, scope, "busy_cycles", number * 1000 + i, "cycles");
	}
	sample->run = (struct run_record){.program_version = "0.1.0",
	                                  .config = &sample->config,
	                                  .network = "neuroblend20",
	                                  .workload = "some folder/neuroblend20.nbt",
	                                  .trace_checksum = 0xfedcba98,
	                                  .images = "images/t10k, \"all\"",
	                                  .image_count = 1000,
	                                  .kernel = "native",
	                                  .exactness = "rtl",
	                                  .memory = "model",
	                                  .rows = rows,
	                                  .mapping_text = "layer conv0\n  band_rows 4\n",
	                                  .wall_s = 0.5};
	run_id(&sample->run, sample->run.id);
}

void sample_clear(struct sample *sample) {
	rows_clear(&sample->rows);
}

void folder_create(struct folder *folder) {
	const char *parent = getenv("TMPDIR");
	snprintf(folder->path, sizeof folder->path, "%s/nbsim_store_XXXXXX", parent ? parent : "/tmp");
	if (!mkdtemp(folder->path)) abort();
}

void folder_file(const struct folder *folder, const char *name, char *path, size_t path_bytes) {
	snprintf(path, path_bytes, "%s/%s", folder->path, name);
}

/* Calls remove or nothing on every file; how many there were. */
static int walk(const struct folder *folder, int is_removing) {
	DIR *directory = opendir(folder->path);
	int count = 0;
	for (struct dirent *entry; directory && (entry = readdir(directory));) {
		char path[600];
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..")) continue;
		folder_file(folder, entry->d_name, path, sizeof path);
		if (is_removing && unlink(path) != 0) rmdir(path);
		count++;
	}
	if (directory) closedir(directory);
	return count;
}

void folder_remove(const struct folder *folder) {
	walk(folder, 1);
	rmdir(folder->path);
}

int folder_count(const struct folder *folder) {
	return walk(folder, 0);
}

enum status store_sample(const char *path, int create, unsigned number, size_t row_count, struct error *error) {
	struct sample sample;
	struct database *database;
	sample_create(&sample, number, row_count);
	enum status status = database_open(&database, path, create, error);
	if (!status) {
		status = database_write_run(database, &sample.run, error);
		database_close(database);
	}
	sample_clear(&sample);
	return status;
}

static int is_whole(const struct stored_run *stored, const struct sample *sample) {
	if (stored->rows.count != sample->rows.count || memcmp(&stored->config, &sample->config, sizeof stored->config))
		return 0;
	return !memcmp(stored->rows.items, sample->rows.items, stored->rows.count * sizeof stored->rows.items[0]) &&
	       !strcmp(stored->mapping_text, sample->run.mapping_text);
}

int count_whole_runs(const char *path, unsigned first, unsigned count, size_t row_count) {
	struct database *database;
	struct error error;
	int whole = 0;
	if (database_open(&database, path, 0, &error)) return -1;
	for (unsigned number = first; number < first + count && whole >= 0; number++) {
		struct sample sample;
		struct stored_run stored;
		sample_create(&sample, number, row_count);
		enum status status = database_read_run(database, sample.run.id, &stored, &error);
		if (!status) {
			whole = is_whole(&stored, &sample) ? whole + 1 : -1;
			stored_run_clear(&stored);
		} else if (!strstr(error.text, "no run has an id")) {
			whole = -1;
		}
		sample_clear(&sample);
	}
	database_close(database);
	return whole;
}

int sql_run(const char *path, const char *sql, char *value, size_t value_bytes) {
	sqlite3 *connection;
	sqlite3_stmt *statement = NULL;
	int ok = sqlite3_open(path, &connection) == SQLITE_OK;
	if (!value) {
		ok = ok && sqlite3_exec(connection, sql, NULL, NULL, NULL) == SQLITE_OK;
	} else {
		ok = ok && sqlite3_prepare_v2(connection, sql, -1, &statement, NULL) == SQLITE_OK &&
		     sqlite3_step(statement) == SQLITE_ROW;
		const unsigned char *text = ok ? sqlite3_column_text(statement, 0) : NULL;
		snprintf(value, value_bytes, "%s", text ? (const char *)text : "");
	}
	sqlite3_finalize(statement);
	sqlite3_close(connection);
	return ok;
}
