/* Network description as text: the sections of network.ini in order, expressions and repetitions expanded.
 *
 * {EXPRESSION} in a value is replaced by its number; names come from the section [geometry] (key = expression, in
 * order). A section with the key `repeat = i FIRST..LAST` stands for one section per number, in which {i} is that
 * number; its key `name` (with {i} in it) names them:
 *
 *     [module.main.conv]
 *     repeat = i 1..6
 *     name = m{i}.main.conv
 */
#ifndef WORKLOADS_DESCRIPTION_H
#define WORKLOADS_DESCRIPTION_H

#include <stddef.h>
#include <stdint.h>

#include "sim/base/status.h"
#include "workloads/arena.h"

struct description_entry {
	const char *key, *value;
};

struct description_section {
	const char *name; /* lower case */
	const struct description_entry *entries;
	size_t entry_count;
};

struct description {
	const char *path;
	struct description_section *sections; /* without [geometry]; owned by the arena */
	size_t section_count, section_room;
};

/* Reads `path`. `geometry` holds `geometry_count` texts "name=number" that replace values of [geometry]; a name that is
 * not there is STATUS_INPUT with the nearest one, as is any malformed line or expression, or a section given twice. */
enum status description_read(struct description *description, const char *path, const char *const *geometry,
                             size_t geometry_count, struct arena *arena, struct error *error);

/* The value of `key`, or NULL. */
const char *description_value(const struct description_section *section, const char *key);

#endif
