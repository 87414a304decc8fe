/* The shipped networks: shapes, the MAC checksums that can be done by hand, what was fused, accuracy of the trained
 * one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "sim/input/image.h"
#include "sim/values/values.h"
#include "workloads/compile.h"

#define FASHION "/usr/share/datasets/fashion-mnist/t10k-images-idx3-ubyte.gz"

static void compile(const struct compile_options *options, struct trace *trace) {
	struct error error = {""};
	if (compile_network(options, trace, NULL, &error)) fail_msg("%s", error.text);
}

static struct compile_macs total(const struct trace *trace) {
	struct compile_macs sum = {0};
	for (uint32_t i = 0; i < trace->layer_count; i++) {
		struct compile_macs macs = compile_layer_macs(trace, i);
		sum.binary += macs.binary;
		sum.fixed += macs.fixed;
		sum.skip += macs.skip;
	}
	return sum;
}

static void neuroblend20(void **state) {
	(void)state;
	struct trace trace;
	compile(&(struct compile_options){.network = "neuroblend20-fashion"}, &trace);
	struct compile_macs sum = total(&trace);
	assert_int_equal(sum.binary, 40108032);
	assert_int_equal(sum.binary + sum.fixed, 40551040);
	assert_int_equal(sum.skip, 4456448);
	assert_int_equal(trace.layer_count, 20);
	uint64_t bits = 0;
	for (uint32_t i = 0; i < trace.layer_count; i++)
		if (trace.layers[i].main.kind == TRACE_CONV_BINARY)
			bits += (uint64_t)trace.tensors[trace.layers[i].main.weight_tensor].rows *
			        trace.tensors[trace.layers[i].main.weight_tensor].columns;
	assert_int_equal(bits, 267264);
	assert_string_equal(trace.layers[0].name, "stem");
	assert_string_equal(trace.layers[0].from, "stem.conv,stem.bn,m1.main.sign");
	assert_string_equal(trace.layers[7].from, "m7.main.conv,m7.main.bn,m7.main.prelu,m7.skip.pool,m7.skip.conv,"
	                                          "m7.skip.bn,m7.add,m7.out.bn,m8.main.sign");
	assert_string_equal(trace.layers[19].from, "pool,fc");
	for (uint32_t i = 0; i < 19; i++) { /* one map of each kind; the last module's bits are read by nobody */
		assert_true(trace.layers[i].fixed_map != UINT32_MAX);
		assert_int_equal(trace.layers[i].bits_map != UINT32_MAX, i < 18);
	}
	assert_int_equal(trace.layers[19].main.tap_shared, 1);
	assert_int_equal(trace.maps[trace.scores_map].value_bits, 32);
	trace_clear(&trace);
}

static void neuroblend18(void **state) {
	(void)state;
	struct trace trace;
	compile(&(struct compile_options){.network = "neuroblend18-cifar100", .shape_only = 1, .seed = 1}, &trace);
	assert_int_equal(total(&trace).binary, 547356672);
	assert_int_equal(trace.classes, 100);
	assert_int_equal(trace.has_values, 0);
	assert_true(trace.float_top1 < 0);
	trace_clear(&trace);
	static const char *const narrow[] = {"channels=16", "classes=7"};
	compile(
	    &(struct compile_options){
	        .network = "neuroblend18-cifar100", .shape_only = 1, .geometry = narrow, .geometry_count = 2},
	    &trace);
	assert_int_equal(total(&trace).binary, 547356672 / 16);
	assert_int_equal(trace.classes, 7);
	trace_clear(&trace);
}

static void same_bytes(const struct trace *one, const struct trace *two, int expected) {
	int same = one->tensor_count == two->tensor_count;
	for (uint32_t i = 0; same && i < one->tensor_count; i++)
		same = one->tensors[i].bytes == two->tensors[i].bytes &&
		       memcmp(one->tensors[i].data, two->tensors[i].data, one->tensors[i].bytes) == 0;
	assert_int_equal(same, expected);
}

static void seeds(void **state) {
	(void)state;
	struct trace one, two, other;
	struct compile_options options = {.network = "blend20-cifar10", .shape_only = 1, .seed = 1};
	compile(&options, &one);
	compile(&options, &two);
	options.seed = 2;
	compile(&options, &other);
	same_bytes(&one, &two, 1);
	same_bytes(&one, &other, 0);
	trace_clear(&one);
	trace_clear(&two);
	trace_clear(&other);
}

static void widths(void **state) {
	(void)state;
	struct trace trace;
	struct config config;
	config_defaults(&config);
	config.compile_skip_weight_bits = 4;
	static const char *const overrides[] = {"m2.skip.conv.weight_bits=6", "m3.map_bits=12",
	                                        "m3.map_fraction_bits=5"};
	compile(
	    &(struct compile_options){
	        .network = "neuroblend20-fashion", .config = &config, .widths = overrides, .width_count = 3},
	    &trace);
	assert_int_equal(trace.layers[1].skip.weight_bits, 4);
	assert_int_equal(trace.layers[2].skip.weight_bits, 6);
	assert_int_equal(trace.maps[trace.layers[2].fixed_map].value_bits, 16);
	assert_int_equal(trace.maps[trace.layers[3].fixed_map].value_bits, 12);
	const struct trace_tensor *weights = &trace.tensors[trace.layers[1].skip.weight_tensor];
	for (uint64_t i = 0; i < weights->bytes / 2; i++) {
		int16_t weight = ((const int16_t *)weights->data)[i];
		assert_true(weight >= -8 && weight <= 7);
	}
	trace_clear(&trace);
}

/* A block: 2 x 256 x 64 x 128 over tokens, 2 x 64 x 256 x 512 over channels; each with a skip convolution beside it. */
static void mixer(void **state) {
	(void)state;
	struct trace trace;
	compile(&(struct compile_options){.network = "blendmixer", .shape_only = 1}, &trace);
	struct compile_macs sum = total(&trace);
	assert_int_equal(sum.binary, 8 * (4194304 + 16777216));
	assert_int_equal(sum.skip, sum.binary);
	assert_int_equal(sum.fixed, 64 * 48 * 256 + 2560);
	assert_int_equal(trace.layer_count, 1 + 4 * 8 + 1);
	for (uint32_t i = 0; i < trace.layer_count; i++) { /* stem, second token layer, block (but the last) */
		const struct trace_layer *layer = &trace.layers[i];
		const uint32_t turned = i < 32 && (i % 4 == 0 || i % 4 == 2);
		assert_int_equal(layer->transpose, turned);
		if (!turned) continue;
		const struct trace_map *map = &trace.maps[layer->fixed_map];
		assert_int_equal(map->height, i % 4 ? 8 : 256);
		assert_int_equal(map->width, i % 4 ? 8 : 1);
		assert_int_equal(map->channels, i % 4 ? 256 : 64);
	}
	assert_string_equal(trace.layers[2].name, "b1.token2");
	assert_non_null(
	    strstr(trace.layers[2].from, "b1.token2.out.bn,b1.token.back,b1.token.grid,b1.channel1.main.sign"));
	trace_clear(&trace);
}

/* The checksum of a compiled trace is that of the file it is written to, and follows the weights. */
static void checksum_is_that_of_the_file(void **state) {
	(void)state;
	struct trace trace, other;
	struct error error = {""};
	compile(&(struct compile_options){.network = "neuroblend20-fashion"}, &trace);
	uint32_t sealed = trace.checksum;
	assert_int_not_equal(sealed, 0);
	assert_int_equal(trace_write(&trace, "sealed.nbt", &error), STATUS_OK);
	assert_int_equal(trace.checksum, sealed);
	assert_int_equal(trace_read(&other, "sealed.nbt", &error), STATUS_OK);
	assert_int_equal(other.checksum, sealed);
	int16_t *weight = trace.tensors[trace.layers[0].main.weight_tensor].data;
	weight[0] = (int16_t)(weight[0] ? 0 : 1);
	assert_int_equal(trace_seal(&trace, &error), STATUS_OK);
	assert_int_not_equal(trace.checksum, sealed);
	trace_clear(&trace);
	trace_clear(&other);
	remove("sealed.nbt");
	remove("sealed.nbw");
}

/* Float: 93.00 % of the first 1000, 90.56 % of all 10,000. Both stay within one point. The float network itself moves
 * as much as the quantised one: it gives 93.20, 91.90, 91.50 % on the first 1000 with uniform noise 0.00001, 0.001,
 * 0.004 wide before its signs. */
static void accuracy(void **state) {
	(void)state;
	struct trace trace;
	struct error error = {""};
	struct image_set *set;
	struct values_network *values;
	const uint32_t count = 10000;
	if (image_set_open(&set, FASHION, count, &error)) {
		print_message("skipped: %s is absent\n", FASHION);
		skip();
	}
	compile(&(struct compile_options){.network = "neuroblend20-fashion"}, &trace);
	assert_int_equal(values_network_create(&values, &trace, VALUES_FAST, &error), STATUS_OK);
	int16_t *map = calloc(image_map_values(&trace), sizeof *map);
	uint32_t right = 0, right_first = 0;
	for (uint32_t i = 0; i < count; i++) {
		int32_t scores[10], label;
		image_to_map(&trace, image_set_read(set, i, &label), map);
		values_network_run(values, map, scores);
		right += values_top1(scores, 10) == (uint32_t)label;
		if (i == 999) right_first = right;
	}
	print_message("top-1: first 1000 %.2f %% (float 93.00), all 10000 %.2f %% (float 90.56)\n", right_first / 10.0,
	              right / 100.0);
	assert_true(right >= 8956); /* within 1 point */
	assert_true(right_first >= 920);
	free(map);
	values_network_free(values);
	image_set_close(set);
	trace_clear(&trace);
}

int main(void) {
	const struct CMUnitTest tests[] = {cmocka_unit_test(neuroblend20),
	                                   cmocka_unit_test(neuroblend18),
	                                   cmocka_unit_test(seeds),
	                                   cmocka_unit_test(widths),
	                                   cmocka_unit_test(mixer),
	                                   cmocka_unit_test(accuracy),
	                                   cmocka_unit_test(checksum_is_that_of_the_file)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
