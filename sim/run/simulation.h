/* One run: machine + trace -> program or pipeline -> cycles -> estimates -> result rows. Create, step, finish.
 *
 *                        time_shared                              streaming
 *   simulation_create    reads nothing: takes a checked configuration and trace, and maps; STREAMING: chooses the
 *                        folding where it is auto, and the depths that skip paths need
 *   simulation_time      runs a kernel over the program           a batch, a single frame, the steady state
 *   simulation_bandwidth the program with unlimited memory, and   the pipeline with FIFOs of any depth
 *                        the bandwidth that comes close to it
 *   simulation_estimate  resources, whether they fit, energy
 *   simulation_evaluate  values of images: layer kernels, and     layer kernels, and the words of
 *                        the emitted program (executor)           every FIFO (sim/streaming/words.h)
 *   simulation_rows      everything as rows
 *
 * Which organisation it is, is config.organisation; what is of the other one stays 0.
 */
#ifndef SIM_RUN_SIMULATION_H
#define SIM_RUN_SIMULATION_H

#include "sim/base/status.h"
#include "sim/estimate/energy.h"
#include "sim/estimate/resource.h"
#include "sim/input/config.h"
#include "sim/input/device.h"
#include "sim/input/image.h"
#include "sim/input/technology.h"
#include "sim/input/trace.h"
#include "sim/mapper/mapper.h"
#include "sim/run/native.h"
#include "sim/run/rows.h"
#include "sim/run/simulation_streaming.h"

/* A kernel that runs a program: native_run, or systemc_run of a floor above. */
typedef enum status simulation_kernel(const struct config *config, const struct program *program,
                                      const struct native_options *options, struct machine_result *result,
                                      struct error *error);

struct simulation_values {
	uint32_t images; /* evaluated; 0: none */
	uint32_t labelled, correct;
	int32_t *scores;   /* images x classes */
	uint32_t compared; /* images whose scores of the emitted program were those of the layer kernels */
};

struct simulation {
	struct config config; /* widths resolved */
	const struct trace *trace;
	const struct device *device;
	const struct technology *technology;
	struct program program; /* time_shared */
	struct mapping mapping;
	struct machine_result result;
	struct simulation_streaming streaming; /* streaming */
	uint64_t unlimited_cycles;             /* total with dram.kind = unlimited, same latency */
	uint32_t sufficient_bytes_per_cycle;   /* least steady DRAM bandwidth of a channel within 0.1 % of that; 0: more
	                                          than a beat a cycle */
	struct resources resources;
	struct resource_fit fit;
	struct energy energy;
	struct simulation_values values;
};

static inline int simulation_is_streaming(const struct simulation *simulation) {
	return simulation->config.organisation == ORGANISATION_STREAMING;
}

/* config is copied, trace kept; trace, device and technology must outlive it. `wish` may be NULL, and must be for
 * streaming (STATUS_USAGE). STATUS_UNMAPPABLE with the reason; STATUS_INPUT for a folding or FIFO list that does not
 * fit the network. */
enum status simulation_create(struct simulation *simulation, const struct config *config, const struct trace *trace,
                              const struct device *device, const struct technology *technology,
                              const struct mapping *wish, struct error *error);
void simulation_clear(struct simulation *simulation);

/* Runs `kernel` over the program; STATUS_STUCK, STATUS_INTERRUPTED, or what the kernel says. May be repeated.
 * Streaming: `kernel` is not used, the pipeline runs natively; of the options only shuffle_seed and stop count. After
 * STATUS_STUCK streaming.batch holds every stage and FIFO as it stuck. */
enum status simulation_time(struct simulation *simulation, simulation_kernel *kernel,
                            const struct native_options *options, struct error *error);

/* The same for streaming, with a kernel and observer of the caller's choice for the batch. */
enum status simulation_time_streaming(struct simulation *simulation, stream_kernel *kernel,
                                      const struct stream_options *options, struct error *error);

/* After simulation_time: about eight native runs more (unlimited_cycles, sufficient_bytes_per_cycle). Streaming: one
 * (unbounded_*). */
enum status simulation_bandwidth(struct simulation *simulation, struct error *error);

/* After simulation_time: resources, fit, energy. */
enum status simulation_estimate(struct simulation *simulation, struct error *error);

/* Evaluates `count` images with the layer kernels; the first `verify` of them also run through the emitted program, on
 * byte images of DDR and buffers (the functional executor) or, streaming, word by word through all stages and FIFOs,
 * and must give the same scores. STATUS_FAILED otherwise, with image, class and both scores, or with the stage or
 * command that fails. `progress` may be NULL: called after each image. */
enum status simulation_evaluate(struct simulation *simulation, const struct image_set *images, uint32_t count,
                                uint32_t verify, void (*progress)(void *context, uint32_t done, uint32_t count),
                                void *context, const volatile sig_atomic_t *stop, struct error *error);

/* Adds all rows; `layers`: also the per-layer ones, which streaming always has. */
void simulation_rows(const struct simulation *simulation, int layers, struct rows *rows);

/* Latency of frame 0 in cycles, and cycles from one frame to the next (time_shared: mean over the frames of a run, of a
 * single frame its latency; streaming: steady state). */
uint64_t simulation_latency_cycles(const struct simulation *simulation);
double simulation_period_cycles(const struct simulation *simulation, int *is_single_frame);

/* "rtl" when every parameter of this organisation lies in the range for which equality with RTL was shown, else
 * "model".
 */
const char *simulation_exactness(const struct simulation *simulation);

#endif
