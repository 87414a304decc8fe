/* Lifetimes of maps and release of a trace; see trace.h. Reading, writing and checking are in trace_read.c,
 * trace_write.c and trace_check.c, the keys in trace_keys.c. */
#include "sim/input/trace.h"

#include <stdlib.h>
#include <string.h>

static void extend(struct trace *trace, uint32_t map, uint32_t layer) {
	if (map < trace->map_count) trace->maps[map].last_layer = layer;
}

static void begin(struct trace *trace, uint32_t map, uint32_t layer) {
	if (map >= trace->map_count) return;
	trace->maps[map].first_layer = layer;
	trace->maps[map].last_layer = layer;
}

void trace_lifetimes(struct trace *trace) {
	for (uint32_t i = 0; i < trace->map_count; i++) {
		trace->maps[i].first_layer = UINT32_MAX;
		trace->maps[i].last_layer = 0;
	}
	for (uint32_t i = 0; i < trace->layer_count; i++) {
		const struct trace_layer *layer = &trace->layers[i];
		begin(trace, layer->fixed_map, i);
		begin(trace, layer->bits_map, i);
		extend(trace, layer->main.input_map, i);
		if (layer->skip.kind != TRACE_CONV_NONE) extend(trace, layer->skip.input_map, i);
	}
	if (trace->layer_count) extend(trace, trace->scores_map, trace->layer_count - 1);
}

void trace_clear(struct trace *trace) {
	for (uint32_t i = 0; i < trace->tensor_count; i++) free(trace->tensors[i].data);
	free(trace->maps);
	free(trace->layers);
	free(trace->tensors);
	memset(trace, 0, sizeof *trace);
}
