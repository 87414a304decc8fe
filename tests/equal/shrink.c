/* See shrink.h. Greedy: one reduction at a time, kept where the case still fails, until none is. */
#include "tests/equal/shrink.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/equal/case_file.h"
#include "tests/equal/check.h"
#include "tests/equal/compare.h"

enum { RUNS_MAX = 600, PATH_BYTES = 256, BENCH_SECONDS = 60 };

struct shrinker {
	const char *bench;
	char folder[PATH_BYTES];
	uint32_t runs;
};

/* The model's own checks, then the RTL. 1: a case that can be built and is not equal. */
static int fails(struct shrinker *shrinker, const struct plan *plan) {
	struct drawn drawn;
	struct error error;
	char cases[PATH_BYTES + 16], expected[PATH_BYTES + 16], got[PATH_BYTES + 16], command[4 * PATH_BYTES];
	if (shrinker->runs++ >= RUNS_MAX || drawn_prepare(&drawn, plan, &error)) return 0;
	snprintf(cases, sizeof cases, "%s/cases", shrinker->folder);
	snprintf(expected, sizeof expected, "%s/expected", shrinker->folder);
	snprintf(got, sizeof got, "%s/got", shrinker->folder);
	FILE *cases_file = fopen(cases, "w"), *expected_file = fopen(expected, "w");
	int good = cases_file && expected_file && check_case(&drawn, 0, cases_file, expected_file, NULL, &error);
	if (cases_file) fclose(cases_file);
	if (expected_file) fclose(expected_file);
	drawn_clear(&drawn);
	if (!good) return 1;
	if (!strcmp(shrinker->bench, "-")) return 0;
	snprintf(command, sizeof command, "timeout %d '%s' '%s' >'%s' 2>/dev/null", BENCH_SECONDS, shrinker->bench,
	         cases, got);
	good = system(command) == 0;
	return !good || compare_files(expected, got, NULL) != 0;
}

/* Takes the candidate over when it is another plan that still fails. */
static int keep(struct shrinker *shrinker, struct plan *plan, const struct plan *candidate) {
	if (!memcmp(plan, candidate, sizeof *plan) || !fails(shrinker, candidate)) return 0;
	*plan = *candidate;
	return 1;
}

static int drop_layers(struct shrinker *shrinker, struct plan *plan) {
	int changed = 0;
	for (uint32_t i = 0; plan->layer_count > 1 && i < plan->layer_count; i++) {
		struct plan candidate = *plan;
		candidate.layer_count--;
		memmove(candidate.layers + i, candidate.layers + i + 1,
		        (candidate.layer_count - i) * sizeof *candidate.layers);
		memset(candidate.layers + candidate.layer_count, 0, sizeof *candidate.layers);
		if (keep(shrinker, plan, &candidate)) changed = 1;
	}
	return changed;
}

/* Tries `least`, then half, then one less. `member` lies in the plan. */
static int lower(struct shrinker *shrinker, struct plan *plan, size_t offset, uint32_t least) {
	uint32_t value;
	memcpy(&value, (char *)plan + offset, sizeof value);
	const uint32_t tries[] = {least, (value + least) / 2, value - 1};
	for (size_t i = 0; value > least && i < sizeof tries / sizeof tries[0]; i++) {
		struct plan candidate = *plan;
		memcpy((char *)&candidate + offset, &tries[i], sizeof value);
		if (keep(shrinker, plan, &candidate)) return 1;
	}
	return 0;
}

static int lower_network(struct shrinker *shrinker, struct plan *plan) {
	static const struct {
		size_t offset;
		uint32_t least;
	} of_plan[] = {{offsetof(struct plan, input_height), 1},
	               {offsetof(struct plan, input_width), 1},
	               {offsetof(struct plan, input_channels), 1},
	               {offsetof(struct plan, classes), 1}},
	  of_layer[] = {
	      {offsetof(struct plan_layer, skip), 0},       {offsetof(struct plan_layer, pool), 0},
	      {offsetof(struct plan_layer, transpose), 0},  {offsetof(struct plan_layer, thresholds), 0},
	      {offsetof(struct plan_layer, tap_shared), 0}, {offsetof(struct plan_layer, pad), 0},
	      {offsetof(struct plan_layer, pad_value), 0},  {offsetof(struct plan_layer, kernel), 1},
	      {offsetof(struct plan_layer, stride), 1},     {offsetof(struct plan_layer, channels), 1},
	      {offsetof(struct plan_layer, write_bits), 0}, {offsetof(struct plan_layer, write_fixed), 0},
	      {offsetof(struct plan_layer, shift), 0},      {offsetof(struct plan_layer, threshold_base_minus), 0}};
	int changed = 0;
	for (size_t i = 0; i < sizeof of_plan / sizeof of_plan[0]; i++)
		changed |= lower(shrinker, plan, of_plan[i].offset, of_plan[i].least);
	for (uint32_t layer = 0; layer < plan->layer_count; layer++)
		for (size_t i = 0; i < sizeof of_layer / sizeof of_layer[0]; i++)
			changed |= lower(shrinker, plan,
			                 offsetof(struct plan, layers) + layer * sizeof(struct plan_layer) +
			                     of_layer[i].offset,
			                 of_layer[i].least);
	return changed;
}

static char *hardware(const struct config *config) {
	char *text = NULL;
	size_t bytes = 0;
	FILE *memory = open_memstream(&text, &bytes);
	if (!memory) return NULL;
	case_machine_write(memory, config);
	fclose(memory);
	return text;
}

static int default_parameters(struct shrinker *shrinker, struct plan *plan) {
	char *built = hardware(&plan->config);
	int changed = 0;
	for (size_t i = 0; i < config_parameter_count && built; i++) {
		const struct config_parameter *parameter = &config_parameters[i];
		struct plan candidate = *plan;
		struct error error;
		char assignment[2 * CONFIG_TEXT_BYTES];
		snprintf(assignment, sizeof assignment, "%s.%s=%s", parameter->section, parameter->key,
		         parameter->standard);
		if (config_set(&candidate.config, assignment, &error)) continue;
		char *now = hardware(&candidate.config);
		if (now && !strcmp(built, now)) changed |= keep(shrinker, plan, &candidate);
		free(now);
	}
	free(built);
	return changed;
}

int shrink(struct plan *plan, const char *bench) {
	struct shrinker shrinker = {.bench = bench};
	const char *temporary = getenv("TMPDIR");
	char name[PATH_BYTES + 16];
	snprintf(shrinker.folder, sizeof shrinker.folder, "%.200s/nb_shrink.XXXXXX", temporary ? temporary : "/tmp");
	if (!mkdtemp(shrinker.folder)) return 0;
	const int failing = fails(&shrinker, plan);
	for (int changed = failing; changed && shrinker.runs < RUNS_MAX;) {
		changed = drop_layers(&shrinker, plan);
		changed |= default_parameters(&shrinker, plan);
		changed |= lower_network(&shrinker, plan);
	}
	static const char *const files[] = {"cases", "expected", "got"};
	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
		snprintf(name, sizeof name, "%s/%s", shrinker.folder, files[i]);
		unlink(name);
	}
	rmdir(shrinker.folder);
	return failing;
}
