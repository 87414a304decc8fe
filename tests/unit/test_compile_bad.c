/* Every malformed network ends with one sentence that names the place; nothing is left behind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/test_compile_folder.h"

#define HEAD                                                                                                           \
	"[network]\nname = bad\nclasses = 2\n[input]\npixel = minus128\nimage_height = 4\nimage_width = 4\n"           \
	"image_channels = 1\n"
#define CONV "[conv]\ntype = fixed_conv\ninputs = input\noutputs = 2\nkernel = 4\n"
#define POOLED(name)                                                                                                   \
	"[g]\ntype = global_average_pool\ninputs = " name "\n[f]\ntype = fully_connected\ninputs = g\noutputs = 2\n"
#define ADDED "[a]\ntype = add\ninputs = c, d\n" POOLED("a")
#define WIDE "[wide]\ntype = fixed_conv\ninputs = input\noutputs = 2\nkernel = 1\n"

static const struct {
	const char *ini, *expected;
} rows[] = {
    {"[network]\nname = bad\nclasses = 2\n" CONV, "expected the sections"},
    {HEAD "[conv]\ntype = fixed_conf\ninputs = input\n", "unknown layer type 'fixed_conf'; did you mean fixed_conv"},
    {HEAD "[conv]\ninputs = input\n", "[conv]: the key type is missing"},
    {HEAD "[conv]\ntype = fixed_conv\ninputs = input\noutputs = 2\n", "[conv]: the key kernel is missing"},
    {HEAD CONV "strid = 2\n", "unknown key 'strid'; did you mean stride"},
    {HEAD CONV "pad_value = minus\n", "unknown key 'pad_value'"},
    {HEAD CONV "stride = 2x\n", "[conv] stride: '2x' is not a whole number"},
    {HEAD "[conv]\ntype = fixed_conv\ninputs = inptu\noutputs = 2\nkernel = 4\n", "did you mean input"},
    {HEAD "[s]\ntype = add\ninputs = input\n", "a layer of type add has 2"},
    {HEAD "[a]\ntype = sign\ninputs = b\n[b]\ntype = sign\ninputs = a\n", "depend on itself"},
    {HEAD "[conv]\ntype = fixed_conv\ninputs = input\noutputs = 2\nkernel = 5\n", "does not fit the map of 4 x 4"},
    {HEAD "[conv]\ntype = fixed_conv\ninputs = input\noutputs = 1\nkernel = 4\n", "expected 1x1 scores of 2 classes"},
    {HEAD CONV "[two]\ntype = fixed_conv\ninputs = input\noutputs = 2\nkernel = 4\n", "nothing reads conv and two"},
    {HEAD "[b]\ntype = binary_conv\ninputs = input\noutputs = 2\nkernel = 4\n", "put a sign layer before it"},
    {HEAD CONV "kernel_heigth = 1\n", "unknown key 'kernel_heigth'; did you mean kernel_height"},
    {HEAD CONV "stride_height = 1\n", "[conv] stride_height: needs the key kernel_height"},
    {HEAD CONV "pad_height = 1\n", "[conv] pad_height: needs the key kernel_height"},
    {HEAD CONV "kernel_height = 0\n", "[conv] kernel_height: '0' is not a whole number from 1 to 4096"},
    {HEAD CONV "kernel_height = 5\n", "a kernel of 5 x 4 does not fit the map of 4 x 4"},
    {HEAD CONV "kernel_height = 2\npad_height = 2\n", "pad_height must be smaller than kernel_height"},
    {HEAD CONV "depthwise = 2\n", "[conv] depthwise: '2' is not a whole number from 0 to 1"},
    {HEAD CONV "depthwise = 1\n", "a depthwise layer of 1 channels has 1 outputs, not 2"},
    {HEAD CONV "weight_bits = 17\n", "[conv] weight_bits: '17' is not a whole number from 1 to 16"},
    {HEAD WIDE "[p]\ntype = average_pool\ninputs = wide\nkernel = 4\nstride = 4\n"
               "[c]\ntype = fixed_conv\ninputs = p\noutputs = 2\nkernel = 1\ndepthwise = 1\n",
     "[p]: an average_pool has kernel = 2 and stride = 2"},
    {HEAD WIDE "[p]\ntype = global_average_pool\ninputs = wide\n"
               "[c]\ntype = fixed_conv\ninputs = p\noutputs = 2\nkernel = 1\ndepthwise = 1\n",
     "[c]: fixed_conv of an average pool must not be depthwise"},
    {HEAD WIDE "[q]\ntype = quantised_activation\ninputs = wide\n", "[q]: the key bits is missing"},
    {HEAD WIDE "[q]\ntype = quantised_activation\ninputs = wide\nbits = 9\n", "'9' is not a whole number from 2 to 8"},
    {HEAD WIDE "[q]\ntype = quantised_activation\ninputs = wide\nbits = 2\nlevels = 5\n",
     "[q] levels: '5' is not a whole number from 2 to 4"},
    {HEAD WIDE "[q]\ntype = quantised_activation\ninputs = wide\nbits = 2\nsigned = 1\n", "unknown key 'signed'"},
    {HEAD WIDE "[q]\ntype = quantised_activation\ninputs = wide\nbits = 2\n[s]\ntype = sign\ninputs = q\n"
               "[b]\ntype = binary_conv\ninputs = s\noutputs = 2\nkernel = 4\n",
     "[s]: sign of a quantised_activation is not an operator"},
    {HEAD WIDE "[q]\ntype = quantised_activation\ninputs = wide\nbits = 2\n[p]\ntype = prelu\ninputs = q\n"
               "[c]\ntype = fixed_conv\ninputs = p\noutputs = 2\nkernel = 4\n",
     "[p]: prelu behind a quantised_activation is no operator"},
    {HEAD WIDE "[s]\ntype = sign\ninputs = wide\n[q]\ntype = quantised_activation\ninputs = s\nbits = 2\n"
               "[c]\ntype = fixed_conv\ninputs = q\noutputs = 2\nkernel = 4\n",
     "[q]: quantised_activation cannot read the +1 / -1 map s"},
    {HEAD CONV "[q]\ntype = quantised_activation\ninputs = conv\nbits = 2\n", "cannot be the last layer"},
    {HEAD WIDE "[d]\ntype = fixed_conv\ninputs = input\noutputs = 2\nkernel = 1\nweight_bits = 1\n"
               "[a]\ntype = add\ninputs = wide, d\n" POOLED("a"),
     "[d]: fixed_conv of the skip path has weights of 2 to 16 bits"},
    {HEAD WIDE "[d]\ntype = fixed_conv\ninputs = input\noutputs = 2\nkernel = 1\n"
               "[a]\ntype = add\ninputs = wide, d\n[q]\ntype = quantised_activation\ninputs = a\nbits = 2\n"
               "levels = 3\n" POOLED("q"),
     "[q]: quantised_activation behind an addition has 2^bits levels"},
    {HEAD WIDE "[p]\ntype = max_pool\ninputs = wide\nkernel = 2\nstride = 1\nkernel_height = 3\n" POOLED("p"),
     "[p]: a pool's strides are equal, or those of its sides"},
    {HEAD WIDE "[p]\ntype = max_pool\ninputs = wide\nkernel = 2\nstride = 2\npad = 2\n" POOLED("p"),
     "[p]: pad must be smaller than the pool's sides"},
    {HEAD "flat = 1\nchannels = 17\n" CONV, "[input] channels: 17, but the image has 16 values"},
    {HEAD "flat = 2\n" CONV, "[input] flat: '2' is not a whole number from 0 to 1"},
    {HEAD WIDE "[a]\ntype = add\ninputs = wide, input\n[c]\ntype = fixed_conv\ninputs = a\noutputs = 2\nkernel = 4\n",
     "wide is 4x4x2 but input is 4x4x1"},
    {HEAD WIDE "[p]\ntype = max_pool\ninputs = wide\nkernel = 5\nstride = 2\n",
     "[p]: the map of 4 x 4 is smaller than the pool of 5 x 5"},
    {HEAD "[odd]\ntype = fixed_conv\ninputs = input\noutputs = 2\nkernel = 2\n"
          "[p]\ntype = average_pool\ninputs = odd\nkernel = 2\nstride = 2\n",
     "[p]: an average_pool needs a map of even height"},
    {HEAD WIDE "[f]\ntype = fully_connected\ninputs = wide\noutputs = 2\n", "reads a 1 x 1 map"},
    {HEAD WIDE "[r]\ntype = reshape\ninputs = wide\nheight = 4\nwidth = 4\nchannels = 3\n", "cannot become 4x4x3"},
    {HEAD WIDE "[t]\ntype = transpose\ninputs = wide\n[c]\ntype = fixed_conv\ninputs = t\noutputs = 16\nkernel = 1\n"
               "[u]\ntype = transpose\ninputs = c\n[d]\ntype = fixed_conv\ninputs = wide\noutputs = 2\nkernel = 1\n"
               "[r]\ntype = reshape\ninputs = u\nheight = 4\nwidth = 4\nchannels = 2\n"
               "[a]\ntype = add\ninputs = r, d\n" POOLED("a"),
     "[t]: transpose of a map that others read too is not an operator: all readers of a map must read it the same way"},
    {HEAD WIDE "[t]\ntype = transpose\ninputs = wide\n[u]\ntype = transpose\ninputs = wide\n"
               "[c]\ntype = fixed_conv\ninputs = t\noutputs = 2\nkernel = 1\n"
               "[d]\ntype = fixed_conv\ninputs = u\noutputs = 2\nkernel = 1\n" ADDED,
     "[t]: transpose of a map that others read too is not an operator"},
    {HEAD "[t]\ntype = transpose\ninputs = input\n[c]\ntype = fixed_conv\ninputs = t\noutputs = 2\nkernel = 1\n",
     "[t]: transpose must follow a convolution"},
    {HEAD WIDE "[t]\ntype = transpose\ninputs = wide\n[u]\ntype = transpose\ninputs = t\n"
               "[c]\ntype = fixed_conv\ninputs = u\noutputs = 2\nkernel = 1\n" POOLED("c"),
     "[u]: transpose must follow a convolution"},
    {HEAD WIDE "[p]\ntype = max_pool\ninputs = wide\nkernel = 2\nstride = 2\n[t]\ntype = transpose\ninputs = p\n"
               "[c]\ntype = fixed_conv\ninputs = t\noutputs = 2\nkernel = 1\n" POOLED("c"),
     "[t]: transpose behind a max_pool or another transpose is not an operator"},
    {HEAD WIDE "[t]\ntype = transpose\ninputs = wide\n[p]\ntype = prelu\ninputs = t\n"
               "[c]\ntype = fixed_conv\ninputs = p\noutputs = 2\nkernel = 1\n" POOLED("c"),
     "[p]: prelu must directly follow a convolution"},
    {HEAD WIDE "[t]\ntype = transpose\ninputs = wide\n[r]\ntype = reshape\ninputs = t\nheight = 2\nwidth = 2\n"
               "channels = 8\n[c]\ntype = fixed_conv\ninputs = r\noutputs = 2\nkernel = 2\n",
     "[r]: reshape must keep the channels of a transpose that nothing else reads"},
    {HEAD WIDE "[r]\ntype = reshape\ninputs = wide\nheight = 2\nwidth = 8\nchannels = 2\n"
               "[c]\ntype = fixed_conv\ninputs = r\noutputs = 2\nkernel = 2\nstride = 8\n",
     "[r]: reshape must keep"},
    {HEAD WIDE "[t]\ntype = transpose\ninputs = wide\n[r]\ntype = reshape\ninputs = t\nheight = 1\nwidth = 2\n"
               "channels = 16\n[c]\ntype = fixed_conv\ninputs = r\noutputs = 2\nkernel = 1\nstride = 2\n"
               "[d]\ntype = fixed_conv\ninputs = t\noutputs = 2\nkernel = 1\nstride = 2\n" ADDED,
     "[r]: reshape must keep"},
    {HEAD WIDE "[p]\ntype = prelu\ninputs = wide\n[q]\ntype = prelu\ninputs = p\n[c]\ntype = fixed_conv\ninputs = q\n"
               "outputs = 2\nkernel = 4\n",
     "[q]: prelu behind an addition, a pool or another prelu"},
    {HEAD CONV "[n]\ntype = batch_norm\ninputs = conv\n[m]\ntype = max_pool\ninputs = n\nkernel = 2\nstride = 2\n",
     "[m]: the map of 1 x 1 is smaller than the pool of 2 x 2"},
};

static void descriptions(void **state) {
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct test_folder folder;
		struct trace trace;
		struct compile_report report;
		struct error error = {""};
		test_folder_open(&folder, rows[i].ini);
		test_folder_flush(&folder);
		struct compile_options options = {.network = folder.path, .shape_only = 1};
		enum status status = compile_network(&options, &trace, &report, &error);
		test_folder_remove(&folder);
		if (status != STATUS_INPUT || !strstr(error.text, rows[i].expected))
			fail_msg("row %zu: status %d, '%s', expected '%s'", i, (int)status, error.text,
			         rows[i].expected);
		assert_non_null(strstr(error.text, "network.ini"));
		assert_null(strchr(error.text, '\n'));
		assert_null(trace.maps);
		assert_null(report.notes);
	}
}

static const struct {
	const char *index, *expected;
	size_t floats;
} tensors[] = {
    {"conv.weight 2x1x4x4 0 32\n", NULL, 32},
    {"conv.weight 2x1x4x4 0 32 9\n", "expected NAME SHAPE OFFSET COUNT", 32},
    {"conv.weight 2x1x4x0 0 32\n", "expected NAME SHAPE OFFSET COUNT", 32},
    {"conv.weight 2x1x4x4 0 31\n", "shape 2x1x4x4 holds 32 values, not 31", 32},
    {"conv.weight 2x1x4x4 1 32\n", "lie outside params.f32", 32},
    {"conv.weight 2x1x4x4 18446744073709551615 32\n", "lie outside params.f32", 32},
    {"conv.weight 32 0 32\n", "conv.weight has the shape 32, the layer needs 2x1x4x4", 32},
    {"conv.weigt 2x1x4x4 0 32\n", "there is no tensor conv.weight; the nearest is conv.weigt", 32},
    {"conv.weight 2x1x4x4 0 32\nother 2 0 2\n", "no layer of the network reads the tensor other", 32},
    {"conv.weight 2x1x4x4 0 32\nconv.weight 2x1x4x4 0 32\n", "is given twice", 32},
    {"", "there is no tensor conv.weight", 32},
};

static void parameters(void **state) {
	(void)state;
	static const float zeros[32] = {0};
	for (size_t i = 0; i < sizeof tensors / sizeof tensors[0]; i++) {
		struct test_folder folder;
		struct trace trace;
		struct error error = {""};
		test_folder_open(&folder, HEAD CONV);
		test_folder_tensor(&folder, "x", "x", zeros, tensors[i].floats);
		test_folder_flush(&folder);
		test_folder_text(&folder, "params.txt", tensors[i].index);
		struct compile_options options = {.network = folder.path};
		enum status status = compile_network(&options, &trace, NULL, &error);
		test_folder_remove(&folder);
		if (!tensors[i].expected) {
			assert_int_equal(status, STATUS_OK);
			trace_clear(&trace);
		} else if (status != STATUS_INPUT || !strstr(error.text, tensors[i].expected)) {
			fail_msg("row %zu: status %d, '%s', expected '%s'", i, (int)status, error.text,
			         tensors[i].expected);
		}
	}
}

static void missing(void **state) {
	(void)state;
	struct trace trace;
	struct error error = {""};
	struct compile_options options = {.network = "neuroblend20-fashon"};
	assert_int_equal(compile_network(&options, &trace, NULL, &error), STATUS_IO);
	assert_non_null(strstr(error.text, "neuroblend20-fashion"));
	options.network = "neuroblend18-cifar100";
	assert_int_equal(compile_network(&options, &trace, NULL, &error), STATUS_INPUT);
	assert_non_null(strstr(error.text, "--shape-only"));
	static const char *const widths[] = {"m1.skip.cnv.weight_bits=4", "m1.skip.conv.weight_bit=4",
	                                     "m1.skip.conv.weight_bits=17", "weight_bits=4", "m1.weight_bits"};
	static const char *const expected[] = {"did you mean m1.skip.conv", "weight_bits", "from 1 to 16",
	                                       "expected LAYER", "expected LAYER"};
	for (size_t i = 0; i < 5; i++) {
		struct compile_options wide = {
		    .network = "neuroblend20-fashion", .widths = &widths[i], .width_count = 1};
		assert_int_equal(compile_network(&wide, &trace, NULL, &error), STATUS_USAGE);
		assert_non_null(strstr(error.text, expected[i]));
	}
}

static const char *const nets[][2] = {
    {"net x\nclasses 2\ninput 1 1 64 bipolar\n", "at least one layer"},
    {"net x\nclasses 2\ninput 1 1 64 bipolar\nlayer 1 fc k=1\n", "counted from 0"},
    {"net x\nclasses 2\ninput 1 1 64 bipolar\nlayer 0 fc kk=1\n", "unknown key 'kk'"},
    {"net x\nclasses 2\ninput 1 1 64 bipolar\nlayer 0 fc k=1 ic=64 oc=2 oh=1 ow=1 stride=1 wbits=3 acc=match\n",
     "wbits is neither 1 nor 2"},
    {"net x\nclasses 2\ninput 1 1 64 bipolar\nlayer 0 fc k=1 ic=64 oc=2 oh=1 ow=1 stride=1 wbits=1 acc=match\n",
     "lacks the name of a tensor file"},
    {"net x\nclasses 2\ninput 1 1 64 bipolar\nlayer 0 fc k=1 ic=64 oc=2 oh=1 ow=1 stride=1 wbits=1 acc=match "
     "w=params.f32\n",
     "the layer's shape needs 16"},
    {"net x\nclasses 2\ninput 1 1 64 strange\nlayer 0 fc k=1\n", "neither int8 nor bipolar"},
    {"nett x\n", "expected one of"},
    {"net x\nclasses 2\ninput 1 1 64 bipolar\nlayer 0 fc w=../../etc/passwd\n", "file name of this folder"},
};

static void imports(void **state) {
	(void)state;
	for (size_t i = 0; i < sizeof nets / sizeof nets[0]; i++) {
		struct test_folder folder;
		struct trace trace;
		struct error error = {""};
		char path[128];
		test_folder_open(&folder, "");
		test_folder_flush(&folder);
		snprintf(path, sizeof path, "%s/network.ini", folder.path);
		unlink(path);
		test_folder_text(&folder, "net.txt", nets[i][0]);
		struct compile_options options = {.network = folder.path};
		enum status status = compile_network(&options, &trace, NULL, &error);
		test_folder_remove(&folder);
		if (status != STATUS_INPUT || !strstr(error.text, nets[i][1]))
			fail_msg("row %zu: status %d, '%s', expected '%s'", i, (int)status, error.text, nets[i][1]);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {cmocka_unit_test(descriptions), cmocka_unit_test(parameters),
	                                   cmocka_unit_test(missing), cmocka_unit_test(imports)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
