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
int fifo_grow(struct fifo_state *fifo) {
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
	fifo->push_at = fifo->pushed % fifo->capacity;
	fifo->take_at = fifo->taken % fifo->capacity;
	fifo->evaluate_at = fifo->evaluated % fifo->capacity;
	return 1;
}

uint64_t fifo_takes_ahead(const struct fifo_state *fifo) {
	uint64_t ahead = 0;
	if (!fifo->pushed) return 0;
	const uint64_t push_cycle = fifo->push_cycle[(fifo->pushed - 1) % fifo->capacity];
	while (ahead < fifo->taken && ahead < fifo->capacity &&
	       fifo->take_cycle[(fifo->taken - 1 - ahead) % fifo->capacity] > push_cycle)
		ahead++;
	return ahead;
}

void fifo_finish(struct fifo_state *fifo) {
	while (fifo->evaluated < fifo->pushed) fifo_note_fill(fifo, fifo->evaluated + 1 - fifo->taken);
}
