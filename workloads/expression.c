/* Recursive descent: sum = product { (+|-) product }, product = factor { (*|/) factor }, factor = [-] number | name |
 * ( sum ). Values are kept within +-10^12, so that no step can overflow; nesting is limited. */
#include "workloads/expression.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "sim/base/text.h"

enum { NESTING_MAX = 32 };
#define VALUE_MAX INT64_C(1000000000000)

struct parser {
	const char *text, *at, *end, *place;
	const struct expression_name *names;
	size_t name_count;
	unsigned nesting;
	struct error *error;
};

static enum status sum(struct parser *parser, int64_t *value);

static enum status refuse(struct parser *parser, const char *reason) {
	return error_set(parser->error, STATUS_INPUT, "%s: '%.*s' %s", parser->place,
	                 (int)(parser->end - parser->text > 100 ? 100 : parser->end - parser->text), parser->text,
	                 reason);
}

static char peek(struct parser *parser) {
	while (parser->at < parser->end && isspace((unsigned char)*parser->at)) parser->at++;
	return parser->at < parser->end ? *parser->at : '\0';
}

static enum status named_value(struct parser *parser, int64_t *value) {
	char name[64];
	size_t length = 0;
	while (parser->at < parser->end && (isalnum((unsigned char)*parser->at) || *parser->at == '_')) {
		if (length + 1 < sizeof name) name[length++] = *parser->at;
		parser->at++;
	}
	name[length] = '\0';
	struct text_nearest nearest;
	text_nearest_start(&nearest, name);
	for (size_t i = 0; i < parser->name_count; i++) {
		if (strcmp(parser->names[i].name, name) == 0) {
			*value = parser->names[i].value;
			return STATUS_OK;
		}
		text_nearest_offer(&nearest, parser->names[i].name);
	}
	const char *best = text_nearest_best(&nearest);
	return error_set(parser->error, STATUS_INPUT, "%s: '%s' is not a name of [geometry]%s%s", parser->place, name,
	                 best ? "; did you mean " : "", best ? best : "");
}

static enum status factor(struct parser *parser, int64_t *value) {
	if (++parser->nesting > NESTING_MAX) return refuse(parser, "is nested too deeply");
	enum status status = STATUS_OK;
	char first = peek(parser);
	if (first == '-') {
		parser->at++;
		status = factor(parser, value);
		*value = -*value;
	} else if (first == '(') {
		parser->at++;
		status = sum(parser, value);
		if (!status && peek(parser) != ')') return refuse(parser, "lacks a closing parenthesis");
		parser->at++;
	} else if (isdigit((unsigned char)first)) {
		*value = 0;
		while (parser->at < parser->end && isdigit((unsigned char)*parser->at)) {
			*value = *value * 10 + (*parser->at++ - '0');
			if (*value > VALUE_MAX) return refuse(parser, "is too large");
		}
	} else if (isalpha((unsigned char)first) || first == '_') {
		status = named_value(parser, value);
	} else {
		return refuse(parser, "is not a whole-number expression");
	}
	parser->nesting--;
	return status;
}

static enum status product(struct parser *parser, int64_t *value) {
	enum status status = factor(parser, value);
	while (!status && (peek(parser) == '*' || peek(parser) == '/')) {
		char sign = *parser->at++;
		int64_t right = 0;
		status = factor(parser, &right);
		if (status) break;
		if (sign == '/') {
			if (right == 0 || *value % right != 0) return refuse(parser, "divides with a rest");
			*value /= right;
		} else {
			int64_t magnitude = *value < 0 ? -*value : *value, other = right < 0 ? -right : right;
			if (other != 0 && magnitude > VALUE_MAX / other) return refuse(parser, "is too large");
			*value *= right;
		}
	}
	return status;
}

static enum status sum(struct parser *parser, int64_t *value) {
	enum status status = product(parser, value);
	while (!status && (peek(parser) == '+' || peek(parser) == '-')) {
		int64_t sign = *parser->at++ == '+' ? 1 : -1;
		int64_t right = 0;
		status = product(parser, &right);
		*value += sign * right;
		if (*value > VALUE_MAX || *value < -VALUE_MAX) return refuse(parser, "is too large");
	}
	return status;
}

enum status expression_value(const char *text, size_t length, const struct expression_name *names, size_t name_count,
                             const char *place, int64_t *value, struct error *error) {
	struct parser parser = {.text = text,
	                        .at = text,
	                        .end = text + length,
	                        .place = place,
	                        .names = names,
	                        .name_count = name_count,
	                        .error = error};
	*value = 0;
	enum status status = sum(&parser, value);
	if (!status && peek(&parser) != '\0') return refuse(&parser, "is not a whole-number expression");
	return status;
}
