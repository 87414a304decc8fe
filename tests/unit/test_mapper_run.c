/* See test_mapper_run.h. */
#include "tests/unit/test_mapper_run.h"

#include <stdlib.h>
#include <string.h>

enum { SEQUENCER = UNIT_COUNT, ACTORS, TOKENS_MAX = 255, QUEUE_MAX = 256 };

uint32_t random_below(struct random *random, uint32_t limit) {
	random->state ^= random->state << 13;
	random->state ^= random->state >> 7;
	random->state ^= random->state << 17;
	return (uint32_t)((random->state >> 16) % limit);
}

uint32_t random_between(struct random *random, uint32_t low, uint32_t high) {
	return low + random_below(random, high - low + 1);
}

struct machine {
	struct executor *executor;
	const struct config *config;
	const struct program *program;
	struct error *error;
	uint32_t queue[UNIT_COUNT][QUEUE_MAX], head[UNIT_COUNT], count[UNIT_COUNT];
	uint32_t data[UNIT_COUNT][UNIT_COUNT], room[UNIT_COUNT][UNIT_COUNT]; /* [from][to] */
	uint32_t next;                                                       /* command to fetch */
	uint32_t priority[ACTORS]; /* where by_priority: the first that can go goes */
	int by_priority;
};

static int tokens_there(const struct machine *machine, uint32_t me, const struct command *command) {
	for (uint32_t u = 0; u < UNIT_COUNT; u++) {
		if (command->take_data >> u & 1 && !machine->data[u][me]) return 0;
		if (command->take_room >> u & 1 && !machine->room[u][me]) return 0;
	}
	return 1;
}

static int can_go(const struct machine *machine, uint32_t actor) {
	const struct command *commands = machine->program->commands;
	if (actor != SEQUENCER) {
		if (!machine->count[actor]) return 0;
		return tokens_there(machine, actor, &commands[machine->queue[actor][machine->head[actor]]]);
	}
	const enum unit_id unit = command_unit(&commands[machine->next]);
	if (unit != UNIT_COUNT) return machine->count[unit] < machine->config->sequencer_queue_depth;
	for (uint32_t u = 0; u < UNIT_COUNT; u++)
		if (machine->count[u]) return 0;
	return 1;
}

static enum status perform(struct machine *machine, uint32_t me) {
	const uint32_t index = machine->queue[me][machine->head[me]];
	const struct command *command = &machine->program->commands[index];
	machine->head[me] = (machine->head[me] + 1) % QUEUE_MAX;
	machine->count[me]--;
	for (uint32_t u = 0; u < UNIT_COUNT; u++) {
		machine->data[u][me] -= command->take_data >> u & 1;
		machine->room[u][me] -= command->take_room >> u & 1;
	}
	if (machine->executor) {
		enum status status = executor_command(machine->executor, index, machine->error);
		if (status != STATUS_OK) return status;
	}
	for (uint32_t u = 0; u < UNIT_COUNT; u++) {
		machine->data[me][u] += command->give_data >> u & 1;
		machine->room[me][u] += command->give_room >> u & 1;
		if (machine->data[me][u] > TOKENS_MAX || machine->room[me][u] > TOKENS_MAX)
			return error_set(machine->error, STATUS_FAILED, "command %u: more than %d tokens", index,
			                 TOKENS_MAX);
	}
	return STATUS_OK;
}

/* One fetch. *ended: END was reached with all units quiet. */
static enum status fetch(struct machine *machine, int *ended) {
	const struct command *command = &machine->program->commands[machine->next];
	const enum unit_id unit = command_unit(command);
	if (unit != UNIT_COUNT) {
		machine->queue[unit][(machine->head[unit] + machine->count[unit]++) % QUEUE_MAX] = machine->next++;
		return STATUS_OK;
	}
	for (uint32_t a = 0; a < UNIT_COUNT; a++)
		for (uint32_t b = 0; b < UNIT_COUNT; b++)
			if (machine->data[a][b] || machine->room[a][b])
				return error_set(machine->error, STATUS_FAILED,
				                 "command %u: a token from %u to %u is left", machine->next, a, b);
	*ended = command->opcode == OPCODE_END;
	machine->next = *ended ? command->f.frame_start : machine->next + 1;
	return STATUS_OK;
}

static void shuffle(struct machine *machine, struct random *random) {
	machine->by_priority = (int)random_below(random, 2);
	for (uint32_t i = 0; i < ACTORS; i++) machine->priority[i] = i;
	for (uint32_t i = ACTORS - 1; i > 0; i--) {
		const uint32_t k = random_below(random, i + 1), kept = machine->priority[i];
		machine->priority[i] = machine->priority[k];
		machine->priority[k] = kept;
	}
}

static enum status run_until_end(struct machine *machine, struct random *random) {
	int ended = 0;
	while (!ended) {
		uint32_t ready[ACTORS], count = 0;
		for (uint32_t i = 0; i < ACTORS; i++)
			if (can_go(machine, machine->priority[i])) ready[count++] = machine->priority[i];
		if (!count)
			return error_set(machine->error, STATUS_STUCK, "command %u: nothing can go on", machine->next);
		const uint32_t actor = ready[machine->by_priority ? 0 : random_below(random, count)];
		enum status status = actor == SEQUENCER ? fetch(machine, &ended) : perform(machine, actor);
		if (status != STATUS_OK) return status;
	}
	return STATUS_OK;
}

enum status run_program(struct executor *executor, const struct config *config, const struct program *program,
                        struct random *random, const struct trace *trace, const int16_t *const *inputs, uint32_t frames,
                        int32_t *scores, struct error *error) {
	struct machine *machine = calloc(1, sizeof *machine);
	const struct trace_map *map = &trace->maps[trace->input_map];
	if (!machine) abort();
	machine->executor = executor;
	machine->config = config;
	machine->program = program;
	machine->error = error;
	enum status status = STATUS_OK;
	for (uint32_t frame = 0; frame < frames && status == STATUS_OK; frame++) {
		shuffle(machine, random);
		if (executor)
			status = executor_put_input(executor, inputs[frame], map->height, map->width, map->channels,
			                            map->kind == TRACE_MAP_BITS, error);
		if (status == STATUS_OK) status = run_until_end(machine, random);
		if (status == STATUS_OK && executor)
			status = executor_get_scores(executor, scores + (size_t)frame * trace->classes, trace->classes,
			                             error);
	}
	free(machine);
	return status;
}

int16_t *random_input(const struct trace *trace, struct random *random) {
	const struct trace_map *map = &trace->maps[trace->input_map];
	const size_t count = (size_t)map->height * map->width * map->channels;
	int16_t *values = malloc(count * sizeof *values);
	if (!values) abort();
	const int is_bits = map->kind == TRACE_MAP_BITS;
	const int32_t half = is_bits ? 0 : 1 << (map->value_bits - 1);
	for (size_t i = 0; i < count; i++) {
		const int32_t drawn = (int32_t)random_below(random, is_bits ? 2 : 1u << map->value_bits);
		values[i] = (int16_t)(is_bits ? 2 * drawn - 1 : drawn - half);
	}
	return values;
}
