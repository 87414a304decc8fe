/* Commands that compute or gather points: sweeps, searches, shards, merging. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "explore/command.h"
#include "explore/search.h"
#include "explore/session.h"
#include "explore/walk.h"
#include "sim/base/text.h"

static const char *database_path(const struct command_arguments *arguments) {
	return arguments->db ? arguments->db : "nbsim.db";
}

static void take_options(const struct command_arguments *arguments, struct session_options *options) {
	*options = (struct session_options){.workers = (uint32_t)arguments->jobs,
	                                    .share = !arguments->no_share,
	                                    .measure = !arguments->no_accuracy,
	                                    .replace = arguments->replace,
	                                    .retry = arguments->retry,
	                                    .part = 1,
	                                    .parts = 1,
	                                    .limit = arguments->limit,
	                                    .keep_layers = arguments->keep == COMMAND_KEEP_LAYERS,
	                                    .quiet = arguments->quiet,
	                                    .stop = arguments->stop};
}

/* Standard error: rates are of this session and this computer. */
static void print_summary(const struct sweep *sweep, const struct session_counts *counts, uint32_t workers,
                          const char *path) {
	double points_s = counts->wall_s - counts->measure_s;
	fprintf(stderr, "%s: %" PRIu64 " points computed in %.1f s (%.0f a second, %u workers)", sweep->name,
	        counts->points, points_s, points_s > 0 ? (double)counts->points / points_s : 0, workers);
	if (counts->found) fprintf(stderr, ", %" PRIu64 " were there", counts->found);
	if (counts->excluded) fprintf(stderr, ", %" PRIu64 " excluded by constraints", counts->excluded);
	if (counts->points)
		fprintf(stderr,
		        "; %" PRIu64 " programs mapped, %" PRIu64
		        " distinct simulations (%.1f %% of the points shared one), %.0f points a processor second, of "
		        "which storage takes %.1f %%",
		        counts->mapped, counts->simulated,
		        100 - 100 * (double)counts->simulated / (double)counts->points,
		        counts->points_s > 0 ? (double)counts->points / counts->points_s : 0,
		        counts->points_s > 0 ? 100 * counts->store_s / counts->points_s : 0);
	if (counts->measured)
		fprintf(stderr, "; accuracy of %" PRIu64 " networks on %u images in %.1f s", counts->measured,
		        sweep->image_count, counts->measure_s);
	fprintf(stderr, "\nnbexplore front %s --sweep %s shows the front; the clock of every point is an input.\n",
	        path, sweep->name);
}

static enum status run(const struct command_arguments *arguments, struct sweep *sweep,
                       const struct session_options *options, struct error *error) {
	struct sweep_store *store;
	struct session_counts counts;
	const char *path = database_path(arguments);
	enum status status = sweep_store_open(&store, path, 1, error);
	if (status) return status;
	status = search_run(sweep, store, options, &counts, error);
	sweep_store_close(store);
	if (!arguments->quiet && (!status || status == STATUS_INTERRUPTED))
		print_summary(sweep, &counts, options->workers, path);
	if (status == STATUS_INTERRUPTED)
		return error_set(error, status,
		                 "interrupted: the points computed so far are in %.300s; the same command goes on",
		                 path);
	return status;
}

static enum status run_file(const struct command_arguments *arguments, const char *file, int is_search,
                            struct error *error) {
	struct sweep sweep;
	struct session_options options;
	take_options(arguments, &options);
	if (arguments->part) return error_set(error, STATUS_USAGE, "--part goes with 'nbexplore shard'");
	enum status status = sweep_read(&sweep, file, error);
	if (status) return status;
	if (is_search) sweep.strategy = SWEEP_NSGA2;
	status = run(arguments, &sweep, &options, error);
	sweep_clear(&sweep);
	return status;
}

enum status command_sweep(const struct command_arguments *arguments, struct error *error) {
	return run_file(arguments, arguments->words.items[0], 0, error);
}

enum status command_search(const struct command_arguments *arguments, struct error *error) {
	return run_file(arguments, arguments->words.items[1], 1, error);
}

/* "3/16" */
static enum status read_part(const char *text, struct session_options *options, struct error *error) {
	char copy[64];
	uint64_t part, parts;
	snprintf(copy, sizeof copy, "%s", text ? text : "");
	char *slash = strchr(copy, '/');
	if (slash) *slash++ = 0;
	if (!slash || text_unsigned(copy, &part) != TEXT_NUMBER_OK || text_unsigned(slash, &parts) != TEXT_NUMBER_OK ||
	    part < 1 || part > parts || parts > 1000000)
		return error_set(error, STATUS_USAGE, "--part: '%.60s' is wrong; expected K/N with K from 1 to N",
		                 text ? text : "");
	options->part = (uint32_t)part;
	options->parts = (uint32_t)parts;
	return STATUS_OK;
}

enum status command_shard(const struct command_arguments *arguments, struct error *error) {
	struct sweep sweep;
	struct session_options options;
	take_options(arguments, &options);
	enum status status = read_part(arguments->part, &options, error);
	if (!status) status = sweep_read(&sweep, arguments->words.items[1], error);
	if (status) return status;
	if (sweep.strategy == SWEEP_REFINE || sweep.strategy == SWEEP_NSGA2)
		status =
		    error_set(error, STATUS_INPUT,
		              "%s: a search looks at all points found so far and cannot be cut into parts; expected "
		              "strategy grid, random or latin",
		              sweep.place);
	else
		status = run(arguments, &sweep, &options, error);
	sweep_clear(&sweep);
	return status;
}

enum status command_merge(const struct command_arguments *arguments, struct error *error) {
	struct sweep_store *store;
	uint64_t sum = 0, added;
	const struct option_list *words = &arguments->words;
	enum status status = sweep_store_open(&store, words->items[1], 1, error);
	for (size_t i = 2; !status && i < words->count; i++) {
		status = sweep_store_merge(store, words->items[i], &added, error);
		if (!status) sum += added;
	}
	if (!status && !arguments->quiet)
		fprintf(stderr, "%s: %" PRIu64 " points added from %zu databases\n", words->items[1], sum,
		        words->count - 2);
	sweep_store_close(store);
	return status;
}
