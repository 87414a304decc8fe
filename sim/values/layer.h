/* Kernels of one layer, private to sim/values: a convolution's sums row by row, and the post step of a whole layer. */
#ifndef SIM_VALUES_LAYER_H
#define SIM_VALUES_LAYER_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/input/trace.h"

/* A convolution in its place: everything the kernels need to know about shapes. */
struct conv_shape {
	const struct trace_conv *conv;
	const struct trace_map *input;
	const struct trace_tensor *weights;
	uint32_t outputs;
	uint32_t sums_height, sums_width;
};

/* One of the two is set: see values.h for the order. */
struct map_values {
	int16_t *fixed;
	uint64_t *bits;
};

/* Sums of the reference: every row of every output by the formula, [y][x][output]. */
void reference_sums(const struct conv_shape *shape, const struct map_values *input, int32_t *sums);

/* Prepared convolutions, not depthwise, the fixed ones of fixed maps: the others are left to the reference. `_create`
 * returns NULL when out of memory; `_row` writes row y of the sums, [x][output], and
 * uses scratch memory of the plan. `wide` selects AVX2 and must be false where the processor lacks it. */
struct binary_conv;
struct binary_conv *binary_conv_create(const struct conv_shape *shape, bool wide);
void binary_conv_row(struct binary_conv *conv, const uint64_t *map, uint32_t y, int32_t *sums);
void binary_conv_free(struct binary_conv *conv);

struct fixed_conv;
struct fixed_conv *fixed_conv_create(const struct conv_shape *shape, bool wide);
void fixed_conv_row(struct fixed_conv *conv, const int16_t *map, uint32_t y, int32_t *sums);
void fixed_conv_free(struct fixed_conv *conv);

/* The post step's inputs and outputs; those that are not wanted are NULL. */
struct post_data {
	const int32_t *main_sums, *skip_sums; /* [y][x][output]; skip NULL: zeros */
	int16_t *fixed;                       /* output map of 2 to 16 bits */
	int32_t *scores;                      /* output map with 32-bit values, or a copy of a narrower one */
	uint64_t *bits;
};

/* Values that the fixed map can hold; the affine step saturates to them. */
struct post_range {
	int32_t low, high;
};

/* The formula, value by value. `range` is that of the fixed map, NULL where there is none. */
void reference_post(const struct trace_layer *layer, const int32_t *parameters, const struct post_range *range,
                    const struct post_data *data);

/* `main_limit` and `skip_limit` bound |a| and |b|: they decide whether 32 bits are enough for the affine step. Not for
 * pools other than 2 x 2: those are left to the reference. */
struct post;
struct post *post_create(const struct trace_layer *layer, const int32_t *parameters, const struct post_range *range,
                         uint64_t main_limit, uint64_t skip_limit, bool wide);
void post_run(struct post *post, const struct post_data *data);
void post_free(struct post *post);

#endif
