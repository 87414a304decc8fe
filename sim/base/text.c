/* See text.h. The edit distance is the "optimal string alignment" distance (Levenshtein with swaps of neighbours), by
 * the usual dynamic program over three rows. text_real is exact because both the digits (< 10^15) and the power of ten
 * (<= 10^22) are doubles without error and IEEE division rounds once. Left out: signs, exponents, other bases. */
#include "sim/base/text.h"

#include <string.h>

enum { DISTANCE_LETTERS = 63, REAL_DIGITS = 15 };

static int is_digit(char letter) {
	return letter >= '0' && letter <= '9';
}

enum text_number text_unsigned(const char *text, uint64_t *value) {
	return text_decimal(text, 0, value);
}

/* Appends a digit; 0 if the result does not fit. */
static int append_digit(uint64_t *number, unsigned digit) {
	if (*number > (UINT64_MAX - digit) / 10) return 0;
	*number = *number * 10 + digit;
	return 1;
}

enum text_number text_decimal(const char *text, unsigned decimals, uint64_t *value) {
	uint64_t number = 0;
	unsigned kept = 0;
	int fits = 1, fine = 1;
	if (!is_digit(*text) || (text[0] == '0' && is_digit(text[1]))) return TEXT_NUMBER_MALFORMED;
	for (; is_digit(*text); text++)
		if (fits) fits = append_digit(&number, (unsigned)(*text - '0'));
	if (decimals > 0 && *text == '.') {
		if (!is_digit(*++text)) return TEXT_NUMBER_MALFORMED;
		for (; is_digit(*text); text++) {
			if (kept < decimals) {
				if (fits) fits = append_digit(&number, (unsigned)(*text - '0'));
				kept++;
			} else if (*text != '0') {
				fine = 0;
			}
		}
	}
	if (*text != '\0') return TEXT_NUMBER_MALFORMED;
	for (; kept < decimals && fits; kept++) fits = append_digit(&number, 0);
	if (!fits) return TEXT_NUMBER_TOO_LARGE;
	if (!fine) return TEXT_NUMBER_TOO_FINE;
	*value = number;
	return TEXT_NUMBER_OK;
}

void text_decimal_print(uint64_t value, unsigned decimals, char *text, size_t text_bytes) {
	uint64_t unit = 1;
	for (unsigned i = 0; i < decimals; i++) unit *= 10;
	uint64_t fraction = value % unit;
	unsigned digits = decimals;
	for (; digits > 0 && fraction % 10 == 0; digits--) fraction /= 10;
	if (digits == 0)
		snprintf(text, text_bytes, "%llu", (unsigned long long)(value / unit));
	else
		snprintf(text, text_bytes, "%llu.%0*llu", (unsigned long long)(value / unit), (int)digits,
		         (unsigned long long)fraction);
}

enum text_number text_real(const char *text, double *value) {
	uint64_t digits = 0;
	unsigned significant = 0, behind = 0;
	int point = 0;
	if (!is_digit(*text) || (text[0] == '0' && is_digit(text[1]))) return TEXT_NUMBER_MALFORMED;
	for (; is_digit(*text) || (*text == '.' && !point); text++) {
		if (*text == '.') {
			point = 1;
			if (!is_digit(text[1])) return TEXT_NUMBER_MALFORMED;
			continue;
		}
		behind += (unsigned)point;
		if (significant > 0 || *text != '0') significant++;
		if (significant <= REAL_DIGITS) digits = digits * 10 + (uint64_t)(*text - '0');
	}
	if (*text != '\0') return TEXT_NUMBER_MALFORMED;
	if (significant > REAL_DIGITS || behind > REAL_DIGITS)
		return behind > 0 ? TEXT_NUMBER_TOO_FINE : TEXT_NUMBER_TOO_LARGE;
	double power = 1;
	for (; behind > 0; behind--) power *= 10;
	*value = (double)digits / power;
	return TEXT_NUMBER_OK;
}

size_t text_distance(const char *a, const char *b) {
	size_t a_letters = strnlen(a, DISTANCE_LETTERS), b_letters = strnlen(b, DISTANCE_LETTERS);
	size_t rows[3][DISTANCE_LETTERS + 1];
	size_t *before = rows[0], *last = rows[1], *row = rows[2];
	for (size_t j = 0; j <= b_letters; j++) last[j] = j;
	memset(before, 0, sizeof rows[0]);
	for (size_t i = 1; i <= a_letters; i++) {
		row[0] = i;
		for (size_t j = 1; j <= b_letters; j++) {
			size_t best = last[j - 1] + (a[i - 1] != b[j - 1]);
			if (last[j] + 1 < best) best = last[j] + 1;
			if (row[j - 1] + 1 < best) best = row[j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && before[j - 2] + 1 < best)
				best = before[j - 2] + 1;
			row[j] = best;
		}
		size_t *oldest = before;
		before = last;
		last = row;
		row = oldest;
	}
	return last[b_letters];
}

/* Most edits with which a candidate is still what was meant. */
static size_t most_edits(const char *word) {
	size_t letters = strnlen(word, DISTANCE_LETTERS);
	return letters <= 4 ? 1 : letters / 3 > 1 ? letters / 3 : 2;
}

/* The letters of a text as a set of 64: two letters may share a place. */
static uint64_t letter_set(const char *text) {
	uint64_t set = 0;
	for (size_t i = 0; i < DISTANCE_LETTERS && text[i]; i++) set |= UINT64_C(1) << ((unsigned char)text[i] & 63);
	return set;
}

static size_t count_bits(uint64_t set) {
	size_t count = 0;
	for (; set; set &= set - 1) count++;
	return count;
}

/* Never more than text_distance: each edit takes away at most one letter of a and brings at most one of b. */
static size_t least_distance(const char *a, const char *b) {
	uint64_t in_a = letter_set(a), in_b = letter_set(b);
	size_t gone = count_bits(in_a & ~in_b), come = count_bits(in_b & ~in_a);
	return gone > come ? gone : come;
}

void text_nearest_start(struct text_nearest *nearest, const char *word) {
	nearest->word = word;
	nearest->best = NULL;
	nearest->distance = 0;
}

/* Readers offer every key they know while they look a word up, so most offers are of words that are not near: they are
 * passed over by their letters alone, and a word that is met exactly ends the search. */
void text_nearest_offer(struct text_nearest *nearest, const char *candidate) {
	if (nearest->best && nearest->distance == 0) return;
	size_t least = least_distance(nearest->word, candidate);
	if (least > most_edits(nearest->word) || (nearest->best && least >= nearest->distance)) return;
	size_t distance = text_distance(nearest->word, candidate);
	if (nearest->best && distance >= nearest->distance) return;
	nearest->best = candidate;
	nearest->distance = distance;
}

const char *text_nearest_best(const struct text_nearest *nearest) {
	return nearest->best && nearest->distance <= most_edits(nearest->word) ? nearest->best : NULL;
}

int text_word_index(const char *list, const char *word) {
	size_t letters = strlen(word);
	for (int index = 0;; index++) {
		size_t alternative = strcspn(list, "|");
		if (letters > 0 && alternative == letters && memcmp(list, word, letters) == 0) return index;
		if (list[alternative] == '\0') return -1;
		list += alternative + 1;
	}
}

void text_word_at(const char *list, uint32_t index, char *word, size_t word_bytes) {
	word[0] = '\0';
	for (; index > 0; index--) {
		list += strcspn(list, "|");
		if (*list == '\0') return;
		list++;
	}
	snprintf(word, word_bytes, "%.*s", (int)strcspn(list, "|"), list);
}

void text_word_list(const char *words, char *list, size_t list_bytes) {
	size_t used = 0;
	list[0] = '\0';
	while (used < list_bytes) {
		size_t letters = strcspn(words, "|");
		if (letters > 0) {
			int added = snprintf(list + used, list_bytes - used, "%s%.*s", used > 0 ? ", " : "",
			                     (int)letters, words);
			used += (size_t)added;
		}
		if (words[letters] == '\0') return;
		words += letters + 1;
	}
}

void text_wrap(FILE *out, const char *text, unsigned column, unsigned indent, unsigned width) {
	int first = 1;
	for (text += strspn(text, " "); *text; text += strspn(text, " ")) {
		unsigned letters = (unsigned)strcspn(text, " ");
		if (!first && column + 1 + letters > width) {
			fprintf(out, "\n%*s", (int)indent, "");
			column = indent;
		} else if (!first) {
			fputc(' ', out);
			column++;
		}
		fwrite(text, 1, letters, out);
		column += letters;
		text += letters;
		first = 0;
	}
	fputc('\n', out);
}

void text_json(FILE *out, const char *text) {
	fputc('"', out);
	for (; *text; text++) {
		unsigned char letter = (unsigned char)*text;
		if (letter == '"' || letter == '\\')
			fprintf(out, "\\%c", letter);
		else if (letter < 0x20)
			fprintf(out, "\\u%04x", letter);
		else
			fputc(letter, out);
	}
	fputc('"', out);
}
