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
	fifo->push_at = fifo->pushed % fifo->capacity;
	fifo->take_at = fifo->taken % fifo->capacity;
	fifo->evaluate_at = fifo->evaluated % fifo->capacity;
	return 1;
}

static uint64_t next_place(const struct fifo_state *fifo, uint64_t place) {
	return place + 1 == fifo->capacity ? 0 : place + 1;
}

static void note_fill(struct fifo_state *fifo, uint64_t fill) {
	if (fill > fifo->highest_fill) fifo->highest_fill = fill;
	fifo->evaluated++;
	fifo->evaluate_at = next_place(fifo, fifo->evaluate_at);
}

int fifo_push(struct fifo_state *fifo, uint64_t cycle) {
	if (fifo->pushed - fifo->taken == fifo->capacity && !grow(fifo)) return 0;
	fifo->push_cycle[fifo->push_at] = cycle;
	fifo->push_at = next_place(fifo, fifo->push_at);
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

uint64_t fifo_takes_ahead(const struct fifo_state *fifo) {
	uint64_t ahead = 0;
	if (!fifo->pushed) return 0;
	const uint64_t push_cycle = fifo->push_cycle[(fifo->pushed - 1) % fifo->capacity];
	while (ahead < fifo->taken && ahead < fifo->capacity &&
	       fifo->take_cycle[(fifo->taken - 1 - ahead) % fifo->capacity] > push_cycle)
		ahead++;
	return ahead;
}

/* Whether the take that the next one overwrites comes later than a push that is still to come may come: a FIFO with
 * room for any number of words may be fuller in time than it ever is in the order of the steps. */
static int is_needed(const struct fifo_state *fifo) {
	return fifo->depth > UINT32_MAX && fifo->taken >= fifo->capacity &&
	       fifo->take_cycle[fifo->taken % fifo->capacity] > fifo->push_cycle[(fifo->pushed - 1) % fifo->capacity];
}

int fifo_take(struct fifo_state *fifo, uint64_t cycle) {
	if (is_needed(fifo) && !grow(fifo)) return 0;
	while (fifo->evaluated < fifo->pushed && fifo->push_cycle[fifo->evaluate_at] < cycle)
		note_fill(fifo, fifo->evaluated + 1 - fifo->taken);
	fifo->take_cycle[fifo->take_at] = cycle;
	fifo->take_at = next_place(fifo, fifo->take_at);
	fifo->taken++;
	return 1;
}

void fifo_finish(struct fifo_state *fifo) {
	while (fifo->evaluated < fifo->pushed) note_fill(fifo, fifo->evaluated + 1 - fifo->taken);
}
