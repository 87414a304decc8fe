/* Does a program compute the network's values in whatever order its tokens allow, on random networks and machines? And
 * would the test notice: does a halved tile, a shifted address, a missing token fail? */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sim/mapper/mapper.h"
#include "sim/values/values.h"
#include "tests/unit/test_mapper_random.h"

enum { CASES = 400, ORDERS = 3, FRAMES = 2, SCORES_MAX = 64 };

/* A network on a machine, its program, and what two images must give. */
struct fixture {
	struct trace trace;
	struct config config;
	struct program program;
	struct mapping mapping;
	int16_t *inputs[FRAMES];
	int32_t expected[FRAMES * SCORES_MAX];
};

static void fixture_clear(struct fixture *fixture) {
	for (int i = 0; i < FRAMES; i++) free(fixture->inputs[i]);
	program_clear(&fixture->program);
	mapping_clear(&fixture->mapping);
	trace_clear(&fixture->trace);
}

/* The trace and config are there. STATUS_UNMAPPABLE is allowed; then everything is released. */
static enum status fixture_map(struct fixture *fixture, struct random *random, struct error *error) {
	memset(fixture->inputs, 0, sizeof fixture->inputs);
	mapper_resolve_widths(&fixture->config, &fixture->trace);
	enum status status =
	    mapper_map(&fixture->trace, &fixture->config, NULL, &fixture->program, &fixture->mapping, error);
	if (status != STATUS_OK) {
		fixture_clear(fixture);
		return status;
	}
	struct values_network *network;
	if (values_network_create(&network, &fixture->trace, VALUES_REFERENCE, error)) fail_msg("%s", error->text);
	for (int i = 0; i < FRAMES; i++) {
		fixture->inputs[i] = random_input(&fixture->trace, random);
		values_network_run(network, fixture->inputs[i], fixture->expected + (size_t)i * fixture->trace.classes);
	}
	values_network_free(network);
	return STATUS_OK;
}

/* One run of all frames in a random order: STATUS_OK when the scores are right. */
static enum status fixture_run(const struct fixture *fixture, struct random *random, struct error *error) {
	struct executor *executor;
	int32_t scores[FRAMES * SCORES_MAX];
	enum status status = executor_create(&executor, &fixture->config, &fixture->program, error);
	if (status != STATUS_OK) return status;
	status = run_program(executor, &fixture->config, &fixture->program, random, &fixture->trace,
	                     (const int16_t *const *)fixture->inputs, FRAMES, scores, error);
	executor_free(executor);
	const size_t bytes = FRAMES * fixture->trace.classes * sizeof *scores;
	if (status == STATUS_OK && memcmp(scores, fixture->expected, bytes) != 0)
		return error_set(error, STATUS_FAILED, "the scores differ");
	return status;
}

struct seen {
	uint32_t mapped, refused, spilled, tiles, layers, blocks, separate, transposed;
};

static void look(struct seen *seen, const struct fixture *fixture) {
	uint32_t spilled = 0, tiles = 0, layers = 0, blocks = 0, transposed = 0;
	for (uint32_t i = 0; i < fixture->mapping.layer_count; i++) {
		const struct mapping_layer *layer = &fixture->mapping.layers[i];
		spilled |= layer->input_spilled | layer->skip_input_spilled | layer->output_spilled;
		tiles |= layer->weights == RESIDENCY_TILE;
		layers |= layer->weights == RESIDENCY_LAYER;
		blocks |= layer->block_channels < fixture->trace.layers[i].output_channels;
		transposed |= fixture->trace.layers[i].transpose;
	}
	seen->mapped++;
	seen->spilled += spilled;
	seen->tiles += tiles;
	seen->layers += layers;
	seen->blocks += blocks;
	seen->transposed += transposed;
	seen->separate += fixture->config.post_mode == POST_SEPARATE;
}

static struct random random_of(uint64_t seed) {
	struct random random = {seed * UINT64_C(0x9e3779b97f4a7c15) + 1};
	for (int i = 0; i < 10; i++) random_below(&random, 2);
	return random;
}

static void any_order_gives_the_values(void **state) {
	(void)state;
	struct seen seen = {0};
	for (uint64_t seed = 1; seed <= CASES; seed++) {
		struct random random = random_of(seed);
		struct fixture fixture;
		struct error error = {""};
		random_trace(&fixture.trace, &random);
		if (trace_check(&fixture.trace, "random", &error)) fail_msg("seed %u: %s", (unsigned)seed, error.text);
		random_machine(&fixture.config, &random);
		const enum status status = fixture_map(&fixture, &random, &error);
		if (status == STATUS_UNMAPPABLE) {
			assert_true(error.text[0]);
			seen.refused++;
			continue;
		}
		if (status) fail_msg("seed %u: %s", (unsigned)seed, error.text);
		look(&seen, &fixture);
		for (int i = 0; i < ORDERS; i++)
			if (fixture_run(&fixture, &random, &error))
				fail_msg("seed %u, order %d: %s", (unsigned)seed, i, error.text);
		fixture_clear(&fixture);
	}
	print_message(
	    "%u mapped (%u with spilled maps, %u by tiles, %u by layers, %u in blocks, %u separate, %u transposed), "
	    "%u refused\n",
	    seen.mapped, seen.spilled, seen.tiles, seen.layers, seen.blocks, seen.separate, seen.transposed,
	    seen.refused);
	/* the random cases reach every way of mapping */
	assert_true(seen.mapped > CASES / 2);
	assert_true(seen.spilled > CASES / 10 && seen.tiles > CASES / 10 && seen.layers > CASES / 10);
	assert_true(seen.blocks > CASES / 20 && seen.separate > CASES / 10 && seen.transposed > CASES / 10);
}

/* The same trace and configuration give the same program, byte for byte. */
static void mapping_twice_gives_the_same(void **state) {
	(void)state;
	struct random random = random_of(5);
	struct trace trace;
	struct config config;
	struct program first, second;
	struct mapping one, two;
	struct error error;
	blend_trace(&trace, &random);
	config_defaults(&config);
	assert_int_equal(mapper_map(&trace, &config, NULL, &first, &one, &error), STATUS_OK);
	assert_int_equal(mapper_map(&trace, &config, NULL, &second, &two, &error), STATUS_OK);
	assert_int_equal(first.command_count, second.command_count);
	assert_int_equal(first.segment_count, second.segment_count);
	for (uint32_t i = 0; i < first.command_count; i++) {
		uint32_t a[COMMAND_WORDS], b[COMMAND_WORDS];
		command_encode(&first.commands[i], a);
		command_encode(&second.commands[i], b);
		assert_memory_equal(a, b, sizeof a);
	}
	for (uint32_t i = 0; i < first.segment_count; i++)
		assert_memory_equal(first.segments[i].data, second.segments[i].data, first.segments[i].bytes);
	program_clear(&first);
	program_clear(&second);
	mapping_clear(&one);
	mapping_clear(&two);
	trace_clear(&trace);
}

/* --- detectors -----------------------------------------------------------------------------------------------------
 */

/* A small machine on which the blend network needs everything: halves, blocks, tiles, spilled maps. */
static void small_machine(struct config *config) {
	config_defaults(config);
	config->binary_pes = 8;
	config->fixed_columns = 8;
	config->fixed_rows = 4;
	config->post_lanes = 4;
	config->dma_axi_bytes = 8;
	for (int i = 0; i < BUFFER_COUNT; i++) config->buffer[i].banks = 1;
	config->buffer[BUFFER_BIT_ACTIVATIONS].depth_words = 192;
	config->buffer[BUFFER_BIT_ACTIVATIONS].ping_pong = 1;
	config->buffer[BUFFER_FIXED_ACTIVATIONS].depth_words = 512;
	config->buffer[BUFFER_FIXED_ACTIVATIONS].ping_pong = 1;
	config->buffer[BUFFER_BIT_WEIGHTS].depth_words = 32;
	config->buffer[BUFFER_BIT_WEIGHTS].ping_pong = 1;
	config->buffer[BUFFER_FIXED_WEIGHTS].depth_words = 64;
	config->buffer[BUFFER_ACCUMULATORS].depth_words = 120;
	config->buffer[BUFFER_SKIP_SUMS].depth_words = 120;
}

static void blend_fixture(struct fixture *fixture, struct random *random, int small) {
	struct error error = {""};
	blend_trace(&fixture->trace, random);
	if (trace_check(&fixture->trace, "blend", &error)) fail_msg("%s", error.text);
	config_defaults(&fixture->config);
	if (small) small_machine(&fixture->config);
	if (config_check(&fixture->config, "machine", &error)) fail_msg("%s", error.text);
	if (fixture_map(fixture, random, &error)) fail_msg("%s", error.text);
	if (fixture_run(fixture, random, &error)) fail_msg("%s", error.text);
}

/* In program order, so that nothing but the changed field can be the cause. */
static int is_noticed(const struct fixture *fixture) {
	struct error error;
	struct executor *executor;
	int32_t scores[SCORES_MAX];
	int noticed = 0;
	const struct trace_map *map = &fixture->trace.maps[fixture->trace.input_map];
	if (executor_create(&executor, &fixture->config, &fixture->program, &error)) return 1;
	noticed = executor_preamble(executor, &error) != STATUS_OK;
	for (int i = 0; i < FRAMES && !noticed; i++) {
		noticed = executor_put_input(executor, fixture->inputs[i], map->height, map->width, map->channels,
		                             map->kind == TRACE_MAP_BITS, &error) ||
		          executor_frame(executor, &error) ||
		          executor_get_scores(executor, scores, fixture->trace.classes, &error) ||
		          memcmp(scores, fixture->expected + (size_t)i * fixture->trace.classes,
		                 fixture->trace.classes * sizeof *scores) != 0;
	}
	executor_free(executor);
	return noticed;
}

/* Places of a command to change: a field and how. */
struct change {
	uint32_t opcodes; /* bit o */
	size_t offset;
	const char *name;
	uint32_t step; /* added; 0: halved; 1 << 31: a beat */
	uint32_t flag; /* only with this flag, 0: always */
};
enum { A_BEAT = 1u << 30, HALF = 0, LOADS = 1 << OPCODE_LOAD, STORES = 1 << OPCODE_STORE };
enum { BINARY = 1 << OPCODE_BINARY_CONV, CONVS = BINARY | 1 << OPCODE_FIXED_CONV, POSTS = 1 << OPCODE_POST };
#define FIELD(group, name) offsetof(struct command, f.group.name), #group "." #name

static const struct change changes[] = {
    {LOADS | STORES, FIELD(transfer, ddr_address), A_BEAT, 0},
    {LOADS | STORES, FIELD(transfer, buffer_address), 1, 0},
    {LOADS | STORES, FIELD(transfer, row_words), HALF, 0},
    {LOADS | STORES, FIELD(transfer, rows), HALF, 0},
    {CONVS, FIELD(conv, input_base), 1, 0},
    {CONVS, FIELD(conv, weight_base), 1, 0},
    {CONVS, FIELD(conv, output_base), 1, 0},
    {BINARY, FIELD(conv, border_base), 1, 0},
    {CONVS, FIELD(conv, rows), HALF, 0},
    {CONVS, FIELD(conv, first_row), 1, 0},
    {CONVS, FIELD(conv, groups), HALF, 0},
    {POSTS, FIELD(post, a_base), 1, 0},
    {POSTS, FIELD(post, b_base), 1, POST_USE_B},
    {POSTS, FIELD(post, parameter_base), 1, 0},
    {POSTS, FIELD(post, fixed_base), 1, POST_WRITE_FIXED},
    {POSTS, FIELD(post, bits_base), 1, POST_WRITE_BITS},
    {POSTS, FIELD(post, output_base), 1, POST_WRITE_OUTPUT},
    {POSTS, FIELD(post, rows), HALF, 0},
    {POSTS, FIELD(post, channels), HALF, 0},
};

/* 0: the change does not apply to this command. */
static uint32_t changed_value(const struct change *change, const struct command *command, const struct config *config,
                              uint32_t value) {
	if (!(change->opcodes >> command->opcode & 1) || (change->flag && !(command->flags & change->flag))) return 0;
	if (change->step == A_BEAT) return value + config->dma_axi_bytes;
	if (change->step != HALF) return value + change->step;
	return value >= 2 ? value / 2 : 0;
}

static void check_changes(int small) {
	struct random random = random_of(11);
	struct fixture fixture;
	uint32_t tried = 0;
	struct seen seen = {0};
	blend_fixture(&fixture, &random, small);
	look(&seen, &fixture);
	if (small) assert_true(seen.spilled && seen.tiles);
	for (uint32_t i = 0; i < fixture.program.command_count; i++) {
		struct command *command = &fixture.program.commands[i];
		for (size_t k = 0; k < sizeof changes / sizeof changes[0]; k++) {
			uint32_t *field = (uint32_t *)(void *)((char *)command + changes[k].offset), kept = *field;
			const uint32_t value = changed_value(&changes[k], command, &fixture.config, kept);
			if (!value) continue;
			*field = value;
			tried++;
			if (!is_noticed(&fixture))
				fail_msg("command %u: %s %u instead of %u went unnoticed", i, changes[k].name, value,
				         kept);
			*field = kept;
		}
	}
	print_message("%u changes of %u commands, all noticed\n", tried, fixture.program.command_count);
	assert_true(tried > 4 * fixture.program.command_count);
	fixture_clear(&fixture);
}

static void every_shifted_address_fails(void **state) {
	(void)state;
	check_changes(0);
}

static void every_shifted_address_fails_on_a_small_machine(void **state) {
	(void)state;
	check_changes(1);
}

/* The last command of `from` before `index` that gives a token to `me`: the one that `index` takes where tokens are
 * few. */
static uint32_t giver_of(const struct program *program, uint32_t index, uint32_t from, uint32_t me, int room) {
	uint32_t taken = 0, given = 0;
	for (uint32_t i = 0; i <= index; i++) {
		const struct command *command = &program->commands[i];
		if (command_unit(command) == (enum unit_id)me)
			taken += (room ? command->take_room : command->take_data) >> from & 1;
	}
	for (uint32_t i = 0; i < index; i++) {
		const struct command *command = &program->commands[i];
		if (command_unit(command) != (enum unit_id)from) continue;
		given += (room ? command->give_room : command->give_data) >> me & 1;
		if (given == taken) return i;
	}
	fail_msg("command %u takes a token that no command before it gives", index);
	return 0;
}

/* Takes every token away in turn, with its giver's, and looks whether some order goes wrong. Tokens that say again what
 * follows from others cannot be missed; most are. */
static void missing_tokens_are_noticed(void **state) {
	(void)state;
	struct random random = random_of(12);
	struct fixture fixture;
	uint32_t tokens = 0, noticed = 0;
	blend_fixture(&fixture, &random, 1);
	struct command *commands = fixture.program.commands;
	for (uint32_t i = 0; i < fixture.program.command_count; i++)
		for (uint32_t bit = 0; bit < 2 * UNIT_COUNT; bit++) {
			const uint32_t from = bit % UNIT_COUNT;
			const int room = bit >= UNIT_COUNT;
			uint32_t *take = room ? &commands[i].take_room : &commands[i].take_data;
			if (!(*take >> from & 1)) continue;
			const enum unit_id me = command_unit(&commands[i]);
			const uint32_t giver = giver_of(&fixture.program, i, from, me, room);
			uint32_t *give = room ? &commands[giver].give_room : &commands[giver].give_data;
			struct error error;
			*take ^= 1u << from;
			*give ^= 1u << me;
			tokens++;
			for (int order = 0; order < 12; order++)
				if (fixture_run(&fixture, &random, &error)) {
					noticed++;
					break;
				}
			*take ^= 1u << from;
			*give ^= 1u << me;
		}
	print_message("%u of %u missing tokens noticed\n", noticed, tokens);
	assert_true(tokens > 100);
	assert_true(noticed * 10 >= tokens * 7);
	fixture_clear(&fixture);
}

int main(void) {
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(any_order_gives_the_values),
	    cmocka_unit_test(mapping_twice_gives_the_same),
	    cmocka_unit_test(every_shifted_address_fails),
	    cmocka_unit_test(every_shifted_address_fails_on_a_small_machine),
	    cmocka_unit_test(missing_tokens_are_noticed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
