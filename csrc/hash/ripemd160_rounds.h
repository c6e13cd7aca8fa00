/* SPDX-License-Identifier: Apache-2.0 */
/* RIPEMD-160 compression, one text for a word and for a vector of words. Dobbertin, Bosselaers, Preneel: RIPEMD-160, a
 * strengthened version of RIPEMD, 1996.
 *
 * Defined by the includer: word, its type; ADD; ROTATE to the left by a literal; EVERY, a word or all its lanes from an
 * integer; ADD_MIX_0 ... ADD_MIX_4(sum, x, y, z), sum plus the paper's nonlinear functions x ^ y ^ z, x ? y : z,
 * (x | ~y) ^ z, z ? x : y, x ^ (y | ~z), but 1 more for the third and the last where SHORT is -1: adding ~m is to
 * subtract m + 1, and subtracting m alone spares the complement. x is the word made last: what of y and z can be done before it,
 * is. LEFT and RIGHT(round, mix) where constants do not stand in the code; FORGET_WORDS, before each step. */
#ifndef PA_HASH_RIPEMD160_ROUNDS_H
#define PA_HASH_RIPEMD160_ROUNDS_H

#include "kernel.h"

/* step(i, left word, left rotation, right word, right rotation): message word and rotation of step i in both lines
 * (appendix A). The word orders are powers of rho, applied on the right to 9 i + 5 mod 16; a rotation belongs to its word. */
/* clang-format off */
#define ROUND_0(step)                                                                              \
    step(0, 0, 11, 5, 8) step(1, 1, 14, 14, 9) step(2, 2, 15, 7, 9) step(3, 3, 12, 0, 11)          \
    step(4, 4, 5, 9, 13) step(5, 5, 8, 2, 15) step(6, 6, 7, 11, 15) step(7, 7, 9, 4, 5)            \
    step(8, 8, 11, 13, 7) step(9, 9, 13, 6, 7) step(10, 10, 14, 15, 8) step(11, 11, 15, 8, 11)     \
    step(12, 12, 6, 1, 14) step(13, 13, 7, 10, 14) step(14, 14, 9, 3, 12) step(15, 15, 8, 12, 6)

#define ROUND_1(step)                                                                              \
    step(16, 7, 7, 6, 9) step(17, 4, 6, 11, 13) step(18, 13, 8, 3, 15) step(19, 1, 13, 7, 7)       \
    step(20, 10, 11, 0, 12) step(21, 6, 9, 13, 8) step(22, 15, 7, 5, 9) step(23, 3, 15, 10, 11)    \
    step(24, 12, 7, 14, 7) step(25, 0, 12, 15, 7) step(26, 9, 15, 8, 12) step(27, 5, 9, 12, 7)     \
    step(28, 2, 11, 4, 6) step(29, 14, 7, 9, 15) step(30, 11, 13, 1, 13) step(31, 8, 12, 2, 11)

#define ROUND_2(step)                                                                              \
    step(32, 3, 11, 15, 9) step(33, 10, 13, 5, 7) step(34, 14, 6, 1, 15) step(35, 4, 7, 3, 11)     \
    step(36, 9, 14, 7, 8) step(37, 15, 9, 14, 6) step(38, 8, 13, 6, 6) step(39, 1, 15, 9, 14)      \
    step(40, 2, 14, 11, 12) step(41, 7, 8, 8, 13) step(42, 0, 13, 12, 5) step(43, 6, 6, 2, 14)     \
    step(44, 13, 5, 10, 13) step(45, 11, 12, 0, 13) step(46, 5, 7, 4, 7) step(47, 12, 5, 13, 5)

#define ROUND_3(step)                                                                              \
    step(48, 1, 11, 8, 15) step(49, 9, 12, 6, 5) step(50, 11, 14, 4, 8) step(51, 10, 15, 1, 11)    \
    step(52, 0, 14, 3, 14) step(53, 8, 15, 11, 14) step(54, 12, 9, 15, 6) step(55, 4, 8, 0, 14)    \
    step(56, 13, 9, 5, 6) step(57, 3, 14, 12, 9) step(58, 7, 5, 2, 12) step(59, 15, 6, 13, 9)      \
    step(60, 14, 8, 9, 12) step(61, 5, 6, 7, 5) step(62, 6, 5, 10, 15) step(63, 2, 12, 14, 8)

#define ROUND_4(step)                                                                              \
    step(64, 4, 9, 12, 8) step(65, 0, 15, 15, 5) step(66, 5, 5, 10, 12) step(67, 9, 11, 4, 9)      \
    step(68, 7, 6, 1, 12) step(69, 12, 8, 5, 5) step(70, 2, 13, 8, 14) step(71, 10, 12, 7, 6)      \
    step(72, 14, 5, 6, 8) step(73, 1, 12, 2, 13) step(74, 3, 13, 13, 6) step(75, 8, 14, 14, 5)     \
    step(76, 11, 11, 0, 15) step(77, 6, 8, 3, 13) step(78, 15, 5, 9, 11) step(79, 13, 6, 11, 11)
/* clang-format on */

/* floor(2^30 times the square roots (left) and cube roots (right) of 2, 3, 5, 7). */
static const uint32_t left_constant[5] = {0, 0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xa953fd4e};
static const uint32_t right_constant[5] = {0x50a28be6, 0x5c4dd124, 0x6d703ef3, 0x7a6d76e9, 0};

/* Step i of a line: (a, b, c, d, e) -> (e, rot(a + mix(b, c, d) + x + k, s) + e, b, rot(c, 10), d); the words rotate
 * through v instead of being moved. */
#define LINE(v, i, mix, x, k, s)                                                                   \
    v[(80 - (i)) % 5] =                                                                            \
        ADD(ROTATE(ADD_MIX_##mix(ADD(v[(80 - (i)) % 5], ADD(x, k)), v[(81 - (i)) % 5],             \
                                 v[(82 - (i)) % 5], v[(83 - (i)) % 5]),                            \
                   s),                                                                             \
            v[(84 - (i)) % 5]);                                                                    \
    v[(82 - (i)) % 5] = ROTATE(v[(82 - (i)) % 5], 10);
#define SHORT_0 0
#define SHORT_1 0
#define SHORT_2 SHORT
#define SHORT_3 0
#define SHORT_4 SHORT

/* Where the constants of a round stand; of an includer that has none of its own, in the code. */
#ifndef LEFT
#define LEFT(round, mix) EVERY(left_constant[round] + SHORT_##mix)
#define RIGHT(round, mix) EVERY(right_constant[round] + SHORT_##mix)
#endif

#ifndef FORGET_WORDS
#define FORGET_WORDS
#endif

/* The right line takes the functions from the last to the first. */
#define BOTH(round, left_mix, right_mix, i, lw, ls, rw, rs)                                        \
    FORGET_WORDS                                                                                   \
    LINE(l, i, left_mix, x[lw], LEFT(round, left_mix), ls)                                         \
    LINE(r, i, right_mix, x[rw], RIGHT(round, right_mix), rs)
#define STEP_0(i, lw, ls, rw, rs) BOTH(0, 0, 4, i, lw, ls, rw, rs)
#define STEP_1(i, lw, ls, rw, rs) BOTH(1, 1, 3, i, lw, ls, rw, rs)
#define STEP_2(i, lw, ls, rw, rs) BOTH(2, 2, 2, i, lw, ls, rw, rs)
#define STEP_3(i, lw, ls, rw, rs) BOTH(3, 3, 1, i, lw, ls, rw, rs)
#define STEP_4(i, lw, ls, rw, rs) BOTH(4, 4, 0, i, lw, ls, rw, rs)

/* One block into the state.
 *   shapes   h: 5 words, x: the 16 words of the block, and what LEFT and RIGHT want
 *   formula  two lines of 80 steps over the same 16 words, added crosswise into the state
 *   before   nothing. Constant time */
static inline __attribute__((always_inline)) void compress(word h[5], const word *x)
{
    word l[5] = {h[0], h[1], h[2], h[3], h[4]};
    word r[5] = {h[0], h[1], h[2], h[3], h[4]};
    ROUND_0(STEP_0)
    ROUND_1(STEP_1)
    ROUND_2(STEP_2)
    ROUND_3(STEP_3)
    ROUND_4(STEP_4)
    word t = ADD(h[1], ADD(l[2], r[3]));
    h[1] = ADD(h[2], ADD(l[3], r[4]));
    h[2] = ADD(h[3], ADD(l[4], r[0]));
    h[3] = ADD(h[4], ADD(l[0], r[1]));
    h[4] = ADD(h[0], ADD(l[1], r[2]));
    h[0] = t;
}

#endif
