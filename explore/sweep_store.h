/* Sweeps in the result database: the tables of explore/sweep.sql. The only module of this folder that knows SQL.
 *
 * Rows are gathered and written a thousand at a time, each batch in one short transaction begun IMMEDIATE; a batch that
 * was written is there after any death. Failures are STATUS_IO (cannot be opened, locked, disk full) or STATUS_INPUT
 * (not such a database, damaged), with a sentence that names the file.
 */
#ifndef EXPLORE_SWEEP_STORE_H
#define EXPLORE_SWEEP_STORE_H

#include <stdint.h>
#include <stdio.h>

#include "explore/point.h"
#include "explore/sweep.h"
#include "sim/store/database.h"

enum { SWEEP_HASH_BYTES = 17 };

struct sweep_store;

/* Opens, and makes the tables; with create = 0 the file must be there (and is not written to). */
enum status sweep_store_open(struct sweep_store **store, const char *path, int create, struct error *error);
/* Rows that were not flushed are lost. NULL is allowed. */
void sweep_store_close(struct sweep_store *store);

/* What the database says of a sweep beside its space. */
struct sweep_head {
	char fingerprint[SWEEP_HASH_BYTES];
	char program_version[32];
	char images_hash[SWEEP_HASH_BYTES]; /* empty: accuracy is not measured */
};

/* Makes the sweep known, or checks that the one of that name is the same: STATUS_INPUT with what differs. `replace`:
 * one that differs is deleted first. Objectives, condition and images are taken over in any case. */
enum status sweep_store_begin(struct sweep_store *store, const struct sweep *sweep, const struct sweep_head *head,
                              int replace, struct error *error);

/* Deletes the rows of points whose worker died, so that they are computed again. */
enum status sweep_store_forget_dead(struct sweep_store *store, const char *name, struct error *error);

/* Fills sweep (sweep_clear) and head. `name` NULL: the only one. STATUS_INPUT with the known names. */
enum status sweep_store_load(struct sweep_store *store, const char *name, struct sweep *sweep, struct sweep_head *head,
                             struct error *error);

/* Rows stored of the sweep. */
enum status sweep_store_count(struct sweep_store *store, const char *name, uint64_t *count, struct error *error);

/* Whether the point has a row (those gathered but not yet written do not count). */
enum status sweep_store_has(struct sweep_store *store, const char *name, uint64_t point, int *has, struct error *error);
/* The same, and where it is ok a run too. */
enum status sweep_store_has_run(struct sweep_store *store, const char *name, uint64_t point, int *has,
                                struct error *error);

/* Gathers a row; writes when a thousand are there. `setting` is copied. */
enum status sweep_store_add(struct sweep_store *store, const char *name, const struct point_row *row,
                            const char *setting, struct error *error);
/* The same with a run of the point, whose id is copied: sweep_store_put_run has written it. NULL or empty: none. */
enum status sweep_store_add_with_run(struct sweep_store *store, const char *name, const struct point_row *row,
                                     const char *setting, const char *run, struct error *error);
enum status sweep_store_flush(struct sweep_store *store, struct error *error);

/* Calls `take` for every row in the order of the points; what is null is NAN, empty or -1 (fits). `take` may not use
 * the store. A row that is not ok has no figures (all zero). */
enum status sweep_store_each(struct sweep_store *store, const char *name,
                             enum status (*take)(void *context, const struct point_row *row, struct error *error),
                             void *context, struct error *error);
/* One row; STATUS_INPUT if there is none. */
enum status sweep_store_point(struct sweep_store *store, const char *name, uint64_t point, struct point_row *row,
                              struct error *error);

/* Writes a run with every layer and counter at once, as nbsim does; one of the same id is replaced. */
enum status sweep_store_put_run(struct sweep_store *store, const struct run_record *run, struct error *error);
/* The id of the run of a point; an empty one if it has none. */
enum status sweep_store_run_of(struct sweep_store *store, const char *name, uint64_t point, char run[RUN_ID_BYTES],
                               struct error *error);

/* Accuracy. */
struct sweep_accuracy {
	uint64_t network; /* as in struct point_row */
	uint32_t image_count, correct;
	double top1, top1_standard_error;
};
enum status sweep_store_put_accuracy(struct sweep_store *store, const struct sweep_accuracy *accuracy,
                                     const char *images_hash, const char *images, struct error *error);
/* Every network of the sweep with its accuracy over the most images, sorted by hash; free *list. */
enum status sweep_store_accuracies(struct sweep_store *store, const char *name, struct sweep_accuracy **list,
                                   size_t *count, struct error *error);
/* Networks of ok points that have no accuracy of that image set: one point of each, in order; free *points. */
enum status sweep_store_unmeasured(struct sweep_store *store, const char *name, const char *images_hash,
                                   uint64_t **points, size_t *count, struct error *error);

/* Wall-clock figures of one session. */
enum status sweep_store_put_host(struct sweep_store *store, const char *name, uint32_t workers, double wall_s,
                                 uint64_t points, uint64_t mapped, uint64_t simulated, struct error *error);

/* Takes over every sweep and accuracy of another database. STATUS_INPUT where a sweep of the same name is another, or a
 * point that both have differs. *added is the number of new points. */
enum status sweep_store_merge(struct sweep_store *store, const char *part, uint64_t *added, struct error *error);

/* A table of the sweeps: name, points, ok, question. */
enum status sweep_store_list(struct sweep_store *store, FILE *out, struct error *error);

#endif
