/* What the words are: runs a frame through a pipeline stage by stage, with real words in the FIFOs.
 *
 * Knows stages and FIFOs (their shapes, STREAMING.md sections 4 and 5) and the trace's tensors, not its layers' maps:
 * every value is found in the word and at the bits where the stage before has put it. So scores that equal those of the
 * layer kernels prove the pipeline: windows, folding, converters, pads, thresholds, forks and joins. Time is not in it.
 */
#ifndef SIM_STREAMING_WORDS_H
#define SIM_STREAMING_WORDS_H

#include <stdint.h>
#include <stdio.h>

#include "sim/base/status.h"
#include "sim/input/trace.h"
#include "sim/mapper/pipeline.h"

struct words;

/* Both must outlive *words. STATUS_INPUT where a tensor has no values; STATUS_FAILED where a stage does not fit its
 * layer's tensors; STATUS_MEMORY. *words is NULL on failure. */
enum status words_create(struct words **words, const struct pipeline *pipeline, const struct trace *trace,
                         struct error *error);

/* One frame: `input_map` as image_to_map gives it, [y][x][channel]; of a bits map the value is +1 where it is >= 0.
 * Writes all values of the scores map, [y][x][channel]. Where the last matrix unit sends its sums to memory, the host's
 * part (the layer's affine step) is done here. With a label stage the one value written is the class.
 * STATUS_FAILED names the stage: a value that its width does not hold, a word that is missing or that nobody takes, a
 * word with masked and other pixels. STATUS_MEMORY. */
enum status words_run(struct words *words, const int16_t *input_map, int32_t *scores, struct error *error);

/* Words that the last run put into a FIFO, in their order, and one of them: bit b of it is bit b % 64 of limb b / 64,
 * bits beyond the FIFO's width are 0. Valid until the next run. */
uint64_t words_count(const struct words *words, uint32_t fifo);
const uint64_t *words_word(const struct words *words, uint32_t fifo, uint64_t index);

/* All of them, one a line, hexadecimal, ceil(width / 4) digits (as $readmemh reads them). */
void words_print(const struct words *words, uint32_t fifo, FILE *out);

/* NULL is allowed. */
void words_free(struct words *words);

#endif
