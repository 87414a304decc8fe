/* See condition.h. A recursive descent writes postfix steps; evaluation runs them on a stack whose depth was counted
 * while they were written. Left out: functions other than min and max, exponents, and a third truth value. */
#include "explore/condition.h"

#include <ctype.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/text.h"

enum { STEPS_MAX = 256, STACK_MAX = 64, NAME_BYTES = 80, DEPTH_MAX = 40 };

enum operation {
	OP_NUMBER,
	OP_TEXT,
	OP_VARIABLE,
	OP_OR,
	OP_AND,
	OP_NOT,
	OP_EQUAL,
	OP_UNEQUAL,
	OP_LESS,
	OP_LESS_EQUAL,
	OP_MORE,
	OP_MORE_EQUAL,
	OP_ADD,
	OP_SUBTRACT,
	OP_MULTIPLY,
	OP_DIVIDE,
	OP_REST,
	OP_NEGATE,
	OP_MINIMUM,
	OP_MAXIMUM
};

struct step {
	enum operation operation;
	double number;
	int variable;
	const char *text; /* in `texts` */
};

struct condition {
	char *texts; /* the source, cut at the quotes */
	struct step steps[STEPS_MAX];
	int count;
};

struct parser {
	struct condition *condition;
	char *at;
	const char *source, *place;
	const struct condition_names *names;
	struct error *error;
	int stack, depth;
};

static enum status parse_or(struct parser *parser);

static enum status fail(struct parser *parser, const char *expected) {
	size_t offset = (size_t)(parser->at - parser->condition->texts);
	return error_set(parser->error, STATUS_INPUT, "%s: '%.200s': at '%.40s': expected %s", parser->place,
	                 parser->source, parser->source + offset, expected);
}

static enum status emit(struct parser *parser, struct step step, int grows) {
	if (parser->condition->count == STEPS_MAX || parser->stack + grows > STACK_MAX)
		return fail(parser, "a shorter expression");
	parser->condition->steps[parser->condition->count++] = step;
	parser->stack += grows;
	return STATUS_OK;
}

static void skip_spaces(struct parser *parser) {
	while (isspace((unsigned char)*parser->at)) parser->at++;
}

static int is_name(char c) {
	return isalnum((unsigned char)c) || c == '_' || c == '.';
}

/* Takes a word operator ("and") or a sign. */
static int take(struct parser *parser, const char *word) {
	skip_spaces(parser);
	size_t length = strlen(word);
	if (strncmp(parser->at, word, length)) return 0;
	if (isalpha((unsigned char)*word) && is_name(parser->at[length])) return 0;
	parser->at += length;
	return 1;
}

int condition_nearest(const struct condition_names *names, const char *name, char *best, size_t bytes) {
	char known[NAME_BYTES];
	size_t least = SIZE_MAX;
	for (int i = 0; names->name(names->context, i, known, sizeof known); i++) {
		size_t distance = text_distance(name, known);
		if (distance >= least) continue;
		least = distance;
		snprintf(best, bytes, "%s", known);
	}
	struct text_nearest nearest;
	text_nearest_start(&nearest, name);
	if (least != SIZE_MAX) text_nearest_offer(&nearest, best);
	return least != SIZE_MAX && text_nearest_best(&nearest) != NULL;
}

static enum status parse_variable(struct parser *parser) {
	char name[NAME_BYTES];
	size_t length = 0;
	while (is_name(parser->at[length])) length++;
	if (length == 0 || length >= sizeof name) return fail(parser, "a number, a name, 'text' or (");
	memcpy(name, parser->at, length);
	name[length] = 0;
	int variable = parser->names->find(parser->names->context, name);
	if (variable < 0) {
		char best[NAME_BYTES];
		int is_near = condition_nearest(parser->names, name, best, sizeof best);
		return error_set(parser->error, STATUS_INPUT, "%s: '%.200s': unknown name '%s'%s%s%s", parser->place,
		                 parser->source, name,
		                 is_near ? "; the nearest known one is '" : "; a text is written '",
		                 is_near ? best : name, "'");
	}
	parser->at += length;
	return emit(parser, (struct step){.operation = OP_VARIABLE, .variable = variable}, 1);
}

static enum status parse_number(struct parser *parser) {
	char number[NAME_BYTES];
	size_t length = 0;
	double value;
	while (isalnum((unsigned char)parser->at[length]) || parser->at[length] == '.') length++;
	if (length >= sizeof number) return fail(parser, "a shorter number");
	memcpy(number, parser->at, length);
	number[length] = 0;
	if (text_real(number, &value) != TEXT_NUMBER_OK) return fail(parser, "a decimal number");
	parser->at += length;
	return emit(parser, (struct step){.operation = OP_NUMBER, .number = value}, 1);
}

static enum status parse_text(struct parser *parser) {
	char *begin = parser->at + 1, *end = strchr(begin, '\'');
	if (!end) return fail(parser, "a closing '");
	*end = 0;
	parser->at = end + 1;
	return emit(parser, (struct step){.operation = OP_TEXT, .text = begin}, 1);
}

static enum status parse_call(struct parser *parser, enum operation operation) {
	enum status status = STATUS_OK;
	if (!take(parser, "(")) return fail(parser, "(");
	status = parse_or(parser);
	if (!status && !take(parser, ",")) return fail(parser, ",");
	if (!status) status = parse_or(parser);
	if (!status && !take(parser, ")")) return fail(parser, ")");
	return status ? status : emit(parser, (struct step){.operation = operation}, -1);
}

static enum status parse_primary(struct parser *parser) {
	enum status status;
	if (take(parser, "-")) {
		if (++parser->depth > DEPTH_MAX) return fail(parser, "fewer signs");
		status = parse_primary(parser);
		parser->depth--;
		return status ? status : emit(parser, (struct step){.operation = OP_NEGATE}, 0);
	}
	if (take(parser, "(")) {
		status = parse_or(parser);
		if (!status && !take(parser, ")")) return fail(parser, ")");
		return status;
	}
	if (take(parser, "min")) return parse_call(parser, OP_MINIMUM);
	if (take(parser, "max")) return parse_call(parser, OP_MAXIMUM);
	if (*parser->at == '\'') return parse_text(parser);
	return isdigit((unsigned char)*parser->at) ? parse_number(parser) : parse_variable(parser);
}

struct infix {
	const char *sign;
	enum operation operation;
};

/* Levels of left-associative signs, loosest first; longer signs before their beginnings. */
static const struct infix levels[][8] = {
    {{"or", OP_OR}},
    {{"and", OP_AND}},
    {{"not", OP_NOT}},
    {{"==", OP_EQUAL},
     {"=", OP_EQUAL},
     {"!=", OP_UNEQUAL},
     {"<=", OP_LESS_EQUAL},
     {">=", OP_MORE_EQUAL},
     {"<>", OP_UNEQUAL},
     {"<", OP_LESS},
     {">", OP_MORE}},
    {{"+", OP_ADD}, {"-", OP_SUBTRACT}},
    {{"*", OP_MULTIPLY}, {"/", OP_DIVIDE}, {"%", OP_REST}},
};
enum { LEVEL_NOT = 2, LEVEL_COUNT = sizeof levels / sizeof levels[0] };

static enum status parse_level(struct parser *parser, int level) {
	if (level == LEVEL_COUNT) return parse_primary(parser);
	if (level == LEVEL_NOT && take(parser, "not")) {
		if (++parser->depth > DEPTH_MAX) return fail(parser, "fewer levels");
		enum status status = parse_level(parser, level);
		parser->depth--;
		return status ? status : emit(parser, (struct step){.operation = OP_NOT}, 0);
	}
	enum status status = parse_level(parser, level + 1);
	while (!status && level != LEVEL_NOT) {
		const struct infix *found = NULL;
		for (size_t i = 0; !found && i < 8 && levels[level][i].sign; i++)
			if (take(parser, levels[level][i].sign)) found = &levels[level][i];
		if (!found) break;
		status = parse_level(parser, level + 1);
		if (!status) status = emit(parser, (struct step){.operation = found->operation}, -1);
	}
	return status;
}

static enum status parse_or(struct parser *parser) {
	if (++parser->depth > DEPTH_MAX) return fail(parser, "fewer parentheses");
	enum status status = parse_level(parser, 0);
	parser->depth--;
	return status;
}

enum status condition_create(struct condition **out, const char *text, const char *place,
                             const struct condition_names *names, struct error *error) {
	struct condition *condition = calloc(1, sizeof *condition);
	*out = NULL;
	if (condition) condition->texts = strdup(text);
	if (!condition || !condition->texts) {
		free(condition);
		return error_set(error, STATUS_MEMORY, "%s: out of memory", place);
	}
	struct parser parser = {.condition = condition,
	                        .at = condition->texts,
	                        .source = text,
	                        .place = place,
	                        .names = names,
	                        .error = error};
	enum status status = parse_or(&parser);
	skip_spaces(&parser);
	if (!status && *parser.at) status = fail(&parser, "an operator or the end");
	if (status)
		condition_free(condition);
	else
		*out = condition;
	return status;
}

void condition_free(struct condition *condition) {
	if (!condition) return;
	free(condition->texts);
	free(condition);
}

static double compare(enum operation operation, struct condition_value a, struct condition_value b) {
	if (a.text || b.text) {
		if (!a.text || !b.text) return 0;
		int equal = !strcmp(a.text, b.text);
		return operation == OP_EQUAL ? equal : operation == OP_UNEQUAL ? !equal : 0;
	}
	if (isnan(a.number) || isnan(b.number)) return 0;
	switch (operation) {
	case OP_EQUAL: return !(a.number < b.number) && !(a.number > b.number);
	case OP_UNEQUAL: return a.number < b.number || a.number > b.number;
	case OP_LESS: return a.number < b.number;
	case OP_LESS_EQUAL: return a.number <= b.number;
	case OP_MORE: return a.number > b.number;
	default: return a.number >= b.number;
	}
}

static double calculate(enum operation operation, double a, double b) {
	switch (operation) {
	case OP_ADD: return a + b;
	case OP_SUBTRACT: return a - b;
	case OP_MULTIPLY: return a * b;
	case OP_DIVIDE: return a / b;
	case OP_REST: return fmod(a, b);
	case OP_MINIMUM: return a < b ? a : b;
	default: return a > b ? a : b;
	}
}

static int is_true(struct condition_value value) {
	return !value.text && !isnan(value.number) && (value.number < 0 || value.number > 0);
}

static struct condition_value combine(enum operation operation, struct condition_value a, struct condition_value b) {
	struct condition_value value = {NAN, NULL};
	if (operation == OP_OR)
		value.number = is_true(a) || is_true(b);
	else if (operation == OP_AND)
		value.number = is_true(a) && is_true(b);
	else if (operation <= OP_MORE_EQUAL)
		value.number = compare(operation, a, b);
	else if (!a.text && !b.text)
		value.number = calculate(operation, a.number, b.number);
	return value;
}

struct condition_value condition_evaluate(const struct condition *condition,
                                          struct condition_value (*fetch)(void *context, int variable), void *context) {
	struct condition_value stack[STACK_MAX + 1];
	int top = 0;
	for (int i = 0; i < condition->count; i++) {
		const struct step *step = &condition->steps[i];
		struct condition_value *last = &stack[top > 0 ? top - 1 : 0];
		switch (step->operation) {
		case OP_NUMBER: stack[top++] = (struct condition_value){step->number, NULL}; break;
		case OP_TEXT: stack[top++] = (struct condition_value){NAN, step->text}; break;
		case OP_VARIABLE: stack[top++] = fetch(context, step->variable); break;
		case OP_NOT: *last = (struct condition_value){!is_true(*last), NULL}; break;
		case OP_NEGATE: *last = (struct condition_value){last->text ? NAN : -last->number, NULL}; break;
		default: top--; stack[top - 1] = combine(step->operation, stack[top - 1], stack[top]);
		}
	}
	return stack[0];
}

int condition_holds(const struct condition *condition, struct condition_value (*fetch)(void *context, int variable),
                    void *context) {
	return is_true(condition_evaluate(condition, fetch, context));
}

int condition_uses(const struct condition *condition, int variable) {
	for (int i = 0; i < condition->count; i++)
		if (condition->steps[i].operation == OP_VARIABLE && condition->steps[i].variable == variable) return 1;
	return 0;
}
