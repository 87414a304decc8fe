/* The keys of a .nbt file as tables: one row a key, read by the reader, the writer and the check alike. Private to the
 * trace_*.c files. */
#ifndef SIM_INPUT_TRACE_KEYS_H
#define SIM_INPUT_TRACE_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/base/status.h"
#include "sim/input/trace.h"

/* Limits of every trace, so that a file that was not made here can neither crash a reader nor make it allocate what its
 * content does not justify. Map sides, channels, kernels: see the tables. */
enum {
	TRACE_LAYERS_MAX = 4096,
	TRACE_MAPS_MAX = 2 * TRACE_LAYERS_MAX + 1,
	TRACE_TENSORS_MAX = 3 * TRACE_LAYERS_MAX,
	TRACE_COLUMNS_MAX = 1 << 24,    /* of a tensor: weights of one output */
	TRACE_MAP_VALUES_MAX = 1 << 26, /* height x width x channels of one map, or of one layer's sums */
	TRACE_ALL_VALUES_MAX = 1 << 28, /* of all maps together */
	TRACE_TEXT_BYTES_MAX = 1 << 24, /* of the .nbt file */
	TRACE_LINE_BYTES_MAX = 4096,
	TRACE_WEIGHTS_BYTES_MAX = 1 << 30, /* of the .nbw file */
	TRACE_ALIGN_BYTES = 64             /* of every tensor in the .nbw file */
};

enum trace_record {
	TRACE_RECORD_NETWORK,
	TRACE_RECORD_MAP,
	TRACE_RECORD_TENSOR,
	TRACE_RECORD_LAYER,
	TRACE_RECORD_COUNT
};

/* A network and a tensor line carry a little more than struct trace and struct trace_tensor hold. */
struct trace_network_record {
	struct trace trace;
	uint64_t weights_bytes; /* of the whole .nbw file */
	uint32_t weights_crc32;
};
struct trace_tensor_record {
	struct trace_tensor tensor;
	uint64_t offset; /* of its first byte in the .nbw file */
};

enum trace_field_type {
	TRACE_FIELD_NAME,     /* char[TRACE_NAME_BYTES] */
	TRACE_FIELD_FROM,     /* char[TRACE_FROM_BYTES]: names with commas between them */
	TRACE_FIELD_NUMBER,   /* uint32_t */
	TRACE_FIELD_SIGNED,   /* int32_t */
	TRACE_FIELD_LARGE,    /* uint64_t */
	TRACE_FIELD_CRC,      /* uint32_t as 8 hexadecimal digits */
	TRACE_FIELD_FRACTION, /* double, 0 to 1 with at most 6 decimals; -1 where the key is absent */
	TRACE_FIELD_WORD,     /* enum or uint32_t: position in `words` */
	TRACE_FIELD_MAP,      /* uint32_t index of the named map */
	TRACE_FIELD_TENSOR    /* uint32_t index of the named tensor */
};

/* When a key of a layer line belongs there. */
enum trace_when {
	TRACE_ALWAYS,
	TRACE_WITH_SKIP,
	TRACE_WITH_AFFINE,
	TRACE_WITH_THRESHOLD,
	TRACE_WITH_MAIN_HEIGHT,
	TRACE_WITH_SKIP_HEIGHT,
	TRACE_WITH_MAX_POOL
};

struct trace_field {
	const char *key;
	enum trace_field_type type;
	size_t offset;
	int64_t minimum, maximum;
	const char *const *words; /* ends with NULL */
	enum trace_when when;
	bool optional;
	int64_t absent_value; /* of an optional number, word or map */
	bool file_only;       /* describes the file, not the trace: not looked at by trace_check */
};

/* The rows of one kind of line; the last has a NULL key. */
const struct trace_field *trace_fields(enum trace_record record);

/* First word of such a line. */
const char *trace_record_word(enum trace_record record);

/* Whether the key belongs to this record (only layers have keys that depend on others). */
bool trace_field_applies(const struct trace_field *field, const void *record);

/* Value of a number, signed, large, crc, word, map or tensor field. */
int64_t trace_field_get(const struct trace_field *field, const void *record);
void trace_field_set(const struct trace_field *field, void *record, int64_t value);

/* Whether `text` is one name (or, with commas, several): letters, digits and _ . - + / :, shorter than `limit_bytes`.
 */
bool trace_name_valid(const char *text, size_t limit_bytes, bool commas);

/* Where the records of a trace stand in its file; all NULL for a trace made in memory. */
struct trace_places {
	const char *path;
	uint32_t network_line;
	const uint32_t *lines[TRACE_RECORD_COUNT]; /* of maps, tensors, layers */
};

/* "PATH:LINE: layer NAME: KEY=VALUE: <format>" into the error; value may be NULL. Returns STATUS_INPUT. */
enum status trace_place_error(const struct trace_places *places, const struct trace *trace, enum trace_record record,
                              uint32_t index, const char *key, const char *value, struct error *error,
                              const char *format, ...) __attribute__((format(printf, 8, 9)));

/* trace_check with lines. */
enum status trace_check_at(const struct trace *trace, const struct trace_places *places, struct error *error);

/* Checks the offsets of the tensors and reads their values from the .nbw file beside places->path, which must have
 * lines. STATUS_INPUT, STATUS_IO or STATUS_MEMORY; then some tensors may have data. */
enum status trace_weights_read(struct trace_network_record *network, const uint64_t *offsets,
                               const struct trace_places *places, struct error *error);

/* Bytes of a tensor's data in memory and in the file. */
uint64_t trace_tensor_bytes(const struct trace_tensor *tensor);

/* Name of the .nbw file beside `path`, from malloc, or NULL (out of memory, or the name does not end in .nbt: then
 * *error says so with the status returned in *status). */
char *trace_weights_path(const char *path, enum status *status, struct error *error);

/* Swaps int16 / int32 data between file and host order, in place; nothing on a little-endian host. */
void trace_tensor_file_order(enum trace_tensor_type type, void *data, uint64_t bytes);

#endif
