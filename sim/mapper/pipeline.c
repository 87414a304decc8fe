/* What follows from a stage's schedule (words and cycles a frame), and what holds of every pipeline. */
#include "sim/mapper/pipeline.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "sim/mapper/schedule.h"

const char *const stage_kind_names[STAGE_KIND_COUNT] = {"input",     "output",       "pad",  "window", "matrix",
                                                        "depthwise", "convert",      "fork", "join",   "point",
                                                        "max_pool",  "average_pool", "label"};

void pipeline_clear(struct pipeline *pipeline) {
	free(pipeline->stages);
	free(pipeline->fifos);
	free(pipeline->foldings);
	*pipeline = (struct pipeline){0};
}

/* ---- words and cycles of a frame */

uint64_t stage_words_taken(const struct stage *stage) {
	const struct schedule schedule = schedule_of(stage, 0);
	return schedule_words(&schedule, MARK_READ);
}

uint64_t stage_words_made(const struct stage *stage) {
	const struct schedule schedule = schedule_of(stage, 0);
	return schedule_words(&schedule, MARK_WRITE);
}

uint64_t stage_cycles(const struct stage *stage, uint32_t pool_overhead_cycles) {
	const struct schedule schedule = schedule_of(stage, pool_overhead_cycles);
	return schedule_iterations(&schedule);
}

uint64_t pipeline_least_cycles(const struct pipeline *pipeline) {
	uint64_t least = 0;
	for (uint32_t i = 0; i < pipeline->stage_count; i++) {
		const uint64_t cycles = stage_cycles(&pipeline->stages[i], pipeline->pool_overhead_cycles);
		if (cycles > least) least = cycles;
	}
	return least;
}

/* ---- what holds of every pipeline */

struct port_rule {
	uint32_t inputs, outputs;
};

static struct port_rule ports_of(enum stage_kind kind) {
	switch (kind) {
	case STAGE_INPUT: return (struct port_rule){0, 1};
	case STAGE_OUTPUT: return (struct port_rule){1, 0};
	case STAGE_FORK: return (struct port_rule){1, 2};
	case STAGE_JOIN: return (struct port_rule){2, 1};
	default: return (struct port_rule){1, 1};
	}
}

#define WRONG(...) error_set(error, STATUS_FAILED, __VA_ARGS__)

static enum status check_ports(const struct pipeline *pipeline, uint32_t index, struct error *error) {
	const struct stage *stage = &pipeline->stages[index];
	const struct port_rule rule = ports_of(stage->kind);
	for (uint32_t p = 0; p < STAGE_PORTS_MAX; p++) {
		const uint32_t in = stage->input[p], out = stage->output[p];
		if ((in != PIPELINE_NONE) != (p < rule.inputs))
			return WRONG("stage %s: input %" PRIu32 " of a %s", stage->name, p,
			             stage_kind_names[stage->kind]);
		if ((out != PIPELINE_NONE) != (p < rule.outputs))
			return WRONG("stage %s: output %" PRIu32 " of a %s", stage->name, p,
			             stage_kind_names[stage->kind]);
		if (in != PIPELINE_NONE && (in >= pipeline->fifo_count || pipeline->fifos[in].to != index))
			return WRONG("stage %s: input %" PRIu32 " is no FIFO that ends here", stage->name, p);
		if (out != PIPELINE_NONE && (out >= pipeline->fifo_count || pipeline->fifos[out].from != index))
			return WRONG("stage %s: output %" PRIu32 " is no FIFO that begins here", stage->name, p);
	}
	if (rule.inputs == 2 && stage->input[0] == stage->input[1])
		return WRONG("stage %s: both inputs are one FIFO", stage->name);
	if (rule.outputs == 2 && stage->output[0] == stage->output[1])
		return WRONG("stage %s: both outputs are one FIFO", stage->name);
	return STATUS_OK;
}

static enum status check_shape(const struct stage *stage, struct error *error) {
	const int takes = stage->kind != STAGE_INPUT, makes = stage->kind != STAGE_OUTPUT;
	if (!stage->latency_cycles) return WRONG("stage %s: latency of 0 cycles", stage->name);
	if (takes && (!stage->input_lanes || !stage->input_bits))
		return WRONG("stage %s: input words without lanes or bits", stage->name);
	if (makes && (!stage->output_lanes || !stage->output_bits))
		return WRONG("stage %s: output words without lanes or bits", stage->name);
	if ((takes && !stage_words_taken(stage)) || (makes && !stage_words_made(stage)))
		return WRONG("stage %s: no words in a frame", stage->name);
	if (stage->kind == STAGE_CONVERT) {
		const uint32_t a = stage->input_lanes, b = stage->output_lanes;
		if (a == b || (a % b && b % a)) return WRONG("stage %s: words of %u to %u lanes", stage->name, a, b);
		if ((uint64_t)stage->words * a % b) return WRONG("stage %s: a frame ends inside a word", stage->name);
		return STATUS_OK;
	}
	const uint64_t taps = (uint64_t)stage->kernel_height * stage->kernel_width;
	const uint64_t in = stage->kind == STAGE_MATRIX ? taps * stage->input_channels : stage->input_channels;
	if (takes && stage->kind != STAGE_OUTPUT && in % stage->input_lanes)
		return WRONG("stage %s: %u lanes do not divide the input's channels", stage->name, stage->input_lanes);
	const uint64_t out = stage->output_channels * (stage->kind == STAGE_WINDOW ? taps : 1);
	if (makes && stage->kind != STAGE_INPUT && out % stage->output_lanes)
		return WRONG("stage %s: %u lanes do not divide the output's channels", stage->name,
		             stage->output_lanes);
	return STATUS_OK;
}

/* Width that a stage says its words have. A fork may send bits instead of values on either output. */
static int is_width_of(const struct stage *stage, uint32_t width_bits, int is_input) {
	const uint32_t valid = stage->has_valid && !(stage->kind == STAGE_PAD && is_input) &&
	                       !((stage->kind == STAGE_MATRIX || stage->kind == STAGE_DEPTHWISE) && !is_input);
	const uint32_t lanes = is_input ? stage->input_lanes : stage->output_lanes;
	if (!is_input && stage->kind == STAGE_FORK)
		return width_bits == lanes * stage->input_bits || width_bits == lanes;
	if (is_input && stage->kind == STAGE_JOIN && stage->input_bits * lanes != width_bits)
		return width_bits % lanes == 0; /* the skip sums have a width of their own */
	return width_bits == lanes * (is_input ? stage->input_bits : stage->output_bits) + valid;
}

static enum status check_fifo(const struct pipeline *pipeline, const struct fifo *fifo, struct error *error) {
	if (fifo->from >= fifo->to || fifo->to >= pipeline->stage_count)
		return WRONG("FIFO %s: goes from stage %" PRIu32 " to stage %" PRIu32, fifo->name, fifo->from,
		             fifo->to);
	const struct stage *from = &pipeline->stages[fifo->from], *to = &pipeline->stages[fifo->to];
	if (fifo->depth_words < 2) return WRONG("FIFO %s: depth %" PRIu32, fifo->name, fifo->depth_words);
	if (!is_width_of(from, fifo->width_bits, 0) || !is_width_of(to, fifo->width_bits, 1))
		return WRONG("FIFO %s: %" PRIu32 " bits do not fit both ends", fifo->name, fifo->width_bits);
	if (stage_words_made(from) != stage_words_taken(to))
		return WRONG("FIFO %s: %" PRIu64 " words in and %" PRIu64 " words out of a frame", fifo->name,
		             stage_words_made(from), stage_words_taken(to));
	return STATUS_OK;
}

static int compare_names(const void *one, const void *two) {
	return strcmp(*(const char *const *)one, *(const char *const *)two);
}

static enum status check_names(const struct pipeline *pipeline, struct error *error) {
	const uint32_t count = pipeline->stage_count;
	enum status status = STATUS_OK;
	const char **names = calloc(count + 1, sizeof *names);
	if (!names) return error_set(error, STATUS_MEMORY, "out of memory for the names of a pipeline");
	for (uint32_t i = 0; i < count; i++) names[i] = pipeline->stages[i].name;
	qsort(names, count, sizeof *names, compare_names);
	for (uint32_t i = 1; i < count && !status; i++)
		if (strcmp(names[i - 1], names[i]) == 0)
			status = WRONG(
			    "two stages are called %s; expected names of layers that differ in more than a suffix",
			    names[i]);
	free(names);
	return status;
}

enum status pipeline_check(const struct pipeline *pipeline, struct error *error) {
	uint32_t inputs = 0, outputs = 0;
	enum status status = check_names(pipeline, error);
	for (uint32_t i = 0; i < pipeline->stage_count && !status; i++) {
		const struct stage *stage = &pipeline->stages[i];
		inputs += stage->kind == STAGE_INPUT;
		outputs += stage->kind == STAGE_OUTPUT;
		status = check_ports(pipeline, i, error);
		if (!status) status = check_shape(stage, error);
	}
	for (uint32_t i = 0; i < pipeline->fifo_count && !status; i++)
		status = check_fifo(pipeline, &pipeline->fifos[i], error);
	if (!status && (inputs != 1 || outputs != 1))
		status = WRONG("%" PRIu32 " input and %" PRIu32 " output DMAs; expected one each", inputs, outputs);
	return status;
}
