/* Timing and laws of the machine on hand-made programs: is each gate exact, does arithmetic one can do by hand hold? */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sim/run/native.h"

enum { MAX_COMMANDS = 64 };

struct bench {
	struct config config;
	struct command commands[MAX_COMMANDS];
	struct program program;
	struct machine_result result;
};

static void machine_small(struct config *config) {
	config_defaults(config);
	config->binary_pes = config->fixed_rows = config->fixed_columns = config->post_lanes = 4;
	config->binary_words = 1;
	config->binary_packing = PACKING_CHANNEL;
	config->binary_fabric = FABRIC_FUSED;
	config->binary_popcount = POPCOUNT_LUT;
	config->fixed_weight_bits = config->fixed_activation_bits = 8;
	config->dma_axi_bytes = 8;
	config->dma_burst_beats = 16;
	config->dma_outstanding = 2;
	config->sequencer_fetch_cycles = 1;
	config->sequencer_queue_depth = 4;
	config->dram_channels = 1;
	config->dram_kind = DRAM_FIXED;
	config->dram_fixed_latency_cycles = 10;
	config->dram_fixed_bytes_per_cycle = 8;
	config->dram_controller_cycles = 0;
	config->frames = 1;
	for (int i = 0; i < BUFFER_COUNT; i++)
		config->buffer[i] = (struct config_buffer){.depth_words = 256, .banks = 1, .ports = 2};
}

static void bench_init(struct bench *bench) {
	memset(bench, 0, sizeof *bench);
	machine_small(&bench->config);
	bench->program.commands = bench->commands;
	bench->program.layer_count = 2;
}

static struct command *add(struct bench *bench, enum opcode opcode) {
	struct command *command = &bench->commands[bench->program.command_count++];
	command->opcode = opcode;
	return command;
}

static struct command *add_transfer(struct bench *bench, enum opcode opcode, enum buffer_id buffer, uint32_t words) {
	struct command *command = add(bench, opcode);
	command->f.transfer = (struct transfer_fields){.buffer = buffer, .row_words = words, .rows = 1};
	return command;
}

/* A 3x3 convolution, pad 1, on a side x side map with one word a pixel. */
static struct command *add_conv(struct bench *bench, enum opcode opcode, uint32_t side, uint32_t first_row,
                                uint32_t rows, uint32_t groups) {
	struct command *command = add(bench, opcode);
	command->f.conv = (struct conv_fields){.input_width = side,
	                                       .input_height = side,
	                                       .output_width = side,
	                                       .rows = rows,
	                                       .first_row = first_row,
	                                       .kernel = 3,
	                                       .stride = 1,
	                                       .pad = 1,
	                                       .input_words = 1,
	                                       .groups = groups,
	                                       .channels = 4};
	return command;
}

static struct command *add_post(struct bench *bench, uint32_t side, uint32_t rows, uint32_t channels) {
	struct command *command = add(bench, OPCODE_POST);
	command->flags = POST_WRITE_OUTPUT;
	command->f.post = (struct post_fields){.width = side,
	                                       .rows = rows,
	                                       .channels = channels,
	                                       .a_groups = channels / 4,
	                                       .b_groups = 1,
	                                       .sums_width = side,
	                                       .value_bits = 32};
	return command;
}

static uint64_t run(struct bench *bench, const struct native_options *options) {
	struct error error;
	add(bench, OPCODE_END);
	enum status status = native_run(&bench->config, &bench->program, options, &bench->result, &error);
	if (status) fail_msg("%s", error.text);
	uint64_t total = bench->result.total_cycles;
	for (int row = 0; row < ATTRIBUTION_ROWS; row++) {
		uint64_t sum = 0;
		for (uint32_t layer = 0; layer < bench->result.layer_count; layer++)
			for (int state = 0; state < STATE_COUNT; state++)
				sum += bench->result.layers[layer].cycles[row][state];
		assert_int_equal(sum, total);
	}
	return total;
}

static uint64_t cycles(const struct bench *bench, int row, enum unit_state state) {
	uint64_t sum = 0;
	for (uint32_t layer = 0; layer < bench->result.layer_count; layer++)
		sum += bench->result.layers[layer].cycles[row][state];
	return sum;
}

/* Fetch in 0, decoded in 1, pushed in 1, visible in 2: accepted; asks in 3, RUN in 4 .. 3 + n, tokens visible (quiet)
 * from 4 + n + D - 1 + 1. */
static void engine_alone_is_closed_form_plus_fill_and_drain(void **state) {
	(void)state;
	struct bench bench;
	static const uint32_t fabrics[] = {FABRIC_DSP, FABRIC_LUT, FABRIC_FUSED};
	for (uint32_t groups = 1; groups <= 3; groups++)
		for (uint32_t f = 0; f < 3; f++) {
			bench_init(&bench);
			bench.config.binary_fabric = fabrics[f];
			add_conv(&bench, OPCODE_BINARY_CONV, 4, 0, 4, groups);
			uint64_t n = 4 * 4 * 9 * groups; /* channel packed: OH OW 9 ceil(Cin / 48) ceil(Cout / P) */
			uint64_t latency = machine_binary_latency_cycles(&bench.config);
			assert_int_equal(run(&bench, NULL), 3 + n + latency + 1 + 1);
			assert_int_equal(cycles(&bench, UNIT_BINARY, STATE_BUSY), n);
			assert_int_equal(cycles(&bench, UNIT_BINARY, STATE_FILL_DRAIN), latency);
			machine_result_clear(&bench.result);
		}
}

static void window_packing_is_closed_form_plus_fill(void **state) {
	(void)state;
	struct bench bench;
	bench_init(&bench);
	bench.config.binary_packing = PACKING_WINDOW;
	struct command *conv = add_conv(&bench, OPCODE_BINARY_CONV, 8, 0, 8, 2);
	conv->flags = CONV_WINDOW_PACKED;
	conv->f.conv.channels = 16;
	conv->f.conv.steps = 3; /* 9 x 16 / 48 */
	/* A row: 9 reads fill the first window, then 8 windows of 2 groups x 3 steps, longer than the 3 new reads each.
	 */
	uint64_t n = 8 * (9 + 8 * 2 * 3);
	assert_int_equal(run(&bench, NULL), 3 + n + machine_binary_latency_cycles(&bench.config) + 1 + 1);
	assert_int_equal(bench.result.layers[0].binary_issued, 8 * 8 * 2 * 3 * 4 * 48);
	machine_result_clear(&bench.result);
}

/* The eighteen binary convolutions of NeuroBlend-20: output side, input channels, output channels, stride, how many. */
static const uint32_t neuroblend20[][5] = {
    {32, 16, 16, 1, 6}, {16, 16, 32, 2, 1}, {16, 32, 32, 1, 5}, {8, 32, 64, 2, 1}, {8, 64, 64, 1, 5}};

static uint32_t divide_up(uint32_t a, uint32_t b) {
	return (a + b - 1) / b;
}

/* Adds all of them; returns the rows' first fills of the window register (0 when channel packed). */
static uint64_t add_neuroblend20(struct bench *bench, uint32_t pes, uint32_t words, int window) {
	uint64_t fill = 0;
	for (size_t i = 0; i < sizeof neuroblend20 / sizeof neuroblend20[0]; i++)
		for (uint32_t k = 0; k < neuroblend20[i][4]; k++) {
			const uint32_t side = neuroblend20[i][0], stride = neuroblend20[i][3],
			               channels = neuroblend20[i][1];
			struct command *conv = add_conv(bench, OPCODE_BINARY_CONV, side * stride, 0, side,
			                                divide_up(neuroblend20[i][2], pes));
			conv->f.conv.output_width = side;
			conv->f.conv.stride = stride;
			conv->f.conv.channels = channels;
			conv->f.conv.input_words = divide_up(channels, 48 * words);
			if (!window) continue;
			conv->flags = CONV_WINDOW_PACKED;
			conv->f.conv.steps = divide_up(9 * channels, 48 * words);
			fill += side * 9 * conv->f.conv.input_words;
		}
	return fill;
}

/* The closed forms for whole networks, with the engine alone: cycles in RUN are the sum over the layers (window packed:
 * and one fill a row); each command costs two cycles more (accept, ask) and the last one drains. */
static void neuroblend20_is_its_closed_form(void **state) {
	(void)state;
	static const struct {
		uint32_t pes, words;
		int window;
		uint64_t cycles;
	} rows[] = {{16, 1, 0, 108288}, {32, 1, 0, 81792}, {32, 2, 0, 76032},
	            {64, 1, 0, 75456},  {4, 3, 1, 69632},  {16, 1, 1, 52224}};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct bench bench;
		bench_init(&bench);
		bench.config.binary_pes = rows[i].pes;
		bench.config.binary_words = rows[i].words;
		bench.config.binary_packing = rows[i].window ? PACKING_WINDOW : PACKING_CHANNEL;
		bench.config.sequencer_queue_depth = 32;
		uint64_t fill = add_neuroblend20(&bench, rows[i].pes, rows[i].words, rows[i].window);
		uint64_t total = run(&bench, NULL);
		assert_int_equal(cycles(&bench, UNIT_BINARY, STATE_BUSY), rows[i].cycles + fill);
		assert_int_equal(total,
		                 2 + rows[i].cycles + fill + 2 * 18 + machine_binary_latency_cycles(&bench.config) + 1);
		machine_result_clear(&bench.result);
	}
}

static void latencies_are_those_of_the_pipeline(void **state) {
	(void)state;
	struct config config;
	machine_small(&config);
	assert_int_equal(machine_binary_latency_cycles(&config), 2 + 1 + 4 + 1 + 1);
	config.binary_fabric = FABRIC_LUT;
	assert_int_equal(machine_binary_latency_cycles(&config), 2 + 1 + 1 + 3 + 1 + 1);
	config.binary_fabric = FABRIC_DSP;
	assert_int_equal(machine_binary_latency_cycles(&config), 2 + 2 + 1 + 3 + 1 + 1);
	config.binary_words = 3;
	assert_int_equal(machine_binary_latency_cycles(&config), 2 + 2 + 1 + 5 + 1 + 1);
	config.binary_popcount = POPCOUNT_DSP;
	assert_int_equal(machine_binary_latency_cycles(&config), 2 + 2 + 1 + 5 + 1 + 1 + 1);
	assert_int_equal(machine_fixed_latency_cycles(&config), 2 + 1 + 1 + 1 + 2 + 1);
}

/* LOAD of one burst of 16 beats: accepted in 2, issued in 3, at the channel in 4, data in 5 .. 20, latency 10: arrived
 * in 31; asks in 31, written in 32 .. 47, visible in 48. */
static void a_load_takes_what_its_parts_take(void **state) {
	(void)state;
	struct bench bench;
	bench_init(&bench);
	add_transfer(&bench, OPCODE_LOAD, BUFFER_BIT_ACTIVATIONS, 16);
	assert_int_equal(run(&bench, NULL), 48 + 1);
	assert_int_equal(cycles(&bench, UNIT_LOAD, STATE_BUSY), 1 + 16);
	assert_int_equal(cycles(&bench, UNIT_LOAD, STATE_FILL_DRAIN), 27); /* 4 .. 30 */
	assert_int_equal(bench.result.layers[0].ddr_read_bytes, 128);
	machine_result_clear(&bench.result);
}

/* STORE of 4 words (32 bytes): accepted 2, asks 3, read 4 .. 7, at the channel in 10, data 11 .. 14, answered in 25,
 * quiet in 26. */
static void a_store_ends_with_its_answer(void **state) {
	(void)state;
	struct bench bench;
	bench_init(&bench);
	add_transfer(&bench, OPCODE_STORE, BUFFER_BIT_ACTIVATIONS, 4);
	assert_int_equal(run(&bench, NULL), 26 + 1);
	assert_int_equal(bench.result.channels[0].write_bursts, 1);
	machine_result_clear(&bench.result);
}

/* The example of sim/README.md: a 4x4 map, 3x3 kernel, 4 outputs, loaded, convolved, stored. */
static void the_worked_example_of_the_readme(void **state) {
	(void)state;
	struct bench bench;
	bench_init(&bench);
	struct command *load = add_transfer(&bench, OPCODE_LOAD, BUFFER_BIT_ACTIVATIONS, 16);
	load->give_data = 1u << UNIT_BINARY;
	struct command *conv = add_conv(&bench, OPCODE_BINARY_CONV, 4, 0, 4, 1);
	conv->take_data = 1u << UNIT_LOAD;
	conv->give_data = 1u << UNIT_POST;
	struct command *post = add_post(&bench, 4, 4, 4);
	post->take_data = 1u << UNIT_BINARY;
	post->give_data = 1u << UNIT_STORE;
	struct command *store = add_transfer(&bench, OPCODE_STORE, BUFFER_OUTPUT, 16);
	store->take_data = 1u << UNIT_POST;
	/* load visible 48; conv accepted 48, asks 49, runs 50 .. 193, D = 9: sums and token visible 203; post accepted
	 * 203, asks 204, runs 205 .. 220, drains to 233, token visible 234; store accepted 234; 256 bytes are two
	 * bursts of 128: asks 235, reads 236 .. 251, at the channel 254, data 255 .. 270, answer 281; second asks 252,
	 * reads 253 .. 268, at the channel 271, data 272 .. 287, answer 298, quiet 299. */
	assert_int_equal(run(&bench, NULL), 299 + 1);
	assert_int_equal(cycles(&bench, UNIT_BINARY, STATE_MEMORY), 45); /* decoded 2, visible 3: 3 .. 47 */
	assert_int_equal(cycles(&bench, UNIT_BINARY, STATE_BUSY), 144);
	assert_int_equal(cycles(&bench, UNIT_BINARY, STATE_FILL_DRAIN), 9);
	assert_int_equal(cycles(&bench, UNIT_POST, STATE_STARVED), 199); /* decoded 3, visible 4: 4 .. 202 */
	assert_int_equal(cycles(&bench, UNIT_POST, STATE_BUSY), 16);
	machine_result_clear(&bench.result);
}

/* One port for readers and writers: the engine's read waits for the post unit's write and the other way round. */
static void one_port_serialises(void **state) {
	(void)state;
	uint64_t totals[2];
	for (uint32_t ports = 1; ports <= 2; ports++) {
		struct bench bench;
		bench_init(&bench);
		bench.config.buffer[BUFFER_BIT_ACTIVATIONS].ports = ports;
		add_conv(&bench, OPCODE_BINARY_CONV, 4, 0, 4, 1);
		struct command *post = add_post(&bench, 4, 4, 4);
		post->flags = POST_WRITE_BITS;
		post->f.post.bits_words = 1;
		totals[ports - 1] = run(&bench, NULL);
		assert_int_equal(cycles(&bench, UNIT_POST, STATE_BLOCKED) > 0, ports == 1);
		machine_result_clear(&bench.result);
	}
	assert_true(totals[0] > totals[1]);
}

/* A refresh due in cycle tREFI is waited for by a burst that arrives just after. */
static void refresh_delays_a_burst(void **state) {
	(void)state;
	uint64_t totals[2];
	for (int refresh = 0; refresh <= 1; refresh++) {
		struct bench bench;
		bench_init(&bench);
		bench.config.dram_kind = DRAM_DDR4;
		bench.config.clock_khz = 1000000; /* 1 ns a cycle */
		bench.config.dram_peak_megabytes_per_s = 8000;
		bench.config.dram_trcd_ps = bench.config.dram_trp_ps = bench.config.dram_cl_ps = 5000;
		bench.config.dram_tras_ps = 20000;
		bench.config.dram_trfc_ps = 100000;
		bench.config.dram_trefi_ps = refresh ? 150000 : 0;
		add_conv(&bench, OPCODE_BINARY_CONV, 4, 0, 4, 1)->give_data = 1u << UNIT_LOAD;
		add_transfer(&bench, OPCODE_LOAD, BUFFER_BIT_ACTIVATIONS, 16)->take_data = 1u << UNIT_BINARY;
		totals[refresh] = run(&bench, NULL);
		if (refresh) assert_true(bench.result.channels[0].refreshes >= 1);
		assert_int_equal(bench.result.channels[0].row_opens, 2); /* two 64-byte lines, two bank groups */
		machine_result_clear(&bench.result);
	}
	assert_true(totals[1] > totals[0]);
}

static void a_missing_token_is_reported_as_stuck(void **state) {
	(void)state;
	struct bench bench;
	struct error error;
	bench_init(&bench);
	add_conv(&bench, OPCODE_BINARY_CONV, 4, 0, 4, 1)->take_data = 1u << UNIT_POST;
	add(&bench, OPCODE_END);
	assert_int_equal(native_run(&bench.config, &bench.program, NULL, &bench.result, &error), STATUS_STUCK);
	assert_non_null(
	    strstr(error.text, "binary_engine: command 0 (BINARY_CONV, layer 0) waits for data from another unit"));
	assert_non_null(strstr(error.text, "store: no command"));
}

/* A full queue stops the sequencer: the fifth command for a unit with a queue of 4 waits. */
static void a_full_queue_blocks_the_sequencer(void **state) {
	(void)state;
	struct bench bench;
	bench_init(&bench);
	for (int i = 0; i < 8; i++) add_conv(&bench, OPCODE_BINARY_CONV, 4, 0, 1, 1);
	uint64_t n = 4 * 9;
	/* accepted in 2; each next one is accepted n + 2 cycles later. */
	assert_int_equal(run(&bench, NULL),
	                 2 + 8 * (n + 2) - 2 + 1 + machine_binary_latency_cycles(&bench.config) + 1 + 1);
	assert_true(cycles(&bench, ATTRIBUTION_SEQUENCER, STATE_BLOCKED) > 0);
	machine_result_clear(&bench.result);
}

static void frames_repeat_from_the_frame_start(void **state) {
	(void)state;
	struct bench bench;
	bench_init(&bench);
	bench.config.frames = 3;
	add_transfer(&bench, OPCODE_LOAD, BUFFER_BIT_WEIGHTS, 4);
	add(&bench, OPCODE_BARRIER);
	bench.program.frame_start = 2;
	add_conv(&bench, OPCODE_BINARY_CONV, 4, 0, 4, 1);
	bench.commands[3].f.frame_start = 2;
	run(&bench, NULL);
	const uint64_t *end = bench.result.frame_end_cycle;
	assert_int_equal(bench.result.frame_count, 3);
	assert_int_equal(end[1] - end[0], end[2] - end[1]);
	assert_int_equal(bench.result.layers[0].engine_commands, 3);
	assert_int_equal(bench.result.layers[0].load_commands, 1);
	machine_result_clear(&bench.result);
}

int main(void) {
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(engine_alone_is_closed_form_plus_fill_and_drain),
	    cmocka_unit_test(window_packing_is_closed_form_plus_fill),
	    cmocka_unit_test(neuroblend20_is_its_closed_form),
	    cmocka_unit_test(latencies_are_those_of_the_pipeline),
	    cmocka_unit_test(a_load_takes_what_its_parts_take),
	    cmocka_unit_test(a_store_ends_with_its_answer),
	    cmocka_unit_test(the_worked_example_of_the_readme),
	    cmocka_unit_test(one_port_serialises),
	    cmocka_unit_test(refresh_delays_a_burst),
	    cmocka_unit_test(a_missing_token_is_reported_as_stuck),
	    cmocka_unit_test(a_full_queue_blocks_the_sequencer),
	    cmocka_unit_test(frames_repeat_from_the_frame_start),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
