/* Is every malformed trace file refused with the right sentence? */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/trace_folder.h"

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
	const struct trace_folder *folder = *state;
	size_t bytes;
	char *text = trace_folder_sample(folder, &bytes), *edited = calloc(1, bytes + 1000);
	assert_non_null(edited);
	for (size_t i = 0; i < sizeof edits / sizeof edits[0]; i++) {
		const char *found = strstr(text, edits[i].from);
		if (!found) fail_msg("the sample has no \"%s\"", edits[i].from);
		const int length =
		    sprintf(edited, "%.*s%s%s", (int)(found - text), text, edits[i].to, found + strlen(edits[i].from));
		trace_folder_write(folder->text, edited, (size_t)length);
		trace_folder_refuses(folder, STATUS_INPUT, edits[i].part);
	}
	free(text);
	free(edited);
}

static void every_cut_of_the_text(void **state) {
	const struct trace_folder *folder = *state;
	size_t bytes;
	char *text = trace_folder_sample(folder, &bytes);
	for (size_t length = 0; length + 1 < bytes; length += 3) {
		trace_folder_write(folder->text, text, length);
		trace_folder_refuses(folder, STATUS_INPUT, "a.nbt");
	}
	free(text);
}

static void lines_too_long_and_too_many(void **state) {
	const struct trace_folder *folder = *state;
	size_t bytes;
	char *text = trace_folder_sample(folder, &bytes), *edited = calloc(1, 1 << 20);
	assert_non_null(edited);
	int length = sprintf(edited, "%s#%05000d\n", text, 0);
	trace_folder_write(folder->text, edited, (size_t)length);
	trace_folder_refuses(folder, STATUS_INPUT, "a line of 5001 bytes, expected at most 4096");
	length = sprintf(edited, "%s", text);
	for (int i = 0; i < 4097; i++) length += sprintf(edited + length, "layer name=l%d\n", i);
	trace_folder_write(folder->text, edited, (size_t)length);
	trace_folder_refuses(folder, STATUS_INPUT, "layer: one line too many, expected at most 4096");
	length = sprintf(edited, "%snetwork name=x\n", text);
	trace_folder_write(folder->text, edited, (size_t)length);
	trace_folder_refuses(folder, STATUS_INPUT, "network: one line too many, expected at most 1");
	trace_folder_write(folder->text, "nbt 1\n", 6);
	trace_folder_refuses(folder, STATUS_INPUT, "no network line, expected at least one");
	free(text);
	free(edited);
}

static void every_mistake_in_the_weights(void **state) {
	const struct trace_folder *folder = *state;
	size_t bytes, text_bytes;
	free(trace_folder_sample(folder, &text_bytes));
	char *weights = trace_folder_read(folder->weights, &bytes);
	assert_int_equal(bytes, 712);
	trace_folder_write(folder->weights, weights, bytes - 1);
	trace_folder_refuses(folder, STATUS_INPUT, "a.nbw: 711 bytes, expected a file of 712 bytes as in");
	trace_folder_write(folder->weights, weights, bytes + 1);
	trace_folder_refuses(folder, STATUS_INPUT, "a.nbw: 713 bytes");
	for (size_t i = 0; i < bytes; i += 3) { /* tensors, and the gaps between them */
		weights[i] ^= 4;
		trace_folder_write(folder->weights, weights, bytes);
		trace_folder_refuses(folder, STATUS_INPUT, "CRC-32");
		weights[i] ^= 4;
	}
	unlink(folder->weights);
	trace_folder_refuses(folder, STATUS_IO, "a.nbw: cannot be opened: No such file");
	unlink(folder->text);
	trace_folder_refuses(folder, STATUS_IO, "a.nbt: cannot be opened: No such file");
	free(weights);
}

int main(void) {
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, trace_folder_setup, trace_folder_teardown)
	    TEST(every_mistake_in_the_text),
	    TEST(every_cut_of_the_text),
	    TEST(lines_too_long_and_too_many),
	    TEST(every_mistake_in_the_weights),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
