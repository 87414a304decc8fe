/* Does a shared simulation ever differ from one of its own? */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "explore/evaluate.h"
#include "explore/share.h"
#include "sim/base/text.h"

struct fixture {
	struct sweep sweep;
	struct evaluator *shared, *fresh;
};

static int setup(void **state) {
	struct fixture *fixture = calloc(1, sizeof *fixture);
	config_defaults(&fixture->sweep.base);
	sweep_add_axis(&fixture->sweep, "run.frames", "1", "here", NULL);
	if (sweep_complete(&fixture->sweep, "here", NULL)) return 1;
	fixture->shared = evaluator_create(&fixture->sweep, (size_t)24 << 20);
	fixture->fresh = evaluator_create(&fixture->sweep, 0);
	*state = fixture;
	return !fixture->shared || !fixture->fresh;
}

static int teardown(void **state) {
	struct fixture *fixture = *state;
	evaluator_free(fixture->shared);
	evaluator_free(fixture->fresh);
	sweep_clear(&fixture->sweep);
	free(fixture);
	return 0;
}

static void assert_same(struct fixture *fixture, const struct config *config, const char *what) {
	struct point_row shared, fresh;
	evaluator_config(fixture->shared, 0, config, &shared);
	evaluator_config(fixture->fresh, 0, config, &fresh);
	if (memcmp(&shared, &fresh, sizeof fresh) != 0)
		fail_msg("%s: shared %llu cycles %.9g W %s, fresh %llu cycles %.9g W %s", what,
		         (unsigned long long)shared.total_cycles, shared.power_w, shared.reason,
		         (unsigned long long)fresh.total_cycles, fresh.power_w, fresh.reason);
}

/* Another value of a parameter: twice, half, one more, the next word. */
static int other_value(const struct config_parameter *parameter, struct config *config, int kind) {
	uint32_t value;
	char word[64];
	char *member = (char *)config + parameter->offset;
	if (parameter->type == CONFIG_TEXT) {
		static const char *const devices[] = {"ultra96", "zc706", "u280"};
		if (strcmp(parameter->key, "device") != 0 || kind > 2) return 0;
		memset(member, 0, CONFIG_TEXT_BYTES);
		memcpy(member, devices[kind], strlen(devices[kind]));
		return 1;
	}
	memcpy(&value, member, sizeof value);
	if (parameter->type == CONFIG_WORD) {
		value = (uint32_t)kind;
		text_word_at(parameter->words, value, word, sizeof word);
		if (!word[0]) return 0;
	} else {
		value = kind == 0 ? value * 2 : kind == 1 ? value / 2 : kind == 2 ? value + 1 : value ? value - 1 : 0;
		if (value < parameter->minimum || value > parameter->maximum) return 0;
	}
	memcpy(member, &value, sizeof value);
	return 1;
}

/* Every parameter in turn, beside the same base: what is left out of a key although it matters shows here. Returns how
 * many changes there were. */
static unsigned change_every_parameter(struct fixture *fixture, const struct config *standard) {
	unsigned changed = 0;
	for (size_t i = 0; i < config_parameter_count; i++)
		for (int kind = 0; kind < 4; kind++) {
			struct config config = *standard;
			if (!other_value(&config_parameters[i], &config, kind)) continue;
			assert_same(fixture, &config, config_parameters[i].key);
			assert_same(fixture, standard, config_parameters[i].key);
			changed++;
		}
	return changed;
}

static void every_parameter_that_matters_is_in_the_keys(void **state) {
	struct fixture *fixture = *state;
	static const uint32_t kinds[] = {DRAM_DDR4, DRAM_FIXED, DRAM_UNLIMITED};
	unsigned changed = 0;
	for (int base = 0; base < 4; base++) {
		struct config standard = fixture->sweep.base;
		standard.dram_kind = kinds[base % 3];
		if (base == 3) { /* everything through one channel of memory, row after row: its times show */
			standard.mapper_maps = RESIDENCY_TILE;
			standard.mapper_weights = RESIDENCY_LAYER;
			standard.dram_channels = 1;
			standard.dram_row_bytes = 1024;
			standard.dram_banks_per_group = 1;
		}
		standard.frames = 2;
		assert_same(fixture, &standard, "base");
		changed += change_every_parameter(fixture, &standard);
	}
	assert_true(changed > 550);
}

static uint32_t pick(uint64_t *random, uint32_t count) {
	*random ^= *random << 13;
	*random ^= *random >> 7;
	*random ^= *random << 17;
	return (uint32_t)(*random % count);
}

/* A machine near others: few values an axis, so that programs and timings meet again. */
static void random_config(struct config *config, uint64_t *random) {
	static const uint32_t words[] = {1, 3};
	static const char *const devices[] = {"u250", "ultra96"};
	config->binary_pes = 8u << pick(random, 2);
	config->post_lanes = 8;
	config->binary_words = words[pick(random, 2)];
	config->dram_kind = pick(random, 3);
	config->clock_khz = 200000 + 100000 * pick(random, 2);
	config->dram_channels = 1 + pick(random, 2);
	config->dma_outstanding = 1u << pick(random, 2);
	config->buffer[BUFFER_FIXED_ACTIVATIONS].depth_words = 2048u << pick(random, 2);
	config->buffer[BUFFER_BIT_WEIGHTS].technology = pick(random, 3);
	config->mapper_weights = pick(random, 2) ? RESIDENCY_AUTO : RESIDENCY_LAYER;
	config->compile_skip_weight_bits = 4 + 4 * pick(random, 2);
	memset(config->device, 0, sizeof config->device);
	snprintf(config->device, sizeof config->device, "%s", devices[pick(random, 2)]);
}

static void shared_equals_fresh_on_random_points(void **state) {
	struct fixture *fixture = *state;
	uint64_t random = 20250;
	for (int i = 0; i < 1500; i++) {
		struct config config = fixture->sweep.base;
		random_config(&config, &random);
		assert_same(fixture, &config, "random");
	}
	const struct evaluator_counts *counts = evaluator_count(fixture->shared);
	assert_true(counts->shared_inputs > 50); /* else nothing was tested */
	assert_true(counts->shared_programs > 20);
	assert_int_equal(evaluator_count(fixture->fresh)->shared_inputs, 0);
	print_message("%llu points: %llu found by inputs, %llu by program\n", (unsigned long long)counts->points,
	              (unsigned long long)counts->shared_inputs, (unsigned long long)counts->shared_programs);
}

/* Programs that differ in one field of one command, thousands of them in a thousand places: each finds its own or none.
 */
static void programs_that_fall_on_one_place_are_told_apart(void **state) {
	struct share *share = share_create((size_t)1 << 20);
	struct config config;
	struct command commands[3] = {{.opcode = OPCODE_LOAD}, {.opcode = OPCODE_STORE}, {.opcode = OPCODE_END}};
	struct program program = {.commands = commands, .command_count = 3, .layer_count = 1};
	struct layer_counters layer = {.binary_issued = 0};
	uint64_t end_cycle = 0;
	unsigned found_count = 0;
	(void)state;
	config_defaults(&config);
	for (int round = 0; round < 2; round++)
		for (uint32_t i = 0; i < 5000; i++) {
			commands[1].f.transfer.row_words = i / 2;
			program.frame_start = i % 2;
			const struct share_result *found = share_find_program(share, &config, &program);
			if (found) {
				assert_int_equal(found->machine.total_cycles, 100 + i);
				found_count++;
				continue;
			}
			struct share_result made = {.status = STATUS_OK};
			made.machine = (struct machine_result){.total_cycles = 100 + i,
			                                       .frame_count = 1,
			                                       .layer_count = 1,
			                                       .layers = &layer,
			                                       .frame_end_cycle = &end_cycle};
			share_keep_program(share, &config, &program, &made);
			assert_non_null(share_find_program(share, &config, &program));
		}
	assert_true(found_count < 2000); /* most were overwritten: places are shared */
	share_free(share);
}

static void networks_of_other_widths_are_told_apart(void **state) {
	struct fixture *fixture = *state;
	struct config config = fixture->sweep.base;
	struct point_row eight, four;
	evaluator_config(fixture->shared, 0, &config, &eight);
	config.compile_skip_weight_bits = 4;
	evaluator_config(fixture->shared, 0, &config, &four);
	assert_int_equal(eight.status, POINT_OK);
	assert_true(eight.network != four.network);
	assert_int_equal(eight.total_cycles, four.total_cycles); /* the same lanes: stem and head have 8 bits */
}

/* TFC, folded for a budget and a target. */
static void streaming_base(struct config *config) {
	struct error error = {""};
	if (config_read(config, NBSIM_SOURCE_DIR "/configs/tfc-w1a1-pynq-z2.ini", &error)) fail_msg("%s", error.text);
	memset(config->streaming_folding, 0, sizeof config->streaming_folding);
	memcpy(config->streaming_folding, "auto", 4);
	config->frames = 3;
}

static void every_parameter_that_a_pipeline_reads_is_in_the_keys(void **state) {
	struct fixture *fixture = *state;
	struct config standard;
	unsigned changed = 0;
	streaming_base(&standard);
	for (int base = 0; base < 3; base++) {
		if (base) standard.streaming_target_frames_per_s = 5000;
		standard.streaming_budget_percent = base == 1 ? 70 : 12;
		if (base == 2) standard.streaming_link = LINK_PIXEL;
		assert_same(fixture, &standard, "streaming base");
		changed += change_every_parameter(fixture, &standard);
	}
	assert_true(changed > 450);
	assert_true(evaluator_count(fixture->shared)->shared_inputs > 500); /* a parameter of the other organisation */
}

static void shared_equals_fresh_on_random_pipelines(void **state) {
	struct fixture *fixture = *state;
	static const char *const devices[] = {"pynq_z2", "ultra96"};
	static const char *const foldings[] = {"auto", "49/1 16/49 8/8 8/8 10/8"};
	uint64_t random = 77;
	struct config config;
	streaming_base(&config);
	for (int i = 0; i < 1200; i++) {
		config.clock_khz = 100000 + 100000 * pick(&random, 2);
		config.frames = 1 + pick(&random, 3);
		config.streaming_budget_percent = 2 + 9 * pick(&random, 4);
		config.streaming_target_frames_per_s = 40000 * pick(&random, 2);
		config.streaming_fifo_depth_words = 2u << pick(&random, 3);
		config.binary_pes = 8 << pick(&random, 2);
		memset(config.device, 0, sizeof config.device);
		snprintf(config.device, sizeof config.device, "%s", devices[pick(&random, 2)]);
		memset(config.streaming_folding, 0, sizeof config.streaming_folding);
		snprintf(config.streaming_folding, sizeof config.streaming_folding, "%s", foldings[pick(&random, 2)]);
		assert_same(fixture, &config, "random pipeline");
	}
	const struct evaluator_counts *counts = evaluator_count(fixture->shared);
	assert_true(counts->shared_inputs > 200);
	assert_true(counts->shared_programs > 30);
	print_message("%llu points: %llu found by inputs, %llu by pipeline\n", (unsigned long long)counts->points,
	              (unsigned long long)counts->shared_inputs, (unsigned long long)counts->shared_programs);
}

/* So little memory that runs push each other out. */
static void a_small_share_of_pipelines_is_right_too(void **state) {
	struct fixture *fixture = *state;
	uint64_t random = 5;
	struct config config;
	evaluator_free(fixture->shared);
	fixture->shared = evaluator_create(&fixture->sweep, 4 * 16000);
	streaming_base(&config);
	for (int i = 0; i < 300; i++) {
		config.streaming_budget_percent = 2 + 3 * pick(&random, 6);
		config.streaming_fifo_depth_words = 2u << pick(&random, 4);
		assert_same(fixture, &config, "small share");
	}
	assert_true(evaluator_count(fixture->shared)->shared_inputs > 5);
	assert_true(evaluator_count(fixture->shared)->shared_inputs < 270);
}

int main(void) {
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(every_parameter_that_matters_is_in_the_keys, setup, teardown),
	    cmocka_unit_test_setup_teardown(shared_equals_fresh_on_random_points, setup, teardown),
	    cmocka_unit_test(programs_that_fall_on_one_place_are_told_apart),
	    cmocka_unit_test_setup_teardown(every_parameter_that_a_pipeline_reads_is_in_the_keys, setup, teardown),
	    cmocka_unit_test_setup_teardown(shared_equals_fresh_on_random_pipelines, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_small_share_of_pipelines_is_right_too, setup, teardown),
	    cmocka_unit_test_setup_teardown(networks_of_other_widths_are_told_apart, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
