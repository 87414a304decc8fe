/* See stream_proven.h. The column is a list of values where few were drawn, and a range from the least to the largest
 * where many were; 0 stands by itself where it means none. What chooses a folding (target, budget) acts through PE and
 * SIMD alone, which the draws name or leave to it. */
#include "tests/equal/stream_proven.h"

#include <stdlib.h>
#include <string.h>

enum { LIST_MAX = 8, TEXT_BYTES = 256, REFUSALS_MAX = 1000 };

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

/* Distinct values of one parameter, sorted. */
struct seen {
	uint32_t count, value[STREAM_PROVEN_COUNT];
};

static void see(struct seen *seen, uint32_t value) {
	uint32_t at = 0;
	while (at < seen->count && seen->value[at] < value) at++;
	if (at < seen->count && seen->value[at] == value) return;
	memmove(seen->value + at + 1, seen->value + at, (seen->count - at) * sizeof *seen->value);
	seen->value[at] = value;
	seen->count++;
}

static void append(char *text, const char *format, uint32_t low, uint32_t high) {
	const size_t used = strlen(text);
	snprintf(text + used, TEXT_BYTES - used, format, low, high);
}

static void seen_text(const struct seen *seen, const struct config_parameter *parameter, char *text) {
	const int is_range = seen->count > LIST_MAX || !strcmp(parameter->key, "fifo_depth_words") ||
	                     !strcmp(parameter->key, "target_frames_per_s");
	uint32_t first = 0;
	text[0] = '\0';
	if (is_range && seen->value[0] == 0 && parameter->words) {
		append(text, "0,", 0, 0);
		first = 1;
	}
	if (is_range) {
		append(text, "%u-%u", seen->value[first], seen->value[seen->count - 1]);
		return;
	}
	for (uint32_t i = 0; i < seen->count; i++) append(text, i + 1 < seen->count ? "%u," : "%u", seen->value[i], 0);
}

static int is_drawn(const struct config_parameter *parameter) {
	return !strcmp(parameter->section, "streaming") && parameter->type != CONFIG_TEXT;
}

static uint32_t compare_rows(const struct seen *seen, uint32_t *failed) {
	uint32_t passed = 0;
	for (size_t i = 0; i < config_parameter_count; i++) {
		const struct config_parameter *parameter = &config_parameters[i];
		char text[TEXT_BYTES];
		if (!is_drawn(parameter)) continue;
		seen_text(&seen[i], parameter, text);
		if (!strcmp(text, parameter->proven)) {
			passed++;
			continue;
		}
		++*failed;
		printf("proven: %s.%s: the table says '%s', the suite draws '%s'\n", parameter->section, parameter->key,
		       parameter->proven, text);
	}
	return passed;
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
			uint32_t value;
			if (!is_drawn(&config_parameters[i])) continue;
			memcpy(&value, (const char *)&made.config + config_parameters[i].offset, sizeof value);
			see(&seen[i], value);
		}
		stream_case_clear(&made);
	}
	const uint32_t passed = seen ? compare_rows(seen, failed) : 0;
	free(seen);
	return passed;
}
