/* Text files that are written from beginning to end: either complete or not there. */
#ifndef SIM_BASE_OUTPUT_FILE_H
#define SIM_BASE_OUTPUT_FILE_H

#include <stdio.h>

#include "sim/base/status.h"

/* Opens a file to write; "-" is standard output. NULL with STATUS_IO in `error` where it cannot be written. */
FILE *output_open(const char *path, struct error *error);

/* Closes what output_open gave (standard output is flushed) and tells whether all of it arrived: STATUS_IO if not, and
 * a regular file is then removed. `path` is that of output_open. */
enum status output_close(FILE *out, const char *path, struct error *error);

#endif
