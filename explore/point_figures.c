/* See point_figures.h. */
#include "explore/point_figures.h"

#include <math.h>
#include <stdio.h>

static void put_word(char *to, const char *word) {
	snprintf(to, POINT_WORD_BYTES, "%.*s", POINT_WORD_BYTES - 1, word);
}

/* The unit that works the longest, and how long it waits for memory. */
static void put_unit_limit(const struct simulation *simulation, struct point_row *row) {
	const struct machine_result *result = &simulation->result;
	const struct layer_counters *sums = result->layers;
	uint64_t most = 0;
	int limit = 0;
	for (int unit = 0; unit < UNIT_COUNT; unit++) {
		uint64_t busy = sums->cycles[unit][STATE_BUSY] + sums->cycles[unit][STATE_FILL_DRAIN];
		if (busy > most) {
			most = busy;
			limit = unit;
		}
	}
	double total = result->total_cycles ? (double)result->total_cycles : 1;
	put_word(row->limit_unit, attribution_row_names[limit]);
	row->limit_share = (double)most / total;
	row->memory_share = (double)sums->cycles[limit][STATE_MEMORY] / total;
	double peak = total * simulation->config.binary_pes * simulation->config.binary_words * 48;
	row->binary_utilisation = (double)(simulation->program.binary_macs * result->frame_count) / peak;
}

static uint64_t binary_macs(const struct trace *trace) {
	uint64_t macs = 0;
	for (uint32_t i = 0; i < trace->layer_count; i++) {
		const struct trace_layer *layer = &trace->layers[i];
		const uint64_t taps = (uint64_t)trace_rows_of_conv(&layer->main).kernel * layer->main.kernel;
		if (layer->main.kind == TRACE_CONV_BINARY)
			macs += taps * layer->sums_height * layer->sums_width * layer->output_channels *
			        trace_conv_inputs(trace, &layer->main);
	}
	return macs;
}

static uint64_t binary_lanes(const struct simulation *simulation) {
	const struct pipeline *pipeline = &simulation->streaming.pipeline;
	uint64_t lanes = 0;
	for (uint32_t i = 0; i < pipeline->stage_count; i++) {
		const struct stage *stage = &pipeline->stages[i];
		if (stage->layer != PIPELINE_NONE && !stage->is_skip &&
		    simulation->trace->layers[stage->layer].main.kind == TRACE_CONV_BINARY)
			lanes += stage_issued_macs(stage, 1);
	}
	return lanes;
}

static void put_stage_limit(const struct simulation *simulation, struct point_row *row) {
	const struct stream_steady *steady = &simulation->streaming.steady;
	const uint64_t *cycles = steady->stages[steady->bottleneck].cycles;
	double period = steady->period_cycles ? (double)steady->period_cycles : 1;
	put_word(row->limit_unit, simulation->streaming.pipeline.stages[steady->bottleneck].name);
	row->limit_share = (double)(cycles[STATE_BUSY] + cycles[STATE_FILL_DRAIN]) / period;
	row->memory_share = (double)cycles[STATE_MEMORY] / period;
	uint64_t lanes = binary_lanes(simulation);
	double peak = stream_steady_cycles(steady) * (double)lanes;
	row->binary_utilisation = peak > 0 ? (double)binary_macs(simulation->trace) / peak : 0;
}

static void put_time(const struct simulation *simulation, struct point_row *row) {
	int is_single;
	double clock_khz = simulation->config.clock_khz;
	double period = simulation_period_cycles(simulation, &is_single);
	row->latency_cycles = simulation_latency_cycles(simulation);
	if (simulation_is_streaming(simulation)) {
		const struct stream_result *batch = &simulation->streaming.batch;
		row->total_cycles = batch->total_cycles;
		for (int is_write = 0; is_write < 2; is_write++)
			row->ddr_bytes += streaming_ddr_bytes(&simulation->streaming.pipeline, batch->frames, is_write);
	} else {
		const struct layer_counters *sums = simulation->result.layers;
		row->total_cycles = simulation->result.total_cycles;
		row->ddr_bytes = sums->ddr_read_bytes + sums->ddr_write_bytes;
	}
	row->clock_mhz = clock_khz / 1000;
	row->latency_ms = (double)row->latency_cycles / clock_khz;
	row->frames_per_s = period > 0 ? 1000 * clock_khz / period : 0;
	put_word(row->exactness, simulation_exactness(simulation));
}

/* A device that has none of what is used has no share of it either: not a number. */
static double share_or_nan(double share) {
	return isfinite(share) ? share : (double)NAN;
}

static void put_estimates(const struct simulation *simulation, struct point_row *row) {
	const struct resource_total *totals = simulation->fit.totals;
	const struct energy_row *total = &simulation->energy.total;
	enum estimate_grade worst = GRADE_SYNTHESISED;
	row->lut = totals[RESOURCE_LUT].count;
	row->ff = totals[RESOURCE_FF].count;
	row->bram36 = resource_units(RESOURCE_BRAM18, totals[RESOURCE_BRAM18].count);
	row->uram = totals[RESOURCE_URAM].count;
	row->dsp = totals[RESOURCE_DSP].count;
	for (int kind = 0; kind < RESOURCE_KIND_COUNT; kind++)
		if (totals[kind].grade > worst) worst = totals[kind].grade;
	put_word(row->resource_grade, estimate_grade_names[worst]);
	row->fits = simulation->fit.fits == FITS_YES ? 1 : simulation->fit.fits == FITS_NO ? 0 : -1;
	put_word(row->worst_resource, resource_kind_names[simulation->fit.worst]);
	row->worst_utilisation = share_or_nan(totals[simulation->fit.worst].utilisation);
	row->slr_share = share_or_nan(simulation->fit.slr_share);
	row->power_w = total->power_w;
	row->fpga_power_w = simulation->energy.fpga.power_w;
	row->energy_uj = total->energy_uj;
	row->energy_low_uj = total->energy_low_uj;
	row->energy_high_uj = total->energy_high_uj;
	row->power_partial = simulation->energy.partial ? 1 : 0;
	put_word(row->power_grade, estimate_grade_names[total->grade]);
}

void point_figures(const struct simulation *simulation, struct point_row *row) {
	put_time(simulation, row);
	if (simulation_is_streaming(simulation))
		put_stage_limit(simulation, row);
	else
		put_unit_limit(simulation, row);
	put_estimates(simulation, row);
}
