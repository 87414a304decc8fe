/* Layer trace: a fused, bit-exact, machine-independent description of one network.
 *
 * Two files: NAME.nbt (line-oriented text, one fused operator a line) and NAME.nbw beside it (tensors by name, with a
 * CRC-32 each). The format, every key and the one integer formula of every operator are in workloads/README.md. The
 * same structs are written by the compiler (trace_write) and read by the simulator (trace_read).
 *
 * A fused operator ("layer") is: a main convolution on a bit map or a fixed-point map, an optional fixed-point skip
 * convolution on another map of the same network, and a post step that turns the sums into one or two output maps:
 *
 *   a  = main sums (binary: dot product of +1 / -1 values; fixed: integer multiply-accumulate)
 *   b  = skip sums (0 where there is no skip convolution)
 *   post = affine:     z = A[o] * a + B[o];  m = rs((z >= 0 ? MP[o] : MN[o]) * z, post_shift)
 *                      v = saturate(m + rs(b, E[o]) + C[o], output_bits)       with rs(v, s) = s ? (v + 2^(s-1)) >> s :
 *   post = threshold:  n = number of k with (D[o] ? a < T_k[o] : a > T_k[o]);  v = threshold_base + n
 *   pool = max2: v of the output pixel is the maximum of v over its 2 x 2 pixels (stride 2, odd last row / column
 *              dropped);  pool = max: the same over windows of another size (struct trace_pool_window)
 *   bits map: bit = v >= 0 (affine), bit = n >= 1 (threshold)      fixed map: v
 *   transpose: pixels and channels of the output maps are exchanged: channel q of pixel o is v of output o at the q-th
 *              pixel of the sums, row by row
 */
#ifndef SIM_INPUT_TRACE_H
#define SIM_INPUT_TRACE_H

#include <stddef.h>
#include <stdint.h>

#include "sim/base/status.h"

enum { TRACE_NAME_BYTES = 64, TRACE_FROM_BYTES = 256, TRACE_THRESHOLDS_MAX = 255 };

enum trace_map_kind { TRACE_MAP_BITS, TRACE_MAP_FIXED };

/* How a pixel byte p of an image becomes the input map's value. */
enum trace_pixel {
	TRACE_PIXEL_MINUS128, /* p - 128, 8 bits */
	TRACE_PIXEL_Q7,       /* floor((2 p / 255 - 1) * 128 + 0.5) in double precision, saturated to -128..127 */
	TRACE_PIXEL_BIPOLAR   /* bits map: p >= 128; missing channels are 0 (-1) */
};

struct trace_map {
	char name[TRACE_NAME_BYTES];
	enum trace_map_kind kind;
	uint32_t height, width, channels;
	uint32_t value_bits;  /* 1 for bits; 2..16 two's complement for fixed; 32 only for the scores map */
	uint32_t first_layer; /* layer that writes it (UINT32_MAX: the network's input) */
	uint32_t last_layer;  /* last layer that reads it (lifetime analysis); the scores map: last layer */
	uint32_t is_unsigned; /* fixed, at most 15 bits, neither input nor scores: values are 0 .. 2^value_bits - 1 */
};

enum trace_conv_kind { TRACE_CONV_NONE, TRACE_CONV_BINARY, TRACE_CONV_FIXED };
enum trace_pad_value {
	TRACE_PAD_MASKED,
	TRACE_PAD_MINUS,
	TRACE_PAD_PLUS
}; /* fixed maps are always padded with 0 = masked */
enum trace_pre_pool { TRACE_PRE_POOL_NONE, TRACE_PRE_POOL_AVERAGE2 };
enum trace_post_kind { TRACE_POST_AFFINE, TRACE_POST_THRESHOLD };
enum trace_pool { TRACE_POOL_NONE, TRACE_POOL_MAX2, TRACE_POOL_MAX };

struct trace_conv {
	enum trace_conv_kind kind;
	uint32_t input_map;           /* index into trace.maps; a fixed convolution of a bits map reads +1 / -1 */
	uint32_t kernel, stride, pad; /* along the columns, and along the rows too unless kernel_height is set; pad on
	                                 both sides */
	uint32_t kernel_height;       /* 0: the rows are as the columns, and the next two are not looked at */
	uint32_t stride_height, pad_height; /* along the rows, with kernel_height; see trace_rows_of_conv */
	uint32_t depthwise; /* 1: output o reads input channel o alone (as many outputs as inputs; fixed) */
	enum trace_pad_value pad_value;
	enum trace_pre_pool
	    pre_pool; /* average2 (fixed, kernel 1, stride 2, pad 0): input value = rs(sum of 2 x 2, 2) */
	uint32_t
	    tap_shared; /* 1: one weight per (output, input channel), used for all taps (average + fully connected) */
	uint32_t weight_bits;   /* binary: 1; fixed: 2..16 two's complement, or 1: every weight is -1 or +1 */
	uint32_t weight_tensor; /* index into trace.tensors: bits or int16, [output][ky][kx][input] (tap_shared:
	                           [output][input], depthwise: [output][ky][kx]) */
};

struct trace_layer {
	char name[TRACE_NAME_BYTES];
	char from[TRACE_FROM_BYTES]; /* comma-separated names of the network's layers fused into this operator */
	struct trace_conv main;      /* kind is never NONE */
	struct trace_conv skip;      /* kind NONE or FIXED */
	uint32_t output_channels;
	uint32_t sums_height, sums_width; /* of a and b */
	enum trace_post_kind post;
	uint32_t post_shift;      /* affine, 0..31 */
	uint32_t threshold_count; /* threshold, 1..TRACE_THRESHOLDS_MAX */
	int32_t threshold_base;
	enum trace_pool pool;
	uint32_t pool_height, pool_width; /* pool = max */
	uint32_t pool_stride;             /* pool = max: in both directions; 0: as high and as wide as the pool */
	uint32_t pool_pad; /* pool = max: on all four sides, less than the pool's sides; takes no part in the maximum */
	uint32_t transpose; /* 1: output maps of output_channels pixels (height x width, row by row) and sums_height x
	                       sums_width channels; not with a pool, not for the scores */
	uint32_t parameter_tensor; /* int32 [output][6] A, B, MP, MN, C, E  or  int32 [output][1 + threshold_count] D,
	                              T_0.. */
	uint32_t fixed_map, bits_map; /* output maps or UINT32_MAX; at least one */
};

enum trace_tensor_type { TRACE_TENSOR_BITS, TRACE_TENSOR_INT16, TRACE_TENSOR_INT32 };

/* Bits: `rows` rows (outputs) of `columns` bits; bit j of a row is byte j >> 3, bit j & 7; a row is padded with zero
 * bits to a multiple of 64; 1 is +1, 0 is -1. int16 / int32: little-endian in the file, rows x columns, row by row. */
struct trace_tensor {
	char name[TRACE_NAME_BYTES];
	enum trace_tensor_type type;
	uint32_t rows, columns;
	uint64_t bytes; /* of data */
	uint32_t crc32;
	void *data; /* host byte order; NULL if values were left out (trace_read with values = 0) */
};

struct trace {
	char name[TRACE_NAME_BYTES];
	uint32_t classes;
	uint32_t input_map, scores_map; /* scores: fixed, value_bits 32 (or fewer), 1 x 1 x classes or more channels */
	enum trace_pixel pixel;
	uint32_t image_height, image_width, image_channels; /* of the image file's records */
	uint32_t image_pad;    /* zero-valued pixel ring added before pixel conversion (28 x 28 -> 32 x 32 is 2) */
	uint32_t image_repeat; /* grey image repeated on this many channels (1 or 3) */
	uint32_t has_values;   /* 0: shapes with seeded weights (no accuracy claimed) */
	double float_top1;     /* of the network as trained, or negative where unknown */
	struct trace_map *maps;
	uint32_t map_count;
	struct trace_layer *layers;
	uint32_t layer_count; /* in execution order */
	struct trace_tensor *tensors;
	uint32_t tensor_count;
	uint32_t checksum; /* CRC-32 of the .nbt text (which holds the tensors' own) */
};

/* Reads FILE.nbt and the FILE.nbw beside it; checks every shape, range, reference and checksum, so that a trace that
 * was read is consistent. STATUS_INPUT with file, line, key, value and what was expected; STATUS_IO; STATUS_MEMORY. On
 * failure *trace is empty (trace_clear is allowed and does nothing). */
enum status trace_read(struct trace *trace, const char *path, struct error *error);

/* Checks the same consistency on a trace made in memory. `path` only names it in messages. */
enum status trace_check(const struct trace *trace, const char *path, struct error *error);

/* Fills first_layer / last_layer of all maps from the layers. */
void trace_lifetimes(struct trace *trace);

/* Writes PATH (.nbt) and the .nbw beside it, each through a temporary file that is renamed when complete. Sets the
 * tensors' crc32 and the checksum. The same trace gives the same bytes. */
enum status trace_write(struct trace *trace, const char *path, struct error *error);

/* Sets the tensors' crc32 and the checksum as trace_write does, without writing: a trace made in memory has the
 * checksum of the file it would become. All tensors have their values. STATUS_MEMORY. */
enum status trace_seal(struct trace *trace, struct error *error);

/* Releases everything trace_read or the compiler allocated; leaves an empty trace. */
void trace_clear(struct trace *trace);

/* Kernel, stride and pad along the rows. */
struct trace_conv_rows {
	uint32_t kernel, stride, pad;
};
static inline struct trace_conv_rows trace_rows_of_conv(const struct trace_conv *conv) {
	struct trace_conv_rows rows = {conv->kernel, conv->stride, conv->pad};
	if (conv->kernel_height) {
		rows.kernel = conv->kernel_height;
		rows.stride = conv->stride_height;
		rows.pad = conv->pad_height;
	}
	return rows;
}

/* Whether a convolution does the same along rows and columns. */
static inline int trace_conv_is_square(const struct trace_conv *conv) {
	const struct trace_conv_rows rows = trace_rows_of_conv(conv);
	return rows.kernel == conv->kernel && rows.stride == conv->stride && rows.pad == conv->pad;
}

/* Input channels that one output reads. */
static inline uint32_t trace_conv_inputs(const struct trace *trace, const struct trace_conv *conv) {
	return conv->depthwise ? 1 : trace->maps[conv->input_map].channels;
}

/* The maximum pool of a layer, 1 x 1 where it has none: output pixel (y, x) is the maximum over the pixels of the sums
 * in rows y stride_height - pad .. + height - 1 and columns x stride_width - pad .. + width - 1 that exist. */
struct trace_pool_window {
	uint32_t height, width, stride_height, stride_width, pad;
};
static inline struct trace_pool_window trace_window_of_pool(const struct trace_layer *layer) {
	const uint32_t side = layer->pool == TRACE_POOL_MAX2 ? 2 : 1, stride = layer->pool_stride;
	struct trace_pool_window window = {side, side, side, side, 0};
	if (layer->pool == TRACE_POOL_MAX) {
		window.height = layer->pool_height;
		window.width = layer->pool_width;
		window.stride_height = stride ? stride : layer->pool_height;
		window.stride_width = stride ? stride : layer->pool_width;
		window.pad = layer->pool_pad;
	}
	return window;
}

/* Rows and columns behind the pool. The layer has passed trace_check. */
static inline uint32_t trace_pooled_height(const struct trace_layer *layer) {
	const struct trace_pool_window pool = trace_window_of_pool(layer);
	return (layer->sums_height + 2 * pool.pad - pool.height) / pool.stride_height + 1;
}
static inline uint32_t trace_pooled_width(const struct trace_layer *layer) {
	const struct trace_pool_window pool = trace_window_of_pool(layer);
	return (layer->sums_width + 2 * pool.pad - pool.width) / pool.stride_width + 1;
}

/* Bytes of one row of a bits tensor of `columns` bits. */
static inline size_t trace_bits_row_bytes(uint32_t columns) {
	return ((size_t)columns + 63) / 64 * 8;
}

#endif
