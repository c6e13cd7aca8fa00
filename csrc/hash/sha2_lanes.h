/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-2 compression in lanes: what SHA-256 and SHA-512 have alike (FIPS 180-4, 6.2 and 6.4), at any vector width.
 *
 * Defined by the includer: what vector.h wants; ROUNDS and the functions of sha256_functions.h or sha512_functions.h;
 * CONSTANTS, the ROUNDS round constants; STREAMS, as streams.h has it. Vectors of 32 bytes take the rounds of
 * sha2_rounds_avx2.h. */
#ifndef PA_HASH_SHA2_LANES_H
#define PA_HASH_SHA2_LANES_H

#define SCHEDULE ROUNDS
#include "chain_lanes.h"

#define XOR3 WORD_XOR3
#define ROTATE WORD_ROR
#define SHIFT WORD_SHR

#if VECTOR_BYTES == 32
#include "sha2_rounds_avx2.h"
#else
/* Round i of a run of 8: the eight state words rotate through s instead of being moved. */
PA_INLINE void round_once(word s[8], unsigned i, word wk)
{
    word a = s[(0 - i) & 7], b = s[(1 - i) & 7], c = s[(2 - i) & 7], d = s[(3 - i) & 7];
    word e = s[(4 - i) & 7], f = s[(5 - i) & 7], g = s[(6 - i) & 7], h = s[(7 - i) & 7];
    word t1 = WORD_ADD(WORD_ADD(WORD_ADD(h, wk), WORD_CHOOSE(e, f, g)), BIG_SIGMA_1(e));
    s[(3 - i) & 7] = WORD_ADD(d, t1);
    s[(7 - i) & 7] = WORD_ADD(WORD_ADD(t1, WORD_MAJORITY(a, b, c)), BIG_SIGMA_0(a));
}

/* W_t+16 where w points to W_t. */
PA_INLINE word extended(const word *w)
{
    const word w1 = in_register(w[1]), w14 = in_register(w[14]);
    word s0 = SMALL_SIGMA_0(w1), s1 = SMALL_SIGMA_1(w14);
    return WORD_ADD(WORD_ADD(w[0], w[9]), WORD_ADD(s0, s1));
}
#endif

PA_INLINE void add_state(word s[8], const word before[8])
{
    PA_UNROLL
    for (unsigned i = 0; i < 8; i++) {
        s[i] = WORD_ADD(s[i], before[i]);
    }
}

/* One block into the state, all lanes.
 *   shapes   s: 8 words; w: ROUNDS words, the first 16 of them the block
 *   formula  ROUNDS rounds over W, W_t = s1(W_t-2) + W_t-7 + s0(W_t-15) + W_t-16. With AVX-512 17 operations a round and 11 a
 *            word: 812 cycles for SHA-256, 1036 for SHA-512, at two a cycle (Intel), of which the rotates use one port.
 *            Loops of 8 rounds over words that all stay in memory: code past the decoded-instruction cache loses
 *   before   nothing. Constant time */
PA_INLINE void compress(word s[8], word w[SCHEDULE], pa_hash_ahead ahead)
{
    word before[8];
    const vec_word *k = CONSTANTS;
    uint64_t line = 0;
    copy_state(before, s);
#if VECTOR_BYTES == 32
    word differ = WORD_XOR(s[1], s[2]);
#define STEP(i) round_of_word(s, i, &differ, k + (i), w + (i));
#define EXTEND_AND_STEP(i) round_and_extension(s, i, &differ, k + (i), w + (i));
#else
#define STEP(i) round_once(s, i, WORD_ADD(w[i], EVERY(k[i])));
#define EXTEND_AND_STEP(i)                                                                         \
    STEP(i)                                                                                        \
    w[(i) + 16] = extended(w + (i));                                                               \
    keep_in_memory(&w[(i) + 16]);
#endif
/* In the first 64 rounds. */
#define FETCH(i)                                                                                   \
    if ((i) < LINES / 8) {                                                                         \
        fetch_line(ahead, line++);                                                                 \
    }
#define STEP_AND_EXTEND(i)                                                                         \
    FETCH(i)                                                                                       \
    EXTEND_AND_STEP(i)
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
#undef EXTEND_AND_STEP
#undef STEP
    add_state(s, before);
}

#endif
