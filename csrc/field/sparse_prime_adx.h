/* SPDX-License-Identifier: Apache-2.0 */
/* The fields of P-256 and SM2, one lane, four 64-bit words, for CPUs with MULX and the two carry chains of ADX; numbers in
 * Montgomery form, x 2^256 mod p. Interface: field.h.
 *
 * A value is any number below 2^256, whatever its magnitude. p = -1 mod 2^64, so the lowest word m of a number is cleared by m p,
 * which takes shifts and sums and no more than one product: FE_CLEAR. The file that includes this one defines
 *   FE_PRIME_0 .. 3    the words of p
 *   FE_CLEAR(m, x1, x2, x3)  assembly: m, x1, x2, x3, words from the least significant, plus m p, over 2^64 -> x1, x2, x3, m;
 *                      it may use lo, hi, and rdx, which is what FE_CLEAR_START made it
 *   FE_LESS_PRIME      assembly: r0 .. r3 less p where lo is all ones, not where it is 0; rdx as before
 *   FE_MULTIPLE(q)     the words of q (2^256 - p), modulo 2^256, for a small q of either sign
 *   FE_TOP_TIMES       just above (2^256 - p) / 2^192
 *   FE_UNIT, FE_SQUARE 2^256 and 2^512 modulo p */
#ifndef PA_FIELD_SPARSE_PRIME_ADX_H
#define PA_FIELD_SPARSE_PRIME_ADX_H

#define FE_HAS_FORM
#define FE_FORM_BITS 256
#define FE_HAS_RAW
#define FE_HAS_FACTORS

/* r0 .. r6 and a, the highest word -> r0 .. r3, over 2^256: below 2^256 + p, so p is taken away where that carries. */
#define FE_FOLD                                                                                    \
    FE_CLEAR_START                                                                                 \
    FE_CLEAR("%[r0]", "%[r1]", "%[r2]", "%[r3]")                                                   \
    FE_CLEAR("%[r1]", "%[r2]", "%[r3]", "%[r0]")                                                   \
    FE_CLEAR("%[r2]", "%[r3]", "%[r0]", "%[r1]")                                                   \
    FE_CLEAR("%[r3]", "%[r0]", "%[r1]", "%[r2]")                                                   \
    "addq %[r4], %[r0]\n\tadcq %[r5], %[r1]\n\tadcq %[r6], %[r2]\n\tadcq %[a], %[r3]\n\t"          \
    "sbbq %[lo], %[lo]\n\t" FE_LESS_PRIME

#include "four_words_adx.h"

FE_FN void fe_check(const fe *a, int magnitude)
{
    FE_ASSERT(magnitude >= 1 && magnitude <= FE_MAX_MAG);
    (void)a;
    (void)magnitude;
}

/* Limb i of a magnitude. */
#define FE_LIMB_MAX(magnitude, i) ((magnitude) > 0 && (i) >= 0 ? UINT64_MAX : 0)

#include "four_words_raw_adx.h"

/* q (2^256 - p) for q from FE_LOWEST up. */
#define FE_LOWEST (-10)
static const uint64_t fe_multiples[][4] = {
    FE_MULTIPLE(-10), FE_MULTIPLE(-9), FE_MULTIPLE(-8), FE_MULTIPLE(-7), FE_MULTIPLE(-6),
    FE_MULTIPLE(-5),  FE_MULTIPLE(-4), FE_MULTIPLE(-3), FE_MULTIPLE(-2), FE_MULTIPLE(-1),
    FE_MULTIPLE(0),   FE_MULTIPLE(1),  FE_MULTIPLE(2),  FE_MULTIPLE(3),  FE_MULTIPLE(4),
    FE_MULTIPLE(5),   FE_MULTIPLE(6),  FE_MULTIPLE(7),  FE_MULTIPLE(8),  FE_MULTIPLE(9),
    FE_MULTIPLE(10),  FE_MULTIPLE(11), FE_MULTIPLE(12), FE_MULTIPLE(13), FE_MULTIPLE(14),
    FE_MULTIPLE(15),  FE_MULTIPLE(16), FE_MULTIPLE(17), FE_MULTIPLE(18), FE_MULTIPLE(19),
    FE_MULTIPLE(20),  FE_MULTIPLE(21), FE_MULTIPLE(22), FE_MULTIPLE(23), FE_MULTIPLE(24),
    FE_MULTIPLE(25),  FE_MULTIPLE(26), FE_MULTIPLE(27), FE_MULTIPLE(28), FE_MULTIPLE(29),
    FE_MULTIPLE(30),  FE_MULTIPLE(31), FE_MULTIPLE(32),
};

/* r = a, its top word between -9 and 31, in one step: a - q p is in [0, 2^256) for q = top, but where that plus top (2^256 - p)
 * carries or goes below 0 for q one further, up or down. The highest word tells, with a margin: too early a step does no harm, as
 * 2^256 - p is 2^32 of its units. */
FE_ASM void fe_fold(fe *r, const fe_raw *a)
{
    uint64_t r0 = a->word[0], r1 = a->word[1], r2 = a->word[2], r3 = a->word[3];
    uint64_t margin = (uint64_t)a->top * FE_TOP_TIMES;
    int64_t q = a->top + (a->top >> 63);
    __asm__("addq %[r3], %[margin]\n\tadcq $0, %[q]"
            : [q] "+&r"(q), [margin] "+&r"(margin)
            : [r3] "r"(r3)
            : "cc");
    FE_ASSERT(q >= FE_LOWEST && q <= 32);
    const uint64_t *multiple = fe_multiples[q - FE_LOWEST];
    __asm__(
        "addq %[m0], %[r0]\n\tadcq %[m1], %[r1]\n\tadcq %[m2], %[r2]\n\tadcq %[m3], %[r3]"
        : [r0] "+&r"(r0), [r1] "+&r"(r1), [r2] "+&r"(r2), [r3] "+&r"(r3)
        : [m0] "m"(multiple[0]), [m1] "m"(multiple[1]), [m2] "m"(multiple[2]), [m3] "m"(multiple[3])
        : "cc");
    *r = (fe){{r0, r1, r2, r3}};
}

FE_ASM void fe_raw_carry(fe *r, const fe_raw *a, int m, unsigned int k)
{
    fe_raw t;
    fe_raw_times(&t, a, m, k);
    fe_fold(r, &t);
}

FE_ASM void fe_add(fe *r, const fe *a, const fe *b)
{
    fe_raw t, u;
    fe_raw_from(&t, a);
    fe_raw_from(&u, b);
    fe_raw_add(&t, &t, &u);
    fe_fold(r, &t);
}

FE_ASM void fe_sub(fe *r, const fe *a, const fe *b, int m)
{
    fe_raw t, u;
    fe_check(b, m);
    fe_raw_from(&t, a);
    fe_raw_from(&u, b);
    fe_raw_sub(&t, &t, &u, 1);
    fe_fold(r, &t);
}

FE_ASM void fe_neg(fe *r, const fe *a, int m)
{
    const fe zero = {{0, 0, 0, 0}};
    fe_sub(r, &zero, a, m);
}

FE_ASM void fe_mul_small(fe *r, const fe *a, unsigned int k)
{
    FE_ASSERT(k >= 1 && k <= FE_MAX_MAG);
    if (k == 2) {
        fe_add(r, a, a);
        return;
    }
    fe_raw t;
    pa_u128 sum = 0;
    for (int i = 0; i < 4; i++) {
        sum += (pa_u128)a->word[i] * k;
        t.word[i] = (uint64_t)sum;
        sum >>= 64;
    }
    t.top = (int64_t)sum;
    fe_fold(r, &t);
}

FE_FN void fe_carry(fe *r, const fe *a)
{
    *r = *a;
}

FE_FN void fe_place(fe *r, uint64_t w0, uint64_t w1, uint64_t w2, uint64_t w3)
{
    *r = (fe){{w0, w1, w2, w3}};
}

/* 0 or p. */
FE_FN mask fe_is_zero(const fe *a)
{
    const uint64_t *w = a->word;
    const uint64_t not_p =
        (w[0] ^ FE_PRIME_0) | (w[1] ^ FE_PRIME_1) | (w[2] ^ FE_PRIME_2) | (w[3] ^ FE_PRIME_3);
    return mask_word_is_zero(w[0] | w[1] | w[2] | w[3]) | mask_word_is_zero(not_p);
}

#include "sparse_prime_one_lane.h"

FE_FN void fe_canonical(uint64_t word[4], const fe *a)
{
    fe_words_below(word, a->word);
}

/* x 2^260 times 2^252. */
FE_FN void fe_from_table(fe *r, const fe *a)
{
    fe factor;
    fe_place(&factor, 0, 0, 0, UINT64_C(1) << 60);
    fe_mul(r, a, &factor);
}

#endif
