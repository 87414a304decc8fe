/* See command.h. */
#include "tests/equal/command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int command_run(const char *program, const struct suite_command *commands, size_t count, int argc, char **argv) {
	for (size_t i = 0; i < count; i++)
		if (argc > 1 && !strcmp(argv[1], commands[i].word) && argc - 2 >= commands[i].least &&
		    argc - 2 <= commands[i].most)
			return commands[i].run(argc - 2, argv + 2);
	for (size_t i = 0; i < count; i++)
		fprintf(stderr, "%s %s %s %s\n", i ? "      " : "usage:", program, commands[i].word,
		        commands[i].arguments);
	return STATUS_USAGE;
}

uint64_t command_number(const char *text) {
	return strtoull(text, NULL, 10);
}

int command_failed(const char *program, enum status status, const struct error *error) {
	fprintf(stderr, "%s: %s\n", program, error->text);
	return status;
}
