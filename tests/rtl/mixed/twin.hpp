/* A unit of the machine as verilated RTL inside the SystemC run: what all twins have in common.
 *
 * The C machine, its other units, the arbiter, the sequencer and the memory channels run as always; the calls they make
 * to the replaced unit are led here by the linker (--wrap, see mixed.cpp). A cycle c of the RTL is [c T, (c + 1) T):
 * its clock rises in the middle of the cycle, when everything that happens at c T has settled, so its registered
 * outputs of cycle c are there before c T. At c T (`begin`) the inputs of the cycle are set and registered outputs
 * read: port request and last port cycle, tokens given, bursts; a grant comes from the arbiter at c T; in the middle of
 * the cycle (`middle`) what is left is done: acceptance, attribution.
 *
 * The RTL is not reset: it starts with all registers 0 (--x-initial 0), which for these units are their reset values.
 * Operands of the data path are 0: this model has no values, output bits are the executor's. */
#ifndef TESTS_RTL_MIXED_TWIN_HPP
#define TESTS_RTL_MIXED_TWIN_HPP

#include <deque>
#include <memory>
#include <systemc>
#include <vector>

extern "C" {
#include "sim/machine/state.h"
}

namespace mixed {

/* Binds a port that nothing here uses to a signal of its own, value 0. */
class unused_signals {
      public:
	template <typename T> void operator()(sc_core::sc_in<T> &port) { port.bind(make<T>()); }
	template <typename T> void operator()(sc_core::sc_out<T> &port) { port.bind(make<T>()); }

      private:
	template <typename T> sc_core::sc_signal<T> &make() {
		auto signal = std::make_shared<sc_core::sc_signal<T>>(sc_core::sc_gen_unique_name("unused"));
		kept_.push_back(signal);
		return *signal;
	}
	std::vector<std::shared_ptr<void>> kept_;
};

class twin : public sc_core::sc_module {
      public:
	twin(sc_core::sc_module_name module_name, enum unit_id unit, uint64_t period_value);

	/* Before time begins. */
	void start(struct machine *machine) { machine_ = machine; }
	/* The arbiter grants what was requested. */
	void grant(uint64_t cycle);
	/* The memory's arrival or answer, visible to the unit in this cycle. */
	void answered(uint64_t visible_at_cycle) { answers_.push_back(visible_at_cycle); }
	/* Nothing is queued, active or in the pipeline. */
	bool is_quiet(uint64_t cycle) const;
	/* Accounts the last cycle, in which the run stops before its middle. */
	void finish(uint64_t last_cycle);
	uint64_t commands() const { return commands_; }
	uint64_t cycles() const { return cycles_; }

      protected:
	/* Outputs that mean something else in each unit. */
	virtual uint32_t ports_wanted() const = 0;
	virtual bool head_counts() const { return head_valid.read() && !active.read(); }
	virtual bool is_waiting() const { return false; }
	virtual bool burst_is_issued(struct burst *) const { return false; }
	virtual void set_answer(bool) {}

	const enum unit_id unit_;
	struct machine *machine_ = nullptr;
	unused_signals unused_;
	sc_core::sc_signal<bool> reset, head_valid, tokens_there, accept, give, asking, port_last, running, filled,
	    active;
	sc_core::sc_signal<bool, sc_core::SC_MANY_WRITERS> clock, granted;
	sc_core::sc_signal<bool> quiet;
	sc_core::sc_signal<sc_dt::sc_bv<512>> head;
	sc_core::sc_signal<uint32_t> give_masks, active_layer;

	/* Ports that every unit has. */
	template <typename RTL> void bind_common(RTL &rtl) {
		rtl.clock(clock);
		rtl.reset(reset);
		rtl.head_valid(head_valid);
		rtl.head(head);
		rtl.tokens_there(tokens_there);
		rtl.accept(accept);
		rtl.give(give);
		rtl.give_masks(give_masks);
		rtl.asking(asking);
		rtl.granted(granted);
		rtl.port_last(port_last);
		rtl.filled(filled);
		rtl.active(active);
		rtl.active_layer(active_layer);
		rtl.quiet(quiet);
	}

      private:
	void begin();
	void middle();
	void set_head(uint64_t cycle);
	void release_ports(uint64_t cycle);
	void account(uint64_t cycle);
	uint64_t cycle() const { return sc_core::sc_time_stamp().value() / period_value_; }

	const uint64_t period_value_;
	sc_core::sc_event begin_event_, middle_event_;
	uint32_t head_command_ = 0, command_ = 0, ports_held_ = 0, layer_before_ = 0;
	enum token_wait wait_ = TOKENS_READY;
	std::deque<uint64_t> answers_;
	std::deque<uint32_t> read_commands_; /* store: of bursts read and not yet sent */
	uint64_t commands_ = 0, cycles_ = 0;
};

/* Twins by unit; NULL: not asked for. */
std::unique_ptr<twin> make_binary_twin(uint64_t period_value);
std::unique_ptr<twin> make_post_twin(uint64_t period_value);
std::unique_ptr<twin> make_load_twin(uint64_t period_value);
std::unique_ptr<twin> make_store_twin(uint64_t period_value);

} // namespace mixed

#endif
