/* See stream_coverage.h. Taken from the pipeline and the result, not from the plan. */
#include "tests/equal/stream_coverage.h"

#include <string.h>

enum { JUDGED_CASES = 60 };

enum feature {
	FEATURE_STALLING,
	FEATURE_FLUSHING,
	FEATURE_LINK_PIXEL,
	FEATURE_LINK_DIRECT,
	FEATURE_LINK_PLANE,
	FEATURE_FOLDING_AUTO,
	FEATURE_BLOCKED,
	FEATURE_STARVED,
	FEATURE_MEMORY,
	FEATURE_STUCK,
	FEATURE_STUCK_FLUSHING,
	FEATURE_SEVERAL_FRAMES,
	FEATURE_FULL_FIFO,    /* a FIFO of more than two words was full */
	FEATURE_BIT_OF_FORK,  /* a fork that sends bits on one output, or both */
	FEATURE_NESTED_FORKS, /* two forks or more */
	FEATURE_ONE_STEP,     /* a stage with L = 1 that both takes and makes words */
	FEATURE_LONG_LATENCY, /* L above 16 */
	FEATURE_STEP_MORE,    /* converters of different latencies */
	FEATURE_VALID,        /* words with the bit valid */
	FEATURE_PAD_SIGN,     /* a border of -1 or +1 */
	FEATURE_SEVERAL_TAPS, /* a window whose words hold several taps */
	FEATURE_NOT_SQUARE,   /* a window of another height than width, or of other strides */
	FEATURE_STRIDE,       /* a window with a stride along the rows */
	FEATURE_ROWS_LEFT,    /* a pool that reads rows that no window covers */
	FEATURE_WHOLE_POOL,   /* a pool over the whole map */
	FEATURE_LARGEST_TAP,  /* a depthwise stage without weights */
	FEATURE_THRESHOLDS,   /* more than one */
	FEATURE_UNSIGNED,     /* unsigned words in a matrix or depthwise stage */
	FEATURE_SPLIT_VALUES, /* DMA words that do not hold whole values */
	FEATURE_WILD,         /* affine parameters from the whole of their ranges: values that saturate */
	FEATURE_KINDS,        /* and a feature for each stage kind */
	FEATURE_COUNT = FEATURE_KINDS + STAGE_KIND_COUNT
};
_Static_assert((int)FEATURE_COUNT <= (int)STREAM_COVERAGE_MAX, "room for all features");

static const struct {
	const char *name;
	uint32_t least_percent;
} features[FEATURE_KINDS] = {
    [FEATURE_STALLING] = {"stalling", 30},
    [FEATURE_FLUSHING] = {"flushing", 30},
    [FEATURE_LINK_PIXEL] = {"link_pixel", 20},
    [FEATURE_LINK_DIRECT] = {"link_direct", 20},
    [FEATURE_LINK_PLANE] = {"link_plane", 20},
    [FEATURE_FOLDING_AUTO] = {"folding_auto", 5},
    [FEATURE_BLOCKED] = {"blocked_cycles", 50},
    [FEATURE_STARVED] = {"starved_cycles", 80},
    [FEATURE_MEMORY] = {"memory_cycles", 50},
    [FEATURE_STUCK] = {"stuck", 3},
    [FEATURE_STUCK_FLUSHING] = {"stuck_flushing", 1},
    [FEATURE_SEVERAL_FRAMES] = {"several_frames", 50},
    [FEATURE_FULL_FIFO] = {"full_fifo", 15},
    [FEATURE_BIT_OF_FORK] = {"bits_from_fork", 4},
    [FEATURE_NESTED_FORKS] = {"several_forks", 4},
    [FEATURE_ONE_STEP] = {"one_step", 20},
    [FEATURE_LONG_LATENCY] = {"latency_above_16", 10},
    [FEATURE_STEP_MORE] = {"converter_step_more", 15},
    [FEATURE_VALID] = {"masked_borders", 5},
    [FEATURE_PAD_SIGN] = {"signed_borders", 5},
    [FEATURE_SEVERAL_TAPS] = {"taps_in_a_word", 10},
    [FEATURE_NOT_SQUARE] = {"not_square", 15},
    [FEATURE_STRIDE] = {"strides", 15},
    [FEATURE_ROWS_LEFT] = {"pool_rows_left", 3},
    [FEATURE_WHOLE_POOL] = {"pool_of_whole_map", 3},
    [FEATURE_LARGEST_TAP] = {"largest_of_taps", 3},
    [FEATURE_THRESHOLDS] = {"thresholds", 15},
    [FEATURE_UNSIGNED] = {"unsigned_words", 10},
    [FEATURE_SPLIT_VALUES] = {"split_values", 5},
    [FEATURE_WILD] = {"wild_parameters", 6},
};

static const uint32_t kind_percent[STAGE_KIND_COUNT] = {
    [STAGE_INPUT] = 100,   [STAGE_OUTPUT] = 100,     [STAGE_PAD] = 20,  [STAGE_WINDOW] = 60, [STAGE_MATRIX] = 95,
    [STAGE_DEPTHWISE] = 8, [STAGE_CONVERT] = 70,     [STAGE_FORK] = 15, [STAGE_JOIN] = 20,   [STAGE_POINT] = 35,
    [STAGE_MAX_POOL] = 12, [STAGE_AVERAGE_POOL] = 5, [STAGE_LABEL] = 4,
};

static int is_whole_map(const struct stage *stage) {
	return stage->kernel_height == stage->input_height && stage->kernel_width == stage->input_width;
}

static void see_window(uint8_t *seen, const struct stage *stage) {
	if (stage->output_lanes > stage->input_channels) seen[FEATURE_SEVERAL_TAPS] = 1;
	if (stage->kernel_height != stage->kernel_width || stage->stride != stage->stride_width)
		seen[FEATURE_NOT_SQUARE] = 1;
	if (stage->stride > 1) seen[FEATURE_STRIDE] = 1;
}

static void see_pool(uint8_t *seen, const struct stage *stage) {
	if (is_whole_map(stage))
		seen[FEATURE_WHOLE_POOL] = 1;
	else if (stage->input_height > stage->output_height * stage->kernel_height)
		seen[FEATURE_ROWS_LEFT] = 1;
}

static void see_fork(uint8_t *seen, const struct pipeline *pipeline, const struct stage *stage) {
	if (seen[FEATURE_KINDS + STAGE_FORK]) seen[FEATURE_NESTED_FORKS] = 1;
	for (int p = 0; p < STAGE_PORTS_MAX; p++)
		if (pipeline->fifos[stage->output[p]].width_bits != stage->input_lanes * stage->input_bits)
			seen[FEATURE_BIT_OF_FORK] = 1;
}

static void see_stage(uint8_t *seen, const struct stream_case *made, const struct stage *stage) {
	const struct trace_layer *layer = stage->layer == PIPELINE_NONE ? NULL : &made->trace.layers[stage->layer];
	const int takes_and_makes = stage->kind != STAGE_INPUT && stage->kind != STAGE_OUTPUT;
	const int multiplies = stage->kind == STAGE_MATRIX || stage->kind == STAGE_DEPTHWISE;
	if (stage->kind == STAGE_WINDOW) see_window(seen, stage);
	if (stage->kind == STAGE_MAX_POOL || stage->kind == STAGE_AVERAGE_POOL) see_pool(seen, stage);
	if (stage->kind == STAGE_FORK) see_fork(seen, &made->pipeline, stage);
	seen[FEATURE_KINDS + stage->kind] = 1;
	if (takes_and_makes && stage->latency_cycles == 1) seen[FEATURE_ONE_STEP] = 1;
	if (stage->latency_cycles > 16) seen[FEATURE_LONG_LATENCY] = 1;
	if (stage->kind == STAGE_CONVERT && stage->latency_cycles != made->config.streaming_converter_latency_cycles)
		seen[FEATURE_STEP_MORE] = 1;
	if (stage->has_valid) seen[FEATURE_VALID] = 1;
	if (stage->kind == STAGE_PAD && layer && layer->main.pad_value != TRACE_PAD_MASKED) seen[FEATURE_PAD_SIGN] = 1;
	if (stage->kind == STAGE_DEPTHWISE && !stage->weight_bits) seen[FEATURE_LARGEST_TAP] = 1;
	if (stage->threshold_count > 1) seen[FEATURE_THRESHOLDS] = 1;
	if (multiplies && stage->input_unsigned) seen[FEATURE_UNSIGNED] = 1;
	if (stage->kind == STAGE_INPUT && stage->output_bits == 1 &&
	    made->trace.maps[made->trace.input_map].value_bits > 1)
		seen[FEATURE_SPLIT_VALUES] = 1;
	if (stage->kind == STAGE_POINT && layer) {
		const struct trace_tensor *tensor = &made->trace.tensors[layer->parameter_tensor];
		const int32_t a = ((const int32_t *)tensor->data)[0];
		if (a > 1 || a < -1) seen[FEATURE_WILD] = 1;
	}
}

static void see_result(uint8_t *seen, const struct stream_case *made, const struct stream_result *result) {
	for (uint32_t i = 0; i < result->stage_count; i++) {
		if (result->stages[i].cycles[STATE_BLOCKED]) seen[FEATURE_BLOCKED] = 1;
		if (result->stages[i].cycles[STATE_STARVED]) seen[FEATURE_STARVED] = 1;
		/* of another stage than the input DMA, which waits in every case that starts late */
		if (made->pipeline.stages[i].kind != STAGE_INPUT && result->stages[i].cycles[STATE_MEMORY])
			seen[FEATURE_MEMORY] = 1;
	}
	for (uint32_t f = 0; f < result->fifo_count; f++)
		if (result->fifos[f].highest_fill > 2 &&
		    result->fifos[f].highest_fill == made->pipeline.fifos[f].depth_words)
			seen[FEATURE_FULL_FIFO] = 1;
	seen[FEATURE_STUCK] = result->is_stuck != 0;
	seen[FEATURE_STUCK_FLUSHING] = result->is_stuck && made->pipeline.flushing;
	seen[FEATURE_SEVERAL_FRAMES] = result->frames > 1 && !result->is_stuck;
}

void stream_coverage_add(struct stream_coverage *coverage, const struct stream_case *made,
                         const struct stream_result *result) {
	uint8_t seen[FEATURE_COUNT] = {0};
	seen[made->pipeline.flushing ? FEATURE_FLUSHING : FEATURE_STALLING] = 1;
	seen[made->config.streaming_link == LINK_PIXEL    ? FEATURE_LINK_PIXEL
	     : made->config.streaming_link == LINK_DIRECT ? FEATURE_LINK_DIRECT
	                                                  : FEATURE_LINK_PLANE] = 1;
	seen[FEATURE_FOLDING_AUTO] = !strcmp(made->config.streaming_folding, "auto");
	for (uint32_t i = 0; i < made->pipeline.stage_count; i++) see_stage(seen, made, &made->pipeline.stages[i]);
	see_result(seen, made, result);
	coverage->cases++;
	for (int i = 0; i < FEATURE_COUNT; i++) coverage->with[i] += seen[i];
}

uint32_t stream_coverage_print(const struct stream_coverage *coverage, FILE *out, uint32_t *enough) {
	uint32_t too_few = 0;
	for (int i = 0; i < FEATURE_COUNT; i++) {
		const int is_kind = i >= FEATURE_KINDS;
		const char *name = is_kind ? stage_kind_names[i - FEATURE_KINDS] : features[i].name;
		const uint32_t least = is_kind ? kind_percent[i - FEATURE_KINDS] : features[i].least_percent;
		const int is_low = coverage->cases >= JUDGED_CASES &&
		                   (uint64_t)coverage->with[i] * 100 < (uint64_t)least * coverage->cases;
		fprintf(out, "%s%-20s in %4u of %4u cases (at least %u %%)%s\n", is_kind ? "stage " : "", name,
		        coverage->with[i], coverage->cases, least, is_low ? "  TOO FEW" : "");
		too_few += (uint32_t)is_low;
	}
	*enough = FEATURE_COUNT - too_few;
	return too_few;
}
