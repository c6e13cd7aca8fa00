/* SPDX-License-Identifier: Apache-2.0 */
/* SM3 in lanes of a vector: 8 (AVX2) and 16 (AVX-512). GB/T 32905-2016.
 *
 * Floor of 16 lanes: 64 * 19 + 52 * 7 + 8 operations at two a cycle (Intel) = 794 cycles a block, of which 592 rotations
 * use one port. Measured on Emerald Rapids (family 6 model 207, 3.0 GHz, a virtual core with neighbours): 16 lanes 890
 * cycles a block with its transposition, 8 lanes 1100 (1180 before ROTATE_8_MORE), one message alone 650. Messages of 64
 * bytes through pyaccel_hash_many, 1024 at a time: 26.2 M/s (114 cycles each), 10.9 M/s (276) with 8 lanes, 2.3 M/s (1320)
 * one by one; 16 messages of 16 KiB 3.4 GB/s. Two streams of 16 lanes were not built: this core is within a tenth of its
 * ports' limit; where a vector operation takes 2 cycles (Zen 5) they should pay. */
#define WORD_BITS 32
#include "../core/bytes.h"
#include "vector.h"

typedef vec word;
#define ROTATE(x, n) vec_ror(x, 32 - (n))
#if VECTOR_BYTES == 64
#define ROTATE_8_MORE(x, n) ROTATE(x, (n) + 8)
#else
/* One shuffle of the other rotation instead of two shifts and an or. */
#define ROTATE_8_MORE(x, n)                                                                        \
    _mm256_shuffle_epi8(ROTATE(x, n), _mm256_broadcastsi128_si256(_mm_set_epi8(                    \
                                          14, 13, 12, 15, 10, 9, 8, 11, 6, 5, 4, 7, 2, 1, 0, 3)))
#endif
#define XOR3 vec_xor3
#define CHOOSE vec_choose
#define MAJORITY vec_majority
#define ADD vec_add
#define XOR VEC_OF_BITS(xor)
#define EVERY vec_set1

#include "sm3_rounds.h"

static void absorb_blocks(void *state, const uint8_t *const *data, uint64_t count)
{
    vec s[8], w[16];
    vec_load(s, state, 8);
    for (uint64_t block = 0; block < count; block++) {
        vec_gather(w, data, block * 64, 16);
        for (unsigned i = 0; i < 16; i++) {
            w[i] = vec_swap_bytes(w[i]);
        }
        compress(s, w);
    }
    vec_store(state, s, 8);
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
    vec s[8], before[8];
    vec_load(s, state, 8);
    vec_load(before, state, 8);
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
    vec_store(state, s, 8);
}

static void store_digests(uint8_t *digests, const void *state)
{
    vec s[8];
    vec_load(s, state, 8);
    for (unsigned i = 0; i < 8; i++) {
        s[i] = vec_swap_bytes(s[i]);
    }
    vec_scatter(digests, 32, s, 8);
}

const struct pa_hash_lanes PA_VARIANT(pa_sm3_lanes_) = {
    .blocks = absorb_blocks,
    .schedule = schedule_block,
    .shared = absorb_shared,
    .store = store_digests,
    .lanes = LANES,
    .stored = 32,
    .cost = VECTOR_BYTES == 64 ? 900 : 1100,
};
