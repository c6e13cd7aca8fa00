/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-2 compression in lanes: what SHA-256 and SHA-512 have alike (FIPS 180-4, 6.2 and 6.4), at any vector width.
 *
 * Defined by the includer: what vector.h wants; ROUNDS and the functions of sha256_functions.h or sha512_functions.h;
 * CONSTANTS, the ROUNDS round constants; STREAMS, as chain_lanes.h has it. */
#ifndef PA_HASH_SHA2_LANES_H
#define PA_HASH_SHA2_LANES_H

#define SCHEDULE ROUNDS
#include "chain_lanes.h"

#define XOR3 vec_xor3
#define ROTATE vec_ror
#define SHIFT vec_shr

/* Round i of a run of 8: the eight state words rotate through s instead of being moved. */
PA_INLINE void round_once(vec s[8], unsigned i, vec wk)
{
    vec a = s[(0 - i) & 7], b = s[(1 - i) & 7], c = s[(2 - i) & 7], d = s[(3 - i) & 7];
    vec e = s[(4 - i) & 7], f = s[(5 - i) & 7], g = s[(6 - i) & 7], h = s[(7 - i) & 7];
    vec t1 = vec_add(vec_add(vec_add(h, wk), vec_choose(e, f, g)), BIG_SIGMA_1(e));
    s[(3 - i) & 7] = vec_add(d, t1);
    s[(7 - i) & 7] = vec_add(vec_add(t1, vec_majority(a, b, c)), BIG_SIGMA_0(a));
}

/* W_t+16 where w points to W_t. */
PA_INLINE vec extended(vec (*w)[STREAMS], unsigned j)
{
    vec w1 = w[1][j], w14 = w[14][j];
    IN_REGISTER(w1);
    IN_REGISTER(w14);
    vec s0 = SMALL_SIGMA_0(w1), s1 = SMALL_SIGMA_1(w14);
    return vec_add(vec_add(w[0][j], w[9][j]), vec_add(s0, s1));
}

PA_INLINE void add_state(vec s[STREAMS][8], vec before[STREAMS][8])
{
    for (unsigned i = 0; i < 8; i++) {
#define ADD(j) s[j][i] = vec_add(s[j][i], before[j][i]);
        EACH_STREAM(ADD)
#undef ADD
    }
}

/* One block into the state, all lanes.
 *   shapes   s: 8 vectors a stream; w: ROUNDS vectors a stream, the first 16 of them the block
 *   formula  ROUNDS rounds over W, W_t = s1(W_t-2) + W_t-7 + s0(W_t-15) + W_t-16. With AVX-512 17 operations a round and 11 a
 *            word: 812 cycles for SHA-256, 1036 for SHA-512, at two a cycle (Intel), of which the rotates use one port.
 *            Loops of 8 rounds over words that all stay in memory: code past the decoded-instruction cache loses
 *   before   nothing. Constant time */
PA_INLINE void compress(vec s[STREAMS][8], vec w[SCHEDULE][STREAMS], pa_hash_ahead ahead)
{
    vec before[STREAMS][8];
    const vec_word *k = CONSTANTS;
    uint64_t line = 0;
    copy_state(before, s);
#define ROUND_OF(j) round_once(s[j], round, vec_add(w[round][j], constant));
#define EXTEND_OF(j)                                                                               \
    w[round + 16][j] = extended(w + round, j);                                                     \
    KEEP_IN_MEMORY(w[round + 16][j]);
#define STEP(i)                                                                                    \
    {                                                                                              \
        enum { round = i };                                                                        \
        const vec constant = vec_set1(k[i]);                                                       \
        EACH_STREAM(ROUND_OF)                                                                      \
    }
/* In the first 64 rounds. */
#define FETCH(i)                                                                                   \
    if ((i) < LINES / 8) {                                                                         \
        fetch_line(ahead, line++);                                                                 \
    }
#define STEP_AND_EXTEND(i)                                                                         \
    FETCH(i)                                                                                       \
    STEP(i)                                                                                        \
    {                                                                                              \
        enum { round = i };                                                                        \
        EACH_STREAM(EXTEND_OF)                                                                     \
    }
#define LAST_STEP(i)                                                                               \
    if (ROUNDS == 64) {                                                                            \
        FETCH(i)                                                                                   \
    }                                                                                              \
    STEP(i)
    for (; k < CONSTANTS + ROUNDS - 16; k += 8, w += 8) {
        PA_EIGHT(STEP_AND_EXTEND)
    }
    for (; k < CONSTANTS + ROUNDS; k += 8, w += 8) {
        PA_EIGHT(LAST_STEP)
    }
#undef LAST_STEP
#undef STEP_AND_EXTEND
#undef FETCH
#undef STEP
#undef EXTEND_OF
#undef ROUND_OF
    add_state(s, before);
}

#endif
