/* See trace_folder.h. */
#include "tests/unit/trace_folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/trace_sample.h"

int trace_folder_setup(void **state) {
	struct trace_folder *folder = calloc(1, sizeof *folder);
	if (!folder) return -1;
	snprintf(folder->path, sizeof folder->path, "/tmp/nbsim_trace_XXXXXX");
	if (!mkdtemp(folder->path)) return -1;
	snprintf(folder->text, sizeof folder->text, "%s/a.nbt", folder->path);
	snprintf(folder->weights, sizeof folder->weights, "%s/a.nbw", folder->path);
	*state = folder;
	return 0;
}

int trace_folder_teardown(void **state) {
	struct trace_folder *folder = *state;
	unlink(folder->text);
	unlink(folder->weights);
	const int status = rmdir(folder->path); /* fails where a temporary file was left behind */
	free(folder);
	return status;
}

char *trace_folder_read(const char *path, size_t *bytes) {
	FILE *file = fopen(path, "rb");
	assert_non_null(file);
	char *data = calloc(1, 1 << 16);
	assert_non_null(data);
	*bytes = fread(data, 1, (1 << 16) - 1, file);
	fclose(file);
	return data;
}

void trace_folder_write(const char *path, const void *data, size_t bytes) {
	unlink(path); /* some file systems flush a file that is cut and written again */
	FILE *file = fopen(path, "wb");
	assert_non_null(file);
	assert_int_equal(fwrite(data, 1, bytes, file), bytes);
	fclose(file);
}

char *trace_folder_sample(const struct trace_folder *folder, size_t *bytes) {
	struct trace trace;
	struct error error = {0};
	trace_sample(&trace);
	if (trace_write(&trace, folder->text, &error)) fail_msg("%s", error.text);
	trace_clear(&trace);
	return trace_folder_read(folder->text, bytes);
}

void trace_folder_refuses(const struct trace_folder *folder, enum status status, const char *part) {
	struct trace trace;
	struct error error = {0};
	const enum status found = trace_read(&trace, folder->text, &error);
	if (found == STATUS_OK) trace_clear(&trace);
	if (found != status || !strstr(error.text, part) || strchr(error.text, '\n'))
		fail_msg("expected status %d and \"%s\", found %d and \"%s\"", status, part, found, error.text);
	assert_null(trace.maps);
	assert_null(trace.layers);
	trace_clear(&trace);
}
