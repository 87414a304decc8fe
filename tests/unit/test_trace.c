/* Does a trace survive writing and reading, and is what cannot be written refused? Malformed files: test_trace_bad.c;
 * traces in memory: test_trace_check.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/trace_folder.h"
#include "tests/unit/trace_sample.h"

static void assert_same_trace(const struct trace *one, const struct trace *two) {
	assert_string_equal(one->name, two->name);
	assert_int_equal(one->map_count, two->map_count);
	assert_int_equal(one->tensor_count, two->tensor_count);
	assert_int_equal(one->layer_count, two->layer_count);
	assert_int_equal(one->classes, two->classes);
	assert_int_equal(one->input_map, two->input_map);
	assert_int_equal(one->scores_map, two->scores_map);
	assert_int_equal(one->pixel, two->pixel);
	assert_int_equal(one->image_pad, two->image_pad);
	assert_int_equal(one->image_repeat, two->image_repeat);
	assert_int_equal(one->has_values, two->has_values);
	assert_int_equal(one->checksum, two->checksum);
	assert_true(one->float_top1 >= two->float_top1 && one->float_top1 <= two->float_top1);
	assert_memory_equal(one->maps, two->maps, one->map_count * sizeof *one->maps);
	assert_memory_equal(one->layers, two->layers, one->layer_count * sizeof *one->layers);
	for (uint32_t i = 0; i < one->tensor_count; i++) {
		assert_string_equal(one->tensors[i].name, two->tensors[i].name);
		assert_int_equal(one->tensors[i].crc32, two->tensors[i].crc32);
		assert_int_equal(one->tensors[i].bytes, two->tensors[i].bytes);
		assert_memory_equal(one->tensors[i].data, two->tensors[i].data, one->tensors[i].bytes);
	}
}

static void reads_what_it_wrote(void **state) {
	const struct trace_folder *folder = *state;
	struct trace written, read;
	struct error error = {0};
	size_t first_bytes, second_bytes;
	trace_sample(&written);
	assert_int_equal(trace_write(&written, folder->text, &error), STATUS_OK);
	assert_int_equal(trace_read(&read, folder->text, &error), STATUS_OK);
	assert_same_trace(&written, &read);
	char *first = trace_folder_read(folder->text, &first_bytes);
	assert_int_equal(trace_write(&read, folder->text, &error), STATUS_OK);
	char *second = trace_folder_read(folder->text, &second_bytes);
	assert_int_equal(first_bytes, second_bytes);
	assert_memory_equal(first, second, first_bytes);
	free(first);
	free(second);
	trace_clear(&written);
	trace_clear(&read);
	assert_null(read.maps);
	trace_clear(&read);
}

static void comments_spaces_and_line_ends(void **state) {
	const struct trace_folder *folder = *state;
	size_t bytes;
	char *text = trace_folder_sample(folder, &bytes), *edited = calloc(1, 2 * bytes + 100), *out = edited;
	assert_non_null(edited);
	for (size_t i = 0; i < bytes; i++) {
		if (text[i] == '\n') out += sprintf(out, " # caf\xc3\xa9 = x\r\n\r\n# whole line");
		*out++ = text[i];
	}
	trace_folder_write(folder->text, edited, (size_t)(out - edited));
	struct trace trace;
	struct error error = {0};
	if (trace_read(&trace, folder->text, &error)) fail_msg("%s", error.text);
	assert_int_equal(trace.layer_count, 4);
	trace_clear(&trace);
	free(text);
	free(edited);
}

/* What only the streaming organisation runs: a 1-D depthwise convolution of the image's bits, 255 thresholds into an
 * unsigned map, a pool of 1 x 2, and an addition of maps by depthwise convolutions of 1-bit weights. */
static void wide_layers(struct trace *trace, uint32_t input) {
	struct trace_layer *layer = trace_sample_layer(trace, "wide");
	layer->main =
	    (struct trace_conv){.kind = TRACE_CONV_FIXED,
	                        .input_map = input,
	                        .kernel = 3,
	                        .stride = 1,
	                        .pad = 1,
	                        .kernel_height = 1,
	                        .stride_height = 1,
	                        .depthwise = 1,
	                        .weight_bits = 2,
	                        .weight_tensor = trace_sample_tensor(trace, "wide.w", TRACE_TENSOR_INT16, 2, 3)};
	layer->output_channels = 2;
	layer->sums_height = 1;
	layer->sums_width = 8;
	layer->post = TRACE_POST_THRESHOLD;
	layer->threshold_count = TRACE_THRESHOLDS_MAX;
	layer->pool = TRACE_POOL_MAX;
	layer->pool_height = 1;
	layer->pool_width = 2;
	layer->parameter_tensor = trace_sample_tensor(trace, "wide.t", TRACE_TENSOR_INT32, 2, 256);
	layer->fixed_map = trace_sample_map(trace, "x0", TRACE_MAP_FIXED, 1, 4, 2, 8);
	trace->maps[layer->fixed_map].is_unsigned = 1;
	const uint32_t x0 = layer->fixed_map;
	layer = trace_sample_layer(trace, "sum");
	layer->main =
	    (struct trace_conv){.kind = TRACE_CONV_FIXED,
	                        .input_map = x0,
	                        .kernel = 1,
	                        .stride = 1,
	                        .depthwise = 1,
	                        .weight_bits = 1,
	                        .weight_tensor = trace_sample_tensor(trace, "sum.w", TRACE_TENSOR_INT16, 2, 1)};
	layer->skip = layer->main;
	int16_t *signs = trace->tensors[layer->main.weight_tensor].data;
	signs[0] = 1;
	signs[1] = -1;
	layer->output_channels = 2;
	layer->sums_height = 1;
	layer->sums_width = 4;
	layer->pool = TRACE_POOL_MAX;
	layer->pool_height = 1;
	layer->pool_width = 4;
	layer->pool_stride = 3;
	layer->parameter_tensor = trace_sample_tensor(trace, "sum.p", TRACE_TENSOR_INT32, 2, 6);
	layer->fixed_map = trace_sample_map(trace, "scores", TRACE_MAP_FIXED, 1, 1, 2, 16);
	trace->scores_map = layer->fixed_map;
}

static void wide_sample(struct trace *trace) {
	*trace = (struct trace){.name = "wide",
	                        .classes = 2,
	                        .pixel = TRACE_PIXEL_BIPOLAR,
	                        .image_height = 1,
	                        .image_width = 8,
	                        .image_channels = 2,
	                        .image_repeat = 1,
	                        .float_top1 = -1};
	trace->input_map = trace_sample_map(trace, "image", TRACE_MAP_BITS, 1, 8, 2, 1);
	wide_layers(trace, trace->input_map);
	trace_lifetimes(trace);
}

static void wide_trace(void **state) {
	const struct trace_folder *folder = *state;
	static const char *const parts[] = {
	    "map name=x0 kind=fixed height=1 width=4 channels=2 bits=8 unsigned=1\n",
	    "main_kernel=3 main_pad=1 main_kernel_height=1 main_depthwise=1 main_weight_bits=2 ",
	    "threshold_count=255 threshold_base=0 pool=max pool_height=1 pool_width=2 parameters=wide.t ",
	    "skip_kernel=1 skip_depthwise=1 skip_weight_bits=1 ", "pool=max pool_height=1 pool_width=4 pool_stride=3 "};
	struct trace written, read;
	struct error error = {0};
	size_t bytes;
	wide_sample(&written);
	if (trace_write(&written, folder->text, &error)) fail_msg("%s", error.text);
	if (trace_read(&read, folder->text, &error)) fail_msg("%s", error.text);
	/* an absent key gives what it stands for, also where the trace in memory did not say it */
	assert_int_equal(read.layers[0].main.stride_height, 1);
	assert_same_trace(&written, &read);
	char *text = trace_folder_read(folder->text, &bytes);
	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
		if (!strstr(text, parts[i])) fail_msg("no \"%s\" in %s", parts[i], text);
	free(text);
	((int16_t *)read.tensors[read.layers[1].main.weight_tensor].data)[1] = 0;
	assert_int_equal(trace_check(&read, "memory", &error), STATUS_INPUT);
	assert_non_null(strstr(error.text, "main_weights=sum.w: 0 in row 1, column 0, expected -1 or 1 (1 bit)"));
	trace_clear(&written);
	trace_clear(&read);
}

static void what_cannot_be_written(void **state) {
	const struct trace_folder *folder = *state;
	char path[192];
	struct trace trace;
	struct error error = {0};
	trace_sample(&trace);
	snprintf(path, sizeof path, "%s/absent/a.nbt", folder->path);
	assert_int_equal(trace_write(&trace, path, &error), STATUS_IO);
	assert_non_null(strstr(error.text, "a.nbw: cannot be written: No such file"));
	snprintf(path, sizeof path, "%s/a.txt", folder->path);
	assert_int_equal(trace_write(&trace, path, &error), STATUS_INPUT);
	assert_non_null(strstr(error.text, "expected NAME.nbt"));
	assert_int_equal(mkdir(folder->text, 0700), 0);
	assert_int_equal(trace_write(&trace, folder->text, &error), STATUS_IO);
	assert_non_null(strstr(error.text, "a.nbt: cannot be written"));
	assert_int_equal(rmdir(folder->text), 0);
	void *data = trace.tensors[3].data;
	trace.tensors[3].data = NULL;
	assert_int_equal(trace_write(&trace, folder->text, &error), STATUS_INPUT);
	assert_non_null(strstr(error.text, "tensor blend.s: has no values"));
	trace.tensors[3].data = data;
	trace.layers[0].sums_width = 7;
	assert_int_equal(trace_write(&trace, folder->text, &error), STATUS_INPUT);
	assert_int_equal(access(folder->text, F_OK), -1);
	trace_clear(&trace);
}

int main(void) {
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, trace_folder_setup, trace_folder_teardown)
	    TEST(reads_what_it_wrote),
	    TEST(comments_spaces_and_line_ends),
	    TEST(what_cannot_be_written),
	    TEST(wide_trace),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
