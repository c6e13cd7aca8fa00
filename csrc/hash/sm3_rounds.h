/* SPDX-License-Identifier: Apache-2.0 */
/* Rounds and schedule of SM3 (GB/T 32905-2016, 5.3), one text for a word and for a vector of words.
 *
 * Defined by the includer: word, its type; ADD, XOR, XOR3, CHOOSE (x ? y : z), MAJORITY of words; ROTATE to the left;
 * ROTATE_8_MORE, by 8 more than n, where a rotation by whole bytes may be cheaper than one of its own;
 * EVERY, a word or all its lanes from an integer. */
#ifndef PA_HASH_SM3_ROUNDS_H
#define PA_HASH_SM3_ROUNDS_H

#include "kernel.h"

/* T_j rotated left by j, j < 16 and j >= 16: the constants as the rounds want them. */
#define ROTATED(t, j) ((uint32_t)((uint64_t)(t) << ((j) & 31) | (uint64_t)(t) >> (32 - ((j) & 31))))
#define EIGHT(t, j)                                                                                \
    ROTATED(t, j), ROTATED(t, (j) + 1), ROTATED(t, (j) + 2), ROTATED(t, (j) + 3),                  \
        ROTATED(t, (j) + 4), ROTATED(t, (j) + 5), ROTATED(t, (j) + 6), ROTATED(t, (j) + 7)
static const uint32_t constants[64] = {
    EIGHT(0x79cc4519, 0),  EIGHT(0x79cc4519, 8),  EIGHT(0x7a879d8a, 16), EIGHT(0x7a879d8a, 24),
    EIGHT(0x7a879d8a, 32), EIGHT(0x7a879d8a, 40), EIGHT(0x7a879d8a, 48), EIGHT(0x7a879d8a, 56),
};
#undef EIGHT
#undef ROTATED

/* P0 (n = 9) and P1 (n = 15). */
#define DIFFUSE(x, n) XOR3(x, ROTATE(x, n), ROTATE_8_MORE(x, n))

/* Round j of a run of 4: the eight state words rotate through s instead of being moved (C and G rotate by 9 and 19
 * when they are passed on, here as B and F). wx = W_j ^ W_j+4; early: j < 16, whose Boolean functions are linear. The order is
 * that of the text: the longest path first, and what does not wait between its links. */
static inline __attribute__((always_inline)) void round_once(word s[8], unsigned j, uint32_t t,
                                                             word w, word wx, bool early)
{
    word *a = &s[(0 - j) & 3], *b = &s[(1 - j) & 3], *c = &s[(2 - j) & 3], *d = &s[(3 - j) & 3];
    word *e = &s[4 + ((0 - j) & 3)], *f = &s[4 + ((1 - j) & 3)];
    word *g = &s[4 + ((2 - j) & 3)], *h = &s[4 + ((3 - j) & 3)];
    const word b_now = *b, f_now = *f;
    const word a12 = ROTATE(*a, 12);
    const word d_wx = ADD(*d, wx);
    const word e_a12 = ADD(*e, ADD(a12, EVERY(t)));
    *b = ROTATE(b_now, 9);
    const word ss1 = ROTATE(e_a12, 7);
    *f = ROTATE(f_now, 19);
    const word h_w = ADD(*h, w);
    const word ff = early ? XOR3(*a, b_now, *c) : MAJORITY(*a, b_now, *c);
    const word gg = early ? XOR3(*e, f_now, *g) : CHOOSE(*e, f_now, *g);
    const word ss2 = XOR(ss1, a12);
    const word tt2 = ADD(ADD(h_w, gg), ss1);
    *d = ADD(ADD(d_wx, ff), ss2);
    *h = DIFFUSE(tt2, 9);
}

/* W_j+16 of W_j, W_j+3, W_j+7, W_j+10, W_j+13. */
static inline __attribute__((always_inline)) word next_word(word w, word w3, word w7, word w10,
                                                            word w13)
{
    word x = XOR3(w, w7, ROTATE(w13, 15));
    return XOR3(DIFFUSE(x, 15), ROTATE(w3, 7), w10);
}

#endif
