/* See timeline.h. The format is the "Trace Event Format" (JSON object form, traceEvents). Commands that have not
 * completed when a run fails are left out; their transactions are there. */
#include "sim/run/timeline.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/output_file.h"
#include "sim/run/event_order.h"

enum { TRACK_PORT = 1, TRACK_COMMANDS = 2, PROCESS_ID_MACHINE = 1, PROCESS_ID_UNITS = 2 };

struct open_command {
	uint32_t command, track;
	uint64_t accept_cycle;
};

struct timeline_unit {
	struct open_command *open; /* oldest first */
	uint32_t open_count, open_capacity;
	uint32_t tracks_named;
	uint64_t request_cycle;
	uint64_t run_to_cycle; /* last cycle of the present or last run */
	int is_running;
};

struct timeline {
	FILE *file;
	char *path;
	const struct config *config;
	const struct program *program;
	struct event_order *order;
	int has_entry, failed_memory;
	uint64_t cycle; /* being gathered */
	uint32_t running_units;
	uint64_t ddr_read_bytes, ddr_written_bytes;
	struct timeline_unit units[UNIT_COUNT];
};

static void begin_entry(struct timeline *timeline) {
	fputs(timeline->has_entry ? ",\n" : "\n", timeline->file);
	timeline->has_entry = 1;
}

static void write_name(struct timeline *timeline, const char *what, uint32_t process, uint32_t track, const char *name,
                       uint32_t number) {
	begin_entry(timeline);
	fprintf(timeline->file,
	        "{\"ph\":\"M\",\"name\":\"%s\",\"pid\":%" PRIu32 ",\"tid\":%" PRIu32 ",\"args\":{\"name\":\"%s", what,
	        process, track, name);
	if (number > 1) fprintf(timeline->file, " %" PRIu32, number);
	fputs("\"}}", timeline->file);
}

static void write_counter(struct timeline *timeline, const char *name, const char *unit, uint64_t cycle,
                          uint64_t value) {
	begin_entry(timeline);
	fprintf(timeline->file,
	        "{\"ph\":\"C\",\"name\":\"%s\",\"pid\":%d,\"tid\":0,\"ts\":%" PRIu64 ",\"args\":{\"%s\":%" PRIu64 "}}",
	        name, PROCESS_ID_MACHINE, cycle, unit, value);
}

/* A complete event: cycles from_cycle .. from_cycle + cycles - 1. */
static void write_span(struct timeline *timeline, enum unit_id unit, uint32_t track, const char *name, uint32_t command,
                       uint64_t from_cycle, uint64_t cycles) {
	begin_entry(timeline);
	fprintf(timeline->file,
	        "{\"ph\":\"X\",\"name\":\"%s\",\"pid\":%d,\"tid\":%" PRIu32 ",\"ts\":%" PRIu64 ",\"dur\":%" PRIu64
	        ",\"args\":{\"layer\":%" PRIu32 ",\"command\":%" PRIu32 ",\"cycles\":%" PRIu64 "}}",
	        name, PROCESS_ID_UNITS + (int)unit, track, from_cycle, cycles,
	        timeline->program->commands[command].layer, command, cycles);
}

static void write_head(struct timeline *timeline) {
	const struct config *config = timeline->config;
	fprintf(timeline->file,
	        "{\"displayTimeUnit\":\"ms\",\n\"otherData\":{\"producer\":\"nbsim\",\"time_unit\":\"1 us shown = 1 "
	        "cycle\","
	        "\"clock_khz\":%" PRIu32 ",\"frames\":%" PRIu32 ",\"commands\":%" PRIu32 ",\"layers\":%" PRIu32
	        "},\n\"traceEvents\":[",
	        config->clock_khz, config->frames, timeline->program->command_count, timeline->program->layer_count);
	write_name(timeline, "process_name", PROCESS_ID_MACHINE, 0, "machine", 1);
	for (int unit = 0; unit < UNIT_COUNT; unit++) {
		uint32_t process = PROCESS_ID_UNITS + (uint32_t)unit;
		write_name(timeline, "process_name", process, 0, attribution_row_names[unit], 1);
		write_name(timeline, "thread_name", process, TRACK_PORT, "port", 1);
	}
	write_counter(timeline, "running_units", "units", 0, 0);
}

/* Lowest track of the unit's commands that no open command is on. */
static uint32_t free_track(const struct timeline_unit *self) {
	uint32_t track = 0;
	for (uint32_t i = 0; i < self->open_count; i++) {
		if (self->open[i].track != track) continue;
		track++;
		i = UINT32_MAX; /* look through all again */
	}
	return track;
}

static void accepted(struct timeline *timeline, const struct machine_event *event) {
	struct timeline_unit *self = &timeline->units[event->unit];
	if (self->open_count == self->open_capacity) {
		uint32_t capacity = self->open_capacity ? 2 * self->open_capacity : 8;
		struct open_command *grown = realloc(self->open, capacity * sizeof *grown);
		if (!grown) {
			timeline->failed_memory = 1;
			return;
		}
		self->open = grown;
		self->open_capacity = capacity;
	}
	uint32_t track = free_track(self);
	if (track == self->tracks_named) {
		write_name(timeline, "thread_name", PROCESS_ID_UNITS + event->unit, TRACK_COMMANDS + track, "commands",
		           track + 1);
		self->tracks_named++;
	}
	self->open[self->open_count++] = (struct open_command){event->command, track, event->cycle};
}

static void count_transfer(struct timeline *timeline, const struct command *command, uint64_t cycle) {
	const struct transfer_fields *f = &command->f.transfer;
	uint64_t bytes =
	    (uint64_t)f->rows * f->row_words * config_word_bytes(timeline->config, (enum buffer_id)f->buffer);
	if (command->opcode == OPCODE_LOAD) {
		timeline->ddr_read_bytes += bytes;
		write_counter(timeline, "ddr_read_bytes", "bytes", cycle, timeline->ddr_read_bytes);
	} else {
		timeline->ddr_written_bytes += bytes;
		write_counter(timeline, "ddr_written_bytes", "bytes", cycle, timeline->ddr_written_bytes);
	}
}

static void completed(struct timeline *timeline, const struct machine_event *event) {
	static const char *const names[OPCODE_COUNT] = {"END",         "BARRIER",    "LOAD", "STORE",
	                                                "BINARY_CONV", "FIXED_CONV", "POST"};
	struct timeline_unit *self = &timeline->units[event->unit];
	const struct command *command = &timeline->program->commands[event->command];
	for (uint32_t i = 0; i < self->open_count; i++) {
		struct open_command open = self->open[i];
		if (open.command != event->command) continue;
		self->open_count--;
		memmove(&self->open[i], &self->open[i + 1], (self->open_count - i) * sizeof *self->open);
		write_span(timeline, event->unit, TRACK_COMMANDS + open.track, names[command->opcode], event->command,
		           open.accept_cycle, event->cycle - open.accept_cycle);
		break;
	}
	if (event->unit == UNIT_LOAD || event->unit == UNIT_STORE) count_transfer(timeline, command, event->cycle);
}

static void started(struct timeline *timeline, const struct machine_event *event) {
	struct timeline_unit *self = &timeline->units[event->unit];
	if (event->end_cycle < event->cycle) return;
	write_span(timeline, event->unit, TRACK_PORT, "run", event->command, event->cycle,
	           event->end_cycle - event->cycle + 1);
	self->run_to_cycle = event->end_cycle;
	self->is_running = 1;
}

static void apply(struct timeline *timeline, const struct machine_event *event) {
	struct timeline_unit *self = &timeline->units[event->unit];
	switch (event->kind) {
	case EVENT_ACCEPT: accepted(timeline, event); break;
	case EVENT_REQUEST: self->request_cycle = event->cycle; break;
	case EVENT_GRANT:
		if (event->cycle > self->request_cycle)
			write_span(timeline, event->unit, TRACK_PORT, "port wait", event->command, self->request_cycle,
			           event->cycle - self->request_cycle);
		break;
	case EVENT_START: started(timeline, event); break;
	case EVENT_DONE: completed(timeline, event); break;
	}
}

/* After all events of a cycle: how many units run in it? */
static void count_running(struct timeline *timeline) {
	uint64_t cycle = timeline->cycle;
	uint32_t running = 0;
	for (int unit = 0; unit < UNIT_COUNT; unit++) {
		struct timeline_unit *self = &timeline->units[unit];
		if (self->is_running && self->run_to_cycle < cycle) self->is_running = 0;
		if (self->is_running) running++;
	}
	if (running == timeline->running_units) return;
	timeline->running_units = running;
	write_counter(timeline, "running_units", "units", cycle, running);
}

static void gather(struct timeline *timeline) {
	struct ordered_event next;
	while (event_order_pop(timeline->order, &next)) {
		if (next.event.cycle != timeline->cycle) count_running(timeline);
		timeline->cycle = next.event.cycle;
		if (!next.is_moment) apply(timeline, &next.event);
	}
}

void timeline_event(void *context, const struct machine_event *event) {
	struct timeline *timeline = context;
	int is_kept = event_order_push(timeline->order, event);
	if (event->kind == EVENT_START && !event_order_push_moment(timeline->order, event->end_cycle + 1)) is_kept = 0;
	if (!is_kept) timeline->failed_memory = 1;
	gather(timeline);
}

static void timeline_free(struct timeline *timeline) {
	for (int unit = 0; unit < UNIT_COUNT; unit++) free(timeline->units[unit].open);
	event_order_free(timeline->order);
	free(timeline->path);
	free(timeline);
}

enum status timeline_open(struct timeline **out, const char *path, const struct config *config,
                          const struct program *program, struct error *error) {
	*out = NULL;
	struct timeline *timeline = calloc(1, sizeof *timeline);
	if (timeline) timeline->order = event_order_create();
	if (timeline) timeline->path = strdup(path);
	if (!timeline || !timeline->order || !timeline->path) {
		if (timeline) timeline_free(timeline);
		return error_set(error, STATUS_MEMORY, "%s: out of memory", path);
	}
	timeline->file = output_open(path, error);
	if (!timeline->file) {
		timeline_free(timeline);
		return STATUS_IO;
	}
	timeline->config = config;
	timeline->program = program;
	write_head(timeline);
	*out = timeline;
	return STATUS_OK;
}

enum status timeline_close(struct timeline *timeline, uint64_t total_cycles, struct error *error) {
	if (!timeline) return STATUS_OK;
	event_order_end(timeline->order);
	gather(timeline);
	count_running(timeline);
	if (total_cycles) write_counter(timeline, "running_units", "units", total_cycles, 0);
	fputs("\n]}\n", timeline->file);
	enum status status = STATUS_OK;
	if (timeline->failed_memory) status = error_set(error, STATUS_MEMORY, "%s: out of memory", timeline->path);
	const enum status closed = output_close(timeline->file, timeline->path, error);
	if (closed) status = closed;
	timeline_free(timeline);
	return status;
}
