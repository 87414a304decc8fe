/* Figures of a paper beside ours: shown with their ratio, never as an error, and nothing is fitted on them.
 *
 * File (reports/reference/neuroblend.csv): figure_id, meaning, value, unit, mark (a stated, b inferred, c open),
 * config, result (a row of a run: latency_ms ...), reason (why there is no figure of ours).
 */
#ifndef REPORTS_PAPER_FIGURES_H
#define REPORTS_PAPER_FIGURES_H

#include "reports/comparison_machine.h"
#include "reports/csv_file.h"

struct paper_figure {
	const char *figure_id, *meaning, *unit, *mark, *config, *result, *reason;
	double value; /* theirs */
	double ours;  /* NAN: none, then reason */
};

struct paper_figures {
	struct csv_file file;
	struct paper_figure *items;
	size_t count;
};

/* Reads the file and runs the configurations it names; `stop` may be NULL. Statuses as comparison_make. `path` must
 * outlive it; paper_figures_clear in every case. */
enum status paper_figures_make(struct paper_figures *figures, const char *path, const volatile sig_atomic_t *stop,
                               struct error *error);
void paper_figures_clear(struct paper_figures *figures);

#endif
