/* Does the functional executor compute POST as PROGRAM.md defines it, for random machines and commands, against a naive
 * model of its own? Every lane of every word of the maps is compared. */
#include "tests/unit/test_executor_machine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int64_t divide_down(int64_t value, int64_t divisor) {
	return value >= 0 ? value / divisor : -((divisor - 1 - value) / divisor);
}

static int64_t naive_round(int64_t value, int32_t shift) {
	const int64_t unit = INT64_C(1) << shift;
	return shift ? divide_down(value + unit / 2, unit) : value;
}

struct model {
	struct rig rig;
	uint32_t sums_rows, sums_width, channels, split; /* split: channels of the first command, or all */
	uint32_t a_lanes, a_groups, b_groups, flags, shift, value_bits, fixed_words, bits_words;
	int32_t threshold_base;
	int32_t *a, *b; /* [pixel][group x lanes] */
	struct affine *affine;
	int32_t (*thresholds)[4];
};

/* Random sums through both engines (1x1 convolutions), read back. */
static void make_sums(struct model *m, uint64_t *seed) {
	struct config *config = &m->rig.config;
	const uint32_t pixels = m->sums_rows * m->sums_width, pes = config->binary_pes, columns = config->fixed_columns;
	const uint32_t binary_groups = (m->channels + pes - 1) / pes,
	               fixed_groups = (m->channels + columns - 1) / columns;
	const struct {
		enum buffer_id id;
		uint32_t words;
	} parts[] = {{BUFFER_BIT_ACTIVATIONS, pixels},
	             {BUFFER_BIT_WEIGHTS, binary_groups},
	             {BUFFER_BORDER, binary_groups},
	             {BUFFER_FIXED_ACTIVATIONS, pixels},
	             {BUFFER_FIXED_WEIGHTS, fixed_groups}};
	for (size_t part = 0; part < 5; part++) {
		const uint32_t bytes = config_word_bytes(config, parts[part].id);
		uint8_t *image = calloc(parts[part].words, bytes);
		for (size_t i = 0; i < (size_t)parts[part].words * bytes; i++) {
			const int is_bits = part < 2,
			          lanes_bytes = (int)(8 * config->binary_words * (part == 1 ? pes : 1));
			if (!is_bits || (i % 8 < 6 && (int)(i % bytes) < lanes_bytes))
				image[i] = (uint8_t)random_next(seed);
			if (part == 2 && i % 2) image[i] = (uint8_t)random_in(seed, -2, 1); /* constants of 10 bits */
		}
		rig_load(&m->rig, parts[part].id, 0, parts[part].words, image);
		free(image);
	}
	struct command conv = {.opcode = OPCODE_BINARY_CONV};
	conv.f.conv = (struct conv_fields){.input_width = m->sums_width,
	                                   .input_height = m->sums_rows,
	                                   .output_width = m->sums_width,
	                                   .rows = m->sums_rows,
	                                   .kernel = 1,
	                                   .stride = 1,
	                                   .input_words = 1,
	                                   .groups = binary_groups};
	assert_int_equal(rig_run(&m->rig, conv), STATUS_OK);
	conv.opcode = OPCODE_FIXED_CONV, conv.f.conv.groups = fixed_groups;
	assert_int_equal(rig_run(&m->rig, conv), STATUS_OK);
	const int a_is_skip = (m->flags & POST_A_FROM_SKIP) != 0;
	m->a_lanes = a_is_skip ? columns : pes;
	m->a_groups = a_is_skip ? fixed_groups : binary_groups, m->b_groups = fixed_groups;
	m->a = calloc((size_t)pixels * m->a_groups * m->a_lanes, sizeof *m->a);
	m->b = calloc((size_t)pixels * fixed_groups * columns, sizeof *m->b);
	rig_read_sums(&m->rig, a_is_skip ? BUFFER_SKIP_SUMS : BUFFER_ACCUMULATORS, 0, pixels * m->a_groups, m->a);
	rig_read_sums(&m->rig, BUFFER_SKIP_SUMS, 0, pixels * fixed_groups, m->b);
}

static void make_parameters(struct model *m, uint64_t *seed) {
	const uint32_t lanes = m->rig.config.post_lanes, words = (m->channels + lanes - 1) / lanes;
	m->affine = calloc(m->channels, sizeof *m->affine);
	m->thresholds = calloc(m->channels, sizeof *m->thresholds);
	uint8_t *bytes = calloc((size_t)words * lanes, 16);
	for (uint32_t c = 0; c < m->channels; c++) {
		m->affine[c] = (struct affine){random_in(seed, -32768, 32767),
		                               random_in(seed, -32768, 32767),
		                               random_in(seed, -32768, 32767),
		                               random_in(seed, 0, 20),
		                               random_in(seed, INT32_MIN / 2, INT32_MAX / 2),
		                               random_in(seed, -60, 60)};
		for (int k = 0; k < 3; k++) m->thresholds[c][k] = random_in(seed, -150, 150);
		m->thresholds[c][3] = random_in(seed, 0, 1);
		if (m->flags & POST_THRESHOLD)
			put_thresholds(bytes + (size_t)16 * c, m->thresholds[c][0], m->thresholds[c][1],
			               m->thresholds[c][2], (uint32_t)m->thresholds[c][3]);
		else
			put_affine(bytes + (size_t)16 * c, m->affine[c]);
	}
	rig_load(&m->rig, BUFFER_PARAMETERS, 3, words, bytes);
	free(bytes);
}

/* Value and bit of one channel of one pixel of sums. */
static int64_t naive_value(const struct model *m, uint32_t pixel, uint32_t c, int *bit) {
	const int64_t a = m->a[(size_t)pixel * m->a_groups * m->a_lanes + c],
	              b = m->b[(size_t)pixel * m->b_groups * m->rig.config.fixed_columns + c];
	if (m->flags & POST_THRESHOLD) {
		int passed = 0;
		for (uint32_t k = 0; k < (m->flags >> 8 & 3); k++)
			passed += m->thresholds[c][3] ? a < m->thresholds[c][k] : a > m->thresholds[c][k];
		*bit = passed > 0;
		return m->threshold_base + passed;
	}
	const struct affine *p = &m->affine[c];
	const int64_t z = p->a * a + p->b, slope = z >= 0 ? p->mp : p->mn;
	int64_t v = naive_round(slope * z, (int32_t)m->shift) + p->c;
	if (m->flags & POST_USE_B) v += naive_round(b, p->e);
	const int64_t limit = INT64_C(1) << (m->value_bits - 1);
	v = v < -limit ? -limit : v > limit - 1 ? limit - 1 : v;
	*bit = v >= 0;
	return v;
}

static int64_t naive_pooled(const struct model *m, uint32_t y, uint32_t x, uint32_t c, int *bit) {
	if (!(m->flags & POST_POOL_MAX2)) return naive_value(m, y * m->sums_width + x, c, bit);
	int64_t best = INT64_MIN;
	*bit = 0;
	for (uint32_t i = 0; i < 4; i++) {
		int one;
		const int64_t v = naive_value(m, (2 * y + i / 2) * m->sums_width + 2 * x + i % 2, c, &one);
		if (v > best) best = v;
		*bit |= one;
	}
	return best;
}

/* Rows first_row .. of the sums, transposed: the base of the block's pixels, the number of the first pixel. */
static void run_transposed(struct model *m, struct command post, uint32_t first_row, uint32_t rows) {
	struct post_fields *f = &post.f.post;
	const uint32_t pixel = first_row * m->sums_width, first = f->first_channel;
	f->a_base += pixel * m->a_groups;
	f->b_base += pixel * m->b_groups;
	f->rows = rows;
	f->fixed_base += first * m->fixed_words;
	f->bits_base += first * m->bits_words;
	f->first_channel = pixel;
	if (rig_run(&m->rig, post) != STATUS_OK) fail_msg("%s", m->rig.error.text);
}

static void run_block(struct model *m, uint32_t first, uint32_t channels) {
	const struct config *config = &m->rig.config;
	const uint32_t scale = m->flags & POST_POOL_MAX2 ? 2 : 1;
	struct command post = {.opcode = OPCODE_POST, .flags = m->flags};
	post.f.post = (struct post_fields){.a_base = first / m->a_lanes,
	                                   .b_base = first / config->fixed_columns,
	                                   .parameter_base = 3 + first / config->post_lanes,
	                                   .fixed_base = 900,
	                                   .bits_base = 800,
	                                   .output_base = first ? 1000 : 0,
	                                   .width = m->sums_width / scale,
	                                   .rows = m->sums_rows / scale,
	                                   .channels = channels,
	                                   .a_groups = m->a_groups,
	                                   .b_groups = m->b_groups,
	                                   .sums_width = m->sums_width,
	                                   .fixed_words = m->fixed_words,
	                                   .bits_words = m->bits_words,
	                                   .first_channel = first,
	                                   .shift = m->shift,
	                                   .value_bits = m->value_bits,
	                                   .threshold_base = m->threshold_base};
	if (m->flags & POST_TRANSPOSE) { /* in two bands, where the second can begin at a whole lane group of pixels */
		uint32_t rows = m->sums_rows - 1;
		while (rows * m->sums_width % config->post_lanes) rows--;
		if (rows) run_transposed(m, post, 0, rows);
		run_transposed(m, post, rows, m->sums_rows - rows);
		return;
	}
	if (rig_run(&m->rig, post) != STATUS_OK) fail_msg("%s", m->rig.error.text);
}

/* Value and bit of one channel of one pixel of the maps; beyond the channels 0. */
static int64_t map_value(const struct model *m, uint32_t pixel, uint32_t c, uint32_t width, int *bit) {
	const int is_turned = (m->flags & POST_TRANSPOSE) != 0;
	const uint32_t from = is_turned ? c : pixel, output = is_turned ? pixel : c;
	*bit = 0;
	if (c >= (is_turned ? m->sums_rows * m->sums_width : m->channels)) return 0;
	return naive_pooled(m, from / width, from % width, output, bit);
}

/* The maps: every lane of every word, unused ones 0. */
static void check_maps(struct model *m, uint32_t width, uint32_t rows) {
	const struct config *config = &m->rig.config;
	const uint32_t fixed_bytes = config_word_bytes(config, BUFFER_FIXED_ACTIVATIONS),
	               bits_bytes = config_word_bytes(config, BUFFER_BIT_ACTIVATIONS);
	const uint32_t word_bits = 48 * config->binary_words,
	               pixels = m->flags & POST_TRANSPOSE ? m->channels : width * rows;
	uint8_t *fixed = calloc((size_t)pixels * m->fixed_words, fixed_bytes),
	        *bits = calloc((size_t)pixels * m->bits_words, bits_bytes);
	rig_store(&m->rig, BUFFER_FIXED_ACTIVATIONS, 900, pixels * m->fixed_words, fixed);
	rig_store(&m->rig, BUFFER_BIT_ACTIVATIONS, 800, pixels * m->bits_words, bits);
	for (uint32_t pixel = 0; pixel < pixels; pixel++) {
		for (uint32_t c = 0; c < m->fixed_words * config->fixed_rows; c++) {
			int bit;
			const uint8_t *value = fixed + ((size_t)pixel * m->fixed_words * config->fixed_rows + c) * 2;
			assert_int_equal(get_little(value, 2), map_value(m, pixel, c, width, &bit));
		}
		for (uint32_t c = 0; c < m->bits_words * word_bits; c++) {
			int bit;
			map_value(m, pixel, c, width, &bit);
			assert_int_equal(
			    get_word_bit(bits + ((size_t)pixel * m->bits_words + c / word_bits) * bits_bytes,
			                 c % word_bits),
			    bit);
		}
	}
	free(fixed);
	free(bits);
}

static void check_output(struct model *m, uint32_t width, uint32_t rows, uint32_t first, uint32_t channels) {
	const uint32_t lanes = m->rig.config.post_lanes, groups = (channels + lanes - 1) / lanes;
	uint8_t *output = calloc((size_t)width * rows * groups * lanes, 4);
	rig_store(&m->rig, BUFFER_OUTPUT, first ? 1000 : 0, width * rows * groups, output);
	for (uint32_t pixel = 0; pixel < width * rows; pixel++)
		for (uint32_t c = 0; c < groups * lanes; c++) {
			int bit;
			const int64_t expected =
			    c < channels ? naive_pooled(m, pixel / width, pixel % width, first + c, &bit) : 0;
			assert_int_equal(get_little(output + ((size_t)pixel * groups * lanes + c) * 4, 4), expected);
		}
	free(output);
}

static void random_model(struct model *m, uint64_t *seed) {
	static const uint32_t words[] = {1, 2, 3, 4, 6, 12};
	struct config config;
	rig_config(&config);
	config.post_lanes = 1u << random_in(seed, 0, 4);
	config.binary_words = words[random_in(seed, 0, 5)];
	config.binary_pes = config.post_lanes << random_in(seed, 0, 2);
	config.fixed_columns = config.post_lanes << random_in(seed, 0, 2);
	config.fixed_rows = config.post_lanes << random_in(seed, 0, 4);
	config.fixed_activation_bits = 16;
	config.fixed_weight_bits = 8;
	rig_start(&m->rig, &config);
	const uint32_t block = config.binary_pes > config.fixed_columns ? config.binary_pes : config.fixed_columns;
	m->sums_rows = (uint32_t)random_in(seed, 2, 5), m->sums_width = (uint32_t)random_in(seed, 2, 5);
	m->channels = (uint32_t)random_in(seed, 1, 2 * (int32_t)block);
	m->split = m->channels > block && random_in(seed, 0, 1) ? block : m->channels;
	m->flags = POST_WRITE_FIXED | POST_WRITE_BITS | POST_WRITE_OUTPUT |
	           (random_next(seed) & (POST_A_FROM_SKIP | POST_USE_B | POST_POOL_MAX2));
	if (random_in(seed, 0, 2) == 0)
		m->flags |= POST_THRESHOLD | (uint32_t)random_in(seed, 0, 3) << POST_THRESHOLD_COUNT_SHIFT;
	m->shift = (uint32_t)random_in(seed, 0, 31);
	m->value_bits = (uint32_t)random_in(seed, 1, 16);
	m->threshold_base = random_in(seed, -4, 4);
	uint32_t map_channels = m->channels;
	if (random_in(seed, 0, 2) == 0) {
		m->flags = (m->flags & ~(uint32_t)(POST_POOL_MAX2 | POST_WRITE_OUTPUT)) | POST_TRANSPOSE;
		map_channels = m->sums_rows * m->sums_width;
	}
	m->fixed_words = (map_channels + config.fixed_rows - 1) / config.fixed_rows;
	m->bits_words = (map_channels + 48 * config.binary_words - 1) / (48 * config.binary_words);
}

static void random_commands(void **state) {
	(void)state;
	uint64_t seed = 0x13198a2e03707344;
	for (int round = 0; round < 200; round++) {
		struct model m;
		memset(&m, 0, sizeof m);
		random_model(&m, &seed);
		make_sums(&m, &seed);
		make_parameters(&m, &seed);
		run_block(&m, 0, m.split);
		if (m.split < m.channels) run_block(&m, m.split, m.channels - m.split);
		const uint32_t scale = m.flags & POST_POOL_MAX2 ? 2 : 1, width = m.sums_width / scale,
		               rows = m.sums_rows / scale;
		check_maps(&m, width, rows);
		if (m.flags & POST_WRITE_OUTPUT) check_output(&m, width, rows, 0, m.split);
		if (m.flags & POST_WRITE_OUTPUT && m.split < m.channels)
			check_output(&m, width, rows, m.split, m.channels - m.split);
		free(m.a);
		free(m.b);
		free(m.affine);
		free(m.thresholds);
		rig_stop(&m.rig);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(random_commands),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
