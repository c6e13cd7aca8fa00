/* SPDX-License-Identifier: Apache-2.0 */
/* BLAKE3 in lanes: 8 with AVX2, 16 with AVX-512 (blake3_two.c: 32).
 *
 * Floor of 8 lanes: 7 rounds of 8 G of 18 operations, four a cycle: 252 cycles, and about 30 for the transposition. Measured on
 * Zen 3 at 3.24 GHz, gcc 12: 360 to 370 a block of many, 46 a lane. Messages of 64 bytes, 4096 at a time, through
 * pyaccel_hash_many: 56.5 cycles each, of which about 7 are the batch's; 1 MiB alone 0.81 cycles a byte, 1024 messages of
 * 1 KiB 0.75. In between stands the chain of 14 operations in each half of a round, of which 8 of 18 want two of the four
 * ports. Tried, cycles a block of 8 in one experiment: gcc's own allocation 506; word 11 pinned in memory, G after G, left to gcc 413
 * (clang 14: 563); G after G by hand 383 to 412, two G at once 358 to 362, four 358; all four words of row c in memory 375
 * to 436; four G each some cycles behind the other 360 to 475.
 *
 * Zen 5, two streams of 16 lanes, gcc 12: floor 392 cycles a block of 32 for the rounds and about 60 for the transposition, 14 a
 * lane. Reached 555 (17.4 a lane) in long chunks and 613 (19.2) for messages of 64 bytes, 21.3 of 4096 through
 * pyaccel_hash_many and 27 of a million, which wait for memory: 96 bytes a message, and what is written is read before. In
 * between stand what the transposition can't run beside, since the rounds are longer than the core looks ahead, and some 70
 * moves of words that have no register. G after G 667; gcc's own grouping 749.
 *
 * Since then the words of the next block are gathered beside the rounds (blake_rounds_avx512.h): not measured on Zen 5.
 *
 * Zen 4, two streams, gcc 12: 64 bytes through pyaccel_hash_many: 30.2, 32 of a million, where gathering before the rounds took
 * 36.5 and 37.5 (43 where a group's messages are asked for all at once, as if they were not); stores past the cache, no gain.
 * 1 MiB at a time, 50 of them out of memory: 0.64 cycles a byte, 0.68 before, 0.91 where a block of all lanes is asked for at
 * once. Last blocks read whole and cleared behind the message, where masked loads took them: 4096 messages of 32 bytes 39 to 34,
 * of 100 bytes 71 to 62 (AVX2, which copied them: 73 to 54, 121 to 102). The first blocks of a message's chunks gathered by the
 * group before: no gain.
 *
 * Zen 4 held to AVX2, gcc 12: floor of 8 lanes 284 cycles a block. The rounds alone 355, at 2.9 operations a cycle: four chains of
 * 16 cycles in each half of a round (a shuffle of bytes takes two, not one as on Zen 3) are too few for four pipes, two of them
 * for rotations. Gathered by vectors before its rounds a block took 407, and a message of 64 bytes 60 cycles a lane; words
 * that go to memory by general registers, in the rounds over the block before, cost 10 (blake_rounds_avx2.h): 46.8 a lane in long
 * chunks, 50 of many messages of 64 bytes, 49 of a million. Tried and lost, cycles of the rounds: two G at a time with a word of row
 * c in memory for half a round, 367 (G after G 385; each pair some steps behind the other, 367 to 399); the order of a list scheduler
 * that needs 280, 356; a chain without byte shuffles' second cycle would take 331. Two streams of 8, all words in memory:
 * 683 for both, 786 where G of both go in pairs. */
#define STREAMS 1
#include "blake3_schedule.h"

#include "blake_vector.h"

#include "blake3_lanes.h"

const struct pa_blake3 PA_VARIANT(pa_blake3_lanes_) = {
    .chain = blake3_chain,
    .groups = blake3_groups,
    .expand = blake3_expand,
    .ends = ENDS,
    .lanes = MESSAGES,
    .cost = VECTOR_BYTES == 64 ? 363 : 370,
#if VECTOR_BYTES == 64
    .wider = &PA_VARIANT(pa_blake3_two_),
#endif
};
