/* The one representation of a network before fusion: layers by name, inputs by name, float tensors as trained.
 *
 * Layer 0 is the network's input. Layers stand in execution order (every layer after its inputs). The types, their keys
 * and their tensors are in workloads/README.md and in the table of network.c.
 */
#ifndef WORKLOADS_NETWORK_H
#define WORKLOADS_NETWORK_H

#include <stddef.h>
#include <stdint.h>

#include "sim/base/status.h"
#include "sim/input/trace.h"
#include "workloads/arena.h"
#include "workloads/float_tensors.h"

enum layer_type {
	LAYER_INPUT,
	LAYER_BINARY_CONV, /* dot product of +1 / -1 maps and +1 / -1 weights (times a constant per output) */
	LAYER_FIXED_CONV,
	LAYER_BATCH_NORM,           /* gamma (x - mean) / sqrt(var + epsilon) + beta, per channel */
	LAYER_PRELU,                /* x >= 0 ? x : slope x, per channel */
	LAYER_SHIFT,                /* x + shift, per channel */
	LAYER_SIGN,                 /* x >= 0 ? +1 : -1 */
	LAYER_QUANTISED_ACTIVATION, /* round(x 2^F) held to `levels` whole numbers, over 2^F; unsigned: a ReLU too */
	LAYER_ADD,
	LAYER_AVERAGE_POOL,        /* 2 x 2, stride 2 */
	LAYER_GLOBAL_AVERAGE_POOL, /* mean over all positions */
	LAYER_MAX_POOL,
	LAYER_FULLY_CONNECTED, /* of a 1 x 1 map */
	LAYER_TRANSPOSE,       /* channels and positions exchanged (mixers) */
	LAYER_RESHAPE,
	LAYER_TYPES
};

struct network_layer {
	char name[TRACE_NAME_BYTES];
	enum layer_type type;
	uint32_t inputs[2], input_count;                   /* indices of layers */
	uint32_t outputs;                                  /* convolutions and fully connected: output channels */
	uint32_t kernel, stride, pad;                      /* along the columns */
	uint32_t kernel_height, stride_height, pad_height; /* along the rows; never 0 but the pad */
	uint32_t depthwise;   /* fixed_conv: output o reads input channel o alone; add: of a map, likewise */
	uint32_t weight_bits; /* fixed_conv, fully_connected: 1..16; 0: as the widths of the compilation say */
	uint32_t bits, levels, fraction_bits, is_unsigned; /* quantised_activation */
	enum trace_pad_value pad_value;
	uint32_t bias; /* 1: has a tensor NAME.bias */
	double epsilon;
	uint32_t height, width, channels; /* of the output; reshape: as given; others: set by network_shapes */
	uint32_t is_bits;                 /* output values are +1 / -1; set by network_shapes */
	uint32_t consumers;               /* layers that read this one; set by network_shapes */
	const struct float_tensor *weight, *bias_tensor;              /* convolutions, fully connected */
	const struct float_tensor *gamma, *beta, *mean, *var, *scale; /* scale: prelu's slope, shift's shift */
};

struct network {
	char name[TRACE_NAME_BYTES];
	const char *path; /* of the description, for messages */
	uint32_t classes;
	double float_top1; /* fraction, or -1 */
	enum trace_pixel pixel;
	double pixel_scale; /* input value = converted pixel / pixel_scale */
	uint32_t image_height, image_width, image_channels, image_pad, image_repeat;
	uint32_t is_flat;             /* the image's values are the channels of one pixel */
	struct network_layer *layers; /* owned by the arena */
	uint32_t layer_count;
	struct float_tensors tensors;
	uint32_t has_values;
};

/* Reads FOLDER/network.ini: layers, keys, inputs, order. No tensors, no shapes yet. STATUS_INPUT: unknown type, key or
 * input (with the nearest known), missing key, a cycle. */
enum status network_read(struct network *network, const char *folder, const char *const *geometry,
                         size_t geometry_count, struct arena *arena, struct error *error);

/* Shape inference: height, width, channels, is_bits and consumers of every layer. STATUS_INPUT names the layer and the
 * shapes that do not agree. */
enum status network_shapes(struct network *network, struct error *error);

/* Binds every layer's tensors by name and shape: from params.* in `folder`, or, with folder = NULL, seeded ones. After
 * network_shapes. */
enum status network_bind(struct network *network, const char *folder, uint64_t seed, struct arena *arena,
                         struct error *error);

/* The word of network.ini for a type ("binary_conv"). */
const char *network_type_word(enum layer_type type);

/* Index of a layer by name, or UINT32_MAX. */
uint32_t network_find(const struct network *network, const char *name);

#endif
