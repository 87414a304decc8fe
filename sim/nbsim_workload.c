/* See nbsim_workload.h. */
#include "sim/nbsim_workload.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "sim/base/shipped.h"
#include "workloads/compile.h"

static int ends_with(const char *text, const char *end) {
	size_t length = strlen(text), end_length = strlen(end);
	return length >= end_length && !strcmp(text + length - end_length, end);
}

static int has_file(const char *folder, const char *name) {
	char path[PATH_MAX];
	int length = snprintf(path, sizeof path, "%s/%s", folder, name);
	return length > 0 && (size_t)length < sizeof path && access(path, F_OK) == 0;
}

/* A path below the current folder, a bare shipped name, or a path of the source tree among the shipped files. */
static enum status find_network(const char *name, char *folder, size_t bytes, struct error *error) {
	static const char networks[] = "workloads/networks/";
	char place[PATH_MAX];
	enum status status = compile_find_network(name, folder, bytes, error);
	if (status && !strncmp(name, networks, sizeof networks - 1))
		status = compile_find_network(name + sizeof networks - 1, folder, bytes, error);
	for (int p = 0; status && strchr(name, '/') && p < SHIPPED_PLACES; p++) {
		shipped_place(p, place, sizeof place);
		int length = snprintf(folder, bytes, "%s/%s", place, name);
		if (place[0] && length > 0 && (size_t)length < bytes && has_file(folder, "network.ini"))
			status = STATUS_OK;
	}
	return status;
}

enum status nbsim_load_workload(const char *name, const struct config *config, struct trace *trace,
                                struct error *error) {
	char folder[PATH_MAX];
	if (ends_with(name, ".nbt")) return trace_read(trace, name, error);
	enum status status = find_network(name, folder, sizeof folder, error);
	if (status) return status;
	struct compile_options compile = {.network = folder, .config = config, .seed = config->seed};
	compile.shape_only = !has_file(folder, "net.txt") && !has_file(folder, "params.txt");
	return compile_network(&compile, trace, NULL, error);
}
