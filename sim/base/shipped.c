/* See shipped.h. The two places are set by the build (NBSIM_SOURCE_DIR, NBSIM_INSTALL_DATA_DIR). */
#include "sim/base/shipped.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum status shipped_find(const char *folder, const char *name, char *path, size_t path_bytes, struct error *error) {
	static const char *const places[] = {NBSIM_INSTALL_DATA_DIR, NBSIM_SOURCE_DIR};
	int length = snprintf(path, path_bytes, "%s", name);
	if (length > 0 && (size_t)length < path_bytes && !access(path, R_OK)) return STATUS_OK;
	for (size_t i = 0; i < sizeof places / sizeof places[0] && !strchr(name, '/'); i++) {
		length = snprintf(path, path_bytes, "%s/%s/%s", places[i], folder, name);
		if (length > 0 && (size_t)length < path_bytes && !access(path, R_OK)) return STATUS_OK;
	}
	if (strchr(name, '/')) return error_set(error, STATUS_IO, "%s: cannot be read: no such file, or no permission", name);
	return error_set(error, STATUS_IO, "%s: not found in the current folder nor among the shipped files of %s", name, folder);
}
