/* See store_fixture.h. */
#include "tests/unit/store_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

int store_fixture_setup(void **state) {
	struct store_fixture *fixture = calloc(1, sizeof *fixture);
	folder_create(&fixture->folder);
	folder_file(&fixture->folder, "runs.db", fixture->path, sizeof fixture->path);
	*state = fixture;
	return 0;
}

int store_fixture_teardown(void **state) {
	struct store_fixture *fixture = *state;
	chmod(fixture->folder.path, 0700);
	folder_remove(&fixture->folder);
	free(fixture);
	return 0;
}

enum status store_fixture_open(struct store_fixture *fixture, int create) {
	struct database *database;
	fixture->error.text[0] = '\0';
	enum status status = database_open(&database, fixture->path, create, &fixture->error);
	if (status)
		assert_null(database);
	else
		database_close(database);
	return status;
}

void store_fixture_said(const struct store_fixture *fixture, const char *words) {
	if (!strstr(fixture->error.text, words)) fail_msg("'%s' is not in: %s", words, fixture->error.text);
	if (strncmp(fixture->error.text, fixture->path, strlen(fixture->path)))
		fail_msg("does not begin with the file: %s", fixture->error.text);
	assert_null(strchr(fixture->error.text, '\n'));
	assert_non_null(strstr(fixture->error.text, "expected"));
}
