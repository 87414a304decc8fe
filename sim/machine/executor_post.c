/* executor_post: POST of the functional executor.
 *
 * Equations: PROGRAM.md section 3 (POST) and section 2 (parameter records, bit and fixed maps, output words).
 * Arithmetic is in 64 bits; what would leave them is an error, as is a value wider than the lane it is written to. Left
 * out: the pipeline. */
#include "sim/machine/executor_memory.h"

#include <inttypes.h>
#include <string.h>

struct post {
	const struct executor_call *call;
	const struct post_fields *f;
	uint32_t flags, lanes, thresholds;
	const struct executor_buffer *a, *b, *parameters;
	struct executor_buffer *fixed, *bits, *output;
};

/* What the unit makes of one lane group. */
struct post_result {
	int64_t values[POST_LANES_MAX];
	uint64_t bits; /* bit i: lane i */
};

/* (v + 2^(s-1)) >> s, half up; 0 when it leaves 64 bits. */
static int round_shift(int64_t value, uint32_t shift, int64_t *rounded) {
	*rounded = value;
	if (shift == 0) return 1;
	if (__builtin_add_overflow(value, INT64_C(1) << (shift - 1), rounded)) return 0;
	*rounded >>= shift;
	return 1;
}

static int64_t low16(uint32_t word) {
	return (int16_t)(uint16_t)word;
}

/* v of the affine form; 0 when an intermediate leaves 64 bits. */
static int affine(const struct post *post, const struct parameter_record *record, int64_t a, int64_t b,
                  int64_t *value) {
	const int64_t scale = low16(record->words[0]), plus = low16(record->words[0] >> 16),
	              minus = low16(record->words[1]);
	const int64_t offset = (int32_t)record->words[2], constant = (int32_t)record->words[3];
	int64_t z, m, skip = 0;
	if (__builtin_mul_overflow(scale, a, &z) || __builtin_add_overflow(z, offset, &z)) return 0;
	if (__builtin_mul_overflow(z >= 0 ? plus : minus, z, &m) || !round_shift(m, post->f->shift, &m)) return 0;
	if (post->b && !round_shift(b, record->words[1] >> 16 & 0xff, &skip)) return 0;
	if (__builtin_add_overflow(m, skip, &m) || __builtin_add_overflow(m, constant, &m)) return 0;
	const int64_t limit = INT64_C(1) << (post->f->value_bits - 1);
	*value = m < -limit ? -limit : m >= limit ? limit - 1 : m;
	return 1;
}

static uint32_t passed_thresholds(const struct post *post, const struct parameter_record *record, int64_t a) {
	uint32_t passed = 0;
	for (uint32_t k = 0; k < post->thresholds; k++) {
		const int64_t threshold = (int32_t)record->words[k];
		passed += record->words[3] & 1 ? a < threshold : a > threshold;
	}
	return passed;
}

/* Word and first lane of a lane group in a buffer of sums, and its elements. */
static enum status find_sums(const struct post *post, const struct executor_buffer *buffer, uint32_t base,
                             uint64_t position, uint32_t groups, uint32_t k, const int64_t **sums) {
	const uint32_t channel = k * post->lanes;
	const int64_t word = (int64_t)(base + position * groups + channel / buffer->lanes);
	if (!buffer_is_readable(buffer, word)) return buffer_read_error(post->call, buffer, word);
	*sums = buffer->sums + (size_t)word * buffer->lanes + channel % buffer->lanes;
	return STATUS_OK;
}

/* One lane group of the sums at `position` (row x sums_width + column), merged into the result: maximum and OR. */
static enum status evaluate(const struct post *post, uint64_t position, uint32_t k, uint32_t count, int first,
                            struct post_result *result) {
	const struct post_fields *f = post->f;
	const struct parameter_record *records =
	    post->parameters->records + ((size_t)f->parameter_base + k) * post->lanes;
	const int64_t *a = NULL, *b = NULL;
	enum status status = find_sums(post, post->a, f->a_base, position, f->a_groups, k, &a);
	if (status == STATUS_OK && post->b) status = find_sums(post, post->b, f->b_base, position, f->b_groups, k, &b);
	if (status != STATUS_OK) return status;
	for (uint32_t lane = 0; lane < count; lane++) {
		int64_t value;
		uint64_t bit;
		if (post->flags & POST_THRESHOLD) {
			const uint32_t passed = passed_thresholds(post, &records[lane], a[lane]);
			value = (int64_t)f->threshold_base + passed;
			bit = passed >= 1;
		} else {
			if (b && (records[lane].words[1] >> 16 & 0xff) > 63)
				return executor_fail(post->call,
				                     "reads parameters word %" PRIu32 " lane %" PRIu32
				                     " with E %" PRIu32 "; expected at most 63",
				                     f->parameter_base + k, lane, records[lane].words[1] >> 16 & 0xff);
			if (!affine(post, &records[lane], a[lane], b ? b[lane] : 0, &value))
				return executor_fail(post->call,
				                     "leaves 64 bits with sum %" PRId64
				                     " and the record of parameters word %" PRIu32 " lane %" PRIu32,
				                     a[lane], f->parameter_base + k, lane);
			bit = value >= 0;
		}
		if (first || value > result->values[lane]) result->values[lane] = value;
		result->bits |= bit << lane;
	}
	return STATUS_OK;
}

/* --- writing -------------------------------------------------------------------------------------------------------
 */

/* A map's words of one lane group: `lanes` values from channel on. A write that begins at lane 0 clears the rest. */
static enum status write_fixed(const struct post *post, uint64_t pixel, uint32_t channel,
                               const struct post_result *result) {
	struct executor_buffer *buffer = post->fixed;
	for (uint32_t done = 0; done < post->lanes;) {
		const uint32_t lane = (channel + done) % buffer->lanes, room = buffer->lanes - lane;
		const uint32_t count = post->lanes - done < room ? post->lanes - done : room;
		const size_t word =
		    (size_t)(post->f->fixed_base + pixel * post->f->fixed_words + (channel + done) / buffer->lanes);
		int16_t *values = buffer->values + word * buffer->lanes;
		if (lane == 0) {
			memset(values, 0, buffer->lanes * sizeof *values);
			buffer->whole[word] = 1;
		}
		for (uint32_t i = 0; i < count; i++) {
			const int64_t value = result->values[done + i];
			if (!fits_bits(value, buffer->value_bits))
				return executor_fail(post->call,
				                     "writes fixed_activations word %zu lane %" PRIu32
				                     " with value %" PRId64 "; expected at most %" PRIu32 " bits",
				                     word, lane + i, value, buffer->value_bits);
			values[lane + i] = (int16_t)value;
			if (!buffer->whole[word])
				buffer_mark_part(buffer, (uint32_t)word, (lane + i) / 64,
				                 UINT64_C(1) << ((lane + i) % 64));
		}
		done += count;
	}
	return STATUS_OK;
}

static void write_bits(const struct post *post, uint64_t pixel, uint32_t channel, const struct post_result *result) {
	struct executor_buffer *buffer = post->bits;
	const uint32_t word_bits = LANE_BITS * buffer->lanes;
	for (uint32_t done = 0; done < post->lanes;) {
		const uint32_t bit = (channel + done) % word_bits, room = LANE_BITS - bit % LANE_BITS;
		const uint32_t count = post->lanes - done < room ? post->lanes - done : room;
		const size_t word =
		    (size_t)(post->f->bits_base + pixel * post->f->bits_words + (channel + done) / word_bits);
		uint64_t *lanes = buffer->bits + word * buffer->lanes;
		if (bit == 0) {
			memset(lanes, 0, buffer->lanes * sizeof *lanes);
			buffer->whole[word] = 1;
		}
		const uint64_t mask = (LANE_MASK >> (LANE_BITS - count)) << (bit % LANE_BITS);
		uint64_t *lane = &lanes[bit / LANE_BITS];
		*lane = (*lane & ~mask) | (result->bits >> done << (bit % LANE_BITS) & mask);
		if (!buffer->whole[word]) buffer_mark_part(buffer, (uint32_t)word, bit / LANE_BITS, mask);
		done += count;
	}
}

/* transpose: one value as channel q of the map's pixel `row` (counted from the base). */
static enum status write_fixed_lane(const struct post *post, uint32_t row, uint32_t q, int64_t value) {
	struct executor_buffer *buffer = post->fixed;
	const uint32_t lane = q % buffer->lanes;
	const size_t word = post->f->fixed_base + (size_t)row * post->f->fixed_words + q / buffer->lanes;
	int16_t *values = buffer->values + word * buffer->lanes;
	if (!fits_bits(value, buffer->value_bits))
		return executor_fail(post->call,
		                     "writes fixed_activations word %zu lane %" PRIu32 " with value %" PRId64
		                     "; expected at most %" PRIu32 " bits",
		                     word, lane, value, buffer->value_bits);
	if (lane == 0) {
		memset(values, 0, buffer->lanes * sizeof *values);
		buffer->whole[word] = 1;
	}
	values[lane] = (int16_t)value;
	if (!buffer->whole[word]) buffer_mark_part(buffer, (uint32_t)word, lane / 64, UINT64_C(1) << (lane % 64));
	return STATUS_OK;
}

static void write_one_bit(const struct post *post, uint32_t row, uint32_t q, uint64_t bit) {
	struct executor_buffer *buffer = post->bits;
	const uint32_t word_bits = LANE_BITS * buffer->lanes, place = q % word_bits;
	const size_t word = post->f->bits_base + (size_t)row * post->f->bits_words + q / word_bits;
	uint64_t *lanes = buffer->bits + word * buffer->lanes;
	const uint64_t mask = UINT64_C(1) << (place % LANE_BITS);
	if (place == 0) {
		memset(lanes, 0, buffer->lanes * sizeof *lanes);
		buffer->whole[word] = 1;
	}
	lanes[place / LANE_BITS] = (lanes[place / LANE_BITS] & ~mask) | (bit ? mask : 0);
	if (!buffer->whole[word]) buffer_mark_part(buffer, (uint32_t)word, place / LANE_BITS, mask);
}

static enum status write_output(const struct post *post, uint64_t word, const struct post_result *result) {
	struct executor_buffer *buffer = post->output;
	for (uint32_t lane = 0; lane < post->lanes; lane++) {
		if (!fits_bits(result->values[lane], 32))
			return executor_fail(post->call,
			                     "writes output word %" PRIu64 " lane %" PRIu32 " with value %" PRId64
			                     "; expected at most 32 bits",
			                     word, lane, result->values[lane]);
		buffer->outputs[word * buffer->lanes + lane] = (int32_t)result->values[lane];
	}
	buffer->whole[word] = 1;
	return STATUS_OK;
}

/* --- the command ---------------------------------------------------------------------------------------------------
 */

/* Fields that do not depend on buffers' contents. */
static enum status check_fields(const struct post *post) {
	const struct post_fields *f = post->f;
	const uint32_t known = POST_A_FROM_SKIP | POST_USE_B | POST_THRESHOLD | POST_POOL_MAX2 | POST_WRITE_FIXED |
	                       POST_WRITE_BITS | POST_WRITE_OUTPUT | POST_TRANSPOSE | 3u << POST_THRESHOLD_COUNT_SHIFT;
	const uint32_t scale = post->flags & POST_POOL_MAX2 ? 2 : 1;
	if (post->flags & ~known)
		return executor_fail(post->call, "has flags %" PRIu32 "; expected none but %" PRIu32, post->flags,
		                     known);
	if (!f->rows || !f->width || !f->channels)
		return executor_fail(post->call, "has a 0 among rows, width and channels; expected at least 1");
	if ((f->rows | f->width | f->channels | f->a_groups | f->b_groups | f->sums_width | f->fixed_words |
	     f->bits_words | f->first_channel) >>
	        16 ||
	    f->shift >> 5)
		return executor_fail(post->call, "has a field that is wider than its place in the command");
	if (!(post->flags & POST_THRESHOLD) && (f->value_bits < 1 || f->value_bits > 32))
		return executor_fail(post->call, "has value_bits %" PRIu32 "; expected 1 to 32", f->value_bits);
	if (post->flags & POST_TRANSPOSE && post->flags & (POST_POOL_MAX2 | POST_WRITE_OUTPUT))
		return executor_fail(post->call, "has transpose with %s; expected without",
		                     post->flags & POST_POOL_MAX2 ? "pool_max2" : "write_output");
	const int turns_bits = post->flags & POST_TRANSPOSE && post->flags & POST_WRITE_BITS;
	if (turns_bits && f->first_channel % post->lanes)
		return executor_fail(post->call,
		                     "transposes bits from pixel %" PRIu32 "; expected a multiple of %" PRIu32,
		                     f->first_channel, post->lanes);
	if (turns_bits && f->channels > POST_TURN_CHANNELS)
		return executor_fail(post->call, "transposes bits of %" PRIu32 " channels; expected at most %d",
		                     f->channels, POST_TURN_CHANNELS);
	if (f->width * scale > f->sums_width)
		return executor_fail(post->call,
		                     "reads %" PRIu32 " columns of sums; expected at most sums_width, %" PRIu32,
		                     f->width * scale, f->sums_width);
	if (divide_up(f->channels, post->a->lanes) > f->a_groups)
		return executor_fail(post->call,
		                     "has a_groups %" PRIu32 " for %" PRIu32 " channels; expected at least %" PRIu32,
		                     f->a_groups, f->channels, divide_up(f->channels, post->a->lanes));
	if (post->b && divide_up(f->channels, post->b->lanes) > f->b_groups)
		return executor_fail(post->call,
		                     "has b_groups %" PRIu32 " for %" PRIu32 " channels; expected at least %" PRIu32,
		                     f->b_groups, f->channels, divide_up(f->channels, post->b->lanes));
	return STATUS_OK;
}

/* The words of one map that the command writes lie in their buffer, each pixel's within its own words. */
static enum status check_map(const struct post *post, const struct executor_buffer *buffer, uint32_t base,
                             uint32_t words, uint32_t word_channels) {
	const struct post_fields *f = post->f;
	const uint32_t is_turned = post->flags & POST_TRANSPOSE;
	const uint32_t last =
	    f->first_channel + (is_turned ? f->rows * f->width : divide_up(f->channels, post->lanes) * post->lanes) - 1;
	if (last / word_channels >= words)
		return executor_fail(post->call,
		                     "writes channel %" PRIu32 " of %s pixels of %" PRIu32
		                     " words; expected less than %" PRIu32,
		                     last, config_buffer_names[buffer->id], words, words * word_channels);
	const uint64_t pixels = is_turned ? f->channels : (uint64_t)f->rows * f->width;
	const uint64_t last_word = base + (pixels - 1) * words + last / word_channels;
	return buffer_check_range(post->call, buffer, "writes", (int64_t)last_word, 1);
}

static enum status check_words(const struct post *post) {
	const struct post_fields *f = post->f;
	const uint32_t groups = divide_up(f->channels, post->lanes);
	enum status status = buffer_check_readable(post->call, post->parameters, f->parameter_base, groups);
	if (status == STATUS_OK && post->fixed)
		status = check_map(post, post->fixed, f->fixed_base, f->fixed_words, post->fixed->lanes);
	if (status == STATUS_OK && post->bits)
		status = check_map(post, post->bits, f->bits_base, f->bits_words, LANE_BITS * post->bits->lanes);
	if (status == STATUS_OK && post->output)
		status = buffer_check_range(post->call, post->output, "writes", f->output_base,
		                            (uint64_t)f->rows * f->width * groups);
	return status;
}

/* The lanes of group k, one after the other, as channel q of the map's pixels. */
static enum status write_transposed(const struct post *post, uint32_t q, uint32_t k, const struct post_result *result) {
	enum status status = STATUS_OK;
	const uint32_t first = k * post->lanes;
	for (uint32_t lane = 0; lane < post->lanes && first + lane < post->f->channels && !status; lane++) {
		if (post->fixed) status = write_fixed_lane(post, first + lane, q, result->values[lane]);
		if (post->bits) write_one_bit(post, first + lane, q, result->bits >> lane & 1);
	}
	return status;
}

/* Lane group k of output pixel (row, x). */
static enum status post_group(const struct post *post, uint32_t row, uint32_t x, uint32_t k, uint32_t groups) {
	const struct post_fields *f = post->f;
	const uint32_t scale = post->flags & POST_POOL_MAX2 ? 2 : 1, left = f->channels - k * post->lanes;
	const uint64_t pixel = (uint64_t)row * f->width + x;
	struct post_result result = {.bits = 0};
	enum status status = STATUS_OK;
	for (uint32_t i = 0; i < scale * scale && status == STATUS_OK; i++) {
		const uint64_t position = ((uint64_t)row * scale + i / scale) * f->sums_width + x * scale + i % scale;
		status = evaluate(post, position, k, left < post->lanes ? left : post->lanes, i == 0, &result);
	}
	if (status == STATUS_OK && post->flags & POST_TRANSPOSE)
		return write_transposed(post, f->first_channel + (uint32_t)pixel, k, &result);
	if (status == STATUS_OK && post->fixed)
		status = write_fixed(post, pixel, f->first_channel + k * post->lanes, &result);
	if (status == STATUS_OK && post->bits) write_bits(post, pixel, f->first_channel + k * post->lanes, &result);
	if (status == STATUS_OK && post->output)
		status = write_output(post, f->output_base + pixel * groups + k, &result);
	return status;
}

enum status executor_post(const struct executor_call *call) {
	struct executor_buffer *buffers = call->executor->buffers;
	const uint32_t flags = call->command->flags;
	const struct post post = {.call = call,
	                          .f = &call->command->f.post,
	                          .flags = flags,
	                          .lanes = buffers[BUFFER_PARAMETERS].lanes,
	                          .thresholds = flags >> POST_THRESHOLD_COUNT_SHIFT & 3,
	                          .a = &buffers[flags & POST_A_FROM_SKIP ? BUFFER_SKIP_SUMS : BUFFER_ACCUMULATORS],
	                          .b = flags & POST_USE_B ? &buffers[BUFFER_SKIP_SUMS] : NULL,
	                          .parameters = &buffers[BUFFER_PARAMETERS],
	                          .fixed = flags & POST_WRITE_FIXED ? &buffers[BUFFER_FIXED_ACTIVATIONS] : NULL,
	                          .bits = flags & POST_WRITE_BITS ? &buffers[BUFFER_BIT_ACTIVATIONS] : NULL,
	                          .output = flags & POST_WRITE_OUTPUT ? &buffers[BUFFER_OUTPUT] : NULL};
	enum status status = check_fields(&post);
	if (status == STATUS_OK) status = check_words(&post);
	if (status != STATUS_OK) return status;
	const uint32_t groups = divide_up(post.f->channels, post.lanes);
	for (uint32_t row = 0; row < post.f->rows; row++)
		for (uint32_t x = 0; x < post.f->width; x++)
			for (uint32_t k = 0; k < groups; k++) {
				status = post_group(&post, row, x, k, groups);
				if (status != STATUS_OK) return status;
			}
	return status;
}
