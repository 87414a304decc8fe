/* The table nbcompile prints, and the count of multiply-accumulates. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "workloads/compile.h"

enum { COLUMNS = 100 };

static uint64_t convolution_macs(const struct trace *trace, const struct trace_layer *layer,
                                 const struct trace_conv *conv) {
	if (conv->kind == TRACE_CONV_NONE) return 0;
	uint64_t taps = conv->tap_shared ? 1 : (uint64_t)trace_rows_of_conv(conv).kernel * conv->kernel;
	return (uint64_t)layer->sums_height * layer->sums_width * layer->output_channels * taps *
	       trace_conv_inputs(trace, conv);
}

struct compile_macs compile_layer_macs(const struct trace *trace, uint32_t index) {
	const struct trace_layer *layer = &trace->layers[index];
	uint64_t own = convolution_macs(trace, layer, &layer->main);
	int is_binary = layer->main.kind == TRACE_CONV_BINARY;
	return (struct compile_macs){.binary = is_binary ? own : 0,
	                             .fixed = is_binary ? 0 : own,
	                             .skip = convolution_macs(trace, layer, &layer->skip)};
}

/* "binary 3x3/2 1b", "fixed avg2 1x1 8b", "fixed mean 8x8 8b", "depth 3x3 4b"; height x width */
static void convolution_text(const struct trace_conv *conv, char *text, size_t text_bytes) {
	static const char *const kinds[] = {"-", "binary", "fixed"};
	char stride[16] = "";
	int is_average = conv->pre_pool == TRACE_PRE_POOL_AVERAGE2;
	if (conv->stride > 1 && !is_average) snprintf(stride, sizeof stride, "/%u", conv->stride);
	if (conv->kind == TRACE_CONV_NONE)
		snprintf(text, text_bytes, "-");
	else
		snprintf(text, text_bytes, "%s %s%ux%u%s %ub", conv->depthwise ? "depth" : kinds[conv->kind],
		         is_average         ? "avg2 "
		         : conv->tap_shared ? "mean "
		                            : "",
		         trace_rows_of_conv(conv).kernel, conv->kernel, stride, conv->weight_bits);
}

static void post_text(const struct trace *trace, const struct trace_layer *layer, char *text, size_t text_bytes) {
	size_t length = 0;
	if (layer->post == TRACE_POST_AFFINE)
		length = (size_t)snprintf(text, text_bytes, "affine >>%u", layer->post_shift);
	else
		length = (size_t)snprintf(text, text_bytes, "%u %s%s", layer->threshold_count,
		                          layer->pool == TRACE_POOL_MAX ? "thresh" : "threshold",
		                          layer->threshold_count > 1 && layer->pool != TRACE_POOL_MAX ? "s" : "");
	if (layer->transpose) length += (size_t)snprintf(text + length, text_bytes - length, " turned");
	if (layer->pool == TRACE_POOL_MAX2) length += (size_t)snprintf(text + length, text_bytes - length, " max2");
	if (layer->pool == TRACE_POOL_MAX)
		length += (size_t)snprintf(text + length, text_bytes - length, " max%ux%u", layer->pool_height,
		                           layer->pool_width);
	if (layer->fixed_map != UINT32_MAX)
		length += (size_t)snprintf(text + length, text_bytes - length, " %s%ub",
		                           trace->maps[layer->fixed_map].is_unsigned ? "u" : "",
		                           trace->maps[layer->fixed_map].value_bits);
	if (layer->bits_map != UINT32_MAX)
		snprintf(text + length, text_bytes - length, "%s1b", layer->fixed_map != UINT32_MAX ? "+" : " ");
}

/* "    from a, b, c" broken at commas. */
static void print_from(const char *from, FILE *out) {
	static const char indent[] = "    from";
	size_t column = sizeof indent - 1;
	fputs(indent, out);
	while (*from) {
		size_t length = strcspn(from, ",");
		int has_more = from[length] != '\0';
		if (column + length + 2 > COLUMNS) {
			fprintf(out, "\n%*s", (int)sizeof indent - 1, "");
			column = sizeof indent - 1;
		}
		column += (size_t)fprintf(out, " %.*s%s", (int)length, from, has_more ? "," : "");
		from += length + (size_t)has_more;
	}
	fputc('\n', out);
}

static void print_layer(const struct trace *trace, uint32_t index, FILE *out) {
	const struct trace_layer *layer = &trace->layers[index];
	const struct trace_map *map = &trace->maps[layer->fixed_map != UINT32_MAX ? layer->fixed_map : layer->bits_map];
	struct compile_macs macs = compile_layer_macs(trace, index);
	char shape[40], conv[48], skip[48], post[64], fixed[24];
	snprintf(shape, sizeof shape, "%ux%ux%u", map->height, map->width, map->channels);
	convolution_text(&layer->main, conv, sizeof conv);
	convolution_text(&layer->skip, skip, sizeof skip);
	post_text(trace, layer, post, sizeof post);
	const int digits = snprintf(fixed, sizeof fixed, "%8" PRIu64, macs.fixed + macs.skip);
	fprintf(out, "%-12.12s %-11s %-17s %-17s %-20s %*" PRIu64 " %s\n", layer->name, shape, conv, skip, post,
	        17 - digits, macs.binary, fixed);
	if (strcmp(layer->from, layer->name) != 0) print_from(layer->from, out);
}

static void print_totals(const struct trace *trace, FILE *out) {
	struct compile_macs sum = {0};
	uint64_t bits = 0, all_bits = 0;
	for (uint32_t i = 0; i < trace->layer_count; i++) {
		struct compile_macs macs = compile_layer_macs(trace, i);
		const struct trace_conv *conv = &trace->layers[i].main;
		sum.binary += macs.binary;
		sum.fixed += macs.fixed;
		sum.skip += macs.skip;
		const struct trace_tensor *weights = &trace->tensors[conv->weight_tensor];
		const uint64_t own_bits = (uint64_t)weights->rows * weights->columns * conv->weight_bits;
		all_bits += own_bits;
		if (conv->kind == TRACE_CONV_BINARY) bits += own_bits;
	}
	fprintf(out,
	        "\nMAC per image: binary %" PRIu64 ", fixed %" PRIu64 " (sum %" PRIu64 "), skip %" PRIu64
	        "\nbinary weights: %" PRIu64 " bits, all main weights: %" PRIu64 " bits\n",
	        sum.binary, sum.fixed, sum.binary + sum.fixed, sum.skip, bits, all_bits);
}

static void print_notes(const struct trace *trace, const struct compile_report *report, FILE *out) {
	for (uint32_t i = 0; report && i < report->note_count; i++) {
		const struct quantise_note *note = &report->notes[i];
		if (note->saturated_weights || note->saturated_parameters)
			fprintf(out, "%s: saturated: %" PRIu64 " weights, %" PRIu64 " parameters\n",
			        trace->layers[i].name, note->saturated_weights, note->saturated_parameters);
	}
}

void compile_print_table(const struct trace *trace, const struct compile_report *report, FILE *out) {
	const struct trace_map *input = &trace->maps[trace->input_map];
	fprintf(out, "network %s: input %ux%ux%u, %u bits; %u classes\n%u fused layers; %s\n\n", trace->name,
	        input->height, input->width, input->channels, input->value_bits, trace->classes, trace->layer_count,
	        trace->has_values ? "trained weights" : "shapes alone, seeded weights: no accuracy claimed");
	fprintf(out, "%-12s %-11s %-17s %-17s %-20s %9s %8s\n", "layer", "output", "main", "skip", "post, map bits",
	        "MAC: bin", "fixed");
	for (uint32_t i = 0; i < trace->layer_count; i++) print_layer(trace, i, out);
	print_totals(trace, out);
	print_notes(trace, report, out);
}
