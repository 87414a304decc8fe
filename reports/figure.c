/* The table of figures (figure.h). */
#include "reports/figure.h"

#include <string.h>

#include "sim/base/text.h"

const struct figure figures[] = {
    {"attribution", "what a unit does in each layer of a run: its cycles by state", FIGURE_OF_RUN, "run|unit",
     figure_attribution},
    {"latency", "latency of the points of a sweep against a parameter, a line for each value of another",
     FIGURE_OF_POINTS, "sweep|where|x|line|y", figure_latency},
    {"pareto", "two objectives of the points of a sweep, with the front", FIGURE_OF_POINTS, "sweep|where|objectives",
     figure_pareto},
    {"organisation", "the best latency or throughput for a share of the device, a line for each organisation",
     FIGURE_OF_POINTS, "sweep|where|line|y", figure_organisation},
    {"accuracy", "top-1 of the networks of a sweep against one bit width, a line for each other one",
     FIGURE_OF_ACCURACY, "sweep|where|x|line", figure_accuracy},
};
const size_t figure_count = sizeof figures / sizeof figures[0];

const struct figure *figure_find(const char *name, struct error *error) {
	struct text_nearest nearest;
	text_nearest_start(&nearest, name);
	for (size_t i = 0; i < figure_count; i++) {
		if (!strcmp(figures[i].name, name)) return &figures[i];
		text_nearest_offer(&nearest, figures[i].name);
	}
	const char *best = text_nearest_best(&nearest);
	error_set(error, STATUS_USAGE,
	          "no figure '%.60s'%s%s%s; expected attribution, latency, pareto, organisation or accuracy", name,
	          best ? " (nearest: " : "", best ? best : "", best ? ")" : "");
	return NULL;
}
