/* Runs and files for the tests of the database: the same number gives the same run. */
#ifndef TESTS_UNIT_STORE_RUNS_H
#define TESTS_UNIT_STORE_RUNS_H

#include <stddef.h>

#include "sim/store/database.h"

struct sample {
	struct config config;
	struct rows rows;
	struct run_record run;
};

/* A run with `row_count` rows beside the named ones; `number` makes it another run, with another id. */
void sample_create(struct sample *sample, unsigned number, size_t row_count);
void sample_clear(struct sample *sample);

/* An empty folder below the current one or $TMPDIR; folder_remove takes it away with what is in it. */
struct folder {
	char path[256];
};
void folder_create(struct folder *folder);
void folder_remove(const struct folder *folder);
void folder_file(const struct folder *folder, const char *name, char *path, size_t path_bytes);
/* Files in it. */
int folder_count(const struct folder *folder);

/* database_open, database_write_run of that sample, database_close. */
enum status store_sample(const char *path, int create, unsigned number, size_t row_count, struct error *error);

/* Runs `number` = first .. first + count - 1 that are stored whole, every row as it was written; -1 if one is not whole
 * or the database cannot be read. */
int count_whole_runs(const char *path, unsigned first, unsigned count, size_t row_count);

/* Runs SQL on the file; 1 if it worked. With `value`, the first column of the first row. */
int sql_run(const char *path, const char *sql, char *value, size_t value_bytes);

#endif
