/* The schedule of a stage, section 4 of STREAMING.md, as a table of three nested loops: the one place that knows what
 * each kind of stage does in a frame. The streaming machine runs it, words and cycles of a frame are counted from it.
 */
#ifndef SIM_MAPPER_SCHEDULE_H
#define SIM_MAPPER_SCHEDULE_H

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

/* The kind's lanes must not be 0; of a shape without output rows or words the schedule may be empty (no blocks). */
struct schedule schedule_of(const struct stage *stage, uint32_t pool_overhead_cycles);

/* Where a stage is in its schedule: the next iteration is in this segment, `left` of it are still to be issued. */
struct cursor {
	uint32_t block, block_left, group, group_left, segment, left;
	uint32_t marks; /* of the segment */
};

void cursor_begin(const struct schedule *schedule, struct cursor *cursor);

/* The present group's last segment has been issued. Returns 1 when it was the frame's last iteration; the cursor is at
 * its beginning again. */
int cursor_end_group(const struct schedule *schedule, struct cursor *cursor);

/* Issues n <= left iterations. Returns 1 when the frame's last has been issued. */
static inline int cursor_take(const struct schedule *schedule, struct cursor *cursor, uint32_t n) {
	cursor->left -= n;
	if (cursor->left) return 0;
	const struct group *group = &schedule->blocks[cursor->block].groups[cursor->group];
	if (++cursor->segment == group->segment_count) {
		cursor->segment = 0;
		if (!--cursor->group_left) return cursor_end_group(schedule, cursor);
	}
	cursor->left = group->segments[cursor->segment].iterations;
	cursor->marks = group->segments[cursor->segment].marks;
	return 0;
}

/* Iterations of a frame that have any of the marks: MARK_READ, words taken from each input; MARK_WRITE, words made for
 * each output. */
uint64_t schedule_words(const struct schedule *schedule, uint32_t marks);

/* All iterations of a frame, with the empty ones: its cycles when nothing stalls. */
uint64_t schedule_iterations(const struct schedule *schedule);

#endif
