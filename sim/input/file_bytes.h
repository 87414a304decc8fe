/* Whole files in memory, plain or gzip, and the CRC-32 of zlib. The only module that names zlib. */
#ifndef SIM_INPUT_FILE_BYTES_H
#define SIM_INPUT_FILE_BYTES_H

#include <stddef.h>
#include <stdint.h>

#include "sim/base/status.h"

struct file_bytes {
	uint8_t *data; /* data[bytes] is a terminating zero that does not count */
	size_t bytes;
};

enum file_bytes_form {
	FILE_BYTES_PLAIN,   /* the bytes as they are */
	FILE_BYTES_UNPACKED /* a gzip file (known by its first two bytes) is unpacked, any other is taken as it is */
};

/* Reads the file of at most `limit_bytes` (after unpacking). STATUS_IO where it cannot be read, STATUS_INPUT where it
 * is larger, or a truncated or corrupt gzip file, STATUS_MEMORY. *file is empty on failure. */
enum status file_bytes_read(struct file_bytes *file, const char *path, enum file_bytes_form form, size_t limit_bytes,
                            struct error *error);

/* Releases the memory; leaves *file empty. */
void file_bytes_clear(struct file_bytes *file);

/* CRC-32 (polynomial 0xEDB88320) of `bytes` bytes that follow those whose checksum is `crc32`; start with 0. */
uint32_t file_bytes_crc32(uint32_t crc32, const void *data, size_t bytes);

#endif
