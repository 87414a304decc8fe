/* See accuracy.h. Images are the first ones of the file, so two networks see the same ones. */
#include "explore/accuracy.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "explore/inputs.h"
#include "sim/input/image.h"
#include "sim/values/values.h"
#include "workloads/workload.h"

double accuracy_standard_error(uint32_t correct, uint32_t count) {
	double share = count ? (double)correct / count : 0;
	return count ? sqrt(share * (1 - share) / count) : 0;
}

static enum status open_images(struct image_set **set, const char *images, uint32_t count, struct error *error) {
	int32_t label = -1;
	enum status status = image_set_open(set, images, count, error);
	if (status) return status;
	if (image_set_count(*set) < count)
		status = error_set(error, STATUS_INPUT, "%.300s: has %u images; expected %u", images,
		                   image_set_count(*set), count);
	if (!status) image_set_read(*set, 0, &label);
	if (!status && label < 0)
		status = error_set(error, STATUS_INPUT, "%.300s: has no labels; accuracy needs them", images);
	if (status) {
		image_set_close(*set);
		*set = NULL;
	}
	return status;
}

enum status accuracy_images_hash(const char *images, uint32_t count, char hash[SWEEP_HASH_BYTES], struct error *error) {
	struct image_set *set;
	uint64_t sum = UINT64_C(0xcbf29ce484222325);
	enum status status = open_images(&set, images, count, error);
	if (status) return status;
	size_t bytes = (size_t)image_set_height(set) * image_set_width(set) * image_set_channels(set);
	for (uint32_t i = 0; i < count; i++) {
		int32_t label;
		const uint8_t *pixels = image_set_read(set, i, &label);
		for (size_t b = 0; b < bytes; b++) sum = (sum ^ pixels[b]) * UINT64_C(0x100000001b3);
		sum = (sum ^ (uint8_t)label) * UINT64_C(0x100000001b3);
	}
	image_set_close(set);
	snprintf(hash, SWEEP_HASH_BYTES, "%016" PRIx64, sum);
	return STATUS_OK;
}

static enum status count_correct(const struct trace *trace, struct image_set *set, struct sweep_accuracy *accuracy,
                                 struct error *error) {
	struct values_network *network = NULL;
	int16_t *map = calloc(image_map_values(trace), sizeof *map);
	int32_t *scores = calloc(trace->maps[trace->scores_map].channels, sizeof *scores);
	enum status status = map && scores ? values_network_create(&network, trace, VALUES_FAST, error)
	                                   : error_set(error, STATUS_MEMORY, "out of memory for the values");
	for (uint32_t i = 0; !status && i < accuracy->image_count; i++) {
		int32_t label;
		image_to_map(trace, image_set_read(set, i, &label), map);
		values_network_run(network, map, scores);
		if (values_top1(scores, trace->classes) == (uint32_t)label) accuracy->correct++;
	}
	values_network_free(network);
	free(map);
	free(scores);
	return status;
}

enum status accuracy_measure(const struct config *config, const char *images, uint32_t count,
                             struct sweep_accuracy *accuracy, struct error *error) {
	struct image_set *set = NULL;
	struct trace trace;
	memset(&trace, 0, sizeof trace);
	*accuracy = (struct sweep_accuracy){.image_count = count};
	enum status status = open_images(&set, images, count, error);
	if (status) return status;
	status = workload_load(config->workload, config, &trace, error);
	if (!status && !trace.has_values)
		status = error_set(error, STATUS_INPUT,
		                   "%s: has no trained weights; expected [accuracy] to be left out", trace.name);
	if (!status) status = image_set_check(set, &trace, error);
	if (!status) status = count_correct(&trace, set, accuracy, error);
	accuracy->network = inputs_network_hash(&trace);
	accuracy->top1 = (double)accuracy->correct / count;
	accuracy->top1_standard_error = accuracy_standard_error(accuracy->correct, count);
	trace_clear(&trace);
	image_set_close(set);
	return status;
}
