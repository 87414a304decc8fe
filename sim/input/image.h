/* Image files and how one image becomes the values of a network's input map.
 *
 * Two kinds of file, plain or packed with gzip, known by their content:
 *   CIFAR-10 binary   records of 3073 bytes: label, then 32 x 32 red, green and blue bytes, raster order
 *   idx               16 bytes of header (00 00 08 03, count, height, width, big-endian), then height x width bytes
 * each; labels in a file beside it whose name has "labels" for "images" and "idx1" for "idx3"
 */
#ifndef SIM_INPUT_IMAGE_H
#define SIM_INPUT_IMAGE_H

#include <stdint.h>

#include "sim/base/status.h"
#include "sim/input/trace.h"

struct image_set;

/* Opens the file and keeps at most `count_limit` images (0: all). STATUS_IO where it cannot be read, STATUS_INPUT where
 * it is neither kind, truncated, or its labels are of another number; STATUS_MEMORY. *set is NULL on failure. */
enum status image_set_open(struct image_set **set, const char *path, uint32_t count_limit, struct error *error);

/* Whether the images are of the size the trace expects (trace.image_height, image_width, image_channels); else
 * STATUS_INPUT. */
enum status image_set_check(const struct image_set *set, const struct trace *trace, struct error *error);

uint32_t image_set_count(const struct image_set *set);
uint32_t image_set_height(const struct image_set *set);
uint32_t image_set_width(const struct image_set *set);
uint32_t image_set_channels(const struct image_set *set);

/* Pixels of image `index` < count, [channel][y][x], owned by the set; *label is its class or -1 where there are no
 * labels. `label` may be NULL. */
const uint8_t *image_set_read(const struct image_set *set, uint32_t index, int32_t *label);

/* NULL is allowed. */
void image_set_close(struct image_set *set);

/* Number of values of the input map: height x width x channels. */
size_t image_map_values(const struct trace *trace);

/* Values of the input map, [y][x][channel], from the pixels [channel][y][x] of one image of the trace's size: a ring of
 * trace.image_pad pixels of value 0 is added, a grey image is repeated on trace.image_repeat channels, each pixel goes
 * through trace.pixel. A map of kind bits holds +1 and -1. The pixels of an image that is larger than 1 x 1 become the
 * channels of a 1 x 1 map in the order [y][x][channel]; channels of a bits map beyond the image's are -1. The trace has
 * passed trace_check. */
void image_to_map(const struct trace *trace, const uint8_t *pixels, int16_t *map);

#endif
