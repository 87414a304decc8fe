/* Does a trace survive writing and reading, and is everything malformed refused with the right sentence? */
#include <inttypes.h>
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

#include "tests/unit/trace_sample.h"

struct folder {
	char path[64], text[128], weights[128];
};

static int setup(void **state) {
	struct folder *folder = calloc(1, sizeof *folder);
	if (!folder) return -1;
	snprintf(folder->path, sizeof folder->path, "/tmp/nbsim_trace_XXXXXX");
	if (!mkdtemp(folder->path)) return -1;
	snprintf(folder->text, sizeof folder->text, "%s/a.nbt", folder->path);
	snprintf(folder->weights, sizeof folder->weights, "%s/a.nbw", folder->path);
	*state = folder;
	return 0;
}

static int teardown(void **state) {
	struct folder *folder = *state;
	unlink(folder->text);
	unlink(folder->weights);
	const int status = rmdir(folder->path); /* fails where a temporary file was left behind */
	free(folder);
	return status;
}

static char *read_whole(const char *path, size_t *bytes) {
	FILE *file = fopen(path, "rb");
	assert_non_null(file);
	char *data = calloc(1, 1 << 16);
	assert_non_null(data);
	*bytes = fread(data, 1, (1 << 16) - 1, file);
	fclose(file);
	return data;
}

static void write_whole(const char *path, const void *data, size_t bytes) {
	unlink(path); /* some file systems flush a file that is cut and written again */
	FILE *file = fopen(path, "wb");
	assert_non_null(file);
	assert_int_equal(fwrite(data, 1, bytes, file), bytes);
	fclose(file);
}

/* The sample in the folder; returns its text from malloc. */
static char *written_sample(const struct folder *folder, size_t *bytes) {
	struct trace trace;
	struct error error = {0};
	trace_sample(&trace);
	if (trace_write(&trace, folder->text, &error)) fail_msg("%s", error.text);
	trace_clear(&trace);
	return read_whole(folder->text, bytes);
}

static void expect_refused(const struct folder *folder, enum status status, const char *part) {
	struct trace trace;
	struct error error = {0};
	const enum status found = trace_read(&trace, folder->text, &error);
	if (found == STATUS_OK) trace_clear(&trace);
	if (found != status || !strstr(error.text, part) || strchr(error.text, '\n'))
		fail_msg("expected status %d and \"%s\", found %d and \"%s\"", status, part, found, error.text);
	assert_null(trace.maps);
	assert_null(trace.layers);
	trace_clear(&trace);
}

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
	const struct folder *folder = *state;
	struct trace written, read;
	struct error error = {0};
	size_t first_bytes, second_bytes;
	trace_sample(&written);
	assert_int_equal(trace_write(&written, folder->text, &error), STATUS_OK);
	assert_int_equal(trace_read(&read, folder->text, &error), STATUS_OK);
	assert_same_trace(&written, &read);
	char *first = read_whole(folder->text, &first_bytes);
	assert_int_equal(trace_write(&read, folder->text, &error), STATUS_OK);
	char *second = read_whole(folder->text, &second_bytes);
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
	const struct folder *folder = *state;
	size_t bytes;
	char *text = written_sample(folder, &bytes), *edited = calloc(1, 2 * bytes + 100), *out = edited;
	assert_non_null(edited);
	for (size_t i = 0; i < bytes; i++) {
		if (text[i] == '\n') out += sprintf(out, " # caf\xc3\xa9 = x\r\n\r\n# whole line");
		*out++ = text[i];
	}
	write_whole(folder->text, edited, (size_t)(out - edited));
	struct trace trace;
	struct error error = {0};
	if (trace_read(&trace, folder->text, &error)) fail_msg("%s", error.text);
	assert_int_equal(trace.layer_count, 4);
	trace_clear(&trace);
	free(text);
	free(edited);
}

static void lifetimes(void **state) {
	(void)state;
	struct trace trace;
	trace_sample(&trace);
	static const uint32_t expected[6][2] = {{UINT32_MAX, 0}, {0, 1}, {0, 1}, {1, 2}, {2, 3}, {3, 3}};
	for (uint32_t i = 0; i < 6; i++) {
		assert_int_equal(trace.maps[i].first_layer, expected[i][0]);
		assert_int_equal(trace.maps[i].last_layer, expected[i][1]);
	}
	trace_clear(&trace);
}

/* Replaces the first `from` by `to` in the sample's text and expects the sentence. */
struct edit {
	const char *from, *to, *part;
};

static const struct edit edits[] = {
    {"nbt 1", "nbt 2", "a.nbt:1: not a trace of this version, expected \"nbt 1\""},
    {"nbt 1", "nbt 1 x", "a.nbt:1: not a trace"},
    {"map name=x0", "mapp name=x0", "a.nbt:4: mapp: unknown kind of line, expected map"},
    {"map name=x0", "qqqqqqqqq name=x0", "expected network, map, tensor or layer"},
    {"main_kernel=3", "main_kernl=3",
     "a.nbt:18: layer: main_kernl=3: unknown key; the nearest known one is main_kernel"},
    {"main_kernel=3", "volume=3", "volume=3: unknown key"},
    {"main_kernel=3", "main_kernel=3 main_kernel=3", "main_kernel=3: given twice, expected once"},
    {" main_kernel=3", "", "layer: main_kernel: missing"},
    {"main_kernel=3", "main_kernel", "main_kernel: expected key=value"},
    {"main_kernel=3", "main_kernel=", "expected a whole number from 1 to 4096"},
    {"main_kernel=3", "main_kernel=0", "main_kernel=0: expected a whole number from 1 to 4096"},
    {"main_kernel=3", "main_kernel=03", "main_kernel=03: expected a whole number"},
    {"main_kernel=3", "main_kernel=3x", "main_kernel=3x: expected a whole number"},
    {"main_kernel=3", "main_kernel=-3", "main_kernel=-3: expected a whole number"},
    {"main_kernel=3", "main_kernel=99999999999999999999999", "expected a whole number"},
    {"height=6", "height=4097", "a.nbt:3: map: height=4097: expected a whole number from 1 to 4096"},
    {"channels=1 bits", "channels=65537 bits", "expected a whole number from 1 to 65536"},
    {"classes=3", "classes=0", "expected a whole number from 1 to 65536"},
    {"classes=3", "classes=4", "scores=scores: expected a map of kind fixed, 1 x 1, with at least 4 channels"},
    {"kind=fixed", "kind=fix", "kind=fix: expected one of bits, fixed"},
    {"pixel=minus128", "pixel=minus127", "expected one of minus128, q7, bipolar"},
    {"pixel=minus128", "pixel=bipolar", "input=image: expected a map of kind bits for this pixel rule"},
    {"main_input=image", "main_input=imago", "main_input=imago: no map has this name"},
    {"main_weights=stem.w", "main_weights=stem.v", "no tensor has this name"},
    {"main_weights=stem.w", "main_weights=head.w", "int16 of 3 rows and 4 columns, expected int16 of 3 and 9"},
    {"main_weights=stem.w", "main_weights=blend.w", "bits of 5 rows and 27 columns, expected int16 of 3 and 9"},
    {"parameters=stem.p", "parameters=blend.p", "parameters=blend.p: int32 of 5 rows"},
    {"parameters=stem.p", "parameters=head.p", "tensor stem.p: name=stem.p: no layer uses it"},
    {"main_weight_bits=4", "main_weight_bits=3",
     "a.nbt:18: layer stem: main_weights=stem.w: -8 in row 0, column 0, expected -4 to 3 (3 bits)"},
    {"main_weight_bits=4", "main_weight_bits=1",
     "main_weights=stem.w: -8 in row 0, column 0, expected -1 or 1 (1 bit)"},
    {"main_weight_bits=1 ", "main_weight_bits=2 ", "expected 1 for a binary convolution"},
    {"post_shift=4", "post_shift=32", "post_shift=32: expected a whole number from 0 to 31"},
    {" post_shift=4", "", "post_shift: missing"},
    {" post_shift=4", " post_shift=4 threshold_count=1", "threshold_count: expected only with post=threshold"},
    {" main=fixed", " main=fixed skip_kernel=1", "skip_kernel: expected only with skip=fixed"},
    {"main=fixed", "main=none", "layer stem: main=none: expected binary or fixed"},
    {"main=fixed", "main=binary", "main_input=image: expected a map of kind bits for a binary convolution"},
    {"main=binary", "main=fixed", "main_weights=blend.w: bits of 5 rows and 27 columns, expected int16 of 5 and 27"},
    {"main_kernel=3", "main_kernel=3 main_stride_height=1",
     "main_stride_height: expected only with main_kernel_height"},
    {"main_kernel=3", "main_kernel=3 main_pad_height=1", "main_pad_height: expected only with main_kernel_height"},
    {"skip_kernel=1", "skip_kernel=1 skip_pad_height=0", "skip_pad_height: expected only with skip_kernel_height"},
    {"main=fixed", "main=fixed skip_kernel_height=1", "skip_kernel_height: expected only with skip=fixed"},
    {"main_kernel=3", "main_kernel=3 main_kernel_height=0", "expected a whole number from 1 to 4096"},
    {"main_kernel=3", "main_kernel=3 main_kernel_height=7", "main_kernel_height=7: expected at most 6, a side of the"},
    {"main_kernel=3", "main_kernel=3 main_kernel_height=2 main_pad_height=2",
     "main_pad_height=2: expected less than the kernel of 2"},
    {"main_kernel=3", "main_kernel=3 main_kernel_height=1 main_stride_height=5",
     "sums_height=6: expected 2 from the main convolution"},
    {"main_kernel=3", "main_kernel=3 main_kernel_height=1",
     "main_weights=stem.w: int16 of 3 rows and 9 columns, expected int16 of 3 and 3"},
    {"main_kernel=3", "main_kernel=3 main_depthwise=1",
     "layer stem: output_channels=3: expected the 1 channels of the map that a depthwise convolution reads"},
    {"main=binary", "main=binary main_depthwise=1", "layer blend: main_depthwise=1: expected 0 but for a fixed"},
    {"main_tap_shared=1", "main_tap_shared=1 main_depthwise=1", "main_depthwise=1: expected 0 but for a fixed"},
    {"skip_kernel=1", "skip_kernel=1 skip_depthwise=1", "output_channels=5: expected the 3 channels of the map"},
    {"skip_kernel=1", "skip_kernel=1 skip_kernel_height=1", "skip_pre_pool=average2: expected a fixed convolution"},
    {"pool=max2", "pool=max", "pool_height: missing"},
    {"pool=max2", "pool=max2 pool_height=2", "pool_height: expected only with pool=max"},
    {"pool=max2", "pool=max pool_height=5 pool_width=2", "pool_height=5: expected at most the padded sums' 4"},
    {"pool=max2", "pool=max pool_height=2 pool_width=5", "pool_width=5: expected at most the padded sums' 4"},
    {"pool=max2", "pool=max pool_height=1 pool_width=2", "fixed_map=x2: a map of 2 x 2 x 4, expected 4 x 2 x 4"},
    {"pool=max2", "pool=max pool_height=3 pool_width=2 pool_pad=2", "pool_pad=2: expected less than the pool's 3 x 2"},
    {"pool=max2", "pool=max pool_height=2 pool_width=3 pool_pad=2", "pool_pad=2: expected less than the pool's 2 x 3"},
    {"pool=max2", "pool=max pool_height=2 pool_width=2 pool_stride=1", "expected 3 x 3 x 4"},
    {"bits=12", "bits=12 unsigned=2", "unsigned=2: expected a whole number from 0 to 1"},
    {"bits=12", "bits=16 unsigned=1", "map x0: unsigned=1: expected 0 but for a map of kind fixed and at most 15"},
    {"channels=3 bits=1\n", "channels=3 bits=1 unsigned=1\n", "map s0: unsigned=1: expected 0 but for"},
    {"bits=8\n", "bits=8 unsigned=1\n", "map image: unsigned=1: expected 0 but for"},
    {"bits=32\n", "bits=15 unsigned=1\n", "map scores: unsigned=1: expected 0 but for"},
    {"channels=4 bits=2\n", "channels=4 bits=2 unsigned=1\n",
     "threshold_base=-1: expected base to base + 2 within the map's 2 unsigned bits"},
    {"skip=fixed", "skip=binary", "skip=binary: expected none or fixed"},
    {"main_input=s0", "main_input=s1", "layer blend: main_input=s1: used before it is written"},
    {"fixed_map=x0 ", "fixed_map=x2 ", "fixed_map=x2: a map of 2 x 2 x 4, expected 6 x 6 x 3"},
    {"fixed_map=x0 ", "fixed_map=s0 ", "fixed_map=s0: expected a map of kind fixed"},
    {"fixed_map=x0 ", "fixed_map=image ", "fixed_map=image: a map of"},
    {"layer name=head ",
     "layer name=first main=fixed main_input=x2 main_kernel=2 main_tap_shared=1 main_weight_bits=8 main_weights=head.w "
     "output_channels=3 sums_height=1 sums_width=1 post=affine post_shift=0 parameters=head.p fixed_map=scores\n"
     "layer name=head ",
     "a.nbt:22: layer head: fixed_map=scores: expected a map that nothing wrote before"},
    {"fixed_map=x0 bits_map=s0", "", "fixed_map: missing, expected fixed_map or bits_map or both"},
    {"fixed_map=x0 bits_map=s0", "bits_map=s0", "used before it is written"},
    {"sums_height=6", "sums_height=5", "sums_height=5: expected 6 from the main convolution"},
    {"sums_width=3", "sums_width=2", "sums_width=2: expected 3 from the main convolution"},
    {"main_pad=1", "main_pad=3", "main_pad=3: expected less than the kernel of 3"},
    {"main_kernel=3 main_pad=1", "main_kernel=9 main_pad=1",
     "main_kernel=9: expected at most 8, a side of the padded map"},
    {"main_pad=1 main_weight", "main_pad=1 main_pad_value=minus main_weight", "main_pad_value=1: expected masked"},
    {"skip_stride=2 skip_pre", "skip_stride=1 skip_pre",
     "skip_pre_pool=average2: expected a fixed convolution of kernel 1"},
    {"skip_stride=2 skip_pre", "skip_pre", "skip_pre_pool=average2"},
    {"main_weight_bits=1 main_weights=levels", "main_tap_shared=1 main_weight_bits=1 main_weights=levels",
     "expected 0 for a binary"},
    {"threshold_base=-1", "threshold_base=0", "threshold_base=0: expected base to base + 2 within the map's 2 bits"},
    {"threshold_base=-1", "threshold_base=-40000", "expected a whole number from -32768 to 32767"},
    {"threshold_count=2", "threshold_count=256", "expected a whole number from 1 to 255"},
    {"threshold_count=2", "threshold_count=1",
     "parameters=levels.t: int32 of 4 rows and 3 columns, expected int32 of 4 and 2"},
    {"post=affine post_shift=0", "post=affine post_shift=0 pool=max2", "pool=max2: expected sums of at least 2 x 2"},
    {"pool=max2 ", "", "fixed_map=x2: a map of 2 x 2 x 4, expected 4 x 4 x 4"},
    {"pool=max2 ", "pool=max2 transpose=1 ", "transpose=1: expected 0 for a layer with a pool"},
    {"pool=max2 ", "transpose=2 ", "transpose=2: expected a whole number from 0 to 1"},
    {"pool=max2 ", "transpose=1 ", "fixed_map=x2: a map of 2 x 2 x 4, expected 4 pixels of 16 channels"},
    {"post=affine post_shift=4", "post=affine post_shift=4 transpose=1",
     "fixed_map=x0: a map of 6 x 6 x 3, expected 3 pixels of 36 channels"},
    {"bits=12", "bits=17", "map x0: bits=17: expected 2 to 16 for a map of kind fixed, or 32"},
    {"bits=12", "bits=32", "map x0: bits=32: expected 2 to 16"},
    {"channels=3 bits=1\n", "channels=3 bits=2\n", "map s0: bits=2: expected 1 for a map of kind bits"},
    {"bits=8\n", "bits=7\n", "input=image: a map of 7 bits, expected 8 or more"},
    {"image_pad=1", "image_pad=2", "input=image: a map of 6 x 6 x 1, expected the padded image of 8 x 8 x 1"},
    {"image_pad=1", "image_pad=1 image_repeat=3", "expected the padded image of 6 x 6 x 3"},
    {"image_channels=1 image_pad=1", "image_channels=3 image_pad=1 image_repeat=2",
     "image_repeat=2: expected 1 for images of 3 channels"},
    {"scores=scores", "scores=x2", "map scores: bits=32: expected 2 to 16"},
    {"scores=scores", "scores=image", "map scores: bits=32"},
    {"input=image", "input=s0", "expected a map of kind fixed for this pixel rule"},
    {"map name=s0 ", "map name=x0 ", "no map has this name"},
    {"name=stem.p", "name=stem.w", "no tensor has this name"},
    {"layer name=blend", "layer name=stem", "a.nbt:19: layer stem: name=stem: used twice"},
    {"name=sample", "name=sam=ple", "name=sam=ple: expected 1 to 63 letters"},
    {"name=sample", "name=", "expected 1 to 63 letters"},
    {"from=conv0,bn0", "from=conv0;bn0", "from=conv0;bn0: expected 1 to 255 letters"},
    {"float_top1=0.893500", "float_top1=1.5", "float_top1=1.5: expected a number from 0 to 1"},
    {"float_top1=0.893500", "float_top1=,5", "expected a number from 0 to 1"},
    {"float_top1=0.893500", "float_top1=0.12345678", "expected a number from 0 to 1"},
    {"weights_bytes=712", "weights_bytes=713",
     "a.nbt:2: network sample: weights_bytes=713: expected 712, the end of the last tensor"},
    {"weights_bytes=712", "weights_bytes=2000000000", "expected a whole number from 0 to 1073741824"},
    {"weights_crc32=", "weights_crc32=0", "expected 8 hexadecimal digits"},
    {"weights_crc32=d", "weights_crc32=e", "a.nbw: CRC-32 of the whole file is"},
    {"crc32=8e5c96a1", "crc32=8e5c96a2", "a.nbw: tensor stem.w at byte 0: CRC-32 is 8e5c96a1, expected 8e5c96a2"},
    {"offset=64", "offset=128", "tensor stem.p: offset=128: expected 64, the next multiple of 64"},
    {"offset=64", "offset=63", "offset=63: expected 64"},
    {"rows=3 columns=9", "rows=4 columns=9", "bytes=54: expected 72 for 4 rows of 9 columns"},
    {"rows=3 columns=9 offset=0 bytes=54", "rows=65536 columns=16777216 offset=0 bytes=54",
     "expected 2199023255552 for"},
    {"rows=3 columns=9 offset=0 bytes=54", "rows=65536 columns=8192 offset=0 bytes=1073741824",
     "in all tensors together"},
    {"height=6 width=6 channels=1 bits=8", "height=4096 width=4096 channels=8 bits=8",
     "134217728 values, expected at most 67108864"},
    {"map name=s1", "map name=\x01s1", "a.nbt:6: byte 10 is 0x01, expected printable text"},
};

static void every_mistake_in_the_text(void **state) {
	const struct folder *folder = *state;
	size_t bytes;
	char *text = written_sample(folder, &bytes), *edited = calloc(1, bytes + 1000);
	assert_non_null(edited);
	for (size_t i = 0; i < sizeof edits / sizeof edits[0]; i++) {
		const char *found = strstr(text, edits[i].from);
		if (!found) fail_msg("the sample has no \"%s\"", edits[i].from);
		const int length =
		    sprintf(edited, "%.*s%s%s", (int)(found - text), text, edits[i].to, found + strlen(edits[i].from));
		write_whole(folder->text, edited, (size_t)length);
		expect_refused(folder, STATUS_INPUT, edits[i].part);
	}
	free(text);
	free(edited);
}

static void every_cut_of_the_text(void **state) {
	const struct folder *folder = *state;
	size_t bytes;
	char *text = written_sample(folder, &bytes);
	for (size_t length = 0; length + 1 < bytes; length += 3) {
		write_whole(folder->text, text, length);
		expect_refused(folder, STATUS_INPUT, "a.nbt");
	}
	free(text);
}

static void lines_too_long_and_too_many(void **state) {
	const struct folder *folder = *state;
	size_t bytes;
	char *text = written_sample(folder, &bytes), *edited = calloc(1, 1 << 20);
	assert_non_null(edited);
	int length = sprintf(edited, "%s#%05000d\n", text, 0);
	write_whole(folder->text, edited, (size_t)length);
	expect_refused(folder, STATUS_INPUT, "a line of 5001 bytes, expected at most 4096");
	length = sprintf(edited, "%s", text);
	for (int i = 0; i < 4097; i++) length += sprintf(edited + length, "layer name=l%d\n", i);
	write_whole(folder->text, edited, (size_t)length);
	expect_refused(folder, STATUS_INPUT, "layer: one line too many, expected at most 4096");
	length = sprintf(edited, "%snetwork name=x\n", text);
	write_whole(folder->text, edited, (size_t)length);
	expect_refused(folder, STATUS_INPUT, "network: one line too many, expected at most 1");
	write_whole(folder->text, "nbt 1\n", 6);
	expect_refused(folder, STATUS_INPUT, "no network line, expected at least one");
	free(text);
	free(edited);
}

static void every_mistake_in_the_weights(void **state) {
	const struct folder *folder = *state;
	size_t bytes, text_bytes;
	free(written_sample(folder, &text_bytes));
	char *weights = read_whole(folder->weights, &bytes);
	assert_int_equal(bytes, 712);
	write_whole(folder->weights, weights, bytes - 1);
	expect_refused(folder, STATUS_INPUT, "a.nbw: 711 bytes, expected a file of 712 bytes as in");
	write_whole(folder->weights, weights, bytes + 1);
	expect_refused(folder, STATUS_INPUT, "a.nbw: 713 bytes");
	for (size_t i = 0; i < bytes; i += 3) { /* tensors, and the gaps between them */
		weights[i] ^= 4;
		write_whole(folder->weights, weights, bytes);
		expect_refused(folder, STATUS_INPUT, "CRC-32");
		weights[i] ^= 4;
	}
	unlink(folder->weights);
	expect_refused(folder, STATUS_IO, "a.nbw: cannot be opened: No such file");
	unlink(folder->text);
	expect_refused(folder, STATUS_IO, "a.nbt: cannot be opened: No such file");
	free(weights);
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
	const struct folder *folder = *state;
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
	char *text = read_whole(folder->text, &bytes);
	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
		if (!strstr(text, parts[i])) fail_msg("no \"%s\" in %s", parts[i], text);
	free(text);
	((int16_t *)read.tensors[read.layers[1].main.weight_tensor].data)[1] = 0;
	assert_int_equal(trace_check(&read, "memory", &error), STATUS_INPUT);
	assert_non_null(strstr(error.text, "main_weights=sum.w: 0 in row 1, column 0, expected -1 or 1 (1 bit)"));
	trace_clear(&written);
	trace_clear(&read);
}

/* ---- trace_check on traces in memory */

static void expect_bad(const struct trace *trace, const char *part) {
	struct error error = {0};
	const enum status found = trace_check(trace, "memory", &error);
	if (found != STATUS_INPUT || !strstr(error.text, part) || strncmp(error.text, "memory: ", 8) != 0)
		fail_msg("expected \"%s\", found status %d and \"%s\"", part, found, error.text);
}

static void values_outside_their_range(void **state) {
	(void)state;
	struct trace trace;
	struct error error = {0};
	trace_sample(&trace);
	assert_int_equal(trace_check(&trace, "memory", &error), STATUS_OK);
	int32_t *affine = trace.tensors[trace.layers[0].parameter_tensor].data;
	static const struct {
		int place;
		int32_t value;
		const char *part;
	} rows[] = {
	    {6, 32768, "layer stem: parameters=stem.p: A of output 1 is 32768, expected -32768 to 32767"},
	    {8, -32769, "MP of output 1 is -32769"},
	    {9, 99999, "MN of output 1 is 99999"},
	    {5, 32, "E of output 0 is 32, expected 0 to 31"},
	    {17, -1, "E of output 2 is -1"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const int32_t kept = affine[rows[i].place];
		affine[rows[i].place] = rows[i].value;
		expect_bad(&trace, rows[i].part);
		affine[rows[i].place] = kept;
	}
	((int32_t *)trace.tensors[trace.layers[2].parameter_tensor].data)[3] = 2;
	expect_bad(&trace, "layer levels: parameters=levels.t: D of output 1 is 2, expected 0 to 1");
	((int32_t *)trace.tensors[trace.layers[2].parameter_tensor].data)[3] = 1;
	uint8_t *bits = trace.tensors[trace.layers[1].main.weight_tensor].data;
	for (size_t place = 27; place < 64; place++) {
		bits[8 + place / 8] ^= (uint8_t)(1 << place % 8);
		expect_bad(&trace, "main_weights=blend.w: a bit behind the last column of row 1 is 1, expected 0");
		bits[8 + place / 8] ^= (uint8_t)(1 << place % 8);
	}
	((int16_t *)trace.tensors[trace.layers[1].skip.weight_tensor].data)[14] = 128;
	expect_bad(&trace, "skip_weights=blend.s: 128 in row 4, column 2, expected -128 to 127 (8 bits)");
	trace_clear(&trace);
}

static void members_outside_their_range(void **state) {
	(void)state;
	struct trace trace;
	struct error error = {0};
	trace_sample(&trace);
#define WITH(member, value, part)                                                                                      \
	do {                                                                                                           \
		const uint32_t kept = (uint32_t)(member);                                                              \
		(member) = (value);                                                                                    \
		expect_bad(&trace, part);                                                                              \
		(member) = kept;                                                                                       \
	} while (0)
	WITH(trace.input_map, 6, "network sample: input=6: expected one of the 6 maps");
	WITH(trace.scores_map, UINT32_MAX, "expected one of the 6 maps");
	WITH(trace.layers[1].main.input_map, 77, "main_input=77: expected one of the 6 maps");
	WITH(trace.layers[1].skip.weight_tensor, 77, "skip_weights=77: expected one of the 9 tensors");
	WITH(trace.layers[1].main.kind, 3, "main=3: expected 0 to 2");
	WITH(trace.layers[0].main.stride, 0, "main_stride=0: expected 1 to 4096");
	WITH(trace.layers[0].main.tap_shared, 2, "main_tap_shared=2: expected 0 to 1");
	WITH(trace.layers[0].bits_map, 9, "bits_map=9: expected one of the 6 maps");
	WITH(trace.layers[3].fixed_map, 4, "fixed_map=x2: a map of 2 x 2 x 4, expected 1 x 1 x 3");
	WITH(trace.tensors[0].type, 3, "type=3: expected 0 to 2");
	WITH(trace.tensors[0].bytes, 55, "bytes=55: expected 54");
	WITH(trace.image_channels, 4, "image_channels=4: expected 1 to 3");
	WITH(trace.layer_count, 4097, "layers=4097: expected 1 to 4096");
	WITH(trace.layer_count, 0, "layers=0: expected 1 to 4096");
	WITH(trace.layer_count, 3, "no layer writes it");
	memset(trace.maps[1].name, 'x', sizeof trace.maps[1].name); /* no end */
	expect_bad(&trace, "expected 1 to 63 letters");
	snprintf(trace.maps[1].name, sizeof trace.maps[1].name, "s0");
	expect_bad(&trace, "map s0: name=s0: used twice");
	snprintf(trace.maps[1].name, sizeof trace.maps[1].name, "x0");
	assert_int_equal(trace_check(&trace, "memory", &error), STATUS_OK);
	trace_clear(&trace);
}

/* Scores leave through the output buffer, pixel by pixel. */
static void transposed_scores(void **state) {
	(void)state;
	struct trace trace;
	trace_sample(&trace);
	struct trace_layer *head = &trace.layers[3];
	trace.classes = head->output_channels = trace.maps[head->fixed_map].channels = 1;
	trace.tensors[head->main.weight_tensor].rows = trace.tensors[head->parameter_tensor].rows = 1;
	trace.tensors[head->main.weight_tensor].bytes = 8;
	trace.tensors[head->parameter_tensor].bytes = 24;
	struct error error = {0};
	assert_int_equal(trace_check(&trace, "memory", &error), STATUS_OK);
	head->transpose = 1;
	expect_bad(&trace, "layer head: transpose=1: expected 0 for the layer that writes the scores");
	trace_clear(&trace);
}

static void what_cannot_be_written(void **state) {
	const struct folder *folder = *state;
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
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	    TEST(reads_what_it_wrote),
	    TEST(comments_spaces_and_line_ends),
	    TEST(every_mistake_in_the_text),
	    TEST(every_cut_of_the_text),
	    TEST(lines_too_long_and_too_many),
	    TEST(every_mistake_in_the_weights),
	    TEST(what_cannot_be_written),
	    TEST(wide_trace),
	    cmocka_unit_test(lifetimes),
	    cmocka_unit_test(values_outside_their_range),
	    cmocka_unit_test(members_outside_their_range),
	    cmocka_unit_test(transposed_scores),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
