/* See machine_memory.hpp. */
#include "sim/systemc/machine_memory.hpp"

#include <string>

namespace nbsim {

machine_memory::machine_memory(sc_core::sc_module_name module_name, kernel &kernel, uint32_t channels)
    : sc_core::sc_module(module_name), socket("socket"), shared_(kernel) {
	socket.register_nb_transport_fw(this, &machine_memory::nb_transport_fw);
	for (uint32_t i = 0; i < channels; i++) {
		std::string name = "channel_" + std::to_string(i);
		enum process process = static_cast<enum process>(PROCESS_CHANNEL + i);
		channels_.push_back(std::make_unique<unit_module>(name.c_str(), kernel, process));
	}
}

tlm::tlm_sync_enum machine_memory::nb_transport_fw(int, tlm::tlm_generic_payload &payload, tlm::tlm_phase &phase,
                                                   sc_core::sc_time &) {
	if (phase != tlm::BEGIN_REQ) return tlm::TLM_ACCEPTED;
	burst_extension *extension = payload.get_extension<burst_extension>();
	extension->is_timed_by_machine = true;
	machine_memory_request(shared_.machine, &extension->burst);
	payload.set_response_status(tlm::TLM_OK_RESPONSE);
	return tlm::TLM_COMPLETED;
}

} // namespace nbsim
