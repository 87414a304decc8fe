/* See file_bytes.h. The buffer starts small and doubles up to the limit, so that a file that claims a size, or a packed
 * file that unpacks to a very large one, costs no more memory than it has content. */
#include "sim/input/file_bytes.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum { FIRST_CAPACITY_BYTES = 1 << 16, READ_BYTES_MAX = 1 << 24 };

/* One open file, packed or not: exactly one of the two is set. */
struct source {
	FILE *plain;
	gzFile packed;
};

static enum status source_open(struct source *source, const char *path, enum file_bytes_form form,
                               struct error *error) {
	errno = 0;
	source->packed = NULL;
	source->plain = fopen(path, "rb");
	if (!source->plain) return error_set(error, STATUS_IO, "%s: cannot be opened: %s", path, strerror(errno));
	if (form == FILE_BYTES_PLAIN) return STATUS_OK;
	const int first = getc(source->plain), second = getc(source->plain);
	if (first != 0x1f || second != 0x8b) {
		rewind(source->plain);
		return STATUS_OK;
	}
	fclose(source->plain);
	source->plain = NULL;
	source->packed = gzopen(path, "rb");
	if (!source->packed) return error_set(error, STATUS_IO, "%s: cannot be opened: %s", path, strerror(errno));
	return STATUS_OK;
}

static enum status source_read(struct source *source, void *data, size_t want_bytes, size_t *got_bytes,
                               const char *path, struct error *error) {
	*got_bytes = 0;
	if (source->packed) {
		const int got = gzread(source->packed, data, (unsigned)want_bytes);
		int code = Z_OK;
		const char *text = gzerror(source->packed, &code);
		if (got < 0 || (code != Z_OK && code != Z_STREAM_END)) {
			if (code == Z_ERRNO)
				return error_set(error, STATUS_IO, "%s: cannot be read: %s", path, strerror(errno));
			return error_set(error, STATUS_INPUT, "%s: not a whole gzip file: %s", path,
			                 code == Z_BUF_ERROR ? "it ends too early" : text);
		}
		*got_bytes = (size_t)got;
		return STATUS_OK;
	}
	errno = 0;
	*got_bytes = fread(data, 1, want_bytes, source->plain);
	if (ferror(source->plain)) return error_set(error, STATUS_IO, "%s: cannot be read: %s", path, strerror(errno));
	return STATUS_OK;
}

static void source_close(struct source *source) {
	if (source->packed) gzclose(source->packed);
	if (source->plain) fclose(source->plain);
}

static enum status read_all(struct file_bytes *file, struct source *source, const char *path, size_t limit_bytes,
                            struct error *error) {
	size_t capacity = 0;
	for (;;) {
		if (file->bytes + 1 >= capacity) {
			capacity = capacity ? capacity * 2 : FIRST_CAPACITY_BYTES;
			uint8_t *grown = realloc(file->data, capacity);
			if (!grown) return error_set(error, STATUS_MEMORY, "%s: out of memory", path);
			file->data = grown;
		}
		size_t want = capacity - 1 - file->bytes, got;
		if (want > READ_BYTES_MAX) want = READ_BYTES_MAX;
		const enum status status = source_read(source, file->data + file->bytes, want, &got, path, error);
		if (status) return status;
		file->bytes += got;
		if (file->bytes > limit_bytes)
			return error_set(error, STATUS_INPUT, "%s: more than %zu bytes, expected at most that many",
			                 path, limit_bytes);
		if (!got) break;
	}
	file->data[file->bytes] = 0;
	return STATUS_OK;
}

enum status file_bytes_read(struct file_bytes *file, const char *path, enum file_bytes_form form, size_t limit_bytes,
                            struct error *error) {
	file->data = NULL;
	file->bytes = 0;
	struct source source;
	enum status status = source_open(&source, path, form, error);
	if (status) return status;
	status = read_all(file, &source, path, limit_bytes, error);
	source_close(&source);
	if (status) file_bytes_clear(file);
	return status;
}

void file_bytes_clear(struct file_bytes *file) {
	free(file->data);
	file->data = NULL;
	file->bytes = 0;
}

uint32_t file_bytes_crc32(uint32_t crc32_before, const void *data, size_t bytes) {
	return (uint32_t)crc32_z(crc32_before, data, bytes);
}
