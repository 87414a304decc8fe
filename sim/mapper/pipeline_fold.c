/* How wide every layer is: streaming.folding, or chosen.
 *
 * Chosen: each layer starts with one lane. Its next step is the cheapest PE x SIMD over the divisors that makes it
 * faster (of equal ones the wider SIMD: a weight memory is as wide either way, and thresholds are fewer). The slowest
 * layer takes its next step, the first of equally slow ones, until the target is met or no step can help. That order
 * does not depend on the budget, so the number of steps that fit is found by halving.
 *
 * A skip path takes the cheapest folding that is not slower than the main path, of equal ones the one with the main
 * path's PE, which needs no converter in front of the join. */
#include "sim/mapper/pipeline_plan.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { DEFAULT_FRAMES_PER_S = 1000, DIVISORS_MAX = 512 };

struct choice {
	uint32_t pe, simd;
	uint64_t cycles;
};

struct ladder { /* of one layer: ever faster, ever dearer */
	struct choice *choices;
	uint32_t count;
};

struct fold {
	const struct trace *trace;
	const struct config *config;
	const struct layer_shape *shapes;
	struct ladder *ladders;
	uint32_t *rungs; /* of each layer, while steps are taken */
	uint32_t *steps; /* layers in the order they are raised */
	uint32_t step_count;
	struct pipeline *pipeline;
	struct error *error;
};

/* ---- what a folding costs in cycles */

static uint64_t conv_cycles(const struct conv_shape *shape, uint32_t pe, uint32_t simd, const struct config *config) {
	struct stage stage = {.kind = shape->is_depthwise ? STAGE_DEPTHWISE : STAGE_MATRIX};
	shape_matrix(shape, pe, simd, &stage);
	uint64_t cycles = stage_cycles(&stage, 0);
	if (!shape->has_window) return cycles;
	stage = (struct stage){.kind = STAGE_WINDOW, .latency_cycles = latency_of_kind(config, STAGE_WINDOW)};
	shape_window(shape, pe, simd, &stage);
	const uint64_t window_cycles = stage_cycles(&stage, 0);
	return window_cycles > cycles ? window_cycles : cycles;
}

static uint64_t pool_cycles(const struct layer_shape *shape, uint32_t lanes, const struct config *config) {
	if (shape->has_window_pool) return conv_cycles(&shape->pool, lanes, 1, config);
	struct stage pool = {.kind = STAGE_MAX_POOL, .latency_cycles = latency_of_kind(config, STAGE_MAX_POOL)};
	shape_max_pool(shape->layer, lanes, &pool);
	return stage_cycles(&pool, config->streaming_pool_overhead_cycles);
}

/* Of the stages that PE and SIMD decide. */
static uint64_t layer_cycles(const struct layer_shape *shape, uint32_t pe, uint32_t simd, const struct config *config) {
	const uint64_t cycles = conv_cycles(&shape->main, pe, simd, config);
	if (shape->layer->pool == TRACE_POOL_NONE) return cycles;
	const uint32_t lanes = config->streaming_link != LINK_DIRECT ? shape->main.outputs : pe;
	const uint64_t pooling = pool_cycles(shape, lanes, config);
	return pooling > cycles ? pooling : cycles;
}

/* ---- choices of one convolution */

static uint32_t divisors_of(uint32_t number, uint32_t divisors[DIVISORS_MAX]) {
	uint32_t count = 0;
	for (uint32_t i = 1; i <= number && count < DIVISORS_MAX; i++)
		if (number % i == 0) divisors[count++] = i;
	return count;
}

static void choose_skip(const struct layer_shape *shape, const struct config *config, struct folding *folding) {
	const uint64_t main_cycles = conv_cycles(&shape->main, folding->pe, folding->simd, config);
	uint32_t pes[DIVISORS_MAX], simds[DIVISORS_MAX];
	const uint32_t pe_count = divisors_of(shape->skip.outputs, pes),
	               simd_count = divisors_of(shape->skip.is_depthwise ? 1 : shape->skip.channels, simds);
	folding->skip_pe = pes[pe_count - 1];
	folding->skip_simd = simds[simd_count - 1];
	uint64_t best = UINT64_MAX;
	for (uint32_t p = 0; p < pe_count; p++) {
		for (uint32_t s = simd_count; s-- > 0;) {
			const uint64_t lanes = (uint64_t)pes[p] * simds[s], cost = 2 * lanes + (pes[p] != folding->pe);
			if (cost >= best || conv_cycles(&shape->skip, pes[p], simds[s], config) > main_cycles) continue;
			best = cost;
			folding->skip_pe = pes[p];
			folding->skip_simd = simds[s];
		}
	}
}

static int compare_choices(const void *one, const void *two) {
	const struct choice *a = one, *b = two;
	const uint64_t lanes_a = (uint64_t)a->pe * a->simd, lanes_b = (uint64_t)b->pe * b->simd;
	if (lanes_a != lanes_b) return lanes_a < lanes_b ? -1 : 1;
	if (a->cycles != b->cycles) return a->cycles < b->cycles ? -1 : 1;
	return a->simd > b->simd ? -1 : a->simd < b->simd;
}

static int make_ladder(const struct layer_shape *shape, const struct config *config, struct ladder *ladder) {
	uint32_t pes[DIVISORS_MAX], simds[DIVISORS_MAX], count = 0;
	const uint32_t pe_count = divisors_of(shape->main.outputs, pes),
	               simd_count = divisors_of(shape->main.is_depthwise ? 1 : shape->main.channels, simds);
	ladder->choices = calloc((size_t)pe_count * simd_count, sizeof *ladder->choices);
	if (!ladder->choices) return 0;
	for (uint32_t p = 0; p < pe_count; p++)
		for (uint32_t s = 0; s < simd_count; s++)
			ladder->choices[count++] =
			    (struct choice){pes[p], simds[s], layer_cycles(shape, pes[p], simds[s], config)};
	qsort(ladder->choices, count, sizeof *ladder->choices, compare_choices);
	for (uint32_t i = 0; i < count; i++)
		if (!ladder->count || ladder->choices[i].cycles < ladder->choices[ladder->count - 1].cycles)
			ladder->choices[ladder->count++] = ladder->choices[i];
	return 1;
}

/* ---- the order of steps */

/* Cycles below which no folding helps: the words of the DMAs. */
static uint64_t dma_cycles(const struct fold *fold) {
	const struct trace_map *image = &fold->trace->maps[fold->trace->input_map];
	const uint64_t bits = (uint64_t)image->height * image->width * image->channels * image->value_bits;
	return (bits + fold->config->streaming_dma_word_bits - 1) / fold->config->streaming_dma_word_bits;
}

static uint64_t target_cycles(const struct fold *fold, int has_budget) {
	uint64_t frames_per_s = fold->config->streaming_target_frames_per_s;
	if (!frames_per_s && has_budget) return 0;
	if (!frames_per_s) frames_per_s = DEFAULT_FRAMES_PER_S;
	return (uint64_t)fold->config->clock_khz * 1000 / frames_per_s;
}

static uint64_t rung_cycles(const struct fold *fold, uint32_t layer) {
	return fold->ladders[layer].choices[fold->rungs[layer]].cycles;
}

static uint32_t slowest_layer(const struct fold *fold) {
	uint32_t slowest = 0;
	for (uint32_t i = 1; i < fold->trace->layer_count; i++)
		if (rung_cycles(fold, i) > rung_cycles(fold, slowest)) slowest = i;
	return slowest;
}

static void order_steps(struct fold *fold, uint64_t enough_cycles) {
	memset(fold->rungs, 0, fold->trace->layer_count * sizeof *fold->rungs);
	for (fold->step_count = 0;; fold->step_count++) {
		const uint32_t layer = slowest_layer(fold);
		if (rung_cycles(fold, layer) <= enough_cycles || fold->rungs[layer] + 1 >= fold->ladders[layer].count)
			return;
		fold->rungs[layer]++;
		fold->steps[fold->step_count] = layer;
	}
}

/* Builds the network after so many steps. */
static enum status build_after(struct fold *fold, uint32_t steps) {
	struct pipeline *pipeline = fold->pipeline;
	memset(fold->rungs, 0, fold->trace->layer_count * sizeof *fold->rungs);
	for (uint32_t i = 0; i < steps; i++) fold->rungs[fold->steps[i]]++;
	for (uint32_t i = 0; i < fold->trace->layer_count; i++) {
		const struct choice *choice = &fold->ladders[i].choices[fold->rungs[i]];
		pipeline->foldings[i] = (struct folding){.pe = choice->pe, .simd = choice->simd};
		if (fold->shapes[i].has_skip) choose_skip(&fold->shapes[i], fold->config, &pipeline->foldings[i]);
	}
	free(pipeline->stages);
	free(pipeline->fifos);
	pipeline->stages = NULL;
	pipeline->fifos = NULL;
	return pipeline_build(fold->trace, fold->config, fold->shapes, pipeline, fold->error);
}

/* ---- target and budget */

static void explain(const struct fold *fold, uint32_t steps, uint64_t target, int has_budget, int is_within) {
	const uint32_t slowest = slowest_layer(fold);
	const char *name = fold->trace->layers[slowest].name;
	const uint64_t cycles = rung_cycles(fold, slowest);
	const char *why = "the slowest layer cannot be raised";
	if (cycles <= dma_cycles(fold)) why = "the input DMA is as slow";
	if (target && cycles <= target)
		why = fold->config->streaming_target_frames_per_s ? "target met" : "default rate";
	if (steps < fold->step_count) why = "the next step is over the budget";
	if (!is_within) why = "over the budget even as small as it can be";
	snprintf(fold->pipeline->reason, sizeof fold->pipeline->reason,
	         "auto: %" PRIu32 " steps, %s; slowest %.32s, %" PRIu64 " cycles%s", steps, why, name, cycles,
	         has_budget || fold->config->streaming_target_frames_per_s ? ""
	                                                                   : " (1000 frames/s: no target, no budget)");
}

static enum status fold_within(struct fold *fold, int (*fits)(void *context, const struct pipeline *pipeline),
                               void *context) {
	const uint64_t target = target_cycles(fold, fits != NULL), floor_cycles = dma_cycles(fold);
	order_steps(fold, target > floor_cycles ? target : floor_cycles);
	uint32_t low = 0, high = fold->step_count; /* low fits, or is the last resort */
	enum status status = build_after(fold, high);
	int is_within = !status && (!fits || fits(context, fold->pipeline));
	if (is_within) low = high;
	const int all_fit = is_within;
	while (!status && !all_fit && high - low > 1) {
		const uint32_t middle = low + (high - low) / 2;
		status = build_after(fold, middle);
		if (status) break;
		if (fits(context, fold->pipeline)) {
			low = middle;
			is_within = 1;
		} else {
			high = middle;
		}
	}
	if (!status && !all_fit) status = build_after(fold, low);
	if (status) return status;
	if (!is_within) is_within = fits(context, fold->pipeline);
	explain(fold, low, target, fits != NULL, is_within);
	return STATUS_OK;
}

static enum status choose_folding(struct fold *fold, int (*fits)(void *context, const struct pipeline *pipeline),
                                  void *context) {
	const uint32_t layers = fold->trace->layer_count;
	size_t steps = 1;
	int is_made = 1;
	fold->ladders = calloc(layers, sizeof *fold->ladders);
	fold->rungs = calloc(layers, sizeof *fold->rungs);
	for (uint32_t i = 0; i < layers && is_made; i++) {
		is_made = fold->ladders && make_ladder(&fold->shapes[i], fold->config, &fold->ladders[i]);
		if (is_made) steps += fold->ladders[i].count;
	}
	fold->steps = calloc(steps, sizeof *fold->steps);
	enum status status = STATUS_OK;
	if (!is_made || !fold->rungs || !fold->steps)
		status = error_set(fold->error, STATUS_MEMORY, "out of memory for the folding of %" PRIu32 " layers",
		                   layers);
	if (!status) status = fold_within(fold, fits, context);
	for (uint32_t i = 0; fold->ladders && i < layers; i++) free(fold->ladders[i].choices);
	free(fold->ladders);
	free(fold->rungs);
	free(fold->steps);
	return status;
}

static enum status read_folding(struct fold *fold) {
	struct pipeline *pipeline = fold->pipeline;
	enum status status = pipeline_read_folding(fold->config->streaming_folding, fold->trace, fold->shapes,
	                                           pipeline->foldings, fold->error);
	for (uint32_t i = 0; i < fold->trace->layer_count && !status; i++)
		if (fold->shapes[i].has_skip && !pipeline->foldings[i].skip_pe)
			choose_skip(&fold->shapes[i], fold->config, &pipeline->foldings[i]);
	snprintf(pipeline->reason, sizeof pipeline->reason, "as set by [streaming] folding");
	if (!status) status = pipeline_build(fold->trace, fold->config, fold->shapes, pipeline, fold->error);
	return status;
}

enum status pipeline_fold(const struct trace *trace, const struct config *config,
                          int (*fits)(void *context, const struct pipeline *pipeline), void *context,
                          struct pipeline *pipeline, struct error *error) {
	struct layer_shape *shapes;
	*pipeline = (struct pipeline){.layer_count = trace->layer_count};
	enum status status = pipeline_shapes(trace, &shapes, error);
	if (status) return status;
	struct fold fold = {.trace = trace, .config = config, .shapes = shapes, .pipeline = pipeline, .error = error};
	pipeline->foldings = calloc(trace->layer_count, sizeof *pipeline->foldings);
	if (!pipeline->foldings)
		status = error_set(error, STATUS_MEMORY, "out of memory for the folding of a pipeline");
	else if (strcmp(config->streaming_folding, "auto") == 0)
		status = choose_folding(&fold, fits, context);
	else
		status = read_folding(&fold);
	free(shapes);
	if (!status) status = pipeline_check(pipeline, error);
	if (status) pipeline_clear(pipeline);
	return status;
}

enum status pipeline_map(const struct trace *trace, const struct config *config, struct pipeline *pipeline,
                         struct error *error) {
	return pipeline_fold(trace, config, NULL, NULL, pipeline, error);
}
