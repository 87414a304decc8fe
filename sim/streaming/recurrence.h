/* Internal to sim/streaming: finds that the machine is where it was, some frames ago, and repeats what happened since.
 *
 * Compared is the whole state relative to the input DMA's last cycle: every stage's place in its schedule, its frame,
 * the words in its pipeline and its holds, and every FIFO's words and places with their cycles, as far as they can
 * still matter (a cycle before the next one in which the stage that waits for it can act counts as that one).
 */
#ifndef SIM_STREAMING_RECURRENCE_H
#define SIM_STREAMING_RECURRENCE_H

#include "sim/streaming/state.h"

enum { RECURRENCE_POINTS = 8 }; /* longest period looked for, in frames */

struct recurrence_point {
	uint64_t *words; /* the state */
	uint32_t count;
	uint64_t hash, cycle; /* of the input DMA */
	uint32_t frame;
	struct stream_stage_counters *counters;
	uint64_t *fifo_words;
};

struct recurrence {
	struct recurrence_point points[RECURRENCE_POINTS]; /* of frame k at k % RECURRENCE_POINTS; the last ones */
	uint64_t period_cycles;
	uint32_t period_frames, at_frame, skipped_frames;
};

/* Called when `released_frames` are sent and everything is quiet: remembers the state, or, when it was here before,
 * moves the machine on by as many whole periods as leave every stage before the last frame. Sets period_frames then. */
enum status recurrence_meet(struct recurrence *recurrence, struct stream *stream, struct error *error);
void recurrence_clear(struct recurrence *recurrence);

#endif
