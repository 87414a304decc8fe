/* The figures: one table row each, read by the command line, by the list of what a database allows and by the tests.
 *
 *   attribution  cycles of one unit by state, per layer, of one run (tables of sim/store)
 *   latency      a figure of the points of a sweep against one parameter, a line for each value of another
 *   pareto       two figures of the points of a sweep, the front marked, dominated points faint
 *   organisation the best of a figure for a share of the device, a line for each organisation
 *   accuracy     top-1 of the networks of a sweep, with standard errors, against one width, a line for each other width
 */
#ifndef REPORTS_FIGURE_H
#define REPORTS_FIGURE_H

#include <limits.h>
#include <stddef.h>

#include "sim/base/status.h"

/* What is asked for. NULL: the default that --help states. */
struct figure_request {
	const char *db;         /* database file */
	const char *out;        /* folder of the files; made if it is missing */
	const char *file;       /* name of the files without ending; default: the figure's name */
	const char *run;        /* attribution: id or its beginning; default: the only run */
	const char *unit;       /* attribution: a unit, default: the one that works in the most cycles */
	const char *sweep;      /* the others: default the only sweep */
	const char *x, *line;   /* latency, accuracy: parameters */
	const char *y;          /* latency: a figure of a point */
	const char *objectives; /* pareto: two figures, by comma */
	const char *where;      /* the others: only points that fulfil it */
};

struct figure_result {
	char base[PATH_MAX]; /* folder and name; the files are base.svg, .pdf, .png, .csv, .gp */
	char note[768];      /* what a reader has to know and a caption should say; may be empty */
};

enum figure_need { FIGURE_OF_RUN, FIGURE_OF_POINTS, FIGURE_OF_ACCURACY };

struct figure {
	const char *name, *meaning;
	enum figure_need need;
	const char *options; /* "run|unit": those of the command line that mean something to it */
	/* Statuses: those of the database, of plot.h; STATUS_INPUT also when there is nothing to draw, with what is
	 * missing; STATUS_USAGE for a name that is not known, with the nearest. */
	enum status (*draw)(const struct figure_request *request, struct figure_result *result, struct error *error);
};

extern const struct figure figures[];
extern const size_t figure_count;

/* The figure of that name; NULL and the sentence (STATUS_USAGE) if there is none. */
const struct figure *figure_find(const char *name, struct error *error);

enum status figure_attribution(const struct figure_request *request, struct figure_result *result, struct error *error);
enum status figure_latency(const struct figure_request *request, struct figure_result *result, struct error *error);
enum status figure_pareto(const struct figure_request *request, struct figure_result *result, struct error *error);
enum status figure_accuracy(const struct figure_request *request, struct figure_result *result, struct error *error);

enum status figure_organisation(const struct figure_request *request, struct figure_result *result,
                                struct error *error);

#endif
