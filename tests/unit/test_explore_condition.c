/* Do conditions mean what they say? */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "explore/condition.h"

static const char *const names[] = {"a", "b", "unit.word", "missing"};

static int find(const void *context, const char *name) {
	(void)context;
	for (int i = 0; i < 4; i++)
		if (!strcmp(names[i], name)) return i;
	return -1;
}

static int name_of(const void *context, int variable, char *text, size_t bytes) {
	(void)context;
	if (variable > 3) return 0;
	snprintf(text, bytes, "%s", names[variable]);
	return 1;
}

static const struct condition_names known = {NULL, find, name_of};

static struct condition_value fetch(void *context, int variable) {
	(void)context;
	if (variable == 2) return (struct condition_value){NAN, "dsp"};
	return (struct condition_value){variable == 0 ? 6 : variable == 1 ? 4 : NAN, NULL};
}

static double value(const char *text) {
	struct condition *condition;
	struct error error = {""};
	if (condition_create(&condition, text, "here", &known, &error)) fail_msg("%s", error.text);
	double number = condition_evaluate(condition, fetch, NULL).number;
	condition_free(condition);
	return number;
}

static void assert_value(const char *text, double expected) {
	double got = value(text);
	if (isnan(expected) ? !isnan(got) : fabs(got - expected) > 1e-12)
		fail_msg("%s is %g, not %g", text, got, expected);
}

static void arithmetic_binds_as_usual(void **state) {
	(void)state;
	assert_value("1 + 2 * 3", 7);
	assert_value("(1 + 2) * 3", 9);
	assert_value("a - b - 1", 1);
	assert_value("a / b * 2", 3);
	assert_value("a % b", 2);
	assert_value("-a + 10", 4);
	assert_value("- - a", 6);
	assert_value("min(a, b) + max(a, b * 2)", 12);
	assert_value("0.5*a", 3);
}

static void comparisons_and_words(void **state) {
	(void)state;
	assert_value("a > b and b = 4 or 1 = 2", 1);
	assert_value("1 = 2 and 1 = 1 or 1 = 1", 1);
	assert_value("1 = 1 or 1 = 1 and 1 = 2", 1);
	assert_value("not a > b", 0);
	assert_value("not (a < b) and a >= 6 and a <= 6 and a <> 5 and a != 5 and a == 6", 1);
	assert_value("unit.word = 'dsp'", 1);
	assert_value("unit.word != 'lut' and not unit.word = 'lut'", 1);
	assert_value("unit.word < 'lut'", 0);
	assert_value("unit.word = 4", 0);
}

static void what_is_not_known_fulfils_nothing(void **state) {
	(void)state;
	assert_value("missing > 1", 0);
	assert_value("missing < 1", 0);
	assert_value("missing = missing", 0);
	assert_value("missing != 3", 0);
	assert_value("not missing > 1", 1);
	assert_value("missing + 1", NAN);
	assert_value("unit.word + 1", NAN);
	assert_value("a / 0 > 1", 1);
}

static void assert_refused(const char *text, const char *sentence) {
	struct condition *condition = (struct condition *)&known;
	struct error error = {""};
	assert_int_equal(condition_create(&condition, text, "here", &known, &error), STATUS_INPUT);
	assert_null(condition);
	if (!strstr(error.text, sentence) || strncmp(error.text, "here: ", 6) != 0)
		fail_msg("%s: '%s' does not say '%s'", text, error.text, sentence);
}

static void mistakes_are_named(void **state) {
	char deep[400];
	(void)state;
	assert_refused("", "expected a number, a name");
	assert_refused("1 +", "expected a number, a name");
	assert_refused("unit.wrd = 1", "nearest known one is 'unit.word'");
	assert_refused("zzzzzz", "unknown name 'zzzzzz'");
	assert_refused("(1", "expected )");
	assert_refused("1 2", "at '2': expected an operator");
	assert_refused("'open", "closing '");
	assert_refused("1e3", "decimal number");
	assert_refused("min(1)", "expected ,");
	assert_refused("1 $ 2", "expected an operator");
	memset(deep, '(', sizeof deep - 1);
	deep[sizeof deep - 1] = 0;
	assert_refused(deep, "fewer parentheses");
	memset(deep, '-', sizeof deep - 1);
	assert_refused(deep, "fewer signs");
}

static void uses_are_seen(void **state) {
	struct condition *condition;
	(void)state;
	assert_int_equal(condition_create(&condition, "b + 1 > 2", "here", &known, NULL), STATUS_OK);
	assert_true(condition_uses(condition, 1));
	assert_false(condition_uses(condition, 0));
	condition_free(condition);
	condition_free(NULL);
}

int main(void) {
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(arithmetic_binds_as_usual),
	    cmocka_unit_test(comparisons_and_words),
	    cmocka_unit_test(what_is_not_known_fulfils_nothing),
	    cmocka_unit_test(mistakes_are_named),
	    cmocka_unit_test(uses_are_seen),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
