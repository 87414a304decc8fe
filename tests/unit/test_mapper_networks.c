/* Do the trained networks give the same scores on the executor, in a random order, as the value kernels do, on machines
 * of every kind? The shipped network always; the others need the data folder. */
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
#include "tests/unit/golden_networks.h"
#include "tests/unit/test_mapper_run.h"
#include "workloads/compile.h"

enum { SETTINGS_MAX = 8, CLASSES_MAX = 1024 };

static const struct machine_case {
	const char *name, *settings[SETTINGS_MAX];
} machines[] = {
    {"default", {NULL}},
    {"separate", {"post_unit.mode=separate", "binary_engine.packing=channel"}},
    {"by layers", {"mapper.weights=layer", "buffer.bit_weights.ping_pong=on", "buffer.bit_weights.depth_words=1024"}},
    {"by tiles, spilled",
     {"mapper.weights=tile", "mapper.maps=spilled", "buffer.fixed_activations.ping_pong=on",
      "buffer.parameters.ping_pong=on"}},
    {"wide",
     {"binary_engine.pes=64", "binary_engine.words=3", "fixed_engine.rows=32", "fixed_engine.columns=8",
      "post_unit.lanes=8", "buffer.bit_activations.banks=1", "buffer.fixed_activations.banks=1",
      "buffer.border.banks=1"}},
    {"narrow",
     {"binary_engine.pes=4", "fixed_engine.rows=2", "fixed_engine.columns=4", "post_unit.lanes=2",
      "buffer.accumulators.depth_words=2048", "buffer.skip_sums.depth_words=2048", "sequencer.program_commands=65536",
      "buffer.fixed_activations.banks=1"}},
};

static void check_case(const struct trace *trace, const struct machine_case *machine) {
	struct error error = {""};
	struct config config;
	struct program program;
	struct mapping mapping;
	struct values_network *network;
	struct executor *executor;
	struct random random = {2026};
	int32_t expected[CLASSES_MAX], scores[CLASSES_MAX];
	config_defaults(&config);
	config.binary_window_bits = 4608; /* CNV's 3 x 3 windows of 256 channels */
	for (int i = 0; i < SETTINGS_MAX && machine->settings[i]; i++)
		if (config_set(&config, machine->settings[i], &error)) fail_msg("%s: %s", machine->name, error.text);
	if (config_check(&config, machine->name, &error)) fail_msg("%s", error.text);
	mapper_resolve_widths(&config, trace);
	const enum status status = mapper_map(trace, &config, NULL, &program, &mapping, &error);
	if (status == STATUS_UNMAPPABLE) {
		print_message("%s on '%s': refused: %s\n", trace->name, machine->name, error.text);
		assert_ptr_not_equal(machine, &machines[0]);
		return;
	}
	if (status) fail_msg("%s on '%s': %s", trace->name, machine->name, error.text);
	int16_t *input = random_input(trace, &random);
	const int16_t *inputs[] = {input};
	if (values_network_create(&network, trace, VALUES_FAST, &error)) fail_msg("%s", error.text);
	values_network_run(network, input, expected);
	if (executor_create(&executor, &config, &program, &error)) fail_msg("%s", error.text);
	if (run_program(executor, &config, &program, &random, trace, inputs, 1, scores, &error))
		fail_msg("%s on '%s': %s", trace->name, machine->name, error.text);
	assert_memory_equal(scores, expected, trace->classes * sizeof *scores);
	executor_free(executor);
	values_network_free(network);
	free(input);
	program_clear(&program);
	mapping_clear(&mapping);
}

static void check_network(const struct trace *trace) {
	assert_true(trace->classes <= CLASSES_MAX);
	for (size_t i = 0; i < sizeof machines / sizeof machines[0]; i++) check_case(trace, &machines[i]);
}

static void neuroblend20_fashion(void **state) {
	(void)state;
	struct trace trace;
	struct error error = {""};
	const struct compile_options options = {.network = NBSIM_SOURCE_DIR "/workloads/networks/neuroblend20-fashion",
	                                        .seed = 1};
	if (compile_network(&options, &trace, NULL, &error)) fail_msg("%s", error.text);
	check_network(&trace);
	trace_clear(&trace);
}

/* Token mixing turns maps twice a block; channels and tokens that are no multiple of any lane count. */
static void small_mixers(void **state) {
	(void)state;
	static const char *const geometry[][6] = {
	    {"side=8", "patch=2", "channels=24", "token_hidden=20", "channel_hidden=40", "depth=2"},
	    {"side=12", "patch=2", "channels=70", "token_hidden=30", "channel_hidden=50", "depth=1"},
	};
	for (size_t i = 0; i < sizeof geometry / sizeof geometry[0]; i++) {
		struct trace trace;
		struct error error = {""};
		const struct compile_options options = {.network = NBSIM_SOURCE_DIR "/workloads/networks/blendmixer",
		                                        .shape_only = 1,
		                                        .seed = 3,
		                                        .geometry = geometry[i],
		                                        .geometry_count = 6};
		if (compile_network(&options, &trace, NULL, &error)) fail_msg("%s", error.text);
		check_network(&trace);
		trace_clear(&trace);
	}
}

static void blend20_cifar10(void **state) {
	(void)state;
	struct trace trace;
	if (!golden_blend20(&trace, NBSIM_DATA_DIR)) {
		print_message("skipped: no blend20-cifar10 in %s\n", NBSIM_DATA_DIR);
		skip();
	}
	check_network(&trace);
	trace_clear(&trace);
}

static void bnn_pynq(void **state) {
	(void)state;
	static const char *const networks[] = {"cifar10-cnvW1A1", "cifar10-cnvW1A2", "cifar10-cnvW2A2",
	                                       "mnist-lfcW1A1"};
	for (size_t i = 0; i < sizeof networks / sizeof networks[0]; i++) {
		struct trace trace;
		if (!golden_bnn_pynq(&trace, NBSIM_DATA_DIR, networks[i])) {
			print_message("skipped: no bnn-pynq/%s in %s\n", networks[i], NBSIM_DATA_DIR);
			skip();
		}
		check_network(&trace);
		trace_clear(&trace);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(neuroblend20_fashion),
	    cmocka_unit_test(small_mixers),
	    cmocka_unit_test(blend20_cifar10),
	    cmocka_unit_test(bnn_pynq),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
