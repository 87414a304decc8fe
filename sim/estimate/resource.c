/* Resources of a machine and their fit on a device: rows from resource_units.h, sums, usable share, largest unit of a
 * die.
 *
 * Placement, routing and timing are left out: `fits` means that the counts are below the share of the device above
 * which timing closure is not expected (device file). */
#include "sim/estimate/resource.h"

#include <math.h>
#include <string.h>

#include "sim/estimate/resource_units.h"

const char *const estimate_grade_names[GRADE_MISSING + 1] = {"synthesised", "formula", "assumed", "missing"};

const char *const resource_kind_names[RESOURCE_KIND_COUNT] = {"lut", "ff", "bram36", "uram", "dsp"};

const char *const resource_fits_names[FITS_UNKNOWN + 1] = {"no", "yes", "unknown"};

const char *const resource_unit_names[RESOURCE_UNIT_COUNT] = {RESOURCE_UNIT_NAMES};

double resource_units(enum resource_kind kind, uint64_t count) {
	return kind == RESOURCE_BRAM18 ? (double)count / 2 : (double)count;
}

void estimate_resources(const struct config *config, const struct device *device, struct resources *resources) {
	struct resource_row *rows = resources->rows;
	struct memory_blocks *memories = resources->memories;
	enum device_dsp dsp = (enum device_dsp)device->dsp_kind;
	memset(resources, 0, sizeof *resources);
	resource_of_binary_engine(config, &rows[RESOURCE_BINARY_ENGINE]);
	resource_of_fixed_engine(config, dsp, &resources->packing, &rows[RESOURCE_FIXED_ENGINE]);
	resource_of_post_unit(config, dsp, &resources->post_products_per_value, &rows[RESOURCE_POST_UNIT]);
	resource_of_load(config, &memories[MEMORY_LOAD_DATA], &rows[RESOURCE_LOAD]);
	resource_of_store(config, &memories[MEMORY_STORE_DATA], &rows[RESOURCE_STORE]);
	resource_of_sequencer(config, &rows[RESOURCE_SEQUENCER]);
	resource_of_ports(&rows[RESOURCE_PORTS]);
	resource_of_glue(config, &rows[RESOURCE_PORTS]);
	resource_of_program_memory(config, &memories[MEMORY_PROGRAM], &rows[RESOURCE_PROGRAM_MEMORY]);
	for (int buffer = 0; buffer < BUFFER_COUNT; buffer++)
		resource_of_buffer(config, (enum buffer_id)buffer, &memories[buffer], &rows[RESOURCE_BUFFERS + buffer]);
	resource_of_memory_controllers(config, device, &rows[RESOURCE_MEMORY_CONTROLLERS]);
}

/* enum resource_kind is ordered as enum device_resource; block RAM in halves. */
static uint64_t in_halves(enum resource_kind kind, uint64_t count) {
	return kind == RESOURCE_BRAM18 ? 2 * count : count;
}

static double share_of(uint64_t count, uint64_t usable) {
	if (usable == 0) return count == 0 ? 0 : (double)INFINITY;
	return (double)count / (double)usable;
}

static void add_totals(const struct resources *resources, const struct device *device, struct resource_fit *fit) {
	for (int kind = 0; kind < RESOURCE_KIND_COUNT; kind++) {
		struct resource_total *total = &fit->totals[kind];
		for (int unit = 0; unit < RESOURCE_UNIT_COUNT; unit++) {
			const struct resource_amount *amount = &resources->rows[unit].amounts[kind];
			total->count += amount->count;
			if (amount->grade > total->grade) total->grade = amount->grade;
			if (amount->grade == GRADE_MISSING) fit->missing_units |= (uint64_t)1 << unit;
		}
		total->partial = total->grade == GRADE_MISSING;
		total->usable = in_halves((enum resource_kind)kind, device_usable(device, (enum device_resource)kind));
		total->utilisation = share_of(total->count, total->usable);
		if (total->utilisation > fit->totals[fit->worst].utilisation) fit->worst = (enum resource_kind)kind;
	}
}

static void find_largest_unit(const struct resources *resources, const struct device *device,
                              struct resource_fit *fit) {
	for (int unit = 0; unit < RESOURCE_UNIT_COUNT; unit++)
		for (int kind = 0; kind < RESOURCE_KIND_COUNT; kind++) {
			uint64_t usable = in_halves((enum resource_kind)kind,
			                            device_usable_per_slr(device, (enum device_resource)kind));
			uint64_t count = resources->rows[unit].amounts[kind].count;
			/* controllers are one a channel, each on the die of its pins */
			if (unit == RESOURCE_MEMORY_CONTROLLERS || share_of(count, usable) <= fit->slr_share) continue;
			fit->slr_unit = (enum resource_unit)unit;
			fit->slr_kind = (enum resource_kind)kind;
			fit->slr_share = share_of(count, usable);
		}
}

void estimate_fit(const struct resources *resources, const struct device *device, struct resource_fit *fit) {
	memset(fit, 0, sizeof *fit);
	add_totals(resources, device, fit);
	find_largest_unit(resources, device, fit);
	if (fit->totals[fit->worst].utilisation > 1)
		fit->fits = FITS_NO;
	else
		fit->fits = fit->missing_units ? FITS_UNKNOWN : FITS_YES;
}
