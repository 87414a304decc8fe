/* See catalogue.h. The only module of this folder that knows SQL: tables of sim/store/schema.sql and explore/sweep.sql.
 * Everything else is read by sim/store and by explore/sweep_store. */
#include "reports/catalogue.h"

#include <inttypes.h>
#include <string.h>

#include "explore/sweep_store.h"
#include "reports/figure.h"
#include "sim/store/database_sql.h"

static const char reading[] = "listing what it holds";

/* One row of a number and an optional text. */
static enum status ask(struct database *database, const char *sql, uint64_t *number, char *text, size_t text_bytes,
                       struct error *error) {
	sqlite3_stmt *statement;
	int has_row = 0;
	*number = 0;
	enum status status = database_prepare(database, sql, &statement, reading, error);
	if (!status) status = database_step(database, statement, &has_row, reading, error);
	if (!status && has_row) {
		*number = (uint64_t)sqlite3_column_int64(statement, 0);
		const char *found = text ? (const char *)sqlite3_column_text(statement, 1) : NULL;
		if (text) database_printable(text, text_bytes, found ? found : "");
	}
	sqlite3_finalize(statement);
	return status;
}

/* What a figure needs to vary where no --x is given. */
static const struct {
	const char *figure, *sql;
	int needs_x;
} figure_axes[CATALOGUE_AXES] = {
#define VARIES(name)                                                                                                   \
	"SELECT count(*), min(sweep) FROM sweep_axes WHERE choice = 1 AND parameter = '" name                          \
	"' AND sweep IN (SELECT "                                                                                      \
	"sweep FROM sweep_points WHERE status = 'ok'"
    {"latency", VARIES("binary_engine.pes") ")", 1},
    {"organisation", VARIES("machine.organisation") ")", 0},
    {"accuracy", VARIES("compile.skip_weight_bits") " AND network IN (SELECT network FROM sweep_accuracy))", 1},
#undef VARIES
};

#define OF_LAYERS "SELECT 1 FROM results WHERE run = runs.id AND scope >= 'layer:' AND scope < 'layer;'"

static enum status ask_all(struct database *database, struct catalogue *catalogue, struct error *error) {
	uint64_t tables;
	enum status status = ask(database, "SELECT count(*), min(id) FROM runs", &catalogue->runs, catalogue->first_run,
	                         sizeof catalogue->first_run, error);
	if (!status)
		status =
		    ask(database, "SELECT count(*), min(id) FROM runs WHERE EXISTS (" OF_LAYERS ")",
		        &catalogue->runs_by_layer, catalogue->first_by_layer, sizeof catalogue->first_by_layer, error);
	if (!status)
		status = ask(database,
		             "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name IN ('sweeps', "
		             "'sweep_points', 'sweep_accuracy')",
		             &tables, NULL, 0, error);
	if (status || tables < 3) return status;
	status = ask(database, "SELECT count(*), min(name) FROM sweeps", &catalogue->sweeps, catalogue->first_sweep,
	             sizeof catalogue->first_sweep, error);
	if (!status)
		status = ask(database, "SELECT count(*) FROM sweep_points WHERE status = 'ok'", &catalogue->points,
		             NULL, 0, error);
	if (!status)
		status =
		    ask(database, "SELECT count(*) FROM sweep_accuracy", &catalogue->networks_known, NULL, 0, error);
	for (size_t i = 0; !status && i < CATALOGUE_AXES; i++)
		status = ask(database, figure_axes[i].sql, &tables, catalogue->varied[i], sizeof catalogue->varied[i],
		             error);
	return status;
}

enum status catalogue_read(const char *db, struct catalogue *catalogue, struct error *error) {
	struct database *database;
	memset(catalogue, 0, sizeof *catalogue);
	enum status status = database_open(&database, db, 0, error);
	if (status) return status;
	status = ask_all(database, catalogue, error);
	if (!status) status = database_check_unchanged(database, error);
	database_close(database);
	return status;
}

static enum status print_runs(const char *db, const struct catalogue *catalogue, FILE *out, struct error *error) {
	struct database *database;
	fprintf(out, "runs: %" PRIu64 "\n", catalogue->runs);
	if (!catalogue->runs) return STATUS_OK;
	enum status status = database_open(&database, db, 0, error);
	if (status) return status;
	status = database_print_runs(database, out, 0, error);
	database_close(database);
	return status;
}

static enum status print_sweeps(const char *db, const struct catalogue *catalogue, FILE *out, struct error *error) {
	struct sweep_store *store;
	fprintf(out, "\nsweeps: %" PRIu64 "\n", catalogue->sweeps);
	if (!catalogue->sweeps) return STATUS_OK;
	enum status status = sweep_store_open(&store, db, 0, error);
	if (status) return status;
	status = sweep_store_list(store, out, error);
	sweep_store_close(store);
	return status;
}

static void print_of_sweep(const char *db, const struct catalogue *catalogue, const struct figure *figure, FILE *out) {
	const char *sweep = catalogue->first_sweep, *hint = "";
	for (size_t i = 0; i < CATALOGUE_AXES; i++) {
		if (strcmp(figure_axes[i].figure, figure->name)) continue;
		if (catalogue->varied[i][0])
			sweep = catalogue->varied[i];
		else if (figure_axes[i].needs_x)
			hint = " --x AXIS";
	}
	fprintf(out, "nbreport figure %s --db %s --sweep %s%s\n", figure->name, db, sweep, hint);
}

static void print_figures(const char *db, const struct catalogue *catalogue, FILE *out) {
	fprintf(out, "\nfigures:\n");
	for (size_t i = 0; i < figure_count; i++) {
		const struct figure *figure = &figures[i];
		fprintf(out, "  %-12s %s\n  %-12s ", figure->name, figure->meaning, "");
		if (figure->need == FIGURE_OF_RUN && !catalogue->runs_by_layer)
			fprintf(out, "not yet: no run with its layers is stored (nbsim --config FILE --db %s)\n", db);
		else if (figure->need == FIGURE_OF_RUN)
			fprintf(out, "nbreport figure %s --db %s --run %.8s\n", figure->name, db,
			        catalogue->first_by_layer);
		else if (!catalogue->points)
			fprintf(out, "not yet: no sweep has a point (nbexplore SWEEP.ini --db %s)\n", db);
		else if (figure->need == FIGURE_OF_ACCURACY && !catalogue->networks_known)
			fprintf(out, "not yet: accuracy of no network is measured ([accuracy] of the sweep file)\n");
		else
			print_of_sweep(db, catalogue, figure, out);
	}
}

enum status catalogue_print(const char *db, FILE *out, struct error *error) {
	struct catalogue catalogue;
	enum status status = catalogue_read(db, &catalogue, error);
	if (!status) status = print_runs(db, &catalogue, out, error);
	if (!status) status = print_sweeps(db, &catalogue, out, error);
	if (!status) print_figures(db, &catalogue, out);
	return status;
}
