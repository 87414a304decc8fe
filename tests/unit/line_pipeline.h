/* A pipeline of five stages for tests: input DMA, window 2x2 on 6x4 pixels, matrix unit, max pool over all, output DMA.
 */
#ifndef TESTS_UNIT_LINE_PIPELINE_H
#define TESTS_UNIT_LINE_PIPELINE_H

#include "sim/mapper/pipeline.h"

enum { LINE_STAGES = 5, LINE_INPUT = 0, LINE_WINDOW, LINE_MATRIX, LINE_POOL, LINE_OUTPUT };

struct line {
	struct pipeline pipeline;
	struct stage stages[LINE_STAGES];
	struct fifo fifos[LINE_STAGES - 1];
};

/* The matrix unit has `output_folds` folds of its 8 outputs, so it takes 15 x 4 x output_folds cycles a frame; all
 * FIFOs have the depth. */
void line_make(struct line *line, uint32_t output_folds, uint32_t depth_words);

#endif
