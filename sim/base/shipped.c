/* See shipped.h. The source tree is set by the build (NBSIM_SOURCE_DIR); an installation is found from the program's
 * own place, so that it can be moved. */
#include "sim/base/shipped.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void installed_place(char *folder, size_t folder_bytes) {
	char program[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
	folder[0] = 0;
	if (length <= 0) return;
	program[length] = 0;
	for (int up = 0; up < 2; up++) {
		char *slash = strrchr(program, '/');
		if (!slash) return;
		*slash = 0;
	}
	if (snprintf(folder, folder_bytes, "%s/share/nbsim", program) >= (int)folder_bytes) folder[0] = 0;
}

void shipped_place(int place, char *folder, size_t folder_bytes) {
	if (place == 0)
		installed_place(folder, folder_bytes);
	else if (snprintf(folder, folder_bytes, "%s", NBSIM_SOURCE_DIR) >= (int)folder_bytes)
		folder[0] = 0;
}

static int is_readable(const char *path, int length, size_t path_bytes) {
	return length > 0 && (size_t)length < path_bytes && !access(path, R_OK);
}

static int find_shipped(const char *folder, const char *name, char *path, size_t path_bytes) {
	for (int place = 0; place < SHIPPED_PLACES; place++) {
		char shipped[PATH_MAX];
		shipped_place(place, shipped, sizeof shipped);
		if (!shipped[0]) continue;
		if (is_readable(path, snprintf(path, path_bytes, "%s/%s/%s", shipped, folder, name), path_bytes))
			return 1;
	}
	return 0;
}

enum status shipped_find(const char *folder, const char *name, char *path, size_t path_bytes, struct error *error) {
	if (is_readable(path, snprintf(path, path_bytes, "%s", name), path_bytes)) return STATUS_OK;
	if (strchr(name, '/'))
		return error_set(error, STATUS_IO, "%s: cannot be read: no such file, or no permission", name);
	if (find_shipped(folder, name, path, path_bytes)) return STATUS_OK;
	return error_set(error, STATUS_IO, "%s: not found in the current folder nor among the shipped files of %s",
	                 name, folder);
}

enum status shipped_find_in(const char *folder, const char *name, char *path, size_t path_bytes, struct error *error) {
	if (is_readable(path, snprintf(path, path_bytes, "%s/%s", folder, name), path_bytes)) return STATUS_OK;
	if (find_shipped(folder, name, path, path_bytes)) return STATUS_OK;
	return error_set(error, STATUS_IO, "%s/%s: not found below the current folder nor among the shipped files",
	                 folder, name);
}
