/* The run a figure or report is about. */
#ifndef REPORTS_STORED_RUN_H
#define REPORTS_STORED_RUN_H

#include "sim/base/status.h"
#include "sim/store/database.h"

/* Reads a run by its id or the beginning of one; `id` NULL: the only run of the database (STATUS_USAGE if there are
 * several, STATUS_INPUT if there is none). stored_run_clear after success. */
enum status stored_run_read(const char *db, const char *id, struct stored_run *run, struct error *error);

#endif
