/* DMA read master: an address stage that issues bursts, a write stage that puts arrived ones into a buffer (PROGRAM.md
 * section 8). */
#include "sim/machine/state.h"

static const struct command *command_of(const struct machine *machine, uint32_t index) {
	return &machine->program->commands[index];
}

static struct burst_slot *oldest(struct dma_unit *load) {
	return &load->slots[load->head];
}

/* Layer by the registers of `cycle`; keeps the present one where only the head decides (unit_can_accept sets that). */
static uint32_t layer_in(struct machine *machine, uint64_t cycle) {
	struct dma_unit *load = &machine->load;
	if (load->count && oldest(load)->held_from_cycle <= cycle)
		return command_of(machine, oldest(load)->command)->layer;
	if (load->active) return command_of(machine, load->command)->layer;
	return machine->accounts[UNIT_LOAD].layer;
}

static void request_write(struct machine *machine, uint64_t cycle) {
	struct dma_unit *load = &machine->load;
	if (load->asking || load->writing || !load->count) return;
	struct burst_slot *slot = oldest(load);
	if (slot->held_from_cycle > cycle || slot->arrived_cycle > cycle) return;
	const struct command *command = command_of(machine, slot->command);
	load->asking = 1;
	machine_note(machine, EVENT_REQUEST, UNIT_LOAD, slot->command, cycle, cycle);
	ports_request(machine, UNIT_LOAD, ports_write(machine, (enum buffer_id)command->f.transfer.buffer), cycle,
	              slot->port_cycles);
}

/* Issues the next burst in `cycle` if it may. */
static int issue(struct machine *machine, uint64_t cycle) {
	struct dma_unit *load = &machine->load;
	const struct command *command = command_of(machine, load->command);
	int is_last;
	if (!dma_may_issue(machine, load, UNIT_LOAD, command->f.transfer.channel, cycle)) return 0;
	struct burst burst = dma_cut(machine, command, &load->cursor, &is_last);
	burst.visible_at_cycle = cycle + 1;
	struct burst_slot *slot = dma_take_slot(load, &burst, load->command, is_last, cycle + 1);
	slot->port_cycles = dma_port_cycles(machine, command, &burst);
	dma_count(machine, command, &burst);
	if (is_last) load->active = 0;
	load->ready_cycle = cycle + 1;
	machine_wake(machine, PROCESS_LOAD, cycle + 1);
	if (machine->hooks.memory)
		machine->hooks.memory(machine->hooks.context, &slot->burst);
	else
		machine_memory_request(machine, &slot->burst);
	return 1;
}

/* State of the present cycle by its registers, and the steady state of the following ones. */
static void set_states(struct machine *machine, uint64_t cycle, uint32_t layer, int in_flight, int was_active, int held,
                       int accepted, int issued) {
	struct dma_unit *load = &machine->load;
	struct account *account = &machine->accounts[UNIT_LOAD];
	account->event_cycle = cycle;
	account->event_layer = layer;
	account->event_state = account->steady_state;
	if (was_active || held || load->asking) account->event_state = STATE_BLOCKED;
	if (accepted) account->event_state = STATE_DISPATCH;
	if (in_flight) account->event_state = STATE_FILL_DRAIN;
	if (issued) account->event_state = STATE_BUSY;
	if (load->active || load->count) account->steady_state = STATE_BLOCKED;
	if (dma_in_flight(load, cycle + 1)) account->steady_state = STATE_FILL_DRAIN;
	account->layer = layer_in(machine, cycle + 1);
}

void load_process(struct machine *machine, uint64_t cycle) {
	struct dma_unit *load = &machine->load;
	account_until(machine, UNIT_LOAD, cycle);
	if (load->writing && cycle > load->run_to_cycle) {
		load->head = (load->head + 1) % SLOTS_MAX;
		load->count--;
		load->writing = 0;
	}
	request_write(machine, cycle);
	int was_active = load->active, held = load->count > 0, in_flight = dma_in_flight(load, cycle);
	int accepted = 0, issued = 0;
	uint32_t layer = layer_in(machine, cycle);
	if (was_active && cycle >= load->ready_cycle) issued = issue(machine, cycle);
	if (!was_active) {
		uint32_t index;
		accepted = cycle >= load->ready_cycle && unit_can_accept(machine, UNIT_LOAD, cycle, &index);
		if (!held) layer = machine->accounts[UNIT_LOAD].layer;
		if (accepted) {
			queue_pop(machine, UNIT_LOAD, cycle);
			tokens_take(machine, UNIT_LOAD, command_of(machine, index));
			machine_note(machine, EVENT_ACCEPT, UNIT_LOAD, index, cycle, cycle);
			machine->result.layers[command_of(machine, index)->layer].load_commands++;
			load->active = 1;
			load->command = index;
			load->cursor = (struct transfer_cursor){0};
			load->ready_cycle = cycle + 1;
			machine_wake(machine, PROCESS_LOAD, cycle + 1);
		}
	}
	set_states(machine, cycle, layer, in_flight, was_active, held, accepted, issued);
	if (load->writing) machine_wake(machine, PROCESS_LOAD, load->run_to_cycle + 1);
	dma_wake_for_slots(machine, load, PROCESS_LOAD, cycle);
}

void load_granted(struct machine *machine, uint64_t cycle) {
	struct dma_unit *load = &machine->load;
	struct account *account = &machine->accounts[UNIT_LOAD];
	struct burst_slot *slot = oldest(load);
	const struct command *command = command_of(machine, slot->command);
	account_until(machine, UNIT_LOAD, cycle);
	if (account->event_cycle != cycle) {
		account->event_cycle = cycle;
		account->event_state = account->steady_state;
		account->event_layer = account->layer;
	}
	if (account->event_state == STATE_BLOCKED) account->event_state = STATE_DISPATCH;
	account_until(machine, UNIT_LOAD, cycle + 1);
	load->asking = 0;
	load->writing = 1;
	load->run_to_cycle = cycle + slot->port_cycles;
	account->busy_from_cycle = cycle + 1;
	account->busy_to_cycle = load->run_to_cycle;
	machine_note(machine, EVENT_GRANT, UNIT_LOAD, slot->command, cycle, cycle);
	machine_note(machine, EVENT_START, UNIT_LOAD, slot->command, cycle + 1, load->run_to_cycle);
	if (slot->is_last) {
		machine_note(machine, EVENT_DONE, UNIT_LOAD, slot->command, load->run_to_cycle + 1,
		             load->run_to_cycle + 1);
		tokens_give(machine, UNIT_LOAD, command, load->run_to_cycle + 1);
	}
	machine_wake(machine, PROCESS_LOAD, load->run_to_cycle + 1);
	if (machine->sequencer.waits_quiet) machine_wake(machine, PROCESS_SEQUENCER, load->run_to_cycle + 1);
}

void load_arrived(struct machine *machine, uint32_t slot, uint64_t visible_at_cycle) {
	machine->load.slots[slot].arrived_cycle = visible_at_cycle;
	machine_wake(machine, PROCESS_LOAD, visible_at_cycle);
}
