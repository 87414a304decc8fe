/* See small_network.h. */
#include "tests/unit/small_network.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/test_compile_reference.h"

static const char head[] = "[network]\nname = small\nclasses = 3\n"
                           "[input]\npixel = minus128\nscale = 128\nimage_height = 8\nimage_width = 8\n"
                           "image_channels = 1\n";

void small_open(struct small_network *small, uint64_t seed, const char *ini) {
	memset(small, 0, sizeof *small);
	small->random = seed;
	test_folder_open(&small->folder, ini);
}

void small_open_layers(struct small_network *small, uint64_t seed, const char *layers) {
	char ini[4096];
	const int length = snprintf(ini, sizeof ini, "%s%s", head, layers);
	assert_in_range(length, 1, sizeof ini - 1);
	small_open(small, seed, ini);
}

double small_random(struct small_network *small) {
	small->random = small->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (double)(small->random >> 33) / 2147483648.0 * 2.0 - 1.0;
}

void small_weights(struct small_network *small, const char *name, const char *shape, size_t count, int is_sign) {
	float *values = calloc(count, sizeof *values);
	for (size_t i = 0; i < count; i++) {
		const double value = small_random(small);
		values[i] = is_sign ? (value >= 0 ? 1.0f : -1.0f) : (float)(floor(value * 127) / 127);
	}
	for (size_t i = 0; !is_sign && i < count; i += 9) values[i] = i % 2 ? 1.0f : -1.0f;
	test_folder_tensor(&small->folder, name, shape, values, count);
	free(values);
}

void small_batch_norm(struct small_network *small, const char *name, size_t channels, double spread, int has_zero) {
	float gamma[16], beta[16], mean[16], var[16];
	for (size_t i = 0; i < channels; i++) {
		gamma[i] = (float)((i % 2 ? -1 : 1) * (0.5 + fabs(small_random(small))));
		beta[i] = (float)(small_random(small) * 0.3);
		mean[i] = (float)(small_random(small) * spread / 3);
		var[i] = (float)(spread * spread);
	}
	if (has_zero) gamma[2] = 0;
	test_folder_batch_norm(&small->folder, name, channels, gamma, beta, mean, var);
}

static void release(struct small_network *small) {
	values_network_free(small->values);
	trace_clear(&small->trace);
	arena_clear(&small->arena);
	small->values = NULL;
	memset(&small->arena, 0, sizeof small->arena);
}

static enum status read_network(struct small_network *small, struct error *error) {
	enum status status = network_read(&small->network, small->folder.path, NULL, 0, &small->arena, error);
	if (!status) status = network_shapes(&small->network, error);
	if (!status) status = network_bind(&small->network, small->folder.path, 0, &small->arena, error);
	return status;
}

void small_compile(struct small_network *small, uint32_t bits) {
	struct config config;
	struct error error = {""};
	release(small);
	test_folder_flush(&small->folder);
	config_defaults(&config);
	config.compile_skip_weight_bits = config.compile_stem_weight_bits = config.compile_head_weight_bits = bits;
	config.compile_map_fraction_bits = 10;
	struct compile_options options = {.network = small->folder.path, .config = &config};
	enum status status = read_network(small, &error);
	if (!status) status = compile_network(&options, &small->trace, NULL, &error);
	if (!status) status = values_network_create(&small->values, &small->trace, VALUES_REFERENCE, &error);
	if (status) fail_msg("%s", error.text);
}

void small_run(struct small_network *small, struct values_network *values, double real[64],
               double *maps[SMALL_LAYERS_MAX], int32_t scores[3]) {
	int16_t map[64];
	assert_in_range(small->network.layer_count, 1, SMALL_LAYERS_MAX);
	for (int i = 0; i < 64; i++) {
		map[i] = (int16_t)floor(small_random(small) * 128);
		real[i] = map[i] / 128.0;
	}
	maps[0] = real;
	reference_run(&small->network, maps);
	values_network_run(values, map, scores);
}

void small_scores_are_proportional(struct small_network *small, struct values_network *values, double tolerance) {
	double dot = 0, square = 0, scores_real[SMALL_IMAGES][3];
	int32_t scores[SMALL_IMAGES][3];
	for (int n = 0; n < SMALL_IMAGES; n++) {
		double real[64], *maps[SMALL_LAYERS_MAX];
		small_run(small, values, real, maps, scores[n]);
		for (int o = 0; o < 3; o++) {
			scores_real[n][o] = maps[small->network.layer_count - 1][o];
			dot += scores[n][o] * scores_real[n][o];
			square += scores_real[n][o] * scores_real[n][o];
		}
		reference_free(&small->network, maps);
	}
	const double scale = dot / square, largest = sqrt(square / (3 * SMALL_IMAGES));
	assert_true(largest > 0.1);
	for (int n = 0; n < SMALL_IMAGES; n++)
		for (int o = 0; o < 3; o++)
			assert_true(fabs(scores[n][o] / scale - scores_real[n][o]) < tolerance * largest);
}

void small_close(struct small_network *small) {
	release(small);
	test_folder_remove(&small->folder);
}
