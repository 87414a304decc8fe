/* See systemc_run.h. Elaborates the modules, runs SystemC until the machine has ended, and turns whatever goes wrong
 * into one sentence. The time of the machine is written in sim/machine alone; here is only who is called when. */
#include "sim/systemc/systemc_run.h"

#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include "sim/systemc/dma_module.hpp"
#include "sim/systemc/machine_memory.hpp"
#include "sim/systemc/memory_target.h"

extern "C" {
#include "sim/run/vcd.h"
}

/* libsystemc names sc_main although its own main is not used. A program that has one keeps it. */
extern "C" __attribute__((weak)) int sc_main(int, char **) {
	return STATUS_USAGE;
}

namespace {

const char *const model_name = "nbsim";

/* Between two looks at the stop flag where no unit is woken (a memory with a clock of its own). */
const uint64_t slice_cycles = 1 << 16;

/* One run: the hooks' context. */
class model : public sc_core::sc_module {
      public:
	model(sc_core::sc_module_name module_name, nbsim::kernel &kernel, const struct config &config,
	      const struct systemc_memory *external);

	void wake(enum process process, uint64_t cycle) { processes_[process]->wake_at(cycle); }
	void issue(const struct burst &burst) { (burst.unit == UNIT_LOAD ? load_ : store_)->issue(burst); }

      private:
	std::vector<std::unique_ptr<nbsim::unit_module>> modules_;
	nbsim::unit_module *processes_[PROCESS_COUNT] = {};
	nbsim::dma_module *load_, *store_;
	std::unique_ptr<nbsim::machine_memory> memory_;
	std::unique_ptr<nbsim::memory_target> external_;
};

model::model(sc_core::sc_module_name module_name, nbsim::kernel &kernel, const struct config &config,
             const struct systemc_memory *external)
    : sc_core::sc_module(module_name) {
	for (int i = 0; i < ATTRIBUTION_ROWS; i++) {
		enum process process = static_cast<enum process>(i);
		const char *unit_name = attribution_row_names[i];
		if (process == PROCESS_LOAD || process == PROCESS_STORE)
			modules_.push_back(std::make_unique<nbsim::dma_module>(unit_name, kernel, process));
		else
			modules_.push_back(std::make_unique<nbsim::unit_module>(unit_name, kernel, process));
		processes_[process] = modules_.back().get();
	}
	modules_.push_back(std::make_unique<nbsim::unit_module>("port_arbiter", kernel, PROCESS_ARBITER));
	processes_[PROCESS_ARBITER] = modules_.back().get();
	load_ = static_cast<nbsim::dma_module *>(processes_[PROCESS_LOAD]);
	store_ = static_cast<nbsim::dma_module *>(processes_[PROCESS_STORE]);
	if (external) {
		external_ = external->create(config, kernel.period());
		load_->socket.bind(external_->socket);
		store_->socket.bind(external_->socket);
		return;
	}
	memory_ = std::make_unique<nbsim::machine_memory>("memory", kernel, config.dram_channels);
	load_->socket.bind(memory_->socket);
	store_->socket.bind(memory_->socket);
	for (uint32_t i = 0; i < config.dram_channels; i++) processes_[PROCESS_CHANNEL + i] = &memory_->channel(i);
}

/* The user's observer and the VCD. */
struct observers {
	const struct native_options *user;
	struct vcd *vcd;
};

void tell(void *context, const struct machine_event *event) {
	const struct observers *observers = static_cast<struct observers *>(context);
	if (observers->vcd) vcd_event(observers->vcd, event);
	if (observers->user && observers->user->event) observers->user->event(observers->user->context, event);
}

void wake(void *context, enum process process, uint64_t cycle) {
	static_cast<model *>(context)->wake(process, cycle);
}

void issue(void *context, const struct burst *burst) {
	static_cast<model *>(context)->issue(*burst);
}

/* SystemC prints nothing and ends nothing by itself: errors are thrown. Warnings of another memory model are its own.
 */
void quieten(bool is_external) {
	using sc_core::sc_report_handler;
	sc_report_handler::set_actions(sc_core::SC_INFO, sc_core::SC_DO_NOTHING);
	if (!is_external) sc_report_handler::set_actions(sc_core::SC_WARNING, sc_core::SC_DO_NOTHING);
	sc_report_handler::set_actions(sc_core::SC_ERROR, sc_core::SC_THROW);
	sc_report_handler::set_actions(sc_core::SC_FATAL, sc_core::SC_THROW);
}

void run_to_end(nbsim::kernel &kernel) {
	sc_core::sc_time slice = sc_core::sc_time::from_value(slice_cycles * kernel.period().value());
	while (!kernel.is_over() && !kernel.is_stopped()) {
		/* A slice without an event would not even move the time. */
		sc_core::sc_time next = sc_core::sc_time_to_pending_activity(sc_core::sc_get_curr_simcontext());
		sc_core::sc_start(next > slice ? next : slice, sc_core::SC_EXIT_ON_STARVATION);
		if (!sc_core::sc_pending_activity()) return;
	}
	while (!kernel.status() && sc_core::sc_pending_activity_at_current_time())
		sc_core::sc_start(sc_core::SC_ZERO_TIME);
}

enum status elaborate_and_run(const struct config &config, const struct program &program,
                              const struct systemc_options &options, struct vcd *vcd, struct machine_result *result,
                              struct error *error) {
	double resolutions = 1.0 / (config.clock_khz * 1e3) / sc_core::sc_get_time_resolution().to_seconds();
	uint64_t period_value = resolutions < 1 ? 1 : static_cast<uint64_t>(resolutions + 0.5);
	nbsim::kernel kernel(period_value, options.run.shuffle_seed, options.run.stop);
	struct observers observers = {&options.run, vcd};
	auto top = std::make_unique<model>(model_name, kernel, config, options.memory);
	struct machine_hooks hooks = {};
	hooks.context = top.get();
	hooks.wake = wake;
	hooks.memory = issue;
	hooks.event_context = &observers;
	if (vcd || options.run.event) hooks.event = tell;
	enum status status = machine_create(&kernel.machine, &config, &program, &hooks, error);
	if (status) return status;
	std::unique_ptr<struct machine, void (*)(struct machine *)> owner(kernel.machine, machine_free);
	machine_start(kernel.machine);
	run_to_end(kernel);
	if (kernel.status()) return error_set(error, kernel.status(), "%s", kernel.error().text);
	status = machine_finish(kernel.machine, result, error);
	if (options.memory) std::memset(result->channels, 0, sizeof result->channels);
	return status;
}

/* An exception's text on one line. */
enum status failed(struct error *error, const char *text) {
	std::string line(text);
	for (char &c : line)
		if (c == '\n') c = ' ';
	return error_set(error, STATUS_FAILED, "SystemC: %s", line.c_str());
}

} // namespace

const char *systemc_memory_mark(const struct systemc_options *options) {
	return options && options->memory ? "external" : "machine";
}

enum status systemc_run(const struct config *config, const struct program *program,
                        const struct systemc_options *options, struct machine_result *result, struct error *error) {
	const struct systemc_options standard = {};
	struct machine_result own = {};
	struct vcd *vcd = nullptr;
	if (!options) options = &standard;
	setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", 0);
	if (sc_core::sc_get_status() != sc_core::SC_ELABORATION)
		return error_set(error, STATUS_FAILED,
		                 "SystemC has already run in this process and can run only once; use the native kernel "
		                 "or another process");
	enum status status = STATUS_OK;
	if (options->vcd_path) status = vcd_open(&vcd, options->vcd_path, config, program, error);
	if (status) return status;
	try {
		quieten(options->memory != nullptr);
		status = elaborate_and_run(*config, *program, *options, vcd, &own, error);
	} catch (const std::bad_alloc &) {
		status = error_set(error, STATUS_MEMORY, "out of memory for the SystemC modules");
	} catch (const sc_core::sc_report &report) {
		status = failed(error, report.get_msg() && *report.get_msg() ? report.get_msg() : report.what());
	} catch (const std::exception &exception) {
		status = failed(error, exception.what());
	} catch (...) {
		status = error_set(error, STATUS_FAILED,
		                   "SystemC: a memory model has thrown an exception of an unknown kind");
	}
	enum status written = vcd_close(vcd, own.total_cycles, status ? nullptr : error);
	if (!status && written) {
		machine_result_clear(&own);
		status = written;
	}
	if (!status) *result = own;
	return status;
}

enum status systemc_kernel(const struct config *config, const struct program *program,
                           const struct native_options *options, struct machine_result *result, struct error *error) {
	struct systemc_options all = {};
	if (options) all.run = *options;
	return systemc_run(config, program, &all, result, error);
}
