/* See test_stream_made.h. Every part takes and makes the same words: a square map of one word a pixel. */
#include "test_stream_made.h"

#include <string.h>

/* No fork inside a fork beyond so many stages: what is begun still fits the arrays. */
enum { NESTING_BELOW = 40 };

uint32_t made_draw(struct made *made, uint32_t low, uint32_t high) {
	made->random = made->random * 6364136223846793005u + 1442695040888963407u;
	return low + (uint32_t)((made->random >> 33) % (high - low + 1));
}

void made_begin(struct made *made, uint64_t seed) {
	memset(made, 0, sizeof *made);
	made->random = seed;
	made->latency_high = 6;
	made->depth_high = 6;
	made->pipeline.stages = made->stages;
	made->pipeline.fifos = made->fifos;
}

struct stage *made_add(struct made *made, enum stage_kind kind) {
	const uint32_t index = made->pipeline.stage_count++;
	struct stage *stage = &made->stages[index];
	*stage = (struct stage){.kind = kind, .layer = PIPELINE_NONE};
	snprintf(stage->name, sizeof stage->name, "s%u", index);
	for (int p = 0; p < STAGE_PORTS_MAX; p++) stage->input[p] = stage->output[p] = PIPELINE_NONE;
	stage->latency_cycles = made_draw(made, 1, made->latency_high);
	if (kind == STAGE_INPUT || kind == STAGE_OUTPUT) stage->latency_cycles = 1;
	return stage;
}

uint32_t made_link(struct made *made, uint32_t from, uint32_t from_port, uint32_t to, uint32_t to_port,
                   uint32_t depth) {
	const uint32_t index = made->pipeline.fifo_count++;
	struct fifo *fifo = &made->fifos[index];
	*fifo = (struct fifo){.from = from, .to = to, .depth_words = depth < 2 ? 2 : depth};
	fifo->width_bits = made_draw(made, 1, 64);
	snprintf(fifo->name, sizeof fifo->name, "f%u", index);
	made->stages[from].output[from_port] = index;
	made->stages[to].input[to_port] = index;
	return index;
}

static uint32_t last(const struct made *made) {
	return made->pipeline.stage_count - 1;
}

/* The next stage of a chain, behind port `from_port` of `from`. */
static struct stage *chain(struct made *made, enum stage_kind kind, uint32_t from, uint32_t from_port) {
	struct stage *stage = made_add(made, kind);
	made_link(made, from, from_port, last(made), 0, made_draw(made, 1, made->depth_high));
	return stage;
}

static void add_convolution(struct made *made, uint32_t side, uint32_t from, uint32_t from_port) {
	struct stage *stage = chain(made, STAGE_PAD, from, from_port);
	stage->input_height = stage->input_width = side;
	stage->output_height = stage->output_width = side + 2;
	stage->pad_top = stage->pad_left = stage->pad_bottom = stage->pad_right = 1;
	stage->input_channels = stage->input_lanes = stage->output_channels = stage->output_lanes = 1;
	stage = chain(made, STAGE_WINDOW, last(made), 0);
	stage->input_height = stage->input_width = side + 2;
	stage->input_channels = stage->input_lanes = stage->output_channels = stage->output_lanes = 1;
	stage->kernel_height = stage->kernel_width = 3;
	stage->stride = stage->stride_width = 1;
	stage->output_height = stage->output_width = side;
	stage = chain(made, made_draw(made, 0, 1) ? STAGE_MATRIX : STAGE_DEPTHWISE, last(made), 0);
	stage->input_channels = stage->input_lanes = stage->output_channels = stage->output_lanes = 1;
	stage->kernel_height = stage->kernel_width = 3;
	stage->output_height = stage->output_width = side;
}

/* A part of a chain; what comes out is at port 0 of the last stage. */
static void add_part(struct made *made, uint32_t side, uint32_t from, uint32_t from_port) {
	const uint32_t words = side * side;
	struct stage *stage;
	uint32_t n;
	switch (made_draw(made, 0, 4)) {
	case 0: add_convolution(made, side, from, from_port); return;
	case 1: /* wider and back, or the other way */
		n = made_draw(made, 2, 4);
		while (words % n) n--;
		stage = chain(made, STAGE_CONVERT, from, from_port);
		stage->words = words;
		stage->input_lanes = 1;
		stage->output_lanes = n;
		stage = chain(made, STAGE_CONVERT, last(made), 0);
		stage->words = words / n;
		stage->input_lanes = n;
		stage->output_lanes = 1;
		return;
	case 2: /* several words a vector in, as many out */
		n = made_draw(made, 1, 3);
		while (words % n) n--;
		stage = chain(made, STAGE_MATRIX, from, from_port);
		stage->kernel_height = stage->kernel_width = 1;
		stage->output_height = 1;
		stage->output_width = words / n;
		stage->input_channels = stage->output_channels = n;
		stage->input_lanes = stage->output_lanes = 1;
		return;
	default: chain(made, STAGE_POINT, from, from_port)->words = words; return;
	}
}

static void add_fork(struct made *made, uint32_t side, uint32_t from, uint32_t depth) {
	chain(made, STAGE_FORK, from, 0)->words = side * side;
	const uint32_t fork = last(made);
	uint32_t ends[2] = {fork, fork}, ports[2] = {0, 1};
	for (int b = 0; b < 2; b++) {
		uint32_t parts = made_draw(made, b == 0, 2);
		for (uint32_t i = 0; i < parts; i++) {
			if (depth < 2 && made->pipeline.stage_count < NESTING_BELOW && made_draw(made, 0, 5) == 0) {
				if (ends[b] == fork) { /* a fork behind a fork: a stage between keeps the port */
					chain(made, STAGE_POINT, fork, ports[b])->words = side * side;
					ends[b] = last(made);
				}
				add_fork(made, side, ends[b], depth + 1);
			} else {
				add_part(made, side, ends[b], ports[b]);
			}
			ends[b] = last(made);
			ports[b] = 0;
		}
	}
	struct stage *join = made_add(made, STAGE_JOIN);
	join->words = side * side;
	const uint32_t index = last(made), swapped = made_draw(made, 0, 1);
	for (uint32_t b = 0; b < 2; b++)
		made_link(made, ends[b], ports[b], index, b ^ swapped, made_draw(made, 1, made->depth_high));
}

void made_random(struct made *made, uint64_t seed, uint32_t parts) {
	made_begin(made, seed);
	made->pipeline.flushing = (uint32_t)(seed & 1);
	made->pipeline.start_cycles = made_draw(made, 0, 9);
	const uint32_t side = made_draw(made, 3, 7);
	made_add(made, STAGE_INPUT)->words = side * side;
	for (uint32_t i = made_draw(made, 1, parts); i > 0; i--) {
		if (made->pipeline.stage_count > MADE_STAGES_MAX / 2) break;
		if (made_draw(made, 0, 2))
			add_fork(made, side, last(made), 0);
		else
			add_part(made, side, last(made), 0);
	}
	chain(made, STAGE_OUTPUT, last(made), 0)->words = side * side;
}

uint32_t made_joins(const struct made *made) {
	uint32_t joins = 0;
	for (uint32_t i = 0; i < made->pipeline.stage_count; i++) joins += made->stages[i].kind == STAGE_JOIN;
	return joins;
}
