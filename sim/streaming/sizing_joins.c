/* See sizing.h: where words wait in front of joins, and how many.
 *
 * Which branch of a join is early shows in a run of a few frames in which both of its inputs hold any number of words:
 * the input with the higher fill. No such run can get stuck: an end of a branch is never full, so every stage in a
 * branch goes on as long as its fork does. (Nothing holds the branches back there, so both inputs fill up with what
 * comes too fast; only the difference counts.) The wait is then moved to the cheapest FIFO of the early branch and
 * measured there, the late branch holding back the fork as built. Where that run is stuck (a late branch that is early
 * at other times), both inputs of every join are the places, as deep as in those few frames.
 *
 * The machine is a chain of cause and effect between words: with a depth one above the highest fill no push of those
 * runs is ever refused, so the runs are the same as without a limit. Measured are a batch of one frame and one of
 * MANY_FRAMES frames, of which those until it recurs are run. */
#include <stdlib.h>
#include <string.h>

#include "sim/streaming/sizing.h"
#include "sim/streaming/sizing_trial.h"

enum { FEW_FRAMES = 4, MANY_FRAMES = 256, TRIAL_FRAMES = 16 };

enum status trial_begin(struct trial *trial, const struct pipeline *pipeline, struct error *error) {
	memset(trial, 0, sizeof *trial);
	trial->pipeline = *pipeline;
	trial->pipeline.fifos = malloc(pipeline->fifo_count * sizeof *trial->pipeline.fifos);
	if (!trial->pipeline.fifos) return error_set(error, STATUS_MEMORY, "out of memory for the sizing of FIFOs");
	memcpy(trial->pipeline.fifos, pipeline->fifos, pipeline->fifo_count * sizeof *pipeline->fifos);
	return STATUS_OK;
}

void trial_end(struct trial *trial) {
	free(trial->pipeline.fifos);
	trial->pipeline.fifos = NULL;
}

static enum status run(struct trial *trial, uint32_t frames, const struct stream_options *options,
                       struct stream_result *result, struct error *error) {
	trial->runs++;
	const enum status status = stream_run(&trial->pipeline, frames, options, result, error);
	if (status != STATUS_STUCK || !result->is_stuck) return status;
	if (error) error->text[0] = '\0';
	return STATUS_OK;
}

enum status trial_run(struct trial *trial, uint32_t frames, const uint8_t *unbounded, struct stream_result *result,
                      struct error *error) {
	const struct stream_options options = {.unbounded = unbounded, .stop = trial->stop};
	return run(trial, frames, &options, result, error);
}

enum status trial_run_at_pace(struct trial *trial, uint32_t frames, uint64_t pace_cycles, uint32_t pace_frames,
                              struct stream_result *result, struct error *error) {
	const struct stream_options options = {
	    .pace_cycles = pace_cycles, .pace_frames = pace_frames, .stop = trial->stop};
	return run(trial, frames, &options, result, error);
}

enum status trial_halve(struct trial *trial, uint32_t fifo, uint32_t low, uint32_t high,
                        enum status (*is_enough)(void *context, int *is, struct error *error), void *context,
                        struct error *error) {
	uint32_t *depth_words = &trial->pipeline.fifos[fifo].depth_words;
	while (low < high) {
		int is = 0;
		*depth_words = low + (high - low) / 2;
		const enum status status = is_enough(context, &is, error);
		if (status) return status;
		if (is)
			high = *depth_words;
		else
			low = *depth_words + 1;
	}
	*depth_words = high;
	return STATUS_OK;
}

/* ---- places */

struct search {
	struct trial *trial;
	struct waits *waits;
	uint8_t *unbounded;
	uint32_t *highest; /* fills, by FIFO */
	int keep_named;
};

static enum status out_of_memory(struct error *error) {
	return error_set(error, STATUS_MEMORY, "out of memory for the FIFOs in front of joins");
}

/* Highest fills with the present places unbounded, in a batch of `frames` frames; to be added to those noted. */
static enum status measure(struct search *search, uint32_t frames, int *is_stuck, struct error *error) {
	struct stream_result result;
	const enum status status = trial_run(search->trial, frames, search->unbounded, &result, error);
	*is_stuck = !status && result.is_stuck;
	for (uint32_t f = 0; f < search->trial->pipeline.fifo_count && !status; f++)
		if (result.fifos[f].highest_fill > search->highest[f])
			search->highest[f] = result.fifos[f].highest_fill;
	stream_result_clear(&result);
	return status;
}

/* In a batch of one frame and a larger one. */
static enum status measure_again(struct search *search, uint32_t frames, int *is_stuck, struct error *error) {
	memset(search->highest, 0, search->trial->pipeline.fifo_count * sizeof *search->highest);
	const enum status status = measure(search, 1, is_stuck, error);
	return status || *is_stuck ? status : measure(search, frames, is_stuck, error);
}

/* Bits of a FIFO's words in a frame: what a word of waiting costs there, up to a factor that all of a branch share. */
static uint64_t frame_bits(const struct pipeline *pipeline, const struct fifo *fifo) {
	return stage_words_made(&pipeline->stages[fifo->from]) * fifo->width_bits;
}

/* The cheapest FIFO between an input of a join and the fork or join before it; PIPELINE_NONE: all are named. */
static uint32_t cheapest_place(const struct search *search, uint32_t fifo) {
	const struct pipeline *pipeline = &search->trial->pipeline;
	uint32_t best = PIPELINE_NONE;
	while (fifo != PIPELINE_NONE) {
		const struct fifo *built = &pipeline->fifos[fifo];
		const struct stage *from = &pipeline->stages[built->from];
		if (!(search->keep_named && built->is_named) &&
		    (best == PIPELINE_NONE ||
		     frame_bits(pipeline, built) <= frame_bits(pipeline, &pipeline->fifos[best])))
			best = fifo;
		if (from->kind == STAGE_FORK || from->kind == STAGE_JOIN) break;
		fifo = from->input[0];
	}
	return best;
}

static void add_place(struct search *search, uint32_t fifo) {
	if (fifo == PIPELINE_NONE || search->unbounded[fifo]) return;
	search->unbounded[fifo] = 1;
	search->waits->fifos[search->waits->count++] = fifo;
}

static void forget_places(struct search *search) {
	memset(search->unbounded, 0, search->trial->pipeline.fifo_count);
	search->waits->count = 0;
}

/* Both inputs of every join. */
static void place_at_joins(struct search *search, int keep_named) {
	const struct pipeline *pipeline = &search->trial->pipeline;
	forget_places(search);
	for (uint32_t i = 0; i < pipeline->stage_count; i++)
		for (int p = 0; p < STAGE_PORTS_MAX && pipeline->stages[i].kind == STAGE_JOIN; p++)
			if (!keep_named || !pipeline->fifos[pipeline->stages[i].input[p]].is_named)
				add_place(search, pipeline->stages[i].input[p]);
}

/* The cheapest FIFO of every join's early branch, by the fills measured at the joins. */
static void place_on_early_branches(struct search *search) {
	const struct pipeline *pipeline = &search->trial->pipeline;
	forget_places(search);
	for (uint32_t i = 0; i < pipeline->stage_count; i++) {
		const struct stage *join = &pipeline->stages[i];
		if (join->kind != STAGE_JOIN) continue;
		const int early = search->highest[join->input[1]] >= search->highest[join->input[0]];
		add_place(search, cheapest_place(search, join->input[early]));
	}
}

static enum status find_places(struct search *search, struct error *error) {
	int is_stuck;
	place_at_joins(search, 0);
	enum status status = measure(search, FEW_FRAMES, &is_stuck, error);
	if (!status && is_stuck)
		status =
		    error_set(error, STATUS_FAILED,
		              "the pipeline is stuck with FIFOs of any depth in front of its joins: the branches of "
		              "a fork do not hand a join the same number of words");
	if (status) return status;
	place_on_early_branches(search);
	status = measure_again(search, MANY_FRAMES, &is_stuck, error);
	if (status || !is_stuck) return status;
	place_at_joins(search, search->keep_named);
	return measure_again(search, FEW_FRAMES, &is_stuck, error);
}

static uint32_t count_joins(const struct pipeline *pipeline) {
	uint32_t joins = 0;
	for (uint32_t i = 0; i < pipeline->stage_count; i++) joins += pipeline->stages[i].kind == STAGE_JOIN;
	return joins;
}

enum status waits_find(struct waits *waits, struct trial *trial, int keep_named, struct error *error) {
	const struct pipeline *pipeline = &trial->pipeline;
	const uint32_t joins = count_joins(pipeline);
	memset(waits, 0, sizeof *waits);
	if (!joins) return STATUS_OK;
	struct search search = {.trial = trial, .waits = waits, .keep_named = keep_named};
	search.unbounded = calloc(pipeline->fifo_count, sizeof *search.unbounded);
	search.highest = calloc(pipeline->fifo_count, sizeof *search.highest);
	waits->fifos = calloc(STAGE_PORTS_MAX * (size_t)joins, sizeof *waits->fifos);
	waits->depth_words = calloc(STAGE_PORTS_MAX * (size_t)joins, sizeof *waits->depth_words);
	enum status status = STATUS_OK;
	if (!search.unbounded || !search.highest || !waits->fifos || !waits->depth_words) status = out_of_memory(error);
	if (!status) status = find_places(&search, error);
	for (uint32_t w = 0; w < waits->count && !status; w++) {
		const uint32_t built = pipeline->fifos[waits->fifos[w]].depth_words;
		const uint32_t needed = search.highest[waits->fifos[w]] + 1;
		waits->depth_words[w] = needed > built ? needed : built;
	}
	free(search.unbounded);
	free(search.highest);
	if (status) waits_clear(waits);
	return status;
}

void waits_apply(const struct waits *waits, struct pipeline *pipeline) {
	for (uint32_t w = 0; w < waits->count; w++)
		pipeline->fifos[waits->fifos[w]].depth_words = waits->depth_words[w];
}

void waits_clear(struct waits *waits) {
	free(waits->fifos);
	free(waits->depth_words);
	memset(waits, 0, sizeof *waits);
}

/* ---- public */

enum status stream_size_skips(struct pipeline *pipeline, struct error *error) {
	struct trial trial;
	struct waits waits;
	enum status status = trial_begin(&trial, pipeline, error);
	if (status) return status;
	status = waits_find(&waits, &trial, 1, error);
	waits_apply(&waits, pipeline);
	waits_clear(&waits);
	trial_end(&trial);
	return status;
}

static enum status runs_at_all(void *context, int *is, struct error *error) {
	struct trial *trial = context;
	struct stream_result result;
	const enum status status = trial_run(trial, TRIAL_FRAMES, NULL, &result, error);
	*is = !status && !result.is_stuck;
	stream_result_clear(&result);
	return status;
}

/* A search for the depth of one place in a pipeline in which others, too, may be too shallow. */
struct freeing {
	struct trial *trial;
	const struct waits *waits;
	uint32_t place; /* index of waits */
};

/* *place: of the full places the one that is last in the pipeline, since those before it only queue up; waits->count
 * where none is full, or the pipeline runs (*runs). */
static enum status find_stuck_place(const struct freeing *freeing, uint32_t *place, int *runs, struct error *error) {
	const struct waits *waits = freeing->waits;
	const struct fifo *fifos = freeing->trial->pipeline.fifos;
	struct stream_result result;
	const enum status status = trial_run(freeing->trial, TRIAL_FRAMES, NULL, &result, error);
	*runs = !status && !result.is_stuck;
	*place = waits->count;
	for (uint32_t w = 0; w < waits->count && !status && !*runs; w++) {
		const struct fifo *fifo = &fifos[waits->fifos[w]];
		if (result.fifos[waits->fifos[w]].fill_at_end < fifo->depth_words) continue;
		if (*place == waits->count || fifo->to > fifos[waits->fifos[*place]].to) *place = w;
	}
	stream_result_clear(&result);
	return status;
}

static enum status is_freed(void *context, int *is, struct error *error) {
	const struct freeing *freeing = context;
	uint32_t place;
	const enum status status = find_stuck_place(freeing, &place, is, error);
	*is = *is || place != freeing->place;
	return status;
}

/* Joins of one network are much alike: narrows [low, high] by the depth that the last place needed. */
static enum status try_hint(struct freeing *freeing, uint32_t fifo, uint32_t hint, uint32_t *low, uint32_t *high,
                            struct error *error) {
	for (int less = 0; less < 2; less++) {
		int is = 0;
		const uint32_t depth = hint - (uint32_t)less;
		if (hint < 2 || depth < *low || depth >= *high) continue;
		freeing->trial->pipeline.fifos[fifo].depth_words = depth;
		const enum status status = is_freed(freeing, &is, error);
		if (status) return status;
		if (is)
			*high = depth;
		else
			*low = depth + 1;
	}
	return STATUS_OK;
}

/* Deepens the place where it is stuck, again and again. A run that is stuck ends early, so this costs little. */
static enum status free_places(struct freeing *freeing, struct error *error) {
	const struct waits *waits = freeing->waits;
	enum status status = STATUS_OK;
	uint32_t hint = 0;
	int runs = 0;
	while (!status) {
		status = find_stuck_place(freeing, &freeing->place, &runs, error);
		if (status || runs) return status;
		if (freeing->place == waits->count) break;
		const uint32_t fifo = waits->fifos[freeing->place];
		uint32_t low = freeing->trial->pipeline.fifos[fifo].depth_words + 1,
		         high = waits->depth_words[freeing->place];
		if (low > high) break;
		status = try_hint(freeing, fifo, hint, &low, &high, error);
		if (!status) status = trial_halve(freeing->trial, fifo, low, high, is_freed, freeing, error);
		hint = freeing->trial->pipeline.fifos[fifo].depth_words;
	}
	waits_apply(waits,
	            &freeing->trial->pipeline); /* what stands in the way is none of them: all that is known to run */
	return status;
}

enum status stream_feasible_depths(const struct pipeline *pipeline, uint32_t *depth_words, struct error *error) {
	struct trial trial;
	struct waits waits = {0};
	struct freeing freeing = {.trial = &trial, .waits = &waits};
	int runs = 0;
	enum status status = trial_begin(&trial, pipeline, error);
	if (status) return status;
	status = runs_at_all(&trial, &runs, error);
	if (!status && !runs) status = waits_find(&waits, &trial, 0, error);
	if (!status && !runs) status = free_places(&freeing, error);
	for (uint32_t w = 0; w < waits.count && !status; w++) { /* less, where places deepened later help */
		uint32_t *depth = &trial.pipeline.fifos[waits.fifos[w]].depth_words;
		const uint32_t built = pipeline->fifos[waits.fifos[w]].depth_words;
		if (*depth == built) continue;
		--*depth;
		status = runs_at_all(&trial, &runs, error);
		if (!status && runs)
			status = trial_halve(&trial, waits.fifos[w], built, *depth, runs_at_all, &trial, error);
		else
			++*depth;
	}
	for (uint32_t f = 0; f < pipeline->fifo_count; f++) depth_words[f] = trial.pipeline.fifos[f].depth_words;
	waits_clear(&waits);
	trial_end(&trial);
	return status;
}
