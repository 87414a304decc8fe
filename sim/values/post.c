/* The post step: sums of one row (two, where 2 x 2 is pooled) become values v, those the output maps.
 *
 * The affine formula needs 64 bits in general. Where the bounds of |a| and |b| together with the layer's own parameters
 * prove that no intermediate value leaves 32 bits, the same formula is computed in 32 bits, which a compiler turns into
 * vector code. Every row function is written once and compiled twice: for any processor, and for AVX2.
 */
#include "sim/values/layer.h"

#include <stdlib.h>
#include <string.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "sim/values/values.h"

#define INLINE static inline __attribute__((always_inline))

struct post {
	const struct trace_layer *layer;
	bool wide, narrow;
	int32_t low, high;    /* saturation */
	int32_t **parameters; /* columns of the parameter tensor, [output] each */
	uint32_t columns;
	int32_t *skip_half; /* 2^(E-1), or 0 for E = 0 */
	int32_t *values;    /* v of two rows of sums, [row][x][output] */
};

/* ---- rows of v */

INLINE int32_t clamp(int64_t value, int32_t low, int32_t high) {
	return (int32_t)(value < low ? low : value > high ? high : value);
}

INLINE void affine_narrow(const struct post *post, const int32_t *restrict a, const int32_t *restrict b,
                          int32_t *restrict v) {
	const int32_t *restrict scale = post->parameters[0], *restrict offset = post->parameters[1];
	const int32_t *restrict plus = post->parameters[2], *restrict minus = post->parameters[3];
	const int32_t *restrict shift = post->parameters[4], *restrict skip_shift = post->parameters[5];
	const int32_t *restrict skip_half = post->skip_half;
	const uint32_t post_shift = post->layer->post_shift, outputs = post->layer->output_channels;
	const int32_t half = post_shift ? (int32_t)1 << (post_shift - 1) : 0, low = post->low, high = post->high;
	for (uint32_t o = 0; o < outputs; o++) {
		const int32_t z = scale[o] * a[o] + offset[o];
		const int32_t factor = z >= 0 ? plus[o] : minus[o];
		const int32_t skip = b ? (b[o] + skip_half[o]) >> skip_shift[o] : 0;
		const int32_t sum = ((factor * z + half) >> post_shift) + skip + shift[o];
		const int32_t least = sum < low ? low : sum;
		v[o] = least > high ? high : least;
	}
}

INLINE void affine_general(const struct post *post, const int32_t *a, const int32_t *b, int32_t *v) {
	int32_t *const *columns = post->parameters;
	const uint32_t post_shift = post->layer->post_shift;
	const int64_t half = post_shift ? (int64_t)1 << (post_shift - 1) : 0;
	for (uint32_t o = 0; o < post->layer->output_channels; o++) {
		const int64_t z = (int64_t)columns[0][o] * a[o] + columns[1][o];
		const int64_t m = ((z >= 0 ? columns[2][o] : columns[3][o]) * z + half) >> post_shift;
		const int64_t skip = b ? ((int64_t)b[o] + post->skip_half[o]) >> columns[5][o] : 0;
		v[o] = clamp(m + skip + columns[4][o], post->low, post->high);
	}
}

INLINE void threshold(const struct post *post, const int32_t *restrict a, int32_t *restrict v) {
	const int32_t *restrict down = post->parameters[0], base = post->layer->threshold_base;
	const uint32_t outputs = post->layer->output_channels;
	for (uint32_t o = 0; o < outputs; o++) v[o] = base;
	for (uint32_t k = 0; k < post->layer->threshold_count; k++) {
		const int32_t *restrict level = post->parameters[1 + k];
		for (uint32_t o = 0; o < outputs; o++) v[o] += down[o] ? a[o] < level[o] : a[o] > level[o];
	}
}

/* A row of `layer->sums_width` pixels. */
INLINE void value_row(const struct post *post, const int32_t *a, const int32_t *b, int32_t *v) {
	const uint32_t outputs = post->layer->output_channels;
	for (uint32_t x = 0; x < post->layer->sums_width; x++, a += outputs, v += outputs) {
		if (post->layer->post == TRACE_POST_THRESHOLD)
			threshold(post, a, v);
		else if (post->narrow)
			affine_narrow(post, a, b, v);
		else
			affine_general(post, a, b, v);
		if (b) b += outputs;
	}
}

/* Maximum over 2 x 2 of the two rows in post->values, into the first of them. */
INLINE void pool_rows(const struct post *post) {
	const uint32_t outputs = post->layer->output_channels, width = post->layer->sums_width;
	const int32_t *first = post->values, *second = post->values + (size_t)width * outputs;
	int32_t *most = post->values;
	for (uint32_t x = 0; x < width / 2; x++, first += 2 * outputs, second += 2 * outputs, most += outputs) {
		for (uint32_t o = 0; o < outputs; o++) {
			const int32_t upper = first[o] > first[outputs + o] ? first[o] : first[outputs + o];
			const int32_t lower = second[o] > second[outputs + o] ? second[o] : second[outputs + o];
			most[o] = upper > lower ? upper : lower;
		}
	}
}

/* ---- rows of output maps */

INLINE uint64_t packed_bits(const int32_t *v, uint32_t count, int32_t above) {
	uint64_t word = 0;
	for (uint32_t i = 0; i < count; i++) word |= (uint64_t)(v[i] > above) << i;
	return word;
}

#if defined(__x86_64__)
__attribute__((target("avx2"))) static inline uint64_t packed_bits_avx2(const int32_t *v, uint32_t count,
                                                                        int32_t above) {
	const __m256i limit = _mm256_set1_epi32(above);
	uint64_t word = 0;
	uint32_t i = 0;
	for (; i + 8 <= count; i += 8) {
		const __m256i eight = _mm256_loadu_si256((const __m256i *)(const void *)(v + i));
		const int mask = _mm256_movemask_ps(_mm256_castsi256_ps(_mm256_cmpgt_epi32(eight, limit)));
		word |= (uint64_t)(unsigned)mask << i;
	}
	return i < count ? word | packed_bits(v + i, count - i, above) << i : word;
}
#endif

/* Row y with pixels and channels exchanged: pixel q of all, output o, is channel q of the map's pixel o. */
static void scatter_row(const struct post *post, const struct post_data *data, uint32_t y, int32_t above) {
	const struct trace_layer *layer = post->layer;
	const uint32_t outputs = layer->output_channels, channels = layer->sums_height * layer->sums_width;
	const size_t words = values_words_per_pixel(channels);
	const int32_t *v = post->values;
	for (uint32_t q = y * layer->sums_width; q < (y + 1) * layer->sums_width; q++, v += outputs) {
		for (size_t o = 0; data->fixed && o < outputs; o++) data->fixed[o * channels + q] = (int16_t)v[o];
		for (size_t o = 0; data->scores && o < outputs; o++) data->scores[o * channels + q] = v[o];
		for (size_t o = 0; data->bits && o < outputs; o++) {
			uint64_t *word = &data->bits[o * words + q / 64];
			if (q % 64 == 0) *word = 0;
			*word |= (uint64_t)(v[o] > above) << (q % 64);
		}
	}
}

#define RUN_BODY(pack)                                                                                                 \
	const struct trace_layer *layer = post->layer;                                                                 \
	const uint32_t side = layer->pool == TRACE_POOL_MAX2 ? 2 : 1, outputs = layer->output_channels;                \
	const uint32_t height = layer->sums_height / side, width = layer->sums_width / side;                           \
	const uint32_t words = values_words_per_pixel(outputs);                                                        \
	const size_t sums_row = (size_t)layer->sums_width * outputs, map_row = (size_t)width * outputs;                \
	const int32_t above = layer->post == TRACE_POST_THRESHOLD ? layer->threshold_base : -1;                        \
	for (uint32_t y = 0; y < height; y++) {                                                                        \
		for (uint32_t row = 0; row < side; row++) {                                                            \
			const size_t place = (y * (size_t)side + row) * sums_row;                                      \
			value_row(post, data->main_sums + place, data->skip_sums ? data->skip_sums + place : NULL,     \
			          post->values + row * sums_row);                                                      \
		}                                                                                                      \
		if (side == 2) pool_rows(post);                                                                        \
		if (layer->transpose) {                                                                                \
			scatter_row(post, data, y, above);                                                             \
			continue;                                                                                      \
		}                                                                                                      \
		const int32_t *restrict values = post->values;                                                         \
		if (data->scores) memcpy(data->scores + y * map_row, values, map_row * sizeof *values);                \
		if (data->fixed) {                                                                                     \
			int16_t *restrict fixed = data->fixed + y * map_row;                                           \
			for (size_t i = 0; i < map_row; i++) fixed[i] = (int16_t)values[i];                            \
		}                                                                                                      \
		if (!data->bits) continue;                                                                             \
		uint64_t *bits = data->bits + (size_t)y * width * words;                                               \
		for (uint32_t x = 0; x < width; x++, values += outputs)                                                \
			for (uint32_t first = 0; first < outputs; first += 64)                                         \
				*bits++ = pack(values + first, outputs - first < 64 ? outputs - first : 64, above);    \
	}

#if defined(__x86_64__)
__attribute__((target("avx2"))) static void run_avx2(const struct post *post, const struct post_data *data) {
	RUN_BODY(packed_bits_avx2)
}
#endif
static void run_portable(const struct post *post, const struct post_data *data) {
	RUN_BODY(packed_bits)
}

void post_run(struct post *post, const struct post_data *data) {
#if defined(__x86_64__)
	if (post->wide) {
		run_avx2(post, data);
		return;
	}
#endif
	run_portable(post, data);
}

/* ---- preparation */

static uint64_t largest(const int32_t *values, uint32_t count) {
	uint64_t most = 0;
	for (uint32_t i = 0; i < count; i++) {
		const uint64_t magnitude = values[i] < 0 ? (uint64_t) - (int64_t)values[i] : (uint64_t)values[i];
		if (magnitude > most) most = magnitude;
	}
	return most;
}

/* No intermediate value of affine_narrow leaves 32 bits. All limits are at most 2^31, so nothing here wraps. */
static bool fits_32_bits(const struct post *post, uint64_t main_limit, uint64_t skip_limit) {
	const uint32_t outputs = post->layer->output_channels, post_shift = post->layer->post_shift;
	const uint64_t half = post_shift ? (uint64_t)1 << (post_shift - 1) : 0;
	const uint64_t z = largest(post->parameters[0], outputs) * main_limit + largest(post->parameters[1], outputs);
	const uint64_t plus = largest(post->parameters[2], outputs), minus = largest(post->parameters[3], outputs);
	if (z > INT32_MAX) return false;
	const uint64_t m = z * (plus > minus ? plus : minus) + half;
	const uint64_t skip = skip_limit + largest(post->skip_half, outputs);
	return m + skip + largest(post->parameters[4], outputs) <= INT32_MAX;
}

static bool fill_columns(struct post *post, const int32_t *parameters) {
	const struct trace_layer *layer = post->layer;
	const bool affine = layer->post == TRACE_POST_AFFINE;
	const uint32_t columns = affine ? 6 : 1 + layer->threshold_count, outputs = layer->output_channels;
	post->parameters = calloc(columns, sizeof *post->parameters);
	if (!post->parameters) return false;
	post->columns = columns;
	for (uint32_t k = 0; k < columns; k++) {
		post->parameters[k] = malloc(outputs * sizeof *post->parameters[k]);
		if (!post->parameters[k]) return false;
		for (uint32_t o = 0; o < outputs; o++) post->parameters[k][o] = parameters[(size_t)o * columns + k];
	}
	post->skip_half = calloc(outputs, sizeof *post->skip_half);
	post->values = malloc(2 * (size_t)layer->sums_width * outputs * sizeof *post->values);
	if (!post->skip_half || !post->values) return false;
	for (uint32_t o = 0; affine && o < outputs; o++)
		if (post->parameters[5][o]) post->skip_half[o] = (int32_t)1 << (post->parameters[5][o] - 1);
	return true;
}

struct post *post_create(const struct trace_layer *layer, const int32_t *parameters, const struct post_range *range,
                         uint64_t main_limit, uint64_t skip_limit, bool wide) {
	struct post *post = calloc(1, sizeof *post);
	if (!post) return NULL;
	post->layer = layer;
	post->wide = wide;
	post->low = range ? range->low : INT32_MIN;
	post->high = range ? range->high : INT32_MAX;
	if (!fill_columns(post, parameters)) {
		post_free(post);
		return NULL;
	}
	post->narrow = layer->post == TRACE_POST_AFFINE && fits_32_bits(post, main_limit, skip_limit);
	return post;
}

void post_free(struct post *post) {
	if (!post) return;
	for (uint32_t k = 0; k < post->columns; k++) free(post->parameters[k]);
	free(post->parameters);
	free(post->skip_half);
	free(post->values);
	free(post);
}
