/* See memory_target.h. */
#include "sim/systemc/memory_target.h"

namespace nbsim {

memory_target::memory_target(sc_core::sc_module_name module_name, const sc_core::sc_time &clock_period)
    : sc_core::sc_module(module_name), socket("socket"), clock_period_(clock_period) {
	SC_HAS_PROCESS(memory_target);
	socket.register_nb_transport_fw(this, &memory_target::nb_transport_fw);
	SC_METHOD(respond);
	sensitive << respond_event_;
	dont_initialize();
}

uint64_t memory_target::cycle() const {
	return sc_core::sc_time_stamp().value() / clock_period_.value();
}

sc_core::sc_time memory_target::until(uint64_t at_cycle) const {
	uint64_t now = sc_core::sc_time_stamp().value(), then = at_cycle * clock_period_.value();
	return sc_core::sc_time::from_value(then > now ? then - now : 0);
}

void memory_target::burst_arrives(tlm::tlm_generic_payload &, const struct burst &) {
	SC_REPORT_ERROR("nbsim memory", "a memory_target must override burst_arrives or nb_transport_fw");
}

tlm::tlm_sync_enum memory_target::nb_transport_fw(int, tlm::tlm_generic_payload &payload, tlm::tlm_phase &phase,
                                                  sc_core::sc_time &) {
	if (phase != tlm::BEGIN_REQ) return tlm::TLM_ACCEPTED;
	burst_arrives(payload, payload.get_extension<burst_extension>()->burst);
	phase = tlm::END_REQ;
	return tlm::TLM_UPDATED;
}

void memory_target::answer(tlm::tlm_generic_payload &payload, uint64_t visible_at_cycle) {
	if (visible_at_cycle <= cycle()) {
		SC_REPORT_ERROR("nbsim memory", "an answer must be visible later than the cycle in which it is given");
		return;
	}
	answers_.emplace(visible_at_cycle - 1, &payload);
	respond_event_.notify(until(answers_.begin()->first));
}

void memory_target::respond() {
	while (!answers_.empty() && answers_.begin()->first <= cycle()) {
		tlm::tlm_generic_payload *payload = answers_.begin()->second;
		answers_.erase(answers_.begin());
		respond_to(*payload);
	}
	if (!answers_.empty()) respond_event_.notify(until(answers_.begin()->first));
}

void memory_target::respond_to(tlm::tlm_generic_payload &payload) {
	tlm::tlm_phase phase = tlm::BEGIN_RESP;
	sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
	payload.set_response_status(tlm::TLM_OK_RESPONSE);
	socket[payload.is_read() ? 0 : 1]->nb_transport_bw(payload, phase, delay);
}

} // namespace nbsim
