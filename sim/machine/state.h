/* Internal to sim/machine: the registers of every unit, and what the units do to each other.
 *
 * Rule of visibility: a unit that runs in cycle c may read of others only what carries a cycle <= c, and may write for
 * others only with a cycle > c. That makes the order of units within a cycle irrelevant.
 */
#ifndef SIM_MACHINE_STATE_H
#define SIM_MACHINE_STATE_H

#include "sim/machine/machine.h"

enum { TOKEN_KINDS = 2, TOKEN_DATA = 0, TOKEN_ROOM = 1 };

/* Tokens of one counter: the cycles from which each given token is visible, oldest first (never decreasing). */
struct token_ring {
	uint64_t *visible_at_cycle;
	uint32_t capacity, head, count;
};

/* A unit's command queue. One push and at most one pop a cycle. */
struct command_queue {
	uint32_t *command;
	uint64_t *visible_at_cycle;
	uint32_t capacity, head, count; /* count: with pushes not yet visible, without popped ones */
	uint64_t last_pop_cycle;
};

/* Attribution of one unit: cycles before `next_cycle` are accounted. What holds in [next_cycle, ...) until the next
 * wake: */
struct account {
	uint64_t next_cycle;
	uint64_t busy_from_cycle, busy_to_cycle; /* last or present RUN (inclusive); from > to: none */
	uint64_t pipe_end_cycle;                 /* first cycle in which the pipeline is empty again */
	uint64_t event_cycle;                    /* cycle with a state of its own ... */
	enum unit_state event_state;             /* ... which is this (dispatch), unless busy or pipe hold */
	enum unit_state steady_state;            /* else this one */
	uint32_t event_layer, layer;
};

enum unit_phase { PHASE_WAIT, PHASE_ASK, PHASE_RUN };

/* Engines and post unit. */
struct compute_unit {
	enum unit_phase phase;
	uint32_t command;
	uint64_t ready_cycle; /* WAIT: first cycle in which it may accept */
	uint64_t quiet_cycle; /* first cycle in which everything given is visible */
	uint32_t latency_cycles;
	int holds_in_drain; /* post: ports and the unit are held through the drain */
};

enum { SLOTS_MAX = 64 };

struct burst_slot {
	struct burst burst;
	uint64_t held_from_cycle;
	uint64_t arrived_cycle; /* arrival or answer visible; CYCLE_NEVER: under way */
	uint64_t port_cycles;   /* n of PROGRAM.md section 8 */
	uint32_t command;
	uint32_t is_last; /* of its command */
};

/* Cursor over the bursts of a LOAD or STORE. */
struct transfer_cursor {
	uint32_t row, row_offset_bytes;
};

struct dma_unit {
	int active; /* a command whose bursts are not all issued */
	uint32_t command;
	uint64_t ready_cycle; /* first cycle in which the address stage (store: the read stage) may act */
	struct transfer_cursor cursor;
	uint32_t last_channel; /* of the burst issued last; UINT32_MAX: none */
	struct burst_slot slots[SLOTS_MAX];
	uint32_t head, count;  /* slots held, oldest first */
	int asking;            /* a port request is out */
	int writing;           /* load: the oldest slot is being written */
	uint64_t run_to_cycle; /* last cycle of that, or of the read stage (store) */
};

struct port_request {
	int active;
	uint64_t from_cycle;
	uint32_t ports; /* bit set */
	uint64_t hold_cycles;
};

struct port_arbiter {
	uint64_t free_cycle[32]; /* first cycle in which the port can be granted */
	struct port_request request[UNIT_COUNT];
};

enum { BANKS_MAX = 256, REQUESTS_MAX = 2 * SLOTS_MAX };

struct request_ring {
	struct burst burst[SLOTS_MAX];
	uint32_t head, count;
};

struct channel {
	struct request_ring requests[2];                 /* load, store */
	uint64_t stage_a_free_cycle, stage_b_free_cycle; /* first free cycles */
	uint64_t refreshes_begun;
	uint8_t row_is_open[BANKS_MAX];
	uint32_t open_row[BANKS_MAX];
	uint64_t activate_cycle[BANKS_MAX];
};

enum sequencer_phase { SEQUENCER_FETCH, SEQUENCER_DECODED, SEQUENCER_ENDED };

struct sequencer {
	enum sequencer_phase phase;
	uint32_t next_command;  /* being fetched or in the decode register */
	uint64_t decoded_cycle; /* visible in the decode register from this cycle */
	uint64_t ended_cycle;   /* `ended` visible from here; CYCLE_NEVER before */
	uint32_t frames_done;
	int waits_quiet;
	uint64_t next_cycle; /* attribution: first cycle not accounted */
	uint32_t layer;
};

/* DRAM and DMA numbers in cycles, from the configuration. */
struct machine_times {
	uint64_t beat_cycles, controller_cycles, trcd, trp, cl, tras, trfc, trefi;
	uint32_t banks, group_lines; /* of a channel; lines of one row over all bank groups */
};

struct machine {
	const struct config *config;
	const struct program *program;
	struct machine_hooks hooks;
	struct machine_times times;
	struct token_ring tokens[TOKEN_KINDS][UNIT_COUNT][UNIT_COUNT]; /* [kind][from][to] */
	struct command_queue queues[UNIT_COUNT];
	struct account accounts[UNIT_COUNT];
	struct compute_unit compute[3];
	struct dma_unit load, store;
	struct port_arbiter arbiter;
	struct channel channels[CONFIG_CHANNELS_MAX];
	struct sequencer sequencer;
	struct machine_result result;
	uint64_t *command_steps; /* per command: n of PROGRAM.md sections 6, 7 */
	int failed_memory;       /* a ring could not grow */
};

/* machine.c: shared services. */
void machine_wake(struct machine *machine, enum process process, uint64_t cycle);
void machine_note(struct machine *machine, enum machine_event_kind kind, enum unit_id unit, uint32_t command,
                  uint64_t cycle, uint64_t end_cycle);

/* tokens.c: token counters and command queues. */
enum token_wait { TOKENS_READY, TOKENS_WAIT_ROOM, TOKENS_WAIT_MEMORY, TOKENS_WAIT_DATA };
/* What the command misses in `cycle`. *next_cycle: when a missing one that is already given becomes visible
 * (CYCLE_NEVER). */
enum token_wait tokens_check(const struct machine *machine, enum unit_id unit, const struct command *command,
                             uint64_t cycle, uint64_t *next_cycle);
void tokens_take(struct machine *machine, enum unit_id unit, const struct command *command);
void tokens_give(struct machine *machine, enum unit_id unit, const struct command *command, uint64_t visible_at_cycle);
void tokens_clear(struct machine *machine);
/* Queue head visible in `cycle`? *next_cycle: when the first push becomes visible (CYCLE_NEVER when empty). */
int queue_head(const struct command_queue *queue, uint64_t cycle, uint32_t *command, uint64_t *next_cycle);
void queue_pop(struct machine *machine, enum unit_id unit, uint64_t cycle);
void queue_push(struct machine *machine, enum unit_id unit, uint32_t command, uint64_t cycle);
int queue_has_room(const struct command_queue *queue, uint64_t cycle);

/* account.c */
void account_until(struct machine *machine, enum unit_id unit, uint64_t cycle); /* accounts all cycles before `cycle` */
/* Evaluates the head: the steady state and layer of an inactive unit, and the earliest cycle at which it may change.
 * Returns 1 and the command when it can be accepted in `cycle`. */
int unit_can_accept(struct machine *machine, enum unit_id unit, uint64_t cycle, uint32_t *command);

/* compute.c, load.c, store.c, ports.c, channel.c, sequencer.c: what each does when woken. */
void compute_process(struct machine *machine, enum unit_id unit, uint64_t cycle);
void compute_granted(struct machine *machine, enum unit_id unit, uint64_t cycle);
int compute_quiet(const struct machine *machine, enum unit_id unit, uint64_t cycle, uint64_t *next_cycle);
void load_process(struct machine *machine, uint64_t cycle);
void load_granted(struct machine *machine, uint64_t cycle);
void load_arrived(struct machine *machine, uint32_t slot, uint64_t visible_at_cycle);
void store_process(struct machine *machine, uint64_t cycle);
void store_granted(struct machine *machine, uint64_t cycle);
void store_answered(struct machine *machine, uint32_t slot, uint64_t visible_at_cycle);
int dma_quiet(const struct machine *machine, const struct dma_unit *dma, enum unit_id unit, uint64_t cycle,
              uint64_t *next_cycle);
void ports_request(struct machine *machine, enum unit_id unit, uint32_t ports, uint64_t from_cycle,
                   uint64_t hold_cycles);
void ports_process(struct machine *machine, uint64_t cycle);
uint32_t ports_read(const struct machine *machine, enum buffer_id buffer);
uint32_t ports_write(const struct machine *machine, enum buffer_id buffer);
void channel_process(struct machine *machine, uint32_t channel, uint64_t cycle);
/* Counts the refreshes up to the end of the run. */
void channel_finish(struct machine *machine, uint32_t channel, uint64_t total_cycles);
void sequencer_process(struct machine *machine, uint64_t cycle);
/* Starts fetching command `index` in `cycle`. */
void sequencer_fetch(struct machine *machine, uint32_t index, uint64_t cycle);

/* dma.c: cutting a transfer into bursts, shared by load and store. */
/* The burst at the cursor; moves the cursor. *is_last: no burst follows. */
struct burst dma_cut(const struct machine *machine, const struct command *command, struct transfer_cursor *cursor,
                     int *is_last);
uint64_t dma_port_cycles(const struct machine *machine, const struct command *command, const struct burst *burst);
/* Appends a slot (held from `held_from_cycle`) for the burst and returns it. */
struct burst_slot *dma_take_slot(struct dma_unit *dma, const struct burst *burst, uint32_t command, int is_last,
                                 uint64_t held_from_cycle);
/* 1 when some slot held in `cycle` waits for its memory channel. */
int dma_in_flight(const struct dma_unit *dma, uint64_t cycle);
/* A slot is free in `cycle`, and a burst to `channel` need not wait for others (load: that have not arrived; store:
 * any). */
int dma_may_issue(const struct machine *machine, const struct dma_unit *dma, enum unit_id unit, uint32_t channel,
                  uint64_t cycle);
/* Wakes at the arrivals (answers) that are known, and in the cycle after each, since wakes merge. */
void dma_wake_for_slots(struct machine *machine, const struct dma_unit *dma, enum process process, uint64_t cycle);
void dma_count(struct machine *machine, const struct command *command, const struct burst *burst);

#endif
