/* libFuzzer target: the trace reader. The input is the text of a .nbt file. The .nbw file beside it is made to fit:
 * where the reader says which size it expects, one of that size is filled with the input's bytes, and where it says
 * which CRC-32 it found, that is written into the text, so that the checks behind the checksums are reached as well.
 * Beyond "no crash": a trace that was accepted is written and read again, and gives the same text. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/input/trace.h"

enum { TRIES = 64, WEIGHTS_BYTES_MAX = 1 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

/* A folder of this process, made once. */
static const char *own_folder(void) {
	static char folder[] = "/tmp/nbsim_fuzz_trace_XXXXXX";
	static int made;
	if (!made && !mkdtemp(folder)) abort();
	made = 1;
	return folder;
}

static void write_whole(const char *path, const void *data, size_t bytes) {
	unlink(path); /* some file systems flush a file that is cut and written again */
	FILE *file = fopen(path, "wb");
	if (!file || fwrite(data, 1, bytes, file) != bytes || fclose(file)) abort();
}

/* Makes a .nbw file of the size that the message asks for; 0 where it asks for none, or one that is too large. */
static int fit_weights(const char *message, const char *path, const uint8_t *data, size_t bytes) {
	static const char words[] = "expected a file of ";
	const char *found = strstr(message, words);
	const size_t wanted = found ? strtoul(found + sizeof words - 1, NULL, 10) : WEIGHTS_BYTES_MAX + 1;
	if (wanted > WEIGHTS_BYTES_MAX || !bytes) return 0;
	uint8_t *weights = malloc(wanted + 1);
	if (!weights) abort();
	for (size_t i = 0; i < wanted; i++) weights[i] = (i * 31) % 4 ? 0 : data[(i * 31) % bytes] & 1;
	write_whole(path, weights, wanted);
	free(weights);
	return 1;
}

/* Writes the CRC-32 that was found over the one that was expected; 0 where the message is of something else. */
static int fit_checksum(const char *message, uint8_t *text, size_t bytes) {
	unsigned found, expected;
	char digits[9];
	const char *at = strstr(message, ": CRC-32");
	if (!at) return 0;
	at = strstr(at, " is ");
	if (!at || sscanf(at, " is %8x, expected %8x", &found, &expected) != 2) return 0;
	snprintf(digits, sizeof digits, "%08x", expected);
	uint8_t *place = memmem(text, bytes, digits, 8);
	if (!place) return 0;
	snprintf(digits, sizeof digits, "%08x", found);
	memcpy(place, digits, 8);
	return 1;
}

static void check_round_trip(struct trace *trace, const char *folder) {
	char path[128];
	struct trace again;
	struct error error;
	snprintf(path, sizeof path, "%s/again.nbt", folder);
	if (trace_write(trace, path, &error) != STATUS_OK) abort();
	if (trace_read(&again, path, &error) != STATUS_OK) abort();
	if (again.checksum != trace->checksum) abort();
	trace_clear(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes) {
	const char *folder = own_folder();
	char text_path[128], weights_path[128];
	snprintf(text_path, sizeof text_path, "%s/a.nbt", folder);
	snprintf(weights_path, sizeof weights_path, "%s/a.nbw", folder);
	uint8_t *text = malloc(bytes + 1);
	if (!text) abort();
	memcpy(text, data, bytes);
	write_whole(weights_path, "", 0);
	for (int tries = 0; tries < TRIES; tries++) {
		struct trace trace;
		struct error error = {0};
		write_whole(text_path, text, bytes);
		const enum status status = trace_read(&trace, text_path, &error);
		if (status == STATUS_OK) check_round_trip(&trace, folder);
		if (status != STATUS_OK && !error.text[0]) abort();
		trace_clear(&trace);
		if (status == STATUS_OK) break;
		if (!fit_weights(error.text, weights_path, data, bytes) && !fit_checksum(error.text, text, bytes))
			break;
	}
	free(text);
	return 0;
}
