/* Quantisation: fused operators in real numbers become the layers of a trace in integers.
 *
 * Scales: a fixed map holds round(value * 2^fraction_bits). Main fixed weights have one real scale per output (it moves
 * into MP, MN), the scores' weights one scale for all outputs, skip weights a power of two 2^E per output. Where a map
 * is the result of a batch norm, its channels' means (beta) are known, and what rounding the skip and scores' weights
 * adds on average is taken off C or B.
 */
#ifndef WORKLOADS_QUANTISE_H
#define WORKLOADS_QUANTISE_H

#include "sim/input/trace.h"
#include "workloads/fuse.h"
#include "workloads/widths.h"

/* Values that did not fit their width and were saturated, per layer of the trace. */
struct quantise_note {
	uint64_t saturated_weights, saturated_parameters;
};

/* Appends maps, tensors and layers to an empty trace. `notes` has fused->layer_count elements.
 * STATUS_INPUT names an activation that no thresholds give; STATUS_MEMORY. */
enum status quantise_network(const struct fused_network *fused, const struct widths *widths, struct trace *trace,
                             struct quantise_note *notes, struct arena *arena, struct error *error);

/* round(value) saturated to `bits` two's complement bits (1..32); *saturated grows by one where it does not fit. */
int32_t quantise_round(double value, uint32_t bits, uint64_t *saturated);

/* Quantises one row of weights to `bits` with a power of two scale 2^*shift, 0 <= *shift <= 31: the one of least
 * squared error (each weight's times importance[i]; NULL: 1), with saturation allowed, the smaller of equals, and the
 * sum of magnitudes at most `magnitude_max` (so that the 32-bit sums cannot wrap). */
void quantise_row_shift(const double *row, const double *importance, size_t count, uint32_t bits, double magnitude_max,
                        int16_t *quantised, uint32_t *shift, uint64_t *saturated);

/* Scale of least squared error of a row held to its signs: the mean magnitude, weighted with importance[i] (NULL: 1);
 * 0 of a row of zeros. */
double quantise_sign_scale(const double *row, const double *importance, size_t count);

/* The same as quantise_row_shift for 1 bit: quantised[i] = +1 or -1 (sign(0) = +1) with the scale 2^-*shift, 0 <=
 * *shift <= 31, nearest to quantise_sign_scale (the larger of equals), which is the one of least squared error. A
 * scale of 1.5 and more is out of reach: *saturated grows by the row. */
void quantise_row_sign(const double *row, const double *importance, size_t count, int16_t *quantised, uint32_t *shift,
                       uint64_t *saturated);

#endif
