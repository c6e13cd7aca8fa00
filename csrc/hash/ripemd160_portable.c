/* SPDX-License-Identifier: Apache-2.0 */
/* RIPEMD-160, one message, any CPU. Dobbertin, Bosselaers, Preneel: RIPEMD-160, a strengthened version of RIPEMD, 1996. */
#include "../core/bytes.h"
#include "kernel.h"

/* Message word of each step, left and right line, and its rotation (appendix A of the paper). The word orders are
 * powers of rho, applied on the right to 9 i + 5 mod 16; rotations belong to the word: shift[round][word]. */
static const uint8_t left_word[80] = {
    0,  1, 2,  3, 4,  5,  6, 7,  8, 9,  10, 11, 12, 13, 14, 15, 7,  4,  13, 1,
    10, 6, 15, 3, 12, 0,  9, 5,  2, 14, 11, 8,  3,  10, 14, 4,  9,  15, 8,  1,
    2,  7, 0,  6, 13, 11, 5, 12, 1, 9,  11, 10, 0,  8,  12, 4,  13, 3,  7,  15,
    14, 5, 6,  2, 4,  0,  5, 9,  7, 12, 2,  10, 14, 1,  3,  8,  11, 6,  15, 13,
};
static const uint8_t right_word[80] = {
    5,  14, 7,  0,  9,  2,  11, 4,  13, 6, 15, 8, 1,  10, 3,  12, 6, 11, 3, 7,
    0,  13, 5,  10, 14, 15, 8,  12, 4,  9, 1,  2, 15, 5,  1,  3,  7, 14, 6, 9,
    11, 8,  12, 2,  10, 0,  4,  13, 8,  6, 4,  1, 3,  11, 15, 0,  5, 12, 2, 13,
    9,  7,  10, 14, 12, 15, 10, 4,  1,  5, 8,  7, 6,  2,  13, 14, 0, 3,  9, 11,
};
static const uint8_t shift[80] = {
    11, 14, 15, 12, 5,  8,  7,  9,  11, 13, 14, 15, 6,  7,  9,  8,  12, 13, 11, 15,
    6,  9,  9,  7,  12, 15, 11, 13, 7,  8,  7,  7,  13, 15, 14, 11, 7,  7,  6,  8,
    13, 14, 13, 12, 5,  5,  6,  9,  14, 11, 12, 14, 8,  6,  5,  5,  15, 12, 15, 14,
    9,  9,  8,  6,  15, 12, 13, 13, 9,  5,  8,  6,  14, 11, 12, 11, 8,  6,  5,  5,
};

/* floor(2^30 times the square roots (left) and cube roots (right) of 2, 3, 5, 7). */
static const uint32_t left_constant[5] = {0, 0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xa953fd4e};
static const uint32_t right_constant[5] = {0x50a28be6, 0x5c4dd124, 0x6d703ef3, 0x7a6d76e9, 0};

/* Nonlinear function of round i; the right line takes them from the last to the first. */
static inline uint32_t mix(unsigned i, uint32_t x, uint32_t y, uint32_t z)
{
    switch (i) {
    case 0:
        return x ^ y ^ z;
    case 1:
        return (x & y) | (~x & z);
    case 2:
        return (x | ~y) ^ z;
    case 3:
        return (x & z) | (y & ~z);
    default:
        return x ^ (y | ~z);
    }
}

/* One step of a line: v = (a, b, c, d, e) -> (e, rot(a + f + x + k, s) + e, b, rot(c, 10), d). */
static inline void step(uint32_t v[5], uint32_t f, uint32_t x, uint32_t k, unsigned s)
{
    uint32_t t = pa_rotl32(v[0] + f + x + k, s) + v[4];
    v[0] = v[4];
    v[4] = v[3];
    v[3] = pa_rotl32(v[2], 10);
    v[2] = v[1];
    v[1] = t;
}

/* The 16 steps of one round in both lines. Inlined with a constant round, so that mix costs no branch. */
static inline __attribute__((always_inline)) void round_once(uint32_t l[5], uint32_t r[5],
                                                             const uint32_t x[16], unsigned round)
{
    const uint8_t *s = shift + 16 * round;
    for (unsigned j = 16 * round; j < 16 * round + 16; j++) {
        unsigned lw = left_word[j], rw = right_word[j];
        step(l, mix(round, l[1], l[2], l[3]), x[lw], left_constant[round], s[lw]);
        step(r, mix(4 - round, r[1], r[2], r[3]), x[rw], right_constant[round], s[rw]);
    }
}

/* RIPEMD-160 compression.
 *   shapes   state: 5 words, data: count * 64 bytes
 *   formula  two lines of 80 steps over the same 16 words, added crosswise into the state
 *   before   nothing; any alignment. Time depends on count alone */
static void ripemd160_blocks_portable(pa_hash_state *state, const uint8_t *data, uint64_t count)
{
    uint32_t *h = state->word;
    for (; count > 0; count--, data += 64) {
        uint32_t x[16];
        uint32_t l[5] = {h[0], h[1], h[2], h[3], h[4]};
        uint32_t r[5] = {h[0], h[1], h[2], h[3], h[4]};
        for (unsigned i = 0; i < 16; i++) {
            x[i] = pa_load_le32(data + 4 * i);
        }
        round_once(l, r, x, 0);
        round_once(l, r, x, 1);
        round_once(l, r, x, 2);
        round_once(l, r, x, 3);
        round_once(l, r, x, 4);
        uint32_t t = h[1] + l[2] + r[3];
        h[1] = h[2] + l[3] + r[4];
        h[2] = h[3] + l[4] + r[0];
        h[3] = h[4] + l[0] + r[1];
        h[4] = h[0] + l[1] + r[2];
        h[0] = t;
    }
}

const struct pa_hash_single pa_ripemd160_portable = {ripemd160_blocks_portable, 600};
