/* Memory of one compilation: many small allocations, all released together.
 *
 * The compiler's passes build a graph whose parts live equally long; an arena owns them, so that no pass has a
 * release path of its own. What outlives the compilation (the trace) is allocated with malloc instead.
 */
#ifndef WORKLOADS_ARENA_H
#define WORKLOADS_ARENA_H

#include <stddef.h>

struct arena {
	struct arena_block *blocks; /* NULL: empty; a zeroed struct is a valid, empty arena */
};

/* `count` zeroed elements of `element_bytes`; NULL if memory is short or the product overflows. Never NULL for 0. */
void *arena_take(struct arena *arena, size_t count, size_t element_bytes);

/* A copy of `length` bytes of `text` and a terminating 0; NULL if memory is short. */
char *arena_text(struct arena *arena, const char *text, size_t length);

/* Releases everything; the arena is empty and can be used again. */
void arena_clear(struct arena *arena);

#endif
