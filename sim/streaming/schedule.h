/* Internal to sim/streaming: the schedule of a stage, section 4 of STREAMING.md, as a table of three nested loops. */
#ifndef SIM_STREAMING_SCHEDULE_H
#define SIM_STREAMING_SCHEDULE_H

#include <stdint.h>

#include "sim/mapper/pipeline.h"

enum { MARK_READ = 1, MARK_WRITE = 2, MARK_BUSY = 4 /* attribution: computes without a word */ };
enum { SEGMENTS_MAX = 3, GROUPS_MAX = 3, BLOCKS_MAX = 4 };

struct segment {
	uint32_t iterations, marks;
};

struct group {
	uint32_t repeat, segment_count;
	struct segment segments[SEGMENTS_MAX];
};

struct block {
	uint32_t repeat, group_count;
	struct group groups[GROUPS_MAX];
};

struct schedule {
	uint32_t ends_loop; /* 1: the frame ends with an end of loop, so the batch's end adds no empty iterations */
	uint32_t block_count;
	struct block blocks[BLOCKS_MAX];
};

struct schedule schedule_of(const struct stage *stage, uint32_t pool_overhead_cycles);

/* Where a stage is in its schedule: the next iteration is in this segment, `left` of it are still to be issued. */
struct cursor {
	uint32_t block, block_left, group, group_left, segment, left;
};

void cursor_begin(const struct schedule *schedule, struct cursor *cursor);

/* Issues n <= left iterations. Returns 1 when the frame's last has been issued; the cursor is at its beginning again.
 */
int cursor_take(const struct schedule *schedule, struct cursor *cursor, uint32_t n);

static inline uint32_t cursor_marks(const struct schedule *schedule, const struct cursor *cursor) {
	return schedule->blocks[cursor->block].groups[cursor->group].segments[cursor->segment].marks;
}

/* Words a frame takes from each input and makes for each output. */
uint64_t schedule_words(const struct schedule *schedule, uint32_t mark);

#endif
