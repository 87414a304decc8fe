/* Words of a figure of a point on an axis: "Latency (ms)", "LUTs (thousand)". */
#ifndef REPORTS_LABEL_H
#define REPORTS_LABEL_H

#include <stddef.h>

enum { LABEL_BYTES = 128 };

struct label {
	char text[LABEL_BYTES]; /* with its unit in brackets */
	double factor;          /* what values are multiplied by for that unit */
};

/* `name` is a column of a point, an axis or a parameter, `unit` its unit in the database ("1": none), `largest` the
 * largest value that is drawn. Names without a row in the table are written as they are, without '_' and '.'. */
void label_make(struct label *label, const char *name, const char *unit, double largest);

#endif
