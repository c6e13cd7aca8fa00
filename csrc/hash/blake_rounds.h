/* SPDX-License-Identifier: Apache-2.0 */
/* The rounds that BLAKE2b, BLAKE2s and BLAKE3 have alike, for one message or one lane each.
 *
 * Defined by the includer: WORD_BITS, 32 or 64; word, an unsigned integer or a vector of them; ADD(x, y), XOR(x, y) and
 * ROTATE(x, n), each word to the right; SCHEDULE, which says ROUND(...) once a round: the message word of each of the 16
 * places. */
#ifndef PA_HASH_BLAKE_ROUNDS_H
#define PA_HASH_BLAKE_ROUNDS_H

#define BLAKE_INLINE static inline __attribute__((always_inline))

/* Distances of RFC 7693, 2.1. */
#if WORD_BITS == 32
#define TURN_1 16
#define TURN_2 12
#define TURN_3 8
#define TURN_4 7
#else
#define TURN_1 32
#define TURN_2 24
#define TURN_3 16
#define TURN_4 63
#endif

/* G of RFC 7693, 3.1, on four words of v. The message words are read where they lie, since v takes all registers. */
BLAKE_INLINE void mix(word v[16], unsigned a, unsigned b, unsigned c, unsigned d, const word *x,
                      const word *y)
{
    v[a] = ADD(ADD(v[a], *x), v[b]);
    v[d] = ROTATE(XOR(v[d], v[a]), TURN_1);
    v[c] = ADD(v[c], v[d]);
    v[b] = ROTATE(XOR(v[b], v[c]), TURN_2);
    v[a] = ADD(ADD(v[a], *y), v[b]);
    v[d] = ROTATE(XOR(v[d], v[a]), TURN_3);
    v[c] = ADD(v[c], v[d]);
    v[b] = ROTATE(XOR(v[b], v[c]), TURN_4);
}

/* v = all rounds over the message words m: columns, then diagonals. Written out, so that every index is a constant: 6 to
 * 10 KB of code. */
BLAKE_INLINE void blake_rounds(word v[16], const word m[16])
{
#define ROUND(s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11, s12, s13, s14, s15)                \
    mix(v, 0, 4, 8, 12, &m[s0], &m[s1]);                                                           \
    mix(v, 1, 5, 9, 13, &m[s2], &m[s3]);                                                           \
    mix(v, 2, 6, 10, 14, &m[s4], &m[s5]);                                                          \
    mix(v, 3, 7, 11, 15, &m[s6], &m[s7]);                                                          \
    mix(v, 0, 5, 10, 15, &m[s8], &m[s9]);                                                          \
    mix(v, 1, 6, 11, 12, &m[s10], &m[s11]);                                                        \
    mix(v, 2, 7, 8, 13, &m[s12], &m[s13]);                                                         \
    mix(v, 3, 4, 9, 14, &m[s14], &m[s15]);
    SCHEDULE
#undef ROUND
}

#endif
