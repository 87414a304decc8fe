/* streaming.folding as a list: PE/SIMD of each layer in the order of the trace, between spaces or commas; a layer with
 * a skip path may have its folding behind a plus, "16/3+8/4", else it is chosen. PE divides the output channels. SIMD
 * divides the input channels, or, where a window unit collects several taps, the channels of all taps together; in a
 * depthwise layer it is 1 and PE divides the channels. */
#include "sim/mapper/pipeline_plan.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "sim/base/text.h"

enum { ENTRY_BYTES = 64, DIVISORS_BYTES = 400 };

/* "1, 2, 3, 6" */
static void divisors_text(uint32_t number, char text[DIVISORS_BYTES]) {
	size_t used = 0;
	for (uint32_t i = 1; i <= number && used < DIVISORS_BYTES - 16; i++)
		if (number % i == 0)
			used += (size_t)snprintf(text + used, DIVISORS_BYTES - used, "%s%" PRIu32, used ? ", " : "", i);
}

struct place {
	const char *layer, *path; /* "" or "skip " */
	struct error *error;
};

static enum status check_divisor(const struct place *place, const char *what, uint32_t value, uint32_t number,
                                 const char *of) {
	char divisors[DIVISORS_BYTES];
	if (number % value == 0) return STATUS_OK;
	divisors_text(number, divisors);
	return error_set(place->error, STATUS_INPUT,
	                 "[streaming] folding: layer %s: %s%s %" PRIu32 " does not divide %" PRIu32
	                 " %s; expected one of %s",
	                 place->layer, place->path, what, value, number, of, divisors);
}

static enum status check_folding(const struct place *place, const struct conv_shape *shape, uint32_t pe,
                                 uint32_t simd) {
	const uint32_t taps = shape->kernel_height * shape->kernel_width;
	if (shape->is_depthwise) {
		if (simd != 1)
			return error_set(place->error, STATUS_INPUT,
			                 "[streaming] folding: layer %s: %sSIMD %" PRIu32
			                 " of a depthwise layer; expected 1",
			                 place->layer, place->path, simd);
		return check_divisor(place, "PE", pe, shape->outputs, "channels");
	}
	enum status status = check_divisor(place, "PE", pe, shape->outputs, "output channels");
	if (status || shape->channels % simd == 0) return status;
	if (taps == 1 || shape->has_valid || simd < shape->channels)
		return check_divisor(place, "SIMD", simd, shape->channels, "input channels");
	return check_divisor(place, "SIMD", simd, shape->channels * taps, "input channels of all taps");
}

/* "PE/SIMD" */
static enum status read_pair(const struct place *place, char *text, uint32_t *pe, uint32_t *simd) {
	char *slash = strchr(text, '/');
	uint64_t numbers[2] = {0, 0};
	int is_pair = slash != NULL;
	if (is_pair) {
		*slash = '\0';
		is_pair = text_unsigned(text, &numbers[0]) == TEXT_NUMBER_OK &&
		          text_unsigned(slash + 1, &numbers[1]) == TEXT_NUMBER_OK && numbers[0] && numbers[1] &&
		          numbers[0] <= UINT32_MAX && numbers[1] <= UINT32_MAX;
		*slash = '/';
	}
	if (!is_pair)
		return error_set(place->error, STATUS_INPUT,
		                 "[streaming] folding: layer %s: '%s' is no %sfolding; expected PE/SIMD, such as 16/4",
		                 place->layer, text, place->path);
	*pe = (uint32_t)numbers[0];
	*simd = (uint32_t)numbers[1];
	return STATUS_OK;
}

static enum status read_entry(const struct layer_shape *shape, char *entry, struct folding *folding,
                              struct error *error) {
	struct place place = {shape->layer->name, "", error};
	char *plus = strchr(entry, '+');
	if (plus && !shape->has_skip)
		return error_set(error, STATUS_INPUT,
		                 "[streaming] folding: layer %s: '%s' folds a skip path, which this layer lacks; "
		                 "expected PE/SIMD",
		                 place.layer, entry);
	if (plus) *plus = '\0';
	enum status status = read_pair(&place, entry, &folding->pe, &folding->simd);
	if (!status) status = check_folding(&place, &shape->main, folding->pe, folding->simd);
	if (status || !plus) return status;
	place.path = "skip ";
	status = read_pair(&place, plus + 1, &folding->skip_pe, &folding->skip_simd);
	if (!status) status = check_folding(&place, &shape->skip, folding->skip_pe, folding->skip_simd);
	return status;
}

enum status pipeline_read_folding(const char *text, const struct trace *trace, const struct layer_shape *shapes,
                                  struct folding *foldings, struct error *error) {
	static const char between[] = " \t,";
	uint32_t count = 0;
	for (text += strspn(text, between); *text; text += strspn(text, between)) {
		char entry[ENTRY_BYTES];
		const size_t bytes = strcspn(text, between);
		if (count < trace->layer_count) {
			snprintf(entry, sizeof entry, "%.*s", bytes < sizeof entry ? (int)bytes : 0, text);
			const enum status status = read_entry(&shapes[count], entry, &foldings[count], error);
			if (status) return status;
		}
		count++;
		text += bytes;
	}
	if (count == trace->layer_count) return STATUS_OK;
	return error_set(error, STATUS_INPUT,
	                 "[streaming] folding: %" PRIu32 " foldings for the %" PRIu32
	                 " layers of %s; expected one for each, or auto",
	                 count, trace->layer_count, trace->name);
}
