/* See shipped_network.h. */
#include "tests/unit/shipped_network.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "workloads/compile.h"

void shipped_set(struct config *config, const char *assignment) {
	struct error error = {""};
	if (config_set(config, assignment, &error)) fail_msg("%s", error.text);
}

void shipped_trace(const char *name, struct trace *trace) {
	struct error error = {""};
	const struct compile_options options = {.network = name, .shape_only = 1, .seed = 1};
	if (compile_network(&options, trace, NULL, &error)) fail_msg("%s", error.text);
}
