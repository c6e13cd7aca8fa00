/* SPDX-License-Identifier: Apache-2.0 */
/* The rounds that BLAKE2b, BLAKE2s and BLAKE3 have alike, for one message or one lane each.
 *
 * Defined by the includer: word, an unsigned integer or a vector of them; ROTATE(x, n), each word to the right;
 * ROTATIONS, its four distances; ROUNDS, 7 to 12; SCHEDULE(r, i), the message word that round r takes in place i. */
#ifndef PA_HASH_BLAKE_ROUNDS_H
#define PA_HASH_BLAKE_ROUNDS_H

#define BLAKE_INLINE static inline __attribute__((always_inline))

/* G of RFC 7693, 3.1, on four words of v. */
BLAKE_INLINE void mix(word v[16], unsigned a, unsigned b, unsigned c, unsigned d, word x, word y)
{
    static const unsigned rotations[4] = ROTATIONS;
    v[a] += v[b] + x;
    v[d] = ROTATE(v[d] ^ v[a], rotations[0]);
    v[c] += v[d];
    v[b] = ROTATE(v[b] ^ v[c], rotations[1]);
    v[a] += v[b] + y;
    v[d] = ROTATE(v[d] ^ v[a], rotations[2]);
    v[c] += v[d];
    v[b] = ROTATE(v[b] ^ v[c], rotations[3]);
}

/* Columns, then diagonals. */
BLAKE_INLINE void round_once(word v[16], const word m[16], unsigned r){
#define STEP(i, a, b, c, d) mix(v, a, b, c, d, m[SCHEDULE(r, 2 * i)], m[SCHEDULE(r, 2 * i + 1)]);
    STEP(0, 0, 4, 8, 12) STEP(1, 1, 5, 9, 13) STEP(2, 2, 6, 10, 14) STEP(3, 3, 7, 11, 15)
        STEP(4, 0, 5, 10, 15) STEP(5, 1, 6, 11, 12) STEP(6, 2, 7, 8, 13) STEP(7, 3, 4, 9, 14)
#undef STEP
}

/* v = all rounds over the message words m. Written out, so that every index is a constant: 6 to 10 KB of code. */
BLAKE_INLINE void blake_rounds(word v[16], const word m[16])
{
    round_once(v, m, 0);
    round_once(v, m, 1);
    round_once(v, m, 2);
    round_once(v, m, 3);
    round_once(v, m, 4);
    round_once(v, m, 5);
    round_once(v, m, 6);
#if ROUNDS >= 10
    round_once(v, m, 7);
    round_once(v, m, 8);
    round_once(v, m, 9);
#endif
#if ROUNDS == 12
    round_once(v, m, 10);
    round_once(v, m, 11);
#endif
}

#endif
