/* See share.h. The tables are direct-mapped. The keys are canonical copies of struct config: what is left out is set
 * to zero, so a parameter that is added later is part of the key until somebody decides that it is not. */
#include "explore/share.h"

#include <stdlib.h>
#include <string.h>

struct input_entry {
	int used;
	uint64_t network;
	struct config key;
	struct share_result result;
};

struct program_entry {
	struct config key;
	uint64_t times[8]; /* DRAM times in cycles */
	uint32_t command_count, frame_start, layer_count;
	struct command *commands; /* NULL: free */
	struct share_result result;
};

struct map_entry {
	struct config key;
	uint64_t network;
	size_t bytes;
	struct program program; /* without commands: the place is free */
};

struct share {
	struct input_entry *inputs;
	struct program_entry *programs;
	struct map_entry *maps;
	size_t input_count, program_count, map_count;
	size_t program_bytes, program_budget, next_cleared;
	size_t map_bytes, map_budget, next_map_cleared;
};

static uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t count) {
	const unsigned char *at = bytes;
	for (; count >= 8; count -= 8, at += 8) {
		uint64_t word;
		memcpy(&word, at, 8);
		hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
		hash ^= hash >> 29;
	}
	for (; count; count--, at++) hash = (hash ^ *at) * UINT64_C(0x100000001b3);
	return hash;
}

struct share *share_create(size_t budget_bytes) {
	struct share *share = calloc(1, sizeof *share);
	if (!share) return NULL;
	share->input_count = budget_bytes / 4 / sizeof *share->inputs;
	share->program_count = 1024;
	share->program_budget = budget_bytes / 2;
	share->map_count = 256;
	share->map_budget = budget_bytes / 4;
	if (share->input_count < 16) share->input_count = 16;
	share->inputs = calloc(share->input_count, sizeof *share->inputs);
	share->programs = calloc(share->program_count, sizeof *share->programs);
	share->maps = calloc(share->map_count, sizeof *share->maps);
	if (share->inputs && share->programs && share->maps) return share;
	share_free(share);
	return NULL;
}

static void result_clear(struct share_result *result) {
	machine_result_clear(&result->machine);
	memset(result, 0, sizeof *result);
}

void share_free(struct share *share) {
	if (!share) return;
	for (size_t i = 0; share->inputs && i < share->input_count; i++) result_clear(&share->inputs[i].result);
	for (size_t i = 0; share->programs && i < share->program_count; i++) {
		result_clear(&share->programs[i].result);
		free(share->programs[i].commands);
	}
	for (size_t i = 0; share->maps && i < share->map_count; i++) program_clear(&share->maps[i].program);
	free(share->inputs);
	free(share->programs);
	free(share->maps);
	free(share);
}

/* Parameters that cannot change the program or its time are left out, by the table. The size of the program memory is
 * one of them, but decides whether there is a program. */
static void input_key(const struct config *config, struct config *key) {
	*key = *config;
	for (size_t i = 0; i < config_parameter_count; i++) {
		const struct config_parameter *parameter = &config_parameters[i];
		if (parameter->timing != TIMING_NONE) continue;
		memset((char *)key + parameter->offset, 0,
		       parameter->type == CONFIG_TEXT ? (size_t)CONFIG_TEXT_BYTES : sizeof(uint32_t));
	}
	key->sequencer_program_commands = config->sequencer_program_commands;
	memset(key->workload, 0, sizeof key->workload); /* the network stands for it */
	key->compile_skip_weight_bits = key->compile_stem_weight_bits = key->compile_head_weight_bits = 0;
	key->compile_map_bits = key->compile_map_fraction_bits = key->compile_parameter_bits = 0;
}

/* Of these, what only the mapper reads is left out too, and times are in cycles. */
static void program_key(const struct config *config, struct config *key, uint64_t times[8]) {
	input_key(config, key);
	memset(times, 0, 8 * sizeof *times);
	if (config->dram_kind == DRAM_DDR4) {
		times[0] = config_beat_cycles(config);
		times[1] = config_cycles_up(config, config->dram_trcd_ps);
		times[2] = config_cycles_up(config, config->dram_trp_ps);
		times[3] = config_cycles_up(config, config->dram_cl_ps);
		times[4] = config_cycles_up(config, config->dram_tras_ps);
		times[5] = config_cycles_up(config, config->dram_trfc_ps);
		times[6] = config_cycles_down(config, config->dram_trefi_ps);
		key->dram_fixed_latency_cycles = key->dram_fixed_bytes_per_cycle = 0;
	}
	key->clock_khz = key->dram_peak_megabytes_per_s = 0;
	key->dram_trcd_ps = key->dram_trp_ps = key->dram_cl_ps = key->dram_tras_ps = 0;
	key->dram_trfc_ps = key->dram_trefi_ps = 0;
	for (int b = 0; b < BUFFER_COUNT; b++) key->buffer[b].depth_words = key->buffer[b].ping_pong = 0;
	key->sequencer_program_commands = key->binary_window_bits = 0;
	key->mapper_weights = key->mapper_maps = key->mapper_band_rows = 0;
}

/* Of the inputs, what only the machine reads is left out. */
static void map_key(const struct config *config, struct config *key) {
	input_key(config, key);
	key->clock_khz = key->frames = 0;
	key->sequencer_fetch_cycles = key->sequencer_queue_depth = 0;
	key->dma_burst_beats = key->dma_outstanding = 0;
	key->dram_kind = key->dram_peak_megabytes_per_s = key->dram_controller_cycles = 0;
	key->dram_fixed_latency_cycles = key->dram_fixed_bytes_per_cycle = 0;
	key->dram_trcd_ps = key->dram_trp_ps = key->dram_cl_ps = key->dram_tras_ps = 0;
	key->dram_trfc_ps = key->dram_trefi_ps = 0;
	key->dram_bank_groups = key->dram_banks_per_group = key->dram_row_bytes = 0;
}

static int results_copy(struct share_result *to, const struct share_result *from) {
	*to = *from;
	to->machine.layers = NULL;
	to->machine.frame_end_cycle = NULL;
	if (from->status) {
		to->machine.layer_count = 0;
		to->machine.frame_count = 0;
		return 1;
	}
	size_t frames = from->machine.frame_count;
	to->machine.layers = calloc(1, sizeof *to->machine.layers);
	to->machine.frame_end_cycle = calloc(frames ? frames : 1, sizeof *to->machine.frame_end_cycle);
	if (!to->machine.layers || !to->machine.frame_end_cycle) {
		result_clear(to);
		return 0;
	}
	*to->machine.layers = *from->machine.layers;
	memcpy(to->machine.frame_end_cycle, from->machine.frame_end_cycle, frames * sizeof(uint64_t));
	return 1;
}

static struct input_entry *input_place(struct share *share, const struct config *key, uint64_t network) {
	return &share->inputs[hash_bytes(network, key, sizeof *key) % share->input_count];
}

const struct share_result *share_find_inputs(struct share *share, const struct config *config, uint64_t network) {
	struct config key;
	input_key(config, &key);
	struct input_entry *entry = input_place(share, &key, network);
	if (!entry->used || entry->network != network || memcmp(&entry->key, &key, sizeof key)) return NULL;
	return &entry->result;
}

void share_keep_inputs(struct share *share, const struct config *config, uint64_t network,
                       const struct share_result *result) {
	struct config key;
	input_key(config, &key);
	struct input_entry *entry = input_place(share, &key, network);
	if (result == &entry->result) return;
	result_clear(&entry->result);
	entry->key = key;
	entry->network = network;
	entry->used = results_copy(&entry->result, result);
}

static size_t commands_bytes(const struct program *program) {
	return program->command_count * sizeof *program->commands;
}

static struct program_entry *program_place(struct share *share, const struct config *key, const uint64_t times[8],
                                           const struct program *program) {
	uint64_t hash = hash_bytes(program->frame_start, key, sizeof *key);
	hash = hash_bytes(hash, times, 8 * sizeof *times);
	hash = hash_bytes(hash, program->commands, commands_bytes(program));
	return &share->programs[hash % share->program_count];
}

const struct share_result *share_find_program(struct share *share, const struct config *config,
                                              const struct program *program) {
	struct config key;
	uint64_t times[8];
	program_key(config, &key, times);
	const struct program_entry *entry = program_place(share, &key, times, program);
	if (!entry->commands || entry->command_count != program->command_count ||
	    entry->frame_start != program->frame_start || entry->layer_count != program->layer_count ||
	    memcmp(&entry->key, &key, sizeof key) || memcmp(entry->times, times, sizeof entry->times) ||
	    memcmp(entry->commands, program->commands, commands_bytes(program)))
		return NULL;
	return &entry->result;
}

static void program_clear_place(struct share *share, size_t place) {
	struct program_entry *entry = &share->programs[place % share->program_count];
	share->program_bytes -= entry->commands ? entry->command_count * sizeof *entry->commands : 0;
	free(entry->commands);
	result_clear(&entry->result);
	memset(entry, 0, sizeof *entry);
}

void share_keep_program(struct share *share, const struct config *config, const struct program *program,
                        const struct share_result *result) {
	struct config key;
	uint64_t times[8];
	size_t bytes = commands_bytes(program);
	program_key(config, &key, times);
	struct program_entry *entry = program_place(share, &key, times, program);
	if (result == &entry->result) return;
	program_clear_place(share, (size_t)(entry - share->programs));
	if (!bytes || bytes > share->program_budget) return;
	while (share->program_bytes + bytes > share->program_budget) program_clear_place(share, share->next_cleared++);
	struct command *commands = malloc(bytes);
	if (!commands || !results_copy(&entry->result, result)) {
		free(commands);
		return;
	}
	memcpy(commands, program->commands, bytes);
	entry->commands = commands;
	entry->key = key;
	memcpy(entry->times, times, sizeof entry->times);
	entry->command_count = program->command_count;
	entry->frame_start = program->frame_start;
	entry->layer_count = program->layer_count;
	share->program_bytes += bytes;
}

static struct map_entry *map_place(struct share *share, const struct config *key, uint64_t network) {
	return &share->maps[hash_bytes(network, key, sizeof *key) % share->map_count];
}

const struct program *share_find_map(struct share *share, const struct config *config, uint64_t network) {
	struct config key;
	map_key(config, &key);
	const struct map_entry *entry = map_place(share, &key, network);
	if (!entry->program.commands || entry->network != network || memcmp(&entry->key, &key, sizeof key)) return NULL;
	return &entry->program;
}

static void map_clear_place(struct share *share, size_t place) {
	struct map_entry *entry = &share->maps[place % share->map_count];
	share->map_bytes -= entry->bytes;
	program_clear(&entry->program);
	entry->bytes = 0;
}

const struct program *share_keep_map(struct share *share, const struct config *config, uint64_t network,
                                     struct program *program) {
	struct config key;
	size_t bytes = commands_bytes(program) + program->segment_count * sizeof *program->segments;
	if (!program->commands || bytes > share->map_budget) return NULL;
	map_key(config, &key);
	struct map_entry *entry = map_place(share, &key, network);
	map_clear_place(share, (size_t)(entry - share->maps));
	while (share->map_bytes + bytes > share->map_budget) map_clear_place(share, share->next_map_cleared++);
	*entry = (struct map_entry){.key = key, .network = network, .bytes = bytes, .program = *program};
	share->map_bytes += bytes;
	*program = (struct program){0};
	return &entry->program;
}

/* struct layer_counters is uint64_t throughout. */
void share_sum_layers(struct machine_result *result) {
	enum { WORDS = sizeof(struct layer_counters) / sizeof(uint64_t) };
	_Static_assert(sizeof(struct layer_counters) % sizeof(uint64_t) == 0, "counters are 64-bit words");
	uint64_t *sums = (uint64_t *)result->layers;
	for (uint32_t l = 1; l < result->layer_count; l++) {
		const uint64_t *words = (const uint64_t *)&result->layers[l];
		for (int w = 0; w < WORDS; w++) sums[w] += words[w];
	}
	if (result->layer_count) result->layer_count = 1;
}
