/* See estimate_machine.h. */
#include "tests/unit/estimate_machine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

void estimate_machine(const char *name, struct config *config, struct device *device) {
	char path[2048];
	struct error error = {""};
	snprintf(path, sizeof path, "%s/configs/%s.ini", NBSIM_SOURCE_DIR, name);
	if (config_read(config, path, &error) != STATUS_OK) fail_msg("%s", error.text);
	config->fixed_weight_bits = 8;
	config->fixed_activation_bits = 16;
	snprintf(path, sizeof path, "%s/configs/devices/%s.ini", NBSIM_SOURCE_DIR, config->device);
	if (device_read(device, path, &error) != STATUS_OK) fail_msg("%s", error.text);
}
