/* Databases for the tests of the figures, and their files read back. */
#ifndef TESTS_UNIT_REPORT_SAMPLES_H
#define TESTS_UNIT_REPORT_SAMPLES_H

#include "reports/figure.h"
#include "tests/unit/store_runs.h"

struct report_fixture {
	struct folder folder;
	char db[400], out[400];
	struct figure_request request; /* db and out are set */
	struct figure_result result;
	struct error error;
};

int report_setup(void **state);
int report_teardown(void **state);

/* A run of two layers; the binary engine's states of layer m1 sum to its total plus `missing`. */
void report_store_run(struct report_fixture *fixture, unsigned number, uint64_t missing);

/* Sweep "grid": binary_engine.pes 4, 8, 16 x binary_engine.words 1, 2 x compile.skip_weight_bits 2, 8, point by point:
 * latency 64 / (pes x words) ms whatever the bits, power 1 W + 0.01 W x pes x words, 100 LUTs x pes. pes 16 with words
 * 2 does not fit; pes 4 with words 1 and 2 bits is unmappable. Networks 2 and 8 are their bits; with `accuracy` their
 * top-1 is 0.5 and 0.9 on 100 images. */
void report_store_sweep(struct report_fixture *fixture, int accuracy);

/* "early", before it in the order of names: varies neither PEs nor bits. */
void report_store_early_sweep(struct report_fixture *fixture);

/* The file request.out/NAME; NULL if it cannot be read. Free it. */
char *report_file(const struct report_fixture *fixture, const char *name, size_t *bytes);

/* Whether gnuplot can be started. */
int report_has_gnuplot(void);

/* Draws; a missing gnuplot is no failure, since script and data are there. */
enum status report_draw(struct report_fixture *fixture, const char *figure);

#endif
