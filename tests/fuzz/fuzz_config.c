/* libFuzzer target: the configuration reader on arbitrary bytes, then the board and energy table readers on the same.
 * Beyond "no crash": an accepted configuration is printed and read again, and must be the same. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "sim/input/config.h"
#include "sim/input/device.h"
#include "sim/input/technology.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

/* The bytes as a regular file without a name; *path is how to open it. */
static int memory_file(const void *data, size_t bytes, char *path, size_t path_bytes) {
	int handle = memfd_create("fuzz", MFD_CLOEXEC);
	if (handle < 0 || write(handle, data, bytes) != (ssize_t)bytes) abort();
	snprintf(path, path_bytes, "/proc/self/fd/%d", handle);
	return handle;
}

static void check_round_trip(const struct config *config) {
	struct config again;
	struct error error;
	char *text = NULL, path[64];
	size_t bytes = 0;
	FILE *out = open_memstream(&text, &bytes);
	if (!out) abort();
	config_print(config, out);
	fclose(out);
	int handle = memory_file(text, bytes, path, sizeof path);
	if (config_read(&again, path, &error) != STATUS_OK) abort();
	if (memcmp(config, &again, sizeof again) != 0) abort();
	close(handle);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes) {
	struct config config;
	struct device device;
	struct technology technology;
	struct error error;
	char path[64];
	int handle = memory_file(data, bytes, path, sizeof path);
	enum status status = config_read(&config, path, &error);
	if (status == STATUS_OK) {
		check_round_trip(&config);
		config_check(&config, path, &error);
	} else if (error.text[0] == '\0') {
		abort();
	}
	device_read(&device, path, &error);
	technology_read(&technology, path, &error);
	close(handle);
	return 0;
}
