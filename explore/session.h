/* One session of a sweep: its points through worker processes into the database, then the accuracy of the networks they
 * use. A session may be killed at any moment; the next one goes on with what has no row. */
#ifndef EXPLORE_SESSION_H
#define EXPLORE_SESSION_H

#include <signal.h>

#include "explore/sweep.h"
#include "explore/sweep_store.h"

struct session_options {
	uint32_t workers;
	int share;            /* 0: every point is mapped and run */
	int measure;          /* 0: accuracy is left out */
	int replace, retry;   /* another sweep of that name is deleted; points whose worker died are computed again */
	uint32_t part, parts; /* this shard, 1 .. parts; 1 of 1: all */
	uint64_t limit;       /* compute at most so many points; 0: all */
	int keep_layers;      /* every layer and counter of each point is stored too */
	int quiet;            /* no progress line */
	const volatile sig_atomic_t *stop;
};

struct session_counts {
	uint64_t points;   /* computed now */
	uint64_t found;    /* were there */
	uint64_t excluded; /* left out by constraints */
	uint64_t mapped, simulated, compiled;
	uint64_t measured;        /* networks whose accuracy was measured */
	double wall_s, measure_s; /* of which accuracy */
	double points_s, store_s; /* processor time of computing points in all processes; of storing them, part of it */
};

/* Everything the strategy of the sweep asks for. STATUS_INTERRUPTED after `stop`: what was computed is stored. */
enum status session_run(const struct sweep *sweep, struct sweep_store *store, const struct session_options *options,
                        struct session_counts *counts, struct error *error);

/* Parts of it, for strategies: computes the given points that have no row yet; measures what has no accuracy. */
struct session;
enum status session_open(struct session **session, const struct sweep *sweep, struct sweep_store *store,
                         const struct session_options *options, struct session_counts *counts, struct error *error);
/* For a sweep that the store has already: nothing is checked or written by this. */
enum status session_attach(struct session **session, const struct sweep *sweep, struct sweep_store *store,
                           const struct session_options *options, struct session_counts *counts, struct error *error);
enum status session_points(struct session *session, const uint64_t *points, uint64_t count, struct error *error);
enum status session_walk(struct session *session, struct error *error);
enum status session_measure(struct session *session, struct error *error);
/* Measures the networks of given points on `image_count` images. */
enum status session_measure_points(struct session *session, const uint64_t *points, uint64_t count,
                                   uint32_t image_count, struct error *error);
void session_close(struct session *session); /* NULL is allowed */

#endif
