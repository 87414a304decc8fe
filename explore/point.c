/* The columns of a point (point.h). */
#include "explore/point.h"

#include <string.h>

const char *const point_status_names[POINT_STATUS_COUNT] = {"ok", "invalid", "unmappable", "stuck", "failed", "died"};

#define AT(member) offsetof(struct point_row, member)
const struct point_column point_columns[] = {
    {"exactness", "", POINT_TEXT, AT(exactness), 0, "rtl: equal to the RTL here; model: outside the shown range"},
    {"latency_cycles", "cycles", POINT_UNSIGNED, AT(latency_cycles), 0, "frame 0 alone"},
    {"total_cycles", "cycles", POINT_UNSIGNED, AT(total_cycles), 0, "the whole run, with the loading of the weights"},
    {"ddr_bytes", "bytes", POINT_UNSIGNED, AT(ddr_bytes), 0, "read and written by the run"},
    {"clock_mhz", "MHz", POINT_REAL, AT(clock_mhz), 1, "an input: it is not derived from the design"},
    {"latency_ms", "ms", POINT_REAL, AT(latency_ms), 0, "frame 0 alone"},
    {"frames_per_s", "1/s", POINT_REAL, AT(frames_per_s), 1, "steady state; of one frame 1 / latency"},
    {"power_w", "W", POINT_REAL, AT(power_w), 0, "average of the run, memory included"},
    {"fpga_power_w", "W", POINT_REAL, AT(fpga_power_w), 0, "the FPGA alone"},
    {"energy_uj", "uJ", POINT_REAL, AT(energy_uj), 0, "of one frame"},
    {"energy_low_uj", "uJ", POINT_REAL, AT(energy_low_uj), 0, "with every technology row at its low"},
    {"energy_high_uj", "uJ", POINT_REAL, AT(energy_high_uj), 0, "with every technology row at its high"},
    {"power_grade", "", POINT_TEXT, AT(power_grade), 0, "worst grade of a part of the power"},
    {"power_partial", "1", POINT_UNSIGNED, AT(power_partial), 0, "1: a part is missing, so power means at least"},
    {"lut", "1", POINT_UNSIGNED, AT(lut), 0, "LUTs"},
    {"ff", "1", POINT_UNSIGNED, AT(ff), 0, "flip-flops"},
    {"bram36", "1", POINT_REAL, AT(bram36), 0, "block RAM"},
    {"uram", "1", POINT_UNSIGNED, AT(uram), 0, "UltraRAM"},
    {"dsp", "1", POINT_UNSIGNED, AT(dsp), 0, "DSP blocks"},
    {"resource_grade", "", POINT_TEXT, AT(resource_grade), 0, "worst grade of an amount"},
    {"fits", "1", POINT_FITS, AT(fits), 1, "1, 0, or empty where a missing amount leaves it open"},
    {"worst_resource", "", POINT_TEXT, AT(worst_resource), 0, "of which the largest share is used"},
    {"worst_utilisation", "1", POINT_REAL, AT(worst_utilisation), 0,
     "that share of what the device may use; empty: it has none"},
    {"slr_share", "1", POINT_REAL, AT(slr_share), 0, "largest share of one die a unit needs; above 1: crosses dies"},
    {"limit_unit", "", POINT_TEXT, AT(limit_unit), 0,
     "the unit that works in the most cycles; streaming: the stage that waits least"},
    {"limit_share", "1", POINT_REAL, AT(limit_share), 0, "in this share of all cycles"},
    {"memory_share", "1", POINT_REAL, AT(memory_share), 0, "share in which that unit waits for memory"},
    {"binary_utilisation", "1", POINT_REAL, AT(binary_utilisation), 1, "needed bit operations over the engine's peak"},
};
const size_t point_column_count = sizeof point_columns / sizeof point_columns[0];

int point_column_index(const char *name) {
	for (size_t i = 0; i < point_column_count; i++)
		if (!strcmp(point_columns[i].name, name)) return (int)i;
	return -1;
}
