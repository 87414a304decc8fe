/* Stages and FIFOs of a folded network, layer by layer in the order of the trace, so that every FIFO goes forward.
 *
 * A stream that is not yet read is an open end: the stage and port it comes from and what its words are. Reading it
 * makes the FIFO. Which stages a layer becomes is in sim/streaming/STREAMING.md and, for the words between layers, in
 * the parameters streaming.link and vector_bits; both follow BNN-PYNQ and the FINN compiler (public sources). A pad
 * works on pixels (link = pixel, our choice: BNN-PYNQ has none), or on the words of its window (link = direct, as the
 * FINN compiler builds MobileNet). Where a frame is no whole number of DMA words, the DMA's words are the greatest
 * common divisor wide (as the FINN compiler's interfaces are). */
#include "sim/mapper/pipeline_build.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Most stages a layer has: two branches of nine, a skip converter pair, join, point, an output converter pair, three of
 * a pool, and forks, of which there are fewer in all than readers: two a layer. */
enum { LAYER_STAGES_MAX = 32, OTHER_STAGES_MAX = 16 };

/* ---- who reads a map */

static int is_scores(const struct build *build, uint32_t map) {
	return map == build->trace->scores_map;
}

struct readers {
	uint32_t count, values; /* values: how many read the fixed map */
};

/* Calls `each` (may be NULL) for every reader of the maps, in the order of the trace: a layer's main path before its
 * skip path; the output last. `end` is where what it reads has to be put. */
static struct readers visit_readers(struct build *build, uint32_t fixed_map, uint32_t bits_map,
                                    void (*each)(void *context, struct open_end *end, int reads_value), void *context) {
	struct readers readers = {0, 0};
	for (uint32_t i = 0; i < build->trace->layer_count; i++) {
		const struct layer_shape *shape = &build->shapes[i];
		const uint32_t maps[] = {shape->layer->main.input_map,
		                         shape->has_skip ? shape->layer->skip.input_map : UINT32_MAX};
		for (int k = 0; k < 2; k++) {
			if (maps[k] == UINT32_MAX || (maps[k] != fixed_map && maps[k] != bits_map)) continue;
			readers.count++;
			readers.values += maps[k] == fixed_map;
			if (each) each(context, k ? &build->skip_ends[i] : &build->main_ends[i], maps[k] == fixed_map);
		}
	}
	if (fixed_map != UINT32_MAX && is_scores(build, fixed_map)) {
		readers.count++;
		readers.values++;
		if (each) each(context, &build->scores_end, 1);
	}
	return readers;
}

struct forking {
	struct build *build;
	struct open_end end;
	uint32_t left, values_left, value_bits, is_unsigned, forks;
};

/* Gives one reader its stream: the last one what is left, the others the first output of a fork. */
static void fork_to(void *context, struct open_end *reader, int reads_value) {
	struct forking *forking = context;
	struct build *build = forking->build;
	const struct open_end source = forking->end;
	if (--forking->left == 0) {
		*reader = source;
		return;
	}
	char suffix[32];
	snprintf(suffix, sizeof suffix, forking->forks ? "fork%" PRIu32 : "fork", forking->forks + 1);
	struct stage *fork = pipeline_add_stage(build, STAGE_FORK, suffix);
	forking->forks++;
	forking->values_left -= (uint32_t)reads_value;
	pipeline_keep_shape(&source, fork);
	pipeline_read_end(build, &source, fork, 0);
	fork->output_bits = reads_value ? source.bits : 1;
	*reader = pipeline_end_of(build, fork);
	reader->is_unsigned = reads_value ? source.is_unsigned : 0;
	forking->end = *reader;
	forking->end.port = 1;
	forking->end.bits = forking->values_left ? source.bits : 1;
	forking->end.is_unsigned = forking->values_left ? source.is_unsigned : 0;
}

static void fork_to_readers(struct build *build, const struct open_end *end, uint32_t fixed_map, uint32_t bits_map) {
	const struct readers readers = visit_readers(build, fixed_map, bits_map, NULL, NULL);
	struct forking forking = {
	    .build = build, .end = *end, .left = readers.count, .values_left = readers.values, .forks = 0};
	visit_readers(build, fixed_map, bits_map, fork_to, &forking);
}

/* ---- words between layers */

/* link = pixel: all channels; plane: what as many bits as channels hold; between fully connected layers: what
 * vector_bits hold. */
static uint32_t link_lanes(const struct build *build, const struct open_end *end, int is_vector) {
	if (build->config->streaming_link == LINK_DIRECT) return end->lanes;
	uint32_t lanes = end->channels;
	if (!is_vector && build->config->streaming_link == LINK_PIXEL) return lanes;
	const uint32_t most_bits = is_vector ? build->config->streaming_vector_bits : end->channels;
	while (lanes > 1 && (end->channels % lanes || lanes * end->bits > most_bits)) lanes--;
	return lanes;
}

/* Width of the DMA's words for a frame of `frame_bits`. */
static uint32_t dma_bits(const struct build *build, uint64_t frame_bits) {
	const uint32_t bits = build->config->streaming_dma_word_bits;
	return frame_bits % bits == 0 ? bits : greatest_divisor(bits, (uint32_t)(frame_bits % bits));
}

/* A frame as a stream of single bits, where DMA words hold no whole number of values. */
static void as_bits(struct open_end *end) {
	end->lanes *= end->bits;
	end->channels *= end->bits;
	end->bits = 1;
	end->is_unsigned = 0;
}

/* The first reader of the image: its layer owns the converters. */
static uint32_t first_reader(const struct build *build, uint32_t map) {
	uint32_t i = 0;
	while (i + 1 < build->trace->layer_count && build->shapes[i].layer->main.input_map != map &&
	       !(build->shapes[i].has_skip && build->shapes[i].layer->skip.input_map == map))
		i++;
	return i;
}

static void build_input(struct build *build) {
	const struct trace_map *map = &build->trace->maps[build->trace->input_map];
	const uint32_t first = first_reader(build, build->trace->input_map);
	const uint64_t frame_bits = (uint64_t)map->height * map->width * map->channels * map->value_bits;
	const uint32_t word_bits = dma_bits(build, frame_bits);
	build->layer = PIPELINE_NONE;
	build->owner = "input";
	struct stage *dma = pipeline_add_stage(build, STAGE_INPUT, "dma");
	dma->words = (uint32_t)(frame_bits / word_bits);
	struct open_end end = {.stage = pipeline_index_of(build, dma),
	                       .height = map->height,
	                       .width = map->width,
	                       .channels = map->channels,
	                       .lanes = map->channels,
	                       .bits = map->value_bits};
	const int is_vector = map->height == 1 && map->width == 1;
	uint32_t lanes = is_vector ? link_lanes(build, &end, is_vector) : map->channels;
	if (build->config->streaming_link == LINK_DIRECT) { /* the words its first reader takes */
		const struct layer_shape *shape = &build->shapes[first];
		const struct folding *folding = &build->pipeline->foldings[first];
		const int by_main = shape->layer->main.input_map == build->trace->input_map;
		lanes = by_main ? shape_lanes(&shape->main, folding->pe, folding->simd)
		                : shape_lanes(&shape->skip, folding->skip_pe, folding->skip_simd);
	}
	const struct open_end values = end;
	const int splits_values = word_bits % map->value_bits != 0;
	if (splits_values) {
		as_bits(&end);
		lanes *= map->value_bits;
	}
	end.lanes = word_bits / end.bits;
	dma->output_lanes = end.lanes;
	dma->output_bits = end.bits;
	dma->output_height = end.height;
	dma->output_width = end.width;
	dma->output_channels = end.channels;
	build->layer = first;
	pipeline_convert(build, &end, lanes, pipeline_values_of(&end), "");
	if (splits_values) {
		lanes = end.lanes / values.bits;
		end.channels = values.channels;
		end.bits = values.bits;
		end.lanes = lanes;
	}
	build->input_stage = end.stage;
	const uint32_t fixed = map->kind == TRACE_MAP_FIXED ? build->trace->input_map : UINT32_MAX;
	fork_to_readers(build, &end, fixed, fixed == UINT32_MAX ? build->trace->input_map : UINT32_MAX);
}

/* Scores of a layer to memory. Stages that handle them belong to the layer that writes them. */
static void build_output(struct build *build) {
	struct open_end end = build->scores_end;
	const uint64_t frame_bits = (uint64_t)pipeline_values_of(&end) * end.bits;
	const uint32_t word_bits = dma_bits(build, frame_bits);
	build->layer = build->pipeline->stages[end.stage].layer;
	build->is_skip = 0;
	build->owner = "output";
	if (word_bits % end.bits) as_bits(&end);
	pipeline_convert(build, &end, word_bits / end.bits, pipeline_values_of(&end), "");
	build->layer = PIPELINE_NONE;
	struct stage *dma = pipeline_add_stage(build, STAGE_OUTPUT, "dma");
	pipeline_keep_shape(&end, dma);
	dma->words = (uint32_t)(frame_bits / word_bits);
	dma->output_lanes = dma->output_bits = dma->output_unsigned = 0;
	dma->output_height = dma->output_width = dma->output_channels = 0;
	build->output_fifo = pipeline_read_end(build, &end, dma, 0);
}

/* ---- one layer */

static struct stage *add_word_stage(struct build *build, enum stage_kind kind, const char *suffix,
                                    struct open_end *end) {
	struct stage *stage = pipeline_add_stage(build, kind, suffix);
	pipeline_keep_shape(end, stage);
	pipeline_read_end(build, end, stage, 0);
	*end = pipeline_end_of(build, stage);
	return stage;
}

static void set_output(const struct build *build, struct stage *stage, uint32_t bits, uint32_t is_unsigned,
                       struct open_end *end) {
	stage->output_bits = bits;
	stage->output_unsigned = is_unsigned;
	*end = pipeline_end_of(build, stage);
}

/* The skip branch and the join with it. `main` leaves the point stage, whose result m is as wide as it can get. */
static void add_join(struct build *build, const struct layer_shape *shape, const struct folding *folding,
                     struct open_end *end) {
	struct open_end skip = build->skip_ends[build->layer];
	build->is_skip = 1;
	pipeline_add_conv(build, &shape->skip, folding->skip_pe, folding->skip_simd, &skip);
	pipeline_convert(build, &skip, end->lanes, pipeline_values_of(&skip), "out");
	build->is_skip = 0;
	struct stage *join = add_word_stage(build, STAGE_JOIN, "join", end);
	pipeline_read_end(build, &skip, join, 1);
}

static int sends_sums(const struct build *build, const struct layer_shape *shape, const struct readers *readers) {
	const struct trace_layer *layer = shape->layer;
	return layer->post == TRACE_POST_AFFINE && !shape->has_skip && layer->pool == TRACE_POOL_NONE &&
	       layer->fixed_map != UINT32_MAX && is_scores(build, layer->fixed_map) && readers->count == 1;
}

/* From the main path's sums to values or bits, a word of PE channels at a time. */
static void add_post(struct build *build, const struct layer_shape *shape, const struct readers *readers,
                     struct stage *matrix, struct open_end *end) {
	const struct trace_layer *layer = shape->layer;
	const struct folding *folding = &build->pipeline->foldings[build->layer];
	const struct trace_map *map =
	    readers->values ? &build->trace->maps[layer->fixed_map] : &build->trace->maps[layer->bits_map];
	if (layer->post == TRACE_POST_THRESHOLD) {
		matrix->threshold_count = layer->threshold_count;
		set_output(build, matrix, map->value_bits, map->is_unsigned, end);
		return;
	}
	if (sends_sums(build, shape, readers)) {
		set_output(build, matrix, shape->main.accumulator_bits <= 16 ? 16 : 32, 0, end);
		return;
	}
	struct stage *stage = add_word_stage(build, STAGE_POINT, "point", end);
	if (shape->has_skip) {
		set_output(build, stage, bits_of_affine(shape->main.accumulator_bits, layer->post_shift), 0, end);
		add_join(build, shape, folding, end);
		stage = &build->pipeline->stages[end->stage];
	}
	set_output(build, stage, map->value_bits, map->is_unsigned, end);
}

/* Works on the words as they come; link = plane: on whole pixels. */
static void add_max_pool(struct build *build, const struct layer_shape *shape, struct open_end *end) {
	if (!shape->has_window_pool) {
		const uint32_t lanes = end->lanes;
		const int is_plane = build->config->streaming_link == LINK_PLANE;
		if (is_plane) pipeline_convert(build, end, end->channels, pipeline_values_of(end), "pool");
		struct stage *pool = pipeline_add_stage(build, STAGE_MAX_POOL, "pool");
		shape_max_pool(shape->layer, end->lanes, pool);
		pool->input_bits = pool->output_bits = end->bits;
		pool->input_unsigned = pool->output_unsigned = end->is_unsigned;
		pipeline_read_end(build, end, pool, 0);
		*end = pipeline_end_of(build, pool);
		if (is_plane) pipeline_convert(build, end, lanes, pipeline_values_of(end), "pool");
		return;
	}
	char owner[STAGE_NAME_BYTES];
	struct conv_shape pool_shape = shape->pool;
	snprintf(owner, sizeof owner, "%s.pool", shape->layer->name);
	pool_shape.bits = pool_shape.accumulator_bits = end->bits;
	pool_shape.is_unsigned = end->is_unsigned;
	build->owner = owner;
	struct stage *pool = pipeline_add_conv(build, &pool_shape, end->lanes, 1, end);
	pool->latency_cycles = latency_of_kind(build->config, STAGE_MAX_POOL);
	pool->accumulator_bits = 0;
	set_output(build, pool, pool_shape.bits, pool_shape.is_unsigned, end);
	build->owner = shape->layer->name;
}

static enum status build_layer(struct build *build, uint32_t index, struct error *error) {
	const struct layer_shape *shape = &build->shapes[index];
	const struct trace_layer *layer = shape->layer;
	const struct folding *folding = &build->pipeline->foldings[index];
	const struct readers readers = visit_readers(build, layer->fixed_map, layer->bits_map, NULL, NULL);
	if (!readers.count)
		return error_set(error, STATUS_UNMAPPABLE,
		                 "layer %s: no layer reads what it writes, and it is not the scores", layer->name);
	build->layer = index;
	build->is_skip = 0;
	build->owner = layer->name;
	struct open_end end = build->main_ends[index];
	struct stage *matrix = pipeline_add_conv(build, &shape->main, folding->pe, folding->simd, &end);
	add_post(build, shape, &readers, matrix, &end);
	const int only_scores =
	    readers.count == 1 && layer->fixed_map != UINT32_MAX && is_scores(build, layer->fixed_map);
	const int is_vector = shape->main.map_height == 1 && shape->main.map_width == 1 && layer->sums_height == 1 &&
	                      layer->sums_width == 1;
	if (!only_scores)
		pipeline_convert(build, &end, link_lanes(build, &end, is_vector), pipeline_values_of(&end), "out");
	build->named[index] = end.stage;
	if (layer->pool != TRACE_POOL_NONE) add_max_pool(build, shape, &end);
	build->last[index] = end.stage;
	fork_to_readers(build, &end, layer->fixed_map, layer->bits_map);
	return STATUS_OK;
}

/* ---- the network */

static void note_cycles(struct pipeline *pipeline) {
	for (uint32_t i = 0; i < pipeline->layer_count; i++) pipeline->foldings[i].cycles = 0;
	for (uint32_t i = 0; i < pipeline->stage_count; i++) {
		const struct stage *stage = &pipeline->stages[i];
		if (stage->layer == PIPELINE_NONE) continue;
		uint64_t *cycles = &pipeline->foldings[stage->layer].cycles;
		const uint64_t own = stage_cycles(stage, pipeline->pool_overhead_cycles);
		if (own > *cycles) *cycles = own;
	}
}

static enum status build_network(struct build *build, struct error *error) {
	const uint32_t layers = build->trace->layer_count;
	struct pipeline *pipeline = build->pipeline;
	enum status status = STATUS_OK;
	build_input(build);
	for (uint32_t i = 0; i < layers && !status; i++) status = build_layer(build, i, error);
	if (status) return status;
	build_output(build);
	note_cycles(pipeline);
	uint32_t *named = build->named;
	const uint32_t input_fifo = pipeline->stages[build->input_stage].output[0];
	pipeline->fifos[input_fifo].is_link = 1;
	uint32_t *last = build->last;
	for (uint32_t i = 0; i < layers; i++) {
		const int is_scores_stage = last[i] == build->scores_end.stage && named[i] == last[i];
		last[i] = pipeline->stages[last[i]].output[0];
		pipeline->fifos[last[i]].is_link = 1;
		named[i] = pipeline->stages[named[i]].output[0];
		if (is_scores_stage) named[i] = build->output_fifo; /* behind the converters to DMA words */
	}
	const struct fifo_names names = {build->trace, named, last, input_fifo, build->output_fifo};
	return pipeline_depths(build->config, &names, pipeline, error);
}

enum status pipeline_build(const struct trace *trace, const struct config *config, const struct layer_shape *shapes,
                           struct pipeline *pipeline, struct error *error) {
	const uint32_t layers = trace->layer_count, stages = layers * LAYER_STAGES_MAX + OTHER_STAGES_MAX;
	struct build build = {.trace = trace, .config = config, .shapes = shapes, .pipeline = pipeline};
	build.main_ends = calloc(layers, sizeof *build.main_ends);
	build.skip_ends = calloc(layers, sizeof *build.skip_ends);
	build.named = calloc(layers, sizeof *build.named);
	build.last = calloc(layers, sizeof *build.last);
	pipeline->stages = calloc(stages, sizeof *pipeline->stages);
	pipeline->fifos = calloc(2 * (size_t)stages, sizeof *pipeline->fifos);
	pipeline->stage_count = pipeline->fifo_count = 0;
	pipeline->layer_count = layers;
	pipeline->flushing = config->streaming_pipeline == PIPELINE_FLUSHING;
	pipeline->start_cycles = config->streaming_dma_start_cycles;
	pipeline->pool_overhead_cycles = config->streaming_pool_overhead_cycles;
	pipeline->memories = config->streaming_memories;
	enum status status = STATUS_OK;
	if (!build.main_ends || !build.skip_ends || !build.named || !build.last || !pipeline->stages ||
	    !pipeline->fifos)
		status = error_set(error, STATUS_MEMORY, "out of memory for a pipeline of %" PRIu32 " layers", layers);
	if (!status) status = build_network(&build, error);
	free(build.main_ends);
	free(build.skip_ends);
	free(build.named);
	free(build.last);
	if (status) {
		free(pipeline->stages);
		free(pipeline->fifos);
		pipeline->stages = NULL;
		pipeline->fifos = NULL;
		pipeline->stage_count = pipeline->fifo_count = 0;
	}
	return status;
}
