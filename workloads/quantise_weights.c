/* Weights in integers. Main weights: one real scale per output, that of the largest weight, or for scores that are
 * linear in the sums one for all outputs; weights of 1 bit are their signs with a scale of least squared error, the
 * mean magnitude. Skip weights: a power of two 2^E per output, of least squared error. */
#include "workloads/quantise_work.h"

#include <math.h>

#include "workloads/trace_build.h"

int32_t quantise_round(double value, uint32_t bits, uint64_t *saturated) {
	double most = ldexp(1.0, (int)bits - 1) - 1.0, rounded = floor(value + 0.5);
	if (rounded >= -most - 1.0 && rounded <= most) return (int32_t)rounded;
	++*saturated;
	return rounded > 0 ? (int32_t)most : (int32_t)(-most - 1.0);
}

/* Sum of magnitudes of the row at this shift, and its squared error. */
static double row_error(const double *row, const double *importance, size_t count, uint32_t bits, int shift,
                        double *magnitude) {
	double error = 0.0;
	uint64_t ignored = 0;
	*magnitude = 0.0;
	for (size_t i = 0; i < count; i++) {
		double value = quantise_round(ldexp(row[i], shift), bits, &ignored);
		double difference = ldexp(value, -shift) - row[i];
		error += difference * difference * (importance ? importance[i] : 1.0);
		*magnitude += fabs(value);
	}
	return error;
}

void quantise_row_shift(const double *row, const double *importance, size_t count, uint32_t bits, double magnitude_max,
                        int16_t *quantised, uint32_t *shift, uint64_t *saturated) {
	double largest = 0.0, least_error = INFINITY, most = ldexp(1.0, (int)bits - 1) - 1.0, magnitude;
	for (size_t i = 0; i < count; i++) largest = fmax(largest, fabs(row[i]));
	int start = largest > 0 ? (int)floor(log2((most + 0.5) / largest)) : 0;
	start = start < 0 ? 0 : start > SHIFT_MAX ? SHIFT_MAX : start;
	for (; start > 0; start--) {
		row_error(row, importance, count, bits, start, &magnitude);
		if (magnitude <= magnitude_max) break;
	}
	*shift = (uint32_t)start;
	for (int candidate = start; candidate <= start + 2 && candidate <= SHIFT_MAX; candidate++) {
		double error = row_error(row, importance, count, bits, candidate, &magnitude);
		if (error >= least_error || magnitude > magnitude_max) continue;
		least_error = error;
		*shift = (uint32_t)candidate;
	}
	for (size_t i = 0; i < count; i++)
		quantised[i] = (int16_t)quantise_round(ldexp(row[i], (int)*shift), bits, saturated);
}

enum status quantise_no_memory(const struct quantiser *quantiser) {
	return error_set(quantiser->error, STATUS_MEMORY, "%s: out of memory", quantiser->fused->network->path);
}

static size_t row_columns(const struct fused_conv *conv) {
	return (size_t)conv->inputs * (conv->tap_shared ? 1 : conv->kernel_height * conv->kernel);
}

/* Channel of the map that weight number i of output o multiplies. */
static size_t input_channel(const struct fused_conv *conv, size_t o, size_t i) {
	return conv->depthwise ? o : i % conv->inputs;
}

struct source quantise_source(const struct quantiser *quantiser, const struct fused_conv *conv) {
	struct source source = quantiser->sources[conv->source];
	if (!conv->reads_bits) return source;
	source.unit = source.magnitude = 1.0;
	source.centre = 0.0;
	source.statistics = NULL;
	return source;
}

enum status quantise_binary_weights(const struct quantiser *quantiser, struct work *work) {
	const struct fused_conv *conv = &work->from->main;
	size_t columns = row_columns(conv);
	void *data;
	enum status status =
	    trace_build_tensor(quantiser->trace, work->from->name, ".main", TRACE_TENSOR_BITS,
	                       work->from->post.channels, (uint32_t)columns, &work->weights, &data, quantiser->error);
	if (status) return status;
	for (uint32_t o = 0; o < work->from->post.channels; o++) {
		for (uint32_t i = 0; i < columns; i++)
			if (conv->weights[o * columns + i] > 0) trace_build_set_bit(data, (uint32_t)columns, o, i);
		work->unit_z[o] = work->from->post.za[o];
		work->sum_max[o] = (double)columns;
	}
	return STATUS_OK;
}

/* Real value of one unit of a row's weights: the largest weight uses the width, and the sums stay within 32 bits. The
 * scores' sums over all positions are held to a map whose values average a 16th of its range. */
static double row_scale(const struct work *work, const struct source *source, uint32_t o, double factor,
                        uint32_t bits) {
	const struct fused_conv *conv = &work->from->main;
	size_t columns = row_columns(conv);
	double most = ldexp(1.0, (int)bits - 1) - 1.0, largest = 0.0, magnitude = 0.0;
	for (size_t i = 0; i < columns; i++) {
		double weight = fabs((double)conv->weights[o * columns + i] * factor);
		largest = fmax(largest, weight);
		magnitude += weight;
	}
	double taps = (double)conv->kernel_height * conv->kernel;
	double reach = source->magnitude * (conv->tap_shared ? taps / 16.0 : 1.0);
	return fmax(largest / most, magnitude * reach / SUM_MAX);
}

double quantise_sign_scale(const double *row, const double *importance, size_t count) {
	double magnitude = 0.0, total = 0.0;
	for (size_t i = 0; i < count; i++) {
		const double weight = importance ? importance[i] : 1.0;
		magnitude += fabs(row[i]) * weight;
		total += weight;
	}
	return total > 0 ? magnitude / total : 0.0;
}

void quantise_row_sign(const double *row, const double *importance, size_t count, int16_t *quantised, uint32_t *shift,
                       uint64_t *saturated) {
	const double scale = quantise_sign_scale(row, importance, count);
	*shift = 0;
	while (*shift < SHIFT_MAX &&
	       fabs(ldexp(1.0, -(int)*shift - 1) - scale) < fabs(ldexp(1.0, -(int)*shift) - scale))
		++*shift;
	if (scale >= 1.5) *saturated += count;
	for (size_t i = 0; i < count; i++) quantised[i] = row[i] >= 0 ? 1 : -1;
}

/* Real value of 1 where a row of the main convolution has weights of 1 bit. */
static double sign_scale(const struct fused_conv *conv, uint32_t o) {
	const size_t columns = row_columns(conv);
	double magnitude = 0.0;
	for (size_t i = 0; i < columns; i++) magnitude += fabs((double)conv->weights[o * columns + i]);
	return magnitude / (double)columns;
}

/* One weight in units of `scale`; of 1 bit it is its sign. */
static int32_t fixed_weight(struct work *work, double weight, double scale) {
	if (work->main_bits == 1) return weight >= 0 ? 1 : -1;
	return quantise_round(weight / scale, work->main_bits, &work->note->saturated_weights);
}

/* One scale per output, or, for linear scores, one for all (whose za is then part of the weights). */
enum status quantise_fixed_weights(const struct quantiser *quantiser, struct work *work) {
	const struct fused_conv *conv = &work->from->main;
	const struct source own = quantise_source(quantiser, conv), *source = &own;
	const double *za = work->from->post.za;
	size_t columns = row_columns(conv);
	size_t taps = conv->tap_shared ? (size_t)conv->kernel_height * conv->kernel : 1;
	uint32_t outputs = work->from->post.channels, bits = work->main_bits;
	int is_common = work->is_linear != 0;
	int is_corrected = source->statistics && (is_common || (bits == 1 && conv->pad == 0));
	double common = 0.0;
	void *data;
	enum status status = trace_build_tensor(quantiser->trace, work->from->name, ".main", TRACE_TENSOR_INT16,
	                                        outputs, (uint32_t)columns, &work->weights, &data, quantiser->error);
	if (status) return status;
	for (uint32_t o = 0; is_common && o < outputs; o++)
		common = fmax(common, row_scale(work, source, o, za[o], bits));
	for (uint32_t o = 0; o < outputs; o++) {
		double factor = is_common ? za[o] : 1.0, magnitude = 0.0;
		double scale = is_common   ? common
		               : bits == 1 ? sign_scale(conv, o)
		                           : row_scale(work, source, o, 1.0, bits);
		if (!(scale > 0)) scale = 1.0;
		for (size_t i = o * columns; i < (o + 1) * columns; i++) {
			int32_t weight = fixed_weight(work, (double)conv->weights[i] * factor, scale);
			((int16_t *)data)[i] = (int16_t)weight;
			magnitude += fabs((double)weight);
			work->zb[o] +=
			    weight * scale * source->centre * source->unit * (double)taps * (is_common ? 1.0 : za[o]);
			if (is_corrected)
				work->zb[o] -= (weight * scale - (double)conv->weights[i] * factor) * (double)taps *
				               (is_common ? 1.0 : za[o]) *
				               (double)source->statistics->beta->data[input_channel(conv, o, i)];
		}
		work->unit_z[o] = (is_common ? 1.0 : za[o]) * scale * source->unit;
		work->sum_max[o] = magnitude * source->magnitude * (double)taps;
	}
	return STATUS_OK;
}

int quantise_plain_skip_shift(const struct quantiser *quantiser, const struct work *work) {
	const struct fused_conv *conv = &work->from->skip;
	int exponent;
	if (!conv->depthwise || conv->weight_bits != 1) return -1;
	for (uint32_t o = 0; o < work->from->post.channels; o++)
		if (work->from->post.skip_scale[o] < 1.0 || work->from->post.skip_scale[o] > 1.0) return -1;
	const double unit = ldexp(quantise_source(quantiser, conv).unit, (int)work->fraction_bits);
	return frexp(unit, &exponent) <= 0.5 && exponent <= 1 && exponent >= 1 - SHIFT_MAX ? 1 - exponent : -1;
}

enum status quantise_skip_weights(const struct quantiser *quantiser, struct work *work, uint32_t bits,
                                  uint32_t *tensor) {
	const struct fused_conv *conv = &work->from->skip;
	const struct source own = quantise_source(quantiser, conv), *source = &own;
	size_t columns = row_columns(conv);
	double unit = ldexp(source->unit, (int)work->fraction_bits);
	/* rs(sum of 4, 2) lies 1/8 above the mean of four integers on average */
	double centre = source->centre - (conv->pre_pool == TRACE_PRE_POOL_AVERAGE2 ? 0.125 : 0.0);
	double *row = arena_take(quantiser->arena, columns * 2, sizeof *row), *importance = NULL;
	void *data;
	enum status status =
	    trace_build_tensor(quantiser->trace, work->from->name, ".skip", TRACE_TENSOR_INT16,
	                       work->from->post.channels, (uint32_t)columns, tensor, &data, quantiser->error);
	if (status) return status;
	if (!row) return quantise_no_memory(quantiser);
	if (source->statistics) importance = row + columns;
	for (uint32_t o = 0; o < work->from->post.channels; o++) {
		int16_t *quantised = (int16_t *)data + o * columns;
		for (size_t i = 0; importance && i < columns; i++)
			importance[i] = pow((double)source->statistics->gamma->data[input_channel(conv, o, i)], 2.0);
		for (size_t i = 0; i < columns; i++)
			row[i] = (double)conv->weights[o * columns + i] * work->from->post.skip_scale[o] * unit;
		if (bits == 1)
			quantise_row_sign(row, importance, columns, quantised, &work->skip_shift[o],
			                  &work->note->saturated_weights);
		else
			quantise_row_shift(row, importance, columns, bits, SUM_MAX / source->magnitude, quantised,
			                   &work->skip_shift[o], &work->note->saturated_weights);
		for (size_t i = 0; i < columns; i++) {
			double weight = ldexp(quantised[i], -(int)work->skip_shift[o]);
			work->skip_rounding[o] -= weight * centre;
			if (source->statistics && conv->pad == 0)
				work->skip_rounding[o] +=
				    (weight - row[i]) *
				    (double)source->statistics->beta->data[input_channel(conv, o, i)] / source->unit;
		}
	}
	return STATUS_OK;
}
