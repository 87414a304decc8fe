/* A progress line with an estimate, on a terminal only, and only for what takes longer than two seconds. */
#ifndef SIM_RUN_PROGRESS_H
#define SIM_RUN_PROGRESS_H

#include <stdint.h>

struct progress {
	const char *what;
	int shown, enabled;
	double begun_s, printed_s;
};

/* `enabled` is ignored where standard error is not a terminal. */
void progress_begin(struct progress *progress, const char *what, int enabled);
/* `context` is the struct progress: `done` of `count`. */
void progress_step(void *context, uint32_t done, uint32_t count);
/* Clears the line. */
void progress_end(struct progress *progress);

#endif
