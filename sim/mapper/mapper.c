/* The mapper: from trace and configuration to program and mapping. What it decides and in which order is in
 * mapper_plan.h; this file runs the steps and fills the DDR segments. */
#include "sim/mapper/mapper.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/mapper/mapper_plan.h"

static uint32_t wider(uint32_t bits, uint32_t other) {
	return bits > other ? bits : other;
}

void mapper_resolve_widths(struct config *config, const struct trace *trace) {
	uint32_t weight_bits = 2, activation_bits = 2;
	for (uint32_t i = 0; i < trace->layer_count; i++) {
		const struct trace_conv *convs[] = {&trace->layers[i].main, &trace->layers[i].skip};
		for (int k = 0; k < 2; k++)
			if (convs[k]->kind == TRACE_CONV_FIXED) weight_bits = wider(weight_bits, convs[k]->weight_bits);
	}
	for (uint32_t i = 0; i < trace->map_count; i++)
		if (trace->maps[i].kind == TRACE_MAP_FIXED && i != trace->scores_map)
			activation_bits = wider(activation_bits, trace->maps[i].value_bits);
	if (!config->fixed_weight_bits) config->fixed_weight_bits = weight_bits;
	if (!config->fixed_activation_bits) config->fixed_activation_bits = activation_bits;
}

/* --- segments ------------------------------------------------------------------------------------------------------
 */

/* Bytes of one content in one buffer. */
static void fill_content(const struct plan *plan, const struct layer_plan *layer, const struct content *content,
                         enum buffer_id buffer, uint8_t *bytes) {
	for (uint32_t k = 0; k < content->block_count; k++) {
		uint32_t words[WEIGHT_BUFFERS];
		const uint32_t block = content->first_block + k;
		plan_block_words(plan, layer, plan_block(layer, block), words);
		layout_block(plan, layer, block, buffer, bytes);
		bytes += (size_t)words[buffer - FIRST_WEIGHTS] * config_word_bytes(&plan->config, buffer);
	}
}

static enum status add_segment(const struct plan *plan, struct program *program, uint32_t address, uint64_t bytes,
                               uint8_t **data) {
	struct program_segment *segment = &program->segments[program->segment_count];
	*data = NULL;
	if (plan->has_values && !(*data = calloc(1, bytes)))
		return error_set(plan->error, STATUS_MEMORY, "mapper: out of memory");
	*segment = (struct program_segment){plan->weights_channel, address, (uint32_t)bytes, *data};
	program->segment_count++;
	return STATUS_OK;
}

static enum status fill_buffer(const struct plan *plan, struct program *program, uint32_t i) {
	const enum buffer_id buffer = (enum buffer_id)(FIRST_WEIGHTS + i);
	const uint64_t word_bytes = config_word_bytes(&plan->config, buffer);
	uint8_t *resident = NULL, *data;
	enum status status = STATUS_OK;
	if (plan->resident_words[i])
		status =
		    add_segment(plan, program, plan->resident_ddr[i], plan->resident_words[i] * word_bytes, &resident);
	for (uint32_t k = 0; k < plan->trace->layer_count; k++) {
		const struct layer_plan *layer = &plan->layers[k];
		for (uint32_t c = 0; c < layer->content_count && status == STATUS_OK; c++) {
			const struct content *content = &layer->contents[c];
			if (!content->words[i]) continue;
			data = resident ? resident + content->resident_base[i] * word_bytes : NULL;
			if (layer->weights != RESIDENCY_RESIDENT)
				status = add_segment(plan, program, content->ddr_address[i],
				                     content->words[i] * word_bytes, &data);
			if (status == STATUS_OK && data) fill_content(plan, layer, content, buffer, data);
		}
	}
	return status;
}

static enum status fill_segments(const struct plan *plan, struct program *program) {
	size_t most = WEIGHT_BUFFERS;
	for (uint32_t k = 0; k < plan->trace->layer_count; k++)
		most += WEIGHT_BUFFERS * (size_t)plan->layers[k].content_count;
	program->segments = calloc(most, sizeof *program->segments);
	if (!program->segments) return error_set(plan->error, STATUS_MEMORY, "mapper: out of memory");
	enum status status = STATUS_OK;
	for (uint32_t i = 0; i < WEIGHT_BUFFERS && status == STATUS_OK; i++) status = fill_buffer(plan, program, i);
	return status;
}

/* --- what else a program says --------------------------------------------------------------------------------------
 */

static uint64_t conv_macs(const struct layer_plan *layer, const struct conv_plan *conv) {
	if (!conv->conv) return 0;
	const uint64_t taps = (uint64_t)conv->conv->kernel * conv->conv->kernel;
	return (uint64_t)layer->rows * layer->width * taps * conv->map->channels * layer->layer->output_channels;
}

static void fill_totals(const struct plan *plan, struct program *program) {
	for (uint32_t i = 0; i < plan->trace->layer_count; i++) {
		const struct layer_plan *layer = &plan->layers[i];
		const int is_binary = layer->main.conv->kind == TRACE_CONV_BINARY;
		*(is_binary ? &program->binary_macs : &program->fixed_macs) += conv_macs(layer, &layer->main);
		program->fixed_macs += conv_macs(layer, &layer->skip);
	}
	program->layer_count = plan->trace->layer_count;
	program->has_values = plan->has_values;
	program->input = plan->maps[plan->trace->input_map].ddr;
	program->scores = plan->maps[plan->trace->scores_map].ddr;
	for (int i = 0; i < CONFIG_CHANNELS_MAX; i++) program->ddr_bytes[i] = (uint32_t)plan->ddr_bytes[i];
}

static enum status fill_mapping(const struct plan *plan, struct mapping *mapping) {
	const uint32_t count = plan->trace->layer_count;
	mapping->layers = calloc(count, sizeof *mapping->layers);
	if (!mapping->layers) return error_set(plan->error, STATUS_MEMORY, "mapper: out of memory");
	mapping->layer_count = count;
	for (uint32_t i = 0; i < count; i++) {
		const struct layer_plan *layer = &plan->layers[i];
		const struct trace_layer *trace = layer->layer;
		struct mapping_layer *out = &mapping->layers[i];
		out->band_rows = layer->band_rows;
		out->block_channels = least(layer->block_channels, trace->output_channels);
		out->weights = (uint32_t)layer->weights;
		out->input_spilled = plan->maps[trace->main.input_map].spilled;
		if (layer->skip.conv) out->skip_input_spilled = plan->maps[trace->skip.input_map].spilled;
		if (trace->fixed_map != UINT32_MAX) out->output_spilled |= plan->maps[trace->fixed_map].spilled;
		if (trace->bits_map != UINT32_MAX) out->output_spilled |= plan->maps[trace->bits_map].spilled;
		snprintf(out->reason, sizeof out->reason, "rows %s, weights %s", layer->rows_reason,
		         layer->weights_reason);
	}
	return STATUS_OK;
}

static uint32_t all_values(const struct trace *trace) {
	for (uint32_t i = 0; i < trace->tensor_count; i++)
		if (!trace->tensors[i].data) return 0;
	return 1;
}

static void plan_clear(struct plan *plan) {
	for (uint32_t i = 0; plan->layers && i < plan->trace->layer_count; i++) free(plan->layers[i].contents);
	free(plan->layers);
	free(plan->maps);
}

static enum status make_plan(struct plan *plan) {
	plan->layers = calloc(plan->trace->layer_count, sizeof *plan->layers);
	plan->maps = calloc(plan->trace->map_count, sizeof *plan->maps);
	if (!plan->layers || !plan->maps) return error_set(plan->error, STATUS_MEMORY, "mapper: out of memory");
	mapper_resolve_widths(&plan->config, plan->trace);
	plan->has_values = all_values(plan->trace);
	enum status status = plan_shapes(plan);
	if (status == STATUS_OK) status = plan_weights(plan);
	if (status == STATUS_OK) status = plan_maps(plan);
	return status;
}

enum status mapper_map(const struct trace *trace, const struct config *config, const struct mapping *wish,
                       struct program *program, struct mapping *mapping, struct error *error) {
	struct plan plan = {.trace = trace, .wish = wish, .config = *config, .error = error};
	memset(program, 0, sizeof *program);
	memset(mapping, 0, sizeof *mapping);
	enum status status = make_plan(&plan);
	if (status == STATUS_OK) status = plan_emit(&plan, program);
	if (status == STATUS_OK) status = fill_segments(&plan, program);
	if (status == STATUS_OK) status = fill_mapping(&plan, mapping);
	if (status == STATUS_OK) {
		fill_totals(&plan, program);
	} else {
		program_clear(program);
		mapping_clear(mapping);
	}
	plan_clear(&plan);
	return status;
}
