/* Are the resources of whole machines those of their parts, and is "fits" never said of a machine that is too large or
 * not wholly known? */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sim/estimate/resource.h"
#include "tests/unit/estimate_machine.h"

/* The buffers of the shipped machine by hand: 768 x 512 bits of weights in RAMB36 of 72 x 512, written by lanes of 48
 * bits, 6 byte lanes each: 96 of 8 a block; 4,096 x 256 bits of maps in two banks of 2,048: 4 UltraRAM each. */
static void buffers_of_the_shipped_machine(void **state) {
	struct config config;
	struct device device;
	struct resources resources;
	(void)state;
	estimate_machine("u250", &config, &device);
	estimate_resources(&config, &device, &resources);
	const struct resource_row *buffers = &resources.rows[RESOURCE_BUFFERS];
	assert_int_equal(buffers[BUFFER_BIT_WEIGHTS].amounts[RESOURCE_BRAM18].count, 24);
	assert_int_equal(buffers[BUFFER_FIXED_ACTIVATIONS].amounts[RESOURCE_URAM].count, 8);
	assert_int_equal(buffers[BUFFER_ACCUMULATORS].amounts[RESOURCE_BRAM18].count, 8);
	/* program memory: 128 bits x 8,192; 15 x 4 RAMB18 of 9 x 2K is the least */
	assert_int_equal(resources.rows[RESOURCE_PROGRAM_MEMORY].amounts[RESOURCE_BRAM18].count, 60);
}

/* A whole machine as synthesised (configs/tech/synthesis.csv, a `machine` row; machines take no part in any fit): LUTs
 * within 2 %, flip-flops within 0.2 %, blocks exactly. The DMA's data FIFOs are not in its Verilog, the output
 * registers of buffers of one bank are in its fabric, and memory controllers are outside. */
static void a_whole_machine_is_near_its_synthesis(void **state) {
	struct config config;
	struct device device;
	struct resources resources;
	uint64_t counts[RESOURCE_KIND_COUNT] = {0};
	(void)state;
	estimate_machine("u250", &config, &device);
	config.binary_pes = 4;
	config.binary_words = 1;
	config.binary_packing = PACKING_CHANNEL;
	config.binary_fabric = FABRIC_LUT;
	config.binary_popcount = POPCOUNT_LUT;
	config.fixed_rows = config.fixed_columns = 8;
	config.post_lanes = 4;
	config.dma_axi_bytes = 32;
	config.dma_outstanding = 2;
	config.sequencer_queue_depth = 3;
	config.sequencer_program_commands = 512;
	config.sequencer_fetch_cycles = 1;
	for (int buffer = 0; buffer < BUFFER_COUNT; buffer++) {
		config.buffer[buffer].depth_words = 512;
		config.buffer[buffer].technology = TECHNOLOGY_BRAM36;
		config.buffer[buffer].banks = buffer == BUFFER_FIXED_ACTIVATIONS ? 2 : 1;
		if (config.buffer[buffer].banks == 1)
			counts[RESOURCE_FF] += config_word_bits(&config, (enum buffer_id)buffer);
	}
	estimate_resources(&config, &device, &resources);
	for (int unit = 0; unit < RESOURCE_MEMORY_CONTROLLERS; unit++)
		for (int kind = 0; kind < RESOURCE_KIND_COUNT; kind++)
			counts[kind] += resources.rows[unit].amounts[kind].count;
	for (int memory = MEMORY_LOAD_DATA; memory <= MEMORY_STORE_DATA; memory++) {
		const struct memory_blocks *data = &resources.memories[memory];
		counts[RESOURCE_LUT] -= data->memory_luts + data->mux_luts;
		counts[RESOURCE_FF] -= data->ffs;
		counts[RESOURCE_BRAM18] -= data->bram18s;
	}
	assert_true(fabs((double)counts[RESOURCE_LUT] / 22291 - 1) < 0.02);
	assert_true(fabs((double)counts[RESOURCE_FF] / 10496 - 1) < 0.002);
	assert_int_equal(counts[RESOURCE_BRAM18], 81);
	assert_int_equal(counts[RESOURCE_URAM], 0);
	assert_int_equal(counts[RESOURCE_DSP], 84);
}

/* The window former that reads several words a cycle needs the bit activations as often, and nothing else of them. */
static void window_reads_repeat_the_bit_activations(void **state) {
	struct config config;
	struct device device;
	struct resources one, three;
	(void)state;
	estimate_machine("u250", &config, &device);
	config.binary_packing = PACKING_WINDOW;
	config.binary_window_reads = 1;
	estimate_resources(&config, &device, &one);
	config.binary_window_reads = 3;
	estimate_resources(&config, &device, &three);
	for (int buffer = 0; buffer < BUFFER_COUNT; buffer++) {
		uint64_t times = buffer == BUFFER_BIT_ACTIVATIONS ? 3 : 1;
		const struct resource_amount *before = one.rows[RESOURCE_BUFFERS + buffer].amounts;
		const struct resource_amount *after = three.rows[RESOURCE_BUFFERS + buffer].amounts;
		assert_int_equal(after[RESOURCE_BRAM18].count, times * before[RESOURCE_BRAM18].count);
		assert_int_equal(after[RESOURCE_URAM].count, times * before[RESOURCE_URAM].count);
	}
	assert_true(three.rows[RESOURCE_BINARY_ENGINE].amounts[RESOURCE_FF].count >
	            one.rows[RESOURCE_BINARY_ENGINE].amounts[RESOURCE_FF].count);
}

static void shipped_machines_fit(void **state) {
	static const char *const names[] = {"u250", "vu9p", "ultra96"};
	struct config config;
	struct device device;
	struct resources resources;
	struct resource_fit fit;
	(void)state;
	for (size_t i = 0; i < 3; i++) {
		estimate_machine(names[i], &config, &device);
		estimate_resources(&config, &device, &resources);
		estimate_fit(&resources, &device, &fit);
		assert_int_equal(fit.fits, FITS_YES);
		assert_int_equal(fit.missing_units, 0);
		for (int kind = 0; kind < RESOURCE_KIND_COUNT; kind++) {
			uint64_t sum = 0;
			for (int unit = 0; unit < RESOURCE_UNIT_COUNT; unit++)
				sum += resources.rows[unit].amounts[kind].count;
			assert_int_equal(fit.totals[kind].count, sum);
			assert_true(fit.totals[kind].count <= fit.totals[kind].usable);
		}
	}
}

static void the_last_block_decides(void **state) {
	struct config config;
	struct device device;
	struct resources resources;
	struct resource_fit fit;
	(void)state;
	estimate_machine("u250", &config, &device);
	estimate_resources(&config, &device, &resources);
	estimate_fit(&resources, &device, &fit);
	device.shell[DEVICE_DSP] = 0;
	device.usable_percent[DEVICE_DSP] = 100;
	device.total[DEVICE_DSP] = (uint32_t)fit.totals[RESOURCE_DSP].count;
	estimate_fit(&resources, &device, &fit);
	assert_int_equal(fit.fits, FITS_YES);
	assert_int_equal(fit.worst, RESOURCE_DSP);
	device.total[DEVICE_DSP]--;
	estimate_fit(&resources, &device, &fit);
	assert_int_equal(fit.fits, FITS_NO);
}

static void too_large_a_machine_does_not_fit(void **state) {
	struct config config;
	struct device device;
	struct resources resources;
	struct resource_fit fit;
	(void)state;
	estimate_machine("u250", &config, &device);
	config.binary_pes = 1024;
	config.binary_words = 12;
	estimate_resources(&config, &device, &resources);
	estimate_fit(&resources, &device, &fit);
	assert_int_equal(fit.fits, FITS_NO);
	assert_true(fit.totals[fit.worst].count > fit.totals[fit.worst].usable);
	/* its weights: 12,288 lanes of 6 byte lanes in 9,216 RAMB36, of 460 a die ((2,688 - 384) x 80 % / 4) */
	assert_int_equal(fit.slr_unit, RESOURCE_BUFFERS + BUFFER_BIT_WEIGHTS);
	assert_int_equal(fit.slr_kind, RESOURCE_BRAM18);
	assert_true(fit.slr_share > 20 && fit.slr_share < 20.1);
}

/* UltraRAM on a device without: usable 0, whatever else is free. */
static void absent_memory_does_not_fit(void **state) {
	struct config config;
	struct device device;
	struct resources resources;
	struct resource_fit fit;
	(void)state;
	estimate_machine("ultra96", &config, &device);
	config.buffer[BUFFER_BIT_WEIGHTS].technology = TECHNOLOGY_URAM288;
	estimate_resources(&config, &device, &resources);
	estimate_fit(&resources, &device, &fit);
	assert_int_equal(fit.fits, FITS_NO);
	assert_int_equal(fit.worst, RESOURCE_URAM);
}

static void unresolved_widths_are_missing_and_never_fit(void **state) {
	struct config config;
	struct device device;
	struct resources resources;
	struct resource_fit fit;
	(void)state;
	estimate_machine("u250", &config, &device);
	config.fixed_weight_bits = 0;
	estimate_resources(&config, &device, &resources);
	estimate_fit(&resources, &device, &fit);
	assert_int_equal(fit.fits, FITS_UNKNOWN);
	assert_int_equal(fit.missing_units, (uint64_t)1 << RESOURCE_FIXED_ENGINE |
	                                        (uint64_t)1 << (RESOURCE_BUFFERS + BUFFER_FIXED_WEIGHTS));
	assert_true(fit.totals[RESOURCE_DSP].partial && fit.totals[RESOURCE_LUT].partial);
	device.usable_percent[DEVICE_LUT] = 1;
	estimate_fit(&resources, &device, &fit);
	assert_int_equal(fit.fits, FITS_NO);
}

/* Growing any structural size never makes the machine smaller in what that size builds. */
static void larger_settings_cost_more(void **state) {
	static const struct {
		size_t offset;
		uint32_t more;
		enum resource_kind kind;
	} changes[] = {
	    {offsetof(struct config, binary_pes), 32, RESOURCE_DSP},
	    {offsetof(struct config, binary_words), 2, RESOURCE_LUT},
	    {offsetof(struct config, binary_accumulator_bits), 24, RESOURCE_LUT},
	    {offsetof(struct config, binary_window_bits), 9216, RESOURCE_FF},
	    {offsetof(struct config, fixed_rows), 32, RESOURCE_DSP},
	    {offsetof(struct config, fixed_columns), 32, RESOURCE_DSP},
	    {offsetof(struct config, fixed_accumulator_bits), 48, RESOURCE_FF},
	    {offsetof(struct config, sequencer_program_commands), 4096, RESOURCE_BRAM18},
	    {offsetof(struct config, sequencer_queue_depth), 64, RESOURCE_LUT},
	    {offsetof(struct config, dma_outstanding), 16, RESOURCE_BRAM18},
	    {offsetof(struct config, buffer[BUFFER_BIT_ACTIVATIONS].depth_words), 8192, RESOURCE_BRAM18},
	    {offsetof(struct config, buffer[BUFFER_FIXED_ACTIVATIONS].depth_words), 16384, RESOURCE_URAM},
	    {offsetof(struct config, buffer[BUFFER_BORDER].banks), 4, RESOURCE_LUT},
	};
	struct config base, config;
	struct device device;
	struct resources resources;
	struct resource_fit fit;
	(void)state;
	estimate_machine("u250", &base, &device);
	estimate_resources(&base, &device, &resources);
	estimate_fit(&resources, &device, &fit);
	for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
		struct resource_fit more;
		config = base;
		*(uint32_t *)(void *)((char *)&config + changes[i].offset) = changes[i].more;
		estimate_resources(&config, &device, &resources);
		estimate_fit(&resources, &device, &more);
		assert_true(more.totals[changes[i].kind].count > fit.totals[changes[i].kind].count);
	}
}

static void every_row_has_a_name(void **state) {
	(void)state;
	for (int unit = 0; unit < RESOURCE_UNIT_COUNT; unit++) assert_non_null(resource_unit_names[unit]);
	for (int buffer = 0; buffer < BUFFER_COUNT; buffer++)
		assert_string_equal(resource_unit_names[RESOURCE_BUFFERS + buffer] + strlen("buffer."),
		                    config_buffer_names[buffer]);
	for (int kind = 0; kind < RESOURCE_KIND_COUNT; kind++)
		assert_string_equal(resource_kind_names[kind], device_resource_names[kind]);
	assert_true(resource_units(RESOURCE_BRAM18, 3) == 1.5);
}

int main(void) {
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_last_block_decides),
	    cmocka_unit_test(buffers_of_the_shipped_machine),
	    cmocka_unit_test(a_whole_machine_is_near_its_synthesis),
	    cmocka_unit_test(window_reads_repeat_the_bit_activations),
	    cmocka_unit_test(shipped_machines_fit),
	    cmocka_unit_test(too_large_a_machine_does_not_fit),
	    cmocka_unit_test(absent_memory_does_not_fit),
	    cmocka_unit_test(unresolved_widths_are_missing_and_never_fit),
	    cmocka_unit_test(larger_settings_cost_more),
	    cmocka_unit_test(every_row_has_a_name),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
