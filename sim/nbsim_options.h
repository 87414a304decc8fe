/* Command line of nbsim: one table that is parsed and printed as --help. */
#ifndef SIM_NBSIM_OPTIONS_H
#define SIM_NBSIM_OPTIONS_H

#include <stdint.h>

#include "sim/base/options.h"

enum format { FORMAT_TABLE, FORMAT_CSV, FORMAT_JSON };
enum { KERNEL_FROM_CONFIG = 2, VERIFY_STANDARD = 16 };
#define VERIFY_NOT_GIVEN UINT64_MAX

struct arguments {
	const char *config, *workload, *images, *scores, *db, *vcd, *timeline, *commands, *mapping, *occupancy;
	struct option_list set, words;
	uint32_t kernel, format;
	uint64_t count, verify;
	int layers, show_mapping, size_fifos, fastest, describe, no_db, quiet, help, version;
};

extern const struct options nbsim_options; /* fills a struct arguments */

/* STATUS_USAGE with one sentence for an option that what was asked for would drop without a word: about images without
 * --images, about a run beside an option that prints and stops, about a machine beside a command. */
enum status nbsim_check_options(const struct arguments *arguments, struct error *error);

#endif
