/* See label.h. */
#include "reports/label.h"

#include <stdio.h>
#include <string.h>

static const struct {
	const char *name, *words, *unit; /* unit NULL: that of the database; "": a count of the words */
	double factor;
} known[] = {
    {"latency_ms", "Latency", NULL, 1},
    {"latency_cycles", "Latency", NULL, 1},
    {"total_cycles", "Whole run", NULL, 1},
    {"ddr_bytes", "DDR traffic of the run", "MB", 1e-6},
    {"clock_mhz", "Clock", NULL, 1},
    {"frames_per_s", "Throughput", "frames/s", 1},
    {"power_w", "Power, memory included", NULL, 1},
    {"fpga_power_w", "FPGA power", NULL, 1},
    {"energy_uj", "Energy per frame", "µJ", 1},
    {"energy_low_uj", "Energy per frame, low", "µJ", 1},
    {"energy_high_uj", "Energy per frame, high", "µJ", 1},
    {"lut", "LUTs", "", 1},
    {"ff", "Flip-flops", "", 1},
    {"bram36", "Block RAMs (36 Kb)", "", 1},
    {"uram", "UltraRAMs", "", 1},
    {"dsp", "DSP blocks", "", 1},
    {"worst_utilisation", "Fullest resource", "% of usable", 100},
    {"slr_share", "Largest share of a die", "%", 100},
    {"limit_share", "Busiest unit works", "% of cycles", 100},
    {"memory_share", "Busiest unit waits for memory", "% of cycles", 100},
    {"binary_utilisation", "Binary engine utilisation", "%", 100},
    {"top1", "Top-1 accuracy", "%", 100},
    {"top1_standard_error", "Standard error of top-1", "%", 100},
    {"binary_engine.pes", "PEs of the binary engine", "", 1},
    {"binary_engine.words", "48-bit words per PE", "", 1},
    {"fixed_engine.rows", "Rows of the fixed engine", "", 1},
    {"fixed_engine.columns", "Columns of the fixed engine", "", 1},
    {"fixed_engine.weight_bits", "Weights of the fixed engine", NULL, 1},
    {"fixed_engine.activation_bits", "Activations of the fixed engine", NULL, 1},
    {"post_unit.lanes", "Lanes of the post unit", "", 1},
    {"compile.skip_weight_bits", "Skip-path weights", NULL, 1},
    {"compile.map_bits", "Maps", NULL, 1},
    {"dram.channels", "DDR channels", "", 1},
    {"dma.burst_beats", "Burst", NULL, 1},
    {"dma.outstanding", "Bursts under way", "", 1},
    {"dram.controller_cycles", "Memory controller", NULL, 1},
    {"binary_engine.fabric", "Lanes of the binary engine", "", 1},
    {"buffer.bit_activations.depth_words", "Bit activations on chip", NULL, 1},
    {"buffer.fixed_activations.depth_words", "Fixed-point activations on chip", NULL, 1},
    {"buffer.accumulators.depth_words", "Accumulators on chip", NULL, 1},
    {"streaming.fifo_depth_words", "FIFO depth", NULL, 1},
    {"streaming.target_frames_per_s", "Rate aimed at", NULL, 1},
    {"streaming.budget_percent", "Budget", "% of usable", 1},
    {"machine.organisation", "Organisation", "", 1},
    {"machine.device", "Device", "", 1},
    {"machine.clock_mhz", "Clock", NULL, 1},
};

static void plain_words(const char *name, char *words, size_t bytes) {
	snprintf(words, bytes, "%s", name);
	for (char *c = words; *c; c++)
		if (*c == '_' || *c == '.') *c = ' ';
	if (words[0] >= 'a' && words[0] <= 'z') words[0] = (char)(words[0] - 'a' + 'A');
}

void label_make(struct label *label, const char *name, const char *unit, double largest) {
	char words[LABEL_BYTES / 2];
	plain_words(name, words, sizeof words);
	label->factor = 1;
	if (!strcmp(unit, "1")) unit = "";
	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
		if (strcmp(known[i].name, name)) continue;
		snprintf(words, sizeof words, "%s", known[i].words);
		if (known[i].unit) unit = known[i].unit;
		label->factor = known[i].factor;
	}
	int is_whole = !unit[0] || !strcmp(unit, "cycles") || !strcmp(unit, "frames/s");
	const char *many = "";
	if (is_whole && largest >= 1e7) {
		many = "million";
		label->factor *= 1e-6;
	} else if (is_whole && largest >= 1e4) {
		many = "thousand";
		label->factor *= 1e-3;
	}
	if (!unit[0] && !many[0])
		snprintf(label->text, sizeof label->text, "%s", words);
	else
		snprintf(label->text, sizeof label->text, "%s (%s%s%s)", words, many, many[0] && unit[0] ? " " : "",
		         unit);
}
