/* See dma_module.hpp. */
#include "sim/systemc/dma_module.hpp"

#include <algorithm>

namespace nbsim {

tlm::tlm_generic_payload *payload_pool::take() {
	if (free_.empty()) {
		all_.push_back(std::make_unique<tlm::tlm_generic_payload>(this));
		all_.back()->set_extension(new burst_extension); /* the payload's from now on */
		free_.push_back(all_.back().get());
	}
	tlm::tlm_generic_payload *payload = free_.back();
	free_.pop_back();
	payload->acquire();
	return payload;
}

dma_module::dma_module(sc_core::sc_module_name module_name, kernel &kernel, enum process process)
    : unit_module(module_name, kernel, process), socket("socket") {
	SC_HAS_PROCESS(dma_module);
	socket.register_nb_transport_bw(this, &dma_module::nb_transport_bw);
	SC_METHOD(send);
	sensitive << send_event_;
	dont_initialize();
}

void dma_module::issue(const struct burst &burst) {
	waiting_.push_back(burst);
	send_event_.notify(shared.until(waiting_.front().visible_at_cycle - 1));
}

void dma_module::send() {
	if (shared.is_over()) return;
	while (!request_ && !waiting_.empty() && waiting_.front().visible_at_cycle - 1 <= shared.cycle()) send_first();
	if (!request_ && !waiting_.empty()) send_event_.notify(shared.until(waiting_.front().visible_at_cycle - 1));
}

tlm::tlm_generic_payload *dma_module::make_payload(const struct burst &burst) {
	tlm::tlm_generic_payload *payload = pool_.take();
	burst_extension *extension = payload->get_extension<burst_extension>();
	extension->burst = burst;
	extension->is_timed_by_machine = false;
	payload->set_command(burst.unit == UNIT_LOAD ? tlm::TLM_READ_COMMAND : tlm::TLM_WRITE_COMMAND);
	payload->set_address(static_cast<uint64_t>(burst.channel) << 32 | burst.address);
	payload->set_data_ptr(scratch_.data());
	payload->set_data_length(burst.bytes);
	payload->set_streaming_width(burst.bytes);
	payload->set_byte_enable_ptr(nullptr);
	payload->set_dmi_allowed(false);
	payload->set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
	return payload;
}

void dma_module::send_first() {
	struct burst burst = waiting_.front();
	waiting_.pop_front();
	burst.visible_at_cycle = shared.cycle() + 1; /* later than issued where the memory held the request before it */
	tlm::tlm_generic_payload *payload = make_payload(burst);
	flights_.push_back({payload, burst, false, 0});
	request_ = payload;
	payload->acquire();
	tlm::tlm_phase phase = tlm::BEGIN_REQ;
	sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
	tlm::tlm_sync_enum sync = socket->nb_transport_fw(*payload, phase, delay);
	if (sync == tlm::TLM_COMPLETED) {
		if (payload->get_extension<burst_extension>()->is_timed_by_machine)
			completed(*payload);
		else
			answered(*payload, delay);
	} else if (sync == tlm::TLM_UPDATED && phase == tlm::BEGIN_RESP) {
		answered(*payload, delay);
		phase = tlm::END_RESP;
		delay = sc_core::SC_ZERO_TIME;
		socket->nb_transport_fw(*payload, phase, delay);
	} else if (sync == tlm::TLM_UPDATED && phase == tlm::END_REQ) {
		request_ = nullptr;
	}
	payload->release();
}

/* The machine itself hands the answer to the unit. */
void dma_module::completed(tlm::tlm_generic_payload &payload) {
	request_ = nullptr;
	flights_.pop_back();
	payload.release();
}

void dma_module::answered(tlm::tlm_generic_payload &payload, const sc_core::sc_time &delay) {
	if (request_ == &payload) {
		request_ = nullptr;
		send_event_.notify(sc_core::SC_ZERO_TIME);
	}
	auto found = std::find_if(flights_.begin(), flights_.end(), [&payload](const flight &sent) {
		return sent.payload == &payload && !sent.is_answered;
	});
	if (found == flights_.end()) {
		shared.fail(STATUS_FAILED, "%s: the memory answered a burst that is not under way", name());
		return;
	}
	if (payload.is_response_error()) {
		shared.fail(STATUS_FAILED,
		            "%s: the memory answered %s to the burst of %u bytes at address %u of channel %u", name(),
		            payload.get_response_string().c_str(), found->burst.bytes, found->burst.address,
		            found->burst.channel);
		return;
	}
	uint64_t edge = (sc_core::sc_time_stamp() + delay).value() / shared.period().value();
	found->is_answered = true;
	found->visible_at_cycle = edge + 1;
	deliver();
}

/* Hands the answers over that no earlier burst's is missing before. */
void dma_module::deliver() {
	uint64_t earliest_cycle = 0;
	while (!flights_.empty() && flights_.front().is_answered) {
		flight done = flights_.front();
		flights_.pop_front();
		earliest_cycle = std::max({earliest_cycle, done.visible_at_cycle, shared.cycle() + 1});
		machine_memory_answer(shared.machine, &done.burst, earliest_cycle);
		done.payload->release();
	}
}

tlm::tlm_sync_enum dma_module::nb_transport_bw(tlm::tlm_generic_payload &payload, tlm::tlm_phase &phase,
                                               sc_core::sc_time &delay) {
	if (shared.is_over()) return tlm::TLM_COMPLETED;
	if (phase == tlm::END_REQ && request_ == &payload) {
		request_ = nullptr;
		send_event_.notify(sc_core::SC_ZERO_TIME);
	}
	if (phase != tlm::BEGIN_RESP) return tlm::TLM_ACCEPTED;
	answered(payload, delay);
	phase = tlm::END_RESP;
	return tlm::TLM_COMPLETED;
}

} // namespace nbsim
