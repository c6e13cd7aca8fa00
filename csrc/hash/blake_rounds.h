/* SPDX-License-Identifier: Apache-2.0 */
/* The rounds that BLAKE2b, BLAKE2s and BLAKE3 have alike, for one message or one lane each.
 *
 * Defined by the includer: WORD_BITS, 32 or 64; word, an unsigned integer or a vector of them; ADD(x, y), XOR(x, y) and
 * ROTATE(x, n), each word to the right; SCHEDULE, which says ROUND(...) once a round: the message word of each of the 16
 * places. */
#ifndef PA_HASH_BLAKE_ROUNDS_H
#define PA_HASH_BLAKE_ROUNDS_H

#include <stdint.h>

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

BLAKE_INLINE void mix_four(word v[16], const word m[16], const uint8_t s[8], unsigned turn)
{
    mix(v, 0, 4 + turn, 8 + 2 * turn, 12 + 3 * turn, &m[s[0]], &m[s[1]]);
    mix(v, 1, 5 + turn, 9 + 2 * turn, 13 - turn, &m[s[2]], &m[s[3]]);
    mix(v, 2, 6 + turn, 10 - 2 * turn, 14 - turn, &m[s[4]], &m[s[5]]);
    mix(v, 3, 7 - 3 * turn, 11 - 2 * turn, 15 - turn, &m[s[6]], &m[s[7]]);
}

/* v = all rounds over the message words m: columns, then diagonals (turn 1). Written out, so that every index is a constant:
 * 6 to 10 KB of code. */
BLAKE_INLINE void blake_rounds(word v[16], const word m[16], word *next, pa_hash_ahead then,
                               pa_hash_ahead ahead)
{
    (void)ahead;
#if GATHERS_AHEAD
    load_words(next, then.lane, then.at, 16);
#else
    (void)next;
    (void)then;
#endif
#define ROUND(s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11, s12, s13, s14, s15)                \
    mix_four(v, m, (const uint8_t[8]){s0, s1, s2, s3, s4, s5, s6, s7}, 0);                         \
    mix_four(v, m, (const uint8_t[8]){s8, s9, s10, s11, s12, s13, s14, s15}, 1);
    SCHEDULE
#undef ROUND
}

#endif
