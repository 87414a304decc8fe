/* The streaming machine as it is built for one network: stages joined by FIFOs.
 *
 * Made from a trace and a configuration by pipeline_map (the folding is chosen there), run by sim/streaming. What a
 * stage does in each cycle is defined in sim/streaming/STREAMING.md; its schedule follows from the shape members below
 * alone. Everything is in words of the stage's FIFOs: a pixel of `channels` channels is channels / lanes words.
 */
#ifndef SIM_MAPPER_PIPELINE_H
#define SIM_MAPPER_PIPELINE_H

#include <stdio.h>

#include "sim/base/status.h"
#include "sim/input/config.h"
#include "sim/input/trace.h"

enum { STAGE_NAME_BYTES = 80, STAGE_PORTS_MAX = 2, PIPELINE_NONE = UINT32_MAX };

enum stage_kind {
	STAGE_INPUT,     /* DMA: words of the image from memory */
	STAGE_OUTPUT,    /* DMA: words of the scores to memory */
	STAGE_PAD,       /* adds a border of constant pixels */
	STAGE_WINDOW,    /* rows in, kernel windows out */
	STAGE_MATRIX,    /* PE x SIMD matrix-vector unit, with thresholds where the layer has them and no skip path */
	STAGE_DEPTHWISE, /* one weight plane a channel, PE channels at a time; weight_bits 0: the maximum of the taps (a
	                    pool whose windows overlap or are padded; its pad is the lowest value) */
	STAGE_CONVERT,   /* word width n : 1 or 1 : n */
	STAGE_FORK,      /* one stream to two */
	STAGE_JOIN,      /* two streams word by word: main and skip sums added */
	STAGE_POINT,     /* scale, shift, PReLU (affine) or thresholds, a word at a time */
	STAGE_MAX_POOL,  /* windows that do not overlap */
	STAGE_AVERAGE_POOL, /* the same, with the sum; also over the whole map */
	STAGE_LABEL,        /* index of the largest score */
	STAGE_KIND_COUNT
};
extern const char *const stage_kind_names[STAGE_KIND_COUNT]; /* "input", "output", "pad", ... */

struct stage {
	char name[STAGE_NAME_BYTES]; /* "L0.window", "L0.matrix" ... unique */
	enum stage_kind kind;
	uint32_t layer;   /* index in the trace; PIPELINE_NONE: input and output DMA. The input's converters and forks
	                     belong to its first reader */
	uint32_t is_skip; /* 1: of the layer's skip path */
	uint32_t input[STAGE_PORTS_MAX], output[STAGE_PORTS_MAX]; /* FIFO indices or PIPELINE_NONE */
	uint32_t latency_cycles;                                  /* L of STREAMING.md, >= 1 */
	/* Shape. Not every kind uses every member; what a kind does not use is 0. */
	uint32_t input_height, input_width, input_channels;    /* of the map that comes in (window: after the pad) */
	uint32_t output_height, output_width, output_channels; /* of the map that goes out */
	uint32_t input_lanes, output_lanes;                    /* values a word holds; matrix: SIMD and PE; window: its
	                                                          output may hold those of several taps, it then makes
	                                                          kernel x channels / output_lanes words a pixel */
	uint32_t input_bits, output_bits;                      /* of one channel's value */
	uint32_t kernel_height, kernel_width;                  /* window, matrix, depthwise, pools */
	uint32_t stride, stride_width;                         /* window: along the rows, along the columns */
	uint32_t pad_top, pad_left, pad_bottom, pad_right;     /* pad, in pixels */
	uint32_t words;            /* a frame: input, output, fork, join, point, label: words
	                              taken; convert: words taken */
	uint32_t weight_bits;      /* matrix, depthwise; 1: +1 / -1 */
	uint32_t threshold_count;  /* matrix, depthwise: 0 where it has none */
	uint32_t accumulator_bits; /* matrix, depthwise: what the layer's widths need at worst, at most 32 */
	uint32_t shift;            /* average pool: rs(sum, shift) */
	uint32_t input_unsigned, output_unsigned; /* 1: values are 0 .. 2^bits - 1; else two's complement, or +1 / -1 */
	uint32_t has_valid; /* 1: words carry the bit `valid` at the top; pad: on its output, matrix and depthwise: on
	                       their input, window and convert: on both */
};

struct fifo {
	char name[STAGE_NAME_BYTES]; /* of the stage that fills it; a fork's second has ".skip" behind */
	uint32_t from, to;           /* stages */
	uint32_t width_bits;
	uint32_t depth_words; /* as built, at least 2 */
	uint32_t is_named;    /* 1: its depth stands in streaming.fifo_words; stream_size_skips leaves it */
	uint32_t is_link;     /* 1: what a layer, or the input, hands to the next one (the last FIFO before forks) */
};

/* Folding of one layer, and the cycles a frame costs its slowest stage when nothing stalls. */
struct folding {
	uint32_t pe, simd;           /* main path (depthwise: simd 1) */
	uint32_t skip_pe, skip_simd; /* 0 without a skip path */
	uint64_t cycles;
};

struct pipeline {
	struct stage *stages;
	uint32_t stage_count; /* in topological order: a FIFO goes from a lower to a higher stage */
	struct fifo *fifos;
	uint32_t fifo_count;
	struct folding *foldings; /* one a layer of the trace */
	uint32_t layer_count;
	uint32_t flushing;     /* streaming.pipeline */
	uint32_t start_cycles; /* streaming.dma_start_cycles: the input's first advance is not before this cycle */
	uint32_t pool_overhead_cycles;
	uint32_t memories; /* streaming.memories; for estimates alone */
	char reason[160];  /* how the folding was chosen, one line */
};

/* Words a stage takes from each input and makes for each output in a frame, and the cycles a frame costs it when
 * nothing stalls: its iterations, with the empty ones at the end of every frame or row. All counted from its schedule
 * (schedule.h). */
uint64_t stage_words_taken(const struct stage *stage);
uint64_t stage_words_made(const struct stage *stage);
uint64_t stage_cycles(const struct stage *stage, uint32_t pool_overhead_cycles);

/* The slowest stage's cycles: no depth makes the period shorter, and FIFOs of any depth make it that (all FIFOs go
 * forward, so nothing holds the slowest stage then). */
uint64_t pipeline_least_cycles(const struct pipeline *pipeline);

/* Builds the pipeline. Folding: streaming.folding, or chosen (pipeline_fold) where it is auto. FIFO depths:
 * streaming.fifo_words, else streaming.fifo_depth_words; FIFOs of a fork whose branches meet again get the depth that
 * cannot deadlock only from sim/streaming (stream_size_skips), not here. STATUS_UNMAPPABLE with the reason;
 * STATUS_INPUT for a folding or depth list that does not fit the network. */
enum status pipeline_map(const struct trace *trace, const struct config *config, struct pipeline *pipeline,
                         struct error *error);

/* The same; where folding is auto, `fits` says whether a pipeline with all its stages and FIFOs is within the budget
 * (1) or not (0). The slowest layer is raised to its next cheaper-than-all divisors that make it faster, again and
 * again, until the target rate is met, or the next step no longer fits, or a DMA or a layer that cannot be raised is
 * the slowest. The largest number of steps that fits is found by halving, so `fits` is asked about ten times; it has to
 * be monotone in the steps. Where not even the smallest folding fits, that one is returned and `reason` says so. `fits`
 * NULL: only the target counts, or without one a fixed modest rate. pipeline_map is this with NULL. */
enum status pipeline_fold(const struct trace *trace, const struct config *config,
                          int (*fits)(void *context, const struct pipeline *pipeline), void *context,
                          struct pipeline *pipeline, struct error *error);

/* What holds of every pipeline: each FIFO has both ends, goes from a lower to a higher stage, is as wide as both ends
 * say and gets as many words a frame as are taken from it; names are unique; lanes divide channels. STATUS_FAILED with
 * the first thing that does not hold. pipeline_map and pipeline_fold return only pipelines that pass. */
enum status pipeline_check(const struct pipeline *pipeline, struct error *error);

void pipeline_clear(struct pipeline *pipeline);

/* --show-mapping of a streaming machine: a table of 100 columns, one layer a line with its folding and cycles. */
void pipeline_print(const struct pipeline *pipeline, const struct trace *trace, FILE *out);

/* --emit-commands of a streaming machine: every stage and FIFO, one a line, key=value. */
void pipeline_print_stages(const struct pipeline *pipeline, FILE *out);

#endif
