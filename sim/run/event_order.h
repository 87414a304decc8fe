/* Machine events in the order of their cycles.
 *
 * A unit tells of an event when it is decided, often cycles ahead of the event's own cycle, so events do not come in
 * the order of time. This queue sorts them: by cycle, then kind, unit and command, so that the order in which units are
 * woken within a cycle does not show. What can still be preceded by a later event stays in the queue.
 */
#ifndef SIM_RUN_EVENT_ORDER_H
#define SIM_RUN_EVENT_ORDER_H

#include <stdint.h>

#include "sim/machine/machine.h"

struct event_order; /* opaque */

/* NULL when out of memory. event_order_free allows NULL. */
struct event_order *event_order_create(void);
void event_order_free(struct event_order *order);

/* Puts an event in. An ACCEPT or GRANT is told in its own cycle, so all before that cycle is then known to be complete.
 * Returns 0 when out of memory (the event is lost). */
int event_order_push(struct event_order *order, const struct machine_event *event);

/* Puts a moment in, at which the caller wants to look again without anything new: comes out with is_moment set. Returns
 * 0 when out of memory. */
int event_order_push_moment(struct event_order *order, uint64_t cycle);

struct ordered_event {
	int is_moment; /* only event.cycle is set */
	struct machine_event event;
};

/* Takes the earliest event out if nothing can come before it any more; returns 0 if there is none. */
int event_order_pop(struct event_order *order, struct ordered_event *event);

/* Nothing more will be put in: lets event_order_pop take out all the rest. */
void event_order_end(struct event_order *order);

#endif
