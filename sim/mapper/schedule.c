/* See schedule.h. One function per row of the table in section 4 of STREAMING.md; empty iterations at the end of a loop
 * are a segment without marks. Loops that never run are left out, so that every segment has at least one iteration. */
#include "sim/mapper/schedule.h"

#include <string.h>

static struct block *add_block(struct schedule *schedule, uint32_t repeat) {
	struct block *block = &schedule->blocks[schedule->block_count];
	memset(block, 0, sizeof *block);
	block->repeat = repeat;
	if (repeat) schedule->block_count++;
	return block;
}

/* A group of the segments that have iterations. */
static void add_group(struct block *block, uint32_t repeat, const struct segment *segments, uint32_t count) {
	struct group *group = &block->groups[block->group_count];
	memset(group, 0, sizeof *group);
	group->repeat = repeat;
	for (uint32_t s = 0; s < count; s++)
		if (segments[s].iterations) group->segments[group->segment_count++] = segments[s];
	if (repeat && group->segment_count) block->group_count++;
}

static void add_loop(struct schedule *schedule, uint32_t repeat, struct segment first, struct segment second,
                     struct segment third) {
	struct segment segments[SEGMENTS_MAX] = {first, second, third};
	struct block *block = add_block(schedule, repeat);
	add_group(block, 1, segments, SEGMENTS_MAX);
	if (repeat && !block->group_count) schedule->block_count--;
}

static const struct segment nothing = {0, 0};

static void plan_pad(const struct stage *stage, struct schedule *schedule) {
	uint32_t fold = stage->input_channels / stage->input_lanes, row = stage->output_width * fold;
	add_loop(schedule, 1, (struct segment){stage->pad_top * row, MARK_WRITE}, nothing, nothing);
	add_loop(schedule, stage->input_height, (struct segment){stage->pad_left * fold, MARK_WRITE},
	         (struct segment){stage->input_width * fold, MARK_READ | MARK_WRITE},
	         (struct segment){stage->pad_right * fold, MARK_WRITE});
	add_loop(schedule, 1, (struct segment){stage->pad_bottom * row, MARK_WRITE}, nothing, nothing);
}

static void plan_window_row(struct schedule *schedule, uint32_t repeat, uint32_t iterations, uint32_t writes,
                            uint32_t reads) {
	uint32_t both = writes < reads ? writes : reads, most = writes < reads ? reads : writes;
	add_loop(schedule, repeat, (struct segment){both, MARK_READ | MARK_WRITE},
	         (struct segment){most - both, writes > reads ? MARK_WRITE : MARK_READ},
	         (struct segment){iterations - most, 0});
}

static void plan_window(const struct stage *stage, struct schedule *schedule) {
	if (!stage->output_height) return;
	uint32_t row = stage->input_width * (stage->input_channels / stage->input_lanes);
	uint32_t writes = stage->output_width *
	                  (stage->kernel_height * stage->kernel_width * stage->input_channels / stage->output_lanes);
	uint32_t reads = stage->stride * row, last_row = stage->output_height - 1;
	uint32_t rows_left = stage->input_height - stage->kernel_height - stage->stride * last_row;
	uint32_t iterations = writes > reads ? writes : reads;
	add_loop(schedule, 1, (struct segment){stage->kernel_height * row, MARK_READ}, nothing, nothing);
	plan_window_row(schedule, last_row, iterations, writes, reads);
	plan_window_row(schedule, 1, iterations, writes, (rows_left < stage->stride ? rows_left : stage->stride) * row);
	add_loop(schedule, 1, (struct segment){stage->latency_cycles - 1, 0}, nothing, nothing);
	schedule->ends_loop = 1;
}

static void plan_matrix(const struct stage *stage, struct schedule *schedule) {
	uint32_t synapse_folds =
	    stage->kernel_height * stage->kernel_width * stage->input_channels / stage->input_lanes;
	uint32_t neuron_folds = stage->output_channels / stage->output_lanes;
	if (!synapse_folds || !neuron_folds) return;
	struct segment first[] = {{synapse_folds - 1, MARK_READ | MARK_BUSY}, {1, MARK_READ | MARK_WRITE}};
	struct segment others[] = {{synapse_folds - 1, MARK_BUSY}, {1, MARK_WRITE}};
	struct block *block = add_block(schedule, stage->output_height * stage->output_width);
	add_group(block, 1, first, 2);
	add_group(block, neuron_folds - 1, others, 2);
}

/* `repeat` results, each of `words` words. */
static void plan_gather(struct schedule *schedule, uint32_t repeat, uint32_t words) {
	if (!words) return;
	add_loop(schedule, repeat, (struct segment){words - 1, MARK_READ}, (struct segment){1, MARK_READ | MARK_WRITE},
	         nothing);
}

static void plan_depthwise(const struct stage *stage, struct schedule *schedule) {
	uint32_t fold = stage->input_channels / stage->input_lanes;
	plan_gather(schedule, stage->output_height * stage->output_width * fold,
	            stage->kernel_height * stage->kernel_width);
}

static void plan_pool(const struct stage *stage, uint32_t overhead_cycles, struct schedule *schedule) {
	uint32_t fold = stage->input_channels / stage->input_lanes, row = stage->input_width * fold;
	if (stage->kernel_height == stage->input_height && stage->kernel_width == stage->input_width) {
		add_loop(schedule, 1, (struct segment){stage->input_height * row - fold, MARK_READ},
		         (struct segment){fold, MARK_READ | MARK_WRITE}, nothing);
		return;
	}
	uint32_t rows_left = stage->input_height - stage->output_height * stage->kernel_height;
	add_loop(schedule, stage->output_height, (struct segment){stage->kernel_height * row, MARK_READ},
	         (struct segment){stage->output_width * fold, MARK_WRITE},
	         (struct segment){stage->latency_cycles - 1 + overhead_cycles, 0});
	add_loop(schedule, 1, (struct segment){rows_left * row, MARK_READ}, nothing, nothing);
	schedule->ends_loop = !rows_left;
}

static void plan_convert(const struct stage *stage, struct schedule *schedule) {
	if (stage->input_lanes >= stage->output_lanes) {
		uint32_t parts = stage->input_lanes / stage->output_lanes;
		add_loop(schedule, stage->words, (struct segment){1, MARK_READ | MARK_WRITE},
		         (struct segment){parts - 1, MARK_WRITE}, nothing);
	} else {
		uint32_t parts = stage->output_lanes / stage->input_lanes;
		plan_gather(schedule, stage->words / parts, parts);
	}
}

struct schedule schedule_of(const struct stage *stage, uint32_t pool_overhead_cycles) {
	struct schedule schedule = {0};
	struct segment all = {stage->words, MARK_READ | MARK_WRITE};
	switch (stage->kind) {
	case STAGE_INPUT: add_loop(&schedule, 1, (struct segment){stage->words, MARK_WRITE}, nothing, nothing); break;
	case STAGE_OUTPUT: add_loop(&schedule, 1, (struct segment){stage->words, MARK_READ}, nothing, nothing); break;
	case STAGE_PAD: plan_pad(stage, &schedule); break;
	case STAGE_WINDOW: plan_window(stage, &schedule); break;
	case STAGE_MATRIX: plan_matrix(stage, &schedule); break;
	case STAGE_DEPTHWISE: plan_depthwise(stage, &schedule); break;
	case STAGE_CONVERT: plan_convert(stage, &schedule); break;
	case STAGE_FORK:
	case STAGE_JOIN:
	case STAGE_POINT: add_loop(&schedule, 1, all, nothing, nothing); break;
	case STAGE_MAX_POOL:
	case STAGE_AVERAGE_POOL: plan_pool(stage, pool_overhead_cycles, &schedule); break;
	case STAGE_LABEL: plan_gather(&schedule, 1, stage->words); break;
	case STAGE_KIND_COUNT: break;
	}
	return schedule;
}

static void enter_group(const struct schedule *schedule, struct cursor *cursor) {
	const struct segment *first = &schedule->blocks[cursor->block].groups[cursor->group].segments[0];
	cursor->segment = 0;
	cursor->left = first->iterations;
	cursor->marks = first->marks;
}

static void enter_block_pass(const struct schedule *schedule, struct cursor *cursor) {
	cursor->group = 0;
	cursor->group_left = schedule->blocks[cursor->block].groups[0].repeat;
	enter_group(schedule, cursor);
}

static void enter_block(const struct schedule *schedule, struct cursor *cursor, uint32_t block) {
	cursor->block = block;
	cursor->block_left = schedule->blocks[block].repeat;
	enter_block_pass(schedule, cursor);
}

void cursor_begin(const struct schedule *schedule, struct cursor *cursor) {
	enter_block(schedule, cursor, 0);
}

int cursor_end_group(const struct schedule *schedule, struct cursor *cursor) {
	const struct block *block = &schedule->blocks[cursor->block];
	if (++cursor->group < block->group_count) {
		cursor->group_left = block->groups[cursor->group].repeat;
		enter_group(schedule, cursor);
		return 0;
	}
	if (--cursor->block_left) {
		enter_block_pass(schedule, cursor);
		return 0;
	}
	int is_last = cursor->block + 1 == schedule->block_count;
	enter_block(schedule, cursor, is_last ? 0 : cursor->block + 1);
	return is_last;
}

/* Iterations of a frame whose marks are among `marks`; every_one: whatever their marks. */
static uint64_t count(const struct schedule *schedule, uint32_t marks, int every_one) {
	uint64_t sum = 0;
	for (uint32_t b = 0; b < schedule->block_count; b++) {
		const struct block *block = &schedule->blocks[b];
		for (uint32_t g = 0; g < block->group_count; g++) {
			const struct group *group = &block->groups[g];
			for (uint32_t s = 0; s < group->segment_count; s++)
				if (every_one || (group->segments[s].marks & marks))
					sum += (uint64_t)block->repeat * group->repeat * group->segments[s].iterations;
		}
	}
	return sum;
}

uint64_t schedule_words(const struct schedule *schedule, uint32_t marks) {
	return count(schedule, marks, 0);
}

uint64_t schedule_iterations(const struct schedule *schedule) {
	return count(schedule, 0, 1);
}
