/* What nbsim does with a streaming machine beyond what sim/run offers: its options, files and reports. */
#ifndef SIM_NBSIM_STREAMING_H
#define SIM_NBSIM_STREAMING_H

#include <signal.h>
#include <stdio.h>

#include "sim/nbsim_options.h"
#include "sim/run/simulation.h"

/* STATUS_USAGE with one sentence for an option that this organisation has not. */
enum status nbsim_check_organisation(const struct arguments *arguments, const struct config *config,
                                     struct error *error);

/* Does the SystemC kernel run the batch? It simulates every frame, so only where --kernel says so. */
int nbsim_is_systemc(const struct arguments *arguments);

/* simulation_time_streaming, and the files of --timeline and --fifo-occupancy
 * (also of a run that is stuck). */
enum status nbsim_run_streaming(struct simulation *simulation, const struct arguments *arguments,
                                const volatile sig_atomic_t *stop, struct error *error);

/* Every FIFO's fill and depth, every stage's state, and the depths that free a stuck pipeline; 100 columns. */
void nbsim_print_stuck(const struct simulation *simulation, FILE *out);

/* --size-fifos: the smallest depths that keep the throughput, what they save, and the line for the configuration. */
enum status nbsim_print_sizes(const struct simulation *simulation, const struct arguments *arguments,
                              const volatile sig_atomic_t *stop, FILE *out, struct error *error);

#endif
