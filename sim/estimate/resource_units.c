/* Resources of each unit, from the structure of its reference RTL (tests/rtl/nb_*.v) and its synthesis.
 *
 * Lanes, trees, accumulators, operand registers, multiplexers are counted, in LUT6 and carry chains, as synthesis
 * builds them (yosys 0.23, synth_xilinx -family xcup -nodsp -nowidelut). Control (loop nests, counters, addresses) has
 * no formula worth writing: it is what synthesis of that module gave, as a constant, or a line where it moves with a
 * parameter, near the mean over the points that are not held out (configs/tech/SYNTHESIS.md). The constants below must
 * be read again when the RTL changes.
 *
 * Left out: CARRY8 (never the limit), LUT pairs in one dual-output LUT6 (yosys estimates 20 to 30 % fewer LUTs; Vivado
 * is somewhere between), LUTs that only lead a wire into a carry chain, MUXF7 to MUXF9, retiming, replication of
 * registers with a high fan-out. */
#include "sim/estimate/resource_units.h"

#include <string.h>

/* Synthesised control: LUTs and flip-flops of what has no structure worth counting. */
enum {
	STEPS_LUTS = 2140, /* the loop nest of a convolution engine, nb_steps */
	BINARY_CONTROL_LUTS = 12,
	BINARY_CONTROL_FFS = 911, /* and 3 for each cycle of depth */
	FUSED_MASK_LUTS = 12,     /* a lane of 48 bits */
	FIXED_CONTROL_LUTS = 16,
	FIXED_CONTROL_FFS = 915, /* and 4 for each cycle of depth: exact */
	POST_LANE_LUTS = 1380,
	POST_CONTROL_LUTS = 2080,
	POST_CONTROL_FFS = 666,
	DIVIDE_LUTS = 240, /* lane group by a number that is no power of two: its reciprocal */
	LOAD_LUTS = 500,   /* and the shifters' stages */
	LOAD_FFS = 340,    /* and 6 for each doubling of the slots: exact */
	LOAD_SLOT_BITS = 108,
	STORE_LUTS = 575,
	STORE_FFS = 585, /* and 4 for each doubling: exact */
	STORE_SLOT_BITS = 23,
	LOAD_STAGE_LUTS = 94,  /* three shifters of 32 bits */
	STORE_STAGE_LUTS = 67, /* two, and the mask of a word */
	FETCH_LUTS = 139,
	FETCH_FFS = 51,     /* and one a bit of the command's index */
	TOKENS_LUTS = 1116, /* 50 counters of 16 bits */
	TOKENS_FFS = 800,
	PORTS_LUTS = 369,
	PORTS_FFS = 90,
	GLUE_LUTS = 71, /* the tokens' compares */
	WINDOW_CONTROL_LUTS = 2307,
	WINDOW_CONTROL_FFS = 426, /* and the words and places below */
	COMMAND_BITS = 512,
	ADDRESS_BITS = 24,
	TOKEN_MASK_BITS = 10
};

static uint64_t divide_up(uint64_t value, uint64_t divisor) {
	return (value + divisor - 1) / divisor;
}

static uint64_t log2_up(uint64_t value) {
	uint64_t bits = 0;
	while (((uint64_t)1 << bits) < value) bits++;
	return bits;
}

void resource_row_add(struct resource_row *row, enum resource_kind kind, uint64_t count, enum estimate_grade grade) {
	struct resource_amount *amount = &row->amounts[kind];
	if (count == 0 && grade != GRADE_MISSING) return;
	amount->count += count;
	if (grade > amount->grade) amount->grade = grade;
}

void resource_row_add_memory_luts(struct resource_row *row, uint64_t count, enum estimate_grade grade) {
	resource_row_add(row, RESOURCE_LUT, count, grade);
	row->memory_luts += count;
}

void resource_row_add_blocks(struct resource_row *row, const struct memory_blocks *blocks, enum estimate_grade grade) {
	resource_row_add(row, RESOURCE_BRAM18, blocks->bram18s, grade);
	resource_row_add(row, RESOURCE_URAM, blocks->urams, grade);
	resource_row_add(row, RESOURCE_LUT, blocks->mux_luts, grade);
	resource_row_add(row, RESOURCE_FF, blocks->ffs, grade);
	resource_row_add_memory_luts(row, blocks->memory_luts, grade);
}

/* A registered adder tree over `count` values: level by level floor(n / 2) adders; a carry chain gives the sum's top
 * bit without a LUT. A value without a partner is registered; the top bit it gains is constant, or its sign again. */
static void add_tree(uint64_t count, uint64_t bits, uint64_t *luts, uint64_t *ffs) {
	for (; count > 1; count = divide_up(count, 2), bits++) {
		*luts += count / 2 * bits;
		*ffs += count / 2 * (bits + 1) + count % 2 * bits;
	}
}

/* 6:3 compressors (three LUT6 each), or, fused with the XNOR, 3:2 (two LUT6 each: three activation and three weight
 * bits). */
struct lane_fabric resource_lane_fabric(enum config_fabric fabric, uint64_t bits, uint64_t accumulator_bits,
                                        uint64_t lanes, int operand_registers) {
	struct lane_fabric lane = {0, 0, 0};
	uint64_t counts = fabric == FABRIC_FUSED ? bits / 3 : bits / 6;
	uint64_t count_bits = fabric == FABRIC_FUSED ? 2 : 3;
	lane.luts = count_bits * counts;
	lane.ffs = count_bits * counts;
	add_tree(counts, count_bits, &lane.luts, &lane.ffs);
	lane.luts += accumulator_bits;
	lane.ffs += accumulator_bits;
	if (fabric == FABRIC_DSP) lane.dsps = bits / 48;
	if (fabric == FABRIC_LUT) {
		lane.luts += bits;
		lane.ffs += bits;
	}
	if (fabric != FABRIC_DSP && operand_registers) lane.ffs += 2 * bits;
	lane.luts *= lanes;
	lane.ffs *= lanes;
	lane.dsps *= lanes;
	return lane;
}

static uint64_t binary_depth_cycles(const struct config *config) {
	uint64_t words = config->binary_words, popcount = config->binary_popcount == POPCOUNT_DSP ? 1 : 0;
	switch ((enum config_fabric)config->binary_fabric) {
	case FABRIC_DSP: return 2 + 3 + log2_up(8 * words) + popcount + 2;
	case FABRIC_LUT: return 2 + 2 + log2_up(8 * words) + popcount + 2;
	case FABRIC_FUSED: break;
	}
	return 2 + 1 + log2_up(16 * words) + popcount + 2;
}

/* The window former of nb_window: a ring of packed words in the least power of two of LUT memories that holds a cycle's
 * V words and the one under way; rotators of a word's places at V words written and one read, words joined and
 * distributed. Memory and flip-flops counted; other LUTs a fit of three terms a bit: mean error 2 %, worst 10 %, since
 * what yosys makes of a rotator changes from width to width. */
void resource_of_window_former(const struct config *config, struct resource_row *row) {
	const uint64_t word_bits = 48 * (uint64_t)config->binary_words, reads = config->binary_window_reads;
	const uint64_t place_bits = log2_up(word_bits), memories = (uint64_t)1 << log2_up(reads + 1);
	const uint64_t words = 2 * (uint64_t)config->binary_window_bits / word_bits + 2 + reads;
	const uint64_t ring_bits = log2_up(words > 2 * memories ? words : 2 * memories);
	const struct memory_shape shape = {word_bits, ((uint64_t)1 << ring_bits) / memories, 0, TECHNOLOGY_LUTRAM};
	struct memory_blocks memory;
	memory_blocks_of(&shape, &memory);
	resource_row_add_memory_luts(row, memories * memory.memory_luts, GRADE_FORMULA);
	resource_row_add(row, RESOURCE_LUT,
	                 WINDOW_CONTROL_LUTS + word_bits * (362 + 110 * place_bits + 354 * reads * (reads + 1)) / 100,
	                 GRADE_FORMULA);
	/* A word more: its place, of which the fourth has two bits more to count, and what is known of it. */
	resource_row_add(row, RESOURCE_FF,
	                 WINDOW_CONTROL_FFS + word_bits + 7 * place_bits + 5 * ring_bits +
	                     (reads - 1) * (place_bits + 6) + (reads == 4 ? 2 : 0),
	                 GRADE_FORMULA);
}

void resource_of_binary_engine(const struct config *config, struct resource_row *row) {
	uint64_t pes = config->binary_pes, word_bits = 48 * (uint64_t)config->binary_words;
	uint64_t sum_bits = config->binary_accumulator_bits, depth_cycles = binary_depth_cycles(config);
	int popcount_dsp = config->binary_popcount == POPCOUNT_DSP;
	struct lane_fabric lanes = resource_lane_fabric((enum config_fabric)config->binary_fabric, word_bits,
	                                                popcount_dsp ? 0 : sum_bits, pes, 0);
	resource_row_add(row, RESOURCE_LUT, lanes.luts, GRADE_FORMULA);
	resource_row_add(row, RESOURCE_FF, lanes.ffs, GRADE_FORMULA);
	/* Accumulators in DSP blocks: TWO24, two PEs each. */
	resource_row_add(row, RESOURCE_DSP, lanes.dsps + (popcount_dsp ? divide_up(pes, 2) : 0), GRADE_FORMULA);
	/* 2 popcount - border (whose lowest bit is the border's), and the border constants' way to it. */
	resource_row_add(row, RESOURCE_LUT, pes * (sum_bits - 1), GRADE_FORMULA);
	resource_row_add(row, RESOURCE_FF, pes * sum_bits, GRADE_FORMULA);
	resource_row_add_memory_luts(row, 16 * pes + ADDRESS_BITS + TOKEN_MASK_BITS + 1, GRADE_FORMULA);
	/* The mapper does not find every fused LUT behind a mask that many lanes share: fitted. */
	if (config->binary_fabric == FABRIC_FUSED && pes > 2)
		resource_row_add(row, RESOURCE_LUT, FUSED_MASK_LUTS * pes * config->binary_words, GRADE_FORMULA);
	/* Masking of taps outside (and the choice of the window's bits) in front of the lanes. */
	resource_row_add(row, RESOURCE_LUT, word_bits, GRADE_FORMULA);
	resource_row_add(row, RESOURCE_LUT, STEPS_LUTS + BINARY_CONTROL_LUTS, GRADE_FORMULA);
	resource_row_add(row, RESOURCE_FF, BINARY_CONTROL_FFS + 3 * depth_cycles, GRADE_FORMULA);
	if (config->binary_packing != PACKING_WINDOW) return;
	resource_of_window_former(config, row);
	/* Its addresses, or those of channel packing; the operand's choice fits into the LUT of its mask. */
	resource_row_add(row, RESOURCE_LUT, 4 * ADDRESS_BITS + 6, GRADE_FORMULA);
	resource_row_add(row, RESOURCE_FF, 9, GRADE_FORMULA);
}

/* Tiles along one operand: the last one is signed, those below hold 17 bits, the shift of the blocks' cascade. */
static uint32_t tiles(uint32_t bits, uint32_t port_bits) {
	return bits <= port_bits ? 1 : 1 + (bits - port_bits + 16) / 17;
}

uint32_t resource_product_dsps(enum device_dsp dsp, uint32_t a_bits, uint32_t b_bits) {
	uint32_t wide = dsp == DEVICE_DSP48E1 ? 25 : 27, narrow = 18;
	uint32_t one = tiles(a_bits, wide) * tiles(b_bits, narrow), other = tiles(b_bits, wide) * tiles(a_bits, narrow);
	return one < other ? one : other;
}

struct fixed_packing resource_fixed_packing(enum device_dsp dsp, uint32_t weight_bits, uint32_t activation_bits,
                                            uint32_t columns) {
	struct fixed_packing packing = {1, 1};
	/* w1 2^s + w0 with w0 signed: w1's bits above s, and one more for the borrow of w0. */
	uint32_t packed_bits = weight_bits + activation_bits + 2 + weight_bits, wide = dsp == DEVICE_DSP48E1 ? 25 : 27;
	if (weight_bits <= 4 && activation_bits <= 4) {
		packing.products_per_dsp = 0;
		packing.dsps_per_product = 0;
	} else if (columns > 1 && packed_bits <= wide && activation_bits <= 18) {
		packing.products_per_dsp = 2;
	} else {
		packing.dsps_per_product = resource_product_dsps(dsp, weight_bits, activation_bits);
	}
	return packing;
}

static uint64_t square_root(uint64_t value) {
	uint64_t root = 0;
	while ((root + 1) * (root + 1) <= value) root++;
	return root;
}

/* Products of R x Q lanes. A pair's upper product needs the borrow of the lower one added, at the start of a carry
 * chain: one LUT. Products of w x a bits in LUTs grow as (w a)^1.5 / 3, fitted to 1, 3, 8, 8, 21 at 1x1, 2x2, 2x4, 3x3,
 * 4x4. */
static void add_products(const struct config *config, const struct fixed_packing *packing, struct resource_row *row) {
	uint64_t rows = config->fixed_rows, columns = config->fixed_columns, products = rows * columns;
	uint64_t weight_bits = config->fixed_weight_bits, activation_bits = config->fixed_activation_bits;
	uint64_t product_bits = weight_bits + activation_bits;
	if (packing->products_per_dsp == 0) {
		uint64_t partial_bits = weight_bits * activation_bits;
		resource_row_add(row, RESOURCE_LUT,
		                 products * ((square_root(partial_bits * partial_bits * partial_bits) + 2) / 3),
		                 GRADE_FORMULA);
		/* operand and product registers, which DSP blocks have inside; two columns share the activation's */
		resource_row_add(row, RESOURCE_FF,
		                 products * (2 * weight_bits + product_bits) +
		                     rows * divide_up(columns, 2) * activation_bits,
		                 GRADE_FORMULA);
	} else if (packing->products_per_dsp == 2) {
		uint64_t pairs = rows * divide_up(columns, 2);
		resource_row_add(row, RESOURCE_DSP, pairs, GRADE_FORMULA);
		resource_row_add(row, RESOURCE_LUT, pairs, GRADE_FORMULA);
	} else {
		resource_row_add(row, RESOURCE_DSP, products * packing->dsps_per_product, GRADE_FORMULA);
	}
}

void resource_of_fixed_engine(const struct config *config, enum device_dsp dsp, struct fixed_packing *packing,
                              struct resource_row *row) {
	uint64_t rows = config->fixed_rows, columns = config->fixed_columns;
	uint64_t weight_bits = config->fixed_weight_bits, activation_bits = config->fixed_activation_bits;
	uint64_t depth_cycles = 6 + log2_up(rows), luts = 0, ffs = 0;
	if (weight_bits == 0 || activation_bits == 0) {
		for (int kind = RESOURCE_LUT; kind < RESOURCE_KIND_COUNT; kind++)
			if (kind != RESOURCE_BRAM18 && kind != RESOURCE_URAM)
				resource_row_add(row, (enum resource_kind)kind, 0, GRADE_MISSING);
		return;
	}
	*packing = resource_fixed_packing(dsp, (uint32_t)weight_bits, (uint32_t)activation_bits, config->fixed_columns);
	add_products(config, packing, row);
	add_tree(rows, weight_bits + activation_bits, &luts, &ffs);
	luts += 2 * (uint64_t)config->fixed_accumulator_bits; /* the first addend or the sum; adder */
	ffs += config->fixed_accumulator_bits;
	luts *= columns;
	ffs *= columns;
	/* Averager of each row: mask of taps outside, running sum or none, adder, rounding and choice; its registers.
	 */
	luts += rows * (4 * activation_bits + 6);
	ffs += rows * (2 * activation_bits + 3);
	resource_row_add(row, RESOURCE_LUT, luts + STEPS_LUTS + FIXED_CONTROL_LUTS, GRADE_FORMULA);
	resource_row_add(row, RESOURCE_FF, ffs + FIXED_CONTROL_FFS + 4 * depth_cycles, GRADE_FORMULA);
	resource_row_add_memory_luts(row, ADDRESS_BITS + TOKEN_MASK_BITS + 1, GRADE_FORMULA);
}

/* nb_post_lane: sums of S bits, z = A a + B of min(S + 17, 64) bits, then 64. Flip-flops and delays are exact at 16 to
 * 48 bits: 17 for each tile of a product but the last; LUTs are those of shifters, saturation and compares. */
void resource_of_post_lane(uint64_t sum_bits, enum device_dsp dsp, uint64_t lanes, struct resource_row *row) {
	uint64_t z_bits = sum_bits + 17 > 64 ? 64 : sum_bits + 17;
	uint64_t dsps =
	    resource_product_dsps(dsp, (uint32_t)sum_bits, 16) + resource_product_dsps(dsp, (uint32_t)z_bits, 16);
	uint64_t luts = POST_LANE_LUTS + (sum_bits > 34 ? 4 * (sum_bits - 34) : 0);
	resource_row_add(row, RESOURCE_DSP, lanes * dsps, GRADE_FORMULA);
	resource_row_add(row, RESOURCE_LUT, lanes * luts, GRADE_FORMULA);
	resource_row_add(row, RESOURCE_FF, lanes * (275 + z_bits + 17 * dsps - 51), GRADE_FORMULA);
	resource_row_add_memory_luts(row, lanes * (104 + sum_bits), GRADE_FORMULA);
}

static int is_power_of_two(uint64_t value) {
	return (value & (value - 1)) == 0;
}

/* LUTs a bit of a multiplexer of n inputs. */
static uint64_t mux_luts(uint64_t inputs) {
	return (inputs + 1) / 3;
}

/* Choice of the lanes' sums in the words of both accumulator buffers, and of a's and b's source; where a word has two
 * places, their choice fits into the LUT of what follows. */
static uint64_t post_select_luts(const struct config *config, uint64_t sum_bits) {
	uint64_t lanes = config->post_lanes;
	uint64_t accumulators = config->binary_pes / lanes, skips = config->fixed_columns / lanes, bits = 2 * sum_bits;
	if (accumulators > 2 || skips > 1) bits += config->binary_accumulator_bits * mux_luts(accumulators);
	if (skips > 2) bits += config->fixed_accumulator_bits * mux_luts(skips);
	return lanes * bits;
}

/* The bits of the present column of a transposed map: of 1,024 channels, L bits each; one lane needs none. */
static void add_turned_bits(uint64_t lanes, struct resource_row *row) {
	struct memory_shape shape = {lanes, 1024, 0, lanes > 2 ? TECHNOLOGY_BRAM36 : TECHNOLOGY_LUTRAM};
	struct memory_blocks turned;
	if (lanes == 1) return;
	memory_blocks_of(&shape, &turned);
	turned.ffs = 0;
	turned.mux_luts = 0; /* in the control's LUTs */
	resource_row_add_blocks(row, &turned, GRADE_FORMULA);
	resource_row_add(row, RESOURCE_FF, lanes > 2 ? 28 : 15, GRADE_FORMULA); /* its addresses */
	resource_row_add_memory_luts(row, 10, GRADE_FORMULA);
}

void resource_of_post_unit(const struct config *config, enum device_dsp dsp, uint64_t *products_per_value,
                           struct resource_row *row) {
	uint64_t lanes = config->post_lanes, sum_bits = config->fixed_accumulator_bits;
	uint64_t value_bits = config->fixed_activation_bits, luts = POST_CONTROL_LUTS;
	if (config->binary_accumulator_bits > sum_bits) sum_bits = config->binary_accumulator_bits;
	resource_of_post_lane(sum_bits, dsp, lanes, row);
	*products_per_value = row->amounts[RESOURCE_DSP].count / lanes;
	luts += post_select_luts(config, sum_bits);
	if (!is_power_of_two(config->binary_pes / lanes)) luts += DIVIDE_LUTS;
	/* Values and bits to their place in a word, and, transposed, one value to all. */
	luts += config->fixed_rows * value_bits + 48 * (uint64_t)config->binary_words;
	if (lanes > 1) luts += lanes * value_bits + (value_bits + 1) * mux_luts(lanes);
	resource_row_add(row, RESOURCE_LUT, luts, GRADE_FORMULA);
	resource_row_add(row, RESOURCE_FF,
	                 POST_CONTROL_FFS + lanes + log2_up(config->binary_pes / lanes) +
	                     log2_up(config->fixed_columns / lanes),
	                 GRADE_FORMULA);
	resource_row_add_memory_luts(row, 79 + lanes, GRADE_FORMULA); /* delay lines */
	add_turned_bits(lanes, row);
}

/* Data of all slots' bursts, beside each master. */
static void add_data_fifo(const struct config *config, struct memory_blocks *data, struct resource_row *row) {
	struct memory_shape shape = {8 * (uint64_t)config->dma_axi_bytes,
	                             (uint64_t)config->dma_outstanding * config->dma_burst_beats, 0, TECHNOLOGY_BRAM36};
	if (shape.depth_words <= 64) shape.technology = TECHNOLOGY_LUTRAM;
	memory_blocks_of(&shape, data);
	resource_row_add_blocks(row, data, GRADE_ASSUMED);
}

static void add_slots(const struct config *config, uint64_t slot_bits, struct resource_row *row) {
	struct memory_shape shape = {slot_bits, config->dma_outstanding, 0, TECHNOLOGY_LUTRAM};
	struct memory_blocks slots;
	memory_blocks_of(&shape, &slots);
	slots.ffs = 0; /* read without a register */
	resource_row_add_blocks(row, &slots, GRADE_FORMULA);
}

/* A shifter between words and bytes has a stage for each bit of the largest shift. */
static uint64_t shift_stages(const struct config *config) {
	uint64_t largest = 0;
	for (int buffer = 0; buffer < BUFFER_COUNT; buffer++) {
		uint64_t shift = log2_up(config_word_bytes(config, (enum buffer_id)buffer));
		if (buffer == BUFFER_ACCUMULATORS || buffer == BUFFER_SKIP_SUMS) continue; /* never in DDR */
		if (shift > largest) largest = shift;
	}
	return log2_up(largest + 1);
}

void resource_of_load(const struct config *config, struct memory_blocks *data, struct resource_row *row) {
	resource_row_add(row, RESOURCE_LUT, LOAD_LUTS + LOAD_STAGE_LUTS * shift_stages(config), GRADE_FORMULA);
	resource_row_add(row, RESOURCE_FF, LOAD_FFS + 6 * log2_up(config->dma_outstanding), GRADE_FORMULA);
	add_slots(config, LOAD_SLOT_BITS, row);
	add_data_fifo(config, data, row);
}

void resource_of_store(const struct config *config, struct memory_blocks *data, struct resource_row *row) {
	resource_row_add(row, RESOURCE_LUT, STORE_LUTS + STORE_STAGE_LUTS * shift_stages(config), GRADE_FORMULA);
	resource_row_add(row, RESOURCE_FF, STORE_FFS + 4 * log2_up(config->dma_outstanding), GRADE_FORMULA);
	add_slots(config, STORE_SLOT_BITS, row);
	add_data_fifo(config, data, row);
}

void resource_of_sequencer(const struct config *config, struct resource_row *row) {
	struct memory_shape shape = {COMMAND_BITS, config->sequencer_queue_depth, 0, TECHNOLOGY_LUTRAM};
	struct memory_blocks queue;
	memory_blocks_of(&shape, &queue);
	queue.ffs = 0; /* the head is read without a register */
	uint64_t index_bits = config->sequencer_queue_depth > 1 ? log2_up(config->sequencer_queue_depth) : 1;
	for (int unit = 0; unit < 5; unit++) resource_row_add_blocks(row, &queue, GRADE_FORMULA);
	resource_row_add(row, RESOURCE_LUT, FETCH_LUTS + 5 * 5 * index_bits + TOKENS_LUTS, GRADE_FORMULA);
	resource_row_add(row, RESOURCE_FF,
	                 FETCH_FFS + log2_up(config->sequencer_program_commands) + 5 * (1 + 4 * index_bits) +
	                     TOKENS_FFS,
	                 GRADE_FORMULA);
	/* A command read in several parts is put together in registers; else the memory's output register holds it. */
	if (config->sequencer_fetch_cycles > 1) resource_row_add(row, RESOURCE_FF, COMMAND_BITS, GRADE_FORMULA);
}

void resource_of_ports(struct resource_row *row) {
	resource_row_add(row, RESOURCE_LUT, PORTS_LUTS, GRADE_SYNTHESISED);
	resource_row_add(row, RESOURCE_FF, PORTS_FFS, GRADE_SYNTHESISED);
}

void resource_of_glue(const struct config *config, struct resource_row *row) {
	resource_row_add(row, RESOURCE_LUT, GLUE_LUTS + resource_store_choice_luts(config), GRADE_FORMULA);
}

void resource_of_program_memory(const struct config *config, struct memory_blocks *blocks, struct resource_row *row) {
	uint64_t fetch_cycles = config->sequencer_fetch_cycles;
	struct memory_shape shape = {divide_up(COMMAND_BITS, fetch_cycles),
	                             config->sequencer_program_commands * fetch_cycles, 0, TECHNOLOGY_BRAM36};
	memory_blocks_of(&shape, blocks);
	resource_row_add_blocks(row, blocks, GRADE_FORMULA);
}

void resource_of_memory_controllers(const struct config *config, const struct device *device,
                                    struct resource_row *row) {
	static const enum device_resource resources[RESOURCE_KIND_COUNT] = {DEVICE_LUT, DEVICE_FF, DEVICE_BRAM36,
	                                                                    DEVICE_URAM, DEVICE_DSP};
	enum estimate_grade grade = GRADE_FORMULA;
	if (strncmp(device->dram_controller_source, "assumed", 7) == 0) grade = GRADE_ASSUMED;
	for (int kind = 0; kind < RESOURCE_KIND_COUNT; kind++) {
		uint64_t count = (uint64_t)config->dram_channels * device->dram_controller[resources[kind]];
		resource_row_add(row, (enum resource_kind)kind, kind == RESOURCE_BRAM18 ? 2 * count : count, grade);
	}
}
