/* nbreport: figures and pages from a result database, and the comparison with measured boards. See --help; the work is
 * done by the modules of this folder. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "reports/catalogue.h"
#include "reports/figure.h"
#include "reports/nbreport_compare.h"
#include "reports/nbreport_options.h"
#include "reports/run_report.h"
#include "sim/base/text.h"

/* Options that would be dropped without a word. `used` is a list "run|unit". */
static enum status check_options(const struct report_arguments *arguments, const char *what, const char *used,
                                 struct error *error) {
	const struct {
		const char *value, *name;
	} options[] = {
	    {arguments->run, "run"},     {arguments->unit, "unit"},
	    {arguments->sweep, "sweep"}, {arguments->where, "where"},
	    {arguments->x, "x"},         {arguments->line, "line"},
	    {arguments->y, "y"},         {arguments->objectives, "objectives"},
	    {arguments->rows, "rows"},   {arguments->reference, "reference"},
	    {arguments->plot, "plot"},   {arguments->format == REPORT_CSV ? "csv" : NULL, "format"},
	};
	for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
		if (options[i].value && text_word_index(used, options[i].name) < 0)
			return error_set(error, STATUS_USAGE, "--%s means nothing to %s (nbreport --help)",
			                 options[i].name, what);
	return STATUS_OK;
}

static struct figure_request request_of(const struct report_arguments *arguments) {
	return (struct figure_request){.db = arguments->db,
	                               .out = arguments->out,
	                               .file = arguments->name,
	                               .run = arguments->run,
	                               .unit = arguments->unit,
	                               .sweep = arguments->sweep,
	                               .x = arguments->x,
	                               .line = arguments->line,
	                               .y = arguments->y,
	                               .objectives = arguments->objectives,
	                               .where = arguments->where};
}

static enum status run_figure(const struct report_arguments *arguments, struct error *error) {
	static const char *const endings[] = {"svg", "pdf", "png", "csv", "gp"};
	struct figure_result result;
	struct figure_request request = request_of(arguments);
	const struct figure *figure = figure_find(arguments->words.items[1], error);
	enum status status = figure ? check_options(arguments, figure->name, figure->options, error) : STATUS_USAGE;
	if (!status) status = figure->draw(&request, &result, error);
	if (status) return status;
	for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) printf("%s.%s\n", result.base, endings[i]);
	if (result.note[0]) fprintf(stderr, "%s: %s\n", figure->name, result.note);
	return STATUS_OK;
}

static enum status run_report(const struct report_arguments *arguments, struct error *error) {
	struct figure_result result;
	struct figure_request request = request_of(arguments);
	enum status status = check_options(arguments, "report", "run|unit", error);
	if (!status) status = run_report_write(&request, &result, error);
	if (!status) printf("%s.md\n", result.base);
	return status;
}

static volatile sig_atomic_t stop_requested;

static void request_stop(int signal_number) {
	if (stop_requested) signal(signal_number, SIG_DFL);
	stop_requested = 1;
}

static enum status run_command(const struct report_arguments *arguments, struct error *error) {
	size_t words = arguments->words.count;
	const char *command = words ? arguments->words.items[0] : "";
	if (!words)
		return error_set(error, STATUS_USAGE,
		                 "expected a command: figure NAME, report, list or compare (nbreport --help)");
	if (!strcmp(command, "figure")) {
		if (words == 2) return run_figure(arguments, error);
		return error_set(error, STATUS_USAGE,
		                 "figure: expected attribution, latency, pareto, organisation or accuracy");
	}
	if (text_word_index("report|list|compare", command) < 0)
		return error_set(error, STATUS_USAGE,
		                 "unknown command '%.60s': expected figure NAME, report, list or compare (nbreport "
		                 "--help)",
		                 command);
	if (words != 1)
		return error_set(error, STATUS_USAGE, "%s: takes no argument, but '%.60s' was given", command,
		                 arguments->words.items[1]);
	if (!strcmp(command, "report")) return run_report(arguments, error);
	if (!strcmp(command, "compare")) {
		enum status checked = check_options(arguments, command, "rows|reference|plot|format", error);
		signal(SIGINT, request_stop);
		signal(SIGTERM, request_stop);
		return checked ? checked : nbreport_compare(arguments, error);
	}
	enum status status = check_options(arguments, command, "", error);
	return status ? status : catalogue_print(arguments->db, stdout, error);
}

int main(int argc, char **argv) {
	struct report_arguments arguments = {.db = "nbsim.db", .out = "figures", .stop = &stop_requested};
	struct error error = {{0}};
	signal(SIGPIPE, SIG_IGN);
	enum status status = options_parse(&nbreport_options, argc, argv, &arguments, &error);
	if (!status && arguments.help)
		options_help(&nbreport_options, stdout);
	else if (!status && arguments.version)
		printf("nbreport %s\n", NBSIM_VERSION);
	else if (!status)
		status = run_command(&arguments, &error);
	options_clear(&nbreport_options, &arguments);
	if (fflush(stdout) && !status)
		status = error_set(&error, STATUS_IO, "standard output: cannot be written completely");
	if (status) fprintf(stderr, "nbreport: %s\n", error.text);
	return status;
}
