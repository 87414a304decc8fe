/* Tokens from address ranges; see mapper_tokens.h.
 *
 * Of every space a list of the last accesses is kept: each address has at most one last writer and one last reader per
 * unit since then. A write takes the range away from all accesses before it, which it waited for; a read takes it from
 * earlier reads of the same unit.
 *
 * A room token is left out where it follows from the tokens taken so far (post overwrites what load wrote and an engine
 * has read since: the engine's token says it all). Data tokens are kept even then, because the state of a waiting unit
 * names what it waits for. */
#include "sim/mapper/mapper_tokens.h"

#include <stdlib.h>
#include <string.h>

struct access {
	uint64_t first, end;
	uint32_t command;
	enum unit_id unit;
	uint32_t writes;
};

struct access_list {
	struct access *items;
	size_t count, capacity;
};

/* Commands of every unit below these indices are complete. */
struct clock {
	uint32_t below[UNIT_COUNT];
};

struct token_tracker {
	struct access_list spaces[SPACE_COUNT];
	struct clock taken[UNIT_COUNT]; /* by tokens taken from that very unit */
	struct clock known[UNIT_COUNT]; /* by these and all that follows from them */
	struct clock *starts;           /* of each command: what was known when it started */
	uint32_t capacity;
};

struct token_tracker *token_tracker_create(void) {
	return calloc(1, sizeof(struct token_tracker));
}

void token_tracker_free(struct token_tracker *tracker) {
	if (!tracker) return;
	for (int i = 0; i < SPACE_COUNT; i++) free(tracker->spaces[i].items);
	free(tracker->starts);
	free(tracker);
}

void token_tracker_barrier(struct token_tracker *tracker, uint32_t index) {
	for (int i = 0; i < SPACE_COUNT; i++) tracker->spaces[i].count = 0;
	for (int me = 0; me < UNIT_COUNT; me++)
		for (int from = 0; from < UNIT_COUNT; from++)
			tracker->taken[me].below[from] = tracker->known[me].below[from] = index;
}

static enum status list_add(struct access_list *list, struct access item) {
	if (list->count == list->capacity) {
		const size_t capacity = list->capacity ? 2 * list->capacity : 16;
		struct access *items = realloc(list->items, capacity * sizeof *items);
		if (!items) return STATUS_MEMORY;
		list->items = items;
		list->capacity = capacity;
	}
	list->items[list->count++] = item;
	return STATUS_OK;
}

/* Takes [first, end) away from the accesses that `item`, the new one, stands for from now on. */
static enum status list_trim(struct access_list *list, const struct access *item) {
	const size_t count = list->count;
	for (size_t i = 0; i < count; i++) {
		struct access old = list->items[i];
		if (old.end <= item->first || old.first >= item->end) continue;
		if (!item->writes && (old.writes || old.unit != item->unit)) continue;
		struct access *left = &list->items[i];
		left->end = old.first < item->first ? item->first : old.first;
		if (old.end > item->end) {
			old.first = item->end;
			if (list_add(list, old) != STATUS_OK) return STATUS_MEMORY;
		}
	}
	size_t kept = 0;
	for (size_t i = 0; i < list->count; i++)
		if (list->items[i].first < list->items[i].end) list->items[kept++] = list->items[i];
	list->count = kept;
	return STATUS_OK;
}

/* The latest command + 1 of every other unit that must be complete; 0: none. */
struct waits {
	uint32_t data[UNIT_COUNT], room[UNIT_COUNT];
};

static void find_waits(const struct access_list *list, const struct touch *touch, enum unit_id me,
                       struct waits *waits) {
	for (size_t i = 0; i < list->count; i++) {
		const struct access *old = &list->items[i];
		if (old->unit == me || old->end <= touch->first || old->first >= touch->first + touch->count) continue;
		if (!touch->writes && !old->writes) continue;
		uint32_t *latest = touch->writes ? &waits->room[old->unit] : &waits->data[old->unit];
		if (old->command + 1 > *latest) *latest = old->command + 1;
	}
}

/* `me` learns that commands of `from` below `end` are complete, and all that the last of them knew. */
static void learn(struct token_tracker *tracker, enum unit_id me, uint32_t from, uint32_t end) {
	struct clock *known = &tracker->known[me];
	const struct clock *start = &tracker->starts[end - 1];
	tracker->taken[me].below[from] = end;
	if (end > known->below[from]) known->below[from] = end;
	for (int unit = 0; unit < UNIT_COUNT; unit++)
		if (start->below[unit] > known->below[unit]) known->below[unit] = start->below[unit];
}

static void set_tokens(struct token_tracker *tracker, struct command *commands, uint32_t index, enum unit_id me,
                       const struct waits *waits) {
	for (uint32_t from = 0; from < UNIT_COUNT; from++) {
		const uint32_t end = waits->data[from];
		if (end <= tracker->taken[me].below[from]) continue;
		commands[end - 1].give_data |= 1u << me;
		commands[index].take_data |= 1u << from;
		learn(tracker, me, from, end);
	}
	for (uint32_t from = 0; from < UNIT_COUNT; from++) {
		const uint32_t end = waits->room[from];
		if (end <= tracker->known[me].below[from]) continue;
		commands[end - 1].give_room |= 1u << me;
		commands[index].take_room |= 1u << from;
		learn(tracker, me, from, end);
	}
	tracker->starts[index] = tracker->known[me];
}

static enum status grow_starts(struct token_tracker *tracker, uint32_t index) {
	if (index < tracker->capacity) return STATUS_OK;
	const uint32_t capacity = 2 * index + 256;
	struct clock *starts = realloc(tracker->starts, capacity * sizeof *starts);
	if (!starts) return STATUS_MEMORY;
	tracker->starts = starts;
	tracker->capacity = capacity;
	return STATUS_OK;
}

enum status token_tracker_add(struct token_tracker *tracker, struct command *commands, uint32_t index,
                              const struct touch *touches, uint32_t touch_count) {
	const enum unit_id me = command_unit(&commands[index]);
	struct waits waits;
	memset(&waits, 0, sizeof waits);
	if (grow_starts(tracker, index) != STATUS_OK) return STATUS_MEMORY;
	for (uint32_t i = 0; i < touch_count; i++)
		find_waits(&tracker->spaces[touches[i].space], &touches[i], me, &waits);
	set_tokens(tracker, commands, index, me, &waits);
	for (uint32_t i = 0; i < touch_count; i++) {
		const struct touch *touch = &touches[i];
		const struct access item = {touch->first, touch->first + touch->count, index, me, touch->writes};
		struct access_list *list = &tracker->spaces[touch->space];
		enum status status = list_trim(list, &item);
		if (status == STATUS_OK) status = list_add(list, item);
		if (status != STATUS_OK) return status;
	}
	return STATUS_OK;
}
