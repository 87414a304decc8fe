/* Which points of the space a sweep visits, in which order: position 0 .. walk_count - 1. Nothing is kept in memory and
 * any position can be asked for, so that shards and resumed sweeps need no list.
 *
 *   grid     every point, in order
 *   random   `count` different points, drawn without replacement: the first places of a permutation of the space
 *   latin    Latin hypercube: `count` points; on each axis every value is taken count / values times (rounded up or
 *            down), paired at random. Two positions may give the same point.
 */
#ifndef EXPLORE_WALK_H
#define EXPLORE_WALK_H

#include "explore/sweep.h"

uint64_t walk_count(const struct sweep *sweep);

uint64_t walk_point(const struct sweep *sweep, uint64_t position);

/* Place `index` of a permutation of 0 .. count - 1, another one for each seed. */
uint64_t walk_permute(uint64_t index, uint64_t count, uint64_t seed);

#endif
