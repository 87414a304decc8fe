/* Parity plot of a comparison: simulated against measured cycles a frame, both logarithmic, with the diagonal. */
#ifndef REPORTS_COMPARISON_PLOT_H
#define REPORTS_COMPARISON_PLOT_H

#include "reports/comparison.h"

/* `path` is FOLDER/NAME.svg, .pdf or .png; all files of a figure (plot.h) are written beside it: the three pictures,
 * NAME.csv with the data, NAME.gp with the script. STATUS_USAGE for another ending, STATUS_INPUT when no row was
 * simulated, and the statuses of plot.h. */
enum status comparison_plot(const struct comparison *comparison, const char *path, struct error *error);

/* Refuses an ending or name that comparison_plot would refuse, before anything is run. */
enum status comparison_plot_check(const char *path, struct error *error);

#endif
