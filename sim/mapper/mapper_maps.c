/* Maps: resident in an activation buffer for their lifetime, or spilled to DDR and passed through in bands; and bands.
 *
 * Rules. Resident maps are placed first-fit in the order in which they are written; where one does not fit, the map
 * whose spilling moves the fewest words and makes room (perhaps itself) is spilled; where a layer has no room for its
 * bands, the largest one alive. A spilled map has an area of its own in DDR; each layer that reads or writes it gets a
 * staging area in what the resident maps leave free: two halves where the buffer's ping_pong is on and they fit, else
 * one. Band: as many rows as the sums buffers and the staging areas allow, at most mapper.band_rows; with
 * post_unit.mode = inline at most a quarter of the layer's rows, rounded up, so that engines and post unit overlap;
 * then evened out. Where weights go by tiles beside spilled maps they are loaded again for each band, so the quarter
 * does not apply. A transposed layer's bands each write all rows of its maps, so a spilled one is staged whole, in one
 * half, and stored behind the layer's last tile. Left out: reuse of halo rows (a band loads all its rows), reuse of DDR
 * areas. */
#include "sim/mapper/mapper_plan.h"

#include <inttypes.h>
#include <stdlib.h>

struct span {
	uint64_t first, end;
};

static int compare_spans(const void *a, const void *b) {
	const uint64_t first = ((const struct span *)a)->first, second = ((const struct span *)b)->first;
	return (first > second) - (first < second);
}

/* First gap of `words` between the spans, which are sorted; -1 where there is none. */
static int64_t first_fit(const struct span *spans, uint32_t count, uint64_t words, uint64_t depth) {
	uint64_t place = 0;
	for (uint32_t i = 0; i < count; i++) {
		if (spans[i].first >= place + words) break;
		if (spans[i].end > place) place = spans[i].end;
	}
	return place + words <= depth ? (int64_t)place : -1;
}

static uint32_t first_layer(const struct trace_map *map) {
	return map->first_layer == UINT32_MAX ? 0 : map->first_layer;
}

static uint64_t map_words(const struct plan *plan, uint32_t map) {
	return (uint64_t)plan->maps[map].row_words * plan->trace->maps[map].height;
}

static int is_resident(const struct map_plan *map, enum buffer_id buffer) {
	return map->in_buffer && !map->spilled && map->buffer == buffer;
}

/* Spans of the first `placed` maps of `buffer` that are resident at some layer of low..high, sorted. */
static uint32_t taken_spans(const struct plan *plan, enum buffer_id buffer, const uint32_t *order, uint32_t placed,
                            uint32_t low, uint32_t high, struct span *spans) {
	uint32_t count = 0;
	for (uint32_t k = 0; k < placed; k++) {
		const struct trace_map *map = &plan->trace->maps[order[k]];
		if (!is_resident(&plan->maps[order[k]], buffer) || first_layer(map) > high || map->last_layer < low)
			continue;
		const uint64_t base = plan->maps[order[k]].base;
		spans[count++] = (struct span){base, base + map_words(plan, order[k])};
	}
	qsort(spans, count, sizeof *spans, compare_spans);
	return count;
}

struct map_work {
	struct plan *plan;
	uint32_t *order; /* maps by the layer that writes them */
	struct span *spans;
	uint32_t count;
};

/* Spills the largest resident map of `buffer` that is alive at `layer`. 0: there is none. */
static int spill_largest(struct map_work *work, enum buffer_id buffer, uint32_t layer) {
	struct plan *plan = work->plan;
	struct map_plan *victim = NULL;
	uint64_t most = 0;
	for (uint32_t k = 0; k < work->count; k++) {
		const struct trace_map *map = &plan->trace->maps[work->order[k]];
		struct map_plan *candidate = &plan->maps[work->order[k]];
		if (!is_resident(candidate, buffer) || first_layer(map) > layer || map->last_layer < layer) continue;
		if (map_words(plan, work->order[k]) < most) continue;
		most = map_words(plan, work->order[k]);
		victim = candidate;
	}
	if (victim) victim->spilled = 1;
	return victim != NULL;
}

static uint32_t readers(const struct trace *trace, uint32_t map) {
	uint32_t count = 0;
	for (uint32_t i = 0; i < trace->layer_count; i++) {
		const struct trace_layer *layer = &trace->layers[i];
		count += layer->main.input_map == map;
		count += layer->skip.kind != TRACE_CONV_NONE && layer->skip.input_map == map;
	}
	return count;
}

/* Words that move because a map is spilled: one store, a load for each reader; the image is in DDR and loaded anyway.
 */
static uint64_t spill_cost(const struct plan *plan, uint32_t map) {
	const uint32_t loads = readers(plan->trace, map);
	return map_words(plan, map) * (map == plan->trace->input_map ? (loads ? loads - 1 : 0) : loads + 1);
}

/* First word for the k-th map beside the resident ones before it that are alive with it; -1: none. */
static int64_t find_place(const struct map_work *work, uint32_t k) {
	const struct plan *plan = work->plan;
	const struct trace_map *map = &plan->trace->maps[work->order[k]];
	const enum buffer_id buffer = plan->maps[work->order[k]].buffer;
	const uint32_t count =
	    taken_spans(plan, buffer, work->order, k, first_layer(map), map->last_layer, work->spans);
	return first_fit(work->spans, count, map_words(plan, work->order[k]), plan->config.buffer[buffer].depth_words);
}

/* Spills the cheapest map that makes room for the k-th, perhaps itself. */
static void make_room(struct map_work *work, uint32_t k) {
	struct plan *plan = work->plan;
	const struct trace_map *map = &plan->trace->maps[work->order[k]];
	const enum buffer_id buffer = plan->maps[work->order[k]].buffer;
	struct map_plan *cheapest = &plan->maps[work->order[k]];
	uint64_t least_cost = spill_cost(plan, work->order[k]);
	for (uint32_t j = 0; j < k; j++) {
		const struct trace_map *other = &plan->trace->maps[work->order[j]];
		struct map_plan *candidate = &plan->maps[work->order[j]];
		if (!is_resident(candidate, buffer) || first_layer(other) > map->last_layer ||
		    other->last_layer < first_layer(map) || spill_cost(plan, work->order[j]) >= least_cost)
			continue;
		candidate->spilled = 1;
		if (find_place(work, k) >= 0) {
			cheapest = candidate;
			least_cost = spill_cost(plan, work->order[j]);
		}
		candidate->spilled = 0;
	}
	cheapest->spilled = 1;
}

static enum status place_map(struct map_work *work, uint32_t k) {
	struct plan *plan = work->plan;
	const struct trace_map *map = &plan->trace->maps[work->order[k]];
	struct map_plan *out = &plan->maps[work->order[k]];
	const uint32_t depth = plan->config.buffer[out->buffer].depth_words;
	while (is_resident(out, out->buffer)) {
		const int64_t base = find_place(work, k);
		if (base >= 0) {
			out->base = (uint32_t)base;
			return STATUS_OK;
		}
		if (plan->config.mapper_maps == RESIDENCY_RESIDENT)
			return plan_refuse(plan, NULL,
			                   "map %s: %" PRIu64 " words do not fit buffer.%s (%" PRIu32
			                   " words) beside the maps alive with it, and mapper.maps = resident",
			                   map->name, map_words(plan, work->order[k]), config_buffer_names[out->buffer],
			                   depth);
		make_room(work, k);
	}
	return STATUS_OK;
}

/* --- staging areas and bands ---------------------------------------------------------------------------------------
 */

/* The map that passes through a staging area of this layer, or UINT32_MAX. */
static uint32_t staged_map(const struct plan *plan, const struct layer_plan *layer, enum staging_use use) {
	uint32_t map = UINT32_MAX;
	if (use == STAGING_MAIN_INPUT) map = layer->layer->main.input_map;
	if (use == STAGING_SKIP_INPUT && layer->skip.conv) map = layer->layer->skip.input_map;
	if (use == STAGING_FIXED_OUTPUT) map = layer->layer->fixed_map;
	if (use == STAGING_BITS_OUTPUT) map = layer->layer->bits_map;
	return map != UINT32_MAX && plan->maps[map].in_buffer && plan->maps[map].spilled ? map : UINT32_MAX;
}

static int has_spilled(const struct plan *plan, const struct layer_plan *layer) {
	for (int use = 0; use < STAGING_COUNT; use++)
		if (staged_map(plan, layer, (enum staging_use)use) != UINT32_MAX) return 1;
	return 0;
}

static void set_band(struct layer_plan *layer, uint32_t rows) {
	layer->band_rows = rows;
	layer->bands = divide_round_up(layer->rows, rows);
}

/* Rows of the staged map that one band needs at most. */
static uint32_t staged_rows(const struct plan *plan, const struct layer_plan *layer, enum staging_use use) {
	const int is_output = use == STAGING_FIXED_OUTPUT || use == STAGING_BITS_OUTPUT;
	if (is_output && layer->layer->transpose) return plan->trace->maps[staged_map(plan, layer, use)].height;
	if (is_output) return layer->band_rows / layer->unit_rows;
	uint32_t most = 0;
	for (uint32_t band = 0; band < layer->bands; band++) {
		uint32_t first, low, high;
		const uint32_t rows = plan_band(layer, band, &first);
		plan_input_rows(use == STAGING_MAIN_INPUT ? &layer->main : &layer->skip, first, rows, &low, &high);
		if (high - low + 1 > most) most = high - low + 1;
	}
	return most;
}

/* Places the staging areas for the layer's present band. -1, or the buffer that is too small. */
static int place_staging(struct map_work *work, struct layer_plan *layer, uint32_t halves) {
	const struct plan *plan = work->plan;
	for (int use = 0; use < STAGING_COUNT; use++) layer->staging[use] = (struct staging){0};
	for (enum buffer_id buffer = BUFFER_BIT_ACTIVATIONS; buffer <= BUFFER_FIXED_ACTIVATIONS; buffer++) {
		uint32_t count =
		    taken_spans(plan, buffer, work->order, work->count, layer->index, layer->index, work->spans);
		for (int use = 0; use < STAGING_COUNT; use++) {
			const uint32_t map = staged_map(plan, layer, (enum staging_use)use);
			if (map == UINT32_MAX || plan->maps[map].buffer != buffer) continue;
			struct staging *out = &layer->staging[use];
			const uint64_t rows = staged_rows(plan, layer, (enum staging_use)use);
			const uint64_t words = rows * plan->maps[map].row_words;
			const int is_whole = layer->layer->transpose && use >= STAGING_FIXED_OUTPUT;
			out->halves =
			    layer->bands > 1 && !is_whole && plan->config.buffer[buffer].ping_pong ? halves : 1;
			const int64_t base =
			    first_fit(work->spans, count, words * out->halves, plan->config.buffer[buffer].depth_words);
			if (base < 0) return (int)buffer;
			out->base = (uint32_t)base;
			out->half_words = (uint32_t)words;
			work->spans[count++] = (struct span){out->base, out->base + words * out->halves};
			qsort(work->spans, count, sizeof *work->spans, compare_spans);
		}
	}
	return -1;
}

/* The most rows a band may have before staging areas are looked at. */
static void limit_rows(struct layer_plan *layer, uint32_t *rows, uint32_t limit, const char *reason) {
	if (limit >= *rows) return;
	*rows = limit;
	layer->rows_reason = reason;
}

static enum status wanted_rows(const struct plan *plan, struct layer_plan *layer, uint32_t *rows) {
	const uint32_t wish = plan_wish(plan, layer).band_rows, unit = layer->step_rows,
	               limit = plan->config.mapper_band_rows;
	*rows = layer->rows;
	layer->rows_reason = "all";
	limit_rows(layer, rows,
	           plan_sums_rows(plan, layer, least(layer->block_channels, layer->layer->output_channels)),
	           "as sums fit");
	if (wish) {
		if (wish > *rows || (wish % unit && wish != layer->rows))
			return plan_refuse(plan, layer,
			                   "band_rows %" PRIu32 " was asked for; expected a multiple of %" PRIu32
			                   " of at most %" PRIu32 ", what the sums buffers hold",
			                   wish, unit, *rows);
		*rows = wish;
		layer->rows_reason = "as asked";
		return STATUS_OK;
	}
	const int reloads = layer->bands_outer && layer->weights == RESIDENCY_TILE && layer->blocks > 1;
	if (plan->config.post_mode == POST_INLINE && !reloads)
		limit_rows(layer, rows, unit * divide_round_up(divide_round_up(layer->rows, unit), 4), "a quarter");
	if (limit) limit_rows(layer, rows, limit < unit ? unit : limit / unit * unit, "as set");
	return STATUS_OK;
}

/* Chooses the band and places its staging areas. *small: -1, or the buffer that is too small even for the least band.
 */
static enum status choose_band(struct map_work *work, struct layer_plan *layer, int *small) {
	const uint32_t unit = layer->step_rows, units = divide_round_up(layer->rows, unit);
	uint32_t most;
	enum status status = wanted_rows(work->plan, layer, &most);
	if (status != STATUS_OK) return status;
	const uint32_t fewest = plan_wish(work->plan, layer).band_rows ? most : least(unit, most);
	*small = -1;
	for (uint32_t halves = 2; halves >= 1; halves--)
		for (uint32_t rows = most; rows >= fewest; rows = (rows - 1) / unit * unit) {
			set_band(layer, rows);
			if (rows != fewest)
				set_band(layer, least(unit * divide_round_up(units, layer->bands), layer->rows));
			*small = place_staging(work, layer, halves);
			if (*small < 0) {
				if (rows < most) layer->rows_reason = "as maps fit";
				return STATUS_OK;
			}
			if (layer->band_rows < rows) rows = layer->band_rows;
			if (rows == fewest) break;
		}
	return STATUS_OK;
}

/* All layers' bands, spilling more maps where a layer has no room for its staging areas. */
static enum status choose_bands(struct map_work *work) {
	struct plan *plan = work->plan;
	for (uint32_t i = 0; i < plan->trace->layer_count;) {
		struct layer_plan *layer = &plan->layers[i];
		int small;
		layer->bands_outer = (uint32_t)has_spilled(plan, layer);
		enum status status = choose_band(work, layer, &small);
		if (status != STATUS_OK) return status;
		if (small < 0) {
			i++;
			continue;
		}
		const enum buffer_id buffer = (enum buffer_id)small;
		if (plan->config.mapper_maps == RESIDENCY_RESIDENT || !spill_largest(work, buffer, i))
			return plan_refuse(plan, layer,
			                   "buffer.%s: %" PRIu32
			                   " words do not hold the rows that one band of the layer reads and writes",
			                   config_buffer_names[buffer], plan->config.buffer[buffer].depth_words);
		i = 0; /* the spilled map may need a staging area in an earlier layer */
	}
	return STATUS_OK;
}

/* --- DDR -----------------------------------------------------------------------------------------------------------
 */

enum status plan_place_ddr(struct plan *plan, uint32_t channel, uint64_t bytes, const char *what, uint32_t *address) {
	const uint64_t align = plan->config.dma_axi_bytes > 64 ? plan->config.dma_axi_bytes : 64;
	uint64_t *next = &plan->ddr_bytes[channel];
	*address = (uint32_t)*next;
	*next += (bytes + align - 1) / align * align;
	if (*next > UINT32_MAX)
		return plan_refuse(plan, NULL,
		                   "%s: %" PRIu64 " bytes of DDR channel %" PRIu32 "; an address reaches 4 GB", what,
		                   *next, channel);
	return STATUS_OK;
}

static enum status place_map_ddr(struct plan *plan, uint32_t index, uint32_t channel) {
	const struct trace_map *map = &plan->trace->maps[index];
	struct map_plan *out = &plan->maps[index];
	const uint32_t axi = plan->config.dma_axi_bytes;
	out->ddr.word_bytes = config_word_bytes(&plan->config, out->buffer);
	out->ddr.pixel_words = out->pixel_words;
	out->ddr.rows = map->height;
	out->ddr.row_pixels = map->width;
	out->ddr.channel = channel % plan->config.dram_channels;
	const uint64_t row_bytes = (uint64_t)out->row_words * out->ddr.word_bytes,
	               pitch = (row_bytes + axi - 1) / axi * axi;
	if (pitch * map->height > UINT32_MAX)
		return plan_refuse(plan, NULL, "map %s: %" PRIu64 " bytes in DDR; an address reaches 4 GB", map->name,
		                   pitch * map->height);
	out->ddr.pitch_bytes = (uint32_t)pitch;
	return plan_place_ddr(plan, out->ddr.channel, pitch * map->height, map->name, &out->ddr.address);
}

static enum status place_ddr(struct plan *plan) {
	enum status status = STATUS_OK;
	for (uint32_t i = 0; i < plan->trace->map_count && status == STATUS_OK; i++) {
		if (i == plan->trace->input_map)
			status = place_map_ddr(plan, i, 0);
		else if (i == plan->trace->scores_map)
			status = place_map_ddr(plan, i, 2);
		else if (plan->maps[i].spilled)
			status = place_map_ddr(plan, i, i % 2);
	}
	return status;
}

/* --- all together --------------------------------------------------------------------------------------------------
 */

static void spill_asked(struct plan *plan) {
	for (uint32_t i = 0; i < plan->trace->map_count; i++)
		plan->maps[i].spilled = plan->maps[i].in_buffer && plan->config.mapper_maps == RESIDENCY_TILE;
	for (uint32_t i = 0; i < plan->trace->layer_count; i++) {
		const struct trace_layer *layer = &plan->trace->layers[i];
		const struct mapping_layer wish = plan_wish(plan, &plan->layers[i]);
		if (wish.input_spilled) plan->maps[layer->main.input_map].spilled = 1;
		if (wish.skip_input_spilled && layer->skip.kind != TRACE_CONV_NONE)
			plan->maps[layer->skip.input_map].spilled = 1;
		const uint32_t outputs[] = {layer->fixed_map, layer->bits_map};
		for (int k = 0; k < 2; k++)
			if (wish.output_spilled && outputs[k] != UINT32_MAX && plan->maps[outputs[k]].in_buffer)
				plan->maps[outputs[k]].spilled = 1;
	}
}

static void sort_maps(struct map_work *work) {
	const struct trace *trace = work->plan->trace;
	uint32_t count = 0;
	work->order[count++] = trace->input_map;
	for (uint32_t i = 0; i < trace->layer_count; i++) {
		if (trace->layers[i].fixed_map != UINT32_MAX) work->order[count++] = trace->layers[i].fixed_map;
		if (trace->layers[i].bits_map != UINT32_MAX) work->order[count++] = trace->layers[i].bits_map;
	}
	work->count = count;
}

enum status plan_maps(struct plan *plan) {
	const uint32_t most = 2 * plan->trace->layer_count + 1;
	struct map_work work = {.plan = plan};
	enum status status = STATUS_OK;
	work.order = calloc(most, sizeof *work.order);
	work.spans = calloc(most + STAGING_COUNT, sizeof *work.spans);
	if (!work.order || !work.spans) status = error_set(plan->error, STATUS_MEMORY, "mapper: out of memory");
	if (status == STATUS_OK) {
		spill_asked(plan);
		sort_maps(&work);
	}
	for (uint32_t k = 0; k < work.count && status == STATUS_OK; k++) status = place_map(&work, k);
	if (status == STATUS_OK) status = choose_bands(&work);
	if (status == STATUS_OK) status = place_ddr(plan);
	free(work.order);
	free(work.spans);
	return status;
}
