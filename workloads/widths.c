/* Overrides are few, so every question looks through all of them. */
#include "workloads/widths.h"

#include <stdio.h>
#include <string.h>

#include "sim/base/text.h"

static const struct width_row {
	const char *word;
	uint32_t least, most;
} keys[WIDTH_KEYS] = {
    [WIDTH_WEIGHT] = {"weight_bits", 1, 16},
    [WIDTH_MAP] = {"map_bits", 2, 16},
    [WIDTH_MAP_FRACTION] = {"map_fraction_bits", 0, 15},
    [WIDTH_PARAMETER] = {"parameter_bits", 2, 16},
};

static int has_member(const struct fused_network *fused, const struct fused_layer *layer, const char *name) {
	for (uint32_t i = 0; i < layer->member_count; i++)
		if (strcmp(fused->network->layers[layer->members[i]].name, name) == 0) return 1;
	return 0;
}

static enum status check_layer(const struct width_override *override, const char *text,
                               const struct fused_network *fused, struct error *error) {
	struct text_nearest nearest;
	text_nearest_start(&nearest, override->layer);
	for (uint32_t i = 0; i < fused->layer_count; i++) {
		const struct fused_layer *layer = fused->layers[i];
		if (strcmp(layer->name, override->layer) == 0) return STATUS_OK;
		if (has_member(fused, layer, override->layer)) return STATUS_OK;
		text_nearest_offer(&nearest, layer->name);
		for (uint32_t k = 0; k < layer->member_count; k++)
			text_nearest_offer(&nearest, fused->network->layers[layer->members[k]].name);
	}
	const char *best = text_nearest_best(&nearest);
	return error_set(error, STATUS_USAGE, "--width %.200s: the network %s has no layer %s%s%s", text,
	                 fused->network->name, override->layer, best ? "; did you mean " : "", best ? best : "");
}

static enum status read_one(struct width_override *override, const char *text, const struct fused_network *fused,
                            struct error *error) {
	const char *equals = strchr(text, '='), *dot = NULL;
	for (const char *at = text; equals && at < equals; at++)
		if (*at == '.') dot = at;
	if (!dot || dot == text || (size_t)(dot - text) >= sizeof override->layer)
		return error_set(error, STATUS_USAGE,
		                 "--width %.200s: expected LAYER.KEY=BITS, as in m1.skip.conv.weight_bits=4", text);
	char key[32];
	snprintf(key, sizeof key, "%.*s", (int)(equals - dot - 1), dot + 1);
	memcpy(override->layer, text, (size_t)(dot - text));
	struct text_nearest nearest;
	text_nearest_start(&nearest, key);
	override->key = WIDTH_KEYS;
	for (unsigned i = 0; i < WIDTH_KEYS; i++) {
		text_nearest_offer(&nearest, keys[i].word);
		if (strcmp(keys[i].word, key) == 0) override->key = (enum width_key)i;
	}
	const char *best = text_nearest_best(&nearest);
	if (override->key == WIDTH_KEYS)
		return error_set(error, STATUS_USAGE, "--width %.200s: unknown key '%s'; %s", text, key,
		                 best ? best : "known are weight_bits, map_bits, map_fraction_bits, parameter_bits");
	const struct width_row *row = &keys[override->key];
	uint64_t value;
	if (text_unsigned(equals + 1, &value) != TEXT_NUMBER_OK || value < row->least || value > row->most)
		return error_set(error, STATUS_USAGE, "--width %.200s: expected a whole number from %u to %u", text,
		                 row->least, row->most);
	override->value = (uint32_t)value;
	return check_layer(override, text, fused, error);
}

enum status widths_read(struct widths *widths, const struct config *config, const char *const *texts, size_t count,
                        const struct fused_network *fused, struct arena *arena, struct error *error) {
	*widths = (struct widths){.config = config, .overrides = arena_take(arena, count, sizeof *widths->overrides)};
	if (!widths->overrides) return error_set(error, STATUS_MEMORY, "out of memory");
	enum status status = STATUS_OK;
	for (size_t i = 0; !status && i < count; i++)
		status = read_one(&widths->overrides[widths->override_count++], texts[i], fused, error);
	return status;
}

uint32_t widths_of_operator(const struct widths *widths, const struct fused_network *fused,
                            const struct fused_layer *layer, enum width_key key, uint32_t standard) {
	for (size_t i = widths->override_count; i-- > 0;) {
		const struct width_override *override = &widths->overrides[i];
		if (override->key != key) continue;
		if (strcmp(override->layer, layer->name) == 0 || has_member(fused, layer, override->layer))
			return override->value;
	}
	return standard;
}

uint32_t widths_of_weights(const struct widths *widths, const struct fused_network *fused,
                           const struct fused_layer *layer, const struct fused_conv *conv, uint32_t standard) {
	const char *own = conv->layer == UINT32_MAX ? "" : fused->network->layers[conv->layer].name;
	for (size_t i = widths->override_count; i-- > 0;)
		if (widths->overrides[i].key == WIDTH_WEIGHT && strcmp(widths->overrides[i].layer, own) == 0)
			return widths->overrides[i].value;
	for (size_t i = widths->override_count; i-- > 0;)
		if (widths->overrides[i].key == WIDTH_WEIGHT && strcmp(widths->overrides[i].layer, layer->name) == 0)
			return widths->overrides[i].value;
	return standard;
}
