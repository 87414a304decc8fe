/* Private to the pipeline*.c files: a convolution as its stages see it, and the folding of a network before it is
 * built. */
#ifndef SIM_MAPPER_PIPELINE_PLAN_H
#define SIM_MAPPER_PIPELINE_PLAN_H

#include "sim/mapper/pipeline.h"

/* One convolution. Averages over several pixels (pre_pool, tap_shared) are a pool stage in front; what follows here is
 * the convolution of the pooled map. */
struct conv_shape {
	const struct trace_conv *conv;
	uint32_t pool_height, pool_width, shift; /* average pool in front; 0: none */
	uint32_t map_height, map_width, map_bits, map_unsigned;
	uint32_t input_height, input_width, channels, bits, is_unsigned; /* behind the pool, before the pad */
	int64_t low, high;                                               /* of those values */
	uint32_t pad_height, pad_width, kernel_height, kernel_width, stride_height, stride_width;
	uint32_t output_height, output_width, outputs;
	uint32_t weight_bits, accumulator_bits;
	uint32_t is_depthwise, has_window, has_valid;
};

struct layer_shape {
	const struct trace_layer *layer;
	struct conv_shape main, skip;
	struct conv_shape pool; /* a maximum pool whose windows overlap or are padded, as a depthwise convolution */
	uint32_t has_skip, has_window_pool;
};

/* pipeline_shape.c: shapes of all layers (caller frees *shapes). STATUS_UNMAPPABLE for what has no stage. */
enum status pipeline_shapes(const struct trace *trace, struct layer_shape **shapes, struct error *error);

/* Lanes of the words a convolution takes behind its converter: the window's, or the matrix unit's without one; at most
 * a pixel. */
uint32_t shape_lanes(const struct conv_shape *shape, uint32_t pe, uint32_t simd);

/* Fills the shape members of a stage. */
void shape_window(const struct conv_shape *shape, uint32_t pe, uint32_t simd, struct stage *stage);
void shape_matrix(const struct conv_shape *shape, uint32_t pe, uint32_t simd, struct stage *stage);
void shape_max_pool(const struct trace_layer *layer, uint32_t lanes, struct stage *stage);

/* Smallest two's complement width that holds low .. high, and the width of values 0 .. high. */
uint32_t bits_of_range(int64_t low, int64_t high);
uint32_t bits_of_unsigned(uint64_t high);
/* Width of m, the main path's part of an affine layer: exact for any parameters the trace may hold. */
uint32_t bits_of_affine(uint32_t accumulator_bits, uint32_t post_shift);

uint32_t greatest_divisor(uint32_t a, uint32_t b);
uint32_t latency_of_kind(const struct config *config, enum stage_kind kind);

/* pipeline_build.c: stages and FIFOs of a folded network. pipeline->foldings is set; on failure nothing else is. */
enum status pipeline_build(const struct trace *trace, const struct config *config, const struct layer_shape *shapes,
                           struct pipeline *pipeline, struct error *error);

/* pipeline_depths.c: streaming.fifo_words. `link_fifos`: of each layer the FIFO that its name stands for;
 * `last_fifos`: the one behind its pool. */
struct fifo_names {
	const struct trace *trace;
	const uint32_t *link_fifos, *last_fifos;
	uint32_t input_fifo, output_fifo;
};
enum status pipeline_depths(const struct config *config, const struct fifo_names *names, struct pipeline *pipeline,
                            struct error *error);

/* pipeline_list.c: streaming.folding as a list. Sets main and skip folding of every layer; skip 0/0 where the list
 * leaves it open. */
enum status pipeline_read_folding(const char *text, const struct trace *trace, const struct layer_shape *shapes,
                                  struct folding *foldings, struct error *error);

#endif
