/* Line reader of net.txt. Keys that describe a folding on one board (simd, pe) are read past. */
#include "workloads/net_text.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "sim/base/text.h"

enum { TEXT_BYTES_MAX = 1 << 20, NUMBER_MAX = 65536 };

struct key_row {
	const char *key;
	size_t offset;
	int is_text;
};
#define NUMBER(member)                                                                                                 \
	{ #member, offsetof(struct net_layer, member), 0 }
#define TEXT(key, member)                                                                                              \
	{ key, offsetof(struct net_layer, member), 1 }
static const struct key_row keys[] = {NUMBER(k),
                                      NUMBER(ic),
                                      NUMBER(oc),
                                      NUMBER(ih),
                                      NUMBER(iw),
                                      NUMBER(oh),
                                      NUMBER(ow),
                                      NUMBER(stride),
                                      NUMBER(pad),
                                      NUMBER(pool),
                                      NUMBER(wbits),
                                      NUMBER(abits),
                                      NUMBER(nth),
                                      NUMBER(rows),
                                      TEXT("acc", acc),
                                      TEXT("w", weights),
                                      TEXT("t", thresholds),
                                      TEXT("s", skip),
                                      TEXT("p32", parameters),
                                      {"simd", SIZE_MAX, 0},
                                      {"pe", SIZE_MAX, 0}};

static enum status refuse_line(const struct net_text *net, unsigned line, const char *what, const char *text,
                               struct error *error) {
	return error_set(error, STATUS_INPUT, "%s:%u: '%.60s': %s", net->path, line, text, what);
}

static int number(const char *text, uint32_t *value) {
	uint64_t whole;
	if (!text || text_unsigned(text, &whole) != TEXT_NUMBER_OK || whole > NUMBER_MAX) return 0;
	*value = (uint32_t)whole;
	return 1;
}

static int copy_text(char *target, size_t target_bytes, const char *text) {
	if (!text || strlen(text) >= target_bytes || strchr(text, '/')) return 0;
	strcpy(target, text);
	return 1;
}

static enum status layer_key(const struct net_text *net, unsigned line, struct net_layer *layer, char *field,
                             struct error *error) {
	char *value = strchr(field, '=');
	if (!value) return refuse_line(net, line, "expected key=value", field, error);
	*value++ = '\0';
	struct text_nearest nearest;
	text_nearest_start(&nearest, field);
	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
		text_nearest_offer(&nearest, keys[i].key);
		if (strcmp(keys[i].key, field) != 0) continue;
		if (keys[i].offset == SIZE_MAX) return STATUS_OK;
		char *member = (char *)layer + keys[i].offset;
		size_t room = keys[i].offset == offsetof(struct net_layer, acc) ? sizeof layer->acc : NET_NAME_BYTES;
		if (keys[i].is_text ? copy_text(member, room, value) : number(value, (uint32_t *)(void *)member))
			return STATUS_OK;
		return refuse_line(net, line,
		                   keys[i].is_text ? "expected a file name of this folder" : "expected a whole number",
		                   value, error);
	}
	const char *best = text_nearest_best(&nearest);
	return error_set(error, STATUS_INPUT, "%s:%u: unknown key '%.40s'%s%s", net->path, line, field,
	                 best ? "; did you mean " : "", best ? best : "");
}

static enum status layer_line(struct net_text *net, unsigned line, char **rest, struct error *error) {
	uint32_t index;
	const char *text = strtok_r(NULL, " \t\r", rest), *kind = strtok_r(NULL, " \t\r", rest);
	if (!number(text, &index) || index != net->layer_count || index >= NET_LAYERS_MAX || !kind)
		return refuse_line(net, line, "expected the layer's number, counted from 0, and its kind",
		                   text ? text : "", error);
	struct net_layer *layer = &net->layers[net->layer_count++];
	layer->line = line;
	if (!copy_text(layer->kind, sizeof layer->kind, kind))
		return refuse_line(net, line, "unknown kind of layer", kind, error);
	enum status status = STATUS_OK;
	for (char *field; !status && (field = strtok_r(NULL, " \t\r", rest));)
		status = layer_key(net, line, layer, field, error);
	return status;
}

static enum status one_line(struct net_text *net, unsigned line, char *text, struct error *error) {
	char *rest = NULL, *word = strtok_r(text, " \t\r", &rest);
	if (!word || strcmp(word, "class") == 0) return STATUS_OK;
	if (strcmp(word, "layer") == 0) return layer_line(net, line, &rest, error);
	char *value = strtok_r(NULL, " \t\r", &rest);
	if (strcmp(word, "net") == 0 && copy_text(net->name, sizeof net->name, value)) return STATUS_OK;
	if (strcmp(word, "classes") == 0 && number(value, &net->classes)) return STATUS_OK;
	if (strcmp(word, "input") == 0 && number(value, &net->input_height)) {
		int known = number(strtok_r(NULL, " \t\r", &rest), &net->input_width) &&
		            number(strtok_r(NULL, " \t\r", &rest), &net->input_channels) &&
		            copy_text(net->input_kind, sizeof net->input_kind, strtok_r(NULL, " \t\r", &rest));
		snprintf(net->input_rule, sizeof net->input_rule, "%s", rest ? rest : "");
		if (known) return STATUS_OK;
	}
	return refuse_line(net, line, "expected one of net NAME, classes N, class, input H W C KIND, layer N KIND ...",
	                   word, error);
}

enum status net_text_read(struct net_text *net, const char *folder, struct error *error) {
	memset(net, 0, sizeof *net);
	if (strlen(folder) >= sizeof net->folder)
		return error_set(error, STATUS_IO, "%s: the path is too long", folder);
	strcpy(net->folder, folder);
	snprintf(net->path, sizeof net->path, "%s/net.txt", net->folder);
	struct file_bytes file;
	enum status status = file_bytes_read(&file, net->path, FILE_BYTES_PLAIN, TEXT_BYTES_MAX, error);
	unsigned line = 0;
	for (char *text = status ? NULL : (char *)file.data; !status && text && *text;) {
		char *next = strchr(text, '\n');
		if (next) *next++ = '\0';
		status = one_line(net, ++line, text, error);
		text = next;
	}
	file_bytes_clear(&file);
	if (!status && (!net->name[0] || !net->classes || !net->input_channels || !net->layer_count))
		status = error_set(error, STATUS_INPUT,
		                   "%s: expected the lines net, classes, input and at least one layer", net->path);
	return status;
}

enum status net_text_tensor(const struct net_text *net, const char *name, uint64_t bytes, struct file_bytes *file,
                            struct error *error) {
	char path[sizeof net->folder + NET_NAME_BYTES + 2];
	memset(file, 0, sizeof *file);
	if (!name[0]) return error_set(error, STATUS_INPUT, "%s: a layer lacks the name of a tensor file", net->path);
	snprintf(path, sizeof path, "%s/%s", net->folder, name);
	enum status status = file_bytes_read(file, path, FILE_BYTES_PLAIN, (size_t)1 << 28, error);
	if (status || file->bytes == bytes) return status;
	status = error_set(error, STATUS_INPUT, "%s: has %zu bytes, the layer's shape needs %llu", path, file->bytes,
	                   (unsigned long long)bytes);
	file_bytes_clear(file);
	return status;
}

enum status net_text_refuse(const struct net_text *net, const struct net_layer *layer, const char *reason,
                            struct error *error) {
	return error_set(error, STATUS_INPUT, "%s:%u: layer %zu: %s", net->path, (unsigned)layer->line,
	                 (size_t)(layer - net->layers), reason);
}

int32_t net_text_int32(const struct file_bytes *file, uint64_t index) {
	const uint8_t *byte = file->data + 4 * index;
	uint32_t word = (uint32_t)byte[0] | (uint32_t)byte[1] << 8 | (uint32_t)byte[2] << 16 | (uint32_t)byte[3] << 24;
	return (int32_t)word;
}
