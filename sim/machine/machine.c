/* Creation, dispatch of wakes, end of a run. See machine.h and state.h. */
#include "sim/machine/machine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/machine/state.h"

const char *const attribution_row_names[ATTRIBUTION_ROWS] = {"binary_engine", "fixed_engine", "post_unit",
                                                             "load",          "store",        "sequencer"};

void machine_wake(struct machine *machine, enum process process, uint64_t cycle) {
	machine->hooks.wake(machine->hooks.context, process, cycle);
}

void machine_note(struct machine *machine, enum machine_event_kind kind, enum unit_id unit, uint32_t command,
                  uint64_t cycle, uint64_t end_cycle) {
	if (!machine->hooks.event) return;
	struct machine_event event = {kind, unit, command, cycle, end_cycle};
	machine->hooks.event(machine->hooks.event_context, &event);
}

static void set_times(struct machine *machine) {
	const struct config *config = machine->config;
	struct machine_times *times = &machine->times;
	times->controller_cycles = config->dram_controller_cycles;
	if (config->dram_kind == DRAM_DDR4) {
		times->beat_cycles = config_beat_cycles(config);
		times->trcd = config_cycles_up(config, config->dram_trcd_ps);
		times->trp = config_cycles_up(config, config->dram_trp_ps);
		times->cl = config_cycles_up(config, config->dram_cl_ps);
		times->tras = config_cycles_up(config, config->dram_tras_ps);
		times->trfc = config_cycles_up(config, config->dram_trfc_ps);
		times->trefi = config_cycles_down(config, config->dram_trefi_ps);
	} else {
		times->controller_cycles += config->dram_fixed_latency_cycles;
		times->beat_cycles = 1;
		if (config->dram_kind == DRAM_FIXED)
			times->beat_cycles = (config->dma_axi_bytes + config->dram_fixed_bytes_per_cycle - 1) /
			                     config->dram_fixed_bytes_per_cycle;
	}
	times->banks = config->dram_bank_groups * config->dram_banks_per_group;
	times->group_lines = config->dram_bank_groups * (config->dram_row_bytes / 64);
	if (!times->group_lines) times->group_lines = 1;
}

static int allocate(struct machine *machine) {
	const struct config *config = machine->config;
	const struct program *program = machine->program;
	struct machine_result *result = &machine->result;
	result->frame_count = config->frames ? config->frames : 1;
	result->layer_count = program->layer_count ? program->layer_count : 1;
	result->layers = calloc(result->layer_count, sizeof *result->layers);
	result->frame_end_cycle = calloc(result->frame_count, sizeof *result->frame_end_cycle);
	machine->command_steps = calloc(program->command_count, sizeof *machine->command_steps);
	if (!result->layers || !result->frame_end_cycle || !machine->command_steps) return 0;
	for (int unit = 0; unit < UNIT_COUNT; unit++) {
		struct command_queue *queue = &machine->queues[unit];
		queue->capacity = config->sequencer_queue_depth;
		queue->last_pop_cycle = CYCLE_NEVER;
		queue->command = calloc(queue->capacity, sizeof *queue->command);
		queue->visible_at_cycle = calloc(queue->capacity, sizeof *queue->visible_at_cycle);
		if (!queue->command || !queue->visible_at_cycle) return 0;
	}
	return 1;
}

static void reset(struct machine *machine) {
	for (int unit = 0; unit < UNIT_COUNT; unit++) {
		struct account *account = &machine->accounts[unit];
		account->busy_from_cycle = account->busy_to_cycle = CYCLE_NEVER - 1;
		account->event_cycle = CYCLE_NEVER;
		account->steady_state = STATE_DISPATCH;
	}
	machine->compute[UNIT_BINARY].latency_cycles = machine_binary_latency_cycles(machine->config);
	machine->compute[UNIT_FIXED].latency_cycles = machine_fixed_latency_cycles(machine->config);
	machine->compute[UNIT_POST].latency_cycles = MACHINE_POST_LATENCY_CYCLES;
	machine->compute[UNIT_POST].holds_in_drain = 1;
	machine->load.last_channel = machine->store.last_channel = UINT32_MAX;
	machine->sequencer.ended_cycle = CYCLE_NEVER;
}

enum status machine_create(struct machine **out, const struct config *config, const struct program *program,
                           const struct machine_hooks *hooks, struct error *error) {
	*out = NULL;
	struct machine *machine = calloc(1, sizeof *machine);
	if (!machine) return error_set(error, STATUS_MEMORY, "out of memory for the machine");
	machine->config = config;
	machine->program = program;
	machine->hooks = *hooks;
	set_times(machine);
	if (!allocate(machine)) {
		machine_free(machine);
		return error_set(error, STATUS_MEMORY, "out of memory for the machine");
	}
	for (uint32_t i = 0; i < program->command_count; i++) {
		enum unit_id unit = command_unit(&program->commands[i]);
		if (unit < UNIT_LOAD) machine->command_steps[i] = command_steps(&program->commands[i], config);
	}
	reset(machine);
	*out = machine;
	return STATUS_OK;
}

void machine_free(struct machine *machine) {
	if (!machine) return;
	for (int unit = 0; unit < UNIT_COUNT; unit++) {
		free(machine->queues[unit].command);
		free(machine->queues[unit].visible_at_cycle);
		for (int from = 0; from < UNIT_COUNT; from++)
			for (int kind = 0; kind < TOKEN_KINDS; kind++)
				free(machine->tokens[kind][from][unit].visible_at_cycle);
	}
	free(machine->command_steps);
	machine_result_clear(&machine->result);
	free(machine);
}

void machine_result_clear(struct machine_result *result) {
	free(result->layers);
	free(result->frame_end_cycle);
	memset(result, 0, sizeof *result);
}

void machine_start(struct machine *machine) {
	sequencer_fetch(machine, 0, 0);
	if (machine->program->frame_start == 0) machine->result.preamble_cycles = 0;
	machine->sequencer.layer = 0;
	machine->result.layers[0].cycles[ATTRIBUTION_SEQUENCER][STATE_BUSY] += machine->config->sequencer_fetch_cycles;
	machine->sequencer.next_cycle = machine->config->sequencer_fetch_cycles;
	for (int unit = 0; unit < UNIT_COUNT; unit++) machine_wake(machine, (enum process)unit, 0);
}

void machine_process(struct machine *machine, enum process process, uint64_t cycle) {
	machine->result.wakes++;
	switch (process) {
	case PROCESS_BINARY:
	case PROCESS_FIXED:
	case PROCESS_POST: compute_process(machine, (enum unit_id)process, cycle); break;
	case PROCESS_LOAD: load_process(machine, cycle); break;
	case PROCESS_STORE: store_process(machine, cycle); break;
	case PROCESS_SEQUENCER: sequencer_process(machine, cycle); break;
	case PROCESS_ARBITER: ports_process(machine, cycle); break;
	default: channel_process(machine, (uint32_t)process - PROCESS_CHANNEL, cycle); break;
	}
}

int machine_ended(const struct machine *machine) {
	return machine->sequencer.phase == SEQUENCER_ENDED;
}

/* "load: command 12 (LOAD, layer 3) waits for data from post" */
static size_t describe_unit(const struct machine *machine, enum unit_id unit, char *text, size_t bytes) {
	static const char *const waits[] = {"can go", "waits for room", "waits for data from load or store",
	                                    "waits for data from another unit"};
	static const char *const names[] = {"END", "BARRIER", "LOAD", "STORE", "BINARY_CONV", "FIXED_CONV", "POST"};
	const struct command_queue *queue = &machine->queues[unit];
	if (!queue->count) return (size_t)snprintf(text, bytes, "; %s: no command", attribution_row_names[unit]);
	uint32_t index = queue->command[queue->head];
	const struct command *command = &machine->program->commands[index];
	uint64_t next_cycle;
	enum token_wait wait = tokens_check(machine, unit, command, CYCLE_NEVER - 1, &next_cycle);
	return (size_t)snprintf(text, bytes, "; %s: command %u (%s, layer %u) %s", attribution_row_names[unit], index,
	                        names[command->opcode], command->layer, waits[wait]);
}

static enum status stuck(const struct machine *machine, struct error *error) {
	char text[ERROR_TEXT_BYTES];
	const struct sequencer *sequencer = &machine->sequencer;
	size_t used = (size_t)snprintf(text, sizeof text, "the machine is stuck: sequencer at command %u of %u",
	                               sequencer->next_command, machine->program->command_count);
	for (int unit = 0; unit < UNIT_COUNT && used < sizeof text; unit++)
		used += describe_unit(machine, (enum unit_id)unit, text + used, sizeof text - used);
	return error_set(error, STATUS_STUCK, "%s", text);
}

enum status machine_finish(struct machine *machine, struct machine_result *result, struct error *error) {
	memset(result, 0, sizeof *result);
	if (machine->failed_memory) return error_set(error, STATUS_MEMORY, "out of memory for the machine's tokens");
	if (!machine_ended(machine)) return stuck(machine, error);
	for (int unit = 0; unit < UNIT_COUNT; unit++)
		account_until(machine, (enum unit_id)unit, machine->result.total_cycles);
	for (uint32_t channel = 0; channel < machine->config->dram_channels; channel++)
		channel_finish(machine, channel, machine->result.total_cycles);
	*result = machine->result;
	memset(&machine->result, 0, sizeof machine->result);
	return STATUS_OK;
}
