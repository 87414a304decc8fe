/* Resources of one stage by its kind; see resource_streaming.h. Structure, with constants chosen on the synthesis of
 * the stages' RTL and of the DMA's masters (configs/tech/streaming_synthesis.csv). On its points whose products lie
 * where ours would, LUTs are within 3 % (median), 15 % (90 % of them), 58 % (worst: a depthwise maximum), flip-flops
 * within 1, 11 and 48 % (worst: an average over the whole map); whole pipelines: configs/tech/SYNTHESIS.md. Products
 * follow the packing rules of the fixed engine (26 LUTs for 4 x 4 bits, less or more in proportion). Left out: sharing
 * of a LUT6 by two small functions, registers that a place-and-route tool adds. */
#include "sim/estimate/resource_streaming.h"

#include <string.h>

#include "sim/estimate/resource_units.h"

enum {
	LANES_LUTS = 74, /* matrix, depthwise: loops, handshake */
	LANES_FFS = 64,
	WINDOW_LUTS = 110,
	WINDOW_FFS = 88,
	POOL_LUTS = 76,
	POOL_FFS = 66,
	INPUT_LUTS = 224,     /* 96 of the stage, 128 of its master */
	INPUT_FFS = 223,      /* 131 and 92 */
	OUTPUT_LUTS = 243,    /* 85 and 158 */
	OUTPUT_FFS = 194,     /* 97 and 97 */
	DMA_WORDS = 256,      /* 16 bursts under way of 16 words: the defaults of Vivado HLS (UG1399, m_axi) */
	PARAMETER_BITS = 168, /* a point's, of one channel */
	CONSTANT_BITS = 38,   /* a join's */
	THRESHOLD_BITS = 16   /* partitioned: of a threshold's word, at least */
};

static uint64_t divide_up(uint64_t value, uint64_t divisor) {
	return (value + divisor - 1) / divisor;
}

static uint64_t log2_up(uint64_t value) {
	uint64_t bits = 0;
	while (((uint64_t)1 << bits) < value) bits++;
	return bits;
}

/* `count` memories that are read together. */
static void repeat_memory(uint64_t count, struct memory_blocks *blocks) {
	const struct memory_blocks one = *blocks;
	memset(blocks, 0, sizeof *blocks);
	memory_blocks_add(blocks, &one, count);
	blocks->access_bram36s *= count;
	blocks->access_bram18s *= count;
	blocks->access_urams *= count;
	blocks->access_luts *= count;
}

static uint64_t taps(const struct stage *stage) {
	return (uint64_t)stage->kernel_height * stage->kernel_width;
}

static uint64_t input_word_bits(const struct stage *stage) {
	return (uint64_t)stage->input_lanes * stage->input_bits + stage->has_valid;
}

static uint64_t output_word_bits(const struct stage *stage) {
	return (uint64_t)stage->output_lanes * stage->output_bits;
}

static void add(struct stage_resources *resources, uint64_t luts, uint64_t ffs) {
	resource_row_add(&resources->row, RESOURCE_LUT, luts, GRADE_ASSUMED);
	resource_row_add(&resources->row, RESOURCE_FF, ffs, GRADE_ASSUMED);
}

static void add_memory(struct stage_resources *resources, const struct memory_blocks *blocks) {
	resource_row_add_blocks(&resources->row, blocks, GRADE_ASSUMED);
}

/* LUTs of pairwise sums of `count` values, each level one bit wider. */
static uint64_t tree_luts(uint64_t count, uint64_t bits) {
	uint64_t luts = 0;
	for (; count > 1; count = divide_up(count, 2), bits++) luts += count / 2 * (bits + 1);
	return luts;
}

/* LUTs of the choice of one bit among `count`. */
static uint64_t choice_luts(uint64_t count) {
	return count < 2 ? 0 : divide_up(count - 1, 3);
}

/* Two by two bits are truth tables of four inputs. */
static uint64_t product_luts(uint64_t a_bits, uint64_t b_bits) {
	if (a_bits * b_bits <= 6) return a_bits + b_bits - 1;
	return divide_up(26 * a_bits * b_bits, 16);
}

/* LUTs of a PE's dot product of SIMD values; DSP blocks of all. */
static uint64_t dot_luts(const struct stage *stage, enum device_dsp dsp, uint64_t simd, uint64_t pe,
                         struct stage_resources *resources) {
	/* the packing rules are for signed values; an unsigned one has one bit more */
	uint32_t value_bits = stage->input_bits + (stage->input_unsigned ? 1 : 0), weight_bits = stage->weight_bits;
	uint64_t product_bits = (uint64_t)weight_bits + value_bits;
	if (weight_bits == 1 && stage->input_bits == 1) return 268 * simd / 100; /* XNOR and popcount */
	if (weight_bits == 1) return simd * value_bits / 2 + tree_luts(simd, product_bits) + simd;
	resources->packing = resource_fixed_packing(dsp, weight_bits, value_bits, (uint32_t)pe);
	if (resources->packing.products_per_dsp == 0)
		return simd * product_luts(weight_bits, value_bits) + tree_luts(simd, product_bits);
	uint64_t dsps = resources->packing.products_per_dsp == 2 ? simd * divide_up(pe, 2)
	                                                         : simd * pe * resources->packing.dsps_per_product;
	resource_row_add(&resources->row, RESOURCE_DSP, dsps, GRADE_ASSUMED);
	/* of a pair the upper product lacks the borrow of the lower */
	return tree_luts(simd, product_bits) + (resources->packing.products_per_dsp == 2 ? simd * product_bits / 2 : 0);
}

/* All lanes' weights and thresholds in a memory each, or a memory for each PE, and for each PE and threshold. */
static void add_parameters(const struct stage *stage, uint32_t memories, uint64_t simd, uint64_t weight_words,
                           uint64_t folds, struct stage_resources *resources) {
	const int is_partitioned = memories == MEMORIES_PARTITIONED;
	uint64_t pe = stage->output_lanes, count = stage->threshold_count, bits = stage->accumulator_bits + 1;
	uint64_t shared = is_partitioned ? 1 : pe;
	streaming_ram(memories, shared * simd * stage->weight_bits, weight_words, &resources->weights);
	repeat_memory(pe / shared, &resources->weights);
	add_memory(resources, &resources->weights);
	if (!count) return;
	if (is_partitioned) {
		streaming_ram(memories, bits > THRESHOLD_BITS ? bits : THRESHOLD_BITS, folds, &resources->thresholds);
		repeat_memory(pe * count, &resources->thresholds);
	} else {
		streaming_ram(memories, pe * (count * bits + 1), folds, &resources->thresholds);
	}
	add_memory(resources, &resources->thresholds);
}

/* What a matrix and a depthwise unit have in common: PE lanes of SIMD values, accumulators, thresholds, weights. */
static void add_lanes(const struct stage *stage, uint32_t memories, enum device_dsp dsp, uint64_t simd,
                      uint64_t weight_words, uint64_t folds, struct stage_resources *resources) {
	uint64_t pe = stage->output_lanes, sum_bits = stage->accumulator_bits, thresholds = stage->threshold_count;
	uint64_t luts = dot_luts(stage, dsp, simd, stage->kind == STAGE_MATRIX ? pe : 1, resources);
	if (stage->kind == STAGE_DEPTHWISE) { /* products are of one channel each: no pairs */
		uint64_t dsps = resources->row.amounts[RESOURCE_DSP].count;
		resource_row_add(&resources->row, RESOURCE_DSP, dsps * (pe - 1), GRADE_ASSUMED);
	}
	luts += 2 * sum_bits + thresholds * (sum_bits + 1) + (thresholds > 1 ? 3 * thresholds : 0);
	if (stage->weight_bits == 1) luts += 12; /* 2 x ones - SIMD */
	add(resources, LANES_LUTS + pe * luts + (stage->has_valid ? simd : 0), LANES_FFS + pe * sum_bits);
	add_parameters(stage, memories, simd, weight_words, folds, resources);
	if (!thresholds) add(resources, 0, output_word_bits(stage));
}

static void fill_matrix(const struct stage *stage, uint32_t memories, enum device_dsp dsp,
                        struct stage_resources *resources) {
	uint64_t simd = stage->input_lanes, folds = stage->output_channels / stage->output_lanes;
	uint64_t vector_words = taps(stage) * stage->input_channels / simd;
	add_lanes(stage, memories, dsp, simd, vector_words * folds, folds, resources);
	add(resources, 0, input_word_bits(stage));
	if (folds == 1) return;
	if (memories == MEMORIES_PARTITIONED) {
		resources->data.ffs = input_word_bits(stage) * vector_words;
		resources->data.mux_luts = input_word_bits(stage) * choice_luts(vector_words);
	} else {
		streaming_ram(memories, input_word_bits(stage), vector_words, &resources->data);
		if (!resources->data.bram18s) resources->data.ffs = 0; /* read at once */
	}
	add_memory(resources, &resources->data);
	add(resources, input_word_bits(stage), 0); /* what comes in, or what was kept */
}

static void fill_depthwise(const struct stage *stage, uint32_t memories, enum device_dsp dsp,
                           struct stage_resources *resources) {
	uint64_t folds = stage->output_channels / stage->output_lanes;
	add_lanes(stage, memories, dsp, 1, taps(stage) * folds, folds, resources);
	add(resources, 0, input_word_bits(stage));
}

/* The rows of a window and those read meanwhile; partitioned: a memory for as many rows as a stride has. */
static void fill_window(const struct stage *stage, uint32_t memories, struct stage_resources *resources) {
	uint64_t words = (uint64_t)stage->input_width * stage->input_channels / stage->input_lanes;
	uint64_t rows = (uint64_t)stage->kernel_height + stage->stride, parts = 1;
	if (memories == MEMORIES_PARTITIONED) parts = divide_up(rows, stage->stride);
	struct memory_blocks part;
	streaming_ram(memories, input_word_bits(stage), parts > 1 ? words * stage->stride : words * rows, &part);
	memory_blocks_add(&resources->data, &part, parts); /* one of them is read in a cycle */
	resources->data.mux_luts += input_word_bits(stage) * choice_luts(parts);
	add_memory(resources, &resources->data);
	/* block RAM: its banks are chosen by hand, and the word just written goes around it */
	int is_block = resources->data.bram18s > 0;
	add(resources, WINDOW_LUTS + (is_block ? 45 + resources->data.mux_luts : 0),
	    WINDOW_FFS + input_word_bits(stage) + (is_block ? 15 : 0));
}

/* All of the wide word but the part that passes is kept; n : 1 shifts it. */
static void fill_convert(const struct stage *stage, struct stage_resources *resources) {
	uint64_t in = input_word_bits(stage), out = output_word_bits(stage) + stage->has_valid;
	uint64_t kept = in > out ? in - out : out - in;
	uint64_t later = stage->latency_cycles > 1 ? stage->latency_cycles - 1 : 0;
	add(resources, in > out ? 40 + kept : 40, 45 + kept + later * (out + 2));
}

static void fill_pool(const struct stage *stage, uint32_t memories, struct stage_resources *resources) {
	uint64_t lanes = stage->input_lanes, bits = stage->input_bits;
	uint64_t words = (uint64_t)stage->output_width * stage->input_channels / stage->input_lanes;
	if (stage->kind == STAGE_AVERAGE_POOL) bits += log2_up(taps(stage));
	streaming_ram(memories, lanes * bits, words, &resources->data);
	if (!resources->data.bram18s) resources->data.ffs = 0;
	add_memory(resources, &resources->data);
	uint64_t luts = stage->kind == STAGE_AVERAGE_POOL ? 2 * bits : bits == 1 ? 1 : 5 * bits / 2 - 2;
	add(resources, POOL_LUTS + lanes * luts, POOL_FFS + lanes * stage->input_bits);
}

/* Two multiplications, shifts, saturation of each lane, at 16 bits; wider sums in proportion. */
static void fill_point(const struct stage *stage, uint32_t memories, enum device_dsp dsp,
                       struct stage_resources *resources) {
	uint64_t lanes = stage->input_lanes, bits = stage->input_bits < 16 ? 16 : stage->input_bits;
	resources->dsps_per_value =
	    resource_product_dsps(dsp, (uint32_t)bits, 16) + resource_product_dsps(dsp, (uint32_t)bits + 17, 16);
	resource_row_add(&resources->row, RESOURCE_DSP, lanes * resources->dsps_per_value, GRADE_ASSUMED);
	streaming_ram(memories, lanes * PARAMETER_BITS, stage->input_channels / lanes, &resources->weights);
	add_memory(resources, &resources->weights);
	add(resources, 47 + lanes * 149 * bits / 16, 52 + lanes * 51 * bits / 16);
}

/* The other branch's rounding, two sums, saturation. */
static void fill_join(const struct stage *stage, uint32_t memories, struct stage_resources *resources) {
	uint64_t lanes = stage->input_lanes, above = stage->input_bits > 16 ? stage->input_bits - 16 : 0;
	streaming_ram(memories, lanes * CONSTANT_BITS, stage->input_channels / lanes, &resources->weights);
	add_memory(resources, &resources->weights);
	add(resources, 85 + lanes * (148 + 2 * above), 50 + lanes * (98 + 3 * above));
}

/* The stage, its AXI master (ns_read, ns_write of the RTL) and the FIFO of that. */
static void fill_dma(const struct stage *stage, uint32_t memories, struct stage_resources *resources) {
	const int is_input = stage->kind == STAGE_INPUT;
	uint64_t bits = is_input ? output_word_bits(stage) : input_word_bits(stage);
	streaming_fifo(memories, bits, DMA_WORDS, &resources->data, &resources->row);
	if (is_input)
		add(resources, INPUT_LUTS, INPUT_FFS + bits * (stage->latency_cycles - 1));
	else
		add(resources, OUTPUT_LUTS, OUTPUT_FFS);
}

/* Lanes beyond those that were synthesised are guessed. */
static enum estimate_grade grade_of(const struct stage *stage) {
	enum { BITS_MOST = 8, LANES_MOST = 2048 };
	if (stage->kind != STAGE_MATRIX && stage->kind != STAGE_DEPTHWISE) return GRADE_FORMULA;
	uint64_t lanes = (uint64_t)stage->output_lanes * (stage->kind == STAGE_MATRIX ? stage->input_lanes : 1);
	int is_beyond = stage->weight_bits > BITS_MOST || stage->input_bits > BITS_MOST || lanes > LANES_MOST;
	return is_beyond ? GRADE_ASSUMED : GRADE_FORMULA;
}

void resource_of_stage(const struct stage *stage, uint32_t memories, enum device_dsp dsp,
                       struct stage_resources *resources) {
	switch (stage->kind) {
	case STAGE_INPUT:
	case STAGE_OUTPUT: fill_dma(stage, memories, resources); break;
	case STAGE_PAD: add(resources, 49 + output_word_bits(stage), 47 + output_word_bits(stage)); break;
	case STAGE_WINDOW: fill_window(stage, memories, resources); break;
	case STAGE_MATRIX: fill_matrix(stage, memories, dsp, resources); break;
	case STAGE_DEPTHWISE: fill_depthwise(stage, memories, dsp, resources); break;
	case STAGE_CONVERT: fill_convert(stage, resources); break;
	case STAGE_FORK: add(resources, 35, 43); break; /* words pass */
	case STAGE_JOIN: fill_join(stage, memories, resources); break;
	case STAGE_POINT: fill_point(stage, memories, dsp, resources); break;
	case STAGE_MAX_POOL:
	case STAGE_AVERAGE_POOL: fill_pool(stage, memories, resources); break;
	case STAGE_LABEL: /* carry chains compare; a choice for each further lane */
		add(resources, 50 + (uint64_t)(stage->input_lanes - 1) * 4 * stage->input_bits, 47 + stage->input_bits);
		break;
	case STAGE_KIND_COUNT: break;
	}
	const enum estimate_grade grade = grade_of(stage);
	for (int kind = 0; kind < RESOURCE_KIND_COUNT; kind++)
		if (resources->row.amounts[kind].count) resources->row.amounts[kind].grade = grade;
}
