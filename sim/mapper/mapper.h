/* Trace + machine -> program.
 *
 * The mapper chooses, per layer: the band (output rows of one command), the block of output channels, where weights and
 * maps live and for how long. It says for each choice why, refuses with a reason what cannot run (STATUS_UNMAPPABLE),
 * and can be overridden by a mapping file (see mapper/mapping.h). It knows the trace and the configuration, never the
 * units.
 */
#ifndef SIM_MAPPER_MAPPER_H
#define SIM_MAPPER_MAPPER_H

#include "sim/base/status.h"
#include "sim/input/config.h"
#include "sim/input/trace.h"
#include "sim/mapper/program.h"

/* What was chosen for one layer. The same members can be set by a mapping file; 0 / AUTO leaves them to the mapper. */
struct mapping_layer {
	uint32_t band_rows;      /* sums rows of one engine command */
	uint32_t block_channels; /* output channels computed together; a multiple of pes and columns, as far as the
	                            layer uses them, or all */
	uint32_t weights; /* enum config_residency: RESIDENT (loaded once, before the first frame), LAYER, TILE (per
	                     block) */
	uint32_t input_spilled; /* 1: the main input map is read from DDR band by band */
	uint32_t skip_input_spilled;
	uint32_t output_spilled; /* 1: output maps are written to DDR band by band */
	char reason[160];        /* why, one line; "as set": by the configuration, "as asked": by a wish */
};

struct mapping {
	struct mapping_layer *layers;
	uint32_t layer_count;
};

/* Resolves fixed_engine.weight_bits / activation_bits = 0 (auto) to the trace's maxima. Call before anything that needs
 * widths. */
void mapper_resolve_widths(struct config *config, const struct trace *trace);

/* `wish` may be NULL. On success *program and *mapping are the caller's (program_clear, mapping_clear). */
enum status mapper_map(const struct trace *trace, const struct config *config, const struct mapping *wish,
                       struct program *program, struct mapping *mapping, struct error *error);

void mapping_clear(struct mapping *mapping);

/* --show-mapping: a table of 100 columns, one layer a line with its reason. */
void mapping_print(const struct mapping *mapping, const struct trace *trace, FILE *out);

/* --mapping FILE: INI, a section per layer name, keys band_rows, block_channels, weights, input, skip_input, output. */
enum status mapping_read(struct mapping *wish, const struct trace *trace, const char *path, struct error *error);

#endif
