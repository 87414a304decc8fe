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
	fifo->seen_at = fifo->seen % fifo->capacity;
	return 1;
}

/* Takes in cycles up to `cycle`; at most `capacity` are later. */
static uint64_t takes_until(const struct fifo_state *fifo, uint64_t cycle) {
	uint64_t low = fifo->taken < fifo->capacity ? 0 : fifo->taken - fifo->capacity, high = fifo->taken;
	while (low < high) { /* bisection: cycles of takes only rise */
		uint64_t middle = low + (high - low) / 2;
		if (fifo->take_cycle[middle % fifo->capacity] <= cycle)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void fifo_evaluate_push(struct fifo_state *fifo, uint64_t cycle) {
	if (fifo->taken - fifo->seen > fifo->capacity) {
		fifo->seen = takes_until(fifo, cycle);
		fifo->seen_at = fifo->seen % fifo->capacity;
	}
	for (; fifo->take_cycle[fifo->seen_at] <= cycle; fifo->seen++)
		fifo->seen_at = fifo_next_place(fifo, fifo->seen_at);
	fifo_note_fill(fifo, fifo->pushed - fifo->seen);
}

uint64_t fifo_takes_ahead(const struct fifo_state *fifo) {
	if (!fifo->pushed) return 0;
	return fifo->taken - takes_until(fifo, fifo->push_cycle[(fifo->pushed - 1) % fifo->capacity]);
}

void fifo_finish(struct fifo_state *fifo) {
	while (fifo->evaluated < fifo->pushed) fifo_note_fill(fifo, fifo->evaluated + 1 - fifo->taken);
}
