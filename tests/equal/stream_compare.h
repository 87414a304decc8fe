/* Expected and RTL results of streaming cases, line by line; the format is in tests/rtl/streaming/README.md. */
#ifndef TESTS_EQUAL_STREAM_COMPARE_H
#define TESTS_EQUAL_STREAM_COMPARE_H

#include <stdint.h>
#include <stdio.h>

#include "sim/base/status.h"

/* Compares every case of the file `expected` with that of the same name in one of the files `got`. The RTL's `state`
 * lines of a stuck pipeline are passed over. Prints of each case that differs its name and the first lines that do.
 * *passed and *failed count cases; one the RTL did not run fails. STATUS_IO, STATUS_MEMORY. */
enum status stream_compare_files(const char *expected, char **got, int got_count, FILE *out, uint32_t *passed,
                                 uint32_t *failed, struct error *error);

#endif
