/* SPDX-License-Identifier: Apache-2.0 */
/* The field of secp256k1, p = 2^256 - 2^32 - 977, with AVX-512 IFMA, in groups of 8 lanes: five limbs of 52 bits in 64-bit
 * words. Interface: field.h; what it shares with other fields: eight_lanes_avx512ifma.h,
 * ten_columns_avx512ifma.h.
 *
 * A value of magnitude m is sum of limb[i] 2^(52 i), limbs 0 .. 3 <= m (2^52 - 1), limb 4 <= m (2^48 + 2^12). The multiplier
 * takes the low 52 bits of a word as they are, so that a factor has to have magnitude 1, and carries run from limb 0 to limb
 * 4 in full: carried in parallel, a limb could end at 2^52. What stands above 2^256 is folded before that, so that the last
 * carry ends in limb 4, which has room for it. Encodings are big-endian.
 *
 * Limits, cycles of 8 lanes on Zen 4 (a multiply-add a cycle and another operation beside it):
 *             multiply-adds        others   reached, independent, gcc 12 / clang 14   in a chain   two chains side by side
 *   fe_mul    50, 12 of the fold   24       64 / 62                                   86           63
 *   fe_sqr    30, 12               33       50 / 48                                   66           48
 * Loops of as many operations of each kind that do not wait for each other do reach 62 and 42. Products nearly do here too;
 * squares have as many carries beside fewer products. It is not the order: of 120 in which a model of the pipes is full, two
 * squares side by side took 93 at best, 96 as gcc has them. As factors (their low bits not cut out) they take 92.
 * Tried and lost: products by rows, by columns and from the top, and squares by halves, all within 1; doubling by a shift, 0.5
 * to 1, as only two ports shift, one of which multiplies. Counted and left: the fold's 2^32 by shifts and 977 by a product of 64
 * bits, 5 multiply-adds less and 30 others more; mixed products as products of differences, 20 less and 80 more. */
#ifndef PA_FIELD_SECP256K1_AVX512IFMA_H
#define PA_FIELD_SECP256K1_AVX512IFMA_H

#include <stdint.h>

#define FE_PRIME_0 (0 - FE_FOLD_256)
#define FE_PRIME_1 UINT64_MAX
#define FE_PRIME_2 UINT64_MAX
#define FE_PRIME_3 UINT64_MAX

#define FE_FOLD_256 UINT64_C(0x1000003d1)  /* 2^256 mod p */
#define FE_FOLD_260 UINT64_C(0x1000003d10) /* 2^260 mod p */

#define FE_LIMB_MAX(magnitude, i)                                                                  \
    ((uint64_t)(magnitude) * ((i) < 4 ? FE_LOW_52 : FE_LOW_48 + 1 + (UINT64_C(1) << 12)))

/* Limbs 0 .. 3 of a factor may have anything above 52 bits, which is not theirs; limb 4 what fe_sub_norm leaves, 2 p and a
 * value of magnitude 1. */
#define FE_FACTOR_MAX(i) ((i) < 4 ? UINT64_MAX : 3 * (FE_LOW_48 + 1) + (UINT64_C(1) << 13))

/* k times 2^52 - FE_FOLD_256, 2^52 - 1 thrice, 2^48 - 1: at least (k - 1) times the bounds above for k < 2^17. */
#define FE_MULTIPLE(k, i) ((k) * FE_P_LIMB(i))

/* At most 16 m 2^52, the last column 10 m 2^44. */
#define FE_COLUMN_MAX(m, i) ((int64_t)(m) * ((i) < 9 ? 16 : 10) << ((i) < 9 ? 52 : 44))

#include "ten_columns_avx512ifma.h"

/* r = words, limb by limb, of which none is negative; limbs 0 .. 3 below 2^62, what is above 2^256 folded but for the carry
 * out of limb 3, below 2^10. */
FE_INLINE void fe_group_carry_up(fe_group *r, const __m512i word[5])
{
    const __m512i low = fe_word_all(FE_LOW_52);
    __m512i sum = word[0];
    FE_UNROLL for (int i = 0; i < 4; i++)
    {
        r->limb[i] = fe_word_and(sum, low);
        sum = fe_word_add(word[i + 1], fe_word_shr(sum, 52));
    }
    r->limb[4] = sum;
}

/* r = words, each below 2^62: what is above 2^256 is below 2^14, so its multiple of FE_FOLD_256 below 2^47. */
FE_INLINE void fe_group_carry(fe_group *r, const __m512i word[5])
{
    const __m512i over = fe_word_shr(word[4], 48);
    const __m512i t[5] = {_mm512_madd52lo_epu64(word[0], over, fe_word_all(FE_FOLD_256)), word[1],
                          word[2], word[3], fe_word_and(word[4], fe_word_all(FE_LOW_48))};
    fe_group_carry_up(r, t);
}

/* r = k times the columns.
 * Columns 5 .. 9, h 2^260 in all, are carried upwards, which leaves their low 52 bits as factors, and come back as h k
 * FE_FOLD_260. Column 9 is below 2^52 then, so what that leaves in column 5 below 2^38, and with what column 4 has above
 * 2^256, all that is to be folded once more, below 2^43. Columns 0 .. 3 let go less than 2^11 each, so that limb 4 ends below
 * 2^48 + 2^11.
 * Columns of differences may be negative: shifts keep signs, and 2^519 and 2^268, less what they are modulo p, are added, and
 * 2^216 moved from column 4 to column 3, so that none of columns 9, 4 and 3 is below 0 where it matters. Columns 0 .. 2 may:
 * their low 52 bits and what is left above those are a number's in twos complement. */
#define FE_LIFT_FOLD (8 * (FE_FOLD_256 * 0x3d10 + (FE_FOLD_256 << 36 & FE_LOW_52)))
FE_INLINE void fe_group_fold(fe_group *r, const __m512i column[10], int m, unsigned int k,
                             int differences, int factor)
{
    const __m512i fold = fe_word_all(k * FE_FOLD_260), fold_256 = fe_word_all(FE_FOLD_256);
    const __m512i low = fe_word_all(FE_LOW_52);
    __m512i c[10], over = _mm512_setzero_si512();
    (void)m;
    FE_UNROLL for (int i = 0; i < 10; i++)
    {
        c[i] = i < 5 ? fe_word_times(column[i], k) : column[i];
    }
    if (differences) {
        /* 2^519 = 8 FE_FOLD_260 FE_FOLD_256 mod p */
        c[9] = fe_word_add(c[9], fe_word_all(UINT64_C(1) << 51));
        c[4] = fe_word_add(c[4], fe_word_all((UINT64_C(1) << 60) - (UINT64_C(1) << 8)));
        c[3] = fe_word_add(c[3], fe_word_all(UINT64_C(1) << 60));
        c[1] = fe_word_sub(c[1], fe_word_all(8 * k * (FE_FOLD_256 >> 16)));
        c[0] = fe_word_sub(c[0], fe_word_all(k * FE_LIFT_FOLD + (FE_FOLD_256 << 12)));
    }
    FE_UNROLL for (int i = 5; i < 9; i++)
    {
        c[i + 1] = fe_word_add(c[i + 1],
                               differences ? _mm512_srai_epi64(c[i], 52) : fe_word_shr(c[i], 52));
    }
    over = _mm512_madd52hi_epu64(over, c[9], fold);
    c[4] = _mm512_madd52lo_epu64(c[4], c[9], fold);
    FE_UNROLL for (int i = 3; i >= 0; i--)
    {
        c[i + 1] = _mm512_madd52hi_epu64(c[i + 1], c[i + 5], fold);
        c[i] = _mm512_madd52lo_epu64(c[i], c[i + 5], fold);
    }
    over = fe_word_add(fe_word_shl(over, 4), fe_word_shr(c[4], 48));
    c[4] = fe_word_and(c[4], fe_word_all(FE_LOW_48));
    c[0] = _mm512_madd52lo_epu64(c[0], over, fold_256);
    c[1] = _mm512_madd52hi_epu64(c[1], over, fold_256);
    FE_UNROLL for (int i = 0; i < 4; i++)
    {
        r->limb[i] = factor ? c[i] : fe_word_and(c[i], low);
        c[i + 1] = fe_word_add(c[i + 1],
                               differences ? _mm512_srai_epi64(c[i], 52) : fe_word_shr(c[i], 52));
    }
    r->limb[4] = c[4];
}

FE_INLINE void fe_settle(fe *r, const fe *a)
{
    FE_EACH_GROUP
    {
        FE_EACH_LIMB
        {
            r->group[g].limb[i] = i < 4 ? fe_word_and(a->group[g].limb[i], fe_word_all(FE_LOW_52))
                                        : a->group[g].limb[i];
        }
    }
    fe_check(r, 1);
}

/* a - b, lifted by 2 p, signs kept on the way; not folded: limb 4 ends below FE_FACTOR_MAX(4). */
FE_INLINE void fe_sub_norm(fe *r, const fe *a, const fe *b)
{
    fe_check(a, 1);
    fe_check(b, 1);
    FE_EACH_GROUP
    {
        __m512i sum = fe_word_all(0 - 2 * FE_FOLD_256);
        FE_EACH_LIMB
        {
            sum = fe_word_add(sum, fe_word_sub(a->group[g].limb[i], b->group[g].limb[i]));
            r->group[g].limb[i] = sum;
            sum = i < 3 ? _mm512_srai_epi64(sum, 52)
                        : fe_word_add(_mm512_srai_epi64(sum, 52), fe_word_all(FE_LOW_48 * 2 + 2));
        }
    }
    fe_check_factor(r);
}

/* Once carried, a < 2^256 + 2^221 < 2 p, so it is a or a - p; a >= p exactly when a + FE_FOLD_256 reaches 2^256. */
FE_FN void fe_group_canonical(__m512i limb[5], const fe_group *a)
{
    const __m512i low = fe_word_all(FE_LOW_52);
    fe_group t, raised;
    fe_group_check(a, FE_MAX_MAG);
    fe_group_carry(&t, a->limb);
    raised = t;
    raised.limb[0] = fe_word_add(t.limb[0], fe_word_all(FE_FOLD_256));
    fe_group_carry_up(&raised, raised.limb);
    const __m512i over = fe_word_shr(raised.limb[4], 48);
    __m512i carry = _mm512_madd52lo_epu64(_mm512_setzero_si512(), over, fe_word_all(FE_FOLD_256));
    FE_EACH_LIMB
    {
        carry = fe_word_add(t.limb[i], carry);
        limb[i] = fe_word_and(carry, i < 4 ? low : fe_word_all(FE_LOW_48));
        carry = fe_word_shr(carry, 52);
    }
}

#include "secp256k1_chains.h"

#endif
