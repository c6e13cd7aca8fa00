/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256 in lanes: 8 with AVX2, 16 with AVX-512 F and BW. FIPS 180-4. */
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
