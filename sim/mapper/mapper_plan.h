/* What the mapper decides before it writes a command. Internal to sim/mapper.
 *
 * Order of work (mapper.c): shapes and their limits (mapper_shape.c), blocks of output channels and where weights live
 * (mapper_weights.c), maps, staging areas and bands (mapper_maps.c), commands (mapper_emit.c, mapper_tile.c) with
 * tokens (mapper_tokens.c). Bytes of tensors: mapper_layout.c.
 *
 * A tile is one band of output rows of one block of output channels: its engine commands and its post command. */
#ifndef SIM_MAPPER_MAPPER_PLAN_H
#define SIM_MAPPER_MAPPER_PLAN_H

#include "sim/mapper/mapper.h"

/* The four buffers that hold what does not depend on the image, bit_weights to border; index = id - FIRST_WEIGHTS. */
enum { FIRST_WEIGHTS = BUFFER_BIT_WEIGHTS, WEIGHT_BUFFERS = BUFFER_BORDER - BUFFER_BIT_WEIGHTS + 1 };

/* A convolution as the engine sees it. */
struct conv_plan {
	const struct trace_conv *conv; /* NULL: there is none */
	const struct trace_map *map;   /* input */
	uint32_t kernel, stride, pad;  /* of the command: average2 is 2, 2, 0 */
	uint32_t input_words;          /* of a pixel */
	uint32_t lanes;                /* output channels of a group: pes or columns */
	uint32_t steps;                /* window packed: words of a window; else 0 */
	uint32_t group_words;          /* weight words of a group */
	uint32_t flags;                /* enum conv_flag */
};

/* Weights, parameters and border constants that are loaded together: blocks first_block .. + block_count - 1. */
struct content {
	uint32_t first_block, block_count;
	uint32_t words[WEIGHT_BUFFERS];
	uint32_t resident_base[WEIGHT_BUFFERS]; /* of a resident layer */
	uint32_t ddr_address[WEIGHT_BUFFERS];   /* else: where it lies in the weights' channel */
};

/* Part of an activation buffer through which the bands of a spilled map pass. */
struct staging {
	uint32_t base, half_words, halves; /* halves 0: not used */
};

enum staging_use { STAGING_MAIN_INPUT, STAGING_SKIP_INPUT, STAGING_FIXED_OUTPUT, STAGING_BITS_OUTPUT, STAGING_COUNT };

struct layer_plan {
	const struct trace_layer *layer;
	uint32_t index;
	struct conv_plan main, skip;
	uint32_t rows, width; /* of the sums that are computed (pool: without the odd last row and column) */
	uint32_t unit_rows;   /* of the sums for one of the output: pool 2, else 1 */
	uint32_t step_rows; /* a band is a multiple of these, or all rows: a transposed bit map takes whole lane groups
	                       of pixels; else unit_rows */
	uint32_t classes;   /* of border constants: 9, 1 with pad 0, 0 without a binary convolution */
	uint32_t channel_step; /* a block is a multiple of these channels */
	uint32_t block_channels, blocks;
	uint32_t band_rows, bands;
	uint32_t bands_outer;          /* 1: for each band all blocks; 0: for each block all bands */
	enum config_residency weights; /* RESIDENT, LAYER or TILE */
	struct content *contents;      /* TILE: one a block; else one */
	uint32_t content_count;
	struct staging staging[STAGING_COUNT];
	const char *rows_reason, *weights_reason; /* why, a few words */
};

struct map_plan {
	uint32_t in_buffer; /* 1: lives in an activation buffer, whole (resident) or by bands (spilled) */
	uint32_t spilled;
	enum buffer_id buffer;
	uint32_t pixel_words, row_words;
	uint32_t base;          /* resident */
	struct program_map ddr; /* of the input, the scores and spilled maps */
};

struct plan {
	const struct trace *trace;
	const struct mapping *wish; /* or NULL */
	struct config config;       /* widths resolved */
	struct layer_plan *layers;
	struct map_plan *maps;
	uint32_t has_values;
	/* Of each weight buffer: resident words at its start, then `halves` regions for what is loaded during the
	 * frame. */
	uint32_t resident_words[WEIGHT_BUFFERS], resident_ddr[WEIGHT_BUFFERS];
	uint32_t region_words[WEIGHT_BUFFERS], halves[WEIGHT_BUFFERS];
	uint32_t weights_channel;
	uint64_t ddr_bytes[CONFIG_CHANNELS_MAX];
	struct error *error;
};

static inline uint32_t divide_round_up(uint32_t value, uint32_t divisor) {
	return value / divisor + (value % divisor != 0);
}

static inline uint32_t least(uint32_t a, uint32_t b) {
	return a < b ? a : b;
}

/* The convolution that reads through this staging area, or without one directly. */
static inline const struct conv_plan *plan_input_conv(const struct layer_plan *layer, enum staging_use use) {
	return use == STAGING_MAIN_INPUT ? &layer->main : &layer->skip;
}

/* STATUS_UNMAPPABLE with "layer NAME: reason" (layer NULL: the reason alone). */
enum status plan_refuse(const struct plan *plan, const struct layer_plan *layer, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The wish for this layer; all zeros where there is none. */
struct mapping_layer plan_wish(const struct plan *plan, const struct layer_plan *layer);

/* mapper_shape.c: fills trace, config, layers, maps (shapes); refuses what no buffer size could make possible. */
enum status plan_shapes(struct plan *plan);

/* Rows of the input of `conv` that output rows first .. first + rows - 1 read, within the map. */
void plan_input_rows(const struct conv_plan *conv, uint32_t first, uint32_t rows, uint32_t *low, uint32_t *high);

/* Output rows of `band`: *first and their number. */
uint32_t plan_band(const struct layer_plan *layer, uint32_t band, uint32_t *first);

/* Output channels of `block`. */
uint32_t plan_block(const struct layer_plan *layer, uint32_t block);

/* Words of one block of `channels` output channels in each weight buffer. */
void plan_block_words(const struct plan *plan, const struct layer_plan *layer, uint32_t channels,
                      uint32_t words[WEIGHT_BUFFERS]);

/* Most rows of `channels` output channels whose sums fit (one half of the sums buffers where they are used in halves):
 * all, or a multiple of step_rows. */
uint32_t plan_sums_rows(const struct plan *plan, const struct layer_plan *layer, uint32_t channels);

/* Least rows of a band. */
static inline uint32_t plan_least_rows(const struct layer_plan *layer) {
	return least(layer->step_rows, layer->rows);
}

/* 1: the engines fill one half of this sums buffer while the post unit empties the other. */
int plan_sums_halved(const struct plan *plan, enum buffer_id buffer);

/* mapper_weights.c: blocks, residency, contents and their DDR addresses. */
enum status plan_weights(struct plan *plan);

/* mapper_maps.c: resident or spilled, addresses, staging, bands, DDR addresses. */
enum status plan_maps(struct plan *plan);

/* Places `bytes` in a channel, aligned to beats and 64-byte lines. */
enum status plan_place_ddr(struct plan *plan, uint32_t channel, uint64_t bytes, const char *what, uint32_t *address);

/* mapper_layout.c: the words of one block in one weight buffer, exactly as in PROGRAM.md section 2, into zeroed bytes.
 */
void layout_block(const struct plan *plan, const struct layer_plan *layer, uint32_t block, enum buffer_id buffer,
                  uint8_t *bytes);

/* mapper_emit.c: fills commands, frame_start and used_words of an empty program. */
enum status plan_emit(struct plan *plan, struct program *program);

#endif
