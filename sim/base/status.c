/* See status.h. */
#include "sim/base/status.h"

#include <stdarg.h>
#include <stdio.h>

/* Bytes of the UTF-8 character at `text`; 0 where there is none, or where it is a control character. */
static int printable_bytes(const unsigned char *text) {
	int length = text[0] < 0x80                      ? 1
	             : text[0] >= 0xf0 && text[0] < 0xf5 ? 4
	             : text[0] >= 0xe0 && text[0] < 0xf0 ? 3
	             : text[0] >= 0xc2 && text[0] < 0xe0 ? 2
	                                                 : 0;
	if (length == 1 && (text[0] < 32 || text[0] == 127)) return 0;
	if (length == 2 && text[0] == 0xc2 && text[1] < 0xa0) return 0; /* C1 controls */
	for (int i = 1; i < length; i++)
		if ((text[i] & 0xc0) != 0x80) return 0;
	return length;
}

/* Names and values of files go into sentences; what a terminal would obey or could not show becomes '?'. */
static void make_printable(char *text) {
	for (unsigned char *at = (unsigned char *)text; *at;) {
		int length = printable_bytes(at);
		if (!length) *at = '?';
		at += length ? length : 1;
	}
}

enum status error_set(struct error *error, enum status status, const char *format, ...) {
	if (error) {
		va_list arguments;
		va_start(arguments, format);
		vsnprintf(error->text, sizeof error->text, format, arguments);
		va_end(arguments);
		make_printable(error->text);
	}
	return status;
}

const char *status_name(enum status status) {
	static const char *const names[] = {"ok",         "failed", "usage",       "input", "io",
	                                    "unmappable", "stuck",  "interrupted", "memory"};
	if ((unsigned)status >= sizeof names / sizeof names[0]) return "unknown";
	return names[status];
}
