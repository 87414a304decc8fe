/* Does the command-line parser of sim/base/options.h take every form, refuse the rest in one sentence, and print its
 * table? */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sim/base/options.h"

struct target {
	int help, layers;
	const char *config;
	uint64_t count;
	uint32_t kernel;
	struct option_list set, arguments;
};

#define AT(member) offsetof(struct target, member)

static const struct option rows[] = {
    {OPTION_SECTION, NULL, 0, NULL, NULL, 0, 0, 0, "Input"},
    {OPTION_TEXT, "config", 'c', "FILE", NULL, 0, 0, AT(config), "Machine to simulate."},
    {OPTION_LIST, "set", 0, "SECTION.KEY=VALUE", NULL, 0, 0, AT(set), "Overrides one parameter; may be given often."},
    {OPTION_UNSIGNED, "count", 'n', "N", NULL, 1, 1000, AT(count),
     "Images to evaluate, from the first one of the file on, in the order in which they are stored there."},
    {OPTION_SECTION, NULL, 0, NULL, NULL, 0, 0, 0, "Other"},
    {OPTION_WORD, "kernel", 0, "NAME", "systemc|native", 0, 0, AT(kernel), "systemc or native."},
    {OPTION_FLAG, "layers", 0, NULL, NULL, 0, 0, AT(layers), "Prints a line a layer."},
    {OPTION_FLAG, "help", 'h', NULL, NULL, 0, 0, AT(help), "Prints this text."},
};
static const char *const synopsis[] = {"tool [options] [FILE]", "tool --help", NULL};
static const char *const examples[] = {"tool -c u250.ini", "runs the default network", NULL};
static const char *const notes[] = {"Exit status: 0 or 2.", NULL};
static const struct options tool = {"tool", "Simulates.", synopsis, rows, sizeof rows / sizeof rows[0], AT(arguments),
                                    2,      examples,     notes};

static enum status parse(const struct options *options, struct target *target, struct error *error, char *words) {
	char *argv[16] = {"tool"};
	int argc = 1;
	memset(target, 0, sizeof *target);
	target->count = 5;
	error->text[0] = '\0';
	for (char *word = strtok(words, " "); word; word = strtok(NULL, " "))
		argv[argc++] = strcmp(word, "''") ? word : "";
	return options_parse(options, argc, argv, target, error);
}

static void every_form_is_taken(void **state) {
	struct target target;
	struct error error;
	char words[] = "--config=a.ini in.nbt -n 7 --set x.y=1 --layers --set=z.w=2 --kernel native - -h";
	(void)state;
	assert_int_equal(parse(&tool, &target, &error, words), STATUS_OK);
	assert_string_equal(target.config, "a.ini");
	assert_int_equal(target.count, 7);
	assert_int_equal(target.kernel, 1);
	assert_int_equal(target.layers, 1);
	assert_int_equal(target.help, 1);
	assert_int_equal(target.set.count, 2);
	assert_string_equal(target.set.items[0], "x.y=1");
	assert_string_equal(target.set.items[1], "z.w=2");
	assert_int_equal(target.arguments.count, 2);
	assert_string_equal(target.arguments.items[0], "in.nbt");
	assert_string_equal(target.arguments.items[1], "-");
	options_clear(&tool, &target);
	assert_int_equal(target.set.count, 0);
	assert_null(target.set.items);
	char attached[] = "-n9 -- --config";
	assert_int_equal(parse(&tool, &target, &error, attached), STATUS_OK);
	assert_int_equal(target.count, 9);
	assert_string_equal(target.arguments.items[0], "--config");
	options_clear(&tool, &target);
	char nothing[] = "";
	assert_int_equal(parse(&tool, &target, &error, nothing), STATUS_OK);
	assert_int_equal(target.count, 5);
	options_clear(&tool, &target);
}

static void what_is_wrong_is_said_in_one_sentence(void **state) {
	static const struct {
		const char *words, *sentence;
	} cases[] = {
	    {"--confg a", "unknown option '--confg'; the nearest known one is '--config'"},
	    {"--confg=a", "unknown option '--confg'; the nearest known one is '--config'"},
	    {"--zzzzzz", "unknown option '--zzzzzz'; see 'tool --help'"},
	    {"-z", "unknown option '-z'; see 'tool --help'"},
	    {"--con a", "unknown option '--con'; see 'tool --help'"},
	    {"--config", "--config needs a value: FILE"},
	    {"--config=", "--config: the value is empty; expected FILE"},
	    {"--set ''", "--set: the value is empty; expected SECTION.KEY=VALUE"},
	    {"--layers=1", "--layers takes no value; '1' was given"},
	    {"-h1", "--help takes no value; '1' was given"},
	    {"--config a -c b", "--config is given twice"},
	    {"--layers --layers", "--layers is given twice"},
	    {"--count 12x", "--count: '12x' is not a whole number; expected 1 to 1000"},
	    {"--count 0", "--count: 0 is out of range; expected 1 to 1000"},
	    {"--count 1001", "--count: 1001 is out of range; expected 1 to 1000"},
	    {"--count 99999999999999999999", "--count: 99999999999999999999 is out of range; expected 1 to 1000"},
	    {"--kernel fast", "--kernel: 'fast' is not known; expected one of systemc, native"},
	    {"a b c", "'c' is one argument too many; at most 2 can be given"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct target target;
		struct error error;
		char words[64];
		snprintf(words, sizeof words, "%s", cases[i].words);
		assert_int_equal(parse(&tool, &target, &error, words), STATUS_USAGE);
		assert_string_equal(error.text, cases[i].sentence);
		options_clear(&tool, &target);
	}
}

static void arguments_can_be_refused(void **state) {
	struct options strict = tool;
	struct target target;
	struct error error;
	char words[] = "file";
	(void)state;
	strict.arguments_maximum = 0;
	assert_int_equal(parse(&strict, &target, &error, words), STATUS_USAGE);
	assert_string_equal(error.text, "'file' is not an option and tool takes no arguments; see 'tool --help'");
	options_clear(&strict, &target);
}

static void help_is_the_table(void **state) {
	static const char expected[] =
	    "Usage: tool [options] [FILE]\n"
	    "       tool --help\n"
	    "\n"
	    "Simulates.\n"
	    "\n"
	    "Input:\n"
	    "  -c, --config FILE           Machine to simulate.\n"
	    "      --set SECTION.KEY=VALUE\n"
	    "                              Overrides one parameter; may be given often.\n"
	    "  -n, --count N               Images to evaluate, from the first one of the file on, in the order in\n"
	    "                              which they are stored there.\n"
	    "\n"
	    "Other:\n"
	    "      --kernel NAME           systemc or native.\n"
	    "      --layers                Prints a line a layer.\n"
	    "  -h, --help                  Prints this text.\n"
	    "\n"
	    "Examples:\n"
	    "  tool -c u250.ini\n"
	    "      runs the default network\n"
	    "\n"
	    "Exit status: 0 or 2.\n";
	char *text = NULL;
	size_t bytes = 0;
	FILE *out = open_memstream(&text, &bytes);
	(void)state;
	options_help(&tool, out);
	fclose(out);
	assert_string_equal(text, expected);
	free(text);
}

int main(void) {
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_form_is_taken),
	    cmocka_unit_test(what_is_wrong_is_said_in_one_sentence),
	    cmocka_unit_test(arguments_can_be_refused),
	    cmocka_unit_test(help_is_the_table),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
