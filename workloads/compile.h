/* The compiler: a network folder and bit widths give a layer trace. What nbcompile, the simulator (a network folder as
 * workload) and sweeps call.
 */
#ifndef WORKLOADS_COMPILE_H
#define WORKLOADS_COMPILE_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "sim/base/status.h"
#include "sim/input/config.h"
#include "sim/input/trace.h"
#include "workloads/quantise.h"

struct compile_options {
	const char *network;    /* a folder with network.ini or net.txt, or the bare name of a shipped network */
	const char *parameters; /* folder of params.f32 and params.txt; NULL: the network's */
	int from_float; /* of a folder with net.txt and params.*: use the shipped network.ini of the same name */
	const struct config *config; /* members compile_*; NULL: defaults */
	const char *const *widths;   /* "LAYER.KEY=BITS", see widths.h */
	size_t width_count;
	const char *const *geometry; /* "NAME=NUMBER", replace keys of [geometry] */
	size_t geometry_count;
	int shape_only; /* 1: seeded weights, no parameter files are read */
	uint64_t seed;
};

struct compile_report {
	char folder[1024];           /* what was read */
	int is_import;               /* net.txt: widths and options do not apply */
	struct quantise_note *notes; /* one a layer; NULL for an import */
	uint32_t note_count;
};

/* Compiles into *trace, which is overwritten; release it with trace_clear. The trace has passed trace_check and has its
 * lifetimes. `report` may be NULL; release it with compile_report_clear. On failure both are empty. STATUS_INPUT,
 * STATUS_IO, STATUS_USAGE (widths), STATUS_MEMORY. The same folder and options give the same trace. */
enum status compile_network(const struct compile_options *options, struct trace *trace, struct compile_report *report,
                            struct error *error);

void compile_report_clear(struct compile_report *report);

/* Finds the folder of a network: `name` itself, else, for a name without '/', the shipped one. STATUS_IO with the
 * nearest shipped name. */
enum status compile_find_network(const char *name, char *folder, size_t folder_bytes, struct error *error);

/* Multiply-accumulates of one layer for one image, padding taps included, as the network's layers count them: behind a
 * global average only one per weight. */
struct compile_macs {
	uint64_t binary, fixed, skip; /* main binary, main fixed, skip */
};
struct compile_macs compile_layer_macs(const struct trace *trace, uint32_t layer);

/* Prints what was fused, shapes, widths and MACs; at most 100 columns. `report` may be NULL. */
void compile_print_table(const struct trace *trace, const struct compile_report *report, FILE *out);

#endif
