/* Are image files read as they are, malformed ones refused, and pixels turned into the map's values by the rule? */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <zlib.h>

#include "sim/input/image.h"

enum { RECORD = 3073 };

struct folder {
	char path[64], images[128], labels[128];
};

static int setup(void **state) {
	struct folder *folder = calloc(1, sizeof *folder);
	if (!folder) return -1;
	snprintf(folder->path, sizeof folder->path, "/tmp/nbsim_images_XXXXXX");
	if (!mkdtemp(folder->path)) return -1;
	snprintf(folder->images, sizeof folder->images, "%s/t-images-idx3-ubyte", folder->path);
	snprintf(folder->labels, sizeof folder->labels, "%s/t-labels-idx1-ubyte", folder->path);
	*state = folder;
	return 0;
}

static int teardown(void **state) {
	struct folder *folder = *state;
	unlink(folder->images);
	unlink(folder->labels);
	const int status = rmdir(folder->path);
	free(folder);
	return status;
}

static void write_whole(const char *path, const void *data, size_t bytes, int packed) {
	if (packed) {
		gzFile file = gzopen(path, "wb");
		assert_non_null(file);
		assert_int_equal(gzwrite(file, data, (unsigned)bytes), (int)bytes);
		assert_int_equal(gzclose(file), Z_OK);
		return;
	}
	unlink(path); /* some file systems flush a file that is cut and written again */
	FILE *file = fopen(path, "wb");
	assert_non_null(file);
	assert_int_equal(fwrite(data, 1, bytes, file), bytes);
	fclose(file);
}

static void expect_refused(const char *path, enum status status, const char *part) {
	struct image_set *set;
	struct error error = {0};
	const enum status found = image_set_open(&set, path, 0, &error);
	if (found != status || !strstr(error.text, part))
		fail_msg("expected status %d and \"%s\", found %d and \"%s\"", status, part, found, error.text);
	assert_null(set);
}

/* 3 images of 2 x 4: pixels 0, 1, 2 ... */
static const uint8_t idx_header[16] = {0, 0, 8, 3, 0, 0, 0, 3, 0, 0, 0, 2, 0, 0, 0, 4};
static const uint8_t idx_labels[11] = {0, 0, 8, 1, 0, 0, 0, 3, 7, 8, 9};

static void fill_idx(uint8_t file[40]) {
	memcpy(file, idx_header, 16);
	for (unsigned i = 0; i < 24; i++) file[16 + i] = (uint8_t)i;
}

static void cifar_records(void **state) {
	const struct folder *folder = *state;
	uint8_t *file = calloc(3, RECORD);
	assert_non_null(file);
	for (unsigned i = 0; i < 3 * RECORD; i++) file[i] = (uint8_t)(i % 251);
	for (int packed = 0; packed < 2; packed++) {
		for (uint32_t limit = 0; limit < 5; limit++) {
			struct image_set *set;
			struct error error = {0};
			int32_t label;
			write_whole(folder->images, file, 3 * RECORD, packed);
			assert_int_equal(image_set_open(&set, folder->images, limit, &error), STATUS_OK);
			assert_int_equal(image_set_count(set), limit && limit < 3 ? limit : 3);
			assert_int_equal(image_set_height(set), 32);
			assert_int_equal(image_set_width(set), 32);
			assert_int_equal(image_set_channels(set), 3);
			for (uint32_t i = 0; i < image_set_count(set); i++) {
				assert_memory_equal(image_set_read(set, i, &label), file + i * RECORD + 1, 3072);
				assert_int_equal(label, file[i * RECORD]);
			}
			image_set_close(set);
		}
	}
	memcpy(file, "\0\0\x08\x03", 4); /* a dark first picture of class 0 looks like idx, its size does not */
	write_whole(folder->images, file, 3 * RECORD, 0);
	struct image_set *set;
	struct error error = {0};
	assert_int_equal(image_set_open(&set, folder->images, 0, &error), STATUS_OK);
	assert_int_equal(image_set_channels(set), 3);
	image_set_close(set);
	free(file);
}

static void idx_files(void **state) {
	const struct folder *folder = *state;
	uint8_t file[40];
	fill_idx(file);
	for (int packed = 0; packed < 4; packed++) {
		struct image_set *set;
		struct error error = {0};
		int32_t label;
		write_whole(folder->images, file, sizeof file, packed & 1);
		write_whole(folder->labels, idx_labels, sizeof idx_labels, packed & 2);
		assert_int_equal(image_set_open(&set, folder->images, 0, &error), STATUS_OK);
		assert_int_equal(image_set_count(set), 3);
		assert_int_equal(image_set_height(set), 2);
		assert_int_equal(image_set_width(set), 4);
		assert_int_equal(image_set_channels(set), 1);
		assert_int_equal(image_set_read(set, 2, &label)[3], 19);
		assert_int_equal(label, 9);
		image_set_close(set);
		unlink(folder->labels);
		assert_int_equal(image_set_open(&set, folder->images, 2, &error), STATUS_OK);
		assert_int_equal(image_set_count(set), 2);
		assert_int_equal(image_set_read(set, 1, &label)[0], 8);
		assert_int_equal(label, -1);
		image_set_close(set);
	}
}

static void labels_packed_beside(void **state) {
	const struct folder *folder = *state;
	uint8_t file[40];
	char packed_images[160], packed_labels[160];
	struct image_set *set;
	struct error error = {0};
	int32_t label;
	fill_idx(file);
	snprintf(packed_images, sizeof packed_images, "%s.gz", folder->images);
	snprintf(packed_labels, sizeof packed_labels, "%s.gz", folder->labels);
	write_whole(folder->images, file, sizeof file, 0);
	write_whole(packed_images, file, sizeof file, 1);
	write_whole(packed_labels, idx_labels, sizeof idx_labels, 1);
	const char *names[] = {folder->images, packed_images};
	for (int i = 0; i < 2; i++) {
		assert_int_equal(image_set_open(&set, names[i], 0, &error), STATUS_OK);
		image_set_read(set, 0, &label);
		assert_int_equal(label, 7);
		image_set_close(set);
	}
	unlink(packed_labels);
	write_whole(folder->labels, idx_labels, sizeof idx_labels, 0);
	assert_int_equal(image_set_open(&set, packed_images, 0, &error), STATUS_OK);
	image_set_read(set, 1, &label);
	assert_int_equal(label, 8);
	image_set_close(set);
	unlink(packed_images);
}

static void malformed_files(void **state) {
	const struct folder *folder = *state;
	uint8_t file[40], labels[11];
	expect_refused(folder->images, STATUS_IO, "cannot be opened: No such file");
	expect_refused(folder->path, STATUS_IO, "cannot be read");
	write_whole(folder->images, "", 0, 0);
	expect_refused(folder->images, STATUS_INPUT, "0 bytes that are no idx file, expected a multiple of 3073");
	for (size_t length = 1; length < 40; length++) {
		fill_idx(file);
		write_whole(folder->images, file, length, 0);
		expect_refused(folder->images, STATUS_INPUT,
		               length < 16 ? "that are no idx file" : "expected 40 for 3 images of 2 x 4");
	}
	write_whole(folder->images, file, 40, 0);
	memcpy(labels, idx_labels, sizeof labels);
	for (size_t length = 0; length < 11; length++) {
		write_whole(folder->labels, labels, length, 0);
		expect_refused(folder->images, STATUS_INPUT,
		               length < 8 ? "not an idx file of labels" : "expected 11 for 3 labels");
	}
	labels[7] = 4;
	write_whole(folder->labels, labels, 11, 0);
	expect_refused(folder->images, STATUS_INPUT, "4 labels, expected 3 as in");
	unlink(folder->labels);
	file[4] = 0xff; /* a count that only claims */
	write_whole(folder->images, file, 40, 0);
	expect_refused(folder->images, STATUS_INPUT, "40 bytes, expected 34225520680 for 4278190083 images");
	file[4] = 0;
	file[8] = 0xff;
	write_whole(folder->images, file, 40, 0);
	expect_refused(folder->images, STATUS_INPUT, "expected at least 1 of 1 to 4096 each way");
}

static void malformed_gzip(void **state) {
	const struct folder *folder = *state;
	uint8_t file[40], packed[128];
	fill_idx(file);
	write_whole(folder->images, file, 40, 1);
	FILE *read = fopen(folder->images, "rb");
	assert_non_null(read);
	const size_t bytes = fread(packed, 1, sizeof packed, read);
	fclose(read);
	assert_true(bytes > 20 && bytes < sizeof packed);
	for (size_t length = 2; length < bytes; length++) {
		struct image_set *set;
		struct error error = {0};
		write_whole(folder->images, packed, length, 0);
		assert_int_equal(image_set_open(&set, folder->images, 0, &error), STATUS_INPUT);
	}
	packed[bytes - 6] ^= 1; /* its checksum */
	write_whole(folder->images, packed, bytes, 0);
	expect_refused(folder->images, STATUS_INPUT, "not a whole gzip file");
}

/* ---- pixels to values */

static void one_map(struct trace *trace, struct trace_map *map, enum trace_pixel pixel, uint32_t height, uint32_t width,
                    uint32_t channels) {
	*map = (struct trace_map){.kind = pixel == TRACE_PIXEL_BIPOLAR ? TRACE_MAP_BITS : TRACE_MAP_FIXED,
	                          .height = height,
	                          .width = width,
	                          .channels = channels};
	*trace = (struct trace){.pixel = pixel,
	                        .image_height = 1,
	                        .image_width = 2,
	                        .image_channels = 1,
	                        .image_repeat = 1,
	                        .maps = map,
	                        .map_count = 1};
}

static void pads_and_repeats(void **state) {
	(void)state;
	struct trace trace;
	struct trace_map map;
	int16_t values[3 * 4 * 3];
	one_map(&trace, &map, TRACE_PIXEL_MINUS128, 3, 4, 3);
	trace.image_pad = 1;
	trace.image_repeat = 3;
	image_to_map(&trace, (const uint8_t[]){5, 255}, values);
	assert_int_equal(image_map_values(&trace), 36);
	for (int i = 0; i < 36; i++) {
		const int pixel = i / 3;
		assert_int_equal(values[i], pixel == 5 ? 5 - 128 : pixel == 6 ? 127 : -128);
	}
}

static void channels_are_interleaved(void **state) {
	(void)state;
	struct trace trace;
	struct trace_map map;
	int16_t values[6];
	one_map(&trace, &map, TRACE_PIXEL_MINUS128, 1, 2, 3);
	trace.image_channels = 3;
	image_to_map(&trace, (const uint8_t[]){128, 129, 138, 139, 148, 149}, values);
	assert_memory_equal(values, ((const int16_t[]){0, 10, 20, 1, 11, 21}), sizeof values);
}

static void q7_rounds_half_up_and_saturates(void **state) {
	(void)state;
	struct trace trace;
	struct trace_map map;
	int16_t values[2];
	one_map(&trace, &map, TRACE_PIXEL_Q7, 1, 2, 1);
	/* 2p/255 - 1 in 128ths: 0 -> -128, 127 -> -0.50196 -> -1, 128 -> 0.50196 -> 1, 255 -> 128 -> 127, 1 -> -126.996
	 */
	image_to_map(&trace, (const uint8_t[]){0, 127}, values);
	assert_memory_equal(values, ((const int16_t[]){-128, -1}), sizeof values);
	image_to_map(&trace, (const uint8_t[]){128, 255}, values);
	assert_memory_equal(values, ((const int16_t[]){1, 127}), sizeof values);
	image_to_map(&trace, (const uint8_t[]){1, 254}, values);
	assert_memory_equal(values, ((const int16_t[]){-127, 127}), sizeof values);
}

static void bipolar_flat_and_missing_channels(void **state) {
	(void)state;
	struct trace trace;
	struct trace_map map;
	int16_t values[6];
	one_map(&trace, &map, TRACE_PIXEL_BIPOLAR, 1, 1, 4);
	image_to_map(&trace, (const uint8_t[]){128, 127}, values);
	assert_memory_equal(values, ((const int16_t[]){1, -1, -1, -1}), 4 * sizeof *values);
	one_map(&trace, &map, TRACE_PIXEL_BIPOLAR, 1, 2, 3);
	image_to_map(&trace, (const uint8_t[]){128, 200}, values);
	assert_memory_equal(values, ((const int16_t[]){1, -1, -1, 1, -1, -1}), sizeof values);
}

static void size_against_trace(void **state) {
	const struct folder *folder = *state;
	uint8_t file[40];
	struct image_set *set;
	struct error error = {0};
	struct trace trace = {.image_height = 2, .image_width = 4, .image_channels = 1, .name = "net"};
	fill_idx(file);
	write_whole(folder->images, file, sizeof file, 0);
	assert_int_equal(image_set_open(&set, folder->images, 0, &error), STATUS_OK);
	assert_int_equal(image_set_check(set, &trace, &error), STATUS_OK);
	trace.image_channels = 3;
	assert_int_equal(image_set_check(set, &trace, &error), STATUS_INPUT);
	assert_non_null(strstr(error.text, "images of 2 x 4 x 1, expected 2 x 4 x 3 for network net"));
	image_set_close(set);
}

int main(void) {
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	    TEST(cifar_records),
	    TEST(idx_files),
	    TEST(labels_packed_beside),
	    TEST(malformed_files),
	    TEST(malformed_gzip),
	    TEST(size_against_trace),
	    cmocka_unit_test(pads_and_repeats),
	    cmocka_unit_test(channels_are_interleaved),
	    cmocka_unit_test(q7_rounds_half_up_and_saturates),
	    cmocka_unit_test(bipolar_flat_and_missing_channels),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
