/* The seven states a cycle of a unit can have: the attribution. The first that holds counts.
 *
 * What each means as signals stands with the units: sim/machine/PROGRAM.md (time_shared), sim/streaming/STREAMING.md.
 */
#ifndef SIM_BASE_STATES_H
#define SIM_BASE_STATES_H

enum unit_state {
	STATE_BUSY,       /* issues work */
	STATE_FILL_DRAIN, /* issues nothing, its pipeline is not empty */
	STATE_DISPATCH,   /* no decoded command at its head */
	STATE_BLOCKED,    /* inputs there, no room or no port */
	STATE_MEMORY,     /* waits for memory */
	STATE_STARVED,    /* waits for another unit's result */
	STATE_IDLE,
	STATE_COUNT
};

extern const char *const unit_state_names[STATE_COUNT]; /* "busy", ... */

#endif
