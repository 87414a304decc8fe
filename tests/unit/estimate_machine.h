/* A shipped machine and its device, for the tests of the estimates. */
#ifndef TESTS_UNIT_ESTIMATE_MACHINE_H
#define TESTS_UNIT_ESTIMATE_MACHINE_H

#include "sim/input/config.h"
#include "sim/input/device.h"

/* configs/NAME.ini with fixed weights of 8 bits and activations of 16, and the device it names; fails the test where
 * one cannot be read. */
void estimate_machine(const char *name, struct config *config, struct device *device);

#endif
