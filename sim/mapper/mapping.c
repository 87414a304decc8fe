/* What the mapper chose, as a table, and what it is asked to choose, from an INI file.
 *
 * A mapping file has a section per layer that is to differ from the mapper's own choice. Section names are the layers'
 * names as an INI file can hold them: capital letters small, and '_' for what is not a letter, digit, '_', '.' or '-'.
 */
#include "sim/mapper/mapper.h"

#include <ctype.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/ini.h"

enum { FIELD_16_BITS = 65535 };

#define AT(member) offsetof(struct mapping_layer, member)
static const struct ini_field layer_fields[] = {
    {"band_rows", INI_UNSIGNED, 0, AT(band_rows), 1, FIELD_16_BITS, NULL},
    {"block_channels", INI_UNSIGNED, 0, AT(block_channels), 1, FIELD_16_BITS, NULL},
    {"weights", INI_WORD, 0, AT(weights), 0, 0, "auto|resident|layer|tile"},
    {"input", INI_WORD, 0, AT(input_spilled), 0, 0, "auto|spilled"},
    {"skip_input", INI_WORD, 0, AT(skip_input_spilled), 0, 0, "auto|spilled"},
    {"output", INI_WORD, 0, AT(output_spilled), 0, 0, "auto|spilled"},
};

void mapping_clear(struct mapping *mapping) {
	free(mapping->layers);
	*mapping = (struct mapping){0};
}

void mapping_print(const struct mapping *mapping, const struct trace *trace, FILE *out) {
	static const char *const weights[] = {"auto", "resident", "layer", "tile"};
	static const char *const places[] = {"chip", "DDR"};
	fprintf(out, "%-18s %4s %8s %-8s %-5s %-5s %-6s %s\n", "layer", "rows", "channels", "weights", "input", "skip",
	        "output", "why");
	for (uint32_t i = 0; i < mapping->layer_count; i++) {
		const struct mapping_layer *layer = &mapping->layers[i];
		const int has_skip = trace->layers[i].skip.kind != TRACE_CONV_NONE;
		fprintf(out, "%-18.18s %4u %8u %-8s %-5s %-5s %-6s %.39s\n", trace->layers[i].name, layer->band_rows,
		        layer->block_channels, weights[layer->weights % 4], places[layer->input_spilled != 0],
		        has_skip ? places[layer->skip_input_spilled != 0] : "-", places[layer->output_spilled != 0],
		        layer->reason);
	}
}

/* The layer's name as a section name. */
static void section_name(const char *name, char section[TRACE_NAME_BYTES]) {
	size_t i = 0;
	for (; name[i] && i < TRACE_NAME_BYTES - 1; i++) {
		const int kept = isalnum((unsigned char)name[i]) || strchr("_.-", name[i]);
		section[i] = kept ? (char)tolower((unsigned char)name[i]) : '_';
	}
	section[i] = 0;
}

struct section_names {
	char (*texts)[TRACE_NAME_BYTES];
	const char **list;
};

static enum status read_sections(struct mapping *wish, const struct ini *ini, const struct section_names *names,
                                 struct error *error) {
	enum status status = ini_check_sections(ini, names->list, wish->layer_count, error);
	for (size_t k = 0; k < ini_section_count(ini) && status == STATUS_OK; k++) {
		const struct ini_section *section = ini_section(ini, k);
		uint32_t found = UINT32_MAX;
		for (uint32_t i = 0; i < wish->layer_count; i++) {
			if (strcmp(names->texts[i], section->name) != 0) continue;
			if (found != UINT32_MAX)
				return error_set(
				    error, STATUS_INPUT,
				    "%s:%u: [%s]: two layers of the trace have this name as a section; expected one",
				    ini_path(ini), section->line, section->name);
			found = i;
		}
		status = ini_read_record(ini, section->name, layer_fields, sizeof layer_fields / sizeof layer_fields[0],
		                         &wish->layers[found], error);
	}
	return status;
}

enum status mapping_read(struct mapping *wish, const struct trace *trace, const char *path, struct error *error) {
	struct ini *ini;
	struct section_names names = {0};
	*wish = (struct mapping){0};
	enum status status = ini_open(&ini, path, error);
	if (status != STATUS_OK) return status;
	wish->layer_count = trace->layer_count;
	wish->layers = calloc(trace->layer_count, sizeof *wish->layers);
	names.texts = calloc(trace->layer_count, sizeof *names.texts);
	names.list = calloc(trace->layer_count, sizeof *names.list);
	if (!wish->layers || !names.texts || !names.list)
		status = error_set(error, STATUS_MEMORY, "%s: out of memory", path);
	for (uint32_t i = 0; i < trace->layer_count && status == STATUS_OK; i++) {
		section_name(trace->layers[i].name, names.texts[i]);
		names.list[i] = names.texts[i];
	}
	if (status == STATUS_OK) status = read_sections(wish, ini, &names, error);
	if (status != STATUS_OK) mapping_clear(wish);
	free(names.texts);
	free(names.list);
	ini_close(ini);
	return status;
}
