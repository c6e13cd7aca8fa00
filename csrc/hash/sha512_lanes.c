/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-512 in lanes: 4 with AVX2, 8 and, as two streams, 16 with AVX-512 F and BW. FIPS 180-4.
 *
 * Measured on Sapphire Rapids (family 6 model 207, 2.99 GHz, a virtual core with neighbours; quiet moments), gcc 12. Cycles
 * of a block of all lanes: 8 lanes 1130; 4 lanes 1490 of many, 1560 alone (clang 14: 1150; 1410); portable 815 for one.
 * Messages of 64 bytes through pyaccel_hash_many, 4096 at a time: 17.7 M/s and 169 cycles each with 8 lanes, 7.0 and 430
 * with 4, against 3.6 portable. Lanes pay from two messages on. Two interleaved streams of 8 took 2280 cycles for what two
 * calls do in 2250 (latency is one cycle there).
 *
 * Zen 5 (family 26 model 2, a quiet virtual core at 4.2 GHz), gcc 12: floor of a lane 64.5 cycles a block at four operations a
 * cycle. Two streams reach 75.5 of many blocks, one 103. 64 bytes through pyaccel_hash_many: 88 cycles, 1024 at a time, 89 a
 * million. What stands between: gathering (7) and staging what is padded. Tried and lost: three streams, 77.5.
 *
 * Zen 4 (family 25 model 17, a virtual core with neighbours), 64 bytes in the kernel: floor 134 cycles, two streams
 * operation by operation 149, one after the other in every round 159; one stream 157. Through pyaccel_hash_many 8 cycles more where
 * messages are staged first. Many 16 KiB out of memory: 1.24 cycles a byte, 1.33 to 1.37 where a block of all
 * lanes is asked for at once.
 *
 * Zen 4 held to AVX2, gcc 12: floor of a lane 256 cycles a block at four operations a cycle. Reached 299 for 64 bytes in the
 * kernel (clang 14: 297), 309 by rounds in C. Tried and lost with those: words extended before their round, 0.2 %; Sigma of e first,
 * 0.4 %; Sigma of a first, 335; gcc's own order after registers are given, 319, and before, 361;
 * -ftree-ter, 347. -mtune=znver3, 314.
 *
 * Floor of 4 lanes with AVX2 on Zen 3 (3.24 GHz): 1100 cycles a block. Reached, the kernel alone: 1174 (gcc 12), 1184 (clang
 * 14); one message alone 597. Groups of 64-byte messages without a stop in memory take 351 cycles a message instead of 365.
 * Tried and lost: gcc's -mtune=znver3, haswell and skylake, each better for one kernel in lanes and worse for another. */
#define WORD_BITS 64
#define CONSTANTS pa_sha512_constants

#include "sha512_functions.h"

#include "sha2_lanes.h"

#if STREAMS == 1
#define KERNEL PA_VARIANT(pa_sha512_lanes_)
#define COST (VECTOR_BYTES == 64 ? 1130 : 1170)
#else
#define KERNEL PA_VARIANT(pa_sha512_lanes_x16_)
#define COST 2280
#endif

const struct pa_hash_lanes KERNEL = {
    .blocks = absorb_blocks,
    .store = store_digests,
    .messages = hash_messages,
    .stage = STAGE,
    .ends_unit = ENDS_UNIT,
    .fetches = true,
    .lanes = ALL_LANES,
    .stored = 64,
    .cost = COST,
    .leaves = true,
};
