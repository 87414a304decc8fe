/* A run's id: FNV-1a, 64 bits (http://www.isthe.com/chongo/tech/comp/fnv/), over this text, as 16 hex digits:
 *
 *   nbsim run 1
 *   program_version=VERSION
 *   trace_checksum=8 HEX DIGITS
 *   image_count=N
 *   memory=model or external
 *   SECTION.KEY=VALUE         every parameter in the order of config_parameters, as an INI file holds it, but for run.kernel (the
 *                             kernels give the same result) and run.workload (the trace's checksum counts)
 *   images=PATH
 *   the text of the mapping   (a mapping file changes it)
 *
 * each line ended by a newline. Left out is what follows from these (network, exactness, rows).
 */
#include <inttypes.h>
#include <string.h>

#include "sim/store/database.h"

static void hash_bytes(uint64_t *hash, const char *text) {
	for (; *text; text++) *hash = (*hash ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
}

static void hash_line(uint64_t *hash, const char *section, const char *key, const char *value) {
	hash_bytes(hash, section);
	hash_bytes(hash, section[0] ? "." : "");
	hash_bytes(hash, key);
	hash_bytes(hash, "=");
	hash_bytes(hash, value);
	hash_bytes(hash, "\n");
}

void run_id(const struct run_record *run, char id[RUN_ID_BYTES]) {
	uint64_t hash = UINT64_C(0xcbf29ce484222325);
	char text[CONFIG_TEXT_BYTES];
	hash_bytes(&hash, "nbsim run 1\n");
	hash_line(&hash, "", "program_version", run->program_version);
	snprintf(text, sizeof text, "%08" PRIx32, run->trace_checksum);
	hash_line(&hash, "", "trace_checksum", text);
	snprintf(text, sizeof text, "%" PRIu32, run->image_count);
	hash_line(&hash, "", "image_count", text);
	hash_line(&hash, "", "memory", run->memory);
	for (size_t i = 0; i < config_parameter_count; i++) {
		const struct config_parameter *parameter = &config_parameters[i];
		int is_run = !strcmp(parameter->section, "run");
		if (is_run && (!strcmp(parameter->key, "kernel") || !strcmp(parameter->key, "workload"))) continue;
		config_value_text(run->config, parameter, text, sizeof text);
		hash_line(&hash, parameter->section, parameter->key, text);
	}
	hash_line(&hash, "", "images", run->images);
	hash_bytes(&hash, run->mapping_text);
	snprintf(id, RUN_ID_BYTES, "%016" PRIx64, hash);
}
