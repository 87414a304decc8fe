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

enum status shipped_find(const char *folder, const char *name, char *path, size_t path_bytes, struct error *error) {
	int length = snprintf(path, path_bytes, "%s", name);
	if (length > 0 && (size_t)length < path_bytes && !access(path, R_OK)) return STATUS_OK;
	for (int place = 0; place < SHIPPED_PLACES && !strchr(name, '/'); place++) {
		char shipped[PATH_MAX];
		shipped_place(place, shipped, sizeof shipped);
		if (!shipped[0]) continue;
		length = snprintf(path, path_bytes, "%s/%s/%s", shipped, folder, name);
		if (length > 0 && (size_t)length < path_bytes && !access(path, R_OK)) return STATUS_OK;
	}
	if (strchr(name, '/'))
		return error_set(error, STATUS_IO, "%s: cannot be read: no such file, or no permission", name);
	return error_set(error, STATUS_IO, "%s: not found in the current folder nor among the shipped files of %s",
	                 name, folder);
}
