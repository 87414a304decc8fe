/* See stream_stepper.h. */
#include "stream_stepper.h"

#include <stdlib.h>
#include <string.h>

#include "sim/mapper/schedule.h"

struct step_stage {
	struct schedule schedule;
	struct cursor cursor;
	uint32_t frame, empty_left, cycles_held;
	uint8_t pipe[80]; /* pipe[i]: the iteration in step i + 1 has W */
	int advances, takes, makes, ended;
};

struct step_fifo {
	uint64_t count, highest;
	int pushed, taken;
};

struct stepper {
	const struct pipeline *pipeline;
	struct step_stage *stages;
	struct step_fifo *fifos;
	uint32_t frames;
	uint64_t cycle;
	struct stream_result *result;
};

static uint32_t marks_now(const struct stepper *stepper, const struct step_stage *stage) {
	return stage->frame < stepper->frames ? stage->cursor.marks : 0;
}

static void count_state(struct stepper *stepper, uint32_t index, enum unit_state state) {
	stepper->result->stages[index].cycles[state]++;
}

static void decide(struct stepper *stepper, uint32_t index) {
	const struct stage *built = &stepper->pipeline->stages[index];
	struct step_stage *stage = &stepper->stages[index];
	uint32_t marks = stage->ended ? 0 : marks_now(stepper, stage);
	int starving = 0, from_memory = 0, full = 0, last = (int)built->latency_cycles - 2;
	int makes = last < 0 ? (marks & MARK_WRITE) != 0 : stage->pipe[last];
	stage->advances = stage->takes = stage->makes = 0;
	if (built->kind == STAGE_INPUT && stepper->cycle < stepper->pipeline->start_cycles) {
		count_state(stepper, index, STATE_MEMORY);
		return;
	}
	if (stage->ended) {
		count_state(stepper, index, STATE_IDLE);
		return;
	}
	for (int p = 0; p < STAGE_PORTS_MAX; p++) {
		uint32_t in = built->input[p], out = built->output[p];
		if (in != PIPELINE_NONE && (marks & MARK_READ) && !stepper->fifos[in].count) {
			starving = 1;
			if (stepper->pipeline->stages[stepper->pipeline->fifos[in].from].kind == STAGE_INPUT)
				from_memory = 1;
		}
		if (out != PIPELINE_NONE && makes &&
		    stepper->fifos[out].count >= stepper->pipeline->fifos[out].depth_words)
			full = 1;
	}
	int flushes = stepper->pipeline->flushing && last >= 0;
	if (starving)
		count_state(stepper, index, from_memory ? STATE_MEMORY : STATE_STARVED);
	else if (full)
		count_state(stepper, index, STATE_BLOCKED);
	else
		count_state(stepper, index, marks ? STATE_BUSY : STATE_FILL_DRAIN);
	stage->advances = !full && (!starving || flushes);
	stage->takes = stage->advances && !starving;
	stage->makes = stage->advances && makes;
}

static void act(struct stepper *stepper, uint32_t index) {
	const struct stage *built = &stepper->pipeline->stages[index];
	struct step_stage *stage = &stepper->stages[index];
	if (!stage->advances) return;
	uint32_t marks = stage->takes ? marks_now(stepper, stage) : 0;
	for (int p = 0; p < STAGE_PORTS_MAX; p++) {
		if (built->input[p] != PIPELINE_NONE && (marks & MARK_READ)) stepper->fifos[built->input[p]].taken = 1;
		if (built->output[p] != PIPELINE_NONE && stage->makes) stepper->fifos[built->output[p]].pushed = 1;
	}
	memmove(stage->pipe + 1, stage->pipe, sizeof stage->pipe - 1);
	stage->pipe[0] = (marks & MARK_WRITE) != 0;
	if (!stage->takes) return;
	if (stage->frame >= stepper->frames) {
		stage->empty_left--;
	} else if (cursor_take(&stage->schedule, &stage->cursor, 1)) {
		if (built->kind == STAGE_OUTPUT) stepper->result->frame_end_cycle[stage->frame] = stepper->cycle;
		stage->frame++;
	}
	stage->ended = stage->frame == stepper->frames && !stage->empty_left;
}

static int step(struct stepper *stepper) {
	int moved = stepper->cycle < stepper->pipeline->start_cycles;
	for (uint32_t i = 0; i < stepper->pipeline->stage_count; i++) decide(stepper, i);
	for (uint32_t i = 0; i < stepper->pipeline->stage_count; i++) {
		/* A flushing stage's empty iterations are movement only while a word is on its way. */
		struct step_stage *stage = &stepper->stages[i];
		for (size_t s = 0; s < sizeof stage->pipe - 1; s++)
			if (stage->advances && stage->pipe[s] && s + 2 <= stepper->pipeline->stages[i].latency_cycles)
				moved = 1;
		if (stage->takes) moved = 1;
		act(stepper, i);
	}
	for (uint32_t f = 0; f < stepper->pipeline->fifo_count; f++) {
		struct step_fifo *fifo = &stepper->fifos[f];
		fifo->count += (uint64_t)fifo->pushed;
		fifo->count -= (uint64_t)fifo->taken;
		fifo->pushed = fifo->taken = 0;
		if (fifo->count > fifo->highest) fifo->highest = fifo->count;
		stepper->result->fifos[f].highest_fill = (uint32_t)fifo->highest;
	}
	stepper->cycle++;
	return moved;
}

int stepper_run(const struct pipeline *pipeline, uint32_t frames, struct stream_result *result) {
	struct stepper stepper = {.pipeline = pipeline, .frames = frames, .result = result};
	uint32_t output = 0;
	int moved = 1;
	stepper.stages = calloc(pipeline->stage_count, sizeof *stepper.stages);
	stepper.fifos = calloc(pipeline->fifo_count, sizeof *stepper.fifos);
	for (uint32_t i = 0; i < pipeline->stage_count; i++) {
		stepper.stages[i].schedule = schedule_of(&pipeline->stages[i], pipeline->pool_overhead_cycles);
		stepper.stages[i].empty_left =
		    stepper.stages[i].schedule.ends_loop ? 0 : pipeline->stages[i].latency_cycles - 1;
		cursor_begin(&stepper.stages[i].schedule, &stepper.stages[i].cursor);
		if (pipeline->stages[i].kind == STAGE_OUTPUT) output = i;
	}
	while (moved && stepper.stages[output].frame < frames) moved = step(&stepper);
	result->total_cycles = stepper.cycle;
	free(stepper.stages);
	free(stepper.fifos);
	return moved;
}
