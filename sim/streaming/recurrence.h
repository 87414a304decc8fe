/* Internal to sim/streaming: finds that the machine does again what it did some frames ago, and repeats it.
 *
 * Compared is the state each time a frame is sent and everything is quiet: every stage's place in its schedule, its
 * frame, the words in its pipeline and its holds, and every FIFO's words and places with their cycles, as far as they
 * can still matter (a cycle before the next one in which the stage that waits for it can act counts as that one).
 *
 * Recurrence: all is as it was, later by the same cycles everywhere. The batch repeats itself from there on.
 *
 * Drift: all is as it was one frame ago, but each stage later by cycles of its own, as when a FIFO fills slowly in
 * front of the slowest loop. The cycle of an advance is the largest of: the stage's next cycle, and those from which
 * its words and places are there. Where the stage at the other end of a FIFO is later by the same cycles, both sides of
 * that comparison move alike; where it is not, the FIFO decided no advance of the frame, by a margin that shrinks by
 * the difference, frame after frame. So for as many frames as all margins last, every stage does what it did, later by
 * its own cycles. Only stalling pipelines with bounded FIFOs, at their own pace, are repeated so. */
#ifndef SIM_STREAMING_RECURRENCE_H
#define SIM_STREAMING_RECURRENCE_H

#include "sim/streaming/state.h"

enum { RECURRENCE_FRAMES = 8, RECURRENCE_POINTS }; /* longest period looked for, and the state of now */

struct recurrence_point {
	uint64_t *words; /* the state, see recurrence.c */
	uint32_t count, mark_count;
	uint64_t hash;
	uint32_t frame; /* frames sent */
	struct stream_stage_counters *counters;
	uint64_t *fifo_words;
};

/* What happens in some frames, and happens again. */
struct repetition {
	uint32_t frames;
	uint64_t *cycles; /* by which each stage gets later */
	struct stream_stage_counters *stages;
	uint64_t *fifo_words;
};

struct recurrence {
	struct recurrence_point points[RECURRENCE_POINTS]; /* of frame k at k % RECURRENCE_POINTS; the last ones */
	struct repetition period;                          /* frames 0: it has not recurred */
	uint32_t at_frame, skipped_frames;
	int no_drift;
};

/* Called when `released_frames` are sent and everything is quiet: remembers the state. When it was here before, or
 * drifts, moves the machine on by as many whole periods as it does the same again, at most so far that every stage is
 * before the last frame, and sets released_frames to where it is then. STATUS_MEMORY. */
enum status recurrence_meet(struct recurrence *recurrence, struct stream *stream, struct error *error);
void recurrence_clear(struct recurrence *recurrence);

#endif
