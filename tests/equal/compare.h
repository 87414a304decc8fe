/* Comparison of expected and got results, case by case, text by text: no tolerance. */
#ifndef TESTS_EQUAL_COMPARE_H
#define TESTS_EQUAL_COMPARE_H

#include <stdio.h>

/* Returns the number of cases of EXPECTED that GOT does not have in the same words, or -1 when a file cannot be read or
 * nothing was expected. Prints the first difference of each and, last, `N passed, N failed`; `out` may be NULL. */
int compare_files(const char *expected_path, const char *got_path, FILE *out);

#endif
