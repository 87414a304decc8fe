/* Internal to words*.c: FIFOs as growing arrays of words, and values in words. */
#ifndef SIM_STREAMING_WORDS_STATE_H
#define SIM_STREAMING_WORDS_STATE_H

#include "sim/streaming/words.h"

struct words_fifo {
	uint32_t width_bits, limbs; /* 64-bit limbs of a word */
	uint64_t count, capacity, taken;
	uint64_t *data;
};

struct words {
	const struct pipeline *pipeline;
	const struct trace *trace;
	struct words_fifo *fifos;
	uint64_t *spare; /* one word of the widest FIFO: what a take or push gives after a failure */
	uint32_t spare_limbs;
	enum status status; /* the first failure of the run; stages go on harmlessly after it */
	struct error error;
};

/* One stage at work. */
struct words_stage {
	struct words *words;
	const struct stage *built;
	const struct trace_layer *layer; /* NULL: the DMAs */
	const struct trace_conv *conv;   /* of that layer, main or skip */
};

void words_fail(struct words *words, enum status status, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* The next word of input `port`; a new word, all zero, of output `port`. Never NULL. */
const uint64_t *words_take(struct words_stage *stage, int port);
uint64_t *words_push(struct words_stage *stage, int port);
struct words_fifo *words_input(const struct words_stage *stage, int port);
struct words_fifo *words_output(const struct words_stage *stage, int port);

/* Bits [at, at + bits) of a word, at most 64. */
static inline uint64_t word_field(const uint64_t *word, uint32_t at, uint32_t bits) {
	const uint32_t limb = at / 64, shift = at % 64;
	uint64_t field = word[limb] >> shift;
	if (shift + bits > 64) field |= word[limb + 1] << (64 - shift);
	return bits < 64 ? field & ((UINT64_C(1) << bits) - 1) : field;
}

/* Sets bits that are 0. */
static inline void word_set(uint64_t *word, uint32_t at, uint32_t bits, uint64_t field) {
	const uint32_t limb = at / 64, shift = at % 64;
	if (bits < 64) field &= (UINT64_C(1) << bits) - 1;
	word[limb] |= field << shift;
	if (shift + bits > 64) word[limb + 1] |= field >> (64 - shift);
}

/* Bits [from, from + bits) of one word to [at, at + bits) of another, of any number. */
void word_copy(uint64_t *word, uint32_t at, const uint64_t *source, uint32_t from, uint32_t bits);

static inline int64_t value_of_field(uint64_t field, uint32_t bits, uint32_t is_unsigned) {
	if (bits == 1) return field ? 1 : -1;
	if (is_unsigned || bits == 64) return (int64_t)field;
	const uint64_t sign = UINT64_C(1) << (bits - 1);
	return (int64_t)((field ^ sign) - sign);
}

/* Value in lane `lane` of a word the stage takes. */
static inline int64_t words_value(const struct words_stage *stage, const uint64_t *word, uint32_t lane) {
	const uint32_t bits = stage->built->input_bits;
	return value_of_field(word_field(word, lane * bits, bits), bits, stage->built->input_unsigned);
}

/* Puts a value into lane `lane` of a word the stage makes; fails where output_bits do not hold it. */
void words_put(struct words_stage *stage, uint64_t *word, uint32_t lane, int64_t value);

/* rs(v, s) of sim/input/trace.h. */
static inline int64_t words_rounded_shift(int64_t value, uint32_t shift) {
	return shift ? (value + ((int64_t)1 << (shift - 1))) >> shift : value;
}

/* v of an affine layer saturated to the map it goes to, if that holds numbers. m: words_affine's. */
int64_t words_saturate(const struct words_stage *stage, int64_t value);
/* m of one sum of output channel `output`. */
int64_t words_affine(const struct words_stage *stage, int64_t sum, uint32_t output);
const int32_t *words_parameters(const struct words_stage *stage, uint32_t output);

/* A frame of one stage. words_move.c: those that move words and values. */
void words_pad(struct words_stage *stage);
void words_window(struct words_stage *stage);
void words_convert(struct words_stage *stage);
void words_fork(struct words_stage *stage);
/* words_compute.c: those that compute. */
void words_matrix(struct words_stage *stage);
void words_depthwise(struct words_stage *stage);
void words_point(struct words_stage *stage);
void words_join(struct words_stage *stage);
void words_pool(struct words_stage *stage);
void words_label(struct words_stage *stage);

#endif
