/* A sweep's space as text, for the database (sweep.h): one line a thing, so that a front or an explanation needs no
 * sweep file. The walk (strategy, counts, images) is not in it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "explore/sweep.h"

char *sweep_text(const struct sweep *sweep) {
	char *text = NULL, value[CONFIG_TEXT_BYTES];
	size_t bytes = 0;
	FILE *out = open_memstream(&text, &bytes);
	if (!out) return NULL;
	fprintf(out, "sweep 1\n");
	for (size_t i = 0; i < config_parameter_count; i++) {
		config_value_text(&sweep->base, &config_parameters[i], value, sizeof value);
		fprintf(out, "base %s.%s=%s\n", config_parameters[i].section, config_parameters[i].key, value);
	}
	for (uint32_t a = 0; a < sweep->axis_count; a++) {
		fprintf(out, "axis %s=", sweep->axes[a].name);
		for (uint32_t v = 0; v < sweep->axes[a].count; v++)
			fprintf(out, "%s%s", v ? ", " : "", sweep->axes[a].values[v].text);
		fprintf(out, "\n");
	}
	for (uint32_t i = 0; i < sweep->tie_count; i++)
		fprintf(out, "tie %s=%s\n", sweep->ties[i].name, sweep->ties[i].text);
	for (uint32_t i = 0; i < sweep->constraint_count; i++)
		fprintf(out, "constraint %s=%s\n", sweep->constraints[i].name, sweep->constraints[i].text);
	int failed = ferror(out);
	if (fclose(out)) failed = 1;
	if (failed) {
		free(text);
		return NULL;
	}
	return text;
}

static enum status parse_line(struct sweep *sweep, char *line, const char *place, struct error *error) {
	char *name = strchr(line, ' '), *value = name ? strchr(name, '=') : NULL;
	if (!value)
		return error_set(error, STATUS_INPUT, "%s: '%.80s' is no line of a sweep; the database is damaged",
		                 place, line);
	*name++ = 0;
	if (!strcmp(line, "base")) return config_set(&sweep->base, name, error);
	*value++ = 0;
	if (!strcmp(line, "axis")) return sweep_add_axis(sweep, name, value, place, error);
	if (!strcmp(line, "tie")) return sweep_add_tie(sweep, name, value, place, error);
	if (!strcmp(line, "constraint")) return sweep_add_constraint(sweep, name, value, place, error);
	return error_set(error, STATUS_INPUT, "%s: '%.80s' is no line of a sweep; the database is damaged", place,
	                 line);
}

enum status sweep_parse(struct sweep *sweep, const char *text, const char *place, struct error *error) {
	static const char head[] = "sweep 1\n";
	enum status status = STATUS_OK;
	memset(sweep, 0, sizeof *sweep);
	config_defaults(&sweep->base);
	snprintf(sweep->place, sizeof sweep->place, "%s", place);
	if (strncmp(text, head, sizeof head - 1) != 0)
		return error_set(error, STATUS_INPUT, "%s: is no sweep of this program version", place);
	char *copy = strdup(text + sizeof head - 1), *rest = copy;
	if (!copy) return error_set(error, STATUS_MEMORY, "%s: out of memory", place);
	while (!status && rest && *rest) {
		char *end = strchr(rest, '\n'), *line = rest;
		if (end) *end = 0;
		rest = end ? end + 1 : NULL;
		status = parse_line(sweep, line, place, error);
	}
	free(copy);
	if (!status) status = sweep_complete(sweep, place, error);
	if (status) sweep_clear(sweep);
	return status;
}
