/* See vcd.h. Events are sorted by cycle first; in every cycle in which a signal may change all are computed anew from a
 * few registers a unit, and those that differ are written. */
#include "sim/run/vcd.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/output_file.h"
#include "sim/run/event_order.h"

enum signal {
	SIGNAL_STATE,
	SIGNAL_REQUEST,
	SIGNAL_GRANTED,
	SIGNAL_RUNNING,
	SIGNAL_DONE,
	SIGNAL_COMMAND,
	SIGNAL_LAYER,
	SIGNAL_PORT_COMMAND,
	SIGNAL_COUNT
};

static const struct {
	const char *name;
	uint32_t bits;
} signals[SIGNAL_COUNT] = {{"state", 3}, {"request", 1},  {"granted", 1}, {"running", 1},
                           {"done", 1},  {"command", 32}, {"layer", 12},  {"port_command", 32}};

enum shown_state { SHOWN_NONE, SHOWN_ACCEPT, SHOWN_ASK, SHOWN_GRANT, SHOWN_RUN, SHOWN_OPEN };

#define VALUE_UNKNOWN UINT64_MAX

struct vcd_unit {
	int asks;
	uint32_t open_commands;
	uint64_t accept_cycle, grant_cycle, done_cycle; /* last one; CYCLE_NEVER: none */
	uint64_t run_from_cycle, run_to_cycle;          /* from > to: none */
	uint64_t command, layer, port_command;
	uint64_t written[SIGNAL_COUNT];
};

struct vcd {
	FILE *file;
	char *path;
	const struct program *program;
	struct event_order *order;
	uint64_t cycle; /* being gathered */
	int has_cycle, failed_memory;
	struct vcd_unit units[UNIT_COUNT];
};

static void write_code(FILE *file, int unit, int signal) {
	fprintf(file, "%c%c", 'a' + unit, 'A' + signal);
}

void vcd_write_value(FILE *file, uint32_t bits, uint64_t value) {
	if (bits == 1) {
		fputc(value ? '1' : '0', file);
		return;
	}
	fputc('b', file);
	while (bits > 1 && !(value >> (bits - 1) & 1)) bits--;
	while (bits-- > 0) fputc(value >> bits & 1 ? '1' : '0', file);
	fputc(' ', file);
}

static void write_value(struct vcd *vcd, int unit, int signal, uint64_t value) {
	if (value != VALUE_UNKNOWN)
		vcd_write_value(vcd->file, signals[signal].bits, value);
	else
		fputs(signals[signal].bits == 1 ? "x" : "bx ", vcd->file);
	write_code(vcd->file, unit, signal);
	fputc('\n', vcd->file);
}

void vcd_write_head(FILE *file, uint32_t clock_khz, const char *comment) {
	fprintf(file,
	        "$version nbsim $end\n"
	        "$comment One time step is one clock period: %" PRIu32 ".%03" PRIu32 " MHz. $end\n"
	        "$comment %s $end\n"
	        "$timescale 1 ns $end\n$scope module nbsim $end\n",
	        clock_khz / 1000, clock_khz % 1000, comment);
}

static void write_head(struct vcd *vcd, const struct config *config) {
	vcd_write_head(vcd->file, config->clock_khz, "state: 0 none, 1 accept, 2 ask, 3 grant, 4 run, 5 open.");
	for (int unit = 0; unit < UNIT_COUNT; unit++) {
		fprintf(vcd->file, "$scope module %s $end\n", attribution_row_names[unit]);
		for (int i = 0; i < SIGNAL_COUNT; i++) {
			fprintf(vcd->file, "$var wire %" PRIu32 " ", signals[i].bits);
			write_code(vcd->file, unit, i);
			fprintf(vcd->file, " %s", signals[i].name);
			if (signals[i].bits > 1) fprintf(vcd->file, " [%" PRIu32 ":0]", signals[i].bits - 1);
			fputs(" $end\n", vcd->file);
		}
		fputs("$upscope $end\n", vcd->file);
	}
	fputs("$upscope $end\n$enddefinitions $end\n", vcd->file);
}

static void set_up_units(struct vcd *vcd) {
	for (int unit = 0; unit < UNIT_COUNT; unit++) {
		struct vcd_unit *self = &vcd->units[unit];
		self->accept_cycle = self->grant_cycle = self->done_cycle = CYCLE_NEVER;
		self->run_from_cycle = 1;
		self->command = self->layer = self->port_command = VALUE_UNKNOWN;
	}
}

static void compute_values(const struct vcd_unit *self, uint64_t cycle, uint64_t values[SIGNAL_COUNT]) {
	int is_granted = self->grant_cycle == cycle;
	int runs = cycle >= self->run_from_cycle && cycle <= self->run_to_cycle;
	enum shown_state state = SHOWN_NONE;
	if (self->open_commands) state = SHOWN_OPEN;
	if (self->accept_cycle == cycle) state = SHOWN_ACCEPT;
	if (self->asks) state = SHOWN_ASK;
	if (is_granted) state = SHOWN_GRANT;
	if (runs) state = SHOWN_RUN;
	values[SIGNAL_STATE] = state;
	values[SIGNAL_REQUEST] = self->asks || is_granted;
	values[SIGNAL_GRANTED] = is_granted ? 1 : 0;
	values[SIGNAL_RUNNING] = runs ? 1 : 0;
	values[SIGNAL_DONE] = self->done_cycle == cycle ? 1 : 0;
	values[SIGNAL_COMMAND] = self->command;
	values[SIGNAL_LAYER] = self->layer;
	values[SIGNAL_PORT_COMMAND] = self->port_command;
}

/* Writes what the gathered cycle changed. */
static void write_cycle(struct vcd *vcd, int is_first) {
	int is_dated = 0;
	for (int unit = 0; unit < UNIT_COUNT; unit++) {
		uint64_t values[SIGNAL_COUNT];
		compute_values(&vcd->units[unit], vcd->cycle, values);
		for (int i = 0; i < SIGNAL_COUNT; i++) {
			if (!is_first && values[i] == vcd->units[unit].written[i]) continue;
			if (!is_dated) fprintf(vcd->file, "#%" PRIu64 "\n", vcd->cycle);
			if (!is_dated && is_first) fputs("$dumpvars\n", vcd->file);
			is_dated = 1;
			write_value(vcd, unit, i, values[i]);
			vcd->units[unit].written[i] = values[i];
		}
	}
	if (is_first) fputs("$end\n", vcd->file);
}

static void apply(struct vcd *vcd, const struct machine_event *event) {
	struct vcd_unit *self = &vcd->units[event->unit];
	switch (event->kind) {
	case EVENT_ACCEPT:
		self->accept_cycle = event->cycle;
		self->command = event->command;
		self->layer = vcd->program->commands[event->command].layer;
		self->open_commands++;
		break;
	case EVENT_REQUEST:
		self->asks = 1;
		self->port_command = event->command;
		break;
	case EVENT_GRANT:
		self->asks = 0;
		self->grant_cycle = event->cycle;
		break;
	case EVENT_START:
		self->run_from_cycle = event->cycle;
		self->run_to_cycle = event->end_cycle;
		break;
	case EVENT_DONE:
		self->done_cycle = event->cycle;
		self->open_commands--;
		break;
	}
}

static void gather(struct vcd *vcd) {
	struct ordered_event next;
	while (event_order_pop(vcd->order, &next)) {
		if (next.event.cycle != vcd->cycle) {
			write_cycle(vcd, !vcd->has_cycle);
			vcd->has_cycle = 1;
			vcd->cycle = next.event.cycle;
		}
		if (!next.is_moment) apply(vcd, &next.event);
	}
}

void vcd_event(void *context, const struct machine_event *event) {
	struct vcd *vcd = context;
	int has_end = event->kind == EVENT_START && event->end_cycle >= event->cycle;
	uint64_t next_cycle = (has_end ? event->end_cycle : event->cycle) + 1;
	if (!event_order_push(vcd->order, event) || !event_order_push_moment(vcd->order, next_cycle))
		vcd->failed_memory = 1;
	gather(vcd);
}

static void vcd_free(struct vcd *vcd) {
	event_order_free(vcd->order);
	free(vcd->path);
	free(vcd);
}

enum status vcd_open(struct vcd **out, const char *path, const struct config *config, const struct program *program,
                     struct error *error) {
	*out = NULL;
	struct vcd *vcd = calloc(1, sizeof *vcd);
	if (vcd) vcd->order = event_order_create();
	if (vcd) vcd->path = strdup(path);
	if (!vcd || !vcd->order || !vcd->path) {
		if (vcd) vcd_free(vcd);
		return error_set(error, STATUS_MEMORY, "%s: out of memory", path);
	}
	vcd->file = output_open(path, error);
	if (!vcd->file) {
		vcd_free(vcd);
		return STATUS_IO;
	}
	vcd->program = program;
	set_up_units(vcd);
	write_head(vcd, config);
	*out = vcd;
	return STATUS_OK;
}

enum status vcd_close(struct vcd *vcd, uint64_t total_cycles, struct error *error) {
	if (!vcd) return STATUS_OK;
	event_order_end(vcd->order);
	gather(vcd);
	write_cycle(vcd, !vcd->has_cycle);
	if (total_cycles > vcd->cycle) fprintf(vcd->file, "#%" PRIu64 "\n", total_cycles);
	enum status status = STATUS_OK;
	if (vcd->failed_memory) status = error_set(error, STATUS_MEMORY, "%s: out of memory", vcd->path);
	const enum status closed = output_close(vcd->file, vcd->path, error);
	if (closed) status = closed;
	vcd_free(vcd);
	return status;
}
