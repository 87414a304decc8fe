/* See event_order.h. A binary heap; it holds what a few commands a unit have announced, some dozens of entries. */
#include "sim/run/event_order.h"

#include <stdlib.h>

struct event_order {
	struct ordered_event *heap;
	uint32_t count, capacity;
	uint64_t complete_before_cycle; /* no event of an earlier cycle can come */
};

struct event_order *event_order_create(void) {
	return calloc(1, sizeof(struct event_order));
}

void event_order_free(struct event_order *order) {
	if (!order) return;
	free(order->heap);
	free(order);
}

static int comes_before(const struct ordered_event *a, const struct ordered_event *b) {
	if (a->event.cycle != b->event.cycle) return a->event.cycle < b->event.cycle;
	if (a->is_moment != b->is_moment) return a->is_moment;
	if (a->event.kind != b->event.kind) return a->event.kind < b->event.kind;
	if (a->event.unit != b->event.unit) return a->event.unit < b->event.unit;
	if (a->event.command != b->event.command) return a->event.command < b->event.command;
	return a->event.end_cycle < b->event.end_cycle;
}

static int insert(struct event_order *order, const struct ordered_event *event) {
	if (order->count == order->capacity) {
		uint32_t capacity = order->capacity ? 2 * order->capacity : 64;
		struct ordered_event *grown = realloc(order->heap, capacity * sizeof *grown);
		if (!grown) return 0;
		order->heap = grown;
		order->capacity = capacity;
	}
	uint32_t at = order->count++;
	while (at > 0 && comes_before(event, &order->heap[(at - 1) / 2])) {
		order->heap[at] = order->heap[(at - 1) / 2];
		at = (at - 1) / 2;
	}
	order->heap[at] = *event;
	return 1;
}

int event_order_push(struct event_order *order, const struct machine_event *event) {
	struct ordered_event entry = {0, *event};
	int is_present = event->kind == EVENT_ACCEPT || event->kind == EVENT_GRANT;
	if (is_present && event->cycle > order->complete_before_cycle) order->complete_before_cycle = event->cycle;
	return insert(order, &entry);
}

int event_order_push_moment(struct event_order *order, uint64_t cycle) {
	struct ordered_event entry = {1, {.cycle = cycle}};
	return insert(order, &entry);
}

int event_order_pop(struct event_order *order, struct ordered_event *event) {
	if (!order->count || order->heap[0].event.cycle >= order->complete_before_cycle) return 0;
	*event = order->heap[0];
	const struct ordered_event last = order->heap[--order->count];
	uint32_t at = 0;
	for (uint32_t child = 1; child < order->count; child = 2 * at + 1) {
		if (child + 1 < order->count && comes_before(&order->heap[child + 1], &order->heap[child])) child++;
		if (!comes_before(&order->heap[child], &last)) break;
		order->heap[at] = order->heap[child];
		at = child;
	}
	order->heap[at] = last;
	return 1;
}

void event_order_end(struct event_order *order) {
	order->complete_before_cycle = UINT64_MAX;
}
