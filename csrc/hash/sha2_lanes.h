/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-2 compression in lanes: what SHA-256 and SHA-512 have alike (FIPS 180-4, 6.2 and 6.4), at any vector width.
 *
 * Defined by the includer: what vector.h wants; ROUNDS and the functions of sha256_functions.h or sha512_functions.h;
 * CONSTANTS, the ROUNDS round constants. */
#ifndef PA_HASH_SHA2_LANES_H
#define PA_HASH_SHA2_LANES_H

#include "vector.h"

#define XOR3 vec_xor3
#define ROTATE vec_ror
#define SHIFT vec_shr

/* Round i of a run of 16: the eight state words rotate through s instead of being moved. */
PA_INLINE void round_once(vec s[8], unsigned i, vec wk)
{
    vec a = s[(0 - i) & 7], b = s[(1 - i) & 7], c = s[(2 - i) & 7], d = s[(3 - i) & 7];
    vec e = s[(4 - i) & 7], f = s[(5 - i) & 7], g = s[(6 - i) & 7], h = s[(7 - i) & 7];
    vec t1 = vec_add(vec_add(vec_add(h, wk), vec_choose(e, f, g)), BIG_SIGMA_1(e));
    s[(3 - i) & 7] = vec_add(d, t1);
    s[(7 - i) & 7] = vec_add(vec_add(t1, vec_majority(a, b, c)), BIG_SIGMA_0(a));
}

/* w[i] = W_t+16 in place of W_t. */
PA_INLINE void extend(vec w[16], unsigned i)
{
    vec s0 = SMALL_SIGMA_0(w[(i + 1) & 15]), s1 = SMALL_SIGMA_1(w[(i + 14) & 15]);
    w[i] = vec_add(vec_add(w[i], w[(i + 9) & 15]), vec_add(s0, s1));
}

PA_INLINE void add_state(vec s[8], const vec before[8])
{
    for (unsigned i = 0; i < 8; i++) {
        s[i] = vec_add(s[i], before[i]);
    }
}

/* One block into the state, all lanes.
 *   shapes   s: 8 vectors, w: 16 vectors (overwritten)
 *   formula  ROUNDS rounds over W, W_t = s1(W_t-2) + W_t-7 + s0(W_t-15) + W_t-16. With AVX-512 17 operations a round and 11 a
 *            word: 812 cycles for SHA-256, 1036 for SHA-512, at two a cycle (Intel), of which the rotates use one port.
 *            Loops of 16 rounds, since code past the decoded-instruction cache loses
 *   before   nothing. Constant time */
PA_INLINE void compress(vec s[8], vec w[16])
{
    vec before[8];
    const vec_word *k = CONSTANTS;
    for (unsigned i = 0; i < 8; i++) {
        before[i] = s[i];
    }
#define STEP(i) round_once(s, i, vec_add(w[i], vec_set1(k[i])));
#define STEP_AND_EXTEND(i) STEP(i) extend(w, i);
    for (; k < CONSTANTS + ROUNDS - 16; k += 16) {
        PA_SIXTEEN(STEP_AND_EXTEND)
    }
    PA_SIXTEEN(STEP)
#undef STEP_AND_EXTEND
#undef STEP
    add_state(s, before);
}

static void absorb_blocks(void *state, const uint8_t *const *data, uint64_t count)
{
    vec s[8], w[16];
    vec_load(s, state, 8);
    for (uint64_t block = 0; block < count; block++) {
        vec_gather(w, data, block * 16 * sizeof(vec_word), 16);
        for (unsigned i = 0; i < 16; i++) {
            w[i] = vec_swap_bytes(w[i]);
        }
        compress(s, w);
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
    vec_scatter(digests, sizeof s / LANES, s, 8);
}

#endif
