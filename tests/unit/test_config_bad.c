/* Does every malformed configuration of tests/bad/config end with the status and the sentence of the file beside it?
 * NAME.ini is read and checked; NAME.expected holds "status sentence", with the folder left out of the sentence. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <dirent.h>

#include <cmocka.h>

#include "sim/base/ini.h"
#include "sim/input/config.h"

static const char folder[] = NBSIM_SOURCE_DIR "/tests/bad/config/";

static int is_ini(const struct dirent *entry) {
	size_t bytes = strlen(entry->d_name);
	return bytes > 4 && strcmp(entry->d_name + bytes - 4, ".ini") == 0;
}

static enum status read_and_check(const char *path, struct error *error) {
	struct config config;
	enum status status = config_read(&config, path, error);
	return status == STATUS_OK ? config_check(&config, path, error) : status;
}

/* 1 if NAME.ini gives what NAME.expected says. */
static int one_file(const char *name) {
	char path[1024], expected[2048] = "", found[2048];
	struct error error = {""};
	snprintf(path, sizeof path, "%s%.*s.expected", folder, (int)strlen(name) - 4, name);
	FILE *file = fopen(path, "r");
	if (!file || !fgets(expected, sizeof expected, file)) print_error("%s: cannot be read\n", path);
	if (file) fclose(file);
	expected[strcspn(expected, "\n")] = '\0';
	snprintf(path, sizeof path, "%s%s", folder, name);
	enum status status = read_and_check(path, &error);
	const char *sentence = strncmp(error.text, folder, strlen(folder)) ? error.text : error.text + strlen(folder);
	snprintf(found, sizeof found, "%s %s", status_name(status), sentence);
	if (strcmp(found, expected) == 0) return 1;
	print_error("%s:\n  expected: %s\n  found:    %s\n", name, expected, found);
	return 0;
}

static void every_file_is_refused_with_its_sentence(void **state) {
	struct dirent **names;
	int wrong = 0, count = scandir(folder, &names, is_ini, alphasort);
	(void)state;
	assert_in_range(count, 70, 1000);
	for (int i = 0; i < count; i++) {
		wrong += !one_file(names[i]->d_name);
		free(names[i]);
	}
	free(names);
	assert_int_equal(wrong, 0);
}

static void what_is_no_file_is_an_io_error(void **state) {
	struct error error = {""};
	(void)state;
	assert_int_equal(read_and_check("/nonexistent/x.ini", &error), STATUS_IO);
	assert_string_equal(error.text, "/nonexistent/x.ini: cannot be opened: No such file or directory");
	assert_int_equal(read_and_check("/tmp", &error), STATUS_IO);
	assert_string_equal(error.text, "/tmp: is not a regular file");
	assert_int_equal(read_and_check("/dev/null", &error), STATUS_IO);
	assert_string_equal(error.text, "/dev/null: is not a regular file");
}

/* Writes `count` lines made from `format` and a number behind `head`, and reads the file. */
static enum status read_many(const char *head, const char *format, int count, struct error *error) {
	char path[] = "/tmp/nbsim_config_XXXXXX";
	int handle = mkstemp(path);
	assert_true(handle >= 0);
	FILE *file = fdopen(handle, "w");
	fputs(head, file);
	for (int i = 0; i < count; i++) fprintf(file, format, i);
	fclose(file);
	struct ini *ini;
	enum status status = ini_open(&ini, path, error);
	ini_close(ini);
	unlink(path);
	memmove(error->text, error->text + strcspn(error->text, ":"),
	        strlen(error->text + strcspn(error->text, ":")) + 1);
	return status;
}

static void endless_files_are_refused(void **state) {
	struct error error = {""};
	(void)state;
	assert_int_equal(read_many("[a]\n", "key_%d = 1\n", INI_ENTRIES_MAX + 1, &error), STATUS_INPUT);
	assert_string_equal(error.text, ":20002: too many keys");
	assert_int_equal(read_many("", "[section_%d]\n", INI_ENTRIES_MAX + 1, &error), STATUS_INPUT);
	assert_string_equal(error.text, ":20001: too many sections");
}

static void well_formed_oddities_are_read(void **state) {
	static const char text[] =
	    "; a comment\r\n\r\n  [ run ]  \r\n\tframes=3 ; behind the value\r\nworkload = \"a ; b # c\" # yes\r\n"
	    "[machine]\r\ndevice = 'u250'\r\n[binary_engine]\r\npes = 8";
	char path[] = "/tmp/nbsim_config_XXXXXX";
	struct error error = {""};
	struct config config;
	int handle = mkstemp(path);
	(void)state;
	assert_true(handle >= 0);
	assert_int_equal(write(handle, text, sizeof text - 1), sizeof text - 1);
	close(handle);
	assert_int_equal(config_read(&config, path, &error), STATUS_OK);
	unlink(path);
	assert_int_equal(config.frames, 3);
	assert_string_equal(config.workload, "a ; b # c");
	assert_string_equal(config.device, "u250");
	assert_int_equal(config.binary_pes, 8);
}

int main(void) {
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_file_is_refused_with_its_sentence),
	    cmocka_unit_test(what_is_no_file_is_an_io_error),
	    cmocka_unit_test(endless_files_are_refused),
	    cmocka_unit_test(well_formed_oddities_are_read),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
