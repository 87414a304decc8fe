/* All figures of a run as rows. One place decides their names; tables, CSV, JSON and the database print them. */
#include "sim/run/simulation_rows.h"

#include <math.h>
#include <string.h>

double rows_cycles_to_ms(const struct simulation *simulation, double cycles) {
	return cycles / (double)simulation->config.clock_khz;
}

static uint64_t sum_ddr_bytes(const struct machine_result *result, int is_write) {
	uint64_t sum = 0;
	for (uint32_t l = 0; l < result->layer_count; l++)
		sum += is_write ? result->layers[l].ddr_write_bytes : result->layers[l].ddr_read_bytes;
	return sum;
}

double rows_ratio(double part, double whole) {
	return whole > 0 ? part / whole : 0;
}

static void add_identity(const struct simulation *simulation, struct rows *rows) {
	rows_text(rows, "run", "network", simulation->trace->name);
	rows_text(rows, "run", "exactness", simulation_exactness(simulation));
	rows_real(rows, "run", "clock_mhz", simulation->config.clock_khz / 1000.0, "MHz");
	if (simulation_is_streaming(simulation)) rows_text(rows, "run", "organisation", "streaming");
	rows_text(rows, "device", "name", simulation->device->name);
	rows_text(rows, "device", "part", simulation->device->part);
}

static void add_time(const struct simulation *simulation, struct rows *rows) {
	const struct machine_result *result = &simulation->result;
	int is_single;
	double period = simulation_period_cycles(simulation, &is_single);
	rows_integer(rows, "run", "total_cycles", result->total_cycles, "cycles");
	rows_integer(rows, "run", "preamble_cycles", result->preamble_cycles, "cycles");
	rows_integer(rows, "run", "frames", result->frame_count, "1");
	rows_integer(rows, "run", "latency_cycles", simulation_latency_cycles(simulation), "cycles");
	rows_real(rows, "run", "latency_ms",
	          rows_cycles_to_ms(simulation, (double)simulation_latency_cycles(simulation)), "ms");
	rows_real(rows, "run", "frames_per_s", rows_ratio(1000, rows_cycles_to_ms(simulation, period)), "1/s");
	rows_text(rows, "run", "frames_per_s_basis", is_single ? "single_frame" : "mean_of_frames");
	rows_integer(rows, "run", "unlimited_bandwidth_cycles", simulation->unlimited_cycles, "cycles");
	if (simulation->sufficient_bytes_per_cycle)
		rows_real(rows, "run", "sufficient_bandwidth",
		          simulation->sufficient_bytes_per_cycle * (double)simulation->config.clock_khz / 1e6, "GB/s");
	else
		rows_empty(rows, "run", "sufficient_bandwidth", "GB/s");
}

static void add_memory(const struct simulation *simulation, struct rows *rows) {
	const struct machine_result *result = &simulation->result;
	uint64_t reads = sum_ddr_bytes(result, 0), writes = sum_ddr_bytes(result, 1), bus = 0;
	double seconds = rows_cycles_to_ms(simulation, (double)result->total_cycles) / 1000;
	rows_integer(rows, "run", "ddr_bytes", reads + writes, "bytes");
	rows_integer(rows, "run", "ddr_read_bytes", reads, "bytes");
	rows_integer(rows, "run", "ddr_write_bytes", writes, "bytes");
	rows_real(rows, "run", "ddr_bandwidth", rows_ratio((double)(reads + writes), seconds) / 1e9, "GB/s");
	for (uint32_t c = 0; c < simulation->config.dram_channels; c++) {
		const struct channel_counters *channel = &result->channels[c];
		char scope[ROW_SCOPE_BYTES];
		bus += channel->bus_cycles;
		snprintf(scope, sizeof scope, "unit:channel%u", c);
		rows_integer(rows, scope, "read_bursts", channel->read_bursts, "1");
		rows_integer(rows, scope, "write_bursts", channel->write_bursts, "1");
		rows_integer(rows, scope, "bus_cycles", channel->bus_cycles, "cycles");
		rows_integer(rows, scope, "row_hits", channel->row_hits, "1");
		rows_integer(rows, scope, "row_opens", channel->row_opens, "1");
		rows_integer(rows, scope, "row_conflicts", channel->row_conflicts, "1");
		rows_integer(rows, scope, "refreshes", channel->refreshes, "1");
	}
	rows_integer(rows, "run", "ddr_bus_cycles", bus, "cycles");
}

static void add_work(const struct simulation *simulation, struct rows *rows) {
	const struct machine_result *result = &simulation->result;
	const struct config *config = &simulation->config;
	uint64_t binary = 0, fixed = 0, post = 0;
	for (uint32_t l = 0; l < result->layer_count; l++) {
		binary += result->layers[l].binary_issued;
		fixed += result->layers[l].fixed_issued;
		post += result->layers[l].post_issued;
	}
	double binary_peak = (double)result->total_cycles * config->binary_pes * config->binary_words * 48;
	double fixed_peak = (double)result->total_cycles * config->fixed_rows * config->fixed_columns;
	double binary_valid = (double)(simulation->program.binary_macs * result->frame_count);
	double fixed_valid = (double)(simulation->program.fixed_macs * result->frame_count);
	rows_integer(rows, "run", "binary_macs", simulation->program.binary_macs, "1");
	rows_integer(rows, "run", "fixed_macs", simulation->program.fixed_macs, "1");
	rows_real(rows, "unit:binary_engine", "utilisation_issued", rows_ratio((double)binary, binary_peak), "1");
	rows_real(rows, "unit:binary_engine", "utilisation_valid", rows_ratio(binary_valid, binary_peak), "1");
	rows_real(rows, "unit:fixed_engine", "utilisation_issued", rows_ratio((double)fixed, fixed_peak), "1");
	rows_real(rows, "unit:fixed_engine", "utilisation_valid", rows_ratio(fixed_valid, fixed_peak), "1");
	rows_real(rows, "unit:post_unit", "utilisation_issued",
	          rows_ratio((double)post, (double)result->total_cycles * config->post_lanes), "1");
}

/* States of one unit, of one layer or summed over all (layer_count). */
static void add_states(const struct simulation *simulation, int row, uint32_t layer, const char *scope,
                       struct rows *rows) {
	const struct machine_result *result = &simulation->result;
	uint64_t total = 0;
	for (int state = 0; state < STATE_COUNT; state++) {
		uint64_t cycles = 0;
		char name[ROW_NAME_BYTES];
		for (uint32_t l = 0; l < result->layer_count; l++)
			if (l == layer || layer == result->layer_count) cycles += result->layers[l].cycles[row][state];
		snprintf(name, sizeof name, "%s_cycles", unit_state_names[state]);
		rows_integer(rows, scope, name, cycles, "cycles");
		total += cycles;
	}
	rows_integer(rows, scope, "total_cycles", total, "cycles");
}

static void add_attribution(const struct simulation *simulation, struct rows *rows) {
	for (int row = 0; row < ATTRIBUTION_ROWS; row++) {
		char scope[ROW_SCOPE_BYTES];
		snprintf(scope, sizeof scope, "unit:%s", attribution_row_names[row]);
		add_states(simulation, row, simulation->result.layer_count, scope, rows);
		if (row < UNIT_COUNT)
			rows_integer(rows, scope, "port_wait_cycles", simulation->result.port_wait_cycles[row],
			             "cycles");
	}
}

static void add_layer(const struct simulation *simulation, uint32_t index, struct rows *rows) {
	const struct layer_counters *layer = &simulation->result.layers[index];
	const char *name = simulation->trace->layers[index].name;
	char scope[ROW_SCOPE_BYTES];
	snprintf(scope, sizeof scope, "layer:%s", name);
	rows_integer(rows, scope, "binary_issued", layer->binary_issued, "1");
	rows_integer(rows, scope, "fixed_issued", layer->fixed_issued, "1");
	rows_integer(rows, scope, "post_issued", layer->post_issued, "1");
	rows_integer(rows, scope, "ddr_read_bytes", layer->ddr_read_bytes, "bytes");
	rows_integer(rows, scope, "ddr_write_bytes", layer->ddr_write_bytes, "bytes");
	rows_integer(rows, scope, "engine_commands", layer->engine_commands, "1");
	rows_integer(rows, scope, "post_commands", layer->post_commands, "1");
	rows_integer(rows, scope, "load_commands", layer->load_commands, "1");
	rows_integer(rows, scope, "store_commands", layer->store_commands, "1");
	for (int row = 0; row < ATTRIBUTION_ROWS; row++) {
		snprintf(scope, sizeof scope, "layer:%s/unit:%s", name, attribution_row_names[row]);
		add_states(simulation, row, index, scope, rows);
	}
}

static void add_amount(const struct resource_amount *amount, enum resource_kind kind, const char *scope,
                       struct rows *rows) {
	if (amount->grade == GRADE_MISSING)
		rows_empty(rows, scope, resource_kind_names[kind], "1");
	else if (kind == RESOURCE_BRAM18)
		rows_real(rows, scope, resource_kind_names[kind], resource_units(kind, amount->count), "1");
	else
		rows_integer(rows, scope, resource_kind_names[kind], amount->count, "1");
	rows_grade(rows, estimate_grade_names[amount->grade]);
}

void rows_add_resources(const struct resource_row *resources, const char *scope, struct rows *rows) {
	for (int kind = 0; kind < RESOURCE_KIND_COUNT; kind++)
		add_amount(&resources->amounts[kind], (enum resource_kind)kind, scope, rows);
}

static void add_resources(const struct simulation *simulation, struct rows *rows) {
	const struct resource_fit *fit = &simulation->fit;
	for (int kind = 0; kind < RESOURCE_KIND_COUNT; kind++) {
		const struct resource_total *total = &fit->totals[kind];
		char name[ROW_NAME_BYTES];
		struct resource_amount amount = {total->count,
		                                 total->grade == GRADE_MISSING ? GRADE_ASSUMED : total->grade};
		add_amount(&amount, (enum resource_kind)kind, "run", rows);
		if (total->partial) rows_grade(rows, "partial");
		snprintf(name, sizeof name, "%s_usable", resource_kind_names[kind]);
		rows_real(rows, "device", name, resource_units((enum resource_kind)kind, total->usable), "1");
		snprintf(name, sizeof name, "%s_utilisation", resource_kind_names[kind]);
		if (isfinite(total->utilisation))
			rows_real(rows, "device", name, total->utilisation, "1");
		else /* the device has none of what is used: no share, and `fits` is 0 */
			rows_empty(rows, "device", name, "1");
	}
	if (fit->fits == FITS_UNKNOWN)
		rows_empty(rows, "run", "fits", "1");
	else
		rows_integer(rows, "run", "fits", fit->fits == FITS_YES, "1");
	rows_text(rows, "device", "tightest_resource", resource_kind_names[fit->worst]);
	for (int unit = 0; unit < RESOURCE_UNIT_COUNT && !simulation_is_streaming(simulation); unit++) {
		char scope[ROW_SCOPE_BYTES];
		snprintf(scope, sizeof scope, "unit:%s", resource_unit_names[unit]);
		rows_add_resources(&simulation->resources.rows[unit], scope, rows);
	}
}

void rows_add_energy(const struct energy_row *row, const char *scope, int parts, struct rows *rows) {
	rows_real(rows, scope, "power_w", row->power_w, "W");
	rows_grade(rows, estimate_grade_names[row->grade]);
	rows_real(rows, scope, "energy_uj", row->energy_uj, "uJ");
	rows_grade(rows, estimate_grade_names[row->grade]);
	rows_real(rows, scope, "energy_low_uj", row->energy_low_uj, "uJ");
	rows_real(rows, scope, "energy_high_uj", row->energy_high_uj, "uJ");
	for (size_t c = 0; parts && c < energy_column_count; c++) {
		double value;
		if (!strstr(energy_columns[c].name, "_pj")) continue;
		memcpy(&value, (const char *)row + energy_columns[c].offset, sizeof value);
		rows_real(rows, scope, energy_columns[c].name, value, energy_columns[c].unit);
	}
}

static void add_energy(const struct simulation *simulation, struct rows *rows) {
	const struct energy *energy = &simulation->energy;
	rows_add_energy(&energy->total, "run", 0, rows);
	rows_integer(rows, "run", "energy_is_partial", energy->partial ? 1 : 0, "1");
	rows_real(rows, "run", "fpga_power_w", energy->fpga.power_w, "W");
	rows_real(rows, "run", "fpga_energy_uj", energy->fpga.energy_uj, "uJ");
	int first = simulation_is_streaming(simulation) ? RESOURCE_MEMORY_CONTROLLERS : 0;
	for (int unit = first; unit < ENERGY_UNIT_COUNT; unit++) {
		char scope[ROW_SCOPE_BYTES];
		snprintf(scope, sizeof scope, "unit:%s", energy_unit_names[unit]);
		rows_add_energy(&energy->rows[unit], scope, 1, rows);
	}
}

static void add_values(const struct simulation *simulation, struct rows *rows) {
	const struct simulation_values *values = &simulation->values;
	if (!values->images) return;
	rows_integer(rows, "run", "images", values->images, "1");
	rows_integer(rows, "run", "images_on_program", values->compared, "1");
	if (values->labelled)
		rows_real(rows, "run", "top1", rows_ratio(values->correct, values->labelled), "1");
	else
		rows_empty(rows, "run", "top1", "1");
	if (simulation->trace->float_top1 >= 0)
		rows_real(rows, "run", "float_top1", simulation->trace->float_top1, "1");
}

void simulation_rows(const struct simulation *simulation, int layers, struct rows *rows) {
	add_identity(simulation, rows);
	if (simulation_is_streaming(simulation)) {
		streaming_time_rows(simulation, rows);
		add_values(simulation, rows);
		add_resources(simulation, rows);
		add_energy(simulation, rows);
		streaming_unit_rows(simulation, rows);
		return;
	}
	add_time(simulation, rows);
	add_values(simulation, rows);
	add_memory(simulation, rows);
	add_work(simulation, rows);
	add_attribution(simulation, rows);
	add_resources(simulation, rows);
	add_energy(simulation, rows);
	for (uint32_t l = 0; layers && l < simulation->result.layer_count; l++) add_layer(simulation, l, rows);
}
