/* See compare.h. */
#include "tests/equal/compare.h"

#include <stdlib.h>
#include <string.h>

enum { SHOWN_CHARACTERS = 90 };

/* One case's text, up to and including the line `end`. */
struct text {
	char *data;
	size_t used, bytes;
};

/* Returns 0 at the end of the file (or when out of memory, which then shows as a difference). */
static int read_text(FILE *file, struct text *text) {
	char *line = NULL;
	size_t line_bytes = 0;
	ssize_t got;
	text->used = 0;
	while ((got = getline(&line, &line_bytes, file)) > 0) {
		if (text->used + (size_t)got + 1 > text->bytes) {
			const size_t bytes = 2 * (text->used + (size_t)got + 1);
			char *grown = realloc(text->data, bytes);
			if (!grown) break;
			text->data = grown;
			text->bytes = bytes;
		}
		memcpy(text->data + text->used, line, (size_t)got + 1);
		text->used += (size_t)got;
		if (!strcmp(line, "end\n")) break;
	}
	free(line);
	return text->used > 0;
}

static void print_difference(FILE *out, const char *a, const char *b) {
	while (*a && *b) {
		const size_t la = strcspn(a, "\n"), lb = strcspn(b, "\n");
		if (la != lb || memcmp(a, b, la)) break;
		a += la + (a[la] ? 1 : 0);
		b += lb + (b[lb] ? 1 : 0);
	}
	const size_t la = strcspn(a, "\n"), lb = strcspn(b, "\n");
	fprintf(out, "  model: %.*s\n  rtl:   %.*s\n", (int)(la > SHOWN_CHARACTERS ? SHOWN_CHARACTERS : la), a,
	        (int)(lb > SHOWN_CHARACTERS ? SHOWN_CHARACTERS : lb), b);
}

int compare_files(const char *expected_path, const char *got_path, FILE *out) {
	FILE *expected = fopen(expected_path, "r"), *got = fopen(got_path, "r");
	struct text a = {0}, b = {0};
	int passed = 0, failed = 0;
	while (expected && got && read_text(expected, &a)) {
		const int there = read_text(got, &b);
		if (there && !strcmp(a.data, b.data)) {
			passed++;
			continue;
		}
		if (out) {
			fprintf(out, "case %d differs:\n", passed + failed);
			print_difference(out, a.data, there ? b.data : "(missing)\n");
		}
		failed++;
	}
	if (out) fprintf(out, "%d passed, %d failed\n", passed, failed);
	if (expected) fclose(expected);
	if (got) fclose(got);
	free(a.data);
	free(b.data);
	return passed + failed ? failed : -1;
}
