/* See case_file.h. */
#include "tests/equal/case_file.h"

#include <stdlib.h>

static void key(FILE *out, const char *name, uint64_t value) {
	fprintf(out, " %s=%llu", name, (unsigned long long)value);
}

void case_machine_write(FILE *out, const struct config *config) {
	fprintf(out, "machine");
	key(out, "P", config->binary_pes);
	key(out, "W", config->binary_words);
	key(out, "R", config->fixed_rows);
	key(out, "Q", config->fixed_columns);
	key(out, "L", config->post_lanes);
	key(out, "X", config->dma_axi_bytes);
	key(out, "S", config->dma_outstanding);
	key(out, "QD", config->sequencer_queue_depth);
	key(out, "channels", config->dram_channels);
	key(out, "packing", config->binary_packing);
	key(out, "fabric", config->binary_fabric);
	key(out, "popcount", config->binary_popcount);
	key(out, "acc_bits", config->binary_accumulator_bits);
	key(out, "sum_bits", config->fixed_accumulator_bits);
	key(out, "weight_bits", config->fixed_weight_bits);
	key(out, "activation_bits", config->fixed_activation_bits);
	key(out, "window_bits", config->binary_window_bits);
	key(out, "window_reads", config->binary_window_reads);
	for (int i = 0; i < BUFFER_COUNT; i++)
		fprintf(out, " depth%d=%u banks%d=%u", i, config->buffer[i].depth_words, i, config->buffer[i].banks);
	fprintf(out, "\n");
}

static void write_memory(FILE *out, const struct config *config) {
	static const char *const kinds[] = {"ddr4", "fixed", "unlimited"};
	uint64_t beat_cycles = 1;
	if (config->dram_kind == DRAM_DDR4) beat_cycles = config_beat_cycles(config);
	if (config->dram_kind == DRAM_FIXED)
		beat_cycles = (config->dma_axi_bytes + config->dram_fixed_bytes_per_cycle - 1) /
		              config->dram_fixed_bytes_per_cycle;
	fprintf(out, "machine kind=%s", kinds[config->dram_kind]);
	key(out, "BB", config->dma_burst_beats);
	key(out, "F", config->sequencer_fetch_cycles);
	for (int i = 0; i < BUFFER_COUNT; i++) fprintf(out, " ports%d=%u", i, config->buffer[i].ports);
	key(out, "controller_cycles", config->dram_controller_cycles);
	key(out, "fixed_latency", config->dram_fixed_latency_cycles);
	key(out, "fixed_bytes", config->dram_fixed_bytes_per_cycle);
	key(out, "beat_cycles", beat_cycles);
	key(out, "trcd", config_cycles_up(config, config->dram_trcd_ps));
	key(out, "trp", config_cycles_up(config, config->dram_trp_ps));
	key(out, "cl", config_cycles_up(config, config->dram_cl_ps));
	key(out, "tras", config_cycles_up(config, config->dram_tras_ps));
	key(out, "trfc", config_cycles_up(config, config->dram_trfc_ps));
	key(out, "trefi", config_cycles_down(config, config->dram_trefi_ps));
	key(out, "bank_groups", config->dram_bank_groups);
	key(out, "banks_per_group", config->dram_banks_per_group);
	key(out, "row_bytes", config->dram_row_bytes);
	key(out, "frames", config->frames);
	fprintf(out, "\n");
}

static void write_hex(FILE *out, const uint8_t *data, size_t bytes) {
	for (size_t i = 0; i < bytes; i++) fprintf(out, "%02x", data[i]);
	fprintf(out, "\n");
}

/* One `ddr` or `dump` line from the executor's memory. */
static void write_region(FILE *out, const char *word, const struct executor *executor, uint32_t channel,
                         uint32_t address, uint32_t bytes) {
	uint8_t *data = malloc(bytes ? bytes : 1);
	struct error error;
	if (!data || executor_read_ddr(executor, channel, address, data, bytes, &error)) {
		fprintf(out, "%s %u %u unreadable\n", word, channel, address);
	} else {
		fprintf(out, "%s %u %u ", word, channel, address);
		write_hex(out, data, bytes);
	}
	free(data);
}

uint32_t case_scores_bytes(const struct config *config, const struct program *program) {
	(void)config;
	return program->scores.pixel_words * program->scores.word_bytes;
}

void case_write(FILE *out, const struct config *config, const struct program *program, struct executor *before) {
	case_machine_write(out, config);
	write_memory(out, config);
	for (uint32_t i = 0; i < program->command_count; i++) {
		uint32_t words[COMMAND_WORDS];
		command_encode(&program->commands[i], words);
		fprintf(out, "command");
		for (int w = 0; w < COMMAND_WORDS; w++) fprintf(out, " %x", words[w]);
		fprintf(out, "\n");
	}
	for (uint32_t i = 0; i < program->segment_count; i++) {
		const struct program_segment *segment = &program->segments[i];
		fprintf(out, "ddr %u %u ", segment->channel, segment->address);
		write_hex(out, segment->data, segment->bytes);
	}
	const struct program_map *input = &program->input;
	for (uint32_t y = 0; y < input->rows; y++)
		write_region(out, "ddr", before, input->channel, input->address + y * input->pitch_bytes,
		             input->row_pixels * input->pixel_words * input->word_bytes);
	fprintf(out, "dump %u %u %u\nend\n", program->scores.channel, program->scores.address,
	        case_scores_bytes(config, program));
}

void case_result_write(FILE *out, uint32_t number, const struct config *config, const struct program *program,
                       const struct machine_result *result, const struct executor *after) {
	static const char *const names[ATTRIBUTION_ROWS] = {"binary", "fixed", "post", "load", "store", "sequencer"};
	static const int order[ATTRIBUTION_ROWS] = {
	    ATTRIBUTION_SEQUENCER, UNIT_BINARY, UNIT_FIXED, UNIT_POST, UNIT_LOAD, UNIT_STORE};
	fprintf(out, "case %u\ntotal_cycles %llu\n", number, (unsigned long long)result->total_cycles);
	for (uint64_t k = 0; k < result->frame_count; k++)
		fprintf(out, "frame %llu %llu\n", (unsigned long long)k,
		        (unsigned long long)result->frame_end_cycle[k]);
	for (int row = 0; row < ATTRIBUTION_ROWS; row++)
		for (uint32_t layer = 0; layer < result->layer_count; layer++)
			for (int state = 0; state < STATE_COUNT; state++) {
				uint64_t cycles = result->layers[layer].cycles[order[row]][state];
				if (cycles)
					fprintf(out, "attribution %s %u %s %llu\n", names[order[row]], layer,
					        unit_state_names[state], (unsigned long long)cycles);
			}
	if (after)
		write_region(out, "dump", after, program->scores.channel, program->scores.address,
		             case_scores_bytes(config, program));
	fprintf(out, "end\n");
}
