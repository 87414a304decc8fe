/* Values of images, see simulation_evaluate in simulation.h: the layer kernels for all of them; for the first ones also
 * the emitted program, which knows nothing of the layers. time_shared: the functional executor's byte images of DDR and
 * buffers. streaming: the words of every FIFO, stage after stage. */
#include <stdlib.h>
#include <string.h>

#include "sim/machine/executor.h"
#include "sim/run/simulation.h"
#include "sim/streaming/words.h"
#include "sim/values/values.h"

struct evaluation {
	struct values_network *network;
	struct executor *executor; /* time_shared */
	struct words *words;       /* streaming */
	int16_t *map;
	int32_t *scores; /* the whole scores map; its first `classes` are the scores */
	int32_t *check;  /* the program's */
};

static void evaluation_clear(struct evaluation *evaluation) {
	values_network_free(evaluation->network);
	executor_free(evaluation->executor);
	words_free(evaluation->words);
	free(evaluation->map);
	free(evaluation->scores);
	free(evaluation->check);
}

static enum status create_program(struct evaluation *evaluation, const struct simulation *simulation,
                                  struct error *error) {
	if (simulation_is_streaming(simulation))
		return words_create(&evaluation->words, &simulation->streaming.pipeline, simulation->trace, error);
	enum status status = executor_create(&evaluation->executor, &simulation->config, &simulation->program, error);
	return status ? status : executor_preamble(evaluation->executor, error);
}

static enum status evaluation_create(struct evaluation *evaluation, const struct simulation *simulation,
                                     uint32_t verify, struct error *error) {
	const struct trace *trace = simulation->trace;
	const struct trace_map *scores = &trace->maps[trace->scores_map];
	const size_t values = (size_t)scores->height * scores->width * scores->channels;
	memset(evaluation, 0, sizeof *evaluation);
	evaluation->map = calloc(image_map_values(trace), sizeof *evaluation->map);
	evaluation->scores = calloc(values, sizeof *evaluation->scores);
	evaluation->check = calloc(values, sizeof *evaluation->check);
	if (!evaluation->map || !evaluation->scores || !evaluation->check)
		return error_set(error, STATUS_MEMORY, "out of memory for the values");
	enum status status = values_network_create(&evaluation->network, trace, VALUES_FAST, error);
	return status || !verify ? status : create_program(evaluation, simulation, error);
}

/* The image of evaluation->map through the emitted program, to evaluation->check. */
static enum status run_program(struct evaluation *evaluation, const struct trace *trace, struct error *error) {
	const struct trace_map *input = &trace->maps[trace->input_map];
	if (evaluation->words) return words_run(evaluation->words, evaluation->map, evaluation->check, error);
	enum status status = executor_put_input(evaluation->executor, evaluation->map, input->height, input->width,
	                                        input->channels, input->kind == TRACE_MAP_BITS, error);
	if (!status) status = executor_frame(evaluation->executor, error);
	return status ? status : executor_get_scores(evaluation->executor, evaluation->check, trace->classes, error);
}

/* The program's scores of an image must be the layer kernels'. */
static enum status verify_image(struct evaluation *evaluation, const struct trace *trace, uint32_t image,
                                struct error *error) {
	struct error reason;
	const enum status status = run_program(evaluation, trace, &reason);
	if (status) return error_set(error, status, "image %u: %s", image, reason.text);
	for (uint32_t c = 0; c < trace->classes; c++)
		if (evaluation->scores[c] != evaluation->check[c])
			return error_set(error, STATUS_FAILED,
			                 "image %u, class %u: the emitted program gives %d, the layer kernels give %d",
			                 image, c, evaluation->check[c], evaluation->scores[c]);
	return STATUS_OK;
}

enum status simulation_evaluate(struct simulation *simulation, const struct image_set *images, uint32_t count,
                                uint32_t verify, void (*progress)(void *context, uint32_t done, uint32_t count),
                                void *context, const volatile sig_atomic_t *stop, struct error *error) {
	const struct trace *trace = simulation->trace;
	struct simulation_values *values = &simulation->values;
	struct evaluation evaluation;
	if (!trace->has_values)
		return error_set(error, STATUS_INPUT,
		                 "%s: has shapes and seeded weights only; images need a trained network", trace->name);
	int32_t *scores = calloc((size_t)count * trace->classes, sizeof *scores);
	if (!scores) return error_set(error, STATUS_MEMORY, "out of memory for the scores");
	free(values->scores);
	*values = (struct simulation_values){.scores = scores};
	enum status status = evaluation_create(&evaluation, simulation, verify, error);
	for (uint32_t i = 0; !status && i < count; i++) {
		int32_t label;
		if (stop && *stop)
			status = error_set(error, STATUS_INTERRUPTED, "interrupted after %u of %u images", i, count);
		if (status) break;
		image_to_map(trace, image_set_read(images, i, &label), evaluation.map);
		int32_t *all = evaluation.scores;
		values_network_run(evaluation.network, evaluation.map, all);
		memcpy(scores + (size_t)i * trace->classes, all, trace->classes * sizeof *scores);
		if (i < verify) status = verify_image(&evaluation, trace, i, error);
		if (status) break;
		if (i < verify) values->compared++;
		if (label >= 0) values->labelled++;
		if (label >= 0 && values_top1(all, trace->classes) == (uint32_t)label) values->correct++;
		values->images++;
		if (progress) progress(context, i + 1, count);
	}
	evaluation_clear(&evaluation);
	return status;
}
