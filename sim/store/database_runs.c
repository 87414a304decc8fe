/* The list of runs, ordered by network, device, clock and cycles, so that it is the same whenever the runs were made. A
 * figure that a run has not, or does not know, is '-' in the table and empty in the CSV; ">=" marks a sum with a
 * missing part. Left out: columns to choose from; the database is there to be asked. */
#include <inttypes.h>
#include <string.h>

#include "sim/store/database_sql.h"

static const char listing[] = "listing the runs";

/* Columns of runs_query, and of both outputs, in this order; the grade of power_w comes behind them. */
enum { RUN_ID, RUN_NETWORK, RUN_DEVICE, RUN_CLOCK, RUN_CYCLES, RUN_LATENCY, RUN_POWER, RUN_FITS, RUN_COLUMNS };

#define PARAMETER(name, section_key)                                                                                   \
	"(SELECT value FROM parameters WHERE run = runs.id AND section = 'machine' AND key = '" section_key            \
	"') AS " name
#define FIGURE(column, row_name)                                                                                       \
	"(SELECT " column " FROM results WHERE run = runs.id AND scope = 'run' AND name = '" row_name "') AS "

static const char runs_query[] =
    "SELECT id, network, " PARAMETER("device", "device") ", " PARAMETER("clock_mhz", "clock_mhz") ", " FIGURE("value", "total_cycles") "total_cycles, " FIGURE(
        "value",
        "latency_ms") "latency_ms, " FIGURE("value",
                                            "power_w") "power_w, " FIGURE("value",
                                                                          "fits") "fits, " FIGURE("grade",
                                                                                                  "power_w") "power_"
                                                                                                             "grade"
                                                                                                             " FROM "
                                                                                                             "runs "
                                                                                                             "ORDER BY "
                                                                                                             "network, "
                                                                                                             "device, "
                                                                                                             "CAST("
                                                                                                             "clock_"
                                                                                                             "mhz AS "
                                                                                                             "REAL), "
                                                                                                             "total_"
                                                                                                             "cycles, "
                                                                                                             "id";

static const struct {
	const char *csv, *head;
	int width; /* negative: to the left */
} columns[RUN_COLUMNS] = {
    {"id", "id", -16},
    {"network", "network", -23},
    {"device", "device", -12},
    {"clock_mhz", "MHz", 7},
    {"total_cycles", "cycles", 12},
    {"latency_ms", "latency ms", 10},
    {"power_w", "power W", 8},
    {"fits", "fits", 4},
};

/* At most the column's width of a text; what a terminal could take as a command is not printed. */
static void print_cell(FILE *out, int column, const char *text) {
	char cell[ROW_TEXT_BYTES];
	int width = columns[column].width, room = width < 0 ? -width : width;
	snprintf(cell, sizeof cell, "%.*s", room, text);
	for (char *byte = cell; *byte; byte++)
		if ((unsigned char)*byte < ' ' || *byte == 127) *byte = '?';
	if (strlen(text) > (size_t)room) cell[room - 1] = '~';
	fprintf(out, "%s%*s", column ? " " : "", column == RUN_FITS ? 0 : width, cell);
}

static void print_table_row(FILE *out, const struct row *values, const char *power_grade) {
	for (int i = 0; i < RUN_COLUMNS; i++) {
		const struct row *value = &values[i];
		char text[ROW_TEXT_BYTES];
		row_value_text(value, text, sizeof text);
		if (value->kind == ROW_EMPTY)
			snprintf(text, sizeof text, "-");
		else if (i == RUN_FITS && value->kind == ROW_INTEGER)
			snprintf(text, sizeof text, value->integer ? "yes" : "no");
		else if (value->kind == ROW_REAL)
			snprintf(text, sizeof text, "%s%.*g",
			         i == RUN_POWER && !strcmp(power_grade, "missing") ? ">=" : "", 5, value->real);
		print_cell(out, i, text);
	}
	fputc('\n', out);
}

static void print_csv_row(FILE *out, const struct row *values) {
	for (int i = 0; i < RUN_COLUMNS; i++) {
		char text[ROW_TEXT_BYTES];
		row_value_text(&values[i], text, sizeof text);
		int quoted = strpbrk(text, ",\"\r\n") != NULL;
		fputs(i ? "," : "", out);
		fputs(quoted ? "\"" : "", out);
		for (const char *byte = text; *byte; byte++) fprintf(out, *byte == '"' ? "\"\"" : "%c", *byte);
		fputs(quoted ? "\"" : "", out);
	}
	fputc('\n', out);
}

static void print_head(FILE *out, int csv) {
	for (int i = 0; i < RUN_COLUMNS; i++) {
		if (csv)
			fprintf(out, "%s%s", i ? "," : "", columns[i].csv);
		else
			print_cell(out, i, columns[i].head);
	}
	fputc('\n', out);
}

static enum status print_run(struct database *database, sqlite3_stmt *statement, FILE *out, int csv,
                             struct error *error) {
	struct row values[RUN_COLUMNS];
	char power_grade[ROW_UNIT_BYTES] = "";
	memset(values, 0, sizeof values);
	for (int i = 0; i < RUN_COLUMNS; i++)
		if (!database_column_value(statement, i, &values[i]))
			return database_damaged(database, "a value of a run", error);
	if (values[RUN_ID].kind != ROW_TEXT || values[RUN_NETWORK].kind != ROW_TEXT)
		return database_damaged(database, "a row of table runs", error);
	if (sqlite3_column_type(statement, RUN_COLUMNS) != SQLITE_NULL &&
	    !database_column_text(statement, RUN_COLUMNS, power_grade, sizeof power_grade))
		return database_damaged(database, "the grade of power_w", error);
	if (csv)
		print_csv_row(out, values);
	else
		print_table_row(out, values, power_grade);
	return STATUS_OK;
}

enum status database_print_runs(struct database *database, FILE *out, int csv, struct error *error) {
	sqlite3_stmt *statement;
	int has_row = 1;
	enum status status = database_prepare(database, runs_query, &statement, listing, error);
	if (!status) print_head(out, csv);
	while (!status) {
		status = database_step(database, statement, &has_row, listing, error);
		if (status || !has_row) break;
		status = print_run(database, statement, out, csv, error);
	}
	sqlite3_finalize(statement);
	return status;
}
