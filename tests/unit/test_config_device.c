/* Are the shipped board files and energy tables valid and as their sources say, and are altered copies refused? */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "sim/input/device.h"
#include "sim/input/technology.h"

#define DEVICES NBSIM_SOURCE_DIR "/configs/devices/"
#define TABLES NBSIM_SOURCE_DIR "/configs/tech/"

static void every_board_is_valid(void **state) {
	static const char *const names[] = {"u250", "u280", "vu9p", "zcu104", "ultra96", "pynq_z1", "zc706"};
	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		struct device device;
		struct error error = {""};
		char path[1024];
		snprintf(path, sizeof path, DEVICES "%s.ini", names[i]);
		enum status status = device_read(&device, path, &error);
		assert_string_equal(error.text, "");
		assert_int_equal(status, STATUS_OK);
		assert_int_equal(device.total[DEVICE_FF], 2 * device.total[DEVICE_LUT]);
		assert_int_equal(device.dsp_kind, device.process_nm == 28 ? DEVICE_DSP48E1 : DEVICE_DSP48E2);
		for (int r = 0; r < DEVICE_RESOURCE_COUNT; r++)
			assert_in_range(device_usable(&device, (enum device_resource)r), 0, device.total[r]);
	}
}

/* FINN's table: 375,000 LUT, 576 BRAM36, 320 URAM, 2,880 DSP are left of each of the U250's four SLRs; 70 % and 80 % of
 * it. */
static void the_usable_share_of_the_u250_is_finns(void **state) {
	struct device device;
	struct error error = {""};
	(void)state;
	assert_int_equal(device_read(&device, DEVICES "u250.ini", &error), STATUS_OK);
	assert_int_equal(device_usable(&device, DEVICE_LUT), 4 * 375000 / 10 * 7);
	assert_int_equal(device_usable(&device, DEVICE_BRAM36), 4 * 576 * 8 / 10);
	assert_int_equal(device_usable(&device, DEVICE_URAM), 4 * 320 * 8 / 10);
	assert_int_equal(device_usable(&device, DEVICE_DSP), 4 * 2880 * 8 / 10);
	assert_int_equal(device_usable_per_slr(&device, DEVICE_DSP), 2880 * 8 / 10);
	assert_int_equal(device_usable_per_slr(&device, DEVICE_BRAM36), 4 * 576 * 8 / 10 / 4);
}

static void every_energy_has_a_range_and_a_source(void **state) {
	static const char *const names[] = {"ultrascale_plus_16nm", "seven_series_28nm"};
	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		struct technology technology;
		struct error error = {""};
		char path[1024];
		snprintf(path, sizeof path, TABLES "%s.ini", names[i]);
		enum status status = technology_read(&technology, path, &error);
		assert_string_equal(error.text, "");
		assert_int_equal(status, STATUS_OK);
		for (int event = 0; event < TECHNOLOGY_EVENT_COUNT; event++) {
			const struct technology_value *value = &technology.values[event];
			assert_true(value->low > 0 && value->low <= value->value && value->value <= value->high);
			assert_true(strlen(value->source) > 20);
			assert_string_not_equal(technology_grade_name(value->grade), "unknown");
		}
	}
}

static void a_base_is_scaled_inside_the_fpga_only(void **state) {
	struct technology base, derived;
	struct error error = {""};
	(void)state;
	assert_int_equal(technology_read(&base, TABLES "ultrascale_plus_16nm.ini", &error), STATUS_OK);
	assert_int_equal(technology_read(&derived, TABLES "seven_series_28nm.ini", &error), STATUS_OK);
	assert_true(derived.factor == 2 && base.factor == 1);
	assert_true(derived.values[TECHNOLOGY_DSP_FROZEN].value == 2 * base.values[TECHNOLOGY_DSP_FROZEN].value);
	assert_true(derived.values[TECHNOLOGY_DSP_FROZEN].high == 2 * base.values[TECHNOLOGY_DSP_FROZEN].high);
	assert_int_equal(derived.values[TECHNOLOGY_DSP_FROZEN].grade, TECHNOLOGY_INFERRED);
	assert_true(derived.values[TECHNOLOGY_DDR_READ_BIT].value == base.values[TECHNOLOGY_DDR_READ_BIT].value);
	assert_true(derived.values[TECHNOLOGY_CLOCK_FF].value == 0.028); /* given in the file itself */
	assert_int_equal(derived.values[TECHNOLOGY_CLOCK_FF].grade, TECHNOLOGY_STATED);
}

/* Copies a file to `copy`, replacing the first `old` with `new`; the folder of the copy is /tmp. */
static void copy_altered(const char *path, char *copy, const char *old, const char *new) {
	static char text[65536];
	FILE *file = fopen(path, "r");
	assert_non_null(file);
	text[fread(text, 1, sizeof text - 1, file)] = '\0';
	fclose(file);
	char *at = strstr(text, old);
	assert_non_null(at);
	int handle = mkstemps(copy, 4);
	assert_true(handle >= 0);
	file = fdopen(handle, "w");
	fprintf(file, "%.*s%s%s", (int)(at - text), text, new, at + strlen(old));
	fclose(file);
}

struct alteration {
	const char *file, *old, *new, *sentence; /* the sentence behind the path */
};

static void refuses(const struct alteration *alteration, int is_device) {
	char copy[] = "/tmp/nbsim_config_XXXXXX.ini";
	struct error error = {""};
	struct device device;
	struct technology technology;
	copy_altered(alteration->file, copy, alteration->old, alteration->new);
	enum status status =
	    is_device ? device_read(&device, copy, &error) : technology_read(&technology, copy, &error);
	unlink(copy);
	assert_memory_equal(error.text, copy, strlen(copy));
	assert_string_equal(error.text + strlen(copy), alteration->sentence);
	assert_int_equal(status, STATUS_INPUT);
}

static void altered_boards_are_refused(void **state) {
	static const char u250[] = DEVICES "u250.ini";
	static const struct alteration cases[] = {
	    {u250, "lut = 1728000", "lut = 1,728,000",
	     ":11: [total] lut: '1,728,000' is wrong; expected a whole number from 0 to 100000000, without a unit"},
	    {u250, "lut = 1728000\n", "", ": [total] lut is missing"},
	    {u250, "[power]", "[pover]", ":42: unknown section [pover]; the nearest known one is [power]"},
	    {u250, "[power]", "[cooling]", ":42: unknown section [cooling]"},
	    {u250, "dsp = 12288", "dps = 12288", ":15: [total] dps: unknown key; the nearest known one is 'dsp'"},
	    {u250, "dsp = 12288", "watts = 5", ":15: [total] watts: unknown key"},
	    {u250, "dsp48e2", "dsp58", ":6: [device] dsp_kind: 'dsp58' is wrong; expected one of dsp48e1, dsp48e2"},
	    {u250, "lut_percent = 70", "lut_percent = 101",
	     ":35: [usable] lut_percent: '101' is wrong; expected a whole number from 1 to 100, without a unit"},
	    {u250, "slrs = 4", "slrs = 0",
	     ":7: [device] slrs: '0' is wrong; expected a whole number from 1 to 16, without a unit"},
	    {u250, "lut = 228000", "lut = 1728001",
	     ": [shell] lut: 1728001 is more than the device has, which is 1728000"},
	    {u250, "static_typical_w = 3.6", "static_typical_w = 5.5",
	     ": [power] static_typical_w: 5.5 is not between static_low_w = 2.8 and static_high_w = 5"},
	    {u250, "static_low_w = 2.8", "static_low_w = 2.8W",
	     ":43: [power] static_low_w: '2.8W' is wrong; expected a number from 0 to 1000, without a unit"},
	    {u250, "\"Alveo U250\"", "", ":4: [device] name: '' is wrong; expected a text of 1 to 63 bytes"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) refuses(&cases[i], 1);
}

static void altered_tables_are_refused(void **state) {
	static const char table[] = TABLES "ultrascale_plus_16nm.ini", derived[] = TABLES "seven_series_28nm.ini";
	static const struct alteration cases[] = {
	    {table, "value = 0.018", "value = 0.028",
	     ": [clock_ff] value: 0.028 is not between low = 0.011 and high = 0.027"},
	    {table, "low = 0.011", "low = 0.019",
	     ": [clock_ff] value: 0.018 is not between low = 0.019 and high = 0.027"},
	    {table, "[mmcm]", "[mmcn]", ":139: unknown section [mmcn]; the nearest known one is [mmcm]"},
	    {table, "value = 0.018\n", "", ": [clock_ff] value is missing"},
	    {table, "grade = stated", "grade = assumed",
	     ": [clock_ff] source: 'clock line of routed Vivado reports over flip-flops and cloc' does not agree with "
	     "grade "
	     "assumed; a source begins with 'assumed' exactly where the grade is assumed"},
	    {table, "core_v = 0.85", "core_v = 0.85\nfactor = 2",
	     ": [technology] factor: 2 needs a base to be applied to"},
	    {derived, "ultrascale_plus_16nm", "../x",
	     ": [technology] base: '../x' is not a plain name; expected a file's name without folder and .ini"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) refuses(&cases[i], 0);
}

static void a_base_must_exist_and_be_the_last(void **state) {
	char copy[] = "/tmp/nbsim_config_XXXXXX.ini", second[] = "/tmp/nbsim_config_XXXXXX.ini";
	char base[64], expected[256];
	struct technology technology;
	struct error error = {""};
	(void)state;
	copy_altered(TABLES "seven_series_28nm.ini", copy, "base = ultrascale_plus_16nm", "base = nbsim_no_such_table");
	assert_int_equal(technology_read(&technology, copy, &error), STATUS_IO);
	assert_string_equal(error.text, "/tmp/nbsim_no_such_table.ini: cannot be opened: No such file or directory");
	snprintf(base, sizeof base, "base = %.*s", (int)strlen(copy) - 9, copy + 5);
	copy_altered(TABLES "seven_series_28nm.ini", second, "base = ultrascale_plus_16nm", base);
	assert_int_equal(technology_read(&technology, second, &error), STATUS_INPUT);
	snprintf(expected, sizeof expected, "%s: [technology] base: 'nbsim_no_such_table': a base has no base itself",
	         copy);
	assert_string_equal(error.text, expected);
	unlink(copy);
	unlink(second);
}

static void a_path_too_long_for_its_base_is_refused(void **state) {
	char copy[] = "/tmp/nbsim_config_XXXXXX.ini", path[1100] = "/tmp/";
	struct technology technology;
	struct error error = {""};
	(void)state;
	copy_altered(TABLES "seven_series_28nm.ini", copy, "factor", "factor");
	for (int i = 0; i < 500; i++) strcat(path, "./");
	strcat(path, copy + 5);
	assert_int_equal(technology_read(&technology, path, &error), STATUS_INPUT);
	assert_non_null(strstr(error.text, "...: the path is too long"));
	unlink(copy);
}

int main(void) {
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_board_is_valid),
	    cmocka_unit_test(the_usable_share_of_the_u250_is_finns),
	    cmocka_unit_test(every_energy_has_a_range_and_a_source),
	    cmocka_unit_test(a_base_is_scaled_inside_the_fpga_only),
	    cmocka_unit_test(altered_boards_are_refused),
	    cmocka_unit_test(altered_tables_are_refused),
	    cmocka_unit_test(a_base_must_exist_and_be_the_last),
	    cmocka_unit_test(a_path_too_long_for_its_base_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
