/* Integer form of v = (z >= 0 ? mp : mn) z + skip + c with z = za a + zb (real), per output channel o:
 *
 *     u = za * (real value of one unit of a), t = zb
 *     A = sign(u) 2^k          so that A/u is the number of integer units of z per real unit, without rounding of A
 *     B = round(t A / u)       MP = round(mp 2^F 2^post_shift u / A), MN likewise
 *     s = round(w 2^E) with w the skip weight in units of the output per unit of the skip map; C = round(c 2^F)
 *
 * k and post_shift: |A| (a_max + |t / u|) < 2^26, so that z fits the 27-bit input of a multiplier beside a 16-bit MP;
 * post_shift as large as the parameter width allows in every channel (one shift for the layer), k then balances the
 * rounding of MP (relative, taken at a value of 2^10) with that of B (absolute): k = total - 5 - post_shift / 2, where
 * total = log2 |A MP|. A channel whose u is 0, or whose t / u is beyond 2^30, is the constant it would be at a = 0. */
#include "workloads/quantise_work.h"

#include <math.h>
#include <string.h>

#include "workloads/trace_build.h"

/* log2 of output units per unit of a; -INFINITY for a channel that does not depend on a. */
static double log2_gain(const struct work *work, uint32_t o) {
	const struct fold_post *post = &work->from->post;
	double slope = fmax(fabs(post->mp[o]), fabs(post->mn[o])), u = fabs(work->unit_z[o]);
	if (u == 0.0 || slope == 0.0 || fabs(work->zb[o]) / u > 0x1p30) return -INFINITY;
	return log2(u) + log2(slope) + (double)work->fraction_bits;
}

/* Largest k for which A fits its width and z its 27 bits. */
static double most_k(const struct work *work, uint32_t o) {
	double reach = work->sum_max[o] + fabs(work->zb[o] / work->unit_z[o]) + 1.0;
	return fmax(0.0, fmin((double)work->parameter_bits - 2.0, floor(Z_BITS - log2(reach) - 1e-9)));
}

static uint32_t choose_post_shift(const struct work *work) {
	double shift = SHIFT_MAX, room = log2(ldexp(1.0, (int)work->parameter_bits - 1) - 1.0);
	for (uint32_t o = 0; o < work->from->post.channels; o++) {
		double gain = log2_gain(work, o);
		if (isfinite(gain)) shift = fmin(shift, floor(most_k(work, o) + room - gain));
	}
	return (uint32_t)fmax(0.0, shift);
}

static void affine_channel(struct work *work, uint32_t o, uint32_t post_shift, int32_t *record) {
	const struct fold_post *post = &work->from->post;
	double gain = log2_gain(work, o), constant = post->c[o], u = work->unit_z[o];
	uint64_t *saturated = &work->note->saturated_parameters;
	if (!isfinite(gain)) {
		constant += (work->zb[o] >= 0 ? post->mp[o] : post->mn[o]) * work->zb[o];
	} else {
		double total = gain + (double)post_shift, room = log2(ldexp(1.0, (int)work->parameter_bits - 1) - 1.0);
		double least = fmax(0.0, ceil(total - room)), most = most_k(work, o);
		double k = fmin(most, fmax(least, floor(total - 5.0 - post_shift / 2.0)));
		double a = copysign(exp2(k), u), units = a / u;
		double scale = ldexp(1.0, (int)(work->fraction_bits + post_shift)) / units;
		record[A_] = quantise_round(a, work->parameter_bits, saturated);
		record[B_] = quantise_round(work->zb[o] * units, 32, saturated);
		record[MP_] = quantise_round(post->mp[o] * scale, work->parameter_bits, saturated);
		record[MN_] = quantise_round(post->mn[o] * scale, work->parameter_bits, saturated);
	}
	constant = ldexp(constant, (int)work->fraction_bits) - work->skip_rounding[o] - work->centre;
	record[C_] = quantise_round(constant, 32, saturated);
	record[E_] = (int32_t)work->skip_shift[o];
}

enum status quantise_affine_post(const struct quantiser *quantiser, struct work *work, uint32_t *post_shift) {
	void *data;
	uint32_t outputs = work->from->post.channels;
	enum status status = trace_build_tensor(quantiser->trace, work->from->name, ".post", TRACE_TENSOR_INT32,
	                                        outputs, PARAMETERS, &work->parameters, &data, quantiser->error);
	if (status) return status;
	int32_t *records = data;
	if (work->is_linear) {
		*post_shift = 0;
		for (uint32_t o = 0; o < outputs; o++) {
			int32_t *record = records + (size_t)o * PARAMETERS;
			record[A_] = record[MP_] = record[MN_] = 1;
			record[B_] =
			    quantise_round(work->zb[o] / work->unit_z[o], 32, &work->note->saturated_parameters);
		}
		return STATUS_OK;
	}
	*post_shift = choose_post_shift(work);
	for (uint32_t o = 0; o < outputs; o++) affine_channel(work, o, *post_shift, records + (size_t)o * PARAMETERS);
	return STATUS_OK;
}

/* The thresholds of one channel, `row` = D, T_1, ..: v reaches level k, or is not negative (one threshold, no
 * activation). Returns 0 where v is not monotone in the sums. */
static int channel_thresholds(const struct work *work, uint32_t o, uint32_t count, int32_t *row) {
	const struct fold_post *all = &work->from->post;
	const struct fused_activation *activation = &work->from->activation;
	double constant;
	const struct fold_post one = {.channels = 1,
	                              .za = work->unit_z + o,
	                              .zb = work->zb + o,
	                              .mp = all->mp + o,
	                              .mn = all->mn + o,
	                              .c = &constant};
	uint32_t down = 0, direction;
	for (uint32_t k = 1; k <= count; k++) {
		const double edge = activation->bits ? activation->low + (double)k - 0.5 : 0.0;
		constant = all->c[o] - ldexp(edge, -(int)activation->fraction_bits);
		if (!fold_threshold(&one, 0, &direction, &row[k])) return 0;
		down |= direction;
	}
	row[0] = (int32_t)down;
	for (uint32_t k = 1; down && k <= count; k++) /* always and never, said for a > T */
		if (row[k] == INT32_MIN || row[k] == INT32_MAX) row[k] = row[k] == INT32_MIN ? INT32_MAX : INT32_MIN;
	return 1;
}

enum status quantise_threshold_post(const struct quantiser *quantiser, struct work *work, uint32_t *count) {
	const uint32_t outputs = work->from->post.channels;
	const uint32_t wanted = work->from->activation.bits ? work->from->activation.levels - 1 : 1;
	const size_t columns = 1 + (size_t)wanted;
	int32_t *rows = arena_take(quantiser->arena, outputs * columns, sizeof *rows);
	void *data;
	*count = 0;
	if (!rows) return quantise_no_memory(quantiser);
	for (uint32_t o = 0; o < outputs; o++)
		if (!channel_thresholds(work, o, wanted, rows + o * columns)) return STATUS_OK;
	enum status status = trace_build_tensor(quantiser->trace, work->from->name, ".post", TRACE_TENSOR_INT32,
	                                        outputs, (uint32_t)columns, &work->parameters, &data, quantiser->error);
	if (status) return status;
	memcpy(data, rows, outputs * columns * sizeof *rows);
	*count = wanted;
	return STATUS_OK;
}
