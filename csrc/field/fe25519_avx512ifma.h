/* SPDX-License-Identifier: Apache-2.0 */
/* Arithmetic modulo p = 2^255 - 19 with AVX-512 IFMA, in groups of 8 lanes: five limbs of 51 bits
 * in 64-bit words. Interface: field.h; what it shares with other fields: eight_lanes_avx512ifma.h.
 *
 * A value of magnitude m is sum of limb[i] 2^(51 i) with every limb <= m (2^51 + 2^17). The
 * multiplier takes the low 52 bits of a word, so that factors have magnitude 1. Encodings are
 * little-endian. */
#ifndef PA_FE25519_AVX512IFMA_H
#define PA_FE25519_AVX512IFMA_H

#include <stdint.h>

#define FE_BITS 255

#define FE_LIMB_MASK ((UINT64_C(1) << 51) - 1)
#define FE_LIMB_BOUND ((UINT64_C(1) << 51) + (UINT64_C(1) << 17))
#define FE_LIMB_MAX(magnitude, i) ((uint64_t)(magnitude) * FE_LIMB_BOUND)
#define FE_FACTOR_MAX(i) FE_LIMB_BOUND

/* No limb of (m + 1) p is below m (2^51 + 2^17) for m < FE_MAX_MAG. */
#define FE_MULTIPLE(k, i) ((k) * (FE_LIMB_MASK - ((i) == 0 ? 18 : 0)))

/* Columns that are not carried; magnitude m: each is at most m 2^59. 256 (2^51 - 19) is above what a
 * product has in a column, and below 2^59. */
#define FE_RAW_COLUMNS 5
#define FE_RAW_MULTIPLE(m, i) (256 * FE_MULTIPLE(m, i))

#include "eight_lanes_avx512ifma.h"

/* By a shift, which takes none of the multiplier's ports. */
#define fe_word_double(a) fe_word_shl(a, 1)

/* Asserts the bounds of columns, which never have bit 63. */
FE_FN void fe_group_check_columns(const __m512i column[5], int magnitude)
{
#ifdef PA_DEBUG_BOUNDS
    for (int i = 0; i < 5; i++) {
        uint64_t lanes[FE_GROUP_LANES];
        _mm512_storeu_si512(lanes, column[i]);
        for (int j = 0; j < FE_GROUP_LANES; j++) {
            FE_ASSERT(lanes[j] <= (uint64_t)magnitude << 59);
        }
    }
#endif
    (void)column;
    (void)magnitude;
}

/* 19 a modulo 2^64, one instruction: the compiler, which would make four of it where it knows the
 * factor, does not. Those four cost more, as additions wait for the ports of the multiplier. */
FE_INLINE __m512i fe_word_19(__m512i a)
{
    __m512i factor = fe_word_all(19);
#ifndef PA_EMULATION_YMM_PAIRS_H
    __asm__("" : "+v"(factor));
#endif
    return _mm512_mullo_epi64(a, factor);
}

/* r = words, each below 2^63, carried at once: carries are below 2^12, and 19 times that of the
 * last below 2^17. */
FE_INLINE void fe_group_carry(fe_group *r, const __m512i word[5])
{
    const __m512i low = fe_word_all(FE_LIMB_MASK);
    __m512i carry[5];
    FE_EACH_LIMB
    {
        carry[i] = fe_word_shr(word[i], 51);
        r->limb[i] = fe_word_and(word[i], low);
    }
    r->limb[0] = _mm512_madd52lo_epu64(r->limb[0], carry[4], fe_word_all(19));
    FE_UNROLL for (int i = 1; i < 5; i++)
    {
        r->limb[i] = fe_word_add(r->limb[i], carry[i - 1]);
    }
}

/* word = a b in five columns; low halves of products (52 bits) count where they stand, high halves
 * twice in the column above, columns from 5 on 19 times in those from 0 on. Low halves are below
 * 2^52, high ones below 2^50 + 2^18: columns stay below 126 2^52. */
FE_INLINE void fe_group_mul_columns(__m512i word[5], const fe_group *a, const fe_group *b)
{
    const __m512i *x = a->limb, *y = b->limb;
    FE_UNROLL for (int k = 0; k < 5; k++)
    {
        __m512i low = _mm512_setzero_si512(), high = low, upper_low = low, upper_high = low;
        FE_EACH_LIMB
        {
            if (k + 4 - i < 5) {
                upper_high = _mm512_madd52hi_epu64(upper_high, x[i], y[k + 4 - i]);
            }
            if (k - 1 - i >= 0) {
                high = _mm512_madd52hi_epu64(high, x[i], y[k - 1 - i]);
            }
        }
        FE_EACH_LIMB
        {
            if (k + 5 - i < 5) {
                upper_low = _mm512_madd52lo_epu64(upper_low, x[i], y[k + 5 - i]);
            }
            if (k - i >= 0) {
                low = _mm512_madd52lo_epu64(low, x[i], y[k - i]);
            }
        }
        upper_low = fe_word_add(upper_low, fe_word_double(upper_high));
        low = k > 0 ? fe_word_add(low, fe_word_double(high)) : low;
        word[k] = fe_word_add(low, fe_word_19(upper_low));
    }
}

/* The same for b = a: mixed products once, their column then doubled. */
FE_INLINE void fe_group_sqr_columns(__m512i word[5], const fe_group *a)
{
    const __m512i *x = a->limb;
    __m512i column[10];
    FE_UNROLL for (int k = 0; k < 10; k++)
    {
        column[k] = _mm512_setzero_si512();
    }
    FE_EACH_LIMB
    {
        FE_UNROLL for (int j = i + 1; j < 5; j++)
        {
            column[i + j + 1] = _mm512_madd52hi_epu64(column[i + j + 1], x[i], x[j]);
        }
    }
    FE_UNROLL for (int k = 2; k < 9; k++)
    {
        column[k] = fe_word_double(column[k]);
    }
    FE_EACH_LIMB
    {
        column[2 * i + 1] = _mm512_madd52hi_epu64(column[2 * i + 1], x[i], x[i]);
    }
    FE_EACH_LIMB
    {
        FE_UNROLL for (int j = i + 1; j < 5; j++)
        {
            column[i + j] = _mm512_madd52lo_epu64(column[i + j], x[i], x[j]);
        }
    }
    FE_UNROLL for (int k = 1; k < 10; k++)
    {
        column[k] = fe_word_double(column[k]);
    }
    FE_EACH_LIMB
    {
        column[2 * i] = _mm512_madd52lo_epu64(column[2 * i], x[i], x[i]);
    }
    FE_EACH_LIMB
    {
        word[i] = fe_word_add(column[i], fe_word_19(column[i + 5]));
    }
}

/* Limits, cycles of 8 lanes on Zen 5 (two ports multiply, 52-bit or 64-bit, four add, of which two shift), gcc 12:
 *                floor                                    reached, independent   in a chain   two chains side by side
 *   fe_mul       28: 50 multiply-adds, 6 other products         30.5                 54             31
 *   fe_sqr       18: 30 and 6; and 71 operations of all         23.5                 36             24
 * What stands between: additions that are sent to the multiplier's ports, where its own operations then wait; 3.0 to 3.3
 * operations a cycle are what any order of them reached, 4 in loops without carries. clang 14: 29.8 and 22. Not latency: four
 * streams are no quicker than two. In doublings and additions of points 0.75 to 0.8 of the floor is reached.
 * Tried and lost: 19 times by shifts and additions, three operations more for one product less, 36 and 26; rows of products
 * in place of columns, 33; low halves added onto the doubled high ones, one addition less a column but chains twice as long,
 * 32 and 64 in a chain; every operation in its place by hand, 30.7; doubling by an addition, 0.5 to 1; -fschedule-insns,
 * -fno-schedule-insns2 and -fno-tree-ter, within 0.5; always inlined, nothing: calls and memory hide behind the products.
 * Squares by rows and products by columns: each loses the other way round. */
FE_INLINE void fe_group_mul(fe_group *r, const fe_group *a, const fe_group *b)
{
    __m512i word[5];
    fe_group_mul_columns(word, a, b);
    fe_group_carry(r, word);
}

FE_INLINE void fe_group_sqr(fe_group *r, const fe_group *a)
{
    __m512i word[5];
    fe_group_sqr_columns(word, a);
    fe_group_carry(r, word);
}

FE_INLINE void fe_group_sqr_on(fe_group *r, const fe_group *a)
{
    fe_group_sqr(r, a);
}

FE_INLINE void fe_group_reduce(fe_group *r, const __m512i column[5], int m)
{
    fe_group_check_columns(column, m);
    fe_group_carry(r, column);
}

/* Any number below 2^256 in four words; bit 255 counts 19. */
FE_INLINE void fe_group_from_words(fe_group *r, const __m512i word[4])
{
    const __m512i low = fe_word_all(FE_LIMB_MASK);
    r->limb[0] =
        _mm512_madd52lo_epu64(fe_word_and(word[0], low), fe_word_shr(word[3], 63), fe_word_all(19));
    r->limb[1] = fe_word_and(_mm512_shrdi_epi64(word[0], word[1], 51), low);
    r->limb[2] = fe_word_and(_mm512_shrdi_epi64(word[1], word[2], 38), low);
    r->limb[3] = fe_word_and(_mm512_shrdi_epi64(word[2], word[3], 25), low);
    r->limb[4] = fe_word_and(fe_word_shr(word[3], 12), low);
}

/* limb = a in [0, p), any magnitude. */
FE_FN void fe_group_canonical(__m512i limb[5], const fe_group *a)
{
    const __m512i low = fe_word_all(FE_LIMB_MASK);
    fe_group t;
    fe_group_check(a, FE_MAX_MAG);
    fe_group_carry(&t, a->limb);
    fe_group_carry(&t, t.limb);
    /* Now t < 2^255 + 2^205 < 2 p, so it is t or t - p; t >= p exactly when t + 19 reaches
     * 2^255. */
    __m512i carry = fe_word_all(19);
    FE_EACH_LIMB
    {
        carry = fe_word_shr(fe_word_add(t.limb[i], carry), 51);
    }
    carry = fe_word_19(carry);
    FE_EACH_LIMB
    {
        carry = fe_word_add(t.limb[i], carry);
        limb[i] = fe_word_and(carry, low);
        carry = fe_word_shr(carry, 51);
    }
}

FE_FN void fe_group_to_words(__m512i word[4], const fe_group *a)
{
    __m512i limb[5];
    fe_group_canonical(limb, a);
    word[0] = _mm512_or_si512(limb[0], fe_word_shl(limb[1], 51));
    word[1] = _mm512_or_si512(fe_word_shr(limb[1], 13), fe_word_shl(limb[2], 38));
    word[2] = _mm512_or_si512(fe_word_shr(limb[2], 26), fe_word_shl(limb[3], 25));
    word[3] = _mm512_or_si512(fe_word_shr(limb[3], 39), fe_word_shl(limb[4], 12));
}

FE_FN mask fe_is_zero(const fe *a)
{
    mask m = 0;
    FE_EACH_GROUP
    {
        __m512i limb[5];
        fe_group_canonical(limb, &a->group[g]);
        const __m512i any = _mm512_or_si512(
            _mm512_or_si512(_mm512_or_si512(limb[0], limb[1]), _mm512_or_si512(limb[2], limb[3])),
            limb[4]);
        m |= mask_of_group(_mm512_cmpeq_epi64_mask(any, _mm512_setzero_si512()), g);
    }
    return m;
}

FE_FN mask fe_equal(const fe *a, const fe *b)
{
    fe x, y;
    fe_carry(&x, a);
    fe_carry(&y, b);
    fe_sub(&x, &x, &y, 1);
    return fe_is_zero(&x);
}

FE_FN void fe_from_rows(fe *r, const unsigned char *const rows[LANES], mask *ok)
{
    const __m512i ones = fe_word_all(UINT64_MAX), top = fe_word_all(INT64_MAX);
    *ok = 0;
    FE_EACH_GROUP
    {
        __m512i word[4];
        fe_group_load(word, (const void *const *)rows + FE_GROUP_LANES * g);
        word[3] = fe_word_and(word[3], top);
        /* p itself has 2^64 - 19 and then only ones. */
        const unsigned int high = _mm512_cmpeq_epi64_mask(word[3], top) &
                                  _mm512_cmpeq_epi64_mask(fe_word_and(word[1], word[2]), ones);
        const unsigned int below = _mm512_cmplt_epu64_mask(word[0], fe_word_all(UINT64_MAX - 18));
        *ok |= mask_of_group((__mmask8)(~high | below), g);
        fe_group_from_words(&r->group[g], word);
    }
}

FE_FN void fe_to_rows(unsigned char *const rows[LANES], const fe *a)
{
    FE_EACH_GROUP
    {
        __m512i word[4];
        fe_group_to_words(word, &a->group[g]);
        fe_group_store((void *const *)rows + FE_GROUP_LANES * g, word);
    }
}

#if FE_GROUPS == 1 && !defined(PA_EMULATION_YMM_PAIRS_H)
#include "fe25519_avx512ifma_tables.h"
#endif
#include "fe25519_chains.h"

#endif
