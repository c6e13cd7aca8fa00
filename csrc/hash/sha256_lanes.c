/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256 in lanes: 8 with AVX2, 16 with AVX-512 F and BW. FIPS 180-4.
 *
 * Measured on Sapphire Rapids (family 6 model 207, 2.99 GHz, a virtual core with neighbours; quiet moments), gcc 12. Cycles
 * of a block of all lanes: 16 lanes 930 of many, 965 alone, 575 when shared; 8 lanes 1230, 1280 and 955 (clang 14: 1130,
 * 1145 and 790, nearer to the 16 registers' floor). Messages of 64 bytes through pyaccel_hash_many, 4096 at a time: 27.5 M/s
 * and 108 cycles each with 16 lanes, 10.1 and 296 with 8, against 9.5 with SHA-NI one by one and 2.3 portable. What stands
 * between 96 cycles of the kernels and 108 is gathering rows.
 * 8 lanes give way to SHA-NI wherever a CPU has both: a tenth slower than they are here, but faster on Zen 3.
 * Tried and lost: two interleaved streams of 16, 2000 cycles for what two calls do in 1980 (latency is one cycle here; not
 * tried where it is two); transposition wholly in registers, 980 cycles for a block alone. */
#define WORD_BITS 32
#define CONSTANTS pa_sha256_constants

#include "sha256_functions.h"

#include "sha2_lanes.h"

static void absorb_words(void *state, const void *words)
{
    vec s[8], w[16];
    vec_load(s, state, 8);
    vec_load(w, words, 16);
    compress(s, w);
    vec_store(state, s, 8);
}

/* A block that all lanes share: no schedule, and the constants are in it. */
static void absorb_shared(void *state, const uint32_t *schedule)
{
    vec s[8], before[8];
    vec_load(s, state, 8);
    vec_load(before, state, 8);
    for (const uint32_t *wk = schedule; wk < schedule + ROUNDS; wk += 16) {
#define STEP(i) round_once(s, i, vec_set1(wk[i]));
        PA_SIXTEEN(STEP)
#undef STEP
    }
    add_state(s, before);
    vec_store(state, s, 8);
}

const struct pa_hash_lanes PA_VARIANT(pa_sha256_lanes_) = {
    .blocks = absorb_blocks,
    .schedule = pa_sha256_schedule,
    .shared = absorb_shared,
    .words = absorb_words,
    .store = store_digests,
    .lanes = LANES,
    .stored = 32,
    .cost = VECTOR_BYTES == 64 ? 930 : 1230,
};
