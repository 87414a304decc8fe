/* libFuzzer target: image files. The first byte says how many of the last bytes are the label file beside (0: there is
 * none); the rest is the image file. Beyond "no crash": of an accepted file every pixel can be read, and becomes a map.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/input/image.h"

enum { IMAGES_MAX = 8 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

/* A folder of this process, made once. */
static const char *own_folder(void) {
	static char folder[] = "/tmp/nbsim_fuzz_image_XXXXXX";
	static int made;
	if (!made && !mkdtemp(folder)) abort();
	made = 1;
	return folder;
}

static void write_whole(const char *path, const void *data, size_t bytes) {
	unlink(path); /* some file systems flush a file that is cut and written again */
	FILE *file = fopen(path, "wb");
	if (!file || fwrite(data, 1, bytes, file) != bytes || fclose(file)) abort();
}

static void read_images(const struct image_set *set) {
	struct trace_map map = {.kind = TRACE_MAP_FIXED,
	                        .height = image_set_height(set) + 2,
	                        .width = image_set_width(set) + 2,
	                        .channels = image_set_channels(set),
	                        .value_bits = 8};
	const struct trace trace = {.image_height = image_set_height(set),
	                            .image_width = image_set_width(set),
	                            .image_channels = image_set_channels(set),
	                            .image_pad = 1,
	                            .image_repeat = 1,
	                            .maps = &map,
	                            .map_count = 1};
	struct error error;
	if (image_set_check(set, &trace, &error) != STATUS_OK) abort();
	int16_t *values = malloc(image_map_values(&trace) * sizeof *values);
	if (!values) abort();
	for (uint32_t i = 0; i < image_set_count(set); i++) {
		int32_t label;
		image_to_map(&trace, image_set_read(set, i, &label), values);
		if (label < -1 || label > 255) abort();
	}
	free(values);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes) {
	const char *folder = own_folder();
	char images[128], labels[128];
	struct image_set *set;
	struct error error = {0};
	snprintf(images, sizeof images, "%s/images-idx3-ubyte", folder);
	snprintf(labels, sizeof labels, "%s/labels-idx1-ubyte", folder);
	if (!bytes) return 0;
	size_t label_bytes = data[0];
	if (label_bytes > bytes - 1) label_bytes = bytes - 1;
	write_whole(images, data + 1, bytes - 1 - label_bytes);
	if (label_bytes)
		write_whole(labels, data + bytes - label_bytes, label_bytes);
	else
		unlink(labels);
	const enum status status = image_set_open(&set, images, IMAGES_MAX, &error);
	if (status == STATUS_OK) read_images(set);
	if (status != STATUS_OK && (set || !error.text[0])) abort();
	image_set_close(set);
	return 0;
}
