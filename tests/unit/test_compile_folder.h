/* A network folder made by a test: network.ini from text, params.txt and params.f32 from tensors added one by one. */
#ifndef TESTS_UNIT_TEST_COMPILE_FOLDER_H
#define TESTS_UNIT_TEST_COMPILE_FOLDER_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/input/config.h"
#include "workloads/compile.h"

struct test_folder {
	char path[64];
	FILE *index, *values;
	unsigned long floats;
};

static inline void test_folder_text(const struct test_folder *folder, const char *name, const char *text) {
	char path[128];
	snprintf(path, sizeof path, "%s/%s", folder->path, name);
	FILE *file = fopen(path, "w");
	if (!file || fputs(text, file) < 0 || fclose(file) != 0) abort();
}

static inline void test_folder_open(struct test_folder *folder, const char *ini) {
	char path[128];
	memset(folder, 0, sizeof *folder);
	strcpy(folder->path, "/tmp/nbcompile-test-XXXXXX");
	if (!mkdtemp(folder->path)) abort();
	test_folder_text(folder, "network.ini", ini);
	snprintf(path, sizeof path, "%s/params.txt", folder->path);
	folder->index = fopen(path, "w");
	snprintf(path, sizeof path, "%s/params.f32", folder->path);
	folder->values = fopen(path, "w");
	if (!folder->index || !folder->values) abort();
}

static inline void test_folder_tensor(struct test_folder *folder, const char *name, const char *shape,
                                      const float *values, size_t count) {
	fprintf(folder->index, "%s %s %lu %zu\n", name, shape, folder->floats, count);
	if (fwrite(values, sizeof *values, count, folder->values) != count) abort();
	folder->floats += count;
}

/* Four tensors of a batch norm. */
static inline void test_folder_batch_norm(struct test_folder *folder, const char *name, size_t channels,
                                          const float *gamma, const float *beta, const float *mean, const float *var) {
	static const char *const parts[] = {"gamma", "beta", "mean", "var"};
	const float *const values[] = {gamma, beta, mean, var};
	for (int i = 0; i < 4; i++) {
		char full[96], shape[16];
		snprintf(full, sizeof full, "%s.%s", name, parts[i]);
		snprintf(shape, sizeof shape, "%zu", channels);
		test_folder_tensor(folder, full, shape, values[i], channels);
	}
}

static inline void test_folder_flush(struct test_folder *folder) {
	if (folder->index) fclose(folder->index);
	if (folder->values) fclose(folder->values);
	folder->index = folder->values = NULL;
}

static inline void test_folder_remove(struct test_folder *folder) {
	static const char *const names[] = {"network.ini", "net.txt", "params.txt", "params.f32"};
	test_folder_flush(folder);
	for (int i = 0; i < 4; i++) {
		char path[128];
		snprintf(path, sizeof path, "%s/%s", folder->path, names[i]);
		unlink(path);
	}
	rmdir(folder->path);
}

#endif
