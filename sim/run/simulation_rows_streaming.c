/* Rows of a streaming machine: its time, and what each stage, FIFO and layer does. Names are documented in
 * sim/README.md. `period` is the steady state's: period_cycles for period_frames frames. */
#include "sim/run/simulation_rows.h"

#include <string.h>

/* ---- the machine */

static void add_ddr(const struct simulation *simulation, struct rows *rows) {
	const struct simulation_streaming *streaming = &simulation->streaming;
	const struct stream_result *batch = &streaming->batch;
	uint64_t read = streaming_ddr_bytes(&streaming->pipeline, batch->frames, 0);
	uint64_t written = streaming_ddr_bytes(&streaming->pipeline, batch->frames, 1);
	double seconds = rows_cycles_to_ms(simulation, (double)batch->total_cycles) / 1000;
	rows_integer(rows, "run", "ddr_bytes", read + written, "bytes");
	rows_integer(rows, "run", "ddr_read_bytes", read, "bytes");
	rows_integer(rows, "run", "ddr_write_bytes", written, "bytes");
	rows_real(rows, "run", "ddr_bandwidth", rows_ratio((double)(read + written), seconds) / 1e9, "GB/s");
}

/* The full FIFO that blocks a stage: of its outputs the full one whose reader is blocked least; of those that never
 * were full, the first. */
static uint32_t full_output(const struct simulation_streaming *streaming, uint32_t stage) {
	const struct pipeline *pipeline = &streaming->pipeline;
	const uint32_t *outputs = pipeline->stages[stage].output;
	uint32_t found = PIPELINE_NONE;
	uint64_t least = UINT64_MAX;
	for (int p = 0; p < STAGE_PORTS_MAX; p++) {
		if (outputs[p] == PIPELINE_NONE) continue;
		const struct fifo *fifo = &pipeline->fifos[outputs[p]];
		uint64_t blocked = streaming->steady.stages[fifo->to].cycles[STATE_BLOCKED];
		if (streaming->batch.fifos[outputs[p]].highest_fill < fifo->depth_words || blocked >= least) continue;
		found = outputs[p];
		least = blocked;
	}
	return found == PIPELINE_NONE ? outputs[0] : found;
}

/* Where the jam begins that blocks a stage: on through full FIFOs while the reader is itself blocked for at least half
 * as long. */
static uint32_t find_jam(const struct simulation_streaming *streaming, uint32_t stage) {
	const struct stream_steady_stage *stages = streaming->steady.stages;
	for (;;) {
		uint32_t fifo = full_output(streaming, stage);
		uint32_t reader = streaming->pipeline.fifos[fifo].to;
		if (2 * stages[reader].cycles[STATE_BLOCKED] < stages[stage].cycles[STATE_BLOCKED]) return fifo;
		if (streaming->pipeline.stages[reader].output[0] == PIPELINE_NONE) return fifo;
		stage = reader;
	}
}

static const char *layer_name(const struct simulation *simulation, uint32_t layer) {
	return layer == PIPELINE_NONE ? "" : simulation->trace->layers[layer].name;
}

static void add_bottleneck(const struct simulation *simulation, struct rows *rows) {
	const struct simulation_streaming *streaming = &simulation->streaming;
	const struct stream_steady *steady = &streaming->steady;
	const struct pipeline *pipeline = &streaming->pipeline;
	const struct stage *stage = &pipeline->stages[steady->bottleneck];
	const uint64_t *cycles = steady->stages[steady->bottleneck].cycles;
	double period = (double)steady->period_cycles;
	uint32_t starved = steady->most_starved, blocked = steady->most_blocked;
	rows_text(rows, "run", "bottleneck", stage->name);
	rows_text(rows, "run", "bottleneck_kind", stage_kind_names[stage->kind]);
	rows_text(rows, "run", "bottleneck_layer", layer_name(simulation, stage->layer));
	rows_real(rows, "run", "bottleneck_busy", rows_ratio((double)cycles[STATE_BUSY], period), "1");
	rows_real(rows, "run", "bottleneck_fill_drain", rows_ratio((double)cycles[STATE_FILL_DRAIN], period), "1");
	rows_real(rows, "run", "bottleneck_memory", rows_ratio((double)cycles[STATE_MEMORY], period), "1");
	rows_real(rows, "run", "bottleneck_starved", rows_ratio((double)cycles[STATE_STARVED], period), "1");
	rows_real(rows, "run", "bottleneck_blocked", rows_ratio((double)cycles[STATE_BLOCKED], period), "1");
	rows_text(rows, "run", "most_starved", starved == PIPELINE_NONE ? "" : pipeline->stages[starved].name);
	rows_real(rows, "run", "most_starved_share",
	          starved == PIPELINE_NONE ? 0 : rows_ratio((double)stream_steady_starved(steady, starved), period),
	          "1");
	rows_text(rows, "run", "most_blocked", blocked == PIPELINE_NONE ? "" : pipeline->stages[blocked].name);
	rows_real(rows, "run", "most_blocked_share",
	          blocked == PIPELINE_NONE ? 0
	                                   : rows_ratio((double)steady->stages[blocked].cycles[STATE_BLOCKED], period),
	          "1");
	uint32_t jam = blocked == PIPELINE_NONE ? PIPELINE_NONE : find_jam(streaming, blocked);
	rows_text(rows, "run", "jam_fifo", jam == PIPELINE_NONE ? "" : pipeline->fifos[jam].name);
	rows_text(rows, "run", "jam_reader",
	          jam == PIPELINE_NONE ? "" : pipeline->stages[pipeline->fifos[jam].to].name);
}

void streaming_time_rows(const struct simulation *simulation, struct rows *rows) {
	const struct simulation_streaming *streaming = &simulation->streaming;
	const struct stream_steady *steady = &streaming->steady;
	const struct stream_result *batch = &streaming->batch;
	double period = stream_steady_cycles(steady);
	double batch_ms = rows_cycles_to_ms(simulation, (double)batch->total_cycles);
	if (!simulation->trace->has_values) rows_integer(rows, "run", "shapes_only", 1, "1");
	rows_integer(rows, "run", "stages", streaming->pipeline.stage_count, "1");
	rows_integer(rows, "run", "fifos", streaming->pipeline.fifo_count, "1");
	rows_text(rows, "run", "folding", streaming->pipeline.reason);
	rows_integer(rows, "run", "total_cycles", batch->total_cycles, "cycles");
	rows_integer(rows, "run", "frames", batch->frames, "1");
	rows_integer(rows, "run", "frames_simulated", batch->frames_simulated, "1");
	rows_real(rows, "run", "batch_ms", batch_ms, "ms");
	rows_real(rows, "run", "batch_frames_per_s", rows_ratio(1000.0 * batch->frames, batch_ms), "1/s");
	rows_integer(rows, "run", "latency_cycles", streaming->latency_cycles, "cycles");
	rows_real(rows, "run", "latency_ms", rows_cycles_to_ms(simulation, (double)streaming->latency_cycles), "ms");
	rows_real(rows, "run", "frames_per_s", rows_ratio(1000, rows_cycles_to_ms(simulation, period)), "1/s");
	rows_text(rows, "run", "frames_per_s_basis", steady->recurs ? "recurring_period" : "mean_of_frames");
	rows_real(rows, "run", "cycles_per_frame", period, "cycles/frame");
	rows_integer(rows, "run", "period_cycles", steady->period_cycles, "cycles");
	rows_integer(rows, "run", "period_frames", steady->period_frames, "1");
	if (steady->recurs)
		rows_integer(rows, "run", "recurs_at_frame", steady->recurs_at_frame, "1");
	else
		rows_empty(rows, "run", "recurs_at_frame", "1");
	rows_integer(rows, "run", "least_cycles_per_frame", pipeline_least_cycles(&streaming->pipeline), "cycles");
	rows_integer(rows, "run", "unbounded_fifo_latency_cycles", streaming->unbounded_latency_cycles, "cycles");
	add_bottleneck(simulation, rows);
	add_ddr(simulation, rows);
}

/* ---- stages */

static void add_states(const char *prefix, const uint64_t cycles[STATE_COUNT], const char *scope, struct rows *rows) {
	uint64_t total = 0;
	char name[ROW_NAME_BYTES];
	for (int state = 0; state < STATE_COUNT; state++) {
		snprintf(name, sizeof name, "%s%s_cycles", prefix, unit_state_names[state]);
		rows_integer(rows, scope, name, cycles[state], "cycles");
		total += cycles[state];
	}
	snprintf(name, sizeof name, "%stotal_cycles", prefix);
	rows_integer(rows, scope, name, total, "cycles");
}

static void add_stage(const struct simulation *simulation, uint32_t index, struct rows *rows) {
	const struct simulation_streaming *streaming = &simulation->streaming;
	const struct stage *stage = &streaming->pipeline.stages[index];
	const struct stream_stage_counters *counters = &streaming->batch.stages[index];
	char scope[ROW_SCOPE_BYTES];
	snprintf(scope, sizeof scope, "unit:%s", stage->name);
	rows_text(rows, scope, "kind", stage_kind_names[stage->kind]);
	rows_text(rows, scope, "layer", layer_name(simulation, stage->layer));
	rows_integer(rows, scope, "unstalled_cycles", stage_cycles(stage, streaming->pipeline.pool_overhead_cycles),
	             "cycles");
	rows_integer(rows, scope, "words_taken", counters->words_taken, "1");
	rows_integer(rows, scope, "words_made", counters->words_made, "1");
	rows_integer(rows, scope, "issued_macs", stage_issued_macs(stage, counters->cycles[STATE_BUSY]), "1");
	add_states("", counters->cycles, scope, rows);
	add_states("period_", streaming->steady.stages[index].cycles, scope, rows);
	rows_add_resources(&streaming->resources.stages[index].row, scope, rows);
	rows_add_energy(&streaming->energy.stages[index], scope, 0, rows);
}

static void add_fifo(const struct simulation *simulation, uint32_t index, struct rows *rows) {
	const struct simulation_streaming *streaming = &simulation->streaming;
	const struct fifo *fifo = &streaming->pipeline.fifos[index];
	const struct stream_fifo_counters *counters = &streaming->batch.fifos[index];
	char scope[ROW_SCOPE_BYTES];
	snprintf(scope, sizeof scope, "fifo:%s", fifo->name);
	rows_text(rows, scope, "from", streaming->pipeline.stages[fifo->from].name);
	rows_text(rows, scope, "to", streaming->pipeline.stages[fifo->to].name);
	rows_integer(rows, scope, "width_bits", fifo->width_bits, "bits");
	rows_integer(rows, scope, "depth_words", fifo->depth_words, "words");
	rows_integer(rows, scope, "is_link", fifo->is_link, "1");
	rows_integer(rows, scope, "words", counters->words, "words");
	rows_integer(rows, scope, "highest_fill_words", counters->highest_fill, "words");
	rows_integer(rows, scope, "was_full", counters->highest_fill >= fifo->depth_words, "1");
	if (streaming->unbounded_fill_words)
		rows_integer(rows, scope, "unbounded_fill_words", streaming->unbounded_fill_words[index], "words");
	rows_add_resources(&streaming->resources.fifos[index].row, scope, rows);
}

/* ---- layers */

/* A layer with the FIFOs that its stages fill. */
static void sum_layer(const struct simulation_streaming *streaming, uint32_t layer, struct resource_row *resources,
                      double *power_w, double *energy_uj) {
	for (uint32_t i = 0; i < streaming->pipeline.stage_count; i++) {
		const struct stage *stage = &streaming->pipeline.stages[i];
		if (stage->layer != layer) continue;
		resource_row_sum(resources, &streaming->resources.stages[i].row);
		*power_w += streaming->energy.stages[i].power_w;
		*energy_uj += streaming->energy.stages[i].energy_uj;
		for (int p = 0; p < STAGE_PORTS_MAX; p++)
			if (stage->output[p] != PIPELINE_NONE)
				resource_row_sum(resources, &streaming->resources.fifos[stage->output[p]].row);
	}
}

/* The stage of the layer that waits least. */
static uint32_t narrowest_stage(const struct simulation_streaming *streaming, uint32_t layer) {
	uint32_t found = PIPELINE_NONE;
	for (uint32_t i = 0; i < streaming->pipeline.stage_count; i++) {
		if (streaming->pipeline.stages[i].layer != layer) continue;
		if (found == PIPELINE_NONE || stream_steady_is_narrower(&streaming->steady, i, found)) found = i;
	}
	return found;
}

static void add_layer(const struct simulation *simulation, uint32_t layer, struct rows *rows) {
	const struct simulation_streaming *streaming = &simulation->streaming;
	const struct folding *folding = &streaming->pipeline.foldings[layer];
	struct resource_row resources = {0};
	double power_w = 0, energy_uj = 0;
	char scope[ROW_SCOPE_BYTES];
	uint32_t narrowest = narrowest_stage(streaming, layer);
	snprintf(scope, sizeof scope, "layer:%s", simulation->trace->layers[layer].name);
	rows_integer(rows, scope, "pe", folding->pe, "1");
	rows_integer(rows, scope, "simd", folding->simd, "1");
	rows_integer(rows, scope, "skip_pe", folding->skip_pe, "1");
	rows_integer(rows, scope, "skip_simd", folding->skip_simd, "1");
	rows_integer(rows, scope, "unstalled_cycles", folding->cycles, "cycles");
	if (narrowest != PIPELINE_NONE) {
		rows_text(rows, scope, "narrowest_stage", streaming->pipeline.stages[narrowest].name);
		add_states("period_", streaming->steady.stages[narrowest].cycles, scope, rows);
	}
	sum_layer(streaming, layer, &resources, &power_w, &energy_uj);
	rows_add_resources(&resources, scope, rows);
	rows_real(rows, scope, "power_w", power_w, "W");
	rows_real(rows, scope, "energy_uj", energy_uj, "uJ");
}

void streaming_unit_rows(const struct simulation *simulation, struct rows *rows) {
	const struct simulation_streaming *streaming = &simulation->streaming;
	rows_add_resources(&streaming->resources.fifo_total, "unit:fifos", rows);
	rows_add_energy(&streaming->energy.fifos, "unit:fifos", 0, rows);
	rows_add_resources(&streaming->resources.controller, "unit:memory_controllers", rows);
	for (uint32_t i = 0; i < streaming->pipeline.stage_count; i++) add_stage(simulation, i, rows);
	for (uint32_t f = 0; f < streaming->pipeline.fifo_count; f++) add_fifo(simulation, f, rows);
	for (uint32_t l = 0; l < streaming->pipeline.layer_count; l++) add_layer(simulation, l, rows);
}
