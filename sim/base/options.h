/* Command-line options from a table: the same rows parse the command line and print --help.
 *
 * Forms: --name, --name=value, --name value, -l, -l value, -lvalue; "--" ends the options; "-" alone is an argument.
 * Options and arguments may be mixed. Letters are not bundled. An option that is not a list may be given once.
 */
#ifndef SIM_BASE_OPTIONS_H
#define SIM_BASE_OPTIONS_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "sim/base/status.h"

enum option_kind {
	OPTION_SECTION,  /* heading of --help; only `help` is used */
	OPTION_FLAG,     /* int, set to 1 */
	OPTION_TEXT,     /* const char *, points into argv; an empty value is refused */
	OPTION_UNSIGNED, /* uint64_t, minimum..maximum */
	OPTION_WORD,     /* uint32_t, index of the word in `words` */
	OPTION_LIST      /* struct option_list, one text for each time it is given */
};

/* Texts in the order given; they point into argv. The array is released by options_clear. */
struct option_list {
	const char **items;
	size_t count;
};

struct option {
	enum option_kind kind;
	const char *name;          /* without dashes; "config" */
	char letter;               /* 'o' for -o, or 0 */
	const char *value;         /* name of the value in --help: "FILE"; NULL for flags */
	const char *words;         /* OPTION_WORD: "systemc|native" */
	uint64_t minimum, maximum; /* OPTION_UNSIGNED */
	size_t offset;             /* of the member in the caller's struct */
	const char *help;          /* one or more sentences; wrapped when printed */
};

struct options {
	const char *program;         /* "nbsim" */
	const char *summary;         /* what it does; wrapped */
	const char *const *synopsis; /* command lines, NULL at the end: "nbsim --config FILE [options]" */
	const struct option *rows;
	size_t row_count;
	size_t arguments_offset;     /* of a struct option_list for what is not an option */
	size_t arguments_maximum;    /* 0: none is taken */
	const char *const *examples; /* pairs of a command line and what it does, NULL at the end; or NULL */
	const char *const *notes;    /* paragraphs at the end (exit status, files), NULL at the end; or NULL */
};

/* Reads argv[1..] into `target`, the caller's struct, whose members hold their defaults before. STATUS_USAGE with one
 * sentence (unknown option with the nearest known one, missing, superfluous or wrong value, given twice, too many
 * arguments); STATUS_MEMORY. `target` may be partly filled on failure; call options_clear in every case. */
enum status options_parse(const struct options *options, int argc, char *const argv[], void *target,
                          struct error *error);

/* Releases the lists in `target` and leaves them empty. */
void options_clear(const struct options *options, void *target);

/* Prints --help: synopsis, summary, the options by section, examples, notes; at most 100 columns. */
void options_help(const struct options *options, FILE *out);

#endif
