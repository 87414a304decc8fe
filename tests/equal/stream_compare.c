/* See stream_compare.h. */
#include "tests/equal/stream_compare.h"

#include <stdlib.h>
#include <string.h>

enum { SHOWN_LINES = 5, SHOWN_CHARACTERS = 150, READ_BYTES = 65536 };

/* The texts of the files one behind the other, or NULL. */
static char *read_files(char **paths, int count, struct error *error) {
	size_t used = 0, bytes = 2 * READ_BYTES;
	char *text = malloc(bytes);
	for (int i = 0; i < count && text; i++) {
		FILE *in = fopen(paths[i], "r");
		if (!in) {
			error_set(error, STATUS_IO, "%s cannot be read", paths[i]);
			free(text);
			return NULL;
		}
		for (size_t got; text && (got = fread(text + used, 1, READ_BYTES, in)) > 0;) {
			used += got;
			if (bytes - used > READ_BYTES) continue;
			bytes *= 2;
			char *wider = realloc(text, bytes);
			if (!wider) free(text);
			text = wider;
		}
		fclose(in);
	}
	if (text)
		text[used] = '\0';
	else
		error_set(error, STATUS_MEMORY, "out of memory");
	return text;
}

static size_t line_bytes(const char *line) {
	return strcspn(line, "\n");
}

static const char *next_line(const char *line) {
	const size_t bytes = line_bytes(line);
	return line + bytes + (line[bytes] ? 1 : 0);
}

static int begins(const char *line, const char *word) {
	return !strncmp(line, word, strlen(word));
}

/* The line behind `case NAME`, or NULL. */
static const char *find_case(const char *text, const char *name, size_t name_bytes) {
	for (; *text; text = next_line(text))
		if (begins(text, "case ") && line_bytes(text) == 5 + name_bytes && !memcmp(text + 5, name, name_bytes))
			return next_line(text);
	return NULL;
}

static const char *skip_states(const char *line) {
	while (begins(line, "state ")) line = next_line(line);
	return line;
}

static void print_line(FILE *out, const char *who, const char *line) {
	const size_t bytes = line_bytes(line);
	fprintf(out, "  %s %.*s\n", who, (int)(bytes > SHOWN_CHARACTERS ? SHOWN_CHARACTERS : bytes), line);
}

/* Lines up to `end`; returns how many differ. Where one text ends earlier the rest of the other is one difference. */
static uint32_t compare_case(const char *expected, const char *got, const char *name, size_t name_bytes, FILE *out) {
	uint32_t different = 0;
	for (;;) {
		got = skip_states(got);
		const size_t a = line_bytes(expected), b = line_bytes(got);
		const int is_equal = a == b && !memcmp(expected, got, a);
		const int ends_a = !*expected || begins(expected, "end\n"), ends_b = !*got || begins(got, "end\n");
		if (!is_equal) {
			if (!different) fprintf(out, "case %.*s differs:\n", (int)name_bytes, name);
			if (different++ < SHOWN_LINES) {
				print_line(out, "model", expected);
				print_line(out, "rtl  ", got);
			}
		}
		if (ends_a || ends_b) return different;
		expected = next_line(expected);
		got = next_line(got);
	}
}

enum status stream_compare_files(const char *expected, char **got, int got_count, FILE *out, uint32_t *passed,
                                 uint32_t *failed, struct error *error) {
	char path[4096], *paths[1] = {path};
	snprintf(path, sizeof path, "%s", expected);
	char *wanted = read_files(paths, 1, error), *results = wanted ? read_files(got, got_count, error) : NULL;
	*passed = *failed = 0;
	if (!results) {
		free(wanted);
		return STATUS_IO;
	}
	for (const char *line = wanted; *line; line = next_line(line)) {
		if (!begins(line, "case ")) continue;
		const char *name = line + 5;
		const size_t bytes = line_bytes(name);
		const char *result = find_case(results, name, bytes);
		if (!result) fprintf(out, "case %.*s: the RTL gave no result\n", (int)bytes, name);
		if (!result || compare_case(next_line(line), result, name, bytes, out))
			++*failed;
		else
			++*passed;
	}
	free(wanted);
	free(results);
	return STATUS_OK;
}
