/* Does the functional executor name what is wrong with a convolution: without a word, a lane or a border constant,
 * beyond a buffer, with fields that do not fit? */
#include "tests/unit/conv_shapes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* A binary rig of the 4x4 map with everything in place: what each test below leaves out or spoils. */
struct binary_rig {
	struct rig rig;
	struct shape s;
	struct command command;
};

enum part { PART_NONE, PART_MAP, PART_WEIGHTS, PART_BORDER };

static void binary_rig_start(struct binary_rig *b, uint32_t flags, enum part missing) {
	struct config config;
	rig_config(&config);
	rig_start(&b->rig, &config);
	b->s =
	    (struct shape){.height = 4, .width = 4, .channels = 20, .outputs = 8, .kernel = 3, .stride = 1, .pad = 1};
	finish_shape(&b->s, NULL);
	int16_t map[4 * 4 * 20] = {0}, weights[8 * 9 * 20] = {0};
	const uint32_t base[4] = {10, 20, 30, 40};
	if (missing != PART_MAP) load_map(&b->rig, &b->s, map, 1, base[0], 0, 4);
	if (missing != PART_WEIGHTS)
		load_binary_weights(&b->rig, &b->s, weights, (flags & CONV_WINDOW_PACKED) != 0, base[1]);
	if (missing != PART_BORDER) load_border(&b->rig, &b->s, weights, base[2]);
	b->command = conv_command(&b->rig, &b->s, OPCODE_BINARY_CONV, flags, base);
}

static void binary_poison_is_named(void **state) {
	(void)state;
	static const uint32_t flags[] = {0, CONV_WINDOW_PACKED};
	static const char *const expected[] = {
	    NULL, "binary_engine reads bit_activations word 10, which was never written",
	    "binary_engine reads bit_weights word 20, which was never written",
	    "binary_engine reads border word 38, which was never written" /* class 4: the corner */};
	for (int i = 0; i < 2; i++)
		for (int missing = PART_NONE; missing <= PART_BORDER; missing++) {
			struct binary_rig b;
			binary_rig_start(&b, flags[i], (enum part)missing);
			if (missing == PART_NONE)
				assert_int_equal(rig_run(&b.rig, b.command), STATUS_OK);
			else
				rig_fails(&b.rig, b.command, expected[missing]);
			if (missing == PART_MAP) assert_non_null(strstr(b.rig.error.text, "(BINARY_CONV, layer 2)"));
			rig_stop(&b.rig);
		}
}

/* Every address shifted by one word, and bounds of every buffer. */
static void binary_addresses_are_checked(void **state) {
	(void)state;
	for (uint32_t flags = 0; flags < 2; flags++) {
		struct binary_rig b;
		binary_rig_start(&b, flags, PART_NONE);
		struct command c = b.command;
		c.f.conv.input_base++;
		rig_fails(&b.rig, c, "bit_activations word 26, which was never written");
		c = b.command, c.f.conv.input_base--;
		rig_fails(&b.rig, c, "bit_activations word 9, which was never written");
		c = b.command, c.f.conv.input_first_row = 1;
		rig_fails(&b.rig, c, "bit_activations word 6, which was never written");
		c = b.command, c.f.conv.input_base = 3, c.f.conv.input_first_row = 1;
		rig_fails(&b.rig, c, "bit_activations word -1; expected 0 to 2047");
		c = b.command, c.f.conv.weight_base++;
		rig_fails(&b.rig, c,
		          flags ? "bit_weights word 28, which was never" : "bit_weights word 38, which was never");
		c = b.command, c.f.conv.weight_base--;
		rig_fails(&b.rig, c, "bit_weights word 19, which was never written");
		c = b.command, c.f.conv.weight_base = RIG_DEPTH_WORDS;
		rig_fails(&b.rig, c, "bit_weights word 2048; expected 0 to 2047");
		c = b.command, c.f.conv.border_base += 10;
		rig_fails(&b.rig, c, "border word 48, which was never written");
		c = b.command, c.f.conv.output_base = RIG_DEPTH_WORDS - 31;
		rig_fails(&b.rig, c, "writes accumulators word 2048; expected 0 to 2047");
		c = b.command, c.f.conv.output_base = RIG_DEPTH_WORDS - 32;
		assert_int_equal(rig_run(&b.rig, c), STATUS_OK);
		c = b.command, c.f.conv.output_base = UINT32_MAX;
		rig_fails(&b.rig, c, "writes accumulators word 4294967295");
		rig_stop(&b.rig);
	}
}

static void binary_fields_are_checked(void **state) {
	(void)state;
	struct binary_rig b;
	binary_rig_start(&b, CONV_WINDOW_PACKED, PART_NONE);
	struct command c = b.command;
	c.flags = CONV_AVERAGE2;
	rig_fails(&b.rig, c, "has flags 2");
	c = b.command, c.f.conv.groups = 0;
	rig_fails(&b.rig, c, "expected at least 1");
	c = b.command, c.f.conv.steps = 3;
	rig_fails(&b.rig, c, "has 3 steps; expected ceil(180 / 48)");
	c = b.command, c.f.conv.channels = 49;
	rig_fails(&b.rig, c, "has 49 channels in 1 words a pixel");
	c = b.command, c.f.conv.pad = 0;
	rig_fails(&b.rig, c, "expected none with pad 0");
	c = b.command, c.f.conv.input_height = 2, c.f.conv.kernel = 4, c.f.conv.steps = 7, c.f.conv.weight_base = 0;
	rig_fails(&b.rig, c, "bit_weights word 0");
	c = b.command, c.f.conv.kernel = 16;
	rig_fails(&b.rig, c, "wider than its place");
	b.rig.config.binary_window_bits = 179;
	rig_fails(&b.rig, b.command, "has a window of 180 bits; expected at most 179");
	b.rig.config.binary_window_bits = 180;
	assert_int_equal(rig_run(&b.rig, b.command), STATUS_OK);
	b.rig.config.binary_packing = PACKING_CHANNEL;
	rig_fails(&b.rig, b.command, "expected [binary_engine] packing = window");
	rig_stop(&b.rig);
}

static void fixed_errors(void **state) {
	(void)state;
	struct config config;
	struct rig rig;
	rig_config(&config);
	rig_start(&rig, &config);
	struct shape s = {.height = 4, .width = 4, .channels = 4, .outputs = 4, .kernel = 2, .stride = 2};
	finish_shape(&s, NULL);
	const int16_t map[64] = {0}, weights[64] = {0};
	const uint32_t base[4] = {8, 9, 0, 10};
	const struct command command = conv_command(&rig, &s, OPCODE_FIXED_CONV, 0, base);
	struct command c = command;
	rig_fails(&rig, c, "fixed_engine reads fixed_weights word 9, which was never written");
	load_fixed_weights(&rig, &s, weights, 0, base[1]);
	rig_fails(&rig, c, "fixed_engine reads fixed_activations word 8, which was never written");
	load_map(&rig, &s, map, 0, base[0], 0, 4);
	assert_int_equal(rig_run(&rig, c), STATUS_OK);
	c.f.conv.input_base = 9;
	rig_fails(&rig, c, "fixed_activations word 24, which was never written");
	c = command, c.f.conv.weight_base = 10;
	rig_fails(&rig, c, "fixed_weights word 13, which was never written");
	c.flags = CONV_TAP_SHARED; /* one word only */
	assert_int_equal(rig_run(&rig, c), STATUS_OK);
	c = command, c.f.conv.output_base = RIG_DEPTH_WORDS - 3;
	rig_fails(&rig, c, "writes skip_sums word 2048");
	c = command, c.flags = CONV_WINDOW_PACKED;
	rig_fails(&rig, c, "has flags 1");
	c = command, c.flags = CONV_AVERAGE2, c.f.conv.stride = 1;
	rig_fails(&rig, c, "averages with K 2, stride 1, pad 0");
	rig_stop(&rig);
}

int main(void) {
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(binary_poison_is_named),
	    cmocka_unit_test(binary_addresses_are_checked),
	    cmocka_unit_test(binary_fields_are_checked),
	    cmocka_unit_test(fixed_errors),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
