/* Resources of one stage by its kind; see resource_streaming.h. Lanes of 1 x 1 bit are the fused XNOR-popcount lanes of
 * resource.h; a 1-bit weight on a wider value adds or subtracts it in the first level of the tree; wider products
 * follow the packing rules of the fixed engine (26 LUTs for 4 x 4 bits as synthesised, less in proportion). Control of
 * each kind is a guess: loop counters, compares and the handshake. Left out: sharing of a LUT6 by two small functions.
 */
#include "sim/estimate/resource_streaming.h"
#include "sim/estimate/resource_units.h"

enum {
	CONTROL_LUTS = 40,
	CONTROL_FFS = 30,
	LOOP_LUTS = 60,   /* matrix, window, pools, pad: nested loops */
	WINDOW_LUTS = 90, /* and the addresses of rows and taps */
	DMA_LUTS = 1000,  /* the time-shared machine's masters take 859 to 1,306 */
	DMA_FFS = 500,
	DMA_WORDS = 64,
	PARAMETER_BITS = 128, /* of one channel, as in the time-shared machine */
	JOIN_CONSTANT_BITS = 32
};

static uint64_t divide_up(uint64_t value, uint64_t divisor) {
	return (value + divisor - 1) / divisor;
}

static uint64_t log2_up(uint64_t value) {
	uint64_t bits = 0;
	while (((uint64_t)1 << bits) < value) bits++;
	return bits;
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

/* Pairwise sums of `count` values, level by level, each level registered and one bit wider. */
static void add_signed_tree(struct stage_resources *resources, uint64_t count, uint64_t bits, uint64_t trees) {
	while (count > 1) {
		uint64_t sums = count / 2, left = count % 2;
		add(resources, trees * sums * (bits + 1), trees * (sums * (bits + 1) + left * bits));
		count = sums + left;
		bits++;
	}
}

/* `rows` x `columns` products of weight_bits x value_bits. */
static void add_products(const struct stage *stage, enum device_dsp dsp, uint64_t rows, uint64_t columns,
                         struct stage_resources *resources) {
	uint64_t bits = (uint64_t)stage->weight_bits + stage->input_bits, products = rows * columns;
	/* the packing rules are for signed values; an unsigned one has one bit more */
	uint32_t value_bits = stage->input_bits + (stage->input_unsigned ? 1 : 0);
	resources->packing = resource_fixed_packing(dsp, stage->weight_bits, value_bits, (uint32_t)columns);
	if (resources->packing.products_per_dsp == 0) {
		add(resources, products * divide_up(26 * (uint64_t)stage->weight_bits * value_bits, 16),
		    products * bits);
	} else if (resources->packing.products_per_dsp == 2) {
		uint64_t pairs = rows * divide_up(columns, 2);
		resource_row_add(&resources->row, RESOURCE_DSP, pairs, GRADE_ASSUMED);
		add(resources, pairs * bits, 0);
	} else {
		resource_row_add(&resources->row, RESOURCE_DSP, products * resources->packing.dsps_per_product,
		                 GRADE_ASSUMED);
	}
}

static void add_thresholds(const struct stage *stage, uint64_t folds, struct stage_resources *resources) {
	uint64_t compares = (uint64_t)stage->output_lanes * stage->threshold_count;
	if (!compares) return;
	streaming_rom(compares * stage->accumulator_bits, folds, &resources->thresholds);
	add_memory(resources, &resources->thresholds);
	add(resources, compares * divide_up(stage->accumulator_bits, 2) + compares, output_word_bits(stage) + compares);
}

static void fill_matrix(const struct stage *stage, enum device_dsp dsp, struct stage_resources *resources) {
	uint64_t pe = stage->output_lanes, simd = stage->input_lanes;
	uint64_t input_folds = taps(stage) * stage->input_channels / simd, output_folds = stage->output_channels / pe;
	uint64_t accumulator_bits = stage->accumulator_bits;
	if (stage->weight_bits == 1 && stage->input_bits == 1) {
		struct lane_fabric lanes =
		    resource_lane_fabric(FABRIC_FUSED, 3 * divide_up(simd, 3), accumulator_bits, pe, 0);
		add(resources, lanes.luts + (stage->has_valid ? simd : 0), lanes.ffs);
	} else {
		uint64_t product_bits = (uint64_t)stage->weight_bits + stage->input_bits;
		if (stage->weight_bits > 1) add_products(stage, dsp, simd, pe, resources);
		if (stage->weight_bits == 1 && simd == 1) add(resources, pe * product_bits, pe * product_bits);
		add_signed_tree(resources, simd, product_bits, pe);
		add(resources, pe * accumulator_bits, pe * accumulator_bits);
	}
	streaming_rom(pe * simd * stage->weight_bits, input_folds * output_folds, &resources->weights);
	add_memory(resources, &resources->weights);
	if (output_folds > 1) streaming_ram(input_word_bits(stage), input_folds, &resources->data);
	add_memory(resources, &resources->data);
	add_thresholds(stage, output_folds, resources);
	add(resources, LOOP_LUTS, input_word_bits(stage));
}

static void fill_depthwise(const struct stage *stage, enum device_dsp dsp, struct stage_resources *resources) {
	uint64_t lanes = stage->output_lanes, folds = stage->output_channels / lanes;
	uint64_t product_bits = (uint64_t)stage->weight_bits + stage->input_bits;
	if (stage->weight_bits > 1)
		add_products(stage, dsp, lanes, 1, resources);
	else
		add(resources, lanes * product_bits, lanes * product_bits);
	add(resources, lanes * stage->accumulator_bits, lanes * stage->accumulator_bits);
	streaming_rom(lanes * stage->weight_bits, taps(stage) * folds, &resources->weights);
	add_memory(resources, &resources->weights);
	add_thresholds(stage, folds, resources);
	add(resources, LOOP_LUTS, input_word_bits(stage));
}

/* The rows of a window and those read meanwhile. */
static void fill_window(const struct stage *stage, struct stage_resources *resources) {
	uint64_t words = (uint64_t)stage->input_width * stage->input_channels / stage->input_lanes;
	streaming_ram(input_word_bits(stage), words * ((uint64_t)stage->kernel_height + stage->stride),
	              &resources->data);
	add_memory(resources, &resources->data);
	add(resources, WINDOW_LUTS, 0);
}

static void fill_convert(const struct stage *stage, struct stage_resources *resources) {
	uint64_t in = input_word_bits(stage), out = output_word_bits(stage) + stage->has_valid;
	uint64_t wide = in > out ? in : out;
	add(resources, in > out ? wide : 0, wide); /* n : 1 shifts the word it has loaded */
}

static void fill_pool(const struct stage *stage, struct stage_resources *resources) {
	uint64_t lanes = stage->input_lanes, bits = stage->input_bits;
	uint64_t words = (uint64_t)stage->output_width * stage->input_channels / stage->input_lanes;
	if (stage->kind == STAGE_AVERAGE_POOL) bits += log2_up(taps(stage));
	streaming_ram(lanes * bits, words, &resources->data);
	add_memory(resources, &resources->data);
	uint64_t luts = stage->kind == STAGE_AVERAGE_POOL ? 2 * bits : bits == 1 ? 1 : bits + divide_up(bits, 2);
	add(resources, LOOP_LUTS + lanes * luts, lanes * bits);
}

/* Affine: the time-shared machine's post lanes. */
static void fill_point(const struct stage *stage, enum device_dsp dsp, struct stage_resources *resources) {
	uint64_t lanes = stage->input_lanes;
	resource_of_post_lane(stage->input_bits < 16 ? 16 : stage->input_bits, dsp, lanes, &resources->row);
	resources->dsps_per_value = resources->row.amounts[RESOURCE_DSP].count / lanes;
	streaming_rom(lanes * PARAMETER_BITS, stage->input_channels / lanes, &resources->weights);
	add_memory(resources, &resources->weights);
}

static void fill_join(const struct stage *stage, struct stage_resources *resources) {
	uint64_t lanes = stage->input_lanes, bits = stage->input_bits;
	streaming_rom(lanes * JOIN_CONSTANT_BITS, stage->input_channels / lanes, &resources->weights);
	add_memory(resources, &resources->weights);
	/* the other branch's rounding, two sums, saturation */
	add(resources, 4 * lanes * bits, 2 * lanes * bits);
}

static void fill_dma(uint64_t word_bits, struct stage_resources *resources) {
	streaming_ram(word_bits, DMA_WORDS, &resources->data);
	add_memory(resources, &resources->data);
	add(resources, DMA_LUTS, DMA_FFS + word_bits);
}

void resource_of_stage(const struct stage *stage, enum device_dsp dsp, struct stage_resources *resources) {
	switch (stage->kind) {
	case STAGE_INPUT: fill_dma(output_word_bits(stage), resources); break;
	case STAGE_OUTPUT: fill_dma(input_word_bits(stage), resources); break;
	case STAGE_PAD: add(resources, LOOP_LUTS + output_word_bits(stage), output_word_bits(stage)); break;
	case STAGE_WINDOW: fill_window(stage, resources); break;
	case STAGE_MATRIX: fill_matrix(stage, dsp, resources); break;
	case STAGE_DEPTHWISE: fill_depthwise(stage, dsp, resources); break;
	case STAGE_CONVERT: fill_convert(stage, resources); break;
	case STAGE_FORK: add(resources, output_word_bits(stage) / 8, output_word_bits(stage)); break;
	case STAGE_JOIN: fill_join(stage, resources); break;
	case STAGE_POINT: fill_point(stage, dsp, resources); break;
	case STAGE_MAX_POOL:
	case STAGE_AVERAGE_POOL: fill_pool(stage, resources); break;
	case STAGE_LABEL: add(resources, 2 * (uint64_t)stage->input_bits, 2 * (uint64_t)stage->input_bits); break;
	case STAGE_KIND_COUNT: break;
	}
	add(resources, CONTROL_LUTS, CONTROL_FFS);
}
