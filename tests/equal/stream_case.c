/* See stream_case.h: preparing, and writing what the RTL reads. */
#include "tests/equal/stream_case.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "sim/input/image.h"
#include "sim/streaming/sizing.h"
#include "sim/streaming/words.h"

/* Beyond these an RTL build of many cases takes too long. */
enum { WIDTH_BITS_MAX = 1500, CYCLES_MAX = 20000, LANE_PRODUCTS_MAX = 600, PATH_BYTES = 512, DEPTH_MAX = 24 };

void stream_case_clear(struct stream_case *made) {
	pipeline_clear(&made->pipeline);
	trace_clear(&made->trace);
	free(made->inputs);
	made->inputs = NULL;
}

static int draw_inputs(struct stream_case *made, uint64_t seed) {
	struct random_source random = {seed ^ 0x5eed};
	const struct trace_map *map = &made->trace.maps[made->trace.input_map];
	const size_t count = image_map_values(&made->trace) * made->frames;
	made->inputs = malloc(count * sizeof *made->inputs);
	for (size_t i = 0; made->inputs && i < count; i++)
		made->inputs[i] = (int16_t)(map->kind == TRACE_MAP_BITS ? (int32_t)random_below(&random, 2) * 2 - 1
		                                                        : random_signed(&random, map->value_bits));
	return made->inputs != NULL;
}

/* Depths of some FIFOs by name, as a configuration gives them. */
/* A FIFO drawn twice has the depth drawn last. */
static void name_depths(struct stream_case *made, const struct stream_plan *plan) {
	struct random_source random = {plan->value_seed ^ 0xf1f0};
	char *text = made->config.streaming_fifo_words;
	uint32_t *depths = calloc(made->pipeline.fifo_count, sizeof *depths);
	if (!plan->named_depths || !depths) {
		free(depths);
		return;
	}
	for (uint32_t i = 0; i < plan->named_depths; i++) {
		const uint32_t fifo = random_below(&random, made->pipeline.fifo_count);
		depths[fifo] = 1 + random_below(&random, DEPTH_MAX);
	}
	text[0] = '\0';
	for (uint32_t f = 0; f < made->pipeline.fifo_count; f++) {
		char one[STAGE_NAME_BYTES + 16];
		if (!depths[f]) continue;
		snprintf(one, sizeof one, "%s%s:%u", *text ? " " : "", made->pipeline.fifos[f].name, depths[f] - 1);
		strncat(text, one, CONFIG_TEXT_BYTES - 1 - strlen(text));
	}
	free(depths);
}

static enum status check_size(const struct pipeline *pipeline, struct error *error) {
	for (uint32_t i = 0; i < pipeline->fifo_count; i++)
		if (pipeline->fifos[i].width_bits > WIDTH_BITS_MAX)
			return error_set(error, STATUS_UNMAPPABLE, "FIFO %s: %" PRIu32 " bits are too wide",
			                 pipeline->fifos[i].name, pipeline->fifos[i].width_bits);
	for (uint32_t i = 0; i < pipeline->stage_count; i++) {
		const struct stage *stage = &pipeline->stages[i];
		const int multiplies = stage->kind == STAGE_MATRIX || stage->kind == STAGE_DEPTHWISE;
		const uint32_t copies = 1 + stage->threshold_count;
		if (stage_cycles(stage, pipeline->pool_overhead_cycles) > CYCLES_MAX ||
		    (multiplies &&
		     stage->input_lanes * stage->output_lanes + stage->output_lanes * copies > LANE_PRODUCTS_MAX))
			return error_set(error, STATUS_UNMAPPABLE, "stage %s is too large", stage->name);
	}
	return STATUS_OK;
}

static enum status map(struct stream_case *made, const struct stream_plan *plan, struct error *error) {
	enum status status = pipeline_map(&made->trace, &made->config, &made->pipeline, error);
	if (!status && plan->named_depths) {
		name_depths(made, plan);
		pipeline_clear(&made->pipeline);
		status = pipeline_map(&made->trace, &made->config, &made->pipeline, error);
	}
	if (!status && plan->has_label) status = stream_case_label(made, error);
	if (!status && plan->is_sized) status = stream_size_skips(&made->pipeline, error);
	return status;
}

enum status stream_case_prepare(struct stream_case *made, const struct stream_plan *plan, struct error *error) {
	memset(made, 0, sizeof *made);
	made->frames = plan->frames;
	enum status status = stream_plan_build(plan, &made->trace, &made->config, error);
	if (status) return status == STATUS_UNMAPPABLE ? STATUS_FAILED : status;
	status = map(made, plan, error);
	if (!status) status = check_size(&made->pipeline, error);
	if (!status && !draw_inputs(made, plan->value_seed)) status = error_set(error, STATUS_MEMORY, "out of memory");
	if (status) stream_case_clear(made);
	return status;
}

enum status stream_case_label(struct stream_case *made, struct error *error) {
	struct pipeline *pipeline = &made->pipeline;
	struct stage *last = &pipeline->stages[pipeline->stage_count - 1];
	do last = &pipeline->stages[pipeline->fifos[last->input[0]].from];
	while (last->kind == STAGE_CONVERT);
	struct stage *label = last + 1, *output = last + 2;
	const uint32_t index = (uint32_t)(label - pipeline->stages), in = last->output[0];
	*label = (struct stage){.kind = STAGE_LABEL,
	                        .layer = last->layer,
	                        .latency_cycles = made->config.streaming_point_latency_cycles,
	                        .input_height = 1,
	                        .input_width = 1,
	                        .input_channels = last->output_channels,
	                        .input_lanes = last->output_lanes,
	                        .input_bits = last->output_bits,
	                        .input_unsigned = last->output_unsigned,
	                        .output_height = 1,
	                        .output_width = 1,
	                        .output_channels = 1,
	                        .output_lanes = 1,
	                        .output_bits = 1,
	                        .output_unsigned = 1,
	                        .words = (uint32_t)stage_words_made(last)};
	while (1u << label->output_bits < label->input_channels) label->output_bits++;
	snprintf(label->name, sizeof label->name, "output.label");
	*output = (struct stage){.kind = STAGE_OUTPUT,
	                         .layer = PIPELINE_NONE,
	                         .latency_cycles = 1,
	                         .input_height = 1,
	                         .input_width = 1,
	                         .input_channels = 1,
	                         .input_lanes = 1,
	                         .input_bits = label->output_bits,
	                         .input_unsigned = 1,
	                         .words = 1};
	snprintf(output->name, sizeof output->name, "output.dma");
	label->input[0] = in;
	label->output[0] = output->input[0] = in + 1;
	label->input[1] = label->output[1] = PIPELINE_NONE;
	output->input[1] = output->output[0] = output->output[1] = PIPELINE_NONE;
	pipeline->fifos[in].to = index;
	pipeline->fifos[in + 1] = (struct fifo){.from = index,
	                                        .to = index + 1,
	                                        .width_bits = label->output_bits,
	                                        .depth_words = pipeline->fifos[in].depth_words};
	snprintf(pipeline->fifos[in + 1].name, sizeof label->name, "%s", label->name);
	pipeline->fifo_count = in + 2;
	pipeline->stage_count = index + 2;
	return pipeline_check(pipeline, error);
}

/* ---- what the RTL reads */

static void write_row(FILE *out, const struct trace_tensor *tensor, uint32_t row, uint32_t columns) {
	for (uint32_t c = 0; c < columns; c++) {
		const size_t at = (size_t)row * tensor->columns + c;
		int32_t value;
		if (tensor->type == TRACE_TENSOR_INT16)
			value = ((const int16_t *)tensor->data)[at];
		else if (tensor->type == TRACE_TENSOR_INT32)
			value = ((const int32_t *)tensor->data)[at];
		else
			value = ((const uint8_t *)tensor->data)[row * trace_bits_row_bytes(tensor->columns) + c / 8] >>
			                    (c % 8) &
			                1
			            ? 1
			            : -1;
		fprintf(out, "%s%" PRId32, c ? " " : "", value);
	}
	fprintf(out, "\n");
}

static void write_tensor(FILE *out, const char *word, const struct trace_tensor *tensor) {
	fprintf(out, "%s\n", word);
	for (uint32_t row = 0; row < tensor->rows; row++) write_row(out, tensor, row, tensor->columns);
}

/* Bits of values of 0 and above: the stage alone does not show it. */
static int sends_bits_of_unsigned(const struct trace *trace, const struct trace_layer *layer,
                                  const struct stage *stage) {
	return (stage->kind == STAGE_POINT || stage->kind == STAGE_JOIN) && stage->output_bits == 1 &&
	       layer->fixed_map != UINT32_MAX && trace->maps[layer->fixed_map].is_unsigned;
}

static void write_values(const struct trace *trace, const struct stage *stage, FILE *out) {
	static const char *const pads[] = {"masked", "minus", "plus"};
	const struct trace_layer *layer = &trace->layers[stage->layer];
	const struct trace_conv *conv = stage->is_skip ? &layer->skip : &layer->main;
	const struct trace_tensor *parameters = &trace->tensors[layer->parameter_tensor];
	const int is_threshold = layer->post == TRACE_POST_THRESHOLD;
	const int multiplies = stage->kind == STAGE_MATRIX || (stage->kind == STAGE_DEPTHWISE && stage->weight_bits);
	if (stage->kind == STAGE_PAD) fprintf(out, "pad_value %s\n", pads[conv->pad_value]);
	if (stage->kind == STAGE_FORK) fprintf(out, "bit_from %d\n", is_threshold ? layer->threshold_base + 1 : 0);
	if (stage->kind == STAGE_POINT)
		fprintf(out, "post_shift %" PRIu32 "\nskip %d\n", layer->post_shift,
		        layer->skip.kind != TRACE_CONV_NONE);
	if (sends_bits_of_unsigned(trace, layer, stage)) fprintf(out, "output_unsigned 1\n");
	if (stage->threshold_count) fprintf(out, "threshold_base %" PRId32 "\n", layer->threshold_base);
	if (multiplies) write_tensor(out, "weights", &trace->tensors[conv->weight_tensor]);
	if (stage->threshold_count || stage->kind == STAGE_POINT || stage->kind == STAGE_JOIN)
		write_tensor(out, "parameters", parameters);
}

static FILE *create(const char *folder, const char *name, const char *suffix, struct error *error) {
	char path[PATH_BYTES];
	snprintf(path, sizeof path, "%s/%s%s", folder, name, suffix);
	FILE *out = fopen(path, "w");
	if (!out) error_set(error, STATUS_IO, "%s cannot be written", path);
	return out;
}

static enum status write_all_values(const struct stream_case *made, const char *folder, struct error *error) {
	const struct pipeline *pipeline = &made->pipeline;
	for (uint32_t i = 0; i < pipeline->stage_count; i++) {
		const struct stage *stage = &pipeline->stages[i];
		if (stage->layer == PIPELINE_NONE) continue;
		FILE *out = create(folder, stage->name, ".values", error);
		if (!out) return STATUS_IO;
		write_values(&made->trace, stage, out);
		if (fclose(out)) return error_set(error, STATUS_IO, "%s cannot be written", folder);
	}
	return STATUS_OK;
}

static uint32_t input_fifo(const struct pipeline *pipeline) {
	uint32_t i = 0;
	while (pipeline->stages[i].kind != STAGE_INPUT) i++;
	return pipeline->stages[i].output[0];
}

static int32_t *scores_room(const struct stream_case *made) {
	const struct trace_map *scores = &made->trace.maps[made->trace.scores_map];
	return calloc((size_t)scores->height * scores->width * scores->channels, sizeof(int32_t));
}

/* Words of a FIFO in all frames, to `out`, each behind `before`, numbered where that is not NULL; at most `most`. */
static enum status write_words(const struct stream_case *made, uint32_t fifo, const char *before, uint64_t most,
                               FILE *out, struct error *error) {
	struct words *words = NULL;
	int32_t *scores = scores_room(made);
	uint64_t number = 0;
	enum status status = scores ? words_create(&words, &made->pipeline, &made->trace, error)
	                            : error_set(error, STATUS_MEMORY, "out of memory");
	const uint32_t digits = (made->pipeline.fifos[fifo].width_bits + 3) / 4;
	for (uint32_t frame = 0; frame < made->frames && !status; frame++) {
		status = words_run(words, made->inputs + frame * image_map_values(&made->trace), scores, error);
		for (uint64_t i = 0; !status && i < words_count(words, fifo) && number < most; i++, number++) {
			const uint64_t *word = words_word(words, fifo, i);
			if (before) fprintf(out, "%s %" PRIu64 " ", before, number);
			for (uint32_t d = digits; d-- > 0;)
				fprintf(out, "%x", (unsigned)(word[d / 16] >> d % 16 * 4 & 15));
			fprintf(out, "\n");
		}
	}
	words_free(words);
	free(scores);
	return status;
}

enum status stream_case_write(const struct stream_case *made, const char *folder, struct error *error) {
	FILE *out = create(folder, "pipeline", ".txt", error);
	if (!out) return STATUS_IO;
	pipeline_print_stages(&made->pipeline, out);
	if (fclose(out)) return error_set(error, STATUS_IO, "%s cannot be written", folder);
	out = create(folder, "input", ".hex", error);
	if (!out) return STATUS_IO;
	enum status status = write_words(made, input_fifo(&made->pipeline), NULL, UINT64_MAX, out, error);
	if (fclose(out) && !status) status = error_set(error, STATUS_IO, "%s cannot be written", folder);
	return status ? status : write_all_values(made, folder, error);
}

/* ---- what is expected */

static void expect_states(const struct stream_case *made, const struct stream_result *result, FILE *out) {
	static const enum unit_state states[] = {STATE_BUSY,    STATE_FILL_DRAIN, STATE_MEMORY,
	                                         STATE_STARVED, STATE_BLOCKED,    STATE_IDLE};
	for (uint32_t i = 0; i < result->stage_count; i++) {
		fprintf(out, "attribution %s", made->pipeline.stages[i].name);
		for (size_t s = 0; s < sizeof states / sizeof states[0]; s++)
			fprintf(out, " %s %" PRIu64, unit_state_names[states[s]], result->stages[i].cycles[states[s]]);
		fprintf(out, "\n");
	}
}

enum status stream_case_expect(const struct stream_case *made, const char *name, FILE *out,
                               struct stream_result *result, struct error *error) {
	const struct stream_options options = {.no_recurrence = 1};
	const struct stage *output = &made->pipeline.stages[made->pipeline.stage_count - 1];
	enum status status = stream_run(&made->pipeline, made->frames, &options, result, error);
	if (status && status != STATUS_STUCK) return status;
	const struct stream_stage_counters *last = &result->stages[result->stage_count - 1];
	const uint64_t each = output->words;
	fprintf(out, "case %s\n", name);
	if (result->is_stuck)
		fprintf(out, "stuck %" PRIu64 "\n", result->total_cycles - 1);
	else
		fprintf(out, "total_cycles %" PRIu64 "\n", result->total_cycles);
	for (uint32_t k = 0; k < last->words_taken / each; k++)
		fprintf(out, "frame %" PRIu32 " %" PRIu64 "\n", k, result->frame_end_cycle[k]);
	if (!result->is_stuck) expect_states(made, result, out);
	for (uint32_t f = 0; f < result->fifo_count; f++) {
		const struct stream_fifo_counters *fifo = &result->fifos[f];
		fprintf(out, "fifo %s highest %" PRIu32, made->pipeline.fifos[f].name, fifo->highest_fill);
		if (result->is_stuck)
			fprintf(out, " fill %" PRIu32 " of %" PRIu32, fifo->fill_at_end,
			        made->pipeline.fifos[f].depth_words);
		fprintf(out, "\n");
	}
	status = write_words(made, output->input[0], "word", last->words_taken, out, error);
	fprintf(out, "end\n");
	if (status) stream_result_clear(result);
	return status;
}
