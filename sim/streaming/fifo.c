/* See state.h: a FIFO as the cycles of its pushes and takes. Its fill after a push is known when the first take of a
 * later cycle is known; a take in the cycle of the push counts as before it. */
#include <stdlib.h>

#include "sim/streaming/state.h"

enum { FIRST_CAPACITY = 64 };

enum status fifo_begin(struct fifo_state *fifo, const struct fifo *built, int is_unbounded) {
	fifo->depth = is_unbounded ? UINT64_MAX / 2 : built->depth_words;
	fifo->capacity = is_unbounded ? FIRST_CAPACITY : built->depth_words;
	fifo->from = built->from;
	fifo->to = built->to;
	fifo->push_cycle = calloc(fifo->capacity, sizeof *fifo->push_cycle);
	fifo->take_cycle = calloc(fifo->capacity, sizeof *fifo->take_cycle);
	return fifo->push_cycle && fifo->take_cycle ? STATUS_OK : STATUS_MEMORY;
}

void fifo_free(struct fifo_state *fifo) {
	free(fifo->push_cycle);
	free(fifo->take_cycle);
}

static uint64_t *spread(const uint64_t *ring, uint64_t capacity, uint64_t end) {
	uint64_t *wider = calloc(2 * capacity, sizeof *wider);
	if (!wider) return NULL;
	for (uint64_t n = end < capacity ? 0 : end - capacity; n < end; n++)
		wider[n % (2 * capacity)] = ring[n % capacity];
	return wider;
}

/* Twice the places of an unbounded FIFO. */
static int grow(struct fifo_state *fifo) {
	uint64_t *push_cycle = spread(fifo->push_cycle, fifo->capacity, fifo->pushed);
	uint64_t *take_cycle = spread(fifo->take_cycle, fifo->capacity, fifo->taken);
	if (!push_cycle || !take_cycle) {
		free(push_cycle);
		free(take_cycle);
		return 0;
	}
	fifo_free(fifo);
	fifo->push_cycle = push_cycle;
	fifo->take_cycle = take_cycle;
	fifo->capacity *= 2;
	return 1;
}

static void note_fill(struct fifo_state *fifo, uint64_t fill) {
	if (fill > fifo->highest_fill) fifo->highest_fill = fill;
	fifo->evaluated++;
}

int fifo_push(struct fifo_state *fifo, uint64_t cycle) {
	if (fifo->pushed - fifo->taken == fifo->capacity && !grow(fifo)) return 0;
	fifo->push_cycle[fifo->pushed % fifo->capacity] = cycle;
	fifo->pushed++;
	fifo->words++;
	if (fifo->evaluated + 1 != fifo->pushed || !fifo->taken) return 1;
	/* Takes later than this push that are known already: it found them not yet done. */
	uint64_t done = fifo->taken;
	while (done && done + fifo->capacity > fifo->taken && fifo->take_cycle[(done - 1) % fifo->capacity] > cycle)
		done--;
	if (done < fifo->taken) note_fill(fifo, fifo->pushed - done);
	return 1;
}

void fifo_take(struct fifo_state *fifo, uint64_t cycle) {
	while (fifo->evaluated < fifo->pushed && fifo->push_cycle[fifo->evaluated % fifo->capacity] < cycle)
		note_fill(fifo, fifo->evaluated + 1 - fifo->taken);
	fifo->take_cycle[fifo->taken % fifo->capacity] = cycle;
	fifo->taken++;
}

void fifo_finish(struct fifo_state *fifo) {
	while (fifo->evaluated < fifo->pushed) note_fill(fifo, fifo->evaluated + 1 - fifo->taken);
}
