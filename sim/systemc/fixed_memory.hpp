/* Example of a memory model behind memory_target.h: each channel has a latency and a data bus of so many bytes a cycle,
 * as dram.kind = fixed of PROGRAM.md section 10, written apart from it. */
#ifndef SIM_SYSTEMC_FIXED_MEMORY_HPP
#define SIM_SYSTEMC_FIXED_MEMORY_HPP

#include <deque>
#include <vector>

#include "sim/systemc/memory_target.h"

namespace nbsim {

struct fixed_memory_parameters {
	uint32_t channels;
	uint64_t latency_cycles; /* from the last cycle of the data on the bus to the cycle of the answer, less one */
	uint64_t beat_cycles;    /* cycles of the bus a beat takes */
};

/* Those of the configuration's dram.fixed_latency_cycles, controller_cycles and fixed_bytes_per_cycle. */
struct fixed_memory_parameters fixed_memory_from_config(const struct config &config);

class fixed_memory : public memory_target {
      public:
	fixed_memory(sc_core::sc_module_name module_name, const sc_core::sc_time &clock_period,
	             const struct fixed_memory_parameters &parameters);

	/* Bursts answered so far. */
	uint64_t burst_count() const { return burst_count_; }

      protected:
	void burst_arrives(tlm::tlm_generic_payload &payload, const struct burst &burst) override;

      private:
	struct waiting {
		tlm::tlm_generic_payload *payload;
		uint64_t visible_at_cycle, beats;
	};
	struct channel {
		std::deque<waiting> reads, writes;
		uint64_t pick_cycle = 0;     /* first cycle in which a burst can be picked */
		uint64_t bus_free_cycle = 0; /* first cycle in which the bus is free */
	};

	void pick();
	/* Picks in this cycle if it can; returns the next cycle to look at, UINT64_MAX: none. */
	uint64_t pick_from(channel &from);
	uint64_t next_pick(const channel &from) const;

	const struct fixed_memory_parameters parameters_;
	std::vector<channel> channels_;
	sc_core::sc_event pick_event_;
	uint64_t burst_count_ = 0;
};

} // namespace nbsim

#endif
