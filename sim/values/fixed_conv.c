/* Fixed-point convolution: 16-bit values times 16-bit weights into 32-bit sums, exact modulo 2^32 (unsigned arithmetic,
 * and the multiply-add instruction, whose only overflow, twice -32768 * -32768, is right modulo 2^32 too).
 *
 * The values of a window are laid side by side, [ky][kx][channel], zeros for padding, and one more zero where their
 * number is odd. Weights of 8 outputs are interleaved pair by pair: one 256-bit register holds two weights of each. A
 * tap-shared convolution sums the window per channel first.
 */
#include "sim/values/layer.h"

#include <stdlib.h>
#include <string.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

enum { LANES = 8, PAIR = 2 };

struct fixed_conv {
	struct conv_shape shape;
	bool wide;
	uint32_t pairs, groups;
	int16_t *weights;       /* [group][pair][lane][2], 0 beyond the last output and column; NULL where tap-shared */
	int16_t *window;        /* pairs * 2 */
	uint32_t *channel_sums; /* tap-shared */
};

static bool fill_weights(struct fixed_conv *conv) {
	const struct trace_tensor *tensor = conv->shape.weights;
	const int16_t *values = tensor->data;
	const size_t count = (size_t)conv->groups * conv->pairs * LANES * PAIR;
	conv->weights = aligned_alloc(32, count * sizeof *conv->weights);
	if (!conv->weights) return false;
	memset(conv->weights, 0, count * sizeof *conv->weights);
	for (uint32_t output = 0; output < tensor->rows; output++)
		for (uint32_t column = 0; column < tensor->columns; column++)
			conv->weights[(((size_t)(output / LANES) * conv->pairs + column / PAIR) * LANES +
			               output % LANES) *
			                  PAIR +
			              column % PAIR] = values[(size_t)output * tensor->columns + column];
	return true;
}

struct fixed_conv *fixed_conv_create(const struct conv_shape *shape, bool wide) {
	struct fixed_conv *conv = calloc(1, sizeof *conv);
	if (!conv) return NULL;
	conv->shape = *shape;
	conv->wide = wide;
	conv->pairs = (shape->weights->columns + PAIR - 1) / PAIR;
	conv->groups = (shape->outputs + LANES - 1) / LANES;
	conv->window = calloc((size_t)conv->pairs * PAIR, sizeof *conv->window);
	conv->channel_sums = calloc(shape->input->channels, sizeof *conv->channel_sums);
	if (!conv->window || !conv->channel_sums || (!shape->conv->tap_shared && !fill_weights(conv))) {
		fixed_conv_free(conv);
		return NULL;
	}
	return conv;
}

void fixed_conv_free(struct fixed_conv *conv) {
	if (!conv) return;
	free(conv->weights);
	free(conv->window);
	free(conv->channel_sums);
	free(conv);
}

/* ---- one window against all outputs */

#if defined(__x86_64__)
__attribute__((target("avx2"))) static void window_avx2(const struct fixed_conv *conv, const int16_t *window,
                                                        int32_t *sums) {
	for (uint32_t group = 0; group < conv->groups; group++) {
		const int16_t *weights = conv->weights + (size_t)group * conv->pairs * LANES * PAIR;
		__m256i sum = _mm256_setzero_si256();
		for (uint32_t pair = 0; pair < conv->pairs; pair++) {
			int32_t two;
			memcpy(&two, window + pair * PAIR, sizeof two);
			const __m256i weight =
			    _mm256_load_si256((const __m256i *)(const void *)(weights + (size_t)pair * LANES * PAIR));
			sum = _mm256_add_epi32(sum, _mm256_madd_epi16(weight, _mm256_set1_epi32(two)));
		}
		const uint32_t left = conv->shape.outputs - group * LANES;
		int32_t lanes[LANES];
		if (left >= LANES) {
			_mm256_storeu_si256((__m256i *)(void *)(sums + group * LANES), sum);
		} else {
			_mm256_storeu_si256((__m256i *)(void *)lanes, sum);
			memcpy(sums + group * LANES, lanes, left * sizeof *lanes);
		}
	}
}
#endif

static void window_portable(const struct fixed_conv *conv, const int16_t *window, int32_t *sums) {
	for (uint32_t group = 0; group < conv->groups; group++) {
		const int16_t *weights = conv->weights + (size_t)group * conv->pairs * LANES * PAIR;
		uint32_t lanes[LANES] = {0};
		for (uint32_t pair = 0; pair < conv->pairs; pair++, weights += LANES * PAIR) {
			const int32_t first = window[pair * PAIR], second = window[pair * PAIR + 1];
			for (uint32_t lane = 0; lane < LANES; lane++)
				lanes[lane] += (uint32_t)(first * weights[lane * PAIR]) +
				               (uint32_t)(second * weights[lane * PAIR + 1]);
		}
		const uint32_t left = conv->shape.outputs - group * LANES;
		for (uint32_t lane = 0; lane < (left < LANES ? left : LANES); lane++)
			sums[group * LANES + lane] = (int32_t)lanes[lane];
	}
}

/* ---- gathering a window */

/* The window whose first tap is at row y0, column x0: in the map itself where it is one whole pixel, else in
 * conv->window.
 */
static const int16_t *gather(struct fixed_conv *conv, const int16_t *map, int64_t y0, int64_t x0) {
	const struct trace_map *input = conv->shape.input;
	const uint32_t channels = input->channels;
	const int64_t kernel_height = trace_rows_of_conv(conv->shape.conv).kernel, kernel = conv->shape.conv->kernel;
	if (kernel_height == 1 && kernel == 1 && channels % PAIR == 0)
		return map + ((uint64_t)y0 * input->width + (uint64_t)x0) * channels;
	const int64_t first = x0 < 0 ? -x0 : 0, last = x0 + kernel > input->width ? input->width - x0 : kernel;
	for (int64_t ky = 0; ky < kernel_height; ky++) {
		int16_t *row = conv->window + (size_t)ky * (size_t)kernel * channels;
		const int64_t y = y0 + ky;
		if (y < 0 || y >= input->height || last <= first) {
			memset(row, 0, (size_t)kernel * channels * sizeof *row);
			continue;
		}
		memset(row, 0, (size_t)first * channels * sizeof *row);
		memcpy(row + first * channels, map + ((uint64_t)y * input->width + (uint64_t)(x0 + first)) * channels,
		       (size_t)(last - first) * channels * sizeof *row);
		memset(row + last * channels, 0, (size_t)(kernel - last) * channels * sizeof *row);
	}
	return conv->window;
}

/* Rounded mean of 2 x 2 pixels of each channel. */
static const int16_t *gather_average(struct fixed_conv *conv, const int16_t *map, uint32_t y, uint32_t x) {
	const uint32_t channels = conv->shape.input->channels;
	const size_t row = (size_t)conv->shape.input->width * channels;
	const int16_t *first = map + (size_t)y * 2 * row + (size_t)x * 2 * channels;
	for (uint32_t c = 0; c < channels; c++)
		conv->window[c] =
		    (int16_t)((first[c] + first[channels + c] + first[row + c] + first[row + channels + c] + 2) >> 2);
	return conv->window;
}

/* Sum over the window's taps per channel, then one weight for each. */
static void window_tap_shared(struct fixed_conv *conv, const int16_t *map, int64_t y0, int64_t x0, int32_t *sums) {
	const struct trace_map *input = conv->shape.input;
	const uint32_t channels = input->channels;
	const int64_t kernel_height = trace_rows_of_conv(conv->shape.conv).kernel, kernel = conv->shape.conv->kernel;
	memset(conv->channel_sums, 0, channels * sizeof *conv->channel_sums);
	for (int64_t y = y0 < 0 ? 0 : y0; y < y0 + kernel_height && y < input->height; y++) {
		for (int64_t x = x0 < 0 ? 0 : x0; x < x0 + kernel && x < input->width; x++) {
			const int16_t *pixel = map + ((uint64_t)y * input->width + (uint64_t)x) * channels;
			for (uint32_t c = 0; c < channels; c++) {
				const int32_t value = pixel[c];
				conv->channel_sums[c] += (uint32_t)value;
			}
		}
	}
	const int16_t *weights = conv->shape.weights->data;
	for (uint32_t output = 0; output < conv->shape.outputs; output++, weights += channels) {
		uint32_t sum = 0;
		for (uint32_t c = 0; c < channels; c++) {
			const int32_t weight = weights[c];
			sum += conv->channel_sums[c] * (uint32_t)weight;
		}
		sums[output] = (int32_t)sum;
	}
}

void fixed_conv_row(struct fixed_conv *conv, const int16_t *map, uint32_t y, int32_t *sums) {
	const struct trace_conv *trace_conv = conv->shape.conv;
	const struct trace_conv_rows rows = trace_rows_of_conv(trace_conv);
	const int64_t y0 = (int64_t)y * rows.stride - rows.pad;
	for (uint32_t x = 0; x < conv->shape.sums_width; x++, sums += conv->shape.outputs) {
		const int64_t x0 = (int64_t)x * trace_conv->stride - trace_conv->pad;
		if (trace_conv->tap_shared) {
			window_tap_shared(conv, map, y0, x0, sums);
			continue;
		}
		const bool average = trace_conv->pre_pool == TRACE_PRE_POOL_AVERAGE2;
		const int16_t *window = average ? gather_average(conv, map, y, x) : gather(conv, map, y0, x0);
#if defined(__x86_64__)
		if (conv->wide) {
			window_avx2(conv, window, sums);
			continue;
		}
#endif
		window_portable(conv, window, sums);
	}
}
