/* One stage of the streaming machine as a SystemC module, and what the stages of a run share. Internal to sim/systemc.
 */
#ifndef SIM_SYSTEMC_STREAMING_MODULE_HPP
#define SIM_SYSTEMC_STREAMING_MODULE_HPP

#include <csignal>
#include <cstdint>
#include <systemc>

extern "C" {
#include "sim/streaming/stream.h"
}

namespace nbsim {

class stream_kernel {
      public:
	stream_kernel(uint64_t shuffle_seed, const volatile sig_atomic_t *stop) : random_(shuffle_seed), stop_(stop) {}

	struct stream *stream = nullptr;

	/* The present cycle, and from now to the clock edge with which `cycle` begins; zero if it has begun. */
	uint64_t cycle() const { return sc_core::sc_time_stamp().value() / period_value; }
	sc_core::sc_time until(uint64_t cycle);

	/* Delta cycles a stage is put off by in the cycle of its wake. */
	uint32_t put_off();

	/* Lets the stage act; returns the cycle of its next advance, STREAM_NEVER where it waits. Ends the run where
	 * the machine has ended or the user wishes it. */
	uint64_t step(uint32_t stage);

	bool is_interrupted() const { return is_interrupted_; }
	bool is_late() const { return is_late_; }

      private:
	static constexpr uint64_t period_value = 1000; /* of picoseconds, SystemC's resolution unless set otherwise */

	uint64_t random_;
	const volatile sig_atomic_t *stop_;
	bool is_interrupted_ = false, is_over_ = false, is_late_ = false;
};

class stage_module : public sc_core::sc_module {
      public:
	stage_module(sc_core::sc_module_name module_name, stream_kernel &kernel, uint32_t stage);

	/* Wakes merge: an sc_event keeps the earliest notification, and a stage that is woken early says when it wants
	 * to be woken again. */
	void wake_at(uint64_t cycle) { wake_.notify(kernel_.until(cycle)); }

      private:
	void act();

	stream_kernel &kernel_;
	const uint32_t stage_;
	sc_core::sc_event wake_;
	bool is_put_off_ = false;
	uint32_t deltas_left_ = 0;
};

} // namespace nbsim

#endif
