/* See plan_text.h. */
#include "tests/equal/plan_text.h"

#include <stdlib.h>
#include <string.h>

#include "sim/input/config.h"

static void write_fields(FILE *out, const char *object, const struct plan_field *fields, size_t count) {
	for (size_t i = 0; i < count; i++) {
		uint32_t value;
		memcpy(&value, object + fields[i].offset, sizeof value);
		fprintf(out, " %s=%u", fields[i].name, value);
	}
	fprintf(out, "\n");
}

static void write_config(FILE *out, const struct config *config) {
	struct config defaults;
	config_defaults(&defaults);
	for (size_t i = 0; i < config_parameter_count; i++) {
		const struct config_parameter *parameter = &config_parameters[i];
		char value[CONFIG_TEXT_BYTES], standard[CONFIG_TEXT_BYTES];
		config_value_text(config, parameter, value, sizeof value);
		config_value_text(&defaults, parameter, standard, sizeof standard);
		if (strcmp(value, standard) != 0)
			fprintf(out, "set %s.%s=%s\n", parameter->section, parameter->key, value);
	}
}

void plan_text_write(const struct plan_text *text, const void *plan, FILE *out) {
	const char *bytes = plan;
	uint32_t layer_count;
	memcpy(&layer_count, bytes + text->layer_count_at, sizeof layer_count);
	fprintf(out, "case\n");
	write_config(out, (const void *)(bytes + text->config_at));
	fprintf(out, "input");
	write_fields(out, bytes, text->fields, text->field_count);
	for (uint32_t i = 0; i < layer_count; i++) {
		fprintf(out, "layer");
		write_fields(out, bytes + text->layers_at + i * text->layer_bytes, text->layer_fields,
		             text->layer_field_count);
	}
	fprintf(out, "end\n");
}

/* `words` is what follows the line's first word. Returns 0 at a word that is no field. */
static int read_fields(char *object, char *words, const struct plan_field *fields, size_t count) {
	for (char *rest = NULL, *word = strtok_r(words, " \n", &rest); word; word = strtok_r(NULL, " \n", &rest)) {
		char *value = strchr(word, '='), *end;
		size_t i = 0;
		if (!value) return 0;
		*value++ = '\0';
		while (i < count && strcmp(fields[i].name, word) != 0) i++;
		const uint32_t number = (uint32_t)strtoul(value, &end, 10);
		if (i == count || *end || end == value) return 0;
		memcpy(object + fields[i].offset, &number, sizeof number);
	}
	return 1;
}

static int read_layer(const struct plan_text *text, char *plan, char *words) {
	uint32_t index;
	memcpy(&index, plan + text->layer_count_at, sizeof index);
	if (index == text->layers_most) return 0;
	const uint32_t count = index + 1;
	memcpy(plan + text->layer_count_at, &count, sizeof count);
	return read_fields(plan + text->layers_at + index * text->layer_bytes, words, text->layer_fields,
	                   text->layer_field_count);
}

static enum status read_line(const struct plan_text *text, char *plan, char *line, struct error *error) {
	line[strcspn(line, "\n")] = '\0';
	if (!strncmp(line, "set ", 4)) return config_set((void *)(plan + text->config_at), line + 4, error);
	if (!strncmp(line, "input ", 6) && read_fields(plan, line + 6, text->fields, text->field_count))
		return STATUS_OK;
	if (!strncmp(line, "layer ", 6) && read_layer(text, plan, line + 6)) return STATUS_OK;
	return error_set(error, STATUS_INPUT, "'%.60s' is no set, input or layer line", line);
}

int plan_text_read(const struct plan_text *text, void *plan, FILE *in, const char *path, enum status *status,
                   struct error *error) {
	char *line = NULL, *bytes = plan;
	size_t line_bytes = 0;
	int begun = 0, ended = 0;
	uint32_t layer_count;
	memset(plan, 0, text->plan_bytes);
	config_defaults((void *)(bytes + text->config_at));
	*status = STATUS_OK;
	while (!*status && !ended && getline(&line, &line_bytes, in) > 0) {
		if (line[0] == '#' || line[0] == '\n') continue;
		if (!begun && !strcmp(line, "case\n"))
			begun = 1;
		else if (begun && !strcmp(line, "end\n"))
			ended = 1;
		else if (begun)
			*status = read_line(text, bytes, line, error);
		else
			*status = error_set(error, STATUS_INPUT, "%s: '%.60s' is outside of a case", path, line);
	}
	free(line);
	memcpy(&layer_count, bytes + text->layer_count_at, sizeof layer_count);
	if (!*status && begun && (!ended || !layer_count))
		*status = error_set(error, STATUS_INPUT, "%s: the last case has no end or no layer", path);
	return begun;
}
