/* Bit widths of one compilation: those of [compile], and single ones by layer name. */
#ifndef WORKLOADS_WIDTHS_H
#define WORKLOADS_WIDTHS_H

#include "sim/input/config.h"
#include "workloads/fuse.h"

enum width_key { WIDTH_WEIGHT, WIDTH_MAP, WIDTH_MAP_FRACTION, WIDTH_PARAMETER, WIDTH_KEYS };

struct width_override {
	char layer[TRACE_NAME_BYTES];
	enum width_key key;
	uint32_t value;
};

struct widths {
	const struct config *config;      /* members compile_* */
	struct width_override *overrides; /* owned by the arena */
	size_t override_count;
};

/* Reads texts "LAYER.KEY=NUMBER" with KEY one of weight_bits (1..16), map_bits (2..16), map_fraction_bits (0..15),
 * parameter_bits (2..16). LAYER is an operator of the trace or a layer of the network. STATUS_USAGE with the nearest
 * known layer or key. */
enum status widths_read(struct widths *widths, const struct config *config, const char *const *texts, size_t count,
                        const struct fused_network *fused, struct arena *arena, struct error *error);

/* Width of an operator: the last override that names it or (map and parameter widths) one of its layers, else
 * `standard`. */
uint32_t widths_of_operator(const struct widths *widths, const struct fused_network *fused,
                            const struct fused_layer *layer, enum width_key key, uint32_t standard);

/* Weight width of one of its convolutions: an override of the convolution's own name, else of the operator's. */
uint32_t widths_of_weights(const struct widths *widths, const struct fused_network *fused,
                           const struct fused_layer *layer, const struct fused_conv *conv, uint32_t standard);

#endif
