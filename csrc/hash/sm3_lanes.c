/* SPDX-License-Identifier: Apache-2.0 */
/* SM3 in lanes of a vector: 8 (AVX2), 16 and, as two or three streams, 32 and 48 (AVX-512). GB/T 32905-2016.
 *
 * Floor of 16 lanes: 64 * 19 + 52 * 7 + 8 operations at two a cycle (Intel) = 794 cycles a block, of which 592 rotations
 * use one port. Measured on Emerald Rapids (family 6 model 207, 3.0 GHz, a virtual core with neighbours): 16 lanes 890
 * cycles a block with its transposition, 8 lanes 1100 (1180 before ROTATE_8_MORE), one message alone 650. Messages of 64
 * bytes through pyaccel_hash_many, 1024 at a time: 26.2 M/s (114 cycles each), 10.9 M/s (276) with 8 lanes, 2.3 M/s (1320)
 * one by one; 16 messages of 16 KiB 3.4 GB/s. 16 lanes are within a tenth of that core's ports' limit, which leaves nothing
 * for a second stream.
 *
 * Zen 5 (family 26 model 2, a quiet virtual core at 4.2 GHz), gcc 12: floor of a lane 24.8 cycles a block and 18 a block that
 * lanes share, at four operations a cycle. Two streams reach 33, with 3.3 for gathering it, and 27.8; one 53 and 52. A round is
 * a chain of twelve cycles and more, which two streams just fill. 64 bytes through pyaccel_hash_many: 66 cycles, 1024 at a
 * time. An assembler text takes 30.4 and 27.3. Three streams 33 and 21, 57 a message in an experiment; an assembler text 29.2
 * and 19.7. Tried and lost: rounds written out by 16 with words in registers (115 a message, code past what is kept of decoded
 * instructions); each word made in the round that reads it first, 39 a block for the store it waits for.
 *
 * Zen 4 (family 25 model 17, a virtual core with neighbours), two vector operations a cycle, rotations one: floor of a lane 49.6
 * cycles a block, 36 a shared one, 4 for gathering. gcc 12, a message of 64 bytes in the kernel: 106 with two streams, 109
 * with three, 126 with one; clang 14, 106, 106 and 122 (one stream after the other in every round, gcc: 110, 110 and 129; the same
 * with the order of sm3_rounds.h as it was, 111 and 115). Tried and lost in that order: rotations of B and F last, 110; D + W'
 * late, 106.6; H + W late, 107.5.
 *
 * Zen 4 held to AVX2, gcc 12: 123 cycles a lane a block of many, a message of 64 bytes 224, of 32 bytes 130 (138 where its end is
 * staged and not put together as words).
 *
 * Floor of 8 lanes with AVX2 on Zen 3 (3.24 GHz): 776 cycles a block at four operations a cycle, 546 a block that lanes
 * share. Reached, the kernel alone: 947 and 716 (gcc 12), 977 and 702 (clang 14). Tried and lost: gcc's -mtune=znver3,
 * haswell and skylake, each better for one kernel in lanes and worse for another. */
#define WORD_BITS 32
#include "../core/bytes.h"
#define SCHEDULE 70
#include "chain_lanes.h"

#define ROTATE(x, n) WORD_ROR(x, 32 - (n))
#if VECTOR_BYTES == 64
#define ROTATE_8_MORE(x, n) ROTATE(x, (n) + 8)
#else
/* One shuffle of the other rotation instead of two shifts and an or. */
#define ROTATE_8_MORE(x, n)                                                                        \
    _mm256_shuffle_epi8(ROTATE(x, n), _mm256_broadcastsi128_si256(_mm_set_epi8(                    \
                                          14, 13, 12, 15, 10, 9, 8, 11, 6, 5, 4, 7, 2, 1, 0, 3)))
#endif
#define XOR3 WORD_XOR3
#define CHOOSE WORD_CHOOSE
#define MAJORITY WORD_MAJORITY
#define ADD WORD_ADD
#define XOR WORD_XOR

#include "sm3_rounds.h"

PA_INLINE void xor_state(word s[8], const word before[8])
{
    PA_UNROLL
    for (unsigned i = 0; i < 8; i++) {
        s[i] = XOR(s[i], before[i]);
    }
}

/* One block into the state, all lanes, as chain_lanes.h has it.
 *   formula  s ^= 64 rounds over W_j and W_j ^ W_j+4. Loops of 4 rounds over words that all stay in memory: code past the
 *            decoded-instruction cache loses. Words are made two rounds before they are read, when they have come to memory;
 *            the last two are for nothing
 *   before   nothing. Constant time */
PA_INLINE void compress(word s[8], word w[SCHEDULE], pa_hash_ahead ahead)
{
    word before[8];
    const uint32_t *t = constants;
    uint64_t line = 0;
    copy_state(before, s);
#define EXTEND(j)                                                                                  \
    w[j] = next_word(w[(j) - 16], w[(j) - 13], w[(j) - 9], w[(j) - 6], w[(j) - 3]);                \
    keep_in_memory(&w[j]);
#define STEP(j, early) round_once(s, j, t[j], w[j], XOR(w[j], w[(j) + 4]), early);
#define FIRST_WORD(j) EXTEND(16 + (j))
#define FETCH(j)                                                                                   \
    if ((j) == 0 || (j) < LINES / 16) {                                                            \
        fetch_line(ahead, line++);                                                                 \
    }
#define EARLY_STEP(j) FETCH(j) STEP(j, true)
#define LATE_STEP(j) FETCH(j) STEP(j, false) EXTEND((j) + 6)
    PA_FOUR(FIRST_WORD)
    EXTEND(20)
    EXTEND(21)
    for (; t < constants + 16; t += 4, w += 4) {
        PA_FOUR(EARLY_STEP)
    }
    for (; t < constants + 64; t += 4, w += 4) {
        PA_FOUR(LATE_STEP)
    }
#undef LATE_STEP
#undef EARLY_STEP
#undef FETCH
#undef FIRST_WORD
#undef STEP
#undef EXTEND
    xor_state(s, before);
}

/* schedule[j] = W_j, schedule[64 + j] = W_j ^ W_j+4 (5.3.2). */
static void schedule_block(uint32_t schedule[PA_HASH_MAX_SCHEDULE], const uint8_t *block)
{
    uint32_t w[68];
    for (unsigned j = 0; j < 16; j++) {
        w[j] = pa_load_be32(block + 4 * j);
    }
    for (unsigned j = 16; j < 68; j++) {
        uint32_t x = w[j - 16] ^ w[j - 9] ^ pa_rotl32(w[j - 3], 15);
        w[j] = x ^ pa_rotl32(x, 15) ^ pa_rotl32(x, 23) ^ pa_rotl32(w[j - 13], 7) ^ w[j - 6];
    }
    for (unsigned j = 0; j < 64; j++) {
        schedule[j] = w[j];
        schedule[64 + j] = w[j] ^ w[j + 4];
    }
}

/* A block that all lanes share: no schedule of their own. */
PA_INLINE void compress_shared(word s[8], const uint32_t *schedule)
{
    word before[8];
    const uint32_t *t = constants;
    copy_state(before, s);
#define STEP(j, early) round_once(s, j, t[j], EVERY(schedule[j]), EVERY(schedule[64 + (j)]), early);
#define EARLY_STEP(j) STEP(j, true)
#define LATE_STEP(j) STEP(j, false)
    for (; t < constants + 16; t += 4, schedule += 4) {
        PA_FOUR(EARLY_STEP)
    }
    for (; t < constants + 64; t += 4, schedule += 4) {
        PA_FOUR(LATE_STEP)
    }
#undef LATE_STEP
#undef EARLY_STEP
#undef STEP
    xor_state(s, before);
}

#if STREAMS == 1
#define KERNEL PA_VARIANT(pa_sm3_lanes_)
#define COST (VECTOR_BYTES == 64 ? 900 : 950)
#elif STREAMS == 2
#define KERNEL PA_VARIANT(pa_sm3_lanes_x32_)
#define COST 1810
#else
#define KERNEL PA_VARIANT(pa_sm3_lanes_x48_)
#define COST 2720
#endif

const struct pa_hash_lanes KERNEL = {
    .blocks = absorb_blocks,
    .schedule = schedule_block,
    .shared = absorb_shared,
    .store = store_digests,
    .messages = hash_messages,
    .subtrees = hash_subtrees,
    .stage = STAGE,
    .ends_unit = ENDS_UNIT,
    .fetches = true,
    .lanes = ALL_LANES,
    .stored = 32,
    .cost = COST,
    .sorts = true,
    .leaves = true,
};
