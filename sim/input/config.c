/* See config.h: what follows from a configuration (cycles, word sizes) and the rules between its parameters.
 *
 * Word sizes are those of sim/machine/PROGRAM.md section 1. The rules are the ones the address arithmetic of PROGRAM.md
 * needs: powers of two where addresses are cut into fields, lanes that divide the words they work on, bursts that never
 * leave an open row. Left out: what depends on the network (does it fit, are the widths enough) is the mapper's. */
#include "sim/input/config.h"

#include <string.h>

#include "sim/base/text.h"

uint64_t config_cycles_up(const struct config *config, uint32_t ps) {
	return ((uint64_t)ps * config->clock_khz + 999999999) / 1000000000;
}

uint64_t config_cycles_down(const struct config *config, uint32_t ps) {
	return (uint64_t)ps * config->clock_khz / 1000000000;
}

uint64_t config_beat_cycles(const struct config *config) {
	uint64_t bytes_kilohertz = (uint64_t)config->dma_axi_bytes * config->clock_khz;
	uint64_t peak_kilobytes = (uint64_t)config->dram_peak_megabytes_per_s * 1000;
	uint64_t cycles = peak_kilobytes ? (bytes_kilohertz + peak_kilobytes - 1) / peak_kilobytes : 1;
	return cycles > 0 ? cycles : 1;
}

static uint32_t power_of_two_up(uint32_t value) {
	uint32_t power = 1;
	while (power < value) power *= 2;
	return power;
}

static int is_power_of_two(uint32_t value) {
	return value != 0 && (value & (value - 1)) == 0;
}

/* Bytes of one value of `bits`; auto (0) counts as the widest. */
static uint32_t value_bytes(uint32_t bits) {
	return bits != 0 && bits <= 8 ? 1 : 2;
}

uint32_t config_word_bytes(const struct config *config, enum buffer_id buffer) {
	uint32_t pes = config->binary_pes, words = config->binary_words;
	switch (buffer) {
	case BUFFER_BIT_ACTIVATIONS: return power_of_two_up(8 * words);
	case BUFFER_FIXED_ACTIVATIONS: return config->fixed_rows * value_bytes(config->fixed_activation_bits);
	case BUFFER_BIT_WEIGHTS: return power_of_two_up(8 * pes * words);
	case BUFFER_FIXED_WEIGHTS:
		return config->fixed_rows * config->fixed_columns * value_bytes(config->fixed_weight_bits);
	case BUFFER_PARAMETERS: return 16 * config->post_lanes;
	case BUFFER_BORDER: return 2 * pes;
	case BUFFER_ACCUMULATORS: return power_of_two_up((pes * config->binary_accumulator_bits + 7) / 8);
	case BUFFER_SKIP_SUMS: return power_of_two_up((config->fixed_columns * config->fixed_accumulator_bits + 7) / 8);
	case BUFFER_OUTPUT: return 4 * config->post_lanes;
	case BUFFER_COUNT: break;
	}
	return 0;
}

uint32_t config_word_bits(const struct config *config, enum buffer_id buffer) {
	uint32_t activation_bits = config->fixed_activation_bits ? config->fixed_activation_bits : 16;
	uint32_t weight_bits = config->fixed_weight_bits ? config->fixed_weight_bits : 16;
	switch (buffer) {
	case BUFFER_BIT_ACTIVATIONS: return 48 * config->binary_words;
	case BUFFER_FIXED_ACTIVATIONS: return config->fixed_rows * activation_bits;
	case BUFFER_BIT_WEIGHTS: return 48 * config->binary_pes * config->binary_words;
	case BUFFER_FIXED_WEIGHTS: return config->fixed_rows * config->fixed_columns * weight_bits;
	case BUFFER_PARAMETERS: return 128 * config->post_lanes;
	case BUFFER_BORDER: return 16 * config->binary_pes;
	case BUFFER_ACCUMULATORS: return config->binary_pes * config->binary_accumulator_bits;
	case BUFFER_SKIP_SUMS: return config->fixed_columns * config->fixed_accumulator_bits;
	case BUFFER_OUTPUT: return 32 * config->post_lanes;
	case BUFFER_COUNT: break;
	}
	return 0;
}

/* Rules for one value alone: a list of values, or a power of two where `list` is NULL. */
static const struct value_rule {
	size_t offset;
	const char *name, *list;
} value_rules[] = {
    {offsetof(struct config, sequencer_fetch_cycles), "[sequencer] fetch_cycles", NULL},
    {offsetof(struct config, dma_axi_bytes), "[dma] axi_bytes", NULL},
    {offsetof(struct config, dram_bank_groups), "[dram] bank_groups", NULL},
    {offsetof(struct config, dram_banks_per_group), "[dram] banks_per_group", NULL},
    {offsetof(struct config, dram_row_bytes), "[dram] row_bytes", NULL},
    {offsetof(struct config, binary_pes), "[binary_engine] pes", NULL},
    {offsetof(struct config, binary_words), "[binary_engine] words", "1|2|3|4|6|12"},
    {offsetof(struct config, binary_accumulator_bits), "[binary_engine] accumulator_bits", "16|24"},
    {offsetof(struct config, fixed_rows), "[fixed_engine] rows", NULL},
    {offsetof(struct config, fixed_columns), "[fixed_engine] columns", NULL},
    {offsetof(struct config, fixed_accumulator_bits), "[fixed_engine] accumulator_bits", "32|48"},
    {offsetof(struct config, post_lanes), "[post_unit] lanes", NULL},
};

static enum status check_values(const struct config *config, const char *path, struct error *error) {
	for (size_t i = 0; i < sizeof value_rules / sizeof value_rules[0]; i++) {
		const struct value_rule *rule = &value_rules[i];
		uint32_t value = *(const uint32_t *)(const void *)((const char *)config + rule->offset);
		char text[16];
		snprintf(text, sizeof text, "%u", value);
		if (rule->list ? text_word_index(rule->list, text) >= 0 : is_power_of_two(value)) continue;
		char list[64] = "a power of two";
		if (rule->list) text_word_list(rule->list, list, sizeof list);
		return error_set(error, STATUS_INPUT, "%s: %s: %u is wrong; expected %s%s", path, rule->name, value,
		                 rule->list ? "one of " : "", list);
	}
	return STATUS_OK;
}

/* The lanes must divide a word of bit_activations too, 48 x words bits: at most 16, a power of two, they always do. */
static enum status check_engines(const struct config *config, const char *path, struct error *error) {
	const struct {
		const char *name;
		uint32_t value;
	} divided[] = {{"[binary_engine] pes", config->binary_pes},
	               {"[fixed_engine] rows", config->fixed_rows},
	               {"[fixed_engine] columns", config->fixed_columns}};
	for (size_t i = 0; i < sizeof divided / sizeof divided[0]; i++)
		if (divided[i].value % config->post_lanes != 0)
			return error_set(error, STATUS_INPUT,
			                 "%s: [post_unit] lanes: %u does not divide %s, which is %u", path,
			                 config->post_lanes, divided[i].name, divided[i].value);
	if (config->binary_packing == PACKING_WINDOW && config->binary_window_bits < 48 * config->binary_words)
		return error_set(
		    error, STATUS_INPUT,
		    "%s: [binary_engine] window_bits: %u is less than the lanes read at once, 48 x words = %u", path,
		    config->binary_window_bits, 48 * config->binary_words);
	if (config->binary_packing != PACKING_WINDOW && config->binary_window_reads != 1)
		return error_set(error, STATUS_INPUT,
		                 "%s: [binary_engine] window_reads: %u needs packing = window; expected 1", path,
		                 config->binary_window_reads);
	if (config->compile_map_fraction_bits && config->compile_map_fraction_bits >= config->compile_map_bits)
		return error_set(error, STATUS_INPUT,
		                 "%s: [compile] map_fraction_bits: %u is not less than map_bits, which is %u", path,
		                 config->compile_map_fraction_bits, config->compile_map_bits);
	return STATUS_OK;
}

static enum status check_memory(const struct config *config, const char *path, struct error *error) {
	uint64_t burst_bytes = (uint64_t)config->dma_burst_beats * config->dma_axi_bytes;
	if (burst_bytes > 4096)
		return error_set(error, STATUS_INPUT,
		                 "%s: [dma] burst_beats: %u beats of %u bytes are %llu bytes; at most 4096 are allowed",
		                 path, config->dma_burst_beats, config->dma_axi_bytes, (unsigned long long)burst_bytes);
	if (config->dram_kind != DRAM_DDR4) return STATUS_OK;
	if ((uint64_t)config->dram_bank_groups * config->dram_row_bytes < 4096)
		return error_set(
		    error, STATUS_INPUT,
		    "%s: [dram] row_bytes: bank_groups x row_bytes is %u, less than 4096 bytes, the longest burst",
		    path, config->dram_bank_groups * config->dram_row_bytes);
	uint64_t refresh_cycles =
	    config_cycles_up(config, config->dram_trp_ps) + config_cycles_up(config, config->dram_trfc_ps);
	uint64_t interval_cycles = config_cycles_down(config, config->dram_trefi_ps);
	if (config->dram_trefi_ps != 0 && interval_cycles <= refresh_cycles + 1)
		return error_set(
		    error, STATUS_INPUT,
		    "%s: [dram] trefi_ns: %llu cycles are not more than a refresh takes, trp_ns + trfc_ns = %llu", path,
		    (unsigned long long)interval_cycles, (unsigned long long)refresh_cycles);
	return STATUS_OK;
}

static enum status check_buffer(const struct config *config, enum buffer_id id, const char *path, struct error *error) {
	const struct config_buffer *buffer = &config->buffer[id];
	const char *name = config_buffer_names[id];
	uint32_t halves = buffer->ping_pong ? 2 : 1;
	if (!is_power_of_two(buffer->banks))
		return error_set(error, STATUS_INPUT, "%s: [buffer.%s] banks: %u is wrong; expected a power of two",
		                 path, name, buffer->banks);
	if ((id == BUFFER_ACCUMULATORS || id == BUFFER_SKIP_SUMS) && buffer->banks != 1)
		return error_set(error, STATUS_INPUT,
		                 "%s: [buffer.%s] banks: %u; expected 1, the DMA never reaches this buffer", path, name,
		                 buffer->banks);
	if (buffer->depth_words % (buffer->banks * halves) != 0)
		return error_set(
		    error, STATUS_INPUT, "%s: [buffer.%s] depth_words: %u is not a multiple of banks%s, which is %u",
		    path, name, buffer->depth_words, buffer->ping_pong ? " x 2 halves" : "", buffer->banks * halves);
	return STATUS_OK;
}

static enum status check_streaming(const struct config *config, const char *path, struct error *error) {
	if (config->streaming_dma_word_bits % 8 == 0) return STATUS_OK;
	return error_set(error, STATUS_INPUT,
	                 "%s: [streaming] dma_word_bits: %u is wrong; expected a multiple of 8, whole bytes of memory",
	                 path, config->streaming_dma_word_bits);
}

/* file names without folders: device and technology */
static enum status check_name(const char *name, const char *key, const char *path, struct error *error) {
	if (name[0] != '.' && strchr(name, '/') == NULL) return STATUS_OK;
	return error_set(error, STATUS_INPUT,
	                 "%s: [machine] %s: '%s' is not a plain name; expected a file's name without folder and .ini",
	                 path, key, name);
}

enum status config_check(const struct config *config, const char *path, struct error *error) {
	enum status status = check_values(config, path, error);
	if (status == STATUS_OK) status = check_engines(config, path, error);
	if (status == STATUS_OK) status = check_memory(config, path, error);
	for (int id = 0; id < BUFFER_COUNT && status == STATUS_OK; id++)
		status = check_buffer(config, (enum buffer_id)id, path, error);
	if (status == STATUS_OK) status = check_streaming(config, path, error);
	if (status == STATUS_OK) status = check_name(config->device, "device", path, error);
	if (status == STATUS_OK) status = check_name(config->technology, "technology", path, error);
	return status;
}

static int starts_section(size_t index) {
	return index == 0 || strcmp(config_parameters[index].section, config_parameters[index - 1].section) != 0;
}

void config_print(const struct config *config, FILE *out) {
	for (size_t i = 0; i < config_parameter_count; i++) {
		const struct config_parameter *parameter = &config_parameters[i];
		const char *quote = parameter->type == CONFIG_TEXT ? "\"" : "";
		char value[CONFIG_TEXT_BYTES];
		config_value_text(config, parameter, value, sizeof value);
		if (starts_section(i)) fprintf(out, "%s[%s]\n", i == 0 ? "" : "\n", parameter->section);
		fprintf(out, "%s = %s%s%s\n", parameter->key, quote, value, quote);
	}
}

uint32_t config_dma_banks(const struct config *config, enum buffer_id buffer) {
	uint32_t beat_words = config->dma_axi_bytes / config_word_bytes(config, buffer);
	if (!beat_words) return 1;
	return config->buffer[buffer].banks < beat_words ? config->buffer[buffer].banks : beat_words;
}
