/* Port arbiter: whole transactions, fixed priority, nothing reserved (PROGRAM.md section 5). */
#include "sim/machine/state.h"

/* Port 2 b is buffer b's read port, 2 b + 1 its write port; with one port both are 2 b. */
uint32_t ports_read(const struct machine *machine, enum buffer_id buffer) {
	(void)machine;
	return 1u << (2 * buffer);
}

uint32_t ports_write(const struct machine *machine, enum buffer_id buffer) {
	return 1u << (2 * buffer + (machine->config->buffer[buffer].ports > 1 ? 1 : 0));
}

void ports_request(struct machine *machine, enum unit_id unit, uint32_t ports, uint64_t from_cycle,
                   uint64_t hold_cycles) {
	struct port_request *request = &machine->arbiter.request[unit];
	request->active = 1;
	request->from_cycle = from_cycle;
	request->ports = ports;
	request->hold_cycles = hold_cycles;
	machine_wake(machine, PROCESS_ARBITER, from_cycle);
}

/* First cycle in which all ports are free. */
static uint64_t free_from(const struct port_arbiter *arbiter, uint32_t ports) {
	uint64_t latest = 0;
	for (uint32_t port = 0; ports; port++, ports >>= 1)
		if ((ports & 1) && arbiter->free_cycle[port] > latest) latest = arbiter->free_cycle[port];
	return latest;
}

static void hold(struct port_arbiter *arbiter, uint32_t ports, uint64_t free_cycle) {
	for (uint32_t port = 0; ports; port++, ports >>= 1)
		if (ports & 1) arbiter->free_cycle[port] = free_cycle;
}

static void granted(struct machine *machine, enum unit_id unit, uint64_t cycle) {
	if (unit == UNIT_LOAD)
		load_granted(machine, cycle);
	else if (unit == UNIT_STORE)
		store_granted(machine, cycle);
	else
		compute_granted(machine, unit, cycle);
}

void ports_process(struct machine *machine, uint64_t cycle) {
	struct port_arbiter *arbiter = &machine->arbiter;
	uint64_t next_cycle = CYCLE_NEVER;
	for (int unit = 0; unit < UNIT_COUNT; unit++) {
		struct port_request *request = &arbiter->request[unit];
		if (!request->active) continue;
		uint64_t from = free_from(arbiter, request->ports);
		if (from < request->from_cycle) from = request->from_cycle;
		if (from > cycle) {
			if (from < next_cycle) next_cycle = from;
			continue;
		}
		request->active = 0;
		hold(arbiter, request->ports, cycle + request->hold_cycles + 1);
		machine->result.port_wait_cycles[unit] += cycle - request->from_cycle;
		granted(machine, (enum unit_id)unit, cycle);
	}
	/* A request that was passed over may now wait for a port granted after it was looked at. */
	if (next_cycle != CYCLE_NEVER) machine_wake(machine, PROCESS_ARBITER, next_cycle);
}
