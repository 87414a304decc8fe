/* Bytes of weights, parameter records and border constants as they lie in DDR: PROGRAM.md sections 1 and 2.
 *
 * Lanes of PEs and columns beyond the block's last output channel: binary weights 1 with the border constants of such a
 * weight, so that their sums stay as small as the others'; fixed weights and parameters 0. */
#include "sim/mapper/mapper_plan.h"

#include <string.h>

static void put_little(uint8_t *bytes, int64_t value, uint32_t count) {
	for (uint32_t i = 0; i < count; i++) bytes[i] = (uint8_t)((uint64_t)value >> 8 * i);
}

static const struct trace_tensor *tensor_of(const struct plan *plan, const struct conv_plan *conv) {
	return &plan->trace->tensors[conv->conv->weight_tensor];
}

static uint32_t weight_bit(const struct trace_tensor *tensor, uint32_t output, uint32_t column) {
	const uint8_t *row = (const uint8_t *)tensor->data + output * trace_bits_row_bytes(tensor->columns);
	return (uint32_t)row[column / 8] >> (column % 8) & 1u;
}

/* Every lane of every word 48 ones. */
static void fill_ones(const struct plan *plan, uint32_t words, uint8_t *bytes) {
	const uint32_t lanes = plan->config.binary_pes * plan->config.binary_words;
	const uint32_t word_bytes = config_word_bytes(&plan->config, BUFFER_BIT_WEIGHTS);
	for (uint32_t word = 0; word < words; word++)
		for (uint32_t lane = 0; lane < lanes; lane++)
			memset(bytes + (size_t)word * word_bytes + (size_t)lane * 8, 255, 6);
}

static void layout_bit_weights(const struct plan *plan, const struct layer_plan *layer, uint32_t first,
                               uint32_t channels, uint8_t *bytes) {
	const struct conv_plan *conv = &layer->main;
	const struct trace_tensor *tensor = tensor_of(plan, conv);
	const uint32_t pes = conv->lanes, words = plan->config.binary_words, word_bits = 48 * words;
	const uint32_t inputs = conv->map->channels, kernel = conv->kernel;
	const uint32_t word_bytes = config_word_bytes(&plan->config, BUFFER_BIT_WEIGHTS);
	fill_ones(plan, divide_round_up(channels, pes) * conv->group_words, bytes);
	for (uint32_t o = 0; o < channels; o++)
		for (uint32_t tap = 0; tap < kernel * kernel; tap++)
			for (uint32_t c = 0; c < inputs; c++) {
				if (weight_bit(tensor, first + o, tap * inputs + c)) continue;
				/* window packed: column by column, channels close together; else whole words a tap */
				const uint32_t column_first = tap % kernel * kernel + tap / kernel;
				const uint32_t n = conv->flags & CONV_WINDOW_PACKED
				                       ? column_first * inputs + c
				                       : tap * conv->input_words * word_bits + c;
				const size_t word = (size_t)(o / pes) * conv->group_words + n / word_bits;
				const uint32_t lane = o % pes * words + n % word_bits / 48, bit = n % 48;
				bytes[word * word_bytes + (size_t)lane * 8 + bit / 8] &= (uint8_t) ~(1u << bit % 8);
			}
}

static uint8_t *layout_fixed_weights(const struct plan *plan, const struct conv_plan *conv, uint32_t first,
                                     uint32_t channels, uint8_t *bytes) {
	const struct trace_tensor *tensor = tensor_of(plan, conv);
	const int16_t *weights = tensor->data;
	const uint32_t rows = plan->config.fixed_rows, columns = plan->config.fixed_columns;
	const uint32_t word_bytes = config_word_bytes(&plan->config, BUFFER_FIXED_WEIGHTS);
	const uint32_t value_bytes = word_bytes / (rows * columns), inputs = conv->map->channels;
	for (uint32_t o = 0; o < channels; o++)
		for (uint32_t column = 0; column < tensor->columns; column++) {
			const uint32_t tap = column / inputs, c = column % inputs;
			const size_t word =
			    (size_t)(o / columns) * conv->group_words + tap * conv->input_words + c / rows;
			const uint32_t value = o % columns * rows + c % rows;
			put_little(bytes + word * word_bytes + (size_t)value * value_bytes,
			           weights[(size_t)(first + o) * tensor->columns + column], value_bytes);
		}
	return bytes + (size_t)divide_round_up(channels, columns) * conv->group_words * word_bytes;
}

static void layout_parameters(const struct plan *plan, const struct layer_plan *layer, uint32_t first,
                              uint32_t channels, uint8_t *bytes) {
	const struct trace_tensor *tensor = &plan->trace->tensors[layer->layer->parameter_tensor];
	for (uint32_t c = 0; c < channels; c++, bytes += 16) {
		const int32_t *row = (const int32_t *)tensor->data + (size_t)(first + c) * tensor->columns;
		if (layer->layer->post == TRACE_POST_THRESHOLD) {
			for (uint32_t k = 0; k < layer->layer->threshold_count; k++)
				put_little(bytes + 4 * k, row[1 + k], 4);
			put_little(bytes + 12, row[0] & 1, 4);
			continue;
		}
		/* A, B, MP, MN, C, E in the trace */
		put_little(bytes, row[0], 2);
		put_little(bytes + 2, row[2], 2);
		put_little(bytes + 4, row[3], 2);
		put_little(bytes + 6, row[5], 1);
		put_little(bytes + 8, row[1], 4);
		put_little(bytes + 12, row[4], 4);
	}
}

/* Rows (or columns) of the window outside the map: before its start in class 1, behind its end in class 2. */
struct outside {
	uint32_t before, behind;
};

static struct outside class_outside(const struct conv_plan *conv, uint32_t class, uint32_t size, uint32_t outputs) {
	if (class == 1) return (struct outside){conv->pad, 0};
	for (uint32_t y = 0; class == 2 && y < outputs; y++) {
		const uint32_t end = y * conv->stride + conv->kernel; /* from pad rows before the map */
		if (end > size + conv->pad) return (struct outside){0, end - size - conv->pad};
	}
	return (struct outside){0, 0};
}

static int is_outside(uint32_t tap, uint32_t kernel, struct outside outside) {
	return tap < outside.before || tap >= kernel - outside.behind;
}

static void layout_border(const struct plan *plan, const struct layer_plan *layer, uint32_t first, uint32_t channels,
                          uint8_t *bytes) {
	const struct conv_plan *conv = &layer->main;
	const struct trace_tensor *tensor = tensor_of(plan, conv);
	const uint32_t groups = divide_round_up(channels, conv->lanes), kernel = conv->kernel,
	               inputs = conv->map->channels;
	for (uint32_t class = 0; class < layer->classes; class ++) {
		const struct outside rows = class_outside(conv, class / 3, conv->map->height, layer->rows);
		const struct outside columns = class_outside(conv, class % 3, conv->map->width, layer->width);
		for (uint32_t o = 0; o < groups * conv->lanes; o++, bytes += 2) {
			int64_t outside = 0, zeros = 0;
			for (uint32_t tap = 0; tap < kernel * kernel; tap++) {
				if (!is_outside(tap / kernel, kernel, rows) &&
				    !is_outside(tap % kernel, kernel, columns))
					continue;
				outside++;
				for (uint32_t c = 0; c < inputs && o < channels; c++)
					zeros += !weight_bit(tensor, first + o, tap * inputs + c);
			}
			const int64_t all = (int64_t)kernel * kernel * inputs, masked = all - outside * inputs;
			int64_t border = all;
			if (conv->conv->pad_value == TRACE_PAD_MASKED) border = masked + 2 * zeros;
			if (conv->conv->pad_value == TRACE_PAD_PLUS) border = masked + 4 * zeros - outside * inputs;
			put_little(bytes, border, 2);
		}
	}
}

void layout_block(const struct plan *plan, const struct layer_plan *layer, uint32_t block, enum buffer_id buffer,
                  uint8_t *bytes) {
	const uint32_t first = block * layer->block_channels, channels = plan_block(layer, block);
	const struct conv_plan *convs[] = {&layer->main, &layer->skip};
	const int is_binary = layer->main.conv->kind == TRACE_CONV_BINARY;
	if (buffer == BUFFER_BIT_WEIGHTS && is_binary) layout_bit_weights(plan, layer, first, channels, bytes);
	for (int i = 0; buffer == BUFFER_FIXED_WEIGHTS && i < 2; i++)
		if (convs[i]->conv && convs[i]->conv->kind == TRACE_CONV_FIXED)
			bytes = layout_fixed_weights(plan, convs[i], first, channels, bytes);
	if (buffer == BUFFER_PARAMETERS) layout_parameters(plan, layer, first, channels, bytes);
	if (buffer == BUFFER_BORDER && is_binary) layout_border(plan, layer, first, channels, bytes);
}
