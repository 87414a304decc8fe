/* Tokens of a program from what its commands read and write. Internal to sim/mapper.
 *
 * Commands are added in an order in which performing them one after the other is right. The tracker then adds the
 * tokens that keep it right under any timing: a command waits for the last command of every other unit that wrote what
 * it reads (data token), or that read or wrote what it overwrites (room token). One token covers everything before it,
 * since every unit completes its commands in order; a wait that earlier ones cover is left out. So every token that is
 * given is taken by exactly one command, in the order of giving, and it is given by a command that stands before its
 * taker: no interleaving can deadlock. */
#ifndef SIM_MAPPER_MAPPER_TOKENS_H
#define SIM_MAPPER_MAPPER_TOKENS_H

#include "sim/mapper/program.h"

/* Address spaces: the buffers (in words), then the DDR channels (in bytes). */
enum { SPACE_DDR = BUFFER_COUNT, SPACE_COUNT = BUFFER_COUNT + CONFIG_CHANNELS_MAX };

/* A range that a command reads or writes. */
struct touch {
	uint32_t space;
	uint32_t writes; /* 0 or 1 */
	uint64_t first, count;
};

struct token_tracker;

struct token_tracker *token_tracker_create(void); /* NULL: out of memory */
void token_tracker_free(struct token_tracker *tracker);

/* Sets the tokens of commands[index], which is the last, and of the commands before it that must give. STATUS_MEMORY.
 */
enum status token_tracker_add(struct token_tracker *tracker, struct command *commands, uint32_t index,
                              const struct touch *touches, uint32_t touch_count);

/* After a BARRIER (or END) at `index`: everything before it is complete. */
void token_tracker_barrier(struct token_tracker *tracker, uint32_t index);

#endif
