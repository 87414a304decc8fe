/* Tokens from address ranges; see mapper_tokens.h.
 *
 * Of every space two lists of the last accesses are kept, writes and reads: each address has at most one last writer,
 * and what was read since then. A write takes its range away from all accesses before it, which it waited for. A read
 * takes nothing away: a later write of the range waits for the latest reads of each unit, whatever earlier ones are
 * listed; so a read looks at the writes alone, and most buffers of weights have none behind the preamble.
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
};

/* Of every unit the commands below an index. */
struct clock {
	uint32_t below[UNIT_COUNT];
};

struct access_list {
	struct access *items;
	size_t count, capacity;
	struct clock latest; /* every access in the list, and some that are not any more, is below */
};

struct space {
	struct access_list writes, reads;
};

struct token_tracker {
	struct space spaces[SPACE_COUNT];
	struct clock taken[UNIT_COUNT]; /* known to be complete by tokens taken from that very unit */
	struct clock known[UNIT_COUNT]; /* by these and all that follows from them */
	struct clock *starts;           /* of each command: what was known when it started */
	uint32_t capacity;
};

struct token_tracker *token_tracker_create(void) {
	return calloc(1, sizeof(struct token_tracker));
}

void token_tracker_free(struct token_tracker *tracker) {
	if (!tracker) return;
	for (int i = 0; i < SPACE_COUNT; i++) {
		free(tracker->spaces[i].writes.items);
		free(tracker->spaces[i].reads.items);
	}
	free(tracker->starts);
	free(tracker);
}

void token_tracker_barrier(struct token_tracker *tracker, uint32_t index) {
	for (int i = 0; i < SPACE_COUNT; i++) tracker->spaces[i].writes.count = tracker->spaces[i].reads.count = 0;
	for (int me = 0; me < UNIT_COUNT; me++)
		for (int from = 0; from < UNIT_COUNT; from++)
			tracker->taken[me].below[from] = tracker->known[me].below[from] = index;
}

static void note_latest(struct access_list *list, const struct access *item) {
	uint32_t *below = &list->latest.below[item->unit];
	if (item->command >= *below) *below = item->command + 1;
}

static enum status list_add(struct access_list *list, struct access item) {
	if (list->count == list->capacity) {
		const size_t capacity = list->capacity ? 2 * list->capacity : 32;
		struct access *items = realloc(list->items, capacity * sizeof *items);
		if (!items) return STATUS_MEMORY;
		list->items = items;
		list->capacity = capacity;
	}
	list->items[list->count++] = item;
	note_latest(list, &item);
	return STATUS_OK;
}

/* Takes the range of `item` away from all accesses of the list. */
static enum status list_trim(struct access_list *list, const struct access *item) {
	for (size_t i = list->count; i-- > 0;) { /* backwards: what is appended is outside the range */
		struct access *old = &list->items[i];
		if (old->end <= item->first || old->first >= item->end) continue;
		const struct access behind = {item->end, old->end, old->command, old->unit};
		if (old->first < item->first)
			old->end = item->first;
		else
			*old = list->items[--list->count];
		if (behind.first < behind.end && list_add(list, behind) != STATUS_OK) return STATUS_MEMORY;
	}
	return STATUS_OK;
}

static enum status space_add(struct space *space, const struct access *item, uint32_t writes) {
	if (!writes) {
		struct access_list *reads = &space->reads;
		struct access *last = reads->count ? &reads->items[reads->count - 1] : NULL;
		if (last && last->unit == item->unit && last->first == item->first && last->end == item->end) {
			last->command = item->command; /* the same weights, band after band */
			note_latest(reads, item);
			return STATUS_OK;
		}
		return list_add(reads, *item);
	}
	enum status status = list_trim(&space->writes, item);
	if (status == STATUS_OK) status = list_trim(&space->reads, item);
	return status == STATUS_OK ? list_add(&space->writes, *item) : status;
}

/* The latest command + 1 of every other unit that must be complete; 0: none. */
struct waits {
	uint32_t data[UNIT_COUNT], room[UNIT_COUNT];
};

/* Into latest: the last command + 1 of each other unit that overlaps the touch. Left out where `known` says that all of
 * the list is complete: set_tokens would not look at it. */
static void find_latest(const struct access_list *list, const struct touch *touch, enum unit_id me,
                        const struct clock *known, uint32_t latest[UNIT_COUNT]) {
	const uint64_t first = touch->first, end = touch->first + touch->count;
	uint32_t news = 0;
	for (uint32_t unit = 0; unit < UNIT_COUNT; unit++)
		news |= (uint32_t)(list->latest.below[unit] > known->below[unit]) << unit;
	if (!(news & ~(1u << me))) return;
	for (size_t i = 0; i < list->count; i++) {
		const struct access *old = &list->items[i];
		if (old->end <= first || old->first >= end || old->unit == me) continue;
		if (old->command + 1 > latest[old->unit]) latest[old->unit] = old->command + 1;
	}
}

static void find_waits(const struct token_tracker *tracker, const struct touch *touch, enum unit_id me,
                       struct waits *waits) {
	const struct space *space = &tracker->spaces[touch->space];
	if (touch->writes) {
		find_latest(&space->writes, touch, me, &tracker->known[me], waits->room);
		find_latest(&space->reads, touch, me, &tracker->known[me], waits->room);
	} else {
		find_latest(&space->writes, touch, me, &tracker->taken[me], waits->data);
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
	for (uint32_t i = 0; i < touch_count; i++) find_waits(tracker, &touches[i], me, &waits);
	set_tokens(tracker, commands, index, me, &waits);
	for (uint32_t i = 0; i < touch_count; i++) {
		const struct touch *touch = &touches[i];
		const struct access item = {touch->first, touch->first + touch->count, index, me};
		if (space_add(&tracker->spaces[touch->space], &item, touch->writes) != STATUS_OK) return STATUS_MEMORY;
	}
	return STATUS_OK;
}
