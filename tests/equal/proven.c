/* See proven.h. The widths of [compile] are those of the drawn networks: nothing else of these parameters reaches the
 * machine. */
#include "tests/equal/proven.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/equal/check.h"
#include "tests/equal/seen.h"

static int is(const struct config_parameter *parameter, const char *section, const char *key) {
	return !strcmp(parameter->section, section) && !strcmp(parameter->key, key);
}

static void see_widths(struct seen *seen, const struct config_parameter *parameter, const struct trace *trace) {
	const struct trace_layer *first = &trace->layers[0], *last = &trace->layers[trace->layer_count - 1];
	if (is(parameter, "compile", "stem_weight_bits") && first->main.kind == TRACE_CONV_FIXED)
		seen_add(seen, first->main.weight_bits);
	if (is(parameter, "compile", "head_weight_bits") && last->main.kind == TRACE_CONV_FIXED)
		seen_add(seen, last->main.weight_bits);
	for (uint32_t i = 0; i < trace->layer_count && is(parameter, "compile", "skip_weight_bits"); i++)
		if (trace->layers[i].skip.kind == TRACE_CONV_FIXED) seen_add(seen, trace->layers[i].skip.weight_bits);
	for (uint32_t i = 0; i < trace->map_count && is(parameter, "compile", "map_bits"); i++)
		if (trace->maps[i].kind == TRACE_MAP_FIXED && i != trace->input_map && i != trace->scores_map)
			seen_add(seen, trace->maps[i].value_bits);
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
		if (parameter->timing == TIMING_NONE || parameter->type == CONFIG_TEXT ||
		    !is_used(parameter, &drawn->config))
			continue;
		if (!strcmp(parameter->section, "compile")) {
			see_widths(&seen[i], parameter, &drawn->trace);
			continue;
		}
		seen_add_from(&seen[i], parameter, &drawn->config);
	}
}

/* Rows of the streaming organisation, and the choice of it, are not for machines of this suite to prove. */
static int is_row(const struct config_parameter *parameter) {
	return strcmp(parameter->section, "streaming") != 0 && !is(parameter, "machine", "organisation");
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
	const uint32_t passed = seen ? seen_compare(seen, is_row, failed) : 0;
	free(seen);
	return passed;
}
