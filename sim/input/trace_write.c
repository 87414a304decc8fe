/* trace_write: the .nbw file first (its offsets and checksums go into the text), then the .nbt text. Both are written
 * under a temporary name and renamed when complete, weights first: a reader that comes in between finds checksums that
 * do not agree, never half a file. */
#include "sim/input/trace_keys.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/input/file_bytes.h"

/* ---- one file under a temporary name */

struct output {
	const char *path; /* final name */
	char *part_path;
	FILE *file;
};

static enum status output_open(struct output *output, const char *path, struct error *error) {
	output->path = path;
	output->file = NULL;
	if (asprintf(&output->part_path, "%s.%ld.part", path, (long)getpid()) < 0) {
		output->part_path = NULL;
		return error_set(error, STATUS_MEMORY, "%s: out of memory", path);
	}
	output->file = fopen(output->part_path, "wb");
	if (!output->file) return error_set(error, STATUS_IO, "%s: cannot be written: %s", path, strerror(errno));
	return STATUS_OK;
}

static enum status output_finish(struct output *output, struct error *error) {
	const int failed = ferror(output->file) | fflush(output->file);
	const int reason = errno;
	const int closed = fclose(output->file);
	output->file = NULL;
	if (!failed && !closed) return STATUS_OK;
	return error_set(error, STATUS_IO, "%s: cannot be written: %s", output->path,
	                 strerror(failed ? reason : errno));
}

static enum status output_rename(struct output *output, struct error *error) {
	if (rename(output->part_path, output->path) == 0) {
		free(output->part_path);
		output->part_path = NULL;
		return STATUS_OK;
	}
	return error_set(error, STATUS_IO, "%s: cannot be written: %s", output->path, strerror(errno));
}

/* Removes what was not renamed. */
static void output_clear(struct output *output) {
	if (output->file) fclose(output->file);
	if (output->part_path) unlink(output->part_path);
	free(output->part_path);
}

/* ---- the .nbw file */

/* `file` NULL: only the offsets and checksums. */
static void write_weights(struct trace *trace, FILE *file, struct trace_network_record *network, uint64_t *offsets) {
	static const uint8_t zeros[TRACE_ALIGN_BYTES];
	uint64_t position = 0;
	uint32_t crc32 = 0;
	for (uint32_t i = 0; i < trace->tensor_count; i++) {
		struct trace_tensor *tensor = &trace->tensors[i];
		const uint64_t gap = (TRACE_ALIGN_BYTES - position % TRACE_ALIGN_BYTES) % TRACE_ALIGN_BYTES;
		if (file) fwrite(zeros, 1, (size_t)gap, file);
		crc32 = file_bytes_crc32(crc32, zeros, (size_t)gap);
		position += gap;
		offsets[i] = position;
		trace_tensor_file_order(tensor->type, tensor->data, tensor->bytes);
		if (file) fwrite(tensor->data, 1, (size_t)tensor->bytes, file);
		tensor->crc32 = file_bytes_crc32(0, tensor->data, (size_t)tensor->bytes);
		crc32 = file_bytes_crc32(crc32, tensor->data, (size_t)tensor->bytes);
		trace_tensor_file_order(tensor->type, tensor->data, tensor->bytes);
		position += tensor->bytes;
	}
	network->weights_bytes = position;
	network->weights_crc32 = crc32;
}

/* ---- the .nbt text */

static void print_fraction(FILE *text, const char *key, double fraction) {
	const long millionths = lround(fraction * 1e6);
	if (fraction >= 0) fprintf(text, " %s=%ld.%06ld", key, millionths / 1000000, millionths % 1000000);
}

static void print_field(FILE *text, const struct trace *trace, const struct trace_field *field, const void *record) {
	const char *member = (const char *)record + field->offset;
	if (field->type == TRACE_FIELD_NAME || field->type == TRACE_FIELD_FROM) {
		if (*member) fprintf(text, " %s=%s", field->key, member);
		return;
	}
	if (field->type == TRACE_FIELD_FRACTION) {
		double fraction;
		memcpy(&fraction, member, sizeof fraction);
		print_fraction(text, field->key, fraction);
		return;
	}
	const int64_t value = trace_field_get(field, record);
	if (field->optional && value == field->absent_value) return;
	switch (field->type) {
	case TRACE_FIELD_CRC: fprintf(text, " %s=%08" PRIx64, field->key, (uint64_t)value); break;
	case TRACE_FIELD_WORD: fprintf(text, " %s=%s", field->key, field->words[value]); break;
	case TRACE_FIELD_MAP: fprintf(text, " %s=%s", field->key, trace->maps[value].name); break;
	case TRACE_FIELD_TENSOR: fprintf(text, " %s=%s", field->key, trace->tensors[value].name); break;
	default: fprintf(text, " %s=%" PRId64, field->key, value); break;
	}
}

static void print_record(FILE *text, const struct trace *trace, enum trace_record record, const void *data) {
	fputs(trace_record_word(record), text);
	for (const struct trace_field *field = trace_fields(record); field->key; field++)
		if (trace_field_applies(field, data)) print_field(text, trace, field, data);
	fputc('\n', text);
}

static void print_text(FILE *text, const struct trace *trace, const struct trace_network_record *network,
                       const uint64_t *offsets) {
	fputs("nbt 1\n", text);
	print_record(text, trace, TRACE_RECORD_NETWORK, network);
	for (uint32_t i = 0; i < trace->map_count; i++) print_record(text, trace, TRACE_RECORD_MAP, &trace->maps[i]);
	for (uint32_t i = 0; i < trace->tensor_count; i++) {
		const struct trace_tensor_record tensor = {trace->tensors[i], offsets[i]};
		print_record(text, trace, TRACE_RECORD_TENSOR, &tensor);
	}
	for (uint32_t i = 0; i < trace->layer_count; i++)
		print_record(text, trace, TRACE_RECORD_LAYER, &trace->layers[i]);
}

/* The text in memory (free *bytes), and its checksum in the trace. */
static enum status make_text(struct trace *trace, const char *path, const struct trace_network_record *network,
                             const uint64_t *offsets, char **bytes, size_t *count, struct error *error) {
	*bytes = NULL;
	FILE *text = open_memstream(bytes, count);
	if (!text) return error_set(error, STATUS_MEMORY, "%s: out of memory", path);
	print_text(text, trace, network, offsets);
	const int failed = ferror(text);
	if (fclose(text) || failed) {
		free(*bytes);
		return error_set(error, STATUS_MEMORY, "%s: out of memory", path);
	}
	trace->checksum = file_bytes_crc32(0, *bytes, *count);
	return STATUS_OK;
}

static enum status write_text(struct trace *trace, struct output *output, const struct trace_network_record *network,
                              const uint64_t *offsets, struct error *error) {
	char *bytes;
	size_t count;
	enum status status = make_text(trace, output->path, network, offsets, &bytes, &count, error);
	if (status) return status;
	fwrite(bytes, 1, count, output->file);
	free(bytes);
	return output_finish(output, error);
}

enum status trace_seal(struct trace *trace, struct error *error) {
	struct trace_network_record network = {0};
	char *bytes;
	size_t count;
	uint64_t *offsets = calloc(trace->tensor_count + 1, sizeof *offsets);
	if (!offsets) return error_set(error, STATUS_MEMORY, "%s: out of memory", trace->name);
	write_weights(trace, NULL, &network, offsets);
	network.trace = *trace;
	enum status status = make_text(trace, trace->name, &network, offsets, &bytes, &count, error);
	if (!status) free(bytes);
	free(offsets);
	return status;
}

static enum status write_both(struct trace *trace, const char *path, const char *weights_path, struct error *error) {
	struct output weights = {0}, text = {0};
	struct trace_network_record network = {0};
	uint64_t *offsets = calloc(trace->tensor_count, sizeof *offsets);
	enum status status = STATUS_OK;
	if (!offsets) status = error_set(error, STATUS_MEMORY, "%s: out of memory", path);
	if (!status) status = output_open(&weights, weights_path, error);
	if (!status) status = output_open(&text, path, error);
	if (!status) {
		write_weights(trace, weights.file, &network, offsets);
		status = output_finish(&weights, error);
	}
	network.trace = *trace;
	if (!status) status = write_text(trace, &text, &network, offsets, error);
	if (!status) status = output_rename(&weights, error);
	if (!status) status = output_rename(&text, error);
	output_clear(&weights);
	output_clear(&text);
	free(offsets);
	return status;
}

enum status trace_write(struct trace *trace, const char *path, struct error *error) {
	enum status status = trace_check(trace, path, error);
	if (status) return status;
	for (uint32_t i = 0; i < trace->tensor_count; i++)
		if (!trace->tensors[i].data)
			return error_set(error, STATUS_INPUT,
			                 "%s: tensor %s: has no values, expected them to be written", path,
			                 trace->tensors[i].name);
	char *weights_path = trace_weights_path(path, &status, error);
	if (!weights_path) return status;
	status = write_both(trace, path, weights_path, error);
	free(weights_path);
	return status;
}
