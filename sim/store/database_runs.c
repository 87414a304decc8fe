/* The list of runs, ordered by network, device, clock and cycles, so that it is the same whenever the runs were made. A
 * figure that a run has not, or does not know, is '-' in the table and empty in the CSV; ">=" marks a sum with a
 * missing part. Left out: columns to choose from; the database is there to be asked. */
#include <string.h>

#include "sim/store/database_sql.h"

static const char listing[] = "listing the runs";

/* Columns of runs_query, in this order. The table shows the last one as ">=" before the power. */
enum {
	LIST_ID,
	LIST_NETWORK,
	LIST_DEVICE,
	LIST_CLOCK,
	LIST_CYCLES,
	LIST_LATENCY,
	LIST_POWER,
	LIST_FITS,
	LIST_PARTIAL,
	LIST_COLUMNS
};

#define PARAMETER(key)                                                                                                 \
	"(SELECT value FROM parameters WHERE run = runs.id AND section = 'machine' AND key = '" key "') AS " key
#define FIGURE(name) "(SELECT value FROM results WHERE run = runs.id AND scope = 'run' AND name = '" name "') AS " name

static const char runs_query[] =
    "SELECT id, network, " PARAMETER("device") ", " PARAMETER("clock_mhz") ", " FIGURE("total_cycles") ", " FIGURE(
        "latency_ms") ", " FIGURE("power_w") ", " FIGURE("fits") ", " FIGURE("energy_is_partial") " FROM runs ORDER BY "
                                                                                                  "network, device, "
                                                                                                  "CAST(clock_mhz AS "
                                                                                                  "REAL), "
                                                                                                  "total_cycles, id";

static const struct {
	const char *csv, *head;
	int width;   /* negative: to the left; 0: not in the table */
	int is_text; /* of any length and kind; the others are figures of table results */
} columns[LIST_COLUMNS] = {
    {"id", "id", -16, 1},         {"network", "network", -23, 1},    {"device", "device", -12, 1},
    {"clock_mhz", "MHz", 7, 1},   {"total_cycles", "cycles", 12, 0}, {"latency_ms", "latency ms", 10, 0},
    {"power_w", "power W", 8, 0}, {"fits", "fits", -4, 0},           {"energy_is_partial", "", 0, 0},
};

struct cell {
	int is_known;
	struct row figure;
	char text[CONFIG_TEXT_BYTES]; /* with every digit */
};

/* At most the column's width of a text; what a terminal could take as a command is not printed. */
static void print_cell(FILE *out, int column, const char *text) {
	char shown[32];
	int width = columns[column].width, room = width < 0 ? -width : width;
	snprintf(shown, sizeof shown, "%.*s", room, text);
	if (strlen(text) > (size_t)room) shown[room - 1] = '~';
	for (char *byte = shown; *byte; byte++)
		if ((unsigned char)*byte < ' ' || *byte == 127) *byte = '?';
	fprintf(out, "%s%*s", column ? " " : "", column == LIST_FITS ? 0 : width, shown);
}

static void print_table_row(FILE *out, const struct cell *cells) {
	int is_partial = cells[LIST_PARTIAL].figure.integer != 0;
	for (int i = 0; i < LIST_PARTIAL; i++) {
		const struct cell *cell = &cells[i];
		char text[CONFIG_TEXT_BYTES];
		if (!cell->is_known)
			snprintf(text, sizeof text, "-");
		else if (i == LIST_FITS && cell->figure.kind == ROW_INTEGER)
			snprintf(text, sizeof text, cell->figure.integer ? "yes" : "no");
		else if (cell->figure.kind == ROW_REAL)
			snprintf(text, sizeof text, "%s%.4g", i == LIST_POWER && is_partial ? ">=" : "",
			         cell->figure.real);
		else
			snprintf(text, sizeof text, "%s", cell->text);
		print_cell(out, i, text);
	}
	fputc('\n', out);
}

static void print_csv_row(FILE *out, const struct cell *cells) {
	for (int i = 0; i < LIST_COLUMNS; i++) {
		int quoted = strpbrk(cells[i].text, ",\"\r\n") != NULL;
		fputs(i ? "," : "", out);
		fputs(quoted ? "\"" : "", out);
		for (const char *byte = cells[i].text; *byte; byte++) {
			if (*byte == '"') fputc('"', out);
			fputc(*byte, out);
		}
		fputs(quoted ? "\"" : "", out);
	}
	fputc('\n', out);
}

static void print_head(FILE *out, int csv) {
	for (int i = 0; i < LIST_COLUMNS; i++) {
		if (csv)
			fprintf(out, "%s%s", i ? "," : "", columns[i].csv);
		else if (columns[i].width)
			print_cell(out, i, columns[i].head);
	}
	fputc('\n', out);
}

static int read_cell(sqlite3_stmt *statement, int column, struct cell *cell) {
	memset(cell, 0, sizeof *cell);
	cell->is_known = sqlite3_column_type(statement, column) != SQLITE_NULL;
	cell->figure.kind = ROW_EMPTY;
	if (!cell->is_known) return column != LIST_ID && column != LIST_NETWORK;
	if (columns[column].is_text) return database_column_text(statement, column, cell->text, sizeof cell->text);
	if (!database_column_value(statement, column, &cell->figure)) return 0;
	row_value_text(&cell->figure, cell->text, sizeof cell->text);
	return 1;
}

enum status database_print_runs(struct database *database, FILE *out, int csv, struct error *error) {
	struct cell cells[LIST_COLUMNS];
	sqlite3_stmt *statement;
	int has_row = 1;
	enum status status = database_prepare(database, runs_query, &statement, listing, error);
	if (!status) print_head(out, csv);
	while (!status) {
		status = database_step(database, statement, &has_row, listing, error);
		if (status || !has_row) break;
		for (int i = 0; i < LIST_COLUMNS && !status; i++)
			if (!read_cell(statement, i, &cells[i]))
				status = database_damaged(database, columns[i].csv, error);
		if (!status && csv) print_csv_row(out, cells);
		if (!status && !csv) print_table_row(out, cells);
	}
	sqlite3_finalize(statement);
	return status ? status : database_check_unchanged(database, error);
}
