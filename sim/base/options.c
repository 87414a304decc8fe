/* See options.h. Left out: bundled letters (-abc), abbreviated names, options of sub-commands. A table has at most
 * ROWS_MAX rows, checked by an assert since tables are constants of the programs. */
#include "sim/base/options.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/text.h"

enum { ROWS_MAX = 128, HELP_COLUMNS = 100, HELP_INDENT = 30 };

struct parser {
	const struct options *options;
	void *target;
	struct error *error;
	unsigned char given[ROWS_MAX];
};

static void *member(void *target, size_t offset) {
	return (char *)target + offset;
}

static enum status list_append(struct option_list *list, const char *item, struct error *error) {
	const char **items = realloc(list->items, (list->count + 1) * sizeof *items);
	if (!items) return error_set(error, STATUS_MEMORY, "out of memory for the command line");
	list->items = items;
	list->items[list->count++] = item;
	return STATUS_OK;
}

/* "--name", or the word as it was written for an argument that is not known. */
static enum status unknown(const struct parser *parser, const char *name, size_t letters) {
	char word[64];
	struct text_nearest nearest;
	snprintf(word, sizeof word, "%.*s", (int)(letters < 63 ? letters : 63), name);
	text_nearest_start(&nearest, word);
	for (size_t i = 0; i < parser->options->row_count; i++)
		if (parser->options->rows[i].kind != OPTION_SECTION)
			text_nearest_offer(&nearest, parser->options->rows[i].name);
	const char *best = text_nearest_best(&nearest);
	if (best)
		return error_set(parser->error, STATUS_USAGE, "unknown option '--%s'; the nearest known one is '--%s'",
		                 word, best);
	return error_set(parser->error, STATUS_USAGE, "unknown option '--%s'; see '%s --help'", word,
	                 parser->options->program);
}

static enum status set_unsigned(const struct parser *parser, const struct option *row, const char *value) {
	uint64_t number;
	enum text_number form = text_unsigned(value, &number);
	if (form == TEXT_NUMBER_MALFORMED)
		return error_set(parser->error, STATUS_USAGE, "--%s: '%s' is not a whole number; expected %llu to %llu",
		                 row->name, value, (unsigned long long)row->minimum, (unsigned long long)row->maximum);
	if (form != TEXT_NUMBER_OK || number < row->minimum || number > row->maximum)
		return error_set(parser->error, STATUS_USAGE, "--%s: %s is out of range; expected %llu to %llu",
		                 row->name, value, (unsigned long long)row->minimum, (unsigned long long)row->maximum);
	*(uint64_t *)member(parser->target, row->offset) = number;
	return STATUS_OK;
}

static enum status set_word(const struct parser *parser, const struct option *row, const char *value) {
	int index = text_word_index(row->words, value);
	if (index < 0) {
		char list[256];
		text_word_list(row->words, list, sizeof list);
		return error_set(parser->error, STATUS_USAGE, "--%s: '%s' is not known; expected one of %s", row->name,
		                 value, list);
	}
	*(uint32_t *)member(parser->target, row->offset) = (uint32_t)index;
	return STATUS_OK;
}

static enum status set_value(struct parser *parser, size_t index, const char *value) {
	const struct option *row = &parser->options->rows[index];
	if (row->kind != OPTION_LIST && parser->given[index]++)
		return error_set(parser->error, STATUS_USAGE, "--%s is given twice", row->name);
	if (row->kind != OPTION_FLAG && value[0] == '\0')
		return error_set(parser->error, STATUS_USAGE, "--%s: the value is empty; expected %s", row->name,
		                 row->value);
	switch (row->kind) {
	case OPTION_SECTION: break;
	case OPTION_FLAG: *(int *)member(parser->target, row->offset) = 1; break;
	case OPTION_TEXT: *(const char **)member(parser->target, row->offset) = value; break;
	case OPTION_UNSIGNED: return set_unsigned(parser, row, value);
	case OPTION_WORD: return set_word(parser, row, value);
	case OPTION_LIST: return list_append(member(parser->target, row->offset), value, parser->error);
	}
	return STATUS_OK;
}

/* Index of the row of an option word, row_count if there is none; *attached is the value in the same word or NULL. */
static size_t find_row(const struct options *options, const char *word, const char **attached, size_t *letters) {
	int is_long = word[1] == '-';
	const char *name = word + 1 + is_long;
	*letters = is_long ? strcspn(name, "=") : 1;
	*attached = name[*letters] == '\0' ? NULL : name + *letters + is_long;
	for (size_t i = 0; i < options->row_count; i++) {
		const struct option *row = &options->rows[i];
		if (row->kind == OPTION_SECTION) continue;
		if (is_long ? strlen(row->name) == *letters && memcmp(row->name, name, *letters) == 0
		            : row->letter == name[0])
			return i;
	}
	return options->row_count;
}

/* Reads the option argv[*at] and, where it takes one, its value; leaves *at at the last word it used. */
static enum status parse_option(struct parser *parser, int argc, char *const argv[], int *at) {
	const char *word = argv[*at], *value;
	size_t letters, index = find_row(parser->options, word, &value, &letters);
	if (index == parser->options->row_count && word[1] == '-') return unknown(parser, word + 2, letters);
	if (index == parser->options->row_count)
		return error_set(parser->error, STATUS_USAGE, "unknown option '%s'; see '%s --help'", word,
		                 parser->options->program);
	const struct option *row = &parser->options->rows[index];
	if (row->kind == OPTION_FLAG) {
		if (value)
			return error_set(parser->error, STATUS_USAGE, "--%s takes no value; '%s' was given", row->name,
			                 value);
		return set_value(parser, index, "");
	}
	if (!value) {
		if (*at + 1 == argc)
			return error_set(parser->error, STATUS_USAGE, "--%s needs a value: %s", row->name, row->value);
		value = argv[++*at];
	}
	return set_value(parser, index, value);
}

static enum status add_argument(const struct parser *parser, const char *word) {
	const struct options *options = parser->options;
	if (options->arguments_maximum == 0)
		return error_set(parser->error, STATUS_USAGE,
		                 "'%s' is not an option and %s takes no arguments; see '%s --help'", word,
		                 options->program, options->program);
	struct option_list *list = member(parser->target, options->arguments_offset);
	if (list->count == options->arguments_maximum)
		return error_set(parser->error, STATUS_USAGE, "'%s' is one argument too many; at most %zu can be given",
		                 word, options->arguments_maximum);
	return list_append(list, word, parser->error);
}

enum status options_parse(const struct options *options, int argc, char *const argv[], void *target,
                          struct error *error) {
	struct parser parser = {options, target, error, {0}};
	int only_arguments = 0;
	assert(options->row_count <= ROWS_MAX);
	for (int at = 1; at < argc; at++) {
		enum status status;
		if (!only_arguments && strcmp(argv[at], "--") == 0) {
			only_arguments = 1;
			continue;
		}
		if (only_arguments || argv[at][0] != '-' || argv[at][1] == '\0')
			status = add_argument(&parser, argv[at]);
		else
			status = parse_option(&parser, argc, argv, &at);
		if (status != STATUS_OK) return status;
	}
	return STATUS_OK;
}

static void clear_list(struct option_list *list) {
	free(list->items);
	list->items = NULL;
	list->count = 0;
}

void options_clear(const struct options *options, void *target) {
	for (size_t i = 0; i < options->row_count; i++)
		if (options->rows[i].kind == OPTION_LIST) clear_list(member(target, options->rows[i].offset));
	if (options->arguments_maximum > 0) clear_list(member(target, options->arguments_offset));
}

static void help_row(const struct option *row, FILE *out) {
	char left[96], letter[8] = "    ";
	if (row->letter) snprintf(letter, sizeof letter, "-%c, ", row->letter);
	snprintf(left, sizeof left, "  %s--%s%s%s", letter, row->name, row->value ? " " : "",
	         row->value ? row->value : "");
	unsigned column = (unsigned)strlen(left);
	fputs(left, out);
	if (column + 2 > HELP_INDENT) {
		fputc('\n', out);
		column = 0;
	}
	fprintf(out, "%*s", (int)(HELP_INDENT - column), "");
	text_wrap(out, row->help, HELP_INDENT, HELP_INDENT, HELP_COLUMNS);
}

void options_help(const struct options *options, FILE *out) {
	for (const char *const *line = options->synopsis; *line; line++)
		fprintf(out, "%s %s\n", line == options->synopsis ? "Usage:" : "      ", *line);
	fputc('\n', out);
	text_wrap(out, options->summary, 0, 0, HELP_COLUMNS);
	for (size_t i = 0; i < options->row_count; i++) {
		if (options->rows[i].kind == OPTION_SECTION)
			fprintf(out, "\n%s:\n", options->rows[i].help);
		else
			help_row(&options->rows[i], out);
	}
	if (options->examples) fputs("\nExamples:\n", out);
	for (const char *const *line = options->examples; line && *line; line += 2) {
		fprintf(out, "  %s\n      ", line[0]);
		text_wrap(out, line[1], 6, 6, HELP_COLUMNS);
	}
	for (const char *const *line = options->notes; line && *line; line++) {
		fputc('\n', out);
		text_wrap(out, *line, 0, 0, HELP_COLUMNS);
	}
}
