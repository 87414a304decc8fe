/* executor_conv: BINARY_CONV and FIXED_CONV of the functional executor.
 *
 * Equations: PROGRAM.md section 3 (CONV) and section 2 (weights, border constants). Both packings and both engines come
 * down to the same thing: of one output pixel, a list of activation words ("operands", one a step), and for each output
 * group the weight words that go with them. Bits are counted 48 at a time: matches = popcount(activation XNOR weight).
 * What is skipped is what cannot count, decided from the data alone: lanes that are 0 in the activation word and all 1
 * in every PE's weight (their XNOR is 0), and PEs whose weights are all 1 (their XNOR is the activation itself), rows
 * whose activation is 0. Sums are not wrapped: one that needs more than accumulator_bits is an error. Left out: the
 * order and the time of the steps. */
#include "sim/machine/executor_memory.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct conv {
	const struct executor_call *call;
	const struct conv_fields *f;
	struct executor_buffer *input, *weights, *border, *sums;
	uint32_t taps, width_lanes; /* kernel^2; elements of an input word */
	uint32_t steps;             /* operands of a pixel */
	uint32_t weight_words;      /* of a group */
};

/* One step's activation word of the binary engine. */
struct bit_operand {
	const uint64_t *lanes;
	uint32_t used_lanes; /* lanes from here on are 0 */
	uint32_t ones;
};

/* --- fields and addresses ------------------------------------------------------------------------------------------
 */

static enum status check_fields(struct conv *conv, uint32_t flags) {
	const struct conv_fields *f = conv->f;
	if (conv->call->command->flags & ~flags)
		return executor_fail(conv->call, "has flags %" PRIu32 "; expected none but %" PRIu32,
		                     conv->call->command->flags, flags);
	if (!f->rows || !f->output_width || !f->groups || !f->kernel || !f->stride || !f->input_words ||
	    !f->input_width || !f->input_height)
		return executor_fail(conv->call, "has a 0 among rows, output_width, groups, K, stride, input_words and "
		                                 "the input's size; expected at least 1");
	/* Fields of a decoded command: 16 bits and 4 bits wide. With that nothing below leaves 64 bits. */
	if ((f->rows | f->output_width | f->groups | f->input_words | f->input_width | f->input_height | f->steps |
	     f->channels | f->first_row | f->input_first_row) >>
	        16 ||
	    (f->kernel | f->stride | f->pad) >> 4)
		return executor_fail(conv->call, "has a field that is wider than its place in the command");
	return STATUS_OK;
}

/* Weights readable, sums there. Once a command: neither depends on the pixel. */
static enum status check_words(const struct conv *conv) {
	const struct conv_fields *f = conv->f;
	enum status status =
	    buffer_check_readable(conv->call, conv->weights, f->weight_base, (uint64_t)conv->weight_words * f->groups);
	if (status != STATUS_OK) return status;
	return buffer_check_range(conv->call, conv->sums, "writes", f->output_base,
	                          (uint64_t)f->rows * f->output_width * f->groups);
}

/* First word of tap (ky, kx) of output (row, x), row counted from the command's first; *word is -1 outside the map. All
 * input_words of a tap inside are readable. */
static enum status find_tap(const struct conv *conv, uint32_t row, uint32_t x, uint32_t ky, uint32_t kx,
                            int64_t *word) {
	const struct conv_fields *f = conv->f;
	const int64_t input_row = ((int64_t)f->first_row + row) * f->stride - f->pad + ky;
	const int64_t column = (int64_t)x * f->stride - f->pad + kx;
	*word = -1;
	if (input_row < 0 || input_row >= f->input_height || column < 0 || column >= f->input_width) return STATUS_OK;
	const int64_t first =
	    f->input_base + ((input_row - f->input_first_row) * f->input_width + column) * f->input_words;
	for (uint32_t i = 0; i < f->input_words; i++)
		if (!buffer_is_readable(conv->input, first + i))
			return buffer_read_error(conv->call, conv->input, first + i);
	*word = first;
	return STATUS_OK;
}

static size_t sums_word(const struct conv *conv, uint32_t row, uint32_t x, uint32_t group) {
	const struct conv_fields *f = conv->f;
	return f->output_base + ((size_t)row * f->output_width + x) * f->groups + group;
}

/* Stores one finished word of sums. */
static enum status write_sums(const struct conv *conv, size_t word, const int64_t *values) {
	int64_t *sums = conv->sums->sums + word * conv->sums->lanes;
	const int64_t limit = INT64_C(1) << (conv->sums->value_bits - 1);
	int wide = 0;
	for (uint32_t lane = 0; lane < conv->sums->lanes; lane++) {
		wide |= values[lane] >= limit || values[lane] < -limit;
		sums[lane] = values[lane];
	}
	for (uint32_t lane = 0; wide && lane < conv->sums->lanes; lane++)
		if (!fits_bits(values[lane], conv->sums->value_bits))
			return executor_fail(conv->call,
			                     "writes %s word %zu lane %" PRIu32 " with sum %" PRId64
			                     "; expected at most %" PRIu32 " bits",
			                     config_buffer_names[conv->sums->id], word, lane, values[lane],
			                     conv->sums->value_bits);
	conv->sums->whole[word] = 1;
	return STATUS_OK;
}

/* --- binary --------------------------------------------------------------------------------------------------------
 */

static inline uint32_t count_ones(uint64_t value) {
	value -= value >> 1 & UINT64_C(0x5555555555555555);
	value = (value & UINT64_C(0x3333333333333333)) + (value >> 2 & UINT64_C(0x3333333333333333));
	value = (value + (value >> 4)) & UINT64_C(0x0f0f0f0f0f0f0f0f);
	return (uint32_t)(value * UINT64_C(0x0101010101010101) >> 56);
}

static struct bit_operand make_operand(const uint64_t *lanes, uint32_t lane_count) {
	struct bit_operand operand = {lanes, 0, 0};
	for (uint32_t lane = 0; lane < lane_count; lane++)
		if (lanes[lane]) {
			operand.used_lanes = lane + 1;
			operand.ones += count_ones(lanes[lane]);
		}
	return operand;
}

/* Adds the matches of one step to the counts of all PEs. */
static void add_matches(const struct conv *conv, const struct bit_operand *operand, size_t weight_word,
                        uint32_t *counts) {
	const uint32_t words = conv->width_lanes, pes = conv->border->lanes;
	const uint32_t used = conv->weights->used_lanes[weight_word], used_pes = conv->weights->used_pes[weight_word];
	const uint32_t lanes = used > operand->used_lanes ? used : operand->used_lanes;
	const uint64_t *weights = conv->weights->bits + weight_word * conv->weights->lanes;
	if (lanes == 1)
		for (uint32_t pe = 0; pe < used_pes; pe++)
			counts[pe] += count_ones((weights[(size_t)pe * words] ^ operand->lanes[0]) ^ LANE_MASK);
	else
		for (uint32_t pe = 0; pe < used_pes; pe++) {
			const uint64_t *weight = weights + (size_t)pe * words;
			uint32_t matches = 0;
			for (uint32_t lane = 0; lane < lanes; lane++)
				matches += count_ones((weight[lane] ^ operand->lanes[lane]) ^ LANE_MASK);
			counts[pe] += matches;
		}
	for (uint32_t pe = used_pes; pe < pes; pe++) counts[pe] += operand->ones;
}

/* Channel packed: the words of every tap as they are; outside the map the word of zeros. */
static enum status gather_channels(const struct conv *conv, uint32_t row, uint32_t x, struct bit_operand *operands) {
	const uint64_t *zeros = conv->input->bits + (size_t)conv->input->depth_words * conv->width_lanes;
	for (uint32_t ky = 0; ky < conv->f->kernel; ky++)
		for (uint32_t kx = 0; kx < conv->f->kernel; kx++) {
			int64_t word;
			enum status status = find_tap(conv, row, x, ky, kx, &word);
			if (status != STATUS_OK) return status;
			for (uint32_t i = 0; i < conv->f->input_words; i++)
				*operands++ =
				    word < 0 ? (struct bit_operand){zeros, 0, 0}
				             : make_operand(conv->input->bits + (size_t)(word + i) * conv->width_lanes,
				                            conv->width_lanes);
		}
	return STATUS_OK;
}

/* Window packed: bit n of the stream is channel c of tap (ky, kx), n = (kx K + ky) C + c; 48 bits a lane, then 0. */
static enum status gather_window(const struct conv *conv, uint32_t row, uint32_t x, uint64_t *stream) {
	size_t lane = 0;
	uint32_t fill = 0; /* bits of stream[lane] that are taken */
	uint64_t present = 0;
	for (uint32_t tap = 0; tap < conv->taps; tap++) {
		int64_t word;
		enum status status = find_tap(conv, row, x, tap % conv->f->kernel, tap / conv->f->kernel, &word);
		if (status != STATUS_OK) return status;
		const uint64_t *source = word < 0 ? NULL : conv->input->bits + (size_t)word * conv->width_lanes;
		for (uint32_t left = conv->f->channels; left > 0;) {
			const uint32_t count = left < LANE_BITS ? left : LANE_BITS;
			const uint64_t bits = source ? *source++ & (LANE_MASK >> (LANE_BITS - count)) : 0;
			left -= count;
			present |= bits << fill & LANE_MASK;
			if (fill + count < LANE_BITS) {
				fill += count;
				continue;
			}
			stream[lane++] = present;
			present = bits >> (LANE_BITS - fill); /* fill 0: all 48 bits are stored, none is left */
			fill = fill + count - LANE_BITS;
		}
	}
	const size_t lanes = (size_t)conv->steps * conv->width_lanes;
	for (; lane < lanes; lane++, present = 0) stream[lane] = present;
	return STATUS_OK;
}

/* Class of the border constants of one output pixel. */
static enum status border_class(const struct conv *conv, uint32_t row, uint32_t x, uint32_t *place) {
	const struct conv_fields *f = conv->f;
	const int64_t top = ((int64_t)f->first_row + row) * f->stride - f->pad, left = (int64_t)x * f->stride - f->pad;
	const int above = top<0, below = top + f->kernel> f->input_height;
	const int before = left<0, behind = left + f->kernel> f->input_width;
	if ((above && below) || (before && behind))
		return executor_fail(conv->call,
		                     "has a window at output row %" PRIu32 ", column %" PRIu32
		                     " that ends outside the map at both ends",
		                     f->first_row + row, x);
	if (!f->pad && (below || behind))
		return executor_fail(conv->call,
		                     "has a window at output row %" PRIu32 ", column %" PRIu32
		                     " that leaves the map; expected none with pad 0",
		                     f->first_row + row, x);
	*place = 3u * (above ? 1 : below ? 2 : 0) + (before ? 1 : behind ? 2 : 0);
	return STATUS_OK;
}

/* All groups of one pixel: counts over the operands, then 2 popcount - border. */
static enum status binary_pixel(const struct conv *conv, uint32_t row, uint32_t x, const struct bit_operand *operands,
                                uint32_t *counts, int64_t *values) {
	const struct conv_fields *f = conv->f;
	const uint32_t pes = conv->border->lanes;
	uint32_t place = 0;
	enum status status = border_class(conv, row, x, &place);
	for (uint32_t group = 0; group < f->groups && status == STATUS_OK; group++) {
		const int64_t border_word = (int64_t)f->border_base + (int64_t)place * f->groups + group;
		if (!buffer_is_readable(conv->border, border_word))
			return buffer_read_error(conv->call, conv->border, border_word);
		const int16_t *border = conv->border->values + (size_t)border_word * pes;
		memset(counts, 0, pes * sizeof *counts);
		for (uint32_t step = 0; step < conv->steps; step++)
			add_matches(conv, &operands[step], f->weight_base + (size_t)group * conv->weight_words + step,
			            counts);
		for (uint32_t pe = 0; pe < pes; pe++) values[pe] = 2 * (int64_t)counts[pe] - border[pe];
		status = write_sums(conv, sums_word(conv, row, x, group), values);
	}
	return status;
}

static enum status binary_pixels(const struct conv *conv, int window, struct bit_operand *operands, uint64_t *stream,
                                 uint32_t *counts, int64_t *values) {
	enum status status = STATUS_OK;
	for (uint32_t row = 0; row < conv->f->rows; row++)
		for (uint32_t x = 0; x < conv->f->output_width; x++) {
			status = window ? gather_window(conv, row, x, stream) : gather_channels(conv, row, x, operands);
			for (uint32_t step = 0; window && step < conv->steps && status == STATUS_OK; step++)
				operands[step] =
				    make_operand(stream + (size_t)step * conv->width_lanes, conv->width_lanes);
			if (status == STATUS_OK) status = binary_pixel(conv, row, x, operands, counts, values);
			if (status != STATUS_OK) return status;
		}
	return status;
}

/* What window packing asks for beyond check_fields. */
static enum status check_window(const struct conv *conv) {
	const struct conv_fields *f = conv->f;
	const struct config *config = conv->call->executor->config;
	const uint32_t word_bits = LANE_BITS * conv->width_lanes;
	const uint64_t window_bits = (uint64_t)conv->taps * f->channels;
	if (config->binary_packing != PACKING_WINDOW)
		return executor_fail(conv->call, "is window packed; expected [binary_engine] packing = window");
	if (f->channels == 0 || divide_up(f->channels, word_bits) != f->input_words)
		return executor_fail(conv->call,
		                     "has %" PRIu32 " channels in %" PRIu32
		                     " words a pixel; expected ceil(channels / %" PRIu32 ") words",
		                     f->channels, f->input_words, word_bits);
	if (window_bits > config->binary_window_bits)
		return executor_fail(conv->call, "has a window of %" PRIu64 " bits; expected at most %" PRIu32,
		                     window_bits, config->binary_window_bits);
	if ((window_bits + word_bits - 1) / word_bits != f->steps)
		return executor_fail(conv->call, "has %" PRIu32 " steps; expected ceil(%" PRIu64 " / %" PRIu32 ")",
		                     f->steps, window_bits, word_bits);
	return STATUS_OK;
}

static enum status out_of_memory(const struct conv *conv) {
	return error_set(conv->call->error, STATUS_MEMORY, "executor: out of memory for one window of command %" PRIu32,
	                 conv->call->index);
}

enum status executor_binary_conv(const struct executor_call *call) {
	struct executor_buffer *buffers = call->executor->buffers;
	struct conv conv = {.call = call,
	                    .f = &call->command->f.conv,
	                    .input = &buffers[BUFFER_BIT_ACTIVATIONS],
	                    .weights = &buffers[BUFFER_BIT_WEIGHTS],
	                    .border = &buffers[BUFFER_BORDER],
	                    .sums = &buffers[BUFFER_ACCUMULATORS]};
	const int window = (call->command->flags & CONV_WINDOW_PACKED) != 0;
	enum status status = check_fields(&conv, CONV_WINDOW_PACKED);
	if (status != STATUS_OK) return status;
	conv.taps = conv.f->kernel * conv.f->kernel;
	conv.width_lanes = conv.input->lanes;
	conv.steps = window ? conv.f->steps : conv.taps * conv.f->input_words;
	conv.weight_words = conv.steps;
	if (window) status = check_window(&conv);
	if (status == STATUS_OK) status = check_words(&conv);
	if (status != STATUS_OK) return status;
	const size_t pes = conv.border->lanes;
	struct bit_operand *operands = calloc(conv.steps, sizeof *operands);
	uint64_t *stream = calloc(window ? (size_t)conv.steps * conv.width_lanes : 1, sizeof *stream);
	uint32_t *counts = calloc(pes, sizeof *counts);
	int64_t *values = calloc(pes, sizeof *values);
	status = operands && stream && counts && values ? binary_pixels(&conv, window, operands, stream, counts, values)
	                                                : out_of_memory(&conv);
	free(operands);
	free(stream);
	free(counts);
	free(values);
	return status;
}

/* --- fixed ---------------------------------------------------------------------------------------------------------
 */

/* Adds one step's R x Q products to the sums of all columns. `narrow` sums hold 32 bits and are used where no sum can
 * need more. */
static void add_products_narrow(const int16_t *activations, const int16_t *weights, uint32_t rows, uint32_t columns,
                                int32_t *restrict narrow) {
	for (uint32_t row = 0; row < rows; row++, weights += columns) {
		const int32_t activation = activations[row];
		if (activation)
			for (uint32_t column = 0; column < columns; column++)
				narrow[column] += activation * weights[column];
	}
}

static void add_products(const int16_t *activations, const int16_t *weights, uint32_t rows, uint32_t columns,
                         int64_t *restrict sums) {
	for (uint32_t row = 0; row < rows; row++, weights += columns) {
		const int32_t activation = activations[row];
		if (activation)
			for (uint32_t column = 0; column < columns; column++)
				sums[column] += activation * weights[column];
	}
}

/* The activation words of one pixel in the order of the steps; average2: `averages` holds them. */
static enum status gather_values(const struct conv *conv, uint32_t row, uint32_t x, const int16_t **operands,
                                 int16_t *averages) {
	const uint32_t lanes = conv->width_lanes, words = conv->f->input_words;
	const int16_t *zeros = conv->input->values + (size_t)conv->input->depth_words * lanes;
	for (uint32_t tap = 0; tap < conv->taps; tap++) {
		int64_t word;
		enum status status = find_tap(conv, row, x, tap / conv->f->kernel, tap % conv->f->kernel, &word);
		if (status != STATUS_OK) return status;
		for (uint32_t i = 0; i < words; i++)
			operands[tap * words + i] = word < 0 ? zeros : conv->input->values + (size_t)(word + i) * lanes;
	}
	if (!averages) return STATUS_OK;
	for (uint32_t i = 0; i < words; i++) {
		for (uint32_t lane = 0; lane < lanes; lane++) {
			const int32_t sum = operands[i][lane] + operands[words + i][lane] +
			                    operands[2 * words + i][lane] + operands[3 * words + i][lane];
			averages[i * lanes + lane] = (int16_t)((sum + 2) >> 2);
		}
		operands[i] = averages + (size_t)i * lanes;
	}
	return STATUS_OK;
}

static enum status fixed_pixel(const struct conv *conv, uint32_t row, uint32_t x, const int16_t *const *operands,
                               int is_narrow, int32_t *narrow, int64_t *sums) {
	const struct conv_fields *f = conv->f;
	const uint32_t rows = conv->width_lanes, columns = conv->sums->lanes;
	enum status status = STATUS_OK;
	for (uint32_t group = 0; group < f->groups && status == STATUS_OK; group++) {
		const int16_t *weights = conv->weights->values +
		                         (f->weight_base + (size_t)group * conv->weight_words) * conv->weights->lanes;
		memset(sums, 0, columns * sizeof *sums);
		memset(narrow, 0, columns * sizeof *narrow);
		for (uint32_t step = 0, word = 0; step < conv->steps;
		     step++, word = word + 1 == conv->weight_words ? 0 : word + 1) {
			const int16_t *weight = weights + (size_t)word * conv->weights->lanes;
			if (is_narrow)
				add_products_narrow(operands[step], weight, rows, columns, narrow);
			else
				add_products(operands[step], weight, rows, columns, sums);
		}
		for (uint32_t column = 0; is_narrow && column < columns; column++) sums[column] = narrow[column];
		status = write_sums(conv, sums_word(conv, row, x, group), sums);
	}
	return status;
}

static enum status fixed_pixels(const struct conv *conv, const int16_t **operands, int16_t *averages, int32_t *narrow,
                                int64_t *sums) {
	const uint32_t product_bits =
	    conv->input->value_bits + conv->weights->value_bits - 2; /* |product| <= 2^product_bits */
	const int is_narrow = (uint64_t)conv->steps * conv->width_lanes < UINT64_C(1) << (31 - product_bits);
	enum status status = STATUS_OK;
	for (uint32_t row = 0; row < conv->f->rows; row++)
		for (uint32_t x = 0; x < conv->f->output_width; x++) {
			status = gather_values(conv, row, x, operands, averages);
			if (status == STATUS_OK) status = fixed_pixel(conv, row, x, operands, is_narrow, narrow, sums);
			if (status != STATUS_OK) return status;
		}
	return status;
}

enum status executor_fixed_conv(const struct executor_call *call) {
	struct executor_buffer *buffers = call->executor->buffers;
	struct conv conv = {.call = call,
	                    .f = &call->command->f.conv,
	                    .input = &buffers[BUFFER_FIXED_ACTIVATIONS],
	                    .weights = &buffers[BUFFER_FIXED_WEIGHTS],
	                    .sums = &buffers[BUFFER_SKIP_SUMS]};
	const struct conv_fields *f = conv.f;
	const int average2 = (call->command->flags & CONV_AVERAGE2) != 0,
	          shared = (call->command->flags & CONV_TAP_SHARED) != 0;
	enum status status = check_fields(&conv, CONV_AVERAGE2 | CONV_TAP_SHARED);
	if (status != STATUS_OK) return status;
	if (average2 && (f->kernel != 2 || f->stride != 2 || f->pad != 0))
		return executor_fail(
		    call, "averages with K %" PRIu32 ", stride %" PRIu32 ", pad %" PRIu32 "; expected 2, 2, 0",
		    f->kernel, f->stride, f->pad);
	conv.taps = f->kernel * f->kernel;
	conv.width_lanes = conv.input->lanes;
	conv.steps = average2 ? f->input_words : conv.taps * f->input_words;
	conv.weight_words = average2 || shared ? f->input_words : conv.steps;
	status = check_words(&conv);
	if (status != STATUS_OK) return status;
	const size_t columns = conv.sums->lanes;
	const int16_t **operands = calloc((size_t)conv.taps * f->input_words, sizeof *operands);
	int16_t *averages = calloc((size_t)f->input_words * conv.width_lanes, sizeof *averages);
	int32_t *narrow = calloc(columns, sizeof *narrow);
	int64_t *sums = calloc(columns, sizeof *sums);
	status = operands && averages && narrow && sums
	             ? fixed_pixels(&conv, operands, average2 ? averages : NULL, narrow, sums)
	             : out_of_memory(&conv);
	free(operands);
	free(averages);
	free(narrow);
	free(sums);
	return status;
}
