/* Attribution of every cycle to a state and a layer (PROGRAM.md section 11).
 *
 * Between two wakes a unit's state can change only at cycles known beforehand (end of RUN, end of the pipeline), so
 * cycles are accounted in intervals, after the fact.
 */
#include "sim/machine/state.h"

/* First cycle after `cycle` at which the state may differ, by what is known: never beyond `limit_cycle`. */
static uint64_t cut(uint64_t limit_cycle, uint64_t cycle, uint64_t change_cycle) {
	return change_cycle > cycle && change_cycle < limit_cycle ? change_cycle : limit_cycle;
}

static enum unit_state state_at(const struct account *account, uint64_t cycle) {
	int is_event = cycle == account->event_cycle;
	if (cycle >= account->busy_from_cycle && cycle <= account->busy_to_cycle) return STATE_BUSY;
	if (is_event && account->event_state == STATE_BUSY) return STATE_BUSY;
	if (cycle < account->pipe_end_cycle) return STATE_FILL_DRAIN;
	return is_event ? account->event_state : account->steady_state;
}

void account_until(struct machine *machine, enum unit_id unit, uint64_t cycle) {
	struct account *account = &machine->accounts[unit];
	while (account->next_cycle < cycle) {
		uint64_t at = account->next_cycle;
		uint64_t to = cut(cycle, at, account->busy_from_cycle);
		to = cut(to, at, account->busy_to_cycle + 1);
		to = cut(to, at, account->pipe_end_cycle);
		to = cut(to, at, account->event_cycle);
		if (at == account->event_cycle) to = at + 1;
		uint32_t layer = at == account->event_cycle ? account->event_layer : account->layer;
		machine->result.layers[layer].cycles[unit][state_at(account, at)] += to - at;
		account->next_cycle = to;
	}
}

int unit_can_accept(struct machine *machine, enum unit_id unit, uint64_t cycle, uint32_t *command) {
	static const enum unit_state wait_states[] = {[TOKENS_WAIT_ROOM] = STATE_BLOCKED,
	                                              [TOKENS_WAIT_MEMORY] = STATE_MEMORY,
	                                              [TOKENS_WAIT_DATA] = STATE_STARVED};
	struct account *account = &machine->accounts[unit];
	uint64_t next_cycle;
	if (!queue_head(&machine->queues[unit], cycle, command, &next_cycle)) {
		uint64_t ended_cycle = machine->sequencer.ended_cycle;
		account->steady_state = ended_cycle <= cycle ? STATE_IDLE : STATE_DISPATCH;
		if (ended_cycle > cycle && ended_cycle != CYCLE_NEVER)
			machine_wake(machine, (enum process)unit, ended_cycle);
		if (next_cycle != CYCLE_NEVER) machine_wake(machine, (enum process)unit, next_cycle);
		return 0;
	}
	const struct command *head = &machine->program->commands[*command];
	account->layer = head->layer;
	enum token_wait wait = tokens_check(machine, unit, head, cycle, &next_cycle);
	if (wait == TOKENS_READY) return 1;
	account->steady_state = wait_states[wait];
	if (next_cycle != CYCLE_NEVER) machine_wake(machine, (enum process)unit, next_cycle);
	return 0;
}
