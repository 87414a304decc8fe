/* See status.h. */
#include "sim/base/status.h"

#include <stdarg.h>
#include <stdio.h>

enum status error_set(struct error *error, enum status status, const char *format, ...) {
	if (error) {
		va_list arguments;
		va_start(arguments, format);
		vsnprintf(error->text, sizeof error->text, format, arguments);
		va_end(arguments);
	}
	return status;
}

const char *status_name(enum status status) {
	static const char *const names[] = {"ok",         "failed", "usage",       "input", "io",
	                                    "unmappable", "stuck",  "interrupted", "memory"};
	if ((unsigned)status >= sizeof names / sizeof names[0]) return "unknown";
	return names[status];
}
