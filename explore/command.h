/* The commands of nbexplore, each a function of its arguments. They print results on standard output, progress and a
 * summary on standard error; messages are the caller's. */
#ifndef EXPLORE_COMMAND_H
#define EXPLORE_COMMAND_H

#include <signal.h>
#include <stdint.h>

#include "sim/base/options.h"
#include "sim/base/status.h"

enum command_format { COMMAND_TABLE, COMMAND_CSV };
enum command_keep { COMMAND_KEEP_POINTS, COMMAND_KEEP_LAYERS };

struct command_arguments {
	const char *db, *part, *sweep, *objectives, *where;
	uint64_t jobs, limit, images;
	uint32_t format; /* enum command_format */
	uint32_t keep;   /* enum command_keep */
	int no_accuracy, no_share, replace, retry, quiet, help, version;
	struct option_list words; /* the command and its arguments; of command_sweep the file alone */
	const volatile sig_atomic_t *stop;
};

enum status command_sweep(const struct command_arguments *arguments, struct error *error);
enum status command_search(const struct command_arguments *arguments, struct error *error);
enum status command_shard(const struct command_arguments *arguments, struct error *error);
enum status command_merge(const struct command_arguments *arguments, struct error *error);
enum status command_front(const struct command_arguments *arguments, struct error *error);
enum status command_points(const struct command_arguments *arguments, struct error *error);
enum status command_explain(const struct command_arguments *arguments, struct error *error);
enum status command_config(const struct command_arguments *arguments, struct error *error);
enum status command_sweeps(const struct command_arguments *arguments, struct error *error);
enum status command_figures(const struct command_arguments *arguments, struct error *error);

#endif
