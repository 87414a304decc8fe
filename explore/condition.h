/* Expressions over named values: constraints and ties of a sweep, and what `--where` selects.
 *
 * Lowest first: or | and | not | = == != <> < <= > >= | + - | * / % | - (sign). Numbers are decimal ("0.88", "1e3" is
 * not known), texts stand in single quotes ('dsp'), min(a, b) and max(a, b) are known. Truth is 1 or 0.
 * A value that is not known (not a number, NULL) makes every comparison with it false, != too.
 */
#ifndef EXPLORE_CONDITION_H
#define EXPLORE_CONDITION_H

#include <stddef.h>

#include "sim/base/status.h"

struct condition;

/* A text where `text` is set, else a number (NAN: not known). */
struct condition_value {
	double number;
	const char *text;
};

/* Names of variables: the number of `name` (0 ..) or -1. */
struct condition_names {
	const void *context;
	int (*find)(const void *context, const char *name);
	/* Writes the name of a variable; returns 0 behind the last. */
	int (*name)(const void *context, int variable, char *text, size_t bytes);
};

/* `place` (file and key, or the option) begins every message. STATUS_INPUT for an unknown name (with the nearest) or
 * what cannot be read. */
enum status condition_create(struct condition **condition, const char *text, const char *place,
                             const struct condition_names *names, struct error *error);
void condition_free(struct condition *condition); /* NULL is allowed */

/* The value; `fetch` gives that of a variable. Texts compare with = and != only; with anything else they are not known.
 */
struct condition_value condition_evaluate(const struct condition *condition,
                                          struct condition_value (*fetch)(void *context, int variable), void *context);

/* Whether it is a number other than 0. */
int condition_holds(const struct condition *condition, struct condition_value (*fetch)(void *context, int variable),
                    void *context);

/* The known name nearest to `name`, written to `best`; 0 if none is near. */
int condition_nearest(const struct condition_names *names, const char *name, char *best, size_t bytes);

/* Whether the variable occurs. */
int condition_uses(const struct condition *condition, int variable);

#endif
