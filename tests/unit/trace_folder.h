/* A folder with the sample trace's two files, for the tests of reading and writing traces. */
#ifndef TESTS_UNIT_TRACE_FOLDER_H
#define TESTS_UNIT_TRACE_FOLDER_H

#include <stddef.h>

#include "sim/base/status.h"

struct trace_folder {
	char path[64], text[128], weights[128]; /* the folder, a.nbt and a.nbw in it */
};

/* Setup and teardown of a cmocka test: *state is a folder without files. The teardown fails where a file of another
 * name was left behind. */
int trace_folder_setup(void **state);
int trace_folder_teardown(void **state);

/* The whole file, from calloc and followed by zeros; at most 64 KiB. */
char *trace_folder_read(const char *path, size_t *bytes);
void trace_folder_write(const char *path, const void *data, size_t bytes);

/* Writes trace_sample into the folder; returns its text as trace_folder_read does. */
char *trace_folder_sample(const struct trace_folder *folder, size_t *bytes);

/* Reading must fail with that status and a sentence of one line that holds `part`, and leave an empty trace. */
void trace_folder_refuses(const struct trace_folder *folder, enum status status, const char *part);

#endif
