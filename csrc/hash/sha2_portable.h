/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-2 compression, one message, any CPU: what SHA-256 and SHA-512 have alike (FIPS 180-4, 6.2 and 6.4).
 *
 * Defined by the includer: word, its unsigned type; LOAD, a word of big-endian bytes; ROTATE, of a word to the right;
 * ROUNDS and the functions of sha256_functions.h or sha512_functions.h. */
#ifndef PA_HASH_SHA2_PORTABLE_H
#define PA_HASH_SHA2_PORTABLE_H

#include "../core/bytes.h"
#include "kernel.h"

#define XOR3(x, y, z) ((x) ^ (y) ^ (z))
#define SHIFT(x, n) ((x) >> (n))

static inline word choose(word x, word y, word z)
{
    return z ^ (x & (y ^ z));
}

static inline word majority(word x, word y, word z)
{
    /* y ^ z is x ^ y of the round before, where the words rotate: the compiler keeps it. */
    return y ^ ((x ^ y) & (y ^ z));
}

/* Round i of a run of 16: the eight state words rotate through v instead of being moved. */
static inline __attribute__((always_inline)) void round_once(word v[8], unsigned i, word wk)
{
    word a = v[(0 - i) & 7], b = v[(1 - i) & 7], c = v[(2 - i) & 7];
    word e = v[(4 - i) & 7], f = v[(5 - i) & 7], g = v[(6 - i) & 7];
    word t1 = v[(7 - i) & 7] + wk + choose(e, f, g) + BIG_SIGMA_1(e);
    v[(3 - i) & 7] += t1;
    v[(7 - i) & 7] = t1 + (majority(a, b, c) + BIG_SIGMA_0(a));
}

/* w[i] = W_t+16 in place of W_t, i = t mod 16. */
static inline __attribute__((always_inline)) void extend(word w[16], unsigned i)
{
    w[i] += w[(i + 9) & 15] + SMALL_SIGMA_0(w[(i + 1) & 15]) + SMALL_SIGMA_1(w[(i + 14) & 15]);
}

/* Compression of whole blocks into a chaining value.
 *   shapes   h: 8 words, constants: ROUNDS words, data: count blocks of 16 big-endian words
 *   formula  h += ROUNDS rounds over W, W_t = s1(W_t-2) + W_t-7 + s0(W_t-15) + W_t-16, kept as a ring of 16
 *   before   nothing; any alignment. Time depends on count alone */
static inline void compress(word h[8], const word constants[ROUNDS], const uint8_t *data,
                            uint64_t count)
{
    for (; count > 0; count--, data += 16 * sizeof(word)) {
        word w[16];
        word v[8];
        for (unsigned i = 0; i < 16; i++) {
            w[i] = LOAD(data + sizeof(word) * i);
        }
        for (unsigned i = 0; i < 8; i++) {
            v[i] = h[i];
        }
        const word *k = constants;
#define STEP(i) round_once(v, i, w[i] + k[i]);
#define STEP_AND_EXTEND(i) STEP(i) extend(w, i);
        for (; k < constants + ROUNDS - 16; k += 16) {
            PA_SIXTEEN(STEP_AND_EXTEND)
        }
        PA_SIXTEEN(STEP)
#undef STEP_AND_EXTEND
#undef STEP
        for (unsigned i = 0; i < 8; i++) {
            h[i] += v[i];
        }
    }
}

#endif
