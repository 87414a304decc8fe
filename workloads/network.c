/* From the sections of network.ini to layers: types, keys and inputs checked against one table, execution order by
 * repeatedly taking the first layer (in file order) whose inputs are known. */
#include "workloads/network.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/text.h"
#include "workloads/description.h"

struct type_row {
	const char *word;
	uint32_t inputs_least, inputs_most;
	const char *keys; /* besides type and inputs; required ones end in ! */
};

static const struct type_row types[LAYER_TYPES] = {
    [LAYER_INPUT] = {"input", 0, 0,
                     "pixel! scale image_height! image_width! image_channels! image_pad image_repeat channels flat"},
    [LAYER_BINARY_CONV] = {"binary_conv", 1, 1,
                           "outputs! kernel! stride pad kernel_height stride_height pad_height pad_value bias"},
    [LAYER_FIXED_CONV] = {"fixed_conv", 1, 1,
                          "outputs! kernel! stride pad kernel_height stride_height pad_height depthwise weight_bits "
                          "bias"},
    [LAYER_BATCH_NORM] = {"batch_norm", 1, 1, "epsilon"},
    [LAYER_PRELU] = {"prelu", 1, 1, ""},
    [LAYER_SHIFT] = {"shift", 1, 1, ""},
    [LAYER_SIGN] = {"sign", 1, 1, ""},
    [LAYER_QUANTISED_ACTIVATION] = {"quantised_activation", 1, 1, "bits! levels fraction_bits unsigned"},
    [LAYER_ADD] = {"add", 2, 2, "depthwise"},
    [LAYER_AVERAGE_POOL] = {"average_pool", 1, 1, "kernel! stride!"},
    [LAYER_GLOBAL_AVERAGE_POOL] = {"global_average_pool", 1, 1, ""},
    [LAYER_MAX_POOL] = {"max_pool", 1, 1, "kernel! stride! pad kernel_height stride_height"},
    [LAYER_FULLY_CONNECTED] = {"fully_connected", 1, 1, "outputs! weight_bits bias"},
    [LAYER_TRANSPOSE] = {"transpose", 1, 1, ""},
    [LAYER_RESHAPE] = {"reshape", 1, 1, "height! width! channels!"},
};

enum { SIDE_MAX = 65536 };

struct reader {
	struct network *network;
	const struct description_section *section;
	struct error *error;
};

const char *network_type_word(enum layer_type type) {
	return types[type].word;
}

uint32_t network_find(const struct network *network, const char *name) {
	for (uint32_t i = 0; i < network->layer_count; i++)
		if (strcmp(network->layers[i].name, name) == 0) return i;
	return UINT32_MAX;
}

static enum status refuse(const struct reader *reader, const char *key, const char *value, const char *expected) {
	return error_set(reader->error, STATUS_INPUT, "%s: [%s] %s: '%.100s' is not %s", reader->network->path,
	                 reader->section->name, key, value, expected);
}

/* Refuses unknown keys, and missing ones that end in ! in the list. */
static enum status check_keys(const struct reader *reader, const char *list, const char *always) {
	char known[256], *rest = NULL, *words[24];
	size_t count = 0;
	snprintf(known, sizeof known, "%s %s", always, list);
	for (char *word = strtok_r(known, " ", &rest); word && count < 24; word = strtok_r(NULL, " ", &rest)) {
		size_t length = strlen(word);
		if (word[length - 1] == '!') {
			word[length - 1] = '\0';
			if (!description_value(reader->section, word))
				return error_set(reader->error, STATUS_INPUT, "%s: [%s]: the key %s is missing",
				                 reader->network->path, reader->section->name, word);
		}
		words[count++] = word;
	}
	for (size_t i = 0; i < reader->section->entry_count; i++) {
		const char *key = reader->section->entries[i].key;
		struct text_nearest nearest;
		text_nearest_start(&nearest, key);
		int found = 0;
		for (size_t k = 0; k < count && !found; k++) {
			found = strcmp(words[k], key) == 0;
			text_nearest_offer(&nearest, words[k]);
		}
		const char *best = text_nearest_best(&nearest);
		if (!found)
			return error_set(reader->error, STATUS_INPUT, "%s: [%s]: unknown key '%s'; %s %s",
			                 reader->network->path, reader->section->name, key,
			                 best ? "did you mean" : "known are",
			                 best      ? best
			                 : list[0] ? list
			                           : always);
	}
	return STATUS_OK;
}

static enum status number(const struct reader *reader, const char *key, uint32_t least, uint32_t most,
                          uint32_t *value) {
	const char *text = description_value(reader->section, key);
	uint64_t whole;
	if (!text) return STATUS_OK;
	char expected[64];
	snprintf(expected, sizeof expected, "a whole number from %u to %u", least, most);
	if (text_unsigned(text, &whole) != TEXT_NUMBER_OK || whole < least || whole > most)
		return refuse(reader, key, text, expected);
	*value = (uint32_t)whole;
	return STATUS_OK;
}

static enum status word(const struct reader *reader, const char *key, const char *list, uint32_t *value) {
	const char *text = description_value(reader->section, key);
	if (!text) return STATUS_OK;
	int index = text_word_index(list, text);
	char expected[128];
	snprintf(expected, sizeof expected, "one of %s", list);
	if (index < 0) return refuse(reader, key, text, expected);
	*value = (uint32_t)index;
	return STATUS_OK;
}

static enum status read_real(const struct reader *reader, const char *key, double most, double *value) {
	const char *text = description_value(reader->section, key);
	if (!text) return STATUS_OK;
	double real;
	char expected[64];
	snprintf(expected, sizeof expected, "a number above 0, up to %g", most);
	if (text_real(text, &real) != TEXT_NUMBER_OK || real <= 0 || real > most)
		return refuse(reader, key, text, expected);
	*value = real;
	return STATUS_OK;
}

static enum status read_network_section(const struct reader *reader) {
	struct network *network = reader->network;
	enum status status = check_keys(reader, "name! classes! float_top1", "");
	network->float_top1 = -1.0;
	if (!status) status = number(reader, "classes", 1, SIDE_MAX, &network->classes);
	if (!status) status = read_real(reader, "float_top1", 1.0, &network->float_top1);
	if (status) return status;
	const char *name = description_value(reader->section, "name");
	if (strlen(name) == 0 || strlen(name) >= sizeof network->name || strpbrk(name, " ,="))
		return refuse(reader, "name", name, "a name of up to 63 characters without spaces");
	strcpy(network->name, name);
	return STATUS_OK;
}

/* One pixel of all the image's values; further channels of a bipolar input are -1. */
static enum status flatten_input(const struct reader *reader, struct network_layer *layer, uint32_t channels) {
	const struct network *network = reader->network;
	const uint64_t values = (uint64_t)layer->height * layer->width * layer->channels;
	const int can_be_more = network->pixel == TRACE_PIXEL_BIPOLAR;
	if (values > SIDE_MAX)
		return error_set(reader->error, STATUS_INPUT,
		                 "%s: [input] flat: the image has %llu values, but a pixel has at most %d channels",
		                 network->path, (unsigned long long)values, SIDE_MAX);
	if (channels && (can_be_more ? channels < values : channels != values))
		return error_set(reader->error, STATUS_INPUT,
		                 "%s: [input] channels: %u, but the image has %s%llu values", network->path, channels,
		                 can_be_more ? "at least " : "", (unsigned long long)values);
	layer->height = layer->width = 1;
	layer->channels = channels ? channels : (uint32_t)values;
	return STATUS_OK;
}

static enum status read_input(const struct reader *reader, struct network_layer *layer) {
	struct network *network = reader->network;
	uint32_t pixel = 0, channels = 0;
	network->pixel_scale = 1.0;
	network->image_repeat = 1;
	enum status status = check_keys(reader, types[LAYER_INPUT].keys, "type");
	if (!status) status = word(reader, "pixel", "minus128|q7|bipolar", &pixel);
	if (!status) status = read_real(reader, "scale", 65536.0, &network->pixel_scale);
	if (!status) status = number(reader, "image_height", 1, 4096, &network->image_height);
	if (!status) status = number(reader, "image_width", 1, 4096, &network->image_width);
	if (!status) status = number(reader, "image_channels", 1, 3, &network->image_channels);
	if (!status) status = number(reader, "image_pad", 0, 1024, &network->image_pad);
	if (!status) status = number(reader, "image_repeat", 1, 3, &network->image_repeat);
	if (!status) status = number(reader, "channels", 1, SIDE_MAX, &channels);
	if (!status) status = number(reader, "flat", 0, 1, &network->is_flat);
	if (status) return status;
	network->pixel = (enum trace_pixel)pixel;
	layer->type = LAYER_INPUT;
	layer->height = network->image_height + 2 * network->image_pad;
	layer->width = network->image_width + 2 * network->image_pad;
	layer->channels = network->image_channels * network->image_repeat;
	if (network->is_flat) return flatten_input(reader, layer, channels);
	if (channels && channels != layer->channels)
		return error_set(reader->error, STATUS_INPUT,
		                 "%s: [input] channels: %u, but the image has %u x %u = %u", network->path, channels,
		                 network->image_channels, network->image_repeat, layer->channels);
	return STATUS_OK;
}

static enum status read_type(const struct reader *reader, struct network_layer *layer) {
	const char *text = description_value(reader->section, "type");
	if (!text)
		return error_set(reader->error, STATUS_INPUT, "%s: [%s]: the key type is missing",
		                 reader->network->path, reader->section->name);
	struct text_nearest nearest;
	text_nearest_start(&nearest, text);
	for (uint32_t type = LAYER_INPUT + 1; type < LAYER_TYPES; type++) {
		text_nearest_offer(&nearest, types[type].word);
		if (strcmp(types[type].word, text) == 0) layer->type = (enum layer_type)type;
	}
	const char *best = text_nearest_best(&nearest);
	if (layer->type == LAYER_INPUT)
		return error_set(reader->error, STATUS_INPUT, "%s: [%s] type: unknown layer type '%.63s'%s%s",
		                 reader->network->path, reader->section->name, text, best ? "; did you mean " : "",
		                 best ? best : "");
	return STATUS_OK;
}

/* Along the rows as along the columns, unless kernel_height is given. */
static enum status read_rows(const struct reader *reader, struct network_layer *layer) {
	static const char *const keys[] = {"stride_height", "pad_height"};
	const int is_pool = layer->type == LAYER_MAX_POOL;
	layer->kernel_height = layer->kernel;
	layer->stride_height = layer->stride;
	layer->pad_height = layer->pad;
	if (description_value(reader->section, "kernel_height")) {
		enum status status = number(reader, "kernel_height", 1, 4096, &layer->kernel_height);
		layer->stride_height = is_pool ? layer->kernel_height : 1;
		layer->pad_height = is_pool ? layer->pad : 0;
		if (!status) status = number(reader, "stride_height", 1, 4096, &layer->stride_height);
		return status ? status : number(reader, "pad_height", 0, 4095, &layer->pad_height);
	}
	for (int i = 0; i < 2; i++)
		if (description_value(reader->section, keys[i]))
			return error_set(reader->error, STATUS_INPUT, "%s: [%s] %s: needs the key kernel_height",
			                 reader->network->path, reader->section->name, keys[i]);
	return STATUS_OK;
}

static enum status read_activation(const struct reader *reader, struct network_layer *layer) {
	enum status status = number(reader, "bits", 2, 8, &layer->bits);
	if (!status) status = number(reader, "unsigned", 0, 1, &layer->is_unsigned);
	if (status) return status;
	layer->levels = 1u << layer->bits;
	layer->fraction_bits = layer->bits - 2;
	status = number(reader, "levels", 2, layer->levels, &layer->levels);
	return status ? status : number(reader, "fraction_bits", 0, 15, &layer->fraction_bits);
}

static enum status read_layer(const struct reader *reader, struct network_layer *layer) {
	uint32_t pad_value = TRACE_PAD_MASKED;
	layer->stride = 1;
	layer->epsilon = 1e-5;
	enum status status = read_type(reader, layer);
	if (!status) status = check_keys(reader, types[layer->type].keys, "type! inputs!");
	if (!status) status = number(reader, "outputs", 1, SIDE_MAX, &layer->outputs);
	if (!status) status = number(reader, "kernel", 1, 4096, &layer->kernel);
	if (!status) status = number(reader, "stride", 1, 4096, &layer->stride);
	if (!status) status = number(reader, "pad", 0, 4095, &layer->pad);
	if (!status) status = read_rows(reader, layer);
	if (!status) status = number(reader, "depthwise", 0, 1, &layer->depthwise);
	if (!status) status = number(reader, "weight_bits", 1, 16, &layer->weight_bits);
	if (!status && layer->type == LAYER_QUANTISED_ACTIVATION) status = read_activation(reader, layer);
	if (!status) status = word(reader, "pad_value", "masked|minus|plus", &pad_value);
	if (!status) status = number(reader, "bias", 0, 1, &layer->bias);
	if (!status) status = read_real(reader, "epsilon", 1.0, &layer->epsilon);
	if (!status) status = number(reader, "height", 1, 4096, &layer->height);
	if (!status) status = number(reader, "width", 1, 4096, &layer->width);
	if (!status) status = number(reader, "channels", 1, SIDE_MAX, &layer->channels);
	layer->pad_value = (enum trace_pad_value)pad_value;
	return status;
}

static enum status read_inputs(const struct reader *reader, struct network_layer *layer) {
	const char *text = description_value(reader->section, "inputs");
	char copy[4 * TRACE_NAME_BYTES], *rest = NULL;
	snprintf(copy, sizeof copy, "%s", text);
	for (char *name = strtok_r(copy, " ,", &rest); name; name = strtok_r(NULL, " ,", &rest)) {
		uint32_t found = network_find(reader->network, name);
		struct text_nearest nearest;
		text_nearest_start(&nearest, name);
		for (uint32_t i = 0; i < reader->network->layer_count; i++)
			text_nearest_offer(&nearest, reader->network->layers[i].name);
		const char *best = text_nearest_best(&nearest);
		if (found == UINT32_MAX)
			return error_set(reader->error, STATUS_INPUT, "%s: [%s] inputs: there is no layer '%.63s'%s%s",
			                 reader->network->path, reader->section->name, name,
			                 best ? "; did you mean " : "", best ? best : "");
		if (layer->input_count == types[layer->type].inputs_most) {
			layer->input_count++;
			break;
		}
		layer->inputs[layer->input_count++] = found;
	}
	if (layer->input_count < types[layer->type].inputs_least || layer->input_count > types[layer->type].inputs_most)
		return error_set(reader->error, STATUS_INPUT, "%s: [%s] inputs: '%.100s': a layer of type %s has %u",
		                 reader->network->path, reader->section->name, text, types[layer->type].word,
		                 types[layer->type].inputs_most);
	return STATUS_OK;
}

/* Execution order: layer i goes to place[i]; then inputs are renumbered. */
static enum status order(struct network *network, struct arena *arena, struct error *error) {
	uint32_t count = network->layer_count, placed = 0;
	uint32_t *place = arena_take(arena, count, sizeof *place);
	struct network_layer *ordered = arena_take(arena, count, sizeof *ordered);
	if (!place || !ordered) return error_set(error, STATUS_MEMORY, "%s: out of memory", network->path);
	for (uint32_t i = 0; i < count; i++) place[i] = UINT32_MAX;
	for (uint32_t i = 0; placed < count;) {
		const struct network_layer *layer = &network->layers[i];
		int ready = place[i] == UINT32_MAX;
		for (uint32_t k = 0; k < layer->input_count; k++) ready &= place[layer->inputs[k]] != UINT32_MAX;
		if (ready) {
			ordered[placed] = *layer;
			place[i] = placed++;
			i = 0;
		} else if (++i == count) {
			for (i = 0; place[i] != UINT32_MAX; i++) continue;
			return error_set(error, STATUS_INPUT, "%s: [%s]: its inputs depend on itself", network->path,
			                 network->layers[i].name);
		}
	}
	for (uint32_t i = 0; i < count; i++)
		for (uint32_t k = 0; k < ordered[i].input_count; k++)
			ordered[i].inputs[k] = place[ordered[i].inputs[k]];
	network->layers = ordered;
	return STATUS_OK;
}

static enum status read_sections(struct network *network, const struct description *description, struct error *error) {
	struct reader reader = {.network = network, .error = error};
	int has_network = 0, has_input = 0;
	enum status status = STATUS_OK;
	network->layer_count = 1; /* the input */
	strcpy(network->layers[0].name, "input");
	for (size_t i = 0; !status && i < description->section_count; i++) {
		reader.section = &description->sections[i];
		const char *name = reader.section->name;
		if (strcmp(name, "network") == 0) {
			has_network = 1;
			status = read_network_section(&reader);
		} else if (strcmp(name, "input") == 0) {
			has_input = 1;
			status = read_input(&reader, &network->layers[0]);
		} else if (strlen(name) >= TRACE_NAME_BYTES - 8) {
			status = error_set(error, STATUS_INPUT, "%s: [%s]: the name is longer than %d characters",
			                   network->path, name, TRACE_NAME_BYTES - 9);
		} else {
			strcpy(network->layers[network->layer_count].name, name);
			status = read_layer(&reader, &network->layers[network->layer_count]);
			network->layer_count++;
		}
	}
	uint32_t layer = 1;
	for (size_t i = 0; !status && i < description->section_count; i++) {
		reader.section = &description->sections[i];
		if (strcmp(reader.section->name, "network") == 0 || strcmp(reader.section->name, "input") == 0)
			continue;
		status = read_inputs(&reader, &network->layers[layer++]);
	}
	if (!status && (!has_network || !has_input || layer < 2))
		status =
		    error_set(error, STATUS_INPUT,
		              "%s: expected the sections [network], [input] and at least one layer", network->path);
	return status;
}

enum status network_read(struct network *network, const char *folder, const char *const *geometry,
                         size_t geometry_count, struct arena *arena, struct error *error) {
	memset(network, 0, sizeof *network);
	size_t path_bytes = strlen(folder) + sizeof "/network.ini";
	char *path = arena_take(arena, path_bytes, 1);
	if (!path) return error_set(error, STATUS_MEMORY, "%s: out of memory", folder);
	snprintf(path, path_bytes, "%s/network.ini", folder);
	network->path = path;
	struct description description;
	enum status status = description_read(&description, path, geometry, geometry_count, arena, error);
	if (status) return status;
	network->layers = arena_take(arena, description.section_count + 1, sizeof *network->layers);
	if (!network->layers) return error_set(error, STATUS_MEMORY, "%s: out of memory", path);
	status = read_sections(network, &description, error);
	if (!status) status = order(network, arena, error);
	return status;
}
