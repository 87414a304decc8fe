/* A run as a page of markdown, with its attribution figure. */
#ifndef REPORTS_RUN_REPORT_H
#define REPORTS_RUN_REPORT_H

#include "reports/figure.h"

/* Writes FOLDER/report.md (request->file: another name) and beside it the attribution figure that it shows. Uses db,
 * out, file, run and unit of the request. result->base is the page without its ending. */
enum status run_report_write(const struct figure_request *request, struct figure_result *result, struct error *error);

#endif
