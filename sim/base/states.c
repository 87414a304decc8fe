/* See states.h. */
#include "sim/base/states.h"

const char *const unit_state_names[STATE_COUNT] = {"busy",   "fill_drain", "dispatch", "blocked",
                                                   "memory", "starved",    "idle"};
