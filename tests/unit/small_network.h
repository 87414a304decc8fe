/* Small networks of three classes on 8 x 8 images, made in a folder, compiled, and run both ways: bit for bit, and as
 * the float network in plain loops. */
#ifndef TESTS_UNIT_SMALL_NETWORK_H
#define TESTS_UNIT_SMALL_NETWORK_H

#include "sim/values/values.h"
#include "tests/unit/test_compile_folder.h"
#include "workloads/network.h"

enum { SMALL_IMAGES = 40, SMALL_LAYERS_MAX = 20 };

struct small_network {
	uint64_t random;
	struct test_folder folder;
	struct network network;
	struct arena arena;
	struct trace trace;
	struct values_network *values; /* of small_compile; NULL before */
};

/* Opens the folder with network.ini as it is given, or with the layers behind the usual input (pixels / 128). */
void small_open(struct small_network *small, uint64_t seed, const char *ini);
void small_open_layers(struct small_network *small, uint64_t seed, const char *layers);

/* -1 .. 1, evenly. */
double small_random(struct small_network *small);

/* Adds a tensor: +1 and -1, or multiples of 1 / 127 in -1 .. 1 with some 1 and -1, so that 8 bits hold them exactly. */
void small_weights(struct small_network *small, const char *name, const char *shape, size_t count, int is_sign);

/* Adds a batch norm for values of about `spread`, its gammas of both signs; has_zero: that of channel 2 is 0. */
void small_batch_norm(struct small_network *small, const char *name, size_t channels, double spread, int has_zero);

/* Compiles the folder as it is, with so many bits for all fixed weights, and makes the kernels of it. Fails the test
 * where that does not work. Again with other bits: what was compiled before is released. */
void small_compile(struct small_network *small, uint32_t bits);

/* A random image through the float network and the given kernels. The maps of the float network by layer, maps[0]
 * (`real`) being the image: release with reference_free. */
void small_run(struct small_network *small, struct values_network *values, double real[64],
               double *maps[SMALL_LAYERS_MAX], int32_t scores[3]);

/* Fails the test unless the scores of SMALL_IMAGES random images are proportional to the float network's, to
 * `tolerance` of their usual size. */
void small_scores_are_proportional(struct small_network *small, struct values_network *values, double tolerance);

void small_close(struct small_network *small);

#endif
