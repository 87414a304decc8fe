/* Does what makes the mapper fast change nothing? Tokens against a tracker that keeps and scans everything; the look at
 * all narrow fields of a command against the table of fields. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sim/mapper/mapper_emit.h"

static uint32_t pick(uint64_t *random, uint32_t count) {
	*random ^= *random << 13;
	*random ^= *random >> 7;
	*random ^= *random << 17;
	return (uint32_t)(*random % count);
}

/* --- tokens ------------------------------------------------------------------------------------------------------- */

enum { COMMANDS = 400, TOUCHES = 4, CELLS = 48, SPACES = 3 };

struct random_program {
	struct command commands[COMMANDS];
	struct touch touches[COMMANDS][TOUCHES];
	uint32_t counts[COMMANDS];
};

static void make_program(struct random_program *program, uint64_t *random, uint32_t widest) {
	static const enum opcode opcodes[] = {OPCODE_LOAD, OPCODE_STORE, OPCODE_BINARY_CONV, OPCODE_FIXED_CONV,
	                                      OPCODE_POST};
	memset(program, 0, sizeof *program);
	for (int i = 0; i < COMMANDS; i++) {
		int is_barrier = pick(random, 100) == 0;
		program->commands[i].opcode = is_barrier ? OPCODE_BARRIER : opcodes[pick(random, 5)];
		program->counts[i] = is_barrier ? 0 : 1 + pick(random, TOUCHES);
		for (uint32_t k = 0; k < program->counts[i]; k++) {
			struct touch *touch = &program->touches[i][k];
			touch->space = pick(random, SPACES);
			touch->writes = pick(random, 3) == 0;
			touch->first = pick(random, CELLS);
			touch->count = 1 + pick(random, least(widest, CELLS - (uint32_t)touch->first));
		}
	}
}

/* The same by cells, from the header's words alone: of each cell the last writer, and the last reader of each unit
 * since then. */
struct cell {
	uint32_t written, read[UNIT_COUNT]; /* command + 1; 0: none */
	enum unit_id writer;
};

struct plain {
	struct cell cells[SPACES][CELLS];
	uint32_t taken[UNIT_COUNT][UNIT_COUNT], known[UNIT_COUNT][UNIT_COUNT], starts[COMMANDS][UNIT_COUNT];
};

static void latest(uint32_t *to, uint32_t command) {
	if (command > *to) *to = command;
}

static void plain_waits(const struct plain *plain, const struct touch *touch, enum unit_id me, uint32_t *data,
                        uint32_t *room) {
	for (uint64_t c = touch->first; c < touch->first + touch->count; c++) {
		const struct cell *cell = &plain->cells[touch->space][c];
		if (cell->written && cell->writer != me)
			latest(&(touch->writes ? room : data)[cell->writer], cell->written);
		for (int unit = 0; touch->writes && unit < UNIT_COUNT; unit++)
			if (unit != (int)me) latest(&room[unit], cell->read[unit]);
	}
}

static void plain_touch(struct plain *plain, const struct touch *touch, enum unit_id me, uint32_t index) {
	for (uint64_t c = touch->first; c < touch->first + touch->count; c++) {
		struct cell *cell = &plain->cells[touch->space][c];
		if (touch->writes) *cell = (struct cell){.written = index + 1, .writer = me};
		if (!touch->writes) cell->read[me] = index + 1;
	}
}

static void plain_learn(struct plain *plain, enum unit_id me, int from, uint32_t end) {
	plain->taken[me][from] = end;
	latest(&plain->known[me][from], end);
	for (int unit = 0; unit < UNIT_COUNT; unit++) latest(&plain->known[me][unit], plain->starts[end - 1][unit]);
}

static void plain_add(struct plain *plain, struct command *commands, uint32_t index, const struct touch *touches,
                      uint32_t count) {
	const enum unit_id me = command_unit(&commands[index]);
	uint32_t data[UNIT_COUNT] = {0}, room[UNIT_COUNT] = {0};
	for (uint32_t k = 0; k < count; k++) plain_waits(plain, &touches[k], me, data, room);
	for (int from = 0; from < UNIT_COUNT; from++) {
		if (data[from] <= plain->taken[me][from]) continue;
		commands[data[from] - 1].give_data |= 1u << me;
		commands[index].take_data |= 1u << from;
		plain_learn(plain, me, from, data[from]);
	}
	for (int from = 0; from < UNIT_COUNT; from++) {
		if (room[from] <= plain->known[me][from]) continue;
		commands[room[from] - 1].give_room |= 1u << me;
		commands[index].take_room |= 1u << from;
		plain_learn(plain, me, from, room[from]);
	}
	memcpy(plain->starts[index], plain->known[me], sizeof plain->starts[index]);
	for (uint32_t k = 0; k < count; k++) plain_touch(plain, &touches[k], me, index);
}

static void plain_barrier(struct plain *plain, uint32_t index) {
	memset(plain->cells, 0, sizeof plain->cells);
	for (int me = 0; me < UNIT_COUNT; me++)
		for (int from = 0; from < UNIT_COUNT; from++) plain->taken[me][from] = plain->known[me][from] = index;
}

static void tokens_are_those_of_a_plain_tracker(void **state) {
	(void)state;
	struct random_program *program = malloc(sizeof *program);
	struct plain *plain = malloc(sizeof *plain);
	struct command *expected = malloc(sizeof program->commands);
	uint64_t random = 4711, tokens = 0;
	assert_true(program && plain && expected);
	for (int round = 0; round < 200; round++) {
		make_program(program, &random, round % 2 ? 4 : CELLS);
		memcpy(expected, program->commands, sizeof program->commands);
		memset(plain, 0, sizeof *plain);
		struct token_tracker *tracker = token_tracker_create();
		for (uint32_t i = 0; i < COMMANDS; i++) {
			if (program->commands[i].opcode == OPCODE_BARRIER) {
				plain_barrier(plain, i);
				token_tracker_barrier(tracker, i);
				continue;
			}
			plain_add(plain, expected, i, program->touches[i], program->counts[i]);
			assert_int_equal(
			    token_tracker_add(tracker, program->commands, i, program->touches[i], program->counts[i]),
			    STATUS_OK);
			tokens += program->commands[i].take_data != 0 || program->commands[i].take_room != 0;
		}
		token_tracker_free(tracker);
		assert_memory_equal(program->commands, expected, sizeof program->commands);
	}
	assert_true(tokens > 10000);
	free(expected);
	free(plain);
	free(program);
}

/* --- fields ------------------------------------------------------------------------------------------------------- */

/* Every bit of every word of a command, alone and beside all bits that may be set. */
static void no_overflow_is_passed_over(void **state) {
	(void)state;
	enum { WORDS = sizeof(struct command) / sizeof(uint32_t) };
	unsigned overflows = 0;
	for (int opcode = OPCODE_LOAD; opcode < OPCODE_COUNT; opcode++)
		for (size_t word = 1; word < WORDS; word++)
			for (int bit = 0; bit < 32; bit++) {
				struct command command = {.opcode = (enum opcode)opcode};
				((uint32_t *)(void *)&command)[word] = UINT32_C(1) << bit;
				if (!command_field_overflow(&command)) continue;
				overflows++;
				if (!emitter_may_overflow(&command))
					fail_msg("opcode %d: %s is passed over", opcode,
					         command_field_overflow(&command));
			}
	assert_true(overflows > 5 * 100);
	const struct command usual = {.opcode = OPCODE_POST, .layer = 4095, .flags = 65535};
	assert_false(emitter_may_overflow(&usual)); /* else it is of no use */
}

int main(void) {
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(tokens_are_those_of_a_plain_tracker),
	    cmocka_unit_test(no_overflow_is_passed_over),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
