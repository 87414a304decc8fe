/* Convolutions on plain tensors for the executor's tests: naive sums, and the packing of words from PROGRAM.md section
 * 2, written apart from the executor's. Tensors: weights[output][ky][kx][channel], map[y][x][channel]; of the binary
 * engine 0 and 1. */
#ifndef TESTS_UNIT_CONV_SHAPES_H
#define TESTS_UNIT_CONV_SHAPES_H

#include "tests/unit/test_executor_machine.h"

enum padding { PADDING_MASKED, PADDING_MINUS, PADDING_PLUS };

/* A convolution that computes output rows first_row .. first_row + rows - 1. */
struct shape {
	uint32_t height, width, channels, outputs, kernel, stride, pad, first_row, rows, output_width;
	uint32_t low_row, high_row; /* input rows its windows touch, high_row excluded */
	enum padding padding;
};

/* Fills in the rows and the output's width: all rows, or with a seed some of them. */
void finish_shape(struct shape *s, uint64_t *seed);

/* Place in `weights`; with output s->outputs and the rest 0 their count. */
size_t weight_at(const struct shape *s, uint32_t o, uint32_t ky, uint32_t kx, uint32_t c);

/* Puts rows low_row .. high_row - 1 of the map, the weights of either packing (binary) or of all taps or one (fixed),
 * and the border constants of all classes into their buffers, from word `base` on. */
void load_map(struct rig *rig, const struct shape *s, const int16_t *map, int is_bits, uint32_t base, uint32_t low_row,
              uint32_t high_row);
void load_binary_weights(struct rig *rig, const struct shape *s, const int16_t *weights, int window, uint32_t base);
void load_border(struct rig *rig, const struct shape *s, const int16_t *weights, uint32_t base);
void load_fixed_weights(struct rig *rig, const struct shape *s, const int16_t *weights, int one_tap, uint32_t base);

/* BINARY_CONV or FIXED_CONV of layer 2; base: first words of input, weights, border constants and sums. */
struct command conv_command(const struct rig *rig, const struct shape *s, enum opcode opcode, uint32_t flags,
                            const uint32_t base[4]);

/* Fails the test where a sum of the command differs from the naive loop's. */
void check_sums(struct rig *rig, const struct shape *s, const int16_t *map, const int16_t *weights, int binary,
                uint32_t flags, uint32_t base);

#endif
