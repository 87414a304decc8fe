/* See evaluate.h. The order of failures is that of nbsim: rules of the configuration, network, device, technology,
 * mapping, run. */
#include "explore/evaluate.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "explore/share.h"
#include "sim/base/shipped.h"
#include "workloads/compile.h"

enum { TRACES_KEPT = 64, NAMED_KEPT = 32, PATH_BYTES = 4096 };

struct kept_trace {
	int used;
	uint64_t last_use;
	uint64_t number; /* of this network in this process: each compilation has another */
	uint64_t hash;
	struct config key; /* only workload, seed and compile_* */
	struct trace trace;
	enum status status;
	struct error error;
};

struct kept_device {
	char name[CONFIG_TEXT_BYTES];
	struct device device;
	enum status status;
	struct error error;
};

struct kept_technology {
	char name[CONFIG_TEXT_BYTES];
	struct technology technology;
	enum status status;
	struct error error;
};

struct evaluator {
	const struct sweep *sweep;
	struct share *share;
	struct kept_trace traces[TRACES_KEPT];
	struct kept_device devices[NAMED_KEPT];
	struct kept_technology technologies[NAMED_KEPT];
	uint32_t device_count, technology_count;
	uint64_t uses;
	struct technology scaled;
	int has_factors;
	struct evaluator_counts counts;
};

struct evaluator *evaluator_create(const struct sweep *sweep, size_t share_bytes) {
	struct evaluator *evaluator = calloc(1, sizeof *evaluator);
	if (!evaluator) return NULL;
	evaluator->sweep = sweep;
	for (uint32_t a = 0; a < sweep->axis_count; a++)
		if (!sweep->axes[a].parameter) evaluator->has_factors = 1;
	if (share_bytes && !(evaluator->share = share_create(share_bytes))) {
		free(evaluator);
		return NULL;
	}
	return evaluator;
}

void evaluator_free(struct evaluator *evaluator) {
	if (!evaluator) return;
	for (int i = 0; i < TRACES_KEPT; i++) trace_clear(&evaluator->traces[i].trace);
	share_free(evaluator->share);
	free(evaluator);
}

const struct evaluator_counts *evaluator_count(const struct evaluator *evaluator) {
	return &evaluator->counts;
}

static int ends_with(const char *text, const char *end) {
	size_t length = strlen(text), end_length = strlen(end);
	return length >= end_length && !strcmp(text + length - end_length, end);
}

enum status evaluator_compile(const struct config *config, struct trace *trace, struct error *error) {
	static const char shipped[] = "workloads/networks/";
	char folder[PATH_BYTES];
	const char *name = config->workload;
	if (ends_with(name, ".nbt")) return trace_read(trace, name, error);
	enum status status = compile_find_network(name, folder, sizeof folder, error);
	if (status && !strncmp(name, shipped, sizeof shipped - 1))
		status = compile_find_network(name + sizeof shipped - 1, folder, sizeof folder, error);
	if (status) return status;
	struct compile_options options = {.network = folder, .config = config, .seed = config->seed};
	return compile_network(&options, trace, NULL, error);
}

static void hash_bytes(uint64_t *hash, const void *bytes, size_t count) {
	const unsigned char *at = bytes;
	for (size_t i = 0; i < count; i++) *hash = (*hash ^ at[i]) * UINT64_C(0x100000001b3);
}

/* From a member to the end of its struct, which holds 32-bit words alone behind its names. */
#define HASH_TAIL(hash, record, member)                                                                                \
	hash_bytes(hash, (const char *)(record) + offsetof(__typeof__(*(record)), member),                             \
	           sizeof *(record)-offsetof(__typeof__(*(record)), member))

uint64_t evaluator_network_hash(const struct trace *trace) {
	uint64_t hash = UINT64_C(0xcbf29ce484222325);
	const uint32_t words[] = {trace->classes,      trace->input_map,   trace->scores_map,     trace->pixel,
	                          trace->image_height, trace->image_width, trace->image_channels, trace->image_pad,
	                          trace->image_repeat, trace->has_values};
	hash_bytes(&hash, trace->name, strlen(trace->name) + 1);
	hash_bytes(&hash, words, sizeof words);
	for (uint32_t i = 0; i < trace->map_count; i++) HASH_TAIL(&hash, &trace->maps[i], kind);
	for (uint32_t i = 0; i < trace->layer_count; i++) {
		hash_bytes(&hash, trace->layers[i].name, strlen(trace->layers[i].name) + 1);
		HASH_TAIL(&hash, &trace->layers[i], main);
	}
	for (uint32_t i = 0; i < trace->tensor_count; i++) {
		const struct trace_tensor *tensor = &trace->tensors[i];
		const uint32_t shape[] = {tensor->type, tensor->rows, tensor->columns};
		hash_bytes(&hash, shape, sizeof shape);
		if (tensor->data) hash_bytes(&hash, tensor->data, tensor->bytes);
	}
	return hash & INT64_MAX;
}

/* What a compiled network depends on. */
static void trace_key(const struct config *config, struct config *key) {
	memset(key, 0, sizeof *key);
	memcpy(key->workload, config->workload, sizeof key->workload);
	key->seed = config->seed;
	key->compile_skip_weight_bits = config->compile_skip_weight_bits;
	key->compile_stem_weight_bits = config->compile_stem_weight_bits;
	key->compile_head_weight_bits = config->compile_head_weight_bits;
	key->compile_map_bits = config->compile_map_bits;
	key->compile_map_fraction_bits = config->compile_map_fraction_bits;
	key->compile_parameter_bits = config->compile_parameter_bits;
}

static void drop_values(struct trace *trace) {
	for (uint32_t t = 0; t < trace->tensor_count; t++) {
		free(trace->tensors[t].data);
		trace->tensors[t].data = NULL;
	}
	trace->has_values = 0;
}

static struct kept_trace *find_trace(struct evaluator *evaluator, const struct config *config) {
	struct config key;
	struct kept_trace *oldest = &evaluator->traces[0];
	trace_key(config, &key);
	for (int i = 0; i < TRACES_KEPT; i++) {
		struct kept_trace *kept = &evaluator->traces[i];
		if (kept->used && !memcmp(&kept->key, &key, sizeof key)) {
			kept->last_use = ++evaluator->uses;
			return kept;
		}
		if (kept->last_use < oldest->last_use) oldest = kept;
	}
	trace_clear(&oldest->trace);
	memset(oldest, 0, sizeof *oldest);
	oldest->used = 1;
	oldest->key = key;
	oldest->last_use = ++evaluator->uses;
	oldest->status = evaluator_compile(config, &oldest->trace, &oldest->error);
	evaluator->counts.compiled++;
	oldest->number = evaluator->counts.compiled;
	if (!oldest->status) oldest->hash = evaluator_network_hash(&oldest->trace);
	if (!oldest->status) drop_values(&oldest->trace);
	return oldest;
}

static enum status find_named(const char *folder, const char *name, char *path, struct error *error) {
	char file[CONFIG_TEXT_BYTES + 8];
	int is_path = strchr(name, '/') || ends_with(name, ".ini");
	snprintf(file, sizeof file, "%s%s", name, is_path ? "" : ".ini");
	return shipped_find(folder, file, path, PATH_BYTES, error);
}

static enum status read_device(const char *name, struct device *device, struct error *error) {
	char path[PATH_BYTES];
	memset(device, 0, sizeof *device);
	enum status status = find_named("configs/devices", name, path, error);
	return status ? status : device_read(device, path, error);
}

static enum status read_technology(const char *name, struct technology *technology, struct error *error) {
	char path[PATH_BYTES];
	memset(technology, 0, sizeof *technology);
	enum status status = find_named("configs/tech", name, path, error);
	return status ? status : technology_read(technology, path, error);
}

static struct kept_device *find_device(struct evaluator *evaluator, const char *name) {
	for (uint32_t i = 0; i < evaluator->device_count; i++)
		if (!strcmp(evaluator->devices[i].name, name)) return &evaluator->devices[i];
	if (evaluator->device_count == NAMED_KEPT) evaluator->device_count = 0; /* more than any sweep names */
	struct kept_device *kept = &evaluator->devices[evaluator->device_count++];
	snprintf(kept->name, sizeof kept->name, "%s", name);
	kept->status = read_device(name, &kept->device, &kept->error);
	return kept;
}

static struct kept_technology *find_technology(struct evaluator *evaluator, const char *name) {
	for (uint32_t i = 0; i < evaluator->technology_count; i++)
		if (!strcmp(evaluator->technologies[i].name, name)) return &evaluator->technologies[i];
	if (evaluator->technology_count == NAMED_KEPT) evaluator->technology_count = 0;
	struct kept_technology *kept = &evaluator->technologies[evaluator->technology_count++];
	snprintf(kept->name, sizeof kept->name, "%s", name);
	kept->status = read_technology(name, &kept->technology, &kept->error);
	return kept;
}

static enum point_status point_status_of(enum status status) {
	switch (status) {
	case STATUS_OK: return POINT_OK;
	case STATUS_UNMAPPABLE: return POINT_UNMAPPABLE;
	case STATUS_STUCK: return POINT_STUCK;
	case STATUS_INPUT:
	case STATUS_USAGE:
	case STATUS_IO: return POINT_INVALID;
	default: return POINT_FAILED;
	}
}

static void fail(struct point_row *row, enum status status, const char *reason) {
	row->status = point_status_of(status);
	snprintf(row->reason, sizeof row->reason, "%.*s", (int)sizeof row->reason - 1, reason);
}

/* The program of a machine: a kept one, or mapped now. *program is the evaluator's or simulation->program. */
static enum status find_program(struct evaluator *evaluator, struct simulation *simulation, const struct config *config,
                                const struct kept_trace *kept, const struct program **program, struct error *error) {
	struct share *share = evaluator->share;
	*program = share ? share_find_map(share, config, kept->number) : NULL;
	if (*program) {
		evaluator->counts.shared_maps++;
		return STATUS_OK;
	}
	enum status status = mapper_map(&kept->trace, config, NULL, &simulation->program, &simulation->mapping, error);
	if (!status && share) *program = share_keep_map(share, config, kept->number, &simulation->program);
	if (!*program) *program = &simulation->program;
	return status;
}

/* Takes what came out of a run into the simulation, and keeps what may be kept of it. */
static enum status take_result(struct share *share, struct simulation *simulation, const struct kept_trace *kept,
                               const struct program *program, struct share_result *made, struct error *error) {
	if (made->status)
		snprintf(made->reason, sizeof made->reason, "%.*s", (int)sizeof made->reason - 1, error->text);
	int is_kept = share && (!made->status || made->status == STATUS_UNMAPPABLE || made->status == STATUS_STUCK);
	if (is_kept) share_keep_inputs(share, &simulation->config, kept->number, made);
	if (is_kept && made->status != STATUS_UNMAPPABLE) share_keep_program(share, &simulation->config, program, made);
	simulation->result = made->machine;
	return made->status;
}

/* Maps and runs, or finds it done. On STATUS_OK simulation->result has one layer and, where *is_shared, belongs to the
 * share. Of simulation->program only binary_macs is to be used. */
static enum status simulate(struct evaluator *evaluator, struct simulation *simulation, const struct config *config,
                            const struct kept_trace *kept, int *is_shared, struct error *error) {
	struct share *share = evaluator->share;
	const struct share_result *found = NULL;
	const struct program *program = NULL;
	struct share_result made = {STATUS_OK, "", {0}, 0};
	*is_shared = 1;
	simulation->config = *config;
	mapper_resolve_widths(&simulation->config, &kept->trace);
	if (share) found = share_find_inputs(share, &simulation->config, kept->number);
	if (found) {
		evaluator->counts.shared_inputs++;
	} else {
		made.status = find_program(evaluator, simulation, &simulation->config, kept, &program, error);
		if (!made.status && share) found = share_find_program(share, &simulation->config, program);
		if (found) evaluator->counts.shared_programs++;
	}
	if (!found) {
		*is_shared = 0;
		made.binary_macs = program->binary_macs;
		if (!made.status) made.status = native_run(&simulation->config, program, NULL, &made.machine, error);
		if (!made.status) share_sum_layers(&made.machine);
		simulation->program.binary_macs = made.binary_macs;
		return take_result(share, simulation, kept, program, &made, error);
	}
	simulation->result = found->machine;
	simulation->program.binary_macs = found->binary_macs;
	if (found->status) return error_set(error, found->status, "%s", found->reason);
	return STATUS_OK;
}

static void put_word(char *to, const char *word) {
	snprintf(to, POINT_WORD_BYTES, "%s", word);
}

/* The unit that works the longest, and how long it waits for memory. */
static void put_limit(const struct simulation *simulation, struct point_row *row) {
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

static void put_time(const struct simulation *simulation, struct point_row *row) {
	int is_single;
	double clock_khz = simulation->config.clock_khz;
	double period = simulation_period_cycles(simulation, &is_single);
	row->latency_cycles = simulation_latency_cycles(simulation);
	row->total_cycles = simulation->result.total_cycles;
	row->ddr_bytes = simulation->result.layers[0].ddr_read_bytes + simulation->result.layers[0].ddr_write_bytes;
	row->clock_mhz = clock_khz / 1000;
	row->latency_ms = (double)row->latency_cycles / clock_khz;
	row->frames_per_s = period > 0 ? 1000 * clock_khz / period : 0;
	put_word(row->exactness, simulation_exactness(simulation));
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
	row->worst_utilisation = totals[simulation->fit.worst].utilisation;
	row->slr_share = simulation->fit.slr_share;
	row->power_w = total->power_w;
	row->fpga_power_w = simulation->energy.fpga.power_w;
	row->energy_uj = total->energy_uj;
	row->energy_low_uj = total->energy_low_uj;
	row->energy_high_uj = total->energy_high_uj;
	row->power_partial = simulation->energy.partial ? 1 : 0;
	put_word(row->power_grade, estimate_grade_names[total->grade]);
}

static const struct technology *scaled_technology(struct evaluator *evaluator, uint64_t point,
                                                  const struct technology *technology) {
	if (!evaluator->has_factors) return technology;
	evaluator->scaled = *technology;
	sweep_scale_technology(evaluator->sweep, point, &evaluator->scaled);
	return &evaluator->scaled;
}

/* What a configuration names: compiled network, device, technology. */
static enum status find_inputs(struct evaluator *evaluator, uint64_t point, const struct config *config,
                               struct simulation *simulation, const struct kept_trace **trace, struct error *error) {
	enum status status = config_check(config, "configuration", error);
	*trace = NULL;
	if (status) return status;
	const struct kept_trace *kept = find_trace(evaluator, config);
	if (kept->status) return error_set(error, kept->status, "%s", kept->error.text);
	*trace = kept;
	const struct kept_device *device = find_device(evaluator, config->device);
	if (device->status) return error_set(error, device->status, "%s", device->error.text);
	const struct kept_technology *technology = find_technology(evaluator, config->technology);
	if (technology->status) return error_set(error, technology->status, "%s", technology->error.text);
	simulation->trace = &kept->trace;
	simulation->device = &device->device;
	simulation->technology = scaled_technology(evaluator, point, &technology->technology);
	return STATUS_OK;
}

static enum status evaluate(struct evaluator *evaluator, uint64_t point, const struct config *config,
                            struct point_row *row, struct error *error) {
	const struct kept_trace *trace;
	struct simulation simulation;
	int is_shared;
	memset(&simulation, 0, sizeof simulation);
	enum status status = find_inputs(evaluator, point, config, &simulation, &trace, error);
	if (trace) {
		row->has_network = 1;
		row->network = trace->hash;
	}
	if (status) return status;
	status = simulate(evaluator, &simulation, config, trace, &is_shared, error);
	if (!status) status = simulation_estimate(&simulation, error);
	if (!status) {
		put_time(&simulation, row);
		put_limit(&simulation, row);
		put_estimates(&simulation, row);
	}
	if (is_shared) memset(&simulation.result, 0, sizeof simulation.result);
	simulation_clear(&simulation);
	return status;
}

enum status evaluator_inputs(struct evaluator *evaluator, uint64_t point, const struct config *config,
                             struct simulation *simulation, struct error *error) {
	const struct kept_trace *trace;
	memset(simulation, 0, sizeof *simulation);
	return find_inputs(evaluator, point, config, simulation, &trace, error);
}

enum status evaluator_simulate(struct evaluator *evaluator, uint64_t point, const struct config *config,
                               struct simulation *simulation, struct error *error) {
	struct simulation inputs;
	memset(simulation, 0, sizeof *simulation);
	enum status status = evaluator_inputs(evaluator, point, config, &inputs, error);
	if (!status)
		status =
		    simulation_create(simulation, config, inputs.trace, inputs.device, inputs.technology, NULL, error);
	if (!status) status = simulation_time(simulation, native_run, NULL, error);
	if (!status) status = simulation_bandwidth(simulation, error);
	if (!status) status = simulation_estimate(simulation, error);
	if (status) simulation_clear(simulation);
	return status;
}

void evaluator_config(struct evaluator *evaluator, uint64_t point, const struct config *config, struct point_row *row) {
	struct error error = {""};
	memset(row, 0, sizeof *row);
	row->point = point;
	evaluator->counts.points++;
	enum status status = evaluate(evaluator, point, config, row, &error);
	if (status) fail(row, status, error.text);
}

void evaluator_point(struct evaluator *evaluator, uint64_t point, struct point_row *row) {
	struct config config;
	struct error error = {""};
	enum status status = sweep_configure(evaluator->sweep, point, &config, &error);
	if (!status) {
		evaluator_config(evaluator, point, &config, row);
		return;
	}
	memset(row, 0, sizeof *row);
	row->point = point;
	evaluator->counts.points++;
	fail(row, status, error.text);
}

/* Fingerprint. */

enum dependency { DEPENDS_DEVICE, DEPENDS_TECHNOLOGY, DEPENDS_NETWORK };

static enum status add_dependency(const struct sweep *sweep, enum dependency dependency, const char *name,
                                  uint64_t *hash, struct error *error) {
	enum status status;
	hash_bytes(hash, name, strlen(name) + 1);
	if (dependency == DEPENDS_DEVICE) {
		struct device device;
		status = read_device(name, &device, error);
		hash_bytes(hash, &device, sizeof device);
	} else if (dependency == DEPENDS_TECHNOLOGY) {
		struct technology technology;
		status = read_technology(name, &technology, error);
		hash_bytes(hash, &technology, sizeof technology);
	} else {
		struct trace trace;
		struct config config = sweep->base;
		memset(config.workload, 0, sizeof config.workload);
		snprintf(config.workload, sizeof config.workload, "%s", name);
		memset(&trace, 0, sizeof trace);
		status = evaluator_compile(&config, &trace, error);
		uint64_t network = status ? 0 : evaluator_network_hash(&trace);
		hash_bytes(hash, &network, sizeof network);
		trace_clear(&trace);
	}
	return status;
}

enum status evaluator_fingerprint(const struct sweep *sweep, uint64_t *fingerprint, struct error *error) {
	static const char *const names[] = {"machine.device", "machine.technology", "run.workload"};
	const char *const bases[] = {sweep->base.device, sweep->base.technology, sweep->base.workload};
	enum status status = STATUS_OK;
	*fingerprint = UINT64_C(0xcbf29ce484222325);
	for (int i = 0; !status && i < 3; i++) {
		int axis = sweep_axis_index(sweep, names[i]);
		if (axis < 0) status = add_dependency(sweep, (enum dependency)i, bases[i], fingerprint, error);
		for (uint32_t v = 0; !status && axis >= 0 && v < sweep->axes[axis].count; v++)
			status = add_dependency(sweep, (enum dependency)i, sweep->axes[axis].values[v].text,
			                        fingerprint, error);
	}
	return status;
}
