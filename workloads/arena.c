/* One malloc per allocation, chained: allocations are few and large (tensors) or few and small (layers), so that a
 * packing allocator would gain nothing. Left out on purpose: release of single allocations. */
#include "workloads/arena.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct arena_block {
	struct arena_block *next;
	max_align_t data[];
};

void *arena_take(struct arena *arena, size_t count, size_t element_bytes) {
	size_t room = SIZE_MAX - sizeof(struct arena_block);
	if (element_bytes != 0 && count > room / element_bytes) return NULL;
	struct arena_block *block = calloc(1, sizeof(struct arena_block) + count * element_bytes);
	if (!block) return NULL;
	block->next = arena->blocks;
	arena->blocks = block;
	return block->data;
}

char *arena_text(struct arena *arena, const char *text, size_t length) {
	char *copy = arena_take(arena, length + 1, 1);
	if (copy) memcpy(copy, text, length);
	return copy;
}

void arena_clear(struct arena *arena) {
	while (arena->blocks) {
		struct arena_block *next = arena->blocks->next;
		free(arena->blocks);
		arena->blocks = next;
	}
}
