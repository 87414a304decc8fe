/* FIFO depths from streaming.fifo_words: a list of NAME:DEPTH between spaces or commas. A name is a layer (the FIFO in
 * which its words leave it, or wait for its pool), LAYER.pool (behind its pool), `input` and `output` (between the
 * DMA's converters and the network), or a FIFO's own name. A FIFO that is named twice is refused. */
#include "sim/mapper/pipeline_plan.h"

#include <inttypes.h>
#include <string.h>

#include "sim/base/text.h"

enum { ENTRY_BYTES = 160, DEPTH_MAX = 1048576 };

/* LAYER.pool */
static uint32_t find_pool(const struct fifo_names *names, const char *name) {
	const char *dot = strrchr(name, '.');
	if (!dot || strcmp(dot, ".pool") != 0) return PIPELINE_NONE;
	for (uint32_t i = 0; i < names->trace->layer_count; i++) {
		const struct trace_layer *layer = &names->trace->layers[i];
		if (layer->pool != TRACE_POOL_NONE && strlen(layer->name) == (size_t)(dot - name) &&
		    strncmp(layer->name, name, (size_t)(dot - name)) == 0)
			return names->last_fifos[i];
	}
	return PIPELINE_NONE;
}

static uint32_t find_fifo(const struct fifo_names *names, const struct pipeline *pipeline, const char *name) {
	if (strcmp(name, "input") == 0) return names->input_fifo;
	if (strcmp(name, "output") == 0) return names->output_fifo;
	for (uint32_t i = 0; i < names->trace->layer_count; i++)
		if (strcmp(names->trace->layers[i].name, name) == 0) return names->link_fifos[i];
	for (uint32_t i = 0; i < pipeline->fifo_count; i++)
		if (strcmp(pipeline->fifos[i].name, name) == 0) return i;
	return find_pool(names, name);
}

static enum status unknown_fifo(const struct fifo_names *names, const struct pipeline *pipeline, const char *name,
                                struct error *error) {
	struct text_nearest nearest;
	text_nearest_start(&nearest, name);
	text_nearest_offer(&nearest, "input");
	text_nearest_offer(&nearest, "output");
	for (uint32_t i = 0; i < names->trace->layer_count; i++)
		text_nearest_offer(&nearest, names->trace->layers[i].name);
	for (uint32_t i = 0; i < pipeline->fifo_count; i++) text_nearest_offer(&nearest, pipeline->fifos[i].name);
	const char *best = text_nearest_best(&nearest);
	if (!best)
		return error_set(error, STATUS_INPUT,
		                 "[streaming] fifo_words: '%s' is no FIFO of this network; expected input, output, a "
		                 "layer, LAYER.pool, or a name from nbsim --emit-commands",
		                 name);
	return error_set(error, STATUS_INPUT,
	                 "[streaming] fifo_words: '%s' is no FIFO of this network; the nearest known one is '%s'", name,
	                 best);
}

static enum status set_depth(const struct fifo_names *names, struct pipeline *pipeline, char *entry,
                             struct error *error) {
	char *colon = strrchr(entry, ':');
	uint64_t depth = 0;
	if (!colon || colon == entry || text_unsigned(colon + 1, &depth) != TEXT_NUMBER_OK || depth > DEPTH_MAX)
		return error_set(error, STATUS_INPUT,
		                 "[streaming] fifo_words: '%s' is no depth; expected NAME:DEPTH with 0 to %d words",
		                 entry, DEPTH_MAX);
	*colon = '\0';
	const uint32_t fifo = find_fifo(names, pipeline, entry);
	if (fifo == PIPELINE_NONE) return unknown_fifo(names, pipeline, entry, error);
	if (pipeline->fifos[fifo].is_named)
		return error_set(error, STATUS_INPUT,
		                 "[streaming] fifo_words: '%s' is FIFO %s, which has a depth of %" PRIu32
		                 " words already; expected one depth for a FIFO",
		                 entry, pipeline->fifos[fifo].name, pipeline->fifos[fifo].depth_words);
	pipeline->fifos[fifo].depth_words = depth < 2 ? 2 : (uint32_t)depth;
	pipeline->fifos[fifo].is_named = 1;
	return STATUS_OK;
}

enum status pipeline_depths(const struct config *config, const struct fifo_names *names, struct pipeline *pipeline,
                            struct error *error) {
	static const char between[] = " \t,";
	const char *text = config->streaming_fifo_words;
	if (strcmp(text, "auto") == 0) return STATUS_OK;
	for (text += strspn(text, between); *text; text += strspn(text, between)) {
		char entry[ENTRY_BYTES];
		const size_t bytes = strcspn(text, between);
		if (bytes >= sizeof entry)
			return error_set(error, STATUS_INPUT,
			                 "[streaming] fifo_words: '%.40s...' is too long; expected NAME:DEPTH", text);
		memcpy(entry, text, bytes);
		entry[bytes] = '\0';
		const enum status status = set_depth(names, pipeline, entry, error);
		if (status) return status;
		text += bytes;
	}
	return STATUS_OK;
}
