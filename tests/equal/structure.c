/* See structure.h. Depths are small, so that maps spill and weights are loaded by the layer or by the block. */
#include "tests/equal/structure.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/equal/random.h"

/* pes, words, rows, columns, lanes, axi_bytes, outstanding, queue_depth, channels; packing, fabric, popcount; weight,
 * activation, accumulator, sum and window bits, window reads; depths and banks in the order of enum buffer_id. */
/* clang-format off */
const struct structure structures[] = {
    {"fused4", 4, 1, 4, 4, 4, 8, 4, 4, 2, PACKING_CHANNEL, FABRIC_FUSED, POPCOUNT_LUT, 8, 8, 16, 32, 576, 1,
     {512, 1024, 512, 1024, 64, 256, 256, 256, 64}, {1, 2, 1, 1, 1, 1, 1, 1, 1}},
    {"window8", 8, 2, 8, 4, 4, 16, 3, 2, 1, PACKING_WINDOW, FABRIC_DSP, POPCOUNT_DSP, 8, 16, 16, 32, 1024, 2,
     {512, 512, 256, 1024, 64, 128, 256, 512, 64}, {1, 1, 1, 1, 1, 1, 1, 1, 1}},
    {"lut4", 4, 1, 8, 8, 4, 32, 2, 3, 3, PACKING_CHANNEL, FABRIC_LUT, POPCOUNT_LUT, 8, 16, 16, 32, 576, 1,
     {96, 128, 256, 256, 32, 128, 128, 64, 64}, {2, 2, 1, 1, 1, 2, 1, 1, 1}},
    {"window4", 4, 1, 4, 4, 2, 64, 8, 6, 4, PACKING_WINDOW, FABRIC_FUSED, POPCOUNT_LUT, 4, 8, 16, 32, 1024, 4,
     {256, 512, 512, 1024, 128, 256, 256, 256, 128}, {4, 8, 1, 2, 2, 4, 1, 1, 4}},
    /* configs/u250.ini with its widths resolved for NeuroBlend-20. */
    {"u250", 16, 1, 16, 16, 16, 64, 4, 8, 4, PACKING_WINDOW, FABRIC_DSP, POPCOUNT_LUT, 8, 16, 16, 32, 576, 1,
     {4096, 4096, 512, 512, 512, 512, 512, 512, 512}, {1, 2, 1, 1, 1, 2, 1, 1, 1}},
    {"wide16", 16, 3, 8, 16, 8, 128, 16, 16, 2, PACKING_CHANNEL, FABRIC_DSP, POPCOUNT_DSP, 8, 16, 24, 48, 576, 1,
     {2048, 4096, 1024, 1024, 256, 256, 512, 512, 256}, {4, 8, 1, 1, 1, 4, 1, 1, 4}},
    {"windowlut8", 8, 1, 8, 8, 8, 64, 6, 5, 1, PACKING_WINDOW, FABRIC_LUT, POPCOUNT_LUT, 16, 16, 24, 48, 768, 3,
     {2048, 4096, 1024, 1024, 256, 512, 256, 256, 256}, {8, 4, 1, 1, 1, 4, 1, 1, 2}},
    {"tiny2", 2, 6, 2, 2, 1, 16, 1, 1, 1, PACKING_CHANNEL, FABRIC_FUSED, POPCOUNT_DSP, 2, 12, 16, 48, 576, 1,
     {192, 512, 128, 1024, 96, 384, 128, 192, 48}, {1, 4, 1, 2, 1, 4, 1, 1, 4}},
};
/* clang-format on */
const uint32_t structure_count = sizeof structures / sizeof structures[0];

static uint32_t least(uint32_t a, uint32_t b) {
	return a < b ? a : b;
}

/* Lanes of all engines together are bounded, so that a build stays within a minute or two. */
static void random_lanes(struct random_source *random, struct structure *structure) {
	static const uint32_t word_counts[] = {1, 2, 3, 4, 6, 12};
	structure->pes = random_power(random, 0, 5);
	do structure->words = word_counts[random_below(random, 6)];
	while (structure->pes * structure->words > 64);
	structure->rows = random_power(random, 0, 4);
	do structure->columns = random_power(random, 0, 5);
	while (structure->rows * structure->columns > 128);
	structure->lanes = random_power(random, 0, 4);
	while (structure->lanes > least(structure->pes, least(structure->rows, structure->columns)))
		structure->lanes /= 2;
	structure->packing = random_below(random, 2);
	structure->fabric = random_below(random, 3);
	structure->popcount = random_below(random, 2);
	structure->weight_bits = random_between(random, 2, 16);
	structure->activation_bits = random_between(random, random_chance(random, 70) ? 8 : 3, 16);
	structure->accumulator_bits = random_chance(random, 50) ? 16 : 24;
	structure->sum_bits = random_chance(random, 50) ? 32 : 48;
	structure->window_bits = 48 * structure->words + random_below(random, 1200);
	/* without a draw of its own, which would change all that follow */
	structure->window_reads = structure->packing == PACKING_WINDOW ? 1 + structure->window_bits % 4 : 1;
}

static void random_structure(struct random_source *random, struct structure *structure) {
	/* Least depths at which most networks still map; the words of a map grow as the engine gets narrower. */
	static const uint32_t depths[BUFFER_COUNT] = {256, 512, 256, 512, 64, 256, 128, 128, 64};
	random_lanes(random, structure);
	structure->axi_bytes = random_power(random, 3, 7);
	structure->outstanding = random_between(random, 1, 16);
	structure->queue_depth = random_between(random, 1, 16);
	structure->channels = random_between(random, 1, CONFIG_CHANNELS_MAX);
	for (int i = 0; i < BUFFER_COUNT; i++) {
		structure->depth_words[i] = depths[i] * random_between(random, 1, 8);
		structure->banks[i] = 1;
	}
	struct config config;
	structure_config(structure, &config);
	for (int i = 0; i < BUFFER_COUNT; i++) {
		if (i == BUFFER_ACCUMULATORS || i == BUFFER_SKIP_SUMS) continue;
		uint32_t banks = random_power(random, 0, 4);
		while (banks > 1 && banks * config_word_bytes(&config, (enum buffer_id)i) > structure->axi_bytes)
			banks /= 2;
		structure->banks[i] = banks;
	}
}

int structure_named(struct structure *structure, const char *name) {
	for (uint32_t i = 0; i < structure_count; i++) {
		if (strcmp(structures[i].name, name) != 0) continue;
		*structure = structures[i];
		return 1;
	}
	if (strncmp(name, "random-", 7) != 0) return 0;
	struct random_source random = {strtoull(name + 7, NULL, 10) * 7919u + 17};
	memset(structure, 0, sizeof *structure);
	snprintf(structure->name, sizeof structure->name, "%s", name);
	random_structure(&random, structure);
	return 1;
}

void structure_config(const struct structure *structure, struct config *config) {
	config_defaults(config);
	config->binary_pes = structure->pes;
	config->binary_words = structure->words;
	config->binary_packing = structure->packing;
	config->binary_fabric = structure->fabric;
	config->binary_popcount = structure->popcount;
	config->binary_accumulator_bits = structure->accumulator_bits;
	config->binary_window_bits = structure->window_bits;
	config->binary_window_reads = structure->window_reads;
	config->fixed_rows = structure->rows;
	config->fixed_columns = structure->columns;
	config->fixed_weight_bits = structure->weight_bits;
	config->fixed_activation_bits = structure->activation_bits;
	config->fixed_accumulator_bits = structure->sum_bits;
	config->post_lanes = structure->lanes;
	config->dma_axi_bytes = structure->axi_bytes;
	config->dma_burst_beats = least(64, 4096 / structure->axi_bytes);
	config->dma_outstanding = structure->outstanding;
	config->sequencer_queue_depth = structure->queue_depth;
	config->sequencer_program_commands = 4096;
	config->dram_channels = structure->channels;
	for (int i = 0; i < BUFFER_COUNT; i++) {
		config->buffer[i].depth_words = structure->depth_words[i];
		config->buffer[i].banks = structure->banks[i];
	}
}
