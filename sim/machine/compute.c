/* The engines and the post unit as seen from outside: accept, ask for ports, run n steps, drain (PROGRAM.md sections 6,
 * 7).
 *
 * A command's length is known when its ports are granted, so everything that follows is scheduled in closed form then.
 */
#include "sim/machine/state.h"

static uint32_t ceil_log2(uint32_t value) {
	uint32_t log = 0;
	while ((1u << log) < value) log++;
	return log;
}

uint32_t machine_binary_latency_cycles(const struct config *config) {
	uint32_t words = config->binary_words;
	uint32_t lanes = 0;
	if (config->binary_fabric == FABRIC_DSP) lanes = 2 + 1 + ceil_log2(8 * words);
	if (config->binary_fabric == FABRIC_LUT) lanes = 1 + 1 + ceil_log2(8 * words);
	if (config->binary_fabric == FABRIC_FUSED) lanes = 1 + ceil_log2(16 * words);
	return 2 + lanes + 1 + 1 + (config->binary_popcount == POPCOUNT_DSP ? 1 : 0);
}

uint32_t machine_fixed_latency_cycles(const struct config *config) {
	return 2 + 1 + 1 + 1 + ceil_log2(config->fixed_rows) + 1;
}

static uint32_t ports_of(const struct machine *machine, enum unit_id unit, const struct command *command) {
	if (unit == UNIT_BINARY)
		return ports_read(machine, BUFFER_BIT_ACTIVATIONS) | ports_read(machine, BUFFER_BIT_WEIGHTS) |
		       ports_read(machine, BUFFER_BORDER);
	if (unit == UNIT_FIXED)
		return ports_read(machine, BUFFER_FIXED_ACTIVATIONS) | ports_read(machine, BUFFER_FIXED_WEIGHTS);
	uint32_t ports = ports_read(machine, BUFFER_PARAMETERS);
	if (command->flags & POST_WRITE_FIXED) ports |= ports_write(machine, BUFFER_FIXED_ACTIVATIONS);
	if (command->flags & POST_WRITE_BITS) ports |= ports_write(machine, BUFFER_BIT_ACTIVATIONS);
	if (command->flags & POST_WRITE_OUTPUT) ports |= ports_write(machine, BUFFER_OUTPUT);
	return ports;
}

static void count_conv(struct machine *machine, enum unit_id unit, const struct command *command, uint64_t steps) {
	const struct config *config = machine->config;
	const struct conv_fields *f = &command->f.conv;
	struct layer_counters *counters = &machine->result.layers[command->layer];
	uint64_t pixels = (uint64_t)f->rows * f->output_width;
	uint64_t sums = pixels * f->groups;
	uint64_t reads = steps, issues = steps;
	if (command->flags & CONV_WINDOW_PACKED) {
		uint64_t fresh = f->kernel < f->stride ? f->kernel : f->stride;
		uint64_t first = (uint64_t)f->kernel * f->kernel * f->input_words;
		issues = sums * f->steps;
		reads = f->rows * (first + (f->output_width - 1) * (f->kernel * fresh * f->input_words));
	}
	if (command->flags & CONV_AVERAGE2) issues = steps / 4;
	counters->engine_commands++;
	if (unit == UNIT_BINARY) {
		counters->binary_issued += issues * config->binary_pes * config->binary_words * 48;
		counters->buffer_reads[BUFFER_BIT_ACTIVATIONS] += reads;
		counters->buffer_reads[BUFFER_BIT_WEIGHTS] += issues;
		counters->buffer_reads[BUFFER_BORDER] += sums;
		counters->buffer_writes[BUFFER_ACCUMULATORS] += sums;
	} else {
		counters->fixed_issued += issues * config->fixed_rows * config->fixed_columns;
		counters->buffer_reads[BUFFER_FIXED_ACTIVATIONS] += reads;
		counters->buffer_reads[BUFFER_FIXED_WEIGHTS] += issues;
		counters->buffer_writes[BUFFER_SKIP_SUMS] += sums;
	}
}

static void count_post(struct machine *machine, const struct command *command, uint64_t steps) {
	struct layer_counters *counters = &machine->result.layers[command->layer];
	uint64_t writes = command->flags & POST_POOL_MAX2 ? steps / 4 : steps;
	counters->post_commands++;
	counters->post_issued += steps * machine->config->post_lanes;
	counters->buffer_reads[BUFFER_PARAMETERS] += steps;
	counters->buffer_reads[command->flags & POST_A_FROM_SKIP ? BUFFER_SKIP_SUMS : BUFFER_ACCUMULATORS] += steps;
	if (command->flags & POST_USE_B) counters->buffer_reads[BUFFER_SKIP_SUMS] += steps;
	if (command->flags & POST_WRITE_FIXED) counters->buffer_writes[BUFFER_FIXED_ACTIVATIONS] += writes;
	if (command->flags & POST_WRITE_BITS)
		counters->buffer_writes[BUFFER_BIT_ACTIVATIONS] += writes * machine->config->binary_window_reads;
	if (command->flags & POST_WRITE_OUTPUT) counters->buffer_writes[BUFFER_OUTPUT] += writes;
}

void compute_process(struct machine *machine, enum unit_id unit, uint64_t cycle) {
	struct compute_unit *self = &machine->compute[unit];
	struct account *account = &machine->accounts[unit];
	account_until(machine, unit, cycle);
	if (self->phase != PHASE_WAIT) return;
	if (cycle < self->ready_cycle) {
		machine_wake(machine, (enum process)unit, self->ready_cycle);
		return;
	}
	uint32_t index;
	if (!unit_can_accept(machine, unit, cycle, &index)) return;
	const struct command *command = &machine->program->commands[index];
	queue_pop(machine, unit, cycle);
	tokens_take(machine, unit, command);
	self->phase = PHASE_ASK;
	self->command = index;
	account->event_cycle = cycle;
	account->event_state = STATE_DISPATCH;
	account->event_layer = account->layer = command->layer;
	account->steady_state = STATE_BLOCKED;
	machine_note(machine, EVENT_ACCEPT, unit, index, cycle, cycle);
	machine_note(machine, EVENT_REQUEST, unit, index, cycle + 1, cycle + 1);
	uint64_t hold = machine->command_steps[index] + (self->holds_in_drain ? self->latency_cycles : 0);
	ports_request(machine, unit, ports_of(machine, unit, command), cycle + 1, hold);
}

void compute_granted(struct machine *machine, enum unit_id unit, uint64_t cycle) {
	struct compute_unit *self = &machine->compute[unit];
	struct account *account = &machine->accounts[unit];
	const struct command *command = &machine->program->commands[self->command];
	uint64_t steps = machine->command_steps[self->command];
	uint64_t last_cycle = cycle + steps;
	account_until(machine, unit, cycle);
	account->event_cycle = cycle;
	account->event_state = STATE_DISPATCH;
	account->event_layer = command->layer;
	account_until(machine, unit, cycle + 1);
	account->busy_from_cycle = cycle + 1;
	account->busy_to_cycle = last_cycle;
	account->pipe_end_cycle = last_cycle + self->latency_cycles + 1;
	self->quiet_cycle = account->pipe_end_cycle;
	self->ready_cycle = self->holds_in_drain ? self->quiet_cycle : last_cycle + 1;
	self->phase = PHASE_WAIT;
	if (unit == UNIT_POST)
		count_post(machine, command, steps);
	else
		count_conv(machine, unit, command, steps);
	machine_note(machine, EVENT_GRANT, unit, self->command, cycle, cycle);
	machine_note(machine, EVENT_START, unit, self->command, cycle + 1, last_cycle);
	machine_note(machine, EVENT_DONE, unit, self->command, self->quiet_cycle, self->quiet_cycle);
	tokens_give(machine, unit, command, self->quiet_cycle);
	machine_wake(machine, (enum process)unit, self->ready_cycle);
	if (machine->sequencer.waits_quiet) machine_wake(machine, PROCESS_SEQUENCER, self->quiet_cycle);
}

int compute_quiet(const struct machine *machine, enum unit_id unit, uint64_t cycle, uint64_t *next_cycle) {
	const struct compute_unit *self = &machine->compute[unit];
	*next_cycle = CYCLE_NEVER;
	if (self->phase != PHASE_WAIT || machine->queues[unit].count || machine->queues[unit].last_pop_cycle == cycle)
		return 0;
	uint64_t from = self->quiet_cycle > self->ready_cycle ? self->quiet_cycle : self->ready_cycle;
	if (from <= cycle) return 1;
	*next_cycle = from;
	return 0;
}
