/* Fusion: the network's layers become operators of the trace's form, still in real numbers.
 *
 * An operator starts at a convolution (or fully connected layer), takes in the batch norms, shifts, PReLU, skip
 * convolution, addition and maximum pool that follow, and ends where its result is read as a map. Average pools, and
 * batch norms of a map that is also read unchanged, fold into the convolution that reads them. A transposition belongs
 * to the operator before it, whose map is written transposed; a reshape behind it gives that map's pixels new rows. A
 * quantised activation belongs to the operator before it; of a map (or a sign of the image) it is an operator of its
 * own, a depthwise 1 x 1 convolution with weights +1.
 */
#ifndef WORKLOADS_FUSE_H
#define WORKLOADS_FUSE_H

#include "sim/input/trace.h"
#include "workloads/fold.h"
#include "workloads/network.h"

enum { FUSE_MEMBERS_MAX = 32, FUSE_SOURCE_INPUT = 0 };

struct fused_conv {
	enum trace_conv_kind kind;
	uint32_t
	    source; /* 0: the network's input; n: operator n - 1 (its bits map if reads_bits, else its fixed map) */
	uint32_t reads_bits;          /* a binary convolution does; a fixed one may */
	uint32_t inputs;              /* channels that one output reads: of the map, or 1 if depthwise */
	uint32_t kernel, stride, pad; /* along the columns */
	uint32_t kernel_height, stride_height, pad_height; /* along the rows; never 0 but the pad */
	uint32_t depthwise;
	uint32_t weight_bits; /* as the network says, 0: it does not; 1: the weights are +1 / -1 */
	enum trace_pad_value pad_value;
	enum trace_pre_pool pre_pool;
	uint32_t tap_shared;
	float *weights; /* [output][ky][kx][input], tap_shared: [output][input]; binary: +1 / -1 */
	uint32_t layer; /* of the network; UINT32_MAX: identity of a residual addition */
};

/* Maximum pool; height 0: none. */
struct fused_pool {
	uint32_t height, width, stride_height, stride_width, pad;
};

/* Quantised activation: round(v 2^fraction_bits) held to low .. low + levels - 1. bits 0: none. */
struct fused_activation {
	uint32_t bits, levels, fraction_bits, is_unsigned;
	int32_t low;
};

struct fused_layer {
	char name[TRACE_NAME_BYTES]; /* common prefix of its layers' names, else its convolution's */
	uint32_t members[FUSE_MEMBERS_MAX], member_count; /* layers of the network fused into it */
	struct fused_conv main, skip;
	struct fold_post post;
	struct fused_activation activation;
	uint32_t sums_height, sums_width;
	struct fused_pool pool;
	uint32_t height, width;    /* of the output */
	uint32_t transpose;        /* its pixels are the operator's channels, its channels the positions of the sums */
	int fixed_read, bits_read; /* which output maps somebody reads */
	int is_scores;
	const struct network_layer
	    *statistics; /* batch norm whose result the output is: mean beta, deviation |gamma|; or NULL */
};

struct fused_network {
	const struct network *network;
	struct fused_layer **layers; /* in execution order; owned by the arena */
	uint32_t layer_count;
};

/* Fuses a network with shapes and tensors. STATUS_INPUT names the layer that no operator of the trace can express, and
 * why. */
enum status fuse_network(struct fused_network *fused, const struct network *network, struct arena *arena,
                         struct error *error);

#endif
