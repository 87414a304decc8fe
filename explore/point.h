/* The row of one point: what a sweep stores, one table row a figure. */
#ifndef EXPLORE_POINT_H
#define EXPLORE_POINT_H

#include <stddef.h>
#include <stdint.h>

enum { POINT_REASON_BYTES = 320, POINT_WORD_BYTES = 40 };

enum point_status {
	POINT_OK,
	POINT_INVALID,    /* the configuration contradicts itself, or the network cannot be compiled like that */
	POINT_UNMAPPABLE, /* the network cannot be mapped to this machine */
	POINT_STUCK,      /* the simulated machine deadlocks */
	POINT_FAILED,     /* the simulator failed: an own mistake, or out of memory */
	POINT_DIED,       /* the process that computed it died twice */
	POINT_STATUS_COUNT
};
extern const char *const point_status_names[POINT_STATUS_COUNT]; /* "ok", "invalid", ... */

struct point_row {
	uint64_t point;
	enum point_status status;
	char reason[POINT_REASON_BYTES]; /* empty when ok */
	uint64_t has_network, network;   /* 63-bit hash of the compiled network (inputs_network_hash) */
	/* Below: of points that are ok. */
	char exactness[POINT_WORD_BYTES];
	uint64_t latency_cycles, total_cycles, ddr_bytes;
	double clock_mhz, latency_ms, frames_per_s;
	double power_w, fpga_power_w, energy_uj, energy_low_uj, energy_high_uj;
	char power_grade[POINT_WORD_BYTES];
	uint64_t power_partial; /* 1: a part is missing, power and energy mean "at least" */
	uint64_t lut, ff, uram, dsp;
	double bram36;
	char resource_grade[POINT_WORD_BYTES];
	int64_t fits; /* 0, 1, -1: unknown */
	char worst_resource[POINT_WORD_BYTES];
	double worst_utilisation;          /* of the usable share; above 1: does not fit; NAN: the device has none */
	double slr_share;                  /* NAN as above */
	char limit_unit[POINT_WORD_BYTES]; /* the unit that works in the most cycles */
	double limit_share;                /* its busy and fill_drain cycles over the total */
	double memory_share;               /* the same unit's cycles waiting for memory */
	double binary_utilisation;         /* valid bit operations over the peak */
};

enum point_type { POINT_UNSIGNED, POINT_REAL, POINT_TEXT, POINT_FITS };

/* One column each, in the order of explore/sweep.sql. */
struct point_column {
	const char *name, *unit;
	enum point_type type;
	size_t offset;
	int larger_is_better;
	const char *meaning;
};
extern const struct point_column point_columns[];
extern const size_t point_column_count;

/* The column of that name, or -1. */
int point_column_index(const char *name);

#endif
