/* The figures of a row: what a simulation of either organisation gives a point. */
#ifndef EXPLORE_POINT_FIGURES_H
#define EXPLORE_POINT_FIGURES_H

#include "explore/point.h"
#include "sim/run/simulation.h"

/* Fills the members of `row` from `exactness` on. The simulation has been timed and estimated; of a time-shared one
 * result.layers[0] is the sum of all layers.
 *
 *                        time_shared                                streaming
 *   limit_unit           the unit that works in the most cycles     the stage that waits least in the steady state
 *   limit_share          busy and fill_drain cycles over the run's  over those of a period
 *   memory_share         its cycles waiting for memory              the same
 *   binary_utilisation   needed bit operations over the engine's    needed bit operations of a frame over the peak of
 *                        peak in the run                            all 1 x 1 bit lanes in the cycles of a frame; 0
 *                                                                   without such lanes
 */
void point_figures(const struct simulation *simulation, struct point_row *row);

#endif
