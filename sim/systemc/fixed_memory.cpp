/* See fixed_memory.hpp. */
#include "sim/systemc/fixed_memory.hpp"

#include <algorithm>

namespace nbsim {

struct fixed_memory_parameters fixed_memory_from_config(const struct config &config) {
	uint64_t bytes = config.dram_fixed_bytes_per_cycle;
	return {config.dram_channels,
	        static_cast<uint64_t>(config.dram_controller_cycles) + config.dram_fixed_latency_cycles,
	        (config.dma_axi_bytes + bytes - 1) / bytes};
}

fixed_memory::fixed_memory(sc_core::sc_module_name module_name, const sc_core::sc_time &clock_period,
                           const struct fixed_memory_parameters &parameters)
    : memory_target(module_name, clock_period), parameters_(parameters), channels_(parameters.channels) {
	SC_HAS_PROCESS(fixed_memory);
	SC_METHOD(pick);
	sensitive << pick_event_;
	dont_initialize();
}

void fixed_memory::burst_arrives(tlm::tlm_generic_payload &payload, const struct burst &burst) {
	channel &to = channels_.at(burst.channel);
	(payload.is_read() ? to.reads : to.writes).push_back({&payload, burst.visible_at_cycle, burst.beats});
	pick_event_.notify(until(next_pick(to)));
}

uint64_t fixed_memory::next_pick(const channel &from) const {
	uint64_t visible = UINT64_MAX;
	if (!from.reads.empty()) visible = from.reads.front().visible_at_cycle;
	if (!from.writes.empty()) visible = std::min(visible, from.writes.front().visible_at_cycle);
	return visible == UINT64_MAX ? UINT64_MAX : std::max(visible, from.pick_cycle);
}

/* Reads go first. The data comes at once if the bus is free, else behind the burst before, and one burst may wait so.
 */
uint64_t fixed_memory::pick_from(channel &from) {
	if (next_pick(from) > cycle()) return next_pick(from);
	bool is_read = !from.reads.empty() && from.reads.front().visible_at_cycle <= cycle();
	std::deque<waiting> &queue = is_read ? from.reads : from.writes;
	waiting burst = queue.front();
	queue.pop_front();
	from.pick_cycle = std::max(cycle() + 1, from.bus_free_cycle);
	from.bus_free_cycle = from.pick_cycle + burst.beats * parameters_.beat_cycles;
	burst_count_++;
	answer(*burst.payload, from.bus_free_cycle + parameters_.latency_cycles);
	return next_pick(from);
}

void fixed_memory::pick() {
	uint64_t next_cycle = UINT64_MAX;
	for (channel &each : channels_) next_cycle = std::min(next_cycle, pick_from(each));
	if (next_cycle != UINT64_MAX) pick_event_.notify(until(next_cycle));
}

} // namespace nbsim
