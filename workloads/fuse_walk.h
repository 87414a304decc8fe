/* What the files of fuse.h share: the walk over the layers and the values it keeps. Private to fuse*.c.
 *
 * The value of a layer is one of
 *     OPEN  an operator that can still take in layers (it has exactly one reader),
 *     MAP   gain * pool(fixed map of an operator) + offset, pool none, 2 x 2 average or mean of all positions,
 *     BITS  the sign map of an operator.
 */
#ifndef WORKLOADS_FUSE_WALK_H
#define WORKLOADS_FUSE_WALK_H

#include "workloads/fuse.h"

enum value_kind { VALUE_OPEN, VALUE_MAP, VALUE_BITS };
enum value_pool { POOL_NONE, POOL_AVERAGE2, POOL_GLOBAL };

struct value {
	enum value_kind kind;
	struct fused_layer *open;
	uint32_t source; /* MAP, BITS: as in struct fused_conv */
	enum value_pool pool;
	uint32_t map_height, map_width;                   /* POOL_GLOBAL */
	double *gain, *offset;                            /* NULL: 1 and 0 */
	uint32_t members[FUSE_MEMBERS_MAX], member_count; /* layers that the reader takes in */
};

struct walk {
	struct fused_network *fused;
	const struct network *network;
	struct value *values; /* one a layer */
	struct arena *arena;
	struct error *error;
};

/* Each returns its status; both name the layer `index`. STATUS_MEMORY; STATUS_INPUT. */
enum status fuse_no_memory(const struct walk *walk);
enum status fuse_refuse(const struct walk *walk, uint32_t index, const char *reason);

/* Adds layers to those that an operator or value takes in. */
enum status fuse_take_in(const struct walk *walk, uint32_t *members, uint32_t *count, uint32_t layer);
enum status fuse_take_all(const struct walk *walk, struct fused_layer *open, const uint32_t *members, uint32_t count);

/* Appends an open operator to the list; the value becomes its map. */
void fuse_close(const struct walk *walk, struct value *value);

/* The value of `index` as a map that is about to be read. */
struct value *fuse_as_map(const struct walk *walk, uint32_t index);

/* Opens an operator with a convolution or fully connected layer. */
enum status fuse_convolution(const struct walk *walk, uint32_t index);

/* Opens a depthwise 1 x 1 convolution that gives `value` as it is, for layer `index`. */
enum status fuse_pass_through(const struct walk *walk, uint32_t index, struct value *value, struct fused_layer **made);

/* The same for input `read` of the addition `index`: with the identity matrix as weights unless it is depthwise. */
enum status fuse_identity(const struct walk *walk, uint32_t index, uint32_t read, struct fused_layer **made);

#endif
