/* See workload.h. A folder is an import where it has net.txt and no network.ini (compile.c); an import has its values
 * in net.txt, any other network in params.txt and params.f32. */
#include "workloads/workload.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "sim/base/shipped.h"
#include "workloads/compile.h"

static int has_file(const char *folder, const char *name) {
	char path[PATH_MAX];
	int length = snprintf(path, sizeof path, "%s/%s", folder, name);
	return length > 0 && (size_t)length < sizeof path && access(path, F_OK) == 0;
}

static enum status find_network(const char *name, char *folder, size_t bytes, struct error *error) {
	static const char networks[] = "workloads/networks/";
	enum status status = compile_find_network(name, folder, bytes, error);
	if (status && !strncmp(name, networks, sizeof networks - 1))
		status = compile_find_network(name + sizeof networks - 1, folder, bytes, error);
	for (int place = 0; status && strchr(name, '/') && place < SHIPPED_PLACES; place++) {
		char shipped[PATH_MAX];
		shipped_place(place, shipped, sizeof shipped);
		int length = snprintf(folder, bytes, "%s/%s", shipped, name);
		if (shipped[0] && length > 0 && (size_t)length < bytes && has_file(folder, "network.ini"))
			status = STATUS_OK;
	}
	return status;
}

enum status workload_load(const char *name, const struct config *config, struct trace *trace, struct error *error) {
	char folder[PATH_MAX];
	size_t length = strlen(name);
	memset(trace, 0, sizeof *trace);
	if (length >= 4 && !strcmp(name + length - 4, ".nbt")) return trace_read(trace, name, error);
	enum status status = find_network(name, folder, sizeof folder, error);
	if (status) return status;
	struct compile_options options = {.network = folder, .config = config, .seed = config->seed};
	int is_import = has_file(folder, "net.txt") && !has_file(folder, "network.ini");
	options.shape_only = !is_import && !has_file(folder, "params.txt");
	return compile_network(&options, trace, NULL, error);
}
