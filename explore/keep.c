/* See keep.h. The process that stores runs the point again, because the counters of all layers (some 1,500 rows) would
 * have to pass through the workers' shared memory otherwise; storing them takes longer than the run. The bandwidth
 * figures of a run cost about eight runs more. A run's kernel is native, whatever the configuration asks nbsim for. */
#include "explore/keep.h"

#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double now_s(void) {
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* free; NULL when out of memory. */
static char *mapping_text(const struct simulation *simulation) {
	char *text = NULL;
	size_t bytes = 0;
	FILE *memory = open_memstream(&text, &bytes);
	if (!memory) return NULL;
	if (simulation_is_streaming(simulation))
		pipeline_print(&simulation->streaming.pipeline, simulation->trace, memory);
	else
		mapping_print(&simulation->mapping, simulation->trace, memory);
	return fclose(memory) ? NULL : text;
}

static enum status store_run(struct sweep_store *store, const struct simulation *simulation,
                             const struct config *config, double begun_s, char run[RUN_ID_BYTES], struct error *error) {
	struct rows rows = {0};
	char full[PATH_MAX];
	char *mapping = mapping_text(simulation);
	simulation_rows(simulation, 1, &rows);
	struct run_record record = {.program_version = NBSIM_VERSION,
	                            .config = config,
	                            .network = simulation->trace->name,
	                            .workload = realpath(config->workload, full) ? full : config->workload,
	                            .trace_checksum = simulation->trace->checksum,
	                            .images = "",
	                            .kernel = "native",
	                            .exactness = simulation_exactness(simulation),
	                            .memory = "model",
	                            .rows = &rows,
	                            .mapping_text = mapping,
	                            .wall_s = now_s() - begun_s};
	enum status status =
	    mapping && !rows.failed ? STATUS_OK : error_set(error, STATUS_MEMORY, "out of memory for a run");
	if (!status) {
		run_id(&record, record.id);
		memcpy(run, record.id, RUN_ID_BYTES);
		status = sweep_store_put_run(store, &record, error);
	}
	free(mapping);
	rows_clear(&rows);
	return status;
}

enum status keep_run(struct evaluator *evaluator, const struct sweep *sweep, struct sweep_store *store,
                     const struct point_row *row, char run[RUN_ID_BYTES], struct error *error) {
	struct config config;
	struct simulation simulation;
	double begun_s = now_s();
	enum status status = sweep_configure(sweep, row->point, &config, error);
	if (status) return status;
	config.kernel = KERNEL_NATIVE;
	status = evaluator_simulate(evaluator, row->point, &config, &simulation, error);
	if (status) return status;
	const uint64_t total_cycles = simulation_is_streaming(&simulation) ? simulation.streaming.batch.total_cycles
	                                                                   : simulation.result.total_cycles;
	if (total_cycles != row->total_cycles)
		status = error_set(error, STATUS_FAILED,
		                   "point %" PRIu64 " of sweep %s had %" PRIu64 " cycles, run again it has %" PRIu64,
		                   row->point, sweep->name, row->total_cycles, total_cycles);
	if (!status) status = store_run(store, &simulation, &config, begun_s, run, error);
	simulation_clear(&simulation);
	return status;
}

enum status keep_check(const struct sweep *sweep, struct error *error) {
	for (uint32_t a = 0; a < sweep->axis_count; a++)
		if (!sweep->axes[a].parameter)
			return error_set(
			    error, STATUS_INPUT,
			    "sweep %s: --keep layers cannot hold the axis %s, which is no parameter of a run",
			    sweep->name, sweep->axes[a].name);
	return STATUS_OK;
}
