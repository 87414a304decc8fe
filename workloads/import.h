/* Importers of networks that are already folded to integers: FOLDER/net.txt and its tensor files. */
#ifndef WORKLOADS_IMPORT_H
#define WORKLOADS_IMPORT_H

#include "sim/base/status.h"
#include "sim/input/trace.h"
#include "workloads/net_text.h"

/* Fills an empty trace from FOLDER/net.txt: a network with layers of kind `blend` is one of blend20-cifar10, any other
 * one of BNN-PYNQ. */
enum status import_network(const char *folder, struct trace *trace, struct error *error);

/* BNN-PYNQ: XNOR-popcount and 2-bit layers with thresholds. match > T <=> dot > 2 T - K with K terms; first layer
 * acc = 2 sum, so acc > T <=> sum > floor(T / 2). Scores are the last layer's acc, all of its outputs. */
enum status import_bnn_pynq(const struct net_text *net, struct trace *trace, struct error *error);

/* blend20-cifar10: its integer definition is the trace's affine post with post_shift 12. */
enum status import_blend20(const struct net_text *net, struct trace *trace, struct error *error);

/* Sets name, image and input map from the head of net.txt. */
enum status import_input(const struct net_text *net, struct trace *trace, struct error *error);

/* Appends an affine parameter tensor for `outputs` channels, zeroed, MP = MN = 1. */
enum status import_affine(struct trace *trace, const char *name, uint32_t outputs, uint32_t *tensor, int32_t **records,
                          struct error *error);

/* Reads int8 weights [rows][columns] into an int16 tensor. */
enum status import_int8(const struct net_text *net, const char *file_name, struct trace *trace, const char *name,
                        const char *suffix, uint32_t rows, uint32_t columns, uint32_t *tensor, struct error *error);

#endif
