/* Internal to the functional executor: DDR images, buffers, and what every command has at hand.
 *
 * A word of a buffer is kept as `lanes` elements of one type, in the order of PROGRAM.md section 2 (fixed weights:
 * transposed, value (row r, column q) is element r Q + q). Poison is kept per byte of DDR; per word of a buffer, and
 * for words of an activation buffer that were written in part only, per lane (fixed) or bit. A word is readable when
 * all of it was written.
 */
#ifndef SIM_MACHINE_EXECUTOR_MEMORY_H
#define SIM_MACHINE_EXECUTOR_MEMORY_H

#include <stddef.h>
#include <stdint.h>

#include "sim/machine/executor.h"

enum { LANE_BITS = 48, POST_LANES_MAX = 64 };
#define LANE_MASK ((UINT64_C(1) << LANE_BITS) - 1)

struct ddr_image {
	uint8_t *bytes;
	uint64_t *written; /* bit i: byte i was written */
	uint32_t size_bytes;
};

struct parameter_record {
	uint32_t words[4];
};

struct executor_buffer {
	enum buffer_id id;
	uint32_t depth_words;
	uint32_t lanes;       /* elements of a word */
	uint32_t word_bytes;  /* of a word in DDR; 0 where the buffer is never transferred */
	uint32_t value_bytes; /* fixed activations and weights: of a value in DDR */
	uint32_t value_bits;  /* fixed: of a value on chip; sums: of a sum */
	uint8_t *whole;       /* a word: 1 when every lane was written */
	/* Activations: which lanes of a word that is not whole were written; mask_units units of unit_bits a word. */
	uint64_t *written;
	uint32_t mask_units, unit_bits;
	/* The elements, one of: */
	uint64_t *bits;  /* activations (and a word of zeros behind the last), bit weights */
	int16_t *values; /* fixed activations (and a word of zeros behind the last), fixed weights, border */
	struct parameter_record *records;
	int64_t *sums;
	int32_t *outputs;
	/* Bit weights: lanes and PEs from these numbers on are all 1, in the whole word. */
	uint16_t *used_lanes;
	uint32_t *used_pes;
};

struct executor {
	const struct config *config;
	const struct program *program;
	struct ddr_image channels[CONFIG_CHANNELS_MAX];
	struct executor_buffer buffers[BUFFER_COUNT];
};

/* The command being performed: what an error names. */
struct executor_call {
	struct executor *executor;
	const struct command *command;
	uint32_t index;
	struct error *error;
};

/* STATUS_FAILED with the sentence "command I (OPCODE, layer N): UNIT " + what the format says. */
enum status executor_fail(const struct executor_call *call, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Images and buffers, all poison. On failure what was allocated stays for executor_memory_clear. */
enum status executor_memory_init(struct executor *executor, struct error *error);
void executor_memory_clear(struct executor *executor);

/* First byte of the range that was never written; address + bytes when there is none. The range must be in the image.
 */
uint64_t ddr_first_poison(const struct ddr_image *image, uint64_t address, uint64_t bytes);
void ddr_mark_written(struct ddr_image *image, uint64_t address, uint64_t bytes);

static inline int buffer_in_range(const struct executor_buffer *buffer, int64_t word) {
	return word >= 0 && word < (int64_t)buffer->depth_words;
}

static inline int buffer_is_readable(const struct executor_buffer *buffer, int64_t word) {
	return buffer_in_range(buffer, word) && buffer->whole[word];
}

/* Why a word cannot be read (never written, written in part, beyond the depth). */
enum status buffer_read_error(const struct executor_call *call, const struct executor_buffer *buffer, int64_t word);

/* The words first .. first + count - 1 exist; all were written. */
enum status buffer_check_range(const struct executor_call *call, const struct executor_buffer *buffer, const char *verb,
                               int64_t first, uint64_t count);
enum status buffer_check_readable(const struct executor_call *call, const struct executor_buffer *buffer, int64_t first,
                                  uint64_t count);

/* A part of a word is written now: the lanes (bits) of `mask` of unit `unit`. Only for words that are not whole. */
void buffer_mark_part(struct executor_buffer *buffer, uint32_t word, uint32_t unit, uint64_t mask);

/* Does value fit a signed number of `bits` bits? */
static inline int fits_bits(int64_t value, uint32_t bits) {
	return bits >= 64 || (value >= -(INT64_C(1) << (bits - 1)) && value < (INT64_C(1) << (bits - 1)));
}

static inline uint32_t divide_up(uint32_t value, uint32_t divisor) {
	return value / divisor + (value % divisor != 0);
}

/* executor_memory.c: LOAD and STORE, whole. */
enum status executor_load(const struct executor_call *call);
enum status executor_store(const struct executor_call *call);

/* executor_conv.c */
enum status executor_binary_conv(const struct executor_call *call);
enum status executor_fixed_conv(const struct executor_call *call);

/* executor_post.c */
enum status executor_post(const struct executor_call *call);

#endif
