/* A sweep: a base configuration, axes with their values, ties and constraints between them. It is read from an INI file
 * (sweep_read.c) or from the text a database keeps (sweep_text.c).
 *
 * A point is a number: the axes' choices as digits of a mixed-radix number, the last axis the fastest. So a point has
 * the same number whoever meets it: grid, sample, search or shard.
 */
#ifndef EXPLORE_SWEEP_H
#define EXPLORE_SWEEP_H

#include <stdint.h>
#include <stdio.h>

#include "explore/condition.h"
#include "sim/base/status.h"
#include "sim/input/config.h"
#include "sim/input/technology.h"

enum {
	SWEEP_NAME_BYTES = 64,
	SWEEP_AXIS_BYTES = 80,
	SWEEP_VALUE_BYTES = 256,
	SWEEP_TEXT_BYTES = 512,
	SWEEP_AXES_MAX = 32,
	SWEEP_VALUES_MAX = 4096,
	SWEEP_RULES_MAX = 32
};

enum sweep_strategy { SWEEP_GRID, SWEEP_RANDOM, SWEEP_LATIN, SWEEP_REFINE, SWEEP_NSGA2 };
#define SWEEP_STRATEGIES "grid|random|latin|refine|nsga2"

struct sweep_value {
	char *text;      /* as an INI file would hold it */
	uint32_t stored; /* as struct config holds it (not for texts) */
	double number;   /* NAN where it is a word or text */
};

struct sweep_axis {
	char name[SWEEP_AXIS_BYTES];              /* "binary_engine.pes", "technology.dsp_logic48" */
	const struct config_parameter *parameter; /* NULL: factor on a row of the technology table */
	uint32_t technology_row;                  /* enum technology_event */
	struct sweep_value *values;
	uint32_t count;
};

/* `target = text` (tie) or a named condition that every point keeps (constraint). Variables of both are the parameters
 * of the configuration, with the values of the axes already in place. */
struct sweep_rule {
	char name[SWEEP_AXIS_BYTES];
	char text[SWEEP_TEXT_BYTES];
	const struct config_parameter *target; /* ties only */
	struct condition *condition;
};

struct sweep {
	char name[SWEEP_NAME_BYTES];
	char question[SWEEP_TEXT_BYTES];
	char place[SWEEP_TEXT_BYTES]; /* file, for messages */
	char config_path[SWEEP_TEXT_BYTES];
	struct config base; /* with [set] */
	struct sweep_axis axes[SWEEP_AXES_MAX];
	uint32_t axis_count;
	struct sweep_rule ties[SWEEP_RULES_MAX], constraints[SWEEP_RULES_MAX];
	uint32_t tie_count, constraint_count;
	uint64_t space; /* product of the axes' counts */
	/* How the space is walked; not part of what the points are. */
	uint32_t strategy; /* enum sweep_strategy */
	uint32_t count;    /* random, latin: points; refine: points of its first round */
	uint32_t seed;
	char images[SWEEP_TEXT_BYTES]; /* file; empty: accuracy is not measured */
	uint32_t image_count;
	char objectives[SWEEP_TEXT_BYTES]; /* refine, nsga2, and the default of `front` */
	char where[SWEEP_TEXT_BYTES];      /* refine, nsga2: points that count, and the default of `front` */
	uint32_t rounds;                   /* refine */
	uint32_t population, generations;  /* nsga2 */
};

/* Reads a sweep file; a bare name is looked up among the shipped ones. STATUS_INPUT with file, line, section, key and
 * what was expected; STATUS_IO. On failure *sweep is empty. */
enum status sweep_read(struct sweep *sweep, const char *path, struct error *error);
void sweep_clear(struct sweep *sweep);

/* What the points are (base, axes, ties, constraints; not the walk) as text that sweep_parse reads back, in memory the
 * caller frees; NULL when out of memory. The same space gives the same text. */
char *sweep_text(const struct sweep *sweep);
/* `place` names the text in messages. */
enum status sweep_parse(struct sweep *sweep, const char *text, const char *place, struct error *error);

/* Adds an axis "4, 8, 16..64 step 16, 128..512 times 2"; a rule. For the two readers. */
enum status sweep_add_axis(struct sweep *sweep, const char *name, const char *values, const char *place,
                           struct error *error);
enum status sweep_add_tie(struct sweep *sweep, const char *name, const char *text, const char *place,
                          struct error *error);
enum status sweep_add_constraint(struct sweep *sweep, const char *name, const char *text, const char *place,
                                 struct error *error);
/* To be called after the last: a space of at most 2^62 points, no parameter that is axis and tie at once. */
enum status sweep_complete(struct sweep *sweep, const char *place, struct error *error);

/* Choice of each axis of a point, and back. */
void sweep_choices(const struct sweep *sweep, uint64_t point, uint32_t *choices);
uint64_t sweep_point(const struct sweep *sweep, const uint32_t *choices);

/* The configuration of a point: base, axes, ties. STATUS_INPUT where a tie's value cannot be used (the sentence names
 * it). config_check is the caller's. */
enum status sweep_configure(const struct sweep *sweep, uint64_t point, struct config *config, struct error *error);

/* The technology table of a point: `technology` times the factors of its axes, low and high with it. */
void sweep_scale_technology(const struct sweep *sweep, uint64_t point, struct technology *technology);

/* Whether the point keeps every constraint. */
int sweep_admits(const struct sweep *sweep, const struct config *config);

/* Whether that can differ from point to point only by the constraints (there are any). */
static inline int sweep_is_constrained(const struct sweep *sweep) {
	return sweep->constraint_count > 0;
}

/* {"binary_engine.pes": 16, "machine.device": "u250"}: axes, then ties, of a point. Cut at `bytes`. */
void sweep_setting_json(const struct sweep *sweep, uint64_t point, const struct config *config, char *text,
                        size_t bytes);

/* "binary_engine.pes=16 machine.device=u250" */
void sweep_setting_text(const struct sweep *sweep, uint64_t point, char *text, size_t bytes);

/* The axis of that name, or -1. */
int sweep_axis_index(const struct sweep *sweep, const char *name);

/* The parameters of struct config as names of conditions ("binary_engine.pes"), and their values. */
extern const struct condition_names sweep_parameter_names;
struct condition_value sweep_parameter_value(void *variables, int parameter); /* of a struct sweep_variables */
enum { SWEEP_WORDS = 64, SWEEP_WORD_BYTES = 24 };
struct sweep_variables {
	const struct config *config;
	uint32_t next;
	char words[SWEEP_WORDS][SWEEP_WORD_BYTES]; /* memory of words as texts; as many as a condition holds at once */
};
void sweep_parameter_name(const struct config_parameter *parameter, char *name, size_t bytes);
const struct config_parameter *sweep_find_parameter(const char *name);

#endif
