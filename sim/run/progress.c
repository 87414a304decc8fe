/* See progress.h. Wall-clock time is used for the display alone. */
#include "sim/run/progress.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum { QUIET_S = 2 };

static double now_s(void) {
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

void progress_begin(struct progress *progress, const char *what, int enabled) {
	progress->what = what;
	progress->shown = 0;
	progress->enabled = enabled && isatty(STDERR_FILENO);
	progress->begun_s = progress->printed_s = now_s();
}

void progress_step(void *context, uint32_t done, uint32_t count) {
	struct progress *progress = context;
	if (!progress->enabled || !done) return;
	double now = now_s(), spent_s = now - progress->begun_s;
	if (spent_s < QUIET_S || now - progress->printed_s < 0.2) return;
	double left_s = spent_s / done * (count - done);
	fprintf(stderr, "\r%s %u of %u, %.0f a second, %.0f s left \033[K", progress->what, done, count, done / spent_s,
	        left_s);
	progress->printed_s = now;
	progress->shown = 1;
}

void progress_end(struct progress *progress) {
	if (progress->shown) fprintf(stderr, "\r\033[K");
	progress->shown = 0;
}
