/* Is the parameter table complete and consistent, do values survive printing, and do the derived quantities equal those
 * worked by hand from sim/machine/PROGRAM.md? */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "sim/base/text.h"
#include "sim/input/config.h"

static const char *const shipped[] = {"u250", "vu9p", "ultra96"};

static void every_member_has_one_row(void **state) {
	unsigned char covered[sizeof(struct config)] = {0};
	(void)state;
	for (size_t i = 0; i < config_parameter_count; i++) {
		const struct config_parameter *row = &config_parameters[i];
		size_t bytes = row->type == CONFIG_TEXT ? (size_t)CONFIG_TEXT_BYTES : sizeof(uint32_t);
		for (size_t b = row->offset; b < row->offset + bytes; b++) assert_int_equal(covered[b]++, 0);
		for (size_t j = 0; j < i; j++)
			assert_false(strcmp(config_parameters[j].section, row->section) == 0 &&
			             strcmp(config_parameters[j].key, row->key) == 0);
	}
	for (size_t b = 0; b < sizeof covered; b++) assert_int_equal(covered[b], 1);
}

static int ends_sentence(const char *text) {
	return text[strlen(text) - 1] == '.';
}

static void every_row_is_documented(void **state) {
	(void)state;
	for (size_t i = 0; i < config_parameter_count; i++) {
		const struct config_parameter *row = &config_parameters[i];
		assert_true(strlen(row->meaning) > 10 && ends_sentence(row->meaning));
		assert_true(strlen(row->source) > 10 && !ends_sentence(row->source));
		assert_true(strncmp(row->source, "assumed", 7) != 0 || strncmp(row->source, "assumed: ", 9) == 0);
		assert_non_null(row->proven);
		if (row->type == CONFIG_WORD) {
			char last[32], beyond[32];
			text_word_at(row->words, row->maximum, last, sizeof last);
			text_word_at(row->words, row->maximum + 1, beyond, sizeof beyond);
			assert_true(last[0] != '\0' && beyond[0] == '\0' && row->minimum == 0);
		}
	}
}

/* A default that the reader refuses would leave the member at 0 without a word. */
static void every_default_reads_and_prints_as_written(void **state) {
	struct config config;
	struct error error = {""};
	(void)state;
	config_defaults(&config);
	for (size_t i = 0; i < config_parameter_count; i++) {
		const struct config_parameter *row = &config_parameters[i];
		char value[CONFIG_TEXT_BYTES], assignment[512];
		config_value_text(&config, row, value, sizeof value);
		assert_string_equal(value, row->standard);
		snprintf(assignment, sizeof assignment, "%s.%s=%s", row->section, row->key, row->standard);
		assert_int_equal(config_set(&config, assignment, &error), STATUS_OK);
	}
	assert_int_equal(config_check(&config, "defaults", &error), STATUS_OK);
}

static void word_lists_are_the_enums(void **state) {
	static const struct {
		const char *assignment;
		size_t offset;
		uint32_t value;
	} cases[] = {
	    {"machine.organisation=time_shared", offsetof(struct config, organisation), ORGANISATION_TIME_SHARED},
	    {"run.kernel=systemc", offsetof(struct config, kernel), KERNEL_SYSTEMC},
	    {"run.kernel=native", offsetof(struct config, kernel), KERNEL_NATIVE},
	    {"dram.kind=ddr4", offsetof(struct config, dram_kind), DRAM_DDR4},
	    {"dram.kind=fixed", offsetof(struct config, dram_kind), DRAM_FIXED},
	    {"dram.kind=unlimited", offsetof(struct config, dram_kind), DRAM_UNLIMITED},
	    {"dram.trefi_ns=off", offsetof(struct config, dram_trefi_ps), 0},
	    {"dram.trefi_ns=0", offsetof(struct config, dram_trefi_ps), 0},
	    {"binary_engine.packing=channel", offsetof(struct config, binary_packing), PACKING_CHANNEL},
	    {"binary_engine.packing=window", offsetof(struct config, binary_packing), PACKING_WINDOW},
	    {"binary_engine.fabric=dsp", offsetof(struct config, binary_fabric), FABRIC_DSP},
	    {"binary_engine.fabric=lut", offsetof(struct config, binary_fabric), FABRIC_LUT},
	    {"binary_engine.fabric=fused", offsetof(struct config, binary_fabric), FABRIC_FUSED},
	    {"binary_engine.popcount=lut", offsetof(struct config, binary_popcount), POPCOUNT_LUT},
	    {"binary_engine.popcount=dsp", offsetof(struct config, binary_popcount), POPCOUNT_DSP},
	    {"fixed_engine.weight_bits=auto", offsetof(struct config, fixed_weight_bits), 0},
	    {"fixed_engine.weight_bits=4", offsetof(struct config, fixed_weight_bits), 4},
	    {"post_unit.mode=inline", offsetof(struct config, post_mode), POST_INLINE},
	    {"post_unit.mode=separate", offsetof(struct config, post_mode), POST_SEPARATE},
	    {"mapper.weights=auto", offsetof(struct config, mapper_weights), RESIDENCY_AUTO},
	    {"mapper.weights=resident", offsetof(struct config, mapper_weights), RESIDENCY_RESIDENT},
	    {"mapper.weights=layer", offsetof(struct config, mapper_weights), RESIDENCY_LAYER},
	    {"mapper.weights=tile", offsetof(struct config, mapper_weights), RESIDENCY_TILE},
	    {"mapper.maps=resident", offsetof(struct config, mapper_maps), RESIDENCY_RESIDENT},
	    {"mapper.maps=spilled", offsetof(struct config, mapper_maps), RESIDENCY_TILE},
	    {"buffer.output.ping_pong=on", offsetof(struct config, buffer[BUFFER_OUTPUT].ping_pong), 1},
	    {"buffer.border.technology=lutram", offsetof(struct config, buffer[BUFFER_BORDER].technology),
	     TECHNOLOGY_LUTRAM},
	    {"buffer.border.technology=bram36", offsetof(struct config, buffer[BUFFER_BORDER].technology),
	     TECHNOLOGY_BRAM36},
	    {"buffer.border.technology=uram288", offsetof(struct config, buffer[BUFFER_BORDER].technology),
	     TECHNOLOGY_URAM288},
	    {"machine.clock_mhz=266.667", offsetof(struct config, clock_khz), 266667},
	    {"dram.cl_ns=13.32", offsetof(struct config, dram_cl_ps), 13320},
	};
	struct config config;
	struct error error = {""};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		uint32_t value;
		config_defaults(&config);
		assert_int_equal(config_set(&config, cases[i].assignment, &error), STATUS_OK);
		memcpy(&value, (const char *)&config + cases[i].offset, sizeof value);
		assert_int_equal(value, cases[i].value);
	}
	for (int id = 0; id < BUFFER_COUNT; id++) {
		char assignment[80];
		snprintf(assignment, sizeof assignment, "buffer.%s.depth_words=12345", config_buffer_names[id]);
		assert_int_equal(config_set(&config, assignment, &error), STATUS_OK);
		assert_int_equal(config.buffer[id].depth_words, 12345);
	}
}

static void set_refuses_in_one_sentence(void **state) {
	static const char *const cases[][2] = {
	    {"", "--set : expected section.key=value, such as binary_engine.pes=32"},
	    {"pes=4", "--set pes=4: expected section.key=value, such as binary_engine.pes=32"},
	    {"binary_engine.pes", "--set binary_engine.pes: expected section.key=value, such as binary_engine.pes=32"},
	    {".pes=4", "--set .pes=4: expected section.key=value, such as binary_engine.pes=32"},
	    {"binary_engine.=4", "--set binary_engine.=4: expected section.key=value, such as binary_engine.pes=32"},
	    {"binary_engine.peas=4",
	     "--set binary_engine.peas=4: [binary_engine] peas: unknown key; the nearest known one is 'pes'"},
	    {"buffer.ouput.banks=1",
	     "--set buffer.ouput.banks=1: unknown section [buffer.ouput]; the nearest known one is "
	     "[buffer.output]"},
	    {"binary_engine.pes=4=4",
	     "--set binary_engine.pes=4=4: [binary_engine] pes: '4=4' is not a whole number; expected 1 to "
	     "1024"},
	    {"binary_engine.pes= 4",
	     "--set binary_engine.pes= 4: [binary_engine] pes: ' 4' is not a whole number; expected 1 to 1024"},
	};
	struct config config, before;
	(void)state;
	config_defaults(&config);
	before = config;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct error error = {""};
		assert_int_equal(config_set(&config, cases[i][0], &error), STATUS_USAGE);
		assert_string_equal(error.text, cases[i][1]);
	}
	assert_memory_equal(&config, &before, sizeof config);
}

/* Any values in range, also ones that config_check refuses: xorshift from a fixed seed. */
static void scramble(struct config *config, uint64_t *seed) {
	for (size_t i = 0; i < config_parameter_count; i++) {
		const struct config_parameter *row = &config_parameters[i];
		*seed ^= *seed << 13;
		*seed ^= *seed >> 7;
		*seed ^= *seed << 17;
		if (row->type == CONFIG_TEXT) {
			snprintf((char *)config + row->offset, CONFIG_TEXT_BYTES, "a #b; 'c' = [%llu] %%s \\",
			         (unsigned long long)*seed);
			continue;
		}
		uint32_t value = (uint32_t)(row->minimum + *seed % ((uint64_t)row->maximum - row->minimum + 1));
		if (strcmp(row->key, "maps") == 0 && value == RESIDENCY_LAYER) value = RESIDENCY_TILE;
		if (row->type != CONFIG_WORD && row->words && *seed % 3 == 0) value = 0;
		memcpy((char *)config + row->offset, &value, sizeof value);
	}
}

static void what_is_printed_reads_back(void **state) {
	char path[] = "/tmp/nbsim_config_XXXXXX";
	uint64_t seed = 20240607;
	int handle = mkstemp(path);
	(void)state;
	assert_true(handle >= 0);
	close(handle);
	for (int i = 0; i < 200; i++) {
		struct config config, again;
		struct error error = {""};
		memset(&config, 0, sizeof config);
		scramble(&config, &seed);
		FILE *file = fopen(path, "w");
		config_print(&config, file);
		fclose(file);
		enum status status = config_read(&again, path, &error);
		assert_string_equal(error.text, "");
		assert_int_equal(status, STATUS_OK);
		for (size_t r = 0; r < config_parameter_count; r++) {
			char a[CONFIG_TEXT_BYTES], b[CONFIG_TEXT_BYTES];
			config_value_text(&config, &config_parameters[r], a, sizeof a);
			config_value_text(&again, &config_parameters[r], b, sizeof b);
			assert_string_equal(a, b);
		}
	}
	unlink(path);
}

static void shipped_configurations_are_valid(void **state) {
	(void)state;
	for (size_t i = 0; i < sizeof shipped / sizeof shipped[0]; i++) {
		struct config config;
		struct error error = {""};
		char path[1024];
		snprintf(path, sizeof path, "%s/configs/%s.ini", NBSIM_SOURCE_DIR, shipped[i]);
		assert_int_equal(config_read(&config, path, &error), STATUS_OK);
		assert_int_equal(config_check(&config, path, &error), STATUS_OK);
		config.fixed_weight_bits = 8;
		config.fixed_activation_bits = 16;
		assert_int_equal(config_check(&config, path, &error), STATUS_OK);
		assert_string_equal(error.text, "");
	}
}

static void the_default_configuration_file_holds_the_defaults(void **state) {
	struct config file, table;
	struct error error = {""};
	(void)state;
	config_defaults(&table);
	assert_int_equal(config_read(&file, NBSIM_SOURCE_DIR "/configs/u250.ini", &error), STATUS_OK);
	assert_memory_equal(&file, &table, sizeof file);
}

static uint32_t up(uint32_t a, uint32_t b) {
	return (a + b - 1) / b;
}

/* The sizes that the comments of the configurations state, from the shapes of NeuroBlend-20: a 3x3 stem 3 -> 16, then
 * 18 binary 3x3 convolutions with a 1x1 skip each, then 64 -> 10. Words that are needed, buffer by buffer. */
static void needed_words(const struct config *config, uint32_t need[BUFFER_COUNT]) {
	uint32_t input = 16, lanes_bits = 48 * config->binary_words;
	memset(need, 0, BUFFER_COUNT * sizeof *need);
	need[BUFFER_FIXED_WEIGHTS] = 9 * up(3, config->fixed_rows) * up(16, config->fixed_columns) +
	                             up(64, config->fixed_rows) * up(10, config->fixed_columns);
	need[BUFFER_PARAMETERS] = up(16, config->post_lanes) + up(10, config->post_lanes);
	for (int conv = 0; conv < 18; conv++) {
		uint32_t output = conv < 6 ? 16 : conv < 12 ? 32 : 64;
		uint32_t groups = up(output, config->binary_pes);
		uint32_t words =
		    config->binary_packing == PACKING_WINDOW ? up(9 * input, lanes_bits) : 9 * up(input, lanes_bits);
		need[BUFFER_BIT_WEIGHTS] += groups * words;
		need[BUFFER_FIXED_WEIGHTS] += up(input, config->fixed_rows) * up(output, config->fixed_columns);
		need[BUFFER_PARAMETERS] += up(output, config->post_lanes);
		need[BUFFER_BORDER] += 9 * groups;
		input = output;
	}
	need[BUFFER_BIT_ACTIVATIONS] = 2 * 1024 * up(16, lanes_bits);
	need[BUFFER_FIXED_ACTIVATIONS] = 3 * 1024 * up(16, config->fixed_rows) + 1024 * up(3, config->fixed_rows);
	need[BUFFER_ACCUMULATORS] = 2 * 32 * up(16, config->binary_pes);
	need[BUFFER_SKIP_SUMS] = 2 * 32 * up(16, config->fixed_columns);
}

static void shipped_buffers_hold_neuroblend20(void **state) {
	(void)state;
	for (size_t i = 0; i < sizeof shipped / sizeof shipped[0]; i++) {
		struct config config;
		struct error error = {""};
		uint32_t need[BUFFER_COUNT];
		char path[1024];
		snprintf(path, sizeof path, "%s/configs/%s.ini", NBSIM_SOURCE_DIR, shipped[i]);
		assert_int_equal(config_read(&config, path, &error), STATUS_OK);
		needed_words(&config, need);
		for (int id = 0; id < BUFFER_COUNT; id++) assert_in_range(need[id], 0, config.buffer[id].depth_words);
		int is_small = strcmp(shipped[i], "ultra96") == 0;
		assert_int_equal(need[BUFFER_BIT_WEIGHTS], is_small ? 1116 : 348);
		assert_int_equal(need[BUFFER_FIXED_WEIGHTS], is_small ? 498 : 129);
		assert_int_equal(need[BUFFER_BORDER], is_small ? 756 : 378);
		assert_int_equal(need[BUFFER_PARAMETERS], is_small ? 88 : 44);
	}
}

static void times_become_cycles(void **state) {
	struct config config;
	(void)state;
	config_defaults(&config);
	assert_int_equal(config_cycles_up(&config, 14160), 5);    /* 4.248 */
	assert_int_equal(config_cycles_up(&config, 350000), 105); /* exactly 105 */
	assert_int_equal(config_cycles_up(&config, 350001), 106);
	assert_int_equal(config_cycles_down(&config, 7800000), 2340);
	assert_int_equal(config_cycles_down(&config, 7799999), 2339);
	assert_int_equal(config_cycles_up(&config, 0), 0);
	assert_int_equal(config_cycles_up(&config, UINT32_MAX), 1288491);
	assert_int_equal(config_beat_cycles(&config), 1); /* 64 bytes x 300 MHz = 19.2 GB/s exactly */
	config.clock_khz = 300001;
	assert_int_equal(config_beat_cycles(&config), 2);
	config.clock_khz = 100000;
	assert_int_equal(config_beat_cycles(&config), 1);
	config.dram_peak_megabytes_per_s = 1000;
	assert_int_equal(config_beat_cycles(&config), 7); /* 6.4 */
}

static void words_have_the_sizes_of_the_manual(void **state) {
	static const uint32_t bytes[BUFFER_COUNT] = {32, 64, 256, 512, 128, 16, 32, 64, 32};
	static const uint32_t bits[BUFFER_COUNT] = {144, 288, 1152, 1024, 1024, 128, 192, 384, 256};
	struct config config;
	(void)state;
	config_defaults(&config);
	config.binary_pes = 8;
	config.binary_words = 3;
	config.binary_accumulator_bits = 24;
	config.fixed_rows = 32;
	config.fixed_columns = 8;
	config.fixed_activation_bits = 9;
	config.fixed_weight_bits = 4;
	config.fixed_accumulator_bits = 48;
	config.post_lanes = 8;
	for (int id = 0; id < BUFFER_COUNT; id++) {
		uint32_t expected = id == BUFFER_FIXED_WEIGHTS ? 256 : bytes[id];
		assert_int_equal(config_word_bytes(&config, (enum buffer_id)id), expected);
		assert_int_equal(config_word_bits(&config, (enum buffer_id)id), bits[id]);
	}
	config.fixed_weight_bits = 9;
	assert_int_equal(config_word_bytes(&config, BUFFER_FIXED_WEIGHTS), bytes[BUFFER_FIXED_WEIGHTS]);
	config.fixed_activation_bits = 8;
	assert_int_equal(config_word_bytes(&config, BUFFER_FIXED_ACTIVATIONS), 32);
	config.fixed_activation_bits = config.fixed_weight_bits = 0; /* auto counts as 16 */
	assert_int_equal(config_word_bytes(&config, BUFFER_FIXED_ACTIVATIONS), 64);
	assert_int_equal(config_word_bits(&config, BUFFER_FIXED_WEIGHTS), 4096);
}

static char *describe(const struct config *config, int json) {
	char *text = NULL;
	size_t bytes = 0;
	FILE *out = open_memstream(&text, &bytes);
	config_describe(config, out, json);
	fclose(out);
	return text;
}

static void the_description_names_everything_in_100_columns(void **state) {
	struct config config;
	(void)state;
	config_defaults(&config);
	char *text = describe(&config, 0), *json = describe(&config, 1);
	for (size_t i = 0; i < config_parameter_count; i++) {
		char line[128];
		snprintf(line, sizeof line, "\n  %s = ", config_parameters[i].key);
		assert_non_null(strstr(text, line));
		snprintf(line, sizeof line, "{\"section\": \"%s\", \"key\": \"%s\", ", config_parameters[i].section,
		         config_parameters[i].key);
		assert_non_null(strstr(json, line));
	}
	assert_non_null(strstr(text, "\n  trcd_ns = 14.16 ns (5 cycles)\n"));
	assert_non_null(strstr(text, "\n  trefi_ns = 7800 ns (2340 cycles)\n"));
	assert_non_null(strstr(text, "channel: 1 (exactly"));
	assert_non_null(strstr(
	    json, "\"value\": 14.16, \"default\": 14.16, \"minimum\": 0.001, \"maximum\": 1000, \"cycles\": 5, "));
	assert_non_null(strstr(
	    json,
	    "\"value\": \"auto\", \"default\": \"auto\", \"minimum\": 2, \"maximum\": 16, \"words\": [\"auto\"]"));
	for (const char *line = text; *line; line += strcspn(line, "\n") + 1)
		assert_in_range(strcspn(line, "\n"), 0, 100);
	free(text);
	free(json);
}

int main(void) {
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_member_has_one_row),
	    cmocka_unit_test(every_row_is_documented),
	    cmocka_unit_test(every_default_reads_and_prints_as_written),
	    cmocka_unit_test(word_lists_are_the_enums),
	    cmocka_unit_test(set_refuses_in_one_sentence),
	    cmocka_unit_test(what_is_printed_reads_back),
	    cmocka_unit_test(shipped_configurations_are_valid),
	    cmocka_unit_test(the_default_configuration_file_holds_the_defaults),
	    cmocka_unit_test(shipped_buffers_hold_neuroblend20),
	    cmocka_unit_test(times_become_cycles),
	    cmocka_unit_test(words_have_the_sizes_of_the_manual),
	    cmocka_unit_test(the_description_names_everything_in_100_columns),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
