/* See words.h: creating, the DMAs, and one stage after the other. A frame's words all lie in the FIFOs at once, however
 * many there are; depths are a matter of time. Stages stand in topological order, so each finds its inputs complete. */
#include "sim/streaming/words.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "sim/streaming/words_state.h"

enum { FIRST_WORDS = 256 };

void words_fail(struct words *words, enum status status, const char *format, ...) {
	va_list arguments;
	char text[ERROR_TEXT_BYTES];
	if (words->status) return;
	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	words->status = error_set(&words->error, status, "%s", text);
}

/* ---- FIFOs */

struct words_fifo *words_input(const struct words_stage *stage, int port) {
	return &stage->words->fifos[stage->built->input[port]];
}

struct words_fifo *words_output(const struct words_stage *stage, int port) {
	return &stage->words->fifos[stage->built->output[port]];
}

static uint64_t *spare_word(struct words *words) {
	memset(words->spare, 0, words->spare_limbs * sizeof *words->spare);
	return words->spare;
}

const uint64_t *words_take(struct words_stage *stage, int port) {
	struct words_fifo *fifo = words_input(stage, port);
	if (fifo->taken < fifo->count) return fifo->data + fifo->taken++ * fifo->limbs;
	words_fail(stage->words, STATUS_FAILED, "%s: waits for word %" PRIu64 " of %s, which gets %" PRIu64 " a frame",
	           stage->built->name, fifo->taken, stage->words->pipeline->fifos[stage->built->input[port]].name,
	           fifo->count);
	return spare_word(stage->words);
}

uint64_t *words_push(struct words_stage *stage, int port) {
	struct words_fifo *fifo = words_output(stage, port);
	if (fifo->count == fifo->capacity) {
		const uint64_t capacity = fifo->capacity ? 2 * fifo->capacity : FIRST_WORDS;
		uint64_t *data = realloc(fifo->data, capacity * fifo->limbs * sizeof *data);
		if (!data) {
			words_fail(stage->words, STATUS_MEMORY, "out of memory for the words of %s",
			           stage->built->name);
			return spare_word(stage->words);
		}
		fifo->data = data;
		fifo->capacity = capacity;
	}
	uint64_t *word = fifo->data + fifo->count++ * fifo->limbs;
	memset(word, 0, fifo->limbs * sizeof *word);
	return word;
}

uint64_t words_count(const struct words *words, uint32_t fifo) {
	return words->fifos[fifo].count;
}

const uint64_t *words_word(const struct words *words, uint32_t fifo, uint64_t index) {
	return words->fifos[fifo].data + index * words->fifos[fifo].limbs;
}

void words_print(const struct words *words, uint32_t fifo, FILE *out) {
	const struct words_fifo *built = &words->fifos[fifo];
	for (uint64_t i = 0; i < built->count; i++) {
		for (uint32_t digit = (built->width_bits + 3) / 4; digit-- > 0;)
			fprintf(out, "%x", (unsigned)word_field(words_word(words, fifo, i), 4 * digit, 4));
		fputc('\n', out);
	}
}

/* ---- creating */

static struct words_stage stage_of(struct words *words, uint32_t index) {
	struct words_stage stage = {.words = words, .built = &words->pipeline->stages[index]};
	if (stage.built->layer == PIPELINE_NONE) return stage;
	stage.layer = &words->trace->layers[stage.built->layer];
	stage.conv = stage.built->is_skip ? &stage.layer->skip : &stage.layer->main;
	return stage;
}

static int computes_with_weights(const struct stage *built) {
	return built->kind == STAGE_MATRIX || (built->kind == STAGE_DEPTHWISE && built->weight_bits);
}

static enum status check_tensor(const struct words_stage *stage, uint32_t index, uint32_t rows, uint32_t columns,
                                struct error *error) {
	const struct trace_tensor *tensor = &stage->words->trace->tensors[index];
	if (!tensor->data)
		return error_set(error, STATUS_INPUT, "tensor %s of %s has no values", tensor->name,
		                 stage->built->name);
	if (tensor->rows != rows || (columns && tensor->columns != columns))
		return error_set(error, STATUS_FAILED,
		                 "%s is built for %u x %u weights or parameters; tensor %s has %u x %u",
		                 stage->built->name, rows, columns, tensor->name, tensor->rows, tensor->columns);
	return STATUS_OK;
}

static enum status check_stage(const struct words_stage *stage, struct error *error) {
	const struct stage *built = stage->built;
	enum status status = STATUS_OK;
	if (!stage->layer) return STATUS_OK;
	if (computes_with_weights(built)) {
		const uint32_t channels = built->kind == STAGE_MATRIX ? built->input_channels : 1;
		status = check_tensor(stage, stage->conv->weight_tensor, built->output_channels,
		                      built->kernel_height * built->kernel_width * channels, error);
	}
	if (!status && built->threshold_count)
		status = check_tensor(stage, stage->layer->parameter_tensor, built->output_channels,
		                      built->threshold_count + 1, error);
	if (!status && (built->kind == STAGE_POINT || built->kind == STAGE_JOIN))
		status = check_tensor(stage, stage->layer->parameter_tensor, built->output_channels, 6, error);
	return status;
}

static enum status create(struct words *words, struct error *error) {
	const struct pipeline *pipeline = words->pipeline;
	words->fifos = calloc(pipeline->fifo_count, sizeof *words->fifos);
	if (!words->fifos) return error_set(error, STATUS_MEMORY, "out of memory for the words of a pipeline");
	for (uint32_t f = 0; f < pipeline->fifo_count; f++) {
		words->fifos[f].width_bits = pipeline->fifos[f].width_bits;
		words->fifos[f].limbs = (pipeline->fifos[f].width_bits + 63) / 64;
		if (words->fifos[f].limbs > words->spare_limbs) words->spare_limbs = words->fifos[f].limbs;
	}
	words->spare = calloc(words->spare_limbs, sizeof *words->spare);
	if (!words->spare) return error_set(error, STATUS_MEMORY, "out of memory for the words of a pipeline");
	enum status status = STATUS_OK;
	for (uint32_t i = 0; i < pipeline->stage_count && !status; i++) {
		const struct words_stage stage = stage_of(words, i);
		status = check_stage(&stage, error);
	}
	return status;
}

enum status words_create(struct words **words, const struct pipeline *pipeline, const struct trace *trace,
                         struct error *error) {
	*words = calloc(1, sizeof **words);
	if (!*words) return error_set(error, STATUS_MEMORY, "out of memory for the words of a pipeline");
	(*words)->pipeline = pipeline;
	(*words)->trace = trace;
	const enum status status = create(*words, error);
	if (status) {
		words_free(*words);
		*words = NULL;
	}
	return status;
}

void words_free(struct words *words) {
	if (!words) return;
	for (uint32_t f = 0; f < words->pipeline->fifo_count && words->fifos; f++) free(words->fifos[f].data);
	free(words->fifos);
	free(words->spare);
	free(words);
}

/* ---- the DMAs: the map's values one behind the other, cut into words */

static size_t map_values(const struct trace_map *map) {
	return (size_t)map->height * map->width * map->channels;
}

static void run_input(struct words_stage *stage, const int16_t *input_map) {
	const struct trace_map *map = &stage->words->trace->maps[stage->words->trace->input_map];
	const uint32_t width = words_output(stage, 0)->width_bits;
	const size_t bits = map_values(map) * map->value_bits;
	uint64_t *word = NULL;
	for (size_t at = 0; at < bits; at++) {
		const int16_t value = input_map[at / map->value_bits];
		const int bit = map->kind == TRACE_MAP_BITS ? value >= 0 : value >> (at % map->value_bits) & 1;
		if (at % width == 0) word = words_push(stage, 0);
		word_set(word, (uint32_t)(at % width), 1, (uint64_t)bit);
	}
}

/* The matrix unit whose sums, unchanged, are what goes to memory; its affine step is left to the host. */
static const struct stage *source_of_sums(const struct words *words, const struct stage *built) {
	do built = &words->pipeline->stages[words->pipeline->fifos[built->input[0]].from];
	while (built->kind == STAGE_CONVERT);
	return computes_with_weights(built) && !built->threshold_count ? built : NULL;
}

static void run_output(struct words_stage *stage, int32_t *scores) {
	struct words *words = stage->words;
	const struct stage *built = stage->built, *source = source_of_sums(words, built);
	const struct pipeline *pipeline = words->pipeline;
	const struct stage *last = &pipeline->stages[pipeline->fifos[built->input[0]].from];
	const struct trace_map *map = &words->trace->maps[words->trace->scores_map];
	const size_t values = last->kind == STAGE_LABEL ? 1 : map_values(map);
	const uint32_t width = words_input(stage, 0)->width_bits;
	const uint32_t bits = (uint32_t)((uint64_t)built->words * width / values);
	struct words_stage host = {.words = words, .built = source, .layer = &words->trace->layers[map->first_layer]};
	const uint64_t *word = NULL;
	for (size_t i = 0; i < values; i++) {
		uint64_t field = 0;
		for (uint32_t b = 0; b < bits; b++) {
			const size_t at = i * bits + b;
			if (at % width == 0) word = words_take(stage, 0);
			field |= word_field(word, (uint32_t)(at % width), 1) << b;
		}
		int64_t value =
		    last->kind == STAGE_LABEL ? (int64_t)field : value_of_field(field, bits, map->is_unsigned);
		if (source) {
			const uint32_t output = (uint32_t)(i % map->channels);
			value = words_affine(&host, value, output);
			value = words_saturate(&host, value + words_parameters(&host, output)[4]);
		}
		scores[i] = (int32_t)value;
	}
}

/* ---- a frame */

static void run_stage(struct words_stage *stage, const int16_t *input_map, int32_t *scores) {
	switch (stage->built->kind) {
	case STAGE_INPUT: run_input(stage, input_map); break;
	case STAGE_OUTPUT: run_output(stage, scores); break;
	case STAGE_PAD: words_pad(stage); break;
	case STAGE_WINDOW: words_window(stage); break;
	case STAGE_MATRIX: words_matrix(stage); break;
	case STAGE_DEPTHWISE: words_depthwise(stage); break;
	case STAGE_CONVERT: words_convert(stage); break;
	case STAGE_FORK: words_fork(stage); break;
	case STAGE_JOIN: words_join(stage); break;
	case STAGE_POINT: words_point(stage); break;
	case STAGE_MAX_POOL:
	case STAGE_AVERAGE_POOL: words_pool(stage); break;
	case STAGE_LABEL: words_label(stage); break;
	case STAGE_KIND_COUNT: break;
	}
}

enum status words_run(struct words *words, const int16_t *input_map, int32_t *scores, struct error *error) {
	const struct pipeline *pipeline = words->pipeline;
	words->status = STATUS_OK;
	for (uint32_t f = 0; f < pipeline->fifo_count; f++) words->fifos[f].count = words->fifos[f].taken = 0;
	for (uint32_t i = 0; i < pipeline->stage_count && !words->status; i++) {
		struct words_stage stage = stage_of(words, i);
		run_stage(&stage, input_map, scores);
	}
	for (uint32_t f = 0; f < pipeline->fifo_count && !words->status; f++)
		if (words->fifos[f].taken != words->fifos[f].count)
			words_fail(words, STATUS_FAILED, "%s takes %" PRIu64 " of the %" PRIu64 " words a frame in %s",
			           pipeline->stages[pipeline->fifos[f].to].name, words->fifos[f].taken,
			           words->fifos[f].count, pipeline->fifos[f].name);
	return words->status ? error_set(error, words->status, "%s", words->error.text) : STATUS_OK;
}
