/* Attaching another memory model to the SystemC kernel.
 *
 * The DMA's two masters (load and store) reach memory through TLM-2.0 sockets with the base protocol, non-blocking, one
 * generic payload a burst. A model is a memory_target: a module with a target socket to which load is bound first
 * (index 0), then store (index 1). A model that already has TLM sockets of its own is wrapped in one that passes the
 * calls on.
 *
 * What a payload is:
 *   command      read (load) or write (store)
 *   address      channel x 4 GiB + byte address in the channel
 *   data length  bytes of the burst, at most 4,096, within one 4 KB page
 *   data         a scratch area: the simulation of time carries no values
 *   extension    burst_extension: the burst as the machine knows it (unit, slot, channel, beats)
 * DMI, debug transport and byte enables are not used.
 *
 * Time: everything happens at clock edges, annotated delays are zero. A call made in cycle c is seen by the other side
 * in cycle c + 1 (registered hand-over): BEGIN_REQ in c is a request visible to the memory in c + 1, BEGIN_RESP in c is
 * an answer visible to the unit in c + 1. A response between two edges, or with a delay, counts from the edge at or
 * before its time. Order: the answers of one master are taken in the order of its requests (as with one AXI id); one
 * that comes earlier waits for the ones before it. A master makes no new request before END_REQ of the last one.
 */
#ifndef SIM_SYSTEMC_MEMORY_TARGET_H
#define SIM_SYSTEMC_MEMORY_TARGET_H

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <systemc>
#include <tlm>
#include <tlm_utils/multi_passthrough_target_socket.h>

extern "C" {
#include "sim/input/config.h"
#include "sim/machine/machine.h"
}

namespace nbsim {

struct burst_extension : tlm::tlm_extension<burst_extension> {
	struct burst burst = {};
	bool is_timed_by_machine = false; /* set by the machine's own memory alone */

	tlm::tlm_extension_base *clone() const override { return new burst_extension(*this); }
	void copy_from(const tlm::tlm_extension_base &other) override {
		*this = static_cast<const burst_extension &>(other);
	}
};

/* Base class of a memory model. A derived class overrides burst_arrives, or nb_transport_fw. */
class memory_target : public sc_core::sc_module {
      public:
	tlm_utils::multi_passthrough_target_socket<memory_target> socket;

      protected:
	/* clock_period is what the factory is given. */
	memory_target(sc_core::sc_module_name module_name, const sc_core::sc_time &clock_period);

	/* A request, called in the cycle before burst.visible_at_cycle. END_REQ is given when it returns. The payload
	 * stays valid until it is answered. */
	virtual void burst_arrives(tlm::tlm_generic_payload &payload, const struct burst &burst);

	/* The protocol itself, for a model that passes calls on to sockets of its own: then burst_arrives is not
	 * called, and answer is not to be used but socket[master]->nb_transport_bw. */
	virtual tlm::tlm_sync_enum nb_transport_fw(int master, tlm::tlm_generic_payload &payload, tlm::tlm_phase &phase,
	                                           sc_core::sc_time &delay);

	/* The answer is to be visible to the unit in this cycle, later than the present one. Once per burst. */
	void answer(tlm::tlm_generic_payload &payload, uint64_t visible_at_cycle);

	/* Sends the answer, with TLM_OK_RESPONSE; called in the cycle before the one in which it is visible. */
	virtual void respond_to(tlm::tlm_generic_payload &payload);

	uint64_t cycle() const;

	/* For event.notify: from now to the edge with which `at_cycle` begins; zero if it has begun. */
	sc_core::sc_time until(uint64_t at_cycle) const;

      private:
	void respond();

	const sc_core::sc_time clock_period_;
	std::multimap<uint64_t, tlm::tlm_generic_payload *> answers_; /* by the cycle of the call */
	sc_core::sc_event respond_event_;
};

} // namespace nbsim

/* What systemc_options.memory points to: makes the model when the machine is elaborated. The configuration holds the
 * machine's channels, beats and clock. An exception becomes the run's failure. */
struct systemc_memory {
	std::function<std::unique_ptr<nbsim::memory_target>(const struct config &,
	                                                    const sc_core::sc_time &clock_period)>
	    create;
};

#endif
