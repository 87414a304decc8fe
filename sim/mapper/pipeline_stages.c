/* Stages, the FIFOs between them, converters, and the stages of one convolution (see pipeline_build.c). */
#include "sim/mapper/pipeline_build.h"

#include <stdio.h>
#include <string.h>

struct stage *pipeline_add_stage(struct build *build, enum stage_kind kind, const char *suffix) {
	struct pipeline *pipeline = build->pipeline;
	struct stage *stage = &pipeline->stages[pipeline->stage_count++];
	*stage = (struct stage){.kind = kind, .layer = build->layer, .is_skip = build->is_skip};
	snprintf(stage->name, sizeof stage->name, "%s%s.%s", build->owner, build->is_skip ? ".skip" : "", suffix);
	for (int p = 0; p < STAGE_PORTS_MAX; p++) stage->input[p] = stage->output[p] = PIPELINE_NONE;
	stage->latency_cycles = latency_of_kind(build->config, kind);
	return stage;
}

uint32_t pipeline_index_of(const struct build *build, const struct stage *stage) {
	return (uint32_t)(stage - build->pipeline->stages);
}

uint32_t pipeline_read_end(struct build *build, const struct open_end *end, struct stage *stage, uint32_t port) {
	struct pipeline *pipeline = build->pipeline;
	struct fifo *fifo = &pipeline->fifos[pipeline->fifo_count];
	struct stage *from = &pipeline->stages[end->stage];
	*fifo = (struct fifo){.from = end->stage,
	                      .to = pipeline_index_of(build, stage),
	                      .width_bits = end->lanes * end->bits + end->has_valid,
	                      .depth_words = build->config->streaming_fifo_depth_words};
	const size_t suffix_bytes = end->port ? strlen(".skip") : 0;
	snprintf(fifo->name, sizeof fifo->name, "%.*s%s", (int)(STAGE_NAME_BYTES - 1 - suffix_bytes), from->name,
	         end->port ? ".skip" : "");
	if (fifo->depth_words < 2) fifo->depth_words = 2;
	from->output[end->port] = stage->input[port] = pipeline->fifo_count;
	return pipeline->fifo_count++;
}

struct open_end pipeline_end_of(const struct build *build, const struct stage *stage) {
	return (struct open_end){.stage = pipeline_index_of(build, stage),
	                         .height = stage->output_height,
	                         .width = stage->output_width,
	                         .channels = stage->output_channels,
	                         .lanes = stage->output_lanes,
	                         .bits = stage->output_bits,
	                         .is_unsigned = stage->output_unsigned};
}

void pipeline_keep_shape(const struct open_end *end, struct stage *stage) {
	stage->input_height = stage->output_height = end->height;
	stage->input_width = stage->output_width = end->width;
	stage->input_channels = stage->output_channels = end->channels;
	stage->input_lanes = stage->output_lanes = end->lanes;
	stage->input_bits = stage->output_bits = end->bits;
	stage->input_unsigned = stage->output_unsigned = end->is_unsigned;
	stage->words = end->height * end->width * (end->channels / end->lanes);
}

static void add_converter(struct build *build, struct open_end *end, uint32_t lanes, uint32_t words, const char *what,
                          const char *where) {
	char suffix[32];
	snprintf(suffix, sizeof suffix, "%s%s%s", what, *where ? "_" : "", where);
	struct stage *stage = pipeline_add_stage(build, STAGE_CONVERT, suffix);
	const struct open_end source = *end;
	pipeline_keep_shape(end, stage);
	stage->output_lanes = lanes;
	const uint32_t ratio = build->config->streaming_converter_step_ratio;
	if (ratio && end->lanes / lanes >= ratio) stage->latency_cycles++;
	stage->words = words;
	stage->has_valid = end->has_valid;
	pipeline_read_end(build, &source, stage, 0);
	end->stage = pipeline_index_of(build, stage);
	end->port = 0;
	end->lanes = lanes;
}

void pipeline_convert(struct build *build, struct open_end *end, uint32_t lanes, uint32_t values, const char *where) {
	const uint32_t both = end->lanes / greatest_divisor(end->lanes, lanes) * lanes;
	if (both > end->lanes) add_converter(build, end, both, values / end->lanes, "widen", where);
	if (both > lanes) add_converter(build, end, lanes, values / both, "narrow", where);
}

uint32_t pipeline_values_of(const struct open_end *end) {
	return end->height * end->width * end->channels;
}

static void add_average(struct build *build, const struct conv_shape *shape, struct open_end *end) {
	struct stage *stage = pipeline_add_stage(build, STAGE_AVERAGE_POOL, "average");
	pipeline_keep_shape(end, stage);
	stage->words = 0;
	stage->output_height = shape->input_height;
	stage->output_width = shape->input_width;
	stage->output_bits = shape->bits;
	stage->output_unsigned = shape->is_unsigned;
	stage->kernel_height = shape->pool_height;
	stage->kernel_width = shape->pool_width;
	stage->shift = shape->shift;
	pipeline_read_end(build, end, stage, 0);
	*end = pipeline_end_of(build, stage);
}

static void add_pad(struct build *build, const struct conv_shape *shape, struct open_end *end) {
	struct stage *stage = pipeline_add_stage(build, STAGE_PAD, "pad");
	pipeline_keep_shape(end, stage);
	stage->words = 0;
	stage->pad_top = stage->pad_bottom = shape->pad_height;
	stage->pad_left = stage->pad_right = shape->pad_width;
	stage->output_height += 2 * shape->pad_height;
	stage->output_width += 2 * shape->pad_width;
	stage->has_valid = shape->has_valid;
	pipeline_read_end(build, end, stage, 0);
	*end = pipeline_end_of(build, stage);
	end->has_valid = shape->has_valid;
}

struct stage *pipeline_add_conv(struct build *build, const struct conv_shape *shape, uint32_t pe, uint32_t simd,
                                struct open_end *end) {
	const int is_padded = shape->pad_height || shape->pad_width;
	const int pads_first = build->config->streaming_link != LINK_DIRECT;
	if (shape->pool_height) add_average(build, shape, end);
	if (is_padded && pads_first) add_pad(build, shape, end);
	pipeline_convert(build, end, shape_lanes(shape, pe, simd), pipeline_values_of(end), "in");
	if (is_padded && !pads_first) add_pad(build, shape, end);
	if (shape->has_window) {
		struct stage *window = pipeline_add_stage(build, STAGE_WINDOW, "window");
		shape_window(shape, pe, simd, window);
		pipeline_read_end(build, end, window, 0);
		*end = pipeline_end_of(build, window);
		end->has_valid = shape->has_valid;
		if (!shape->is_depthwise)
			pipeline_convert(build, end, simd,
			                 pipeline_values_of(end) * shape->kernel_height * shape->kernel_width, "tap");
	}
	struct stage *matrix = shape->is_depthwise ? pipeline_add_stage(build, STAGE_DEPTHWISE, "depthwise")
	                                           : pipeline_add_stage(build, STAGE_MATRIX, "matrix");
	shape_matrix(shape, pe, simd, matrix);
	pipeline_read_end(build, end, matrix, 0);
	*end = pipeline_end_of(build, matrix);
	return matrix;
}
