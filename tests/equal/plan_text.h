/* The text of a plan, of either suite: the configuration by its table where it differs from the defaults, the plan's
 * own numbers and its layers by name; from a line `case` to a line `end`.
 */
#ifndef TESTS_EQUAL_PLAN_TEXT_H
#define TESTS_EQUAL_PLAN_TEXT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "sim/base/status.h"

/* A uint32_t member and its name in the text. */
struct plan_field {
	const char *name;
	size_t offset;
};

/* Where a plan's struct keeps what the text says. */
struct plan_text {
	const struct plan_field *fields, *layer_fields;
	size_t field_count, layer_field_count;
	size_t plan_bytes, layer_bytes;
	size_t config_at, layer_count_at, layers_at; /* offsets: a struct config, a uint32_t, the first layer */
	uint32_t layers_most;
};

void plan_text_write(const struct plan_text *text, const void *plan, FILE *out);

/* Reads the next plan; what the text does not name is 0, or the configuration's default. Returns 1, or 0 at the end of
 * the file; STATUS_INPUT in *status with a sentence. Lines that begin with # are left out. */
int plan_text_read(const struct plan_text *text, void *plan, FILE *in, const char *path, enum status *status,
                   struct error *error);

#endif
