/* SPDX-License-Identifier: Apache-2.0 */
/* The fields of P-256 and SM2 with AVX-512 IFMA, in groups of 8 lanes: five limbs of 52 bits in 64-bit words, numbers in Montgomery
 * form, x 2^260 mod p. Interface: field.h; what they share with other fields: eight_lanes_avx512ifma.h, ten_columns_avx512ifma.h.
 *
 * Both primes are p = 2^256 - 2^224 + s - 1 with a small s, a sum of signed powers of 2 of 64 and more. The file that includes this
 * one defines the words of p and of 2^260 and 2^520 mod p (FE_PRIME_0 .. 3, FE_UNIT, FE_SQUARE), FE_S1 and FE_S3, signed, s =
 * FE_S1 2^52 + FE_S3 2^156, FE_TWICE_P(i), and
 *   fe_group_clear(c)      adds q p to ten columns so that the lower five can be dropped, once their carry, too, is added to
 *                          column 5; 0 <= q < 2^260
 *   fe_group_take_small(word, t)  subtracts t s from limbs 1 .. 3
 *
 * Bounds. A value of magnitude 1 has limbs 0 .. 3 below 2^52 and is below 2 p; a factor is below 4 p, so that a product, (a b + q p) /
 * 2^260, is below 16 p^2 / 2^260 + p < 2 p without a look at what stands above 2^256. Three times a product is a factor still; more,
 * and sums, are folded: t p is taken off, t being what stands above 2^256. */
#ifndef PA_FIELD_SPARSE_PRIME_AVX512IFMA_H
#define PA_FIELD_SPARSE_PRIME_AVX512IFMA_H

#define FE_HAS_FORM
#define FE_FORM_BITS 260

/* Limb 4 of 2^256 - 2^224; twice that less 2 is limb 4 of 2 p or one below, and what is left is above 2^208. */
#define FE_S4 ((UINT64_C(1) << 48) - (UINT64_C(1) << 16))

/* Limbs of magnitudes above 1, which are no factors, may be as large as FE_TWICE_P's: all of them at least 2^52 - 1, the last one at
 * least 2 FE_S4 - 2. */
#define FE_LIMB_MAX(magnitude, i)                                                                  \
    ((magnitude) == 1 ? ((i) < 4 ? FE_LOW_52 : 2 * FE_S4 - 2)                                      \
                      : (uint64_t)(magnitude) * FE_TWICE_P(i))
#define FE_FACTOR_MAX(i) ((i) < 4 ? UINT64_MAX : 4 * FE_S4)
#define FE_MULTIPLE(k, i) ((k) * FE_TWICE_P(i))

/* A plain number is one times 2^260, since what is carried is divided by that. Products of factors have at most 2^48 in their last
 * column, values of magnitude 1 2^49. */
#define FE_RAW_PLAIN 5
#define FE_COLUMN_MAX(m, i) ((int64_t)(m) << ((i) < 9 ? 56 : 50))

#include "ten_columns_avx512ifma.h"

/* What is above 52 bits, of either sign. */
FE_INLINE void fe_word_carry(__m512i *to, __m512i from)
{
    *to = fe_word_add(*to, _mm512_srai_epi64(from, 52));
}

FE_INLINE void fe_group_clear(__m512i c[10]);
FE_INLINE void fe_group_take_small(__m512i word[5], __m512i t);

/* Takes t p off, limb by limb. */
FE_INLINE void fe_group_take(__m512i word[5], __m512i t)
{
    word[0] = fe_word_add(word[0], t);
    fe_group_take_small(word, t);
    word[4] = fe_word_sub(fe_word_add(word[4], fe_word_shl(t, 16)), fe_word_shl(t, 48));
}

FE_INLINE void fe_group_carry_up(fe_group *r, __m512i word[5], int factor)
{
    FE_UNROLL for (int i = 0; i < 4; i++)
    {
        r->limb[i] = factor ? word[i] : fe_word_and(word[i], fe_word_all(FE_LOW_52));
        fe_word_carry(&word[i + 1], word[i]);
    }
    r->limb[4] = word[4];
}

/* r = words, each below 2^62 and none negative. The value is below (t + 1) 2^256 then, so that less t p it is below 2^256 + t
 * 2^224, t < 2^14, and at least 0; of magnitude 1 it is below 2^256. */
FE_INLINE void fe_group_carry(fe_group *r, const __m512i word[5])
{
    __m512i w[5];
    FE_EACH_LIMB
    {
        w[i] = word[i];
    }
    fe_group_take(w, fe_word_shr(w[4], 48));
    fe_group_carry_up(r, w, 0);
}

/* Columns 0 .. 4 are cleared. Of sums, or where k products are too many, what stands above 2^256 then, of either sign, is taken
 * off, 2^22 of limb 4 left: at most 35 of it, since the size of column 9 is at most 8 2^50, and what lower columns have to
 * carry is small beside 2^22. Limb 4 ends between 2^22 - 2^21.2 and 2^48 + 2^23. */
FE_INLINE void fe_group_fold(fe_group *r, const __m512i column[10], int m, unsigned int k,
                             int differences, int factor)
{
    __m512i c[10];
    FE_UNROLL for (int i = 0; i < 10; i++)
    {
        c[i] = fe_word_times(column[i], k);
    }
    fe_group_clear(c);
    if (differences || k > (factor ? 3 : 1)) {
        fe_group_take(c + 5,
                      _mm512_srai_epi64(fe_word_sub(c[9], fe_word_all(UINT64_C(1) << 22)), 48));
    }
    fe_group_carry_up(r, c + 5, factor);
    (void)m;
}

FE_INLINE void fe_group_set(fe_group *r, uint64_t w0, uint64_t w1, uint64_t w2, uint64_t w3)
{
    FE_EACH_LIMB
    {
        r->limb[i] = fe_word_all(FE_LIMB_OF_WORDS(i, w0, w1, w2, w3));
    }
}

FE_INLINE void fe_group_enter(fe_group *r, const fe_group *a)
{
    fe_group square;
    fe_group_set(&square, FE_SQUARE);
    fe_group_mul(r, a, &square);
}

/* a / 2^260: p at most. */
FE_INLINE void fe_group_leave(fe_group *r, const fe_group *a)
{
    __m512i c[10];
    fe_group_carry(r, a->limb);
    FE_UNROLL for (int i = 0; i < 10; i++)
    {
        c[i] = i < 5 ? r->limb[i] : _mm512_setzero_si512();
    }
    fe_group_fold(r, c, 1, 1, 0, 0);
}

FE_FN void fe_enter(fe *r, const fe *a)
{
    fe_check(a, 1);
    FE_EACH_GROUP
    {
        fe_group_enter(&r->group[g], &a->group[g]);
    }
    fe_check(r, 1);
}

FE_FN void fe_leave(fe *r, const fe *a)
{
    fe_check(a, 1);
    FE_EACH_GROUP
    {
        fe_group_leave(&r->group[g], &a->group[g]);
    }
    fe_check(r, 1);
}

/* Tables are in this form. */
#define fe_from_table(r, a) (*(r) = *(a))

FE_INLINE void fe_set_int(fe *r, unsigned int k)
{
    FE_EACH_GROUP
    {
        if (k == 1) {
            fe_group_set(&r->group[g], FE_UNIT);
        } else {
            fe_group_set(&r->group[g], k, 0, 0, 0);
        }
        if (k > 1) {
            fe_group_enter(&r->group[g], &r->group[g]);
        }
    }
}

/* A factor of the three may be 4 p. */
FE_INLINE void fe_settle(fe *r, const fe *a)
{
    FE_EACH_GROUP
    {
        __m512i word[5];
        FE_EACH_LIMB
        {
            word[i] = i < 4 ? fe_word_and(a->group[g].limb[i], fe_word_all(FE_LOW_52))
                            : a->group[g].limb[i];
        }
        fe_group_carry(&r->group[g], word);
    }
    fe_check(r, 1);
}

/* a - b + 2 p, signs kept on the way; b is below 2 p. */
FE_INLINE void fe_sub_norm(fe *r, const fe *a, const fe *b)
{
    fe_check(a, 1);
    fe_check(b, 1);
    FE_EACH_GROUP
    {
        const int64_t twice[5] = {-2, 2 * FE_S1, 0, 2 * FE_S3, 2 * (int64_t)FE_S4};
        __m512i word[5];
        FE_EACH_LIMB
        {
            word[i] = fe_word_sub(a->group[g].limb[i], b->group[g].limb[i]);
            word[i] =
                twice[i] == 0 ? word[i] : fe_word_add(word[i], fe_word_all((uint64_t)twice[i]));
        }
        fe_group_carry_up(&r->group[g], word, 1);
    }
    fe_check_factor(r);
}

/* Carried, a is below 2 p, so it is a or a - p. */
FE_FN void fe_group_canonical(__m512i limb[5], const fe_group *a)
{
    fe_group t, less;
    __m512i word[5];
    fe_group_check(a, FE_MAX_MAG);
    fe_group_carry(&t, a->limb);
    FE_EACH_LIMB
    {
        word[i] = fe_word_sub(t.limb[i], fe_word_all(FE_P_LIMB(i)));
    }
    fe_group_carry_up(&less, word, 0);
    const __mmask8 below = _mm512_test_epi64_mask(less.limb[4], fe_word_all(UINT64_C(1) << 63));
    FE_EACH_LIMB
    {
        limb[i] = _mm512_mask_blend_epi64(below, less.limb[i], t.limb[i]);
    }
}

#endif
