/* Private to pipeline_build.c and pipeline_stages.c: a pipeline while it is built.
 *
 * A stream that is not yet read is an open end: the stage and port it comes from and what its words are. Reading it
 * makes the FIFO. Nothing here fails: the arrays are large enough for any network of so many layers. */
#ifndef SIM_MAPPER_PIPELINE_BUILD_H
#define SIM_MAPPER_PIPELINE_BUILD_H

#include "sim/mapper/pipeline_plan.h"

struct open_end {
	uint32_t stage, port;
	uint32_t height, width, channels, lanes, bits, is_unsigned, has_valid;
};

struct build {
	const struct trace *trace;
	const struct config *config;
	const struct layer_shape *shapes;
	struct pipeline *pipeline;
	struct open_end *main_ends, *skip_ends, scores_end; /* what each layer is to read */
	/* By layer: the stage whose output FIFO the layer's name stands for, and the last one before forks. */
	uint32_t *named, *last;
	uint32_t input_stage; /* the last one of the input before forks */
	uint32_t output_fifo;
	uint32_t layer, is_skip; /* that new stages belong to */
	const char *owner;       /* first part of their names */
};

/* A stage of the present owner, without ports; its name is OWNER.SUFFIX or OWNER.skip.SUFFIX. */
struct stage *pipeline_add_stage(struct build *build, enum stage_kind kind, const char *suffix);
uint32_t pipeline_index_of(const struct build *build, const struct stage *stage);

/* The FIFO from an open end to a port of a stage; returns its index. */
uint32_t pipeline_read_end(struct build *build, const struct open_end *end, struct stage *stage, uint32_t port);

/* What comes out of a stage whose shape members are set. */
struct open_end pipeline_end_of(const struct build *build, const struct stage *stage);

/* Shape members, and words, of a stage that keeps the shape of its words. */
void pipeline_keep_shape(const struct open_end *end, struct stage *stage);

/* Values of a frame. */
uint32_t pipeline_values_of(const struct open_end *end);

/* Words of `lanes` values, `values` a frame: no converter, one, or two through the least common multiple, called
 * widen_WHERE and narrow_WHERE. */
void pipeline_convert(struct build *build, struct open_end *end, uint32_t lanes, uint32_t values, const char *where);

/* From a map's words to sums: [average pool] [pad] [converters] [window] matrix or depthwise stage, which is returned;
 * *end leaves it. */
struct stage *pipeline_add_conv(struct build *build, const struct conv_shape *shape, uint32_t pe, uint32_t simd,
                                struct open_end *end);

#endif
