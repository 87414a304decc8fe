/* One timed loop of one part of the simulator, for tests/bench.sh.
 *
 *   nb_bench_kernel WHAT CONFIG NETWORK COUNT [SECTION.KEY=VALUE...]
 *
 * WHAT is native or systemc (COUNT frames back to back in one run: the kernel alone, without reading, mapping and
 * estimates), point (COUNT times map and run one frame natively: what one point of a sweep costs at least), map (COUNT
 * times the mapper) or values (COUNT images through the layer kernels). Prints "WORK SECONDS": cycles for native,
 * systemc and point, mappings for map, images for values. A SystemC process runs once, so repetition is the caller's.
 *
 * Left out on purpose: statistics. The script interleaves what it compares, since only ratios of one moment mean
 * something.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sim/base/shipped.h"
#include "sim/input/image.h"
#include "sim/mapper/mapper.h"
#include "sim/run/native.h"
#include "sim/systemc/systemc_run.h"
#include "sim/values/values.h"
#include "workloads/compile.h"

struct bench {
	struct config config;
	struct trace trace;
	uint64_t work;
	double seconds;
};

static double now_s(void) {
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static enum status prepare(struct bench *bench, const char *config, const char *network, char *const *settings,
                           int setting_count, struct error *error) {
	char path[4096];
	enum status status = shipped_find("configs", config, path, sizeof path, error);
	if (!status) status = config_read(&bench->config, path, error);
	for (int i = 0; !status && i < setting_count; i++) status = config_set(&bench->config, settings[i], error);
	if (!status) status = config_check(&bench->config, path, error);
	struct compile_options options = {.network = network, .config = &bench->config};
	if (!status) status = compile_network(&options, &bench->trace, NULL, error);
	if (!status) mapper_resolve_widths(&bench->config, &bench->trace);
	return status;
}

/* Maps once, then runs `kernel` over `frames` frames; only the run is timed. */
static enum status time_kernel(struct bench *bench, int systemc, uint32_t frames, struct error *error) {
	struct program program;
	struct mapping mapping;
	struct machine_result result;
	struct native_options options = {0};
	bench->config.frames = frames;
	enum status status = mapper_map(&bench->trace, &bench->config, NULL, &program, &mapping, error);
	if (status) return status;
	double begun_s = now_s();
	status = (systemc ? systemc_kernel : native_run)(&bench->config, &program, &options, &result, error);
	bench->seconds = now_s() - begun_s;
	if (!status) {
		bench->work = result.total_cycles;
		machine_result_clear(&result);
	}
	program_clear(&program);
	mapping_clear(&mapping);
	return status;
}

/* `count` times the mapper; with `run`, the native kernel over each program too. */
static enum status time_points(struct bench *bench, int run, uint32_t count, struct error *error) {
	enum status status = STATUS_OK;
	double begun_s = now_s();
	for (uint32_t i = 0; !status && i < count; i++) {
		struct program program;
		struct mapping mapping;
		struct machine_result result;
		status = mapper_map(&bench->trace, &bench->config, NULL, &program, &mapping, error);
		if (status) break;
		if (run) status = native_run(&bench->config, &program, NULL, &result, error);
		if (!status) bench->work += run ? result.total_cycles : 1;
		if (!status && run) machine_result_clear(&result);
		program_clear(&program);
		mapping_clear(&mapping);
	}
	bench->seconds = now_s() - begun_s;
	return status;
}

/* Images of a fixed pattern: the layer kernels' time does not depend on the values. */
static enum status time_values(struct bench *bench, uint32_t count, struct error *error) {
	struct values_network *network = NULL;
	size_t values = image_map_values(&bench->trace);
	int16_t *input = calloc(values, sizeof *input);
	int32_t *scores = calloc(bench->trace.classes, sizeof *scores);
	enum status status = input && scores ? STATUS_OK : error_set(error, STATUS_MEMORY, "out of memory");
	for (size_t i = 0; !status && i < values; i++) input[i] = (int16_t)((int)(i * 37 % 251) - 125);
	if (!status) status = values_network_create(&network, &bench->trace, VALUES_FAST, error);
	double begun_s = now_s();
	for (uint32_t i = 0; !status && i < count; i++) values_network_run(network, input, scores);
	bench->seconds = now_s() - begun_s;
	bench->work = count;
	values_network_free(network);
	free(input);
	free(scores);
	return status;
}

static enum status measure(struct bench *bench, const char *what, uint32_t count, struct error *error) {
	if (!strcmp(what, "native")) return time_kernel(bench, 0, count, error);
	if (!strcmp(what, "systemc")) return time_kernel(bench, 1, count, error);
	if (!strcmp(what, "point")) return time_points(bench, 1, count, error);
	if (!strcmp(what, "map")) return time_points(bench, 0, count, error);
	if (!strcmp(what, "values")) return time_values(bench, count, error);
	return error_set(error, STATUS_USAGE, "'%s' is not known; expected native, systemc, point, map or values",
	                 what);
}

int main(int argc, char **argv) {
	struct bench bench = {0};
	struct error error = {""};
	unsigned long count = argc >= 5 ? strtoul(argv[4], NULL, 10) : 0;
	if (count < 1 || count > 1000000) {
		fprintf(stderr, "nb_bench_kernel: expected WHAT CONFIG NETWORK COUNT [SECTION.KEY=VALUE...], COUNT "
		                "from 1 to 1000000\n");
		return STATUS_USAGE;
	}
	enum status status = prepare(&bench, argv[2], argv[3], argv + 5, argc - 5, &error);
	if (!status) {
		status = measure(&bench, argv[1], (uint32_t)count, &error);
		trace_clear(&bench.trace);
	}
	if (status)
		fprintf(stderr, "nb_bench_kernel: %s\n", error.text);
	else
		printf("%" PRIu64 " %.9f\n", bench.work, bench.seconds);
	return status;
}
