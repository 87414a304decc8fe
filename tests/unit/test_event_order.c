/* Do events come out by cycle, whatever the order they are put in, and none before it is known to be the earliest? */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sim/run/event_order.h"

static void put(struct event_order *order, enum machine_event_kind kind, uint64_t cycle, enum unit_id unit) {
	struct machine_event event = {kind, unit, 0, cycle, cycle};
	assert_true(event_order_push(order, &event));
}

static void nothing_comes_out_early(void **state) {
	(void)state;
	struct event_order *order = event_order_create();
	struct ordered_event out;
	assert_non_null(order);
	assert_false(event_order_pop(order, &out));
	put(order, EVENT_GRANT, 5, UNIT_BINARY);
	put(order, EVENT_DONE, 9, UNIT_BINARY);
	assert_false(event_order_pop(order, &out)); /* another event of cycle 5 may come */
	put(order, EVENT_ACCEPT, 6, UNIT_FIXED);
	assert_true(event_order_pop(order, &out));
	assert_int_equal(out.event.cycle, 5);
	assert_false(event_order_pop(order, &out)); /* one before 9 may come */
	put(order, EVENT_DONE, 20, UNIT_FIXED);     /* told ahead: says nothing about the present */
	assert_false(event_order_pop(order, &out));
	event_order_end(order);
	for (uint64_t i = 0; i < 3; i++) {
		static const uint64_t cycles[] = {6, 9, 20};
		assert_true(event_order_pop(order, &out));
		assert_int_equal(out.event.cycle, cycles[i]);
	}
	assert_false(event_order_pop(order, &out));
	event_order_free(order);
	event_order_free(NULL);
}

static void one_cycle_has_one_order(void **state) {
	(void)state;
	for (int turn = 0; turn < 2; turn++) {
		struct event_order *order = event_order_create();
		struct ordered_event out;
		if (turn) put(order, EVENT_DONE, 3, UNIT_LOAD);
		put(order, EVENT_GRANT, 3, UNIT_POST);
		put(order, EVENT_GRANT, 3, turn ? UNIT_BINARY : UNIT_STORE);
		put(order, EVENT_GRANT, 3, turn ? UNIT_STORE : UNIT_BINARY);
		if (!turn) put(order, EVENT_DONE, 3, UNIT_LOAD);
		assert_true(event_order_push_moment(order, 3));
		event_order_end(order);
		assert_true(event_order_pop(order, &out) && out.is_moment);
		static const enum unit_id units[] = {UNIT_BINARY, UNIT_POST, UNIT_STORE, UNIT_LOAD};
		for (int i = 0; i < 4; i++) {
			assert_true(event_order_pop(order, &out));
			assert_false(out.is_moment);
			assert_int_equal(out.event.unit, units[i]);
		}
		event_order_free(order);
	}
}

static void many_are_sorted(void **state) {
	(void)state;
	struct event_order *order = event_order_create();
	struct ordered_event out;
	uint64_t random = 1, last_cycle = 0;
	uint32_t count = 0;
	for (int i = 0; i < 5000; i++) {
		random = random * 6364136223846793005u + 1442695040888963407u;
		put(order, EVENT_DONE, random >> 40, UNIT_LOAD);
	}
	event_order_end(order);
	while (event_order_pop(order, &out)) {
		assert_true(out.event.cycle >= last_cycle);
		last_cycle = out.event.cycle;
		count++;
	}
	assert_int_equal(count, 5000);
	event_order_free(order);
}

int main(void) {
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(nothing_comes_out_early),
	    cmocka_unit_test(one_cycle_has_one_order),
	    cmocka_unit_test(many_are_sorted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
