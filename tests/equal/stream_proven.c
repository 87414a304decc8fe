/* See stream_proven.h. What chooses a folding (target, budget) acts through PE and
 * SIMD alone, which the draws name or leave to it. */
#include "tests/equal/stream_proven.h"

#include <stdlib.h>
#include <string.h>

#include "tests/equal/seen.h"

enum { REFUSALS_MAX = 1000 };

enum status stream_proven_draw(struct stream_case *made, struct stream_plan *plan, uint64_t seed, uint32_t number,
                               uint32_t *refused, struct error *error) {
	struct random_source random = {(seed * 1000003u + number) * 7919u + 5};
	struct stream_plan drawn;
	for (int i = 0; i < REFUSALS_MAX; i++) {
		stream_plan_draw(&drawn, &random);
		const enum status status = stream_case_prepare(made, &drawn, error);
		if (plan) *plan = drawn;
		if (status != STATUS_UNMAPPABLE) return status;
		++*refused;
	}
	return error_set(error, STATUS_FAILED, "nothing drawn that can be mapped: %.200s", error->text);
}

static int is_drawn(const struct config_parameter *parameter) {
	return !strcmp(parameter->section, "streaming") && parameter->type != CONFIG_TEXT &&
	       parameter->timing != TIMING_NONE;
}

uint32_t stream_proven_check(uint32_t *failed) {
	struct seen *seen = calloc(config_parameter_count, sizeof *seen);
	uint32_t refused = 0;
	*failed = 0;
	for (uint32_t number = 0; number < STREAM_PROVEN_COUNT && seen; number++) {
		struct stream_case made;
		struct error error;
		if (stream_proven_draw(&made, NULL, STREAM_PROVEN_SEED, number, &refused, &error)) {
			printf("proven: case %u: %s\n", number, error.text);
			++*failed;
			continue;
		}
		for (size_t i = 0; i < config_parameter_count; i++) {
			const struct config_parameter *parameter = &config_parameters[i];
			if (is_drawn(parameter)) seen_add_from(&seen[i], parameter, &made.config);
		}
		stream_case_clear(&made);
	}
	const uint32_t passed = seen ? seen_compare(seen, is_drawn, failed) : 0;
	free(seen);
	return passed;
}
