/* See seen.h. */
#include "tests/equal/seen.h"

#include <stdio.h>
#include <string.h>

enum { LIST_MAX = 8, TEXT_BYTES = 256 };

void seen_add(struct seen *seen, uint32_t value) {
	uint32_t at = 0;
	while (at < seen->count && seen->value[at] < value) at++;
	if (at < seen->count && seen->value[at] == value) return;
	if (seen->count == SEEN_VALUES_MAX) return;
	memmove(seen->value + at + 1, seen->value + at, (seen->count - at) * sizeof *seen->value);
	seen->value[at] = value;
	seen->count++;
}

void seen_add_from(struct seen *seen, const struct config_parameter *parameter, const struct config *config) {
	uint32_t value;
	memcpy(&value, (const char *)config + parameter->offset, sizeof value);
	seen_add(seen, value);
}

static void append(char *text, const char *format, uint32_t low, uint32_t high) {
	const size_t used = strlen(text);
	snprintf(text + used, TEXT_BYTES - used, format, low, high);
}

static int is_always_range(const struct config_parameter *parameter) {
	static const char *const keys[] = {"depth_words", "fifo_depth_words", "target_frames_per_s"};
	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
		if (!strcmp(parameter->key, keys[i])) return 1;
	return 0;
}

static void seen_text(const struct seen *seen, const struct config_parameter *parameter, char *text) {
	const int is_range = seen->count > LIST_MAX || is_always_range(parameter);
	uint32_t first = 0;
	text[0] = '\0';
	if (is_range && seen->count && seen->value[0] == 0 && parameter->words) {
		append(text, "0,", 0, 0);
		first = 1;
	}
	if (is_range && first < seen->count && seen->value[first] != seen->value[seen->count - 1]) {
		append(text, "%u-%u", seen->value[first], seen->value[seen->count - 1]);
		return;
	}
	for (uint32_t i = first; i < seen->count; i++)
		append(text, i + 1 < seen->count ? "%u," : "%u", seen->value[i], 0);
}

uint32_t seen_compare(const struct seen *seen, int (*is_row)(const struct config_parameter *parameter),
                      uint32_t *failed) {
	uint32_t passed = 0;
	for (size_t i = 0; i < config_parameter_count; i++) {
		const struct config_parameter *parameter = &config_parameters[i];
		char text[TEXT_BYTES];
		if (parameter->type == CONFIG_TEXT || !is_row(parameter)) continue;
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
