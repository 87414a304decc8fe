/* The command `nbreport compare`. */
#ifndef REPORTS_NBREPORT_COMPARE_H
#define REPORTS_NBREPORT_COMPARE_H

#include "reports/nbreport_options.h"

/* Reads the measured rows, runs them, prints table or CSV to standard output and draws the parity plot. Without
 * --reference the shipped boards.csv, and the paper's figures with it. After everything is printed, the status of the
 * first row that names a configuration and could not be run. */
enum status nbreport_compare(const struct report_arguments *arguments, struct error *error);

#endif
