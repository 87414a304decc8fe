/* Command line of nbreport: one table that is parsed and printed as --help. */
#ifndef REPORTS_NBREPORT_OPTIONS_H
#define REPORTS_NBREPORT_OPTIONS_H

#include <signal.h>

#include "sim/base/options.h"

enum report_format { REPORT_TABLE, REPORT_CSV };

struct report_arguments {
	const char *db, *out, *name, *run, *unit, *sweep, *x, *line, *y, *objectives, *where;
	const char *reference, *rows, *plot; /* compare */
	uint32_t format;                     /* enum report_format */
	struct option_list words;
	int help, version;
	const volatile sig_atomic_t *stop; /* set by an interrupt */
};

extern const struct options nbreport_options; /* fills a struct report_arguments */

#endif
