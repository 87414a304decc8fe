/* See stream.h and STREAMING.md section 3: one step function for all kinds; they differ in their schedules.
 *
 * A stalling stage is a chain of advances: an advance happens one cycle after the one before, or when the word it takes
 * and the room for the word it makes are there, whichever is last. In a flushing stage words are made, and iterations
 * issued, on two clocks of their own: making a word can hold the whole stage, a missing input cannot, so the times of
 * words made do not wait for inputs that are not known yet; holds found that way are kept until the issue passes them.
 */
#include "sim/streaming/state.h"

static void note(const struct stream *stream, enum stream_event_kind kind, uint32_t index, uint32_t frame,
                 uint64_t cycle) {
	if (!stream->hooks.event) return;
	struct stream_event event = {.kind = kind, .index = index, .frame = frame, .cycle = cycle};
	stream->hooks.event(stream->hooks.event_context, &event);
}

void stage_note_state(const struct stream *stream, uint32_t index, enum unit_state state, uint64_t cycle,
                      uint64_t end_cycle) {
	if (!stream->hooks.event || cycle == end_cycle) return;
	struct stream_event event = {
	    .kind = STREAM_STATE, .index = index, .state = state, .cycle = cycle, .end_cycle = end_cycle};
	stream->hooks.event(stream->hooks.event_context, &event);
}

/* Cycle from which all words of the next R iteration are there; STREAM_NEVER: not known. *memory_cycle: the same for
 * inputs that come from the input DMA. */
static uint64_t words_cycle(const struct stage_state *stage, uint64_t *memory_cycle) {
	uint64_t cycle = 0;
	for (int p = 0; p < STAGE_PORTS_MAX && stage->input[p]; p++) {
		uint64_t from = fifo_word_cycle(stage->input[p]);
		if (from > cycle) cycle = from;
		if (stage->input_is_memory[p] && from > *memory_cycle) *memory_cycle = from;
	}
	return cycle;
}

static uint64_t room_cycle(const struct stage_state *stage) {
	uint64_t cycle = 0;
	for (int p = 0; p < STAGE_PORTS_MAX && stage->output[p]; p++) {
		uint64_t from = fifo_room_cycle(stage->output[p]);
		if (from > cycle) cycle = from;
	}
	return cycle;
}

/* A maker can only wait for a place that is not known to become free when the FIFO is full in the order of the steps, a
 * taker only for a word when it is empty: only then it needs to be woken. */
static void take_words(struct stream *stream, struct stage_state *stage, uint64_t cycle) {
	for (int p = 0; p < STAGE_PORTS_MAX && stage->input[p]; p++) {
		struct fifo_state *fifo = stage->input[p];
		int was_full = fifo->pushed - fifo->taken >= fifo->depth;
		if (!fifo_take(fifo, cycle)) stream->failed_memory = 1;
		note(stream, STREAM_TAKE, (uint32_t)(fifo - stream->fifos), 0, cycle);
		if (was_full) stream->hooks.wake(stream->hooks.context, fifo->from, cycle + 1);
	}
	stage->counters.words_taken++;
}

static void make_words(struct stream *stream, struct stage_state *stage, uint64_t cycle) {
	for (int p = 0; p < STAGE_PORTS_MAX && stage->output[p]; p++) {
		struct fifo_state *fifo = stage->output[p];
		int was_empty = fifo->pushed == fifo->taken;
		if (!fifo_push(fifo, cycle)) stream->failed_memory = 1;
		note(stream, STREAM_PUSH, (uint32_t)(fifo - stream->fifos), 0, cycle);
		if (was_empty) stream->hooks.wake(stream->hooks.context, fifo->to, cycle + 1);
	}
	stage->counters.words_made++;
}

/* Marks of the next iteration; empty ones after the last frame have none. */
static uint32_t next_marks(const struct stage_state *stage, const struct stream *stream) {
	return stage->frame < stream->frames ? cursor_marks(&stage->schedule, &stage->cursor) : 0;
}

static uint32_t next_run(const struct stage_state *stage, const struct stream *stream) {
	return stage->frame < stream->frames ? stage->cursor.left : stage->empty_left;
}

/* The last iteration was issued in `cycle`. */
static void end_stage(struct stream *stream, uint32_t index, uint64_t cycle) {
	stream->stages[index].has_ended = 1;
	stage_note_state(stream, index, STATE_IDLE, cycle + 1, STREAM_NEVER);
}

/* Issues n iterations of the present segment, the last of them in `cycle`. */
static void issue(struct stream *stream, uint32_t index, uint32_t marks, uint32_t n, uint64_t cycle) {
	struct stage_state *stage = &stream->stages[index];
	const enum unit_state state = marks ? STATE_BUSY : STATE_FILL_DRAIN;
	stage->counters.cycles[state] += n;
	stage_note_state(stream, index, state, cycle + 1 - n, cycle + 1);
	if (stage->frame >= stream->frames) {
		stage->empty_left -= n;
		if (!stage->empty_left) end_stage(stream, index, cycle);
		return;
	}
	if (stage->frame_begun && stage->cursor.left > n) { /* most of the time */
		stage->cursor.left -= n;
		return;
	}
	if (!stage->frame_begun) note(stream, STREAM_FRAME_BEGIN, index, stage->frame, cycle + 1 - n);
	stage->frame_begun = 1;
	if (!cursor_take(&stage->schedule, &stage->cursor, n)) return;
	note(stream, STREAM_FRAME_END, index, stage->frame, cycle);
	if (index == stream->output_stage) stream->frame_end_cycle[stream->frames_done++] = cycle;
	stage->frame_begun = 0;
	stage->frame++;
	if (stage->frame == stream->frames && !stage->empty_left) end_stage(stream, index, cycle);
}

/* Accounts the cycles from next_cycle to before `cycle`, if any, to a state. */
static void account(struct stream *stream, uint32_t index, enum unit_state state, uint64_t cycle) {
	struct stage_state *stage = &stream->stages[index];
	if (stage->next_cycle >= cycle) return;
	stage->counters.cycles[state] += cycle - stage->next_cycle;
	stage_note_state(stream, index, state, stage->next_cycle, cycle);
	stage->next_cycle = cycle;
}

/* Accounts [next_cycle, cycle) of a stage that has to wait: for memory, for another stage, then for room. */
static void account_wait(struct stream *stream, uint32_t index, uint64_t cycle, uint64_t memory_cycle,
                         uint64_t word_cycle) {
	account(stream, index, STATE_MEMORY, memory_cycle < cycle ? memory_cycle : cycle);
	account(stream, index, STATE_STARVED, word_cycle < cycle ? word_cycle : cycle);
	account(stream, index, STATE_BLOCKED, cycle);
}

static int is_paused(const struct stream *stream, uint32_t index) {
	const struct stage_state *stage = &stream->stages[index];
	return index == stream->input_stage && stage->frame >= stream->released_frames && stage->frame < stream->frames;
}

static uint64_t step_stalling(struct stream *stream, uint32_t index, uint64_t until_cycle) {
	struct stage_state *stage = &stream->stages[index];
	while (!stage->has_ended && !is_paused(stream, index)) {
		uint32_t marks = next_marks(stage, stream), run = 1;
		uint64_t memory_cycle = 0, word_cycle = 0, cycle = stage->next_cycle;
		/* The W iteration that the next advance brings to the last step. */
		int makes = stage->latency_cycles == 1
		                ? (marks & MARK_WRITE) != 0
		                : stage->due_count && stage->due[stage->due_head] == stage->advances + 1;
		if (marks & MARK_READ) word_cycle = words_cycle(stage, &memory_cycle);
		uint64_t room = makes ? room_cycle(stage) : 0;
		if (word_cycle == STREAM_NEVER || room == STREAM_NEVER) return STREAM_NEVER;
		if (word_cycle > cycle) cycle = word_cycle;
		if (room > cycle) cycle = room;
		if (cycle > until_cycle) return cycle;
		if (cycle > stage->next_cycle) account_wait(stream, index, cycle, memory_cycle, word_cycle);
		if (!makes &&
		    !(marks & (MARK_READ | MARK_WRITE))) { /* nothing until the end of the segment or the next word */
			uint64_t most = next_run(stage, stream), to_word;
			if (stage->due_count && (to_word = stage->due[stage->due_head] - stage->advances - 1) < most)
				most = to_word;
			if (until_cycle - cycle < most - 1) most = until_cycle - cycle + 1;
			run = (uint32_t)most;
		}
		stage->advances += run;
		stage->next_cycle = cycle + run;
		if ((marks & MARK_WRITE) && stage->latency_cycles > 1)
			stage->due[(stage->due_head + stage->due_count++) % PIPE_MAX] =
			    stage->advances + stage->latency_cycles - 1;
		if (marks & MARK_READ) take_words(stream, stage, cycle);
		if (makes) {
			if (stage->latency_cycles > 1) {
				stage->due_head = (stage->due_head + 1) % PIPE_MAX;
				stage->due_count--;
			}
			make_words(stream, stage, cycle);
		}
		issue(stream, index, marks, run, cycle + run - 1);
	}
	return STREAM_NEVER;
}

/* Flushing, L > 1: makes the oldest word in the pipeline, if that is before `before_cycle` and its time is known.
 * Returns 1 when it did; *wake_cycle: when it could, beyond until_cycle. */
static int make_due(struct stream *stream, uint32_t index, uint64_t before_cycle, uint64_t until_cycle,
                    uint64_t *wake_cycle) {
	struct stage_state *stage = &stream->stages[index];
	if (!stage->due_count) return 0;
	uint64_t due_cycle = stage->due[stage->due_head] + stage->made_holds;
	if (due_cycle > before_cycle) return 0;
	uint64_t room = room_cycle(stage);
	uint64_t cycle = room > due_cycle ? room : due_cycle;
	if (room == STREAM_NEVER || cycle > until_cycle) {
		*wake_cycle = room == STREAM_NEVER ? STREAM_NEVER : cycle;
		return 0;
	}
	if (cycle > due_cycle) {
		stage->holds[(stage->hold_head + stage->hold_count++) % (PIPE_MAX + 1)] =
		    (struct hold){due_cycle, cycle};
		stage->made_holds += cycle - due_cycle;
	}
	stage->due_head = (stage->due_head + 1) % PIPE_MAX;
	stage->due_count--;
	make_words(stream, stage, cycle);
	return 1;
}

/* First cycle from `cycle` on that is not held; drops the holds before it and counts them. */
static uint64_t pass_holds(struct stage_state *stage, uint64_t cycle) {
	while (stage->hold_count) {
		struct hold *hold = &stage->holds[stage->hold_head];
		if (hold->from_cycle > cycle) break;
		if (cycle < hold->to_cycle) cycle = hold->to_cycle;
		stage->issue_holds += hold->to_cycle - hold->from_cycle;
		stage->hold_head = (stage->hold_head + 1) % (PIPE_MAX + 1);
		stage->hold_count--;
	}
	return cycle;
}

/* The issue of a flushing stage meets no hold that is not known: every word due up to `cycle` has been made. */
static uint64_t step_flushing(struct stream *stream, uint32_t index, uint64_t until_cycle) {
	struct stage_state *stage = &stream->stages[index];
	uint64_t wake_cycle = STREAM_NEVER;
	for (;;) {
		int can_issue = !stage->has_ended && !is_paused(stream, index);
		uint32_t marks = can_issue ? next_marks(stage, stream) : 0, run = 1;
		uint64_t memory_cycle = 0, word_cycle = 0;
		if (marks & MARK_READ) word_cycle = words_cycle(stage, &memory_cycle);
		uint64_t cycle = !can_issue                       ? STREAM_NEVER
		                 : word_cycle > stage->next_cycle ? word_cycle
		                                                  : stage->next_cycle;
		wake_cycle = STREAM_NEVER;
		if (make_due(stream, index, cycle, until_cycle, &wake_cycle)) continue;
		uint64_t due_cycle = stage->due_count ? stage->due[stage->due_head] + stage->made_holds : STREAM_NEVER;
		if (cycle == STREAM_NEVER || due_cycle <= cycle) return wake_cycle;
		uint64_t issued = pass_holds(stage, cycle);
		/* A hold may end at or after the next word is due; its time comes first. */
		if (issued > until_cycle) return issued;
		account_wait(stream, index, issued, memory_cycle, word_cycle);
		if (due_cycle <= issued) continue;
		if (!(marks & (MARK_READ | MARK_WRITE))) {
			uint64_t most = next_run(stage, stream);
			if (due_cycle - issued < most) most = due_cycle - issued;
			if (stage->hold_count && stage->holds[stage->hold_head].from_cycle - issued < most)
				most = stage->holds[stage->hold_head].from_cycle - issued;
			if (until_cycle - issued < most - 1) most = until_cycle - issued + 1;
			run = (uint32_t)most;
		}
		stage->next_cycle = issued + run;
		if (marks & MARK_WRITE)
			stage->due[(stage->due_head + stage->due_count++) % PIPE_MAX] =
			    issued - stage->issue_holds + stage->latency_cycles - 1;
		if (marks & MARK_READ) take_words(stream, stage, issued);
		issue(stream, index, marks, run, issued + run - 1);
	}
}

uint64_t stage_step(struct stream *stream, uint32_t index, uint64_t until_cycle) {
	int is_flushing = stream->pipeline->flushing && stream->stages[index].latency_cycles > 1;
	return is_flushing ? step_flushing(stream, index, until_cycle) : step_stalling(stream, index, until_cycle);
}

void stage_wait(struct stream *stream, uint32_t index, uint64_t cycle) {
	struct stage_state *stage = &stream->stages[index];
	uint64_t memory_cycle = 0, word_cycle = 0;
	if (next_marks(stage, stream) & MARK_READ) word_cycle = words_cycle(stage, &memory_cycle);
	account_wait(stream, index, cycle, memory_cycle, word_cycle);
}
