/* SPDX-License-Identifier: Apache-2.0 */
/* Rounds of SHA-2 in lanes with AVX2 (FIPS 180-4, 6.2.2 and 6.4.2), 8 or 4 of them, as texts of instructions: 16 registers
 * hold the state, a ^ b, b ^ c and what an order needs that keeps four pipes busy, of which two shift. Compilers put words of the
 * state into memory instead.
 *
 * Zen 4, cycles a round, and a round with a word extended: 9.3 and 15.0 for both widths; floor at four operations a cycle 8.5
 * and 14 (SHA-256), 8.5 and 13.5 (SHA-512). Of some thousand orders at random the best for both widths; in that of the standard
 * 9.9 and 15.9, 15.5. Even where rounds do not depend on each other they take 9.1. Tried and lost there: Sigma_1 of
 * SHA-256 by two operations less, r ^ rotr(e ^ rotr(r, 8), 11) with r = rotr(e, 6), 11.7 (three cycles more from e to e);
 * majority + Sigma_0 first, 10.1; choice as a sum, and e before t1, in C, no gain; two streams, 11.7.
 *
 * Defined by the includer: what vector.h wants; the numbers of sha256_functions.h or sha512_functions.h. */
#ifndef PA_HASH_SHA2_ROUNDS_AVX2_H
#define PA_HASH_SHA2_ROUNDS_AVX2_H

#include "vector.h"

#if WORD_BITS == 32
#define ELEMENT "d"
#define BITS "32"
#else
#define ELEMENT "q"
#define BITS "64"
#endif
#define DIGITS(n) #n
#define NUMBER(n) DIGITS(n)

/* Operands by name, the result last; XOR(x, y, z): z = x ^ y. x of ADD may be memory. */
#define XOR(x, y, z) "vpxor %[" #x "], %[" #y "], %[" #z "]\n\t"
#define AND(x, y, z) "vpand %[" #x "], %[" #y "], %[" #z "]\n\t"
#define ADD(x, y, z) "vpadd" ELEMENT " %[" #x "], %[" #y "], %[" #z "]\n\t"
#define BROADCAST(x, y) "vpbroadcast" ELEMENT " %[" #x "], %[" #y "]\n\t"
#define MOVE(x, y) "vmovdqa %[" #x "], %[" #y "]\n\t"
/* Both shifts that a rotation to the right by n is made of. */
#define RIGHT(x, n, y) "vpsrl" ELEMENT " $" NUMBER(n) ", %[" #x "], %[" #y "]\n\t"
#define LEFT(x, n, y) "vpsll" ELEMENT " $" BITS "-" NUMBER(n) ", %[" #x "], %[" #y "]\n\t"
/* The second rotation of sigma_0: bytes move in SHA-512. */
#if WORD_BITS == 32
#define SECOND_RIGHT(x, y) RIGHT(x, SMALL_0_1, y)
#define SECOND_LEFT(x, y) LEFT(x, SMALL_0_1, y)
#define SECOND(x, y) XOR(x, y, y)
#else
#define SECOND_RIGHT(x, y) ""
#define SECOND_LEFT(x, y) ""
#define SECOND(x, y) "vpshufb %[order], %[" #x "], %[" #y "]\n\t"
#endif

/* clang-format off */

/* h += K + W + choice(e, f, g) + Sigma_1(e), d += h, h += majority(a, b, c) + Sigma_0(a), with majority as b ^ ((a ^ b) & (b ^ c)),
 * of which one factor is the next round's other. `word` puts W to K. */
#define ROUND(word)                                                                                \
    BROADCAST(k, ab) word RIGHT(e, BIG_1_0, t0) LEFT(e, BIG_1_0, t1) RIGHT(e, BIG_1_1, t2)         \
    XOR(t0, t1, t0) RIGHT(e, BIG_1_2, t1) LEFT(e, BIG_1_2, t3) LEFT(e, BIG_1_1, t4)                \
    XOR(t1, t3, t1) XOR(t2, t4, t2) XOR(t0, t2, t0) XOR(t0, t1, t0) XOR(f, g, t1) ADD(h, ab, h)    \
    AND(t1, e, ab) XOR(ab, g, ab) ADD(h, ab, h) XOR(a, b, ab) ADD(h, t0, h) AND(ab, bc, bc)        \
    ADD(d, h, d) XOR(bc, b, bc) LEFT(a, BIG_0_0, t0) RIGHT(a, BIG_0_0, t1) RIGHT(a, BIG_0_1, t2)   \
    LEFT(a, BIG_0_1, t3) XOR(t2, t3, t2) XOR(t1, t0, t0) LEFT(a, BIG_0_2, t1)                      \
    RIGHT(a, BIG_0_2, t3) XOR(t3, t1, t1) XOR(t0, t2, t0) XOR(t0, t1, t0) ADD(h, bc, h)            \
    ADD(h, t0, h)

/* The same, and w16 = sigma_1(w14) + w9 + sigma_0(w1) + w0. */
#define ROUND_AND_EXTENSION                                                                        \
    LEFT(e, BIG_1_0, ab) LEFT(e, BIG_1_1, t0) RIGHT(e, BIG_1_0, t1) RIGHT(e, BIG_1_1, t2)          \
    LEFT(a, BIG_0_1, t3) LEFT(e, BIG_1_2, t4) RIGHT(e, BIG_1_2, t5) XOR(t1, ab, ab)                \
    XOR(t2, t0, t0) LEFT(a, BIG_0_0, t1) XOR(t5, t4, t2) BROADCAST(k, t4) RIGHT(a, BIG_0_0, t5)    \
    XOR(ab, t0, t0) ADD(w0, t4, ab) ADD(h, ab, h) XOR(f, g, ab) AND(ab, e, t4) XOR(a, b, ab)       \
    AND(ab, bc, bc) XOR(t4, g, t4) ADD(h, t4, h) XOR(t0, t2, t0) ADD(h, t0, h)                     \
    RIGHT(a, BIG_0_1, t0) XOR(t5, t1, t1) XOR(bc, b, bc) MOVE(w1, t2) RIGHT(a, BIG_0_2, t4)        \
    XOR(t0, t3, t0) LEFT(a, BIG_0_2, t3) LEFT(t2, SMALL_0_0, t5) XOR(t4, t3, t3) XOR(t1, t0, t0)   \
    ADD(d, h, d) ADD(h, bc, h) XOR(t0, t3, t0) RIGHT(t2, SMALL_0_0, t1) ADD(h, t0, h)              \
    XOR(t1, t5, t0) SECOND_LEFT(t2, t1) RIGHT(t2, SMALL_0_2, t3) SECOND_RIGHT(t2, t2)              \
    SECOND(t2, t1) XOR(t0, t1, t0) MOVE(w14, t1) RIGHT(t1, SMALL_1_0, t2) LEFT(t1, SMALL_1_0, t4)  \
    RIGHT(t1, SMALL_1_1, t5) LEFT(t1, SMALL_1_1, bc) XOR(t2, t4, t2) XOR(t5, bc, t4)               \
    XOR(t2, t4, t2) RIGHT(t1, SMALL_1_2, t1) XOR(t0, t3, t0) XOR(t2, t1, t1) ADD(w0, t0, t0)       \
    ADD(w9, t0, t0) ADD(t0, t1, t0) MOVE(t0, w16)
/* clang-format on */

/* Round i of a run of 8: the eight state words rotate through s instead of being moved. */
#define STATE                                                                                      \
    [h] "+&x"(s[(7 - i) & 7]), [d] "+&x"(s[(3 - i) & 7]), [bc] "+&x"(*differ), [ab] "=&x"(next),   \
        [t0] "=&x"(t0), [t1] "=&x"(t1), [t2] "=&x"(t2), [t3] "=&x"(t3), [t4] "=&x"(t4)
#define OTHERS                                                                                     \
    [a] "x"(s[(0 - i) & 7]), [b] "x"(s[(1 - i) & 7]), [e] "x"(s[(4 - i) & 7]),                     \
        [f] "x"(s[(5 - i) & 7]), [g] "x"(s[(6 - i) & 7]), [k] "m"(*k)

/* *k = W + K. *differ is b ^ c, and then the next round's. */
PA_INLINE void round_of_sum(vec s[8], unsigned i, vec *differ, const vec_word *k)
{
    vec next, t0, t1, t2, t3, t4;
    __asm__(ROUND("") : STATE : OTHERS);
    *differ = next;
}

PA_INLINE void round_of_word(vec s[8], unsigned i, vec *differ, const vec_word *k, const vec *w)
{
    vec next, t0, t1, t2, t3, t4;
    __asm__(ROUND(ADD(w0, ab, ab)) : STATE : OTHERS, [w0] "m"(w[0]));
    *differ = next;
}

/* w[16] too. */
PA_INLINE void round_and_extension(vec s[8], unsigned i, vec *differ, const vec_word *k, vec *w)
{
    vec next, t0, t1, t2, t3, t4, t5;
#if WORD_BITS == 64
    const vec order = _mm256_setr_epi8(PA_EIGHT_BYTES(0, 1), PA_EIGHT_BYTES(8, 1),
                                       PA_EIGHT_BYTES(0, 1), PA_EIGHT_BYTES(8, 1));
#define ORDER , [order] "m"(order)
#else
#define ORDER
#endif
    __asm__(ROUND_AND_EXTENSION
            : STATE, [t5] "=&x"(t5), [w16] "=m"(w[16])
            : OTHERS, [w0] "m"(w[0]), [w1] "m"(w[1]), [w9] "m"(w[9]), [w14] "m"(w[14])ORDER);
#undef ORDER
    *differ = next;
}

#undef STATE
#undef OTHERS
#undef XOR
#undef AND
#undef ADD
#undef BROADCAST
#undef MOVE
#undef RIGHT
#undef LEFT

#endif
