/* See evaluate.h. The order of failures is that of nbsim: rules of the configuration, network, device, technology,
 * mapping, run. */
#include "explore/evaluate.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "explore/point_figures.h"
#include "explore/share.h"
#include "explore/share_stream.h"
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
	size_t share_bytes;
	struct share *share;
	struct share_stream *share_stream; /* made with the first streaming point */
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
	evaluator->share_bytes = share_bytes;
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
	share_stream_free(evaluator->share_stream);
	free(evaluator);
}

const struct evaluator_counts *evaluator_count(const struct evaluator *evaluator) {
	return &evaluator->counts;
}

static int ends_with(const char *text, const char *end) {
	size_t length = strlen(text), end_length = strlen(end);
	return length >= end_length && !strcmp(text + length - end_length, end);
}

static int has_file(const char *folder, const char *name) {
	char path[PATH_BYTES + 16];
	snprintf(path, sizeof path, "%s/%s", folder, name);
	return access(path, R_OK) == 0;
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
	options.shape_only = !has_file(folder, "net.txt") && !has_file(folder, "params.txt");
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

/* Time-shared: maps and runs, or finds it done. On STATUS_OK simulation->result has one layer and, where *is_shared,
 * belongs to the share. Of simulation->program only binary_macs is to be used. */
static enum status simulate_program(struct evaluator *evaluator, struct simulation *simulation,
                                    const struct config *config, const struct kept_trace *kept, int *is_shared,
                                    struct error *error) {
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

/* A result that is the share's, without the estimates, which the caller makes. */
static enum status take_shared(struct simulation *simulation, const struct stream_share_result *found, int *is_shared,
                               struct error *error) {
	streaming_clear(&simulation->streaming);
	simulation->streaming = found->streaming;
	*is_shared = 1;
	return found->status ? error_set(error, found->status, "%s", found->reason) : STATUS_OK;
}

static enum status run_pipeline(struct evaluator *evaluator, struct simulation *simulation,
                                const struct kept_trace *kept, int *is_shared, struct error *error) {
	struct share_stream *share = evaluator->share_stream;
	struct stream_share_result made = {.status = streaming_create(simulation, error)};
	if (!made.status && share) {
		const struct stream_share_result *found =
		    share_stream_find_pipeline(share, simulation->config.frames, &simulation->streaming.pipeline);
		if (found) {
			evaluator->counts.shared_programs++;
			share_stream_link(share, &simulation->config, kept->number, found);
			return take_shared(simulation, found, is_shared, error);
		}
	}
	if (!made.status) made.status = streaming_time(simulation, stream_run, NULL, error);
	if (made.status) snprintf(made.reason, sizeof made.reason, "%.*s", (int)sizeof made.reason - 1, error->text);
	int is_kept = !made.status || made.status == STATUS_STUCK || made.status == STATUS_UNMAPPABLE ||
	              made.status == STATUS_INPUT;
	made.streaming = simulation->streaming;
	if (share && is_kept) *is_shared = share_stream_keep(share, &simulation->config, kept->number, &made);
	return made.status;
}

/* Streaming: the same; where *is_shared all of simulation->streaming but the estimates belongs to the share. */
static enum status simulate_pipeline(struct evaluator *evaluator, struct simulation *simulation,
                                     const struct config *config, const struct kept_trace *kept, int *is_shared,
                                     struct error *error) {
	const struct stream_share_result *found = NULL;
	*is_shared = 0;
	simulation->config = *config;
	if (evaluator->share_bytes && !evaluator->share_stream)
		evaluator->share_stream = share_stream_create(evaluator->share_bytes / 4);
	if (evaluator->share_stream) found = share_stream_find_inputs(evaluator->share_stream, config, kept->number);
	if (!found) return run_pipeline(evaluator, simulation, kept, is_shared, error);
	evaluator->counts.shared_inputs++;
	return take_shared(simulation, found, is_shared, error);
}

/* Leaves what is the share's to it. */
static void forget_shared(struct simulation *simulation) {
	const struct simulation_streaming estimates = {.resources = simulation->streaming.resources,
	                                               .energy = simulation->streaming.energy};
	memset(&simulation->result, 0, sizeof simulation->result);
	simulation->streaming = estimates;
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
	status = (config->organisation == ORGANISATION_STREAMING ? simulate_pipeline : simulate_program)(
	    evaluator, &simulation, config, trace, &is_shared, error);
	if (!status) status = simulation_estimate(&simulation, error);
	if (!status) point_figures(&simulation, row);
	if (is_shared) forget_shared(&simulation);
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
