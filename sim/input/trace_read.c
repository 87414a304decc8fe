/* trace_read: the .nbt text in three steps (count lines of each kind, maps and tensors, then the network and layers
 * that name them), the check of all shapes, and only then the .nbw file, whose size must agree before anything is
 * allocated for it. The input is not trusted: numbers of records, lengths of lines and all sizes are bounded
 * (trace_keys.h). */
#include "sim/input/trace_keys.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/text.h"
#include "sim/input/file_bytes.h"

struct reader {
	const char *path;
	struct error *error;
	struct trace_network_record network; /* with the trace */
	uint64_t *offsets;                   /* of tensors in the .nbw file */
	uint32_t *lines[TRACE_RECORD_COUNT];
	uint32_t network_line;
	uint32_t counts[TRACE_RECORD_COUNT]; /* lines of each kind */
	uint32_t filled[TRACE_RECORD_COUNT]; /* of which were read */
};

/* A key=value of a line, or its place in a message. */
struct token {
	uint32_t line;
	enum trace_record record;
	const char *key, *value;
};

static enum status token_error(const struct reader *reader, const struct token *token, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static enum status token_error(const struct reader *reader, const struct token *token, const char *format, ...) {
	char what[ERROR_TEXT_BYTES / 2];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(what, sizeof what, format, arguments);
	va_end(arguments);
	return error_set(reader->error, STATUS_INPUT, "%s:%" PRIu32 ": %s: %.64s%s%.80s: %s", reader->path, token->line,
	                 trace_record_word(token->record), token->key, token->value ? "=" : "",
	                 token->value ? token->value : "", what);
}

/* ---- values */

/* Decimal digits, behind a minus sign where the range has negative numbers. */
static bool parse_number(const char *text, int64_t minimum, int64_t maximum, int64_t *number) {
	const bool negative = minimum < 0 && *text == '-';
	uint64_t value;
	if (text_unsigned(text + negative, &value) != TEXT_NUMBER_OK || value > INT64_MAX) return false;
	*number = negative ? -(int64_t)value : (int64_t)value;
	return *number >= minimum && *number <= maximum;
}

static bool parse_crc(const char *text, int64_t *number) {
	if (strlen(text) != 8 || strspn(text, "0123456789abcdef") != 8) return false;
	*number = (int64_t)strtoul(text, NULL, 16);
	return true;
}

static bool parse_fraction(const char *text, double *fraction) {
	uint64_t millionths;
	if (text_decimal(text, 6, &millionths) != TEXT_NUMBER_OK || millionths > 1000000) return false;
	*fraction = (double)millionths / 1e6;
	return true;
}

static bool find_name(const char *name, const void *first, uint32_t count, size_t stride_bytes, int64_t *index) {
	for (uint32_t i = 0; i < count; i++) {
		if (strcmp((const char *)first + i * stride_bytes, name) == 0) {
			*index = i;
			return true;
		}
	}
	return false;
}

static enum status read_name(const struct reader *reader, const struct token *token, const struct trace_field *field,
                             char *member) {
	const bool commas = field->type == TRACE_FIELD_FROM;
	const size_t limit = commas ? TRACE_FROM_BYTES : TRACE_NAME_BYTES;
	if (!trace_name_valid(token->value, limit, commas))
		return token_error(reader, token, "expected 1 to %zu letters, digits or _ . - + / :%s", limit - 1,
		                   commas ? " ," : "");
	memcpy(member, token->value, strlen(token->value) + 1);
	return STATUS_OK;
}

static enum status read_word(const struct reader *reader, const struct token *token, const struct trace_field *field,
                             int64_t *number) {
	char list[128] = "";
	size_t count = 0;
	for (; field->words[count]; count++) {
		if (strcmp(field->words[count], token->value) == 0) {
			*number = (int64_t)count;
			return STATUS_OK;
		}
		const size_t used = strlen(list);
		snprintf(list + used, sizeof list - used, "%s%s", count ? ", " : "", field->words[count]);
	}
	return token_error(reader, token, "expected one of %s", list);
}

static enum status read_reference(const struct reader *reader, const struct token *token,
                                  const struct trace_field *field, int64_t *number) {
	const struct trace *trace = &reader->network.trace;
	const bool map = field->type == TRACE_FIELD_MAP;
	const void *first = map ? (const void *)trace->maps : (const void *)trace->tensors;
	const size_t stride = map ? sizeof *trace->maps : sizeof *trace->tensors;
	if (find_name(token->value, first, map ? trace->map_count : trace->tensor_count, stride, number))
		return STATUS_OK;
	return token_error(reader, token, "no %s has this name, expected the name of one", map ? "map" : "tensor");
}

static enum status read_value(const struct reader *reader, const struct token *token, const struct trace_field *field,
                              void *record) {
	char *member = (char *)record + field->offset;
	int64_t number = 0;
	double fraction;
	enum status status = STATUS_OK;
	switch (field->type) {
	case TRACE_FIELD_NAME:
	case TRACE_FIELD_FROM: return read_name(reader, token, field, member);
	case TRACE_FIELD_FRACTION:
		if (!parse_fraction(token->value, &fraction))
			return token_error(reader, token, "expected a number from 0 to 1 with at most 6 decimals");
		memcpy(member, &fraction, sizeof fraction);
		return STATUS_OK;
	case TRACE_FIELD_CRC:
		if (!parse_crc(token->value, &number))
			return token_error(reader, token, "expected 8 hexadecimal digits");
		break;
	case TRACE_FIELD_WORD: status = read_word(reader, token, field, &number); break;
	case TRACE_FIELD_MAP:
	case TRACE_FIELD_TENSOR: status = read_reference(reader, token, field, &number); break;
	default:
		if (!parse_number(token->value, field->minimum, field->maximum, &number))
			return token_error(reader, token, "expected a whole number from %" PRId64 " to %" PRId64,
			                   field->minimum, field->maximum);
	}
	if (!status) trace_field_set(field, record, number);
	return status;
}

/* ---- lines */

static enum status unknown_key(const struct reader *reader, const struct token *token,
                               const struct trace_field *fields) {
	struct text_nearest words;
	text_nearest_start(&words, token->key);
	for (size_t i = 0; fields[i].key; i++) text_nearest_offer(&words, fields[i].key);
	const char *nearest = text_nearest_best(&words);
	return token_error(reader, token, "unknown key%s%s", nearest ? "; the nearest known one is " : "",
	                   nearest ? nearest : "");
}

/* What the line did not say: keys that must be there, keys that must not, values of absent keys. */
static enum status complete_record(const struct reader *reader, const struct token *place,
                                   const struct trace_field *fields, uint64_t seen, void *record) {
	static const char *const reasons[] = {
	    "", "skip=fixed", "post=affine", "post=threshold", "main_kernel_height", "skip_kernel_height", "pool=max"};
	struct token token = *place;
	for (size_t i = 0; fields[i].key; i++) {
		const bool given = seen >> i & 1, applies = trace_field_applies(&fields[i], record);
		token.key = fields[i].key;
		token.value = NULL;
		if (given && !applies)
			return token_error(reader, &token, "expected only with %s", reasons[fields[i].when]);
		if (given || !applies) continue;
		if (!fields[i].optional) return token_error(reader, &token, "missing, expected in every such line");
		if (fields[i].type == TRACE_FIELD_FRACTION) {
			const double unknown = -1;
			memcpy((char *)record + fields[i].offset, &unknown, sizeof unknown);
		} else if (fields[i].type != TRACE_FIELD_NAME && fields[i].type != TRACE_FIELD_FROM) {
			trace_field_set(&fields[i], record, fields[i].absent_value);
		}
	}
	return STATUS_OK;
}

static enum status read_fields(const struct reader *reader, uint32_t line, char *text, enum trace_record kind,
                               void *record) {
	const struct trace_field *fields = trace_fields(kind);
	uint64_t seen = 0;
	char *rest = NULL;
	struct token token = {line, kind, "", NULL};
	for (char *word = strtok_r(text, " \t", &rest); word; word = strtok_r(NULL, " \t", &rest)) {
		char *equals = strchr(word, '=');
		token.key = word;
		token.value = NULL;
		if (!equals) return token_error(reader, &token, "expected key=value");
		*equals = 0;
		token.value = equals + 1;
		size_t i = 0;
		while (fields[i].key && strcmp(fields[i].key, word) != 0) i++;
		if (!fields[i].key) return unknown_key(reader, &token, fields);
		if (seen >> i & 1) return token_error(reader, &token, "given twice, expected once");
		seen |= (uint64_t)1 << i;
		const enum status status = read_value(reader, &token, &fields[i], record);
		if (status) return status;
	}
	token.key = "";
	return complete_record(reader, &token, fields, seen, record);
}

/* One line of the given kind into its place. */
static enum status read_record(struct reader *reader, uint32_t line, char *text, enum trace_record kind) {
	struct trace *trace = &reader->network.trace;
	const uint32_t index = reader->filled[kind]++;
	struct trace_tensor_record tensor = {0};
	enum status status;
	if (kind == TRACE_RECORD_NETWORK)
		reader->network_line = line;
	else
		reader->lines[kind][index] = line;
	switch (kind) {
	case TRACE_RECORD_NETWORK: return read_fields(reader, line, text, kind, &reader->network);
	case TRACE_RECORD_MAP: return read_fields(reader, line, text, kind, &trace->maps[index]);
	case TRACE_RECORD_LAYER: return read_fields(reader, line, text, kind, &trace->layers[index]);
	default:
		status = read_fields(reader, line, text, kind, &tensor);
		trace->tensors[index] = tensor.tensor;
		reader->offsets[index] = tensor.offset;
		return status;
	}
}

/* Cuts the comment and what ends the line; all that is left must be printable. */
static enum status clean_line(const struct reader *reader, uint32_t line, char *text, size_t length) {
	if (length > TRACE_LINE_BYTES_MAX)
		return error_set(reader->error, STATUS_INPUT,
		                 "%s:%" PRIu32 ": a line of %zu bytes, expected at most %d", reader->path, line, length,
		                 (int)TRACE_LINE_BYTES_MAX);
	for (size_t i = 0; i < length && text[i] != '#'; i++) {
		if (text[i] == '\r' && i + 1 == length) text[i] = ' ';
		if ((text[i] < ' ' && text[i] != '\t') || text[i] > '~')
			return error_set(reader->error, STATUS_INPUT,
			                 "%s:%" PRIu32 ": byte %zu is 0x%02x, expected printable text", reader->path,
			                 line, i + 1, (unsigned)(uint8_t)text[i]);
	}
	char *comment = memchr(text, '#', length);
	if (comment) *comment = 0;
	return STATUS_OK;
}

/* First word of a line -> kind, and what follows it; *kind is TRACE_RECORD_COUNT for an empty line. */
static enum status line_kind(const struct reader *reader, uint32_t line, char *text, enum trace_record *kind,
                             char **rest) {
	char *word = text + strspn(text, " \t");
	const size_t length = strcspn(word, " \t");
	*kind = TRACE_RECORD_COUNT;
	*rest = word + length;
	if (!length) return STATUS_OK;
	char copy[32];
	snprintf(copy, sizeof copy, "%.*s", (int)(length < 31 ? length : 31), word);
	struct text_nearest words;
	text_nearest_start(&words, copy);
	for (int i = 0; i < TRACE_RECORD_COUNT; i++) {
		const char *known = trace_record_word((enum trace_record)i);
		if (strlen(known) == length && memcmp(known, word, length) == 0) *kind = (enum trace_record)i;
		text_nearest_offer(&words, known);
	}
	if (*kind != TRACE_RECORD_COUNT) return STATUS_OK;
	const char *nearest = text_nearest_best(&words);
	return error_set(reader->error, STATUS_INPUT, "%s:%" PRIu32 ": %s: unknown kind of line, expected %s",
	                 reader->path, line, copy, nearest ? nearest : "network, map, tensor or layer");
}

/* ---- the three steps over the lines; the text of a line ends with a zero while it is visited */

typedef enum status line_visitor(struct reader *reader, uint32_t line, char *text, size_t length);

static enum status visit_lines(struct reader *reader, char *text, size_t bytes, line_visitor *visit) {
	uint32_t line = 1;
	for (char *start = text, *end; start < text + bytes; start = end + 1, line++) {
		end = memchr(start, '\n', (size_t)(text + bytes - start));
		if (!end) end = text + bytes;
		*end = 0;
		const enum status status = visit(reader, line, start, (size_t)(end - start));
		*end = '\n';
		if (status) return status;
	}
	return STATUS_OK;
}

static enum status visit_to_count(struct reader *reader, uint32_t line, char *text, size_t length) {
	static const uint32_t maxima[] = {1, TRACE_MAPS_MAX, TRACE_TENSORS_MAX, TRACE_LAYERS_MAX};
	enum trace_record kind;
	char *rest;
	enum status status = clean_line(reader, line, text, length);
	if (status) return status;
	if (line == 1) {
		const size_t used = strcspn(text, "1") + 1;
		if (strncmp(text, "nbt 1", 5) == 0 && text[used + strspn(text + used, " \t")] == 0) return STATUS_OK;
		return error_set(reader->error, STATUS_INPUT, "%s:1: not a trace of this version, expected \"nbt 1\"",
		                 reader->path);
	}
	status = line_kind(reader, line, text, &kind, &rest);
	if (status || kind == TRACE_RECORD_COUNT) return status;
	if (++reader->counts[kind] <= maxima[kind]) return STATUS_OK;
	return error_set(reader->error, STATUS_INPUT,
	                 "%s:%" PRIu32 ": %s: one line too many, expected at most %" PRIu32, reader->path, line,
	                 trace_record_word(kind), maxima[kind]);
}

static enum status visit_if(struct reader *reader, uint32_t line, char *text, bool shapes) {
	enum trace_record kind;
	char *rest;
	if (line == 1) return STATUS_OK;
	const enum status status = line_kind(reader, line, text, &kind, &rest);
	if (status || kind == TRACE_RECORD_COUNT) return status;
	const bool is_shape = kind == TRACE_RECORD_MAP || kind == TRACE_RECORD_TENSOR;
	return is_shape == shapes ? read_record(reader, line, rest, kind) : STATUS_OK;
}

static enum status visit_shapes(struct reader *reader, uint32_t line, char *text, size_t length) {
	(void)length;
	return visit_if(reader, line, text, true);
}

static enum status visit_others(struct reader *reader, uint32_t line, char *text, size_t length) {
	(void)length;
	return visit_if(reader, line, text, false);
}

static enum status allocate(struct reader *reader) {
	struct trace *trace = &reader->network.trace;
	const uint32_t *counts = reader->counts;
	for (int kind = 0; kind < TRACE_RECORD_COUNT; kind++)
		if (!counts[kind])
			return error_set(reader->error, STATUS_INPUT, "%s: no %s line, expected at least one",
			                 reader->path, trace_record_word((enum trace_record)kind));
	trace->maps = calloc(counts[TRACE_RECORD_MAP], sizeof *trace->maps);
	trace->tensors = calloc(counts[TRACE_RECORD_TENSOR], sizeof *trace->tensors);
	trace->layers = calloc(counts[TRACE_RECORD_LAYER], sizeof *trace->layers);
	reader->offsets = calloc(counts[TRACE_RECORD_TENSOR], sizeof *reader->offsets);
	bool failed = !trace->maps || !trace->tensors || !trace->layers || !reader->offsets;
	for (int kind = 0; kind < TRACE_RECORD_COUNT; kind++) {
		reader->lines[kind] = calloc(counts[kind], sizeof *reader->lines[kind]);
		failed |= !reader->lines[kind];
	}
	if (failed) return error_set(reader->error, STATUS_MEMORY, "%s: out of memory", reader->path);
	trace->map_count = counts[TRACE_RECORD_MAP];
	trace->tensor_count = counts[TRACE_RECORD_TENSOR];
	trace->layer_count = counts[TRACE_RECORD_LAYER];
	return STATUS_OK;
}

static enum status read_text(struct reader *reader) {
	struct file_bytes file;
	enum status status =
	    file_bytes_read(&file, reader->path, FILE_BYTES_PLAIN, TRACE_TEXT_BYTES_MAX, reader->error);
	if (status) return status;
	char *text = (char *)file.data;
	reader->network.trace.checksum = file_bytes_crc32(0, file.data, file.bytes);
	if (!file.bytes)
		status = error_set(reader->error, STATUS_INPUT, "%s:1: empty, expected \"nbt 1\"", reader->path);
	if (!status) status = visit_lines(reader, text, file.bytes, visit_to_count);
	if (!status) status = allocate(reader);
	if (!status) status = visit_lines(reader, text, file.bytes, visit_shapes);
	if (!status) status = visit_lines(reader, text, file.bytes, visit_others);
	file_bytes_clear(&file);
	return status;
}

enum status trace_read(struct trace *trace, const char *path, struct error *error) {
	struct reader reader = {.path = path, .error = error};
	memset(trace, 0, sizeof *trace);
	enum status status = read_text(&reader);
	const struct trace_places places = {path,
	                                    reader.network_line,
	                                    {NULL, reader.lines[TRACE_RECORD_MAP], reader.lines[TRACE_RECORD_TENSOR],
	                                     reader.lines[TRACE_RECORD_LAYER]}};
	if (!status)
		status = trace_check_at(&reader.network.trace, &places, error); /* shapes: no tensor has data yet */
	if (!status) status = trace_weights_read(&reader.network, reader.offsets, &places, error);
	if (!status) status = trace_check_at(&reader.network.trace, &places, error);
	for (int kind = 0; kind < TRACE_RECORD_COUNT; kind++) free(reader.lines[kind]);
	free(reader.offsets);
	if (status) {
		trace_clear(&reader.network.trace);
		return status;
	}
	*trace = reader.network.trace;
	trace_lifetimes(trace);
	return STATUS_OK;
}
