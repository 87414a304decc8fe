/* See stream_steady.h. Left out: periods that begin only after PROBE_FRAMES frames of a batch that was shorter. */
#include "sim/run/stream_steady.h"

#include <stdlib.h>
#include <string.h>

enum { PROBE_FRAMES = 64 };

void stream_steady_clear(struct stream_steady *steady) {
	free(steady->stages);
	memset(steady, 0, sizeof *steady);
}

double stream_steady_cycles(const struct stream_steady *steady) {
	return steady->period_frames ? (double)steady->period_cycles / steady->period_frames : 0;
}

uint64_t stream_steady_starved(const struct stream_steady *steady, uint32_t stage) {
	const uint64_t *cycles = steady->stages[stage].cycles;
	return cycles[STATE_MEMORY] + cycles[STATE_STARVED];
}

uint64_t stream_steady_waits(const struct stream_steady *steady, uint32_t stage) {
	return stream_steady_starved(steady, stage) + steady->stages[stage].cycles[STATE_BLOCKED];
}

static uint64_t rests(const struct stream_steady *steady, uint32_t stage) {
	return stream_steady_waits(steady, stage) + steady->stages[stage].cycles[STATE_IDLE];
}

int stream_steady_is_narrower(const struct stream_steady *steady, uint32_t a, uint32_t b) {
	const uint64_t rests_a = rests(steady, a), rests_b = rests(steady, b);
	if (rests_a != rests_b) return rests_a < rests_b;
	return steady->stages[a].cycles[STATE_BUSY] > steady->stages[b].cycles[STATE_BUSY];
}

static void find_extremes(struct stream_steady *steady) {
	uint64_t starved = 0, blocked = 0;
	steady->bottleneck = 0;
	steady->most_starved = steady->most_blocked = PIPELINE_NONE;
	for (uint32_t i = 0; i < steady->stage_count; i++) {
		if (stream_steady_is_narrower(steady, i, steady->bottleneck)) steady->bottleneck = i;
		if (stream_steady_starved(steady, i) > starved) {
			starved = stream_steady_starved(steady, i);
			steady->most_starved = i;
		}
		if (steady->stages[i].cycles[STATE_BLOCKED] > blocked) {
			blocked = steady->stages[i].cycles[STATE_BLOCKED];
			steady->most_blocked = i;
		}
	}
}

/* The counters of one period, or (shorter given) of the frames that a longer batch has more. */
static enum status take(const struct stream_result *longer, const struct stream_result *shorter,
                        struct stream_steady *steady, struct error *error) {
	steady->recurs = !shorter;
	steady->recurs_at_frame = longer->recurs_at_frame;
	steady->period_cycles = shorter ? longer->total_cycles - shorter->total_cycles : longer->period_cycles;
	steady->period_frames = shorter ? longer->frames - shorter->frames : longer->period_frames;
	steady->stage_count = longer->stage_count;
	steady->stages = calloc(longer->stage_count, sizeof *steady->stages);
	if (!steady->stages) return error_set(error, STATUS_MEMORY, "out of memory for the steady state");
	for (uint32_t i = 0; i < longer->stage_count; i++)
		for (int s = 0; s < STATE_COUNT; s++)
			steady->stages[i].cycles[s] = shorter
			                                  ? longer->stages[i].cycles[s] - shorter->stages[i].cycles[s]
			                                  : longer->period_stages[i].cycles[s];
	find_extremes(steady);
	return STATUS_OK;
}

enum status stream_steady_find(const struct pipeline *pipeline, const struct stream_result *batch,
                               const volatile sig_atomic_t *stop, struct stream_steady *steady, struct error *error) {
	const struct stream_options options = {.stop = stop};
	struct stream_result probe = {0}, half = {0};
	enum status status = STATUS_OK;
	memset(steady, 0, sizeof *steady);
	if (batch->period_frames) return take(batch, NULL, steady, error);
	status = stream_run(pipeline, PROBE_FRAMES, &options, &probe, error);
	if (!status && !probe.period_frames) status = stream_run(pipeline, PROBE_FRAMES / 2, &options, &half, error);
	if (!status) status = take(&probe, probe.period_frames ? NULL : &half, steady, error);
	stream_result_clear(&probe);
	stream_result_clear(&half);
	return status;
}
