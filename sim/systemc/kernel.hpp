/* What the modules of one SystemC run share: the C machine, the clock, and how the run ends. Internal to sim/systemc.
 */
#ifndef SIM_SYSTEMC_KERNEL_HPP
#define SIM_SYSTEMC_KERNEL_HPP

#include <csignal>
#include <cstdint>
#include <systemc>

extern "C" {
#include "sim/base/status.h"
#include "sim/machine/machine.h"
}

namespace nbsim {

class kernel {
      public:
	kernel(uint64_t period_value, uint64_t shuffle_seed, const volatile sig_atomic_t *stop)
	    : period_value_(period_value), random_(shuffle_seed), stop_(stop) {}

	struct machine *machine = nullptr;

	sc_core::sc_time period() const { return sc_core::sc_time::from_value(period_value_); }

	/* The present cycle; between two clock edges: of the one before. */
	uint64_t cycle() const { return sc_core::sc_time_stamp().value() / period_value_; }

	/* From now to the clock edge with which `cycle` begins; zero if it has begun. */
	sc_core::sc_time until(uint64_t cycle);

	/* Lets the machine's process act in this cycle, unless the run has failed. Where the machine has ended, the
	 * other processes of that last cycle still act: they have a state in it. */
	void step(enum process process);

	/* Delta cycles a process is put off by in the cycle of its wake. The arbiter always comes after all others. */
	uint32_t put_off(enum process process);

	/* Ends the run with this sentence; the first one counts. */
	void fail(enum status status, const char *format, ...) __attribute__((format(printf, 3, 4)));

	bool is_over() const { return is_over_; }
	enum status status() const { return status_; }
	const struct error &error() const { return error_; }

	/* Ends the run with STATUS_INTERRUPTED if the user wishes it. */
	bool is_stopped();

      private:
	void end();

	uint64_t period_value_;
	uint64_t random_;
	const volatile sig_atomic_t *stop_;
	bool is_over_ = false;
	enum status status_ = STATUS_OK;
	struct error error_ = {};
};

} // namespace nbsim

#endif
