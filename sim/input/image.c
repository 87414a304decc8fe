/* See image.h. Formats: the binary version of CIFAR-10 (A. Krizhevsky) and the idx files of MNIST (Y. LeCun). A file is
 * kept whole in memory: 31 MB for the 10,000 images of a CIFAR-10 test set. Left out: idx files of other element types
 * or numbers of dimensions, and the two-label records of CIFAR-100. */
#include "sim/input/image.h"

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/input/file_bytes.h"

enum {
	CIFAR_SIDE = 32,
	CIFAR_CHANNELS = 3,
	CIFAR_RECORD_BYTES = 1 + CIFAR_CHANNELS * CIFAR_SIDE * CIFAR_SIDE,
	IDX_IMAGES_MAGIC = 0x00000803,
	IDX_LABELS_MAGIC = 0x00000801,
	IDX_IMAGES_HEADER_BYTES = 16,
	IDX_LABELS_HEADER_BYTES = 8,
	SIDE_MAX = 4096,
	FILE_BYTES_MAX = 1 << 30
};

struct image_set {
	char *path;
	uint32_t count, height, width, channels;
	const uint8_t *first_pixels, *first_label; /* first_label NULL: no labels */
	size_t image_stride_bytes, label_stride_bytes;
	struct file_bytes images, labels;
};

static uint32_t big_endian(const uint8_t *bytes) {
	return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

/* Replaces the last `from` in the file name part of `path` by `to` of the same length; false where there is none. */
static bool replace_last(char *path, const char *from, const char *to) {
	char *found = NULL, *name = strrchr(path, '/');
	for (char *at = strstr(name ? name : path, from); at; at = strstr(at + 1, from)) found = at;
	if (found) memcpy(found, to, strlen(from));
	return found;
}

/* Name of the label file that exists beside the images, packed or not, from malloc; NULL where there is none. */
static enum status labels_path(char **labels, const char *path, struct error *error) {
	const size_t length = strlen(path);
	char *name = malloc(length + 4);
	*labels = NULL;
	if (!name) return error_set(error, STATUS_MEMORY, "%s: out of memory", path);
	memcpy(name, path, length + 1);
	if (replace_last(name, "images", "labels")) {
		replace_last(name, "idx3", "idx1");
		if (access(name, F_OK) == 0) {
			*labels = name;
			return STATUS_OK;
		}
		if (length > 3 && strcmp(name + length - 3, ".gz") == 0)
			name[length - 3] = 0;
		else
			memcpy(name + length, ".gz", 4);
		if (access(name, F_OK) == 0) {
			*labels = name;
			return STATUS_OK;
		}
	}
	free(name);
	return STATUS_OK;
}

static enum status open_labels(struct image_set *set, uint32_t count, struct error *error) {
	char *path;
	enum status status = labels_path(&path, set->path, error);
	if (status || !path) return status;
	status = file_bytes_read(&set->labels, path, FILE_BYTES_UNPACKED, FILE_BYTES_MAX, error);
	const struct file_bytes *file = &set->labels;
	if (!status && (file->bytes < IDX_LABELS_HEADER_BYTES || big_endian(file->data) != IDX_LABELS_MAGIC))
		status = error_set(error, STATUS_INPUT,
		                   "%s: not an idx file of labels, expected it to begin with 00 00 08 01", path);
	if (!status && big_endian(file->data + 4) != count)
		status = error_set(error, STATUS_INPUT, "%s: %" PRIu32 " labels, expected %" PRIu32 " as in %s", path,
		                   big_endian(file->data + 4), count, set->path);
	if (!status && file->bytes != (uint64_t)IDX_LABELS_HEADER_BYTES + count)
		status = error_set(error, STATUS_INPUT, "%s: %zu bytes, expected %" PRIu64 " for %" PRIu32 " labels",
		                   path, file->bytes, (uint64_t)IDX_LABELS_HEADER_BYTES + count, count);
	free(path);
	if (status) return status;
	set->first_label = file->data + IDX_LABELS_HEADER_BYTES;
	set->label_stride_bytes = 1;
	return STATUS_OK;
}

static enum status open_idx(struct image_set *set, struct error *error) {
	const uint8_t *header = set->images.data;
	const uint32_t count = big_endian(header + 4), height = big_endian(header + 8), width = big_endian(header + 12);
	if (!count || !height || !width || height > SIDE_MAX || width > SIDE_MAX)
		return error_set(error, STATUS_INPUT,
		                 "%s: %" PRIu32 " images of %" PRIu32 " x %" PRIu32
		                 ", expected at least 1 of 1 to %d each way",
		                 set->path, count, height, width, (int)SIDE_MAX);
	const uint64_t bytes = IDX_IMAGES_HEADER_BYTES + (uint64_t)count * height * width;
	if (set->images.bytes != bytes)
		return error_set(error, STATUS_INPUT,
		                 "%s: %zu bytes, expected %" PRIu64 " for %" PRIu32 " images of %" PRIu32 " x %" PRIu32,
		                 set->path, set->images.bytes, bytes, count, height, width);
	set->count = count;
	set->height = height;
	set->width = width;
	set->channels = 1;
	set->first_pixels = header + IDX_IMAGES_HEADER_BYTES;
	set->image_stride_bytes = (size_t)height * width;
	return open_labels(set, count, error);
}

static enum status open_cifar(struct image_set *set, struct error *error) {
	const size_t bytes = set->images.bytes;
	if (!bytes || bytes % CIFAR_RECORD_BYTES)
		return error_set(error, STATUS_INPUT,
		                 "%s: %zu bytes that are no idx file, expected a multiple of %d (CIFAR-10 binary "
		                 "records), or 00 00 08 03 first",
		                 set->path, bytes, (int)CIFAR_RECORD_BYTES);
	set->count = (uint32_t)(bytes / CIFAR_RECORD_BYTES);
	set->height = set->width = CIFAR_SIDE;
	set->channels = CIFAR_CHANNELS;
	set->first_label = set->images.data;
	set->first_pixels = set->images.data + 1;
	set->image_stride_bytes = set->label_stride_bytes = CIFAR_RECORD_BYTES;
	return STATUS_OK;
}

/* A CIFAR record may begin like an idx file (label 0 and a dark pixel), but then its size is a multiple of the record.
 */
static enum status open_kind(struct image_set *set, struct error *error) {
	const struct file_bytes *file = &set->images;
	const bool idx = file->bytes >= IDX_IMAGES_HEADER_BYTES && big_endian(file->data) == IDX_IMAGES_MAGIC;
	if (!idx) return open_cifar(set, error);
	const enum status status = open_idx(set, error);
	if (status == STATUS_INPUT && !set->first_pixels && file->bytes % CIFAR_RECORD_BYTES == 0)
		return open_cifar(set, error);
	return status;
}

enum status image_set_open(struct image_set **set_out, const char *path, uint32_t count_limit, struct error *error) {
	*set_out = NULL;
	struct image_set *set = calloc(1, sizeof *set);
	char *copy = strdup(path);
	if (!set || !copy) {
		free(set);
		free(copy);
		return error_set(error, STATUS_MEMORY, "%s: out of memory", path);
	}
	set->path = copy;
	enum status status = file_bytes_read(&set->images, path, FILE_BYTES_UNPACKED, FILE_BYTES_MAX, error);
	if (!status) status = open_kind(set, error);
	if (status) {
		image_set_close(set);
		return status;
	}
	if (error) error->text[0] = 0;
	if (count_limit && set->count > count_limit) set->count = count_limit;
	*set_out = set;
	return STATUS_OK;
}

enum status image_set_check(const struct image_set *set, const struct trace *trace, struct error *error) {
	if (set->height == trace->image_height && set->width == trace->image_width &&
	    set->channels == trace->image_channels)
		return STATUS_OK;
	return error_set(error, STATUS_INPUT,
	                 "%s: images of %" PRIu32 " x %" PRIu32 " x %" PRIu32 ", expected %" PRIu32 " x %" PRIu32
	                 " x %" PRIu32 " for network %s",
	                 set->path, set->height, set->width, set->channels, trace->image_height, trace->image_width,
	                 trace->image_channels, trace->name);
}

uint32_t image_set_count(const struct image_set *set) {
	return set->count;
}
uint32_t image_set_height(const struct image_set *set) {
	return set->height;
}
uint32_t image_set_width(const struct image_set *set) {
	return set->width;
}
uint32_t image_set_channels(const struct image_set *set) {
	return set->channels;
}

const uint8_t *image_set_read(const struct image_set *set, uint32_t index, int32_t *label) {
	if (label) *label = set->first_label ? set->first_label[index * set->label_stride_bytes] : -1;
	return set->first_pixels + index * set->image_stride_bytes;
}

void image_set_close(struct image_set *set) {
	if (!set) return;
	file_bytes_clear(&set->images);
	file_bytes_clear(&set->labels);
	free(set->path);
	free(set);
}

size_t image_map_values(const struct trace *trace) {
	const struct trace_map *map = &trace->maps[trace->input_map];
	return (size_t)map->height * map->width * map->channels;
}

static int16_t pixel_value(enum trace_pixel rule, uint8_t pixel) {
	double value;
	switch (rule) {
	case TRACE_PIXEL_Q7:
		value = floor((2.0 * pixel / 255.0 - 1.0) * 128.0 + 0.5);
		return (int16_t)(value > 127 ? 127 : value < -128 ? -128 : value);
	case TRACE_PIXEL_BIPOLAR: return pixel >= 128 ? 1 : -1;
	default: return (int16_t)(pixel - 128);
	}
}

void image_to_map(const struct trace *trace, const uint8_t *pixels, int16_t *map) {
	const struct trace_map *input = &trace->maps[trace->input_map];
	const uint32_t pad = trace->image_pad, height = trace->image_height, width = trace->image_width;
	const uint32_t channels = trace->image_channels * trace->image_repeat;
	const bool flat = input->height == 1 && input->width == 1;
	const uint32_t absent =
	    flat ? input->channels - (height + 2 * pad) * (width + 2 * pad) * channels : input->channels - channels;
	int16_t values[256], *next = map;
	for (unsigned pixel = 0; pixel < 256; pixel++) values[pixel] = pixel_value(trace->pixel, (uint8_t)pixel);
	for (uint32_t y = 0; y < height + 2 * pad; y++) {
		for (uint32_t x = 0; x < width + 2 * pad; x++) {
			const bool inside = y >= pad && y < height + pad && x >= pad && x < width + pad;
			for (uint32_t c = 0; c < channels; c++) {
				const size_t plane = c % trace->image_channels;
				const size_t place = (plane * height + (y - pad)) * width + (x - pad);
				*next++ = values[inside ? pixels[place] : 0];
			}
			for (uint32_t c = 0; c < (flat ? 0 : absent); c++) *next++ = -1;
		}
	}
	for (uint32_t c = 0; c < (flat ? absent : 0); c++) *next++ = -1;
}
