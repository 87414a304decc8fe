/* Binary convolution on packed bits: a = (taps that count) - 2 * popcount((x XOR w) AND counts).
 *
 * The bits of one window are laid side by side in the order of a weight row, [ky][kx][channel], so that 16 channels and
 * a 3 x 3 kernel fill 144 bits of 3 words instead of a part of 9. Where a window reaches into masked padding, a second
 * row of bits says which taps count. Weights of 4 outputs are interleaved word by word for the 256-bit registers.
 * popcount: with AVX2 by a table of 16 half bytes (the shuffle instruction), summed as bytes over at most 31 words; in
 * the portable twin by the compiler's own.
 */
#include "sim/values/layer.h"

#include <stdlib.h>
#include <string.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "sim/values/values.h"

enum { LANES = 4, BYTE_SUM_WORDS = 31 };

struct binary_conv {
	struct conv_shape shape;
	bool wide;
	uint32_t window_words, pixel_words, groups;
	uint64_t *weights; /* [group][word][lane], 0 beyond the last output */
	uint64_t *window;  /* one more word than a window has */
	uint64_t *counts;  /* taps that count */
};

static uint64_t little_endian_word(const uint8_t *bytes) {
	uint64_t word = 0;
	for (unsigned i = 0; i < 8; i++) word |= (uint64_t)bytes[i] << (8 * i);
	return word;
}

struct binary_conv *binary_conv_create(const struct conv_shape *shape, bool wide) {
	struct binary_conv *conv = calloc(1, sizeof *conv);
	if (!conv) return NULL;
	conv->shape = *shape;
	conv->wide = wide;
	conv->window_words = (shape->weights->columns + 63) / 64;
	conv->pixel_words = values_words_per_pixel(shape->input->channels);
	conv->groups = (shape->outputs + LANES - 1) / LANES;
	conv->weights = aligned_alloc(32, (size_t)conv->groups * conv->window_words * LANES * sizeof *conv->weights);
	conv->window = calloc((size_t)conv->window_words + 1, sizeof *conv->window);
	conv->counts = calloc((size_t)conv->window_words + 1, sizeof *conv->counts);
	if (!conv->weights || !conv->window || !conv->counts) {
		binary_conv_free(conv);
		return NULL;
	}
	const size_t row_bytes = trace_bits_row_bytes(shape->weights->columns);
	for (uint32_t output = 0; output < conv->groups * LANES; output++) {
		const uint8_t *row = (const uint8_t *)shape->weights->data + output * row_bytes;
		uint64_t *place =
		    conv->weights + (size_t)(output / LANES) * conv->window_words * LANES + output % LANES;
		for (uint32_t word = 0; word < conv->window_words; word++)
			place[word * LANES] = output < shape->outputs ? little_endian_word(row + word * 8) : 0;
	}
	return conv;
}

void binary_conv_free(struct binary_conv *conv) {
	if (!conv) return;
	free(conv->weights);
	free(conv->window);
	free(conv->counts);
	free(conv);
}

/* ---- one window against all outputs */

#if defined(__x86_64__)
__attribute__((target("avx2"))) static inline __m256i byte_counts(__m256i bits) {
	const __m256i table = _mm256_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4, 0, 1, 1, 2, 1, 2, 2, 3,
	                                       1, 2, 2, 3, 2, 3, 3, 4);
	const __m256i half = _mm256_set1_epi8(15);
	const __m256i low = _mm256_and_si256(bits, half), high = _mm256_and_si256(_mm256_srli_epi16(bits, 4), half);
	return _mm256_add_epi8(_mm256_shuffle_epi8(table, low), _mm256_shuffle_epi8(table, high));
}

__attribute__((target("avx2"))) static inline void group_avx2(const uint64_t *weights, const uint64_t *window,
                                                              const uint64_t *counts, uint32_t words,
                                                              uint64_t *differing) {
	__m256i sums = _mm256_setzero_si256();
	for (uint32_t first = 0; first < words; first += BYTE_SUM_WORDS) {
		const uint32_t end = words - first < BYTE_SUM_WORDS ? words : first + BYTE_SUM_WORDS;
		__m256i bytes = _mm256_setzero_si256();
		for (uint32_t word = first; word < end; word++) {
			const __m256i weight =
			    _mm256_load_si256((const __m256i *)(const void *)(weights + word * LANES));
			__m256i bits = _mm256_xor_si256(weight, _mm256_set1_epi64x((long long)window[word]));
			if (counts) bits = _mm256_and_si256(bits, _mm256_set1_epi64x((long long)counts[word]));
			bytes = _mm256_add_epi8(bytes, byte_counts(bits));
		}
		sums = _mm256_add_epi64(sums, _mm256_sad_epu8(bytes, _mm256_setzero_si256()));
	}
	_mm256_storeu_si256((__m256i *)(void *)differing, sums);
}
#endif

static inline void group_portable(const uint64_t *weights, const uint64_t *window, const uint64_t *counts,
                                  uint32_t words, uint64_t *differing) {
	for (uint32_t lane = 0; lane < LANES; lane++) differing[lane] = 0;
	for (uint32_t word = 0; word < words; word++) {
		const uint64_t count = counts ? counts[word] : UINT64_MAX;
		for (uint32_t lane = 0; lane < LANES; lane++)
			differing[lane] +=
			    (uint64_t)__builtin_popcountll((weights[word * LANES + lane] ^ window[word]) & count);
	}
}

/* Sums of all outputs from the bits that differ, `taps` being the number of those that count. */
#define WINDOW_BODY(group_kernel)                                                                                      \
	for (uint32_t group = 0; group < conv->groups; group++) {                                                      \
		uint64_t differing[LANES];                                                                             \
		const uint64_t *weights = conv->weights + (size_t)group * conv->window_words * LANES;                  \
		group_kernel(weights, conv->window, counts, conv->window_words, differing);                            \
		const uint32_t left = conv->shape.outputs - group * LANES, lanes = left < LANES ? left : LANES;        \
		for (uint32_t lane = 0; lane < lanes; lane++)                                                          \
			sums[group * LANES + lane] = (int32_t)taps - 2 * (int32_t)differing[lane];                     \
	}

#if defined(__x86_64__)
__attribute__((target("avx2"))) static void window_avx2(const struct binary_conv *conv, const uint64_t *counts,
                                                        uint32_t taps, int32_t *sums) {
	WINDOW_BODY(group_avx2)
}
#endif
static void window_portable(const struct binary_conv *conv, const uint64_t *counts, uint32_t taps, int32_t *sums) {
	WINDOW_BODY(group_portable)
}

/* ---- gathering a window */

/* Appends the `channels` bits of a pixel (or a pixel of equal bits where `pixel` is NULL) at bit `at`. */
static void append(uint64_t *window, uint64_t at, const uint64_t *pixel, uint64_t equal_bits, uint32_t channels) {
	for (uint32_t c = 0; c < channels; c += 64, at += 64) {
		const uint32_t count = channels - c < 64 ? channels - c : 64;
		const uint64_t word = pixel        ? pixel[c / 64]
		                      : count < 64 ? equal_bits & (((uint64_t)1 << count) - 1)
		                                   : equal_bits;
		const uint32_t shift = at % 64;
		window[at / 64] |= word << shift;
		if (shift) window[at / 64 + 1] |= word >> (64 - shift);
	}
}

/* Bits of the window whose first tap is at row y0, column x0 of the map; returns the number of taps inside the map. */
static uint32_t gather(struct binary_conv *conv, const uint64_t *map, int64_t y0, int64_t x0, bool mark) {
	const struct trace_map *input = conv->shape.input;
	const uint32_t kernel_height = trace_rows_of_conv(conv->shape.conv).kernel, kernel = conv->shape.conv->kernel;
	const uint32_t channels = input->channels;
	const uint64_t outside = conv->shape.conv->pad_value == TRACE_PAD_PLUS ? UINT64_MAX : 0;
	const size_t bytes = ((size_t)conv->window_words + 1) * sizeof *conv->window;
	uint64_t at = 0;
	uint32_t inside_count = 0;
	memset(conv->window, 0, bytes);
	if (mark) memset(conv->counts, 0, bytes);
	for (int64_t y = y0; y < y0 + kernel_height; y++) {
		const bool row_inside = y >= 0 && y < input->height;
		for (int64_t x = x0; x < x0 + kernel; x++, at += channels) {
			const bool inside = row_inside && x >= 0 && x < input->width;
			const uint64_t *pixel =
			    inside ? map + ((uint64_t)y * input->width + (uint64_t)x) * conv->pixel_words : NULL;
			append(conv->window, at, pixel, outside, channels);
			if (mark && inside) append(conv->counts, at, NULL, UINT64_MAX, channels);
			inside_count += inside;
		}
	}
	return inside_count;
}

void binary_conv_row(struct binary_conv *conv, const uint64_t *map, uint32_t y, int32_t *sums) {
	const struct trace_conv *trace_conv = conv->shape.conv;
	const struct trace_map *input = conv->shape.input;
	const struct trace_conv_rows rows = trace_rows_of_conv(trace_conv);
	const int64_t kernel = trace_conv->kernel, y0 = (int64_t)y * rows.stride - rows.pad;
	const bool masked = trace_conv->pad_value == TRACE_PAD_MASKED;
	for (uint32_t x = 0; x < conv->shape.sums_width; x++, sums += conv->shape.outputs) {
		const int64_t x0 = (int64_t)x * trace_conv->stride - trace_conv->pad;
		const bool whole =
		    y0 >= 0 && x0 >= 0 && y0 + rows.kernel <= input->height && x0 + kernel <= input->width;
		const bool mark = masked && !whole;
		const uint32_t inside_count = gather(conv, map, y0, x0, mark);
		const uint32_t taps = mark ? inside_count * input->channels : conv->shape.weights->columns;
		const uint64_t *counts = mark ? conv->counts : NULL;
#if defined(__x86_64__)
		if (conv->wide) {
			window_avx2(conv, counts, taps, sums);
			continue;
		}
#endif
		window_portable(conv, counts, taps, sums);
	}
}
