/* One memory channel: row preparation, data bus, refresh (PROGRAM.md section 10).
 *
 * Two bursts at most are inside: one being prepared, one on the data bus. Refreshes that fall into idle time are caught
 * up with when the next burst arrives; they begin in the very cycles in which hardware would begin them.
 */
#include <string.h>

#include "sim/machine/state.h"

enum { LINE_BYTES = 64 };

static struct burst *visible_head(struct request_ring *ring, uint64_t cycle, uint64_t *next_cycle) {
	if (!ring->count) return NULL;
	struct burst *burst = &ring->burst[ring->head];
	if (burst->visible_at_cycle <= cycle) return burst;
	if (burst->visible_at_cycle < *next_cycle) *next_cycle = burst->visible_at_cycle;
	return NULL;
}

/* Begins every refresh that begins in or before `cycle`. Returns 1 when one is due that has to wait for the data bus.
 */
static int catch_up_refresh(struct machine *machine, struct channel *channel, struct channel_counters *counters,
                            uint64_t cycle) {
	const struct machine_times *times = &machine->times;
	if (!times->trefi || machine->config->dram_kind != DRAM_DDR4) return 0;
	while ((channel->refreshes_begun + 1) * times->trefi <= cycle) {
		uint64_t start = (channel->refreshes_begun + 1) * times->trefi;
		if (start < channel->stage_a_free_cycle) start = channel->stage_a_free_cycle;
		if (start < channel->stage_b_free_cycle) start = channel->stage_b_free_cycle;
		if (start > cycle) return 1;
		channel->stage_a_free_cycle = start + times->trp + times->trfc + 1;
		channel->refreshes_begun++;
		counters->refreshes++;
		memset(channel->row_is_open, 0, machine->times.banks);
	}
	return 0;
}

/* Opens the rows a burst touches; returns p, the cycles of preparation. */
static uint64_t prepare_rows(struct machine *machine, struct channel *channel, struct channel_counters *counters,
                             const struct burst *burst, uint64_t cycle) {
	const struct config *config = machine->config;
	const struct machine_times *times = &machine->times;
	uint32_t groups = config->dram_bank_groups;
	uint32_t first = burst->address / LINE_BYTES;
	uint32_t lines = (burst->address + burst->bytes - 1) / LINE_BYTES - first + 1;
	uint32_t bank = first / times->group_lines % config->dram_banks_per_group;
	uint32_t row = first / (times->group_lines * config->dram_banks_per_group);
	uint64_t column_cycle = cycle + 1;
	for (uint32_t i = 0; i < lines && i < groups; i++) {
		uint32_t at = (first + i) % groups * config->dram_banks_per_group + bank;
		uint64_t activate = cycle + 1;
		if (channel->row_is_open[at] && channel->open_row[at] == row) {
			counters->row_hits++;
			continue;
		}
		if (channel->row_is_open[at]) {
			if (activate < channel->activate_cycle[at] + times->tras)
				activate = channel->activate_cycle[at] + times->tras;
			activate += times->trp;
			counters->row_conflicts++;
		} else {
			counters->row_opens++;
		}
		channel->row_is_open[at] = 1;
		channel->open_row[at] = row;
		channel->activate_cycle[at] = activate;
		if (activate + times->trcd > column_cycle) column_cycle = activate + times->trcd;
	}
	return column_cycle - (cycle + 1);
}

/* Serves the burst picked in `cycle`; returns the cycle in which its data ends. */
static uint64_t serve(struct machine *machine, struct channel *channel, struct channel_counters *counters,
                      const struct burst *burst, uint64_t cycle) {
	const struct machine_times *times = &machine->times;
	uint64_t start = cycle + 1;
	if (machine->config->dram_kind == DRAM_UNLIMITED) {
		channel->stage_a_free_cycle = start;
		return start;
	}
	if (machine->config->dram_kind == DRAM_DDR4)
		start += prepare_rows(machine, channel, counters, burst, cycle) + times->cl;
	if (start < channel->stage_b_free_cycle) start = channel->stage_b_free_cycle;
	channel->stage_a_free_cycle = start;
	channel->stage_b_free_cycle = start + burst->beats * times->beat_cycles;
	counters->bus_cycles += burst->beats * times->beat_cycles;
	return channel->stage_b_free_cycle - 1;
}

void channel_process(struct machine *machine, uint32_t index, uint64_t cycle) {
	struct channel *channel = &machine->channels[index];
	struct channel_counters *counters = &machine->result.channels[index];
	const enum process process = (enum process)(PROCESS_CHANNEL + index);
	uint64_t next_cycle = CYCLE_NEVER;
	if (!channel->requests[0].count && !channel->requests[1].count) return;
	int refresh_waits = catch_up_refresh(machine, channel, counters, cycle);
	if (refresh_waits && channel->stage_a_free_cycle <= cycle) {
		machine_wake(machine, process, channel->stage_b_free_cycle);
		return;
	}
	if (channel->stage_a_free_cycle > cycle) {
		machine_wake(machine, process, channel->stage_a_free_cycle);
		return;
	}
	struct request_ring *ring = &channel->requests[0];
	struct burst *head = visible_head(ring, cycle, &next_cycle);
	if (!head) {
		ring = &channel->requests[1];
		head = visible_head(ring, cycle, &next_cycle);
	}
	if (!head) {
		if (next_cycle != CYCLE_NEVER) machine_wake(machine, process, next_cycle);
		return;
	}
	struct burst burst = *head;
	ring->head = (ring->head + 1) % SLOTS_MAX;
	ring->count--;
	uint64_t end_cycle = serve(machine, channel, counters, &burst, cycle);
	counters->beats += burst.beats;
	if (burst.unit == UNIT_LOAD)
		counters->read_bursts++;
	else
		counters->write_bursts++;
	machine_memory_answer(machine, &burst, end_cycle + 1 + machine->times.controller_cycles);
	if (channel->requests[0].count || channel->requests[1].count)
		machine_wake(machine, process, channel->stage_a_free_cycle);
}

void channel_finish(struct machine *machine, uint32_t index, uint64_t total_cycles) {
	if (total_cycles)
		catch_up_refresh(machine, &machine->channels[index], &machine->result.channels[index],
		                 total_cycles - 1);
}

void machine_memory_request(struct machine *machine, const struct burst *burst) {
	struct request_ring *ring = &machine->channels[burst->channel].requests[burst->unit == UNIT_LOAD ? 0 : 1];
	ring->burst[(ring->head + ring->count) % SLOTS_MAX] = *burst;
	ring->count++;
	machine_wake(machine, (enum process)(PROCESS_CHANNEL + burst->channel), burst->visible_at_cycle);
}

void machine_memory_answer(struct machine *machine, const struct burst *burst, uint64_t visible_at_cycle) {
	if (burst->unit == UNIT_LOAD)
		load_arrived(machine, burst->slot, visible_at_cycle);
	else
		store_answered(machine, burst->slot, visible_at_cycle);
}
