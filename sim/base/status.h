/* Statuses and the one sentence that goes with a failure.
 *
 * A status is also the exit code of every program. The place that knows what is wrong writes one sentence into the
 * caller's struct error (file, place, value, what was expected); callers pass it on; only main prints it.
 */
#ifndef SIM_BASE_STATUS_H
#define SIM_BASE_STATUS_H

enum status {
	STATUS_OK = 0,
	STATUS_FAILED = 1,      /* a check failed, or an own mistake was found */
	STATUS_USAGE = 2,       /* wrong command line */
	STATUS_INPUT = 3,       /* a configuration, trace, tensor, image or mapping is malformed */
	STATUS_IO = 4,          /* a file or database cannot be read or written */
	STATUS_UNMAPPABLE = 5,  /* the network cannot be mapped to this machine; the reason is the message */
	STATUS_STUCK = 6,       /* every unit waits: deadlock of the simulated machine */
	STATUS_INTERRUPTED = 7, /* ended by the user */
	STATUS_MEMORY = 8       /* out of memory */
};

enum { ERROR_TEXT_BYTES = 1024 };

struct error {
	char text[ERROR_TEXT_BYTES]; /* one sentence without a newline; empty after success */
};

/* Writes the sentence (cut at ERROR_TEXT_BYTES; control characters and what is not UTF-8 become '?') and returns
 * `status`, so that a failing function ends with `return error_set(error, STATUS_INPUT, "...", ...)`. `error` may be
 * NULL. */
enum status error_set(struct error *error, enum status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* A fixed name of the status ("ok", "input", ...), never NULL. */
const char *status_name(enum status status);

#endif
