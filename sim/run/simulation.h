/* One run: machine + trace -> program -> cycles -> estimates -> result rows. Create, step, finish.
 *
 *   simulation_create    reads nothing: takes a checked configuration and trace, resolves widths, maps
 *   simulation_time      runs a kernel over the program
 *   simulation_bandwidth the same program with unlimited memory, and the bandwidth that comes close to it
 *   simulation_estimate  resources, whether they fit, energy
 *   simulation_evaluate  values of images on the emitted program (executor) or the layer kernels
 *   simulation_rows      everything as rows
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

/* A kernel that runs a program: native_run, or systemc_run of a floor above. */
typedef enum status simulation_kernel(const struct config *config, const struct program *program,
                                      const struct native_options *options, struct machine_result *result,
                                      struct error *error);

struct simulation_values {
	uint32_t images; /* evaluated; 0: none */
	uint32_t labelled, correct;
	int32_t *scores;   /* images x classes */
	uint32_t compared; /* images whose executor scores were compared with the layer kernels, all equal */
};

struct simulation {
	struct config config; /* widths resolved */
	const struct trace *trace;
	const struct device *device;
	const struct technology *technology;
	struct program program;
	struct mapping mapping;
	struct machine_result result;
	uint64_t unlimited_cycles;           /* total with dram.kind = unlimited, same latency */
	uint32_t sufficient_bytes_per_cycle; /* least steady DRAM bandwidth of a channel within 0.1 % of that; 0: more
	                                        than a beat a cycle */
	struct resources resources;
	struct resource_fit fit;
	struct energy energy;
	struct simulation_values values;
};

/* config and trace are copied / kept; trace, device and technology must outlive it. STATUS_UNMAPPABLE with the reason.
 */
enum status simulation_create(struct simulation *simulation, const struct config *config, const struct trace *trace,
                              const struct device *device, const struct technology *technology,
                              const struct mapping *wish, struct error *error);
void simulation_clear(struct simulation *simulation);

/* Runs `kernel` over the program; STATUS_STUCK, STATUS_INTERRUPTED, or what the kernel says. May be repeated. */
enum status simulation_time(struct simulation *simulation, simulation_kernel *kernel,
                            const struct native_options *options, struct error *error);

/* After simulation_time: about eight native runs more (unlimited_cycles, sufficient_bytes_per_cycle). */
enum status simulation_bandwidth(struct simulation *simulation, struct error *error);

/* After simulation_time: resources, fit, energy. */
enum status simulation_estimate(struct simulation *simulation, struct error *error);

/* Evaluates `count` images with the layer kernels; the first `verify` of them also run through the emitted program on
 * byte images of DDR and buffers (the functional executor), and must give the same scores (STATUS_FAILED otherwise).
 * `progress` may be NULL: called after each image. */
enum status simulation_evaluate(struct simulation *simulation, const struct image_set *images, uint32_t count,
                                uint32_t verify, void (*progress)(void *context, uint32_t done, uint32_t count),
                                void *context, const volatile sig_atomic_t *stop, struct error *error);

/* Adds all rows; `layers`: also the per-layer ones. */
void simulation_rows(const struct simulation *simulation, int layers, struct rows *rows);

/* Latency of frame 0 in cycles, and cycles from one frame to the next (steady state: the last two frames of a run,
 * where they recur; of a single frame its latency). */
uint64_t simulation_latency_cycles(const struct simulation *simulation);
double simulation_period_cycles(const struct simulation *simulation, int *is_single_frame);

/* "rtl" when every parameter lies in the range for which equality with RTL was shown, else "model". */
const char *simulation_exactness(const struct simulation *simulation);

#endif
