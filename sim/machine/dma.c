/* What the read and the write master share: cutting a transfer into bursts, burst slots (PROGRAM.md sections 8 and 9).
 */
#include "sim/machine/state.h"

enum { AXI_BOUNDARY_BYTES = 4096 };

static uint32_t word_bytes(const struct machine *machine, const struct command *command) {
	return config_word_bytes(machine->config, (enum buffer_id)command->f.transfer.buffer);
}

struct burst dma_cut(const struct machine *machine, const struct command *command, struct transfer_cursor *cursor,
                     int *is_last) {
	const struct transfer_fields *f = &command->f.transfer;
	uint32_t row_bytes = f->row_words * word_bytes(machine, command);
	uint32_t axi_bytes = machine->config->dma_axi_bytes;
	struct burst burst = {.unit = command_unit(command), .channel = f->channel};
	burst.address = f->ddr_address + cursor->row * f->pitch_bytes + cursor->row_offset_bytes;
	burst.bytes = row_bytes - cursor->row_offset_bytes;
	uint32_t to_boundary = AXI_BOUNDARY_BYTES - burst.address % AXI_BOUNDARY_BYTES;
	if (burst.bytes > machine->config->dma_burst_beats * axi_bytes)
		burst.bytes = machine->config->dma_burst_beats * axi_bytes;
	if (burst.bytes > to_boundary) burst.bytes = to_boundary;
	burst.beats = (burst.bytes + axi_bytes - 1) / axi_bytes;
	cursor->row_offset_bytes += burst.bytes;
	if (cursor->row_offset_bytes == row_bytes) {
		cursor->row_offset_bytes = 0;
		cursor->row++;
	}
	*is_last = cursor->row == f->rows;
	return burst;
}

uint64_t dma_port_cycles(const struct machine *machine, const struct command *command, const struct burst *burst) {
	uint32_t bytes = word_bytes(machine, command);
	uint32_t banks = config_dma_banks(machine->config, (enum buffer_id)command->f.transfer.buffer);
	if (bytes >= machine->config->dma_axi_bytes) return burst->beats;
	return (burst->bytes / bytes + banks - 1) / banks;
}

struct burst_slot *dma_take_slot(struct dma_unit *dma, const struct burst *burst, uint32_t command, int is_last,
                                 uint64_t held_from_cycle) {
	uint32_t index = (dma->head + dma->count) % SLOTS_MAX;
	struct burst_slot *slot = &dma->slots[index];
	slot->burst = *burst;
	slot->burst.slot = index;
	slot->held_from_cycle = held_from_cycle;
	slot->arrived_cycle = CYCLE_NEVER;
	slot->command = command;
	slot->is_last = is_last ? 1 : 0;
	dma->count++;
	dma->last_channel = burst->channel;
	return slot;
}

int dma_in_flight(const struct dma_unit *dma, uint64_t cycle) {
	for (uint32_t i = 0; i < dma->count; i++) {
		const struct burst_slot *slot = &dma->slots[(dma->head + i) % SLOTS_MAX];
		if (slot->held_from_cycle <= cycle && slot->arrived_cycle > cycle) return 1;
	}
	return 0;
}

int dma_may_issue(const struct machine *machine, const struct dma_unit *dma, enum unit_id unit, uint32_t channel,
                  uint64_t cycle) {
	if (dma->count >= machine->config->dma_outstanding) return 0;
	if (channel == dma->last_channel || !dma->count) return 1;
	if (unit == UNIT_STORE) return 0;
	for (uint32_t i = 0; i < dma->count; i++)
		if (dma->slots[(dma->head + i) % SLOTS_MAX].arrived_cycle > cycle) return 0;
	return 1;
}

void dma_wake_for_slots(struct machine *machine, const struct dma_unit *dma, enum process process, uint64_t cycle) {
	for (uint32_t i = 0; i < dma->count; i++) {
		uint64_t arrived = dma->slots[(dma->head + i) % SLOTS_MAX].arrived_cycle;
		if (arrived == CYCLE_NEVER || arrived + 1 <= cycle) continue;
		machine_wake(machine, process, arrived > cycle ? arrived : arrived + 1);
	}
}

void dma_count(struct machine *machine, const struct command *command, const struct burst *burst) {
	struct layer_counters *counters = &machine->result.layers[command->layer];
	uint32_t bytes = word_bytes(machine, command);
	uint64_t words = (burst->bytes + bytes - 1) / bytes;
	if (burst->unit == UNIT_LOAD) {
		counters->ddr_read_bytes += burst->bytes;
		if (command->f.transfer.buffer == BUFFER_BIT_ACTIVATIONS) words *= machine->config->binary_window_reads;
		counters->buffer_writes[command->f.transfer.buffer] += words;
	} else {
		counters->ddr_write_bytes += burst->bytes;
		counters->buffer_reads[command->f.transfer.buffer] += words;
	}
}

int dma_quiet(const struct machine *machine, const struct dma_unit *dma, enum unit_id unit, uint64_t cycle,
              uint64_t *next_cycle) {
	*next_cycle = CYCLE_NEVER;
	if (dma->active || machine->queues[unit].count || machine->queues[unit].last_pop_cycle == cycle || dma->asking)
		return 0;
	/* A load's slot is free after its write, a store's from the cycle after its answer. */
	uint64_t free_cycle = dma->ready_cycle;
	if (unit == UNIT_LOAD) {
		if (dma->count > (dma->writing ? 1u : 0u)) return 0;
		if (dma->run_to_cycle + 1 > free_cycle) free_cycle = dma->run_to_cycle + 1;
	} else {
		for (uint32_t i = 0; i < dma->count; i++) {
			uint64_t answered = dma->slots[(dma->head + i) % SLOTS_MAX].arrived_cycle;
			if (answered == CYCLE_NEVER) return 0;
			if (answered + 1 > free_cycle) free_cycle = answered + 1;
		}
	}
	if (free_cycle <= cycle) return 1;
	*next_cycle = free_cycle;
	return 0;
}
