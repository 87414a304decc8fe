/* See sizing.h: smallest depths that keep the period, and what --size-fifos prints.
 *
 * In a stalling pipeline no event comes earlier when a FIFO gets shallower, so the greedy order (most expensive first)
 * has one answer: of each FIFO in turn the smallest depth that is fast enough with those before it sized and those
 * behind it as they were. To ask less often, a whole run of FIFOs is set to 2 words at once: where that is fast enough,
 * so is each of its steps. A flushing stage holds all that is in it, so an earlier word can delay a later one, and
 * halving may stop at a depth that is not the smallest; a last pass over all FIFOs takes a word away where it still
 * can, until none can be taken.
 *
 * At its own pace a pipeline may need hundreds of frames until the FIFOs before its slowest loop are full and it is in
 * its steady state. A stalling one is asked at the wanted pace instead: it keeps its period on its own exactly if it
 * settles to it when the input DMA sends no faster (its period is the largest mean of any loop of stages and FIFOs, and
 * does not depend on when words come).
 *
 * One word more than a FIFO's highest fill is never refused, so that much is taken away without asking. Left out:
 * depths that would pay only when several FIFOs change at once. */
#include "sim/streaming/sizing.h"

#include <stdlib.h>
#include <string.h>

#include "sim/streaming/sizing_trial.h"

enum {
	LEAST_WORDS = 2,
	DEEPEST_WORDS = 1 << 22,
	MANY_FRAMES = 1024,
	PACE_FRAMES = 9,
	PACE_FRAMES_MAX = 36,
	DRAIN_FRAMES = 3
};

/* A batch of one frame, and the steady state of a larger one. */
struct pace {
	int is_stuck;
	uint64_t latency_cycles;
	uint64_t period_cycles, period_frames;
};

struct sizing {
	struct trial trial;
	struct stream_sizing *result;
	uint32_t frames;
	struct pace wanted;
	uint32_t *order; /* FIFO indices, the most expensive first */
	uint32_t *highest;
	int is_thorough; /* a period that few frames do not tell is measured */
	int has_doubt;   /* one was not */
};

/* ---- how fast it is */

static void note_fills(uint32_t *highest, const struct stream_result *result) {
	for (uint32_t f = 0; f < result->fifo_count && highest; f++)
		if (result->fifos[f].highest_fill > highest[f]) highest[f] = result->fifos[f].highest_fill;
}

static enum status measure_latency(struct sizing *sizing, struct pace *pace, uint32_t *highest, struct error *error) {
	struct stream_result result;
	const enum status status = trial_run(&sizing->trial, 1, NULL, &result, error);
	pace->is_stuck = result.is_stuck;
	pace->latency_cycles = result.total_cycles;
	note_fills(highest, &result);
	stream_result_clear(&result);
	return status;
}

/* The period at its own pace. A batch that does not recur is not in its steady state, or has a long one: a larger one
 * is tried. */
static enum status measure_own_period(struct sizing *sizing, struct pace *pace, uint32_t *highest,
                                      struct error *error) {
	enum status status = STATUS_OK;
	pace->period_frames = 0;
	for (uint32_t frames = sizing->frames; !status && !pace->is_stuck && !pace->period_frames; frames *= 4) {
		struct stream_result result;
		const uint32_t half = frames / 2;
		status = trial_run(&sizing->trial, frames, NULL, &result, error);
		pace->is_stuck = result.is_stuck;
		pace->period_cycles = result.period_cycles;
		pace->period_frames = result.period_frames;
		if (!status && !pace->is_stuck && !pace->period_frames && frames >= MANY_FRAMES) {
			pace->period_cycles = result.frame_end_cycle[frames - 1] - result.frame_end_cycle[half - 1];
			pace->period_frames = frames - half;
		}
		note_fills(highest, &result);
		stream_result_clear(&result);
	}
	return status;
}

static int compare_periods(uint64_t cycles, uint64_t frames, const struct pace *with) {
	const uint64_t one = cycles * with->period_frames, other = with->period_cycles * frames;
	return one < other ? -1 : one > other;
}

enum answer { KEEPS, FAILS, UNKNOWN };

/* Whether frame after frame ends later by the same, against the pace: a loop of stages and FIFOs that is too slow shows
 * so from its first frames on, while FIFOs before it fill. The first frame and those that end as the pipeline drains
 * do not count. */
static int falls_behind(const struct stream_result *result, const struct pace *pace) {
	const uint64_t *end = result->frame_end_cycle;
	const uint64_t late_cycles = end[2] - end[1];
	if (result->frames < DRAIN_FRAMES + 4 || compare_periods(late_cycles, 1, pace) <= 0) return 0;
	for (uint32_t k = 3; k < result->frames - DRAIN_FRAMES; k++)
		if (end[k] - end[k - 1] != late_cycles) return 0;
	return 1;
}

static enum answer answer_of(const struct stream_result *result, const struct pace *pace) {
	if (result->is_stuck) return FAILS;
	if (!result->period_frames) return falls_behind(result, pace) ? FAILS : UNKNOWN;
	const int slower = compare_periods(result->period_cycles, result->period_frames, pace);
	return slower == 0 ? KEEPS : slower > 0 ? FAILS : UNKNOWN;
}

/* Whether it settles to the period of `pace` when the input DMA goes at that pace: a few frames, where the FIFOs of a
 * machine at its own pace may fill for hundreds of frames before it is in its steady state. `highest` gets the fills
 * with which it keeps it. */
static enum status ask_pace(struct sizing *sizing, const struct pace *pace, enum answer *answer, uint32_t *highest,
                            struct error *error) {
	enum status status = STATUS_OK;
	*answer = UNKNOWN;
	for (uint32_t frames = PACE_FRAMES; !status && *answer == UNKNOWN && frames <= PACE_FRAMES_MAX; frames *= 4) {
		struct stream_result result;
		status = trial_run_at_pace(&sizing->trial, frames, pace->period_cycles, (uint32_t)pace->period_frames,
		                           &result, error);
		if (!status) *answer = answer_of(&result, pace);
		if (*answer == KEEPS) note_fills(highest, &result);
		stream_result_clear(&result);
	}
	return status;
}

static enum status measure_period(struct sizing *sizing, struct pace *pace, uint32_t *highest, struct error *error) {
	const uint32_t fifo_count = sizing->trial.pipeline.fifo_count;
	enum answer answer = UNKNOWN;
	enum status status = STATUS_OK;
	if (sizing->trial.pipeline.flushing) return measure_own_period(sizing, pace, highest, error);
	pace->period_cycles = pipeline_least_cycles(&sizing->trial.pipeline);
	pace->period_frames = 1;
	status = ask_pace(sizing, pace, &answer, highest, error);
	if (status || answer == KEEPS) return status;
	uint32_t *own = calloc(fifo_count, sizeof *own);
	if (!own) return error_set(error, STATUS_MEMORY, "out of memory for the sizing of FIFOs");
	status = measure_own_period(sizing, pace, own, error);
	if (!status && !pace->is_stuck) status = ask_pace(sizing, pace, &answer, highest, error);
	for (uint32_t f = 0; f < fifo_count && answer != KEEPS && highest; f++)
		if (own[f] > highest[f]) highest[f] = own[f];
	free(own);
	return status;
}

/* `highest` may be NULL; gets fills: with one word more than these nothing gets slower. */
static enum status measure(struct sizing *sizing, struct pace *pace, uint32_t *highest, struct error *error) {
	memset(pace, 0, sizeof *pace);
	if (highest) memset(highest, 0, sizing->trial.pipeline.fifo_count * sizeof *highest);
	enum status status = measure_latency(sizing, pace, highest, error);
	if (!status && !pace->is_stuck) status = measure_period(sizing, pace, highest, error);
	return status;
}

static int is_as_quick(const struct sizing *sizing, uint64_t latency_cycles) {
	const uint64_t tolerance = sizing->result->latency_tolerance_permille;
	return latency_cycles * 1000 <= sizing->wanted.latency_cycles * (1000 + tolerance);
}

/* The single frame first: it costs least and refuses most. Where a few frames at the wanted pace do not tell, it is too
 * slow, unless `is_thorough`. */
static enum status keeps_pace(void *context, int *is, struct error *error) {
	struct sizing *sizing = context;
	struct pace pace = {0};
	enum answer answer = UNKNOWN;
	*is = 0;
	enum status status = measure_latency(sizing, &pace, NULL, error);
	if (status || pace.is_stuck || !is_as_quick(sizing, pace.latency_cycles)) return status;
	if (!sizing->trial.pipeline.flushing) status = ask_pace(sizing, &sizing->wanted, &answer, NULL, error);
	*is = answer == KEEPS;
	if (status || answer != UNKNOWN) return status;
	sizing->has_doubt = 1;
	if (!sizing->trial.pipeline.flushing && !sizing->is_thorough) return STATUS_OK;
	status = measure_own_period(sizing, &pace, NULL, error);
	*is =
	    !status && !pace.is_stuck && compare_periods(pace.period_cycles, pace.period_frames, &sizing->wanted) <= 0;
	return status;
}

static double period_of(const struct pace *pace) {
	return (double)pace->period_cycles / (double)pace->period_frames;
}

/* ---- where it starts */

static enum status free_if_stuck(struct sizing *sizing, struct error *error) {
	struct waits waits;
	enum status status = measure(sizing, &sizing->wanted, sizing->highest, error);
	if (status || !sizing->wanted.is_stuck) return status;
	sizing->result->was_stuck = 1;
	status = waits_find(&waits, &sizing->trial, 0, error);
	if (status) return status;
	waits_apply(&waits, &sizing->trial.pipeline);
	waits_clear(&waits);
	status = measure(sizing, &sizing->wanted, sizing->highest, error);
	if (!status && sizing->wanted.is_stuck)
		status = error_set(error, STATUS_FAILED, "the pipeline is stuck with the depths that should free it");
	return status;
}

static uint32_t frame_words(const struct pipeline *pipeline, const struct fifo *fifo) {
	const uint64_t words = stage_words_made(&pipeline->stages[fifo->from]);
	return words < DEEPEST_WORDS ? (uint32_t)words : DEEPEST_WORDS;
}

/* Doubles all depths, each at most to a frame, until the period is the slowest stage's or there is no more to double.
 */
static enum status deepen(struct sizing *sizing, struct error *error) {
	struct pipeline *pipeline = &sizing->trial.pipeline;
	const uint64_t slowest_cycles = pipeline_least_cycles(pipeline);
	enum status status = STATUS_OK;
	int grew = 1;
	while (!status && grew && sizing->wanted.period_cycles > slowest_cycles * sizing->wanted.period_frames) {
		grew = 0;
		for (uint32_t f = 0; f < pipeline->fifo_count; f++) {
			struct fifo *fifo = &pipeline->fifos[f];
			const uint32_t most = frame_words(pipeline, fifo);
			if (fifo->depth_words >= most) continue;
			fifo->depth_words = fifo->depth_words < most / 2 ? 2 * fifo->depth_words : most;
			grew = 1;
		}
		if (grew) status = measure(sizing, &sizing->wanted, sizing->highest, error);
	}
	return status;
}

/* Nothing of what has been measured changes. */
static void cut_to_fills(struct sizing *sizing) {
	for (uint32_t f = 0; f < sizing->trial.pipeline.fifo_count; f++) {
		uint32_t *depth_words = &sizing->trial.pipeline.fifos[f].depth_words;
		const uint32_t enough = sizing->highest[f] + 1 < LEAST_WORDS ? LEAST_WORDS : sizing->highest[f] + 1;
		if (*depth_words > enough) *depth_words = enough;
	}
}

static uint64_t fifo_bits(const struct fifo *fifo) {
	return (uint64_t)fifo->width_bits * fifo->depth_words;
}

/* By falling bits, then by index (insertion: a few hundred at most). */
static void set_order(struct sizing *sizing) {
	const struct pipeline *pipeline = &sizing->trial.pipeline;
	for (uint32_t f = 0; f < pipeline->fifo_count; f++) {
		uint32_t place = f;
		for (; place && fifo_bits(&pipeline->fifos[sizing->order[place - 1]]) < fifo_bits(&pipeline->fifos[f]);
		     place--)
			sizing->order[place] = sizing->order[place - 1];
		sizing->order[place] = f;
	}
}

/* ---- making them shallower */

static void tell(const struct sizing *sizing, uint32_t done) {
	if (sizing->result->progress)
		sizing->result->progress(sizing->result->context, done, sizing->trial.pipeline.fifo_count);
}

/* Sets `count` FIFOs of the order, from `first`, to the least; *is: that is fast enough, else they are as they were. */
static enum status try_least(struct sizing *sizing, uint32_t first, uint32_t count, int *is, struct error *error) {
	struct fifo *fifos = sizing->trial.pipeline.fifos;
	uint32_t *before = malloc(count * sizeof *before);
	int changes = 0;
	if (!before) return error_set(error, STATUS_MEMORY, "out of memory for the sizing of FIFOs");
	for (uint32_t i = 0; i < count; i++) {
		uint32_t *depth_words = &fifos[sizing->order[first + i]].depth_words;
		before[i] = *depth_words;
		changes |= *depth_words > LEAST_WORDS;
		*depth_words = LEAST_WORDS;
	}
	*is = !changes;
	const enum status status = changes ? keeps_pace(sizing, is, error) : STATUS_OK;
	for (uint32_t i = 0; i < count && !*is; i++) fifos[sizing->order[first + i]].depth_words = before[i];
	free(before);
	return status;
}

/* One FIFO: many cannot lose a word, so that is asked first. *is: it can. */
static enum status shrink_one(struct sizing *sizing, uint32_t fifo, int *is, struct error *error) {
	uint32_t *depth_words = &sizing->trial.pipeline.fifos[fifo].depth_words;
	--*depth_words;
	const enum status status = keeps_pace(sizing, is, error);
	if (status || !*is) {
		++*depth_words;
		return status;
	}
	return trial_halve(&sizing->trial, fifo, LEAST_WORDS, *depth_words, keeps_pace, sizing, error);
}

/* The greedy order, as many FIFOs at once as can have the least. */
static enum status shrink_all(struct sizing *sizing, struct error *error) {
	const struct pipeline *pipeline = &sizing->trial.pipeline;
	uint32_t first = 0, count = pipeline->fifo_count;
	enum status status = STATUS_OK;
	while (first < pipeline->fifo_count && !status) {
		int is = 0;
		if (count > pipeline->fifo_count - first) count = pipeline->fifo_count - first;
		status = try_least(sizing, first, count, &is, error);
		if (is) {
			first += count;
			count *= 2;
		} else if (count > 1) {
			count /= 2;
		} else if (!status) {
			status = shrink_one(sizing, sizing->order[first], &is, error);
			first++;
		}
		tell(sizing, first);
	}
	return status;
}

/* Takes words away where single ones still can be, until no FIFO can lose one. */
static enum status shrink_to_the_last(struct sizing *sizing, struct error *error) {
	const struct pipeline *pipeline = &sizing->trial.pipeline;
	enum status status = STATUS_OK;
	int has_changed = 1;
	sizing->is_thorough = 1;
	while (has_changed && !status) {
		has_changed = 0;
		for (uint32_t i = 0; i < pipeline->fifo_count && !status; i++) {
			int is = 0;
			if (pipeline->fifos[sizing->order[i]].depth_words <= LEAST_WORDS) continue;
			status = shrink_one(sizing, sizing->order[i], &is, error);
			has_changed |= is;
		}
	}
	return status;
}

/* ---- public */

static enum status find_depths(struct sizing *sizing, struct error *error) {
	struct stream_sizing *result = sizing->result;
	struct pace after;
	enum status status = free_if_stuck(sizing, error);
	if (status) return status;
	result->latency_before_cycles = sizing->wanted.latency_cycles;
	result->period_before_cycles = period_of(&sizing->wanted);
	set_order(sizing);
	if (result->is_fastest) status = deepen(sizing, error);
	if (status) return status;
	cut_to_fills(sizing);
	status = shrink_all(sizing, error);
	if (!status && sizing->has_doubt) status = shrink_to_the_last(sizing, error);
	if (!status) status = measure_latency(sizing, &after, NULL, error);
	if (status) return status;
	result->latency_after_cycles = after.latency_cycles;
	result->period_after_cycles = period_of(&sizing->wanted);
	return STATUS_OK;
}

static void set_result(const struct sizing *sizing, struct pipeline *pipeline) {
	struct stream_sizing *result = sizing->result;
	for (uint32_t f = 0; f < pipeline->fifo_count; f++) {
		struct fifo *before = &pipeline->fifos[f];
		const struct fifo *after = &sizing->trial.pipeline.fifos[f];
		result->fifos[f].before_words = before->depth_words;
		result->fifos[f].after_words = after->depth_words;
		if (fifo_bits(after) < fifo_bits(before))
			result->fifos[f].bits_saved = fifo_bits(before) - fifo_bits(after);
		result->bits_before += fifo_bits(before);
		result->bits_after += fifo_bits(after);
		before->depth_words = after->depth_words;
	}
	result->runs = sizing->trial.runs;
}

enum status stream_size_fifos(struct pipeline *pipeline, uint32_t frames, struct stream_sizing *sizing,
                              struct error *error) {
	struct sizing search = {.result = sizing, .frames = frames < 3 ? 3 : frames};
	enum status status = trial_begin(&search.trial, pipeline, error);
	if (status) return status;
	search.trial.stop = sizing->stop;
	search.order = calloc(pipeline->fifo_count, sizeof *search.order);
	search.highest = calloc(pipeline->fifo_count, sizeof *search.highest);
	sizing->fifos = calloc(pipeline->fifo_count, sizeof *sizing->fifos);
	sizing->fifo_count = pipeline->fifo_count;
	if (!search.order || !search.highest || !sizing->fifos)
		status = error_set(error, STATUS_MEMORY, "out of memory for the sizing of FIFOs");
	if (!status) status = find_depths(&search, error);
	if (!status) set_result(&search, pipeline);
	free(search.order);
	free(search.highest);
	trial_end(&search.trial);
	return status;
}

void stream_sizing_clear(struct stream_sizing *sizing) {
	free(sizing->fifos);
	sizing->fifos = NULL;
	sizing->fifo_count = 0;
}
