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
#include "workloads/quantise.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "workloads/trace_build.h"

enum { Z_BITS = 26, /* Sign and integer bits of a map where map_fraction_bits is auto: values up to 16. The largest magnitude in
	 * the shipped network's maps is 12.2 over 2,000 training images. */
	INTEGER_BITS = 5,
	SCORES_FRACTION_BITS = 16, SHIFT_MAX = 31, PARAMETERS = 6 };
enum { A_, B_, MP_, MN_, C_, E_ };
#define SUM_MAX 2147000000.0 /* a little below 2^31, for the rounding of the weights */

struct source {                                 /* what the reader of a map needs to know */
	uint32_t fixed_map, bits_map;           /* of the trace */
	double unit;                            /* real value of integer 1 */
	double magnitude;                       /* of the largest integer */
	double centre;                          /* integer n stands for (n + centre) units */
	const struct network_layer *statistics; /* as in struct fused_layer */
};

struct quantiser {
	const struct fused_network *fused;
	const struct widths *widths;
	struct trace *trace;
	struct source *sources; /* [0] the input, [n] operator n - 1 */
	struct arena *arena;
	struct error *error;
};

/* One operator on its way. */
struct work {
	const struct fused_layer *from;
	struct quantise_note *note;
	double *unit_z;  /* u */
	double *sum_max; /* a_max */
	uint32_t fraction_bits, map_bits, parameter_bits;
	uint32_t weights, parameters; /* tensors */
	uint32_t *skip_shift;         /* E */
	double *skip_rounding;
	double *zb;    /* that of fold_post, less what centre and rounding add to the sums on average */
	double centre; /* of the output */
};

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

static enum status no_memory(const struct quantiser *quantiser) {
	return error_set(quantiser->error, STATUS_MEMORY, "%s: out of memory", quantiser->fused->network->path);
}

static size_t row_columns(const struct fused_conv *conv) {
	return (size_t)conv->inputs * (conv->tap_shared ? 1 : conv->kernel * conv->kernel);
}

static int is_linear_scores(const struct fused_layer *layer) {
	return layer->is_scores && layer->main.kind == TRACE_CONV_FIXED && !layer->post.is_bent;
}

static enum status binary_weights(const struct quantiser *quantiser, struct work *work) {
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
	double reach = source->magnitude * (conv->tap_shared ? (double)conv->kernel * conv->kernel / 16.0 : 1.0);
	return fmax(largest / most, magnitude * reach / SUM_MAX);
}

/* One scale per output, or, for linear scores, one for all (whose za is then part of the weights). */
static enum status fixed_weights(const struct quantiser *quantiser, struct work *work, uint32_t bits) {
	const struct fused_conv *conv = &work->from->main;
	const struct source *source = &quantiser->sources[conv->source];
	const double *za = work->from->post.za;
	size_t columns = row_columns(conv), taps = conv->tap_shared ? (size_t)conv->kernel * conv->kernel : 1;
	uint32_t outputs = work->from->post.channels;
	int is_common = is_linear_scores(work->from);
	double common = 0.0;
	void *data;
	enum status status = trace_build_tensor(quantiser->trace, work->from->name, ".main", TRACE_TENSOR_INT16,
	                                        outputs, (uint32_t)columns, &work->weights, &data, quantiser->error);
	if (status) return status;
	for (uint32_t o = 0; is_common && o < outputs; o++)
		common = fmax(common, row_scale(work, source, o, za[o], bits));
	for (uint32_t o = 0; o < outputs; o++) {
		double factor = is_common ? za[o] : 1.0, magnitude = 0.0;
		double scale = is_common ? common : row_scale(work, source, o, 1.0, bits);
		if (!(scale > 0)) scale = 1.0;
		for (size_t i = o * columns; i < (o + 1) * columns; i++) {
			int32_t weight = quantise_round((double)conv->weights[i] * factor / scale, bits,
			                                &work->note->saturated_weights);
			((int16_t *)data)[i] = (int16_t)weight;
			magnitude += fabs((double)weight);
			work->zb[o] +=
			    weight * scale * source->centre * source->unit * (double)taps * (is_common ? 1.0 : za[o]);
			if (is_common && source->statistics)
				work->zb[o] -= (weight * scale - (double)conv->weights[i] * factor) * (double)taps *
				               (double)source->statistics->beta->data[i % conv->inputs];
		}
		work->unit_z[o] = (is_common ? 1.0 : za[o]) * scale * source->unit;
		work->sum_max[o] = magnitude * source->magnitude * (double)taps;
	}
	return STATUS_OK;
}

/* Skip weights and their shifts, and what rounding them adds to the output on average (in units of the output). */
static enum status skip_weights(const struct quantiser *quantiser, struct work *work, uint32_t bits, uint32_t *tensor) {
	const struct fused_conv *conv = &work->from->skip;
	const struct source *source = &quantiser->sources[conv->source];
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
	if (!row) return no_memory(quantiser);
	if (source->statistics) importance = row + columns;
	for (size_t i = 0; importance && i < columns; i++)
		importance[i] = pow((double)source->statistics->gamma->data[i % conv->inputs], 2.0);
	for (uint32_t o = 0; o < work->from->post.channels; o++) {
		int16_t *quantised = (int16_t *)data + o * columns;
		for (size_t i = 0; i < columns; i++)
			row[i] = (double)conv->weights[o * columns + i] * work->from->post.skip_scale[o] * unit;
		quantise_row_shift(row, importance, columns, bits, SUM_MAX / source->magnitude, quantised,
		                   &work->skip_shift[o], &work->note->saturated_weights);
		for (size_t i = 0; i < columns; i++) {
			double weight = ldexp(quantised[i], -(int)work->skip_shift[o]);
			work->skip_rounding[o] -= weight * centre;
			if (source->statistics && conv->pad == 0)
				work->skip_rounding[o] += (weight - row[i]) *
				                          (double)source->statistics->beta->data[i % conv->inputs] /
				                          source->unit;
		}
	}
	return STATUS_OK;
}

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

static enum status affine_post(const struct quantiser *quantiser, struct work *work, uint32_t *post_shift) {
	void *data;
	uint32_t outputs = work->from->post.channels;
	enum status status = trace_build_tensor(quantiser->trace, work->from->name, ".post", TRACE_TENSOR_INT32,
	                                        outputs, PARAMETERS, &work->parameters, &data, quantiser->error);
	if (status) return status;
	int32_t *records = data;
	if (is_linear_scores(work->from)) {
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

/* One threshold per channel; *done = 0 (and nothing made) where some channel has none. */
static enum status threshold_post(const struct quantiser *quantiser, struct work *work, int *done) {
	struct fold_post post = work->from->post;
	uint32_t outputs = post.channels, direction;
	int32_t threshold;
	void *data;
	post.za = work->unit_z;
	post.zb = work->zb;
	*done = 0;
	for (uint32_t o = 0; o < outputs; o++)
		if (!fold_threshold(&post, o, &direction, &threshold)) return STATUS_OK;
	enum status status = trace_build_tensor(quantiser->trace, work->from->name, ".post", TRACE_TENSOR_INT32,
	                                        outputs, 2, &work->parameters, &data, quantiser->error);
	if (status) return status;
	for (uint32_t o = 0; o < outputs; o++) {
		fold_threshold(&post, o, &direction, &threshold);
		((int32_t *)data)[2 * o] = (int32_t)direction;
		((int32_t *)data)[2 * o + 1] = threshold;
	}
	*done = 1;
	return STATUS_OK;
}

static struct trace_conv convolution(const struct quantiser *quantiser, const struct fused_conv *conv, uint32_t bits,
                                     uint32_t tensor) {
	const struct source *source = &quantiser->sources[conv->source];
	return (struct trace_conv){.kind = conv->kind,
	                           .kernel = conv->kernel,
	                           .stride = conv->stride,
	                           .pad = conv->pad,
	                           .pad_value = conv->pad_value,
	                           .pre_pool = conv->pre_pool,
	                           .tap_shared = conv->tap_shared,
	                           .weight_bits = bits,
	                           .weight_tensor = tensor,
	                           .input_map = conv->kind == TRACE_CONV_BINARY ? source->bits_map : source->fixed_map};
}

/* Names of the layers with commas between; what does not fit is counted: ",+3". */
static void write_from(const struct fused_network *fused, const struct fused_layer *layer, char *from) {
	size_t length = 0;
	for (uint32_t i = 0; i < layer->member_count; i++) {
		const char *name = fused->network->layers[layer->members[i]].name;
		if (length + strlen(name) + 8 > TRACE_FROM_BYTES) {
			snprintf(from + length, TRACE_FROM_BYTES - length, ",+%u", layer->member_count - i);
			return;
		}
		length += (size_t)snprintf(from + length, TRACE_FROM_BYTES - length, "%s%s", i ? "," : "", name);
	}
}

static enum status output_maps(const struct quantiser *quantiser, const struct work *work, struct source *source) {
	const struct fused_layer *from = work->from;
	enum status status = STATUS_OK;
	*source = (struct source){
	    UINT32_MAX,   UINT32_MAX,      ldexp(1.0, -(int)work->fraction_bits), ldexp(1.0, (int)work->map_bits - 1),
	    work->centre, from->statistics};
	const uint32_t channels = from->transpose ? from->sums_height * from->sums_width : from->post.channels;
	if (from->fixed_read)
		status = trace_build_map(quantiser->trace, from->is_scores ? "scores" : from->name, "", TRACE_MAP_FIXED,
		                         from->height, from->width, channels, work->map_bits, &source->fixed_map,
		                         quantiser->error);
	if (!status && from->bits_read)
		status = trace_build_map(quantiser->trace, from->name, ".bits", TRACE_MAP_BITS, from->height,
		                         from->width, channels, 1, &source->bits_map, quantiser->error);
	return status;
}

static uint32_t main_weight_bits(const struct quantiser *quantiser, const struct fused_layer *from) {
	const struct config *config = quantiser->widths->config;
	uint32_t standard = config->compile_stem_weight_bits;
	if (from->main.kind == TRACE_CONV_BINARY) return 1;
	if (from->is_scores) standard = config->compile_head_weight_bits;
	if (from->main.layer == UINT32_MAX) standard = config->compile_skip_weight_bits;
	return widths_of_weights(quantiser->widths, quantiser->fused, from, &from->main, standard);
}

static enum status quantise_layer(const struct quantiser *quantiser, uint32_t index, struct quantise_note *note) {
	const struct fused_layer *from = quantiser->fused->layers[index];
	const struct config *config = quantiser->widths->config;
	uint32_t outputs = from->post.channels;
	struct work work = {.from = from, .note = note};
	work.unit_z = arena_take(quantiser->arena, (size_t)outputs * 4, sizeof *work.unit_z);
	work.skip_shift = arena_take(quantiser->arena, outputs, sizeof *work.skip_shift);
	if (!work.unit_z || !work.skip_shift) return no_memory(quantiser);
	work.sum_max = work.unit_z + outputs;
	work.zb = work.sum_max + outputs;
	work.skip_rounding = work.zb + outputs;
	work.centre = from->fixed_read && from->bits_read ? 0.5 : 0.0;
	memcpy(work.zb, from->post.zb, outputs * sizeof *work.zb);
	work.parameter_bits = widths_of_operator(quantiser->widths, quantiser->fused, from, WIDTH_PARAMETER,
	                                         config->compile_parameter_bits);
	work.map_bits = from->is_scores ? 32
	                                : widths_of_operator(quantiser->widths, quantiser->fused, from, WIDTH_MAP,
	                                                     config->compile_map_bits);
	uint32_t fraction_bits = config->compile_map_fraction_bits;
	if (!fraction_bits) fraction_bits = work.map_bits > INTEGER_BITS ? work.map_bits - INTEGER_BITS : 1;
	work.fraction_bits = from->is_scores ? SCORES_FRACTION_BITS
	                                     : widths_of_operator(quantiser->widths, quantiser->fused, from,
	                                                          WIDTH_MAP_FRACTION, fraction_bits);
	uint32_t main_bits = main_weight_bits(quantiser, from), skip_bits = 0, skip_tensor = 0, post_shift = 0;
	int is_threshold = 0;
	enum status status =
	    main_bits == 1 ? binary_weights(quantiser, &work) : fixed_weights(quantiser, &work, main_bits);
	if (!status && !from->fixed_read && from->skip.kind == TRACE_CONV_NONE)
		status = threshold_post(quantiser, &work, &is_threshold);
	if (!status && from->skip.kind != TRACE_CONV_NONE) {
		skip_bits = widths_of_weights(quantiser->widths, quantiser->fused, from, &from->skip,
		                              config->compile_skip_weight_bits);
		status = skip_weights(quantiser, &work, skip_bits, &skip_tensor);
	}
	if (!status && !is_threshold) status = affine_post(quantiser, &work, &post_shift);
	struct trace_layer *layer = NULL;
	struct source *source = &quantiser->sources[index + 1];
	if (!status) status = output_maps(quantiser, &work, source);
	if (!status) status = trace_build_layer(quantiser->trace, from->name, &layer, quantiser->error);
	if (status) return status;
	write_from(quantiser->fused, from, layer->from);
	layer->main = convolution(quantiser, &from->main, main_bits, work.weights);
	if (skip_bits) layer->skip = convolution(quantiser, &from->skip, skip_bits, skip_tensor);
	layer->output_channels = outputs;
	layer->sums_height = from->sums_height;
	layer->sums_width = from->sums_width;
	layer->post = is_threshold ? TRACE_POST_THRESHOLD : TRACE_POST_AFFINE;
	layer->post_shift = post_shift;
	layer->threshold_count = is_threshold ? 1 : 0;
	layer->pool = from->pool;
	layer->transpose = from->transpose;
	layer->parameter_tensor = work.parameters;
	layer->fixed_map = source->fixed_map;
	layer->bits_map = source->bits_map;
	if (from->is_scores) quantiser->trace->scores_map = source->fixed_map;
	return STATUS_OK;
}

enum status quantise_network(const struct fused_network *fused, const struct widths *widths, struct trace *trace,
                             struct quantise_note *notes, struct arena *arena, struct error *error) {
	const struct network *network = fused->network;
	struct quantiser quantiser = {fused, widths, trace, NULL, arena, error};
	quantiser.sources = arena_take(arena, (size_t)fused->layer_count + 1, sizeof *quantiser.sources);
	if (!quantiser.sources) return no_memory(&quantiser);
	int is_bits = network->pixel == TRACE_PIXEL_BIPOLAR;
	enum status status =
	    trace_build_map(trace, "image", "", is_bits ? TRACE_MAP_BITS : TRACE_MAP_FIXED, network->layers[0].height,
	                    network->layers[0].width, network->layers[0].channels, 8, &trace->input_map, error);
	quantiser.sources[0] =
	    (struct source){trace->input_map, trace->input_map, 1.0 / network->pixel_scale, 128.0, 0.0, NULL};
	for (uint32_t i = 0; !status && i < fused->layer_count; i++) status = quantise_layer(&quantiser, i, &notes[i]);
	return status;
}
