/* A case of the streaming equality suite, ready to run: network, pipeline, images, and what is expected of it.
 *
 * What is expected is written in the format of the RTL's results (tests/rtl/streaming/README.md), so that comparing is
 * comparing lines.
 */
#ifndef TESTS_EQUAL_STREAM_CASE_H
#define TESTS_EQUAL_STREAM_CASE_H

#include <stdint.h>
#include <stdio.h>

#include "sim/mapper/pipeline.h"
#include "sim/streaming/stream.h"
#include "tests/equal/stream_plan.h"

struct stream_case {
	struct config config;
	struct trace trace;
	struct pipeline pipeline;
	uint32_t frames;
	int16_t *inputs; /* the input map of each frame, one behind the other */
};

/* STATUS_UNMAPPABLE: the mapper refuses it, or it is larger than RTL should be built for; another failure is one of the
 * code that is tested, or of the draw. On failure nothing is kept. */
enum status stream_case_prepare(struct stream_case *made, const struct stream_plan *plan, struct error *error);
void stream_case_clear(struct stream_case *made);

/* Puts a label stage, which the mapper never builds, in the place of the converters in front of the output DMA.
 * STATUS_FAILED where pipeline_check refuses the result. */
enum status stream_case_label(struct stream_case *made, struct error *error);

/* pipeline.txt, input.hex and the values of all stages, in the folder, which exists. STATUS_IO; a failure of
 * words_create or words_run. */
enum status stream_case_write(const struct stream_case *made, const char *folder, struct error *error);

/* Runs the native kernel with every frame simulated and appends the expected result to `out` as case `name`. *result
 * is the caller's (stream_result_clear) after STATUS_OK, which a stuck pipeline gives too. */
enum status stream_case_expect(const struct stream_case *made, const char *name, FILE *out,
                               struct stream_result *result, struct error *error);

/* Whether all other ways of running agree with `result`: shuffled, by recurrence (of this batch, and of a longer one
 * against every frame of it), and SystemC in a child. STATUS_FAILED says which does not and in what. */
enum status stream_case_agree(const struct stream_case *made, uint64_t shuffle_seed, const struct stream_result *result,
                              struct error *error);

#endif
