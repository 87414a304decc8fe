/* See unit_module.hpp and kernel.hpp.
 *
 * All wakes of one cycle fire in its first delta cycle, in an order SystemC does not define; the machine does not
 * depend on it. The arbiter decides from all requests of the cycle, so it waits one delta cycle more. */
#include "sim/systemc/unit_module.hpp"

#include <cstdarg>
#include <cstdio>

namespace nbsim {

enum { SHUFFLE_DELTAS = 4 };

sc_core::sc_time kernel::until(uint64_t cycle) {
	uint64_t now = sc_core::sc_time_stamp().value();
	if (cycle > UINT64_MAX / period_value_) {
		fail(STATUS_FAILED, "SystemC cannot count to cycle %llu: its time ends at cycle %llu of this clock",
		     static_cast<unsigned long long>(cycle),
		     static_cast<unsigned long long>(UINT64_MAX / period_value_));
		return sc_core::SC_ZERO_TIME;
	}
	uint64_t then = cycle * period_value_;
	return sc_core::sc_time::from_value(then > now ? then - now : 0);
}

void kernel::step(enum process process) {
	if (status_ || is_stopped()) return;
	machine_process(machine, process, cycle());
	if (machine_ended(machine)) end();
}

uint32_t kernel::put_off(enum process process) {
	if (!random_) return process == PROCESS_ARBITER ? 1 : 0;
	if (process == PROCESS_ARBITER) return SHUFFLE_DELTAS;
	random_ ^= random_ << 13;
	random_ ^= random_ >> 7;
	random_ ^= random_ << 17;
	return static_cast<uint32_t>(random_ % SHUFFLE_DELTAS);
}

bool kernel::is_stopped() {
	if (!stop_ || !*stop_ || is_over_) return false;
	fail(STATUS_INTERRUPTED, "interrupted in cycle %llu", static_cast<unsigned long long>(cycle()));
	return true;
}

void kernel::fail(enum status status, const char *format, ...) {
	if (is_over_) return;
	va_list arguments;
	va_start(arguments, format);
	std::vsnprintf(error_.text, sizeof error_.text, format, arguments);
	va_end(arguments);
	status_ = status;
	end();
}

void kernel::end() {
	is_over_ = true;
	if (sc_core::sc_get_status() == sc_core::SC_RUNNING) sc_core::sc_pause();
}

unit_module::unit_module(sc_core::sc_module_name module_name, kernel &shared_kernel, enum process process)
    : sc_core::sc_module(module_name), shared(shared_kernel), process_(process) {
	SC_HAS_PROCESS(unit_module);
	SC_METHOD(act);
	sensitive << wake_;
	dont_initialize();
}

void unit_module::wake_at(uint64_t cycle) {
	wake_.notify(shared.until(cycle));
}

void unit_module::act() {
	if (!is_put_off_) deltas_left_ = shared.put_off(process_);
	is_put_off_ = deltas_left_ > 0;
	if (is_put_off_) {
		deltas_left_--;
		next_trigger(sc_core::SC_ZERO_TIME);
		return;
	}
	shared.step(process_);
}

} // namespace nbsim
