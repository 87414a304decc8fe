/* Top-1 of compiled networks, once per distinct network: the layer kernels on images. */
#ifndef EXPLORE_ACCURACY_H
#define EXPLORE_ACCURACY_H

#include "explore/sweep.h"
#include "explore/sweep_store.h"

/* Hash of the first `count` images and labels of a file (16 hex digits). STATUS_INPUT if it has fewer, or no labels. */
enum status accuracy_images_hash(const char *images, uint32_t count, char hash[SWEEP_HASH_BYTES], struct error *error);

/* Compiles the network of the configuration and evaluates `count` images. STATUS_INPUT for a network without trained
 * weights, or images of another size. */
enum status accuracy_measure(const struct config *config, const char *images, uint32_t count,
                             struct sweep_accuracy *accuracy, struct error *error);

/* sqrt(p (1 - p) / n) */
double accuracy_standard_error(uint32_t correct, uint32_t count);

#endif
