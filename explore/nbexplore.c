/* nbexplore: sweeps of the simulator over a space of machines and networks. See --help; the work is done by session.c
 * (computing), front.c (fronts), explain.c and sweep_store.c. */
#include <inttypes.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "explore/command.h"
#include "sim/base/options.h"
#include "sim/base/text.h"

static volatile sig_atomic_t stop_requested;

/* The second one ends the program at once: what is stored stays. */
static void request_stop(int signal_number) {
	if (stop_requested) signal(signal_number, SIG_DFL);
	stop_requested = 1;
}

#define AT(member) offsetof(struct command_arguments, member)
static const struct option option_rows[] = {
    {OPTION_SECTION, .help = "Computing"},
    {OPTION_TEXT, "db", 0, "FILE", .offset = AT(db), .help = "Database of the results. Default nbsim.db."},
    {OPTION_UNSIGNED, "jobs", 'j', "N", .minimum = 1, .maximum = 256, .offset = AT(jobs),
     .help = "Worker processes. Default: one a processor. The rows do not depend on it."},
    {OPTION_TEXT, "part", 0, "K/N", .offset = AT(part), .help = "shard: the K-th of N equal parts of the sweep."},
    {OPTION_UNSIGNED, "limit", 0, "N", .minimum = 1, .maximum = UINT64_MAX, .offset = AT(limit),
     .help = "Computes at most N points and stops; the next run goes on."},
    {OPTION_FLAG, "no-accuracy", 0, .offset = AT(no_accuracy), .help = "Leaves accuracy unmeasured."},
    {OPTION_WORD, "keep", 0, "WHAT", "points|layers", .offset = AT(keep),
     .help = "layers: stores every layer and counter of each point too, as the run that nbsim would store for its "
             "configuration (nbsim show, nbsim rerun, view sweep_layers; some 140 KB a point). points: one row a "
             "point, the default."},
    {OPTION_FLAG, "no-share", 0, .offset = AT(no_share),
     .help = "Maps and runs every point, also where another had the same program and timing."},
    {OPTION_FLAG, "replace", 0, .offset = AT(replace),
     .help = "Deletes a sweep of the same name whose definition differs."},
    {OPTION_FLAG, "retry", 0, .offset = AT(retry), .help = "Computes points again whose process died."},
    {OPTION_FLAG, "quiet", 'q', .offset = AT(quiet), .help = "No progress line and no summary."},
    {OPTION_SECTION, .help = "Looking at results"},
    {OPTION_TEXT, "sweep", 's', "NAME", .offset = AT(sweep),
     .help = "Which sweep of the database. Default: the only one."},
    {OPTION_TEXT, "objectives", 'o', "LIST", .offset = AT(objectives),
     .help = "Figures a front is over, by comma; min:NAME or max:NAME where the direction is not the usual one. "
             "Default: those of the sweep file."},
    {OPTION_TEXT, "where", 'w', "CONDITION", .offset = AT(where),
     .help = "Only points that fulfil it: figures and axes with = != < <= > >= + - * / and or not ( ), texts in "
             "single quotes. Default: that of the sweep file."},
    {OPTION_UNSIGNED, "images", 'n', "N", .minimum = 1, .maximum = 1000000, .offset = AT(images),
     .help = "front: measures the accuracy of the front's networks on N images first."},
    {OPTION_WORD, "format", 'f', "FORMAT", "table|csv", .offset = AT(format), .help = "table or csv."},
    {OPTION_SECTION, .help = "About"},
    {OPTION_FLAG, "version", 0, .offset = AT(version), .help = "Prints the version."},
    {OPTION_FLAG, "help", 'h', .offset = AT(help), .help = "Prints this."},
};

static const char *const synopsis[] = {"nbexplore SWEEP.ini [--db FILE] [options]",
                                       "nbexplore search SWEEP.ini [--db FILE]",
                                       "nbexplore shard SWEEP.ini --part K/N [--db FILE]",
                                       "nbexplore merge DB PART...",
                                       "nbexplore front DB [--sweep NAME] [--objectives LIST] [--where CONDITION]",
                                       "nbexplore points DB [--sweep NAME] [--where CONDITION]",
                                       "nbexplore explain DB POINT [--sweep NAME]",
                                       "nbexplore config DB POINT [--sweep NAME]",
                                       "nbexplore sweeps DB",
                                       "nbexplore figures",
                                       NULL};
static const char *const examples[] = {
    "nbexplore pe_bits.ini --db results.db",
    "runs a shipped sweep; Ctrl-C is safe, the same command goes on where it was",
    "nbexplore front results.db --objectives latency_ms,power_w,lut --where \"fits=1 and top1>=0.88\"",
    "the points that no other beats",
    "nbexplore explain results.db 1234",
    "what limits the point, and what one step on each axis changes",
    "nbexplore config results.db 1234 > point.ini; nbsim --config point.ini --layers",
    "every layer and counter of a point",
    "nbexplore small.ini --db results.db --keep layers",
    "every layer and counter of all points",
    "nbexplore shard big.ini --part 3/16 --db part3.db; nbexplore merge results.db part*.db",
    "several machines",
    NULL};
static const char *const notes[] = {
    "The clock of a point is an input (machine.clock_mhz): it is not derived from the design, and no point is refused "
    "for a clock it could not reach.",
    "Exit status: 0 ok; 1 a check failed; 2 wrong usage; 3 malformed input; 4 a file or database cannot be read or "
    "written; 7 interrupted; 8 out of memory. Points that do not fit or cannot be mapped are results, not failures.",
    NULL};

static const struct options options = {.program = "nbexplore",
                                       .summary = "Exact simulations of many machines: grids, samples and searches "
                                                  "over configuration parameters, bit widths, clocks, devices and "
                                                  "networks, kept in a database; Pareto fronts over latency, "
                                                  "power, resources and accuracy.",
                                       .synopsis = synopsis,
                                       .rows = option_rows,
                                       .row_count = sizeof option_rows / sizeof option_rows[0],
                                       .arguments_offset = AT(words),
                                       .arguments_maximum = 4096,
                                       .examples = examples,
                                       .notes = notes};

struct command {
	const char *name, *takes;
	size_t fewest, most; /* words with the command */
	enum status (*run)(const struct command_arguments *arguments, struct error *error);
};

static const struct command commands[] = {
    {"search", "a sweep file", 2, 2, command_search},
    {"shard", "a sweep file", 2, 2, command_shard},
    {"merge", "a database and one part or more", 3, 4096, command_merge},
    {"front", "a database", 2, 2, command_front},
    {"points", "a database", 2, 2, command_points},
    {"explain", "a database and the number of a point", 3, 3, command_explain},
    {"config", "a database and the number of a point", 3, 3, command_config},
    {"sweeps", "a database", 2, 2, command_sweeps},
    {"figures", "nothing", 1, 1, command_figures},
};

static enum status run_words(const struct command_arguments *arguments, struct error *error) {
	const char *word = arguments->words.items[0];
	struct text_nearest nearest;
	text_nearest_start(&nearest, word);
	for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
		const struct command *command = &commands[i];
		text_nearest_offer(&nearest, command->name);
		if (strcmp(command->name, word) != 0) continue;
		if (arguments->words.count < command->fewest || arguments->words.count > command->most)
			return error_set(error, STATUS_USAGE, "%s: expected %s (nbexplore --help)", word,
			                 command->takes);
		return command->run(arguments, error);
	}
	if (arguments->words.count == 1 && strchr(word, '.')) return command_sweep(arguments, error);
	const char *best = text_nearest_best(&nearest);
	return error_set(error, STATUS_USAGE, "unknown command '%.80s'%s%s%s", word, best ? "; the nearest is '" : "",
	                 best ? best : "; expected a sweep file FILE.ini or a command (nbexplore --help)",
	                 best ? "'" : "");
}

static enum status finish_output(struct error *error) {
	if (!fflush(stdout) && !ferror(stdout)) return STATUS_OK;
	return error_set(error, STATUS_IO, "standard output: cannot be written completely");
}

int main(int argc, char **argv) {
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	struct command_arguments arguments = {.jobs = processors > 0 && processors <= 256 ? (uint64_t)processors : 1,
	                                      .stop = &stop_requested};
	struct error error = {""};
	signal(SIGPIPE, SIG_IGN);
	signal(SIGINT, request_stop);
	signal(SIGTERM, request_stop);
	enum status status = options_parse(&options, argc, argv, &arguments, &error);
	if (!status && arguments.help)
		options_help(&options, stdout);
	else if (!status && arguments.version)
		printf("nbexplore %s\n", NBSIM_VERSION);
	else if (!status && !arguments.words.count)
		status = error_set(&error, STATUS_USAGE, "expected a sweep file or a command; see 'nbexplore --help'");
	else if (!status)
		status = run_words(&arguments, &error);
	if (!status) status = finish_output(&error);
	options_clear(&options, &arguments);
	if (status) fprintf(stderr, "nbexplore: %s\n", error.text);
	return status;
}
