/* See stream_shrink.h. Greedy: one reduction at a time, kept where the case still fails, until none is or the tries are
 * used up. */
#include "tests/equal/stream_shrink.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/equal/stream_case.h"
#include "tests/equal/stream_compare.h"

enum { TRIES_MAX = 60, PATH_BYTES = 256, RTL_SECONDS = 120 };

struct shrinker {
	char folder[PATH_BYTES];
	uint32_t tries;
};

/* Whether the RTL gives what is expected. A build that fails counts as a difference. */
static int rtl_agrees(const char *folder) {
	char command[3 * PATH_BYTES], expected[PATH_BYTES + 16], got[PATH_BYTES + 16], *gots[1] = {got};
	uint32_t passed = 0, failed = 0;
	struct error error;
	snprintf(expected, sizeof expected, "%s/expected", folder);
	snprintf(got, sizeof got, "%s/got", folder);
	snprintf(command, sizeof command, "timeout %d bash tests/rtl/streaming/run_case.sh '%s/case' >'%s' 2>/dev/null",
	         RTL_SECONDS, folder, got);
	if (system(command) == -1) return 0;
	FILE *nowhere = fopen("/dev/null", "w");
	if (!nowhere) return 0;
	const enum status status = stream_compare_files(expected, gots, 1, nowhere, &passed, &failed, &error);
	fclose(nowhere);
	return !status && passed == 1 && !failed;
}

/* 1: a case that can be built and is not equal. */
static int fails(struct shrinker *shrinker, const struct stream_plan *plan) {
	char path[PATH_BYTES + 16], command[2 * PATH_BYTES];
	struct stream_case made;
	struct stream_result result;
	struct error error;
	if (shrinker->tries++ >= TRIES_MAX || stream_case_prepare(&made, plan, &error)) return 0;
	snprintf(command, sizeof command, "rm -rf '%s/case'", shrinker->folder);
	int good = system(command) == 0;
	snprintf(path, sizeof path, "%s/case", shrinker->folder);
	good = good && !mkdir(path, 0777) && !stream_case_write(&made, path, &error);
	snprintf(path, sizeof path, "%s/expected", shrinker->folder);
	FILE *expected = good ? fopen(path, "w") : NULL;
	int agrees = 1;
	if (expected && !stream_case_expect(&made, "case", expected, &result, &error)) {
		agrees = !stream_case_agree(&made, 1, &result, &error);
		stream_result_clear(&result);
	}
	if (expected) fclose(expected);
	stream_case_clear(&made);
	return expected && (!agrees || !rtl_agrees(shrinker->folder));
}

/* Takes the candidate over when it is another plan that still fails. */
static int keep(struct shrinker *shrinker, struct stream_plan *plan, const struct stream_plan *candidate) {
	if (!memcmp(plan, candidate, sizeof *plan) || !fails(shrinker, candidate)) return 0;
	*plan = *candidate;
	return 1;
}

static int drop_layers(struct shrinker *shrinker, struct stream_plan *plan) {
	int changed = 0;
	for (uint32_t i = 0; plan->layer_count > 1 && i < plan->layer_count; i++) {
		struct stream_plan candidate = *plan;
		candidate.layer_count--;
		memmove(candidate.layers + i, candidate.layers + i + 1,
		        (candidate.layer_count - i) * sizeof *candidate.layers);
		memset(candidate.layers + candidate.layer_count, 0, sizeof *candidate.layers);
		changed |= keep(shrinker, plan, &candidate);
	}
	return changed;
}

/* The machine at its defaults but for the handshake, one member after the other. */
static int default_parameters(struct shrinker *shrinker, struct stream_plan *plan) {
	struct config defaults;
	int changed = 0;
	config_defaults(&defaults);
	for (size_t i = 0; i < config_parameter_count; i++) {
		const struct config_parameter *parameter = &config_parameters[i];
		struct stream_plan candidate = *plan;
		if (strcmp(parameter->section, "streaming") != 0 || parameter->type == CONFIG_TEXT) continue;
		memcpy((char *)&candidate.config + parameter->offset, (char *)&defaults + parameter->offset,
		       sizeof(uint32_t));
		changed |= keep(shrinker, plan, &candidate);
	}
	return changed;
}

static int reduce_plan(struct shrinker *shrinker, struct stream_plan *plan) {
	struct stream_plan candidate = *plan;
	candidate.frames = 1;
	int changed = keep(shrinker, plan, &candidate);
	candidate = *plan;
	candidate.named_depths = candidate.has_label = candidate.is_folding_auto = 0;
	changed |= keep(shrinker, plan, &candidate);
	candidate = *plan;
	candidate.classes = 1;
	changed |= keep(shrinker, plan, &candidate);
	return changed;
}

static int reduce_layers(struct shrinker *shrinker, struct stream_plan *plan) {
	int changed = 0;
	for (uint32_t i = 0; i < plan->layer_count; i++) {
		struct stream_plan candidate = *plan;
		candidate.layers[i].skip = 0;
		changed |= keep(shrinker, plan, &candidate);
		candidate = *plan;
		candidate.layers[i].pool = TRACE_POOL_NONE;
		changed |= keep(shrinker, plan, &candidate);
		candidate = *plan;
		candidate.layers[i].pad = candidate.layers[i].kernel_height = 0;
		candidate.layers[i].stride = 1;
		changed |= keep(shrinker, plan, &candidate);
		candidate = *plan;
		candidate.layers[i].channels = 2;
		changed |= keep(shrinker, plan, &candidate);
	}
	return changed;
}

int stream_shrink(struct stream_plan *plan) {
	struct shrinker shrinker = {"/tmp/nb_stream_shrink.XXXXXX", 0};
	char command[2 * PATH_BYTES];
	if (!mkdtemp(shrinker.folder)) return 0;
	const int did_fail = fails(&shrinker, plan);
	while (did_fail && shrinker.tries < TRIES_MAX &&
	       (drop_layers(&shrinker, plan) | reduce_plan(&shrinker, plan) | reduce_layers(&shrinker, plan) |
	        default_parameters(&shrinker, plan)))
		continue;
	snprintf(command, sizeof command, "rm -rf '%s'", shrinker.folder);
	if (system(command)) fprintf(stderr, "nb_stream_equal: %s is left\n", shrinker.folder);
	return did_fail;
}
