/* Do tokens order every pair of commands that touch the same words, with each given token taken once? Random accesses,
 * and a closure over the tokens that knows nothing of how they were chosen. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sim/mapper/mapper_tokens.h"
#include "tests/unit/test_mapper_run.h"

enum { COMMANDS = 64, TOUCHES = 3, PROGRAMS = 3000, SPACE_WORDS = 24 };

struct touched {
	struct command commands[COMMANDS];
	struct touch touches[COMMANDS][TOUCHES];
	uint32_t touch_count[COMMANDS];
};

static const enum opcode opcodes[UNIT_COUNT] = {OPCODE_BINARY_CONV, OPCODE_FIXED_CONV, OPCODE_POST, OPCODE_LOAD,
                                                OPCODE_STORE};

static void make_program(struct touched *program, struct random *random) {
	struct token_tracker *tracker = token_tracker_create();
	assert_non_null(tracker);
	memset(program, 0, sizeof *program);
	for (uint32_t i = 0; i < COMMANDS; i++) {
		if (random_below(random, 40) == 0) {
			program->commands[i].opcode = OPCODE_BARRIER;
			token_tracker_barrier(tracker, i);
			continue;
		}
		program->commands[i].opcode = opcodes[random_below(random, UNIT_COUNT)];
		const uint32_t count = program->touch_count[i] = random_between(random, 1, TOUCHES);
		for (uint32_t k = 0; k < count; k++)
			program->touches[i][k] = (struct touch){.space = random_below(random, 3),
			                                        .writes = random_below(random, 2),
			                                        .first = random_below(random, SPACE_WORDS),
			                                        .count = random_between(random, 1, 6)};
		assert_int_equal(token_tracker_add(tracker, program->commands, i, program->touches[i], count),
		                 STATUS_OK);
	}
	token_tracker_free(tracker);
}

static int conflict(const struct touched *program, uint32_t a, uint32_t b) {
	for (uint32_t i = 0; i < program->touch_count[a]; i++)
		for (uint32_t k = 0; k < program->touch_count[b]; k++) {
			const struct touch *one = &program->touches[a][i], *two = &program->touches[b][k];
			if (one->space == two->space && (one->writes || two->writes) &&
			    one->first < two->first + two->count && two->first < one->first + one->count)
				return 1;
		}
	return 0;
}

/* The command before `taker` whose token of this kind it takes: the first in order that nobody took; marks it taken. */
static uint32_t find_giver(const struct touched *program, uint32_t taker, uint32_t from, int room, uint64_t *taken) {
	const enum unit_id me = command_unit(&program->commands[taker]);
	for (uint32_t i = 0; i < taker; i++) {
		const struct command *command = &program->commands[i];
		if (command_unit(command) != (enum unit_id)from || *taken >> i & 1) continue;
		if (!((room ? command->give_room : command->give_data) >> me & 1)) continue;
		*taken |= UINT64_C(1) << i;
		return i;
	}
	fail_msg("command %u takes a token that no command before it gives", taker);
	return 0;
}

static uint64_t of_unit_up_to(const struct touched *program, uint32_t last) {
	uint64_t set = 0;
	for (uint32_t i = 0; i <= last; i++)
		if (command_unit(&program->commands[i]) == command_unit(&program->commands[last]))
			set |= UINT64_C(1) << i;
	return set;
}

static void check_program(const struct touched *program) {
	uint64_t complete[COMMANDS] = {0};  /* when a command starts */
	uint64_t of_unit[UNIT_COUNT] = {0}; /* when the unit's last command started */
	uint64_t taken[2][UNIT_COUNT][UNIT_COUNT] = {{{0}}};
	for (uint32_t i = 0; i < COMMANDS; i++) {
		const struct command *command = &program->commands[i];
		const enum unit_id me = command_unit(command);
		if (me == UNIT_COUNT) {
			for (int unit = 0; unit < UNIT_COUNT; unit++) of_unit[unit] = (UINT64_C(1) << i) - 1;
			continue;
		}
		for (uint32_t from = 0; from < UNIT_COUNT; from++)
			for (int room = 0; room < 2; room++) {
				if (!((room ? command->take_room : command->take_data) >> from & 1)) continue;
				const uint32_t giver = find_giver(program, i, from, room, &taken[room][from][me]);
				of_unit[me] |= of_unit_up_to(program, giver) | complete[giver];
			}
		complete[i] = of_unit[me];
		for (uint32_t k = 0; k < i; k++)
			if (command_unit(&program->commands[k]) != me && conflict(program, k, i) &&
			    !(complete[i] >> k & 1))
				fail_msg(
				    "command %u may start before command %u, which touches the same words, is complete",
				    i, k);
	}
	for (uint32_t i = 0; i < COMMANDS; i++)
		for (uint32_t to = 0; to < UNIT_COUNT; to++) {
			const enum unit_id from = command_unit(&program->commands[i]);
			if (from == UNIT_COUNT) continue;
			if (program->commands[i].give_data >> to & 1) assert_true(taken[0][from][to] >> i & 1);
			if (program->commands[i].give_room >> to & 1) assert_true(taken[1][from][to] >> i & 1);
		}
}

static void every_conflict_is_ordered(void **state) {
	(void)state;
	struct random random = {8};
	struct touched program;
	for (int i = 0; i < PROGRAMS; i++) {
		make_program(&program, &random);
		check_program(&program);
	}
}

/* By hand: what is read is waited for as data, what is overwritten as room, and what follows is not said twice. */
static void kinds_of_tokens(void **state) {
	(void)state;
	struct token_tracker *tracker = token_tracker_create();
	struct command commands[5] = {{.opcode = OPCODE_LOAD},
	                              {.opcode = OPCODE_FIXED_CONV},
	                              {.opcode = OPCODE_POST},
	                              {.opcode = OPCODE_POST},
	                              {.opcode = OPCODE_FIXED_CONV}};
	const struct touch touches[5][2] = {{{BUFFER_FIXED_ACTIVATIONS, 1, 0, 8}},
	                                    {{BUFFER_FIXED_ACTIVATIONS, 0, 0, 8}, {BUFFER_SKIP_SUMS, 1, 0, 4}},
	                                    {{BUFFER_SKIP_SUMS, 0, 0, 4}, {BUFFER_FIXED_ACTIVATIONS, 1, 0, 8}},
	                                    {{BUFFER_SKIP_SUMS, 0, 0, 4}},
	                                    {{BUFFER_FIXED_ACTIVATIONS, 0, 6, 4}, {BUFFER_SKIP_SUMS, 1, 0, 4}}};
	for (uint32_t i = 0; i < 5; i++)
		assert_int_equal(token_tracker_add(tracker, commands, i, touches[i], touches[i][1].count ? 2 : 1),
		                 STATUS_OK);
	assert_int_equal(commands[1].take_data, 1u << UNIT_LOAD);
	assert_int_equal(commands[0].give_data, 1u << UNIT_FIXED);
	assert_int_equal(commands[2].take_data, 1u << UNIT_FIXED);
	assert_int_equal(commands[2].take_room, 0); /* load and fixed: both follow from the data token */
	assert_int_equal(commands[0].give_room, 0);
	assert_int_equal(commands[3].take_data | commands[3].take_room, 0);
	assert_int_equal(commands[4].take_data, 1u << UNIT_POST);
	assert_int_equal(commands[2].give_data, 1u << UNIT_FIXED);
	assert_int_equal(commands[4].take_room, 1u << UNIT_POST);
	assert_int_equal(commands[3].give_room, 1u << UNIT_FIXED);
	token_tracker_free(tracker);
}

int main(void) {
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_conflict_is_ordered),
	    cmocka_unit_test(kinds_of_tokens),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
