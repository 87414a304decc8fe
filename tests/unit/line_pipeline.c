/* See line_pipeline.h. */
#include "line_pipeline.h"

#include <string.h>

static struct stage *add(struct line *line, enum stage_kind kind, uint32_t latency_cycles) {
	uint32_t index = line->pipeline.stage_count++;
	struct stage *stage = &line->stages[index];
	stage->kind = kind;
	stage->layer = kind == STAGE_INPUT || kind == STAGE_OUTPUT ? PIPELINE_NONE : 0;
	stage->latency_cycles = latency_cycles;
	snprintf(stage->name, sizeof stage->name, "%s", stage_kind_names[kind]);
	stage->input[0] = index ? index - 1 : PIPELINE_NONE;
	stage->output[0] = kind == STAGE_OUTPUT ? PIPELINE_NONE : index;
	stage->input[1] = stage->output[1] = PIPELINE_NONE;
	return stage;
}

static void set_input(struct stage *stage, uint32_t height, uint32_t width, uint32_t channels, uint32_t lanes,
                      uint32_t bits) {
	stage->input_height = height;
	stage->input_width = width;
	stage->input_channels = channels;
	stage->input_lanes = lanes;
	stage->input_bits = bits;
}

static void set_output(struct stage *stage, uint32_t height, uint32_t width, uint32_t channels, uint32_t lanes,
                       uint32_t bits) {
	stage->output_height = height;
	stage->output_width = width;
	stage->output_channels = channels;
	stage->output_lanes = lanes;
	stage->output_bits = bits;
}

void line_make(struct line *line, uint32_t output_folds, uint32_t depth_words) {
	const uint32_t pe = 8 / output_folds;
	memset(line, 0, sizeof *line);
	struct stage *stage = add(line, STAGE_INPUT, 1);
	set_output(stage, 6, 4, 3, 3, 2);
	stage->words = 24;
	stage = add(line, STAGE_WINDOW, 3);
	set_input(stage, 6, 4, 3, 3, 2);
	set_output(stage, 5, 3, 3, 3, 2);
	stage->kernel_height = stage->kernel_width = 2;
	stage->stride = stage->stride_width = 1;
	stage = add(line, STAGE_MATRIX, 5);
	set_input(stage, 5, 3, 3, 3, 2);
	set_output(stage, 5, 3, 8, pe, 1);
	stage->kernel_height = stage->kernel_width = 2;
	stage->weight_bits = 2;
	stage->threshold_count = 1;
	stage->accumulator_bits = 10;
	stage = add(line, STAGE_MAX_POOL, 2);
	set_input(stage, 5, 3, 8, pe, 1);
	set_output(stage, 1, 1, 8, pe, 1);
	stage->kernel_height = 5;
	stage->kernel_width = 3;
	stage = add(line, STAGE_OUTPUT, 1);
	set_input(stage, 1, 1, 8, pe, 1);
	stage->words = output_folds;
	for (uint32_t f = 0; f + 1 < LINE_STAGES; f++) {
		struct fifo *fifo = &line->fifos[f];
		const struct stage *from = &line->stages[f];
		*fifo = (struct fifo){.from = f, .to = f + 1, .depth_words = depth_words, .is_link = 1};
		fifo->width_bits = from->output_lanes * from->output_bits;
		snprintf(fifo->name, sizeof fifo->name, "%s", from->name);
	}
	line->pipeline.stages = line->stages;
	line->pipeline.fifos = line->fifos;
	line->pipeline.fifo_count = LINE_STAGES - 1;
	line->pipeline.start_cycles = 7;
	line->pipeline.pool_overhead_cycles = 2;
}
