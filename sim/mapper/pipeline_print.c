/* A pipeline as a table of its layers, and as lines of its stages and FIFOs. */
#include "sim/mapper/pipeline.h"

#include <inttypes.h>

static void kind_text(const struct trace_conv *conv, char *text, size_t text_bytes) {
	const struct trace_conv_rows rows = trace_rows_of_conv(conv);
	const char *kind = conv->depthwise ? "depthwise" : conv->kind == TRACE_CONV_BINARY ? "binary" : "fixed";
	snprintf(text, text_bytes, "%s %s%" PRIu32 "x%" PRIu32, kind, conv->tap_shared ? "mean " : "", rows.kernel,
	         conv->kernel);
}

static uint64_t weight_bits_of(const struct pipeline *pipeline, uint32_t layer) {
	uint64_t bits = 0;
	for (uint32_t i = 0; i < pipeline->stage_count; i++) {
		const struct stage *stage = &pipeline->stages[i];
		if (stage->layer != layer || !stage->weight_bits) continue;
		bits += (uint64_t)stage->kernel_height * stage->kernel_width * stage->output_channels *
		        stage->weight_bits * (stage->kind == STAGE_DEPTHWISE ? 1 : stage->input_channels);
	}
	return bits;
}

/* Name of the layer's stage that takes its cycles. */
static const char *slowest_stage(const struct pipeline *pipeline, uint32_t layer) {
	for (uint32_t i = 0; i < pipeline->stage_count; i++) {
		const struct stage *stage = &pipeline->stages[i];
		if (stage->layer == layer &&
		    stage_cycles(stage, pipeline->pool_overhead_cycles) == pipeline->foldings[layer].cycles)
			return stage_kind_names[stage->kind];
	}
	return "-";
}

void pipeline_print(const struct pipeline *pipeline, const struct trace *trace, FILE *out) {
	uint64_t slowest_cycles = 0;
	for (uint32_t i = 0; i < pipeline->layer_count; i++)
		if (pipeline->foldings[i].cycles > slowest_cycles) slowest_cycles = pipeline->foldings[i].cycles;
	fprintf(out, "%-18s %-16s %5s %5s %10s %12s %12s  %s\n", "layer", "kind", "PE", "SIMD", "skip", "cycles",
	        "weight bits", "slowest stage");
	for (uint32_t i = 0; i < pipeline->layer_count; i++) {
		const struct folding *folding = &pipeline->foldings[i];
		char kind[48], skip[32] = "-";
		kind_text(&trace->layers[i].main, kind, sizeof kind);
		if (folding->skip_pe)
			snprintf(skip, sizeof skip, "%" PRIu32 "/%" PRIu32, folding->skip_pe, folding->skip_simd);
		fprintf(out, "%-18.18s %-16.16s %5" PRIu32 " %5" PRIu32 " %10s %12" PRIu64 " %12" PRIu64 "  %s%s\n",
		        trace->layers[i].name, kind, folding->pe, folding->simd, skip, folding->cycles,
		        weight_bits_of(pipeline, i), slowest_stage(pipeline, i),
		        folding->cycles == slowest_cycles ? " *" : "");
	}
	fprintf(out, "cycles a frame without stalls; * the most\nfolding %s\n", pipeline->reason);
}

static void print_ports(const char *key, const struct pipeline *pipeline, const uint32_t ports[STAGE_PORTS_MAX],
                        FILE *out) {
	if (ports[0] == PIPELINE_NONE) return;
	fprintf(out, " %s=%s", key, pipeline->fifos[ports[0]].name);
	if (ports[1] != PIPELINE_NONE) fprintf(out, ",%s", pipeline->fifos[ports[1]].name);
}

static void print_stage(const struct pipeline *pipeline, const struct stage *stage, FILE *out) {
	const struct {
		const char *key;
		uint32_t value;
	} members[] = {{"input_height", stage->input_height},
	               {"input_width", stage->input_width},
	               {"input_channels", stage->input_channels},
	               {"input_lanes", stage->input_lanes},
	               {"input_bits", stage->input_bits},
	               {"input_unsigned", stage->input_unsigned},
	               {"output_height", stage->output_height},
	               {"output_width", stage->output_width},
	               {"output_channels", stage->output_channels},
	               {"output_lanes", stage->output_lanes},
	               {"output_bits", stage->output_bits},
	               {"output_unsigned", stage->output_unsigned},
	               {"kernel_height", stage->kernel_height},
	               {"kernel_width", stage->kernel_width},
	               {"stride", stage->stride},
	               {"stride_width", stage->stride_width},
	               {"pad_top", stage->pad_top},
	               {"pad_left", stage->pad_left},
	               {"pad_bottom", stage->pad_bottom},
	               {"pad_right", stage->pad_right},
	               {"has_valid", stage->has_valid},
	               {"shift", stage->shift},
	               {"words", stage->words},
	               {"weight_bits", stage->weight_bits},
	               {"threshold_count", stage->threshold_count},
	               {"accumulator_bits", stage->accumulator_bits}};
	fprintf(out, "stage name=%s kind=%s", stage->name, stage_kind_names[stage->kind]);
	if (stage->layer != PIPELINE_NONE) fprintf(out, " layer=%" PRIu32, stage->layer);
	print_ports("input", pipeline, stage->input, out);
	print_ports("output", pipeline, stage->output, out);
	fprintf(out, " latency_cycles=%" PRIu32, stage->latency_cycles);
	for (size_t i = 0; i < sizeof members / sizeof members[0]; i++)
		if (members[i].value) fprintf(out, " %s=%" PRIu32, members[i].key, members[i].value);
	fprintf(out, " cycles=%" PRIu64 "\n", stage_cycles(stage, pipeline->pool_overhead_cycles));
}

void pipeline_print_stages(const struct pipeline *pipeline, FILE *out) {
	fprintf(out, "pipeline flushing=%" PRIu32 " start_cycles=%" PRIu32 " pool_overhead_cycles=%" PRIu32 "\n",
	        pipeline->flushing, pipeline->start_cycles, pipeline->pool_overhead_cycles);
	for (uint32_t i = 0; i < pipeline->stage_count; i++) print_stage(pipeline, &pipeline->stages[i], out);
	for (uint32_t i = 0; i < pipeline->fifo_count; i++) {
		const struct fifo *fifo = &pipeline->fifos[i];
		fprintf(out,
		        "fifo name=%s from=%s to=%s width_bits=%" PRIu32 " depth_words=%" PRIu32 " link=%" PRIu32 "\n",
		        fifo->name, pipeline->stages[fifo->from].name, pipeline->stages[fifo->to].name,
		        fifo->width_bits, fifo->depth_words, fifo->is_link);
	}
}
