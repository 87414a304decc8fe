/* NSGA-II of pagmo2 (Biscani and Izzo 2020) behind a C header; the only file that names pagmo is nsga2.cpp. Built
 * without the library (Debian: libpagmo-dev) nsga2_search says so. */
#ifndef EXPLORE_NSGA2_H
#define EXPLORE_NSGA2_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#include "sim/base/status.h"

struct nsga2_problem {
	uint32_t axes, objectives;
	const uint32_t *counts; /* choices of each axis */
	uint32_t population;    /* a multiple of 4, at least 8 */
	uint32_t generations;
	uint32_t seed;
	void *context;
	/* Costs (to be minimised) of `count` individuals, each of `axes` choices; any other status than STATUS_OK ends
	 * the search. */
	enum status (*evaluate)(void *context, const uint32_t *choices, size_t count, double *costs,
	                        struct error *error);
};

/* 1 if this build has pagmo2. */
int nsga2_is_available(void);

/* Runs the search; what was found is what `evaluate` saw. The same problem and seed ask for the same individuals.
 * STATUS_FAILED without the library. */
enum status nsga2_search(const struct nsga2_problem *problem, struct error *error);

#ifdef __cplusplus
}
#endif

#endif
