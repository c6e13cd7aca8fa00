/* SPDX-License-Identifier: Apache-2.0 */
/* SM3 in lanes of a vector: 8 (AVX2), 16 and, as two streams, 32 (AVX-512). GB/T 32905-2016.
 *
 * Floor of 16 lanes: 64 * 19 + 52 * 7 + 8 operations at two a cycle (Intel) = 794 cycles a block, of which 592 rotations
 * use one port. Measured on Emerald Rapids (family 6 model 207, 3.0 GHz, a virtual core with neighbours): 16 lanes 890
 * cycles a block with its transposition, 8 lanes 1100 (1180 before ROTATE_8_MORE), one message alone 650. Messages of 64
 * bytes through pyaccel_hash_many, 1024 at a time: 26.2 M/s (114 cycles each), 10.9 M/s (276) with 8 lanes, 2.3 M/s (1320)
 * one by one; 16 messages of 16 KiB 3.4 GB/s. 16 lanes are within a tenth of that core's ports' limit, which leaves nothing
 * for a second stream; where a vector operation takes 2 cycles (Zen 5) it should pay. Neither was measured: its stated cost
 * is about that of two calls of one stream, and what the core itself says at start-up decides.
 *
 * Floor of 8 lanes with AVX2 on Zen 3 (3.24 GHz): 776 cycles a block at four operations a cycle, 546 a block that lanes
 * share. Reached, the kernel alone: 947 and 716 (gcc 12), 977 and 702 (clang 14). Tried and lost: gcc's -mtune=znver3,
 * haswell and skylake, each better for one kernel in lanes and worse for another. */
#define WORD_BITS 32
#include "../core/bytes.h"
#include "streams.h"

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

static void absorb_blocks(void *state, const uint8_t *const *data, uint64_t count)
{
    word s[8], w[16];
    load_words(s, state, 8);
    for (uint64_t block = 0; block < count; block++) {
        gather_words(w, data, block * 64, 16);
        for (unsigned i = 0; i < 16; i++) {
            w[i] = swap_bytes(w[i]);
        }
        compress(s, w);
    }
    store_words(state, s, 8);
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
static void absorb_shared(void *state, const uint32_t *schedule)
{
    word s[8], before[8];
    load_words(s, state, 8);
    load_words(before, state, 8);
    const uint32_t *t = constants;
#define STEP(j, early) round_once(s, j, t[j], EVERY(schedule[j]), EVERY(schedule[64 + (j)]), early);
#define EARLY_STEP(j) STEP(j, true)
#define LATE_STEP(j) STEP(j, false)
    PA_SIXTEEN(EARLY_STEP)
    for (t += 16, schedule += 16; t < constants + 64; t += 16, schedule += 16) {
        PA_SIXTEEN(LATE_STEP)
    }
#undef LATE_STEP
#undef EARLY_STEP
#undef STEP
    for (unsigned i = 0; i < 8; i++) {
        s[i] = XOR(s[i], before[i]);
    }
    store_words(state, s, 8);
}

static void store_digests(uint8_t *digests, const void *state)
{
    word s[8];
    load_words(s, state, 8);
    for (unsigned i = 0; i < 8; i++) {
        s[i] = swap_bytes(s[i]);
    }
    scatter_words(digests, 32, s, 8);
}

#if STREAMS == 1
#define KERNEL PA_VARIANT(pa_sm3_lanes_)
#define COST (VECTOR_BYTES == 64 ? 900 : 950)
#else
#define KERNEL PA_VARIANT(pa_sm3_lanes_x32_)
#define COST 1810
#endif

const struct pa_hash_lanes KERNEL = {
    .blocks = absorb_blocks,
    .schedule = schedule_block,
    .shared = absorb_shared,
    .store = store_digests,
    .lanes = ALL_LANES,
    .stored = 32,
    .cost = COST,
};
