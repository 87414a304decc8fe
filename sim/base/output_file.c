/* See output_file.h. A disk that is full shows when buffers are flushed, so every write is judged at the close. Devices
 * and pipes are never removed. */
#include "sim/base/output_file.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

FILE *output_open(const char *path, struct error *error) {
	if (!strcmp(path, "-")) return stdout;
	FILE *out = fopen(path, "w");
	if (!out) error_set(error, STATUS_IO, "%s: cannot be written: %s", path, strerror(errno));
	return out;
}

enum status output_close(FILE *out, const char *path, struct error *error) {
	struct stat file;
	const int is_regular = out != stdout && fstat(fileno(out), &file) == 0 && S_ISREG(file.st_mode);
	int is_lost = ferror(out);
	if (out == stdout ? fflush(out) : fclose(out)) is_lost = 1;
	if (!is_lost) return STATUS_OK;
	if (is_regular) unlink(path);
	return error_set(error, STATUS_IO, "%s: cannot be written completely",
	                 out == stdout ? "standard output" : path);
}
