/* Do the strict numbers, the nearest word and the wrapped output of sim/base/text.h keep their promises? */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sim/base/text.h"

static void whole_numbers_are_taken_whole_or_not_at_all(void **state) {
	static const char *const malformed[] = {"",   "abc", "12abc", "010", "00", "0x10",  "-1",     "+1",
	                                        " 1", "1 ",  "1.0",   "1e3", ".5", "1,000", "100MHz", "\xc2\xb2"};
	uint64_t value = 77;
	(void)state;
	for (size_t i = 0; i < sizeof malformed / sizeof malformed[0]; i++) {
		assert_int_equal(text_unsigned(malformed[i], &value), TEXT_NUMBER_MALFORMED);
		assert_int_equal(value, 77);
	}
	assert_int_equal(text_unsigned("0", &value), TEXT_NUMBER_OK);
	assert_int_equal(value, 0);
	assert_int_equal(text_unsigned("18446744073709551615", &value), TEXT_NUMBER_OK);
	assert_true(value == UINT64_MAX);
	assert_int_equal(text_unsigned("18446744073709551616", &value), TEXT_NUMBER_TOO_LARGE);
	assert_int_equal(text_unsigned("99999999999999999999999999x", &value), TEXT_NUMBER_MALFORMED);
}

static void decimal_numbers_are_exact(void **state) {
	uint64_t value = 0;
	(void)state;
	assert_int_equal(text_decimal("14.16", 3, &value), TEXT_NUMBER_OK);
	assert_int_equal(value, 14160);
	assert_int_equal(text_decimal("300", 3, &value), TEXT_NUMBER_OK);
	assert_int_equal(value, 300000);
	assert_int_equal(text_decimal("0.001", 3, &value), TEXT_NUMBER_OK);
	assert_int_equal(value, 1);
	assert_int_equal(text_decimal("1.50000", 3, &value), TEXT_NUMBER_OK);
	assert_int_equal(value, 1500);
	assert_int_equal(text_decimal("1.0001", 3, &value), TEXT_NUMBER_TOO_FINE);
	assert_int_equal(text_decimal("1.", 3, &value), TEXT_NUMBER_MALFORMED);
	assert_int_equal(text_decimal(".5", 3, &value), TEXT_NUMBER_MALFORMED);
	assert_int_equal(text_decimal("1.2.3", 3, &value), TEXT_NUMBER_MALFORMED);
	assert_int_equal(text_decimal("18446744073709551615", 3, &value), TEXT_NUMBER_TOO_LARGE);
}

static void decimals_print_without_trailing_zeros(void **state) {
	static const struct {
		uint64_t value;
		unsigned decimals;
		const char *text;
	} cases[] = {{14160, 3, "14.16"}, {300000, 3, "300"}, {1, 3, "0.001"},
	             {0, 3, "0"},         {42, 0, "42"},      {100, 0, "100"}};
	char text[32];
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		text_decimal_print(cases[i].value, cases[i].decimals, text, sizeof text);
		assert_string_equal(text, cases[i].text);
	}
}

static void reals_are_those_of_the_compiler(void **state) {
	double value = -1;
	(void)state;
	assert_int_equal(text_real("0.018", &value), TEXT_NUMBER_OK);
	assert_true(value == 0.018);
	assert_int_equal(text_real("783000", &value), TEXT_NUMBER_OK);
	assert_true(value == 783000);
	assert_int_equal(text_real("123456.789012345", &value), TEXT_NUMBER_OK);
	assert_true(value == 123456.789012345);
	assert_int_equal(text_real("0.000000000000001", &value), TEXT_NUMBER_OK);
	assert_true(value == 1e-15);
	assert_int_equal(text_real("1234567890123456", &value), TEXT_NUMBER_TOO_LARGE);
	assert_int_equal(text_real("0.1234567890123456", &value), TEXT_NUMBER_TOO_FINE);
	assert_int_equal(text_real("1e3", &value), TEXT_NUMBER_MALFORMED);
	assert_int_equal(text_real("-1", &value), TEXT_NUMBER_MALFORMED);
	assert_int_equal(text_real("1.", &value), TEXT_NUMBER_MALFORMED);
	assert_int_equal(text_real("01", &value), TEXT_NUMBER_MALFORMED);
	assert_int_equal(text_real("nan", &value), TEXT_NUMBER_MALFORMED);
}

static void the_distance_counts_edits(void **state) {
	char long_a[200], long_b[200];
	(void)state;
	assert_int_equal(text_distance("", ""), 0);
	assert_int_equal(text_distance("", "pes"), 3);
	assert_int_equal(text_distance("pes", "pse"), 1);
	assert_int_equal(text_distance("kitten", "sitting"), 3);
	assert_int_equal(text_distance("lanes", "lane"), 1);
	assert_int_equal(text_distance("ca", "abc"), 3);
	memset(long_a, 'a', sizeof long_a - 1);
	memset(long_b, 'b', sizeof long_b - 1);
	long_a[199] = long_b[199] = '\0';
	assert_int_equal(text_distance(long_a, long_b), 63);
}

static const char *nearest_of(const char *word, const char *const *known, size_t count) {
	struct text_nearest nearest;
	text_nearest_start(&nearest, word);
	for (size_t i = 0; i < count; i++) text_nearest_offer(&nearest, known[i]);
	return text_nearest_best(&nearest);
}

static void the_nearest_word_is_near(void **state) {
	static const char *const known[] = {"pes", "words", "packing", "accumulator_bits"};
	(void)state;
	assert_string_equal(nearest_of("pse", known, 4), "pes");
	assert_string_equal(nearest_of("word", known, 4), "words");
	assert_string_equal(nearest_of("acumulator_bit", known, 4), "accumulator_bits");
	assert_null(nearest_of("clock", known, 4));
	assert_string_equal(nearest_of("pas", (const char *const[]){"pes", "pbs"}, 2), "pes"); /* the first of equals */
	assert_string_equal(nearest_of("wxxds", known, 4), "words");                           /* 5 letters: 2 edits */
	assert_null(nearest_of("wxxxs", known, 4));
	assert_string_equal(nearest_of("xxxking", (const char *const[]){"xyyking"}, 1), "xyyking"); /* 7 letters: 2 */
	assert_null(nearest_of("xxxking", (const char *const[]){"yyyking"}, 1));
	assert_null(nearest_of("pes", known, 0));
}

static void words_have_indices(void **state) {
	char word[16], list[32];
	(void)state;
	assert_int_equal(text_word_index("dsp|lut|fused", "dsp"), 0);
	assert_int_equal(text_word_index("dsp|lut|fused", "fused"), 2);
	assert_int_equal(text_word_index("dsp|lut|fused", "fuse"), -1);
	assert_int_equal(text_word_index("dsp|lut|fused", ""), -1);
	assert_int_equal(text_word_index("auto||spilled", ""), -1);
	assert_int_equal(text_word_index("auto||spilled", "spilled"), 2);
	text_word_at("auto||spilled", 2, word, sizeof word);
	assert_string_equal(word, "spilled");
	text_word_at("auto||spilled", 1, word, sizeof word);
	assert_string_equal(word, "");
	text_word_at("auto||spilled", 3, word, sizeof word);
	assert_string_equal(word, "");
	text_word_list("auto||spilled", list, sizeof list);
	assert_string_equal(list, "auto, spilled");
	text_word_list("auto|resident|spilled", list, 8);
	assert_string_equal(list, "auto, r");
}

static void output_is_wrapped_and_quoted(void **state) {
	char *text = NULL;
	size_t bytes = 0;
	FILE *out = open_memstream(&text, &bytes);
	(void)state;
	text_wrap(out, "one two  three four incomprehensibilities five", 4, 2, 12);
	text_wrap(out, "a bcde fgh i", 0, 0, 5);
	text_json(out, "a\"b\\c\n\x01");
	fclose(out);
	assert_string_equal(
	    text,
	    "one two\n  three four\n  incomprehensibilities\n  five\na\nbcde\nfgh i\n\"a\\\"b\\\\c\\u000a\\u0001\"");
	free(text);
}

int main(void) {
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(whole_numbers_are_taken_whole_or_not_at_all),
	    cmocka_unit_test(decimal_numbers_are_exact),
	    cmocka_unit_test(decimals_print_without_trailing_zeros),
	    cmocka_unit_test(reals_are_those_of_the_compiler),
	    cmocka_unit_test(the_distance_counts_edits),
	    cmocka_unit_test(the_nearest_word_is_near),
	    cmocka_unit_test(words_have_indices),
	    cmocka_unit_test(output_is_wrapped_and_quoted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
