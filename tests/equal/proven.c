/* See proven.h. The column is a list of values where few were drawn ("4,8,16"), and of ranges from the least to the
 * largest that was drawn where many were, or where the value is a depth; 0 stands by itself where it means auto or off.
 * The widths of [compile] are those of the drawn networks: nothing else of these parameters reaches the machine. */
#include "tests/equal/proven.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/equal/check.h"

enum { VALUES_MAX = 1024, LIST_MAX = 8, TEXT_BYTES = 256 };

/* Distinct values of one parameter, sorted. */
struct seen {
	uint32_t count, value[VALUES_MAX];
};

static void see(struct seen *seen, uint32_t value) {
	uint32_t at = 0;
	while (at < seen->count && seen->value[at] < value) at++;
	if (at < seen->count && seen->value[at] == value) return;
	if (seen->count == VALUES_MAX) return; /* more draws than PROVEN_COUNT of every structure */
	memmove(seen->value + at + 1, seen->value + at, (seen->count - at) * sizeof *seen->value);
	seen->value[at] = value;
	seen->count++;
}

static int is(const struct config_parameter *parameter, const char *section, const char *key) {
	return !strcmp(parameter->section, section) && !strcmp(parameter->key, key);
}

static void see_widths(struct seen *seen, const struct config_parameter *parameter, const struct trace *trace) {
	const struct trace_layer *first = &trace->layers[0], *last = &trace->layers[trace->layer_count - 1];
	if (is(parameter, "compile", "stem_weight_bits") && first->main.kind == TRACE_CONV_FIXED)
		see(seen, first->main.weight_bits);
	if (is(parameter, "compile", "head_weight_bits") && last->main.kind == TRACE_CONV_FIXED)
		see(seen, last->main.weight_bits);
	for (uint32_t i = 0; i < trace->layer_count && is(parameter, "compile", "skip_weight_bits"); i++)
		if (trace->layers[i].skip.kind == TRACE_CONV_FIXED) see(seen, trace->layers[i].skip.weight_bits);
	for (uint32_t i = 0; i < trace->map_count && is(parameter, "compile", "map_bits"); i++)
		if (trace->maps[i].kind == TRACE_MAP_FIXED && i != trace->input_map && i != trace->scores_map)
			see(seen, trace->maps[i].value_bits);
}

/* Parameters of a memory of another kind than the drawn one do nothing. */
static int is_used(const struct config_parameter *parameter, const struct config *config) {
	static const char *const shared[] = {"kind", "channels", "controller_cycles"};
	if (strcmp(parameter->section, "dram") != 0) return 1;
	for (size_t i = 0; i < sizeof shared / sizeof shared[0]; i++)
		if (!strcmp(parameter->key, shared[i])) return 1;
	if (!strcmp(parameter->key, "fixed_bytes_per_cycle")) return config->dram_kind == DRAM_FIXED;
	if (!strcmp(parameter->key, "fixed_latency_cycles")) return config->dram_kind != DRAM_DDR4;
	return config->dram_kind == DRAM_DDR4;
}

static void see_case(struct seen *seen, const struct drawn *drawn) {
	for (size_t i = 0; i < config_parameter_count; i++) {
		const struct config_parameter *parameter = &config_parameters[i];
		uint32_t value;
		if (parameter->timing == TIMING_NONE || parameter->type == CONFIG_TEXT ||
		    !is_used(parameter, &drawn->config))
			continue;
		if (!strcmp(parameter->section, "compile")) {
			see_widths(&seen[i], parameter, &drawn->trace);
			continue;
		}
		memcpy(&value, (const char *)&drawn->config + parameter->offset, sizeof value);
		see(&seen[i], value);
	}
}

static void append(char *text, const char *format, uint32_t low, uint32_t high) {
	const size_t used = strlen(text);
	snprintf(text + used, TEXT_BYTES - used, format, low, high);
}

static void seen_text(const struct seen *seen, const struct config_parameter *parameter, char *text) {
	const int is_range = seen->count > LIST_MAX || !strcmp(parameter->key, "depth_words");
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

/* Rows of the streaming organisation, and the choice of it, are not for machines of this suite to prove. */
static int is_of_streaming(const struct config_parameter *parameter) {
	return !strcmp(parameter->section, "streaming") || is(parameter, "machine", "organisation");
}

static uint32_t compare_rows(const struct seen *seen, uint32_t *failed) {
	uint32_t passed = 0;
	for (size_t i = 0; i < config_parameter_count; i++) {
		const struct config_parameter *parameter = &config_parameters[i];
		char text[TEXT_BYTES];
		if (parameter->type == CONFIG_TEXT || is_of_streaming(parameter)) continue;
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

uint32_t proven_check(uint32_t *failed) {
	struct seen *seen = calloc(config_parameter_count, sizeof *seen);
	*failed = 0;
	for (uint32_t s = 0; s < structure_count && seen; s++) {
		for (uint32_t number = 0; number < PROVEN_COUNT; number++) {
			struct drawn drawn;
			struct error error;
			if (drawn_draw(&drawn, NULL, &structures[s], PROVEN_SEED, number, &error) < 0) {
				printf("proven: %s case %u: nothing drawn: %s\n", structures[s].name, number,
				       error.text);
				++*failed;
				continue;
			}
			see_case(seen, &drawn);
			drawn_clear(&drawn);
		}
	}
	const uint32_t passed = seen ? compare_rows(seen, failed) : 0;
	free(seen);
	return passed;
}
