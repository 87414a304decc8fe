/* See paper_figures.h. */
#include "reports/paper_figures.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "reports/comparison_machine.h"

enum column { FIGURE_ID, MEANING, VALUE, UNIT, MARK, CONFIG, RESULT, REASON };

static const struct csv_column columns[] = {
    [FIGURE_ID] = {"figure_id", 1}, [MEANING] = {"meaning", 1}, [VALUE] = {"value", 1},   [UNIT] = {"unit", 1},
    [MARK] = {"mark", 1},           [CONFIG] = {"config", 1},   [RESULT] = {"result", 1}, [REASON] = {"reason", 1},
};

static enum status run_figure(struct comparison_machines *machines, struct paper_figure *figure, struct error *error) {
	struct rows rows = {0};
	if (!*figure->config) return STATUS_OK;
	enum status status = comparison_machine_rows(machines, figure->config, &rows, error);
	const struct row *row = status ? NULL : rows_find(&rows, "run", figure->result);
	if (row && row->kind == ROW_REAL) figure->ours = row->real;
	if (row && row->kind == ROW_INTEGER) figure->ours = (double)row->integer;
	if (!status && isnan(figure->ours))
		status = error_set(error, STATUS_INPUT, "%.60s: a run of %.200s has no number '%.60s'",
		                   figure->figure_id, figure->config, figure->result);
	rows_clear(&rows);
	return status;
}

enum status paper_figures_make(struct paper_figures *figures, const char *path, const volatile sig_atomic_t *stop,
                               struct error *error) {
	memset(figures, 0, sizeof *figures);
	struct csv_file *file = &figures->file;
	enum status status = csv_file_read(file, path, columns, sizeof columns / sizeof columns[0], error);
	if (status) return status;
	struct comparison_machines *machines = comparison_machines_create(path, stop);
	figures->items = calloc(file->row_count + 1, sizeof *figures->items);
	if (!machines || !figures->items) status = error_set(error, STATUS_MEMORY, "%.900s: out of memory", path);
	for (size_t r = 0; !status && r < file->row_count; r++) {
		struct paper_figure *figure = &figures->items[figures->count++];
		*figure = (struct paper_figure){.figure_id = csv_file_text(file, r, FIGURE_ID),
		                                .meaning = csv_file_text(file, r, MEANING),
		                                .unit = csv_file_text(file, r, UNIT),
		                                .mark = csv_file_text(file, r, MARK),
		                                .config = csv_file_text(file, r, CONFIG),
		                                .result = csv_file_text(file, r, RESULT),
		                                .reason = csv_file_text(file, r, REASON),
		                                .ours = NAN};
		status = csv_file_number(file, r, VALUE, 1, &figure->value, error);
		if (!status && stop && *stop) status = error_set(error, STATUS_INTERRUPTED, "interrupted");
		if (!status) status = run_figure(machines, figure, error);
	}
	comparison_machines_free(machines);
	return status;
}

void paper_figures_clear(struct paper_figures *figures) {
	free(figures->items);
	csv_file_clear(&figures->file);
	memset(figures, 0, sizeof *figures);
}
