/* DMA write master: reads a burst from a buffer into a slot, sends it, waits for the answer (PROGRAM.md section 9). */
#include "sim/machine/state.h"

enum { READ_LATENCY_CYCLES = 2 };

static const struct command *command_of(const struct machine *machine, uint32_t index) {
	return &machine->program->commands[index];
}

static uint32_t layer_in(struct machine *machine, uint64_t cycle) {
	struct dma_unit *store = &machine->store;
	const struct burst_slot *oldest = &store->slots[store->head];
	if (store->count && oldest->held_from_cycle <= cycle && oldest->arrived_cycle >= cycle)
		return command_of(machine, oldest->command)->layer;
	if (store->active) return command_of(machine, store->command)->layer;
	return machine->accounts[UNIT_STORE].layer;
}

/* Asks for the read port of the next burst in `cycle` if a slot is free. */
static void request_read(struct machine *machine, uint64_t cycle) {
	struct dma_unit *store = &machine->store;
	const struct command *command = command_of(machine, store->command);
	if (store->asking || !dma_may_issue(machine, store, UNIT_STORE, command->f.transfer.channel, cycle)) return;
	struct transfer_cursor ahead = store->cursor;
	int is_last;
	struct burst burst = dma_cut(machine, command, &ahead, &is_last);
	store->asking = 1;
	machine_note(machine, EVENT_REQUEST, UNIT_STORE, store->command, cycle, cycle);
	ports_request(machine, UNIT_STORE, ports_read(machine, (enum buffer_id)command->f.transfer.buffer), cycle,
	              dma_port_cycles(machine, command, &burst));
}

static void accept(struct machine *machine, uint32_t index, uint64_t cycle) {
	struct dma_unit *store = &machine->store;
	queue_pop(machine, UNIT_STORE, cycle);
	tokens_take(machine, UNIT_STORE, command_of(machine, index));
	machine_note(machine, EVENT_ACCEPT, UNIT_STORE, index, cycle, cycle);
	machine->result.layers[command_of(machine, index)->layer].store_commands++;
	store->active = 1;
	store->command = index;
	store->cursor = (struct transfer_cursor){0};
	store->ready_cycle = cycle + 1;
	machine_wake(machine, PROCESS_STORE, cycle + 1);
}

void store_process(struct machine *machine, uint64_t cycle) {
	struct dma_unit *store = &machine->store;
	struct account *account = &machine->accounts[UNIT_STORE];
	account_until(machine, UNIT_STORE, cycle);
	while (store->count && store->slots[store->head].arrived_cycle < cycle) {
		store->head = (store->head + 1) % SLOTS_MAX;
		store->count--;
	}
	int was_active = store->active, held = store->count > 0, accepted = 0;
	uint32_t layer = layer_in(machine, cycle);
	if (cycle < store->ready_cycle) {
		machine_wake(machine, PROCESS_STORE, store->ready_cycle);
	} else if (was_active) {
		request_read(machine, cycle);
	} else {
		uint32_t index;
		accepted = unit_can_accept(machine, UNIT_STORE, cycle, &index);
		if (!held) layer = account->layer;
		if (accepted) accept(machine, index, cycle);
	}
	account->event_cycle = cycle;
	account->event_layer = layer;
	account->event_state = account->steady_state;
	if (was_active) account->event_state = STATE_BLOCKED;
	if (accepted) account->event_state = STATE_DISPATCH;
	if (held) account->event_state = STATE_FILL_DRAIN;
	if (store->active) account->steady_state = STATE_BLOCKED;
	if (store->count) account->steady_state = STATE_FILL_DRAIN;
	account->layer = layer_in(machine, cycle + 1);
	dma_wake_for_slots(machine, store, PROCESS_STORE, cycle);
}

void store_granted(struct machine *machine, uint64_t cycle) {
	struct dma_unit *store = &machine->store;
	struct account *account = &machine->accounts[UNIT_STORE];
	const struct command *command = command_of(machine, store->command);
	int is_last;
	account_until(machine, UNIT_STORE, cycle);
	if (account->event_cycle != cycle) {
		account->event_cycle = cycle;
		account->event_state = account->steady_state;
		account->event_layer = account->layer;
	}
	if (account->event_state == STATE_BLOCKED) account->event_state = STATE_DISPATCH;
	account_until(machine, UNIT_STORE, cycle + 1);
	struct burst burst = dma_cut(machine, command, &store->cursor, &is_last);
	uint64_t port_cycles = dma_port_cycles(machine, command, &burst);
	store->asking = 0;
	store->run_to_cycle = cycle + port_cycles;
	store->ready_cycle = store->run_to_cycle + 1;
	account->busy_from_cycle = cycle + 1;
	account->busy_to_cycle = store->run_to_cycle;
	account->steady_state = STATE_FILL_DRAIN;
	burst.visible_at_cycle = store->run_to_cycle + 1 + READ_LATENCY_CYCLES;
	struct burst_slot *slot = dma_take_slot(store, &burst, store->command, is_last, cycle + 1);
	if (is_last) store->active = 0;
	account->layer = layer_in(machine, cycle + 1);
	dma_count(machine, command, &burst);
	machine_note(machine, EVENT_GRANT, UNIT_STORE, store->command, cycle, cycle);
	machine_note(machine, EVENT_START, UNIT_STORE, store->command, cycle + 1, store->run_to_cycle);
	machine_wake(machine, PROCESS_STORE, store->ready_cycle);
	if (machine->hooks.memory)
		machine->hooks.memory(machine->hooks.context, &slot->burst);
	else
		machine_memory_request(machine, &slot->burst);
}

void store_answered(struct machine *machine, uint32_t index, uint64_t visible_at_cycle) {
	struct burst_slot *slot = &machine->store.slots[index];
	slot->arrived_cycle = visible_at_cycle;
	machine_wake(machine, PROCESS_STORE, visible_at_cycle);
	if (slot->is_last) {
		machine_note(machine, EVENT_DONE, UNIT_STORE, slot->command, visible_at_cycle + 1,
		             visible_at_cycle + 1);
		tokens_give(machine, UNIT_STORE, command_of(machine, slot->command), visible_at_cycle + 1);
	}
	if (machine->sequencer.waits_quiet) machine_wake(machine, PROCESS_SEQUENCER, visible_at_cycle + 1);
}
