/* The formulas of sim/input/trace.h as plain loops. Nothing here is fast; everything is meant to be read beside them.
 */
#include "sim/values/layer.h"

#include "sim/values/values.h"

/* rs(v, s): shift right by s, rounding half up. */
static int64_t rounded_shift(int64_t value, uint32_t shift) {
	return shift ? (value + ((int64_t)1 << (shift - 1))) >> shift : value;
}

static int64_t saturated(int64_t value, const struct post_range *range) {
	return value < range->low ? range->low : value > range->high ? range->high : value;
}

/* Value of the input at row y, column x, which may lie in the padding: there 0 for masked, or -1 or +1. */
static int32_t input_value(const struct conv_shape *shape, const struct map_values *input, int64_t y, int64_t x,
                           uint32_t channel) {
	const struct trace_map *map = shape->input;
	if (y < 0 || x < 0 || y >= map->height || x >= map->width) {
		if (shape->conv->pad_value == TRACE_PAD_MINUS) return -1;
		return shape->conv->pad_value == TRACE_PAD_PLUS ? 1 : 0;
	}
	const uint64_t pixel = (uint64_t)y * map->width + (uint64_t)x;
	if (map->kind == TRACE_MAP_FIXED) return input->fixed[pixel * map->channels + channel];
	const uint64_t word = input->bits[pixel * values_words_per_pixel(map->channels) + channel / 64];
	return word >> (channel % 64) & 1 ? 1 : -1;
}

static int32_t weight_value(const struct conv_shape *shape, uint32_t output, uint32_t column) {
	const struct trace_tensor *tensor = shape->weights;
	if (tensor->type == TRACE_TENSOR_INT16)
		return ((const int16_t *)tensor->data)[(uint64_t)output * tensor->columns + column];
	const uint8_t *row = (const uint8_t *)tensor->data + output * trace_bits_row_bytes(tensor->columns);
	return row[column / 8] >> (column % 8) & 1 ? 1 : -1;
}

/* Input value of one tap; average2 takes the rounded mean of 2 x 2 (kernel 1, stride 2). */
static int64_t tap_value(const struct conv_shape *shape, const struct map_values *input, int64_t y, int64_t x,
                         uint32_t channel) {
	if (shape->conv->pre_pool == TRACE_PRE_POOL_NONE) return input_value(shape, input, y, x, channel);
	int64_t sum = 0;
	for (int64_t dy = 0; dy < 2; dy++)
		for (int64_t dx = 0; dx < 2; dx++) sum += input_value(shape, input, y + dy, x + dx, channel);
	return rounded_shift(sum, 2);
}

static int32_t one_sum(const struct conv_shape *shape, const struct map_values *input, uint32_t y, uint32_t x,
                       uint32_t output) {
	const struct trace_conv *conv = shape->conv;
	const struct trace_conv_rows rows = trace_rows_of_conv(conv);
	const uint32_t first = conv->depthwise ? output : 0, channels = conv->depthwise ? 1 : shape->input->channels;
	int64_t sum = 0;
	for (uint32_t ky = 0; ky < rows.kernel; ky++) {
		for (uint32_t kx = 0; kx < conv->kernel; kx++) {
			const int64_t iy = (int64_t)y * rows.stride + ky - rows.pad;
			const int64_t ix = (int64_t)x * conv->stride + kx - conv->pad;
			const uint32_t tap = conv->tap_shared ? 0 : ky * conv->kernel + kx;
			for (uint32_t c = 0; c < channels; c++)
				sum += tap_value(shape, input, iy, ix, first + c) *
				       weight_value(shape, output, tap * channels + c);
		}
	}
	return (int32_t)(uint32_t)(uint64_t)sum; /* the accumulator's 32 bits */
}

void reference_sums(const struct conv_shape *shape, const struct map_values *input, int32_t *sums) {
	for (uint32_t y = 0; y < shape->sums_height; y++)
		for (uint32_t x = 0; x < shape->sums_width; x++)
			for (uint32_t o = 0; o < shape->outputs; o++) *sums++ = one_sum(shape, input, y, x, o);
}

/* v of one place of the sums. */
static int64_t post_value(const struct trace_layer *layer, const int32_t *parameters, const struct post_range *range,
                          const struct post_data *data, uint64_t place, uint32_t output) {
	const int64_t a = data->main_sums[place];
	if (layer->post == TRACE_POST_THRESHOLD) {
		const int32_t *row = parameters + (uint64_t)output * (1 + layer->threshold_count);
		int64_t passed = 0;
		for (uint32_t k = 0; k < layer->threshold_count; k++)
			passed += row[0] ? a < row[1 + k] : a > row[1 + k];
		return layer->threshold_base + passed;
	}
	const int32_t *row = parameters + (uint64_t)output * 6;
	const int64_t b = data->skip_sums ? data->skip_sums[place] : 0;
	const int64_t z = row[0] * a + row[1];
	const int64_t m = rounded_shift((z >= 0 ? row[2] : row[3]) * z, layer->post_shift);
	const int64_t v = m + rounded_shift(b, (uint32_t)row[5]) + row[4];
	return range ? saturated(v, range) : v;
}

/* Channel `output` of `pixel`; with transpose channel `pixel` of pixel `output`, of a map of as many channels. */
static void store(const struct trace_layer *layer, const struct post_data *data, uint64_t pixel, uint32_t output,
                  int64_t value) {
	const uint32_t channels = layer->transpose ? layer->sums_height * layer->sums_width : layer->output_channels;
	const uint64_t map_pixel = layer->transpose ? output : pixel, channel = layer->transpose ? pixel : output;
	const uint64_t place = map_pixel * channels + channel;
	const int64_t bit_from = layer->post == TRACE_POST_THRESHOLD ? (int64_t)layer->threshold_base + 1 : 0;
	if (data->fixed) data->fixed[place] = (int16_t)value;
	if (data->scores) data->scores[place] = (int32_t)value;
	if (!data->bits) return;
	uint64_t *word = &data->bits[map_pixel * values_words_per_pixel(channels) + channel / 64];
	if (channel % 64 == 0) *word = 0;
	*word |= (uint64_t)(value >= bit_from) << (channel % 64);
}

/* The maximum of v over the pool's window at (y, x), as far as it lies within the sums. */
static int64_t pooled_value(const struct trace_layer *layer, const int32_t *parameters, const struct post_range *range,
                            const struct post_data *data, uint32_t y, uint32_t x, uint32_t output) {
	const struct trace_pool_window pool = trace_window_of_pool(layer);
	int64_t most = INT64_MIN;
	for (uint32_t dy = 0; dy < pool.height; dy++) {
		for (uint32_t dx = 0; dx < pool.width; dx++) {
			const int64_t row = (int64_t)y * pool.stride_height + dy - pool.pad;
			const int64_t column = (int64_t)x * pool.stride_width + dx - pool.pad;
			if (row < 0 || column < 0 || row >= layer->sums_height || column >= layer->sums_width) continue;
			const uint64_t place =
			    ((uint64_t)row * layer->sums_width + (uint64_t)column) * layer->output_channels + output;
			const int64_t value = post_value(layer, parameters, range, data, place, output);
			if (value > most) most = value;
		}
	}
	return most;
}

void reference_post(const struct trace_layer *layer, const int32_t *parameters, const struct post_range *range,
                    const struct post_data *data) {
	const uint32_t height = trace_pooled_height(layer), width = trace_pooled_width(layer);
	for (uint32_t y = 0; y < height; y++)
		for (uint32_t x = 0; x < width; x++)
			for (uint32_t o = 0; o < layer->output_channels; o++)
				store(layer, data, (uint64_t)y * width + x, o,
				      pooled_value(layer, parameters, range, data, y, x, o));
}
