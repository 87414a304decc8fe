/* See share_stream.h. Inputs lie in a direct-mapped table and point to the run's place, with the run's number in this
 * process: a place that was given to another run since is not theirs any more. As in share.c the keys are copies of
 * struct config with what is left out set to zero, section by section, so a new parameter of [machine], [run] or
 * [streaming] is part of the key until somebody decides that it is not. */
#include "explore/share_stream.h"

#include <stdlib.h>
#include <string.h>

enum { INPUT_COUNT = 512, RUN_COUNT = 512, NO_RUN = 0 };

struct input_entry {
	int used;
	uint64_t network;
	struct config key;
	uint64_t number;                    /* of the run; NO_RUN: a failure to map */
	size_t place;                       /* of the run */
	struct stream_share_result failure; /* without a run */
};

struct run_entry {
	uint64_t number; /* NO_RUN: free */
	uint32_t frames;
	size_t bytes;
	struct stream_share_result result;
};

struct share_stream {
	struct input_entry *inputs;
	struct run_entry *runs;
	size_t bytes, budget, next_cleared;
	uint64_t numbers;
};

static uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t count) {
	const unsigned char *at = bytes;
	for (; count >= 8; count -= 8, at += 8) {
		uint64_t word;
		memcpy(&word, at, 8);
		hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
		hash ^= hash >> 29;
	}
	for (; count; count--, at++) hash = (hash ^ *at) * UINT64_C(0x100000001b3);
	return hash;
}

struct share_stream *share_stream_create(size_t budget_bytes) {
	struct share_stream *share = calloc(1, sizeof *share);
	if (!share) return NULL;
	share->budget = budget_bytes;
	share->inputs = calloc(INPUT_COUNT, sizeof *share->inputs);
	share->runs = calloc(RUN_COUNT, sizeof *share->runs);
	if (share->inputs && share->runs) return share;
	share_stream_free(share);
	return NULL;
}

static void run_clear(struct share_stream *share, struct run_entry *run) {
	share->bytes -= run->bytes;
	streaming_clear(&run->result.streaming);
	memset(run, 0, sizeof *run);
}

void share_stream_free(struct share_stream *share) {
	if (!share) return;
	for (size_t i = 0; share->runs && i < RUN_COUNT; i++) run_clear(share, &share->runs[i]);
	free(share->inputs);
	free(share->runs);
	free(share);
}

/* ---- keys */

static void clear_parameter(struct config *key, const struct config_parameter *parameter) {
	memset((char *)key + parameter->offset, 0,
	       parameter->type == CONFIG_TEXT ? (size_t)CONFIG_TEXT_BYTES : sizeof(uint32_t));
}

static void input_key(const struct config *config, struct config *key) {
	static const char *const sections[] = {"machine", "run", "streaming"};
	*key = *config;
	for (size_t i = 0; i < config_parameter_count; i++) {
		int is_read = 0;
		for (size_t s = 0; s < sizeof sections / sizeof sections[0]; s++)
			if (!strcmp(config_parameters[i].section, sections[s])) is_read = 1;
		if (!is_read) clear_parameter(key, &config_parameters[i]);
	}
	int is_chosen = !strcmp(config->streaming_folding, "auto");
	if (!is_chosen) memset(key->device, 0, sizeof key->device);
	if (!is_chosen || !config->streaming_target_frames_per_s) key->clock_khz = 0;
	if (!is_chosen) key->streaming_target_frames_per_s = key->streaming_budget_percent = 0;
	memset(key->technology, 0, sizeof key->technology);
	memset(key->workload, 0, sizeof key->workload); /* the network stands for it */
	key->kernel = key->seed = 0;
}

static uint64_t pipeline_hash(uint32_t frames, const struct pipeline *pipeline) {
	uint64_t hash = hash_bytes(frames, pipeline->stages, pipeline->stage_count * sizeof *pipeline->stages);
	return hash_bytes(hash, pipeline->fifos, pipeline->fifo_count * sizeof *pipeline->fifos);
}

static int is_same_pipeline(const struct pipeline *a, const struct pipeline *b) {
	return a->stage_count == b->stage_count && a->fifo_count == b->fifo_count && a->flushing == b->flushing &&
	       a->start_cycles == b->start_cycles && a->pool_overhead_cycles == b->pool_overhead_cycles &&
	       a->memories == b->memories && !memcmp(a->stages, b->stages, a->stage_count * sizeof *a->stages) &&
	       !memcmp(a->fifos, b->fifos, a->fifo_count * sizeof *a->fifos);
}

/* ---- finding */

static struct input_entry *input_place(struct share_stream *share, const struct config *key, uint64_t network) {
	return &share->inputs[hash_bytes(network, key, sizeof *key) % INPUT_COUNT];
}

static struct run_entry *run_place(struct share_stream *share, uint32_t frames, const struct pipeline *pipeline) {
	return &share->runs[pipeline_hash(frames, pipeline) % RUN_COUNT];
}

const struct stream_share_result *share_stream_find_inputs(struct share_stream *share, const struct config *config,
                                                           uint64_t network) {
	struct config key;
	input_key(config, &key);
	const struct input_entry *entry = input_place(share, &key, network);
	if (!entry->used || entry->network != network || memcmp(&entry->key, &key, sizeof key)) return NULL;
	if (entry->number == NO_RUN) return &entry->failure;
	const struct run_entry *run = &share->runs[entry->place];
	return run->number == entry->number ? &run->result : NULL;
}

const struct stream_share_result *share_stream_find_pipeline(struct share_stream *share, uint32_t frames,
                                                             const struct pipeline *pipeline) {
	const struct run_entry *run = run_place(share, frames, pipeline);
	if (run->number == NO_RUN || run->frames != frames ||
	    !is_same_pipeline(&run->result.streaming.pipeline, pipeline))
		return NULL;
	return &run->result;
}

/* ---- keeping */

static struct input_entry *take_place(struct share_stream *share, const struct config *config, uint64_t network) {
	struct config key;
	input_key(config, &key);
	struct input_entry *entry = input_place(share, &key, network);
	memset(entry, 0, sizeof *entry);
	entry->used = 1;
	entry->network = network;
	entry->key = key;
	return entry;
}

static void link_run(struct share_stream *share, const struct config *config, uint64_t network,
                     const struct run_entry *run) {
	struct input_entry *entry = take_place(share, config, network);
	entry->number = run->number;
	entry->place = (size_t)(run - share->runs);
}

void share_stream_link(struct share_stream *share, const struct config *config, uint64_t network,
                       const struct stream_share_result *result) {
	for (size_t i = 0; i < RUN_COUNT; i++)
		if (&share->runs[i].result == result) link_run(share, config, network, &share->runs[i]);
}

static size_t bytes_of(const struct simulation_streaming *streaming) {
	const struct pipeline *pipeline = &streaming->pipeline;
	return pipeline->stage_count *
	           (sizeof *pipeline->stages + sizeof *streaming->batch.stages + sizeof *streaming->steady.stages) +
	       pipeline->fifo_count * (sizeof *pipeline->fifos + sizeof *streaming->batch.fifos) +
	       pipeline->layer_count * sizeof *pipeline->foldings +
	       streaming->batch.frames * sizeof *streaming->batch.frame_end_cycle;
}

int share_stream_keep(struct share_stream *share, const struct config *config, uint64_t network,
                      const struct stream_share_result *made) {
	if (!made->streaming.pipeline.stage_count) {
		struct stream_share_result *failure = &take_place(share, config, network)->failure;
		failure->status = made->status;
		memcpy(failure->reason, made->reason, sizeof failure->reason);
		return 0;
	}
	size_t bytes = bytes_of(&made->streaming);
	if (bytes > share->budget) return 0;
	struct run_entry *run = run_place(share, config->frames, &made->streaming.pipeline);
	run_clear(share, run);
	while (share->bytes + bytes > share->budget) run_clear(share, &share->runs[share->next_cleared++ % RUN_COUNT]);
	*run =
	    (struct run_entry){.number = ++share->numbers, .frames = config->frames, .bytes = bytes, .result = *made};
	share->bytes += bytes;
	link_run(share, config, network, run);
	return 1;
}
