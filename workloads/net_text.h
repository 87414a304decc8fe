/* net.txt: a folded network as whole-number tensors in files beside it, one line a layer.
 *
 *     net NAME            classes N            class N NAME            input HEIGHT WIDTH CHANNELS KIND ...
 *     layer N KIND key=value ...      with k ic oc ih iw oh ow stride pad pool wbits abits nth acc w t s p32 rows
 */
#ifndef WORKLOADS_NET_TEXT_H
#define WORKLOADS_NET_TEXT_H

#include <stdint.h>

#include "sim/base/status.h"
#include "sim/input/file_bytes.h"

enum { NET_LAYERS_MAX = 256, NET_NAME_BYTES = 48 };

struct net_layer {
	char kind[16];                                                                  /* conv, fc, blend */
	char acc[16];                                                                   /* sum8, match, sum, or empty */
	uint32_t k, ic, oc, ih, iw, oh, ow, stride, pad, pool, wbits, abits, nth, rows; /* 0 where the key is absent */
	char weights[NET_NAME_BYTES], thresholds[NET_NAME_BYTES], skip[NET_NAME_BYTES],
	    parameters[NET_NAME_BYTES]; /* files */
	uint32_t line;
};

struct net_text {
	char path[512], folder[480];
	char name[NET_NAME_BYTES];
	char input_kind[16]; /* int8, bipolar */
	char input_rule[64]; /* the rest of the line: "q=p-128" */
	uint32_t classes, input_height, input_width, input_channels;
	struct net_layer layers[NET_LAYERS_MAX];
	uint32_t layer_count;
};

/* Reads FOLDER/net.txt. STATUS_INPUT names file, line, key and what was expected. */
enum status net_text_read(struct net_text *net, const char *folder, struct error *error);

/* Reads a tensor file of exactly `bytes` bytes beside net.txt. */
enum status net_text_tensor(const struct net_text *net, const char *name, uint64_t bytes, struct file_bytes *file,
                            struct error *error);

/* "PATH:LINE: layer N: reason" with STATUS_INPUT. */
enum status net_text_refuse(const struct net_text *net, const struct net_layer *layer, const char *reason,
                            struct error *error);

/* Little-endian int32 number `index` of a file. */
int32_t net_text_int32(const struct file_bytes *file, uint64_t index);

#endif
