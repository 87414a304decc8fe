/* See words.h and STREAMING.md sections 4 and 5: stages that bring words into another order, width or place. */
#include <stdlib.h>
#include <string.h>

#include "sim/streaming/words_state.h"

void word_copy(uint64_t *word, uint32_t at, const uint64_t *source, uint32_t from, uint32_t bits) {
	for (uint32_t done = 0; done < bits; done += 64) {
		const uint32_t part = bits - done < 64 ? bits - done : 64;
		word_set(word, at + done, part, word_field(source, from + done, part));
	}
}

static const struct stage *next_stage(const struct words_stage *stage, const struct stage *built) {
	const struct pipeline *pipeline = stage->words->pipeline;
	return built->output[0] == PIPELINE_NONE ? NULL : &pipeline->stages[pipeline->fifos[built->output[0]].to];
}

/* ---- pad */

/* The border of a maximum pool takes no part: it is the least value there is. */
static int pads_pool(const struct words_stage *stage) {
	const struct stage *next = next_stage(stage, stage->built);
	while (next && (next->kind == STAGE_CONVERT || next->kind == STAGE_WINDOW)) next = next_stage(stage, next);
	return next && next->kind == STAGE_DEPTHWISE && !next->weight_bits;
}

static uint64_t border_field(const struct words_stage *stage) {
	const uint32_t bits = stage->built->output_bits;
	if (pads_pool(stage)) return bits == 1 || stage->built->output_unsigned ? 0 : UINT64_C(1) << (bits - 1);
	return bits == 1 && stage->conv->pad_value == TRACE_PAD_PLUS;
}

void words_pad(struct words_stage *stage) {
	const struct stage *built = stage->built;
	const uint32_t fold = built->input_channels / built->input_lanes;
	const uint32_t bits = built->input_lanes * built->input_bits;
	const uint64_t border = border_field(stage);
	for (uint32_t y = 0; y < built->output_height; y++)
		for (uint32_t x = 0; x < built->output_width * fold; x++) {
			const uint32_t column = x / fold;
			const int inside = y >= built->pad_top && y - built->pad_top < built->input_height &&
			                   column >= built->pad_left && column - built->pad_left < built->input_width;
			uint64_t *word = words_push(stage, 0);
			if (inside) word_copy(word, 0, words_take(stage, 0), 0, bits);
			for (uint32_t lane = 0; lane < built->input_lanes && !inside; lane++)
				word_set(word, lane * built->input_bits, built->input_bits, border);
			if (built->has_valid) word_set(word, bits, 1, (uint64_t)inside);
		}
}

/* ---- window */

struct rows {
	uint64_t *data; /* the words of the map */
	uint32_t limbs, fold, width;
};

static const uint64_t *word_at(const struct rows *rows, uint32_t y, uint32_t x, uint32_t part) {
	return rows->data + (((uint64_t)y * rows->width + x) * rows->fold + part) * rows->limbs;
}

/* Gathers input words to output words, which hold a whole number of them. */
struct gather {
	struct words_stage *stage;
	uint64_t *word;
	uint32_t parts, done;
	uint64_t valid;
};

static void gather(struct gather *gather, const uint64_t *part) {
	const struct stage *built = gather->stage->built;
	const uint32_t bits = built->input_lanes * built->input_bits;
	if (!gather->done) gather->word = words_push(gather->stage, 0);
	word_copy(gather->word, gather->done * bits, part, 0, bits);
	if (built->has_valid) {
		const uint64_t valid = word_field(part, bits, 1);
		if (!gather->done) word_set(gather->word, gather->parts * bits, 1, valid);
		if (gather->done && valid != gather->valid)
			words_fail(gather->stage->words, STATUS_FAILED,
			           "%s: a word of %u taps holds pixels inside and outside of the map, but has one bit "
			           "`valid`",
			           built->name, gather->parts);
		gather->valid = valid;
	}
	gather->done = gather->done + 1 == gather->parts ? 0 : gather->done + 1;
}

static void emit_window(struct gather *out, const struct rows *rows, uint32_t y, uint32_t x, int is_depthwise) {
	const struct stage *built = out->stage->built;
	const uint32_t outer = is_depthwise ? rows->fold : 1, inner = is_depthwise ? 1 : rows->fold;
	for (uint32_t c = 0; c < outer; c++)
		for (uint32_t ky = 0; ky < built->kernel_height; ky++)
			for (uint32_t kx = 0; kx < built->kernel_width; kx++)
				for (uint32_t i = 0; i < inner; i++)
					gather(out, word_at(rows, y * built->stride + ky, x * built->stride_width + kx,
					                    c + i));
}

void words_window(struct words_stage *stage) {
	const struct stage *built = stage->built, *next = next_stage(stage, built);
	struct rows rows = {.limbs = words_input(stage, 0)->limbs,
	                    .fold = built->input_channels / built->input_lanes,
	                    .width = built->input_width};
	const uint64_t count = (uint64_t)built->input_height * rows.width * rows.fold;
	struct gather out = {.stage = stage, .parts = built->output_lanes / built->input_lanes};
	const int is_depthwise = next && next->kind == STAGE_DEPTHWISE;
	rows.data = malloc(count * rows.limbs * sizeof *rows.data);
	if (!rows.data) {
		words_fail(stage->words, STATUS_MEMORY, "out of memory for the rows of %s", built->name);
		return;
	}
	for (uint64_t i = 0; i < count; i++)
		memcpy(rows.data + i * rows.limbs, words_take(stage, 0), rows.limbs * sizeof *rows.data);
	for (uint32_t y = 0; y < built->output_height; y++)
		for (uint32_t x = 0; x < built->output_width; x++) emit_window(&out, &rows, y, x, is_depthwise);
	free(rows.data);
}

/* ---- converters and forks */

void words_convert(struct words_stage *stage) {
	const struct stage *built = stage->built;
	const uint32_t in_bits = built->input_lanes * built->input_bits;
	const uint32_t out_bits = built->output_lanes * built->output_bits;
	uint32_t taken = 0;
	if (in_bits < out_bits) {
		struct gather out = {.stage = stage, .parts = out_bits / in_bits};
		while (taken++ < built->words) gather(&out, words_take(stage, 0));
		return;
	}
	while (taken++ < built->words) {
		const uint64_t *word = words_take(stage, 0);
		for (uint32_t at = 0; at < in_bits; at += out_bits) {
			uint64_t *part = words_push(stage, 0);
			word_copy(part, 0, word, at, out_bits);
			if (built->has_valid) word_set(part, out_bits, 1, word_field(word, in_bits, 1));
		}
	}
}

/* The bit of a value: v >= 0 of an affine layer, n >= 1 of thresholds. */
static uint64_t bit_of_value(const struct words_stage *stage, int64_t value) {
	const struct trace_layer *layer = stage->layer;
	return layer->post == TRACE_POST_THRESHOLD ? value - layer->threshold_base >= 1 : value >= 0;
}

void words_fork(struct words_stage *stage) {
	const struct stage *built = stage->built;
	const uint32_t in_bits = built->input_lanes * built->input_bits;
	for (uint32_t i = 0; i < built->words; i++) {
		const uint64_t *word = words_take(stage, 0);
		for (int p = 0; p < STAGE_PORTS_MAX; p++) {
			uint64_t *copy = words_push(stage, p);
			if (words_output(stage, p)->width_bits == in_bits) {
				word_copy(copy, 0, word, 0, in_bits);
				continue;
			}
			for (uint32_t lane = 0; lane < built->input_lanes; lane++)
				word_set(copy, lane, 1, bit_of_value(stage, words_value(stage, word, lane)));
		}
	}
}
