/* A database in a folder of its own, for the tests of what goes wrong with one. */
#ifndef TESTS_UNIT_STORE_FIXTURE_H
#define TESTS_UNIT_STORE_FIXTURE_H

#include "tests/unit/store_runs.h"

struct store_fixture {
	struct folder folder;
	char path[512]; /* the database, which is not there at first */
	struct error error;
};

/* Setup and teardown of a cmocka test: *state is a fixture. */
int store_fixture_setup(void **state);
int store_fixture_teardown(void **state);

/* Opens and closes the database. */
enum status store_fixture_open(struct store_fixture *fixture, int create);

/* The last error must be one line that begins with the file, holds `words`, and says what was expected. */
void store_fixture_said(const struct store_fixture *fixture, const char *words);

#endif
