/* See systemc_memories.h. */
#include "tests/unit/systemc_memories.h"

#include <deque>
#include <stdexcept>

#include "sim/systemc/fixed_memory.hpp"

namespace {

using nbsim::fixed_memory;
using nbsim::memory_target;

/* Speaks the base protocol itself: END_REQ one delta cycle later, BEGIN_RESP a quarter of a period after the edge. */
class four_phase_memory : public fixed_memory {
      public:
	four_phase_memory(sc_core::sc_module_name module_name, const sc_core::sc_time &period,
	                  const struct nbsim::fixed_memory_parameters &parameters)
	    : fixed_memory(module_name, period, parameters),
	      quarter_(sc_core::sc_time::from_value(period.value() / 4)) {
		SC_HAS_PROCESS(four_phase_memory);
		SC_METHOD(end_request);
		sensitive << end_request_;
		dont_initialize();
		SC_METHOD(begin_response);
		sensitive << begin_response_;
		dont_initialize();
	}

      protected:
	tlm::tlm_sync_enum nb_transport_fw(int, tlm::tlm_generic_payload &payload, tlm::tlm_phase &phase,
	                                   sc_core::sc_time &) override {
		if (phase != tlm::BEGIN_REQ) return tlm::TLM_ACCEPTED;
		payload.acquire();
		arrived_.push_back(&payload);
		burst_arrives(payload, payload.get_extension<nbsim::burst_extension>()->burst);
		end_request_.notify(sc_core::SC_ZERO_TIME);
		return tlm::TLM_ACCEPTED;
	}

	void respond_to(tlm::tlm_generic_payload &payload) override {
		answered_.push_back(&payload);
		begin_response_.notify(quarter_);
	}

      private:
	void send(tlm::tlm_generic_payload &payload, tlm::tlm_phase phase) {
		sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
		socket[payload.is_read() ? 0 : 1]->nb_transport_bw(payload, phase, delay);
	}
	void end_request() {
		for (tlm::tlm_generic_payload *payload : arrived_) send(*payload, tlm::END_REQ);
		arrived_.clear();
	}
	void begin_response() {
		for (tlm::tlm_generic_payload *payload : answered_) {
			payload->set_response_status(tlm::TLM_OK_RESPONSE);
			send(*payload, tlm::BEGIN_RESP);
			payload->release();
		}
		answered_.clear();
	}

	const sc_core::sc_time quarter_;
	std::deque<tlm::tlm_generic_payload *> arrived_, answered_;
	sc_core::sc_event end_request_, begin_response_;
};

class reversed_memory : public memory_target {
      public:
	reversed_memory(sc_core::sc_module_name module_name, const sc_core::sc_time &period)
	    : memory_target(module_name, period) {
		SC_REPORT_INFO("test memory", "a model that talks: stdout is for data, so this is not to be seen");
	}

      protected:
	void burst_arrives(tlm::tlm_generic_payload &payload, const struct burst &burst) override {
		answer(payload, burst.visible_at_cycle + 200 - 25 * (count_++ % 8));
	}

      private:
	uint64_t count_ = 0;
};

class deaf_memory : public memory_target {
      public:
	deaf_memory(sc_core::sc_module_name module_name, const sc_core::sc_time &period, bool has_clock)
	    : memory_target(module_name, period), period_(period) {
		SC_HAS_PROCESS(deaf_memory);
		SC_METHOD(tick);
		sensitive << tick_;
		dont_initialize();
		if (has_clock) tick_.notify(period_);
	}

      protected:
	void burst_arrives(tlm::tlm_generic_payload &, const struct burst &) override {}

      private:
	void tick() { tick_.notify(period_); }

	const sc_core::sc_time period_;
	sc_core::sc_event tick_;
};

class faulty_memory : public memory_target {
      public:
	faulty_memory(sc_core::sc_module_name module_name, const sc_core::sc_time &period, enum test_memory fault)
	    : memory_target(module_name, period), fault_(fault) {
		if (fault == TEST_MEMORY_BROKEN) throw std::runtime_error("no such DIMM");
	}

      protected:
	void burst_arrives(tlm::tlm_generic_payload &payload, const struct burst &burst) override {
		if (fault_ == TEST_MEMORY_THROWS) throw std::runtime_error("row\nhammered");
		if (fault_ == TEST_MEMORY_LATE) {
			answer(payload, burst.visible_at_cycle - 1);
			return;
		}
		if (fault_ == TEST_MEMORY_TWICE) answer(payload, burst.visible_at_cycle + 1);
		answer(payload, burst.visible_at_cycle + 2);
	}

	void respond_to(tlm::tlm_generic_payload &payload) override {
		if (fault_ != TEST_MEMORY_ERROR) {
			memory_target::respond_to(payload);
			return;
		}
		tlm::tlm_phase phase = tlm::BEGIN_RESP;
		sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
		payload.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
		socket[payload.is_read() ? 0 : 1]->nb_transport_bw(payload, phase, delay);
	}

      private:
	const enum test_memory fault_;
};

std::unique_ptr<memory_target> make(enum test_memory which, const struct config &config,
                                    const sc_core::sc_time &period) {
	switch (which) {
	case TEST_MEMORY_FIXED:
		return std::make_unique<fixed_memory>("memory", period, nbsim::fixed_memory_from_config(config));
	case TEST_MEMORY_FOUR_PHASE:
		return std::make_unique<four_phase_memory>("memory", period, nbsim::fixed_memory_from_config(config));
	case TEST_MEMORY_REVERSED: return std::make_unique<reversed_memory>("memory", period);
	case TEST_MEMORY_DEAF: return std::make_unique<deaf_memory>("memory", period, false);
	case TEST_MEMORY_CLOCKED: return std::make_unique<deaf_memory>("memory", period, true);
	default: return std::make_unique<faulty_memory>("memory", period, which);
	}
}

} // namespace

const struct systemc_memory *test_memory(enum test_memory which) {
	static struct systemc_memory memory;
	memory.create = [which](const struct config &config, const sc_core::sc_time &period) {
		return make(which, config, period);
	};
	return &memory;
}
