/* One network on one machine in SystemC, with some units replaced by their verilated RTL, against the native kernel.
 *
 *   nb_mixed CONFIG NETWORK binary|post|load|store ...
 *
 * Compared: total cycles, frame ends, attribution of every unit by layer and state, port waits, channel counters, DMA
 * counters. Not compared: operations an engine has issued (the C unit counts them, its twin does not). Prints what
 * differs and `N passed, N failed`. Linked with --wrap for the functions below, so that calls to a replaced unit come
 * here. */
#include <cstdio>
#include <cstring>
#include <string>

#include "tests/rtl/mixed/twin.hpp"

extern "C" {
#include "sim/mapper/mapper.h"
#include "sim/run/native.h"
#include "workloads/compile.h"
}
#include "sim/systemc/systemc_run.h"

namespace {

std::unique_ptr<mixed::twin> twins[UNIT_COUNT];

} // namespace

extern "C" {

void __real_machine_start(struct machine *machine);
void __real_compute_process(struct machine *machine, enum unit_id unit, uint64_t cycle);
void __real_compute_granted(struct machine *machine, enum unit_id unit, uint64_t cycle);
int __real_compute_quiet(const struct machine *machine, enum unit_id unit, uint64_t cycle, uint64_t *next_cycle);
void __real_load_process(struct machine *machine, uint64_t cycle);
void __real_load_granted(struct machine *machine, uint64_t cycle);
void __real_load_arrived(struct machine *machine, uint32_t slot, uint64_t visible_at_cycle);
void __real_store_process(struct machine *machine, uint64_t cycle);
void __real_store_granted(struct machine *machine, uint64_t cycle);
void __real_store_answered(struct machine *machine, uint32_t slot, uint64_t visible_at_cycle);
int __real_dma_quiet(const struct machine *machine, const struct dma_unit *dma, enum unit_id unit, uint64_t cycle,
                     uint64_t *next_cycle);
enum status __real_machine_finish(struct machine *machine, struct machine_result *result, struct error *error);

void __wrap_machine_start(struct machine *machine) {
	for (auto &twin : twins)
		if (twin) twin->start(machine);
	__real_machine_start(machine);
}

void __wrap_compute_process(struct machine *machine, enum unit_id unit, uint64_t cycle) {
	if (!twins[unit]) __real_compute_process(machine, unit, cycle);
}

void __wrap_compute_granted(struct machine *machine, enum unit_id unit, uint64_t cycle) {
	twins[unit] ? twins[unit]->grant(cycle) : __real_compute_granted(machine, unit, cycle);
}

/* A twin that is not quiet is asked again in every cycle. */
static int quiet(enum unit_id unit, uint64_t cycle, uint64_t *next_cycle) {
	*next_cycle = cycle + 1;
	return twins[unit]->is_quiet(cycle);
}

int __wrap_compute_quiet(const struct machine *machine, enum unit_id unit, uint64_t cycle, uint64_t *next_cycle) {
	return twins[unit] ? quiet(unit, cycle, next_cycle) : __real_compute_quiet(machine, unit, cycle, next_cycle);
}

int __wrap_dma_quiet(const struct machine *machine, const struct dma_unit *dma, enum unit_id unit, uint64_t cycle,
                     uint64_t *next_cycle) {
	return twins[unit] ? quiet(unit, cycle, next_cycle) : __real_dma_quiet(machine, dma, unit, cycle, next_cycle);
}

void __wrap_load_process(struct machine *machine, uint64_t cycle) {
	if (!twins[UNIT_LOAD]) __real_load_process(machine, cycle);
}

void __wrap_load_granted(struct machine *machine, uint64_t cycle) {
	twins[UNIT_LOAD] ? twins[UNIT_LOAD]->grant(cycle) : __real_load_granted(machine, cycle);
}

void __wrap_load_arrived(struct machine *machine, uint32_t slot, uint64_t visible_at_cycle) {
	twins[UNIT_LOAD] ? twins[UNIT_LOAD]->answered(visible_at_cycle)
	                 : __real_load_arrived(machine, slot, visible_at_cycle);
}

void __wrap_store_process(struct machine *machine, uint64_t cycle) {
	if (!twins[UNIT_STORE]) __real_store_process(machine, cycle);
}

void __wrap_store_granted(struct machine *machine, uint64_t cycle) {
	twins[UNIT_STORE] ? twins[UNIT_STORE]->grant(cycle) : __real_store_granted(machine, cycle);
}

void __wrap_store_answered(struct machine *machine, uint32_t slot, uint64_t visible_at_cycle) {
	twins[UNIT_STORE] ? twins[UNIT_STORE]->answered(visible_at_cycle)
	                  : __real_store_answered(machine, slot, visible_at_cycle);
}

enum status __wrap_machine_finish(struct machine *machine, struct machine_result *result, struct error *error) {
	for (auto &twin : twins)
		if (twin && machine_ended(machine)) twin->finish(machine->result.total_cycles - 1);
	return __real_machine_finish(machine, result, error);
}

} // extern "C"

namespace {

unsigned passed, failed;

void check(bool is_equal, const char *what) {
	if (is_equal) {
		passed++;
		return;
	}
	failed++;
	std::printf("%s differ\n", what);
}

void compare_layers(const struct machine_result &native, const struct machine_result &mixed) {
	for (uint32_t layer = 0; layer < native.layer_count; layer++) {
		const struct layer_counters &a = native.layers[layer], &b = mixed.layers[layer];
		for (int unit = 0; unit < ATTRIBUTION_ROWS; unit++)
			for (int state = 0; state < STATE_COUNT; state++)
				if (a.cycles[unit][state] != b.cycles[unit][state])
					std::printf("layer %u, %s, %s: native %llu, mixed %llu\n", layer,
					            attribution_row_names[unit], unit_state_names[state],
					            static_cast<unsigned long long>(a.cycles[unit][state]),
					            static_cast<unsigned long long>(b.cycles[unit][state]));
		check(!std::memcmp(a.cycles, b.cycles, sizeof a.cycles), "attributions");
		check(a.ddr_read_bytes == b.ddr_read_bytes && a.ddr_write_bytes == b.ddr_write_bytes &&
		          a.load_commands == b.load_commands && a.store_commands == b.store_commands,
		      "DMA counters");
	}
}

void compare(const struct machine_result &native, const struct machine_result &mixed) {
	if (native.total_cycles != mixed.total_cycles)
		std::printf("native %llu cycles, mixed %llu\n", static_cast<unsigned long long>(native.total_cycles),
		            static_cast<unsigned long long>(mixed.total_cycles));
	check(native.total_cycles == mixed.total_cycles, "total cycles");
	check(native.frame_count == mixed.frame_count && native.preamble_cycles == mixed.preamble_cycles &&
	          !std::memcmp(native.frame_end_cycle, mixed.frame_end_cycle,
	                       native.frame_count * sizeof *native.frame_end_cycle),
	      "frame ends");
	check(!std::memcmp(native.port_wait_cycles, mixed.port_wait_cycles, sizeof native.port_wait_cycles),
	      "port waits");
	check(!std::memcmp(native.channels, mixed.channels, sizeof native.channels), "channel counters");
	compare_layers(native, mixed);
}

enum status prepare(const char *path, const char *network, struct config *config, struct trace *trace,
                    struct program *program, struct mapping *mapping, struct error *error) {
	enum status status = config_read(config, path, error);
	if (!status) status = config_check(config, path, error);
	struct compile_options options = {};
	options.network = network;
	options.config = config;
	if (!status) status = compile_network(&options, trace, nullptr, error);
	if (status) return status;
	mapper_resolve_widths(config, trace);
	return mapper_map(trace, config, nullptr, program, mapping, error);
}

bool make_twin(const std::string &name, uint64_t period_value) {
	if (name == "binary")
		twins[UNIT_BINARY] = mixed::make_binary_twin(period_value);
	else if (name == "post")
		twins[UNIT_POST] = mixed::make_post_twin(period_value);
	else if (name == "load")
		twins[UNIT_LOAD] = mixed::make_load_twin(period_value);
	else if (name == "store")
		twins[UNIT_STORE] = mixed::make_store_twin(period_value);
	else
		return false;
	return true;
}

} // namespace

int main(int argc, char **argv) {
	struct config config = {};
	struct trace trace = {};
	struct program program = {};
	struct mapping mapping = {};
	struct error error = {};
	struct machine_result native, mixed;
	if (argc < 4) {
		std::fprintf(stderr, "usage: nb_mixed CONFIG NETWORK binary|post|load|store ...\n");
		return STATUS_USAGE;
	}
	setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", 0);
	enum status status = prepare(argv[1], argv[2], &config, &trace, &program, &mapping, &error);
	if (!status) status = native_run(&config, &program, nullptr, &native, &error);
	if (status) {
		std::fprintf(stderr, "nb_mixed: %s\n", error.text);
		return status;
	}
	/* As systemc_run does. */
	double resolutions = 1.0 / (config.clock_khz * 1e3) / sc_core::sc_get_time_resolution().to_seconds();
	uint64_t period_value = resolutions < 1 ? 1 : static_cast<uint64_t>(resolutions + 0.5);
	for (int i = 3; i < argc; i++)
		if (!make_twin(argv[i], period_value)) {
			std::fprintf(stderr, "nb_mixed: unknown unit '%s'\n", argv[i]);
			return STATUS_USAGE;
		}
	status = systemc_run(&config, &program, nullptr, &mixed, &error);
	if (status) {
		std::printf("%s\n", error.text);
		failed++;
	} else {
		compare(native, mixed);
	}
	for (auto &twin : twins)
		if (twin)
			std::printf("%s: %llu commands in %llu cycles\n", twin->name(),
			            static_cast<unsigned long long>(twin->commands()),
			            static_cast<unsigned long long>(twin->cycles()));
	for (auto &twin : twins) twin.reset(); /* before Verilator's and SystemC's own statics */
	std::printf("%u passed, %u failed\n", passed, failed);
	return failed ? STATUS_FAILED : STATUS_OK;
}
