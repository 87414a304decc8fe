/* Bit-exact values of a whole network: image in, class scores out.
 *
 * The formulas are those at the top of sim/input/trace.h. What they leave open is fixed here:
 *   - sums a and b are 32-bit two's complement accumulators: exact modulo 2^32. No binary convolution can wrap, and a
 *     fixed one only where the sum of its weights' magnitudes times the map's largest magnitude exceeds 2^31 - 1;
 *   - z = A * a + B, M * z, and all that follows up to the saturation are exact (64 bits);
 *   - a layer without a fixed map does not saturate (its bit is the sign of the exact v);
 *   - the average of 2 x 2 is rs(sum of the four values, 2).
 *
 * Three ways give the same bits: `reference` (plain loops over the trace's own tensors, to be read beside the
 * formulas), `portable` (packed 64-bit words) and `fast` (AVX2 where this processor has it, else portable).
 *
 * Maps in memory: a fixed map is int16 [y][x][channel]. A bits map is [y][x][word]: channel c of a pixel is bit c & 63
 * of word c >> 6, 1 is +1, bits beyond the channels are 0.
 */
#ifndef SIM_VALUES_VALUES_H
#define SIM_VALUES_VALUES_H

#include <stddef.h>
#include <stdint.h>

#include "sim/base/status.h"
#include "sim/input/trace.h"

struct values_network;

enum values_path { VALUES_FAST, VALUES_PORTABLE, VALUES_REFERENCE };

/* Prepares the network: maps, and weights in the order the kernels read them. The trace has passed trace_check (or came
 * from trace_read), has its values, and must outlive the network, which does not own it. STATUS_INPUT where a tensor
 * has no values, STATUS_MEMORY. *network is NULL on failure. Several networks may share one trace, each in its own
 * thread. */
enum status values_network_create(struct values_network **network, const struct trace *trace, enum values_path path,
                                  struct error *error);

/* One layer that has just been computed: sums before the post step, [y][x][output]. The pointers are valid during the
 * call only. */
struct values_layer_sums {
	uint32_t layer; /* index into trace.layers */
	uint32_t height, width, channels;
	const int32_t *main; /* a */
	const int32_t *skip; /* b; NULL where the layer has no skip convolution */
};

/* Called after each layer of a run; its output maps are there too. NULL ends it. */
typedef void values_observer(void *context, const struct values_layer_sums *sums);
void values_network_observe(struct values_network *network, values_observer *observer, void *context);

/* Runs one image: `input_map` as image_to_map (sim/input/image.h) gives it, [y][x][channel]; of a bits map the value is
 * +1 where it is >= 0. Writes all values of the scores map, [y][x][channel] (1 x 1 x classes or more in a trace that
 * passed trace_check; a single layer under test may have a larger one). */
void values_network_run(struct values_network *network, const int16_t *input_map, int32_t *scores);

/* The map as the last run left it, or NULL where it is of the other kind, not yet computed for want of a run, or the
 * scores map (its values are the scores). Owned by the network. */
const int16_t *values_network_fixed_map(const struct values_network *network, uint32_t map);
const uint64_t *values_network_bits_map(const struct values_network *network, uint32_t map);

/* 64-bit words of one pixel of a bits map. */
static inline uint32_t values_words_per_pixel(uint32_t channels) {
	return (channels + 63) / 64;
}

/* Index of the largest of the first `classes` scores; the first one wins a tie. */
uint32_t values_top1(const int32_t *scores, uint32_t classes);

/* NULL is allowed. */
void values_network_free(struct values_network *network);

#endif
