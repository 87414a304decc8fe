/* Worker processes that compute rows. A worker may die at any moment without losing more than its row.
 *
 * The parent forks the workers; each has two slots of shared memory with items to do and rows done. A worker counts a
 * row as done only when it is complete, so that after its death the rows before are kept, and the item at which it died
 * is known. That item is tried once more, alone; when its worker dies again, `died` fills the row. Nobody but the
 * parent touches files or databases.
 */
#ifndef EXPLORE_POOL_H
#define EXPLORE_POOL_H

#include <signal.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/base/status.h"

enum { POOL_WORKERS_MAX = 256, POOL_COUNTS = 8 };

struct pool_job {
	size_t row_bytes;
	uint32_t chunk_items; /* most items given at once */
	uint32_t workers;
	void *context;
	/* In the worker, once before its first item: its own state (passed to `work`); NULL: it exits as if it had
	 * died. */
	void *(*begin)(void *context);
	/* In the worker: fills the zeroed row. */
	void (*work)(void *state, uint64_t item, void *row);
	/* In the worker, after every chunk: numbers to be summed over all workers (may be NULL). */
	void (*count)(void *state, uint64_t counts[POOL_COUNTS]);
	/* In the parent: up to `most` next items; 0 at the end. */
	size_t (*next)(void *context, uint64_t *items, size_t most);
	/* In the parent: a row, in any order. A failure ends the job. */
	enum status (*result)(void *context, uint64_t item, const void *row, struct error *error);
	/* In the parent: fills the row of an item whose worker died twice; `signal_number` 0: it exited. */
	void (*died)(void *context, uint64_t item, int signal_number, void *row);
	/* In the parent, several times a second (may be NULL). A failure ends the job. */
	enum status (*tick)(void *context, struct error *error);
	const volatile sig_atomic_t *stop; /* may be NULL; set: the items under way are finished, or given up
	                                      after a second, then it returns */
};

/* Runs all items. STATUS_INTERRUPTED after `stop`; STATUS_MEMORY, STATUS_FAILED where processes cannot be made, or what
 * result and tick say. No worker is left when it returns. `counts` (may be NULL) are the sums. */
enum status pool_run(const struct pool_job *job, uint64_t counts[POOL_COUNTS], struct error *error);

#endif
