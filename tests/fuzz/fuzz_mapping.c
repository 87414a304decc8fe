/* libFuzzer target: the mapping file reader, then the mapper with what it asked for, on a small network. The first byte
 * chooses one of a few machines, the rest is the file. Beyond "no crash": a refusal says why, and a program that the
 * mapper made gives the scores of the layer kernels whatever was asked for. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "sim/machine/executor.h"
#include "sim/mapper/mapper.h"
#include "sim/values/values.h"
#include "tests/unit/trace_sample.h"

enum { MACHINES = 4, VALUES = 36, CLASSES = 3 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static void set_machine(struct config *config, uint32_t machine) {
	static const char *const settings[MACHINES][6] = {
	    {NULL},
	    {"binary_engine.packing=channel", "binary_engine.pes=4", "post_unit.lanes=4", NULL},
	    {"mapper.maps=spilled", "mapper.weights=tile", "buffer.fixed_activations.ping_pong=on", NULL},
	    {"post_unit.mode=separate", "buffer.bit_weights.ping_pong=on", "mapper.weights=layer", NULL},
	};
	struct error error;
	config_defaults(config);
	for (int i = 0; settings[machine][i]; i++)
		if (config_set(config, settings[machine][i], &error)) abort();
	if (config_check(config, "machine", &error)) abort();
}

static void check_scores(const struct config *config, const struct program *program, const struct trace *trace) {
	struct error error;
	struct executor *executor;
	struct values_network *network;
	int16_t input[VALUES];
	int32_t scores[CLASSES], expected[CLASSES];
	for (int i = 0; i < VALUES; i++) input[i] = (int16_t)(i * 37 % 256 - 128);
	if (values_network_create(&network, trace, VALUES_PORTABLE, &error)) abort();
	values_network_run(network, input, expected);
	values_network_free(network);
	enum status status = executor_create(&executor, config, program, &error);
	if (!status) status = executor_put_input(executor, input, 6, 6, 1, 0, &error);
	if (!status) status = executor_preamble(executor, &error);
	if (!status) status = executor_frame(executor, &error);
	if (!status) status = executor_get_scores(executor, scores, CLASSES, &error);
	if (status) {
		fprintf(stderr, "%s\n", error.text);
		abort();
	}
	if (memcmp(scores, expected, sizeof scores) != 0) abort();
	executor_free(executor);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes) {
	struct trace trace;
	struct config config;
	struct mapping wish, chosen;
	struct program program;
	struct error error = {""};
	char path[64];
	if (!bytes) return 0;
	const int handle = memfd_create("fuzz", MFD_CLOEXEC);
	if (handle < 0 || write(handle, data + 1, bytes - 1) != (ssize_t)(bytes - 1)) abort();
	snprintf(path, sizeof path, "/proc/self/fd/%d", handle);
	trace_sample(&trace);
	set_machine(&config, data[0] % MACHINES);
	mapper_resolve_widths(&config, &trace);
	enum status status = mapping_read(&wish, &trace, path, &error);
	close(handle);
	if (status != STATUS_OK) {
		if (!error.text[0]) abort();
	} else {
		status = mapper_map(&trace, &config, &wish, &program, &chosen, &error);
		if (status != STATUS_OK && (status != STATUS_UNMAPPABLE || !error.text[0])) abort();
		if (status == STATUS_OK) {
			check_scores(&config, &program, &trace);
			program_clear(&program);
			mapping_clear(&chosen);
		}
		mapping_clear(&wish);
	}
	trace_clear(&trace);
	return 0;
}
