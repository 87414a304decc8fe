/* --describe of config.h: the parameter table as text or as JSON, with the values of one configuration. Times of the
 * memory are shown in cycles too, as the simulation uses them: rounded up, the refresh interval down. */
#include <string.h>

#include "sim/base/text.h"
#include "sim/input/config.h"

enum { COLUMNS = 100, INDENT = 6, LINE_BYTES = 512 };

static const char *const timing_names[] = {"structural", "runtime", "none"};

static uint64_t time_cycles(const struct config *config, const struct config_parameter *parameter) {
	uint32_t ps = *(const uint32_t *)(const void *)((const char *)config + parameter->offset);
	return parameter->offset == offsetof(struct config, dram_trefi_ps) ? config_cycles_down(config, ps)
	                                                                   : config_cycles_up(config, ps);
}

static void bound_text(const struct config_parameter *parameter, uint32_t bound, char *text, size_t text_bytes) {
	unsigned decimals = parameter->type == CONFIG_MHZ || parameter->type == CONFIG_NS ? 3 : 0;
	text_decimal_print(bound, decimals, text, text_bytes);
}

/* "dsp, lut, fused", "auto or 2 .. 16", "text" */
static void range_text(const struct config_parameter *parameter, char *text, size_t text_bytes) {
	char low[32], high[32];
	if (parameter->type == CONFIG_TEXT) {
		snprintf(text, text_bytes, "text");
		return;
	}
	if (parameter->type != CONFIG_WORD) {
		bound_text(parameter, parameter->minimum, low, sizeof low);
		bound_text(parameter, parameter->maximum, high, sizeof high);
		snprintf(text, text_bytes, "%s%s%s .. %s", parameter->words ? parameter->words : "",
		         parameter->words ? " or " : "", low, high);
		return;
	}
	text_word_list(parameter->words, text, text_bytes);
}

static void describe_parameter(const struct config *config, const struct config_parameter *parameter, FILE *out) {
	char value[CONFIG_TEXT_BYTES], range[128], line[LINE_BYTES];
	const char *unit = strcmp(parameter->unit, "1") == 0 ? "" : parameter->unit;
	config_value_text(config, parameter, value, sizeof value);
	range_text(parameter, range, sizeof range);
	fprintf(out, "  %s = %s%s%s", parameter->key, value, *unit ? " " : "", unit);
	if (parameter->type == CONFIG_NS)
		fprintf(out, " (%llu cycles)", (unsigned long long)time_cycles(config, parameter));
	fputc('\n', out);
	snprintf(line, sizeof line, "%s (default %s; timing: %s%s%s)", range, parameter->standard,
	         timing_names[parameter->timing], parameter->proven[0] ? ", equal to RTL for " : "", parameter->proven);
	fprintf(out, "%*s", INDENT, "");
	text_wrap(out, line, INDENT, INDENT, COLUMNS);
	fprintf(out, "%*s", INDENT, "");
	text_wrap(out, parameter->meaning, INDENT, INDENT, COLUMNS);
	snprintf(line, sizeof line, "source: %s", parameter->source);
	fprintf(out, "%*s", INDENT, "");
	text_wrap(out, line, INDENT, INDENT, COLUMNS);
}

static const char introduction[] =
    "Every parameter of a configuration: its value here, the allowed values, the "
    "default, what it changes in the simulated "
    "time (structural: the hardware that is built; runtime: what it does; none: "
    "nothing), and where the default comes from. "
    "In a file: [section] lines and key = value lines; on the command line: --set "
    "section.key=value. Numbers are written "
    "without a unit. What follows 'equal to RTL for' (words by number from 0, kHz, ps) was shown by random draws: each "
    "value among values of all other parameters, not every combination.";

static void describe_text(const struct config *config, FILE *out) {
	char line[LINE_BYTES];
	uint64_t beat_cycles = config_beat_cycles(config);
	double exact = (double)config->dma_axi_bytes * config->clock_khz / (config->dram_peak_megabytes_per_s * 1e3);
	text_wrap(out, introduction, 0, 0, COLUMNS);
	for (size_t i = 0; i < config_parameter_count; i++) {
		const struct config_parameter *parameter = &config_parameters[i];
		if (i == 0 || strcmp(parameter->section, parameter[-1].section) != 0)
			fprintf(out, "\n[%s]\n", parameter->section);
		describe_parameter(config, parameter, out);
	}
	snprintf(line, sizeof line,
	         "Cycles a beat of %u bytes occupies the data bus of a ddr4 channel: %llu (exactly %.4f; rounding up "
	         "adds %.2f %%).",
	         config->dma_axi_bytes, (unsigned long long)beat_cycles, exact,
	         100 * ((double)beat_cycles / exact - 1));
	fputc('\n', out);
	text_wrap(out, line, 0, 0, COLUMNS);
}

static void json_member(FILE *out, const char *name, const char *value, int is_text) {
	fprintf(out, ", \"%s\": ", name);
	if (is_text)
		text_json(out, value);
	else
		fputs(value, out);
}

static void json_words(const struct config_parameter *parameter, FILE *out) {
	char word[64];
	int first = 1;
	fputs(", \"words\": [", out);
	for (uint32_t i = 0; i <= (parameter->type == CONFIG_WORD ? parameter->maximum : 0); i++) {
		text_word_at(parameter->words, i, word, sizeof word);
		if (word[0] == '\0') continue;
		if (!first) fputs(", ", out);
		text_json(out, word);
		first = 0;
	}
	fputc(']', out);
}

static void json_parameter(const struct config *config, const struct config_parameter *parameter, FILE *out) {
	static const char *const types[] = {"whole", "word", "text", "decimal", "decimal"};
	char value[CONFIG_TEXT_BYTES], low[32], high[32];
	int is_number = parameter->type != CONFIG_TEXT && parameter->type != CONFIG_WORD;
	config_value_text(config, parameter, value, sizeof value);
	fputs("    {\"section\": ", out);
	text_json(out, parameter->section);
	json_member(out, "key", parameter->key, 1);
	json_member(out, "type", types[parameter->type], 1);
	json_member(out, "unit", parameter->unit, 1);
	json_member(out, "value", value, !is_number || (value[0] > '9'));
	json_member(out, "default", parameter->standard, !is_number || (parameter->standard[0] > '9'));
	if (is_number) {
		bound_text(parameter, parameter->minimum, low, sizeof low);
		bound_text(parameter, parameter->maximum, high, sizeof high);
		json_member(out, "minimum", low, 0);
		json_member(out, "maximum", high, 0);
	}
	if (parameter->words) json_words(parameter, out);
	if (parameter->type == CONFIG_NS)
		fprintf(out, ", \"cycles\": %llu", (unsigned long long)time_cycles(config, parameter));
	json_member(out, "meaning", parameter->meaning, 1);
	json_member(out, "source", parameter->source, 1);
	json_member(out, "timing", timing_names[parameter->timing], 1);
	json_member(out, "proven", parameter->proven, 1);
	fputc('}', out);
}

void config_describe(const struct config *config, FILE *out, int json) {
	if (!json) {
		describe_text(config, out);
		return;
	}
	fprintf(out, "{\n  \"beat_cycles\": %llu,\n  \"parameters\": [\n",
	        (unsigned long long)config_beat_cycles(config));
	for (size_t i = 0; i < config_parameter_count; i++) {
		json_parameter(config, &config_parameters[i], out);
		fputs(i + 1 < config_parameter_count ? ",\n" : "\n", out);
	}
	fputs("  ]\n}\n", out);
}
