/* Sequencer: fetch, decode, push; barriers and frames (PROGRAM.md section 4). */
#include "sim/machine/state.h"

static void account(struct machine *machine, uint64_t to_cycle, enum unit_state state) {
	struct sequencer *self = &machine->sequencer;
	if (to_cycle <= self->next_cycle) return;
	machine->result.layers[self->layer].cycles[ATTRIBUTION_SEQUENCER][state] += to_cycle - self->next_cycle;
	self->next_cycle = to_cycle;
}

void sequencer_fetch(struct machine *machine, uint32_t index, uint64_t cycle) {
	struct sequencer *self = &machine->sequencer;
	self->phase = SEQUENCER_FETCH;
	self->next_command = index;
	self->decoded_cycle = cycle + machine->config->sequencer_fetch_cycles;
	machine_wake(machine, PROCESS_SEQUENCER, self->decoded_cycle);
	if (machine->program->commands[index].opcode != OPCODE_END ||
	    self->frames_done + 1 < machine->result.frame_count)
		return;
	self->ended_cycle = self->decoded_cycle;
	for (int unit = 0; unit < UNIT_COUNT; unit++) machine_wake(machine, (enum process)unit, self->ended_cycle);
}

static int all_quiet(const struct machine *machine, uint64_t cycle, uint64_t *next_cycle) {
	int quiet = 1;
	*next_cycle = CYCLE_NEVER;
	for (int unit = 0; unit < UNIT_COUNT; unit++) {
		uint64_t next;
		int is_quiet = unit < UNIT_LOAD
		                   ? compute_quiet(machine, (enum unit_id)unit, cycle, &next)
		                   : dma_quiet(machine, unit == UNIT_LOAD ? &machine->load : &machine->store,
		                               (enum unit_id)unit, cycle, &next);
		if (is_quiet) continue;
		quiet = 0;
		if (next < *next_cycle) *next_cycle = next;
	}
	return quiet;
}

static void end_run(struct machine *machine, uint64_t cycle) {
	account(machine, cycle + 1, STATE_STARVED);
	machine->sequencer.phase = SEQUENCER_ENDED;
	machine->result.total_cycles = cycle + 1;
}

/* BARRIER or END at the decode register. Returns 1 when it goes. */
static int process_barrier(struct machine *machine, const struct command *command, uint64_t cycle) {
	struct sequencer *self = &machine->sequencer;
	uint64_t next_cycle;
	if (!all_quiet(machine, cycle, &next_cycle)) {
		self->waits_quiet = 1;
		if (next_cycle != CYCLE_NEVER) machine_wake(machine, PROCESS_SEQUENCER, next_cycle);
		return 0;
	}
	self->waits_quiet = 0;
	tokens_clear(machine);
	if (command->opcode == OPCODE_END) machine->result.frame_end_cycle[self->frames_done++] = cycle;
	return 1;
}

static void process_decoded(struct machine *machine, uint64_t cycle) {
	struct sequencer *self = &machine->sequencer;
	const struct command *command = &machine->program->commands[self->next_command];
	enum unit_id unit = command_unit(command);
	uint32_t next = self->next_command + 1;
	self->layer = command->layer;
	if (unit == UNIT_COUNT) {
		if (!process_barrier(machine, command, cycle)) return;
		if (command->opcode == OPCODE_END) {
			if (self->frames_done >= machine->result.frame_count) {
				end_run(machine, cycle);
				return;
			}
			next = command->f.frame_start;
		}
		account(machine, cycle, STATE_STARVED);
	} else {
		if (!queue_has_room(&machine->queues[unit],
		                    cycle)) { /* a later pop wakes; one of this cycle may have been missed */
			if (machine->queues[unit].last_pop_cycle == cycle)
				machine_wake(machine, PROCESS_SEQUENCER, cycle + 1);
			return;
		}
		account(machine, cycle, STATE_BLOCKED);
		queue_push(machine, unit, self->next_command, cycle);
	}
	account(machine, cycle + machine->config->sequencer_fetch_cycles, STATE_BUSY);
	if (next == machine->program->frame_start && !self->frames_done) machine->result.preamble_cycles = cycle;
	sequencer_fetch(machine, next, cycle);
}

void sequencer_process(struct machine *machine, uint64_t cycle) {
	struct sequencer *self = &machine->sequencer;
	if (self->phase == SEQUENCER_ENDED) return;
	if (self->phase == SEQUENCER_FETCH) {
		if (cycle < self->decoded_cycle) {
			machine_wake(machine, PROCESS_SEQUENCER, self->decoded_cycle);
			return;
		}
		self->phase = SEQUENCER_DECODED;
	}
	process_decoded(machine, cycle);
}
