/* What a simulation holds of a streaming machine. Made and used through simulation.h; nbsim and reports read it. */
#ifndef SIM_RUN_SIMULATION_STREAMING_H
#define SIM_RUN_SIMULATION_STREAMING_H

#include "sim/estimate/energy_streaming.h"
#include "sim/estimate/resource_streaming.h"
#include "sim/input/trace.h"
#include "sim/mapper/pipeline.h"
#include "sim/run/rows.h"
#include "sim/run/stream_steady.h"
#include "sim/streaming/stream.h"

struct simulation;

/* A kernel that runs a batch: stream_run, or one of a floor above. */
typedef enum status stream_kernel(const struct pipeline *pipeline, uint32_t frames,
                                  const struct stream_options *options, struct stream_result *result,
                                  struct error *error);

struct simulation_streaming {
	struct pipeline pipeline;
	struct stream_result batch; /* run.frames frames */
	uint64_t latency_cycles;    /* a batch of one frame */
	struct stream_steady steady;
	/* With FIFOs of any depth: latency, and how many words each FIFO then holds at most while a single frame runs
	 * (NULL before simulation_bandwidth). */
	uint64_t unbounded_latency_cycles;
	uint32_t *unbounded_fill_words;
	struct streaming_resources resources;
	struct streaming_energy energy;
};

/* Steps of simulation.h for config.organisation = streaming. */
enum status streaming_create(struct simulation *simulation, struct error *error);
enum status streaming_time(struct simulation *simulation, stream_kernel *kernel, const struct stream_options *options,
                           struct error *error);
enum status streaming_unbounded(struct simulation *simulation, struct error *error);
enum status streaming_estimate(struct simulation *simulation, struct error *error);
void streaming_clear(struct simulation_streaming *streaming);

/* simulation_rows_streaming.c: the rows in the order of simulation_rows. */
void streaming_time_rows(const struct simulation *simulation, struct rows *rows);
void streaming_unit_rows(const struct simulation *simulation, struct rows *rows);

#endif
