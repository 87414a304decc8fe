/* See native.h. One wake time a process is enough (wakes merge to the earliest), so the queue is an array of eleven
 * times. */
#include "sim/run/native.h"

struct native_kernel {
	uint64_t wake_cycle[PROCESS_COUNT];
	uint64_t random;
	enum process order[PROCESS_ARBITER];
};

static void wake(void *context, enum process process, uint64_t cycle) {
	struct native_kernel *kernel = context;
	if (cycle < kernel->wake_cycle[process]) kernel->wake_cycle[process] = cycle;
}

/* Another order of the processes before the arbiter (Fisher and Yates, xorshift). */
static void shuffle(struct native_kernel *kernel) {
	for (uint32_t i = PROCESS_ARBITER - 1; i > 0; i--) {
		kernel->random ^= kernel->random << 13;
		kernel->random ^= kernel->random >> 7;
		kernel->random ^= kernel->random << 17;
		uint32_t j = (uint32_t)(kernel->random % (i + 1));
		enum process swapped = kernel->order[i];
		kernel->order[i] = kernel->order[j];
		kernel->order[j] = swapped;
	}
}

static void run_cycle(struct native_kernel *kernel, struct machine *machine, uint64_t cycle) {
	for (int i = 0; i < PROCESS_ARBITER; i++) {
		enum process process = kernel->order[i];
		if (kernel->wake_cycle[process] != cycle) continue;
		kernel->wake_cycle[process] = CYCLE_NEVER;
		machine_process(machine, process, cycle);
	}
	if (kernel->wake_cycle[PROCESS_ARBITER] != cycle) return;
	kernel->wake_cycle[PROCESS_ARBITER] = CYCLE_NEVER;
	machine_process(machine, PROCESS_ARBITER, cycle);
}

static enum status run_to_end(struct native_kernel *kernel, struct machine *machine,
                              const struct native_options *options, struct error *error) {
	while (!machine_ended(machine)) {
		uint64_t cycle = CYCLE_NEVER;
		for (int i = 0; i < PROCESS_COUNT; i++)
			if (kernel->wake_cycle[i] < cycle) cycle = kernel->wake_cycle[i];
		if (cycle == CYCLE_NEVER) break;
		if (options && options->stop && *options->stop)
			return error_set(error, STATUS_INTERRUPTED, "interrupted in cycle %llu",
			                 (unsigned long long)cycle);
		if (kernel->random) shuffle(kernel);
		run_cycle(kernel, machine, cycle);
	}
	return STATUS_OK;
}

enum status native_run(const struct config *config, const struct program *program, const struct native_options *options,
                       struct machine_result *result, struct error *error) {
	struct native_kernel kernel = {.random = options ? options->shuffle_seed : 0};
	struct machine_hooks hooks = {.context = &kernel, .wake = wake};
	struct machine *machine;
	for (int i = 0; i < PROCESS_COUNT; i++) kernel.wake_cycle[i] = CYCLE_NEVER;
	for (int i = 0; i < PROCESS_ARBITER; i++) kernel.order[i] = (enum process)i;
	if (options) {
		hooks.event = options->event;
		hooks.event_context = options->context;
	}
	enum status status = machine_create(&machine, config, program, &hooks, error);
	if (status) return status;
	machine_start(machine);
	status = run_to_end(&kernel, machine, options, error);
	if (!status) status = machine_finish(machine, result, error);
	machine_free(machine);
	return status;
}
