/* See coverage.h. Taken from the program and the result wherever these show it, from the network where they do not. */
#include "tests/equal/coverage.h"

#include <string.h>

static const struct {
	const char *name;
	uint32_t least_percent;
} features[COVERAGE_FEATURES] = {
    [COVERAGE_PORT_WAITS] = {"port_waits", 10},
    [COVERAGE_BLOCKED] = {"blocked_cycles", 10},
    [COVERAGE_REFRESH] = {"refresh_hit", 10},
    [COVERAGE_ROW_CONFLICT] = {"row_conflict", 10},
    [COVERAGE_TRAS] = {"tras_wait", 2},
    [COVERAGE_SPILLED] = {"spilled_maps", 10},
    [COVERAGE_MASKED] = {"masked_borders", 10},
    [COVERAGE_PARTIAL_BAND] = {"partial_last_band", 10},
    [COVERAGE_PARTIAL_CHANNELS] = {"partial_channel_group", 10},
    [COVERAGE_NEGATIVE_GAMMA] = {"negative_gamma", 10},
    [COVERAGE_SKIP] = {"skip_convolution", 10},
    [COVERAGE_AVERAGE2] = {"average_of_2x2", 2},
    [COVERAGE_TAP_SHARED] = {"tap_shared", 5},
    [COVERAGE_WINDOW_PACKED] = {"window_packed", 5},
    [COVERAGE_WINDOW_READS] = {"window_reads", 5},
    [COVERAGE_WINDOW_TAIL] = {"window_reads_tail", 2},
    [COVERAGE_WINDOW_GAPS] = {"window_gaps", 1},
    [COVERAGE_VARIED_BITS] = {"varied_bits", 20},
    [COVERAGE_POOL] = {"pooling", 10},
    [COVERAGE_TRANSPOSE] = {"transposed_maps", 10},
    [COVERAGE_PAD_SIGN] = {"signed_borders", 5},
    [COVERAGE_WEIGHTS_RELOADED] = {"weights_reloaded", 10},
    [COVERAGE_SEPARATE_POST] = {"separate_post", 10},
    [COVERAGE_FRAMES] = {"several_frames", 10},
};

static int has_blocked(const struct machine_result *result) {
	for (uint32_t layer = 0; layer < result->layer_count; layer++)
		for (int unit = 0; unit < UNIT_COUNT; unit++)
			if (result->layers[layer].cycles[unit][STATE_BLOCKED]) return 1;
	return 0;
}

static int has_port_waits(const struct machine_result *result) {
	for (int unit = 0; unit < UNIT_COUNT; unit++)
		if (result->port_wait_cycles[unit]) return 1;
	return 0;
}

static int cycles_differ(const struct machine_result *a, const struct machine_result *b) {
	if (a->total_cycles != b->total_cycles) return 1;
	for (uint32_t layer = 0; layer < a->layer_count; layer++)
		if (memcmp(a->layers[layer].cycles, b->layers[layer].cycles, sizeof a->layers[layer].cycles)) return 1;
	return 0;
}

static int has_negative_gamma(const struct trace *trace, const struct trace_layer *layer) {
	const struct trace_tensor *tensor = &trace->tensors[layer->parameter_tensor];
	const int32_t *row = tensor->data;
	for (uint32_t o = 0; row && o < tensor->rows; o++, row += tensor->columns)
		if (layer->post == TRACE_POST_THRESHOLD ? row[0] == 1 : row[0] < 0) return 1;
	return 0;
}

/* Of a bits map: half of the channels or more are +1 in some pixels and -1 in others. */
static int has_varied_bits(const struct values_network *network, const struct trace *trace, uint32_t index) {
	const struct trace_map *map = &trace->maps[index];
	const uint64_t *bits = values_network_bits_map(network, index);
	const uint32_t words = values_words_per_pixel(map->channels);
	uint32_t varied = 0;
	for (uint32_t c = 0; bits && c < map->channels; c++)
		for (uint32_t pixel = 1; pixel < map->height * map->width; pixel++)
			if ((bits[pixel * words + c / 64] ^ bits[c / 64]) >> c % 64 & 1) {
				varied++;
				break;
			}
	return 2 * varied >= map->channels;
}

static void see_layer(uint8_t *seen, const struct config *config, const struct trace *trace,
                      const struct trace_layer *layer, const struct mapping_layer *mapped) {
	const int is_binary = layer->main.kind == TRACE_CONV_BINARY;
	const uint32_t lanes = is_binary ? config->binary_pes : config->fixed_columns;
	if (is_binary && layer->main.pad)
		seen[layer->main.pad_value == TRACE_PAD_MASKED ? COVERAGE_MASKED : COVERAGE_PAD_SIGN] = 1;
	if (mapped->output_spilled && layer->fixed_map != trace->scores_map) seen[COVERAGE_SPILLED] = 1;
	if (mapped->band_rows && layer->sums_height > mapped->band_rows && layer->sums_height % mapped->band_rows)
		seen[COVERAGE_PARTIAL_BAND] = 1;
	if (layer->output_channels % lanes) seen[COVERAGE_PARTIAL_CHANNELS] = 1;
	if (has_negative_gamma(trace, layer)) seen[COVERAGE_NEGATIVE_GAMMA] = 1;
	if (layer->pool == TRACE_POOL_MAX2) seen[COVERAGE_POOL] = 1;
	if (layer->transpose) seen[COVERAGE_TRANSPOSE] = 1;
	if (mapped->weights != RESIDENCY_RESIDENT) seen[COVERAGE_WEIGHTS_RELOADED] = 1;
}

static void see_command(uint8_t *seen, const struct config *config, const struct command *command) {
	if (command->opcode == OPCODE_BINARY_CONV && command->flags & CONV_WINDOW_PACKED) {
		const uint32_t words = command->f.conv.kernel * command->f.conv.input_words;
		seen[COVERAGE_WINDOW_PACKED] = 1;
		if (config->binary_window_reads > 1 && words > 1) seen[COVERAGE_WINDOW_READS] = 1;
		if (seen[COVERAGE_WINDOW_READS] && words % config->binary_window_reads) seen[COVERAGE_WINDOW_TAIL] = 1;
		if (command->f.conv.stride > command->f.conv.kernel && command->f.conv.output_width > 1)
			seen[COVERAGE_WINDOW_GAPS] = 1;
	}
	if (command->opcode == OPCODE_FIXED_CONV && command->flags & CONV_AVERAGE2) seen[COVERAGE_AVERAGE2] = 1;
	if (command->opcode == OPCODE_FIXED_CONV && command->flags & CONV_TAP_SHARED) seen[COVERAGE_TAP_SHARED] = 1;
	if (command->opcode == OPCODE_POST && command->flags & POST_USE_B) seen[COVERAGE_SKIP] = 1;
}

void coverage_add(struct coverage *coverage, const struct config *config, const struct trace *trace,
                  const struct program *program, const struct mapping *mapping, const struct values_network *network,
                  const struct machine_result *result, const struct machine_result *without_refresh,
                  const struct machine_result *without_tras) {
	uint8_t seen[COVERAGE_FEATURES] = {0};
	seen[COVERAGE_PORT_WAITS] = has_port_waits(result) != 0;
	seen[COVERAGE_BLOCKED] = has_blocked(result) != 0;
	seen[COVERAGE_REFRESH] = cycles_differ(result, without_refresh) != 0;
	seen[COVERAGE_TRAS] = cycles_differ(result, without_tras) != 0;
	for (uint32_t c = 0; c < config->dram_channels; c++)
		if (result->channels[c].row_conflicts) seen[COVERAGE_ROW_CONFLICT] = 1;
	seen[COVERAGE_SEPARATE_POST] = config->post_mode == POST_SEPARATE;
	seen[COVERAGE_FRAMES] = config->frames > 1;
	for (uint32_t i = 0; i < trace->layer_count; i++)
		see_layer(seen, config, trace, &trace->layers[i], &mapping->layers[i]);
	for (uint32_t i = 0; i < trace->layer_count; i++) {
		const struct trace_conv *conv = &trace->layers[i].main;
		if (conv->kind == TRACE_CONV_BINARY && conv->input_map != trace->input_map &&
		    has_varied_bits(network, trace, conv->input_map))
			seen[COVERAGE_VARIED_BITS] = 1;
	}
	for (uint32_t i = 0; i < program->command_count; i++) see_command(seen, config, &program->commands[i]);
	coverage->cases++;
	for (int i = 0; i < COVERAGE_FEATURES; i++) coverage->with[i] += seen[i];
}

void coverage_print(const struct coverage *coverage, FILE *out) {
	for (int i = 0; i < COVERAGE_FEATURES; i++)
		fprintf(out, "feature %s %u %u %u\n", features[i].name, coverage->with[i], coverage->cases,
		        features[i].least_percent);
}
