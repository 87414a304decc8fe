/* See stream.h: creating a machine, running it natively, and the result. The recurrence is in recurrence.c. */
#include "sim/streaming/stream.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/streaming/recurrence.h"
#include "sim/streaming/state.h"

static enum status out_of_memory(struct error *error) {
	return error_set(error, STATUS_MEMORY, "out of memory for the streaming machine");
}

void stream_free(struct stream *stream) {
	if (!stream) return;
	if (stream->fifos)
		for (uint32_t f = 0; f < stream->pipeline->fifo_count; f++) fifo_free(&stream->fifos[f]);
	free(stream->fifos);
	free(stream->stages);
	free(stream->frame_end_cycle);
	free(stream);
}

static void stage_begin(struct stream *stream, uint32_t index) {
	const struct stage *built = &stream->pipeline->stages[index];
	struct stage_state *stage = &stream->stages[index];
	stage->schedule = schedule_of(built, stream->pipeline->pool_overhead_cycles);
	cursor_begin(&stage->schedule, &stage->cursor);
	stage->empty_left = stage->schedule.ends_loop ? 0 : built->latency_cycles - 1;
	stage->latency_cycles = built->latency_cycles;
	for (int in = 0, out = 0, p = 0; p < STAGE_PORTS_MAX; p++) {
		if (built->input[p] != PIPELINE_NONE) {
			enum stage_kind from =
			    stream->pipeline->stages[stream->pipeline->fifos[built->input[p]].from].kind;
			stage->input_is_memory[in] = from == STAGE_INPUT;
			stage->input[in++] = &stream->fifos[built->input[p]];
		}
		if (built->output[p] != PIPELINE_NONE) stage->output[out++] = &stream->fifos[built->output[p]];
	}
	if (built->kind == STAGE_OUTPUT) stream->output_stage = index;
	if (built->kind != STAGE_INPUT) return;
	stream->input_stage = index;
	stage->next_cycle = stream->pipeline->start_cycles;
	stage->counters.cycles[STATE_MEMORY] = stream->pipeline->start_cycles;
	stage_note_state(stream, index, STATE_MEMORY, 0, stage->next_cycle);
}

static enum status create(struct stream **made, const struct pipeline *pipeline, uint32_t frames,
                          const struct stream_options *options, const struct stream_hooks *hooks, struct error *error) {
	struct stream *stream = calloc(1, sizeof *stream);
	*made = stream;
	if (!stream) return out_of_memory(error);
	stream->pipeline = pipeline;
	stream->hooks = *hooks;
	stream->frames = stream->released_frames = frames;
	stream->stages = calloc(pipeline->stage_count, sizeof *stream->stages);
	stream->fifos = calloc(pipeline->fifo_count, sizeof *stream->fifos);
	stream->frame_end_cycle = calloc(frames, sizeof *stream->frame_end_cycle);
	if (!stream->stages || !stream->fifos || !stream->frame_end_cycle) return out_of_memory(error);
	for (uint32_t i = 0; i < pipeline->stage_count; i++) stage_begin(stream, i);
	for (uint32_t f = 0; f < pipeline->fifo_count; f++)
		if (fifo_begin(&stream->fifos[f], &pipeline->fifos[f],
		               options->unbounded_fifos || (options->unbounded && options->unbounded[f])))
			return out_of_memory(error);
	return STATUS_OK;
}

enum status stream_create(struct stream **stream, const struct pipeline *pipeline, uint32_t frames,
                          const struct stream_hooks *hooks, struct error *error) {
	static const struct stream_options standard;
	enum status status = create(stream, pipeline, frames, &standard, hooks, error);
	if (status) {
		stream_free(*stream);
		*stream = NULL;
	}
	return status;
}

uint64_t stream_step(struct stream *stream, uint32_t stage, uint64_t until_cycle) {
	return stage_step(stream, stage, until_cycle);
}

int stream_ended(const struct stream *stream) {
	return stream->frames_done == stream->frames;
}

/* Cycles a stage has accounted beyond `total_cycles`. */
static uint64_t overshoot_cycles(const struct stream *stream, uint32_t index, uint64_t total_cycles) {
	uint64_t sum = 0;
	for (int s = 0; s < STATE_COUNT; s++) sum += stream->stages[index].counters.cycles[s];
	return sum > total_cycles ? sum - total_cycles : 0;
}

/* Brings a stage's states to `total_cycles`: empty iterations after it are cut; a stage that has ended is idle, another
 * one waits. */
static void close_stage(struct stream *stream, uint32_t index, uint64_t total_cycles) {
	struct stage_state *stage = &stream->stages[index];
	uint64_t over = overshoot_cycles(stream, index, total_cycles);
	stage->counters.cycles[STATE_FILL_DRAIN] -= over;
	if (over || stage->next_cycle >= total_cycles) return;
	if (stage->has_ended)
		stage->counters.cycles[STATE_IDLE] += total_cycles - stage->next_cycle;
	else
		stage_wait(stream, index, total_cycles);
}

/* The last cycle in which anything happened, + 1: where a stuck run is cut. A flushing stage may push what is in its
 * pipeline after its last iteration. */
static uint64_t last_cycle(const struct stream *stream) {
	uint64_t cycle = 0;
	for (uint32_t i = 0; i < stream->pipeline->stage_count; i++)
		if (stream->stages[i].next_cycle > cycle) cycle = stream->stages[i].next_cycle;
	for (uint32_t f = 0; f < stream->pipeline->fifo_count; f++) {
		const struct fifo_state *fifo = &stream->fifos[f];
		if (!fifo->pushed) continue;
		const uint64_t pushed = fifo->push_cycle[(fifo->pushed - 1) % fifo->capacity] + 1;
		if (pushed > cycle) cycle = pushed;
	}
	return cycle;
}

static const char *const stuck_text = "the pipeline is stuck in cycle %llu of frame %u: FIFO %s is full with %u words "
                                      "and stage %s waits for room; deeper "
                                      "FIFOs free it (nbsim --size-fifos finds the depths)";

static enum status report_stuck(const struct stream *stream, uint64_t cycle, struct error *error) {
	const struct pipeline *pipeline = stream->pipeline;
	for (uint32_t f = pipeline->fifo_count;
	     f-- > 0;) { /* the last one in the pipeline: those before it only queue up */
		const struct fifo_state *fifo = &stream->fifos[f];
		if (fifo->pushed - fifo->taken < fifo->depth) continue;
		return error_set(error, STATUS_STUCK, stuck_text, (unsigned long long)cycle, stream->frames_done,
		                 pipeline->fifos[f].name, pipeline->fifos[f].depth_words,
		                 pipeline->stages[fifo->from].name);
	}
	return error_set(error, STATUS_STUCK,
	                 "the pipeline is stuck in cycle %llu of frame %u: no FIFO is full, a stage "
	                 "waits for words that never come",
	                 (unsigned long long)cycle, stream->frames_done);
}

enum status stream_finish(struct stream *stream, struct stream_result *result, struct error *error) {
	const struct pipeline *pipeline = stream->pipeline;
	memset(result, 0, sizeof *result);
	result->stages = calloc(pipeline->stage_count, sizeof *result->stages);
	result->fifos = calloc(pipeline->fifo_count, sizeof *result->fifos);
	if (!result->stages || !result->fifos || stream->failed_memory) return out_of_memory(error);
	result->is_stuck = !stream_ended(stream);
	result->frames_simulated = result->frames = stream->frames;
	result->frame_end_cycle = stream->frame_end_cycle;
	stream->frame_end_cycle = NULL;
	result->total_cycles = result->is_stuck ? last_cycle(stream) : result->frame_end_cycle[stream->frames - 1] + 1;
	result->stage_count = pipeline->stage_count;
	result->fifo_count = pipeline->fifo_count;
	for (uint32_t i = 0; i < pipeline->stage_count; i++) {
		if (!result->is_stuck) stage_step(stream, i, result->total_cycles - 1);
		close_stage(stream, i, result->total_cycles);
		result->stages[i] = stream->stages[i].counters;
	}
	for (uint32_t f = 0; f < pipeline->fifo_count; f++) {
		struct fifo_state *fifo = &stream->fifos[f];
		fifo_finish(fifo);
		result->fifos[f] = (struct stream_fifo_counters){fifo->words, (uint32_t)fifo->highest_fill,
		                                                 (uint32_t)(fifo->pushed - fifo->taken)};
	}
	return result->is_stuck ? report_stuck(stream, result->total_cycles, error) : STATUS_OK;
}

void stream_result_clear(struct stream_result *result) {
	free(result->frame_end_cycle);
	free(result->period_stages);
	free(result->stages);
	free(result->fifos);
	memset(result, 0, sizeof *result);
}

double stream_period_cycles(const struct stream_result *result) {
	if (result->period_frames) return (double)result->period_cycles / result->period_frames;
	if (result->frames < 2) return (double)result->total_cycles;
	uint32_t half = result->frames / 2; /* not recurred: the second half */
	return (double)(result->frame_end_cycle[result->frames - 1] - result->frame_end_cycle[half - 1]) /
	       (result->frames - half);
}

/* Stages that may have something to do: a ring of indices, each at most once. */
struct runner {
	struct stream *stream;
	uint32_t *ring;
	uint8_t *is_listed;
	uint32_t count, head, listed;
	uint64_t random, until_cycle;
};

static void list_stage(void *context, uint32_t stage, uint64_t cycle) {
	struct runner *runner = context;
	(void)cycle;
	if (runner->is_listed[stage]) return;
	runner->is_listed[stage] = 1;
	const uint32_t place = runner->head + runner->listed++;
	runner->ring[place < runner->count ? place : place - runner->count] = stage;
}

static uint32_t pick_stage(struct runner *runner) {
	if (runner->random && runner->listed > 1) { /* any of them comes first (xorshift) */
		runner->random ^= runner->random << 13;
		runner->random ^= runner->random >> 7;
		runner->random ^= runner->random << 17;
		uint32_t other = ((uint32_t)(runner->head + runner->random % runner->listed)) % runner->count;
		uint32_t swapped = runner->ring[runner->head];
		runner->ring[runner->head] = runner->ring[other];
		runner->ring[other] = swapped;
	}
	uint32_t stage = runner->ring[runner->head];
	if (++runner->head == runner->count) runner->head = 0;
	runner->listed--;
	runner->is_listed[stage] = 0;
	return stage;
}

/* Steps stages until none can move. */
static enum status run_until_quiet(struct runner *runner, const volatile sig_atomic_t *stop, struct error *error) {
	while (runner->listed) {
		stage_step(runner->stream, pick_stage(runner), runner->until_cycle);
		if (stop && *stop)
			return error_set(error, STATUS_INTERRUPTED, "interrupted in frame %u of %u",
			                 runner->stream->frames_done, runner->stream->frames);
	}
	return runner->stream->failed_memory ? out_of_memory(error) : STATUS_OK;
}

/* At a given pace: the next frame has its time. */
static void await_frame(struct stream *stream, const struct stream_options *options) {
	struct stage_state *input = &stream->stages[stream->input_stage];
	if (!options->pace_frames) return;
	const uint64_t cycle = stream->released_frames * options->pace_cycles / options->pace_frames;
	if (cycle <= input->next_cycle) return;
	input->counters.cycles[STATE_MEMORY] += cycle - input->next_cycle;
	input->next_cycle = cycle;
}

/* Frame after frame is let in; when the machine recurs the repetitions are added at once. */
static enum status run_frames(struct runner *runner, const struct stream_options *options,
                              struct recurrence *recurrence, struct error *error) {
	struct stream *stream = runner->stream;
	recurrence->no_drift = stream->pipeline->flushing || options->pace_frames;
	for (uint32_t i = 0; i < stream->pipeline->stage_count; i++) list_stage(runner, i, 0);
	if (options->no_recurrence || options->event || stream->frames < 3)
		return run_until_quiet(runner, options->stop, error);
	for (stream->released_frames = 1; stream->released_frames < stream->frames; stream->released_frames++) {
		list_stage(runner, stream->input_stage, 0);
		enum status status = run_until_quiet(runner, options->stop, error);
		if (status) return status;
		if (stream->stages[stream->input_stage].frame < stream->released_frames) return STATUS_OK; /* stuck */
		await_frame(stream, options);
		status = recurrence_meet(recurrence, stream, error);
		if (status) return status;
		if (recurrence->period.frames) break;
	}
	stream->released_frames = stream->frames;
	list_stage(runner, stream->input_stage, 0);
	return run_until_quiet(runner, options->stop, error);
}

/* One run of the batch up to `until_cycle`. *total_cycles: of the run, 0 when it is stuck; *overshoots: a stage did
 * more after the end than empty its pipeline (a pool that reads the rows no window covers). */
static enum status run_once(struct runner *runner, const struct pipeline *pipeline,
                            const struct stream_options *options, uint32_t frames, struct stream_result *result,
                            uint64_t *total_cycles, int *overshoots, struct error *error) {
	struct stream_hooks hooks = {runner, list_stage, options->context, options->event};
	struct recurrence recurrence = {0};
	struct stream *stream = NULL;
	stream_free(runner->stream);
	enum status status = create(&stream, pipeline, frames, options, &hooks, error);
	runner->stream = stream;
	if (!status) status = run_frames(runner, options, &recurrence, error);
	if (!status) {
		*total_cycles = stream_ended(stream) ? stream->frame_end_cycle[frames - 1] + 1 : 0;
		*overshoots = 0;
		for (uint32_t i = 0; i < pipeline->stage_count && *total_cycles; i++)
			if (overshoot_cycles(stream, i, *total_cycles) >= pipeline->stages[i].latency_cycles)
				*overshoots = 1;
		if (!*overshoots) status = stream_finish(stream, result, error);
	}
	if (!status && !*overshoots) {
		result->frames_simulated = frames - recurrence.skipped_frames;
		result->recurs_at_frame = recurrence.at_frame;
		result->period_frames = recurrence.period.frames;
	}
	if (!status && result->period_frames) {
		result->period_cycles = recurrence.period.cycles[stream->output_stage];
		result->period_stages = recurrence.period.stages;
		recurrence.period.stages = NULL;
	}
	recurrence_clear(&recurrence);
	return status;
}

enum status stream_run(const struct pipeline *pipeline, uint32_t frames, const struct stream_options *options,
                       struct stream_result *result, struct error *error) {
	static const struct stream_options standard;
	if (!options) options = &standard;
	struct runner runner = {
	    .count = pipeline->stage_count, .random = options->shuffle_seed, .until_cycle = STREAM_NEVER - 1};
	struct stream_options silent = *options;
	uint64_t total_cycles = 0;
	int overshoots = 0;
	silent.event = NULL;
	memset(result, 0, sizeof *result);
	runner.ring = calloc(pipeline->stage_count, sizeof *runner.ring);
	runner.is_listed = calloc(pipeline->stage_count, sizeof *runner.is_listed);
	enum status status = runner.ring && runner.is_listed ? STATUS_OK : out_of_memory(error);
	if (!status) status = run_once(&runner, pipeline, options, frames, result, &total_cycles, &overshoots, error);
	if (!status && overshoots) { /* the end is known now: the same again, to that cycle */
		runner.until_cycle = total_cycles - 1;
		status = run_once(&runner, pipeline, &silent, frames, result, &total_cycles, &overshoots, error);
	}
	stream_free(runner.stream);
	free(runner.ring);
	free(runner.is_listed);
	return status;
}
