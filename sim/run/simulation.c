/* See simulation.h; its values are in simulation_values.c. */
#include "sim/run/simulation.h"

#include <stdlib.h>
#include <string.h>

enum status simulation_create(struct simulation *simulation, const struct config *config, const struct trace *trace,
                              const struct device *device, const struct technology *technology,
                              const struct mapping *wish, struct error *error) {
	memset(simulation, 0, sizeof *simulation);
	simulation->config = *config;
	simulation->trace = trace;
	simulation->device = device;
	simulation->technology = technology;
	if (simulation_is_streaming(simulation)) {
		if (wish)
			return error_set(error, STATUS_USAGE,
			                 "a mapping file is for organisation = time_shared; a streaming machine takes "
			                 "streaming.folding");
		return streaming_create(simulation, error);
	}
	mapper_resolve_widths(&simulation->config, trace);
	return mapper_map(trace, &simulation->config, wish, &simulation->program, &simulation->mapping, error);
}

void simulation_clear(struct simulation *simulation) {
	program_clear(&simulation->program);
	mapping_clear(&simulation->mapping);
	machine_result_clear(&simulation->result);
	streaming_clear(&simulation->streaming);
	free(simulation->values.scores);
	memset(simulation, 0, sizeof *simulation);
}

static enum status time_with_memory(const struct simulation *simulation, uint32_t kind, uint32_t bytes_per_cycle,
                                    uint64_t *total_cycles, struct error *error) {
	struct config config = simulation->config;
	struct machine_result result;
	config.dram_kind = kind;
	config.dram_fixed_bytes_per_cycle = bytes_per_cycle;
	if (simulation->config.dram_kind == DRAM_DDR4) { /* a row miss as the latency */
		uint64_t latency = config_cycles_up(&config, config.dram_trp_ps) +
		                   config_cycles_up(&config, config.dram_trcd_ps) +
		                   config_cycles_up(&config, config.dram_cl_ps);
		config.dram_fixed_latency_cycles = (uint32_t)latency;
	}
	enum status status = native_run(&config, &simulation->program, NULL, &result, error);
	if (status) return status;
	*total_cycles = result.total_cycles;
	machine_result_clear(&result);
	return STATUS_OK;
}

/* The least bytes a cycle with which a run with unlimited bandwidth is met within 0.1 %, by bisection; 0 when a whole
 * beat a cycle is not enough. */
static enum status find_sufficient(struct simulation *simulation, struct error *error) {
	uint32_t low = 1, high = simulation->config.dma_axi_bytes;
	uint64_t limit_cycles = simulation->unlimited_cycles + simulation->unlimited_cycles / 1000, cycles;
	enum status status = time_with_memory(simulation, DRAM_FIXED, high, &cycles, error);
	if (status || cycles > limit_cycles) return status;
	while (low < high) {
		uint32_t middle = (low + high) / 2;
		status = time_with_memory(simulation, DRAM_FIXED, middle, &cycles, error);
		if (status) return status;
		if (cycles <= limit_cycles)
			high = middle;
		else
			low = middle + 1;
	}
	simulation->sufficient_bytes_per_cycle = high;
	return STATUS_OK;
}

static void add_activity(const struct simulation *simulation, struct energy_activity *activity) {
	const struct machine_result *result = &simulation->result;
	activity->total_cycles = result->total_cycles;
	activity->frames = result->frame_count;
	activity->binary_valid_bits = simulation->program.binary_macs * result->frame_count;
	for (uint32_t l = 0; l < result->layer_count; l++) {
		const struct layer_counters *layer = &result->layers[l];
		for (int row = 0; row < ATTRIBUTION_ROWS; row++)
			activity->busy_cycles[row] +=
			    layer->cycles[row][STATE_BUSY] + layer->cycles[row][STATE_FILL_DRAIN];
		activity->binary_issued_bits += layer->binary_issued;
		activity->fixed_issued_macs += layer->fixed_issued;
		activity->post_issued_values += layer->post_issued;
		for (int b = 0; b < BUFFER_COUNT; b++) {
			activity->buffer_reads[b] += layer->buffer_reads[b];
			activity->buffer_writes[b] += layer->buffer_writes[b];
		}
		activity->ddr_read_bytes += layer->ddr_read_bytes;
		activity->ddr_write_bytes += layer->ddr_write_bytes;
	}
	for (uint32_t c = 0; c < simulation->config.dram_channels; c++) {
		activity->row_activations += result->channels[c].row_opens + result->channels[c].row_conflicts;
		activity->refreshes += result->channels[c].refreshes;
	}
}

enum status simulation_bandwidth(struct simulation *simulation, struct error *error) {
	if (simulation_is_streaming(simulation)) return streaming_unbounded(simulation, error);
	enum status status = time_with_memory(simulation, DRAM_UNLIMITED, 1, &simulation->unlimited_cycles, error);
	return status ? status : find_sufficient(simulation, error);
}

enum status simulation_estimate(struct simulation *simulation, struct error *error) {
	struct energy_activity activity = {0};
	if (simulation_is_streaming(simulation)) return streaming_estimate(simulation, error);
	add_activity(simulation, &activity);
	estimate_resources(&simulation->config, simulation->device, &simulation->resources);
	estimate_fit(&simulation->resources, simulation->device, &simulation->fit);
	return estimate_energy(&simulation->config, &simulation->resources, simulation->technology, simulation->device,
	                       &activity, &simulation->energy, error);
}

enum status simulation_time(struct simulation *simulation, simulation_kernel *kernel,
                            const struct native_options *options, struct error *error) {
	if (simulation_is_streaming(simulation)) {
		const struct stream_options stream = {.shuffle_seed = options ? options->shuffle_seed : 0,
		                                      .stop = options ? options->stop : NULL};
		return streaming_time(simulation, stream_run, &stream, error);
	}
	machine_result_clear(&simulation->result);
	return kernel(&simulation->config, &simulation->program, options, &simulation->result, error);
}

enum status simulation_time_streaming(struct simulation *simulation, stream_kernel *kernel,
                                      const struct stream_options *options, struct error *error) {
	return streaming_time(simulation, kernel, options, error);
}

/* Derived figures. */

uint64_t simulation_latency_cycles(const struct simulation *simulation) {
	const struct machine_result *result = &simulation->result;
	if (simulation_is_streaming(simulation)) return simulation->streaming.latency_cycles;
	return result->frame_count ? result->frame_end_cycle[0] + 1 - result->preamble_cycles : 0;
}

double simulation_period_cycles(const struct simulation *simulation, int *is_single_frame) {
	const struct machine_result *result = &simulation->result;
	*is_single_frame = 0;
	if (simulation_is_streaming(simulation)) return stream_steady_cycles(&simulation->streaming.steady);
	*is_single_frame = result->frame_count < 2;
	if (*is_single_frame) return (double)simulation_latency_cycles(simulation);
	uint64_t span = result->frame_end_cycle[result->frame_count - 1] - result->frame_end_cycle[0];
	return (double)span / (double)(result->frame_count - 1);
}

/* "4,8,16-64": is the value in the list? */
static int is_proven(const char *list, uint32_t value) {
	while (*list) {
		char *end;
		unsigned long low = strtoul(list, &end, 10), high = low;
		if (end == list) return 0;
		if (*end == '-') high = strtoul(end + 1, &end, 10);
		if (value >= low && value <= high) return 1;
		list = *end == ',' ? end + 1 : end;
	}
	return 0;
}

/* Sections of both organisations; [streaming] is of one of them, all others are of the other. */
static int concerns(const struct config_parameter *parameter, int is_streaming) {
	static const char *const common[] = {"machine", "run", "compile"};
	for (size_t i = 0; i < sizeof common / sizeof common[0]; i++)
		if (!strcmp(parameter->section, common[i])) return 1;
	return is_streaming == !strcmp(parameter->section, "streaming");
}

/* [streaming] texts (folding, depths) have no range: they are covered by the random pipelines. */
const char *simulation_exactness(const struct simulation *simulation) {
	for (size_t i = 0; i < config_parameter_count; i++) {
		const struct config_parameter *parameter = &config_parameters[i];
		if (parameter->timing == TIMING_NONE || parameter->type == CONFIG_TEXT) continue;
		if (!concerns(parameter, simulation_is_streaming(simulation))) continue;
		uint32_t value;
		memcpy(&value, (const char *)&simulation->config + parameter->offset, sizeof value);
		if (!is_proven(parameter->proven, value)) return "model";
	}
	return "rtl";
}
