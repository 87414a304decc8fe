/* Points of a sweep on one processor with every cache off: how many a second, and what a point's time is made of.
 *
 *   nb_bench_points SWEEP COUNT DATABASE
 *
 * COUNT points, evenly spread over the grid, are evaluated one after the other in this process (networks, devices and
 * technologies are loaded before), then gone through again part by part: configure (axes, ties, rules), map (streaming:
 * folding, depths of skip paths), time (the native kernel), estimate (resources, energy), store (rows into a fresh
 * DATABASE). Prints "PART POINTS SECONDS", seconds of processor time; `point` is the first pass, `point_by_the_wall`
 * the same by the clock on the wall, to be compared with what else is timed by it. Points that do not map are part of
 * all figures. Left out: what the first pass does beside the parts (copies of a row's figures).
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "explore/evaluate.h"
#include "explore/sweep_store.h"
#include "explore/walk.h"
#include "sim/mapper/mapper.h"
#include "sim/run/native.h"

enum part { PART_CONFIGURE, PART_MAP, PART_TIME, PART_ESTIMATE, PART_STORE, PART_COUNT };
static const char *const part_names[PART_COUNT] = {"configure", "map", "time", "estimate", "store"};

struct bench {
	struct sweep sweep;
	struct evaluator *evaluator;
	struct point_row *rows;
	uint64_t count;
	double seconds[PART_COUNT], all_s, wall_s;
};

static double seconds_of(clockid_t clock) {
	struct timespec now;
	clock_gettime(clock, &now);
	return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static double processor_s(void) {
	return seconds_of(CLOCK_PROCESS_CPUTIME_ID);
}

static uint64_t point_at(const struct bench *bench, uint64_t i) {
	uint64_t places = walk_count(&bench->sweep);
	return walk_point(&bench->sweep, (uint64_t)((double)i * (double)places / (double)bench->count));
}

/* The first pass. A point is met once before the clock runs, so that networks and tables are there. */
static void run_points(struct bench *bench) {
	for (uint64_t i = 0; i < bench->count; i += bench->count / 16 + 1)
		evaluator_point(bench->evaluator, point_at(bench, i), &bench->rows[i]);
	double begun_s = processor_s(), begun_wall_s = seconds_of(CLOCK_MONOTONIC);
	for (uint64_t i = 0; i < bench->count; i++)
		evaluator_point(bench->evaluator, point_at(bench, i), &bench->rows[i]);
	bench->all_s = processor_s() - begun_s;
	bench->wall_s = seconds_of(CLOCK_MONOTONIC) - begun_wall_s;
}

/* One point in parts; the clock is read between them. Returns STATUS_OK where the point is not mapped, too. */
static enum status split_point(struct bench *bench, uint64_t i, struct error *error) {
	struct config config;
	struct simulation inputs, simulation;
	struct error ignored;
	double at_s = processor_s(), next_s;
	enum status status = sweep_configure(&bench->sweep, point_at(bench, i), &config, &ignored);
	if (!status) status = config_check(&config, "configuration", &ignored);
	bench->seconds[PART_CONFIGURE] += (next_s = processor_s()) - at_s;
	if (status) return STATUS_OK;
	/* the evaluator's trace, device and technology */
	status = evaluator_inputs(bench->evaluator, point_at(bench, i), &config, &inputs, error);
	if (status) return status;
	at_s = processor_s();
	status =
	    simulation_create(&simulation, &config, inputs.trace, inputs.device, inputs.technology, NULL, &ignored);
	bench->seconds[PART_MAP] += (next_s = processor_s()) - at_s;
	if (status) return STATUS_OK;
	status = simulation_time(&simulation, native_run, NULL, error);
	bench->seconds[PART_TIME] += (at_s = processor_s()) - next_s;
	if (!status) status = simulation_estimate(&simulation, error);
	bench->seconds[PART_ESTIMATE] += processor_s() - at_s;
	simulation_clear(&simulation);
	return status;
}

static enum status store_points(struct bench *bench, const char *path, struct error *error) {
	struct sweep_store *store;
	struct sweep_head head = {"0", "0", ""};
	enum status status = sweep_store_open(&store, path, 1, error);
	if (status) return status;
	status = sweep_store_begin(store, &bench->sweep, &head, 1, error);
	double begun_s = processor_s();
	for (uint64_t i = 0; !status && i < bench->count; i++) {
		char setting[4096];
		struct config config;
		struct error ignored;
		sweep_configure(&bench->sweep, bench->rows[i].point, &config, &ignored);
		sweep_setting_json(&bench->sweep, bench->rows[i].point, &config, setting, sizeof setting);
		status = sweep_store_add(store, bench->sweep.name, &bench->rows[i], setting, error);
	}
	if (!status) status = sweep_store_flush(store, error);
	bench->seconds[PART_STORE] = processor_s() - begun_s;
	sweep_store_close(store);
	return status;
}

static enum status measure(struct bench *bench, const char *path, struct error *error) {
	enum status status = STATUS_OK;
	bench->evaluator = evaluator_create(&bench->sweep, 0);
	bench->rows = calloc(bench->count, sizeof *bench->rows);
	if (!bench->evaluator || !bench->rows) return error_set(error, STATUS_MEMORY, "out of memory");
	run_points(bench);
	for (uint64_t i = 0; !status && i < bench->count; i++) status = split_point(bench, i, error);
	return status ? status : store_points(bench, path, error);
}

int main(int argc, char **argv) {
	struct bench bench = {.count = argc == 4 ? strtoull(argv[2], NULL, 10) : 0};
	struct error error = {""};
	if (bench.count < 1 || bench.count > 1000000) {
		fprintf(stderr, "nb_bench_points: expected SWEEP COUNT DATABASE, COUNT from 1 to 1000000\n");
		return STATUS_USAGE;
	}
	enum status status = sweep_read(&bench.sweep, argv[1], &error);
	if (!status) status = measure(&bench, argv[3], &error);
	if (status) {
		fprintf(stderr, "nb_bench_points: %s\n", error.text);
	} else {
		printf("point %" PRIu64 " %.6f\n", bench.count, bench.all_s);
		printf("point_by_the_wall %" PRIu64 " %.6f\n", bench.count, bench.wall_s);
		for (int part = 0; part < PART_COUNT; part++)
			printf("%s %" PRIu64 " %.6f\n", part_names[part], bench.count, bench.seconds[part]);
	}
	evaluator_free(bench.evaluator);
	free(bench.rows);
	sweep_clear(&bench.sweep);
	return status;
}
