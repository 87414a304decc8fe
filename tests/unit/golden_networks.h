/* Traces of the trained networks in the data folder, made directly from their plain files: the integers of
 * blend20-cifar10 and the bits and thresholds of the BNN-PYNQ networks. Only for tests: the compiler does this for
 * users. */
#ifndef TESTS_UNIT_GOLDEN_NETWORKS_H
#define TESTS_UNIT_GOLDEN_NETWORKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/input/trace.h"

/* Whole file in memory from malloc, or NULL. */
void *golden_file(const char *folder, const char *name, size_t *bytes);

/* False where the folder is absent. Aborts on malformed files. */
bool golden_blend20(struct trace *trace, const char *data_folder);
bool golden_bnn_pynq(struct trace *trace, const char *data_folder, const char *network);

#endif
