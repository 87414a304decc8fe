/* The time_shared machine: units as state machines that a kernel wakes at whole cycles.
 *
 * Timing is written once, here. A kernel (native queue, SystemC) owns only the order of wakes: it calls machine_process
 * for every process whose wake is due, in cycle order; within a cycle all processes but the port arbiter in any order,
 * the arbiter last. A process that wants to be called again says so through kernel.wake; several wakes of one process
 * merge to the earliest (a process looks at its whole state when woken and asks again). All of PROGRAM.md sections 4
 * to 11.
 */
#ifndef SIM_MACHINE_MACHINE_H
#define SIM_MACHINE_MACHINE_H

#include <stdint.h>

#include "sim/base/states.h"
#include "sim/base/status.h"
#include "sim/input/config.h"
#include "sim/mapper/program.h"

enum process {
	PROCESS_BINARY,
	PROCESS_FIXED,
	PROCESS_POST,
	PROCESS_LOAD,
	PROCESS_STORE,
	PROCESS_SEQUENCER, /* the first six: attribution rows in this order of enum attribution_row */
	PROCESS_CHANNEL,   /* .. PROCESS_CHANNEL + CONFIG_CHANNELS_MAX - 1 */
	PROCESS_ARBITER = PROCESS_CHANNEL + CONFIG_CHANNELS_MAX,
	PROCESS_COUNT
};

/* Rows of the attribution: the five units by unit_id, then the sequencer. */
enum { ATTRIBUTION_SEQUENCER = UNIT_COUNT, ATTRIBUTION_ROWS = UNIT_COUNT + 1 };

extern const char *const attribution_row_names[ATTRIBUTION_ROWS]; /* "binary_engine", ..., "sequencer" */

#define CYCLE_NEVER UINT64_MAX

/* Events of a run, per layer where a layer caused them. Issued operations include masked taps, unused bits and lanes.
 */
struct layer_counters {
	uint64_t cycles[ATTRIBUTION_ROWS][STATE_COUNT];
	uint64_t binary_issued; /* 1-bit multiply-accumulates issued: steps x pes x words x 48 */
	uint64_t fixed_issued;  /* multiply-accumulates issued: steps x rows x columns (average2: a fourth) */
	uint64_t post_issued;   /* channel values: steps x lanes */
	uint64_t buffer_reads[BUFFER_COUNT],
	    buffer_writes[BUFFER_COUNT]; /* whole words (DMA: in words of the buffer, rounded up per burst), of
	                                each memory that is written: window_reads ones for bit activations */
	uint64_t ddr_read_bytes, ddr_write_bytes;
	uint64_t load_commands, store_commands, engine_commands, post_commands;
};

struct channel_counters {
	uint64_t read_bursts, write_bursts, beats, bus_cycles; /* cycles of the data bus in use */
	uint64_t row_hits, row_opens, row_conflicts;           /* per touched bank */
	uint64_t refreshes;
};

struct machine_result {
	uint64_t total_cycles;
	uint64_t frame_count;
	uint64_t *frame_end_cycle; /* cycle in which the END of frame k went */
	uint64_t preamble_cycles;  /* frame 0 begins in this cycle (0 without a preamble) */
	uint32_t layer_count;
	struct layer_counters *layers;
	struct channel_counters channels[CONFIG_CHANNELS_MAX];
	uint64_t port_wait_cycles[UNIT_COUNT]; /* cycles a request was made and not granted */
	uint64_t wakes;                        /* processes woken: cost of the simulation */
};

/* What --vcd, --timeline and tests see. `cycle` is the cycle of the event itself. */
enum machine_event_kind {
	EVENT_ACCEPT,  /* a command is accepted (tokens taken) */
	EVENT_REQUEST, /* first cycle of a port request */
	EVENT_GRANT,   /* the request is granted */
	EVENT_START,   /* first busy cycle; end_cycle is the last */
	EVENT_DONE     /* first cycle in which the command's tokens are visible */
};

struct machine_event {
	enum machine_event_kind kind;
	enum unit_id unit;
	uint32_t command; /* index in the program */
	uint64_t cycle, end_cycle;
};

/* One burst on its way to a memory channel. */
struct burst {
	enum unit_id unit; /* UNIT_LOAD or UNIT_STORE */
	uint32_t slot, channel, address, bytes, beats;
	uint64_t visible_at_cycle; /* at the channel */
};

struct machine_hooks {
	void *context;
	/* Required: ask for machine_process(process) in `cycle`, not before the present one. */
	void (*wake)(void *context, enum process process, uint64_t cycle);
	/* Optional observer; called in the order things are decided. */
	void *event_context;
	void (*event)(void *event_context, const struct machine_event *event);
	/* Optional other memory: takes the burst, answers later with machine_memory_answer. NULL: the channels of the
	 * machine. */
	void (*memory)(void *context, const struct burst *burst);
};

struct machine;

/* config (checked, widths resolved) and program must outlive the machine. STATUS_MEMORY. */
enum status machine_create(struct machine **machine, const struct config *config, const struct program *program,
                           const struct machine_hooks *hooks, struct error *error);
void machine_free(struct machine *machine);

/* Wakes what acts in cycle 0. */
void machine_start(struct machine *machine);

/* Does all that `process` does in `cycle`. */
void machine_process(struct machine *machine, enum process process, uint64_t cycle);

/* The machine's own memory, and the answer of another one: visible to the unit in `visible_at_cycle` (not before cycle
 * + 1). */
void machine_memory_request(struct machine *machine, const struct burst *burst);
void machine_memory_answer(struct machine *machine, const struct burst *burst, uint64_t visible_at_cycle);

int machine_ended(const struct machine *machine);

/* After the end: completes the attribution and hands the result over (result_clear). STATUS_STUCK when the machine has
 * not ended: the error says which units wait for what, one clause a unit. */
enum status machine_finish(struct machine *machine, struct machine_result *result, struct error *error);
void machine_result_clear(struct machine_result *result);

/* Pipeline depths of PROGRAM.md section 6 and 7. */
uint32_t machine_binary_latency_cycles(const struct config *config);
uint32_t machine_fixed_latency_cycles(const struct config *config);
enum { MACHINE_POST_LATENCY_CYCLES = 13 };

#endif
