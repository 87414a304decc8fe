/* Token counters and command queues (PROGRAM.md sections 3 and 4).
 *
 * Every token carries the cycle from which it is visible, so that a unit can be told of a token whose completion is
 * known in closed form before it happens. A counter has one giver, whose completions are in order, so a ring is enough.
 */
#include <stdlib.h>

#include "sim/machine/state.h"

static int ring_push(struct token_ring *ring, uint64_t visible_at_cycle) {
	if (ring->count == ring->capacity) {
		uint32_t capacity = ring->capacity ? 2 * ring->capacity : 8;
		uint64_t *grown = malloc(capacity * sizeof *grown);
		if (!grown) return 0;
		for (uint32_t i = 0; i < ring->count; i++)
			grown[i] = ring->visible_at_cycle[(ring->head + i) % ring->capacity];
		free(ring->visible_at_cycle);
		ring->visible_at_cycle = grown;
		ring->capacity = capacity;
		ring->head = 0;
	}
	ring->visible_at_cycle[(ring->head + ring->count) & (ring->capacity - 1)] = visible_at_cycle;
	ring->count++;
	return 1;
}

/* Missing token: CYCLE_NEVER or the cycle from which it will be visible. 0: it is there. */
static uint64_t ring_missing_until(const struct token_ring *ring, uint64_t cycle) {
	if (!ring->count) return CYCLE_NEVER;
	uint64_t visible = ring->visible_at_cycle[ring->head];
	return visible <= cycle ? 0 : visible;
}

static void mask_check(const struct machine *machine, int kind, enum unit_id unit, uint32_t mask, uint64_t cycle,
                       uint32_t *missing, uint64_t *next_cycle) {
	for (uint32_t from = 0; mask; from++, mask >>= 1) {
		if (!(mask & 1)) continue;
		uint64_t until = ring_missing_until(&machine->tokens[kind][from][unit], cycle);
		if (!until) continue;
		*missing |= 1u << from;
		if (until < *next_cycle) *next_cycle = until;
	}
}

enum token_wait tokens_check(const struct machine *machine, enum unit_id unit, const struct command *command,
                             uint64_t cycle, uint64_t *next_cycle) {
	uint32_t data = 0, room = 0;
	*next_cycle = CYCLE_NEVER;
	mask_check(machine, TOKEN_DATA, unit, command->take_data, cycle, &data, next_cycle);
	mask_check(machine, TOKEN_ROOM, unit, command->take_room, cycle, &room, next_cycle);
	if (data & (1u << UNIT_LOAD | 1u << UNIT_STORE)) return TOKENS_WAIT_MEMORY;
	if (data) return TOKENS_WAIT_DATA;
	return room ? TOKENS_WAIT_ROOM : TOKENS_READY;
}

static void mask_take(struct machine *machine, int kind, enum unit_id unit, uint32_t mask) {
	for (uint32_t from = 0; mask; from++, mask >>= 1) {
		if (!(mask & 1)) continue;
		struct token_ring *ring = &machine->tokens[kind][from][unit];
		ring->head = (ring->head + 1) & (ring->capacity - 1);
		ring->count--;
	}
}

void tokens_take(struct machine *machine, enum unit_id unit, const struct command *command) {
	mask_take(machine, TOKEN_DATA, unit, command->take_data);
	mask_take(machine, TOKEN_ROOM, unit, command->take_room);
}

static void mask_give(struct machine *machine, int kind, enum unit_id unit, uint32_t mask, uint64_t visible_at_cycle) {
	for (uint32_t to = 0; mask; to++, mask >>= 1) {
		if (!(mask & 1)) continue;
		if (!ring_push(&machine->tokens[kind][unit][to], visible_at_cycle)) machine->failed_memory = 1;
		machine_wake(machine, (enum process)to, visible_at_cycle);
	}
}

void tokens_give(struct machine *machine, enum unit_id unit, const struct command *command, uint64_t visible_at_cycle) {
	mask_give(machine, TOKEN_DATA, unit, command->give_data, visible_at_cycle);
	mask_give(machine, TOKEN_ROOM, unit, command->give_room, visible_at_cycle);
}

void tokens_clear(struct machine *machine) {
	for (int kind = 0; kind < TOKEN_KINDS; kind++)
		for (int from = 0; from < UNIT_COUNT; from++)
			for (int to = 0; to < UNIT_COUNT; to++) machine->tokens[kind][from][to].count = 0;
}

int queue_head(const struct command_queue *queue, uint64_t cycle, uint32_t *command, uint64_t *next_cycle) {
	*next_cycle = CYCLE_NEVER;
	if (!queue->count) return 0;
	*command = queue->command[queue->head];
	if (queue->visible_at_cycle[queue->head] <= cycle) return 1;
	*next_cycle = queue->visible_at_cycle[queue->head];
	return 0;
}

void queue_pop(struct machine *machine, enum unit_id unit, uint64_t cycle) {
	struct command_queue *queue = &machine->queues[unit];
	queue->head = (queue->head + 1) % queue->capacity;
	queue->count--;
	queue->last_pop_cycle = cycle;
	if (machine->sequencer.phase == SEQUENCER_DECODED) machine_wake(machine, PROCESS_SEQUENCER, cycle + 1);
}

void queue_push(struct machine *machine, enum unit_id unit, uint32_t command, uint64_t cycle) {
	struct command_queue *queue = &machine->queues[unit];
	uint32_t tail = (queue->head + queue->count) % queue->capacity;
	queue->command[tail] = command;
	queue->visible_at_cycle[tail] = cycle + 1;
	queue->count++;
	machine_wake(machine, (enum process)unit, cycle + 1);
}

/* A pop of this very cycle is not seen yet, so it still counts; the ring has one place more than the queue for it. */
int queue_has_room(const struct command_queue *queue, uint64_t cycle) {
	uint32_t popped_now = queue->last_pop_cycle == cycle ? 1 : 0;
	return queue->count + popped_now < queue->capacity;
}
