/* The machine's own memory as a TLM-2.0 target with its channels as modules inside. Internal to sim/systemc.
 *
 * A channel knows the cycle of the answer when it picks a burst, and the machine hands it to the unit stamped with that
 * cycle (machine_memory_answer). The transaction is therefore completed in the call of the request (TLM_COMPLETED),
 * marked as timed by the machine, and there is no BEGIN_RESP. */
#ifndef SIM_SYSTEMC_MACHINE_MEMORY_HPP
#define SIM_SYSTEMC_MACHINE_MEMORY_HPP

#include <memory>
#include <vector>

#include "sim/systemc/memory_target.h"
#include "sim/systemc/unit_module.hpp"

namespace nbsim {

class machine_memory : public sc_core::sc_module {
      public:
	tlm_utils::multi_passthrough_target_socket<machine_memory> socket;

	machine_memory(sc_core::sc_module_name module_name, kernel &kernel, uint32_t channels);

	unit_module &channel(uint32_t index) { return *channels_[index]; }

      private:
	tlm::tlm_sync_enum nb_transport_fw(int master, tlm::tlm_generic_payload &payload, tlm::tlm_phase &phase,
	                                   sc_core::sc_time &delay);

	kernel &shared_;
	std::vector<std::unique_ptr<unit_module>> channels_;
};

} // namespace nbsim

#endif
