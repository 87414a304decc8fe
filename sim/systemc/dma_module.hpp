/* Read or write master of the DMA: the unit's process and, beside it, a TLM-2.0 initiator that carries its bursts to
 * memory. Internal to sim/systemc; the protocol is described in memory_target.h. */
#ifndef SIM_SYSTEMC_DMA_MODULE_HPP
#define SIM_SYSTEMC_DMA_MODULE_HPP

#include <array>
#include <deque>
#include <memory>
#include <tlm_utils/simple_initiator_socket.h>
#include <vector>

#include "sim/systemc/memory_target.h"
#include "sim/systemc/unit_module.hpp"

namespace nbsim {

/* Payloads of one master, used again when the last holder has released them. */
class payload_pool : public tlm::tlm_mm_interface {
      public:
	tlm::tlm_generic_payload *take();
	void free(tlm::tlm_generic_payload *payload) override { free_.push_back(payload); }

      private:
	std::vector<std::unique_ptr<tlm::tlm_generic_payload>> all_;
	std::vector<tlm::tlm_generic_payload *> free_;
};

class dma_module : public unit_module {
      public:
	tlm_utils::simple_initiator_socket<dma_module> socket;

	dma_module(sc_core::sc_module_name module_name, kernel &kernel, enum process process);

	/* The unit has issued this burst; it goes out in the cycle before the one in which it is visible to memory. */
	void issue(const struct burst &burst);

      private:
	struct flight {
		tlm::tlm_generic_payload *payload;
		struct burst burst;
		bool is_answered;
		uint64_t visible_at_cycle;
	};

	void send();
	void send_first();
	void completed(tlm::tlm_generic_payload &payload);
	void answered(tlm::tlm_generic_payload &payload, const sc_core::sc_time &delay);
	void deliver();
	tlm::tlm_generic_payload *make_payload(const struct burst &burst);
	tlm::tlm_sync_enum nb_transport_bw(tlm::tlm_generic_payload &payload, tlm::tlm_phase &phase,
	                                   sc_core::sc_time &delay);

	std::deque<struct burst> waiting_;            /* not sent yet, in order of issue */
	std::deque<flight> flights_;                  /* sent, not yet answered, in order of issue */
	tlm::tlm_generic_payload *request_ = nullptr; /* has no END_REQ yet */
	payload_pool pool_;
	std::array<unsigned char, 4096> scratch_ = {}; /* what the payloads' data pointers point to */
	sc_core::sc_event send_event_;
};

} // namespace nbsim

#endif
