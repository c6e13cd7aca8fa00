/* SPDX-License-Identifier: Apache-2.0 */
/* BLAKE2b in lanes: 4 with AVX2, 8 with AVX-512 (blake2b_two.c: 16). RFC 7693.
 *
 * Floor of 4 lanes: 12 rounds of 8 G of 16 operations, four a cycle: 384 cycles, 96 a lane. Measured on Zen 3 at 3.24 GHz,
 * gcc 12, with neighbours: 575 to 605 a block, 145 to 150 a lane; the rounds in an experiment, alone 551. Messages of 64 bytes,
 * 4096 at a time, through pyaccel_hash_many: 175 to 192 cycles each. Four G step by step 551 to 581, two 569, one after the
 * other 575.
 *
 * Zen 5, two streams of 8 lanes, gcc 12: floor 672 cycles a block of 16 for the rounds and about 60 for the transposition, 46 a
 * lane. Reached 915 (57) in long messages and 960 (60) for messages of 64 bytes, whose upper 8 words are zero and not read; 66
 * of a million through pyaccel_hash_many. G after G 1031, gcc's own grouping 1174.
 *
 * Zen 4 held to AVX2, gcc 12: messages of 64 bytes 159 cycles, of many and of a million; of 1 KiB 143 a block, 147 where its words are
 * gathered by vectors and not in the rounds over the block before (blake_rounds_avx2.h). What stands between is told in
 * blake3_lanes.c. */
#define WORD_BITS 64
#define STREAMS 1
#include "blake2_schedule.h"

#include "blake_vector.h"

#include "blake2_lanes.h"

const struct pa_blake2 PA_VARIANT(pa_blake2b_lanes_) = {
    .hash = blake2_hash,
    .ends = ENDS,
    .lanes = MESSAGES,
    .cost = VECTOR_BYTES == 64 ? 632 : 580,
#if VECTOR_BYTES == 64
    .wider = &PA_VARIANT(pa_blake2b_two_),
#endif
};
