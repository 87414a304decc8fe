/* See run_report.h. The tables are those nbsim prints (sim/run/rows.h): a number is written in one way only. */
#include "reports/run_report.h"

#include <errno.h>
#include <string.h>

#include "reports/plot.h"
#include "reports/stored_run.h"

static void write_page(const struct stored_run *run, const struct figure_result *picture, FILE *out) {
	const char *slash = strrchr(picture->base, '/');
	const char *file = slash ? slash + 1 : picture->base;
	fprintf(out, "# %s, run %s\n\n", run->network, run->id);
	fprintf(out, "Workload `%s` (checksum %08x), stored by nbsim %s, kernel %s.\n", run->workload,
	        run->trace_checksum, run->program_version, run->kernel);
	if (run->image_count) fprintf(out, "Images: `%s`, the first %u.\n", run->images, run->image_count);
	fputs("\n## What came out\n\n```\n", out);
	rows_print_table(&run->rows, 0, out);
	fputs("```\n\n## Where the cycles go\n\n", out);
	fprintf(out, "![Cycles by layer and state](%s.svg)\n\n", file);
	fprintf(out, "Cycles of one unit in each layer, by what it does (%s). Data: [%s.csv](%s.csv).\n", picture->note,
	        file, file);
	fputs("\n## Every layer\n\n```\n", out);
	rows_print_table(&run->rows, 1, out);
	fputs("```\n\n## Mapping\n\n```\n", out);
	fputs(run->mapping_text ? run->mapping_text : "", out);
	fputs("```\n", out);
}

enum status run_report_write(const struct figure_request *request, struct figure_result *result, struct error *error) {
	struct figure_request picture_request = *request;
	struct figure_result picture;
	struct stored_run run;
	char page[PATH_MAX];
	const char *name = request->file ? request->file : "report";
	char picture_name[PLOT_NAME_BYTES];
	memset(result, 0, sizeof *result);
	if (snprintf(picture_name, sizeof picture_name, "%s_attribution", name) >= (int)sizeof picture_name)
		return error_set(error, STATUS_USAGE, "--name '%.60s...' is too long", name);
	picture_request.file = picture_name;
	enum status status = stored_run_read(request->db, request->run, &run, error);
	if (status) return status;
	picture_request.run = run.id;
	status = figure_attribution(&picture_request, &picture, error);
	if (!status) {
		snprintf(result->base, sizeof result->base, "%.*s/%s", PATH_MAX - PLOT_NAME_BYTES - 8, request->out,
		         name);
		snprintf(page, sizeof page, "%.*s.md", PATH_MAX - 8, result->base);
		FILE *out = fopen(page, "w");
		if (!out) status = error_set(error, STATUS_IO, "%.900s: cannot be written: %s", page, strerror(errno));
		if (out) write_page(&run, &picture, out);
		if (out && (ferror(out) | fclose(out)))
			status = error_set(error, STATUS_IO, "%.900s: cannot be written completely", page);
	}
	stored_run_clear(&run);
	return status;
}
