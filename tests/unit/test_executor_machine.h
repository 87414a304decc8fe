/* A small machine for the executor's tests: hand-made commands, performed one by one; contents come in by LOAD and go
 * out by STORE, as in a program. The packing of words here is written from PROGRAM.md section 2, apart from the
 * executor's. */
#ifndef TESTS_UNIT_TEST_EXECUTOR_MACHINE_H
#define TESTS_UNIT_TEST_EXECUTOR_MACHINE_H

#include <stdint.h>

#include "sim/machine/executor.h"

enum { RIG_COMMANDS = 256, RIG_DDR_BYTES = 1 << 20, RIG_DEPTH_WORDS = 2048 };

struct rig {
	struct config config;
	struct command commands[RIG_COMMANDS];
	struct program program;
	struct executor *executor;
	struct error error;
	uint32_t next_address; /* of channel 0, for contents */
};

/* 4 PEs x 1 word, 4 x 4 fixed lanes of 8 x 8 bits, 4 post lanes, beats of 8 bytes, two channels. */
void rig_config(struct config *config);

/* Takes config as it is; fails the test when the executor cannot be made. */
void rig_start(struct rig *rig, const struct config *config);
void rig_stop(struct rig *rig);

/* Appends the command and performs it. */
enum status rig_run(struct rig *rig, struct command command);

/* Puts `words` words of `bytes` into the buffer through channel 0; reads them back through it. Must succeed. */
void rig_load(struct rig *rig, enum buffer_id buffer, uint32_t buffer_address, uint32_t words, const void *bytes);
void rig_store(struct rig *rig, enum buffer_id buffer, uint32_t buffer_address, uint32_t words, void *bytes);
struct command rig_transfer(enum opcode opcode, enum buffer_id buffer, uint32_t buffer_address, uint32_t words,
                            uint32_t address);

/* The command must fail with STATUS_FAILED and a sentence that holds `text`. */
void rig_fails(struct rig *rig, struct command command, const char *text);

/* Bit `bit` of a bit-buffer word that begins at bytes. */
void put_word_bit(uint8_t *bytes, uint32_t bit, uint32_t value);
uint32_t get_word_bit(const uint8_t *bytes, uint32_t bit);
void put_little(uint8_t *bytes, int64_t value, uint32_t count);
int64_t get_little(const uint8_t *bytes, uint32_t count);

/* A parameter record: affine. */
struct affine {
	int32_t a, mp, mn, e, b, c;
};
void put_affine(uint8_t record[16], struct affine affine);
void put_thresholds(uint8_t record[16], int32_t t0, int32_t t1, int32_t t2, uint32_t descending);

/* Reads `words` words of sums through POST (A = MP = MN = 1) and the output buffer: sums[words][lanes]. Overwrites
 * parameter word 0 and the output buffer's words. */
void rig_read_sums(struct rig *rig, enum buffer_id buffer, uint32_t base, uint32_t words, int32_t *sums);

/* xorshift: the same numbers everywhere. */
uint32_t random_next(uint64_t *state);
int32_t random_in(uint64_t *state, int32_t low, int32_t high);

#endif
