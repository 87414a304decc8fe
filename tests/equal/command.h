/* The command line of the equality programs: PROGRAM WORD ARGUMENTS, by a table of commands. */
#ifndef TESTS_EQUAL_COMMAND_H
#define TESTS_EQUAL_COMMAND_H

#include <stddef.h>
#include <stdint.h>

#include "sim/base/status.h"

struct suite_command {
	const char *word, *arguments; /* arguments: as the usage shows them */
	int least, most;              /* how many arguments */
	int (*run)(int count, char **words);
};

/* Runs the command that the words name; its status. STATUS_USAGE, with all commands on stderr, where none does. */
int command_run(const char *program, const struct suite_command *commands, size_t count, int argc, char **argv);

uint64_t command_number(const char *text);

/* Says the sentence on stderr. Returns the status. */
int command_failed(const char *program, enum status status, const struct error *error);

#endif
