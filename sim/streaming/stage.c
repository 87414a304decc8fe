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

/* What a step has done with the stage's FIFOs, for those that wait at their other ends. */
struct handed {
	int was_empty[STAGE_PORTS_MAX], was_full[STAGE_PORTS_MAX]; /* outputs, inputs */
	uint64_t taken, made, first_take_cycle, first_make_cycle;
};

static inline void note_margin(int64_t *margin, uint64_t next_cycle, uint64_t from_cycle) {
	const int64_t before = (int64_t)(next_cycle - from_cycle);
	if (before < *margin) *margin = before;
}

/* Cycle from which all words of the next R iteration are there; STREAM_NEVER: not known. *memory_cycle: the same for
 * inputs that come from the input DMA. A stage with R has one input at least, one with W one output. */
static inline uint64_t words_cycle(const struct stage_state *stage, uint64_t next_cycle, uint64_t *memory_cycle) {
	uint64_t cycle = fifo_word_cycle(stage->input[0]);
	note_margin(&stage->input[0]->word_margin, next_cycle, cycle);
	if (stage->input_is_memory[0]) *memory_cycle = cycle;
	if (!stage->input[1]) return cycle;
	const uint64_t other = fifo_word_cycle(stage->input[1]);
	note_margin(&stage->input[1]->word_margin, next_cycle, other);
	if (stage->input_is_memory[1] && other > *memory_cycle) *memory_cycle = other;
	return other > cycle ? other : cycle;
}

static inline uint64_t room_cycle(const struct stage_state *stage, uint64_t next_cycle) {
	const uint64_t cycle = fifo_room_cycle(stage->output[0]);
	note_margin(&stage->output[0]->room_margin, next_cycle, cycle);
	if (!stage->output[1]) return cycle;
	const uint64_t other = fifo_room_cycle(stage->output[1]);
	note_margin(&stage->output[1]->room_margin, next_cycle, other);
	return other > cycle ? other : cycle;
}

static inline void take_word(struct stream *stream, struct fifo_state *fifo, uint64_t cycle) {
	if (!fifo_take(fifo, cycle)) stream->failed_memory = 1;
	if (stream->hooks.event) note(stream, STREAM_TAKE, (uint32_t)(fifo - stream->fifos), 0, cycle);
}

static inline void take_words(struct stream *stream, struct stage_state *stage, struct handed *handed, uint64_t cycle) {
	if (!handed->taken++) handed->first_take_cycle = cycle;
	take_word(stream, stage->input[0], cycle);
	if (stage->input[1]) take_word(stream, stage->input[1], cycle);
}

static inline void make_word(struct stream *stream, struct fifo_state *fifo, uint64_t cycle) {
	if (!fifo_push(fifo, cycle)) stream->failed_memory = 1;
	if (stream->hooks.event) note(stream, STREAM_PUSH, (uint32_t)(fifo - stream->fifos), 0, cycle);
}

static inline void make_words(struct stream *stream, struct stage_state *stage, struct handed *handed, uint64_t cycle) {
	if (!handed->made++) handed->first_make_cycle = cycle;
	make_word(stream, stage->output[0], cycle);
	if (stage->output[1]) make_word(stream, stage->output[1], cycle);
}

static inline int is_empty(const struct fifo_state *fifo) {
	return fifo->pushed == fifo->taken;
}

static inline int is_full(const struct fifo_state *fifo) {
	return fifo->pushed - fifo->taken >= fifo->depth;
}

static inline struct handed begin_step(const struct stage_state *stage) {
	struct handed handed = {0};
	for (int p = 0; p < STAGE_PORTS_MAX && stage->input[p]; p++) handed.was_full[p] = is_full(stage->input[p]);
	for (int p = 0; p < STAGE_PORTS_MAX && stage->output[p]; p++) handed.was_empty[p] = is_empty(stage->output[p]);
	return handed;
}

/* A maker can only wait for a place that is not known to become free when the FIFO is full in the order of the steps, a
 * taker only for a word when it is empty: only then it needs to be woken. */
static inline void end_step(struct stream *stream, struct stage_state *stage, const struct handed *handed) {
	stage->counters.words_taken += handed->taken;
	stage->counters.words_made += handed->made;
	for (int p = 0; p < STAGE_PORTS_MAX && handed->taken; p++)
		if (handed->was_full[p])
			stream->hooks.wake(stream->hooks.context, stage->input[p]->from, handed->first_take_cycle + 1);
	for (int p = 0; p < STAGE_PORTS_MAX && handed->made; p++)
		if (handed->was_empty[p])
			stream->hooks.wake(stream->hooks.context, stage->output[p]->to, handed->first_make_cycle + 1);
}

/* Marks of the next iteration; empty ones after the last frame have none. */
static inline uint32_t next_marks(const struct stage_state *stage, const struct stream *stream) {
	return stage->frame < stream->frames ? stage->cursor.marks : 0;
}

/* How many of them are left in their segment; 0: none may be issued for now, or ever. */
static inline uint32_t next_run(const struct stage_state *stage, const struct stream *stream, uint32_t index) {
	if (stage->frame >= stream->frames) return stage->empty_left;
	return index == stream->input_stage && stage->frame >= stream->released_frames ? 0 : stage->cursor.left;
}

/* `run` iterations are issued from `cycle` on, of a frame unless they are the last, empty ones. Their words have been
 * told before. */
static inline void account_run(struct stream *stream, uint32_t index, uint32_t marks, uint32_t run, uint64_t cycle) {
	struct stage_state *stage = &stream->stages[index];
	const enum unit_state state = marks ? STATE_BUSY : STATE_FILL_DRAIN;
	stage->counters.cycles[state] += run;
	if (stream->hooks.event) stage_note_state(stream, index, state, cycle, cycle + run);
	if (stage->frame_begun || stage->frame >= stream->frames) return;
	note(stream, STREAM_FRAME_BEGIN, index, stage->frame, cycle);
	stage->frame_begun = 1;
}

/* The last iteration was issued in `cycle`. */
static void end_stage(struct stream *stream, uint32_t index, uint64_t cycle) {
	stream->stages[index].has_ended = 1;
	stage_note_state(stream, index, STATE_IDLE, cycle + 1, STREAM_NEVER);
}

static void end_frame(struct stream *stream, uint32_t index, uint64_t cycle) {
	struct stage_state *stage = &stream->stages[index];
	note(stream, STREAM_FRAME_END, index, stage->frame, cycle);
	if (index == stream->output_stage) stream->frame_end_cycle[stream->frames_done++] = cycle;
	stage->frame_begun = 0;
	stage->frame++;
	if (stage->frame == stream->frames && !stage->empty_left) end_stage(stream, index, cycle);
}

/* n iterations of the segment have been issued, the last of them in this cycle. */
static inline void pass_run(struct stream *stream, uint32_t index, uint32_t n, uint64_t cycle) {
	struct stage_state *stage = &stream->stages[index];
	if (stage->frame >= stream->frames) {
		stage->empty_left -= n;
		if (!stage->empty_left) end_stage(stream, index, cycle);
	} else if (cursor_take(&stage->schedule, &stage->cursor, n)) {
		end_frame(stream, index, cycle);
	}
}

/* Accounts the cycles from next_cycle to before `cycle`, if any, to a state. */
static inline void account(struct stream *stream, uint32_t index, enum unit_state state, uint64_t cycle) {
	struct stage_state *stage = &stream->stages[index];
	if (stage->next_cycle >= cycle) return;
	stage->counters.cycles[state] += cycle - stage->next_cycle;
	stage_note_state(stream, index, state, stage->next_cycle, cycle);
	stage->next_cycle = cycle;
}

/* Accounts [next_cycle, cycle) of a stage that has to wait: for memory, for another stage, then for room. */
static inline void account_wait(struct stream *stream, uint32_t index, uint64_t cycle, uint64_t memory_cycle,
                                uint64_t word_cycle) {
	account(stream, index, STATE_MEMORY, memory_cycle < cycle ? memory_cycle : cycle);
	account(stream, index, STATE_STARVED, word_cycle < cycle ? word_cycle : cycle);
	account(stream, index, STATE_BLOCKED, cycle);
}

/* L > 1: the advance that brings the oldest word to the last step. */
static inline uint64_t next_due(const struct stage_state *stage) {
	return stage->due_count ? stage->due[stage->due_head] : STREAM_NEVER;
}

static inline void put_due(struct stage_state *stage, uint64_t due) {
	stage->due[(stage->due_head + stage->due_count++) % PIPE_MAX] = due;
}

static inline void pop_due(struct stage_state *stage) {
	stage->due_head = (stage->due_head + 1) % PIPE_MAX;
	stage->due_count--;
}

/* Advances as far as words and room are known, up to `until_cycle`. Returns the cycle of the next advance where that is
 * known. */
static inline uint64_t advance(struct stream *stream, uint32_t index, uint64_t until_cycle, int is_short,
                               struct handed *handed) {
	struct stage_state *stage = &stream->stages[index];
	uint32_t marks = next_marks(stage, stream), left = next_run(stage, stream, index), run, done = 0;
	while (left) {
		const int reads = (marks & MARK_READ) != 0, writes = (marks & MARK_WRITE) != 0;
		const uint64_t next_cycle = stage->next_cycle, due = is_short ? 0 : next_due(stage);
		const int makes = is_short ? writes : due == stage->advances + 1;
		uint64_t memory_cycle = 0, cycle = next_cycle;
		const uint64_t word_cycle = reads ? words_cycle(stage, next_cycle, &memory_cycle) : 0;
		const uint64_t room = makes ? room_cycle(stage, next_cycle) : 0;
		if (word_cycle > cycle) cycle = word_cycle;
		if (room > cycle) cycle = room;
		if (cycle > until_cycle) {
			if (done) pass_run(stream, index, done, next_cycle - 1);
			return cycle;
		}
		if (cycle > next_cycle) account_wait(stream, index, cycle, memory_cycle, word_cycle);
		run = 1;
		if (!makes && !reads && !writes) { /* nothing until the end of the segment or the next word */
			run = left;
			if (!is_short && due - stage->advances - 1 < run) run = (uint32_t)(due - stage->advances - 1);
			if (until_cycle - cycle < run - 1) run = (uint32_t)(until_cycle - cycle + 1);
		}
		stage->advances += run;
		stage->next_cycle = cycle + run;
		if (writes && !is_short) put_due(stage, stage->advances + stage->latency_cycles - 1);
		if (makes && !is_short) pop_due(stage);
		if (reads) take_words(stream, stage, handed, cycle);
		if (makes) make_words(stream, stage, handed, cycle);
		account_run(stream, index, marks, run, cycle);
		done += run;
		if (left -= run) continue;
		pass_run(stream, index, done, stage->next_cycle - 1);
		marks = next_marks(stage, stream);
		left = next_run(stage, stream, index);
		done = 0;
	}
	return STREAM_NEVER;
}

static uint64_t step_stalling(struct stream *stream, uint32_t index, uint64_t until_cycle) {
	struct stage_state *stage = &stream->stages[index];
	struct handed handed = begin_step(stage);
	const uint64_t wake_cycle = stage->latency_cycles == 1 ? advance(stream, index, until_cycle, 1, &handed)
	                                                       : advance(stream, index, until_cycle, 0, &handed);
	end_step(stream, stage, &handed);
	return wake_cycle;
}

/* Flushing, L > 1: makes the oldest word in the pipeline, if that is before `before_cycle` and its time is known.
 * Returns 1 when it did; *wake_cycle: when it could, beyond until_cycle. */
static int make_due(struct stream *stream, struct stage_state *stage, struct handed *handed, uint64_t before_cycle,
                    uint64_t until_cycle, uint64_t *wake_cycle) {
	if (!stage->due_count) return 0;
	uint64_t due_cycle = stage->due[stage->due_head] + stage->made_holds;
	if (due_cycle > before_cycle) return 0;
	uint64_t room = room_cycle(stage, due_cycle);
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
	pop_due(stage);
	make_words(stream, stage, handed, cycle);
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
static uint64_t flush(struct stream *stream, uint32_t index, uint64_t until_cycle, struct handed *handed) {
	struct stage_state *stage = &stream->stages[index];
	uint64_t wake_cycle = STREAM_NEVER;
	for (;;) {
		const uint32_t left = next_run(stage, stream, index);
		const int can_issue = left != 0;
		uint32_t marks = can_issue ? next_marks(stage, stream) : 0, run = 1;
		uint64_t memory_cycle = 0, word_cycle = 0;
		if (marks & MARK_READ) word_cycle = words_cycle(stage, stage->next_cycle, &memory_cycle);
		uint64_t cycle = !can_issue                       ? STREAM_NEVER
		                 : word_cycle > stage->next_cycle ? word_cycle
		                                                  : stage->next_cycle;
		wake_cycle = STREAM_NEVER;
		if (make_due(stream, stage, handed, cycle, until_cycle, &wake_cycle)) continue;
		uint64_t due_cycle = stage->due_count ? stage->due[stage->due_head] + stage->made_holds : STREAM_NEVER;
		if (cycle == STREAM_NEVER || due_cycle <= cycle) return wake_cycle;
		uint64_t issued = pass_holds(stage, cycle);
		/* A hold may end at or after the next word is due; its time comes first. */
		if (issued > until_cycle) return issued;
		account_wait(stream, index, issued, memory_cycle, word_cycle);
		if (due_cycle <= issued) continue;
		if (!(marks & (MARK_READ | MARK_WRITE))) {
			uint64_t most = left;
			if (due_cycle - issued < most) most = due_cycle - issued;
			if (stage->hold_count && stage->holds[stage->hold_head].from_cycle - issued < most)
				most = stage->holds[stage->hold_head].from_cycle - issued;
			if (until_cycle - issued < most - 1) most = until_cycle - issued + 1;
			run = (uint32_t)most;
		}
		stage->next_cycle = issued + run;
		if (marks & MARK_WRITE) put_due(stage, issued - stage->issue_holds + stage->latency_cycles - 1);
		if (marks & MARK_READ) take_words(stream, stage, handed, issued);
		account_run(stream, index, marks, run, issued);
		pass_run(stream, index, run, issued + run - 1);
	}
}

static uint64_t step_flushing(struct stream *stream, uint32_t index, uint64_t until_cycle) {
	struct stage_state *stage = &stream->stages[index];
	struct handed handed = begin_step(stage);
	const uint64_t wake_cycle = flush(stream, index, until_cycle, &handed);
	end_step(stream, stage, &handed);
	return wake_cycle;
}

uint64_t stage_step(struct stream *stream, uint32_t index, uint64_t until_cycle) {
	int is_flushing = stream->pipeline->flushing && stream->stages[index].latency_cycles > 1;
	return is_flushing ? step_flushing(stream, index, until_cycle) : step_stalling(stream, index, until_cycle);
}

void stage_wait(struct stream *stream, uint32_t index, uint64_t cycle) {
	struct stage_state *stage = &stream->stages[index];
	uint64_t memory_cycle = 0, word_cycle = 0;
	if (next_marks(stage, stream) & MARK_READ) word_cycle = words_cycle(stage, stage->next_cycle, &memory_cycle);
	account_wait(stream, index, cycle, memory_cycle, word_cycle);
}
