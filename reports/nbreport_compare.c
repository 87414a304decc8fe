/* See nbreport_compare.h. */
#include "reports/nbreport_compare.h"

#include <limits.h>

#include "reports/comparison_plot.h"
#include "reports/comparison_table.h"
#include "sim/base/shipped.h"
#include "sim/run/progress.h"

static const char reference_folder[] = "reports/reference";

static enum status print(const struct report_arguments *arguments, const struct comparison *comparison,
                         const struct paper_figures *paper, struct error *error) {
	if (arguments->format == REPORT_CSV)
		comparison_print_csv(comparison, paper, stdout);
	else
		comparison_print_table(comparison, paper, stdout);
	if (!arguments->plot) return STATUS_OK;
	enum status status = comparison_plot(comparison, arguments->plot, error);
	if (!status) {
		struct comparison_statistics all = comparison_statistics(comparison, GROUP_COUNT);
		fprintf(stderr, "compare: %s\n", arguments->plot);
		if (all.count)
			fprintf(stderr,
			        "compare: a caption should say: %zu blind rows count, error %.2g %% in the median, "
			        "%.2g %% at "
			        "most (%s); crosses: clock or folding is not stated, or a driver is in a short time\n",
			        all.count, all.median, all.worst, all.worst_row->measurement->row_id);
	}
	return status;
}

/* Everything is printed; a row that should have been run and was not is a failure none the less. */
static enum status check_failures(const struct comparison *comparison, struct error *error) {
	for (size_t i = 0; i < comparison->count; i++) {
		const struct comparison_row *row = &comparison->rows[i];
		if (row->simulated_cycles || row->measurement->use == MEASUREMENT_CONTEXT) continue;
		return error_set(error, comparison->failure, "%zu row%s could not be simulated, the first: %s: %.600s",
		                 comparison->failures, comparison->failures == 1 ? "" : "s", row->measurement->row_id,
		                 row->reason);
	}
	return STATUS_OK;
}

enum status nbreport_compare(const struct report_arguments *arguments, struct error *error) {
	char boards[PATH_MAX], figures[PATH_MAX];
	struct comparison comparison = {0};
	struct paper_figures paper = {0};
	struct progress progress;
	const struct comparison_watch watch = {arguments->stop, &progress, progress_step};
	const char *path = arguments->reference;
	int has_paper = !path && !arguments->rows;
	enum status status = STATUS_OK;
	if (arguments->plot) status = comparison_plot_check(arguments->plot, error);
	if (!status && !path) status = shipped_find_in(reference_folder, "boards.csv", boards, sizeof boards, error);
	if (!status && has_paper)
		status = shipped_find_in(reference_folder, "neuroblend.csv", figures, sizeof figures, error);
	progress_begin(&progress, "compare", 1);
	if (!status) status = comparison_make(&comparison, path ? path : boards, arguments->rows, &watch, error);
	progress_end(&progress);
	if (!status && has_paper) status = paper_figures_make(&paper, figures, arguments->stop, error);
	if (!status) status = print(arguments, &comparison, has_paper ? &paper : NULL, error);
	if (!status) status = check_failures(&comparison, error);
	paper_figures_clear(&paper);
	comparison_clear(&comparison);
	return status;
}
