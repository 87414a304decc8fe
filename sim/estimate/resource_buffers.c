/* Resources of the nine buffers, from the structure of the reference RTL (tests/rtl/nb_buffer.v, nb_top.v): interleaved
 * banks, each a memory of memory_blocks.h, and around them what puts words in order.
 *
 * Fabric counted, in LUTs a bit: the words of a loaded chunk turned to their banks; a multiplexer over the banks for
 * reading (n inputs: ceil((n - 1) / 3)); one for words, addresses and the enables of columns where both a unit and the
 * load master can write; one over the beats of a word for the store master where a word is wider than a beat, and one
 * for the address of what it reads.
 * With more than one bank the output register follows the multiplexer, in flip-flops; with one it is the block's own.
 * A buffer of one port is built of the same blocks. Ping-pong halves are halves of depth_words, so they cost nothing of
 * their own. The bit activations are held once for each word that the window former reads in a cycle. */
#include "sim/estimate/resource_units.h"

enum { LOADED = 1, STORED = 2, WRITTEN_BY_UNIT = 4 };
static const int accesses[BUFFER_COUNT] = {
    [BUFFER_BIT_ACTIVATIONS] = LOADED | STORED | WRITTEN_BY_UNIT,
    [BUFFER_FIXED_ACTIVATIONS] = LOADED | STORED | WRITTEN_BY_UNIT,
    [BUFFER_BIT_WEIGHTS] = LOADED,
    [BUFFER_FIXED_WEIGHTS] = LOADED,
    [BUFFER_PARAMETERS] = LOADED,
    [BUFFER_BORDER] = LOADED,
    [BUFFER_ACCUMULATORS] = WRITTEN_BY_UNIT,
    [BUFFER_SKIP_SUMS] = WRITTEN_BY_UNIT,
    [BUFFER_OUTPUT] = LOADED | STORED | WRITTEN_BY_UNIT, /* nb_top can load it; no program does */
};

/* LUTs a bit of a multiplexer of n inputs. */
static uint64_t mux_luts(uint64_t inputs) {
	return (inputs + 1) / 3;
}

/* Bits of a word that are written alone: the post unit writes L bits of a bit map's word, one value of a fixed map's;
 * the load master one beat of a word that is wider, whose enables the RTL has for each lane, weight, half record or
 * constant, also where a word is not wider: synthesis gives each whole byte lanes. */
static uint64_t column_bits(const struct config *config, enum buffer_id buffer, uint64_t word_bits) {
	if (buffer == BUFFER_BIT_ACTIVATIONS) return config->post_lanes;
	if (buffer == BUFFER_FIXED_ACTIVATIONS) return word_bits / config->fixed_rows;
	if (!(accesses[buffer] & LOADED)) return 0;
	if (buffer == BUFFER_BIT_WEIGHTS) return 48;
	if (buffer == BUFFER_FIXED_WEIGHTS) return config->fixed_weight_bits;
	if (buffer == BUFFER_OUTPUT) return 32;
	return buffer == BUFFER_PARAMETERS ? 64 : 16;
}

static uint64_t log2_up(uint64_t value) {
	uint64_t bits = 0;
	while (((uint64_t)1 << bits) < value) bits++;
	return bits;
}

static uint64_t copies_of(const struct config *config, enum buffer_id buffer) {
	return buffer == BUFFER_BIT_ACTIVATIONS ? config->binary_window_reads : 1;
}

static uint64_t bank_rows(const struct config *config, enum buffer_id buffer) {
	const struct config_buffer *settings = &config->buffer[buffer];
	return ((uint64_t)settings->depth_words + settings->banks - 1) / settings->banks;
}

static int is_missing(const struct config *config, enum buffer_id buffer) {
	if (buffer == BUFFER_FIXED_ACTIVATIONS) return config->fixed_activation_bits == 0;
	if (buffer == BUFFER_FIXED_WEIGHTS) return config->fixed_weight_bits == 0;
	return 0;
}

/* LUTs a bit, in quarters, of the words of a chunk turned to their banks: one for two, three quarters for each doubling
 * beyond, as fitted for four. */
static uint64_t rotation_quarter_luts(uint64_t banks) {
	return banks == 2 ? 4 : 3 * log2_up(banks);
}

/* Enables of what is written alone, chosen between the unit's and the load master's. */
static uint64_t columns_of(const struct config *config, enum buffer_id buffer, uint64_t word_bits) {
	if (buffer == BUFFER_BIT_ACTIVATIONS) return word_bits / config->post_lanes;
	return buffer == BUFFER_FIXED_ACTIVATIONS ? config->fixed_rows : config->post_lanes;
}

static void add_fabric(const struct config *config, enum buffer_id buffer, uint64_t word_bits, uint64_t word_bytes,
                       struct resource_row *row) {
	uint64_t banks = config->buffer[buffer].banks, beat_bytes = config->dma_axi_bytes, luts = 0;
	uint64_t words_read = accesses[buffer] & STORED ? banks : 1;
	uint64_t row_bits = log2_up(bank_rows(config, buffer)), copies = copies_of(config, buffer);
	int both = (accesses[buffer] & (LOADED | WRITTEN_BY_UNIT)) == (LOADED | WRITTEN_BY_UNIT);
	uint64_t quarters = accesses[buffer] & LOADED && word_bytes < beat_bytes ? rotation_quarter_luts(banks) : 0;
	if (both && !(quarters && banks == 2)) quarters += 4; /* with two banks both choices are one LUT */
	luts += banks * word_bits * quarters / 4;
	if (both) luts += banks * (columns_of(config, buffer, word_bits) + row_bits);
	if (banks > 1) luts += banks * row_bits; /* the rows of words on both sides of a row's end */
	luts += (words_read + copies - 1) * word_bits * mux_luts(banks);
	if (accesses[buffer] & STORED) luts += banks * row_bits;
	if (accesses[buffer] & STORED && word_bytes > beat_bytes)
		luts += 8 * beat_bytes * mux_luts(word_bytes / beat_bytes);
	resource_row_add(row, RESOURCE_LUT, luts, GRADE_FORMULA);
	if (banks > 1) resource_row_add(row, RESOURCE_FF, (words_read + copies - 1) * word_bits, GRADE_FORMULA);
}

/* Bits of what the store master takes from a buffer in one cycle. */
static uint64_t chunk_bits(const struct config *config, enum buffer_id buffer) {
	uint64_t word_bytes = config_word_bytes(config, buffer), beat_bytes = config->dma_axi_bytes;
	return 8 * (word_bytes < beat_bytes ? word_bytes * config->buffer[buffer].banks : beat_bytes);
}

/* A LUT for each bit that one of the three buffers has; a bit lane has 48 of 64. */
uint64_t resource_store_choice_luts(const struct config *config) {
	uint64_t bits = chunk_bits(config, BUFFER_OUTPUT), fixed_bits = chunk_bits(config, BUFFER_FIXED_ACTIVATIONS);
	uint64_t lane_end = chunk_bits(config, BUFFER_BIT_ACTIVATIONS), luts;
	uint64_t lanes = config_word_bytes(config, BUFFER_BIT_ACTIVATIONS) / 8; /* in DDR, a power of two */
	if (fixed_bits > bits) bits = fixed_bits;
	luts = bits;
	for (uint64_t lane = bits / 64; 64 * lane < lane_end; lane++) {
		if (lane % lanes >= config->binary_words) continue;
		uint64_t above = 64 * lane > bits ? 0 : bits - 64 * lane;
		if (above < 48) luts += 48 - above;
	}
	return luts;
}

void resource_of_buffer(const struct config *config, enum buffer_id buffer, struct memory_blocks *blocks,
                        struct resource_row *row) {
	const struct config_buffer *settings = &config->buffer[buffer];
	uint64_t word_bits = config_word_bits(config, buffer), word_bytes = config_word_bytes(config, buffer);
	struct memory_blocks bank;
	if (is_missing(config, buffer)) {
		for (int kind = RESOURCE_LUT; kind <= RESOURCE_URAM; kind++)
			resource_row_add(row, (enum resource_kind)kind, 0, GRADE_MISSING);
		return;
	}
	struct memory_shape shape = {word_bits, bank_rows(config, buffer), column_bits(config, buffer, word_bits),
	                             settings->technology};
	memory_blocks_of(&shape, &bank);
	memory_blocks_add(blocks, &bank, settings->banks * copies_of(config, buffer));
	resource_row_add_blocks(row, blocks, GRADE_FORMULA);
	add_fabric(config, buffer, word_bits, word_bytes, row);
}
