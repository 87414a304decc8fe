/* See sweep.h: points and their configurations. Axes are resolved when they are read, so that a point costs a copy of
 * the base and a few words; ties whose value cannot be stored as it is go through config_set, which says why. */
#include "explore/sweep.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/text.h"

void sweep_parameter_name(const struct config_parameter *parameter, char *name, size_t bytes) {
	snprintf(name, bytes, "%s.%s", parameter->section, parameter->key);
}

static int find_parameter(const void *context, const char *name) {
	const char *dot = strrchr(name, '.');
	(void)context;
	if (!dot) return -1;
	size_t length = (size_t)(dot - name);
	for (size_t i = 0; i < config_parameter_count; i++) {
		const struct config_parameter *parameter = &config_parameters[i];
		if (!strcmp(parameter->key, dot + 1) && strlen(parameter->section) == length &&
		    !memcmp(parameter->section, name, length))
			return (int)i;
	}
	return -1;
}

const struct config_parameter *sweep_find_parameter(const char *name) {
	int index = find_parameter(NULL, name);
	return index < 0 ? NULL : &config_parameters[index];
}

static int parameter_name(const void *context, int variable, char *text, size_t bytes) {
	(void)context;
	if ((size_t)variable >= config_parameter_count) return 0;
	sweep_parameter_name(&config_parameters[variable], text, bytes);
	return 1;
}

const struct condition_names sweep_parameter_names = {NULL, find_parameter, parameter_name};

static uint32_t stored_value(const struct config *config, const struct config_parameter *parameter) {
	uint32_t stored;
	memcpy(&stored, (const char *)config + parameter->offset, sizeof stored);
	return stored;
}

struct condition_value sweep_parameter_value(void *context, int index) {
	struct sweep_variables *variables = context;
	const struct config_parameter *parameter = &config_parameters[index];
	if (parameter->type == CONFIG_TEXT)
		return (struct condition_value){NAN, (const char *)variables->config + parameter->offset};
	uint32_t stored = stored_value(variables->config, parameter);
	if (parameter->type == CONFIG_WORD) {
		char *word = variables->words[variables->next++ % SWEEP_WORDS];
		text_word_at(parameter->words, stored, word, sizeof variables->words[0]);
		return (struct condition_value){NAN, word};
	}
	int is_scaled = parameter->type == CONFIG_MHZ || parameter->type == CONFIG_NS;
	return (struct condition_value){is_scaled ? stored / 1000.0 : stored, NULL};
}

void sweep_clear(struct sweep *sweep) {
	for (uint32_t a = 0; a < sweep->axis_count; a++) {
		for (uint32_t v = 0; v < sweep->axes[a].count; v++) free(sweep->axes[a].values[v].text);
		free(sweep->axes[a].values);
	}
	for (uint32_t i = 0; i < sweep->tie_count; i++) condition_free(sweep->ties[i].condition);
	for (uint32_t i = 0; i < sweep->constraint_count; i++) condition_free(sweep->constraints[i].condition);
	memset(sweep, 0, sizeof *sweep);
}

void sweep_choices(const struct sweep *sweep, uint64_t point, uint32_t *choices) {
	for (uint32_t a = sweep->axis_count; a-- > 0;) {
		choices[a] = (uint32_t)(point % sweep->axes[a].count);
		point /= sweep->axes[a].count;
	}
}

uint64_t sweep_point(const struct sweep *sweep, const uint32_t *choices) {
	uint64_t point = 0;
	for (uint32_t a = 0; a < sweep->axis_count; a++) point = point * sweep->axes[a].count + choices[a];
	return point;
}

static enum status apply_tie(const struct sweep_rule *tie, struct config *config, struct error *error) {
	struct sweep_variables variables = {.config = config};
	struct condition_value value = condition_evaluate(tie->condition, sweep_parameter_value, &variables);
	char assignment[SWEEP_AXIS_BYTES + SWEEP_VALUE_BYTES + 2];
	if (value.text) {
		snprintf(assignment, sizeof assignment, "%s=%s", tie->name, value.text);
	} else {
		uint32_t stored = stored_value(config, tie->target);
		int is_scaled = tie->target->type == CONFIG_MHZ || tie->target->type == CONFIG_NS;
		double scaled = value.number * (is_scaled ? 1000 : 1), whole = nearbyint(scaled);
		if (isnan(whole) || fabs(whole) > 1e15 || fabs(scaled - whole) > 1e-6)
			return error_set(error, STATUS_INPUT, "tie %s = %s gives %.9g; expected a whole number",
			                 tie->name, tie->text, value.number);
		if (fabs(whole - stored) < 0.5) return STATUS_OK; /* nothing changes */
		if (tie->target->type != CONFIG_TEXT && tie->target->type != CONFIG_WORD &&
		    whole >= tie->target->minimum && whole <= tie->target->maximum) {
			stored = (uint32_t)whole;
			memcpy((char *)config + tie->target->offset, &stored, sizeof stored);
			return STATUS_OK;
		}
		char number[64] = "-1";
		if (whole >= 0) text_decimal_print((uint64_t)whole, is_scaled ? 3 : 0, number, sizeof number);
		snprintf(assignment, sizeof assignment, "%s=%s", tie->name, number);
	}
	struct error why = {""};
	if (!config_set(config, assignment, &why)) return STATUS_OK;
	return error_set(error, STATUS_INPUT, "tie %s = %s: %.600s", tie->name, tie->text, why.text);
}

enum status sweep_configure(const struct sweep *sweep, uint64_t point, struct config *config, struct error *error) {
	uint32_t choices[SWEEP_AXES_MAX];
	sweep_choices(sweep, point, choices);
	*config = sweep->base;
	for (uint32_t a = 0; a < sweep->axis_count; a++) {
		const struct sweep_axis *axis = &sweep->axes[a];
		const struct sweep_value *value = &axis->values[choices[a]];
		if (!axis->parameter) continue;
		char *member = (char *)config + axis->parameter->offset;
		if (axis->parameter->type == CONFIG_TEXT) {
			memset(member, 0, CONFIG_TEXT_BYTES);
			memcpy(member, value->text, strlen(value->text));
		} else {
			memcpy(member, &value->stored, sizeof value->stored);
		}
	}
	for (uint32_t i = 0; i < sweep->tie_count; i++) {
		enum status status = apply_tie(&sweep->ties[i], config, error);
		if (status) return status;
	}
	return STATUS_OK;
}

void sweep_scale_technology(const struct sweep *sweep, uint64_t point, struct technology *technology) {
	uint32_t choices[SWEEP_AXES_MAX];
	sweep_choices(sweep, point, choices);
	for (uint32_t a = 0; a < sweep->axis_count; a++) {
		const struct sweep_axis *axis = &sweep->axes[a];
		if (axis->parameter) continue;
		struct technology_value *value = &technology->values[axis->technology_row];
		double factor = axis->values[choices[a]].number;
		value->value *= factor;
		value->low *= factor;
		value->high *= factor;
	}
}

int sweep_admits(const struct sweep *sweep, const struct config *config) {
	struct sweep_variables variables = {.config = config};
	for (uint32_t i = 0; i < sweep->constraint_count; i++)
		if (!condition_holds(sweep->constraints[i].condition, sweep_parameter_value, &variables)) return 0;
	return 1;
}

int sweep_axis_index(const struct sweep *sweep, const char *name) {
	for (uint32_t a = 0; a < sweep->axis_count; a++)
		if (!strcmp(sweep->axes[a].name, name)) return (int)a;
	return -1;
}

static size_t append(char *text, size_t bytes, size_t at, const char *more) {
	size_t length = strlen(more);
	if (at >= bytes) return at;
	if (length >= bytes - at) length = bytes - at - 1;
	memcpy(text + at, more, length);
	text[at + length] = 0;
	return at + length;
}

/* Names and texts hold no quotes, backslashes or control characters (config_set refuses them, but for a backslash). */
static size_t json_pair(char *text, size_t bytes, size_t at, const char *name, const char *value, int is_number) {
	at = append(text, bytes, at, at > 1 ? ", \"" : "\"");
	at = append(text, bytes, at, name);
	at = append(text, bytes, at, is_number ? "\": " : "\": \"");
	at = append(text, bytes, at, value);
	return is_number ? at : append(text, bytes, at, "\"");
}

void sweep_setting_json(const struct sweep *sweep, uint64_t point, const struct config *config, char *text,
                        size_t bytes) {
	uint32_t choices[SWEEP_AXES_MAX];
	size_t at = append(text, bytes, 0, "{");
	sweep_choices(sweep, point, choices);
	for (uint32_t a = 0; a < sweep->axis_count; a++) {
		const struct sweep_value *value = &sweep->axes[a].values[choices[a]];
		at = json_pair(text, bytes, at, sweep->axes[a].name, value->text, !isnan(value->number));
	}
	for (uint32_t i = 0; i < sweep->tie_count; i++) {
		char value[CONFIG_TEXT_BYTES];
		uint64_t number;
		config_value_text(config, sweep->ties[i].target, value, sizeof value);
		int is_number = text_decimal(value, 9, &number) == TEXT_NUMBER_OK;
		at = json_pair(text, bytes, at, sweep->ties[i].name, value, is_number);
	}
	if (at + 1 < bytes) memcpy(text + at, "}", 2);
}

void sweep_setting_text(const struct sweep *sweep, uint64_t point, char *text, size_t bytes) {
	uint32_t choices[SWEEP_AXES_MAX];
	size_t at = 0;
	sweep_choices(sweep, point, choices);
	text[0] = 0;
	for (uint32_t a = 0; a < sweep->axis_count && at < bytes; a++)
		at += (size_t)snprintf(text + at, bytes - at, "%s%s=%s", a ? " " : "", sweep->axes[a].name,
		                       sweep->axes[a].values[choices[a]].text);
}
