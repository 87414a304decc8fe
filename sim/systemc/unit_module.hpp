/* One process of the machine (an engine, the arbiter, a memory channel ...) as a SystemC module: a method on an event
 * of its own. Internal to sim/systemc. */
#ifndef SIM_SYSTEMC_UNIT_MODULE_HPP
#define SIM_SYSTEMC_UNIT_MODULE_HPP

#include "sim/systemc/kernel.hpp"

namespace nbsim {

class unit_module : public sc_core::sc_module {
      public:
	unit_module(sc_core::sc_module_name module_name, kernel &shared_kernel, enum process process);

	/* The machine wants the process called in `cycle`. Wakes merge: an sc_event keeps the earliest notification. */
	void wake_at(uint64_t cycle);

      protected:
	kernel &shared;

      private:
	void act();

	const enum process process_;
	sc_core::sc_event wake_;
	bool is_put_off_ = false;
	uint32_t deltas_left_ = 0;
};

} // namespace nbsim

#endif
