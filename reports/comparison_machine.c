/* See comparison_machine.h. */
#include "reports/comparison_machine.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/base/shipped.h"
#include "sim/run/simulation.h"
#include "sim/streaming/stream.h"
#include "workloads/workload.h"

enum { MACHINES_MAX = 128 };

struct machine {
	char name[256];
	struct config config;
	struct device device;
	struct technology technology;
	struct trace trace;
	int has_trace;
	enum status status; /* of reading it */
	struct error error;
};

struct comparison_machines {
	char folder[PATH_MAX]; /* with its '/' at the end; empty: the current one */
	const volatile sig_atomic_t *stop;
	struct machine *items[MACHINES_MAX];
	size_t count;
};

struct comparison_machines *comparison_machines_create(const char *beside, const volatile sig_atomic_t *stop) {
	struct comparison_machines *machines = calloc(1, sizeof *machines);
	if (!machines) return NULL;
	machines->stop = stop;
	const char *slash = strrchr(beside, '/');
	if (slash) snprintf(machines->folder, sizeof machines->folder, "%.*s", (int)(slash - beside + 1), beside);
	return machines;
}

void comparison_machines_free(struct comparison_machines *machines) {
	for (size_t i = 0; machines && i < machines->count; i++) {
		trace_clear(&machines->items[i]->trace);
		free(machines->items[i]);
	}
	free(machines);
}

static enum status find_config(const struct comparison_machines *machines, const char *name, char *path,
                               struct error *error) {
	if (snprintf(path, PATH_MAX, "%s%s", machines->folder, name) < PATH_MAX && access(path, R_OK) == 0)
		return STATUS_OK;
	if (strchr(name, '/') || shipped_find_in("configs", name, path, PATH_MAX, NULL))
		return error_set(error, STATUS_INPUT,
		                 "configuration '%.200s' is neither in the folder of the CSV file (%.300s) nor shipped",
		                 name, machines->folder[0] ? machines->folder : ".");
	return STATUS_OK;
}

/* configs/devices and configs/tech; a device of one's own may stand beside the CSV file too. */
static enum status find_named(const struct comparison_machines *machines, const char *folder, const char *name,
                              char *path, struct error *error) {
	char file[CONFIG_TEXT_BYTES + 8];
	snprintf(file, sizeof file, "%s.ini", name);
	if (!shipped_find_in(folder, file, path, PATH_MAX, error)) return STATUS_OK;
	char beside[PATH_MAX];
	if (snprintf(beside, sizeof beside, "%s%s", machines->folder, file) >= PATH_MAX || access(beside, R_OK) != 0)
		return STATUS_IO;
	strcpy(path, beside);
	return STATUS_OK;
}

static enum status read_machine(const struct comparison_machines *machines, struct machine *machine) {
	char path[PATH_MAX];
	struct error *error = &machine->error;
	enum status status = find_config(machines, machine->name, path, error);
	if (!status) status = config_read(&machine->config, path, error);
	if (!status) status = config_check(&machine->config, path, error);
	machine->config.kernel = KERNEL_NATIVE;
	if (!status) status = find_named(machines, "configs/devices", machine->config.device, path, error);
	if (!status) status = device_read(&machine->device, path, error);
	if (!status) status = find_named(machines, "configs/tech", machine->config.technology, path, error);
	if (!status) status = technology_read(&machine->technology, path, error);
	return status;
}

static enum status get_machine(struct comparison_machines *machines, const char *name, struct machine **found,
                               struct error *error) {
	for (size_t i = 0; i < machines->count; i++) {
		*found = machines->items[i];
		if (!strcmp((*found)->name, name))
			return (*found)->status ? error_set(error, (*found)->status, "%s", (*found)->error.text)
			                        : STATUS_OK;
	}
	if (machines->count == MACHINES_MAX || strlen(name) >= sizeof(*found)->name)
		return error_set(error, STATUS_INPUT, "configuration '%.100s': more than %d, or too long a name", name,
		                 MACHINES_MAX);
	struct machine *machine = calloc(1, sizeof *machine);
	if (!machine) return error_set(error, STATUS_MEMORY, "out of memory");
	*found = machines->items[machines->count++] = machine;
	strcpy(machine->name, name);
	machine->status = read_machine(machines, machine);
	return machine->status ? error_set(error, machine->status, "%s", machine->error.text) : STATUS_OK;
}

enum status comparison_machine_find(struct comparison_machines *machines, const char *name,
                                    const struct config **config, struct error *error) {
	struct machine *machine;
	enum status status = get_machine(machines, name, &machine, error);
	*config = status ? NULL : &machine->config;
	return status;
}

static enum status compile_machine(struct machine *machine, struct error *error) {
	if (machine->has_trace) return STATUS_OK;
	enum status status = workload_load(machine->config.workload, &machine->config, &machine->trace, error);
	machine->has_trace = !status;
	return status;
}

static enum status create(struct comparison_machines *machines, const char *name, uint32_t frames,
                          struct simulation *simulation, struct error *error) {
	struct machine *machine;
	memset(simulation, 0, sizeof *simulation);
	enum status status = get_machine(machines, name, &machine, error);
	if (!status) status = compile_machine(machine, error);
	if (status) return status;
	struct config config = machine->config;
	config.frames = frames;
	return simulation_create(simulation, &config, &machine->trace, &machine->device, &machine->technology, NULL,
	                         error);
}

/* A batch of a streaming machine alone: its steady state and a single frame would be runs of their own. */
static enum status time_streaming(const struct simulation *simulation, const volatile sig_atomic_t *stop,
                                  uint64_t *total_cycles, struct error *error) {
	const struct stream_options options = {.stop = stop};
	struct stream_result batch = {0};
	enum status status =
	    stream_run(&simulation->streaming.pipeline, simulation->config.frames, &options, &batch, error);
	*total_cycles = batch.total_cycles;
	stream_result_clear(&batch);
	return status;
}

enum status comparison_machine_time(struct comparison_machines *machines, const char *name, uint32_t frames,
                                    uint64_t *total_cycles, struct error *error) {
	struct simulation simulation;
	const struct native_options options = {.stop = machines->stop};
	enum status status = create(machines, name, frames, &simulation, error);
	*total_cycles = 0;
	if (!status && simulation_is_streaming(&simulation)) {
		status = time_streaming(&simulation, machines->stop, total_cycles, error);
	} else if (!status) {
		status = simulation_time(&simulation, native_run, &options, error);
		*total_cycles = simulation.result.total_cycles;
	}
	simulation_clear(&simulation);
	return status;
}

enum status comparison_machine_rows(struct comparison_machines *machines, const char *name, struct rows *rows,
                                    struct error *error) {
	struct simulation simulation;
	const struct native_options options = {.stop = machines->stop};
	enum status status = create(machines, name, 1, &simulation, error);
	if (!status) status = simulation_time(&simulation, native_run, &options, error);
	if (!status) status = simulation_estimate(&simulation, error);
	if (!status) simulation_rows(&simulation, 0, rows);
	simulation_clear(&simulation);
	if (!status && rows->failed) status = error_set(error, STATUS_MEMORY, "out of memory");
	return status;
}
