/* Text: strict numbers, the nearest word, wrapped and JSON output.
 *
 * Nothing here depends on the locale. The number readers take the whole text or nothing: no sign, no spaces, no leading
 * zero (which others read as octal), no unit behind the digits.
 */
#ifndef SIM_BASE_TEXT_H
#define SIM_BASE_TEXT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum text_number {
	TEXT_NUMBER_OK,
	TEXT_NUMBER_MALFORMED, /* not written as such a number */
	TEXT_NUMBER_TOO_LARGE, /* well written, does not fit */
	TEXT_NUMBER_TOO_FINE   /* text_decimal: more digits behind the point than are kept */
};

/* A whole number in decimal digits, 0 .. 2^64 - 1. *value is set only on TEXT_NUMBER_OK. */
enum text_number text_unsigned(const char *text, uint64_t *value);

/* A decimal number with at most `decimals` (0..9) digits behind the point, times 10^decimals: "14.16" with 3 is 14160.
 * Zeros behind those digits are allowed. Exact: no floating point is used. */
enum text_number text_decimal(const char *text, unsigned decimals, uint64_t *value);

/* Writes value / 10^decimals without trailing zeros ("14.16", "300"). */
void text_decimal_print(uint64_t value, unsigned decimals, char *text, size_t text_bytes);

/* A non-negative real, "0.018", of at most 15 significant digits and at most 15 behind the point, no exponent;
 * correctly rounded. */
enum text_number text_real(const char *text, double *value);

/* Nearest word: start with the word that was written, offer every known word, ask for the best. The first of equally
 * near words wins. `word` and the candidates must outlive the struct. */
struct text_nearest {
	const char *word;
	const char *best;
	size_t distance;
};

void text_nearest_start(struct text_nearest *nearest, const char *word);
void text_nearest_offer(struct text_nearest *nearest, const char *candidate);

/* The best candidate, or NULL if none is near enough to be what was meant: at most one edit for words up to 4
 * letters, else a third of the length. */
const char *text_nearest_best(const struct text_nearest *nearest);

/* Edits (a letter inserted, deleted, replaced, or two neighbours swapped) from a to b, of their first 63 bytes. */
size_t text_distance(const char *a, const char *b);

/* Index of `word` in a list "dsp|lut|fused", or -1. An empty alternative ("a||c") keeps an index free and never
 * matches. */
int text_word_index(const char *list, const char *word);

/* Copies the index-th alternative of such a list; an empty text if there is none. */
void text_word_at(const char *list, uint32_t index, char *word, size_t word_bytes);

/* The alternatives of such a list as "dsp, lut, fused", empty ones left out; cut at list_bytes. */
void text_word_list(const char *words, char *list, size_t list_bytes);

/* Prints `text` broken at spaces so that no line is longer than `width` columns. The cursor stands at `column`; the
 * following lines start at `indent`. A word that is too long for a line gets its own. Ends with a newline. */
void text_wrap(FILE *out, const char *text, unsigned column, unsigned indent, unsigned width);

/* Prints `text` as a JSON string with its quotes. */
void text_json(FILE *out, const char *text);

#endif
