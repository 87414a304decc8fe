/* See streaming_run.h. A stage is stepped in the cycles in which a neighbour's word or place has become visible to it,
 * and in those it has asked for itself, never beyond the present one. What it hands over is visible a cycle later, so
 * the order of the stages within a cycle does not show. The timing is in sim/streaming alone. */
#include "sim/systemc/streaming_run.h"

#include <cstdlib>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include "sim/systemc/streaming_module.hpp"

/* As in systemc_run.cpp, for a program with this kernel alone. */
extern "C" __attribute__((weak)) int sc_main(int, char **) {
	return STATUS_USAGE;
}

namespace nbsim {

enum { STREAM_SHUFFLE_DELTAS = 4 };

sc_core::sc_time stream_kernel::until(uint64_t cycle) {
	const uint64_t now = sc_core::sc_time_stamp().value();
	if (cycle > UINT64_MAX / period_value) {
		is_late_ = true;
		cycle = 0;
	}
	const uint64_t then = cycle * period_value;
	return sc_core::sc_time::from_value(then > now ? then - now : 0);
}

uint32_t stream_kernel::put_off() {
	if (!random_) return 0;
	random_ ^= random_ << 13;
	random_ ^= random_ >> 7;
	random_ ^= random_ << 17;
	return static_cast<uint32_t>(random_ % STREAM_SHUFFLE_DELTAS);
}

uint64_t stream_kernel::step(uint32_t stage) {
	if (is_over_) return STREAM_NEVER;
	const uint64_t next = stream_step(stream, stage, cycle());
	is_interrupted_ = stop_ && *stop_;
	is_over_ = is_interrupted_ || is_late_ || stream_ended(stream);
	if (is_over_) sc_core::sc_stop();
	return next;
}

stage_module::stage_module(sc_core::sc_module_name module_name, stream_kernel &kernel, uint32_t stage)
    : sc_core::sc_module(module_name), kernel_(kernel), stage_(stage) {
	SC_HAS_PROCESS(stage_module);
	SC_METHOD(act);
	sensitive << wake_;
	dont_initialize();
}

void stage_module::act() {
	if (!is_put_off_) deltas_left_ = kernel_.put_off();
	is_put_off_ = deltas_left_ > 0;
	if (is_put_off_) {
		deltas_left_--;
		next_trigger(sc_core::SC_ZERO_TIME);
		return;
	}
	const uint64_t next = kernel_.step(stage_);
	if (next != STREAM_NEVER) wake_at(next);
}

} // namespace nbsim

namespace {

using modules = std::vector<std::unique_ptr<nbsim::stage_module>>;

void wake(void *context, uint32_t stage, uint64_t cycle) {
	(*static_cast<modules *>(context))[stage]->wake_at(cycle);
}

void quieten() {
	using sc_core::sc_report_handler;
	sc_report_handler::set_actions(sc_core::SC_INFO, sc_core::SC_DO_NOTHING);
	sc_report_handler::set_actions(sc_core::SC_WARNING, sc_core::SC_DO_NOTHING);
	sc_report_handler::set_actions(sc_core::SC_ERROR, sc_core::SC_THROW);
	sc_report_handler::set_actions(sc_core::SC_FATAL, sc_core::SC_THROW);
}

enum status elaborate_and_run(const struct pipeline &pipeline, uint32_t frames, const struct stream_options &options,
                              struct stream_result *result, struct error *error) {
	nbsim::stream_kernel kernel(options.shuffle_seed, options.stop);
	modules stages;
	for (uint32_t i = 0; i < pipeline.stage_count; i++) {
		const std::string name = "stage" + std::to_string(i);
		stages.push_back(std::make_unique<nbsim::stage_module>(name.c_str(), kernel, i));
	}
	struct stream_hooks hooks = {};
	hooks.context = &stages;
	hooks.wake = wake;
	hooks.event_context = options.context;
	hooks.event = options.event;
	const enum status status = stream_create(&kernel.stream, &pipeline, frames, &hooks, error);
	if (status) return status;
	std::unique_ptr<struct stream, void (*)(struct stream *)> owner(kernel.stream, stream_free);
	for (const auto &stage : stages) stage->wake_at(0);
	sc_core::sc_start();
	if (kernel.is_interrupted())
		return error_set(error, STATUS_INTERRUPTED, "interrupted in cycle %llu",
		                 static_cast<unsigned long long>(kernel.cycle()));
	if (kernel.is_late())
		return error_set(error, STATUS_FAILED, "SystemC cannot count so many cycles: its time ends before");
	return stream_finish(kernel.stream, result, error);
}

enum status failed(struct error *error, const char *text) {
	std::string line(text);
	for (char &c : line)
		if (c == '\n') c = ' ';
	return error_set(error, STATUS_FAILED, "SystemC: %s", line.c_str());
}

} // namespace

enum status systemc_stream_run(const struct pipeline *pipeline, uint32_t frames, const struct stream_options *options,
                               struct stream_result *result, struct error *error) {
	const struct stream_options standard = {};
	*result = {};
	if (!options) options = &standard;
	if (options->unbounded_fifos || options->unbounded)
		return error_set(error, STATUS_USAGE,
		                 "the SystemC kernel runs pipelines with the FIFOs they have only");
	setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", 0);
	if (sc_core::sc_get_status() != sc_core::SC_ELABORATION)
		return error_set(error, STATUS_FAILED,
		                 "SystemC has already run in this process and can run only once; use the native kernel "
		                 "or another process");
	try {
		quieten();
		return elaborate_and_run(*pipeline, frames, *options, result, error);
	} catch (const std::bad_alloc &) {
		return error_set(error, STATUS_MEMORY, "out of memory for the SystemC modules");
	} catch (const sc_core::sc_report &report) {
		return failed(error, report.get_msg() && *report.get_msg() ? report.get_msg() : report.what());
	} catch (const std::exception &exception) {
		return failed(error, exception.what());
	}
}
