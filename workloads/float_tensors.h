/* Float tensors of a trained network: params.f32 (float32, little-endian) and its index params.txt.
 *
 * Index: one line a tensor, "NAME SHAPE OFFSET COUNT"; SHAPE is 16x3x3x3 (outputs, inputs, ky, kx), 10x64 or 16; OFFSET
 * and COUNT are in floats. Seeded tensors (shapes without a trained network) are added by float_tensors_seed.
 */
#ifndef WORKLOADS_FLOAT_TENSORS_H
#define WORKLOADS_FLOAT_TENSORS_H

#include <stddef.h>
#include <stdint.h>

#include "sim/base/status.h"
#include "sim/input/trace.h"
#include "workloads/arena.h"

enum { FLOAT_TENSOR_SIDES_MAX = 4 };

struct float_tensor {
	char name[TRACE_NAME_BYTES + 8]; /* a layer's name and ".weight" */
	uint32_t sides, side[FLOAT_TENSOR_SIDES_MAX];
	size_t count;
	const float *data;
	int used; /* set by float_tensors_find */
};

struct float_tensors {
	char path[1024];              /* of the index, for messages */
	struct float_tensor *tensors; /* owned by the arena */
	size_t tensor_count, tensor_room;
};

/* Reads FOLDER/params.txt and FOLDER/params.f32 into the arena. STATUS_IO where a file is missing; STATUS_INPUT names
 * file, line and what was expected: malformed line, shape and count that disagree, a name given twice, a range outside
 * params.f32, a value that is not finite. */
enum status float_tensors_read(struct float_tensors *tensors, const char *folder, struct arena *arena,
                               struct error *error);

/* How seeded values are drawn. */
enum float_seed {
	FLOAT_SEED_SIGN,    /* +1 or -1 */
	FLOAT_SEED_UNIFORM, /* -scale .. scale */
	FLOAT_SEED_GAMMA,   /* 0.5 .. 1.5, one in eight negative */
	FLOAT_SEED_CONSTANT /* scale */
};

/* Adds a tensor whose values depend only on seed, name and shape. STATUS_MEMORY. */
enum status float_tensors_seed(struct float_tensors *tensors, const char *name, uint32_t sides, const uint32_t *side,
                               enum float_seed kind, double scale, uint64_t seed, struct arena *arena,
                               struct error *error);

/* The tensor `name` with exactly this shape. STATUS_INPUT: absent (the nearest known name is given) or another shape.
 */
enum status float_tensors_find(const struct float_tensors *tensors, const char *name, uint32_t sides,
                               const uint32_t *side, const struct float_tensor **found, struct error *error);

/* STATUS_INPUT if a tensor was never asked for: a layer is missing in the description. */
enum status float_tensors_all_used(const struct float_tensors *tensors, struct error *error);

#endif
