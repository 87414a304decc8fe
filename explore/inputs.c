/* See inputs.h. Least recently used networks make room; of devices and technologies there are fewer than places. */
#include "explore/inputs.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/shipped.h"
#include "workloads/workload.h"

enum { TRACES_KEPT = 64, NAMED_KEPT = 32, PATH_BYTES = 4096 };

struct kept_trace {
	uint64_t last_use; /* 0: none is kept here */
	struct inputs_network network;
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

struct inputs {
	const struct sweep *sweep;
	struct kept_trace traces[TRACES_KEPT];
	struct kept_device devices[NAMED_KEPT];
	struct kept_technology technologies[NAMED_KEPT];
	uint32_t device_count, technology_count;
	uint64_t uses, compiled;
	struct technology scaled;
	int has_factors;
};

struct inputs *inputs_create(const struct sweep *sweep) {
	struct inputs *inputs = calloc(1, sizeof *inputs);
	if (!inputs) return NULL;
	inputs->sweep = sweep;
	for (uint32_t a = 0; a < sweep->axis_count; a++)
		if (!sweep->axes[a].parameter) inputs->has_factors = 1;
	return inputs;
}

void inputs_free(struct inputs *inputs) {
	if (!inputs) return;
	for (int i = 0; i < TRACES_KEPT; i++) trace_clear(&inputs->traces[i].trace);
	free(inputs);
}

uint64_t inputs_compiled(const struct inputs *inputs) {
	return inputs->compiled;
}

static void hash_bytes(uint64_t *hash, const void *bytes, size_t count) {
	const unsigned char *at = bytes;
	for (size_t i = 0; i < count; i++) *hash = (*hash ^ at[i]) * UINT64_C(0x100000001b3);
}

/* From a member to the end of its struct, which holds 32-bit words alone behind its names. */
#define HASH_TAIL(hash, record, member)                                                                                \
	hash_bytes(hash, (const char *)(record) + offsetof(__typeof__(*(record)), member),                             \
	           sizeof *(record)-offsetof(__typeof__(*(record)), member))

uint64_t inputs_network_hash(const struct trace *trace) {
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

static struct kept_trace *find_trace(struct inputs *inputs, const struct config *config) {
	struct config key;
	struct kept_trace *oldest = &inputs->traces[0];
	trace_key(config, &key);
	for (int i = 0; i < TRACES_KEPT; i++) {
		struct kept_trace *kept = &inputs->traces[i];
		if (kept->last_use && !memcmp(&kept->key, &key, sizeof key)) {
			kept->last_use = ++inputs->uses;
			return kept;
		}
		if (kept->last_use < oldest->last_use) oldest = kept;
	}
	trace_clear(&oldest->trace);
	memset(oldest, 0, sizeof *oldest);
	oldest->key = key;
	oldest->last_use = ++inputs->uses;
	oldest->status = workload_load(config->workload, config, &oldest->trace, &oldest->error);
	inputs->compiled++;
	if (oldest->status) return oldest;
	oldest->network.number = inputs->compiled;
	oldest->network.hash = inputs_network_hash(&oldest->trace);
	drop_values(&oldest->trace);
	return oldest;
}

static enum status find_named(const char *folder, const char *name, char *path, struct error *error) {
	char file[CONFIG_TEXT_BYTES + 8];
	size_t length = strlen(name);
	int is_path = strchr(name, '/') || (length >= 4 && !strcmp(name + length - 4, ".ini"));
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

static struct kept_device *find_device(struct inputs *inputs, const char *name) {
	for (uint32_t i = 0; i < inputs->device_count; i++)
		if (!strcmp(inputs->devices[i].name, name)) return &inputs->devices[i];
	if (inputs->device_count == NAMED_KEPT) inputs->device_count = 0; /* more than any sweep names */
	struct kept_device *kept = &inputs->devices[inputs->device_count++];
	snprintf(kept->name, sizeof kept->name, "%s", name);
	kept->status = read_device(name, &kept->device, &kept->error);
	return kept;
}

static struct kept_technology *find_technology(struct inputs *inputs, const char *name) {
	for (uint32_t i = 0; i < inputs->technology_count; i++)
		if (!strcmp(inputs->technologies[i].name, name)) return &inputs->technologies[i];
	if (inputs->technology_count == NAMED_KEPT) inputs->technology_count = 0;
	struct kept_technology *kept = &inputs->technologies[inputs->technology_count++];
	snprintf(kept->name, sizeof kept->name, "%s", name);
	kept->status = read_technology(name, &kept->technology, &kept->error);
	return kept;
}

static const struct technology *scaled_technology(struct inputs *inputs, uint64_t point,
                                                  const struct technology *technology) {
	if (!inputs->has_factors) return technology;
	inputs->scaled = *technology;
	sweep_scale_technology(inputs->sweep, point, &inputs->scaled);
	return &inputs->scaled;
}

enum status inputs_find(struct inputs *inputs, uint64_t point, const struct config *config,
                        struct simulation *simulation, struct inputs_network *network, struct error *error) {
	memset(network, 0, sizeof *network);
	enum status status = config_check(config, "configuration", error);
	if (status) return status;
	const struct kept_trace *kept = find_trace(inputs, config);
	if (kept->status) return error_set(error, kept->status, "%s", kept->error.text);
	*network = kept->network;
	const struct kept_device *device = find_device(inputs, config->device);
	if (device->status) return error_set(error, device->status, "%s", device->error.text);
	const struct kept_technology *technology = find_technology(inputs, config->technology);
	if (technology->status) return error_set(error, technology->status, "%s", technology->error.text);
	simulation->trace = &kept->trace;
	simulation->device = &device->device;
	simulation->technology = scaled_technology(inputs, point, &technology->technology);
	return STATUS_OK;
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
		status = workload_load(name, &sweep->base, &trace, error);
		uint64_t network = status ? 0 : inputs_network_hash(&trace);
		hash_bytes(hash, &network, sizeof network);
		trace_clear(&trace);
	}
	return status;
}

enum status inputs_fingerprint(const struct sweep *sweep, uint64_t *fingerprint, struct error *error) {
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
