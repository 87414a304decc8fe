/* Do expressions, repetitions and [geometry] give the sections their header promises? */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/test_compile_folder.h"
#include "workloads/description.h"
#include "workloads/expression.h"

static void expressions(void **state) {
	(void)state;
	static const struct expression_name names[] = {{"depth", 6}, {"patch", 4}};
	static const struct {
		const char *text;
		int64_t value;
		enum status status;
	} rows[] = {
	    {"12", 12, STATUS_OK},
	    {" 2*depth - 1 ", 11, STATUS_OK},
	    {"(32/patch)*(32/patch)", 64, STATUS_OK},
	    {"-3+depth", 3, STATUS_OK},
	    {"8-2-1", 5, STATUS_OK},
	    {"7/2", 0, STATUS_INPUT},
	    {"1/0", 0, STATUS_INPUT},
	    {"1+", 0, STATUS_INPUT},
	    {"(1", 0, STATUS_INPUT},
	    {"", 0, STATUS_INPUT},
	    {"dept", 0, STATUS_INPUT},
	    {"2 2", 0, STATUS_INPUT},
	    {"999999999999999", 0, STATUS_INPUT},
	    {"1000000*1000000*10", 0, STATUS_INPUT},
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct error error = {""};
		int64_t value = -1;
		enum status status =
		    expression_value(rows[i].text, strlen(rows[i].text), names, 2, "place", &value, &error);
		assert_int_equal(status, rows[i].status);
		if (!status) assert_int_equal(value, rows[i].value);
		if (status) assert_ptr_equal(strstr(error.text, "place"), error.text);
	}
	struct error error = {""};
	int64_t value;
	expression_value("dept", 4, names, 2, "place", &value, &error);
	assert_non_null(strstr(error.text, "did you mean depth"));
	char deep[201];
	memset(deep, '(', 200);
	assert_int_equal(expression_value(deep, 200, names, 2, "place", &value, &error), STATUS_INPUT);
}

static const char *const ini = "[geometry]\n"
                               "depth = 3\n"
                               "wide = depth*10\n"
                               "[first]\n"
                               "a = x{wide}y{depth-1}\n"
                               "[block]\n"
                               "repeat = i 2..depth\n"
                               "name = b{i}.conv\n"
                               "inputs = b{i-1}.conv\n";

static void repetition(void **state) {
	(void)state;
	struct test_folder folder;
	struct arena arena = {0};
	struct description description;
	struct error error = {""};
	char path[128];
	test_folder_open(&folder, ini);
	snprintf(path, sizeof path, "%s/network.ini", folder.path);
	assert_int_equal(description_read(&description, path, NULL, 0, &arena, &error), STATUS_OK);
	assert_int_equal(description.section_count, 3);
	assert_string_equal(description_value(&description.sections[0], "a"), "x30y2");
	assert_string_equal(description.sections[1].name, "b2.conv");
	assert_string_equal(description.sections[2].name, "b3.conv");
	assert_string_equal(description_value(&description.sections[2], "inputs"), "b2.conv");
	assert_null(description_value(&description.sections[2], "name"));
	static const char *const deeper[] = {"depth=5"};
	assert_int_equal(description_read(&description, path, deeper, 1, &arena, &error), STATUS_OK);
	assert_int_equal(description.section_count, 5);
	assert_string_equal(description_value(&description.sections[0], "a"), "x50y4");
	static const char *const wrong[] = {"dept=5"};
	assert_int_equal(description_read(&description, path, wrong, 1, &arena, &error), STATUS_INPUT);
	assert_non_null(strstr(error.text, "did you mean depth"));
	arena_clear(&arena);
	test_folder_remove(&folder);
}

int main(void) {
	const struct CMUnitTest tests[] = {cmocka_unit_test(expressions), cmocka_unit_test(repetition)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
