/* See simulation_streaming.h. The batch is one run; the latency is a run of one frame; the period and what the stages
 * do in it come from stream_steady.h. All but the batch run natively, whatever kernel runs it: they are the same
 * machine. */
#include "sim/run/simulation_streaming.h"

#include <stdlib.h>
#include <string.h>

#include "sim/run/simulation.h"
#include "sim/streaming/sizing.h"

void streaming_clear(struct simulation_streaming *streaming) {
	pipeline_clear(&streaming->pipeline);
	stream_result_clear(&streaming->batch);
	stream_steady_clear(&streaming->steady);
	free(streaming->unbounded_fill_words);
	streaming_resources_clear(&streaming->resources);
	streaming_energy_clear(&streaming->energy);
	memset(streaming, 0, sizeof *streaming);
}

/* ---- create */

struct budget {
	const struct device *device;
	double share;
	enum status status; /* of an estimate that failed */
	struct error error;
};

/* For pipeline_fold: are all amounts within the budget's share of what is usable? */
static int is_within_budget(void *context, const struct pipeline *pipeline) {
	struct budget *budget = context;
	struct streaming_resources resources;
	struct resource_fit fit;
	int is_within = 0;
	enum status status = estimate_streaming_resources(pipeline, budget->device, &resources, &budget->error);
	if (status) {
		budget->status = status;
	} else {
		estimate_streaming_fit(&resources, budget->device, &fit, NULL);
		is_within = fit.totals[fit.worst].utilisation <= budget->share;
	}
	streaming_resources_clear(&resources);
	return is_within;
}

enum status streaming_create(struct simulation *simulation, struct error *error) {
	struct pipeline *pipeline = &simulation->streaming.pipeline;
	struct budget budget = {.device = simulation->device,
	                        .share = simulation->config.streaming_budget_percent / 100.0};
	enum status status =
	    pipeline_fold(simulation->trace, &simulation->config, is_within_budget, &budget, pipeline, error);
	if (!status && budget.status) status = error_set(error, budget.status, "%s", budget.error.text);
	return status ? status : stream_size_skips(pipeline, error);
}

/* ---- time */

static enum status run_single(struct simulation *simulation, const volatile sig_atomic_t *stop, struct error *error) {
	struct simulation_streaming *streaming = &simulation->streaming;
	const struct stream_options options = {.stop = stop};
	struct stream_result single = {0};
	if (streaming->batch.frames == 1) {
		streaming->latency_cycles = streaming->batch.total_cycles;
		return STATUS_OK;
	}
	enum status status = stream_run(&streaming->pipeline, 1, &options, &single, error);
	streaming->latency_cycles = single.total_cycles;
	stream_result_clear(&single);
	return status;
}

enum status streaming_time(struct simulation *simulation, stream_kernel *kernel, const struct stream_options *options,
                           struct error *error) {
	static const struct stream_options standard;
	struct simulation_streaming *streaming = &simulation->streaming;
	const volatile sig_atomic_t *stop = options ? options->stop : NULL;
	stream_result_clear(&streaming->batch);
	stream_steady_clear(&streaming->steady);
	enum status status = kernel(&streaming->pipeline, simulation->config.frames, options ? options : &standard,
	                            &streaming->batch, error);
	if (!status) status = run_single(simulation, stop, error);
	if (!status)
		status = stream_steady_find(&streaming->pipeline, &streaming->batch, stop, &streaming->steady, error);
	return status;
}

/* ---- FIFOs of any depth */

enum status streaming_unbounded(struct simulation *simulation, struct error *error) {
	struct simulation_streaming *streaming = &simulation->streaming;
	const struct stream_options options = {.unbounded_fifos = 1};
	struct stream_result single = {0};
	free(streaming->unbounded_fill_words);
	streaming->unbounded_fill_words = calloc(streaming->pipeline.fifo_count, sizeof(uint32_t));
	if (!streaming->unbounded_fill_words) return error_set(error, STATUS_MEMORY, "out of memory for the FIFOs");
	enum status status = stream_run(&streaming->pipeline, 1, &options, &single, error);
	if (!status) {
		streaming->unbounded_latency_cycles = single.total_cycles;
		for (uint32_t f = 0; f < single.fifo_count; f++)
			streaming->unbounded_fill_words[f] = single.fifos[f].highest_fill;
	}
	stream_result_clear(&single);
	return status;
}

/* ---- estimates */

enum status streaming_estimate(struct simulation *simulation, struct error *error) {
	struct simulation_streaming *streaming = &simulation->streaming;
	const struct stream_result *batch = &streaming->batch;
	struct stage_activity *stages = calloc(batch->stage_count, sizeof *stages);
	uint64_t *fifo_words = calloc(batch->fifo_count, sizeof *fifo_words);
	enum status status = STATUS_OK;
	if (!stages || !fifo_words) status = error_set(error, STATUS_MEMORY, "out of memory for the estimates");
	for (uint32_t i = 0; !status && i < batch->stage_count; i++)
		stages[i] = (struct stage_activity){batch->stages[i].cycles[STATE_BUSY],
		                                    batch->stages[i].cycles[STATE_FILL_DRAIN],
		                                    batch->stages[i].words_taken, batch->stages[i].words_made};
	for (uint32_t f = 0; !status && f < batch->fifo_count; f++) fifo_words[f] = batch->fifos[f].words;
	const struct streaming_activity activity = {batch->total_cycles, batch->frames, stages, fifo_words};
	streaming_resources_clear(&streaming->resources);
	streaming_energy_clear(&streaming->energy);
	if (!status)
		status = estimate_streaming_resources(&streaming->pipeline, simulation->device, &streaming->resources,
		                                      error);
	if (!status) {
		estimate_streaming_fit(&streaming->resources, simulation->device, &simulation->fit, NULL);
		status = estimate_streaming_energy(&simulation->config, &streaming->pipeline, &streaming->resources,
		                                   simulation->technology, simulation->device, &activity,
		                                   &streaming->energy, &simulation->energy, error);
	}
	free(stages);
	free(fifo_words);
	return status;
}
