/* The emitter: a program that grows command by command. Internal to sim/mapper; mapper_emit.c has the order of a frame,
 * loads and stores, mapper_tile.c the engine and post commands of a tile. */
#ifndef SIM_MAPPER_MAPPER_EMIT_H
#define SIM_MAPPER_MAPPER_EMIT_H

#include "sim/mapper/mapper_plan.h"
#include "sim/mapper/mapper_tokens.h"

enum { TOUCHES_MAX = 8 };

struct tile {
	uint32_t layer, band, block;
};

/* One loading of a content into a weight buffer during the frame. */
struct weight_use {
	const struct layer_plan *layer;
	const struct content *content;
	uint32_t tile, base; /* first tile that reads it; buffer word */
};

struct weight_uses {
	struct weight_use *items;
	uint32_t count, loaded, present; /* loads emitted; uses begun */
};

struct emitter {
	struct plan *plan;
	struct program *program;
	uint32_t capacity;
	struct token_tracker *tracker;
	struct tile *tiles;
	uint32_t tile_count;
	struct weight_uses uses[WEIGHT_BUFFERS];
	uint32_t sums_turn[2]; /* uses of accumulators, skip_sums so far */
	struct touch touches[TOUCHES_MAX];
	uint32_t touch_count;
};

/* Announces a range that the next command reads or writes; nothing where count is 0. */
void emitter_touch(struct emitter *emitter, uint32_t space, uint32_t writes, uint64_t first, uint64_t count);

/* Appends the command, which touches what was announced since the last one. STATUS_UNMAPPABLE where a field or the
 * program memory is too small; STATUS_MEMORY. */
enum status emitter_append(struct emitter *emitter, const struct command *command);

/* 0 only where command_field_overflow is sure to find nothing: one look at the narrow fields together, since nearly
 * every command passes. */
int emitter_may_overflow(const struct command *command);

/* mapper_tile.c: the engine commands and the post command of a tile whose inputs and weights are loaded. */
enum status emitter_append_tile(struct emitter *emitter, const struct layer_plan *layer, const struct tile *tile);

#endif
