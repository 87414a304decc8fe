/* Memory models for the SystemC tests, by number, so that a C program can name them. */
#ifndef TESTS_UNIT_SYSTEMC_MEMORIES_H
#define TESTS_UNIT_SYSTEMC_MEMORIES_H

#include "sim/systemc/systemc_run.h"

#ifdef __cplusplus
extern "C" {
#endif

enum test_memory {
	TEST_MEMORY_FIXED,      /* nbsim::fixed_memory with the parameters of the configuration */
	TEST_MEMORY_FOUR_PHASE, /* the same timing; END_REQ and BEGIN_RESP by nb_transport_bw, the latter between clock
	                           edges */
	TEST_MEMORY_REVERSED,   /* answers come out of order */
	TEST_MEMORY_DEAF,       /* never answers */
	TEST_MEMORY_CLOCKED,    /* never answers; a clock of its own keeps SystemC busy */
	TEST_MEMORY_ERROR,      /* answers with an error response */
	TEST_MEMORY_TWICE,      /* answers the first burst twice */
	TEST_MEMORY_LATE,       /* wants an answer to be visible in the present cycle */
	TEST_MEMORY_THROWS,     /* throws when the first burst arrives */
	TEST_MEMORY_BROKEN      /* throws when it is made */
};

/* The latest call's model is the one in use. */
const struct systemc_memory *test_memory(enum test_memory which);

#ifdef __cplusplus
}
#endif

#endif
