/* See stored_run.h. */
#include "reports/stored_run.h"

#include <inttypes.h>

#include "reports/catalogue.h"

enum status stored_run_read(const char *db, const char *id, struct stored_run *run, struct error *error) {
	struct catalogue catalogue;
	struct database *database;
	if (!id) {
		enum status status = catalogue_read(db, &catalogue, error);
		if (status) return status;
		if (!catalogue.runs)
			return error_set(error, STATUS_INPUT,
			                 "%.500s: holds no run; expected one that nbsim --db has stored", db);
		if (catalogue.runs > 1)
			return error_set(error, STATUS_USAGE,
			                 "%.500s: holds %" PRIu64
			                 " runs; expected --run ID, as nbreport list shows them (%s ...)",
			                 db, catalogue.runs, catalogue.first_run);
		id = catalogue.first_run;
	}
	enum status status = database_open(&database, db, 0, error);
	if (status) return status;
	status = database_read_run(database, id, run, error);
	database_close(database);
	return status;
}
