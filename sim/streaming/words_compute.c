/* See words.h: stages that compute, by the formulas of sim/input/trace.h. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "sim/streaming/words_state.h"

/* ---- formulas */

const int32_t *words_parameters(const struct words_stage *stage, uint32_t output) {
	const struct trace_tensor *tensor = &stage->words->trace->tensors[stage->layer->parameter_tensor];
	return (const int32_t *)tensor->data + (size_t)output * tensor->columns;
}

enum { PARAMETER_A, PARAMETER_B, PARAMETER_MP, PARAMETER_MN, PARAMETER_C, PARAMETER_E };

int64_t words_affine(const struct words_stage *stage, int64_t sum, uint32_t output) {
	const int32_t *row = words_parameters(stage, output);
	const int64_t z = row[PARAMETER_A] * sum + row[PARAMETER_B];
	return words_rounded_shift((z >= 0 ? row[PARAMETER_MP] : row[PARAMETER_MN]) * z, stage->layer->post_shift);
}

int64_t words_saturate(const struct words_stage *stage, int64_t value) {
	if (stage->layer->fixed_map == UINT32_MAX) return value;
	const struct trace_map *map = &stage->words->trace->maps[stage->layer->fixed_map];
	const int64_t low = map->is_unsigned ? 0 : -((int64_t)1 << (map->value_bits - 1));
	const int64_t high = ((int64_t)1 << (map->value_bits - !map->is_unsigned)) - 1;
	return value < low ? low : value > high ? high : value;
}

void words_put(struct words_stage *stage, uint64_t *word, uint32_t lane, int64_t value) {
	const struct stage *built = stage->built;
	const uint32_t bits = built->output_bits;
	const uint64_t field = bits == 1 ? value >= 0 : (uint64_t)value;
	const uint64_t kept = bits < 64 ? field & ((UINT64_C(1) << bits) - 1) : field;
	if (bits > 1 && value_of_field(kept, bits, built->output_unsigned) != value)
		words_fail(stage->words, STATUS_FAILED, "%s: the value %" PRId64 " does not fit %u %s bits",
		           built->name, value, bits, built->output_unsigned ? "unsigned" : "two's complement");
	word_set(word, lane * bits, bits, field);
}

/* ---- matrix and depthwise */

static int32_t weight_at(const struct trace_tensor *tensor, uint32_t row, uint32_t column) {
	if (tensor->type == TRACE_TENSOR_INT16)
		return ((const int16_t *)tensor->data)[(size_t)row * tensor->columns + column];
	const uint8_t *bytes = (const uint8_t *)tensor->data + row * trace_bits_row_bytes(tensor->columns);
	return bytes[column / 8] >> (column % 8) & 1 ? 1 : -1;
}

/* What leaves a matrix or depthwise unit for one sum: bit or number of the thresholds passed, or the sum itself. */
static void put_sum(struct words_stage *stage, uint64_t *word, uint32_t lane, uint32_t output, int64_t exact) {
	const int64_t sum = (int32_t)(uint32_t)(uint64_t)exact; /* the accumulator's 32 bits */
	const uint32_t count = stage->built->threshold_count;
	int64_t passed = 0;
	if (!count) {
		words_put(stage, word, lane, sum);
		return;
	}
	const int32_t *row = words_parameters(stage, output);
	for (uint32_t k = 1; k <= count; k++) passed += row[0] ? sum < row[k] : sum > row[k];
	words_put(stage, word, lane,
	          stage->built->output_bits == 1 ? passed - 1 : stage->layer->threshold_base + passed);
}

/* One vector's words into values; those of an invalid word are 0. */
static void take_vector(struct words_stage *stage, int32_t *values, uint32_t words) {
	const struct stage *built = stage->built;
	for (uint32_t t = 0; t < words; t++) {
		const uint64_t *word = words_take(stage, 0);
		const int is_valid = !built->has_valid || word_field(word, built->input_lanes * built->input_bits, 1);
		for (uint32_t lane = 0; lane < built->input_lanes; lane++)
			*values++ = is_valid ? (int32_t)words_value(stage, word, lane) : 0;
	}
}

static int64_t dot(const int32_t *values, const int32_t *weights, uint32_t count) {
	int64_t sum = 0;
	for (uint32_t i = 0; i < count; i++) sum += (int64_t)values[i] * weights[i];
	return sum;
}

/* All weights of the unit, [output][column]; NULL when out of memory. */
static int32_t *unpack_weights(struct words_stage *stage, uint32_t columns) {
	const struct trace_tensor *tensor = &stage->words->trace->tensors[stage->conv->weight_tensor];
	const uint32_t rows = stage->built->output_channels;
	int32_t *weights = malloc((size_t)rows * columns * sizeof *weights);
	for (uint32_t row = 0; weights && row < rows; row++)
		for (uint32_t column = 0; column < columns; column++)
			weights[(size_t)row * columns + column] = weight_at(tensor, row, column);
	return weights;
}

void words_matrix(struct words_stage *stage) {
	const struct stage *built = stage->built;
	const uint32_t columns = built->kernel_height * built->kernel_width * built->input_channels;
	int32_t *weights = unpack_weights(stage, columns), *values = malloc(columns * sizeof *values);
	if (!weights || !values)
		words_fail(stage->words, STATUS_MEMORY, "out of memory for the weights of %s", built->name);
	for (uint32_t pixel = 0; pixel < built->output_height * built->output_width && !stage->words->status; pixel++) {
		uint64_t *word = NULL;
		take_vector(stage, values, columns / built->input_lanes);
		for (uint32_t o = 0; o < built->output_channels; o++) {
			if (o % built->output_lanes == 0) word = words_push(stage, 0);
			put_sum(stage, word, o % built->output_lanes, o,
			        dot(values, weights + (size_t)o * columns, columns));
		}
	}
	free(weights);
	free(values);
}

/* Largest of the taps: a maximum pool built like a depthwise unit. */
static int64_t largest(const int32_t *values, uint32_t stride, uint32_t count) {
	int64_t most = INT64_MIN;
	for (uint32_t i = 0; i < count; i++)
		if (values[(size_t)i * stride] > most) most = values[(size_t)i * stride];
	return most;
}

void words_depthwise(struct words_stage *stage) {
	const struct stage *built = stage->built;
	const uint32_t taps = built->kernel_height * built->kernel_width, lanes = built->input_lanes;
	const uint32_t fold = built->input_channels / lanes;
	int32_t *weights = built->weight_bits ? unpack_weights(stage, taps) : calloc(1, sizeof *weights);
	int32_t *values = malloc((size_t)taps * lanes * sizeof *values);
	if (!weights || !values)
		words_fail(stage->words, STATUS_MEMORY, "out of memory for the weights of %s", built->name);
	for (uint32_t i = 0; i < built->output_height * built->output_width * fold && !stage->words->status; i++) {
		take_vector(stage, values, taps);
		uint64_t *word = words_push(stage, 0);
		for (uint32_t lane = 0; lane < lanes; lane++) {
			const uint32_t channel = i % fold * lanes + lane;
			int64_t sum = 0;
			if (!built->weight_bits) {
				words_put(stage, word, lane, largest(values + lane, lanes, taps));
				continue;
			}
			for (uint32_t t = 0; t < taps; t++)
				sum += (int64_t)values[(size_t)t * lanes + lane] * weights[(size_t)channel * taps + t];
			put_sum(stage, word, lane, channel, sum);
		}
	}
	free(weights);
	free(values);
}

/* ---- point and join */

/* Channel of lane `lane` of word `index` of a frame. */
static uint32_t channel_of(const struct stage *built, uint32_t index, uint32_t lane) {
	return index % (built->input_channels / built->input_lanes) * built->input_lanes + lane;
}

/* v without a skip path; with one m, which the join completes. */
void words_point(struct words_stage *stage) {
	const struct stage *built = stage->built;
	const int has_skip = stage->layer->skip.kind != TRACE_CONV_NONE;
	for (uint32_t i = 0; i < built->words; i++) {
		const uint64_t *word = words_take(stage, 0);
		uint64_t *result = words_push(stage, 0);
		for (uint32_t lane = 0; lane < built->input_lanes; lane++) {
			const uint32_t output = channel_of(built, i, lane);
			int64_t value = words_affine(stage, words_value(stage, word, lane), output);
			if (!has_skip)
				value = words_saturate(stage, value + words_parameters(stage, output)[PARAMETER_C]);
			words_put(stage, result, lane, value);
		}
	}
}

void words_join(struct words_stage *stage) {
	const struct stage *built = stage->built;
	const struct pipeline *pipeline = stage->words->pipeline;
	const struct stage *skip = &pipeline->stages[pipeline->fifos[built->input[1]].from];
	const uint32_t skip_bits = words_input(stage, 1)->width_bits / built->input_lanes;
	for (uint32_t i = 0; i < built->words; i++) {
		const uint64_t *word = words_take(stage, 0), *skip_word = words_take(stage, 1);
		uint64_t *result = words_push(stage, 0);
		for (uint32_t lane = 0; lane < built->input_lanes; lane++) {
			const int32_t *row = words_parameters(stage, channel_of(built, i, lane));
			const int64_t b = value_of_field(word_field(skip_word, lane * skip_bits, skip_bits), skip_bits,
			                                 skip->output_unsigned);
			const int64_t value = words_value(stage, word, lane) +
			                      words_rounded_shift(b, (uint32_t)row[PARAMETER_E]) + row[PARAMETER_C];
			words_put(stage, result, lane, words_saturate(stage, value));
		}
	}
}

/* ---- pools and label */

/* Sum or largest value of each channel of each window; windows do not overlap, what none covers is dropped. */
void words_pool(struct words_stage *stage) {
	const struct stage *built = stage->built;
	const uint32_t channels = built->input_channels, lanes = built->input_lanes;
	const size_t count = (size_t)built->output_height * built->output_width * channels;
	const int is_max = built->kind == STAGE_MAX_POOL;
	int64_t *results = malloc(count * sizeof *results);
	if (!results) {
		words_fail(stage->words, STATUS_MEMORY, "out of memory for the windows of %s", built->name);
		return;
	}
	for (size_t i = 0; i < count; i++) results[i] = is_max ? INT64_MIN : 0;
	for (uint32_t y = 0; y < built->input_height; y++)
		for (uint32_t x = 0; x < built->input_width; x++)
			for (uint32_t c = 0; c < channels; c += lanes) {
				const uint64_t *word = words_take(stage, 0);
				const uint32_t row = y / built->kernel_height, column = x / built->kernel_width;
				if (row >= built->output_height || column >= built->output_width) continue;
				int64_t *result = results + ((size_t)row * built->output_width + column) * channels + c;
				for (uint32_t lane = 0; lane < lanes; lane++) {
					const int64_t value = words_value(stage, word, lane);
					if (!is_max)
						result[lane] += value;
					else if (value > result[lane])
						result[lane] = value;
				}
			}
	for (size_t i = 0; i < count; i += lanes) {
		uint64_t *word = words_push(stage, 0);
		for (uint32_t lane = 0; lane < lanes; lane++)
			words_put(stage, word, lane, words_rounded_shift(results[i + lane], is_max ? 0 : built->shift));
	}
	free(results);
}

void words_label(struct words_stage *stage) {
	const struct stage *built = stage->built;
	int64_t most = INT64_MIN;
	uint32_t label = 0;
	for (uint32_t i = 0; i < built->words; i++) {
		const uint64_t *word = words_take(stage, 0);
		for (uint32_t lane = 0; lane < built->input_lanes; lane++) {
			const int64_t score = words_value(stage, word, lane);
			if (score <= most) continue;
			most = score;
			label = i * built->input_lanes + lane;
		}
	}
	word_set(words_push(stage, 0), 0, built->output_bits, label);
}
