/* The .nbw file: the tensors in the order of their lines, each at the next multiple of 64 bytes. Its size must agree
 * with the .nbt text before anything is allocated for it; every tensor and the whole file have a CRC-32. */
#include "sim/input/trace_keys.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "sim/input/file_bytes.h"

struct weights {
	struct trace_network_record *network;
	const uint64_t *offsets;
	const struct trace_places *places;
	struct error *error;
};

/* The file holds the tensors in the order of their lines, each at the next multiple of 64. */
static enum status check_offsets(const struct weights *weights) {
	const struct trace *trace = &weights->network->trace;
	uint64_t position = 0;
	for (uint32_t i = 0; i < trace->tensor_count; i++) {
		char value[24];
		position = (position + TRACE_ALIGN_BYTES - 1) / TRACE_ALIGN_BYTES * TRACE_ALIGN_BYTES;
		snprintf(value, sizeof value, "%" PRIu64, weights->offsets[i]);
		if (weights->offsets[i] != position)
			return trace_place_error(weights->places, trace, TRACE_RECORD_TENSOR, i, "offset", value,
			                         weights->error, "expected %" PRIu64 ", the next multiple of %d",
			                         position, (int)TRACE_ALIGN_BYTES);
		position += trace->tensors[i].bytes;
	}
	char value[24];
	snprintf(value, sizeof value, "%" PRIu64, weights->network->weights_bytes);
	if (weights->network->weights_bytes == position) return STATUS_OK;
	return trace_place_error(weights->places, trace, TRACE_RECORD_NETWORK, 0, "weights_bytes", value,
	                         weights->error, "expected %" PRIu64 ", the end of the last tensor", position);
}

static enum status read_tensor(const struct weights *weights, const char *path, FILE *file, uint32_t index,
                               uint32_t *crc32) {
	struct trace_tensor *tensor = &weights->network->trace.tensors[index];
	uint8_t gap[TRACE_ALIGN_BYTES];
	const uint64_t before = index ? weights->offsets[index - 1] + tensor[-1].bytes : 0;
	const size_t gap_bytes = (size_t)(weights->offsets[index] - before), bytes = (size_t)tensor->bytes;
	errno = 0;
	tensor->data = malloc(bytes);
	if (!tensor->data)
		return error_set(weights->error, STATUS_MEMORY, "%s: out of memory for tensor %s", path, tensor->name);
	if (fread(gap, 1, gap_bytes, file) != gap_bytes || fread(tensor->data, 1, bytes, file) != bytes)
		return error_set(weights->error, STATUS_IO, "%s: tensor %s cannot be read: %s", path, tensor->name,
		                 errno ? strerror(errno) : "the file ends too early");
	const uint32_t own_crc32 = file_bytes_crc32(0, tensor->data, bytes);
	if (own_crc32 != tensor->crc32)
		return error_set(weights->error, STATUS_INPUT,
		                 "%s: tensor %s at byte %" PRIu64 ": CRC-32 is %08" PRIx32 ", expected %08" PRIx32
		                 " as in %s:%" PRIu32,
		                 path, tensor->name, weights->offsets[index], own_crc32, tensor->crc32,
		                 weights->places->path, weights->places->lines[TRACE_RECORD_TENSOR][index]);
	*crc32 = file_bytes_crc32(*crc32, gap, gap_bytes);
	*crc32 = file_bytes_crc32(*crc32, tensor->data, bytes);
	trace_tensor_file_order(tensor->type, tensor->data, tensor->bytes);
	return STATUS_OK;
}

static enum status read_tensors(const struct weights *weights, const char *path, FILE *file) {
	struct stat facts;
	uint32_t crc32 = 0;
	if (fstat(fileno(file), &facts) != 0)
		return error_set(weights->error, STATUS_IO, "%s: cannot be read: %s", path, strerror(errno));
	if (!S_ISREG(facts.st_mode) || (uint64_t)facts.st_size != weights->network->weights_bytes)
		return error_set(weights->error, STATUS_INPUT,
		                 "%s: %" PRId64 " bytes, expected a file of %" PRIu64 " bytes as in %s:%" PRIu32, path,
		                 (int64_t)facts.st_size, weights->network->weights_bytes, weights->places->path,
		                 weights->places->network_line);
	for (uint32_t i = 0; i < weights->network->trace.tensor_count; i++) {
		const enum status status = read_tensor(weights, path, file, i, &crc32);
		if (status) return status;
	}
	if (crc32 == weights->network->weights_crc32) return STATUS_OK;
	return error_set(weights->error, STATUS_INPUT,
	                 "%s: CRC-32 of the whole file is %08" PRIx32 ", expected %08" PRIx32 " as in %s:%" PRIu32,
	                 path, crc32, weights->network->weights_crc32, weights->places->path,
	                 weights->places->network_line);
}

enum status trace_weights_read(struct trace_network_record *network, const uint64_t *offsets,
                               const struct trace_places *places, struct error *error) {
	const struct weights weights = {network, offsets, places, error};
	enum status status = check_offsets(&weights);
	if (status) return status;
	char *path = trace_weights_path(places->path, &status, error);
	if (!path) return status;
	FILE *file = fopen(path, "rb");
	if (file) {
		status = read_tensors(&weights, path, file);
		fclose(file);
	} else {
		status = error_set(error, STATUS_IO, "%s: cannot be opened: %s", path, strerror(errno));
	}
	free(path);
	return status;
}
