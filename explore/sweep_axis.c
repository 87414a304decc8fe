/* Axes and rules of a sweep (sweep.h): the lists of values, and what may be an axis or the target of a tie. Values are
 * set through config_set, so that an axis takes exactly what a configuration file takes. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "explore/sweep.h"
#include "sim/base/text.h"

static const char technology_prefix[] = "technology.";

static char *trim(char *text) {
	while (*text == ' ' || *text == '\t') text++;
	size_t length = strlen(text);
	while (length && (text[length - 1] == ' ' || text[length - 1] == '\t')) text[--length] = 0;
	return text;
}

static enum status unknown_axis(const char *name, const char *place, struct error *error) {
	char all[256][SWEEP_AXIS_BYTES];
	struct text_nearest nearest;
	text_nearest_start(&nearest, name);
	for (size_t i = 0; i < config_parameter_count && i < 200; i++) {
		sweep_parameter_name(&config_parameters[i], all[i], sizeof all[i]);
		text_nearest_offer(&nearest, all[i]);
	}
	for (int row = 0; row < TECHNOLOGY_EVENT_COUNT; row++) {
		snprintf(all[200 + row], sizeof all[0], "%s%s", technology_prefix, technology_rows[row].name);
		text_nearest_offer(&nearest, all[200 + row]);
	}
	const char *best = text_nearest_best(&nearest);
	return error_set(error, STATUS_INPUT,
	                 "%s: '%s' is no parameter; expected SECTION.KEY of nbsim --describe or technology.ROW%s%s%s",
	                 place, name, best ? "; the nearest is '" : "", best ? best : "", best ? "'" : "");
}

static enum status resolve_axis(struct sweep_axis *axis, const char *name, const char *place, struct error *error) {
	if (strlen(name) >= sizeof axis->name)
		return error_set(error, STATUS_INPUT, "%s: the name '%.100s' is too long", place, name);
	snprintf(axis->name, sizeof axis->name, "%s", name);
	axis->parameter = sweep_find_parameter(name);
	if (axis->parameter) return STATUS_OK;
	if (!strncmp(name, technology_prefix, sizeof technology_prefix - 1))
		for (int row = 0; row < TECHNOLOGY_EVENT_COUNT; row++)
			if (!strcmp(technology_rows[row].name, name + sizeof technology_prefix - 1)) {
				axis->technology_row = (uint32_t)row;
				return STATUS_OK;
			}
	return unknown_axis(name, place, error);
}

/* A factor on a technology row. */
static enum status factor_value(const struct sweep_axis *axis, struct sweep_value *value, const char *place,
                                struct error *error) {
	if (text_real(value->text, &value->number) == TEXT_NUMBER_OK && value->number <= 1000) return STATUS_OK;
	return error_set(error, STATUS_INPUT, "%s: %s: '%s' is no factor; expected a number from 0 to 1000", place,
	                 axis->name, value->text);
}

static enum status config_value(const struct sweep_axis *axis, struct sweep_value *value, const char *place,
                                struct error *error) {
	char assignment[SWEEP_AXIS_BYTES + SWEEP_VALUE_BYTES + 2];
	struct config config;
	struct error why = {""};
	config_defaults(&config);
	snprintf(assignment, sizeof assignment, "%s=%s", axis->name, value->text);
	if (config_set(&config, assignment, &why)) {
		const char *sentence = strstr(why.text, ": ["); /* behind "--set ..." */
		return error_set(error, STATUS_INPUT, "%s: %.800s", place, sentence ? sentence + 2 : why.text);
	}
	value->number = NAN;
	if (axis->parameter->type == CONFIG_TEXT) return STATUS_OK;
	memcpy(&value->stored, (char *)&config + axis->parameter->offset, sizeof value->stored);
	/* As the parameter is written, so that 8 and 8.0 are one value. */
	char text[CONFIG_TEXT_BYTES];
	config_value_text(&config, axis->parameter, text, sizeof text);
	char *canonical = strdup(text);
	if (!canonical) return error_set(error, STATUS_MEMORY, "%s: out of memory", place);
	free(value->text);
	value->text = canonical;
	if (axis->parameter->type != CONFIG_WORD && text_real(canonical, &value->number) != TEXT_NUMBER_OK)
		value->number = NAN; /* auto, off */
	return STATUS_OK;
}

static enum status add_value(struct sweep_axis *axis, const char *text, const char *place, struct error *error) {
	if (axis->count == SWEEP_VALUES_MAX)
		return error_set(error, STATUS_INPUT, "%s: %s: more than %d values", place, axis->name,
		                 SWEEP_VALUES_MAX);
	if (!(axis->count & (axis->count - 1))) { /* grows at powers of two */
		struct sweep_value *values =
		    realloc(axis->values, (axis->count ? 2 * axis->count : 1) * sizeof *axis->values);
		if (!values) return error_set(error, STATUS_MEMORY, "%s: out of memory", place);
		axis->values = values;
	}
	struct sweep_value *value = &axis->values[axis->count];
	*value = (struct sweep_value){.text = strdup(text), .number = NAN};
	if (!value->text) return error_set(error, STATUS_MEMORY, "%s: out of memory", place);
	axis->count++;
	if (strlen(text) >= SWEEP_VALUE_BYTES || strchr(text, '\\') || strchr(text, '|'))
		return error_set(error, STATUS_INPUT,
		                 "%s: %s: '%.80s' cannot be used; expected at most 255 bytes without \\ and |", place,
		                 axis->name, text);
	enum status status =
	    axis->parameter ? config_value(axis, value, place, error) : factor_value(axis, value, place, error);
	for (uint32_t v = 0; !status && v + 1 < axis->count; v++)
		if (!strcmp(axis->values[v].text, value->text))
			return error_set(error, STATUS_INPUT, "%s: %s: %s is given twice", place, axis->name,
			                 value->text);
	return status;
}

/* "A..B", "A..B step N", "A..B times N", with at most three digits behind the point. */
static enum status add_range(struct sweep_axis *axis, char *text, char *dots, const char *place, struct error *error) {
	uint64_t low, high, step = 1000;
	char *word = strpbrk(dots + 2, " \t");
	int is_factor = 0;
	enum text_number form = TEXT_NUMBER_OK;
	*dots = 0;
	if (word) {
		*word++ = 0;
		word = trim(word);
		is_factor = !strncmp(word, "times ", 6);
		if (!is_factor && strncmp(word, "step ", 5)) form = TEXT_NUMBER_MALFORMED;
		if (form == TEXT_NUMBER_OK) form = text_decimal(trim(word + (is_factor ? 6 : 5)), 3, &step);
	}
	if (form != TEXT_NUMBER_OK || text_decimal(trim(text), 3, &low) != TEXT_NUMBER_OK ||
	    text_decimal(trim(dots + 2), 3, &high) != TEXT_NUMBER_OK || low > high || high > UINT64_C(5000000000000) ||
	    step < (is_factor ? 1001 : 1) || (is_factor && low == 0))
		return error_set(error, STATUS_INPUT,
		                 "%s: %s: the range '%s..%s' is wrong; expected A..B, A..B step N or A..B times N",
		                 place, axis->name, text, dots + 2);
	enum status status = STATUS_OK;
	for (uint64_t at = low; !status && at <= high; at = is_factor ? at * step / 1000 : at + step) {
		char number[32];
		text_decimal_print(at, 3, number, sizeof number);
		status = add_value(axis, number, place, error);
		if (is_factor && at * step / 1000 == at) break;
	}
	return status;
}

enum status sweep_add_axis(struct sweep *sweep, const char *name, const char *values, const char *place,
                           struct error *error) {
	if (sweep->axis_count == SWEEP_AXES_MAX)
		return error_set(error, STATUS_INPUT, "%s: more than %d axes", place, SWEEP_AXES_MAX);
	if (sweep_axis_index(sweep, name) >= 0)
		return error_set(error, STATUS_INPUT, "%s: the axis %s is given twice", place, name);
	struct sweep_axis *axis = &sweep->axes[sweep->axis_count];
	memset(axis, 0, sizeof *axis);
	enum status status = resolve_axis(axis, name, place, error);
	if (status) return status;
	sweep->axis_count++;
	char *list = strdup(values), *rest = list;
	if (!list) return error_set(error, STATUS_MEMORY, "%s: out of memory", place);
	while (!status && rest) {
		char *item = rest, *comma = strchr(rest, ',');
		if (comma) *comma = 0;
		rest = comma ? comma + 1 : NULL;
		item = trim(item);
		char *dots = strstr(item, "..");
		int is_text = axis->parameter && axis->parameter->type == CONFIG_TEXT;
		if (!*item)
			status = error_set(error, STATUS_INPUT, "%s: %s: a value is empty", place, name);
		else
			status = dots && !is_text ? add_range(axis, item, dots, place, error)
			                          : add_value(axis, item, place, error);
	}
	free(list);
	return status;
}

static enum status add_rule(struct sweep_rule *rule, const char *name, const char *text, const char *place,
                            struct error *error) {
	if (strlen(name) >= sizeof rule->name || strlen(text) >= sizeof rule->text)
		return error_set(error, STATUS_INPUT, "%s: %.80s: the rule is too long", place, name);
	snprintf(rule->name, sizeof rule->name, "%s", name);
	snprintf(rule->text, sizeof rule->text, "%s", text);
	return condition_create(&rule->condition, text, place, &sweep_parameter_names, error);
}

enum status sweep_add_tie(struct sweep *sweep, const char *name, const char *text, const char *place,
                          struct error *error) {
	if (sweep->tie_count == SWEEP_RULES_MAX)
		return error_set(error, STATUS_INPUT, "%s: more than %d ties", place, SWEEP_RULES_MAX);
	struct sweep_rule *tie = &sweep->ties[sweep->tie_count];
	*tie = (struct sweep_rule){.target = sweep_find_parameter(name)};
	if (!tie->target) return unknown_axis(name, place, error);
	for (uint32_t i = 0; i < sweep->tie_count; i++)
		if (!strcmp(sweep->ties[i].name, name))
			return error_set(error, STATUS_INPUT, "%s: the tie %s is given twice", place, name);
	enum status status = add_rule(tie, name, text, place, error);
	if (!status) sweep->tie_count++;
	return status;
}

enum status sweep_add_constraint(struct sweep *sweep, const char *name, const char *text, const char *place,
                                 struct error *error) {
	if (sweep->constraint_count == SWEEP_RULES_MAX)
		return error_set(error, STATUS_INPUT, "%s: more than %d constraints", place, SWEEP_RULES_MAX);
	struct sweep_rule *constraint = &sweep->constraints[sweep->constraint_count];
	*constraint = (struct sweep_rule){.target = NULL};
	enum status status = add_rule(constraint, name, text, place, error);
	if (!status) sweep->constraint_count++;
	return status;
}

enum status sweep_complete(struct sweep *sweep, const char *place, struct error *error) {
	if (!sweep->axis_count) return error_set(error, STATUS_INPUT, "%s: has no axis; expected [axes]", place);
	sweep->space = 1;
	for (uint32_t a = 0; a < sweep->axis_count; a++) {
		if (sweep->space > (UINT64_C(1) << 62) / sweep->axes[a].count)
			return error_set(error, STATUS_INPUT, "%s: the axes span more than 2^62 points", place);
		sweep->space *= sweep->axes[a].count;
	}
	for (uint32_t i = 0; i < sweep->tie_count; i++)
		if (sweep_axis_index(sweep, sweep->ties[i].name) >= 0)
			return error_set(error, STATUS_INPUT, "%s: %s is an axis and a tie; expected one of them",
			                 place, sweep->ties[i].name);
	return STATUS_OK;
}
